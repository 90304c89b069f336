//! What a live chain refuses, whatever its genesis says besides.

use crate::chain::{genesis_json, genesis_storage, Chain};
use serde_json::json;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Ferdie};
use sp_runtime::DispatchError;
use woppal_protocol::{research::CircuitId, H256};
use woppal_runtime::{AgentCommit, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin};
use woppal_zkwasm::development::{DEVELOPMENT_SMALL, DEVELOPMENT_STANDARD};

/// The development network's genesis, but live, with these verifying keys.
fn live(keys: serde_json::Value) -> serde_json::Value {
	json!({ "network": { "parameters": { "live": true } }, "agentCommit": { "keys": keys } })
}

#[test]
fn a_live_genesis_refuses_development_keys() {
	for circuit in ["small", "standard"] {
		for key in [DEVELOPMENT_SMALL, DEVELOPMENT_STANDARD] {
			let patch = live(json!([[circuit, key]]));
			let build = std::panic::catch_unwind(|| genesis_storage(genesis_json(patch)));
			let cause = build.expect_err("the key is refused");
			let text = cause.downcast_ref::<String>().expect("a message");
			assert!(text.contains("DevelopmentKey"), "{text}");
		}
	}
	// The same config starts where it is not live, and without the key where it is.
	genesis_storage(genesis_json(
		json!({ "agentCommit": { "keys": [["small", DEVELOPMENT_SMALL]] } }),
	));
	genesis_storage(genesis_json(live(json!([]))));
}

#[test]
fn a_live_chain_has_neither_faucet_nor_sudo_nor_development_keys() {
	let mut chain = Chain::with_patch(live(json!([])));
	let faucet = pallet_network::Call::<Runtime>::faucet { dest: Bob.to_account_id() };
	chain
		.attempt(Ferdie, faucet)
		.is_error("the faucet", pallet_network::Error::<Runtime>::LiveNetwork);

	// This genesis names Alice as sudo; that does not help her.
	let filtered = frame_system::Error::<Runtime>::CallFiltered;
	let inner = || Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![1] }));
	let sudo = pallet_sudo::Call::<Runtime>::sudo { call: inner() };
	chain.attempt(Alice, sudo.clone()).is_error("sudo", filtered);
	let remove = pallet_sudo::Call::<Runtime>::remove_key {};
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	chain.attempt(Alice, remove).is_error("sudo's key", filtered);
	let batch = pallet_utility::Call::<Runtime>::batch_all { calls: vec![sudo.clone().into()] };
	chain.attempt(Alice, batch).is_error("sudo in a batch", filtered);
	let batch = pallet_utility::Call::<Runtime>::batch { calls: vec![sudo.into()] };
	let attempt = chain.attempt(Alice, batch);
	assert!(attempt.has(RuntimeEvent::Utility(pallet_utility::Event::BatchInterrupted {
		index: 0,
		error: filtered
	})));
	attempt.changed_only("an interrupted batch", &[]);

	chain.read(|| {
		for circuit in [CircuitId::Small, CircuitId::Standard] {
			for key in [DEVELOPMENT_SMALL, DEVELOPMENT_STANDARD] {
				let key = key.to_vec().try_into().unwrap();
				frame_support::assert_noop!(
					AgentCommit::register_verifying_key(
						RuntimeOrigin::root(),
						circuit,
						key,
						H256::repeat_byte(1)
					),
					pallet_agent_commit::Error::<Runtime>::DevelopmentKey
				);
			}
		}
	});
	chain.next_block();
	crate::import::imports_natively(chain.history());
}
