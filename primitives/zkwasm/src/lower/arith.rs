//! Integer arithmetic: constants folded, what the machine lacks expanded.

use super::{
	body::{Inst, Val},
	translate::Translator,
};
use crate::{
	ir::{Op, TrapCause},
	module::{BinOp, CmpOp, Type, UnOp},
};

impl Translator<'_> {
	pub(super) fn unary(&mut self, ty: Type, op: UnOp, x: Val) -> Val {
		let bits = u64::from(ty.bits());
		if let Val::Const(c) = x {
			return Val::Const(match op {
				UnOp::Clz => u64::from(c.leading_zeros()) + bits - 64,
				UnOp::Ctz => u64::from(c.trailing_zeros()).min(bits),
				UnOp::Popcnt => u64::from(c.count_ones()),
			});
		}
		match op {
			UnOp::Popcnt => self.ones(x),
			// The ones of `!x & (x - 1)` are the zeros below the lowest one; all bits for 0.
			UnOp::Ctz => {
				let below = self.op(ty, Op::Add, x, Val::Const(ty.mask()));
				let not = self.op(ty, Op::Xor, x, Val::Const(ty.mask()));
				let zeros = self.op(ty, Op::And, below, not);
				self.ones(zeros)
			},
			// Every bit below the highest one is set, the rest are the leading zeros.
			UnOp::Clz => {
				let mut smeared = x;
				for shift in [1, 2, 4, 8, 16, 32].into_iter().filter(|shift| *shift < bits) {
					let shifted = self.op(ty, Op::ShrU, smeared, Val::Const(shift));
					smeared = self.op(ty, Op::Or, smeared, shifted);
				}
				let ones = self.ones(smeared);
				self.op(ty, Op::Sub, Val::Const(bits), ones)
			},
		}
	}

	fn ones(&mut self, x: Val) -> Val {
		self.op(self.word(), Op::Popcnt, x, Val::Const(0))
	}

	/// An operation that the machine has.
	pub(super) fn op(&mut self, ty: Type, op: Op, x: Val, y: Val) -> Val {
		if let (Val::Const(x), Val::Const(y)) = (x, y) {
			if let Some(folded) = fold_op(ty, op, x, y) {
				return Val::Const(folded);
			}
		}
		let shifts = matches!(op, Op::Shl | Op::ShrU | Op::ShrS | Op::Rotl);
		// The machine does not exchange a shift's operands.
		let x = if shifts { Val::Reg(self.register(x)) } else { x };
		self.emit(Inst::with(ty, op, x, y))
	}

	pub(super) fn binary(&mut self, ty: Type, op: BinOp, x: Val, y: Val) -> Val {
		if let (Val::Const(x), Val::Const(y)) = (x, y) {
			if let Some(folded) = fold(ty, op, x, y) {
				return Val::Const(folded);
			}
		}
		let bits = u64::from(ty.bits());
		let machine = match (op, x, y) {
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
			| (BinOp::Mul, Val::Const(1), z) => return z,
			(BinOp::Sub, x, Val::Const(c)) => {
				return self.op(ty, Op::Add, x, Val::Const(c.wrapping_neg() & ty.mask()))
			},
			(BinOp::Rotr, x, Val::Const(c)) => {
				return self.op(ty, Op::Rotl, x, Val::Const(c.wrapping_neg() & (bits - 1)))
			},
			(BinOp::Rotr, x, y) => {
				let left = self.op(ty, Op::Sub, Val::Const(0), y);
				return self.op(ty, Op::Rotl, x, left);
			},
			(BinOp::DivU, x, y) => return self.div_u(x, y).0,
			(BinOp::RemU, x, y) => return self.rem_u(x, y),
			(BinOp::DivS, x, y) => return self.div_s(ty, x, y),
			(BinOp::RemS, x, y) => return self.rem_s(ty, x, y),
			(BinOp::Add, ..) => Op::Add,
			(BinOp::Sub, ..) => Op::Sub,
			(BinOp::Mul, ..) => Op::Mul,
			(BinOp::And, ..) => Op::And,
			(BinOp::Or, ..) => Op::Or,
			(BinOp::Xor, ..) => Op::Xor,
			(BinOp::Shl, ..) => Op::Shl,
			(BinOp::ShrS, ..) => Op::ShrS,
			(BinOp::ShrU, ..) => Op::ShrU,
			(BinOp::Rotl, ..) => Op::Rotl,
		};
		self.op(ty, machine, x, y)
	}

	pub(super) fn compare(&mut self, ty: Type, op: CmpOp, x: Val, y: Val) -> Val {
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
		if let (Val::Const(x), Val::Const(y)) = (x, y) {
			if let Some(holds) = fold_op(ty, kind, x, y) {
				return Val::Const(holds ^ u64::from(invert));
			}
		}
		self.emit(Inst { invert, ..Inst::with(ty, kind, x, y) })
	}

	/// Bits of an `i32` or `i64` from the lowest `from` bits of a word.
	pub(super) fn extend(&mut self, ty: Type, x: Val, from: u32, signed: bool) -> Val {
		if !signed {
			return self.op(self.word(), Op::And, x, Val::Const(u64::MAX >> (64 - from)));
		}
		let unused = Val::Const(u64::from(ty.bits() - from));
		let x = match (x, ty) {
			(Val::Const(c), _) => Val::Const(c & ty.mask()),
			_ => x,
		};
		let high = self.op(ty, Op::Shl, x, unused);
		self.op(ty, Op::ShrS, high, unused)
	}

	fn trap_on_zero(&mut self, y: Val) {
		match y {
			// What follows is not reached, but is translated all the same.
			Val::Const(0) => self.trap_here(TrapCause::DivisionByZero),
			Val::Const(_) => {},
			Val::Reg(_) => {
				let zero = Inst::with(self.word(), Op::Eq, y, Val::Const(0));
				self.trap_if(zero, TrapCause::DivisionByZero);
			},
		}
	}

	/// Quotient and, unless `y` is a power of two, remainder.
	fn div_u(&mut self, x: Val, y: Val) -> (Val, Option<Val>) {
		if let Val::Const(c) = y {
			if c.is_power_of_two() {
				let shift = Val::Const(u64::from(c.trailing_zeros()));
				return (self.op(self.word(), Op::ShrU, x, shift), None);
			}
		}
		self.trap_on_zero(y);
		let (quotient, remainder) = self.divide(x, y);
		(quotient, Some(remainder))
	}

	/// Division by what is not zero: `x = quotient · y + remainder`, all of it without overflow and
	/// with `remainder < y`, has one solution. Of whole words, whatever the operands' type.
	fn divide(&mut self, x: Val, y: Val) -> (Val, Val) {
		let word = self.word();
		let (x, y) = match (x, y) {
			(Val::Const(_), Val::Const(_)) => (Val::Reg(self.register(x)), y),
			_ => (x, y),
		};
		let checked = |op, x, y| Inst { check: true, ..Inst::with(word, op, x, y) };
		let quotient = self.emit(Inst::with(word, Op::Div, x, y));
		let product = self.emit(checked(Op::Mul, quotient, y));
		let remainder = self.emit(checked(Op::Sub, x, product));
		self.push_inst(checked(Op::LtU, remainder, y));
		(quotient, remainder)
	}

	fn rem_u(&mut self, x: Val, y: Val) -> Val {
		if let Val::Const(c) = y {
			if c.is_power_of_two() {
				return self.op(self.word(), Op::And, x, Val::Const(c - 1));
			}
		}
		self.trap_on_zero(y);
		self.divide(x, y).1
	}

	/// 0 or -1, by the sign.
	fn sign(&mut self, ty: Type, x: Val) -> Val {
		self.op(ty, Op::ShrS, x, Val::Const(u64::from(ty.bits() - 1)))
	}

	/// `-x` if `sign` is -1, `x` if it is 0.
	fn negate_if(&mut self, ty: Type, x: Val, sign: Val) -> Val {
		match sign {
			Val::Const(0) => x,
			Val::Const(_) => self.op(ty, Op::Sub, Val::Const(0), x),
			Val::Reg(_) => {
				let flipped = self.op(ty, Op::Xor, x, sign);
				self.op(ty, Op::Sub, flipped, sign)
			},
		}
	}

	fn div_s(&mut self, ty: Type, x: Val, y: Val) -> Val {
		self.trap_on_zero(y);
		self.trap_on_overflow(ty, x, y);
		let (sign_x, sign_y) = (self.sign(ty, x), self.sign(ty, y));
		let (abs_x, abs_y) = (self.negate_if(ty, x, sign_x), self.negate_if(ty, y, sign_y));
		let quotient = match abs_y {
			Val::Const(c) if c.is_power_of_two() => self.div_u(abs_x, abs_y).0,
			_ => self.divide(abs_x, abs_y).0,
		};
		let sign = match (sign_x, sign_y) {
			(Val::Const(0), s) | (s, Val::Const(0)) => s,
			_ => self.op(ty, Op::Xor, sign_x, sign_y),
		};
		self.negate_if(ty, quotient, sign)
	}

	/// The quotient of the least integer and -1 is not an integer of the type.
	fn trap_on_overflow(&mut self, ty: Type, x: Val, y: Val) {
		let (least, minus_one) = (Val::Const(1 << (ty.bits() - 1)), Val::Const(ty.mask()));
		let may_be = |value: Val, c: Val| matches!(value, Val::Reg(_)) || value == c;
		if !may_be(x, least) || !may_be(y, minus_one) {
			return;
		}
		match (x, y) {
			(Val::Const(_), Val::Const(_)) => self.trap_here(TrapCause::IntegerOverflow),
			(Val::Const(_), Val::Reg(_)) => {
				let minus_one = Inst::with(ty, Op::Eq, y, minus_one);
				self.trap_if(minus_one, TrapCause::IntegerOverflow);
			},
			(Val::Reg(_), Val::Const(_)) => {
				let least = Inst::with(ty, Op::Eq, x, least);
				self.trap_if(least, TrapCause::IntegerOverflow);
			},
			(Val::Reg(_), Val::Reg(_)) => {
				let go_on = self.block();
				let other = Inst { invert: true, ..Inst::with(ty, Op::Eq, y, minus_one) };
				self.branch_to(other, go_on);
				let least = Inst::with(ty, Op::Eq, x, least);
				self.trap_if(least, TrapCause::IntegerOverflow);
				self.jump(go_on);
				self.start(go_on);
			},
		}
	}

	fn rem_s(&mut self, ty: Type, x: Val, y: Val) -> Val {
		self.trap_on_zero(y);
		let (sign_x, sign_y) = (self.sign(ty, x), self.sign(ty, y));
		let (abs_x, abs_y) = (self.negate_if(ty, x, sign_x), self.negate_if(ty, y, sign_y));
		let remainder = match (abs_x, abs_y) {
			(_, Val::Const(c)) if c.is_power_of_two() => {
				self.op(self.word(), Op::And, abs_x, Val::Const(c - 1))
			},
			_ => self.divide(abs_x, abs_y).1,
		};
		self.negate_if(ty, remainder, sign_x)
	}
}

/// What the machine's operation gives on constants, without flags; `None` for operations that are
/// not folded.
pub(super) fn fold_op(ty: Type, op: Op, x: u64, y: u64) -> Option<u64> {
	let operation = match op {
		Op::Add => BinOp::Add,
		Op::Sub => BinOp::Sub,
		Op::Mul => BinOp::Mul,
		Op::And => BinOp::And,
		Op::Or => BinOp::Or,
		Op::Xor => BinOp::Xor,
		Op::Shl => BinOp::Shl,
		Op::ShrU => BinOp::ShrU,
		Op::ShrS => BinOp::ShrS,
		Op::Rotl => BinOp::Rotl,
		Op::Eq => return Some(u64::from(x == y)),
		Op::LtU => return Some(u64::from(x < y)),
		Op::LtS => return Some(u64::from(signed(ty, x) < signed(ty, y))),
		Op::Popcnt => return Some(u64::from(x.count_ones())),
		_ => return None,
	};
	fold(ty, operation, x, y)
}

/// The value as a signed number.
fn signed(ty: Type, x: u64) -> i64 {
	match ty {
		Type::I32 => i64::from(x as u32 as i32),
		Type::I64 => x as i64,
	}
}

/// The result on constants; `None` if it traps.
fn fold(ty: Type, op: BinOp, x: u64, y: u64) -> Option<u64> {
	let (sx, sy) = (signed(ty, x), signed(ty, y));
	let (bits, count) = (ty.bits(), (y % u64::from(ty.bits())) as u32);
	let rotl = |by: u32| match by {
		0 => x,
		_ => x << by | x >> (bits - by),
	};
	let result = match op {
		BinOp::Add => x.wrapping_add(y),
		BinOp::Sub => x.wrapping_sub(y),
		BinOp::Mul => x.wrapping_mul(y),
		BinOp::DivU => x.checked_div(y)?,
		BinOp::RemU => x.checked_rem(y)?,
		BinOp::DivS => {
			let quotient = sx.checked_div(sy)?;
			if signed(ty, quotient as u64) != quotient {
				return None;
			}
			quotient as u64
		},
		BinOp::RemS if sy == 0 => return None,
		BinOp::RemS => sx.wrapping_rem(sy) as u64,
		BinOp::And => x & y,
		BinOp::Or => x | y,
		BinOp::Xor => x ^ y,
		BinOp::Shl => x << count,
		BinOp::ShrS => (sx >> count) as u64,
		BinOp::ShrU => x >> count,
		BinOp::Rotl => rotl(count),
		BinOp::Rotr => rotl((bits - count) % bits),
	};
	Some(result & ty.mask())
}
