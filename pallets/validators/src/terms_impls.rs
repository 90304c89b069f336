//! How a validator shares what it earns: the delegate and the commission.

use crate::*;

impl<T: Config> Pallet<T> {
	/// Whether an account is one of the validator's keys, or will be one.
	fn is_own_key(validator: ValidatorId, account: &T::AccountId) -> bool {
		Keys::<T>::get(account).is_some_and(|(owner, _)| owner == validator)
	}

	pub(crate) fn do_invite_delegate(
		cold: T::AccountId,
		account: T::AccountId,
		share_percent: u8,
	) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		ensure!(!Self::is_own_key(validator, &account), Error::<T>::DelegateIsOwnKey);
		ensure!(share_percent <= MAX_SHARE_PERCENT, Error::<T>::ShareTooHigh);

		record.invited = Some(Invitation { account: account.clone(), share_percent });
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DelegateInvited { validator, account, share_percent });
		Ok(())
	}

	pub(crate) fn do_clear_delegate(cold: T::AccountId) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		let is_named = record.delegate.is_some() || record.invited.is_some();
		ensure!(is_named, Error::<T>::NoDelegate);

		record.keep_terms(Self::epoch());
		record.invited = None;
		Self::forget_delegation(record.delegate.take().as_ref());
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DelegateCleared { validator });
		Ok(())
	}

	pub(crate) fn do_accept_delegation(
		account: T::AccountId,
		validator: ValidatorId,
		share_percent: u8,
	) -> DispatchResult {
		let mut record = Validators::<T>::get(validator).ok_or(Error::<T>::NotInvited)?;
		let invited = record.invited.as_ref().filter(|invited| invited.account == account);
		let offered = invited.ok_or(Error::<T>::NotInvited)?.share_percent;
		ensure!(offered == share_percent, Error::<T>::ShareChanged);
		// A key may have become this account since the invitation.
		ensure!(!Self::is_own_key(validator, &account), Error::<T>::DelegateIsOwnKey);

		record.keep_terms(Self::epoch());
		record.invited = None;
		let former = record.delegate.take();
		Self::forget_delegation(former.as_ref());
		// Whoever only agrees to another share keeps its destination.
		let destination = former
			.filter(|former| former.account == account)
			.map_or_else(|| account.clone(), |former| former.destination);
		record.delegate = Some(Delegate { account: account.clone(), share_percent, destination });
		Delegations::<T>::mutate(&account, |count| *count = count.saturating_add(1));
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DelegateAccepted { validator, account, share_percent });
		Ok(())
	}

	pub(crate) fn do_resign_delegation(
		account: T::AccountId,
		validator: ValidatorId,
	) -> DispatchResult {
		let mut record = Self::ensure_delegate(&account, validator)?;

		record.keep_terms(Self::epoch());
		Self::forget_delegation(record.delegate.take().as_ref());
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DelegateResigned { validator, account });
		Ok(())
	}

	pub(crate) fn do_set_destination(
		account: T::AccountId,
		validator: ValidatorId,
		destination: T::AccountId,
	) -> DispatchResult {
		let mut record = Self::ensure_delegate(&account, validator)?;

		if let Some(delegate) = record.delegate.as_mut() {
			delegate.destination = destination.clone();
		}
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DestinationSet { validator, destination });
		Ok(())
	}

	fn ensure_delegate(
		account: &T::AccountId,
		validator: ValidatorId,
	) -> Result<ValidatorOf<T>, Error<T>> {
		let record = Validators::<T>::get(validator).ok_or(Error::<T>::NotDelegate)?;
		ensure!(record.is_delegate(account), Error::<T>::NotDelegate);
		Ok(record)
	}

	pub(crate) fn forget_delegation(delegate: Option<&Delegate<T::AccountId>>) {
		let Some(delegate) = delegate else { return };
		Delegations::<T>::mutate_exists(&delegate.account, |count| {
			*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
	}

	pub(crate) fn do_set_commission(cold: T::AccountId, percent: u8) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		ensure!(percent <= MAX_SHARE_PERCENT, Error::<T>::CommissionTooHigh);
		let (from, now) = (record.commission_percent, Self::now());
		let rise = percent.saturating_sub(from);
		if rise > 0 {
			let period = Self::timing().epochs_to_blocks(T::CommissionRisePeriod::get());
			let is_time = record.commission_raised.saturating_add(period) <= now;
			// In its first block nobody can have delegated to it at another commission.
			let is_new = record.registered == now;
			ensure!(is_new || (rise == 1 && is_time), Error::<T>::CommissionRisesTooFast);
		}

		record.keep_terms(Self::epoch());
		record.commission_percent = percent;
		if rise > 0 {
			record.commission_raised = now;
		}
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::CommissionSet { validator, from, to: percent });
		Ok(())
	}
}
