//! What the runtime API shows of epochs and rewards.

use crate::{Claimed, Config, Pallet};
use alloc::vec::Vec;
use woppal_protocol::{
	api::{EpochInfo, EpochReward, Rewards, REWARDS_PAGE},
	emission, Balance, EpochIndex, ValidatorId,
};

impl<T: Config> Pallet<T> {
	/// The current epoch with its budget, its pot and the total weight so far.
	pub fn epoch_info() -> EpochInfo {
		let timing = Self::timing();
		let index = Self::current_epoch();
		let budget = emission::epoch_budget(&timing, index);
		EpochInfo {
			index,
			start: timing.epoch_start(index),
			end: timing.epoch_end(index),
			budget,
			root_budget: emission::root_budget(budget),
			author_budget: emission::author_budget(budget),
			pot: Self::open_pot(index),
			total_weight: Self::epoch_total(index).total_weight,
		}
	}

	/// A validator's rewards in `count` epochs (at most [`REWARDS_PAGE`]) from `first` on. Epochs
	/// without a record and expired ones are left out; the current epoch's reward is an estimate.
	pub fn rewards(validator: ValidatorId, first: EpochIndex, count: u32) -> Rewards {
		let current = Self::current_epoch();
		let end = first.saturating_add(count.min(REWARDS_PAGE));
		let epochs: Vec<EpochReward> = (first..end)
			.filter(|epoch| !Self::is_expired(*epoch, current))
			.filter_map(|epoch| Self::epoch_reward(validator, epoch, current))
			.collect();
		let claimable = epochs
			.iter()
			.filter(|epoch| epoch.closed && !epoch.claimed)
			.map(|epoch| epoch.owner_part.saturating_add(epoch.delegate_part))
			.fold(0, |sum: Balance, part| sum.saturating_add(part));
		Rewards { claimed: Claimed::<T>::get(validator), claimable, epochs }
	}

	/// A validator's reward in one epoch, if it has a record.
	fn epoch_reward(
		validator: ValidatorId,
		epoch: EpochIndex,
		current: EpochIndex,
	) -> Option<EpochReward> {
		let record = Self::record(validator, epoch)?;
		let total = Self::epoch_total(epoch);
		let earned = Self::earned(&record, &total);
		let due = Self::due(&record, &earned);
		Some(EpochReward {
			epoch,
			answered: record.answered,
			blocks: record.blocks,
			bonus_milli: record.bonus_milli,
			weight: record.weight(),
			total_weight: total.total_weight,
			reward: earned.sum(),
			author_pay: earned.by_blocks,
			pot_part: earned.from_pot,
			delegators_part: due.delegators(),
			owner_part: due.minted.owner.saturating_add(due.from_pot.owner),
			delegate_part: due.minted.delegate.saturating_add(due.from_pot.delegate),
			claimed: record.owner.paid,
			collected: record.delegators.paid,
			closed: epoch < current,
		})
	}
}
