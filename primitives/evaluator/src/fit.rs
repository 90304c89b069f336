//! The best confidences that a config allows, by counting: what training converges to.
//!
//! Hypotheses don't depend on confidences, so the best level of each context follows from how often
//! its hypotheses came true. The worker trains a network by gradient descent instead, which shares
//! what it learns between contexts; this closed form is the yardstick of the tests and of
//! `examples/measure.rs`.

use crate::{
	program::{ARTIFACT_WORDS, CONTEXTS, HIT_LOSS, LEVEL_LOSS_QUARTER, SEQUENCES, UNIFORM_LOSS},
	project::{artifact_words, levels, LEVEL_BITS},
	twin::{evaluate, observe, Observation},
};

/// Loss of a scored hypothesis in micro-nats.
pub fn loss(level: u8, hit: bool) -> i64 {
	if hit {
		i64::from(HIT_LOSS[usize::from(level)])
	} else {
		i64::from(UNIFORM_LOSS) + i64::from(LEVEL_LOSS_QUARTER) * 4 * i64::from(level)
	}
}

/// The best artifact of `config` on evaluations with `seeds`; `None` if the config doesn't fit the
/// schema.
pub fn fit(
	config: &[i32],
	seeds: impl Iterator<Item = [u8; 32]>,
) -> Option<[u32; ARTIFACT_WORDS as usize]> {
	let mut fitted = [0u8; CONTEXTS as usize];
	let header = artifact_words(config, &fitted)?;
	let mut counts = [[0i64; 2]; CONTEXTS as usize];
	for seed in seeds {
		observe(&header, &seed, |observation| {
			if let Observation::Scored { context, hit } = observation {
				counts[context as usize][usize::from(hit)] += 1;
			}
		});
	}
	for (level, [misses, hits]) in fitted.iter_mut().zip(&counts) {
		*level = levels(config[LEVEL_BITS])
			.min_by_key(|level| misses * loss(*level, false) + hits * loss(*level, true))
			.unwrap_or(0);
	}
	artifact_words(config, &fitted)
}

/// Mean and standard deviation of an artifact's metric over `seeds`, in micro-nats per symbol.
pub fn estimate(artifact: &[u32], seeds: impl Iterator<Item = [u8; 32]>) -> (f64, f64) {
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
		for (lane, bytes) in seed.chunks_exact_mut(8).enumerate() {
			// splitmix64, whose steps of an odd constant never meet within one number.
			let mut z = number.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(
				(i * u64::from(SEQUENCES) + lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15),
			);
			z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
			z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
			bytes.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes());
		}
		seed
	})
}
