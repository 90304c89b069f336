//! Uptime: the heartbeat by which a bonded validator answers a pulse, the liveness ramp and absence
//! (PROTOCOL §8, §9; until pulses land).
//!
//! # Overview
//!
//! Time is cut into pulses of a few blocks. In each, a validator whose nodes are up and whose bond is
//! what their highest role needs may send one heartbeat, signed by its hot key. It counts as one
//! answered pulse of the current epoch, and goes to the ledger of weights with the validator's
//! multiplier and its place on the liveness ramp.
//!
//! An epoch in which it answered fewer than half of the pulses is an epoch of absence: the ramp falls
//! by twice what an epoch of presence lifts it, reputation falls by 1 %, and each absence beyond ten in
//! a row is the offence of inactivity. All of it is settled when the validator next sends a heartbeat,
//! leaves, or when somebody calls [`Pallet::settle_absence`] for it.
//!
//! # Example
//!
//! A heartbeat:
#![doc = docify::embed!("src/tests.rs", a_heartbeat_counts_once_per_pulse_and_is_free)]
//!
//! Absence, settled by a stranger:
#![doc = docify::embed!("src/tests.rs", anybody_settles_the_absence_of_another)]
//!
//! # Design
//!
//! - **Free, but not for everyone.** A heartbeat that counts pays no fee; one that is refused pays for
//!   the checks that refused it. How many can count is bounded three times: by the bonds, by one per
//!   validator and pulse, by `MaxHeartbeatsPerBlock`.
//! - **No hook.** The block's count carries the number of its block, so that nothing has to reset it.
//!   Epochs are judged when a record is touched, all at once: of the epochs since the last heartbeat
//!   only the first can have answered pulses, so any number of them is judged in constant time.
//! - **Free settlement.** `settle_absence` pays no fee if it finds an absence, which happens at most
//!   once per validator and epoch; a call that finds none is refused and pays. The caller is the
//!   reporter of the inactivity it brings, and gets a reporter's share of what that takes.
//! - **Leaving settles as well**, so that exit is no way around the offence.
//! - **Size.** One record per validator, overwritten, dropped when the validator exits.
//!
//! # Terminology
//!
//! - **Answered**: pulses of the current epoch with a counted heartbeat. Uptime is this number divided
//!   by the pulses of an epoch.
//! - **Absent**, **missed**: an epoch with fewer than half of its pulses answered.
//! - **Judged**, **settled**: an epoch whose presence or absence has had all its effects.
//!
//! # Properties
//!
//! - A heartbeat names no pulse: it counts for the pulse of the block that includes it. Sent again in
//!   the same pulse it is refused; so is a copy of it, by its nonce, at any time.
//! - The bitmap says which nodes are up, and nobody checks that yet. All it can gain is the multiplier
//!   of a role that the validator has bonded for.
//! - Heartbeats that come late in a pulse compete for the places of its last blocks: at most
//!   `MaxHeartbeatsPerBlock` × blocks per pulse validators can be present. Workers spread theirs.
//! - The current epoch is never judged, so a validator's ramp is constant within an epoch, and settling
//!   twice settles nothing twice. The epoch of the first heartbeat counts for a validator, never
//!   against it; who never sent one has no record and is not judged.
//! - A heartbeat is checked before it settles: the pulse in which a validator comes back counts with the
//!   multiplier that it had before its absence was slashed.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

mod presence_impls;
mod try_state;
pub mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame::prelude::*;
use woppal_protocol::{
	identity::{NodeBitmap, Ramp},
	traits::{Identities, Network, Offences, Roles, WorkLedger},
	EpochIndex, PulseIndex, ValidatorId,
};

#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What genesis decided: timing.
		type Network: Network;

		/// Who is who, and what absence does to a reputation.
		type Identities: Identities<Self::AccountId>;

		/// What nodes may earn.
		type Roles: Roles;

		/// The ledger of weights.
		type Ledger: WorkLedger;

		/// Where inactivity is reported.
		type Offences: Offences<Self::AccountId>;

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
			/// Its place on the liveness ramp.
			ramp: Ramp,
		},
		/// A validator's epochs up to the current one were judged.
		Settled {
			/// The validator.
			validator: ValidatorId,
			/// Whether it was present in the last epoch in which it had answered.
			present: bool,
			/// Epochs of absence that were settled.
			absent: EpochIndex,
			/// Epochs missed in a row by now.
			missed: EpochIndex,
			/// Its place on the liveness ramp now.
			ramp: Ramp,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The caller is not a validator's hot key: sign with the hot key, or register.
		NotValidator,
		/// The validator has answered this pulse: wait for the next one.
		AlreadyAnswered,
		/// None of the nodes named is one of the validator's in the root subnet, or the bond that counts
		/// in this epoch is not what their highest role needs: name nodes that are up, or add to the bond.
		NotEarning,
		/// No more heartbeats count in this block: send it again in the next one.
		BlockFull,
		/// The validator never sent a heartbeat, or left: there is nothing to settle.
		NoRecord,
		/// The validator missed no epoch since it was last settled: try again when the epoch is over.
		NothingMissed,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let free = T::WeightInfo::heartbeat()
				.ref_time()
				.saturating_mul(u64::from(T::MaxHeartbeatsPerBlock::get()));
			let block = T::BlockWeights::get().max_block.ref_time();
			assert!(
				free <= block.saturating_div(2),
				"free heartbeats may take at most half of a block: lower MaxHeartbeatsPerBlock"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Answers the current pulse, and settles the epochs since the last answer. Free if it counts.
		///
		/// Signed by the hot key. `nodes` are those of the validator's nodes that are up, by their indices;
		/// bits of nodes in other subnets, or of none, are ignored.
		///
		/// Errors: [`Error::NotValidator`], [`Error::AlreadyAnswered`], [`Error::BlockFull`],
		/// [`Error::NotEarning`]; each costs the fee of the checks. Events: [`Event::Settled`] if an epoch
		/// was judged, [`Event::Answered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::heartbeat_inactive().max(T::WeightInfo::heartbeat()))]
		pub fn heartbeat(origin: OriginFor<T>, nodes: NodeBitmap) -> DispatchResultWithPostInfo {
			Self::do_heartbeat(&ensure_signed(origin)?, &nodes)
		}

		/// Settles the epochs that a validator missed since it was last settled. Free if there are any.
		///
		/// Origin: signed, by anyone, who becomes the reporter of what is an offence.
		///
		/// Errors: [`Error::NoRecord`], [`Error::NothingMissed`]; each costs the fee of the checks. Event:
		/// [`Event::Settled`].
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::WeightInfo::settle_absence_inactive().max(T::WeightInfo::settle_absence())
		)]
		pub fn settle_absence(
			origin: OriginFor<T>,
			validator: ValidatorId,
		) -> DispatchResultWithPostInfo {
			Self::do_settle_absence(&ensure_signed(origin)?, validator)
		}
	}
}
