//! Fetch and decode: the instruction's cell is split into its fields, and the operands are read.
//!
//! The cell is one field element. Every field but the immediate is split into bits; the immediate is
//! in range because it is an operand, or 0 because port B gives the operand. So no two instructions
//! have the same record, and what is fetched is what the code root binds.

use super::{
	builder::{Bits, Builder, Gadget, Lc},
	step::{Registers, Size},
	witness::StepHint,
};
use crate::ir::{
	Op, ACCUMULATE_BIT, A_SHIFT, BRANCH_BIT, B_SHIFT, CHECK_BIT, D_SHIFT, IMM_SHIFT, INVERT_BIT,
	OFFSET_BITS, OP_COUNT, PORT_A_BIT, PORT_B_BIT, PORT_D_BIT, SWAP_BIT, TARGET_BITS, TARGET_SHIFT,
};
use ark_bn254::Fr;
use ark_ff::Field;

/// Bits of the immediate.
const IMM_BITS: u32 = 32;
/// First bit of the code index in a code record.
pub(super) const CODE_INDEX_SHIFT: usize = (IMM_SHIFT + IMM_BITS) as usize;

/// An instruction's fields.
pub(super) struct Fields {
	low: Bits,
	pub(super) d: Lc,
	pub(super) a: Lc,
	pub(super) b: Lc,
	pub(super) target: Lc,
}

impl Fields {
	/// Splits the low part of the cell.
	pub(super) fn new(b: &mut Builder, hint: &StepHint) -> Self {
		b.enter(Gadget::Decode);
		let low = b.bits(hint.low, IMM_SHIFT as usize);
		let field = |from: u32, count: u32| low.range(from as usize, (from + count) as usize);
		let (d, a) = (field(D_SHIFT, OFFSET_BITS), field(A_SHIFT, OFFSET_BITS));
		let (offset_b, target) = (field(B_SHIFT, OFFSET_BITS), field(TARGET_SHIFT, TARGET_BITS));
		Self { low, d, a, b: offset_b, target }
	}

	fn flag(&self, bit: u32) -> &Lc {
		&self.low.bits[bit as usize]
	}

	/// The flag of an operation.
	pub(super) fn op(&self, op: Op) -> &Lc {
		self.flag(op as u32)
	}

	/// Whether the operation is one of these.
	pub(super) fn any(&self, ops: &[Op]) -> Lc {
		Lc::sum(ops.iter().map(|op| self.op(*op)))
	}

	/// Whether the operation accesses memory by address.
	pub(super) fn memory(&self) -> Lc {
		self.any(&[Op::Load, Op::Store, Op::Input])
	}

	pub(super) fn branch(&self) -> &Lc {
		self.flag(BRANCH_BIT)
	}

	pub(super) fn invert(&self) -> &Lc {
		self.flag(INVERT_BIT)
	}

	pub(super) fn check(&self) -> &Lc {
		self.flag(CHECK_BIT)
	}

	pub(super) fn accumulate(&self) -> &Lc {
		self.flag(ACCUMULATE_BIT)
	}

	pub(super) fn port_a(&self) -> &Lc {
		self.flag(PORT_A_BIT)
	}

	pub(super) fn port_b(&self) -> &Lc {
		self.flag(PORT_B_BIT)
	}

	pub(super) fn port_d(&self) -> &Lc {
		self.flag(PORT_D_BIT)
	}
}

/// Operands of a step.
pub(super) struct Operands {
	/// First operand.
	pub(super) x: Bits,
	/// Second operand; of a load or store the immediate.
	pub(super) y: Bits,
	/// Value of the cell that port A reads; 0 if it is off.
	pub(super) value_a: Lc,
	/// Value of the cell, memory word or input that port B reads; 0 if it reads nothing.
	pub(super) value_b: Lc,
}

impl Operands {
	/// Reads the operands and enforces that the code record is the one of the fetched cell. Returns
	/// the record too.
	pub(super) fn new(
		b: &mut Builder,
		fields: &Fields,
		registers: &Registers,
		size: &Size,
		hint: &StepHint,
	) -> (Self, Lc) {
		b.enter(Gadget::Operands);
		let swap = fields.flag(SWAP_BIT);
		let value_b = b.alloc(hint.b.value);
		let plain = b.one() - &fields.memory();
		let operand_b = b.product(&value_b, &plain);
		let value_a = if fields.port_a().is_one() { hint.a.value } else { Fr::from(0u64) };
		let second = operand_b.value + hint.imm;
		let moved = b.alloc(swap.value * (second - value_a));
		b.enter(Gadget::OperandBits);
		let x = b.bits(value_a + moved.value, 32);
		let y = b.bits(second - moved.value, 32);
		b.enter(Gadget::Operands);
		// Before the exchange the operands are x - moved and y + moved.
		let value_a = x.lc.clone() - &moved;
		let second = y.lc.clone() + &moved;
		b.enforce(&(second.clone() - &value_a), swap, &moved);
		let off = b.one() - fields.port_a();
		b.enforce(&value_a, &off, &Lc::zero());
		// Where port B gives the operand, the immediate is 0; only a store has both.
		let imm = second - &operand_b;
		let both = b.product(&imm, fields.port_b());
		let other = b.one() - fields.op(Op::Store);
		b.enforce(&both, &other, &Lc::zero());
		// A running machine executes one operation, an ended one the empty cell behind the code.
		let ops = Lc::sum(&fields.low.bits[..OP_COUNT as usize]);
		b.equal(&ops, &registers.running);
		let ended = (b.one() - &registers.running).scaled(Fr::from(size.code as u64));
		let index = registers.pc.clone() + &ended;
		let cell = fields.low.lc.clone() + &imm.shifted(IMM_SHIFT as usize);
		let record = b.named(&(cell + &index.shifted(CODE_INDEX_SHIFT)));
		(Self { x, y, value_a, value_b }, record)
	}
}

/// `2^(y mod 32)`, from the low five bits: four rows.
pub(super) fn power_of_two(b: &mut Builder, y: &Bits) -> Lc {
	let factor = |b: &Builder, i: usize| {
		// 1 or 2^(2^i).
		let mut factor = b.one();
		factor.add_scaled(super::builder::pow2(1 << i) - Fr::ONE, &y.bits[i]);
		factor
	};
	let mut power = factor(b, 0);
	for i in 1..5 {
		let next = factor(b, i);
		power = b.product(&power, &next);
	}
	power
}
