//! The runtime API: every query that a user or a worker needs, typed, paged and pinned to a block.

use crate::{
	identity::ValidatorInfo,
	network::NetworkParameters,
	research::{ExperimentInfo, LeaderboardEntry, ProjectInfo, StartInfo},
	AccountId32, Balance, BlockNumber, EpochIndex, ExperimentId, ProjectId, ValidatorId, H256,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Most epochs in one answer of [`WoppalApi::rewards`].
pub const REWARDS_PAGE: u32 = 64;
/// Rows in a page of [`WoppalApi::leaderboard`].
pub const LEADERBOARD_PAGE: u32 = 50;

/// The network and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NetworkInfo {
	/// Hash of block 0.
	pub genesis_hash: H256,
	/// What genesis decided.
	pub parameters: NetworkParameters,
	/// Tokens in existence at genesis, in plancks.
	pub genesis_issuance: Balance,
	/// Tokens minted since, in plancks.
	pub minted: Balance,
	/// Tokens burned since, in plancks.
	pub burned: Balance,
	/// Projects registered: their ids are 0..projects.
	pub projects: ProjectId,
	/// Validators registered so far: their ids are 0..validators.
	pub validators: ValidatorId,
}

/// An epoch and its budget.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EpochInfo {
	/// The epoch's index.
	pub index: EpochIndex,
	/// Its first block.
	pub start: BlockNumber,
	/// First block after it.
	pub end: BlockNumber,
	/// Plancks that it may mint at most.
	pub budget: Balance,
	/// Of these, what the root subnet's validators share.
	pub root_budget: Balance,
	/// Sum of the weights so far.
	pub total_weight: u128,
}

/// What a validator earned in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EpochReward {
	/// The epoch.
	pub epoch: EpochIndex,
	/// Pulses answered.
	pub answered: u32,
	/// Boosts in thousandths.
	pub bonus_milli: u32,
	/// The validator's weight.
	pub weight: u128,
	/// Sum of all weights.
	pub total_weight: u128,
	/// Plancks earned.
	pub reward: Balance,
	/// Whether it was claimed.
	pub claimed: bool,
	/// Whether the epoch is over; rewards of the current epoch are an estimate.
	pub closed: bool,
}

/// A validator's rewards.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Rewards {
	/// Plancks paid out so far, over all time.
	pub claimed: Balance,
	/// Plancks that `claim` would pay now for the epochs listed.
	pub claimable: Balance,
	/// The epochs asked for that have a record.
	pub epochs: Vec<EpochReward>,
}

sp_api::decl_runtime_apis! {
	/// Queries about the network, its validators, their rewards and the research.
	pub trait WoppalApi {
		/// The network and where it is.
		fn network() -> NetworkInfo;
		/// The current epoch.
		fn epoch() -> EpochInfo;
		/// The validator whose cold or hot key this is.
		fn validator_of(account: AccountId32) -> Option<ValidatorId>;
		/// A validator.
		fn validator(id: ValidatorId) -> Option<ValidatorInfo>;
		/// A validator's rewards in `count` epochs (at most [`REWARDS_PAGE`]) from `first` on.
		fn rewards(id: ValidatorId, first: EpochIndex, count: u32) -> Rewards;
		/// A project with its best.
		fn project(id: ProjectId) -> Option<ProjectInfo>;
		/// An experiment with its edges.
		fn experiment(id: ExperimentId) -> Option<ExperimentInfo>;
		/// A validator's starts that wait for their `commit`.
		fn open_starts(id: ValidatorId) -> Vec<StartInfo>;
		/// A validator's experiments that wait for their `prove`.
		fn open_experiments(id: ValidatorId) -> Vec<ExperimentId>;
		/// A page of a project's leaderboard, best first within the page's validators.
		fn leaderboard(project: ProjectId, page: u32) -> Vec<LeaderboardEntry>;
		/// Verifies a proof against a prepared key inside the runtime, without the node's host
		/// function; the answer is a status code, the same as the host function's.
		fn verify_without_host(key: Vec<u8>, proof: Vec<u8>, inputs: Vec<H256>) -> u32;
	}
}
