//! Poseidon over BN254's scalar field with circom's parameters: S-box x^5, 8 full rounds, widths 5
//! and 13.
//!
//! Source: Grassi et al., "Poseidon: A New Hash Function for Zero-Knowledge Proof Systems" (2021);
//! constants by its reference Grain generator (`generate_parameters_grain.sage 1 0 254 t 8 R_P r`).
//! Tests pin them against `light-poseidon` and circom's published vectors.
//!
//! [`Parameters`] is the definition, which the circuit is made from; hashes are computed by an equal
//! form that takes a sixth of the time (`poseidon/short.rs`).

mod short;

use alloc::{vec, vec::Vec};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};

/// Full rounds of every width.
pub const FULL_ROUNDS: usize = 8;

/// Inputs of the narrow permutation.
pub const NARROW_RATE: usize = 4;
/// Inputs of the wide permutation.
pub const WIDE_RATE: usize = 12;

/// Round constants, then the matrix by rows, each element as 32 little-endian bytes.
const NARROW_TABLE: &[u8] = include_bytes!("poseidon/t5.bin");
const WIDE_TABLE: &[u8] = include_bytes!("poseidon/t13.bin");

/// Constants of one width, and what they mean.
#[derive(Clone, Debug)]
pub struct Parameters {
	/// Elements of the state: 1 + inputs.
	pub width: usize,
	/// Partial rounds.
	pub partial_rounds: usize,
	/// `width` constants for each of the `FULL_ROUNDS + partial_rounds` rounds.
	pub round_constants: Vec<Fr>,
	/// The `width` × `width` matrix by rows: `next[i] = Σ_j matrix[i * width + j] · state[j]`.
	pub matrix: Vec<Fr>,
}

impl Parameters {
	/// Width 5, 60 partial rounds: up to 4 inputs.
	pub fn narrow() -> Self {
		Self::read(NARROW_TABLE, NARROW_RATE + 1, 60)
	}

	/// Width 13, 65 partial rounds: up to 12 inputs.
	pub fn wide() -> Self {
		Self::read(WIDE_TABLE, WIDE_RATE + 1, 65)
	}

	fn read(table: &[u8], width: usize, partial_rounds: usize) -> Self {
		let mut round_constants: Vec<Fr> = table.chunks_exact(32).map(constant).collect();
		let matrix = round_constants.split_off((FULL_ROUNDS + partial_rounds) * width);
		Self { width, partial_rounds, round_constants, matrix }
	}

	/// Permutes a state of `width` elements in place, round by round.
	pub fn permute(&self, state: &mut [Fr]) {
		let half = FULL_ROUNDS / 2;
		let mut next = vec![Fr::ZERO; self.width];
		for (round, constants) in self.round_constants.chunks_exact(self.width).enumerate() {
			for (s, c) in state.iter_mut().zip(constants) {
				*s += c;
			}
			let full = round < half || round >= half + self.partial_rounds;
			for s in state.iter_mut().take(if full { self.width } else { 1 }) {
				let square = s.square();
				*s *= square.square();
			}
			for (n, row) in next.iter_mut().zip(self.matrix.chunks_exact(self.width)) {
				*n = row.iter().zip(state.iter()).map(|(m, s)| *m * s).sum();
			}
			state.copy_from_slice(&next);
		}
	}

	/// First element of the permuted state `[tag, inputs.., 0..]`. Inputs beyond the rate are
	/// ignored: callers pass at most `width - 1`.
	pub fn compress(&self, tag: Fr, inputs: &[Fr]) -> Fr {
		let mut state = vec![Fr::ZERO; self.width];
		for (s, i) in state.iter_mut().zip(core::iter::once(&tag).chain(inputs)) {
			*s = *i;
		}
		self.permute(&mut state);
		state.first().copied().unwrap_or(Fr::ZERO)
	}
}

/// Reads a constant. The tables are canonical (a test checks it), so there is no reduction.
fn constant(bytes: &[u8]) -> Fr {
	let mut limbs = [0u64; 4];
	for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
		let mut word = [0u8; 8];
		word.copy_from_slice(chunk);
		*limb = u64::from_le_bytes(word);
	}
	Fr::from_bigint(BigInt::new(limbs)).unwrap_or(Fr::ZERO)
}

/// Hash of at most [`NARROW_RATE`] elements under a tag: one narrow permutation.
pub fn hash_narrow(tag: Fr, inputs: &[Fr]) -> Fr {
	short::NARROW.first(state(tag, inputs))
}

/// Hash of at most [`WIDE_RATE`] elements under a tag: one wide permutation.
pub fn hash_wide(tag: Fr, inputs: &[Fr]) -> Fr {
	short::WIDE.first(state(tag, inputs))
}

/// `[tag, inputs.., 0..]`, without the inputs that are too many.
fn state<const W: usize>(tag: Fr, inputs: &[Fr]) -> [Fr; W] {
	let mut state = [Fr::ZERO; W];
	for (s, i) in state.iter_mut().zip(core::iter::once(&tag).chain(inputs)) {
		*s = *i;
	}
	state
}

/// Levels of [`hash_tree`] over this many elements; at least one.
pub const fn tree_levels(elements: usize) -> u32 {
	let (mut levels, mut nodes) = (1, elements.div_ceil(WIDE_RATE));
	while nodes > 1 {
		nodes = nodes.div_ceil(WIDE_RATE);
		levels += 1;
	}
	levels
}

/// Root of a tree over any number of elements: each node is the compression of [`WIDE_RATE`]
/// elements of the level below, the last one zero padded, under `tag` plus the level (0 for the
/// nodes over the elements). So every element has a path of [`tree_levels`] nodes. The tag binds the
/// kind and the number of elements and leaves room for the level in its low bits.
pub fn hash_tree(tag: Fr, elements: &[Fr]) -> Fr {
	let mut nodes = level_above(tag, if elements.is_empty() { &[Fr::ZERO] } else { elements });
	for level in 1..tree_levels(elements.len()) {
		nodes = level_above(tag + Fr::from(level), &nodes);
	}
	nodes.first().copied().unwrap_or(Fr::ZERO)
}

/// The nodes over these, in order.
pub(crate) fn level_above(tag: Fr, below: &[Fr]) -> Vec<Fr> {
	below.chunks(WIDE_RATE).map(|children| hash_wide(tag, children)).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::UniformRand;
	use light_poseidon::{parameters::bn254_x5::get_poseidon_parameters, Poseidon, PoseidonHasher};
	use rand_chacha::rand_core::SeedableRng;

	#[test]
	fn tables_are_the_reference_parameters() {
		for ours in [Parameters::narrow(), Parameters::wide()] {
			let reference = get_poseidon_parameters::<Fr>(ours.width as u8).unwrap();
			assert_eq!(ours.round_constants, reference.ark);
			assert_eq!(ours.matrix, reference.mds.concat());
			assert_eq!(ours.partial_rounds, reference.partial_rounds);
			assert_eq!(FULL_ROUNDS, reference.full_rounds);
		}
	}

	#[test]
	fn hashes_are_the_reference_hashes() {
		let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(7);
		for (rate, parameters) in [(4, Parameters::narrow()), (12, Parameters::wide())] {
			for _ in 0..4 {
				let tag = Fr::rand(&mut rng);
				let inputs: Vec<Fr> = (0..rate).map(|_| Fr::rand(&mut rng)).collect();
				let mut reference =
					Poseidon::<Fr>::with_domain_tag_circom(inputs.len(), tag).unwrap();
				assert_eq!(parameters.compress(tag, &inputs), reference.hash(&inputs).unwrap());
			}
		}
	}

	/// circomlibjs, `test/poseidon.js`: `poseidon([1, 2, 3, 4])`.
	#[test]
	fn the_published_circom_vector_holds() {
		let inputs = [1u64, 2, 3, 4].map(Fr::from);
		let expected = <Fr as core::str::FromStr>::from_str(
			"18821383157269793795438455681495246036402687001665670618754263018637548127333",
		);
		assert_eq!(Ok(hash_narrow(Fr::ZERO, &inputs)), expected.map_err(|_| ()));
	}

	#[test]
	fn a_tree_of_one_node_is_one_compression() {
		let inputs: Vec<Fr> = (0..12u64).map(Fr::from).collect();
		let wide = Parameters::wide();
		assert_eq!(hash_tree(Fr::from(256u64), &inputs), wide.compress(Fr::from(256u64), &inputs));
		assert_eq!(hash_tree(Fr::ZERO, &[]), wide.compress(Fr::ZERO, &[]));
	}

	#[test]
	fn a_tree_is_what_its_levels_say() {
		assert_eq!([0, 1, 12, 13, 144, 145].map(tree_levels), [1, 1, 1, 2, 2, 3]);
		let inputs: Vec<Fr> = (0..30u64).map(Fr::from).collect();
		let wide = Parameters::wide();
		let tag = Fr::from(512u64);
		let leaves: Vec<Fr> = inputs.chunks(12).map(|chunk| wide.compress(tag, chunk)).collect();
		assert_eq!(hash_tree(tag, &inputs), wide.compress(tag + Fr::from(1u64), &leaves));
		// Every element counts.
		for i in 0..30 {
			let mut other = inputs.clone();
			other[i] += Fr::from(1u64);
			assert_ne!(hash_tree(tag, &other), hash_tree(tag, &inputs));
		}
	}
}
