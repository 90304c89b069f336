//! Permutation networks after Beauquier and Darrot ("On arbitrary size Waksman networks and their
//! vulnerability", 2002): any number of inputs, any permutation, and whatever the switches are set
//! to, the outputs are a permutation of the inputs. So the settings need no check but being bits.
//!
//! A network of n inputs has ⌊n/2⌋ switches in front, two networks of ⌊n/2⌋ and ⌈n/2⌉ inputs, and
//! switches behind; n − 1 switches per level. A record has one or more columns, which go the same way.
//! One output of a switch is new variables, the other is the sum of both inputs less the first, which
//! costs no row but makes sums longer; which of the two gets the variables alternates, so that every
//! switch meets one variable and one sum, and sums grow by two terms a level instead of doubling.
//!
//! With one column a switch is one row, `(o - x) (o - y) = 0` for its output o: it has no bit. With
//! more a row makes a bit, and for each column a product defines the output.

use super::builder::{Builder, Lc};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use std::collections::HashMap;

/// A record of the network: its columns.
pub(crate) type Columns<const C: usize> = [Lc; C];

/// Switches of a network of this many records.
pub fn network_switches(records: usize) -> usize {
	if records < 2 {
		return 0;
	}
	records - 1 + network_switches(records / 2) + network_switches(records - records / 2)
}

/// Switch settings of one network, without its inner networks.
struct Settings {
	/// Front switches that send their first input down.
	front: Vec<bool>,
	/// Back switches that take their first output from below.
	back: Vec<bool>,
	/// Permutation of the upper network.
	upper: Vec<usize>,
	/// Permutation of the lower network.
	lower: Vec<usize>,
}

/// The settings for a permutation: output `j` takes input `permutation[j]`.
fn settings(permutation: &[usize]) -> Settings {
	let n = permutation.len();
	let half = n / 2;
	let mut inverse = vec![0; n];
	for (output, input) in permutation.iter().enumerate() {
		inverse[*input] = output;
	}
	// Which outputs come from the lower network. The last output always does: for odd n it has no
	// switch, for even n the last pair has none.
	let mut from_below: Vec<Option<bool>> = vec![None; n];
	let walk = |start: usize, from_below: &mut Vec<Option<bool>>| {
		// An output from below takes its input from below, so that input's partner goes up, so the
		// partner's output comes from above, so that output's partner comes from below.
		let mut output = start;
		while from_below[output].is_none() {
			from_below[output] = Some(true);
			let input = permutation[output];
			if input == n - 1 && n % 2 == 1 {
				// The last of an odd number has no partner: it goes down without a switch.
				break;
			}
			let above = inverse[input ^ 1];
			from_below[above] = Some(false);
			output = above ^ 1;
		}
	};
	walk(n - 1, &mut from_below);
	for output in (0..n).step_by(2) {
		// The walk marks an output as from below; its pair's first one then comes from above.
		if from_below[output].is_none() {
			walk(output ^ 1, &mut from_below);
		}
	}
	let below = |output: usize| from_below[output] == Some(true);
	let mut upper = vec![0; half];
	let mut lower = vec![0; n - half];
	for (output, input) in permutation.iter().enumerate() {
		if below(output) {
			lower[output / 2] = input / 2;
		} else {
			upper[output / 2] = input / 2;
		}
	}
	Settings {
		front: (0..half).map(|i| below(inverse[2 * i])).collect(),
		back: (0..(n - 1) / 2).map(|i| below(2 * i)).collect(),
		upper,
		lower,
	}
}

/// One switch: `(x, y)`, or `(y, x)` if set. The variables are the first output's if `first`. A target
/// is what that output must equal and takes the variables' place.
fn switch<const C: usize>(
	b: &mut Builder,
	set: bool,
	(x, y): (&Columns<C>, &Columns<C>),
	first: bool,
	target: Option<&Columns<C>>,
) -> (Columns<C>, Columns<C>) {
	let bit = (C > 1).then(|| b.boolean(if set { Fr::ONE } else { Fr::ZERO }));
	let (stay, other) = if first { (x, y) } else { (y, x) };
	let chosen: Columns<C> = std::array::from_fn(|i| {
		let value = if set { other[i].value } else { stay[i].value };
		let variable = target.map_or_else(|| b.alloc(value), |target| target[i].clone());
		match &bit {
			Some(bit) => {
				b.enforce(&(other[i].clone() - &stay[i]), bit, &(variable.clone() - &stay[i]));
			},
			None => b.one_of(&variable, &stay[i], &other[i]),
		}
		variable
	});
	let rest = std::array::from_fn(|i| b.merged(x[i].clone() + &y[i] - &chosen[i]));
	if first {
		(chosen, rest)
	} else {
		(rest, chosen)
	}
}

/// Routes the inputs by a permutation: output `j` is input `permutation[j]`. `odd`: outputs at odd
/// positions are variables instead of those at even ones.
fn network<const C: usize>(
	b: &mut Builder,
	inputs: Vec<Columns<C>>,
	permutation: &[usize],
	odd: bool,
) -> Vec<Columns<C>> {
	if inputs.len() < 2 {
		return inputs;
	}
	let inner = Inner::build(b, &inputs, permutation);
	let mut outputs = Vec::with_capacity(inputs.len());
	for (set, pair) in inner.back.iter().zip(inner.upper.iter().zip(&inner.lower)) {
		let (first, second) = switch(b, *set, pair, !odd, None);
		outputs.extend([first, second]);
	}
	outputs.extend(inner.unswitched());
	outputs
}

/// A network up to its back switches.
struct Inner<const C: usize> {
	upper: Vec<Columns<C>>,
	lower: Vec<Columns<C>>,
	back: Vec<bool>,
}

impl<const C: usize> Inner<C> {
	fn build(b: &mut Builder, inputs: &[Columns<C>], permutation: &[usize]) -> Self {
		let settings = settings(permutation);
		let (mut up, mut down) = (Vec::new(), Vec::new());
		for (i, set) in settings.front.iter().enumerate() {
			let pair = (&inputs[2 * i], &inputs[2 * i + 1]);
			let (above, below) = switch(b, *set, pair, i % 2 == 0, None);
			up.push(above);
			down.push(below);
		}
		if inputs.len() % 2 == 1 {
			down.extend(inputs.last().cloned());
		}
		let upper = network(b, up, &settings.upper, false);
		let lower = network(b, down, &settings.lower, true);
		Self { upper, lower, back: settings.back }
	}

	/// The outputs behind the last switch: one for an odd number of records, else two.
	fn unswitched(&self) -> impl Iterator<Item = Columns<C>> + '_ {
		let from = self.back.len();
		self.upper[from..].iter().chain(&self.lower[from..]).cloned()
	}
}

/// Routes the inputs; the outputs are new sums and variables.
pub(crate) fn route<const C: usize>(
	b: &mut Builder,
	inputs: Vec<Columns<C>>,
	permutation: &[usize],
) -> Vec<Columns<C>> {
	network(b, inputs, permutation, false)
}

/// Enforces that `outputs` is a permutation of `inputs`, as multisets.
pub(crate) fn route_to<const C: usize>(
	b: &mut Builder,
	inputs: &[Columns<C>],
	outputs: &[Columns<C>],
	permutation: &[usize],
) {
	let equal = |b: &mut Builder, output: &Columns<C>, target: &Columns<C>| {
		for (output, target) in output.iter().zip(target) {
			b.equal(output, target);
		}
	};
	if inputs.len() < 2 {
		for (input, output) in inputs.iter().zip(outputs) {
			equal(b, input, output);
		}
		return;
	}
	let inner = Inner::build(b, inputs, permutation);
	for (i, (set, pair)) in inner.back.iter().zip(inner.upper.iter().zip(&inner.lower)).enumerate()
	{
		let (_, second) = switch(b, *set, pair, true, Some(&outputs[2 * i]));
		equal(b, &second, &outputs[2 * i + 1]);
	}
	for (output, target) in inner.unswitched().zip(&outputs[2 * inner.back.len()..]) {
		equal(b, &output, target);
	}
}

/// A permutation that takes each output from an input of the same value. What has no counterpart
/// (only a false witness has such records) takes what is left over.
pub(crate) fn matching<const C: usize>(
	inputs: &[Columns<C>],
	outputs: &[Columns<C>],
) -> Vec<usize> {
	let values = |record: &Columns<C>| record.each_ref().map(|column| column.value);
	let mut places: HashMap<[Fr; C], Vec<usize>> = HashMap::with_capacity(inputs.len());
	for (place, input) in inputs.iter().enumerate().rev() {
		places.entry(values(input)).or_default().push(place);
	}
	let found: Vec<Option<usize>> =
		outputs.iter().map(|output| places.get_mut(&values(output)).and_then(Vec::pop)).collect();
	let mut left: Vec<usize> = places.into_values().flatten().collect();
	left.sort_unstable_by(|a, b| b.cmp(a));
	found.into_iter().map(|place| place.or_else(|| left.pop()).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn check(permutation: &[usize]) {
		check_columns::<1>(permutation, 1);
		check_columns::<2>(permutation, 3);
	}

	fn check_columns<const C: usize>(permutation: &[usize], rows_of_a_switch: usize) {
		let n = permutation.len();
		let mut b = Builder::new(&[Fr::ZERO; 4], true);
		let value = |record: usize, column: usize| Fr::from((1000 + record + 4000 * column) as u64);
		let inputs: Vec<Columns<C>> =
			(0..n).map(|i| std::array::from_fn(|column| b.alloc(value(i, column)))).collect();
		let outputs = route(&mut b, inputs, permutation);
		for (output, input) in outputs.iter().zip(permutation) {
			for (column, lc) in output.iter().enumerate() {
				assert_eq!(lc.value, value(*input, column));
			}
		}
		let (values, rows) = b.finish();
		let rows = rows.unwrap();
		assert!(rows.is_satisfied(&values));
		assert_eq!(rows.len(), rows_of_a_switch * network_switches(n));
	}

	/// A switch of one column gives nothing but one of its inputs, though it has no bit.
	#[test]
	fn a_switch_without_a_bit_gives_one_of_its_inputs() {
		for (output, holds) in [(3u64, true), (8, true), (5, false), (11, false), (0, false)] {
			let mut b = Builder::new(&[Fr::ZERO; 4], true);
			let [x, y, target] = [3, 8, output].map(|value| [b.alloc(Fr::from(value))]);
			let (_, rest) = switch(&mut b, false, (&x, &y), true, Some(&target));
			assert_eq!(rest[0].value, Fr::from(11u64) - Fr::from(output));
			let (values, rows) = b.finish();
			let rows = rows.unwrap();
			assert_eq!(rows.len(), 1);
			assert_eq!(rows.is_satisfied(&values), holds, "{output}");
		}
	}

	#[test]
	fn every_permutation_of_up_to_six_records_is_routed() {
		fn permute(rest: &mut Vec<usize>, done: &mut Vec<usize>) {
			if rest.is_empty() {
				check(done);
			}
			for i in 0..rest.len() {
				done.push(rest.remove(i));
				permute(rest, done);
				rest.insert(i, done.pop().unwrap());
			}
		}
		for n in 0..7 {
			permute(&mut (0..n).collect(), &mut Vec::new());
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(32))]
		#[test]
		fn any_permutation_of_any_size_is_routed(
			permutation in (1usize..300).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle())
		) {
			check(&permutation);
		}

		#[test]
		fn targets_are_met_and_only_by_a_permutation(
			permutation in (2usize..60).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
			wrong: bool,
		) {
			let n = permutation.len();
			let mut b = Builder::new(&[Fr::ZERO; 4], true);
			let inputs: Vec<Columns<2>> = (0..n as u64)
				.map(|i| [7 + i, 7 + i].map(|value| b.alloc(Fr::from(value))))
				.collect();
			// Each column is a permutation of its own; wrong: not the same one.
			let outputs: Vec<Columns<2>> = (0..n)
				.map(|j| {
					let other = permutation[if wrong { (j + 1) % n } else { j }];
					[permutation[j], other].map(|i| b.alloc(Fr::from(7 + i as u64)))
				})
				.collect();
			let permutation = matching(&inputs, &outputs);
			route_to(&mut b, &inputs, &outputs, &permutation);
			let (values, rows) = b.finish();
			prop_assert_eq!(rows.unwrap().is_satisfied(&values), !wrong);
		}
	}

	#[test]
	fn sums_stay_short() {
		let n = 1500;
		let mut b = Builder::new(&[Fr::ZERO; 4], true);
		let inputs: Vec<Columns<1>> = (0..n).map(|i| [b.alloc(Fr::from(i as u64))]).collect();
		let permutation: Vec<usize> = (0..n).map(|i| (i * 7 + 3) % n).collect();
		let outputs = route(&mut b, inputs, &permutation);
		drop(outputs);
		let rows = b.finish().1.unwrap();
		assert!(rows.coefficients() < 24 * rows.len(), "{}", rows.coefficients() / rows.len());
	}
}
