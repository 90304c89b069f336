//! What is stored, and the arithmetic of shares on it.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame::{
	arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Perquintill, Rounding},
	prelude::*,
};
use woppal_protocol::{
	stake::{PoolId, Source},
	Balance, BlockNumber, EpochIndex,
};

/// Shares that nobody owns and that take part in every price. They bound what rounding can cost a
/// depositor to a billionth of what an attacker would have to give away first; with fewer of them a
/// donation before the first deposit would pay (the inflation attack on share pools).
pub const VIRTUAL_SHARES: u128 = 1_000_000_000;
/// Most shares of a pool for which it takes deposits. The price can fall by 256 before what was taken
/// then no longer fits 128 bits.
pub const MAX_SHARES: u128 = u128::MAX >> 8;
/// Most parts of one position that moved in and are still locked: they are walked at every touch.
pub const MAX_MOVED_PARTS: u32 = 8;
/// Values kept of a bond's history: the 28 epochs that can be asked for, the current one, and the
/// newest value before them.
pub const BOND_HISTORY: u32 = 30;

/// `a·b/c`, exact in 256 bits before it is rounded. `None` if it doesn't fit or `c` is 0.
pub(crate) fn mul_div(a: u128, b: u128, c: u128, rounding: Rounding) -> Option<u128> {
	multiply_by_rational_with_rounding(a, b, c, rounding)
}

/// How much of a position a call is about.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum StakeAmount {
	/// All that isn't locked.
	All,
	/// Plancks: what waits for its price first, then shares, as few as are worth that much.
	Plancks(Balance),
	/// Shares.
	Shares(u128),
}

/// A validator's own bond.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Bond<AccountId> {
	/// The cold key on which it is held.
	pub owner: AccountId,
	/// Epochs in which the bond changed, each with the plancks written last in it, oldest first. The
	/// last one is the bond now.
	pub history: BoundedVec<(EpochIndex, Balance), ConstU32<BOND_HISTORY>>,
}

impl<AccountId> Bond<AccountId> {
	/// A bond that nothing was written to.
	pub(crate) fn new(owner: AccountId) -> Self {
		Self { owner, history: BoundedVec::new() }
	}

	/// Plancks now.
	pub fn now(&self) -> Balance {
		self.history.last().map_or(0, |(_, value)| *value)
	}

	/// Plancks when an epoch opened: the last value written before it.
	pub fn opening(&self, epoch: EpochIndex) -> Balance {
		let before = self.history.iter().rev().find(|(written, _)| *written < epoch);
		before.map_or(0, |(_, value)| *value)
	}

	/// Writes a value in the current epoch and forgets those that the last `window` epochs don't need.
	pub(crate) fn write(&mut self, epoch: EpochIndex, value: Balance, window: u32) {
		let oldest = epoch.saturating_sub(window);
		let superseded = self.history.iter().skip(1).filter(|(e, _)| *e < oldest).count();
		self.history.drain(..superseded);
		match self.history.last_mut() {
			Some(last) if last.0 == epoch => last.1 = value,
			// With at most one value per epoch and one before the window there is always room.
			_ => {
				let pushed = self.history.try_push((epoch, value));
				defensive_assert!(pushed.is_ok(), "a bond's history is as long as its window");
			},
		}
	}
}

/// Deposits of one epoch that wait for its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Bucket {
	/// Plancks, slashes taken off.
	pub amount: Balance,
	/// What the depositors' parts are counted in; as many as plancks until a slash.
	pub units: u128,
	/// Positions with a part in it.
	pub positions: u32,
}

impl Bucket {
	/// Units for a deposit, rounded down. `None` if there are too many. In a bucket that lost everything
	/// they are so many that the old ones are worth at most a planck of it.
	pub(crate) fn units_for_deposit(&self, amount: Balance) -> Option<u128> {
		match (self.units, self.amount) {
			(0, _) => Some(amount),
			(units, 0) => amount.checked_mul(units.checked_add(1)?),
			(units, plancks) => mul_div(amount, units, plancks, Rounding::Down),
		}
	}

	/// Units that are worth at least `amount`, which is at most the bucket's.
	pub(crate) fn units_for(&self, amount: Balance) -> u128 {
		mul_div(amount, self.units, self.amount, Rounding::Up).unwrap_or(0).min(self.units)
	}

	/// Plancks that units are worth, rounded down.
	pub(crate) fn value(&self, units: u128) -> Balance {
		mul_div(units.min(self.units), self.amount, self.units, Rounding::Down).unwrap_or(0)
	}

	/// Takes units and their plancks out. What rounding leaves behind the last unit goes to the shares.
	pub(crate) fn remove(&mut self, units: u128, amount: Balance) {
		self.units = self.units.saturating_sub(units);
		self.amount = if self.units == 0 { 0 } else { self.amount.saturating_sub(amount) };
	}
}

/// A pool's balance as it was, for what counts in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Snapshot {
	/// The epoch of the last write.
	pub epoch: EpochIndex,
	/// Plancks before the first write of that epoch.
	pub before: Balance,
	/// Plancks after the last write.
	pub after: Balance,
}

impl Snapshot {
	/// Notes a balance that this pallet wrote.
	pub(crate) fn note(&mut self, epoch: EpochIndex, balance: Balance) {
		if self.epoch < epoch {
			(self.epoch, self.before) = (epoch, self.after);
		}
		self.after = balance;
	}

	/// Plancks when the current epoch opened. What others sent since the last write is not in it.
	pub fn opening(&self, epoch: EpochIndex) -> Balance {
		if self.epoch < epoch {
			self.after
		} else {
			self.before
		}
	}
}

/// A share pool. Its plancks are the balance of its account and nothing else: `waiting.amount` of them
/// wait for a price, the rest is behind the shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool {
	/// Shares of the current generation, those of settled buckets that nobody fetched yet included.
	pub shares: u128,
	/// Raised when everything behind the shares is lost; shares of older generations are void.
	pub generation: u32,
	/// Deposits of the epoch `next_epoch`.
	pub waiting: Bucket,
	/// The first epoch that is not settled.
	pub next_epoch: EpochIndex,
	/// Positions in the pool.
	pub positions: u32,
	/// What its balance was.
	pub snapshot: Snapshot,
}

impl Pool {
	/// An empty pool that has nothing to settle.
	pub(crate) fn new(epoch: EpochIndex) -> Self {
		Self { next_epoch: epoch, ..Self::default() }
	}

	/// Whether nothing refers to it.
	pub(crate) fn is_empty(&self) -> bool {
		self.positions == 0 && self.shares == 0 && self.waiting.units == 0
	}

	/// Shares for `amount` plancks when `value` plancks are behind the shares.
	pub(crate) fn shares_for(
		&self,
		amount: Balance,
		value: Balance,
		rounding: Rounding,
	) -> Option<u128> {
		let shares = self.shares.saturating_add(VIRTUAL_SHARES);
		mul_div(amount, shares, value.saturating_add(1), rounding)
	}

	/// Plancks for `shares` when `value` plancks are behind all shares, rounded down.
	pub(crate) fn plancks_for(&self, shares: u128, value: Balance) -> Option<Balance> {
		let all = self.shares.saturating_add(VIRTUAL_SHARES);
		mul_div(shares, value.saturating_add(1), all, Rounding::Down)
	}
}

/// A settled bucket: what its units become. Kept as long as a position has units of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Settlement {
	/// The pool's generation when it was settled.
	pub generation: u32,
	/// Shares that nobody fetched yet.
	pub shares: u128,
	/// Units that they are for.
	pub units: u128,
	/// Positions that have these units.
	pub positions: u32,
}

/// Stake in a pool, in its two forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PoolStake {
	/// Units of the pool's bucket.
	pub units: u128,
	/// Shares of the pool.
	pub shares: u128,
}

impl PoolStake {
	/// Whether it is nothing.
	pub fn is_zero(&self) -> bool {
		*self == Self::default()
	}

	/// What is left without `other`.
	pub(crate) fn without(&self, other: &Self) -> Self {
		Self {
			units: self.units.saturating_sub(other.units),
			shares: self.shares.saturating_sub(other.shares),
		}
	}

	/// Both together.
	pub(crate) fn with(&self, other: &Self) -> Self {
		Self {
			units: self.units.saturating_add(other.units),
			shares: self.shares.saturating_add(other.shares),
		}
	}
}

/// What slashes leave of `value`, which was noted when `at` was kept of what left its pool with it, now
/// that `now` is kept. Rounded down.
pub(crate) fn kept_of(value: u128, at: Perquintill, now: Perquintill) -> u128 {
	if now >= at {
		return value;
	}
	let (now, at) = (u128::from(now.deconstruct()), u128::from(at.deconstruct()));
	mul_div(value, now, at, Rounding::Down).unwrap_or(0)
}

/// A part of a position that moved in from another pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct MovedPart {
	/// The pool it left, for which it can still be slashed.
	pub source: PoolId,
	/// The epoch in which it left.
	pub epoch: EpochIndex,
	/// The first block in which it is free.
	pub until: BlockNumber,
	/// What slashes of the source left of it when it was last touched: see [`Exit`].
	pub kept: Perquintill,
	/// What it is in the pool where it is now.
	pub stake: PoolStake,
}

impl MovedPart {
	/// Takes off what slashes of the source cost it and returns that.
	pub(crate) fn cut(&mut self, now: Perquintill) -> PoolStake {
		let before = self.stake;
		self.stake = PoolStake {
			units: kept_of(before.units, self.kept, now),
			shares: kept_of(before.shares, self.kept, now),
		};
		self.kept = self.kept.min(now);
		before.without(&self.stake)
	}
}

/// A deposit that waits for the price of its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Waiting {
	/// The epoch.
	pub epoch: EpochIndex,
	/// Units of its bucket.
	pub units: u128,
}

/// An account's stake in a pool.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Position {
	/// The pool's generation that the shares are of.
	pub generation: u32,
	/// Shares, locked ones included.
	pub shares: u128,
	/// What waits, locked parts included.
	pub waiting: Option<Waiting>,
	/// Locked parts of both.
	pub moved: BoundedVec<MovedPart, ConstU32<MAX_MOVED_PARTS>>,
}

impl Position {
	/// A position with nothing in it.
	pub(crate) fn new(generation: u32) -> Self {
		Self { generation, shares: 0, waiting: None, moved: BoundedVec::new() }
	}

	/// Whether nothing is left of it.
	pub(crate) fn is_empty(&self) -> bool {
		self.shares == 0 && self.waiting.is_none() && self.moved.is_empty()
	}

	/// All of it.
	pub fn stake(&self) -> PoolStake {
		PoolStake { units: self.waiting.map_or(0, |waiting| waiting.units), shares: self.shares }
	}

	/// What of it is locked.
	pub fn locked(&self) -> PoolStake {
		self.moved.iter().fold(PoolStake::default(), |sum, part| sum.with(&part.stake))
	}

	/// Voids shares of another generation than the pool's.
	pub(crate) fn enter_generation(&mut self, generation: u32) {
		if self.generation != generation {
			(self.generation, self.shares) = (generation, 0);
			self.moved.iter_mut().for_each(|part| part.stake.shares = 0);
		}
	}

	/// Turns the units of a settled bucket into shares and returns how many; they are void if everything
	/// was lost since. The last position to do so gets what rounding left.
	pub(crate) fn convert(&mut self, settlement: &mut Settlement) -> u128 {
		let Some(Waiting { units, .. }) = self.waiting.take() else { return 0 };
		let share = |part, whole, of| mul_div(part, of, whole, Rounding::Down).unwrap_or(0);
		let fetched = share(units, settlement.units, settlement.shares);
		settlement.shares = settlement.shares.saturating_sub(fetched);
		settlement.units = settlement.units.saturating_sub(units);
		settlement.positions = settlement.positions.saturating_sub(1);
		let minted = if settlement.generation == self.generation { fetched } else { 0 };
		self.shares = self.shares.saturating_add(minted);
		for part in self.moved.iter_mut() {
			let shares = share(part.stake.units, units, minted);
			part.stake = part.stake.with(&PoolStake { units: 0, shares });
			part.stake.units = 0;
		}
		minted
	}
}

/// What left a pool in an epoch, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Exit {
	/// The part that slashes leave of what left before them. Everything that refers to this carries the
	/// value that it was last touched at, and owes the ratio of the two.
	pub kept: Perquintill,
	/// Unbonding entries and moved parts that refer to this.
	pub references: u32,
}

/// A part of an account's stake that unbonds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct UnbondingEntry {
	/// Where it came from.
	pub source: Source,
	/// The epoch in which it left.
	pub epoch: EpochIndex,
	/// The first block in which it can be withdrawn.
	pub matures: BlockNumber,
	/// Plancks held, before slashes that were not applied yet.
	pub amount: Balance,
	/// See [`Exit`]; not used for a bond, whose entries are slashed at once.
	pub kept: Perquintill,
}

impl UnbondingEntry {
	/// Takes off what slashes cost it and returns that, in plancks.
	pub(crate) fn cut(&mut self, now: Perquintill) -> Balance {
		let before = self.amount;
		self.amount = kept_of(before, self.kept, now);
		self.kept = self.kept.min(now);
		before.saturating_sub(self.amount)
	}
}

/// What is taken out of a position, at the last settled price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Redemption {
	/// What goes.
	pub(crate) stake: PoolStake,
	/// Plancks for the units.
	pub(crate) from_waiting: Balance,
	/// Plancks for the shares.
	pub(crate) from_shares: Balance,
}

impl Redemption {
	/// Plancks in all.
	pub(crate) fn amount(&self) -> Balance {
		self.from_waiting.saturating_add(self.from_shares)
	}
}

/// What a slash took, in plancks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
	/// In all.
	pub(crate) amount: Balance,
	/// Of it, what the reporter got.
	pub(crate) reported: Balance,
}

impl Taken {
	/// Both together.
	pub(crate) fn with(&self, other: &Self) -> Self {
		Self {
			amount: self.amount.saturating_add(other.amount),
			reported: self.reported.saturating_add(other.reported),
		}
	}
}
