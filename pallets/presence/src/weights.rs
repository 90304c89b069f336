//! Weights of `pallet_presence`: initial estimate, from the reads and writes of the call and of the
//! ledger behind it, until the node's bench command has run.

use frame::weights_prelude::*;

/// Weights of the pallet's dispatchables.
pub trait WeightInfo {
	/// Weight of `heartbeat`.
	fn heartbeat() -> Weight;
}

/// Weights on the reference machine with RocksDB.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn heartbeat() -> Weight {
		Weight::from_parts(40_000_000, 8_000)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(4))
	}
}

/// For mocks.
impl WeightInfo for () {
	fn heartbeat() -> Weight {
		Weight::from_parts(40_000_000, 8_000)
			.saturating_add(RocksDbWeight::get().reads(10))
			.saturating_add(RocksDbWeight::get().writes(4))
	}
}
