//! Random sequences of everything that can happen, beside a model that knows no shares: it tracks what
//! each part of each account is worth in billionths of a planck.

use super::*;
use frame::hashing::U256;
use proptest::prelude::{any, prop_oneof, proptest, Just, ProptestConfig, Strategy};
use std::collections::BTreeMap;

const ACCOUNTS: u8 = 4;
const POOLS: [PoolId; 3] = [V1, V2, ROOT];
/// The model's parts of a planck.
const SCALE: u128 = 1_000_000_000;
/// What is kept of a part that was never slashed.
const ALL_KEPT: u128 = 1_000_000_000_000_000_000;

#[derive(Clone, Debug)]
enum Step {
	Delegate(u8, usize, Balance),
	/// A part in percent of the position, or all.
	Unbond(u8, usize, Option<u32>),
	Move(u8, usize, usize, Option<u32>),
	Withdraw(u8),
	Settle(usize, u32),
	SettlePosition(u8, usize),
	Reward(u32, Balance),
	Pass(u32),
	/// Validator, percent, epochs back.
	Slash(u32, u32, u32),
	Donate(usize, Balance),
	Bond(u32, Balance),
	UnbondBond(u32, Balance),
}

fn step() -> impl Strategy<Value = Step> {
	let who = || 1..=ACCOUNTS;
	let pool = || 0..POOLS.len();
	let part = || prop_oneof![3 => (1..100u32).prop_map(Some), 1 => Just(None)];
	let amount = || prop_oneof![Just(W / 10), W / 10..W, W..500 * W];
	let blocks = prop_oneof![6 => 1..30u32, 4 => 30..200u32, 1 => 200..1_200u32];
	prop_oneof![
		6 => (who(), pool(), amount()).prop_map(|(n, p, a)| Step::Delegate(n, p, a)),
		5 => (who(), pool(), part()).prop_map(|(n, p, a)| Step::Unbond(n, p, a)),
		5 => (who(), pool(), pool(), part()).prop_map(|(n, p, q, a)| Step::Move(n, p, q, a)),
		3 => who().prop_map(Step::Withdraw),
		2 => (pool(), 1..20u32).prop_map(|(p, max)| Step::Settle(p, max)),
		2 => (who(), pool()).prop_map(|(n, p)| Step::SettlePosition(n, p)),
		5 => (1..=2u32, 1..100 * W).prop_map(|(v, a)| Step::Reward(v, a)),
		7 => blocks.prop_map(Step::Pass),
		3 => (1..=2u32, 1..=50u32, 0..9u32).prop_map(|(v, r, b)| Step::Slash(v, r, b)),
		1 => (pool(), W / 100..20 * W).prop_map(|(p, a)| Step::Donate(p, a)),
		1 => (1..=2u32, any::<u32>()).prop_map(|(v, a)| Step::Bond(v, a.into())),
		1 => (1..=2u32, 1..20 * W).prop_map(|(v, a)| Step::UnbondBond(v, a)),
	]
}

/// Where a part of an account's stake came from, if it is locked: pool and epoch.
type Lock = Option<(PoolId, EpochIndex)>;

#[derive(Clone, Copy)]
struct Part {
	value: U256,
	/// What slashes of its source leave of it and was not taken off yet, of [`ALL_KEPT`].
	kept: u128,
	until: BlockNumber,
}

#[derive(Default)]
struct ModelPool {
	settled: BTreeMap<(u8, Lock), Part>,
	waiting: BTreeMap<(u8, Lock), Part>,
	next_epoch: EpochIndex,
}

struct ModelEntry {
	source: PoolId,
	epoch: EpochIndex,
	matures: BlockNumber,
	value: U256,
	/// Out of reach of every slash.
	withdrawn: bool,
}

#[derive(Default)]
struct Model {
	pools: BTreeMap<PoolId, ModelPool>,
	due: BTreeMap<(ValidatorId, EpochIndex), Balance>,
	ledgers: BTreeMap<u8, Vec<ModelEntry>>,
	/// What each account paid in and got out.
	paid: BTreeMap<u8, Balance>,
	steps: Balance,
}

fn scaled(amount: Balance) -> U256 {
	U256::from(amount) * U256::from(SCALE)
}

fn part_of(value: U256, part: u128, of: u128) -> U256 {
	value * U256::from(part) / U256::from(of)
}

fn add(parts: &mut BTreeMap<(u8, Lock), Part>, key: (u8, Lock), value: U256, until: BlockNumber) {
	let part = parts.entry(key).or_insert(Part { value: U256::zero(), kept: ALL_KEPT, until });
	part.value += value;
	part.until = part.until.max(until);
}

fn total(parts: &BTreeMap<(u8, Lock), Part>) -> U256 {
	parts.values().fold(U256::zero(), |sum, part| sum + part.value)
}

impl ModelPool {
	fn grow(&mut self, amount: Balance) {
		let all = total(&self.settled);
		if all > U256::zero() {
			for part in self.settled.values_mut() {
				part.value += scaled(amount) * part.value / all;
			}
		}
	}

	fn all(&mut self) -> impl Iterator<Item = (&(u8, Lock), &mut Part)> {
		self.settled.iter_mut().chain(self.waiting.iter_mut())
	}

	fn value(&self, n: u8) -> U256 {
		let parts = self.settled.iter().chain(self.waiting.iter());
		parts
			.filter(|((who, _), _)| *who == n)
			.fold(U256::zero(), |sum, (_, part)| sum + part_of(part.value, part.kept, ALL_KEPT))
	}

	fn touch(&mut self, n: u8, now: BlockNumber) {
		for parts in [&mut self.settled, &mut self.waiting] {
			let keys: Vec<_> = parts.keys().copied().filter(|(who, _)| *who == n).collect();
			for key in keys {
				let mut part = parts.remove(&key).unwrap();
				(part.value, part.kept) = (part_of(part.value, part.kept, ALL_KEPT), ALL_KEPT);
				let lock = key.1.filter(|_| part.until > now);
				add(parts, (n, lock), part.value, part.until);
			}
		}
	}

	/// Takes free stake of an account: so many plancks, what waits first, or all.
	fn take(&mut self, n: u8, amount: Option<Balance>) -> U256 {
		let mut taken = U256::zero();
		for parts in [&mut self.waiting, &mut self.settled] {
			let Some(part) = parts.get_mut(&(n, None)) else { continue };
			let left = amount.map_or(U256::MAX, |amount| scaled(amount).saturating_sub(taken));
			let this = part.value.min(left);
			part.value -= this;
			taken += this;
			if part.value.is_zero() || amount.is_none() {
				parts.remove(&(n, None));
			}
		}
		taken
	}
}

impl Model {
	fn pool(&mut self, id: PoolId) -> &mut ModelPool {
		let next_epoch = Stake::epoch();
		self.pools.entry(id).or_insert_with(|| ModelPool { next_epoch, ..Default::default() })
	}

	/// Settles a pool's epochs up to the one that the chain got to.
	fn settle(&mut self, id: PoolId, upto: EpochIndex) {
		let first = TestRewards::first_claimable();
		let mut pool = self.pools.remove(&id).unwrap_or_default();
		while pool.next_epoch < upto {
			let epoch = pool.next_epoch;
			if let (PoolId::Validator(v), false) = (id, pool.settled.is_empty()) {
				if epoch >= first {
					pool.grow(self.due.remove(&(v, epoch)).unwrap_or(0));
				}
			}
			for ((n, lock), part) in std::mem::take(&mut pool.waiting) {
				let target =
					pool.settled.entry((n, lock)).or_insert(Part { value: U256::zero(), ..part });
				target.value += part.value;
				assert_eq!(target.kept, part.kept);
			}
			pool.next_epoch += 1;
		}
		self.pools.insert(id, pool);
	}

	/// What every call does first with a pool and the caller's position.
	fn enter(&mut self, n: u8, id: PoolId) {
		self.pool(id);
		self.settle(id, Stake::epoch());
		let now = System::block_number();
		self.pool(id).touch(n, now);
	}

	fn slash(&mut self, validator: ValidatorId, percent: u32, epoch: EpochIndex) {
		let id = PoolId::Validator(validator);
		let (now, left) = (Stake::epoch(), u128::from(1_000 - percent));
		let cut = |value: &mut U256| *value = part_of(*value, left, 1_000);
		self.pool(id).all().for_each(|(_, part)| cut(&mut part.value));
		let reached = |left: EpochIndex| left >= epoch && left + 6 >= now;
		for pool in self.pools.values_mut() {
			for ((_, lock), part) in pool.all() {
				if lock.is_some_and(|(source, left)| source == id && reached(left)) {
					part.kept = part.kept * left / 1_000;
				}
			}
		}
		for entry in self.ledgers.values_mut().flatten() {
			if entry.source == id && reached(entry.epoch) && !entry.withdrawn {
				cut(&mut entry.value);
			}
		}
	}

	/// Drops what the chain dropped: a fraction of a planck may be left here.
	fn forget(&mut self, n: u8, id: PoolId) {
		if !Positions::<Test>::contains_key(acc(n), id) {
			let pool = self.pool(id);
			pool.settled.retain(|(who, _), _| *who != n);
			pool.waiting.retain(|(who, _), _| *who != n);
		}
	}

	fn amount_of(n: u8, id: PoolId, percent: Option<u32>) -> StakeAmount {
		percent.map_or(StakeAmount::All, |percent| {
			StakeAmount::Plancks(stake_of(n, id) * Balance::from(percent) / 100)
		})
	}

	fn take_step(&mut self, step: &Step) {
		let now = System::block_number();
		match *step {
			Step::Delegate(n, p, amount) => {
				if Stake::delegate(by(n), POOLS[p], amount).is_ok() {
					self.enter(n, POOLS[p]);
					add(&mut self.pool(POOLS[p]).waiting, (n, None), scaled(amount), 0);
				}
			},
			Step::Unbond(n, p, percent) => {
				let (id, amount) = (POOLS[p], Self::amount_of(n, POOLS[p], percent));
				if Stake::unbond(by(n), id, amount).is_ok() {
					self.enter(n, id);
					let value = self.pool(id).take(n, plancks(amount));
					let (epoch, matures) = (Stake::epoch(), now + 360);
					let entry = ModelEntry { source: id, epoch, matures, value, withdrawn: false };
					self.ledgers.entry(n).or_default().push(entry);
					self.forget(n, id);
				}
			},
			Step::Move(n, p, q, percent) => self.move_stake(n, POOLS[p], POOLS[q], percent),
			Step::Withdraw(n) => {
				let before = free(n);
				if Stake::withdraw(by(n)).is_ok() {
					*self.paid.entry(n).or_default() += free(n) - before;
					for entry in self.ledgers.entry(n).or_default() {
						entry.withdrawn |= entry.matures <= now;
					}
				}
			},
			Step::Settle(p, max) => {
				if Stake::settle(by(20), POOLS[p], max).is_ok() {
					self.settle(POOLS[p], pool_of(POOLS[p]).next_epoch);
				}
			},
			Step::SettlePosition(n, p) => {
				if Stake::settle_position(by(20), acc(n), POOLS[p]).is_ok() {
					self.enter(n, POOLS[p]);
					self.forget(n, POOLS[p]);
				}
			},
			Step::Reward(v, amount) => {
				reward(v, Stake::epoch(), amount);
				*self.due.entry((v, Stake::epoch())).or_default() += amount;
			},
			Step::Pass(blocks) => pass_blocks(blocks),
			Step::Slash(v, percent, back) => {
				let epoch = Stake::epoch().saturating_sub(back);
				slash(v, percent, epoch);
				self.slash(v, percent, epoch);
			},
			Step::Donate(p, amount) => {
				let account = Stake::pool_account(POOLS[p]);
				assert_ok!(Balances::transfer_allow_death(by(9), account, amount));
				self.pool(POOLS[p]).grow(amount);
			},
			// Bonds are not in the model: issuance and `try_state` watch them.
			Step::Bond(v, amount) => {
				let _ = Stake::bond_extra(by(cold(v)), amount);
			},
			Step::UnbondBond(v, amount) => {
				let _ = Stake::unbond_bond(by(cold(v)), amount);
			},
		}
		self.steps += 1;
	}

	fn move_stake(&mut self, n: u8, from: PoolId, to: PoolId, percent: Option<u32>) {
		let amount = Self::amount_of(n, from, percent);
		if Stake::move_stake(by(n), from, to, amount, 0).is_ok() {
			self.enter(n, from);
			self.enter(n, to);
			let value = self.pool(from).take(n, plancks(amount));
			let lock = Some((from, Stake::epoch()));
			let until = System::block_number() + 360;
			add(&mut self.pool(to).waiting, (n, lock), value, until);
			// A part of that source and epoch that was there is locked as long as this one.
			self.forget(n, from);
		}
	}

	/// Compares everything with the chain.
	fn check(&mut self) {
		check_all();
		let now = System::block_number();
		for n in 1..=ACCOUNTS {
			for id in POOLS {
				let fair = plancks_of(self.pool(id).value(n));
				self.compare(stake_of(n, id), fair, &format!("account {n} in {id:?}"));
			}
			let entries = self.ledgers.entry(n).or_default();
			let paid = self.paid.get(&n).copied().unwrap_or(0);
			let fair = entries.iter().fold(U256::zero(), |sum, entry| sum + entry.value);
			assert!(entries.iter().all(|entry| entry.matures <= now + 360));
			self.compare(unbonding_sum(n) + paid, plancks_of(fair), &format!("what {n} took"));
		}
	}

	/// Nobody has more than is fair but for the others' rounding, nor much less: virtual shares take
	/// less than a millionth of what is earned.
	fn compare(&self, has: Balance, fair: Balance, what: &str) {
		let (gain, loss) = (4 * self.steps, 40 * self.steps + fair / 1_000_000);
		assert!(has <= fair + gain, "{what}: {has} is more than {fair}");
		assert!(has + loss >= fair, "{what}: {has} is less than {fair}");
	}
}

fn cold(validator: ValidatorId) -> u8 {
	10 + u8::try_from(validator).unwrap()
}

fn plancks(amount: StakeAmount) -> Option<Balance> {
	match amount {
		StakeAmount::Plancks(amount) => Some(amount),
		_ => None,
	}
}

fn plancks_of(value: U256) -> Balance {
	(value / U256::from(SCALE)).as_u128()
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

	#[test]
	fn nobody_gets_more_than_paid_in_plus_earned_minus_slashed(
		steps in proptest::collection::vec(step(), 60),
	) {
		build_and_execute(|| {
			let mut model = Model::default();
			for step in &steps {
				model.take_step(step);
				model.check();
			}
		});
	}

	#[test]
	fn rounding_is_for_the_pool(
		shares in 0..=MAX_SHARES,
		value in 0..=u128::MAX >> 20,
		amount in 1..=u128::MAX >> 40,
	) {
		let mut pool = Pool { shares, ..Pool::new(0) };
		let minted = pool.shares_for(amount, value, frame::arithmetic::Rounding::Down);
		if let Some(minted) = minted.filter(|minted| pool.shares.checked_add(*minted).is_some()) {
			pool.shares += minted;
			let back = pool.plancks_for(minted, value + amount).unwrap();
			assert!(back <= amount, "a deposit came back as more");
			// The price for the others never falls.
			let others = |pool: &Pool, value| pool.plancks_for(VIRTUAL_SHARES, value);
			assert!(others(&pool, value + amount) >= others(&Pool { shares, ..pool }, value));
		}
	}

	#[test]
	fn a_bucket_gives_back_no_more_than_it_got(
		deposits in proptest::collection::vec((1..1_000 * W, 0..=100u128), 1..20),
	) {
		let (mut bucket, mut units, mut fair) = (Bucket::default(), vec![], vec![]);
		for (amount, left) in deposits {
			let got = bucket.units_for_deposit(amount).unwrap();
			(bucket.units, bucket.amount) = (bucket.units + got, bucket.amount + amount);
			units.push(got);
			fair.push(amount);
			bucket.amount = bucket.amount * left / 100;
			fair.iter_mut().for_each(|fair| *fair = *fair * left / 100);
			// A bucket that lost everything is not deposited into in great numbers.
			if left < 5 {
				break;
			}
		}
		for (units, fair) in units.into_iter().zip(fair) {
			let value = bucket.value(units);
			assert!(value <= fair + 40 && value + 40 >= fair, "{value} is not about {fair}");
			bucket.remove(units, value);
		}
		assert_eq!(bucket.amount, 0);
	}
}
