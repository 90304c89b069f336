//! Benchmarks of all dispatchables.

use crate::*;
use frame::benchmarking::prelude::*;

/// Sets other pallets up.
pub trait BenchmarkHelper<AccountId> {
	/// Makes `hot_key` the hot key of a validator that earns in the root subnet now; may move to
	/// another block.
	///
	/// Errors: whatever stands in the way.
	fn earning_validator(hot_key: &AccountId) -> Result<ValidatorId, DispatchError>;
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// A second heartbeat in an epoch overwrites its record, which costs as much as the first.
	#[benchmark]
	fn heartbeat() -> Result<(), BenchmarkError> {
		let caller: T::AccountId = whitelisted_caller();
		let validator = T::BenchmarkHelper::earning_validator(&caller)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(caller));

		assert_eq!(Pallet::<T>::answered(validator), 1);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
