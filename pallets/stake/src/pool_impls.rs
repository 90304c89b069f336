//! Delegations: in, out, and from pool to pool.

use crate::{
	types::{MovedPart, Pool, PoolStake, Position, Redemption, StakeAmount, Waiting},
	Config, Delegators, Error, Event, Pallet, Pools, Positions, WeightInfo,
};
use frame::{
	arithmetic::Rounding,
	prelude::*,
	token::{
		fungible::{Inspect, Mutate},
		Fortitude, Preservation,
	},
	traits::Contains,
};
use woppal_protocol::{
	stake::{PoolId, Source},
	traits::{Identities, Network},
	Balance, BlockNumber,
};

impl<T: Config> Pallet<T> {
	fn minimum_delegation() -> Balance {
		T::Network::parameters().deposits.delegation
	}

	/// Whether a pool takes deposits.
	///
	/// Errors: [`Error::UnknownPool`], [`Error::PoolClosed`].
	pub(crate) fn ensure_open(id: PoolId) -> DispatchResult {
		let exists = match id {
			PoolId::Validator(validator) => T::Identities::owner_group(validator).is_some(),
			PoolId::Subnet(subnet) => T::Subnets::contains(&subnet),
		};
		if exists {
			return Ok(());
		}
		let had_stake = Pools::<T>::contains_key(id);
		Err(if had_stake { Error::<T>::PoolClosed } else { Error::<T>::UnknownPool }.into())
	}

	pub(crate) fn do_delegate(
		who: &T::AccountId,
		id: PoolId,
		amount: Balance,
	) -> DispatchResultWithPostInfo {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		ensure!(amount >= Self::minimum_delegation(), Error::<T>::BelowMinimum);
		Self::ensure_open(id)?;
		// The account stays alive, so that what it unbonds can be held on it.
		let reducible =
			T::Currency::reducible_balance(who, Preservation::Preserve, Fortitude::Polite);
		ensure!(reducible >= amount, Error::<T>::BalanceTooLow);
		let (mut pool, settled) = Self::settled_pool(id)?;
		Self::ensure_room(id, &pool, amount)?;

		let mut position = Self::touched(who, id, &mut pool);
		Self::add_waiting(&mut pool, &mut position, amount)?;
		let account = Self::pool_account(id);
		T::Currency::transfer(who, &account, amount, Preservation::Preserve)?;
		Self::note_balance(id, &mut pool);
		Self::save_position(who, id, position, &mut pool);
		Self::save_pool(id, pool);
		let (who, epoch) = (who.clone(), Self::epoch());
		Self::deposit_event(Event::Delegated { who, pool: id, amount, epoch });
		Ok(Some(T::WeightInfo::delegate(settled)).into())
	}

	pub(crate) fn do_unbond(
		who: &T::AccountId,
		id: PoolId,
		amount: StakeAmount,
	) -> DispatchResultWithPostInfo {
		ensure!(Positions::<T>::contains_key(who, id), Error::<T>::NoPosition);
		let (mut pool, settled) = Self::settled_pool(id)?;
		let mut position = Self::touched(who, id, &mut pool);
		let redemption = Self::take(id, &mut pool, &mut position, amount)?;
		let (amount, shares) = (redemption.amount(), redemption.stake.shares);
		let mut matures = Self::now();
		if amount > 0 {
			let epochs = T::UnbondingEpochs::get();
			matures = Self::push_unbonding(who, Source::Pool(id), amount, epochs)?;
			Self::hold_from_pool(id, who, amount)?;
		}
		Self::note_balance(id, &mut pool);
		position.enter_generation(pool.generation);
		Self::save_position(who, id, position, &mut pool);
		Self::save_pool(id, pool);
		let who = who.clone();
		Self::deposit_event(Event::Unbonding { who, pool: id, shares, amount, matures });
		Ok(Some(T::WeightInfo::unbond(settled)).into())
	}

	pub(crate) fn do_move_stake(
		who: &T::AccountId,
		from: PoolId,
		to: PoolId,
		amount: StakeAmount,
		min_received: Balance,
	) -> DispatchResultWithPostInfo {
		ensure!(from != to, Error::<T>::SamePool);
		Self::ensure_open(to)?;
		ensure!(Positions::<T>::contains_key(who, from), Error::<T>::NoPosition);
		let (mut source, settled) = Self::settled_pool(from)?;
		let (mut target, also_settled) = Self::settled_pool(to)?;
		let mut left = Self::touched(who, from, &mut source);
		let redemption = Self::take(from, &mut source, &mut left, amount)?;
		let (amount, shares) = (redemption.amount(), redemption.stake.shares);
		ensure!(amount >= min_received, Error::<T>::BelowMinReceived);
		ensure!(amount >= Self::minimum_delegation(), Error::<T>::BelowMinimum);
		let mut entered = Self::touched(who, to, &mut target);
		Self::ensure_room(to, &target, amount)?;

		let units = Self::add_waiting(&mut target, &mut entered, amount)?;
		let until = Self::lock(&mut entered, from, units)?;
		T::Currency::transfer(
			&Self::pool_account(from),
			&Self::pool_account(to),
			amount,
			Preservation::Expendable,
		)?;
		Self::note_balance(from, &mut source);
		Self::note_balance(to, &mut target);
		left.enter_generation(source.generation);
		Self::save_position(who, from, left, &mut source);
		Self::save_position(who, to, entered, &mut target);
		Self::save_pool(from, source);
		Self::save_pool(to, target);
		let who = who.clone();
		Self::deposit_event(Event::Moved { who, from, to, shares, amount, until });
		Ok(Some(T::WeightInfo::move_stake(settled.saturating_add(also_settled))).into())
	}

	/// Adds a deposit to the bucket of the current epoch; returns its units. The position was touched, so
	/// what it has waiting is of the same epoch.
	///
	/// Errors: [`Error::PoolFull`].
	fn add_waiting(
		pool: &mut Pool,
		position: &mut Position,
		amount: Balance,
	) -> Result<u128, DispatchError> {
		let bucket = &mut pool.waiting;
		let units = bucket.units_for_deposit(amount).ok_or(Error::<T>::PoolFull)?;
		bucket.units = bucket.units.checked_add(units).ok_or(Error::<T>::PoolFull)?;
		bucket.amount = bucket.amount.checked_add(amount).ok_or(Error::<T>::PoolFull)?;
		if position.waiting.is_none() {
			bucket.positions = bucket.positions.saturating_add(1);
		}
		let epoch = pool.next_epoch;
		let waiting = position.waiting.get_or_insert(Waiting { epoch, units: 0 });
		waiting.units = waiting.units.saturating_add(units);
		Ok(units)
	}

	/// Locks units that moved in from `source` and keeps them slashable for it. They join the part that
	/// came from there in the same epoch, if there is one, which is then locked as long as they are.
	///
	/// Errors: [`Error::TooManyMoves`].
	fn lock(
		position: &mut Position,
		source: PoolId,
		units: u128,
	) -> Result<BlockNumber, DispatchError> {
		let (epoch, until) = (Self::epoch(), Self::in_epochs(T::UnbondingEpochs::get()));
		let stake = PoolStake { units, shares: 0 };
		let same = |part: &&mut MovedPart| part.source == source && part.epoch == epoch;
		// It was touched just now, so both carry the same slashes.
		if let Some(part) = position.moved.iter_mut().find(same) {
			(part.stake, part.until) = (part.stake.with(&stake), until);
		} else {
			let kept = Self::refer(Source::Pool(source));
			let part = MovedPart { source, epoch, until, kept, stake };
			position.moved.try_push(part).map_err(|_| Error::<T>::TooManyMoves)?;
		}
		Ok(until)
	}

	/// Takes stake that isn't locked out of a position, at the last settled price.
	///
	/// Errors: [`Error::ZeroAmount`], [`Error::NotEnoughStake`], [`Error::Locked`],
	/// [`Error::RemainderTooSmall`].
	fn take(
		id: PoolId,
		pool: &mut Pool,
		position: &mut Position,
		amount: StakeAmount,
	) -> Result<Redemption, DispatchError> {
		let all = position.stake();
		let free = all.without(&position.locked());
		let redemption = match amount {
			StakeAmount::All => {
				ensure!(!free.is_zero() || all.is_zero(), Error::<T>::Locked);
				Self::price(id, pool, free)
			},
			StakeAmount::Shares(shares) => {
				ensure!(shares > 0, Error::<T>::ZeroAmount);
				ensure!(shares <= all.shares, Error::<T>::NotEnoughStake);
				ensure!(shares <= free.shares, Error::<T>::Locked);
				Self::price(id, pool, PoolStake { units: 0, shares })
			},
			StakeAmount::Plancks(plancks) => {
				ensure!(plancks > 0, Error::<T>::ZeroAmount);
				ensure!(plancks <= Self::price(id, pool, all).amount(), Error::<T>::NotEnoughStake);
				ensure!(plancks <= Self::price(id, pool, free).amount(), Error::<T>::Locked);
				Self::price_of(id, pool, free, plancks)
			},
		};
		Self::redeem(pool, position, &redemption);
		Self::ensure_remainder(id, pool, position, amount, &redemption)?;
		Ok(redemption)
	}

	/// The least of `free` stake that is worth `plancks`, what waits first. `free` is worth that much.
	fn price_of(id: PoolId, pool: &Pool, free: PoolStake, plancks: Balance) -> Redemption {
		let waiting = pool.waiting.value(free.units);
		let from_waiting = waiting.min(plancks);
		let from_shares = plancks.saturating_sub(from_waiting);
		let units = if from_shares > 0 { free.units } else { pool.waiting.units_for(from_waiting) };
		let value = Self::settled_value(id, pool);
		let shares = pool.shares_for(from_shares, value, Rounding::Up).unwrap_or(u128::MAX);
		let stake = PoolStake { units: units.min(free.units), shares: shares.min(free.shares) };
		Redemption { stake, from_waiting, from_shares }
	}

	/// Whether what is left of a position pays for its record.
	///
	/// Errors: [`Error::RemainderTooSmall`].
	fn ensure_remainder(
		id: PoolId,
		pool: &Pool,
		position: &Position,
		amount: StakeAmount,
		taken: &Redemption,
	) -> DispatchResult {
		if amount == StakeAmount::All || position.is_empty() {
			return Ok(());
		}
		// The plancks that were taken are still in the account.
		let value = Self::settled_value(id, pool).saturating_sub(taken.amount());
		let PoolStake { units, shares } = position.stake();
		let left = pool
			.plancks_for(shares, value)
			.unwrap_or(value)
			.saturating_add(pool.waiting.value(units));
		ensure!(left >= Self::minimum_delegation(), Error::<T>::RemainderTooSmall);
		Ok(())
	}

	/// Writes a position, or removes it when nothing is left, and counts it.
	pub(crate) fn save_position(
		who: &T::AccountId,
		id: PoolId,
		position: Position,
		pool: &mut Pool,
	) {
		let existed = Positions::<T>::contains_key(who, id);
		if position.is_empty() {
			if existed {
				Positions::<T>::remove(who, id);
				Delegators::<T>::remove(id, who);
				pool.positions = pool.positions.saturating_sub(1);
			}
			return;
		}
		if !existed {
			Delegators::<T>::insert(id, who, ());
			pool.positions = pool.positions.saturating_add(1);
		}
		Positions::<T>::insert(who, id, position);
	}
}
