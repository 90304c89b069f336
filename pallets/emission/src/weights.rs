//! Weights of `pallet_emission`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn claim(n: u32) -> Weight;
	fn on_initialize_close() -> Weight;
	fn on_initialize_idle() -> Weight;
	fn note_block() -> Weight;
	fn split_fee() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// `n` is in `1..=16`.
	fn claim(n: u32) -> Weight {
		// At least 107_479_000 picoseconds.
		Weight::from_parts(130_952_099, 8799)
			// Standard error: 59_606.
			.saturating_add(Weight::from_parts(16_396_521, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(5_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2572).saturating_mul(n.into()))
	}
	fn on_initialize_close() -> Weight {
		// At least 16_831_000 picoseconds.
		Weight::from_parts(26_850_000, 3550)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn on_initialize_idle() -> Weight {
		// At least 4_695_000 picoseconds.
		Weight::from_parts(9_472_000, 1622)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn note_block() -> Weight {
		// At least 36_003_000 picoseconds.
		Weight::from_parts(45_142_000, 4110)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn split_fee() -> Weight {
		// At least 65_282_000 picoseconds.
		Weight::from_parts(81_801_000, 6196)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	/// `n` is in `1..=16`.
	fn claim(n: u32) -> Weight {
		// At least 107_479_000 picoseconds.
		Weight::from_parts(130_952_099, 8799)
			// Standard error: 59_606.
			.saturating_add(Weight::from_parts(16_396_521, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
			.saturating_add(RocksDbWeight::get().writes((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2572).saturating_mul(n.into()))
	}
	fn on_initialize_close() -> Weight {
		// At least 16_831_000 picoseconds.
		Weight::from_parts(26_850_000, 3550)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn on_initialize_idle() -> Weight {
		// At least 4_695_000 picoseconds.
		Weight::from_parts(9_472_000, 1622)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn note_block() -> Weight {
		// At least 36_003_000 picoseconds.
		Weight::from_parts(45_142_000, 4110)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn split_fee() -> Weight {
		// At least 65_282_000 picoseconds.
		Weight::from_parts(81_801_000, 6196)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
}
