//! Benchmarks of the pallet's call and hooks.

use crate::{
	BenchmarkHelper, Call, Claimed, Config, EpochTotal, EpochTotals, Pallet, Record, Records,
};
use frame::benchmarking::prelude::*;
use woppal_protocol::{emission, EpochIndex, ValidatorId};

/// A weight that no other record adds to, so that the validator gets the whole root budget.
const WORK: u64 = 64_000;

/// Makes the chain stand in the first block of an epoch.
fn enter_epoch<T: Config>(epoch: EpochIndex) -> BlockNumberFor<T> {
	let block = BlockNumberFor::<T>::from(Pallet::<T>::timing().epoch_start(epoch));
	frame_system::Pallet::<T>::set_block_number(block);
	block
}

/// Gives a validator a record with weight in the epochs `0..n` and closes them.
fn earn<T: Config>(validator: ValidatorId, n: u32) {
	let timing = Pallet::<T>::timing();
	for epoch in 0..n {
		let mut record = Record::opened(epoch, true);
		record.answered = 160;
		record.work = WORK;
		let total = EpochTotal {
			epoch,
			total_weight: record.weight(),
			budget: Some(emission::epoch_budget(&timing, epoch)),
		};
		Records::<T>::insert(validator, Pallet::<T>::slot(epoch), record);
		EpochTotals::<T>::insert(Pallet::<T>::slot(epoch), total);
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `n`: epochs that the claim pays.
	#[benchmark]
	fn claim(n: Linear<1, 16>) -> Result<(), BenchmarkError> {
		let validator = T::BenchmarkHelper::validator();
		earn::<T>(validator, n);
		enter_epoch::<T>(n);
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), validator, 0, n);

		assert!(Claimed::<T>::get(validator) > 0);
		Ok(())
	}

	#[benchmark]
	fn on_initialize_close() -> Result<(), BenchmarkError> {
		let validator = T::BenchmarkHelper::validator();
		earn::<T>(validator, 1);
		EpochTotals::<T>::mutate(0, |total| {
			if let Some(total) = total {
				total.budget = None;
			}
		});
		let block = enter_epoch::<T>(1);

		#[block]
		{
			Pallet::<T>::on_initialize(block);
		}

		assert!(Pallet::<T>::epoch_total(0).budget.is_some());
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
		}

		assert_eq!(Pallet::<T>::epoch_total(0), EpochTotal::opened(0));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
