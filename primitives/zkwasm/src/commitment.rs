//! Roots: what the segments' public inputs are made of.
//!
//! ```text
//! root           = H(header, code, inputs, data)
//! header         = H(pc, fp, status, output)
//! inputs         = H(artifact, seed)
//! artifact       = words, or of a machine with a matrix H(words, matrix)
//! program digest = H(H(code, initial data, entry pc, entry fp), steps and products of a segment,
//!                    bits of a word)
//! ```
//!
//! `code`, `words`, `matrix`, `seed` and `data` are trees over the region's cells, zero padded to the
//! region's size in the shape ([`hash_tree`]): one element per cell, but of `data` and `matrix` one
//! per [`packed_words`] words. Every hash has a tag of its own, [`tag`], which binds the kind and the
//! number of cells.

use crate::{
	ir::{HALTED, TRAPPED},
	poseidon::{hash_narrow, hash_tree},
	shape::{Shape, Width, SEED_WORDS},
	step::State,
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A field element, canonical, 32 bytes little-endian.
pub type Root = [u8; 32];

/// What a hash is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
	/// The machine: header, code, inputs, data.
	Machine = 1,
	/// pc, fp, status, output.
	Header = 2,
	/// Artifact root, seed root.
	Inputs = 3,
	/// Code root, initial data root, entry pc, entry fp.
	Program = 4,
	/// Program hash, steps and products of a segment, bits of a word.
	ProgramDigest = 5,
	/// The code region's cells.
	Code = 6,
	/// The data region's words of 32 bits.
	Data = 7,
	/// The artifact's words.
	Artifact = 8,
	/// The seed's words.
	Seed = 9,
	/// The data region's words of 64 bits.
	WideData = 10,
	/// The matrix's words.
	Matrix = 11,
	/// The words of an artifact that are read one by one, and its matrix.
	ArtifactParts = 12,
}

impl Kind {
	/// The kind of a data region.
	pub const fn data(width: Width) -> Self {
		match width {
			Width::W32 => Self::Data,
			Width::W64 => Self::WideData,
		}
	}
}

/// The first element of a hash's state: "zkwasm/2", the number of cells, the kind, and a byte for the
/// level of a tree.
pub fn tag(kind: Kind, elements: u32) -> Fr {
	let domain = u64::from_be_bytes(*b"zkwasm/2");
	Fr::from(u128::from(domain) << 64 | u128::from(elements) << 32 | (kind as u128) << 8)
}

/// The machine's root.
pub fn machine_root(header: Fr, code: Fr, inputs: Fr, data: Fr) -> Fr {
	hash_narrow(tag(Kind::Machine, 4), &[header, code, inputs, data])
}

/// Hash of the machine's registers. Within a segment the status's element has the products so far, from
/// bit 8 on.
pub fn header_root(state: &State) -> Fr {
	let status = u64::from(state.status) | u64::from(state.products) << 8;
	let [pc, fp, output] = [state.pc, state.fp, state.output].map(Fr::from);
	hash_narrow(tag(Kind::Header, 4), &[pc, fp, Fr::from(status), output])
}

/// Hash of the two parts of the input region.
pub fn inputs_root(artifact: Fr, seed: Fr) -> Fr {
	hash_narrow(tag(Kind::Inputs, 2), &[artifact, seed])
}

/// Words of the data region in one element of its tree: 7 · 32 or 3 · 64 bits stay below the field's
/// order.
pub const fn packed_words(width: Width) -> usize {
	match width {
		Width::W32 => 7,
		Width::W64 => 3,
	}
}

/// Root of a data region, all of it. Words are packed, [`packed_words`] to an element, the first
/// lowest.
pub fn data_root(width: Width, words: &[u64]) -> Fr {
	hash_tree(tag(Kind::data(width), words.len() as u32), &data_cells(width, words))
}

/// The elements of a data region's tree.
pub(crate) fn data_cells(width: Width, words: &[u64]) -> Vec<Fr> {
	words.chunks(packed_words(width)).map(|words| packed(width, words)).collect()
}

/// `Σ words[i] · 2^(bits · i)`.
fn packed(width: Width, words: &[u64]) -> Fr {
	let mut limbs = [0u64; 4];
	let in_limb = 64 / width.bits();
	for (limb, words) in limbs.iter_mut().zip(words.chunks(in_limb as usize)) {
		for (i, word) in (0..).zip(words) {
			*limb |= (word & width.max()) << (i * width.bits());
		}
	}
	// At most 224 bits: always canonical.
	Fr::from_bigint(BigInt::new(limbs)).unwrap_or_default()
}

/// Root of a part of the inputs, all of it, one element per word.
pub fn words_root(kind: Kind, words: &[u32]) -> Fr {
	let cells: Vec<Fr> = words.iter().map(|w| Fr::from(*w)).collect();
	cells_root(kind, &cells)
}

/// Root of an artifact from the words that are read one by one and those of its matrix, all of them.
pub fn artifact_words_root(read: &[u32], matrix: &[u32]) -> Fr {
	let words = words_root(Kind::Artifact, read);
	if matrix.is_empty() {
		return words;
	}
	artifact_parts_root(words, matrix_root(matrix))
}

/// Root of a matrix's words, packed as data is.
pub fn matrix_root(words: &[u32]) -> Fr {
	let words: Vec<u64> = words.iter().map(|word| u64::from(*word)).collect();
	hash_tree(tag(Kind::Matrix, words.len() as u32), &data_cells(Width::W32, &words))
}

/// Root of an artifact with a matrix.
pub fn artifact_parts_root(words: Fr, matrix: Fr) -> Fr {
	hash_narrow(tag(Kind::ArtifactParts, 2), &[words, matrix])
}

/// Root of a region of cells, all of them, one element each.
pub fn cells_root(kind: Kind, cells: &[Fr]) -> Fr {
	hash_tree(tag(kind, cells.len() as u32), cells)
}

/// The words of a seed, little-endian.
pub fn seed_words(seed: &[u8; 32]) -> [u32; SEED_WORDS as usize] {
	let mut words = [0u32; SEED_WORDS as usize];
	for (word, bytes) in words.iter_mut().zip(seed.chunks_exact(4)) {
		let mut le = [0u8; 4];
		le.copy_from_slice(bytes);
		*word = u32::from_le_bytes(le);
	}
	words
}

/// Hash of the seed.
pub fn seed_root(seed: &[u8; 32]) -> Fr {
	words_root(Kind::Seed, &seed_words(seed))
}

/// The words of an artifact, little-endian, zero padded; `None` if it isn't whole words or has more
/// than the shape holds.
pub fn artifact_words(shape: &Shape, artifact: &[u8]) -> Option<Vec<u32>> {
	let room = shape.artifact_words() as usize;
	if !artifact.len().is_multiple_of(4) || artifact.len() / 4 > room {
		return None;
	}
	let mut words = Vec::with_capacity(room);
	for bytes in artifact.chunks_exact(4) {
		let mut le = [0u8; 4];
		le.copy_from_slice(bytes);
		words.push(u32::from_le_bytes(le));
	}
	words.resize(room, 0);
	Some(words)
}

/// Canonical bytes of an element.
pub fn to_root(element: &Fr) -> Root {
	let mut root = [0u8; 32];
	for (bytes, limb) in root.chunks_exact_mut(8).zip(element.into_bigint().0) {
		bytes.copy_from_slice(&limb.to_le_bytes());
	}
	root
}

/// The element with these bytes; `None` if they are not canonical.
pub fn from_root(root: &Root) -> Option<Fr> {
	let mut limbs = [0u64; 4];
	for (limb, bytes) in limbs.iter_mut().zip(root.chunks_exact(8)) {
		let mut le = [0u8; 8];
		le.copy_from_slice(bytes);
		*limb = u64::from_le_bytes(le);
	}
	Fr::from_bigint(BigInt::new(limbs))
}

/// What binds a lowered program. Anyone can recompute it from the WebAssembly module.
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
)]
pub struct ProgramCommitment {
	/// Root of the code region.
	pub code: Root,
	/// Root of the initial data region.
	pub data: Root,
	/// First instruction.
	pub entry_pc: u32,
	/// First frame.
	pub entry_fp: u32,
}

/// How a run ended.
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
)]
pub enum End {
	/// It halted.
	Halted {
		/// What the exported function returned.
		output: u32,
	},
	/// It trapped.
	Trapped {
		/// The number of a [`crate::ir::TrapCause`].
		cause: u8,
	},
}

impl End {
	/// Status and output of a machine that ended so.
	pub const fn status_and_output(&self) -> (u32, u32) {
		match *self {
			Self::Halted { output } => (HALTED, output),
			Self::Trapped { cause } => (TRAPPED, cause as u32),
		}
	}
}

/// Root of an artifact; `None` if it isn't whole words or is larger than the shape allows.
pub fn artifact_root(shape: &Shape, artifact: &[u8]) -> Option<Root> {
	let words = artifact_words(shape, artifact)?;
	let (read, matrix) = words.split_at_checked(shape.read_words() as usize)?;
	Some(to_root(&artifact_words_root(read, matrix)))
}

/// Hash of the program's commitment, without the steps; `None` if a root is not canonical.
pub fn program_hash(program: &ProgramCommitment) -> Option<Fr> {
	let (code, data) = (from_root(&program.code)?, from_root(&program.data)?);
	let (pc, fp) = (Fr::from(program.entry_pc), Fr::from(program.entry_fp));
	Some(hash_narrow(tag(Kind::Program, 4), &[code, data, pc, fp]))
}

/// Third public input: the program, the steps and products of a segment and the width; `None` if a root
/// is not canonical.
pub fn program_digest(program: &ProgramCommitment, shape: &Shape) -> Option<Root> {
	let parts = [program_hash(program)?, segment_size(shape), Fr::from(shape.width.bits())];
	Some(to_root(&hash_narrow(tag(Kind::ProgramDigest, 3), &parts)))
}

/// Steps of a segment, and from bit 32 on its products.
pub(crate) fn segment_size(shape: &Shape) -> Fr {
	Fr::from(u64::from(shape.steps) | u64::from(shape.products) << 32)
}

/// Root of the machine before its first step; `None` if a root is not canonical.
pub fn first_root(
	program: &ProgramCommitment,
	artifact_root: &Root,
	seed: &[u8; 32],
) -> Option<Root> {
	let (pc, fp) = (program.entry_pc, program.entry_fp);
	let header = header_root(&State { pc, fp, ..State::default() });
	root_with(program, artifact_root, seed, &program.data, header)
}

/// Root of the machine that has ended so with this data region; `None` if a root is not canonical
/// or the cause is none of the machine's.
pub fn last_root(
	program: &ProgramCommitment,
	artifact_root: &Root,
	seed: &[u8; 32],
	final_data: &Root,
	end: End,
) -> Option<Root> {
	if let End::Trapped { cause } = end {
		crate::ir::TrapCause::from_code(cause)?;
	}
	let (status, output) = end.status_and_output();
	let header = header_root(&State { status, output, ..State::default() });
	root_with(program, artifact_root, seed, final_data, header)
}

fn root_with(
	program: &ProgramCommitment,
	artifact_root: &Root,
	seed: &[u8; 32],
	data: &Root,
	header: Fr,
) -> Option<Root> {
	let inputs = inputs_root(from_root(artifact_root)?, seed_root(seed));
	let (code, data) = (from_root(&program.code)?, from_root(data)?);
	Some(to_root(&machine_root(header, code, inputs, data)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::shape::{SMALL, SMALL_WIDE, STANDARD};
	use ark_ff::{BigInteger, Field};

	fn program() -> ProgramCommitment {
		ProgramCommitment {
			code: to_root(&Fr::from(11u64)),
			data: to_root(&Fr::from(12u64)),
			entry_pc: 0,
			entry_fp: 0,
		}
	}

	#[test]
	fn roots_are_canonical_bytes() {
		for element in [Fr::from(0u64), Fr::from(1u64), -Fr::from(1u64), Fr::from(3u64).pow([99])] {
			assert_eq!(from_root(&to_root(&element)), Some(element));
		}
		let mut modulus = [0u8; 32];
		modulus.copy_from_slice(&Fr::MODULUS.to_bytes_le());
		assert_eq!(from_root(&modulus), None);
		assert_eq!(from_root(&[255; 32]), None);
	}

	#[test]
	fn an_artifact_is_whole_words_that_fit() {
		assert!(artifact_root(&SMALL, &[0; 24 * 4]).is_some());
		assert_eq!(artifact_root(&SMALL, &[0; 25 * 4]), None);
		assert_eq!(artifact_root(&SMALL, &[0; 3]), None);
		// Zero padding is part of the definition.
		assert_eq!(
			artifact_root(&SMALL, &[1, 0, 0, 0]),
			artifact_root(&SMALL, &[1, 0, 0, 0, 0, 0, 0, 0])
		);
		assert_ne!(artifact_root(&SMALL, &[1, 0, 0, 0]), artifact_root(&STANDARD, &[1, 0, 0, 0]));
	}

	#[test]
	fn every_part_changes_the_roots() {
		let p = program();
		let artifact = artifact_root(&SMALL, &[7; 8]).unwrap();
		let root = first_root(&p, &artifact, &[1; 32]).unwrap();
		let other = artifact_root(&SMALL, &[8; 8]).unwrap();
		assert_ne!(first_root(&p, &other, &[1; 32]), Some(root));
		assert_ne!(first_root(&p, &artifact, &[2; 32]), Some(root));
		for changed in [
			ProgramCommitment { code: p.data, ..p },
			ProgramCommitment { data: p.code, ..p },
			ProgramCommitment { entry_pc: 1, ..p },
			ProgramCommitment { entry_fp: 1, ..p },
		] {
			assert_ne!(first_root(&changed, &artifact, &[1; 32]), Some(root));
			assert_ne!(program_digest(&changed, &SMALL), program_digest(&p, &SMALL));
		}
		assert_ne!(program_digest(&p, &SMALL), program_digest(&p, &STANDARD));
		let wide = Shape { width: Width::W64, ..SMALL };
		assert_ne!(program_digest(&p, &SMALL), program_digest(&p, &wide));
	}

	#[test]
	fn the_last_root_binds_end_and_output() {
		let p = program();
		let artifact = artifact_root(&SMALL, &[]).unwrap();
		let last = |end| last_root(&p, &artifact, &[1; 32], &p.data, end);
		let halted = last(End::Halted { output: 2 }).unwrap();
		assert_ne!(last(End::Halted { output: 3 }), Some(halted));
		assert_ne!(last(End::Trapped { cause: 2 }), Some(halted));
		assert_eq!(last(End::Trapped { cause: 0 }), None);
		assert_eq!(last(End::Trapped { cause: 200 }), None);
		assert_ne!(first_root(&p, &artifact, &[1; 32]), Some(halted));
		assert_eq!(last_root(&p, &[255; 32], &[1; 32], &p.data, End::Halted { output: 0 }), None);
		assert_eq!(last_root(&p, &artifact, &[1; 32], &[255; 32], End::Halted { output: 0 }), None);
	}

	/// Words are packed from the lowest bits; the width is part of the root.
	#[test]
	fn data_words_are_packed() {
		let two = |exponent: u64| Fr::from(2u64).pow([exponent]);
		let element = Fr::from(1u64) + Fr::from(2u64) * two(32) + Fr::from(3u64) * two(192);
		let root = hash_tree(tag(Kind::Data, 7), &[element]);
		assert_eq!(data_root(Width::W32, &[1, 2, 0, 0, 0, 0, 3]), root);
		let element = Fr::from(u64::MAX) + Fr::from(2u64) * two(128);
		let words = [u64::MAX, 0, 2, 9];
		let root = hash_tree(tag(Kind::WideData, 4), &[element, Fr::from(9u64)]);
		assert_eq!(data_root(Width::W64, &words), root);
		assert_ne!(data_root(Width::W32, &[1, 2]), data_root(Width::W64, &[1, 2]));
	}

	/// No level of a tree has the tag of another kind.
	#[test]
	fn levels_do_not_run_into_kinds() {
		let code = tag(Kind::Code, 9);
		assert_eq!(tag(Kind::Data, 9) - code, Fr::from(256u64));
		for shape in [SMALL, SMALL_WIDE, STANDARD] {
			assert!(crate::poseidon::tree_levels(shape.code as usize) < 256);
		}
	}
}
