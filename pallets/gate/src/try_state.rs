//! What holds after every block.

use crate::*;
use alloc::collections::BTreeSet;
use frame::deps::sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks all storage of the pallet:
	///
	/// - the list is sorted, has each validator once, none that left or is expelled, and nobody's entry
	///   outlives the participation that it can be based on;
	/// - no set has an account or a validator twice, and none is empty once there was one;
	/// - authorities of genesis in good standing have seats;
	/// - expulsions are of validators that exist or have a seat to come, and end in time.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_list()?;
		let (current, next) = (CurrentSet::<T>::get(), NextSet::<T>::get());
		Self::try_state_set(&current)?;
		Self::try_state_set(&next)?;
		ensure!(current.is_empty() == next.is_empty(), "one set is empty and the other is not");
		let genesis = GenesisAuthorities::<T>::get();
		ensure!(
			genesis.iter().all(|account| next.iter().any(|seat| seat.account == *account)),
			"an authority of genesis has good standing and no seat"
		);
		let limit = Self::current_epoch().saturating_add(T::ExpulsionEpochs::get());
		for (validator, until) in Expelled::<T>::iter() {
			ensure!(until <= limit, "an expulsion is too long");
			ensure!(
				T::Identities::reputation(validator).is_some() || Self::has_next_seat(validator),
				"an expulsion is of a validator that left and has no seat to come"
			);
		}
		Ok(())
	}

	fn try_state_list() -> Result<(), TryRuntimeError> {
		let list = Candidates::<T>::get();
		let orders: Vec<_> = list.iter().map(Candidate::order).collect();
		ensure!(orders.is_sorted(), "the candidates are not sorted");
		let validators: BTreeSet<_> = list.iter().map(|candidate| candidate.validator).collect();
		ensure!(validators.len() == list.len(), "a validator is a candidate twice");
		let limit = Self::current_epoch().saturating_add(T::ParticipationEpochs::get());
		for candidate in &list {
			ensure!(
				T::Identities::reputation(candidate.validator).is_some(),
				"a candidate is no validator any more"
			);
			ensure!(!Self::is_expelled(candidate.validator), "a candidate is expelled");
			ensure!(candidate.expires <= limit, "a candidate expires too late");
		}
		Ok(())
	}

	fn try_state_set(set: &SeatsOf<T>) -> Result<(), TryRuntimeError> {
		let accounts: BTreeSet<_> = set.iter().map(|seat| &seat.account).collect();
		ensure!(accounts.len() == set.len(), "an account has two seats");
		let validators: Vec<_> = set.iter().filter_map(|seat| seat.validator).collect();
		let distinct: BTreeSet<_> = validators.iter().collect();
		ensure!(distinct.len() == validators.len(), "a validator has two seats");
		Ok(())
	}
}
