//! Checks an evaluation as the chain does: roots are made from program, artifact, seed and claim, and
//! only those in between come from whoever proved it.

use crate::{miner::lab::ProofJob, prove::context};
use woppal_protocol::statement::{Claim, Evaluation};
use woppal_zkwasm::{
	commitment::{self, End},
	program::Program,
	verifier::{self, Status},
};

/// Why an evaluation does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
	/// The number of segments is none that is allowed.
	#[error("it has {count} segments, 1 to {most} are allowed")]
	Segments {
		/// How many it has.
		count: usize,
		/// Most that are allowed.
		most: u32,
	},
	/// The artifact does not fit the circuit.
	#[error("the artifact of {bytes} bytes does not fit the circuit")]
	Artifact {
		/// Its length.
		bytes: usize,
	},
	/// The last root can't be made: a root is no canonical number, or there is no such trap.
	#[error("what it claims of the end is none that a machine can have")]
	End,
	/// The last segment names another root than the claimed end has.
	#[error("the last segment leads to another end than the one that is claimed")]
	LastRoot,
	/// A proof does not hold.
	#[error("the proof of segment {index} is refused ({status:?})")]
	Proof {
		/// The segment.
		index: usize,
		/// What the verifier says.
		status: Status,
	},
}

/// Checks that the program, run on the job's artifact and seed, ended as the evaluation claims.
/// `prepared` is the prepared verifying key of the program's circuit.
///
/// # Errors
/// [`Fault`], by the first check that fails.
pub fn check_evaluation(
	prepared: &[u8],
	program: &Program,
	job: &ProofJob,
	evaluation: &Evaluation,
) -> Result<(), Fault> {
	let (count, most) = (evaluation.segments.len(), job.max_segments);
	if count == 0 || count > most as usize {
		return Err(Fault::Segments { count, most });
	}
	let artifact = commitment::artifact_root(&program.shape, &job.artifact)
		.ok_or(Fault::Artifact { bytes: job.artifact.len() })?;
	let end = match evaluation.claim {
		Claim::Halted { metric } => End::Halted { output: metric.cast_unsigned() },
		Claim::Trapped { cause } => End::Trapped { cause },
	};
	let (bound, seed) = (program.commitment(), &job.seed.0);
	let first = commitment::first_root(&bound, &artifact, seed);
	let last = commitment::last_root(&bound, &artifact, seed, &evaluation.final_data.0, end);
	let digest = commitment::program_digest(&bound, &program.shape);
	let (Some(mut pre), Some(last), Some(digest)) = (first, last, digest) else {
		return Err(Fault::End);
	};
	if evaluation.segments.last().is_none_or(|segment| segment.post_root.0 != last) {
		return Err(Fault::LastRoot);
	}
	for (index, (segment, number)) in evaluation.segments.iter().zip(0u32..).enumerate() {
		let inputs = [pre, segment.post_root.0, digest, context(job, number)];
		match verifier::verify(prepared, &segment.proof, &inputs) {
			Status::Valid => pre = segment.post_root.0,
			status => return Err(Fault::Proof { index, status }),
		}
	}
	Ok(())
}
