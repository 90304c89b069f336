//! The permutations with their partial rounds in another basis, where a round is a shift and two sums
//! (`examples/poseidon_tables.rs` derives it): the same values for a quarter of the arithmetic.

use super::{FULL_ROUNDS, NARROW_RATE, WIDE_RATE};
use ark_bn254::{Fr, FrConfig};
use ark_ff::{AdditiveGroup, BigInt, Field, MontConfig, PrimeField};

const HALF: usize = FULL_ROUNDS / 2;

/// A permutation of `W` elements with `P` partial rounds.
pub(super) struct Short<const W: usize, const P: usize> {
	/// Constants of the full rounds before the partial ones.
	first: [[Fr; W]; HALF],
	/// What each partial round adds to the first element.
	partial: [Fr; P],
	/// Constants of the full rounds behind.
	last: [[Fr; W]; HALF],
	/// The matrix of the full rounds, but for the last one before the partial rounds.
	matrix: [[Fr; W]; W],
	/// That one's matrix, into the partial rounds' basis.
	enter: [[Fr; W]; W],
	/// The matrix of the last partial round, out of the basis. The first element is the same in both,
	/// so its row is that of all partial rounds.
	leave: [[Fr; W]; W],
	/// Second element after a partial round; those behind it move up by one.
	recurrence: [Fr; W],
}

pub(super) static NARROW: Short<{ NARROW_RATE + 1 }, 60> =
	Short::read(include_bytes!("short5.bin"));
pub(super) static WIDE: Short<{ WIDE_RATE + 1 }, 65> = Short::read(include_bytes!("short13.bin"));

impl<const W: usize, const P: usize> Short<W, P> {
	/// Reads a table as it is compiled in: elements of 32 little-endian bytes, in the fields' order.
	const fn read(table: &[u8]) -> Self {
		assert!(table.len() == 32 * (FULL_ROUNDS * W + P + 3 * W * W + W), "another width's table");
		let (first, at) = matrix(table, 0);
		let (partial, at) = row(table, at);
		let (last, at) = matrix(table, at);
		let (square, at) = matrix(table, at);
		let (enter, at) = matrix(table, at);
		let (leave, at) = matrix(table, at);
		let (recurrence, _) = row(table, at);
		Self { first, partial, last, matrix: square, enter, leave, recurrence }
	}

	/// First element of the permuted state.
	pub(super) fn first(&self, mut state: [Fr; W]) -> Fr {
		for (round, constants) in self.first.iter().enumerate() {
			full(&mut state, constants);
			let matrix = if round + 1 == HALF { &self.enter } else { &self.matrix };
			state = mix(matrix, &state);
		}
		for (round, constant) in self.partial.iter().enumerate() {
			state[0] = fifth_power(state[0] + constant);
			if round + 1 == P {
				state = mix(&self.leave, &state);
			} else {
				let next = [dot(&self.leave[0], &state), dot(&self.recurrence, &state)];
				state.copy_within(1..W - 1, 2);
				state[..2].copy_from_slice(&next);
			}
		}
		for (round, constants) in self.last.iter().enumerate() {
			full(&mut state, constants);
			if round + 1 == HALF {
				break;
			}
			state = mix(&self.matrix, &state);
		}
		dot(&self.matrix[0], &state)
	}
}

const fn matrix<const W: usize, const H: usize>(table: &[u8], at: usize) -> ([[Fr; W]; H], usize) {
	let mut rows = [[Fr::ZERO; W]; H];
	let (mut i, mut at) = (0, at);
	while i < H {
		(rows[i], at) = row(table, at);
		i += 1;
	}
	(rows, at)
}

const fn row<const W: usize>(table: &[u8], at: usize) -> ([Fr; W], usize) {
	let mut elements = [Fr::ZERO; W];
	let mut i = 0;
	while i < W {
		let mut limbs = [0; 4];
		let mut byte = 0;
		while byte < 32 {
			limbs[byte / 8] |= (table[at + 32 * i + byte] as u64) << (byte % 8 * 8);
			byte += 1;
		}
		elements[i] = Fr::new(BigInt::new(limbs));
		i += 1;
	}
	(elements, at + 32 * W)
}

/// A full round without its linear layer.
fn full<const W: usize>(state: &mut [Fr; W], constants: &[Fr; W]) {
	for (element, constant) in state.iter_mut().zip(constants) {
		*element = fifth_power(*element + constant);
	}
}

fn fifth_power(element: Fr) -> Fr {
	element.square().square() * element
}

fn mix<const W: usize>(matrix: &[[Fr; W]; W], state: &[Fr; W]) -> [Fr; W] {
	let mut next = [Fr::ZERO; W];
	for (element, row) in next.iter_mut().zip(matrix) {
		*element = dot(row, state);
	}
	next
}

/// `Σ a[i] · b[i]`, reduced once. arkworks' `sum_of_products` reduces after every three products.
///
/// Works on the Montgomery forms, `2^256 · a[i]` modulo the modulus `p`. The sum of products is below
/// `W · p²`, so that after Montgomery's reduction less than `(1 + W · p / 2^256) · p` is left: below
/// `4 · p` for `W ≤ 15`, and in 256 bits.
fn dot<const W: usize>(a: &[Fr; W], b: &[Fr; W]) -> Fr {
	const { assert!(W <= 15, "the sum would need a further subtraction") };
	let mut sum = [0u64; 8];
	let mut carry = (0u128, 0u64);
	sum[0] = column::<W, 0>(a, b, &mut carry);
	sum[1] = column::<W, 1>(a, b, &mut carry);
	sum[2] = column::<W, 2>(a, b, &mut carry);
	sum[3] = column::<W, 3>(a, b, &mut carry);
	sum[4] = column::<W, 4>(a, b, &mut carry);
	sum[5] = column::<W, 5>(a, b, &mut carry);
	sum[6] = column::<W, 6>(a, b, &mut carry);
	sum[7] = carry.0 as u64;
	reduced(sum)
}

/// Adds up the products of limbs whose places add up to `C`; leaves in `carry` what is above the
/// column's 64 bits, and returns those.
#[inline(always)]
fn column<const W: usize, const C: usize>(
	a: &[Fr; W],
	b: &[Fr; W],
	carry: &mut (u128, u64),
) -> u64 {
	let (mut low, mut high) = *carry;
	for (a, b) in a.iter().zip(b) {
		let (a, b) = (&a.0 .0, &b.0 .0);
		for i in C.saturating_sub(3)..=if C < 3 { C } else { 3 } {
			let (sum, over) = low.overflowing_add(u128::from(a[i]) * u128::from(b[C - i]));
			low = sum;
			high = high.wrapping_add(u64::from(over));
		}
	}
	*carry = (low >> 64 | u128::from(high) << 64, 0);
	low as u64
}

/// Montgomery's reduction of a sum that leaves less than four times the modulus.
#[inline(always)]
fn reduced(mut sum: [u64; 8]) -> Fr {
	let modulus = Fr::MODULUS.0;
	let mut top = 0;
	for i in 0..4 {
		let factor = sum[i].wrapping_mul(FrConfig::INV);
		let mut carry = 0;
		for j in 0..4 {
			let next = u128::from(factor) * u128::from(modulus[j])
				+ u128::from(sum[i + j])
				+ u128::from(carry);
			sum[i + j] = next as u64;
			carry = (next >> 64) as u64;
		}
		let next = u128::from(sum[i + 4]) + u128::from(carry) + u128::from(top);
		sum[i + 4] = next as u64;
		top = (next >> 64) as u64;
	}
	let mut rest = [sum[4], sum[5], sum[6], sum[7]];
	for multiple in [const { doubled(Fr::MODULUS.0) }, modulus] {
		let mut borrow = false;
		let mut less = [0; 4];
		for i in 0..4 {
			let (once, first) = rest[i].overflowing_sub(multiple[i]);
			let (twice, second) = once.overflowing_sub(u64::from(borrow));
			less[i] = twice;
			borrow = first | second;
		}
		if !borrow {
			rest = less;
		}
	}
	Fr::new_unchecked(BigInt::new(rest))
}

/// Twice a number below 2^255.
const fn doubled(limbs: [u64; 4]) -> [u64; 4] {
	let [a, b, c, d] = limbs;
	[a << 1, b << 1 | a >> 63, c << 1 | b >> 63, d << 1 | c >> 63]
}
