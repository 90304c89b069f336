//! Weights of the pallet: initial estimate, to be replaced by the node's bench command.

use core::marker::PhantomData;
use frame::weights_prelude::*;

/// Weights of the pallet's calls and hooks.
pub trait WeightInfo {
	/// Writing the block's output to the ring.
	fn on_finalize() -> Weight;
	/// Weight of `register_project`.
	fn register_project() -> Weight;
	/// Weight of `expire_start`.
	fn expire_start() -> Weight;
	/// Weight of `expire_experiment`, with the longest scan for the seed.
	fn expire_experiment() -> Weight;
}

/// Weights on the reference machine.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn on_finalize() -> Weight {
		Weight::from_parts(10_000_000, 3_500)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	fn register_project() -> Weight {
		// The root of a blank artifact of 8 KiB is most of it.
		Weight::from_parts(20_000_000_000, 8_000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn expire_start() -> Weight {
		Weight::from_parts(100_000_000, 8_000)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(7))
	}

	fn expire_experiment() -> Weight {
		Weight::from_parts(300_000_000, 400_000)
			.saturating_add(T::DbWeight::get().reads(140))
			.saturating_add(T::DbWeight::get().writes(7))
	}
}

impl WeightInfo for () {
	fn on_finalize() -> Weight {
		Weight::from_parts(10_000_000, 3_500)
	}

	fn register_project() -> Weight {
		Weight::from_parts(20_000_000_000, 8_000)
	}

	fn expire_start() -> Weight {
		Weight::from_parts(100_000_000, 8_000)
	}

	fn expire_experiment() -> Weight {
		Weight::from_parts(300_000_000, 400_000)
	}
}
