//! Arithmetic of a step: one wide result for all operations, and a comparison.
//!
//! The wide result z has 2W bits. Sums, differences, products, shifts and bitwise operations are each
//! a product of operation flags and a sum; z is their sum. A shift is a product with a power of two,
//! where a signed one takes x as a signed number, and adds 2^2W if that is negative. For bitwise
//! operations z is `Σ (x_i + y_i) 4^i`: its bits are in turn those of `x ^ y` and `x & y`. A division
//! leaves z free: its low word is any quotient.
//!
//! One test for zero serves all: of an equality's difference, of a conditional move's x, of a bitwise
//! `and`, and of what is wrong with an address. Only one of these is there in a step.
//!
//! Flags that only some operations have ([`crate::ir::Instr::is_well_formed`]) count for those without
//! a product: an exchanged difference has the weight `1 - 2`, and a check is one of the high word,
//! which is 1 of a difference that does not borrow, and 0 of one that does and of a product without
//! overflow.
//!
//! A narrow operation takes its result from the low 32 bits and what is above them; nothing checks
//! that its operands are below 2^32, which the lowering sees to. For others they have one meaning too,
//! but none that the machine knows.

use super::{
	builder::{pow2, Bits, Builder, Gadget, Lc},
	decode::{power_of_two, Fields, Operands},
	step::{Registers, Size},
	witness::StepHint,
};
use crate::{ir::Op, shape::Width};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// What the arithmetic of a step gives.
pub(super) struct Alu {
	width: usize,
	/// The wide result. Bit W of a difference (offset by 2^W) tells that it did not borrow, that of a
	/// call that there is room.
	pub(super) wide: Bits,
	/// The low word; of a narrow operation the low 32 bits.
	low: Lc,
	/// Of a narrow operation the bits 32 to 64, else 0.
	narrow_high: Lc,
	/// The difference of a comparison or subtraction, signed, exchanged if the instruction says so.
	gap: Lc,
	/// `x & y` of an `and` or `or`, else 0.
	and: Lc,
}

/// What is found out about the operands.
pub(super) struct Tested {
	/// The condition holds; of comparisons, conditional moves and `and` only.
	pub(super) condition: Lc,
	/// The access is not made, the step jumps.
	pub(super) irregular: Lc,
}

impl Alu {
	/// Rows of the wide result.
	pub(super) fn new(
		b: &mut Builder,
		size: &Size,
		fields: &Fields,
		operands: &Operands,
		(registers, old): (&Registers, &Lc),
		hint: &StepHint,
	) -> Self {
		b.enter(Gadget::Alu);
		let width = size.bits();
		let power = power_of_two(b, size, &operands.y, &fields.narrow);
		let full = b.constant(pow2(width));
		let co_power = b.alloc(power.value.inverse().unwrap_or(Fr::ZERO) * full.value);
		b.enforce(&power, &co_power, &full);
		let gap = gap(b, size, fields, operands);
		let offset = compared(fields).shifted(width);
		let sum = sums(b, fields, operands, registers, old)
			+ &(offset + &gap)
			+ &products(b, size, fields, operands, &power, &co_power);
		let free = fields.op(Op::Div);
		b.enter(Gadget::ResultBits);
		let wide = b.bits(if free.is_one() { hint.free } else { sum.value }, 2 * width);
		b.enter(Gadget::Alu);
		let bound = b.one() - free;
		b.enforce(&(wide.lc.clone() - &sum), &bound, &Lc::zero());
		let low = wide.range(0, width);
		let narrow_high = match size.width {
			Width::W32 => Lc::zero(),
			Width::W64 => b.product(&wide.range(32, 64), &fields.narrow),
		};
		let low = low - &narrow_high.shifted(32);
		let and = b.product(&wide.spread(1), &fields.any(&[Op::And, Op::Or]));
		Self { width, wide, low, narrow_high, gap, and }
	}

	/// The high word.
	fn high(&self) -> Lc {
		self.wide.range(self.width, 2 * self.width)
	}

	/// Bit W of the wide result.
	fn carry(&self) -> &Lc {
		&self.wide.bits[self.width]
	}

	/// 1 if a call finds no room.
	pub(super) fn exhausted(&self, b: &mut Builder, fields: &Fields) -> Lc {
		let exhausted = b.one() - self.carry();
		b.product(&exhausted, fields.op(Op::Call))
	}

	/// The tests of operands and of what is `wrong` with an address (0 or a small number; 0 of what has
	/// no address), and the rows of checks.
	pub(super) fn tested(
		&self,
		b: &mut Builder,
		fields: &Fields,
		operands: &Operands,
		wrong: &Lc,
	) -> Tested {
		b.enter(Gadget::Compare);
		let chooses = b.product(&operands.x.lc, fields.op(Op::Cmov));
		let value = self.gap.clone() + &self.and + &chooses + wrong;
		let is_zero = b.is_zero(&value);
		let addressed = fields.any(&[Op::Load, Op::Store, Op::Input]) + &fields.product;
		let irregular = b.product(&addressed, &(b.one() - &is_zero));
		let borrow = b.one() - self.carry();
		let order = fields.any(&[Op::LtU, Op::LtS]);
		let raw = b.product(&order, &(borrow - &is_zero)) + &is_zero;
		let both = b.product(&raw, fields.negated());
		let condition = raw + fields.negated() - &both - &both;
		// Of a narrow product the word's upper half is above it.
		let above = self.high() + &self.narrow_high - fields.op(Op::Sub);
		b.enforce(&above, fields.check(), &Lc::zero());
		if self.width > 32 {
			// An output has 32 bits.
			let ends = fields.any(&[Op::Halt, Op::Trap]);
			b.enforce(&operands.y.count(32, self.width), &ends, &Lc::zero());
		}
		Tested { condition, irregular }
	}

	/// The result of the operation.
	pub(super) fn result(
		&self,
		b: &mut Builder,
		size: &Size,
		fields: &Fields,
		operands: &Operands,
		(registers, condition): (&Registers, &Lc),
	) -> Lc {
		b.enter(Gadget::Alu);
		let low_ops = fields.any(&[Op::Add, Op::Sub, Op::Mul, Op::Shl, Op::Rotl, Op::Div]);
		let low = b.product(&self.low, &low_ops);
		let high = b.product(&self.high(), &fields.any(&[Op::ShrU, Op::ShrS, Op::Rotl]));
		// x | y = (x & y) + (x ^ y).
		let xor = b.product(&self.wide.spread(0), &fields.any(&[Op::Xor, Op::Or]));
		let ones = b.product(&operands.x.count(0, self.width), fields.op(Op::Popcnt));
		let holds = b.product(condition, &fields.any(&[Op::Eq, Op::LtU, Op::LtS]));
		let second = b.product(&operands.y.lc, &fields.any(&[Op::Cmov, Op::Ret]));
		let link = registers.pc.clone() + &b.one() + &registers.fp.shifted(16);
		let link = b.product(&link, fields.op(Op::Call));
		let moved = fields.any(&[Op::Load, Op::Input]) + &operands.stores;
		let found = b.product(&operands.value_b, &moved);
		let result = low + &high + &self.and + &xor + &ones + &holds + &second + &link + &found;
		if size.width == Width::W32 {
			return result;
		}
		result + &b.product(&self.narrow_high, fields.op(Op::Rotl))
	}
}

/// 1 of a comparison or a subtraction.
fn compared(fields: &Fields) -> Lc {
	fields.any(&[Op::Sub, Op::Eq, Op::LtU, Op::LtS])
}

/// Sums, spread sums, and the room that a call has.
fn sums(
	b: &mut Builder,
	fields: &Fields,
	operands: &Operands,
	registers: &Registers,
	old: &Lc,
) -> Lc {
	let (x, y) = (&operands.x, &operands.y);
	let adds = fields.any(&[Op::Add, Op::Load, Op::Store, Op::Input]) + &fields.product;
	let added = b.product(&(x.lc.clone() + &y.lc), &adds);
	let accumulated = b.product(old, fields.accumulate());
	let mut spread = Lc::zero();
	for (i, (x, y)) in x.bits.iter().zip(&y.bits).enumerate() {
		spread.add_scaled(pow2(2 * i), x);
		spread.add_scaled(pow2(2 * i), y);
	}
	let spread = b.product(&spread, &fields.any(&[Op::And, Op::Or, Op::Xor]));
	let room = b.constant(pow2(x.bits.len())) + &y.lc - &registers.fp - &fields.d;
	let room = b.product(&room, fields.op(Op::Call));
	added + &accumulated + &spread + &room
}

/// `x - y` of a comparison or a subtraction, exchanged if the instruction says so; with 2^W added bit
/// W is set unless it is negative. Of a signed comparison the sign bits' weights change sign.
fn gap(b: &mut Builder, size: &Size, fields: &Fields, operands: &Operands) -> Lc {
	let (x, y) = (&operands.x, &operands.y);
	let signs = |at: usize| (x.bits[at].clone() - &y.bits[at]).shifted(at + 1);
	let signs = match size.width {
		Width::W32 => signs(31),
		Width::W64 => {
			let other = b.product(&(signs(31) - &signs(63)), &fields.narrow);
			signs(63) + &other
		},
	};
	let signs = b.product(&signs, fields.op(Op::LtS));
	let gap = x.lc.clone() - &y.lc - &signs;
	// A division may be exchanged too: then the wide result is free.
	b.product(&gap, &(compared(fields) - fields.swap() - fields.swap()))
}

/// Products and shifts.
fn products(
	b: &mut Builder,
	size: &Size,
	fields: &Fields,
	operands: &Operands,
	power: &Lc,
	co_power: &Lc,
) -> Lc {
	let by_y = b.product(&operands.y.lc, fields.op(Op::Mul));
	let left = b.product(&fields.any(&[Op::Shl, Op::Rotl]), power);
	let right = b.product(&fields.any(&[Op::ShrU, Op::ShrS]), co_power);
	let factor = by_y + &left + &right;
	let sign = sign(b, size, fields, &operands.x);
	let x = operands.x.lc.clone() - &sign.shifted(size.bits());
	// A negative product lacks less than 2^2W, and its high word is the one that signs fill.
	b.product(&x, &factor) + &sign.shifted(2 * size.bits())
}

/// Of the signed shift of a negative number 2^(N - W), which is 2^N / 2^W; else 0.
fn sign(b: &mut Builder, size: &Size, fields: &Fields, x: &Bits) -> Lc {
	let width = size.bits();
	let top = &x.bits[width - 1];
	let sign = match size.width {
		Width::W32 => top.clone(),
		Width::W64 => {
			let down = pow2(width - 32).inverse().unwrap_or(Fr::ZERO);
			let other = x.bits[31].scaled(down) - top;
			top.clone() + &b.product(&other, &fields.narrow)
		},
	};
	b.product(&sign, fields.op(Op::ShrS))
}
