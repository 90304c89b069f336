//! The interpreter: runs a program, records its steps, cuts them into segments.
//!
//! The step's meaning is in [`crate::ir`]. What it records ([`StepRecord`]) is what the segment
//! circuit takes as its witness.

use crate::{
	commitment::{
		cells_root, header_root, inputs_root, machine_root, seed_root, seed_words, to_root,
		words_root, End, Kind, Root,
	},
	ir::{Instr, Op, TrapCause, HALTED, RUNNING, TRAPPED},
	program::Program,
	shape::Shape,
};
use ark_bn254::Fr;
use std::vec::Vec;

/// The machine's registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
	/// Next instruction, a code index.
	pub pc: u32,
	/// Current frame, a data index.
	pub fp: u32,
	/// [`RUNNING`], [`HALTED`] or [`TRAPPED`].
	pub status: u32,
	/// Result of a halted machine, cause of a trapped one, else 0.
	pub output: u32,
}

impl State {
	/// How the machine ended; `None` while it runs.
	pub fn end(&self) -> Option<End> {
		match self.status {
			HALTED => Some(End::Halted { output: self.output }),
			TRAPPED => Some(End::Trapped { cause: self.output as u8 }),
			_ => None,
		}
	}

	const fn ended(status: u32, output: u32) -> Self {
		Self { pc: 0, fp: 0, status, output }
	}
}

/// One access to the data region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
	/// Data index.
	pub address: u32,
	/// Value before.
	pub old: u32,
	/// Value after; a read leaves it.
	pub new: u32,
}

/// One access to the input region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputAccess {
	/// Input index.
	pub index: u32,
	/// The word there.
	pub value: u32,
}

/// One executed step. Accesses happen in the order A, B, D.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecord {
	/// Registers before; `status` is [`RUNNING`].
	pub before: State,
	/// The instruction at `before.pc`.
	pub instr: Instr,
	/// Port A, if it made an access.
	pub a: Option<Access>,
	/// Port B, if it made an access: the cell of the second operand, of [`Op::Load`] the word.
	pub b: Option<Access>,
	/// Port D, if it made an access: the result's cell, of [`Op::Store`] the memory word, of
	/// [`Op::Call`] the link.
	pub d: Option<Access>,
	/// The input word, if the step read one.
	pub input: Option<InputAccess>,
	/// First operand, after swap.
	pub x: u32,
	/// Second operand, after swap. Of [`Op::Store`] the stored value.
	pub y: u32,
	/// The result. 0 for operations without one and on a fault.
	pub result: u32,
	/// The run-time fault that the step ended in. [`Op::Trap`] is none.
	pub fault: Option<TrapCause>,
	/// Registers after.
	pub after: State,
}

/// Why a run could not go on. None of these happens to a lowered program, but for
/// [`RunError::ArtifactTooLarge`] and [`RunError::StepLimit`].
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
	/// There is no instruction at this code index.
	#[error("there is no instruction at {pc}")]
	NoInstruction {
		/// The code index.
		pc: u32,
	},
	/// A frame offset leads out of the data region.
	#[error("the instruction at {pc} leaves the data region")]
	FrameOutOfRange {
		/// The code index.
		pc: u32,
	},
	/// The check of an instruction does not hold, so that no proof of this run exists.
	#[error("the check of the instruction at {pc} does not hold")]
	CheckFailed {
		/// The code index.
		pc: u32,
	},
}

/// A finished run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
	/// Steps until the end, the halting or trapping one included.
	pub steps: u64,
	/// How it ended.
	pub end: End,
	/// It ended in an access that the module's declared memory allows, but not the machine's
	/// capacity. Of an access that is expanded only the first byte counts.
	pub over_capacity: bool,
	/// Steps spent at each instruction.
	pub counts: Vec<u64>,
	/// The data region after the last step.
	pub data: Vec<u32>,
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
	/// Root of the artifact.
	pub artifact: Fr,
	/// Root of the seed.
	pub seed: Fr,
}

impl FixedRoots {
	/// Root of the machine with these registers and this data region.
	pub fn machine(&self, state: &State, data: &[u32]) -> Root {
		let header = header_root(state.pc, state.fp, state.status, state.output);
		let inputs = inputs_root(self.artifact, self.seed);
		to_root(&machine_root(header, self.code, inputs, words_root(Kind::Data, data)))
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
	pub data_before: Vec<u32>,
	/// The steps, at least one and at most the shape's.
	pub steps: Vec<StepRecord>,
	/// Registers after.
	pub after: State,
	/// The data region after.
	pub data_after: Vec<u32>,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine<'p> {
	program: &'p Program,
	inputs: Vec<u32>,
	seed: [u8; 32],
	data: Vec<u32>,
	state: State,
	steps: u64,
	counts: Vec<u64>,
	over_capacity: bool,
}

/// What an operation does beside its accesses.
enum Outcome {
	/// The result goes to port D, the machine to the next instruction.
	Next(u32),
	/// The result goes to port D, the machine to this code index and frame.
	Jump { result: u32, pc: u32, fp: u32 },
	/// The run ends.
	End { status: u32, output: u32 },
	/// The run ends in a fault.
	Fault(TrapCause),
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
		inputs.extend(seed_words(&seed));
		Ok(Self {
			program,
			inputs,
			seed,
			data: program.data.clone(),
			state: State { pc: program.entry_pc, fp: program.entry_fp, status: RUNNING, output: 0 },
			steps: 0,
			counts: vec![0; program.instructions.len()],
			over_capacity: false,
		})
	}

	/// The registers.
	pub const fn state(&self) -> &State {
		&self.state
	}

	/// The data region.
	pub fn data(&self) -> &[u32] {
		&self.data
	}

	/// The input region: artifact, zero padding, seed.
	pub fn inputs(&self) -> &[u32] {
		&self.inputs
	}

	/// Steps taken.
	pub const fn steps(&self) -> u64 {
		self.steps
	}

	/// The parts of the root that stay the same.
	pub fn fixed_roots(&self) -> FixedRoots {
		let room = self.program.shape.artifact_words() as usize;
		FixedRoots {
			code: cells_root(Kind::Code, &self.program.code_cells()),
			artifact: words_root(Kind::Artifact, &self.inputs[..room]),
			seed: seed_root(&self.seed),
		}
	}

	/// Takes one step; `None` if the machine has ended.
	pub fn step(&mut self) -> Result<Option<StepRecord>, RunError> {
		if self.state.status != RUNNING {
			return Ok(None);
		}
		let before = self.state;
		let pc = before.pc;
		let instr =
			*self.program.instructions.get(pc as usize).ok_or(RunError::NoInstruction { pc })?;
		let read = |offset: Option<u8>| -> Result<Option<Access>, RunError> {
			let Some(offset) = offset else { return Ok(None) };
			let address = before.fp + u32::from(offset);
			let value = *self.data.get(address as usize).ok_or(RunError::FrameOutOfRange { pc })?;
			Ok(Some(Access { address, old: value, new: value }))
		};
		let (a, mut b) = (read(instr.a)?, read(instr.b)?);
		let old = read(instr.d)?;
		let value = |access: &Option<Access>| access.map_or(0, |access| access.old);
		let (mut x, mut y) = (value(&a), value(&b).wrapping_add(instr.imm));
		if instr.op == Op::Store {
			y = value(&b);
		}
		if instr.swap {
			(x, y) = (y, x);
		}
		let mut d = old;
		let mut input = None;
		let outcome = match instr.op {
			Op::Load => match self.address(x, &instr) {
				Err(fault) => Outcome::Fault(fault),
				Ok(address) => {
					let word = self.data[address as usize];
					b = Some(Access { address, old: word, new: word });
					Outcome::Next(word)
				},
			},
			Op::Store => match self.address(x, &instr) {
				Err(fault) => Outcome::Fault(fault),
				Ok(address) => {
					d = Some(Access { address, old: self.data[address as usize], new: y });
					Outcome::Next(y)
				},
			},
			Op::Input => {
				let index = x.wrapping_add(instr.imm);
				match self.inputs.get(index as usize) {
					None => Outcome::Fault(TrapCause::OutOfBounds),
					Some(word) => {
						input = Some(InputAccess { index, value: *word });
						Outcome::Next(*word)
					},
				}
			},
			_ => outcome(&before, &instr, x, y, value(&old)),
		};
		if !check_holds(&instr, x, y) {
			return Err(RunError::CheckFailed { pc });
		}
		let (after, result, fault) = settle(&before, outcome);
		d = if fault.is_some() { None } else { d.map(|d| Access { new: result, ..d }) };
		if let Some(d) = &d {
			self.data[d.address as usize] = d.new;
		}
		self.state = after;
		self.steps += 1;
		self.counts[pc as usize] += 1;
		Ok(Some(StepRecord { before, instr, a, b, d, input, x, y, result, fault, after }))
	}

	/// The data index that a load or store goes to.
	fn address(&mut self, x: u32, instr: &Instr) -> Result<u32, TrapCause> {
		let address = u64::from(x) + u64::from(instr.imm);
		if address / 4 >= u64::from(self.program.shape.data) {
			let end = self.program.declared_memory_bytes + 4 * u64::from(self.program.memory_base);
			// Only aligned accesses are checked, and those are of whole words.
			let last = address + if instr.check { 3 } else { 0 };
			self.over_capacity = last < end;
			return Err(TrapCause::OutOfBounds);
		}
		if instr.check && !address.is_multiple_of(4) {
			return Err(TrapCause::Misaligned);
		}
		Ok((address / 4) as u32)
	}

	/// Runs to the end, at most `max_steps` steps from now.
	pub fn run(mut self, max_steps: u64) -> Result<Run, RunError> {
		for _ in 0..max_steps {
			self.step()?;
			if self.state.status != RUNNING {
				break;
			}
		}
		let end = self.state.end().ok_or(RunError::StepLimit { limit: max_steps })?;
		Ok(Run {
			steps: self.steps,
			end,
			over_capacity: self.over_capacity,
			counts: self.counts,
			data: self.data,
		})
	}

	/// Runs to the end, segment by segment. At most `max_segments` segments are made; a run that
	/// needs more ends with [`RunError::StepLimit`].
	pub fn segments(self, max_segments: u32) -> Segments<'p> {
		Segments { machine: self, next: 0, max_segments, failed: false }
	}
}

/// Result and next registers of an operation without memory access of its own.
fn outcome(before: &State, instr: &Instr, x: u32, y: u32, old: u32) -> Outcome {
	let acc = if instr.accumulate { old } else { 0 };
	let branch = |condition: bool| Outcome::Jump {
		result: 0,
		pc: if condition { u32::from(instr.target) } else { before.pc + 1 },
		fp: before.fp,
	};
	let compare = |holds: bool| {
		let result = holds ^ instr.invert;
		if instr.branch {
			branch(result)
		} else {
			Outcome::Next(u32::from(result))
		}
	};
	match instr.op {
		Op::Add => Outcome::Next(acc.wrapping_add(x).wrapping_add(y)),
		Op::Sub => Outcome::Next(x.wrapping_sub(y)),
		Op::Mul => Outcome::Next(acc.wrapping_add(x.wrapping_mul(y))),
		Op::And if instr.branch => branch((x & y != 0) ^ instr.invert),
		Op::And => Outcome::Next(x & y),
		Op::Or => Outcome::Next(x | y),
		Op::Xor => Outcome::Next(x ^ y),
		Op::Shl => Outcome::Next(x.wrapping_shl(y)),
		Op::ShrU => Outcome::Next(x.wrapping_shr(y)),
		Op::ShrS => Outcome::Next((x as i32).wrapping_shr(y) as u32),
		Op::Rotl => Outcome::Next(x.rotate_left(y % 32)),
		Op::Eq => compare(x == y),
		Op::LtU => compare(x < y),
		Op::LtS => compare((x as i32) < y as i32),
		Op::Cmov => Outcome::Next(if (x != 0) ^ instr.invert { y } else { old }),
		Op::Div => Outcome::Next(x.checked_div(y).unwrap_or(0)),
		Op::Popcnt => Outcome::Next(x.count_ones()),
		Op::Call => {
			let fp = before.fp + u32::from(instr.d.unwrap_or(0));
			if fp > instr.imm {
				return Outcome::Fault(TrapCause::StackExhausted);
			}
			let link = (before.pc + 1) | before.fp << 16;
			Outcome::Jump { result: link, pc: u32::from(instr.target), fp }
		},
		Op::Ret => Outcome::Jump { result: y, pc: x & 0xffff, fp: x >> 16 },
		Op::Br => branch(true),
		Op::Halt => Outcome::End { status: HALTED, output: y },
		Op::Trap => Outcome::End { status: TRAPPED, output: y },
		// The memory's operations are handled by the machine.
		Op::Load | Op::Store | Op::Input => Outcome::Fault(TrapCause::OutOfBounds),
	}
}

/// Whether the instruction's check holds. Alignment is a fault, not a check.
fn check_holds(instr: &Instr, x: u32, y: u32) -> bool {
	!instr.check
		|| match instr.op {
			Op::Sub => x >= y,
			Op::Mul => x.checked_mul(y).is_some(),
			Op::LtU => (x < y) ^ instr.invert,
			_ => true,
		}
}

fn settle(before: &State, outcome: Outcome) -> (State, u32, Option<TrapCause>) {
	match outcome {
		Outcome::Next(result) => (State { pc: before.pc + 1, ..*before }, result, None),
		Outcome::Jump { result, pc, fp } => (State { pc, fp, ..*before }, result, None),
		Outcome::End { status, output } => (State::ended(status, output), 0, None),
		Outcome::Fault(cause) => (State::ended(TRAPPED, cause as u32), 0, Some(cause)),
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
