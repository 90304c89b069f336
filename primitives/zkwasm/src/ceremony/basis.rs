//! Lagrange polynomials at tau: what a circuit's points are combined from.

use super::{
	ptau::{Powers, PtauError, Sections, G1_BYTES, G2_BYTES},
	weights, CeremonyError, Relation,
};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use rand_chacha::rand_core::{CryptoRng, RngCore};
use std::io::{Read, Seek};

/// The Lagrange polynomials of a domain at tau, each as many as the domain has elements.
///
/// They follow from the powers by Fourier transforms of points ([`Basis::transform`]), which take
/// minutes; files that were prepared for phase 2 have them ready ([`Basis::read`]).
pub struct Basis {
	/// L_i(tau).
	pub(super) tau_g1: Vec<G1Affine>,
	/// L_i(tau) in G2.
	pub(super) tau_g2: Vec<G2Affine>,
	/// alpha L_i(tau).
	pub(super) alpha_tau_g1: Vec<G1Affine>,
	/// beta L_i(tau).
	pub(super) beta_tau_g1: Vec<G1Affine>,
}

impl Basis {
	/// Computes the basis of a relation's domain from the powers.
	///
	/// # Errors
	/// [`CeremonyError::TooFewPowers`].
	pub fn transform(relation: &Relation<'_>, powers: &Powers) -> Result<Self, CeremonyError> {
		let powers = powers.for_domain(relation.power())?;
		let domain = &relation.domain;
		let g1 = |points: &[G1Affine]| transformed::<G1Projective>(domain, points);
		Ok(Self {
			tau_g1: g1(&powers.tau_g1[..domain.size()]),
			tau_g2: transformed::<G2Projective>(domain, &powers.tau_g2),
			alpha_tau_g1: g1(&powers.alpha_tau_g1),
			beta_tau_g1: g1(&powers.beta_tau_g1),
		})
	}

	/// Reads the basis from the file of these powers: sections 12 to 15, in which the bases of all
	/// domains follow each other, the smallest first. `None` if the file was not prepared. `rng` draws
	/// the weights of the check that the basis is that of the powers.
	///
	/// # Errors
	/// See [`PtauError`].
	pub fn read<S: Read + Seek, R: RngCore + CryptoRng>(
		source: &mut S,
		relation: &Relation<'_>,
		powers: &Powers,
		rng: &mut R,
	) -> Result<Option<Self>, CeremonyError> {
		let powers = powers.for_domain(relation.power())?;
		let sections = Sections::of(source)?;
		let have = sections.power(source)?;
		if (12..=15).all(|section| sections.get(section).is_err()) {
			return Ok(None);
		}
		let all = (1u64 << (have + 1)) - 1;
		// Tau in G1 has a basis of twice the size too.
		let with_next = all + (1 << (have + 1));
		let (g1, g2) = (G1_BYTES as u64, G2_BYTES as u64);
		for (section, length) in
			[(12, with_next * g1), (13, all * g2), (14, all * g1), (15, all * g1)]
		{
			sections.check_length(section, length)?;
		}
		let n = relation.domain.size();
		if relation.power() > have {
			return Err(PtauError::TooSmall { have, need: relation.power() }.into());
		}
		let basis = Self {
			tau_g1: sections.g1(source, 12, n - 1, n)?,
			tau_g2: sections.g2(source, 13, n - 1, n)?,
			alpha_tau_g1: sections.g1(source, 14, n - 1, n)?,
			beta_tau_g1: sections.g1(source, 15, n - 1, n)?,
		};
		basis.check(&relation.domain, &powers, rng)?;
		Ok(Some(basis))
	}

	/// Compares a random combination of the basis with the same combination of the powers.
	fn check<R: RngCore + CryptoRng>(
		&self,
		domain: &GeneralEvaluationDomain<Fr>,
		powers: &Powers,
		rng: &mut R,
	) -> Result<(), PtauError> {
		let values = weights(domain.size(), rng);
		let coefficients = domain.ifft(&values);
		let g1 = G1Projective::msm_unchecked;
		for (section, basis, powers) in [
			(12, &self.tau_g1, &powers.tau_g1),
			(14, &self.alpha_tau_g1, &powers.alpha_tau_g1),
			(15, &self.beta_tau_g1, &powers.beta_tau_g1),
		] {
			if g1(basis, &values) != g1(powers, &coefficients) {
				return Err(PtauError::Powers(section));
			}
		}
		let g2 = G2Projective::msm_unchecked;
		if g2(&self.tau_g2, &values) != g2(&powers.tau_g2, &coefficients) {
			return Err(PtauError::Powers(13));
		}
		Ok(())
	}

	/// The basis at this tau, with this alpha and beta.
	#[cfg(test)]
	pub(super) fn of([tau, alpha, beta]: [Fr; 3], relation: &Relation<'_>) -> Self {
		use ark_ec::ScalarMul;
		let values = relation.domain.evaluate_all_lagrange_coefficients(tau);
		let times = |factor: Fr| values.iter().map(|value| *value * factor).collect::<Vec<_>>();
		let (g1, g2) = super::generators();
		let g1 = G1Projective::from(g1);
		Self {
			tau_g1: g1.batch_mul(&values),
			tau_g2: G2Projective::from(g2).batch_mul(&values),
			alpha_tau_g1: g1.batch_mul(&times(alpha)),
			beta_tau_g1: g1.batch_mul(&times(beta)),
		}
	}
}

/// Lagrange polynomials at tau, from tau's powers, all times the same element.
fn transformed<G: CurveGroup<ScalarField = Fr>>(
	domain: &GeneralEvaluationDomain<Fr>,
	powers: &[G::Affine],
) -> Vec<G::Affine> {
	let mut points: Vec<G> = powers.iter().map(|point| (*point).into()).collect();
	domain.ifft_in_place(&mut points);
	G::normalize_batch(&points)
}
