//! The calls that the worker submits, with the exact names, fields and encodings of the pallets.
//!
//! Arguments are encoded from the shared types; before signing, the client checks names and
//! fields against the chain's metadata and decodes the bytes with its type registry, so that a
//! runtime that changed is noticed before anything is signed.

use codec::{Compact, Encode};
use woppal_protocol::{
	identity::{PeerId, Role},
	research::{Artifact, Config, Edges},
	statement::Evaluation,
	AccountId32, Balance, EpochIndex, ExperimentId, KeyId, ProjectId, SubnetId, ValidatorId, H256,
};

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
	/// Moves funds from the signer.
	Transfer {
		/// Receiver.
		to: AccountId32,
		/// Plancks.
		amount: Balance,
	},
	/// Registers the signer (cold key) as a validator.
	Register {
		/// Its hot key.
		hot_key: AccountId32,
		/// Its bond in plancks.
		bond: Balance,
	},
	/// Raises the signer's (cold key) bond.
	Bond {
		/// Plancks to add.
		amount: Balance,
	},
	/// Registers a node of the signer.
	RegisterNode {
		/// Its subnet.
		subnet: SubnetId,
		/// What it does.
		role: Role,
		/// Its libp2p peer id.
		peer_id: PeerId,
		/// Its Ed25519 key.
		key: [u8; 32],
	},
	/// Answers the current pulse.
	Heartbeat,
	/// Opens an experiment.
	Start {
		/// The project.
		project: ProjectId,
		/// Hash of config and salt.
		blinded: H256,
	},
	/// Takes a start back.
	Cancel {
		/// What `start` carried.
		blinded: H256,
	},
	/// Reveals an experiment.
	Commit {
		/// The project.
		project: ProjectId,
		/// The config.
		config: Config,
		/// The salt of the blinded value.
		salt: H256,
		/// The integer model.
		artifact: Artifact,
		/// What it builds on.
		edges: Edges,
	},
	/// Proves an experiment.
	Prove {
		/// The experiment.
		experiment: ExperimentId,
		/// Its evaluation seed.
		seed: H256,
		/// The verifying key.
		key: KeyId,
		/// The proof.
		evaluation: Evaluation,
	},
	/// Pays out rewards.
	Claim {
		/// Whose.
		validator: ValidatorId,
		/// First epoch.
		first_epoch: EpochIndex,
		/// Number of epochs.
		count: u32,
	},
	/// Cleans up a start that was not committed in time, so that it takes no slot any more.
	ExpireStart {
		/// Whose.
		validator: ValidatorId,
		/// What `start` carried.
		blinded: H256,
	},
	/// Cleans up an experiment that was not proven in time or got no seed.
	ExpireExperiment {
		/// The experiment.
		experiment: ExperimentId,
	},
	/// Asks the faucet of a network that isn't live to fund an account.
	Faucet {
		/// The account.
		dest: AccountId32,
	},
}

impl Call {
	/// Pallet, call and the names of its fields.
	pub fn signature(&self) -> (&'static str, &'static str, &'static [&'static str]) {
		match self {
			Self::Transfer { .. } => ("Balances", "transfer_keep_alive", &["dest", "value"]),
			Self::Register { .. } => ("Validators", "register", &["hot_key", "bond"]),
			Self::Bond { .. } => ("Validators", "add_bond", &["amount"]),
			Self::RegisterNode { .. } => {
				("Validators", "register_node", &["subnet", "role", "peer_id", "key"])
			},
			Self::Heartbeat => ("Presence", "heartbeat", &[]),
			Self::Start { .. } => ("AgentCommit", "start", &["project", "blinded"]),
			Self::Cancel { .. } => ("AgentCommit", "cancel", &["blinded"]),
			Self::Commit { .. } => {
				("AgentCommit", "commit", &["project", "config", "salt", "artifact", "edges"])
			},
			Self::Prove { .. } => {
				("AgentCommit", "prove", &["experiment", "seed", "key", "evaluation"])
			},
			Self::Claim { .. } => ("Emission", "claim", &["validator", "first_epoch", "count"]),
			Self::ExpireStart { .. } => ("Research", "expire_start", &["validator", "blinded"]),
			Self::ExpireExperiment { .. } => ("Research", "expire_experiment", &["experiment"]),
			Self::Faucet { .. } => ("Network", "faucet", &["dest"]),
		}
	}

	/// `Pallet.call`.
	pub fn name(&self) -> String {
		let (pallet, call, _) = self.signature();
		format!("{pallet}.{call}")
	}

	/// The arguments in the fields' order.
	pub fn encode_arguments(&self) -> Vec<u8> {
		match self {
			// A MultiAddress::Id and a compact amount.
			Self::Transfer { to, amount } => (0u8, to, Compact(*amount)).encode(),
			Self::Register { hot_key, bond } => (hot_key, Compact(*bond)).encode(),
			Self::Bond { amount } => Compact(*amount).encode(),
			Self::RegisterNode { subnet, role, peer_id, key } => {
				(subnet, role, peer_id, key).encode()
			},
			Self::Heartbeat => Vec::new(),
			Self::Faucet { dest } => dest.encode(),
			Self::Start { project, blinded } => (project, blinded).encode(),
			Self::Cancel { blinded } => blinded.encode(),
			Self::Commit { project, config, salt, artifact, edges } => {
				(project, config, salt, artifact, edges).encode()
			},
			Self::Prove { experiment, seed, key, evaluation } => {
				(experiment, seed, key, evaluation).encode()
			},
			Self::Claim { validator, first_epoch, count } => {
				(validator, first_epoch, count).encode()
			},
			Self::ExpireStart { validator, blinded } => (validator, blinded).encode(),
			Self::ExpireExperiment { experiment } => experiment.encode(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn arguments_are_the_fields_in_order() {
		let call = Call::Claim { validator: 1, first_epoch: 2, count: 3 };
		assert_eq!(call.encode_arguments(), [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
		assert_eq!(call.name(), "Emission.claim");
		assert!(Call::Heartbeat.encode_arguments().is_empty());
	}

	#[test]
	fn a_transfer_names_an_account_id() {
		let call = Call::Transfer { to: AccountId32::new([7; 32]), amount: 1 };
		let bytes = call.encode_arguments();
		assert_eq!((bytes[0], bytes[1], bytes[33], bytes.len()), (0, 7, 4, 34));
	}
}
