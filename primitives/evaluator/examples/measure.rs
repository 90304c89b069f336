//! Measures the root project: `cargo run -p woppal-evaluator --example measure [RANDOM CONFIGS]`
//!
//! Prints, for each rung of the ladder, the mean metric of an artifact that is trained long and the
//! standard deviation of one evaluation, then what the best tables of confidences would reach in the
//! network's place, then the noisiest of some random configs of the schema.

use std::collections::HashMap;
use woppal_evaluator::{
	artifact_words, evaluate,
	fit::{estimate, fit_for, seeds},
	network::{loss, WEIGHTS},
	observe, Features, Observation, BASELINE, NOISE_MARGIN, SCHEMA,
};

/// Evaluations that a config is fitted on.
const FITTED: u64 = 8_000;
/// Steps of fitting.
const STEPS: usize = 1_500;
/// Evaluations that it is measured on.
const MEASURED: u64 = 10_000;

/// Enforced keys of the ladder's rungs: longest lag, transpositions, eager, outcomes, memory.
const LADDER: [[i32; 5]; 17] = [
	[1, 0, 0, 0, 0],
	[1, 0, 0, 1, 0],
	[3, 0, 0, 0, 0],
	[4, 0, 1, 1, 1],
	[1, 1, 0, 0, 0],
	[1, 1, 0, 1, 1],
	[2, 1, 0, 0, 0],
	[2, 1, 0, 1, 1],
	[3, 1, 0, 0, 0],
	[3, 1, 0, 1, 1],
	[4, 1, 0, 0, 0],
	[4, 1, 0, 1, 1],
	[4, 1, 1, 0, 0],
	[4, 1, 1, 0, 1],
	[4, 1, 1, 1, 0],
	[4, 1, 1, 1, 1],
	[8, 1, 1, 1, 1],
];

fn measured(enforced: &[i32], number: u64) -> Option<(f64, f64)> {
	let artifact = fit_for(&config(enforced), seeds(number, FITTED), STEPS)?;
	Some(estimate(&artifact, seeds(number + 1, MEASURED)))
}

fn config(enforced: &[i32]) -> Vec<i32> {
	let mut config = enforced.to_vec();
	config.extend(SCHEMA.iter().skip(enforced.len()).map(|key| key.min));
	config
}

fn main() {
	println!("baseline {BASELINE}, noise margin {NOISE_MARGIN}, micro-nats per symbol");
	println!("| max lag | transpositions | eager | outcomes | memory | metric | sd | margin |");
	println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
	for rung in &LADDER {
		if let Some((mean, sd)) = measured(rung, 1) {
			let [lag, steps, eager, outcomes, memory] = rung;
			println!(
				"| {lag} | {steps} | {eager} | {outcomes} | {memory} | {mean:.0} | {sd:.0} | {:.0} |",
				margin(sd)
			);
		}
	}
	for contexts in [few_contexts, many_contexts] {
		if let Some((mean, sd, count)) = best_table(&[4, 1, 1, 1, 1], contexts) {
			println!("the best table of {count} contexts: {mean:.0}, sd {sd:.0}");
		}
	}
	let random: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100);
	let mut noisiest: Option<(f64, Vec<i32>)> = None;
	for number in 0..random {
		let bytes = seeds(2, random).nth(number as usize).unwrap_or_default();
		let config: Vec<i32> = SCHEMA
			.iter()
			.zip(bytes)
			.take(5)
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

/// Where in a sequence a hypothesis is scored, and what became of it so far.
#[derive(Default)]
struct Course {
	position: i8,
	misses: i8,
	hits: i8,
	/// Hits since the last miss.
	run: i8,
}

type Context = Vec<i8>;

/// By kind of hypothesis, misses (up to 3) and hits (up to 7) since it was taken up: 64 contexts.
fn few_contexts(told: &Features, course: &Course) -> Context {
	vec![told[1], course.misses.min(3), course.hits.min(7)]
}

/// By all that a table can know of the sequence: kind and lag, position, misses and hits since the
/// last miss.
fn many_contexts(told: &Features, course: &Course) -> Context {
	let mut context = told.to_vec();
	context.extend([course.position, course.misses, course.run]);
	context
}

/// Metric, standard deviation and contexts if a table of confidences takes the network's place: the
/// one that is best on the evaluations that it is measured on.
fn best_table(
	enforced: &[i32],
	context: fn(&Features, &Course) -> Context,
) -> Option<(f64, f64, usize)> {
	let header = artifact_words(&config(enforced), &[0; WEIGHTS])?;
	let mut counts: HashMap<Context, [i64; 2]> = HashMap::new();
	let mut evaluations = Vec::new();
	for seed in seeds(2, MEASURED) {
		let mut scored = Vec::new();
		let mut course = Course::default();
		observe(&header, &seed, |observation| {
			match observation {
				Observation::Sequence => course = Course { position: -1, ..Course::default() },
				Observation::Uniform => (),
				Observation::Scored { features, hit } => {
					// A new hypothesis.
					if features[2] == 0 {
						course = Course { position: course.position, ..Course::default() };
					}
					let context = context(&features, &course);
					counts.entry(context.clone()).or_default()[usize::from(hit)] += 1;
					scored.push((context, hit));
					let Course { misses, hits, run, .. } = &mut course;
					if hit {
						*hits += 1;
						*run += 1;
					} else {
						*misses += 1;
						*run = 0;
					}
				},
			}
			course.position += 1;
		});
		// A matrix of zeros has level 8 everywhere.
		let rest = scored.iter().map(|(_, hit)| loss(8, *hit)).sum::<i64>();
		evaluations.push((evaluate(&header, &seed), rest, scored));
	}
	let table: HashMap<Context, u8> = counts
		.iter()
		.filter_map(|(context, [misses, hits])| {
			let best =
				(0..16u8).min_by_key(|l| misses * loss(*l, false) + hits * loss(*l, true))?;
			Some((context.clone(), best))
		})
		.collect();
	let symbols = f64::from(woppal_evaluator::SAMPLE_SIZE);
	let metrics: Vec<f64> = evaluations
		.iter()
		.map(|(metric, rest, scored)| {
			let losses =
				scored.iter().map(|(context, hit)| loss(table[context], *hit)).sum::<i64>();
			f64::from(*metric) + (losses - rest) as f64 / symbols
		})
		.collect();
	let mean = metrics.iter().sum::<f64>() / metrics.len() as f64;
	let variance = metrics.iter().map(|m| (m - mean).powi(2)).sum::<f64>();
	Some((mean, (variance / metrics.len() as f64).sqrt(), table.len()))
}
