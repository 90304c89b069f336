//! Proofs of whole runs through the public API, and everything that must not verify.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use woppal_zkwasm::{
	circuit::witness::RunContext,
	commitment::{artifact_root, first_root, last_root, program_digest, End, Root},
	development,
	ir::{Instr, Op, TrapCause},
	lower::lower,
	machine::{Machine, RunError},
	module::load,
	program::Program,
	prover::{prove_run, prove_segment, ProveError, ProvenRun, ProvingKey},
	setup::{cached_development_keys, development_keys},
	shape::{Shape, Width, SMALL, SMALL_WIDE},
	verifier::{prepare_key, verify, Status},
};

const SEED: [u8; 32] = [9; 32];

/// Sums `artifact[i] * seed[i % 8]` over the artifact's 24 words, keeping partial sums in memory.
const SUM: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(memory 1)
	(func (export "evaluate") (result i32)
		(local $i i32) (local $sum i32)
		(loop $next
			(local.set $sum (i32.add (local.get $sum)
				(i32.mul (call $input (local.get $i))
					(call $input (i32.add (i32.const 24) (i32.and (local.get $i) (i32.const 7)))))))
			(i32.store (i32.shl (i32.and (local.get $i) (i32.const 3)) (i32.const 2)) (local.get $sum))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $next (i32.lt_u (local.get $i) (i32.const 24))))
		(i32.xor (i32.load (i32.const 4)) (local.get $sum))))"#;

fn artifact() -> Vec<u32> {
	(0..24u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect()
}

fn artifact_bytes() -> Vec<u8> {
	artifact().iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn expected() -> u32 {
	let seed = u32::from_le_bytes([SEED[0]; 4]);
	let mut memory = [0u32; 4];
	let mut sum = 0u32;
	for (i, word) in artifact().iter().enumerate() {
		sum = sum.wrapping_add(word.wrapping_mul(seed));
		memory[i & 3] = sum;
	}
	memory[1] ^ sum
}

fn program() -> Program {
	let wasm = wat::parse_str(SUM).unwrap();
	lower(&load(&wasm).unwrap(), &SMALL).unwrap()
}

fn key() -> ProvingKey {
	cached_development_keys(&SMALL, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap().0
}

fn context(segment: u32) -> Root {
	let mut context = [3; 32];
	context[..4].copy_from_slice(&segment.to_le_bytes());
	context[31] = 0;
	context
}

/// Checks a run as a chain does: everything but the roots in between comes from elsewhere.
fn check(prepared: &[u8], program: &Program, run: &ProvenRun, end: End) -> Vec<Status> {
	let commitment = program.commitment();
	let artifact = artifact_root(&program.shape, &artifact_bytes()).unwrap();
	let digest = program_digest(&commitment, &program.shape).unwrap();
	let mut pre = first_root(&commitment, &artifact, &SEED).unwrap();
	let last = last_root(&commitment, &artifact, &SEED, &run.final_data, end).unwrap();
	let count = run.segments.len();
	let mut statuses = Vec::new();
	for (i, segment) in run.segments.iter().enumerate() {
		let post = if i + 1 == count { last } else { segment.post_root };
		let inputs = [pre, post, digest, context(i as u32)];
		statuses.push(verify(prepared, &segment.proof, &inputs));
		pre = post;
	}
	statuses
}

/// One run, proven once: it is the dear part of these tests.
#[test]
fn a_run_is_proven_and_only_this_run() {
	let (key, program) = (key(), program());
	let told = std::cell::RefCell::new(Vec::new());
	let progress = |done, total| told.borrow_mut().push((done, total));
	let run = prove_run(&key, &program, &artifact(), SEED, 8, context, progress).unwrap();
	let count = run.segments.len();
	assert!(count >= 2, "{count}");
	assert_eq!(told.into_inner(), (0..=count).map(|i| (i, count)).collect::<Vec<_>>());
	let end = End::Halted { output: expected() };
	assert_eq!(run.end, end);
	let prepared = prepare_key(development::DEVELOPMENT_SMALL, 4).unwrap();
	assert_eq!(prepared, key.prepared());
	assert_eq!(check(&prepared, &program, &run, end), vec![Status::Valid; count]);

	// Another metric, or a trap, only fails at the end.
	for wrong in [End::Halted { output: expected() ^ 1 }, End::Trapped { cause: 4 }] {
		let statuses = check(&prepared, &program, &run, wrong);
		assert_eq!(statuses.last(), Some(&Status::Invalid));
	}
	// A segment left out, or two exchanged.
	let mut short = run.clone();
	short.segments.remove(0);
	assert!(check(&prepared, &program, &short, end).contains(&Status::Invalid));
	let mut exchanged = run.clone();
	exchanged.segments.swap(0, 1);
	assert!(check(&prepared, &program, &exchanged, end).contains(&Status::Invalid));

	// What the first proof says, and nothing else.
	let commitment = program.commitment();
	let artifact_root = artifact_root(&SMALL, &artifact_bytes()).unwrap();
	let pre = first_root(&commitment, &artifact_root, &SEED).unwrap();
	let digest = program_digest(&commitment, &SMALL).unwrap();
	let inputs = [pre, run.segments[0].post_root, digest, context(0)];
	let proof = run.segments[0].proof;
	assert_eq!(verify(&prepared, &proof, &inputs), Status::Valid);
	for position in 0..4 {
		let mut wrong = inputs;
		wrong[position][0] ^= 1;
		assert_eq!(verify(&prepared, &proof, &wrong), Status::Invalid, "input {position}");
	}
}

/// arkworks proves false witnesses without a word in release builds.
#[test]
fn pitfall_03_what_is_not_true_is_not_proven() {
	let shape = Shape { width: Width::W32, steps: 4, code: 4, inputs: 16, data: 16, products: 0 };
	let (key, _) = development_keys(&shape).unwrap();
	let set = Instr { d: Some(1), imm: 7, ..Instr::new(Op::Add) };
	let again = Instr { target: 0, ..Instr::new(Op::Br) };
	let halt = Instr { b: Some(1), ..Instr::new(Op::Halt) };
	let small = |instructions| Program {
		shape,
		instructions,
		data: vec![0; 16],
		entry_pc: 0,
		entry_fp: 0,
		stack_words: 8,
		memory_base: 8,
		functions: Vec::new(),
	};
	let good = small(vec![set, halt]);
	let prove = |program: &Program, context: fn(u32) -> Root| {
		prove_run(&key, program, &[], SEED, 3, context, |_, _| {})
	};
	assert_eq!(prove(&good, context).unwrap().end, End::Halted { output: 7 });
	assert!(matches!(prove(&program(), context), Err(ProveError::OtherShape)));
	assert!(matches!(prove(&good, |_| [255; 32]), Err(ProveError::Context)));
	let endless = small(vec![set, again]);
	assert!(matches!(
		prove(&endless, context),
		Err(ProveError::Run(RunError::StepLimit { limit: 12 }))
	));
	// The segment of one run, under the pre-root of another.
	let run = RunContext::new(&good, &[], &SEED).unwrap();
	let segment = Machine::new(&good, &[], SEED).unwrap().segments(1).next().unwrap().unwrap();
	let wrong = [1; 32].map(|byte: u8| byte & 0x0f);
	let proven = prove_segment(&key, &run, &segment, &wrong, &context(0));
	assert!(matches!(proven, Err(ProveError::Unsatisfied)));
	let pre = run.pre_root(&segment);
	assert!(prove_segment(&key, &run, &segment, &pre, &context(0)).is_ok());
}

/// The committed files are what the public seed gives.
#[test]
fn the_development_keys_are_made_again() {
	for (shape, bytes) in development::DEVELOPMENT_KEYS {
		let (_, verifying) = development_keys(&shape).unwrap();
		assert!(verifying.0 == bytes, "run the example development_keys");
		assert!(development::is_development_key(&verifying.0));
		assert_eq!(development::development_key(&shape), Some(bytes));
	}
	assert!(!development::is_development_key(&[]));
	assert!(!development::is_development_key(&development::DEVELOPMENT_SMALL[1..]));
}

/// The same chain of roots on 64-bit words: a run with `i64` arithmetic, narrow operations, memory, an
/// irregular access and a trap at the end of another.
const WIDE: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(memory 1)
	(func (export "evaluate") (result i32)
		(local $i i32) (local $sum i64)
		(local.set $sum (i64.const -0x123456789abcdef))
		(loop $next
			(local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 13))
				(i64.mul (i64.extend_i32_s (call $input (local.get $i)))
					(i64.extend_i32_u (i32.add (local.get $i) (i32.const -7))))))
			(i64.store align=1 (i32.mul (local.get $i) (i32.const 3)) (local.get $sum))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $next (i32.lt_u (local.get $i) (i32.const 4))))
		(if (i32.eqz (call $input (i32.const 0))) (then (drop (i32.load (i32.const 65533)))))
		(i32.wrap_i64 (i64.shr_s (i64.xor (i64.load (i32.const 5)) (local.get $sum)) (i64.const 9)))))"#;

fn wide_result(words: &[u32; 4]) -> u32 {
	let mut memory = [0u8; 32];
	let mut sum = -0x123456789abcdefi64;
	for (i, word) in (0u32..).zip(words) {
		let factor = i64::from(i.wrapping_sub(7));
		let word = i64::from(word.cast_signed());
		sum = sum.rotate_left(13).wrapping_add(word.wrapping_mul(factor));
		let at = 3 * i as usize;
		memory[at..at + 8].copy_from_slice(&sum.to_le_bytes());
	}
	let loaded = i64::from_le_bytes(memory[5..13].try_into().unwrap());
	((loaded ^ sum) >> 9) as u32
}

#[test]
fn runs_on_wide_words_are_proven() {
	let shape = SMALL_WIDE;
	let program = lower(&load(&wat::parse_str(WIDE).unwrap()).unwrap(), &shape).unwrap();
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
	let key = cached_development_keys(&shape, folder).unwrap().0;
	let prepared = prepare_key(development::DEVELOPMENT_SMALL_WIDE, 4).unwrap();
	let commitment = program.commitment();
	let digest = program_digest(&commitment, &shape).unwrap();
	for words in [[0x8000_0003u32, 77, 0xffff_fff0, 9], [0, 1, 2, 3]] {
		let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
		let artifact = artifact_root(&shape, &bytes).unwrap();
		let end = match words[0] {
			0 => End::Trapped { cause: TrapCause::OutOfBounds as u8 },
			_ => End::Halted { output: wide_result(&words) },
		};
		let run = prove_run(&key, &program, &words, SEED, 12, context, |_, _| {}).unwrap();
		assert_eq!(run.end, end);
		let mut pre = first_root(&commitment, &artifact, &SEED).unwrap();
		let last = last_root(&commitment, &artifact, &SEED, &run.final_data, end).unwrap();
		assert_eq!(run.segments.last().unwrap().post_root, last);
		for (i, segment) in run.segments.iter().enumerate() {
			let inputs = [pre, segment.post_root, digest, context(i as u32)];
			assert_eq!(verify(&prepared, &segment.proof, &inputs), Status::Valid, "{i}");
			// The circuit for 32-bit words has other keys.
			let other = prepare_key(development::DEVELOPMENT_SMALL, 4).unwrap();
			assert_eq!(verify(&other, &segment.proof, &inputs), Status::Invalid);
			pre = segment.post_root;
		}
	}
}
