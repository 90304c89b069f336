//! One contribution: what it says, how it is proven, what it does to the key.

use super::{CeremonyError, RawKey};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, PrimeField, UniformRand, Zero};
use ark_serialize::CanonicalSerialize;
use blake2::{
	digest::consts::{U32, U64},
	Blake2b, Digest,
};
use rand_chacha::rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;
use zeroize::Zeroizing;

/// Bytes of a contributor's name.
pub const MAX_NAME: usize = 64;
/// Bytes of a beacon's public value.
pub const MAX_RANDOMNESS: usize = 255;
/// Logarithm of a beacon's iterations: some minutes, which every verifier spends too.
pub const MAX_LOG_ITERATIONS: u8 = 30;

/// What gamma and delta are multiplied by.
pub(super) type Factors = Zeroizing<[Fr; 2]>;

/// One party's contribution, or the beacon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
	/// Who says to have made it; a label.
	pub name: String,
	/// Where its factors come from.
	pub origin: Origin,
	/// Gamma and delta after it.
	pub(super) elements: [G2Affine; 2],
}

/// Where a contribution's factors come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "a ceremony has few contributions")]
pub enum Origin {
	/// From a party's secret, which it proves to know.
	Secret(Knowledge),
	/// From a public value.
	Beacon {
		/// The value.
		randomness: Vec<u8>,
		/// Logarithm of how often its hash was hashed.
		log_iterations: u8,
	},
}

/// Proof of knowledge of both factors (Schnorr, in G2, one challenge).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knowledge {
	/// The bases times the nonces.
	pub(super) commitments: [G2Affine; 2],
	/// Nonces plus challenge times factors.
	pub(super) responses: [Fr; 2],
}

impl Contribution {
	/// Whether this is the beacon.
	pub const fn is_beacon(&self) -> bool {
		matches!(self.origin, Origin::Beacon { .. })
	}

	/// The contribution's bytes: kind, name, gamma, delta, then the proof or the beacon's value.
	/// Points are compressed, scalars canonical, both little endian.
	pub(super) fn encode(&self) -> Vec<u8> {
		let mut out = statement(self.is_beacon(), &self.name, &self.elements);
		match &self.origin {
			Origin::Secret(Knowledge { commitments, responses }) => {
				put(&mut out, commitments);
				put(&mut out, responses);
			},
			Origin::Beacon { randomness, log_iterations } => {
				out.push(*log_iterations);
				out.push(randomness.len() as u8);
				out.extend_from_slice(randomness);
			},
		}
		out
	}

	/// Hash of the transcript after this contribution, from the one before it.
	pub(super) fn next_hash(&self, transcript: &[u8; 32]) -> [u8; 32] {
		Blake2b::<U32>::new()
			.chain_update(b"woppal ceremony contribution")
			.chain_update(transcript)
			.chain_update(self.encode())
			.finalize()
			.into()
	}

	/// Checks that this contribution follows the elements before it.
	pub(super) fn follows(
		&self,
		previous: &[G2Affine; 2],
		transcript: &[u8; 32],
		index: usize,
	) -> Result<(), CeremonyError> {
		let idle = |(new, old): (&G2Affine, &G2Affine)| new.is_zero() || new == old;
		if self.elements.iter().zip(previous).any(idle) {
			return Err(CeremonyError::Idle { index });
		}
		let holds = match &self.origin {
			Origin::Secret(knowledge) => {
				let said = statement(false, &self.name, &self.elements);
				let challenge = challenge(transcript, &said, &knowledge.commitments);
				(0..2).all(|i| {
					previous[i] * knowledge.responses[i]
						== knowledge.commitments[i] + self.elements[i] * challenge
				})
			},
			Origin::Beacon { randomness, log_iterations } => {
				let factors = beacon_factors(transcript, randomness, *log_iterations);
				(0..2).all(|i| (previous[i] * factors[i]).into_affine() == self.elements[i])
			},
		};
		if holds {
			Ok(())
		} else {
			Err(CeremonyError::Unproven { index })
		}
	}
}

/// What a contribution says, without its proof.
fn statement(beacon: bool, name: &str, elements: &[G2Affine; 2]) -> Vec<u8> {
	let mut out = vec![u8::from(beacon), name.len() as u8];
	out.extend_from_slice(name.as_bytes());
	put(&mut out, elements);
	out
}

fn put<T: CanonicalSerialize>(out: &mut Vec<u8>, values: &[T; 2]) {
	for value in values {
		value
			.serialize_compressed(&mut *out)
			.unwrap_or_else(|_| unreachable!("a vector takes all bytes"));
	}
}

fn challenge(transcript: &[u8; 32], statement: &[u8], commitments: &[G2Affine; 2]) -> Fr {
	let mut points = Vec::new();
	put(&mut points, commitments);
	let hash = Blake2b::<U64>::new()
		.chain_update(b"woppal ceremony proof of knowledge")
		.chain_update(transcript)
		.chain_update(statement)
		.chain_update(points)
		.finalize();
	Fr::from_le_bytes_mod_order(&hash)
}

/// A beacon's factors: the value's hash, bound to the transcript and hashed 2^`log_iterations` times
/// more, gives both.
fn beacon_factors(transcript: &[u8; 32], randomness: &[u8], log_iterations: u8) -> [Fr; 2] {
	let mut hash = Blake2b::<U32>::new()
		.chain_update(b"woppal ceremony beacon")
		.chain_update(transcript)
		.chain_update(randomness)
		.finalize();
	for _ in 0..1u64 << log_iterations.min(MAX_LOG_ITERATIONS) {
		hash = Blake2b::<U32>::digest(hash);
	}
	[b"gamma", b"delta"].map(|label| {
		let wide = Blake2b::<U64>::new().chain_update(label).chain_update(hash).finalize();
		Fr::from_le_bytes_mod_order(&wide)
	})
}

/// Whether a name keeps its bound.
pub(super) fn check_name(name: &str) -> Result<(), CeremonyError> {
	(name.len() <= MAX_NAME).then_some(()).ok_or(CeremonyError::OutOfBounds)
}

/// A factor that changes something.
fn draw<R: RngCore + CryptoRng>(rng: &mut R) -> Fr {
	loop {
		let factor = Fr::rand(rng);
		if !factor.is_zero() && factor != Fr::ONE {
			return factor;
		}
	}
}

fn multiplied(elements: &[G2Affine; 2], factors: &[Fr; 2]) -> [G2Affine; 2] {
	[0, 1].map(|i| (elements[i] * factors[i]).into_affine())
}

/// A contribution of fresh secrets, with its proof.
pub(super) fn with_secrets<R: RngCore + CryptoRng>(
	name: &str,
	previous: &[G2Affine; 2],
	transcript: &[u8; 32],
	rng: &mut R,
) -> (Contribution, Factors) {
	let factors = Zeroizing::new([draw(rng), draw(rng)]);
	let nonces = Zeroizing::new([draw(rng), draw(rng)]);
	let elements = multiplied(previous, &factors);
	let knowledge = prove(name, previous, &elements, transcript, &factors, &nonces);
	let contribution =
		Contribution { name: name.to_owned(), origin: Origin::Secret(knowledge), elements };
	(contribution, factors)
}

/// Proves knowledge of the factors between the elements.
pub(super) fn prove(
	name: &str,
	previous: &[G2Affine; 2],
	elements: &[G2Affine; 2],
	transcript: &[u8; 32],
	factors: &[Fr; 2],
	nonces: &[Fr; 2],
) -> Knowledge {
	let commitments = multiplied(previous, nonces);
	let challenge = challenge(transcript, &statement(false, name, elements), &commitments);
	let responses = [0, 1].map(|i| nonces[i] + challenge * factors[i]);
	Knowledge { commitments, responses }
}

/// The contribution of a public value.
pub(super) fn with_beacon(
	name: &str,
	previous: &[G2Affine; 2],
	transcript: &[u8; 32],
	randomness: &[u8],
	log_iterations: u8,
	index: usize,
) -> Result<(Contribution, Factors), CeremonyError> {
	check_name(name)?;
	if randomness.len() > MAX_RANDOMNESS || log_iterations > MAX_LOG_ITERATIONS {
		return Err(CeremonyError::OutOfBounds);
	}
	let factors = Zeroizing::new(beacon_factors(transcript, randomness, log_iterations));
	let elements = multiplied(previous, &factors);
	if elements.iter().zip(previous).any(|(new, old)| new.is_zero() || new == old) {
		return Err(CeremonyError::Idle { index });
	}
	let origin = Origin::Beacon { randomness: randomness.to_vec(), log_iterations };
	Ok((Contribution { name: name.to_owned(), origin, elements }, factors))
}

/// Multiplies gamma and delta of a key, and divides what must fall with them: the input points by
/// gamma's factor, the queries h and l by delta's.
pub(super) fn scale(key: &mut RawKey, factors: &[Fr; 2]) {
	let [gamma, delta] = factors;
	[key.vk.gamma_g2, key.vk.delta_g2] = multiplied(&[key.vk.gamma_g2, key.vk.delta_g2], factors);
	key.delta_g1 = (key.delta_g1 * delta).into_affine();
	let inverse = |factor: &Fr| Zeroizing::new(factor.inverse().unwrap_or_default());
	let (by_gamma, by_delta) = (inverse(gamma), inverse(delta));
	key.vk.gamma_abc_g1 = times(&key.vk.gamma_abc_g1, &by_gamma);
	key.h_query = times(&key.h_query, &by_delta);
	key.l_query = times(&key.l_query, &by_delta);
}

fn times(points: &[G1Affine], factor: &Fr) -> Vec<G1Affine> {
	let scaled: Vec<G1Projective> = points.par_iter().map(|point| *point * factor).collect();
	G1Projective::normalize_batch(&scaled)
}
