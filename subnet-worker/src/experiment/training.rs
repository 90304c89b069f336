//! Training: how sure the predictor should be in each context.
//!
//! A small network maps a context (kind of hypothesis, misses survived, hits in a row) to a level of
//! confidence. Its loss is the evaluator's own, continued to real levels, on the hypotheses that the
//! config's predictor has on sources from the training seed. Gradients flow through the mixture of
//! "as the hypothesis says" and "any symbol". The levels are then rounded to what the evaluator
//! tells apart.

use candle_core::{Device, Tensor, Var, D};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use woppal_evaluator::{
	artifact_bytes, artifact_words, fit, fits_schema, levels, observe,
	program::{
		CONTEXTS_PER_KIND, CONTEXT_MISSES, CONTEXT_RUNS, LEVELS, SEQUENCE_SYMBOLS, SYMBOL_BITS,
	},
	Observation, ARTIFACT_WORDS, BATCH, CONTEXTS, HIDDEN, LEARNING_RATE, LEVEL_BITS,
};

/// Sequences that every training sees, whatever its config: 240,000 symbols.
pub const TRAINED_SEQUENCES: usize = 20_000;

/// The header's last word, which the evaluator does not read: it holds the training seed, so that
/// artifacts that came out equal are still told apart.
const SEED_WORD: usize = 7;
/// Inputs of the network: one of two kinds, one of four numbers of misses, one of eight runs.
const FEATURES: usize = 2 + CONTEXT_MISSES as usize + CONTEXT_RUNS as usize;

/// Why an artifact could not be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
	/// The config isn't one of the root project.
	#[error("the config {config:?} does not fit the schema")]
	Config {
		/// The config.
		config: Vec<i32>,
	},
	/// The loss or a level was not a number.
	#[error("the training diverged at step {step}")]
	Diverged {
		/// The step.
		step: u64,
	},
	/// A tensor operation failed.
	#[error("a tensor operation failed")]
	Tensor(#[from] candle_core::Error),
}

/// Trains an artifact: its bytes, as `commit` takes them.
///
/// `seed` decides on the sources trained on and on the network's first weights; the same config and
/// seed give the same artifact. `progress` is told the steps done, all steps, and the loss in nats
/// per symbol that a hypothesis was about, at most a few hundred times.
///
/// # Errors
///
/// A config that doesn't fit the schema, or a failing tensor operation.
pub fn train(
	config: &[i32],
	seed: u64,
	mut progress: impl FnMut(u64, u64, f32),
) -> Result<Vec<u8>, TrainError> {
	if !fits_schema(config) {
		return Err(TrainError::Config { config: config.to_vec() });
	}
	let header = artifact_words(config, &[0; CONTEXTS as usize])
		.ok_or_else(|| TrainError::Config { config: config.to_vec() })?;
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let network = Network::new(size(config, HIDDEN), &mut rng)?;
	let batch = size(config, BATCH);
	let steps = TRAINED_SEQUENCES.div_ceil(batch) as u64;
	let mut optimizer = AdamW::new(
		network.variables(),
		ParamsAdamW {
			lr: f64::from(config[LEARNING_RATE]) / 1_000.0,
			weight_decay: 0.0,
			..ParamsAdamW::default()
		},
	)?;
	let mut sequences = Sequences { header, rng, ready: Vec::new() };
	for step in 1..=steps {
		let counts = sequences.next_counts(batch);
		let loss = network.loss(&counts)?;
		optimizer.backward_step(&loss)?;
		if step == steps || step % (steps / 200).max(1) == 0 {
			let loss = loss.to_scalar::<f32>()?;
			if !loss.is_finite() {
				return Err(TrainError::Diverged { step });
			}
			progress(step, steps, loss);
		}
	}
	let trained = network.levels()?.to_vec1::<f32>()?;
	let mut words = artifact_words(config, &quantise(&trained, config[LEVEL_BITS]))
		.ok_or_else(|| TrainError::Config { config: config.to_vec() })?;
	words[SEED_WORD] = seed as u32 ^ (seed >> 32) as u32;
	Ok(artifact_bytes(&words))
}

/// A positive key of a config that fits the schema.
fn size(config: &[i32], key: usize) -> usize {
	usize::try_from(config[key]).unwrap_or(1).max(1)
}

/// The levels that the evaluator tells apart with so many bits, each the one that would lose least if
/// hypotheses came true as often as the trained level says. The nearest would not do: next to level
/// 0, which gives a hypothesis nothing, a small step is dear.
fn quantise(trained: &[f32], level_bits: i32) -> [u8; CONTEXTS as usize] {
	let mut quantised = [0; CONTEXTS as usize];
	for (level, real) in quantised.iter_mut().zip(trained) {
		let misses = (-f64::from(*real) * std::f64::consts::LN_2 / 2.0).exp();
		let expected = |level: u8| {
			misses * fit::loss(level, false) as f64 + (1.0 - misses) * fit::loss(level, true) as f64
		};
		*level =
			levels(level_bits).min_by(|a, b| expected(*a).total_cmp(&expected(*b))).unwrap_or(0);
	}
	quantised
}

/// Sequences from fresh sources, as the predictor of a header sees them.
struct Sequences {
	header: [u32; ARTIFACT_WORDS as usize],
	rng: ChaCha8Rng,
	ready: Vec<Observation>,
}

impl Sequences {
	/// Misses and hits in each context over the next `batch` sequences.
	fn next_counts(&mut self, batch: usize) -> [[f32; CONTEXTS as usize]; 2] {
		let symbols = batch * SEQUENCE_SYMBOLS as usize;
		while self.ready.len() < symbols {
			let seed: [u8; 32] = self.rng.gen();
			let ready = &mut self.ready;
			observe(&self.header, &seed, |observation| ready.push(observation));
		}
		let mut counts = [[0.0; CONTEXTS as usize]; 2];
		for observation in self.ready.drain(..symbols) {
			if let Observation::Scored { context, hit } = observation {
				counts[usize::from(hit)][context as usize] += 1.0;
			}
		}
		counts
	}
}

/// The network: features `[64, 14]` f32, one row for each context, to levels `[64]` f32.
struct Network {
	features: Tensor,
	first: Var,
	first_bias: Var,
	second: Var,
	second_bias: Var,
}

impl Network {
	fn new(hidden: usize, rng: &mut ChaCha8Rng) -> Result<Self, TrainError> {
		let device = &Device::Cpu;
		let mut features = vec![0f32; CONTEXTS as usize * FEATURES];
		for (context, row) in features.chunks_exact_mut(FEATURES).enumerate() {
			let context = context as u32;
			let kind = (context / CONTEXTS_PER_KIND) as usize;
			let misses = (context % CONTEXTS_PER_KIND / CONTEXT_RUNS) as usize;
			let run = (context % CONTEXT_RUNS) as usize;
			row[kind] = 1.0;
			row[2 + misses] = 1.0;
			row[2 + CONTEXT_MISSES as usize + run] = 1.0;
		}
		let mut weights = |count: usize, inputs: usize| -> Vec<f32> {
			let bound = (3.0 / inputs as f32).sqrt();
			(0..count).map(|_| rng.gen_range(-bound..bound)).collect()
		};
		Ok(Self {
			features: Tensor::from_vec(features, (CONTEXTS as usize, FEATURES), device)?,
			// Three features of a context are set, the others are 0.
			first: Var::from_vec(weights(FEATURES * hidden, 3), (FEATURES, hidden), device)?,
			first_bias: Var::zeros(hidden, candle_core::DType::F32, device)?,
			second: Var::from_vec(weights(hidden, hidden), (hidden, 1), device)?,
			// Unsure at first: what is not trained costs little.
			second_bias: Var::from_vec(vec![-4f32], 1, device)?,
		})
	}

	fn variables(&self) -> Vec<Var> {
		[&self.first, &self.first_bias, &self.second, &self.second_bias]
			.into_iter()
			.cloned()
			.collect()
	}

	/// The levels `[64]`, real numbers between 0 and 15.
	fn levels(&self) -> Result<Tensor, TrainError> {
		let hidden = self.features.matmul(&self.first)?.broadcast_add(&self.first_bias)?.tanh()?;
		let output = hidden.matmul(&self.second)?.broadcast_add(&self.second_bias)?;
		let top = f64::from(LEVELS - 1);
		Ok((candle_nn::ops::sigmoid(&output.squeeze(D::Minus1)?)? * top)?)
	}

	/// The mean loss in nats over observations, `counts` of misses and hits by context.
	fn loss(&self, counts: &[[f32; CONTEXTS as usize]; 2]) -> Result<Tensor, TrainError> {
		let [misses, hits] = counts;
		let symbols = f64::from(1u32 << SYMBOL_BITS);
		// A level l spreads 2^(-l/2) over all symbols.
		let spread = (self.levels()? * (-std::f64::consts::LN_2 / 2.0))?;
		let hit = spread.exp()?.affine(1.0 / symbols - 1.0, 1.0)?.log()?.neg()?;
		let miss = spread.affine(-1.0, symbols.ln())?;
		let observed: f32 = misses.iter().chain(hits).sum();
		let weigh = |counts: &[f32], losses: Tensor| {
			Tensor::new(counts, &Device::Cpu)?.mul(&losses)?.sum_all()
		};
		let total = (weigh(misses, miss)? + weigh(hits, hit)?)?;
		Ok((total / f64::from(observed.max(1.0)))?)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::experiment::{estimate, first_config, mutate};
	use woppal_evaluator::{fit::seeds, words, BASELINE, NOISE_MARGIN};

	/// A config of the upper rungs that trains well.
	const GOOD: [i32; 9] = [6, 1, 8, 2, 4, 1, 30, 16, 16];

	fn metric(config: &[i32], seed: u64) -> f64 {
		let artifact = train(config, seed, |_, _, _| ()).unwrap();
		estimate(&artifact, seeds(900, 2_000)).unwrap().0
	}

	#[test]
	fn training_reaches_what_counting_does() {
		let trained = metric(&GOOD, 1);
		let counted = fit::fit(&GOOD, seeds(901, 4_000)).unwrap();
		let (counted, _) = fit::estimate(&counted, seeds(900, 2_000));
		assert!((trained - counted).abs() < f64::from(NOISE_MARGIN), "{trained} and {counted}");
	}

	#[test]
	fn the_loss_falls_and_steps_follow_from_the_batch() {
		let mut losses = Vec::new();
		let mut last = (0, 0);
		train(&GOOD, 2, |step, steps, loss| {
			assert!(step > last.0 && step <= steps);
			last = (step, steps);
			losses.push(loss);
		})
		.unwrap();
		assert_eq!(last, (1_250, 1_250));
		let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
		assert!(mean(&losses[losses.len() - 10..]) < mean(&losses[..3]));
	}

	#[test]
	fn keys_of_training_matter() {
		let good = metric(&GOOD, 3);
		let mut slow = GOOD;
		slow[LEARNING_RATE] = 1;
		slow[BATCH] = 64;
		slow[HIDDEN] = 1;
		assert!(metric(&slow, 3) > good + f64::from(NOISE_MARGIN));
		let mut short_sighted = GOOD;
		short_sighted[woppal_evaluator::MAX_LAG] = 2;
		assert!(metric(&short_sighted, 3) > good + f64::from(NOISE_MARGIN));
	}

	#[test]
	fn trained_artifacts_are_no_noisier_than_the_project_says() {
		let mut rng = ChaCha8Rng::seed_from_u64(7);
		let mut config = first_config(&mut rng);
		for seed in 0..8 {
			config = mutate(&config, &mut rng, 4);
			let artifact = train(&config, seed, |_, _, _| ()).unwrap();
			let (_, sd) = estimate(&artifact, seeds(910, 4_000)).unwrap();
			let margin = 3.0 * std::f64::consts::SQRT_2 * sd;
			assert!(margin < f64::from(NOISE_MARGIN), "{config:?}: {margin}");
		}
	}

	#[test]
	fn lowest_configs_are_still_no_worse_than_the_baseline() {
		let config = [1, 0, 1, 0, 2, 0, 2, 64, 2];
		assert!(metric(&config, 4) < f64::from(BASELINE));
	}

	#[test]
	fn training_is_reproducible_and_seeds_tell_artifacts_apart() {
		let train = |seed| train(&GOOD, seed, |_, _, _| ()).unwrap();
		let artifact = train(5);
		assert_eq!(train(5), artifact);
		assert_ne!(train(6), artifact);
		let words = words(&artifact).unwrap();
		assert_eq!(words[..6], [6, 1, 8, 2, 4, 1]);
		assert_eq!(words[SEED_WORD], 5);
	}

	#[test]
	fn a_config_outside_the_schema_is_refused() {
		for config in [&GOOD[..8], &[9, 1, 8, 2, 4, 1, 30, 16, 16]] {
			assert!(matches!(train(config, 1, |_, _, _| ()), Err(TrainError::Config { .. })));
		}
	}

	#[test]
	fn levels_are_rounded_to_the_configs_precision() {
		let mut real = [0.0; CONTEXTS as usize];
		real[..5].copy_from_slice(&[0.0, 1.0, 6.6, 9.1, 14.9]);
		assert_eq!(quantise(&real, 4)[..5], [0, 1, 7, 9, 15]);
		assert_eq!(quantise(&real, 3)[..5], [0, 2, 6, 10, 14]);
		assert_eq!(quantise(&real, 2)[..5], [0, 4, 8, 8, 12]);
	}
}
