//! The interpreter: runs a program, records its steps, cuts them into segments.
//!
//! The step's meaning is in [`crate::ir`]. What it records ([`StepRecord`]) is what the segment
//! circuit takes as its witness.

use crate::{
	commitment::{
		cells_root, data_root, header_root, inputs_root, machine_root, seed_root, seed_words,
		to_root, words_root, End, Kind, Root,
	},
	ir::{Instr, Op, TrapCause, HALTED, RUNNING, TRAPPED},
	program::Program,
	shape::{Shape, Width},
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
	pub old: u64,
	/// Value after; a read leaves it.
	pub new: u64,
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
	pub x: u64,
	/// Second operand, after swap. Of [`Op::Store`] the stored value.
	pub y: u64,
	/// The result. 0 for operations without one, on an irregular access and on a trap.
	pub result: u64,
	/// The access is irregular: it was not made, the step only jumps.
	pub irregular: bool,
	/// Registers after.
	pub after: State,
}

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
	/// An operand of a narrow operation, or an output, has more than 32 bits.
	#[error("an operand of the instruction at {pc} has more than 32 bits")]
	WideOperand {
		/// The code index.
		pc: u32,
	},
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
	/// Root of the artifact.
	pub artifact: Fr,
	/// Root of the seed.
	pub seed: Fr,
	/// Bits of a data word.
	pub width: Width,
}

impl FixedRoots {
	/// Root of the machine with these registers and this data region.
	pub fn machine(&self, state: &State, data: &[u64]) -> Root {
		let header = header_root(state.pc, state.fp, state.status, state.output);
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
	seed: [u8; 32],
	data: Vec<u64>,
	state: State,
	steps: u64,
	counts: Vec<u64>,
}

/// What an operation does beside its accesses.
enum Outcome {
	/// The result goes to port D, the machine to the next instruction.
	Next(u64),
	/// The result goes to port D, the machine to this code index and frame.
	Jump { result: u64, pc: u32, fp: u32 },
	/// The access is not made, the machine goes to the target.
	Irregular,
	/// The run ends; port D is off.
	End { status: u32, output: u64 },
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
		})
	}

	/// The registers.
	pub const fn state(&self) -> &State {
		&self.state
	}

	/// The data region.
	pub fn data(&self) -> &[u64] {
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
		let before = self.state;
		let pc = before.pc;
		let instr =
			*self.program.instructions.get(pc as usize).ok_or(RunError::NoInstruction { pc })?;
		if instr == Instr::OVER_CAPACITY {
			return Err(RunError::OverCapacity { bytes: self.program.memory_bytes() });
		}
		let read = |offset: Option<u8>| -> Result<Option<Access>, RunError> {
			let Some(offset) = offset else { return Ok(None) };
			let address = before.fp + u32::from(offset);
			let value = *self.data.get(address as usize).ok_or(RunError::FrameOutOfRange { pc })?;
			Ok(Some(Access { address, old: value, new: value }))
		};
		let value = |access: &Option<Access>| access.map_or(0, |access| access.old);
		let (a, mut b) = (read(instr.a)?, read(instr.b)?);
		// A port that is off looks at the frame's first cell.
		read(Some(0))?;
		let mut d = read(instr.d)?;
		let (mut x, mut y) = (value(&a), value(&b).wrapping_add(instr.imm));
		if instr.op == Op::Store {
			y = value(&b);
		}
		if instr.swap {
			(x, y) = (y, x);
		}
		let mut input = None;
		let outcome = match instr.op {
			Op::Load => match self.address(x, &instr) {
				None => Outcome::Irregular,
				Some(address) => {
					let word = self.data[address as usize];
					b = Some(Access { address, old: word, new: word });
					Outcome::Next(word)
				},
			},
			Op::Store => match self.address(x, &instr) {
				None => Outcome::Irregular,
				Some(address) => {
					d = Some(Access { address, old: self.data[address as usize], new: y });
					Outcome::Next(y)
				},
			},
			Op::Input => match self.input_index(x, &instr) {
				None => Outcome::Irregular,
				Some(index) => {
					let value = self.inputs[index as usize];
					input = Some(InputAccess { index, value });
					Outcome::Next(u64::from(value))
				},
			},
			_ => {
				Arithmetic { width: self.program.shape.width, instr: &instr, x, y, old: value(&d) }
					.outcome(&before)?
			},
		};
		let (after, result) = settle(&before, &instr, &outcome)?;
		let irregular = matches!(outcome, Outcome::Irregular);
		// Without a result the access puts back what is in the cell.
		let writes = !irregular && after.status == RUNNING;
		d = d.map(|d| Access { new: if writes { result } else { d.old }, ..d });
		if let Some(d) = &d {
			self.data[d.address as usize] = d.new;
		}
		self.state = after;
		self.steps += 1;
		self.counts[pc as usize] += 1;
		Ok(Some(StepRecord { before, instr, a, b, d, input, x, y, result, irregular, after }))
	}

	/// The data index that a load or store goes to, if it is regular.
	fn address(&self, x: u64, instr: &Instr) -> Option<u32> {
		let bytes = u128::from(self.program.shape.width.bytes());
		let address = u128::from(x) + u128::from(instr.imm);
		let index = address / bytes;
		let regular = index < u128::from(self.program.shape.data)
			&& (!instr.check || address.is_multiple_of(bytes));
		regular.then_some(index as u32)
	}

	/// The index of an input, if it is regular.
	fn input_index(&self, x: u64, instr: &Instr) -> Option<u32> {
		let index = x.wrapping_add(instr.imm) & self.program.shape.width.max();
		(index < self.inputs.len() as u64).then_some(index as u32)
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
		Ok(Run { steps: self.steps, end, counts: self.counts, data: self.data })
	}

	/// Runs to the end, segment by segment. At most `max_segments` segments are made; a run that
	/// needs more ends with [`RunError::StepLimit`].
	pub fn segments(self, max_segments: u32) -> Segments<'p> {
		Segments { machine: self, next: 0, max_segments, failed: false }
	}
}

/// An operation without memory access of its own.
struct Arithmetic<'i> {
	width: Width,
	instr: &'i Instr,
	x: u64,
	y: u64,
	/// The old value of the result's cell.
	old: u64,
}

impl Arithmetic<'_> {
	/// Bits of the operation.
	const fn bits(&self) -> u32 {
		if self.instr.narrow {
			32
		} else {
			self.width.bits()
		}
	}

	/// The value modulo 2^bits.
	const fn cut(&self, value: u64) -> u64 {
		value & (u64::MAX >> (64 - self.bits()))
	}

	/// The signed number that the word stands for.
	const fn signed(&self, value: u64) -> i64 {
		let unused = 64 - self.bits();
		(value << unused).cast_signed() >> unused
	}

	/// Result and next registers.
	fn outcome(&self, before: &State) -> Result<Outcome, RunError> {
		let (instr, pc) = (self.instr, before.pc);
		let operands = self.x | self.y | if instr.accumulate { self.old } else { 0 };
		if instr.narrow && operands > u64::from(u32::MAX) {
			return Err(RunError::WideOperand { pc });
		}
		if !self.check_holds() {
			return Err(RunError::CheckFailed { pc });
		}
		let (x, y) = (self.x, self.y);
		let branch = |condition: bool| Outcome::Jump {
			result: 0,
			pc: if condition { u32::from(instr.target) } else { pc + 1 },
			fp: before.fp,
		};
		let jumps = |condition: bool| match instr.branch {
			true => branch(condition ^ instr.invert),
			false => Outcome::Next(u64::from(condition ^ instr.invert)),
		};
		Ok(match instr.op {
			Op::And if instr.branch => jumps(x & y != 0),
			Op::Eq => jumps(x == y),
			Op::LtU => jumps(x < y),
			Op::LtS => jumps(self.signed(x) < self.signed(y)),
			Op::Call => {
				let fp = before.fp + u32::from(instr.d.unwrap_or(0));
				if u64::from(fp) > instr.imm {
					let output = TrapCause::StackExhausted as u64;
					return Ok(Outcome::End { status: TRAPPED, output });
				}
				let link = u64::from((pc + 1) | before.fp << 16);
				Outcome::Jump { result: link, pc: u32::from(instr.target), fp }
			},
			Op::Ret => {
				let (pc, fp) = ((x & 0xffff) as u32, (x >> 16 & 0xffff) as u32);
				Outcome::Jump { result: y, pc, fp }
			},
			Op::Br => branch(true),
			Op::Halt => Outcome::End { status: HALTED, output: y },
			Op::Trap => Outcome::End { status: TRAPPED, output: y },
			_ => Outcome::Next(self.result()),
		})
	}

	/// The result of an operation that goes on to the next instruction.
	fn result(&self) -> u64 {
		let (x, y, old) = (self.x, self.y, self.old);
		let added = if self.instr.accumulate { old } else { 0 };
		let shift = (y % u64::from(self.bits())) as u32;
		self.cut(match self.instr.op {
			Op::Add => added.wrapping_add(x).wrapping_add(y),
			Op::Sub => x.wrapping_sub(y),
			Op::Mul => added.wrapping_add(x.wrapping_mul(y)),
			Op::And => x & y,
			Op::Or => x | y,
			Op::Xor => x ^ y,
			Op::Shl => x << shift,
			Op::ShrU => x >> shift,
			Op::ShrS => (self.signed(x) >> shift).cast_unsigned(),
			Op::Rotl => x << shift | x.checked_shr(self.bits() - shift).unwrap_or(0),
			Op::Cmov if (x != 0) ^ self.instr.invert => y,
			Op::Cmov => old,
			Op::Div => x.checked_div(y).unwrap_or(0),
			Op::Popcnt => u64::from(x.count_ones()),
			// The others give no result, or not here.
			_ => 0,
		})
	}

	fn check_holds(&self) -> bool {
		let (x, y) = (self.x, self.y);
		!self.instr.check
			|| match self.instr.op {
				Op::Sub => x >= y,
				Op::Mul => x.checked_mul(y).is_some_and(|product| product == self.cut(product)),
				Op::LtU => (x < y) ^ self.instr.invert,
				_ => true,
			}
	}
}

/// The registers after a step, and its result.
fn settle(before: &State, instr: &Instr, outcome: &Outcome) -> Result<(State, u64), RunError> {
	Ok(match *outcome {
		Outcome::Next(result) => (State { pc: before.pc + 1, ..*before }, result),
		Outcome::Jump { result, pc, fp } => (State { pc, fp, ..*before }, result),
		Outcome::Irregular => (State { pc: u32::from(instr.target), ..*before }, 0),
		Outcome::End { status, output } => {
			let output =
				u32::try_from(output).map_err(|_| RunError::WideOperand { pc: before.pc })?;
			(State::ended(status, output), 0)
		},
	})
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
