//! Joining, leaving, ranks, and what drops a candidate.

use crate::{mock::*, *};
use frame::testing_prelude::*;
use woppal_protocol::{
	gate::{self, CandidateInfo},
	identity::REPUTATION_ONE,
	traits::{Expel, OnStanding},
	WOPPAL,
};

fn signed(validator: ValidatorId) -> RuntimeOrigin {
	RuntimeOrigin::signed(hot(validator))
}

/// The rank of a validator without pool, boosts or merits.
fn rank_of(bond: u128) -> Rank {
	gate::rank(bond, 0, Reputation::default())
}

#[test]
fn joining_writes_rank_and_expiry() {
	build_and_execute(|| {
		run_to_epoch(3);
		take_events();
		add_validator(7, 2 * GATE_BOND);
		change(7, |known| {
			known.pool = 500 * WOPPAL;
			known.participation = Some(2);
			known.bonuses = [(2, 600), (3, 100), (1, 900)].into();
		});
		assert_ok!(Gate::join(signed(7)));
		// The better of the last closed epoch and the current one counts.
		let rank = gate::rank(2_500 * WOPPAL, 600, Reputation::default());
		let expected = Candidate { validator: 7, account: hot(7), rank, expires: 6 };
		assert_eq!(Candidates::<Test>::get().into_inner(), [expected]);
		assert_eq!(
			take_events(),
			[Event::CandidateJoined { validator: 7, account: hot(7), rank, expires: 6 }]
		);
	});
}

#[test]
fn the_work_factor_is_capped_and_the_current_epoch_counts_at_once() {
	build_and_execute(|| {
		add_validator(7, GATE_BOND);
		change(7, |known| known.bonuses = [(0, 9_000)].into());
		assert_ok!(Gate::join(signed(7)));
		assert_eq!(Candidates::<Test>::get()[0].rank, 2 * rank_of(GATE_BOND));
	});
}

#[test]
fn joining_is_refused_with_the_rule_that_is_broken() {
	build_and_execute(|| {
		assert_noop!(Gate::join(RuntimeOrigin::signed(900)), Error::<Test>::NotValidator);
		add_validator(7, GATE_BOND - 1);
		assert_noop!(Gate::join(signed(7)), Error::<Test>::BondTooSmall);
		change(7, |known| {
			known.bond = GATE_BOND;
			known.participation = None;
		});
		assert_noop!(Gate::join(signed(7)), Error::<Test>::Idle);
		change(7, |known| {
			known.participation = Some(0);
			known.reputation = Reputation(REPUTATION_ONE / 4 - 1);
		});
		assert_noop!(Gate::join(signed(7)), Error::<Test>::ReputationTooLow);
		change(7, |known| known.reputation = Reputation(REPUTATION_ONE / 4));
		purge_keys(hot(7));
		assert_noop!(Gate::join(signed(7)), Error::<Test>::NoSessionKeys);
		set_keys(hot(7), keys_of(hot(7)));
		assert_ok!(Gate::join(signed(7)));
		assert_noop!(Gate::join(signed(7)), Error::<Test>::AlreadyCandidate);
		Gate::expel(7);
		assert_noop!(Gate::join(signed(7)), Error::<Test>::Expelled);
	});
}

#[test]
fn only_signed_origins_call() {
	build_and_execute(|| {
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Gate::join(origin.clone()), BadOrigin);
			assert_noop!(Gate::leave(origin.clone()), BadOrigin);
			assert_noop!(Gate::refresh(origin, 7), BadOrigin);
		}
	});
}

#[test]
fn participation_counts_for_four_epochs_and_not_five() {
	build_and_execute(|| {
		add_validator(7, GATE_BOND);
		run_to_epoch(4);
		assert_ok!(Gate::join(signed(7)));
		assert_ok!(Gate::leave(signed(7)));
		run_to_epoch(5);
		assert_noop!(Gate::join(signed(7)), Error::<Test>::Idle);
	});
}

#[test]
fn leaving_ends_the_candidacy() {
	build_and_execute(|| {
		assert_noop!(Gate::leave(RuntimeOrigin::signed(900)), Error::<Test>::NotValidator);
		join(7, GATE_BOND);
		take_events();
		assert_ok!(Gate::leave(signed(7)));
		assert_eq!(take_events(), [Event::CandidateLeft { validator: 7 }]);
		assert!(listed().is_empty());
		assert_noop!(Gate::leave(signed(7)), Error::<Test>::NotCandidate);
	});
}

#[test]
fn anyone_refreshes_a_candidate() {
	build_and_execute(|| {
		assert_noop!(Gate::refresh(RuntimeOrigin::signed(5), 7), Error::<Test>::NotCandidate);
		join(7, GATE_BOND);
		take_events();
		assert_ok!(Gate::refresh(RuntimeOrigin::signed(5), 7));
		assert_eq!(take_events(), []);
		change(7, |known| known.bond = 3 * GATE_BOND);
		assert_ok!(Gate::refresh(RuntimeOrigin::signed(5), 7));
		let rank = rank_of(3 * GATE_BOND);
		assert_eq!(take_events(), [Event::CandidateRanked { validator: 7, rank, expires: 4 }]);
	});
}

#[test]
fn a_candidate_that_breaks_a_rule_is_dropped_with_the_rule() {
	type Breaking = fn(&mut Known);
	let broken: [(Breaking, Exclusion); 4] = [
		(|known| known.bond = GATE_BOND - 1, Exclusion::BondTooSmall),
		(|known| known.participation = None, Exclusion::Idle),
		(|known| known.reputation = Reputation(1), Exclusion::ReputationTooLow),
		(|known| known.hot = 901, Exclusion::HotKeyRotated),
	];
	for (breaking, reason) in broken {
		build_and_execute(|| {
			join(7, GATE_BOND);
			join(8, GATE_BOND);
			take_events();
			change(7, breaking);
			Gate::on_standing_changed(7);
			assert_eq!(take_events(), [Event::CandidateDropped { validator: 7, reason }]);
			assert_eq!(listed(), [8]);
		});
	}
	build_and_execute(|| {
		join(7, GATE_BOND);
		purge_keys(hot(7));
		take_events();
		assert_ok!(Gate::refresh(RuntimeOrigin::signed(5), 7));
		let reason = Exclusion::NoSessionKeys;
		assert_eq!(take_events(), [Event::CandidateDropped { validator: 7, reason }]);
	});
}

#[test]
fn a_changed_standing_moves_a_candidate_through_the_list() {
	build_and_execute(|| {
		for validator in 1..=5 {
			join(validator, GATE_BOND + u128::from(validator) * WOPPAL);
		}
		assert_eq!(listed(), [5, 4, 3, 2, 1]);
		change(1, |known| known.bond = 9 * GATE_BOND);
		Gate::on_standing_changed(1);
		assert_eq!(listed(), [1, 5, 4, 3, 2]);
		change(5, |known| known.reputation = Reputation(REPUTATION_ONE / 4));
		Gate::on_standing_changed(5);
		assert_eq!(listed(), [1, 4, 3, 2, 5]);
		// Of equals, the older validator stands first.
		for validator in 1..=5 {
			change(validator, |known| {
				known.bond = GATE_BOND;
				known.reputation = Reputation::default();
			});
			Gate::on_standing_changed(validator);
		}
		assert_eq!(listed(), [1, 2, 3, 4, 5]);
	});
}

#[test]
fn a_standing_of_no_candidate_changes_nothing() {
	build_and_execute(|| {
		join(7, GATE_BOND);
		add_validator(8, GATE_BOND);
		assert_storage_noop!({
			Gate::on_standing_changed(8);
			Gate::on_standing_changed(999);
		});
	});
}

#[test]
fn a_proven_experiment_prolongs_a_candidacy() {
	build_and_execute(|| {
		join(7, GATE_BOND);
		run_to_epoch(4);
		take_events();
		change(7, |known| known.participation = Some(4));
		Gate::on_standing_changed(7);
		let rank = rank_of(GATE_BOND);
		assert_eq!(take_events(), [Event::CandidateRanked { validator: 7, rank, expires: 8 }]);
	});
}

#[test]
fn a_better_candidate_displaces_the_lowest_of_a_full_list() {
	MaxCandidates::set(64);
	build_and_execute(|| {
		for validator in 1..=64 {
			join(validator, GATE_BOND + u128::from(validator) * WOPPAL);
		}
		add_validator(70, GATE_BOND + WOPPAL);
		// As high as the lowest is not higher.
		assert_noop!(Gate::join(signed(70)), Error::<Test>::ListFull);
		change(70, |known| known.bond = 2 * GATE_BOND);
		take_events();
		assert_ok!(Gate::join(signed(70)));
		let (rank, expires) = (rank_of(2 * GATE_BOND), 4);
		assert_eq!(
			take_events(),
			[
				Event::CandidateDropped { validator: 1, reason: Exclusion::Outranked },
				Event::CandidateJoined { validator: 70, account: hot(70), rank, expires },
			]
		);
		assert_eq!((listed().len(), listed()[0]), (64, 70));
	});
}

#[test]
fn expired_candidates_make_room_without_a_scan_of_storage() {
	MaxCandidates::set(64);
	build_and_execute(|| {
		for validator in 1..=64 {
			join(validator, 2 * GATE_BOND);
		}
		// Between sessions, so that no session's end has cleared the list.
		System::set_block_number(5 * TIMING.epoch);
		add_validator(70, GATE_BOND);
		take_events();
		assert_ok!(Gate::join(signed(70)));
		let events = take_events();
		assert_eq!(events.len(), 65);
		let idle = Event::CandidateDropped { validator: 1, reason: Exclusion::Idle };
		assert_eq!(events[0], idle);
		assert_eq!(listed(), [70]);
	});
}

#[test]
fn a_new_hot_key_takes_the_candidacy_over() {
	build_and_execute(|| {
		join(7, GATE_BOND);
		change(7, |known| known.hot = 901);
		// The former hot key is no validator's any more.
		assert_noop!(Gate::join(signed(7)), Error::<Test>::NotValidator);
		assert_noop!(Gate::leave(signed(7)), Error::<Test>::NotValidator);
		let new = RuntimeOrigin::signed(901);
		assert_noop!(Gate::join(new.clone()), Error::<Test>::NoSessionKeys);
		set_keys(901, keys_of(901));
		assert_ok!(Gate::join(new));
		assert_eq!(listed(), [7]);
		assert_eq!(Candidates::<Test>::get()[0].account, 901);
	});
}

#[test]
fn exit_drops_the_candidate() {
	build_and_execute(|| {
		join(7, GATE_BOND);
		take_events();
		exit(7);
		let reason = Exclusion::Exited;
		assert_eq!(take_events(), [Event::CandidateDropped { validator: 7, reason }]);
		exit(8);
		assert_eq!(take_events(), []);
	});
}

#[test]
fn the_view_names_each_candidates_exclusion() {
	build_and_execute(|| {
		for validator in 1..=4 {
			join(validator, GATE_BOND * u128::from(10 - validator));
		}
		next_session();
		purge_keys(hot(2));
		change(3, |known| known.hot = 901);
		let view = Gate::authorities();
		assert_eq!((view.session, view.grace_ends), (1, 1_000));
		assert_eq!(view.current.len(), 4);
		assert_eq!(view.next.len(), 5);
		assert_eq!(view.next[4], Seat { account: hot(1), validator: Some(1) });
		let why: Vec<_> = view.candidates.iter().map(|c| (c.validator, c.exclusion)).collect();
		assert_eq!(
			why,
			[
				(1, None),
				(2, Some(Exclusion::NoSessionKeys)),
				(3, Some(Exclusion::HotKeyRotated)),
				(4, Some(Exclusion::Outranked)),
			]
		);
		let bond = 9 * GATE_BOND;
		let first = CandidateInfo {
			validator: 1,
			account: hot(1),
			rank: rank_of(bond),
			expires: 4,
			exclusion: None,
		};
		assert_eq!(view.candidates[0], first);
		System::set_block_number(5 * TIMING.epoch);
		assert_eq!(Gate::authorities().candidates[3].exclusion, Some(Exclusion::Idle));
	});
}

#[test]
fn every_validator_can_ask_why_it_is_out() {
	build_and_execute(|| {
		assert_eq!(Gate::exclusion(7), Some(Exclusion::Exited));
		add_validator(7, GATE_BOND - 1);
		assert_eq!(Gate::exclusion(7), Some(Exclusion::BondTooSmall));
		change(7, |known| known.bond = GATE_BOND);
		assert_eq!(Gate::exclusion(7), Some(Exclusion::NotJoined));
		assert_ok!(Gate::join(signed(7)));
		assert_eq!(Gate::exclusion(7), Some(Exclusion::Outranked));
		next_session();
		assert_eq!(Gate::exclusion(7), None);
	});
}

#[test]
fn every_exclusion_is_an_error() {
	let errors = [
		(Exclusion::NotJoined, Error::<Test>::NotCandidate),
		(Exclusion::Exited, Error::NotValidator),
		(Exclusion::HotKeyRotated, Error::NotValidator),
		(Exclusion::Outranked, Error::ListFull),
	];
	for (exclusion, error) in errors {
		assert_eq!(DispatchError::from(Error::<Test>::from(exclusion)), error.into());
	}
}
