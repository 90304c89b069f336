//! What is where in the data region, and the program that results.
//!
//! Frames first, then the globals that are written and the size of a memory that may grow, then
//! linear memory to the end. Without recursion frames get exactly the deepest chain of calls. With
//! recursion they get all words that are left if the program has no memory instructions, else half
//! of what initial data and globals leave.
//!
//! A program with a start function, or whose entry is called, begins with code that calls them and
//! halts; others begin with the entry.

use super::{
	body::Region,
	context::Context,
	emit::{Draft, Target},
	LowerError, Lowered,
};
use crate::{
	ir::{Instr, Op},
	matrix::VECTOR_WORDS,
	program::Program,
	shape::Shape,
};
use std::collections::BTreeMap;

/// Where the parts of the data region start.
pub(super) struct Layout {
	stack_words: u32,
	globals_base: u32,
	memory_base: u32,
	data: Vec<u64>,
}

impl Layout {
	pub(super) fn of(
		context: &Context<'_>,
		shape: &Shape,
		functions: &BTreeMap<u32, Lowered>,
	) -> Result<Self, LowerError> {
		let initial_words = u32::try_from(context.initial_words()).unwrap_or(u32::MAX);
		let global_words = context.globals.count;
		let rest = shape.data.saturating_sub(global_words).saturating_sub(initial_words);
		let roots = context.module.start.into_iter().chain([context.module.entry]);
		let mut depths = Depths { functions, known: BTreeMap::new() };
		let least =
			roots.map(|root| depths.of(root)).try_fold(0, |most, words| Some(words?.max(most)));
		let entry_words = functions.get(&context.module.entry).map_or(0, |f| f.frame_words);
		let stack_words = match least {
			Some(words) => words,
			None if context.uses_memory => rest / 2,
			None => rest,
		}
		// The start-up code's frame has the link of the first call.
		.max(u32::from(context.has_stub))
		.max(entry_words);
		let globals_base = stack_words;
		let mut memory_base = stack_words.saturating_add(global_words);
		if context.uses_vectors {
			memory_base = memory_base.checked_next_multiple_of(VECTOR_WORDS).unwrap_or(u32::MAX);
		}
		let need = memory_base.saturating_add(initial_words);
		if need > shape.data {
			return Err(LowerError::DataCapacity { need, capacity: shape.data });
		}
		let mut layout =
			Self { stack_words, globals_base, memory_base, data: vec![0; shape.data as usize] };
		layout.fill(context);
		Ok(layout)
	}

	/// Writes the initial data.
	fn fill(&mut self, context: &Context<'_>) {
		let module = context.module;
		let globals = (0..).zip(&module.globals);
		let words = globals.map(|(index, g)| (context.globals.word_of(index), g.initial));
		for (word, initial) in words.chain([(context.globals.pages, module.pages)]) {
			if let Some(word) = word {
				self.data[(self.globals_base + word) as usize] = initial;
			}
		}
		let bytes = context.bytes;
		for segment in module.segments.iter().filter(|_| context.uses_memory) {
			for (address, byte) in (segment.address..).zip(&segment.bytes) {
				let word = &mut self.data[(self.memory_base + address / bytes) as usize];
				let shift = address % bytes * 8;
				*word = *word & !(0xff << shift) | u64::from(*byte) << shift;
			}
		}
	}
}

/// Words that the deepest chain of calls from functions needs.
struct Depths<'f> {
	functions: &'f BTreeMap<u32, Lowered>,
	/// What is known, `None` of functions that may recurse or are being looked at.
	known: BTreeMap<u32, Option<u32>>,
}

impl Depths<'_> {
	/// The words; `None` if the function may recurse.
	fn of(&mut self, index: u32) -> Option<u32> {
		if let Some(known) = self.known.get(&index) {
			return *known;
		}
		let function = self.functions.get(&index)?;
		self.known.insert(index, None);
		let mut words = Some(function.frame_words);
		for (callee, base) in &function.calls {
			words = words.and_then(|words| Some(words.max(base + self.of(*callee)?)));
		}
		self.known.insert(index, words);
		words
	}
}

/// Puts the functions one after another and fills in targets and addresses.
pub(super) fn link(
	context: &Context<'_>,
	shape: &Shape,
	functions: &BTreeMap<u32, Lowered>,
	layout: &Layout,
) -> Result<Program, LowerError> {
	let called = context.module.start.into_iter().chain([context.module.entry]);
	let called: Vec<u32> = called.filter(|_| context.has_stub).collect();
	let mut starts = BTreeMap::new();
	let mut next = if context.has_stub { called.len() as u32 + 1 } else { 0 };
	for (index, function) in context.order.iter().filter_map(|f| functions.get_key_value(f)) {
		starts.insert(*index, next);
		next = next.saturating_add(function.drafts.len() as u32);
	}
	if next > shape.code {
		return Err(LowerError::CodeCapacity { need: next, capacity: shape.code });
	}
	let call = |instr: Instr, callee: u32| Instr {
		target: starts.get(&callee).copied().unwrap_or(0) as u16,
		imm: u64::from(
			layout.stack_words.saturating_sub(functions.get(&callee).map_or(0, |f| f.frame_words)),
		),
		..instr
	};
	let mut instructions = Vec::with_capacity(next as usize);
	for function in &called {
		instructions.push(call(Instr { d: Some(0), ..Instr::new(Op::Call) }, *function));
	}
	if context.has_stub {
		instructions.push(Instr { b: Some(0), ..Instr::new(Op::Halt) });
	}
	for (index, function) in context.order.iter().filter_map(|f| functions.get_key_value(f)) {
		let start = starts.get(index).copied().unwrap_or(0);
		for Draft { instr, region, target } in &function.drafts {
			let base = match region {
				Region::None => 0,
				Region::Memory => layout.memory_base,
				Region::Globals => layout.globals_base,
			};
			let most = if base == 0 { u64::MAX } else { u64::from(u32::MAX) };
			let imm = instr.imm.saturating_add(u64::from(context.bytes * base)).min(most);
			instructions.push(match target {
				Target::Function(callee) => call(*instr, *callee),
				Target::Local(target) => Instr { imm, target: (start + target) as u16, ..*instr },
				_ => Instr { imm, ..*instr },
			});
		}
	}
	let mut functions: Vec<(u32, u32)> = starts.into_iter().map(|(f, start)| (start, f)).collect();
	functions.sort_unstable();
	Ok(Program {
		shape: *shape,
		instructions,
		data: layout.data.clone(),
		entry_pc: 0,
		entry_fp: 0,
		stack_words: layout.stack_words,
		memory_base: layout.memory_base,
		functions,
	})
}
