//! What the worker remembers: enough to go on after a kill at any moment without losing a deposit.

use crate::chain::View;
use codec::{Decode, Encode};
use std::collections::BTreeSet;
use woppal_protocol::{
	research::Edge, statement::Evaluation, BlockNumber, ExperimentId, KeyId, ProjectId,
	ValidatorId, H256,
};

/// An experiment on its way. It is stored before its `start` is submitted, because without the salt
/// the deposit is lost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Experiment {
	/// Its project.
	pub project: ProjectId,
	/// Its owner.
	pub validator: ValidatorId,
	/// Its config.
	pub config: Vec<i32>,
	/// The salt of the blinded value.
	pub salt: H256,
	/// What `start` carries.
	pub blinded: H256,
	/// What it builds on.
	pub edges: Vec<Edge>,
	/// Seed of its training.
	pub training_seed: u64,
	/// How often its `start` was in a block: more than once after reorganisations.
	pub starts: u32,
	/// Block in which its `start` was seen.
	pub started_in: Option<BlockNumber>,
	/// Last block in which `commit` is accepted.
	pub commit_until: Option<BlockNumber>,
	/// The integer model, once trained.
	pub artifact: Option<Vec<u8>>,
	/// Its content hash, once trained.
	pub id: Option<ExperimentId>,
	/// Block in which its `commit` was seen.
	pub committed_in: Option<BlockNumber>,
	/// How often the chain refused one of its calls for good.
	pub refusals: u32,
	/// The proof, once made.
	pub proof: Option<StoredProof>,
}

/// A proof that may be submitted again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StoredProof {
	/// The seed that it is for.
	pub seed: H256,
	/// The verifying key that it is for.
	pub key: KeyId,
	/// The proof.
	pub evaluation: Evaluation,
}

/// The state that decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
	/// The experiment on its way.
	pub experiment: Option<Experiment>,
	/// Highest block seen: a node below it is catching up.
	pub highest_block: BlockNumber,
	/// Blinded values of experiments that were concluded here, kept in case a reorganisation brings
	/// them back.
	pub archived_starts: BTreeSet<H256>,
	/// Starts and experiments that the chain refused to take back or to clean up.
	pub ignored: BTreeSet<H256>,
	/// Experiments of ours that can't be proven: their deposit is lost, they are cleaned up after
	/// their deadline.
	pub unprovable: BTreeSet<ExperimentId>,
	/// The faucet refused; it is not asked again.
	pub faucet_refused: bool,
	/// No claim before this block: the last one was refused.
	pub claims_paused_until: BlockNumber,
	/// The pool is not settled before this block: the last attempt was refused.
	pub settling_paused_until: BlockNumber,
	/// No attempt to expire an experiment without a seed before this block.
	pub expiry_paused_until: BlockNumber,
	/// Experiments concluded in this run.
	pub concluded: u32,
}

impl State {
	/// Takes in what the chain shows; says whether the experiment changed and must be stored.
	pub fn observe(&mut self, view: &View) -> bool {
		self.highest_block = self.highest_block.max(view.block);
		let Some(e) = &mut self.experiment else { return false };
		let before = (e.started_in, e.commit_until, e.committed_in);
		if let Some(start) = view.open_starts.iter().find(|s| s.blinded == e.blinded) {
			e.started_in = Some(start.started);
			e.commit_until = Some(start.commit_until);
			// A commit that a reorganisation undid.
			e.committed_in = None;
		}
		if let Some(info) = view.current.as_ref().filter(|i| Some(i.id) == e.id) {
			e.started_in = Some(info.started);
			e.committed_in = Some(info.committed);
		}
		before != (e.started_in, e.commit_until, e.committed_in)
	}
}
