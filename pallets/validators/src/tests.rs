//! Every call: that it works, each of its errors, its events, wrong origins; then the traits, the
//! invariants and random call sequences.

use crate::{
	mock::{Validators, *},
	*,
};
use frame::{testing_prelude::*, token::fungible::hold::Inspect as _};
use proptest::prelude::{any, prop, proptest, ProptestConfig};
use woppal_protocol::{
	traits::{Identities, Offences},
	ROOT_SUBNET, WOPPAL,
};

type Record = crate::Validators<Test>;

fn signed(n: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(n))
}

/// Cold key `n`, hot key `100 + n`.
fn register(n: u8, bond: Balance) {
	assert_ok!(Validators::register(signed(n), account(100 + n), bond));
}

fn add_node(n: u8, role: Role, peer_number: u8) -> DispatchResult {
	Validators::register_node(signed(n), ROOT_SUBNET, role, peer(peer_number), [peer_number; 32])
}

fn held(reason: HoldReason, n: u8) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account(n))
}

fn last_event(event: Event<Test>) {
	System::assert_last_event(event.into());
}

fn next_pulse() {
	System::set_block_number(System::block_number() + 5);
}

/// Validator 0 (cold 1, hot 101) has delegate 9.
fn with_delegate() {
	register(1, WOPPAL);
	assert_ok!(Validators::set_delegate(signed(1), Some(account(9))));
	assert_ok!(Validators::accept_delegation(signed(9), 0));
}

#[docify::export]
#[test]
fn a_bonded_miner_earns_from_the_next_pulse() {
	build_and_execute(|| {
		let (cold, hot) = (account(1), account(101));
		assert_ok!(Validators::register(RuntimeOrigin::signed(cold), hot.clone(), 100 * WOPPAL));
		assert_ok!(Validators::register_node(
			RuntimeOrigin::signed(hot.clone()),
			ROOT_SUBNET,
			Role::Miner,
			peer(1),
			[1; 32]
		));
		let validator = Validators::by_hot_key(&hot).unwrap();
		assert_eq!(Validators::earning_multiplier(validator, ROOT_SUBNET), None);
		next_pulse();
		assert_eq!(Validators::earning_multiplier(validator, ROOT_SUBNET), Some(400));
	});
}

#[test]
fn every_call_needs_a_signature() {
	build_and_execute(|| {
		let calls: [fn(RuntimeOrigin) -> DispatchResult; 11] = [
			|o| Validators::register(o, account(2), WOPPAL),
			|o| Validators::add_bond(o, 1),
			|o| Validators::rotate_hot_key(o, account(2)),
			|o| Validators::set_delegate(o, None),
			|o| Validators::accept_delegation(o, 0),
			|o| Validators::resign_delegation(o, 0),
			|o| Validators::register_node(o, 0, Role::Miner, peer(1), [1; 32]),
			|o| Validators::deregister_node(o, 0, peer(1)),
			|o| Validators::set_metadata(o, Metadata::default()),
			Validators::clear_metadata,
			Validators::exit,
		];
		for call in calls {
			assert_noop!(call(RuntimeOrigin::none()), BadOrigin);
			assert_noop!(call(RuntimeOrigin::root()), BadOrigin);
		}
	});
}

#[test]
fn calls_of_the_cold_key_refuse_strangers_and_the_hot_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		for n in [101, 2] {
			let error = Error::<Test>::NotColdKey;
			assert_noop!(Validators::add_bond(signed(n), 1), error);
			let error = Error::<Test>::NotColdKey;
			assert_noop!(Validators::rotate_hot_key(signed(n), account(3)), error);
			let error = Error::<Test>::NotColdKey;
			assert_noop!(Validators::set_delegate(signed(n), None), error);
			let error = Error::<Test>::NotColdKey;
			assert_noop!(Validators::set_metadata(signed(n), Metadata::default()), error);
			assert_noop!(Validators::clear_metadata(signed(n)), Error::<Test>::NotColdKey);
			assert_noop!(Validators::exit(signed(n)), Error::<Test>::NotColdKey);
		}
	});
}

#[test]
fn register_holds_the_bond_and_numbers_validators_in_order() {
	build_and_execute(|| {
		register(1, 100 * WOPPAL);
		last_event(Event::Registered {
			validator: 0,
			cold: account(1),
			hot: account(101),
			bond: 100 * WOPPAL,
		});
		register(2, WOPPAL);
		assert_eq!(NextValidatorId::<Test>::get(), 2);
		assert_eq!(held(HoldReason::Bond, 1), 100 * WOPPAL);
		assert_eq!(Balances::free_balance(account(1)), ENDOWMENT - 100 * WOPPAL);
		assert_eq!(Validators::validator_of(&account(101)), Some(0));
		assert_eq!(Validators::validator_of(&account(2)), Some(1));
		assert_eq!(Validators::by_hot_key(&account(101)), Some(0));
		assert_eq!(Validators::by_hot_key(&account(1)), None);
		assert_eq!(Record::get(0).unwrap().reputation, Reputation::default());
	});
}

#[test]
fn register_refuses_accounts_in_use() {
	build_and_execute(|| {
		with_delegate();
		let call = |n, hot| Validators::register(signed(n), account(hot), WOPPAL);
		assert_noop!(call(2, 2), Error::<Test>::SameKeys);
		assert_noop!(call(1, 102), Error::<Test>::ColdKeyInUse);
		assert_noop!(call(101, 102), Error::<Test>::ColdKeyInUse);
		assert_noop!(call(2, 1), Error::<Test>::HotKeyInUse);
		assert_noop!(call(2, 101), Error::<Test>::HotKeyInUse);
		assert_noop!(call(2, 9), Error::<Test>::HotKeyIsDelegate);
		// The delegate itself agrees to whatever it signs.
		assert_ok!(call(9, 109));
	});
}

#[test]
fn register_refuses_a_bond_that_is_too_small_or_not_there() {
	build_and_execute(|| {
		let call = |n, bond| Validators::register(signed(n), account(100), bond);
		assert_noop!(call(1, WOPPAL - 1), Error::<Test>::BondTooSmall);
		assert_noop!(call(1, ENDOWMENT), Error::<Test>::BalanceTooLow);
		assert_noop!(call(1, Balance::MAX), Error::<Test>::BalanceTooLow);
		assert_noop!(call(99, WOPPAL), Error::<Test>::BalanceTooLow);
		assert_ok!(call(1, ENDOWMENT - 1));
	});
}

#[test]
fn register_ends_with_the_last_number() {
	build_and_execute(|| {
		NextValidatorId::<Test>::put(ValidatorId::MAX);
		assert_noop!(
			Validators::register(signed(1), account(101), WOPPAL),
			Error::<Test>::NoNumberLeft
		);
	});
}

#[test]
fn add_bond_raises_the_hold() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::add_bond(signed(1), 9 * WOPPAL));
		last_event(Event::BondAdded { validator: 0, amount: 9 * WOPPAL, bond: 10 * WOPPAL });
		assert_eq!(held(HoldReason::Bond, 1), 10 * WOPPAL);
		assert_noop!(Validators::add_bond(signed(1), 0), Error::<Test>::ZeroAmount);
		assert_noop!(Validators::add_bond(signed(1), ENDOWMENT), Error::<Test>::BalanceTooLow);
		assert_noop!(Validators::add_bond(signed(1), Balance::MAX), Error::<Test>::BalanceTooLow);
	});
}

#[test]
fn rotate_hot_key_is_immediate_and_frees_the_old_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(111)));
		last_event(Event::HotKeyRotated { validator: 0, old: account(101), new: account(111) });
		assert_eq!(Validators::by_hot_key(&account(101)), None);
		assert_eq!(Validators::by_hot_key(&account(111)), Some(0));
		let old = Validators::register_node(signed(101), 0, Role::Relay, peer(1), [1; 32]);
		assert_noop!(old, Error::<Test>::NotKey);
		assert_ok!(Validators::register(signed(2), account(101), WOPPAL));
		assert_eq!(Validators::by_hot_key(&account(101)), Some(1));
	});
}

#[test]
fn rotate_hot_key_takes_nobodys_account() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		let call = |new| Validators::rotate_hot_key(signed(1), account(new));
		assert_noop!(call(1), Error::<Test>::SameKeys);
		assert_noop!(call(101), Error::<Test>::HotKeyInUse);
		assert_noop!(call(2), Error::<Test>::HotKeyInUse);
		assert_noop!(call(102), Error::<Test>::HotKeyInUse);
		assert_noop!(call(9), Error::<Test>::HotKeyIsDelegate);
	});
}

#[test]
fn a_delegate_counts_once_it_has_accepted() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		let independent = || {
			let group = |id| Validators::owner_group(id).unwrap();
			group(0).is_independent_of(&group(1))
		};
		// Naming the other's cold key changes nothing: it has not agreed.
		assert_ok!(Validators::set_delegate(signed(1), Some(account(2))));
		last_event(Event::DelegateInvited { validator: 0, account: account(2) });
		assert!(independent());
		assert_ok!(Validators::accept_delegation(signed(2), 0));
		last_event(Event::DelegateAccepted { validator: 0, account: account(2) });
		assert!(!independent());
		assert_eq!(Delegations::<Test>::get(account(2)), 1);
		// A new invitation leaves the delegate in place until it is accepted.
		assert_ok!(Validators::set_delegate(signed(1), Some(account(9))));
		assert!(!independent());
		assert_ok!(Validators::accept_delegation(signed(9), 0));
		assert!(independent());
		assert_eq!(Delegations::<Test>::get(account(2)), 0);
	});
}

#[test]
fn two_validators_may_share_a_delegate() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		assert_ok!(Validators::set_delegate(signed(2), Some(account(9))));
		assert_ok!(Validators::accept_delegation(signed(9), 1));
		assert_eq!(Delegations::<Test>::get(account(9)), 2);
		assert_ok!(Validators::set_delegate(signed(1), None));
		last_event(Event::DelegateCleared { validator: 0 });
		assert_eq!(Delegations::<Test>::get(account(9)), 1);
		assert_eq!(Validators::owner_group(0).unwrap().delegate, None);
	});
}

#[test]
fn set_delegate_refuses_own_keys_and_clearing_nothing() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let call =
			|delegate: Option<u8>| Validators::set_delegate(signed(1), delegate.map(account));
		assert_noop!(call(Some(1)), Error::<Test>::DelegateIsOwnKey);
		assert_noop!(call(Some(101)), Error::<Test>::DelegateIsOwnKey);
		assert_noop!(call(None), Error::<Test>::NoDelegate);
		assert_ok!(call(Some(9)));
		assert_ok!(call(None));
		assert_noop!(Validators::accept_delegation(signed(9), 0), Error::<Test>::NotInvited);
	});
}

#[test]
fn accept_delegation_needs_an_invitation_and_no_own_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let accept = |n, validator| Validators::accept_delegation(signed(n), validator);
		assert_noop!(accept(9, 0), Error::<Test>::NotInvited);
		assert_noop!(accept(9, 7), Error::<Test>::NotInvited);
		assert_ok!(Validators::set_delegate(signed(1), Some(account(9))));
		assert_noop!(accept(8, 0), Error::<Test>::NotInvited);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(9)));
		assert_noop!(accept(9, 0), Error::<Test>::DelegateIsOwnKey);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(101)));
		assert_ok!(accept(9, 0));
		assert_noop!(accept(9, 0), Error::<Test>::NotInvited);
	});
}

#[test]
fn only_the_delegate_resigns() {
	build_and_execute(|| {
		with_delegate();
		let resign = |n, validator| Validators::resign_delegation(signed(n), validator);
		assert_noop!(resign(1, 0), Error::<Test>::NotDelegate);
		assert_noop!(resign(9, 7), Error::<Test>::NotDelegate);
		assert_ok!(resign(9, 0));
		last_event(Event::DelegateResigned { validator: 0, account: account(9) });
		assert_noop!(resign(9, 0), Error::<Test>::NotDelegate);
		// Free to be a hot key now.
		assert_ok!(Validators::rotate_hot_key(signed(1), account(9)));
	});
}

#[test]
fn nodes_are_registered_by_both_keys_against_the_cold_keys_deposit() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		last_event(Event::NodeRegistered {
			validator: 0,
			subnet: ROOT_SUBNET,
			role: Role::Miner,
			peer_id: peer(1),
			key: [1; 32],
			deposit: WOPPAL,
		});
		assert_ok!(add_node(101, Role::Relay, 2));
		assert_eq!(held(HoldReason::Node, 1), 2 * WOPPAL);
		assert_eq!(Record::get(0).unwrap().nodes, 2);
		assert_eq!(PeerIds::<Test>::get(ROOT_SUBNET, peer(2)), Some(0));
	});
}

#[test]
fn register_node_refuses_what_is_unknown_malformed_or_taken() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		let call = |n, subnet, peer_id, key| {
			Validators::register_node(signed(n), subnet, Role::Miner, peer_id, [key; 32])
		};
		assert_noop!(call(3, 0, peer(2), 2), Error::<Test>::NotKey);
		assert_noop!(call(2, 1, peer(2), 2), Error::<Test>::UnknownSubnet);
		let text: PeerId = b"12D3KooW".to_vec().try_into().unwrap();
		assert_noop!(call(2, 0, text, 2), Error::<Test>::MalformedPeerId);
		assert_noop!(call(2, 0, peer(1), 2), Error::<Test>::PeerIdTaken);
		assert_noop!(call(1, 0, peer(1), 2), Error::<Test>::PeerIdTaken);
		assert_noop!(call(2, 0, peer(2), 1), Error::<Test>::NodeKeyTaken);
		assert_ok!(Validators::register(signed(4), account(104), ENDOWMENT - WOPPAL));
		assert_noop!(call(4, 0, peer(2), 2), Error::<Test>::BalanceTooLow);
	});
}

#[test]
fn a_validator_has_at_most_max_nodes() {
	build_and_execute(|| {
		register(1, WOPPAL);
		for n in 1..=4 {
			assert_ok!(add_node(1, Role::Relay, n));
		}
		assert_noop!(add_node(1, Role::Relay, 5), Error::<Test>::TooManyNodes);
		assert_ok!(Validators::deregister_node(signed(1), ROOT_SUBNET, peer(2)));
		assert_ok!(add_node(1, Role::Relay, 5));
	});
}

#[test]
fn deregister_node_returns_the_deposit_and_frees_peer_and_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_ok!(Validators::deregister_node(signed(101), ROOT_SUBNET, peer(1)));
		last_event(Event::NodeDeregistered {
			validator: 0,
			subnet: ROOT_SUBNET,
			peer_id: peer(1),
			deposit: WOPPAL,
		});
		assert_eq!(held(HoldReason::Node, 1), 0);
		assert!(!RoleCounts::<Test>::contains_key(0, ROOT_SUBNET));
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
fn metadata_is_held_for_once_and_returned_on_clearing() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let named = |name: &[u8]| Metadata {
			name: name.to_vec().try_into().unwrap(),
			..Default::default()
		};
		for name in [&b"first"[..], b"second"] {
			assert_ok!(Validators::set_metadata(signed(1), named(name)));
			last_event(Event::MetadataSet { validator: 0, deposit: WOPPAL / 10 });
			assert_eq!(held(HoldReason::Metadata, 1), WOPPAL / 10);
		}
		assert_eq!(Metadatas::<Test>::get(0).unwrap().metadata, named(b"second"));
		assert_ok!(Validators::clear_metadata(signed(1)));
		last_event(Event::MetadataCleared { validator: 0, deposit: WOPPAL / 10 });
		assert_eq!(held(HoldReason::Metadata, 1), 0);
		assert_noop!(Validators::clear_metadata(signed(1)), Error::<Test>::NoMetadata);
	});
}

#[test]
fn metadata_needs_its_deposit() {
	build_and_execute(|| {
		register(1, ENDOWMENT - 1);
		assert_noop!(
			Validators::set_metadata(signed(1), Metadata::default()),
			Error::<Test>::BalanceTooLow
		);
	});
}

#[test]
fn exit_returns_everything_and_the_number_is_not_used_again() {
	build_and_execute(|| {
		with_delegate();
		assert_ok!(Validators::set_metadata(signed(1), Metadata::default()));
		assert_ok!(Validators::exit(signed(1)));
		System::assert_has_event(
			Event::MetadataCleared { validator: 0, deposit: WOPPAL / 10 }.into(),
		);
		last_event(Event::Exited { validator: 0, bond: WOPPAL });
		assert_eq!(Balances::free_balance(account(1)), ENDOWMENT);
		assert_eq!(Exits::get(), vec![0]);
		assert_eq!(Validators::owner_group(0), None);
		assert_eq!(Delegations::<Test>::iter().count(), 0);
		register(1, WOPPAL);
		assert_eq!(Validators::validator_of(&account(1)), Some(1));
	});
}

#[test]
fn exit_waits_for_experiments_and_nodes() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::HasNodes);
		assert_ok!(Validators::deregister_node(signed(1), ROOT_SUBNET, peer(1)));
		Validators::note_opened(0);
		Validators::note_opened(0);
		Validators::note_closed(0);
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::OpenExperiments);
		Validators::note_closed(0);
		assert_ok!(Validators::exit(signed(1)));
	});
}

#[test]
fn the_highest_role_sets_multiplier_and_bond() {
	build_and_execute(|| {
		register(1, 50 * WOPPAL);
		next_pulse();
		let multiplier = || Validators::earning_multiplier(0, ROOT_SUBNET);
		assert_eq!(multiplier(), None);
		assert_ok!(add_node(1, Role::Relay, 1));
		assert_eq!(multiplier(), Some(100));
		assert_ok!(add_node(1, Role::FullNode, 2));
		assert_eq!(multiplier(), Some(200));
		// A second node of the same role adds nothing.
		assert_ok!(add_node(1, Role::FullNode, 3));
		assert_eq!(multiplier(), Some(200));
		// 50 W are not a miner's bond.
		assert_ok!(add_node(1, Role::Miner, 4));
		assert_eq!(multiplier(), None);
		assert_ok!(Validators::add_bond(signed(1), 50 * WOPPAL));
		// What was added counts from the next pulse on.
		assert_eq!(multiplier(), None);
		next_pulse();
		assert_eq!(multiplier(), Some(400));
		assert_eq!(Validators::earning_multiplier(0, 1), None);
		assert_eq!(Validators::earning_multiplier(7, ROOT_SUBNET), None);
	});
}

#[test]
fn one_bond_earns_for_one_validator_in_a_pulse() {
	build_and_execute(|| {
		register(1, 900 * WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		next_pulse();
		assert_eq!(Validators::earning_multiplier(0, ROOT_SUBNET), Some(400));
		assert_ok!(Validators::deregister_node(signed(1), ROOT_SUBNET, peer(1)));
		assert_ok!(Validators::exit(signed(1)));
		// The same tokens and node in the same pulse, under a new number.
		register(1, 900 * WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_eq!(Validators::earning_multiplier(1, ROOT_SUBNET), None);
		next_pulse();
		assert_eq!(Validators::earning_multiplier(1, ROOT_SUBNET), Some(400));
	});
}

#[test]
fn reputation_changes_say_why() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let mut from = Reputation::default();
		for cause in [
			ReputationCause::Proven,
			ReputationCause::Forfeited,
			ReputationCause::Rejected,
			ReputationCause::Missed,
		] {
			Validators::note_reputation(0, cause);
			let to = Record::get(0).unwrap().reputation;
			assert_eq!(to, cause.apply(from));
			assert_ne!(to, from);
			last_event(Event::ReputationChanged { validator: 0, cause, from, to });
			from = to;
		}
	});
}

#[test]
fn offences_are_counted() {
	build_and_execute(|| {
		register(1, WOPPAL);
		for count in 1..=2 {
			Validators::report(0, Offence::FabricatedExperiment);
			last_event(Event::OffenceRecorded {
				validator: 0,
				offence: Offence::FabricatedExperiment,
				count,
			});
		}
		assert_eq!(Record::get(0).unwrap().offences, 2);
	});
}

#[test]
fn reports_about_nobody_change_nothing() {
	build_and_execute(|| {
		assert_storage_noop!({
			Validators::note_reputation(7, ReputationCause::Proven);
			Validators::note_opened(7);
			Validators::note_closed(7);
			Validators::report(7, Offence::FabricatedExperiment);
		});
	});
}

#[test]
fn info_shows_the_whole_validator() {
	build_and_execute(|| {
		with_delegate();
		assert_ok!(add_node(1, Role::Relay, 1));
		assert_ok!(add_node(1, Role::Router, 2));
		let mut info = Validators::info(0, Some(7)).unwrap();
		info.nodes.sort();
		assert_eq!(
			info,
			woppal_protocol::identity::ValidatorInfo {
				id: 0,
				cold_key: account(1),
				hot_key: account(101),
				delegate: Some(account(9)),
				bond: WOPPAL,
				required_bond: 75 * WOPPAL / 2,
				reputation: Reputation::default().0,
				nodes: vec![
					(ROOT_SUBNET, Role::Router, peer(2).into_inner()),
					(ROOT_SUBNET, Role::Relay, peer(1).into_inner()),
				],
				offences: 0,
				last_participation: Some(7),
			}
		);
		assert_eq!(Validators::info(1, None), None);
	});
}

/// Breaks storage, expects `try_state` to say so, and puts it back.
fn breaks(damage: fn(), says: &'static str) {
	hypothetically!({
		damage();
		assert_eq!(Validators::do_try_state(), Err(says.into()));
	});
}

#[test]
fn try_state_finds_what_is_broken() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		let w = "a hot key is not its validator's";
		breaks(|| Keys::<Test>::remove(account(101)), w);
		breaks(
			|| Keys::<Test>::insert(account(5), (1, KeyKind::Hot)),
			"a key belongs to no validator",
		);
		breaks(
			|| Delegations::<Test>::remove(account(9)),
			"delegations don't match the validators' delegates",
		);
		breaks(
			|| PeerIds::<Test>::insert(ROOT_SUBNET, peer(1), 1),
			"a peer id is not its validator's",
		);
		breaks(
			|| NodeKeys::<Test>::insert(ROOT_SUBNET, [9; 32], 1),
			"keys and nodes differ in number",
		);
		breaks(
			|| RoleCounts::<Test>::remove(0, ROOT_SUBNET),
			"counts per role don't match the nodes",
		);
		breaks(
			|| Record::mutate_extant(0, |record| record.nodes = 0),
			"a validator's count of nodes is wrong",
		);
		breaks(
			|| Record::mutate_extant(0, |record| record.bond += 1),
			"a bond is not what is held",
		);
	});
}

/// One call out of all, from a few accounts that get into each other's way.
fn random_call(op: u8, who: u8, other: u8, amount: u8) -> DispatchResult {
	let origin = signed(who);
	let roles = ROLES[usize::from(amount) % ROLES.len()];
	match op {
		0 => Validators::register(origin, account(other), Balance::from(amount) * WOPPAL),
		1 => Validators::add_bond(origin, Balance::from(amount) * WOPPAL),
		2 => Validators::rotate_hot_key(origin, account(other)),
		3 => Validators::set_delegate(origin, (amount > 50).then(|| account(other))),
		4 => Validators::accept_delegation(origin, ValidatorId::from(other)),
		5 => Validators::resign_delegation(origin, ValidatorId::from(other)),
		6 => Validators::register_node(origin, ROOT_SUBNET, roles, peer(other), [amount; 32]),
		7 => Validators::deregister_node(origin, ROOT_SUBNET, peer(other)),
		8 => Validators::set_metadata(origin, Metadata::default()),
		9 => Validators::clear_metadata(origin),
		10 => Validators::exit(origin),
		_ => {
			next_pulse();
			Ok(())
		},
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]
	#[test]
	fn invariants_survive_any_sequence_of_calls(
		calls in prop::collection::vec((0u8..12, 1u8..7, 1u8..7, any::<u8>()), 1..120),
	) {
		build_and_execute(|| {
			let issuance = Balances::total_issuance();
			for (op, who, other, amount) in calls {
				// Most calls are refused: what counts is what they leave behind.
				let before = frame::deps::sp_io::storage::root(StateVersion::V1);
				if random_call(op, who, other, amount).is_err() {
					let after = frame::deps::sp_io::storage::root(StateVersion::V1);
					assert_eq!(before, after, "a failed call wrote");
				}
				Validators::do_try_state().unwrap();
			}
			assert_eq!(Balances::total_issuance(), issuance);
		});
	}
}
