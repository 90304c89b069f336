//! Own bonds.

use super::*;

#[test]
fn a_bond_is_held_and_counts_from_the_next_epoch() {
	build_and_execute(|| {
		assert_eq!((bond_held(11), Stake::bond(1)), (100 * W, 100 * W));
		assert_eq!(Stake::counting_bond(1), 0);
		run_to_epoch(1);
		assert_eq!(Stake::counting_bond(1), 100 * W);
		assert_ok!(Stake::bond_extra(by(11), 1));
		assert_eq!((Stake::bond(1), Stake::counting_bond(1)), (100 * W + 1, 100 * W));
		assert_eq!(bond_held(11), 100 * W + 1);
		assert_eq!(
			take_events(),
			[Event::Bonded { validator: 1, owner: acc(11), amount: 1, bond: 100 * W + 1 }]
		);
		assert_eq!(Told::get(), [1]);
		run_to_epoch(2);
		assert_eq!(Stake::counting_bond(1), 100 * W + 1);
		assert_eq!((Stake::bond(9), Stake::counting_bond(9)), (0, 0));
	});
}

#[test]
fn a_bond_that_shrinks_counts_less_at_once() {
	build_and_execute(|| {
		run_to_epoch(1);
		assert_ok!(Stake::unbond_bond(by(11), 40 * W));
		assert_eq!((Stake::bond(1), Stake::counting_bond(1)), (60 * W, 60 * W));
		assert_eq!((bond_held(11), unbonding_held(11)), (60 * W, 40 * W));
		let matures = 60 + 28 * 60;
		assert_eq!(
			take_events(),
			[Event::BondUnbonding { validator: 1, amount: 40 * W, bond: 60 * W, matures }]
		);
		assert_eq!(Told::get(), [1]);

		System::set_block_number(matures - 1);
		assert_noop!(Stake::withdraw(by(11)), Error::<Test>::NothingToWithdraw);
		System::set_block_number(matures);
		let before = free(11);
		assert_ok!(Stake::withdraw(by(11)));
		assert_eq!((free(11) - before, unbonding_held(11)), (40 * W, 0));
	});
}

#[test]
fn bond_calls_say_what_is_wrong() {
	build_and_execute(|| {
		assert_noop!(Stake::bond_extra(RuntimeOrigin::root(), 1), BadOrigin);
		assert_noop!(Stake::unbond_bond(RuntimeOrigin::none(), 1), BadOrigin);
		assert_noop!(Stake::bond_extra(by(11), 0), Error::<Test>::ZeroAmount);
		assert_noop!(Stake::unbond_bond(by(11), 0), Error::<Test>::ZeroAmount);
		assert_noop!(Stake::bond_extra(by(1), 1), Error::<Test>::NotColdKey);
		assert_noop!(Stake::unbond_bond(by(1), 1), Error::<Test>::NotColdKey);
		for amount in [ENDOWMENT - 100 * W, Balance::MAX - 1, Balance::MAX] {
			assert_noop!(Stake::bond_extra(by(11), amount), Error::<Test>::BalanceTooLow);
		}
		// The deposit of a node is 1 W.
		for amount in [99 * W + 1, 100 * W, Balance::MAX] {
			assert_noop!(Stake::unbond_bond(by(11), amount), Error::<Test>::BondTooSmall);
		}
		assert_ok!(Stake::unbond_bond(by(11), 99 * W));
	});
}

#[test]
fn a_bond_opens_once_and_not_too_small() {
	build_and_execute(|| {
		assert_noop!(Stake::open(3, &acc(13), W - 1), Error::<Test>::BondTooSmall);
		assert_noop!(Stake::open(1, &acc(13), W), Error::<Test>::AlreadyBonded);
		assert_noop!(Stake::open(3, &acc(11), W), Error::<Test>::AlreadyBonded);
		assert_noop!(Stake::open(3, &acc(13), Balance::MAX), Error::<Test>::BalanceTooLow);
		assert_noop!(Stake::open(3, &acc(99), W), Error::<Test>::BalanceTooLow);
		assert_ok!(Stake::open(3, &acc(13), W));
		assert_eq!(Owners::<Test>::get(acc(13)), Some(3));
	});
}

#[test]
fn the_bond_at_the_opening_of_each_of_28_epochs_is_exact() {
	build_and_execute(|| {
		// Two writes in each epoch: the last one counts.
		for epoch in 1..=100 {
			run_to_epoch(epoch);
			assert_ok!(Stake::bond_extra(by(11), W));
			assert_ok!(Stake::bond_extra(by(11), W));
			let bond = Bonds::<Test>::get(1).unwrap();
			for asked in epoch.saturating_sub(28).max(1)..=epoch {
				let writes = Balance::from(asked - 1) * 2;
				assert_eq!(bond.opening(asked), (100 + writes) * W);
			}
			assert_eq!(bond.now(), (100 + Balance::from(epoch) * 2) * W);
		}
		assert_eq!(Bonds::<Test>::get(1).unwrap().history.len(), 30);
	});
}

#[test]
fn a_new_cold_key_takes_the_bond_and_what_unbonds_of_it() {
	build_and_execute(|| {
		assert_ok!(Stake::unbond_bond(by(11), 10 * W));
		pass_blocks(1);
		assert_ok!(Stake::unbond_bond(by(11), 20 * W));
		delegate(11, V2, 5 * W);
		unbond(11, V2, StakeAmount::Plancks(W));
		take_events();

		assert_ok!(Stake::move_owner(1, &acc(11), &acc(13)));
		assert_eq!(take_events(), [Event::BondMoved { validator: 1, from: acc(11), to: acc(13) }]);
		assert_eq!((bond_held(11), unbonding_held(11)), (0, W));
		assert_eq!((bond_held(13), unbonding_held(13)), (70 * W, 30 * W));
		assert_noop!(Stake::bond_extra(by(11), 1), Error::<Test>::NotColdKey);
		assert_ok!(Stake::bond_extra(by(13), W));
		assert_eq!(Stake::bond(1), 71 * W);
		// The old key's delegation stays its own.
		assert_eq!(stake_of(11, V2), 4 * W);
	});
}

#[test]
fn moving_a_bond_says_what_is_wrong() {
	build_and_execute(|| {
		let unknown = Error::<Test>::UnknownBond;
		assert_noop!(Stake::move_owner(9, &acc(11), &acc(13)), unknown);
		assert_noop!(Stake::move_owner(1, &acc(12), &acc(13)), Error::<Test>::UnknownBond);
		assert_noop!(Stake::move_owner(1, &acc(11), &acc(12)), Error::<Test>::AlreadyBonded);
		assert_noop!(Stake::move_owner(1, &acc(11), &acc(99)), Error::<Test>::CannotHold);
		// A ledger that is full takes nothing.
		delegate(13, V2, 100 * W);
		for _ in 0..32 {
			pass_blocks(1);
			unbond(13, V2, StakeAmount::Plancks(W));
		}
		assert_ok!(Stake::unbond_bond(by(11), W));
		assert_noop!(Stake::move_owner(1, &acc(11), &acc(13)), Error::<Test>::LedgerFull);
	});
}

#[test]
fn an_exit_unbonds_the_whole_bond_and_leaves_nothing_behind() {
	build_and_execute(|| {
		run_to_epoch(1);
		assert_ok!(Stake::unbond_bond(by(11), 40 * W));
		run_to_epoch(2);
		assert_eq!(exit(1), 60 * W);
		assert_eq!((bond_held(11), unbonding_held(11)), (0, 100 * W));
		assert_eq!(Stake::bond(1), 0);
		assert_noop!(Stake::bond_extra(by(11), 1), Error::<Test>::NotColdKey);
		assert_noop!(Stake::close(1), Error::<Test>::UnknownBond);
		assert_noop!(Stake::close(9), Error::<Test>::UnknownBond);

		run_to_epoch(29);
		assert_ok!(Stake::withdraw(by(11)));
		assert!(Bonds::<Test>::contains_key(1));
		run_to_epoch(30);
		take_events();
		assert_ok!(Stake::withdraw(by(11)));
		assert_eq!(
			take_events(),
			[Event::BondClosed { validator: 1 }, Event::Withdrawn { who: acc(11), amount: 60 * W }]
		);
		assert!(!Bonds::<Test>::contains_key(1) && !Ledgers::<Test>::contains_key(acc(11)));
		assert_eq!(free(11), ENDOWMENT);
	});
}

#[test]
fn an_exit_settles_the_pool_first() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		reward(1, 1, 5 * W);
		run_to_epoch(18);
		assert_noop!(Stake::close(1), Error::<Test>::SettleFirst);
		assert_ok!(Stake::settle(by(3), V1, 16));
		assert_eq!(exit(1), 100 * W);
		assert_eq!(pool_of(V1).next_epoch, 18);
		assert_rounded(stake_of(1, V1), 15 * W);
	});
}

#[test]
fn an_exit_needs_room_in_the_ledger() {
	build_and_execute(|| {
		delegate(11, V2, 100 * W);
		for _ in 0..32 {
			pass_blocks(1);
			unbond(11, V2, StakeAmount::Plancks(W));
		}
		assert_noop!(Stake::close(1), Error::<Test>::LedgerFull);
		assert_noop!(Stake::unbond_bond(by(11), W), Error::<Test>::LedgerFull);
	});
}
