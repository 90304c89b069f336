//! The logic of the calls, settlement, and what other pallets and the runtime API ask.

use crate::*;
use woppal_protocol::{
	api::PresenceInfo,
	identity::{Offence, ReputationCause},
	time::Timing,
	traits::{OnValidatorExit, Presence},
	BlockNumber, ROOT_SUBNET,
};

/// A heartbeat that counts.
struct Heartbeat {
	validator: ValidatorId,
	record: Record,
	epoch: EpochIndex,
	pulse: PulseIndex,
	multiplier_percent: u32,
	/// The block's count with this heartbeat.
	count: BlockCount,
}

/// The error of a call that was refused after checks of this weight.
fn refused<T: Config>(
	error: Error<T>,
	weight: Weight,
) -> DispatchErrorWithPostInfo<PostDispatchInfo> {
	DispatchErrorWithPostInfo { post_info: Some(weight).into(), error: error.into() }
}

/// What a call of this weight returns that pays no fee.
fn free(weight: Weight) -> DispatchResultWithPostInfo {
	Ok(PostDispatchInfo { actual_weight: Some(weight), pays_fee: Pays::No })
}

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	pub(crate) fn timing() -> Timing {
		T::Network::parameters().timing
	}

	pub(crate) fn do_heartbeat(
		hot_key: &T::AccountId,
		nodes: &NodeBitmap,
	) -> DispatchResultWithPostInfo {
		let heartbeat = Self::check_heartbeat(hot_key, nodes)
			.map_err(|error| refused(error, T::WeightInfo::heartbeat_refused()))?;
		let Heartbeat { validator, mut record, epoch, pulse, multiplier_percent, count } =
			heartbeat;

		let judgement = Self::settle(validator, &mut record, epoch, None);
		record.answered = record.answered.saturating_add(1);
		record.last_pulse = pulse;
		Records::<T>::insert(validator, record);
		LastBlock::<T>::put(count);
		let Record { answered, ramp, .. } = record;
		T::Ledger::note_pulse(validator, multiplier_percent, ramp);
		Self::deposit_event(Event::Answered {
			validator,
			pulse,
			answered,
			multiplier_percent,
			ramp,
		});
		free(match judgement.offending {
			0 => T::WeightInfo::heartbeat(),
			_ => T::WeightInfo::heartbeat_inactive(),
		})
	}

	/// Checks a heartbeat, the cheap checks first; changes nothing.
	fn check_heartbeat(hot_key: &T::AccountId, nodes: &NodeBitmap) -> Result<Heartbeat, Error<T>> {
		let validator = T::Identities::by_hot_key(hot_key).ok_or(Error::<T>::NotValidator)?;
		let (now, timing) = (Self::now(), Self::timing());
		let (pulse, epoch) = (timing.pulse_of(now), timing.epoch_of(now));
		let record = match Records::<T>::get(validator) {
			Some(record) if record.last_pulse >= pulse => return Err(Error::AlreadyAnswered),
			Some(record) => record,
			None => Record::opened(epoch, pulse),
		};
		let counted = Self::counted_in(now);
		if counted >= T::MaxHeartbeatsPerBlock::get() {
			return Err(Error::BlockFull);
		}
		let multiplier_percent = T::Roles::earning_multiplier(validator, ROOT_SUBNET, nodes)
			.ok_or(Error::<T>::NotEarning)?;
		let count = BlockCount { block: now, heartbeats: counted.saturating_add(1) };
		Ok(Heartbeat { validator, record, epoch, pulse, multiplier_percent, count })
	}

	pub(crate) fn do_settle_absence(
		caller: &T::AccountId,
		validator: ValidatorId,
	) -> DispatchResultWithPostInfo {
		let refusal = T::WeightInfo::settle_absence_refused();
		let mut record =
			Records::<T>::get(validator).ok_or_else(|| refused(Error::<T>::NoRecord, refusal))?;
		let timing = Self::timing();
		let epoch = timing.epoch_of(Self::now());
		let found = { record }.judge(epoch, timing.pulses_per_epoch());
		if found.absent == 0 {
			return Err(refused(Error::<T>::NothingMissed, refusal));
		}

		Self::settle(validator, &mut record, epoch, Some(caller));
		Records::<T>::insert(validator, record);
		free(match found.offending {
			0 => T::WeightInfo::settle_absence(),
			_ => T::WeightInfo::settle_absence_inactive(),
		})
	}

	/// Judges a record's epochs before `epoch` with all effects; the record itself is the caller's to
	/// store.
	fn settle(
		validator: ValidatorId,
		record: &mut Record,
		epoch: EpochIndex,
		reporter: Option<&T::AccountId>,
	) -> Judgement {
		let before = record.epoch;
		let judgement = record.judge(epoch, Self::timing().pulses_per_epoch());
		if before == record.epoch {
			return judgement;
		}
		let Judgement { present, absent, offending } = judgement;
		Self::deposit_event(Event::Settled {
			validator,
			present,
			absent,
			missed: record.missed,
			ramp: record.ramp,
		});
		if absent > 0 {
			T::Identities::note_reputation(validator, ReputationCause::Missed(absent));
		}
		if offending > 0 {
			T::Offences::report(validator, Offence::Inactivity(offending), reporter);
		}
		judgement
	}

	fn counted_in(block: BlockNumber) -> u32 {
		let last = LastBlock::<T>::get();
		if last.block == block {
			last.heartbeats
		} else {
			0
		}
	}

	/// A validator's presence as if it were settled now; `None` for one that never sent a heartbeat, or
	/// left.
	pub fn info(validator: ValidatorId) -> Option<PresenceInfo> {
		let mut record = Records::<T>::get(validator)?;
		let timing = Self::timing();
		let judgement = record.judge(timing.epoch_of(Self::now()), timing.pulses_per_epoch());
		Some(PresenceInfo {
			answered: record.answered,
			ramp: record.ramp,
			missed: record.missed,
			unsettled: judgement.absent,
		})
	}
}

impl<T: Config> Presence for Pallet<T> {
	fn answered(validator: ValidatorId) -> u32 {
		let epoch = Self::timing().epoch_of(Self::now());
		Records::<T>::get(validator)
			.filter(|record| record.epoch == epoch)
			.map_or(0, |record| record.answered)
	}
}

impl<T: Config> OnValidatorExit for Pallet<T> {
	fn on_validator_exit(validator: ValidatorId) {
		if let Some(mut record) = Records::<T>::take(validator) {
			let epoch = Self::timing().epoch_of(Self::now());
			Self::settle(validator, &mut record, epoch, None);
		}
	}
}
