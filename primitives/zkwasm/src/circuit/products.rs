//! Matrix products ([`crate::matrix`]): so many in a segment as the shape says, each in a place of its
//! own behind the steps.
//!
//! The matrix is split into bits once for a segment, from which its root is hashed and every product
//! takes its weights; so a product of a weight costs one row.
//!
//! The step that calls for the n-th product leaves the number of its vector, plus 1, in the n-th *call
//! cell*, at its own time; the cell starts as 0. The n-th product reads what is left there at the end:
//! whether, when and of which vector. It then has one access to each of the vector's words at the time
//! of the call, as if the step had made it. Call cells are cells like data's: what is left in them is
//! the last record of their address, of a time of k bits, so it is what the only step that counted to n
//! wrote. A product that nobody called for accesses the first vector after the last step and puts back
//! what was there.

use super::{
	builder::{pow2, Bits, Builder, Gadget, Lc},
	step::{call_address, data_address, records, Record, Size},
	witness::ProductHint,
};
use crate::matrix::{MATRIX_WORDS, PRODUCT_SHIFT, SIDE, VECTOR_WORDS};
use ark_bn254::Fr;
use ark_ff::Field;

/// Bits of a number.
const NUMBER: usize = 8;
/// Bits of a sum of products, its sign included: at most 32 · 2^14 in size.
const SUM: usize = 21;

/// The matrix of a segment.
pub(super) struct Matrix {
	/// Its words, by rows: their bits are bits.
	pub(super) words: Vec<Lc>,
	/// Its numbers, by rows.
	numbers: Vec<Lc>,
}

impl Matrix {
	/// Splits the words.
	pub(super) fn new(b: &mut Builder, words: &[Fr]) -> Self {
		b.enter(Gadget::Matrix);
		let bits: Vec<Bits> = words.iter().map(|word| b.bits(*word, 4 * NUMBER)).collect();
		let numbers = bits.iter().flat_map(numbers).collect();
		Self { words: bits.into_iter().map(|bits| bits.lc).collect(), numbers }
	}
}

/// The four signed numbers of a word.
fn numbers(word: &Bits) -> [Lc; 4] {
	std::array::from_fn(|i| {
		let (from, top) = (NUMBER * i, NUMBER * (i + 1) - 1);
		word.range(from, top) - &word.bits[top].shifted(NUMBER - 1)
	})
}

/// The records that the products of a segment take part in.
#[derive(Default)]
pub(super) struct ProductRecords {
	/// Call cells at the start.
	pub(super) calls: Vec<Record>,
	/// Records that are read: what is left in call cells, then vectors.
	pub(super) read: Vec<Record>,
	/// Records of vectors that are written.
	pub(super) written: Vec<Record>,
}

/// All products of a segment.
pub(super) fn products(
	b: &mut Builder,
	size: &Size,
	matrix: &Matrix,
	hints: &[ProductHint],
) -> ProductRecords {
	let mut all = ProductRecords::default();
	for (number, hint) in hints.iter().enumerate() {
		product(b, size, matrix, number, hint, &mut all);
	}
	all
}

fn product(
	b: &mut Builder,
	size: &Size,
	matrix: &Matrix,
	number: usize,
	hint: &ProductHint,
	all: &mut ProductRecords,
) {
	b.enter(Gadget::Products);
	let cell = call_address(b, size, &b.small(number as u64));
	let call = b.alloc(hint.call.value);
	let called_at = b.bits(hint.call.time, size.time_bits).lc;
	let unused = b.is_zero(&call);
	let used = b.one() - &unused;
	all.calls.push(Record::new(&cell, &Lc::zero(), &Lc::zero()));
	all.read.push(Record::new(&cell, &called_at, &call));

	// An unused one comes after the last step, each at a time of its own.
	let late = (3 * size.steps + 1 + number) as u64;
	let time = called_at + &unused.scaled(Fr::from(late));
	let first = (call - &used).scaled(Fr::from(u64::from(VECTOR_WORDS)));
	let old: Vec<Bits> = hint.words.iter().map(|word| b.bits(word.value, 4 * NUMBER)).collect();
	let vector: Vec<Lc> = old.iter().flat_map(numbers).collect();
	let result: Vec<Lc> = matrix.numbers.chunks(SIDE).map(|row| element(b, row, &vector)).collect();
	for (i, (old, bytes)) in old.iter().zip(result.chunks(4)).enumerate() {
		b.enter(Gadget::Products);
		let mut word = Lc::zero();
		for (i, byte) in bytes.iter().enumerate() {
			word.add_scaled(pow2(NUMBER * i), byte);
		}
		let change = b.product(&(word - &old.lc), &used);
		let new = old.lc.clone() + &change;
		let address = data_address(&(first.clone() + &b.small(i as u64)));
		let (read, written) = records(b, size, &time, &address, (&old.lc, &new), &hint.words[i]);
		all.read.push(read);
		all.written.push(written);
	}
}

/// One element of a product, as a byte: the sum, shifted down, at the end of the range if it is beyond.
fn element(b: &mut Builder, weights: &[Lc], vector: &[Lc]) -> Lc {
	b.enter(Gadget::Products);
	let offset = b.constant(pow2(SUM - 1));
	let sum = weights.iter().zip(vector).fold(offset, |sum, (w, x)| sum + &b.product(w, x));
	let bits = b.bits(sum.value, SUM);
	b.equal(&sum, &bits.lc);
	let positive = &bits.bits[SUM - 1];
	let negative = b.one() - positive;
	// In range, the bits above the byte's lowest seven are all those of the sign.
	let (from, to) = (PRODUCT_SHIFT as usize, PRODUCT_SHIFT as usize + NUMBER - 1);
	let low = bits.range(from, to);
	let above = bits.count(to, SUM - 1);
	let all = b.small((SUM - 1 - to) as u64);
	let others = above.clone() + &b.product(&(all - &above - &above), &negative);
	let beyond = b.one() - &b.is_zero(&others);
	let end = positive.scaled(pow2(NUMBER - 1) - Fr::ONE);
	let moved = b.product(&(end - &low), &beyond);
	low + &moved + &negative.shifted(NUMBER - 1)
}

/// Whether the sums fit, the words are the matrix's, and a vector is whole words.
const _: () = {
	assert!(SIDE << (2 * (NUMBER - 1)) < 1 << (SUM - 1));
	assert!(SIDE * SIDE == 4 * MATRIX_WORDS as usize && SIDE == 4 * VECTOR_WORDS as usize);
};
