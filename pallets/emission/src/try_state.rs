//! The ledger's invariants.

use crate::{
	claims::share,
	types::{EpochTotal, Record},
	Burned, Claimed, Config, EpochTotals, GenesisIssuance, Minted, Pallet, Records,
};
use alloc::collections::BTreeMap;
use frame::{deps::sp_runtime::TryRuntimeError, prelude::*};
use woppal_protocol::{
	emission,
	research::{BOOST_CAP_MILLI, PROVEN_BOOST_CAP_MILLI},
	Balance, EpochIndex,
};

/// What the records of one epoch add up to.
#[derive(Default)]
struct Sums {
	weight: u128,
	/// Plancks paid and payable.
	rewards: Balance,
}

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants:
	///
	/// - `issuance == genesis + minted − burned`, and no more was paid to validators than was minted;
	/// - the current epoch's total is the sum of its records' weights, and a closed epoch's total is at
	///   least that (records of exited validators are gone);
	/// - an epoch's rewards, paid or not, are within its root budget;
	/// - records and totals lie in their slots and are within their caps; budgets are the schedule's.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_issuance()?;
		let current = Self::current_epoch();
		let mut sums = BTreeMap::<EpochIndex, Sums>::new();
		for (_, slot, record) in Records::<T>::iter() {
			Self::check_record(slot, &record, current)?;
			if Self::is_expired(record.epoch, current) {
				continue;
			}
			let total = Self::epoch_total(record.epoch);
			let sum = sums.entry(record.epoch).or_default();
			sum.weight = sum.weight.checked_add(record.weight()).ok_or("a total overflows")?;
			let budget =
				emission::root_budget(emission::epoch_budget(&Self::timing(), record.epoch));
			let reward = share(budget, record.weight(), total.total_weight);
			sum.rewards = sum.rewards.checked_add(reward).ok_or("an epoch's rewards overflow")?;
		}
		for (slot, total) in EpochTotals::<T>::iter() {
			Self::check_total(slot, &total, current)?;
		}
		for (epoch, sum) in &sums {
			let total = Self::epoch_total(*epoch);
			ensure!(sum.weight <= total.total_weight, "records weigh more than their epoch");
			let budget = emission::root_budget(emission::epoch_budget(&Self::timing(), *epoch));
			ensure!(sum.rewards <= budget, "an epoch's rewards exceed its budget");
		}
		let weighed = sums.get(&current).map_or(0, |sum| sum.weight);
		ensure!(
			Self::epoch_total(current).total_weight == weighed,
			"the current total is not the sum of the weights"
		);
		Ok(())
	}

	fn check_issuance() -> Result<(), TryRuntimeError> {
		let expected = GenesisIssuance::<T>::get()
			.checked_add(Minted::<T>::get())
			.and_then(|sum| sum.checked_sub(Burned::<T>::get()))
			.ok_or("burned more than ever existed")?;
		ensure!(
			<T::Currency as fungible::Inspect<_>>::total_issuance() == expected,
			"issuance is not genesis + minted − burned"
		);
		let mut claimed: Balance = 0;
		for (_, amount) in Claimed::<T>::iter() {
			claimed = claimed.checked_add(amount).ok_or("claims overflow")?;
		}
		ensure!(claimed <= Minted::<T>::get(), "more was claimed than minted");
		Ok(())
	}

	fn check_record(
		slot: u32,
		record: &Record,
		current: EpochIndex,
	) -> Result<(), TryRuntimeError> {
		ensure!(slot == Self::slot(record.epoch), "a record lies in a wrong slot");
		ensure!(record.epoch <= current, "a record is of a future epoch");
		ensure!(record.bonus_milli <= BOOST_CAP_MILLI, "a record's boosts exceed the cap");
		ensure!(
			record.proven_milli <= PROVEN_BOOST_CAP_MILLI.min(record.bonus_milli),
			"a record's boosts for proofs exceed their cap"
		);
		ensure!(!record.claimed || record.epoch < current, "an open epoch was paid");
		Ok(())
	}

	fn check_total(
		slot: u32,
		total: &EpochTotal,
		current: EpochIndex,
	) -> Result<(), TryRuntimeError> {
		ensure!(slot == Self::slot(total.epoch), "a total lies in a wrong slot");
		ensure!(total.epoch <= current, "a total is of a future epoch");
		let expected =
			(total.epoch < current).then(|| emission::epoch_budget(&Self::timing(), total.epoch));
		ensure!(total.budget == expected, "an epoch's budget is not the schedule's");
		Ok(())
	}
}
