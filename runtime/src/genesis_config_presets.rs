//! Genesis of the networks that this binary knows by name.
//!
//! - `development` and `local_testnet`: fast timing, a hundredth of the deposits, well-known accounts
//!   that have tokens, a faucet, sudo, and the development verifying key whose setup anyone can
//!   repeat. One authority, Alice; other processes of `local_testnet` are full nodes and workers.
//! - `testnet`: a live network's timing and deposits and nothing else. It cannot start as it is: a
//!   launch patches in its authorities (`session.keys`), its endowments (`balances.balances`), the
//!   verifying key of its own setup (`agentCommit.keys`) and its projects (`research.projects`). It
//!   has no sudo key, and the runtime refuses sudo's calls and development keys on a live chain
//!   whatever a patch says.

use crate::{
	root_project, AccountId, AgentCommitConfig, Balance, BalancesConfig, NetworkConfig,
	ResearchConfig, Runtime, RuntimeGenesisConfig, SessionConfig, SessionKeys, SudoConfig,
	BABE_GENESIS_EPOCH_CONFIG, WOPPAL,
};
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_support::build_struct_json_patch;
use pallet_agent_commit::GenesisCircuit;
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	time::Timing,
};
use woppal_zkwasm::development::{DEVELOPMENT_STANDARD, DEVELOPMENT_STANDARD_WIDE};

/// The preset of a single process that a developer starts and throws away.
pub const DEVELOPMENT: &str = sp_genesis_builder::DEV_RUNTIME_PRESET;
/// The preset of several processes on one machine.
pub const LOCAL: &str = sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;
/// The preset that a live network's genesis starts from.
pub const TESTNET: &str = "testnet";

/// Plancks with which each well-known account starts.
pub const ENDOWMENT: Balance = 100_000 * WOPPAL;
/// Plancks from which the faucet gives.
pub const FAUCET_ENDOWMENT: Balance = 1_000_000 * WOPPAL;

/// A network that is thrown away: everything well known.
fn fast() -> Value {
	let alice = Sr25519Keyring::Alice.to_account_id();
	let keys = SessionKeys {
		babe: Sr25519Keyring::Alice.public().into(),
		grandpa: Ed25519Keyring::Alice.public().into(),
	};
	let mut balances: Vec<(AccountId, Balance)> =
		Sr25519Keyring::well_known().map(|k| (k.to_account_id(), ENDOWMENT)).collect();
	balances.push((pallet_network::Pallet::<Runtime>::faucet_account(), FAUCET_ENDOWMENT));
	let parameters =
		NetworkParameters { timing: Timing::FAST, deposits: Deposits::FAST, live: false };
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances },
		babe: pallet_babe::GenesisConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig { keys: vec![(alice.clone(), alice.clone(), keys)] },
		sudo: SudoConfig { key: Some(alice) },
		network: NetworkConfig { parameters },
		research: ResearchConfig { projects: vec![(root_project::spec().encode(), None)] },
		agent_commit: AgentCommitConfig {
			// The root project's circuit, the one for programs without a matrix, and the one for programs
			// with 64-bit integers.
			keys: vec![
				(GenesisCircuit::StandardMatrix, root_project::DEVELOPMENT_KEY.to_vec()),
				(GenesisCircuit::Standard, DEVELOPMENT_STANDARD.to_vec()),
				(GenesisCircuit::StandardWide, DEVELOPMENT_STANDARD_WIDE.to_vec()),
			],
		},
	})
}

/// A live network's genesis before its launch fills in who it belongs to.
fn testnet() -> Value {
	let parameters =
		NetworkParameters { timing: Timing::MAINNET, deposits: Deposits::LIVE, live: true };
	build_struct_json_patch!(RuntimeGenesisConfig {
		babe: pallet_babe::GenesisConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		network: NetworkConfig { parameters },
	})
}

/// The JSON patch of a preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEVELOPMENT | LOCAL => fast(),
		TESTNET => testnet(),
		_ => return None,
	};
	serde_json::to_string(&patch).ok().map(Into::into)
}

/// The presets by name.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(DEVELOPMENT), PresetId::from(LOCAL), PresetId::from(TESTNET)]
}

/// The storage of a preset's genesis without the code, built by this binary's own copy of the
/// runtime instead of the WebAssembly blob, which first would have to be compiled several times.
/// The result is the same, byte for byte.
///
/// Errors: no such preset, or what stands in the way of its genesis.
#[cfg(feature = "std")]
pub fn storage(preset: &str) -> Result<sp_runtime::Storage, std::string::String> {
	fn merge(base: &mut Value, patch: Value) {
		match (base, patch) {
			(Value::Object(base), Value::Object(patch)) => {
				for (key, value) in patch {
					merge(base.entry(key).or_insert(Value::Null), value);
				}
			},
			(base, patch) => *base = patch,
		}
	}
	let patch =
		get_preset(&preset.into()).ok_or_else(|| std::format!("no preset is called {preset}"))?;
	let patch = serde_json::from_slice(&patch).map_err(|e| std::format!("{preset}: {e}"))?;
	let mut json = serde_json::to_value(RuntimeGenesisConfig::default())
		.map_err(|e| std::format!("the default genesis: {e}"))?;
	merge(&mut json, patch);
	let config: RuntimeGenesisConfig =
		serde_json::from_value(json).map_err(|e| std::format!("{preset}: {e}"))?;
	sp_runtime::BuildStorage::build_storage(&config)
}
