//! Lays a function's blocks out and writes its instructions.

use super::{
	allocate::Frame,
	body::{BlockId, Body, Inst, Item, Reg, Region, Term, Val},
	context::Context,
	known::Known,
	slow::{Slow, SlowPath},
};
use crate::{
	ir::{Instr, Op, TrapCause},
	module::Type,
};

/// An instruction whose target or address is not final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draft {
	pub(super) instr: Instr,
	/// What the immediate is relative to.
	pub(super) region: Region,
	pub(super) target: Target,
}

impl Draft {
	/// An instruction that is final.
	pub(super) const fn new(instr: Instr) -> Self {
		Self { instr, region: Region::None, target: Target::None }
	}

	/// An instruction that goes somewhere.
	pub(super) const fn to(instr: Instr, target: Target) -> Self {
		Self { instr, region: Region::None, target }
	}
}

/// Where an instruction goes to. Once a function is written, only the first three remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
	/// Nowhere.
	None,
	/// An instruction of the same function.
	Local(u32),
	/// A function.
	Function(u32),
	/// A block.
	Block(BlockId),
	/// The instruction of a block with this index.
	Within(BlockId, u32),
	/// A slow path.
	Slow(u32),
	/// An instruction that traps.
	Trap(TrapCause),
	/// An instruction that no run gets past.
	OverCapacity,
}

struct Emitter<'b> {
	body: &'b Body,
	frame: &'b Frame,
	context: &'b Context<'b>,
	known: &'b Known,
	is_entry: bool,
	copying: Copying,
	/// Instructions of each block without its end.
	code: Vec<Vec<Draft>>,
	/// How each block ends, with jumps followed.
	terms: Vec<Term>,
	/// What stands out of the way of the blocks.
	slow: Vec<Vec<Draft>>,
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
pub(super) fn emit(
	body: &Body,
	frame: &Frame,
	context: &Context<'_>,
	known: &Known,
	is_entry: bool,
	copying: Copying,
) -> Vec<Draft> {
	let (code, terms, slow) = (Vec::new(), Vec::new(), Vec::new());
	let mut emitter = Emitter { body, frame, context, known, is_entry, copying, code, terms, slow };
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
		let depends = matches!(
			inst.op,
			Op::Add | Op::Sub | Op::Mul | Op::Shl | Op::ShrU | Op::ShrS | Op::Rotl | Op::LtS
		);
		let narrow = inst.ty == Type::I32 && self.context.word == Type::I64;
		let most = if inst.region == Region::None { u64::MAX } else { u64::from(u32::MAX) };
		Instr {
			narrow: narrow && depends && inst.moved().is_none(),
			invert: inst.invert,
			check: inst.check,
			accumulate: inst.accumulate,
			swap: inst.swap,
			d: inst.d.map(|r| self.slot(r)),
			a: inst.a.map(|r| self.slot(r)),
			b: inst.b.map(|r| self.slot(r)),
			// An address that needs more bits is beyond any memory.
			imm: inst.imm.min(most),
			..Instr::new(inst.op)
		}
	}

	/// Writes the blocks' items; copies within a slot vanish.
	fn blocks(&mut self) {
		let mut calls = self.frame.bases.iter();
		for (id, block) in self.body.blocks.iter().enumerate() {
			let mut code = Vec::new();
			for item in &block.items {
				match item {
					Item::Inst(inst) => {
						let copied = match inst.moved() {
							Some(Val::Reg(s)) => inst.d.map(|d| self.slot(d)) == Some(self.slot(s)),
							_ => false,
						};
						if !copied {
							let resume = Target::Within(id, code.len() as u32 + 1);
							code.push(self.draft(inst, resume));
						}
					},
					Item::Call(call) => {
						let base = calls.next().copied().unwrap_or(0) as u8;
						let instr = Instr { d: Some(base), ..Instr::new(Op::Call) };
						code.push(Draft::to(instr, Target::Function(call.function)));
					},
				}
			}
			self.code.push(code);
		}
	}

	/// An instruction with its slow path, which goes on at `resume`.
	fn draft(&mut self, inst: &Inst, resume: Target) -> Draft {
		let instr = self.instr(inst);
		let path = SlowPath {
			context: self.context,
			instr,
			inst,
			may: self.known.address(inst.a),
			scratch: self.frame.scratch as u8,
			resume,
		};
		let target = match path.write() {
			Slow::None => Target::None,
			Slow::At(target) => target,
			Slow::Code(code) => {
				let same = self.slow.iter().position(|known| *known == code);
				let index = same.unwrap_or(self.slow.len());
				if same.is_none() {
					self.slow.push(code);
				}
				Target::Slow(index as u32)
			},
		};
		Draft { instr, region: inst.region, target }
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
		let mut ends = Vec::new();
		let mut next = 0;
		// The list grows as slow paths are appended.
		while next < drafts.len() {
			let local = match drafts[next].target {
				Target::Block(block) => starts[block],
				Target::Within(block, index) => starts[block] + index,
				symbolic @ (Target::Slow(_) | Target::Trap(_) | Target::OverCapacity) => {
					self.place(symbolic, &mut ends, &mut drafts)
				},
				Target::None | Target::Local(_) | Target::Function(_) => {
					next += 1;
					continue;
				},
			};
			drafts[next].target = Target::Local(local);
			next += 1;
		}
		drafts
	}

	/// Where a symbolic target is, which is appended if it is nowhere yet.
	fn place(
		&self,
		target: Target,
		placed: &mut Vec<(Target, u32)>,
		drafts: &mut Vec<Draft>,
	) -> u32 {
		if let Some((_, at)) = placed.iter().find(|(known, _)| *known == target) {
			return *at;
		}
		let code = match target {
			Target::Slow(index) => self.slow.get(index as usize).cloned().unwrap_or_default(),
			Target::Trap(cause) => vec![trap(cause)],
			_ => vec![Draft::new(Instr::OVER_CAPACITY)],
		};
		let known = match target {
			Target::Slow(_) => None,
			_ => drafts.iter().position(|draft| [*draft] == code[..]),
		};
		let at = known.unwrap_or(drafts.len()) as u32;
		if known.is_none() {
			drafts.extend(code);
		}
		placed.push((target, at));
		at
	}

	/// Writes a block's end with at most `chain` copies of others; local targets are blocks still.
	fn write_end(&self, term: &Term, next: Option<BlockId>, chain: u32, drafts: &mut Vec<Draft>) {
		let to = |instr: Instr, block: BlockId| Draft::to(instr, Target::Block(block));
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
					Some(Val::Const(c)) => instr.imm = *c,
					Some(Val::Reg(r)) => instr.b = Some(self.slot(*r)),
					None => {},
				}
				if !self.is_entry {
					instr.a = Some(0);
					instr.d = value.map(|_| 0);
				}
				drafts.push(Draft::new(instr));
			},
			Term::Trap(cause) => drafts.push(trap(*cause)),
		}
	}
}

fn trap(cause: TrapCause) -> Draft {
	Draft::new(Instr { imm: cause as u64, ..Instr::new(Op::Trap) })
}
