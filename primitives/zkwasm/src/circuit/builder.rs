//! A thin builder of rank-1 constraints.
//!
//! One gadget code serves two uses. *Recording* keeps the rows; it is done once for a shape, on any
//! witness, because no row depends on a value. *Assigning* only computes the values, in the same
//! order, which is what makes a witness cheap. Whether an assignment satisfies the rows is checked
//! against the recorded rows, never against what the gadgets believe.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_relations::gr1cs::Matrix;
use blake2::{digest::consts::U32, Blake2b, Digest};
use rayon::prelude::*;
use std::{
	ops::{Add, Sub},
	sync::OnceLock,
};

/// Public inputs of the segment circuit.
pub const PUBLIC_INPUTS: usize = 4;

/// 2^exponent as a field element.
///
/// # Panics
/// If the exponent is 254 or more; exponents are constants of the circuit.
pub(crate) fn pow2(exponent: usize) -> Fr {
	static POWERS: OnceLock<Vec<Fr>> = OnceLock::new();
	let powers = POWERS.get_or_init(|| {
		std::iter::successors(Some(Fr::ONE), |power| Some(power.double())).take(254).collect()
	});
	powers[exponent]
}

/// A part of the circuit, for the table of rows and to say which check a bad witness fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Gadget {
	/// The statement: public inputs, headers, digest.
	Statement,
	/// Poseidon.
	Hash,
	/// The instruction is fetched and split into its fields.
	Decode,
	/// Both operands: ports, swap, immediate.
	Operands,
	/// Bits of the operands.
	OperandBits,
	/// Bits of the wide result.
	ResultBits,
	/// Arithmetic and selection of the result.
	Alu,
	/// Comparisons, branches and checks.
	Compare,
	/// Addresses, and whether an access is irregular.
	Irregular,
	/// The registers after the step.
	Registers,
	/// Records of the data accesses.
	Ports,
	/// An access is later than the one it reads from.
	Time,
	/// Data words at the start of the segment.
	Initial,
	/// Times at the end of the segment.
	Final,
	/// The network of data and input records.
	DataNetwork,
	/// The network of code records.
	CodeNetwork,
	/// The matrix: its bits.
	Matrix,
	/// Products: their accesses and their arithmetic.
	Products,
}

/// Every gadget, in the order of the table.
pub const GADGETS: [Gadget; 18] = [
	Gadget::Statement,
	Gadget::Hash,
	Gadget::Decode,
	Gadget::Operands,
	Gadget::OperandBits,
	Gadget::ResultBits,
	Gadget::Alu,
	Gadget::Compare,
	Gadget::Irregular,
	Gadget::Registers,
	Gadget::Ports,
	Gadget::Time,
	Gadget::Initial,
	Gadget::Final,
	Gadget::DataNetwork,
	Gadget::CodeNetwork,
	Gadget::Matrix,
	Gadget::Products,
];

/// A linear combination of variables, with its value. `terms` stay empty while assigning.
#[derive(Clone, Debug)]
pub(crate) struct Lc {
	pub(crate) value: Fr,
	terms: Vec<(Fr, usize)>,
}

impl Lc {
	/// The empty sum.
	pub(crate) const fn zero() -> Self {
		Self { value: Fr::ZERO, terms: Vec::new() }
	}

	/// Adds `coefficient * other`.
	pub(crate) fn add_scaled(&mut self, coefficient: Fr, other: &Self) {
		self.value += coefficient * other.value;
		self.terms.extend(other.terms.iter().map(|(c, v)| (*c * coefficient, *v)));
	}

	/// `coefficient * self`.
	pub(crate) fn scaled(&self, coefficient: Fr) -> Self {
		let mut out = Self::zero();
		out.add_scaled(coefficient, self);
		out
	}

	/// `2^exponent * self`.
	pub(crate) fn shifted(&self, exponent: usize) -> Self {
		self.scaled(pow2(exponent))
	}

	/// Sum of the combinations.
	pub(crate) fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
		parts.into_iter().fold(Self::zero(), |sum, part| sum + part)
	}

	/// Whether the value is 1.
	pub(crate) fn is_one(&self) -> bool {
		self.value == Fr::ONE
	}
}

impl Add<&Lc> for Lc {
	type Output = Self;

	fn add(mut self, other: &Self) -> Self {
		self.value += other.value;
		self.terms.extend_from_slice(&other.terms);
		self
	}
}

impl Sub<&Lc> for Lc {
	type Output = Self;

	fn sub(mut self, other: &Self) -> Self {
		self.value -= other.value;
		self.terms.extend(other.terms.iter().map(|(c, v)| (-*c, *v)));
		self
	}
}

/// A number split into bits.
#[derive(Clone, Debug)]
pub(crate) struct Bits {
	/// The bits, lowest first.
	pub(crate) bits: Vec<Lc>,
	/// Their weighted sum.
	pub(crate) lc: Lc,
}

impl Bits {
	/// The number that the bits `from..to` form, shifted down.
	pub(crate) fn range(&self, from: usize, to: usize) -> Lc {
		let mut lc = Lc::zero();
		for (i, bit) in self.bits[from..to].iter().enumerate() {
			if bit.terms.is_empty() && bit.value == Fr::ZERO {
				continue;
			}
			lc.add_scaled(pow2(i), bit);
		}
		lc
	}

	/// The number that every other bit from `first` on forms.
	pub(crate) fn spread(&self, first: usize) -> Lc {
		let mut lc = Lc::zero();
		for (i, bit) in self.bits.iter().skip(first).step_by(2).enumerate() {
			lc.add_scaled(pow2(i), bit);
		}
		lc
	}

	/// How many of the bits `from..to` are set.
	pub(crate) fn count(&self, from: usize, to: usize) -> Lc {
		Lc::sum(&self.bits[from..to])
	}
}

/// The recorded rows: `(A z) ∘ (B z) = C z`.
pub struct Rows {
	/// A, B and C, sparse, by rows.
	pub matrices: [Matrix<Fr>; 3],
	/// Variables, the constant 1 and the public inputs included.
	pub variables: usize,
	gadgets: Vec<Gadget>,
	/// The gadget that each variable comes from; without the constant and the public inputs.
	#[cfg(test)]
	owners: Vec<Gadget>,
}

impl Rows {
	/// Number of rows.
	pub fn len(&self) -> usize {
		self.gadgets.len()
	}

	/// Whether there is no row.
	pub fn is_empty(&self) -> bool {
		self.gadgets.is_empty()
	}

	/// Rows of a gadget.
	pub fn count(&self, gadget: Gadget) -> usize {
		self.gadgets.iter().filter(|g| **g == gadget).count()
	}

	/// The variables that come from a gadget, in their order.
	#[cfg(test)]
	pub(crate) fn owned(&self, gadget: Gadget) -> Vec<usize> {
		let owned = self.owners.iter().enumerate().filter(|(_, owner)| **owner == gadget);
		owned.map(|(variable, _)| variable + 1 + PUBLIC_INPUTS).collect()
	}

	/// The gadget that a row belongs to.
	#[cfg(test)]
	pub(crate) fn gadget(&self, row: usize) -> Gadget {
		self.gadgets[row]
	}

	/// Non-zero coefficients of all three matrices.
	pub fn coefficients(&self) -> usize {
		self.matrices.iter().flatten().map(Vec::len).sum()
	}

	pub(crate) fn holds(&self, row: usize, assignment: &[Fr]) -> bool {
		let [a, b, c] = self.matrices.each_ref().map(|matrix| {
			matrix[row].iter().fold(Fr::ZERO, |sum, (coefficient, variable)| {
				let value = assignment[*variable];
				if value == Fr::ZERO {
					sum
				} else if *coefficient == Fr::ONE {
					sum + value
				} else {
					sum + *coefficient * value
				}
			})
		});
		a * b == c
	}

	/// Whether the assignment satisfies every row.
	pub fn is_satisfied(&self, assignment: &[Fr]) -> bool {
		assignment.len() == self.variables
			&& assignment.first() == Some(&Fr::ONE)
			&& (0..self.len()).into_par_iter().all(|row| self.holds(row, assignment))
	}

	/// The rows that the assignment fails, with their gadgets.
	///
	/// # Panics
	/// If the assignment has fewer values than there are variables.
	pub fn failing(&self, assignment: &[Fr]) -> Vec<(usize, Gadget)> {
		(0..self.len())
			.filter(|row| !self.holds(*row, assignment))
			.map(|row| (row, self.gadgets[row]))
			.collect()
	}

	/// Digests of the rows, of some thousand rows each, and of the number of variables: what a
	/// circuit's hash is made of.
	pub(crate) fn digests(&self) -> Vec<[u8; 32]> {
		const ROWS: usize = 4096;
		let part = |rows: &[Vec<(Fr, usize)>]| -> [u8; 32] {
			let mut hasher = Blake2b::<U32>::new();
			for row in rows {
				hasher.update((row.len() as u64).to_le_bytes());
				for (coefficient, variable) in row {
					// The element's inner form is as good as its integer here and free to read.
					let [l0, l1, l2, l3] = coefficient.0 .0;
					for word in [*variable as u64, l0, l1, l2, l3] {
						hasher.update(word.to_le_bytes());
					}
				}
			}
			hasher.finalize().into()
		};
		let sizes = Blake2b::<U32>::new()
			.chain_update((self.variables as u64).to_le_bytes())
			.chain_update((self.len() as u64).to_le_bytes())
			.finalize()
			.into();
		let mut digests = vec![sizes];
		for matrix in &self.matrices {
			digests.par_extend(matrix.par_chunks(ROWS).map(part));
		}
		digests
	}
}

/// Builds rows and values.
pub(crate) struct Builder {
	values: Vec<Fr>,
	gadget: Gadget,
	rows: Option<Rows>,
}

impl Builder {
	/// Starts with the constant 1 and the public inputs.
	pub(crate) fn new(public: &[Fr; PUBLIC_INPUTS], record: bool) -> Self {
		let mut values = vec![Fr::ONE];
		values.extend_from_slice(public);
		let rows = record.then(|| Rows {
			matrices: [Vec::new(), Vec::new(), Vec::new()],
			variables: 0,
			gadgets: Vec::new(),
			#[cfg(test)]
			owners: Vec::new(),
		});
		Self { values, gadget: Gadget::Statement, rows }
	}

	/// The rows from here on belong to this gadget.
	pub(crate) fn enter(&mut self, gadget: Gadget) {
		self.gadget = gadget;
	}

	/// The values and, if recording, the rows.
	pub(crate) fn finish(self) -> (Vec<Fr>, Option<Rows>) {
		let variables = self.values.len();
		(self.values, self.rows.map(|rows| Rows { variables, ..rows }))
	}

	fn variable(&self, index: usize) -> Lc {
		let terms = if self.rows.is_some() { vec![(Fr::ONE, index)] } else { Vec::new() };
		Lc { value: self.values[index], terms }
	}

	/// The public input at this position.
	pub(crate) fn public(&self, position: usize) -> Lc {
		self.variable(1 + position)
	}

	/// A constant.
	pub(crate) fn constant(&self, value: Fr) -> Lc {
		let terms = if self.rows.is_some() { vec![(value, 0)] } else { Vec::new() };
		Lc { value, terms }
	}

	/// A small constant.
	pub(crate) fn small(&self, value: u64) -> Lc {
		self.constant(Fr::from(value))
	}

	/// 1.
	pub(crate) fn one(&self) -> Lc {
		self.constant(Fr::ONE)
	}

	/// A new variable.
	pub(crate) fn alloc(&mut self, value: Fr) -> Lc {
		self.values.push(value);
		#[cfg(test)]
		if let Some(rows) = &mut self.rows {
			rows.owners.push(self.gadget);
		}
		self.variable(self.values.len() - 1)
	}

	/// The row `a * b = c`. Sums go to `a`, single variables to `b`: what stands in B costs the
	/// prover a point of G2.
	pub(crate) fn enforce(&mut self, a: &Lc, b: &Lc, c: &Lc) {
		if let Some(rows) = &mut self.rows {
			for (matrix, lc) in rows.matrices.iter_mut().zip([a, b, c]) {
				matrix.push(canonical(lc.terms.clone()));
			}
			rows.gadgets.push(self.gadget);
		}
	}

	/// The row `a = b`.
	pub(crate) fn equal(&mut self, a: &Lc, b: &Lc) {
		let one = self.one();
		self.enforce(a, &one, b);
	}

	/// A new variable with the value of a sum, and the row that says so.
	pub(crate) fn named(&mut self, sum: &Lc) -> Lc {
		let variable = self.alloc(sum.value);
		self.equal(sum, &variable);
		variable
	}

	/// `a * b`.
	pub(crate) fn product(&mut self, a: &Lc, b: &Lc) -> Lc {
		let product = self.alloc(a.value * b.value);
		self.enforce(a, b, &product);
		product
	}

	/// 1 if the value is 0, else 0.
	pub(crate) fn is_zero(&mut self, value: &Lc) -> Lc {
		let inverse = self.alloc(value.value.inverse().unwrap_or(Fr::ZERO));
		let zero = self.alloc(if value.value == Fr::ZERO { Fr::ONE } else { Fr::ZERO });
		let non_zero = self.one() - &zero;
		self.enforce(value, &inverse, &non_zero);
		self.enforce(value, &zero, &Lc::zero());
		zero
	}

	/// The row that makes `choice` one of two sums. The shorter one goes to B.
	pub(crate) fn one_of(&mut self, choice: &Lc, x: &Lc, y: &Lc) {
		let (long, short) = if x.terms.len() < y.terms.len() { (y, x) } else { (x, y) };
		let [long, short] = [long, short].map(|sum| choice.clone() - sum);
		self.enforce(&long, &short, &Lc::zero());
	}

	/// A new variable that is 0 or 1.
	pub(crate) fn boolean(&mut self, value: Fr) -> Lc {
		let bit = self.alloc(value);
		self.enforce(&bit, &bit, &bit);
		bit
	}

	/// Splits a value into bits; one row for each. A value that does not fit leaves its excess in the
	/// highest bit, which then is no bit: the sum always equals the value and the rows decide.
	pub(crate) fn bits(&mut self, value: Fr, count: usize) -> Bits {
		let limbs = value.into_bigint().0;
		let set = |i: usize| limbs[i / 64] >> (i % 64) & 1 == 1;
		let fits = (count..256).all(|i| !set(i));
		let mut bits = Vec::with_capacity(count);
		let mut terms = Vec::new();
		let mut low = Fr::ZERO;
		for i in 0..count {
			let bit = if i + 1 == count && !fits {
				(value - low) * pow2(i).inverse().unwrap_or(Fr::ZERO)
			} else {
				Fr::from(u8::from(set(i)))
			};
			if !fits {
				low += bit * pow2(i);
			}
			let bit = self.boolean(bit);
			terms.extend(bit.terms.iter().map(|(c, v)| (*c * pow2(i), *v)));
			bits.push(bit);
		}
		Bits { bits, lc: Lc { value, terms } }
	}

	/// Sorts and merges the terms of a sum that many gadgets use.
	pub(crate) fn merged(&self, lc: Lc) -> Lc {
		Lc { terms: canonical(lc.terms), ..lc }
	}
}

/// Terms in the order of their variables, each variable once, without zeros.
fn canonical(mut terms: Vec<(Fr, usize)>) -> Vec<(Fr, usize)> {
	if terms.len() < 2 {
		return terms;
	}
	terms.sort_by_key(|(_, variable)| *variable);
	terms.dedup_by(|next, kept| {
		let same = next.1 == kept.1;
		if same {
			kept.0 += next.0;
		}
		same
	});
	terms.retain(|(coefficient, _)| *coefficient != Fr::ZERO);
	terms
}
