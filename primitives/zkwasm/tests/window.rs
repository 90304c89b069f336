//! Segments that are proven side by side.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use woppal_zkwasm::{
	circuit::witness::RunContext,
	commitment::Root,
	lower::lower,
	machine::{Machine, RunError, Segments},
	module::load,
	program::Program,
	prover::{prove_segment, prove_segments, ProveError, ProvenSegment, ProvingKey},
	setup::cached_development_keys,
	shape::{Shape, SMALL},
};

const SEED: [u8; 32] = [5; 32];

/// A loop of several segments of the small circuit.
const COUNT: &str = r#"(module
	(func (export "evaluate") (result i32) (local $i i32) (local $sum i32)
		(loop $next
			(local.set $sum (i32.xor (i32.mul (local.get $sum) (i32.const 3)) (local.get $i)))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $next (i32.lt_u (local.get $i) (i32.const 90))))
		(local.get $sum)))"#;

fn program() -> Program {
	lower(&load(&wat::parse_str(COUNT).unwrap()).unwrap(), &SMALL).unwrap()
}

fn key(shape: &Shape) -> ProvingKey {
	cached_development_keys(shape, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap().0
}

fn context(segment: u32) -> Root {
	let mut context = [7; 32];
	context[..4].copy_from_slice(&segment.to_le_bytes());
	context[31] = 0;
	context
}

fn traces(program: &Program) -> Segments<'_> {
	Machine::new(program, &[], SEED).unwrap().segments(16)
}

/// What [`prove_segment`] makes, one after another.
fn alone(key: &ProvingKey, program: &Program, run: &RunContext) -> Vec<ProvenSegment> {
	let mut proven: Vec<ProvenSegment> = Vec::new();
	for segment in traces(program) {
		let segment = segment.unwrap();
		let pre = proven.last().map_or_else(|| run.pre_root(&segment), |last| last.post_root);
		let context = context(segment.index);
		proven.push(prove_segment(key, run, &segment, &pre, &context).unwrap());
	}
	proven
}

#[test]
fn proofs_made_side_by_side_are_those_made_alone() {
	let (key, program) = (key(&SMALL), program());
	let run = RunContext::new(&program, &[], &SEED).unwrap();
	let alone = alone(&key, &program, &run);
	assert!(alone.len() > 2, "{}", alone.len());
	// A window that does not divide the run, and one that is wider than its rest.
	for (window, skipped) in [(2, 0), (alone.len() + 3, 1)] {
		let mut proven = Vec::new();
		let mut expected = skipped as u32;
		let pre = alone[..skipped].last().map(|last| last.post_root);
		let rest = traces(&program).skip(skipped);
		prove_segments(&key, &run, rest, pre, window, context, |index, segment| {
			assert_eq!(index, expected, "in order");
			expected += 1;
			proven.push(segment);
			Ok::<_, ProveError>(())
		})
		.unwrap();
		assert_eq!(proven, alone[skipped..], "window {window}");
	}

	// Whoever is told may end it: nothing of the next window is proven.
	let told = std::cell::Cell::new(0);
	let stopped = prove_segments(&key, &run, traces(&program), None, 0, context, |index, _| {
		told.set(told.get() + 1);
		if index == 0 {
			Err(ProveError::Context)
		} else {
			Ok(())
		}
	});
	assert!(matches!(stopped, Err(ProveError::Context)));
	assert_eq!(told.get(), 1);

	// What was proven before a failure is handed over, and the failure then reported.
	let mut indices = Vec::new();
	let limited = Machine::new(&program, &[], SEED).unwrap().segments(1);
	let failed = prove_segments(&key, &run, limited, None, 2, context, |index, _| {
		indices.push(index);
		Ok::<_, ProveError>(())
	});
	assert!(matches!(failed, Err(ProveError::Run(RunError::StepLimit { .. }))));
	assert_eq!(indices, [0]);
}
