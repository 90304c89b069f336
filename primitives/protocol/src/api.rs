//! The runtime API: every query that a user or a worker needs, typed, paged and pinned to a block.

use crate::{
	gate::AuthoritiesInfo,
	identity::{Ramp, ValidatorInfo},
	network::NetworkParameters,
	research::{ExperimentInfo, LeaderboardEntry, ProjectInfo, StartInfo},
	stake::{PoolId, PoolInfo, StakePosition, StakePositions},
	AccountId32, Balance, BlockNumber, EpochIndex, ExperimentId, ProjectId, ValidatorId, H256,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

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
	/// Of these, what the root subnet's validators share by weight.
	pub root_budget: Balance,
	/// Of these, what the authors of its blocks share: for each block its part, if a validator made
	/// it.
	pub author_budget: Balance,
	/// Plancks of fees that the validators would share besides if the epoch ended now.
	pub pot: Balance,
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
	/// Blocks authored.
	pub blocks: u32,
	/// Boosts in thousandths.
	pub bonus_milli: u32,
	/// The validator's weight.
	pub weight: u128,
	/// Sum of all weights.
	pub total_weight: u128,
	/// Plancks earned in all: by weight, by blocks and of the pot. The three parts below sum to it,
	/// but for what slashes cut.
	pub reward: Balance,
	/// Plancks of `reward` for blocks.
	pub author_pay: Balance,
	/// Plancks of `reward` from the pot.
	pub pot_part: Balance,
	/// Plancks for the delegators' pool.
	pub delegators_part: Balance,
	/// Plancks for the cold key.
	pub owner_part: Balance,
	/// Plancks for the delegate's destination; the cold key gets them if there is none or if it
	/// cannot receive them.
	pub delegate_part: Balance,
	/// Whether the owner's and the delegate's parts were paid. `claim` pays them if their sum is
	/// not 0.
	pub claimed: bool,
	/// Whether the delegators' part was paid.
	pub collected: bool,
	/// Whether the epoch is over; rewards of the current epoch are an estimate.
	pub closed: bool,
}

/// A validator's rewards.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Rewards {
	/// Plancks that claims paid to owner and delegate so far, over all time.
	pub claimed: Balance,
	/// Plancks that `claim` would pay to them now for the epochs listed.
	pub claimable: Balance,
	/// The epochs asked for that have a record.
	pub epochs: Vec<EpochReward>,
}

/// A validator's presence, as if it were settled now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PresenceInfo {
	/// Pulses of the current epoch that it answered.
	pub answered: u32,
	/// Its place on the liveness ramp in the current epoch.
	pub ramp: Ramp,
	/// Epochs missed in a row up to the current one, which is not judged.
	pub missed: EpochIndex,
	/// Missed epochs that are not settled yet: what `settle_absence` would settle.
	pub unsettled: EpochIndex,
}

/// A validator's offences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OffenceInfo {
	/// Offences so far.
	pub offences: u32,
	/// What offences of the current epoch took of the stake so far; at most half.
	pub slashed_rate: Perbill,
	/// The same in plancks, own and delegated.
	pub slashed: Balance,
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
		/// A validator's presence; `None` if it never sent a heartbeat.
		fn presence(id: ValidatorId) -> Option<PresenceInfo>;
		/// A validator's offences and what they took in this epoch.
		fn offences(id: ValidatorId) -> OffenceInfo;
		/// All stake of an account: bond, delegations, what unbonds with the blocks left.
		fn stake(account: AccountId32) -> StakePositions;
		/// A pool.
		fn pool(id: PoolId) -> PoolInfo;
		/// Up to 100 delegators of a pool with their positions, those after `after`.
		fn delegators(id: PoolId, after: Option<AccountId32>) -> Vec<(AccountId32, StakePosition)>;
		/// Shares that a deposit of so many plancks would get at the last settled price.
		fn quote_deposit(id: PoolId, amount: Balance) -> Option<u128>;
		/// Plancks that so many shares would give at the last settled price.
		fn quote_redeem(id: PoolId, shares: u128) -> Balance;
		/// The current and the next authority set, and every candidate with the reason why it is not in.
		fn authorities() -> AuthoritiesInfo;
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
		/// Verifies a batch of proofs (encoded as for the host function) inside the runtime: a status
		/// code for each, or nothing if it is no batch.
		fn verify_batch_without_host(key: Vec<u8>, batch: Vec<u8>) -> Option<Vec<u8>>;
	}
}
