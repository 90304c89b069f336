//! Loads and stores. The machine moves whole words; what is narrower or crosses words is expanded.
//!
//! An access is regular if the machine can do it as it is: within the words that it holds, and, of
//! a whole word, aligned. What is regular by the module's declared alignment, which is only a hint,
//! takes the short way after a test of the address where one is needed; the rest goes through two
//! words. Whether an access that is not regular is out of bounds is found out on its slow path
//! ([`super::slow`]), except where the machine may hold more than the module's memory: then every
//! access is checked first.

use super::{
	body::{Inst, Region, Val},
	translate::Translator,
};
use crate::{
	ir::{Op, TrapCause},
	matrix::VECTOR_BYTES,
	module::Type,
};

/// Where an access goes.
#[derive(Clone, Copy)]
struct Place {
	/// An `i32`.
	base: Val,
	/// What is added to it, beyond 32 bits where need be.
	offset: u64,
	/// Bytes of the access.
	bytes: u32,
}

impl Place {
	/// The address, if it is constant.
	fn address(&self) -> Option<u64> {
		match self.base {
			Val::Const(c) => Some(c + self.offset),
			Val::Reg(_) => None,
		}
	}

	/// Bits of the access set.
	fn mask(&self) -> u64 {
		u64::MAX >> (64 - 8 * self.bytes)
	}
}

impl Translator<'_> {
	/// Bits of a word.
	fn bits(&self) -> u64 {
		u64::from(8 * self.context.bytes)
	}

	/// A load of the word `skip` bytes into a place.
	fn load_word(&mut self, place: Place, skip: u32, check: bool) -> Val {
		let inst = addressed(Op::Load, place, skip);
		self.emit(Inst { check, ..inst })
	}

	fn store_word(&mut self, place: Place, skip: u32, value: Val, check: bool) {
		let mut inst = addressed(Op::Store, place, skip);
		inst.check = check;
		if value != Val::Const(0) {
			inst.b = Some(self.register(value));
		}
		// Without a check it follows a load from the same word.
		inst.span = if check { inst.span } else { 0 };
		self.push_inst(inst);
	}

	/// 8 × the place's distance from its word's start; the bits above a shift count's are arbitrary.
	fn bit_offset(&mut self, place: Place) -> Val {
		let bytes = u64::from(self.context.bytes);
		if let Some(address) = place.address() {
			return Val::Const(address % bytes * 8);
		}
		let shift = self.op(self.word(), Op::Shl, place.base, Val::Const(3));
		match place.offset % bytes * 8 {
			0 => shift,
			more => self.op(self.word(), Op::Add, shift, Val::Const(more)),
		}
	}

	/// A shift of a word, `by` modulo its bits.
	fn shift(&mut self, op: Op, x: Val, by: Val) -> Val {
		match by {
			Val::Const(c) if c % self.bits() == 0 => x,
			_ => self.op(self.word(), op, x, by),
		}
	}

	/// The test of whether an address is not a multiple of the access's bytes, fewer than a word's.
	fn odd(&mut self, place: Place) -> Inst {
		let low = u64::from(place.bytes - 1);
		let (base, invert) = match (place.offset & low, low) {
			(0, _) => (place.base, false),
			(_, 1) => (place.base, true),
			(more, _) => (self.op(self.word(), Op::Add, place.base, Val::Const(more)), false),
		};
		Inst { invert, ..Inst::with(self.word(), Op::And, base, Val::Const(low)) }
	}

	/// Traps if the access is out of bounds, where its slow path can't find out.
	fn check_bounds(&mut self, place: Place) {
		let memory = &self.context.memory;
		let end = place.offset + u64::from(place.bytes);
		let never = match place.base {
			Val::Const(c) => c + end > memory.max_bytes,
			Val::Reg(_) => end > memory.max_bytes,
		};
		if never {
			return self.trap_here(TrapCause::OutOfBounds);
		}
		let always = match place.base {
			Val::Const(c) => c + end <= memory.bytes,
			Val::Reg(_) => u64::from(u32::MAX) + end <= memory.bytes,
		};
		if always || !memory.explicit {
			return;
		}
		let word = self.word();
		let Some(cell) = self.context.globals.pages else {
			let last = Inst::with(word, Op::LtU, Val::Const(memory.bytes - end), place.base);
			return self.trap_if(last, TrapCause::OutOfBounds);
		};
		let pages = self.load_cell(cell);
		let last = self.op(word, Op::Add, place.base, Val::Const(end - 1));
		if word == Type::I32 && matches!(last, Val::Reg(_)) {
			let wrapped = Inst::with(word, Op::LtU, last, Val::Const(end - 1));
			self.trap_if(wrapped, TrapCause::OutOfBounds);
		}
		let page = self.op(word, Op::ShrU, last, Val::Const(16));
		let beyond = Inst { invert: true, ..Inst::with(word, Op::LtU, page, pages) };
		self.trap_if(beyond, TrapCause::OutOfBounds);
	}

	pub(super) fn load(&mut self, ty: Type, bytes: u32, signed: bool, align: u32, offset: u64) {
		let place = Place { base: self.pop(), offset, bytes };
		self.check_bounds(place);
		let word = self.context.bytes;
		let within = |address: u64| address % u64::from(word) + u64::from(bytes) <= u64::from(word);
		let value = match place.address() {
			Some(address) if within(address) => self.part(ty, place, signed),
			Some(_) => self.across(ty, place, signed),
			None if align < bytes => self.across(ty, place, signed),
			None if bytes == word => self.load_word(place, 0, true),
			None if bytes == 1 => self.part(ty, place, signed),
			None => self.guarded_load(ty, place, signed),
		};
		self.push(value);
	}

	/// From one word if the address is aligned, else from two.
	fn guarded_load(&mut self, ty: Type, place: Place, signed: bool) -> Val {
		let (slow, join) = (self.block(), self.block());
		let result = self.body.reg();
		let odd = self.odd(place);
		self.branch_to(odd, slow);
		let value = self.part(ty, place, signed);
		self.push_inst(Inst::mov(result, value));
		self.jump(join);
		self.start(slow);
		let value = self.across(ty, place, signed);
		self.push_inst(Inst::mov(result, value));
		self.jump(join);
		self.start(join);
		Val::Reg(result)
	}

	/// An access's value from the lowest bytes of a word.
	fn extended(&mut self, ty: Type, place: Place, value: Val, signed: bool) -> Val {
		if place.bytes == self.context.bytes {
			return value;
		}
		let value = self.extend(self.word(), value, 8 * place.bytes, signed);
		self.narrowed(ty, value, signed)
	}

	/// A sign extended word as the type.
	fn narrowed(&mut self, ty: Type, value: Val, signed: bool) -> Val {
		if signed && ty != self.word() {
			self.op(self.word(), Op::And, value, Val::Const(ty.mask()))
		} else {
			value
		}
	}

	/// The bytes at an address that keeps them in one word.
	fn part(&mut self, ty: Type, place: Place, signed: bool) -> Val {
		let word = self.load_word(place, 0, false);
		let shift = self.bit_offset(place);
		let unused = self.bits() - u64::from(8 * place.bytes);
		if !signed || unused == 0 {
			let low = self.shift(Op::ShrU, word, shift);
			return self.extended(ty, place, low, false);
		}
		let left = match shift {
			Val::Const(c) => Val::Const(unused - c.min(unused)),
			// The shift is a multiple of the access's bits up to `unused`, whose bits are those
			// that may be set.
			Val::Reg(_) => self.op(self.word(), Op::Xor, shift, Val::Const(unused)),
		};
		let high = self.shift(Op::Shl, word, left);
		let value = self.op(self.word(), Op::ShrS, high, Val::Const(unused));
		self.narrowed(ty, value, true)
	}

	/// The bytes from any address on. If all are in one word, both loads read it and the shift to
	/// the left puts nothing into the bytes that count.
	fn across(&mut self, ty: Type, place: Place, signed: bool) -> Val {
		let low = self.load_word(place, 0, false);
		let high = self.load_word(place, place.bytes - 1, false);
		let shift = self.bit_offset(place);
		let left = self.op(self.word(), Op::Sub, Val::Const(0), shift);
		let (low, high) = (self.shift(Op::ShrU, low, shift), self.shift(Op::Shl, high, left));
		let value = self.op(self.word(), Op::Or, low, high);
		self.extended(ty, place, value, signed)
	}

	pub(super) fn store(&mut self, bytes: u32, align: u32, offset: u64) {
		let (value, base) = (self.pop(), self.pop());
		let place = Place { base, offset, bytes };
		self.check_bounds(place);
		let word = u64::from(self.context.bytes);
		match place.address() {
			Some(address) if address % word + u64::from(bytes) > word => {
				self.store_across(place, value)
			},
			Some(_) if u64::from(bytes) == word => self.store_word(place, 0, value, true),
			Some(_) => self.merge(place, value),
			None if bytes == 1 => self.merge(place, value),
			None if align < bytes => self.store_across(place, value),
			None if u64::from(bytes) == word => self.store_word(place, 0, value, true),
			None => self.guarded_store(place, value),
		}
	}

	/// Into one word if the address is aligned, else into two.
	fn guarded_store(&mut self, place: Place, value: Val) {
		let (slow, join) = (self.block(), self.block());
		let odd = self.odd(place);
		self.branch_to(odd, slow);
		self.merge(place, value);
		self.jump(join);
		self.start(slow);
		self.store_across(place, value);
		self.jump(join);
		self.start(join);
	}

	/// The bits of a value that a place takes.
	fn masked(&mut self, place: Place, value: Val) -> Val {
		if place.bytes == self.context.bytes {
			return value;
		}
		self.op(self.word(), Op::And, value, Val::Const(place.mask()))
	}

	/// Writes the value's bytes into the word around a place. What lies beyond the word falls off.
	fn merge(&mut self, place: Place, value: Val) {
		let word = self.load_word(place, 0, false);
		let shift = self.bit_offset(place);
		// word ^ (((word >> shift) ^ value) & mask) << shift
		let low = self.shift(Op::ShrU, word, shift);
		let changed = self.op(self.word(), Op::Xor, low, value);
		let changed = self.masked(place, changed);
		let changed = self.shift(Op::Shl, changed, shift);
		let merged = self.op(self.word(), Op::Xor, word, changed);
		self.store_word(place, 0, merged, false);
	}

	/// Writes the value's bytes from any address on, perhaps all into one word.
	fn store_across(&mut self, place: Place, value: Val) {
		let (word, last) = (self.word(), place.bytes - 1);
		// All bytes are in bounds before the first is written.
		self.load_word(place, last, false);
		self.merge(place, value);
		// What the shift to the left lost belongs to the next word. If nothing is lost, the two
		// shifts to the right together leave neither value nor mask.
		let high = self.load_word(place, last, false);
		let shift = self.bit_offset(place);
		let right = self.op(word, Op::Xor, shift, Val::Const(self.bits() - 1));
		let value = self.masked(place, value);
		let value = self.op(word, Op::ShrU, value, Val::Const(1));
		let value = self.op(word, Op::ShrU, value, right);
		let mask = self.op(word, Op::ShrU, Val::Const(place.mask() >> 1), right);
		// high ^ ((high ^ value) & mask)
		let changed = self.op(word, Op::Xor, high, value);
		let changed = self.op(word, Op::And, changed, mask);
		let merged = self.op(word, Op::Xor, high, changed);
		self.store_word(place, last, merged, false);
	}

	/// The vector at an address becomes its product with the matrix.
	pub(super) fn product(&mut self, address: Val) {
		let place = Place { base: address, offset: 0, bytes: VECTOR_BYTES };
		self.check_bounds(place);
		self.push_inst(addressed(Op::Product, place, 0));
	}

	pub(super) fn memory_size(&mut self) {
		let pages = match self.context.globals.pages {
			Some(cell) => self.load_cell(cell),
			None => Val::Const(self.context.module.pages),
		};
		self.push(pages);
	}

	/// `memory.grow`: new pages are zero already, nothing wrote beyond the old size.
	pub(super) fn memory_grow(&mut self) {
		let delta = self.pop();
		let Some(cell) = self.context.globals.pages else { return };
		let result = self.body.reg();
		let old = self.load_cell(cell);
		let most = Val::Const(self.context.module.max_pages);
		let room = self.op(Type::I32, Op::Sub, most, old);
		self.push_inst(Inst::mov(result, Val::Const(Type::I32.mask())));
		let join = self.block();
		let refused = Inst::with(self.word(), Op::LtU, room, delta);
		self.branch_to(refused, join);
		let grown = self.op(Type::I32, Op::Add, old, delta);
		self.store_cell(cell, grown);
		self.push_inst(Inst::mov(result, old));
		self.jump(join);
		self.start(join);
		self.push(Val::Reg(result));
	}
}

/// A load or store of the word `skip` bytes into a place; the bytes from there on must be in
/// bounds.
fn addressed(op: Op, place: Place, skip: u32) -> Inst {
	let mut inst = Inst::new(op);
	inst.region = Region::Memory;
	inst.imm = place.offset + u64::from(skip);
	inst.span = (place.bytes - skip) as u8;
	match place.base {
		Val::Const(c) => inst.imm += c,
		Val::Reg(r) => inst.a = Some(r),
	}
	inst
}
