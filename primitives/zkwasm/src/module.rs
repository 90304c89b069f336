//! Reads a WebAssembly module and refuses what the machine does not support.
//!
//! Supported is the MVP's integer half: `i32` and `i64`, locals, globals, one memory, one table
//! with active segments, structured control, direct and indirect calls, a start function, and the
//! sign extension operators. It may import `env.input(i32) -> i32`, which reads a word of the input
//! region, and `env.matrix(i32)`, a product with the artifact's matrix ([`Import`]). It must export
//! `evaluate() -> i32`.
//!
//! `memory.grow` succeeds up to the maximum that the module declares, and without one up to the
//! standard's 65,536 pages; beyond it the result is -1. What of a memory the machine can't hold
//! shows when a run accesses it (`machine::RunError::OverCapacity`), not here.
//!
//! What is refused is refused by name with its byte offset: other imports, floats, vectors,
//! anything after the MVP. Segments that do not fit their memory or table are refused, as the
//! standard's instantiation would fail. What is left is validated.

mod loader;
mod operator;

pub use loader::load;
pub use operator::{BinOp, CmpOp, Code, UnOp};

use std::collections::BTreeMap;
use wasmparser::BinaryReaderError;

/// Largest module in bytes.
pub const MAX_MODULE_BYTES: usize = 1 << 20;
/// Most pages of a memory, the standard's limit: its addresses have 32 bits.
pub const MAX_PAGES: u64 = 65_536;
/// Bytes of a page.
pub const PAGE_BYTES: u64 = 65_536;
/// Module of the imports.
pub const IMPORT_MODULE: &str = "env";
/// The exported function that a run calls.
pub const ENTRY_EXPORT: &str = "evaluate";

/// Why a module is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
	/// It is larger than [`MAX_MODULE_BYTES`].
	#[error("the module has {bytes} bytes, at most {MAX_MODULE_BYTES} are allowed")]
	TooLarge {
		/// Bytes of the module.
		bytes: usize,
	},
	/// It is not valid WebAssembly.
	#[error("invalid module at byte {offset:#x}: {message}")]
	Invalid {
		/// What the validator says.
		message: String,
		/// Byte offset in the module.
		offset: u64,
	},
	/// It uses an instruction that is not supported.
	#[error("instruction {name} at byte {offset:#x} is not supported")]
	Instruction {
		/// The instruction's name in the text format.
		name: String,
		/// Byte offset in the module.
		offset: u64,
	},
	/// It has a part that is not supported.
	#[error("{what} at byte {offset:#x} is not supported")]
	Unsupported {
		/// The part.
		what: String,
		/// Byte offset in the module.
		offset: u64,
	},
	/// It imports something other than an [`Import`].
	#[error(
		"import {module}.{name} at byte {offset:#x} is not supported, only env.input: (i32) -> i32 \
		 and env.matrix: (i32) -> () are"
	)]
	Import {
		/// The import's module.
		module: String,
		/// The import's name.
		name: String,
		/// Byte offset in the module.
		offset: u64,
	},
	/// A data segment does not fit the memory's initial size.
	#[error(
		"the data segment at byte {offset:#x} ends at address {end}, beyond the initial memory"
	)]
	DataOutOfBounds {
		/// Address after its last byte.
		end: u64,
		/// Byte offset in the module.
		offset: u64,
	},
	/// An element segment does not fit the table.
	#[error("the element segment at byte {offset:#x} ends at index {end}, beyond the table")]
	ElementOutOfBounds {
		/// Index after its last element.
		end: u64,
		/// Byte offset in the module.
		offset: u64,
	},
	/// It does not export `evaluate: () -> i32`.
	#[error("the module does not export a function evaluate: () -> i32")]
	NoEntry,
}

impl From<BinaryReaderError> for LoadError {
	fn from(error: BinaryReaderError) -> Self {
		Self::Invalid { message: error.message().to_string(), offset: error.offset() }
	}
}

/// A value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
	/// 32 bits.
	I32,
	/// 64 bits.
	I64,
}

impl Type {
	/// Bits of a value.
	pub const fn bits(self) -> u32 {
		match self {
			Self::I32 => 32,
			Self::I64 => 64,
		}
	}

	/// The largest value, read as unsigned.
	pub const fn mask(self) -> u64 {
		match self {
			Self::I32 => u32::MAX as u64,
			Self::I64 => u64::MAX,
		}
	}
}

/// A function's parameters and result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
	/// Types of the parameters.
	pub params: Vec<Type>,
	/// Type of the result, if it has one.
	pub result: Option<Type>,
}

/// What a module may import, from [`IMPORT_MODULE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
	/// `input: (i32) -> i32` reads a word of the input region.
	Input,
	/// `matrix: (i32) -> ()` replaces the vector at an address by its product with the matrix, see
	/// [`crate::matrix`]. It traps as out of bounds where the address is no multiple of a vector's bytes.
	Matrix,
}

impl Import {
	/// The import of this name.
	pub fn named(name: &str) -> Option<Self> {
		match name {
			"input" => Some(Self::Input),
			"matrix" => Some(Self::Matrix),
			_ => None,
		}
	}

	/// Its signature.
	pub fn signature(self) -> Signature {
		let result = match self {
			Self::Input => Some(Type::I32),
			Self::Matrix => None,
		};
		Signature { params: vec![Type::I32], result }
	}
}

/// A function of the module's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
	/// Its signature, an index in [`Module::signatures`].
	pub signature: u32,
	/// Locals besides the parameters: how many of which type, in order.
	pub locals: Vec<(u32, Type)>,
	/// Its instructions, the closing `end` included.
	pub body: Vec<Code>,
	/// What in it first deals with 64 bits, if anything does: an instruction by name, a local or
	/// its type; and the byte offset.
	pub wide: Option<(String, u64)>,
}

impl Function {
	/// Number of locals besides the parameters.
	pub fn local_count(&self) -> u32 {
		self.locals.iter().fold(0, |sum, (count, _)| sum.saturating_add(*count))
	}
}

/// A global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Global {
	/// Its type.
	pub ty: Type,
	/// Whether it may be written.
	pub mutable: bool,
	/// Its initial value.
	pub initial: u64,
}

/// Bytes that are in memory at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
	/// First address.
	pub address: u32,
	/// The bytes.
	pub bytes: Vec<u8>,
}

/// A module that can be lowered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
	/// The functions' signatures. Equal ones are one, so that functions have the same type if and
	/// only if their indices here are equal.
	pub signatures: Vec<Signature>,
	/// The imported functions, each with its signature. They have the first indices.
	pub imports: Vec<(Import, u32)>,
	/// The module's own functions, after the imported ones.
	pub functions: Vec<Function>,
	/// The globals.
	pub globals: Vec<Global>,
	/// Pages of memory at the start.
	pub pages: u64,
	/// Pages up to which the memory may grow.
	pub max_pages: u64,
	/// Initial contents of the memory.
	pub segments: Vec<Segment>,
	/// Elements of the table, which no instruction can change.
	pub table_size: u32,
	/// The functions in the table by index; what is not here is null.
	pub table: BTreeMap<u32, u32>,
	/// Index of the function that runs before `evaluate`.
	pub start: Option<u32>,
	/// Index of `evaluate`.
	pub entry: u32,
}

impl Module {
	/// Number of imported functions.
	pub fn import_count(&self) -> u32 {
		self.imports.len() as u32
	}

	/// A function of the module's own, by its index; `None` for an imported one.
	pub fn own(&self, index: u32) -> Option<&Function> {
		self.functions.get(index.checked_sub(self.import_count())? as usize)
	}

	/// What an imported function is; `None` of the module's own.
	pub fn import(&self, index: u32) -> Option<Import> {
		self.imports.get(index as usize).map(|(import, _)| *import)
	}

	/// Index in [`Module::signatures`] of any function.
	pub fn signature_index(&self, function: u32) -> Option<u32> {
		let imported = self.imports.get(function as usize).map(|(_, signature)| *signature);
		imported.or_else(|| self.own(function).map(|own| own.signature))
	}

	/// The signature of any function.
	pub fn signature(&self, function: u32) -> Option<&Signature> {
		self.signatures.get(self.signature_index(function)? as usize)
	}
}
