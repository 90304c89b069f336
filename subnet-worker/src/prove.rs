//! Runs the evaluator and proves the run, segment by segment.
//!
//! The verifying key that the chain registered says which proving key that takes ([`keys`]). A
//! development key is made once per machine: workers that start together wait for the first one on a
//! lock file. Segments that were proven before a kill are checked and kept. As many proofs as the
//! machine has cores and memory for are made side by side.

mod keys;

use crate::{
	error::Mismatch,
	experiment,
	miner::lab::{Lab, LabError, Progress, ProofJob},
};
use keys::load_key;
pub use keys::InstalledKeyError;
pub(crate) use keys::{check_key, development_hash};
use rand_chacha::ChaCha8Rng;
use sp_crypto_hashing::blake2_256;
use std::{
	num::NonZeroUsize,
	path::PathBuf,
	sync::{Arc, Mutex, PoisonError},
};
use tracing::{info, warn};
use woppal_protocol::{
	research::{CircuitId, Program as Commitment, ProjectInfo},
	statement::{context_digest, Claim, Evaluation, Segment, Segments, PROOF_BYTES},
	BoundedVec, H256,
};
use woppal_zkwasm::{
	circuit::witness::RunContext,
	commitment::{self, End},
	lower,
	machine::{Machine, Run, Segment as Trace},
	module,
	program::Program,
	prover::{prove_segments, ProveError, ProvenSegment, ProvingKey},
	shape::STANDARD_MATRIX,
	verifier::{self, Status},
	window::proofs_side_by_side,
};

/// Evaluations of an estimate: they narrow its error to a sixteenth of one evaluation's.
const ESTIMATE_EVALUATIONS: u64 = 256;

/// Where proving keys are kept, and how many proofs are made at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProverSettings {
	/// Folder of the proving keys.
	pub key_cache: PathBuf,
	/// Proofs made side by side; `None`: as cores and free memory allow.
	pub proofs: Option<NonZeroUsize>,
}

/// The root project's work: candle for training, zkWASM for proofs.
pub struct RootLab {
	prover: Prover,
	program_hash: H256,
}

impl RootLab {
	/// Loads the evaluator.
	///
	/// # Errors
	/// [`LabError::Evaluator`] if the evaluator does not load or does not fit the circuit.
	pub fn new(settings: ProverSettings) -> Result<Self, LabError> {
		let wasm = woppal_evaluator::PROGRAM_WASM;
		let module = module::load(wasm).map_err(|e| LabError::Evaluator(Box::new(e)))?;
		let program = lower::lower(&module, &STANDARD_MATRIX)
			.map_err(|e| LabError::Evaluator(Box::new(e)))?;
		let program_hash = H256(blake2_256(wasm));
		Ok(Self { prover: Prover::new(program, settings), program_hash })
	}

	/// Blake2-256 of the evaluator's module.
	pub fn program_hash(&self) -> H256 {
		self.program_hash
	}
}

impl Lab for RootLab {
	fn check(&self, project: &ProjectInfo, key_hash: Option<H256>) -> Result<(), Mismatch> {
		let spec = &project.spec;
		if spec.evaluator != self.program_hash {
			let (chain, worker) = (spec.evaluator, self.program_hash);
			return Err(Mismatch::Evaluator { chain, worker });
		}
		if spec.circuit != CircuitId::StandardMatrix || spec.program != self.prover.commitment() {
			return Err(Mismatch::Program);
		}
		let is_same_schema = spec.schema.len() == woppal_evaluator::SCHEMA.len()
			&& spec.schema.iter().zip(&woppal_evaluator::SCHEMA).all(|(a, b)| {
				(a.name.as_slice(), a.min, a.max) == (b.name.as_bytes(), b.min, b.max)
			});
		if !is_same_schema {
			return Err(Mismatch::Schema);
		}
		check_key(&STANDARD_MATRIX, &self.prover.settings().key_cache, spec.key, key_hash)
	}

	fn prepare(&self, key: H256) -> Result<(), LabError> {
		self.prover.key(key).map(|_| ())
	}

	fn first_config(&self, rng: &mut ChaCha8Rng) -> Vec<i32> {
		experiment::first_config(rng)
	}

	fn mutate(&self, parent: &[i32], rng: &mut ChaCha8Rng, max_changed_keys: u32) -> Vec<i32> {
		experiment::mutate(parent, rng, max_changed_keys)
	}

	fn train(
		&self,
		config: &[i32],
		seed: u64,
		progress: &dyn Progress,
	) -> Result<Vec<u8>, LabError> {
		experiment::train(config, seed, |step, steps, _loss| progress.at(step, steps))
			.map_err(|e| LabError::Train(Box::new(e)))
	}

	fn estimate(&self, artifact: &[u8], seed: u64) -> Option<f64> {
		let seeds = woppal_evaluator::fit::seeds(seed, ESTIMATE_EVALUATIONS);
		experiment::estimate(artifact, seeds).map(|(mean, _)| mean)
	}

	fn artifact_root(&self, artifact: &[u8]) -> Result<H256, LabError> {
		commitment::artifact_root(&STANDARD_MATRIX, artifact)
			.map(H256)
			.ok_or(LabError::Artifact { bytes: artifact.len() })
	}

	fn prove(
		&self,
		job: &ProofJob,
		done: Vec<Segment>,
		progress: &dyn Progress,
	) -> Result<Evaluation, LabError> {
		self.prover.prove(job, done, progress)
	}
}

/// What binds a program on the chain.
pub(crate) fn commitment_of(program: &Program) -> Commitment {
	let c = program.commitment();
	Commitment {
		code: H256(c.code),
		data: H256(c.data),
		entry_pc: c.entry_pc,
		entry_fp: c.entry_fp,
	}
}

/// Proves runs of one program.
pub struct Prover {
	program: Program,
	settings: ProverSettings,
	/// The key that was used last.
	key: Mutex<Option<LoadedKey>>,
}

/// A proving key and its verifying key's hash.
type LoadedKey = (H256, Arc<ProvingKey>);

impl Prover {
	/// A prover of this program; a key is loaded or made when it is first needed.
	pub fn new(program: Program, settings: ProverSettings) -> Self {
		Self { program, settings, key: Mutex::new(None) }
	}

	/// The program.
	pub fn program(&self) -> &Program {
		&self.program
	}

	/// How proofs are made.
	pub fn settings(&self) -> &ProverSettings {
		&self.settings
	}

	/// What binds the program on the chain.
	pub fn commitment(&self) -> Commitment {
		commitment_of(&self.program)
	}

	/// The proving key of the verifying key with this hash.
	///
	/// # Errors
	/// [`LabError::Key`], [`LabError::InstalledKey`].
	pub fn key(&self, hash: H256) -> Result<Arc<ProvingKey>, LabError> {
		let mut slot = self.key.lock().unwrap_or_else(PoisonError::into_inner);
		if let Some((_, key)) = slot.as_ref().filter(|(loaded, _)| *loaded == hash) {
			return Ok(key.clone());
		}
		// Two keys take twice the memory.
		*slot = None;
		let key = Arc::new(load_key(&self.program.shape, &self.settings.key_cache, hash)?);
		*slot = Some((hash, key.clone()));
		Ok(key)
	}

	/// The verifying key with this hash, as a chain takes it: from its proving key.
	///
	/// # Errors
	/// As [`Prover::key`].
	pub fn verifying_key(&self, hash: H256) -> Result<Vec<u8>, LabError> {
		let key = self.key(hash)?.verifying_key();
		let failed =
			|e| LabError::Key { path: self.settings.key_cache.clone(), source: Box::new(e) };
		Ok(key.map_err(failed)?.0)
	}

	/// Runs the program on the job's artifact and seed and proves every segment that is not `done`.
	///
	/// # Errors
	/// [`LabError`] if the artifact or the run is too large, or the proof system failed. Every proof
	/// is verified before it is given out.
	pub fn prove(
		&self,
		job: &ProofJob,
		done: Vec<Segment>,
		progress: &dyn Progress,
	) -> Result<Evaluation, LabError> {
		let (program, shape) = (&self.program, &self.program.shape);
		let artifact = commitment::artifact_words(shape, &job.artifact)
			.ok_or(LabError::Artifact { bytes: job.artifact.len() })?;
		let machine = || Machine::new(program, &artifact, job.seed.0).map_err(ProveError::Run);
		let finished = self.run(machine()?, job.max_segments)?;
		let claim = claim(&finished.end);
		info!(steps = finished.steps, ?claim, "evaluated");
		let key = self.key(job.key_hash)?;
		let run = RunContext::new(program, &artifact, &job.seed.0).ok_or(ProveError::OtherShape)?;
		let mut kept = Kept { progress, total: finished.segments(shape), segments: Vec::new() };
		kept.begin()?;
		let mut traces = machine()?.segments(job.max_segments);
		let mut root: Option<[u8; 32]> = None;
		let mut unfit = None;
		for segment in done {
			let Some(trace) = traces.next() else { break };
			let trace = trace.map_err(ProveError::Run)?;
			let pre = root.unwrap_or_else(|| run.pre_root(&trace));
			if !self.holds(&key, job, &run, &trace, (&pre, &segment)) {
				warn!(index = trace.index, "a stored segment does not fit; it is proven again");
				unfit = Some(Ok(trace));
				break;
			}
			root = Some(segment.post_root.0);
			kept.take(trace.index, segment)?;
		}
		let rest = unfit.into_iter().chain(traces);
		let context = |index| context(job, index);
		prove_segments(
			&key,
			&run,
			rest,
			root,
			self.side_by_side(&key),
			context,
			|index, proven| kept.take(index, segment_of(&proven)),
		)?;
		let final_data = commitment::data_root(program.shape.width, &finished.data);
		Ok(Evaluation {
			claim,
			final_data: H256(commitment::to_root(&final_data)),
			segments: Segments::truncate_from(kept.segments),
		})
	}

	/// Proofs that are made at a time.
	fn side_by_side(&self, key: &ProvingKey) -> usize {
		let rows = key.circuit().rows().len();
		self.settings.proofs.map_or_else(|| proofs_side_by_side(rows), NonZeroUsize::get)
	}

	/// Whether a run on this artifact and seed stays within so many segments; how it ends.
	///
	/// # Errors
	/// [`LabError::TooLong`], [`LabError::Artifact`].
	pub fn try_run(
		&self,
		artifact: &[u8],
		seed: &H256,
		max_segments: u32,
	) -> Result<Run, LabError> {
		let words = commitment::artifact_words(&self.program.shape, artifact)
			.ok_or(LabError::Artifact { bytes: artifact.len() })?;
		let machine = Machine::new(&self.program, &words, seed.0).map_err(ProveError::Run)?;
		self.run(machine, max_segments)
	}

	/// Runs to the end, within the segments that the project allows.
	fn run(&self, machine: Machine<'_>, max_segments: u32) -> Result<Run, LabError> {
		let max_steps = u64::from(max_segments).saturating_mul(u64::from(self.program.shape.steps));
		machine.run(max_steps).map_err(|e| match e {
			woppal_zkwasm::machine::RunError::StepLimit { limit } => {
				LabError::TooLong { max_steps: limit, max_segments }
			},
			e => ProveError::Run(e).into(),
		})
	}

	/// Whether a stored segment is a valid proof of this part of the run.
	fn holds(
		&self,
		key: &ProvingKey,
		job: &ProofJob,
		run: &RunContext,
		trace: &Trace,
		(pre, segment): (&[u8; 32], &Segment),
	) -> bool {
		let post = run.post_root(trace);
		let digest = commitment::program_digest(&self.program.commitment(), &self.program.shape);
		let Some(digest) = digest else { return false };
		let inputs = [*pre, post, digest, context(job, trace.index)];
		segment.post_root.0 == post
			&& verifier::verify(key.prepared(), &segment.proof, &inputs) == Status::Valid
	}
}

/// The segments so far, and who is told of them.
struct Kept<'a> {
	progress: &'a dyn Progress,
	total: u64,
	segments: Vec<Segment>,
}

impl Kept<'_> {
	fn begin(&self) -> Result<(), LabError> {
		self.progress.at(0, self.total);
		self.ensure_of_use()
	}

	fn take(&mut self, index: u32, segment: Segment) -> Result<(), LabError> {
		self.progress.segment(index, &segment);
		self.segments.push(segment);
		let done = self.segments.len() as u64;
		self.progress.at(done, self.total);
		if done < self.total {
			self.ensure_of_use()?;
		}
		Ok(())
	}

	fn ensure_of_use(&self) -> Result<(), LabError> {
		if self.progress.is_cancelled() {
			return Err(LabError::Cancelled);
		}
		Ok(())
	}
}

/// The context digest of a job's segment.
pub(crate) fn context(job: &ProofJob, index: u32) -> [u8; 32] {
	let ProofJob { genesis, key, validator, experiment, seed, .. } = job;
	context_digest(genesis, *key, *validator, experiment, seed, index).0
}

fn segment_of(proven: &ProvenSegment) -> Segment {
	debug_assert_eq!(proven.proof.len(), PROOF_BYTES as usize);
	Segment {
		post_root: H256(proven.post_root),
		proof: BoundedVec::truncate_from(proven.proof.to_vec()),
	}
}

/// What a run's end claims.
pub(crate) fn claim(end: &End) -> Claim {
	match *end {
		End::Halted { output } => Claim::Halted { metric: output.cast_signed() },
		End::Trapped { cause } => Claim::Trapped { cause },
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		test_util::{install_key, TempDir},
		verify::{check_evaluation, Fault},
	};
	use std::path::Path;
	use woppal_zkwasm::shape::SMALL;

	/// Adds the artifact's first word and the seed's first word up for a while: two segments.
	const PROGRAM: &str = r#"(module
		(import "env" "input" (func $input (param i32) (result i32)))
		(func (export "evaluate") (result i32) (local $sum i32) (local $i i32)
			(loop $again
				(local.set $sum (i32.add (local.get $sum) (call $input (i32.const 0))))
				(local.set $i (i32.add (local.get $i) (i32.const 1)))
				(br_if $again (i32.lt_u (local.get $i) (i32.const 40))))
			(i32.sub (local.get $sum) (call $input (i32.const 24)))))"#;

	struct Store(Mutex<Vec<Segment>>);

	impl Progress for Store {
		fn at(&self, _: u64, _: u64) {}
		fn segment(&self, index: u32, segment: &Segment) {
			let mut kept = self.0.lock().unwrap();
			kept.truncate(index as usize);
			kept.push(segment.clone());
		}
	}

	fn prover(folder: &Path, proofs: usize) -> Prover {
		let module = module::load(&wat::parse_str(PROGRAM).unwrap()).unwrap();
		let settings =
			ProverSettings { key_cache: folder.to_owned(), proofs: NonZeroUsize::new(proofs) };
		Prover::new(lower::lower(&module, &SMALL).unwrap(), settings)
	}

	fn job(max_segments: u32) -> ProofJob {
		let mut seed = H256::zero();
		seed.0[0] = 200;
		ProofJob {
			genesis: H256([1; 32]),
			key: 0,
			key_hash: development_hash(&SMALL),
			validator: 3,
			experiment: H256([2; 32]),
			artifact: 2u32.to_le_bytes().to_vec(),
			seed,
			max_segments,
		}
	}

	fn check(prover: &Prover, job: &ProofJob, evaluation: &Evaluation) -> Result<(), Fault> {
		let key = prover.key(job.key_hash).unwrap();
		check_evaluation(key.prepared(), prover.program(), job, evaluation)
	}

	fn is_accepted(prover: &Prover, job: &ProofJob, evaluation: &Evaluation) -> bool {
		check(prover, job, evaluation).is_ok()
	}

	#[test]
	fn a_job_is_proven_under_the_key_that_its_chain_registered() {
		let dir = TempDir::new("ceremony-key");
		let installed = install_key(dir.path(), &SMALL);
		let prover = prover(dir.path(), 1);
		let silent = || Store(Mutex::new(Vec::new()));
		let development = job(4);
		let live = ProofJob { key: 7, key_hash: installed, ..job(4) };
		let [proven, under_development] =
			[&live, &development].map(|job| prover.prove(job, Vec::new(), &silent()).unwrap());
		check(&prover, &live, &proven).unwrap();
		check(&prover, &development, &under_development).unwrap();
		// Neither holds under the other key, whatever the job says of it.
		for (evaluation, job) in [
			(&proven, ProofJob { key_hash: development.key_hash, ..live.clone() }),
			(&under_development, ProofJob { key_hash: installed, ..development.clone() }),
		] {
			let refused = Err(Fault::Proof { index: 0, status: Status::Invalid });
			assert_eq!(check(&prover, &job, evaluation), refused);
		}
		// Segments that were stored under the other key are proven again.
		let other = under_development.segments.to_vec();
		let again = prover.prove(&live, other, &silent()).unwrap();
		check(&prover, &live, &again).unwrap();

		let absent = ProofJob { key_hash: H256([9; 32]), ..live };
		let refused = prover.prove(&absent, Vec::new(), &silent());
		assert!(matches!(
			refused,
			Err(LabError::InstalledKey(InstalledKeyError::Missing { hash, .. }))
				if hash == absent.key_hash
		));
	}

	#[test]
	fn a_run_is_proven_resumed_and_accepted() {
		let dir = TempDir::new("prover");
		let prover = prover(dir.path(), 1);
		let kept = Store(Mutex::new(Vec::new()));
		let evaluation = prover.prove(&job(4), Vec::new(), &kept).unwrap();
		// 40 × 2 − 200, a negative metric.
		assert_eq!(evaluation.claim, Claim::Halted { metric: -120 });
		assert!(evaluation.segments.len() > 1);
		assert!(is_accepted(&prover, &job(4), &evaluation));
		let stored = kept.0.into_inner().unwrap();
		assert_eq!(stored.as_slice(), evaluation.segments.as_slice());

		// Known segments are kept; one that belongs to another seed is proven again.
		let nothing = Store(Mutex::new(Vec::new()));
		let known = stored[..1].to_vec();
		let resumed = prover.prove(&job(4), known.clone(), &nothing).unwrap();
		assert_eq!(resumed, evaluation);
		let other = ProofJob { seed: H256::zero(), ..job(4) };
		let fresh = prover.prove(&other, known, &nothing).unwrap();
		assert_eq!(fresh.claim, Claim::Halted { metric: 80 });
		assert!(is_accepted(&prover, &other, &fresh));
		assert!(!is_accepted(&prover, &other, &evaluation));

		// Nothing is proven for nobody.
		struct Cancelled;
		impl Progress for Cancelled {
			fn at(&self, _: u64, _: u64) {}
			fn is_cancelled(&self) -> bool {
				true
			}
		}
		let cancelled = prover.prove(&job(4), Vec::new(), &Cancelled);
		assert!(matches!(cancelled, Err(LabError::Cancelled)));

		// More segments than the project takes.
		let refused = prover.prove(&job(1), Vec::new(), &nothing);
		assert!(matches!(refused, Err(LabError::TooLong { max_segments: 1, .. })));
	}

	#[test]
	fn proofs_made_side_by_side_are_the_same_and_resume_in_order() {
		let dir = TempDir::new("window");
		let (alone, wide) = (prover(dir.path(), 1), prover(dir.path(), 8));
		let store = || Store(Mutex::new(Vec::new()));
		let expected = alone.prove(&job(4), Vec::new(), &store()).unwrap();
		let kept = store();
		assert_eq!(wide.prove(&job(4), Vec::new(), &kept).unwrap(), expected);
		assert_eq!(kept.0.into_inner().unwrap(), expected.segments.to_vec());
		// A damaged segment and all after it are proven again.
		let mut known = expected.segments.to_vec();
		known[1].post_root = H256([1; 32]);
		assert_eq!(wide.prove(&job(4), known, &store()).unwrap(), expected);
		assert_eq!(wide.side_by_side(&wide.key(development_hash(&SMALL)).unwrap()), 8);
	}

	#[test]
	fn the_evaluator_loads_and_fits_its_circuit() {
		let lab = RootLab::new(ProverSettings::default()).unwrap();
		assert_eq!(lab.program_hash(), H256(blake2_256(woppal_evaluator::PROGRAM_WASM)));
		assert!(matches!(lab.artifact_root(&[0; 3]), Err(LabError::Artifact { bytes: 3 })));
	}
}
