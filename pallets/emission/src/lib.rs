//! # Emission
//!
//! The schedule's budgets, the ledger of weights, and the only path on which tokens come into being.
//!
//! ## Overview
//!
//! Each epoch may mint at most the difference of a closed form at its ends (`woppal_protocol::emission`).
//! Ninety per cent of it are shared by the root subnet's validators in proportion to their weights; a
//! validator's share is minted when somebody [claims](Call::claim) it, and never otherwise. The part
//! of the block authors is not minted by this pallet.
//!
//! Other pallets write into the ledger through [`WorkLedger`](woppal_protocol::traits::WorkLedger) and
//! report burned tokens through [`BurnLedger`](woppal_protocol::traits::BurnLedger).
//!
//! ## Example
//!
//! A miner (multiplier 4.0) that answered 150 pulses of an epoch and has boosts of 0.6 weighs
//! 150 · 400 · 1,600 = 96,000,000. Half of that weight elsewhere makes its share two thirds. The test
//! `shares_are_proportional_to_weight` is this example.
//!
//! ## Design
//!
//! The total weight is exact at every moment: every change of a record adds its difference to the
//! total of the epoch. So an epoch's end costs one read and one write, however many validators there
//! are. Records and totals lie in rings of [`Config::ClaimEpochs`] + 1 slots, one for the current epoch
//! and one for each epoch that can still be claimed; a slot is overwritten by the epoch that comes one
//! turn later, which has made its content unclaimable.
//!
//! ## Terminology
//!
//! - **Work**: the sum of a validator's multipliers over the pulses it answered in an epoch.
//! - **Bonus**: the sum of its boosts in an epoch, in thousandths.
//! - **Weight**: work · (1,000 + bonus), if the validator participates; else 0.
//! - **Participating** in an epoch: proved an experiment no worse than the declared baseline in that
//!   epoch or in one of the [`Config::ParticipationEpochs`] before it.
//!
//! ## Properties
//!
//! - `issuance == genesis + minted − burned`. This holds if [`BurnFees`] gets fees and dust, lost deposits
//!   are reported to the burn ledger, and no call changes the issuance otherwise (the runtime must
//!   filter `burn`, `force_set_balance` and `force_adjust_total_issuance` of the balances pallet).
//! - The sum of what an epoch's validators are paid never exceeds its root budget.
//! - The pallet must come after the balances pallet in the runtime: its genesis reads the issuance.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod burn;
mod claims;
mod ledger;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use burn::BurnFees;
pub use pallet::*;
pub use types::{EpochTotal, Payments, Record, MAX_CLAIM_EPOCHS};
pub use weights::WeightInfo;

/// What the benchmarks need from the pallet that knows the validators.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Makes a validator whose cold key can receive tokens.
	fn validator() -> woppal_protocol::ValidatorId;
}

/// The pallet.
#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::{EpochTotal, Payments, Record, WeightInfo, MAX_CLAIM_EPOCHS};
	use frame::prelude::*;
	use woppal_protocol::{
		research::BoostCause,
		traits::{Identities, Network},
		Balance, BlockNumber, EpochIndex, ValidatorId,
	};

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet's configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The token.
		type Currency: fungible::Inspect<Self::AccountId, Balance = Balance>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::Balanced<Self::AccountId>;

		/// What genesis decided.
		type Network: Network;

		/// Who owns a validator.
		type Identities: Identities<Self::AccountId>;

		/// Epochs after its own in which a proven experiment still counts as participation.
		#[pallet::constant]
		type ParticipationEpochs: Get<u32>;

		/// Epochs for which a reward can be claimed after its epoch closed. The rings have one slot
		/// more, so that a change needs a migration.
		#[pallet::constant]
		type ClaimEpochs: Get<u32>;

		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;

		/// Makes validators for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: super::BenchmarkHelper;
	}

	/// The pallet's type.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The ring of the epochs' totals by slot, which is the epoch modulo the ring's length.
	// Slots are our own small numbers: no one can choose them to unbalance the trie.
	#[pallet::storage]
	pub type EpochTotals<T: Config> = StorageMap<_, Twox64Concat, u32, EpochTotal>;

	/// Each validator's ring of records by slot, which is the epoch modulo the ring's length.
	// Validator ids are given in order of registration and slots are our own: no one can choose them.
	#[pallet::storage]
	pub type Records<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ValidatorId, Twox64Concat, u32, Record>;

	/// The last epoch in which a validator proved an experiment no worse than the declared baseline.
	// Validator ids are given in order of registration.
	#[pallet::storage]
	pub type LastParticipation<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, EpochIndex>;

	/// Plancks paid out to a validator over all time.
	// Validator ids are given in order of registration.
	#[pallet::storage]
	pub type Claimed<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, Balance, ValueQuery>;

	/// Plancks in existence at genesis.
	#[pallet::storage]
	pub type GenesisIssuance<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Plancks minted since genesis.
	#[pallet::storage]
	pub type Minted<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Plancks burned since genesis: fees, dust and lost deposits.
	#[pallet::storage]
	pub type Burned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// The pallet's events. A counted pulse and a burned fee, dust or deposit have the event of the
	/// pallet that caused them.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An epoch is over: its budget and total weight are fixed.
		EpochClosed {
			/// The epoch.
			epoch: EpochIndex,
			/// Plancks that it may mint at most.
			budget: Balance,
			/// Of these, what the root subnet's validators share.
			root_budget: Balance,
			/// Sum of the validators' weights.
			total_weight: u128,
		},
		/// A validator got a boost.
		Boosted {
			/// The validator.
			validator: ValidatorId,
			/// The epoch in which it counts.
			epoch: EpochIndex,
			/// Why.
			cause: BoostCause,
			/// What was added, in thousandths.
			milli: u32,
		},
		/// A validator participates: it has weight in this epoch and the ones after it.
		Participated {
			/// The validator.
			validator: ValidatorId,
			/// The epoch in which it proved an experiment.
			epoch: EpochIndex,
		},
		/// Rewards were minted to a validator's cold key.
		RewardsClaimed {
			/// The validator.
			validator: ValidatorId,
			/// Its cold key.
			account: T::AccountId,
			/// The epochs paid, each with its plancks.
			payments: Payments,
			/// Plancks in all.
			amount: Balance,
		},
		/// An exited validator's records were removed; what it had not claimed is never minted.
		RecordsRemoved {
			/// The validator.
			validator: ValidatorId,
		},
	}

	/// The pallet's errors.
	#[pallet::error]
	pub enum Error<T> {
		/// More epochs than one claim may name: split the claim.
		TooManyEpochs,
		/// No such validator: check the number.
		UnknownValidator,
		/// An epoch of the claim is not over yet: name closed epochs only.
		EpochNotClosed,
		/// All epochs of the claim are too old: their rewards are never minted.
		EpochsExpired,
		/// The validator earned nothing in these epochs or was paid already.
		NothingToClaim,
	}

	/// The pallet's genesis: it notes the issuance, so it comes after the balances pallet.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Nothing to configure.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			GenesisIssuance::<T>::put(<T::Currency as fungible::Inspect<_>>::total_issuance());
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			let block = now.saturated_into::<BlockNumber>();
			let timing = Self::timing();
			if !timing.is_epoch_start(block) {
				return T::WeightInfo::on_initialize_idle();
			}
			if let Some(closed) = timing.epoch_of(block).checked_sub(1) {
				Self::close_epoch(&timing, closed);
			}
			T::WeightInfo::on_initialize_close()
		}

		fn integrity_test() {
			assert!(
				T::ClaimEpochs::get() >= MAX_CLAIM_EPOCHS,
				"a full claim must fit the claim period"
			);
			assert!(
				T::ParticipationEpochs::get() < T::ClaimEpochs::get(),
				"participation must end before the rings turn"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Mints a validator's rewards of `count` closed epochs from `first_epoch` on to its cold key.
		///
		/// Origin: signed, by anyone. Epochs that expired, earned nothing or were paid already are
		/// skipped. At most [`MAX_CLAIM_EPOCHS`] epochs; the weight of epochs that paid nothing is
		/// refunded in part.
		///
		/// Errors: [`Error::TooManyEpochs`], [`Error::UnknownValidator`], [`Error::EpochNotClosed`] if
		/// one of the epochs is not over, [`Error::EpochsExpired`] if all are too old,
		/// [`Error::NothingToClaim`]; the token's own error if the cold key cannot receive the amount.
		///
		/// Emits [`Event::RewardsClaimed`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::claim((*count).min(MAX_CLAIM_EPOCHS)))]
		pub fn claim(
			origin: OriginFor<T>,
			validator: ValidatorId,
			first_epoch: EpochIndex,
			count: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let paid = Self::do_claim(validator, first_epoch, count)?;
			Ok(Some(Self::claim_weight(count, paid)).into())
		}
	}
}
