//! What holds after every block.
#![cfg(any(feature = "std", feature = "try-runtime"))]

use crate::*;
use frame::deps::sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks all storage of the pallet: no epoch took more than its cap or is from the future, every
	/// record of a validator that left is queued, and the queue is in order.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = Self::current_epoch();
		for (validator, record) in Records::<T>::iter() {
			for (place, taken) in record.taken.iter().enumerate() {
				ensure!(taken.epoch <= now, "an offence is from the future");
				ensure!(!taken.rate.is_zero(), "an epoch took nothing");
				ensure!(taken.rate <= EPOCH_CAP, "an epoch took more than its cap");
				ensure!(
					record
						.taken
						.iter()
						.skip(place.saturating_add(1))
						.all(|o| o.epoch != taken.epoch),
					"an epoch has two sums"
				);
			}
			ensure!(
				usize::try_from(record.offences).is_ok_and(|n| n >= record.taken.len().max(1)),
				"a record has fewer offences than epochs"
			);
			ensure!(
				T::Identities::owner_group(validator).is_some() || Self::is_queued(validator),
				"the record of a validator that left is not queued"
			);
		}
		Self::try_state_queue(now)
	}

	fn is_queued(validator: ValidatorId) -> bool {
		Leaving::<T>::iter_values().any(|(queued, _)| queued == validator)
	}

	fn try_state_queue(now: EpochIndex) -> Result<(), TryRuntimeError> {
		let (first, free) = Queue::<T>::get();
		let length = free.wrapping_sub(first);
		let mut last = 0;
		for place in 0..length {
			let entry = Leaving::<T>::get(first.wrapping_add(place));
			let (_, due) = entry.ok_or("the queue has a gap")?;
			ensure!(last <= due, "the queue is out of order");
			last = due;
		}
		ensure!(last <= now.saturating_add(REACHABLE), "a place of the queue is from the future");
		ensure!(
			usize::try_from(length).is_ok_and(|n| n == Leaving::<T>::iter_keys().count()),
			"a place is outside of the queue"
		);
		Ok(())
	}
}
