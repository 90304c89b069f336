//! What offences reach.

use super::*;

fn slash_for(
	n: u8,
	percent: u32,
	epoch: EpochIndex,
	share: u32,
) -> woppal_protocol::stake::Slashed {
	let reporter = acc(n);
	let share = Perbill::from_percent(share);
	Stake::slash(1, Perbill::from_percent(percent), epoch, Some((&reporter, share)))
}

#[test]
fn the_bond_is_hit_in_full_and_the_pool_at_a_tenth() {
	build_and_execute(|| {
		delegate(1, V1, 40 * W);
		run_to_epoch(1);
		// Settled and waiting stake are hit alike.
		delegate(2, V1, 60 * W);
		take_events();
		Told::set(vec![]);
		let before = free(3);
		let slashed = slash_for(3, 10, 1, 25);
		assert_eq!((slashed.own, slashed.delegated), (10 * W, W));
		// The reporter gets a quarter of what the owner lost.
		assert_eq!(slashed.reported, 10 * W / 4);
		assert_eq!(free(3) - before, 10 * W / 4);
		assert_eq!(BurnedSoFar::get(), 11 * W - 10 * W / 4);
		assert_eq!((Stake::bond(1), bond_held(11)), (90 * W, 90 * W));
		assert_rounded(stake_of(1, V1), 40 * W * 99 / 100);
		assert_rounded(stake_of(2, V1), 60 * W * 99 / 100);
		assert_eq!(Told::get(), [1]);
		let rate = Perbill::from_percent(10);
		let (own, delegated, reported) = (10 * W, W, 10 * W / 4);
		assert_eq!(
			take_events(),
			[Event::Slashed { validator: 1, rate, epoch: 1, own, delegated, reported }]
		);
		// The other validator isn't touched.
		assert_eq!(Stake::bond(2), 100 * W);
	});
}

#[test]
fn nothing_is_reported_without_a_reporter_and_everything_burned() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		slash(1, 50, 0);
		assert_eq!(BurnedSoFar::get(), 55 * W);
		assert_eq!(Stake::bond(1), 50 * W);
	});
}

#[test]
fn a_reporter_that_cannot_receive_gets_nothing() {
	build_and_execute(|| {
		// A hundredth of an existential deposit.
		delegate(1, V1, 100 * W);
		let rate = Perbill::from_parts(100);
		let share = Perbill::from_percent(25);
		let slashed = Stake::slash(1, rate, 0, Some((&acc(99), share)));
		assert_eq!((slashed.own, slashed.reported), (W / 100_000, 0));
		assert_eq!(free(99), 0);
		assert_eq!(BurnedSoFar::get(), slashed.own + slashed.delegated);
		// The owner gets nothing of its own bond either.
		let slashed = slash_for(11, 10, 0, 25);
		assert!(slashed.own > 0 && slashed.delegated > 0 && slashed.reported == 0);
	});
}

#[test]
fn a_slash_of_nobody_does_nothing() {
	build_and_execute(|| {
		for (validator, percent) in [(9, 50), (1, 0)] {
			slash(validator, percent, 0);
		}
		// An epoch of the future is the current one.
		slash(9, 10, EpochIndex::MAX);
		assert_eq!((take_events(), BurnedSoFar::get()), (vec![], 0));
		assert_eq!(Stake::bond(1), 100 * W);
	});
}

#[test]
fn the_base_is_the_larger_of_then_and_now() {
	build_and_execute(|| {
		// 100 W when epoch 1 opened, 300 W now.
		run_to_epoch(1);
		assert_ok!(Stake::bond_extra(by(11), 200 * W));
		slash(1, 10, 1);
		assert_eq!(Stake::bond(1), 270 * W);
		// 270 W when epoch 2 opened; 30 W bonded and 240 W unbonding now.
		run_to_epoch(2);
		assert_ok!(Stake::unbond_bond(by(11), 240 * W));
		slash(1, 10, 2);
		assert_eq!((Stake::bond(1), unbonding_sum(11)), (3 * W, 240 * W));
		// What the bond lacks comes from what unbonds.
		slash(1, 10, 2);
		assert_eq!((Stake::bond(1), unbonding_sum(11)), (0, 216 * W));
		// What left before the offence's epoch is part of it, until it matures.
		run_to_epoch(3);
		assert_ok!(Stake::bond_extra(by(11), 14 * W));
		slash(1, 10, 3);
		assert_eq!((Stake::bond(1), unbonding_sum(11)), (0, 207 * W));
	});
}

#[test]
fn a_slash_takes_no_more_than_there_is() {
	build_and_execute(|| {
		run_to_epoch(1);
		slash(1, 100, 1);
		assert_eq!((Stake::bond(1), bond_held(11)), (0, 0));
		// The bond at the opening was 100 W, and nothing is left to take.
		let slashed = slash_for(3, 50, 1, 25);
		assert_eq!(slashed, Default::default());
		assert_ok!(Stake::bond_extra(by(11), 5 * W));
		slash(1, 50, 1);
		assert_eq!(Stake::bond(1), 0);
	});
}

#[test]
fn what_matured_of_a_bond_is_out_of_reach() {
	build_and_execute(|| {
		assert_ok!(Stake::unbond_bond(by(11), 50 * W));
		System::set_block_number(1 + 28 * 60 - 1);
		slash(1, 10, 0);
		assert_eq!((Stake::bond(1), unbonding_sum(11)), (40 * W, 50 * W));
		pass_blocks(1);
		slash(1, 100, 0);
		assert_eq!((Stake::bond(1), unbonding_sum(11)), (0, 50 * W));
	});
}

#[test]
fn the_bond_of_a_validator_that_left_is_slashed_as_long_as_it_unbonds() {
	build_and_execute(|| {
		run_to_epoch(1);
		exit(1);
		run_to_epoch(3);
		let slashed = slash_for(3, 10, 1, 25);
		assert_eq!((slashed.own, slashed.reported), (10 * W, 5 * W / 2));
		assert_eq!((unbonding_sum(11), unbonding_held(11)), (90 * W, 90 * W));
		take_events();
		slash(1, 100, 1);
		assert_eq!(unbonding_held(11), 0);
		assert!(take_events().contains(&Event::BondClosed { validator: 1 }));
		assert!(!Bonds::<Test>::contains_key(1));
	});
}

#[test]
fn unbonding_delegations_are_cut_when_they_are_touched() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		unbond(1, V1, StakeAmount::Plancks(10 * W));
		run_to_epoch(2);
		unbond(1, V1, StakeAmount::Plancks(20 * W));
		run_to_epoch(3);
		unbond(1, V1, StakeAmount::Plancks(30 * W));
		take_events();
		// An offence of epoch 2: what left in epoch 1 is safe.
		slash(1, 50, 2);
		let kept = Perquintill::from_percent(95);
		let exits: Vec<_> = take_events()
			.into_iter()
			.filter(|event| matches!(event, Event::ExitsSlashed { .. }))
			.collect();
		assert_eq!(exits, [2, 3].map(|epoch| Event::ExitsSlashed { pool: V1, epoch, kept }));
		let amounts: Vec<_> = unbonding_of(1).iter().map(|e| e.amount).collect();
		assert_eq!(amounts, [10 * W, 19 * W, 57 * W / 2]);
		assert_eq!(unbonding_held(1), 60 * W);

		run_to_epoch(9);
		let (burned, before) = (BurnedSoFar::get(), free(1));
		assert_ok!(Stake::withdraw(by(1)));
		let (who, source) = (acc(1), V1);
		assert_eq!(
			take_events(),
			[
				Event::StakeCut { who: who.clone(), source, epoch: 2, amount: W },
				Event::StakeCut { who: who.clone(), source, epoch: 3, amount: 3 * W / 2 },
				Event::Withdrawn { who, amount: 115 * W / 2 },
			]
		);
		assert_eq!(free(1) - before, 115 * W / 2);
		assert_eq!(BurnedSoFar::get() - burned, 5 * W / 2);
		assert_eq!(Exits::<Test>::iter().count(), 0);
	});
}

#[test]
fn what_leaves_after_a_slash_is_not_hit_by_it() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		delegate(2, V1, 100 * W);
		run_to_epoch(1);
		// In one block: out, slashed, out again.
		unbond(1, V1, StakeAmount::Plancks(20 * W));
		slash(1, 50, 1);
		assert_rounded(stake_of(1, V1), 76 * W);
		unbond(1, V1, StakeAmount::Plancks(20 * W));
		assert_eq!((unbonding_of(1).len(), unbonding_sum(1)), (1, 39 * W));
		assert_eq!(unbonding_held(1), 39 * W);
		unbond(2, V1, StakeAmount::Plancks(20 * W));
		assert_eq!(unbonding_sum(2), 20 * W);
		slash(1, 50, 1);
		assert_eq!(unbonding_sum(1), 39 * W * 95 / 100);
		assert_eq!(unbonding_sum(2), 19 * W);
	});
}

#[test]
fn moved_stake_is_cut_for_its_source_in_either_form() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		delegate(2, V2, 100 * W);
		run_to_epoch(1);
		assert_ok!(Stake::move_stake(by(1), V1, V2, StakeAmount::Plancks(40 * W), 0));
		// Hit while it waits.
		slash(1, 50, 1);
		let shown = row(1, V2).unwrap();
		assert_eq!((shown.pending, shown.locked), (38 * W, Some((38 * W, 7))));
		take_events();
		let burned = BurnedSoFar::get();
		assert_ok!(Stake::settle_position(by(9), acc(1), V2));
		assert_eq!(
			take_events().last(),
			Some(&Event::StakeCut { who: acc(1), source: V1, epoch: 1, amount: 2 * W })
		);
		assert_eq!(BurnedSoFar::get() - burned, 2 * W);
		// Once is enough.
		assert_noop!(Stake::settle_position(by(9), acc(1), V2), Error::<Test>::NothingToSettle);
		// Hit as shares.
		run_to_epoch(3);
		slash(1, 50, 1);
		assert_rounded(stake_of(1, V2), 38 * W * 95 / 100);
		assert_ok!(Stake::settle_position(by(9), acc(1), V2));
		assert_rounded(stake_of(1, V2), 38 * W * 95 / 100);
		// The others in the pool lose nothing by it.
		assert_rounded(stake_of(2, V2), 100 * W);
		// A slash of the pool where it is hits it too, and one for an older offence of its source.
		slash(2, 50, 3);
		slash(1, 50, 0);
		assert_rounded(stake_of(1, V2), 38 * W * 95 * 95 / 10_000 * 95 / 100);
		// An offence after it left doesn't.
		slash(1, 50, 2);
		assert_rounded(stake_of(1, V2), 38 * W * 95 * 95 / 10_000 * 95 / 100);
	});
}

#[test]
fn stake_is_out_of_reach_after_its_time() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		unbond(1, V1, StakeAmount::Plancks(10 * W));
		assert_ok!(Stake::move_stake(by(1), V1, V2, StakeAmount::Plancks(10 * W), 0));
		// In the epoch in which it matures it can be hit until it is fetched.
		run_to_epoch(7);
		slash(1, 50, 1);
		assert_rounded(unbonding_sum(1), 19 * W / 2);
		assert_rounded(stake_of(1, V2), 19 * W / 2);
		run_to_epoch(8);
		slash(1, 50, 1);
		assert_rounded(unbonding_sum(1), 19 * W / 2);
		assert_rounded(stake_of(1, V2), 19 * W / 2);
		assert_ok!(Stake::withdraw(by(1)));
		assert_ok!(Stake::settle_position(by(9), acc(1), V2));
		assert_eq!(Exits::<Test>::iter().count(), 0);
	});
}

#[test]
fn exits_are_slashed_even_when_the_pool_is_gone() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		run_to_epoch(1);
		unbond(1, V1, StakeAmount::All);
		assert!(!Pools::<Test>::contains_key(V1));
		slash(1, 50, 1);
		assert_rounded(unbonding_sum(1), 95 * W);
	});
}

#[test]
fn a_pool_below_the_existential_deposit_is_lost_and_starts_again() {
	build_and_execute(|| {
		delegate(1, V1, W / 10);
		run_to_epoch(1);
		assert_ok!(Stake::settle_position(by(9), acc(1), V1));
		lose_everything(1);
		assert!(take_events().contains(&Event::PoolLost { pool: V1, generation: 1 }));
		assert_eq!(Balances::free_balance(Stake::pool_account(V1)), 0);
		assert_eq!((stake_of(1, V1), pool_of(V1).shares), (0, 0));
		// Whoever comes now is whole, and old shares stay void.
		delegate(2, V1, 10 * W);
		run_to_epoch(2);
		assert_ok!(Stake::settle_position(by(9), acc(2), V1));
		assert_rounded(stake_of(2, V1), 10 * W);
		assert_eq!(row(2, V1).unwrap().shares, 10 * W * VIRTUAL_SHARES);
		assert_eq!(stake_of(1, V1), 0);
		unbond(1, V1, StakeAmount::All);
		assert_eq!(unbonding_sum(1), 0);
		assert!(row(1, V1).is_none());
		assert_rounded(stake_of(2, V1), 10 * W);
	});
}

#[test]
fn a_bucket_that_lost_everything_leaves_the_next_deposit_whole() {
	build_and_execute(|| {
		delegate(1, V1, W / 10);
		lose_everything(0);
		assert_eq!((stake_of(1, V1), pool_of(V1).waiting.amount), (0, 0));
		delegate(2, V1, 10 * W);
		assert_rounded(stake_of(2, V1), 10 * W);
		assert!(stake_of(1, V1) <= 1);
		run_to_epoch(1);
		assert_ok!(Stake::settle_position(by(9), acc(2), V1));
		assert_rounded(stake_of(2, V1), 10 * W);
	});
}
