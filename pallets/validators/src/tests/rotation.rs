//! The recovery account and the rotation of the cold key.

use super::*;

#[test]
fn a_rotation_waits_and_then_moves_everything() {
	build_and_execute(|| {
		with_delegate();
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_ok!(Validators::set_metadata(signed(1), Metadata::default()));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		last_event(Event::ColdRotationAnnounced {
			validator: 0,
			new: account(5),
			executes_at: 1 + WAIT,
			guarded: false,
		});
		// A reserved key is no key yet, and the old one is it as before.
		assert_eq!(Validators::validator_of(&account(5)), None);
		assert_noop!(Validators::clear_metadata(signed(5)), Error::<Test>::NotColdKey);
		assert_ok!(add_node(1, Role::Relay, 2));
		pass(WAIT - 1);
		let execute = || Validators::execute_cold_rotation(signed(20), 0);
		assert_noop!(execute(), Error::<Test>::RotationTooEarly);
		pass(1);
		assert_ok!(execute());
		last_event(Event::ColdKeyRotated { validator: 0, old: account(1), new: account(5) });
		for (reason, amount) in
			[(HoldReason::Node, 2 * WOPPAL), (HoldReason::Metadata, WOPPAL / 10)]
		{
			assert_eq!((held(reason, 1), held(reason, 5)), (0, amount));
		}
		// Bond, two nodes and metadata went; the rest of the old balance stays.
		assert_eq!(free(1), ENDOWMENT - 31 * WOPPAL / 10);
		assert_eq!(Validators::validator_of(&account(1)), None);
		assert_eq!(Validators::validator_of(&account(5)), Some(0));
		assert_eq!(Validators::owner_group(0).unwrap().cold, account(5));
		assert_eq!(Validators::payees(0), Some((account(5), Some(account(9)))));
		assert_ok!(remove_node(5, 1));
		assert_eq!(free(5), ENDOWMENT + WOPPAL);
		assert_noop!(execute(), Error::<Test>::NoRotation);
	});
}

#[test]
fn a_rotation_with_nothing_but_a_bond_moves_it() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		pass(WAIT);
		assert_ok!(Validators::execute_cold_rotation(signed(5), 0));
		assert_ok!(Validators::exit(signed(5)));
		assert_ok!(Stake::withdraw(&account(5)), WOPPAL);
		// The old account may start again.
		register(1, WOPPAL);
	});
}

#[test]
fn announce_refuses_accounts_in_use_and_a_second_announcement() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		assert_ok!(Validators::announce_cold_rotation(signed(2), account(6)));
		let call = |new| Validators::announce_cold_rotation(signed(1), account(new));
		for taken in [1, 101, 2, 102, 6] {
			assert_noop!(call(taken), Error::<Test>::NewKeyInUse);
		}
		assert_noop!(call(9), Error::<Test>::NewKeyIsDelegate);
		// A mistyped account.
		assert_noop!(call(99), Error::<Test>::NewKeyNotFunded);
		assert_ok!(call(5));
		assert_noop!(call(7), Error::<Test>::RotationWaits);
	});
}

#[test]
fn execute_needs_a_rotation_and_a_new_key_that_still_exists() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let execute = || Validators::execute_cold_rotation(signed(20), 0);
		assert_noop!(execute(), Error::<Test>::NoRotation);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_ok!(Balances::transfer_all(signed(5), account(6), false));
		pass(WAIT);
		assert_noop!(execute(), Error::<Test>::NewKeyNotFunded);
		assert_ok!(Balances::transfer_keep_alive(signed(6), account(5), 1));
		assert_ok!(execute());
	});
}

#[test]
fn deposits_given_back_while_a_rotation_waits_go_to_the_new_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(add_node(1, Role::Relay, 1));
		assert_ok!(add_node(1, Role::Relay, 2));
		assert_ok!(Validators::set_metadata(signed(1), Metadata::default()));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		let before = free(1);
		assert_ok!(remove_node(1, 1));
		assert_ok!(Validators::clear_metadata(signed(1)));
		last_event(Event::MetadataCleared { validator: 0, deposit: WOPPAL / 10 });
		assert_eq!((free(1), free(5)), (before, ENDOWMENT + 11 * WOPPAL / 10));
		// Leaving a subnet always works, even if the new key died.
		assert_ok!(Balances::transfer_all(signed(5), account(6), false));
		assert_ok!(remove_node(1, 2));
		assert_eq!(free(1), before + WOPPAL);
	});
}

#[test]
fn the_cold_key_cancels_where_no_recovery_account_is_named() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let cancel = |n| Validators::cancel_cold_rotation(signed(n), 0);
		assert_noop!(cancel(1), Error::<Test>::NoRotation);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		for stranger in [5, 101, 2] {
			assert_noop!(cancel(stranger), Error::<Test>::MayNotCancel);
		}
		assert_ok!(cancel(1));
		last_event(Event::ColdRotationCancelled { validator: 0, new: account(5), by: account(1) });
		// Nothing is left of it.
		assert_ok!(Validators::register(signed(5), account(105), WOPPAL));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(6)));
	});
}

#[test]
fn a_rotation_can_be_cancelled_until_it_is_executed() {
	build_and_execute(|| {
		with_recovery();
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		pass(10 * WAIT);
		assert_ok!(Validators::cancel_cold_rotation(signed(8), 0));
		assert_noop!(Validators::execute_cold_rotation(signed(5), 0), Error::<Test>::NoRotation);
	});
}

#[test]
fn the_cold_key_names_a_recovery_account_that_binds_after_the_wait() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let set =
			|n, recovery: Option<u8>| Validators::set_recovery(signed(n), 0, recovery.map(account));
		assert_noop!(set(1, None), Error::<Test>::NoRecovery);
		assert_noop!(set(1, Some(1)), Error::<Test>::RecoveryIsOwnKey);
		assert_noop!(set(1, Some(101)), Error::<Test>::RecoveryIsOwnKey);
		assert_noop!(set(2, Some(8)), Error::<Test>::NotColdKey);
		let unknown = Validators::set_recovery(signed(1), 7, Some(account(8)));
		assert_noop!(unknown, Error::<Test>::NotColdKey);
		assert_ok!(set(1, Some(8)));
		last_event(Event::RecoverySet {
			validator: 0,
			recovery: Some(account(8)),
			binds_at: 1 + WAIT,
		});
		// Until it binds, the cold key may think again.
		pass(WAIT - 1);
		assert_noop!(set(8, None), Error::<Test>::NotColdKey);
		assert_ok!(set(1, None));
		assert_ok!(set(1, Some(7)));
		pass(WAIT);
		assert_noop!(set(1, None), Error::<Test>::NotRecovery);
		assert_noop!(set(1, Some(8)), Error::<Test>::NotRecovery);
		assert_noop!(set(7, Some(1)), Error::<Test>::RecoveryIsOwnKey);
		// The account itself hands over at once.
		assert_ok!(set(7, Some(8)));
		let binds_at = System::block_number();
		last_event(Event::RecoverySet { validator: 0, recovery: Some(account(8)), binds_at });
		assert_noop!(set(7, None), Error::<Test>::NotRecovery);
		assert_ok!(set(8, None));
		assert_ok!(set(1, Some(7)));
	});
}

#[test]
fn the_recovery_account_stays_while_a_rotation_waits() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(Validators::set_recovery(signed(2), 1, Some(account(8))));
		pass(WAIT);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_ok!(Validators::announce_cold_rotation(signed(2), account(6)));
		let named = Validators::set_recovery(signed(1), 0, Some(account(7)));
		assert_noop!(named, Error::<Test>::RotationWaits);
		let handed = Validators::set_recovery(signed(8), 1, Some(account(7)));
		assert_noop!(handed, Error::<Test>::RotationWaits);
	});
}

#[test]
fn a_recovery_account_that_does_not_bind_yet_cancels_as_well() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(8))));
		for canceller in [8, 1] {
			assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
			assert_ok!(Validators::cancel_cold_rotation(signed(canceller), 0));
		}
		// What counts is who was binding at the announcement.
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		pass(WAIT);
		assert_ok!(Validators::cancel_cold_rotation(signed(1), 0));
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_noop!(Validators::cancel_cold_rotation(signed(1), 0), Error::<Test>::MayNotCancel);
	});
}

#[test]
fn after_a_rotation_a_lost_recovery_account_can_be_replaced() {
	build_and_execute(|| {
		with_recovery();
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		pass(WAIT);
		assert_ok!(Validators::execute_cold_rotation(signed(5), 0));
		let recovery = Record::get(0).unwrap().recovery.unwrap();
		let binds_at = System::block_number() + WAIT;
		assert_eq!(recovery, Recovery { account: account(8), binds_at });
		assert_ok!(Validators::set_recovery(signed(5), 0, Some(account(7))));
	});
}

#[test]
fn a_recovery_account_can_become_the_cold_key() {
	build_and_execute(|| {
		with_recovery();
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(8)));
		pass(WAIT);
		assert_ok!(Validators::execute_cold_rotation(signed(8), 0));
		assert_eq!(Record::get(0).unwrap().recovery, None);
		assert_ok!(Validators::exit(signed(8)));
	});
}

#[test]
fn exit_waits_for_the_rotation_and_for_a_recovery_account_that_binds() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::RotationWaits);
		assert_ok!(Validators::cancel_cold_rotation(signed(1), 0));
		assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(8))));
		pass(WAIT);
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::RecoveryBinds);
		assert_ok!(Validators::set_recovery(signed(8), 0, None));
		assert_ok!(Validators::exit(signed(1)));
	});
}
