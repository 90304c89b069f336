//! The heartbeat: that it counts, each error, its event, wrong origins; then the traits, the
//! invariants and random sequences.

use crate::{
	mock::{Presence, *},
	*,
};
use frame::testing_prelude::*;
use proptest::prelude::{prop, proptest, ProptestConfig};
use woppal_protocol::traits::{OnValidatorExit as _, Presence as _};

/// A heartbeat of validator `n`, signed by its hot key.
fn heartbeat(n: u64) -> DispatchResultWithPostInfo {
	Presence::heartbeat(RuntimeOrigin::signed(100 + n))
}

fn go_to(block: u32) {
	System::set_block_number(block);
}

#[docify::export]
#[test]
fn a_heartbeat_counts_once_per_pulse_and_is_free() {
	build_and_execute(|| {
		let hot_key = RuntimeOrigin::signed(100);
		let result = Presence::heartbeat(hot_key.clone()).unwrap();
		assert_eq!(result.pays_fee, Pays::No);
		assert_eq!(Presence::answered(0), 1);
		assert_eq!(Noted::get(), vec![(0, 400)]);

		let again = Presence::heartbeat(hot_key.clone()).unwrap_err();
		assert_eq!(again.error, Error::<Test>::AlreadyAnswered.into());
		assert_eq!(again.post_info.pays_fee, Pays::Yes);

		System::set_block_number(5);
		assert_ok!(Presence::heartbeat(hot_key));
		assert_eq!(Presence::answered(0), 2);
	});
}

#[test]
fn a_heartbeat_needs_a_signature() {
	build_and_execute(|| {
		assert_noop!(Presence::heartbeat(RuntimeOrigin::none()), BadOrigin);
		assert_noop!(Presence::heartbeat(RuntimeOrigin::root()), BadOrigin);
	});
}

#[test]
fn a_heartbeat_has_an_event() {
	build_and_execute(|| {
		go_to(67);
		Multipliers::mutate(|multipliers| multipliers.insert(0, Some(125)));
		assert_ok!(heartbeat(0));
		System::assert_last_event(
			Event::Answered { validator: 0, pulse: 13, answered: 1, multiplier_percent: 125 }
				.into(),
		);
	});
}

#[test]
fn only_hot_keys_of_validators_answer() {
	build_and_execute(|| {
		// 0 is the cold key of validator 0, 106 nobody's key.
		for who in [0, 106] {
			assert_noop!(
				Presence::heartbeat(RuntimeOrigin::signed(who)),
				Error::<Test>::NotValidator
			);
		}
	});
}

#[test]
fn who_cannot_earn_does_not_answer() {
	build_and_execute(|| {
		assert_noop!(heartbeat(5), Error::<Test>::NotEarning);
		Multipliers::mutate(|multipliers| multipliers.insert(5, Some(100)));
		assert_ok!(heartbeat(5));
		assert_eq!(Noted::get(), vec![(5, 100)]);
	});
}

#[test]
fn a_pulse_is_answered_once_from_its_first_block_to_its_last() {
	build_and_execute(|| {
		go_to(5);
		assert_ok!(heartbeat(0));
		for block in 5..10 {
			go_to(block);
			assert_noop!(heartbeat(0), Error::<Test>::AlreadyAnswered);
		}
		go_to(10);
		assert_ok!(heartbeat(0));
	});
}

#[test]
fn a_block_takes_so_many_heartbeats_and_the_next_one_again() {
	build_and_execute(|| {
		for n in 0..3 {
			assert_ok!(heartbeat(n));
		}
		assert_noop!(heartbeat(3), Error::<Test>::BlockFull);
		go_to(2);
		assert_ok!(heartbeat(3));
		assert_eq!(LastBlock::<Test>::get(), BlockCount { block: 2, heartbeats: 1 });
	});
}

#[test]
fn refused_heartbeats_take_no_place() {
	build_and_execute(|| {
		assert_ok!(heartbeat(0));
		for _ in 0..5 {
			assert_noop!(heartbeat(0), Error::<Test>::AlreadyAnswered);
			assert_noop!(heartbeat(5), Error::<Test>::NotEarning);
		}
		assert_ok!(heartbeat(1));
		assert_ok!(heartbeat(2));
	});
}

#[test]
fn answers_are_counted_per_epoch() {
	build_and_execute(|| {
		for pulse in 0..12 {
			go_to((pulse * 5).max(1));
			assert_ok!(heartbeat(0));
			assert_eq!(Presence::answered(0), pulse + 1);
		}
		go_to(60);
		assert_eq!(Presence::answered(0), 0);
		assert_ok!(heartbeat(0));
		assert_eq!(Presence::answered(0), 1);
		assert_eq!(Records::<Test>::get(0), Some(Record { epoch: 1, answered: 1, last_pulse: 12 }));
		assert_eq!(Presence::answered(1), 0);
		assert_eq!(Records::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_validator_that_exits_leaves_no_record() {
	build_and_execute(|| {
		assert_ok!(heartbeat(0));
		assert_ok!(heartbeat(1));
		Multipliers::mutate(|multipliers| multipliers.remove(&0));
		Presence::on_validator_exit(0);
		assert_eq!(Presence::answered(0), 0);
		assert_eq!(Records::<Test>::iter_keys().collect::<Vec<_>>(), vec![1]);
	});
}

/// Breaks storage, expects `try_state` to say so, and puts it back.
fn breaks(damage: impl FnOnce(), says: &'static str) {
	hypothetically!({
		damage();
		assert_eq!(Presence::do_try_state(), Err(says.into()));
	});
}

#[test]
fn try_state_finds_what_is_broken() {
	build_and_execute(|| {
		go_to(70);
		let put = |validator, epoch, answered, last_pulse| {
			Records::<Test>::insert(validator, Record { epoch, answered, last_pulse });
		};
		breaks(|| put(0, 1, 1, 15), "a pulse is from the future");
		breaks(|| put(0, 1, 1, 11), "a record's epoch is after its pulse");
		breaks(|| put(0, 0, 1, 12), "a record's epoch is before its pulse");
		breaks(|| put(0, 1, 0, 12), "more pulses were answered than there were");
		breaks(|| put(0, 1, 3, 13), "more pulses were answered than there were");
		breaks(|| put(9, 1, 1, 12), "a record is of a validator that left");
		let count = |block, heartbeats| LastBlock::<Test>::put(BlockCount { block, heartbeats });
		breaks(|| count(71, 1), "a count of heartbeats is from the future");
		breaks(|| count(70, 4), "a block has too many heartbeats");
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	#[test]
	fn no_sequence_answers_more_than_a_pulse_per_pulse(
		steps in prop::collection::vec((0u64..7, 0u32..7), 1..200),
	) {
		build_and_execute(|| {
			let mut seen = std::collections::BTreeSet::new();
			for (who, blocks) in steps {
				go_to(System::block_number() + blocks);
				if heartbeat(who).is_ok() {
					let pulse = System::block_number() / 5;
					assert!(seen.insert((who, pulse)), "{who} answered pulse {pulse} twice");
				}
				Presence::do_try_state().unwrap();
			}
			assert_eq!(Noted::get().len(), seen.len());
		});
	}
}
