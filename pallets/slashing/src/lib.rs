//! Punishment: what the offences of PROTOCOL §9 cost, and to whom it goes.
//!
//! # Overview
//!
//! Other pallets find offences and report them through [`Offences`](woppal_protocol::traits::Offences);
//! equivocations of block authors come from the SDK's offences pallet through
//! [`OnOffenceHandler`](sp_staking::offence::OnOffenceHandler). For each, [`rate`] says what part of the
//! own bond it takes; delegated stake is hit at a tenth of that, unclaimed rewards at the same rate. Who
//! reported it gets a quarter of what the own bond loses, the rest is burned. All offences of an epoch
//! together take at most half.
//!
//! # Example
//!
//! A fabricated experiment:
#![doc = docify::embed!("src/tests/offences.rs", a_fabricated_experiment_takes_a_tenth)]
//!
//! An equivocation, through the SDK's own pallet:
#![doc = docify::embed!("src/tests/equivocations.rs", an_equivocator_pays_and_is_out)]
//!
//! # Design
//!
//! - **The number is the identity.** Offences are kept, and stake is slashed, by validator number: new
//!   keys change nothing, and one that left is punished as far as its bond still unbonds.
//! - **The cap is per epoch of the offence**, not of its punishment: evidence that comes late, or in
//!   another order, takes what it would have taken at once. So a record has a sum for each of the
//!   [`REACHABLE`] epochs whose offences can still be punished.
//! - **One report, one offence.** The SDK hands over every known offender of a slot again whenever it
//!   learns of one more, the newest last. Each was punished when it was the newest, so only the last is.
//!   A test drives the SDK's pallet to hold this against its next version.
//! - **The SDK's fractions are ignored**: they grow with the number of offenders, §9's rate doesn't.
//! - **No call.** There is nothing to appeal to: every offence here has a proof.
//! - **No hook, nothing grows.** A record stays as long as its validator, and after that until no offence
//!   of it can be punished: those that left wait in a queue, and every report or exit that comes by takes
//!   up to [`MAX_SWEPT`] out.
//!
//! # Terminology
//!
//! - **Offender**: the validator that is punished. **Reporter**: the account that brought it up.
//! - **Authority**: the account of a block author. One of genesis need not be a validator: it has no
//!   stake to lose and is put out of the set all the same.
//! - **Capped**: of an offence's rate, what exceeds the epoch's cap and is not taken.
//!
//! # Properties
//!
//! - The chain knows an owner by its accounts: cold key, hot key, delegate. Who reports itself from
//!   another account gets its quarter back, so what an offence costs at least is three quarters of its
//!   rate; the comparisons of gain and cost in `tests/incentives.rs` count with that. Nothing of what
//!   delegators lose goes to a reporter: with a pool of more than thirty bonds it would exceed that cost.
//! - The owner group of a validator that left is unknown, so nobody is paid for reporting it.
//! - A sum of rates is taken of the stake at the epoch's opening, not of what earlier slashes left: five
//!   offences of a tenth take half.
//! - Once an epoch's cap is reached, further offences of it take no stake. Each still costs what it costs
//!   elsewhere (deposits, reputation, the seat), and gains nothing.
//! - Votes for two finalised histories need more than a third of the set. What they can steal outside of
//!   the chain is not known to it; what it takes of the colluders is.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

mod slashing_impls;
mod try_state;
pub mod types;
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
pub use slashing_impls::Authority;
pub use types::*;
pub use weights::WeightInfo;

use frame::prelude::*;
use sp_staking::SessionIndex;
use woppal_protocol::{
	identity::Offence,
	traits::{Expel, Identities, Network, OffenceRecord, Rewards, Slashable},
	Balance, EpochIndex, ValidatorId,
};

/// Most records that one report or exit takes out of the queue: more than it can put in, so the queue
/// shrinks.
pub const MAX_SWEPT: u32 = 2;

/// Puts a block author out for the rest of the session. Implemented by the runtime over the session
/// pallet, which decides how many may be out at once.
pub trait DisableAuthority<AccountId> {
	/// The authority equivocated; `severity` is the rate that it was slashed at. Must be bounded and may
	/// not fail; nothing for an account that is no authority now.
	fn disable(authority: &AccountId, severity: Perbill);
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

		/// Owner groups, and what a refused proposal does to a reputation.
		type Identities: Identities<Self::AccountId>;

		/// The stake that offences reach.
		type Stake: Slashable<Self::AccountId>;

		/// The unclaimed rewards that offences reach.
		type Rewards: Rewards<Self::AccountId>;

		/// Where a validator's offences are shown.
		type Record: OffenceRecord;

		/// Where an equivocator is a candidate.
		type Gate: Expel;

		/// Where an equivocator authors blocks.
		type Authorities: DisableAuthority<Self::AccountId>;

		/// The epoch in which a session began.
		type SessionEpoch: Convert<SessionIndex, EpochIndex>;

		/// Weights of the handlers.
		type WeightInfo: WeightInfo;

		/// Makes a validator that can be slashed.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Offences by validator; absent for one without any.
	// Twox64: the key is the validators' counter.
	#[pallet::storage]
	pub type Records<T> = StorageMap<_, Twox64Concat, ValidatorId, Record, ValueQuery>;

	/// Validators that left with a record, and the first epoch in which nothing of it can be punished, by
	/// place in the queue.
	// Twox64: the key is our counter.
	#[pallet::storage]
	pub type Leaving<T> = StorageMap<_, Twox64Concat, u32, (ValidatorId, EpochIndex)>;

	/// Places of [`Leaving`] in use: from the first up to the second, which is free.
	#[pallet::storage]
	pub type Queue<T> = StorageValue<_, (u32, u32), ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An offence was punished.
		Slashed {
			/// The offender.
			validator: ValidatorId,
			/// What it did.
			offence: Offence,
			/// The epoch in which it did so.
			epoch: EpochIndex,
			/// What was taken of the own bond and of unclaimed rewards; a tenth of it of delegated stake.
			rate: Perbill,
			/// Plancks of the own bond.
			own: Balance,
			/// Plancks of delegated stake.
			delegated: Balance,
			/// Of the own bond's, plancks for the reporter; the rest was burned.
			reported: Balance,
			/// Who got them, if anybody could.
			reporter: Option<T::AccountId>,
		},
		/// An offence took less than its rate, or nothing: the epoch's cap was reached.
		Capped {
			/// The offender.
			validator: ValidatorId,
			/// What it did.
			offence: Offence,
			/// The epoch in which it did so.
			epoch: EpochIndex,
			/// Of its rate, what was not taken.
			untaken: Perbill,
		},
		/// A block author equivocated and was put out of the set.
		Equivocated {
			/// Its account.
			authority: T::AccountId,
			/// Its validator; one of genesis need not have any.
			validator: Option<ValidatorId>,
			/// The session in which it did so.
			session: SessionIndex,
			/// The epoch of that session.
			epoch: EpochIndex,
		},
		/// An equivocation is too old to be punished.
		OutOfReach {
			/// The author's account.
			authority: T::AccountId,
			/// The session in which it did so.
			session: SessionIndex,
		},
		/// The record of a validator that left was removed: no offence of it can be punished any more.
		RecordRemoved {
			/// The validator.
			validator: ValidatorId,
		},
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
