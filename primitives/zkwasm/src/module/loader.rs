//! Section by section from the binary to a [`Module`].

use super::{
	operator::{name, translate, value_type},
	Code, Function, Global, Import, LoadError, Module, Segment, Signature, Type, ENTRY_EXPORT,
	IMPORT_MODULE, MAX_MODULE_BYTES, MAX_PAGES, PAGE_BYTES,
};
use std::collections::HashMap;
use wasmparser::{
	ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, ExternalKind, FuncType,
	FunctionBody, MemoryType, Operator, Parser, Payload, RefType, Table, TableInit, TypeRef,
	ValType, Validator, WasmFeatures,
};

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
	let features = WasmFeatures::WASM1.union(WasmFeatures::SIGN_EXTENSION);
	Validator::new_with_features(features).validate_all(wasm)?;
	loader.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Loader {
	module: Module,
	types: Vec<FuncType>,
	/// Index in the module's signatures of the types that are used.
	signatures: HashMap<FuncType, u32>,
	/// The same by the type's index.
	signature_of: HashMap<u32, u32>,
	/// Type index of each function, imports first.
	function_types: Vec<u32>,
	memories: u32,
	tables: u32,
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
			Payload::TableSection(reader) => {
				for table in reader.into_iter_with_offsets() {
					let (offset, table) = table?;
					self.table(&table, offset)?;
				}
			},
			Payload::MemorySection(reader) => {
				for memory in reader.into_iter_with_offsets() {
					let (offset, memory) = memory?;
					self.memory(&memory, offset)?;
				}
			},
			Payload::GlobalSection(reader) => {
				for global in reader.into_iter_with_offsets() {
					let (offset, global) = global?;
					let ty = integer(global.ty.content_type, "global", offset)?;
					let initial = constant(&global.init_expr, ty)?;
					self.module.globals.push(Global { ty, mutable: global.ty.mutable, initial });
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
			Payload::StartSection { func, .. } => self.module.start = Some(func),
			Payload::ElementSection(reader) => {
				for element in reader {
					self.element(element?)?;
				}
			},
			Payload::CodeSectionEntry(body) => self.function(&body)?,
			Payload::DataSection(reader) => {
				for data in reader {
					self.data(data?)?;
				}
			},
			Payload::DataCountSection { range, .. } => {
				return Err(unsupported("a data count section", range.start))
			},
			Payload::TagSection(reader) => {
				return Err(unsupported("a tag section", reader.range().start))
			},
			// Custom sections mean nothing; the validator deals with the rest.
			_ => {},
		}
		Ok(())
	}

	/// The index of a type's signature.
	fn signature(&mut self, index: u32, offset: u64) -> Result<u32, LoadError> {
		if let Some(known) = self.signature_of.get(&index) {
			return Ok(*known);
		}
		let ty = self
			.types
			.get(index as usize)
			.ok_or_else(|| unsupported("a function without a type", offset))?;
		if ty.results().len() > 1 {
			return Err(unsupported("a function with several results", offset));
		}
		let read = |ty: &ValType| integer(*ty, "function type", offset);
		let params = ty.params().iter().map(read).collect::<Result<_, _>>()?;
		let result = ty.results().first().map(read).transpose()?;
		let next = self.module.signatures.len() as u32;
		let signature = *self.signatures.entry(ty.clone()).or_insert(next);
		if signature == next {
			self.module.signatures.push(Signature { params, result });
		}
		self.signature_of.insert(index, signature);
		Ok(signature)
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
		let import = Import::named(name).filter(|_| module == IMPORT_MODULE).ok_or_else(refused)?;
		self.function_types.push(index);
		let signature = self.signature(index, offset).map_err(|_| refused())?;
		if self.module.signatures.get(signature as usize) != Some(&import.signature()) {
			return Err(refused());
		}
		self.module.imports.push((import, signature));
		Ok(())
	}

	fn table(&mut self, table: &Table<'_>, offset: u64) -> Result<(), LoadError> {
		self.tables += 1;
		if self.tables > 1 {
			return Err(unsupported("a second table", offset));
		}
		let plain = matches!(table.init, TableInit::RefNull)
			&& table.ty.element_type == RefType::FUNCREF
			&& !table.ty.table64
			&& !table.ty.shared;
		if !plain {
			return Err(unsupported("a table that is not one of nullable functions", offset));
		}
		self.module.table_size = u32::try_from(table.ty.initial)
			.map_err(|_| unsupported("a table of more than 32-bit indices", offset))?;
		Ok(())
	}

	fn memory(&mut self, memory: &MemoryType, offset: u64) -> Result<(), LoadError> {
		self.memories += 1;
		if self.memories > 1 {
			return Err(unsupported("a second memory", offset));
		}
		if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
			return Err(unsupported(
				"a memory that has 64-bit addresses, is shared or sets its page size",
				offset,
			));
		}
		self.module.pages = memory.initial;
		self.module.max_pages = memory.maximum.unwrap_or(MAX_PAGES);
		Ok(())
	}

	fn element(&mut self, element: Element<'_>) -> Result<(), LoadError> {
		let offset = element.range.start;
		let ElementKind::Active { table_index, offset_expr } = &element.kind else {
			return Err(unsupported("an element segment that is not active", offset));
		};
		let ElementItems::Functions(functions) = element.items else {
			return Err(unsupported("an element segment of expressions", offset));
		};
		if table_index.is_some_and(|table| table != 0) {
			return Err(unsupported("an element segment of another table", offset));
		}
		let first = constant(offset_expr, Type::I32)?;
		let end = first + u64::from(functions.count());
		if end > u64::from(self.module.table_size) {
			return Err(LoadError::ElementOutOfBounds { end, offset });
		}
		for (index, function) in (first as u32..).zip(functions) {
			self.module.table.insert(index, function?);
		}
		Ok(())
	}

	fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), LoadError> {
		let offset = body.range().start;
		let index = self.module.imports.len() + self.module.functions.len();
		let ty = self
			.function_types
			.get(index)
			.copied()
			.ok_or_else(|| unsupported("a function without a type", offset))?;
		let signature = self.signature(ty, offset)?;
		let mut wide = self.is_wide(signature).then(|| ("its type".to_string(), offset));
		let mut locals = Vec::new();
		let mut reader = body.get_locals_reader()?;
		for _ in 0..reader.get_count() {
			let at = reader.original_position();
			let (count, ty) = reader.read()?;
			let ty = integer(ty, "local", at)?;
			if ty == Type::I64 && wide.is_none() {
				wide = Some(("a local".to_string(), at));
			}
			locals.push((count, ty));
		}
		let mut code = Vec::new();
		for operator in body.get_operators_reader()?.into_iter_with_offsets() {
			let (operator, offset) = operator?;
			let callee = match &operator {
				Operator::CallIndirect { type_index, .. } => self.signature(*type_index, offset)?,
				_ => 0,
			};
			let translated = translate(&operator, callee).ok_or_else(|| match operator {
				Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
					unsupported("a block whose type is not empty and no integer", offset)
				},
				_ => LoadError::Instruction { name: name(&operator), offset },
			})?;
			if wide.is_none() && self.needs_wide(&translated) {
				wide = Some((name(&operator), offset));
			}
			code.push(translated);
		}
		self.module.functions.push(Function { signature, locals, body: code, wide });
		Ok(())
	}

	/// Whether a signature has a value of 64 bits.
	fn is_wide(&self, signature: u32) -> bool {
		self.module
			.signatures
			.get(signature as usize)
			.is_some_and(|s| s.params.iter().chain(&s.result).any(|ty| *ty == Type::I64))
	}

	/// Whether an instruction deals with a value of 64 bits, apart from a call, whose callee does.
	fn needs_wide(&self, code: &Code) -> bool {
		match code {
			Code::CallIndirect { signature } => self.is_wide(*signature),
			Code::GlobalGet(global) | Code::GlobalSet(global) => {
				self.module.globals.get(*global as usize).is_some_and(|g| g.ty == Type::I64)
			},
			code => code.is_wide(),
		}
	}

	fn data(&mut self, data: Data<'_>) -> Result<(), LoadError> {
		let offset = data.range.start;
		let DataKind::Active { offset_expr, .. } = &data.kind else {
			return Err(unsupported("a passive data segment", offset));
		};
		let address = constant(offset_expr, Type::I32)?;
		let end = address + data.data.len() as u64;
		if end > self.module.pages * PAGE_BYTES {
			return Err(LoadError::DataOutOfBounds { end, offset });
		}
		let segment = Segment { address: address as u32, bytes: data.data.to_vec() };
		self.module.segments.push(segment);
		Ok(())
	}

	fn finish(mut self) -> Result<Module, LoadError> {
		let entry = self.entry.ok_or(LoadError::NoEntry)?;
		let wanted = Signature { params: Vec::new(), result: Some(Type::I32) };
		if self.module.own(entry).is_none() || self.module.signature(entry) != Some(&wanted) {
			return Err(LoadError::NoEntry);
		}
		self.module.entry = entry;
		Ok(self.module)
	}
}

fn unsupported(what: &str, offset: u64) -> LoadError {
	LoadError::Unsupported { what: what.to_string(), offset }
}

fn integer(ty: ValType, what: &str, offset: u64) -> Result<Type, LoadError> {
	value_type(ty).ok_or_else(|| unsupported(&format!("a {what} with type {ty}"), offset))
}

/// The value of a constant expression: exactly one constant of the type.
fn constant(expr: &ConstExpr<'_>, ty: Type) -> Result<u64, LoadError> {
	let mut reader = expr.get_operators_reader();
	let offset = reader.original_position();
	let value = match (reader.read()?, ty) {
		(Operator::I32Const { value }, Type::I32) => u64::from(value as u32),
		(Operator::I64Const { value }, Type::I64) => value as u64,
		_ => return Err(unsupported("an initial value other than a constant of its type", offset)),
	};
	let offset = reader.original_position();
	let Operator::End = reader.read()? else {
		return Err(unsupported("an initial value of several instructions", offset));
	};
	Ok(value)
}
