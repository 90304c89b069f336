//! `i32` arithmetic: constants folded, what the machine lacks expanded.

use super::{
	body::{Inst, Val},
	translate::Translator,
};
use crate::{
	ir::{Op, TrapCause},
	module::{BinOp, CmpOp, UnOp},
};

impl Translator<'_> {
	pub(super) fn unary(&mut self, op: UnOp, x: Val) -> Val {
		if let Val::Const(c) = x {
			return Val::Const(match op {
				UnOp::Clz => c.leading_zeros(),
				UnOp::Ctz => c.trailing_zeros(),
				UnOp::Popcnt => c.count_ones(),
			});
		}
		match op {
			UnOp::Popcnt => self.ones(x),
			// The ones of `!x & (x - 1)` are the zeros below the lowest one; 32 of them for 0.
			UnOp::Ctz => {
				let below = self.op(Op::Add, x, Val::Const(u32::MAX));
				let not = self.op(Op::Xor, x, Val::Const(u32::MAX));
				let zeros = self.op(Op::And, below, not);
				self.ones(zeros)
			},
			// Every bit below the highest one is set, the rest are the leading zeros.
			UnOp::Clz => {
				let mut smeared = x;
				for shift in [1, 2, 4, 8, 16] {
					let shifted = self.op(Op::ShrU, smeared, Val::Const(shift));
					smeared = self.op(Op::Or, smeared, shifted);
				}
				let ones = self.ones(smeared);
				self.op(Op::Sub, Val::Const(32), ones)
			},
		}
	}

	fn ones(&mut self, x: Val) -> Val {
		self.emit(Inst::with(Op::Popcnt, x, Val::Const(0)))
	}

	/// An operation that the machine has. Not for two constants, but for `Add` and bitwise ones.
	pub(super) fn op(&mut self, op: Op, x: Val, y: Val) -> Val {
		self.emit(Inst::with(op, x, y))
	}

	pub(super) fn binary(&mut self, op: BinOp, x: Val, y: Val) -> Val {
		if let (Val::Const(x), Val::Const(y)) = (x, y) {
			if let Some(folded) = fold(op, x, y) {
				return Val::Const(folded);
			}
		}
		match (op, x, y) {
			(BinOp::Add | BinOp::Or | BinOp::Xor, Val::Const(0), z)
			| (
				BinOp::Add
				| BinOp::Sub
				| BinOp::Or
				| BinOp::Xor
				| BinOp::Shl
				| BinOp::ShrS
				| BinOp::ShrU
				| BinOp::Rotl
				| BinOp::Rotr,
				z,
				Val::Const(0),
			)
			| (BinOp::Mul | BinOp::DivU | BinOp::DivS, z, Val::Const(1))
			| (BinOp::Mul, Val::Const(1), z) => z,
			(BinOp::Sub, x, Val::Const(c)) => self.op(Op::Add, x, Val::Const(c.wrapping_neg())),
			(BinOp::Rotr, x, Val::Const(c)) => {
				self.op(Op::Rotl, x, Val::Const(c.wrapping_neg() & 31))
			},
			(BinOp::Rotr, x, y) => {
				let left = self.op(Op::Sub, Val::Const(0), y);
				self.op(Op::Rotl, x, left)
			},
			(BinOp::DivU, x, y) => self.div_u(x, y).0,
			(BinOp::RemU, x, y) => self.rem_u(x, y),
			(BinOp::DivS, x, y) => self.div_s(x, y),
			(BinOp::RemS, x, y) => self.rem_s(x, y),
			(BinOp::Add, x, y) => self.op(Op::Add, x, y),
			(BinOp::Sub, x, y) => self.op(Op::Sub, x, y),
			(BinOp::Mul, x, y) => self.op(Op::Mul, x, y),
			(BinOp::And, x, y) => self.op(Op::And, x, y),
			(BinOp::Or, x, y) => self.op(Op::Or, x, y),
			(BinOp::Xor, x, y) => self.op(Op::Xor, x, y),
			(BinOp::Shl, x, y) => self.op(Op::Shl, x, y),
			(BinOp::ShrS, x, y) => self.op(Op::ShrS, x, y),
			(BinOp::ShrU, x, y) => self.op(Op::ShrU, x, y),
			(BinOp::Rotl, x, y) => self.op(Op::Rotl, x, y),
		}
	}

	pub(super) fn compare(&mut self, op: CmpOp, x: Val, y: Val) -> Val {
		// Every comparison is `==` or `<`, perhaps inverted.
		let (kind, x, y, invert) = match op {
			CmpOp::Eq => (Op::Eq, x, y, false),
			CmpOp::Ne => (Op::Eq, x, y, true),
			CmpOp::LtS => (Op::LtS, x, y, false),
			CmpOp::LtU => (Op::LtU, x, y, false),
			CmpOp::GtS => (Op::LtS, y, x, false),
			CmpOp::GtU => (Op::LtU, y, x, false),
			CmpOp::LeS => (Op::LtS, y, x, true),
			CmpOp::LeU => (Op::LtU, y, x, true),
			CmpOp::GeS => (Op::LtS, x, y, true),
			CmpOp::GeU => (Op::LtU, x, y, true),
		};
		let holds = match (kind, x, y) {
			(Op::Eq, Val::Const(x), Val::Const(y)) => Some(x == y),
			(Op::LtU, Val::Const(x), Val::Const(y)) => Some(x < y),
			(Op::LtS, Val::Const(x), Val::Const(y)) => Some((x as i32) < y as i32),
			_ => None,
		};
		if let Some(holds) = holds {
			return Val::Const(u32::from(holds ^ invert));
		}
		let mut inst = Inst::with(kind, x, y);
		inst.invert = invert;
		self.emit(inst)
	}

	fn trap_on_zero(&mut self, y: Val) {
		match y {
			Val::Const(0) => {
				// What follows is not reached, but is translated all the same.
				self.trap(TrapCause::DivisionByZero);
				let next = self.block();
				self.start(next);
			},
			Val::Const(_) => {},
			Val::Reg(_) => {
				let zero = Inst::with(Op::Eq, y, Val::Const(0));
				self.trap_if(zero, TrapCause::DivisionByZero);
			},
		}
	}

	/// Quotient and, unless `y` is a power of two, remainder.
	fn div_u(&mut self, x: Val, y: Val) -> (Val, Option<Val>) {
		if let Val::Const(c) = y {
			if c.is_power_of_two() {
				return (self.op(Op::ShrU, x, Val::Const(c.trailing_zeros())), None);
			}
		}
		self.trap_on_zero(y);
		let (quotient, remainder) = self.divide(x, y);
		(quotient, Some(remainder))
	}

	/// Division by what is not zero: `x = quotient · y + remainder`, all of it without overflow and
	/// with `remainder < y`, has one solution.
	fn divide(&mut self, x: Val, y: Val) -> (Val, Val) {
		let (x, y) = match (x, y) {
			(Val::Const(_), Val::Const(_)) => (Val::Reg(self.register(x)), y),
			_ => (x, y),
		};
		let quotient = self.op(Op::Div, x, y);
		let mut product = Inst::with(Op::Mul, quotient, y);
		product.check = true;
		let product = self.emit(product);
		let mut remainder = Inst::with(Op::Sub, x, product);
		remainder.check = true;
		let remainder = self.emit(remainder);
		let mut less = Inst::with(Op::LtU, remainder, y);
		less.check = true;
		self.push_inst(less);
		(quotient, remainder)
	}

	fn rem_u(&mut self, x: Val, y: Val) -> Val {
		if let Val::Const(c) = y {
			if c.is_power_of_two() {
				return self.op(Op::And, x, Val::Const(c - 1));
			}
		}
		self.trap_on_zero(y);
		self.divide(x, y).1
	}

	/// 0 or -1, by the sign.
	fn sign(&mut self, x: Val) -> Val {
		match x {
			Val::Const(c) => Val::Const(((c as i32) >> 31) as u32),
			Val::Reg(_) => self.op(Op::ShrS, x, Val::Const(31)),
		}
	}

	/// `-x` if `sign` is -1, `x` if it is 0.
	fn negate_if(&mut self, x: Val, sign: Val) -> Val {
		if let (Val::Const(x), Val::Const(sign)) = (x, sign) {
			return Val::Const((x ^ sign).wrapping_sub(sign));
		}
		match sign {
			Val::Const(0) => x,
			Val::Const(_) => self.op(Op::Sub, Val::Const(0), x),
			Val::Reg(_) => {
				let flipped = self.op(Op::Xor, x, sign);
				self.op(Op::Sub, flipped, sign)
			},
		}
	}

	fn div_s(&mut self, x: Val, y: Val) -> Val {
		self.trap_on_zero(y);
		self.trap_on_overflow(x, y);
		let (sign_x, sign_y) = (self.sign(x), self.sign(y));
		let (abs_x, abs_y) = (self.negate_if(x, sign_x), self.negate_if(y, sign_y));
		let quotient = match abs_y {
			Val::Const(c) if c.is_power_of_two() => self.div_u(abs_x, abs_y).0,
			_ => self.divide(abs_x, abs_y).0,
		};
		let sign = match (sign_x, sign_y) {
			(Val::Const(x), Val::Const(y)) => Val::Const(x ^ y),
			(Val::Const(0), s) | (s, Val::Const(0)) => s,
			_ => self.op(Op::Xor, sign_x, sign_y),
		};
		self.negate_if(quotient, sign)
	}

	/// The quotient of the least integer and -1 is not an `i32`.
	fn trap_on_overflow(&mut self, x: Val, y: Val) {
		const LEAST: u32 = i32::MIN as u32;
		let least = Inst::with(Op::Eq, x, Val::Const(LEAST));
		match (x, y) {
			(Val::Const(LEAST), Val::Const(u32::MAX)) => {
				self.trap(TrapCause::IntegerOverflow);
				let next = self.block();
				self.start(next);
			},
			(Val::Const(LEAST), Val::Reg(_)) => {
				let minus_one = Inst::with(Op::Eq, y, Val::Const(u32::MAX));
				self.trap_if(minus_one, TrapCause::IntegerOverflow);
			},
			(Val::Const(_), _) => {},
			(Val::Reg(_), Val::Const(u32::MAX)) => self.trap_if(least, TrapCause::IntegerOverflow),
			(Val::Reg(_), Val::Const(_)) => {},
			(Val::Reg(_), Val::Reg(_)) => {
				let go_on = self.block();
				let mut other = Inst::with(Op::Eq, y, Val::Const(u32::MAX));
				other.invert = true;
				self.branch_to(other, go_on);
				self.trap_if(least, TrapCause::IntegerOverflow);
				self.jump(go_on);
				self.start(go_on);
			},
		}
	}

	fn rem_s(&mut self, x: Val, y: Val) -> Val {
		self.trap_on_zero(y);
		let (sign_x, sign_y) = (self.sign(x), self.sign(y));
		let (abs_x, abs_y) = (self.negate_if(x, sign_x), self.negate_if(y, sign_y));
		let remainder = match (abs_x, abs_y) {
			(Val::Reg(_), Val::Const(c)) if c.is_power_of_two() => {
				self.op(Op::And, abs_x, Val::Const(c - 1))
			},
			_ => self.divide(abs_x, abs_y).1,
		};
		self.negate_if(remainder, sign_x)
	}
}

/// The result on constants; `None` if it traps.
fn fold(op: BinOp, x: u32, y: u32) -> Option<u32> {
	let (sx, sy) = (x as i32, y as i32);
	Some(match op {
		BinOp::Add => x.wrapping_add(y),
		BinOp::Sub => x.wrapping_sub(y),
		BinOp::Mul => x.wrapping_mul(y),
		BinOp::DivU => x.checked_div(y)?,
		BinOp::RemU => x.checked_rem(y)?,
		BinOp::DivS => sx.checked_div(sy)? as u32,
		BinOp::RemS if sy == 0 => return None,
		BinOp::RemS => sx.wrapping_rem(sy) as u32,
		BinOp::And => x & y,
		BinOp::Or => x | y,
		BinOp::Xor => x ^ y,
		BinOp::Shl => x.wrapping_shl(y),
		BinOp::ShrS => sx.wrapping_shr(y) as u32,
		BinOp::ShrU => x.wrapping_shr(y),
		BinOp::Rotl => x.rotate_left(y % 32),
		BinOp::Rotr => x.rotate_right(y % 32),
	})
}
