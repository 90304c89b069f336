//! Reports of other pallets: rates, shares, the cap, validators that left, the view, the invariants.

use crate::{mock::*, *};
use frame::testing_prelude::*;
use woppal_protocol::{
	api::OffenceInfo,
	identity::ReputationCause,
	traits::{Offences as _, OnValidatorExit as _},
	WOPPAL,
};

const FABRICATED: Offence = Offence::FabricatedExperiment;

/// Reports an offence that the chain found.
fn found(n: ValidatorId, offence: Offence) {
	Slashing::report(n, offence, None);
}

fn percent(of: u32) -> Perbill {
	Perbill::from_percent(of)
}

#[docify::export]
#[test]
fn a_fabricated_experiment_takes_a_tenth() {
	build_and_execute(|| {
		// Validator 1 has bonded 1,000 W, and 5,000 W are delegated to it.
		Slashing::report(1, Offence::FabricatedExperiment, None);
		let tenth = Perbill::from_percent(10);
		System::assert_last_event(
			Event::Slashed {
				validator: 1,
				offence: Offence::FabricatedExperiment,
				epoch: 0,
				rate: tenth,
				own: 100 * WOPPAL,
				// A hundredth.
				delegated: 50 * WOPPAL,
				// The chain found it: everything is burned.
				reported: 0,
				reporter: None,
			}
			.into(),
		);
		assert_eq!(Cuts::get(), vec![(1, tenth)]);
		assert_eq!(Notes::get(), vec![(1, Offence::FabricatedExperiment)]);
	});
}

#[test]
fn every_row_has_its_rate() {
	let thousandths = |n| Perbill::from_rational(n, 1_000u32);
	for (offence, expected) in [
		(Offence::FabricatedExperiment, percent(10)),
		(Offence::Equivocation, percent(10)),
		(Offence::FailedProposal, percent(1)),
		(Offence::Inactivity(1), thousandths(1)),
		(Offence::Inactivity(37), thousandths(37)),
		(Offence::Inactivity(1_000), Perbill::one()),
		// More than everything is everything, and never wraps.
		(Offence::Inactivity(1_001), Perbill::one()),
		(Offence::Inactivity(4_295), Perbill::one()),
		(Offence::Inactivity(u32::MAX), Perbill::one()),
	] {
		assert_eq!(rate(offence), expected, "{offence:?}");
	}
}

#[test]
fn every_offence_is_punished_at_its_rate() {
	build_and_execute(|| {
		let offences =
			[FABRICATED, Offence::Equivocation, Offence::FailedProposal, Offence::Inactivity(3)];
		for (n, offence) in (0..).zip(offences) {
			found(n, offence);
			assert_eq!(Slashes::get().last(), Some(&(n, rate(offence), 0, None)));
			assert_eq!(Cuts::get().last(), Some(&(n, rate(offence))));
			assert_eq!(BOND - bond_of(n), rate(offence) * BOND);
			assert_eq!(POOL - Pools::get()[&n], tenth(rate(offence)) * POOL);
		}
		assert_eq!(Notes::get(), (0..).zip(offences).collect::<Vec<_>>());
	});
}

#[test]
fn no_inactivity_is_no_offence() {
	build_and_execute(|| {
		found(0, Offence::Inactivity(0));
		assert!(events().is_empty() && Notes::get().is_empty());
		assert_eq!(Records::<Test>::iter().count(), 0);
	});
}

#[test]
fn only_a_failed_proposal_lowers_the_reputation_here() {
	build_and_execute(|| {
		// Who finds the others lowers it there.
		found(0, FABRICATED);
		found(0, Offence::Inactivity(2));
		assert!(Causes::get().is_empty());
		found(0, Offence::FailedProposal);
		assert_eq!(Causes::get(), vec![(0, ReputationCause::ProposalRefused)]);
	});
}

#[test]
fn a_reporter_gets_a_quarter_of_what_the_bond_loses() {
	build_and_execute(|| {
		Slashing::report(1, Offence::Inactivity(100), Some(&77));
		// A tenth of 1,000 W, and nothing of the pool's hundredth of 5,000 W.
		assert_eq!(reward_of(77), 100 * WOPPAL / 4);
		System::assert_last_event(
			Event::Slashed {
				validator: 1,
				offence: Offence::Inactivity(100),
				epoch: 0,
				rate: percent(10),
				own: 100 * WOPPAL,
				delegated: 50 * WOPPAL,
				reported: 100 * WOPPAL / 4,
				reporter: Some(77),
			}
			.into(),
		);
	});
}

#[test]
fn a_reporter_of_the_own_group_gets_nothing() {
	build_and_execute(|| {
		for who in [cold(1), hot(1), delegate(1)] {
			Slashing::report(1, Offence::Inactivity(10), Some(&who));
			assert_eq!(reward_of(who), 0);
			assert_eq!(Slashes::get().last(), Some(&(1, percent(1), 0, None)));
		}
		// The accounts of another validator are no such reporters.
		Slashing::report(1, Offence::Inactivity(10), Some(&cold(2)));
		assert!(reward_of(cold(2)) > 0);
	});
}

#[test]
fn who_reports_itself_from_a_fresh_account_still_loses_three_quarters() {
	build_and_execute(|| {
		Slashing::report(1, Offence::Inactivity(100), Some(&77));
		let lost = BOND - bond_of(1);
		let pool = POOL - Pools::get()[&1];
		// A quarter of its own bond's loss comes back, and nothing of what its delegators lost.
		let back = REPORTER_SHARE * lost;
		assert!(pool > 0);
		assert_eq!(reward_of(77), back);
		assert_eq!((lost - back) * 4, lost * 3);
	});
}

#[test]
fn the_offences_of_an_epoch_take_at_most_half() {
	build_and_execute(|| {
		(0..5).for_each(|_| found(0, FABRICATED));
		assert_eq!(bond_of(0), BOND / 2);
		assert!(!events().iter().any(|event| matches!(event, Event::Capped { .. })));
		System::reset_events();

		found(0, FABRICATED);
		assert_eq!(bond_of(0), BOND / 2);
		let capped =
			Event::Capped { validator: 0, offence: FABRICATED, epoch: 0, untaken: percent(10) };
		assert_eq!(events(), vec![capped]);
		// It is noted all the same.
		assert_eq!(Notes::get().len(), 6);
		assert_eq!((Slashes::get().len(), Cuts::get().len()), (5, 5));
		// The cap is each validator's own.
		found(1, FABRICATED);
		assert_eq!(bond_of(1), BOND * 9 / 10);
	});
}

#[test]
fn an_offence_that_exceeds_the_cap_takes_what_is_left() {
	build_and_execute(|| {
		found(0, Offence::Inactivity(450));
		System::reset_events();
		found(0, FABRICATED);
		assert_eq!(bond_of(0), BOND / 2);
		assert_eq!(Slashes::get()[1].1, percent(5));
		let events = events();
		assert!(matches!(events[0], Event::Slashed { rate, .. } if rate == percent(5)));
		assert!(matches!(events[1], Event::Capped { untaken, .. } if untaken == percent(5)));
		// All at once.
		found(1, Offence::Inactivity(u32::MAX));
		assert_eq!(bond_of(1), BOND / 2);
	});
}

#[test]
fn the_next_epoch_has_a_cap_of_its_own() {
	build_and_execute(|| {
		found(0, Offence::Inactivity(500));
		go_to_epoch(1);
		assert_eq!(Slashing::info(0).slashed_rate, Perbill::zero());
		found(0, FABRICATED);
		assert_eq!(Slashes::get()[1], (0, percent(10), 1, None));
		assert_eq!(bond_of(0), BOND * 4 / 10);
	});
}

#[test]
fn filling_the_cap_with_small_offences_saves_nothing() {
	build_and_execute(|| {
		// An owner reports all of its idle epochs from a fresh account before it fabricates: what the cap
		// spares it then, it has lost before, less the reporter's quarter that it would have had anyway.
		Slashing::report(0, Offence::Inactivity(500), Some(&77));
		(0..5).for_each(|_| found(0, FABRICATED));
		(0..5).for_each(|_| found(1, FABRICATED));
		assert_eq!(bond_of(0), bond_of(1));
		let back = REPORTER_SHARE * (BOND / 2);
		assert!(BOND - bond_of(0) - back > rate(FABRICATED) * BOND, "and more than one offence");
	});
}

#[test]
fn new_keys_change_nothing() {
	build_and_execute(|| {
		(0..5).for_each(|_| found(0, FABRICATED));
		Groups::mutate(|groups| {
			let group = groups.get_mut(&0).unwrap();
			(group.cold, group.hot, group.delegate) = (500, 501, None);
		});
		found(0, FABRICATED);
		assert_eq!(bond_of(0), BOND / 2);
		assert_eq!(Slashing::info(0).offences, 6);
		// The new keys are the group now.
		go_to_epoch(1);
		Slashing::report(0, Offence::Inactivity(1), Some(&501));
		assert_eq!(reward_of(501), 0);
		Slashing::report(0, Offence::Inactivity(1), Some(&hot(0)));
		assert!(reward_of(hot(0)) > 0);
	});
}

#[test]
fn a_validator_that_left_is_slashed_and_nobody_is_paid() {
	build_and_execute(|| {
		exit(0);
		// Its former cold key tries to get a quarter back.
		Slashing::report(0, Offence::Equivocation, Some(&cold(0)));
		assert_eq!(bond_of(0), BOND * 9 / 10);
		assert_eq!(reward_of(cold(0)), 0);
		assert_eq!(Leaving::<Test>::get(0), Some((0, 29)));
	});
}

#[test]
fn the_cap_outlives_the_exit() {
	build_and_execute(|| {
		(0..5).for_each(|_| found(0, FABRICATED));
		exit(0);
		found(0, Offence::Equivocation);
		assert_eq!(bond_of(0), BOND / 2);
		// It is queued once: by its exit.
		assert_eq!(Queue::<Test>::get(), (0, 1));
	});
}

#[test]
fn the_record_of_a_validator_that_left_goes_when_its_time_has_come() {
	build_and_execute(|| {
		go_to_epoch(3);
		found(0, FABRICATED);
		exit(0);
		// A validator without a record leaves nothing.
		exit(5);
		assert_eq!(Queue::<Test>::get(), (0, 1));
		go_to_epoch(31);
		found(1, FABRICATED);
		assert!(Records::<Test>::contains_key(0));
		go_to_epoch(32);
		found(1, FABRICATED);
		assert!(!Records::<Test>::contains_key(0));
		assert!(events().contains(&Event::RecordRemoved { validator: 0 }));
		assert_eq!(Queue::<Test>::get(), (1, 1));
	});
}

#[test]
fn the_queue_shrinks_whatever_comes() {
	build_and_execute(|| {
		(100..110).for_each(add_validator);
		for n in 100..110 {
			found(n, FABRICATED);
			exit(n);
		}
		assert_eq!(Queue::<Test>::get(), (0, 10));
		// Each of these adds a place and takes two.
		go_to_epoch(29);
		for n in 0..5 {
			found(n, FABRICATED);
			exit(n);
			Slashing::do_try_state().unwrap();
		}
		// The exits swept as well.
		assert_eq!(Queue::<Test>::get(), (10, 15));
		assert_eq!(Records::<Test>::iter().count(), 5);
	});
}

#[test]
fn a_record_that_still_counts_is_queued_again() {
	build_and_execute(|| {
		found(0, FABRICATED);
		exit(0);
		// It still authored a block after its exit.
		go_to_epoch(1);
		found(0, Offence::Equivocation);
		go_to_epoch(29);
		found(1, FABRICATED);
		assert_eq!(Records::<Test>::get(0).offences, 2);
		assert_eq!(Leaving::<Test>::get(1), Some((0, 58)));
		go_to_epoch(58);
		found(1, FABRICATED);
		assert!(!Records::<Test>::contains_key(0));
	});
}

#[test]
fn a_validator_queued_twice_is_forgotten_once() {
	build_and_execute(|| {
		// Its exit settles an absence before this pallet hears of it.
		Groups::mutate(|groups| groups.remove(&0));
		found(0, Offence::Inactivity(5));
		Slashing::on_validator_exit(0);
		assert_eq!(Queue::<Test>::get(), (0, 2));
		go_to_epoch(29);
		System::reset_events();
		found(1, FABRICATED);
		assert_eq!(Queue::<Test>::get(), (2, 2));
		let removed = events().into_iter().filter(|e| matches!(e, Event::RecordRemoved { .. }));
		assert_eq!(removed.count(), 1);
	});
}

#[test]
fn a_record_keeps_no_more_than_what_is_in_reach() {
	build_and_execute(|| {
		for epoch in 0..100 {
			go_to_epoch(epoch);
			found(0, Offence::Inactivity(1));
			Slashing::do_try_state().unwrap();
		}
		let record = Records::<Test>::get(0);
		assert_eq!((record.offences, record.taken.len()), (100, 29));
		assert!(record.taken.iter().all(|taken| taken.epoch >= 71));
	});
}

#[test]
fn the_view_has_all_offences_and_what_this_epoch_took() {
	build_and_execute(|| {
		assert_eq!(Slashing::info(0), OffenceInfo::default());
		found(0, FABRICATED);
		found(0, Offence::FailedProposal);
		let expected = OffenceInfo {
			offences: 2,
			slashed_rate: percent(11),
			// 110 W of the bond and 55 W of the pool.
			slashed: 165 * WOPPAL,
		};
		assert_eq!(Slashing::info(0), expected);
		go_to_epoch(1);
		assert_eq!(Slashing::info(0), OffenceInfo { offences: 2, ..Default::default() });
	});
}

/// Breaks storage, expects `try_state` to say so, and puts it back.
fn breaks(damage: impl FnOnce(), says: &'static str) {
	hypothetically!({
		damage();
		assert_eq!(Slashing::do_try_state(), Err(says.into()));
	});
}

#[test]
fn try_state_finds_what_is_broken() {
	build_and_execute(|| {
		go_to_epoch(5);
		found(0, FABRICATED);
		let put = |taken: Vec<(EpochIndex, u32)>, offences| {
			let taken = taken.into_iter().map(|(epoch, part)| Taken {
				epoch,
				rate: percent(part),
				amount: 0,
			});
			let taken = BoundedVec::truncate_from(taken.collect());
			Records::<Test>::insert(0, Record { offences, taken });
		};
		breaks(|| put(vec![(6, 10)], 1), "an offence is from the future");
		breaks(|| put(vec![(5, 0)], 1), "an epoch took nothing");
		breaks(|| put(vec![(5, 51)], 1), "an epoch took more than its cap");
		breaks(|| put(vec![(5, 10), (5, 10)], 2), "an epoch has two sums");
		breaks(|| put(vec![(5, 10), (4, 10)], 1), "a record has fewer offences than epochs");
		breaks(|| put(vec![], 0), "a record has fewer offences than epochs");
		breaks(
			|| Records::<Test>::insert(9, Record { offences: 1, ..Default::default() }),
			"the record of a validator that left is not queued",
		);
		let queue = |entries: &[(u32, EpochIndex)], range| {
			for (place, due) in entries {
				Leaving::<Test>::insert(place, (0, *due));
			}
			Queue::<Test>::put(range);
		};
		breaks(|| queue(&[(0, 9)], (0, 2)), "the queue has a gap");
		breaks(|| queue(&[(0, 9), (1, 8)], (0, 2)), "the queue is out of order");
		breaks(|| queue(&[(0, 35)], (0, 1)), "a place of the queue is from the future");
		breaks(|| queue(&[(0, 9), (5, 9)], (0, 1)), "a place is outside of the queue");
	});
}
