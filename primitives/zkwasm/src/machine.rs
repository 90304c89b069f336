//! The interpreter: runs a program, records its steps, cuts them into segments.
//!
//! What a step does is in [`crate::step`]. What it records ([`StepRecord`]) is what the segment circuit
//! takes as its witness.

pub use crate::step::{Access, InputAccess, ProductAccess, State, StepError, StepRecord};

use crate::{
	commitment::{
		artifact_words_root, cells_root, data_root, header_root, inputs_root, machine_root,
		seed_root, seed_words, to_root, End, Kind, Root,
	},
	ir::{Instr, RUNNING},
	matrix::Matrix,
	program::Program,
	shape::{Shape, Width},
	step::{step, Memory},
};
use ark_bn254::Fr;
use std::vec::Vec;

/// Why a run could not go on. None of these happens to a lowered program, but for
/// [`RunError::ArtifactTooLarge`], [`RunError::StepLimit`] and [`RunError::OverCapacity`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
	/// The artifact has more words than the shape holds.
	#[error("the artifact has {words} words, the shape holds {room}")]
	ArtifactTooLarge {
		/// Words of the artifact.
		words: usize,
		/// Words that the shape holds.
		room: usize,
	},
	/// The run is longer than the caller allows.
	#[error("the run did not end within {limit} steps")]
	StepLimit {
		/// Steps that the caller allows.
		limit: u64,
	},
	/// The machine has no next step.
	#[error(transparent)]
	Step(#[from] StepError),
	/// The run accesses memory that the module has, but not the machine. It has no proof.
	#[error("the run needs memory beyond the {bytes} bytes that the machine holds; no proof of it exists")]
	OverCapacity {
		/// Bytes of linear memory that the machine holds.
		bytes: u64,
	},
}

/// A finished run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
	/// Steps until the end, the halting or trapping one included.
	pub steps: u64,
	/// How it ended.
	pub end: End,
	/// Steps spent at each instruction.
	pub counts: Vec<u64>,
	/// The data region after the last step.
	pub data: Vec<u64>,
}

impl Run {
	/// Segments that prove the run.
	pub fn segments(&self, shape: &Shape) -> u64 {
		self.steps.div_ceil(u64::from(shape.steps.max(1)))
	}

	/// Steps spent in each function of the module, by function index. The start-up code before the
	/// first function counts for none.
	pub fn steps_by_function(&self, program: &Program) -> Vec<(u32, u64)> {
		let mut rows: Vec<(u32, u64)> = program.functions.iter().map(|(_, f)| (*f, 0)).collect();
		for (pc, count) in self.counts.iter().enumerate() {
			let after = program.functions.partition_point(|(start, _)| *start as usize <= pc);
			if let Some(row) = after.checked_sub(1).and_then(|i| rows.get_mut(i)) {
				row.1 += count;
			}
		}
		rows
	}
}

/// The parts of a machine's root that a run does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedRoots {
	/// Root of the code region.
	pub code: Fr,
	/// Root of the artifact, the matrix included.
	pub artifact: Fr,
	/// Root of the seed.
	pub seed: Fr,
	/// Bits of a data word.
	pub width: Width,
}

impl FixedRoots {
	/// Root of the machine with these registers and this data region.
	pub fn machine(&self, state: &State, data: &[u64]) -> Root {
		let header = header_root(state);
		let inputs = inputs_root(self.artifact, self.seed);
		to_root(&machine_root(header, self.code, inputs, data_root(self.width, data)))
	}
}

/// One segment of a run: what a proof is made of. A last segment with fewer steps than the shape
/// has is padded with the ended machine, which stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
	/// Position in the run, from 0.
	pub index: u32,
	/// Registers before.
	pub before: State,
	/// The data region before.
	pub data_before: Vec<u64>,
	/// The steps, at least one and at most the shape's.
	pub steps: Vec<StepRecord>,
	/// Registers after.
	pub after: State,
	/// The data region after.
	pub data_after: Vec<u64>,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine<'p> {
	program: &'p Program,
	inputs: Vec<u32>,
	matrix_words: Vec<u32>,
	matrix: Option<Matrix>,
	seed: [u8; 32],
	data: Vec<u64>,
	state: State,
	steps: u64,
	counts: Vec<u64>,
}

impl Memory for Machine<'_> {
	fn instruction(&self, pc: u32) -> Option<Instr> {
		self.program.instructions.get(pc as usize).copied()
	}

	fn data(&self, index: u32) -> Option<u64> {
		self.data.get(index as usize).copied()
	}

	fn input(&self, index: u32) -> Option<u32> {
		self.inputs.get(index as usize).copied()
	}

	fn matrix(&self) -> Option<&Matrix> {
		self.matrix.as_ref()
	}
}

impl<'p> Machine<'p> {
	/// A machine before its first step. `artifact` is zero padded to the shape's room.
	pub fn new(program: &'p Program, artifact: &[u32], seed: [u8; 32]) -> Result<Self, RunError> {
		let room = program.shape.artifact_words() as usize;
		if artifact.len() > room {
			return Err(RunError::ArtifactTooLarge { words: artifact.len(), room });
		}
		let mut inputs = artifact.to_vec();
		inputs.resize(room, 0);
		let matrix_words = inputs.split_off(program.shape.read_words() as usize);
		inputs.extend(seed_words(&seed));
		Ok(Self {
			program,
			inputs,
			matrix: program.shape.has_matrix().then(|| Matrix::from_words(&matrix_words)),
			matrix_words,
			seed,
			data: program.data.clone(),
			state: State { pc: program.entry_pc, fp: program.entry_fp, ..State::default() },
			steps: 0,
			counts: vec![0; program.instructions.len()],
		})
	}

	/// The program's shape.
	pub const fn shape(&self) -> &Shape {
		&self.program.shape
	}

	/// The program.
	pub(crate) const fn program(&self) -> &Program {
		self.program
	}

	/// The registers.
	pub const fn state(&self) -> &State {
		&self.state
	}

	/// The data region.
	pub fn data(&self) -> &[u64] {
		&self.data
	}

	/// The input region: the artifact's first words, zero padded, then the seed.
	pub fn inputs(&self) -> &[u32] {
		&self.inputs
	}

	/// The matrix's words; none without a matrix.
	pub fn matrix_words(&self) -> &[u32] {
		&self.matrix_words
	}

	/// Steps taken.
	pub const fn steps(&self) -> u64 {
		self.steps
	}

	/// The parts of the root that stay the same.
	pub fn fixed_roots(&self) -> FixedRoots {
		let read = &self.inputs[..self.program.shape.read_words() as usize];
		FixedRoots {
			code: cells_root(Kind::Code, &self.program.code_cells()),
			artifact: artifact_words_root(read, &self.matrix_words),
			seed: seed_root(&self.seed),
			width: self.program.shape.width,
		}
	}

	/// Takes one step; `None` if the machine has ended.
	///
	/// # Errors
	/// A [`RunError`]; the machine is then as before.
	pub fn step(&mut self) -> Result<Option<StepRecord>, RunError> {
		if self.state.status != RUNNING {
			return Ok(None);
		}
		let pc = self.state.pc;
		if self.program.instructions.get(pc as usize) == Some(&Instr::OVER_CAPACITY) {
			return Err(RunError::OverCapacity { bytes: self.program.memory_bytes() });
		}
		let record = step(&self.program.shape, self, self.steps, &self.state)?;
		if let Some(d) = &record.d {
			self.data[d.address as usize] = d.new;
		}
		if let Some(product) = &record.product {
			let words = &mut self.data[product.address as usize..];
			words.iter_mut().zip(product.new).for_each(|(word, new)| *word = new.into());
		}
		self.state = record.after;
		self.steps += 1;
		self.counts[pc as usize] += 1;
		Ok(Some(record))
	}

	/// Takes so many steps, or fewer if the machine ends before.
	///
	/// # Errors
	/// As for [`Machine::step`].
	pub fn advance(&mut self, steps: u64) -> Result<(), RunError> {
		for _ in 0..steps {
			if self.step()?.is_none() {
				break;
			}
		}
		Ok(())
	}

	/// Runs to the end, at most `max_steps` steps from now.
	///
	/// # Errors
	/// As for [`Machine::step`], and [`RunError::StepLimit`].
	pub fn run(mut self, max_steps: u64) -> Result<Run, RunError> {
		self.advance(max_steps)?;
		let end = self.state.end().ok_or(RunError::StepLimit { limit: max_steps })?;
		Ok(Run { steps: self.steps, end, counts: self.counts, data: self.data })
	}

	/// Runs to the end, segment by segment. At most `max_segments` segments are made; a run that
	/// needs more ends with [`RunError::StepLimit`].
	pub fn segments(self, max_segments: u32) -> Segments<'p> {
		Segments { machine: self, next: 0, max_segments, failed: false }
	}
}

/// The segments of a run, in order.
#[derive(Clone, Debug)]
pub struct Segments<'p> {
	machine: Machine<'p>,
	next: u32,
	max_segments: u32,
	failed: bool,
}

impl Segments<'_> {
	fn segment(&mut self) -> Result<Segment, RunError> {
		let capacity = self.machine.program.shape.steps;
		if self.next >= self.max_segments {
			let limit = u64::from(self.max_segments) * u64::from(capacity);
			return Err(RunError::StepLimit { limit });
		}
		let (before, data_before) = (*self.machine.state(), self.machine.data().to_vec());
		let mut steps = Vec::with_capacity(capacity as usize);
		while steps.len() < capacity as usize {
			let Some(step) = self.machine.step()? else { break };
			steps.push(step);
		}
		let index = self.next;
		self.next += 1;
		let data_after = self.machine.data().to_vec();
		Ok(Segment { index, before, data_before, steps, after: *self.machine.state(), data_after })
	}

	/// The machine behind the iterator, at the end of the last segment.
	pub const fn machine(&self) -> &Machine<'_> {
		&self.machine
	}
}

impl Iterator for Segments<'_> {
	type Item = Result<Segment, RunError>;

	fn next(&mut self) -> Option<Self::Item> {
		if self.failed || self.machine.state().status != RUNNING {
			return None;
		}
		let segment = self.segment();
		self.failed = segment.is_err();
		Some(segment)
	}
}
