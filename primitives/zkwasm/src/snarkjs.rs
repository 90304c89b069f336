//! Keys, public inputs and proofs as JSON files of snarkjs, so that anybody can check a proof with code
//! that shares nothing with ours: `snarkjs groth16 verify verification_key.json public.json proof.json`.
//!
//! Numbers are decimal strings, points have projective coordinates, and an element of the extension
//! field is `[c0, c1]`. The format has no specification but snarkjs itself (version 0.7).

use crate::verifier::{self, PROOF_BYTES};
use ark_bn254::{Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use std::fmt::Display;

/// Why something cannot be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
	/// The verifying key cannot be read.
	#[error("this is not a compressed Groth16 verifying key of BN254")]
	Key,
	/// The proof cannot be read.
	#[error("this is not a compressed Groth16 proof of BN254 ({PROOF_BYTES} bytes)")]
	Proof,
	/// A public input is not below the order of the scalar field.
	#[error("public input {index} is not a canonical scalar")]
	Input {
		/// Its place, from 0.
		index: usize,
	},
}

/// `verification_key.json`, of a verifying key in arkworks' canonical compressed form.
///
/// # Errors
/// [`ExportError::Key`].
pub fn verification_key(key: &[u8]) -> Result<String, ExportError> {
	let key = verifier::read_key(key).map_err(|_| ExportError::Key)?;
	let points = list(key.gamma_abc_g1.iter().map(g1));
	Ok(object(&[
		("protocol", quoted("groth16")),
		("curve", quoted("bn128")),
		("nPublic", key.gamma_abc_g1.len().saturating_sub(1).to_string()),
		("vk_alpha_1", g1(&key.alpha_g1)),
		("vk_beta_2", g2(&key.beta_g2)),
		("vk_gamma_2", g2(&key.gamma_g2)),
		("vk_delta_2", g2(&key.delta_g2)),
		("IC", points),
	]))
}

/// `proof.json`, of a compressed proof.
///
/// # Errors
/// [`ExportError::Proof`].
pub fn proof(proof: &[u8]) -> Result<String, ExportError> {
	let (a, b, c) = verifier::read_proof(proof).ok_or(ExportError::Proof)?;
	Ok(object(&[
		("pi_a", g1(&a)),
		("pi_b", g2(&b)),
		("pi_c", g1(&c)),
		("protocol", quoted("groth16")),
		("curve", quoted("bn128")),
	]))
}

/// `public.json`, of public inputs as the verifier takes them: canonical little-endian scalars.
///
/// # Errors
/// [`ExportError::Input`].
pub fn public_inputs(inputs: &[[u8; 32]]) -> Result<String, ExportError> {
	let read = |(index, input)| verifier::scalar(input).ok_or(ExportError::Input { index });
	let values = inputs.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
	Ok(format!("{}\n", list(values.iter().map(quoted))))
}

fn quoted(value: impl Display) -> String {
	format!("\"{value}\"")
}

fn list(items: impl Iterator<Item = String>) -> String {
	format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn object(fields: &[(&str, String)]) -> String {
	let fields: Vec<String> =
		fields.iter().map(|(name, value)| format!(" \"{name}\": {value}")).collect();
	format!("{{\n{}\n}}\n", fields.join(",\n"))
}

/// Projective coordinates; the identity is (0, 1, 0).
fn g1(point: &G1Affine) -> String {
	let coordinates = match point.xy() {
		Some((x, y)) => [quoted(x), quoted(y), quoted(1)],
		None => [0, 1, 0].map(quoted),
	};
	list(coordinates.into_iter())
}

/// As [`g1`], over the extension.
fn g2(point: &G2Affine) -> String {
	let element = |value: Fq2| list([quoted(value.c0), quoted(value.c1)].into_iter());
	let [zero, one] = [0u64, 1].map(|n| element(Fq2::from(n)));
	let coordinates = match point.xy() {
		Some((x, y)) => [element(x), element(y), one],
		None => [zero.clone(), one, zero],
	};
	list(coordinates.into_iter())
}
