//! A verifying key whose secret is known, and proofs made with the secret instead of a witness. They
//! cost the verifier exactly what any other proof costs, and no prover is needed to measure it.

use alloc::vec::Vec;
use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{Field, PrimeField};
use ark_serialize::CanonicalSerialize;
use codec::Encode;
use sp_io::hashing::blake2_256;
use woppal_protocol::{statement::PUBLIC_INPUTS, H256};

/// A scalar that nothing else in the key has.
fn scalar(name: &str, index: u32) -> Fr {
	Fr::from_le_bytes_mod_order(&blake2_256(&("woppal/benchmark", name, index).encode()))
}

fn g1(factor: Fr) -> impl CanonicalSerialize {
	(G1Projective::generator() * factor).into_affine()
}

fn g2(factor: Fr) -> impl CanonicalSerialize {
	(G2Projective::generator() * factor).into_affine()
}

fn put(bytes: &mut Vec<u8>, point: impl CanonicalSerialize) {
	point.serialize_compressed(bytes).expect("a vector takes all that is written to it");
}

/// The points of the constant and of the public inputs.
fn inputs() -> impl Iterator<Item = Fr> {
	(0u32..).map(|index| scalar("input", index)).take(PUBLIC_INPUTS + 1)
}

/// The compressed verifying key.
pub(super) fn verifying_key() -> Vec<u8> {
	let mut key = Vec::new();
	put(&mut key, g1(scalar("alpha", 0)));
	for name in ["beta", "gamma", "delta"] {
		put(&mut key, g2(scalar(name, 0)));
	}
	let points: Vec<_> =
		inputs().map(|factor| (G1Projective::generator() * factor).into_affine()).collect();
	put(&mut key, points);
	key
}

/// A proof that holds for these public inputs: for A = r·G and B = s·H, the C that balances
/// e(A, B) = e(α, β) · e(Σ xᵢ·Kᵢ, γ) · e(C, δ).
pub(super) fn proof(public: &[H256; PUBLIC_INPUTS]) -> Vec<u8> {
	let (r, s) = (scalar("r", 0), scalar("s", 0));
	let values = core::iter::once(Fr::from(1u32))
		.chain(public.iter().map(|input| Fr::from_le_bytes_mod_order(&input.0)));
	let sum: Fr = inputs().zip(values).map(|(factor, value)| factor * value).sum();
	let rest = r * s - scalar("alpha", 0) * scalar("beta", 0) - sum * scalar("gamma", 0);
	let c = rest * scalar("delta", 0).inverse().expect("delta is not zero");
	let mut proof = Vec::new();
	put(&mut proof, g1(r));
	put(&mut proof, g2(s));
	put(&mut proof, g1(c));
	proof
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::proof_system::ZkWasm;
	use woppal_protocol::{
		research::CircuitId,
		traits::{ProofSystem, VerifyStatus},
	};

	#[test]
	fn the_key_is_sound_and_its_proofs_hold() {
		let key = ZkWasm::prepare_key(CircuitId::Standard, &verifying_key()).unwrap();
		let inputs = [1u64, 2, 3, 4].map(|n| {
			let mut bytes = [0; 32];
			bytes[..8].copy_from_slice(&n.to_le_bytes());
			H256(bytes)
		});
		let proof = proof(&inputs);
		assert_eq!(ZkWasm::verify(&key, &proof, &inputs), VerifyStatus::Valid);
		let others = [inputs[1], inputs[0], inputs[2], inputs[3]];
		assert_eq!(ZkWasm::verify(&key, &proof, &others), VerifyStatus::Invalid);
	}
}
