//! The ring of VRF outputs and the evaluation seed.

use crate::{BlockOutput, Config, Outputs, Pallet, SeedState};
use alloc::{collections::BTreeSet, vec::Vec};
use frame::prelude::*;
use woppal_protocol::{
	research::evaluation_seed,
	traits::{BlockRandomness, Network},
	BlockNumber, ExperimentId,
};

/// Blocks after the commit whose outputs don't count: the author of the next one may know its output
/// when it chooses what to include.
const SEED_DELAY: BlockNumber = 2;

/// How many of `authorities` must contribute: more than a third, at least 3, or all if fewer.
pub(crate) fn required_contributors(authorities: u32) -> u32 {
	let third = authorities.checked_div(3).unwrap_or(0);
	third.saturating_add(1).max(3).min(authorities.max(1))
}

impl<T: Config> Pallet<T> {
	/// Blocks between the fixed seed and the last block for `prove`: the period in epochs, and on
	/// networks with short epochs no less than it takes to prove.
	pub(crate) fn prove_blocks() -> BlockNumber {
		let timing = T::Network::parameters().timing;
		timing
			.epochs_to_blocks(T::ProvePeriod::get())
			.max(timing.blocks_in(T::MinProveMillis::get()))
	}

	/// Length of the ring in blocks: a seed's longest way, the time to prove, and as much again, in
	/// which one whose experiment is void can still show it.
	pub fn ring_length() -> BlockNumber {
		Self::prove_blocks()
			.saturating_mul(2)
			.saturating_add(T::MaxSeedBlocks::get())
			.saturating_add(SEED_DELAY)
	}

	/// Writes the current block's output to the ring.
	pub(crate) fn record_output() {
		let block = Self::now();
		let Some(slot) = block.checked_rem(Self::ring_length()) else { return };
		match T::Randomness::current() {
			Some((author, output)) => Outputs::<T>::insert(
				slot,
				BlockOutput { block, author, authorities: T::Randomness::authorities(), output },
			),
			None => Outputs::<T>::remove(slot),
		}
	}

	/// The seed of an experiment that was committed in block `committed`. Reads at most
	/// [`Config::MaxSeedBlocks`] outputs.
	pub(crate) fn seed_state(experiment: &ExperimentId, committed: BlockNumber) -> SeedState {
		let now = Self::now();
		let ring = Self::ring_length();
		let first = committed.saturating_add(SEED_DELAY);
		if now >= first.saturating_add(ring) {
			return SeedState::Lost;
		}
		let end = first.saturating_add(T::MaxSeedBlocks::get());
		let mut outputs = Vec::new();
		let mut authors = BTreeSet::new();
		for block in first..end.min(now.saturating_add(1)) {
			let found = block.checked_rem(ring).and_then(Outputs::<T>::get);
			let Some(entry) = found.filter(|entry| entry.block == block) else { continue };
			outputs.push(entry.output);
			authors.insert(entry.author);
			let contributed = u32::try_from(authors.len()).unwrap_or(u32::MAX);
			if contributed >= required_contributors(entry.authorities) {
				return SeedState::Fixed {
					seed: evaluation_seed(experiment, &outputs),
					prove_until: block.saturating_add(Self::prove_blocks()),
				};
			}
		}
		// The current block's output is written at its end.
		if now >= end {
			SeedState::Never
		} else {
			SeedState::Pending
		}
	}
}
