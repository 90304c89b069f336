//! From WebAssembly's stack code to basic blocks.
//!
//! The operand stack is followed at translation time: an entry is a constant, a local that has not
//! been copied yet, or a register of its own. `local.get` costs nothing; a local that is written
//! while the stack still refers to it is copied first.

use super::{
	body::{Block, BlockId, Body, Inst, Item, Reg, Region, Term, Val},
	Context,
};
use crate::{
	ir::{Op, TrapCause},
	module::{CmpOp, Code, Function, Type},
};

/// Translates one function.
pub(super) fn translate(context: &Context<'_>, function: &Function) -> Body {
	let signature = context.module.signatures.get(function.signature as usize);
	let types = signature.map(|s| s.params.clone()).unwrap_or_default();
	let params = types.len() as u32;
	let locals = params + function.local_count();
	let mut translator = Translator {
		context,
		body: Body { blocks: Vec::new(), params, locals, regs: locals, types },
		stack: Vec::new(),
		frames: Vec::new(),
		current: 0,
		reachable: true,
		skipped: 0,
		depth: 0,
	};
	translator.current = translator.block();
	for local in params..locals {
		translator.push_inst(Inst::mov(local, Val::Const(0)));
	}
	translator.frames.push(Frame {
		kind: FrameKind::Function,
		label: 0,
		end: 0,
		result: None,
		has_result: signature.is_some_and(|s| s.result.is_some()),
		height: 0,
		other: None,
		end_reached: false,
	});
	for (index, code) in function.body.iter().enumerate() {
		translator.code(code, function.body.get(index + 1));
	}
	translator.body
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
	Function,
	Block,
	Loop,
}

/// A block of the source that is open.
struct Frame {
	kind: FrameKind,
	/// Where a branch to it goes.
	label: BlockId,
	/// What follows it.
	end: BlockId,
	/// Where its result is left.
	result: Option<Reg>,
	has_result: bool,
	/// Stack height at its start.
	height: usize,
	/// The `else` part that has not been seen yet.
	other: Option<BlockId>,
	/// Whether anything goes to `end`.
	end_reached: bool,
}

pub(super) struct Translator<'c> {
	pub(super) context: &'c Context<'c>,
	pub(super) body: Body,
	pub(super) stack: Vec<Val>,
	frames: Vec<Frame>,
	pub(super) current: BlockId,
	reachable: bool,
	/// Blocks opened in code that is not reachable.
	skipped: u32,
	depth: u32,
}

impl Translator<'_> {
	/// The type of a whole word.
	pub(super) fn word(&self) -> Type {
		self.context.word
	}

	/// A new, empty block at the current loop depth.
	pub(super) fn block(&mut self) -> BlockId {
		let term = Term::Trap(TrapCause::Unreachable);
		self.body.blocks.push(Block { items: Vec::new(), term, depth: self.depth });
		self.body.blocks.len() - 1
	}

	/// Ends the current block.
	pub(super) fn end_block(&mut self, term: Term) {
		if let Some(block) = self.body.blocks.get_mut(self.current) {
			block.term = term;
		}
		self.reachable = false;
	}

	/// Goes on with that block.
	pub(super) fn start(&mut self, block: BlockId) {
		self.current = block;
		self.reachable = true;
	}

	pub(super) fn push_inst(&mut self, inst: Inst) {
		self.push_item(Item::Inst(inst));
	}

	pub(super) fn push_item(&mut self, item: Item) {
		if let Some(block) = self.body.blocks.get_mut(self.current) {
			block.items.push(item);
		}
	}

	/// Appends the instruction; its result is a new register.
	pub(super) fn emit(&mut self, mut inst: Inst) -> Val {
		let d = self.body.reg();
		inst.d = Some(d);
		self.push_inst(inst);
		Val::Reg(d)
	}

	/// The value in a register.
	pub(super) fn register(&mut self, value: Val) -> Reg {
		match value {
			Val::Reg(r) => r,
			Val::Const(_) => {
				let d = self.body.reg();
				self.push_inst(Inst::mov(d, value));
				d
			},
		}
	}

	/// Goes to `then` if the comparison holds, else on with a new block.
	pub(super) fn branch_to(&mut self, inst: Inst, then: BlockId) {
		let other = self.block();
		self.end_block(Term::Branch { inst, then, other });
		self.start(other);
	}

	/// Traps if the comparison holds.
	pub(super) fn trap_if(&mut self, inst: Inst, cause: TrapCause) {
		let trap = self.block();
		if let Some(block) = self.body.blocks.get_mut(trap) {
			block.term = Term::Trap(cause);
		}
		self.branch_to(inst, trap);
	}

	/// Ends the current block with a jump there.
	pub(super) fn jump(&mut self, block: BlockId) {
		self.end_block(Term::Jump(block));
	}

	/// Ends the current block with a trap.
	pub(super) fn trap(&mut self, cause: TrapCause) {
		self.end_block(Term::Trap(cause));
	}

	/// Traps, and goes on with a block that nothing reaches.
	pub(super) fn trap_here(&mut self, cause: TrapCause) {
		self.trap(cause);
		let next = self.block();
		self.start(next);
	}

	pub(super) fn push(&mut self, value: Val) {
		self.stack.push(value);
	}

	/// The top of the stack. A valid module never lacks it.
	pub(super) fn pop(&mut self) -> Val {
		self.stack.pop().unwrap_or(Val::Const(0))
	}

	/// Gives stack entries that refer to a local a register of their own.
	fn settle(&mut self, applies: impl Fn(Reg) -> bool) {
		for index in 0..self.stack.len() {
			if let Some(Val::Reg(r)) = self.stack.get(index).copied() {
				if applies(r) {
					let copy = self.emit(Inst::mov(r, Val::Reg(r)));
					for entry in &mut self.stack {
						if *entry == Val::Reg(r) {
							*entry = copy;
						}
					}
				}
			}
		}
	}

	fn code(&mut self, code: &Code, next: Option<&Code>) {
		if !self.reachable {
			match code {
				Code::Block { .. } | Code::Loop { .. } | Code::If { .. } => self.skipped += 1,
				Code::End if self.skipped > 0 => self.skipped -= 1,
				Code::End => self.end(),
				Code::Else if self.skipped == 0 => self.otherwise(),
				_ => {},
			}
			return;
		}
		match code {
			Code::Nop => {},
			Code::Unreachable => self.trap(TrapCause::Unreachable),
			Code::Block { result } => self.open(FrameKind::Block, result.is_some()),
			Code::Loop { result } => self.open(FrameKind::Loop, result.is_some()),
			Code::If { result } => self.open_if(result.is_some()),
			Code::Else => self.otherwise(),
			Code::End => self.end(),
			Code::Br { label } => self.br(*label),
			Code::BrIf { label } => self.br_if(*label),
			Code::BrTable { labels, default } => self.br_table(labels, *default),
			Code::Return => self.br(self.frames.len().saturating_sub(1) as u32),
			Code::Call { function } => self.call(*function),
			Code::CallIndirect { signature } => self.call_indirect(*signature),
			Code::Drop => {
				self.pop();
			},
			Code::Select => self.select(next),
			Code::LocalGet(local) => self.push(Val::Reg(*local)),
			Code::LocalSet(local) => self.local_set(*local),
			Code::LocalTee(local) => {
				self.local_set(*local);
				self.push(Val::Reg(*local));
			},
			Code::GlobalGet(global) => self.global_get(*global),
			Code::GlobalSet(global) => self.global_set(*global),
			Code::Load { ty, width, signed, align, offset } => {
				self.load(*ty, 1 << width, *signed, 1 << align, u64::from(*offset))
			},
			Code::Store { width, align, offset, .. } => {
				self.store(1 << width, 1 << align, u64::from(*offset))
			},
			Code::MemorySize => self.memory_size(),
			Code::MemoryGrow => self.memory_grow(),
			other => self.arithmetic(other),
		}
	}

	/// Instructions that only compute.
	fn arithmetic(&mut self, code: &Code) {
		let result = match code {
			Code::Const(_, value) => Val::Const(*value),
			Code::Eqz(ty) => {
				let x = self.pop();
				self.compare(*ty, CmpOp::Eq, x, Val::Const(0))
			},
			Code::Unary(ty, op) => {
				let x = self.pop();
				self.unary(*ty, *op, x)
			},
			Code::Binary(ty, op) => {
				let (y, x) = (self.pop(), self.pop());
				self.binary(*ty, *op, x, y)
			},
			Code::Compare(ty, op) => {
				let (y, x) = (self.pop(), self.pop());
				self.compare(*ty, *op, x, y)
			},
			Code::Wrap => {
				let x = self.pop();
				self.extend(Type::I64, x, 32, false)
			},
			Code::ExtendSigned { ty, from } => {
				let x = self.pop();
				self.extend(*ty, x, *from, true)
			},
			// A narrow value has no bits above its own; the rest are not arithmetic.
			_ => return,
		};
		self.push(result);
	}

	fn open(&mut self, kind: FrameKind, has_result: bool) {
		let locals = self.body.locals;
		self.settle(|r| r < locals);
		let end = self.block();
		let label = if kind == FrameKind::Loop {
			self.depth += 1;
			let header = self.block();
			self.jump(header);
			self.start(header);
			header
		} else {
			end
		};
		self.push_frame(kind, label, end, has_result, None);
	}

	fn open_if(&mut self, has_result: bool) {
		let condition = self.pop();
		let locals = self.body.locals;
		self.settle(|r| r < locals);
		let (end, then, other) = (self.block(), self.block(), self.block());
		match condition {
			Val::Const(0) => self.jump(other),
			Val::Const(_) => self.jump(then),
			Val::Reg(r) => {
				let inst = not_zero(r);
				self.end_block(Term::Branch { inst, then, other });
			},
		}
		self.start(then);
		self.push_frame(FrameKind::Block, end, end, has_result, Some(other));
	}

	fn push_frame(
		&mut self,
		kind: FrameKind,
		label: BlockId,
		end: BlockId,
		has_result: bool,
		other: Option<BlockId>,
	) {
		let result = has_result.then(|| self.body.reg());
		let height = self.stack.len();
		self.frames.push(Frame {
			kind,
			label,
			end,
			result,
			has_result,
			height,
			other,
			end_reached: false,
		});
	}

	/// Leaves the innermost block by its end.
	fn fall_through(&mut self) {
		if !self.reachable {
			return;
		}
		let Some((kind, has_result, result, end)) =
			self.frames.last().map(|f| (f.kind, f.has_result, f.result, f.end))
		else {
			return;
		};
		let value = has_result.then(|| self.pop());
		if kind == FrameKind::Function {
			self.end_block(Term::Return(value));
			return;
		}
		if let (Some(d), Some(value)) = (result, value) {
			self.push_inst(Inst::mov(d, value));
		}
		self.jump(end);
		if let Some(frame) = self.frames.last_mut() {
			frame.end_reached = true;
		}
	}

	fn otherwise(&mut self) {
		self.fall_through();
		let Some(frame) = self.frames.last_mut() else { return };
		self.stack.truncate(frame.height);
		if let Some(other) = frame.other.take() {
			self.start(other);
		}
	}

	fn end(&mut self) {
		self.fall_through();
		let Some(mut frame) = self.frames.pop() else { return };
		self.stack.truncate(frame.height);
		if let Some(other) = frame.other {
			self.start(other);
			self.jump(frame.end);
			frame.end_reached = true;
		}
		match frame.kind {
			FrameKind::Function => return,
			FrameKind::Loop => self.depth -= 1,
			FrameKind::Block => {},
		}
		if frame.end_reached {
			self.start(frame.end);
			if let Some(result) = frame.result {
				self.push(Val::Reg(result));
			}
		}
	}

	/// Readies a branch: the value in place, and the block to go to.
	pub(super) fn target(&mut self, label: u32) -> BlockId {
		let index = self.frames.len().saturating_sub(1).saturating_sub(label as usize);
		let top = self.stack.last().copied();
		let Some(frame) = self.frames.get_mut(index) else { return 0 };
		match frame.kind {
			FrameKind::Loop => frame.label,
			FrameKind::Block => {
				frame.end_reached = true;
				let (label, result) = (frame.label, frame.result);
				if let (Some(d), Some(value)) = (result, top) {
					self.push_inst(Inst::mov(d, value));
				}
				label
			},
			FrameKind::Function => {
				let value = if frame.has_result { top } else { None };
				let block = self.block();
				if let Some(block) = self.body.blocks.get_mut(block) {
					block.term = Term::Return(value);
				}
				block
			},
		}
	}

	pub(super) fn br(&mut self, label: u32) {
		let target = self.target(label);
		self.jump(target);
	}

	fn br_if(&mut self, label: u32) {
		match self.pop() {
			Val::Const(0) => {},
			Val::Const(_) => self.br(label),
			Val::Reg(r) => {
				let target = self.target(label);
				self.branch_to(not_zero(r), target);
			},
		}
	}

	/// `select`: the register starts as the one value and becomes the other by a conditional move.
	/// The start is the value that dies here or is the local that the result goes to.
	fn select(&mut self, next: Option<&Code>) {
		let (condition, second, first) = (self.pop(), self.pop(), self.pop());
		let condition = match condition {
			Val::Const(0) => return self.push(second),
			Val::Const(_) => return self.push(first),
			Val::Reg(r) => r,
		};
		if first == second {
			return self.push(first);
		}
		let goes_to = match next {
			Some(Code::LocalSet(l) | Code::LocalTee(l)) => Some(Val::Reg(*l)),
			_ => None,
		};
		let locals = self.body.locals;
		let dies = |v: Val| matches!(v, Val::Reg(r) if r >= locals);
		let invert =
			goes_to == Some(first) || (goes_to != Some(second) && dies(first) && !dies(second));
		let (start, other) = if invert { (first, second) } else { (second, first) };
		let result = self.body.reg();
		self.push_inst(Inst::mov(result, start));
		let inst = Inst::with(Type::I64, Op::Cmov, Val::Reg(condition), other);
		self.push_inst(Inst { d: Some(result), invert, ..inst });
		self.push(Val::Reg(result));
	}

	fn local_set(&mut self, local: Reg) {
		let value = self.pop();
		if value == Val::Reg(local) {
			return;
		}
		self.settle(|r| r == local);
		self.push_inst(Inst::mov(local, value));
	}

	fn global_get(&mut self, global: u32) {
		let value = match self.context.globals.word_of(global) {
			Some(word) => self.load_cell(word),
			None => {
				let initial = self.context.module.globals.get(global as usize);
				Val::Const(initial.map_or(0, |g| g.initial))
			},
		};
		self.push(value);
	}

	fn global_set(&mut self, global: u32) {
		let value = self.pop();
		if let Some(word) = self.context.globals.word_of(global) {
			self.store_cell(word, value);
		}
	}

	/// The value of a word among the globals.
	pub(super) fn load_cell(&mut self, word: u32) -> Val {
		let imm = u64::from(word * self.context.bytes);
		self.emit(Inst { region: Region::Globals, imm, ..Inst::new(Op::Load) })
	}

	/// Writes a word among the globals.
	pub(super) fn store_cell(&mut self, word: u32, value: Val) {
		let imm = u64::from(word * self.context.bytes);
		let b = Some(self.register(value));
		self.push_inst(Inst { region: Region::Globals, imm, b, ..Inst::new(Op::Store) });
	}
}

/// The comparison `r != 0`.
pub(super) fn not_zero(r: Reg) -> Inst {
	Inst { invert: true, ..Inst::with(Type::I64, Op::Eq, Val::Reg(r), Val::Const(0)) }
}
