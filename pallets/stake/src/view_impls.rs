//! What counts in an epoch, and what the runtime API shows.

use crate::{
	types::{Pool, PoolStake, Position},
	Bonds, Config, Delegators, Ledgers, Owners, Pallet, Pools, Positions, Settlements,
};
use alloc::vec::Vec;
use frame::arithmetic::Rounding;
use woppal_protocol::{
	stake::{PoolId, PoolInfo, Source, StakePosition, StakePositions, Unbonding},
	traits::{Network, StakeSnapshot},
	AccountId32, Balance, EpochIndex, ValidatorId,
};

/// Rows in a page of [`Pallet::delegators`].
pub const DELEGATORS_PAGE: u32 = 100;
/// Shares that [`PoolInfo::price`] is the price of.
const PRICED_SHARES: u128 = 1_000_000_000_000;

impl<T: Config> StakeSnapshot for Pallet<T> {
	fn bond(validator: ValidatorId) -> Balance {
		Bonds::<T>::get(validator).map_or(0, |bond| bond.now())
	}

	fn counting_bond(validator: ValidatorId) -> Balance {
		Bonds::<T>::get(validator).map_or(0, |bond| bond.opening(Self::epoch()).min(bond.now()))
	}

	fn counting_pool(pool: PoolId) -> Balance {
		Pools::<T>::get(pool).map_or(0, |record| {
			record.snapshot.opening(Self::epoch()).min(Self::pool_balance(pool))
		})
	}
}

impl<T: Config> Pallet<T> {
	/// All stake of an account: its bond, its delegations at the last settled prices, and what unbonds;
	/// slashes are taken off. As many rows as the account paid for.
	pub fn positions(account: &T::AccountId) -> StakePositions {
		let bond = Owners::<T>::get(account).map(|validator| (validator, Self::bond(validator)));
		let pools = Positions::<T>::iter_prefix(account)
			.map(|(pool, position)| Self::show_position(pool, position))
			.collect();
		let now = Self::now();
		let unbonding = Ledgers::<T>::get(account)
			.into_iter()
			.map(|mut entry| {
				entry.cut(Self::kept(entry.source, entry.epoch));
				Unbonding {
					source: entry.source,
					amount: entry.amount,
					matures: entry.matures,
					blocks_left: entry.matures.saturating_sub(now),
				}
			})
			.collect();
		StakePositions { bond, pools, unbonding }
	}

	fn show_position(pool: PoolId, position: Position) -> StakePosition {
		let record = Self::pool_or_new(pool);
		let mut position = position;
		position.enter_generation(record.generation);
		if let Some(waiting) = position.waiting.filter(|w| w.epoch < record.next_epoch) {
			if let Some(mut settlement) = Settlements::<T>::get(pool, waiting.epoch) {
				position.convert(&mut settlement);
			}
		}
		let (mut stake, mut locked) = (position.stake(), PoolStake::default());
		let mut free_from: EpochIndex = 0;
		let (now, timing) = (Self::now(), T::Network::parameters().timing);
		for mut part in position.moved {
			let lost = part.cut(Self::kept(Source::Pool(part.source), part.epoch));
			stake = stake.without(&lost);
			if part.until > now && !part.stake.is_zero() {
				locked = locked.with(&part.stake);
				free_from = free_from.max(timing.epoch_of(part.until));
			}
		}
		let all = Self::price(pool, &record, stake);
		let locked_value = Self::price(pool, &record, locked).amount();
		StakePosition {
			pool,
			shares: stake.shares,
			value: all.from_shares,
			pending: all.from_waiting,
			locked: (!locked.is_zero()).then_some((locked_value, free_from)),
		}
	}

	/// A pool as it is. One that nobody delegated to is empty.
	pub fn pool_info(pool: PoolId) -> PoolInfo
	where
		T::AccountId: Into<AccountId32>,
	{
		let record = Self::pool_or_new(pool);
		let value = Self::settled_value(pool, &record);
		PoolInfo {
			pool,
			account: Self::pool_account(pool).into(),
			value,
			shares: record.shares,
			pending: record.waiting.amount,
			next_epoch: record.next_epoch,
			price: record.plancks_for(PRICED_SHARES, value).unwrap_or(Balance::MAX),
		}
	}

	/// Shares that a deposit of `amount` plancks would become at the last settled price. The price of its
	/// epoch may differ. `None` if the pool can't count them.
	pub fn quote_deposit(pool: PoolId, amount: Balance) -> Option<u128> {
		let record = Self::pool_or_new(pool);
		record.shares_for(amount, Self::settled_value(pool, &record), Rounding::Down)
	}

	/// Plancks that `shares` of a pool would be redeemed for at the last settled price; at most all that
	/// is behind its shares.
	pub fn quote_redeem(pool: PoolId, shares: u128) -> Balance {
		Self::price(pool, &Self::pool_or_new(pool), PoolStake { units: 0, shares }).from_shares
	}

	/// A page of a pool's delegators with their positions: at most [`DELEGATORS_PAGE`] that come after
	/// `after`, in the order of the storage. The last account of a page asks for the next one.
	pub fn delegators(
		pool: PoolId,
		after: Option<&T::AccountId>,
		limit: u32,
	) -> Vec<(T::AccountId, StakePosition)> {
		let keys = match after {
			Some(account) => Delegators::<T>::iter_key_prefix_from(
				pool,
				Delegators::<T>::hashed_key_for(pool, account),
			),
			None => Delegators::<T>::iter_key_prefix(pool),
		};
		let limit = usize::try_from(limit.min(DELEGATORS_PAGE)).unwrap_or(0);
		keys.take(limit)
			.filter_map(|account| {
				let position = Positions::<T>::get(&account, pool)?;
				Some((account, Self::show_position(pool, position)))
			})
			.collect()
	}

	fn pool_or_new(pool: PoolId) -> Pool {
		Pools::<T>::get(pool).unwrap_or_else(|| Pool::new(Self::epoch()))
	}
}
