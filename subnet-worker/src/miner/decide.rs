//! What to do next: a pure function of the chain's view and the stored state.
//!
//! The chain is the truth about what happened; the state only adds what the chain can't know (salt,
//! artifact before its commit, proof). So after a kill, a reorganisation or a node's restart the
//! same function goes on from wherever the chain stands.

use super::state::{Experiment, State};
use crate::{
	chain::{ClaimRange, SignerKind, View},
	error::Purpose,
};
use std::cmp::Ordering;
use woppal_protocol::{
	identity::PeerId,
	research::{ExperimentInfo, ExperimentStatus},
	Balance, BlockNumber, ExperimentId, KeyId, ProjectId, ValidatorId, H256, WOPPAL,
};

/// A `start` that the chain forgot is submitted again this often at most.
pub const MAX_STARTS: u32 = 3;
/// A `start` or `commit` that the chain refused this often is given up.
pub const MAX_REFUSALS: u32 = 2;
/// A node this many blocks below the highest one seen is catching up.
pub const CATCHING_UP_BLOCKS: BlockNumber = 10;
/// Experiments' worth of funds that the cold key sends to the hot key at a time.
const EXPERIMENTS_FUNDED: Balance = 20;

/// What the operator decided, and which node this is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
	/// End after this many experiments.
	pub max_experiments: Option<u32>,
	/// Whether the cold key is at hand.
	pub has_cold_key: bool,
	/// Peer id of this worker's node.
	pub peer_id: PeerId,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
	/// Ask the faucet to fund a key; the other key, or this one, pays the fee.
	AskFaucet {
		/// The key to fund.
		dest: SignerKind,
		/// The key that signs.
		signer: SignerKind,
	},
	/// Send plancks to this key from the other one.
	Fund {
		/// The key to fund.
		dest: SignerKind,
		/// Plancks.
		amount: Balance,
	},
	/// Register the validator with this bond.
	Register(Balance),
	/// Raise the bond by this much.
	Bond(Balance),
	/// Register this worker's node as a miner.
	RegisterNode,
	/// Choose the next experiment and store it.
	Choose,
	/// Submit its `start`.
	Start,
	/// Train its artifact.
	Train,
	/// Submit its `commit`.
	Commit,
	/// Run the evaluator for this seed and prove it under this key.
	Prove {
		/// The evaluation seed.
		seed: H256,
		/// The verifying key.
		key: KeyId,
	},
	/// Submit the stored proof.
	SubmitProof,
	/// Take up an experiment of ours that the chain has and the store has not.
	Recover(ExperimentId),
	/// Take up a concluded experiment that a reorganisation brought back.
	Restore(H256),
	/// Take back a start that can't be committed.
	Cancel(H256),
	/// Clean up a start whose deadline has passed.
	ExpireStart(H256),
	/// Clean up an experiment whose deadline has passed or that got no seed.
	ExpireExperiment(ExperimentId),
	/// Forget the experiment.
	Finish(Ending),
	/// Claim rewards.
	Claim(ClaimRange),
	/// Pay the delegators for closed epochs.
	Settle,
	/// Nothing to do before the next block.
	Wait(Waiting),
	/// All experiments that were asked for are concluded.
	Done,
	/// Nothing can be done without the operator.
	Fail(Blocker),
}

/// How an experiment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
	/// Proven with this metric.
	Proven(i32),
	/// Proven to trap.
	Trapped,
	/// Its proof was rejected.
	Rejected,
	/// Not proven in time: the deposit is lost.
	Forfeited,
	/// No seed came about: the deposit returned.
	Void,
	/// Not committed in time.
	Expired,
	/// The chain refused it, or knows nothing of it any more.
	Refused,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
	/// The node is below a block that was seen before.
	Node,
	/// The evaluation seed.
	Seed,
	/// Finality of a start or commit that the best chain no longer shows.
	Finality,
	/// The block after a deadline, in which what missed it can be cleaned up.
	Deadline,
}

/// Why nothing can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
	/// The cold key is needed.
	ColdKey(Purpose),
	/// An account has too little.
	Balance {
		/// Whose.
		signer: SignerKind,
		/// Free plancks.
		have: Balance,
		/// Plancks needed.
		need: Balance,
		/// What for.
		purpose: Purpose,
	},
	/// The store holds another validator's experiment.
	WrongValidator {
		/// Whose it is.
		stored: ValidatorId,
		/// Whose key it is.
		found: ValidatorId,
	},
	/// The hot key is this validator's cold key.
	ColdAsHot(ValidatorId),
	/// The project takes no new starts.
	Superseded(ProjectId),
}

/// What to do next.
pub fn next_action(view: &View, state: &State, policy: &Policy) -> Action {
	if view.block.saturating_add(CATCHING_UP_BLOCKS) < state.highest_block {
		return Action::Wait(Waiting::Node);
	}
	if let Some(action) = identity_step(view, state, policy) {
		return action;
	}
	let step = match &state.experiment {
		Some(e) => experiment_step(view, state, policy, e),
		None => idle_step(view, state, policy),
	};
	payout_step(view, state, &step).unwrap_or(step)
}

/// Rewards wait for no deadline: they are paid out when nothing else is to do.
fn payout_step(view: &View, state: &State, step: &Action) -> Option<Action> {
	let has_time = matches!(step, Action::Wait(_) | Action::Choose | Action::Done);
	let is_blocked = matches!(step, Action::Fail(_));
	match view.claimable {
		Some(range) if (has_time || is_blocked) && view.block >= state.claims_paused_until => {
			Some(Action::Claim(range))
		},
		// What only others gain from is left while something is missing here.
		_ if has_time
			&& view.unsettled_epochs() > 0
			&& view.block >= state.settling_paused_until =>
		{
			Some(Action::Settle)
		},
		_ => None,
	}
}

/// Validator, bond and node, as far as they are missing.
pub fn identity_step(view: &View, state: &State, policy: &Policy) -> Option<Action> {
	let deposits = &view.parameters.deposits;
	let bond = view.miner_bond();
	let Some(validator) = &view.validator else {
		let need = bond.saturating_add(deposits.node).saturating_add(fee_reserve(view));
		return Some(cold_step(
			view,
			state,
			policy,
			need,
			(Purpose::Register, Action::Register(bond)),
		));
	};
	if validator.hot_key != view.hot {
		return Some(Action::Fail(Blocker::ColdAsHot(validator.id)));
	}
	if let Some(e) = &state.experiment {
		if e.validator != validator.id {
			return Some(Action::Fail(Blocker::WrongValidator {
				stored: e.validator,
				found: validator.id,
			}));
		}
	}
	if validator.bond < bond {
		let missing = bond.saturating_sub(validator.bond);
		let need = missing.saturating_add(fee_reserve(view));
		return Some(cold_step(view, state, policy, need, (Purpose::Bond, Action::Bond(missing))));
	}
	if view.node(&policy.peer_id).is_none() {
		// The hot key may sign this; the deposit is the cold key's in any case.
		let need = deposits.node.saturating_add(fee_reserve(view));
		return Some(if policy.has_cold_key {
			cold_step(view, state, policy, need, (Purpose::Node, Action::RegisterNode))
		} else {
			Action::RegisterNode
		});
	}
	None
}

/// `action` signed by the cold key, or what it takes to be able to.
fn cold_step(
	view: &View,
	state: &State,
	policy: &Policy,
	need: Balance,
	(purpose, action): (Purpose, Action),
) -> Action {
	if !policy.has_cold_key {
		return Action::Fail(Blocker::ColdKey(purpose));
	}
	match ensure_funds(view, state, policy, SignerKind::Cold, (need, need, purpose)) {
		Ok(()) => action,
		Err(funding) => funding,
	}
}

/// Free plancks of a key that can sign.
fn free(view: &View, policy: &Policy, signer: SignerKind) -> Balance {
	match signer {
		SignerKind::Hot => view.hot_free,
		SignerKind::Cold => view.cold_free.filter(|_| policy.has_cold_key).unwrap_or(0),
	}
}

/// Whether a key has `need` plancks; if not, how to get them: up to `wish` from the other key, or
/// from the faucet.
fn ensure_funds(
	view: &View,
	state: &State,
	policy: &Policy,
	signer: SignerKind,
	(need, wish, purpose): (Balance, Balance, Purpose),
) -> Result<(), Action> {
	let have = free(view, policy, signer);
	if have >= need {
		return Ok(());
	}
	let reserve = fee_reserve(view);
	let other = free(view, policy, signer.other());
	let amount = other.saturating_sub(reserve.saturating_mul(2)).min(wish);
	if have.saturating_add(amount) >= need {
		return Err(Action::Fund { dest: signer, amount });
	}
	let payer = if other >= reserve { signer.other() } else { signer };
	let is_payable = free(view, policy, payer) >= reserve;
	Err(if view.parameters.live || state.faucet_refused || !is_payable {
		Action::Fail(Blocker::Balance { signer, have, need, purpose })
	} else {
		Action::AskFaucet { dest: signer, signer: payer }
	})
}

/// What the fees of an experiment may take, with room to spare: a proof's verification costs most.
fn fee_reserve(view: &View) -> Balance {
	view.parameters.deposits.start.saturating_add(WOPPAL / 4)
}

/// No experiment is on its way.
fn idle_step(view: &View, state: &State, policy: &Policy) -> Action {
	if let Some(action) = leftovers_step(view, state) {
		return action;
	}
	if policy.max_experiments.is_some_and(|max| state.concluded >= max) {
		return Action::Done;
	}
	if view.project.superseded_by.is_some() {
		return Action::Fail(Blocker::Superseded(view.project.id));
	}
	funded(view, state, policy, Action::Choose)
}

/// What the chain still has of ours that the state does not.
fn leftovers_step(view: &View, state: &State) -> Option<Action> {
	for start in view.open_starts.iter().filter(|s| !state.ignored.contains(&s.blinded)) {
		if view.block > start.commit_until {
			return Some(Action::ExpireStart(start.blinded));
		}
		// An extrinsic lands in the next block at the earliest.
		if view.block < start.commit_until {
			let is_known = state.archived_starts.contains(&start.blinded);
			return Some(if is_known {
				Action::Restore(start.blinded)
			} else {
				Action::Cancel(start.blinded)
			});
		}
	}
	let mut open = view.open_experiments.iter().filter(|e| !state.ignored.contains(&e.id));
	open.find_map(|info| match info.prove_until {
		Some(until) if view.block > until => Some(Action::ExpireExperiment(info.id)),
		Some(until) if view.block == until => None,
		_ if state.unprovable.contains(&info.id) => None,
		_ => Some(Action::Recover(info.id)),
	})
}

/// `action` if the hot key can pay an experiment, or what it takes to be able to.
fn funded(view: &View, state: &State, policy: &Policy, action: Action) -> Action {
	let need = view.parameters.deposits.start.saturating_add(fee_reserve(view));
	let wish = need.saturating_mul(EXPERIMENTS_FUNDED);
	let amounts = (need, wish, Purpose::Experiment);
	match ensure_funds(view, state, policy, SignerKind::Hot, amounts) {
		Ok(()) => action,
		Err(funding) => funding,
	}
}

/// An experiment is on its way.
fn experiment_step(view: &View, state: &State, policy: &Policy, e: &Experiment) -> Action {
	if let Some(info) = view.current.as_ref().filter(|i| Some(i.id) == e.id) {
		return committed_step(view, state, e, info);
	}
	let Some(start) = view.open_starts.iter().find(|s| s.blinded == e.blinded) else {
		return absent_step(view, state, policy, e);
	};
	if state.ignored.contains(&e.blinded) {
		return Action::Finish(Ending::Refused);
	}
	match view.block.cmp(&start.commit_until) {
		Ordering::Greater => Action::ExpireStart(e.blinded),
		// An extrinsic lands in the next block at the earliest.
		Ordering::Equal => Action::Wait(Waiting::Deadline),
		Ordering::Less if e.refusals >= MAX_REFUSALS => Action::Cancel(e.blinded),
		Ordering::Less if e.artifact.is_none() => Action::Train,
		Ordering::Less => Action::Commit,
	}
}

/// The chain shows neither the start nor the commit: not yet, no longer, or never again.
fn absent_step(view: &View, state: &State, policy: &Policy, e: &Experiment) -> Action {
	if e.refusals >= MAX_REFUSALS {
		return Action::Finish(Ending::Refused);
	}
	if e.commit_until.is_some_and(|until| view.block >= until) {
		return Action::Finish(Ending::Expired);
	}
	if let Some(block) = e.committed_in {
		// The chain took the commit and has no experiment: once that is final, it is over.
		return if view.finalized < block {
			Action::Wait(Waiting::Finality)
		} else {
			Action::Finish(Ending::Refused)
		};
	}
	match e.started_in {
		Some(block) if view.finalized < block => Action::Wait(Waiting::Finality),
		_ if e.starts >= MAX_STARTS => Action::Finish(Ending::Refused),
		_ if view.project.superseded_by.is_some() => Action::Finish(Ending::Refused),
		_ => funded(view, state, policy, Action::Start),
	}
}

/// The experiment is on the chain.
fn committed_step(view: &View, state: &State, e: &Experiment, info: &ExperimentInfo) -> Action {
	match info.status {
		ExperimentStatus::Proven { metric } => Action::Finish(Ending::Proven(metric)),
		ExperimentStatus::Trapped => Action::Finish(Ending::Trapped),
		ExperimentStatus::Rejected => Action::Finish(Ending::Rejected),
		ExperimentStatus::Forfeited => Action::Finish(Ending::Forfeited),
		ExperimentStatus::Void => Action::Finish(Ending::Void),
		ExperimentStatus::Committed if state.ignored.contains(&info.id) => {
			Action::Finish(Ending::Forfeited)
		},
		ExperimentStatus::Committed => open_step(view, state, e, info),
	}
}

/// The experiment waits for its seed or its proof.
fn open_step(view: &View, state: &State, e: &Experiment, info: &ExperimentInfo) -> Action {
	let Some(seed) = info.seed else {
		// An epoch without a seed means that none will come: the experiment is void.
		let patience = info.committed.saturating_add(view.parameters.timing.epoch);
		return if view.block > patience && view.block >= state.expiry_paused_until {
			Action::ExpireExperiment(info.id)
		} else {
			Action::Wait(Waiting::Seed)
		};
	};
	match info.prove_until.map(|until| view.block.cmp(&until)) {
		Some(Ordering::Greater) => return Action::ExpireExperiment(info.id),
		Some(Ordering::Equal) => return Action::Wait(Waiting::Deadline),
		Some(Ordering::Less) | None => {},
	}
	if state.unprovable.contains(&info.id) {
		return Action::Finish(Ending::Forfeited);
	}
	let key = view.project.spec.key;
	match &e.proof {
		Some(p) if p.seed == seed && p.key == key => Action::SubmitProof,
		_ => Action::Prove { seed, key },
	}
}
