//! Every `i64` instruction, conversions and sign extensions against `wasmi`, at the edges.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{agree, run_on, ROOMY_WIDE};
use woppal_zkwasm::{commitment::End, ir::TrapCause};

const EDGES: [u64; 18] = [
	0,
	1,
	2,
	7,
	31,
	32,
	63,
	64,
	65,
	0x7fff_ffff,
	0x8000_0000,
	0xffff_ffff,
	0x1_0000_0000,
	0x7fff_ffff_ffff_ffff,
	0x8000_0000_0000_0000,
	0x8000_0000_0000_0001,
	0xffff_ffff_ffff_fffe,
	0xffff_ffff_ffff_ffff,
];

const ARITHMETIC: [&str; 15] = [
	"add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s",
	"shr_u", "rotl", "rotr",
];

const COMPARISONS: [&str; 10] =
	["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

/// The first and second 64-bit input.
const X: &str = "(call $wide (i32.const 0))";
const Y: &str = "(call $wide (i32.const 2))";

fn module(result: &str) -> String {
	format!(
		"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		 (memory (export \"memory\") 1)
		 (func $wide (param i32) (result i64)
			(i64.or (i64.extend_i32_u (call $input (local.get 0)))
				(i64.shl (i64.extend_i32_u (call $input (i32.add (local.get 0) (i32.const 1))))
					(i64.const 32))))
		 (func (export \"evaluate\") (result i32) {result}))"
	)
}

/// Leaves an `i64` in memory.
fn keep(value: &str) -> String {
	module(&format!("(i64.store (i32.const 8) {value}) (i32.const 7)"))
}

fn words(values: &[u64]) -> Vec<u32> {
	values.iter().flat_map(|v| [*v as u32, (*v >> 32) as u32]).collect()
}

#[test]
fn binary_operations_agree_on_registers() {
	for op in ARITHMETIC {
		let wat = keep(&format!("(i64.{op} {X} {Y})"));
		for x in EDGES {
			for y in EDGES {
				agree(&wat, &words(&[x, y]));
			}
		}
	}
}

#[test]
fn binary_operations_agree_with_constants() {
	for op in ARITHMETIC {
		for c in EDGES {
			let right = keep(&format!("(i64.{op} {X} (i64.const {}))", c as i64));
			let left = keep(&format!("(i64.{op} (i64.const {}) {X})", c as i64));
			for wat in [right, left] {
				for x in [0, 1, 64, 0x8000_0000, i64::MAX as u64, 1 << 63, u64::MAX] {
					agree(&wat, &words(&[x]));
				}
			}
		}
		for (x, y) in [(0, 0), (7, 0), (1 << 63, u64::MAX), (1 << 63, 65), (u64::MAX, 3)] {
			let (x, y) = (x as i64, y as i64);
			agree(&keep(&format!("(i64.{op} (i64.const {x}) (i64.const {y}))")), &[]);
		}
	}
}

#[test]
fn divisions_trap_for_the_standards_reasons() {
	for ty in ["i32", "i64"] {
		for (op, x, y, cause) in [
			("div_s", "-1", "0", Some(TrapCause::DivisionByZero)),
			("div_u", "1", "0", Some(TrapCause::DivisionByZero)),
			("rem_s", "1", "0", Some(TrapCause::DivisionByZero)),
			("rem_u", "0", "0", Some(TrapCause::DivisionByZero)),
			("div_s", "least", "-1", Some(TrapCause::IntegerOverflow)),
			("rem_s", "least", "-1", None),
			("div_u", "least", "-1", None),
		] {
			let least = if ty == "i32" { i64::from(i32::MIN) } else { i64::MIN };
			let x = x.replace("least", &least.to_string());
			let wat = format!(
				"(module (func (export \"evaluate\") (result i32) (local {ty} {ty})
				 (local.set 0 ({ty}.const {x})) (local.set 1 ({ty}.const {y}))
				 (drop ({ty}.{op} (local.get 0) (local.get 1))) (i32.const 3)))"
			);
			let end = cause.map_or(End::Halted { output: 3 }, |c| End::Trapped { cause: c as u8 });
			assert_eq!(agree(&wat, &[]).end, end, "{ty}.{op}");
		}
	}
}

#[test]
fn comparisons_agree_in_every_use() {
	for op in COMPARISONS {
		let compare = format!("(i64.{op} {X} {Y})");
		for result in [
			compare.clone(),
			format!("(i32.eqz {compare})"),
			format!("(if (result i32) {compare} (then (i32.const 5)) (else (i32.const 6)))"),
			format!("(select (i32.const 5) (i32.const 6) {compare})"),
			format!("(i64.{op} {X} (i64.const -1))"),
			format!("(i64.{op} (i64.const 0x80000000) {X})"),
		] {
			let wat = module(&result);
			for x in EDGES {
				for y in [0, 0x8000_0000, 1 << 32, 1 << 63, u64::MAX] {
					agree(&wat, &words(&[x, y]));
				}
			}
		}
	}
}

#[test]
fn unary_operations_and_conversions_agree() {
	for (op, result) in [
		("i64.clz", "i64"),
		("i64.ctz", "i64"),
		("i64.popcnt", "i64"),
		("i64.extend8_s", "i64"),
		("i64.extend16_s", "i64"),
		("i64.extend32_s", "i64"),
		("i64.eqz", "i32"),
		("i32.wrap_i64", "i32"),
	] {
		let of = |x: &str| match result {
			"i64" => keep(&format!("({op} {x})")),
			_ => module(&format!("({op} {x})")),
		};
		let wat = of(X);
		for bit in 0..64 {
			for x in [1 << bit, u64::MAX << bit, u64::MAX >> bit] {
				agree(&wat, &words(&[x]));
			}
		}
		for x in EDGES {
			agree(&wat, &words(&[x]));
			agree(&of(&format!("(i64.const {})", x as i64)), &[]);
		}
	}
	for op in ["i64.extend_i32_s", "i64.extend_i32_u"] {
		let wat = keep(&format!("({op} (call $input (i32.const 0)))"));
		for x in EDGES {
			agree(&wat, &[x as u32]);
			agree(&keep(&format!("({op} (i32.const {}))", x as i32)), &[]);
		}
	}
	for op in ["i32.extend8_s", "i32.extend16_s"] {
		let wat = module(&format!("({op} (call $input (i32.const 0)))"));
		for x in [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0080, u32::MAX] {
			agree(&wat, &[x]);
			agree(&module(&format!("({op} (i32.const {}))", x as i32)), &[]);
		}
	}
}

#[test]
fn values_of_both_types_pass_through_everything() {
	let wat = module(
		"(local $a i64) (local $b i32) (local $c i64)
		 (local.set $a (call $wide (i32.const 0)))
		 (local.set $b (i32.wrap_i64 (i64.shr_u (local.get $a) (i64.const 7))))
		 (local.set $c (select (local.get $a) (i64.extend_i32_s (local.get $b))
			(i64.lt_s (local.get $a) (i64.const 0))))
		 (i64.store (i32.const 16) (block (result i64)
			(drop (br_if 0 (local.get $c) (i32.and (local.get $b) (i32.const 1))))
			(if (result i64) (i64.eqz (i64.rem_u (local.get $a) (i64.const 3)))
				(then (i64.mul (local.get $c) (local.get $c)))
				(else (loop (result i64) (i64.sub (local.get $c) (local.get $a)))))))
		 (i32.add (local.get $b) (i32.wrap_i64 (local.tee $a (i64.add (local.get $a)
			(local.get $c)))))",
	);
	for x in EDGES {
		agree(&wat, &words(&[x]));
		agree(&wat, &words(&[x.wrapping_mul(0x9e37_79b9_7f4a_7c15)]));
	}
}

#[test]
fn globals_of_both_types_agree() {
	let wat = module("(i32.const 0)").replace(
		"(func (export",
		"(global $a (mut i64) (i64.const -5)) (global $b (mut i32) (i32.const -6))
		 (global $c i64 (i64.const 0x123456789abcdef0))
		 (func $mix (param i64 i32) (result i64)
			(global.set $a (i64.add (global.get $a) (local.get 0)))
			(global.set $b (i32.mul (global.get $b) (local.get 1)))
			(i64.xor (global.get $c) (i64.extend_i32_u (global.get $b))))
		 (func (export \"run\") (result i64)
			(call $mix (call $mix (global.get $a) (global.get $b)) (i32.const 9)))
		 (func (export",
	);
	let wat = wat.replace(
		"(result i32) (i32.const 0))",
		"(result i32) (i64.store (i32.const 0) (call $mix (call $mix (global.get $a)
			(global.get $b)) (i32.const 9))) (i64.store (i32.const 8) (global.get $a))
			(global.get $b))",
	);
	agree(&wat, &[]);
}

#[test]
fn narrow_results_are_narrow() {
	// What has 32 bits must not carry more into 64.
	for op in ARITHMETIC {
		let wat = keep(&format!(
			"(i64.extend_i32_u (i32.{op} (call $input (i32.const 0)) (call $input (i32.const 1))))"
		));
		for x in [0, 1, 5, 31, 0x7fff_ffff, 0x8000_0000, 0xffff_ffffu32] {
			for y in [1, 2, 31, 33, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
				agree(&wat, &[x, y]);
			}
		}
	}
	let sums = keep(
		"(i64.extend_i32_u (i32.add (i32.mul (call $input (i32.const 0)) (call $input (i32.const 1)))
			(i32.sub (call $input (i32.const 0)) (call $input (i32.const 1)))))",
	);
	agree(&sums, &[0xffff_ffff, 0xffff_fffe]);
	agree(&sums, &[3, 0xffff_fffe]);
}

#[test]
fn wide_recursion_agrees() {
	let wat = "(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		(func $power (param $x i64) (param $n i32) (result i64)
			(if (result i64) (i32.eqz (local.get $n))
				(then (i64.const 1))
				(else (i64.mul (local.get $x)
					(call $power (local.get $x) (i32.sub (local.get $n) (i32.const 1)))))))
		(func (export \"evaluate\") (result i32) (local i64)
			(local.set 0 (call $power (i64.const 0x100000003) (call $input (i32.const 0))))
			(i32.xor (i32.wrap_i64 (local.get 0))
				(i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))))";
	for n in 0..12 {
		agree(wat, &[n]);
	}
	let end = run_on(&ROOMY_WIDE, wat, &[1_000]).unwrap().end;
	assert_eq!(end, End::Trapped { cause: TrapCause::StackExhausted as u8 });
}
