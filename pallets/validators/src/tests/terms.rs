//! The delegate and the commission.

use super::*;
use woppal_protocol::stake::RewardTerms;

fn terms(commission_percent: u8, delegate_percent: u8) -> RewardTerms {
	RewardTerms { commission_percent, delegate_percent }
}

/// A day: the time between two rises.
const DAY: BlockNumber = 6 * EPOCH;

#[test]
fn a_delegate_counts_once_it_has_accepted() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let delegate = || Validators::owner_group(0).unwrap().delegate;
		assert_ok!(Validators::invite_delegate(signed(1), account(9), 95));
		last_event(Event::DelegateInvited { validator: 0, account: account(9), share_percent: 95 });
		assert_eq!(delegate(), None);
		assert_eq!(Validators::payees(0), Some((account(1), None)));
		assert_ok!(Validators::accept_delegation(signed(9), 0, 95));
		last_event(Event::DelegateAccepted {
			validator: 0,
			account: account(9),
			share_percent: 95,
		});
		assert_eq!(delegate(), Some(account(9)));
		assert_eq!(Delegations::<Test>::get(account(9)), 1);
		assert_eq!(Validators::payees(0), Some((account(1), Some(account(9)))));
		// A new invitation leaves the delegate in place until it is accepted.
		assert_ok!(Validators::invite_delegate(signed(1), account(7), 5));
		assert_eq!(delegate(), Some(account(9)));
		assert_ok!(Validators::accept_delegation(signed(7), 0, 5));
		assert_eq!(delegate(), Some(account(7)));
		assert_eq!(Delegations::<Test>::get(account(9)), 0);
	});
}

#[test]
fn two_validators_may_share_a_delegate() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		assert_ok!(Validators::invite_delegate(signed(2), account(9), 0));
		assert_ok!(Validators::accept_delegation(signed(9), 1, 0));
		assert_eq!(Delegations::<Test>::get(account(9)), 2);
		assert_ok!(Validators::clear_delegate(signed(1)));
		last_event(Event::DelegateCleared { validator: 0 });
		assert_eq!(Delegations::<Test>::get(account(9)), 1);
		assert_eq!(Validators::owner_group(0).unwrap().delegate, None);
	});
}

#[test]
fn invite_delegate_refuses_own_keys_and_high_shares() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		let call = |n, share| Validators::invite_delegate(signed(1), account(n), share);
		for own in [1, 101, 5] {
			assert_noop!(call(own, 1), Error::<Test>::DelegateIsOwnKey);
		}
		assert_noop!(call(9, 96), Error::<Test>::ShareTooHigh);
	});
}

#[test]
fn clear_delegate_takes_an_invitation_back() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_noop!(Validators::clear_delegate(signed(1)), Error::<Test>::NoDelegate);
		assert_ok!(Validators::invite_delegate(signed(1), account(9), 1));
		assert_ok!(Validators::clear_delegate(signed(1)));
		assert_noop!(Validators::accept_delegation(signed(9), 0, 1), Error::<Test>::NotInvited);
	});
}

#[test]
fn accept_delegation_needs_an_invitation_that_did_not_change_and_no_own_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let accept =
			|n, validator, share| Validators::accept_delegation(signed(n), validator, share);
		assert_noop!(accept(9, 0, 50), Error::<Test>::NotInvited);
		assert_noop!(accept(9, 7, 50), Error::<Test>::NotInvited);
		assert_ok!(Validators::invite_delegate(signed(1), account(9), 50));
		assert_noop!(accept(8, 0, 50), Error::<Test>::NotInvited);
		// The owner lowers its offer just before it is accepted.
		assert_ok!(Validators::invite_delegate(signed(1), account(9), 1));
		assert_noop!(accept(9, 0, 50), Error::<Test>::ShareChanged);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(9)));
		assert_noop!(accept(9, 0, 1), Error::<Test>::DelegateIsOwnKey);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(101)));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(9)));
		assert_noop!(accept(9, 0, 1), Error::<Test>::DelegateIsOwnKey);
		assert_ok!(Validators::cancel_cold_rotation(signed(1), 0));
		assert_ok!(accept(9, 0, 1));
		assert_noop!(accept(9, 0, 1), Error::<Test>::NotInvited);
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
fn the_delegate_alone_moves_its_destination_and_keeps_it_with_a_new_share() {
	build_and_execute(|| {
		with_delegate();
		let call = |n, validator| Validators::set_destination(signed(n), validator, account(77));
		assert_noop!(call(1, 0), Error::<Test>::NotDelegate);
		assert_noop!(call(9, 7), Error::<Test>::NotDelegate);
		assert_ok!(call(9, 0));
		last_event(Event::DestinationSet { validator: 0, destination: account(77) });
		assert_eq!(Validators::payees(0), Some((account(1), Some(account(77)))));
		assert_ok!(Validators::invite_delegate(signed(1), account(9), 60));
		assert_ok!(Validators::accept_delegation(signed(9), 0, 60));
		assert_eq!(Validators::payees(0), Some((account(1), Some(account(77)))));
		assert_eq!(Delegations::<Test>::get(account(9)), 1);
		// Another delegate starts with its own account.
		assert_ok!(Validators::invite_delegate(signed(1), account(7), 60));
		assert_ok!(Validators::accept_delegation(signed(7), 0, 60));
		assert_eq!(Validators::payees(0), Some((account(1), Some(account(7)))));
	});
}

#[test]
fn the_commission_falls_freely_and_rises_by_a_point_a_day() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let set = |percent| Validators::set_commission(signed(1), percent);
		assert_noop!(set(96), Error::<Test>::CommissionTooHigh);
		// Free in the block of the registration only.
		assert_ok!(set(95));
		assert_ok!(set(40));
		pass(1);
		assert_noop!(set(41), Error::<Test>::CommissionRisesTooFast);
		assert_ok!(set(10));
		last_event(Event::CommissionSet { validator: 0, from: 40, to: 10 });
		assert_noop!(set(11), Error::<Test>::CommissionRisesTooFast);
		pass(DAY - 2);
		assert_noop!(set(11), Error::<Test>::CommissionRisesTooFast);
		pass(1);
		assert_noop!(set(12), Error::<Test>::CommissionRisesTooFast);
		assert_ok!(set(11));
		last_event(Event::CommissionSet { validator: 0, from: 10, to: 11 });
		assert_noop!(set(12), Error::<Test>::CommissionRisesTooFast);
		// A fall between doesn't give another rise.
		assert_ok!(set(10));
		assert_noop!(set(11), Error::<Test>::CommissionRisesTooFast);
		// What was not used is lost.
		pass(5 * DAY);
		assert_noop!(set(12), Error::<Test>::CommissionRisesTooFast);
		assert_ok!(set(11));
		assert_ok!(set(11));
	});
}

#[test]
fn a_new_validator_may_rise_after_a_day_only() {
	build_and_execute(|| {
		register(1, WOPPAL);
		pass(DAY - 1);
		let set = |percent| Validators::set_commission(signed(1), percent);
		assert_noop!(set(1), Error::<Test>::CommissionRisesTooFast);
		pass(1);
		assert_ok!(set(1));
	});
}

#[test]
fn terms_count_as_they_stood_when_the_epoch_opened() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::set_commission(signed(1), 40));
		make_delegate();
		let now = || Validators::reward_terms(0);
		assert_eq!(now(), terms(0, 0));
		next_epoch();
		assert_eq!(now(), terms(40, 50));
		assert_ok!(Validators::set_commission(signed(1), 20));
		assert_ok!(Validators::resign_delegation(signed(9), 0));
		assert_ok!(Validators::set_commission(signed(1), 10));
		assert_eq!(now(), terms(40, 50));
		pass(EPOCH - 1);
		assert_eq!(now(), terms(40, 50));
		pass(1);
		assert_eq!(now(), terms(10, 0));
		// Long after the last change.
		pass(50 * EPOCH);
		assert_eq!(now(), terms(10, 0));
		make_delegate();
		assert_eq!(now(), terms(10, 0));
		next_epoch();
		assert_ok!(Validators::clear_delegate(signed(1)));
		assert_eq!(now(), terms(10, 50));
		assert_eq!(Validators::reward_terms(7), terms(0, 0));
	});
}
