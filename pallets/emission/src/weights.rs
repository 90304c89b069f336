//! Weights of `pallet_emission`.
//!
//! Initial estimate: storage accesses are counted from the code, times are rounded up generously. The
//! node's bench command replaces this file.

use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	/// A claim that pays `n` epochs.
	fn claim(n: u32) -> Weight;
	/// The first block of an epoch.
	fn on_initialize_close() -> Weight;
	/// Any other block.
	fn on_initialize_idle() -> Weight;
}

/// Weights for a chain on the database that its system pallet names.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn claim(n: u32) -> Weight {
		// Reads the parameters, the owner, the issuance, the account and the sums, and per epoch its
		// record and its total. Writes the issuance, the account and the sums, and per epoch its record.
		let n = u64::from(n);
		Weight::from_parts(60_000_000, 8_000)
			.saturating_add(Weight::from_parts(12_000_000, 5_200).saturating_mul(n))
			.saturating_add(T::DbWeight::get().reads(7_u64.saturating_add(n.saturating_mul(2))))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_add(n)))
	}

	fn on_initialize_close() -> Weight {
		// Reads the parameters and the total, writes the total.
		Weight::from_parts(20_000_000, 4_200).saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}

	fn on_initialize_idle() -> Weight {
		// Reads the parameters.
		Weight::from_parts(4_000_000, 1_600).saturating_add(T::DbWeight::get().reads(1))
	}
}

/// Weights for tests.
impl WeightInfo for () {
	fn claim(n: u32) -> Weight {
		let n = u64::from(n);
		Weight::from_parts(60_000_000, 8_000)
			.saturating_add(Weight::from_parts(12_000_000, 5_200).saturating_mul(n))
			.saturating_add(
				RocksDbWeight::get().reads_writes(
					7_u64.saturating_add(n.saturating_mul(2)),
					4_u64.saturating_add(n),
				),
			)
	}

	fn on_initialize_close() -> Weight {
		Weight::from_parts(20_000_000, 4_200)
			.saturating_add(RocksDbWeight::get().reads_writes(2, 1))
	}

	fn on_initialize_idle() -> Weight {
		Weight::from_parts(4_000_000, 1_600).saturating_add(RocksDbWeight::get().reads(1))
	}
}
