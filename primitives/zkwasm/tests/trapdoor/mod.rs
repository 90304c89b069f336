//! A verifying key whose secret is known, proofs made with the secret, and batches of proofs spoilt in
//! every way that bytes can be. The tests of the verifier and of the host functions share them.
#![allow(dead_code, reason = "every test binary uses a part of it")]

pub(crate) mod spoilt;

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{BigInteger, Field, PrimeField, UniformRand};
use ark_serialize::CanonicalSerialize;
use rand_chacha::ChaCha20Rng;
use woppal_zkwasm::verifier::prepare_key;

/// Where a prepared key's e(α, β), γ and δ begin, and where δ ends.
pub(crate) const KEY_PARTS: [usize; 4] = [16, 400, 528, 656];

/// The secret of a key.
pub(crate) struct Trapdoor {
	alpha: Fr,
	beta: Fr,
	gamma: Fr,
	delta: Fr,
	/// Of the constant and of each public input.
	points: Vec<Fr>,
}

/// A proof, point by point.
#[derive(Clone, Debug)]
pub(crate) struct Points {
	pub(crate) a: G1Affine,
	pub(crate) b: G2Affine,
	pub(crate) c: G1Affine,
}

impl Points {
	pub(crate) fn bytes(&self) -> Vec<u8> {
		[compressed(&self.a), compressed(&self.b), compressed(&self.c)].concat()
	}

	/// Other points that prove the same.
	pub(crate) fn malleated(&self, by: Fr) -> Self {
		let inverse = by.inverse().unwrap();
		let (a, b) = ((self.a * by).into_affine(), (self.b * inverse).into_affine());
		Self { a, b, c: self.c }
	}
}

impl Trapdoor {
	pub(crate) fn new(arity: usize, rng: &mut ChaCha20Rng) -> Self {
		let mut scalar = || Fr::rand(rng);
		let (alpha, beta, gamma, delta) = (scalar(), scalar(), scalar(), scalar());
		Self { alpha, beta, gamma, delta, points: (0..=arity).map(|_| scalar()).collect() }
	}

	pub(crate) fn arity(&self) -> usize {
		self.points.len() - 1
	}

	/// The compressed verifying key.
	pub(crate) fn key(&self) -> Vec<u8> {
		let mut key = compressed(&g1(self.alpha));
		for scalar in [self.beta, self.gamma, self.delta] {
			key.extend(compressed(&(G2Projective::generator() * scalar).into_affine()));
		}
		key.extend((self.points.len() as u64).to_le_bytes());
		self.points.iter().for_each(|scalar| key.extend(compressed(&g1(*scalar))));
		key
	}

	/// The prepared key.
	pub(crate) fn prepared(&self) -> Vec<u8> {
		prepare_key(&self.key(), self.arity()).unwrap()
	}

	/// A proof for these inputs: the C that balances the equation for some A and B.
	pub(crate) fn prove(&self, inputs: &[Fr], rng: &mut ChaCha20Rng) -> Points {
		let (a, b) = (Fr::rand(rng), Fr::rand(rng));
		let values = std::iter::once(Fr::from(1u64)).chain(inputs.iter().copied());
		let sum: Fr = self.points.iter().zip(values).map(|(point, value)| *point * value).sum();
		let rest = a * b - self.alpha * self.beta - sum * self.gamma;
		let c = g1(rest * self.delta.inverse().unwrap());
		Points { a: g1(a), b: (G2Affine::generator() * b).into_affine(), c }
	}
}

pub(crate) fn g1(scalar: Fr) -> G1Affine {
	(G1Projective::generator() * scalar).into_affine()
}

pub(crate) fn compressed(point: &impl CanonicalSerialize) -> Vec<u8> {
	let mut bytes = Vec::new();
	point.serialize_compressed(&mut bytes).unwrap();
	bytes
}

/// A scalar as a public input.
pub(crate) fn input(scalar: Fr) -> [u8; 32] {
	scalar.into_bigint().to_bytes_le().try_into().unwrap()
}

/// A point of the curve over the extension that is outside the subgroup.
pub(crate) fn outside_the_subgroup() -> G2Affine {
	(1u64..)
		.filter_map(|x| G2Affine::get_point_from_x_unchecked(ark_bn254::Fq2::from(x), false))
		.find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
		.unwrap()
}
