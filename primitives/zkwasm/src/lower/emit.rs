//! Lays a function's blocks out and writes its instructions.

use super::{
	allocate::Frame,
	body::{BlockId, Body, Inst, Item, Reg, Region, Term, Val},
};
use crate::ir::{Instr, Op};

/// An instruction whose target or address is not final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draft {
	pub(super) instr: Instr,
	pub(super) link: Link,
}

/// What is still to be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
	/// Nothing.
	None,
	/// The target is this instruction of the function.
	Local(u32),
	/// A call of this function.
	Function(u32),
	/// The immediate is an offset in linear memory.
	Memory,
	/// The immediate is an offset among the globals.
	Globals,
}

struct Emitter<'b> {
	body: &'b Body,
	frame: &'b Frame,
	is_entry: bool,
	copying: Copying,
	/// Instructions of each block without its end.
	code: Vec<Vec<Draft>>,
	/// How each block ends, with jumps followed.
	terms: Vec<Term>,
}

/// How far blocks are copied. In place of a jump to a block that ends in a decision may stand a copy
/// of the block, which saves the jump's step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copying {
	/// Most instructions of such a block, its decision left out.
	pub(super) length: usize,
	/// Most copies that follow one another.
	pub(super) chain: u32,
	/// How often blocks are copied before registers are allocated.
	pub(super) rounds: u32,
}

/// The instructions of a function. The entry function halts where others return.
pub(super) fn emit(body: &Body, frame: &Frame, is_entry: bool, copying: Copying) -> Vec<Draft> {
	let (code, terms) = (Vec::new(), Vec::new());
	let mut emitter = Emitter { body, frame, is_entry, copying, code, terms };
	emitter.blocks();
	emitter.thread();
	let order = emitter.order();
	emitter.write(&order)
}

impl Emitter<'_> {
	fn slot(&self, r: Reg) -> u8 {
		// Every register that occurs has a slot, and the caller has checked the frame's size.
		self.frame.slots.get(r as usize).copied().flatten().unwrap_or(0) as u8
	}

	fn instr(&self, inst: &Inst) -> Instr {
		Instr {
			invert: inst.invert,
			check: inst.check,
			accumulate: inst.accumulate,
			swap: inst.swap,
			d: inst.d.map(|r| self.slot(r)),
			a: inst.a.map(|r| self.slot(r)),
			b: inst.b.map(|r| self.slot(r)),
			imm: u64::from(inst.imm),
			..Instr::new(inst.op)
		}
	}

	/// Writes the blocks' items; copies within a slot vanish.
	fn blocks(&mut self) {
		let mut calls = self.frame.bases.iter();
		for block in &self.body.blocks {
			let mut code = Vec::new();
			for item in &block.items {
				match item {
					Item::Inst(inst) => {
						let copied = match inst.moved() {
							Some(Val::Reg(s)) => inst.d.map(|d| self.slot(d)) == Some(self.slot(s)),
							_ => false,
						};
						if !copied {
							let link = match inst.region {
								Region::None => Link::None,
								Region::Memory => Link::Memory,
								Region::Globals => Link::Globals,
							};
							code.push(Draft { instr: self.instr(inst), link });
						}
					},
					Item::Call(call) => {
						let base = calls.next().copied().unwrap_or(0) as u8;
						let instr = Instr { d: Some(base), ..Instr::new(Op::Call) };
						code.push(Draft { instr, link: Link::Function(call.function) });
					},
				}
			}
			self.code.push(code);
		}
	}

	/// Where a jump to `block` really goes: past empty blocks, to the first of the empty blocks
	/// that end alike.
	fn resolve(&self, mut block: BlockId) -> BlockId {
		for _ in 0..self.code.len() {
			match (&self.body.blocks[block].term, self.code[block].is_empty()) {
				(Term::Jump(next), true) => block = *next,
				_ => break,
			}
		}
		let term = &self.body.blocks[block].term;
		if self.code[block].is_empty() && matches!(term, Term::Trap(_) | Term::Return(_)) {
			let alike =
				|b: &BlockId| self.code[*b].is_empty() && self.body.blocks[*b].term == *term;
			return (0..self.code.len()).find(alike).unwrap_or(block);
		}
		block
	}

	/// Follows jumps. A jump to a block that only decides or ends becomes that decision or end: in
	/// a loop that saves a step in each round.
	fn thread(&mut self) {
		for block in 0..self.code.len() {
			let mut term = self.body.blocks[block].term.clone();
			if let Term::Jump(next) = term {
				let next = self.resolve(next);
				term = match &self.body.blocks[next].term {
					Term::Jump(_) => Term::Jump(next),
					decides if self.code[next].is_empty() => decides.clone(),
					_ => Term::Jump(next),
				};
			}
			if let Term::Branch { then, other, .. } = &mut term {
				(*then, *other) = (self.resolve(*then), self.resolve(*other));
				if then == other {
					term = Term::Jump(*then);
				}
			}
			self.terms.push(term);
		}
	}

	/// Which of two successors follows at once: not one that only traps, then that in the inner
	/// loop, then the one that is reached without a jump.
	fn preferred(&self, then: BlockId, other: BlockId) -> (BlockId, BlockId) {
		let traps = |b: BlockId| self.code[b].is_empty() && matches!(self.terms[b], Term::Trap(_));
		let key = |b: BlockId| (!traps(b), self.body.blocks[b].depth);
		if key(then) > key(other) {
			(then, other)
		} else {
			(other, then)
		}
	}

	fn order(&self) -> Vec<BlockId> {
		let mut placed = vec![false; self.code.len()];
		let mut order = Vec::new();
		let mut todo = vec![0];
		while let Some(start) = todo.pop() {
			let mut next = Some(start);
			while let Some(block) = next.filter(|b| !placed[*b]) {
				placed[block] = true;
				order.push(block);
				next = match &self.terms[block] {
					Term::Jump(target) => Some(*target),
					Term::Branch { then, other, .. } => {
						let (first, second) = self.preferred(*then, *other);
						if placed[first] {
							Some(second)
						} else {
							todo.push(second);
							Some(first)
						}
					},
					Term::Return(_) | Term::Trap(_) => None,
				};
			}
		}
		order
	}

	fn write(&self, order: &[BlockId]) -> Vec<Draft> {
		let mut drafts: Vec<Draft> = Vec::new();
		let mut starts = vec![0u32; self.code.len()];
		for (position, block) in order.iter().enumerate() {
			starts[*block] = drafts.len() as u32;
			drafts.extend(&self.code[*block]);
			let next = order.get(position + 1).copied();
			self.write_end(&self.terms[*block], next, self.copying.chain, &mut drafts);
		}
		for draft in &mut drafts {
			if let Link::Local(block) = &mut draft.link {
				*block = starts[*block as usize];
			}
		}
		drafts
	}

	/// Writes a block's end with at most `chain` copies of others; local targets are blocks still.
	fn write_end(&self, term: &Term, next: Option<BlockId>, chain: u32, drafts: &mut Vec<Draft>) {
		let to = |instr: Instr, block: BlockId| Draft { instr, link: Link::Local(block as u32) };
		match term {
			Term::Jump(block) if Some(*block) == next => {},
			Term::Jump(block) => {
				let (code, term) = (&self.code[*block], &self.terms[*block]);
				let copied = chain > 0 && code.len() <= self.copying.length;
				if copied && !matches!(term, Term::Jump(_)) {
					drafts.extend(code);
					self.write_end(term, next, chain - 1, drafts);
				} else {
					drafts.push(to(Instr::new(Op::Br), *block));
				}
			},
			Term::Branch { inst, then, other } => {
				let mut instr = Instr { branch: true, d: None, ..self.instr(inst) };
				if Some(*then) == next {
					instr.invert = !instr.invert;
					drafts.push(to(instr, *other));
				} else {
					drafts.push(to(instr, *then));
					self.write_end(&Term::Jump(*other), next, chain, drafts);
				}
			},
			Term::Return(value) => {
				let mut instr = Instr::new(if self.is_entry { Op::Halt } else { Op::Ret });
				match value {
					Some(Val::Const(c)) => instr.imm = u64::from(*c),
					Some(Val::Reg(r)) => instr.b = Some(self.slot(*r)),
					None => {},
				}
				if !self.is_entry {
					instr.a = Some(0);
					instr.d = value.map(|_| 0);
				}
				drafts.push(Draft { instr, link: Link::None });
			},
			Term::Trap(cause) => {
				let instr = Instr { imm: *cause as u64, ..Instr::new(Op::Trap) };
				drafts.push(Draft { instr, link: Link::None });
			},
		}
	}
}
