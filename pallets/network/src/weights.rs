//! Weights of `pallet_network`.
//!
//! Initial estimate: storage accesses are counted from the code, times are rounded up generously. The
//! node's bench command replaces this file.

use frame::weights_prelude::*;

/// Weights of the pallet's calls.
pub trait WeightInfo {
	/// Setting the deposits.
	fn set_deposits() -> Weight;
	/// The faucet.
	fn faucet() -> Weight;
}

/// Weights for a chain on the database that its system pallet names.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_deposits() -> Weight {
		// Reads and writes the parameters.
		Weight::from_parts(15_000_000, 1_600).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn faucet() -> Weight {
		// Reads the parameters and two accounts, writes the accounts.
		Weight::from_parts(70_000_000, 6_200).saturating_add(T::DbWeight::get().reads_writes(3, 2))
	}
}

/// Weights for tests.
impl WeightInfo for () {
	fn set_deposits() -> Weight {
		Weight::from_parts(15_000_000, 1_600)
			.saturating_add(RocksDbWeight::get().reads_writes(1, 1))
	}

	fn faucet() -> Weight {
		Weight::from_parts(70_000_000, 6_200)
			.saturating_add(RocksDbWeight::get().reads_writes(3, 2))
	}
}
