//! Equivocations, through the SDK's own offences pallet.

use crate::{mock::*, *};
use frame::testing_prelude::*;
use sp_staking::offence::{OffenceDetails, OffenceError, OnOffenceHandler, ReportOffence};
use woppal_protocol::WOPPAL;

const TENTH: Perbill = Perbill::from_percent(10);

#[docify::export]
#[test]
fn an_equivocator_pays_and_is_out() {
	build_and_execute(|| {
		// Two blocks of validator 1 for slot 9, reported by account 77 to the SDK's pallet.
		let offence = DoubleBlock { slot: 9, session: 0, offender: (hot(1), Some(1)) };
		assert_ok!(Offences::report_offence(vec![77], offence));

		assert_eq!(Slashes::get(), vec![(1, TENTH, 0, Some(77))]);
		assert_eq!(reward_of(77), 100 * WOPPAL / 4);
		assert_eq!(Expelled::get(), vec![1]);
		assert_eq!(Disabled::get(), vec![(hot(1), TENTH)]);
	});
}

#[test]
fn an_equivocation_has_its_events() {
	build_and_execute(|| {
		go_to_epoch(4);
		assert_ok!(double_block(1, 9, 7, vec![77]));
		let equivocated =
			Event::Equivocated { authority: hot(1), validator: Some(1), session: 7, epoch: 3 };
		let slashed = Event::Slashed {
			validator: 1,
			offence: Offence::Equivocation,
			epoch: 3,
			rate: TENTH,
			own: 100 * WOPPAL,
			delegated: 50 * WOPPAL,
			reported: 100 * WOPPAL / 4,
			reporter: Some(77),
		};
		assert_eq!(events(), vec![equivocated, slashed]);
	});
}

#[test]
fn the_same_offence_is_punished_once() {
	build_and_execute(|| {
		assert_ok!(double_block(1, 9, 0, vec![77]));
		let again = double_block(1, 9, 0, vec![78]);
		assert_eq!(again, Err(OffenceError::DuplicateReport));
		assert_eq!((Slashes::get().len(), Notes::get().len()), (1, 1));
		// Another slot is another offence, even of the same session.
		assert_ok!(double_block(1, 10, 0, vec![77]));
		assert_eq!(Slashes::get().len(), 2);
		assert_eq!(Slashing::info(1).slashed_rate, Perbill::from_percent(20));
	});
}

// The SDK's pallet hands over all offenders of a slot, the newest last. If its next version does not, this
// is the test that fails.
#[test]
fn accomplices_in_one_slot_are_punished_once_each() {
	build_and_execute(|| {
		for n in [3, 1, 4, 0, 5] {
			assert_ok!(double_block(n, 9, 0, vec![77]));
		}
		let expected: Vec<_> = [3, 1, 4, 0, 5].map(|n| (n, TENTH, 0, Some(77))).into();
		assert_eq!(Slashes::get(), expected);
		assert_eq!(Expelled::get(), vec![3, 1, 4, 0, 5]);
		assert_eq!(double_block(3, 9, 0, vec![77]), Err(OffenceError::DuplicateReport));
		assert_eq!(Slashes::get().len(), 5);
	});
}

#[test]
fn late_evidence_takes_what_it_would_have_taken_at_once() {
	build_and_execute(|| {
		go_to_epoch(20);
		// Sessions of the epochs 3 and 5 in turn, more of each than the cap bears.
		for slot in 0..14 {
			let session = if slot % 2 == 0 { 6 } else { 11 };
			assert_ok!(double_block(1, slot, session, vec![]));
		}
		let of = |epoch| Slashes::get().iter().filter(|slash| slash.2 == epoch).count();
		assert_eq!((of(3), of(5), Slashes::get().len()), (5, 5, 10));
		let capped = events().into_iter().filter(|event| matches!(event, Event::Capped { .. }));
		assert_eq!(capped.count(), 4);
		// Nothing of it counts for the current epoch.
		assert_eq!(Slashing::info(1).slashed_rate, Perbill::zero());
		assert_eq!(Slashing::info(1).offences, 14);
	});
}

#[test]
fn what_is_out_of_reach_is_not_punished() {
	build_and_execute(|| {
		go_to_epoch(30);
		// The last session of epoch 1 is too old, the first one of epoch 2 is not.
		assert_ok!(double_block(1, 1, 3, vec![77]));
		assert_eq!(events(), vec![Event::OutOfReach { authority: hot(1), session: 3 }]);
		assert!(Slashes::get().is_empty() && Disabled::get().is_empty());
		assert!(Expelled::get().is_empty() && Notes::get().is_empty());
		assert_ok!(double_block(1, 2, 4, vec![77]));
		assert_eq!(Slashes::get(), vec![(1, TENTH, 2, Some(77))]);
	});
}

#[test]
fn a_session_that_seems_to_be_in_the_future_is_of_now() {
	build_and_execute(|| {
		// Sessions end by slots and epochs by blocks: with slots lost, a session can be ahead.
		assert_ok!(double_block(1, 1, 5, vec![]));
		assert_eq!(Slashes::get(), vec![(1, TENTH, 0, None)]);
	});
}

#[test]
fn an_authority_of_genesis_that_is_no_validator_is_put_out() {
	build_and_execute(|| {
		let offence = DoubleBlock { slot: 9, session: 0, offender: (600, None) };
		assert_ok!(Offences::report_offence(vec![77], offence));
		assert_eq!(Disabled::get(), vec![(600, TENTH)]);
		let expected = Event::Equivocated { authority: 600, validator: None, session: 0, epoch: 0 };
		assert_eq!(events(), vec![expected]);
		assert!(Slashes::get().is_empty() && Expelled::get().is_empty());
		assert_eq!(Records::<Test>::iter().count(), 0);
	});
}

#[test]
fn the_first_reporter_counts_unless_it_is_of_the_own_group() {
	build_and_execute(|| {
		assert_ok!(double_block(1, 1, 0, vec![77, 78]));
		assert_ok!(double_block(2, 2, 0, vec![delegate(2), 78]));
		assert_ok!(double_block(3, 3, 0, vec![]));
		let reporters: Vec<_> = Slashes::get().iter().map(|slash| slash.3).collect();
		assert_eq!(reporters, vec![Some(77), None, None]);
		assert_eq!((reward_of(78), reward_of(delegate(2))), (0, 0));
	});
}

#[test]
fn leaving_after_an_equivocation_does_not_help() {
	build_and_execute(|| {
		go_to_epoch(2);
		exit(1);
		go_to_epoch(10);
		// The number is the one of the session's time, whoever has its keys now.
		assert_ok!(double_block(1, 9, 4, vec![hot(1)]));
		assert_eq!(Slashes::get(), vec![(1, TENTH, 2, None)]);
		assert_eq!(bond_of(1), BOND * 9 / 10);
	});
}

#[test]
fn the_sdks_fractions_do_not_count() {
	build_and_execute(|| {
		let handle = |fraction| {
			let details =
				[OffenceDetails { offender: (hot(1), Some(1)), reporters: Vec::<u64>::new() }];
			<Slashing as OnOffenceHandler<_, _, Weight>>::on_offence(&details, &[fraction], 0)
		};
		for fraction in [Perbill::zero(), Perbill::one()] {
			assert_eq!(handle(fraction), <() as WeightInfo>::on_offence());
			assert_eq!(Slashes::get().last(), Some(&(1, TENTH, 0, None)));
		}
	});
}

#[test]
fn a_handler_weighs_what_it_did() {
	build_and_execute(|| {
		go_to_epoch(40);
		let handle = |details: &[OffenceDetails<u64, Authority<Test>>], session| {
			<Slashing as OnOffenceHandler<_, _, Weight>>::on_offence(details, &[TENTH], session)
		};
		let of = |validator| [OffenceDetails { offender: (600, validator), reporters: vec![] }];
		assert_eq!(handle(&[], 80), Weight::zero());
		assert_eq!(handle(&of(Some(1)), 80), <() as WeightInfo>::on_offence());
		assert_eq!(handle(&of(None), 80), <() as WeightInfo>::on_offence_unidentified());
		assert_eq!(handle(&of(Some(1)), 0), <() as WeightInfo>::on_offence_out_of_reach());
		assert_eq!(Slashes::get().len(), 1);
	});
}
