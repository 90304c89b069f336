//! Loads, stores, growth and tables against `wasmi`: every address that is special.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{agree, agree_on, lowered, run_on, HUGE, ROOMY, ROOMY_WIDE};
use woppal_zkwasm::{
	commitment::End,
	ir::{Instr, TrapCause},
	machine::RunError,
	shape::{Shape, Width},
};

const HUGE_WIDE: Shape = Shape { width: Width::W64, ..HUGE };

const LOADS: [(&str, u32); 12] = [
	("i32.load", 4),
	("i32.load8_s", 1),
	("i32.load8_u", 1),
	("i32.load16_s", 2),
	("i32.load16_u", 2),
	("i64.load", 8),
	("i64.load8_s", 1),
	("i64.load8_u", 1),
	("i64.load16_s", 2),
	("i64.load16_u", 2),
	("i64.load32_s", 4),
	("i64.load32_u", 4),
];

const STORES: [(&str, u32); 7] = [
	("i32.store", 4),
	("i32.store8", 1),
	("i32.store16", 2),
	("i64.store", 8),
	("i64.store8", 1),
	("i64.store16", 2),
	("i64.store32", 4),
];

const X: &str = "(call $input (i32.const 0))";

/// A module with a memory that is not zero, whose `evaluate` has this body.
fn module(memory: &str, body: &str) -> String {
	format!(
		"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		 (memory (export \"memory\") {memory})
		 (data (i32.const 0) \"\\81\\02\\83\\04\\f5\\06\\87\\08\\09\\ff\\7f\\80\\10\\91\\12\\93\\14\\95\\f6\\17\\98\\19\\fa\\1b\\9c\")
		 (func (export \"evaluate\") (result i32) {body}))"
	)
}

/// Keeps a loaded value at address 32.
fn load(instruction: &str, address: &str) -> String {
	let ty = &instruction[..3];
	format!("({ty}.store (i32.const 32) ({instruction} {address})) (i32.const 1)")
}

fn store(instruction: &str, address: &str) -> String {
	let value = match &instruction[..3] {
		"i32" => "(i32.add (i32.const 0x12345678) (call $input (i32.const 1)))",
		_ => "(i64.mul (i64.const 0x123456789abcdef1) (i64.extend_i32_u (call $input (i32.const 1))))",
	};
	format!("({instruction} {address} {value}) (i32.const 1)")
}

#[test]
fn loads_agree_at_every_address_and_offset() {
	for (name, bytes) in LOADS {
		for (offset, align) in [(0, bytes), (1, bytes), (4, bytes), (5, bytes), (0, 1), (3, 1)] {
			let instruction = format!("{name} offset={offset} align={align}");
			let wat = module("1", &load(&instruction, X));
			for address in 0..18 {
				agree(&wat, &[address]);
			}
			for address in [0, 1, 2, 3, 5, 6, 7] {
				let constant = format!("(i32.const {address})");
				agree(&module("1", &load(&instruction, &constant)), &[]);
			}
			let masked = format!("(i32.and {X} (i32.const 8))");
			let wat = module("1", &load(&instruction, &masked));
			agree(&wat, &[0]);
			agree(&wat, &[8]);
		}
	}
}

#[test]
fn stores_agree_at_every_address_and_offset() {
	for (name, bytes) in STORES {
		for (offset, align) in [(0, bytes), (1, bytes), (5, bytes), (0, 1), (3, 1)] {
			let instruction = format!("{name} offset={offset} align={align}");
			let wat = module("1", &store(&instruction, X));
			for address in 0..18 {
				agree(&wat, &[address, 0]);
				agree(&wat, &[address, 0xffff_ff01]);
			}
			for address in [0, 1, 2, 3, 5, 6, 7] {
				let constant = format!("(i32.const {address})");
				agree(&module("1", &store(&instruction, &constant)), &[0, 3]);
			}
		}
	}
	for (name, _) in STORES {
		let ty = &name[..3];
		for value in [0, -1, 0x7f00_ff80u32 as i32] {
			let wat = module("1", &format!("({name} {X} ({ty}.const {value})) (i32.const 2)"));
			for address in 0..9 {
				agree(&wat, &[address]);
			}
		}
	}
}

/// Addresses around the end of memory, of a machine that holds all of it and of one that doesn't.
#[test]
fn accesses_are_in_bounds_to_the_last_byte() {
	let out_of_bounds = End::Trapped { cause: TrapCause::OutOfBounds as u8 };
	for (name, bytes) in LOADS.into_iter().chain(STORES) {
		for offset in [0u32, 1, 8, 65_530, 65_536, 0x8000_0000, u32::MAX] {
			for align in [bytes, 1] {
				let instruction = format!("{name} offset={offset} align={align}");
				let body = match name.contains("load") {
					true => load(&instruction, X),
					false => store(&instruction, X),
				};
				let wat = module("1", &body);
				for end in [65_534u64, 65_535, 65_536, 65_537, 65_544, 1 << 32] {
					let Some(address) = end.checked_sub(u64::from(offset) + u64::from(bytes))
					else {
						continue;
					};
					let Ok(address) = u32::try_from(address) else { continue };
					let run = agree_on(&[HUGE, HUGE_WIDE], &wat, &[address, 1]);
					assert_eq!(run.end == out_of_bounds, end > 65_536, "{instruction} to {end}");
					// The smaller machines say the same, or that they can't.
					for shape in [ROOMY, ROOMY_WIDE] {
						let wasm = wat::parse_str(&wat).unwrap();
						if lowered(&wasm, &shape).is_err() {
							assert!(name.contains("i64"));
							continue;
						}
						let small = run_on(&shape, &wat, &[address, 1]);
						match small {
							Err(RunError::OverCapacity { bytes }) => {
								assert!(end <= 65_536, "{instruction} to {end}");
								assert!(bytes < end);
							},
							small => assert_eq!(small.unwrap().end, run.end),
						}
					}
				}
				for address in [u32::MAX, u32::MAX - 1, u32::MAX - 7, 0x8000_0000] {
					let run = agree(&wat, &[address, 1]);
					assert_eq!(run.end, out_of_bounds, "{instruction} at {address:#x}");
				}
			}
		}
	}
}

#[test]
fn a_machine_says_what_it_cannot_hold() {
	let wat = module("2", &load("i32.load", X));
	for shape in [ROOMY, ROOMY_WIDE] {
		let held = lowered(&wat::parse_str(&wat).unwrap(), &shape).unwrap().memory_bytes();
		assert!(run_on(&shape, &wat, &[held as u32 - 4]).is_ok());
		for address in [held as u32 - 3, held as u32, 65_536, 131_068, 131_067] {
			assert_eq!(
				run_on(&shape, &wat, &[address]),
				Err(RunError::OverCapacity { bytes: held }),
				"{address}"
			);
		}
		for address in [131_069, 131_072, u32::MAX] {
			let end = run_on(&shape, &wat, &[address]).unwrap().end;
			assert_eq!(end, End::Trapped { cause: TrapCause::OutOfBounds as u8 });
		}
	}
}

#[test]
fn an_access_across_the_end_writes_nothing() {
	for (name, _) in STORES.into_iter().filter(|(_, bytes)| *bytes > 1) {
		let wat = module("1", &store(name, X));
		for address in [65_535, 65_534, 65_533, 65_529] {
			agree_on(&[HUGE, HUGE_WIDE], &wat, &[address, 0xffff]);
		}
	}
}

#[test]
fn memory_grows_to_its_maximum() {
	let body = "(local i32)
		(i32.store (i32.const 32) (memory.grow (call $input (i32.const 0))))
		(i32.store (i32.const 36) (memory.size))
		(i32.store (i32.const 40) (memory.grow (call $input (i32.const 1))))
		(i32.store (i32.const 44) (memory.size))
		(i32.store (call $input (i32.const 2)) (i32.const 77))
		(i32.load8_u (call $input (i32.const 2)))";
	for memory in ["1 1", "1 2", "1 3", "2 3", "1"] {
		let wat = module(memory, body);
		for (first, second) in
			[(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (3, 0), (1, u32::MAX), (65_535, 1)]
		{
			let grown = first == 65_535 && memory == "1";
			for address in [64, 65_532, 65_536, 131_068, 131_069, 131_072, u32::MAX] {
				// Four gigabytes are more than the reference should allocate.
				if !grown {
					agree_on(&[HUGE, HUGE_WIDE], &wat, &[first, second, address]);
				}
			}
		}
	}
	let wat = module("0 1", "(i32.add (memory.grow (i32.const 1)) (memory.grow (i32.const 1)))")
		.replace("(data", "(;data")
		.replace("\\9c\")", "\\9c\");)");
	agree_on(&[HUGE, HUGE_WIDE, ROOMY, ROOMY_WIDE], &wat, &[]);
	// Without a declared maximum it grows to the end of the address space, as far as anyone can see.
	let all = module("1", "(drop (memory.grow (i32.const 65535))) (memory.grow (i32.const 1))");
	let wat = all.replace("(memory.grow (i32.const 1))", "(memory.size)");
	assert_eq!(run_on(&ROOMY, &wat, &[]).unwrap().end, End::Halted { output: 65_536 });
	assert_eq!(run_on(&ROOMY, &all, &[]).unwrap().end, End::Halted { output: u32::MAX });
	let last =
		module("1", &format!("(drop (memory.grow (i32.const 65535))) {}", load("i32.load", X)));
	for shape in [ROOMY, ROOMY_WIDE] {
		for (address, fits) in [(0u32, true), (0xffff_fffc, false)] {
			assert_eq!(run_on(&shape, &last, &[address]).is_ok(), fits);
		}
		let end = run_on(&shape, &last, &[0xffff_fffd]).unwrap().end;
		assert_eq!(end, End::Trapped { cause: TrapCause::OutOfBounds as u8 });
	}
}

#[test]
fn a_small_machine_knows_the_size_of_a_memory_that_grows() {
	let body = format!(
		"(drop (memory.grow (call $input (i32.const 1)))) {}",
		load("i32.load offset=3", X)
	);
	let wat = module("1 2", &body);
	for shape in [ROOMY, ROOMY_WIDE] {
		for (pages, size) in [(0u32, 65_536u32), (1, 131_072), (2, 65_536)] {
			for (address, over) in [(0, false), (1, false), (size - 7, true), (2_048, true)] {
				let run = run_on(&shape, &wat, &[address, pages]);
				assert_eq!(matches!(run, Err(RunError::OverCapacity { .. })), over, "{address}");
			}
			for address in [size - 6, size, u32::MAX - 3, u32::MAX] {
				let end = run_on(&shape, &wat, &[address, pages]).unwrap().end;
				assert_eq!(end, End::Trapped { cause: TrapCause::OutOfBounds as u8 });
			}
		}
	}
}

const TABLE: &str = "(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
	(type $binary (func (param i32 i32) (result i32)))
	(type $same (func (param i32 i32) (result i32)))
	(type $unary (func (param i32) (result i32)))
	(type $nothing (func))
	(table 12 20 funcref)
	(elem (i32.const 1) $add $sub $add $input $none $add)
	(elem (i32.const 3) $mul)
	(elem (i32.const 9) $not $input)
	(memory (export \"memory\") 1)
	(func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
	(func $sub (type $same) (i32.sub (local.get 0) (local.get 1)))
	(func $mul (type $binary) (i32.mul (local.get 0) (local.get 1)))
	(func $not (type $unary) (i32.xor (local.get 0) (i32.const -1)))
	(func $none (type $nothing) (i32.store (i32.const 0) (i32.const 99)))
	(func (export \"evaluate\") (result i32) BODY))";

#[test]
fn indirect_calls_agree() {
	for call in [
		"(call_indirect (type $binary) (call $input (i32.const 1)) (i32.const 5) INDEX)",
		"(call_indirect (type $unary) (call $input (i32.const 1)) INDEX)",
		"(call_indirect (type $nothing) INDEX) (i32.const 4)",
		"(call_indirect (param i64) (i64.const 1) INDEX) (i32.const 4)",
		"(i32.add (call_indirect (type $binary) (i32.const 7)
			(call_indirect (type $binary) (i32.const 2) (i32.const 3) INDEX) INDEX) (i32.const 1))",
	] {
		let body = call.replace("INDEX", "(call $input (i32.const 0))");
		let wat = TABLE.replace("BODY", &body);
		for index in (0..22).chain([0x8000_0000, u32::MAX]) {
			agree(&wat, &[index, 13]);
			let constant = call.replace("INDEX", &format!("(i32.const {})", index as i32));
			agree(&TABLE.replace("BODY", &constant), &[index, 13]);
		}
	}
}

#[test]
fn indirect_calls_trap_for_the_standards_reasons() {
	let body =
		"(call_indirect (type $binary) (i32.const 1) (i32.const 2) (call $input (i32.const 0)))";
	let wat = TABLE.replace("BODY", body);
	for (index, cause) in [
		(0, TrapCause::UninitializedElement),
		(5, TrapCause::IndirectCallTypeMismatch),
		(8, TrapCause::UninitializedElement),
		(11, TrapCause::UninitializedElement),
		(12, TrapCause::UndefinedElement),
		(19, TrapCause::UndefinedElement),
	] {
		assert_eq!(agree(&wat, &[index]).end, End::Trapped { cause: cause as u8 }, "{index}");
	}
}

#[test]
fn indirect_recursion_and_a_called_entry_agree() {
	let wat = "(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		(table 2 funcref) (elem (i32.const 0) $fact $entry)
		(global $n (mut i32) (i32.const 3))
		(func $fact (param i32) (result i32)
			(if (result i32) (local.get 0)
				(then (i32.mul (local.get 0) (call_indirect (param i32) (result i32)
					(i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
				(else (i32.const 1))))
		(func $entry (export \"evaluate\") (result i32)
			(global.set $n (i32.sub (global.get $n) (i32.const 1)))
			(if (result i32) (global.get $n)
				(then (i32.add (i32.const 1000) (call_indirect (result i32) (i32.const 1))))
				(else (call $fact (call $input (i32.const 0)))))))";
	for n in 0..8 {
		agree(wat, &[n]);
	}
}

#[test]
fn the_start_function_runs_first() {
	let wat = |start: &str| {
		format!(
			"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
			 (memory (export \"memory\") 1) (global $g (mut i32) (i32.const 1)) (start $s)
			 (func $s {start})
			 (func (export \"evaluate\") (result i32)
				(i32.add (global.get $g) (i32.load (i32.const 4)))))"
		)
	};
	let sets =
		wat("(global.set $g (call $input (i32.const 0))) (i32.store (i32.const 4) (i32.const 30))");
	assert_eq!(agree(&sets, &[12]).end, End::Halted { output: 42 });
	for (traps, cause) in [
		("unreachable", TrapCause::Unreachable),
		("(drop (i32.div_u (i32.const 1) (call $input (i32.const 0))))", TrapCause::DivisionByZero),
		("(drop (i32.load (i32.const 65533)))", TrapCause::OutOfBounds),
		("(call $s)", TrapCause::StackExhausted),
	] {
		let run = agree(&wat(traps), &[0]);
		assert_eq!(run.end, End::Trapped { cause: cause as u8 });
	}
}

#[test]
fn tables_of_branches_find_every_case() {
	let cases: String = (0..40).map(|n| format!("{} ", n * 7 % 9)).collect();
	let mut body = format!("(br_table {cases} 4 {X})");
	for n in 0..9 {
		body = format!("(block {body}) (return (i32.const {}))", 100 + n);
	}
	let wat = module("1", &format!("{body} (i32.const 1)"));
	for index in (0..45).chain([0x7fff_ffff, 0x8000_0000, u32::MAX]) {
		agree(&wat, &[index]);
	}
	let few = module(
		"1",
		&format!("(block (block (br_table 0 1 {X})) (return (i32.const 5))) (i32.const 6)"),
	);
	let one = module("1", &format!("(block (br_table 0 {X})) (i32.const 7)"));
	for index in [0, 1, 2, u32::MAX] {
		agree(&few, &[index]);
		agree(&one, &[index]);
	}
}

#[test]
fn addresses_that_are_always_regular_need_no_slow_path() {
	let data = format!("(data (i32.const 0) \"{}\")", "x".repeat(64));
	let with = |body: &str| module("1", body).replace("(data ", &format!("{data} (data "));
	let over = |wat: &str, shape: &Shape| {
		let program = lowered(&wat::parse_str(wat).unwrap(), shape).unwrap();
		program.instructions.contains(&Instr::OVER_CAPACITY)
	};
	for (body, needed) in [
		("(i32.load (i32.and (call $input (i32.const 0)) (i32.const 56)))", false),
		("(i32.load (i32.shl (i32.shr_u (call $input (i32.const 0)) (i32.const 29)) (i32.const 3)))", false),
		("(i32.load8_u (i32.and (call $input (i32.const 0)) (i32.const 63)))", false),
		("(i32.load16_s (i32.and (call $input (i32.const 0)) (i32.const 62)))", false),
		("(i32.load offset=4 (i32.const 8))", false),
		("(i32.load (i32.and (call $input (i32.const 0)) (i32.const 127)))", true),
		("(i32.load (i32.and (call $input (i32.const 0)) (i32.const 64)))", true),
	] {
		for shape in [ROOMY, ROOMY_WIDE] {
			assert_eq!(over(&with(body), &shape), needed, "{body}");
		}
		for word in 0..8 {
			agree(&with(body), &[word << 29 | word << 3 | word]);
		}
	}
}

#[test]
fn the_same_module_gives_the_same_program() {
	let wasm = wat::parse_str(TABLE.replace("BODY", &load("i64.load", X))).unwrap();
	for shape in [ROOMY_WIDE, HUGE_WIDE] {
		assert_eq!(lowered(&wasm, &shape).unwrap(), lowered(&wasm, &shape).unwrap());
	}
}
