//! Groth16 over BN254: preparation of verifying keys and verification of proofs.
//!
//! The same functions serve the node's host call and, compiled into the runtime, its fallback: no
//! branch depends on the feature `std`, which only adds a small cache of decoded keys.
//!
//! Everything that reaches [`verify`] from outside is read strictly: exact lengths, canonical
//! scalars, points in their one canonical compressed form, on the curve and in the subgroup of
//! prime order. No input makes these functions panic. Proofs are malleable (anybody can turn a valid
//! proof into other valid bytes for the same statement), so nothing may be keyed on proof bytes.

use alloc::vec::Vec;
use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{pairing::Pairing, AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
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
/// First bytes of a prepared key: what it is and the edition of its layout.
const MAGIC: [u8; 8] = *b"wopvk\0\0\x01";
/// Bytes of an element of the target group.
const GT_BYTES: usize = 384;

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

/// Why a verifying key is refused.
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
pub enum KeyFault {
	/// Wrong length, or a point off the curve, outside the subgroup or not in its canonical form.
	Malformed = 0,
	/// A point is the identity or a generator, gamma equals delta, or an input point is repeated:
	/// the marks of a setup that was not finished, with which anybody can forge.
	Degenerate = 1,
	/// It has not the wanted number of public inputs.
	WrongArity = 2,
}

/// A prepared key, decoded.
struct Decoded {
	/// e(alpha, beta).
	alpha_beta: Fq12,
	/// -gamma, prepared for the Miller loop.
	gamma_neg: <Bn254 as Pairing>::G2Prepared,
	/// -delta, prepared for the Miller loop.
	delta_neg: <Bn254 as Pairing>::G2Prepared,
	/// The constant's point.
	constant: G1Affine,
	/// Number of public inputs.
	arity: usize,
	/// For each [`TABLE_POINTS`] inputs' points the sums of all their subsets.
	tables: Vec<Vec<G1Affine>>,
}

/// Input points that share a table of 2^`TABLE_POINTS` sums.
const TABLE_POINTS: usize = 4;

impl Decoded {
	/// Sums of all subsets of up to [`TABLE_POINTS`] points: bit i of the place stands for point i.
	fn table(points: &[G1Affine]) -> Vec<G1Affine> {
		let mut sums = Vec::with_capacity(1 << points.len());
		sums.push(G1Projective::zero());
		for point in points {
			let with: Vec<G1Projective> = sums.iter().map(|sum| *sum + point).collect();
			sums.extend(with);
		}
		G1Projective::normalize_batch(&sums)
	}

	/// The constant's point plus each input's multiple, all in one chain of doublings.
	fn combine(&self, scalars: &[Fr]) -> G1Affine {
		let scalars: Vec<BigInt<4>> = scalars.iter().map(|scalar| scalar.into_bigint()).collect();
		let mut sum = G1Projective::zero();
		for bit in (0..Fr::MODULUS_BIT_SIZE as usize).rev() {
			sum.double_in_place();
			for (table, scalars) in self.tables.iter().zip(scalars.chunks(TABLE_POINTS)) {
				let place = scalars
					.iter()
					.enumerate()
					.fold(0, |place, (i, scalar)| place | usize::from(scalar.get_bit(bit)) << i);
				if let (true, Some(point)) = (place != 0, table.get(place)) {
					sum += point;
				}
			}
		}
		(sum + self.constant).into_affine()
	}
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

/// Checks a verifying key once, for use many times (PROTOCOL section 6).
///
/// `vk` is arkworks' canonical compressed form. The answer is self-describing: its layout's mark, the
/// number of inputs, e(alpha, beta), and the remaining points uncompressed.
///
/// # Errors
/// [`KeyFault`], by the first check that fails. More than [`MAX_PUBLIC_INPUTS`] count as wrong arity.
pub fn prepare_key(vk: &[u8], public_inputs: usize) -> Result<Vec<u8>, KeyFault> {
	if public_inputs > MAX_PUBLIC_INPUTS {
		return Err(KeyFault::WrongArity);
	}
	let mut rest = vk;
	let g2 = |rest: &mut &[u8]| {
		take(rest, G2_BYTES).and_then(point::<G2Affine>).ok_or(KeyFault::Malformed)
	};
	let alpha = take(&mut rest, G1_BYTES).and_then(point::<G1Affine>).ok_or(KeyFault::Malformed)?;
	let beta = g2(&mut rest)?;
	let gamma = g2(&mut rest)?;
	let delta = g2(&mut rest)?;
	let count = take(&mut rest, 8)
		.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok())
		.map(u64::from_le_bytes)
		.ok_or(KeyFault::Malformed)?;
	// The length is checked against the claim before the claim is used for anything.
	if !rest.len().is_multiple_of(G1_BYTES) || (rest.len() / G1_BYTES) as u64 != count {
		return Err(KeyFault::Malformed);
	}
	if count != public_inputs as u64 + 1 {
		return Err(KeyFault::WrongArity);
	}
	let inputs = rest
		.chunks(G1_BYTES)
		.map(|bytes| point::<G1Affine>(bytes).ok_or(KeyFault::Malformed))
		.collect::<Result<Vec<_>, _>>()?;
	if is_degenerate(&alpha, &[beta, gamma, delta], &inputs) {
		return Err(KeyFault::Degenerate);
	}
	encode_prepared(alpha, beta, gamma, delta, &inputs).ok_or(KeyFault::Malformed)
}

/// The marks of an unfinished or hostile setup. `g2` holds beta, gamma and delta.
fn is_degenerate(alpha: &G1Affine, g2: &[G2Affine; 3], inputs: &[G1Affine]) -> bool {
	let [_, gamma, delta] = g2;
	// With a point's negative the same algebra goes through, so both signs count.
	let same_g1 = |a: &G1Affine, b: &G1Affine| a == b || *a == -*b;
	let same_g2 = |a: &G2Affine, b: &G2Affine| a == b || *a == -*b;
	alpha.is_zero()
		|| same_g1(alpha, &G1Affine::generator())
		|| g2.iter().any(|point| point.is_zero() || same_g2(point, &G2Affine::generator()))
		|| same_g2(gamma, delta)
		|| inputs.iter().enumerate().any(|(i, point)| {
			point.is_zero() || inputs.iter().skip(i + 1).any(|other| same_g1(point, other))
		})
}

/// The bytes of a prepared key. Layout: mark, number of input points, e(alpha, beta), -gamma, -delta,
/// input points.
fn encode_prepared(
	alpha: G1Affine,
	beta: G2Affine,
	gamma: G2Affine,
	delta: G2Affine,
	inputs: &[G1Affine],
) -> Option<Vec<u8>> {
	let mut out = Vec::with_capacity(prepared_bytes(inputs.len()));
	out.extend_from_slice(&MAGIC);
	out.extend_from_slice(&(inputs.len() as u64).to_le_bytes());
	Bn254::pairing(alpha, beta).0.serialize_uncompressed(&mut out).ok()?;
	(-gamma).serialize_uncompressed(&mut out).ok()?;
	(-delta).serialize_uncompressed(&mut out).ok()?;
	for point in inputs {
		point.serialize_uncompressed(&mut out).ok()?;
	}
	Some(out)
}

/// Bytes of a prepared key with this many input points (one more than public inputs).
const fn prepared_bytes(points: usize) -> usize {
	MAGIC.len() + 8 + GT_BYTES + 2 * 2 * G2_BYTES + points * 2 * G1_BYTES
}

/// Reads what [`prepare_key`] wrote. Points were checked then; here they must only decode.
fn decode_prepared(prepared: &[u8]) -> Option<Decoded> {
	let mut rest = prepared;
	if take(&mut rest, MAGIC.len())? != MAGIC {
		return None;
	}
	let count = u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
	let count = usize::try_from(count).ok().filter(|c| (1..=MAX_PUBLIC_INPUTS + 1).contains(c))?;
	if prepared.len() != prepared_bytes(count) {
		return None;
	}
	let alpha_beta = Fq12::deserialize_uncompressed(take(&mut rest, GT_BYTES)?).ok()?;
	let g2 = |rest: &mut &[u8]| -> Option<G2Affine> {
		let point = G2Affine::deserialize_uncompressed_unchecked(take(rest, 2 * G2_BYTES)?).ok()?;
		(!point.is_zero() && point.is_on_curve()).then_some(point)
	};
	let gamma_neg = g2(&mut rest)?;
	let delta_neg = g2(&mut rest)?;
	let inputs = rest
		.chunks(2 * G1_BYTES)
		.map(|bytes| {
			G1Affine::deserialize_uncompressed_unchecked(bytes)
				.ok()
				.filter(|point| !point.is_zero() && point.is_on_curve())
		})
		.collect::<Option<Vec<_>>>()?;
	let (constant, points) = inputs.split_first()?;
	Some(Decoded {
		alpha_beta,
		gamma_neg: gamma_neg.into(),
		delta_neg: delta_neg.into(),
		constant: *constant,
		arity: points.len(),
		tables: points.chunks(TABLE_POINTS).map(Decoded::table).collect(),
	})
}

/// The scalar of 32 little-endian bytes, if it is below the order.
pub(crate) fn scalar(bytes: &[u8; 32]) -> Option<Fr> {
	let mut limbs = [0u64; 4];
	for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
		*limb = u64::from_le_bytes(chunk.try_into().ok()?);
	}
	Fr::from_bigint(BigInt(limbs))
}

/// Checks a proof against a prepared key and the public inputs (canonical little-endian scalars).
///
/// Never panics. `prepared` must come from [`prepare_key`] through trusted storage: its points are
/// decoded here, not checked for their subgroup again.
#[must_use]
pub fn verify(prepared: &[u8], proof: &[u8], inputs: &[[u8; 32]]) -> Status {
	// The cheap checks come first, so that nobody pays for a pairing that cannot succeed.
	if proof.len() != PROOF_BYTES {
		return Status::MalformedProof;
	}
	with_decoded(prepared, |key| match key {
		None => Status::MalformedKey,
		// arkworks' own `prepare_inputs` would cut both lists to the shorter one.
		Some(key) if key.arity != inputs.len() => Status::WrongArity,
		Some(key) => verify_decoded(key, proof, inputs),
	})
}

/// [`verify`] for a decoded key of the right arity and a proof of the right length.
fn verify_decoded(key: &Decoded, proof: &[u8], inputs: &[[u8; 32]]) -> Status {
	let Some(scalars) = inputs.iter().map(scalar).collect::<Option<Vec<_>>>() else {
		return Status::MalformedInput;
	};
	let mut rest = proof;
	let a = take(&mut rest, G1_BYTES).and_then(point::<G1Affine>);
	let b = take(&mut rest, G2_BYTES).and_then(point::<G2Affine>);
	let c = take(&mut rest, G1_BYTES).and_then(point::<G1Affine>);
	let (Some(a), Some(b), Some(c)) = (a, b, c) else {
		return Status::MalformedProof;
	};
	let prepared_inputs = key.combine(&scalars);
	let product = Bn254::multi_miller_loop(
		[a, prepared_inputs, c],
		[b.into(), key.gamma_neg.clone(), key.delta_neg.clone()],
	);
	match Bn254::final_exponentiation(product) {
		Some(value) if value.0 == key.alpha_beta => Status::Valid,
		_ => Status::Invalid,
	}
}

/// Runs `body` on the decoded key.
#[cfg(not(feature = "std"))]
fn with_decoded(prepared: &[u8], body: impl FnOnce(Option<&Decoded>) -> Status) -> Status {
	body(decode_prepared(prepared).as_ref())
}

/// Runs `body` on the decoded key, from a small cache where it is there: preparing two points for the
/// Miller loop costs about a tenth of a verification.
#[cfg(feature = "std")]
fn with_decoded(prepared: &[u8], body: impl FnOnce(Option<&Decoded>) -> Status) -> Status {
	use std::sync::{Arc, Mutex, PoisonError};

	/// Keys kept, the latest first. A chain has a few keys in use.
	const KEPT: usize = 8;
	static CACHE: Mutex<Vec<(Vec<u8>, Arc<Decoded>)>> = Mutex::new(Vec::new());

	let hit = {
		let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
		cache.iter().find(|(bytes, _)| bytes == prepared).map(|(_, key)| Arc::clone(key))
	};
	if let Some(key) = hit {
		return body(Some(&key));
	}
	let Some(key) = decode_prepared(prepared).map(Arc::new) else {
		return body(None);
	};
	{
		let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
		cache.insert(0, (prepared.to_vec(), Arc::clone(&key)));
		cache.truncate(KEPT);
	}
	body(Some(&key))
}
