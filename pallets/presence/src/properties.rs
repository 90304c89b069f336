//! Random schedules of heartbeats and settlements, beside a model that remembers every pulse and judges
//! every epoch by its definition.

use crate::{
	mock::{Presence, *},
	*,
};
use frame::testing_prelude::*;
use proptest::prelude::{prop, prop_oneof, proptest, Just, ProptestConfig, Strategy};
use std::collections::{BTreeMap, BTreeSet};
use woppal_protocol::{
	identity::{Offence, RAMP_EPOCHS},
	time::Timing,
	traits::OnValidatorExit as _,
};

/// Validators of the model, all of which earn.
const CROWD: ValidatorId = 3;

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
	/// A heartbeat.
	Beat(ValidatorId),
	/// A heartbeat in each of so many pulses that follow.
	Stay(ValidatorId, u32),
	/// A settlement by a stranger.
	Settle(ValidatorId),
	/// Lets blocks pass.
	Pass(u32),
	/// Lets epochs pass.
	Sleep(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let epochs = prop_oneof![6 => 1..4u32, 2 => 4..16u32, 1 => 16..100u32];
	prop_oneof![
		4 => (0..CROWD).prop_map(Step::Beat),
		6 => (0..CROWD, 1..30u32).prop_map(|(v, n)| Step::Stay(v, n)),
		4 => (0..CROWD).prop_map(Step::Settle),
		4 => (1..70u32).prop_map(Step::Pass),
		3 => epochs.prop_map(Step::Sleep),
		1 => Just(Step::Pass(1)),
	]
}

/// What the model says of a validator at an epoch's opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
	ramp: u8,
	missed: u32,
	/// Epochs of absence in all.
	absent: u32,
	/// Of these, offences.
	offending: u32,
}

#[derive(Default)]
struct Model {
	/// Pulses answered, by validator.
	answered: BTreeMap<ValidatorId, BTreeSet<u32>>,
	/// The epoch up to which each was settled on the chain.
	settled: BTreeMap<ValidatorId, u32>,
}

impl Model {
	/// Judges epoch after epoch, from the first heartbeat's to the one before `epoch`.
	fn standing(&self, v: ValidatorId, epoch: u32) -> Standing {
		let Some(pulses) = self.answered.get(&v) else { return Standing::default() };
		let first = pulses.first().unwrap() / 12;
		let mut s = Standing::default();
		for e in first..epoch {
			let answers = pulses.range(e * 12..(e + 1) * 12).count();
			if answers >= 6 {
				s.ramp = (s.ramp + 1).min(RAMP_EPOCHS);
				s.missed = 0;
			} else if e > first {
				s.ramp = s.ramp.saturating_sub(2);
				s.missed += 1;
				s.absent += 1;
				s.offending += u32::from(s.missed > 10);
			}
		}
		s
	}

	fn take(&mut self, step: &Step) {
		match *step {
			Step::Beat(v) => self.beat(v),
			Step::Stay(v, pulses) => (0..pulses).for_each(|_| {
				go_to(System::block_number() + Timing::FAST.pulse);
				self.beat(v);
			}),
			Step::Settle(v) => self.settle(v),
			Step::Pass(blocks) => go_to(System::block_number() + blocks),
			Step::Sleep(epochs) => go_to(System::block_number() + epochs * Timing::FAST.epoch),
		}
	}

	fn beat(&mut self, v: ValidatorId) {
		let (pulse, epoch) = (System::block_number() / 5, System::block_number() / 60);
		let new = self.answered.entry(v).or_default().insert(pulse);
		let result = heartbeat(u64::from(v));
		assert_eq!(result.is_ok(), new, "a pulse counts once");
		if new {
			let ramp = self.standing(v, epoch).ramp;
			assert_eq!(Noted::get().last(), Some(&(v, 400, ramp)));
			self.settled.insert(v, epoch);
		}
	}

	fn settle(&mut self, v: ValidatorId) {
		let epoch = System::block_number() / 60;
		let due = self.standing(v, epoch).absent - self.settled_standing(v).absent;
		assert_eq!(settle(77, v).is_ok(), due > 0);
		if due > 0 {
			self.settled.insert(v, epoch);
		}
	}

	fn settled_standing(&self, v: ValidatorId) -> Standing {
		self.standing(v, self.settled.get(&v).copied().unwrap_or(0))
	}

	/// Compares the chain, and all that it told others, with the model.
	fn check(&self) {
		let (pulse, epoch) = (System::block_number() / 5, System::block_number() / 60);
		for v in 0..CROWD {
			let (now, settled) = (self.standing(v, epoch), self.settled_standing(v));
			let pulses = self.answered.get(&v);
			assert_eq!(Presence::info(v).is_some(), pulses.is_some());
			if let (Some(info), Some(pulses)) = (Presence::info(v), pulses) {
				let answered = pulses.range(epoch * 12..=pulse).count();
				assert_eq!(info.answered as usize, answered);
				assert_eq!((info.ramp.0, info.missed), (now.ramp, now.missed));
				assert_eq!(info.unsettled, now.absent - settled.absent);
			}
			let told: u32 = Missed::get().iter().filter(|m| m.0 == v).map(|m| m.1).sum();
			assert_eq!(told, settled.absent);
			assert_eq!(offended(v), settled.offending);
		}
	}
}

/// Epochs of inactivity reported of a validator.
fn offended(v: ValidatorId) -> u32 {
	let reports = Reported::get().into_iter().filter(|report| report.0 == v);
	reports
		.map(|(_, offence, _)| match offence {
			Offence::Inactivity(epochs) => epochs,
			other => panic!("{other:?} is not for presence to find"),
		})
		.sum()
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

	#[test]
	fn settlement_in_any_order_agrees_with_the_definition(
		steps in prop::collection::vec(step(), 1..80),
	) {
		build_and_execute(|| {
			let mut model = Model::default();
			for step in &steps {
				model.take(step);
				assert_ok!(Presence::do_try_state());
				model.check();
			}
			// Whatever is open is settled at exit, and not a second time.
			let epoch = System::block_number() / 60;
			for v in 0..CROWD {
				Presence::on_validator_exit(v);
				Presence::on_validator_exit(v);
				assert_eq!(offended(v), model.standing(v, epoch).offending);
			}
			assert_eq!(Records::<Test>::iter().count(), 0);
		});
	}
}
