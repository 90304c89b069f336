//! Fees, the pot, and the count of burned tokens.

use super::*;
use frame::traits::{fungible::Mutate, OnUnbalanced};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest, ProptestConfig};
use woppal_protocol::traits::{BurnLedger, OnValidatorExit, Rewards};

/// An account that created a project.
const CREATOR: u64 = 7;

/// Plancks of pot, creator and treasury, and burned plancks, beyond what they start with.
fn parts() -> [Balance; 4] {
	let treasury = free(Emission::treasury_account()) - MINIMUM;
	[pot_balance(), free(CREATOR), treasury, Burned::<Test>::get()]
}

/// Charges a fee for work on the creator's project.
fn charge_for_project(fee: Balance) {
	Emission::note_fee_creator(CREATOR);
	charge(fee);
}

#[test]
fn a_fee_is_split_four_ways() {
	new_test_ext().build_and_execute(|| {
		take_events();
		charge_for_project(10_000);
		assert_eq!(parts(), [3_000, 1_500, 500, 5_000]);
		assert_eq!(
			take_events(),
			vec![Event::FeeSplit {
				fee: 10_000,
				burned: 5_000,
				pot: 3_000,
				creator: Some((CREATOR, 1_500)),
				treasury: 500,
			}]
		);
		assert_eq!(Balances::total_issuance(), GENESIS + 2 * MINIMUM - 5_000);
		assert_eq!(PotIncoming::<Test>::get(), 3_000);
	});
}

#[test]
fn without_a_creator_its_part_is_the_treasurys() {
	new_test_ext().build_and_execute(|| {
		charge(10_000);
		assert_eq!(parts(), [3_000, 0, 2_000, 5_000]);
	});
}

#[test]
fn a_creator_that_cannot_receive_leaves_its_part_to_the_treasury() {
	new_test_ext().build_and_execute(|| {
		// 15 plancks do not make an account.
		charge_for_project(100);
		assert_eq!(parts(), [30, 0, 20, 50]);
	});
}

#[test]
fn a_creator_that_pays_gets_its_part_and_no_more() {
	ext_with(vec![(CREATOR, 10_000)]).build_and_execute(|| {
		Emission::note_fee_creator(CREATOR);
		Emission::split_fee(withdraw(CREATOR, 1_000));
		assert_eq!(parts(), [300, 9_150, 50, 500]);
		// One that pays all it has cannot receive what is below the minimum.
		Emission::note_fee_creator(CREATOR);
		let fee = withdraw(CREATOR, 9_150);
		Emission::split_fee(fee);
		assert_eq!(free(CREATOR), 1_372);
		Emission::note_fee_creator(CREATOR);
		Emission::split_fee(withdraw(CREATOR, 1_372));
		Emission::note_fee_creator(CREATOR);
		let left = free(CREATOR);
		Emission::split_fee(withdraw(CREATOR, left));
		assert_eq!(free(CREATOR), 0);
	});
}

#[test]
fn the_smallest_fees_are_split_to_the_planck() {
	for fee in 0..=20 {
		ext_with(vec![(RICH, GENESIS), (CREATOR, MINIMUM)]).build_and_execute(|| {
			take_events();
			charge_for_project(fee);
			let [pot, creator, treasury, burned] = parts();
			let creator = creator - MINIMUM;
			assert_eq!([pot, creator, treasury], [fee * 30 / 100, fee * 15 / 100, fee * 5 / 100]);
			assert_eq!(pot + creator + treasury + burned, fee);
			assert!(burned * 2 >= fee);
			assert_eq!(take_events().len(), usize::from(fee > 0));
		});
	}
}

#[test]
fn a_fee_of_nothing_still_takes_the_creators_name() {
	new_test_ext().build_and_execute(|| {
		charge_for_project(0);
		assert_eq!(FeeCreator::<Test>::get(), None);
		charge(10_000);
		assert_eq!(parts()[1], 0);
	});
}

#[test]
fn a_creators_name_is_good_for_one_fee_of_its_own_transaction() {
	new_test_ext().build_and_execute(|| {
		charge_for_project(10_000);
		charge(10_000);
		assert_eq!(parts()[1], 1_500, "taken by the first fee");

		// A free transaction names a creator and pays no fee that would take the name: the next
		// transaction of the block does not pay for it.
		System::set_extrinsic_index(4);
		Emission::note_fee_creator(CREATOR);
		System::set_extrinsic_index(5);
		charge(10_000);
		assert_eq!(parts()[1], 1_500, "named by another transaction");
		charge_for_project(10_000);
		assert_eq!(parts()[1], 3_000);
	});
}

#[test]
fn a_creators_name_does_not_survive_its_block() {
	new_test_ext().build_and_execute(|| {
		Emission::note_fee_creator(CREATOR);
		Emission::on_finalize(1);
		assert_eq!(FeeCreator::<Test>::get(), None);
		charge(10_000);
		assert_eq!(parts()[1], 0);
	});
}

#[test]
fn an_epochs_pot_is_shared_by_weight_and_paid_with_the_claims() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		work(1, 2);
		charge(10_000);
		run_to_epoch(1);
		// Fees of the next epoch are not this one's.
		charge(50_000);
		assert_eq!(Emission::epoch_total(0).pot, 3_000);
		let minted = Minted::<Test>::get();
		assert_ok!(claim(0, 0, 1));
		assert_eq!(free(cold(0)), shared(0) / 3 + 1_000);
		assert_eq!(Minted::<Test>::get() - minted, shared(0) / 3);
		assert_ok!(claim(1, 0, 1));
		assert_eq!(free(cold(1)), shared(0) * 2 / 3 + 2_000);
		assert_eq!((pot_balance(), Emission::epoch_total(0).pot_left), (15_000, 0));
	});
}

#[test]
fn an_epoch_without_weight_leaves_the_pot_for_the_next() {
	new_test_ext().build_and_execute(|| {
		Emission::note_pulse(0, 400, TOP);
		charge(10_000);
		run_to_epoch(1);
		assert_eq!((Emission::epoch_total(0).pot, Emission::epoch_info().pot), (0, 3_000));
		charge(10_000);
		run_to_epoch(3);
		work(0, 1);
		charge(10_000);
		assert_eq!(Emission::epoch_info().pot, 9_000);
		run_to_epoch(4);
		assert_eq!(Emission::epoch_total(3).pot, 9_000);
		assert_eq!(Emission::epoch_info().pot, 0);
		assert_ok!(claim(0, 3, 1));
		assert_eq!(free(cold(0)), shared(3) + 9_000);
	});
}

#[test]
fn repeated_claims_and_collections_cannot_drain_the_pot() {
	new_test_ext().build_and_execute(|| {
		set_terms(0, 1, 1, 0, 0);
		work(0, 1);
		work(1, 1);
		charge(10_000);
		run_to_epoch(1);
		work(0, 1);
		charge(10_000);
		for _ in 0..5 {
			let _ = claim(0, 0, 1);
			Emission::collect_for_pool(0, 0, &pool(0));
		}
		assert_eq!(free(cold(0)) + free(pool(0)), shared(0) / 2 + 1_500);
		// The other one's part of the epoch and the next epoch's fees are still there.
		assert_eq!((Emission::epoch_total(0).pot_left, pot_balance()), (1_500, 4_500));
		assert_ok!(claim(1, 0, 1));
		assert_eq!(free(cold(1)), shared(0) / 2 + 1_500);
	});
}

#[test]
fn what_expires_or_was_cut_or_belonged_to_one_that_left_returns_to_a_later_pot() {
	new_test_ext().build_and_execute(|| {
		(0..4).for_each(|validator| work(validator, 1));
		charge(40_000);
		run_to_epoch(1);
		assert_ok!(claim(0, 0, 1));
		Emission::slash_unclaimed(1, frame::arithmetic::Perbill::from_percent(50));
		assert_ok!(claim(1, 0, 1));
		<Emission as OnValidatorExit>::on_validator_exit(2);
		// 3,000 were paid to the first, 1,500 to the second, nothing to the others.
		assert_eq!(Emission::epoch_total(0).pot_left, 7_500);
		run_to_epoch(180);
		assert_eq!(PotIncoming::<Test>::get(), 0);
		assert_eq!(Emission::epoch_info().pot, 0);
		run_to_epoch(181);
		// The epoch has expired; its rest is shown, and moves when its slot is first written.
		assert_eq!((PotIncoming::<Test>::get(), Emission::epoch_info().pot), (0, 7_500));
		work(0, 1);
		assert_eq!((PotIncoming::<Test>::get(), Emission::epoch_info().pot), (7_500, 7_500));
		charge(1_000);
		run_to_epoch(182);
		assert_eq!(Emission::epoch_total(181).pot, 7_800);
		let before = free(cold(0));
		assert_ok!(claim(0, 181, 1));
		assert_eq!(free(cold(0)) - before, shared(181) + 7_800);
		assert_eq!(pot_balance(), 0);
	});
}

#[test]
fn what_expires_returns_even_if_nobody_touches_its_slot() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		charge(10_000);
		run_to_epoch(182);
		assert_eq!(PotIncoming::<Test>::get(), 3_000);
		work(0, 1);
		run_to_epoch(183);
		assert_eq!(Emission::epoch_total(182).pot, 3_000);
	});
}

#[test]
fn a_donation_to_the_pot_is_never_paid_out() {
	new_test_ext().execute_with(|| {
		work(0, 1);
		charge(10_000);
		let pot = Emission::pot_account();
		assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(RICH), pot, 5_000));
		run_to_epoch(1);
		assert_ok!(claim(0, 0, 1));
		assert_eq!(free(cold(0)), shared(0) + 3_000);
		assert_eq!(pot_balance(), 5_000);
		assert_ok!(Emission::do_try_state());
	});
}

#[test]
fn fees_and_tips_that_nobody_gets_are_burned_and_counted() {
	new_test_ext().build_and_execute(|| {
		BurnFees::<Test>::on_unbalanced(withdraw(RICH, 1_234));
		assert_eq!(Burned::<Test>::get(), 1_234);
		assert_eq!(Balances::total_issuance(), GENESIS + 2 * MINIMUM - 1_234);
	});
}

#[test]
fn dust_is_burned_and_counted() {
	new_test_ext().build_and_execute(|| {
		let transfer = Balances::transfer_allow_death;
		assert_ok!(transfer(RuntimeOrigin::signed(RICH), 2, MINIMUM + 50));
		assert_ok!(transfer(RuntimeOrigin::signed(2), RICH, MINIMUM));
		assert_eq!(free(2), 0);
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

proptest! {
	#![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

	#[test]
	fn the_parts_of_a_fee_sum_to_it(
		fee in 1..GENESIS - MINIMUM,
		named in any::<bool>(),
		exists in any::<bool>(),
	) {
		let mut balances = vec![(RICH, GENESIS)];
		if exists {
			balances.push((CREATOR, MINIMUM));
		}
		let before = if exists { MINIMUM } else { 0 };
		let [pot, creator, treasury, burned] = ext_with(balances).build_and_execute(|| {
			if named {
				charge_for_project(fee);
			} else {
				charge(fee);
			}
			parts()
		});
		let creator = creator - before;
		let floor = |percent: Balance| fee / 100 * percent + fee % 100 * percent / 100;
		prop_assert_eq!(pot + creator + treasury + burned, fee);
		prop_assert_eq!(pot, floor(30));
		prop_assert_eq!(creator + treasury, floor(15) + floor(5));
		let received = named && (exists || floor(15) >= MINIMUM);
		prop_assert_eq!(creator, if received { floor(15) } else { 0 });
		prop_assert!(burned >= fee - fee / 2);
	}
}
