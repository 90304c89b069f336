//! The functions themselves, with the bounds that hold for both ways of calling them.

use alloc::vec::Vec;
use woppal_zkwasm::{
	commitment,
	shape::by_id,
	verifier::{self, Status},
};

/// Most bytes of a prepared key; a segment circuit's has about two thousand.
pub const MAX_KEY_BYTES: usize = 16 * 1024;
/// Most public inputs.
pub const MAX_INPUTS: usize = 16;
/// Most bytes of an artifact.
pub const MAX_ARTIFACT_BYTES: usize = 8 * 1024;
/// Bytes of a public input.
pub const INPUT_BYTES: usize = 32;

/// Verifies a Groth16 proof on BN254.
///
/// `key`: prepared, as `prepare_key` made it. `proof`: compressed. `inputs`: the public inputs one
/// after the other, 32 bytes each, little-endian and below the scalar modulus. Returns a status
/// code (0 valid, 1 invalid, 2 malformed key, 3 malformed proof, 4 malformed input, 5 wrong number of
/// inputs).
pub fn groth16_bn254_verify(key: &[u8], proof: &[u8], inputs: &[u8]) -> u32 {
	if key.len() > MAX_KEY_BYTES {
		return Status::MalformedKey as u32;
	}
	if proof.len() != verifier::PROOF_BYTES {
		return Status::MalformedProof as u32;
	}
	let (inputs, rest) = inputs.as_chunks::<INPUT_BYTES>();
	if !rest.is_empty() {
		return Status::MalformedInput as u32;
	}
	if inputs.len() > MAX_INPUTS {
		return Status::WrongArity as u32;
	}
	verifier::verify(key, proof, inputs) as u32
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
