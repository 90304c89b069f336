//! Benchmarks of the pallet's calls.

use crate::{Call, Config, Pallet, Parameters};
use frame::{
	benchmarking::prelude::*,
	traits::fungible::{Inspect, Mutate},
};
use woppal_protocol::network::Deposits;

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set_deposits() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin()
			.map_err(|()| BenchmarkError::Weightless)?;
		let deposits = Deposits { start: 7, ..Deposits::LIVE };

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, deposits);

		assert_eq!(Parameters::<T>::get().deposits, deposits);
		Ok(())
	}

	#[benchmark]
	fn faucet() -> Result<(), BenchmarkError> {
		// A benchmark's genesis may be that of a live network.
		Parameters::<T>::mutate(|parameters| parameters.live = false);
		let amount = T::FaucetAmount::get();
		let stock = amount.saturating_mul(2);
		T::Currency::mint_into(&Pallet::<T>::faucet_account(), stock)?;
		let caller: T::AccountId = whitelisted_caller();
		let dest: T::AccountId = account("dest", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), dest.clone());

		assert_eq!(T::Currency::balance(&dest), amount);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
