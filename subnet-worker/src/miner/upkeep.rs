//! The work around the experiments: funds, registration, claims, and what past runs left open.

use super::{
	decide::Action,
	lab::Lab,
	run::{Miner, Step},
	state::Experiment,
};
use crate::{
	chain::{Call, Chain, ChainError, ClaimRange, SignerKind, View},
	error::{woppals, Error},
};
use tracing::{info, warn};
use woppal_protocol::{
	identity::Role, research::ExperimentInfo, stake::PoolId, AccountId32, EpochIndex, ExperimentId,
	H256, ROOT_SUBNET,
};

/// Most epochs of a pool that one call settles.
const SETTLE_EPOCHS: EpochIndex = 16;

impl<C: Chain, L: Lab> Miner<C, L> {
	pub(super) fn account(&self, signer: SignerKind) -> Option<AccountId32> {
		match signer {
			SignerKind::Hot => Some(self.settings.hot.clone()),
			SignerKind::Cold => self.settings.cold.clone(),
		}
	}

	/// Moves funds to a key, from the other one or from the faucet.
	pub(super) async fn fund(&mut self, action: Action) -> Result<Step, Error> {
		let (dest, signer) = match action {
			Action::AskFaucet { dest, signer } => (dest, signer),
			Action::Fund { dest, .. } => (dest, dest.other()),
			_ => return Ok(Step::Idle),
		};
		let account = self.account(dest).ok_or(ChainError::NoKey(dest))?;
		let call = match action {
			Action::Fund { amount, .. } => Call::Transfer { to: account, amount },
			_ => Call::Faucet { dest: account },
		};
		let name = call.name();
		match self.chain.submit(signer, call).await {
			Ok(included) => {
				info!(block = included.block, "{name}: the {dest} got funds");
				Ok(Step::Acted)
			},
			Err(error @ ChainError::Refused { .. }) if name == "Network.faucet" => {
				warn!("{error}");
				self.state.faucet_refused = true;
				Ok(Step::Acted)
			},
			Err(error) => Err(error.into()),
		}
	}

	/// Registers validator, bond or node. A refusal here is the operator's to resolve.
	pub(super) async fn set_up(&self, action: Action) -> Result<Step, Error> {
		let by_cold = self.settings.policy.has_cold_key;
		let (signer, what, call) = match action {
			Action::Register(bond) => (
				SignerKind::Cold,
				"the validator",
				Call::Register { hot_key: self.settings.hot.clone(), bond },
			),
			Action::Bond(amount) => (SignerKind::Cold, "the bond", Call::Bond { amount }),
			_ => (
				if by_cold { SignerKind::Cold } else { SignerKind::Hot },
				"the miner node",
				Call::RegisterNode {
					subnet: ROOT_SUBNET,
					role: Role::Miner,
					peer_id: self.settings.policy.peer_id.clone(),
					key: self.settings.node_key,
				},
			),
		};
		match self.chain.submit(signer, call).await {
			Ok(included) => {
				info!(block = included.block, "registered {what}");
				Ok(Step::Acted)
			},
			Err(source @ ChainError::Refused { .. }) => Err(Error::Setup { what, source }),
			Err(e) => Err(e.into()),
		}
	}

	pub(super) fn recover(&mut self, view: &View, id: ExperimentId) -> Result<Step, Error> {
		let Some(info) = view.open_experiments.iter().find(|info| info.id == id) else {
			return Ok(Step::Idle);
		};
		let archived = self.store.archived()?.into_iter().find(|e| e.id == Some(id));
		let experiment = archived.unwrap_or_else(|| from_chain(info));
		info!(experiment = ?id, "taking up an experiment that waits for its proof");
		self.store.save_experiment(&experiment)?;
		self.state.experiment = Some(experiment);
		Ok(Step::Acted)
	}

	pub(super) fn restore(&mut self, blinded: H256) -> Result<Step, Error> {
		match self.store.archived()?.into_iter().find(|e| e.blinded == blinded) {
			Some(experiment) => {
				info!(?blinded, "taking up an experiment that a reorganisation brought back");
				self.store.save_experiment(&experiment)?;
				self.state.experiment = Some(experiment);
			},
			// Dropped from the archive meanwhile: it can only be taken back.
			None => {
				self.state.archived_starts.remove(&blinded);
			},
		}
		Ok(Step::Acted)
	}

	/// Takes a start back, or cleans up what missed its deadline.
	pub(super) async fn clean_up(&mut self, view: &View, action: Action) -> Result<Step, Error> {
		let owner = view.validator.as_ref().map(|v| v.id);
		let (what, call) = match (&action, owner) {
			(Action::ExpireStart(blinded), Some(validator)) => {
				(*blinded, Call::ExpireStart { validator, blinded: *blinded })
			},
			(Action::ExpireExperiment(id), _) => (*id, Call::ExpireExperiment { experiment: *id }),
			(Action::Cancel(blinded), _) => (*blinded, Call::Cancel { blinded: *blinded }),
			_ => return Ok(Step::Idle),
		};
		let name = call.name();
		match self.chain.submit(SignerKind::Hot, call).await {
			Ok(included) => {
				info!(block = included.block, ?what, "{name} done");
				Ok(Step::Acted)
			},
			Err(error @ ChainError::Refused { .. }) => {
				warn!(?what, "{error}");
				let no_seed = |i: &ExperimentInfo| i.id == what && i.seed.is_none();
				if view.current.as_ref().is_some_and(no_seed) {
					let pause = view.parameters.timing.epoch;
					self.state.expiry_paused_until = view.block.saturating_add(pause);
				} else {
					self.state.ignored.insert(what);
				}
				Ok(Step::Acted)
			},
			Err(error) => Err(error.into()),
		}
	}

	pub(super) async fn claim(&mut self, view: &View, range: ClaimRange) -> Result<Step, Error> {
		let Some(validator) = view.validator.as_ref().map(|v| v.id) else {
			return Ok(Step::Idle);
		};
		let ClaimRange { first, count, amount } = range;
		let call = Call::Claim { validator, first_epoch: first, count };
		match self.chain.submit(SignerKind::Hot, call).await {
			Ok(included) => {
				let reward = woppals(&amount);
				info!(block = included.block, first, count, "claimed {reward} W");
				Ok(Step::Acted)
			},
			Err(error @ ChainError::Refused { .. }) => {
				warn!("{error}");
				self.state.claims_paused_until =
					view.block.saturating_add(view.parameters.timing.epoch);
				Ok(Step::Acted)
			},
			Err(error) => Err(error.into()),
		}
	}

	/// Pays the delegators of the validator's pool, so that they need not do it themselves.
	pub(super) async fn settle(&mut self, view: &View) -> Result<Step, Error> {
		let Some(validator) = view.validator.as_ref().map(|v| v.id) else {
			return Ok(Step::Idle);
		};
		let max = view.unsettled_epochs().min(SETTLE_EPOCHS);
		let call = Call::Settle { pool: PoolId::Validator(validator), max };
		match self.chain.submit(SignerKind::Hot, call).await {
			Ok(included) => {
				info!(block = included.block, epochs = max, "the delegators were paid");
				Ok(Step::Acted)
			},
			Err(error @ ChainError::Refused { .. }) => {
				warn!("{error}");
				self.state.settling_paused_until =
					view.block.saturating_add(view.parameters.timing.epoch);
				Ok(Step::Acted)
			},
			Err(error) => Err(error.into()),
		}
	}
}

/// What is needed to prove an experiment that only the chain knows.
fn from_chain(info: &ExperimentInfo) -> Experiment {
	Experiment {
		project: info.project,
		validator: info.validator,
		config: info.config.clone(),
		salt: H256::zero(),
		blinded: info.id,
		edges: info.edges.clone(),
		training_seed: 0,
		starts: 1,
		started_in: Some(info.started),
		commit_until: None,
		artifact: Some(info.artifact.clone()),
		id: Some(info.id),
		committed_in: Some(info.committed),
		refusals: 0,
		proof: None,
	}
}
