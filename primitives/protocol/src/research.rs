//! Projects, experiments, configs, edges and boosts (PROTOCOL §5).

use crate::{
	AccountId32, Balance, BlockNumber, ConstU32, ExperimentId, KeyId, ProjectId, SubnetId,
	ValidatorId, H256,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	BoundedVec,
};

/// Most bytes of an artifact that a `commit` carries.
pub const MAX_ARTIFACT_BYTES: u32 = 8 * 1024;
/// Most keys of a config.
pub const MAX_CONFIG_KEYS: u32 = 32;
/// Most edges of an experiment.
pub const MAX_EDGES: u32 = 8;
/// Most segments of a proof, whatever a project allows.
pub const MAX_SEGMENTS: u32 = 64;
/// Most bytes of a name, a unit or a config key.
pub const MAX_NAME_BYTES: u32 = 64;

/// A short text in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_BYTES>>;
/// A config: one integer for each key of the project's schema, in the schema's order.
pub type Config = BoundedVec<i32, ConstU32<MAX_CONFIG_KEYS>>;
/// A config's schema: the keys in order.
pub type ConfigSchema = BoundedVec<ConfigKey, ConstU32<MAX_CONFIG_KEYS>>;
/// The integer model that an experiment made, as it enters the evaluator's memory.
pub type Artifact = BoundedVec<u8, ConstU32<MAX_ARTIFACT_BYTES>>;
/// Edges of an experiment.
pub type Edges = BoundedVec<Edge, ConstU32<MAX_EDGES>>;

/// A named integer parameter of a config.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ConfigKey {
	/// The parameter's name.
	pub name: Name,
	/// Smallest value allowed.
	pub min: i32,
	/// Largest value allowed.
	pub max: i32,
}

/// Whether `config` has one value in range for each key of `schema`.
pub fn fits_schema(config: &[i32], schema: &[ConfigKey]) -> bool {
	config.len() == schema.len()
		&& config.iter().zip(schema).all(|(v, k)| (k.min..=k.max).contains(v))
}

/// How many keys differ between two configs of one schema; `None` if their lengths differ.
pub fn changed_keys(a: &[i32], b: &[i32]) -> Option<u32> {
	if a.len() != b.len() {
		return None;
	}
	u32::try_from(a.iter().zip(b).filter(|(x, y)| x != y).count()).ok()
}

/// Which metric values are better.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Direction {
	/// Smaller values are better.
	LowerIsBetter,
	/// Larger values are better.
	HigherIsBetter,
}

impl Direction {
	/// Whether `a` beats `b` by more than `margin`.
	pub fn beats(self, a: i32, b: i32, margin: u32) -> bool {
		let gain = match self {
			Self::LowerIsBetter => i64::from(b).saturating_sub(i64::from(a)),
			Self::HigherIsBetter => i64::from(a).saturating_sub(i64::from(b)),
		};
		gain > i64::from(margin)
	}

	/// Whether `a` is no worse than `b`.
	pub fn no_worse(self, a: i32, b: i32) -> bool {
		match self {
			Self::LowerIsBetter => a <= b,
			Self::HigherIsBetter => a >= b,
		}
	}
}

/// A segment circuit, by size and by the width of its words.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum CircuitId {
	/// At most 2^16 rows, for tests; words of 32 bits.
	Small,
	/// At most 2^18 rows, for networks; words of 32 bits.
	Standard,
	/// [`CircuitId::Small`] with words of 64 bits, for programs with `i64`.
	SmallWide,
	/// [`CircuitId::Standard`] with words of 64 bits, for programs with `i64`.
	StandardWide,
	/// [`CircuitId::Small`] with a matrix in the artifact.
	SmallMatrix,
	/// [`CircuitId::Standard`] with a matrix in the artifact.
	StandardMatrix,
}

/// What binds a lowered program: anyone can recompute it from the WebAssembly module.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Program {
	/// Poseidon root of the code region.
	pub code: H256,
	/// Poseidon root of the initial data region.
	pub data: H256,
	/// Program counter at the start.
	pub entry_pc: u32,
	/// Frame pointer at the start, in words.
	pub entry_fp: u32,
}

/// How much of an evaluation is proven (only full proofs exist yet).
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProofLevel {
	/// Every segment of the evaluator's trace is proven.
	Execution,
}

/// What a project fixes for good.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ProjectSpec {
	/// The project's name.
	pub name: Name,
	/// The metric's name.
	pub metric: Name,
	/// The metric's unit.
	pub unit: Name,
	/// Which values are better.
	pub direction: Direction,
	/// Blake2-256 of the evaluator's WebAssembly module.
	pub evaluator: H256,
	/// The evaluator, lowered.
	pub program: Program,
	/// The segment circuit that proves it.
	pub circuit: CircuitId,
	/// The verifying key.
	pub key: KeyId,
	/// How much is proven.
	pub level: ProofLevel,
	/// Most steps of an evaluation.
	pub max_steps: u32,
	/// Most segments of an evaluation, 1..=[`MAX_SEGMENTS`].
	pub max_segments: u32,
	/// Held-out symbols that an evaluation draws.
	pub sample_size: u32,
	/// Exact size of an artifact in bytes, at most [`MAX_ARTIFACT_BYTES`], a multiple of 4.
	pub artifact_bytes: u32,
	/// The config's keys.
	pub schema: ConfigSchema,
	/// Metric that an experiment must reach to count as participation.
	pub baseline: i32,
	/// Three standard deviations of the difference of two evaluations.
	pub noise_margin: u32,
	/// Most config keys by which an adopter may differ from what it adopts.
	pub max_changed_keys: u32,
	/// The project that this one replaces.
	pub supersedes: Option<ProjectId>,
}

/// How an experiment relates to another one: information for people and searches.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum EdgeKind {
	/// Builds on it.
	Extends,
	/// Took an idea from it.
	InspiredBy,
	/// Repeats it.
	Tests,
	/// Contradicts it.
	Refutes,
	/// Takes a part of it.
	CherryPicked,
}

/// An edge of the ResearchDAG.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Edge {
	/// What kind of relation.
	pub kind: EdgeKind,
	/// The experiment pointed at.
	pub to: ExperimentId,
}

/// Where an experiment stands.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ExperimentStatus {
	/// Committed, not yet proven.
	Committed,
	/// Proven with this metric.
	Proven {
		/// The metric.
		metric: i32,
	},
	/// Proven to trap: no metric, no boost.
	Trapped,
	/// A proof failed against the matching statement.
	Rejected,
	/// Not proven in time.
	Forfeited,
	/// No evaluation seed came about: void, the deposit returned.
	Void,
}

/// Why a validator got a boost.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum BoostCause {
	/// An experiment was proven, no worse than the declared baseline.
	Proven,
	/// It beat the owner's best (once per project and epoch).
	OwnBest,
	/// It beat the network's best (once per owner, project and epoch).
	NetworkBest,
	/// Another identity adopted the result.
	Adopted,
	/// Another identity adopted the result and it became the network's best.
	AdoptedToBest,
}

impl BoostCause {
	/// The boost in thousandths.
	pub const fn milli(self) -> u32 {
		match self {
			Self::Proven => 100,
			Self::OwnBest => 200,
			Self::NetworkBest | Self::AdoptedToBest => 1_000,
			Self::Adopted => 500,
		}
	}
}

/// Most boost per epoch and owner for [`BoostCause::Proven`], in thousandths.
pub const PROVEN_BOOST_CAP_MILLI: u32 = 500;
/// Most boost of a validator in an epoch, in thousandths.
pub const BOOST_CAP_MILLI: u32 = 10_000;

/// Domain tag of [`blind`].
pub const BLIND_DOMAIN: &[u8] = b"woppal/start/1";
/// Domain tag of [`experiment_id`].
pub const EXPERIMENT_DOMAIN: &[u8] = b"woppal/experiment/1";
/// Domain tag of [`evaluation_seed`].
pub const SEED_DOMAIN: &[u8] = b"woppal/seed/1";

/// What `start` carries: H(domain, genesis, validator, project, config, salt).
pub fn blind(
	genesis: &H256,
	validator: ValidatorId,
	project: ProjectId,
	config: &[i32],
	salt: &H256,
) -> H256 {
	BlakeTwo256::hash_of(&(BLIND_DOMAIN, genesis, validator, project, config, salt))
}

/// An experiment's id: the hash of its content.
pub fn experiment_id(
	genesis: &H256,
	validator: ValidatorId,
	project: ProjectId,
	config: &[i32],
	artifact_root: &H256,
	edges: &[Edge],
) -> ExperimentId {
	BlakeTwo256::hash_of(&(
		EXPERIMENT_DOMAIN,
		genesis,
		validator,
		project,
		config,
		artifact_root,
		edges,
	))
}

/// The evaluation seed of an experiment: the hash of the VRF outputs of the blocks from c + 2 on.
pub fn evaluation_seed(experiment: &ExperimentId, outputs: &[[u8; 32]]) -> H256 {
	BlakeTwo256::hash_of(&(SEED_DOMAIN, experiment, outputs))
}

/// A project as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ProjectInfo {
	/// The project's number.
	pub id: ProjectId,
	/// The subnet whose work it is.
	pub subnet: SubnetId,
	/// What it fixes.
	pub spec: ProjectSpec,
	/// Who gets the creator's share.
	pub creator: Option<AccountId32>,
	/// Best proven experiment and its metric.
	pub best: Option<(ExperimentId, i32)>,
	/// Experiments proven.
	pub proven: u32,
	/// The project that replaced it.
	pub superseded_by: Option<ProjectId>,
}

/// An experiment as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ExperimentInfo {
	/// The experiment's content hash.
	pub id: ExperimentId,
	/// Its project.
	pub project: ProjectId,
	/// Its owner.
	pub validator: ValidatorId,
	/// Its config.
	pub config: Vec<i32>,
	/// The artifact's Poseidon root.
	pub artifact_root: H256,
	/// The artifact.
	pub artifact: Vec<u8>,
	/// Its edges.
	pub edges: Vec<Edge>,
	/// Block of its `start`.
	pub started: BlockNumber,
	/// Block of its `commit`.
	pub committed: BlockNumber,
	/// Block of its `prove`.
	pub proven: Option<BlockNumber>,
	/// The project's best at its `start`.
	pub best_at_start: Option<ExperimentId>,
	/// The evaluation seed, once it is fixed.
	pub seed: Option<H256>,
	/// Last block in which `prove` is accepted, once the seed is fixed.
	pub prove_until: Option<BlockNumber>,
	/// Where it stands.
	pub status: ExperimentStatus,
	/// Experiment whose author it credited with a verified adoption.
	pub adopted: Option<ExperimentId>,
}

/// A start that waits for its `commit`, as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StartInfo {
	/// What `start` carried.
	pub blinded: H256,
	/// Its project.
	pub project: ProjectId,
	/// Block of the `start`.
	pub started: BlockNumber,
	/// Last block in which `commit` is accepted.
	pub commit_until: BlockNumber,
	/// Deposit held in plancks.
	pub deposit: Balance,
}

/// A row of a project's leaderboard.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct LeaderboardEntry {
	/// The validator.
	pub validator: ValidatorId,
	/// Its best metric.
	pub best_metric: i32,
	/// The experiment that reached it.
	pub experiment: ExperimentId,
	/// Experiments it has proven in this project.
	pub proven: u32,
	/// Verified adoptions credited to it in this project.
	pub adoptions: u32,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn beating_needs_more_than_the_margin() {
		let d = Direction::LowerIsBetter;
		assert!(!d.beats(90, 100, 10));
		assert!(d.beats(89, 100, 10));
		assert!(Direction::HigherIsBetter.beats(111, 100, 10));
		assert!(!Direction::HigherIsBetter.beats(110, 100, 10));
		assert!(d.beats(i32::MIN, i32::MAX, u32::MAX - 1));
	}

	#[test]
	fn changed_keys_counts_differences() {
		assert_eq!(changed_keys(&[1, 2, 3], &[1, 0, 4]), Some(2));
		assert_eq!(changed_keys(&[1], &[1, 2]), None);
	}

	#[test]
	fn a_blinded_value_binds_everything() {
		let g = H256::repeat_byte(1);
		let base = blind(&g, 1, 2, &[3], &H256::zero());
		assert_ne!(base, blind(&H256::zero(), 1, 2, &[3], &H256::zero()));
		assert_ne!(base, blind(&g, 2, 2, &[3], &H256::zero()));
		assert_ne!(base, blind(&g, 1, 3, &[3], &H256::zero()));
		assert_ne!(base, blind(&g, 1, 2, &[4], &H256::zero()));
		assert_ne!(base, blind(&g, 1, 2, &[3], &g));
	}
}
