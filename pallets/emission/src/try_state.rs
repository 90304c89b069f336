//! The ledger's invariants.

use crate::{
	types::{EpochTotal, Record},
	Burned, Config, EpochTotals, GenesisIssuance, Minted, Pallet, PotIncoming, Records,
};
use alloc::collections::BTreeMap;
use frame::{deps::sp_runtime::TryRuntimeError, prelude::*};
use woppal_protocol::{
	emission,
	research::{BOOST_CAP_MILLI, PROVEN_BOOST_CAP_MILLI},
	Balance, BlockNumber, EpochIndex,
};

/// What the records of one epoch add up to. All but weight and blocks are plancks.
#[derive(Default)]
struct Sums {
	weight: u128,
	blocks: u32,
	by_weight: Balance,
	by_blocks: Balance,
	from_pot: Balance,
	/// Minted for parts that were paid.
	minted: Balance,
	/// Paid and not yet paid of the pot, after cuts.
	pot_paid: Balance,
	pot_unpaid: Balance,
}

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants:
	///
	/// - `issuance == genesis + minted − burned`, and no more was paid to validators than was
	///   minted;
	/// - the pot's account holds the minimum balance, the incoming fees and what the pots have
	///   left;
	/// - the current epoch's total is the sum of its records' weights, and a closed epoch's total
	///   is at least that (records of exited validators are gone); the same for blocks, which are
	///   no more than the epoch has;
	/// - an epoch's rewards, paid or not, are within its root budget, its authors' budget and its
	///   pot, each by itself, and its pot has left what is unpaid of it;
	/// - records and totals lie in their slots and are within their caps; budgets are the
	///   schedule's.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let current = Self::current_epoch();
		let mut sums = BTreeMap::<EpochIndex, Sums>::new();
		for (_, slot, record) in Records::<T>::iter() {
			Self::check_record(slot, &record, current)?;
			if !Self::is_expired(record.epoch, current) {
				Self::add_record(sums.entry(record.epoch).or_default(), &record)?;
			}
		}
		let mut minted: Balance = 0;
		for (epoch, sum) in &sums {
			Self::check_sums(*epoch, sum)?;
			minted = minted.checked_add(sum.minted).ok_or("payments overflow")?;
		}
		ensure!(minted <= Minted::<T>::get(), "more was paid than minted");
		let weighed = sums.get(&current).map_or(0, |sum| sum.weight);
		ensure!(
			Self::epoch_total(current).total_weight == weighed,
			"the current total is not the sum of the weights"
		);
		Self::check_totals(current)?;
		Self::check_issuance()
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
		Ok(())
	}

	/// Checks the totals by themselves, and that the pot's account holds what they and the incoming
	/// fees say.
	fn check_totals(current: EpochIndex) -> Result<(), TryRuntimeError> {
		let mut held = PotIncoming::<T>::get();
		for (slot, total) in EpochTotals::<T>::iter() {
			Self::check_total(slot, &total, current)?;
			held = held.checked_add(total.pot_left).ok_or("pots overflow")?;
		}
		let balance = <T::Currency as fungible::Inspect<_>>::balance(&Self::pot_account());
		let minimum = <T::Currency as fungible::Inspect<_>>::minimum_balance();
		ensure!(
			held.checked_add(minimum).is_some_and(|held| balance >= held),
			"the pot's account does not hold what the pots have left"
		);
		Ok(())
	}

	fn add_record(sum: &mut Sums, record: &Record) -> Result<(), TryRuntimeError> {
		let add = |sum: &mut Balance, part: Balance| {
			*sum = sum.checked_add(part).ok_or("an epoch's rewards overflow")?;
			Ok::<_, TryRuntimeError>(())
		};
		let earned = Self::earned(record, &Self::epoch_total(record.epoch));
		let due = Self::due(record, &earned);
		add(&mut sum.weight, record.weight())?;
		sum.blocks = sum.blocks.checked_add(record.blocks).ok_or("blocks overflow")?;
		add(&mut sum.by_weight, earned.by_weight)?;
		add(&mut sum.by_blocks, earned.by_blocks)?;
		add(&mut sum.from_pot, earned.from_pot)?;
		for (part, minted, from_pot) in [
			(record.owner, due.minted.claimed(), due.from_pot.claimed()),
			(record.delegators, due.minted.delegators, due.from_pot.delegators),
		] {
			if part.paid {
				add(&mut sum.minted, minted)?;
				add(&mut sum.pot_paid, from_pot)?;
			} else {
				add(&mut sum.pot_unpaid, from_pot)?;
			}
		}
		Ok(())
	}

	fn check_sums(epoch: EpochIndex, sum: &Sums) -> Result<(), TryRuntimeError> {
		let total = Self::epoch_total(epoch);
		let budget = emission::epoch_budget(&Self::timing(), epoch);
		ensure!(sum.weight <= total.total_weight, "records weigh more than their epoch");
		ensure!(sum.blocks <= total.blocks, "records have more blocks than their epoch");
		ensure!(
			sum.by_weight <= emission::root_budget(budget),
			"an epoch's rewards exceed its budget"
		);
		ensure!(
			sum.by_blocks <= emission::author_budget(budget),
			"an epoch's authors get more than their budget"
		);
		if total.budget.is_some() {
			ensure!(sum.from_pot <= total.pot, "an epoch's fees exceed its pot");
			ensure!(sum.pot_unpaid <= total.pot_left, "a pot cannot pay what is due");
			ensure!(
				sum.pot_paid <= total.pot.saturating_sub(total.pot_left),
				"a pot paid more than it booked"
			);
		}
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
		let paid = record.owner.paid || record.delegators.paid;
		ensure!(!paid || record.epoch < current, "an open epoch was paid");
		Ok(())
	}

	fn check_total(
		slot: u32,
		total: &EpochTotal,
		current: EpochIndex,
	) -> Result<(), TryRuntimeError> {
		let timing = Self::timing();
		ensure!(slot == Self::slot(total.epoch), "a total lies in a wrong slot");
		ensure!(total.epoch <= current, "a total is of a future epoch");
		let expected =
			(total.epoch < current).then(|| emission::epoch_budget(&timing, total.epoch));
		ensure!(total.budget == expected, "an epoch's budget is not the schedule's");
		let block = frame_system::Pallet::<T>::block_number().saturated_into::<BlockNumber>();
		let passed = block.saturating_sub(timing.epoch_start(total.epoch)).saturating_add(1);
		ensure!(total.blocks <= timing.epoch.min(passed), "an epoch has too many blocks");
		ensure!(total.pot_left <= total.pot, "a pot has more left than it held");
		ensure!(total.budget.is_some() || total.pot == 0, "an open epoch has a pot");
		Ok(())
	}
}
