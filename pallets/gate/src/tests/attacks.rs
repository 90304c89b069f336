//! Hostile owners, candidates and authorities.

use crate::{mock::*, *};
use frame::testing_prelude::*;
use woppal_protocol::traits::{Expel, OnStanding};

fn signed(validator: ValidatorId) -> RuntimeOrigin {
	RuntimeOrigin::signed(hot(validator))
}

#[test]
fn naming_an_authority_as_hot_key_takes_nothing_from_it() {
	build_and_execute(|| {
		join(66, GATE_BOND);
		// The owner rotates to an account of genesis, which signs nothing.
		change(66, |known| known.hot = 1);
		next_session();
		assert_eq!(planned(), [1, 2, 3, 4]);
		// What the owner is punished for does not reach the account, nor the other way round.
		Gate::expel(66);
		next_session();
		assert_eq!(planned(), [1, 2, 3, 4]);
		assert_eq!(FullIdentificationOf::<Test>::convert(1), Some(None));
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn an_account_never_holds_two_seats() {
	network_of(5, GATE_BOND, || {
		// 1 rotates away from its account, and 9 takes the account, by its signature.
		change(1, |known| known.hot = 901);
		add_validator_with(9, hot(1), GATE_BOND);
		assert_ok!(Gate::join(signed(1)));
		set_keys(901, keys_of(901));
		assert_ok!(Gate::join(RuntimeOrigin::signed(901)));
		sessions(1);
		// The seat goes with its validator, and the account's new validator gets the added one.
		assert_eq!(planned(), [901, hot(2), hot(3), hot(4), hot(5), hot(1)]);
		assert_eq!(seated(), [1, 2, 3, 4, 5, 9]);
	});
}

#[test]
fn an_account_that_changes_hands_keeps_its_seat() {
	network_of(4, GATE_BOND, || {
		change(1, |known| known.hot = 901);
		add_validator_with(9, hot(1), GATE_BOND);
		assert_ok!(Gate::join(signed(1)));
		sessions(1);
		assert_eq!(planned(), [hot(1), hot(2), hot(3), hot(4)]);
		assert_eq!(seated(), [9, 2, 3, 4]);
	});
}

#[test]
fn a_validator_that_moves_to_anothers_account_merges_two_seats() {
	network_of(6, GATE_BOND, || {
		// 1 gives its account up, and 2 moves there: one account, one seat.
		change(1, |known| known.hot = 901);
		change(2, |known| known.hot = hot(1));
		assert_ok!(Gate::join(signed(1)));
		sessions(1);
		assert_eq!(seated(), [2, 3, 4, 5, 6]);
		assert_eq!(planned()[0], hot(1));
	});
}

#[test]
fn a_rotation_does_not_end_an_expulsion() {
	network_of(5, GATE_BOND, || {
		Gate::expel(5);
		change(5, |known| known.hot = 901);
		set_keys(901, keys_of(901));
		assert_noop!(Gate::join(RuntimeOrigin::signed(901)), Error::<Test>::Expelled);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
	});
}

#[test]
fn the_account_of_an_expelled_seat_does_not_save_it_by_changing_hands() {
	network_of(5, GATE_BOND, || {
		Gate::expel(5);
		// The same operator registers a fresh validator with the account that equivocated.
		change(5, |known| known.hot = 901);
		add_validator_with(9, hot(5), 10 * GATE_BOND);
		assert_ok!(Gate::join(signed(5)));
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
		// With a bond of its own it is a stranger like others.
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 9]);
	});
}

#[test]
fn an_equivocator_does_not_keep_its_seat_by_exiting() {
	network_of(4, GATE_BOND, || {
		Gate::expel(4);
		exit(4);
		assert!(Gate::is_expelled(4));
		sessions(1);
		// An ordinary seat would fill the set, this one doesn't; and nothing of it is left.
		assert_eq!(seated(), [1, 2, 3]);
		assert!(!Expelled::<Test>::contains_key(4));
	});
}

#[test]
fn an_offence_reported_after_the_exit_leaves_nothing_behind() {
	network_of(5, GATE_BOND, || {
		sessions(1);
		exit(5);
		// It still has seats, so it is expelled from them.
		Gate::expel(5);
		assert_eq!(Session::disabled_validators(), [4]);
		sessions(1);
		assert!(!Expelled::<Test>::contains_key(5));
		// In its last session it can be disabled again, without any record.
		Gate::expel(5);
		assert!(!Expelled::<Test>::contains_key(5));
		assert_eq!(Session::disabled_validators(), [4]);
		sessions(1);
		assert_storage_noop!(Gate::expel(5));
		assert_storage_noop!(Gate::expel(999));
	});
}

#[test]
fn exit_takes_the_mark_of_an_expelled_validator_without_seat() {
	build_and_execute(|| {
		join(7, GATE_BOND);
		Gate::expel(7);
		assert!(Expelled::<Test>::contains_key(7));
		exit(7);
		assert!(!Expelled::<Test>::contains_key(7));
	});
}

#[test]
fn stake_that_was_only_shown_does_not_keep_a_rank() {
	build_and_execute(|| {
		join(8, 2 * GATE_BOND);
		add_validator(7, GATE_BOND);
		change(7, |known| known.pool = 1_000_000 * GATE_BOND);
		assert_ok!(Gate::join(signed(7)));
		assert_eq!(listed(), [7, 8]);
		change(7, |known| known.pool = 0);
		assert_ok!(Gate::refresh(signed(8), 7));
		assert_eq!(listed(), [8, 7]);
	});
}

#[test]
fn a_bond_that_leaves_takes_the_candidacy_with_it() {
	network_of(5, GATE_BOND, || {
		change(5, |known| known.bond -= 1);
		Gate::on_standing_changed(5);
		assert_eq!(listed(), [1, 2, 3, 4]);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4]);
	});
}

#[test]
fn a_list_full_of_strangers_does_not_keep_a_better_candidate_out() {
	build_and_execute(|| {
		(101..=356).for_each(|validator| join(validator, GATE_BOND));
		add_validator(7, GATE_BOND);
		assert_noop!(Gate::join(signed(7)), Error::<Test>::ListFull);
		change(7, |known| known.bonuses = [(0, 1)].into());
		assert_ok!(Gate::join(signed(7)));
		assert_eq!((listed().len(), listed()[0]), (256, 7));
		// The youngest of the lowest made room.
		assert!(!listed().contains(&356));
	});
}

#[test]
fn half_a_set_that_leaves_at_once_goes_by_quarters() {
	network_of(16, GATE_BOND, || {
		(9..=16).for_each(|validator| {
			assert_ok!(Gate::leave(signed(validator)));
		});
		sessions(1);
		assert_eq!(seated().len(), 12);
		sessions(1);
		assert_eq!(seated().len(), 9);
		sessions(1);
		assert_eq!(seated(), [1, 2, 3, 4, 5, 6, 7, 8]);
	});
}

#[test]
fn dropping_own_keys_wins_no_seats() {
	network_of(8, GATE_BOND, || {
		// Half of the seats are one owner's, who has as many candidates waiting.
		(11..=14).for_each(|validator| join(validator, 5 * GATE_BOND));
		(5..=8).for_each(|validator| purge_keys(hot(validator)));
		sessions(1);
		// They had 4 of 8; the set is filled to its floor, and no further.
		assert_eq!(seated(), [1, 2, 3, 4, 11, 12]);
	});
}

#[test]
fn flapping_moves_no_more_than_the_rules_allow() {
	network_of(8, GATE_BOND, || {
		for _ in 0..10 {
			let before = seated();
			(5..=8).for_each(|validator| {
				let _ = Gate::leave(signed(validator));
			});
			sessions(1);
			let left = before.iter().filter(|v| !seated().contains(v)).count();
			assert!(left <= 2, "{left} left");
			(5..=8).for_each(|validator| {
				assert_ok!(Gate::join(signed(validator)));
			});
			sessions(1);
			assert!(seated().len() >= 6);
		}
	});
}
