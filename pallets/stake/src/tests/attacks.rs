//! Hostile delegators, owners and strangers: what they try and what they get.

use super::*;

/// What an account has in all: free, unbonding and in pools.
fn wealth(n: u8) -> Balance {
	let pools: Balance =
		Stake::positions(&acc(n)).pools.iter().map(|row| row.value + row.pending).sum();
	free(n) + bond_held(n) + unbonding_sum(n) + pools
}

fn donate(n: u8, pool: PoolId, amount: Balance) {
	let account = Stake::pool_account(pool);
	assert_ok!(Balances::transfer_allow_death(by(n), account, amount));
}

fn settle_all(n: u8, pool: PoolId) {
	assert_ok!(Stake::settle_position(by(20), acc(n), pool));
}

#[test]
fn the_first_depositor_cannot_inflate_the_price() {
	build_and_execute(|| {
		// The least deposit, then a donation so that one share is worth as much as possible.
		delegate(1, V1, W / 10);
		run_to_epoch(1);
		settle_all(1, V1);
		donate(1, V1, 5_000 * W);
		delegate(2, V1, W / 10);
		delegate(3, V1, 10 * W);
		run_to_epoch(2);
		settle_all(2, V1);
		settle_all(3, V1);
		// A victim loses at most a billionth of the donation over the minimum.
		assert_rounded(stake_of(2, V1), W / 10);
		assert_rounded(stake_of(3, V1), 10 * W);
		assert!(wealth(1) <= ENDOWMENT);
	});
}

#[test]
fn a_donation_before_the_first_deposit_is_burned() {
	build_and_execute(|| {
		donate(1, V1, 5_000 * W);
		delegate(2, V1, W / 10);
		assert_eq!(stake_of(2, V1), W / 10);
		delegate(1, V1, W / 10);
		run_to_epoch(1);
		take_events();
		assert_ok!(Stake::settle(by(20), V1, 1));
		assert!(take_events().contains(&Event::UnownedBurned { pool: V1, amount: 5_000 * W }));
		settle_all(2, V1);
		assert_rounded(stake_of(2, V1), W / 10);
		assert!(wealth(1) <= ENDOWMENT - 5_000 * W);
	});
}

#[test]
fn whoever_shrinks_a_pool_to_the_least_cannot_inflate_the_price() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		// Positions can't shrink below the minimum, which keeps shares cheap.
		let most = StakeAmount::Shares(100 * W * VIRTUAL_SHARES - 1);
		assert_noop!(Stake::unbond(by(1), V1, most), Error::<Test>::RemainderTooSmall);
		unbond(1, V1, StakeAmount::Plancks(100 * W - W / 10 - 3));
		donate(1, V1, 5_000 * W);
		delegate(2, V1, W / 10);
		run_to_epoch(2);
		settle_all(2, V1);
		assert_rounded(stake_of(2, V1), W / 10);
	});
}

#[test]
fn entering_before_old_epochs_are_settled_takes_nothing_of_them() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		for epoch in 1..6 {
			reward(1, epoch, 5 * W);
		}
		run_to_epoch(6);
		// Nobody settled anything; the attacker comes with a hundred times as much, and leaves again.
		delegate(2, V1, 1_000 * W);
		assert_rounded(stake_of(1, V1), 35 * W);
		unbond(2, V1, StakeAmount::Plancks(500 * W));
		run_to_epoch(7);
		unbond(2, V1, StakeAmount::All);
		assert!(wealth(2) <= ENDOWMENT);
		assert_rounded(stake_of(1, V1), 35 * W);
	});
}

#[test]
fn entering_in_an_epochs_last_block_takes_nothing_of_it() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		reward(1, 1, 5 * W);
		System::set_block_number(119);
		delegate(2, V1, 1_000 * W);
		assert_eq!(Stake::counting_pool(V1), 10 * W);
		run_to_epoch(2);
		unbond(2, V1, StakeAmount::All);
		assert!(wealth(2) <= ENDOWMENT);
		assert_rounded(stake_of(1, V1), 15 * W);
	});
}

#[test]
fn a_donation_does_not_count_in_its_epoch() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		run_to_epoch(1);
		settle_all(1, V1);
		donate(1, V1, 1_000 * W);
		assert_eq!(Stake::counting_pool(V1), 10 * W);
		// Not even after a call that looks at the balance.
		unbond(1, V1, StakeAmount::Plancks(W));
		delegate(1, V1, W);
		assert_eq!(Stake::counting_pool(V1), 10 * W);
		run_to_epoch(2);
		assert_eq!(Stake::counting_pool(V1), 1_010 * W);
	});
}

#[test]
fn stake_counts_once_however_it_moves_in_an_epoch() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		delegate(2, V2, W);
		run_to_epoch(1);
		assert_eq!(Stake::counting_pool(V1) + Stake::counting_pool(V2), 101 * W);
		move_all(1, V1, V2);
		assert_eq!(Stake::counting_pool(V1) + Stake::counting_pool(V2), W);
		run_to_epoch(2);
		assert_eq!(Stake::counting_pool(V1) + Stake::counting_pool(V2), 101 * W);
	});
}

#[test]
fn a_bond_counts_once_however_it_moves_in_an_epoch() {
	build_and_execute(|| {
		run_to_epoch(1);
		assert_eq!(exit(1), 100 * W);
		// The cold key's tokens unbond for 28 epochs: another validator needs other ones.
		register(3, 11, 100 * W);
		assert_eq!((Stake::counting_bond(1), Stake::counting_bond(3)), (0, 0));
		run_to_epoch(2);
		assert_eq!(Stake::counting_bond(3), 100 * W);
		assert_eq!(bond_held(11) + unbonding_held(11), 200 * W);
	});
}

#[test]
fn leaving_ahead_of_a_slash_gains_nothing() {
	build_and_execute(|| {
		for n in 1..=4 {
			delegate(n, V1, 100 * W);
		}
		delegate(5, V2, 100 * W);
		run_to_epoch(1);
		// One stays, one unbonds, one moves, one does half of each.
		unbond(2, V1, StakeAmount::All);
		move_all(3, V1, V2);
		unbond(4, V1, StakeAmount::Plancks(50 * W));
		move_all(4, V1, V2);
		slash(1, 50, 1);
		for n in 1..=4 {
			assert!(wealth(n) <= ENDOWMENT - 5 * W, "account {n} lost less than it owed");
			assert_rounded(wealth(n), ENDOWMENT - 5 * W);
		}
		assert_rounded(wealth(5), ENDOWMENT);
		// And after everything was settled.
		run_to_epoch(8);
		for n in [3, 4] {
			settle_all(n, V2);
		}
		for n in [2, 4] {
			assert_ok!(Stake::withdraw(by(n)));
		}
		for n in 1..=4 {
			assert_rounded(wealth(n), ENDOWMENT - 5 * W);
		}
	});
}

#[test]
fn a_slash_cannot_be_dodged_by_moving_on() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		move_all(1, V1, V2);
		for amount in [StakeAmount::All, StakeAmount::Plancks(W)] {
			assert_noop!(Stake::move_stake(by(1), V2, ROOT, amount, 0), Error::<Test>::Locked);
			assert_noop!(Stake::move_stake(by(1), V2, V1, amount, 0), Error::<Test>::Locked);
			assert_noop!(Stake::unbond(by(1), V2, amount), Error::<Test>::Locked);
		}
		// A further deposit doesn't lend its freedom to what is locked.
		delegate(1, V2, W);
		assert_noop!(Stake::unbond(by(1), V2, StakeAmount::Plancks(W + 1)), Error::<Test>::Locked);
		unbond(1, V2, StakeAmount::All);
		assert_eq!(unbonding_sum(1), W);
	});
}

#[test]
fn touching_a_position_often_neither_saves_nor_cuts_twice() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		move_all(1, V1, V2);
		slash(1, 50, 1);
		settle_all(1, V2);
		for epoch in 2..5 {
			run_to_epoch(epoch);
			settle_all_if_needed(1, V2);
			delegate(1, V2, W / 10);
		}
		assert_rounded(stake_of(1, V2), 95 * W + 3 * W / 10);
		slash(1, 50, 1);
		assert_rounded(stake_of(1, V2), 95 * W * 95 / 100 + 3 * W / 10);
	});
}

fn settle_all_if_needed(n: u8, pool: PoolId) {
	let _ = Stake::settle_position(by(20), acc(n), pool);
}

#[test]
fn a_deposit_of_the_slashed_epoch_loses_the_same_part() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		delegate(2, V1, 100 * W);
		slash(1, 50, 1);
		// Whoever deposits after the slash is whole.
		delegate(3, V1, 100 * W);
		run_to_epoch(2);
		for n in 1..=3 {
			settle_all(n, V1);
		}
		assert_rounded(stake_of(1, V1), 95 * W);
		assert_rounded(stake_of(2, V1), 95 * W);
		assert_rounded(stake_of(3, V1), 100 * W);
	});
}

#[test]
fn an_owner_cannot_save_its_bond_by_unbonding_exiting_or_rotating() {
	build_and_execute(|| {
		register(3, 13, 100 * W);
		run_to_epoch(1);
		assert_ok!(Stake::unbond_bond(by(11), 99 * W));
		exit(2);
		assert_ok!(Stake::unbond_bond(by(13), 50 * W));
		assert_ok!(Stake::move_owner(3, &acc(13), &acc(14)));
		for validator in 1..=3 {
			let half = Perbill::from_percent(50);
			assert_eq!(Stake::slash(validator, half, 1, None).own, 50 * W);
		}
		assert_eq!(wealth(11), ENDOWMENT - 50 * W);
		assert_eq!(wealth(12), ENDOWMENT - 50 * W);
		assert_eq!(wealth(14), ENDOWMENT + 50 * W);
		assert_eq!(wealth(13), ENDOWMENT - 100 * W);
	});
}

#[test]
fn unbonding_before_the_slash_does_not_lower_its_base() {
	build_and_execute(|| {
		run_to_epoch(2);
		assert_ok!(Stake::unbond_bond(by(11), 90 * W));
		run_to_epoch(29);
		// 100 W at the opening of epoch 2: that is the base 27 epochs later.
		assert_eq!(Stake::slash(1, Perbill::from_percent(30), 2, None).own, 30 * W);
		assert_eq!((Stake::bond(1), unbonding_sum(11)), (0, 70 * W));
	});
}

#[test]
fn an_author_cannot_equivocate_for_free_after_its_bond_left() {
	build_and_execute(|| {
		// All but the least unbonds in the last block of an epoch, as does an exit's bond. The seats last
		// longer: offences of the epochs that follow are measured by what still unbonds.
		System::set_block_number(59);
		assert_ok!(Stake::unbond_bond(by(11), 99 * W));
		assert_eq!(exit(2), 100 * W);
		for epoch in [1, 5, 27] {
			run_to_epoch(epoch);
			let tenth = Perbill::from_percent(10);
			let before = [wealth(11), wealth(12)];
			let bases = [11, 12].map(|n| bond_held(n) + unbonding_sum(n));
			for (validator, base) in [(1, bases[0]), (2, bases[1])] {
				assert_eq!(Stake::slash(validator, tenth, epoch, None).own, base / 10);
			}
			assert_eq!(
				[wealth(11), wealth(12)],
				[before[0] - bases[0] / 10, before[1] - bases[1] / 10]
			);
		}
		// What matured is out of reach, even if nobody withdrew it.
		run_to_epoch(29);
		let slashed = Stake::slash(2, Perbill::from_percent(10), 29, None);
		assert_eq!(slashed.own, 0);
	});
}

#[test]
fn a_new_validator_of_an_old_owner_is_not_slashed_for_the_old_one() {
	build_and_execute(|| {
		run_to_epoch(1);
		exit(1);
		register(3, 11, 50 * W);
		assert_eq!(Stake::slash(1, Perbill::from_percent(50), 1, None).own, 50 * W);
		assert_eq!((Stake::bond(3), unbonding_sum(11)), (50 * W, 50 * W));
		// The old record goes when its last entry does, and the new one stays.
		run_to_epoch(29);
		assert_ok!(Stake::withdraw(by(11)));
		assert!(!Bonds::<Test>::contains_key(1));
		assert_eq!(Stake::bond(3), 50 * W);
	});
}

#[test]
fn nobody_can_spend_what_is_held() {
	build_and_execute(|| {
		delegate(1, V1, 9_000 * W);
		unbond(1, V1, StakeAmount::All);
		let spendable = ENDOWMENT - 9_000 * W;
		assert!(Balances::transfer_allow_death(by(1), acc(2), spendable + 1).is_err());
		assert!(Stake::delegate(by(1), V1, spendable + 1).is_err());
		// An account with a hold can't be reaped, so a slash always finds it.
		assert!(Balances::transfer_allow_death(by(1), acc(2), spendable).is_err());
		slash(1, 50, 0);
		assert_eq!(unbonding_sum(1), 8_550 * W);
	});
}

#[test]
fn a_revived_pool_ignores_deposits_of_its_lost_generation() {
	build_and_execute(|| {
		delegate(1, V1, W / 10);
		delegate(2, V1, W / 10);
		run_to_epoch(1);
		// Account 1 has shares, account 2 did not fetch its own.
		settle_all(1, V1);
		lose_everything(1);
		delegate(3, V1, 10 * W);
		run_to_epoch(2);
		settle_all(3, V1);
		settle_all(2, V1);
		assert_eq!((stake_of(1, V1), stake_of(2, V1)), (0, 0));
		assert_rounded(stake_of(3, V1), 10 * W);
		// They can start again like anybody.
		delegate(1, V1, W);
		run_to_epoch(3);
		settle_all(1, V1);
		assert_rounded(stake_of(1, V1), W);
		assert_rounded(stake_of(3, V1), 10 * W);
	});
}

#[test]
fn a_pool_does_not_forget_its_generation_while_old_shares_exist() {
	build_and_execute(|| {
		delegate(1, V1, W / 10);
		run_to_epoch(1);
		settle_all(1, V1);
		lose_everything(1);
		delegate(3, V1, 10 * W);
		run_to_epoch(2);
		unbond(3, V1, StakeAmount::All);
		// Nobody is left but void shares: the record stays, or they would be valid again.
		assert_eq!(pool_of(V1).generation, 1);
		delegate(3, V1, 10 * W);
		run_to_epoch(3);
		settle_all(3, V1);
		unbond(1, V1, StakeAmount::All);
		assert_eq!(unbonding_sum(1), 0);
		assert_rounded(stake_of(3, V1), 10 * W);
	});
}

#[test]
fn splitting_a_withdrawal_gains_nothing() {
	build_and_execute(|| {
		for n in 1..=2 {
			delegate(n, V1, 10 * W);
		}
		reward(1, 1, 7 * W / 3);
		run_to_epoch(2);
		// Odd amounts, so that every one rounds.
		for _ in 0..31 {
			pass_blocks(1);
			unbond(1, V1, StakeAmount::Shares(123_456_789_012_345_678_901));
		}
		pass_blocks(1);
		unbond(1, V1, StakeAmount::All);
		let fair = 10 * W + 7 * W / 6;
		assert!(unbonding_sum(1) <= fair && fair - unbonding_sum(1) < 40);
		assert!(stake_of(2, V1) >= fair - 3 && stake_of(2, V1) < fair + 40);
	});
}

#[test]
fn a_reporter_gets_no_more_than_its_share() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		let all = Perbill::one();
		let slashed = Stake::slash(1, all, 0, Some((&acc(3), Perbill::from_percent(25))));
		assert_eq!((slashed.own, slashed.delegated), (100 * W, 10 * W));
		assert_eq!(slashed.reported, 25 * W);
		assert_eq!(wealth(3), ENDOWMENT + slashed.reported);
		// A delegator that reports its own validator, of whose bond nothing is left, gets nothing.
		let share = Perbill::from_percent(25);
		let before = wealth(1);
		let slashed = Stake::slash(1, all, 0, Some((&acc(1), share)));
		assert!(wealth(1) < before && slashed.delegated > 0 && slashed.reported == 0);
	});
}

#[test]
fn an_owner_cannot_have_its_delegators_pay_an_accomplice() {
	build_and_execute(|| {
		// A pool of ninety bonds: a quarter of a hundredth of it were more than the owner loses.
		delegate(1, V1, 9_000 * W);
		run_to_epoch(1);
		let before = wealth(11) + wealth(3);
		let quarter = Perbill::from_percent(25);
		let tenth = Perbill::from_percent(10);
		let slashed = Stake::slash(1, tenth, 1, Some((&acc(3), quarter)));
		assert_eq!((slashed.own, slashed.delegated), (10 * W, 90 * W));
		assert_eq!(before - wealth(11) - wealth(3), 10 * W * 3 / 4);
	});
}
