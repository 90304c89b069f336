//! What the pallet stores.

use frame::prelude::*;
use woppal_protocol::{
	research::{Config as ExperimentConfig, Edges, ExperimentStatus, ProjectSpec},
	Balance, BlockNumber, EpochIndex, ExperimentId, ProjectId, SubnetId, ValidatorId, H256,
};

/// A project.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ProjectRecord<AccountId> {
	/// The subnet whose work it is.
	pub subnet: SubnetId,
	/// What it fixes.
	pub spec: ProjectSpec,
	/// Who gets the creator's share.
	pub creator: Option<AccountId>,
	/// The proven experiment to beat, and its metric. Before any, the declared baseline is to beat.
	pub best: Option<(ExperimentId, i32)>,
	/// Experiments proven with a metric.
	pub proven: u32,
	/// The project that replaced it: it takes no new starts.
	pub superseded_by: Option<ProjectId>,
}

/// A start that waits for its `commit`.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StartRecord<AccountId> {
	/// Its project.
	pub project: ProjectId,
	/// Its block.
	pub started: BlockNumber,
	/// Last block in which `commit` and `cancel` are accepted.
	pub commit_until: BlockNumber,
	/// The project's best at that moment: who is credited if it is adopted.
	pub best_at_start: Option<ExperimentId>,
	/// Deposit in plancks.
	pub deposit: Balance,
	/// The account on which the deposit is held: the hot key of that moment.
	pub depositor: AccountId,
}

/// An experiment.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ExperimentRecord<AccountId> {
	/// Its project.
	pub project: ProjectId,
	/// Its owner.
	pub validator: ValidatorId,
	/// The revealed config: a label, unproven but for what the evaluator itself reads.
	pub config: ExperimentConfig,
	/// The artifact's root.
	pub artifact_root: H256,
	/// How it relates to others: information.
	pub edges: Edges,
	/// Block of its `start`.
	pub started: BlockNumber,
	/// Block of its `commit`.
	pub committed: BlockNumber,
	/// Block in which a proof was accepted.
	pub proven: Option<BlockNumber>,
	/// The project's best at its `start`.
	pub best_at_start: Option<ExperimentId>,
	/// The evaluation seed, kept once a proof was judged against it.
	pub seed: Option<H256>,
	/// Where it stands.
	pub status: ExperimentStatus,
	/// The experiment whose author it credited with a verified adoption.
	pub adopted: Option<ExperimentId>,
	/// Deposit in plancks, held while the status is `Committed`.
	pub deposit: Balance,
	/// The account on which the deposit is held.
	pub depositor: AccountId,
}

/// A validator in a project.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Standing {
	/// The experiment to beat for the boost "beats the owner's best". Before any, the declared
	/// baseline is to beat.
	pub best: Option<(ExperimentId, i32)>,
	/// The experiment with the best metric of all, noise included: what a leaderboard shows.
	pub record: Option<(ExperimentId, i32)>,
	/// Experiments proven with a metric.
	pub proven: u32,
	/// Verified adoptions credited to it.
	pub adoptions: u32,
	/// Last epoch with the boost "beats the owner's best".
	pub own_best_epoch: Option<EpochIndex>,
	/// Last epoch with the boost "beats the network's best".
	pub network_best_epoch: Option<EpochIndex>,
}

/// Something of a validator that is not concluded.
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
pub enum OpenEntry {
	/// A start, by its blinded value.
	Start(H256),
	/// A committed experiment.
	Experiment(ExperimentId),
}

/// The VRF output of one block.
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
pub struct BlockOutput {
	/// The block.
	pub block: BlockNumber,
	/// A number for its author, the same in every set.
	pub author: u32,
	/// Size of the authority set.
	pub authorities: u32,
	/// The output.
	pub output: [u8; 32],
}

/// A count that starts anew with each epoch.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct EpochCount {
	/// The epoch that the count belongs to.
	pub epoch: EpochIndex,
	/// The count.
	pub count: u32,
}

impl EpochCount {
	/// The count in `epoch`: 0 if it was written in another one.
	pub fn in_epoch(&self, epoch: EpochIndex) -> u32 {
		if self.epoch == epoch {
			self.count
		} else {
			0
		}
	}
}

/// Whether an experiment's evaluation seed is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedState {
	/// Too few authorities have contributed yet.
	Pending,
	/// It is fixed.
	Fixed {
		/// The seed.
		seed: H256,
		/// Last block in which `prove` is accepted.
		prove_until: BlockNumber,
	},
	/// Too few authorities contributed within the bound: there will be none.
	Never,
	/// Its outputs have left the ring, long after every deadline that it could have had.
	Lost,
}

/// Why a reveal that matches its start is refused.
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
pub enum RefusalReason {
	/// The config has not one value in range for each key of the schema.
	OutsideSchema,
	/// The owner has committed this config to this project before.
	ConfigNotNew,
	/// Somebody has committed this artifact to this project before.
	ArtifactSeen,
}

/// Why an experiment whose project had a best at its `start` did not adopt it.
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
pub enum NotAdoptedReason {
	/// The configs differ in more keys than the project allows.
	TooManyChangedKeys,
	/// The metric does not beat it by more than the noise margin.
	WithinNoise,
	/// The two owners share an account, or are one.
	SameOwner,
	/// The author is no validator any more.
	AuthorGone,
}
