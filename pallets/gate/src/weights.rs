//! Weights of `pallet_gate`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn join() -> Weight;
	fn leave() -> Weight;
	fn refresh() -> Weight;
	fn on_standing_changed() -> Weight;
	fn on_standing_changed_idle() -> Weight;
	fn expel() -> Weight;
	fn on_validator_exit() -> Weight;
	fn new_session() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn join() -> Weight {
		// At least 87_853_000 picoseconds.
		Weight::from_parts(127_059_000, 19265)
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn leave() -> Weight {
		// At least 30_358_000 picoseconds.
		Weight::from_parts(49_202_000, 15823)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn refresh() -> Weight {
		// At least 69_045_000 picoseconds.
		Weight::from_parts(101_561_000, 19229)
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn on_standing_changed() -> Weight {
		// At least 65_503_000 picoseconds.
		Weight::from_parts(91_171_000, 19229)
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn on_standing_changed_idle() -> Weight {
		// At least 7_546_000 picoseconds.
		Weight::from_parts(10_431_000, 15823).saturating_add(T::DbWeight::get().reads(1_u64))
	}
	fn expel() -> Weight {
		// At least 43_028_000 picoseconds.
		Weight::from_parts(64_069_000, 20753)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn on_validator_exit() -> Weight {
		// At least 23_789_000 picoseconds.
		Weight::from_parts(36_315_000, 15823)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn new_session() -> Weight {
		// At least 3_843_015_000 picoseconds.
		Weight::from_parts(9_902_769_000, 868654)
			.saturating_add(T::DbWeight::get().reads(679_u64))
			.saturating_add(T::DbWeight::get().writes(23_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn join() -> Weight {
		// At least 87_853_000 picoseconds.
		Weight::from_parts(127_059_000, 19265)
			.saturating_add(RocksDbWeight::get().reads(11_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn leave() -> Weight {
		// At least 30_358_000 picoseconds.
		Weight::from_parts(49_202_000, 15823)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn refresh() -> Weight {
		// At least 69_045_000 picoseconds.
		Weight::from_parts(101_561_000, 19229)
			.saturating_add(RocksDbWeight::get().reads(11_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn on_standing_changed() -> Weight {
		// At least 65_503_000 picoseconds.
		Weight::from_parts(91_171_000, 19229)
			.saturating_add(RocksDbWeight::get().reads(11_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn on_standing_changed_idle() -> Weight {
		// At least 7_546_000 picoseconds.
		Weight::from_parts(10_431_000, 15823).saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn expel() -> Weight {
		// At least 43_028_000 picoseconds.
		Weight::from_parts(64_069_000, 20753)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn on_validator_exit() -> Weight {
		// At least 23_789_000 picoseconds.
		Weight::from_parts(36_315_000, 15823)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn new_session() -> Weight {
		// At least 3_843_015_000 picoseconds.
		Weight::from_parts(9_902_769_000, 868654)
			.saturating_add(RocksDbWeight::get().reads(679_u64))
			.saturating_add(RocksDbWeight::get().writes(23_u64))
	}
}
