//! Random programs mean the same to the machine and to `wasmi`, and lower to well-formed code.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{agree, program, ROOMY, SEED};
use proptest::prelude::*;
use std::fmt::Write;
use woppal_zkwasm::{
	ir::{Instr, RUNNING},
	machine::Machine,
};

const LOCALS: u32 = 4;
const BINARY: [&str; 25] = [
	"add", "sub", "mul", "add", "mul", "add", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl",
	"rotr", "div_u", "rem_s", "eq", "ne", "lt_s", "lt_u", "gt_s", "le_u", "ge_s", "div_s", "rem_u",
];

/// An expression with an `i32` value.
#[derive(Clone, Debug)]
enum Expr {
	Const(i32),
	Local(u32),
	Tee(u32, Box<Expr>),
	Binary(usize, Box<Expr>, Box<Expr>),
	Unary(usize, Box<Expr>),
	Select(Box<Expr>, Box<Expr>, Box<Expr>),
	If(Box<Expr>, Box<Expr>, Box<Expr>),
	/// A block that ends early with its first value if its second is not 0.
	Block(Box<Expr>, Box<Expr>, Box<Expr>),
	Load(usize, Box<Expr>),
	Call(Box<Expr>, Box<Expr>),
	Input(Box<Expr>),
}

/// A statement.
#[derive(Clone, Debug)]
enum Stmt {
	Set(u32, Expr),
	Global(Expr),
	Store(usize, Expr, Expr),
	If(Expr, Vec<Stmt>, Vec<Stmt>),
	/// Runs at most this often, and stops early if the expression is 0.
	Loop(u32, Expr, Vec<Stmt>),
	Return(Expr, Expr),
}

fn expr() -> impl Strategy<Value = Expr> {
	let edge = prop::sample::select(vec![0, 1, -1, 2, 31, 32, 255, i32::MIN, i32::MAX]);
	let leaf = prop_oneof![
		edge.prop_map(Expr::Const),
		any::<i32>().prop_map(Expr::Const),
		(0..LOCALS).prop_map(Expr::Local),
		(0..LOCALS).prop_map(Expr::Local),
		(0..LOCALS).prop_map(Expr::Local),
	];
	leaf.prop_recursive(4, 24, 3, |inner| {
		let b = move || inner.clone().prop_map(Box::new);
		prop_oneof![
			4 => (0..BINARY.len(), b(), b()).prop_map(|(o, x, y)| Expr::Binary(o, x, y)),
			1 => (0..4usize, b()).prop_map(|(o, x)| Expr::Unary(o, x)),
			1 => (0..LOCALS, b()).prop_map(|(l, x)| Expr::Tee(l, x)),
			1 => (b(), b(), b()).prop_map(|(x, y, z)| Expr::Select(x, y, z)),
			1 => (b(), b(), b()).prop_map(|(x, y, z)| Expr::If(x, y, z)),
			1 => (b(), b(), b()).prop_map(|(x, y, z)| Expr::Block(x, y, z)),
			1 => (0..6usize, b()).prop_map(|(o, x)| Expr::Load(o, x)),
			1 => (b(), b()).prop_map(|(x, y)| Expr::Call(x, y)),
			1 => b().prop_map(Expr::Input),
		]
	})
}

fn statements() -> impl Strategy<Value = Vec<Stmt>> {
	let leaf = prop_oneof![
		4 => (0..LOCALS, expr()).prop_map(|(l, x)| Stmt::Set(l, x)),
		1 => expr().prop_map(Stmt::Global),
		1 => (0..5usize, expr(), expr()).prop_map(|(o, x, y)| Stmt::Store(o, x, y)),
		1 => (expr(), expr()).prop_map(|(x, y)| Stmt::Return(x, y)),
	];
	let statement = leaf.prop_recursive(2, 8, 3, |inner| {
		let some = move || prop::collection::vec(inner.clone(), 0..3);
		prop_oneof![
			(expr(), some(), some()).prop_map(|(x, a, b)| Stmt::If(x, a, b)),
			(1..5u32, expr(), some()).prop_map(|(n, x, a)| Stmt::Loop(n, x, a)),
		]
	});
	prop::collection::vec(statement, 1..6)
}

/// Address of one of the first 64 bytes, a multiple of `align`.
fn address(x: &Expr, align: u32) -> String {
	format!("(i32.and {} (i32.const {}))", write_expr(x), 63 & !(align - 1))
}

fn write_expr(x: &Expr) -> String {
	match x {
		Expr::Const(c) => format!("(i32.const {c})"),
		Expr::Local(l) => format!("(local.get {l})"),
		Expr::Tee(l, x) => format!("(local.tee {l} {})", write_expr(x)),
		Expr::Binary(o, x, y) => {
			format!("(i32.{} {} {})", BINARY[*o], write_expr(x), write_expr(y))
		},
		Expr::Unary(o, x) => {
			format!("(i32.{} {})", ["eqz", "clz", "ctz", "popcnt"][*o], write_expr(x))
		},
		Expr::Select(x, y, z) => {
			format!("(select {} {} {})", write_expr(x), write_expr(y), write_expr(z))
		},
		Expr::If(x, y, z) => format!(
			"(if (result i32) {} (then {}) (else {}))",
			write_expr(x),
			write_expr(y),
			write_expr(z)
		),
		Expr::Block(x, y, z) => format!(
			"(block (result i32) {} (br_if 0 {}) (drop) {})",
			write_expr(x),
			write_expr(y),
			write_expr(z)
		),
		Expr::Load(o, x) => {
			let (load, align) = [
				("load", 4),
				("load8_s", 1),
				("load8_u offset=5", 1),
				("load16_s", 2),
				("load16_u offset=1 align=1", 1),
				("load offset=3 align=1", 1),
			][*o];
			format!("(i32.{load} {})", address(x, align))
		},
		Expr::Call(x, y) => format!("(call $f {} {})", write_expr(x), write_expr(y)),
		Expr::Input(x) => format!("(call $input (i32.and {} (i32.const 31)))", write_expr(x)),
	}
}

fn write_statements(statements: &[Stmt], loops: &mut u32) -> String {
	let mut text = String::new();
	for statement in statements {
		let written = match statement {
			Stmt::Set(l, x) => format!("(local.set {l} {})", write_expr(x)),
			Stmt::Global(x) => {
				format!("(global.set $g (i32.add (global.get $g) {}))", write_expr(x))
			},
			Stmt::Store(o, x, y) => {
				let (store, align) = [
					("store", 4),
					("store8", 1),
					("store16", 2),
					("store align=1", 1),
					("store16 offset=3 align=1", 1),
				][*o];
				format!("(i32.{store} {} {})", address(x, align), write_expr(y))
			},
			Stmt::If(x, a, b) => format!(
				"(if {} (then {}) (else {}))",
				write_expr(x),
				write_statements(a, loops),
				write_statements(b, loops)
			),
			Stmt::Loop(n, x, a) => {
				*loops += 1;
				let counter = format!("$n{loops}");
				let body = write_statements(a, loops);
				format!(
					"(local.set {counter} (i32.const {n}))
					 (block (loop
						(br_if 1 (i32.eqz {}))
						{body}
						(br_if 0 (local.tee {counter}
							(i32.sub (local.get {counter}) (i32.const 1))))))",
					write_expr(x)
				)
			},
			Stmt::Return(x, y) => {
				format!("(if {} (then (return {})))", write_expr(x), write_expr(y))
			},
		};
		writeln!(text, "{written}").unwrap();
	}
	text
}

/// A module whose `evaluate` runs the statements and hashes all that they may have changed.
fn module(statements: &[Stmt], callee: &Expr) -> String {
	let mut loops = 0;
	let body = write_statements(statements, &mut loops);
	let locals = "(local i32) (local i32)";
	let counters: String = (1..=loops).map(|n| format!("(local $n{n} i32)")).collect();
	// The callee must not call itself: its calls become additions.
	let callee = write_expr(callee).replace("(call $f ", "(i32.add ");
	let mut digest = "(global.get $g)".to_string();
	for part in (0..LOCALS)
		.map(|l| format!("(local.get {l})"))
		.chain((0..17).map(|w| format!("(i32.load (i32.const {}))", 4 * w)))
	{
		digest = format!("(i32.add (i32.mul {digest} (i32.const 31)) {part})");
	}
	format!(
		"(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
		 (memory 1) (global $g (mut i32) (i32.const 7))
		 (data (i32.const 0) \"\\01\\02\\f3\\04\\05\\86\\07\\ff\\80\")
		 (func $f (param i32) (param i32) (result i32) {locals} {callee})
		 (func (export \"evaluate\") (result i32)
			(local i32) (local i32) (local i32) (local i32) {counters}
			(local.set 0 (call $input (i32.const 0)))
			(local.set 1 (call $input (i32.const 1)))
			{body}
			{digest}))"
	)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn random_programs_agree(
		statements in statements(),
		callee in expr(),
		artifact in prop::collection::vec(any::<u32>(), 2..8),
	) {
		let wat = module(&statements, &callee);
		agree(&wat, &artifact);
		agree(&wat, &[0, 1]);
	}

	#[test]
	fn random_programs_cut_into_segments_keep_their_meaning(
		statements in statements(),
		callee in expr(),
	) {
		let program = program(&module(&statements, &callee));
		for instr in &program.instructions {
			prop_assert_eq!(Instr::decode(&instr.encode(), ROOMY.width), Some(*instr));
		}
		let whole = Machine::new(&program, &[3], SEED).unwrap().run(1_000_000).unwrap();
		let mut data = program.data.clone();
		let mut state = None;
		let mut steps = 0;
		let segments = Machine::new(&program, &[3], SEED).unwrap().segments(20_000);
		for (index, segment) in segments.enumerate() {
			let segment = segment.unwrap();
			prop_assert_eq!(segment.index as usize, index);
			prop_assert_eq!(&segment.data_before, &data);
			prop_assert_eq!(segment.before.status, RUNNING);
			if let Some(state) = state {
				prop_assert_eq!(segment.before, state);
			}
			for step in &segment.steps {
				for access in [step.a, step.b, step.d].into_iter().flatten() {
					prop_assert_eq!(data[access.address as usize], access.old);
					data[access.address as usize] = access.new;
				}
			}
			prop_assert_eq!(&segment.data_after, &data);
			steps += segment.steps.len() as u64;
			let is_last = segment.after.status != RUNNING;
			prop_assert!(is_last || segment.steps.len() == ROOMY.steps as usize);
			state = Some(segment.after);
		}
		prop_assert_eq!(steps, whole.steps);
		prop_assert_eq!(state.and_then(|s| s.end()), Some(whole.end));
		prop_assert_eq!(data, whole.data);
	}
}
