//! What the root project fixes: names, numbers, the config's schema and what the evaluator enforces
//! of a config. Genesis and worker read the same constants.

use crate::program::{ARTIFACT_WORDS, CONTEXTS, HEADER_WORDS, LEVELS, SYMBOLS};
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
/// micro-nats per symbol: that of the noisiest config of the schema, rounded up. Most configs have
/// half of it. The table in the crate's documentation lists what lies between.
pub const NOISE_MARGIN: u32 = 150_000;
/// Held-out symbols that an evaluation draws.
pub const SAMPLE_SIZE: u32 = SYMBOLS;
/// Bytes of an artifact.
pub const ARTIFACT_BYTES: u32 = ARTIFACT_WORDS * 4;
/// Most steps of an evaluation. The longest measured for any header is 3,590, good configs need 3,230;
/// the rest is room for seeds that nobody has tried.
pub const MAX_STEPS: u32 = 4_250;
/// Most segments of an evaluation: that many steps on the standard circuit.
pub const MAX_SEGMENTS: u32 = 8;
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
pub const KEYS: usize = 9;
/// The first so many keys are enforced: they are the first words of the artifact's header, and the
/// program obeys them. The others say how the artifact was trained, which nothing proves.
pub const ENFORCED_KEYS: usize = 6;
/// Position of `max_lag`: the longest lag that the predictor searches for repetitions, in symbols.
pub const MAX_LAG: usize = 0;
/// Position of `transpositions`: whether it searches for repetitions that are shifted by a step.
pub const TRANSPOSITIONS: usize = 1;
/// Position of `run_contexts`: how many lengths of a run of hits have a confidence of their own.
pub const RUN_CONTEXTS: usize = 2;
/// Position of `patience`: how many misses a hypothesis survives.
pub const PATIENCE: usize = 3;
/// Position of `level_bits`: the confidences' precision.
pub const LEVEL_BITS: usize = 4;
/// Position of `eager`: whether a hypothesis that survives a miss gives way to one that the missed
/// symbol suggests.
pub const EAGER: usize = 5;
/// Position of `learning_rate`, in thousandths.
pub const LEARNING_RATE: usize = 6;
/// Position of `batch`: sequences in a step of training. The tokens being fixed, fewer sequences
/// mean more steps.
pub const BATCH: usize = 7;
/// Position of `hidden`: width of the network that gives the confidences.
pub const HIDDEN: usize = 8;
/// The config's schema.
pub const SCHEMA: [Key; KEYS] = [
	Key { name: "max_lag", min: 1, max: 8 },
	Key { name: "transpositions", min: 0, max: 1 },
	Key { name: "run_contexts", min: 1, max: 8 },
	Key { name: "patience", min: 0, max: 3 },
	Key { name: "level_bits", min: 2, max: 4 },
	Key { name: "eager", min: 0, max: 1 },
	Key { name: "learning_rate", min: 1, max: 100 },
	Key { name: "batch", min: 4, max: 64 },
	Key { name: "hidden", min: 1, max: 32 },
];

/// Whether `config` has one value in range for each key.
pub fn fits_schema(config: &[i32]) -> bool {
	config.len() == KEYS
		&& config.iter().zip(&SCHEMA).all(|(value, key)| (key.min..=key.max).contains(value))
}

/// An artifact's words: the enforced part of `config`, then four times each confidence's level.
///
/// `None` if the config doesn't fit the schema or a level is [`LEVELS`] or more.
pub fn artifact_words(
	config: &[i32],
	levels: &[u8; CONTEXTS as usize],
) -> Option<[u32; ARTIFACT_WORDS as usize]> {
	if !fits_schema(config) || levels.iter().any(|level| u32::from(*level) >= LEVELS) {
		return None;
	}
	let mut words = [0; ARTIFACT_WORDS as usize];
	for (word, value) in words.iter_mut().zip(config.iter().take(ENFORCED_KEYS)) {
		*word = u32::try_from(*value).ok()?;
	}
	for (word, level) in words.iter_mut().skip(HEADER_WORDS as usize).zip(levels) {
		*word = u32::from(*level) * 4;
	}
	Some(words)
}

/// An artifact's bytes: its words, little-endian.
pub fn artifact_bytes(words: &[u32; ARTIFACT_WORDS as usize]) -> Vec<u8> {
	words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The levels that the evaluator tells apart at a precision of `level_bits`.
pub fn levels(level_bits: i32) -> impl Iterator<Item = u8> {
	let step = 1usize << (4 - level_bits.clamp(1, 4));
	(0..LEVELS as u8).step_by(step)
}
