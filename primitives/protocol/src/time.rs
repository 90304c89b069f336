//! Blocks, pulses, sessions and epochs (PROTOCOL §1). Everything that turns a block number into
//! another unit is here and nowhere else.

use crate::{BlockNumber, EpochIndex, PulseIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Lengths of the protocol's units, fixed at genesis.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
pub struct Timing {
	/// Length of a slot in milliseconds.
	pub slot_ms: u64,
	/// Blocks in a pulse.
	pub pulse: BlockNumber,
	/// Blocks in a session (also the number of slots in a BABE epoch).
	pub session: BlockNumber,
	/// Blocks in an epoch.
	pub epoch: BlockNumber,
	/// Blocks in a halving period.
	pub halving: BlockNumber,
}

impl Timing {
	/// Mainnet's timing: 6 s slots, 90 s pulses, 1 h sessions, 4 h epochs, 30 d halvings.
	pub const MAINNET: Self =
		Self { slot_ms: 6_000, pulse: 15, session: 600, epoch: 2_400, halving: 432_000 };
	/// Timing of `development` and `local`: an epoch ends within two minutes.
	pub const FAST: Self =
		Self { slot_ms: 2_000, pulse: 5, session: 30, epoch: 60, halving: 1_200 };

	/// Whether every unit is positive, a pulse divides an epoch, and an epoch fits a halving.
	pub fn is_valid(&self) -> bool {
		self.slot_ms > 0
			&& self.pulse > 0
			&& self.session > 0
			&& self.epoch > 0
			&& self.epoch.checked_rem(self.pulse) == Some(0)
			&& self.halving >= self.epoch
	}

	/// The epoch that `block` belongs to. Epoch `e` holds the blocks `e·epoch .. (e+1)·epoch`.
	pub fn epoch_of(&self, block: BlockNumber) -> EpochIndex {
		block.checked_div(self.epoch).unwrap_or(0)
	}

	/// First block of an epoch (saturating).
	pub fn epoch_start(&self, epoch: EpochIndex) -> BlockNumber {
		epoch.saturating_mul(self.epoch)
	}

	/// First block after an epoch (saturating).
	pub fn epoch_end(&self, epoch: EpochIndex) -> BlockNumber {
		self.epoch_start(epoch.saturating_add(1))
	}

	/// Whether `block` is the first of an epoch.
	pub fn is_epoch_start(&self, block: BlockNumber) -> bool {
		block.checked_rem(self.epoch) == Some(0)
	}

	/// The pulse that `block` belongs to.
	pub fn pulse_of(&self, block: BlockNumber) -> PulseIndex {
		block.checked_div(self.pulse).unwrap_or(0)
	}

	/// Pulses in an epoch.
	pub fn pulses_per_epoch(&self) -> u32 {
		self.epoch.checked_div(self.pulse).unwrap_or(1)
	}

	/// The blocks that milliseconds last, rounded up (saturating).
	pub fn blocks_in(&self, milliseconds: u64) -> BlockNumber {
		let blocks = milliseconds.div_ceil(self.slot_ms.max(1));
		BlockNumber::try_from(blocks).unwrap_or(BlockNumber::MAX)
	}

	/// A number of epochs in blocks (saturating).
	pub fn epochs_to_blocks(&self, epochs: u32) -> BlockNumber {
		self.epoch_start(epochs)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn presets_are_valid() {
		assert!(Timing::MAINNET.is_valid());
		assert!(Timing::FAST.is_valid());
		assert_eq!(Timing::MAINNET.pulses_per_epoch(), 160);
		assert_eq!(Timing::MAINNET.halving, 180 * Timing::MAINNET.epoch);
		assert!(u64::from(Timing::FAST.epoch) * Timing::FAST.slot_ms <= 120_000);
	}

	#[test]
	fn milliseconds_round_up_to_blocks() {
		assert_eq!(Timing::FAST.blocks_in(0), 0);
		assert_eq!(Timing::FAST.blocks_in(2_001), 2);
		assert_eq!(Timing::MAINNET.blocks_in(u64::MAX), BlockNumber::MAX);
	}

	#[test]
	fn a_zero_unit_is_invalid_and_never_panics() {
		let t = Timing { epoch: 0, pulse: 0, ..Timing::FAST };
		assert!(!t.is_valid());
		assert_eq!((t.epoch_of(7), t.pulse_of(7), t.pulses_per_epoch()), (0, 0, 1));
	}

	proptest! {
		#[test]
		fn a_block_lies_within_its_epoch(block in 0u32..=u32::MAX / 2) {
			for t in [Timing::MAINNET, Timing::FAST] {
				let e = t.epoch_of(block);
				prop_assert!(t.epoch_start(e) <= block && block < t.epoch_end(e));
				prop_assert_eq!(t.is_epoch_start(block), t.epoch_start(e) == block);
				prop_assert_eq!(t.pulse_of(block) / t.pulses_per_epoch(), e);
			}
		}
	}
}
