//! What the root project fixes: names, numbers, the config's schema and what the evaluator enforces
//! of a config. Genesis and worker read the same constants.

use crate::{
	program::{ARTIFACT_WORDS, HEADER_WORDS, SYMBOLS},
	twin::{Artifact, Matrix},
};
use alloc::vec::Vec;

/// The project's name.
pub const NAME: &str = "Predict a source never seen before";
/// The metric's name. Lower is better.
pub const METRIC: &str = "log-loss less that of an add-half estimator";
/// The metric's unit.
pub const UNIT: &str = "micro-nats per symbol";
/// The declared baseline: the add-half estimator that the metric is relative to.
pub const BASELINE: i32 = 0;
/// Three standard deviations of the difference of two evaluations of one artifact on two seeds, in
/// micro-nats per symbol: that of the noisiest config of the schema, rounded up. The table in the
/// crate's documentation lists what lies between.
pub const NOISE_MARGIN: u32 = 120_000;
/// Held-out symbols that an evaluation draws.
pub const SAMPLE_SIZE: u32 = SYMBOLS;
/// Bytes of an artifact.
pub const ARTIFACT_BYTES: u32 = ARTIFACT_WORDS * 4;
/// Most steps of an evaluation. In 4,000 evaluations the longest of any header took 3,175, of a good
/// config 3,011; the rest is room for seeds that nobody has tried.
pub const MAX_STEPS: u32 = 3_430;
/// Most segments of an evaluation: that many steps on the standard circuit with a matrix.
pub const MAX_SEGMENTS: u32 = 7;
/// Most keys by which an adopter may differ from what it adopts.
pub const MAX_CHANGED_KEYS: u32 = 4;

/// A named integer of a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
	/// Its name.
	pub name: &'static str,
	/// Its smallest value.
	pub min: i32,
	/// Its largest value.
	pub max: i32,
}

/// Keys of a config.
pub const KEYS: usize = 8;
/// The first so many keys are enforced: they are the first words of the artifact's header, and the
/// program obeys them. The others say how the artifact was trained, which nothing proves.
pub const ENFORCED_KEYS: usize = 5;
/// Position of `max_lag`: the longest lag that the predictor searches for repetitions, in symbols.
pub const MAX_LAG: usize = 0;
/// Position of `transpositions`: whether it searches for repetitions that are shifted by a step.
pub const TRANSPOSITIONS: usize = 1;
/// Position of `eager`: whether a hypothesis that missed gives way to a repetition of the missed
/// symbol.
pub const EAGER: usize = 2;
/// Position of `outcomes`: whether the network is told what hit and what missed.
pub const OUTCOMES: usize = 3;
/// Position of `memory`: whether the network's state outlasts a sequence.
pub const MEMORY: usize = 4;
/// Position of `learning_rate`, in thousandths.
pub const LEARNING_RATE: usize = 5;
/// Position of `batch`: evaluations in a step of training. Their number being fixed, fewer of them
/// mean more steps.
pub const BATCH: usize = 6;
/// Position of `leak`: how much of a gradient passes a unit at the end of its range, in hundredths.
pub const LEAK: usize = 7;
/// The config's schema.
pub const SCHEMA: [Key; KEYS] = [
	Key { name: "max_lag", min: 1, max: 8 },
	Key { name: "transpositions", min: 0, max: 1 },
	Key { name: "eager", min: 0, max: 1 },
	Key { name: "outcomes", min: 0, max: 1 },
	Key { name: "memory", min: 0, max: 1 },
	Key { name: "learning_rate", min: 1, max: 100 },
	Key { name: "batch", min: 4, max: 64 },
	Key { name: "leak", min: 0, max: 50 },
];

/// Whether `config` has one value in range for each key.
pub fn fits_schema(config: &[i32]) -> bool {
	config.len() == KEYS
		&& config.iter().zip(&SCHEMA).all(|(value, key)| (key.min..=key.max).contains(value))
}

/// An artifact's words: the enforced part of `config`, then the matrix.
///
/// `None` if the config doesn't fit the schema.
pub fn artifact_words(config: &[i32], matrix: &Matrix) -> Option<Artifact> {
	if !fits_schema(config) {
		return None;
	}
	let mut words = [0; ARTIFACT_WORDS as usize];
	for (word, value) in words.iter_mut().zip(config.iter().take(ENFORCED_KEYS)) {
		*word = u32::try_from(*value).ok()?;
	}
	for (word, weights) in words.iter_mut().skip(HEADER_WORDS as usize).zip(matrix.chunks_exact(4))
	{
		*word =
			weights.iter().rev().fold(0, |w, weight| w << 8 | u32::from(weight.cast_unsigned()));
	}
	Some(words)
}

/// An artifact's bytes: its words, little-endian.
pub fn artifact_bytes(words: &Artifact) -> Vec<u8> {
	words.iter().flat_map(|word| word.to_le_bytes()).collect()
}
