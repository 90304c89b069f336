//! Which bits of registers may be set, whatever the inputs are: elides what irregular addresses
//! need where an address can't be irregular.
//!
//! Of each register the analysis keeps one mask for all its definitions. Masks only grow, so it
//! ends; if that takes too long, nothing is known.

use super::{
	body::{Body, Inst, Item, Reg, Term},
	context::Context,
};
use crate::{ir::Op, module::Type};

/// Rounds after which a mask that grows gets all bits above its lowest.
const WIDENING_ROUND: u32 = 8;
/// Rounds after which the analysis gives up.
const MAX_ROUNDS: u32 = 64;

/// For each register the bits that may be set.
pub(super) struct Known {
	may: Vec<u64>,
}

impl Known {
	pub(super) fn of(body: &Body, context: &Context<'_>) -> Self {
		let all = context.word.mask();
		let mut known = Self { may: vec![0; body.regs as usize] };
		for (register, ty) in known.may.iter_mut().zip(&body.types) {
			*register = ty.mask();
		}
		for round in 0..MAX_ROUNDS {
			let mut changed = false;
			for item in body.blocks.iter().flat_map(|block| &block.items) {
				let (d, bits) = match item {
					Item::Call(call) => (call.result, call.ty.mask()),
					Item::Inst(inst) => (inst.d, known.result(inst, context)),
				};
				let Some(d) = d else { continue };
				let may = &mut known.may[d as usize];
				let mut grown = *may | bits & all;
				if grown != *may {
					if round >= WIDENING_ROUND {
						grown = all & u64::MAX << grown.trailing_zeros();
					}
					*may = grown;
					changed = true;
				}
			}
			if !changed {
				return known;
			}
		}
		known.may.fill(all);
		known
	}

	/// The bits of a register that may be set; an absent operand is 0.
	pub(super) fn bits(&self, register: Option<Reg>) -> u64 {
		register.map_or(0, |r| self.may[r as usize])
	}

	/// As [`Known::bits`] of a register that holds an address or index, which are `i32`.
	pub(super) fn address(&self, register: Option<Reg>) -> u64 {
		self.bits(register) & Type::I32.mask()
	}

	/// The bits of an instruction's result that may be set.
	fn result(&self, inst: &Inst, context: &Context<'_>) -> u64 {
		let x = self.bits(inst.a);
		let y = if inst.b.is_some() { self.bits(inst.b) } else { inst.imm };
		let (x, y) = if inst.swap { (y, x) } else { (x, y) };
		let constant = (inst.b.is_none() && !inst.swap).then_some(inst.imm);
		let count = constant.map(|c| (c % u64::from(operation_bits(inst, context))) as u32);
		let all = if inst.ty == Type::I32 { Type::I32.mask() } else { context.word.mask() };
		let result = match inst.op {
			Op::Add => sum(x, y),
			Op::Mul => product(x, y),
			Op::Sub => u64::MAX << (x | y).trailing_zeros().min(63),
			Op::And => x & y,
			Op::Or | Op::Xor => x | y,
			Op::Shl => match count {
				Some(count) => x << count,
				None => u64::MAX << x.trailing_zeros().min(63),
			},
			Op::ShrU => match count {
				Some(count) => x >> count,
				None => below(x),
			},
			Op::Eq | Op::LtU | Op::LtS => 1,
			Op::Cmov => y,
			Op::Popcnt => 127,
			Op::Div => below(x),
			Op::Input => Type::I32.mask(),
			_ => u64::MAX,
		};
		let old = if inst.reads_d() { self.bits(inst.d) } else { 0 };
		let result = match inst.op {
			_ if inst.accumulate => sum(result, old),
			_ => result | old,
		};
		result & all
	}

	/// Decides the branches whose outcome is known. Whether that changed anything.
	pub(super) fn decide(&self, body: &mut Body) -> bool {
		let mut changed = false;
		for block in &mut body.blocks {
			let Term::Branch { inst, then, other } = &block.term else { continue };
			let holds = match inst.op {
				Op::And => {
					let y = if inst.b.is_some() { self.bits(inst.b) } else { inst.imm };
					(self.bits(inst.a) & y == 0).then_some(false)
				},
				Op::LtU if inst.b.is_none() => {
					let x = self.bits(inst.a);
					match inst.swap {
						true => (x <= inst.imm).then_some(false),
						false => (x < inst.imm).then_some(true),
					}
				},
				_ => None,
			};
			let Some(holds) = holds else { continue };
			block.term = Term::Jump(if holds ^ inst.invert { *then } else { *other });
			changed = true;
		}
		changed
	}
}

/// Bits of an operation's shift and rotation counts.
fn operation_bits(inst: &Inst, context: &Context<'_>) -> u32 {
	inst.ty.bits().min(context.word.bits())
}

/// All bits up to the highest one.
fn below(x: u64) -> u64 {
	u64::MAX.checked_shr(x.leading_zeros()).unwrap_or(0)
}

/// Bits of `x + y`.
fn sum(x: u64, y: u64) -> u64 {
	if x & y == 0 {
		return x | y;
	}
	let high = x.checked_add(y).map_or(u64::MAX, below);
	high & u64::MAX << (x | y).trailing_zeros().min(63)
}

/// Bits of `x · y`.
fn product(x: u64, y: u64) -> u64 {
	if x == 0 || y == 0 {
		return 0;
	}
	let high = x.checked_mul(y).map_or(u64::MAX, below);
	high & u64::MAX.checked_shl(x.trailing_zeros() + y.trailing_zeros()).unwrap_or(0)
}
