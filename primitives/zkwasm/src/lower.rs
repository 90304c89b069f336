//! Lowers a module to a program for the machine: the same program for the same module and shape,
//! everywhere.
//!
//! Per function: [`translate`] follows the operand stack and makes basic blocks on registers,
//! [`fuse`] improves them, [`webs`] splits registers that hold unrelated values, [`allocate`] gives
//! registers frame slots, [`emit`] lays blocks out. Only functions that `evaluate` reaches are
//! lowered. Where the code region has room, short blocks are copied to save jumps.
//!
//! ## The data region
//!
//! Frames first, then the globals that are written, then linear memory to the end. Without
//! recursion frames get exactly the deepest chain of calls. With recursion they get all words that
//! are left if the program has no memory instructions, else half of what initial data and globals
//! leave.

mod allocate;
mod arith;
mod body;
mod emit;
mod fuse;
mod live;
mod memory;
mod translate;
mod webs;

use crate::{
	ir::{Instr, Op, OFFSET_BITS},
	module::{Code, Function, Module},
	program::Program,
	shape::Shape,
};
use body::{Body, Item};
use emit::{Copying, Draft, Link};
use std::collections::BTreeMap;

/// Why a module does not fit the machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LowerError {
	/// The shape is not one that the machine can have.
	#[error("the shape is not well formed")]
	Shape,
	/// The program has more instructions than the shape holds.
	#[error("the program needs {need} instructions, the shape holds {capacity}")]
	CodeCapacity {
		/// Instructions of the program.
		need: u32,
		/// Instructions that the shape holds.
		capacity: u32,
	},
	/// Frames, globals and initial data need more words than the shape holds.
	#[error("the program needs {need} data words, the shape holds {capacity}")]
	DataCapacity {
		/// Words that frames, globals and initial data need.
		need: u32,
		/// Words that the shape holds.
		capacity: u32,
	},
	/// A function is larger than [`MAX_FUNCTION_SIZE`].
	#[error("function {function} has {size} instructions and locals, at most {MAX_FUNCTION_SIZE} are supported")]
	FunctionSize {
		/// Index of the function.
		function: u32,
		/// Its instructions and locals.
		size: usize,
	},
	/// A function needs a larger frame than an instruction can address.
	#[error("function {function} needs a frame of {need} words, at most {capacity} are supported")]
	FrameCapacity {
		/// Index of the function.
		function: u32,
		/// Words that it needs.
		need: u32,
		/// Words that an instruction can address.
		capacity: u32,
	},
}

/// Most instructions and locals of a function together: far more than fit the largest code region,
/// and a bound on what lowering costs.
pub const MAX_FUNCTION_SIZE: usize = 8_192;

/// A function on its way.
struct Lowered {
	drafts: Vec<Draft>,
	frame_words: u32,
	/// Callee and distance of its frame, for each call.
	calls: Vec<(u32, u32)>,
}

/// Lowers a module for a shape.
///
/// # Errors
///
/// A [`LowerError`] that names the capacity which the program exceeds.
pub fn lower(module: &Module, shape: &Shape) -> Result<Program, LowerError> {
	if !shape.is_well_formed() {
		return Err(LowerError::Shape);
	}
	let order = reachable(module);
	for (index, function) in order.iter().filter_map(|f| Some((*f, own(module, *f)?))) {
		let size = function.body.len().saturating_add(function.locals as usize);
		if size > MAX_FUNCTION_SIZE {
			return Err(LowerError::FunctionSize { function: index, size });
		}
	}
	let globals = written_globals(module, &order);
	let entry_is_called =
		order.iter().any(|f| callees(module, *f).any(|callee| callee == module.entry));
	let mut result = Err(LowerError::Shape);
	for copying in COPYING {
		let mut functions = BTreeMap::new();
		for index in &order {
			let Some(function) = own(module, *index) else { continue };
			let is_entry = *index == module.entry && !entry_is_called;
			let mut body = translate::translate(module, function, &globals);
			fuse::improve(&mut body, copying.length, copying.rounds);
			functions.insert(*index, finish(&body, is_entry, *index, copying)?);
		}
		result = Layout::of(module, shape, &order, &functions, &globals, entry_is_called)
			.and_then(|layout| link(module, shape, &order, &functions, &layout, entry_is_called));
		if result.is_ok() {
			break;
		}
	}
	result
}

/// How far blocks are copied in place of jumps, which saves the jumps' steps: tried until the
/// program fits.
const COPYING: [Copying; 9] = [
	Copying { length: 16, chain: 4, rounds: 2 },
	Copying { length: 16, chain: 3, rounds: 1 },
	Copying { length: 12, chain: 2, rounds: 1 },
	Copying { length: 12, chain: 1, rounds: 1 },
	Copying { length: 8, chain: 1, rounds: 1 },
	Copying { length: 8, chain: 1, rounds: 0 },
	Copying { length: 4, chain: 1, rounds: 0 },
	Copying { length: 2, chain: 1, rounds: 0 },
	Copying { length: 0, chain: 0, rounds: 0 },
];

/// A function of the module's own.
fn own(module: &Module, index: u32) -> Option<&Function> {
	module.functions.get(index.checked_sub(module.imports)? as usize)
}

/// The module's own functions that a function calls.
fn callees(module: &Module, index: u32) -> impl Iterator<Item = u32> + '_ {
	let body = own(module, index).map(|f| f.body.as_slice()).unwrap_or_default();
	body.iter().filter_map(|code| match code {
		Code::Call { function } if *function >= module.imports => Some(*function),
		_ => None,
	})
}

/// The functions that the entry reaches, itself first, then in order of first call.
fn reachable(module: &Module) -> Vec<u32> {
	let mut order = vec![module.entry];
	let mut next = 0;
	while let Some(function) = order.get(next).copied() {
		for callee in callees(module, function) {
			if !order.contains(&callee) {
				order.push(callee);
			}
		}
		next += 1;
	}
	order
}

/// For each global that a reachable function writes, its word among the globals.
fn written_globals(module: &Module, order: &[u32]) -> Vec<Option<u32>> {
	let mut words = vec![None; module.globals.len()];
	let mut next = 0;
	for function in order.iter().filter_map(|f| own(module, *f)) {
		for code in &function.body {
			if let Code::GlobalSet(global) = code {
				if let Some(word @ None) = words.get_mut(*global as usize) {
					*word = Some(next);
					next += 1;
				}
			}
		}
	}
	words
}

/// Allocates a function's frame and writes its instructions.
fn finish(
	body: &Body,
	is_entry: bool,
	function: u32,
	copying: Copying,
) -> Result<Lowered, LowerError> {
	let frame = allocate::allocate(body, is_entry);
	let capacity = 1 << OFFSET_BITS;
	if frame.words > capacity {
		return Err(LowerError::FrameCapacity { function, need: frame.words, capacity });
	}
	let items = body.blocks.iter().flat_map(|block| &block.items);
	let called = items.filter_map(|item| match item {
		Item::Call(call) => Some(call.function),
		Item::Inst(_) => None,
	});
	let calls = called.zip(frame.bases.iter().copied()).collect();
	let drafts = emit::emit(body, &frame, is_entry, copying);
	Ok(Lowered { drafts, frame_words: frame.words, calls })
}

/// Where the parts of the data region start.
struct Layout {
	stack_words: u32,
	globals_base: u32,
	memory_base: u32,
	data: Vec<u64>,
}

impl Layout {
	fn of(
		module: &Module,
		shape: &Shape,
		order: &[u32],
		functions: &BTreeMap<u32, Lowered>,
		globals: &[Option<u32>],
		has_stub: bool,
	) -> Result<Self, LowerError> {
		let global_words = globals.iter().flatten().count() as u32;
		let uses_memory = order.iter().filter_map(|f| own(module, *f)).any(|function| {
			function.body.iter().any(|c| matches!(c, Code::Load { .. } | Code::Store { .. }))
		});
		let end = module.segments.iter().map(|s| u64::from(s.address) + s.bytes.len() as u64);
		let initial_words = if uses_memory { end.max().unwrap_or(0).div_ceil(4) as u32 } else { 0 };
		let rest = shape.data.saturating_sub(global_words).saturating_sub(initial_words);
		let least = depth(module.entry, functions, &mut Vec::new());
		let stack_words = match least {
			Some(words) => words,
			None if uses_memory => rest / 2,
			None => rest,
		}
		// The start-up code's frame has the link of the first call.
		.max(u32::from(has_stub));
		let entry_words = functions.get(&module.entry).map_or(0, |f| f.frame_words);
		let need =
			stack_words.max(entry_words).saturating_add(global_words).saturating_add(initial_words);
		if need > shape.data {
			return Err(LowerError::DataCapacity { need, capacity: shape.data });
		}
		let (globals_base, memory_base) = (stack_words, stack_words + global_words);
		let mut data = vec![0u64; shape.data as usize];
		for (global, word) in module.globals.iter().zip(globals) {
			if let Some(word) = word {
				data[(globals_base + word) as usize] = u64::from(global.initial);
			}
		}
		for segment in module.segments.iter().filter(|_| uses_memory) {
			for (address, byte) in (segment.address..).zip(&segment.bytes) {
				let word = &mut data[(memory_base + address / 4) as usize];
				let shift = address % 4 * 8;
				*word = *word & !(0xff << shift) | u64::from(*byte) << shift;
			}
		}
		Ok(Self { stack_words, globals_base, memory_base, data })
	}
}

/// Words that the deepest chain of calls from a function needs; `None` if it may recurse.
fn depth(index: u32, functions: &BTreeMap<u32, Lowered>, open: &mut Vec<u32>) -> Option<u32> {
	if open.contains(&index) {
		return None;
	}
	let Some(function) = functions.get(&index) else { return Some(0) };
	open.push(index);
	let mut words = function.frame_words;
	for (callee, base) in &function.calls {
		words = words.max(base + depth(*callee, functions, open)?);
	}
	open.pop();
	Some(words)
}

/// Puts the functions one after another and fills in targets and addresses.
fn link(
	module: &Module,
	shape: &Shape,
	order: &[u32],
	functions: &BTreeMap<u32, Lowered>,
	layout: &Layout,
	has_stub: bool,
) -> Result<Program, LowerError> {
	let mut starts = BTreeMap::new();
	let mut next = if has_stub { 2 } else { 0 };
	for (index, function) in order.iter().filter_map(|f| functions.get_key_value(f)) {
		starts.insert(*index, next);
		next += function.drafts.len() as u32;
	}
	// What irregular accesses go to.
	let lost = next as u16;
	next += 1;
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
	if has_stub {
		instructions.push(call(Instr { d: Some(0), ..Instr::new(Op::Call) }, module.entry));
		instructions.push(Instr { b: Some(0), ..Instr::new(Op::Halt) });
	}
	for (index, function) in order.iter().filter_map(|f| functions.get_key_value(f)) {
		let start = starts.get(index).copied().unwrap_or(0);
		for Draft { instr, link } in &function.drafts {
			let moved = |base: u32| {
				let imm = (instr.imm + u64::from(4 * base)).min(u64::from(u32::MAX));
				Instr { imm, target: lost, ..*instr }
			};
			instructions.push(match link {
				Link::None if instr.op == Op::Input => Instr { target: lost, ..*instr },
				Link::None => *instr,
				Link::Local(target) => Instr { target: (start + target) as u16, ..*instr },
				Link::Function(callee) => call(*instr, *callee),
				Link::Memory => moved(layout.memory_base),
				Link::Globals => moved(layout.globals_base),
			});
		}
	}
	let cause = crate::ir::TrapCause::OutOfBounds as u64;
	instructions.push(Instr { imm: cause, ..Instr::new(Op::Trap) });
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
