//! The sets of real sessions.

use crate::{mock::*, *};
use frame::{
	deps::{
		frame_support::traits::KeyOwnerProofSystem,
		sp_core::crypto::key_types::DUMMY,
		sp_runtime::{testing::UintAuthorityId, traits::OpaqueKeys},
	},
	testing_prelude::*,
};
use pallet_session::{historical::HistoricalSessions, QueuedChanged};
use woppal_protocol::traits::Expel;

/// A seat of a validator with its first hot key.
fn seat(validator: ValidatorId) -> Seat<u64> {
	Seat { account: hot(validator), validator: Some(validator) }
}

/// The events of planned sets since the last call: authorities, joined, left.
fn plans() -> Vec<(u32, u32, u32)> {
	take_events()
		.into_iter()
		.filter_map(|event| match event {
			Event::SetPlanned { authorities, joined, left, .. } => {
				Some((authorities, joined, left))
			},
			_ => None,
		})
		.collect()
}

#[docify::export]
#[test]
fn a_fifth_validator_becomes_an_author() {
	build_and_execute(|| {
		// A validator that bonds enough, has proven an experiment, and whose hot key has session keys.
		add_validator(7, GATE_BOND);
		assert_ok!(Gate::join(RuntimeOrigin::signed(hot(7))));

		// When session 0 ends, the set of session 2 is chosen.
		next_session();
		assert_eq!(planned(), [1, 2, 3, 4, hot(7)]);
		assert_eq!(Session::validators(), [1, 2, 3, 4]);

		next_session();
		assert_eq!(Session::validators(), [1, 2, 3, 4, hot(7)]);
	});
}

#[test]
fn genesis_gives_the_first_set_and_is_remembered() {
	build_and_execute(|| {
		let seats: Vec<_> = (1..=4).map(|account| Seat { account, validator: None }).collect();
		assert_eq!(CurrentSet::<Test>::get().into_inner(), seats);
		assert_eq!(NextSet::<Test>::get().into_inner(), seats);
		assert_eq!(GenesisAuthorities::<Test>::get().into_inner(), [1, 2, 3, 4]);
		assert_eq!(FullIdentificationOf::<Test>::convert(1), Some(None));
	});
}

#[test]
fn a_gate_that_comes_with_an_upgrade_starts_from_the_current_set() {
	build_and_execute(|| {
		CurrentSet::<Test>::kill();
		NextSet::<Test>::kill();
		GenesisAuthorities::<Test>::kill();
		next_session();
		assert_eq!(GenesisAuthorities::<Test>::get().into_inner(), [1, 2, 3, 4]);
		assert_eq!(planned(), [1, 2, 3, 4]);
	});
}

#[test]
fn one_that_stops_participating_leaves_and_its_entry_falls_out() {
	build_and_execute(|| {
		join(7, GATE_BOND);
		run_to_epoch(4);
		assert_eq!(planned(), [1, 2, 3, 4, hot(7)]);
		take_events();
		run_to_epoch(5);
		assert_eq!(planned(), [1, 2, 3, 4]);
		let events = take_events();
		let dropped = Event::CandidateDropped { validator: 7, reason: Exclusion::Idle };
		let set = Event::SetPlanned { session: 11, authorities: 4, joined: 0, left: 1 };
		assert!(events.ends_with(&[dropped, set]));
		assert!(listed().is_empty());
	});
}

#[test]
fn one_that_stays_at_work_stays() {
	network_of(5, GATE_BOND, || {
		sessions(30);
		assert_eq!(seated(), [1, 2, 3, 4, 5]);
		assert_eq!(plans(), []);
	});
}

#[test]
fn nobody_without_session_keys_has_a_seat() {
	network_of(6, GATE_BOND, || {
		purge_keys(hot(2));
		purge_keys(hot(6));
		next_session();
		// Outside the quarter: the session pallet itself cannot keep them.
		assert_eq!(seated(), [1, 3, 4, 5]);
		assert_eq!(Gate::exclusion(2), Some(Exclusion::NoSessionKeys));
		// Still candidates, they come back with their keys.
		set_keys(hot(2), keys_of(hot(2)));
		next_session();
		assert_eq!(seated(), [1, 3, 4, 5, 2]);
	});
}

#[test]
fn without_any_session_keys_nothing_is_chosen_until_there_are_some() {
	network_of(1, GATE_BOND, || {
		let end = || {
			System::set_block_number(System::block_number() + TIMING.session);
			Session::on_initialize(System::block_number());
		};
		purge_keys(hot(1));
		end();
		assert_eq!(seated(), [1]);
		end();
		assert!(Session::validators().is_empty());
		set_keys(hot(1), keys_of(hot(1)));
		end();
		end();
		assert_eq!(Session::validators(), [hot(1)]);
	});
}

#[test]
fn at_most_one_seat_is_added_a_session() {
	build_and_execute(|| {
		(11..=14).for_each(|validator| join(validator, GATE_BOND));
		sessions(3);
		assert_eq!(plans(), [(5, 1, 0), (6, 1, 0), (7, 1, 0)]);
		MaxAuthorities::set(7);
		sessions(3);
		assert_eq!(plans(), []);
	});
}

#[test]
fn at_most_a_quarter_leaves_and_the_rest_fills_the_set() {
	network_of(8, GATE_BOND, || {
		(4..=8).for_each(fail);
		// Two thirds, rounded up, are 6.
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 5, 6]);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 5]);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
		// Fewer than four pass: the fourth stays.
		sessions(5);
		assert_eq!(seated(), [1, 2, 3, 4]);
		assert_eq!(plans(), [(6, 0, 2), (5, 0, 1), (4, 0, 1)]);
	});
}

#[test]
fn higher_candidates_replace_a_quarter_of_a_full_set() {
	MaxAuthorities::set(8);
	network_of(8, GATE_BOND, || {
		(11..=15).for_each(|validator| join(validator, 10 * GATE_BOND));
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 5, 6, 11, 12]);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 11, 12, 13, 14]);
		sessions(2);
		assert_eq!(seated(), [1, 2, 3, 11, 12, 13, 14, 15]);
	});
}

#[test]
fn genesis_authorities_keep_their_seats_for_the_grace_period() {
	MaxAuthorities::set(5);
	GraceEpochs::set(2);
	build_and_execute(|| {
		(11..=14).for_each(|validator| join(validator, 10 * GATE_BOND));
		// Epochs 0 and 1: three sessions' ends.
		sessions(3);
		assert_eq!(planned(), [1, 2, 3, 4, hot(11)]);
		// Then they are replaced, one by one.
		sessions(1);
		assert_eq!(planned(), [1, 2, 3, hot(11), hot(12)]);
		sessions(3);
		assert_eq!(planned(), [hot(11), hot(12), hot(13), hot(14)]);
		assert!(GenesisAuthorities::<Test>::get().is_empty());
	});
}

#[test]
fn without_candidates_genesis_stays_after_the_grace_period() {
	GraceEpochs::set(1);
	build_and_execute(|| {
		sessions(10);
		assert_eq!(planned(), [1, 2, 3, 4]);
	});
}

#[test]
fn a_genesis_authority_that_joins_answers_for_its_seat() {
	build_and_execute(|| {
		add_validator_with(7, 2, GATE_BOND);
		assert_ok!(Gate::join(RuntimeOrigin::signed(2)));
		sessions(1);
		assert_eq!(planned(), [1, 2, 3, 4]);
		assert_eq!(seated(), [7]);
		sessions(1);
		assert_eq!(FullIdentificationOf::<Test>::convert(2), Some(Some(7)));
		// Its grace period outlasts its candidacy, but not its leave.
		fail(7);
		next_session();
		assert_eq!(seated(), [7]);
		change(7, |known| known.participation = Some(Gate::current_epoch()));
		assert_ok!(Gate::join(RuntimeOrigin::signed(2)));
		assert_ok!(Gate::leave(RuntimeOrigin::signed(2)));
		assert_eq!(GenesisAuthorities::<Test>::get().into_inner(), [1, 3, 4]);
		join(8, GATE_BOND);
		sessions(1);
		assert_eq!(planned(), [1, 3, 4, hot(8)]);
	});
}

#[test]
fn a_development_network_of_one_grows() {
	Genesis::set(vec![1]);
	build_and_execute(|| {
		sessions(2);
		assert_eq!(planned(), [1]);
		(11..=13).for_each(|validator| join(validator, GATE_BOND));
		sessions(1);
		assert_eq!(planned(), [1, hot(11)]);
		sessions(2);
		assert_eq!(planned(), [1, hot(11), hot(12), hot(13)]);
	});
}

#[test]
fn a_set_smaller_than_the_least_does_not_shrink() {
	network_of(3, GATE_BOND, || {
		fail(2);
		sessions(3);
		assert_eq!(seated(), [1, 2, 3]);
		join(4, GATE_BOND);
		sessions(1);
		assert_eq!(seated(), [1, 3, 4]);
	});
}

#[test]
fn an_expelled_authority_is_disabled_and_leaves_with_the_next_set() {
	network_of(8, GATE_BOND, || {
		sessions(1);
		take_events();
		Gate::expel(3);
		let reason = Exclusion::Expelled;
		assert_eq!(
			take_events(),
			[
				Event::CandidateDropped { validator: 3, reason },
				Event::ValidatorExpelled { validator: 3, until: 29 },
			]
		);
		assert_eq!(Session::disabled_validators(), [2]);
		sessions(1);
		assert_eq!(seated(), [1, 2, 4, 5, 6, 7, 8]);
		assert_eq!(Session::disabled_validators(), [2]);
		sessions(1);
		assert_eq!(Session::validators().len(), 7);
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn an_expelled_authority_stays_disabled_though_the_set_changes() {
	network_of(8, GATE_BOND, || {
		sessions(1);
		// The set of the next session differs from this one's, so the session pallet will forget.
		fail(8);
		sessions(1);
		Gate::expel(1);
		assert_eq!(Session::disabled_validators(), [0]);
		sessions(1);
		assert_eq!(Session::validators()[0], hot(1));
		assert_eq!(Session::disabled_validators(), [0]);
	});
}

#[test]
fn expulsion_ends() {
	network_of(5, GATE_BOND, || {
		Gate::expel(5);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
		while Gate::current_epoch() < 27 {
			sessions(1);
		}
		let again = || Gate::join(RuntimeOrigin::signed(hot(5)));
		assert_noop!(again(), Error::<Test>::Expelled);
		while Gate::current_epoch() < 28 {
			sessions(1);
		}
		assert_ok!(again());
		assert!(!Expelled::<Test>::contains_key(5));
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 5]);
	});
}

#[test]
fn at_most_a_third_is_expelled_at_once() {
	network_of(9, GATE_BOND, || {
		(1..=6).for_each(Gate::expel);
		sessions(1);
		assert_eq!(seated(), [4, 5, 6, 7, 8, 9]);
		sessions(1);
		assert_eq!(seated(), [6, 7, 8, 9]);
		sessions(1);
		assert_eq!(seated(), [7, 8, 9]);
	});
}

#[test]
fn the_only_authority_stays_until_another_comes() {
	network_of(1, GATE_BOND, || {
		sessions(1);
		Gate::expel(1);
		sessions(2);
		assert_eq!(Session::validators(), [hot(1)]);
		assert!(Session::disabled_validators().is_empty());
		join(2, GATE_BOND);
		sessions(2);
		assert_eq!(Session::validators(), [hot(2)]);
	});
}

#[test]
fn a_genesis_authority_without_validator_can_be_expelled() {
	build_and_execute(|| {
		take_events();
		assert_storage_noop!(Gate::expel_genesis_authority(&99));
		Gate::expel_genesis_authority(&4);
		assert_eq!(take_events(), [Event::GenesisAuthorityExpelled { account: 4 }]);
		assert_eq!(Session::disabled_validators(), [3]);
		next_session();
		assert_eq!(planned(), [1, 2, 3]);
		// Nothing happens twice.
		assert_storage_noop!(Gate::expel_genesis_authority(&4));
	});
}

#[test]
fn a_seat_follows_its_validators_hot_key() {
	network_of(4, GATE_BOND, || {
		change(2, |known| known.hot = 901);
		set_keys(901, keys_of(901));
		assert_ok!(Gate::join(RuntimeOrigin::signed(901)));
		take_events();
		sessions(1);
		assert_eq!(planned(), [hot(1), 901, hot(3), hot(4)]);
		assert_eq!(seated(), [1, 2, 3, 4]);
		assert_eq!(plans(), [(4, 1, 1)]);
	});
}

#[test]
fn a_rotated_hot_key_loses_the_seat_when_others_come() {
	network_of(4, GATE_BOND, || {
		change(2, |known| known.hot = 901);
		sessions(1);
		// It fills the set: there are no others.
		assert_eq!(planned(), [hot(1), hot(2), hot(3), hot(4)]);
		join(5, GATE_BOND);
		sessions(1);
		assert_eq!(seated(), [1, 3, 4, 5]);
	});
}

#[test]
fn a_report_hits_the_validator_though_its_hot_key_rotated() {
	network_of(4, GATE_BOND, || {
		sessions(1);
		let keys = keys_of(hot(2));
		let key = (DUMMY, keys.get_raw(DUMMY).to_vec());
		change(2, |known| known.hot = 901);
		let proof = Historical::prove(key.clone()).unwrap();
		let offender = Some((hot(2), Some(2)));
		assert_eq!(Historical::check_proof(key.clone(), proof.clone()), offender);
		join(5, GATE_BOND);
		sessions(2);
		assert!(!Session::validators().contains(&hot(2)));
		assert_eq!(Historical::check_proof(key, proof), offender);
	});
}

#[test]
fn a_set_that_stays_is_not_announced() {
	network_of(4, GATE_BOND, || {
		sessions(1);
		let root = HistoricalSessions::<Test>::get(3);
		assert!(root.is_some());
		sessions(3);
		assert!(!QueuedChanged::<Test>::get());
		assert_eq!(HistoricalSessions::<Test>::get(6), root);
	});
}

#[test]
fn new_session_keys_are_recorded_though_the_set_stays() {
	network_of(4, GATE_BOND, || {
		sessions(2);
		let old = HistoricalSessions::<Test>::get(4);
		set_keys(hot(1), TestKeys { dummy: UintAuthorityId(12_345) });
		sessions(1);
		assert!(QueuedChanged::<Test>::get());
		let new = HistoricalSessions::<Test>::get(5);
		assert_ne!(new, old);
		sessions(1);
		assert!(!QueuedChanged::<Test>::get());
		assert_eq!(HistoricalSessions::<Test>::get(6), new);
		let keys = TestKeys { dummy: UintAuthorityId(12_345) };
		let key = (DUMMY, keys.get_raw(DUMMY).to_vec());
		let proof = Historical::prove(key.clone()).unwrap();
		sessions(3);
		assert_eq!(Historical::check_proof(key, proof), Some((hot(1), Some(1))));
	});
}

#[test]
fn a_validator_that_exits_loses_its_seat_as_others_do() {
	network_of(5, GATE_BOND, || {
		exit(5);
		// Until the set changes, it answers with what it unbonds.
		assert_eq!(NextSet::<Test>::get()[4], seat(5));
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
		exit(4);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
		join(6, GATE_BOND);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 6]);
	});
}

#[test]
fn leaving_keeps_the_seat_until_the_next_set() {
	network_of(5, GATE_BOND, || {
		assert_ok!(Gate::leave(RuntimeOrigin::signed(hot(1))));
		assert_eq!(seated(), [1, 2, 3, 4, 5]);
		sessions(1);
		assert_eq!(seated(), [2, 3, 4, 5]);
	});
}
