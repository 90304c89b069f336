//! What the lowering of every function knows of the module and the shape.

use super::control::Callee;
use crate::{
	ir::TrapCause,
	module::{Code, Import, Module, Type, PAGE_BYTES},
	shape::Shape,
};

/// The words among the globals.
#[derive(Clone, Debug, Default)]
pub(super) struct Globals {
	/// For each global that is written, its word.
	words: Vec<Option<u32>>,
	/// The word that holds the memory's pages, if they may change.
	pub(super) pages: Option<u32>,
	/// Number of words.
	pub(super) count: u32,
}

impl Globals {
	/// The word of a global; one that is never written has none.
	pub(super) fn word_of(&self, global: u32) -> Option<u32> {
		self.words.get(global as usize).copied().flatten()
	}
}

/// Linear memory as far as it is known before anything is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
	/// Bytes at the start.
	pub(super) bytes: u64,
	/// Bytes at most.
	pub(super) max_bytes: u64,
	/// Whether the machine may hold more than the memory has, so that accesses are checked.
	pub(super) explicit: bool,
	/// Bytes that the machine holds in any case.
	pub(super) held: u64,
}

/// What every function's lowering needs.
pub(super) struct Context<'m> {
	pub(super) module: &'m Module,
	/// The functions that are lowered, in order, and the imports that they call.
	pub(super) order: &'m [u32],
	/// The type of a whole word.
	pub(super) word: Type,
	/// Bytes of a word.
	pub(super) bytes: u32,
	/// Words of the input region.
	pub(super) inputs: u32,
	pub(super) globals: Globals,
	pub(super) memory: Memory,
	/// Whether any function accesses the memory.
	pub(super) uses_memory: bool,
	/// Whether any function calls for products: then the memory begins where a vector may.
	pub(super) uses_vectors: bool,
	/// Whether the program begins with code that calls functions.
	pub(super) has_stub: bool,
}

impl<'m> Context<'m> {
	pub(super) fn new(module: &'m Module, shape: &Shape, order: &'m [u32]) -> Self {
		let bytes = shape.width.bytes();
		let word = if bytes == 8 { Type::I64 } else { Type::I32 };
		let codes = || order.iter().filter_map(|f| module.own(*f)).flat_map(|f| &f.body);
		let uses_vectors = order.iter().any(|f| module.import(*f) == Some(Import::Matrix));
		let uses_memory =
			uses_vectors || codes().any(|c| matches!(c, Code::Load { .. } | Code::Store { .. }));
		let grows = codes().any(|c| matches!(c, Code::MemoryGrow));
		let mut globals = Globals { words: vec![None; module.globals.len()], ..Globals::default() };
		for code in codes() {
			if let Code::GlobalSet(global) = code {
				if let Some(word @ None) = globals.words.get_mut(*global as usize) {
					*word = Some(globals.count);
					globals.count += 1;
				}
			}
		}
		if grows {
			globals.pages = Some(globals.count);
			globals.count += 1;
		}
		let memory_bytes = module.pages * PAGE_BYTES;
		let memory = Memory {
			bytes: memory_bytes,
			max_bytes: if grows { module.max_pages * PAGE_BYTES } else { memory_bytes },
			explicit: memory_bytes < u64::from(shape.data) * u64::from(bytes),
			held: if uses_memory { u64::from(bytes) * initial_words(module, bytes) } else { 0 },
		};
		let has_stub = module.start.is_some() || calls_entry(module, codes());
		let inputs = shape.inputs;
		Self {
			module,
			order,
			word,
			bytes,
			inputs,
			globals,
			memory,
			uses_memory,
			uses_vectors,
			has_stub,
		}
	}

	/// Words of initial data.
	pub(super) fn initial_words(&self) -> u64 {
		self.memory.held / u64::from(self.bytes)
	}

	/// What an indirect call of this signature ends in, by the first index from which on it does.
	pub(super) fn callees(&self, signature: u32) -> Vec<(u32, Callee)> {
		let module = self.module;
		let mut runs: Vec<(u32, Callee)> = Vec::new();
		let mut push = |start, callee| {
			if runs.last().is_none_or(|(_, last)| *last != callee) {
				runs.push((start, callee));
			}
		};
		let null = Callee::Traps(TrapCause::UninitializedElement);
		let mut next = 0;
		for (index, function) in &module.table {
			if *index > next {
				push(next, null);
			}
			let callee = match module.signature_index(*function) {
				Some(own) if own == signature => Callee::Function(*function),
				_ => Callee::Traps(TrapCause::IndirectCallTypeMismatch),
			};
			push(*index, callee);
			next = index + 1;
		}
		if next < module.table_size {
			push(next, null);
		}
		push(module.table_size, Callee::Traps(TrapCause::UndefinedElement));
		runs
	}
}

/// Whether any of the instructions may call the entry.
fn calls_entry<'c>(module: &Module, mut codes: impl Iterator<Item = &'c Code>) -> bool {
	let signature = module.signature_index(module.entry);
	let in_table = module.table.values().any(|function| *function == module.entry);
	codes.any(|code| match code {
		Code::Call { function } => *function == module.entry,
		Code::CallIndirect { signature: called } => in_table && Some(*called) == signature,
		_ => false,
	})
}

/// Words up to the end of the last data segment.
fn initial_words(module: &Module, bytes: u32) -> u64 {
	let end = module.segments.iter().map(|s| u64::from(s.address) + s.bytes.len() as u64);
	end.max().unwrap_or(0).div_ceil(u64::from(bytes))
}
