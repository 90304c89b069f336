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
//! Rows: 65,211 for [`crate::shape::SMALL`], 261,909 for [`crate::shape::STANDARD`]; the bench prints
//! them by gadget.
//!
//! Two things are taken for granted of what the roots commit to, because whoever made the roots
//! checked them: input words are below 2^32 (the chain makes their root from bytes), and the program
//! is a well-formed one (anybody can lower the module again and compare). Inside a segment nothing is
//! taken for granted.
//!
//! ## Memory
//!
//! Data and inputs: Blum's offline check. A record is one field element: time, value, address, and
//! whether it is data or input. Each access consumes the cell's last record and leaves a new one; the
//! records consumed or left at the end are a permutation of those there at the start or left by
//! accesses (a Waksman network, [`waksman`]), and each access comes later than the one that it
//! consumes. Times are constants of the circuit. Every field is in range on the side where the prover
//! chooses it: values as operands' or results' bits, old values of writes and final values by bits of
//! their own, times by their distance.
//!
//! Code: no write, so no time. Fetched and stored records are sorted by a network so that equal ones
//! are neighbours, and counting equal neighbours shows that no fetched record is a stranger.

mod alu;
pub mod builder;
mod decode;
mod hash;
mod segment;
mod step;
#[cfg(any())]
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
		hasher.update(b"woppal segment circuit 1");
		for size in [self.shape.steps, self.shape.code, self.shape.inputs, self.shape.data] {
			hasher.update(size.to_le_bytes());
		}
		for part in self.rows.digests() {
			hasher.update(part);
		}
		hasher.finalize().into()
	}
}
