//! Weights of `pallet_agent_commit`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn start() -> Weight;
	fn cancel() -> Weight;
	fn commit(e: u32) -> Weight;
	fn prove(s: u32) -> Weight;
	fn prove_rejected(s: u32) -> Weight;
	fn register_verifying_key() -> Weight;
	fn retire_verifying_key() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn start() -> Weight {
		// At least 134_909_000 picoseconds.
		Weight::from_parts(192_866_000, 7641)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	fn cancel() -> Weight {
		// At least 118_109_000 picoseconds.
		Weight::from_parts(151_347_000, 3769)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// `e` is in `0..=8`.
	fn commit(e: u32) -> Weight {
		// At least 2_876_384_000 picoseconds.
		Weight::from_parts(3_269_065_800, 6269)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 302).saturating_mul(e.into()))
	}
	/// `s` is in `1..=64`.
	fn prove(s: u32) -> Weight {
		// At least 7_504_222_000 picoseconds.
		Weight::from_parts(7_425_923_168, 324958)
			// Standard error: 9_897_914.
			.saturating_add(Weight::from_parts(1_374_251_808, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(145_u64))
			.saturating_add(T::DbWeight::get().writes(10_u64))
	}
	/// `s` is in `1..=64`.
	fn prove_rejected(s: u32) -> Weight {
		// Not measured yet: twice what `prove` costs with each proof on its own, and a slash.
		Weight::from_parts(14_851_846_336, 324958)
			.saturating_add(Weight::from_parts(2_748_503_616, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(185_u64))
			.saturating_add(T::DbWeight::get().writes(60_u64))
	}
	fn register_verifying_key() -> Weight {
		// At least 4_193_334_000 picoseconds.
		Weight::from_parts(4_541_671_000, 1622)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn retire_verifying_key() -> Weight {
		// At least 30_331_000 picoseconds.
		Weight::from_parts(45_645_000, 7641)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn start() -> Weight {
		// At least 134_909_000 picoseconds.
		Weight::from_parts(192_866_000, 7641)
			.saturating_add(RocksDbWeight::get().reads(9_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn cancel() -> Weight {
		// At least 118_109_000 picoseconds.
		Weight::from_parts(151_347_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	/// `e` is in `0..=8`.
	fn commit(e: u32) -> Weight {
		// At least 2_876_384_000 picoseconds.
		Weight::from_parts(3_269_065_800, 6269)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
			.saturating_add(Weight::from_parts(0, 302).saturating_mul(e.into()))
	}
	/// `s` is in `1..=64`.
	fn prove(s: u32) -> Weight {
		// At least 7_504_222_000 picoseconds.
		Weight::from_parts(7_425_923_168, 324958)
			// Standard error: 9_897_914.
			.saturating_add(Weight::from_parts(1_374_251_808, 0).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(145_u64))
			.saturating_add(RocksDbWeight::get().writes(10_u64))
	}
	/// `s` is in `1..=64`.
	fn prove_rejected(s: u32) -> Weight {
		// Not measured yet: twice what `prove` costs with each proof on its own, and a slash.
		Weight::from_parts(14_851_846_336, 324958)
			.saturating_add(Weight::from_parts(2_748_503_616, 0).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(185_u64))
			.saturating_add(RocksDbWeight::get().writes(60_u64))
	}
	fn register_verifying_key() -> Weight {
		// At least 4_193_334_000 picoseconds.
		Weight::from_parts(4_541_671_000, 1622)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn retire_verifying_key() -> Weight {
		// At least 30_331_000 picoseconds.
		Weight::from_parts(45_645_000, 7641)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
