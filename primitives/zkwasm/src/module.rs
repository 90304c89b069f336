//! Reads a WebAssembly module and refuses what the machine does not support.
//!
//! Supported is the MVP's integer half: `i32` arithmetic, locals, globals, one memory of at most
//! [`MAX_PAGES`] page, structured control, direct calls. The only import is
//! `env.input(i32) -> i32`, which reads a word of the input region. The module must export
//! `evaluate() -> i32`.
//!
//! What is refused is refused by name with its byte offset: other imports, `i64` and floats,
//! `memory.grow`, `call_indirect`, element segments, start functions, anything after the MVP. A
//! table that nothing uses is ignored (linkers leave one). What is left is validated.

mod operator;

pub use operator::{BinOp, CmpOp, Code, UnOp};

use operator::{name, translate};
use wasmparser::{
	BinaryReaderError, ConstExpr, DataKind, ExternalKind, FuncType, FunctionBody, Operator, Parser,
	Payload, TypeRef, ValType, Validator, WasmFeatures,
};

/// Largest module in bytes.
pub const MAX_MODULE_BYTES: usize = 1 << 20;
/// Most pages of 64 KiB that a memory may declare. The machine holds a small part of the first.
pub const MAX_PAGES: u64 = 1;
/// Bytes of a page.
pub const PAGE_BYTES: u64 = 65_536;
/// Module and name of the only import.
pub const INPUT_IMPORT: (&str, &str) = ("env", "input");
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
	/// It imports something other than `env.input: (i32) -> i32`.
	#[error("import {module}.{name} at byte {offset:#x} is not supported, only env.input: (i32) -> i32 is")]
	Import {
		/// The import's module.
		module: String,
		/// The import's name.
		name: String,
		/// Byte offset in the module.
		offset: u64,
	},
	/// Its memory declares more pages than [`MAX_PAGES`].
	#[error(
		"the memory at byte {offset:#x} declares {pages} pages, at most {MAX_PAGES} is supported"
	)]
	MemoryTooLarge {
		/// Pages that it declares.
		pages: u64,
		/// Byte offset in the module.
		offset: u64,
	},
	/// A data segment does not fit the declared memory.
	#[error(
		"the data segment at byte {offset:#x} ends at address {end}, beyond the declared memory"
	)]
	DataOutOfBounds {
		/// Address after its last byte.
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

/// A function's parameters and results, all `i32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
	/// Number of parameters.
	pub params: u32,
	/// Whether it has a result.
	pub result: bool,
}

/// A function of the module's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
	/// Its signature.
	pub signature: Signature,
	/// Locals besides the parameters.
	pub locals: u32,
	/// Its instructions, the closing `end` included.
	pub body: Vec<Code>,
}

/// A global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Global {
	/// Whether it may be written.
	pub mutable: bool,
	/// Its initial value.
	pub initial: u32,
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
	/// Number of imported functions, 0 or more; each is `env.input`. They have the first indices.
	pub imports: u32,
	/// The module's own functions, from index [`Module::imports`] on.
	pub functions: Vec<Function>,
	/// The globals.
	pub globals: Vec<Global>,
	/// Pages of memory.
	pub pages: u64,
	/// Initial contents of the memory.
	pub segments: Vec<Segment>,
	/// Index of `evaluate`.
	pub entry: u32,
}

/// Reads a module.
///
/// # Errors
///
/// A [`LoadError`] for what is not supported and for what is not valid.
pub fn load(wasm: &[u8]) -> Result<Module, LoadError> {
	if wasm.len() > MAX_MODULE_BYTES {
		return Err(LoadError::TooLarge { bytes: wasm.len() });
	}
	let mut loader = Loader::default();
	for payload in Parser::new(0).parse_all(wasm) {
		loader.payload(payload?)?;
	}
	Validator::new_with_features(WasmFeatures::WASM1).validate_all(wasm)?;
	loader.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Loader {
	module: Module,
	types: Vec<FuncType>,
	/// Type index of each function, imports first.
	function_types: Vec<u32>,
	entry: Option<u32>,
}

impl Loader {
	fn payload(&mut self, payload: Payload<'_>) -> Result<(), LoadError> {
		match payload {
			Payload::TypeSection(reader) => {
				for ty in reader.into_iter_err_on_gc_types() {
					self.types.push(ty?);
				}
			},
			Payload::ImportSection(reader) => {
				for import in reader.into_imports_with_offsets() {
					let (offset, import) = import?;
					self.import(import.module, import.name, import.ty, offset)?;
				}
			},
			Payload::FunctionSection(reader) => {
				for ty in reader {
					self.function_types.push(ty?);
				}
			},
			Payload::MemorySection(reader) => {
				for memory in reader.into_iter_with_offsets() {
					let (offset, memory) = memory?;
					if memory.initial > MAX_PAGES {
						return Err(LoadError::MemoryTooLarge { pages: memory.initial, offset });
					}
					self.module.pages = memory.initial;
				}
			},
			Payload::GlobalSection(reader) => {
				for global in reader.into_iter_with_offsets() {
					let (offset, global) = global?;
					only_i32(global.ty.content_type, "global", offset)?;
					let initial = constant(&global.init_expr)?;
					self.module.globals.push(Global { mutable: global.ty.mutable, initial });
				}
			},
			Payload::ExportSection(reader) => {
				for export in reader {
					let export = export?;
					if export.name == ENTRY_EXPORT && export.kind == ExternalKind::Func {
						self.entry = Some(export.index);
					}
				}
			},
			Payload::CodeSectionEntry(body) => self.function(&body)?,
			Payload::DataSection(reader) => {
				for data in reader {
					self.data(data?)?;
				}
			},
			Payload::StartSection { range, .. } => {
				return Err(unsupported("a start function", range.start))
			},
			Payload::ElementSection(reader) if reader.count() > 0 => {
				return Err(unsupported("an element segment", reader.range().start))
			},
			Payload::ElementSection(_) => {},
			Payload::DataCountSection { range, .. } => {
				return Err(unsupported("a data count section", range.start))
			},
			Payload::TagSection(reader) => {
				return Err(unsupported("a tag section", reader.range().start))
			},
			// Tables without elements cannot be called through, custom sections mean nothing; the
			// validator deals with the rest.
			_ => {},
		}
		Ok(())
	}

	fn import(
		&mut self,
		module: &str,
		name: &str,
		ty: TypeRef,
		offset: u64,
	) -> Result<(), LoadError> {
		let refused =
			|| LoadError::Import { module: module.to_string(), name: name.to_string(), offset };
		let TypeRef::Func(index) = ty else { return Err(refused()) };
		let known = self
			.types
			.get(index as usize)
			.is_some_and(|ty| ty.params() == [ValType::I32] && ty.results() == [ValType::I32]);
		if (module, name) != INPUT_IMPORT || !known {
			return Err(refused());
		}
		self.function_types.push(index);
		self.module.imports += 1;
		Ok(())
	}

	fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), LoadError> {
		let offset = body.range().start;
		let index = self.module.imports as usize + self.module.functions.len();
		let ty = self
			.function_types
			.get(index)
			.and_then(|ty| self.types.get(*ty as usize))
			.ok_or_else(|| unsupported("a function without a type", offset))?;
		for value in ty.params().iter().chain(ty.results()) {
			only_i32(*value, "function type", offset)?;
		}
		if ty.results().len() > 1 {
			return Err(unsupported("a function with several results", offset));
		}
		let signature =
			Signature { params: ty.params().len() as u32, result: !ty.results().is_empty() };
		let mut locals = 0u32;
		let mut reader = body.get_locals_reader()?;
		for _ in 0..reader.get_count() {
			let at = reader.original_position();
			let (count, ty) = reader.read()?;
			only_i32(ty, "local", at)?;
			locals = locals.saturating_add(count);
		}
		let mut code = Vec::new();
		for operator in body.get_operators_reader()?.into_iter_with_offsets() {
			let (operator, offset) = operator?;
			code.push(translate(&operator).ok_or_else(|| match operator {
				Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
					unsupported("a block whose type is not empty and not i32", offset)
				},
				_ => LoadError::Instruction { name: name(&operator), offset },
			})?);
		}
		self.module.functions.push(Function { signature, locals, body: code });
		Ok(())
	}

	fn data(&mut self, data: wasmparser::Data<'_>) -> Result<(), LoadError> {
		let offset = data.range.start;
		let DataKind::Active { offset_expr, .. } = &data.kind else {
			return Err(unsupported("a passive data segment", offset));
		};
		let address = constant(offset_expr)?;
		let end = u64::from(address) + data.data.len() as u64;
		if end > self.module.pages * PAGE_BYTES {
			return Err(LoadError::DataOutOfBounds { end, offset });
		}
		self.module.segments.push(Segment { address, bytes: data.data.to_vec() });
		Ok(())
	}

	fn finish(mut self) -> Result<Module, LoadError> {
		let entry = self.entry.ok_or(LoadError::NoEntry)?;
		let function = entry
			.checked_sub(self.module.imports)
			.and_then(|own| self.module.functions.get(own as usize))
			.ok_or(LoadError::NoEntry)?;
		if function.signature != (Signature { params: 0, result: true }) {
			return Err(LoadError::NoEntry);
		}
		self.module.entry = entry;
		Ok(self.module)
	}
}

fn unsupported(what: &str, offset: u64) -> LoadError {
	LoadError::Unsupported { what: what.to_string(), offset }
}

fn only_i32(ty: ValType, what: &str, offset: u64) -> Result<(), LoadError> {
	if ty == ValType::I32 {
		Ok(())
	} else {
		Err(unsupported(&format!("a {what} with type {ty}"), offset))
	}
}

/// The value of a constant expression: exactly one `i32.const`.
fn constant(expr: &ConstExpr<'_>) -> Result<u32, LoadError> {
	let mut reader = expr.get_operators_reader();
	let offset = reader.original_position();
	let Operator::I32Const { value } = reader.read()? else {
		return Err(unsupported("an initial value other than i32.const", offset));
	};
	let offset = reader.original_position();
	let Operator::End = reader.read()? else {
		return Err(unsupported("an initial value of several instructions", offset));
	};
	Ok(value as u32)
}
