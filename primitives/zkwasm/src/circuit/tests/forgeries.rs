//! False statements with witnesses that are consistent everywhere but in one place, and the check that
//! finds that place.
//!
//! The letters are those of the project's list of forgeries. (e), a page opened twice, cannot be
//! written down: every cell is in the root's hash once and its address is a constant. (j), a run of no
//! segments, is for the chain; here stands that it would not help.

use super::*;
use crate::{
	circuit::{segment::synthesize, step::Size, witness::Old, Builder},
	commitment::{artifact_root, first_root, last_root, program_digest, End},
};
use ark_ff::{AdditiveGroup, Field};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

/// Claims the roots that the witness itself has, so that no forgery fails for its roots alone.
fn settle(witness: &mut SegmentWitness) {
	let mut builder = Builder::new(&witness.public, false);
	let [pre, post, digest] = synthesize(&mut builder, &TINY, witness);
	witness.public = [pre, post, digest, witness.public[3]];
}

fn rejected_by(witness: &mut SegmentWitness) -> Vec<Gadget> {
	settle(witness);
	failing(tiny(), witness)
}

fn honest(program: &Program) -> SegmentWitness {
	let (witness, _) = witness_of(program, 0).unwrap();
	assert_eq!(failing(tiny(), &witness), []);
	witness
}

/// The witness of `forged`'s run that claims to be one of `program`: the fetched cells are
/// `program`'s, everything else is what the forger wants.
fn disguised(program: &Program, forged: &Program) -> SegmentWitness {
	let (mut witness, segment) = witness_of(forged, 0).unwrap();
	witness.code = program.code_cells();
	for (hint, step) in witness.steps.iter_mut().zip(&segment.steps) {
		let instr = program.instructions[step.before.pc as usize];
		hint.low = Fr::from(instr.low_bits());
		hint.imm = Fr::from(instr.imm);
		hint.free = Fr::from(step.result);
	}
	witness
}

fn two(exponent: usize) -> Fr {
	Fr::from(2u64).pow([exponent as u64])
}

/// 2^32, times the difference of two addresses: what a value must be off by to pass for another
/// address's.
fn alias(to: u64, from: u64) -> Fr {
	two(32) * (Fr::from(to) - Fr::from(from))
}

/// The time field of a record, in bits.
fn time_field() -> usize {
	Size::new(&TINY).time_bits + 1
}

/// Cell 1 is written in step 0, and nobody looks at cell 2.
fn one_write() -> Program {
	program(vec![set(1, 5), halt(3)], &[1, 2, 3, 4, 5, 6])
}

/// (a) The write to cell 1 consumes cell 2's record, under an old value that makes up for the address,
/// so that cell 1 keeps its value and cell 2 gets another.
#[test]
fn a_blind_write_cannot_take_another_cells_record() {
	let mut witness = honest(&one_write());
	witness.steps[0].d.value = Fr::from(3u64) + alias(4, 2);
	witness.final_data[1] = Old { value: Fr::from(2u64), time: Fr::ZERO };
	witness.final_data[2] = Old { value: Fr::from(5u64) + alias(2, 4), time: Fr::from(3u64) };
	assert_eq!(rejected_by(&mut witness), [Gadget::OldBits, Gadget::Final]);
}

/// (b) Step 0 reads what step 1 writes.
#[test]
fn a_read_cannot_see_the_future() {
	let copy = Instr { d: Some(5), a: Some(1), ..instr(Op::Add) };
	let data = [0, 7, 0, 0, 0, 0];
	let honest = program(vec![copy, set(1, 9), halt(5)], &data);
	let wanted = program(vec![set(5, 9), set(1, 9), halt(5)], &data);
	let mut witness = disguised(&honest, &wanted);
	// Times: step 0 reads cell 1 at 1, step 1 writes it at 6.
	witness.steps[0].a = Old { value: Fr::from(9u64), time: Fr::from(6u64) };
	witness.steps[1].d = Old { value: Fr::from(7u64), time: Fr::ZERO };
	witness.final_data[1] = Old { value: Fr::from(9u64), time: Fr::ONE };
	assert_eq!(rejected_by(&mut witness), [Gadget::Time]);
	// The same with the time lowered by its whole field and the value raised by one.
	let wanted = program(vec![set(5, 10), set(1, 9), halt(5)], &data);
	let mut witness = disguised(&honest, &wanted);
	witness.steps[0].a = Old { value: Fr::from(10u64), time: Fr::from(6u64) - two(time_field()) };
	witness.steps[1].d = Old { value: Fr::from(7u64), time: Fr::ZERO };
	witness.final_data[1] = Old { value: Fr::from(10u64), time: Fr::ONE };
	assert_eq!(rejected_by(&mut witness), [Gadget::Time]);
}

/// A read of an old record, past a newer one. Times alone can't tell; the newer record is left over.
#[test]
fn a_read_cannot_see_what_was_overwritten() {
	let copy = Instr { d: Some(5), a: Some(1), ..instr(Op::Add) };
	let data = [0, 7, 0, 0, 0, 0];
	let honest = program(vec![set(1, 9), copy, halt(5)], &data);
	let wanted = program(vec![set(1, 9), set(5, 7), halt(5)], &data);
	let mut witness = disguised(&honest, &wanted);
	witness.steps[1].a = Old { value: Fr::from(7u64), time: Fr::ZERO };
	assert_eq!(rejected_by(&mut witness), [Gadget::DataNetwork]);
}

/// (c) Two data words that give the same element of the root's hash.
#[test]
fn packed_words_cannot_borrow_from_each_other() {
	let program = one_write();
	let mut witness = honest(&program);
	let before = witness.public;
	for (cell, change) in [(4, two(32)), (5, -Fr::ONE)] {
		witness.data[cell] += change;
		witness.final_data[cell].value += change;
	}
	// Word 5 is still one, so only word 4 gives it away: at the start, and at the end.
	assert_eq!(rejected_by(&mut witness), [Gadget::Initial, Gadget::Final]);
	assert_eq!(witness.public, before);
}

/// (d) A final value that is one higher, and a time that is a whole field lower.
#[test]
fn a_final_record_cannot_borrow_from_its_time() {
	let mut witness = honest(&one_write());
	witness.final_data[1].value += Fr::ONE;
	witness.final_data[1].time -= two(time_field());
	assert_eq!(rejected_by(&mut witness), [Gadget::Final]);
}

/// (f) At code index 0 the instruction of index 1 is executed, whose record is that of index 0 with an
/// immediate of 33 bits.
#[test]
fn an_instruction_cannot_reach_into_the_code_index() {
	let honest = program(vec![set(1, 5), set(2, 6), halt(3)], &[0; 6]);
	let wanted = program(vec![set(2, 6), set(2, 6), halt(3)], &[0; 6]);
	let (mut witness, _) = witness_of(&wanted, 0).unwrap();
	witness.code = honest.code_cells();
	witness.steps[0].imm += two(32);
	assert_eq!(rejected_by(&mut witness), [Gadget::OperandBits]);
	// Where port B gives the operand there is no immediate to hide in.
	let add = |b| Instr { d: Some(2), b: Some(b), ..instr(Op::Add) };
	let honest = program(vec![add(3), add(4), halt(3)], &[1, 2, 3, 4, 5, 6]);
	let wanted = program(vec![add(4), add(4), halt(3)], &[1, 2, 3, 4, 5, 6]);
	let (mut witness, _) = witness_of(&wanted, 0).unwrap();
	witness.code = honest.code_cells();
	witness.steps[0].imm += two(32);
	let gadgets = rejected_by(&mut witness);
	assert!(gadgets.contains(&Gadget::Operands), "{gadgets:?}");
}

/// (f) The fields below the immediate cannot borrow from it.
#[test]
fn an_instructions_fields_cannot_borrow_from_the_immediate() {
	let mut witness = honest(&one_write());
	witness.steps[0].low += two(63);
	witness.steps[0].imm -= Fr::ONE;
	let gadgets = rejected_by(&mut witness);
	assert!(gadgets.contains(&Gadget::Decode), "{gadgets:?}");
}

/// An instruction that is nowhere in the code.
#[test]
fn a_strange_instruction_is_not_fetched() {
	let honest = one_write();
	let wanted = program(vec![set(1, 6), halt(3)], &[1, 2, 3, 4, 5, 6]);
	let (mut witness, _) = witness_of(&wanted, 0).unwrap();
	witness.code = honest.code_cells();
	assert_eq!(rejected_by(&mut witness), [Gadget::CodeNetwork]);
}

/// (g) An input read takes a data word instead, and a data word an input.
#[test]
fn regions_cannot_stand_in_for_each_other() {
	let read = Instr { d: Some(1), imm: 3, ..instr(Op::Input) };
	let honest = program(vec![read, halt(1)], &[0, 0, 0, 0, 5, 6]);
	let wanted = program(vec![set(1, 6), halt(1)], &[0, 0, 0, 0, 5, 6]);
	// Cell 5 has address 10, input 4 has address 9. The value's 33rd bit passes for one of the index,
	// so that it is index 4 that the record says.
	let mut witness = disguised(&honest, &wanted);
	witness.steps[0].b = Old { value: Fr::from(6u64) + alias(10, 9), time: Fr::ZERO };
	witness.final_data[5].time = Fr::from(2u64);
	assert_eq!(rejected_by(&mut witness), [Gadget::Alu]);
	// The write to cell 1 consumes input 3 and cell 1 stays.
	let mut witness = self::honest(&one_write());
	witness.steps[0].d.value = witness.artifact[3] + alias(7, 2);
	witness.final_data[1] = Old { value: Fr::from(2u64), time: Fr::ZERO };
	let gadgets = rejected_by(&mut witness);
	assert!(gadgets.contains(&Gadget::OldBits), "{gadgets:?}");
}

/// (g), (h) An address beyond the data, with the fault denied: there is nothing to consume.
#[test]
fn an_access_beyond_the_data_is_a_fault() {
	let load = Instr { d: Some(1), imm: 4 * TINY.data, ..instr(Op::Load) };
	let store = Instr { b: Some(2), imm: 4 * TINY.data, ..instr(Op::Store) };
	let input = Instr { d: Some(1), imm: TINY.inputs, ..instr(Op::Input) };
	for faulty in [load, store, input] {
		let program = program(vec![faulty, halt(1)], &[1, 2, 3]);
		let witness = honest(&program);
		let assignment = tiny().assign(&witness).unwrap();
		assert!(tiny().rows().is_satisfied(&assignment));
		let (_, segment) = witness_of(&program, 0).unwrap();
		assert!(segment.steps[0].fault.is_some());
	}
	// A frame whose offset leaves the data has no record either; the machine refuses to run it.
	let outside = Program { entry_fp: TINY.data - 1, ..one_write() };
	assert!(witness_of(&outside, 0).is_none());
	let mut witness = honest(&one_write());
	witness.header[1] = Fr::from(TINY.data - 1);
	witness.entry[1] = witness.header[1];
	assert_eq!(rejected_by(&mut witness), [Gadget::DataNetwork]);
}

/// (h) A call that finds no room for its frame cannot go on.
#[test]
fn a_call_without_room_is_a_fault() {
	let call = |imm| Instr { d: Some(6), target: 2, imm, ..instr(Op::Call) };
	let honest = program(vec![call(5), halt(1), halt(1)], &[1, 2, 3]);
	let wanted = program(vec![call(6), halt(1), halt(1)], &[1, 2, 3]);
	let mut witness = disguised(&honest, &wanted);
	let gadgets = rejected_by(&mut witness);
	assert!(!gadgets.is_empty());
}

/// (i) A run that is still going on passes for a halted one.
#[test]
fn a_running_machine_is_not_a_halted_one() {
	let endless = program(vec![Instr { target: 0, ..instr(Op::Br) }], &[1, 2, 3]);
	let mut witness = honest(&endless);
	let commitment = endless.commitment();
	let artifact: Vec<u8> = (0..8u32).flat_map(|i| (0x0101_0101 * i).to_le_bytes()).collect();
	let artifact = artifact_root(&TINY, &artifact).unwrap();
	let first = first_root(&commitment, &artifact, &[7; 32]).unwrap();
	assert_eq!(from_root(&first), Some(witness.public[0]));
	for end in [End::Halted { output: 0 }, End::Trapped { cause: 1 }] {
		let last = last_root(&commitment, &artifact, &[7; 32], &commitment.data, end).unwrap();
		witness.public[1] = from_root(&last).unwrap();
		assert_eq!(failing(tiny(), &witness), [Gadget::Statement]);
		// (j) No segment at all leads from the first root to a last one.
		assert_ne!(first, last);
	}
}

/// (i) A running machine cannot idle, an ended one cannot go on.
#[test]
fn a_machine_idles_exactly_when_it_has_ended() {
	let mut witness = honest(&one_write());
	let idle = witness.steps[10];
	witness.steps[0] = crate::circuit::witness::StepHint { d: witness.steps[0].d, ..idle };
	let gadgets = rejected_by(&mut witness);
	assert!(gadgets.contains(&Gadget::Operands), "{gadgets:?}");
	let mut witness = honest(&one_write());
	let first = witness.steps[0];
	witness.steps[5].low = first.low;
	witness.steps[5].imm = first.imm;
	let gadgets = rejected_by(&mut witness);
	assert!(gadgets.contains(&Gadget::Operands), "{gadgets:?}");
}

/// (k) The digest of another number of steps, another program, another context.
#[test]
fn every_public_input_is_bound() {
	let program = sample();
	let witness = honest(&program);
	let longer = Shape { steps: TINY.steps + 1, ..TINY };
	let digest = program_digest(&program.commitment(), &longer).unwrap();
	let mut wrong = witness.clone();
	wrong.public[2] = from_root(&digest).unwrap();
	assert_eq!(failing(tiny(), &wrong), [Gadget::Statement]);
	let assignment = tiny().assign(&witness).unwrap();
	for input in 1..=4 {
		let mut wrong = assignment.clone();
		wrong[input] += Fr::ONE;
		assert!(!tiny().rows().is_satisfied(&wrong), "public input {input}");
	}
	// A commitment to another code or another entry.
	for change in 0..3 {
		let mut wrong = witness.clone();
		match change {
			0 => wrong.initial_data += Fr::ONE,
			1 => wrong.entry[0] += Fr::ONE,
			_ => wrong.code[20] += Fr::ONE,
		}
		assert!(failing(tiny(), &wrong).contains(&Gadget::Statement));
	}
}

/// A quotient that is not the quotient passes the division and fails the checks behind it.
#[test]
fn a_wrong_quotient_fails_the_checks_behind_the_division() {
	let checked = |op, d: Option<u8>, a, b| Instr { d, check: true, ..binary(op, 0, a, b) };
	let honest = program(
		vec![
			set(1, 17),
			set(2, 5),
			binary(Op::Div, 3, 1, 2),
			checked(Op::Mul, Some(4), 3, 2),
			checked(Op::Sub, Some(5), 1, 4),
			checked(Op::LtU, None, 5, 2),
			halt(3),
		],
		&[0; 8],
	);
	assert!(honest.instructions.iter().all(Instr::is_well_formed));
	let _ = self::honest(&honest);
	for wrong in [0, 2, 4, 858_993_462, u32::MAX] {
		let mut wanted = honest.clone();
		wanted.instructions[2] = set(3, wrong);
		for instr in &mut wanted.instructions {
			instr.check = false;
		}
		let mut witness = disguised(&honest, &wanted);
		// The division reads its operands; the forger's replacement didn't.
		let (reads, _) = witness_of(&honest, 0).unwrap();
		for (hint, read) in witness.steps.iter_mut().zip(&reads.steps) {
			hint.a.time = read.a.time;
			hint.b.time = read.b.time;
			hint.d.time = read.d.time;
		}
		witness.steps[2].a.value = Fr::from(17u64);
		witness.steps[2].b.value = Fr::from(5u64);
		for (cell, read) in witness.final_data.iter_mut().zip(&reads.final_data) {
			cell.time = read.time;
		}
		assert_eq!(rejected_by(&mut witness), [Gadget::Compare], "{wrong}");
	}
}

/// Every variable matters: whatever single value of a valid assignment is changed, a row fails. The
/// only exceptions are values that nothing depends on, because they are multiplied by zero: an inverse
/// of zero, a switch whose inputs are equal, the time that a port claims which is off.
#[test]
fn no_single_value_can_be_changed() {
	let (witness, _) = witness_of(&sample(), 0).unwrap();
	let circuit = tiny();
	let rows = circuit.rows();
	let assignment = circuit.assign(&witness).unwrap();
	assert!(rows.is_satisfied(&assignment));
	let mut places: Vec<Vec<usize>> = vec![Vec::new(); rows.variables];
	for matrix in &rows.matrices {
		for (row, terms) in matrix.iter().enumerate() {
			for (_, variable) in terms {
				places[*variable].push(row);
			}
		}
	}
	let mut rng = ChaCha20Rng::seed_from_u64(3);
	let mut changed = assignment.clone();
	let mut free = 0;
	for variable in 1..rows.variables {
		let value = assignment[variable];
		for wrong in [value + Fr::ONE, value - Fr::ONE, ark_ff::UniformRand::rand(&mut rng)] {
			changed[variable] = wrong;
			if places[variable].iter().any(|row| !rows.holds(*row, &changed)) {
				continue;
			}
			let influences = places[variable].iter().any(|row| {
				let [a, b, c] = rows.matrices.each_ref().map(|matrix| &matrix[*row]);
				let value = |terms: &[(Fr, usize)]| {
					terms.iter().map(|(c, v)| *c * assignment[*v]).sum::<Fr>()
				};
				let is_in = |terms: &[(Fr, usize)]| terms.iter().any(|(_, v)| *v == variable);
				let is_bit = a == b && b == c;
				let in_a = is_in(a) && value(b) != Fr::ZERO;
				let in_b = is_in(b) && value(a) != Fr::ZERO;
				!is_bit && (in_a || in_b || is_in(c))
			});
			assert!(!influences, "variable {variable} can be {wrong}");
			free += 1;
		}
		changed[variable] = value;
	}
	assert!(free < rows.variables / 10, "{free}");
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	/// A witness with one false number anywhere is rejected, even where all roots are claimed anew.
	#[test]
	fn no_hint_can_be_changed(step in 0usize..16, field in 0usize..8, by in any::<u64>(), small: bool) {
		let (mut witness, _) = witness_of(&sample(), 0).unwrap();
		let by = Fr::from(if small { by % 3 + 1 } else { by | 1 });
		let original = witness.clone();
		let hint = &mut witness.steps[step];
		match field {
			0 => hint.low += by,
			1 => hint.imm += by,
			2 => hint.a.value += by,
			3 => hint.a.time -= by,
			4 => hint.b.value += by,
			5 => hint.b.time -= by,
			6 => hint.d.value += by,
			_ => hint.d.time -= by,
		}
		let rejected = !rejected_by(&mut witness).is_empty();
		// What a port that is off claims changes nothing; everything else is rejected.
		prop_assert!(rejected || witness.public == original.public);
		let off = (2..=5).contains(&field);
		prop_assert!(rejected || off, "step {} field {}", step, field);
	}
}
