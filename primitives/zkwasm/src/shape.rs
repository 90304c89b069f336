//! Capacities of the segment circuits.

use crate::matrix::{MATRIX_WORDS, VECTOR_WORDS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Words of the evaluation seed, the last words of the input region.
pub const SEED_WORDS: u32 = 8;

/// Most steps of a segment: three accesses for each, whose times have at most 11 bits.
pub const MAX_STEPS: u32 = 682;

/// Most matrix products of a segment.
pub const MAX_PRODUCTS: u32 = 64;

/// Most words of the input or the data region.
pub const MAX_CELLS: u32 = 1 << 16;

/// Bits of a machine word.
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
pub enum Width {
	/// 32 bits: for modules without `i64`.
	W32,
	/// 64 bits; 32-bit values are kept zero extended.
	W64,
}

impl Width {
	/// Bits of a word.
	pub const fn bits(self) -> u32 {
		match self {
			Self::W32 => 32,
			Self::W64 => 64,
		}
	}

	/// Bytes of a word.
	pub const fn bytes(self) -> u32 {
		self.bits() / 8
	}

	/// The largest word.
	pub const fn max(self) -> u64 {
		u64::MAX >> (64 - self.bits())
	}
}

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
	/// Bits of a data word.
	pub width: Width,
	/// Steps of a segment.
	pub steps: u32,
	/// Instructions of a program, at most 1,024 (a branch target has 10 bits).
	pub code: u32,
	/// Words of the input region, a power of two: the artifact, zero padded, then the seed.
	pub inputs: u32,
	/// Words of the data region, a power of two: frames, globals, linear memory.
	pub data: u32,
	/// Matrix products of a segment, see [`crate::matrix`]; 0: the machine has no matrix. Only with
	/// words of 32 bits.
	pub products: u32,
}

/// As many steps as fit into 2^16 rows, for tests.
pub const SMALL: Shape =
	Shape { width: Width::W32, steps: 151, code: 64, inputs: 32, data: 64, products: 0 };

/// As many steps as fit into 2^18 rows, for networks.
pub const STANDARD: Shape =
	Shape { width: Width::W32, steps: 593, code: 384, inputs: 128, data: 128, products: 0 };

/// [`SMALL`] with words of 64 bits.
pub const SMALL_WIDE: Shape =
	Shape { width: Width::W64, steps: 100, code: 64, inputs: 32, data: 64, products: 0 };

/// [`STANDARD`] with words of 64 bits.
pub const STANDARD_WIDE: Shape =
	Shape { width: Width::W64, steps: 422, code: 384, inputs: 128, data: 128, products: 0 };

/// [`SMALL`] with a matrix.
pub const SMALL_MATRIX: Shape =
	Shape { width: Width::W32, steps: 103, code: 64, inputs: 32, data: 64, products: 2 };

/// [`STANDARD`] with a matrix, which takes the place of most of the inputs.
pub const STANDARD_MATRIX: Shape =
	Shape { width: Width::W32, steps: 490, code: 384, inputs: 32, data: 128, products: 12 };

/// Every circuit's name and shape, in the order of their ids.
pub const CIRCUITS: [(&str, Shape); 6] = [
	("small", SMALL),
	("standard", STANDARD),
	("small-wide", SMALL_WIDE),
	("standard-wide", STANDARD_WIDE),
	("small-matrix", SMALL_MATRIX),
	("standard-matrix", STANDARD_MATRIX),
];

/// The shape of a circuit id.
pub const fn by_id(id: u8) -> Option<Shape> {
	if (id as usize) < CIRCUITS.len() {
		Some(CIRCUITS[id as usize].1)
	} else {
		None
	}
}

impl Shape {
	/// Words that an artifact may have: those that the program reads one by one, then the matrix's.
	pub const fn artifact_words(&self) -> u32 {
		self.read_words() + if self.has_matrix() { MATRIX_WORDS } else { 0 }
	}

	/// Words of the artifact that the program reads one by one, as inputs.
	pub const fn read_words(&self) -> u32 {
		self.inputs.saturating_sub(SEED_WORDS)
	}

	/// Whether the machine has a matrix.
	pub const fn has_matrix(&self) -> bool {
		self.products > 0
	}

	/// Whether the sizes keep what the machine and the circuit rely on.
	pub const fn is_well_formed(&self) -> bool {
		self.steps > 0
			&& self.steps <= MAX_STEPS
			&& self.code > 0
			&& self.code <= 1 << crate::ir::TARGET_BITS
			&& self.inputs >= SEED_WORDS
			&& self.inputs.is_power_of_two()
			&& self.inputs <= MAX_CELLS
			&& self.data.is_power_of_two()
			&& self.data <= MAX_CELLS
			&& self.products_are_well_formed()
	}

	const fn products_are_well_formed(&self) -> bool {
		!self.has_matrix()
			|| (matches!(self.width, Width::W32)
				&& self.data >= VECTOR_WORDS
				&& self.products <= MAX_PRODUCTS
				&& 3 * self.steps + self.products <= 3 * MAX_STEPS)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_shape_is_well_formed_and_has_its_id() {
		for (id, (name, shape)) in CIRCUITS.into_iter().enumerate() {
			assert!(shape.is_well_formed());
			assert_eq!(by_id(id as u8), Some(shape));
			assert_eq!(name.ends_with("-matrix"), shape.has_matrix());
			assert_eq!(name.ends_with("-wide"), shape.width == Width::W64);
		}
		assert_eq!(by_id(6), None);
	}

	#[test]
	fn widths_agree_with_their_bits() {
		for width in [Width::W32, Width::W64] {
			assert_eq!(width.max().count_ones(), width.bits());
			assert_eq!(width.bytes() * 8, width.bits());
		}
	}

	#[test]
	fn an_odd_shape_is_not_well_formed() {
		assert!(!Shape { data: 96, ..STANDARD }.is_well_formed());
		assert!(!Shape { inputs: 4, ..STANDARD }.is_well_formed());
		assert!(!Shape { code: 1025, ..STANDARD }.is_well_formed());
		assert!(!Shape { steps: 0, ..STANDARD }.is_well_formed());
		assert!(!Shape { steps: MAX_STEPS + 1, ..STANDARD }.is_well_formed());
		assert!(!Shape { products: 1, ..STANDARD_WIDE }.is_well_formed());
		assert!(!Shape { products: MAX_PRODUCTS + 1, ..STANDARD_MATRIX }.is_well_formed());
		assert!(!Shape { data: 4, ..STANDARD_MATRIX }.is_well_formed());
		assert!(!Shape { steps: MAX_STEPS, ..STANDARD_MATRIX }.is_well_formed());
	}
}
