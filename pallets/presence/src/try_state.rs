//! What holds after every block.
#![cfg(any(feature = "std", feature = "try-runtime"))]

use crate::*;
use frame::deps::sp_runtime::TryRuntimeError;
use woppal_protocol::{identity::RAMP_EPOCHS, time::Timing};

impl<T: Config> Pallet<T> {
	/// Checks all storage of the pallet: no record is from the future, of more pulses than there were,
	/// of more epochs than there were, or of a validator that left.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let (now, timing) = (Self::now(), Self::timing());
		for (validator, record) in Records::<T>::iter() {
			ensure!(record.last_pulse <= timing.pulse_of(now), "a pulse is from the future");
			ensure!(record.epoch <= timing.epoch_of(now), "an epoch is from the future");
			Self::try_state_answered(&timing, &record)?;
			let judged = record.epoch.checked_sub(record.since);
			let judged = judged.ok_or("a record's epoch is before its first")?;
			ensure!(record.missed <= judged, "more epochs were missed than there were");
			ensure!(
				record.ramp.0 <= RAMP_EPOCHS && EpochIndex::from(record.ramp.0) <= judged,
				"a ramp is higher than its epochs"
			);
			ensure!(
				T::Identities::owner_group(validator).is_some(),
				"a record is of a validator that left"
			);
		}
		let last = LastBlock::<T>::get();
		ensure!(last.block <= now, "a count of heartbeats is from the future");
		ensure!(
			last.heartbeats <= T::MaxHeartbeatsPerBlock::get(),
			"a block has too many heartbeats"
		);
		Ok(())
	}

	fn try_state_answered(timing: &Timing, record: &Record) -> Result<(), TryRuntimeError> {
		let first_pulse = timing.pulse_of(timing.epoch_start(record.epoch));
		let Some(passed) = record.last_pulse.checked_sub(first_pulse) else {
			ensure!(record.answered == 0, "a record's epoch is after its pulse");
			return Ok(());
		};
		ensure!(passed < timing.pulses_per_epoch(), "a record's epoch is before its pulse");
		ensure!(
			(1..=passed.saturating_add(1)).contains(&record.answered),
			"more pulses were answered than there were"
		);
		Ok(())
	}
}
