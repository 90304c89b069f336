//! The calls that the worker submits, with the exact names, fields and encodings of the pallets.
//!
//! Arguments are encoded from the shared types; before signing, the client checks names and
//! fields against the chain's metadata and decodes the bytes with its type registry, so that a
//! runtime that changed is noticed before anything is signed.

use codec::{Compact, Encode};
use woppal_protocol::{
	identity::{NodeBitmap, PeerId, Role},
	research::{Artifact, Config, Edges},
	stake::PoolId,
	statement::Evaluation,
	AccountId32, Balance, EpochIndex, ExperimentId, KeyId, ProjectId, SubnetId, ValidatorId, H256,
};

/// A miner's node listens nowhere.
const NO_MULTIADDRS: &[Vec<u8>] = &[];
/// And offers nothing to other nodes.
const NO_CAPABILITIES: u64 = 0;

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
	/// Registers a node of the signer. It can't be dialled and says nothing of what it can do.
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
	Heartbeat {
		/// The validator's nodes that are up.
		nodes: NodeBitmap,
	},
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
	/// Pays the delegators of a pool for closed epochs.
	Settle {
		/// The pool.
		pool: PoolId,
		/// Most epochs.
		max: u32,
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
			Self::Bond { .. } => ("Stake", "bond_extra", &["amount"]),
			Self::RegisterNode { .. } => (
				"Validators",
				"register_node",
				&["subnet", "role", "peer_id", "key", "multiaddrs", "capabilities"],
			),
			Self::Heartbeat { .. } => ("Presence", "heartbeat", &["nodes"]),
			Self::Start { .. } => ("AgentCommit", "start", &["project", "blinded"]),
			Self::Cancel { .. } => ("AgentCommit", "cancel", &["blinded"]),
			Self::Commit { .. } => {
				("AgentCommit", "commit", &["project", "config", "salt", "artifact", "edges"])
			},
			Self::Prove { .. } => {
				("AgentCommit", "prove", &["experiment", "seed", "key", "evaluation"])
			},
			Self::Claim { .. } => ("Emission", "claim", &["validator", "first_epoch", "count"]),
			Self::Settle { .. } => ("Stake", "settle", &["pool", "max"]),
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
			Self::Bond { amount } => amount.encode(),
			Self::RegisterNode { subnet, role, peer_id, key } => {
				(subnet, role, peer_id, key, NO_MULTIADDRS, NO_CAPABILITIES).encode()
			},
			Self::Heartbeat { nodes } => nodes.encode(),
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
			Self::Settle { pool, max } => (pool, max).encode(),
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
		let call = Call::Settle { pool: PoolId::Validator(7), max: 2 };
		assert_eq!(call.encode_arguments(), [0, 7, 0, 0, 0, 2, 0, 0, 0]);
		let bond = Call::Bond { amount: 5 }.encode_arguments();
		assert_eq!((bond[0], bond.len()), (5, 16));
	}

	#[test]
	fn a_heartbeat_names_nodes_by_bits() {
		let mut nodes = NodeBitmap::default();
		nodes.insert(64);
		let bytes = Call::Heartbeat { nodes }.encode_arguments();
		assert_eq!((bytes[0], bytes[8], bytes.len()), (0, 1, 64));
	}

	#[test]
	fn a_node_without_p2p_has_no_addresses() {
		let call = Call::RegisterNode {
			subnet: 0,
			role: Role::Miner,
			peer_id: PeerId::truncate_from(vec![9; 38]),
			key: [7; 32],
		};
		let bytes = call.encode_arguments();
		// Subnet, role, peer id with its length, key, an empty list, eight bytes of capabilities.
		let (subnet, before) = (core::mem::size_of::<SubnetId>(), 1 + 39 + 32);
		assert_eq!(bytes.len(), subnet + before + 1 + 8);
		assert_eq!(bytes[subnet + before..], [0; 9]);
	}

	#[test]
	fn a_transfer_names_an_account_id() {
		let call = Call::Transfer { to: AccountId32::new([7; 32]), amount: 1 };
		let bytes = call.encode_arguments();
		assert_eq!((bytes[0], bytes[1], bytes[33], bytes.len()), (0, 7, 4, 34));
	}
}
