//! Measures the segment circuits beside arkworks' Groth16 on a dummy circuit of as many rows.
//!
//! `bench [--standard] [--wide | --matrix] [--json] [--keys FOLDER] [--rounds N]`: the small circuit,
//! with `--standard` the standard one too, with `--wide` those for 64-bit words in their place, with
//! `--matrix` those with a matrix; a table for people, or one JSON object. Keys are kept in the folder (the
//! temporary folder if none is named). Times are the least of the rounds, in milliseconds; ours and
//! arkworks' are taken in turn, so that a busy machine slows both. The dummy circuit has bits for nine
//! of ten variables, as the segment circuit nearly has.
//!
//! `bench peak CIRCUIT FOLDER` loads a key, proves once and prints the peak memory: it is a
//! process of its own because a peak never falls.

use ark_bn254::{Bn254, Fr};
use ark_ff::PrimeField;
use ark_groth16::{prepare_verifying_key, r1cs_to_qap::LibsnarkReduction, Groth16, Proof};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use codec::Encode;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::{
	error::Error,
	fmt::Write,
	path::{Path, PathBuf},
	process::Command,
	time::Instant,
};
use woppal_zkwasm::{
	circuit::{witness::RunContext, Circuit, PUBLIC_INPUTS},
	commitment::{from_root, Root},
	dispute::{verify_step, StepOpening, DEFAULT_STRIDE},
	lower::lower,
	machine::{Machine, Segment},
	matrix::SIDE,
	module::load,
	program::Program,
	prover::{prove_segment, ProvingKey},
	setup::{
		cached_development_keys, development_key_hash, development_keys, dummy_rows, raw_keys,
	},
	shape::{Shape, CIRCUITS},
	verifier::{verify, verify_batch, Entry, Status},
};

type Raw = Groth16<Bn254, LibsnarkReduction>;
type Failure = Box<dyn Error>;

/// A program that never ends soon: products of inputs, kept in memory.
const WORK: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(memory 1)
	(func (export "evaluate") (result i32)
		(local $i i32) (local $sum i32)
		(loop $next
			(local.set $sum (i32.add (local.get $sum)
				(i32.mul (call $input (i32.and (local.get $i) (i32.const 15))) (local.get $i))))
			(i32.store (i32.shl (i32.and (local.get $i) (i32.const 7)) (i32.const 2)) (local.get $sum))
			(local.set $sum (i32.xor (local.get $sum) (i32.load (i32.const 8))))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $next (i32.lt_u (local.get $i) (i32.const 1000000))))
		(local.get $sum)))"#;

/// A row of a matrix times a vector as a program without `env.matrix` has to do it: eight words of
/// weights from the inputs, eight words of numbers in memory, four numbers of 8 bits in each.
const PLAIN_ROW: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(memory 1)
	(func (export "evaluate") (result i32)
		(local $i i32) (local $w i32) (local $x i32) (local $sum i32)
		(loop $next
			(local.set $w (call $input (local.get $i)))
			(local.set $x (i32.load (i32.shl (local.get $i) (i32.const 2))))
			(local.set $sum (i32.add (local.get $sum) (i32.mul
				(i32.extend8_s (local.get $w)) (i32.extend8_s (local.get $x)))))
			(local.set $sum (i32.add (local.get $sum) (i32.mul
				(i32.extend8_s (i32.shr_u (local.get $w) (i32.const 8)))
				(i32.extend8_s (i32.shr_u (local.get $x) (i32.const 8))))))
			(local.set $sum (i32.add (local.get $sum) (i32.mul
				(i32.extend8_s (i32.shr_u (local.get $w) (i32.const 16)))
				(i32.extend8_s (i32.shr_u (local.get $x) (i32.const 16))))))
			(local.set $sum (i32.add (local.get $sum) (i32.mul
				(i32.shr_s (local.get $w) (i32.const 24))
				(i32.shr_s (local.get $x) (i32.const 24)))))
			(br_if $next (i32.lt_u
				(local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
		(local.get $sum)))"#;
const SEED: [u8; 32] = [5; 32];

/// Fills all of the memory that the machine holds: stores whose operands are far from the word.
const FILL: &str = r#"(module
	(memory 1)
	(func (export "evaluate") (result i32) (local $i i32)
		(loop $next
			(i32.store (local.get $i) (local.get $i))
			(local.set $i (i32.add (local.get $i) (i32.const 4)))
			(br $next))
		(i32.const 0)))"#;

/// What was measured, in order.
#[derive(Default)]
struct Report(Vec<(String, f64)>);

impl Report {
	fn set(&mut self, name: &str, value: f64) {
		self.0.push((name.to_owned(), value));
	}

	fn get(&self, name: &str) -> f64 {
		self.0.iter().find(|(n, _)| n == name).map_or(f64::NAN, |(_, value)| *value)
	}

	fn ratio(&mut self, name: &str, ours: &str, raw: &str) {
		let ratio = self.get(ours) / self.get(raw);
		self.set(name, ratio);
	}
}

fn milliseconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
	let start = Instant::now();
	let result = work();
	(start.elapsed().as_secs_f64() * 1e3, result)
}

/// A full segment of the work, with what its proof needs.
struct Task {
	program: Program,
	artifact: Vec<u32>,
}

impl Task {
	fn new(shape: &Shape) -> Result<Self, Failure> {
		let program = lower(&load(&wat::parse_str(WORK)?)?, shape)?;
		Ok(Self { program, artifact: (0..16).collect() })
	}

	fn segment(&self) -> Result<(RunContext, Segment), Failure> {
		let machine = Machine::new(&self.program, &self.artifact, SEED)?;
		let segment = machine.segments(1).next().ok_or("the program has no step")??;
		let run = RunContext::new(&self.program, &self.artifact, &SEED).ok_or("artifact")?;
		Ok((run, segment))
	}
}

fn bench(name: &str, shape: &Shape, keys: &Path, rounds: usize) -> Result<Report, Failure> {
	let mut report = Report::default();
	let (time, circuit) = milliseconds(|| Circuit::new(shape));
	let rows = circuit.rows().len();
	report.set("rows", rows as f64);
	report.set("steps", f64::from(shape.steps));
	for (name, shape) in widths(name)? {
		let rows = Circuit::new(&shape).rows().len();
		report.set(name, rows as f64 / f64::from(shape.steps));
	}
	report.set("coefficients", circuit.rows().coefficients() as f64);
	report.set("circuit_ms", time);
	for (gadget, rows) in circuit.table() {
		report.set(&format!("rows_{gadget:?}"), rows as f64);
	}
	let (dummy, assignment) = dummy_rows(rows);
	let mut rng = ChaCha20Rng::seed_from_u64(1);
	let (time, raw_key) = milliseconds(|| raw_keys(&dummy, &mut rng));
	let raw_key = raw_key?;
	report.set("raw_setup_ms", time);
	let (time, made) = milliseconds(|| development_keys(shape));
	drop(made?);
	report.set("setup_ms", time);
	let hash = cached_development_keys(shape, keys)?.1.hash();
	let (time, key) = milliseconds(|| ProvingKey::load(keys, shape, &hash));
	let key = key?;
	report.set("load_key_ms", time);

	let (run, segment) = Task::new(shape)?.segment()?;
	let pre = run.pre_root(&segment);
	let context = [1; 32];
	let mut least = Least::default();
	for _ in 0..rounds {
		let roots = [pre, run.post_root(&segment)].map(|root| from_root(&root).unwrap_or_default());
		let (time, values) = milliseconds(|| {
			let witness = run.witness(&segment, roots, from_root(&context).unwrap_or_default());
			circuit.assign(&witness)
		});
		least.note("witness_ms", time);
		let values = values.ok_or("the witness is of another shape")?;
		let (time, holds) = milliseconds(|| circuit.rows().is_satisfied(&values));
		least.note("check_ms", time);
		assert!(holds, "the witness satisfies the circuit");
		let (time, proven) = milliseconds(|| prove_segment(&key, &run, &segment, &pre, &context));
		least.note("prove_ms", time);
		let proven = proven?;
		let inputs: Vec<[u8; 32]> = values.iter().skip(1).take(PUBLIC_INPUTS).map(bytes).collect();
		let (time, proof) = milliseconds(|| raw_prove(&raw_key, &dummy, &assignment));
		least.note("raw_prove_ms", time);
		let ours = || verify(key.prepared(), &proven.proof, &inputs) as u8 == 0;
		verify_in_turn(&mut least, ours, &raw_key, &proof?, &assignment)?;
		verify_together(&mut least, &key, &proven.proof, &inputs)?;
	}
	report.0.extend(least.0);
	report.ratio("prove_ratio", "prove_ms", "raw_prove_ms");
	report.ratio("witness_share", "witness_ms", "prove_ms");
	report.ratio("verify_ratio", "verify_ms", "raw_verify_ms");
	report.set("steps_per_second", 1e3 * f64::from(shape.steps) / report.get("prove_ms"));
	report.set("peak_mib", peak_of_a_proof(name, keys)?);
	disputes(&mut report, shape)?;
	multiplications(&mut report, name)?;
	Ok(report)
}

/// Rows for a multiplication and addition of numbers of 8 bits: in matrix products, everything in it
/// that the circuit without a matrix of the same size does not have, and by ordinary instructions.
fn multiplications(report: &mut Report, name: &str) -> Result<(), Failure> {
	let shape = shape_named(&format!("{}-matrix", size_of(name)))?;
	let rows = |shape: &Shape| Circuit::new(shape).rows().len() as f64;
	let without = Shape { products: 0, ..shape };
	let products = f64::from(shape.products) * (SIDE * SIDE) as f64;
	let more = rows(&shape) - rows(&without);
	report.set("rows_per_mac", more / products);
	let program = lower(&load(&wat::parse_str(PLAIN_ROW)?)?, &without)?;
	let steps = Machine::new(&program, &[0; 8], SEED)?.run(10_000)?.steps as f64;
	let per_step = rows(&without) / f64::from(shape.steps);
	report.set("rows_per_mac_plain", steps * per_step / SIDE as f64);
	Ok(())
}

/// Strides of the run whose checkpoints are measured.
const STRIDES: u64 = 4;

/// What checkpoints cost beside the plain run, and the check of a single step.
fn disputes(report: &mut Report, shape: &Shape) -> Result<(), Failure> {
	let Task { program, artifact } = Task::new(shape)?;
	let machine = || Machine::new(&program, &artifact, SEED);
	let steps = STRIDES * u64::from(DEFAULT_STRIDE.get()) * u64::from(shape.steps);
	let mut least = Least::default();
	for _ in 0..5 {
		let mut plain = machine()?;
		let (time, done) = milliseconds(|| plain.advance(steps));
		done?;
		least.note("plain_run_ms", time);
		let fixed = plain.fixed_roots();
		let mut marked = machine()?;
		let (time, done) = milliseconds(|| -> Result<(), Failure> {
			for _ in 0..STRIDES {
				marked.advance(steps / STRIDES)?;
				std::hint::black_box(fixed.machine(marked.state(), marked.data()));
			}
			Ok(())
		});
		done?;
		least.note("checkpointed_run_ms", time);
	}
	let (number, pre, opening, post) = heaviest_step(shape)?;
	report.set("step_opening_bytes", opening.encoded_size() as f64);
	for _ in 0..100 {
		let (time, verdict) = milliseconds(|| verify_step(shape, number, &pre, &post, &opening));
		verdict?;
		least.note("step_verifier_ms", time);
	}
	report.0.extend(least.0);
	report.ratio("checkpoint_ratio", "checkpointed_run_ms", "plain_run_ms");
	let overhead = report.get("checkpoint_ratio") - 1.0;
	report.set("checkpoint_overhead", overhead);
	Ok(())
}

/// The step that opens most: its number, the root before, its opening, the root after.
fn heaviest_step(shape: &Shape) -> Result<(u64, Root, StepOpening, Root), Failure> {
	let program = lower(&load(&wat::parse_str(FILL)?)?, shape)?;
	let mut machine = Machine::new(&program, &[], SEED)?;
	let fixed = machine.fixed_roots();
	let mut steps = Vec::new();
	loop {
		let (pre, opening) = (fixed.machine(machine.state(), machine.data()), machine.open_step());
		let number = machine.steps();
		// Its last access is beyond what the machine holds.
		if !matches!(machine.step(), Ok(Some(_))) {
			break;
		}
		steps.push((number, pre, opening, fixed.machine(machine.state(), machine.data())));
	}
	let heaviest = steps.into_iter().max_by_key(|(_, _, opening, _)| opening.encoded_size());
	heaviest.ok_or_else(|| "the program has no step".into())
}

/// The least time of each measurement.
#[derive(Default)]
struct Least(Vec<(String, f64)>);

impl Least {
	fn note(&mut self, name: &str, time: f64) {
		match self.0.iter_mut().find(|(n, _)| n == name) {
			Some((_, least)) => *least = least.min(time),
			None => self.0.push((name.to_owned(), time)),
		}
	}
}

fn bytes(element: &Fr) -> [u8; 32] {
	let mut out = [0; 32];
	for (chunk, limb) in out.chunks_exact_mut(8).zip(element.into_bigint().0) {
		chunk.copy_from_slice(&limb.to_le_bytes());
	}
	out
}

fn raw_prove(
	key: &ark_groth16::ProvingKey<Bn254>,
	rows: &woppal_zkwasm::circuit::builder::Rows,
	assignment: &[Fr],
) -> Result<Proof<Bn254>, Failure> {
	Ok(Raw::create_proof_with_reduction_and_matrices(
		key,
		Fr::from(3u64),
		Fr::from(4u64),
		&rows.matrices,
		1 + PUBLIC_INPUTS,
		rows.len(),
		assignment,
	)?)
}

/// Our verification beside arkworks' with a prepared key: of a decoded proof, and with the decoding
/// (checked, as any verifier must) in the measured time.
fn verify_in_turn(
	least: &mut Least,
	ours: impl Fn() -> bool,
	key: &ark_groth16::ProvingKey<Bn254>,
	proof: &Proof<Bn254>,
	assignment: &[Fr],
) -> Result<(), Failure> {
	let prepared = prepare_verifying_key(&key.vk);
	let public = &assignment[1..=PUBLIC_INPUTS];
	let mut encoded = Vec::new();
	proof.serialize_compressed(&mut encoded)?;
	for _ in 0..50 {
		let (time, holds) = milliseconds(&ours);
		assert!(holds, "the proof verifies");
		least.note("verify_ms", time);
		let (time, holds) = milliseconds(|| Raw::verify_proof(&prepared, proof, public));
		assert!(holds?, "the raw proof verifies");
		least.note("raw_verify_decoded_ms", time);
		let (time, holds) = milliseconds(|| {
			let proof = Proof::<Bn254>::deserialize_compressed(encoded.as_slice())?;
			Ok::<_, Failure>(Raw::verify_proof(&prepared, &proof, public)?)
		});
		assert!(holds?, "the raw proof verifies");
		least.note("raw_verify_ms", time);
	}
	Ok(())
}

/// Proofs of a batch.
const BATCH: u32 = 32;

/// A batch of proofs of one statement, none like another: the time for each of them.
fn verify_together(
	least: &mut Least,
	key: &ProvingKey,
	proof: &[u8],
	inputs: &[[u8; 32]],
) -> Result<(), Failure> {
	let vk = key.verifying_key()?;
	let vk = ark_groth16::VerifyingKey::<Bn254>::deserialize_compressed(vk.0.as_slice())?;
	let proof = Proof::<Bn254>::deserialize_compressed(proof)?;
	let mut rng = ChaCha20Rng::seed_from_u64(2);
	let proofs = (0..BATCH)
		.map(|_| {
			let mut encoded = Vec::new();
			Raw::rerandomize_proof(&vk, &proof, &mut rng).serialize_compressed(&mut encoded)?;
			Ok(encoded)
		})
		.collect::<Result<Vec<_>, Failure>>()?;
	let entries: Vec<Entry<'_>> = proofs.iter().map(|proof| Entry { proof, inputs }).collect();
	for _ in 0..10 {
		let (time, statuses) = milliseconds(|| verify_batch(key.prepared(), &entries));
		assert!(statuses.iter().all(|status| *status == Status::Valid), "the proofs verify");
		least.note("batch32_ms_per_proof", time / f64::from(BATCH));
	}
	Ok(())
}

fn peak_of_a_proof(name: &str, keys: &Path) -> Result<f64, Failure> {
	let output = Command::new(std::env::current_exe()?).arg("peak").arg(name).arg(keys).output()?;
	Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Highest resident memory of this process so far, in MiB.
fn peak_mib() -> Result<f64, Failure> {
	let status = std::fs::read_to_string("/proc/self/status")?;
	let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
	let kib: f64 = line.split_whitespace().nth(1).ok_or("no VmHWM")?.parse()?;
	Ok(kib / 1024.0)
}

fn peak(shape: &Shape, keys: &Path) -> Result<(), Failure> {
	let hash = development_key_hash(shape).ok_or("the circuit has no development key")?;
	let key = ProvingKey::load(keys, shape, &hash)?;
	let (run, segment) = Task::new(shape)?.segment()?;
	let pre = run.pre_root(&segment);
	let _ = prove_segment(&key, &run, &segment, &pre, &[1; 32])?;
	println!("{}", peak_mib()?);
	Ok(())
}

fn shape_named(name: &str) -> Result<Shape, Failure> {
	let found = CIRCUITS.into_iter().find(|(known, _)| *known == name);
	found.map(|(_, shape)| shape).ok_or_else(|| format!("unknown circuit {name}").into())
}

/// `small` or `standard`.
fn size_of(name: &str) -> &str {
	name.split('-').next().unwrap_or(name)
}

/// The circuits of this size, by the name of their measure.
fn widths(name: &str) -> Result<[(&'static str, Shape); 2], Failure> {
	let size = size_of(name);
	let wide = shape_named(&format!("{size}-wide"))?;
	Ok([("rows_per_step_32", shape_named(size)?), ("rows_per_step_64", wide)])
}

fn main() -> Result<(), Failure> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	if let [first, name, folder] = arguments.as_slice() {
		if first == "peak" {
			return peak(&shape_named(name)?, Path::new(folder));
		}
	}
	let after = |flag: &str| {
		arguments.iter().position(|a| a == flag).and_then(|at| arguments.get(at + 1).cloned())
	};
	let keys = after("--keys").map_or_else(std::env::temp_dir, PathBuf::from);
	let rounds = after("--rounds").map_or(Ok(3), |n| n.parse())?;
	let has = |flag: &str| arguments.iter().any(|a| a == flag);
	let mut names = match (has("--wide"), has("--matrix")) {
		(true, _) => vec!["small-wide", "standard-wide"],
		(_, true) => vec!["small-matrix", "standard-matrix"],
		_ => vec!["small", "standard"],
	};
	if !has("--standard") {
		names.truncate(1);
	}
	let json = has("--json");
	let mut out = String::new();
	for (i, name) in names.iter().enumerate() {
		let report = bench(name, &shape_named(name)?, &keys, rounds)?;
		if json {
			let fields: Vec<String> =
				report.0.iter().map(|(n, value)| format!("\"{n}\":{value:.4}")).collect();
			let comma = if i == 0 { "" } else { "," };
			write!(out, "{comma}\"{name}\":{{{}}}", fields.join(","))?;
		} else {
			writeln!(out, "{name}")?;
			for (n, value) in &report.0 {
				writeln!(out, "  {n:<24} {value:>14.3}")?;
			}
		}
	}
	if json {
		println!("{{{out}}}");
	} else {
		print!("{out}");
	}
	Ok(())
}
