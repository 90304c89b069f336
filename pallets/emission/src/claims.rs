//! Rewards: what a validator earned, and the claim that mints it.

use crate::{
	types::{EpochTotal, Payments, Record, MAX_CLAIM_EPOCHS},
	Claimed, Config, Error, Event, Minted, Pallet, Records, WeightInfo,
};
use alloc::vec::Vec;
use frame::{
	arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding},
	prelude::*,
	traits::fungible::Mutate,
};
use woppal_protocol::{
	api::{EpochInfo, EpochReward, Rewards, REWARDS_PAGE},
	emission,
	traits::Identities,
	Balance, EpochIndex, ValidatorId,
};

/// `budget · weight / total_weight`, rounded down; the product is 256 bits wide. What rounding leaves
/// is never minted.
pub(crate) fn share(budget: Balance, weight: u128, total_weight: u128) -> Balance {
	if weight == 0 || total_weight == 0 {
		return 0;
	}
	// A part of a whole fits: the quotient is at most the budget.
	multiply_by_rational_with_rounding(
		budget,
		weight.min(total_weight),
		total_weight,
		Rounding::Down,
	)
	.unwrap_or(0)
}

impl<T: Config> Pallet<T> {
	/// Whether a closed epoch is too old to be claimed.
	pub(crate) fn is_expired(epoch: EpochIndex, current: EpochIndex) -> bool {
		current.saturating_sub(epoch) > T::ClaimEpochs::get()
	}

	/// What an epoch's budget, fixed or as it stands, gives a record.
	fn reward(record: &Record, total: &EpochTotal) -> Balance {
		let budget =
			total.budget.unwrap_or_else(|| emission::epoch_budget(&Self::timing(), total.epoch));
		share(emission::root_budget(budget), record.weight(), total.total_weight)
	}

	/// The logic of [`claim`](Pallet::claim). Returns how many epochs were paid.
	pub(crate) fn do_claim(
		validator: ValidatorId,
		first: EpochIndex,
		count: u32,
	) -> Result<u32, DispatchError> {
		ensure!(count <= MAX_CLAIM_EPOCHS, Error::<T>::TooManyEpochs);
		let account =
			T::Identities::owner_group(validator).ok_or(Error::<T>::UnknownValidator)?.cold;
		let current = Self::current_epoch();
		let end = first
			.checked_add(count)
			.filter(|end| *end <= current)
			.ok_or(Error::<T>::EpochNotClosed)?;
		let last = end.saturating_sub(1);
		ensure!(!Self::is_expired(last, current), Error::<T>::EpochsExpired);

		let mut payments = Payments::new();
		let mut amount: Balance = 0;
		for epoch in (first..end).filter(|epoch| !Self::is_expired(*epoch, current)) {
			let Some(record) = Self::record(validator, epoch).filter(|record| !record.claimed)
			else {
				continue;
			};
			let reward = Self::reward(&record, &Self::epoch_total(epoch));
			if reward > 0 {
				amount = amount.checked_add(reward).ok_or(ArithmeticError::Overflow)?;
				payments.try_push((epoch, reward)).map_err(|_| Error::<T>::TooManyEpochs)?;
			}
		}
		ensure!(amount > 0, Error::<T>::NothingToClaim);
		Self::pay(validator, account, payments, amount)
	}

	/// Mints a claim's rewards and marks its epochs as paid.
	fn pay(
		validator: ValidatorId,
		account: T::AccountId,
		payments: Payments,
		amount: Balance,
	) -> Result<u32, DispatchError> {
		let minted = Minted::<T>::get().checked_add(amount).ok_or(ArithmeticError::Overflow)?;
		T::Currency::mint_into(&account, amount)?;
		Minted::<T>::put(minted);
		Claimed::<T>::mutate(validator, |sum| *sum = sum.saturating_add(amount));
		for (epoch, _) in &payments {
			Records::<T>::mutate(validator, Self::slot(*epoch), |record| {
				if let Some(record) = record {
					record.claimed = true;
				}
			});
		}
		let paid = payments.len().saturated_into::<u32>();
		Self::deposit_event(Event::RewardsClaimed { validator, account, payments, amount });
		Ok(paid)
	}

	/// Weight of a claim that named `count` epochs and paid `paid` of them: an epoch that paid nothing
	/// cost the reads of its record and its total.
	pub(crate) fn claim_weight(count: u32, paid: u32) -> Weight {
		let unpaid = u64::from(count.saturating_sub(paid)).saturating_mul(2);
		T::WeightInfo::claim(paid).saturating_add(T::DbWeight::get().reads(unpaid))
	}

	/// The current epoch with its budget and the total weight so far.
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
			total_weight: Self::epoch_total(index).total_weight,
		}
	}

	/// A validator's rewards in `count` epochs (at most [`REWARDS_PAGE`]) from `first` on. Epochs without
	/// a record and expired ones are left out; the current epoch's reward is an estimate.
	pub fn rewards(validator: ValidatorId, first: EpochIndex, count: u32) -> Rewards {
		let current = Self::current_epoch();
		let end = first.saturating_add(count.min(REWARDS_PAGE));
		let mut epochs = Vec::new();
		let mut claimable: Balance = 0;
		for epoch in (first..end).filter(|epoch| !Self::is_expired(*epoch, current)) {
			let Some(record) = Self::record(validator, epoch) else {
				continue;
			};
			let total = Self::epoch_total(epoch);
			let reward = Self::reward(&record, &total);
			let closed = epoch < current;
			if closed && !record.claimed {
				claimable = claimable.saturating_add(reward);
			}
			epochs.push(EpochReward {
				epoch,
				answered: record.answered,
				bonus_milli: record.bonus_milli,
				weight: record.weight(),
				total_weight: total.total_weight,
				reward,
				claimed: record.claimed,
				closed,
			});
		}
		Rewards { claimed: Claimed::<T>::get(validator), claimable, epochs }
	}
}
