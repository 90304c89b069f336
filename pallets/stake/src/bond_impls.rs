//! Own bonds.

use crate::{
	BondOf, Bonds, Config, Error, Event, HoldReason, LedgerOf, Ledgers, Owners, Pallet, Pools,
};
use frame::{
	deps::frame_support::storage::with_storage_layer,
	prelude::*,
	token::{
		fungible::{InspectHold, MutateHold},
		tokens::Restriction,
		Fortitude, Precision,
	},
};
use woppal_protocol::{
	stake::{PoolId, Source},
	traits::{Bonds as BondsTrait, Network, OnStanding},
	Balance, ValidatorId,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_bond_extra(who: &T::AccountId, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let (validator, bond) = Self::bond_of(who)?;
		Self::raise_bond(validator, bond, amount)
	}

	pub(crate) fn do_unbond_bond(who: &T::AccountId, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		let (validator, bond) = Self::bond_of(who)?;
		let left = bond.now().checked_sub(amount).ok_or(Error::<T>::BondTooSmall)?;
		let least = T::Network::parameters().deposits.node;
		ensure!(left >= least, Error::<T>::BondTooSmall);
		Self::lower_bond(validator, bond, amount)
	}

	/// The open bond that is held on an account.
	fn bond_of(who: &T::AccountId) -> Result<(ValidatorId, BondOf<T>), DispatchError> {
		let validator = Owners::<T>::get(who).ok_or(Error::<T>::NotColdKey)?;
		let bond = Bonds::<T>::get(validator).ok_or(Error::<T>::UnknownBond)?;
		Ok((validator, bond))
	}

	fn raise_bond(validator: ValidatorId, bond: BondOf<T>, amount: Balance) -> DispatchResult {
		let owner = bond.owner.clone();
		let sum = bond.now().checked_add(amount).ok_or(Error::<T>::BalanceTooLow)?;
		let reason = HoldReason::Bond.into();
		ensure!(T::Currency::can_hold(&reason, &owner, amount), Error::<T>::BalanceTooLow);
		T::Currency::hold(&reason, &owner, amount)?;
		Self::write_bond(validator, bond, sum);
		Self::deposit_event(Event::Bonded { validator, owner, amount, bond: sum });
		T::Standing::on_standing_changed(validator);
		Ok(())
	}

	/// Moves plancks of the bond, at most all of it, to its owner's unbonding ledger.
	fn lower_bond(validator: ValidatorId, bond: BondOf<T>, amount: Balance) -> DispatchResult {
		let owner = bond.owner.clone();
		let left = bond.now().saturating_sub(amount);
		let matures = Self::push_unbonding(
			&owner,
			Source::Bond(validator),
			amount,
			T::BondUnbondingEpochs::get(),
		)?;
		T::Currency::release(&HoldReason::Bond.into(), &owner, amount, Precision::Exact)?;
		T::Currency::hold(&HoldReason::Unbonding.into(), &owner, amount)?;
		Self::write_bond(validator, bond, left);
		Self::deposit_event(Event::BondUnbonding { validator, amount, bond: left, matures });
		T::Standing::on_standing_changed(validator);
		Ok(())
	}

	/// Writes what a bond is from now on.
	pub(crate) fn write_bond(validator: ValidatorId, mut bond: BondOf<T>, value: Balance) {
		bond.write(Self::epoch(), value, T::BondUnbondingEpochs::get());
		Bonds::<T>::insert(validator, bond);
	}

	/// Removes the record of a bond whose validator left and of which nothing unbonds any more.
	pub(crate) fn drop_closed_bond(
		validator: ValidatorId,
		owner: &T::AccountId,
		ledger: &LedgerOf<T>,
	) {
		let open = Owners::<T>::get(owner) == Some(validator);
		let source = Source::Bond(validator);
		if !open && !ledger.iter().any(|entry| entry.source == source) {
			Bonds::<T>::remove(validator);
			Self::deposit_event(Event::BondClosed { validator });
		}
	}

	fn ensure_can_own(owner: &T::AccountId) -> DispatchResult {
		ensure!(!Owners::<T>::contains_key(owner), Error::<T>::AlreadyBonded);
		Ok(())
	}

	/// Moves held tokens as they are to another account.
	fn move_held(
		reason: HoldReason,
		from: &T::AccountId,
		to: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		let reason = reason.into();
		ensure!(T::Currency::hold_available(&reason, to), Error::<T>::CannotHold);
		T::Currency::transfer_on_hold(
			&reason,
			from,
			to,
			amount,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Force,
		)?;
		Ok(())
	}

	/// Moves the entries of a bond from one ledger to another; returns their plancks.
	fn move_entries(
		validator: ValidatorId,
		from: &T::AccountId,
		to: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		let source = Source::Bond(validator);
		let (mut ledger, mut other) = (Ledgers::<T>::get(from), Ledgers::<T>::get(to));
		let mut sum: Balance = 0;
		for entry in ledger.iter().filter(|entry| entry.source == source) {
			other.try_push(*entry).map_err(|_| Error::<T>::LedgerFull)?;
			sum = sum.saturating_add(entry.amount);
		}
		ledger.retain(|entry| entry.source != source);
		Self::save_ledger(from, ledger);
		Self::save_ledger(to, other);
		Ok(sum)
	}

	fn do_move_owner(
		validator: ValidatorId,
		from: &T::AccountId,
		to: &T::AccountId,
	) -> DispatchResult {
		ensure!(Owners::<T>::get(from) == Some(validator), Error::<T>::UnknownBond);
		let mut bond = Bonds::<T>::get(validator).ok_or(Error::<T>::UnknownBond)?;
		Self::ensure_can_own(to)?;
		Self::move_held(HoldReason::Bond, from, to, bond.now())?;
		let unbonding = Self::move_entries(validator, from, to)?;
		if unbonding > 0 {
			Self::move_held(HoldReason::Unbonding, from, to, unbonding)?;
		}
		Owners::<T>::remove(from);
		Owners::<T>::insert(to, validator);
		bond.owner = to.clone();
		Bonds::<T>::insert(validator, bond);
		Self::deposit_event(Event::BondMoved { validator, from: from.clone(), to: to.clone() });
		Ok(())
	}

	fn do_close(validator: ValidatorId) -> Result<Balance, DispatchError> {
		let bond = Bonds::<T>::get(validator).ok_or(Error::<T>::UnknownBond)?;
		let owner = bond.owner.clone();
		ensure!(Owners::<T>::get(&owner) == Some(validator), Error::<T>::UnknownBond);
		let pool = PoolId::Validator(validator);
		if Pools::<T>::contains_key(pool) {
			let (record, _) = Self::settled_pool(pool)?;
			Self::save_pool(pool, record);
		}
		let amount = bond.now();
		Owners::<T>::remove(&owner);
		if amount > 0 {
			Self::lower_bond(validator, bond, amount)?;
		}
		Self::drop_closed_bond(validator, &owner, &Ledgers::<T>::get(&owner));
		Ok(amount)
	}
}

impl<T: Config> BondsTrait<T::AccountId> for Pallet<T> {
	fn open(validator: ValidatorId, owner: &T::AccountId, amount: Balance) -> DispatchResult {
		let least = T::Network::parameters().deposits.node;
		ensure!(amount >= least, Error::<T>::BondTooSmall);
		ensure!(!Bonds::<T>::contains_key(validator), Error::<T>::AlreadyBonded);
		Self::ensure_can_own(owner)?;
		Self::raise_bond(validator, BondOf::<T>::new(owner.clone()), amount)?;
		Owners::<T>::insert(owner, validator);
		Ok(())
	}

	/// Undoes everything if it fails.
	fn move_owner(
		validator: ValidatorId,
		from: &T::AccountId,
		to: &T::AccountId,
	) -> DispatchResult {
		with_storage_layer(|| Self::do_move_owner(validator, from, to))
	}

	/// Undoes everything if it fails.
	fn close(validator: ValidatorId) -> Result<Balance, DispatchError> {
		with_storage_layer(|| Self::do_close(validator))
	}
}
