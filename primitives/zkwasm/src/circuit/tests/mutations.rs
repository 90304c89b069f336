//! Every value matters: whatever is changed in a valid assignment, a row fails.
//!
//! The only exceptions are values that nothing depends on, because they are multiplied by zero: an
//! inverse of zero, a switch whose inputs are equal.

use super::*;
use crate::circuit::builder::Rows;
use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};

/// A valid assignment, and in which rows each variable stands.
pub(super) struct Assignment {
	rows: &'static Rows,
	values: Vec<Fr>,
	places: Vec<Vec<usize>>,
}

impl Assignment {
	pub(super) fn new(program: &Program, position: usize) -> Self {
		let (witness, _) = witness_of(program, position).unwrap();
		let circuit = circuit_of(&program.shape);
		let (rows, values) = (circuit.rows(), circuit.assign(&witness).unwrap());
		assert!(rows.is_satisfied(&values), "{:?}", failing(program, &witness));
		let mut places: Vec<Vec<usize>> = vec![Vec::new(); rows.variables];
		for matrix in &rows.matrices {
			for (row, terms) in matrix.iter().enumerate() {
				for (_, variable) in terms {
					places[*variable].push(row);
				}
			}
		}
		Self { rows, values, places }
	}

	/// Whether some row would change with this variable.
	fn influences(&self, variable: usize) -> bool {
		self.places[variable].iter().any(|row| {
			let [a, b, c] = self.rows.matrices.each_ref().map(|matrix| &matrix[*row]);
			let value =
				|terms: &[(Fr, usize)]| terms.iter().map(|(c, v)| *c * self.values[*v]).sum::<Fr>();
			let is_in = |terms: &[(Fr, usize)]| terms.iter().any(|(_, v)| *v == variable);
			let is_bit = a == b && b == c;
			let in_a = is_in(a) && value(b) != Fr::ZERO;
			let in_b = is_in(b) && value(a) != Fr::ZERO;
			!is_bit && (in_a || in_b || is_in(c))
		})
	}

	/// Whether the rows in which these variables stand hold with other values.
	fn accepts(&self, changed: &[Fr], variables: &[usize]) -> bool {
		variables
			.iter()
			.flat_map(|variable| &self.places[*variable])
			.all(|row| self.rows.holds(*row, changed))
	}

	/// Changes each value alone.
	pub(super) fn no_single_change_is_accepted(&self, rng: &mut ChaCha20Rng) {
		let mut changed = self.values.clone();
		let mut free = 0;
		for variable in 1..self.rows.variables {
			let value = self.values[variable];
			for wrong in [value + Fr::ONE, value - Fr::ONE, Fr::rand(rng)] {
				changed[variable] = wrong;
				if self.accepts(&changed, &[variable]) {
					assert!(!self.influences(variable), "variable {variable} can be {wrong}");
					free += 1;
				}
			}
			changed[variable] = value;
		}
		assert!(free < self.rows.variables / 10, "{free}");
	}

	/// Changes up to four values at once, by one, to another's, at random; so many times. Returns how
	/// often one of them mattered.
	pub(super) fn no_change_of_several_is_accepted(
		&self,
		times: usize,
		rng: &mut ChaCha20Rng,
	) -> usize {
		let any = |rng: &mut ChaCha20Rng| 1 + rng.next_u32() as usize % (self.rows.variables - 1);
		let mut tried = 0;
		for _ in 0..times {
			let count = 1 + rng.next_u32() as usize % 4;
			let variables: Vec<usize> = (0..count).map(|_| any(rng)).collect();
			let mut changed = self.values.clone();
			for variable in &variables {
				let value = self.values[*variable];
				changed[*variable] = match rng.next_u32() % 4 {
					0 => value + Fr::ONE,
					1 => Fr::ONE - value,
					2 => self.values[any(rng)],
					_ => Fr::rand(rng),
				};
			}
			let matters = |variable: &usize| {
				changed[*variable] != self.values[*variable] && self.influences(*variable)
			};
			if variables.iter().any(matters) {
				assert!(!self.accepts(&changed, &variables), "{variables:?}");
				tried += 1;
			}
		}
		tried
	}
}

/// Programs with every operation, narrow where the width has that, taken and not taken jumps, regular
/// and irregular accesses.
fn programs(width: Width) -> Vec<Program> {
	let bytes = u64::from(width.bytes());
	let small = [3, 0x8000_0001, 7, 0xffff_fff0, 5, 6, 7, 8];
	let arithmetic: Vec<Instr> = OPS
		.iter()
		.flat_map(|op| variants(*op))
		.filter(|instr| instr.is_well_formed(width))
		.collect();
	// Narrow operations must not meet the results of others.
	let (narrow, wide): (Vec<Instr>, Vec<Instr>) = arithmetic.iter().partition(|i| i.narrow);
	let chunks = wide.chunks(STEPS - 2).chain(narrow.chunks(STEPS - 2));
	let mut programs: Vec<Program> = chunks
		.enumerate()
		.map(|(i, chunk)| {
			let imm = [33, 3][i % 2];
			let with = |instr: &Instr| Instr { imm, ..*instr };
			let steps = [set(2, 0x9000_0001)].into_iter().chain(chunk.iter().map(with));
			program(width, steps.chain([halt(0)]).collect(), &small)
		})
		.collect();
	let at = |op, imm, target| Instr { a: Some(0), imm, target, ..instr(op) };
	let load = |imm, target| Instr { d: Some(4), ..at(Op::Load, imm, target) };
	let store = |imm, target| Instr { b: Some(2), ..at(Op::Store, imm, target) };
	let jump = |op, target| Instr { a: Some(2), b: Some(5), branch: true, target, ..instr(op) };
	let end = u64::from(shape(width).data) * bytes;
	programs.push(program(
		width,
		vec![
			load(bytes * 20 - 3, 9),
			Instr { check: true, ..load(bytes * 20 - 4, 2) },
			Instr { check: true, ..store(bytes * 21 - 3, 9) },
			store(end, 4),
			load(end, 5),
			Instr { d: Some(5), ..at(Op::Input, 1, 9) },
			Instr { d: Some(6), ..at(Op::Input, 900, 7) },
			Instr { d: Some(7), imm: 9, target: 10, ..instr(Op::Call) },
			Instr { imm: 4, ..instr(Op::Trap) },
			halt(0),
			Instr { d: Some(1), a: Some(0), imm: 77, ..instr(Op::Ret) },
		],
		&small,
	));
	programs.push(program(
		width,
		vec![
			jump(Op::Eq, 9),
			jump(Op::LtU, 9),
			Instr { invert: true, ..jump(Op::LtS, 3) },
			jump(Op::And, 4),
			Instr { target: 5, ..instr(Op::Br) },
			Instr { d: Some(10), imm: 8, ..instr(Op::Call) },
			halt(0),
		],
		&[3, 1, 12, 0, 0, 4],
	));
	programs.push(sample(width));
	programs
}

#[test]
fn no_single_value_of_any_operation_can_be_changed() {
	let mut rng = ChaCha20Rng::seed_from_u64(3);
	for width in WIDTHS {
		let mut seen = Vec::new();
		for program in programs(width) {
			let (_, segment) = witness_of(&program, 0).unwrap();
			seen.extend(segment.steps.iter().map(|step| (step.instr.op, step.instr.narrow)));
			Assignment::new(&program, 0).no_single_change_is_accepted(&mut rng);
		}
		for op in OPS {
			for narrow in [false, true] {
				let wanted = (0..2).any(|form| {
					let form = Instr { d: (form == 1).then_some(1), narrow, ..instr(op) };
					form.is_well_formed(width)
				});
				assert!(!wanted || seen.contains(&(op, narrow)), "{width:?} {op:?} {narrow}");
			}
		}
	}
}

/// Several values at once: by one, to another's, at random.
#[test]
fn no_random_change_is_accepted() {
	let mut rng = ChaCha20Rng::seed_from_u64(4);
	let mut tried = 0;
	for width in WIDTHS {
		for position in 0..2 {
			let valid = Assignment::new(&sample(width), position);
			tried += valid.no_change_of_several_is_accepted(1_000, &mut rng);
		}
	}
	assert!(tried >= 2_000, "{tried}");
}
