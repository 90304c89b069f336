//! Groth16 over BN254: preparation of verifying keys and verification of proofs.
//!
//! The same functions serve the node's host calls and, compiled into the runtime, their fallback: no
//! branch depends on the feature `std`, which only adds a small cache of decoded keys.
//!
//! Everything that reaches [`verify`] or [`verify_batch`] from outside is read strictly: exact
//! lengths, canonical scalars, points in their one canonical compressed form, on the curve and in the
//! subgroup of prime order. No input makes these functions panic. Proofs are malleable (anybody can
//! turn a valid proof into other valid bytes for the same statement), so nothing may be keyed on proof
//! bytes.

mod batch;
mod key;

pub use batch::{verify_batch, MAX_BATCH};
#[cfg(feature = "std")]
pub(crate) use key::read_key;
pub use key::{prepare_key, KeyFault};

use alloc::vec::Vec;
use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{pairing::Pairing, CurveGroup};
use ark_ff::{BigInt, PrimeField};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use key::{with_decoded, Decoded};
use scale_info::TypeInfo;

/// Bytes of a compressed proof: A (32), B (64), C (32).
pub const PROOF_BYTES: usize = 128;

/// Most public inputs a key may have. Bounds what a host call can be made to decode; the segment
/// circuit has four.
pub const MAX_PUBLIC_INPUTS: usize = 16;

/// Bytes of a compressed point of G1.
const G1_BYTES: usize = 32;
/// Bytes of a compressed point of G2.
const G2_BYTES: usize = 64;

/// What became of a verification.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Encode,
	Eq,
	MaxEncodedLen,
	PartialEq,
	TypeInfo,
)]
#[repr(u8)]
pub enum Status {
	/// The proof holds for these inputs under this key.
	Valid = 0,
	/// Everything is well formed and the proof does not hold.
	Invalid = 1,
	/// The prepared key is not one that [`prepare_key`] gives out.
	MalformedKey = 2,
	/// The proof has a wrong length, or a point that is off the curve, outside the subgroup or not in
	/// its canonical form.
	MalformedProof = 3,
	/// A public input is not below the order of the scalar field.
	MalformedInput = 4,
	/// The key is for another number of public inputs.
	WrongArity = 5,
}

/// A point from its one canonical compressed form; on the curve and in the subgroup.
fn point<P: CanonicalDeserialize + CanonicalSerialize>(bytes: &[u8]) -> Option<P> {
	let point = P::deserialize_with_mode(bytes, Compress::Yes, Validate::Yes).ok()?;
	let mut again = Vec::with_capacity(bytes.len());
	point.serialize_compressed(&mut again).ok()?;
	(again == bytes).then_some(point)
}

/// Takes `count` bytes off the front.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
	if bytes.len() < count {
		return None;
	}
	let (head, tail) = bytes.split_at(count);
	*bytes = tail;
	Some(head)
}

/// The scalar of 32 little-endian bytes, if it is below the order.
pub(crate) fn scalar(bytes: &[u8; 32]) -> Option<Fr> {
	let mut limbs = [0u64; 4];
	for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
		*limb = u64::from_le_bytes(chunk.try_into().ok()?);
	}
	Fr::from_bigint(BigInt(limbs))
}

/// The three points of a compressed proof, read strictly.
pub(crate) fn read_proof(proof: &[u8]) -> Option<(G1Affine, G2Affine, G1Affine)> {
	let mut rest = proof;
	let a = point(take(&mut rest, G1_BYTES)?)?;
	let b = point(take(&mut rest, G2_BYTES)?)?;
	let c = point(take(&mut rest, G1_BYTES)?)?;
	rest.is_empty().then_some((a, b, c))
}

/// A proof and the public inputs that it is for, not yet read.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
	/// The compressed proof.
	pub proof: &'a [u8],
	/// Canonical little-endian scalars.
	pub inputs: &'a [[u8; 32]],
}

/// A well-formed proof with its public inputs.
struct Parsed {
	a: G1Affine,
	b: G2Affine,
	c: G1Affine,
	inputs: Vec<Fr>,
}

impl Parsed {
	/// Reads an entry. The cheap checks come first, so that nobody pays for a pairing that cannot
	/// succeed.
	fn read(key: Option<&Decoded>, entry: Entry<'_>) -> Result<Self, Status> {
		if entry.proof.len() != PROOF_BYTES {
			return Err(Status::MalformedProof);
		}
		let key = key.ok_or(Status::MalformedKey)?;
		// arkworks' own `prepare_inputs` would cut both lists to the shorter one.
		if key.arity != entry.inputs.len() {
			return Err(Status::WrongArity);
		}
		let inputs = entry.inputs.iter().map(scalar).collect::<Option<Vec<_>>>();
		let inputs = inputs.ok_or(Status::MalformedInput)?;
		let (a, b, c) = read_proof(entry.proof).ok_or(Status::MalformedProof)?;
		Ok(Self { a, b, c, inputs })
	}

	/// Checks the pairing equation: e(A, B) = e(α, β) · e(K₀ + Σ xⱼ·Kⱼ, γ) · e(C, δ).
	fn check(&self, key: &Decoded) -> Status {
		let combined = (key.combine(&self.inputs) + key.constant).into_affine();
		let product = Bn254::multi_miller_loop(
			[self.a, combined, self.c],
			[self.b.into(), key.gamma_neg.prepared.clone(), key.delta_neg.prepared.clone()],
		);
		match Bn254::final_exponentiation(product) {
			Some(value) if value == key.alpha_beta => Status::Valid,
			_ => Status::Invalid,
		}
	}
}

/// Checks a proof against a prepared key and the public inputs (canonical little-endian scalars).
///
/// Never panics. `prepared` must come from [`prepare_key`] through trusted storage: its points are
/// decoded here, not checked for their subgroup again.
#[must_use]
pub fn verify(prepared: &[u8], proof: &[u8], inputs: &[[u8; 32]]) -> Status {
	let entry = Entry { proof, inputs };
	// A proof of another length costs no look at the key.
	if proof.len() != PROOF_BYTES {
		return Status::MalformedProof;
	}
	with_decoded(prepared, |key| match (Parsed::read(key, entry), key) {
		(Ok(parsed), Some(key)) => parsed.check(key),
		(Err(status), _) => status,
		(Ok(_), None) => Status::MalformedKey,
	})
}
