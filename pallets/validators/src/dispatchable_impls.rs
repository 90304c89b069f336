//! What registration, the hot key, metadata and the exit do, and what all dispatchables ask first:
//! everything is checked before the first write.

use crate::*;
use frame::token::{
	fungible::{hold::Inspect as _, hold::Mutate as _},
	tokens::Restriction,
	Fortitude, Precision,
};
use woppal_protocol::{network::Deposits, time::Timing, BlockNumber, EpochIndex};

impl<T: Config> Pallet<T> {
	/// The current block's height.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	pub(crate) fn timing() -> Timing {
		T::Network::parameters().timing
	}

	/// The current epoch.
	pub(crate) fn epoch() -> EpochIndex {
		Self::timing().epoch_of(Self::now())
	}

	pub(crate) fn deposits() -> Deposits {
		T::Network::parameters().deposits
	}

	pub(crate) fn ensure_cold_key(
		who: &T::AccountId,
	) -> Result<(ValidatorId, ValidatorOf<T>), DispatchError> {
		let (id, record) = Self::ensure_key(who).map_err(|_| Error::<T>::NotColdKey)?;
		ensure!(record.cold == *who, Error::<T>::NotColdKey);
		Ok((id, record))
	}

	pub(crate) fn ensure_key(
		who: &T::AccountId,
	) -> Result<(ValidatorId, ValidatorOf<T>), Error<T>> {
		let id = Self::validator_of(who).ok_or(Error::<T>::NotKey)?;
		let record = Validators::<T>::get(id).ok_or(Error::<T>::NotKey)?;
		Ok((id, record))
	}

	fn ensure_free_hot_key(cold: &T::AccountId, hot: &T::AccountId) -> DispatchResult {
		ensure!(cold != hot, Error::<T>::SameKeys);
		ensure!(!Keys::<T>::contains_key(hot), Error::<T>::HotKeyInUse);
		ensure!(!Delegations::<T>::contains_key(hot), Error::<T>::HotKeyIsDelegate);
		Ok(())
	}

	pub(crate) fn ensure_can_hold(
		reason: HoldReason,
		who: &T::AccountId,
		amount: Balance,
	) -> Result<(), Error<T>> {
		ensure!(T::Currency::can_hold(&reason.into(), who, amount), Error::<T>::BalanceTooLow);
		Ok(())
	}

	/// Gives a deposit back and says how much that was: to the cold key, or to the one that is about
	/// to follow it, so that a stolen cold key gets nothing out of a rotation that waits. Best effort: a
	/// hold that came out smaller than its record (which `try_state` reports) must not lock the rest.
	pub(crate) fn give_back(
		reason: HoldReason,
		validator: ValidatorId,
		cold: &T::AccountId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let next = Rotations::<T>::get(validator)
			.map(|rotation| rotation.new)
			// An account that died since can't be paid less than the existential deposit.
			.filter(|new| Self::can_take_holds(new));
		let reason = reason.into();
		match next {
			Some(new) => T::Currency::transfer_on_hold(
				&reason,
				cold,
				&new,
				amount,
				Precision::BestEffort,
				Restriction::Free,
				Fortitude::Force,
			),
			None => T::Currency::release(&reason, cold, amount, Precision::BestEffort),
		}
	}

	/// Whether an account exists and can have tokens held on its balance.
	pub(crate) fn can_take_holds(who: &T::AccountId) -> bool {
		[HoldReason::Node, HoldReason::Metadata]
			.into_iter()
			.all(|reason| T::Currency::hold_available(&reason.into(), who))
	}

	pub(crate) fn do_register(
		cold: T::AccountId,
		hot: T::AccountId,
		bond: Balance,
	) -> DispatchResult {
		ensure!(!Keys::<T>::contains_key(&cold), Error::<T>::ColdKeyInUse);
		Self::ensure_free_hot_key(&cold, &hot)?;
		ensure!(bond >= Self::deposits().node, Error::<T>::BondTooSmall);
		let validator = NextValidatorId::<T>::get();
		let next = validator.checked_add(1).ok_or(Error::<T>::NoNumberLeft)?;
		// The bond has a hold of its own, on the same balance.
		Self::ensure_can_hold(HoldReason::Node, &cold, bond)?;

		T::Bonds::open(validator, &cold, bond)?;
		NextValidatorId::<T>::put(next);
		Keys::<T>::insert(&cold, (validator, KeyKind::Cold));
		Keys::<T>::insert(&hot, (validator, KeyKind::Hot));
		Validators::<T>::insert(
			validator,
			Validator {
				cold: cold.clone(),
				hot: hot.clone(),
				recovery: None,
				delegate: None,
				invited: None,
				commission_percent: 0,
				commission_raised: Self::now(),
				// Nothing was set when this epoch opened.
				opening: OpeningTerms { epoch: Self::epoch(), ..Default::default() },
				registered: Self::now(),
				reputation: Reputation::default(),
				offences: 0,
				open_experiments: 0,
				nodes: NodeBitmap::default(),
			},
		);
		Self::deposit_event(Event::Registered { validator, cold, hot, bond });
		Ok(())
	}

	pub(crate) fn do_rotate_hot_key(cold: T::AccountId, new: T::AccountId) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		Self::ensure_free_hot_key(&cold, &new)?;
		ensure!(!record.is_recovery(&new), Error::<T>::HotKeyIsRecovery);

		let old = core::mem::replace(&mut record.hot, new.clone());
		Keys::<T>::remove(&old);
		Keys::<T>::insert(&new, (validator, KeyKind::Hot));
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::HotKeyRotated { validator, old, new });
		Ok(())
	}

	pub(crate) fn do_set_metadata(cold: T::AccountId, metadata: Metadata) -> DispatchResult {
		let (validator, _) = Self::ensure_cold_key(&cold)?;
		// Replacing keeps the deposit that is already held.
		let deposit = if let Some(old) = Metadatas::<T>::get(validator) {
			old.deposit
		} else {
			let deposit = Self::deposits().metadata;
			Self::ensure_can_hold(HoldReason::Metadata, &cold, deposit)?;
			T::Currency::hold(&HoldReason::Metadata.into(), &cold, deposit)?;
			deposit
		};
		Metadatas::<T>::insert(validator, MetadataRecord { metadata, deposit });
		Self::deposit_event(Event::MetadataSet { validator, deposit });
		Ok(())
	}

	pub(crate) fn do_clear_metadata(cold: T::AccountId) -> DispatchResult {
		let (validator, _) = Self::ensure_cold_key(&cold)?;
		ensure!(Metadatas::<T>::contains_key(validator), Error::<T>::NoMetadata);
		Self::drop_metadata(validator, &cold)
	}

	fn drop_metadata(validator: ValidatorId, cold: &T::AccountId) -> DispatchResult {
		if let Some(old) = Metadatas::<T>::take(validator) {
			let deposit = Self::give_back(HoldReason::Metadata, validator, cold, old.deposit)?;
			Self::deposit_event(Event::MetadataCleared { validator, deposit });
		}
		Ok(())
	}

	pub(crate) fn do_exit(cold: T::AccountId) -> DispatchResult {
		let (validator, record) = Self::ensure_cold_key(&cold)?;
		ensure!(!Rotations::<T>::contains_key(validator), Error::<T>::RotationWaits);
		ensure!(record.binding_recovery(Self::now()).is_none(), Error::<T>::RecoveryBinds);
		ensure!(record.open_experiments == 0, Error::<T>::OpenExperiments);
		ensure!(record.nodes.is_empty(), Error::<T>::HasNodes);

		let bond = T::Bonds::close(validator)?;
		Self::drop_metadata(validator, &cold)?;
		Self::forget_delegation(record.delegate.as_ref());
		Keys::<T>::remove(&record.cold);
		Keys::<T>::remove(&record.hot);
		Validators::<T>::remove(validator);
		T::OnExit::on_validator_exit(validator);
		Self::deposit_event(Event::Exited { validator, bond });
		Ok(())
	}
}
