//! Random sequences of calls keep the invariants.

use super::*;
use crate::{Experiments as ExperimentsMap, OpenEntry};
use proptest::prelude::*;

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
	Start(u32, i32),
	Cancel(u32, i32),
	Commit(u32, i32, u8),
	Conclude(u32, i32),
	Reject(u32),
	Trap(u32),
	ExpireStart(u32, i32),
	Expire(u32),
	Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let (v, c) = (0..4u32, 0..6i32);
	prop_oneof![
		4 => (v.clone(), c.clone()).prop_map(|(v, c)| Step::Start(v, c)),
		1 => (v.clone(), c.clone()).prop_map(|(v, c)| Step::Cancel(v, c)),
		4 => (v.clone(), c.clone(), 0..12u8).prop_map(|(v, c, n)| Step::Commit(v, c, n)),
		4 => (v.clone(), -200..50i32).prop_map(|(v, m)| Step::Conclude(v, m)),
		1 => v.clone().prop_map(Step::Reject),
		1 => v.clone().prop_map(Step::Trap),
		1 => (v.clone(), c).prop_map(|(v, c)| Step::ExpireStart(v, c)),
		1 => v.prop_map(Step::Expire),
		4 => (1..8u32).prop_map(Step::Wait),
		1 => Just(Step::Wait(2 * EPOCH)),
	]
}

/// The first committed experiment of a validator.
fn first_open(validator: ValidatorId) -> Option<ExperimentId> {
	Research::open_experiments(validator).first().copied()
}

/// Takes a step; what is refused changes nothing.
fn take(step: Step) {
	let values = |c| [c, 0, 0, c];
	let root = StateVersion::V1;
	let before = frame::deps::sp_io::storage::root(root);
	let origin = || RuntimeOrigin::signed(hot(3));
	let provable = |v| first_open(v).filter(|id| Research::proof_facts(&hot(v), id).is_ok());
	let done = match step {
		Step::Start(v, c) => start(v, values(c)).is_ok(),
		Step::Cancel(v, c) => Research::cancel(&hot(v), blinded(v, values(c))).is_ok(),
		Step::Commit(v, c, n) => try_commit(v, values(c), n).is_ok(),
		Step::Conclude(v, metric) => provable(v).is_some_and(|id| {
			conclude(id, metric);
			true
		}),
		Step::Reject(v) => {
			provable(v).is_some_and(|id| Research::conclude(&id, Outcome::Rejected).is_ok())
		},
		Step::Trap(v) => provable(v).is_some_and(|id| {
			let claim = Claim::Trapped { cause: 1 };
			Research::conclude(&id, Outcome::Verified(claim)).is_ok()
		}),
		Step::ExpireStart(v, c) => {
			Research::expire_start(origin(), v, blinded(v, values(c))).is_ok()
		},
		Step::Expire(v) => {
			first_open(v).is_some_and(|id| Research::expire_experiment(origin(), id).is_ok())
		},
		Step::Wait(blocks) => {
			run_to(now() + blocks);
			true
		},
	};
	if !done {
		assert_eq!(before, frame::deps::sp_io::storage::root(root), "a refusal changed storage");
	}
	check();
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn any_history_keeps_the_invariants(steps in prop::collection::vec(step(), 1..60)) {
		new_test_ext().execute_with(|| {
			steps.into_iter().for_each(take);
			for validator in 0..4 {
				let open = crate::Open::<Test>::get(validator);
				for entry in open {
					if let OpenEntry::Experiment(id) = entry {
						let status = ExperimentsMap::<Test>::get(id).unwrap().status;
						assert_eq!(status, ExperimentStatus::Committed);
					}
				}
			}
		});
	}
}
