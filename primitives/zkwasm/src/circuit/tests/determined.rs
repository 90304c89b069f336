//! Nothing is under-constrained: what the prover does not choose follows from what it does.
//!
//! The prover chooses the regions' cells, the registers before, the fetched instructions, the
//! operands, what the ports find, and the switches; all of these are bound by hashes, networks and
//! ranges, see the forgeries. Starting from them, and from no other value, every row that has one
//! unknown left settles it if it is linear in it; a row whose unknowns are bits with different powers
//! of two as weights settles all of them. A switch without a bit leaves the prover the choice of one of
//! two known sums, which its row makes sure of. In the end nothing may be left.

use super::*;
use crate::circuit::builder::{pow2, Rows};
use ark_ff::{AdditiveGroup, Field};
use std::collections::HashMap;

type Terms = [(Fr, usize)];

struct Propagation<'a> {
	rows: &'a Rows,
	values: &'a [Fr],
	known: Vec<bool>,
	is_bit: Vec<bool>,
	/// Exponent of each power of two and of each inverse of one.
	exponents: HashMap<Fr, i32>,
}

impl<'a> Propagation<'a> {
	fn new(rows: &'a Rows, values: &'a [Fr]) -> Self {
		let mut is_bit = vec![false; rows.variables];
		for row in 0..rows.len() {
			if let Some(bit) = bit_of(rows, row) {
				is_bit[bit] = true;
			}
		}
		let exponents = (0..250)
			.flat_map(|i| [(pow2(i), i as i32), (pow2(i).inverse().unwrap(), -(i as i32))])
			.collect();
		Self { rows, values, known: vec![false; rows.variables], is_bit, exponents }
	}

	fn value(&self, terms: &Terms) -> Fr {
		terms.iter().filter(|(_, v)| self.known[*v]).map(|(c, v)| *c * self.values[*v]).sum()
	}

	fn unknown<'t>(&self, terms: &'t Terms) -> Vec<&'t (Fr, usize)> {
		terms.iter().filter(|(_, v)| !self.known[*v]).collect()
	}

	/// Settles what this row settles.
	fn visit(&mut self, row: usize) -> bool {
		let [a, b, c] = self.rows.matrices.each_ref().map(|matrix| matrix[row].as_slice());
		let unknown = [a, b, c].map(|terms| self.unknown(terms));
		let mut weights: HashMap<usize, Fr> = HashMap::new();
		let (left, right) = (self.value(a), self.value(b));
		if !unknown[0].is_empty() && !unknown[1].is_empty() {
			let chosen = c.is_empty()
				&& self.rows.gadget(row) == Gadget::CodeNetwork
				&& unknown[0].len() == 1
				&& unknown[0] == unknown[1];
			if chosen {
				self.known[unknown[0][0].1] = true;
			}
			return chosen;
		}
		let minus = -Fr::ONE;
		let parts = [(&unknown[0], right), (&unknown[1], left), (&unknown[2], minus)];
		for (terms, factor) in parts {
			for (coefficient, variable) in terms {
				*weights.entry(*variable).or_insert(Fr::ZERO) += *coefficient * factor;
			}
		}
		weights.retain(|_, weight| *weight != Fr::ZERO);
		let settled = weights.len() == 1 || self.are_bits(&weights);
		if settled {
			for variable in weights.keys() {
				self.known[*variable] = true;
			}
		}
		settled && !weights.is_empty()
	}

	fn are_bits(&self, weights: &HashMap<usize, Fr>) -> bool {
		let Some(base) = weights.values().next().and_then(Field::inverse) else { return false };
		let mut exponents: Vec<i32> = Vec::new();
		for (variable, weight) in weights {
			match self.exponents.get(&(*weight * base)) {
				Some(exponent) if self.is_bit[*variable] => exponents.push(*exponent),
				_ => return false,
			}
		}
		exponents.sort_unstable();
		let spread = exponents.last().zip(exponents.first()).map_or(0, |(high, low)| high - low);
		exponents.windows(2).all(|pair| pair[0] != pair[1]) && spread < 250
	}

	fn run(&mut self) {
		while (0..self.rows.len()).fold(false, |any, row| self.visit(row) | any) {}
	}

	/// Whether some row would change with this value.
	fn matters(&self, variable: usize) -> bool {
		let is_in = |terms: &Terms| terms.iter().any(|(_, v)| *v == variable);
		let full = |terms: &Terms| terms.iter().map(|(c, v)| *c * self.values[*v]).sum::<Fr>();
		(0..self.rows.len()).any(|row| {
			let [a, b, c] = self.rows.matrices.each_ref().map(|matrix| matrix[row].as_slice());
			bit_of(self.rows, row).is_none()
				&& (is_in(c)
					|| (is_in(a) && full(b) != Fr::ZERO)
					|| (is_in(b) && full(a) != Fr::ZERO))
		})
	}
}

/// The variable that this row makes a bit.
fn bit_of(rows: &Rows, row: usize) -> Option<usize> {
	let [a, b, c] = rows.matrices.each_ref().map(|matrix| matrix[row].as_slice());
	match (a, a == b && b == c) {
		([(coefficient, variable)], true) if *coefficient == Fr::ONE && *variable != 0 => {
			Some(*variable)
		},
		_ => None,
	}
}

/// Variables that the prover chooses: bits of these gadgets, the regions' cells, the registers before
/// and the program's entry, the offsets, what the ports find, and what is left at the end.
pub(super) fn chosen(rows: &Rows) -> Vec<usize> {
	let gadgets = [
		Gadget::Decode,
		Gadget::OperandBits,
		Gadget::Time,
		Gadget::Initial,
		Gadget::Final,
		Gadget::DataNetwork,
		Gadget::CodeNetwork,
		Gadget::Matrix,
	];
	let mut chosen: Vec<usize> = (0..rows.len())
		.filter(|row| gadgets.contains(&rows.gadget(*row)))
		.filter_map(|row| bit_of(rows, row))
		.collect();
	chosen.extend(0..1 + super::super::PUBLIC_INPUTS);
	for gadget in [Gadget::Statement, Gadget::Decode, Gadget::Final] {
		chosen.extend(rows.owned(gadget));
	}
	// What ports A and B find comes first among a step's operands, what port D finds among its ports.
	for (gadget, found) in [(Gadget::Operands, 2), (Gadget::Ports, 1)] {
		let owned = rows.owned(gadget);
		let per_step = owned.len() / STEPS;
		chosen.extend(owned.chunks(per_step).flat_map(|step| step.iter().take(found)));
	}
	chosen
}

pub(super) fn undetermined(rows: &Rows, values: &[Fr], chosen: Vec<usize>) -> Vec<usize> {
	assert!(rows.is_satisfied(values));
	let mut propagation = Propagation::new(rows, values);
	for variable in chosen {
		propagation.known[variable] = true;
	}
	propagation.run();
	(0..rows.variables)
		.filter(|variable| !propagation.known[*variable] && propagation.matters(*variable))
		.collect()
}

#[test]
fn everything_follows_from_what_the_prover_chooses() {
	for width in WIDTHS {
		let of = |i: Instr| program(width, vec![set(1, 7), i, halt(1)], &[1, 2, 3]);
		let programs = [
			sample(width),
			of(Instr { d: Some(1), a: Some(1), check: true, target: 2, ..instr(Op::Load) }),
			of(Instr { d: Some(1), a: Some(1), imm: 4000, target: 2, ..instr(Op::Load) }),
			of(Instr { a: Some(1), b: Some(1), imm: 4000, target: 2, ..instr(Op::Store) }),
			of(Instr { d: Some(5), target: 0, imm: 4, ..instr(Op::Call) }),
			of(Instr { d: Some(2), a: Some(1), imm: 9, ..instr(Op::ShrS) }),
			of(Instr { d: Some(2), a: Some(1), imm: 9, swap: true, ..instr(Op::LtS) }),
			of(Instr { d: Some(2), a: Some(1), b: Some(2), ..instr(Op::Cmov) }),
		];
		let rows = tiny(width).rows();
		for (i, program) in programs.iter().enumerate() {
			for position in 0..2 {
				let Some((witness, _)) = witness_of(program, position) else { continue };
				let values = tiny(width).assign(&witness).unwrap();
				let left = undetermined(rows, &values, chosen(rows));
				assert!(left.is_empty(), "{width:?}, program {i}, segment {position}: {left:?}");
			}
		}
	}
}

/// The search finds what it is for: where one bit of a result is not known to be one, it is left.
#[test]
fn what_is_left_open_is_found() {
	let (witness, _) = witness_of(&sample(Width::W32), 0).unwrap();
	let rows = tiny(Width::W32).rows();
	let values = tiny(Width::W32).assign(&witness).unwrap();
	let mut propagation = Propagation::new(rows, &values);
	for variable in chosen(rows) {
		propagation.known[variable] = true;
	}
	let wide = rows.owned(Gadget::ResultBits);
	propagation.is_bit[wide[0]] = false;
	propagation.run();
	assert!(!propagation.known[wide[0]]);
}
