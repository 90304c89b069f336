//! The unbonding ledger.

use crate::{
	types::UnbondingEntry, Bonds, Config, Error, Event, HoldReason, LedgerOf, Ledgers, Pallet,
	WeightInfo,
};
use alloc::{collections::BTreeSet, vec::Vec};
use frame::{
	prelude::*,
	token::{
		fungible::{InspectHold, MutateHold},
		Fortitude, Precision, Preservation,
	},
};
use woppal_protocol::{
	stake::{PoolId, Source},
	traits::{BurnLedger, WithdrawalFreeze},
	Balance, BlockNumber, ValidatorId,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn save_ledger(who: &T::AccountId, ledger: LedgerOf<T>) {
		if ledger.is_empty() {
			Ledgers::<T>::remove(who);
		} else {
			Ledgers::<T>::insert(who, ledger);
		}
	}

	/// Writes an entry of the current block; one of the same source and block grows. The caller puts the
	/// plancks on hold. Returns the block in which it matures.
	///
	/// Errors: [`Error::LedgerFull`].
	pub(crate) fn push_unbonding(
		who: &T::AccountId,
		source: Source,
		amount: Balance,
		epochs: u32,
	) -> Result<BlockNumber, DispatchError> {
		let matures = Self::in_epochs(epochs);
		let mut ledger = Ledgers::<T>::get(who);
		let same = |entry: &&mut UnbondingEntry| entry.source == source && entry.matures == matures;
		if let Some(entry) = ledger.iter_mut().find(same) {
			// A slash in the same block hits what left before it and not what leaves now.
			Self::cut_entry(who, entry);
			entry.amount = entry.amount.saturating_add(amount);
		} else {
			let epoch = Self::epoch();
			let kept = Self::refer(source);
			ledger
				.try_push(UnbondingEntry { source, epoch, matures, amount, kept })
				.map_err(|_| Error::<T>::LedgerFull)?;
		}
		Ledgers::<T>::insert(who, ledger);
		Ok(matures)
	}

	/// Takes plancks out of a pool's account and holds them on their owner's.
	///
	/// Errors: [`Error::CannotHold`].
	pub(crate) fn hold_from_pool(
		pool: PoolId,
		who: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		let reason = HoldReason::Unbonding.into();
		ensure!(T::Currency::hold_available(&reason, who), Error::<T>::CannotHold);
		T::Currency::transfer_and_hold(
			&reason,
			&Self::pool_account(pool),
			who,
			amount,
			Precision::Exact,
			Preservation::Expendable,
			Fortitude::Force,
		)
		.map_err(|_| Error::<T>::CannotHold)?;
		Ok(())
	}

	/// Takes off an entry what slashes cost it since it was last touched, and burns that.
	fn cut_entry(who: &T::AccountId, entry: &mut UnbondingEntry) {
		let Source::Pool(source) = entry.source else { return };
		let amount = entry.cut(Self::kept(entry.source, entry.epoch));
		if amount > 0 {
			Self::burn_held(HoldReason::Unbonding, who, amount);
			let (who, epoch) = (who.clone(), entry.epoch);
			Self::deposit_event(Event::StakeCut { who, source, epoch, amount });
		}
	}

	/// Burns held tokens and counts them.
	pub(crate) fn burn_held(reason: HoldReason, who: &T::AccountId, amount: Balance) {
		let burned = T::Currency::burn_held(
			&reason.into(),
			who,
			amount,
			Precision::BestEffort,
			Fortitude::Force,
		);
		T::Burns::note_burned(burned.unwrap_or(0));
	}

	pub(crate) fn do_withdraw(who: &T::AccountId) -> DispatchResultWithPostInfo {
		ensure!(!T::Freeze::is_frozen(who), Error::<T>::Frozen);
		let mut ledger = Ledgers::<T>::get(who);
		let now = Self::now();
		let matured: Vec<_> = ledger.iter().copied().filter(|e| e.matures <= now).collect();
		ensure!(!matured.is_empty(), Error::<T>::NothingToWithdraw);
		let entries = u32::try_from(matured.len()).unwrap_or(u32::MAX);

		let mut amount: Balance = 0;
		let mut bonds = BTreeSet::<ValidatorId>::new();
		for mut entry in matured {
			Self::cut_entry(who, &mut entry);
			Self::forget(entry.source, entry.epoch);
			amount = amount.saturating_add(entry.amount);
			if let Source::Bond(validator) = entry.source {
				bonds.insert(validator);
			}
		}
		T::Currency::release(&HoldReason::Unbonding.into(), who, amount, Precision::Exact)?;
		ledger.retain(|entry| entry.matures > now);
		for validator in bonds {
			if Bonds::<T>::contains_key(validator) {
				Self::drop_closed_bond(validator, who, &ledger);
			}
		}
		Self::save_ledger(who, ledger);
		Self::deposit_event(Event::Withdrawn { who: who.clone(), amount });
		Ok(Some(T::WeightInfo::withdraw(entries)).into())
	}
}
