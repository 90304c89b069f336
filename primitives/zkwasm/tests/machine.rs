//! What the machine itself promises: faults, checks, limits, roots.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{program, ROOMY, SEED};
use woppal_zkwasm::{
	commitment::{artifact_root, data_root, first_root, last_root, to_root, End},
	ir::{Instr, Op, TrapCause, RUNNING, TRAPPED},
	machine::{Machine, RunError, StepError},
	program::Program,
	shape::{Shape, Width},
};

const WIDE: Shape = Shape { width: Width::W64, ..ROOMY };

/// A program of these instructions with a data region of zeros.
fn raw(instructions: Vec<Instr>) -> Program {
	raw_on(ROOMY, instructions)
}

fn raw_on(shape: Shape, instructions: Vec<Instr>) -> Program {
	assert!(instructions.iter().all(|i| i.is_well_formed(shape.width)));
	Program {
		shape,
		instructions,
		data: vec![0; shape.data as usize],
		entry_pc: 0,
		entry_fp: 0,
		stack_words: 16,
		memory_base: 16,
		functions: vec![(0, 0)],
	}
}

fn op(op: Op, d: Option<u8>, a: Option<u8>, b: Option<u8>, imm: u64) -> Instr {
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
fn an_irregular_access_is_not_made_and_jumps() {
	for shape in [ROOMY, WIDE] {
		let bytes = u64::from(shape.width.bytes());
		let beyond = bytes * u64::from(shape.data);
		let checked = |instr| Instr { check: true, ..instr };
		for instr in [
			op(Op::Load, Some(1), None, None, beyond),
			op(Op::Load, Some(1), Some(0), None, beyond - 5),
			op(Op::Load, Some(1), Some(0), None, shape.width.max()),
			op(Op::Input, Some(1), None, None, u64::from(shape.inputs)),
			op(Op::Input, Some(1), Some(0), None, shape.width.max() - 5),
			op(Op::Store, None, None, Some(0), shape.width.max()),
			checked(op(Op::Load, Some(1), None, None, bytes + 2)),
			checked(op(Op::Load, Some(1), None, None, beyond + 1)),
			checked(op(Op::Store, None, None, Some(0), bytes - 1)),
		] {
			let instr = Instr { target: 9, ..instr };
			let program = raw_on(shape, vec![op(Op::Add, Some(0), None, None, 5), instr]);
			let mut machine = Machine::new(&program, &[], SEED).unwrap();
			machine.step().unwrap().unwrap();
			let data = machine.data().to_vec();
			let step = machine.step().unwrap().unwrap();
			assert!(step.irregular, "{instr}");
			assert_eq!((step.input, step.result), (None, 0));
			assert!(step.d.is_none_or(|d| d.new == d.old));
			assert_eq!((step.after.pc, step.after.fp, step.after.status), (9, 0, RUNNING));
			assert_eq!(machine.data(), data);
		}
	}
}

#[test]
fn a_regular_access_reaches_the_last_cell() {
	for shape in [ROOMY, WIDE] {
		let last = u64::from(shape.width.bytes()) * u64::from(shape.data - 1);
		let program = raw_on(
			shape,
			vec![
				op(Op::Add, Some(0), None, None, 77),
				Instr { check: true, ..op(Op::Store, None, None, Some(0), last) },
				op(Op::Load, Some(1), None, None, last + 1),
				op(Op::Input, Some(2), Some(0), None, shape.width.max() - 76),
				op(Op::Halt, None, None, Some(1), 0),
			],
		);
		let run = Machine::new(&program, &[41], SEED).unwrap().run(10).unwrap();
		assert_eq!(run.end, End::Halted { output: 77 });
		assert_eq!((run.data[shape.data as usize - 1], run.data[2]), (77, 41));
	}
}

#[test]
fn a_call_without_room_traps_and_writes_nothing() {
	let program = raw(vec![op(Op::Call, Some(9), None, None, 8)]);
	let mut machine = Machine::new(&program, &[], SEED).unwrap();
	let data = machine.data().to_vec();
	let step = machine.step().unwrap().unwrap();
	assert!(step.d.is_some_and(|d| d.new == d.old) && !step.irregular);
	assert_eq!((step.after.pc, step.after.fp, step.after.status), (0, 0, TRAPPED));
	assert_eq!(step.after.output, TrapCause::StackExhausted as u32);
	assert_eq!(machine.data(), data);
	assert_eq!(machine.step(), Ok(None));
}

#[test]
fn a_frame_outside_the_data_has_no_run() {
	for entry_fp in [ROOMY.data, ROOMY.data - 1] {
		let call = op(Op::Call, Some(9), None, None, 8);
		let program = Program { entry_fp, ..raw(vec![call]) };
		let run = Machine::new(&program, &[], SEED).unwrap().run(10);
		assert_eq!(run, Err(RunError::Step(StepError::FrameOutOfRange { pc: 0 })));
	}
}

#[test]
fn what_the_machine_cannot_hold_has_no_run() {
	let program = raw(vec![op(Op::Add, Some(0), None, None, 5), Instr::OVER_CAPACITY]);
	assert!(Instr::OVER_CAPACITY.is_well_formed(ROOMY.width));
	let bytes = u64::from(4 * (ROOMY.data - 16));
	let run = Machine::new(&program, &[], SEED).unwrap().run(10);
	assert_eq!(run, Err(RunError::OverCapacity { bytes }));
}

/// On 64-bit words narrow operations are those on 32 bits, the others those on 64.
#[test]
fn narrow_operations_have_32_bits() {
	const X: u32 = 0x9000_0003;
	const Y: u32 = 0x8000_0027;
	let cases: [(Op, u64, u64); 8] = [
		(Op::Add, u64::from(X.wrapping_add(Y)), u64::from(X) + u64::from(Y)),
		(Op::Sub, u64::from(X.wrapping_sub(Y)), u64::from(X) - u64::from(Y)),
		(Op::Mul, u64::from(X.wrapping_mul(Y)), u64::from(X) * u64::from(Y)),
		(Op::Shl, u64::from(X << 7), u64::from(X) << 39),
		(Op::ShrU, u64::from(X >> 7), u64::from(X) >> 39),
		(Op::ShrS, u64::from((X.cast_signed() >> 7).cast_unsigned()), u64::from(X) >> 39),
		(Op::Rotl, u64::from(X.rotate_left(7)), u64::from(X).rotate_left(39)),
		(Op::LtS, 0, 0),
	];
	for (op_, narrow, wide) in cases {
		for (flag, expected) in [(true, narrow), (false, wide)] {
			let set = |d, value: u32| op(Op::Add, Some(d), None, None, u64::from(value));
			let instr = Instr { narrow: flag, ..op(op_, Some(3), Some(1), Some(2), 0) };
			let halt = op(Op::Halt, None, None, None, 0);
			let program = raw_on(WIDE, vec![set(1, X), set(2, Y), instr, halt]);
			let run = Machine::new(&program, &[], SEED).unwrap().run(10).unwrap();
			assert_eq!(run.data[3], expected, "{instr}");
		}
	}
	let wide = op(Op::Add, Some(1), None, None, 1 << 32);
	for last in [
		Instr { narrow: true, ..op(Op::Add, Some(1), Some(1), None, 1) },
		op(Op::Halt, None, None, Some(1), 0),
	] {
		let program = raw_on(WIDE, vec![wide, last]);
		let run = Machine::new(&program, &[], SEED).unwrap().run(10);
		assert_eq!(run, Err(RunError::Step(StepError::WideOperand { pc: 1 })));
	}
}

/// The sign is bit 31 of a narrow comparison, else the highest.
#[test]
fn signs_are_where_the_width_has_them() {
	for (narrow, x, y, less) in [
		(true, 0x8000_0000, 1, 1),
		(false, 0x8000_0000, 1, 0),
		(false, 1 << 63, 1, 1),
		(true, 1, 0x8000_0000, 0),
	] {
		let set = |d, value: u64| op(Op::Add, Some(d), None, None, value);
		let compare = Instr { narrow, ..op(Op::LtS, Some(3), Some(1), Some(2), 0) };
		let halt = op(Op::Halt, None, None, Some(3), 0);
		let program = raw_on(WIDE, vec![set(1, x), set(2, y), compare, halt]);
		let run = Machine::new(&program, &[], SEED).unwrap().run(10).unwrap();
		assert_eq!(run.end, End::Halted { output: less });
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
	let check = |op_: Op, x: u64, y: u64| {
		let mut checked = op(op_, None, Some(0), None, y);
		checked.check = true;
		if op_ != Op::LtU {
			checked.d = Some(1);
		}
		let halt = op(Op::Halt, None, None, None, 0);
		let program = raw(vec![op(Op::Add, Some(0), None, None, x), checked, halt]);
		Machine::new(&program, &[], SEED).unwrap().run(10).map(|run| run.end)
	};
	let fails = Err(RunError::Step(StepError::CheckFailed { pc: 1 }));
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
	assert_eq!(run.map(|_| ()), Err(RunError::Step(StepError::NoInstruction { pc: 7 })));
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
	let data = to_root(&data_root(ROOMY.width, &last.data_after));
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
