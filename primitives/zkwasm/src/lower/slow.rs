//! What happens to accesses that the machine can't do as they are.
//!
//! A load or store that is not regular jumps to its slow path. Out of the memory's bounds is a trap.
//! Within them, but beyond the words that the machine holds, is an instruction that no run gets past:
//! such a run has no proof. A whole word that is not aligned is read or written as parts of two, in
//! scratch words above the frame; then the function goes on behind the access.

use super::{
	body::{Body, Inst, Item, Region},
	context::Context,
	emit::{Draft, Target},
	known::Known,
};
use crate::{
	ir::{Instr, Op, TrapCause},
	matrix::VECTOR_BYTES,
	module::Type,
};

/// What an instruction's target is to be.
pub(super) enum Slow {
	/// It never goes there.
	None,
	/// An end that is shared.
	At(Target),
	/// Instructions.
	Code(Vec<Draft>),
}

/// What may be wrong with an access.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Irregular {
	Nothing,
	/// The machine may not hold the word.
	Beyond,
	/// The address may not be aligned either.
	Unaligned,
}

/// How an address's end compares with the memory's.
enum Bounds {
	Inside,
	Outside,
	/// Outside if the register is not below this.
	Below(u64),
	/// Outside by what the memory has grown to.
	Dynamic,
}

/// An access whose slow path is to be written.
pub(super) struct SlowPath<'a> {
	pub(super) context: &'a Context<'a>,
	pub(super) inst: &'a Inst,
	/// The same on slots.
	pub(super) instr: Instr,
	/// The bits of the address's register that may be set.
	pub(super) may: u64,
	/// First scratch slot.
	pub(super) scratch: u8,
	/// What follows the access.
	pub(super) resume: Target,
}

/// Scratch words that the slow paths of a function need.
pub(super) fn scratch_words(body: &Body, context: &Context<'_>, known: &Known) -> u32 {
	let items = body.blocks.iter().flat_map(|block| &block.items);
	let words = items.map(|item| match item {
		Item::Inst(inst) => match (irregular(inst, context, known.address(inst.a)), inst.op) {
			(Irregular::Unaligned, Op::Store) => 3,
			(Irregular::Unaligned, Op::Product) => 2,
			(Irregular::Unaligned, _) => 2,
			(Irregular::Beyond, _) if context.globals.pages.is_some() => 2,
			_ => 0,
		},
		Item::Call(_) => 0,
	});
	words.max().unwrap_or(0)
}

/// What may be wrong with a load or store of linear memory.
fn irregular(inst: &Inst, context: &Context<'_>, may: u64) -> Irregular {
	if inst.region != Region::Memory || inst.span == 0 {
		return Irregular::Nothing;
	}
	let low = match (inst.op, inst.check) {
		(Op::Product, _) => u64::from(VECTOR_BYTES - 1),
		(_, true) => u64::from(context.bytes - 1),
		(_, false) => 0,
	};
	if (may | inst.imm) & low != 0 {
		Irregular::Unaligned
	} else if may + inst.imm >= context.memory.held {
		Irregular::Beyond
	} else {
		Irregular::Nothing
	}
}

impl SlowPath<'_> {
	pub(super) fn write(&self) -> Slow {
		if self.inst.op == Op::Input {
			let regular = self.may + self.inst.imm < u64::from(self.context.inputs);
			let trap = Slow::At(Target::Trap(TrapCause::OutOfBounds));
			return if regular { Slow::None } else { trap };
		}
		let kind = irregular(self.inst, self.context, self.may);
		if kind == Irregular::Nothing {
			return Slow::None;
		}
		let bounds = self.bounds();
		match (kind, &bounds) {
			(_, Bounds::Outside) => Slow::At(Target::Trap(TrapCause::OutOfBounds)),
			(Irregular::Beyond, Bounds::Inside) => Slow::At(Target::OverCapacity),
			_ => {
				let mut code = self.trap_outside(&bounds);
				match (kind, self.inst.op) {
					(Irregular::Unaligned, Op::Store) => self.store(&mut code),
					(Irregular::Unaligned, Op::Product) => self.refuse_unaligned(&mut code),
					(Irregular::Unaligned, _) => self.load(&mut code),
					_ => code.push(Draft::new(Instr::OVER_CAPACITY)),
				}
				Slow::Code(code)
			},
		}
	}

	/// What is known of the access's end without running.
	fn bounds(&self) -> Bounds {
		let memory = &self.context.memory;
		let end = self.inst.imm + u64::from(self.inst.span);
		// Where the machine may hold more than the memory has, bounds have been checked before.
		if memory.explicit || self.may + end <= memory.bytes {
			Bounds::Inside
		} else if end > memory.max_bytes {
			Bounds::Outside
		} else if self.context.globals.pages.is_some() {
			Bounds::Dynamic
		} else if self.inst.a.is_none() {
			Bounds::Outside
		} else {
			Bounds::Below(memory.bytes - end + 1)
		}
	}

	/// Traps if the access is out of bounds.
	fn trap_outside(&self, bounds: &Bounds) -> Vec<Draft> {
		let trap = Target::Trap(TrapCause::OutOfBounds);
		let compare = |a, b, imm, invert| {
			let instr = Instr { branch: true, invert, a, b, imm, ..Instr::new(Op::LtU) };
			Draft::to(instr, trap)
		};
		match *bounds {
			Bounds::Inside | Bounds::Outside => Vec::new(),
			Bounds::Below(limit) => vec![compare(self.instr.a, None, limit, true)],
			Bounds::Dynamic => {
				let (last, pages) = (self.slot(0), self.slot(1));
				let more = self.inst.imm + u64::from(self.inst.span) - 1;
				let cell = self.context.globals.pages.unwrap_or(0) * self.context.bytes;
				let mut code = vec![operation(Op::Add, last, self.instr.a, None, more)];
				if self.context.word == Type::I32 {
					code.push(compare(last, None, more, false));
				}
				code.push(operation(Op::ShrU, last, last, None, 16));
				code.push(Draft {
					region: Region::Globals,
					..operation(Op::Load, pages, None, None, u64::from(cell))
				});
				code.push(compare(last, pages, 0, true));
				code
			},
		}
	}

	const fn slot(&self, index: u8) -> Option<u8> {
		Some(self.scratch + index)
	}

	/// A load of the first or last word of the access, or a store of `b` there.
	fn word(&self, op: Op, last: bool, d: Option<u8>, b: Option<u8>) -> Draft {
		let skip = if last { u64::from(self.context.bytes - 1) } else { 0 };
		let imm = (self.inst.imm + skip).min(u64::from(u32::MAX));
		let instr = Instr { a: self.instr.a, b, d, imm, ..Instr::new(op) };
		Draft { instr, region: Region::Memory, target: Target::OverCapacity }
	}

	/// Puts 8 × the address's distance from its word's start into a slot, modulo a word's bits.
	fn bit_offset(&self, slot: Option<u8>, code: &mut Vec<Draft>) {
		code.push(operation(Op::Shl, slot, self.instr.a, None, 3));
		let more = self.inst.imm % u64::from(self.context.bytes) * 8;
		if more != 0 {
			code.push(operation(Op::Add, slot, slot, None, more));
		}
	}

	/// The word from the high bytes of the first and the low bytes of the last word.
	fn load(&self, code: &mut Vec<Draft>) {
		let (low, shift, d) = (self.slot(0), self.slot(1), self.instr.d);
		self.bit_offset(shift, code);
		code.extend([
			self.word(Op::Load, false, low, None),
			// The address's register may be the result's.
			self.word(Op::Load, true, d, None),
			operation(Op::ShrU, low, low, shift, 0),
			operation(Op::Sub, shift, None, shift, 0),
			operation(Op::Shl, d, d, shift, 0),
			operation(Op::Or, d, low, d, 0),
			Draft::to(Instr::new(Op::Br), self.resume),
		]);
	}

	/// Traps if a vector's address is no multiple of its bytes; what remains is beyond the capacity.
	fn refuse_unaligned(&self, code: &mut Vec<Draft>) {
		let (sum, low) = (self.slot(0), u64::from(VECTOR_BYTES - 1));
		code.push(operation(Op::Add, sum, self.instr.a, None, self.inst.imm));
		let unaligned = Instr { branch: true, a: sum, imm: low, ..Instr::new(Op::And) };
		code.push(Draft::to(unaligned, Target::Trap(TrapCause::OutOfBounds)));
		code.push(Draft::new(Instr::OVER_CAPACITY));
	}

	/// Writes the high bytes of the first and the low bytes of the last word.
	fn store(&self, code: &mut Vec<Draft>) {
		let (shift, word, part) = (self.slot(0), self.slot(1), self.slot(2));
		self.bit_offset(shift, code);
		// All bytes are there before the first is written.
		code.push(self.word(Op::Load, true, part, None));
		for last in [false, true] {
			let (down, up) = if last { (Op::Shl, Op::ShrU) } else { (Op::ShrU, Op::Shl) };
			code.push(self.word(Op::Load, last, word, None));
			if last {
				code.push(operation(Op::Sub, shift, None, shift, 0));
			}
			// word ^ (((word >> shift) ^ value) << shift)
			code.extend([
				operation(down, part, word, shift, 0),
				operation(Op::Xor, part, part, self.instr.b, 0),
				operation(up, part, part, shift, 0),
				operation(Op::Xor, word, word, part, 0),
				self.word(Op::Store, last, None, word),
			]);
		}
		code.push(Draft::to(Instr::new(Op::Br), self.resume));
	}
}

/// An operation on whole words.
fn operation(op: Op, d: Option<u8>, a: Option<u8>, b: Option<u8>, imm: u64) -> Draft {
	Draft::new(Instr { d, a, b, imm, ..Instr::new(op) })
}
