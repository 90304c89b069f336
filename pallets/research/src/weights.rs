//! Weights of `pallet_research`, measured by the node's bench command: see `scripts/weights`.
//!
//! 20 steps, 10 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn on_finalize() -> Weight;
	fn register_project() -> Weight;
	fn expire_start() -> Weight;
	fn expire_experiment() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn on_finalize() -> Weight {
		// At least 6_995_000 picoseconds.
		Weight::from_parts(14_594_000, 1590)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn register_project() -> Weight {
		// At least 3_125_365_000 picoseconds.
		Weight::from_parts(3_435_451_000, 7641)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn expire_start() -> Weight {
		// At least 91_291_000 picoseconds.
		Weight::from_parts(123_256_000, 3742)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	fn expire_experiment() -> Weight {
		// At least 716_715_000 picoseconds.
		Weight::from_parts(893_330_000, 324958)
			.saturating_add(T::DbWeight::get().reads(138_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn on_finalize() -> Weight {
		// At least 6_995_000 picoseconds.
		Weight::from_parts(14_594_000, 1590)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn register_project() -> Weight {
		// At least 3_125_365_000 picoseconds.
		Weight::from_parts(3_435_451_000, 7641)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn expire_start() -> Weight {
		// At least 91_291_000 picoseconds.
		Weight::from_parts(123_256_000, 3742)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn expire_experiment() -> Weight {
		// At least 716_715_000 picoseconds.
		Weight::from_parts(893_330_000, 324958)
			.saturating_add(RocksDbWeight::get().reads(138_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
}
