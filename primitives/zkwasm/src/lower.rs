//! Lowers a module to a program for the machine: the same program for the same module and shape,
//! everywhere.
//!
//! Per function: [`translate`] follows the operand stack and makes basic blocks on registers,
//! [`fuse`] improves them, [`webs`] splits registers that hold unrelated values, [`known`] finds out
//! what can't happen, [`allocate`] gives registers frame slots, [`emit`] lays blocks out with their
//! [`slow`] paths. Only functions that the start function and `evaluate` reach are lowered. Where the
//! code region has room, short blocks are copied to save jumps.
//!
//! [`layout`] says what is where in the data region.

mod allocate;
mod arith;
mod body;
mod context;
mod control;
mod emit;
mod fuse;
mod known;
mod layout;
mod live;
mod memory;
mod reach;
mod slow;
mod translate;
mod webs;

use crate::{ir::OFFSET_BITS, module::Module, program::Program, shape::Shape};
use body::{Body, Item};
use context::Context;
use emit::{Copying, Draft};
use known::Known;
use layout::{link, Layout};
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
	/// The machine's words have 32 bits, a function needs 64.
	#[error(
		"function {function} uses {what} of 64 bits at byte {offset:#x}, the shape's words have 32"
	)]
	Width {
		/// Index of the function.
		function: u32,
		/// An instruction by its name, a local or the function's type.
		what: String,
		/// Byte offset in the module.
		offset: u64,
	},
	/// A function calls `env.matrix`, the machine has no matrix.
	#[error("the module calls env.matrix, the shape has no matrix")]
	Matrix,
	/// A function is larger than [`MAX_FUNCTION_SIZE`].
	#[error(
		"function {function} has {size} instructions, locals and cases of tables, at most \
		 {MAX_FUNCTION_SIZE} are supported"
	)]
	FunctionSize {
		/// Index of the function.
		function: u32,
		/// Its instructions, locals and cases.
		size: usize,
	},
	/// The functions that are used are together larger than [`MAX_PROGRAM_SIZE`].
	#[error(
		"the functions have at least {size} instructions, locals and cases of tables, at most \
		 {MAX_PROGRAM_SIZE} are supported"
	)]
	ProgramSize {
		/// Instructions, locals and cases of the first functions that are too many.
		size: usize,
	},
	/// The functions need too many of the machine's instructions even before they are improved.
	#[error(
		"up to function {function} the functions expand to {size} instructions and blocks, at most \
		 {MAX_BODY_SIZE} are supported"
	)]
	Expansion {
		/// Index of the first function that is too much.
		function: u32,
		/// Instructions and blocks, those of the functions before it included.
		size: usize,
	},
	/// The table of an indirect call has more elements than [`MAX_TABLE`].
	#[error("the table has {size} elements, for indirect calls at most {MAX_TABLE} are supported")]
	TableSize {
		/// Elements that are not null.
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

/// Most instructions, locals and cases of tables of a function together: far more than fit the
/// largest code region, and a bound on what lowering costs.
pub const MAX_FUNCTION_SIZE: usize = 4_096;
/// Most instructions of the machine and blocks that all functions may expand to at first.
pub const MAX_BODY_SIZE: usize = 8_192;
/// Most instructions, locals and cases of all functions that are used together.
pub const MAX_PROGRAM_SIZE: usize = 16_384;
/// Most elements of a table that is called through.
pub const MAX_TABLE: usize = 1_024;

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
	let order = reach::reachable(module, shape)?;
	let context = Context::new(module, shape, &order);
	let mut result = Err(LowerError::Shape);
	for copying in COPYING {
		let mut functions = BTreeMap::new();
		let mut size = 0;
		for index in &order {
			let Some(function) = module.own(*index) else { continue };
			let body = translate::translate(&context, function);
			size += body.size();
			if size > MAX_BODY_SIZE {
				return Err(LowerError::Expansion { function: *index, size });
			}
			functions.insert(*index, lower_function(&context, *index, body, copying)?);
		}
		result = Layout::of(&context, shape, &functions)
			.and_then(|layout| link(&context, shape, &functions, &layout));
		if result.is_ok() {
			break;
		}
	}
	result
}

/// How far blocks are copied in place of jumps, which saves the jumps' steps: tried until the
/// program fits.
const COPYING: [Copying; 10] = [
	Copying { length: 16, chain: 4, rounds: 2 },
	Copying { length: 16, chain: 3, rounds: 1 },
	Copying { length: 12, chain: 2, rounds: 1 },
	Copying { length: 8, chain: 3, rounds: 1 },
	Copying { length: 12, chain: 1, rounds: 1 },
	Copying { length: 8, chain: 1, rounds: 1 },
	Copying { length: 8, chain: 1, rounds: 0 },
	Copying { length: 4, chain: 1, rounds: 0 },
	Copying { length: 2, chain: 1, rounds: 0 },
	Copying { length: 0, chain: 0, rounds: 0 },
];

/// Lowers one function from its translation.
fn lower_function(
	context: &Context<'_>,
	index: u32,
	mut body: Body,
	copying: Copying,
) -> Result<Lowered, LowerError> {
	let is_entry = index == context.module.entry && !context.has_stub;
	fuse::improve(&mut body, copying.length, copying.rounds);
	let mut known = Known::of(&body, context);
	if known.decide(&mut body) {
		fuse::tidy(&mut body);
		known = Known::of(&body, context);
	}
	let scratch = slow::scratch_words(&body, context, &known);
	let frame = allocate::allocate(&body, is_entry, scratch);
	let capacity = 1 << OFFSET_BITS;
	if frame.words > capacity {
		return Err(LowerError::FrameCapacity { function: index, need: frame.words, capacity });
	}
	let calls = called(&body).zip(frame.bases.iter().copied()).collect();
	let drafts = emit::emit(&body, &frame, context, &known, is_entry, copying);
	Ok(Lowered { drafts, frame_words: frame.words, calls })
}

/// The functions that a body calls, in order.
fn called(body: &Body) -> impl Iterator<Item = u32> + '_ {
	body.blocks.iter().flat_map(|block| &block.items).filter_map(|item| match item {
		Item::Call(call) => Some(call.function),
		Item::Inst(_) => None,
	})
}
