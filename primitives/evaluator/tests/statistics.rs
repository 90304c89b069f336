//! The documented noise margin and the ladder's rungs hold, measured on fixed seeds.
#![allow(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use woppal_evaluator::{
	fit::{estimate, fit, seeds},
	BASELINE, NOISE_MARGIN, SCHEMA,
};

/// Mean metric and standard deviation of the best artifact of a config's enforced part.
fn measure(enforced: &[i32], number: u64, evaluations: u64) -> (f64, f64) {
	let mut config = enforced.to_vec();
	config.extend(SCHEMA.iter().skip(enforced.len()).map(|key| key.min));
	let artifact = fit(&config, seeds(number, 1_000)).unwrap();
	estimate(&artifact, seeds(number + 1, evaluations))
}

/// A climb of small changes, each of which is worth at least a noise margin, and what was measured
/// for it with seeds 1 and 2 in 10,000 evaluations.
const CLIMB: [([i32; 6], f64); 11] = [
	([1, 0, 1, 0, 2, 0], -575_088.0),
	([1, 1, 8, 0, 4, 0], -918_392.0),
	([2, 1, 8, 0, 4, 0], -1_805_902.0),
	([3, 1, 8, 0, 4, 0], -2_556_458.0),
	([4, 1, 8, 0, 4, 0], -3_003_774.0),
	([5, 1, 8, 0, 4, 0], -3_914_262.0),
	([6, 1, 8, 0, 4, 0], -4_681_963.0),
	([6, 1, 8, 1, 4, 1], -5_107_833.0),
	([6, 1, 1, 2, 4, 1], -5_429_454.0),
	([6, 1, 3, 2, 4, 1], -5_504_332.0),
	([6, 1, 8, 2, 4, 1], -5_569_501.0),
];

#[test]
fn rungs_have_their_documented_metrics() {
	for (enforced, documented) in &CLIMB {
		let (mean, sd) = measure(enforced, 10, 10_000);
		// The mean of 10,000 evaluations is off by a hundredth of one's deviation; fitting on fewer
		// evaluations costs as little.
		assert!((mean - documented).abs() < 10_000.0, "{enforced:?}: {mean}, not {documented}");
		assert!(
			3.0 * std::f64::consts::SQRT_2 * sd < f64::from(NOISE_MARGIN),
			"{enforced:?}: {sd}"
		);
	}
}

#[test]
fn climb_is_long_and_its_rungs_distinguishable() {
	let margin = f64::from(NOISE_MARGIN);
	for pair in CLIMB[..9].windows(2) {
		assert!(pair[0].1 - pair[1].1 > margin, "{pair:?}");
	}
	let best = CLIMB[CLIMB.len() - 1].1;
	assert!(f64::from(BASELINE) - best > 30.0 * margin);
}

#[test]
fn a_single_evaluation_tells_rungs_apart() {
	// As the chain sees it: one evaluation each, on different seeds.
	for pair in CLIMB[..8].windows(2) {
		let artifacts: Vec<_> = pair
			.iter()
			.map(|(enforced, _)| {
				let mut config = enforced.to_vec();
				config.extend(SCHEMA.iter().skip(6).map(|key| key.min));
				fit(&config, seeds(20, 500)).unwrap()
			})
			.collect();
		let beaten = seeds(21, 500)
			.zip(seeds(22, 500))
			.filter(|(a, b)| {
				let lower = woppal_evaluator::evaluate(&artifacts[0], a);
				let higher = woppal_evaluator::evaluate(&artifacts[1], b);
				lower - higher > NOISE_MARGIN as i32
			})
			.count();
		assert!(beaten >= 490, "{pair:?}: {beaten} of 500");
	}
}

#[test]
fn noise_margin_covers_the_schema() {
	let mut noisiest: f64 = 0.0;
	for (number, bytes) in seeds(30, 60).enumerate() {
		let enforced: Vec<i32> = SCHEMA
			.iter()
			.zip(bytes)
			.take(6)
			.map(|(key, byte)| key.min + i32::from(byte) % (key.max - key.min + 1))
			.collect();
		let (_, sd) = measure(&enforced, 31 + number as u64, 20_000);
		let margin = 3.0 * std::f64::consts::SQRT_2 * sd;
		assert!(margin < f64::from(NOISE_MARGIN), "{enforced:?}: {margin}");
		noisiest = noisiest.max(margin);
	}
	// Neither is it twice as wide as needed.
	assert!(2.0 * noisiest > f64::from(NOISE_MARGIN));
}
