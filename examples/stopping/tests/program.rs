//! The frozen program is what its source compiles to, and the machine gives what the twin gives.
#![allow(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use std::{path::Path, process::Command};
use woppal_example_stopping::{
	artifact_words, evaluate_artifact, levels, seeds, ARTIFACT_WORDS, BASELINE, DEMANDS,
	INPUT_WORDS, SCHEMA,
};
use woppal_zkwasm::{
	commitment::End,
	lower::lower,
	machine::{Machine, Run},
	module::load,
	program::Program,
	shape::STANDARD,
};

const WASM: &[u8] = include_bytes!("../program.wasm");
/// The compiler that `build-program` made it with.
const COMPILER: &str = "rustc 1.95.0 (59807616e 2026-04-14)";
/// What `project.json` allows.
const MAX_SEGMENTS: u64 = 8;
const MAX_STEPS: u64 = 3_784;

fn program(wasm: &[u8]) -> Program {
	lower(&load(wasm).unwrap(), &STANDARD).unwrap()
}

/// Runs the machine and compares its result with the twin's.
fn run(program: &Program, artifact: &[u32], seed: [u8; 32]) -> Run {
	let run = Machine::new(program, artifact, seed).unwrap().run(MAX_STEPS).unwrap();
	let metric = evaluate_artifact(artifact, &seed);
	assert_eq!(run.end, End::Halted { output: metric as u32 });
	assert!(run.segments(&STANDARD) <= MAX_SEGMENTS);
	run
}

fn random_words(number: u64, count: usize) -> Vec<u32> {
	seeds(number, count.div_ceil(8) as u64)
		.flat_map(|seed| {
			seed.chunks_exact(4)
				.map(|w| u32::from_le_bytes(w.try_into().unwrap()))
				.collect::<Vec<_>>()
		})
		.take(count)
		.collect()
}

#[test]
fn machine_and_twin_agree_on_any_artifact() {
	let program = program(WASM);
	assert_eq!(INPUT_WORDS, STANDARD.inputs);
	let words = random_words(1, 400 * ARTIFACT_WORDS as usize);
	for (artifact, seed) in words.chunks(ARTIFACT_WORDS as usize).zip(seeds(2, 400)) {
		run(&program, artifact, seed);
	}
}

#[test]
fn the_longest_run_is_the_one_that_takes_only_last_offers() {
	let program = program(WASM);
	let most = |skip, demand| {
		let artifact = artifact_words(&[skip, 8, 1], &[demand; DEMANDS as usize]).unwrap();
		seeds(3, 50).map(|seed| run(&program, &artifact, seed).steps).max().unwrap()
	};
	let longest = (0..8).map(|skip| most(skip, 255)).max().unwrap();
	println!("at most {longest} steps, a good policy {}", most(3, 112));
	assert!(longest >= most(1, 112) && longest <= MAX_STEPS);
	assert!(longest * 10 > MAX_STEPS * 9, "the limit is not much wider than needed: {longest}");
}

#[test]
fn a_policy_beats_the_baseline_and_the_first_offer_is_the_baseline() {
	let mean = |skip, demand| {
		let artifact = artifact_words(&[skip, 8, 1], &[demand; DEMANDS as usize]).unwrap();
		seeds(4, 2_000).map(|seed| evaluate_artifact(&artifact, &seed)).sum::<i32>() / 2_000
	};
	assert!((mean(0, 112) - BASELINE).abs() < 500);
	assert!((13_000..15_000).contains(&mean(3, 112)));
}

#[test]
fn a_config_outside_the_schema_has_no_artifact() {
	let demands = [1; DEMANDS as usize];
	let words = artifact_words(&[3, 6, 2], &demands).unwrap();
	assert_eq!((words[0], words[1], words[2]), (3, 6, 1));
	for (key, (_, min, max)) in SCHEMA.iter().enumerate() {
		for value in [min - 1, max + 1] {
			let mut config = [3, 6, 2];
			config[key] = value;
			assert_eq!(artifact_words(&config, &demands), None);
		}
	}
	assert_eq!(levels(1).collect::<Vec<_>>(), [0, 128]);
	assert_eq!(levels(8).count(), 256);
}

/// With the compiler of the frozen program the bytes must be the same, with another one the
/// behaviour; without the target there is nothing to compare.
#[test]
fn the_program_is_what_its_source_compiles_to() {
	let rustc = |arguments: &[&str]| {
		let out = Command::new("rustc").args(arguments).output().unwrap();
		String::from_utf8(out.stdout).unwrap().trim().to_owned()
	};
	let libraries = rustc(&["--print", "target-libdir", "--target", "wasm32v1-none"]);
	let out = std::env::temp_dir().join(format!("woppal-stopping-{}.wasm", std::process::id()));
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build-program");
	let built = Command::new("sh").arg(&script).arg(&out).output().unwrap();
	if !Path::new(&libraries).exists() {
		assert!(!built.status.success(), "built without the target's libraries");
		return;
	}
	assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
	let wasm = std::fs::read(&out).unwrap();
	std::fs::remove_file(&out).unwrap();
	if rustc(&["--version"]) == COMPILER {
		assert_eq!(wasm, WASM, "program.wasm is not what build-program makes");
	} else {
		let program = program(&wasm);
		for seed in seeds(5, 50) {
			run(&program, &random_words(6, ARTIFACT_WORDS as usize), seed);
		}
	}
}
