//! The frozen program gives what the native twin gives, and is what its source compiles to.
#![allow(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use std::{path::Path, process::Command};
use wasmi::{Caller, Engine, Linker, Module, Store};
use woppal_evaluator::{
	artifact_bytes, artifact_words, evaluate,
	fit::{estimate, fit, seeds},
	program::{
		ARTIFACT_WORDS, COUNT_LOSS, HIT_LOSS, INPUT_WORDS, LEVELS, LEVEL_LOSS_QUARTER, SEED_INDEX,
		SEQUENCES, SEQUENCE_SYMBOLS, SYMBOL_BITS, UNIFORM_LOSS,
	},
	words, CONTEXTS, NOISE_MARGIN, PROGRAM_COMPILER, PROGRAM_WASM,
};

type Inputs = [u32; INPUT_WORDS as usize];

/// Runs `wasm` on an artifact and a seed.
fn run(engine: &Engine, module: &Module, artifact: &[u32], seed: &[u8; 32]) -> i32 {
	let mut inputs: Inputs = [0; INPUT_WORDS as usize];
	inputs[..artifact.len()].copy_from_slice(artifact);
	for (i, word) in seed.chunks_exact(4).enumerate() {
		inputs[SEED_INDEX as usize + i] = u32::from_le_bytes(word.try_into().unwrap());
	}
	let mut store = Store::new(engine, inputs);
	let mut linker = Linker::<Inputs>::new(engine);
	linker
		.func_wrap("env", "input", |caller: Caller<'_, Inputs>, index: i32| {
			caller.data()[index as usize] as i32
		})
		.unwrap();
	let instance = linker.instantiate_and_start(&mut store, module).unwrap();
	instance.get_typed_func::<(), i32>(&store, "evaluate").unwrap().call(&mut store, ()).unwrap()
}

/// Random artifacts: half of them any words at all, half with words near the ranges.
fn artifacts(number: u64, count: u64) -> impl Iterator<Item = Vec<u32>> {
	(0..count).map(move |i| {
		let mut artifact: Vec<u32> = seeds(number + i, u64::from(ARTIFACT_WORDS).div_ceil(8))
			.flat_map(|s| {
				s.chunks_exact(4)
					.map(|w| u32::from_le_bytes(w.try_into().unwrap()))
					.collect::<Vec<_>>()
			})
			.take(ARTIFACT_WORDS as usize)
			.collect();
		if i % 2 == 1 {
			for word in &mut artifact {
				*word &= 63;
			}
		}
		artifact
	})
}

fn agrees(wasm: &[u8], number: u64) {
	let engine = Engine::default();
	let module = Module::new(&engine, wasm).unwrap();
	for (artifact, seed) in artifacts(number, 400).zip(seeds(number, 400)) {
		assert_eq!(run(&engine, &module, &artifact, &seed), evaluate(&artifact, &seed));
	}
}

#[test]
fn program_and_twin_agree() {
	agrees(PROGRAM_WASM, 100);
}

#[test]
fn program_reads_no_other_inputs() {
	// What lies between artifact and seed changes nothing.
	let seed = [7; 32];
	let mut artifact = artifacts(200, 2).last().unwrap();
	let metric = evaluate(&artifact, &seed);
	artifact.resize(SEED_INDEX as usize, u32::MAX);
	assert_eq!(evaluate(&artifact, &seed), metric);
}

/// Compiles the source. With the compiler of the frozen program the bytes must be the same, with
/// another one the behaviour; without the target there is nothing to compare.
#[test]
fn program_is_what_its_source_compiles_to() {
	let version = Command::new("rustc").arg("--version").output().unwrap();
	let version = String::from_utf8(version.stdout).unwrap();
	let libraries = Command::new("rustc")
		.args(["--print", "target-libdir", "--target", "wasm32v1-none"])
		.output()
		.unwrap();
	let libraries = String::from_utf8(libraries.stdout).unwrap();
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build-evaluator");
	let directory = std::env::temp_dir().join(format!("woppal-evaluator-{}", std::process::id()));
	std::fs::create_dir_all(&directory).unwrap();
	let out = directory.join("program.wasm");
	let built = Command::new("sh").arg(&script).arg(&out).output().unwrap();
	if !Path::new(libraries.trim()).exists() {
		assert!(!built.status.success(), "built without the target's libraries");
		return;
	}
	assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
	let wasm = std::fs::read(&out).unwrap();
	std::fs::remove_dir_all(&directory).unwrap();
	if version.trim() == PROGRAM_COMPILER {
		assert_eq!(wasm, PROGRAM_WASM, "program.wasm is not what build-evaluator makes");
	} else {
		agrees(&wasm, 300);
	}
}

#[test]
fn tables_are_the_rounded_logarithms() {
	let symbols = 2f64.powi(SYMBOL_BITS as i32);
	let micro = |x: f64| x * 1e6;
	assert_eq!(f64::from(UNIFORM_LOSS), micro(symbols.ln()).ceil());
	assert_eq!(f64::from(LEVEL_LOSS_QUARTER), micro(2f64.ln() / 8.0).ceil());
	for (level, hit) in HIT_LOSS.iter().enumerate() {
		let miss = f64::from(UNIFORM_LOSS) + f64::from(LEVEL_LOSS_QUARTER) * 4.0 * level as f64;
		let left = 1.0 - (symbols - 1.0) * (-miss / 1e6).exp();
		assert_eq!(f64::from(*hit), micro(-left.ln()).ceil(), "level {level}");
	}
	for (count, loss) in COUNT_LOSS.iter().enumerate() {
		assert_eq!(f64::from(*loss), micro(-(count as f64 + 0.5).ln()).round());
	}
	let totals: f64 = (0..SEQUENCE_SYMBOLS).map(|n| (f64::from(n) + symbols / 2.0).ln()).sum();
	assert_eq!(
		f64::from(woppal_evaluator::program::BASELINE_TOTALS),
		micro(totals * f64::from(SEQUENCES)).round()
	);
}

/// Whatever the artifact, its probabilities of all symbols add up to at most one: a level is in
/// range by its mask, and at no level do the losses of a hit and of all misses promise more.
#[test]
fn no_level_promises_more_than_certainty() {
	let others = 2f64.powi(SYMBOL_BITS as i32) - 1.0;
	for level in 0..LEVELS {
		let hit = (-f64::from(HIT_LOSS[level as usize]) / 1e6).exp();
		let miss = UNIFORM_LOSS + LEVEL_LOSS_QUARTER * 4 * level as i32;
		assert!(hit + others * (-f64::from(miss) / 1e6).exp() <= 1.0);
	}
	assert!((others + 1.0) * (-f64::from(UNIFORM_LOSS) / 1e6).exp() <= 1.0);
}

#[test]
fn no_artifact_beats_what_can_be_predicted() {
	let best = fit(&[6, 1, 8, 2, 4, 1, 1, 4, 1], seeds(400, 2_000)).unwrap();
	let (mean, _) = estimate(&best, seeds(401, 2_000));
	let limit = mean - f64::from(NOISE_MARGIN);
	for artifact in artifacts(402, 4_000) {
		let (metric, _) = estimate(&artifact, seeds(403, 8));
		assert!(metric > limit, "{metric} by {artifact:?}");
	}
}

#[test]
fn no_change_of_a_level_improves_on_the_fitted_artifact() {
	let best = fit(&[6, 1, 8, 2, 4, 1, 1, 4, 1], seeds(500, 4_000)).unwrap();
	let (mean, _) = estimate(&best, seeds(500, 4_000));
	for context in 0..CONTEXTS as usize {
		for level in 0..LEVELS {
			let mut other = best;
			other[8 + context] = level * 4;
			let (metric, _) = estimate(&other, seeds(500, 500));
			let (fitted, _) = estimate(&best, seeds(500, 500));
			assert!(metric > fitted - 0.02 * mean.abs(), "context {context}, level {level}");
		}
	}
}

#[test]
fn artifacts_have_the_projects_size_and_the_configs_header() {
	let config = [3, 1, 5, 2, 3, 0, 10, 16, 8];
	let levels = [7; CONTEXTS as usize];
	let artifact = artifact_words(&config, &levels).unwrap();
	assert_eq!(artifact[..8], [3, 1, 5, 2, 3, 0, 0, 0]);
	assert!(artifact[8..].iter().all(|word| *word == 28));
	let bytes = artifact_bytes(&artifact);
	assert_eq!(bytes.len(), woppal_evaluator::ARTIFACT_BYTES as usize);
	assert_eq!(words(&bytes), Some(artifact));
	assert_eq!(words(&bytes[1..]), None);
	assert_eq!(artifact_words(&config[..8], &levels), None);
	assert_eq!(artifact_words(&[9, 1, 5, 2, 3, 0, 10, 16, 8], &levels), None);
	assert_eq!(artifact_words(&config, &[16; CONTEXTS as usize]), None);
}
