//! What someone who stole a cold key tries, and what comes of it. The owner has the key too: both sign
//! as account 1. Account 6 is the thief's, account 5 the owner's new key, account 8 the recovery
//! account.

use super::*;

#[docify::export]
#[test]
fn a_recovery_account_keeps_a_thief_from_cancelling() {
	build_and_execute(|| {
		let (stolen, new, recovery) = (signed(1), account(5), account(8));
		register(1, 100 * WOPPAL);
		assert_ok!(Validators::set_recovery(stolen.clone(), 0, Some(recovery)));
		pass(WAIT);
		// The thief unbonds all; the owner answers with a rotation.
		Stake::unbond(0);
		assert_ok!(Validators::announce_cold_rotation(stolen.clone(), new.clone()));
		let cancelled = Validators::cancel_cold_rotation(stolen, 0);
		assert_noop!(cancelled, Error::<Test>::MayNotCancel);
		assert_noop!(Stake::withdraw(&account(1)), "frozen");
		pass(WAIT);
		assert_ok!(Validators::execute_cold_rotation(RuntimeOrigin::signed(new.clone()), 0));
		// All that unbonds is the new key's.
		assert_ok!(Stake::withdraw(&account(1)), 0);
		assert_ok!(Stake::withdraw(&new), 100 * WOPPAL);
	});
}

#[test]
fn a_thiefs_own_rotation_is_cancelled_by_the_recovery_account() {
	build_and_execute(|| {
		with_recovery();
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(6)));
		pass(WAIT - 1);
		assert_ok!(Validators::cancel_cold_rotation(signed(8), 0));
		pass(1);
		assert_noop!(Validators::execute_cold_rotation(signed(6), 0), Error::<Test>::NoRotation);
		assert_eq!(Validators::owner_group(0).unwrap().cold, account(1));
	});
}

#[test]
fn a_thief_can_not_replace_the_recovery_account_before_its_rotation() {
	build_and_execute(|| {
		with_recovery();
		for recovery in [None, Some(account(6))] {
			assert_noop!(
				Validators::set_recovery(signed(1), 0, recovery),
				Error::<Test>::NotRecovery
			);
		}
	});
}

#[test]
fn a_thief_who_names_its_own_recovery_account_does_not_lock_the_owner_out() {
	build_and_execute(|| {
		register(1, 100 * WOPPAL);
		// None was named: the thief names its own and rotates at once.
		assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(6))));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(7)));
		// It does not bind yet, so the owner's key still cancels and clears it.
		pass(WAIT - 1);
		assert_ok!(Validators::cancel_cold_rotation(signed(1), 0));
		assert_ok!(Validators::set_recovery(signed(1), 0, None));
	});
}

#[test]
fn a_thief_can_not_exit_and_take_the_bond() {
	build_and_execute(|| {
		with_recovery();
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::RecoveryBinds);
		// Nor after the owner has answered.
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::RotationWaits);
	});
}

#[test]
fn a_thief_gets_no_deposit_out_of_a_rotation_that_waits() {
	build_and_execute(|| {
		with_recovery();
		for n in 1..=3 {
			assert_ok!(add_node(1, Role::Relay, n));
		}
		assert_ok!(Validators::set_metadata(signed(1), Metadata::default()));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		let before = free(1);
		for n in 1..=3 {
			assert_ok!(remove_node(1, n));
		}
		assert_ok!(Validators::clear_metadata(signed(1)));
		assert_eq!((free(1), free(5)), (before, ENDOWMENT + 31 * WOPPAL / 10));
	});
}

#[test]
fn a_thief_can_not_block_the_owners_rotation_by_taking_the_new_key() {
	build_and_execute(|| {
		with_recovery();
		register(6, WOPPAL);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		// A hot key need not agree, so the thief's other validator could name it.
		assert_noop!(Validators::rotate_hot_key(signed(6), account(5)), Error::<Test>::HotKeyInUse);
		assert_noop!(
			Validators::announce_cold_rotation(signed(6), account(5)),
			Error::<Test>::NewKeyInUse
		);
		pass(WAIT);
		assert_ok!(Validators::execute_cold_rotation(signed(20), 0));
	});
}

#[test]
fn locks_on_the_old_balance_do_not_hold_the_rotation_back() {
	use frame::traits::{LockableCurrency, WithdrawReasons};
	build_and_execute(|| {
		with_recovery();
		assert_ok!(add_node(1, Role::Relay, 1));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		// Say, by a vote that the thief casts.
		Balances::set_lock(*b"vote    ", &account(1), ENDOWMENT, WithdrawReasons::all());
		pass(WAIT);
		assert_ok!(Validators::execute_cold_rotation(signed(20), 0));
		assert_eq!(held(HoldReason::Node, 5), WOPPAL);
	});
}

#[test]
fn the_freeze_lasts_as_long_as_the_rotation_and_can_not_be_dodged() {
	build_and_execute(|| {
		with_recovery();
		Stake::unbond(0);
		assert!(!Validators::is_frozen(&account(1)));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert!(Validators::is_frozen(&account(1)));
		// Neither another rotation, nor an early or a foreign execution, nor a new hot key thaws it.
		assert_noop!(
			Validators::announce_cold_rotation(signed(1), account(6)),
			Error::<Test>::RotationWaits
		);
		assert_noop!(
			Validators::execute_cold_rotation(signed(1), 0),
			Error::<Test>::RotationTooEarly
		);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(106)));
		// Nobody else is frozen by it.
		for n in [5, 8, 101, 106] {
			assert!(!Validators::is_frozen(&account(n)));
		}
		// It outlasts the wait.
		pass(3 * WAIT);
		assert_noop!(Stake::withdraw(&account(1)), "frozen");
		assert_ok!(Validators::cancel_cold_rotation(signed(8), 0));
		assert_ok!(Stake::withdraw(&account(1)), 100 * WOPPAL);
	});
}

#[test]
fn without_a_recovery_account_thief_and_owner_can_do_the_same() {
	build_and_execute(|| {
		register(1, 100 * WOPPAL);
		Stake::unbond(0);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_noop!(Stake::withdraw(&account(1)), "frozen");
		// The thief cancels, the owner announces again before anything is withdrawn.
		assert_ok!(Validators::cancel_cold_rotation(signed(1), 0));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_noop!(Stake::withdraw(&account(1)), "frozen");
	});
}
