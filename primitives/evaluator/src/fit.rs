//! What training should reach: the yardstick of the tests and of `examples/measure.rs`.
//!
//! Adam with a falling rate on the gradient of [`crate::network`], the same for every config, so
//! that what is measured are the enforced keys. The worker trains as the config's other keys say.

use crate::{
	network::{first_weights, gradient, quantise, record, Step, BOUNDS, WEIGHTS},
	program::SEQUENCES,
	project::artifact_words,
	twin::{evaluate, Artifact},
};

/// Steps of Adam.
const STEPS: usize = 400;
/// Evaluations in a step.
const BATCH: usize = 16;
const LEARNING_RATE: f32 = 0.02;
/// Decay of the mean and of the square of the gradient.
const DECAY: [f32; 2] = [0.9, 0.99];
const LEAK: f32 = 0.1;

/// An artifact of `config` trained on evaluations with `seeds`, over and over; `None` if the config
/// doesn't fit the schema.
pub fn fit(config: &[i32], seeds: impl Iterator<Item = [u8; 32]>) -> Option<Artifact> {
	fit_for(config, seeds, STEPS)
}

/// [`fit`] with so many steps.
pub fn fit_for(
	config: &[i32],
	seeds: impl Iterator<Item = [u8; 32]>,
	steps: usize,
) -> Option<Artifact> {
	let header = artifact_words(config, &[0; WEIGHTS])?;
	let evaluations: Vec<Vec<Step>> = seeds.map(|seed| record(&header, &seed)).collect();
	let mut numbers = random(1);
	let mut weights =
		first_weights(|| numbers.next().map_or(0.0, |n| n as f32 / 2f32.powi(63) - 1.0));
	let mut slopes = [0.0; WEIGHTS];
	let [mut mean, mut square] = [[0.0f32; WEIGHTS]; 2];
	let mut upcoming = evaluations.iter().cycle();
	for step in 1..=steps {
		let batch: Vec<&Vec<Step>> = upcoming.by_ref().take(BATCH).collect();
		gradient(config, &quantise(&weights), &batch, LEAK, &mut slopes);
		let rate = LEARNING_RATE * (1.0 - (step - 1) as f32 / steps as f32);
		let [bias_mean, bias_square] = DECAY.map(|decay| 1.0 - decay.powi(step as i32));
		for (((weight, g), m), s) in weights.iter_mut().zip(&slopes).zip(&mut mean).zip(&mut square)
		{
			*m += (1.0 - DECAY[0]) * (g - *m);
			*s += (1.0 - DECAY[1]) * (g * g - *s);
			*weight -= rate * (*m / bias_mean) / ((*s / bias_square).sqrt() + 1e-8);
			*weight = weight.clamp(BOUNDS[0], BOUNDS[1]);
		}
	}
	artifact_words(config, &quantise(&weights))
}

/// Mean and standard deviation of an artifact's metric over `seeds`, in micro-nats per symbol.
pub fn estimate(artifact: &Artifact, seeds: impl Iterator<Item = [u8; 32]>) -> (f64, f64) {
	let metrics: Vec<f64> = seeds.map(|seed| f64::from(evaluate(artifact, &seed))).collect();
	let n = metrics.len().max(1) as f64;
	let mean = metrics.iter().sum::<f64>() / n;
	let variance = metrics.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
	(mean, variance.sqrt())
}

/// Seeds by number: `number`, then a mixed counter. For training and measurements, never for a
/// chain's evaluation.
pub fn seeds(number: u64, count: u64) -> impl Iterator<Item = [u8; 32]> {
	(0..count).map(move |i| {
		let mut seed = [0; 32];
		let lanes = random_from(number, i * u64::from(SEQUENCES));
		for (bytes, z) in seed.chunks_exact_mut(8).zip(lanes) {
			bytes.copy_from_slice(&z.to_le_bytes());
		}
		seed
	})
}

fn random(number: u64) -> impl Iterator<Item = u64> {
	random_from(number, 0)
}

/// splitmix64 from a place on, whose steps of an odd constant never meet within one number.
fn random_from(number: u64, first: u64) -> impl Iterator<Item = u64> {
	(first..).map(move |i| {
		let mut z = number
			.wrapping_mul(0xd134_2543_de82_ef95)
			.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	})
}
