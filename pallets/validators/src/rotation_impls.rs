//! The recovery account and the rotation of the cold key.

use crate::*;
use frame::token::{
	fungible::{hold::Inspect as _, hold::Mutate as _},
	tokens::Restriction,
	Fortitude, Precision,
};
use woppal_protocol::{traits::Bonds, BlockNumber};

impl<T: Config> Pallet<T> {
	/// The block from which on something that waits as long as a rotation counts.
	fn after_waiting() -> BlockNumber {
		let wait = Self::timing().epochs_to_blocks(T::ColdRotationEpochs::get());
		Self::now().saturating_add(wait)
	}

	pub(crate) fn do_announce_cold_rotation(
		cold: T::AccountId,
		new: T::AccountId,
	) -> DispatchResult {
		let (validator, record) = Self::ensure_cold_key(&cold)?;
		ensure!(!Rotations::<T>::contains_key(validator), Error::<T>::RotationWaits);
		ensure!(!Keys::<T>::contains_key(&new), Error::<T>::NewKeyInUse);
		ensure!(!Delegations::<T>::contains_key(&new), Error::<T>::NewKeyIsDelegate);
		ensure!(Self::can_take_holds(&new), Error::<T>::NewKeyNotFunded);

		let executes_at = Self::after_waiting();
		let guarded = record.binding_recovery(Self::now()).is_some();
		// Reserved, so that nobody can be made to take it while the rotation waits.
		Keys::<T>::insert(&new, (validator, KeyKind::NextCold));
		Rotations::<T>::insert(validator, Rotation { new: new.clone(), executes_at, guarded });
		Self::deposit_event(Event::ColdRotationAnnounced { validator, new, executes_at, guarded });
		Ok(())
	}

	pub(crate) fn do_execute_cold_rotation(validator: ValidatorId) -> DispatchResult {
		let (rotation, mut record) = Self::rotation_of(validator)?;
		ensure!(rotation.executes_at <= Self::now(), Error::<T>::RotationTooEarly);
		let new = rotation.new;
		ensure!(Self::can_take_holds(&new), Error::<T>::NewKeyNotFunded);

		let old = core::mem::replace(&mut record.cold, new.clone());
		T::Bonds::move_owner(validator, &old, &new)?;
		for reason in [HoldReason::Node, HoldReason::Metadata] {
			Self::move_hold(reason, &old, &new)?;
		}
		// It stays, but lets the new cold key replace it first: else a lost one would stay for good.
		let binds_at = Self::after_waiting();
		record.recovery = record
			.recovery
			.map(|recovery| Recovery { binds_at, ..recovery })
			.filter(|recovery| recovery.account != new);
		Keys::<T>::remove(&old);
		Keys::<T>::insert(&new, (validator, KeyKind::Cold));
		Rotations::<T>::remove(validator);
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::ColdKeyRotated { validator, old, new });
		Ok(())
	}

	pub(crate) fn do_cancel_cold_rotation(
		who: T::AccountId,
		validator: ValidatorId,
	) -> DispatchResult {
		let (rotation, record) = Self::rotation_of(validator)?;
		let may_cancel = record.is_recovery(&who) || (!rotation.guarded && record.cold == who);
		ensure!(may_cancel, Error::<T>::MayNotCancel);

		Keys::<T>::remove(&rotation.new);
		Rotations::<T>::remove(validator);
		Self::deposit_event(Event::ColdRotationCancelled { validator, new: rotation.new, by: who });
		Ok(())
	}

	pub(crate) fn do_set_recovery(
		who: T::AccountId,
		validator: ValidatorId,
		recovery: Option<T::AccountId>,
	) -> DispatchResult {
		let mut record = Validators::<T>::get(validator).ok_or(Error::<T>::NotColdKey)?;
		let binding = record.binding_recovery(Self::now());
		let is_binding = binding.is_some();
		match binding {
			Some(account) => ensure!(*account == who, Error::<T>::NotRecovery),
			None => ensure!(record.cold == who, Error::<T>::NotColdKey),
		}
		ensure!(!Rotations::<T>::contains_key(validator), Error::<T>::RotationWaits);
		if let Some(account) = &recovery {
			let is_own_key = *account == record.cold || *account == record.hot;
			ensure!(!is_own_key, Error::<T>::RecoveryIsOwnKey);
		} else {
			ensure!(record.recovery.is_some(), Error::<T>::NoRecovery);
		}

		// One that binds hands over at once. What the cold key alone names waits.
		let binds_at = if is_binding { Self::now() } else { Self::after_waiting() };
		record.recovery = recovery.clone().map(|account| Recovery { account, binds_at });
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::RecoverySet { validator, recovery, binds_at });
		Ok(())
	}

	fn rotation_of(validator: ValidatorId) -> Result<(RotationOf<T>, ValidatorOf<T>), Error<T>> {
		let rotation = Rotations::<T>::get(validator).ok_or(Error::<T>::NoRotation)?;
		let record = Validators::<T>::get(validator).ok_or(Error::<T>::NoRotation)?;
		Ok((rotation, record))
	}

	/// Moves all that is held for a reason. A cold key belongs to one validator, so all of it is that
	/// validator's; locks on the old balance don't hold it back.
	fn move_hold(reason: HoldReason, old: &T::AccountId, new: &T::AccountId) -> DispatchResult {
		let reason = reason.into();
		let amount = T::Currency::balance_on_hold(&reason, old);
		if amount > 0 {
			T::Currency::transfer_on_hold(
				&reason,
				old,
				new,
				amount,
				Precision::Exact,
				Restriction::OnHold,
				Fortitude::Force,
			)?;
		}
		Ok(())
	}
}
