//! What the machine itself promises: faults, checks, limits, roots.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{program, ROOMY, SEED};
use woppal_zkwasm::{
	commitment::{artifact_root, first_root, last_root, to_root, words_root, End, Kind},
	ir::{Instr, Op, TrapCause, RUNNING, TRAPPED},
	machine::{Machine, RunError},
	program::Program,
};

/// A program of these instructions with a data region of zeros.
fn raw(instructions: Vec<Instr>) -> Program {
	assert!(instructions.iter().all(Instr::is_well_formed));
	Program {
		shape: ROOMY,
		instructions,
		data: vec![0; ROOMY.data as usize],
		entry_pc: 0,
		entry_fp: 0,
		stack_words: 16,
		memory_base: 16,
		declared_memory_bytes: 65_536,
		functions: vec![(0, 0)],
	}
}

fn op(op: Op, d: Option<u8>, a: Option<u8>, b: Option<u8>, imm: u32) -> Instr {
	Instr { d, a, b, imm, ..Instr::new(op) }
}

const SUM: &str = "(module (import \"env\" \"input\" (func $input (param i32) (result i32)))
	(memory 1)
	(func (export \"evaluate\") (result i32)
		(local $i i32) (local $sum i32)
		(loop $next
			(local.set $sum (i32.add (local.get $sum) (call $input (local.get $i))))
			(i32.store (i32.const 8) (local.get $sum))
			(br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
				(i32.const 32))))
		(local.get $sum)))";

#[test]
fn a_fault_writes_nothing_and_resets_the_registers() {
	for (instr, cause) in [
		(op(Op::Load, Some(1), None, None, 4 * ROOMY.data), TrapCause::OutOfBounds),
		(op(Op::Input, Some(1), None, None, ROOMY.inputs), TrapCause::OutOfBounds),
		(op(Op::Store, None, None, Some(0), u32::MAX), TrapCause::OutOfBounds),
		(Instr { check: true, ..op(Op::Load, Some(1), None, None, 6) }, TrapCause::Misaligned),
		(Instr { check: true, ..op(Op::Store, None, None, Some(0), 7) }, TrapCause::Misaligned),
		(op(Op::Call, Some(9), None, None, 8), TrapCause::StackExhausted),
	] {
		let program = raw(vec![op(Op::Add, Some(0), None, None, 5), instr]);
		let mut machine = Machine::new(&program, &[], SEED).unwrap();
		machine.step().unwrap().unwrap();
		let data = machine.data().to_vec();
		let step = machine.step().unwrap().unwrap();
		assert_eq!(step.fault, Some(cause));
		assert_eq!((step.d, step.input), (None, None));
		assert_eq!((step.after.pc, step.after.fp, step.after.status), (0, 0, TRAPPED));
		assert_eq!(step.after.output, cause as u32);
		assert_eq!(machine.data(), data);
		assert_eq!(machine.step(), Ok(None));
	}
}

#[test]
fn the_low_bits_of_an_address_are_ignored_without_a_check() {
	let program = raw(vec![
		op(Op::Add, Some(0), None, None, 77),
		op(Op::Store, None, None, Some(0), 83),
		op(Op::Load, Some(1), None, None, 81),
		op(Op::Halt, None, None, Some(1), 0),
	]);
	let run = Machine::new(&program, &[], SEED).unwrap().run(10).unwrap();
	assert_eq!(run.end, End::Halted { output: 77 });
	assert_eq!(run.data[20], 77);
}

#[test]
fn a_check_that_does_not_hold_ends_the_run() {
	let check = |op_: Op, x: u32, y: u32| {
		let mut checked = op(op_, None, Some(0), None, y);
		checked.check = true;
		if op_ != Op::LtU {
			checked.d = Some(1);
		}
		let halt = op(Op::Halt, None, None, None, 0);
		let program = raw(vec![op(Op::Add, Some(0), None, None, x), checked, halt]);
		Machine::new(&program, &[], SEED).unwrap().run(10).map(|run| run.end)
	};
	let fails = Err(RunError::CheckFailed { pc: 1 });
	let holds = Ok(End::Halted { output: 0 });
	assert_eq!(check(Op::Mul, 0x1_0000, 0xffff), holds);
	assert_eq!(check(Op::Mul, 0x1_0000, 0x1_0000), fails);
	assert_eq!(check(Op::Sub, 3, 3), holds);
	assert_eq!(check(Op::Sub, 3, 4), fails);
	assert_eq!(check(Op::LtU, 3, 4), holds);
	assert_eq!(check(Op::LtU, 4, 4), fails);
}

#[test]
fn a_call_links_and_a_return_comes_back() {
	let program = raw(vec![
		op(Op::Add, Some(4), None, None, 20),
		Instr { target: 3, ..op(Op::Call, Some(3), None, None, 10) },
		op(Op::Halt, None, None, Some(3), 0),
		op(Op::Add, Some(1), Some(1), None, 1),
		op(Op::Ret, Some(0), Some(0), Some(1), 0),
	]);
	let mut machine = Machine::new(&program, &[], SEED).unwrap();
	machine.step().unwrap();
	let call = machine.step().unwrap().unwrap();
	assert_eq!((call.after.pc, call.after.fp), (3, 3));
	let link = call.d.unwrap();
	assert_eq!((link.address, link.new), (3, 2));
	machine.step().unwrap();
	let ret = machine.step().unwrap().unwrap();
	assert_eq!((ret.after.pc, ret.after.fp), (2, 0));
	assert_eq!(machine.run(1).unwrap().end, End::Halted { output: 21 });
}

#[test]
fn limits_are_errors() {
	let program = program(SUM);
	let machine = || Machine::new(&program, &[1, 2, 3], SEED).unwrap();
	let steps = machine().run(1_000).unwrap().steps;
	assert!(machine().run(steps).is_ok());
	assert_eq!(machine().run(steps - 1), Err(RunError::StepLimit { limit: steps - 1 }));
	let needed = steps.div_ceil(u64::from(ROOMY.steps)) as u32;
	assert!(needed > 1);
	assert!(machine().segments(needed).all(|s| s.is_ok()));
	let cut: Vec<_> = machine().segments(needed - 1).collect();
	let limit = u64::from(needed - 1) * u64::from(ROOMY.steps);
	assert_eq!(cut.last(), Some(&Err(RunError::StepLimit { limit })));
	assert_eq!(cut.len() as u32, needed);
	let room = ROOMY.artifact_words() as usize;
	let long = Machine::new(&program, &vec![0; room + 1], SEED).map(|_| ());
	assert_eq!(long, Err(RunError::ArtifactTooLarge { words: room + 1, room }));
	let lost = raw(vec![Instr { target: 7, ..Instr::new(Op::Br) }]);
	let run = Machine::new(&lost, &[], SEED).unwrap().run(10);
	assert_eq!(run.map(|_| ()), Err(RunError::NoInstruction { pc: 7 }));
}

#[test]
fn the_chain_builds_the_roots_of_a_run() {
	let program = program(SUM);
	let artifact = [5u32, 6, 7];
	let bytes: Vec<u8> = artifact.iter().flat_map(|w| w.to_le_bytes()).collect();
	let artifact_root = artifact_root(&ROOMY, &bytes).unwrap();
	let commitment = program.commitment();
	let machine = Machine::new(&program, &artifact, SEED).unwrap();
	let fixed = machine.fixed_roots();
	let first = fixed.machine(machine.state(), machine.data());
	assert_eq!(first_root(&commitment, &artifact_root, &SEED), Some(first));

	let segments: Vec<_> = machine.segments(100).map(|s| s.unwrap()).collect();
	for pair in segments.windows(2) {
		assert_eq!(
			fixed.machine(&pair[0].after, &pair[0].data_after),
			fixed.machine(&pair[1].before, &pair[1].data_before)
		);
		assert_eq!(pair[0].after.status, RUNNING);
	}
	let last = segments.last().unwrap();
	let end = last.after.end().unwrap();
	let data = to_root(&words_root(Kind::Data, &last.data_after));
	let root = fixed.machine(&last.after, &last.data_after);
	assert_eq!(last_root(&commitment, &artifact_root, &SEED, &data, end), Some(root));
}

#[test]
fn steps_are_counted_by_instruction_and_function() {
	let program = program(
		"(module (func $one (result i32) (i32.const 1))
		 (func $unused (result i32) (i32.const 2))
		 (func (export \"evaluate\") (result i32) (i32.add (call $one) (call $one))))",
	);
	let run = Machine::new(&program, &[], SEED).unwrap().run(100).unwrap();
	assert_eq!(run.counts.iter().sum::<u64>(), run.steps);
	let by_function = run.steps_by_function(&program);
	assert_eq!(by_function.iter().map(|(_, steps)| steps).sum::<u64>(), run.steps);
	assert_eq!(by_function.iter().find(|(f, _)| *f == 0), Some(&(0, 2)));
	assert!(by_function.iter().all(|(function, _)| *function != 1));
}
