//! What made other Groth16 systems forgeable or fragile, and where it is tested that it can't happen
//! here. Numbers are those of the design notes on anchors, section c6.
//!
//! | | Pitfall | Tests |
//! |---|---|---|
//! | 1 | arkworks cuts inputs and key to the shorter | `pitfall_01_*`; `chain::host` (runtime) |
//! | 2 | a second kind of constraint is left out of the setup | `pitfall_02_*`; `setup::tests::the_generator_sees_exactly_the_recorded_rows` |
//! | 3 | a release prover proves what is false | `proofs::pitfall_03_what_is_not_true_is_not_proven` |
//! | 4 | r1cs-std's subgroup check of points in a circuit checks nothing | `pitfall_04_and_05_*`: no gadget library, no points in the circuit |
//! | 5 | comparisons, bits and divisions that leave the prover a choice | `pitfall_04_and_05_*`; `circuit::tests::determined::everything_follows_from_what_the_prover_chooses`, `circuit::tests::forgeries::{no_hint_can_be_changed, a_wrong_quotient_fails_the_checks_behind_the_division}` |
//! | 6 | a setup whose second phase was skipped | `pitfall_06_*` |
//! | 7 | replay protection by proof bytes | `pitfall_07_*`; `pallet_agent_commit::tests::an_accepted_proof_cannot_be_replayed`, `chain::forgeries` (runtime) |
//! | 8 | x and x + r, two encodings of a point | `pitfall_08_*` |
//! | 9 | proofs that are not bound to account, chain, job | `pitfall_09_*`; `proofs::a_run_is_proven_and_only_this_run`, `pallet_agent_commit::tests::a_proof_of_another_experiment_account_seed_chain_or_key_is_a_fabrication`, `chain::forgeries` (runtime) |
//! | 10 | points that are not on the curve or not in the subgroup | `pitfall_10_*` |
//! | 11 | unused public inputs; keys across reductions | `pitfall_11_*`; `circuit::tests::forgeries::every_public_input_is_bound` |
//! | 12 | a circuit that depends on the witness | `pitfall_12_and_14_*`; `circuit::tests::rows_do_not_depend_on_the_witness` |
//! | 13 | commitments beside the proof | `pitfall_13_*`: there are none |
//! | 14 | a challenge fixed at setup | `pitfall_12_and_14_*`: the circuit has none |
//! | 15 | bytes that make a verifier panic | `pitfall_15_*`; `batch::no_bytes_make_a_batch_panic`, `chain::host` (runtime) |
//! | 16 | one party's setup on a live chain | `pitfall_16_*`; `pallet_agent_commit::tests::{a_live_chain_takes_no_development_key, a_live_genesis_refuses_a_development_key}` |
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod trapdoor;

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField, UniformRand};
use ark_groth16::{r1cs_to_qap::LibsnarkReduction, Groth16, Proof, VerifyingKey};
use ark_serialize::CanonicalDeserialize;
use proptest::prelude::*;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use trapdoor::{compressed, input, outside_the_subgroup, Points, Trapdoor};
use woppal_zkwasm::{
	circuit::Circuit,
	development::{self, is_development_key},
	setup::{development_keys, generate},
	shape::{Shape, Width, SMALL, STANDARD},
	verifier::{prepare_key, verify, verify_batch, Entry, KeyFault, Status, PROOF_BYTES},
};

/// A key, and a proof that holds under it.
struct Truth {
	trapdoor: Trapdoor,
	key: Vec<u8>,
	points: Points,
	proof: Vec<u8>,
	inputs: Vec<[u8; 32]>,
	rng: ChaCha20Rng,
}

impl Truth {
	fn new() -> Self {
		let mut rng = ChaCha20Rng::seed_from_u64(3);
		let trapdoor = Trapdoor::new(4, &mut rng);
		let values: Vec<Fr> = (0..4).map(|_| Fr::rand(&mut rng)).collect();
		let points = trapdoor.prove(&values, &mut rng);
		let key = trapdoor.prepared();
		let proof = points.bytes();
		let inputs: Vec<[u8; 32]> = values.into_iter().map(input).collect();
		let truth = Self { trapdoor, key, points, proof, inputs, rng };
		assert_eq!(truth.with_inputs(&truth.inputs), Status::Valid);
		truth
	}

	/// The answer to one question, alone and in a batch beside the truth.
	fn ask(&self, key: &[u8], proof: &[u8], inputs: &[[u8; 32]]) -> Status {
		let status = verify(key, proof, inputs);
		let truth = Entry { proof: &self.proof, inputs: &self.inputs };
		let statuses = verify_batch(key, &[truth, Entry { proof, inputs }, truth]);
		assert_eq!(statuses, [verify(key, &self.proof, &self.inputs), status, statuses[0]]);
		status
	}

	fn with_inputs(&self, inputs: &[[u8; 32]]) -> Status {
		self.ask(&self.key, &self.proof, inputs)
	}

	fn with_proof(&self, proof: &[u8]) -> Status {
		self.ask(&self.key, proof, &self.inputs)
	}

	/// With these bytes in the proof from `from` on.
	fn with_bytes(&self, from: usize, bytes: &[u8]) -> Status {
		let mut wrong = self.proof.clone();
		wrong[from..from + bytes.len()].copy_from_slice(bytes);
		self.with_proof(&wrong)
	}
}

#[test]
fn pitfall_01_missing_or_further_inputs_are_refused() {
	let truth = Truth::new();
	for count in [0, 1, 3, 5, 16, 17, 100] {
		let mut inputs = truth.inputs.clone();
		inputs.resize(count, [0; 32]);
		assert_eq!(truth.with_inputs(&inputs), Status::WrongArity, "{count} inputs");
	}
	// Where the missing ones are zero, arkworks' own verifier takes the short list.
	let mut rng = truth.rng.clone();
	let values = [Fr::from(9u64), Fr::from(0u64), Fr::from(0u64), Fr::from(0u64)];
	let proof = truth.trapdoor.prove(&values, &mut rng).bytes();
	assert_eq!(truth.ask(&truth.key, &proof, &values.map(input)), Status::Valid);
	assert_eq!(truth.ask(&truth.key, &proof, &[input(values[0])]), Status::WrongArity);
	// A key is registered for the number of inputs that its circuit has.
	let key = truth.trapdoor.key();
	for arity in [0, 3, 5, 16, 17, 1000, usize::MAX] {
		assert_eq!(prepare_key(&key, arity), Err(KeyFault::WrongArity), "{arity} inputs");
	}
	let other = Trapdoor::new(3, &mut rng).prepared();
	assert_eq!(truth.ask(&other, &truth.proof, &truth.inputs), Status::WrongArity);
}

/// The setup takes three matrices and nothing else, so no constraint can be of another kind.
#[test]
fn pitfall_02_rows_are_plain_r1cs() {
	for shape in [SMALL, TINY] {
		let circuit = Circuit::new(&shape);
		let rows = circuit.rows();
		let [a, b, c] = &rows.matrices;
		assert_eq!([a.len(), b.len(), c.len()], [rows.len(); 3]);
		let counted: usize = circuit.table().iter().map(|(_, rows)| rows).sum();
		assert_eq!(counted, rows.len(), "every row is some gadget's");
	}
}

#[test]
fn pitfall_04_and_05_no_gadget_library_is_used() {
	let manifest = include_str!("../Cargo.toml");
	for library in ["ark-r1cs-std", "ark-crypto-primitives", "ark-snark"] {
		assert!(!manifest.contains(library), "{library}");
	}
}

#[test]
fn pitfall_06_a_key_of_an_unfinished_setup_is_refused() {
	let bytes = development::DEVELOPMENT_SMALL;
	let good = VerifyingKey::<Bn254>::deserialize_compressed(bytes).unwrap();
	assert!(prepare_key(bytes, 4).is_ok());
	type Spoil = fn(&mut VerifyingKey<Bn254>);
	let degenerate: [Spoil; 14] = [
		|vk| vk.delta_g2 = vk.gamma_g2,
		|vk| vk.delta_g2 = -vk.gamma_g2,
		|vk| vk.alpha_g1 = G1Affine::generator(),
		|vk| vk.alpha_g1 = -G1Affine::generator(),
		|vk| vk.beta_g2 = G2Affine::generator(),
		|vk| vk.gamma_g2 = G2Affine::generator(),
		|vk| vk.delta_g2 = -G2Affine::generator(),
		|vk| vk.alpha_g1 = G1Affine::identity(),
		|vk| vk.beta_g2 = G2Affine::identity(),
		|vk| vk.gamma_g2 = G2Affine::identity(),
		|vk| vk.delta_g2 = G2Affine::identity(),
		|vk| vk.gamma_abc_g1[0] = G1Affine::identity(),
		|vk| vk.gamma_abc_g1[2] = vk.gamma_abc_g1[1],
		|vk| vk.gamma_abc_g1[4] = -vk.gamma_abc_g1[1],
	];
	for (i, spoil) in degenerate.iter().enumerate() {
		let mut vk = good.clone();
		spoil(&mut vk);
		assert_eq!(prepare_key(&compressed(&vk), 4), Err(KeyFault::Degenerate), "case {i}");
	}
}

/// Other bytes, same statement. Nothing may be keyed on the bytes of a proof.
#[test]
fn pitfall_07_a_malleated_proof_still_verifies() {
	let truth = Truth::new();
	let key = VerifyingKey::<Bn254>::deserialize_compressed(truth.trapdoor.key().as_slice());
	let proof = Proof::<Bn254>::deserialize_compressed(truth.proof.as_slice()).unwrap();
	let mut rng = truth.rng.clone();
	let third =
		Groth16::<Bn254, LibsnarkReduction>::rerandomize_proof(&key.unwrap(), &proof, &mut rng);
	let scaled = truth.points.malleated(Fr::from(5u64)).bytes();
	for changed in [scaled, compressed(&third)] {
		assert_ne!(changed, truth.proof);
		assert_eq!(truth.with_proof(&changed), Status::Valid);
	}
}

/// `value` plus a modulus, if 32 bytes hold the sum.
fn plus(value: &[u8], modulus: ark_ff::BigInt<4>) -> Option<[u8; 32]> {
	let mut sum = ark_ff::BigInt::<4>::default();
	for (limb, bytes) in sum.0.iter_mut().zip(value.chunks(8)) {
		*limb = u64::from_le_bytes(bytes.try_into().unwrap());
	}
	let overflows = sum.add_with_carry(&modulus);
	(!overflows).then(|| sum.to_bytes_le().try_into().unwrap())
}

#[test]
fn pitfall_08_an_input_has_one_encoding() {
	let truth = Truth::new();
	let modulus: [u8; 32] = Fr::MODULUS.to_bytes_le().try_into().unwrap();
	for place in 0..4 {
		let alias = plus(&truth.inputs[place], Fr::MODULUS).unwrap();
		for wrong in [alias, modulus, [0xff; 32]] {
			let mut inputs = truth.inputs.clone();
			inputs[place] = wrong;
			assert_eq!(truth.with_inputs(&inputs), Status::MalformedInput, "input {place}");
		}
	}
}

#[test]
fn pitfall_08_a_point_has_one_encoding() {
	let truth = Truth::new();
	// x + p is below 2^254 for small x only: 1 is the x of a point.
	let one = compressed(&G1Affine::get_point_from_x_unchecked(Fq::from(1u64), false).unwrap());
	assert_eq!(truth.with_bytes(0, &one), Status::Invalid);
	assert_eq!(truth.with_bytes(0, &plus(&one, Fq::MODULUS).unwrap()), Status::MalformedProof);
	// The one encoding of infinity, and what is none.
	let infinity = compressed(&G1Affine::identity());
	assert_eq!(truth.with_bytes(0, &infinity), Status::Invalid);
	for (place, bits) in [(0, 1), (31, 1), (31, 1 << 7), (15, 0xff)] {
		let mut wrong = infinity.clone();
		wrong[place] |= bits;
		for from in [0, 96] {
			assert_eq!(truth.with_bytes(from, &wrong), Status::MalformedProof, "{place}, {bits}");
		}
	}
	let infinity = compressed(&G2Affine::identity());
	assert_eq!(truth.with_bytes(32, &infinity), Status::Invalid);
	let mut wrong = infinity.clone();
	wrong[40] = 1;
	assert_eq!(truth.with_bytes(32, &wrong), Status::MalformedProof);
	// The other sign is another point; both flags are no point's.
	for flags in [(31, 1 << 7), (95, 1 << 7), (127, 1 << 7)] {
		let mut other = truth.proof.clone();
		other[flags.0] ^= flags.1;
		assert_eq!(truth.with_proof(&other), Status::Invalid);
		other[flags.0] |= 0xc0;
		assert_eq!(truth.with_proof(&other), Status::MalformedProof);
	}
}

#[test]
fn pitfall_09_a_proof_holds_for_its_inputs_in_their_order_only() {
	let mut truth = Truth::new();
	for place in 0..4 {
		let mut inputs = truth.inputs.clone();
		inputs[place] = input(Fr::rand(&mut truth.rng));
		assert_eq!(truth.with_inputs(&inputs), Status::Invalid, "input {place}");
		let mut inputs = truth.inputs.clone();
		inputs.swap(place, (place + 1) % 4);
		assert_eq!(truth.with_inputs(&inputs), Status::Invalid, "input {place}");
	}
	// Under another key of the same form it holds for nothing.
	let other = Trapdoor::new(4, &mut truth.rng).prepared();
	assert_eq!(truth.ask(&other, &truth.proof, &truth.inputs), Status::Invalid);
}

#[test]
fn pitfall_10_a_point_is_on_the_curve_and_in_the_subgroup() {
	let truth = Truth::new();
	let outside = compressed(&outside_the_subgroup());
	assert_eq!(truth.with_bytes(32, &outside), Status::MalformedProof);
	let is_off = |x: &u64| G1Affine::get_point_from_x_unchecked(Fq::from(*x), false).is_none();
	let off = compressed(&Fq::from((1u64..).find(is_off).unwrap()));
	for from in [0, 96] {
		assert_eq!(truth.with_bytes(from, &off), Status::MalformedProof);
		// No coordinate at all: above the order of the field.
		assert_eq!(truth.with_bytes(from, &[0x3f; 32]), Status::MalformedProof);
	}
	assert_eq!(truth.with_bytes(32, &[0x3f; 64]), Status::MalformedProof);

	// In a key.
	let key = truth.trapdoor.key();
	for from in [32, 96, 160] {
		let mut wrong = key.clone();
		wrong[from..from + 64].copy_from_slice(&outside);
		assert_eq!(prepare_key(&wrong, 4), Err(KeyFault::Malformed));
	}
	for from in [0, 232, 232 + 4 * 32] {
		let mut wrong = key.clone();
		wrong[from..from + 32].copy_from_slice(&off);
		assert_eq!(prepare_key(&wrong, 4), Err(KeyFault::Malformed));
	}
}

/// Each input has a point of its own in the key of a real circuit, and every change of it counts.
#[test]
fn pitfall_11_every_public_input_counts() {
	for bytes in [development::DEVELOPMENT_SMALL, development::DEVELOPMENT_STANDARD] {
		let key = VerifyingKey::<Bn254>::deserialize_compressed(bytes).unwrap();
		assert_eq!(key.gamma_abc_g1.len(), 5);
		assert!(key.gamma_abc_g1.iter().all(|point| !point.is_zero()));
	}
	let truth = Truth::new();
	let bounds = [Fr::from(0u64), Fr::from(1u64), -Fr::from(1u64)];
	for place in 0..4 {
		for value in bounds {
			let mut inputs = truth.inputs.clone();
			inputs[place] = input(value);
			assert_eq!(truth.with_inputs(&inputs), Status::Invalid, "input {place}");
		}
	}
}

const TINY: Shape =
	Shape { width: Width::W32, steps: 4, code: 4, inputs: 16, data: 16, products: 0 };

/// A circuit is a function of its shape: neither a witness nor a setup's randomness can be in it.
#[test]
fn pitfall_12_and_14_a_circuit_depends_on_its_shape_only() {
	let hash = Circuit::new(&TINY).hash();
	let [one, other] = [1, 2].map(|seed| {
		let mut rng = ChaCha20Rng::seed_from_u64(seed);
		generate(&TINY, &mut rng).unwrap()
	});
	assert_ne!(one.verifying_key().unwrap(), other.verifying_key().unwrap());
	assert_eq!(one.circuit().hash(), hash);
	assert_eq!(other.circuit().hash(), hash);
	assert!(one.circuit().rows().matrices == other.circuit().rows().matrices);
	assert_ne!(Circuit::new(&Shape { steps: 5, ..TINY }).hash(), hash);
}

/// A proof is three points and a key nothing but points: there is no place for a commitment.
#[test]
fn pitfall_13_nothing_follows_a_proof_or_a_key() {
	let truth = Truth::new();
	for length in [0, 1, 32, 64, 96, 127, 129, 160, 192, 256] {
		let bytes: Vec<u8> = truth.proof.iter().cycle().take(length).copied().collect();
		assert_eq!(truth.with_proof(&bytes), Status::MalformedProof, "{length} bytes");
	}
	assert_eq!(PROOF_BYTES, 2 * 32 + 64);
	let key = truth.trapdoor.key();
	assert_eq!(key.len(), 32 + 3 * 64 + 8 + 5 * 32);
	for wrong in [&key[..key.len() - 1], &[key.as_slice(), &[0; 32]].concat(), &key[1..], &[]] {
		assert_eq!(prepare_key(wrong, 4), Err(KeyFault::Malformed));
	}
	// A count that is not the number of points that follow.
	let mut wrong = key;
	wrong[231] = 0xff;
	assert_eq!(prepare_key(&wrong, 4), Err(KeyFault::Malformed));
}

#[test]
fn pitfall_15_a_prepared_key_that_nobody_prepared_verifies_nothing() {
	let truth = Truth::new();
	let ask = |key: &[u8]| truth.ask(key, &truth.proof, &truth.inputs);
	let key = &truth.key;
	for wrong in [&key[..key.len() - 1], &key[1..], &[], &[0; 40], &[key.as_slice(), &[0]].concat()]
	{
		assert_eq!(ask(wrong), Status::MalformedKey);
	}
	for bit in (0..8 * key.len()).step_by(101) {
		let mut wrong = key.clone();
		wrong[bit / 8] ^= 1 << (bit % 8);
		assert_ne!(ask(&wrong), Status::Valid, "bit {bit}");
	}
}

#[test]
fn pitfall_15_every_flipped_bit_is_noticed() {
	let truth = Truth::new();
	for bit in (0..8 * PROOF_BYTES).step_by(7) {
		let mut wrong = truth.proof.clone();
		wrong[bit / 8] ^= 1 << (bit % 8);
		let status = truth.with_proof(&wrong);
		assert!(matches!(status, Status::Invalid | Status::MalformedProof), "bit {bit}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]
	/// Whatever comes in, the answer is a status.
	#[test]
	fn pitfall_15_no_bytes_make_the_verifier_panic(
		key in prop::collection::vec(any::<u8>(), 0..500),
		proof in prop::collection::vec(any::<u8>(), 126..130),
		inputs in prop::collection::vec(any::<[u8; 32]>(), 0..6),
		keep in 0usize..392,
		inputs_wanted in 0usize..20,
	) {
		let prepared = prepare_key(development::DEVELOPMENT_SMALL, 4).unwrap();
		prop_assert_ne!(verify(&key, &proof, &inputs), Status::Valid);
		prop_assert_ne!(verify(&prepared, &proof, &inputs), Status::Valid);
		prop_assert!(prepare_key(&key, inputs_wanted).is_err());
		// The head of a good key with anything behind it.
		let mut mixed = development::DEVELOPMENT_SMALL[..keep].to_vec();
		mixed.extend(&key);
		prop_assert!(prepare_key(&mixed, inputs_wanted).is_err());
	}
}

/// Keys that one party could have made are known by their bytes.
#[test]
fn pitfall_16_development_keys_are_known() {
	for (shape, bytes) in
		[(SMALL, development::DEVELOPMENT_SMALL), (STANDARD, development::DEVELOPMENT_STANDARD)]
	{
		assert!(is_development_key(bytes));
		assert_eq!(development::development_key(&shape), Some(bytes));
	}
	// Made again from the public seed they are the same; another setup's key is none of them.
	assert!(is_development_key(&development_keys(&SMALL).unwrap().1 .0));
	let mut rng = ChaCha20Rng::seed_from_u64(7);
	assert!(!is_development_key(&generate(&TINY, &mut rng).unwrap().verifying_key().unwrap().0));
}
