//! The permutation's short form: derived from the definition, and of the same values.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ark_bn254::Fr;
use ark_ff::{PrimeField, UniformRand};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use woppal_zkwasm::{
	commitment::to_root,
	poseidon::{hash_narrow, hash_wide, Parameters, NARROW_RATE, WIDE_RATE},
};

#[path = "../examples/poseidon_tables.rs"]
mod tables;

#[test]
fn the_files_are_what_the_definition_gives() {
	for (file, parameters) in [
		(&include_bytes!("../src/poseidon/short5.bin")[..], Parameters::narrow()),
		(include_bytes!("../src/poseidon/short13.bin"), Parameters::wide()),
	] {
		let table = tables::table(&parameters).unwrap();
		assert!(table.iter().flat_map(to_root).eq(file.iter().copied()), "run the example");
	}
}

#[test]
fn hashes_are_those_of_the_definition() {
	let mut rng = ChaCha20Rng::seed_from_u64(11);
	let (narrow, wide) = (Parameters::narrow(), Parameters::wide());
	// The largest values make the largest sums.
	let extremes = [Fr::from(0u64), Fr::from(1u64), -Fr::from(1u64)];
	for round in 0..60 {
		let mut element = || match round {
			0..3 => extremes[round],
			_ => Fr::rand(&mut rng),
		};
		let (tag, inputs): (Fr, [Fr; WIDE_RATE]) = (element(), std::array::from_fn(|_| element()));
		let few = &inputs[..round % (NARROW_RATE + 1)];
		assert_eq!(hash_narrow(tag, few), narrow.compress(tag, few));
		let some = &inputs[..WIDE_RATE - round % 3];
		let hash = hash_wide(tag, some);
		assert_eq!(hash, wide.compress(tag, some));
		// Equality alone does not see a value that is not reduced.
		assert!(hash.0 < Fr::MODULUS);
	}
}
