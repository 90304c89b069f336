//! Nodes, roles and multipliers.

use super::*;

#[test]
fn nodes_are_registered_by_both_keys_against_the_cold_keys_deposit() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		last_event(Event::NodeRegistered {
			validator: 0,
			subnet: ROOT_SUBNET,
			index: 0,
			role: Role::Miner,
			peer_id: peer(1),
			key: node_key(1),
			deposit: WOPPAL,
		});
		assert_ok!(add_node(101, Role::Relay, 2));
		assert_eq!(held(HoldReason::Node, 1), 2 * WOPPAL);
		assert_eq!(Record::get(0).unwrap().nodes, up(&[0, 1]));
		assert_eq!(PeerIds::<Test>::get(ROOT_SUBNET, peer(2)), Some(0));
	});
}

#[test]
fn register_node_refuses_what_is_unknown_malformed_or_taken() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		let call = |n, subnet, peer_id, key, addresses| {
			let (role, key) = (Role::Miner, node_key(key));
			Validators::register_node(signed(n), subnet, role, peer_id, key, addresses, 0)
		};
		assert_noop!(call(3, 0, peer(2), 2, address(1)), Error::<Test>::NotKey);
		assert_noop!(call(2, 1, peer(2), 2, address(1)), Error::<Test>::UnknownSubnet);
		let text: PeerId = b"12D3KooW".to_vec().try_into().unwrap();
		assert_noop!(call(2, 0, text, 2, address(1)), Error::<Test>::MalformedPeerId);
		assert_noop!(call(2, 0, peer(2), 2, broken()), Error::<Test>::MalformedMultiaddr);
		assert_noop!(call(2, 0, peer(1), 2, address(1)), Error::<Test>::PeerIdTaken);
		assert_noop!(call(1, 0, peer(1), 2, address(1)), Error::<Test>::PeerIdTaken);
		assert_noop!(call(2, 0, peer(2), 1, address(1)), Error::<Test>::NodeKeyTaken);
		assert_ok!(Validators::register(signed(4), account(104), ENDOWMENT - WOPPAL));
		assert_noop!(call(4, 0, peer(2), 2, address(1)), Error::<Test>::BalanceTooLow);
		// A node that only its peers reach has no address.
		assert_ok!(call(2, 0, peer(2), 2, Multiaddrs::default()));
	});
}

/// A sound address, then one that is text.
fn broken() -> Multiaddrs {
	let mut addresses = address(1);
	addresses.try_push(b"/ip4/1.2.3.4".to_vec().try_into().unwrap()).unwrap();
	addresses
}

#[test]
fn update_node_replaces_addresses_and_capabilities_only() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		let before = Nodes::<Test>::get((0, ROOT_SUBNET, peer(1))).unwrap();
		let call = |n, subnet, addresses| {
			Validators::update_node(signed(n), subnet, peer(1), addresses, 7)
		};
		assert_noop!(call(3, 0, address(2)), Error::<Test>::NotKey);
		assert_noop!(call(2, 0, address(2)), Error::<Test>::UnknownNode);
		assert_noop!(call(1, 1, address(2)), Error::<Test>::UnknownNode);
		assert_noop!(call(1, 0, broken()), Error::<Test>::MalformedMultiaddr);
		assert_ok!(call(101, 0, address(2)));
		last_event(Event::NodeUpdated {
			validator: 0,
			subnet: ROOT_SUBNET,
			peer_id: peer(1),
			capabilities: 7,
		});
		assert_eq!(
			Nodes::<Test>::get((0, ROOT_SUBNET, peer(1))),
			Some(Node { multiaddrs: address(2), capabilities: 7, ..before })
		);
	});
}

#[test]
fn deregister_node_returns_the_deposit_and_frees_peer_and_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_ok!(remove_node(101, 1));
		last_event(Event::NodeDeregistered {
			validator: 0,
			subnet: ROOT_SUBNET,
			peer_id: peer(1),
			deposit: WOPPAL,
		});
		assert_eq!((held(HoldReason::Node, 1), free(1)), (0, ENDOWMENT - WOPPAL));
		assert!(!NodesByRole::<Test>::contains_key(0, ROOT_SUBNET));
		assert_ok!(add_node(2, Role::Miner, 1));
	});
}

#[test]
fn only_own_nodes_are_deregistered() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		let call = |n, subnet| Validators::deregister_node(signed(n), subnet, peer(1));
		assert_noop!(call(3, 0), Error::<Test>::NotKey);
		assert_noop!(call(2, 0), Error::<Test>::UnknownNode);
		assert_noop!(call(1, 1), Error::<Test>::UnknownNode);
	});
}

#[test]
fn a_validator_has_at_most_max_nodes() {
	build_and_execute(|| {
		register(1, WOPPAL);
		for n in 0..MAX_NODES {
			assert_ok!(add_node(1, Role::Relay, n));
		}
		assert_noop!(add_node(1, Role::Relay, 999), Error::<Test>::TooManyNodes);
		assert_ok!(remove_node(1, 77));
		assert_ok!(add_node(1, Role::Relay, 999));
		assert_eq!(Nodes::<Test>::get((0, ROOT_SUBNET, peer(999))).unwrap().index, 77);
	});
}

#[test]
fn the_highest_role_that_is_up_sets_multiplier_and_bond() {
	build_and_execute(|| {
		register(1, 50 * WOPPAL);
		next_epoch();
		assert_eq!(multiplier(0), None);
		assert_ok!(add_node(1, Role::Relay, 0));
		assert_ok!(add_node(1, Role::FullNode, 1));
		assert_ok!(add_node(1, Role::Miner, 2));
		let with = |indices: &[u16]| Validators::earning_multiplier(0, ROOT_SUBNET, &up(indices));
		assert_eq!(with(&[]), None);
		assert_eq!(with(&[0]), Some(100));
		assert_eq!(with(&[1]), Some(200));
		assert_eq!(with(&[0, 1]), Some(200));
		// 50 W are not a miner's bond; what is not up doesn't ask for it.
		assert_eq!(with(&[0, 1, 2]), None);
		// Bits without a node are ignored.
		assert_eq!(with(&[3, 511]), None);
		assert_eq!(with(&[1, 3, 511]), Some(200));
		Stake::write_bond(0, 100 * WOPPAL);
		// What was added counts from the next epoch on.
		assert_eq!(with(&[2]), None);
		next_epoch();
		assert_eq!(with(&[2]), Some(400));
		// What was taken away counts at once.
		Stake::write_bond(0, 99 * WOPPAL);
		assert_eq!(with(&[2]), None);
		assert_eq!(Validators::earning_multiplier(0, 1, &NodeBitmap::ALL), None);
		assert_eq!(multiplier(7), None);
	});
}
