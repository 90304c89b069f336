//! Stake: own bonds, delegation pools, unbonding, and what counts in an epoch (PROTOCOL §3).
//!
//! # Overview
//!
//! A validator bonds its own tokens, held on its cold key. Anyone may delegate to a validator or to a
//! subnet: the tokens go to the pool's own account, and the delegator gets shares of it. Rewards are
//! paid into that account, so shares compound by themselves. Stake leaves through an unbonding ledger,
//! or moves to another pool at once; either way it stays slashable for where it was.
//!
//! Other pallets ask through [`StakeSnapshot`](woppal_protocol::traits::StakeSnapshot), change bonds
//! through [`Bonds`](woppal_protocol::traits::Bonds) and slash through
//! [`Slashable`](woppal_protocol::traits::Slashable).
//!
//! # Example
//!
//! A delegation earns from the epoch after it was made, and comes back after its unbonding period:
#![doc = docify::embed!("src/tests/pools.rs", a_delegation_earns_from_the_next_epoch_and_comes_back)]
//!
//! # Design
//!
//! - **One balance.** What a pool is worth is the balance of its account, and nothing else says so. Of
//!   it, [`waiting`](types::Pool::waiting) plancks wait for a price; the rest is behind the shares.
//! - **Epoch prices.** A pool is settled once per closed epoch, in order: the epoch's reward is
//!   collected, then what was deposited in the epoch becomes shares at that price. Every call settles
//!   its pools first, up to [`Config::MaxSettle`] epochs, and refuses if that is not enough; anyone may
//!   [`settle`](Pallet::settle) the rest. So nobody enters at a price that old rewards are missing from.
//! - **Units.** A position doesn't know the price of its epoch when it deposits. It holds units of the
//!   epoch's bucket, which become shares when the position is next touched. A slash cuts the bucket, and
//!   so all its units alike. The last position to fetch its shares gets what rounding left, so shares
//!   of positions add up to the pool's exactly.
//! - **Virtual shares.** [`VIRTUAL_SHARES`] belong to nobody. All rounding is for the pool. Tokens
//!   behind no shares at all, such as a donation to an empty pool, are burned at the next settlement.
//! - **Generations.** When nothing is left behind the shares, they are void: the pool's generation is
//!   raised and new deposits start at the first price. The pool's record outlives every position, so
//!   that old shares can't come back.
//! - **Exits.** What leaves a pool in one epoch is slashed as a whole: one number per pool and epoch says
//!   what is kept of it, and each unbonding entry or moved part applies it when it is next touched. A
//!   slash is O(unbonding period), however many left.
//! - **Locks.** A part that moved can neither unbond nor move again for [`Config::UnbondingEpochs`].
//!   Letting it unbond would need entries with two sources, for a case that waiting solves.
//! - **Bonds.** A bond keeps its last value of each of the last 28 epochs, so that offences are measured
//!   by the bond of their time. The record stays after an exit until all of it was withdrawn.
//! - **Size.** A position is at least the minimum delegation when it is made and when a part of it
//!   leaves; it is removed with its last share. Everything else is removed with its last reference.
//!
//! # Terminology
//!
//! - **Bucket**: the deposits of one epoch in one pool. **Unit**: a part of a bucket.
//! - **Settled value**: what is behind the shares: the account's balance without the bucket.
//! - **Opening**: the last value written before an epoch began.
//! - **Source**: the bond or pool that unbonding or moved stake came from.
//!
//! # Properties
//!
//! - A deposit can be taken back only through the unbonding ledger, even in its own epoch: what waits
//!   for its price is slashable like the rest.
//! - A delegation that left is slashed for offences of its source in the epoch in which it left or before;
//!   what left in the offence's epoch is hit, even if it left before the offence. One that matured and was
//!   not withdrawn can be hit until the epoch in which it matured ends.
//! - An own bond that unbonds is slashed until it matures, for later offences as well: whoever unbonds and
//!   still authors blocks has it at stake.
//! - A reporter is paid out of the own bond only. So an owner that reports itself through an accomplice loses
//!   three quarters of what its bond is slashed, however large its pool is.
//! - What a slash takes of unbonding and moved stake is burned when that is next touched; anyone may do
//!   it with [`settle_position`](Pallet::settle_position).
//! - Virtual shares take part in rewards. What they hold is nobody's until the pool is empty, and whoever
//!   wants them to hold more has to give that much away.
//! - Tokens that others send to a pool's account belong to its shares, but don't count in the epoch in
//!   which they arrive.
//! - A pool that falls below the existential deposit is lost: the account's dust is burned and the
//!   shares are void. It takes slashes of a pool that is about as small as the minimum delegation.
//! - The pool of a validator that left takes no deposits and earns nothing; everything in it can leave.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

mod bond_impls;
mod pool_impls;
mod settle_impls;
mod slash_impls;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
mod unbonding_impls;
mod view_impls;
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
pub use types::{StakeAmount, MAX_MOVED_PARTS, MAX_SHARES, VIRTUAL_SHARES};
pub use view_impls::DELEGATORS_PAGE;
pub use weights::WeightInfo;

use frame::{
	arithmetic::{Perbill, Perquintill},
	prelude::*,
	traits::Contains,
};
use types::{Bond, Exit, Pool, Position, Settlement, UnbondingEntry, BOND_HISTORY};
use woppal_protocol::{
	stake::{PoolId, Source},
	traits::{BurnLedger, Identities, Network, OnStanding, Rewards, WithdrawalFreeze},
	Balance, BlockNumber, EpochIndex, SubnetId, ValidatorId,
};

/// An account's unbonding ledger in this runtime.
pub type LedgerOf<T> = BoundedVec<UnbondingEntry, <T as Config>::MaxUnbondings>;
/// A bond in this runtime.
pub type BondOf<T> = Bond<<T as frame_system::Config>::AccountId>;

#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The token, in plancks.
		type Currency: fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<
				Self::AccountId,
				Balance = Balance,
				Reason = Self::RuntimeHoldReason,
			>;

		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// What genesis decided: timing and deposits.
		type Network: Network;

		/// Which validators there are.
		type Identities: Identities<Self::AccountId>;

		/// Which subnets there are.
		type Subnets: Contains<SubnetId>;

		/// Whose withdrawals wait for a cold-key rotation.
		type Freeze: WithdrawalFreeze<Self::AccountId>;

		/// Where delegators' rewards come from.
		type Rewards: Rewards<Self::AccountId>;

		/// Where burned tokens are counted. The balances pallet's dust has to be counted there too.
		type Burns: BurnLedger<Balance>;

		/// Who is told when a validator's bond or pool changed.
		type Standing: OnStanding;

		/// The pools' accounts are derived from this.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Epochs until an own bond that unbonds can be withdrawn; at most 28.
		#[pallet::constant]
		type BondUnbondingEpochs: Get<u32>;

		/// Epochs until a delegation that unbonds can be withdrawn, and until a part that moved is free.
		#[pallet::constant]
		type UnbondingEpochs: Get<u32>;

		/// Most epochs of a pool that one call settles.
		#[pallet::constant]
		type MaxSettle: Get<u32>;

		/// Most entries of one account's unbonding ledger.
		#[pallet::constant]
		type MaxUnbondings: Get<u32>;

		/// Weights of the dispatchables.
		type WeightInfo: WeightInfo;

		/// Makes validators that earn.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Own bonds by validator; of one that left, until all of it was withdrawn.
	// Twox64: the key is a counter of ours.
	#[pallet::storage]
	pub type Bonds<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, BondOf<T>>;

	/// The validator whose bond is held on an account. The inverse of the owners in [`Bonds`] without
	/// those that left.
	// Blake2: the key is chosen by users.
	#[pallet::storage]
	pub type Owners<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ValidatorId>;

	/// Pools with a position in them.
	// Twox64: the keys are counters of ours.
	#[pallet::storage]
	pub type Pools<T: Config> = StorageMap<_, Twox64Concat, PoolId, Pool>;

	/// What the deposits of a settled epoch became, while a position has to fetch it.
	// Twox64: the keys are counters of ours.
	#[pallet::storage]
	pub type Settlements<T: Config> =
		StorageDoubleMap<_, Twox64Concat, PoolId, Twox64Concat, EpochIndex, Settlement>;

	/// Stake in pools by account and pool.
	// Blake2: accounts are chosen by users.
	#[pallet::storage]
	pub type Positions<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, PoolId, Position>;

	/// The accounts with a position in a pool: [`Positions`] by pool, to show them page by page.
	// Blake2: accounts are chosen by users.
	#[pallet::storage]
	pub type Delegators<T: Config> =
		StorageDoubleMap<_, Twox64Concat, PoolId, Blake2_128Concat, T::AccountId, ()>;

	/// What slashes leave of what left a pool in an epoch, while something refers to it.
	// Twox64: the keys are counters of ours.
	#[pallet::storage]
	pub type Exits<T: Config> =
		StorageDoubleMap<_, Twox64Concat, PoolId, Twox64Concat, EpochIndex, Exit>;

	/// Unbonding stake by account.
	// Blake2: the key is chosen by users.
	#[pallet::storage]
	pub type Ledgers<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, LedgerOf<T>, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A bond was opened or grew.
		Bonded {
			/// The validator.
			validator: ValidatorId,
			/// Its cold key.
			owner: T::AccountId,
			/// Plancks added.
			amount: Balance,
			/// The bond in plancks now.
			bond: Balance,
		},
		/// A part of a bond, or after an exit all of it, started to unbond.
		BondUnbonding {
			/// The validator.
			validator: ValidatorId,
			/// Plancks.
			amount: Balance,
			/// The bond in plancks now.
			bond: Balance,
			/// The first block in which it can be withdrawn.
			matures: BlockNumber,
		},
		/// A bond, and what of it unbonds, went to a new cold key.
		BondMoved {
			/// The validator.
			validator: ValidatorId,
			/// The old cold key.
			from: T::AccountId,
			/// The new cold key.
			to: T::AccountId,
		},
		/// A validator that left has no bond any more.
		BondClosed {
			/// The validator.
			validator: ValidatorId,
		},
		/// A deposit went to a pool and waits for the price of its epoch.
		Delegated {
			/// The delegator.
			who: T::AccountId,
			/// The pool.
			pool: PoolId,
			/// Plancks.
			amount: Balance,
			/// The epoch.
			epoch: EpochIndex,
		},
		/// A deposit became shares.
		SharesMinted {
			/// The delegator.
			who: T::AccountId,
			/// The pool.
			pool: PoolId,
			/// The epoch of the deposit.
			epoch: EpochIndex,
			/// Shares; 0 if everything was lost since.
			shares: u128,
		},
		/// Stake left a pool and unbonds.
		Unbonding {
			/// The delegator.
			who: T::AccountId,
			/// The pool.
			pool: PoolId,
			/// Shares redeemed.
			shares: u128,
			/// Plancks.
			amount: Balance,
			/// The first block in which it can be withdrawn.
			matures: BlockNumber,
		},
		/// Stake moved to another pool, where it waits for the price of its epoch.
		Moved {
			/// The delegator.
			who: T::AccountId,
			/// The pool it left.
			from: PoolId,
			/// The pool it went to.
			to: PoolId,
			/// Shares redeemed.
			shares: u128,
			/// Plancks.
			amount: Balance,
			/// The first block in which it is free again.
			until: BlockNumber,
		},
		/// Matured stake was withdrawn.
		Withdrawn {
			/// Whose.
			who: T::AccountId,
			/// Plancks.
			amount: Balance,
		},
		/// Slashes of its source were taken off unbonding or moved stake, and burned.
		StakeCut {
			/// Whose.
			who: T::AccountId,
			/// The pool it came from.
			source: PoolId,
			/// The epoch in which it left.
			epoch: EpochIndex,
			/// Plancks burned.
			amount: Balance,
		},
		/// A part that moved is not locked any more.
		Unlocked {
			/// Whose.
			who: T::AccountId,
			/// The pool it is in.
			pool: PoolId,
			/// The pool it came from.
			source: PoolId,
			/// The epoch in which it left that.
			epoch: EpochIndex,
		},
		/// A pool's epoch was settled.
		Settled {
			/// The pool.
			pool: PoolId,
			/// The epoch.
			epoch: EpochIndex,
			/// Plancks that its delegators earned.
			reward: Balance,
			/// Shares minted for the epoch's deposits.
			minted: u128,
			/// Plancks behind the shares now.
			value: Balance,
			/// Shares now.
			shares: u128,
		},
		/// Epochs of a pool in which nothing could happen were skipped.
		Skipped {
			/// The pool.
			pool: PoolId,
			/// The first epoch that is not settled now.
			next_epoch: EpochIndex,
		},
		/// Nothing is left behind a pool's shares: they are void.
		PoolLost {
			/// The pool.
			pool: PoolId,
			/// The generation that new shares are of.
			generation: u32,
		},
		/// Plancks of a pool that belong to nobody were burned.
		UnownedBurned {
			/// The pool.
			pool: PoolId,
			/// Plancks.
			amount: Balance,
		},
		/// A validator and its delegators were slashed.
		Slashed {
			/// The validator.
			validator: ValidatorId,
			/// The rate of the own bond; a tenth of it is that of the rest.
			rate: Perbill,
			/// The offence's epoch.
			epoch: EpochIndex,
			/// Plancks of the own bond, what unbonds included.
			own: Balance,
			/// Plancks of its pool.
			delegated: Balance,
			/// Of the own bond's, plancks that the reporter got. The rest was burned.
			reported: Balance,
		},
		/// What left a pool in an epoch was slashed; see [`Event::StakeCut`].
		ExitsSlashed {
			/// The pool.
			pool: PoolId,
			/// The epoch.
			epoch: EpochIndex,
			/// What all slashes leave of what left before them.
			kept: Perquintill,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The amount is zero: name at least one planck, share or epoch.
		ZeroAmount,
		/// The amount is less than the minimum delegation: delegate or move more.
		BelowMinimum,
		/// The free balance doesn't cover the amount and the existential deposit: name less.
		BalanceTooLow,
		/// The account can't have tokens on hold: send it the existential deposit first.
		CannotHold,
		/// The caller is not a validator's cold key: sign with the cold key.
		NotColdKey,
		/// The validator has a bond, or the account holds one: use another account.
		AlreadyBonded,
		/// There is no such bond, or it is not held on that account: name the validator's cold key.
		UnknownBond,
		/// Less than a node's deposit would be left of the bond: unbond less, or exit.
		BondTooSmall,
		/// There is no such validator or subnet: name one that exists.
		UnknownPool,
		/// The validator left: its pool takes no deposits. Choose another pool.
		PoolClosed,
		/// The pool can't count that many shares: deposit less, or choose another pool.
		PoolFull,
		/// More than 16 epochs of the pool are not settled: call `settle` first.
		SettleFirst,
		/// There is nothing to settle: all closed epochs are, or nothing of the position changes.
		NothingToSettle,
		/// The account has no stake in the pool: delegate first.
		NoPosition,
		/// The position is smaller than that: name less, or all.
		NotEnoughStake,
		/// A part of this moved here and is locked: wait until it is free, or name less.
		Locked,
		/// Less than the minimum delegation would be left: take less, or all.
		RemainderTooSmall,
		/// The stake goes to the pool it is in: name two pools.
		SamePool,
		/// The stake is worth less than the caller accepts: look at the price and try again.
		BelowMinReceived,
		/// Too many parts of the position moved in and are locked: wait until one is free.
		TooManyMoves,
		/// The unbonding ledger is full: withdraw what matured, or wait.
		LedgerFull,
		/// Nothing has matured: wait.
		NothingToWithdraw,
		/// Withdrawals wait for the announced rotation of this cold key: let it execute, or cancel it.
		Frozen,
	}

	/// Why the pallet holds tokens.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A validator's own bond.
		Bond,
		/// Stake that unbonds.
		Unbonding,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			// The history has a slot for each of these epochs, the current one, and one before them.
			assert!(T::BondUnbondingEpochs::get().saturating_add(2) <= BOND_HISTORY);
			assert!(T::UnbondingEpochs::get() <= T::BondUnbondingEpochs::get());
			assert!(T::MaxSettle::get() > 0 && T::MaxUnbondings::get() > 0);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds plancks to the validator's own bond. They count from the next epoch on.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::ZeroAmount`], [`Error::NotColdKey`], [`Error::BalanceTooLow`]. Event:
		/// [`Event::Bonded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond_extra())]
		pub fn bond_extra(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			Self::do_bond_extra(&ensure_signed(origin)?, amount)
		}

		/// Lets plancks of the own bond unbond, for [`Config::BondUnbondingEpochs`]. At least a node's
		/// deposit stays; only an exit takes all.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::ZeroAmount`], [`Error::NotColdKey`], [`Error::BondTooSmall`],
		/// [`Error::LedgerFull`]. Event: [`Event::BondUnbonding`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::unbond_bond())]
		pub fn unbond_bond(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			Self::do_unbond_bond(&ensure_signed(origin)?, amount)
		}

		/// Delegates plancks to a validator or a subnet. They become shares at the price of the current
		/// epoch and earn from the next one on.
		///
		/// Signed by anyone.
		///
		/// Errors: [`Error::ZeroAmount`], [`Error::BelowMinimum`], [`Error::UnknownPool`],
		/// [`Error::PoolClosed`], [`Error::BalanceTooLow`], [`Error::SettleFirst`],
		/// [`Error::PoolFull`]. Event: [`Event::Delegated`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::delegate(T::MaxSettle::get()))]
		pub fn delegate(
			origin: OriginFor<T>,
			pool: PoolId,
			amount: Balance,
		) -> DispatchResultWithPostInfo {
			Self::do_delegate(&ensure_signed(origin)?, pool, amount)
		}

		/// Lets a part of the caller's stake in a pool unbond, for [`Config::UnbondingEpochs`]. It is worth
		/// the last settled price and earns no more. What waits for its price goes first.
		///
		/// Signed by the delegator.
		///
		/// Errors: [`Error::NoPosition`], [`Error::SettleFirst`], [`Error::ZeroAmount`],
		/// [`Error::NotEnoughStake`], [`Error::Locked`], [`Error::RemainderTooSmall`],
		/// [`Error::LedgerFull`], [`Error::CannotHold`]. Event: [`Event::Unbonding`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::unbond(T::MaxSettle::get()))]
		pub fn unbond(
			origin: OriginFor<T>,
			pool: PoolId,
			amount: StakeAmount,
		) -> DispatchResultWithPostInfo {
			Self::do_unbond(&ensure_signed(origin)?, pool, amount)
		}

		/// Moves a part of the caller's stake to another pool without unbonding: it leaves at the last
		/// settled price, if that gives at least `min_received` plancks, and waits in the other pool like
		/// a deposit. It stays slashable for the pool it left for [`Config::UnbondingEpochs`] and is
		/// locked that long.
		///
		/// Signed by the delegator.
		///
		/// Errors: [`Error::SamePool`], [`Error::UnknownPool`], [`Error::PoolClosed`],
		/// [`Error::NoPosition`], [`Error::SettleFirst`], [`Error::ZeroAmount`],
		/// [`Error::NotEnoughStake`], [`Error::Locked`], [`Error::RemainderTooSmall`],
		/// [`Error::BelowMinReceived`], [`Error::BelowMinimum`], [`Error::PoolFull`],
		/// [`Error::TooManyMoves`]. Event: [`Event::Moved`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::move_stake(T::MaxSettle::get().saturating_mul(2)))]
		pub fn move_stake(
			origin: OriginFor<T>,
			from: PoolId,
			to: PoolId,
			amount: StakeAmount,
			min_received: Balance,
		) -> DispatchResultWithPostInfo {
			Self::do_move_stake(&ensure_signed(origin)?, from, to, amount, min_received)
		}

		/// Pays out everything that matured, less what slashes took of it.
		///
		/// Signed by its owner.
		///
		/// Errors: [`Error::Frozen`], [`Error::NothingToWithdraw`]. Events: [`Event::StakeCut`],
		/// [`Event::Withdrawn`], [`Event::BondClosed`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw(T::MaxUnbondings::get()))]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			Self::do_withdraw(&ensure_signed(origin)?)
		}

		/// Settles a pool's oldest closed epochs: at most `max`, and at most [`Config::MaxSettle`].
		///
		/// Signed by anyone.
		///
		/// Errors: [`Error::ZeroAmount`], [`Error::UnknownPool`], [`Error::NothingToSettle`]. Events:
		/// [`Event::Settled`], [`Event::Skipped`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::settle((*max).min(T::MaxSettle::get())))]
		pub fn settle(origin: OriginFor<T>, pool: PoolId, max: u32) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Self::do_settle(pool, max)
		}

		/// Fetches a position's shares, takes slashes off its moved parts and unlocks those that are free.
		///
		/// Signed by anyone.
		///
		/// Errors: [`Error::NoPosition`], [`Error::SettleFirst`], [`Error::NothingToSettle`]. Events:
		/// [`Event::SharesMinted`], [`Event::StakeCut`], [`Event::Unlocked`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::settle_position(T::MaxSettle::get()))]
		pub fn settle_position(
			origin: OriginFor<T>,
			account: T::AccountId,
			pool: PoolId,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Self::do_settle_position(&account, pool)
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The account that holds a pool's tokens.
	pub fn pool_account(pool: PoolId) -> T::AccountId {
		T::PalletId::get().into_sub_account_truncating(pool)
	}

	/// The current block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The current epoch.
	pub(crate) fn epoch() -> EpochIndex {
		T::Network::parameters().timing.epoch_of(Self::now())
	}

	/// The block that lies `epochs` epochs ahead.
	pub(crate) fn in_epochs(epochs: u32) -> BlockNumber {
		let blocks = T::Network::parameters().timing.epochs_to_blocks(epochs);
		Self::now().saturating_add(blocks)
	}

	/// What slashes leave of what left `source` in `epoch`.
	pub(crate) fn kept(source: Source, epoch: EpochIndex) -> Perquintill {
		match source {
			Source::Bond(_) => Perquintill::one(),
			Source::Pool(pool) => {
				Exits::<T>::get(pool, epoch).map_or(Perquintill::one(), |exit| exit.kept)
			},
		}
	}

	/// Refers to what leaves `source` in the current epoch; returns what was kept of it so far.
	pub(crate) fn refer(source: Source) -> Perquintill {
		let Source::Pool(pool) = source else { return Perquintill::one() };
		Exits::<T>::mutate(pool, Self::epoch(), |exit| {
			let exit = exit.get_or_insert(Exit { kept: Perquintill::one(), references: 0 });
			exit.references = exit.references.saturating_add(1);
			exit.kept
		})
	}

	/// Takes a reference back, and the record with the last one.
	pub(crate) fn forget(source: Source, epoch: EpochIndex) {
		if let Source::Pool(pool) = source {
			Exits::<T>::mutate_exists(pool, epoch, |slot| {
				*slot = slot.take().and_then(|mut exit| {
					exit.references = exit.references.saturating_sub(1);
					(exit.references > 0).then_some(exit)
				});
			});
		}
	}
}
