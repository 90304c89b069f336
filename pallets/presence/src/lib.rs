//! Uptime: the heartbeat by which a bonded validator answers a pulse (PROTOCOL §8, until pulses land).
//!
//! # Overview
//!
//! Time is cut into pulses of a few blocks. In each, a validator that has a node and the bond that its
//! highest role needs may send one heartbeat, signed by its hot key. It counts as one answered pulse of
//! the current epoch, and goes to the ledger of weights with the validator's multiplier.
//!
//! # Example
//!
#![doc = docify::embed!("src/tests.rs", a_heartbeat_counts_once_per_pulse_and_is_free)]
//!
//! # Design
//!
//! - **Free, but not for everyone.** A heartbeat that counts pays no fee; one that is refused pays. How
//!   many can count is bounded three times: by the bonds, by one per validator and pulse, by
//!   `MaxHeartbeatsPerBlock`.
//! - **No hook.** The block's count carries the number of its block, so that nothing has to reset it.
//! - **Size.** One record per validator, overwritten, dropped when the validator exits.
//!
//! # Terminology
//!
//! - **Answered**: pulses of the current epoch with a counted heartbeat. Uptime is this number divided
//!   by the pulses of an epoch.
//!
//! # Properties
//!
//! - A heartbeat names no pulse: it counts for the pulse of the block that includes it. Sent again in
//!   the same pulse it is refused; so is a copy of it, by its nonce, at any time.
//! - Heartbeats that come late in a pulse compete for the places of its last blocks: at most
//!   `MaxHeartbeatsPerBlock` × blocks per pulse validators can be present. Workers spread theirs.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use weights::WeightInfo;

use codec::{Decode, Encode, MaxEncodedLen};
use frame::prelude::*;
use woppal_protocol::{
	traits::{Identities, Network, OnValidatorExit, Presence, WorkLedger},
	BlockNumber, EpochIndex, PulseIndex, ValidatorId, ROOT_SUBNET,
};

/// What is known of a validator's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record {
	/// The epoch that `answered` is of.
	pub epoch: EpochIndex,
	/// Pulses answered in that epoch.
	pub answered: u32,
	/// The last pulse answered.
	pub last_pulse: PulseIndex,
}

/// Heartbeats counted in one block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BlockCount {
	/// The block.
	pub block: BlockNumber,
	/// Heartbeats counted in it.
	pub heartbeats: u32,
}

#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What genesis decided: timing.
		type Network: Network;

		/// Who is who and what they may earn.
		type Identities: Identities<Self::AccountId>;

		/// The ledger of weights.
		type Ledger: WorkLedger;

		/// Most heartbeats that count in one block.
		#[pallet::constant]
		type MaxHeartbeatsPerBlock: Get<u32>;

		/// Weights of the dispatchables.
		type WeightInfo: WeightInfo;

		/// Makes a validator that earns.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Presence by validator.
	// Twox64: the key is our counter.
	#[pallet::storage]
	pub type Records<T> = StorageMap<_, Twox64Concat, ValidatorId, Record>;

	/// Heartbeats counted in the last block that had any.
	#[pallet::storage]
	pub type LastBlock<T> = StorageValue<_, BlockCount, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A validator answered a pulse.
		Answered {
			/// The validator.
			validator: ValidatorId,
			/// The pulse.
			pulse: PulseIndex,
			/// Pulses answered in this epoch, this one included.
			answered: u32,
			/// The validator's multiplier in hundredths.
			multiplier_percent: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The caller is not a validator's hot key: sign with the hot key, or register.
		NotValidator,
		/// The validator has answered this pulse: wait for the next one.
		AlreadyAnswered,
		/// The validator has no node in the root subnet, or not the bond that its highest role needs
		/// since before this pulse.
		NotEarning,
		/// No more heartbeats count in this block: send it again in the next one.
		BlockFull,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Answers the current pulse. Free if it counts.
		///
		/// Signed by the hot key.
		///
		/// Errors: [`Error::NotValidator`], [`Error::AlreadyAnswered`], [`Error::NotEarning`],
		/// [`Error::BlockFull`]; each costs the fee. Event: [`Event::Answered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::heartbeat())]
		pub fn heartbeat(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			Self::do_heartbeat(&ensure_signed(origin)?)
		}
	}
}

impl<T: Config> Pallet<T> {
	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	fn do_heartbeat(hot_key: &T::AccountId) -> DispatchResultWithPostInfo {
		let validator = T::Identities::by_hot_key(hot_key).ok_or(Error::<T>::NotValidator)?;
		let (now, timing) = (Self::now(), T::Network::parameters().timing);
		let (pulse, epoch) = (timing.pulse_of(now), timing.epoch_of(now));
		let before = Records::<T>::get(validator);
		ensure!(before.is_none_or(|record| record.last_pulse < pulse), Error::<T>::AlreadyAnswered);
		let multiplier_percent = T::Identities::earning_multiplier(validator, ROOT_SUBNET)
			.ok_or(Error::<T>::NotEarning)?;
		let counted = Self::counted_in(now);
		ensure!(counted < T::MaxHeartbeatsPerBlock::get(), Error::<T>::BlockFull);

		let so_far = before.filter(|record| record.epoch == epoch).map_or(0, |r| r.answered);
		let answered = so_far.saturating_add(1);
		Records::<T>::insert(validator, Record { epoch, answered, last_pulse: pulse });
		LastBlock::<T>::put(BlockCount { block: now, heartbeats: counted.saturating_add(1) });
		T::Ledger::note_pulse(validator, multiplier_percent);
		Self::deposit_event(Event::Answered { validator, pulse, answered, multiplier_percent });
		Ok(Pays::No.into())
	}

	fn counted_in(block: BlockNumber) -> u32 {
		let last = LastBlock::<T>::get();
		if last.block == block {
			last.heartbeats
		} else {
			0
		}
	}

	/// Checks all storage of the pallet: no record is from the future, of more pulses than there were,
	/// or of a validator that left.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	#[cfg(any(feature = "std", feature = "try-runtime"))]
	pub fn do_try_state() -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
		let (now, timing) = (Self::now(), T::Network::parameters().timing);
		let per_epoch = timing.pulses_per_epoch();
		for (validator, record) in Records::<T>::iter() {
			let first_pulse = timing.pulse_of(timing.epoch_start(record.epoch));
			ensure!(record.last_pulse <= timing.pulse_of(now), "a pulse is from the future");
			ensure!(record.last_pulse >= first_pulse, "a record's epoch is after its pulse");
			let passed = record.last_pulse.saturating_sub(first_pulse);
			ensure!(passed < per_epoch, "a record's epoch is before its pulse");
			ensure!(
				(1..=passed.saturating_add(1)).contains(&record.answered),
				"more pulses were answered than there were"
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
}

impl<T: Config> Presence for Pallet<T> {
	fn answered(validator: ValidatorId) -> u32 {
		let epoch = T::Network::parameters().timing.epoch_of(Self::now());
		Records::<T>::get(validator)
			.filter(|record| record.epoch == epoch)
			.map_or(0, |record| record.answered)
	}
}

impl<T: Config> OnValidatorExit for Pallet<T> {
	fn on_validator_exit(validator: ValidatorId) {
		Records::<T>::remove(validator);
	}
}
