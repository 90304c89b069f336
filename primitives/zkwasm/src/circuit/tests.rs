//! The circuit agrees with the machine, and accepts nothing else.

mod determined;
mod forgeries;
mod mutations;
mod products;

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
	shape::{Shape, Width, CIRCUITS},
};
use ark_bn254::Fr;
use proptest::prelude::*;
use std::sync::OnceLock;

const WIDTHS: [Width; 2] = [Width::W32, Width::W64];

const STEPS: usize = 16;

/// A shape that is small enough to be checked thousands of times.
const fn shape(width: Width) -> Shape {
	Shape { width, steps: STEPS as u32, code: 24, inputs: 16, data: 32, products: 0 }
}

/// One with a matrix.
const WITH_MATRIX: Shape = Shape { products: 3, ..shape(Width::W32) };

/// Its circuit.
fn tiny(width: Width) -> &'static Circuit {
	static NARROW: OnceLock<Circuit> = OnceLock::new();
	static WIDE: OnceLock<Circuit> = OnceLock::new();
	let circuit = match width {
		Width::W32 => &NARROW,
		Width::W64 => &WIDE,
	};
	circuit.get_or_init(|| Circuit::new(&shape(width)))
}

/// The circuit of a tiny shape.
fn circuit_of(shape: &Shape) -> &'static Circuit {
	static WITH: OnceLock<Circuit> = OnceLock::new();
	match shape.has_matrix() {
		true => WITH.get_or_init(|| Circuit::new(&WITH_MATRIX)),
		false => tiny(shape.width),
	}
}

fn program(width: Width, instructions: Vec<Instr>, data: &[u64]) -> Program {
	program_for(shape(width), instructions, data)
}

fn program_for(shape: Shape, instructions: Vec<Instr>, data: &[u64]) -> Program {
	assert!(instructions.iter().all(|instr| instr.is_well_formed(shape.width)));
	let mut data = data.to_vec();
	data.resize(shape.data as usize, 0);
	Program {
		shape,
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
	let words = program.shape.artifact_words();
	let artifact: Vec<u32> = (0..words).map(|i| 0x0101_0101u32.wrapping_mul(i)).collect();
	let seed = [7; 32];
	let run = RunContext::new(program, &artifact, &seed)?;
	let machine = Machine::new(program, &artifact, seed).ok()?;
	let segment = machine.segments(8).nth(position)?.ok()?;
	let roots = [run.pre_root(&segment), run.post_root(&segment)].map(|r| from_root(&r).unwrap());
	Some((run.witness(&segment, roots, Fr::from(99u64)), segment))
}

/// The gadgets whose rows the witness fails.
fn failing(program: &Program, witness: &SegmentWitness) -> Vec<Gadget> {
	let circuit = circuit_of(&program.shape);
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
fn set(d: u8, imm: u64) -> Instr {
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
fn sample(width: Width) -> Program {
	let bytes = u64::from(width.bytes());
	let shift = u64::from(width.bytes().trailing_zeros());
	let instructions = vec![
		set(1, 3),
		set(2, 0),
		// Loop: sum += input[i] * i; mem[16 + i] = sum.
		Instr { d: Some(3), a: Some(1), ..instr(Op::Input) },
		Instr { accumulate: true, ..binary(Op::Mul, 2, 3, 1) },
		Instr { d: Some(4), a: Some(1), imm: shift, ..instr(Op::Shl) },
		Instr { a: Some(4), b: Some(2), imm: 16 * bytes, check: true, ..instr(Op::Store) },
		Instr { d: Some(1), a: Some(1), imm: 1, ..instr(Op::Sub) },
		Instr { a: Some(1), branch: true, invert: true, target: 2, ..instr(Op::Eq) },
		Instr { d: Some(8), target: 11, imm: 20, ..instr(Op::Call) },
		Instr { d: Some(5), imm: 17 * bytes, check: true, ..instr(Op::Load) },
		halt(5),
		// The callee: slot 0 is the link.
		Instr { d: Some(1), imm: 18 * bytes, check: true, ..instr(Op::Load) },
		Instr { d: Some(1), a: Some(1), imm: 5, ..instr(Op::Rotl) },
		Instr { a: Some(0), b: Some(1), d: Some(2), ..instr(Op::Ret) },
	];
	program(width, instructions, &[0; 16])
}

#[test]
fn every_segment_of_a_run_satisfies_the_circuit() {
	for width in WIDTHS {
		let sample = sample(width);
		for position in 0..2 {
			let (witness, segment) = witness_of(&sample, position).unwrap();
			assert_eq!(failing(&sample, &witness), [], "{width:?}, segment {position}");
			assert_eq!(segment.index as usize, position);
		}
		assert!(witness_of(&sample, 2).is_none());
	}
}

/// A machine that ends in a frame has none after the segment, however many steps it idles.
#[test]
fn what_ends_in_a_frame_has_none_after_it() {
	for width in WIDTHS {
		for last in [halt(0), Instr { imm: 1, ..instr(Op::Trap) }] {
			let call = Instr { d: Some(9), target: 2, imm: 20, ..instr(Op::Call) };
			let program = program(width, vec![set(1, 3), call, set(2, 4), last], &[0; 16]);
			let (witness, segment) = witness_of(&program, 0).unwrap();
			assert_eq!(segment.steps.last().unwrap().before.fp, 9);
			assert_eq!(segment.after.fp, 0);
			assert_eq!(failing(&program, &witness), []);
		}
	}
}

#[test]
fn rows_do_not_depend_on_the_witness() {
	for width in WIDTHS {
		for position in 0..2 {
			let (witness, _) = witness_of(&sample(width), position).unwrap();
			let mut builder = super::Builder::new(&witness.public, true);
			super::segment::synthesize(&mut builder, &shape(width), &witness);
			let (values, rows) = builder.finish();
			let rows = rows.unwrap();
			assert!(rows.matrices == tiny(width).rows().matrices);
			assert_eq!(rows.digests(), tiny(width).rows().digests());
			assert_eq!(values, tiny(width).assign(&witness).unwrap());
		}
	}
}

#[test]
fn circuits_of_different_shapes_have_different_hashes() {
	let [narrow, wide] = WIDTHS.map(|width| tiny(width).hash());
	assert_ne!(narrow, wide);
	assert_ne!(Circuit::new(&Shape { steps: 15, ..shape(Width::W32) }).hash(), narrow);
}

/// The domain is the next power of two above rows and public inputs: one row more would double it.
#[test]
fn the_circuits_keep_their_sizes() {
	let mut found = Vec::new();
	for (name, shape) in CIRCUITS {
		let circuit = Circuit::new(&shape);
		let per_step = |rows: usize| rows as f64 / f64::from(shape.steps);
		let total = circuit.rows().len();
		let coefficients = circuit.rows().coefficients();
		println!("{name}: {total} rows, {} per step, {coefficients} coefficients", per_step(total));
		for (gadget, rows) in circuit.table() {
			println!("{gadget:?}: {rows}, {} per step", per_step(rows));
		}
		let limit = if name.starts_with("small") { 1 << 16 } else { 1 << 18 };
		assert!(total + 1 + super::PUBLIC_INPUTS <= limit, "{name}: {total}");
		found.push((name, total));
	}
	assert_eq!(found, ROWS);
}

const ROWS: [(&str, usize); 6] = [
	("small", 65_252),
	("standard", 261_809),
	("small-wide", 65_176),
	("standard-wide", 261_718),
	("small-matrix", 65_403),
	("standard-matrix", 261_933),
];

/// Any instruction that a program may have, biased to short ranges.
fn any_instr(width: Width) -> impl Strategy<Value = Instr> {
	let top = width.max() / 2;
	let word = prop_oneof![
		any::<u64>(),
		0u64..300,
		Just(u64::MAX),
		Just(top),
		Just(top + 1),
		any::<u32>().prop_map(u64::from)
	];
	let offset = || prop::option::weighted(0.8, 0u8..12);
	(
		prop::sample::select(&OPS[..]),
		prop::array::uniform6(any::<bool>()),
		(offset(), offset(), offset()),
		0u16..20,
		word.prop_map(move |word| word & width.max()),
	)
		.prop_map(|(op, flags, (d, a, b), target, imm)| {
			let [branch, invert, check, accumulate, swap, narrow] = flags;
			let flags = Instr { branch, invert, check, accumulate, swap, narrow, ..instr(op) };
			repaired(Instr { d, a, b, target, imm, ..flags })
		})
		.prop_map(move |i| Instr { narrow: i.narrow && width == Width::W64, ..i })
		.prop_filter("well formed", move |i| i.is_well_formed(width))
}

/// Drops what the operation can't have.
fn repaired(mut i: Instr) -> Instr {
	let compares = matches!(i.op, Op::Eq | Op::LtU | Op::LtS);
	i.branch &= compares || i.op == Op::And;
	i.invert &= compares || i.op == Op::Cmov || (i.op == Op::And && i.branch);
	i.accumulate &= matches!(i.op, Op::Add | Op::Mul);
	i.check &= matches!(i.op, Op::Load | Op::Store);
	i.swap &= matches!(i.op, Op::Sub | Op::LtU | Op::LtS | Op::Div);
	i.narrow &= matches!(
		i.op,
		Op::Add | Op::Sub | Op::Mul | Op::Shl | Op::ShrU | Op::ShrS | Op::Rotl | Op::LtS
	);
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
	i
}

fn any_program() -> impl Strategy<Value = Program> {
	prop::sample::select(&WIDTHS[..]).prop_flat_map(|width| {
		let word = prop_oneof![
			any::<u64>().prop_map(move |word| word & width.max()),
			any::<u32>().prop_map(u64::from),
			0u64..300,
			Just(0u64),
			Just(width.max()),
			Just(1u64 << 31)
		];
		(prop::collection::vec(any_instr(width), 20), prop::collection::vec(word, 32))
			.prop_map(move |(instructions, data)| program(width, instructions, &data))
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]
	#[test]
	fn any_run_of_any_instructions_satisfies_the_circuit(program in any_program()) {
		if let Some((witness, segment)) = witness_of(&program, 0) {
			let failing = failing(&program, &witness);
			prop_assert!(failing.is_empty(), "{failing:?} {:#?}", segment.steps);
		}
	}
}

/// Each operation alone, narrow or not, on operands at the edges of their ranges.
#[test]
fn every_operation_agrees_with_the_machine_at_the_edges() {
	for width in WIDTHS {
		let words = [0, 1, 31, 0x7fff_ffff, 0x8000_0000, u64::from(u32::MAX)];
		let wide = [33 | 1 << 32, 1 << 63, u64::MAX];
		for instr in OPS.iter().flat_map(|op| variants(*op)).filter(|i| i.is_well_formed(width)) {
			let all: Vec<u64> = match (width, instr.narrow) {
				(Width::W64, false) => words.into_iter().chain(wide).collect(),
				_ => words.to_vec(),
			};
			let pairs: Vec<(u64, u64)> =
				all.iter().flat_map(|x| all.iter().map(move |y| (*x, *y))).collect();
			for pairs in pairs.chunks(7) {
				let steps =
					pairs.iter().flat_map(|(x, y)| [set(2, *x), Instr { imm: *y, ..instr }]);
				let instructions = steps.chain([halt(0)]).collect();
				let program = program(width, instructions, &[5; 8]);
				let (witness, segment) = witness_of(&program, 0).unwrap();
				assert_eq!(segment.steps.len(), 2 * pairs.len() + 1);
				assert_eq!(failing(&program, &witness), [], "{width:?} {instr} {pairs:x?}");
			}
		}
	}
}

/// The forms of an operation on cell 2 and an immediate, with its result in cell 1; no checks, jumps
/// and memory.
fn variants(op: Op) -> Vec<Instr> {
	if matches!(
		op,
		Op::Load | Op::Store | Op::Input | Op::Call | Op::Ret | Op::Br | Op::Halt | Op::Trap
	) {
		return Vec::new();
	}
	let plain = Instr { d: Some(1), a: Some(2), ..instr(op) };
	let forms = [
		plain,
		Instr { accumulate: true, ..plain },
		Instr { swap: true, ..plain },
		Instr { invert: true, ..plain },
	];
	forms.into_iter().flat_map(|form| [form, Instr { narrow: true, ..form }]).collect()
}
