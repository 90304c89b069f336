//! The register machine's instructions.
//!
//! The machine's memory has three regions: code (one instruction per cell, read only), inputs (words
//! of 32 bits, read only: artifact, then seed) and data (frames, then globals, then linear memory).
//! A data word has [`Width::bits`] bits, W below. `fp` is the data index of the current frame; `a`,
//! `b` and `d` are word offsets from it.
//!
//! ## Step
//!
//! 1. Fetch the instruction at `pc`.
//! 2. `x` = the cell `fp + a` if port A is on ([`Instr::a`]), else 0. `b` = the cell `fp + b` if
//!    port B is on, else 0. `y = b + imm`; only [`Op::Store`] may have both `b` and a non-zero
//!    `imm`. With [`Instr::swap`], `x` and `y` are exchanged.
//! 3. The operation gives a result `r`, see [`Op`].
//! 4. If port D is on, the cell `fp + d` becomes `r`. Its old value is available to the operation.
//! 5. `pc` becomes `pc + 1`, or `target`, or what the operation says.
//!
//! The end of a run (by [`Op::Halt`], [`Op::Trap`] or a call without room) sets status and output,
//! and resets `pc` and `fp` to 0.
//!
//! ## Irregular accesses
//!
//! A [`Op::Load`], [`Op::Store`] or [`Op::Input`] whose index is beyond its region, or (with `check`)
//! whose address is no multiple of a word's bytes, neither reads nor writes that cell, nor the
//! result's, and jumps to `target`. What is there finds out what is wrong and does it.
//!
//! ## Narrow operations
//!
//! With [`Instr::narrow`], on a machine of 64-bit words, an operation is the one on 32 bits: both
//! operands (and the old `d` that is added) must be below 2^32, and so is the result. A program whose
//! operands are not has no run.
//!
//! ## Products
//!
//! A machine with a matrix ([`crate::matrix`]) has so many products in a segment as its shape says.
//! [`Op::Product`] takes the first data word of a vector as its address; the machine replaces all of the
//! vector's words in the same step. When a segment's products are used up, the step changes nothing:
//! `pc` stays where it is, and the next segment goes on.
//!
//! ## Encoding
//!
//! One field element, from the lowest bit:
//!
//! | bits | field |
//! |---|---|
//! | 0..24 | one bit per operation: bit `Op as u32`, exactly one is set |
//! | 24 | branch |
//! | 25 | the condition is that something is *not* zero, or *not* less; of a load or store: check |
//! | 26 | check, except of a load or store |
//! | 27 | accumulate |
//! | 28 | swap |
//! | 29 | port A is on |
//! | 30 | port B is on |
//! | 31 | port D is on |
//! | 32..42 | target |
//! | 42 | narrow; on a machine of 32-bit words the operation [`Op::Product`], in place of the first 24 bits |
//! | 43..43 + W | imm |
//! | 108..115 | d |
//! | 150..157 | a |
//! | 192..199 | b |
//!
//! The offset of a port that is off is 0. The room between offsets, and the bit below them, is what
//! lets the circuit do without their bits. Unused code cells are the element 0, which is no instruction.

use crate::shape::Width;
use ark_bn254::Fr;
use ark_ff::{BigInt, PrimeField};

/// Bits of a frame offset.
pub const OFFSET_BITS: u32 = 7;
/// Bits of a branch target.
pub const TARGET_BITS: u32 = 10;
/// Number of operations that have one of the lowest bits; [`Op::Product`] has [`PRODUCT_BIT`].
pub const OP_COUNT: u32 = 24;
/// Bit of the branch flag.
pub const BRANCH_BIT: u32 = 24;
/// Bit of the negated condition: the inverted one of a comparison, the other one of what by itself
/// tests for what is not zero. Of a load or store the bit of its check.
pub const NEGATED_BIT: u32 = 25;
/// Bit of the check flag of a difference, an order or a product.
pub const CHECK_BIT: u32 = 26;
/// Bit of the accumulate flag.
pub const ACCUMULATE_BIT: u32 = 27;
/// Bit of the swap flag.
pub const SWAP_BIT: u32 = 28;
/// Bit of port A.
pub const PORT_A_BIT: u32 = 29;
/// Bit of port B.
pub const PORT_B_BIT: u32 = 30;
/// Bit of port D.
pub const PORT_D_BIT: u32 = 31;
/// First bit of the target.
pub const TARGET_SHIFT: u32 = 32;
/// Bit of the narrow flag.
pub const NARROW_BIT: u32 = TARGET_SHIFT + TARGET_BITS;
/// Bit of the product operation, on a machine of 32-bit words.
pub const PRODUCT_BIT: u32 = NARROW_BIT;
/// First bit of the immediate.
pub const IMM_SHIFT: u32 = NARROW_BIT + 1;
/// Bits from one offset to the next.
pub const OFFSET_SPACING: u32 = 42;
/// First bit of offset d; the bit below stays free.
pub const D_SHIFT: u32 = IMM_SHIFT + 65;
/// First bit of offset a.
pub const A_SHIFT: u32 = D_SHIFT + OFFSET_SPACING;
/// First bit of offset b.
pub const B_SHIFT: u32 = A_SHIFT + OFFSET_SPACING;

/// Status of a running machine.
pub const RUNNING: u32 = 0;
/// Status of a machine that has halted; `output` is its result.
pub const HALTED: u32 = 1;
/// Status of a machine that has trapped; `output` is the cause, see [`TrapCause`].
pub const TRAPPED: u32 = 2;

/// An operation. `x`, `y`, `r`, `d` as in the module's documentation; arithmetic is modulo 2^N, where
/// N is 32 for a narrow operation and W for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Op {
	/// `r = x + y`; with accumulate `r = old d + x + y`.
	Add = 0,
	/// `r = x - y`; with check `x >= y` must hold (a program for which it doesn't has no run).
	Sub = 1,
	/// `r = x * y`; with accumulate `r = old d + x * y`; with check the product must be below 2^N.
	Mul = 2,
	/// `r = x & y`; with branch: jumps if `(r != 0) ^ invert`.
	And = 3,
	/// `r = x | y`.
	Or = 4,
	/// `r = x ^ y`.
	Xor = 5,
	/// `r = x << (y mod N)`.
	Shl = 6,
	/// `r = x >> (y mod N)`, zero filled.
	ShrU = 7,
	/// `r = x >> (y mod N)`, sign filled.
	ShrS = 8,
	/// `r = x` rotated left by `y mod N`.
	Rotl = 9,
	/// `r = (x == y) ^ invert`; with branch: jumps if `r`.
	Eq = 10,
	/// `r = (x < y) ^ invert`, unsigned; with branch: jumps if `r`; with check (then without invert)
	/// `r` must be 1.
	LtU = 11,
	/// `r = (x < y) ^ invert`, signed; with branch: jumps if `r`.
	LtS = 12,
	/// `r = y` if `(x != 0) ^ invert`, else the old `d`.
	Cmov = 13,
	/// Byte address `e = x + imm` (no wrap), word index `e / (W / 8)`. Irregular if the index is not
	/// below the data capacity or, with check, if `e` is no multiple of W / 8 (without check the low
	/// bits are ignored). Port B, which is off in the instruction, reads that data word; `r` is its
	/// value.
	Load = 14,
	/// Address as for [`Op::Load`]. Port D, which is off in the instruction, writes the value of cell
	/// `fp + b` (or 0 if port B is off) to that data word.
	Store = 15,
	/// Index `i = (x + imm) mod 2^W`; irregular if it is not below the input capacity; `r` is that
	/// input word.
	Input = 16,
	/// `n = fp + d`, a cell of the data region. Traps with [`TrapCause::StackExhausted`] if `n > imm`,
	/// which is below 2^32. `r = (pc + 1) | fp << 16` is written to cell `n`, `fp` becomes `n`, `pc` the
	/// target. The trap writes nothing. Ports A and B are off.
	Call = 17,
	/// `pc = x mod 2^16`, `fp = (x >> 16) mod 2^16`; `r = y` (port D uses the old `fp`).
	Ret = 18,
	/// `pc = target`.
	Br = 19,
	/// Status [`HALTED`], output `y`, which must be below 2^32.
	Halt = 20,
	/// Status [`TRAPPED`], output `y`, which must be below 2^32.
	Trap = 21,
	/// `r` is any word; the machine takes `x / y` (0 if `y = 0`). The checked multiplication,
	/// subtraction and comparison that follow it leave no other choice.
	Div = 22,
	/// `r` = number of ones of `x`.
	Popcnt = 23,
	/// Byte address as for [`Op::Load`], of a vector; irregular if its word index is not below the data
	/// capacity or if it is no multiple of a vector's bytes. The vector becomes its product with the
	/// matrix; if the segment has no product left, `pc` stays. All ports but A are off.
	Product = 24,
}

/// Every operation that each machine has, in the order of its code.
pub const OPS: [Op; OP_COUNT as usize] = [
	Op::Add,
	Op::Sub,
	Op::Mul,
	Op::And,
	Op::Or,
	Op::Xor,
	Op::Shl,
	Op::ShrU,
	Op::ShrS,
	Op::Rotl,
	Op::Eq,
	Op::LtU,
	Op::LtS,
	Op::Cmov,
	Op::Load,
	Op::Store,
	Op::Input,
	Op::Call,
	Op::Ret,
	Op::Br,
	Op::Halt,
	Op::Trap,
	Op::Div,
	Op::Popcnt,
];

/// Why a machine trapped. The number is the output of the trapped machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TrapCause {
	/// The `unreachable` instruction.
	Unreachable = 1,
	/// Division or remainder by zero.
	DivisionByZero = 2,
	/// Signed division whose quotient is not representable.
	IntegerOverflow = 3,
	/// An access outside the memory, or an input index beyond the inputs.
	OutOfBounds = 4,
	/// A call without room for the callee's frame.
	StackExhausted = 5,
	/// An indirect call beyond the table: the standard's "undefined element".
	UndefinedElement = 6,
	/// An indirect call of an empty element: the standard's "uninitialized element".
	UninitializedElement = 7,
	/// An indirect call of a function of another type.
	IndirectCallTypeMismatch = 8,
}

impl TrapCause {
	/// The cause with this number.
	pub const fn from_code(code: u8) -> Option<Self> {
		Some(match code {
			1 => Self::Unreachable,
			2 => Self::DivisionByZero,
			3 => Self::IntegerOverflow,
			4 => Self::OutOfBounds,
			5 => Self::StackExhausted,
			6 => Self::UndefinedElement,
			7 => Self::UninitializedElement,
			8 => Self::IndirectCallTypeMismatch,
			_ => return None,
		})
	}
}

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instr {
	/// What it does.
	pub op: Op,
	/// The comparison decides a jump.
	pub branch: bool,
	/// The comparison's result is inverted.
	pub invert: bool,
	/// The operation's check is on.
	pub check: bool,
	/// The old value of `d` is added.
	pub accumulate: bool,
	/// The operands are exchanged; only of a difference, an order or a division.
	pub swap: bool,
	/// The operation is one on 32 bits; only on a machine of 64-bit words.
	pub narrow: bool,
	/// Frame offset of the result; `None`: port D is off. For [`Op::Call`] the distance of the
	/// callee's frame.
	pub d: Option<u8>,
	/// Frame offset of the first operand; `None`: it is 0.
	pub a: Option<u8>,
	/// Frame offset of the second operand; `None`: it is `imm`.
	pub b: Option<u8>,
	/// Code index that a branch, a call or an irregular access goes to.
	pub target: u16,
	/// The immediate, below 2^W.
	pub imm: u64,
}

impl Instr {
	/// An instruction without flags, ports, target and immediate.
	pub const fn new(op: Op) -> Self {
		Self {
			op,
			branch: false,
			invert: false,
			check: false,
			accumulate: false,
			swap: false,
			narrow: false,
			d: None,
			a: None,
			b: None,
			target: 0,
			imm: 0,
		}
	}

	/// What no run gets past, a check of `0 >= 1`: where a program goes when the machine's capacity
	/// does not allow what the module may do. Such a run has no proof.
	pub const OVER_CAPACITY: Self = Self { check: true, imm: 1, ..Self::new(Op::Sub) };

	/// Whether every field is in its range and the combination of fields is one that a machine of
	/// this width defines. Lowered programs consist of such instructions only.
	pub fn is_well_formed(&self, width: Width) -> bool {
		let offset_fits = |o: Option<u8>| o.is_none_or(|o| u32::from(o) < 1 << OFFSET_BITS);
		let fields = offset_fits(self.d)
			&& offset_fits(self.a)
			&& offset_fits(self.b)
			&& u32::from(self.target) < 1 << TARGET_BITS
			&& self.imm <= width.max()
			&& (self.b.is_none() || self.imm == 0 || self.op == Op::Store);
		let ports = match self.op {
			Op::Load | Op::Input => self.b.is_none() && self.d.is_some(),
			Op::Store => self.d.is_none(),
			Op::Product => width == Width::W32 && self.b.is_none() && self.d.is_none(),
			Op::Call => {
				self.a.is_none()
					&& self.b.is_none()
					&& self.d.is_some()
					&& self.imm <= Width::W32.max()
			},
			Op::Br | Op::Halt | Op::Trap => self.d.is_none() && self.a.is_none(),
			Op::Cmov => self.d.is_some(),
			_ => true,
		};
		fields && ports && self.flags_are_defined(width)
	}

	fn flags_are_defined(&self, width: Width) -> bool {
		let compares = matches!(self.op, Op::Eq | Op::LtU | Op::LtS);
		let check = match self.op {
			Op::Mul => !self.accumulate,
			Op::LtU => !self.branch && !self.invert && self.d.is_none(),
			Op::Sub | Op::Load | Op::Store => true,
			_ => false,
		};
		let narrow = width == Width::W64
			&& matches!(
				self.op,
				Op::Add | Op::Sub | Op::Mul | Op::Shl | Op::ShrU | Op::ShrS | Op::Rotl | Op::LtS
			);
		(!self.branch || ((compares || self.op == Op::And) && self.d.is_none()))
			&& (!self.invert
				|| compares || self.op == Op::Cmov
				|| (self.op == Op::And && self.branch))
			&& (!self.accumulate || (matches!(self.op, Op::Add | Op::Mul) && self.d.is_some()))
			&& (!self.swap || matches!(self.op, Op::Sub | Op::LtU | Op::LtS | Op::Div))
			&& (!self.check || check)
			&& (!self.narrow || narrow)
	}

	/// Whether this is a load or store.
	const fn accesses_words(&self) -> bool {
		matches!(self.op, Op::Load | Op::Store)
	}

	/// The bit [`NEGATED_BIT`].
	const fn negated(&self) -> bool {
		match self.op {
			Op::Load | Op::Store => self.check,
			Op::Cmov => !self.invert,
			Op::And => self.branch && !self.invert,
			_ => self.invert,
		}
	}

	/// The low 43 bits of the encoding: flags and target.
	pub fn low_bits(&self) -> u64 {
		let flag = |on: bool, bit: u32| u64::from(on) << bit;
		let op = if self.op == Op::Product { PRODUCT_BIT } else { self.op as u32 };
		(1 << op)
			| flag(self.branch, BRANCH_BIT)
			| flag(self.negated(), NEGATED_BIT)
			| flag(self.check && !self.accesses_words(), CHECK_BIT)
			| flag(self.accumulate, ACCUMULATE_BIT)
			| flag(self.swap, SWAP_BIT)
			| flag(self.a.is_some(), PORT_A_BIT)
			| flag(self.b.is_some(), PORT_B_BIT)
			| flag(self.d.is_some(), PORT_D_BIT)
			| u64::from(self.target) << TARGET_SHIFT
			| flag(self.narrow, NARROW_BIT)
	}

	/// The offsets d, a and b; 0 of a port that is off.
	pub fn offsets(&self) -> [u8; 3] {
		[self.d, self.a, self.b].map(|offset| offset.unwrap_or(0))
	}

	/// The code cell of this instruction.
	pub fn encode(&self) -> Fr {
		let mut limbs = [0u64; 4];
		put(&mut limbs, 0, self.low_bits());
		put(&mut limbs, IMM_SHIFT, self.imm);
		for (shift, offset) in [D_SHIFT, A_SHIFT, B_SHIFT].into_iter().zip(self.offsets()) {
			put(&mut limbs, shift, u64::from(offset));
		}
		// At most 200 bits: always canonical.
		Fr::from_bigint(BigInt::new(limbs)).unwrap_or_default()
	}

	/// The instruction of a code cell; `None` if it is not the encoding of one, or not of a well-formed
	/// one at this width.
	pub fn decode(cell: &Fr, width: Width) -> Option<Self> {
		let limbs = cell.into_bigint().0;
		let flag = |bit: u32| take(&limbs, bit, 1) == 1;
		let ops = take(&limbs, 0, OP_COUNT);
		let op = match ops.count_ones() {
			0 if width == Width::W32 && flag(PRODUCT_BIT) => Op::Product,
			1 => *OPS.get(ops.trailing_zeros() as usize)?,
			_ => return None,
		};
		let offset =
			|bit: u32, shift: u32| flag(bit).then_some(take(&limbs, shift, OFFSET_BITS) as u8);
		let (branch, negated) = (flag(BRANCH_BIT), flag(NEGATED_BIT));
		let (invert, check) = match op {
			Op::Load | Op::Store => (false, negated),
			Op::Cmov => (!negated, flag(CHECK_BIT)),
			Op::And => (branch && !negated, flag(CHECK_BIT)),
			_ => (negated, flag(CHECK_BIT)),
		};
		let instr = Self {
			op,
			branch,
			invert,
			check,
			accumulate: flag(ACCUMULATE_BIT),
			swap: flag(SWAP_BIT),
			narrow: width == Width::W64 && flag(NARROW_BIT),
			d: offset(PORT_D_BIT, D_SHIFT),
			a: offset(PORT_A_BIT, A_SHIFT),
			b: offset(PORT_B_BIT, B_SHIFT),
			target: take(&limbs, TARGET_SHIFT, TARGET_BITS) as u16,
			imm: take(&limbs, IMM_SHIFT, 64),
		};
		(instr.is_well_formed(width) && instr.encode() == *cell).then_some(instr)
	}
}

/// Adds the value at this bit of the limbs, where nothing is yet.
fn put(limbs: &mut [u64; 4], shift: u32, value: u64) {
	let wide = u128::from(value) << (shift % 64);
	for (limb, part) in
		limbs.iter_mut().skip((shift / 64) as usize).zip([wide as u64, (wide >> 64) as u64])
	{
		*limb |= part;
	}
}

/// The value of at most 64 bits at this bit of the limbs.
fn take(limbs: &[u64; 4], shift: u32, bits: u32) -> u64 {
	let at = (shift / 64) as usize;
	let limb = |i: usize| u128::from(limbs.get(i).copied().unwrap_or(0));
	((limb(at) | limb(at + 1) << 64) >> (shift % 64)) as u64 & (u64::MAX >> (64 - bits))
}

/// Readable form: frame offsets in brackets, `[3] = Add [1] 5`.
impl core::fmt::Display for Instr {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		if let Some(d) = self.d {
			write!(f, "[{d}] {}= ", if self.accumulate { "+" } else { "" })?;
		}
		write!(f, "{:?}", self.op)?;
		for (on, mark) in [
			(self.invert, " not"),
			(self.check, " check"),
			(self.swap, " swap"),
			(self.narrow, " narrow"),
		] {
			write!(f, "{}", if on { mark } else { "" })?;
		}
		for offset in [self.a, self.b].into_iter().flatten() {
			write!(f, " [{offset}]")?;
		}
		if self.imm != 0 || self.b.is_none() {
			write!(f, " {}", self.imm)?;
		}
		if self.branch || self.target != 0 || matches!(self.op, Op::Br | Op::Call) {
			write!(f, " -> {}", self.target)?;
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ark_ff::{Field, One, Zero};

	fn samples(width: Width) -> alloc::vec::Vec<Instr> {
		let mut all = alloc::vec::Vec::new();
		for op in OPS {
			let mut i = Instr::new(op);
			match op {
				Op::Store => {
					i.a = Some(3);
					i.b = Some(127);
					i.imm = width.max();
					i.target = 1023;
				},
				Op::Load | Op::Input => {
					i.a = Some(127);
					i.d = Some(1);
					i.imm = width.max() - 1;
					i.target = 7;
				},
				Op::Call => {
					i.d = Some(9);
					i.target = 1023;
					i.imm = 77;
				},
				Op::Br => i.target = 513,
				Op::Halt | Op::Trap => i.imm = 6,
				_ => {
					i.d = Some(0);
					i.a = Some(64);
					i.b = Some(33);
				},
			}
			all.push(i);
			let narrow = Instr { narrow: true, ..i };
			if narrow.is_well_formed(width) {
				all.push(narrow);
			}
		}
		all
	}

	#[test]
	fn every_operation_survives_encoding() {
		for (width, count) in [(Width::W32, 24), (Width::W64, 32)] {
			let samples = samples(width);
			assert_eq!(samples.len(), count);
			for i in samples {
				assert!(i.is_well_formed(width), "{i:?}");
				assert_eq!(Instr::decode(&i.encode(), width), Some(i));
			}
		}
	}

	#[test]
	fn a_product_is_an_operation_of_32_bit_words() {
		let product = Instr { a: Some(9), imm: 64, target: 5, ..Instr::new(Op::Product) };
		assert!(product.is_well_formed(Width::W32) && !product.is_well_formed(Width::W64));
		assert_eq!(Instr::decode(&product.encode(), Width::W32), Some(product));
		assert_eq!(Instr::decode(&product.encode(), Width::W64), None);
		for wrong in [
			Instr { b: Some(1), imm: 0, ..product },
			Instr { d: Some(1), ..product },
			Instr { check: true, ..product },
			Instr { narrow: true, ..product },
		] {
			assert!(!wrong.is_well_formed(Width::W32));
		}
		// Not beside another operation.
		let both = product.encode() + Fr::one();
		assert_eq!(Instr::decode(&both, Width::W32), None);
	}

	#[test]
	fn an_operation_is_at_the_index_of_its_code() {
		for (n, op) in OPS.iter().enumerate() {
			assert_eq!(*op as usize, n);
		}
	}

	#[test]
	fn fields_are_where_the_encoding_has_them() {
		let two = |exponent: u32| Fr::from(2u64).pow([u64::from(exponent)]);
		let store = Instr { a: Some(127), b: Some(126), imm: u64::MAX, ..Instr::new(Op::Store) };
		let expected = Fr::from(1u64 << 15 | 3 << 29)
			+ Fr::from(u64::MAX) * two(43)
			+ Fr::from(127u64) * two(150)
			+ Fr::from(126u64) * two(192);
		assert_eq!(store.encode(), expected);
		let branch = Instr { branch: true, target: 1023, ..Instr::new(Op::Eq) };
		assert_eq!(branch.encode(), Fr::from(1u64 << 10 | 1 << 24 | 1023 << 32));
		let narrow = Instr { narrow: true, d: Some(5), ..Instr::new(Op::Add) };
		let expected = Fr::from(1u64 | 1 << 31 | 1 << 42) + Fr::from(5u64) * two(108);
		assert_eq!(narrow.encode(), expected);
	}

	#[test]
	fn a_width_has_instructions_of_its_own() {
		let add = Instr { d: Some(1), imm: 1 << 32, ..Instr::new(Op::Add) };
		assert!(add.is_well_formed(Width::W64) && !add.is_well_formed(Width::W32));
		assert_eq!(Instr::decode(&add.encode(), Width::W32), None);
		let narrow = Instr { d: Some(1), narrow: true, ..Instr::new(Op::Add) };
		assert!(narrow.is_well_formed(Width::W64) && !narrow.is_well_formed(Width::W32));
		// On 32 bits these are what they are on 64.
		for op in [Op::And, Op::Or, Op::Xor, Op::Eq, Op::LtU, Op::Popcnt, Op::Div] {
			assert!(!Instr { op, ..narrow }.is_well_formed(Width::W64));
		}
	}

	#[test]
	fn what_is_no_instruction_does_not_decode() {
		let two = |exponent: u32| Fr::from(2u64).pow([u64::from(exponent)]);
		let add = Instr { d: Some(1), ..Instr::new(Op::Add) };
		for width in [Width::W32, Width::W64] {
			assert_eq!(Instr::decode(&Fr::zero(), width), None);
			assert_eq!(Instr::decode(&Fr::from(0b11u64), width), None);
			assert_eq!(Instr::decode(&-Fr::one(), width), None);
			// An offset on a port that is off, an offset with too many bits, a bit above all fields.
			for bit in [A_SHIFT, D_SHIFT + OFFSET_BITS, B_SHIFT + OFFSET_BITS, 250] {
				assert_eq!(Instr::decode(&(add.encode() + two(bit)), width), None);
			}
			// An immediate beside a second operand.
			let both = Instr { b: Some(1), imm: 1, ..add };
			assert_eq!(Instr::decode(&both.encode(), width), None);
			// The operands of a shift cannot be exchanged.
			let swapped = Instr { op: Op::Shl, swap: true, ..add };
			assert_eq!(Instr::decode(&swapped.encode(), width), None);
		}
		assert_eq!(Instr::decode(&(add.encode() + two(IMM_SHIFT + 32)), Width::W32), None);
	}

	#[test]
	fn causes_have_their_numbers() {
		let causes: alloc::vec::Vec<u8> =
			(0..=u8::MAX).filter(|code| TrapCause::from_code(*code).is_some()).collect();
		assert_eq!(causes, [1, 2, 3, 4, 5, 6, 7, 8]);
		for code in causes {
			assert_eq!(TrapCause::from_code(code).map(|cause| cause as u8), Some(code));
		}
	}
}
