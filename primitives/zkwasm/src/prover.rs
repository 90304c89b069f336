//! Proofs of segments and of whole runs.

pub use crate::setup::{ProvingKey, VerifyingKey};

use crate::{
	circuit::{
		witness::{RunContext, SegmentWitness},
		PUBLIC_INPUTS,
	},
	commitment::{data_root, from_root, End, Root},
	machine::{Machine, RunError, Segment},
	program::Program,
	verifier::{self, Status, PROOF_BYTES},
	window::proofs_side_by_side,
};
use ark_bn254::{Bn254, Fr};
use ark_ff::{BigInteger, PrimeField, UniformRand};
use ark_groth16::{r1cs_to_qap::LibsnarkReduction, Groth16};
use ark_relations::gr1cs::SynthesisError;
use ark_serialize::CanonicalSerialize;
use blake2::{digest::consts::U32, Blake2b, Digest};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use rayon::prelude::*;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
	/// The program could not be run to its end.
	#[error("the program did not run to its end")]
	Run(#[from] RunError),
	/// The key is for another shape than the program.
	#[error("the key is for another circuit than the program's")]
	OtherShape,
	/// The context digest is not below the order of the scalar field.
	#[error("the context digest is not a canonical scalar")]
	Context,
	/// The witness does not satisfy the circuit: what it says is not true.
	#[error("the witness does not satisfy the circuit")]
	Unsatisfied,
	/// The proof system failed.
	#[error("the proof system failed")]
	Synthesis(#[from] SynthesisError),
	/// The proof could not be encoded.
	#[error("the proof cannot be encoded")]
	Encoding(#[from] ark_serialize::SerializationError),
	/// The finished proof does not verify: a fault of memory or disk.
	#[error("the finished proof does not verify ({0:?})")]
	SelfCheck(Status),
}

/// A proven segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenSegment {
	/// The machine's root after it: the next segment's pre-root.
	pub post_root: Root,
	/// The proof.
	pub proof: [u8; PROOF_BYTES],
}

/// A proven run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenRun {
	/// How it ended.
	pub end: End,
	/// Root of the data region at the end: with the end it gives the last root.
	pub final_data: Root,
	/// The segments, in order; at least one.
	pub segments: Vec<ProvenSegment>,
}

/// Proves one witness. The witness is checked before and the proof after: arkworks checks neither in
/// a release build.
///
/// The proof's blinding is derived from the assignment. Nothing in it is secret (program, artifact and
/// seed are public), and the same witness then gives the same proof.
///
/// # Errors
/// [`ProveError::Unsatisfied`] if the statement is false, [`ProveError::SelfCheck`] if the finished
/// proof does not verify.
pub fn prove_witness(
	key: &ProvingKey,
	witness: &SegmentWitness,
) -> Result<[u8; PROOF_BYTES], ProveError> {
	let assignment = key.circuit.assign(witness).ok_or(ProveError::OtherShape)?;
	prove_assignment(key, &assignment)
}

/// [`prove_witness`] on an assignment.
pub(crate) fn prove_assignment(
	key: &ProvingKey,
	assignment: &[Fr],
) -> Result<[u8; PROOF_BYTES], ProveError> {
	let rows = key.circuit.rows();
	if !rows.is_satisfied(assignment) {
		return Err(ProveError::Unsatisfied);
	}
	let mut rng = blinding(assignment);
	let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
	let proof = Groth16::<Bn254, LibsnarkReduction>::create_proof_with_reduction_and_matrices(
		&key.key,
		r,
		s,
		&rows.matrices,
		1 + PUBLIC_INPUTS,
		rows.len(),
		assignment,
	)?;
	let mut bytes = [0; PROOF_BYTES];
	proof.serialize_compressed(bytes.as_mut_slice())?;
	let inputs: Vec<Root> = assignment.iter().skip(1).take(PUBLIC_INPUTS).map(to_bytes).collect();
	match verifier::verify(&key.prepared, &bytes, &inputs) {
		Status::Valid => Ok(bytes),
		status => Err(ProveError::SelfCheck(status)),
	}
}

fn to_bytes(element: &Fr) -> Root {
	let mut root = [0; 32];
	for (byte, value) in root.iter_mut().zip(element.into_bigint().to_bytes_le()) {
		*byte = value;
	}
	root
}

fn blinding(assignment: &[Fr]) -> ChaCha20Rng {
	let mut hasher = Blake2b::<U32>::new();
	hasher.update(b"woppal proof blinding");
	for element in assignment {
		for limb in element.0 .0 {
			hasher.update(limb.to_le_bytes());
		}
	}
	ChaCha20Rng::from_seed(hasher.finalize().into())
}

/// Proves one segment of a run, with the context digest that its proof is bound to. Gives the
/// segment's post-root and the proof. `pre_root` is the post-root of the segment before.
///
/// # Errors
/// See [`ProveError`].
pub fn prove_segment(
	key: &ProvingKey,
	run: &RunContext,
	segment: &Segment,
	pre_root: &Root,
	context: &Root,
) -> Result<ProvenSegment, ProveError> {
	let context = from_root(context).ok_or(ProveError::Context)?;
	let post_root = run.post_root(segment);
	let roots = [pre_root, &post_root].map(from_root);
	let [Some(pre), Some(post)] = roots else { return Err(ProveError::Unsatisfied) };
	let witness = run.witness(segment, [pre, post], context);
	let proof = prove_witness(key, &witness)?;
	Ok(ProvenSegment { post_root, proof })
}

/// Proves segments of a run that follow each other, `window` of them side by side, and hands them to
/// `each` in their order, with their index. `pre_root` is the post-root of the segment before the
/// first of them; `None` where that is the run's first.
///
/// The proofs are those that [`prove_segment`] makes one after another. At most `window` proofs are
/// in memory at a time, see [`crate::window`]. Nothing more is proven once `each` fails.
///
/// # Errors
/// See [`ProveError`]; the segments before the one that failed were handed over. What `each` gives.
pub fn prove_segments<E: From<ProveError>>(
	key: &ProvingKey,
	run: &RunContext,
	segments: impl Iterator<Item = Result<Segment, RunError>>,
	pre_root: Option<Root>,
	window: usize,
	context: impl Fn(u32) -> Root + Sync,
	mut each: impl FnMut(u32, ProvenSegment) -> Result<(), E>,
) -> Result<(), E> {
	let mut segments = segments.fuse();
	let mut root = pre_root;
	loop {
		let mut failed = None;
		let mut batch = Vec::new();
		for segment in segments.by_ref().take(window.max(1)) {
			let segment = match segment {
				Ok(segment) => segment,
				Err(error) => {
					failed = Some(error);
					break;
				},
			};
			let pre = root.unwrap_or_else(|| run.pre_root(&segment));
			root = Some(run.post_root(&segment));
			batch.push((segment, pre));
		}
		let proven: Vec<_> = batch
			.par_iter()
			.map(|(segment, pre)| prove_segment(key, run, segment, pre, &context(segment.index)))
			.collect();
		for ((segment, _), proven) in batch.iter().zip(proven) {
			each(segment.index, proven?)?;
		}
		if let Some(error) = failed {
			return Err(ProveError::Run(error).into());
		}
		if batch.is_empty() {
			return Ok(());
		}
	}
}

/// Runs a program and proves every segment, as many side by side as the machine allows. `artifact` is
/// words, at most as many as the shape holds; `context` gives the context digest of a segment;
/// `progress` hears how many segments are done, of how many.
///
/// # Errors
/// See [`ProveError`]. A run of more than `max_segments` segments is [`RunError::StepLimit`], found
/// before anything is proven.
pub fn prove_run(
	key: &ProvingKey,
	program: &Program,
	artifact: &[u32],
	seed: [u8; 32],
	max_segments: u32,
	context: impl Fn(u32) -> Root + Sync,
	progress: impl Fn(usize, usize),
) -> Result<ProvenRun, ProveError> {
	if *key.circuit.shape() != program.shape {
		return Err(ProveError::OtherShape);
	}
	let max_steps = u64::from(max_segments) * u64::from(program.shape.steps);
	let finished = Machine::new(program, artifact, seed)?.run(max_steps)?;
	let total = usize::try_from(finished.segments(&program.shape)).unwrap_or(usize::MAX);
	let run = RunContext::new(program, artifact, &seed).ok_or(ProveError::OtherShape)?;
	let mut segments = Vec::with_capacity(total);
	progress(0, total);
	let traces = Machine::new(program, artifact, seed)?.segments(max_segments);
	let window = proofs_side_by_side(key.circuit.rows().len());
	prove_segments(key, &run, traces, None, window, context, |_, proven| {
		segments.push(proven);
		progress(segments.len(), total);
		Ok::<_, ProveError>(())
	})?;
	let final_data = crate::commitment::to_root(&data_root(program.shape.width, &finished.data));
	Ok(ProvenRun { end: finished.end, final_data, segments })
}
