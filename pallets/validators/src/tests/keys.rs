//! Registration, the hot key, metadata, exit.

use super::*;

#[test]
fn register_bonds_and_numbers_validators_in_order() {
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
		assert_eq!((Stake::bond(0), Stake::bond(1)), (100 * WOPPAL, WOPPAL));
		assert_eq!(free(1), ENDOWMENT - 100 * WOPPAL);
		assert_eq!(Validators::validator_of(&account(101)), Some(0));
		assert_eq!(Validators::validator_of(&account(2)), Some(1));
		assert_eq!(Validators::by_hot_key(&account(101)), Some(0));
		assert_eq!(Validators::by_hot_key(&account(1)), None);
		assert_eq!(Validators::reputation(0), Some(Reputation::default()));
	});
}

#[test]
fn register_refuses_accounts_in_use() {
	build_and_execute(|| {
		with_delegate();
		assert_ok!(Validators::announce_cold_rotation(signed(1), account(5)));
		let call = |n, hot| Validators::register(signed(n), account(hot), WOPPAL);
		assert_noop!(call(2, 2), Error::<Test>::SameKeys);
		assert_noop!(call(1, 102), Error::<Test>::ColdKeyInUse);
		assert_noop!(call(101, 102), Error::<Test>::ColdKeyInUse);
		assert_noop!(call(5, 102), Error::<Test>::ColdKeyInUse);
		assert_noop!(call(2, 1), Error::<Test>::HotKeyInUse);
		assert_noop!(call(2, 101), Error::<Test>::HotKeyInUse);
		assert_noop!(call(2, 5), Error::<Test>::HotKeyInUse);
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
fn rotate_hot_key_is_immediate_and_frees_the_old_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::rotate_hot_key(signed(1), account(111)));
		last_event(Event::HotKeyRotated { validator: 0, old: account(101), new: account(111) });
		assert_eq!(Validators::by_hot_key(&account(101)), None);
		assert_eq!(Validators::by_hot_key(&account(111)), Some(0));
		assert_noop!(add_node(101, Role::Relay, 1), Error::<Test>::NotKey);
		assert_ok!(Validators::register(signed(2), account(101), WOPPAL));
		assert_eq!(Validators::by_hot_key(&account(101)), Some(1));
	});
}

#[test]
fn rotate_hot_key_takes_nobodys_account() {
	build_and_execute(|| {
		with_delegate();
		register(2, WOPPAL);
		assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(8))));
		assert_ok!(Validators::announce_cold_rotation(signed(2), account(5)));
		let call = |new| Validators::rotate_hot_key(signed(1), account(new));
		assert_noop!(call(1), Error::<Test>::SameKeys);
		for taken in [101, 2, 102, 5] {
			assert_noop!(call(taken), Error::<Test>::HotKeyInUse);
		}
		assert_noop!(call(9), Error::<Test>::HotKeyIsDelegate);
		assert_noop!(call(8), Error::<Test>::HotKeyIsRecovery);
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
fn exit_unbonds_returns_the_deposit_and_the_number_is_not_used_again() {
	build_and_execute(|| {
		with_delegate();
		assert_ok!(Validators::set_metadata(signed(1), Metadata::default()));
		assert_ok!(Validators::exit(signed(1)));
		System::assert_has_event(
			Event::MetadataCleared { validator: 0, deposit: WOPPAL / 10 }.into(),
		);
		last_event(Event::Exited { validator: 0, bond: WOPPAL });
		// The bond unbonds where bonds are kept.
		assert_eq!(free(1), ENDOWMENT - WOPPAL);
		assert_ok!(Stake::withdraw(&account(1)), WOPPAL);
		assert_eq!(Exits::get(), vec![0]);
		assert_eq!(Validators::owner_group(0), None);
		assert_eq!(Validators::payees(0), None);
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
		assert_ok!(remove_node(1, 1));
		Validators::note_opened(0);
		Validators::note_opened(0);
		Validators::note_closed(0);
		assert_noop!(Validators::exit(signed(1)), Error::<Test>::OpenExperiments);
		Validators::note_closed(0);
		assert_ok!(Validators::exit(signed(1)));
	});
}
