//! The frozen program gives what the native twin gives, and is what its source compiles to.
#![allow(clippy::unwrap_used, reason = "a set-up that fails fails the test")]

use std::{path::Path, process::Command};
use wasmi::{Caller, Engine, Linker, Module, Store};
use woppal_evaluator::{
	artifact_bytes, artifact_words, evaluate,
	fit::{estimate, fit, seeds},
	matrix,
	network::{gradient, record, Step, WEIGHTS},
	program::{
		ARTIFACT_WORDS, BASELINE_TOTALS, CONFIDENCE, COUNT_LOSS, FEATURES, HEADER_WORDS, HIT_LOSS,
		LEVELS, LEVEL_LOSS_QUARTER, SEED_INDEX, SEQUENCES, SEQUENCE_SYMBOLS, SYMBOLS, SYMBOL_BITS,
		UNIFORM_LOSS, UNITS,
	},
	words, Artifact, ENFORCED_KEYS, NOISE_MARGIN, PROGRAM_COMPILER, PROGRAM_WASM,
};

/// A config of the upper rungs.
const GOOD: [i32; 8] = [4, 1, 1, 1, 1, 1, 4, 0];

/// What the imports read.
struct Inputs {
	artifact: Artifact,
	seed: [u32; 8],
}

/// Runs `wasm` on an artifact and a seed.
fn run(engine: &Engine, module: &Module, artifact: &Artifact, seed: &[u8; 32]) -> i32 {
	let mut words = [0; 8];
	for (word, bytes) in words.iter_mut().zip(seed.chunks_exact(4)) {
		*word = u32::from_le_bytes(bytes.try_into().unwrap());
	}
	let mut store = Store::new(engine, Inputs { artifact: *artifact, seed: words });
	let mut linker = Linker::<Inputs>::new(engine);
	linker
		.func_wrap("env", "input", |caller: Caller<'_, Inputs>, index: i32| {
			let index = index as usize;
			let inputs = caller.data();
			match index.checked_sub(SEED_INDEX as usize) {
				Some(index) => inputs.seed[index] as i32,
				None => inputs.artifact[index] as i32,
			}
		})
		.unwrap();
	linker
		.func_wrap("env", "matrix", |mut caller: Caller<'_, Inputs>, address: i32| {
			let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
			let matrix = matrix(&caller.data().artifact);
			let (address, side) = (address as usize, UNITS as usize);
			assert_eq!(address % side, 0);
			let vector = &mut memory.data_mut(&mut caller)[address..address + side];
			let before: Vec<i64> = vector.iter().map(|byte| i64::from(*byte as i8)).collect();
			for (byte, row) in vector.iter_mut().zip(matrix.chunks(side)) {
				let sum: i64 = row.iter().zip(&before).map(|(w, v)| i64::from(*w) * v).sum();
				*byte = sum.div_euclid(64).clamp(-128, 127) as u8;
			}
		})
		.unwrap();
	let instance = linker.instantiate_and_start(&mut store, module).unwrap();
	instance.get_typed_func::<(), i32>(&store, "evaluate").unwrap().call(&mut store, ()).unwrap()
}

/// Random artifacts: half of them any words at all, half with a header near the ranges.
fn artifacts(number: u64, count: u64) -> impl Iterator<Item = Artifact> {
	(0..count).map(move |i| {
		let mut artifact = [0; ARTIFACT_WORDS as usize];
		let bytes: Vec<u8> =
			seeds(number + i, u64::from(ARTIFACT_WORDS).div_ceil(8)).flatten().collect();
		for (word, bytes) in artifact.iter_mut().zip(bytes.chunks_exact(4)) {
			*word = u32::from_le_bytes(bytes.try_into().unwrap());
		}
		if i % 2 == 1 {
			artifact[..HEADER_WORDS as usize].iter_mut().for_each(|word| *word &= 15);
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
	// What lies between the enforced keys and the matrix changes nothing.
	let seed = [7; 32];
	let mut artifact = artifacts(200, 2).last().unwrap();
	let metric = evaluate(&artifact, &seed);
	artifact[ENFORCED_KEYS..HEADER_WORDS as usize].fill(u32::MAX);
	assert_eq!(evaluate(&artifact, &seed), metric);
}

#[test]
fn a_header_out_of_range_is_one_in_range() {
	for (artifact, seed) in artifacts(210, 200).zip(seeds(211, 200)) {
		let metric = evaluate(&artifact, &seed);
		let mut same = artifact;
		same[0] = (artifact[0].wrapping_sub(1) & 7) + 1;
		same[1..ENFORCED_KEYS].iter_mut().for_each(|word| *word &= 1);
		assert_eq!(evaluate(&same, &seed), metric);
	}
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
		assert_eq!(f64::from(*loss), micro(-(2.0 * count as f64 + 1.0).ln()).round());
	}
	let totals: f64 = (0..SEQUENCE_SYMBOLS).map(|n| (2.0 * f64::from(n) + symbols).ln()).sum();
	assert_eq!(f64::from(BASELINE_TOTALS), micro(totals * f64::from(SEQUENCES)).round());
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
	let best = fit(&GOOD, seeds(400, 4_000)).unwrap();
	let (mean, _) = estimate(&best, seeds(401, 2_000));
	let limit = mean - f64::from(NOISE_MARGIN);
	for artifact in artifacts(402, 4_000) {
		let (metric, _) = estimate(&artifact, seeds(403, 8));
		assert!(metric > limit, "{metric} by {artifact:?}");
	}
}

/// What an oracle that knows when hypotheses come true would reach is close: the network has learnt
/// the rhythm.
#[test]
fn fitted_networks_know_the_rhythm() {
	let best = fit(&GOOD, seeds(500, 4_000)).unwrap();
	let (mean, _) = estimate(&best, seeds(501, 1_000));
	let mut sure = best;
	sure[HEADER_WORDS as usize..].fill(0);
	let mut oracle = 0.0;
	for seed in seeds(501, 1_000) {
		let steps = record(&sure, &seed);
		// A matrix of zeros has level 8 everywhere.
		let given = |hit| woppal_evaluator::network::loss(8, hit) as f64;
		let least = |hit| woppal_evaluator::network::loss(if hit { 15 } else { 0 }, hit) as f64;
		let gained: f64 = steps.iter().map(|step| given(step.hit) - least(step.hit)).sum();
		oracle += f64::from(evaluate(&sure, &seed)) - gained / f64::from(SYMBOLS);
	}
	oracle /= 1_000.0;
	assert!((0.0..90_000.0).contains(&(mean - oracle)), "{mean} and {oracle}");
}

/// The gradient is that of the loss where the loss is smooth: at a weight from a feature to the
/// confidence. Elsewhere the units' rounding lets it only be right on average.
#[test]
fn the_gradient_is_the_loss_slope() {
	let header = artifact_words(&GOOD, &[0; WEIGHTS]).unwrap();
	let evaluations: Vec<Vec<Step>> = seeds(600, 50).map(|seed| record(&header, &seed)).collect();
	let side = UNITS as usize;
	let mut matrix = [0; WEIGHTS];
	let mut slopes = [0.0; WEIGHTS];
	let mut loss_at = |weight: i8, slopes: &mut [f32; WEIGHTS]| {
		matrix[CONFIDENCE as usize * side] = weight;
		gradient(&GOOD, &matrix, &evaluations, 0.1, slopes)
	};
	let before = loss_at(-20, &mut slopes);
	let after = loss_at(-16, &mut slopes);
	let at = loss_at(-18, &mut slopes);
	assert!(before < at && at < after, "{before}, {at}, {after}");
	let slope = (after - before) / (4.0 / 64.0);
	let given = slopes[CONFIDENCE as usize * side];
	assert!((slope - given).abs() < 0.1 * slope.abs(), "{slope} and {given}");
	// Units that are written over before they are read have none.
	for unit in (0..FEATURES as usize).filter(|unit| *unit != CONFIDENCE as usize) {
		assert!(slopes[unit * side..(unit + 1) * side].iter().all(|slope| *slope == 0.0));
	}
}

#[test]
fn artifacts_have_the_projects_size_and_the_configs_header() {
	let config = [3, 1, 0, 1, 1, 10, 16, 8];
	let mut weights = [0; WEIGHTS];
	(weights[0], weights[1], weights[WEIGHTS - 1]) = (1, -1, -128);
	let artifact = artifact_words(&config, &weights).unwrap();
	assert_eq!(artifact[..6], [3, 1, 0, 1, 1, 0]);
	assert_eq!(artifact[HEADER_WORDS as usize], 0xff01);
	assert_eq!(artifact[ARTIFACT_WORDS as usize - 1], 0x8000_0000);
	assert_eq!(matrix(&artifact), weights);
	let bytes = artifact_bytes(&artifact);
	assert_eq!(bytes.len(), woppal_evaluator::ARTIFACT_BYTES as usize);
	assert_eq!(words(&bytes), Some(artifact));
	assert_eq!(words(&bytes[1..]), None);
	assert_eq!(artifact_words(&config[..7], &weights), None);
	assert_eq!(artifact_words(&[9, 1, 0, 1, 1, 10, 16, 8], &weights), None);
}
