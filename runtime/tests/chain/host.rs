//! Verification by the host function, by its fallback in native code, and by the fallback compiled
//! into the WebAssembly blob: the same answers to everything, and the expected ones.

use crate::{
	forgeries::MODULUS,
	import::Blob,
	trapdoor::spoilt::{batches, Batch},
	work::{program, proving_key, MAX_SEGMENTS},
};
use codec::{Decode, Encode};
use sp_io::TestExternalities;
use woppal_host::{
	fallback::{self, INPUT_BYTES, MAX_BATCH, MAX_INPUTS, MAX_KEY_BYTES},
	host::{woppal, Statuses},
};
use woppal_protocol::{
	research::CircuitId,
	traits::{ProofSystem, VerifyStatus},
	H256,
};
use woppal_runtime::proof_system::ZkWasm;
use woppal_zkwasm::{
	commitment,
	prover::prove_run,
	shape::{SMALL, SMALL_MATRIX, SMALL_WIDE, STANDARD, STANDARD_MATRIX, STANDARD_WIDE},
};

/// A question to the verifier and the answers that are right.
struct Case {
	name: String,
	key: Vec<u8>,
	proof: Vec<u8>,
	/// The public inputs one after the other.
	inputs: Vec<u8>,
	right: &'static [VerifyStatus],
}

/// A true statement, and its proof. More cases are made by changing it.
struct Truth {
	key: Vec<u8>,
	proof: Vec<u8>,
	inputs: Vec<[u8; 32]>,
}

impl Truth {
	fn new() -> Self {
		let artifact = [7, 0, 0, 0, 0];
		let seed = [3; 32];
		let mut digest = [5; 32];
		digest[31] = 0;
		let (key, context) = (proving_key(), |_| digest);
		let run = prove_run(key, program(), &artifact, seed, MAX_SEGMENTS, context, |_, _| {});
		let run = run.unwrap();
		let bytes: Vec<u8> = artifact.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
		let root = commitment::artifact_root(&SMALL, &bytes).unwrap();
		let commit = program().commitment();
		let first = commitment::first_root(&commit, &root, &seed).unwrap();
		let last = commitment::last_root(&commit, &root, &seed, &run.final_data, run.end).unwrap();
		assert_eq!(last, run.segments[0].post_root, "the chain's root is the machine's");
		let program = commitment::program_digest(&commit, &SMALL).unwrap();
		Self {
			key: key.prepared().to_vec(),
			proof: run.segments[0].proof.to_vec(),
			inputs: vec![first, last, program, digest],
		}
	}

	fn case(&self, name: impl ToString, right: &'static [VerifyStatus]) -> Case {
		Case {
			name: name.to_string(),
			key: self.key.clone(),
			proof: self.proof.clone(),
			inputs: fallback::concatenate(&self.inputs),
			right,
		}
	}

	fn with_key(&self, name: impl ToString, key: Vec<u8>) -> Case {
		Case { key, ..self.case(name, &[VerifyStatus::MalformedKey]) }
	}

	fn with_proof(&self, name: impl ToString, proof: Vec<u8>) -> Case {
		Case { proof, ..self.case(name, &[VerifyStatus::MalformedProof]) }
	}

	fn with_input(&self, place: usize, input: [u8; 32], right: &'static [VerifyStatus]) -> Case {
		let mut inputs = self.inputs.clone();
		inputs[place] = input;
		let inputs = fallback::concatenate(&inputs);
		Case { inputs, ..self.case(format!("input {place}: {}", hex::encode(input)), right) }
	}

	/// Every case; `step` leaves out changed bytes between.
	fn cases(&self, step: usize) -> Vec<Case> {
		let mut all = vec![self.case("the truth", &[VerifyStatus::Valid])];
		all.extend(self.changed_proofs(step));
		all.extend(self.changed_keys(step));
		all.extend(self.changed_inputs());
		all
	}

	fn changed_proofs(&self, step: usize) -> Vec<Case> {
		let mut all = Vec::new();
		for position in (0..self.proof.len()).step_by(step).chain([31, 63, 95, 127]) {
			for mask in [0x01, 0x80] {
				let mut proof = self.proof.clone();
				proof[position] ^= mask;
				let name = format!("byte {position} of the proof ^ {mask}");
				let right = &[VerifyStatus::Invalid, VerifyStatus::MalformedProof];
				all.push(Case { proof, ..self.case(name, right) });
			}
		}
		for length in [0, 1, 64, 127] {
			all.push(self.with_proof(format!("{length} bytes"), self.proof[..length].to_vec()));
		}
		all.push(self.with_proof("129 bytes", [&self.proof[..], &[0]].concat()));
		for byte in [0x00, 0xff] {
			all.push(self.with_proof("equal bytes", vec![byte; 128]));
		}
		all
	}

	fn changed_keys(&self, step: usize) -> Vec<Case> {
		let mut all = Vec::new();
		for length in [0, 8, 100, self.key.len() - 1] {
			let key = self.key[..length].to_vec();
			all.push(self.with_key(format!("{length} bytes of the key"), key));
		}
		all.push(self.with_key("a key and a byte", [&self.key[..], &[0]].concat()));
		all.push(self.with_key("a long key", vec![0; MAX_KEY_BYTES + 1]));
		for position in (0..self.key.len()).step_by(37 * step) {
			let mut key = self.key.clone();
			key[position] ^= 1;
			let right =
				&[VerifyStatus::Invalid, VerifyStatus::MalformedKey, VerifyStatus::WrongArity];
			all.push(Case { key, ..self.case(format!("byte {position} of the key"), right) });
		}
		all
	}

	fn changed_inputs(&self) -> Vec<Case> {
		let flat = fallback::concatenate(&self.inputs);
		let mut all = Vec::new();
		for count in [0, 1, 2, 3, 5, 6, MAX_INPUTS, MAX_INPUTS + 1] {
			let mut inputs = flat.clone();
			inputs.resize(count * INPUT_BYTES, 0);
			let case = self.case(format!("{count} inputs"), &[VerifyStatus::WrongArity]);
			all.push(Case { inputs, ..case });
		}
		for length in [1, 31, flat.len() - 31, flat.len() - 1, flat.len() + 1] {
			let mut inputs = flat.clone();
			inputs.resize(length, 0);
			let name = format!("{length} bytes of inputs");
			all.push(Case { inputs, ..self.case(name, &[VerifyStatus::MalformedInput]) });
		}
		for (place, input) in self.inputs.iter().enumerate() {
			let mut changed = *input;
			changed[0] ^= 1;
			all.push(self.with_input(place, changed, &[VerifyStatus::Invalid]));
			// The same number modulo r in other bytes is no second way to say it.
			let sum = plus_modulus(input).expect("r is below 2^254");
			for wrong in [MODULUS, [0xff; 32], sum] {
				all.push(self.with_input(place, wrong, &[VerifyStatus::MalformedInput]));
			}
		}
		all
	}
}

/// `input + r`, if 32 bytes hold it.
fn plus_modulus(input: &[u8; 32]) -> Option<[u8; 32]> {
	let mut carry = 0u16;
	let mut sum = [0; 32];
	for ((byte, a), b) in sum.iter_mut().zip(input).zip(MODULUS) {
		let total = u16::from(*a) + u16::from(b) + carry;
		*byte = total.to_le_bytes()[0];
		carry = total >> 8;
	}
	(carry == 0).then_some(sum)
}

/// Public inputs as the runtime has them, if they are whole.
fn whole(inputs: &[u8]) -> Option<Vec<H256>> {
	let (whole, rest) = inputs.as_chunks::<INPUT_BYTES>();
	rest.is_empty().then(|| whole.iter().map(|input| H256(*input)).collect())
}

#[test]
fn host_function_and_fallback_agree() {
	for Case { name, key, proof, inputs, right } in Truth::new().cases(1) {
		let host = woppal::groth16_bn254_verify(&key, &proof, &inputs);
		assert_eq!(host, fallback::groth16_bn254_verify(&key, &proof, &inputs), "{name}");
		let status = VerifyStatus::from_code(host);
		assert_eq!(status as u32, host, "{name}: the code is known");
		assert!(right.contains(&status), "{name}: {status:?}");
		if let Some(inputs) = whole(&inputs) {
			assert_eq!(ZkWasm::verify(&key, &proof, &inputs), status, "{name}");
		}
	}
}

#[test]
fn host_function_and_fallback_in_the_blob_agree() {
	let Some(blob) = Blob::get() else { return };
	let mut ext = TestExternalities::new_empty();
	for Case { name, key, proof, inputs, right } in Truth::new().cases(9) {
		let Some(whole) = whole(&inputs) else { continue };
		let host = woppal::groth16_bn254_verify(&key, &proof, &inputs);
		let question = (key, proof, whole).encode();
		let answer = blob.call(&mut ext, "WoppalApi_verify_without_host", &question).unwrap();
		assert_eq!(u32::decode(&mut &answer[..]), Ok(host), "{name}");
		assert!(right.contains(&VerifyStatus::from_code(host)), "{name}");
	}
}

/// What the host function says of a batch; nothing may be written where there is no proof.
fn batch_by_host(key: &[u8], batch: &[u8], count: usize) -> Option<Vec<u8>> {
	let mut statuses = Statuses::default();
	let answer = woppal::groth16_bn254_verify_batch(key, batch, &mut statuses);
	let (written, rest) = statuses.as_ref().split_at(if answer == 1 { count } else { 0 });
	assert!(answer <= 1 && rest.iter().all(|code| *code == Statuses::NONE));
	(answer == 1).then(|| written.to_vec())
}

/// Single checks, batches by the host function, by the fallback and by the fallback in the blob: more
/// than a thousand proofs, many of them spoilt.
#[test]
fn batches_and_single_checks_agree_wherever_they_run() {
	let blob = Blob::get();
	let mut ext = TestExternalities::new_empty();
	let mut seen = [0; 6];
	for (number, Batch { key, proofs, .. }) in batches(2).take(96).enumerate() {
		let alone: Vec<u8> = proofs
			.iter()
			.map(|(proof, inputs)| fallback::groth16_bn254_verify(&key, proof, inputs) as u8)
			.collect();
		alone.iter().for_each(|code| seen[usize::from(*code)] += 1);
		let expected = (proofs.len() <= MAX_BATCH).then(|| alone.clone());
		let batch = fallback::encode_batch(&proofs);
		assert_eq!(batch_by_host(&key, &batch, proofs.len()), expected, "batch {number}");
		let codes = |statuses: Vec<_>| statuses.into_iter().map(|status| status as u8).collect();
		let here: Option<Vec<u8>> = fallback::groth16_bn254_verify_batch(&key, &batch).map(codes);
		assert_eq!(here, expected, "batch {number}");
		if let Some(blob) = &blob {
			let question = (&key, &batch).encode();
			let answer = blob.call(&mut ext, "WoppalApi_verify_batch_without_host", &question);
			assert_eq!(Option::decode(&mut &answer.unwrap()[..]), Ok(expected), "batch {number}");
		}
		let inputs: Option<Vec<_>> = proofs.iter().map(|(_, inputs)| whole(inputs)).collect();
		if let Some(inputs) = inputs {
			let proofs: Vec<(&[u8], &[H256])> = proofs
				.iter()
				.zip(&inputs)
				.map(|((p, _), i)| (p.as_slice(), i.as_slice()))
				.collect();
			let all: Vec<u8> =
				ZkWasm::verify_all(&key, &proofs).into_iter().map(|status| status as u8).collect();
			assert_eq!(all, alone, "batch {number}");
		}
	}
	assert!(seen.iter().sum::<u32>() > 1_000 && seen.iter().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn what_is_no_batch_is_refused() {
	let Truth { key, proof, inputs } = Truth::new();
	let truth = (proof, fallback::concatenate(&inputs));
	let batch = fallback::encode_batch(&vec![truth.clone(); 2]);
	assert_eq!(batch_by_host(&key, &batch, 2), Some(vec![0, 0]));
	assert_eq!(batch_by_host(&key, &[0], 0), Some(vec![]));
	for length in (0..batch.len()).step_by(11) {
		assert_eq!(batch_by_host(&key, &batch[..length], 2), None, "{length} bytes");
	}
	assert_eq!(batch_by_host(&key, &[&batch[..], &[0]].concat(), 2), None);
	// Claims of more than is there, a length in more bytes than it takes, more than 32 bits.
	for head in [&[4 * 3][..], &[0xfe, 0xff, 0xff, 0xff], &[9, 0], &[0x13, 1, 1, 1, 1, 1, 1, 1]] {
		assert_eq!(batch_by_host(&key, &[head, &batch[1..]].concat(), 2), None, "{head:?}");
	}
	let most = fallback::encode_batch(&vec![truth.clone(); MAX_BATCH]);
	assert_eq!(batch_by_host(&key, &most, MAX_BATCH), Some(vec![0; MAX_BATCH]));
	let more = fallback::encode_batch(&vec![truth; MAX_BATCH + 1]);
	assert_eq!(batch_by_host(&key, &more, 0), None);
}

#[test]
fn artifact_roots_agree() {
	for (circuit, number, shape) in [
		(CircuitId::Small, 0u8, SMALL),
		(CircuitId::Standard, 1, STANDARD),
		(CircuitId::SmallWide, 2, SMALL_WIDE),
		(CircuitId::StandardWide, 3, STANDARD_WIDE),
		(CircuitId::SmallMatrix, 4, SMALL_MATRIX),
		(CircuitId::StandardMatrix, 5, STANDARD_MATRIX),
	] {
		let most = shape.artifact_words() as usize * 4;
		for length in [0, 1, 3, 4, 20, most - 4, most, most + 4, 8 * 1024, 8 * 1024 + 4] {
			let artifact: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
			let mut root = [0xee; 32];
			let found = woppal::artifact_root(u32::from(number), &artifact, &mut root);
			let expected = fallback::artifact_root(number, &artifact);
			assert_eq!(found, u32::from(expected.is_some()), "{length} bytes");
			assert_eq!(root, expected.unwrap_or([0xee; 32]), "{length} bytes");
			assert_eq!(expected.is_some(), length % 4 == 0 && length <= most, "{length} bytes");
			assert_eq!(ZkWasm::artifact_root(circuit, &artifact), expected.map(H256));
		}
	}
	for unknown in [6, 255, 256, u32::MAX] {
		let mut root = [0; 32];
		assert_eq!(woppal::artifact_root(unknown, &[0; 4], &mut root), 0);
	}
}
