//! Powers of tau, and the `.ptau` file that they are published in.
//!
//! The format is snarkjs': `ptau`, a version, a number of sections; each section has a number, a
//! length and its bytes. Section 1 is the header (bytes of a coordinate, the base field's order,
//! logarithm of the size, logarithm of the ceremony's size); 2 to 6 are tau in G1 (2^(power + 1) - 1
//! points), tau in G2, alpha tau in G1, beta tau in G1 (2^power points each) and beta in G2. A
//! file that was prepared for phase 2 has the same as Lagrange polynomials in 12 to 15
//! ([`super::Basis`]). A coordinate is its Montgomery form, little endian. What contributors proved
//! (section 7) is passed over: a file is believed for the hash that was published of it, and here only
//! checked for being powers of *something*.

use super::{generators, same_ratio, weights, CeremonyError};
use crate::setup::body_hash;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, ScalarMul, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField, UniformRand};
use ark_serialize::CanonicalSerialize;
use blake2::{digest::consts::U32, Blake2b, Digest};
use rand_chacha::rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;
use std::{
	borrow::Cow,
	io::{self, Read, Seek, SeekFrom, Write},
};

const MAGIC: [u8; 4] = *b"ptau";
const VERSION: u32 = 1;
const COORDINATE: usize = 32;
/// Bytes of a point of G1 and of G2.
pub(super) const G1_BYTES: usize = 2 * COORDINATE;
pub(super) const G2_BYTES: usize = 4 * COORDINATE;
const HEADER_BYTES: u64 = 44;
/// The field has roots of unity of order 2^28, and no ceremony went further.
const MAX_POWER: u32 = 28;
/// Sections that a file may have; published ones have eleven.
const MAX_SECTIONS: u32 = 64;

/// Why powers cannot be read or are refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PtauError {
	/// Reading failed.
	#[error("the powers of tau cannot be read")]
	Read(#[from] io::Error),
	/// It does not begin as a ptau file of version 1 does.
	#[error("this is not a ptau file of version 1")]
	NotPtau,
	/// A section runs past the end, or something follows the last one.
	#[error("the ptau file's sections do not fill it: it is truncated or has something added")]
	Layout,
	/// A section is missing or there twice.
	#[error("section {0} of the ptau file is missing or there twice")]
	Section(u32),
	/// A section has not the length that the header's power calls for.
	#[error("section {0} of the ptau file has a wrong length")]
	SectionLength(u32),
	/// The header names another curve, or sizes out of range.
	#[error("the ptau file is not of BN254, or its sizes are out of range")]
	Header,
	/// The file is too small.
	#[error("the ptau file is of 2^{have}, 2^{need} is needed: take a larger one")]
	TooSmall {
		/// Logarithm of its size.
		have: u32,
		/// Logarithm of the size wanted.
		need: u32,
	},
	/// A point is the identity, off the curve, outside the subgroup or not canonical.
	#[error("point {index} of section {section} of the ptau file is no valid point")]
	Point {
		/// The section.
		section: u32,
		/// The position in it.
		index: usize,
	},
	/// The points of a section are not the powers of one tau.
	#[error("section {0} of the ptau file does not hold powers of the same tau as the others")]
	Powers(u32),
}

/// Powers of tau, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Powers {
	/// tau^i, 2n - 1 of them.
	pub(super) tau_g1: Vec<G1Affine>,
	/// tau^i in G2, n of them.
	pub(super) tau_g2: Vec<G2Affine>,
	/// alpha tau^i, n of them.
	pub(super) alpha_tau_g1: Vec<G1Affine>,
	/// beta tau^i, n of them.
	pub(super) beta_tau_g1: Vec<G1Affine>,
	/// beta in G2.
	pub(super) beta_g2: G2Affine,
}

impl Powers {
	/// Reads the first 2^`power` powers of a file and checks that they are powers of one tau. `rng`
	/// draws the weights of that check.
	///
	/// Every length is checked against the file's own before anything is allocated.
	///
	/// # Errors
	/// See [`PtauError`].
	pub fn read<S: Read + Seek, R: RngCore + CryptoRng>(
		source: &mut S,
		power: u32,
		rng: &mut R,
	) -> Result<Self, PtauError> {
		let sections = Sections::of(source)?;
		let have = sections.power(source)?;
		if !(1..=have).contains(&power) {
			return Err(PtauError::TooSmall { have, need: power });
		}
		let n = 1usize << power;
		let [beta_g2] = sections.g2(source, 6, 0, 1)?[..] else {
			return Err(PtauError::SectionLength(6));
		};
		let powers = Self {
			tau_g1: sections.g1(source, 2, 0, 2 * n - 1)?,
			tau_g2: sections.g2(source, 3, 0, n)?,
			alpha_tau_g1: sections.g1(source, 4, 0, n)?,
			beta_tau_g1: sections.g1(source, 5, 0, n)?,
			beta_g2,
		};
		powers.check(rng)?;
		Ok(powers)
	}

	/// One party's powers, for tests and networks that are not live: whoever knows the randomness can
	/// forge under every key made from them.
	pub fn generate<R: RngCore + CryptoRng>(power: u32, rng: &mut R) -> Self {
		Self::of([(); 3].map(|()| Fr::rand(rng)), power.clamp(1, MAX_POWER))
	}

	/// Powers of this tau, with this alpha and beta.
	pub(super) fn of([tau, alpha, beta]: [Fr; 3], power: u32) -> Self {
		let n = 1usize << power;
		let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |last| Some(*last * tau))
			.take(2 * n - 1)
			.collect();
		let times = |factor: Fr| powers[..n].iter().map(|p| *p * factor).collect::<Vec<_>>();
		let (g1, g2) = generators();
		let g1 = g1.into_group();
		Self {
			tau_g1: g1.batch_mul(&powers),
			tau_g2: g2.into_group().batch_mul(&powers[..n]),
			alpha_tau_g1: g1.batch_mul(&times(alpha)),
			beta_tau_g1: g1.batch_mul(&times(beta)),
			beta_g2: (g2 * beta).into_affine(),
		}
	}

	/// Logarithm of the size.
	pub fn power(&self) -> u32 {
		self.tau_g2.len().ilog2()
	}

	/// The powers that a domain of this size needs.
	pub(super) fn for_domain(&self, power: u32) -> Result<Cow<'_, Self>, CeremonyError> {
		let have = self.power();
		if have < power {
			return Err(CeremonyError::TooFewPowers { have, need: power });
		}
		if have == power {
			return Ok(Cow::Borrowed(self));
		}
		let n = 1usize << power;
		Ok(Cow::Owned(Self {
			tau_g1: self.tau_g1[..2 * n - 1].to_vec(),
			tau_g2: self.tau_g2[..n].to_vec(),
			alpha_tau_g1: self.alpha_tau_g1[..n].to_vec(),
			beta_tau_g1: self.beta_tau_g1[..n].to_vec(),
			beta_g2: self.beta_g2,
		}))
	}

	/// BLAKE2b-256 over the points: what a ceremony is bound to.
	pub(super) fn digest(&self) -> Result<[u8; 32], CeremonyError> {
		let mut bytes = Vec::new();
		for points in [&self.tau_g1, &self.alpha_tau_g1, &self.beta_tau_g1] {
			for point in points {
				point.serialize_uncompressed(&mut bytes)?;
			}
		}
		for point in self.tau_g2.iter().chain([&self.beta_g2]) {
			point.serialize_uncompressed(&mut bytes)?;
		}
		let hash = Blake2b::<U32>::new()
			.chain_update(b"woppal powers of tau 1")
			.chain_update(self.power().to_le_bytes())
			.chain_update(body_hash(&bytes))
			.finalize();
		Ok(hash.into())
	}

	/// Checks that the points are powers of one tau, times alpha and beta where they should be.
	fn check<R: RngCore + CryptoRng>(&self, rng: &mut R) -> Result<(), PtauError> {
		let (g1, g2) = generators();
		if self.tau_g1[0] != g1 {
			return Err(PtauError::Powers(2));
		}
		if self.tau_g2[0] != g2 {
			return Err(PtauError::Powers(3));
		}
		let in_g2 = [g2, self.tau_g2[1]];
		for (section, points) in
			[(2, &self.tau_g1), (4, &self.alpha_tau_g1), (5, &self.beta_tau_g1)]
		{
			let weights = weights(points.len() - 1, rng);
			let low = G1Projective::msm_unchecked(points, &weights).into_affine();
			let high = G1Projective::msm_unchecked(&points[1..], &weights).into_affine();
			if !same_ratio([low, high], in_g2) {
				return Err(PtauError::Powers(section));
			}
		}
		let weights = weights(self.tau_g2.len() - 1, rng);
		let low = G2Projective::msm_unchecked(&self.tau_g2, &weights).into_affine();
		let high = G2Projective::msm_unchecked(&self.tau_g2[1..], &weights).into_affine();
		if !same_ratio([g1, self.tau_g1[1]], [low, high]) {
			return Err(PtauError::Powers(3));
		}
		if !same_ratio([g1, self.beta_tau_g1[0]], [g2, self.beta_g2]) {
			return Err(PtauError::Powers(6));
		}
		Ok(())
	}

	/// Writes a ptau file that snarkjs reads, without contributions.
	///
	/// # Errors
	/// What the sink gives.
	pub fn write(&self, sink: &mut impl Write) -> io::Result<()> {
		let mut header = (COORDINATE as u32).to_le_bytes().to_vec();
		header.extend(Fq::MODULUS.0.iter().flat_map(|limb| limb.to_le_bytes()));
		header.extend(self.power().to_le_bytes());
		header.extend(self.power().to_le_bytes());
		let g1 = |points: &[G1Affine]| -> Vec<u8> {
			points.iter().flat_map(|point| [point.x, point.y]).flat_map(montgomery).collect()
		};
		let g2 = |points: &[G2Affine]| -> Vec<u8> {
			let coordinates = |p: &G2Affine| [p.x.c0, p.x.c1, p.y.c0, p.y.c1];
			points.iter().flat_map(coordinates).flat_map(montgomery).collect()
		};
		let sections = [
			header,
			g1(&self.tau_g1),
			g2(&self.tau_g2),
			g1(&self.alpha_tau_g1),
			g1(&self.beta_tau_g1),
			g2(&[self.beta_g2]),
			// The number of contributions.
			0u32.to_le_bytes().to_vec(),
		];
		sink.write_all(&MAGIC)?;
		sink.write_all(&VERSION.to_le_bytes())?;
		sink.write_all(&(sections.len() as u32).to_le_bytes())?;
		for (number, section) in (1u32..).zip(sections) {
			sink.write_all(&number.to_le_bytes())?;
			sink.write_all(&(section.len() as u64).to_le_bytes())?;
			sink.write_all(&section)?;
		}
		Ok(())
	}
}

/// Where the sections 1 to 15 begin, and how long they are.
pub(super) struct Sections([Option<(u64, u64)>; 15]);

impl Sections {
	/// Finds a file's sections, which must fill it.
	pub(super) fn of<S: Read + Seek>(source: &mut S) -> Result<Self, PtauError> {
		let length = source.seek(SeekFrom::End(0))?;
		source.seek(SeekFrom::Start(0))?;
		let short = |_| PtauError::NotPtau;
		let begin: [u8; 4] = read_array(source).map_err(short)?;
		let version = read_array(source).map(u32::from_le_bytes).map_err(short)?;
		let count = read_array(source).map(u32::from_le_bytes).map_err(short)?;
		if begin != MAGIC || version != VERSION {
			return Err(PtauError::NotPtau);
		}
		if count > MAX_SECTIONS {
			return Err(PtauError::Layout);
		}
		let mut sections = [None; 15];
		let mut at = 12u64;
		for _ in 0..count {
			source.seek(SeekFrom::Start(at))?;
			let cut = |_| PtauError::Layout;
			let number = read_array(source).map(u32::from_le_bytes).map_err(cut)?;
			let size = read_array(source).map(u64::from_le_bytes).map_err(cut)?;
			let start = at + 12;
			let end = start.checked_add(size).filter(|end| *end <= length);
			at = end.ok_or(PtauError::Layout)?;
			let slot = (number as usize).checked_sub(1).and_then(|place| sections.get_mut(place));
			if let Some(slot) = slot {
				if slot.replace((start, size)).is_some() {
					return Err(PtauError::Section(number));
				}
			}
		}
		if at != length {
			return Err(PtauError::Layout);
		}
		Ok(Self(sections))
	}

	/// Where a section begins, and its length.
	pub(super) fn get(&self, number: u32) -> Result<(u64, u64), PtauError> {
		let slot = self.0.get(number as usize - 1).copied().flatten();
		slot.ok_or(PtauError::Section(number))
	}

	/// Reads the header and checks the length of sections 2 to 6 by it; gives the power.
	pub(super) fn power<S: Read + Seek>(&self, source: &mut S) -> Result<u32, PtauError> {
		let (start, size) = self.get(1)?;
		if size != HEADER_BYTES {
			return Err(PtauError::SectionLength(1));
		}
		source.seek(SeekFrom::Start(start))?;
		let coordinate = u32::from_le_bytes(read_array(source)?);
		let order: [u8; COORDINATE] = read_array(source)?;
		let power = u32::from_le_bytes(read_array(source)?);
		let ceremony_power = u32::from_le_bytes(read_array(source)?);
		let is_bn254 = coordinate as usize == COORDINATE && limbs(&order) == Fq::MODULUS;
		if !is_bn254 || !(power..=MAX_POWER).contains(&ceremony_power) || power == 0 {
			return Err(PtauError::Header);
		}
		let n = 1u64 << power;
		let (g1, g2) = (G1_BYTES as u64, G2_BYTES as u64);
		let lengths = [(2, (2 * n - 1) * g1), (3, n * g2), (4, n * g1), (5, n * g1), (6, g2)];
		for (number, length) in lengths {
			self.check_length(number, length)?;
		}
		Ok(power)
	}

	/// Checks a section's length.
	pub(super) fn check_length(&self, number: u32, length: u64) -> Result<(), PtauError> {
		if self.get(number)?.1 == length {
			Ok(())
		} else {
			Err(PtauError::SectionLength(number))
		}
	}

	/// Points of a section from some position on.
	fn points<S: Read + Seek, P: Send, const BYTES: usize>(
		&self,
		source: &mut S,
		section: u32,
		from: usize,
		count: usize,
		decode: impl Fn(&[u8]) -> Option<P> + Sync,
	) -> Result<Vec<P>, PtauError> {
		let (start, size) = self.get(section)?;
		if size < ((from + count) * BYTES) as u64 {
			return Err(PtauError::SectionLength(section));
		}
		source.seek(SeekFrom::Start(start + (from * BYTES) as u64))?;
		let mut raw = vec![0; count * BYTES];
		source.read_exact(&mut raw)?;
		raw.par_chunks_exact(BYTES)
			.enumerate()
			.map(|(at, point)| decode(point).ok_or(PtauError::Point { section, index: from + at }))
			.collect()
	}

	/// Points of G1 of a section from some position on.
	pub(super) fn g1<S: Read + Seek>(
		&self,
		source: &mut S,
		section: u32,
		from: usize,
		count: usize,
	) -> Result<Vec<G1Affine>, PtauError> {
		self.points::<_, _, G1_BYTES>(source, section, from, count, |bytes| {
			let [x, y] = coordinates(bytes)?;
			let point = G1Affine::new_unchecked(x, y);
			// All of G1 is the subgroup. The identity, (0, 0), counts as a point of the curve.
			(!point.is_zero() && point.is_on_curve()).then_some(point)
		})
	}

	/// Points of G2 of a section from some position on.
	pub(super) fn g2<S: Read + Seek>(
		&self,
		source: &mut S,
		section: u32,
		from: usize,
		count: usize,
	) -> Result<Vec<G2Affine>, PtauError> {
		self.points::<_, _, G2_BYTES>(source, section, from, count, |bytes| {
			let [x0, x1, y0, y1] = coordinates(bytes)?;
			let point = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
			let is_valid = !point.is_zero()
				&& point.is_on_curve()
				&& point.is_in_correct_subgroup_assuming_on_curve();
			is_valid.then_some(point)
		})
	}
}

fn read_array<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
	let mut bytes = [0; N];
	source.read_exact(&mut bytes)?;
	Ok(bytes)
}

fn limbs(bytes: &[u8]) -> BigInt<4> {
	let mut limbs = [0; 4];
	for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
		*limb = chunk.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
	}
	BigInt(limbs)
}

/// Coordinates from their Montgomery form; `None` for one that is not reduced.
fn coordinates<const N: usize>(bytes: &[u8]) -> Option<[Fq; N]> {
	let mut out = [Fq::ZERO; N];
	for (coordinate, chunk) in out.iter_mut().zip(bytes.chunks_exact(COORDINATE)) {
		let inner = limbs(chunk);
		if inner >= Fq::MODULUS {
			return None;
		}
		*coordinate = Fq::new_unchecked(inner);
	}
	Some(out)
}

fn montgomery(coordinate: Fq) -> impl Iterator<Item = u8> {
	coordinate.0 .0.into_iter().flat_map(u64::to_le_bytes)
}
