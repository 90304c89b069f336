//! `env.matrix` from the module to the proof.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{lowered, MAX_STEPS, SEED};
use std::path::Path;
use woppal_zkwasm::{
	commitment::{artifact_root, first_root, last_root, program_digest, End, Root},
	development,
	ir::{Op, TrapCause},
	lower::{lower, LowerError},
	machine::{Machine, Run, RunError},
	matrix::{Matrix, Vector, MATRIX_WORDS, SIDE},
	module::{load, LoadError},
	program::Program,
	prover::prove_run,
	setup::cached_development_keys,
	shape::{Shape, SMALL, SMALL_MATRIX, STANDARD_MATRIX, STANDARD_WIDE},
	verifier::{prepare_key, verify, Status},
};

/// A module whose `evaluate` has this body and one local, `$p`.
fn module(body: &str) -> Vec<u8> {
	let wat = format!(
		r#"(module
			(import "env" "input" (func $input (param i32) (result i32)))
			(import "env" "matrix" (func $matrix (param i32)))
			(memory (export "memory") 1)
			(data (i32.const 32) "\01\02\03\04\fc\fd\fe\ff\7f\80\40\c0")
			(func (export "evaluate") (result i32) (local $p i32)
				{body}))"#
	);
	wat::parse_str(wat).unwrap()
}

/// An artifact: 24 words to read, then a matrix with large and small weights.
fn artifact() -> Vec<u32> {
	let numbers = (0..MATRIX_WORDS).map(|i| match i % 9 {
		0 => 0x4000_0000 >> (i % 32),
		_ => i.wrapping_mul(0x9e37_79b9) & 0x0f0f_0f0f,
	});
	(0..24).chain(numbers).collect()
}

fn matrix() -> Matrix {
	Matrix::from_words(&artifact()[24..])
}

fn run_on(shape: &Shape, body: &str) -> Result<(Program, Run), RunError> {
	let program = lowered(&module(body), shape).unwrap();
	let run = Machine::new(&program, &artifact(), SEED).unwrap().run(MAX_STEPS)?;
	Ok((program, run))
}

fn end(body: &str) -> End {
	run_on(&SMALL_MATRIX, body).unwrap().1.end
}

/// The vector that the module's data begins with.
fn initial() -> Vector {
	let mut vector = Vector::default();
	vector[..3].copy_from_slice(&[0x0403_0201, 0xfffe_fdfc, 0xc040_807f]);
	vector
}

fn halted(output: u32) -> End {
	End::Halted { output }
}

const TRAPPED: End = End::Trapped { cause: TrapCause::OutOfBounds as u8 };

#[test]
fn a_vector_becomes_its_product() {
	let once = matrix().product(&initial());
	let twice = matrix().product(&once);
	assert_ne!(once, initial());
	for (word, offset) in (32..64).step_by(4).enumerate() {
		let load = format!("(i32.load (i32.const {offset}))");
		assert_eq!(end(&format!("(call $matrix (i32.const 32)) {load}")), halted(once[word]));
		// An address in a register, and a second layer.
		let body = format!(
			"(local.set $p (i32.shl (call $input (i32.const 4)) (i32.const 3)))
			(call $matrix (local.get $p)) (call $matrix (local.get $p)) {load}"
		);
		assert_eq!(end(&body), halted(twice[word]));
	}
}

/// Stores before a product are seen by it, loads after it see it, and nothing is kept from before.
#[test]
fn accesses_keep_their_order() {
	let body = "(local.set $p (i32.load (i32.const 32)))
		(i32.store (i32.const 36) (i32.add (local.get $p) (i32.const 1)))
		(call $matrix (i32.const 32))
		(i32.xor (i32.add (local.get $p) (i32.load (i32.const 36))) (i32.load (i32.const 32)))";
	let mut vector = initial();
	vector[1] = vector[0] + 1;
	let product = matrix().product(&vector);
	assert_eq!(end(body), halted(initial()[0].wrapping_add(product[1]) ^ product[0]));
}

/// Five products where a segment has two: the machine waits for the next segment.
#[test]
fn products_wait_for_the_next_segment() {
	let body = "(local.set $p (i32.const 5))
		(loop $next
			(call $matrix (i32.const 32))
			(br_if $next (local.tee $p (i32.sub (local.get $p) (i32.const 1)))))
		(i32.load (i32.const 32))";
	let (_, run) = run_on(&SMALL_MATRIX, body).unwrap();
	let product = (0..5).fold(initial(), |vector, _| matrix().product(&vector));
	assert_eq!(run.end, halted(product[0]));
	assert_eq!(run.segments(&SMALL_MATRIX), 3);
	// Enough of them: no waiting, no more segments than steps.
	let (_, run) = run_on(&STANDARD_MATRIX, body).unwrap();
	assert_eq!((run.end, run.segments(&STANDARD_MATRIX)), (halted(product[0]), 1));
	assert!(run.steps < 20, "{}", run.steps);
}

#[test]
fn a_wrong_address_is_a_trap_and_one_beyond_the_machine_no_run() {
	let at = |address: &str| format!("(call $matrix {address}) (i32.const 1)");
	let register = |address: u32| {
		// 24 words and the seed follow: input(1) is 1.
		at(&format!("(i32.mul (call $input (i32.const 1)) (i32.const {address}))"))
	};
	for address in [1u32, 4, 16, 31, 33, 65_535, 65_536, 65_537, 1 << 31, u32::MAX, u32::MAX - 31] {
		let constant = at(&format!("(i32.const {})", address.cast_signed()));
		assert_eq!(end(&constant), TRAPPED, "{address}");
		assert_eq!(end(&register(address)), TRAPPED, "{address}");
	}
	// In the module's memory, but not in the machine's.
	for address in [4096, 65_504] {
		for body in [at(&format!("(i32.const {address})")), register(address)] {
			let result = run_on(&SMALL_MATRIX, &body).map(|(_, run)| run.end);
			assert!(matches!(result, Err(RunError::OverCapacity { .. })), "{result:?}");
		}
	}
	// The last vector that the machine holds.
	let program = lowered(&module(&register(0)), &SMALL_MATRIX).unwrap();
	assert!(program.memory_base.is_multiple_of(8));
	let last = program.memory_bytes() as u32 - 32;
	assert_eq!(end(&register(last)), halted(1));
}

/// Through the table as well, and without a memory there is no vector.
#[test]
fn it_is_a_function_like_others() {
	let indirect = r#"(module
		(type $vector (func (param i32)))
		(import "env" "matrix" (func $matrix (type $vector)))
		(memory 1)
		(table 2 funcref)
		(elem (i32.const 1) $matrix)
		(func (export "evaluate") (result i32)
			(i32.store (i32.const 0) (i32.const 0x7f))
			(call_indirect (type $vector) (i32.const 0) (i32.const 1))
			(i32.load (i32.const 0))))"#;
	let program = lowered(&wat::parse_str(indirect).unwrap(), &SMALL_MATRIX).unwrap();
	let run = Machine::new(&program, &artifact(), SEED).unwrap().run(MAX_STEPS).unwrap();
	let mut vector = Vector::default();
	vector[0] = 0x7f;
	assert_eq!(run.end, halted(matrix().product(&vector)[0]));

	let none = r#"(module
		(import "env" "matrix" (func $matrix (param i32)))
		(func (export "evaluate") (result i32) (call $matrix (i32.const 0)) (i32.const 1)))"#;
	let program = lowered(&wat::parse_str(none).unwrap(), &SMALL_MATRIX).unwrap();
	let run = Machine::new(&program, &artifact(), SEED).unwrap().run(MAX_STEPS).unwrap();
	assert_eq!(run.end, TRAPPED);
}

#[test]
fn it_needs_a_machine_with_a_matrix_and_its_own_type() {
	let wasm = module("(call $matrix (i32.const 32)) (i32.const 0)");
	for shape in [SMALL, STANDARD_WIDE] {
		let error = lower(&load(&wasm).unwrap(), &shape).unwrap_err();
		assert_eq!(error, LowerError::Matrix);
		assert!(error.to_string().contains("env.matrix"));
	}
	// An import that nothing calls needs none.
	assert!(lower(&load(&module("(i32.const 0)")).unwrap(), &SMALL).is_ok());
	for import in [
		r#"(import "env" "matrix" (func (param i32) (result i32)))"#,
		r#"(import "env" "matrix" (func (param i64)))"#,
		r#"(import "env" "matrix" (func))"#,
		r#"(import "env" "input" (func (param i32)))"#,
		r#"(import "other" "matrix" (func (param i32)))"#,
	] {
		let wat =
			format!(r#"(module {import} (func (export "evaluate") (result i32) (i32.const 0)))"#);
		let error = load(&wat::parse_str(&wat).unwrap()).unwrap_err();
		assert!(matches!(error, LoadError::Import { .. }), "{import}: {error}");
	}
}

/// The artifact's words that are read one by one are those before the matrix.
#[test]
fn inputs_are_the_words_before_the_matrix() {
	assert_eq!(end("(call $input (i32.const 23))"), halted(23));
	let seed = u32::from_le_bytes([SEED[0], SEED[1], SEED[2], SEED[3]]);
	assert_eq!(end("(call $input (i32.const 24))"), halted(seed));
	assert_eq!(end("(call $input (i32.const 32))"), TRAPPED);
	let room = SMALL_MATRIX.artifact_words() as usize;
	assert_eq!(room, 24 + SIDE * SIDE / 4);
	let program = lowered(&module("(i32.const 0)"), &SMALL_MATRIX).unwrap();
	assert!(Machine::new(&program, &vec![0; room + 1], SEED).is_err());
	// Shorter ones are padded: with zeros, of words and of weights.
	let short = Machine::new(&program, &[5], SEED).unwrap();
	assert_eq!(short.matrix_words(), vec![0; MATRIX_WORDS as usize]);
	assert_eq!(short.fixed_roots(), {
		let mut padded = vec![0; room];
		padded[0] = 5;
		Machine::new(&program, &padded, SEED).unwrap().fixed_roots()
	});
}

fn context(segment: u32) -> Root {
	let mut context = [0; 32];
	context[..4].copy_from_slice(&segment.to_le_bytes());
	context
}

/// A run with products, some of which wait, is proven; with another matrix it is another run.
#[test]
fn a_run_with_products_is_proven() {
	let body = "(local.set $p (i32.const 3))
		(loop $next
			(call $matrix (i32.const 32))
			(br_if $next (local.tee $p (i32.sub (local.get $p) (i32.const 1)))))
		(i32.load (i32.const 40))";
	let shape = SMALL_MATRIX;
	let program = lowered(&module(body), &shape).unwrap();
	assert!(program.instructions.iter().any(|instr| instr.op == Op::Product));
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
	let key = cached_development_keys(&shape, folder).unwrap().0;
	let run = prove_run(&key, &program, &artifact(), SEED, 4, context, |_, _| {}).unwrap();
	let product = (0..3).fold(initial(), |vector, _| matrix().product(&vector));
	assert_eq!((run.end, run.segments.len()), (halted(product[2]), 2));

	let bytes = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
	let artifact_root = |words: &[u32]| artifact_root(&shape, &bytes(words)).unwrap();
	let prepared = prepare_key(development::DEVELOPMENT_SMALL_MATRIX, 4).unwrap();
	assert_eq!(prepared, key.prepared());
	let commitment = program.commitment();
	let digest = program_digest(&commitment, &shape).unwrap();
	let root = artifact_root(&artifact());
	let check = |end, artifact: &Root| {
		let first = first_root(&commitment, artifact, &SEED).unwrap();
		let last = last_root(&commitment, artifact, &SEED, &run.final_data, end).unwrap();
		let middle = run.segments[0].post_root;
		[(first, middle), (middle, last)]
			.into_iter()
			.enumerate()
			.map(|(i, (pre, post))| {
				let inputs = [pre, post, digest, context(i as u32)];
				verify(&prepared, &run.segments[i].proof, &inputs)
			})
			.collect::<Vec<_>>()
	};
	assert_eq!(check(run.end, &root), [Status::Valid; 2]);
	assert_eq!(check(halted(product[2] ^ 1), &root), [Status::Valid, Status::Invalid]);
	let mut other = artifact();
	other[24 + 77] ^= 1 << 8;
	assert_eq!(check(run.end, &artifact_root(&other)), [Status::Invalid; 2]);
}
