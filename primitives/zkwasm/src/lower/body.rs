//! A function between WebAssembly and the machine: basic blocks of instructions on virtual
//! registers.

use crate::{
	ir::{Op, TrapCause},
	module::Type,
};

/// A virtual register.
pub(super) type Reg = u32;
/// A basic block.
pub(super) type BlockId = usize;

/// An operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Val {
	/// A constant.
	Const(u64),
	/// A register.
	Reg(Reg),
}

/// What the immediate of a load or store is relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Region {
	/// No address.
	#[default]
	None,
	/// Linear memory; the immediate is a byte offset.
	Memory,
	/// The globals in the data region; the immediate is the byte offset of the word.
	Globals,
}

/// An instruction as in [`crate::ir::Instr`], on registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inst {
	pub(super) op: Op,
	/// The values that it computes with: of `i32` the result has 32 bits in any word.
	pub(super) ty: Type,
	pub(super) invert: bool,
	pub(super) check: bool,
	pub(super) accumulate: bool,
	pub(super) swap: bool,
	pub(super) d: Option<Reg>,
	pub(super) a: Option<Reg>,
	pub(super) b: Option<Reg>,
	/// The immediate. In linear memory it may need 33 bits and more; what is beyond 32 is out of
	/// bounds anyway.
	pub(super) imm: u64,
	pub(super) region: Region,
	/// How many bytes from the address on must be in bounds, in linear memory. 0: the access is
	/// known to be regular.
	pub(super) span: u8,
}

impl Inst {
	/// An instruction on whole words without operands.
	pub(super) const fn new(op: Op) -> Self {
		Self {
			op,
			ty: Type::I64,
			invert: false,
			check: false,
			accumulate: false,
			swap: false,
			d: None,
			a: None,
			b: None,
			imm: 0,
			region: Region::None,
			span: 0,
		}
	}

	/// `op` with these operands, not both of them constants. A constant may only come first where the
	/// machine exchanges the operands: not in shifts and conditional moves.
	pub(super) fn with(ty: Type, op: Op, x: Val, y: Val) -> Self {
		let mut inst = Self { ty, ..Self::new(op) };
		let commutes = matches!(op, Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq);
		match (x, y) {
			(Val::Reg(x), y) => {
				inst.a = Some(x);
				inst.set_y(y);
			},
			(Val::Const(x), Val::Reg(y)) => {
				inst.a = Some(y);
				inst.imm = x;
				inst.swap = !commutes && (op != Op::Sub || x != 0);
				if op == Op::Sub && x == 0 {
					inst.a = None;
					inst.b = Some(y);
				}
			},
			(Val::Const(_), y) => inst.set_y(y),
		}
		inst
	}

	fn set_y(&mut self, y: Val) {
		match y {
			Val::Const(c) => self.imm = c,
			Val::Reg(r) => self.b = Some(r),
		}
	}

	/// `d = value`.
	pub(super) fn mov(d: Reg, value: Val) -> Self {
		let mut inst = Self::new(Op::Add);
		inst.d = Some(d);
		match value {
			Val::Const(c) => inst.imm = c,
			Val::Reg(r) => inst.a = Some(r),
		}
		inst
	}

	/// The moved value, if this only moves one.
	pub(super) fn moved(&self) -> Option<Val> {
		if self.op != Op::Add || self.accumulate || self.swap {
			return None;
		}
		match (self.a, self.b, self.imm) {
			(Some(r), None, 0) | (None, Some(r), 0) => Some(Val::Reg(r)),
			(None, None, c) => Some(Val::Const(c)),
			_ => None,
		}
	}

	/// Whether the old value of `d` is an operand.
	pub(super) fn reads_d(&self) -> bool {
		self.accumulate || self.op == Op::Cmov
	}

	/// Registers that it reads.
	pub(super) fn uses(&self) -> impl Iterator<Item = Reg> {
		let old = if self.reads_d() { self.d } else { None };
		[self.a, self.b, old].into_iter().flatten()
	}

	/// Whether it can be left out when its result is not used.
	pub(super) const fn is_pure(&self) -> bool {
		!self.check && !matches!(self.op, Op::Load | Op::Store | Op::Input | Op::Product)
	}
}

/// A call. Arguments and result live at fixed places above the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
	pub(super) function: u32,
	/// Type of the result, if there is one.
	pub(super) ty: Type,
	pub(super) args: Vec<Reg>,
	pub(super) result: Option<Reg>,
}

/// A member of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
	Inst(Inst),
	Call(Call),
}

impl Item {
	/// The register that it writes.
	pub(super) fn def(&self) -> Option<Reg> {
		match self {
			Self::Inst(inst) => inst.d,
			Self::Call(call) => call.result,
		}
	}

	/// The registers that it reads.
	pub(super) fn uses(&self) -> Vec<Reg> {
		match self {
			Self::Inst(inst) => inst.uses().collect(),
			Self::Call(call) => call.args.clone(),
		}
	}
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
	/// Goes on there.
	Jump(BlockId),
	/// Goes to `then` if the comparison (without `d`) holds, else to `other`.
	Branch { inst: Inst, then: BlockId, other: BlockId },
	/// Returns from the function.
	Return(Option<Val>),
	/// Traps.
	Trap(TrapCause),
}

impl Term {
	/// The registers that it reads.
	pub(super) fn uses(&self) -> Vec<Reg> {
		match self {
			Self::Branch { inst, .. } => inst.uses().collect(),
			Self::Return(Some(Val::Reg(r))) => vec![*r],
			_ => Vec::new(),
		}
	}

	/// The blocks that may follow.
	pub(super) fn successors(&self) -> Vec<BlockId> {
		match self {
			Self::Jump(b) => vec![*b],
			Self::Branch { then, other, .. } => vec![*then, *other],
			_ => Vec::new(),
		}
	}
}

/// A basic block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
	pub(super) items: Vec<Item>,
	pub(super) term: Term,
	/// Loops around it.
	pub(super) depth: u32,
}

/// A function's body. Block 0 is the entry. Registers `0..params` hold the parameters, those up to
/// `locals` the other locals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
	pub(super) blocks: Vec<Block>,
	pub(super) params: u32,
	pub(super) locals: u32,
	/// Number of registers.
	pub(super) regs: u32,
	/// Types of the parameters.
	pub(super) types: Vec<Type>,
}

impl Body {
	/// A new register.
	pub(super) fn reg(&mut self) -> Reg {
		self.regs += 1;
		self.regs - 1
	}

	/// Number of blocks and of their members.
	pub(super) fn size(&self) -> usize {
		self.blocks.iter().map(|block| 1 + block.items.len()).sum()
	}

	/// Which blocks the entry reaches.
	pub(super) fn reachable(&self) -> Vec<bool> {
		let mut seen = vec![false; self.blocks.len()];
		let mut todo = vec![0];
		while let Some(block) = todo.pop() {
			if !std::mem::replace(&mut seen[block], true) {
				todo.extend(self.blocks[block].term.successors());
			}
		}
		seen
	}
}
