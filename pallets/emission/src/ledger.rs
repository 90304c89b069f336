//! The ledger of weights: what other pallets note in the current epoch, and an epoch's end.

use crate::{
	types::{EpochTotal, Record},
	Config, EpochTotals, Event, LastParticipation, Pallet, Records,
};
use frame::prelude::*;
use woppal_protocol::{
	emission,
	research::BoostCause,
	time::Timing,
	traits::{Network, OnValidatorExit, WorkLedger},
	BlockNumber, EpochIndex, ValidatorId,
};

impl<T: Config> Pallet<T> {
	/// Lengths of the protocol's units.
	pub(crate) fn timing() -> Timing {
		T::Network::parameters().timing
	}

	/// The epoch of the current block.
	pub fn current_epoch() -> EpochIndex {
		Self::timing()
			.epoch_of(frame_system::Pallet::<T>::block_number().saturated_into::<BlockNumber>())
	}

	/// Slots of the rings: the current epoch and those that can still be claimed.
	pub(crate) fn ring() -> u32 {
		T::ClaimEpochs::get().saturating_add(1)
	}

	/// An epoch's slot in the rings.
	pub(crate) fn slot(epoch: EpochIndex) -> u32 {
		epoch.checked_rem(Self::ring()).unwrap_or(0)
	}

	/// An epoch's total, if the ring still holds it; nobody's weight is the same as no entry.
	pub fn epoch_total(epoch: EpochIndex) -> EpochTotal {
		EpochTotals::<T>::get(Self::slot(epoch))
			.filter(|total| total.epoch == epoch)
			.unwrap_or(EpochTotal::opened(epoch))
	}

	/// A validator's record of an epoch, if the ring still holds it.
	pub fn record(validator: ValidatorId, epoch: EpochIndex) -> Option<Record> {
		Records::<T>::get(validator, Self::slot(epoch)).filter(|record| record.epoch == epoch)
	}

	/// Whether a validator's last participation still counts in `epoch`.
	pub fn is_participating(validator: ValidatorId, epoch: EpochIndex) -> bool {
		LastParticipation::<T>::get(validator)
			.is_some_and(|last| last.saturating_add(T::ParticipationEpochs::get()) >= epoch)
	}

	/// Fixes what the claims of a closed epoch divide: one read, one write and one event, however many
	/// validators there are.
	pub(crate) fn close_epoch(timing: &Timing, epoch: EpochIndex) {
		let mut total = Self::epoch_total(epoch);
		let budget = emission::epoch_budget(timing, epoch);
		total.budget = Some(budget);
		EpochTotals::<T>::insert(Self::slot(epoch), total);
		Self::deposit_event(Event::EpochClosed {
			epoch,
			budget,
			root_budget: emission::root_budget(budget),
			total_weight: total.total_weight,
		});
	}

	/// Changes a validator's record of the current epoch, opening it if this is the first touch, and
	/// keeps the total exact. `change` may only let the weight grow.
	fn update<R>(validator: ValidatorId, change: impl FnOnce(&mut Record) -> R) -> R {
		let epoch = Self::current_epoch();
		let slot = Self::slot(epoch);
		let mut record = Self::record(validator, epoch)
			.unwrap_or_else(|| Record::opened(epoch, Self::is_participating(validator, epoch)));
		let before = record.weight();
		let result = change(&mut record);
		let grown = record.weight().saturating_sub(before);
		Records::<T>::insert(validator, slot, record);
		if grown > 0 {
			let mut total = Self::epoch_total(epoch);
			total.total_weight = total.total_weight.saturating_add(grown);
			EpochTotals::<T>::insert(slot, total);
		}
		result
	}
}

impl<T: Config> WorkLedger for Pallet<T> {
	fn note_pulse(validator: ValidatorId, multiplier_percent: u32) {
		Self::update(validator, |record| record.add_pulse(multiplier_percent));
	}

	fn note_boost(validator: ValidatorId, cause: BoostCause, milli: u32) -> u32 {
		let milli = Self::update(validator, |record| record.add_boost(cause, milli));
		if milli > 0 {
			let epoch = Self::current_epoch();
			Self::deposit_event(Event::Boosted { validator, epoch, cause, milli });
		}
		milli
	}

	fn note_participation(validator: ValidatorId) {
		let epoch = Self::current_epoch();
		LastParticipation::<T>::insert(validator, epoch);
		Self::update(validator, |record| record.participating = true);
		Self::deposit_event(Event::Participated { validator, epoch });
	}

	fn last_participation(validator: ValidatorId) -> Option<EpochIndex> {
		LastParticipation::<T>::get(validator)
	}
}

/// An exited validator's weight leaves the current epoch, so that the others share its part; its
/// closed epochs keep their totals, so that nobody else's reward changes. What it has not claimed is
/// never minted: it claims before it exits.
impl<T: Config> OnValidatorExit for Pallet<T> {
	fn on_validator_exit(validator: ValidatorId) {
		let epoch = Self::current_epoch();
		if let Some(record) = Self::record(validator, epoch) {
			let mut total = Self::epoch_total(epoch);
			total.total_weight = total.total_weight.saturating_sub(record.weight());
			EpochTotals::<T>::insert(Self::slot(epoch), total);
		}
		// Bounded by the ring's length: a validator has at most one record a slot.
		let removed = Records::<T>::clear_prefix(validator, Self::ring(), None);
		let participated = LastParticipation::<T>::take(validator).is_some();
		crate::Claimed::<T>::remove(validator);
		if removed.unique > 0 || participated {
			Self::deposit_event(Event::RecordsRemoved { validator });
		}
	}
}
