//! False statements with witnesses that are consistent everywhere but in one place, and the check that
//! finds that place.
//!
//! The letters are those of the project's list of forgeries. (e), a page opened twice, cannot be
//! written down: every cell is in the root's hash once and its address is a constant. (j), a run of no
//! segments, is for the chain; here stands that it would not help.

use super::*;
use crate::{
	circuit::{
		builder::pow2,
		segment::synthesize,
		step::ADDRESS_BITS,
		witness::{Old, StepHint},
		Builder,
	},
	commitment::{artifact_root, first_root, last_root, program_digest, End},
	ir::{D_SHIFT, IMM_SHIFT, OFFSET_SPACING},
};
use ark_ff::{AdditiveGroup, Field};

/// Claims the roots that the witness itself has, so that no forgery fails for its roots alone.
pub(super) fn settle(program: &Program, witness: &mut SegmentWitness) {
	let mut builder = Builder::new(&witness.public, false);
	let [pre, post, digest] = synthesize(&mut builder, &program.shape, witness);
	witness.public = [pre, post, digest, witness.public[3]];
}

pub(super) fn rejected_by(program: &Program, witness: &mut SegmentWitness) -> Vec<Gadget> {
	settle(program, witness);
	failing(program, witness)
}

pub(super) fn honest(program: &Program) -> SegmentWitness {
	let (witness, _) = witness_of(program, 0).unwrap();
	assert_eq!(failing(program, &witness), []);
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
		hint.offsets = instr.offsets().map(Fr::from);
		hint.free = Fr::from(step.result);
	}
	witness
}

/// The difference of two addresses as a time: what a time must be off by to pass for a record of
/// address `to` at address `from`.
pub(super) fn alias(to: u64, from: u64) -> Fr {
	(Fr::from(to) - Fr::from(from)) * pow2(ADDRESS_BITS).inverse().unwrap()
}

/// A record's time.
pub(super) fn at(time: u64) -> Fr {
	Fr::from(time)
}

/// Cell 1 is written in step 0, and nobody looks at cells 2 and 5.
fn one_write(width: Width) -> Program {
	program(width, vec![set(1, 5), halt(3)], &[1, 2, 3, 4, 5, 6])
}

/// (a) The write to cell 1 consumes cell 2's record, whose time makes up for the address, so that cell
/// 1 keeps its value and cell 2 gets another.
#[test]
fn a_blind_write_cannot_take_another_cells_record() {
	for program in WIDTHS.map(one_write) {
		let mut witness = honest(&program);
		witness.steps[0].d = Old { value: Fr::from(3u64), time: alias(4, 2) };
		witness.final_data[1] = Old { value: Fr::from(2u64), time: Fr::ZERO };
		witness.final_data[2] = Old { value: Fr::from(5u64), time: at(3) + alias(2, 4) };
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::Time, Gadget::Final]);
	}
}

/// (a), (h) The same by the offset: d is one more, and a less by what that adds to the cell.
#[test]
fn offsets_cannot_trade_with_each_other() {
	let less = pow2(OFFSET_SPACING as usize).inverse().unwrap();
	for width in WIDTHS {
		let program = one_write(width);
		let wanted = self::program(width, vec![set(2, 5), halt(3)], &[1, 2, 3, 4, 5, 6]);
		let mut witness = disguised(&program, &wanted);
		witness.steps[0].offsets[0] = Fr::from(2u64);
		witness.steps[0].offsets[1] = -less;
		// Port A looks at cell 0 all the same, and port B of this step finds what it leaves.
		let shift = (less + less) * pow2(ADDRESS_BITS).inverse().unwrap();
		witness.steps[0].a.time = shift;
		witness.steps[0].b.time = at(1) - shift;
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::Time]);

		// In whole numbers: port A far below the data, port B one cell further.
		let add = |b| Instr { d: Some(2), b: Some(b), ..instr(Op::Add) };
		let data = [1, 2, 3, 4, 5, 6];
		let program = self::program(width, vec![add(3), halt(2)], &data);
		let wanted = self::program(width, vec![add(4), halt(2)], &data);
		let mut witness = disguised(&program, &wanted);
		let far = pow2(OFFSET_SPACING as usize);
		witness.steps[0].offsets[1] = -far;
		witness.steps[0].offsets[2] = Fr::from(4u64);
		let shift = (far + far) * pow2(ADDRESS_BITS).inverse().unwrap();
		witness.steps[0].a.time = shift;
		// Cell 0 is next read by port A of step 1.
		witness.steps[1].a.time = at(1) - shift;
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::Time]);
	}
}

/// (b) Step 0 reads what step 1 writes.
#[test]
fn a_read_cannot_see_the_future() {
	for width in WIDTHS {
		let copy = Instr { d: Some(5), a: Some(1), ..instr(Op::Add) };
		let data = [0, 7, 0, 0, 0, 0];
		let honest = program(width, vec![copy, set(1, 9), halt(5)], &data);
		let wanted = program(width, vec![set(5, 9), set(1, 9), halt(5)], &data);
		let mut witness = disguised(&honest, &wanted);
		// Times: step 0 reads cell 1 at 1, step 1 writes it at 6. Nobody reads cell 0 at 1.
		witness.steps[0].a = Old { value: Fr::from(9u64), time: at(6) };
		witness.steps[1].d = Old { value: Fr::from(7u64), time: Fr::ZERO };
		witness.steps[0].b.time = Fr::ZERO;
		witness.final_data[1] = Old { value: Fr::from(9u64), time: Fr::ONE };
		assert_eq!(rejected_by(&honest, &mut witness), [Gadget::Time]);
		// Its own result, in the same step.
		let own = Instr { d: Some(1), a: Some(1), imm: 1, ..instr(Op::Add) };
		let honest = program(width, vec![own, halt(1)], &data);
		let mut witness = self::honest(&honest);
		witness.steps[0].a = Old { value: Fr::from(8u64), time: at(3) };
		witness.steps[0].d = Old { value: Fr::from(7u64), time: Fr::ZERO };
		witness.steps[1].b = Old { value: Fr::from(8u64), time: at(1) };
		let gadgets = rejected_by(&honest, &mut witness);
		assert!(gadgets.contains(&Gadget::Time), "{gadgets:?}");
	}
}

/// A read of an old record, past a newer one. Times alone can't tell; the newer record is left over.
#[test]
fn a_read_cannot_see_what_was_overwritten() {
	for width in WIDTHS {
		let copy = Instr { d: Some(5), a: Some(1), ..instr(Op::Add) };
		let data = [0, 7, 0, 0, 0, 0];
		let program = program(width, vec![set(1, 9), copy, halt(5)], &data);
		let mut witness = honest(&program);
		witness.steps[1].a = Old { value: Fr::from(7u64), time: Fr::ZERO };
		witness.steps[2].b.value = Fr::from(7u64);
		witness.final_data[5].value = Fr::from(7u64);
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::DataNetwork]);
	}
}

/// A read of what nobody wrote, and two reads that exchange their values: each column alone is a
/// permutation then.
#[test]
fn a_value_cannot_leave_its_address() {
	for width in WIDTHS {
		let copy = |d, a| Instr { d: Some(d), a: Some(a), ..instr(Op::Add) };
		let instructions = vec![copy(5, 1), copy(6, 2), halt(5)];
		let program = program(width, instructions, &[0, 7, 8, 9, 0, 0, 0]);
		for values in [[7u64, 99], [99, 8], [8, 7], [9, 8]] {
			let mut witness = honest(&program);
			for (step, value) in values.into_iter().enumerate() {
				let value = Fr::from(value);
				witness.steps[step].a.value = value;
				witness.final_data[1 + step].value = Fr::from([7u64, 8][step]);
				witness.final_data[5 + step].value = value;
			}
			witness.steps[2].b.value = Fr::from(values[0]);
			assert_eq!(rejected_by(&program, &mut witness), [Gadget::DataNetwork], "{values:?}");
		}
		// The cells stay exchanged.
		let mut witness = honest(&program);
		for (step, value) in [8u64, 7].into_iter().enumerate() {
			witness.steps[step].a.value = Fr::from(value);
			witness.final_data[1 + step].value = Fr::from(value);
			witness.final_data[5 + step].value = Fr::from(value);
		}
		witness.steps[2].b.value = Fr::from(8u64);
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::DataNetwork]);
	}
}

/// (c) Two data words that give the same element of the root's hash.
#[test]
fn packed_words_cannot_borrow_from_each_other() {
	for program in WIDTHS.map(one_write) {
		let mut witness = honest(&program);
		let before = witness.public;
		let borrow = [(3, pow2(program.shape.width.bits() as usize)), (4, -Fr::ONE)];
		for (cell, change) in borrow {
			witness.data[cell] += change;
			witness.final_data[cell].value += change;
		}
		witness.steps[1].b.value += borrow[0].1;
		// Word 4 is still one, so only word 3 gives it away at the start; the output gives it away too.
		let gadgets = rejected_by(&program, &mut witness);
		assert!(gadgets.contains(&Gadget::Initial), "{gadgets:?}");
		assert_eq!(witness.public[0], before[0]);
		// At the end alone it is no permutation.
		let mut witness = honest(&program);
		for (cell, change) in borrow {
			witness.final_data[cell].value += change;
		}
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::DataNetwork]);
	}
}

/// (d) Two cells exchange their last records, with times that make up for the addresses.
#[test]
fn final_records_cannot_be_exchanged() {
	for program in WIDTHS.map(one_write) {
		let mut witness = honest(&program);
		witness.final_data[1] = Old { value: Fr::from(6u64), time: alias(10, 2) };
		witness.final_data[5] = Old { value: Fr::from(5u64), time: at(3) + alias(2, 10) };
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::Final]);
	}
}

/// (d) The record that an input leaves needs no form of its own: no data record can hide in it.
#[test]
fn an_inputs_last_record_cannot_hide_a_write() {
	for width in WIDTHS {
		// The write of 0x03030303, input 3's value, is left unread and passes for input 3's.
		let value = 0x0303_0303;
		let program = program(width, vec![set(1, value), halt(1)], &[1, 2, 3]);
		let mut witness = honest(&program);
		let input = witness.final_inputs[3];
		witness.final_inputs[3] = Fr::from(2u64) + pow2(ADDRESS_BITS) * at(3);
		witness.steps[1].b = Old { value: Fr::from(2u64), time: Fr::ZERO };
		witness.final_data[1] = Old { value: Fr::from(2u64), time: at(5) };
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::DataNetwork]);
		witness.steps[0].d = Old { value: Fr::from(value), time: alias(7, 2) };
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::Time]);
		assert_ne!(input, witness.final_inputs[3]);
	}
}

/// (f) At code index 0 the instruction of index 1 is executed, whose record is that of index 0 with an
/// offset that reaches into the index.
#[test]
fn an_instruction_cannot_reach_into_the_code_index() {
	for width in WIDTHS {
		let honest = program(width, vec![set(1, 5), set(2, 6), halt(3)], &[0; 6]);
		let wanted = program(width, vec![set(2, 6), set(2, 6), halt(3)], &[0; 6]);
		let (mut witness, _) = witness_of(&wanted, 0).unwrap();
		witness.code = honest.code_cells();
		let far = pow2(OFFSET_SPACING as usize);
		witness.steps[0].offsets[2] += far;
		let shift = (far + far) * pow2(ADDRESS_BITS).inverse().unwrap();
		witness.steps[0].b.time -= shift;
		witness.steps[1].a.time += shift;
		assert_eq!(rejected_by(&honest, &mut witness), [Gadget::Time]);
	}
}

/// (f) An immediate with more bits than a word has reaches into the offset above it; where port B
/// gives the operand there is no immediate to hide in.
#[test]
fn an_immediate_cannot_reach_into_an_offset() {
	for width in WIDTHS {
		let honest = program(width, vec![set(2, 5), halt(3)], &[0; 6]);
		let wanted = program(width, vec![set(1, 5), halt(3)], &[0; 6]);
		let (mut witness, _) = witness_of(&wanted, 0).unwrap();
		witness.code = honest.code_cells();
		witness.steps[0].imm += pow2((D_SHIFT - IMM_SHIFT) as usize);
		let gadgets = rejected_by(&honest, &mut witness);
		assert!(gadgets.contains(&Gadget::OperandBits), "{gadgets:?}");

		let add = |d| Instr { d: Some(d), b: Some(4), ..instr(Op::Add) };
		let honest = program(width, vec![add(2), halt(3)], &[1, 2, 3, 4, 5, 6]);
		let wanted = program(width, vec![add(1), halt(3)], &[1, 2, 3, 4, 5, 6]);
		let (mut witness, _) = witness_of(&wanted, 0).unwrap();
		witness.code = honest.code_cells();
		witness.steps[0].imm += pow2((D_SHIFT - IMM_SHIFT) as usize);
		let gadgets = rejected_by(&honest, &mut witness);
		assert!(gadgets.contains(&Gadget::Operands), "{gadgets:?}");
	}
}

/// (g) Port D writes to an input: its address is odd, so the offset is off by a half, which the bits
/// just below it make up for. With an immediate that ended there, nothing but this would be wrong.
#[test]
fn half_an_offset_does_not_reach_the_inputs() {
	for width in WIDTHS {
		let half = Fr::from(2u64).inverse().unwrap();
		let program = program(width, vec![set(4, 5), halt(3)], &[1, 2, 3, 4, 5, 6]);
		let mut witness = honest(&program);
		let step = &mut witness.steps[0];
		step.offsets[0] -= half;
		step.imm += pow2((D_SHIFT - IMM_SHIFT - 1) as usize);
		// Address 7 is input 3.
		step.d = Old { value: witness.artifact[3], time: Fr::ZERO };
		witness.final_data[4] = Old { value: Fr::from(5u64), time: Fr::ZERO };
		let gadgets = rejected_by(&program, &mut witness);
		assert!(gadgets.contains(&Gadget::OperandBits), "{gadgets:?}");
	}
}

/// (f) The fields below the immediate cannot borrow from it.
#[test]
fn an_instructions_fields_cannot_borrow_from_the_immediate() {
	for program in WIDTHS.map(one_write) {
		let mut witness = honest(&program);
		witness.steps[0].low += pow2(IMM_SHIFT as usize);
		witness.steps[0].imm -= Fr::ONE;
		let gadgets = rejected_by(&program, &mut witness);
		assert!(gadgets.contains(&Gadget::Decode), "{gadgets:?}");
	}
}

/// An instruction that is nowhere in the code.
#[test]
fn a_strange_instruction_is_not_fetched() {
	for width in WIDTHS {
		let honest = one_write(width);
		let wanted = program(width, vec![set(1, 6), halt(3)], &[1, 2, 3, 4, 5, 6]);
		let (mut witness, _) = witness_of(&wanted, 0).unwrap();
		witness.code = honest.code_cells();
		assert_eq!(rejected_by(&honest, &mut witness), [Gadget::CodeNetwork]);
	}
}

/// (g) An input read takes a data word instead, and a write an input.
#[test]
fn regions_cannot_stand_in_for_each_other() {
	for width in WIDTHS {
		let read = Instr { d: Some(1), imm: 3, ..instr(Op::Input) };
		let honest = program(width, vec![read, halt(1)], &[0, 0, 0, 0, 5, 6]);
		// Cell 5 has address 10, input 3 has address 7.
		let mut witness = self::honest(&honest);
		witness.steps[0].b = Old { value: Fr::from(6u64), time: alias(10, 7) };
		witness.steps[1].b.value = Fr::from(6u64);
		witness.final_data[1].value = Fr::from(6u64);
		witness.final_data[5].time = at(2) + alias(7, 10);
		witness.final_inputs[3] = Fr::from(7u64);
		assert_eq!(rejected_by(&honest, &mut witness), [Gadget::Time, Gadget::Final]);
		// The write to cell 1 consumes input 3, and cell 1's record stays for the input.
		let program = program(width, vec![set(1, 5), halt(3)], &[1, 0x0303_0303, 3, 4]);
		let mut witness = self::honest(&program);
		witness.steps[0].d = Old { value: witness.artifact[3], time: alias(7, 2) };
		witness.final_inputs[3] = Fr::from(2u64);
		assert_eq!(rejected_by(&program, &mut witness), [Gadget::Time]);
	}
}

/// (g), (h) A store beyond the data cannot be made, nor one inside be denied; a frame that leaves the
/// data has no record.
#[test]
fn an_access_beyond_the_data_is_not_made() {
	for width in WIDTHS {
		let end = u64::from(width.bytes() * shape(width).data);
		let beyond = |imm| Instr { b: Some(2), imm, target: 1, ..instr(Op::Store) };
		let program = |imm| self::program(width, vec![beyond(imm), halt(1)], &[1, 2, 3]);
		let (outside, inside) = (program(end), program(end - 1));
		// What the one claims is what the other does.
		for (honest, wanted) in [(&outside, &inside), (&inside, &outside)] {
			let mut witness = disguised(honest, wanted);
			assert!(rejected_by(honest, &mut witness).contains(&Gadget::DataNetwork));
		}
		let far = Program { entry_fp: shape(width).data - 1, ..one_write(width) };
		assert!(witness_of(&far, 0).is_none());
		let mut witness = honest(&one_write(width));
		witness.header[1] = Fr::from(shape(width).data - 1);
		witness.entry[1] = witness.header[1];
		assert_eq!(rejected_by(&far, &mut witness), [Gadget::DataNetwork]);
	}
}

/// (g) The cell that an irregular access looks at is there, and may even be the one that the regular
/// access goes to; still nothing comes of it, and a regular access is made.
#[test]
fn what_an_irregular_access_looks_at_is_not_used() {
	for width in WIDTHS {
		let bytes = u64::from(width.bytes());
		let end = bytes * u64::from(shape(width).data);
		let inputs = u64::from(shape(width).inputs);
		let load = |imm| Instr { d: Some(1), imm, target: 2, ..instr(Op::Load) };
		let aligned = |imm| Instr { check: true, ..load(imm) };
		let store = |imm| Instr { b: Some(2), imm, target: 2, ..instr(Op::Store) };
		let aligned_store = |imm| Instr { check: true, ..store(imm) };
		let input = |imm| Instr { d: Some(1), imm, target: 2, ..instr(Op::Input) };
		let far = width.max() - (width.max() % end) + 4 * bytes;
		for (outside, inside) in [
			(load(end + 4 * bytes), load(4 * bytes)),
			(load(far), load(4 * bytes)),
			(aligned(4 * bytes + 1), aligned(4 * bytes)),
			(store(end + 4 * bytes), store(4 * bytes)),
			(aligned_store(5 * bytes - 1), aligned_store(4 * bytes)),
			(input(inputs + 3), input(3)),
		] {
			let program = |i| self::program(width, vec![i, set(3, 1), halt(1)], &[1, 2, 3, 4, 5]);
			let (outside, inside) = (program(outside), program(inside));
			for (honest, wanted) in [(&outside, &inside), (&inside, &outside)] {
				assert_eq!(witness_of(honest, 0).unwrap().1.steps[0].irregular, honest == &outside);
				let mut witness = disguised(honest, wanted);
				let gadgets = rejected_by(honest, &mut witness);
				assert!(gadgets.contains(&Gadget::DataNetwork), "{gadgets:?}");
			}
		}
	}
}

/// (f), (g) The offset that a load, store or input does not use is bounded all the same: it cannot
/// move the access and be made up for by another offset.
#[test]
fn an_unused_offset_cannot_move_an_access() {
	let far = pow2(OFFSET_SPACING as usize);
	let less = far.inverse().unwrap();
	let half = Fr::from(2u64).inverse().unwrap();
	// Of a reference: rustc 1.95 changes a number that is given to such a closure by value twice.
	let time = |address: &Fr| *address * pow2(ADDRESS_BITS).inverse().unwrap();
	for width in WIDTHS {
		let bytes = u64::from(width.bytes());
		let data = [1, 2, 3, 4, 5, 6];
		let of = |i| program(width, vec![i, halt(1)], &data);
		// Port B of a load reads one word further, port A, which is off, is far below.
		let load = |imm| of(Instr { d: Some(1), imm, ..instr(Op::Load) });
		let mut witness = disguised(&load(3 * bytes), &load(4 * bytes));
		witness.steps[0].offsets[2] += Fr::ONE;
		witness.steps[0].offsets[1] -= far;
		witness.steps[0].a.time += time(&(far + far));
		witness.steps[1].a.time -= time(&(far + far));
		assert_eq!(rejected_by(&load(3 * bytes), &mut witness), [Gadget::Time]);
		// Port D of a store writes one word further, port A is a little below.
		let store = |imm| of(Instr { b: Some(2), imm, ..instr(Op::Store) });
		let mut witness = disguised(&store(3 * bytes), &store(4 * bytes));
		witness.steps[0].offsets[0] += Fr::ONE;
		witness.steps[0].offsets[1] -= less;
		witness.steps[0].a.time += time(&(less + less));
		witness.steps[1].a.time -= time(&(less + less));
		assert_eq!(rejected_by(&store(3 * bytes), &mut witness), [Gadget::Time]);
		// An input is read from the data: cell 3 instead of input 3, half an offset below.
		let input = of(Instr { d: Some(1), imm: 3, ..instr(Op::Input) });
		let mut witness = honest(&input);
		let old = std::mem::replace(
			&mut witness.steps[0].b,
			Old { value: Fr::from(4u64), time: Fr::ZERO },
		);
		assert_eq!(old.value, witness.artifact[3]);
		witness.steps[0].offsets[2] -= half;
		witness.steps[0].offsets[1] += half * far;
		witness.steps[0].a.time -= time(&far);
		witness.steps[1].a.time += time(&far);
		witness.steps[1].b.value = Fr::from(4u64);
		witness.final_data[1].value = Fr::from(4u64);
		witness.final_data[3].time = at(2);
		witness.final_inputs[3] = Fr::from(7u64);
		assert_eq!(rejected_by(&input, &mut witness), [Gadget::Time]);
	}
}

/// Checks of a difference, an order and a product, where the run without the check is another.
#[test]
fn a_check_that_does_not_hold_is_found() {
	for width in WIDTHS {
		for narrow in [false, true].into_iter().filter(|narrow| !narrow || width == Width::W64) {
			let bits = if narrow { 32 } else { width.bits() };
			let most = u64::MAX >> (64 - bits);
			for (op, x, y) in [
				(Op::Sub, 4, 5),
				(Op::Sub, 0, most),
				(Op::Mul, most, 2),
				(Op::Mul, 1 << (bits - 1), 2),
				(Op::LtU, 5, 5),
				(Op::LtU, most, 0),
			] {
				let narrow = narrow && op != Op::LtU;
				let d = (op != Op::LtU).then_some(3);
				let plain = Instr { narrow, d, a: Some(1), b: Some(2), ..instr(op) };
				let of = |i| program(width, vec![set(1, x), set(2, y), i, halt(0)], &[0; 8]);
				let (checked, plain) = (of(Instr { check: true, ..plain }), of(plain));
				assert!(witness_of(&checked, 0).is_none(), "{op:?} {x} {y}");
				let mut witness = disguised(&checked, &plain);
				assert_eq!(rejected_by(&checked, &mut witness), [Gadget::Compare]);
			}
		}
	}
}

/// (i) An ended machine's frame is none of the header's.
#[test]
fn the_frame_of_an_ended_machine_is_not_in_the_root() {
	for width in WIDTHS {
		let call = Instr { d: Some(9), target: 2, imm: 20, ..instr(Op::Call) };
		let program = program(width, vec![set(1, 3), call, halt(0)], &[0; 16]);
		let mut witness = honest(&program);
		let (_, mut segment) = witness_of(&program, 0).unwrap();
		assert_eq!((segment.steps.len(), segment.after.fp), (3, 0));
		segment.after.fp = 9;
		let run = RunContext::new(&program, &[], &[7; 32]).unwrap();
		let wrong = from_root(&run.post_root(&segment)).unwrap();
		assert_ne!(witness.public[1], wrong);
		witness.public[1] = wrong;
		assert_eq!(failing(&program, &witness), [Gadget::Statement]);
	}
}

/// (h) A call that finds no room for its frame cannot go on, and one that does cannot trap.
#[test]
fn a_call_traps_exactly_without_room() {
	for width in WIDTHS {
		let call = |imm| Instr { d: Some(6), target: 2, imm, ..instr(Op::Call) };
		let program = |imm| self::program(width, vec![call(imm), halt(1), halt(1)], &[1, 2, 3]);
		for (claimed, done) in [(5, 6), (6, 5)] {
			let (claimed, done) = (program(claimed), program(done));
			let mut witness = disguised(&claimed, &done);
			assert!(!rejected_by(&claimed, &mut witness).is_empty());
		}
	}
}

/// (i) A run that is still going on passes for a halted one.
#[test]
fn a_running_machine_is_not_a_halted_one() {
	for width in WIDTHS {
		let endless = program(width, vec![Instr { target: 0, ..instr(Op::Br) }], &[1, 2, 3]);
		let mut witness = honest(&endless);
		let commitment = endless.commitment();
		let artifact: Vec<u8> = (0..8u32).flat_map(|i| (0x0101_0101 * i).to_le_bytes()).collect();
		let artifact = artifact_root(&shape(width), &artifact).unwrap();
		let first = first_root(&commitment, &artifact, &[7; 32]).unwrap();
		assert_eq!(from_root(&first), Some(witness.public[0]));
		for end in [End::Halted { output: 0 }, End::Trapped { cause: 1 }] {
			let last = last_root(&commitment, &artifact, &[7; 32], &commitment.data, end).unwrap();
			witness.public[1] = from_root(&last).unwrap();
			assert_eq!(failing(&endless, &witness), [Gadget::Statement]);
			// (j) No segment at all leads from the first root to a last one.
			assert_ne!(first, last);
		}
	}
}

/// (i) A running machine cannot idle, an ended one cannot go on.
#[test]
fn a_machine_idles_exactly_when_it_has_ended() {
	for program in WIDTHS.map(one_write) {
		let mut witness = honest(&program);
		let first = witness.steps[0];
		witness.steps[0] = StepHint { a: first.a, b: first.b, d: first.d, ..StepHint::default() };
		let gadgets = rejected_by(&program, &mut witness);
		assert!(gadgets.contains(&Gadget::Operands), "{gadgets:?}");
		let mut witness = honest(&program);
		witness.steps[5].low = first.low;
		witness.steps[5].imm = first.imm;
		witness.steps[5].offsets = first.offsets;
		let gadgets = rejected_by(&program, &mut witness);
		assert!(gadgets.contains(&Gadget::Operands), "{gadgets:?}");
	}
}

/// An output of more than 32 bits, which no chain could claim.
#[test]
fn an_output_has_32_bits() {
	let wide = |imm| program(Width::W64, vec![set(1, imm), halt(1)], &[1, 2, 3]);
	let (honest, wanted) = (wide(1 << 32 | 5), wide(5));
	assert!(witness_of(&honest, 0).is_none());
	let mut witness = disguised(&honest, &wanted);
	witness.steps[1].b.value = Fr::from(1u64 << 32 | 5);
	witness.final_data[1].value = Fr::from(1u64 << 32 | 5);
	assert_eq!(rejected_by(&honest, &mut witness), [Gadget::Compare]);
}

/// (k) The digest of another number of steps, another width, another program, another context.
#[test]
fn every_public_input_is_bound() {
	for width in WIDTHS {
		let program = sample(width);
		let witness = honest(&program);
		let other = if width == Width::W32 { Width::W64 } else { Width::W32 };
		for shape in [
			Shape { steps: program.shape.steps + 1, ..program.shape },
			Shape { width: other, ..program.shape },
		] {
			let digest = program_digest(&program.commitment(), &shape).unwrap();
			let mut wrong = witness.clone();
			wrong.public[2] = from_root(&digest).unwrap();
			assert_eq!(failing(&program, &wrong), [Gadget::Statement]);
		}
		let circuit = tiny(width);
		let assignment = circuit.assign(&witness).unwrap();
		for input in 1..=4 {
			let mut wrong = assignment.clone();
			wrong[input] += Fr::ONE;
			assert!(!circuit.rows().is_satisfied(&wrong), "public input {input}");
		}
		// A commitment to another code or another entry.
		for change in 0..3 {
			let mut wrong = witness.clone();
			match change {
				0 => wrong.initial_data += Fr::ONE,
				1 => wrong.entry[0] += Fr::ONE,
				_ => wrong.code[20] += Fr::ONE,
			}
			assert!(failing(&program, &wrong).contains(&Gadget::Statement));
		}
	}
}

/// A quotient that is not the quotient passes the division and fails the checks behind it.
#[test]
fn a_wrong_quotient_fails_the_checks_behind_the_division() {
	for (width, narrow) in [(Width::W32, false), (Width::W64, false), (Width::W64, true)] {
		let checked = |op, d: Option<u8>, a, b| Instr { d, check: true, ..binary(op, 0, a, b) };
		let program = program(
			width,
			vec![
				set(1, 17),
				set(2, 5),
				binary(Op::Div, 3, 1, 2),
				Instr { narrow, ..checked(Op::Mul, Some(4), 3, 2) },
				Instr { narrow, ..checked(Op::Sub, Some(5), 1, 4) },
				checked(Op::LtU, None, 5, 2),
				halt(3),
			],
			&[0; 8],
		);
		let bits = if narrow { 32 } else { width.bits() };
		let cut = |value: u64| value & (u64::MAX >> (64 - bits));
		let _ = honest(&program);
		let wrong = [0, 2, 4, u64::from(u32::MAX) / 5 + 1, cut(u64::MAX) / 5 + 1, width.max()];
		for quotient in wrong {
			let product = cut(quotient.wrapping_mul(5));
			let rest = cut(17u64.wrapping_sub(product));
			let mut witness = honest(&program);
			witness.steps[2].free = Fr::from(quotient);
			let [quotient, product, rest] = [quotient, product, rest].map(Fr::from);
			witness.steps[3].a.value = quotient;
			witness.steps[4].b.value = product;
			witness.steps[5].a.value = rest;
			witness.steps[6].b.value = quotient;
			for (cell, value) in [(3, quotient), (4, product), (5, rest)] {
				witness.final_data[cell].value = value;
			}
			let gadgets = rejected_by(&program, &mut witness);
			// A quotient of more bits than its checks have is no output either.
			assert_eq!(gadgets, [Gadget::Compare], "{width:?} {narrow} {quotient}");
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]
	/// A witness with one false number anywhere is rejected, even where all roots are claimed anew.
	#[test]
	fn no_hint_can_be_changed(
		wide: bool,
		step in 0usize..STEPS,
		field in 0usize..11,
		by in any::<u64>(),
		small: bool,
	) {
		let program = sample(WIDTHS[usize::from(wide)]);
		let (mut witness, _) = witness_of(&program, 0).unwrap();
		let by = Fr::from(if small { by % 3 + 1 } else { by | 1 });
		let hint = &mut witness.steps[step];
		match field {
			0 => hint.low += by,
			1 => hint.imm += by,
			2 => hint.a.value += by,
			3 => hint.a.time -= by,
			4 => hint.b.value += by,
			5 => hint.b.time -= by,
			6 => hint.d.value += by,
			7 => hint.d.time -= by,
			offset => hint.offsets[offset - 8] += by,
		}
		let rejected = !rejected_by(&program, &mut witness).is_empty();
		prop_assert!(rejected, "step {} field {}", step, field);
	}
}
