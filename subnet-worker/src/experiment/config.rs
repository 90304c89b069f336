//! The config space of the root project: where to start and how to vary.

use rand::{seq::SliceRandom, Rng};
use woppal_evaluator::{
	BATCH, EAGER, ENFORCED_KEYS, KEYS, LEAK, LEARNING_RATE, MAX_LAG, MEMORY, OUTCOMES, SCHEMA,
	TRANSPOSITIONS,
};

/// A random config from the lower rungs: it repeats at short lags, its network is told no outcomes
/// and trains slowly, so that there is something to find.
pub fn first_config(rng: &mut impl Rng) -> Vec<i32> {
	let mut config = vec![0; KEYS];
	for (key, value) in [
		(MAX_LAG, rng.gen_range(1..=2)),
		(TRANSPOSITIONS, 0),
		(EAGER, 0),
		(OUTCOMES, 0),
		(MEMORY, rng.gen_range(0..=1)),
		(LEARNING_RATE, rng.gen_range(3..=10)),
		(BATCH, rng.gen_range(24..=64)),
		(LEAK, rng.gen_range(0..=20)),
	] {
		config[key] = value;
	}
	config
}

/// A config that differs from `parent` in at least one key and at most `max_changed_keys`. `parent` is
/// one value for each key of the schema, or nothing is changed.
///
/// What the evaluator enforces changes twice as often as what only guides the training, since more
/// hangs on it.
pub fn mutate(parent: &[i32], rng: &mut impl Rng, max_changed_keys: u32) -> Vec<i32> {
	let mut config = parent.to_vec();
	if config.len() != KEYS {
		return config;
	}
	let most = (max_changed_keys as usize).clamp(1, KEYS);
	let mut changes = 1;
	while changes < most && rng.gen_bool(0.6) {
		changes += 1;
	}
	let mut keys: Vec<usize> = (0..KEYS).chain(0..ENFORCED_KEYS).collect();
	keys.shuffle(rng);
	let mut changed = Vec::with_capacity(changes);
	for key in keys {
		if changed.len() < changes && !changed.contains(&key) {
			config[key] = neighbour(key, config[key], rng);
			changed.push(key);
		}
	}
	config
}

/// Another value of a key, as a rule a near one.
fn neighbour(key: usize, value: i32, rng: &mut impl Rng) -> i32 {
	let range = SCHEMA[key];
	let moved = match key {
		// The effect is in the ratio.
		LEARNING_RATE | BATCH | LEAK => {
			let factor = 2f64.powf(rng.gen_range(-1.5..1.5));
			(f64::from(value) * factor).round() as i32
		},
		_ => value + [-2, -1, 1, 1, 1, 1, 2, 2].choose(rng).copied().unwrap_or(1),
	}
	.clamp(range.min, range.max);
	if moved != value {
		moved
	} else if value < range.max {
		value + 1
	} else {
		value - 1
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use rand::SeedableRng;
	use rand_chacha::ChaCha8Rng;
	use woppal_evaluator::{
		evaluate,
		fit::{fit_for, seeds},
		fits_schema, NOISE_MARGIN,
	};
	use woppal_protocol::research::changed_keys;

	#[test]
	fn first_configs_fit_the_schema_and_differ() {
		let mut rng = ChaCha8Rng::seed_from_u64(1);
		let configs: Vec<_> = (0..100).map(|_| first_config(&mut rng)).collect();
		assert!(configs.iter().all(|config| fits_schema(config)));
		let distinct: std::collections::BTreeSet<_> = configs.iter().collect();
		assert!(distinct.len() > 90);
	}

	#[test]
	fn mutations_fit_the_schema_and_change_what_is_allowed() {
		let mut rng = ChaCha8Rng::seed_from_u64(2);
		for most in 1..=4 {
			let mut config = first_config(&mut rng);
			for _ in 0..500 {
				let next = mutate(&config, &mut rng, most);
				assert!(fits_schema(&next), "{next:?}");
				assert!((1..=most).contains(&changed_keys(&config, &next).unwrap()));
				config = next;
			}
		}
	}

	#[test]
	fn every_value_of_a_key_can_be_reached() {
		let mut rng = ChaCha8Rng::seed_from_u64(3);
		let mut config = first_config(&mut rng);
		let mut seen = vec![std::collections::BTreeSet::new(); KEYS];
		for _ in 0..100_000 {
			config = mutate(&config, &mut rng, 4);
			for (key, value) in config.iter().enumerate() {
				seen[key].insert(*value);
			}
		}
		for (key, values) in SCHEMA.iter().zip(&seen) {
			assert_eq!(values.len() as i32, key.max - key.min + 1, "{}", key.name);
		}
	}

	/// The climb as a network sees it: mutations of the best, one evaluation each on a fresh seed.
	#[test]
	fn a_dozen_mutations_climb_several_margins() {
		let mut climbed = 0;
		for start in 0..12 {
			let mut rng = ChaCha8Rng::seed_from_u64(100 + start);
			let mut config = first_config(&mut rng);
			let metric = |config: &[i32], n: u64| {
				let artifact = fit_for(config, seeds(n, 500), 100).unwrap();
				evaluate(&artifact, &seeds(n + 1, 1).next().unwrap())
			};
			let first = metric(&config, start * 100);
			let mut best = first;
			for n in 1..=12 {
				let next = mutate(&config, &mut rng, 4);
				let found = metric(&next, start * 100 + 2 * n);
				if best - found > NOISE_MARGIN as i32 {
					(best, config) = (found, next);
				}
			}
			climbed += i32::from(first - best > 6 * NOISE_MARGIN as i32);
		}
		assert!(climbed >= 9, "{climbed} of 12");
	}
}
