//! What is not supported is refused by name, at its offset.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use woppal_zkwasm::{
	lower::{lower, LowerError, MAX_FUNCTION_SIZE, MAX_TABLE},
	module::{load, LoadError, MAX_MODULE_BYTES},
	shape::{Shape, SMALL, STANDARD, STANDARD_WIDE},
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
	let zeros = "(i32.const 0) (i32.const 0) (i32.const 0)";
	for (body, name, opcode) in [
		("(drop (f32.const 1)) (i32.const 0)".to_string(), "f32.const", 0x43),
		("(drop (f64.const 1)) (i32.const 0)".into(), "f64.const", 0x44),
		("(i32.trunc_f32_s (f32.load (i32.const 0)))".into(), "f32.load", 0x2a),
		(
			"(i64.reinterpret_f64 (f64.load (i32.const 0))) (drop) (i32.const 0)".into(),
			"f64.load",
			0x2b,
		),
		(
			"(f32.store (i32.const 0) (f32.reinterpret_i32 (i32.const 0))) (i32.const 0)".into(),
			"f32.reinterpret_i32",
			0xbe,
		),
		(
			"(i32.const 0) (f64.convert_i32_u) (i32.trunc_sat_f64_u)".into(),
			"f64.convert_i32_u",
			0xb8,
		),
		("(drop (v128.const i32x4 0 0 0 0)) (i32.const 0)".into(), "v128.const", 0xfd),
		("(i32x4.extract_lane 0 (v128.load (i32.const 0)))".into(), "v128.load", 0xfd),
		("(i8x16.all_true (i8x16.splat (i32.const 0)))".into(), "i8x16.splat", 0xfd),
		(format!("{zeros} (memory.fill) (i32.const 0)"), "memory.fill", 0xfc),
		(format!("{zeros} (memory.copy) (i32.const 0)"), "memory.copy", 0xfc),
		("(ref.is_null (ref.null func))".into(), "ref.null", 0xd0),
		(
			"(select (result i32) (i32.const 0) (i32.const 0) (i32.const 0))".into(),
			"typed_select",
			0x1c,
		),
		("(i32.atomic.load (i32.const 0))".into(), "i32.atomic_load", 0xfe),
	] {
		assert_refused(&evaluate(&body), name, opcode);
	}
	let table = "(table 1 funcref) (func $f (export \"evaluate\") (result i32)";
	for (body, name, opcode) in [
		("(drop (table.get 0 (i32.const 0))) (i32.const 0))", "table.get", 0x25),
		("(table.set 0 (i32.const 0) (ref.null func)) (i32.const 0))", "ref.null", 0xd0),
		("(table.size 0))", "table.size", 0xfc),
		("(drop (ref.func $f)) (i32.const 0)) (elem declare func $f)", "ref.func", 0xd2),
		("(return_call $f))", "return_call", 0x12),
		("(return_call_indirect (result i32) (i32.const 0)))", "return_call_indirect", 0x13),
	] {
		let body = body.replace("(elem declare func $f)", "");
		assert_refused(&format!("(module {table} {body})"), name, opcode);
	}
}

fn assert_refused(wat: &str, name: &str, opcode: u8) {
	let (wasm, error) = refusal(wat);
	let LoadError::Instruction { name: named, offset } = &error else { panic!("{wat}: {error}") };
	assert_eq!(named, name, "{wat}");
	assert_eq!(wasm[*offset as usize], opcode, "{wat}: {error}");
	assert!(error.to_string().contains(name));
}

#[test]
fn the_integer_instructions_are_accepted() {
	let wasm = wat::parse_str(
		"(module (memory 1 3) (table 2 funcref) (elem (i32.const 0) $f) (start $s)
		 (global $g (mut i64) (i64.const -1)) (type $t (func (param i64) (result i64)))
		 (func $f (type $t) (i64.extend8_s (local.get 0)))
		 (func $s (global.set $g (i64.const 5)))
		 (func (export \"evaluate\") (result i32)
			(drop (memory.grow (i32.const 1)))
			(i32.wrap_i64 (call_indirect (type $t) (global.get $g) (i32.const 0)))))",
	);
	assert!(load(&wasm.unwrap()).is_ok());
}

#[test]
fn parts_are_refused_by_name() {
	let evaluate = "(func (export \"evaluate\") (result i32) (i32.const 0))";
	for (part, what) in [
		("(memory 1) (data \"x\")", "a passive data segment"),
		("(table 1 funcref) (elem func $f) (func $f)", "an element segment that is not active"),
		("(table 1 funcref) (elem (i32.const 0) funcref (ref.null func))", "an element segment of"),
		("(table 1 funcref) (table 1 funcref)", "a second table"),
		("(table 1 externref)", "a table that is not"),
		("(memory 1) (memory 1)", "a second memory"),
		("(memory i64 1)", "a memory that has 64-bit addresses"),
		("(memory 1 1 shared)", "a memory that has 64-bit addresses, is shared"),
		("(memory 1 (pagesize 1))", "a memory that has 64-bit addresses, is shared or"),
		("(tag)", "a tag section"),
		("(global f32 (f32.const 1))", "a global with type f32"),
		("(global v128 (v128.const i64x2 0 0))", "a global with type v128"),
		("(global i32 (i32.add (i32.const 1) (i32.const 2)))", "an initial value of several"),
		("(global $a i32 (i32.const 1)) (global i32 (global.get $a))", "an initial value other"),
		("(func (result f64) unreachable)", "a function type with type f64"),
		("(func (param externref))", "a function type with type externref"),
		("(func (local f32))", "a local with type f32"),
		("(func (drop (block (result f64) unreachable)))", "a block whose type"),
		("(func (block (param i32) (drop)) unreachable)", "a block whose type"),
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
fn segments_beyond_their_memory_or_table_are_refused() {
	let evaluate = "(func $f (export \"evaluate\") (result i32) (i32.const 0))";
	for (data, end) in [
		("(memory 1) (data (i32.const 65534) \"abc\")", 65_537),
		("(memory 0) (data (i32.const 0) \"a\")", 1),
		("(memory 1 2) (data (i32.const 65536) \"a\")", 65_537),
		("(memory 0) (data (i32.const 1) \"\")", 1),
		("(memory 1) (data (i32.const -1) \"ab\")", 0x1_0000_0001),
	] {
		let (_, error) = refusal(&format!("(module {data} {evaluate})"));
		assert!(
			matches!(error, LoadError::DataOutOfBounds { end: e, offset } if e == end && offset > 8),
			"{error}"
		);
	}
	for (elements, end) in [
		("(table 1 funcref) (elem (i32.const 1) $f)", 2),
		("(table 1 9 funcref) (elem (i32.const 0) $f $f)", 2),
		("(table 0 funcref) (elem (i32.const -1) $f)", 0x1_0000_0000),
		("(table 0 funcref) (elem (i32.const 1))", 1),
	] {
		let (_, error) = refusal(&format!("(module {elements} {evaluate})"));
		assert!(
			matches!(error, LoadError::ElementOutOfBounds { end: e, .. } if e == end),
			"{error}"
		);
	}
	let wasm = wat::parse_str(format!(
		"(module (memory 1) (data (i32.const 65535) \"a\") (data (i32.const 65536) \"\") {evaluate})"
	));
	assert!(load(&wasm.unwrap()).is_ok());
	assert_eq!(
		load(&vec![0; MAX_MODULE_BYTES + 1]),
		Err(LoadError::TooLarge { bytes: MAX_MODULE_BYTES + 1 })
	);
	let (_, error) = refusal(&format!("(module (memory 65537) {evaluate})"));
	assert!(matches!(error, LoadError::Invalid { .. }), "{error}");
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
		// The last is where accesses go that the machine does not hold.
		Err(LowerError::CodeCapacity { need: 2 * SMALL.code + 1, capacity: SMALL.code })
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
	let odd = Shape { data: 100, ..STANDARD };
	assert_eq!(lowering(&evaluate("(i32.const 0)"), &odd), Err(LowerError::Shape));
}

#[test]
fn words_of_64_bits_need_a_shape_that_has_them() {
	for (module, what) in [
		("(func (export \"evaluate\") (result i32) (i32.wrap_i64 (i64.const 1)))", "i64.const"),
		(
			"(memory 1) (func (export \"evaluate\") (result i32)
				(drop (i64.load8_u (i32.const 0))) (i32.const 0))",
			"i64.load8_u",
		),
		("(func (export \"evaluate\") (result i32) (local i32 i64) (i32.const 1))", "a local"),
		(
			"(func $f (param i64)) (func (export \"evaluate\") (result i32)
				unreachable (call $f (i64.const 1)) (i32.const 1))",
			"i64.const",
		),
		(
			"(global $g i64 (i64.const 1)) (func (export \"evaluate\") (result i32)
				(drop (global.get $g)) (i32.const 1))",
			"global.get",
		),
		(
			"(func $f (result i64) unreachable) (func (export \"evaluate\") (result i32)
				(drop (call $f)) (i32.const 1))",
			"its type",
		),
		(
			"(table 1 funcref) (func (export \"evaluate\") (result i32)
				(drop (call_indirect (result i64) (i32.const 0))) (i32.const 1))",
			"call_indirect",
		),
	] {
		let wat = format!("(module {module})");
		let Err(LowerError::Width { what: named, offset, .. }) = lowering(&wat, &STANDARD) else {
			panic!("{wat}")
		};
		assert_eq!(named, what, "{wat}");
		assert!(offset > 8);
		assert_eq!(lowering(&wat, &STANDARD_WIDE), Ok(()));
	}
	// What nothing reaches does not count.
	let unused = "(module (func (param i64)) (global i64 (i64.const 1))
		(func (export \"evaluate\") (result i32) (i32.const 1)))";
	assert_eq!(lowering(unused, &STANDARD), Ok(()));
}

/// Loading and lowering end soon, whatever the module is.
#[test]
fn hostile_modules_are_refused_in_time() {
	let start = std::time::Instant::now();
	let nops = evaluate(&format!("{} (i32.const 0)", "nop ".repeat(MAX_FUNCTION_SIZE)));
	let size = MAX_FUNCTION_SIZE + 2;
	assert_eq!(lowering(&nops, &STANDARD), Err(LowerError::FunctionSize { function: 0, size }));
	let cases = "0 ".repeat(200_000);
	let table = evaluate(&format!("(block (br_table {cases} (i32.const 0))) (i32.const 0)"));
	assert!(matches!(lowering(&table, &STANDARD), Err(LowerError::FunctionSize { .. })));
	let locals = evaluate(&format!("(local {}) (i32.const 0)", "i32 ".repeat(49_999)));
	assert!(matches!(lowering(&locals, &STANDARD), Err(LowerError::FunctionSize { .. })));
	let functions: String =
		(1..40_000).map(|n| format!("(func $f{n} (call $f{}))", n - 1)).collect();
	let chain = format!(
		"(module (func $f0) {functions} (func (export \"evaluate\") (result i32)
		 (call $f39999) (i32.const 0)))"
	);
	assert!(matches!(lowering(&chain, &STANDARD), Err(LowerError::CodeCapacity { .. })));
	// As many paths through the calls as there are functions in a power of two.
	let twice: String =
		(1..300).map(|n| format!("(func $f{n} (call $f{m}) (call $f{m}))", m = n - 1)).collect();
	let paths = format!(
		"(module (func $f0) {twice} (func (export \"evaluate\") (result i32)
		 (call $f299) (i32.const 0)))"
	);
	assert!(matches!(lowering(&paths, &STANDARD), Err(LowerError::DataCapacity { .. })));
	let elements = "$f ".repeat(MAX_TABLE + 1);
	let indirect = format!(
		"(module (table 5000 funcref) (elem (i32.const 0) {elements}) (func $f)
		 (func (export \"evaluate\") (result i32) (call_indirect (i32.const 0)) (i32.const 0)))"
	);
	assert!(matches!(lowering(&indirect, &STANDARD), Err(LowerError::TableSize { .. })));
	let params = "i32 ".repeat(1_000);
	let arguments = "(i32.const 0) ".repeat(1_000);
	let wide = format!(
		"(module (func $f (param {params})) (func (export \"evaluate\") (result i32)
		 (call $f {arguments}) (i32.const 0)))"
	);
	assert!(matches!(lowering(&wide, &STANDARD), Err(LowerError::FrameCapacity { .. })));
	println!("{:?}", start.elapsed());
	assert!(start.elapsed().as_secs() < 60);
}

/// Bodies of sizes up to the largest that is accepted, made to cost as much as possible.
#[test]
fn large_functions_are_lowered_or_refused_in_time() {
	let repeat = |open: &str, inner: &str, close: &str, n: usize| {
		format!("{}{inner}{}", open.repeat(n), close.repeat(n))
	};
	let mut accepted = 0;
	for n in [16, 64, 128, 256, 512, 1_000] {
		let deep = repeat("(block ", "", ")", n);
		let loops = repeat(
			"(loop (local.set 0 (i32.add (local.get 0) (local.get 1))) ",
			"",
			"(br_if 0 (local.get 1)))",
			n,
		);
		let store = "(i64.store offset=3 align=1 (local.get 0) (i64.extend_i32_u (local.get 1)))";
		let divisions = format!(
			"(local.set 0 {})",
			repeat("(i32.div_s ", "(local.get 0)", "(local.get 1))", n)
		);
		let load = "(local.set 0 (i32.add (local.get 0) (i32.load16_u (local.get 1))))";
		let select = "(local.set 0 (select (local.get 0) (local.get 1) (i32.eqz (local.get 0))))";
		let sets: String = (2..n.min(900))
			.map(|l| format!("(local.set {l} (i32.load (i32.const {l})))"))
			.collect();
		let dead = "(drop (i32.mul (local.get 0) (i32.const 77)))";
		for body in [
			deep,
			loops,
			store.repeat(n),
			divisions,
			load.repeat(n),
			select.repeat(n),
			sets,
			dead.repeat(n),
		] {
			let locals = "i32 ".repeat(n.min(900) + 2);
			let wat = evaluate(&format!("(local {locals}) {body} (local.get 0)"));
			let start = std::time::Instant::now();
			let result = lowering(&wat, &STANDARD_WIDE);
			let time = start.elapsed();
			println!("{n}: {time:?} {result:?} {}", &body[..body.len().min(50)]);
			assert!(time.as_secs() < 60);
			match result {
				Ok(()) => accepted += 1,
				Err(
					LowerError::CodeCapacity { .. }
					| LowerError::FrameCapacity { .. }
					| LowerError::FunctionSize { .. }
					| LowerError::Expansion { .. },
				) => {},
				Err(error) => panic!("{error}"),
			}
		}
	}
	assert!(accepted > 10);
}

/// What is deep or has many parts in the binary is read without a recursion that ends the process.
#[test]
fn deep_and_wide_binaries_are_read() {
	let section = |id: u8, content: &[u8]| {
		let mut bytes = vec![id];
		let mut length = content.len();
		while length >= 0x80 {
			bytes.push(length as u8 | 0x80);
			length >>= 7;
		}
		bytes.push(length as u8);
		bytes.extend(content);
		bytes
	};
	for depth in [1_000, 300_000usize] {
		// Size, no locals, blocks, a constant, their ends and the function's.
		let mut body = vec![0];
		body.extend([0x02, 0x40].repeat(depth));
		body.extend([0x0b].repeat(depth));
		body.extend([0x41, 0x00, 0x0b]);
		let mut code = vec![1];
		code.extend(&section(0, &body)[1..]);
		let mut wasm = b"\0asm\x01\0\0\0".to_vec();
		wasm.extend(section(1, &[1, 0x60, 0, 1, 0x7f]));
		wasm.extend(section(3, &[1, 0]));
		wasm.extend(section(7, b"\x01\x08evaluate\0\0"));
		wasm.extend(section(10, &code));
		let module = load(&wasm).unwrap();
		match lower(&module, &STANDARD) {
			Ok(_) => assert_eq!(depth, 1_000),
			Err(error) => assert!(matches!(error, LowerError::FunctionSize { .. })),
		}
	}
}
