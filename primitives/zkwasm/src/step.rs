//! What a step does: one function for the interpreter, which has the whole memory, and for the check
//! of a single disputed step, which has openings of the few cells that the step touches.
//!
//! The step's meaning is in [`crate::ir`].

use crate::{
	commitment::End,
	ir::{Instr, Op, TrapCause, HALTED, RUNNING, TRAPPED},
	matrix::{Matrix, Vector, VECTOR_BYTES, VECTOR_WORDS},
	shape::{Shape, Width},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The machine's registers.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct State {
	/// Next instruction, a code index.
	pub pc: u32,
	/// Current frame, a data index.
	pub fp: u32,
	/// [`RUNNING`], [`HALTED`] or [`TRAPPED`].
	pub status: u32,
	/// Result of a halted machine, cause of a trapped one, else 0.
	pub output: u32,
	/// Products of this segment so far. 0 at a segment's start, so that proofs need not know it.
	pub products: u32,
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
		Self { pc: 0, fp: 0, status, output, products: 0 }
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

/// The accesses of a product to the data region, one for each word of the vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductAccess {
	/// Data index of the first word.
	pub address: u32,
	/// The vector.
	pub old: Vector,
	/// Its product with the matrix.
	pub new: Vector,
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
	/// The vector, if the step replaced one by its product.
	pub product: Option<ProductAccess>,
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

/// Why there is no step from a state. None of these happens to a lowered program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepError {
	/// There is no instruction at this code index.
	NoInstruction {
		/// The code index.
		pc: u32,
	},
	/// A frame offset leads out of the data region.
	FrameOutOfRange {
		/// The code index.
		pc: u32,
	},
	/// The check of an instruction does not hold, so that no proof of this run exists.
	CheckFailed {
		/// The code index.
		pc: u32,
	},
	/// An operand of a narrow operation, or an output, has more than 32 bits.
	WideOperand {
		/// The code index.
		pc: u32,
	},
	/// The memory does not have a cell that it should have.
	NotOpened {
		/// The code index.
		pc: u32,
	},
}

impl core::fmt::Display for StepError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::NoInstruction { pc } => write!(f, "there is no instruction at {pc}"),
			Self::FrameOutOfRange { pc } => {
				write!(f, "the instruction at {pc} leaves the data region")
			},
			Self::CheckFailed { pc } => {
				write!(f, "the check of the instruction at {pc} does not hold")
			},
			Self::WideOperand { pc } => {
				write!(f, "an operand of the instruction at {pc} has more than 32 bits")
			},
			Self::NotOpened { pc } => {
				write!(f, "the instruction at {pc} needs a cell that is not opened")
			},
		}
	}
}

impl core::error::Error for StepError {}

/// What a step reads. The indices that [`step`] asks for are below the shape's sizes.
pub trait Memory {
	/// The instruction at a code index; `None` if there is none.
	fn instruction(&self, pc: u32) -> Option<Instr>;
	/// A data word; `None` if this memory does not have it.
	fn data(&self, index: u32) -> Option<u64>;
	/// An input word; `None` if this memory does not have it.
	fn input(&self, index: u32) -> Option<u32>;
	/// The matrix; `None` if this memory does not have it.
	fn matrix(&self) -> Option<&Matrix>;
}

/// The step from a running state, the one after `number` others. Nothing is written: the new values of
/// [`StepRecord::d`] and [`StepRecord::product`] are to be.
///
/// # Errors
/// A [`StepError`] if there is no such step.
pub fn step<M: Memory>(
	shape: &Shape,
	memory: &M,
	number: u64,
	before: &State,
) -> Result<StepRecord, StepError> {
	let pc = before.pc;
	let instr = memory.instruction(pc).ok_or(StepError::NoInstruction { pc })?;
	if instr.op == Op::Product && !shape.has_matrix() {
		return Err(StepError::NoInstruction { pc });
	}
	let mut record = Fetched { shape, memory, before, instr: &instr }.execute()?;
	if (number + 1).is_multiple_of(u64::from(shape.steps)) {
		record.after.products = 0;
	}
	Ok(record)
}

/// A fetched instruction.
struct Fetched<'a, M> {
	shape: &'a Shape,
	memory: &'a M,
	before: &'a State,
	instr: &'a Instr,
}

impl<M: Memory> Fetched<'_, M> {
	fn execute(&self) -> Result<StepRecord, StepError> {
		let (before, instr) = (self.before, self.instr);
		let value = |access: &Option<Access>| access.map_or(0, |access| access.old);
		let (a, mut b) = (self.frame(instr.a)?, self.frame(instr.b)?);
		// A port that is off looks at the frame's first cell.
		self.frame_address(0)?;
		let mut d = self.frame(instr.d)?;
		let (mut x, mut y) = (value(&a), value(&b).wrapping_add(instr.imm));
		if instr.op == Op::Store {
			y = value(&b);
		}
		if instr.swap {
			(x, y) = (y, x);
		}
		let (mut input, mut product) = (None, None);
		let outcome = match instr.op {
			Op::Load => match self.address(x) {
				None => Outcome::Irregular,
				Some(address) => {
					let word = self.data(address)?;
					b = Some(Access { address, old: word, new: word });
					Outcome::Next(word)
				},
			},
			Op::Store => match self.address(x) {
				None => Outcome::Irregular,
				Some(address) => {
					d = Some(Access { address, old: self.data(address)?, new: y });
					Outcome::Next(y)
				},
			},
			Op::Input => match self.input_index(x) {
				None => Outcome::Irregular,
				Some(index) => {
					let value = self.memory.input(index).ok_or_else(|| self.not_opened())?;
					input = Some(InputAccess { index, value });
					Outcome::Next(u64::from(value))
				},
			},
			Op::Product => match self.vector_address(x) {
				None => Outcome::Irregular,
				Some(_) if before.products >= self.shape.products => Outcome::Wait,
				Some(address) => {
					product = Some(self.product(address)?);
					Outcome::Next(0)
				},
			},
			_ => Arithmetic { width: self.shape.width, instr, x, y, old: value(&d) }
				.outcome(before)?,
		};
		let (mut after, result) = settle(before, instr, &outcome)?;
		after.products += u32::from(product.is_some());
		let irregular = matches!(outcome, Outcome::Irregular);
		// Without a result the access puts back what is in the cell.
		let writes = !irregular && after.status == RUNNING;
		let d = d.map(|d| Access { new: if writes { result } else { d.old }, ..d });
		Ok(StepRecord {
			before: *before,
			instr: *instr,
			a,
			b,
			d,
			input,
			product,
			x,
			y,
			result,
			irregular,
			after,
		})
	}

	const fn not_opened(&self) -> StepError {
		StepError::NotOpened { pc: self.before.pc }
	}

	fn data(&self, index: u32) -> Result<u64, StepError> {
		self.memory.data(index).ok_or_else(|| self.not_opened())
	}

	/// The cell of the frame at an offset.
	fn frame(&self, offset: Option<u8>) -> Result<Option<Access>, StepError> {
		let Some(offset) = offset else { return Ok(None) };
		let address = self.frame_address(offset)?;
		let value = self.data(address)?;
		Ok(Some(Access { address, old: value, new: value }))
	}

	/// The data index of an offset.
	fn frame_address(&self, offset: u8) -> Result<u32, StepError> {
		self.before
			.fp
			.checked_add(u32::from(offset))
			.filter(|address| *address < self.shape.data)
			.ok_or(StepError::FrameOutOfRange { pc: self.before.pc })
	}

	/// The data index that a load or store goes to, if it is regular.
	fn address(&self, x: u64) -> Option<u32> {
		let bytes = u128::from(self.shape.width.bytes());
		let address = u128::from(x) + u128::from(self.instr.imm);
		let index = address / bytes;
		let aligned = !self.instr.check || address.is_multiple_of(bytes);
		let regular = aligned && index < u128::from(self.shape.data);
		regular.then_some(index as u32)
	}

	/// The data index of the vector that a product is of, if it is regular. Data words are a multiple of
	/// a vector's.
	fn vector_address(&self, x: u64) -> Option<u32> {
		let aligned = (x + self.instr.imm).is_multiple_of(u64::from(VECTOR_BYTES));
		self.address(x).filter(|_| aligned)
	}

	fn product(&self, address: u32) -> Result<ProductAccess, StepError> {
		let mut old = Vector::default();
		for (word, index) in old.iter_mut().zip(address..address + VECTOR_WORDS) {
			*word = self.data(index)? as u32;
		}
		let matrix = self.memory.matrix().ok_or_else(|| self.not_opened())?;
		Ok(ProductAccess { address, old, new: matrix.product(&old) })
	}

	/// The index of an input, if it is regular.
	fn input_index(&self, x: u64) -> Option<u32> {
		let index = x.wrapping_add(self.instr.imm) & self.shape.width.max();
		(index < u64::from(self.shape.inputs)).then_some(index as u32)
	}
}

/// What an operation does beside its accesses.
enum Outcome {
	/// The result goes to port D, the machine to the next instruction.
	Next(u64),
	/// The result goes to port D, the machine to this code index and frame.
	Jump { result: u64, pc: u32, fp: u32 },
	/// The access is not made, the machine goes to the target.
	Irregular,
	/// Nothing happens; the step is tried again.
	Wait,
	/// The run ends; port D is off.
	End { status: u32, output: u64 },
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
	fn outcome(&self, before: &State) -> Result<Outcome, StepError> {
		let (instr, pc) = (self.instr, before.pc);
		let operands = self.x | self.y | if instr.accumulate { self.old } else { 0 };
		if instr.narrow && operands > u64::from(u32::MAX) {
			return Err(StepError::WideOperand { pc });
		}
		if !self.check_holds() {
			return Err(StepError::CheckFailed { pc });
		}
		let (x, y) = (self.x, self.y);
		let branch = |condition: bool| Outcome::Jump {
			result: 0,
			pc: if condition { u32::from(instr.target) } else { pc.wrapping_add(1) },
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
				let fp = before.fp.saturating_add(u32::from(instr.d.unwrap_or(0)));
				if u64::from(fp) > instr.imm {
					let output = TrapCause::StackExhausted as u64;
					return Ok(Outcome::End { status: TRAPPED, output });
				}
				let link = u64::from(pc.wrapping_add(1) | before.fp << 16);
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
fn settle(before: &State, instr: &Instr, outcome: &Outcome) -> Result<(State, u64), StepError> {
	Ok(match *outcome {
		Outcome::Next(result) => (State { pc: before.pc.wrapping_add(1), ..*before }, result),
		Outcome::Jump { result, pc, fp } => (State { pc, fp, ..*before }, result),
		Outcome::Wait => (*before, 0),
		Outcome::Irregular => (State { pc: u32::from(instr.target), ..*before }, 0),
		Outcome::End { status, output } => {
			let output =
				u32::try_from(output).map_err(|_| StepError::WideOperand { pc: before.pc })?;
			(State::ended(status, output), 0)
		},
	})
}
