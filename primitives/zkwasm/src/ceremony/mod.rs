//! Keys that nobody can forge under: the second phase of a setup, by many parties.
//!
//! ## Overview
//!
//! The first phase is public: powers of tau ([`ptau`]), made by many parties for every circuit up to
//! some size. The second belongs to one circuit. [`Ceremony::new`] makes a key from the powers and the
//! circuit's rows; each party multiplies its delta (and gamma) by a secret and divides what has to
//! fall with them ([`Ceremony::contribute`]); a public random value ends it ([`Ceremony::beacon`]).
//! Anybody can check all of it afterwards ([`Ceremony::verify`]). One party that forgot its secret is
//! enough for the key to be sound. Sources: Bowe, Gabizon, Miers 2017 (eprint 2017/1050); Kohlweiss,
//! Maller, Siim, Volkhov 2021 (eprint 2021/219).
//!
//! ## What is proven of a contribution
//!
//! Each is proven in G2, where both elements live: knowledge of the two factors (Schnorr, one
//! challenge for both), bound to the hash of the transcript so far, so a proof can neither be replayed
//! nor moved. In between only the two elements count; the key's other points are checked once, against
//! powers, rows and the last elements, by random linear combinations. That check makes nothing that
//! [`initial`] makes: it never computes a Lagrange basis, so the one is a test of the other.
//!
//! ## Why gamma too
//!
//! The scheme needs no gamma: the input points' 1/gamma cancels against it in the verification, so a
//! key is as sound as the same key with gamma = 1. But a chain refuses gamma = 1, because together with
//! delta = 1 it is the mark of a setup that nobody finished, with which anybody can forge. So gamma is
//! contributed to as delta is. Forging would take a known ratio of the two; every party proves that it
//! knows its factors, so the ratio contains the factors that an honest party drew and forgot.

mod basis;
mod check;
mod contribution;
mod file;
mod initial;
pub mod ptau;
#[cfg(test)]
mod tests;

use crate::{
	circuit::{builder::Rows, Circuit, PUBLIC_INPUTS},
	setup::{ProvingKey, RawKey, SetupError},
};
use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{pairing::Pairing, AffineRepr};
use ark_ff::Zero;
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
pub use basis::Basis;
use blake2::{digest::consts::U32, Blake2b, Digest};
pub use contribution::{Contribution, Origin, MAX_LOG_ITERATIONS, MAX_NAME, MAX_RANDOMNESS};
pub use file::{MAX_CONTRIBUTIONS, MAX_CONTRIBUTION_BYTES};
use ptau::{Powers, PtauError};
use rand_chacha::rand_core::{CryptoRng, RngCore};
use std::path::PathBuf;

/// Why a ceremony cannot go on, be read or be believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
	/// A file could not be read or written.
	#[error("cannot access {path}")]
	File {
		/// The file.
		path: PathBuf,
		/// Why.
		source: std::io::Error,
	},
	/// The rows are more than the field has roots of unity for.
	#[error("the circuit is too large for the field")]
	TooManyRows,
	/// The powers reach less far than the circuit.
	#[error("the powers of tau are of 2^{have}, the circuit needs 2^{need}: take a larger file")]
	TooFewPowers {
		/// Logarithm of the powers' size.
		have: u32,
		/// Logarithm of the circuit's domain.
		need: u32,
	},
	/// It does not begin as a ceremony's file of this edition does.
	#[error("this is not a ceremony file of this edition")]
	NotACeremony,
	/// The file is of another circuit.
	#[error("the ceremony is of another circuit: check the shape, and that both sides run the same version")]
	OtherCircuit,
	/// The ceremony began with other powers.
	#[error("the ceremony began with other powers of tau than these")]
	OtherPowers,
	/// The file has a wrong length.
	#[error("the file has {have} bytes where {want} were expected: it is truncated or has something added")]
	Length {
		/// Bytes that it has from some place on.
		have: usize,
		/// Bytes that it should have from there on.
		want: usize,
	},
	/// A point is off the curve, outside the subgroup or not in its canonical form.
	#[error("point {index} of {part} is no valid point: the file is damaged")]
	Point {
		/// The part of the key.
		part: &'static str,
		/// The position in it.
		index: usize,
	},
	/// A contribution cannot be decoded.
	#[error("contribution {index} is malformed")]
	MalformedContribution {
		/// Its position, from 0.
		index: usize,
	},
	/// A contribution left gamma or delta as it was, or made it the identity.
	#[error("contribution {index} contributes nothing")]
	Idle {
		/// Its position, from 0.
		index: usize,
	},
	/// A contribution's proof of knowledge does not hold, or a beacon's factors are others.
	#[error("contribution {index} does not follow from what was before it")]
	Unproven {
		/// Its position, from 0.
		index: usize,
	},
	/// A contribution follows the beacon.
	#[error("the ceremony has ended with its beacon: nothing can be added")]
	Ended,
	/// The beacon is missing.
	#[error("the ceremony has not ended: it needs a beacon")]
	NotEnded,
	/// Nobody contributed a secret.
	#[error("nobody contributed a secret")]
	NoContribution,
	/// More contributions than a file may have.
	#[error("the ceremony has as many contributions as it can have")]
	Full,
	/// A name or a beacon's value is too long, or iterations are too many.
	#[error("the name, the beacon's value or its iterations exceed their bounds")]
	OutOfBounds,
	/// A part of the key does not follow from powers, rows and contributions.
	#[error("the key's {part} does not follow from the powers, the circuit and the contributions")]
	Key {
		/// The part.
		part: &'static str,
	},
	/// The key was refused, or could not be encoded.
	#[error("the ceremony's key is not usable")]
	Setup(#[from] SetupError),
	/// The file of powers is not one, or refused.
	#[error("the powers of tau are refused")]
	Ptau(#[from] PtauError),
	/// A point could not be encoded.
	#[error("a point cannot be encoded")]
	Encoding(#[from] ark_serialize::SerializationError),
}

/// What a key is made for: rows, and the hash that stands for them.
pub struct Relation<'a> {
	rows: &'a Rows,
	hash: [u8; 32],
	domain: GeneralEvaluationDomain<Fr>,
}

impl<'a> Relation<'a> {
	/// The relation of a circuit.
	///
	/// # Errors
	/// [`CeremonyError::TooManyRows`].
	pub fn of(circuit: &'a Circuit) -> Result<Self, CeremonyError> {
		Self::new(circuit.rows(), circuit.hash())
	}

	/// The relation of recorded rows, under this hash.
	///
	/// # Errors
	/// [`CeremonyError::TooManyRows`].
	pub fn new(rows: &'a Rows, hash: [u8; 32]) -> Result<Self, CeremonyError> {
		// The reduction adds a row for each public input and the constant, which binds them.
		let domain = GeneralEvaluationDomain::new(rows.len() + Self::INSTANCE)
			.ok_or(CeremonyError::TooManyRows)?;
		Ok(Self { rows, hash, domain })
	}

	/// The constant 1 and the public inputs.
	const INSTANCE: usize = 1 + PUBLIC_INPUTS;

	/// Logarithm of the domain's size: the power that the powers of tau must have.
	pub fn power(&self) -> u32 {
		self.domain.size().ilog2()
	}

	/// The hash that stands for the rows.
	pub const fn hash(&self) -> &[u8; 32] {
		&self.hash
	}

	/// Points of each query, in the order of the file.
	fn sizes(&self) -> [usize; 6] {
		let variables = self.rows.variables;
		[
			Self::INSTANCE,
			variables,
			variables,
			variables,
			self.domain.size() - 1,
			variables - Self::INSTANCE,
		]
	}
}

/// A ceremony up to some contribution.
pub struct Ceremony {
	circuit: [u8; 32],
	powers: [u8; 32],
	contributions: Vec<Contribution>,
	key: RawKey,
}

impl Ceremony {
	/// Begins a ceremony: the key with gamma = delta = 1. The basis is that of these powers.
	///
	/// # Errors
	/// [`CeremonyError::TooFewPowers`]; [`CeremonyError::OtherPowers`] if the basis is of another
	/// domain.
	pub fn new(
		relation: &Relation<'_>,
		powers: &Powers,
		basis: &Basis,
	) -> Result<Self, CeremonyError> {
		let powers = powers.for_domain(relation.power())?;
		if basis.tau_g1.len() != relation.domain.size() {
			return Err(CeremonyError::OtherPowers);
		}
		let key = initial::key(relation, &powers, basis);
		let digest = powers.digest()?;
		Ok(Self { circuit: relation.hash, powers: digest, contributions: Vec::new(), key })
	}

	/// The contributions, the first one first.
	pub fn contributions(&self) -> &[Contribution] {
		&self.contributions
	}

	/// Whether the beacon has ended it.
	pub fn has_ended(&self) -> bool {
		self.contributions.last().is_some_and(Contribution::is_beacon)
	}

	/// Hash of the transcript at its beginning and after each contribution; never empty.
	///
	/// It covers the circuit, the powers and all contributions in their order, and with them every
	/// point of the key.
	pub fn transcript(&self) -> Vec<[u8; 32]> {
		let mut hash: [u8; 32] = Blake2b::<U32>::new()
			.chain_update(b"woppal ceremony 1")
			.chain_update(self.circuit)
			.chain_update(self.powers)
			.finalize()
			.into();
		let mut hashes = vec![hash];
		for contribution in &self.contributions {
			hash = contribution.next_hash(&hash);
			hashes.push(hash);
		}
		hashes
	}

	/// Hash of the transcript so far: what goes on chain, at the end.
	pub fn transcript_hash(&self) -> [u8; 32] {
		self.transcript().pop().unwrap_or_default()
	}

	/// Whether this ceremony begins with all of another one's contributions. A contributor could
	/// leave out those before; whoever hands on files checks it.
	pub fn extends(&self, earlier: &Self) -> bool {
		self.circuit == earlier.circuit
			&& self.powers == earlier.powers
			&& self.contributions.starts_with(&earlier.contributions)
	}

	/// Checks everything, as [`Ceremony::verify`], then contributes secrets drawn from `rng`, which
	/// must be the system's. They are overwritten before this returns, except for copies that the
	/// compiler left in registers or on the stack.
	///
	/// There is no contribution without the check: whoever handed on points of their own choice would
	/// get them back divided by the secrets, which is enough to forge under the key that the
	/// contribution belongs to.
	///
	/// # Errors
	/// [`CeremonyError::Ended`], [`CeremonyError::Full`], [`CeremonyError::OutOfBounds`] for a name of
	/// more than [`MAX_NAME`] bytes; what [`Ceremony::verify`] gives.
	pub fn contribute<R: RngCore + CryptoRng>(
		&mut self,
		relation: &Relation<'_>,
		powers: &Powers,
		name: &str,
		rng: &mut R,
	) -> Result<(), CeremonyError> {
		contribution::check_name(name)?;
		let previous = self.elements();
		let transcript = self.open_transcript()?;
		self.verify(relation, powers, rng)?;
		let (contribution, factors) = contribution::with_secrets(name, &previous, &transcript, rng);
		self.apply(contribution, &factors);
		Ok(())
	}

	/// Ends the ceremony with a public value that nobody could know or choose when the last secret
	/// was contributed. Its hash is hashed 2^`log_iterations` times more.
	///
	/// # Errors
	/// As [`Ceremony::contribute`], for bounds [`MAX_RANDOMNESS`] and [`MAX_LOG_ITERATIONS`].
	pub fn beacon(
		&mut self,
		name: &str,
		randomness: &[u8],
		log_iterations: u8,
	) -> Result<(), CeremonyError> {
		let previous = self.elements();
		let transcript = self.open_transcript()?;
		let (contribution, factors) = contribution::with_beacon(
			name,
			&previous,
			&transcript,
			randomness,
			log_iterations,
			self.contributions.len(),
		)?;
		self.apply(contribution, &factors);
		Ok(())
	}

	fn open_transcript(&self) -> Result<[u8; 32], CeremonyError> {
		if self.has_ended() {
			return Err(CeremonyError::Ended);
		}
		if self.contributions.len() >= MAX_CONTRIBUTIONS {
			return Err(CeremonyError::Full);
		}
		Ok(self.transcript_hash())
	}

	/// Gamma and delta as they stand.
	fn elements(&self) -> [G2Affine; 2] {
		[self.key.vk.gamma_g2, self.key.vk.delta_g2]
	}

	fn apply(&mut self, contribution: Contribution, factors: &contribution::Factors) {
		contribution::scale(&mut self.key, factors);
		self.contributions.push(contribution);
	}

	/// Checks everything: each contribution against what was before it, and every point of the key
	/// against powers, rows and contributions. `rng` draws the weights of the combinations; nobody who
	/// made the ceremony may know them beforehand.
	///
	/// # Errors
	/// The first thing that does not hold.
	pub fn verify<R: RngCore + CryptoRng>(
		&self,
		relation: &Relation<'_>,
		powers: &Powers,
		rng: &mut R,
	) -> Result<(), CeremonyError> {
		let powers = powers.for_domain(relation.power())?;
		if self.circuit != relation.hash {
			return Err(CeremonyError::OtherCircuit);
		}
		if self.powers != powers.digest()? {
			return Err(CeremonyError::OtherPowers);
		}
		check::contributions(self)?;
		check::key(relation, &powers, &self.key, rng)
	}

	/// Checks everything and gives the proving key of a ceremony that has ended.
	///
	/// # Errors
	/// As [`Ceremony::verify`]; [`CeremonyError::NotEnded`], [`CeremonyError::NoContribution`], and
	/// [`CeremonyError::Setup`] for a key that no chain would take.
	pub fn finish<R: RngCore + CryptoRng>(
		self,
		circuit: Circuit,
		powers: &Powers,
		rng: &mut R,
	) -> Result<ProvingKey, CeremonyError> {
		if !self.has_ended() {
			return Err(CeremonyError::NotEnded);
		}
		if self.contributions.iter().all(Contribution::is_beacon) {
			return Err(CeremonyError::NoContribution);
		}
		self.verify(&Relation::of(&circuit)?, powers, rng)?;
		Ok(ProvingKey::new(circuit, self.key)?)
	}
}

/// Whether `g1[1] = x g1[0]` and `g2[1] = x g2[0]` for one x. The points are in their subgroups.
fn same_ratio(g1: [G1Affine; 2], g2: [G2Affine; 2]) -> bool {
	let product = Bn254::multi_miller_loop([g1[0], -g1[1]], [g2[1], g2[0]]);
	Bn254::final_exponentiation(product).is_some_and(|value| value.is_zero())
}

/// Weights of a random linear combination: 128 bits each, so that a combination that holds by chance
/// does so with probability 2^-128.
fn weights<R: RngCore + CryptoRng>(count: usize, rng: &mut R) -> Vec<Fr> {
	let mut weight = || u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
	(0..count).map(|_| Fr::from(weight())).collect()
}

/// The elements of G1 and G2 that powers and keys are multiples of.
fn generators() -> (G1Affine, G2Affine) {
	(G1Affine::generator(), G2Affine::generator())
}
