//! Settling epochs.

use super::*;

#[test]
fn every_closed_epoch_is_settled_in_order() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		reward(1, 1, W);
		reward(1, 3, 2 * W);
		run_to_epoch(4);
		take_events();
		assert_ok!(Stake::settle(by(3), V1, 2));
		assert_eq!(pool_of(V1).next_epoch, 2);
		assert_ok!(Stake::settle(by(3), V1, 99));
		assert_eq!(pool_of(V1).next_epoch, 4);
		let rewards: Vec<_> = take_events()
			.into_iter()
			.map(|event| match event {
				Event::Settled { epoch, reward, value, .. } => (epoch, reward, value),
				other => panic!("{other:?}"),
			})
			.collect();
		assert_eq!(rewards, [(0, 0, 10 * W), (1, W, 11 * W), (2, 0, 11 * W), (3, 2 * W, 13 * W)]);
		assert_rounded(stake_of(1, V1), 13 * W);
	});
}

#[test]
fn settling_says_what_is_wrong() {
	build_and_execute(|| {
		assert_noop!(Stake::settle(RuntimeOrigin::root(), V1, 1), BadOrigin);
		assert_noop!(Stake::settle(by(1), V1, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Stake::settle(by(1), V1, 1), Error::<Test>::UnknownPool);
		delegate(1, V1, W);
		assert_noop!(Stake::settle(by(1), V1, 1), Error::<Test>::NothingToSettle);
		run_to_epoch(1);
		assert_ok!(Stake::settle(by(1), V1, 1));
		assert_noop!(Stake::settle(by(1), V1, 1), Error::<Test>::NothingToSettle);

		let settle = Stake::settle_position;
		assert_noop!(settle(RuntimeOrigin::root(), acc(1), V1), BadOrigin);
		assert_noop!(settle(by(3), acc(2), V1), Error::<Test>::NoPosition);
		assert_ok!(settle(by(3), acc(1), V1));
		assert_noop!(settle(by(3), acc(1), V1), Error::<Test>::NothingToSettle);
	});
}

#[test]
fn every_call_settles_16_epochs_and_no_more() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		delegate(2, V2, 10 * W);
		for epoch in 1..20 {
			reward(1, epoch, W);
		}
		run_to_epoch(17);
		let late = Error::<Test>::SettleFirst;
		assert_noop!(Stake::delegate(by(1), V1, W), late);
		assert_noop!(Stake::unbond(by(1), V1, StakeAmount::All), Error::<Test>::SettleFirst);
		assert_noop!(Stake::settle_position(by(1), acc(1), V1), Error::<Test>::SettleFirst);
		for (n, from, to) in [(1, V1, V2), (2, V2, V1)] {
			assert_noop!(
				Stake::move_stake(by(n), from, to, StakeAmount::All, 0),
				Error::<Test>::SettleFirst
			);
		}
		assert_ok!(Stake::settle(by(3), V1, 1));
		unbond(1, V1, StakeAmount::All);
		assert_rounded(unbonding_sum(1), 26 * W);
	});
}

#[test]
fn an_empty_pool_is_current_at_once() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		unbond(1, V1, StakeAmount::All);
		run_to_epoch(1_000);
		delegate(1, V1, 10 * W);
		assert_eq!(pool_of(V1).next_epoch, 1_000);
	});
}

#[test]
fn expired_epochs_are_skipped_in_one_step() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		reward(1, 5, W);
		reward(1, 500, 2 * W);
		run_to_epoch(600);
		take_events();
		// The deposit's epoch, then the jump over 419 expired epochs, then 15 that can be collected.
		assert_ok!(Stake::settle(by(3), V1, 16));
		assert_eq!(pool_of(V1).next_epoch, 435);
		assert!(take_events().contains(&Event::Skipped { pool: V1, next_epoch: 420 }));
		while pool_of(V1).next_epoch < 600 {
			assert_ok!(Stake::settle(by(3), V1, 16));
		}
		assert_rounded(stake_of(1, V1), 12 * W);
		assert_eq!(Due::get().into_iter().collect::<Vec<_>>(), [((1, 5), W)]);
	});
}

#[test]
fn rewards_are_not_collected_for_nobody() {
	build_and_execute(|| {
		reward(1, 0, W);
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		assert_ok!(Stake::settle(by(3), V1, 1));
		assert_eq!((Minted::get(), Due::get().len()), (0, 1));
	});
}

#[test]
fn a_settlement_is_kept_until_the_last_position_fetched_it() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		delegate(2, V1, 20 * W);
		delegate(3, V1, W / 10);
		run_to_epoch(9);
		assert_ok!(Stake::settle_position(by(9), acc(1), V1));
		assert_eq!(Settlements::<Test>::get(V1, 0).unwrap().positions, 2);
		assert_ok!(Stake::settle_position(by(9), acc(2), V1));
		assert!(Settlements::<Test>::contains_key(V1, 0));
		assert_ok!(Stake::settle_position(by(9), acc(3), V1));
		assert!(!Settlements::<Test>::contains_key(V1, 0));
		let shares: u128 = Positions::<Test>::iter().map(|(_, _, p)| p.shares).sum();
		assert_eq!(shares, pool_of(V1).shares);
	});
}

#[test]
fn deposits_of_different_epochs_each_have_their_price() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		for epoch in 1..=5 {
			run_to_epoch(epoch);
			// The price doubles with every epoch.
			reward(1, epoch, 10 * W * 2u128.pow(epoch - 1));
			let n = u8::try_from(epoch).unwrap() + 1;
			delegate(n, V1, W / 10);
			assert_eq!(pool_of(V1).waiting.positions, 1);
			run_to_epoch(epoch + 1);
			assert_ok!(Stake::settle(by(9), V1, 16));
			assert_rounded(stake_of(n, V1), W / 10);
			assert_ok!(Stake::unbond(by(n), V1, StakeAmount::All));
		}
	});
}

#[test]
fn weight_that_settling_did_not_need_is_refunded() {
	build_and_execute(|| {
		let weight = |result: DispatchResultWithPostInfo| result.unwrap().actual_weight.unwrap();
		assert_eq!(weight(Stake::delegate(by(1), V1, W)), <()>::delegate(0));
		run_to_epoch(3);
		assert_eq!(weight(Stake::delegate(by(2), V1, W)), <()>::delegate(3));
		run_to_epoch(5);
		assert_eq!(weight(Stake::settle(by(2), V1, 1)), <()>::settle(1));
		assert_eq!(weight(Stake::settle_position(by(2), acc(1), V1)), <()>::settle_position(1));
		let all = StakeAmount::All;
		assert_eq!(weight(Stake::move_stake(by(2), V1, V2, all, 0)), <()>::move_stake(0));
		assert_eq!(weight(Stake::unbond(by(1), V1, all)), <()>::unbond(0));
		run_to_epoch(12);
		assert_eq!(weight(Stake::withdraw(by(1))), <()>::withdraw(1));
	});
}
