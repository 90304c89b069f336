//! What hostile miners, owners and delegates try.

use super::*;

#[test]
fn five_hundred_and_twelve_nodes_of_one_owner_earn_like_one() {
	build_and_execute(|| {
		register(1, 100 * WOPPAL);
		register(2, 100 * WOPPAL);
		assert_ok!(add_node(2, Role::Miner, 1_000));
		for n in 0..MAX_NODES {
			assert_ok!(add_node(1, Role::Miner, n));
		}
		next_epoch();
		assert_eq!(multiplier(0), Some(400));
		assert_eq!(multiplier(1), Some(400));
	});
}

#[test]
fn a_role_is_not_inherited_by_the_next_node_with_the_same_index() {
	build_and_execute(|| {
		register(1, 100 * WOPPAL);
		next_epoch();
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_ok!(add_node(1, Role::FullNode, 2));
		assert_ok!(remove_node(1, 1));
		let first = || Validators::earning_multiplier(0, ROOT_SUBNET, &up(&[0]));
		assert_eq!(first(), None);
		assert_ok!(add_node(1, Role::Relay, 3));
		assert_eq!(Nodes::<Test>::get((0, ROOT_SUBNET, peer(3))).unwrap().index, 0);
		assert_eq!(first(), Some(100));
		// And the miner's deposit is not paid twice.
		assert_noop!(remove_node(1, 1), Error::<Test>::UnknownNode);
	});
}

#[test]
fn a_hot_key_never_signs_for_two_validators() {
	build_and_execute(|| {
		register(1, WOPPAL);
		register(2, WOPPAL);
		let hot = account(101);
		assert_noop!(
			Validators::register(signed(3), hot.clone(), WOPPAL),
			Error::<Test>::HotKeyInUse
		);
		assert_noop!(
			Validators::rotate_hot_key(signed(2), hot.clone()),
			Error::<Test>::HotKeyInUse
		);
		assert_noop!(
			Validators::announce_cold_rotation(signed(2), hot.clone()),
			Error::<Test>::NewKeyInUse
		);
		assert_noop!(
			Validators::register(signed(101), account(103), WOPPAL),
			Error::<Test>::ColdKeyInUse
		);
		// In turn is allowed: the first no longer signs with it.
		assert_ok!(Validators::rotate_hot_key(signed(1), account(111)));
		assert_ok!(Validators::rotate_hot_key(signed(2), hot.clone()));
		assert_eq!(Validators::by_hot_key(&hot), Some(1));
	});
}

/// Whether validators 0 and 1 are independent owners.
fn independent() -> bool {
	let group = |id| Validators::owner_group(id).unwrap();
	group(0).is_independent_of(&group(1))
}

#[test]
fn nobody_becomes_one_owner_with_another_against_its_will() {
	build_and_execute(|| {
		// Validator 0 adopts; validator 1, with delegate 7, is the author it owes.
		register(1, WOPPAL);
		register(2, WOPPAL);
		assert_ok!(Validators::invite_delegate(signed(2), account(7), 10));
		assert_ok!(Validators::accept_delegation(signed(7), 1, 10));
		for theirs in [2, 102, 7] {
			assert_ok!(Validators::invite_delegate(signed(1), account(theirs), 95));
			assert!(independent());
		}
		for theirs in [2, 102] {
			let hot = Validators::rotate_hot_key(signed(1), account(theirs));
			assert_noop!(hot, Error::<Test>::HotKeyInUse);
			let cold = Validators::announce_cold_rotation(signed(1), account(theirs));
			assert_noop!(cold, Error::<Test>::NewKeyInUse);
		}
		let hot = Validators::rotate_hot_key(signed(1), account(7));
		assert_noop!(hot, Error::<Test>::HotKeyIsDelegate);
		let cold = Validators::announce_cold_rotation(signed(1), account(7));
		assert_noop!(cold, Error::<Test>::NewKeyIsDelegate);
		// Naming it for recovery or as a destination makes nobody one owner.
		assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(2))));
		make_delegate();
		assert_ok!(Validators::set_destination(signed(9), 0, account(2)));
		assert!(independent());
		// Agreeing does.
		assert_ok!(Validators::invite_delegate(signed(1), account(2), 1));
		assert_ok!(Validators::accept_delegation(signed(2), 0, 1));
		assert!(!independent());
	});
}

#[test]
fn a_commission_raised_before_the_claim_takes_nothing_of_the_epoch() {
	build_and_execute(|| {
		register(1, WOPPAL);
		pass(50 * EPOCH);
		// In the last block of the epoch, and as often as the owner likes.
		pass(EPOCH - 1 - System::block_number() % EPOCH);
		let earned = Validators::reward_terms(0);
		assert_ok!(Validators::set_commission(signed(1), 1));
		assert_ok!(Validators::set_commission(signed(1), 0));
		assert_eq!(Validators::reward_terms(0), earned);
		assert_eq!(earned.commission_percent, 0);
	});
}

#[test]
fn a_commission_shown_low_at_the_opening_does_not_jump_after_it() {
	build_and_execute(|| {
		register(1, WOPPAL);
		assert_ok!(Validators::set_commission(signed(1), 95));
		next_epoch();
		// Low to attract delegators, then back.
		assert_ok!(Validators::set_commission(signed(1), 0));
		pass(100 * EPOCH);
		assert_noop!(
			Validators::set_commission(signed(1), 95),
			Error::<Test>::CommissionRisesTooFast
		);
		assert_ok!(Validators::set_commission(signed(1), 1));
	});
}

#[test]
fn one_bond_earns_for_one_validator_in_an_epoch() {
	build_and_execute(|| {
		register(1, 400 * WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		next_epoch();
		assert_eq!(multiplier(0), Some(400));
		assert_ok!(remove_node(1, 1));
		assert_ok!(Validators::exit(signed(1)));
		assert_eq!(multiplier(0), None);
		// The same owner and node in the same epoch, under a new number.
		register(1, 400 * WOPPAL);
		assert_ok!(add_node(1, Role::Miner, 1));
		assert_eq!(multiplier(1), None);
		next_epoch();
		assert_eq!(multiplier(1), Some(400));
	});
}

#[test]
fn an_owner_can_not_lower_the_share_that_a_delegate_agreed_to() {
	build_and_execute(|| {
		with_delegate();
		assert_ok!(Validators::invite_delegate(signed(1), account(9), 0));
		next_epoch();
		assert_eq!(Validators::reward_terms(0).delegate_percent, 50);
		// It can end it, from the next epoch on.
		assert_ok!(Validators::clear_delegate(signed(1)));
		assert_eq!(Validators::reward_terms(0).delegate_percent, 50);
		next_epoch();
		assert_eq!(Validators::reward_terms(0).delegate_percent, 0);
	});
}
