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
		Weight::from_parts(121_000_000, 26_000)
			.saturating_add(T::DbWeight::get().reads(14))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	fn unbond_bond() -> Weight {
		Weight::from_parts(136_000_000, 29_000)
			.saturating_add(T::DbWeight::get().reads(17))
			.saturating_add(T::DbWeight::get().writes(7))
	}
	fn delegate(s: u32) -> Weight {
		Weight::from_parts(161_000_000, 36_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(24))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(9))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn unbond(s: u32) -> Weight {
		Weight::from_parts(161_000_000, 36_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(24))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(10))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn move_stake(s: u32) -> Weight {
		Weight::from_parts(302_000_000, 47_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(46))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(16))
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
		Weight::from_parts(111_000_000, 28_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(16))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn settle_position(s: u32) -> Weight {
		Weight::from_parts(211_000_000, 39_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(27))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(14))
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
		Weight::from_parts(242_000_000, 34_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(33))
			.saturating_add(T::DbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(11))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn slash(e: u32) -> Weight {
		Weight::from_parts(201_000_000, 43_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(31))
			.saturating_add(T::DbWeight::get().writes(20))
	}
}

/// For mocks.
impl WeightInfo for () {
	fn bond_extra() -> Weight {
		Weight::from_parts(121_000_000, 26_000)
			.saturating_add(RocksDbWeight::get().reads(14))
			.saturating_add(RocksDbWeight::get().writes(4))
	}
	fn unbond_bond() -> Weight {
		Weight::from_parts(136_000_000, 29_000)
			.saturating_add(RocksDbWeight::get().reads(17))
			.saturating_add(RocksDbWeight::get().writes(7))
	}
	fn delegate(s: u32) -> Weight {
		Weight::from_parts(161_000_000, 36_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(24))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(9))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn unbond(s: u32) -> Weight {
		Weight::from_parts(161_000_000, 36_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(24))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(10))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn move_stake(s: u32) -> Weight {
		Weight::from_parts(302_000_000, 47_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(46))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(16))
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
		Weight::from_parts(111_000_000, 28_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(16))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(4))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn settle_position(s: u32) -> Weight {
		Weight::from_parts(211_000_000, 39_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(27))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(14))
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
		Weight::from_parts(242_000_000, 34_000)
			.saturating_add(Weight::from_parts(30_000_000, 9_000).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(33))
			.saturating_add(RocksDbWeight::get().reads(3_u64.saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(11))
			.saturating_add(RocksDbWeight::get().writes(4_u64.saturating_mul(s.into())))
	}
	fn slash(e: u32) -> Weight {
		Weight::from_parts(201_000_000, 43_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(e.into()))
			.saturating_add(RocksDbWeight::get().reads(31))
			.saturating_add(RocksDbWeight::get().writes(20))
	}
}
