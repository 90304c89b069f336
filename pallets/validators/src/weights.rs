//! Weights of `pallet_validators`, measured by the node's bench command: see `scripts/weights`.
//!
//! 10 steps, 8 repeats, Intel(R) Xeon(R) Processor.
#![allow(missing_docs, reason = "one function for each benchmark, named like it")]

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	fn register() -> Weight;
	fn rotate_hot_key() -> Weight;
	fn announce_cold_rotation() -> Weight;
	fn execute_cold_rotation() -> Weight;
	fn cancel_cold_rotation() -> Weight;
	fn set_recovery() -> Weight;
	fn invite_delegate() -> Weight;
	fn clear_delegate() -> Weight;
	fn accept_delegation() -> Weight;
	fn resign_delegation() -> Weight;
	fn set_destination() -> Weight;
	fn set_commission() -> Weight;
	fn register_node() -> Weight;
	fn update_node() -> Weight;
	fn deregister_node() -> Weight;
	fn set_metadata() -> Weight;
	fn clear_metadata() -> Weight;
	fn exit() -> Weight;
}

/// What was measured, with the chain's own costs of the database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register() -> Weight {
		// At least 102_664_000 picoseconds.
		Weight::from_parts(132_110_000, 15823)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	fn rotate_hot_key() -> Weight {
		// At least 26_401_000 picoseconds.
		Weight::from_parts(38_211_000, 6046)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn announce_cold_rotation() -> Weight {
		// At least 46_273_000 picoseconds.
		Weight::from_parts(58_861_000, 6046)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn execute_cold_rotation() -> Weight {
		// Measured without stake that unbonds; 32 entries of it and their hold are estimated.
		Weight::from_parts(330_000_000, 12_000)
			.saturating_add(T::DbWeight::get().reads(16_u64))
			.saturating_add(T::DbWeight::get().writes(16_u64))
	}
	fn cancel_cold_rotation() -> Weight {
		// At least 19_425_000 picoseconds.
		Weight::from_parts(32_812_000, 3769)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn set_recovery() -> Weight {
		// At least 22_830_000 picoseconds.
		Weight::from_parts(39_086_000, 3769)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn invite_delegate() -> Weight {
		// At least 22_345_000 picoseconds.
		Weight::from_parts(35_893_000, 6046)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn clear_delegate() -> Weight {
		// At least 28_755_000 picoseconds.
		Weight::from_parts(42_993_000, 3769)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn accept_delegation() -> Weight {
		// At least 29_440_000 picoseconds.
		Weight::from_parts(44_595_000, 6044)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn resign_delegation() -> Weight {
		// At least 24_064_000 picoseconds.
		Weight::from_parts(37_985_000, 3769)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn set_destination() -> Weight {
		// At least 14_396_000 picoseconds.
		Weight::from_parts(26_534_000, 3769)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn set_commission() -> Weight {
		// At least 24_793_000 picoseconds.
		Weight::from_parts(39_427_000, 3769)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn register_node() -> Weight {
		// At least 101_221_000 picoseconds.
		Weight::from_parts(146_721_000, 3871)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	fn update_node() -> Weight {
		// At least 37_274_000 picoseconds.
		Weight::from_parts(59_265_000, 4669)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn deregister_node() -> Weight {
		// At least 103_957_000 picoseconds.
		Weight::from_parts(146_091_000, 6254)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	fn set_metadata() -> Weight {
		// At least 84_032_000 picoseconds.
		Weight::from_parts(119_740_000, 4300)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn clear_metadata() -> Weight {
		// At least 86_169_000 picoseconds.
		Weight::from_parts(121_960_000, 6254)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	fn exit() -> Weight {
		// Measured with nothing to take away; estimated are 181 records of rewards, 16 epochs of a pool,
		// a full ledger, a candidacy, and absence that is punished.
		Weight::from_parts(1_800_000_000, 120_000)
			.saturating_add(T::DbWeight::get().reads(342_u64))
			.saturating_add(T::DbWeight::get().writes(305_u64))
	}
}

/// What was measured, with the costs of the SDK's reference database: for tests.
impl WeightInfo for () {
	fn register() -> Weight {
		// At least 102_664_000 picoseconds.
		Weight::from_parts(132_110_000, 15823)
			.saturating_add(RocksDbWeight::get().reads(10_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn rotate_hot_key() -> Weight {
		// At least 26_401_000 picoseconds.
		Weight::from_parts(38_211_000, 6046)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn announce_cold_rotation() -> Weight {
		// At least 46_273_000 picoseconds.
		Weight::from_parts(58_861_000, 6046)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn execute_cold_rotation() -> Weight {
		// Measured without stake that unbonds; 32 entries of it and their hold are estimated.
		Weight::from_parts(330_000_000, 12_000)
			.saturating_add(RocksDbWeight::get().reads(16_u64))
			.saturating_add(RocksDbWeight::get().writes(16_u64))
	}
	fn cancel_cold_rotation() -> Weight {
		// At least 19_425_000 picoseconds.
		Weight::from_parts(32_812_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn set_recovery() -> Weight {
		// At least 22_830_000 picoseconds.
		Weight::from_parts(39_086_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn invite_delegate() -> Weight {
		// At least 22_345_000 picoseconds.
		Weight::from_parts(35_893_000, 6046)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn clear_delegate() -> Weight {
		// At least 28_755_000 picoseconds.
		Weight::from_parts(42_993_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn accept_delegation() -> Weight {
		// At least 29_440_000 picoseconds.
		Weight::from_parts(44_595_000, 6044)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn resign_delegation() -> Weight {
		// At least 24_064_000 picoseconds.
		Weight::from_parts(37_985_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn set_destination() -> Weight {
		// At least 14_396_000 picoseconds.
		Weight::from_parts(26_534_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn set_commission() -> Weight {
		// At least 24_793_000 picoseconds.
		Weight::from_parts(39_427_000, 3769)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn register_node() -> Weight {
		// At least 101_221_000 picoseconds.
		Weight::from_parts(146_721_000, 3871)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn update_node() -> Weight {
		// At least 37_274_000 picoseconds.
		Weight::from_parts(59_265_000, 4669)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn deregister_node() -> Weight {
		// At least 103_957_000 picoseconds.
		Weight::from_parts(146_091_000, 6254)
			.saturating_add(RocksDbWeight::get().reads(9_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn set_metadata() -> Weight {
		// At least 84_032_000 picoseconds.
		Weight::from_parts(119_740_000, 4300)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn clear_metadata() -> Weight {
		// At least 86_169_000 picoseconds.
		Weight::from_parts(121_960_000, 6254)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
	fn exit() -> Weight {
		// Measured with nothing to take away; estimated are 181 records of rewards, 16 epochs of a pool,
		// a full ledger, a candidacy, and absence that is punished.
		Weight::from_parts(1_800_000_000, 120_000)
			.saturating_add(RocksDbWeight::get().reads(342_u64))
			.saturating_add(RocksDbWeight::get().writes(305_u64))
	}
}
