//! Training: how sure the predictor should be of its hypothesis, symbol by symbol.
//!
//! The evaluator's network is trained as it will run: with quantised weights and bytes for units, on
//! the hypotheses that the config's predictor has on sources from the training seed. The loss is the
//! evaluator's own, continued to real levels; its gradient goes back through all products of an
//! evaluation ([`woppal_evaluator::network`]). The weights and the optimiser (AdamW, its rate falling
//! to nothing) are candle's; between steps the weights are kept where an artifact can hold them.

use candle_core::{Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use woppal_evaluator::{
	artifact_bytes, artifact_words, fits_schema,
	network::{first_weights, gradient, quantise, record, Step, BOUNDS, WEIGHTS},
	program::{HEADER_WORDS, UNITS},
	BATCH, LEAK, LEARNING_RATE,
};

/// Evaluations that every training sees, whatever its config: 1.1 million symbols.
pub const TRAINED_EVALUATIONS: usize = 16_000;

/// The header's last word, which the evaluator does not read: it holds the training seed, so that
/// artifacts that came out equal are still told apart.
const SEED_WORD: usize = HEADER_WORDS as usize - 1;
const SHAPE: (usize, usize) = (UNITS as usize, UNITS as usize);

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
	/// The loss was not a number.
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
	progress: impl FnMut(u64, u64, f32),
) -> Result<Vec<u8>, TrainError> {
	train_on(TRAINED_EVALUATIONS, config, seed, progress)
}

/// [`train`] on so many evaluations.
fn train_on(
	evaluations: usize,
	config: &[i32],
	seed: u64,
	mut progress: impl FnMut(u64, u64, f32),
) -> Result<Vec<u8>, TrainError> {
	let refused = || TrainError::Config { config: config.to_vec() };
	if !fits_schema(config) {
		return Err(refused());
	}
	let header = artifact_words(config, &[0; WEIGHTS]).ok_or_else(refused)?;
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let first = first_weights(|| rng.gen_range(-1.0..1.0));
	let weights = Var::from_slice(&first, SHAPE, &Device::Cpu)?;
	let rate = f64::from(config[LEARNING_RATE]) / 1_000.0;
	let leak = config[LEAK] as f32 / 100.0;
	let mut optimizer = AdamW::new(
		vec![weights.clone()],
		ParamsAdamW { lr: rate, beta2: 0.99, weight_decay: 0.0, ..ParamsAdamW::default() },
	)?;
	let batch = usize::try_from(config[BATCH]).unwrap_or(1).max(1);
	let steps = evaluations.div_ceil(batch) as u64;
	let mut slopes = [0.0; WEIGHTS];
	for step in 1..=steps {
		let recorded: Vec<Vec<Step>> = (0..batch).map(|_| record(&header, &rng.gen())).collect();
		let matrix = quantise(&values(&weights)?);
		let loss = gradient(config, &matrix, &recorded, leak, &mut slopes);
		optimizer.set_learning_rate(rate * (1.0 - (step - 1) as f64 / steps as f64));
		// A linear function with that gradient: the optimiser takes gradients from tensors.
		let tangent = weights.mul(&Tensor::from_slice(&slopes, SHAPE, &Device::Cpu)?)?.sum_all()?;
		optimizer.backward_step(&tangent)?;
		weights.set(&weights.detach().clamp(BOUNDS[0], BOUNDS[1])?)?;
		if step == steps || step % (steps / 200).max(1) == 0 {
			if !loss.is_finite() {
				return Err(TrainError::Diverged { step });
			}
			let scored = recorded.iter().map(Vec::len).sum::<usize>().max(1);
			progress(step, steps, loss * batch as f32 / scored as f32);
		}
	}
	let mut words = artifact_words(config, &quantise(&values(&weights)?)).ok_or_else(refused)?;
	words[SEED_WORD] = seed as u32 ^ (seed >> 32) as u32;
	Ok(artifact_bytes(&words))
}

/// The weights, row by row.
fn values(weights: &Var) -> Result<[f32; WEIGHTS], TrainError> {
	let mut values = [0.0; WEIGHTS];
	for (value, weight) in values.iter_mut().zip(weights.flatten_all()?.to_vec1::<f32>()?) {
		*value = weight;
	}
	Ok(values)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::experiment::{estimate, first_config, mutate};
	use woppal_evaluator::{
		evaluate,
		fit::{self, seeds},
		matrix, words, BASELINE, MAX_LAG, NOISE_MARGIN, OUTCOMES,
	};

	/// A config of the upper rungs that trains well.
	const GOOD: [i32; 8] = [4, 1, 1, 1, 1, 20, 16, 10];
	/// Evaluations that the tests train on: enough for [`GOOD`].
	const FEW: usize = 6_000;

	fn metric(config: &[i32], seed: u64) -> f64 {
		let artifact = train_on(FEW, config, seed, |_, _, _| ()).unwrap();
		estimate(&artifact, seeds(900, 1_000)).unwrap().0
	}

	#[test]
	fn training_reaches_the_yardstick() {
		let trained = train(&GOOD, 1, |_, _, _| ()).unwrap();
		let (trained, _) = estimate(&trained, seeds(900, 2_000)).unwrap();
		let fitted = fit::fit(&GOOD, seeds(901, 4_000)).unwrap();
		let (fitted, _) = fit::estimate(&fitted, seeds(900, 2_000));
		assert!((trained - fitted).abs() < f64::from(NOISE_MARGIN) / 5.0, "{trained} and {fitted}");
	}

	#[test]
	fn the_loss_falls_and_steps_follow_from_the_batch() {
		let mut losses = Vec::new();
		let mut last = (0, 0);
		train_on(FEW, &GOOD, 2, |step, steps, loss| {
			assert!(step > last.0 && step <= steps);
			last = (step, steps);
			losses.push(loss);
		})
		.unwrap();
		assert_eq!(last, (375, 375));
		let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
		assert!(mean(&losses[losses.len() - 10..]) < 0.95 * mean(&losses[..3]));
	}

	#[test]
	fn keys_of_training_matter() {
		let good = metric(&GOOD, 3);
		let mut slow = GOOD;
		slow[LEARNING_RATE] = 1;
		slow[BATCH] = 64;
		assert!(metric(&slow, 3) > good + f64::from(NOISE_MARGIN));
		for key in [MAX_LAG, OUTCOMES] {
			let mut limited = GOOD;
			limited[key] -= 1;
			assert!(metric(&limited, 3) > good + f64::from(NOISE_MARGIN), "{limited:?}");
		}
	}

	#[test]
	fn trained_artifacts_are_no_noisier_than_the_project_says() {
		let mut rng = ChaCha8Rng::seed_from_u64(7);
		let mut config = first_config(&mut rng);
		for seed in 0..8 {
			config = mutate(&config, &mut rng, 4);
			let artifact = train_on(FEW, &config, seed, |_, _, _| ()).unwrap();
			let (_, sd) = estimate(&artifact, seeds(910, 4_000)).unwrap();
			let margin = 3.0 * std::f64::consts::SQRT_2 * sd;
			assert!(margin < f64::from(NOISE_MARGIN), "{config:?}: {margin}");
		}
	}

	#[test]
	fn lowest_configs_are_still_better_than_the_baseline() {
		let config = [1, 0, 0, 0, 0, 2, 64, 0];
		assert!(metric(&config, 4) < f64::from(BASELINE));
	}

	#[test]
	fn training_is_reproducible_and_seeds_tell_artifacts_apart() {
		let train = |seed| train_on(500, &GOOD, seed, |_, _, _| ()).unwrap();
		let artifact = train(5);
		assert_eq!(train(5), artifact);
		assert_ne!(train(6), artifact);
		let words = words(&artifact).unwrap();
		assert_eq!(words[..5], [4, 1, 1, 1, 1]);
		assert_eq!(words[SEED_WORD], 5);
		// The word changes nothing of the metric.
		let mut other = words;
		other[SEED_WORD] = 6;
		let seed = seeds(920, 1).next().unwrap();
		assert_eq!(evaluate(&words, &seed), evaluate(&other, &seed));
	}

	#[test]
	fn a_config_outside_the_schema_is_refused() {
		for config in [&GOOD[..7], &[9, 1, 1, 1, 1, 20, 16, 10]] {
			assert!(matches!(train(config, 1, |_, _, _| ()), Err(TrainError::Config { .. })));
		}
	}

	#[test]
	fn weights_stay_where_an_artifact_holds_them() {
		let mut fast = GOOD;
		fast[LEARNING_RATE] = 100;
		let artifact = train_on(4_000, &fast, 8, |_, _, _| ()).unwrap();
		let matrix = matrix(&words(&artifact).unwrap());
		assert!(matrix.iter().any(|weight| *weight == i8::MIN || *weight == i8::MAX));
		let (metric, _) = estimate(&artifact, seeds(930, 500)).unwrap();
		assert!(metric < f64::from(BASELINE), "{metric}");
	}
}
