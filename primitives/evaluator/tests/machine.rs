//! The proof system's machine gives what the native twin gives, within the project's limits.
#![allow(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use woppal_evaluator::{
	evaluate,
	fit::{fit, seeds},
	MAX_SEGMENTS, MAX_STEPS, PROGRAM_WASM, SCHEMA,
};
use woppal_zkwasm::{
	commitment::End,
	lower::lower,
	machine::{Machine, Run},
	module::load,
	program::Program,
	shape::STANDARD,
};

fn program() -> Program {
	lower(&load(PROGRAM_WASM).unwrap(), &STANDARD).unwrap()
}

fn run(program: &Program, artifact: &[u32], seed: [u8; 32]) -> Run {
	let run = Machine::new(program, artifact, seed).unwrap().run(u64::from(MAX_STEPS)).unwrap();
	let metric = evaluate(artifact, &seed);
	assert_eq!(run.end, End::Halted { output: metric as u32 });
	assert!(run.segments(&STANDARD) <= u64::from(MAX_SEGMENTS));
	run
}

#[test]
fn limits_agree_with_the_shape() {
	assert_eq!(MAX_STEPS.div_ceil(STANDARD.steps), MAX_SEGMENTS);
	assert_eq!(woppal_evaluator::program::INPUT_WORDS, STANDARD.inputs);
}

#[test]
fn machine_and_twin_agree_on_any_artifact() {
	let program = program();
	let words: Vec<u32> = seeds(1, 3_000)
		.flat_map(|seed| {
			seed.chunks_exact(4)
				.map(|w| u32::from_le_bytes(w.try_into().unwrap()))
				.collect::<Vec<_>>()
		})
		.collect();
	for (artifact, seed) in words.chunks(72).zip(seeds(2, 300)) {
		run(&program, artifact, seed);
	}
}

/// Every header that the evaluator tells apart in its course, that is without the bits of a level.
#[test]
fn no_header_needs_more_steps_than_the_project_allows() {
	let program = program();
	let mut most = 0;
	for header in 0..8 * 2 * 8 * 4 * 2u32 {
		let artifact = [
			header % 8 + 1,
			header / 8 % 2,
			header / 16 % 8 + 1,
			header / 128 % 4,
			4,
			header / 512 % 2,
		];
		for seed in seeds(u64::from(header), 4) {
			most = most.max(run(&program, &artifact, seed).steps);
		}
	}
	println!("at most {most} steps");
	// The limit is not much wider than needed.
	assert!(most * 5 > u64::from(MAX_STEPS) * 4, "{most}");
}

#[test]
fn good_configs_take_few_segments() {
	let program = program();
	for enforced in [[1, 0, 1, 0, 2, 0], [6, 1, 8, 2, 4, 1]] {
		let mut config = enforced.to_vec();
		config.extend(SCHEMA.iter().skip(6).map(|key| key.min));
		let artifact = fit(&config, seeds(3, 500)).unwrap();
		let steps: Vec<u64> =
			seeds(4, 200).map(|seed| run(&program, &artifact, seed).steps).collect();
		let mean = steps.iter().sum::<u64>() / steps.len() as u64;
		println!("{enforced:?}: {mean} steps");
		assert!(steps.iter().all(|s| *s < u64::from(MAX_STEPS)));
	}
}
