//! Loads and stores. The machine moves whole words; what is narrower or not aligned is expanded.

use super::{
	body::{Inst, Region, Val},
	translate::Translator,
};
use crate::ir::{Op, TrapCause};

impl Translator<'_> {
	/// A load of the word around address `base + offset`; with `check` the address must be a
	/// multiple of 4.
	fn word(&mut self, base: Val, offset: u32, check: bool) -> Val {
		let inst = addressed(Op::Load, base, offset, check);
		self.emit(inst)
	}

	/// 8 × (address mod 4), modulo 32: how far a byte is from the word's end.
	fn bit_offset(&mut self, base: Val, offset: u32) -> Val {
		match base {
			Val::Const(c) => Val::Const(c.wrapping_add(offset) % 4 * 8),
			Val::Reg(_) => {
				let shift = self.op(Op::Shl, base, Val::Const(3));
				if offset.is_multiple_of(4) {
					shift
				} else {
					self.op(Op::Add, shift, Val::Const(offset % 4 * 8))
				}
			},
		}
	}

	/// `x` shifted, `x` not a constant.
	fn shift(&mut self, op: Op, x: Val, by: Val) -> Val {
		if matches!(by, Val::Const(c) if c % 32 == 0) {
			x
		} else {
			self.op(op, x, by)
		}
	}

	/// The deviation that the crate documents: what the module calls aligned must be.
	fn trap_if_odd(&mut self, base: Val, offset: u32) {
		match base {
			Val::Const(c) if c.wrapping_add(offset).is_multiple_of(2) => {},
			Val::Const(_) => {
				self.trap(TrapCause::OutOfBounds);
				let next = self.block();
				self.start(next);
			},
			Val::Reg(_) => {
				let mut odd = Inst::with(Op::And, base, Val::Const(1));
				odd.invert = !offset.is_multiple_of(2);
				self.trap_if(odd, TrapCause::OutOfBounds);
			},
		}
	}

	pub(super) fn load(&mut self, width: u8, signed: bool, align: u8, offset: u32) {
		let base = self.pop();
		let value = match (width, align) {
			(2, 2..) => self.word(base, offset, true),
			(0, _) => self.narrow(base, offset, 24, signed),
			(1, 1..) => {
				self.trap_if_odd(base, offset);
				self.narrow(base, offset, 16, signed)
			},
			(2, _) => self.across(base, offset, 3),
			(_, _) => {
				let value = self.across(base, offset, 1);
				self.extend(value, 16, signed)
			},
		};
		self.push(value);
	}

	/// The `32 - unused` bits at an address that keeps them in one word.
	fn narrow(&mut self, base: Val, offset: u32, unused: u32, signed: bool) -> Val {
		let word = self.word(base, offset, false);
		let shift = self.bit_offset(base, offset);
		if !signed {
			let low = self.shift(Op::ShrU, word, shift);
			return self.op(Op::And, low, Val::Const(u32::MAX >> unused));
		}
		// `shift` is a multiple of 8 up to `unused`, whose bits are those that may be set.
		let left = match shift {
			Val::Const(c) => Val::Const(unused - c.min(unused)),
			// A sum that passed 32 has higher bits, which the shift ignores.
			Val::Reg(_) => self.op(Op::Xor, shift, Val::Const(unused)),
		};
		let high = self.shift(Op::Shl, word, left);
		self.op(Op::ShrS, high, Val::Const(unused))
	}

	/// Sign or zero extension of the low `32 - unused` bits.
	fn extend(&mut self, value: Val, unused: u32, signed: bool) -> Val {
		if !signed {
			return self.op(Op::And, value, Val::Const(u32::MAX >> unused));
		}
		let high = self.op(Op::Shl, value, Val::Const(unused));
		self.op(Op::ShrS, high, Val::Const(unused))
	}

	/// The bytes from any address on; those beyond the `last` are arbitrary. If all are in one
	/// word, both loads read it and the shift to the left puts nothing into the bytes that count.
	fn across(&mut self, base: Val, offset: u32, last: u32) -> Val {
		let end = offset.saturating_add(last);
		let low = self.word(base, offset, false);
		let high = self.word(base, end, false);
		let shift = self.bit_offset(base, offset);
		let left = match shift {
			Val::Const(c) => Val::Const(c.wrapping_neg() & 31),
			Val::Reg(_) => self.op(Op::Sub, Val::Const(0), shift),
		};
		let (low, high) = (self.shift(Op::ShrU, low, shift), self.shift(Op::Shl, high, left));
		self.op(Op::Or, low, high)
	}

	pub(super) fn store(&mut self, width: u8, align: u8, offset: u32) {
		let (value, base) = (self.pop(), self.pop());
		match (width, align) {
			(2, 2..) => self.store_word(base, offset, value, true),
			(0, _) => self.merge(base, offset, value, 0xff),
			(1, 1..) => {
				self.trap_if_odd(base, offset);
				self.merge(base, offset, value, 0xffff);
			},
			_ => {
				// All bytes are in bounds before the first is written.
				let last = (1 << width) - 1;
				self.word(base, offset.saturating_add(last), false);
				for byte in 0..=last {
					let part = match value {
						Val::Const(c) => Val::Const(c >> (8 * byte)),
						Val::Reg(_) => self.shift(Op::ShrU, value, Val::Const(8 * byte)),
					};
					self.merge(base, offset.saturating_add(byte), part, 0xff);
				}
			},
		}
	}

	fn store_word(&mut self, base: Val, offset: u32, value: Val, check: bool) {
		let mut inst = addressed(Op::Store, base, offset, check);
		if value != Val::Const(0) {
			inst.b = Some(self.register(value));
		}
		self.push_inst(inst);
	}

	/// Writes the value's bits under `mask` into the word around an address.
	fn merge(&mut self, base: Val, offset: u32, value: Val, mask: u32) {
		let word = self.word(base, offset, false);
		let shift = self.bit_offset(base, offset);
		// word ^ (((word >> shift) ^ value) & mask) << shift
		let low = self.shift(Op::ShrU, word, shift);
		let changed = self.op(Op::Xor, low, value);
		let changed = self.op(Op::And, changed, Val::Const(mask));
		let changed = self.shift(Op::Shl, changed, shift);
		let merged = self.op(Op::Xor, word, changed);
		self.store_word(base, offset, merged, false);
	}
}

/// A load or store at `base + offset`. An address beyond 32 bits is out of bounds, and so is the
/// last word.
fn addressed(op: Op, base: Val, offset: u32, check: bool) -> Inst {
	let mut inst = Inst::new(op);
	inst.region = Region::Memory;
	inst.check = check;
	match base {
		Val::Const(c) => inst.imm = c.saturating_add(offset),
		Val::Reg(r) => {
			inst.a = Some(r);
			inst.imm = offset;
		},
	}
	inst
}
