//! What other pallets and the SDK's pallets ask about the network.

use crate::{Config, Pallet, Parameters};
use core::marker::PhantomData;
use frame::prelude::*;
use woppal_protocol::{network::NetworkParameters, traits::Network, BlockNumber};

/// Length of a slot in milliseconds, read from storage: BABE's `ExpectedBlockTime`.
pub struct ExpectedBlockTime<T>(PhantomData<T>);

impl<T: Config> Get<u64> for ExpectedBlockTime<T> {
	fn get() -> u64 {
		Pallet::<T>::timing().slot_ms
	}
}

/// Slots in a session, read from storage: BABE's `EpochDuration`.
pub struct SessionLength<T>(PhantomData<T>);

impl<T: Config> Get<u64> for SessionLength<T> {
	fn get() -> u64 {
		u64::from(Pallet::<T>::timing().session)
	}
}

impl<T: Config> Get<BlockNumber> for SessionLength<T> {
	fn get() -> BlockNumber {
		Pallet::<T>::timing().session
	}
}

/// Half a slot in milliseconds, read from storage: the timestamp pallet's `MinimumPeriod`.
pub struct MinimumPeriod<T>(PhantomData<T>);

impl<T: Config> Get<u64> for MinimumPeriod<T> {
	fn get() -> u64 {
		Pallet::<T>::timing().slot_ms.checked_div(2).unwrap_or(0)
	}
}

impl<T: Config> Network for Pallet<T> {
	fn parameters() -> NetworkParameters {
		Parameters::<T>::get()
	}

	// The system pallet never prunes the hash of block 0.
	fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32))
	}
}
