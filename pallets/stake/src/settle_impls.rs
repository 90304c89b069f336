//! Settling: a pool's closed epochs, and what a position fetches from them.

use crate::{
	types::{MovedPart, Pool, PoolStake, Position, Redemption, Settlement, MAX_SHARES},
	Config, Error, Event, Pallet, Pools, Positions, Settlements, WeightInfo,
};
use core::mem;
use frame::{
	arithmetic::Rounding,
	prelude::*,
	token::{
		fungible::{Inspect, Mutate},
		Fortitude, Precision, Preservation,
	},
};
use woppal_protocol::{
	stake::{PoolId, Source},
	traits::{BurnLedger, Identities, OnStanding, Rewards},
	Balance, ValidatorId,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_settle(id: PoolId, max: u32) -> DispatchResultWithPostInfo {
		ensure!(max > 0, Error::<T>::ZeroAmount);
		let mut pool = Pools::<T>::get(id).ok_or(Error::<T>::UnknownPool)?;
		ensure!(pool.next_epoch < Self::epoch(), Error::<T>::NothingToSettle);
		let settled = Self::settle_epochs(id, &mut pool, max.min(T::MaxSettle::get()));
		Self::save_pool(id, pool);
		Ok(Some(T::WeightInfo::settle(settled)).into())
	}

	pub(crate) fn do_settle_position(who: &T::AccountId, id: PoolId) -> DispatchResultWithPostInfo {
		let before = Positions::<T>::get(who, id).ok_or(Error::<T>::NoPosition)?;
		let (mut pool, settled) = Self::settled_pool(id)?;
		let position = Self::touched(who, id, &mut pool);
		ensure!(position != before || position.is_empty(), Error::<T>::NothingToSettle);
		Self::save_position(who, id, position, &mut pool);
		Self::save_pool(id, pool);
		Ok(Some(T::WeightInfo::settle_position(settled)).into())
	}

	/// A pool with all closed epochs settled, and how many that took. One that doesn't exist is empty.
	///
	/// Errors: [`Error::SettleFirst`].
	pub(crate) fn settled_pool(id: PoolId) -> Result<(Pool, u32), DispatchError> {
		let now = Self::epoch();
		let Some(mut pool) = Pools::<T>::get(id) else { return Ok((Pool::new(now), 0)) };
		let settled = Self::settle_epochs(id, &mut pool, T::MaxSettle::get());
		ensure!(pool.next_epoch >= now, Error::<T>::SettleFirst);
		Ok((pool, settled))
	}

	/// Settles up to `max` closed epochs in order; those in which nothing can happen are skipped in one
	/// step. Returns how many were settled.
	fn settle_epochs(id: PoolId, pool: &mut Pool, max: u32) -> u32 {
		let now = Self::epoch();
		let first = T::Rewards::first_claimable();
		// A validator that left had everything settled then, and earned nothing since.
		let earner = match id {
			PoolId::Validator(validator) => {
				T::Identities::owner_group(validator).map(|_| validator)
			},
			PoolId::Subnet(_) => None,
		};
		let mut settled: u32 = 0;
		while pool.next_epoch < now && settled < max {
			let earner = earner.filter(|_| pool.shares > 0);
			let collects = earner.filter(|_| pool.next_epoch >= first);
			if collects.is_some() || pool.waiting.units > 0 {
				Self::settle_epoch(id, pool, collects);
				settled = settled.saturating_add(1);
			} else {
				pool.next_epoch = if earner.is_some() { first.min(now) } else { now };
				let next_epoch = pool.next_epoch;
				Self::deposit_event(Event::Skipped { pool: id, next_epoch });
			}
		}
		settled
	}

	/// Settles the oldest epoch: first its reward goes to the shares, then its deposits become shares.
	fn settle_epoch(id: PoolId, pool: &mut Pool, earner: Option<ValidatorId>) {
		let epoch = pool.next_epoch;
		let account = Self::pool_account(id);
		let reward =
			earner.map_or(0, |validator| T::Rewards::collect_for_pool(validator, epoch, &account));
		Self::note_balance(id, pool);
		if pool.shares == 0 {
			Self::burn_unowned(id, pool);
		}
		let bucket = mem::take(&mut pool.waiting);
		// The bucket's plancks are still in the balance: what is behind the shares is without them.
		let value = Self::pool_balance(id).saturating_sub(bucket.amount);
		// `ensure_room` left a factor of 256, so the limit is never reached.
		let room = u128::MAX.saturating_sub(pool.shares);
		let minted = pool
			.shares_for(bucket.amount, value, Rounding::Down)
			.map_or(room, |shares| shares.min(room));
		pool.shares = pool.shares.saturating_add(minted);
		if bucket.positions > 0 {
			let generation = pool.generation;
			let (units, positions) = (bucket.units, bucket.positions);
			let settlement = Settlement { generation, shares: minted, units, positions };
			Settlements::<T>::insert(id, epoch, settlement);
		}
		pool.next_epoch = epoch.saturating_add(1);
		let (value, shares) = (Self::settled_value(id, pool), pool.shares);
		Self::deposit_event(Event::Settled { pool: id, epoch, reward, minted, value, shares });
	}

	/// Plancks in a pool's account.
	pub(crate) fn pool_balance(id: PoolId) -> Balance {
		T::Currency::balance(&Self::pool_account(id))
	}

	/// Plancks behind a pool's shares.
	pub(crate) fn settled_value(id: PoolId, pool: &Pool) -> Balance {
		Self::pool_balance(id).saturating_sub(pool.waiting.amount)
	}

	/// Draws the consequences of a balance that changed: the snapshot has it, a bucket is not more than
	/// it, and shares with nothing behind them are void.
	pub(crate) fn note_balance(id: PoolId, pool: &mut Pool) {
		let balance = Self::pool_balance(id);
		pool.snapshot.note(Self::epoch(), balance);
		pool.waiting.amount = pool.waiting.amount.min(balance);
		if pool.shares > 0 && balance == pool.waiting.amount {
			pool.generation = pool.generation.saturating_add(1);
			pool.shares = 0;
			let generation = pool.generation;
			Self::deposit_event(Event::PoolLost { pool: id, generation });
		}
	}

	/// Burns plancks of a pool's account, as many as there are, and counts them.
	pub(crate) fn burn_from_pool(id: PoolId, pool: &mut Pool, amount: Balance) {
		let burned = T::Currency::burn_from(
			&Self::pool_account(id),
			amount,
			Preservation::Expendable,
			Precision::BestEffort,
			Fortitude::Force,
		);
		T::Burns::note_burned(burned.unwrap_or(0));
		Self::note_balance(id, pool);
	}

	/// Burns what is behind no shares. The next shares then start at the first price, and take nothing.
	fn burn_unowned(id: PoolId, pool: &mut Pool) {
		let amount = Self::settled_value(id, pool);
		if amount > 0 {
			Self::burn_from_pool(id, pool, amount);
			Self::deposit_event(Event::UnownedBurned { pool: id, amount });
		}
	}

	/// Writes a pool, or removes it with its last position, and says that its validator's stake changed.
	pub(crate) fn save_pool(id: PoolId, mut pool: Pool) {
		if pool.is_empty() {
			Self::burn_unowned(id, &mut pool);
			Pools::<T>::remove(id);
		} else {
			Pools::<T>::insert(id, pool);
		}
		if let PoolId::Validator(validator) = id {
			T::Standing::on_standing_changed(validator);
		}
	}

	/// Whether a pool has room for `amount` more plancks.
	///
	/// Errors: [`Error::PoolFull`].
	pub(crate) fn ensure_room(id: PoolId, pool: &Pool, amount: Balance) -> DispatchResult {
		let value = Self::settled_value(id, pool);
		let shares = pool
			.waiting
			.amount
			.checked_add(amount)
			.and_then(|waiting| pool.shares_for(waiting, value, Rounding::Down))
			.and_then(|minted| pool.shares.checked_add(minted));
		ensure!(shares.is_some_and(|shares| shares <= MAX_SHARES), Error::<T>::PoolFull);
		Ok(())
	}

	/// An account's position in a settled pool, with everything done that waited for it: void shares are
	/// gone, settled deposits are shares, slashes are taken off moved parts, free ones are unlocked.
	pub(crate) fn touched(who: &T::AccountId, id: PoolId, pool: &mut Pool) -> Position {
		let Some(mut position) = Positions::<T>::get(who, id) else {
			return Position::new(pool.generation);
		};
		position.enter_generation(pool.generation);
		Self::fetch_shares(who, id, pool, &mut position);
		let parts = mem::take(&mut position.moved);
		for part in parts {
			// Taken off first, so that the part counts as free while it is redeemed.
			if let Some(part) = Self::touch_part(who, id, pool, &mut position, part) {
				let pushed = position.moved.try_push(part);
				defensive_assert!(pushed.is_ok(), "there are no more parts than before");
			}
		}
		// The cuts may have been the last of the pool.
		position.enter_generation(pool.generation);
		position
	}

	fn fetch_shares(who: &T::AccountId, pool: PoolId, record: &Pool, position: &mut Position) {
		let Some(waiting) = position.waiting.filter(|w| w.epoch < record.next_epoch) else {
			return;
		};
		let epoch = waiting.epoch;
		let Some(mut settlement) = Settlements::<T>::get(pool, epoch) else {
			defensive!("a settlement is kept as long as a position has units of it");
			return;
		};
		let shares = position.convert(&mut settlement);
		if settlement.positions == 0 {
			Settlements::<T>::remove(pool, epoch);
		} else {
			Settlements::<T>::insert(pool, epoch, settlement);
		}
		Self::deposit_event(Event::SharesMinted { who: who.clone(), pool, epoch, shares });
	}

	/// Burns what slashes of its source cost a moved part. Returns what stays locked.
	fn touch_part(
		who: &T::AccountId,
		id: PoolId,
		pool: &mut Pool,
		position: &mut Position,
		mut part: MovedPart,
	) -> Option<MovedPart> {
		let (source, epoch) = (part.source, part.epoch);
		let lost = part.cut(Self::kept(Source::Pool(source), epoch));
		if !lost.is_zero() {
			let redemption = Self::price(id, pool, lost);
			Self::redeem(pool, position, &redemption);
			let amount = redemption.amount();
			Self::burn_from_pool(id, pool, amount);
			let who = who.clone();
			Self::deposit_event(Event::StakeCut { who, source, epoch, amount });
		}
		if part.until > Self::now() && !part.stake.is_zero() {
			return Some(part);
		}
		Self::forget(Source::Pool(source), epoch);
		Self::deposit_event(Event::Unlocked { who: who.clone(), pool: id, source, epoch });
		None
	}

	/// What stake of a settled pool is worth.
	pub(crate) fn price(id: PoolId, pool: &Pool, stake: PoolStake) -> Redemption {
		let value = Self::settled_value(id, pool);
		let from_shares = pool.plancks_for(stake.shares, value).unwrap_or(value).min(value);
		let from_waiting = pool.waiting.value(stake.units);
		Redemption { stake, from_waiting, from_shares }
	}

	/// Takes stake out of a pool and a position. The plancks stay in the pool's account: it is the
	/// caller's to take them out.
	pub(crate) fn redeem(pool: &mut Pool, position: &mut Position, redemption: &Redemption) {
		let PoolStake { units, shares } = redemption.stake;
		pool.shares = pool.shares.saturating_sub(shares);
		position.shares = position.shares.saturating_sub(shares);
		pool.waiting.remove(units, redemption.from_waiting);
		if let Some(waiting) = position.waiting.as_mut() {
			waiting.units = waiting.units.saturating_sub(units);
			if waiting.units == 0 {
				position.waiting = None;
				pool.waiting.positions = pool.waiting.positions.saturating_sub(1);
			}
		}
	}
}
