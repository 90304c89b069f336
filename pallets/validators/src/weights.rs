//! Weights of `pallet_validators`, measured by the node's bench command: see `scripts/weights`.
//!
//! 20 steps, 10 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn register() -> Weight;
	fn add_bond() -> Weight;
	fn rotate_hot_key() -> Weight;
	fn set_delegate() -> Weight;
	fn accept_delegation() -> Weight;
	fn resign_delegation() -> Weight;
	fn register_node() -> Weight;
	fn deregister_node() -> Weight;
	fn set_metadata() -> Weight;
	fn clear_metadata() -> Weight;
	fn exit() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register() -> Weight {
		// At least 79_281_000 picoseconds.
		Weight::from_parts(116_409_000, 6046)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	fn add_bond() -> Weight {
		// At least 74_765_000 picoseconds.
		Weight::from_parts(108_601_000, 3643)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn rotate_hot_key() -> Weight {
		// At least 26_822_000 picoseconds.
		Weight::from_parts(40_386_000, 6046)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn set_delegate() -> Weight {
		// At least 24_070_000 picoseconds.
		Weight::from_parts(41_891_000, 3643)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn accept_delegation() -> Weight {
		// At least 21_995_000 picoseconds.
		Weight::from_parts(35_551_000, 6044)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn resign_delegation() -> Weight {
		// At least 18_400_000 picoseconds.
		Weight::from_parts(32_139_000, 3643)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn register_node() -> Weight {
		// At least 93_967_000 picoseconds.
		Weight::from_parts(132_698_000, 3643)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	fn deregister_node() -> Weight {
		// At least 79_322_000 picoseconds.
		Weight::from_parts(107_045_000, 3643)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	fn set_metadata() -> Weight {
		// At least 78_892_000 picoseconds.
		Weight::from_parts(107_172_000, 4300)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn clear_metadata() -> Weight {
		// At least 63_224_000 picoseconds.
		Weight::from_parts(88_699_000, 4300)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn exit() -> Weight {
		// At least 138_919_000 picoseconds.
		Weight::from_parts(193_659_000, 4300)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn register() -> Weight {
		// At least 79_281_000 picoseconds.
		Weight::from_parts(116_409_000, 6046)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn add_bond() -> Weight {
		// At least 74_765_000 picoseconds.
		Weight::from_parts(108_601_000, 3643)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn rotate_hot_key() -> Weight {
		// At least 26_822_000 picoseconds.
		Weight::from_parts(40_386_000, 6046)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn set_delegate() -> Weight {
		// At least 24_070_000 picoseconds.
		Weight::from_parts(41_891_000, 3643)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn accept_delegation() -> Weight {
		// At least 21_995_000 picoseconds.
		Weight::from_parts(35_551_000, 6044)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn resign_delegation() -> Weight {
		// At least 18_400_000 picoseconds.
		Weight::from_parts(32_139_000, 3643)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn register_node() -> Weight {
		// At least 93_967_000 picoseconds.
		Weight::from_parts(132_698_000, 3643)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn deregister_node() -> Weight {
		// At least 79_322_000 picoseconds.
		Weight::from_parts(107_045_000, 3643)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn set_metadata() -> Weight {
		// At least 78_892_000 picoseconds.
		Weight::from_parts(107_172_000, 4300)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn clear_metadata() -> Weight {
		// At least 63_224_000 picoseconds.
		Weight::from_parts(88_699_000, 4300)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn exit() -> Weight {
		// At least 138_919_000 picoseconds.
		Weight::from_parts(193_659_000, 4300)
			.saturating_add(RocksDbWeight::get().reads(9_u64))
			.saturating_add(RocksDbWeight::get().writes(9_u64))
	}
}
