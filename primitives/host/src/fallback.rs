//! The functions themselves, with the bounds that hold for both ways of calling them.

use alloc::vec::Vec;
use codec::{Compact, Decode, Encode};
use woppal_zkwasm::{
	commitment,
	shape::by_id,
	verifier::{self, Entry, Status},
};

/// Most bytes of a prepared key; a segment circuit's has about two thousand.
pub const MAX_KEY_BYTES: usize = 16 * 1024;
/// Most public inputs.
pub const MAX_INPUTS: usize = 16;
/// Most bytes of an artifact.
pub const MAX_ARTIFACT_BYTES: usize = 8 * 1024;
/// Bytes of a public input.
pub const INPUT_BYTES: usize = 32;
/// Most proofs of a batch.
pub const MAX_BATCH: usize = 64;

/// Verifies a Groth16 proof on BN254.
///
/// `key`: prepared, as `prepare_key` made it. `proof`: compressed. `inputs`: the public inputs one
/// after the other, 32 bytes each, little-endian and below the scalar modulus. Returns a status
/// code (0 valid, 1 invalid, 2 malformed key, 3 malformed proof, 4 malformed input, 5 wrong number of
/// inputs).
pub fn groth16_bn254_verify(key: &[u8], proof: &[u8], inputs: &[u8]) -> u32 {
	let status = match entry(key, proof, inputs) {
		Ok(entry) => verifier::verify(key, entry.proof, entry.inputs),
		Err(status) => status,
	};
	status as u32
}

/// What can be said about a proof without arithmetic.
fn entry<'a>(key: &[u8], proof: &'a [u8], inputs: &'a [u8]) -> Result<Entry<'a>, Status> {
	if key.len() > MAX_KEY_BYTES {
		return Err(Status::MalformedKey);
	}
	if proof.len() != verifier::PROOF_BYTES {
		return Err(Status::MalformedProof);
	}
	let (inputs, rest) = inputs.as_chunks::<INPUT_BYTES>();
	if !rest.is_empty() {
		return Err(Status::MalformedInput);
	}
	if inputs.len() > MAX_INPUTS {
		return Err(Status::WrongArity);
	}
	Ok(Entry { proof, inputs })
}

/// Verifies several proofs under one key: for each the status that [`groth16_bn254_verify`] gives for
/// it alone, in order.
///
/// `batch`: what [`encode_batch`] makes. `None` if it is anything else, or has more than [`MAX_BATCH`]
/// proofs.
pub fn groth16_bn254_verify_batch(key: &[u8], batch: &[u8]) -> Option<Vec<Status>> {
	let read: Vec<Result<Entry<'_>, Status>> =
		decode_batch(batch)?.into_iter().map(|(proof, inputs)| entry(key, proof, inputs)).collect();
	let entries: Vec<Entry<'_>> = read.iter().filter_map(|entry| entry.ok()).collect();
	let mut verified = verifier::verify_batch(key, &entries).into_iter();
	read.into_iter().map(|entry| entry.map_or_else(Some, |_| verified.next())).collect()
}

/// A batch as [`groth16_bn254_verify_batch`] takes it: the SCALE encoding of a list of pairs of byte
/// strings, each proof with its public inputs one after the other.
pub fn encode_batch<P: AsRef<[u8]>, I: AsRef<[u8]>>(proofs: &[(P, I)]) -> Vec<u8> {
	let pairs: Vec<(&[u8], &[u8])> =
		proofs.iter().map(|(proof, inputs)| (proof.as_ref(), inputs.as_ref())).collect();
	pairs.encode()
}

/// The pairs of a batch, where they are. The count is held against the bound before it is used.
fn decode_batch(batch: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
	let mut rest = batch;
	let count = length(&mut rest).filter(|count| *count <= MAX_BATCH)?;
	let pairs = (0..count)
		.map(|_| Some((bytes(&mut rest)?, bytes(&mut rest)?)))
		.collect::<Option<Vec<_>>>()?;
	rest.is_empty().then_some(pairs)
}

fn length(rest: &mut &[u8]) -> Option<usize> {
	let Compact(length) = Compact::<u32>::decode(rest).ok()?;
	usize::try_from(length).ok()
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
	let length = length(rest)?;
	let (bytes, tail) = rest.split_at_checked(length)?;
	*rest = tail;
	Some(bytes)
}

/// The Poseidon root of an artifact under a circuit's shape; `None` if there is no such circuit, or
/// the artifact isn't whole words or doesn't fit.
pub fn artifact_root(circuit: u8, artifact: &[u8]) -> Option<commitment::Root> {
	if artifact.len() > MAX_ARTIFACT_BYTES {
		return None;
	}
	commitment::artifact_root(&by_id(circuit)?, artifact)
}

/// Public inputs one after the other, as [`groth16_bn254_verify`] takes them.
pub fn concatenate<'a>(inputs: impl IntoIterator<Item = &'a [u8; INPUT_BYTES]>) -> Vec<u8> {
	inputs.into_iter().flatten().copied().collect()
}
