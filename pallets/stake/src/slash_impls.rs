//! Slashing: own bonds at the full rate, delegations at a tenth of it (PROTOCOL §9).

use crate::{
	types::{Taken, UnbondingEntry},
	Bonds, Config, Event, Exits, HoldReason, Ledgers, Pallet, Pools,
};
use frame::{
	arithmetic::{Perbill, Perquintill},
	deps::frame_support::storage::with_storage_layer,
	prelude::*,
	token::{fungible::MutateHold, tokens::Restriction, Fortitude, Precision},
};
use woppal_protocol::{
	stake::{PoolId, Slashed, Source},
	traits::{OnStanding, Slashable},
	Balance, EpochIndex, ValidatorId,
};

/// Who brought the offence, and the part of what is taken of the own bond that it gets.
type Reporter<'a, AccountId> = Option<(&'a AccountId, Perbill)>;

/// Perquintill's parts in one of Perbill's.
const QUINTILL_PER_BILL: u64 = 1_000_000_000;

/// A tenth of a rate, rounded down to a billionth.
fn tenth(rate: Perbill) -> Perbill {
	Perbill::from_parts(rate.deconstruct().checked_div(10).unwrap_or(0))
}

/// What is left after a rate was taken.
fn left_after(rate: Perbill) -> Perquintill {
	let left = Perbill::one().saturating_sub(rate).deconstruct();
	Perquintill::from_parts(u64::from(left).saturating_mul(QUINTILL_PER_BILL))
}

impl<T: Config> Pallet<T> {
	/// Slashes the own bond: first what is bonded, then what unbonds, whenever it left. A block author may
	/// have its seat for some sessions after its bond shrank, and must not equivocate for free in them.
	fn slash_bond(
		validator: ValidatorId,
		rate: Perbill,
		epoch: EpochIndex,
		reporter: Reporter<T::AccountId>,
	) -> Taken {
		let Some(bond) = Bonds::<T>::get(validator) else { return Taken::default() };
		let (owner, bonded) = (bond.owner.clone(), bond.now());
		let mut ledger = Ledgers::<T>::get(&owner);
		let (source, now) = (Source::Bond(validator), Self::now());
		let reached = |entry: &UnbondingEntry| entry.source == source && entry.matures > now;
		let within_reach = ledger
			.iter()
			.filter(|entry| reached(entry))
			.fold(bonded, |sum, entry| sum.saturating_add(entry.amount));
		let base = within_reach.max(bond.opening(epoch));
		let due = rate.mul_ceil(base).min(within_reach);
		if due == 0 {
			return Taken::default();
		}

		let from_bond = due.min(bonded);
		let from_ledger = due.saturating_sub(from_bond);
		let mut still_due = from_ledger;
		for entry in ledger.iter_mut().filter(|entry| reached(entry)) {
			let part = still_due.min(entry.amount);
			entry.amount = entry.amount.saturating_sub(part);
			still_due = still_due.saturating_sub(part);
		}
		ledger.retain(|entry| entry.amount > 0 || entry.source != source);
		if from_bond > 0 {
			Self::write_bond(validator, bond, bonded.saturating_sub(from_bond));
		}
		let taken = Self::take_held(HoldReason::Bond, &owner, from_bond, reporter)
			.with(&Self::take_held(HoldReason::Unbonding, &owner, from_ledger, reporter));
		Self::drop_closed_bond(validator, &owner, &ledger);
		Self::save_ledger(&owner, ledger);
		taken
	}

	/// Takes held tokens: the reporter's part is paid if its account can receive it, the rest burned.
	fn take_held(
		reason: HoldReason,
		owner: &T::AccountId,
		amount: Balance,
		reporter: Reporter<T::AccountId>,
	) -> Taken {
		if amount == 0 {
			return Taken::default();
		}
		let mut reported: Balance = 0;
		let part = reporter.filter(|(who, _)| *who != owner).map(|(w, s)| (w, s.mul_floor(amount)));
		if let Some((who, part)) = part.filter(|(_, part)| *part > 0) {
			let paid = with_storage_layer(|| {
				T::Currency::transfer_on_hold(
					&reason.into(),
					owner,
					who,
					part,
					Precision::Exact,
					Restriction::Free,
					Fortitude::Force,
				)
			});
			reported = paid.unwrap_or(0);
		}
		Self::burn_held(reason, owner, amount.saturating_sub(reported));
		Taken { amount, reported }
	}

	/// Slashes a pool: what is behind the shares, and what waits, alike. All of it is burned: if a reporter
	/// got a part, an owner with a small bond could have its delegators pay an accomplice. Returns plancks.
	fn slash_pool(id: PoolId, rate: Perbill) -> Balance {
		let Some(mut pool) = Pools::<T>::get(id) else { return 0 };
		let from_shares = rate.mul_ceil(Self::settled_value(id, &pool));
		let from_waiting = rate.mul_ceil(pool.waiting.amount);
		let amount = from_shares.saturating_add(from_waiting);
		if amount == 0 {
			return 0;
		}
		pool.waiting.amount = pool.waiting.amount.saturating_sub(from_waiting);
		Self::burn_from_pool(id, &mut pool, amount);
		// Not `save_pool`: a pool with positions stays, whatever it is worth.
		Pools::<T>::insert(id, pool);
		amount
	}

	/// Slashes what left a pool in or after the offence's epoch and can still be reached.
	fn slash_exits(id: PoolId, rate: Perbill, epoch: EpochIndex) {
		let now = Self::epoch();
		let oldest = now.saturating_sub(T::UnbondingEpochs::get());
		let left = left_after(rate);
		for epoch in epoch.max(oldest)..=now {
			let Some(mut exit) = Exits::<T>::get(id, epoch) else { continue };
			exit.kept = Perquintill::from_parts(left.mul_floor(exit.kept.deconstruct()));
			Exits::<T>::insert(id, epoch, exit);
			Self::deposit_event(Event::ExitsSlashed { pool: id, epoch, kept: exit.kept });
		}
	}
}

impl<T: Config> Slashable<T::AccountId> for Pallet<T> {
	fn slash(
		validator: ValidatorId,
		rate: Perbill,
		epoch: EpochIndex,
		reporter: Option<(&T::AccountId, Perbill)>,
	) -> Slashed {
		let epoch = epoch.min(Self::epoch());
		let own = Self::slash_bond(validator, rate, epoch, reporter);
		let (pool, rate_of_pool) = (PoolId::Validator(validator), tenth(rate));
		let delegated = if rate_of_pool.is_zero() {
			0
		} else {
			Self::slash_exits(pool, rate_of_pool, epoch);
			Self::slash_pool(pool, rate_of_pool)
		};
		let slashed = Slashed { own: own.amount, delegated, reported: own.reported };
		if slashed != Slashed::default() {
			T::Standing::on_standing_changed(validator);
			let Slashed { own, delegated, reported } = slashed;
			Self::deposit_event(Event::Slashed {
				validator,
				rate,
				epoch,
				own,
				delegated,
				reported,
			});
		}
		slashed
	}
}
