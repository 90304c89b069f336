//! Weights of `pallet_emission`, measured by the node's bench command: see `scripts/weights`.
//!
//! 20 steps, 10 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn claim(n: u32) -> Weight;
	fn on_initialize_close() -> Weight;
	fn on_initialize_idle() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// `n` is in `1..=16`.
	fn claim(n: u32) -> Weight {
		// At least 65_347_000 picoseconds.
		Weight::from_parts(90_139_833, 3643)
			// Standard error: 24_116.
			.saturating_add(Weight::from_parts(13_473_152, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(3_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2525).saturating_mul(n.into()))
	}
	fn on_initialize_close() -> Weight {
		// At least 14_326_000 picoseconds.
		Weight::from_parts(25_883_000, 3514)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn on_initialize_idle() -> Weight {
		// At least 3_867_000 picoseconds.
		Weight::from_parts(5_482_000, 1590).saturating_add(T::DbWeight::get().reads(1_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	/// `n` is in `1..=16`.
	fn claim(n: u32) -> Weight {
		// At least 65_347_000 picoseconds.
		Weight::from_parts(90_139_833, 3643)
			// Standard error: 24_116.
			.saturating_add(Weight::from_parts(13_473_152, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
			.saturating_add(RocksDbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2525).saturating_mul(n.into()))
	}
	fn on_initialize_close() -> Weight {
		// At least 14_326_000 picoseconds.
		Weight::from_parts(25_883_000, 3514)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn on_initialize_idle() -> Weight {
		// At least 3_867_000 picoseconds.
		Weight::from_parts(5_482_000, 1590).saturating_add(RocksDbWeight::get().reads(1_u64))
	}
}
