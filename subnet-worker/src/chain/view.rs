//! What the loop decides on: the chain at one block, from this worker's point of view.

use woppal_protocol::{
	api::{EpochReward, Rewards},
	identity::{NodeInfo, Role, ValidatorInfo},
	network::NetworkParameters,
	research::{ExperimentInfo, ProjectInfo, StartInfo},
	stake::PoolInfo,
	AccountId32, Balance, BlockNumber, EpochIndex, H256, ROOT_SUBNET,
};

/// Most epochs in one `claim`.
pub const CLAIM_EPOCHS: u32 = 16;

/// Epochs that can be claimed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimRange {
	/// The first epoch.
	pub first: EpochIndex,
	/// How many, at most [`CLAIM_EPOCHS`].
	pub count: u32,
	/// Plancks that they pay to the owner and its delegate.
	pub amount: Balance,
}

/// Plancks that a claim of this epoch would pay.
fn payable(e: &EpochReward) -> Balance {
	if e.closed && !e.claimed {
		e.owner_part.saturating_add(e.delegate_part)
	} else {
		0
	}
}

impl ClaimRange {
	/// The first range in which something is closed, unclaimed and worth claiming.
	pub fn first_of(rewards: &Rewards) -> Option<Self> {
		let open = |e: &&EpochReward| payable(e) > 0;
		let first = rewards.epochs.iter().filter(open).map(|e| e.epoch).min()?;
		let end = first.saturating_add(CLAIM_EPOCHS);
		let within: Vec<_> = rewards.epochs.iter().filter(open).filter(|e| e.epoch < end).collect();
		let last = within.iter().map(|e| e.epoch).max()?;
		let amount = within.iter().fold(0, |sum: Balance, e| sum.saturating_add(payable(e)));
		Some(Self { first, count: last.saturating_sub(first).saturating_add(1), amount })
	}
}

/// The chain at one block.
#[derive(Clone, Debug)]
pub struct View {
	/// The block's height.
	pub block: BlockNumber,
	/// Height of the last finalised block.
	pub finalized: BlockNumber,
	/// Hash of block 0.
	pub genesis: H256,
	/// What genesis decided.
	pub parameters: NetworkParameters,
	/// The hot key's account.
	pub hot: AccountId32,
	/// Free plancks of the hot key.
	pub hot_free: Balance,
	/// Free plancks of the cold key, if its account is known.
	pub cold_free: Option<Balance>,
	/// The validator whose key (hot, or by mistake cold) the hot key is.
	pub validator: Option<ValidatorInfo>,
	/// The project.
	pub project: ProjectInfo,
	/// Blake2-256 of its verifying key.
	pub key_hash: Option<H256>,
	/// Its best experiment.
	pub best: Option<ExperimentInfo>,
	/// Our starts that wait for their `commit`.
	pub open_starts: Vec<StartInfo>,
	/// Our experiments that wait for their `prove`.
	pub open_experiments: Vec<ExperimentInfo>,
	/// The experiment that was asked for.
	pub current: Option<ExperimentInfo>,
	/// What can be claimed.
	pub claimable: Option<ClaimRange>,
	/// The validator's pool.
	pub pool: Option<PoolInfo>,
}

impl View {
	/// The current epoch.
	pub fn epoch(&self) -> EpochIndex {
		self.parameters.timing.epoch_of(self.block)
	}

	/// Bond that a miner needs to earn, in plancks.
	pub fn miner_bond(&self) -> Balance {
		Role::Miner.required_bond(self.parameters.deposits.bond)
	}

	/// The validator's node in the root subnet with this peer id.
	pub fn node(&self, peer_id: &[u8]) -> Option<&NodeInfo> {
		let nodes = &self.validator.as_ref()?.nodes;
		nodes.iter().find(|node| node.subnet == ROOT_SUBNET && node.peer_id == peer_id)
	}

	/// Closed epochs for which the validator's delegators were not paid.
	pub fn unsettled_epochs(&self) -> EpochIndex {
		let stake = |pool: &&PoolInfo| pool.shares > 0 || pool.pending > 0;
		let pool = self.pool.as_ref().filter(stake);
		pool.map_or(0, |pool| self.epoch().saturating_sub(pool.next_epoch))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	fn epoch(epoch: EpochIndex, reward: Balance, claimed: bool, closed: bool) -> EpochReward {
		EpochReward {
			epoch,
			answered: 1,
			blocks: 0,
			bonus_milli: 0,
			weight: 1,
			total_weight: 1,
			// The delegators' part is not the claim's.
			reward: reward.saturating_add(9),
			author_pay: 0,
			pot_part: 0,
			delegators_part: 9,
			owner_part: reward.div_ceil(2),
			delegate_part: reward / 2,
			claimed,
			collected: false,
			closed,
		}
	}

	fn rewards(epochs: Vec<EpochReward>) -> Rewards {
		Rewards { claimed: 0, claimable: 0, epochs }
	}

	#[test]
	fn only_closed_unclaimed_paying_epochs_are_claimed() {
		let r = rewards(vec![
			epoch(1, 5, true, true),
			epoch(2, 0, false, true),
			epoch(3, 7, false, true),
			epoch(5, 1, false, true),
			epoch(6, 9, false, false),
		]);
		assert_eq!(ClaimRange::first_of(&r), Some(ClaimRange { first: 3, count: 3, amount: 8 }));
		assert_eq!(ClaimRange::first_of(&rewards(vec![])), None);
	}

	proptest! {
		#[test]
		fn a_range_is_bounded_and_pays_what_it_says(
			list in proptest::collection::vec((0u128..5, any::<bool>(), any::<bool>()), 0..60)
		) {
			let r = rewards(
				list.iter().enumerate()
					.map(|(i, (reward, claimed, closed))| epoch(i as u32, *reward, *claimed, *closed))
					.collect(),
			);
			if let Some(range) = ClaimRange::first_of(&r) {
				prop_assert!(range.count >= 1 && range.count <= CLAIM_EPOCHS);
				let paid: u128 = r.epochs.iter()
					.filter(|e| e.epoch >= range.first && e.epoch < range.first + range.count)
					.filter(|e| e.closed && !e.claimed).map(|e| e.owner_part + e.delegate_part).sum();
				prop_assert_eq!(paid, range.amount);
			} else {
				prop_assert!(r.epochs.iter().all(|e| !e.closed || e.claimed || e.owner_part == 0));
			}
		}
	}
}
