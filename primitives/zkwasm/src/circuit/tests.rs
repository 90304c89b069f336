//! The circuit agrees with the machine, and accepts nothing else.

mod determined;
mod forgeries;

use super::{
	builder::Gadget,
	witness::{RunContext, SegmentWitness},
	Circuit,
};
use crate::{
	commitment::from_root,
	ir::{Instr, Op, OPS},
	machine::{Machine, Segment},
	program::Program,
	shape::{Shape, Width, SMALL, STANDARD},
};
use ark_bn254::Fr;
use proptest::prelude::*;
use std::sync::OnceLock;

/// A circuit that is small enough to be checked thousands of times.
const TINY: Shape = Shape { width: Width::W32, steps: 16, code: 24, inputs: 16, data: 32 };

fn tiny() -> &'static Circuit {
	static TINY_CIRCUIT: OnceLock<Circuit> = OnceLock::new();
	TINY_CIRCUIT.get_or_init(|| Circuit::new(&TINY))
}

fn program(instructions: Vec<Instr>, data: &[u32]) -> Program {
	let mut data = data.to_vec();
	data.resize(TINY.data as usize, 0);
	Program {
		shape: TINY,
		instructions,
		data,
		entry_pc: 0,
		entry_fp: 0,
		stack_words: 16,
		memory_base: 16,
		functions: Vec::new(),
	}
}

/// Witness and segment for the run's segment at this position.
fn witness_of(program: &Program, position: usize) -> Option<(SegmentWitness, Segment)> {
	let artifact: Vec<u32> = (0..8).map(|i| 0x0101_0101 * i).collect();
	let seed = [7; 32];
	let run = RunContext::new(program, &artifact, &seed)?;
	let machine = Machine::new(program, &artifact, seed).ok()?;
	let segment = machine.segments(8).nth(position)?.ok()?;
	let roots = [run.pre_root(&segment), run.post_root(&segment)].map(|r| from_root(&r).unwrap());
	Some((run.witness(&segment, roots, Fr::from(99u64)), segment))
}

/// The gadgets whose rows the witness fails.
fn failing(circuit: &Circuit, witness: &SegmentWitness) -> Vec<Gadget> {
	let assignment = circuit.assign(witness).unwrap();
	if circuit.rows().is_satisfied(&assignment) {
		return Vec::new();
	}
	let mut gadgets: Vec<Gadget> =
		circuit.rows().failing(&assignment).into_iter().map(|(_, gadget)| gadget).collect();
	gadgets.sort_unstable();
	gadgets.dedup();
	gadgets
}

fn instr(op: Op) -> Instr {
	Instr::new(op)
}

/// `d = imm`.
fn set(d: u8, imm: u32) -> Instr {
	Instr { d: Some(d), imm, ..instr(Op::Add) }
}

/// `d = a op b`.
fn binary(op: Op, d: u8, a: u8, b: u8) -> Instr {
	Instr { d: Some(d), a: Some(a), b: Some(b), ..instr(op) }
}

/// Returns the cell.
fn halt(b: u8) -> Instr {
	Instr { b: Some(b), ..instr(Op::Halt) }
}

/// A program with a loop, memory, inputs and a call: 30 steps, two segments.
fn sample() -> Program {
	let instructions = vec![
		set(1, 3),
		set(2, 0),
		// Loop: sum += input[i] * i; mem[16 + i] = sum.
		Instr { d: Some(3), a: Some(1), ..instr(Op::Input) },
		Instr { accumulate: true, ..binary(Op::Mul, 2, 3, 1) },
		Instr { d: Some(4), a: Some(1), imm: 2, ..instr(Op::Shl) },
		Instr { a: Some(4), b: Some(2), imm: 64, check: true, ..instr(Op::Store) },
		Instr { d: Some(1), a: Some(1), imm: 1, ..instr(Op::Sub) },
		Instr { a: Some(1), branch: true, invert: true, target: 2, ..instr(Op::Eq) },
		Instr { d: Some(8), target: 11, imm: 20, ..instr(Op::Call) },
		Instr { d: Some(5), imm: 68, check: true, ..instr(Op::Load) },
		halt(5),
		// The callee: slot 0 is the link.
		Instr { d: Some(1), imm: 72, check: true, ..instr(Op::Load) },
		Instr { d: Some(1), a: Some(1), imm: 5, ..instr(Op::Rotl) },
		Instr { a: Some(0), b: Some(1), d: Some(2), ..instr(Op::Ret) },
	];
	assert!(instructions.iter().all(|i| i.is_well_formed(Width::W32)));
	program(instructions, &[0; 16])
}

#[test]
fn every_segment_of_a_run_satisfies_the_circuit() {
	let sample = sample();
	for position in 0..2 {
		let (witness, segment) = witness_of(&sample, position).unwrap();
		assert_eq!(failing(tiny(), &witness), [], "segment {position}");
		assert_eq!(segment.index as usize, position);
	}
	assert!(witness_of(&sample, 2).is_none());
}

#[test]
fn rows_do_not_depend_on_the_witness() {
	let (witness, _) = witness_of(&sample(), 0).unwrap();
	let mut builder = super::Builder::new(&witness.public, true);
	super::segment::synthesize(&mut builder, &TINY, &witness);
	let (values, rows) = builder.finish();
	let rows = rows.unwrap();
	assert!(rows.matrices == tiny().rows().matrices);
	assert_eq!(rows.digests(), tiny().rows().digests());
	assert_eq!(values, tiny().assign(&witness).unwrap());
}

/// The domain is the next power of two above rows and public inputs: one row more would double it.
#[test]
fn the_circuits_keep_their_sizes() {
	for (shape, rows, limit) in [(SMALL, SMALL_ROWS, 1 << 16), (STANDARD, STANDARD_ROWS, 1 << 18)] {
		let circuit = Circuit::new(&shape);
		println!(
			"{shape:?}: {} rows, {} coefficients",
			circuit.rows().len(),
			circuit.rows().coefficients()
		);
		for (gadget, rows) in circuit.table() {
			println!("{gadget:?}: {rows}, {} per step", rows as f64 / f64::from(shape.steps));
		}
		assert_eq!(circuit.rows().len(), rows);
		assert!(rows + 1 + super::PUBLIC_INPUTS <= limit);
	}
}

/// Rows of the small circuit.
const SMALL_ROWS: usize = 65_211;
/// Rows of the standard circuit.
const STANDARD_ROWS: usize = 261_909;

/// Any instruction that a program may have, biased to short ranges.
fn any_instr() -> impl Strategy<Value = Instr> {
	let word =
		prop_oneof![any::<u32>(), 0u32..140, Just(u32::MAX), Just(1 << 31), Just((1 << 31) - 1)];
	let offset = || prop::option::weighted(0.8, 0u8..12);
	(
		prop::sample::select(&OPS[..]),
		(any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
		(offset(), offset(), offset()),
		0u16..20,
		word,
	)
		.prop_map(|(op, (branch, invert, check, accumulate, swap), (d, a, b), target, imm)| Instr {
			op,
			branch,
			invert,
			check,
			accumulate,
			swap,
			d,
			a,
			b,
			target,
			imm,
		})
		.prop_map(repaired)
		.prop_filter("well formed", |i| i.is_well_formed(Width::W32))
}

/// Drops what the operation can't have.
fn repaired(mut i: Instr) -> Instr {
	let compares = matches!(i.op, Op::Eq | Op::LtU | Op::LtS);
	i.branch &= compares || i.op == Op::And;
	i.invert &= compares || i.op == Op::Cmov || (i.op == Op::And && i.branch);
	i.accumulate &= matches!(i.op, Op::Add | Op::Mul);
	i.check &= matches!(i.op, Op::Load | Op::Store);
	match i.op {
		Op::Load | Op::Input => i.b = None,
		Op::Store => i.d = None,
		Op::Call => (i.a, i.b, i.imm) = (None, None, i.imm % 24),
		Op::Br | Op::Halt | Op::Trap => (i.a, i.d) = (None, None),
		_ => {},
	}
	if matches!(i.op, Op::Load | Op::Store | Op::Input | Op::Call | Op::Cmov) || i.accumulate {
		i.d = if i.op == Op::Store { None } else { i.d.or(Some(1)) };
	}
	if i.branch {
		i.d = None;
	}
	if i.b.is_some() && i.op != Op::Store {
		i.imm = 0;
	}
	if matches!(
		i.op,
		Op::Load | Op::Store | Op::Input | Op::Call | Op::Ret | Op::Br | Op::Halt | Op::Trap
	) {
		i.swap = false;
	}
	i
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(100))]
	#[test]
	fn any_run_of_any_instructions_satisfies_the_circuit(
		instructions in prop::collection::vec(any_instr(), 20),
		data in prop::collection::vec(
			prop_oneof![any::<u32>(), 0u32..130, Just(0u32), Just(u32::MAX), Just(1u32 << 31)], 32),
	) {
		let program = program(instructions, &data);
		if let Some((witness, segment)) = witness_of(&program, 0) {
			let failing = failing(tiny(), &witness);
			prop_assert!(failing.is_empty(), "{failing:?} {:#?}", segment.steps);
		}
	}
}

/// Each operation alone, on operands at the edges of their ranges.
#[test]
fn every_operation_agrees_with_the_machine_at_the_edges() {
	let words = [0, 1, 31, 0x7fff_ffff, 0x8000_0000, u32::MAX];
	let ops = OPS.iter().filter(|op| {
		!matches!(
			op,
			Op::Load | Op::Store | Op::Input | Op::Call | Op::Ret | Op::Br | Op::Halt | Op::Trap
		)
	});
	for op in ops {
		for pair in words
			.iter()
			.flat_map(|x| words.iter().map(move |y| (*x, *y)))
			.collect::<Vec<_>>()
			.chunks(5)
		{
			let mut instructions = Vec::new();
			for (x, y) in pair {
				let plain = Instr { d: Some(1), a: Some(2), b: None, imm: *y, ..instr(*op) };
				instructions.push(set(2, *x));
				instructions.push(plain);
				instructions.push(if plain.op == Op::Add {
					Instr { accumulate: true, ..plain }
				} else {
					Instr { swap: true, ..plain }
				});
			}
			instructions.push(halt(1));
			let (witness, segment) = witness_of(&program(instructions, &[5; 8]), 0).unwrap();
			assert_eq!(segment.steps.len(), 3 * pair.len() + 1);
			assert_eq!(failing(tiny(), &witness), [], "{op:?} {pair:x?}");
		}
	}
}
