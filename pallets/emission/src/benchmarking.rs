//! Benchmarks of the pallet's call and hooks.
//!
//! None has a component for the number of other validators: nothing that is measured here reads
//! their records. `tests/scale.rs` counts the accesses with 10, 1,000 and 100,000 of them.

use crate::{
	split::Terms, BenchmarkHelper, Burned, Call, Claimed, Config, EpochTotal, EpochTotals,
	FeeCreator, Pallet, PotIncoming, Record, Records,
};
use frame::{benchmarking::prelude::*, traits::fungible::Balanced};
use woppal_protocol::{emission, stake::RewardTerms, Balance, EpochIndex, ValidatorId, WOPPAL};

/// A weight that no other record adds to, so that the validator gets the whole root budget.
const WORK: u64 = 53_760_000;
/// An epoch's pot.
const POT: Balance = WOPPAL;

/// Makes the chain stand in the first block of an epoch.
fn enter_epoch<T: Config>(epoch: EpochIndex) -> BlockNumberFor<T> {
	let block = BlockNumberFor::<T>::from(Pallet::<T>::timing().epoch_start(epoch));
	frame_system::Pallet::<T>::set_block_number(block);
	block
}

/// Gives a validator a record with weight, blocks, a pool and a delegate in the epochs `0..n` and
/// closes them with a pot each.
fn earn<T: Config>(validator: ValidatorId, n: u32) -> Result<(), BenchmarkError> {
	let timing = Pallet::<T>::timing();
	let rewards = RewardTerms { commission_percent: 10, delegate_percent: 10 };
	for epoch in 0..n {
		let terms = Terms { bond: WOPPAL, pool: WOPPAL, rewards };
		let mut record = Record::opened(epoch, true, terms);
		record.answered = timing.pulses_per_epoch();
		record.work = WORK;
		record.blocks = 1;
		let total = EpochTotal {
			epoch,
			total_weight: record.weight(),
			blocks: 1,
			budget: Some(emission::epoch_budget(&timing, epoch)),
			pot: POT,
			pot_left: POT,
		};
		Records::<T>::insert(validator, Pallet::<T>::slot(epoch), record);
		EpochTotals::<T>::insert(Pallet::<T>::slot(epoch), total);
	}
	fund::<T>(&Pallet::<T>::pot_account(), POT.saturating_mul(Balance::from(n)))
}

/// Gives an account tokens by the mint path, so that the issuance stays true.
fn fund<T: Config>(account: &T::AccountId, amount: Balance) -> Result<(), BenchmarkError> {
	let credit = Pallet::<T>::draw(amount, 0)?;
	T::Currency::resolve(account, credit)
		.map_err(|_| BenchmarkError::Stop("the account cannot receive its funds"))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `n`: epochs that the claim pays.
	#[benchmark]
	fn claim(n: Linear<1, 16>) -> Result<(), BenchmarkError> {
		let validator = T::BenchmarkHelper::validator();
		earn::<T>(validator, n)?;
		enter_epoch::<T>(n);
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), validator, 0, n);

		assert!(Claimed::<T>::get(validator) > 0);
		assert!(Pallet::<T>::epoch_total(0).pot_left < POT);
		Ok(())
	}

	#[benchmark]
	fn on_initialize_close() -> Result<(), BenchmarkError> {
		let validator = T::BenchmarkHelper::validator();
		earn::<T>(validator, 1)?;
		PotIncoming::<T>::put(POT);
		EpochTotals::<T>::mutate(0, |total| {
			if let Some(total) = total {
				total.budget = None;
				total.pot = 0;
				total.pot_left = 0;
			}
		});
		let block = enter_epoch::<T>(1);

		#[block]
		{
			Pallet::<T>::on_initialize(block);
			Pallet::<T>::on_finalize(block);
		}

		assert!(Pallet::<T>::epoch_total(0).budget.is_some());
		assert_eq!(Pallet::<T>::epoch_total(0).pot, POT);
		Ok(())
	}

	#[benchmark]
	fn on_initialize_idle() -> Result<(), BenchmarkError> {
		let second = Pallet::<T>::timing().epoch_start(1).saturating_add(1);
		let block = BlockNumberFor::<T>::from(second);
		frame_system::Pallet::<T>::set_block_number(block);

		#[block]
		{
			Pallet::<T>::on_initialize(block);
			Pallet::<T>::on_finalize(block);
		}

		assert_eq!(Pallet::<T>::epoch_total(0), EpochTotal::opened(0));
		Ok(())
	}

	#[benchmark]
	fn note_block() -> Result<(), BenchmarkError> {
		let validator = T::BenchmarkHelper::validator();
		let epoch = Pallet::<T>::current_epoch();

		#[block]
		{
			Pallet::<T>::note_block(validator);
		}

		assert_eq!(Pallet::<T>::record(validator, epoch).map(|record| record.blocks), Some(1));
		Ok(())
	}

	#[benchmark]
	fn split_fee() -> Result<(), BenchmarkError> {
		let creator: T::AccountId = account("creator", 0, 0);
		fund::<T>(&creator, WOPPAL)?;
		let fee = Pallet::<T>::draw(WOPPAL, 0)?;
		Pallet::<T>::note_fee_creator(creator);

		#[block]
		{
			Pallet::<T>::split_fee(fee);
		}

		assert_eq!(FeeCreator::<T>::get(), None);
		assert_eq!(Burned::<T>::get(), WOPPAL / 2);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
