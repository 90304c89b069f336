//! Weights of `pallet_network`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn set_deposits() -> Weight;
	fn faucet() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn set_deposits() -> Weight {
		// At least 10_586_000 picoseconds.
		Weight::from_parts(19_782_000, 1622)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn faucet() -> Weight {
		// At least 59_049_000 picoseconds.
		Weight::from_parts(76_323_000, 6196)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn set_deposits() -> Weight {
		// At least 10_586_000 picoseconds.
		Weight::from_parts(19_782_000, 1622)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn faucet() -> Weight {
		// At least 59_049_000 picoseconds.
		Weight::from_parts(76_323_000, 6196)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
}
