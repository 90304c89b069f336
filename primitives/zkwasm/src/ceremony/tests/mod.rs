//! Tests of the ceremony. That a live chain refuses development keys is tested where keys are
//! registered: in the runtime (`a_live_chain_refuses_sudo_and_its_genesis_refuses_the_development_key`)
//! and in `pallet-agent-commit` (`a_live_chain_takes_no_development_key`).

mod dishonest;
mod powers;

use super::{ptau::Powers, Basis, Ceremony, CeremonyError, Relation};
use crate::{
	circuit::{builder::Rows, witness::RunContext, Circuit, PUBLIC_INPUTS},
	development::is_development_key,
	lower::lower,
	machine::Machine,
	module::load,
	prover::{prove_segment, ProvingKey},
	setup::{dummy_rows, Replay},
	shape::{Shape, Width, SMALL},
	verifier::{prepare_key, verify, Status},
};
use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::PrimeGroup;
use ark_ff::{Field, UniformRand};
use ark_groth16::{r1cs_to_qap::LibsnarkReduction, Groth16};
use ark_serialize::CanonicalSerialize;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

fn rng(seed: u64) -> ChaCha20Rng {
	ChaCha20Rng::seed_from_u64(seed)
}

/// Ten rows: with the five that bind the public inputs a domain of 16.
fn rows() -> Rows {
	dummy_rows(10).0
}

const HASH: [u8; 32] = [7; 32];

fn relation(rows: &Rows) -> Relation<'_> {
	Relation::new(rows, HASH).unwrap()
}

fn powers() -> Powers {
	Powers::generate(4, &mut rng(1))
}

/// A ceremony that has just begun.
fn begun(relation: &Relation<'_>, powers: &Powers) -> Ceremony {
	let basis = Basis::transform(relation, powers).unwrap();
	Ceremony::new(relation, powers, &basis).unwrap()
}

/// A ceremony of these parties, without a beacon.
fn ceremony(relation: &Relation<'_>, parties: &[&str]) -> Ceremony {
	let mut ceremony = begun(relation, &powers());
	for (party, name) in parties.iter().enumerate() {
		ceremony.contribute(relation, &powers(), name, &mut rng(100 + party as u64)).unwrap();
	}
	ceremony
}

fn check(ceremony: &Ceremony, relation: &Relation<'_>) -> Result<(), CeremonyError> {
	ceremony.verify(relation, &powers(), &mut rng(2))
}

/// The first key is the one that arkworks makes from the same tau, alpha and beta with gamma = delta
/// = 1, point by point.
#[test]
fn the_first_key_is_arkworks_own() {
	let circuit = Circuit::new(&Shape {
		width: Width::W32,
		steps: 2,
		code: 4,
		inputs: 8,
		data: 1,
		products: 0,
	});
	let relation = Relation::of(&circuit).unwrap();
	let dummy = rows();
	for (relation, transforms) in [(self::relation(&dummy), true), (relation, false)] {
		let [alpha, beta] = [Fr::from(77u64), Fr::from(78u64)];
		let theirs = Groth16::<Bn254, LibsnarkReduction>::generate_parameters_with_qap(
			Replay(relation.rows),
			alpha,
			beta,
			Fr::ONE,
			Fr::ONE,
			G1Projective::generator(),
			G2Projective::generator(),
			&mut rng(3),
		)
		.unwrap();
		// What arkworks drew for tau.
		let tau = Fr::rand(&mut rng(3));
		let powers = Powers::of([tau, alpha, beta], relation.power());
		let basis = if transforms {
			Basis::transform(&relation, &powers).unwrap()
		} else {
			// The transform of so many points takes long.
			Basis::of([tau, alpha, beta], &relation)
		};
		let ours = Ceremony::new(&relation, &powers, &basis).unwrap();
		assert!(ours.key == theirs);
		ours.verify(&relation, &powers, &mut rng(4)).unwrap();
	}
}

/// Three parties and a beacon at the small size, over a file before the last party; the key proves a
/// segment. The powers' one party knows tau and so needs no transform.
#[test]
fn three_parties_make_a_key_that_proves_a_segment() {
	let circuit = Circuit::new(&SMALL);
	let relation = Relation::of(&circuit).unwrap();
	assert_eq!(relation.power(), 16);
	let secrets = [7, 8, 9].map(|seed| Fr::rand(&mut rng(seed)));
	let powers = Powers::of(secrets, relation.power());
	let basis = Basis::of(secrets, &relation);
	let mut ceremony = Ceremony::new(&relation, &powers, &basis).unwrap();
	ceremony.contribute(&relation, &powers, "Ada", &mut rng(1)).unwrap();
	ceremony.contribute(&relation, &powers, "Bob", &mut rng(2)).unwrap();
	let path = std::env::temp_dir().join(format!("woppal-ceremony-{}", std::process::id()));
	ceremony.store(&path).unwrap();
	let mut read = Ceremony::load(&relation, &path).unwrap();
	std::fs::remove_file(path).unwrap();
	assert!(read.key == ceremony.key);
	assert!(read.extends(&ceremony) && ceremony.extends(&read));
	read.contribute(&relation, &powers, "Cleo", &mut rng(3)).unwrap();
	read.beacon("block 1,000,000", b"a hash that nobody knew", 10).unwrap();
	assert_eq!(read.transcript().len(), 5);
	let key = read.finish(Circuit::new(&SMALL), &powers, &mut rng(6)).unwrap();
	// What a miner does: it loads the exported file by the hash that the chain registered.
	let folder = std::env::temp_dir().join(format!("woppal-exported-{}", std::process::id()));
	key.store(&folder).unwrap();
	let hash = key.verifying_key().unwrap().hash();
	let loaded = ProvingKey::load(&folder, &SMALL, &hash).unwrap();
	std::fs::remove_dir_all(folder).unwrap();
	assert!(loaded.key == key.key);
	assert!(!is_development_key(&loaded.verifying_key().unwrap().0));
	proves_a_segment(&loaded, &SMALL);
}

fn proves_a_segment(key: &ProvingKey, shape: &Shape) {
	let wasm = wat::parse_str("(module (func (export \"evaluate\") (result i32) i32.const 7))");
	let program = lower(&load(&wasm.unwrap()).unwrap(), shape).unwrap();
	let run = RunContext::new(&program, &[], &[9; 32]).unwrap();
	let machine = Machine::new(&program, &[], [9; 32]).unwrap();
	let segment = machine.segments(1).next().unwrap().unwrap();
	let (pre, context) = (run.pre_root(&segment), [1; 32]);
	let proven = prove_segment(key, &run, &segment, &pre, &context).unwrap();
	let prepared = prepare_key(&key.verifying_key().unwrap().0, PUBLIC_INPUTS).unwrap();
	let digest = crate::commitment::program_digest(&program.commitment(), shape).unwrap();
	let mut inputs = [pre, proven.post_root, digest, context];
	assert_eq!(verify(&prepared, &proven.proof, &inputs), Status::Valid);
	inputs[3] = [2; 32];
	assert_eq!(verify(&prepared, &proven.proof, &inputs), Status::Invalid);
}

#[test]
fn a_beacon_ends_a_ceremony_and_only_an_ended_one_gives_a_key() {
	let shape = Shape { width: Width::W32, steps: 1, code: 1, inputs: 8, data: 1, products: 0 };
	let rows = rows();
	let relation = relation(&rows);
	let finish = |ceremony: Ceremony| {
		ceremony.finish(Circuit::new(&shape), &powers(), &mut rng(2)).err().unwrap()
	};
	assert!(matches!(finish(ceremony(&relation, &["Ada"])), CeremonyError::NotEnded));
	let mut alone = ceremony(&relation, &[]);
	alone.beacon("beacon", b"value", 3).unwrap();
	check(&alone, &relation).unwrap();
	assert!(matches!(finish(alone), CeremonyError::NoContribution));
	let mut ended = ceremony(&relation, &["Ada"]);
	ended.beacon("beacon", b"value", 3).unwrap();
	check(&ended, &relation).unwrap();
	let late = ended.contribute(&relation, &powers(), "Bob", &mut rng(9));
	assert!(matches!(late, Err(CeremonyError::Ended)));
	assert!(matches!(ended.beacon("again", b"value", 3), Err(CeremonyError::Ended)));
	// The key is of another circuit than the one that it is wanted for.
	assert!(matches!(
		finish(ended),
		CeremonyError::TooFewPowers { .. } | CeremonyError::OtherCircuit
	));
}

#[test]
fn a_finished_key_passes_registration_and_an_unfinished_one_does_not() {
	use crate::verifier::KeyFault;
	let rows = rows();
	let relation = relation(&rows);
	let prepare = |ceremony: &Ceremony| {
		let mut bytes = Vec::new();
		ceremony.key.vk.serialize_compressed(&mut bytes).unwrap();
		prepare_key(&bytes, PUBLIC_INPUTS)
	};
	assert_eq!(prepare(&ceremony(&relation, &[])), Err(KeyFault::Degenerate));
	assert!(prepare(&ceremony(&relation, &["Ada"])).is_ok());
}

#[test]
fn larger_powers_give_the_same_ceremony() {
	let rows = rows();
	let relation = relation(&rows);
	let secrets = [Fr::from(5u64), Fr::from(6u64), Fr::from(7u64)];
	let [exact, larger] = [4, 6].map(|power| Powers::of(secrets, power));
	let ceremony = begun(&relation, &larger);
	assert_eq!(ceremony.transcript(), begun(&relation, &exact).transcript());
	ceremony.verify(&relation, &exact, &mut rng(2)).unwrap();
	let basis = Basis::of(secrets, &relation);
	assert!(Ceremony::new(&relation, &exact, &basis).unwrap().key == ceremony.key);
	let small = Powers::of(secrets, 3);
	let refused = Ceremony::new(&relation, &small, &basis);
	assert!(matches!(refused.err(), Some(CeremonyError::TooFewPowers { have: 3, need: 4 })));
	let refused = Basis::transform(&relation, &small);
	assert!(matches!(refused.err(), Some(CeremonyError::TooFewPowers { have: 3, need: 4 })));
	let (fewer, _) = dummy_rows(3);
	let other = Basis::of(secrets, &self::relation(&fewer));
	let refused = Ceremony::new(&relation, &exact, &other);
	assert!(matches!(refused.err(), Some(CeremonyError::OtherPowers)));
}

#[test]
fn bounds_hold() {
	let rows = rows();
	let relation = relation(&rows);
	let mut ceremony = ceremony(&relation, &[]);
	let long = "x".repeat(super::MAX_NAME + 1);
	let named = ceremony.contribute(&relation, &powers(), &long, &mut rng(1));
	assert!(matches!(named, Err(CeremonyError::OutOfBounds)));
	for (value, iterations) in [(vec![0; super::MAX_RANDOMNESS + 1], 1), (vec![0], 31)] {
		let failed = ceremony.beacon("b", &value, iterations);
		assert!(matches!(failed, Err(CeremonyError::OutOfBounds)));
	}
	ceremony.beacon(&long[1..], &[0; super::MAX_RANDOMNESS], 1).unwrap();
	let bytes = ceremony.to_bytes().unwrap();
	let again = Ceremony::from_bytes(&relation, &bytes).unwrap();
	assert_eq!(again.contributions(), ceremony.contributions());
	assert_eq!(again.to_bytes().unwrap(), bytes);
}
