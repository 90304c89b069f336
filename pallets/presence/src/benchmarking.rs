//! Benchmarks of all dispatchables, on every branch that has a weight of its own.

use crate::*;
use frame::benchmarking::prelude::*;
use woppal_protocol::identity::MAX_NODES;

/// Sets other pallets up.
pub trait BenchmarkHelper<AccountId> {
	/// Makes `hot_key` the hot key of a validator that earns in the root subnet now, with all that a slash
	/// can reach: bond, pool, unbonding stake, unclaimed rewards. May move to another block.
	///
	/// Errors: whatever stands in the way.
	fn earning_validator(hot_key: &AccountId) -> Result<ValidatorId, DispatchError>;
}

/// The helper's validator, absent for so many epochs up to now, none of them settled.
fn absent<T: Config>(
	hot_key: &T::AccountId,
	epochs: EpochIndex,
) -> Result<ValidatorId, DispatchError> {
	let timing = Pallet::<T>::timing();
	// The epoch of the first heartbeat is excused, so that many whole ones follow it.
	let passed = epochs.saturating_add(1);
	let block = BlockNumberFor::<T>::from(timing.epoch_start(passed));
	frame_system::Pallet::<T>::set_block_number(block);
	let validator = T::BenchmarkHelper::earning_validator(hot_key)?;
	let since = timing.epoch_of(Pallet::<T>::now()).saturating_sub(passed);
	let mut record = Record::opened(since, timing.pulse_of(timing.epoch_start(since)));
	record.answered = 1;
	Records::<T>::insert(validator, record);
	Ok(validator)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// A first heartbeat, or a second one in an epoch, costs no more.
	#[benchmark]
	fn heartbeat() -> Result<(), BenchmarkError> {
		let caller: T::AccountId = whitelisted_caller();
		let validator = absent::<T>(&caller, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), NodeBitmap::ALL);

		let record = Records::<T>::get(validator).ok_or("there is a record")?;
		assert_eq!((record.answered, record.missed), (1, 1));
		Ok(())
	}

	#[benchmark]
	fn heartbeat_inactive() -> Result<(), BenchmarkError> {
		let caller: T::AccountId = whitelisted_caller();
		let validator = absent::<T>(&caller, FREE_MISSES.saturating_add(2))?;

		#[extrinsic_call]
		heartbeat(RawOrigin::Signed(caller), NodeBitmap::ALL);

		let record = Records::<T>::get(validator).ok_or("there is a record")?;
		assert_eq!((record.answered, record.missed), (1, FREE_MISSES.saturating_add(2)));
		Ok(())
	}

	#[benchmark]
	fn heartbeat_refused() -> Result<(), BenchmarkError> {
		let caller: T::AccountId = whitelisted_caller();
		absent::<T>(&caller, 1)?;
		// With a node that it has not, it is the last check that refuses.
		let mut unknown = NodeBitmap::default();
		unknown.insert(MAX_NODES.saturating_sub(1));
		let result;

		#[block]
		{
			result = Pallet::<T>::heartbeat(RawOrigin::Signed(caller).into(), unknown);
		}

		assert_eq!(result.map_err(|e| e.error), Err(Error::<T>::NotEarning.into()));
		Ok(())
	}

	#[benchmark]
	fn settle_absence() -> Result<(), BenchmarkError> {
		let hot_key: T::AccountId = account("hot", 0, 0);
		let validator = absent::<T>(&hot_key, FREE_MISSES)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(account("caller", 0, 0)), validator);

		let record = Records::<T>::get(validator).ok_or("there is a record")?;
		assert_eq!(record.missed, FREE_MISSES);
		Ok(())
	}

	#[benchmark]
	fn settle_absence_inactive() -> Result<(), BenchmarkError> {
		let hot_key: T::AccountId = account("hot", 0, 0);
		let validator = absent::<T>(&hot_key, FREE_MISSES.saturating_add(2))?;

		#[extrinsic_call]
		settle_absence(RawOrigin::Signed(account("caller", 0, 0)), validator);

		let record = Records::<T>::get(validator).ok_or("there is a record")?;
		assert_eq!(record.missed, FREE_MISSES.saturating_add(2));
		Ok(())
	}

	#[benchmark]
	fn settle_absence_refused() -> Result<(), BenchmarkError> {
		let hot_key: T::AccountId = account("hot", 0, 0);
		let validator = absent::<T>(&hot_key, 0)?;
		let caller: T::AccountId = whitelisted_caller();
		let result;

		#[block]
		{
			result = Pallet::<T>::settle_absence(RawOrigin::Signed(caller).into(), validator);
		}

		assert_eq!(result.map_err(|e| e.error), Err(Error::<T>::NothingMissed.into()));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
