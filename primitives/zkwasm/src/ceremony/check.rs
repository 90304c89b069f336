//! Checks of a transcript and of a whole key.
//!
//! A query's points are some linear map of the powers of tau. Instead of making the points again, the
//! checks compare one random combination of them with the same combination of the powers: the
//! transposed map takes the weights to coefficients of a polynomial, in the field, where it is cheap.

use super::{generators, same_ratio, weights, Ceremony, CeremonyError, Powers, RawKey, Relation};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::AdditiveGroup;
use ark_poly::EvaluationDomain;
use rand_chacha::rand_core::{CryptoRng, RngCore};
use rayon::prelude::*;

/// Checks each contribution against the ones before it, and that the key has the last one's gamma
/// and delta.
pub(super) fn contributions(ceremony: &Ceremony) -> Result<(), CeremonyError> {
	let (_, g2) = generators();
	let mut elements = [g2; 2];
	let transcript = ceremony.transcript();
	let mut ended = false;
	for (index, contribution) in ceremony.contributions.iter().enumerate() {
		if ended {
			return Err(CeremonyError::Ended);
		}
		contribution.follows(&elements, &transcript[index], index)?;
		elements = contribution.elements;
		ended = contribution.is_beacon();
	}
	if ceremony.elements() == elements {
		Ok(())
	} else {
		Err(CeremonyError::Key { part: "gamma or delta" })
	}
}

/// Which of a circuit's matrices.
#[derive(Clone, Copy)]
enum Matrix {
	A,
	B,
	C,
}

/// Coefficients of the polynomial that combines the matrix' columns with these weights, one for each
/// variable.
fn combined(relation: &Relation<'_>, matrix: Matrix, weights: &[Fr]) -> Vec<Fr> {
	let rows = &relation.rows.matrices[matrix as usize];
	let mut values: Vec<Fr> = rows
		.par_iter()
		.map(|row| {
			let terms = row.iter().map(|(coefficient, variable)| *coefficient * weights[*variable]);
			terms.sum()
		})
		.collect();
	if matches!(matrix, Matrix::A) {
		// The rows that bind the public inputs.
		values.extend_from_slice(&weights[..Relation::INSTANCE]);
	}
	relation.domain.ifft(&values)
}

fn g1(points: &[G1Affine], scalars: &[Fr]) -> G1Projective {
	G1Projective::msm_unchecked(points, scalars)
}

/// Checks every point of a key against powers, rows, gamma and delta.
pub(super) fn key<R: RngCore + CryptoRng>(
	relation: &Relation<'_>,
	powers: &Powers,
	key: &RawKey,
	rng: &mut R,
) -> Result<(), CeremonyError> {
	let (one_g1, one_g2) = generators();
	let ensure = |holds: bool, part| {
		if holds {
			Ok(())
		} else {
			Err(CeremonyError::Key { part })
		}
	};
	// A combination would pass over points that are missing or too many.
	let lengths = [
		key.vk.gamma_abc_g1.len(),
		key.a_query.len(),
		key.b_g1_query.len(),
		key.b_g2_query.len(),
		key.h_query.len(),
		key.l_query.len(),
	];
	ensure(lengths == relation.sizes(), "number of points")?;
	ensure(key.vk.alpha_g1 == powers.alpha_tau_g1[0], "alpha")?;
	ensure(key.beta_g1 == powers.beta_tau_g1[0] && key.vk.beta_g2 == powers.beta_g2, "beta")?;
	let [gamma, delta] = [key.vk.gamma_g2, key.vk.delta_g2];
	ensure(same_ratio([one_g1, key.delta_g1], [one_g2, delta]), "delta in G1")?;

	let variables = relation.rows.variables;
	let all = weights(variables, rng);
	let a = combined(relation, Matrix::A, &all);
	let b = combined(relation, Matrix::B, &all);
	ensure(g1(&key.a_query, &all) == g1(&powers.tau_g1, &a), "query a")?;
	ensure(g1(&key.b_g1_query, &all) == g1(&powers.tau_g1, &b), "query b in G1")?;
	let g2 = G2Projective::msm_unchecked;
	ensure(g2(&key.b_g2_query, &all) == g2(&powers.tau_g2, &b), "query b in G2")?;

	// beta A + alpha B + C, for the columns with a weight.
	let mixed = |weights: &[Fr]| {
		let part = |matrix, points: &[G1Affine]| g1(points, &combined(relation, matrix, weights));
		part(Matrix::A, &powers.beta_tau_g1)
			+ part(Matrix::B, &powers.alpha_tau_g1)
			+ part(Matrix::C, &powers.tau_g1)
	};
	let divided = |points: &[G1Affine], weights: &[Fr], divisor, undivided: G1Projective| {
		let combination = g1(points, weights).into_affine();
		same_ratio([combination, undivided.into_affine()], [one_g2, divisor])
	};
	let mut weighted = weights(Relation::INSTANCE, rng);
	weighted.resize(variables, Fr::ZERO);
	let (inputs, _) = weighted.split_at(Relation::INSTANCE);
	ensure(divided(&key.vk.gamma_abc_g1, inputs, gamma, mixed(&weighted)), "input points")?;

	let mut weighted = vec![Fr::ZERO; Relation::INSTANCE];
	weighted.extend(weights(variables - Relation::INSTANCE, rng));
	let (_, witness) = weighted.split_at(Relation::INSTANCE);
	ensure(divided(&key.l_query, witness, delta, mixed(&weighted)), "query l")?;

	// tau^i Z(tau) = tau^(n + i) - tau^i.
	let n = relation.domain.size();
	let weighted = weights(n - 1, rng);
	let vanishing = g1(&powers.tau_g1[n..], &weighted) - g1(&powers.tau_g1, &weighted);
	ensure(divided(&key.h_query, &weighted, delta, vanishing), "query h")
}
