//! The segment circuit: a rank-1 constraint system over BN254's scalar field.
//!
//! ## Relation
//!
//! Public inputs, in this order: pre-root, post-root, program digest, context digest. The circuit
//! holds if there are regions and registers with root *pre-root* whose code is the one that the
//! *program digest* commits to, and [`Shape::steps`] steps of the machine ([`crate::ir`]) lead from
//! them to registers and data with root *post-root*; an ended machine stays as it is. The context is
//! bound and means nothing to the circuit.
//!
//! Rows: see the bench, which prints them by gadget, and the test that pins them.
//!
//! Two things are taken for granted of what the roots commit to, because whoever made the roots
//! checked them: input words are below 2^32 (the chain makes their root from bytes), and the program
//! is a lowered one (anybody can lower the module again and compare). Inside a segment nothing is
//! taken for granted.
//!
//! ## Memory
//!
//! Data and inputs: Blum's offline check. A record has two columns, its key `address + 2^18 · time` and
//! its value. Every step makes three accesses (a port that is off looks at the frame's first cell). Each
//! access reads the cell's last record and writes a new one at a later time; the records that are read
//! or left at the end are a permutation of those that were there at the start or were written
//! ([`waksman`], the same for both columns). Times of written records are constants, or, of a matrix
//! product, a number of k bits.
//!
//! *Values* need no range where they are read: every value in the list is in range because it was
//! written so, as a word of the root (by its bits) or as a result.
//!
//! *Addresses* need no bits either. Let an access have the address α, any field element, the time s, and
//! let it claim that what it reads is of time t. A check of k bits on `s - 1 - t` makes t a small
//! integer below s. It reads the key of a record that was there at the start, or that an access with
//! α' and s' wrote: `α = α' + 2^18 (s' - t)`. Following the records back comes to no cycle, because
//! around one the `s - t`, all positive, would add to 0; so it comes to a record from the start, and
//! `α = α₀ + 2^18 M`, where α₀ is a true address and M is an integer with `-2^k < M < 2^2k`. Hence
//! twice every offset is an integer, below 2^42 in size and off by less than 2^41 from what it should
//! be (an odd one would be half an offset, at an input). Twice the fetched record must be twice a
//! stored one; offsets lie 2^42 apart in it, the code index above them, and below them, with a bit
//! between, what is split into bits. So the decoded fields are those of the cell at pc, and nothing
//! else. Addresses made of them, of the frame pointer and of the wide result's bits are integers below
//! 2^18, so `M = 0` for every access: each reads what the previous access to its own cell wrote. (The
//! address of an access that leaves the frame is the index and the offset too, which is 0 in the cell.)
//!
//! *The end*: a data cell's last record has its address and a time of k bits. That of an input may have
//! any key: every other record is read by an access or a last record that has its address, as many at
//! each address as were written there, so inputs' own records are left.
//!
//! *Irregular* accesses look at the cell whose index is what of theirs the region has, and change
//! nothing.
//!
//! *Products* of the matrix (`products`) are accesses at the time of the step that called for them. The
//! call goes through a cell: the n-th call of a segment writes the n-th call cell, the n-th product reads
//! what is left in it. At one time a cell has one access, for the step's own ports are at other times
//! than its call, and two calls are of two steps.
//!
//! Code: no write, so no time. Fetched and stored records are sorted by a network so that equal ones
//! are neighbours, and counting equal neighbours shows that no fetched record is a stranger.

mod alu;
pub mod builder;
mod decode;
mod hash;
mod products;
mod segment;
mod step;
#[cfg(test)]
mod tests;
pub mod waksman;
pub mod witness;

use crate::shape::Shape;
use ark_bn254::Fr;
use blake2::{digest::consts::U32, Blake2b, Digest};
pub use builder::PUBLIC_INPUTS;
use builder::{Builder, Gadget, Rows, GADGETS};
use witness::SegmentWitness;

/// The segment circuit of one shape.
pub struct Circuit {
	shape: Shape,
	rows: Rows,
}

impl Circuit {
	/// Records the rows for a shape.
	pub fn new(shape: &Shape) -> Self {
		let blank = SegmentWitness::blank(shape);
		let mut builder = Builder::new(&blank.public, true);
		segment::synthesize(&mut builder, shape, &blank);
		let rows = builder.finish().1.unwrap_or_else(|| unreachable!("the builder records"));
		Self { shape: *shape, rows }
	}

	/// The shape.
	pub const fn shape(&self) -> &Shape {
		&self.shape
	}

	/// The rows.
	pub const fn rows(&self) -> &Rows {
		&self.rows
	}

	/// Values of all variables: 1, the public inputs, the rest. They satisfy the rows if and only if
	/// the witness is of a true statement; nothing is checked here. `None` if the witness is of
	/// another shape.
	pub fn assign(&self, witness: &SegmentWitness) -> Option<Vec<Fr>> {
		if !witness.fits(&self.shape) {
			return None;
		}
		let mut builder = Builder::new(&witness.public, false);
		segment::synthesize(&mut builder, &self.shape, witness);
		Some(builder.finish().0)
	}

	/// Rows of each gadget.
	pub fn table(&self) -> Vec<(Gadget, usize)> {
		GADGETS.iter().map(|gadget| (*gadget, self.rows.count(*gadget))).collect()
	}

	/// BLAKE2b-256 over shape and rows: what a key belongs to.
	pub fn hash(&self) -> [u8; 32] {
		let mut hasher = Blake2b::<U32>::new();
		hasher.update(b"woppal segment circuit 2");
		let Shape { width, steps, code, inputs, data, products } = self.shape;
		for size in [width.bits(), steps, code, inputs, data, products] {
			hasher.update(size.to_le_bytes());
		}
		for part in self.rows.digests() {
			hasher.update(part);
		}
		hasher.finalize().into()
	}
}
