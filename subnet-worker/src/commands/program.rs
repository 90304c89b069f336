//! `program`: what an evaluator's author does without a node.

use crate::{
	cli::{ModuleArgs, ProgramCommand, ProgramRunArgs, ProverArgs},
	error::Error,
	program::{
		bundle::{job, Bundle, MAX_BUNDLE_BYTES},
		describe_trap, read_file, seeds, Given, ProgramError,
	},
	progress::Reporter,
	prove::{claim, development_hash, Prover},
};
use serde_json::{json, Value};
use std::path::Path;
use woppal_protocol::{research::MAX_ARTIFACT_BYTES, statement::Claim, H256};
use woppal_zkwasm::{machine::Run, module::MAX_MODULE_BYTES};

/// Three standard deviations of the difference of two evaluations, in standard deviations of one.
const MARGIN: f64 = 3.0 * std::f64::consts::SQRT_2;

/// Does one of them.
pub(super) fn execute(command: ProgramCommand, json: bool) -> Result<(), Error> {
	match command {
		ProgramCommand::Check(module) => check(&module, json),
		ProgramCommand::Run(args) => run(&args, json),
		ProgramCommand::Measure { module, artifact, runs, number, max_segments } => {
			let given = Given::read(&module.file, module.circuit)?;
			let artifact = read_artifact(&artifact)?;
			let seeds = seeds(number, runs.get());
			let spread = Spread::of(&given, &artifact, seeds, max_segments)
				.map_err(|e| Error::program(&module.file, e))?;
			spread.show(&given, json);
			Ok(())
		},
		ProgramCommand::Prove { run, out, key, prover } => prove(&run, &out, key, &prover, json),
		ProgramCommand::Verify { file, program, artifact, seed, key } => {
			let bundle = read_bundle(&file)?;
			let module = program.map(|path| read_file(&path, MAX_MODULE_BYTES)).transpose()?;
			let artifact = artifact.map(|path| read_artifact(&path)).transpose()?;
			bundle
				.ensure_about(module.as_deref(), artifact.as_deref(), seed.as_ref())
				.and_then(|()| bundle.verify(key))
				.map_err(|e| Error::bundle(&file, e))?;
			show_bundle(&bundle, "verified", json);
			Ok(())
		},
	}
}

fn read_artifact(path: &Path) -> Result<Vec<u8>, Error> {
	read_file(path, MAX_ARTIFACT_BYTES as usize)
}

fn read_bundle(path: &Path) -> Result<Bundle, Error> {
	let content = read_file(path, MAX_BUNDLE_BYTES)?;
	Bundle::read(&content).map_err(|e| Error::bundle(path, e))
}

fn check(args: &ModuleArgs, json: bool) -> Result<(), Error> {
	let given = Given::read(&args.file, args.circuit)?;
	if json {
		println!("{}", checked(&given));
		return Ok(());
	}
	let (shape, used, program) = (given.circuit.shape(), given.data_use(), given.commitment());
	println!("module        {}, {} bytes", args.file.display(), given.wasm.len());
	println!("evaluator     {:?}", given.hash());
	println!("circuit       {}, segments of {} steps", given.circuit.name(), shape.steps);
	println!("instructions  {} of {}", given.program.instructions.len(), shape.code);
	println!(
		"data words    {} of {}: frames {}, globals {}, initial memory {}",
		used.frames.saturating_add(used.globals).saturating_add(used.initial_memory),
		used.capacity,
		used.frames,
		used.globals,
		used.initial_memory,
	);
	println!("memory        {} words of linear memory have room", used.memory);
	println!("artifact      at most {} bytes", given.max_artifact_bytes());
	println!("seed          input words {} to {}", shape.read_words(), shape.inputs - 1);
	println!("code          {:?}", program.code);
	println!("data          {:?}", program.data);
	println!("entry         pc {}, fp {}", program.entry_pc, program.entry_fp);
	Ok(())
}

/// What `check --json` prints: a project's registration reads it.
fn checked(given: &Given) -> Value {
	let (shape, program) = (given.circuit.shape(), given.commitment());
	json!({
		"evaluator": given.hash(),
		"module_bytes": given.wasm.len(),
		"circuit": given.circuit,
		"steps_per_segment": shape.steps,
		"instructions": { "used": given.program.instructions.len(), "capacity": shape.code },
		"data_words": given.data_use(),
		"max_artifact_bytes": given.max_artifact_bytes(),
		"first_seed_word": shape.read_words(),
		"program": {
			"code": program.code,
			"data": program.data,
			"entry_pc": program.entry_pc,
			"entry_fp": program.entry_fp,
		},
	})
}

/// How a run ended, in words.
fn outcome(claim: &Claim) -> String {
	match *claim {
		Claim::Halted { metric } => format!("metric {metric}"),
		Claim::Trapped { cause } => format!("trap {cause}: {}", describe_trap(cause)),
	}
}

/// The same as fields of an object: `metric` or `trap`.
fn outcome_fields(claim: &Claim) -> (Option<i32>, Option<u8>) {
	match *claim {
		Claim::Halted { metric } => (Some(metric), None),
		Claim::Trapped { cause } => (None, Some(cause)),
	}
}

fn run(args: &ProgramRunArgs, json: bool) -> Result<(), Error> {
	let given = Given::read(&args.module.file, args.module.circuit)?;
	let artifact = read_artifact(&args.artifact)?;
	let run = given
		.run(&artifact, &args.seed, args.max_segments)
		.map_err(|e| Error::program(&args.module.file, e))?;
	let by_function = run.steps_by_function(&given.program);
	let (shape, claim) = (given.circuit.shape(), claim(&run.end));
	if json {
		let (metric, trap) = outcome_fields(&claim);
		let functions: Vec<Value> = by_function
			.iter()
			.map(|(function, steps)| json!({ "function": function, "steps": steps }))
			.collect();
		println!(
			"{}",
			json!({
				"metric": metric,
				"trap": trap,
				"steps": run.steps,
				"segments": run.segments(&shape),
				"functions": functions,
			})
		);
		return Ok(());
	}
	println!("outcome       {}", outcome(&claim));
	println!("steps         {}", run.steps);
	println!("segments      {} of {} steps", run.segments(&shape), shape.steps);
	for (function, steps) in by_function {
		println!("function {function:<4} {steps} steps");
	}
	Ok(())
}

/// The metric over many seeds.
#[derive(Clone, Debug, PartialEq)]
struct Spread {
	metrics: Vec<i32>,
	traps: usize,
	most_steps: u64,
}

impl Spread {
	fn of(
		given: &Given,
		artifact: &[u8],
		seeds: impl Iterator<Item = H256>,
		max_segments: u32,
	) -> Result<Self, ProgramError> {
		let mut spread = Self { metrics: Vec::new(), traps: 0, most_steps: 0 };
		for seed in seeds {
			let Run { end, steps, .. } = given.run(artifact, &seed, max_segments)?;
			spread.most_steps = spread.most_steps.max(steps);
			match claim(&end) {
				Claim::Halted { metric } => spread.metrics.push(metric),
				Claim::Trapped { .. } => spread.traps += 1,
			}
		}
		Ok(spread)
	}

	/// Mean and standard deviation of one evaluation.
	fn mean_and_deviation(&self) -> (f64, f64) {
		let metrics = || self.metrics.iter().copied().map(f64::from);
		let n = self.metrics.len().max(1) as f64;
		let mean = metrics().sum::<f64>() / n;
		let squares = metrics().map(|m| (m - mean).powi(2)).sum::<f64>();
		(mean, (squares / (n - 1.0).max(1.0)).sqrt())
	}

	fn show(&self, given: &Given, json: bool) {
		let (mean, deviation) = self.mean_and_deviation();
		let margin = (MARGIN * deviation).ceil();
		let (lowest, highest) = (self.metrics.iter().min(), self.metrics.iter().max());
		let most_segments = self.most_steps.div_ceil(u64::from(given.circuit.shape().steps));
		if json {
			println!(
				"{}",
				json!({
					"halted": self.metrics.len(),
					"trapped": self.traps,
					"mean": mean,
					"deviation": deviation,
					"noise_margin": margin,
					"lowest": lowest,
					"highest": highest,
					"most_steps": self.most_steps,
					"most_segments": most_segments,
				})
			);
			return;
		}
		println!("runs          {} halted, {} trapped", self.metrics.len(), self.traps);
		if let (Some(lowest), Some(highest)) = (lowest, highest) {
			println!("metric        {mean:.1} on average, from {lowest} to {highest}");
			println!("deviation     {deviation:.1} of one evaluation");
			println!("noise margin  {margin:.0}: three deviations of the difference of two");
		}
		println!("most steps    {} in {most_segments} segments", self.most_steps);
	}
}

fn prove(
	args: &ProgramRunArgs,
	out: &Path,
	key: Option<H256>,
	prover: &ProverArgs,
	json: bool,
) -> Result<(), Error> {
	let given = Given::read(&args.module.file, args.module.circuit)?;
	let artifact = read_artifact(&args.artifact)?;
	// What can't be proven is refused before the proving key is made.
	given
		.run(&artifact, &args.seed, args.max_segments)
		.map_err(|e| Error::program(&args.module.file, e))?;
	let key = key.unwrap_or_else(|| development_hash(&given.program.shape));
	let job = job(artifact.clone(), args.seed, args.max_segments, key);
	let maker = Prover::new(given.program.clone(), prover.settings()?);
	let verifying = maker.verifying_key(key)?;
	let shown = Reporter::detect(json).begin("proving");
	let evaluation = maker.prove(&job, Vec::new(), &shown)?;
	drop(shown);
	let bundle = Bundle { given, artifact, seed: args.seed, key: verifying, evaluation };
	bundle.verify(Some(key)).map_err(|e| Error::bundle(out, e))?;
	let content = bundle.to_json().map_err(|e| Error::bundle(out, e))?;
	std::fs::write(out, content).map_err(|source| Error::Io { path: out.to_owned(), source })?;
	show_bundle(&bundle, "proven", json);
	Ok(())
}

fn show_bundle(bundle: &Bundle, done: &str, json: bool) {
	let Bundle { given, artifact, seed, key: _, evaluation } = bundle;
	let is_development = bundle.is_under_development_key();
	let segments = evaluation.segments.len();
	let artifact_hash = H256(sp_crypto_hashing::blake2_256(artifact));
	if json {
		let (metric, trap) = outcome_fields(&evaluation.claim);
		println!(
			"{}",
			json!({
				"metric": metric,
				"trap": trap,
				"segments": segments,
				"circuit": given.circuit,
				"evaluator": given.hash(),
				"artifact": artifact_hash,
				"seed": seed,
				"key": bundle.key_hash(),
				"development_key": is_development,
			})
		);
		return;
	}
	println!("{done:<13} {segments} segments of the {} circuit", given.circuit.name());
	println!("outcome       {}", outcome(&evaluation.claim));
	println!("evaluator     {:?}", given.hash());
	println!("artifact      {artifact_hash:?}, {} bytes", artifact.len());
	println!("seed          {seed:?}");
	if is_development {
		println!("key           the development key, for which anybody can forge");
	} else {
		println!("key           {:?}, not the development key", bundle.key_hash());
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		cli::Cli,
		program::Circuit,
		test_util::{install_key, TempDir},
	};
	use clap::Parser;

	const SUM: &str = r#"(module
		(import "env" "input" (func $input (param i32) (result i32)))
		(func (export "evaluate") (result i32)
			(if (i32.eqz (call $input (i32.const 0))) (then unreachable))
			(i32.and (call $input (i32.const 24)) (i32.const 255))))"#;

	fn given() -> Given {
		Given::new(wat::parse_str(SUM).unwrap(), Circuit::Small).unwrap()
	}

	/// Runs a command line as the binary would.
	fn command(arguments: &[&str]) -> Result<(), Error> {
		let all = ["subnet-worker", "program"].iter().chain(arguments);
		match Cli::parse_from(all).command {
			crate::cli::Command::Program(command) => execute(command, true),
			_ => unreachable!("the command is program"),
		}
	}

	#[test]
	fn a_spread_is_measured_over_seeds() {
		let one = 1u32.to_le_bytes();
		let spread = Spread::of(&given(), &one, seeds(0, 400), 1).unwrap();
		let (mean, deviation) = spread.mean_and_deviation();
		// A byte is uniform: 127.5 ± 73.9.
		assert!((mean - 127.5).abs() < 15.0 && (deviation - 73.9).abs() < 8.0);
		assert_eq!((spread.metrics.len(), spread.traps), (400, 0));
		let trapped = Spread::of(&given(), &[0; 4], seeds(0, 5), 1).unwrap();
		assert_eq!((trapped.metrics.len(), trapped.traps), (0, 5));
		assert_eq!(trapped.mean_and_deviation(), (0.0, 0.0));
		assert!(trapped.most_steps > 0);
	}

	#[test]
	fn what_check_prints_has_all_that_a_registration_reads() {
		let value = checked(&given());
		let hash = |v: &Value| v.as_str().is_some_and(|s| s.len() == 66 && s.starts_with("0x"));
		assert!(hash(&value["evaluator"]));
		assert!(hash(&value["program"]["code"]) && hash(&value["program"]["data"]));
		assert_eq!(value["circuit"], "small");
		assert_eq!(value["program"]["entry_pc"], 0);
		assert_eq!(value["max_artifact_bytes"], 96);
	}

	#[test]
	fn a_run_is_proven_into_a_file_and_verified_from_it() {
		let dir = TempDir::new("program-commands");
		let path = |name: &str| dir.path().join(name).display().to_string();
		let (module, artifact, proof) = (path("p.wasm"), path("artifact"), path("proof.json"));
		std::fs::write(&module, wat::parse_str(SUM).unwrap()).unwrap();
		std::fs::write(&artifact, 1u32.to_le_bytes()).unwrap();
		std::fs::write(path("zero"), [0; 4]).unwrap();
		std::fs::write(path("long"), [0; 9_000]).unwrap();
		let seed = format!("0x{}", "07".repeat(32));
		let keys = format!("--key-cache={}", dir.path().display());
		let run = [&*module, "--circuit=small", "--seed", &seed, "--artifact"];
		let with = |first: &str, last: &[&str]| {
			let all: Vec<&str> =
				[first].into_iter().chain(run).chain(last.iter().copied()).collect();
			command(&all)
		};
		command(&["check", &module, "--circuit=small"]).unwrap();
		with("run", &[&artifact]).unwrap();
		with("prove", &[&artifact, "--out", &proof, &keys]).unwrap();
		command(&["verify", &proof]).unwrap();
		command(&["verify", &proof, "--program", &module, "--seed", &seed]).unwrap();
		let other = command(&["verify", &proof, "--artifact", &path("zero")]);
		assert_eq!(other.unwrap_err().exit_code(), 12);
		// Under a key of a ceremony, whose proofs convince only whoever names it.
		let hash = format!("{:?}", install_key(dir.path(), &Circuit::Small.shape()));
		let live = path("live.json");
		with("prove", &[&artifact, "--out", &live, &keys, "--key", &hash]).unwrap();
		command(&["verify", &live, "--key", &hash]).unwrap();
		assert_eq!(command(&["verify", &live]).unwrap_err().exit_code(), 12);
		assert_eq!(command(&["verify", &proof, "--key", &hash]).unwrap_err().exit_code(), 12);
		let absent = format!("0x{}", "01".repeat(32));
		let refused = with("prove", &[&artifact, "--out", &live, &keys, "--key", &absent]);
		assert_eq!(refused.unwrap_err().exit_code(), 10);
		// A trap is an outcome that is proven like any other.
		with("prove", &[&path("zero"), "--out", &path("trap.json"), &keys]).unwrap();
		command(&["verify", &path("trap.json")]).unwrap();

		assert_eq!(with("run", &[&path("long")]).unwrap_err().exit_code(), 8);
		assert_eq!(command(&["check", &artifact]).unwrap_err().exit_code(), 12);
		assert_eq!(command(&["check", &path("none")]).unwrap_err().exit_code(), 8);
		let torn = std::fs::read_to_string(&proof).unwrap();
		std::fs::write(&proof, &torn[..torn.len() / 2]).unwrap();
		assert_eq!(command(&["verify", &proof]).unwrap_err().exit_code(), 12);
	}
}
