//! # Emission
//!
//! The schedule's budgets, the ledger of weights, the split of fees, and the only path on which
//! tokens come into being (PROTOCOL §4).
//!
//! ## Overview
//!
//! Each epoch may mint at most the difference of a closed form at its ends
//! (`woppal_protocol::emission`). Ninety per cent of it are shared by the root subnet's validators
//! in proportion to their weights, ten per cent by those of them that authored its blocks. Thirty
//! per cent of the transaction fees go into a pot that an epoch's validators share by the same
//! weights.
//!
//! A validator's reward is the sum of the three. Its delegators get theirs in proportion to what
//! they staked, less commission, when `stake` collects it for their pool; of the rest the delegate
//! account gets its share and the cold key what is left, when somebody [claims](Call::claim) it.
//! What neither asks for within [`Config::ClaimEpochs`] is never minted, and what came from the pot
//! returns to a later one.
//!
//! Other pallets write into the ledger through [`WorkLedger`](woppal_protocol::traits::WorkLedger),
//! collect and cut rewards through [`Rewards`](woppal_protocol::traits::Rewards), and report burned
//! tokens through [`BurnLedger`](woppal_protocol::traits::BurnLedger). The runtime counts authors
//! with [`Pallet::note_block`] and hands over fees with [`Pallet::split_fee`].
//!
//! ## Example
//!
//! A miner (multiplier 4.0) at the top of the liveness ramp that answered 150 pulses of an epoch
//! and has boosts of 0.6 works 150 · 400 · 840 and weighs 1,600 times that. Half of that weight
//! elsewhere makes its share two thirds:
//!
#![doc = docify::embed!("src/tests/claims.rs", shares_are_proportional_to_weight)]
//!
//! ## Design
//!
//! - **Closing an epoch is O(1).** The total weight is exact at every moment: every change of a
//!   record adds its difference to the total of the epoch. So an epoch's end costs two reads and
//!   two writes, and a claim two reads and two writes for each of its epochs, however many
//!   validators there are.
//! - **Rings.** Records and totals lie in rings of [`Config::ClaimEpochs`] + 1 slots, one for the
//!   current epoch and one for each epoch that can still be claimed; a slot is overwritten by the
//!   epoch that comes one turn later, which has made its content unclaimable. What an overwritten
//!   total has left of its pot joins the incoming fees.
//! - **Terms are fixed when a record opens.** A validator's first touch in an epoch stores the
//!   bond, the pool, the commission and the delegate's share that count in it. Raising the
//!   commission before a claim or entering a pool after the work was done changes nothing.
//! - **Two parts, paid once each.** The owner's part (with the delegate's) and the delegators' part
//!   have a flag each, and what slashes left of each while it was unpaid. Nobody's payment waits
//!   for anybody else's, and epochs can be claimed in any order.
//! - **Each source divides by itself.** What is minted and what comes from the pot are split
//!   separately, so that both stay exact; a part may so be a planck less than the same share of
//!   their sum.
//! - **No pay for strangers.** Blocks of authors that are no validators are counted for nobody, and
//!   so not minted. A validator needs no participation for its blocks' pay; the gate asks for that.
//!
//! ## Terminology
//!
//! - **Work**: the sum, over the pulses that a validator answered in an epoch, of its multiplier
//!   (hundredths) times its place on the liveness ramp (parts of 840). A pulse of multiplier 1.0 at
//!   the top of the ramp is 84,000 units.
//! - **Bonus**: the sum of its boosts in an epoch, in thousandths.
//! - **Weight**: work · (1,000 + bonus), if the validator participates; else 0.
//! - **Participating** in an epoch: proved an experiment no worse than the declared baseline in
//!   that epoch or in one of the [`Config::ParticipationEpochs`] before it.
//! - **Pot**: fees that an epoch's validators share. Fixed when the epoch closes: what came in
//!   since the last epoch with weight closed, and what older pots left. An epoch without weight
//!   leaves it for the next.
//! - **Claim**: payment of the owner's and the delegate's parts. **Collect**: payment of the
//!   delegators'.
//!
//! ## Properties
//!
//! - `issuance == genesis + minted − burned`. This holds if [`Pallet::split_fee`] gets the fees and
//!   [`BurnFees`] the dust, lost deposits are reported to the burn ledger, and no call changes the
//!   issuance otherwise (the runtime must filter `burn`, `force_set_balance` and
//!   `force_adjust_total_issuance` of the balances pallet).
//! - The sum of what an epoch's validators are paid never exceeds its root budget, its authors'
//!   budget and its pot, each by itself.
//! - The parts of a fee sum to exactly the fee, the parts of a reward to at most the reward:
//!   rounding and slashes leave the rest unminted, or in the pot.
//! - The pot's account holds the minimum balance, the incoming fees, and what each open pot has
//!   left; more only if somebody donates, and a donation is never paid out.
//! - A delegate's destination that cannot receive its part leaves it to the owner, so that a
//!   delegate cannot block its validator's claims: it keeps the minimum balance there.
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
mod claims;
mod fees;
mod ledger;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod properties;
mod rewards;
mod split;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
mod view;
pub mod weights;

pub use fees::{BurnFees, CREATOR_SHARE, POT_SHARE, TREASURY_SHARE};
pub use pallet::*;
pub use split::{Split, Terms};
pub use types::{Earned, EpochTotal, Part, Payments, Record, MAX_CLAIM_EPOCHS};
pub use weights::WeightInfo;

/// What the benchmarks need from the pallet that knows the validators.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper {
	/// Makes a validator that has named a delegate; its cold key and the delegate's destination
	/// exist, so that a claim pays both.
	fn validator() -> woppal_protocol::ValidatorId;
}

/// The pallet.
#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::{EpochTotal, Payments, Record, WeightInfo, MAX_CLAIM_EPOCHS};
	use frame::{arithmetic::Perbill, prelude::*};
	use woppal_protocol::{
		research::BoostCause,
		traits::{Network, OnStanding, Payees, StakeSnapshot},
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

		/// How a validator shares what it earns, and with whom.
		type Payees: Payees<Self::AccountId>;

		/// Stake as it counts in the current epoch.
		type Stake: StakeSnapshot;

		/// Told when a validator participated.
		type Standing: OnStanding;

		/// Whose account holds the pot.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// Whose account is the treasury.
		#[pallet::constant]
		type TreasuryId: Get<PalletId>;

		/// Epochs after its own in which a proven experiment still counts as participation.
		#[pallet::constant]
		type ParticipationEpochs: Get<u32>;

		/// Epochs for which a reward can be claimed after its epoch closed. The rings have one slot
		/// more, so that a change needs a migration.
		#[pallet::constant]
		type ClaimEpochs: Get<u32>;

		/// Epochs before the current one whose unpaid rewards a slash reaches.
		#[pallet::constant]
		type SlashableEpochs: Get<u32>;

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
	// Validator ids are given in order of registration and slots are our own: no one can choose
	// them.
	#[pallet::storage]
	pub type Records<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ValidatorId, Twox64Concat, u32, Record>;

	/// The last epoch in which a validator proved an experiment no worse than the declared
	/// baseline.
	// Validator ids are given in order of registration.
	#[pallet::storage]
	pub type LastParticipation<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, EpochIndex>;

	/// Plancks that claims paid to a validator's owner and delegate over all time.
	// Validator ids are given in order of registration.
	#[pallet::storage]
	pub type Claimed<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, Balance, ValueQuery>;

	/// Plancks in existence at genesis.
	#[pallet::storage]
	pub type GenesisIssuance<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Plancks minted since genesis.
	#[pallet::storage]
	pub type Minted<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Plancks burned since genesis: parts of fees, dust and lost deposits.
	#[pallet::storage]
	pub type Burned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Plancks on the pot's account that belong to no epoch's pot yet: fees since the last epoch
	/// with weight closed, and what expired pots left.
	#[pallet::storage]
	pub type PotIncoming<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// The creator named for a transaction's fee, with the transaction's index in its block. Taken
	/// when the fee is split; none survives its transaction or its block.
	#[pallet::storage]
	pub type FeeCreator<T: Config> = StorageValue<_, (Option<u32>, T::AccountId)>;

	/// The pallet's events. A counted pulse and burned dust or deposits have the event of the
	/// pallet that caused them; a counted block is its own evidence.
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
			/// Of these, what the authors of its blocks share.
			author_budget: Balance,
			/// Plancks of fees that the validators share besides; 0 if they have no weight.
			pot: Balance,
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
		/// The owner's and the delegate's parts of rewards were paid.
		RewardsClaimed {
			/// The validator.
			validator: ValidatorId,
			/// Its cold key, which got what the delegate didn't.
			account: T::AccountId,
			/// The epochs paid, each with its plancks.
			payments: Payments,
			/// Plancks in all.
			amount: Balance,
			/// The delegate's destination and the plancks of `amount` that it got, if any.
			delegate: Option<(T::AccountId, Balance)>,
			/// Plancks of `amount` that came from the pot; the others were minted.
			from_pot: Balance,
		},
		/// The delegators' part of a reward was paid into their pool.
		DelegatorsPaid {
			/// The validator.
			validator: ValidatorId,
			/// The epoch.
			epoch: EpochIndex,
			/// The pool's account.
			account: T::AccountId,
			/// Plancks.
			amount: Balance,
			/// Plancks of `amount` that came from the pot; the others were minted.
			from_pot: Balance,
		},
		/// A slash cut a validator's unpaid rewards.
		RewardsCut {
			/// The validator.
			validator: ValidatorId,
			/// What was taken of each.
			rate: Perbill,
			/// In so many epochs.
			epochs: u32,
		},
		/// A transaction's fee was split. The four parts sum to it.
		FeeSplit {
			/// The fee in plancks.
			fee: Balance,
			/// Plancks that left the issuance.
			burned: Balance,
			/// Plancks for an epoch's validators.
			pot: Balance,
			/// The creator of the project that was worked on, with its plancks.
			creator: Option<(T::AccountId, Balance)>,
			/// Plancks for the treasury.
			treasury: Balance,
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
		/// The owner and the delegate earned nothing in these epochs or were paid already: ask the
		/// runtime API which epochs pay.
		NothingToClaim,
	}

	/// The pallet's genesis: it gives the accounts of the pot and the treasury the minimum balance
	/// and notes the issuance, so it comes after the balances pallet.
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
			Pallet::<T>::endow(&Pallet::<T>::pot_account());
			Pallet::<T>::endow(&Pallet::<T>::treasury_account());
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

		fn on_finalize(_: BlockNumberFor<T>) {
			FeeCreator::<T>::kill();
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
			assert!(
				T::SlashableEpochs::get() < T::ClaimEpochs::get(),
				"a slash must not reach around the rings"
			);
			assert!(
				Self::pot_account() != Self::treasury_account(),
				"the pot's account must hold nothing but the pot"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Pays a validator's rewards of `count` closed epochs from `first_epoch` on: the
		/// delegate's share to the destination that it chose, the rest to the cold key. The
		/// delegators' parts are not touched.
		///
		/// Origin: signed, by anyone. Epochs that expired, pay nothing or were paid already are
		/// skipped. At most [`MAX_CLAIM_EPOCHS`] epochs; the weight of epochs that paid nothing is
		/// refunded in part.
		///
		/// Errors: [`Error::TooManyEpochs`], [`Error::UnknownValidator`], [`Error::EpochNotClosed`]
		/// if one of the epochs is not over, [`Error::EpochsExpired`] if all are too old,
		/// [`Error::NothingToClaim`]; the token's own error if the cold key cannot receive its
		/// part.
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
