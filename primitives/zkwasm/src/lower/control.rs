//! Calls and tables: branches and indirect calls by a search for the index.

use super::{
	body::{BlockId, Call, Inst, Item, Reg, Term, Val},
	translate::Translator,
};
use crate::{
	ir::{Op, TrapCause},
	module::Import,
};

impl Translator<'_> {
	/// A branch by index, see [`Translator::dispatch`].
	pub(super) fn br_table(&mut self, labels: &[u32], default: u32) {
		let index = self.pop();
		if let Val::Const(index) = index {
			let label = labels.get(index as usize).copied().unwrap_or(default);
			return self.br(label);
		}
		let mut targets = std::collections::BTreeMap::new();
		let mut runs: Vec<(u32, BlockId)> = Vec::new();
		for (case, label) in (0..).zip(labels.iter().chain([&default])) {
			let target = match targets.get(label) {
				Some(target) => *target,
				None => *targets.entry(*label).or_insert(self.target(*label)),
			};
			if runs.last().is_none_or(|(_, last)| *last != target) {
				runs.push((case, target));
			}
		}
		self.dispatch(index, &runs);
	}

	/// Goes to the block of the last run that starts at or before the index, by binary search. The
	/// first run starts at 0.
	fn dispatch(&mut self, index: Val, runs: &[(u32, BlockId)]) {
		if let [(_, target)] = runs {
			return self.jump(*target);
		}
		let (left, right) = runs.split_at(runs.len() / 2);
		let Some((start, _)) = right.first() else { return };
		let inst = Inst::with(self.word(), Op::LtU, index, Val::Const(u64::from(*start)));
		let (then, other) = (self.block(), self.block());
		self.end_block(Term::Branch { inst, then, other });
		for (block, runs) in [(then, left), (other, right)] {
			self.start(block);
			self.dispatch(index, runs);
		}
	}

	/// The arguments of a call, from the stack.
	fn arguments(&mut self, count: usize) -> Vec<Val> {
		self.stack.split_off(self.stack.len().saturating_sub(count))
	}

	/// A call, its result in a register of its own.
	fn call_with(&mut self, function: u32, values: &[Val]) -> Option<Val> {
		let module = self.context.module;
		if let Some(import) = module.import(function) {
			let argument = values.first().copied().unwrap_or(Val::Const(0));
			return match import {
				Import::Input => {
					let mut inst = Inst::new(Op::Input);
					match argument {
						Val::Reg(r) => inst.a = Some(r),
						Val::Const(c) => inst.imm = c,
					}
					Some(self.emit(inst))
				},
				Import::Matrix => {
					self.product(argument);
					None
				},
			};
		}
		let result = module.signature(function).and_then(|signature| signature.result);
		let mut args: Vec<Reg> = Vec::with_capacity(values.len());
		for value in values {
			let arg = self.body.reg();
			self.push_inst(Inst::mov(arg, *value));
			args.push(arg);
		}
		let register = result.map(|_| self.body.reg());
		let ty = result.unwrap_or(self.word());
		self.push_item(Item::Call(Call { function, ty, args, result: register }));
		register.map(|r| self.emit(Inst::mov(r, Val::Reg(r))))
	}

	pub(super) fn call(&mut self, function: u32) {
		let signature = self.context.module.signature(function);
		let values = self.arguments(signature.map_or(0, |s| s.params.len()));
		if let Some(result) = self.call_with(function, &values) {
			self.push(result);
		}
	}

	/// A call through the table, which never changes: a search for the index among its functions.
	pub(super) fn call_indirect(&mut self, signature: u32) {
		let index = self.pop();
		let Some(ty) = self.context.module.signatures.get(signature as usize) else { return };
		let values = self.arguments(ty.params.len());
		let result = ty.result.map(|_| self.body.reg());
		let join = self.block();
		let entry = self.current;
		let mut blocks = std::collections::BTreeMap::new();
		let mut runs = Vec::new();
		for (start, callee) in self.context.callees(signature) {
			let block = match blocks.get(&callee) {
				Some(block) => *block,
				None => {
					let block = self.block();
					self.start(block);
					self.case(callee, &values, result, join);
					*blocks.entry(callee).or_insert(block)
				},
			};
			runs.push((start, block));
		}
		self.start(entry);
		match index {
			Val::Reg(_) => self.dispatch(index, &runs),
			Val::Const(index) => {
				let at = runs.partition_point(|(start, _)| u64::from(*start) <= index);
				if let Some((_, block)) = at.checked_sub(1).and_then(|at| runs.get(at)) {
					self.jump(*block);
				}
			},
		}
		self.start(join);
		if let Some(result) = result {
			self.push(Val::Reg(result));
		}
	}

	/// One outcome of an indirect call, in a block of its own.
	fn case(&mut self, callee: Callee, values: &[Val], result: Option<Reg>, join: BlockId) {
		match callee {
			Callee::Traps(cause) => self.trap(cause),
			Callee::Function(function) => {
				let value = self.call_with(function, values);
				if let (Some(result), Some(value)) = (result, value) {
					self.push_inst(Inst::mov(result, value));
				}
				self.jump(join);
			},
		}
	}
}

/// What an indirect call ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Callee {
	/// A call of this function.
	Function(u32),
	/// A trap.
	Traps(TrapCause),
}
