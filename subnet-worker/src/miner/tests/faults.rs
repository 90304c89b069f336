//! Properties: random sequences of faults, and decisions on random views.

use super::Worker;
use crate::{
	chain::Chain,
	error::Error,
	miner::{
		decide::{next_action, Action, Policy},
		simulation::World,
		state::State,
	},
};
use proptest::prelude::*;
use woppal_protocol::H256;

#[derive(Clone, Copy, Debug)]
enum Fault {
	None,
	Kill,
	LoseReply,
	Fork,
	Offline,
	Skip(u32),
	DropStarts,
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
	let fault = prop_oneof![
		6 => Just(Fault::None),
		2 => Just(Fault::Kill),
		2 => Just(Fault::LoseReply),
		1 => Just(Fault::Fork),
		1 => Just(Fault::Offline),
		1 => (1u32..150).prop_map(Fault::Skip),
		1 => Just(Fault::DropStarts),
	];
	proptest::collection::vec(fault, 1..60)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	/// Whatever happens, nothing ends the run for good, the rules that the simulated chain asserts
	/// hold, a deposit is lost only if time was skipped, and afterwards experiments go on.
	#[test]
	fn no_sequence_of_faults_stops_the_worker(faults in faults()) {
		let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
		runtime.block_on(async {
			let mut w = Worker::new(World::default());
			let mut skipped = false;
			for fault in &faults {
				match fault {
					Fault::None => {},
					Fault::Kill => w.kill(),
					Fault::LoseReply => w.chain.world().lose_reply = true,
					Fault::Fork => w.chain.world().fork += 1,
					Fault::Offline => w.chain.world().offline = true,
					Fault::Skip(blocks) => {
						skipped = true;
						w.chain.world().block += blocks;
					},
					Fault::DropStarts => w.chain.world().starts.clear(),
				}
				let result = w.step().await;
				assert!(result.as_ref().err().is_none_or(Error::is_transient), "{result:?}");
				w.chain.world().offline = false;
			}
			w.chain.world().lose_reply = false;
			let proven = w.chain.world().proven();
			w.until_proven(proven + 2).await;
			let world = w.chain.world();
			assert!(skipped || world.deposits_lost == 0);
			assert_eq!(world.cancelled, 0);
			assert_eq!(world.count("Validators.register"), 1);
		});
	}

	/// The decision never panics and never asks for what the deadlines forbid.
	#[test]
	fn decisions_respect_deadlines(
		block in 0u32..400,
		commit_until in 0u32..400,
		prove_until in proptest::option::of(0u32..400),
		is_committed in any::<bool>(),
		is_trained in any::<bool>(),
		refusals in 0u32..4,
		starts in 0u32..5,
		highest_block in 0u32..400,
	) {
		let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
		let (mut view, mut state) = runtime.block_on(async {
			let mut w = Worker::registered();
			w.until(|a| matches!(a, Action::Prove { .. })).await;
			let state: State = w.miner().state().clone();
			let id = state.experiment.as_ref().and_then(|e| e.id);
			(w.chain.view(0, id).await.unwrap().unwrap(), state)
		});
		view.block = block;
		state.highest_block = highest_block;
		let e = state.experiment.as_mut().unwrap();
		(e.refusals, e.starts) = (refusals, starts);
		let start = woppal_protocol::research::StartInfo {
			blinded: e.blinded,
			project: 0,
			started: 1,
			commit_until,
			deposit: 1,
		};
		if let (true, Some(info)) = (is_committed, view.current.as_mut()) {
			info.prove_until = prove_until;
		} else {
			view.current = None;
			view.open_starts = vec![start];
			view.open_experiments.clear();
			if !is_trained {
				(e.artifact, e.id) = (None, None);
			}
		}
		let policy = Policy { has_cold_key: true, ..Policy::default() };
		match next_action(&view, &state, &policy) {
			Action::Commit => {
				prop_assert!(!is_committed && is_trained && block < commit_until);
				prop_assert!(refusals < 2);
			},
			Action::Train => prop_assert!(!is_committed && !is_trained && block < commit_until),
			Action::Cancel(_) => prop_assert!(!is_committed && block < commit_until),
			Action::ExpireStart(_) => prop_assert!(!is_committed && block > commit_until),
			Action::Prove { seed, .. } => {
				prop_assert!(is_committed && prove_until.is_none_or(|until| block < until));
				prop_assert_ne!(seed, H256::zero());
			},
			Action::ExpireExperiment(_) => {
				prop_assert!(is_committed && prove_until.is_some_and(|until| block > until));
			},
			Action::Wait(_) => {},
			other => prop_assert!(false, "{:?}", other),
		}
	}
}
