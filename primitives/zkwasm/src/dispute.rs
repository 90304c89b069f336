//! A single step, checked from openings: what a dispute about a run comes down to.
//!
//! Two parties that disagree about a run agree on its first root and disagree about its last. They
//! narrow that down to one step, first by the roots at checkpoints (`Machine::checkpoints`), then
//! between two of them. [`verify_step`] decides it without the run: the root before, the root after,
//! and [`StepOpening`], which has the registers, the instruction and the words that the step touches.
//! Roots are those that proofs are about (PROTOCOL section 6).

use crate::{
	commitment::{
		artifact_parts_root, from_root, header_root, inputs_root, machine_root, matrix_root,
		packed_words, tag, to_root, Kind, Root,
	},
	ir::{Instr, RUNNING, TRAPPED},
	matrix::{Matrix, MATRIX_WORDS},
	opening::Opening,
	shape::{Shape, SEED_WORDS},
	step::{step, Memory, State, StepError, StepRecord},
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::{Field, PrimeField};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Most nodes over data words that a step touches: as many as it makes accesses.
pub const MAX_DATA_OPENINGS: usize = 3;
/// Bytes that no encoded opening of a step exceeds.
pub const MAX_OPENING_BYTES: usize = 16 * 1024;

/// Everything of a machine that one step depends on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct StepOpening {
	/// Registers before the step.
	pub state: State,
	/// Root of the code region.
	pub code_root: Root,
	/// Root of the artifact, or of a machine with a matrix that of the words that are read one by one.
	pub artifact_root: Root,
	/// Root of the matrix, of a machine that has one.
	pub matrix_root: Option<Root>,
	/// Root of the seed.
	pub seed_root: Root,
	/// Root of the data region.
	pub data_root: Root,
	/// The instruction's cell; none is needed of a machine that has ended.
	pub code: Option<Opening>,
	/// The elements that hold the data words which the step reads or replaces.
	pub data: Option<Opening>,
	/// The input word that it reads, if it is one of the artifact's.
	pub artifact: Option<Opening>,
	/// The input word that it reads, if it is one of the seed's.
	pub seed: Option<Opening>,
	/// All words of the matrix, if it is a product.
	pub matrix: Option<Vec<u32>>,
}

/// Why a step is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepFault {
	/// It is too long, not canonical, or not of a tree of this shape.
	Malformed,
	/// The registers and roots are not those of the root before.
	OtherState,
	/// An opened cell is not in the region whose root is given, or not the one that the step needs.
	OtherCell,
	/// The machine has no step here, so that nothing can come after.
	NoStep(StepError),
	/// The step leads to another root.
	OtherResult,
}

impl core::fmt::Display for StepFault {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::Malformed => f.write_str("the opening is malformed"),
			Self::OtherState => f.write_str("the opening is of another state than the root before"),
			Self::OtherCell => f.write_str("an opened cell is not the one that the step needs"),
			Self::NoStep(error) => write!(f, "there is no step from here: {error}"),
			Self::OtherResult => f.write_str("the step leads to another root"),
		}
	}
}

impl core::error::Error for StepFault {}

impl StepOpening {
	/// Reads an encoded opening, all of it and nothing behind it; `None` if it is none.
	pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
		if bytes.len() > MAX_OPENING_BYTES {
			return None;
		}
		let opening = Self::decode(&mut bytes).ok()?;
		bytes.is_empty().then_some(opening)
	}

	/// The roots that the step leaves as they are; `None` if one is not canonical.
	fn fixed(&self) -> Option<Fixed> {
		let mut artifact = from_root(&self.artifact_root)?;
		if let Some(matrix) = &self.matrix_root {
			artifact = artifact_parts_root(artifact, from_root(matrix)?);
		}
		let inputs = inputs_root(artifact, from_root(&self.seed_root)?);
		Some(Fixed { code: from_root(&self.code_root)?, inputs })
	}
}

/// What of a machine's root no step changes.
struct Fixed {
	code: Fr,
	inputs: Fr,
}

impl Fixed {
	/// Root of the machine with these registers and this data root.
	fn machine(&self, state: &State, data_root: Fr) -> Root {
		let header = header_root(state);
		to_root(&machine_root(header, self.code, self.inputs, data_root))
	}
}

/// The opened cells, checked against their roots.
struct Opened<'a> {
	shape: &'a Shape,
	opening: &'a StepOpening,
	instruction: Option<Instr>,
	matrix: Option<Matrix>,
}

impl Memory for Opened<'_> {
	fn instruction(&self, _pc: u32) -> Option<Instr> {
		self.instruction
	}

	fn data(&self, index: u32) -> Option<u64> {
		let (element, shift) = self.place(index);
		let bits = self.opening.data.as_ref()?.element(element)?.into_bigint() >> shift;
		let [low, ..] = bits.0;
		Some(low & self.shape.width.max())
	}

	fn input(&self, index: u32) -> Option<u32> {
		let cell = match index.checked_sub(self.shape.read_words()) {
			None => self.opening.artifact.as_ref()?.element(index)?,
			Some(index) => self.opening.seed.as_ref()?.element(index)?,
		};
		let [low, ..] = cell.into_bigint().0;
		Some(low as u32)
	}

	fn matrix(&self) -> Option<&Matrix> {
		self.matrix.as_ref()
	}
}

impl<'a> Opened<'a> {
	fn new(shape: &'a Shape, opening: &'a StepOpening) -> Result<Self, StepFault> {
		let pc = opening.state.pc;
		let mut instruction = None;
		if let Some(code) = &opening.code {
			in_tree(code, 1, tag(Kind::Code, shape.code), shape.code as usize, &opening.code_root)?;
			let cell = if pc < shape.code { code.element(pc) } else { None };
			instruction = Instr::decode(&cell.ok_or(StepFault::OtherCell)?, shape.width);
		} else if pc < shape.code {
			return Err(StepFault::OtherCell);
		}
		if let Some(data) = &opening.data {
			let (tag, count) = (data_tag(shape), data_elements(shape));
			in_tree(data, MAX_DATA_OPENINGS, tag, count, &opening.data_root)?;
		}
		// A step reads one input word at most.
		if opening.artifact.is_some() && opening.seed.is_some() {
			return Err(StepFault::Malformed);
		}
		for (part, kind, words, root) in [
			(&opening.artifact, Kind::Artifact, shape.read_words(), &opening.artifact_root),
			(&opening.seed, Kind::Seed, SEED_WORDS, &opening.seed_root),
		] {
			if let Some(part) = part {
				in_tree(part, 1, tag(kind, words), words as usize, root)?;
			}
		}
		let matrix = match (&opening.matrix, &opening.matrix_root) {
			(None, _) => None,
			(Some(words), Some(root)) if words.len() == MATRIX_WORDS as usize => {
				if to_root(&matrix_root(words)) != *root {
					return Err(StepFault::OtherCell);
				}
				Some(Matrix::from_words(words))
			},
			_ => return Err(StepFault::Malformed),
		};
		Ok(Self { shape, opening, instruction, matrix })
	}

	/// The element that holds a data word, and the word's first bit in it.
	const fn place(&self, index: u32) -> (u32, u32) {
		let packed = packed_words(self.shape.width) as u32;
		(index / packed, index % packed * self.shape.width.bits())
	}

	/// Root of the data region after words were replaced, given as index, old and new value; `None` if
	/// one is not opened.
	fn replace(&self, words: impl Iterator<Item = (u32, u64, u64)>) -> Option<Fr> {
		let data = self.opening.data.as_ref()?;
		let mut elements: Vec<(u32, Fr)> = Vec::new();
		for (index, old, new) in words {
			let (element, shift) = self.place(index);
			let change = (Fr::from(new) - Fr::from(old)) * Fr::from(2u64).pow([u64::from(shift)]);
			match elements.iter_mut().find(|(known, _)| *known == element) {
				Some((_, value)) => *value += change,
				None => elements.push((element, data.element(element)? + change)),
			}
		}
		data.root_with(data_tag(self.shape), &elements)
	}
}

/// Checks that an opening of at most so many nodes over elements is of the tree with this root.
fn in_tree(
	opening: &Opening,
	most: usize,
	tag: Fr,
	count: usize,
	root: &Root,
) -> Result<(), StepFault> {
	if opening.places.len() > most {
		return Err(StepFault::Malformed);
	}
	let found = opening.root(tag, count).ok_or(StepFault::Malformed)?;
	if to_root(&found) == *root {
		Ok(())
	} else {
		Err(StepFault::OtherCell)
	}
}

fn data_tag(shape: &Shape) -> Fr {
	tag(Kind::data(shape.width), shape.data)
}

const fn data_elements(shape: &Shape) -> usize {
	(shape.data as usize).div_ceil(packed_words(shape.width))
}

/// The data words that a step writes: index, old and new value.
fn written(record: &StepRecord) -> impl Iterator<Item = (u32, u64, u64)> + '_ {
	let vector = record.product.iter().flat_map(|product| {
		let words = product.old.into_iter().zip(product.new);
		(product.address..).zip(words).map(|(i, (old, new))| (i, old.into(), new.into()))
	});
	record.d.iter().map(|d| (d.address, d.old, d.new)).chain(vector)
}

/// Checks that one step of a machine of this shape, the one after `number` others, leads from one root to
/// another. A machine that has ended stays as it is.
///
/// # Errors
/// A [`StepFault`]. [`StepFault::NoStep`] and [`StepFault::OtherResult`] convict who claims `post`; the
/// others say that the opening is not one of `pre`.
pub fn verify_step(
	shape: &Shape,
	number: u64,
	pre: &Root,
	post: &Root,
	opening: &StepOpening,
) -> Result<(), StepFault> {
	// Only with a status that is one the header says which status and how many products there are.
	let is_status = opening.state.status <= TRAPPED;
	if !is_status || opening.matrix_root.is_some() != shape.has_matrix() {
		return Err(StepFault::Malformed);
	}
	let fixed = opening.fixed().ok_or(StepFault::Malformed)?;
	let data_root = from_root(&opening.data_root).ok_or(StepFault::Malformed)?;
	let found = fixed.machine(&opening.state, data_root);
	if found != *pre {
		return Err(StepFault::OtherState);
	}
	let result = if opening.state.status == RUNNING {
		let opened = Opened::new(shape, opening)?;
		let record = step(shape, &opened, number, &opening.state).map_err(|error| match error {
			StepError::NotOpened { .. } => StepFault::OtherCell,
			error => StepFault::NoStep(error),
		})?;
		let data_root = match (&record.d, &record.product) {
			(None, None) => data_root,
			_ => opened.replace(written(&record)).ok_or(StepFault::OtherCell)?,
		};
		fixed.machine(&record.after, data_root)
	} else {
		found
	};
	if result == *post {
		Ok(())
	} else {
		Err(StepFault::OtherResult)
	}
}

#[cfg(feature = "std")]
pub use recorded::{Checkpoint, Checkpoints, DEFAULT_STRIDE};

#[cfg(feature = "std")]
mod recorded {
	//! What a party to a dispute makes from a run.

	use super::{data_tag, StepOpening};
	use crate::{
		commitment::{
			data_cells, data_root, matrix_root, packed_words, tag, to_root, words_root, Kind, Root,
		},
		ir::RUNNING,
		machine::{Machine, Run, RunError},
		matrix::VECTOR_WORDS,
		opening::Opening,
		step::step,
	};
	use ark_bn254::Fr;
	use std::num::NonZeroU32;

	/// Segments between two checkpoints: so many that hashing takes a small part of the run's time.
	pub const DEFAULT_STRIDE: NonZeroU32 = NonZeroU32::new(2_048).unwrap();

	/// The machine's root at a multiple of some segments.
	#[derive(Clone, Copy, Debug, PartialEq, Eq)]
	pub struct Checkpoint {
		/// Steps before it.
		pub step: u64,
		/// The machine's root there.
		pub root: Root,
	}

	/// A finished run with its checkpoints.
	#[derive(Clone, Debug)]
	pub struct Checkpoints {
		/// The roots: of the first state, after each full stride, of the last state.
		pub roots: Vec<Checkpoint>,
		/// The run.
		pub run: Run,
	}

	impl Machine<'_> {
		/// Runs to the end, at most `max_steps` steps, and takes the machine's root at the start, after
		/// each `stride` segments, and at the end.
		///
		/// # Errors
		/// As for [`Machine::run`].
		pub fn checkpoints(
			mut self,
			stride: NonZeroU32,
			max_steps: u64,
		) -> Result<Checkpoints, RunError> {
			let stride = u64::from(stride.get()) * u64::from(self.shape().steps);
			let fixed = self.fixed_roots();
			let root = |machine: &Self| Checkpoint {
				step: machine.steps(),
				root: fixed.machine(machine.state(), machine.data()),
			};
			let mut roots = vec![root(&self)];
			while self.state().status == RUNNING {
				if self.steps() >= max_steps {
					return Err(RunError::StepLimit { limit: max_steps });
				}
				self.advance(stride.min(max_steps - self.steps()))?;
				roots.push(root(&self));
			}
			Ok(Checkpoints { roots, run: self.run(0)? })
		}

		/// Opens what the next step touches. Where there is no next step, the opening shows that.
		pub fn open_step(&self) -> StepOpening {
			let (shape, state) = (*self.shape(), *self.state());
			let fixed = self.fixed_roots();
			let (artifact, seed) = self.inputs().split_at(shape.read_words() as usize);
			let data = data_cells(shape.width, self.data());
			let mut opening = StepOpening {
				state,
				code_root: to_root(&fixed.code),
				artifact_root: to_root(&words_root(Kind::Artifact, artifact)),
				matrix_root: (!self.matrix_words().is_empty())
					.then(|| to_root(&matrix_root(self.matrix_words()))),
				seed_root: to_root(&fixed.seed),
				data_root: to_root(&data_root(shape.width, self.data())),
				code: None,
				data: None,
				artifact: None,
				seed: None,
				matrix: None,
			};
			if state.status != RUNNING {
				return opening;
			}
			let code = self.program().code_cells();
			opening.code = Opening::new(tag(Kind::Code, shape.code), &code, &[state.pc]);
			let record = step(&shape, self, self.steps(), &state).ok();
			let packed = packed_words(shape.width) as u32;
			// A step that fails its check still has operands.
			let instr = self.program().instructions.get(state.pc as usize);
			let offsets = instr.map_or([None; 3], |instr| [instr.a, instr.b, instr.d]);
			let frame = offsets.into_iter().flatten().map(|offset| state.fp + u32::from(offset));
			let reached = record.iter().flat_map(|record| [record.b, record.d]).flatten();
			let vector = record.iter().filter_map(|record| record.product);
			let elements: Vec<u32> = frame
				.chain(reached.map(|access| access.address))
				.chain(vector.flat_map(|product| product.address..product.address + VECTOR_WORDS))
				.filter(|address| *address < shape.data)
				.map(|address| address / packed)
				.collect();
			opening.data = Opening::new(data_tag(&shape), &data, &elements);
			opening.matrix = record
				.is_some_and(|record| record.product.is_some())
				.then(|| self.matrix_words().to_vec());
			if let Some(index) = record.and_then(|record| Some(record.input?.index)) {
				match index.checked_sub(artifact.len() as u32) {
					None => opening.artifact = open_words(Kind::Artifact, artifact, index),
					Some(index) => opening.seed = open_words(Kind::Seed, seed, index),
				}
			}
			opening
		}
	}

	/// Opens an input word in the tree of the artifact or of the seed.
	fn open_words(kind: Kind, words: &[u32], index: u32) -> Option<Opening> {
		let cells: Vec<Fr> = words.iter().map(|word| Fr::from(*word)).collect();
		Opening::new(tag(kind, words.len() as u32), &cells, &[index])
	}
}
