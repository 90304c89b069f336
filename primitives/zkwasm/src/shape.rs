//! Capacities of the segment circuits.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Words of the evaluation seed, the last words of the input region.
pub const SEED_WORDS: u32 = 8;

/// How much a segment circuit holds. A program, an artifact or a memory that needs more is refused.
///
/// `inputs` and `data` are powers of two, so that a bounds check is a check of high bits.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Shape {
	/// Steps of a segment.
	pub steps: u32,
	/// Instructions of a program, at most 1,024 (a branch target has 10 bits).
	pub code: u32,
	/// Words of the input region, a power of two: the artifact, zero padded, then the seed.
	pub inputs: u32,
	/// Words of the data region, a power of two: frames, globals, linear memory.
	pub data: u32,
}

/// As many steps as fit into 2^16 rows, for tests.
pub const SMALL: Shape = Shape { steps: 117, code: 64, inputs: 32, data: 64 };

/// As many steps as fit into 2^18 rows, for networks.
pub const STANDARD: Shape = Shape { steps: 473, code: 384, inputs: 128, data: 128 };

/// The shape of a circuit id: 0 is [`SMALL`], 1 is [`STANDARD`].
pub const fn by_id(id: u8) -> Option<Shape> {
	match id {
		0 => Some(SMALL),
		1 => Some(STANDARD),
		_ => None,
	}
}

impl Shape {
	/// Words that an artifact may have.
	pub const fn artifact_words(&self) -> u32 {
		self.inputs.saturating_sub(SEED_WORDS)
	}

	/// Whether the sizes keep what the machine and the circuit rely on.
	pub const fn is_well_formed(&self) -> bool {
		self.steps > 0
			&& self.code > 0
			&& self.code <= 1 << crate::ir::TARGET_BITS
			&& self.inputs >= SEED_WORDS
			&& self.inputs.is_power_of_two()
			&& self.inputs <= 1 << 16
			&& self.data.is_power_of_two()
			&& self.data <= 1 << 16
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn both_shapes_are_well_formed() {
		assert!(SMALL.is_well_formed());
		assert!(STANDARD.is_well_formed());
		assert_eq!(by_id(0), Some(SMALL));
		assert_eq!(by_id(1), Some(STANDARD));
		assert_eq!(by_id(2), None);
	}

	#[test]
	fn an_odd_shape_is_not_well_formed() {
		assert!(!Shape { data: 96, ..STANDARD }.is_well_formed());
		assert!(!Shape { inputs: 4, ..STANDARD }.is_well_formed());
		assert!(!Shape { code: 1025, ..STANDARD }.is_well_formed());
		assert!(!Shape { steps: 0, ..STANDARD }.is_well_formed());
	}
}
