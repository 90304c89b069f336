//! Weights of `pallet_agent_commit`, measured by the node's bench command: see `scripts/weights`.
//!
//! 20 steps, 10 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn start() -> Weight;
	fn cancel() -> Weight;
	fn commit(e: u32) -> Weight;
	fn prove(s: u32) -> Weight;
	fn register_verifying_key() -> Weight;
	fn retire_verifying_key() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn start() -> Weight {
		// At least 139_476_000 picoseconds.
		Weight::from_parts(190_218_000, 7641)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	fn cancel() -> Weight {
		// At least 125_569_000 picoseconds.
		Weight::from_parts(175_422_000, 3742)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// `e` is in `0..=8`.
	fn commit(e: u32) -> Weight {
		// At least 3_025_748_000 picoseconds.
		Weight::from_parts(3_267_033_162, 6269)
			// Standard error: 2_347_505.
			.saturating_add(Weight::from_parts(22_141_495, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 284).saturating_mul(e.into()))
	}
	/// `s` is in `1..=64`.
	fn prove(s: u32) -> Weight {
		// At least 8_563_121_000 picoseconds.
		Weight::from_parts(6_293_771_174, 324958)
			// Standard error: 31_400_505.
			.saturating_add(Weight::from_parts(1_589_852_055, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(141_u64))
			.saturating_add(T::DbWeight::get().writes(10_u64))
	}
	fn register_verifying_key() -> Weight {
		// At least 4_638_365_000 picoseconds.
		Weight::from_parts(4_981_493_000, 1590)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn retire_verifying_key() -> Weight {
		// At least 35_383_000 picoseconds.
		Weight::from_parts(53_603_000, 7641)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn start() -> Weight {
		// At least 139_476_000 picoseconds.
		Weight::from_parts(190_218_000, 7641)
			.saturating_add(RocksDbWeight::get().reads(9_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn cancel() -> Weight {
		// At least 125_569_000 picoseconds.
		Weight::from_parts(175_422_000, 3742)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	/// `e` is in `0..=8`.
	fn commit(e: u32) -> Weight {
		// At least 3_025_748_000 picoseconds.
		Weight::from_parts(3_267_033_162, 6269)
			// Standard error: 2_347_505.
			.saturating_add(Weight::from_parts(22_141_495, 0).saturating_mul(e.into()))
			.saturating_add(RocksDbWeight::get().reads(9_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 284).saturating_mul(e.into()))
	}
	/// `s` is in `1..=64`.
	fn prove(s: u32) -> Weight {
		// At least 8_563_121_000 picoseconds.
		Weight::from_parts(6_293_771_174, 324958)
			// Standard error: 31_400_505.
			.saturating_add(Weight::from_parts(1_589_852_055, 0).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(141_u64))
			.saturating_add(RocksDbWeight::get().writes(10_u64))
	}
	fn register_verifying_key() -> Weight {
		// At least 4_638_365_000 picoseconds.
		Weight::from_parts(4_981_493_000, 1590)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn retire_verifying_key() -> Weight {
		// At least 35_383_000 picoseconds.
		Weight::from_parts(53_603_000, 7641)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
