//! Searches for a good artifact: `cargo run -p woppal-example-stopping --example train -- OUT [SKIP BITS
//! ROUNDS]`.
//!
//! For each position in turn it takes the demand under which the mean regret over a few thousand
//! evaluations is lowest, so many rounds long. It knows the rules of the task and none of the seeds
//! that a chain will draw.

use std::process::ExitCode;
use woppal_example_stopping::{
	artifact_words, evaluate_artifact, levels, seeds, ARTIFACT_WORDS, DEMANDS, SCHEMA,
};

/// Evaluations that a demand is chosen by.
const EVALUATIONS: u64 = 1_000;
/// Most demands that are tried at a position.
const TRIED: usize = 32;
/// Number of the seeds to search with; each round has its own.
const SEARCH: u64 = 1_000;
/// Number of the seeds to measure with.
const MEASURE: u64 = 1;

type Words = [u32; ARTIFACT_WORDS as usize];

/// Mean and standard deviation of the metric.
fn measure(artifact: &Words, number: u64, evaluations: u64) -> (f64, f64) {
	let metrics: Vec<f64> = seeds(number, evaluations)
		.map(|seed| f64::from(evaluate_artifact(artifact, &seed)))
		.collect();
	let n = metrics.len().max(1) as f64;
	let mean = metrics.iter().sum::<f64>() / n;
	let variance = metrics.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / n;
	(mean, variance.sqrt())
}

/// The demands of the search's end; `None` if the config doesn't fit the schema.
fn search(config: &[i32; 3]) -> Option<[u8; DEMANDS as usize]> {
	let [_, bits, rounds] = *config;
	let mut demands = [112; DEMANDS as usize];
	artifact_words(config, &demands)?;
	let all: Vec<u8> = levels(bits).collect();
	let step = all.len().div_ceil(TRIED);
	for round in 0..rounds.unsigned_abs() {
		for position in 0..DEMANDS as usize {
			// Later rounds look between the demands that the first one tried.
			let tried = all.iter().skip(round as usize * 3 % step).step_by(step);
			let regret = |demand: u8| {
				let mut other = demands;
				other[position] = demand;
				let number = SEARCH + u64::from(round);
				artifact_words(config, &other)
					.map_or(f64::MAX, |a| measure(&a, number, EVALUATIONS).0)
			};
			let best = tried
				.chain([&demands[position]])
				.copied()
				.min_by(|a, b| regret(*a).total_cmp(&regret(*b)));
			demands[position] = best.unwrap_or(demands[position]);
		}
	}
	Some(demands)
}

/// The config that the command line gives.
fn config(arguments: &[String]) -> Option<[i32; 3]> {
	let mut config = [3, 6, 2];
	if arguments.is_empty() {
		return Some(config);
	}
	for (value, text) in config.iter_mut().zip(arguments) {
		*value = text.parse().ok()?;
	}
	(arguments.len() == config.len()).then_some(config)
}

fn main() -> ExitCode {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let parsed = arguments.split_first().and_then(|(out, rest)| Some((out, config(rest)?)));
	let Some((out, config)) = parsed else {
		eprintln!("usage: train OUT [SKIP BITS ROUNDS]");
		return ExitCode::from(2);
	};
	let Some(artifact) = search(&config).and_then(|demands| artifact_words(&config, &demands))
	else {
		eprintln!("error: a config is {SCHEMA:?}, each key with its smallest and largest value");
		return ExitCode::from(2);
	};
	let bytes: Vec<u8> = artifact.iter().flat_map(|word| word.to_le_bytes()).collect();
	if let Err(error) = std::fs::write(out, bytes) {
		eprintln!("error: cannot write {out}: {error}");
		return ExitCode::FAILURE;
	}
	let (mean, deviation) = measure(&artifact, MEASURE, 10_000);
	println!("{out}: {artifact:?}");
	println!("metric {mean:.0}, standard deviation of one evaluation {deviation:.0}");
	ExitCode::SUCCESS
}
