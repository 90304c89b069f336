//! Matrix products: honest ones, and everything that a prover may try with them.

use super::{
	determined::{chosen, undetermined},
	forgeries::{alias, at, honest, rejected_by, settle},
	mutations::Assignment,
	*,
};
use crate::{
	circuit::witness::{Old, ProductHint},
	matrix::{Matrix, Vector, MATRIX_WORDS, VECTOR_WORDS},
};
use ark_ff::AdditiveGroup;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

fn with_matrix(instructions: Vec<Instr>, data: &[u64]) -> Program {
	program_for(WITH_MATRIX, instructions, data)
}

/// A product of the vector at a byte address.
fn product(imm: u64) -> Instr {
	Instr { imm, target: 9, ..instr(Op::Product) }
}

/// Four vectors of all sorts of numbers.
fn data() -> Vec<u64> {
	(0..32u64).map(|i| (i * 0x9e37_79b9 + (i << 30)) & 0xffff_ffff).collect()
}

/// Calls for five products, so that two wait for the second segment; the third is of the vector that
/// the frame is in.
fn five_calls() -> Program {
	with_matrix(
		vec![
			set(1, 64),
			Instr { a: Some(1), imm: 0, target: 9, ..instr(Op::Product) },
			product(64),
			Instr { d: Some(2), imm: 68, ..instr(Op::Load) },
			product(0),
			product(96),
			Instr { d: Some(3), a: Some(2), imm: 7, ..instr(Op::Add) },
			product(64),
			halt(3),
			Instr { imm: 4, ..instr(Op::Trap) },
		],
		&data(),
	)
}

/// Irregular ones: unaligned, beyond the data, and beyond 2^32.
fn irregular() -> Program {
	let to = |target, i: Instr| Instr { target, ..i };
	with_matrix(
		vec![
			set(1, 0xffff_fff0),
			to(3, product(4)),
			halt(0),
			to(5, product(128)),
			halt(0),
			to(7, Instr { a: Some(1), imm: 48, ..instr(Op::Product) }),
			halt(0),
			to(2, product(96)),
			halt(1),
			Instr { imm: 4, ..instr(Op::Trap) },
		],
		&data(),
	)
}

#[test]
fn every_segment_with_products_satisfies_the_circuit() {
	let program = five_calls();
	let matrix: Vec<u32> = (8..8 + MATRIX_WORDS).map(|i| 0x0101_0101u32.wrapping_mul(i)).collect();
	let matrix = Matrix::from_words(&matrix);
	let (witness, first) = witness_of(&program, 0).unwrap();
	assert_eq!(failing(&program, &witness), []);
	// The fourth product waits from its first step to the segment's end.
	let waiting = first.steps.iter().filter(|s| s.instr.op == Op::Product && s.product.is_none());
	assert_eq!((waiting.count(), first.after.pc, first.after.products), (STEPS - 5, 5, 0));
	assert_eq!(first.steps[4].after.products, 3);
	let vector =
		|data: &[u64], at: usize| -> Vector { std::array::from_fn(|i| data[at + i] as u32) };
	let once = matrix.product(&vector(&first.data_before, 16));
	assert_eq!(vector(&first.data_after, 16), matrix.product(&once));
	assert_eq!(first.data_after[24..], first.data_before[24..]);
	let (witness, second) = witness_of(&program, 1).unwrap();
	assert_eq!(failing(&program, &witness), []);
	assert_eq!(second.after.status, crate::ir::HALTED);
	assert_eq!(vector(&second.data_after, 24), matrix.product(&vector(&second.data_before, 24)));

	let program = irregular();
	let (witness, segment) = witness_of(&program, 0).unwrap();
	assert_eq!(failing(&program, &witness), []);
	let irregular = segment.steps.iter().filter(|step| step.irregular).count();
	assert_eq!((irregular, segment.steps[4].after.products), (3, 1));
	// Without any call.
	let program = with_matrix(vec![set(1, 2), halt(1)], &data());
	assert_eq!(failing(&program, &witness_of(&program, 0).unwrap().0), []);
}

#[test]
fn no_value_of_a_product_can_be_changed() {
	let mut rng = ChaCha20Rng::seed_from_u64(5);
	let valid = Assignment::new(&five_calls(), 0);
	valid.no_single_change_is_accepted(&mut rng);
	let tried = valid.no_change_of_several_is_accepted(2_500, &mut rng);
	assert!(tried >= 2_000, "{tried}");
	Assignment::new(&five_calls(), 1).no_single_change_is_accepted(&mut rng);
	Assignment::new(&irregular(), 0).no_single_change_is_accepted(&mut rng);
}

/// The sums' bits are no choice, but what a product finds is: the call and the words' bits.
#[test]
fn every_product_follows_from_what_the_prover_chooses() {
	let rows = circuit_of(&WITH_MATRIX).rows();
	for (program, position) in [(five_calls(), 0), (five_calls(), 1), (irregular(), 0)] {
		let (witness, _) = witness_of(&program, position).unwrap();
		let values = circuit_of(&WITH_MATRIX).assign(&witness).unwrap();
		let mut chosen = chosen(rows);
		let owned = rows.owned(Gadget::Products);
		let each = owned.len() / WITH_MATRIX.products as usize;
		let time_bits = 6;
		for product in owned.chunks(each) {
			// The call and its time, then two values of the test whether there is a call, then bits.
			chosen.extend(&product[..1 + time_bits]);
			let words = 1 + time_bits + 2;
			chosen.extend(&product[words..words + 32 * VECTOR_WORDS as usize]);
		}
		assert_eq!(undetermined(rows, &values, chosen), Vec::<usize>::new());
	}
}

/// A product that the program did not call for.
#[test]
fn a_product_without_a_call_is_rejected() {
	let program = with_matrix(vec![set(1, 2), halt(1)], &data());
	let forged = |hint: ProductHint| {
		let mut witness = honest(&program);
		witness.products[0] = hint;
		rejected_by(&program, &mut witness)
	};
	let honest = honest(&program).products[0];
	let call = |value: u64, time| Old { value: Fr::from(value), time };
	for call in [call(3, at(3)), call(3, Fr::ZERO), call(0, at(3)), call(1, at(40))] {
		assert!(forged(ProductHint { call, ..honest }).contains(&Gadget::DataNetwork));
	}
	// The record of cell 1 as the call's: its address is made up for by the time.
	let cell = 2 * u64::from(WITH_MATRIX.inputs) + 1;
	let call = Old { value: Fr::from(2u64), time: at(3) + alias(2, cell) };
	assert!(forged(ProductHint { call, ..honest }).contains(&Gadget::Products));
}

/// The program called for a product, but none is made, or another one, or at another time.
#[test]
fn a_call_has_one_product() {
	let program = with_matrix(
		vec![set(16, 5), product(64), Instr { d: Some(17), imm: 64, ..instr(Op::Load) }, halt(17)],
		&data(),
	);
	let honest = honest(&program);
	let changed = |change: &dyn Fn(&mut SegmentWitness)| {
		let mut witness = honest.clone();
		change(&mut witness);
		rejected_by(&program, &mut witness)
	};
	let call = honest.products[0].call;
	assert_eq!((call.value, call.time), (Fr::from(3u64), at(6)));
	// None, another vector's, later, of a time that is none.
	for wrong in [
		Old::default(),
		Old { value: Fr::from(4u64), ..call },
		Old { time: at(9), ..call },
		Old { value: Fr::ZERO, ..call },
	] {
		let gadgets = changed(&|witness| witness.products[0].call = wrong);
		assert!(gadgets.contains(&Gadget::DataNetwork), "{gadgets:?}");
	}
	// By another product than the first.
	let gadgets = changed(&|witness| witness.products.swap(0, 1));
	assert!(gadgets.contains(&Gadget::DataNetwork), "{gadgets:?}");
	// Words that are not there, with what the load then finds.
	let gadgets = changed(&|witness| witness.products[0].words[0].value += Fr::from(1u64));
	assert!(gadgets.contains(&Gadget::DataNetwork), "{gadgets:?}");
	// What was there before the step that wrote it, two steps earlier.
	let gadgets = changed(&|witness| {
		witness.products[0].words[0] = Old { value: Fr::from(data()[16]), time: Fr::ZERO };
	});
	assert!(gadgets.contains(&Gadget::DataNetwork), "{gadgets:?}");
	// What the next step writes.
	let gadgets = changed(&|witness| witness.products[0].words[0].time = at(8));
	assert!(gadgets.contains(&Gadget::Time), "{gadgets:?}");
}

/// The product happens between its step and the next: what is read before and after is fixed.
#[test]
fn a_product_cannot_be_put_off() {
	let load = |d| Instr { d: Some(d), imm: 64, ..instr(Op::Load) };
	let program = with_matrix(vec![product(64), load(17), load(18), halt(17)], &data());
	let mut witness = honest(&program);
	// The first load sees the words of before, the product comes between the loads.
	let before = Fr::from(data()[16]);
	witness.steps[1].b = Old { value: before, time: Fr::ZERO };
	witness.products[0].words[0].time = at(5);
	let gadgets = rejected_by(&program, &mut witness);
	assert!(gadgets.contains(&Gadget::Time), "{gadgets:?}");
}

/// Other weights are another artifact, whose root the chain knows.
#[test]
fn the_matrix_is_the_artifacts() {
	let program = five_calls();
	let honest = honest(&program);
	for word in [0, 100, 255] {
		let mut witness = honest.clone();
		witness.matrix[word] += Fr::from(1u64);
		settle(&program, &mut witness);
		assert_ne!(witness.public[0], honest.public[0]);
	}
	// A word beyond its range that packs as the next one's.
	let mut witness = honest.clone();
	witness.matrix[0] -= Fr::from(1u64 << 32);
	witness.matrix[1] += Fr::from(1u64);
	settle(&program, &mut witness);
	assert_eq!(witness.public[0], honest.public[0]);
	assert!(failing(&program, &witness).contains(&Gadget::Matrix));
}

/// The digest tells how many products a segment has.
#[test]
fn other_sizes_have_other_digests() {
	let program = five_calls();
	let digest =
		|shape: &Shape| crate::commitment::program_digest(&program.commitment(), shape).unwrap();
	let fewer = Shape { products: 2, ..WITH_MATRIX };
	assert_ne!(digest(&WITH_MATRIX), digest(&fewer));
	assert_ne!(digest(&WITH_MATRIX), digest(&shape(Width::W32)));
	assert_ne!(circuit_of(&WITH_MATRIX).hash(), Circuit::new(&fewer).hash());
}
