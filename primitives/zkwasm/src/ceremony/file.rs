//! A ceremony's file.
//!
//! Layout: mark (16 bytes), circuit hash (32), powers' hash (32), number of contributions (4, little
//! endian), the contributions, then the key's points, uncompressed: alpha, beta and delta in G1, beta
//! in G2, input points, queries a, b (G1), b (G2), h, l. Gamma and delta in G2 are the last
//! contribution's. How many points there are follows from the circuit, so the length is known before
//! any of them is read.

use super::{
	contribution::Knowledge, generators, Ceremony, CeremonyError, Contribution, Origin, RawKey,
	Relation, MAX_LOG_ITERATIONS, MAX_NAME, MAX_RANDOMNESS,
};
use crate::{setup::write_whole, verifier::scalar};
use ark_bn254::{G1Affine, G2Affine};
use ark_groth16::VerifyingKey;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use rayon::prelude::*;
use std::{fs, path::Path};

/// First bytes of the file: what it is and its edition.
const MAGIC: [u8; 16] = *b"woppal zk mpc 1\n";
const HEADER_BYTES: usize = MAGIC.len() + 32 + 32 + 4;

/// Contributions that a file may have.
pub const MAX_CONTRIBUTIONS: usize = 1024;
/// Bytes of the longest contribution.
pub const MAX_CONTRIBUTION_BYTES: usize = 2 + MAX_NAME + 128 + 2 + MAX_RANDOMNESS;

/// Bytes of an uncompressed point of G1 and of G2.
const G1_BYTES: usize = 64;
const G2_BYTES: usize = 128;

impl Relation<'_> {
	/// Bytes of the key's points in a file.
	fn key_bytes(&self) -> usize {
		let [inputs, a, b_g1, b_g2, h, l] = self.sizes();
		(3 + inputs + a + b_g1 + h + l) * G1_BYTES + (1 + b_g2) * G2_BYTES
	}
}

impl Ceremony {
	/// The file's bytes.
	///
	/// # Errors
	/// [`CeremonyError::Encoding`], which memory that can't grow would cause.
	pub fn to_bytes(&self) -> Result<Vec<u8>, CeremonyError> {
		let mut out = MAGIC.to_vec();
		out.extend_from_slice(&self.circuit);
		out.extend_from_slice(&self.powers);
		out.extend_from_slice(&(self.contributions.len() as u32).to_le_bytes());
		for contribution in &self.contributions {
			out.extend(contribution.encode());
		}
		let RawKey { vk, beta_g1, delta_g1, a_query, b_g1_query, b_g2_query, h_query, l_query } =
			&self.key;
		put(&mut out, &[vk.alpha_g1, *beta_g1, *delta_g1])?;
		put(&mut out, &[vk.beta_g2])?;
		for points in [&vk.gamma_abc_g1, a_query, b_g1_query] {
			put(&mut out, points)?;
		}
		put(&mut out, b_g2_query)?;
		put(&mut out, h_query)?;
		put(&mut out, l_query)?;
		Ok(out)
	}

	/// Reads a file's bytes. Everything is checked but what [`Ceremony::verify`] checks: points are on
	/// the curve and in their subgroups, so it is safe to contribute to what this gives.
	///
	/// # Errors
	/// See [`CeremonyError`].
	pub fn from_bytes(relation: &Relation<'_>, bytes: &[u8]) -> Result<Self, CeremonyError> {
		let mut rest = bytes;
		let header = take(&mut rest, HEADER_BYTES).ok_or(CeremonyError::NotACeremony)?;
		let header = header.strip_prefix(&MAGIC).ok_or(CeremonyError::NotACeremony)?;
		let (circuit, header) = header.split_at(32);
		let (powers, count) = header.split_at(32);
		if circuit != relation.hash {
			return Err(CeremonyError::OtherCircuit);
		}
		let count = count.iter().rev().fold(0usize, |count, byte| count << 8 | usize::from(*byte));
		if count > MAX_CONTRIBUTIONS {
			return Err(CeremonyError::Full);
		}
		let contributions = (0..count)
			.map(|index| {
				contribution(&mut rest).ok_or(CeremonyError::MalformedContribution { index })
			})
			.collect::<Result<Vec<_>, _>>()?;
		let (have, want) = (rest.len(), relation.key_bytes());
		if have != want {
			return Err(CeremonyError::Length { have, want });
		}
		let last = contributions.last().map(|last: &Contribution| last.elements);
		let key = key(relation, rest, last.unwrap_or([generators().1; 2]))?;
		let mut powers_digest = [0; 32];
		powers_digest.copy_from_slice(powers);
		Ok(Self { circuit: relation.hash, powers: powers_digest, contributions, key })
	}

	/// Writes the file. It appears whole or not at all.
	///
	/// # Errors
	/// [`CeremonyError::File`].
	pub fn store(&self, path: &Path) -> Result<(), CeremonyError> {
		let bytes = self.to_bytes()?;
		write_whole(path, &[&bytes])
			.map_err(|source| CeremonyError::File { path: path.to_owned(), source })
	}

	/// Reads a file, as [`Ceremony::from_bytes`]. One that is longer than any ceremony of this circuit
	/// is refused before it is read.
	///
	/// # Errors
	/// See [`CeremonyError`].
	pub fn load(relation: &Relation<'_>, path: &Path) -> Result<Self, CeremonyError> {
		let file = |source| CeremonyError::File { path: path.to_owned(), source };
		let have = fs::metadata(path).map_err(file)?.len();
		let most = HEADER_BYTES + MAX_CONTRIBUTIONS * MAX_CONTRIBUTION_BYTES + relation.key_bytes();
		if have > most as u64 {
			let have = usize::try_from(have).unwrap_or(usize::MAX);
			return Err(CeremonyError::Length { have, want: most });
		}
		Self::from_bytes(relation, &fs::read(path).map_err(file)?)
	}
}

fn put<P: CanonicalSerialize>(out: &mut Vec<u8>, points: &[P]) -> Result<(), CeremonyError> {
	points.iter().try_for_each(|point| Ok(point.serialize_uncompressed(&mut *out)?))
}

fn contribution(rest: &mut &[u8]) -> Option<Contribution> {
	let [beacon, length] = *take(rest, 2)? else { return None };
	let name = take(rest, usize::from(length)).filter(|name| name.len() <= MAX_NAME)?;
	let name = std::str::from_utf8(name).ok()?.to_owned();
	let elements = [compressed(rest)?, compressed(rest)?];
	let origin = match beacon {
		0 => Origin::Secret(Knowledge {
			commitments: [compressed(rest)?, compressed(rest)?],
			responses: [response(rest)?, response(rest)?],
		}),
		1 => {
			let [log_iterations, length] = *take(rest, 2)? else { return None };
			if log_iterations > MAX_LOG_ITERATIONS {
				return None;
			}
			Origin::Beacon { randomness: take(rest, usize::from(length))?.to_vec(), log_iterations }
		},
		_ => return None,
	};
	Some(Contribution { name, origin, elements })
}

fn response(rest: &mut &[u8]) -> Option<ark_bn254::Fr> {
	scalar(take(rest, 32)?.try_into().ok()?)
}

/// The points of a part of the key; takes them off the front.
fn points<P>(
	rest: &mut &[u8],
	part: &'static str,
	count: usize,
	bytes: usize,
) -> Result<Vec<P>, CeremonyError>
where
	P: CanonicalDeserialize + CanonicalSerialize + Send,
{
	let want = count * bytes;
	let have = rest.len();
	let raw = take(rest, want).ok_or(CeremonyError::Length { have, want })?;
	raw.par_chunks_exact(bytes)
		.enumerate()
		.map(|(index, bytes)| {
			point(bytes, Compress::No).ok_or(CeremonyError::Point { part, index })
		})
		.collect()
}

/// Takes bytes off the front.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
	let (head, tail) = rest.split_at_checked(count)?;
	*rest = tail;
	Some(head)
}

/// Takes a compressed point of G2 off the front.
fn compressed(rest: &mut &[u8]) -> Option<G2Affine> {
	point(take(rest, G2_BYTES / 2)?, Compress::Yes)
}

/// A point from its one canonical form; on the curve and in the subgroup.
fn point<P: CanonicalDeserialize + CanonicalSerialize>(bytes: &[u8], form: Compress) -> Option<P> {
	let point = P::deserialize_with_mode(bytes, form, Validate::Yes).ok()?;
	let mut again = Vec::with_capacity(bytes.len());
	point.serialize_with_mode(&mut again, form).ok()?;
	(again == bytes).then_some(point)
}

fn key(
	relation: &Relation<'_>,
	mut bytes: &[u8],
	[gamma_g2, delta_g2]: [G2Affine; 2],
) -> Result<RawKey, CeremonyError> {
	let rest = &mut bytes;
	let [inputs, a, b_g1, b_g2, h, l] = relation.sizes();
	let g1 = |rest: &mut &[u8], part, count| points::<G1Affine>(rest, part, count, G1_BYTES);
	let single = g1(rest, "alpha, beta and delta", 3)?;
	let [alpha_g1, beta_g1, delta_g1] = single[..] else {
		return Err(CeremonyError::NotACeremony);
	};
	let [beta_g2] = points::<G2Affine>(rest, "beta", 1, G2_BYTES)?[..] else {
		return Err(CeremonyError::NotACeremony);
	};
	let gamma_abc_g1 = g1(rest, "input points", inputs)?;
	Ok(RawKey {
		a_query: g1(rest, "query a", a)?,
		b_g1_query: g1(rest, "query b in G1", b_g1)?,
		b_g2_query: points(rest, "query b in G2", b_g2, G2_BYTES)?,
		h_query: g1(rest, "query h", h)?,
		l_query: g1(rest, "query l", l)?,
		vk: VerifyingKey { alpha_g1, beta_g2, gamma_g2, delta_g2, gamma_abc_g1 },
		beta_g1,
		delta_g1,
	})
}
