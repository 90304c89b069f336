//! Derives what `src/poseidon/` keeps of each width for the permutation's short form, and writes it
//! there: `cargo run -p woppal-zkwasm --example poseidon_tables`. A test compares the files.
//!
//! In a partial round only the first element `x` passes the S-box, giving `y`; the others, `s`, are
//! mixed linearly. With the matrix and the round's constants in blocks,
//!
//! ```text
//! x' = m·y + a·(s + c)      s' = b·y + C·(s + c)
//! ```
//!
//! Two changes give the same `x` in every round for less. First, `s` starts without its constants
//! and what they add up to goes to the constants of `x` and of the full round behind. Then `u = T·s`
//! takes the place of `s`, where `T` has the rows `q·C^(n-1) .. q·C, q` and `q` is the form with
//! `q·C^j·b = 0` for `j < n - 1`, and 1 for `j = n - 1`. There the round is a shift with two sums:
//!
//! ```text
//! x' = m·y + (a·T⁻¹)·u      u'[0] = y + Σ r[j]·u[n-1-j]      u'[i] = u[i-1]
//! ```
//!
//! with `C^n = Σ r[j]·C^j`. The full rounds' matrices before and behind take `T` and `T⁻¹` in.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use std::{error::Error, fs, path::Path};
use woppal_zkwasm::{
	commitment::to_root,
	poseidon::{Parameters, FULL_ROUNDS},
};

type Matrix = Vec<Vec<Fr>>;

fn dot(a: &[Fr], b: &[Fr]) -> Fr {
	a.iter().zip(b).map(|(a, b)| *a * b).sum()
}

fn apply(matrix: &[Vec<Fr>], vector: &[Fr]) -> Vec<Fr> {
	matrix.iter().map(|row| dot(row, vector)).collect()
}

fn transposed(matrix: &[Vec<Fr>]) -> Matrix {
	(0..matrix.len()).map(|i| matrix.iter().map(|row| row[i]).collect()).collect()
}

fn product(a: &[Vec<Fr>], b: &[Vec<Fr>]) -> Matrix {
	let columns = transposed(b);
	a.iter().map(|row| apply(&columns, row)).collect()
}

/// `matrix` with a first row and column that leave the first element alone.
fn beside_one(matrix: &[Vec<Fr>]) -> Matrix {
	let mut first = vec![Fr::ZERO; matrix.len() + 1];
	first[0] = Fr::ONE;
	let rows = matrix.iter().map(|row| [&[Fr::ZERO], row.as_slice()].concat());
	std::iter::once(first).chain(rows).collect()
}

/// By Gauss and Jordan; `None` if there is no inverse.
fn inverse(matrix: &[Vec<Fr>]) -> Option<Matrix> {
	let size = matrix.len();
	let unit = |i: usize| (0..size).map(move |j| Fr::from(u64::from(i == j)));
	let mut rows: Matrix =
		(0..size).map(|i| matrix[i].iter().copied().chain(unit(i)).collect()).collect();
	for i in 0..size {
		let pivot = (i..size).find(|row| rows[*row][i] != Fr::ZERO)?;
		rows.swap(i, pivot);
		let scale = rows[i][i].inverse()?;
		rows[i].iter_mut().for_each(|element| *element *= scale);
		let own = rows[i].clone();
		for (other, row) in rows.iter_mut().enumerate() {
			let factor = row[i];
			if other != i {
				row.iter_mut().zip(&own).for_each(|(element, own)| *element -= factor * own);
			}
		}
	}
	Some(rows.into_iter().map(|row| row[size..].to_vec()).collect())
}

/// The table of one width: constants of the full rounds before, of the partial rounds, of the full
/// rounds behind; the full rounds' matrix, the one that leads into the partial rounds, the one that
/// leads out, whose first row is that of `x'`, the row of `u'[0]`. `None` if `T` does not exist.
pub(crate) fn table(parameters: &Parameters) -> Option<Vec<Fr>> {
	let (width, partial, half) = (parameters.width, parameters.partial_rounds, FULL_ROUNDS / 2);
	let matrix: Matrix = parameters.matrix.chunks_exact(width).map(<[Fr]>::to_vec).collect();
	let a = &matrix[0][1..];
	let b: Vec<Fr> = matrix[1..].iter().map(|row| row[0]).collect();
	let c: Matrix = matrix[1..].iter().map(|row| row[1..].to_vec()).collect();

	// The columns b, C·b .. C^(n-1)·b, and C^n·b.
	let powers: Matrix =
		std::iter::successors(Some(b), |last| Some(apply(&c, last))).take(width).collect();
	let (last, columns) = powers.split_last()?;
	let inverted = inverse(&transposed(columns))?;
	let q = inverted.last()?.clone();
	let columns_of_c = transposed(&c);
	let mut change: Matrix = std::iter::successors(Some(q), |row| Some(apply(&columns_of_c, row)))
		.take(width - 1)
		.collect();
	change.reverse();
	let back = inverse(&change)?;
	let enter = product(&beside_one(&change), &matrix);
	let leave = product(&matrix, &beside_one(&back));
	let mut recurrence = apply(&inverted, last);
	recurrence.push(Fr::ONE);
	recurrence.reverse();

	let rounds: Vec<&[Fr]> = parameters.round_constants.chunks_exact(width).collect();
	let mut forms = Vec::new();
	let mut behind = rounds[half + partial..].concat();
	let mut carried = vec![Fr::ZERO; width];
	for constants in &rounds[half..half + partial] {
		let sums: Vec<Fr> = constants.iter().zip(&carried).map(|(c, k)| *c + k).collect();
		forms.push(sums[0]);
		let others = &sums[1..];
		carried = vec![dot(a, others)];
		carried.extend(apply(&c, others));
	}
	behind.iter_mut().zip(&carried).for_each(|(constant, carried)| *constant += carried);

	let parts = [
		rounds[..half].concat(),
		forms,
		behind,
		matrix.concat(),
		enter.concat(),
		leave.concat(),
		recurrence,
	];
	Some(parts.concat())
}

#[allow(dead_code, reason = "a test compares the tables instead")]
fn main() -> Result<(), Box<dyn Error>> {
	for parameters in [Parameters::narrow(), Parameters::wide()] {
		let table = table(&parameters).ok_or("the matrix has no short form")?;
		let bytes: Vec<u8> = table.iter().flat_map(to_root).collect();
		let name = format!("src/poseidon/short{}.bin", parameters.width);
		fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), bytes)?;
	}
	Ok(())
}
