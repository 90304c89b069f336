//! The proof system's machine gives what the native twin gives, within the project's limits.
#![allow(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use woppal_evaluator::{
	evaluate,
	fit::{fit, seeds},
	network::WEIGHTS,
	program::{INPUT_WORDS, UNITS},
	Artifact, ARTIFACT_BYTES, ARTIFACT_WORDS, MAX_SEGMENTS, MAX_STEPS, PROGRAM_WASM, SCHEMA,
};
use woppal_zkwasm::{
	commitment::End,
	lower::lower,
	machine::{Machine, Run},
	matrix::SIDE,
	module::load,
	program::Program,
	shape::STANDARD_MATRIX,
};

fn program() -> Program {
	lower(&load(PROGRAM_WASM).unwrap(), &STANDARD_MATRIX).unwrap()
}

fn run(program: &Program, artifact: &Artifact, seed: [u8; 32]) -> Run {
	let run = Machine::new(program, artifact, seed).unwrap().run(u64::from(MAX_STEPS)).unwrap();
	let metric = evaluate(artifact, &seed);
	assert_eq!(run.end, End::Halted { output: metric as u32 });
	assert!(run.segments(&STANDARD_MATRIX) <= u64::from(MAX_SEGMENTS));
	run
}

/// Artifacts of any words at all.
fn artifacts(number: u64, count: u64) -> impl Iterator<Item = Artifact> {
	(0..count).map(move |i| {
		let mut artifact = [0; ARTIFACT_WORDS as usize];
		let bytes: Vec<u8> =
			seeds(number + i, u64::from(ARTIFACT_WORDS).div_ceil(8)).flatten().collect();
		for (word, bytes) in artifact.iter_mut().zip(bytes.chunks_exact(4)) {
			*word = u32::from_le_bytes(bytes.try_into().unwrap());
		}
		artifact
	})
}

#[test]
fn limits_agree_with_the_shape() {
	assert_eq!(MAX_STEPS, MAX_SEGMENTS * STANDARD_MATRIX.steps);
	assert_eq!(INPUT_WORDS, STANDARD_MATRIX.inputs);
	assert_eq!(ARTIFACT_BYTES, STANDARD_MATRIX.artifact_words() * 4);
	assert_eq!((UNITS as usize, WEIGHTS), (SIDE, SIDE * SIDE));
}

#[test]
fn machine_and_twin_agree_on_any_artifact() {
	let program = program();
	for (artifact, seed) in artifacts(1, 300).zip(seeds(2, 300)) {
		run(&program, &artifact, seed);
	}
}

/// Every header that the evaluator tells apart.
#[test]
fn no_header_needs_more_steps_than_the_project_allows() {
	let program = program();
	let mut most = 0;
	let matrix = artifacts(3, 1).next().unwrap();
	for header in 0..8 * 2 * 2 * 2 * 2u32 {
		let mut artifact = matrix;
		artifact[..5].copy_from_slice(&[
			header % 8 + 1,
			header / 8 % 2,
			header / 16 % 2,
			header / 32 % 2,
			header / 64 % 2,
		]);
		for seed in seeds(u64::from(header), 20) {
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
	for enforced in [[1, 0, 0, 0, 0], [4, 1, 1, 1, 1]] {
		let mut config = enforced.to_vec();
		config.extend(SCHEMA.iter().skip(5).map(|key| key.min));
		let artifact = fit(&config, seeds(3, 500)).unwrap();
		let runs: Vec<Run> = seeds(4, 200).map(|seed| run(&program, &artifact, seed)).collect();
		let mean = runs.iter().map(|run| run.steps).sum::<u64>() / runs.len() as u64;
		let within = |most| runs.iter().filter(|r| r.segments(&STANDARD_MATRIX) <= most).count();
		println!("{enforced:?}: {mean} steps, {} of 200 in 6 segments", within(6));
		assert!(within(6) >= 190);
	}
}
