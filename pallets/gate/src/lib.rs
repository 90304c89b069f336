//! Who authors blocks: the ValidatorGate (PROTOCOL §8).
//!
//! # Overview
//!
//! A validator that bonds enough, proves experiments and has a decent reputation may become a candidate.
//! At the end of each session the pallet chooses the authorities of the session after the next one from
//! the candidates, by stake × (1 + work factor) × reputation, from storage alone. Few change at a time,
//! so that a chain never wakes up with strangers only.
//!
//! It is the session manager of the SDK's session pallet, under
//! [`NoteHistoricalRoot`](pallet_session::historical::NoteHistoricalRoot): what an authority did in a past
//! session can be proven later, and hits the validator that answered for it then.
//!
//! # Example
//!
//! A network of four starts with its genesis; a fifth validator joins and authors two sessions later:
#![doc = docify::embed!("src/tests/sessions.rs", a_fifth_validator_becomes_an_author)]
//!
//! # Design
//!
//! - **Authorities are hot keys.** A seat belongs to a validator and is held by the hot key with which it
//!   joined. Naming an account as hot key gives nobody its seat and puts nobody under its liability:
//!   the account itself has to [`join`](Pallet::join). After a rotation the new hot key sets its session
//!   keys and joins; if it does so within the session, the seat moves and nothing is lost.
//! - **One bounded list**, highest rank first, kept up to date by whoever changes bond, pool, reputation or
//!   participation ([`OnStanding`](woppal_protocol::traits::OnStanding)) and by anyone
//!   ([`refresh`](Pallet::refresh)). Each entry ends by itself with the participation it is based on. When
//!   a session ends, nothing is computed but the choice.
//! - **Steps.** Of a set of n, at most a quarter (at least one) leaves in ordinary rotation, and at most
//!   one seat is added. Newcomers are at most a third of a set, or as many as make up for seats lost with
//!   their keys or by expulsion. Who fails the rules leaves first, while max(4, two thirds) pass or stay;
//!   then better candidates take the places of lower ones. `plan.rs` has the rules, free of storage.
//! - **Expelled** authorities leave with the next set that is chosen, outside the quarter, at most a
//!   third of a set at once: as many as consensus can bear. More in one session means that a
//!   client's fault and not fraud is at work, and the rest leaves with the sets that follow. Until
//!   then they are disabled, as far as the SDK's strategy lets a third be.
//! - **Genesis authorities** need no validator and keep their seats for [`Config::GraceEpochs`]. Then they
//!   are seats like others: without a candidacy they leave when others come.
//! - **Nobody without session keys** has a seat. If nobody has any, nothing is chosen; BABE goes on with
//!   the authorities it knows.
//! - **An unchanged set is not announced**, so that GRANDPA's set changes only when it must.
//!
//! ## Session keys
//!
//! The session pallet takes keys only from who can sign with them. An operator asks its own node
//! (the method is refused to others) with its hot key's account as the owner, 32 bytes in hex:
//!
//! `author_rotateKeysWithOwner("0x<account>")` → `{ "keys": "0x…", "proof": "0x…" }`
//!
//! and has the hot key send `session.setKeys(keys, proof)`: `keys` are the public keys in the order of the
//! runtime's `SessionKeys`, `proof` the SCALE tuple of one signature per key over the owner, in the same
//! order. A proof for another account is refused (`InvalidProof`), and so is a key that another account
//! has (`DuplicatedKey`); the older `author_rotateKeys` gives no proof that serves. The keys cost a deposit
//! and are used from the session after the next one on.
//!
//! # Terminology
//!
//! - **Seat**: an authority's place in a set: account, and the validator that answers for it.
//! - **Passing**: a candidate that has not expired, whose account is still its hot key and has session
//!   keys; or an authority of genesis in its grace period.
//! - **Newcomer**: a member of a set without a seat in the set before.
//! - **Expelled**: equivocated less than [`Config::ExpulsionEpochs`] ago.
//!
//! # Properties
//!
//! - A set that is chosen at the end of session i authors in session i + 2.
//! - Seats are equal, as BABE and GRANDPA take them: rank decides who has one, not how much it weighs.
//!   Until the set is full, everyone that passes gets a seat, one each session. So **a young network is
//!   as safe as its honest candidates are many**: against 8 honest seats, 4 validators with the least
//!   bond (4,000 W) are a third after 4 sessions; against 42, 21 (21,000 W) after 21; against 64 that
//!   rank higher, no number ever; whoever outranks all of 64 has a third after 2 sessions, for 22 times
//!   the stake of the lowest. The tests in `tests/capture.rs` compute these figures.
//! - A rank is as old as the last change that was noted. A bond or a pool that shrinks is noted at once, so
//!   that no stake ranks two candidates. Stake that grew counts from the next epoch on, once the candidate
//!   is ranked anew: by any further change, by anyone, at the latest by its next experiment, without which
//!   it expires.
//! - An authority is judged by its candidacy and not by the blocks it authored.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

mod candidate_impls;
mod plan;
mod session_impls;
mod types;
mod view_impls;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use session_impls::FullIdentificationOf;
pub use types::{Candidate, SdkSessions, Sessions};
pub use weights::WeightInfo;

use alloc::vec::Vec;
use frame::prelude::*;
use sp_staking::SessionIndex;
use woppal_protocol::{
	gate::{Exclusion, Rank, Seat},
	identity::Reputation,
	traits::{Identities, Network, StakeSnapshot, WorkLedger},
	BlockNumber, EpochIndex, ValidatorId,
};

/// A candidate in this runtime.
pub type CandidateOf<T> = Candidate<<T as frame_system::Config>::AccountId>;
/// The list of candidates in this runtime.
pub type CandidatesOf<T> = BoundedVec<CandidateOf<T>, <T as Config>::MaxCandidates>;
/// A seat in this runtime.
pub type SeatOf<T> = Seat<<T as frame_system::Config>::AccountId>;
/// A set of authorities in this runtime.
pub type SeatsOf<T> = BoundedVec<SeatOf<T>, <T as Config>::MaxAuthorities>;
/// Accounts of authorities in this runtime.
pub type AccountsOf<T> =
	BoundedVec<<T as frame_system::Config>::AccountId, <T as Config>::MaxAuthorities>;

#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What genesis decided: timing and the gate's bond.
		type Network: Network;

		/// Who is who, and its reputation.
		type Identities: Identities<Self::AccountId>;

		/// Bonds and pools as they count in the current epoch.
		type Stake: StakeSnapshot;

		/// Participation and boosts.
		type Ledger: WorkLedger;

		/// The pallet that rotates sessions.
		type Sessions: Sessions<Self::AccountId>;

		/// Most candidates. A smaller number needs a migration.
		#[pallet::constant]
		type MaxCandidates: Get<u32>;

		/// Most seats of a set. A smaller number needs a migration.
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;

		/// Seats under which no set falls by choice, if the last one had as many.
		#[pallet::constant]
		type MinAuthorities: Get<u32>;

		/// Epochs after its own in which a proven experiment counts for the gate.
		#[pallet::constant]
		type ParticipationEpochs: Get<u32>;

		/// Least reputation of a candidate.
		#[pallet::constant]
		type MinReputation: Get<Reputation>;

		/// Epochs from genesis on in which its authorities keep their seats.
		#[pallet::constant]
		type GraceEpochs: Get<u32>;

		/// Epochs for which a validator that equivocated stays out.
		#[pallet::constant]
		type ExpulsionEpochs: Get<u32>;

		/// Weights of calls and hooks.
		type WeightInfo: WeightInfo;

		/// Makes validators that pass.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The candidates, highest rank first.
	#[pallet::storage]
	pub type Candidates<T: Config> = StorageValue<_, CandidatesOf<T>, ValueQuery>;

	/// Who authors in the current session.
	#[pallet::storage]
	pub type CurrentSet<T: Config> = StorageValue<_, SeatsOf<T>, ValueQuery>;

	/// Who authors in the next session: the set chosen last.
	#[pallet::storage]
	pub type NextSet<T: Config> = StorageValue<_, SeatsOf<T>, ValueQuery>;

	/// The authorities of genesis that have kept their seats and neither left nor equivocated.
	#[pallet::storage]
	pub type GenesisAuthorities<T: Config> = StorageValue<_, AccountsOf<T>, ValueQuery>;

	/// The first epoch in which a validator that equivocated may join again. Goes when it joins, or when
	/// it has left and has no seat.
	// Twox64: validators are numbered in order of registration.
	#[pallet::storage]
	pub type Expelled<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, EpochIndex>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A validator became a candidate, or its new hot key took its candidacy over.
		CandidateJoined {
			/// The validator.
			validator: ValidatorId,
			/// Its hot key, whose session keys it will author with.
			account: T::AccountId,
			/// Its rank.
			rank: Rank,
			/// The last epoch in which it counts if it proves nothing more.
			expires: EpochIndex,
		},
		/// A candidate's rank or expiry changed.
		CandidateRanked {
			/// The validator.
			validator: ValidatorId,
			/// Its rank.
			rank: Rank,
			/// The last epoch in which it counts if it proves nothing more.
			expires: EpochIndex,
		},
		/// A validator is no candidate any more.
		CandidateDropped {
			/// The validator.
			validator: ValidatorId,
			/// The rule that it breaks.
			reason: Exclusion,
		},
		/// A validator left by its own will; its grace period, if it had one, is over.
		CandidateLeft {
			/// The validator.
			validator: ValidatorId,
		},
		/// Another set than the one before was chosen.
		SetPlanned {
			/// The session in which it will author.
			session: SessionIndex,
			/// Its seats.
			authorities: u32,
			/// Accounts that are in it and were not in the set before.
			joined: u32,
			/// Accounts that were in the set before and are not in it.
			left: u32,
		},
		/// A validator equivocated and is out.
		ValidatorExpelled {
			/// The validator.
			validator: ValidatorId,
			/// The first epoch in which it may join again.
			until: EpochIndex,
		},
		/// An authority of genesis that is no validator equivocated and is out.
		GenesisAuthorityExpelled {
			/// Its account.
			account: T::AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The caller is not a validator's hot key: sign with the hot key, or register.
		NotValidator,
		/// The validator is no candidate: join first.
		NotCandidate,
		/// The validator is a candidate with this hot key: refresh it to have it ranked anew.
		AlreadyCandidate,
		/// The list is full and its lowest candidate ranks as high: add stake, do work, or wait.
		ListFull,
		/// The bond that counts in this epoch is below the gate's: add to it before the next epoch.
		BondTooSmall,
		/// The validator has not proven an experiment in the last epochs: prove one.
		Idle,
		/// The reputation is too low: prove experiments.
		ReputationTooLow,
		/// The hot key has no session keys: set them first.
		NoSessionKeys,
		/// The validator equivocated: wait until its expulsion ends.
		Expelled,
	}

	impl<T> From<Exclusion> for Error<T> {
		fn from(exclusion: Exclusion) -> Self {
			match exclusion {
				Exclusion::Exited | Exclusion::HotKeyRotated => Self::NotValidator,
				Exclusion::NotJoined => Self::NotCandidate,
				Exclusion::Expelled => Self::Expelled,
				Exclusion::BondTooSmall => Self::BondTooSmall,
				Exclusion::Idle => Self::Idle,
				Exclusion::ReputationTooLow => Self::ReputationTooLow,
				Exclusion::NoSessionKeys => Self::NoSessionKeys,
				Exclusion::Outranked => Self::ListFull,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let (min, max) = (T::MinAuthorities::get(), T::MaxAuthorities::get());
			assert!(0 < min && min <= max, "a set has at least one seat and at most the most");
			assert!(max <= T::MaxCandidates::get(), "every seat can have a candidate");
			// The session pallet claims a whole block for the end of a session.
			let block = T::BlockWeights::get().max_block;
			assert!(T::WeightInfo::new_session().all_lte(block), "a choice fits into a block");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Makes the caller's validator a candidate; if it is one with a former hot key, the caller takes
		/// the candidacy over, and the seat with the next set that is chosen.
		///
		/// Signed by the hot key. A full list loses its lowest candidate to a better one.
		///
		/// Errors: [`Error::NotValidator`], [`Error::Expelled`], [`Error::BondTooSmall`], [`Error::Idle`],
		/// [`Error::ReputationTooLow`], [`Error::NoSessionKeys`], [`Error::AlreadyCandidate`],
		/// [`Error::ListFull`]. Events: [`Event::CandidateJoined`], and [`Event::CandidateDropped`] for
		/// whoever had expired or was displaced.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::join())]
		pub fn join(origin: OriginFor<T>) -> DispatchResult {
			Self::do_join(ensure_signed(origin)?)
		}

		/// Ends the candidacy of the caller's validator. A seat is lost with the sets that follow, in
		/// ordinary rotation: keep authoring until then.
		///
		/// Signed by the hot key. An authority of genesis gives its grace period up; one that never became
		/// a candidate leaves by removing its session keys.
		///
		/// Errors: [`Error::NotValidator`], [`Error::NotCandidate`]. Event: [`Event::CandidateLeft`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::leave())]
		pub fn leave(origin: OriginFor<T>) -> DispatchResult {
			Self::do_leave(ensure_signed(origin)?)
		}

		/// Ranks a candidate anew, or drops it if it breaks a rule.
		///
		/// Signed by anyone.
		///
		/// Errors: [`Error::NotCandidate`]. Events: [`Event::CandidateRanked`] or
		/// [`Event::CandidateDropped`]; none if nothing changed.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::refresh())]
		pub fn refresh(origin: OriginFor<T>, validator: ValidatorId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_refresh(validator)
		}
	}
}
