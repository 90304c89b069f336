//! How a reward divides among delegators, delegate and owner, what slashes cut, and what none of
//! them can do to the others.

use super::*;
use frame::arithmetic::Perbill;
use woppal_protocol::traits::{OnValidatorExit, Rewards};

/// What the delegators of a validator get of an epoch, paid into their pool's account.
fn collect(validator: ValidatorId, epoch: EpochIndex) -> Balance {
	let before = free(pool(validator));
	let paid = Emission::collect_for_pool(validator, epoch, &pool(validator));
	assert_eq!(free(pool(validator)) - before, paid);
	paid
}

fn slash(validator: ValidatorId, percent: u32) {
	Emission::slash_unclaimed(validator, Perbill::from_percent(percent));
}

/// A validator with three quarters delegated, a commission of a fifth and a delegate with a tenth:
/// of a reward, 60 % are the delegators', 4 % the delegate's and 36 % the owner's.
fn shared_validator(validator: ValidatorId) {
	set_terms(validator, 25, 75, 20, 10);
	Delegates::mutate(|map| map.insert(validator, delegate(validator)));
}

#[test]
fn a_reward_goes_to_delegators_delegate_and_owner() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		work(0, 1);
		charge(10_000);
		run_to_epoch(1);
		take_events();
		let (minted, pot) = (shared(0), 3_000);
		assert_ok!(claim(0, 0, 1));
		let to_delegate = minted * 4 / 100 + 120;
		let amount = minted * 40 / 100 + 1_200;
		assert_eq!(free(delegate(0)), to_delegate);
		assert_eq!(free(cold(0)), amount - to_delegate);
		assert_eq!(collect(0, 0), minted * 60 / 100 + 1_800);
		assert_eq!(
			take_events(),
			vec![
				Event::RewardsClaimed {
					validator: 0,
					account: cold(0),
					payments: vec![(0, amount)].try_into().unwrap(),
					amount,
					delegate: Some((delegate(0), to_delegate)),
					from_pot: 1_200,
				},
				Event::DelegatorsPaid {
					validator: 0,
					epoch: 0,
					account: pool(0),
					amount: minted * 60 / 100 + 1_800,
					from_pot: 1_800,
				},
			]
		);
		assert_eq!((Minted::<Test>::get(), pot_balance()), (minted, 0));
		assert_eq!(Claimed::<Test>::get(0), amount);
		let shown = Emission::rewards(0, 0, 1).epochs[0].clone();
		assert_eq!((shown.reward, shown.pot_part), (minted + pot, pot));
		assert_eq!(shown.owner_part + shown.delegate_part + shown.delegators_part, minted + pot);
	});
}

#[test]
fn collecting_and_claiming_do_not_wait_for_each_other() {
	let paid = |collect_first: bool| {
		new_test_ext().build_and_execute(|| {
			shared_validator(0);
			work(0, 1);
			charge(999);
			run_to_epoch(1);
			if collect_first {
				collect(0, 0);
			}
			assert_ok!(claim(0, 0, 1));
			collect(0, 0);
			[free(cold(0)), free(delegate(0)), free(pool(0))]
		})
	};
	assert_eq!(paid(true), paid(false));
}

#[test]
fn nothing_is_collected_twice_nor_early_nor_late() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		work(0, 1);
		assert_eq!(collect(0, 0), 0, "the epoch is open");
		assert_eq!(collect(0, 1), 0, "the epoch is not here yet");
		run_to_epoch(1);
		assert!(collect(0, 0) > 0);
		assert_eq!(collect(0, 0), 0);
		work(0, 1);
		run_to_epoch(182);
		assert_eq!(collect(0, 1), 0, "the epoch has expired");
		assert_eq!(collect(7, 181), 0, "no record");
	});
}

#[test]
fn a_pool_without_delegation_collects_nothing() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 25, 0, 95, 0);
		work(0, 1);
		run_to_epoch(1);
		take_events();
		// Delegated after the work was done: too late for it.
		set_terms(0, 25, 1_000_000, 0, 0);
		assert_eq!(collect(0, 0), 0);
		assert_eq!(take_events(), vec![]);
		assert_ok!(claim(0, 0, 1));
		assert_eq!(free(cold(0)), shared(0));
	});
}

#[test]
fn raising_the_commission_before_a_claim_changes_nothing() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		work(0, 1);
		set_terms(0, 1_000_000, 75, 95, 0);
		// More work in the same epoch does not open the record again.
		work(0, 1);
		run_to_epoch(1);
		assert_eq!(collect(0, 0), shared(0) * 60 / 100);
		work(0, 1);
		run_to_epoch(2);
		// From the next epoch on it counts: 75 of 1,000,075, less 95 %.
		assert_eq!(collect(0, 1), shared(1) * 75 / 1_000_075 * 5 / 100);
	});
}

#[test]
fn entering_a_pool_late_takes_nothing_of_the_epoch() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 25, 75, 0, 0);
		Emission::note_block(0);
		set_terms(0, 25, 75_000_000, 0, 0);
		work(0, 1);
		run_to_epoch(1);
		assert_eq!(Emission::record(0, 0).unwrap().terms.pool, 75);
		let reward = shared(0) + authored(0) / 60;
		assert_eq!(collect(0, 0), reward * 3 / 4);
	});
}

#[test]
fn without_a_delegate_its_share_is_the_owners() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 1, 0, 0, 50);
		work(0, 1);
		run_to_epoch(1);
		assert_ok!(claim(0, 0, 1));
		assert_eq!(free(cold(0)), shared(0));
	});
}

#[test]
fn a_delegate_that_cannot_receive_does_not_block_the_owner() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 1, 0, 0, 50);
		Delegates::mutate(|map| map.insert(0, delegate(0)));
		work(0, 1);
		run_to_epoch(1);
		// A reward of 150 plancks: half of it is below the minimum balance of an account.
		EpochTotals::<Test>::mutate(0, |total| {
			total.as_mut().unwrap().total_weight = WEIGHT * shared(0) / 150;
		});
		take_events();
		assert_ok!(claim(0, 0, 1));
		assert_eq!((free(cold(0)), free(delegate(0))), (150, 0));
		let events = take_events();
		assert!(matches!(events[..], [Event::RewardsClaimed { delegate: None, amount: 150, .. }]));
	});
}

#[test]
fn an_owner_whose_delegators_get_all_has_nothing_to_claim() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 0, 1, 0, 0);
		work(0, 1);
		run_to_epoch(1);
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
		assert_eq!(collect(0, 0), shared(0));
	});
}

#[test]
fn a_pool_that_cannot_receive_leaves_its_part_unpaid() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 1, 1, 0, 0);
		work(0, 1);
		charge(100);
		run_to_epoch(1);
		EpochTotals::<Test>::mutate(0, |total| {
			total.as_mut().unwrap().total_weight = WEIGHT * shared(0) / 150;
		});
		let before = (Minted::<Test>::get(), pot_balance());
		assert_eq!(collect(0, 0), 0);
		assert_eq!((Minted::<Test>::get(), pot_balance()), before);
		assert!(!Emission::record(0, 0).unwrap().delegators.paid);
		let credit = withdraw(RICH, MINIMUM);
		assert!(
			<Balances as frame::traits::fungible::Balanced<u64>>::resolve(&pool(0), credit).is_ok()
		);
		assert_eq!(collect(0, 0), 75);
	});
}

#[test]
fn a_slash_cuts_what_is_unclaimed() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		work(0, 1);
		run_to_epoch(1);
		work(0, 1);
		take_events();
		slash(0, 10);
		slash(0, 50);
		let cut = |percent, epochs| Event::RewardsCut {
			validator: 0,
			rate: Perbill::from_percent(percent),
			epochs,
		};
		assert_eq!(take_events(), vec![cut(10, 2), cut(50, 2)]);
		run_to_epoch(2);
		// 45 % are left of both epochs, the current one of the slash included.
		assert_eq!(
			Emission::rewards(0, 0, 2).claimable,
			(shared(0) + shared(1)) * 40 * 45 / 10_000
		);
		assert_ok!(claim(0, 0, 2));
		assert_eq!(Claimed::<Test>::get(0), (shared(0) + shared(1)) * 40 * 45 / 10_000);
		assert_eq!(collect(0, 0), shared(0) * 60 * 45 / 10_000);
		assert_eq!(collect(0, 1), shared(1) * 60 * 45 / 10_000);
	});
}

#[test]
fn a_slash_spares_what_was_paid_and_what_is_old() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		shared_validator(1);
		for epoch in 0..30 {
			run_to_epoch(epoch);
			work(0, 1);
		}
		assert_ok!(claim(0, 5, 1));
		take_events();
		// The current epoch is 29: 28 epochs before it are 1.
		slash(0, 100);
		assert_eq!(
			take_events(),
			vec![Event::RewardsCut { validator: 0, rate: Perbill::one(), epochs: 29 }]
		);
		run_to_epoch(30);
		assert_noop!(claim(0, 1, 16), Error::<Test>::NothingToClaim);
		assert_noop!(claim(0, 17, 13), Error::<Test>::NothingToClaim);
		assert_ok!(claim(0, 0, 1));
		assert_eq!(collect(0, 0), shared(0) * 60 / 100);
		assert_eq!(collect(0, 5), 0);
		// What was paid is still shown as it was paid.
		let shown = Emission::rewards(0, 5, 1).epochs[0].clone();
		assert_eq!(shown.owner_part + shown.delegate_part, shared(5) * 40 / 100);
		assert_eq!(shown.delegators_part, 0);
		// Whoever has no unpaid record has nothing to cut.
		take_events();
		slash(1, 50);
		slash(0, 0);
		assert_eq!(take_events(), vec![]);
	});
}

#[test]
fn a_claim_after_a_slash_cannot_bring_back_what_was_cut() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		work(0, 1);
		work(1, 1);
		charge(10_000);
		run_to_epoch(1);
		slash(0, 50);
		set_terms(0, 1, 0, 0, 0);
		assert_ok!(claim(0, 0, 1));
		assert_noop!(claim(0, 0, 1), Error::<Test>::NothingToClaim);
		let half = shared(0) / 2;
		assert_eq!(Claimed::<Test>::get(0), half * 40 / 100 / 2 + 300);
		// The other one gets no more for it.
		assert_ok!(claim(1, 0, 1));
		assert_eq!(Claimed::<Test>::get(1), half + 1_500);
		assert_eq!(collect(0, 0), half * 60 / 100 / 2 + 450);
		// What was cut of the pot waits for a later epoch.
		assert_eq!(pot_balance(), 750);
	});
}

#[test]
fn a_validator_that_left_collects_and_loses_nothing_more() {
	new_test_ext().build_and_execute(|| {
		shared_validator(0);
		work(0, 1);
		charge(10_000);
		run_to_epoch(1);
		<Emission as OnValidatorExit>::on_validator_exit(0);
		take_events();
		assert_eq!(collect(0, 0), 0);
		slash(0, 50);
		assert_eq!(take_events(), vec![]);
		assert_eq!(Minted::<Test>::get(), 0);
		assert_eq!(pot_balance(), 3_000);
	});
}
