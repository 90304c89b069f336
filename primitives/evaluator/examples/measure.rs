//! Measures the root project: `cargo run -p woppal-evaluator --example measure [RANDOM CONFIGS]`
//!
//! Prints, for each rung of the ladder, the mean metric of the config's best artifact and the
//! standard deviation of one evaluation, then the noisiest of some random configs of the schema.

use woppal_evaluator::{
	fit::{estimate, fit, seeds},
	BASELINE, NOISE_MARGIN, SCHEMA,
};

/// Evaluations that a config is fitted on.
const FITTED: u64 = 3_000;
/// Evaluations that it is measured on.
const MEASURED: u64 = 10_000;

/// Enforced keys of the ladder's rungs: longest lag, transpositions, run contexts, patience, bits of
/// a level, eager.
const LADDER: [[i32; 6]; 22] = [
	[1, 0, 1, 0, 2, 0],
	[1, 0, 8, 0, 4, 0],
	[3, 0, 8, 0, 4, 0],
	[5, 0, 8, 0, 4, 0],
	[6, 0, 8, 0, 4, 0],
	[6, 0, 8, 2, 4, 1],
	[1, 1, 8, 0, 4, 0],
	[2, 1, 8, 0, 4, 0],
	[3, 1, 8, 0, 4, 0],
	[4, 1, 8, 0, 4, 0],
	[5, 1, 8, 0, 4, 0],
	[6, 1, 8, 0, 4, 0],
	[6, 1, 8, 1, 4, 0],
	[6, 1, 8, 1, 4, 1],
	[4, 1, 8, 2, 4, 1],
	[6, 1, 8, 2, 4, 0],
	[6, 1, 1, 2, 4, 1],
	[6, 1, 3, 2, 4, 1],
	[6, 1, 8, 2, 2, 1],
	[6, 1, 8, 2, 3, 1],
	[6, 1, 8, 2, 4, 1],
	[8, 1, 8, 3, 4, 1],
];

fn measured(enforced: &[i32], number: u64) -> Option<(f64, f64)> {
	let mut config = enforced.to_vec();
	config.extend(SCHEMA.iter().skip(enforced.len()).map(|key| key.min));
	let artifact = fit(&config, seeds(number, FITTED))?;
	Some(estimate(&artifact, seeds(number + 1, MEASURED)))
}

fn main() {
	println!("baseline {BASELINE}, noise margin {NOISE_MARGIN}, micro-nats per symbol");
	println!(
		"| max lag | transpositions | runs | patience | bits | eager | metric | sd | margin |"
	);
	println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
	for rung in &LADDER {
		if let Some((mean, sd)) = measured(rung, 1) {
			let [lag, steps, runs, patience, bits, eager] = rung;
			println!(
				"| {lag} | {steps} | {runs} | {patience} | {bits} | {eager} | {mean:.0} | {sd:.0} | {:.0} |",
				margin(sd)
			);
		}
	}
	let random: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200);
	let mut noisiest: Option<(f64, Vec<i32>)> = None;
	for number in 0..random {
		let bytes = seeds(2, random).nth(number as usize).unwrap_or_default();
		let config: Vec<i32> = SCHEMA
			.iter()
			.zip(bytes)
			.take(6)
			.map(|(key, byte)| key.min + i32::from(byte) % (key.max - key.min + 1))
			.collect();
		if let Some((_, sd)) = measured(&config, 3 + number) {
			if noisiest.as_ref().is_none_or(|(most, _)| sd > *most) {
				noisiest = Some((sd, config));
			}
		}
	}
	if let Some((sd, config)) = noisiest {
		println!("noisiest of {random} random configs: {config:?}, margin {:.0}", margin(sd));
	}
}

/// Three standard deviations of the difference of two evaluations.
fn margin(sd: f64) -> f64 {
	3.0 * std::f64::consts::SQRT_2 * sd
}
