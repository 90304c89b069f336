//! A single step, checked from openings: what a dispute about a run comes down to.
//!
//! Two parties that disagree about a run agree on its first root and disagree about its last. They
//! narrow that down to one step, first by the roots at checkpoints (`Machine::checkpoints`), then
//! between two of them. [`verify_step`] decides it without the run: the root before, the root after,
//! and [`StepOpening`], which has the registers, the instruction and the words that the step touches.
//! Roots are those that proofs are about (PROTOCOL section 6).

use crate::{
	commitment::{
		from_root, header_root, inputs_root, machine_root, packed_words, tag, to_root, Kind, Root,
	},
	ir::{Instr, RUNNING},
	matrix::Matrix,
	opening::Opening,
	shape::{Shape, SEED_WORDS},
	step::{step, Memory, State, StepError},
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::{Field, PrimeField};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Most data words that a step touches.
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
	/// Root of the artifact.
	pub artifact_root: Root,
	/// Root of the seed.
	pub seed_root: Root,
	/// Root of the data region.
	pub data_root: Root,
	/// The instruction's cell; none is needed of a machine that has ended.
	pub code: Option<Opening>,
	/// The elements that hold the data words which the step reads or replaces.
	pub data: Vec<Opening>,
	/// The input word that it reads, in the tree of the artifact or of the seed.
	pub input: Option<Opening>,
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

	/// Root of the machine with these registers and this data root.
	fn machine(&self, state: &State, data_root: Fr) -> Option<Root> {
		let header = header_root(state);
		let inputs = inputs_root(from_root(&self.artifact_root)?, from_root(&self.seed_root)?);
		Some(to_root(&machine_root(header, from_root(&self.code_root)?, inputs, data_root)))
	}
}

/// The opened cells, checked against their roots.
struct Opened<'a> {
	shape: &'a Shape,
	opening: &'a StepOpening,
	instruction: Option<Instr>,
	input: Option<(u32, u32)>,
}

impl Memory for Opened<'_> {
	fn instruction(&self, _pc: u32) -> Option<Instr> {
		self.instruction
	}

	fn data(&self, index: u32) -> Option<u64> {
		let (element, shift) = self.place(index)?;
		let bits = element.element()?.into_bigint() >> shift;
		let [low, ..] = bits.0;
		Some(low & self.shape.width.max())
	}

	fn input(&self, index: u32) -> Option<u32> {
		self.input.filter(|(opened, _)| *opened == index).map(|(_, word)| word)
	}

	fn matrix(&self) -> Option<&Matrix> {
		None
	}
}

impl<'a> Opened<'a> {
	fn new(shape: &'a Shape, opening: &'a StepOpening) -> Result<Self, StepFault> {
		let in_tree = |cell: &Opening, tag: Fr, count: usize, root: &Root| match cell
			.root(tag, count)
			.map(|found| to_root(&found) == *root)
		{
			Some(true) => Ok(()),
			Some(false) => Err(StepFault::OtherCell),
			None => Err(StepFault::Malformed),
		};
		let cells = |kind: Kind, count: u32| (tag(kind, count), count as usize);
		if opening.data.len() > MAX_DATA_OPENINGS {
			return Err(StepFault::Malformed);
		}
		let mut instruction = None;
		if let Some(cell) = &opening.code {
			let (tag, count) = cells(Kind::Code, shape.code);
			in_tree(cell, tag, count, &opening.code_root)?;
			if cell.index != opening.state.pc {
				return Err(StepFault::OtherCell);
			}
			let cell = cell.element().ok_or(StepFault::Malformed)?;
			instruction = Instr::decode(&cell, shape.width);
		} else if opening.state.pc < shape.code {
			return Err(StepFault::OtherCell);
		}
		for element in &opening.data {
			in_tree(element, data_tag(shape), data_elements(shape), &opening.data_root)?;
		}
		let mut input = None;
		if let Some(cell) = &opening.input {
			// The same index may be one of the artifact's or one of the seed's: the tree tells.
			let (artifact, seed) = (shape.artifact_words(), SEED_WORDS);
			let (tag, count) = cells(Kind::Artifact, artifact);
			let mut index = cell.index;
			if in_tree(cell, tag, count, &opening.artifact_root).is_err() {
				let (tag, count) = cells(Kind::Seed, seed);
				in_tree(cell, tag, count, &opening.seed_root)?;
				index += artifact;
			}
			let word = cell.element().ok_or(StepFault::Malformed)?.into_bigint();
			input = Some((index, word.0[0] as u32));
		}
		Ok(Self { shape, opening, instruction, input })
	}

	/// The element that holds a data word, and the word's first bit in it.
	fn place(&self, index: u32) -> Option<(&'a Opening, u32)> {
		let packed = packed_words(self.shape.width) as u32;
		let element = self.opening.data.iter().find(|e| e.index == index / packed)?;
		Some((element, index % packed * self.shape.width.bits()))
	}

	/// Root of the data region after a word was replaced; `None` if the word is not opened.
	fn replace(&self, index: u32, old: u64, new: u64) -> Option<Fr> {
		let (element, shift) = self.place(index)?;
		let place = Fr::from(2u64).pow([u64::from(shift)]);
		let value = element.element()? + (Fr::from(new) - Fr::from(old)) * place;
		element.root_with(data_tag(self.shape), data_elements(self.shape), value)
	}
}

fn data_tag(shape: &Shape) -> Fr {
	tag(Kind::data(shape.width), shape.data)
}

const fn data_elements(shape: &Shape) -> usize {
	(shape.data as usize).div_ceil(packed_words(shape.width))
}

/// Checks that one step of a machine of this shape leads from one root to another. A machine that has
/// ended stays as it is.
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
	let data_root = from_root(&opening.data_root).ok_or(StepFault::Malformed)?;
	let found = opening.machine(&opening.state, data_root).ok_or(StepFault::Malformed)?;
	if found != *pre {
		return Err(StepFault::OtherState);
	}
	let result = if opening.state.status == RUNNING {
		let opened = Opened::new(shape, opening)?;
		let record = step(shape, &opened, number, &opening.state).map_err(|error| match error {
			StepError::NotOpened { .. } => StepFault::OtherCell,
			error => StepFault::NoStep(error),
		})?;
		let data_root = match record.d {
			Some(d) => opened.replace(d.address, d.old, d.new).ok_or(StepFault::OtherCell)?,
			None => data_root,
		};
		opening.machine(&record.after, data_root).ok_or(StepFault::Malformed)?
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
		commitment::{data_cells, data_root, packed_words, tag, to_root, Kind, Root},
		ir::RUNNING,
		machine::{Machine, Run, RunError},
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
			let data = data_cells(shape.width, self.data());
			let mut opening = StepOpening {
				state,
				code_root: to_root(&fixed.code),
				artifact_root: to_root(&fixed.artifact),
				seed_root: to_root(&fixed.seed),
				data_root: to_root(&data_root(shape.width, self.data())),
				code: None,
				data: Vec::new(),
				input: None,
			};
			if state.status != RUNNING {
				return opening;
			}
			let code = self.program().code_cells();
			opening.code = Opening::new(tag(Kind::Code, shape.code), &code, state.pc);
			let record = step(&shape, self, self.steps(), &state).ok();
			let packed = packed_words(shape.width) as u32;
			// A step that fails its check still has operands.
			let instr = self.program().instructions.get(state.pc as usize);
			let offsets = instr.map_or([None; 3], |instr| [instr.a, instr.b, instr.d]);
			let frame = offsets.into_iter().flatten().map(|offset| state.fp + u32::from(offset));
			let reached = record.iter().flat_map(|record| [record.b, record.d]).flatten();
			let mut elements: Vec<u32> = frame
				.chain(reached.map(|access| access.address))
				.map(|address| address / packed)
				.collect();
			elements.sort_unstable();
			elements.dedup();
			let open = |element: u32| Opening::new(data_tag(&shape), &data, element);
			opening.data = elements.into_iter().filter_map(open).collect();
			opening.input = record.and_then(|record| self.open_input(record.input?.index));
			opening
		}

		/// Opens an input word in the tree of the artifact or of the seed.
		fn open_input(&self, index: u32) -> Option<Opening> {
			let (artifact, seed) = self.inputs().split_at(self.shape().artifact_words() as usize);
			let (kind, words, index) = match index.checked_sub(artifact.len() as u32) {
				Some(index) => (Kind::Seed, seed, index),
				None => (Kind::Artifact, artifact, index),
			};
			let cells: Vec<Fr> = words.iter().map(|word| Fr::from(*word)).collect();
			Opening::new(tag(kind, words.len() as u32), &cells, index)
		}
	}
}
