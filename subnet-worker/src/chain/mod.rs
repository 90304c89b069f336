//! The chain as the worker sees it: one view per block, calls to submit, errors by name.
//!
//! [`Chain`] is the seam between the loop and the node: [`client::Client`] implements it over RPC,
//! the tests over a simulated chain.

pub mod calls;
pub mod client;
pub mod explain;
pub mod view;

pub use calls::Call;
pub use view::{ClaimRange, View};

use std::future::Future;
use woppal_protocol::{
	research::{ExperimentInfo, LeaderboardEntry},
	BlockNumber, ExperimentId, ProjectId, H256,
};

/// Which of the validator's keys signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerKind {
	/// Owns funds.
	Cold,
	/// Signs work.
	Hot,
}

impl SignerKind {
	/// The other key.
	pub fn other(self) -> Self {
		match self {
			Self::Cold => Self::Hot,
			Self::Hot => Self::Cold,
		}
	}
}

impl std::fmt::Display for SignerKind {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str(match self {
			Self::Cold => "cold key",
			Self::Hot => "hot key",
		})
	}
}

/// The best block and the finalised height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
	/// Height of the best block.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: H256,
	/// Height of the last finalised block.
	pub finalized: BlockNumber,
}

/// An extrinsic that is in a block and did what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
	/// The block's height.
	pub block: BlockNumber,
	/// Names of the events of our pallets, as `Pallet::Event`.
	pub events: Vec<String>,
}

/// A connection to the chain.
pub trait Chain: Send + Sync + 'static {
	/// The best block.
	fn head(&self) -> impl Future<Output = Result<Head, ChainError>> + Send;
	/// Everything that the loop decides on, at one block; `None` if there is no such project.
	fn view(
		&self,
		project: ProjectId,
		current: Option<ExperimentId>,
	) -> impl Future<Output = Result<Option<View>, ChainError>> + Send;
	/// An experiment.
	fn experiment(
		&self,
		id: ExperimentId,
	) -> impl Future<Output = Result<Option<ExperimentInfo>, ChainError>> + Send;
	/// A page of a project's leaderboard.
	fn leaderboard(
		&self,
		project: ProjectId,
		page: u32,
	) -> impl Future<Output = Result<Vec<LeaderboardEntry>, ChainError>> + Send;
	/// Signs, submits and waits until the extrinsic is in a block.
	fn submit(
		&self,
		signer: SignerKind,
		call: Call,
	) -> impl Future<Output = Result<Included, ChainError>> + Send;
}

/// Why the chain gave no answer or refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
	/// The connection failed or was lost.
	#[error("the connection to the node failed: {0}")]
	Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
	/// The node gave no answer in time.
	#[error("the node gave no answer within {seconds} s while {doing}")]
	Timeout {
		/// How long was waited.
		seconds: u64,
		/// What for.
		doing: &'static str,
	},
	/// The node follows another chain.
	#[error("the node follows the chain with genesis {found:?}, not {expected:?}")]
	WrongGenesis {
		/// What was asked for.
		expected: H256,
		/// What the node has.
		found: H256,
	},
	/// The node answered with an error.
	#[error("the node refused the request {request}: {source}")]
	Request {
		/// The request.
		request: &'static str,
		/// What the node said.
		source: Box<dyn std::error::Error + Send + Sync>,
	},
	/// The runtime's answer has another shape than this worker knows.
	#[error(
		"the runtime's answer to {api} can't be read ({source}); use the worker release that fits \
		 the chain"
	)]
	Answer {
		/// The runtime API's method.
		api: &'static str,
		/// Why.
		source: codec::Error,
	},
	/// The runtime has no such call, or one with other fields.
	#[error(
		"the runtime's call {call} is not the one this worker knows ({reason}); use the worker \
		 release that fits the chain"
	)]
	UnknownCall {
		/// `Pallet.call`.
		call: String,
		/// What differs.
		reason: String,
	},
	/// The pool did not take the extrinsic.
	#[error("the extrinsic {call} is invalid: {reason}")]
	Invalid {
		/// `Pallet.call`.
		call: String,
		/// What the node said.
		reason: String,
	},
	/// The extrinsic is in a block and failed.
	#[error("the chain refused {call}: {error}{}", .advice.map(|a| format!(" ({a})")).unwrap_or_default())]
	Refused {
		/// `Pallet.call`.
		call: String,
		/// The dispatch error: `Pallet::Error` or the SDK's words.
		error: String,
		/// What to do about it.
		advice: Option<&'static str>,
	},
	/// No key for this signer.
	#[error("the {0} is needed to sign, but was not given")]
	NoKey(SignerKind),
}

impl ChainError {
	/// A lost or failed connection.
	pub fn connection(e: impl std::error::Error + Send + Sync + 'static) -> Self {
		Self::Connection(Box::new(e))
	}

	/// Whether the same may succeed later without anybody doing anything.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Connection(_)
			| Self::Timeout { .. }
			| Self::Request { .. }
			| Self::Invalid { .. }
			| Self::Refused { .. } => true,
			Self::WrongGenesis { .. }
			| Self::Answer { .. }
			| Self::UnknownCall { .. }
			| Self::NoKey(_) => false,
		}
	}

	/// Whether the connection is to blame, so that a new one is needed.
	pub fn is_connection(&self) -> bool {
		matches!(self, Self::Connection(_) | Self::Timeout { .. })
	}

	/// The dispatch error's name, if the chain executed the extrinsic and refused it.
	pub fn refusal(&self) -> Option<&str> {
		match self {
			Self::Refused { error, .. } => Some(error),
			_ => None,
		}
	}
}
