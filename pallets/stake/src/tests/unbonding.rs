//! The unbonding ledger.

use super::*;

#[test]
fn withdraw_pays_all_that_matured() {
	build_and_execute(|| {
		delegate(1, V1, 10 * W);
		delegate(1, ROOT, 10 * W);
		unbond(1, V1, StakeAmount::Plancks(W));
		unbond(1, ROOT, StakeAmount::Plancks(2 * W));
		pass_blocks(1);
		unbond(1, V1, StakeAmount::Plancks(4 * W));
		assert_eq!(unbonding_of(1).len(), 3);
		System::set_block_number(1 + 360);
		take_events();
		let before = free(1);
		assert_ok!(Stake::withdraw(by(1)));
		assert_eq!(take_events(), [Event::Withdrawn { who: acc(1), amount: 3 * W }]);
		assert_eq!((free(1) - before, unbonding_held(1)), (3 * W, 4 * W));
		assert_eq!(unbonding_of(1)[0].blocks_left, 1);
		pass_blocks(1);
		assert_ok!(Stake::withdraw(by(1)));
		assert_eq!(unbonding_held(1), 0);
	});
}

#[test]
fn withdrawing_says_what_is_wrong() {
	build_and_execute(|| {
		assert_noop!(Stake::withdraw(RuntimeOrigin::root()), BadOrigin);
		assert_noop!(Stake::withdraw(by(1)), Error::<Test>::NothingToWithdraw);
		delegate(1, V1, W);
		unbond(1, V1, StakeAmount::All);
		System::set_block_number(360);
		assert_noop!(Stake::withdraw(by(1)), Error::<Test>::NothingToWithdraw);
		System::set_block_number(361);
		FrozenKeys::set(vec![acc(1)]);
		assert_noop!(Stake::withdraw(by(1)), Error::<Test>::Frozen);
		FrozenKeys::set(vec![]);
		assert_ok!(Stake::withdraw(by(1)));
		assert_noop!(Stake::withdraw(by(1)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn a_ledger_has_32_entries() {
	build_and_execute(|| {
		delegate(1, V1, 100 * W);
		for block in 2..=33 {
			System::set_block_number(block);
			unbond(1, V1, StakeAmount::Plancks(W));
		}
		// One of the same block merges, one of the next has no room.
		unbond(1, V1, StakeAmount::Plancks(W));
		System::set_block_number(34);
		let one = StakeAmount::Plancks(W);
		assert_noop!(Stake::unbond(by(1), V1, one), Error::<Test>::LedgerFull);
		assert_eq!((unbonding_of(1).len(), unbonding_sum(1)), (32, 33 * W));
		System::set_block_number(2 + 360);
		assert_ok!(Stake::withdraw(by(1)));
		unbond(1, V1, one);
	});
}

#[test]
fn a_bond_and_a_delegation_unbond_side_by_side() {
	build_and_execute(|| {
		delegate(11, V1, 10 * W);
		unbond(11, V1, StakeAmount::All);
		assert_ok!(Stake::unbond_bond(by(11), W));
		let rows: Vec<_> = unbonding_of(11).into_iter().map(|e| (e.source, e.matures)).collect();
		assert_eq!(rows, [(Source::Pool(V1), 361), (Source::Bond(1), 1_681)]);
	});
}
