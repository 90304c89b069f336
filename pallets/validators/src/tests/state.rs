//! Reputation, offences, the runtime API's view and what `try_state` finds.

use super::*;
use woppal_protocol::{
	identity::{DelegateInfo, MetadataInfo, NodeInfo, RecoveryInfo, RotationInfo, ValidatorInfo},
	stake::PoolId,
};

#[test]
fn reputation_changes_say_why_and_reach_whoever_ranks() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let mut from = Reputation::default();
		let mut told = vec![];
		for cause in [
			ReputationCause::Proven,
			ReputationCause::Forfeited,
			ReputationCause::Rejected,
			ReputationCause::Missed(3),
			ReputationCause::ProposalRefused,
		] {
			Validators::note_reputation(0, cause);
			let to = Validators::reputation(0).unwrap();
			assert_eq!(to, cause.apply(from));
			assert_ne!(to, from);
			last_event(Event::ReputationChanged { validator: 0, cause, from, to });
			// Whoever was told could read the new one.
			told.push((0, Some(to)));
			assert_eq!(StandingChanges::get(), told);
			from = to;
		}
	});
}

#[test]
fn offences_are_counted() {
	build_and_execute(|| {
		register(1, WOPPAL);
		for (count, offence) in [(1, Offence::FabricatedExperiment), (2, Offence::Inactivity(4))] {
			Validators::note_offence(0, offence);
			last_event(Event::OffenceRecorded { validator: 0, offence, count });
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
			Validators::note_offence(7, Offence::FabricatedExperiment);
		});
		assert_eq!(StandingChanges::get(), vec![]);
		assert_eq!(Validators::reputation(7), None);
	});
}

fn metadata() -> Metadata {
	let text = |text: &[u8]| text.to_vec();
	Metadata {
		name: text(b"a miner").try_into().unwrap(),
		url: text(b"u").try_into().unwrap(),
		contact: text(b"c").try_into().unwrap(),
		description: text(b"d").try_into().unwrap(),
	}
}

#[test]
fn info_shows_the_whole_validator() {
	build_and_execute(|| {
		register(1, 50 * WOPPAL);
		assert_ok!(Validators::set_commission(signed(1), 7));
		make_delegate();
		assert_ok!(Validators::set_destination(signed(9), 0, account(77)));
		assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(8))));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_ok!(Validators::set_metadata(signed(1), metadata()));
		assert_ok!(add_node(1, Role::Relay, 1));
		assert_ok!(add_node(1, Role::Router, 2));
		assert_ok!(Validators::update_node(signed(1), ROOT_SUBNET, peer(2), address(9), 3));
		stake_table::Delegated::<Test>::insert(PoolId::Validator(0), 11);
		let node = |index: u16, role, port, capabilities| NodeInfo {
			index,
			subnet: ROOT_SUBNET,
			role,
			peer_id: peer(index + 1).into_inner(),
			key: node_key(index + 1),
			multiaddrs: vec![address(port)[0].to_vec()],
			capabilities,
		};
		let info = Validators::info(0, Some(7)).unwrap();
		assert_eq!(
			info,
			ValidatorInfo {
				id: 0,
				cold_key: account(1),
				hot_key: account(101),
				recovery: Some(RecoveryInfo { account: account(8), binds_at: 1 + WAIT }),
				rotation: Some(RotationInfo {
					new_key: account(5),
					executes_at: 1 + WAIT,
					guarded: false,
				}),
				delegate: Some(DelegateInfo {
					account: account(9),
					share_percent: 50,
					destination: account(77),
				}),
				commission_percent: 7,
				bond: 50 * WOPPAL,
				counting_bond: 0,
				required_bond: 75 * WOPPAL / 2,
				pool: 11,
				reputation: Reputation::default().0,
				nodes: vec![node(0, Role::Relay, 1, 0), node(1, Role::Router, 9, 3)],
				offences: 0,
				last_participation: Some(7),
				metadata: Some(MetadataInfo {
					name: b"a miner".to_vec(),
					url: b"u".to_vec(),
					contact: b"c".to_vec(),
					description: b"d".to_vec(),
				}),
			}
		);
		assert_eq!(Validators::info(1, None), None);
	});
}

#[test]
fn info_of_a_new_validator_is_empty() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let info = Validators::info(0, None).unwrap();
		assert_eq!((info.recovery, info.rotation, info.delegate), (None, None, None));
		assert_eq!((info.metadata, info.nodes, info.required_bond), (None, vec![], 0));
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
fn try_state_finds_broken_keys_and_terms() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		breaks(|| Keys::<Test>::remove(account(101)), "a hot key is not its validator's");
		breaks(
			|| Keys::<Test>::insert(account(6), (1, KeyKind::Hot)),
			"a key belongs to no validator",
		);
		breaks(
			|| Keys::<Test>::insert(account(5), (1, KeyKind::NextCold)),
			"the key of a rotation is not reserved",
		);
		breaks(
			|| {
				Keys::<Test>::remove(account(5));
				Rotations::<Test>::remove(0);
				Keys::<Test>::insert(account(5), (7, KeyKind::NextCold));
				let new = account(5);
				Rotations::<Test>::insert(7, Rotation { new, executes_at: 1, guarded: true });
			},
			"a rotation belongs to no validator",
		);
		breaks(
			|| {
				Record::mutate_extant(0, |r| {
					r.recovery = Some(Recovery { account: account(101), binds_at: 0 })
				})
			},
			"a recovery account is the validator's own key",
		);
		breaks(
			|| Record::mutate_extant(0, |r| r.commission_percent = 96),
			"a commission or share is too high",
		);
		breaks(
			|| Record::mutate_extant(0, |r| r.opening.epoch = 1),
			"an opening is from the future",
		);
		breaks(
			|| Record::mutate_extant(0, |r| r.commission_raised = 2),
			"a commission rose before its validator or will rise",
		);
		breaks(
			|| Delegations::<Test>::remove(account(9)),
			"delegations don't match the validators' delegates",
		);
	});
}

fn change_second_node(change: fn(&mut Node)) {
	Nodes::<Test>::mutate((0, ROOT_SUBNET, peer(2)), |node| change(node.as_mut().unwrap()));
}

#[test]
fn try_state_finds_broken_nodes_and_deposits() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_ok!(add_node(1, Role::Miner, 2));
		breaks(
			|| PeerIds::<Test>::insert(ROOT_SUBNET, peer(1), 1),
			"a peer id is not its validator's",
		);
		breaks(
			|| NodeKeys::<Test>::insert(ROOT_SUBNET, [9; 32], 1),
			"keys and nodes differ in number",
		);
		breaks(
			|| NodesByRole::<Test>::mutate(0, ROOT_SUBNET, |nodes| nodes.insert(Role::Relay, 0)),
			"bitmaps per role don't match the nodes",
		);
		breaks(
			|| Record::mutate_extant(0, |r| r.nodes.remove(0)),
			"a validator's indices don't match its nodes",
		);
		breaks(|| change_second_node(|node| node.index = 0), "two nodes have one index");
		breaks(|| change_second_node(|node| node.index = 512), "an index is out of range");
		breaks(
			|| change_second_node(|node| node.deposit = 0),
			"deposits of nodes are not what is held",
		);
	});
}
