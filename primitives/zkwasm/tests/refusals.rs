//! What is not supported is refused by name, at its offset.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use woppal_zkwasm::{
	lower::{lower, LowerError, MAX_FUNCTION_SIZE},
	module::{load, LoadError, MAX_MODULE_BYTES},
	shape::{Shape, SMALL, STANDARD},
};

fn refusal(wat: &str) -> (Vec<u8>, LoadError) {
	let wasm = wat::parse_str(wat).unwrap();
	let error = load(&wasm).unwrap_err();
	(wasm, error)
}

fn evaluate(body: &str) -> String {
	format!("(module (memory 1) (func (export \"evaluate\") (result i32) {body}))")
}

#[test]
fn instructions_are_refused_by_name_and_offset() {
	for (body, name, opcode) in [
		("(drop (i64.const 1)) (i32.const 0)", "i64.const", 0x42),
		("(i32.wrap_i64 (i64.add (i64.const 1) (i64.const 1)))", "i64.const", 0x42),
		("(i64.load (i32.const 0)) (drop) (i32.const 0)", "i64.load", 0x29),
		("(drop (f32.const 1)) (i32.const 0)", "f32.const", 0x43),
		("(drop (f64.const 1)) (i32.const 0)", "f64.const", 0x44),
		("(i32.trunc_f32_s (f32.load (i32.const 0)))", "f32.load", 0x2a),
		("(memory.grow (i32.const 1))", "memory.grow", 0x40),
		("(i32.extend8_s (i32.const 1))", "i32.extend8_s", 0xc0),
		(
			"(memory.fill (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)",
			"memory.fill",
			0xfc,
		),
		(
			"(memory.copy (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)",
			"memory.copy",
			0xfc,
		),
	] {
		let (wasm, error) = refusal(&evaluate(body));
		let LoadError::Instruction { name: named, offset } = &error else {
			panic!("{body}: {error}")
		};
		assert_eq!(named, name);
		assert_eq!(wasm[*offset as usize], opcode, "{body}: {error}");
		assert!(error.to_string().contains(name));
	}
}

#[test]
fn an_indirect_call_is_refused() {
	let (wasm, error) = refusal(
		"(module (type $t (func (result i32))) (table 1 funcref)
		 (func (export \"evaluate\") (result i32) (call_indirect (type $t) (i32.const 0))))",
	);
	let LoadError::Instruction { name, offset } = error else { panic!("{error}") };
	assert_eq!(name, "call_indirect");
	assert_eq!(wasm[offset as usize], 0x11);
}

#[test]
fn a_table_that_nothing_uses_is_ignored() {
	let wasm = wat::parse_str(
		"(module (table 1 1 funcref) (func (export \"evaluate\") (result i32) (i32.const 0)))",
	);
	assert!(load(&wasm.unwrap()).is_ok());
}

#[test]
fn parts_are_refused_by_name() {
	let evaluate = "(func (export \"evaluate\") (result i32) (i32.const 0))";
	for (part, what) in [
		("(func $f) (start $f)", "a start function"),
		("(func $f) (table 1 funcref) (elem (i32.const 0) $f)", "an element segment"),
		("(memory 1) (data \"x\")", "a passive data segment"),
		("(global i64 (i64.const 1))", "a global with type i64"),
		("(global f32 (f32.const 1))", "a global with type f32"),
		("(func (param i64))", "a function type with type i64"),
		("(func (result f64) unreachable)", "a function type with type f64"),
		("(func (local f32))", "a local with type f32"),
		("(func (drop (block (result i64) unreachable)))", "a block whose type"),
		("(func (result i32 i32) unreachable)", "a function with several results"),
	] {
		let (_, error) = refusal(&format!("(module {part} {evaluate})"));
		let LoadError::Unsupported { what: named, offset } = &error else {
			panic!("{part}: {error}")
		};
		assert!(named.starts_with(what), "{part}: {error}");
		assert!(*offset > 8, "{part}: {error}");
	}
}

#[test]
fn imports_other_than_input_are_refused() {
	for import in [
		"(import \"env\" \"print\" (func (param i32) (result i32)))",
		"(import \"wasi\" \"input\" (func (param i32) (result i32)))",
		"(import \"env\" \"input\" (func (param i32)))",
		"(import \"env\" \"input\" (func (param i64) (result i32)))",
		"(import \"env\" \"memory\" (memory 1))",
		"(import \"env\" \"input\" (global i32))",
	] {
		let (_, error) = refusal(&format!(
			"(module {import} (func (export \"evaluate\") (result i32) (i32.const 0)))"
		));
		assert!(matches!(error, LoadError::Import { .. }), "{import}: {error}");
	}
}

#[test]
fn memory_and_data_beyond_the_limits_are_refused() {
	let evaluate = "(func (export \"evaluate\") (result i32) (i32.const 0))";
	let (_, error) = refusal(&format!("(module (memory 2) {evaluate})"));
	assert!(matches!(error, LoadError::MemoryTooLarge { pages: 2, .. }));
	let data = "(memory 1) (data (i32.const 65534) \"abc\")";
	let (_, error) = refusal(&format!("(module {data} {evaluate})"));
	assert!(matches!(error, LoadError::DataOutOfBounds { end: 65_537, .. }));
	assert_eq!(
		load(&vec![0; MAX_MODULE_BYTES + 1]),
		Err(LoadError::TooLarge { bytes: MAX_MODULE_BYTES + 1 })
	);
}

#[test]
fn a_module_needs_its_entry() {
	for wat in [
		"(module)",
		"(module (func (export \"evaluate\")))",
		"(module (func (export \"evaluate\") (param i32) (result i32) (i32.const 0)))",
		"(module (func (export \"main\") (result i32) (i32.const 0)))",
		"(module (memory (export \"evaluate\") 1))",
	] {
		assert_eq!(refusal(wat).1, LoadError::NoEntry, "{wat}");
	}
}

#[test]
fn invalid_modules_are_refused() {
	assert!(matches!(load(b"no module"), Err(LoadError::Invalid { .. })));
	let (_, error) = refusal(&evaluate("(i32.add (i32.const 1))"));
	assert!(matches!(error, LoadError::Invalid { .. }), "{error}");
	let wasm = wat::parse_str(evaluate("(i32.const 1)")).unwrap();
	for length in 0..wasm.len() - 1 {
		assert!(load(&wasm[..length]).is_err(), "{length}");
	}
}

fn lowering(wat: &str, shape: &Shape) -> Result<(), LowerError> {
	lower(&load(&wat::parse_str(wat).unwrap()).unwrap(), shape).map(|_| ())
}

#[test]
fn programs_beyond_a_capacity_are_refused_with_what_they_need() {
	let stores: String =
		(0..SMALL.code).map(|i| format!("(i32.store (i32.const 0) (i32.const {i}))")).collect();
	let long = evaluate(&format!("{stores} (i32.const 0)"));
	assert_eq!(
		lowering(&long, &SMALL),
		Err(LowerError::CodeCapacity { need: 2 * SMALL.code, capacity: SMALL.code })
	);
	let data = "x".repeat(4 * STANDARD.data as usize + 1);
	let large = format!(
		"(module (memory 1) (data (i32.const 0) \"{data}\")
		 (func (export \"evaluate\") (result i32) (i32.load (i32.const 0))))"
	);
	assert_eq!(
		lowering(&large, &STANDARD),
		Err(LowerError::DataCapacity { need: STANDARD.data + 2, capacity: STANDARD.data })
	);
	// Every one of the values is read after all of them have been made.
	let locals: String = (0..130).map(|i| format!("(local $l{i} i32)")).collect();
	let sets: String =
		(0..130).map(|i| format!("(local.set $l{i} (i32.load (i32.const {i})))")).collect();
	let gets: String = (0..130).map(|i| format!("(i32.add (local.get $l{i})")).collect();
	let wide = evaluate(&format!("{locals} {sets} {gets} (i32.const 0) {}", ")".repeat(130)));
	assert!(matches!(
		lowering(&wide, &Shape { code: 1024, data: 256, ..STANDARD }),
		Err(LowerError::FrameCapacity { capacity: 128, .. })
	));
	let huge = evaluate(&format!("{} (i32.const 0)", "nop ".repeat(MAX_FUNCTION_SIZE)));
	let size = MAX_FUNCTION_SIZE + 2;
	assert_eq!(lowering(&huge, &STANDARD), Err(LowerError::FunctionSize { function: 0, size }));
	let odd = Shape { data: 100, ..STANDARD };
	assert_eq!(lowering(&evaluate("(i32.const 0)"), &odd), Err(LowerError::Shape));
}
