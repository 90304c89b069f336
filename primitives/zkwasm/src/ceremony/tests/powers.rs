//! Powers of tau: files that snarkjs made, and doctored ones.

use super::{begun, powers, relation, rng, rows};
use crate::{
	ceremony::{
		ptau::{Powers, PtauError},
		Basis, Ceremony, CeremonyError,
	},
	setup::dummy_rows,
};
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField};
use std::io::Cursor;

/// Made by snarkjs 0.7.6: two contributions, a beacon, prepared for phase 2; 2^4.
const SNARKJS: &[u8] = include_bytes!("../../../tests/data/powers-4.ptau");

fn read(bytes: &[u8], power: u32) -> Result<Powers, PtauError> {
	Powers::read(&mut Cursor::new(bytes), power, &mut rng(1))
}

fn written(powers: &Powers) -> Vec<u8> {
	let mut bytes = Vec::new();
	powers.write(&mut bytes).unwrap();
	bytes
}

/// A point of the curve over Fq2 that is not in the subgroup of prime order.
pub(super) fn outside_the_subgroup() -> G2Affine {
	(1u64..)
		.find_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), true))
		.filter(|point| !point.is_in_correct_subgroup_assuming_on_curve())
		.unwrap()
}

/// Where a section of a file begins.
fn section(bytes: &[u8], number: u32) -> usize {
	let mut at = 12;
	loop {
		let found = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
		let size = u64::from_le_bytes(bytes[at + 4..at + 12].try_into().unwrap());
		if found == number {
			return at + 12;
		}
		at += 12 + size as usize;
	}
}

#[test]
fn a_file_that_snarkjs_made_serves_a_ceremony() {
	let powers = read(SNARKJS, 4).unwrap();
	let smaller = read(SNARKJS, 3).unwrap();
	assert_eq!(powers.tau_g1[..15], smaller.tau_g1[..]);
	assert_eq!((powers.power(), smaller.power()), (4, 3));
	assert!(matches!(read(SNARKJS, 5), Err(PtauError::TooSmall { have: 4, need: 5 })));
	let rows = rows();
	let relation = relation(&rows);
	let mut ceremony = begun(&relation, &powers);
	ceremony.contribute(&relation, &powers, "Ada", &mut rng(3)).unwrap();
	ceremony.verify(&relation, &powers, &mut rng(4)).unwrap();
}

fn read_basis(bytes: &[u8], rows: usize) -> Result<Option<Basis>, CeremonyError> {
	let (rows, _) = dummy_rows(rows);
	let powers = read(SNARKJS, 4).unwrap();
	Basis::read(&mut Cursor::new(bytes), &relation(&rows), &powers, &mut rng(5))
}

/// What snarkjs prepared is what the transform gives, for the file's domain and for a smaller one.
#[test]
fn a_prepared_basis_is_the_transform_of_the_powers() {
	for count in [10, 3] {
		let (rows, _) = dummy_rows(count);
		let relation = relation(&rows);
		let powers = read(SNARKJS, 4).unwrap();
		let prepared = read_basis(SNARKJS, count).unwrap().unwrap();
		let begun = begun(&relation, &powers);
		assert!(Ceremony::new(&relation, &powers, &prepared).unwrap().key == begun.key);
		let own = Basis::transform(&relation, &powers).unwrap();
		assert_eq!(own.tau_g1, prepared.tau_g1);
	}
	assert!(read_basis(&written(&powers()), 10).unwrap().is_none());
}

#[test]
fn a_doctored_basis_is_refused() {
	for number in 12..=15 {
		let at = section(SNARKJS, number);
		let size = if number == 13 { 128 } else { 64 };
		// Two points of the domain's basis change places; the same in a basis of another size is
		// nothing to this one.
		for (place, refused) in [(15, true), (3, false)] {
			let at = at + place * size;
			let mut doctored = SNARKJS.to_vec();
			let (first, second) = doctored[at..at + 2 * size].split_at_mut(size);
			first.swap_with_slice(second);
			match read_basis(&doctored, 10) {
				Err(CeremonyError::Ptau(PtauError::Powers(found))) => {
					assert!(refused);
					assert_eq!(found, number);
				},
				other => assert!(!refused && other.is_ok()),
			}
		}
		let mut doctored = SNARKJS.to_vec();
		doctored[at + 20 * size] ^= 1;
		assert!(matches!(
			read_basis(&doctored, 10),
			Err(CeremonyError::Ptau(PtauError::Point { index: 20, .. }))
		));
		// The section is missing.
		let mut doctored = SNARKJS.to_vec();
		doctored[at - 12] = 40;
		assert!(matches!(
			read_basis(&doctored, 10),
			Err(CeremonyError::Ptau(PtauError::Section(missing))) if missing == number
		));
	}
	assert!(matches!(
		read_basis(SNARKJS, 20),
		Err(CeremonyError::TooFewPowers { have: 4, need: 5 })
	));
}

#[test]
fn written_powers_are_read_again() {
	let powers = powers();
	let bytes = written(&powers);
	assert!(read(&bytes, 4).unwrap() == powers);
	// Theirs, without what we pass over.
	let theirs = read(SNARKJS, 4).unwrap();
	assert!(read(&written(&theirs), 4).unwrap() == theirs);
}

#[test]
fn doctored_powers_are_refused() {
	let other = Powers::of([Fr::from(9u64), Fr::from(6u64), Fr::from(7u64)], 4);
	let honest = || Powers::of([Fr::from(5u64), Fr::from(6u64), Fr::from(7u64)], 4);
	let plus_one = |point: &G1Affine| (*point + G1Affine::generator()).into_affine();
	type Change<'a> = Box<dyn Fn(&mut Powers) + 'a>;
	let changes: Vec<(u32, Change<'_>)> = vec![
		// One power changed, first, middle and last.
		(2, Box::new(|p| p.tau_g1[0] = plus_one(&p.tau_g1[0]))),
		(2, Box::new(|p| p.tau_g1[1] = plus_one(&p.tau_g1[1]))),
		(2, Box::new(|p| p.tau_g1[17] = plus_one(&p.tau_g1[17]))),
		(2, Box::new(|p| p.tau_g1[30] = plus_one(&p.tau_g1[30]))),
		(3, Box::new(|p| p.tau_g2[9] = (p.tau_g2[9] + p.tau_g2[0]).into_affine())),
		(4, Box::new(|p| p.alpha_tau_g1[15] = plus_one(&p.alpha_tau_g1[15]))),
		(5, Box::new(|p| p.beta_tau_g1[3] = plus_one(&p.beta_tau_g1[3]))),
		// Two powers exchanged.
		(2, Box::new(|p| p.tau_g1.swap(4, 5))),
		// Powers of another tau in a whole section.
		(2, Box::new(|p| p.tau_g1 = other.tau_g1.clone())),
		(2, Box::new(|p| p.tau_g2 = other.tau_g2.clone())),
		(4, Box::new(|p| p.alpha_tau_g1 = other.alpha_tau_g1.clone())),
		(5, Box::new(|p| p.beta_tau_g1 = other.beta_tau_g1.clone())),
		// From the second on: what starts with the generator but goes on with another tau.
		(3, Box::new(|p| p.tau_g2[2..].copy_from_slice(&other.tau_g2[2..]))),
		// Beta in G2 is not beta in G1.
		(6, Box::new(|p| p.beta_g2 = (p.beta_g2 + p.beta_g2).into_affine())),
		// Other generators.
		(2, Box::new(|p| p.tau_g1.iter_mut().for_each(|q| *q = (*q * Fr::from(2u64)).into()))),
		(3, Box::new(|p| p.tau_g2.iter_mut().for_each(|q| *q = (*q * Fr::from(2u64)).into()))),
	];
	assert!(read(&written(&honest()), 4).is_ok());
	for (number, (section, change)) in changes.into_iter().enumerate() {
		let mut doctored = honest();
		change(&mut doctored);
		match read(&written(&doctored), 4) {
			Err(PtauError::Powers(found)) => assert_eq!(found, section, "change {number}"),
			other => panic!("change {number}: {:?}", other.err()),
		}
	}
}

#[test]
fn strange_points_are_refused() {
	let honest = written(&powers());
	let refused = |bytes: &[u8], section: u32, index: usize| match read(bytes, 4) {
		Err(PtauError::Point { section: s, index: i }) => assert_eq!((s, i), (section, index)),
		other => panic!("{:?}", other.err()),
	};
	// The identity.
	let at = section(&honest, 4) + 2 * 64;
	let mut bytes = honest.clone();
	bytes[at..at + 64].fill(0);
	refused(&bytes, 4, 2);
	// Off the curve.
	let mut bytes = honest.clone();
	bytes[at] ^= 1;
	refused(&bytes, 4, 2);
	// The same coordinate, not reduced.
	let mut bytes = honest.clone();
	let mut limbs = [0u64; 4];
	for (limb, chunk) in limbs.iter_mut().zip(bytes[at..].chunks_exact(8)) {
		*limb = u64::from_le_bytes(chunk.try_into().unwrap());
	}
	let mut coordinate = ark_ff::BigInt(limbs);
	assert!(!coordinate.add_with_carry(&Fq::MODULUS));
	bytes[at..at + 32].copy_from_slice(&coordinate.to_bytes_le());
	refused(&bytes, 4, 2);
	// Outside the subgroup.
	let mut doctored = powers();
	doctored.tau_g2[5] = outside_the_subgroup();
	refused(&written(&doctored), 3, 5);
	let mut doctored = powers();
	doctored.beta_g2 = outside_the_subgroup();
	refused(&written(&doctored), 6, 0);
	let mut doctored = powers();
	doctored.tau_g2[5] = G2Affine::zero();
	refused(&written(&doctored), 3, 5);
	// Tau, alpha or beta is zero: all equations hold.
	for (secrets, section, index) in [([0, 6, 7], 2, 1), ([5, 0, 7], 4, 0), ([5, 6, 0], 6, 0)] {
		refused(&written(&Powers::of(secrets.map(Fr::from), 4)), section, index);
	}
}

#[test]
fn files_of_another_form_are_refused() {
	let honest = written(&powers());
	for length in 0..honest.len() {
		assert!(read(&honest[..length], 4).is_err(), "{length}");
	}
	assert!(matches!(read(&[honest.as_slice(), &[0]].concat(), 4), Err(PtauError::Layout)));
	let with = |place: usize, bytes: &[u8]| {
		let mut changed = honest.clone();
		changed[place..place + bytes.len()].copy_from_slice(bytes);
		read(&changed, 4).err().unwrap()
	};
	assert!(matches!(with(0, b"zkey"), PtauError::NotPtau));
	assert!(matches!(with(4, &[2]), PtauError::NotPtau));
	// Sections: more than there are, too many, of absurd lengths, missing, twice.
	assert!(matches!(with(8, &[8]), PtauError::Layout));
	assert!(matches!(with(8, &u32::MAX.to_le_bytes()), PtauError::Layout));
	assert!(matches!(with(16, &u64::MAX.to_le_bytes()), PtauError::Layout));
	let second = section(&honest, 2) - 12;
	assert!(matches!(with(second, &[9]), PtauError::Section(2)));
	assert!(matches!(with(second, &[3]), PtauError::Section(3)));
	assert!(matches!(with(second + 4, &(u64::MAX - 100).to_le_bytes()), PtauError::Layout));
	// Header: another field, another curve, sizes that the sections don't have, or that nothing has.
	let header = section(&honest, 1);
	assert!(matches!(with(header, &[48]), PtauError::Header));
	assert!(matches!(with(header + 4, &[0]), PtauError::Header));
	assert!(matches!(with(header + 36, &[3]), PtauError::SectionLength(2)));
	assert!(matches!(with(header + 36, &[28, 0, 0, 0, 28]), PtauError::SectionLength(2)));
	assert!(matches!(with(header + 36, &[29, 0, 0, 0, 29]), PtauError::Header));
	assert!(matches!(with(header + 36, &[255, 255, 255, 255]), PtauError::Header));
	assert!(matches!(with(header + 40, &[3]), PtauError::Header));
}
