//! What can go wrong, each with what to do about it and a stable exit code.

use crate::{
	chain::ChainError,
	keys::KeyError,
	miner::{decide::Ending, lab::LabError},
	program::{bundle::BundleError, ProgramError},
	prove::InstalledKeyError,
	store::StoreError,
};
use std::path::{Path, PathBuf};
use woppal_protocol::{Balance, ExperimentId, KeyId, ProjectId, ValidatorId, H256, WOPPAL};

/// Everything that ends a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// The node did not answer.
	#[error("no node answers at {url} ({source}); start one, or name a reachable one with --url")]
	Unreachable {
		/// Where it was expected.
		url: String,
		/// What happened.
		source: ChainError,
	},
	/// The node follows another chain than the one asked for or stored.
	#[error(
		"the node at {url} follows the chain with genesis {found:?}, but {expected:?} was asked for; \
		 connect to the right network, or use another --base-path for this one"
	)]
	WrongGenesis {
		/// The node.
		url: String,
		/// Genesis hash that was asked for, or that the base path belongs to.
		expected: H256,
		/// The node's genesis hash.
		found: H256,
	},
	/// A key could not be used.
	#[error(transparent)]
	Keys(#[from] KeyError),
	/// The chain has no such project.
	#[error("project {0} does not exist on this chain; choose another one with --project (ids count from 0)")]
	UnknownProject(ProjectId),
	/// The chain replaced the project.
	#[error(
		"project {0} was superseded and takes no new starts; choose its successor with --project"
	)]
	SupersededProject(ProjectId),
	/// This worker cannot run experiments for the project.
	#[error("project {id} can't be mined by this worker: {reason}")]
	UnsupportedProject {
		/// The project.
		id: ProjectId,
		/// What does not fit.
		reason: Mismatch,
	},
	/// An account has too little.
	#[error(
		"account {account} has {} W free, but {} W are needed {purpose}; send it some",
		woppals(.have), woppals(.need)
	)]
	InsufficientBalance {
		/// The account, in SS58.
		account: String,
		/// Free plancks.
		have: Balance,
		/// Plancks needed.
		need: Balance,
		/// What for.
		purpose: Purpose,
	},
	/// A cold key is needed and none was given.
	#[error("the cold key is needed {purpose}; give it once with --cold-suri or --cold-keystore")]
	ColdKeyNeeded {
		/// What for.
		purpose: Purpose,
	},
	/// Another validator's work is in the base path.
	#[error(
		"this base path holds the work of validator {stored}, but the key belongs to validator \
		 {found}; use that validator's key, or another --base-path"
	)]
	WrongValidator {
		/// Whose work it is.
		stored: ValidatorId,
		/// Whose key it is.
		found: ValidatorId,
	},
	/// The account isn't a validator's hot key.
	#[error("account {account} is no validator's hot key; `subnet-worker register` makes it one")]
	NotRegistered {
		/// The account, in SS58.
		account: String,
	},
	/// The account is a validator's cold key and was given as the hot key.
	#[error(
		"account {account} is the cold key of validator {validator}; give its hot key with --suri or \
		 --keystore"
	)]
	ColdAsHot {
		/// The account, in SS58.
		account: String,
		/// Whose cold key it is.
		validator: ValidatorId,
	},
	/// The embedded store failed.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The chain gave no answer, or refused something.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The chain refused to register what mining needs.
	#[error("can't register {what}: {source}")]
	Setup {
		/// What was to be registered.
		what: &'static str,
		/// The refusal.
		source: ChainError,
	},
	/// Training failed again and again.
	#[error("training failed {times} times in a row, last with: {source}")]
	Train {
		/// How often.
		times: u32,
		/// The last failure.
		source: LabError,
	},
	/// The artifact or the evaluator could not be worked with.
	#[error(transparent)]
	Lab(#[from] LabError),
	/// A file or folder could not be used.
	#[error("can't use {path}: {source}", path = .path.display())]
	Io {
		/// The file or folder.
		path: PathBuf,
		/// What happened.
		source: std::io::Error,
	},
	/// A file is larger than anything that it may hold.
	#[error("{path} has more than {most} bytes, the most that is read", path = .path.display())]
	TooLarge {
		/// The file.
		path: PathBuf,
		/// Most bytes.
		most: usize,
	},
	/// A program is refused, or can't be run.
	#[error("{path}: {source}", path = .path.display())]
	Program {
		/// The module.
		path: PathBuf,
		/// Why.
		source: ProgramError,
	},
	/// A proof bundle is refused.
	#[error("{path} is refused: {source}", path = .path.display())]
	Bundle {
		/// The file.
		path: PathBuf,
		/// Why.
		source: BundleError,
	},
	/// Another experiment is in the base path.
	#[error(
		"this base path holds another experiment of project {project} on its way, with config \
		 {config:?}; let the command that began it finish it, or use another --base-path"
	)]
	OtherExperiment {
		/// Its project.
		project: ProjectId,
		/// Its config.
		config: Vec<i32>,
	},
	/// The experiment ended without a proof that the chain accepted.
	#[error(
		"experiment {} was not proven: {}",
		.id.map_or_else(|| "without an id".into(), |id| format!("{id:?}")), reason(.ending)
	)]
	NotProven {
		/// The experiment, if it got that far.
		id: Option<ExperimentId>,
		/// How it ended.
		ending: Ending,
	},
	/// A background task ended by a panic.
	#[error("a background task ended unexpectedly: {0}")]
	Task(#[from] tokio::task::JoinError),
	/// A check of `doctor` failed.
	#[error("{failed} of {checks} checks failed; see above")]
	Unhealthy {
		/// Failed checks.
		failed: usize,
		/// Checks made.
		checks: usize,
	},
}

/// Why an experiment ended as it did.
fn reason(ending: &Ending) -> &'static str {
	match ending {
		Ending::Proven(_) | Ending::Trapped => "it was",
		Ending::Rejected => "the chain rejected the proof",
		Ending::Forfeited => "the proof was not there in time, the deposit is lost",
		Ending::Void => "no evaluation seed came about, the deposit returned; try again",
		Ending::Expired => "it was not committed in time, the deposit is lost; try again",
		Ending::Refused => {
			"the chain refused it and returned the deposit: a validator can commit a config once to \
			 a project, and an artifact counts once in a project"
		},
	}
}

/// What an account or a key is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
	/// To register the validator with its bond.
	Register,
	/// To raise the bond to what the role needs.
	Bond,
	/// To register the miner node.
	Node,
	/// To pay an experiment's deposit and fees.
	Experiment,
}

impl std::fmt::Display for Purpose {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str(match self {
			Self::Register => "to register the validator with its bond",
			Self::Bond => "to raise the bond to what its role needs",
			Self::Node => "to register the miner node with its deposit",
			Self::Experiment => "for an experiment's deposit and fees",
		})
	}
}

/// Why a project can't be mined by this worker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
	/// Another evaluator.
	#[error(
		"its evaluator is {chain:?}, this worker has {worker:?}; use the release that fits the chain"
	)]
	Evaluator {
		/// Hash on the chain.
		chain: H256,
		/// Hash of the evaluator in this worker.
		worker: H256,
	},
	/// Another evaluator than the program that was given.
	#[error("its evaluator is {chain:?}, the given program is {given:?}; give the project's own")]
	GivenProgram {
		/// Hash on the chain.
		chain: H256,
		/// Hash of the given module.
		given: H256,
	},
	/// An artifact of another size.
	#[error("its artifacts have {need} bytes, the given one has {have}")]
	ArtifactSize {
		/// Bytes that the project wants.
		need: u32,
		/// Bytes that were given.
		have: usize,
	},
	/// The given settings make no config.
	#[error("the config does not fit: {what}; the keys are {keys}")]
	Config {
		/// What does not fit.
		what: String,
		/// The keys with their ranges.
		keys: String,
	},
	/// Another lowering of the same evaluator.
	#[error(
		"its program commitment differs from this worker's; use the release that fits the chain"
	)]
	Program,
	/// Another config schema.
	#[error("its config schema is not the one this worker searches; use the release that fits the chain")]
	Schema,
	/// The chain has no such verifying key.
	#[error("its verifying key {0} is not registered; look at the node")]
	UnknownKey(KeyId),
	/// The verifying key has no proving key here.
	#[error("its verifying key is {key}, and {source}")]
	Key {
		/// The key.
		key: KeyId,
		/// What is missing.
		source: InstalledKeyError,
	},
}

impl Error {
	/// What is wrong with the program in a file.
	pub fn program(path: &Path, source: ProgramError) -> Self {
		Self::Program { path: path.to_owned(), source }
	}

	/// What is wrong with the proof bundle in a file.
	pub fn bundle(path: &Path, source: impl Into<BundleError>) -> Self {
		Self::Bundle { path: path.to_owned(), source: source.into() }
	}

	/// The exit code that scripts may rely on. 2 is the command line's.
	pub fn exit_code(&self) -> u8 {
		match self {
			Self::Unreachable { .. } => 3,
			Self::WrongGenesis { .. } => 4,
			Self::Keys(_)
			| Self::ColdKeyNeeded { .. }
			| Self::ColdAsHot { .. }
			| Self::WrongValidator { .. }
			| Self::NotRegistered { .. } => 5,
			Self::UnknownProject(_)
			| Self::SupersededProject(_)
			| Self::UnsupportedProject { .. } => 6,
			Self::InsufficientBalance { .. } => 7,
			Self::Store(_)
			| Self::Io { .. }
			| Self::TooLarge { .. }
			| Self::OtherExperiment { .. } => 8,
			Self::Chain(_) | Self::Setup { .. } | Self::NotProven { .. } => 9,
			Self::Lab(_) | Self::Train { .. } => 10,
			Self::Unhealthy { .. } => 11,
			Self::Program { .. } | Self::Bundle { .. } => 12,
			Self::Task(_) => 70,
		}
	}

	/// Whether waiting may help: the run loop backs off and tries again.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Unreachable { .. } |
			// More funds may come; heartbeats go on meanwhile.
			Self::InsufficientBalance { purpose: Purpose::Experiment, .. } => true,
			Self::Chain(e) => e.is_transient(),
			_ => false,
		}
	}
}

/// Plancks as woppals with as many decimals as are needed.
pub fn woppals(plancks: &Balance) -> String {
	let (whole, rest) = (plancks / WOPPAL, plancks % WOPPAL);
	if rest == 0 {
		return whole.to_string();
	}
	let decimals = format!("{rest:012}");
	format!("{whole}.{}", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amounts_show_no_needless_zeros() {
		assert_eq!(woppals(&0), "0");
		assert_eq!(woppals(&WOPPAL), "1");
		assert_eq!(woppals(&(WOPPAL / 4)), "0.25");
		assert_eq!(woppals(&1), "0.000000000001");
	}

	#[test]
	fn an_error_says_what_to_do() {
		let e = Error::InsufficientBalance {
			account: "5F".into(),
			have: WOPPAL / 2,
			need: 3 * WOPPAL,
			purpose: Purpose::Register,
		};
		assert_eq!(
			e.to_string(),
			"account 5F has 0.5 W free, but 3 W are needed to register the validator with its \
			 bond; send it some"
		);
		assert_eq!(e.exit_code(), 7);
		assert!(!e.is_transient());
	}
}
