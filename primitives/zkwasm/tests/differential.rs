//! The machine against `wasmi`, instruction by instruction.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{agree, program, run};
use woppal_zkwasm::{
	commitment::End,
	ir::{Op, TrapCause},
};

const EDGES: [u32; 15] = [
	0,
	1,
	2,
	3,
	7,
	8,
	31,
	32,
	33,
	0xffff,
	0x7fff_ffff,
	0x8000_0000,
	0x8000_0001,
	0xffff_fffe,
	0xffff_ffff,
];

const BINARY: [&str; 25] = [
	"add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s",
	"shr_u", "rotl", "rotr", "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s",
	"ge_u",
];

fn evaluate(body: &str) -> String {
	format!(
		"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		 (memory 1) (func (export \"evaluate\") (result i32) {body}))"
	)
}

const X: &str = "(call $input (i32.const 0))";
const Y: &str = "(call $input (i32.const 1))";

#[test]
fn binary_operations_agree_on_registers() {
	for op in BINARY {
		let wat = evaluate(&format!("(i32.{op} {X} {Y})"));
		for x in EDGES {
			for y in EDGES {
				agree(&wat, &[x, y]);
			}
		}
	}
}

#[test]
fn binary_operations_agree_with_a_constant_on_either_side() {
	for op in BINARY {
		for c in EDGES {
			let right = evaluate(&format!("(i32.{op} {X} (i32.const {}))", c as i32));
			let left = evaluate(&format!("(i32.{op} (i32.const {}) {X})", c as i32));
			for x in [0, 1, 32, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
				agree(&right, &[x]);
				agree(&left, &[x]);
			}
		}
	}
}

#[test]
fn binary_operations_agree_on_constants() {
	for op in BINARY {
		for x in [0, 1, 0x8000_0000u32, 0xffff_ffff] {
			for y in [0, 1, 33, 0xffff_ffffu32] {
				let (x, y) = (x as i32, y as i32);
				agree(&evaluate(&format!("(i32.{op} (i32.const {x}) (i32.const {y}))")), &[]);
			}
		}
	}
}

#[test]
fn unary_operations_agree() {
	for op in ["clz", "ctz", "popcnt", "eqz"] {
		let wat = evaluate(&format!("(i32.{op} {X})"));
		for x in EDGES {
			agree(&wat, &[x]);
			agree(&evaluate(&format!("(i32.{op} (i32.const {}))", x as i32)), &[]);
		}
		for bit in 0..32 {
			agree(&wat, &[1 << bit]);
			agree(&wat, &[u32::MAX << bit]);
		}
	}
}

#[test]
fn comparisons_agree_in_every_use() {
	for op in &BINARY[15..] {
		let compare = format!("(i32.{op} {X} {Y})");
		for wat in [
			evaluate(&format!(
				"(if (result i32) {compare} (then (i32.const 5)) (else (i32.const 6)))"
			)),
			evaluate(&format!("(i32.eqz {compare})")),
			evaluate(&format!("(select (i32.const 5) (i32.const 6) (i32.eqz {compare}))")),
			evaluate(&format!("(block (br_if 0 {compare}) (return (i32.const 1))) (i32.const 2)")),
			evaluate(&format!(
				"(block (br_if 0 (i32.eqz {compare})) (return (i32.const 1))) (i32.const 2)"
			)),
		] {
			for x in EDGES {
				for y in [0, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
					agree(&wat, &[x, y]);
				}
			}
		}
	}
}

#[test]
fn tests_of_other_results_agree() {
	for op in ["and", "sub", "xor", "or", "add", "mul"] {
		for condition in [
			format!("(i32.{op} {X} {Y})"),
			format!("(i32.eqz (i32.{op} {X} {Y}))"),
			format!("(i32.{op} {X} (i32.const 7))"),
		] {
			let wat = evaluate(&format!(
				"(block (br_if 0 {condition}) (return (i32.const 1)))
				 (select (i32.const 2) (i32.const 3) {condition})"
			));
			for x in EDGES {
				for y in [0, 1, 7, 0xffff_fff9, 0xffff_ffff] {
					agree(&wat, &[x, y]);
				}
			}
		}
	}
}

#[test]
fn selects_agree() {
	let wat = evaluate(&format!(
		"(local $a i32) (local $b i32)
		 (local.set $a {X}) (local.set $b {Y})
		 (local.set $a (select (local.get $a) (local.get $b)
			(i32.lt_s (local.get $a) (local.get $b))))
		 (local.set $b (select (i32.add (local.get $a) (i32.const 1)) (local.get $b)
			(local.get $a)))
		 (i32.add (i32.mul (local.get $a) (i32.const 31))
			(select (local.get $b) (i32.const 9) (i32.and (local.get $b) (i32.const 1))))"
	));
	for x in EDGES {
		for y in EDGES {
			agree(&wat, &[x, y]);
		}
	}
}

const LOADS: [(&str, u32); 5] =
	[("load", 4), ("load8_s", 1), ("load8_u", 1), ("load16_s", 2), ("load16_u", 2)];

fn with_data(body: &str) -> String {
	format!(
		"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		 (memory 1)
		 (data (i32.const 0) \"\\01\\82\\03\\84\\f5\\06\\87\\08\\09\\ff\\7f\\80\")
		 (func (export \"evaluate\") (result i32) {body}))"
	)
}

#[test]
fn loads_agree_at_every_address() {
	for (load, bytes) in LOADS {
		for (offset, align) in
			[(0, bytes), (1, bytes), (2, bytes), (3, bytes), (7, bytes), (0, 1), (3, 1)]
		{
			let load = format!("i32.{load} offset={offset} align={align}");
			let wat = with_data(&format!("({load} {X})"));
			for address in 0..12 {
				agree(&wat, &[address]);
				agree(&with_data(&format!("({load} (i32.const {address}))")), &[]);
			}
		}
	}
}

#[test]
fn stores_agree() {
	let sum = "(i32.add (i32.load (i32.const 0)) (i32.mul (i32.const 7)
		(i32.add (i32.load (i32.const 4)) (i32.mul (i32.const 13) (i32.load (i32.const 8))))))";
	for (store, bytes) in [("store", 4), ("store8", 1), ("store16", 2)] {
		for align in [bytes, 1] {
			for offset in [0, 1, 2] {
				let store = format!("i32.{store} offset={offset} align={align}");
				let wat = with_data(&format!("({store} {X} {Y}) {sum}"));
				for address in 0..8 {
					for value in [0, 0x1234_5678, 0xffff_ffff] {
						agree(&wat, &[address, value]);
						let constants = format!(
							"({store} (i32.const {address}) (i32.const {})) {sum}",
							value as i32
						);
						agree(&with_data(&constants), &[]);
					}
				}
			}
		}
	}
}

#[test]
fn an_input_beyond_the_inputs_traps() {
	let wat = evaluate(&format!("(call $input {X})"));
	for index in [0, 1, 23, 24, 31, 32, 33, 0x8000_0000, 0xffff_ffff] {
		agree(&wat, &[index, 77]);
	}
	agree(&evaluate("(call $input (i32.const 32))"), &[]);
}

#[test]
fn blocks_with_results_agree() {
	let wat = evaluate(&format!(
		"(local $n i32)
		 (local.set $n {X})
		 (i32.add (local.get $n)
			(block (result i32)
				(local.set $n (i32.const 100))
				(drop (br_if 0 (i32.const 11) (i32.eq {X} (i32.const 1))))
				(if (result i32) (i32.eq {X} (i32.const 2))
					(then (br 1 (i32.const 22)))
					(else (i32.add (local.get $n) {Y})))))"
	));
	for x in 0..4 {
		agree(&wat, &[x, 5]);
	}
}

#[test]
fn a_local_that_changes_under_the_stack_keeps_its_value() {
	let wat = evaluate(&format!(
		"(local $a i32) (local $b i32)
		 (local.set $a {X})
		 (local.set $b {Y})
		 (local.get $a) (local.get $b)
		 (local.set $a) (local.set $b)
		 (i32.sub (i32.mul (local.get $a) (i32.const 3))
			(i32.add (local.get $b) (i32.add (local.get $a) (local.tee $a (i32.const 4)))))"
	));
	agree(&wat, &[17, 1000]);
}

#[test]
fn loops_agree() {
	let wat = evaluate(&format!(
		"(local $i i32) (local $sum i32) (local $product i32)
		 (local.set $product (i32.const 1))
		 (block $done
			(loop $next
				(br_if $done (i32.ge_u (local.get $i) {X}))
				(local.set $i (i32.add (local.get $i) (i32.const 1)))
				(br_if $next (i32.and (local.get $i) (i32.const 1)))
				(local.set $sum (i32.add (local.get $sum)
					(i32.mul (local.get $i) (local.get $product))))
				(local.set $product (i32.mul (local.get $product) (i32.const 3)))
				(br $next)))
		 (i32.xor (local.get $sum) (local.get $product))"
	));
	for x in [0, 1, 2, 3, 10, 100] {
		agree(&wat, &[x]);
	}
}

#[test]
fn tables_of_branches_agree() {
	let wat = evaluate(&format!(
		"(block $d (block $c (block $b (block $a
			(br_table $a $b $d $c $b $d {X}))
			(return (i32.const 10)))
			(return (i32.const 20)))
			(return (i32.const 30)))
		 (block (result i32) (br_table 0 0 0 (i32.const 40) {X}))"
	));
	for x in [0, 1, 2, 3, 4, 5, 6, 0xffff_ffff] {
		agree(&wat, &[x]);
	}
}

#[test]
fn unreachable_code_is_left_out() {
	agree(&evaluate("unreachable"), &[]);
	agree(&evaluate("(block (br 0) (i32.const 1) (drop) (loop (br 0))) (i32.const 3)"), &[]);
	agree(
		&evaluate("(if (result i32) (i32.const 0) (then unreachable) (else (i32.const 4)))"),
		&[],
	);
	agree(&evaluate("(loop (result i32) (return (i32.const 5)))"), &[]);
	let wat = evaluate(&format!("(block (br_if 0 {X}) unreachable) (i32.const 6)"));
	agree(&wat, &[0]);
	agree(&wat, &[1]);
}

#[test]
fn calls_agree() {
	let wat = format!(
		"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		 (func $mix (param $a i32) (param $b i32) (param $c i32) (result i32)
			(i32.add (i32.mul (local.get $a) (i32.const 100))
				(i32.sub (local.get $b) (local.get $c))))
		 (func $nothing)
		 (func $swap (param $a i32) (param $b i32) (result i32)
			(call $mix (local.get $b) (local.get $a)
				(call $mix (local.get $a) (local.get $a) (local.get $b))))
		 (func (export \"evaluate\") (result i32)
			(local $k i32)
			(local.set $k {X})
			(call $nothing)
			(i32.add
				(i32.mul (local.get $k)
					(call $swap (call $swap (local.get $k) {Y}) (i32.const 3)))
				(call $mix (call $mix (local.get $k) (local.get $k) {Y}) {X}
					(local.tee $k (i32.const 9))))))"
	);
	for (x, y) in [(0, 0), (1, 2), (0xffff_ffff, 7), (123_456, 0x8000_0000)] {
		agree(&wat, &[x, y]);
	}
}

const RECURSION: &str = "(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
	(func $fib (param $n i32) (result i32)
		(if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
			(then (local.get $n))
			(else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
				(call $fib (i32.sub (local.get $n) (i32.const 2)))))))
	(func (export \"evaluate\") (result i32) (call $fib (call $input (i32.const 0)))))";

#[test]
fn recursion_agrees_until_the_stack_is_full() {
	for n in 0..15 {
		agree(RECURSION, &[n]);
	}
	let exhausted = run(RECURSION, &[200]);
	assert_eq!(exhausted.end, End::Trapped { cause: TrapCause::StackExhausted as u8 });
	// Endless recursion ends alike in both.
	let endless = "(module (func $f (result i32) (i32.add (call $f) (i32.const 1)))
		(func (export \"evaluate\") (result i32) (call $f)))";
	agree(endless, &[]);
}

#[test]
fn an_entry_that_calls_itself_agrees() {
	let wat = "(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		(global $n (mut i32) (i32.const 5))
		(func $f (export \"evaluate\") (result i32)
			(if (i32.eqz (global.get $n)) (then (return (i32.const 1))))
			(global.set $n (i32.sub (global.get $n) (i32.const 1)))
			(i32.mul (call $f) (i32.const 3))))";
	assert_eq!(agree(wat, &[]).end, End::Halted { output: 243 });
}

#[test]
fn globals_agree() {
	let wat = "(module (global $stack (mut i32) (i32.const 64)) (global $base i32 (i32.const 8))
		(global $unused (mut i32) (i32.const 3))
		(memory (export \"memory\") 1)
		(data (i32.const 8) \"\\2a\\00\\00\\00\")
		(func $push (param $v i32)
			(global.set $stack (i32.sub (global.get $stack) (i32.const 4)))
			(i32.store (global.get $stack) (local.get $v)))
		(func (export \"evaluate\") (result i32)
			(call $push (i32.const 5)) (call $push (i32.const 6))
			(i32.add (global.get $unused) (i32.add (i32.load (global.get $base))
				(i32.add (i32.mul (i32.load (i32.const 60)) (i32.load (i32.const 56)))
					(global.get $stack))))))";
	assert_eq!(agree(wat, &[]).end, End::Halted { output: 3 + 42 + 30 + 56 });
}

#[test]
fn the_size_of_the_memory_is_what_the_module_declares() {
	agree(&evaluate("(memory.size)"), &[]);
}

#[test]
fn a_sum_of_products_takes_a_step_each() {
	let wat = evaluate(&format!(
		"(local $i i32) (local $sum i32)
		 (loop $next
			(local.set $sum (i32.add (local.get $sum)
				(i32.mul (call $input (local.get $i)) (local.get $i))))
			(br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1)))
				(i32.const 20))))
		 (i32.add (local.get $sum) {Y})"
	));
	let artifact: Vec<u32> = (0..20).map(|i| i * 37 + 5).collect();
	let run = agree(&wat, &artifact);
	// Input, multiply and add, count, compare: four steps a round.
	assert!(run.steps <= 4 * 20 + 5, "{} steps", run.steps);
	assert!(program(&wat).instructions.iter().any(|i| i.op == Op::Mul && i.accumulate));
}
