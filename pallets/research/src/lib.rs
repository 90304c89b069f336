//! The ResearchDAG: projects, experiments, boosts and verified adoption.
//!
//! # Overview
//!
//! A project is a research question with a frozen evaluator. A validator opens an experiment with a
//! blinded config (`start`), reveals it with the artifact (`commit`), waits for an evaluation seed
//! that nobody knew before, and proves the metric (`prove`). These calls belong to AGENTCOMMIT; this
//! pallet keeps their rules behind [`Experiments`](woppal_protocol::traits::Experiments). Its own
//! calls register projects and clean up what was not finished in time.
//!
//! # Example
//!
//! `tests/lifecycle.rs` follows an experiment from its start to its metric; `tests/adoption.rs` has two
//! validators build on each other.
//!
//! # Design
//!
//! - **Deposits** are held on the hot key that started, returned when a proof is accepted and burned
//!   when the experiment is rejected or forfeited. Projects registered by governance take none.
//! - **The evaluation seed** is the hash of the VRF outputs of the blocks from c + 2 on, until more
//!   than a third of the authorities (at least 3, or all if fewer) have contributed; an author counts
//!   once, however many blocks it makes, but all outputs up to the last one enter the hash. So one who
//!   withholds its block doesn't know what comes instead: the last contributor's choice is one bit.
//!   Outputs are written to a ring in `on_finalize` and the seed is computed from it when it is asked
//!   for, within [`Config::MaxSeedBlocks`]. If too few contribute within that bound, the experiment is
//!   void and its deposit returned, if that is asked for before the ring has turned (one more prove
//!   period); its artifact and config stay used, because they are public by then.
//! - **An author** is told from another by the number that the runtime gives it, which must stay the same
//!   when the authority set changes: else one author would count twice.
//! - **Bests.** "Beats" means by more than the noise margin, everywhere. Before the first proof the
//!   declared baseline is the one to beat. An improvement within the margin does not move a best, so a
//!   chain of small steps is credited when together they exceed it.
//! - **Adoption** pays the author of the project's best as stored at the adopter's `start`.
//! - **Expired work** is cleaned up by calls that anybody may make; no hook iterates.
//!
//! # Terminology
//!
//! - **Start**: an experiment whose config is still hidden.
//! - **Conclude**: to give an experiment its final status; its deposit is returned or burned then.
//! - **Best**: the proven experiment that others must beat. **Record**: the best metric of a validator,
//!   noise included, for show.
//!
//! # Properties
//!
//! The hold of an account is the sum of its open deposits; a validator has at most
//! [`Config::MaxOpen`] open starts and experiments; experiments are never removed; an artifact counts
//! once per project.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod conclude_impls;
mod experiment_impls;
#[cfg(test)]
mod mock;
mod project_impls;
mod seed_impls;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state_impls;
pub mod types;
mod view_impls;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use woppal_protocol::{Balance, ExperimentId, ProjectId, SubnetId, ValidatorId, H256};

/// What benchmarks need of other pallets.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// The hot key of a registered validator that can pay deposits.
	fn validator() -> AccountId;
	/// A sound project of the greatest size that the circuits allow; its verifying key is registered.
	fn project() -> woppal_protocol::research::ProjectSpec;
}

/// The pallet.
#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[allow(missing_docs, reason = "the fields of events say what they are by name and type")]
#[allow(clippy::large_enum_variant, reason = "a call is decoded once and not kept in numbers")]
#[frame::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame::prelude::*;
	use woppal_protocol::{
		identity::ReputationCause,
		research::{Artifact, BoostCause, ProjectSpec},
		traits::{
			BlockRandomness, BurnLedger, Identities, Network, Offences, ProofSystem, VerifyingKeys,
			WorkLedger,
		},
		BlockNumber, EpochIndex,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet's configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Where deposits are held.
		type Currency: fungible::Inspect<Self::AccountId, Balance = Balance>
			+ fungible::hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// Who registers projects of the root subnet.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Timing and deposits.
		type Network: Network;
		/// Who is who.
		type Identities: Identities<Self::AccountId>;
		/// Where a fabricated experiment is reported.
		type Offences: Offences<Self::AccountId>;
		/// Where boosts and participation are noted.
		type Ledger: WorkLedger;
		/// Where burned deposits are counted.
		type Burns: BurnLedger<Balance>;
		/// VRF output and author of the current block, asked in `on_finalize`: this pallet comes after
		/// BABE in the runtime.
		type Randomness: BlockRandomness;
		/// Which verifying keys can be used.
		type Keys: VerifyingKeys;
		/// The commitment to an artifact.
		type ProofSystem: ProofSystem;
		/// Epochs that a start may wait for its `commit` (default 2).
		#[pallet::constant]
		type RevealPeriod: Get<EpochIndex>;
		/// Epochs from the fixed seed until the last block for `prove` (default 1).
		#[pallet::constant]
		type ProvePeriod: Get<EpochIndex>;
		/// Milliseconds that a prover has at least, whatever the epochs' length: three times the measured
		/// proving time on two cores.
		#[pallet::constant]
		type MinProveMillis: Get<u64>;
		/// Most blocks whose outputs make a seed (default 128).
		#[pallet::constant]
		type MaxSeedBlocks: Get<BlockNumber>;
		/// Most open starts and experiments of a validator (default 8).
		#[pallet::constant]
		type MaxOpen: Get<u32>;
		/// Weights.
		type WeightInfo: WeightInfo;
		/// What benchmarks need of other pallets.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Projects registered: their ids are below this number.
	#[pallet::storage]
	pub type ProjectCount<T> = StorageValue<_, ProjectId, ValueQuery>;

	/// Projects.
	// Our own counter: a fast hash is safe.
	#[pallet::storage]
	pub type Projects<T: Config> =
		StorageMap<_, Twox64Concat, ProjectId, ProjectRecord<T::AccountId>>;

	/// Starts that wait for their `commit`, by validator and blinded value.
	// The blinded value is the user's choice.
	#[pallet::storage]
	pub type Starts<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ValidatorId,
		Blake2_128Concat,
		H256,
		StartRecord<T::AccountId>,
	>;

	/// Experiments by content hash. Append-only.
	// The content is the user's choice.
	#[pallet::storage]
	pub type Experiments<T: Config> =
		StorageMap<_, Blake2_128Concat, ExperimentId, ExperimentRecord<T::AccountId>>;

	/// The artifacts of experiments, apart because hardly anything on chain reads them.
	#[pallet::storage]
	pub type Artifacts<T: Config> = StorageMap<_, Blake2_128Concat, ExperimentId, Artifact>;

	/// The experiment that brought an artifact to a project, by artifact root.
	#[pallet::storage]
	pub type ArtifactSeen<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ProjectId, Blake2_128Concat, H256, ExperimentId>;

	/// Configs that a validator has committed to a project, by hash.
	#[pallet::storage]
	pub type ConfigSeen<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		(ValidatorId, ProjectId),
		Blake2_128Concat,
		H256,
		ExperimentId,
	>;

	/// What a validator has open.
	#[pallet::storage]
	pub type Open<T: Config> =
		StorageMap<_, Twox64Concat, ValidatorId, BoundedVec<OpenEntry, T::MaxOpen>, ValueQuery>;

	/// Where a validator stands in a project.
	#[pallet::storage]
	pub type Standings<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ProjectId,
		Twox64Concat,
		ValidatorId,
		Standing,
		ValueQuery,
	>;

	/// Thousandths of [`BoostCause::Proven`] that a validator got in an epoch.
	#[pallet::storage]
	pub type ProvenBoosts<T: Config> =
		StorageMap<_, Twox64Concat, ValidatorId, EpochCount, ValueQuery>;

	/// Adoptions credited in an epoch, by adopter and author: each halves the next one's credit.
	#[pallet::storage]
	pub type Adoptions<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ValidatorId,
		Twox64Concat,
		ValidatorId,
		EpochCount,
		ValueQuery,
	>;

	/// The ring of VRF outputs: block modulo the ring's length.
	#[pallet::storage]
	pub type Outputs<T: Config> = StorageMap<_, Twox64Concat, BlockNumber, BlockOutput>;

	/// Why the pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit of a start or of an experiment that is not concluded.
		Experiment,
	}

	/// Events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A project was registered.
		ProjectRegistered { project: ProjectId, subnet: SubnetId },
		/// A project was replaced: it takes no new starts.
		ProjectSuperseded { project: ProjectId, by: ProjectId },
		/// An experiment was started; the deposit is held.
		Started {
			validator: ValidatorId,
			project: ProjectId,
			blinded: H256,
			best_at_start: Option<ExperimentId>,
			commit_until: BlockNumber,
		},
		/// A start was taken back: a tenth of the deposit was burned.
		StartCancelled {
			validator: ValidatorId,
			project: ProjectId,
			blinded: H256,
			returned: Balance,
			burned: Balance,
		},
		/// A start was not committed in time: the deposit was burned.
		StartExpired { validator: ValidatorId, project: ProjectId, blinded: H256, burned: Balance },
		/// A reveal matched its start but a rule refuses it: the deposit was returned.
		RevealRefused {
			validator: ValidatorId,
			project: ProjectId,
			blinded: H256,
			reason: RefusalReason,
		},
		/// An experiment was committed.
		Committed {
			experiment: ExperimentId,
			validator: ValidatorId,
			project: ProjectId,
			artifact_root: H256,
		},
		/// An experiment was proven: its metric is final, the deposit was returned.
		ExperimentProven {
			experiment: ExperimentId,
			validator: ValidatorId,
			project: ProjectId,
			metric: i32,
		},
		/// An evaluation was proven to trap: no metric, no boost; the deposit was returned.
		ExperimentTrapped {
			experiment: ExperimentId,
			validator: ValidatorId,
			project: ProjectId,
			cause: u8,
		},
		/// A proof failed against the matching statement: the deposit was burned.
		ExperimentRejected {
			experiment: ExperimentId,
			validator: ValidatorId,
			project: ProjectId,
			burned: Balance,
		},
		/// An experiment was not proven in time: the deposit was burned.
		ExperimentForfeited {
			experiment: ExperimentId,
			validator: ValidatorId,
			project: ProjectId,
			burned: Balance,
		},
		/// No evaluation seed came about, or the verifying key was retired: the deposit was returned.
		ExperimentVoided {
			experiment: ExperimentId,
			validator: ValidatorId,
			project: ProjectId,
			returned: Balance,
		},
		/// A boost was noted; `milli` thousandths are what the epoch's cap left of it.
		Boosted { validator: ValidatorId, experiment: ExperimentId, cause: BoostCause, milli: u32 },
		/// An experiment beat its owner's best.
		NewOwnBest {
			project: ProjectId,
			validator: ValidatorId,
			experiment: ExperimentId,
			metric: i32,
		},
		/// An experiment beat the project's best.
		NewBest {
			project: ProjectId,
			validator: ValidatorId,
			experiment: ExperimentId,
			metric: i32,
		},
		/// A verified adoption: experiment `by` built on `of` and credited its author with
		/// `boost_milli` thousandths, before the epoch's cap.
		Adopted { by: ExperimentId, of: ExperimentId, author: ValidatorId, boost_milli: u32 },
		/// Experiment `by` did not adopt `of`, the project's best at its start.
		NotAdopted { by: ExperimentId, of: ExperimentId, reason: NotAdoptedReason },
	}

	/// Errors.
	#[pallet::error]
	pub enum Error<T> {
		/// The signer is not the hot key of a validator: register one and sign with its hot key.
		NotAValidator,
		/// There is no project with this id.
		UnknownProject,
		/// The project was replaced: start in the one that supersedes it.
		ProjectSuperseded,
		/// The verifying key does not exist, is for another circuit or is retired.
		KeyNotUsable,
		/// The project's segments must be 1 to the protocol's maximum, its steps positive.
		BadProofBounds,
		/// The artifact's size must be positive, whole words, at most 8 KiB, and fit the circuit.
		BadArtifactSize,
		/// The schema needs distinct, non-empty key names with min ≤ max, and at least one key.
		BadSchema,
		/// The schema allows changing no key, so nothing could be adopted.
		BadChangedKeys,
		/// No more project ids.
		TooManyProjects,
		/// This validator already has an open start with this blinded value: take another salt.
		DuplicateStart,
		/// Too many open starts and experiments: prove, cancel or let some expire first.
		TooManyOpen,
		/// The signer cannot pay the deposit: fund its hot key.
		CannotHoldDeposit,
		/// There is no such start: project, config and salt must be those of the blinded value.
		UnknownStart,
		/// The reveal deadline has passed: the start can only expire.
		RevealExpired,
		/// The artifact has not exactly the size that the project fixes.
		WrongArtifactSize,
		/// The artifact cannot be committed to by the project's circuit.
		UnusableArtifact,
		/// An edge names an experiment that does not exist.
		UnknownEdge,
		/// An experiment with the same content exists.
		DuplicateExperiment,
		/// There is no experiment with this id.
		UnknownExperiment,
		/// The experiment belongs to another validator.
		NotOwner,
		/// The experiment is concluded already.
		AlreadyConcluded,
		/// The evaluation seed is not fixed yet: wait for more authorities' blocks.
		SeedNotFixed,
		/// No evaluation seed came about: let the experiment expire to get the deposit back.
		SeedNeverFixed,
		/// The deadline for `prove` has passed.
		ProveExpired,
		/// The deadline has not passed yet.
		NotExpired,
	}

	/// What genesis decides.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Projects of the root subnet, in order of their ids: the SCALE encoding of each
		/// [`ProjectSpec`], and its creator.
		pub projects: Vec<(Vec<u8>, Option<T::AccountId>)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (bytes, creator) in &self.projects {
				let Ok(spec) = <ProjectSpec as codec::DecodeAll>::decode_all(&mut bytes.as_slice())
				else {
					panic!("genesis: a project is not the SCALE encoding of a ProjectSpec");
				};
				// The verifying keys' genesis may be built later, so keys aren't looked at here.
				if let Err(e) = Pallet::<T>::do_register_project(spec, creator.clone()) {
					panic!("genesis: a project is refused: {e:?}");
				}
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			// The work is done in `on_finalize`, when BABE knows the block's output.
			T::WeightInfo::on_finalize()
		}

		fn on_finalize(_now: BlockNumberFor<T>) {
			Self::record_output();
		}

		fn integrity_test() {
			assert!(T::RevealPeriod::get() > 0, "a start needs time for its commit");
			assert!(T::ProvePeriod::get() > 0, "an experiment needs time for its proof");
			assert!(T::MaxSeedBlocks::get() >= 3, "a seed needs three authorities' blocks");
			assert!(T::MaxOpen::get() > 0, "a validator needs an open experiment");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), frame::try_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a project of the root subnet. Origin: governance, hence no deposit.
		///
		/// Replaces the project that `spec.supersedes` names, if it names one.
		///
		/// Errors: `KeyNotUsable`, `BadProofBounds`, `BadArtifactSize`, `BadSchema`, `BadChangedKeys`,
		/// `UnknownProject` and `ProjectSuperseded` (of the one to replace), `TooManyProjects`.
		/// Events: `ProjectRegistered`, `ProjectSuperseded`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_project())]
		pub fn register_project(
			origin: OriginFor<T>,
			spec: ProjectSpec,
			creator: Option<T::AccountId>,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(T::Keys::is_usable(spec.key, spec.circuit), Error::<T>::KeyNotUsable);
			Self::do_register_project(spec, creator)
		}

		/// Cleans up a start whose reveal deadline has passed. Origin: anybody, signed.
		///
		/// The deposit is burned, the validator's reputation falls. Errors: `UnknownStart`,
		/// `NotExpired`. Event: `StartExpired`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::expire_start())]
		pub fn expire_start(
			origin: OriginFor<T>,
			validator: ValidatorId,
			blinded: H256,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_expire_start(validator, blinded)
		}

		/// Cleans up an experiment that was not proven in time. Origin: anybody, signed.
		///
		/// The deposit is burned and the validator's reputation falls; if no evaluation seed came about
		/// or the verifying key was retired, the experiment is void and the deposit returned. Errors:
		/// `UnknownExperiment`, `AlreadyConcluded`, `NotExpired`. Events: `ExperimentForfeited`,
		/// `ExperimentVoided`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::expire_experiment())]
		pub fn expire_experiment(origin: OriginFor<T>, experiment: ExperimentId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_expire_experiment(&experiment)
		}
	}

	impl<T: Config> Pallet<T> {
		/// The current block.
		pub(crate) fn now() -> BlockNumber {
			frame_system::Pallet::<T>::block_number().saturated_into()
		}

		/// The current epoch.
		pub(crate) fn current_epoch() -> EpochIndex {
			T::Network::parameters().timing.epoch_of(Self::now())
		}

		/// Burns a deposit, or what an outer force left of it, and counts it. Returns what was burned.
		pub(crate) fn burn_deposit(who: &T::AccountId, amount: Balance) -> Balance {
			let burned = <T::Currency as fungible::hold::Mutate<_>>::burn_held(
				&HoldReason::Experiment.into(),
				who,
				amount,
				Precision::BestEffort,
				Fortitude::Force,
			)
			.defensive_unwrap_or_default();
			T::Burns::note_burned(burned);
			burned
		}

		/// Returns a deposit. Returns what was returned.
		pub(crate) fn release_deposit(who: &T::AccountId, amount: Balance) -> Balance {
			<T::Currency as fungible::hold::Mutate<_>>::release(
				&HoldReason::Experiment.into(),
				who,
				amount,
				Precision::BestEffort,
			)
			.defensive_unwrap_or_default()
		}

		/// Takes an entry from what a validator has open.
		pub(crate) fn close(validator: ValidatorId, entry: OpenEntry) {
			Open::<T>::mutate_exists(validator, |open| {
				if let Some(list) = open {
					list.retain(|e| *e != entry);
					if list.is_empty() {
						*open = None;
					}
				}
			});
			T::Identities::note_closed(validator);
		}

		/// Burns a forfeited deposit and lowers the owner's reputation. Returns what was burned.
		pub(crate) fn forfeit(
			validator: ValidatorId,
			depositor: &T::AccountId,
			deposit: Balance,
			cause: ReputationCause,
		) -> Balance {
			let burned = Self::burn_deposit(depositor, deposit);
			T::Identities::note_reputation(validator, cause);
			burned
		}
	}
}
