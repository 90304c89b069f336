//! Weights of `pallet_research`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
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
		// At least 6_949_000 picoseconds.
		Weight::from_parts(13_693_000, 1622)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn register_project() -> Weight {
		// At least 2_966_910_000 picoseconds.
		Weight::from_parts(3_307_696_000, 7641)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn expire_start() -> Weight {
		// At least 96_497_000 picoseconds.
		Weight::from_parts(135_914_000, 15823)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	fn expire_experiment() -> Weight {
		// At least 602_566_000 picoseconds.
		Weight::from_parts(766_687_000, 324958)
			.saturating_add(T::DbWeight::get().reads(139_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn on_finalize() -> Weight {
		// At least 6_949_000 picoseconds.
		Weight::from_parts(13_693_000, 1622)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn register_project() -> Weight {
		// At least 2_966_910_000 picoseconds.
		Weight::from_parts(3_307_696_000, 7641)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn expire_start() -> Weight {
		// At least 96_497_000 picoseconds.
		Weight::from_parts(135_914_000, 15823)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn expire_experiment() -> Weight {
		// At least 602_566_000 picoseconds.
		Weight::from_parts(766_687_000, 324958)
			.saturating_add(RocksDbWeight::get().reads(139_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
}
