//! Single steps, checked from openings: the true one is accepted, every other is refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use codec::Encode;
use proptest::prelude::*;
use std::num::NonZeroU32;
use woppal_zkwasm::{
	commitment::Root,
	dispute::{verify_step, StepFault, StepOpening},
	ir::{Instr, Op},
	lower::lower,
	machine::{Machine, RunError},
	module::load,
	program::Program,
	shape::{Shape, SMALL, SMALL_MATRIX, SMALL_WIDE, STANDARD},
	step::StepError,
};

const SEED: [u8; 32] = [7; 32];

/// Inputs of both kinds, memory, a call, a branch and a halt.
const PROGRAM: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(memory 1)
	(func $mix (param $x i32) (result i32)
		(i32.xor (i32.mul (local.get $x) (i32.const 2654435761)) (i32.shr_u (local.get $x) (i32.const 7))))
	(func (export "evaluate") (result i32) (local $i i32) (local $sum i32)
		(loop $again
			(local.set $sum (call $mix (i32.add (local.get $sum)
				(i32.add (call $input (local.get $i)) (call $input (i32.const 27))))))
			(i32.store (i32.const 8) (local.get $sum))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $again (i32.lt_u (local.get $i) (i32.const 6))))
		(i32.load (i32.const 8))))"#;

/// Products, more than a segment has, of a vector that the loop writes to: some steps wait.
const PRODUCTS: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(import "env" "matrix" (func $matrix (param i32)))
	(memory 1)
	(func (export "evaluate") (result i32) (local $i i32)
		(loop $again
			(i32.store (i32.const 60) (call $input (local.get $i)))
			(call $matrix (i32.const 32))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $again (i32.lt_u (local.get $i) (i32.const 5))))
		(i32.load (i32.const 32))))"#;

/// The machines that are tried, each with a program and an artifact.
fn subjects() -> [(Program, Vec<u32>); 3] {
	[(PROGRAM, SMALL), (PROGRAM, SMALL_WIDE), (PRODUCTS, SMALL_MATRIX)].map(|(text, shape)| {
		let artifact = (0..shape.artifact_words()).map(|i| i.wrapping_mul(1_000_003)).collect();
		(program(text, &shape), artifact)
	})
}

fn program(text: &str, shape: &Shape) -> Program {
	lower(&load(&wat::parse_str(text).unwrap()).unwrap(), shape).unwrap()
}

fn root(machine: &Machine<'_>) -> Root {
	machine.fixed_roots().machine(machine.state(), machine.data())
}

/// The machine after some steps, its root, the next step's opening, the root after it.
fn at(program: &Program, artifact: &[u32], steps: u64) -> (Root, StepOpening, Root) {
	let mut machine = Machine::new(program, artifact, SEED).unwrap();
	machine.advance(steps).unwrap();
	let (pre, opening) = (root(&machine), machine.open_step());
	machine.step().unwrap();
	(pre, opening, root(&machine))
}

#[test]
fn every_step_of_a_run_is_accepted_and_leads_nowhere_else() {
	for (program, artifact) in subjects() {
		let shape = program.shape;
		let length = Machine::new(&program, &artifact, SEED).unwrap().run(1_000).unwrap().steps;
		let mut posts = Vec::new();
		for step in 0..=length {
			let (pre, opening, post) = at(&program, &artifact, step);
			let verdict = verify_step(&shape, step, &pre, &post, &opening);
			assert_eq!(verdict, Ok(()), "step {step}");
			assert_eq!(StepOpening::from_bytes(&opening.encode()), Some(opening.clone()));
			let others = posts.first().into_iter().chain(posts.last());
			// A step that waits leaves everything as it is.
			for other in others.filter(|other| **other != post) {
				let verdict = verify_step(&shape, step, &pre, other, &opening);
				assert_eq!(verdict, Err(StepFault::OtherResult));
			}
			posts.push(pre);
		}
		// The last one was a step of the ended machine, which stays as it is.
		assert_eq!(posts[length as usize], at(&program, &artifact, length + 9).2);
	}
}

/// Replaces one thing of an opening.
fn tamper(opening: &StepOpening, what: u8, place: usize, by: u8) -> StepOpening {
	let mut other = opening.clone();
	let flip = |root: &mut Root| root[place % 31] ^= by.max(1);
	match what {
		0 => other.state.pc ^= u32::from(by.max(1)),
		1 => other.state.fp ^= u32::from(by.max(1)),
		2 => other.state.output ^= u32::from(by.max(1)),
		3 => other.state.status = 1 + u32::from(by) % 2,
		4 => flip(&mut other.code_root),
		5 => flip(&mut other.artifact_root),
		6 => flip(&mut other.seed_root),
		7 => flip(&mut other.data_root),
		8 => other.code = None,
		9 => other.data = None,
		10 => (other.artifact, other.seed) = (None, None),
		11 => std::mem::swap(&mut other.artifact, &mut other.seed),
		12 => other.state.products ^= u32::from(by.max(1)),
		13 => flip(other.matrix_root.get_or_insert_default()),
		14 => other.matrix_root = None,
		15 => other.matrix = None,
		16 => {
			let words = other.matrix.get_or_insert_default();
			words.resize(256, 0);
			words[place % 256] ^= u32::from(by.max(1)) << 8;
		},
		17 => drop(other.matrix.as_mut().and_then(Vec::pop)),
		_ => {
			let StepOpening { code, data, artifact, seed, .. } = &mut other;
			let mut trees: Vec<_> = [code, data, artifact, seed].into_iter().flatten().collect();
			let count = trees.len();
			let Some(tree) = trees.get_mut(place % count.max(1)) else { return other };
			let level = place % tree.levels.len();
			let nodes = &mut tree.levels[level];
			let node = usize::from(by) % nodes.len();
			match what {
				18 => tree.places.iter_mut().for_each(|place| *place ^= u32::from(by.max(1))),
				19 => drop(nodes.remove(node)),
				20 => nodes.push(nodes[node]),
				21 => drop(tree.levels.remove(level)),
				_ => flip(&mut nodes[node][place % 12]),
			}
		},
	}
	other
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]
	#[test]
	fn a_tampered_opening_shows_nothing(
		step in 0u64..80,
		what in 0u8..40,
		place in 0usize..360,
		by: u8,
		which in 0usize..3,
	) {
		let (program, artifact) = &subjects()[which];
		let (pre, opening, post) = at(program, artifact, step);
		let tampered = tamper(&opening, what, place, by);
		prop_assume!(tampered != opening);
		let verdict = verify_step(&program.shape, step, &pre, &post, &tampered);
		// Refused, but nobody is convicted by it.
		let harmless = [StepFault::Malformed, StepFault::OtherState, StepFault::OtherCell];
		prop_assert!(harmless.map(Err).contains(&verdict), "{what} {place} {by}: {verdict:?}");
	}

	/// What is not an opening at all is refused, whatever it is.
	#[test]
	fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
		if let Some(opening) = StepOpening::from_bytes(&bytes) {
			prop_assert!(verify_step(&SMALL, 0, &[0; 32], &[0; 32], &opening).is_err());
		}
	}

	/// A valid opening of any other step shows nothing of this one.
	#[test]
	fn an_opening_is_of_one_step_only(step in 0u64..60, other in 0u64..60) {
		let program = program(PROGRAM, &SMALL);
		let (pre, opening, post) = at(&program, &[1, 2, 3, 4, 5, 6, 7, 8], step);
		let (other_pre, foreign, _) = at(&program, &[1, 2, 3, 4, 5, 6, 7, 8], other);
		prop_assume!(pre != other_pre);
		let refused = Err(StepFault::OtherState);
		prop_assert_eq!(verify_step(&SMALL, step, &pre, &post, &foreign), refused);
		prop_assert_eq!(verify_step(&SMALL, step, &other_pre, &post, &opening), refused);
	}
}

#[test]
fn an_oversized_encoding_is_refused() {
	let program = program(PROGRAM, &SMALL);
	let (_, opening, _) = at(&program, &[], 0);
	let mut bytes = opening.encode();
	bytes.push(0);
	assert_eq!(StepOpening::from_bytes(&bytes), None);
	assert_eq!(StepOpening::from_bytes(&vec![0; 1 << 20]), None);
	assert_eq!(StepOpening::from_bytes(&bytes[..bytes.len() / 2]), None);
}

/// Nobody can claim a step where the machine has none: the opening of the stuck state shows it.
#[test]
fn a_state_without_a_step_has_no_next_root() {
	let text = "(module (func (export \"evaluate\") (result i32) (i32.const 3)))";
	let none = |pc| StepFault::NoStep(StepError::NoInstruction { pc });
	let fails = StepFault::NoStep(StepError::CheckFailed { pc: 0 });
	let outside = StepFault::NoStep(StepError::FrameOutOfRange { pc: 0 });
	let far = Instr { a: Some(1), d: Some(0), ..Instr::new(Op::Add) };
	for (instructions, entry, fault) in [
		(vec![Instr::OVER_CAPACITY], (0, 0), fails),
		(vec![Instr::new(Op::Halt)], (5, 0), none(5)),
		(vec![Instr::new(Op::Halt)], (SMALL.code, 0), none(SMALL.code)),
		(vec![far], (0, SMALL.data - 1), outside),
	] {
		let (entry_pc, entry_fp) = entry;
		let program = Program { instructions, entry_pc, entry_fp, ..program(text, &SMALL) };
		let machine = Machine::new(&program, &[], SEED).unwrap();
		assert!(machine.clone().step().is_err());
		let (pre, opening) = (root(&machine), machine.open_step());
		assert_eq!(verify_step(&SMALL, 0, &pre, &pre, &opening), Err(fault));
	}
}

/// Products count within a segment: at its end the count starts again, and a claim that it does so
/// earlier, or that a step waits where it need not, is refused.
#[test]
fn products_are_counted_by_the_segment() {
	let (program, artifact) = &subjects()[2];
	let shape = program.shape;
	let mut machine = Machine::new(program, artifact, SEED).unwrap();
	let (mut made, mut waited) = (0, 0);
	while let Some(record) = machine.step().unwrap() {
		let number = machine.steps() - 1;
		let (pre, opening, post) = at(program, artifact, number);
		assert_eq!(opening.matrix.is_some(), record.product.is_some());
		made += u32::from(record.product.is_some());
		let waits = record.instr.op == Op::Product && record.product.is_none();
		waited += u32::from(waits);
		let last = machine.steps().is_multiple_of(u64::from(shape.steps));
		assert!(record.after.products <= shape.products && (!last || record.after.products == 0));
		if record.product.is_some() {
			assert_eq!(
				verify_step(&shape, number, &pre, &pre, &opening),
				Err(StepFault::OtherResult)
			);
			let hidden = StepOpening { matrix: None, ..opening.clone() };
			let verdict = verify_step(&shape, number, &pre, &post, &hidden);
			assert_eq!(verdict, Err(StepFault::OtherCell));
		}
		if last && record.before.products > 0 {
			// The same step elsewhere in the segment would keep the count.
			let verdict = verify_step(&shape, number - 1, &pre, &post, &opening);
			assert_eq!(verdict, Err(StepFault::OtherResult));
		}
	}
	assert_eq!(made, 5);
	assert!(waited > shape.steps, "{waited}");
}

/// The header's element for status and products must not be read in two ways: a running machine with
/// products as an ended one without, which would stay as it is.
#[test]
fn products_cannot_be_passed_off_as_a_status() {
	let (program, artifact) = &subjects()[2];
	let mut tried = 0;
	for number in 0..60 {
		let (pre, opening, post) = at(program, artifact, number);
		if opening.state.products == 0 || pre == post {
			continue;
		}
		let mut disguised = opening;
		disguised.state.status |= disguised.state.products << 8;
		disguised.state.products = 0;
		let verdict = verify_step(&program.shape, number, &pre, &pre, &disguised);
		assert_eq!(verdict, Err(StepFault::Malformed), "step {number}");
		tried += 1;
	}
	assert!(tried > 0);
}

#[test]
fn checkpoints_are_the_roots_along_the_run() {
	let text = r#"(module (func (export "evaluate") (result i32) (local $i i32)
		(loop $again
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
		(local.get $i)))"#;
	let program = program(text, &STANDARD);
	let stride = NonZeroU32::new(2).unwrap();
	let machine = || Machine::new(&program, &[], SEED).unwrap();
	let run = machine().run(10_000).unwrap();
	let checkpoints = machine().checkpoints(stride, 10_000).unwrap();
	assert_eq!(checkpoints.run, run);
	let per_stride = 2 * u64::from(STANDARD.steps);
	assert_eq!(checkpoints.roots.len() as u64, 1 + run.steps.div_ceil(per_stride));
	for checkpoint in &checkpoints.roots {
		let mut machine = machine();
		machine.advance(checkpoint.step).unwrap();
		assert_eq!(machine.steps(), checkpoint.step);
		assert_eq!(root(&machine), checkpoint.root);
	}
	let last = checkpoints.roots.last().unwrap();
	assert_eq!(last.step, run.steps);
	assert_eq!(
		machine().checkpoints(stride, run.steps - 1).unwrap_err(),
		RunError::StepLimit { limit: run.steps - 1 }
	);
}
