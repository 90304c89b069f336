//! Delegating and leaving.

use super::*;

#[docify::export]
#[test]
fn a_delegation_earns_from_the_next_epoch_and_comes_back() {
	build_and_execute(|| {
		// In epoch 0 it only waits: it earns nothing of that epoch.
		assert_ok!(Stake::delegate(by(1), V1, 10 * W));
		reward(1, 0, 7 * W);
		// In epoch 1 it earns 5 W.
		reward(1, 1, 5 * W);
		run_to_epoch(2);
		assert_ok!(Stake::unbond(by(1), V1, StakeAmount::All));
		assert_rounded(unbonding_sum(1), 15 * W);
		// Six epochs later it can be withdrawn.
		run_to_epoch(8);
		assert_ok!(Stake::withdraw(by(1)));
		assert_rounded(free(1), ENDOWMENT + 5 * W);
	});
}

#[test]
fn a_deposit_waits_and_becomes_shares_at_the_price_of_its_epoch() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		assert_eq!(
			take_events(),
			[Event::Delegated { who: acc(1), pool: V1, amount: 10 * W, epoch: 0 }]
		);
		assert_eq!(Balances::free_balance(Stake::pool_account(V1)), 10 * W);
		let shown = row(1, V1).unwrap();
		assert_eq!((shown.shares, shown.value, shown.pending), (0, 0, 10 * W));

		run_to_epoch(1);
		assert_ok!(Stake::settle_position(by(3), acc(1), V1));
		let shares = 10 * W * VIRTUAL_SHARES;
		assert_eq!(
			take_events(),
			[
				Event::Settled {
					pool: V1,
					epoch: 0,
					reward: 0,
					minted: shares,
					value: 10 * W,
					shares
				},
				Event::SharesMinted { who: acc(1), pool: V1, epoch: 0, shares }
			]
		);
		let shown = row(1, V1).unwrap();
		assert_eq!((shown.shares, shown.pending), (shares, 0));
		assert_rounded(shown.value, 10 * W);

		// The price of epoch 1 includes that epoch's reward.
		reward(1, 1, 10 * W);
		delegate(2, V1, 10 * W);
		run_to_epoch(2);
		assert_ok!(Stake::settle(by(3), V1, 1));
		assert_rounded(stake_of(1, V1), 20 * W);
		assert_rounded(stake_of(2, V1), 10 * W);
		assert_eq!(row(2, V1).unwrap().shares / VIRTUAL_SHARES, 5 * W);
	});
}

#[test]
fn delegating_says_what_is_wrong() {
	build_and_execute(|| {
		assert_noop!(Stake::delegate(RuntimeOrigin::root(), V1, W), BadOrigin);
		assert_noop!(Stake::delegate(by(1), V1, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Stake::delegate(by(1), V1, W / 10 - 1), Error::<Test>::BelowMinimum);
		for unknown in [PoolId::Validator(9), PoolId::Subnet(1)] {
			assert_noop!(Stake::delegate(by(1), unknown, W), Error::<Test>::UnknownPool);
		}
		for amount in [ENDOWMENT, ENDOWMENT - MINIMUM + 1, Balance::MAX - 1, Balance::MAX] {
			assert_noop!(Stake::delegate(by(1), V1, amount), Error::<Test>::BalanceTooLow);
		}
		assert_noop!(Stake::delegate(by(99), V1, W), Error::<Test>::BalanceTooLow);
		assert_ok!(Stake::delegate(by(1), V1, ENDOWMENT - MINIMUM));
		assert_ok!(Stake::delegate(by(2), V1, W / 10));
	});
}

#[test]
fn a_pool_that_cannot_count_its_shares_takes_no_more() {
	build_and_execute(|| {
		use frame::traits::fungible::Mutate as _;
		let riches = MAX_SHARES / VIRTUAL_SHARES;
		Balances::mint_into(&acc(1), riches + W).unwrap();
		Minted::set(&(riches + W));
		assert_noop!(Stake::delegate(by(1), V1, riches + 1), Error::<Test>::PoolFull);
		delegate(1, V1, riches);
		assert_noop!(Stake::delegate(by(2), V1, W), Error::<Test>::PoolFull);
		run_to_epoch(1);
		assert_noop!(Stake::delegate(by(2), V1, W), Error::<Test>::PoolFull);
		delegate(2, V2, W);
		assert_noop!(
			Stake::move_stake(by(2), V2, V1, StakeAmount::All, 0),
			Error::<Test>::PoolFull
		);
		unbond(1, V1, StakeAmount::All);
		assert_rounded(unbonding_sum(1), riches);
	});
}

#[test]
fn unbonding_takes_what_waits_first() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		delegate(1, V1, 4 * W);
		take_events();
		unbond(1, V1, StakeAmount::Plancks(3 * W));
		let matures = 60 + 6 * 60;
		let who = acc(1);
		assert_eq!(
			take_events().last(),
			Some(&Event::Unbonding { who, pool: V1, shares: 0, amount: 3 * W, matures })
		);
		assert_eq!(row(1, V1).unwrap().pending, W);
		unbond(1, V1, StakeAmount::Plancks(2 * W));
		let shown = row(1, V1).unwrap();
		assert_eq!(shown.pending, 0);
		assert_rounded(shown.value, 9 * W);
		assert_eq!((unbonding_sum(1), unbonding_held(1)), (5 * W, 5 * W));
		// Same source, same block: one entry.
		assert_eq!(unbonding_of(1).len(), 1);
	});
}

#[test]
fn shares_can_be_named() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		unbond(1, V1, StakeAmount::Shares(4 * W * VIRTUAL_SHARES));
		assert_rounded(unbonding_sum(1), 4 * W);
		assert_eq!(row(1, V1).unwrap().shares, 6 * W * VIRTUAL_SHARES);
	});
}

#[test]
fn unbonding_says_what_is_wrong() {
	build_and_execute(|| {
		let all = StakeAmount::All;
		assert_noop!(Stake::unbond(RuntimeOrigin::root(), V1, all), BadOrigin);
		assert_noop!(Stake::unbond(by(1), V1, all), Error::<Test>::NoPosition);
		delegate(1, V1, 10 * W);
		assert_noop!(Stake::unbond(by(2), V1, all), Error::<Test>::NoPosition);
		assert_noop!(Stake::unbond(by(1), V2, all), Error::<Test>::NoPosition);
		let unbond = |amount| Stake::unbond(by(1), V1, amount);
		assert_noop!(unbond(StakeAmount::Plancks(0)), Error::<Test>::ZeroAmount);
		assert_noop!(unbond(StakeAmount::Shares(0)), Error::<Test>::ZeroAmount);
		for amount in [10 * W + 1, Balance::MAX] {
			assert_noop!(unbond(StakeAmount::Plancks(amount)), Error::<Test>::NotEnoughStake);
		}
		assert_noop!(unbond(StakeAmount::Shares(1)), Error::<Test>::NotEnoughStake);
		let too_much = StakeAmount::Plancks(10 * W - W / 10 + 1);
		assert_noop!(unbond(too_much), Error::<Test>::RemainderTooSmall);
		assert_ok!(unbond(StakeAmount::Plancks(10 * W - W / 10)));
		assert_ok!(unbond(all));
		assert_noop!(unbond(all), Error::<Test>::NoPosition);
	});
}

#[test]
fn an_account_without_a_balance_cannot_hold_what_unbonds() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		assert_ok!(Balances::transfer_all(by(1), acc(2), false));
		assert_eq!(free(1), 0);
		assert_noop!(Stake::unbond(by(1), V1, StakeAmount::All), Error::<Test>::CannotHold);
		assert_ok!(Balances::transfer_allow_death(by(2), acc(1), MINIMUM));
		unbond(1, V1, StakeAmount::All);
	});
}

#[test]
fn the_last_one_out_leaves_nothing_behind() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		delegate(2, V1, 20 * W);
		reward(1, 1, 7 * W);
		run_to_epoch(2);
		unbond(1, V1, StakeAmount::All);
		unbond(2, V1, StakeAmount::All);
		assert!(!Pools::<Test>::contains_key(V1));
		assert_eq!(Positions::<Test>::iter().count(), 0);
		assert_eq!(Delegators::<Test>::iter().count(), 0);
		assert_eq!(Settlements::<Test>::iter().count(), 0);
		assert_eq!(Balances::free_balance(Stake::pool_account(V1)), 0);
		run_to_epoch(8);
		assert_ok!(Stake::withdraw(by(1)));
		assert_ok!(Stake::withdraw(by(2)));
		assert_eq!(Exits::<Test>::iter().count(), 0);
		assert_eq!(Ledgers::<Test>::iter().count(), 0);
	});
}

#[test]
fn the_pool_of_a_validator_that_left_only_pays_out() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		exit(1);
		assert_noop!(Stake::delegate(by(2), V1, W), Error::<Test>::PoolClosed);
		delegate(2, V2, W);
		assert_noop!(
			Stake::move_stake(by(2), V2, V1, StakeAmount::All, 0),
			Error::<Test>::PoolClosed
		);
		// It never has to be settled again, however late it is.
		run_to_epoch(500);
		unbond(1, V1, StakeAmount::All);
		assert_rounded(unbonding_sum(1), 10 * W);
		assert_noop!(Stake::delegate(by(2), V1, W), Error::<Test>::UnknownPool);
	});
}

#[test]
fn a_subnet_has_a_pool_that_earns_nothing_yet() {
	build_and_execute(|| {
		delegate(1, ROOT, 10 * W);
		run_to_epoch(100);
		assert_eq!(Stake::counting_pool(ROOT), 10 * W);
		unbond(1, ROOT, StakeAmount::Plancks(W));
		assert_rounded(stake_of(1, ROOT), 9 * W);
	});
}

#[test]
fn a_pool_counts_as_it_was_when_the_epoch_opened() {
	build_and_execute(|| {
		assert_eq!(Stake::counting_pool(V1), 0);
		delegate(1, V1, 10 * W);
		assert_eq!(Stake::counting_pool(V1), 0);
		run_to_epoch(1);
		assert_eq!(Stake::counting_pool(V1), 10 * W);
		delegate(2, V1, 30 * W);
		assert_eq!(Stake::counting_pool(V1), 10 * W);
		run_to_epoch(2);
		assert_eq!(Stake::counting_pool(V1), 40 * W);
		// What left doesn't count any more.
		unbond(2, V1, StakeAmount::Plancks(25 * W));
		assert_eq!(Stake::counting_pool(V1), 15 * W);
		delegate(2, V1, 25 * W);
		assert_eq!(Stake::counting_pool(V1), 40 * W);
		run_to_epoch(5);
		assert_eq!(Stake::counting_pool(V1), 40 * W);
	});
}

#[test]
fn every_change_of_a_pool_changes_its_validators_standing() {
	build_and_execute(|| {
		let told = || Told::mutate(core::mem::take);
		delegate(1, V1, 10 * W);
		assert_eq!(told(), [1]);
		delegate(1, ROOT, 10 * W);
		assert!(told().is_empty(), "a subnet has no standing");
		run_to_epoch(1);
		reward(1, 0, W);
		assert_ok!(Stake::settle(by(9), V1, 1));
		assert_eq!(told(), [1]);
		unbond(1, V1, StakeAmount::Plancks(W));
		assert_eq!(told(), [1]);
		assert_ok!(Stake::move_stake(by(1), V1, V2, StakeAmount::Plancks(5 * W), 0));
		assert_eq!(told(), [1, 2]);
		// Of a slash once, when both the bond and the pool are what they are.
		slash(1, 10, 1);
		assert_eq!(told(), [1]);
		run_to_epoch(7);
		// The part that moved pays for it.
		assert_ok!(Stake::settle_position(by(9), acc(1), V2));
		assert_eq!(told(), [2]);
		unbond(1, V1, StakeAmount::All);
		assert_eq!(told(), [1], "the last position takes the pool with it");
	});
}
