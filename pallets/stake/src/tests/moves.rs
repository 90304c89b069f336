//! Moving between pools.

use super::*;

#[test]
fn stake_moves_at_once_and_waits_like_a_deposit() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		reward(1, 1, 2 * W);
		run_to_epoch(2);
		let worth = {
			assert_ok!(Stake::settle(by(9), V1, 16));
			stake_of(1, V1)
		};
		take_events();
		assert_ok!(Stake::move_stake(by(1), V1, V2, StakeAmount::All, worth));
		let (shares, until) = (10 * W * VIRTUAL_SHARES, 120 + 360);
		let who = acc(1);
		assert_eq!(
			take_events().last(),
			Some(&Event::Moved { who, from: V1, to: V2, shares, amount: worth, until })
		);
		let shown = row(1, V2).unwrap();
		assert_eq!((shown.value, shown.pending, shown.locked), (0, worth, Some((worth, 8))));
		assert!(row(1, V1).is_none() && !Pools::<Test>::contains_key(V1));
		assert_eq!(Balances::free_balance(Stake::pool_account(V2)), worth);

		// It earns in the other pool from the next epoch on.
		reward(2, 2, W);
		reward(2, 3, W);
		run_to_epoch(4);
		assert_ok!(Stake::settle(by(9), V2, 16));
		assert_rounded(stake_of(1, V2), worth + W);
	});
}

#[test]
fn what_moved_is_locked_for_six_epochs() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		delegate(1, V2, 5 * W);
		pass_blocks(7);
		assert_ok!(Stake::move_stake(by(1), V1, V2, StakeAmount::Plancks(4 * W), 0));
		let locked = |amount| {
			assert_noop!(Stake::unbond(by(1), V2, amount), Error::<Test>::Locked);
			assert_noop!(Stake::move_stake(by(1), V2, ROOT, amount, 0), Error::<Test>::Locked);
		};
		locked(StakeAmount::Plancks(5 * W + 1));
		run_to_epoch(3);
		assert_ok!(Stake::settle_position(by(1), acc(1), V2));
		locked(StakeAmount::Plancks(5 * W + 2));
		locked(StakeAmount::Shares(5 * W * VIRTUAL_SHARES + 1));
		// All means all that is free.
		unbond(1, V2, StakeAmount::All);
		assert_rounded(unbonding_sum(1), 5 * W);
		locked(StakeAmount::All);
		System::set_block_number(60 + 7 + 360 - 1);
		locked(StakeAmount::All);
		System::set_block_number(60 + 7 + 360);
		take_events();
		unbond(1, V2, StakeAmount::All);
		let unlocked = Event::Unlocked { who: acc(1), pool: V2, source: V1, epoch: 1 };
		assert!(take_events().contains(&unlocked));
		assert_rounded(unbonding_sum(1), 9 * W);
	});
}

#[test]
fn moving_says_what_is_wrong() {
	build_and_execute(|| {
		let all = StakeAmount::All;
		assert_noop!(Stake::move_stake(RuntimeOrigin::root(), V1, V2, all, 0), BadOrigin);
		let moves = |to, amount, least| Stake::move_stake(by(1), V1, to, amount, least);
		assert_noop!(moves(V1, all, 0), Error::<Test>::SamePool);
		assert_noop!(moves(V2, all, 0), Error::<Test>::NoPosition);
		delegate(1, V1, 10 * W);
		assert_noop!(moves(PoolId::Validator(9), all, 0), Error::<Test>::UnknownPool);
		assert_noop!(moves(V2, all, 10 * W + 1), Error::<Test>::BelowMinReceived);
		assert_noop!(moves(V2, StakeAmount::Plancks(0), 0), Error::<Test>::ZeroAmount);
		assert_noop!(moves(V2, StakeAmount::Plancks(11 * W), 0), Error::<Test>::NotEnoughStake);
		assert_noop!(moves(V2, StakeAmount::Plancks(W / 10 - 1), 0), Error::<Test>::BelowMinimum);
		let too_much = StakeAmount::Plancks(10 * W - 1);
		assert_noop!(moves(V2, too_much, 0), Error::<Test>::RemainderTooSmall);
		assert_ok!(moves(V2, all, 10 * W));
	});
}

#[test]
fn parts_of_the_same_source_and_epoch_are_one() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		let one = StakeAmount::Plancks(W);
		assert_ok!(Stake::move_stake(by(1), V1, V2, one, 0));
		pass_blocks(5);
		assert_ok!(Stake::move_stake(by(1), V1, V2, one, 0));
		let moved = Positions::<Test>::get(acc(1), V2).unwrap().moved;
		assert_eq!((moved.len(), moved[0].until), (1, 6 + 360));
		assert_eq!(Exits::<Test>::get(V1, 0).unwrap().references, 1);
	});
}

#[test]
fn a_position_takes_eight_locked_parts() {
	build_and_execute(|| {
		for n in 3..=10 {
			register(n, 10 + u8::try_from(n).unwrap(), W);
		}
		// Nine sources, one more than there is room for.
		let sources: Vec<_> = [1].into_iter().chain(3..=10).map(PoolId::Validator).collect();
		for source in &sources {
			delegate(1, *source, W);
		}
		for source in &sources[..8] {
			move_all(1, *source, V2);
		}
		assert_noop!(
			Stake::move_stake(by(1), sources[8], V2, StakeAmount::All, 0),
			Error::<Test>::TooManyMoves
		);
		run_to_epoch(7);
		move_all(1, sources[8], V2);
		assert_eq!(Positions::<Test>::get(acc(1), V2).unwrap().moved.len(), 1);
		assert_rounded(stake_of(1, V2), 9 * W);
	});
}
