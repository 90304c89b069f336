//! AGENTCOMMIT: the calls that commit to an experiment and prove it, and the verifying keys.
//!
//! # Overview
//!
//! A miner signs `start`, `commit` and `prove` with its validator's hot key. The rules of an
//! experiment's life are those of [`Experiments`]; this pallet builds the statement that a proof must
//! satisfy, verifies it, and reports the outcome.
//!
//! # Example
//!
//! `tests.rs` proves an evaluation of three segments, and tries what must not pass for one.
//!
//! # Design
//!
//! The statement of segment i has four public inputs: the root before it, the root after it, the
//! digest of program and steps, and a context digest over genesis, key, validator, experiment, seed and
//! i. The chain builds the first root from program, artifact root and seed, and the last one from the
//! claim; only the roots between are the submitter's. So a proof fits one chain, key, account,
//! experiment, seed and place, and a halted trace proves one metric.
//!
//! What `prove` names must be what storage has, and what it carries must be well formed: otherwise it
//! is a plain error and nothing changes. Every segment is verified before anything is concluded, so
//! that malformed input anywhere is an error. Only a well-formed proof that does not hold is a
//! fabricated experiment. A concluded experiment takes no further proof: replays are keyed on the
//! statement, not on proof bytes.
//!
//! # Terminology
//!
//! - **Evaluation**: one run of a project's evaluator on an artifact and a seed.
//! - **Segment**: a fixed number of its steps, proven by one proof.
//! - **Claim**: how the run ended, as its prover says.
//!
//! # Properties
//!
//! Key ids are never reused. A stored key was checked when it was registered. A live chain takes no
//! development key. The pallet has index 243 in the runtime.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod key_impls;
#[cfg(test)]
mod mock;
mod prove_impls;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use woppal_protocol::{
	research::CircuitId, statement::Claim, traits::Experiments, ExperimentId, KeyId, ProjectId,
	ValidatorId, H256,
};

/// What benchmarks need of other pallets and of the prover.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// The hot key of a registered validator that can pay deposits, and its number.
	fn validator() -> (AccountId, ValidatorId);
	/// A project that takes starts, with the largest artifacts that a circuit takes and
	/// [`MAX_SEGMENTS`](woppal_protocol::research::MAX_SEGMENTS) segments; a config that fits its schema
	/// and whose first value isn't the greatest allowed; the artifacts' bytes.
	fn project() -> (ProjectId, woppal_protocol::research::Config, u32);
	/// Goes on to a block in which the seed of an experiment committed now is fixed, after the longest
	/// scan.
	fn fix_seed();
	/// An evaluation with this many segments whose proofs all hold.
	fn evaluation(
		facts: &woppal_protocol::traits::ProofFacts,
		experiment: &ExperimentId,
		segments: u32,
	) -> woppal_protocol::statement::Evaluation;
	/// A sound compressed verifying key, not a development key.
	fn verifying_key(circuit: CircuitId) -> alloc::vec::Vec<u8>;
}

/// The pallet.
#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[allow(missing_docs, reason = "the fields of events say what they are by name and type")]
#[frame::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame::prelude::*;
	use woppal_protocol::{
		research::{Artifact, Config as ExperimentConfig, Edges},
		statement::Evaluation,
		traits::{Network, ProofSystem},
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet's configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who registers and retires verifying keys.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The rules of an experiment's life.
		type Experiments: Experiments<Self::AccountId>;
		/// Roots, digests, key checks and verification.
		type ProofSystem: ProofSystem;
		/// Genesis hash, and whether the chain is live. Built before this pallet at genesis.
		type Network: Network;
		/// Weights.
		type WeightInfo: WeightInfo;
		/// What benchmarks need of other pallets and of the prover.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Verifying keys registered: their ids are below this number.
	#[pallet::storage]
	pub type KeyCount<T> = StorageValue<_, KeyId, ValueQuery>;

	/// Verifying keys.
	// Our own counter: a fast hash is safe.
	#[pallet::storage]
	pub type Keys<T> = StorageMap<_, Twox64Concat, KeyId, KeyRecord>;

	/// Events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// All segments of an evaluation were proven.
		Proven { experiment: ExperimentId, validator: ValidatorId, claim: Claim, segments: u32 },
		/// A proof failed against the matching statement: the first such segment.
		ProofRejected { experiment: ExperimentId, validator: ValidatorId, segment: u32 },
		/// A verifying key was registered; `hash` is the Blake2-256 of the compressed key.
		VerifyingKeyRegistered { key: KeyId, circuit: CircuitId, hash: H256, transcript: H256 },
		/// A verifying key was retired.
		VerifyingKeyRetired { key: KeyId },
	}

	/// Errors.
	#[pallet::error]
	pub enum Error<T> {
		/// The seed is not the experiment's: read it again, the chain may have been reorganised.
		WrongSeed,
		/// The key is not the project's: read it again.
		WrongKey,
		/// The verifying key was retired: no proof is accepted under it.
		KeyRetired,
		/// An evaluation has at least one segment.
		NoSegments,
		/// The evaluation has more segments than the project allows.
		TooManySegments,
		/// A proof has a wrong length, or a point that is off the curve, out of the subgroup or not
		/// canonical.
		MalformedProof,
		/// A root is not a canonical scalar.
		MalformedInput,
		/// The claim is not one that a machine can end with, or the final data root is not canonical.
		MalformedClaim,
		/// The stored key cannot verify a segment's statement: tell the project's governance.
		UnfitKey,
		/// There is no verifying key with this id.
		UnknownKey,
		/// The verifying key is retired already.
		AlreadyRetired,
		/// A live chain takes no development key.
		DevelopmentKey,
		/// The key cannot be read, or a point is off the curve or out of the subgroup.
		MalformedKey,
		/// A point of the key is the identity or a generator, γ = δ, or an input point repeats.
		DegenerateKey,
		/// The key has not the number of inputs of a segment circuit.
		WrongKeyArity,
		/// The prepared key is longer than what is stored.
		KeyTooLong,
		/// No more key ids.
		TooManyKeys,
	}

	/// What genesis decides.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Verifying keys in order of their ids: circuit and compressed key. A live chain refuses
		/// development keys.
		pub keys: Vec<(GenesisCircuit, Vec<u8>)>,
		/// Ties the config to the runtime.
		#[serde(skip)]
		pub marker: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (circuit, bytes) in &self.keys {
				let Ok(key) = KeyBytes::try_from(bytes.clone()) else {
					panic!("genesis: a verifying key is longer than {MAX_KEY_BYTES} bytes");
				};
				if let Err(e) = Pallet::<T>::do_register_key((*circuit).into(), &key, H256::zero())
				{
					panic!("genesis: a verifying key is refused: {e:?}");
				}
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), frame::try_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Opens an experiment. Origin: a validator's hot key, which pays the deposit.
		///
		/// `blinded` is H(domain, genesis, validator, project, config, salt). Errors and events: those
		/// of [`Config::Experiments`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::start())]
		pub fn start(origin: OriginFor<T>, project: ProjectId, blinded: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			T::Experiments::start(&who, project, blinded)
		}

		/// Takes a start back for a tenth of its deposit, before its reveal deadline. Origin: the
		/// validator's hot key.
		///
		/// Errors and events: those of [`Config::Experiments`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, blinded: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			T::Experiments::cancel(&who, blinded)
		}

		/// Reveals the config of a start and brings the artifact. Origin: the validator's hot key.
		///
		/// A reveal that matches its start but that a rule refuses is no error: it returns the deposit
		/// and an event says why. Errors and events: those of [`Config::Experiments`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::commit(edges.len() as u32))]
		pub fn commit(
			origin: OriginFor<T>,
			project: ProjectId,
			config: ExperimentConfig,
			salt: H256,
			artifact: Artifact,
			edges: Edges,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			T::Experiments::commit(&who, project, config, salt, artifact, edges).map(|_| ())
		}

		/// Proves the evaluation of an experiment. Origin: the hot key of its owner.
		///
		/// `seed` and `key` are the experiment's and its project's, so that a proof made on another
		/// fork is an error and not an offence. Errors: those of [`Config::Experiments`], `WrongSeed`,
		/// `WrongKey`, `KeyRetired`, `NoSegments`, `TooManySegments`, `MalformedClaim`,
		/// `MalformedInput`, `MalformedProof`, `UnfitKey`; then nothing changes. Events: `Proven`, or
		/// `ProofRejected` if a proof doesn't hold; and those of the experiment's conclusion.
		#[pallet::call_index(3)]
		#[pallet::weight({
			let segments = evaluation.segments.len() as u32;
			T::WeightInfo::prove(segments).max(T::WeightInfo::prove_rejected(segments))
		})]
		pub fn prove(
			origin: OriginFor<T>,
			experiment: ExperimentId,
			seed: H256,
			key: KeyId,
			evaluation: Evaluation,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			Self::do_prove(&who, experiment, seed, key, &evaluation)
		}

		/// Registers a verifying key. Origin: governance.
		///
		/// `transcript` is the hash of the setup's transcript. Errors: `DevelopmentKey`,
		/// `MalformedKey`, `DegenerateKey`, `WrongKeyArity`, `KeyTooLong`, `TooManyKeys`. Event:
		/// `VerifyingKeyRegistered`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::register_verifying_key())]
		pub fn register_verifying_key(
			origin: OriginFor<T>,
			circuit: CircuitId,
			key: KeyBytes,
			transcript: H256,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_register_key(circuit, &key, transcript)
		}

		/// Retires a verifying key: no proof is accepted under it from now on. Origin: governance.
		///
		/// Errors: `UnknownKey`, `AlreadyRetired`. Event: `VerifyingKeyRetired`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::retire_verifying_key())]
		pub fn retire_verifying_key(origin: OriginFor<T>, key: KeyId) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_retire_key(key)
		}
	}
}
