//! Several proofs under one key, checked together.
//!
//! Each proof's pairing equation is raised to a random power and all are multiplied: n + 2 Miller loops
//! and one final exponentiation instead of 3·n and n. In groups of prime order r a product that holds
//! although one of its equations doesn't has a chance of 2^-128 per choice of the powers (Zcash
//! protocol specification, appendix B.2). The powers are drawn by a hash of the key and of every proof
//! and input in the batch, so that nobody can choose a proof to fit them.

use super::{with_decoded, Decoded, Entry, Parsed, Status};
use alloc::{vec, vec::Vec};
use ark_bn254::{g1::Config as G1Config, Bn254, Fr, G1Affine, G1Projective};
use ark_ec::{pairing::Pairing, scalar_mul::glv::GLVConfig, AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Zero};
use blake2::{digest::consts::U32, Blake2b, Digest};

/// Most proofs that are combined in one equation; also the most that the host function takes.
pub const MAX_BATCH: usize = 64;

/// Keeps the powers apart from every other use of the hash.
const DOMAIN: &[u8] = b"woppal/zkwasm/groth16-batch/1";

/// A random power: a + b·λ, where multiplying a point by λ is one multiplication of its x. No two of
/// the 2^128 pairs are the same scalar: the shortest vector of the lattice of those that vanish is
/// longer than 2^126.
#[derive(Clone, Copy)]
struct Power {
	a: u64,
	b: u64,
}

impl Power {
	fn scalar(self) -> Fr {
		Fr::from(self.a) + Fr::from(self.b) * G1Config::LAMBDA
	}

	/// Which of P, λ·P and their sum bit `bit` adds: 0 is none of them.
	fn digit(self, bit: u32) -> usize {
		usize::from(self.a >> bit & 1 == 1) | usize::from(self.b >> bit & 1 == 1) << 1
	}
}

/// P, λ·P and (1 + λ)·P = −λ²·P, for a point other than the identity.
fn multiples(point: &G1Affine) -> [G1Affine; 3] {
	let once = G1Config::endomorphism_affine(point);
	[*point, once, -G1Config::endomorphism_affine(&once)]
}

/// Σ powerᵢ·Pᵢ in one chain of doublings.
fn sum_of_multiples(points: &[(G1Affine, Power)]) -> G1Projective {
	let tables: Vec<([G1Affine; 3], Power)> = points
		.iter()
		.filter(|(point, _)| !point.is_zero())
		.map(|(point, power)| (multiples(point), *power))
		.collect();
	let mut sum = G1Projective::zero();
	for bit in (0..u64::BITS).rev() {
		sum.double_in_place();
		for (table, power) in &tables {
			let addend = power.digit(bit).checked_sub(1).and_then(|place| table.get(place));
			if let Some(point) = addend {
				sum += point;
			}
		}
	}
	sum
}

/// The powers of these proofs: one hash of all that is in the batch, then one of that for each.
fn powers(prepared: &[u8], entries: &[Entry<'_>]) -> Vec<Power> {
	let mut hash = Blake2b::<U32>::new();
	hash.update(DOMAIN);
	for length in [prepared.len(), entries.len()] {
		hash.update((length as u64).to_le_bytes());
	}
	hash.update(prepared);
	// Every proof has the same length here, and as many inputs as the key says.
	for entry in entries {
		hash.update(entry.proof);
		entry.inputs.iter().for_each(|input| hash.update(input));
	}
	let seed = hash.finalize();
	(0u64..)
		.take(entries.len())
		.map(|index| {
			let hash = Blake2b::<U32>::new().chain_update(seed).chain_update(index.to_le_bytes());
			let hash = hash.finalize();
			let word = |from: usize| {
				hash.iter().skip(from).take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
			};
			Power { a: word(0), b: word(8) }
		})
		.collect()
}

/// Whether the combined equation holds.
fn holds(key: &Decoded, proofs: &[&Parsed], powers: &[Power]) -> bool {
	let scalars: Vec<Fr> = powers.iter().map(|power| power.scalar()).collect();
	let total: Fr = scalars.iter().sum();
	let mut inputs = vec![Fr::zero(); key.arity];
	for (proof, scalar) in proofs.iter().zip(&scalars) {
		for (sum, input) in inputs.iter_mut().zip(&proof.inputs) {
			*sum += *input * scalar;
		}
	}
	let with_powers = |pick: fn(&Parsed) -> G1Affine| -> Vec<(G1Affine, Power)> {
		proofs.iter().zip(powers).map(|(proof, power)| (pick(proof), *power)).collect()
	};
	let mut g1: Vec<G1Projective> =
		with_powers(|proof| proof.a).chunks(1).map(sum_of_multiples).collect();
	g1.push(key.combine(&inputs) + key.constant * total);
	g1.push(sum_of_multiples(&with_powers(|proof| proof.c)));
	let g2 = proofs
		.iter()
		.map(|proof| proof.b.into())
		.chain([key.gamma_neg.prepared.clone(), key.delta_neg.prepared.clone()]);
	let product = Bn254::multi_miller_loop(G1Projective::normalize_batch(&g1), g2);
	Bn254::final_exponentiation(product) == Some(key.alpha_beta * total)
}

/// Checks several proofs under one prepared key: the answers, in order, are those that
/// [`super::verify`] gives for each alone.
///
/// Never panics. What is malformed takes no part; if the others' combined equation doesn't hold, they
/// are checked one by one, so that a bad proof costs time and harms no other. More than [`MAX_BATCH`]
/// are checked in batches of that many.
#[must_use]
pub fn verify_batch(prepared: &[u8], entries: &[Entry<'_>]) -> Vec<Status> {
	with_decoded(prepared, |key| {
		entries.chunks(MAX_BATCH).flat_map(|entries| one_batch(prepared, key, entries)).collect()
	})
}

fn one_batch(prepared: &[u8], key: Option<&Decoded>, entries: &[Entry<'_>]) -> Vec<Status> {
	let parsed: Vec<_> = entries.iter().map(|entry| Parsed::read(key, *entry)).collect();
	let (proofs, sound): (Vec<&Parsed>, Vec<Entry<'_>>) = parsed
		.iter()
		.zip(entries)
		.filter_map(|(parsed, entry)| Some((parsed.as_ref().ok()?, *entry)))
		.unzip();
	let all_hold = key.is_some_and(|key| {
		proofs.len() > 1 && key.is_in_groups() && holds(key, &proofs, &powers(prepared, &sound))
	});
	parsed
		.iter()
		.map(|parsed| match (parsed, key) {
			(Err(status), _) => *status,
			(Ok(_), _) if all_hold => Status::Valid,
			(Ok(proof), Some(key)) => proof.check(key),
			(Ok(_), None) => Status::MalformedKey,
		})
		.collect()
}
