//! Batches of proofs against the same proofs checked alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod trapdoor;

use ark_bn254::Fr;
use ark_ec::CurveGroup;
use proptest::prelude::*;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use trapdoor::{g1, input, spoilt::batches, Points, Trapdoor};
use woppal_zkwasm::verifier::{verify, verify_batch, Entry, Status, MAX_BATCH};

/// A proof and its inputs, as bytes and with its points.
type Proven = (Vec<u8>, Vec<[u8; 32]>);
type Made = (Points, Vec<[u8; 32]>);

fn together(key: &[u8], proofs: &[Proven]) -> Vec<Status> {
	let entries: Vec<Entry<'_>> =
		proofs.iter().map(|(proof, inputs)| Entry { proof, inputs }).collect();
	verify_batch(key, &entries)
}

fn alone(key: &[u8], proofs: &[Proven]) -> Vec<Status> {
	proofs.iter().map(|(proof, inputs)| verify(key, proof, inputs)).collect()
}

/// `count` proofs that hold, under one prepared key.
fn sound(count: usize) -> (Vec<u8>, Vec<Made>) {
	let mut rng = ChaCha20Rng::seed_from_u64(1);
	let trapdoor = Trapdoor::new(4, &mut rng);
	let proofs = (0..count as u64)
		.map(|n| {
			let values = [n, 1, 2, 3].map(Fr::from);
			(trapdoor.prove(&values, &mut rng), values.map(input).to_vec())
		})
		.collect();
	(trapdoor.prepared(), proofs)
}

fn encoded(proofs: &[Made]) -> Vec<Proven> {
	proofs.iter().map(|(points, inputs)| (points.bytes(), inputs.clone())).collect()
}

#[test]
fn a_batch_gives_each_proof_the_status_that_it_has_alone() {
	let mut seen = [0; 6];
	let mut cases = 0;
	for (number, batch) in batches(1).take(96).enumerate() {
		let proofs: Vec<Proven> = batch
			.proofs
			.iter()
			.map(|(proof, inputs)| (proof.clone(), inputs.as_chunks().0.to_vec()))
			.collect();
		let statuses = together(&batch.key, &proofs);
		assert_eq!(statuses, alone(&batch.key, &proofs), "batch {number}");
		assert!(!batch.is_sound || statuses.iter().all(|s| *s == Status::Valid), "{number}");
		statuses.iter().for_each(|status| seen[*status as usize] += 1);
		cases += statuses.len();
	}
	assert!(cases > 1_000, "{cases}");
	assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn a_bad_proof_harms_no_other_wherever_it_is() {
	let (key, good) = sound(5);
	for bad in 0..5 {
		let mut proofs = encoded(&good);
		proofs[bad].1[0][0] ^= 1;
		let mut expected = [Status::Valid; 5];
		expected[bad] = Status::Invalid;
		assert_eq!(together(&key, &proofs), expected);
		proofs[bad].0.pop();
		expected[bad] = Status::MalformedProof;
		assert_eq!(together(&key, &proofs), expected);
	}
}

/// In a sum of the equations without random powers all of these would cancel.
#[test]
fn errors_that_cancel_each_other_are_found() {
	let (key, good) = sound(4);
	let error = g1(Fr::from(77u64));
	let mut cancelling = good.clone();
	cancelling[1].0.c = (cancelling[1].0.c + error).into_affine();
	cancelling[3].0.c = (cancelling[3].0.c - error).into_affine();
	let half = [Status::Valid, Status::Invalid, Status::Valid, Status::Invalid];
	assert_eq!(together(&key, &encoded(&cancelling)), half);

	// Inputs exchanged: each sum of inputs is what it was.
	let mut exchanged = encoded(&good);
	let (first, second) = (exchanged[1].1.clone(), exchanged[3].1.clone());
	exchanged[1].1 = second;
	exchanged[3].1 = first;
	assert_eq!(together(&key, &exchanged), half);

	// The other sign twice.
	let mut negated = good.clone();
	for place in [1, 3] {
		negated[place].0.a = -negated[place].0.a;
	}
	assert_eq!(together(&key, &encoded(&negated)), half);
}

#[test]
fn batches_of_every_size_are_answered_in_order() {
	let (key, good) = sound(MAX_BATCH + 2);
	let mut proofs = encoded(&good);
	let last = proofs.len() - 1;
	proofs[last].1[3] = [0; 32];
	for count in [0, 1, 2, 32, MAX_BATCH - 1, MAX_BATCH, MAX_BATCH + 1, last + 1] {
		let mut expected = vec![Status::Valid; count];
		if count == last + 1 {
			expected[last] = Status::Invalid;
		}
		assert_eq!(together(&key, &proofs[..count]), expected, "{count} proofs");
	}
	// Twice the same proof is no error.
	let twice = [proofs[0].clone(), proofs[0].clone()];
	assert_eq!(together(&key, &twice), [Status::Valid; 2]);
	let mut backwards = encoded(&good[..7]);
	backwards.reverse();
	assert_eq!(together(&key, &backwards), [Status::Valid; 7]);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	#[test]
	fn no_bytes_make_a_batch_panic(
		key in prop::collection::vec(any::<u8>(), 0..1500),
		proofs in prop::collection::vec(
			(prop::collection::vec(any::<u8>(), 126..130), prop::collection::vec(any::<[u8; 32]>(), 0..6)),
			0..5,
		),
		is_real: bool,
	) {
		let key = if is_real { sound(0).0 } else { key };
		let statuses = together(&key, &proofs);
		prop_assert_eq!(&statuses, &alone(&key, &proofs));
		prop_assert!(!statuses.contains(&Status::Valid));
	}
}
