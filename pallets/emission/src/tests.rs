//! The call, the hook, the ledger and the burn counter.

use crate::{claims::share, mock::*, *};
use frame::{
	testing_prelude::*,
	traits::{
		fungible::{Balanced, Mutate},
		OnUnbalanced,
	},
};
use woppal_protocol::{
	api::{EpochInfo, REWARDS_PAGE},
	emission::{epoch_budget, root_budget},
	research::{BoostCause, BOOST_CAP_MILLI},
	traits::{BurnLedger, OnValidatorExit, WorkLedger},
	Balance, EpochIndex, ValidatorId,
};

/// The root budget of an epoch.
fn shared(epoch: EpochIndex) -> Balance {
	root_budget(epoch_budget(&TIMING, epoch))
}

/// Lets a participating validator answer `pulses` pulses as a miner.
fn work(validator: ValidatorId, pulses: u32) {
	Emission::note_participation(validator);
	for _ in 0..pulses {
		Emission::note_pulse(validator, 400);
	}
}

/// Claims as somebody who has nothing to do with the validator.
fn claim(validator: ValidatorId, first: EpochIndex, count: u32) -> DispatchResultWithPostInfo {
	Emission::claim(RuntimeOrigin::signed(RICH), validator, first, count)
}

fn weight_now() -> u128 {
	Emission::epoch_info().total_weight
}

// Genesis and the end of an epoch.

#[test]
fn genesis_notes_the_issuance() {
	new_test_ext().build_and_execute(|| {
		assert_eq!(GenesisIssuance::<Test>::get(), GENESIS);
		assert_eq!((Minted::<Test>::get(), Burned::<Test>::get()), (0, 0));
	});
}

#[test]
fn the_first_block_of_an_epoch_closes_the_one_before() {
	new_test_ext().build_and_execute(|| {
		work(0, 3);
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
				total_weight: 3 * 400 * 1_000
			}]
		);
		assert_eq!(Emission::epoch_total(0).budget, Some(budget));
		assert_eq!(weight_now(), 0);
	});
}

#[test]
fn an_epoch_without_weight_closes_and_pays_nobody() {
	new_test_ext().build_and_execute(|| {
		Emission::note_pulse(0, 400);
		run_to_epoch(1);
		assert_eq!(Emission::epoch_total(0).total_weight, 0);
		assert!(Emission::epoch_total(0).budget.is_some());
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn the_end_of_an_epoch_costs_the_same_however_many_validators_there_are() {
	let proof_size = |validators: ValidatorId| {
		let mut ext = new_test_ext();
		ext.execute_with(|| (0..validators).for_each(|v| work(v, 1)));
		ext.commit_all().unwrap();
		let (events, proof) = ext.execute_and_prove(|| {
			System::set_block_number(TIMING.epoch);
			Emission::on_initialize(TIMING.epoch);
			System::events().len()
		});
		assert_eq!(events, validators as usize + 1, "one event closes the epoch");
		ext.execute_with(|| {
			assert_eq!(Emission::epoch_total(0).total_weight, u128::from(validators) * 400 * 1_000);
			assert_ok!(Emission::do_try_state());
		});
		proof.iter_nodes().count()
	};
	let (few, many) = (proof_size(4), proof_size(2_000));
	// What is read grows with the depth of the trie at most, not with the number of records.
	assert!(many <= few + 8, "{few} nodes with 4 validators, {many} with 2,000");
}

// The ledger.

#[test]
fn pulses_add_their_multiplier_to_the_total() {
	new_test_ext().build_and_execute(|| {
		Emission::note_participation(0);
		Emission::note_pulse(0, 400);
		Emission::note_pulse(0, 150);
		let record = Emission::record(0, 0).unwrap();
		assert_eq!((record.answered, record.work), (2, 550));
		assert_eq!(weight_now(), 550_000);
	});
}

#[test]
fn a_boost_counts_for_work_before_and_after_it() {
	new_test_ext().build_and_execute(|| {
		work(0, 2);
		take_events();
		assert_eq!(Emission::note_boost(0, BoostCause::OwnBest, 200), 200);
		assert_eq!(
			take_events(),
			vec![Event::Boosted { validator: 0, epoch: 0, cause: BoostCause::OwnBest, milli: 200 }]
		);
		assert_eq!(weight_now(), 2 * 400 * 1_200);
		Emission::note_pulse(0, 400);
		assert_eq!(weight_now(), 3 * 400 * 1_200);
	});
}

#[test]
fn what_exceeds_the_caps_is_dropped_and_not_announced() {
	new_test_ext().build_and_execute(|| {
		for _ in 0..5 {
			assert_eq!(Emission::note_boost(0, BoostCause::Proven, 100), 100);
		}
		take_events();
		assert_eq!(Emission::note_boost(0, BoostCause::Proven, 100), 0);
		assert_eq!(Emission::note_boost(0, BoostCause::OwnBest, 0), 0);
		assert_eq!(take_events(), vec![]);
		assert_eq!(
			Emission::note_boost(0, BoostCause::NetworkBest, u32::MAX),
			BOOST_CAP_MILLI - 500
		);
		assert_eq!(Emission::note_boost(0, BoostCause::Adopted, 500), 0);
	});
}

#[test]
fn boosts_end_with_the_epoch() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		Emission::note_boost(0, BoostCause::NetworkBest, 1_000);
		run_to_epoch(1);
		Emission::note_pulse(0, 400);
		assert_eq!(weight_now(), 400 * 1_000);
	});
}

#[test]
fn participation_counts_the_work_before_it_once() {
	new_test_ext().build_and_execute(|| {
		Emission::note_pulse(0, 400);
		Emission::note_boost(0, BoostCause::Adopted, 500);
		assert_eq!(weight_now(), 0);
		take_events();
		Emission::note_participation(0);
		assert_eq!(take_events(), vec![Event::Participated { validator: 0, epoch: 0 }]);
		assert_eq!(weight_now(), 400 * 1_500);
		Emission::note_participation(0);
		assert_eq!(weight_now(), 400 * 1_500);
		assert_eq!(<Emission as WorkLedger>::last_participation(0), Some(0));
		assert_eq!(<Emission as WorkLedger>::last_participation(1), None);
	});
}

#[test]
fn participation_lasts_for_six_epochs_more() {
	new_test_ext().build_and_execute(|| {
		run_to_epoch(2);
		Emission::note_participation(0);
		for epoch in 3..=8 {
			run_to_epoch(epoch);
			Emission::note_pulse(0, 400);
			assert_eq!(weight_now(), 400_000, "epoch {epoch}");
		}
		run_to_epoch(9);
		Emission::note_pulse(0, 400);
		assert_eq!(weight_now(), 0);
		assert!(!Emission::is_participating(0, 9));
	});
}

#[test]
fn a_slot_of_the_ring_is_reused_after_a_turn() {
	new_test_ext().build_and_execute(|| {
		work(0, 5);
		run_to_epoch(181);
		// The old record is still there, but of no use.
		assert_eq!(Emission::record(0, 181), None);
		work(0, 1);
		assert_eq!(weight_now(), 400_000);
		assert_eq!(Emission::record(0, 0), None);
		assert_eq!(Records::<Test>::iter().count(), 1);
		assert_eq!(EpochTotals::<Test>::iter().count(), 181);
	});
}

#[test]
fn an_exit_takes_the_weight_of_the_current_epoch_only() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		work(1, 1);
		run_to_epoch(1);
		work(0, 1);
		work(1, 1);
		take_events();
		<Emission as OnValidatorExit>::on_validator_exit(0);
		assert_eq!(take_events(), vec![Event::RecordsRemoved { validator: 0 }]);
		assert_eq!(weight_now(), 400_000);
		assert_eq!(Emission::epoch_total(0).total_weight, 800_000);
		assert_eq!(Records::<Test>::iter_prefix(0).count(), 0);
		assert_eq!(LastParticipation::<Test>::get(0), None);
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
		assert_ok!(claim(1, 0, 1));
		assert_eq!(Claimed::<Test>::get(1), shared(0) / 2);
		// Someone who never did anything leaves no trace.
		take_events();
		<Emission as OnValidatorExit>::on_validator_exit(7);
		assert_eq!(take_events(), vec![]);
	});
}

// Claims.

#[test]
fn shares_are_proportional_to_weight() {
	new_test_ext().build_and_execute(|| {
		work(0, 150);
		Emission::note_boost(0, BoostCause::Adopted, 500);
		Emission::note_boost(0, BoostCause::Proven, 100);
		assert_eq!(weight_now(), 96_000_000);
		work(1, 120);
		run_to_epoch(1);
		take_events();
		assert_ok!(claim(0, 0, 1));
		let reward = shared(0) * 2 / 3;
		assert_eq!(
			take_events(),
			vec![Event::RewardsClaimed {
				validator: 0,
				account: cold(0),
				payments: vec![(0, reward)].try_into().unwrap(),
				amount: reward
			}]
		);
		assert_ok!(claim(1, 0, 1));
		assert_eq!(Balances::free_balance(cold(0)), reward);
		assert_eq!(Balances::free_balance(cold(1)), shared(0) / 3);
		assert_eq!(Minted::<Test>::get(), reward + shared(0) / 3);
	});
}

#[test]
fn anyone_may_claim_and_the_cold_key_gets_it() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		let before = Balances::free_balance(RICH);
		assert_ok!(Emission::claim(RuntimeOrigin::signed(RICH), 0, 0, 1));
		assert_eq!(Balances::free_balance(RICH), before);
		assert_eq!(Balances::free_balance(cold(0)), shared(0));
	});
}

#[test]
fn a_claim_needs_a_signature() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		assert_noop!(Emission::claim(RuntimeOrigin::root(), 0, 0, 1), DispatchError::BadOrigin);
		assert_noop!(Emission::claim(RuntimeOrigin::none(), 0, 0, 1), DispatchError::BadOrigin);
	});
}

#[test]
fn nothing_is_paid_twice() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		work(0, 1);
		run_to_epoch(2);
		assert_ok!(claim(0, 0, 1));
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
		assert_ok!(claim(0, 0, 2));
		assert_eq!(Claimed::<Test>::get(0), shared(0) + shared(1));
		assert_noop!(claim(0, 0, 2), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn sixteen_epochs_are_claimed_at_once_and_no_more() {
	new_test_ext().build_and_execute(|| {
		for epoch in 0..17 {
			run_to_epoch(epoch);
			work(0, 1);
		}
		run_to_epoch(17);
		assert_noop!(claim(0, 0, 17), Error::<Test>::TooManyEpochs);
		assert_noop!(claim(0, 0, u32::MAX), Error::<Test>::TooManyEpochs);
		let info = claim(0, 0, 16).unwrap();
		assert_eq!(info.actual_weight, Some(<() as WeightInfo>::claim(16)));
		assert_eq!(Claimed::<Test>::get(0), (0..16).map(shared).sum::<Balance>());
	});
}

#[test]
fn the_weight_of_epochs_that_paid_nothing_is_refunded() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(16);
		let actual = claim(0, 0, 16).unwrap().actual_weight.unwrap();
		assert!(actual.all_lt(<() as WeightInfo>::claim(16)));
		assert!(actual.all_gte(<() as WeightInfo>::claim(1)));
	});
}

#[test]
fn only_closed_epochs_can_be_claimed() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		assert_noop!(claim(0, 0, 1), Error::<Test>::EpochNotClosed);
		run_to_epoch(1);
		assert_noop!(claim(0, 0, 2), Error::<Test>::EpochNotClosed);
		assert_noop!(claim(0, u32::MAX, 1), Error::<Test>::EpochNotClosed);
		assert_noop!(claim(0, 0, 0), Error::<Test>::NothingToClaim);
		assert_ok!(claim(0, 0, 1));
	});
}

#[test]
fn an_unknown_validator_gets_nothing() {
	new_test_ext().build_and_execute(|| {
		work(VALIDATORS, 1);
		run_to_epoch(1);
		assert_noop!(claim(VALIDATORS, 0, 1), Error::<Test>::UnknownValidator);
	});
}

#[test]
fn a_reward_expires_after_180_epochs_and_is_never_minted() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		work(1, 1);
		run_to_epoch(1);
		work(1, 1);
		run_to_epoch(180);
		assert_ok!(claim(0, 0, 1));
		run_to_epoch(181);
		assert_noop!(claim(1, 0, 1), Error::<Test>::EpochsExpired);
		assert_eq!(Emission::rewards(1, 0, 1).epochs, vec![]);
		// An expired epoch does not block a claim of the ones after it.
		assert_ok!(claim(1, 0, 2));
		assert_eq!(Claimed::<Test>::get(1), shared(1));
		run_to_epoch(182);
		assert_eq!(Minted::<Test>::get(), shared(0) / 2 + shared(1));
	});
}

#[test]
fn rounding_is_down_and_its_rest_is_never_minted() {
	new_test_ext().build_and_execute(|| {
		for validator in 0..7 {
			work(validator, 1);
		}
		run_to_epoch(1);
		for validator in 0..7 {
			assert_ok!(claim(validator, 0, 1));
		}
		assert_eq!(Minted::<Test>::get(), shared(0) / 7 * 7);
		assert!(Minted::<Test>::get() < shared(0));
	});
}

#[test]
fn a_share_is_exact_at_the_edges() {
	const MAX: u128 = u128::MAX;
	assert_eq!(share(MAX, MAX, MAX), MAX);
	assert_eq!(share(MAX, 1, MAX), 1);
	assert_eq!(share(MAX, MAX / 2, MAX), MAX / 2);
	assert_eq!(share(MAX, 1, 3), MAX / 3);
	assert_eq!(share(10, 1, 3), 3);
	assert_eq!((share(10, 0, 3), share(10, 0, 0), share(0, 1, 1)), (0, 0, 0));
}

#[test]
fn a_claim_that_would_overflow_the_issuance_changes_nothing() {
	ext_with(vec![(RICH, u128::MAX - 1_000)]).build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		assert_noop!(claim(0, 0, 1), DispatchError::Arithmetic(ArithmeticError::Overflow));
		assert!(!Emission::record(0, 0).unwrap().claimed);
	});
}

#[test]
fn a_reward_below_the_minimum_balance_needs_an_account() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		// Let the share shrink to less than the smallest balance that an account may have.
		EpochTotals::<Test>::mutate(0, |total| {
			total.as_mut().unwrap().total_weight = 400_000 * (shared(0) / (MINIMUM - 1));
		});
		assert_noop!(claim(0, 0, 1), TokenError::BelowMinimum);
		assert_ok!(Balances::mint_into(&cold(0), MINIMUM));
		GenesisIssuance::<Test>::mutate(|genesis| *genesis += MINIMUM);
		assert_ok!(claim(0, 0, 1));
	});
}

// Queries.

#[test]
fn the_current_epoch_is_shown() {
	new_test_ext().build_and_execute(|| {
		run_to_epoch(3);
		work(0, 2);
		assert_eq!(
			Emission::epoch_info(),
			EpochInfo {
				index: 3,
				start: 180,
				end: 240,
				budget: epoch_budget(&TIMING, 3),
				root_budget: shared(3),
				total_weight: 800_000,
			}
		);
	});
}

#[test]
fn rewards_are_shown_before_and_after_they_are_claimed() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		work(1, 3);
		run_to_epoch(2);
		Emission::note_pulse(0, 400);
		let shown = Emission::rewards(0, 0, REWARDS_PAGE);
		assert_eq!(shown.epochs.iter().map(|e| e.epoch).collect::<Vec<_>>(), vec![0, 2]);
		assert_eq!((shown.claimed, shown.claimable), (0, shared(0) / 4));
		assert_eq!(
			shown.epochs.iter().map(|e| (e.closed, e.reward)).collect::<Vec<_>>(),
			vec![(true, shared(0) / 4), (false, shared(2))]
		);
		assert_ok!(claim(0, 0, 2));
		let shown = Emission::rewards(0, 0, REWARDS_PAGE);
		assert_eq!((shown.claimed, shown.claimable), (shared(0) / 4, 0));
		assert!(shown.epochs[0].claimed);
		assert_eq!(Emission::rewards(0, u32::MAX, u32::MAX).epochs, vec![]);
	});
}

#[test]
fn a_page_of_rewards_is_bounded() {
	new_test_ext().build_and_execute(|| {
		for epoch in 0..REWARDS_PAGE + 5 {
			run_to_epoch(epoch);
			work(0, 1);
		}
		assert_eq!(Emission::rewards(0, 0, u32::MAX).epochs.len(), REWARDS_PAGE as usize);
	});
}

// Burned tokens.

#[test]
fn fees_are_burned_and_counted() {
	new_test_ext().build_and_execute(|| {
		let fee = <Balances as Balanced<u64>>::withdraw(
			&RICH,
			1_234,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Polite,
		)
		.unwrap();
		BurnFees::<Test>::on_unbalanced(fee);
		assert_eq!(Burned::<Test>::get(), 1_234);
		assert_eq!(Balances::total_issuance(), GENESIS - 1_234);
	});
}

#[test]
fn dust_is_burned_and_counted() {
	new_test_ext().build_and_execute(|| {
		let transfer = Balances::transfer_allow_death;
		assert_ok!(transfer(RuntimeOrigin::signed(RICH), 2, MINIMUM + 50));
		assert_ok!(transfer(RuntimeOrigin::signed(2), RICH, MINIMUM));
		assert_eq!(Balances::free_balance(2), 0);
		assert_eq!(Burned::<Test>::get(), 50);
	});
}

#[test]
fn a_lost_deposit_is_counted() {
	new_test_ext().build_and_execute(|| {
		let burned = Balances::burn_from(
			&RICH,
			77,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Polite,
		)
		.unwrap();
		assert_eq!(
			Emission::do_try_state(),
			Err("issuance is not genesis + minted − burned".into())
		);
		<Emission as BurnLedger<Balance>>::note_burned(burned);
		assert_eq!(Burned::<Test>::get(), 77);
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
