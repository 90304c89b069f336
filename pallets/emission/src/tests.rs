//! The call, the hooks, the ledger, the split of rewards and fees, and attacks on each.

mod claims;
mod fees;
mod ledger;
mod scale;
mod sharing;

use crate::{mock::*, *};
use frame::testing_prelude::*;
use woppal_protocol::{
	emission::{author_budget, epoch_budget, root_budget},
	identity::{Ramp, RAMP_EPOCHS, RAMP_ONE},
	traits::WorkLedger,
	Balance, EpochIndex, ValidatorId,
};

/// The top of the liveness ramp.
const TOP: Ramp = Ramp(RAMP_EPOCHS);
/// Work of a miner's pulse at the top of the ramp.
const PULSE: u64 = 400 * RAMP_ONE as u64;
/// Weight of such a pulse without boosts.
const WEIGHT: u128 = PULSE as u128 * 1_000;

/// The root budget of an epoch.
fn shared(epoch: EpochIndex) -> Balance {
	root_budget(epoch_budget(&TIMING, epoch))
}

/// The authors' budget of an epoch.
fn authored(epoch: EpochIndex) -> Balance {
	author_budget(epoch_budget(&TIMING, epoch))
}

/// Lets a participating validator answer `pulses` pulses as a miner at the top of the ramp.
fn work(validator: ValidatorId, pulses: u32) {
	Emission::note_participation(validator);
	for _ in 0..pulses {
		Emission::note_pulse(validator, 400, TOP);
	}
}

/// Claims as somebody who has nothing to do with the validator.
fn claim(validator: ValidatorId, first: EpochIndex, count: u32) -> DispatchResultWithPostInfo {
	Emission::claim(RuntimeOrigin::signed(RICH), validator, first, count)
}

/// Sum of the weights in the current epoch.
fn weight_now() -> u128 {
	Emission::epoch_info().total_weight
}

/// Plancks of an account.
fn free(account: u64) -> Balance {
	Balances::free_balance(account)
}

#[test]
fn genesis_endows_the_pot_and_the_treasury_and_notes_the_issuance() {
	new_test_ext().build_and_execute(|| {
		assert_eq!(free(Emission::pot_account()), MINIMUM);
		assert_eq!(free(Emission::treasury_account()), MINIMUM);
		assert_eq!(GenesisIssuance::<Test>::get(), GENESIS + 2 * MINIMUM);
		assert_eq!((Minted::<Test>::get(), Burned::<Test>::get()), (0, 0));
	});
	// An account that genesis funded itself gets nothing on top.
	ext_with(vec![(Emission::treasury_account(), 777)]).build_and_execute(|| {
		assert_eq!(free(Emission::treasury_account()), 777);
	});
}

#[test]
fn the_first_block_of_an_epoch_closes_the_one_before() {
	new_test_ext().build_and_execute(|| {
		work(0, 3);
		charge(1_000);
		take_events();
		for block in 2..TIMING.epoch {
			System::set_block_number(block);
			assert_eq!(Emission::on_initialize(block), <() as WeightInfo>::on_initialize_idle());
		}
		assert_eq!(take_events(), vec![]);
		assert_eq!(Emission::epoch_total(0).budget, None);

		System::set_block_number(TIMING.epoch);
		assert_eq!(
			Emission::on_initialize(TIMING.epoch),
			<() as WeightInfo>::on_initialize_close()
		);
		let budget = epoch_budget(&TIMING, 0);
		assert_eq!(
			take_events(),
			vec![Event::EpochClosed {
				epoch: 0,
				budget,
				root_budget: shared(0),
				author_budget: authored(0),
				pot: 300,
				total_weight: 3 * WEIGHT
			}]
		);
		assert_eq!(Emission::epoch_total(0).budget, Some(budget));
		assert_eq!(weight_now(), 0);
	});
}

#[test]
fn try_state_sees_a_wrong_total() {
	new_test_ext().execute_with(|| {
		work(0, 1);
		EpochTotals::<Test>::mutate(0, |total| total.as_mut().unwrap().total_weight += 1);
		assert_eq!(
			Emission::do_try_state(),
			Err("the current total is not the sum of the weights".into())
		);
	});
}

#[test]
fn try_state_sees_books_that_the_pots_account_does_not_hold() {
	new_test_ext().execute_with(|| {
		charge(1_000);
		assert_ok!(Emission::do_try_state());
		PotIncoming::<Test>::mutate(|sum| *sum += 1);
		assert_eq!(
			Emission::do_try_state(),
			Err("the pot's account does not hold what the pots have left".into())
		);
	});
}

#[test]
fn try_state_sees_a_pot_that_cannot_pay() {
	new_test_ext().execute_with(|| {
		work(0, 1);
		charge(1_000);
		run_to_epoch(1);
		EpochTotals::<Test>::mutate(0, |total| total.as_mut().unwrap().pot_left -= 1);
		assert_eq!(Emission::do_try_state(), Err("a pot cannot pay what is due".into()));
	});
}

#[test]
fn try_state_sees_too_many_blocks() {
	new_test_ext().execute_with(|| {
		Emission::note_block(0);
		Records::<Test>::mutate(0, 0, |record| record.as_mut().unwrap().blocks += 1);
		assert_eq!(
			Emission::do_try_state(),
			Err("records have more blocks than their epoch".into())
		);
	});
}
