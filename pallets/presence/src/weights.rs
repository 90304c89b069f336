//! Weights of `pallet_presence`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn heartbeat() -> Weight;
	fn heartbeat_inactive() -> Weight;
	fn heartbeat_refused() -> Weight;
	fn settle_absence() -> Weight;
	fn settle_absence_inactive() -> Weight;
	fn settle_absence_refused() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn heartbeat() -> Weight {
		// At least 136_845_000 picoseconds.
		Weight::from_parts(183_254_000, 20107)
			.saturating_add(T::DbWeight::get().reads(16_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	fn heartbeat_inactive() -> Weight {
		// At least 288_065_000 picoseconds.
		Weight::from_parts(390_190_000, 39570)
			.saturating_add(T::DbWeight::get().reads(36_u64))
			.saturating_add(T::DbWeight::get().writes(14_u64))
	}
	fn heartbeat_refused() -> Weight {
		// At least 34_196_000 picoseconds.
		Weight::from_parts(50_163_000, 3871).saturating_add(T::DbWeight::get().reads(5_u64))
	}
	fn settle_absence() -> Weight {
		// At least 73_290_000 picoseconds.
		Weight::from_parts(105_094_000, 15823)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn settle_absence_inactive() -> Weight {
		// At least 333_219_000 picoseconds.
		Weight::from_parts(436_348_000, 39570)
			.saturating_add(T::DbWeight::get().reads(34_u64))
			.saturating_add(T::DbWeight::get().writes(12_u64))
	}
	fn settle_absence_refused() -> Weight {
		// At least 16_916_000 picoseconds.
		Weight::from_parts(26_623_000, 3498).saturating_add(T::DbWeight::get().reads(2_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn heartbeat() -> Weight {
		// At least 136_845_000 picoseconds.
		Weight::from_parts(183_254_000, 20107)
			.saturating_add(RocksDbWeight::get().reads(16_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn heartbeat_inactive() -> Weight {
		// At least 288_065_000 picoseconds.
		Weight::from_parts(390_190_000, 39570)
			.saturating_add(RocksDbWeight::get().reads(36_u64))
			.saturating_add(RocksDbWeight::get().writes(14_u64))
	}
	fn heartbeat_refused() -> Weight {
		// At least 34_196_000 picoseconds.
		Weight::from_parts(50_163_000, 3871).saturating_add(RocksDbWeight::get().reads(5_u64))
	}
	fn settle_absence() -> Weight {
		// At least 73_290_000 picoseconds.
		Weight::from_parts(105_094_000, 15823)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn settle_absence_inactive() -> Weight {
		// At least 333_219_000 picoseconds.
		Weight::from_parts(436_348_000, 39570)
			.saturating_add(RocksDbWeight::get().reads(34_u64))
			.saturating_add(RocksDbWeight::get().writes(12_u64))
	}
	fn settle_absence_refused() -> Weight {
		// At least 16_916_000 picoseconds.
		Weight::from_parts(26_623_000, 3498).saturating_add(RocksDbWeight::get().reads(2_u64))
	}
}
