//! The key that a ceremony begins with: gamma = delta = 1.
//!
//! The reduction is arkworks' `LibsnarkReduction`, which the prover uses: the domain holds the rows,
//! then one row for each public input and the constant 1, whose A is that variable and whose B and C
//! are zero; h is tau^i Z(tau). A variable's points are the sums of its column's coefficients times
//! the Lagrange polynomials at tau.

use super::{generators, Basis, Powers, RawKey, Relation};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{BigInteger, Field, PrimeField};
use ark_groth16::VerifyingKey;
use ark_poly::EvaluationDomain;
use ark_relations::gr1cs::Matrix;
use rayon::prelude::*;

/// The coefficients of each variable, with their rows.
type Columns = Vec<Vec<(Fr, usize)>>;

/// Columns with more terms are summed by a multi-scalar multiplication.
const MANY: usize = 64;

fn columns(matrix: &Matrix<Fr>, variables: usize) -> Columns {
	let mut columns = vec![Vec::new(); variables];
	for (row, terms) in matrix.iter().enumerate() {
		for (coefficient, variable) in terms {
			columns[*variable].push((*coefficient, row));
		}
	}
	columns
}

/// The sum of a column's coefficients times these points.
fn sum<G>(points: &[G::MulBase], column: &[(Fr, usize)]) -> G
where
	G: CurveGroup<ScalarField = Fr> + VariableBaseMSM<MulBase = <G as CurveGroup>::Affine>,
{
	if column.len() > MANY {
		let bases: Vec<_> = column.iter().map(|(_, row)| points[*row]).collect();
		let scalars: Vec<Fr> = column.iter().map(|(coefficient, _)| *coefficient).collect();
		return G::msm_unchecked(&bases, &scalars);
	}
	let mut total = G::zero();
	for (coefficient, row) in column {
		let point = points[*row];
		let negative = -*coefficient;
		if *coefficient == Fr::ONE {
			total += point;
		} else if negative == Fr::ONE {
			total -= point;
		} else if coefficient.into_bigint().num_bits() <= negative.into_bigint().num_bits() {
			// A multiplication takes as many doublings as the scalar has bits.
			total += point * *coefficient;
		} else {
			total -= point * negative;
		}
	}
	total
}

fn sums<G>(points: &[G::MulBase], columns: &Columns) -> Vec<G>
where
	G: CurveGroup<ScalarField = Fr> + VariableBaseMSM<MulBase = <G as CurveGroup>::Affine>,
{
	columns.par_iter().map(|column| sum(points, column)).collect()
}

/// The key of a relation from powers and basis of its domain's size.
pub(super) fn key(relation: &Relation<'_>, powers: &Powers, basis: &Basis) -> RawKey {
	let rows = relation.rows;
	let n = relation.domain.size();
	let [mut a, b, c] = rows.matrices.each_ref().map(|matrix| columns(matrix, rows.variables));
	for (input, column) in a.iter_mut().take(Relation::INSTANCE).enumerate() {
		column.push((Fr::ONE, rows.len() + input));
	}
	let mut mixed: Vec<G1Projective> = sums(&basis.tau_g1, &c);
	let add = |mixed: &mut Vec<G1Projective>, points: &[G1Affine], columns: &Columns| {
		let parts: Vec<G1Projective> = sums(points, columns);
		mixed.iter_mut().zip(parts).for_each(|(total, part)| *total += part);
	};
	add(&mut mixed, &basis.beta_tau_g1, &a);
	add(&mut mixed, &basis.alpha_tau_g1, &b);
	let h_query: Vec<G1Projective> = powers.tau_g1[n..]
		.par_iter()
		.zip(&powers.tau_g1[..n - 1])
		.map(|(high, low)| G1Projective::from(*high) - low)
		.collect();

	let normal = G1Projective::normalize_batch;
	let mut gamma_abc_g1 = normal(&mixed);
	let l_query = gamma_abc_g1.split_off(Relation::INSTANCE);
	let (one_g1, one_g2) = generators();
	RawKey {
		vk: VerifyingKey {
			alpha_g1: powers.alpha_tau_g1[0],
			beta_g2: powers.beta_g2,
			gamma_g2: one_g2,
			delta_g2: one_g2,
			gamma_abc_g1,
		},
		beta_g1: powers.beta_tau_g1[0],
		delta_g1: one_g1,
		a_query: normal(&sums(&basis.tau_g1, &a)),
		b_g1_query: normal(&sums(&basis.tau_g1, &b)),
		b_g2_query: G2Projective::normalize_batch(&sums(&basis.tau_g2, &b)),
		h_query: normal(&h_query),
		l_query,
	}
}
