//! Claims: who is paid, when, and what a claim cannot do.

use super::*;
use frame::traits::fungible::Mutate;
use woppal_protocol::{
	api::{EpochInfo, REWARDS_PAGE},
	research::BoostCause,
	traits::Rewards,
};

#[docify::export]
#[test]
fn shares_are_proportional_to_weight() {
	new_test_ext().build_and_execute(|| {
		work(0, 150);
		Emission::note_boost(0, BoostCause::Adopted, 500);
		Emission::note_boost(0, BoostCause::Proven, 100);
		assert_eq!(weight_now(), 150 * 400 * 840 * 1_600);
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
				amount: reward,
				delegate: None,
				from_pot: 0,
			}]
		);
		assert_ok!(claim(1, 0, 1));
		assert_eq!(free(cold(0)), reward);
		assert_eq!(free(cold(1)), shared(0) / 3);
		assert_eq!(Minted::<Test>::get(), reward + shared(0) / 3);
	});
}

#[test]
fn anyone_may_claim_and_the_cold_key_gets_it() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		let before = free(RICH);
		assert_ok!(claim(0, 0, 1));
		assert_eq!(free(RICH), before);
		assert_eq!(free(cold(0)), shared(0));
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
fn an_epoch_without_weight_closes_and_pays_nobody() {
	new_test_ext().build_and_execute(|| {
		Emission::note_pulse(0, 400, TOP);
		run_to_epoch(1);
		assert_eq!(Emission::epoch_total(0).total_weight, 0);
		assert!(Emission::epoch_total(0).budget.is_some());
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn authors_are_paid_by_blocks_and_need_no_participation() {
	new_test_ext().build_and_execute(|| {
		for block in 1..=12 {
			System::set_block_number(block);
			// The others' authors are no validators, and nobody counts theirs.
			if block % 4 == 0 {
				Emission::note_block(0);
			}
		}
		work(1, 1);
		run_to_epoch(1);
		let pay = authored(0) * 3 / 60;
		let shown = Emission::rewards(0, 0, 1).epochs[0].clone();
		assert_eq!((shown.blocks, shown.author_pay, shown.reward), (3, pay, pay));
		assert_ok!(claim(0, 0, 1));
		assert_eq!(free(cold(0)), pay);
		assert_ok!(claim(1, 0, 1));
		// The other 57 blocks' pay is never minted.
		assert_eq!(Minted::<Test>::get(), shared(0) + pay);
	});
}

#[test]
fn nothing_is_paid_twice() {
	new_test_ext().build_and_execute(|| {
		charge(10_000);
		work(0, 1);
		run_to_epoch(1);
		work(0, 1);
		run_to_epoch(2);
		assert_ok!(claim(0, 0, 1));
		let paid = shared(0) + 3_000;
		assert_eq!(Claimed::<Test>::get(0), paid);
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
		assert_ok!(claim(0, 0, 2));
		assert_eq!(Claimed::<Test>::get(0), paid + shared(1));
		assert_noop!(claim(0, 0, 2), Error::<Test>::NothingToClaim);
		assert_eq!(pot_balance(), 0);
	});
}

#[test]
fn epochs_can_be_claimed_in_any_order() {
	let claimed = |order: [EpochIndex; 3]| {
		new_test_ext().build_and_execute(|| {
			for epoch in 0..3 {
				run_to_epoch(epoch);
				charge(1_000 * Balance::from(epoch + 1));
				work(0, 1);
				work(1, epoch + 1);
			}
			run_to_epoch(3);
			for epoch in order {
				assert_ok!(claim(0, epoch, 1));
			}
			free(cold(0))
		})
	};
	let sum = claimed([0, 1, 2]);
	assert_eq!(claimed([2, 1, 0]), sum);
	assert_eq!(claimed([1, 2, 0]), sum);
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
		assert_eq!(<Emission as Rewards<u64>>::first_claimable(), 0);
		run_to_epoch(1);
		work(1, 1);
		run_to_epoch(180);
		assert_eq!(<Emission as Rewards<u64>>::first_claimable(), 0);
		assert_ok!(claim(0, 0, 1));
		run_to_epoch(181);
		assert_eq!(<Emission as Rewards<u64>>::first_claimable(), 1);
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
fn a_tiny_weight_earns_what_rounding_leaves_it_and_nobody_gains_by_splitting() {
	new_test_ext().build_and_execute(|| {
		// The smallest weight beside a whale: the foot of the ramp, multiplier 1.0.
		Emission::note_participation(0);
		Emission::note_pulse(0, 100, Ramp(0));
		work(1, 12);
		charge(20);
		run_to_epoch(1);
		let (weight, total) = (100 * 84 * 1_000, 100 * 84 * 1_000 + 12 * WEIGHT);
		let reward = |weight| shared(0) * weight / total;
		let shown = Emission::rewards(0, 0, 1).epochs[0].clone();
		// Of a pot of six plancks it gets none.
		assert_eq!((shown.reward, shown.pot_part), (reward(weight), 0));
		assert_ok!(claim(0, 0, 1));
		assert_ok!(claim(1, 0, 1));
		// Ten such validators together earn no more than one of ten times the weight.
		assert!(10 * reward(weight) <= reward(10 * weight));
		assert_eq!(pot_balance(), 1, "the whale's 5 of 6 plancks are rounded down");
	});
}

#[test]
fn a_claim_that_would_overflow_the_issuance_changes_nothing() {
	ext_with(vec![(RICH, u128::MAX - 1_000)]).build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		assert_noop!(claim(0, 0, 1), DispatchError::Arithmetic(ArithmeticError::Overflow));
		assert!(!Emission::record(0, 0).unwrap().owner.paid);
	});
}

#[test]
fn a_reward_below_the_minimum_balance_needs_an_account() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		run_to_epoch(1);
		// Let the share shrink to less than the smallest balance that an account may have.
		EpochTotals::<Test>::mutate(0, |total| {
			total.as_mut().unwrap().total_weight = WEIGHT * (shared(0) / (MINIMUM - 1));
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
		charge(100);
		let info = EpochInfo {
			index: 3,
			start: 180,
			end: 240,
			budget: epoch_budget(&TIMING, 3),
			root_budget: shared(3),
			author_budget: authored(3),
			pot: 30,
			total_weight: 2 * WEIGHT,
		};
		assert_eq!(Emission::epoch_info(), info);
		assert_eq!(info.root_budget + info.author_budget, info.budget);
	});
}

#[test]
fn rewards_are_shown_before_and_after_they_are_claimed() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 1, 3, 0, 0);
		work(0, 1);
		work(1, 3);
		run_to_epoch(2);
		Emission::note_pulse(0, 400, TOP);
		let shown = Emission::rewards(0, 0, REWARDS_PAGE);
		let (reward, owner) = (shared(0) / 4, shared(0) / 4 - shared(0) / 4 * 3 / 4);
		assert_eq!(shown.epochs.iter().map(|e| e.epoch).collect::<Vec<_>>(), vec![0, 2]);
		assert_eq!((shown.claimed, shown.claimable), (0, owner));
		assert_eq!(
			shown.epochs.iter().map(|e| (e.closed, e.reward)).collect::<Vec<_>>(),
			vec![(true, reward), (false, shared(2))]
		);
		assert_ok!(claim(0, 0, 2));
		assert_eq!(free(cold(0)), owner);
		let shown = Emission::rewards(0, 0, REWARDS_PAGE);
		assert_eq!((shown.claimed, shown.claimable), (owner, 0));
		let first = &shown.epochs[0];
		assert!(first.claimed && !first.collected);
		assert_eq!((first.owner_part, first.delegate_part), (owner, 0));
		assert_eq!(Emission::collect_for_pool(0, 0, &pool(0)), first.delegators_part);
		assert!(Emission::rewards(0, 0, 1).epochs[0].collected);
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
