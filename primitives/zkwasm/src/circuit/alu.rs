//! Arithmetic of a step: one wide result for all operations, and a comparison.
//!
//! The wide result z has 2W bits. Sums, differences, products, shifts and bitwise operations are each
//! a product of operation flags and a sum; z is their sum. A shift is a product with a power of two.
//! For bitwise operations z is `Σ (x_i + y_i) 4^i`: its bits are in turn those of `x ^ y` and `x & y`.
//! A division leaves z free: its low word is any quotient.
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
	/// `x & y` of a bitwise operation.
	and: Lc,
	/// 2^(W - y mod N).
	co_power: Lc,
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
		let sum = sums(b, fields, operands, registers, old)
			+ &difference(b, size, fields, operands)
			+ &products(b, fields, operands, &power, &co_power);
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
		let and = wide.spread(1);
		Self { width, wide, low, narrow_high, and, co_power }
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

	/// The condition of a comparison, inverted if the instruction says so, and the rows of checks.
	pub(super) fn condition(&self, b: &mut Builder, fields: &Fields, operands: &Operands) -> Lc {
		b.enter(Gadget::Compare);
		let (x, y) = (&operands.x.lc, &operands.y.lc);
		// Compared with zero: x - y, of a conditional move x, of an `and` its result.
		let moved = b.product(y, fields.op(Op::Cmov));
		let anded = b.product(&(self.and.clone() - x + y), fields.op(Op::And));
		let value = x.clone() - y + &moved + &anded;
		let is_zero = b.is_zero(&value);
		let non_zero_ops = fields.any(&[Op::And, Op::Cmov]);
		let by_zero = b.product(&(fields.op(Op::Eq).clone() - &non_zero_ops), &is_zero);
		let borrow = b.one() - self.carry();
		let by_order = b.product(&fields.any(&[Op::LtU, Op::LtS]), &borrow);
		let raw = by_zero + &non_zero_ops + &by_order;
		let both = b.product(&raw, fields.invert());
		let condition = raw + fields.invert() - &both - &both;
		// A checked difference must not borrow, a checked comparison must, a checked product must have
		// nothing above its word.
		let order = b.product(&(fields.op(Op::Sub).clone() - fields.op(Op::LtU)), &borrow);
		let overflow = b.product(&(self.high() + &self.narrow_high), fields.op(Op::Mul));
		let fails = order + fields.op(Op::LtU) + &overflow;
		b.enforce(&fails, fields.check(), &Lc::zero());
		if self.width > 32 {
			// An output has 32 bits.
			let ends = fields.any(&[Op::Halt, Op::Trap]);
			b.enforce(&operands.y.count(32, self.width), &ends, &Lc::zero());
		}
		condition
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
		let and = b.product(&self.and, &fields.any(&[Op::And, Op::Or]));
		let xor = b.product(&self.wide.spread(0), &fields.any(&[Op::Xor, Op::Or]));
		let ones = b.product(&operands.x.count(0, self.width), fields.op(Op::Popcnt));
		let fill = self.sign_fill(b, size, fields, &operands.x);
		let holds = b.product(condition, &fields.any(&[Op::Eq, Op::LtU, Op::LtS]));
		let second = b.product(&operands.y.lc, &fields.any(&[Op::Cmov, Op::Ret]));
		let link = registers.pc.clone() + &b.one() + &registers.fp.shifted(16);
		let link = b.product(&link, fields.op(Op::Call));
		let moved = fields.any(&[Op::Load, Op::Input]) + &operands.stores;
		let found = b.product(&operands.value_b, &moved);
		let result = low + &high + &and + &xor + &ones + &fill + &holds + &second + &link + &found;
		if size.width == Width::W32 {
			return result;
		}
		result + &b.product(&self.narrow_high, fields.op(Op::Rotl))
	}

	/// What a signed shift fills in from above: 2^N - 2^(N - y mod N) if x is negative.
	fn sign_fill(&self, b: &mut Builder, size: &Size, fields: &Fields, x: &Bits) -> Lc {
		let top = &x.bits[self.width - 1];
		// 2^W less the co-power is the fill of a full word, 2^(W - 32) times that of a narrow one.
		let sign = match size.width {
			Width::W32 => top.clone(),
			Width::W64 => {
				let down = pow2(self.width - 32).inverse().unwrap_or(Fr::ZERO);
				let other = x.bits[31].scaled(down) - top;
				top.clone() + &b.product(&other, &fields.narrow)
			},
		};
		let sign = b.product(&sign, fields.op(Op::ShrS));
		let fill = b.constant(pow2(self.width)) - &self.co_power;
		b.product(&fill, &sign)
	}
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

/// `2^W + x - y`, so that bit W is set unless x < y; exchanged if the instruction says so. Of a signed
/// comparison the sign bits' weights change sign.
fn difference(b: &mut Builder, size: &Size, fields: &Fields, operands: &Operands) -> Lc {
	let (x, y) = (&operands.x, &operands.y);
	let width = size.bits();
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
	let exchanged = b.product(&gap, fields.swap());
	let difference = b.constant(pow2(width)) + &gap - &exchanged - &exchanged;
	b.product(&difference, &fields.any(&[Op::Sub, Op::LtU, Op::LtS]))
}

/// Products and shifts.
fn products(
	b: &mut Builder,
	fields: &Fields,
	operands: &Operands,
	power: &Lc,
	co_power: &Lc,
) -> Lc {
	let by_y = b.product(&operands.y.lc, fields.op(Op::Mul));
	let left = b.product(&fields.any(&[Op::Shl, Op::Rotl]), power);
	let right = b.product(&fields.any(&[Op::ShrU, Op::ShrS]), co_power);
	let factor = by_y + &left + &right;
	b.product(&operands.x.lc, &factor)
}
