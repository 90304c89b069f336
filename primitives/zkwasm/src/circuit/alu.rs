//! Arithmetic of a step: one wide result for all operations, and a comparison.
//!
//! The wide result W has 65 bits: 32 low, 33 high. Sums, differences, products, shifts and bitwise
//! operations are each a product of operation flags and a sum; W is their sum. A shift is a product
//! with a power of two. Loads, stores, inputs and divisions leave the low bits free: then they are
//! the bits of a word that is read or written, or of any quotient.

use super::{
	builder::{Bits, Builder, Gadget, Lc},
	decode::{power_of_two, Fields, Operands},
	step::Registers,
	witness::StepHint,
};
use crate::ir::Op;
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// Bits of the wide result.
const WIDE_BITS: usize = 65;

/// What the arithmetic of a step gives.
pub(super) struct Alu {
	/// The wide result. Bit 32 of a difference (offset by 2^32) tells that it did not borrow.
	pub(super) wide: Bits,
	/// Its low word.
	pub(super) low: Lc,
	/// Its second word.
	pub(super) high: Lc,
	/// Sum of the bits of `x & y`.
	and: Lc,
	/// 2^(32 - y mod 32).
	co_power: Lc,
}

impl Alu {
	/// Rows of the wide result.
	pub(super) fn new(
		b: &mut Builder,
		fields: &Fields,
		operands: &Operands,
		registers: &Registers,
		old: &Lc,
		hint: &StepHint,
	) -> Self {
		let (x, y) = (&operands.x, &operands.y);
		let and = bit_products(b, x, y);
		b.enter(Gadget::Alu);
		let power = power_of_two(b, y);
		let co_power = b.alloc(power.value.inverse().unwrap_or(Fr::ZERO) * two_to_32(b).value);
		let full = two_to_32(b);
		b.enforce(&power, &co_power, &full);
		let sum = sums(b, fields, operands, registers, old, &and)
			+ &products(b, fields, operands, &power, &co_power);
		let memory = fields.memory();
		let free = memory.clone() + fields.op(Op::Div);
		let value = if memory.is_one() {
			operands.value_b.value + two_to_32(b).value * (x.lc.value + y.lc.value)
		} else if fields.op(Op::Div).is_one() {
			hint.free
		} else {
			sum.value
		};
		b.enter(Gadget::ResultBits);
		let wide = b.bits(value, WIDE_BITS);
		b.enter(Gadget::Alu);
		let bound = b.one() - &free;
		b.enforce(&(wide.lc.clone() - &sum), &bound, &Lc::zero());
		// Of a memory access the low word is what port B read and the high part the address. Two rows,
		// because a word that is not yet in range must not borrow from the address.
		let (low, high) = (wide.range(0, 32), wide.range(32, 64));
		b.enforce(&(low.clone() - &operands.value_b), &memory, &Lc::zero());
		let address = wide.range(32, WIDE_BITS) - &x.lc - &y.lc;
		b.enforce(&address, &memory, &Lc::zero());
		Self { wide, low, high, and, co_power }
	}

	/// The condition of a comparison, inverted if the instruction says so, and the rows of checks.
	pub(super) fn condition(&self, b: &mut Builder, fields: &Fields, operands: &Operands) -> Lc {
		b.enter(Gadget::Compare);
		let (x, y) = (&operands.x.lc, &operands.y.lc);
		// Compared with zero: x - y, of a conditional move x, of an `and` its result.
		let moved = b.product(y, fields.op(Op::Cmov));
		let anded = b.product(&(self.and.clone() - x + y), fields.op(Op::And));
		let value = x.clone() - y + &moved + &anded;
		let inverse = b.alloc(value.value.inverse().unwrap_or(Fr::ZERO));
		let is_zero = b.alloc(if value.value == Fr::ZERO { Fr::ONE } else { Fr::ZERO });
		let not_zero = b.one() - &is_zero;
		b.enforce(&value, &inverse, &not_zero);
		b.enforce(&value, &is_zero, &Lc::zero());
		let non_zero_ops = fields.any(&[Op::And, Op::Cmov]);
		let by_zero = b.product(&(fields.op(Op::Eq).clone() - &non_zero_ops), &is_zero);
		let borrow = b.one() - &self.wide.bits[32];
		let by_order = b.product(&fields.any(&[Op::LtU, Op::LtS]), &borrow);
		let raw = by_zero + &non_zero_ops + &by_order;
		let both = b.product(&raw, fields.invert());
		let condition = raw + fields.invert() - &both - &both;
		// Checks of a difference, a comparison and a product.
		let borrowed = b.product(fields.op(Op::Sub), &borrow);
		let fails = b.one() - &condition;
		let unordered = b.product(&fails, fields.op(Op::LtU));
		let overflow = b.product(&self.wide.range(32, WIDE_BITS), fields.op(Op::Mul));
		b.enforce(&(borrowed + &unordered + &overflow), fields.check(), &Lc::zero());
		condition
	}

	/// The result of the operation.
	pub(super) fn result(
		&self,
		b: &mut Builder,
		fields: &Fields,
		operands: &Operands,
		registers: &Registers,
		condition: &Lc,
	) -> Lc {
		b.enter(Gadget::Alu);
		let low_ops = fields.any(&[
			Op::Add,
			Op::Sub,
			Op::Mul,
			Op::And,
			Op::Or,
			Op::Xor,
			Op::Shl,
			Op::Rotl,
			Op::Load,
			Op::Store,
			Op::Input,
			Op::Div,
			Op::Popcnt,
		]);
		let low = b.product(&self.low, &low_ops);
		let high = b.product(&self.high, &fields.any(&[Op::ShrU, Op::ShrS, Op::Rotl]));
		let sign = b.product(fields.op(Op::ShrS), &operands.x.bits[31]);
		let fill = two_to_32(b) - &self.co_power;
		let fill = b.product(&fill, &sign);
		let holds = b.product(condition, &fields.any(&[Op::Eq, Op::LtU, Op::LtS]));
		let second = b.product(&operands.y.lc, &fields.any(&[Op::Cmov, Op::Ret]));
		let link = registers.pc.clone() + &b.one() + &registers.fp.shifted(16);
		let link = b.product(&link, fields.op(Op::Call));
		low + &high + &fill + &holds + &second + &link
	}
}

/// 2^32.
fn two_to_32(b: &Builder) -> Lc {
	b.small(1 << 32)
}

/// The products of the operands' bits, as a number.
fn bit_products(b: &mut Builder, x: &Bits, y: &Bits) -> Lc {
	b.enter(Gadget::BitProducts);
	let mut and = Lc::zero();
	for (i, (x, y)) in x.bits.iter().zip(&y.bits).enumerate() {
		let product = b.product(x, y);
		and = and + &product.shifted(i);
	}
	and
}

/// Sums, differences and bitwise operations.
fn sums(
	b: &mut Builder,
	fields: &Fields,
	operands: &Operands,
	registers: &Registers,
	old: &Lc,
	and: &Lc,
) -> Lc {
	let (x, y) = (&operands.x, &operands.y);
	let added = b.product(&(x.lc.clone() + &y.lc), &fields.any(&[Op::Add, Op::Or, Op::Xor]));
	// x | y = x + y - (x & y); x ^ y = x + y - 2 (x & y).
	let weight =
		fields.op(Op::And).clone() - fields.op(Op::Or) - fields.op(Op::Xor) - fields.op(Op::Xor);
	let anded = b.product(and, &weight);
	// Offset by 2^32, so that bit 32 is set unless x < y. Signed: the sign bits' weights change sign.
	let difference = two_to_32(b) + &x.lc - &y.lc;
	let subtracted = b.product(&difference, &fields.any(&[Op::Sub, Op::LtU, Op::LtS]));
	let signs = b.product(&(x.bits[31].clone() - &y.bits[31]), fields.op(Op::LtS));
	let room = two_to_32(b) + &y.lc - &registers.fp - &fields.d;
	let room = b.product(&room, fields.op(Op::Call));
	let accumulated = b.product(old, fields.accumulate());
	let ones = b.product(&x.count(0, 32), fields.op(Op::Popcnt));
	added + &anded + &subtracted - &signs.shifted(32) + &room + &accumulated + &ones
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
