//! Poseidon as rows: three for each S-box, none for the linear layers.
//!
//! In the partial rounds only the first element passes an S-box, so the others stay sums of what the
//! rounds before gave. Those sums have the same coefficients in every permutation; they are worked
//! out once ([`Linear`]), which also makes the witness cheaper than the plain permutation.

use super::builder::{pow2, Builder, Gadget, Lc};
use crate::{
	commitment::{packed_words, tag, Kind},
	poseidon::{self, tree_levels, Parameters, FULL_ROUNDS, WIDE_RATE},
	shape::Width,
};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use std::sync::OnceLock;

/// An affine form over a basis: coefficients, then the constant.
#[derive(Clone)]
struct Form {
	coefficients: Vec<Fr>,
	constant: Fr,
}

impl Form {
	fn apply(&self, b: &Builder, basis: &[Lc]) -> Lc {
		let mut lc = b.constant(self.constant);
		for (coefficient, element) in self.coefficients.iter().zip(basis) {
			lc.add_scaled(*coefficient, element);
		}
		lc
	}
}

/// The partial rounds of one width as affine forms over the state before them (after its S-boxes) and
/// the S-box outputs so far.
struct Linear {
	parameters: Parameters,
	/// What each partial round's S-box gets.
	sboxes: Vec<Form>,
	/// The state that the next full round's S-boxes get.
	last: Vec<Form>,
}

impl Linear {
	fn new(parameters: Parameters) -> Self {
		let width = parameters.width;
		let half = FULL_ROUNDS / 2;
		let partial = parameters.partial_rounds;
		let basis = width + partial;
		let mix = |state: &[Form], round: usize| -> Vec<Form> {
			let constants = &parameters.round_constants[round * width..];
			(0..width)
				.map(|i| {
					let row = &parameters.matrix[i * width..(i + 1) * width];
					let mut next =
						Form { coefficients: vec![Fr::ZERO; basis], constant: constants[i] };
					for (m, form) in row.iter().zip(state) {
						next.constant += *m * form.constant;
						for (n, c) in next.coefficients.iter_mut().zip(&form.coefficients) {
							if *c != Fr::ZERO {
								*n += *m * c;
							}
						}
					}
					next
				})
				.collect()
		};
		let unit = |i: usize| {
			let mut coefficients = vec![Fr::ZERO; basis];
			coefficients[i] = Fr::ONE;
			Form { coefficients, constant: Fr::ZERO }
		};
		let mut state: Vec<Form> = (0..width).map(unit).collect();
		let mut sboxes = Vec::with_capacity(partial);
		for round in 0..partial {
			state = mix(&state, half + round);
			let mut input = state[0].clone();
			input.coefficients.truncate(width + round);
			sboxes.push(input);
			state[0] = unit(width + round);
		}
		let last = mix(&state, half + partial);
		Self { parameters, sboxes, last }
	}

	fn permute_first(&self, b: &mut Builder, mut state: Vec<Lc>) -> Lc {
		let p = &self.parameters;
		let (width, half) = (p.width, FULL_ROUNDS / 2);
		for (element, constant) in state.iter_mut().zip(&p.round_constants) {
			*element = std::mem::replace(element, Lc::zero()) + &b.constant(*constant);
		}
		let mix = |b: &Builder, state: &[Lc], i: usize, constant: Fr| {
			let mut lc = b.constant(constant);
			for (m, element) in p.matrix[i * width..(i + 1) * width].iter().zip(state) {
				lc.add_scaled(*m, element);
			}
			lc
		};
		let full = |b: &mut Builder, state: Vec<Lc>, next_round: usize| -> Vec<Lc> {
			let out: Vec<Lc> = state.iter().map(|element| sbox(b, element)).collect();
			(0..width).map(|i| mix(b, &out, i, p.round_constants[next_round * width + i])).collect()
		};
		for round in 1..half {
			state = full(b, state, round);
		}
		let mut basis: Vec<Lc> = state.iter().map(|element| sbox(b, element)).collect();
		for form in &self.sboxes {
			let input = form.apply(b, &basis);
			let output = sbox(b, &input);
			basis.push(output);
		}
		state = self.last.iter().map(|form| form.apply(b, &basis)).collect();
		let first_of_second_half = half + p.partial_rounds;
		for round in first_of_second_half + 1..first_of_second_half + half {
			state = full(b, state, round);
		}
		let out: Vec<Lc> = state.iter().map(|element| sbox(b, element)).collect();
		mix(b, &out, 0, Fr::ZERO)
	}
}

/// `x^5`.
fn sbox(b: &mut Builder, x: &Lc) -> Lc {
	let square = b.product(x, x);
	let fourth = b.product(&square, &square);
	b.product(x, &fourth)
}

fn narrow() -> &'static Linear {
	static NARROW: OnceLock<Linear> = OnceLock::new();
	NARROW.get_or_init(|| Linear::new(poseidon::Parameters::narrow()))
}

fn wide() -> &'static Linear {
	static WIDE: OnceLock<Linear> = OnceLock::new();
	WIDE.get_or_init(|| Linear::new(poseidon::Parameters::wide()))
}

fn compress(b: &mut Builder, linear: &Linear, first: Lc, inputs: &[Lc]) -> Lc {
	let mut state = vec![first];
	state.extend_from_slice(inputs);
	state.resize_with(linear.parameters.width, Lc::zero);
	linear.permute_first(b, state)
}

/// [`poseidon::hash_narrow`] under the tag of `kind`, as a variable.
pub(crate) fn hash_narrow(b: &mut Builder, kind: Kind, inputs: &[Lc]) -> Lc {
	b.enter(Gadget::Hash);
	let first = b.constant(tag(kind, inputs.len() as u32));
	let hash = compress(b, narrow(), first, inputs);
	b.named(&hash)
}

/// Root of a region of cells, one element each, as a variable.
pub(crate) fn hash_cells(b: &mut Builder, kind: Kind, cells: &[Lc]) -> Lc {
	hash_tree(b, tag(kind, cells.len() as u32), cells.to_vec())
}

/// Root of a region with several words in an element, as a variable. The words must be in range: only
/// then does an element say which words it is made of.
pub(crate) fn hash_data(b: &mut Builder, width: Width, kind: Kind, words: &[Lc]) -> Lc {
	let elements = words
		.chunks(packed_words(width))
		.map(|chunk| {
			let mut element = Lc::zero();
			for (i, word) in chunk.iter().enumerate() {
				element.add_scaled(pow2(width.bits() as usize * i), word);
			}
			element
		})
		.collect();
	hash_tree(b, tag(kind, words.len() as u32), elements)
}

/// [`poseidon::hash_tree`] of at least one element.
fn hash_tree(b: &mut Builder, tag: Fr, elements: Vec<Lc>) -> Lc {
	b.enter(Gadget::Hash);
	let mut nodes = elements;
	for level in 0..tree_levels(nodes.len()) {
		let first = b.constant(tag + Fr::from(level));
		nodes = nodes
			.chunks(WIDE_RATE)
			.map(|chunk| {
				let hash = compress(b, wide(), first.clone(), chunk);
				b.named(&hash)
			})
			.collect();
	}
	nodes.pop().unwrap_or_else(Lc::zero)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commitment::{cells_root, data_root};

	#[test]
	fn rows_and_values_agree_with_the_native_hash() {
		let cells: Vec<Fr> = (0..30u64).map(|i| Fr::from(i * i + 1)).collect();
		let mut b = Builder::new(&[Fr::ZERO; 4], true);
		let inputs: Vec<Lc> = cells.iter().map(|c| b.alloc(*c)).collect();
		let tree = hash_cells(&mut b, Kind::Code, &inputs);
		let one = hash_narrow(&mut b, Kind::Inputs, &inputs[..2]);
		assert_eq!(tree.value, cells_root(Kind::Code, &cells));
		assert_eq!(one.value, poseidon::hash_narrow(tag(Kind::Inputs, 2), &cells[..2]));
		let (values, rows) = b.finish();
		let rows = rows.unwrap();
		assert!(rows.is_satisfied(&values));
		assert_eq!(rows.len(), 4 * (3 * (8 * 13 + 65) + 1) + 3 * (8 * 5 + 60) + 1);
	}

	#[test]
	fn packed_words_agree_with_the_native_hash() {
		for width in [Width::W32, Width::W64] {
			let words: Vec<u64> =
				(0..40u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) & width.max()).collect();
			let mut b = Builder::new(&[Fr::ZERO; 4], true);
			let inputs: Vec<Lc> = words.iter().map(|w| b.alloc(Fr::from(*w))).collect();
			let root = hash_data(&mut b, width, Kind::data(width), &inputs);
			assert_eq!(root.value, data_root(width, &words));
			let (values, rows) = b.finish();
			assert!(rows.unwrap().is_satisfied(&values));
		}
	}
}
