//! Weights of the pallet: initial estimate, to be replaced by the node's bench command.

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls.
pub trait WeightInfo {
	/// Weight of `start`.
	fn start() -> Weight;
	/// Weight of `cancel`.
	fn cancel() -> Weight;
	/// Weight of `commit`: `a` bytes of artifact, `e` edges.
	fn commit(a: u32, e: u32) -> Weight;
	/// Weight of `prove`: `s` segments.
	fn prove(s: u32) -> Weight;
	/// Weight of `register_verifying_key`.
	fn register_verifying_key() -> Weight;
	/// Weight of `retire_verifying_key`.
	fn retire_verifying_key() -> Weight;
}

/// Weights on the reference machine.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn start() -> Weight {
		Weight::from_parts(80_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn cancel() -> Weight {
		Weight::from_parts(100_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(6))
	}

	fn commit(a: u32, e: u32) -> Weight {
		// Almost all of it is the artifact's Poseidon root, in the runtime.
		Weight::from_parts(150_000_000, 12_000)
			.saturating_add(Weight::from_parts(2_500_000, 0).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(5_000_000, 4_000).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().reads(e.into()))
			.saturating_add(T::DbWeight::get().writes(6))
	}

	fn prove(s: u32) -> Weight {
		Weight::from_parts(10_000_000_000, 500_000)
			.saturating_add(Weight::from_parts(2_000_000_000, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(160))
			.saturating_add(T::DbWeight::get().writes(16))
	}

	fn register_verifying_key() -> Weight {
		Weight::from_parts(30_000_000_000, 5_000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	fn retire_verifying_key() -> Weight {
		Weight::from_parts(20_000_000, 8_000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}

impl WeightInfo for () {
	fn start() -> Weight {
		Weight::from_parts(80_000_000, 10_000)
	}

	fn cancel() -> Weight {
		Weight::from_parts(100_000_000, 10_000)
	}

	fn commit(a: u32, e: u32) -> Weight {
		Weight::from_parts(150_000_000, 12_000)
			.saturating_add(Weight::from_parts(2_500_000, 0).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(5_000_000, 4_000).saturating_mul(e.into()))
	}

	fn prove(s: u32) -> Weight {
		Weight::from_parts(10_000_000_000, 500_000)
			.saturating_add(Weight::from_parts(2_000_000_000, 0).saturating_mul(s.into()))
	}

	fn register_verifying_key() -> Weight {
		Weight::from_parts(30_000_000_000, 5_000)
	}

	fn retire_verifying_key() -> Weight {
		Weight::from_parts(20_000_000, 8_000)
	}
}
