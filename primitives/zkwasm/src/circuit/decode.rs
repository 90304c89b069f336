//! Fetch and decode: the instruction's cell is split into its fields, and the operands are read.
//!
//! The cell is one field element. Flags, target and immediate are split into bits (the immediate's are
//! those of the second operand, from which it differs by nothing or is 0). Offsets have no bits: a
//! port that accesses the frame with an offset finds a record only if the offset is an integer below
//! 2^41 in size, see [`super`], and the fields are 2^[`OFFSET_SPACING`] apart. So no two instructions
//! have the same record, and what is fetched is what the code root binds.

use super::{
	builder::{pow2, Bits, Builder, Gadget, Lc},
	step::{Registers, Size},
	witness::StepHint,
};
use crate::{
	ir::{
		Op, ACCUMULATE_BIT, A_SHIFT, BRANCH_BIT, B_SHIFT, CHECK_BIT, D_SHIFT, IMM_SHIFT,
		NARROW_BIT, NEGATED_BIT, OFFSET_SPACING, OP_COUNT, PORT_A_BIT, PORT_B_BIT, PORT_D_BIT,
		PRODUCT_BIT, SWAP_BIT, TARGET_BITS, TARGET_SHIFT,
	},
	shape::Width,
};
use ark_bn254::Fr;
use ark_ff::Field;

/// First bit of the code index in a code record.
pub(super) const CODE_INDEX_SHIFT: usize = (B_SHIFT + OFFSET_SPACING) as usize;

/// An instruction's fields.
pub(super) struct Fields {
	low: Bits,
	pub(super) d: Lc,
	pub(super) a: Lc,
	pub(super) b: Lc,
	pub(super) target: Lc,
	/// 0 on 32-bit words.
	pub(super) narrow: Lc,
	/// The flag of a product; 0 without a matrix.
	pub(super) product: Lc,
}

impl Fields {
	/// Splits the low part of the cell.
	pub(super) fn new(b: &mut Builder, size: &Size, hint: &StepHint) -> Self {
		b.enter(Gadget::Decode);
		let count = match size.width {
			Width::W32 if size.products == 0 => NARROW_BIT,
			_ => NARROW_BIT + 1,
		};
		let low = b.bits(hint.low, count as usize);
		let last = |width| {
			let bit = low.bits.get(NARROW_BIT as usize).filter(|_| size.width == width);
			bit.cloned().unwrap_or_else(Lc::zero)
		};
		// Both have the same bit.
		const _: () = assert!(NARROW_BIT == PRODUCT_BIT);
		let (narrow, product) = (last(Width::W64), last(Width::W32));
		let target = low.range(TARGET_SHIFT as usize, (TARGET_SHIFT + TARGET_BITS) as usize);
		let [d, a, offset_b] = hint.offsets.map(|offset| b.alloc(offset));
		Self { low, d, a, b: offset_b, target, narrow, product }
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

	pub(super) fn branch(&self) -> &Lc {
		self.flag(BRANCH_BIT)
	}

	/// The condition is that something is not so; of a load or store, that its address is checked.
	pub(super) fn negated(&self) -> &Lc {
		self.flag(NEGATED_BIT)
	}

	/// 1 if there is an instruction.
	pub(super) fn runs(&self) -> Lc {
		Lc::sum(&self.low.bits[..OP_COUNT as usize]) + &self.product
	}

	pub(super) fn check(&self) -> &Lc {
		self.flag(CHECK_BIT)
	}

	pub(super) fn accumulate(&self) -> &Lc {
		self.flag(ACCUMULATE_BIT)
	}

	pub(super) fn swap(&self) -> &Lc {
		self.flag(SWAP_BIT)
	}

	fn port_a(&self) -> &Lc {
		self.flag(PORT_A_BIT)
	}

	fn port_b(&self) -> &Lc {
		self.flag(PORT_B_BIT)
	}

	pub(super) fn port_d(&self) -> &Lc {
		self.flag(PORT_D_BIT)
	}

	/// The record of the cell at a code index, from its low part and its immediate.
	fn record(&self, imm: &Lc, index: &Lc) -> Lc {
		let mut record = self.low.lc.clone();
		for (field, shift) in
			[(imm, IMM_SHIFT), (&self.d, D_SHIFT), (&self.a, A_SHIFT), (&self.b, B_SHIFT)]
		{
			record.add_scaled(pow2(shift as usize), field);
		}
		record.add_scaled(pow2(CODE_INDEX_SHIFT), index);
		record
	}
}

/// Operands of a step, before they are exchanged.
pub(super) struct Operands {
	/// First operand.
	pub(super) x: Bits,
	/// Second operand; of a load, store or input the immediate.
	pub(super) y: Bits,
	/// Value of the cell that port A reads.
	pub(super) value_a: Lc,
	/// Value of the cell, memory word or input that port B reads.
	pub(super) value_b: Lc,
	/// The operation is a store of the value that port B reads.
	pub(super) stores: Lc,
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
		let (value_a, value_b) = (b.alloc(hint.a.value), b.alloc(hint.b.value));
		let stores = b.product(fields.port_b(), fields.op(Op::Store));
		let from_cell = fields.port_b().clone() - &stores;
		let operand = b.product(&value_b, &from_cell);
		b.enter(Gadget::OperandBits);
		let x = b.bits(value_a.value * fields.port_a().value, size.bits());
		let y = b.bits(operand.value + hint.imm, size.bits());
		b.enter(Gadget::Operands);
		b.enforce(&value_a, fields.port_a(), &x.lc);
		// Where port B gives the operand, the immediate is 0.
		let imm = y.lc.clone() - &operand;
		b.enforce(&imm, &from_cell, &Lc::zero());
		// A running machine executes one operation, an ended one the empty cell behind the code.
		let runs = fields.runs();
		b.equal(&runs, &registers.running);
		let ended = (b.one() - &runs).scaled(Fr::from(size.code as u64));
		let index = registers.pc.clone() + &ended;
		let record = b.named(&fields.record(&imm, &index));
		(Self { x, y, value_a, value_b, stores }, record)
	}
}

/// `2^(y mod N)` from the low bits of y, where N is the bits of a word, or 32 if `narrow`.
pub(super) fn power_of_two(b: &mut Builder, size: &Size, y: &Bits, narrow: &Lc) -> Lc {
	let factor = |b: &Builder, i: usize, bit: &Lc| {
		// 1 or 2^(2^i).
		let mut factor = b.one();
		factor.add_scaled(pow2(1 << i) - Fr::ONE, bit);
		factor
	};
	let mut power = factor(b, 0, &y.bits[0]);
	for i in 1..5 {
		let next = factor(b, i, &y.bits[i]);
		power = b.product(&power, &next);
	}
	if size.width == Width::W64 {
		let wide = b.one() - narrow;
		let bit = b.product(&wide, &y.bits[5]);
		let next = factor(b, 5, &bit);
		power = b.product(&power, &next);
	}
	power
}
