//! Verifying keys: their check, their prepared form, and a small cache of decoded ones.

use super::{point, take, G1_BYTES, G2_BYTES, MAX_PUBLIC_INPUTS};
use alloc::vec::Vec;
use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{
	pairing::{Pairing, PairingOutput},
	AffineRepr, CurveGroup,
};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField, Zero};
use ark_groth16::VerifyingKey;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{
	ops::Neg,
	sync::atomic::{AtomicU8, Ordering},
};
use scale_info::TypeInfo;

type G2Prepared = <Bn254 as Pairing>::G2Prepared;

/// First bytes of a prepared key: what it is and the edition of its layout.
const MAGIC: [u8; 8] = *b"wopvk\0\0\x01";
/// Bytes of an element of the target group.
const GT_BYTES: usize = 384;

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
pub(super) struct Decoded {
	/// e(α, β).
	pub(super) alpha_beta: PairingOutput<Bn254>,
	/// −γ.
	pub(super) gamma_neg: ForPairing,
	/// −δ.
	pub(super) delta_neg: ForPairing,
	/// The constant's point, K₀.
	pub(super) constant: G1Affine,
	/// Number of public inputs.
	pub(super) arity: usize,
	/// For each [`TABLE_POINTS`] inputs' points the sums of all their subsets.
	tables: Vec<Vec<G1Affine>>,
	/// What [`Self::is_in_groups`] found: nothing yet (0), no (1), yes (2).
	in_groups: AtomicU8,
}

/// A point of G2 as such and prepared for the Miller loop.
pub(super) struct ForPairing {
	point: G2Affine,
	pub(super) prepared: G2Prepared,
}

/// Input points that share a table of 2^`TABLE_POINTS` sums.
const TABLE_POINTS: usize = 4;

/// 6·x² for the curve's parameter x: what the Frobenius map multiplies by in the group of order r.
const SIX_X_SQUARED: [u64; 2] = [17_887_900_258_952_609_094, 8_020_209_761_171_036_667];

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

	/// Each input's multiple of its point, summed in one chain of doublings.
	pub(super) fn combine(&self, scalars: &[Fr]) -> G1Projective {
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
		sum
	}

	/// Whether e(α, β), γ and δ are in the groups of order r. Those of [`prepare_key`] are; for others
	/// the equations of several proofs must not be combined, because a small factor could vanish.
	pub(super) fn is_in_groups(&self) -> bool {
		match self.in_groups.load(Ordering::Relaxed) {
			0 => {
				let value = self.alpha_beta.0;
				// r = p + 1 − t and t − 1 = 6·x², so f^r = 1 is f^p = f^(6·x²).
				let yes = !value.is_zero()
					&& value.frobenius_map(1) == value.pow(SIX_X_SQUARED)
					&& [&self.gamma_neg, &self.delta_neg]
						.iter()
						.all(|g2| g2.point.is_in_correct_subgroup_assuming_on_curve());
				self.in_groups.store(1 + u8::from(yes), Ordering::Relaxed);
				yes
			},
			found => found == 2,
		}
	}
}

impl From<G2Affine> for ForPairing {
	fn from(point: G2Affine) -> Self {
		Self { point, prepared: point.into() }
	}
}

/// Reads a verifying key in arkworks' canonical compressed form, every point strictly. Nothing is
/// allocated by the key's own claim of how many points it has.
pub(crate) fn read_key(vk: &[u8]) -> Result<VerifyingKey<Bn254>, KeyFault> {
	let mut rest = vk;
	let g2 = |rest: &mut &[u8]| {
		take(rest, G2_BYTES).and_then(point::<G2Affine>).ok_or(KeyFault::Malformed)
	};
	let alpha_g1 =
		take(&mut rest, G1_BYTES).and_then(point::<G1Affine>).ok_or(KeyFault::Malformed)?;
	let beta_g2 = g2(&mut rest)?;
	let gamma_g2 = g2(&mut rest)?;
	let delta_g2 = g2(&mut rest)?;
	let count = take(&mut rest, 8)
		.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok())
		.map(u64::from_le_bytes)
		.ok_or(KeyFault::Malformed)?;
	let (points, odd) = rest.as_chunks::<G1_BYTES>();
	if !odd.is_empty() || points.len() as u64 != count {
		return Err(KeyFault::Malformed);
	}
	let gamma_abc_g1 = points
		.iter()
		.map(|bytes| point::<G1Affine>(bytes).ok_or(KeyFault::Malformed))
		.collect::<Result<Vec<_>, _>>()?;
	Ok(VerifyingKey { alpha_g1, beta_g2, gamma_g2, delta_g2, gamma_abc_g1 })
}

/// Checks a verifying key once, for use many times (PROTOCOL section 6).
///
/// `vk` is arkworks' canonical compressed form. The answer is self-describing: its layout's mark, the
/// number of inputs, e(α, β), and the remaining points uncompressed.
///
/// # Errors
/// [`KeyFault`], by the first check that fails. More than [`MAX_PUBLIC_INPUTS`] count as wrong arity.
pub fn prepare_key(vk: &[u8], public_inputs: usize) -> Result<Vec<u8>, KeyFault> {
	if public_inputs > MAX_PUBLIC_INPUTS {
		return Err(KeyFault::WrongArity);
	}
	let key = read_key(vk)?;
	if key.gamma_abc_g1.len() != public_inputs + 1 {
		return Err(KeyFault::WrongArity);
	}
	if is_degenerate(&key) {
		return Err(KeyFault::Degenerate);
	}
	encode_prepared(&key).ok_or(KeyFault::Malformed)
}

/// The marks of an unfinished or hostile setup.
fn is_degenerate(key: &VerifyingKey<Bn254>) -> bool {
	// With a point's negative the same algebra goes through, so both signs count.
	fn same<P: AffineRepr + Neg<Output = P>>(a: &P, b: &P) -> bool {
		a == b || *a == -*b
	}
	let inputs = &key.gamma_abc_g1;
	key.alpha_g1.is_zero()
		|| same(&key.alpha_g1, &G1Affine::generator())
		|| [key.beta_g2, key.gamma_g2, key.delta_g2]
			.iter()
			.any(|point| point.is_zero() || same(point, &G2Affine::generator()))
		|| same(&key.gamma_g2, &key.delta_g2)
		|| inputs.iter().enumerate().any(|(i, point)| {
			point.is_zero() || inputs.iter().skip(i + 1).any(|other| same(point, other))
		})
}

/// The bytes of a prepared key. Layout: mark, number of input points, e(α, β), −γ, −δ, input points.
fn encode_prepared(key: &VerifyingKey<Bn254>) -> Option<Vec<u8>> {
	let inputs = &key.gamma_abc_g1;
	let mut out = Vec::with_capacity(prepared_bytes(inputs.len()));
	out.extend_from_slice(&MAGIC);
	out.extend_from_slice(&(inputs.len() as u64).to_le_bytes());
	Bn254::pairing(key.alpha_g1, key.beta_g2).0.serialize_uncompressed(&mut out).ok()?;
	(-key.gamma_g2).serialize_uncompressed(&mut out).ok()?;
	(-key.delta_g2).serialize_uncompressed(&mut out).ok()?;
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
		alpha_beta: PairingOutput(alpha_beta),
		gamma_neg: gamma_neg.into(),
		delta_neg: delta_neg.into(),
		constant: *constant,
		arity: points.len(),
		tables: points.chunks(TABLE_POINTS).map(Decoded::table).collect(),
		in_groups: AtomicU8::new(0),
	})
}

/// Runs `body` on the decoded key.
#[cfg(not(feature = "std"))]
pub(super) fn with_decoded<T>(prepared: &[u8], body: impl FnOnce(Option<&Decoded>) -> T) -> T {
	body(decode_prepared(prepared).as_ref())
}

/// Runs `body` on the decoded key, from a small cache where it is there: preparing two points for the
/// Miller loop costs about a tenth of a verification.
#[cfg(feature = "std")]
pub(super) fn with_decoded<T>(prepared: &[u8], body: impl FnOnce(Option<&Decoded>) -> T) -> T {
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
