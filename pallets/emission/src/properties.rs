//! Random sequences of everything that can happen, beside a model that keeps the whole history.

use crate::{mock::*, Claimed, Minted};
use frame::testing_prelude::*;
use proptest::prelude::{any, prop_oneof, proptest, Just, ProptestConfig, Strategy};
use std::collections::BTreeMap;
use woppal_protocol::{
	emission::{epoch_budget, root_budget},
	research::{BoostCause, BOOST_CAP_MILLI, PROVEN_BOOST_CAP_MILLI},
	traits::WorkLedger,
	Balance, EpochIndex, ValidatorId,
};

/// Validators of the model.
const CROWD: ValidatorId = 3;

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
	Pulse(ValidatorId, u32),
	Boost(ValidatorId, BoostCause, u32),
	Participate(ValidatorId),
	/// Lets epochs pass.
	Pass(u32),
	/// Claims epochs that lie back so far.
	Claim(ValidatorId, u32, u32),
	/// Leaves dust.
	Dust(u64),
}

fn cause() -> impl Strategy<Value = BoostCause> {
	prop_oneof![
		2 => Just(BoostCause::Proven),
		1 => Just(BoostCause::OwnBest),
		1 => Just(BoostCause::NetworkBest),
		1 => Just(BoostCause::Adopted),
		1 => Just(BoostCause::AdoptedToBest),
	]
}

fn step() -> impl Strategy<Value = Step> {
	// Most claims name closed epochs not long ago, some any epochs.
	let epochs = prop_oneof![
		6 => (1..17u32, 0..6u32).prop_map(|(count, more)| (count + more, count)),
		1 => (0..190u32, 0..18u32),
	];
	let passing = prop_oneof![27 => Just(1u32), 8 => 1..9u32, 1 => 1..200u32];
	let multiplier = prop_oneof![8 => 100..=400u32, 1 => any::<u32>()];
	prop_oneof![
		8 => (0..CROWD, multiplier).prop_map(|(v, m)| Step::Pulse(v, m)),
		4 => (0..CROWD, cause(), 0..2_000u32).prop_map(|(v, c, m)| Step::Boost(v, c, m)),
		3 => (0..CROWD).prop_map(Step::Participate),
		4 => passing.prop_map(Step::Pass),
		4 => (0..CROWD, epochs).prop_map(|(v, (back, count))| Step::Claim(v, back, count)),
		1 => (10..15u64).prop_map(Step::Dust),
	]
}

/// One validator's epoch in the model.
#[derive(Clone, Copy, Default)]
struct Done {
	work: u128,
	bonus: u32,
	proven: u32,
	participating: bool,
	paid: Balance,
}

/// The model: nothing is ever forgotten, and every weight is computed from its definition.
#[derive(Default)]
struct Model {
	done: BTreeMap<(EpochIndex, ValidatorId), Done>,
	last: BTreeMap<ValidatorId, EpochIndex>,
}

impl Model {
	fn touch(&mut self, validator: ValidatorId) -> &mut Done {
		let epoch = Emission::current_epoch();
		let participates = self.last.get(&validator).is_some_and(|last| last + 6 >= epoch);
		let done = self.done.entry((epoch, validator)).or_default();
		done.participating |= participates;
		done
	}

	fn weight(&self, epoch: EpochIndex, validator: ValidatorId) -> u128 {
		self.done
			.get(&(epoch, validator))
			.filter(|done| done.participating)
			.map_or(0, |done| done.work * u128::from(1_000 + done.bonus))
	}

	fn total(&self, epoch: EpochIndex) -> u128 {
		(0..CROWD).map(|v| self.weight(epoch, v)).sum()
	}

	fn reward(&self, epoch: EpochIndex, validator: ValidatorId) -> Balance {
		let total = self.total(epoch);
		if total == 0 {
			return 0;
		}
		// All factors of the model's size fit 256 bits.
		let product = U256::from(root_budget(epoch_budget(&TIMING, epoch)))
			* U256::from(self.weight(epoch, validator));
		(product / U256::from(total)).as_u128()
	}

	/// Takes a step on the chain and in the model.
	fn take(&mut self, step: &Step) {
		match *step {
			Step::Pulse(v, m) => {
				Emission::note_pulse(v, m);
				self.touch(v).work += u128::from(m);
			},
			Step::Boost(v, cause, milli) => {
				let added = Emission::note_boost(v, cause, milli);
				let done = self.touch(v);
				let mut expected = milli.min(BOOST_CAP_MILLI - done.bonus);
				if cause == BoostCause::Proven {
					expected = expected.min(PROVEN_BOOST_CAP_MILLI - done.proven);
					done.proven += expected;
				}
				done.bonus += expected;
				assert_eq!(added, expected);
			},
			Step::Participate(v) => {
				Emission::note_participation(v);
				self.last.insert(v, Emission::current_epoch());
				self.touch(v);
			},
			Step::Pass(epochs) => run_to_epoch(Emission::current_epoch() + epochs),
			Step::Claim(v, back, count) => {
				self.claim(v, Emission::current_epoch().saturating_sub(back), count);
			},
			Step::Dust(account) => {
				let origin = RuntimeOrigin::signed(RICH);
				assert_ok!(Balances::transfer_allow_death(origin, account, MINIMUM + 50));
				let origin = RuntimeOrigin::signed(account);
				assert_ok!(Balances::transfer_allow_death(origin, RICH, MINIMUM));
			},
		}
	}

	fn claim(&mut self, validator: ValidatorId, first: EpochIndex, count: u32) {
		let current = Emission::current_epoch();
		let due: Vec<(EpochIndex, Balance)> = (first..first + count)
			.filter(|epoch| current - epoch.min(&current) <= 180)
			.filter(|epoch| self.done.get(&(*epoch, validator)).is_none_or(|d| d.paid == 0))
			.map(|epoch| (epoch, self.reward(epoch, validator)))
			.filter(|(_, reward)| *reward > 0)
			.collect();
		let before = Balances::free_balance(cold(validator));
		let result = Emission::claim(RuntimeOrigin::signed(RICH), validator, first, count);
		let paid = Balances::free_balance(cold(validator)) - before;
		let sum: Balance = due.iter().map(|(_, reward)| reward).sum();
		let allowed = count <= 16 && first + count <= current;
		if allowed && sum >= MINIMUM {
			assert!(result.is_ok());
			assert_eq!(paid, sum);
			for (epoch, reward) in due {
				self.done.entry((epoch, validator)).or_default().paid = reward;
			}
		} else {
			assert!(!allowed || sum == 0, "the steps never make a reward that small");
			assert!(result.is_err());
			assert_eq!(paid, 0);
		}
	}

	/// Compares everything that the chain still knows with the model.
	fn check(&self) {
		let current = Emission::current_epoch();
		assert_eq!(Emission::epoch_info().total_weight, self.total(current));
		for (epoch, validator) in self.done.keys().copied() {
			if current - epoch > 180 {
				continue;
			}
			let record = Emission::record(validator, epoch).unwrap();
			assert_eq!(record.weight(), self.weight(epoch, validator));
			assert_eq!(Emission::epoch_total(epoch).total_weight, self.total(epoch));
		}
		for epoch in self.done.keys().map(|(epoch, _)| *epoch) {
			let paid: Balance =
				(0..CROWD).filter_map(|v| self.done.get(&(epoch, v))).map(|done| done.paid).sum();
			assert!(paid <= root_budget(epoch_budget(&TIMING, epoch)));
		}
		let paid: Balance = self.done.values().map(|done| done.paid).sum();
		assert_eq!(Minted::<Test>::get(), paid);
		assert_eq!((0..CROWD).map(Claimed::<Test>::get).sum::<Balance>(), paid);
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

	#[test]
	fn the_ledger_agrees_with_its_definition(
		steps in proptest::collection::vec(step(), 1..200),
	) {
		new_test_ext().build_and_execute(|| {
			let mut model = Model::default();
			for step in &steps {
				model.take(step);
				assert_ok!(Emission::do_try_state());
			}
			model.check();
		});
	}
}
