//! The experiment's own work: choosing configs, training, evaluating, proving. A seam: the loop's
//! tests use a laboratory that takes no time.

use super::strategy::Choice;
use crate::{error::Mismatch, prove::InstalledKeyError};
use rand_chacha::ChaCha8Rng;
use woppal_protocol::{
	research::ProjectInfo,
	statement::{Evaluation, Segment},
	ExperimentId, KeyId, ValidatorId, H256,
};
use woppal_zkwasm::prover::ProveError;

/// Why a piece of work failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
	/// Training failed.
	#[error("training failed: {0}")]
	Train(#[source] Box<dyn std::error::Error + Send + Sync>),
	/// The artifact does not fit the project's circuit.
	#[error("the artifact of {bytes} bytes does not fit the project's circuit")]
	Artifact {
		/// Its length.
		bytes: usize,
	},
	/// The evaluator's program can't be loaded.
	#[error("the evaluator can't be loaded: {0}")]
	Evaluator(#[source] Box<dyn std::error::Error + Send + Sync>),
	/// Proving failed.
	#[error("proving failed: {0}")]
	Prove(#[source] Box<dyn std::error::Error + Send + Sync>),
	/// The work was of no use any more.
	#[error("cancelled")]
	Cancelled,
	/// The run takes more segments than the project allows.
	#[error(
		"the evaluation takes more than {max_steps} steps, all that {max_segments} segments hold"
	)]
	TooLong {
		/// Steps allowed.
		max_steps: u64,
		/// Segments allowed.
		max_segments: u32,
	},
	/// A verifying key that is no development key has no proving key here.
	#[error(transparent)]
	InstalledKey(#[from] InstalledKeyError),
	/// The development proving key can't be made, loaded or stored.
	#[error("the proving key in {path} can't be used: {source}; free some disk space or remove the file", path = .path.display())]
	Key {
		/// Where it is.
		path: std::path::PathBuf,
		/// Why.
		source: Box<dyn std::error::Error + Send + Sync>,
	},
}

impl From<ProveError> for LabError {
	fn from(error: ProveError) -> Self {
		Self::Prove(Box::new(error))
	}
}

/// What a proof is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofJob {
	/// Hash of block 0.
	pub genesis: H256,
	/// The verifying key.
	pub key: KeyId,
	/// Its Blake2-256: which proving key that takes.
	pub key_hash: H256,
	/// The experiment's owner.
	pub validator: ValidatorId,
	/// The experiment.
	pub experiment: ExperimentId,
	/// Its artifact.
	pub artifact: Vec<u8>,
	/// Its evaluation seed.
	pub seed: H256,
	/// Most segments that the project takes.
	pub max_segments: u32,
}

/// Told how far a long piece of work is.
pub trait Progress: Send + Sync {
	/// `done` of `total` parts are done.
	fn at(&self, done: u64, total: u64);
	/// Whether the work is of no use any more: it then ends with [`LabError::Cancelled`].
	fn is_cancelled(&self) -> bool {
		false
	}
	/// A segment is proven: keep it, so that a kill costs no more than the one in work.
	fn segment(&self, _index: u32, _segment: &Segment) {}
}

/// Does the work of experiments of one kind of project. All methods block.
pub trait Lab: Send + Sync + 'static {
	/// Whether experiments of this project are its kind of work. `key_hash` is the hash of the
	/// project's verifying key.
	fn check(&self, project: &ProjectInfo, key_hash: Option<H256>) -> Result<(), Mismatch>;
	/// Gets ready what takes long to make: the proving key of the verifying key with this hash.
	fn prepare(&self, key: H256) -> Result<(), LabError>;
	/// The one experiment that this laboratory is for; `None` if it searches for what to try.
	fn given(&self) -> Option<Choice> {
		None
	}
	/// A config to begin with.
	fn first_config(&self, rng: &mut ChaCha8Rng) -> Vec<i32>;
	/// A config that differs from its parent in 1 to `max_changed_keys` keys.
	fn mutate(&self, parent: &[i32], rng: &mut ChaCha8Rng, max_changed_keys: u32) -> Vec<i32>;
	/// Trains a config and quantises the result.
	fn train(
		&self,
		config: &[i32],
		seed: u64,
		progress: &dyn Progress,
	) -> Result<Vec<u8>, LabError>;
	/// What an evaluation of the artifact is expected to give, from evaluations with other seeds than
	/// the chain's; `None` if that can't be told.
	fn estimate(&self, artifact: &[u8], seed: u64) -> Option<f64>;
	/// The artifact's root as the chain computes it.
	fn artifact_root(&self, artifact: &[u8]) -> Result<H256, LabError>;
	/// Runs the evaluator and proves the run; `done` are its first segments, proven before a kill.
	fn prove(
		&self,
		job: &ProofJob,
		done: Vec<Segment>,
		progress: &dyn Progress,
	) -> Result<Evaluation, LabError>;
}
