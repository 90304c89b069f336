//! Random sequences of offences, evidence, epochs and exits, beside a model that keeps all sums for ever.

use crate::{mock::*, *};
use frame::testing_prelude::*;
use proptest::prelude::{any, prop, prop_oneof, proptest, Just, ProptestConfig, Strategy};
use std::collections::{BTreeMap, BTreeSet};
use woppal_protocol::traits::Offences as _;

/// Validators of the model.
const CROWD: ValidatorId = 4;

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
	/// An offence of the current epoch, and whether a stranger reports it.
	Report(ValidatorId, Offence, bool),
	/// Two blocks for a slot, in a session that lies back so far.
	DoubleBlock(ValidatorId, u64, u32),
	/// Lets epochs pass.
	Pass(u32),
	/// A validator leaves, if it has not.
	Exit(ValidatorId),
}

fn offence() -> impl Strategy<Value = Offence> {
	prop_oneof![
		Just(Offence::FabricatedExperiment),
		Just(Offence::FailedProposal),
		(0..200u32).prop_map(Offence::Inactivity),
		any::<u32>().prop_map(Offence::Inactivity),
	]
}

fn step() -> impl Strategy<Value = Step> {
	let epochs = prop_oneof![6 => Just(1u32), 2 => 2..8u32, 1 => 8..70u32];
	prop_oneof![
		8 => (0..CROWD, offence(), any::<bool>()).prop_map(|(v, o, r)| Step::Report(v, o, r)),
		8 => (0..CROWD, 0..20u64, 0..64u32).prop_map(|(v, s, b)| Step::DoubleBlock(v, s, b)),
		5 => epochs.prop_map(Step::Pass),
		1 => (0..CROWD).prop_map(Step::Exit),
	]
}

/// The model.
#[derive(Default)]
struct Model {
	/// Parts per billion taken, by validator and epoch of the offence.
	taken: BTreeMap<(ValidatorId, EpochIndex), u64>,
	/// Offences, by validator.
	offences: BTreeMap<ValidatorId, u32>,
	/// Slots reported, by session and offender: the SDK's pallet takes each offender of a slot once.
	slots: BTreeSet<(u64, ValidatorId)>,
	left: BTreeSet<ValidatorId>,
}

impl Model {
	fn take(&mut self, step: &Step) {
		let now = Slashing::current_epoch();
		match *step {
			Step::Report(v, offence, stranger) => {
				Slashing::report(v, offence, stranger.then_some(&77));
				self.punish(v, offence, now);
			},
			Step::DoubleBlock(v, slot, back) => {
				let session = (now * 2 + 1).saturating_sub(back);
				let new = self.slots.insert((slot, v));
				assert_eq!(double_block(v, slot, session, vec![77]).is_ok(), new);
				if new && session / 2 + 28 >= now {
					self.punish(v, Offence::Equivocation, session / 2);
				}
			},
			Step::Pass(epochs) => go_to_epoch(now + epochs),
			Step::Exit(v) => {
				if self.left.insert(v) {
					exit(v);
				}
			},
		}
	}

	/// What an offence takes, by its definition.
	fn punish(&mut self, v: ValidatorId, offence: Offence, epoch: EpochIndex) {
		let wanted = match offence {
			Offence::FabricatedExperiment | Offence::Equivocation => 100_000_000,
			Offence::FailedProposal => 10_000_000,
			Offence::Inactivity(epochs) => (u64::from(epochs) * 1_000_000).min(1_000_000_000),
		};
		if wanted == 0 {
			return;
		}
		*self.offences.entry(v).or_default() += 1;
		let sum = self.taken.entry((v, epoch)).or_default();
		let allowed = wanted.min(500_000_000 - *sum);
		*sum += allowed;
		if allowed == 0 {
			assert!(Slashes::take().is_empty(), "the cap was reached");
			return;
		}
		let (offender, rate, of, reporter) = Slashes::take()[0];
		assert_eq!((offender, of), (v, epoch));
		assert_eq!(u64::from(rate.deconstruct()), allowed);
		assert!(reporter.is_none() || !self.left.contains(&v), "its owner is unknown");
		assert_eq!(Cuts::take(), vec![(v, rate)]);
	}

	fn check(&self) {
		let now = Slashing::current_epoch();
		for v in 0..CROWD {
			let record = Records::<Test>::get(v);
			let in_reach = |epoch: &EpochIndex| *epoch + 28 >= now;
			for ((_, epoch), sum) in self.taken.range((v, 0)..=(v, now)) {
				let kept = u64::from(record.taken_in(*epoch).rate.deconstruct());
				assert!(
					!in_reach(epoch) || kept == *sum,
					"what can be added to is never forgotten"
				);
				assert!(kept == *sum || kept == 0);
			}
			if !self.left.contains(&v) {
				let offences = self.offences.get(&v).copied().unwrap_or(0);
				assert_eq!(Slashing::info(v).offences, offences);
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

	#[test]
	fn no_sequence_takes_more_than_the_cap(steps in prop::collection::vec(step(), 1..120)) {
		build_and_execute(|| {
			let mut model = Model::default();
			for step in &steps {
				model.take(step);
				assert_ok!(Slashing::do_try_state());
				model.check();
			}
			// Whoever left is forgotten in the end.
			go_to_epoch(Slashing::current_epoch() + 100);
			add_validator(90);
			for _ in 0..CROWD {
				Slashing::report(90, Offence::FailedProposal, None);
			}
			for v in model.left {
				assert!(!Records::<Test>::contains_key(v));
			}
			assert_eq!(Leaving::<Test>::iter().count(), 0);
		});
	}
}
