//! The ledger of weights: what other pallets note in the current epoch, and an epoch's end.

use crate::{
	split::Terms,
	types::{EpochTotal, Record},
	Claimed, Config, EpochTotals, Event, LastParticipation, Pallet, PotIncoming, Records,
	WeightInfo,
};
use frame::prelude::*;
use woppal_protocol::{
	emission,
	identity::Ramp,
	research::BoostCause,
	stake::PoolId,
	time::Timing,
	traits::{Network, OnStanding, OnValidatorExit, Payees, StakeSnapshot, WorkLedger},
	BlockNumber, EpochIndex, ValidatorId,
};

impl<T: Config> Pallet<T> {
	/// Lengths of the protocol's units.
	pub(crate) fn timing() -> Timing {
		T::Network::parameters().timing
	}

	/// The current block's number.
	fn block() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into::<BlockNumber>()
	}

	/// The epoch of the current block.
	pub fn current_epoch() -> EpochIndex {
		Self::timing().epoch_of(Self::block())
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

	/// Changes an epoch's total. If its slot still holds an expired epoch, what that left of its
	/// pot joins the fees of the current one.
	pub(crate) fn mutate_total<R>(
		epoch: EpochIndex,
		change: impl FnOnce(&mut EpochTotal) -> R,
	) -> R {
		EpochTotals::<T>::mutate(Self::slot(epoch), |slot| {
			let mut total = match *slot {
				Some(total) if total.epoch == epoch => total,
				Some(expired) => {
					Self::add_to_pot(expired.pot_left);
					EpochTotal::opened(epoch)
				},
				None => EpochTotal::opened(epoch),
			};
			let result = change(&mut total);
			*slot = Some(total);
			result
		})
	}

	/// Fixes what the claims of a closed epoch divide: two reads, two writes and one event, however
	/// many validators there are. An epoch without weight leaves the pot for the next one.
	pub(crate) fn close_epoch(timing: &Timing, epoch: EpochIndex) {
		let budget = emission::epoch_budget(timing, epoch);
		let total = Self::mutate_total(epoch, |total| {
			total.budget = Some(budget);
			if total.total_weight > 0 {
				total.pot = PotIncoming::<T>::take();
				total.pot_left = total.pot;
			}
			*total
		});
		Self::deposit_event(Event::EpochClosed {
			epoch,
			budget,
			root_budget: emission::root_budget(budget),
			author_budget: emission::author_budget(budget),
			pot: total.pot,
			total_weight: total.total_weight,
		});
	}

	/// Opens a validator's record of the current epoch: fixes the stake that counts and the terms
	/// by which its reward divides, as they stood when the epoch opened.
	fn open_record(validator: ValidatorId, epoch: EpochIndex) -> Record {
		let terms = Terms {
			bond: T::Stake::counting_bond(validator),
			pool: T::Stake::counting_pool(PoolId::Validator(validator)),
			rewards: T::Payees::reward_terms(validator),
		};
		Record::opened(epoch, Self::is_participating(validator, epoch), terms)
	}

	/// Changes a validator's record of the current epoch, opening it if this is the first touch,
	/// and keeps the total exact. `change` may only let the weight grow.
	fn update<R>(validator: ValidatorId, change: impl FnOnce(&mut Record) -> R) -> R {
		let epoch = Self::current_epoch();
		let mut record =
			Self::record(validator, epoch).unwrap_or_else(|| Self::open_record(validator, epoch));
		let before = record.weight();
		let result = change(&mut record);
		let grown = record.weight().saturating_sub(before);
		Records::<T>::insert(validator, Self::slot(epoch), record);
		if grown > 0 {
			Self::mutate_total(epoch, |total| {
				total.total_weight = total.total_weight.saturating_add(grown);
			});
		}
		result
	}

	/// Counts the current block for its author. Called once a block, by whoever knows the author
	/// and that it is a validator; its weight is registered here, because such hooks report none.
	/// More calls than an epoch had blocks so far count nothing.
	pub fn note_block(validator: ValidatorId) {
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			T::WeightInfo::note_block(),
			DispatchClass::Mandatory,
		);
		let (timing, block) = (Self::timing(), Self::block());
		let epoch = timing.epoch_of(block);
		let passed = block.saturating_sub(timing.epoch_start(epoch)).saturating_add(1);
		if Self::epoch_total(epoch).blocks >= passed {
			return;
		}
		Self::mutate_total(epoch, |total| total.blocks = total.blocks.saturating_add(1));
		Self::update(validator, |record| record.blocks = record.blocks.saturating_add(1));
	}
}

impl<T: Config> WorkLedger for Pallet<T> {
	fn note_pulse(validator: ValidatorId, multiplier_percent: u32, ramp: Ramp) {
		Self::update(validator, |record| record.add_pulse(multiplier_percent, ramp));
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
		T::Standing::on_standing_changed(validator);
	}

	fn last_participation(validator: ValidatorId) -> Option<EpochIndex> {
		LastParticipation::<T>::get(validator)
	}

	fn bonus_milli(validator: ValidatorId, epoch: EpochIndex) -> u32 {
		Self::record(validator, epoch)
			.filter(|record| !Self::is_expired(record.epoch, Self::current_epoch()))
			.map_or(0, |record| record.bonus_milli)
	}
}

/// An exited validator's weight leaves the current epoch, so that the others share its part; its
/// closed epochs keep their totals, so that nobody else's reward changes. What it has not claimed
/// is never minted, and its parts of the pots return to a later one when they expire: it claims
/// before it exits.
impl<T: Config> OnValidatorExit for Pallet<T> {
	fn on_validator_exit(validator: ValidatorId) {
		let epoch = Self::current_epoch();
		if let Some(record) = Self::record(validator, epoch) {
			Self::mutate_total(epoch, |total| {
				total.total_weight = total.total_weight.saturating_sub(record.weight());
			});
		}
		// Bounded by the ring's length: a validator has at most one record a slot.
		let removed = Records::<T>::clear_prefix(validator, Self::ring(), None);
		let participated = LastParticipation::<T>::take(validator).is_some();
		Claimed::<T>::remove(validator);
		if removed.unique > 0 || participated {
			Self::deposit_event(Event::RecordsRemoved { validator });
		}
	}
}
