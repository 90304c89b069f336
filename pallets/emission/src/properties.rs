//! Random sequences of everything that can happen, beside a model that keeps the whole history.

use crate::{mock::*, split::Terms, Claimed, Minted};
use frame::{arithmetic::Perbill, testing_prelude::*};
use proptest::prelude::{any, prop_oneof, proptest, Just, ProptestConfig, Strategy};
use std::collections::BTreeMap;
use woppal_protocol::{
	emission::{author_budget, epoch_budget, root_budget},
	identity::Ramp,
	research::{BoostCause, BOOST_CAP_MILLI, PROVEN_BOOST_CAP_MILLI},
	traits::{OnValidatorExit, Rewards, WorkLedger},
	Balance, EpochIndex, ValidatorId,
};

/// Validators of the model. All but the last one have named a delegate.
const CROWD: ValidatorId = 3;
/// An account that created a project.
const CREATOR: u64 = 50;
/// Parts of what slashes leave.
const ONE: Balance = 1_000_000_000;

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
	Pulse(ValidatorId, u32, u8),
	Boost(ValidatorId, BoostCause, u32),
	Participate(ValidatorId),
	/// One more block with this author.
	Block(ValidatorId),
	/// Bond, pool, commission and delegate's share from now on.
	Terms(ValidatorId, (Balance, Balance, u8, u8)),
	/// Lets epochs pass.
	Pass(u32),
	/// Claims epochs that lie back so far.
	Claim(ValidatorId, u32, u32),
	/// Collects the epoch that lies back so far.
	Collect(ValidatorId, u32),
	/// Cuts by so many percent.
	Slash(ValidatorId, u32),
	Exit(ValidatorId),
	/// A fee, for work on a project or not.
	Fee(Balance, bool),
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
	let back = prop_oneof![6 => 0..8u32, 1 => 0..190u32];
	let passing = prop_oneof![27 => Just(1u32), 8 => 1..9u32, 1 => 1..200u32];
	let multiplier = prop_oneof![8 => 100..=400u32, 1 => any::<u32>()];
	let stake = prop_oneof![1 => Just(0u128), 4 => 0..1_000_000u128];
	let terms = (stake.clone(), stake, 0..=95u8, 0..=95u8);
	prop_oneof![
		8 => (0..CROWD, multiplier, any::<u8>()).prop_map(|(v, m, r)| Step::Pulse(v, m, r)),
		4 => (0..CROWD, cause(), 0..2_000u32).prop_map(|(v, c, m)| Step::Boost(v, c, m)),
		3 => (0..CROWD).prop_map(Step::Participate),
		3 => (0..CROWD).prop_map(Step::Block),
		3 => (0..CROWD, terms).prop_map(|(v, t)| Step::Terms(v, t)),
		4 => passing.prop_map(Step::Pass),
		4 => (0..CROWD, epochs).prop_map(|(v, (back, count))| Step::Claim(v, back, count)),
		4 => (0..CROWD, back).prop_map(|(v, back)| Step::Collect(v, back)),
		2 => (0..CROWD, 0..=100u32).prop_map(|(v, percent)| Step::Slash(v, percent)),
		1 => (0..CROWD).prop_map(Step::Exit),
		4 => (0..100_000u128, any::<bool>()).prop_map(|(fee, named)| Step::Fee(fee, named)),
		1 => (10..15u64).prop_map(Step::Dust),
	]
}

/// One of the two parts of a reward in the model.
#[derive(Clone, Copy)]
struct Part {
	kept: Balance,
	paid: bool,
}

impl Default for Part {
	fn default() -> Self {
		Self { kept: ONE, paid: false }
	}
}

/// One validator's epoch in the model.
#[derive(Clone, Copy, Default)]
struct Done {
	work: u128,
	bonus: u32,
	proven: u32,
	participating: bool,
	blocks: u32,
	terms: Terms,
	owner: Part,
	delegators: Part,
}

/// Plancks of a reward in the model: delegators, delegate, owner.
type Parts = [Balance; 3];

/// The model: nothing is ever forgotten, and everything is computed from its definition.
#[derive(Default)]
struct Model {
	done: BTreeMap<(EpochIndex, ValidatorId), Done>,
	last: BTreeMap<ValidatorId, EpochIndex>,
	/// Total weights of closed epochs.
	weights: BTreeMap<EpochIndex, u128>,
	/// Pots of closed epochs with what they have left, until they are carried.
	pots: BTreeMap<EpochIndex, (Balance, Balance)>,
	incoming: Balance,
	/// Blocks counted in the current epoch.
	blocks: u32,
	/// Plancks minted for each epoch.
	minted: BTreeMap<EpochIndex, Balance>,
	claimed: BTreeMap<ValidatorId, Balance>,
}

fn wide(amount: Balance, part: u128, whole: u128) -> Balance {
	if whole == 0 {
		return 0;
	}
	(U256::from(amount) * U256::from(part) / U256::from(whole)).as_u128()
}

impl Model {
	fn touch(&mut self, validator: ValidatorId) -> &mut Done {
		let epoch = Emission::current_epoch();
		let participating = self.last.get(&validator).is_some_and(|last| last + 6 >= epoch);
		let terms = Table::get().get(&validator).copied().unwrap_or_default();
		self.done.entry((epoch, validator)).or_insert_with(|| Done {
			participating,
			terms,
			..Done::default()
		})
	}

	fn weight(&self, epoch: EpochIndex, validator: ValidatorId) -> u128 {
		self.done
			.get(&(epoch, validator))
			.filter(|done| done.participating)
			.map_or(0, |done| done.work * u128::from(1_000 + done.bonus))
	}

	fn total(&self, epoch: EpochIndex) -> u128 {
		let open = || (0..CROWD).map(|v| self.weight(epoch, v)).sum();
		self.weights.get(&epoch).copied().unwrap_or_else(open)
	}

	/// What a validator earned in a closed epoch: minted and from the pot, each by who gets it.
	fn parts(&self, epoch: EpochIndex, validator: ValidatorId) -> (Parts, Parts) {
		let Some(done) = self.done.get(&(epoch, validator)) else {
			return Default::default();
		};
		let budget = epoch_budget(&TIMING, epoch);
		let (weight, total) = (self.weight(epoch, validator), self.total(epoch));
		let minted = wide(root_budget(budget), weight, total)
			+ author_budget(budget) * u128::from(done.blocks) / 60;
		let pot = self.pots.get(&epoch).map_or(0, |(pot, _)| wide(*pot, weight, total));
		let split = |amount: Balance| {
			let Terms { bond, pool, rewards } = done.terms;
			let staked = wide(amount, pool, pool + bond);
			let delegators = staked * Balance::from(100 - rewards.commission_percent) / 100;
			let rest = amount - delegators;
			let delegate = rest * Balance::from(rewards.delegate_percent) / 100;
			[
				delegators * done.delegators.kept / ONE,
				delegate * done.owner.kept / ONE,
				(rest - delegate) * done.owner.kept / ONE,
			]
		};
		(split(minted), split(pot))
	}

	/// Books a payment of the model.
	fn book(&mut self, epoch: EpochIndex, minted: Balance, from_pot: Balance) {
		*self.minted.entry(epoch).or_default() += minted;
		if from_pot > 0 {
			self.pots.get_mut(&epoch).unwrap().1 -= from_pot;
		}
	}

	/// Takes a step on the chain and in the model.
	fn take(&mut self, step: &Step) {
		let current = Emission::current_epoch();
		match *step {
			Step::Pulse(v, m, r) => {
				Emission::note_pulse(v, m, Ramp(r));
				let factor = 84 + 9 * u128::from(r.min(84));
				self.touch(v).work += u128::from(m) * factor;
			},
			Step::Boost(v, cause, milli) => self.boost(v, cause, milli),
			Step::Participate(v) => {
				Emission::note_participation(v);
				self.last.insert(v, current);
				self.touch(v).participating = true;
			},
			Step::Block(v) => self.block(v),
			Step::Terms(v, (bond, pool, commission, delegate)) => {
				set_terms(v, bond, pool, commission, delegate);
			},
			Step::Pass(epochs) => {
				(current..current + epochs).for_each(|epoch| self.close(epoch));
				run_to_epoch(current + epochs);
			},
			Step::Claim(v, back, count) => self.claim(v, current.saturating_sub(back), count),
			Step::Collect(v, back) => self.collect(v, current.saturating_sub(back)),
			Step::Slash(v, percent) => {
				Emission::slash_unclaimed(v, Perbill::from_percent(percent));
				for epoch in current.saturating_sub(28)..=current {
					if let Some(done) = self.done.get_mut(&(epoch, v)) {
						for part in [&mut done.owner, &mut done.delegators] {
							if !part.paid {
								part.kept = part.kept * Balance::from(100 - percent) / 100;
							}
						}
					}
				}
			},
			Step::Exit(v) => {
				<Emission as OnValidatorExit>::on_validator_exit(v);
				self.done.retain(|(_, validator), _| *validator != v);
				self.last.remove(&v);
				self.claimed.remove(&v);
			},
			Step::Fee(fee, named) => {
				if named {
					Emission::note_fee_creator(CREATOR);
				}
				charge(fee);
				self.incoming += fee * 30 / 100;
			},
			Step::Dust(account) => {
				let origin = RuntimeOrigin::signed(RICH);
				assert_ok!(Balances::transfer_allow_death(origin, account, MINIMUM + 50));
				let origin = RuntimeOrigin::signed(account);
				assert_ok!(Balances::transfer_allow_death(origin, RICH, MINIMUM));
			},
		}
	}

	fn boost(&mut self, validator: ValidatorId, cause: BoostCause, milli: u32) {
		let added = Emission::note_boost(validator, cause, milli);
		let done = self.touch(validator);
		let mut expected = milli.min(BOOST_CAP_MILLI - done.bonus);
		if cause == BoostCause::Proven {
			expected = expected.min(PROVEN_BOOST_CAP_MILLI - done.proven);
			done.proven += expected;
		}
		done.bonus += expected;
		assert_eq!(added, expected);
	}

	/// Counts the next block, or the epoch's last one again.
	fn block(&mut self, author: ValidatorId) {
		let next = System::block_number() + 1;
		if !TIMING.is_epoch_start(next) {
			System::set_block_number(next);
		}
		Emission::note_block(author);
		let passed = System::block_number() % TIMING.epoch + 1;
		if self.blocks < passed {
			self.blocks += 1;
			self.touch(author).blocks += 1;
		}
	}

	fn close(&mut self, epoch: EpochIndex) {
		let expired = epoch.checked_sub(181).and_then(|old| self.pots.remove(&old));
		self.incoming += expired.map_or(0, |(_, left)| left);
		let total = self.total(epoch);
		self.weights.insert(epoch, total);
		if total > 0 {
			let pot = std::mem::take(&mut self.incoming);
			self.pots.insert(epoch, (pot, pot));
		}
		self.blocks = 0;
	}

	fn claim(&mut self, validator: ValidatorId, first: EpochIndex, count: u32) {
		let current = Emission::current_epoch();
		let due: Vec<(EpochIndex, Parts, Parts)> = (first..first + count)
			.filter(|epoch| *epoch < current && current - epoch <= 180)
			.filter(|epoch| self.done.get(&(*epoch, validator)).is_some_and(|d| !d.owner.paid))
			.map(|epoch| (epoch, self.parts(epoch, validator)))
			.map(|(epoch, (minted, pot))| (epoch, minted, pot))
			.filter(|(_, minted, pot)| minted[1] + minted[2] + pot[1] + pot[2] > 0)
			.collect();
		let balances = || {
			let account = |account| Balances::free_balance(account);
			[account(delegate(validator)), account(cold(validator))]
		};
		let before = balances();
		let result = Emission::claim(RuntimeOrigin::signed(RICH), validator, first, count);
		let after = balances();
		let allowed = count <= 16 && first + count <= current && !due.is_empty();
		assert_eq!(result.is_ok(), allowed);
		let mut expected = [0, 0];
		if allowed {
			for (epoch, minted, pot) in due {
				self.done.get_mut(&(epoch, validator)).unwrap().owner.paid = true;
				self.book(epoch, minted[1] + minted[2], pot[1] + pot[2]);
				expected[0] += minted[1] + pot[1];
				expected[1] += minted[2] + pot[2];
			}
			*self.claimed.entry(validator).or_default() += expected[0] + expected[1];
		}
		if validator == CROWD - 1 {
			expected = [0, expected[0] + expected[1]];
		}
		assert_eq!([after[0] - before[0], after[1] - before[1]], expected);
	}

	fn collect(&mut self, validator: ValidatorId, epoch: EpochIndex) {
		let current = Emission::current_epoch();
		let open = epoch < current
			&& current - epoch <= 180
			&& self.done.get(&(epoch, validator)).is_some_and(|done| !done.delegators.paid);
		let (minted, pot) = self.parts(epoch, validator);
		let expected = if open { minted[0] + pot[0] } else { 0 };
		let account = pool(validator);
		let before = Balances::free_balance(account);
		assert_eq!(Emission::collect_for_pool(validator, epoch, &account), expected);
		assert_eq!(Balances::free_balance(account) - before, expected);
		if expected > 0 {
			self.done.get_mut(&(epoch, validator)).unwrap().delegators.paid = true;
			self.book(epoch, minted[0], pot[0]);
		}
	}

	/// Compares everything that the chain still knows with the model.
	fn check(&self) {
		let current = Emission::current_epoch();
		let info = Emission::epoch_info();
		assert_eq!(info.total_weight, self.total(current));
		let expired = current.checked_sub(181).and_then(|old| self.pots.get(&old));
		assert_eq!(info.pot, self.incoming + expired.map_or(0, |(_, left)| *left));
		let left: Balance = self.pots.values().map(|(_, left)| left).sum();
		assert_eq!(pot_balance(), self.incoming + left);
		for (epoch, validator) in self.done.keys().copied() {
			if current - epoch > 180 {
				continue;
			}
			let record = Emission::record(validator, epoch).unwrap();
			assert_eq!(record.weight(), self.weight(epoch, validator));
			assert_eq!(Emission::epoch_total(epoch).total_weight, self.total(epoch));
			if epoch < current {
				let (minted, pot) = self.parts(epoch, validator);
				let shown = Emission::rewards(validator, epoch, 1).epochs[0].clone();
				let parts = [shown.delegators_part, shown.delegate_part, shown.owner_part];
				assert_eq!(parts, [0, 1, 2].map(|part| minted[part] + pot[part]));
			}
		}
		for (epoch, minted) in &self.minted {
			assert!(*minted <= epoch_budget(&TIMING, *epoch));
		}
		assert_eq!(Minted::<Test>::get(), self.minted.values().sum::<Balance>());
		for validator in 0..CROWD {
			let claimed = self.claimed.get(&validator).copied().unwrap_or_default();
			assert_eq!(Claimed::<Test>::get(validator), claimed);
		}
	}
}

/// A chain on which every account that may be paid exists.
fn chain() -> TestState {
	let mut balances = vec![(RICH, GENESIS), (CREATOR, MINIMUM)];
	for validator in 0..CROWD {
		let accounts = [cold(validator), delegate(validator), pool(validator)];
		balances.extend(accounts.map(|account| (account, MINIMUM)));
	}
	let ext = ext_with(balances);
	Delegates::set((0..CROWD - 1).map(|v| (v, delegate(v))).collect());
	ext
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

	#[test]
	fn the_ledger_agrees_with_its_definition(
		steps in proptest::collection::vec(step(), 1..200),
	) {
		chain().build_and_execute(|| {
			let mut model = Model::default();
			for step in &steps {
				model.take(step);
				assert_ok!(Emission::do_try_state());
			}
			model.check();
		});
	}
}
