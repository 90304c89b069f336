//! Weights of `pallet_stake`: initial estimate, from the reads and writes of each call and of what it
//! asks other pallets for, until the node's bench command has run.

use frame::weights_prelude::*;

/// Weights of the pallet's dispatchables, and of what other pallets call.
pub trait WeightInfo {
	/// Weight of `bond_extra`.
	fn bond_extra() -> Weight;
	/// Weight of `unbond_bond`.
	fn unbond_bond() -> Weight;
	/// Weight of `delegate`; `s`: epochs settled.
	fn delegate(s: u32) -> Weight;
	/// Weight of `unbond`; `s`: epochs settled.
	fn unbond(s: u32) -> Weight;
	/// Weight of `move_stake`; `s`: epochs settled in both pools.
	fn move_stake(s: u32) -> Weight;
	/// Weight of `withdraw`; `e`: entries that matured.
	fn withdraw(e: u32) -> Weight;
	/// Weight of `settle`; `s`: epochs settled.
	fn settle(s: u32) -> Weight;
	/// Weight of `settle_position`; `s`: epochs settled, with the most moved parts.
	fn settle_position(s: u32) -> Weight;
	/// Weight of `Bonds::open`.
	fn open() -> Weight;
	/// Weight of `Bonds::move_owner`; `e`: unbonding entries of the bond.
	fn move_owner(e: u32) -> Weight;
	/// Weight of `Bonds::close`; `s`: epochs settled.
	fn close(s: u32) -> Weight;
	/// Weight of `Slashable::slash`; `e`: entries of the owner's ledger, with the most exits.
	fn slash(e: u32) -> Weight;
}

/// Weights on the reference machine with RocksDB.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn bond_extra() -> Weight {
		Weight::from_parts(30_000_000, 7_000)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	fn unbond_bond() -> Weight {
		Weight::from_parts(45_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	fn delegate(s: u32) -> Weight {
		Weight::from_parts(70_000_000, 17_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(13))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(8))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn unbond(s: u32) -> Weight {
		Weight::from_parts(70_000_000, 17_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(13))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(9))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn move_stake(s: u32) -> Weight {
		Weight::from_parts(120_000_000, 28_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(24))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(14))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn withdraw(e: u32) -> Weight {
		Weight::from_parts(50_000_000, 10_000)
			.saturating_add(Weight::from_parts(12_000_000, 6_000).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads(2_u64.saturating_mul(e.into())))
			.saturating_add(T::DbWeight::get().writes(5))
			.saturating_add(T::DbWeight::get().writes(2_u64.saturating_mul(e.into())))
	}
	fn settle(s: u32) -> Weight {
		Weight::from_parts(20_000_000, 9_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(3))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn settle_position(s: u32) -> Weight {
		Weight::from_parts(120_000_000, 20_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(16))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(13))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn open() -> Weight {
		Weight::from_parts(35_000_000, 9_000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	fn move_owner(e: u32) -> Weight {
		Weight::from_parts(70_000_000, 14_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(10))
	}
	fn close(s: u32) -> Weight {
		Weight::from_parts(60_000_000, 15_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(9))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn slash(e: u32) -> Weight {
		Weight::from_parts(110_000_000, 24_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(20))
			.saturating_add(T::DbWeight::get().writes(19))
	}
}

/// For mocks.
impl WeightInfo for () {
	fn bond_extra() -> Weight {
		Weight::from_parts(30_000_000, 7_000)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(3))
	}
	fn unbond_bond() -> Weight {
		Weight::from_parts(45_000_000, 10_000)
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().writes(6))
	}
	fn delegate(s: u32) -> Weight {
		Weight::from_parts(70_000_000, 17_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(13))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(8))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn unbond(s: u32) -> Weight {
		Weight::from_parts(70_000_000, 17_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(13))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(9))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn move_stake(s: u32) -> Weight {
		Weight::from_parts(120_000_000, 28_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(24))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(14))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn withdraw(e: u32) -> Weight {
		Weight::from_parts(50_000_000, 10_000)
			.saturating_add(Weight::from_parts(12_000_000, 6_000).saturating_mul(e.into()))
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().reads(2_u64.saturating_mul(e.into())))
			.saturating_add(RocksDbWeight::get().writes(5))
			.saturating_add(RocksDbWeight::get().writes(2_u64.saturating_mul(e.into())))
	}
	fn settle(s: u32) -> Weight {
		Weight::from_parts(20_000_000, 9_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(3))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn settle_position(s: u32) -> Weight {
		Weight::from_parts(120_000_000, 20_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(16))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(13))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn open() -> Weight {
		Weight::from_parts(35_000_000, 9_000)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(5))
	}
	fn move_owner(e: u32) -> Weight {
		Weight::from_parts(70_000_000, 14_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(e.into()))
			.saturating_add(RocksDbWeight::get().reads(10))
			.saturating_add(RocksDbWeight::get().writes(10))
	}
	fn close(s: u32) -> Weight {
		Weight::from_parts(60_000_000, 15_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(11))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(9))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn slash(e: u32) -> Weight {
		Weight::from_parts(110_000_000, 24_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(e.into()))
			.saturating_add(RocksDbWeight::get().reads(20))
			.saturating_add(RocksDbWeight::get().writes(19))
	}
}
