//! The heartbeat and the settlement of absence: that they work, each error, each event, wrong origins;
//! then attacks, the traits and the invariants.

use crate::{
	mock::{Presence, *},
	*,
};
use frame::testing_prelude::*;
use woppal_protocol::{
	identity::{Offence, RAMP_EPOCHS},
	traits::{OnValidatorExit as _, Presence as _},
};

/// The nodes with these indices.
fn nodes(indices: &[u16]) -> NodeBitmap {
	let mut map = NodeBitmap::default();
	indices.iter().for_each(|index| map.insert(*index));
	map
}

/// Validator 0 answers two whole epochs and is gone from epoch 2 on.
fn present_and_gone() {
	answer(0, 0, 12);
	answer(0, 1, 12);
}

#[docify::export]
#[test]
fn a_heartbeat_counts_once_per_pulse_and_is_free() {
	build_and_execute(|| {
		let hot_key = RuntimeOrigin::signed(100);
		let result = Presence::heartbeat(hot_key.clone(), NodeBitmap::ALL).unwrap();
		assert_eq!(result.pays_fee, Pays::No);
		assert_eq!(Presence::answered(0), 1);
		// The foot of the ramp.
		assert_eq!(Noted::get(), vec![(0, 400, 0)]);

		let again = Presence::heartbeat(hot_key.clone(), NodeBitmap::ALL).unwrap_err();
		assert_eq!(again.error, Error::<Test>::AlreadyAnswered.into());
		assert_eq!(again.post_info.pays_fee, Pays::Yes);

		System::set_block_number(5);
		assert_ok!(Presence::heartbeat(hot_key, NodeBitmap::ALL));
		assert_eq!(Presence::answered(0), 2);
	});
}

#[docify::export]
#[test]
fn anybody_settles_the_absence_of_another() {
	build_and_execute(|| {
		// Two epochs of presence, then thirteen without a heartbeat; the sixteenth is not over.
		answer(0, 0, 12);
		answer(0, 1, 12);
		go_to_epoch(15);
		assert_eq!(Presence::info(0).unwrap().unsettled, 13);

		let result = Presence::settle_absence(RuntimeOrigin::signed(77), 0).unwrap();
		assert_eq!(result.pays_fee, Pays::No);
		assert_eq!(Missed::get(), vec![(0, 13)]);
		assert_eq!(Reported::get(), vec![(0, Offence::Inactivity(3), Some(77))]);
		let info = Presence::info(0).unwrap();
		assert_eq!((info.missed, info.unsettled, info.ramp), (13, 0, Ramp(0)));
	});
}

#[test]
fn the_calls_need_a_signature() {
	build_and_execute(|| {
		present_and_gone();
		go_to_epoch(5);
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(Presence::heartbeat(origin.clone(), NodeBitmap::ALL), BadOrigin);
			assert_noop!(Presence::settle_absence(origin, 0), BadOrigin);
		}
	});
}

#[test]
fn the_calls_have_events() {
	build_and_execute(|| {
		answer(0, 0, 6);
		System::reset_events();
		go_to(190);
		let all = NodeBitmap::ALL;
		Nodes::mutate(|nodes| nodes.insert(0, vec![125]));
		assert_ok!(Presence::heartbeat(RuntimeOrigin::signed(100), all));
		let settled = Event::Settled {
			validator: 0,
			present: true,
			absent: 2,
			missed: 2,
			// Risen once, fallen twice by two.
			ramp: Ramp(0),
		};
		let answered = Event::Answered {
			validator: 0,
			pulse: 38,
			answered: 1,
			multiplier_percent: 125,
			ramp: Ramp(0),
		};
		let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
		assert_eq!(events, vec![settled.into(), answered.into()]);

		go_to_epoch(5);
		System::reset_events();
		assert_ok!(settle(77, 0));
		let settled =
			Event::Settled { validator: 0, present: false, absent: 2, missed: 4, ramp: Ramp(0) };
		assert_eq!(System::events().len(), 1);
		System::assert_last_event(settled.into());
	});
}

#[test]
fn only_hot_keys_of_validators_answer() {
	build_and_execute(|| {
		// 0 is the cold key of validator 0, 106 nobody's key.
		for who in [0, 106] {
			let result = Presence::heartbeat(RuntimeOrigin::signed(who), NodeBitmap::ALL);
			assert_eq!(result.unwrap_err().error, Error::<Test>::NotValidator.into());
		}
		assert_eq!(Records::<Test>::iter().count(), 0);
	});
}

#[test]
fn who_cannot_earn_does_not_answer() {
	build_and_execute(|| {
		assert_noop!(heartbeat(5), Error::<Test>::NotEarning);
		Nodes::mutate(|nodes| nodes.insert(5, vec![100]));
		assert_ok!(heartbeat(5));
		assert_eq!(Noted::get(), vec![(5, 100, 0)]);
	});
}

#[test]
fn only_nodes_that_are_up_count() {
	build_and_execute(|| {
		let beat = |map: &[u16]| {
			Presence::heartbeat(RuntimeOrigin::signed(100), nodes(map))
				.map(|_| ())
				.map_err(|refusal| refusal.error)
		};
		// No node, and only one that the validator has not.
		assert_noop!(beat(&[]), Error::<Test>::NotEarning);
		assert_noop!(beat(&[2, 511]), Error::<Test>::NotEarning);
		assert_ok!(beat(&[1]));
		go_to(5);
		assert_ok!(beat(&[0, 1, 300]));
		assert_eq!(Noted::get(), vec![(0, 100, 0), (0, 400, 0)]);
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
		let record =
			Record { since: 0, epoch: 1, answered: 1, last_pulse: 12, ramp: Ramp(1), missed: 0 };
		assert_eq!(Records::<Test>::get(0), Some(record));
		assert_eq!(Presence::answered(1), 0);
		assert_eq!(Records::<Test>::iter().count(), 1);
	});
}

#[test]
fn half_of_the_pulses_is_presence_and_one_less_is_absence() {
	build_and_execute(|| {
		answer(0, 0, 12);
		answer(0, 1, 6);
		answer(0, 2, 5);
		assert_eq!(Presence::info(0).unwrap().ramp, Ramp(2));
		assert!(Missed::get().is_empty());
		answer(0, 3, 1);
		assert_eq!(Missed::get(), vec![(0, 1)]);
		let info = Presence::info(0).unwrap();
		assert_eq!((info.ramp, info.missed, info.answered), (Ramp(0), 1, 1));
	});
}

#[test]
fn the_ramp_takes_84_epochs_up_and_42_down() {
	build_and_execute(|| {
		for epoch in 0..=u32::from(RAMP_EPOCHS) + 2 {
			answer(0, epoch, 6);
		}
		let ramps: Vec<u8> = Noted::get().iter().map(|(_, _, ramp)| *ramp).collect();
		for (epoch, of_epoch) in ramps.chunks(6).enumerate() {
			let expected = u8::try_from(epoch).unwrap().min(RAMP_EPOCHS);
			assert_eq!(of_epoch, [expected; 6], "it is constant within an epoch");
		}
		let gone = u32::from(RAMP_EPOCHS) + 3;
		go_to_epoch(gone + 41);
		assert_eq!(Presence::info(0).unwrap().ramp, Ramp(2));
		go_to_epoch(gone + 42);
		assert_eq!(Presence::info(0).unwrap().ramp, Ramp(0));
	});
}

#[test]
fn the_first_epoch_counts_for_a_validator_and_never_against_it() {
	build_and_execute(|| {
		// The last pulse of epoch 0: nobody could answer half of its pulses from there.
		go_to(55);
		assert_ok!(heartbeat(0));
		go_to_epoch(1);
		assert_ok!(heartbeat(0));
		let info = Presence::info(0).unwrap();
		assert_eq!((info.ramp, info.missed), (Ramp(0), 0));
		// Half of them from the middle on is presence.
		for block in [30, 35, 40, 45, 50, 55] {
			go_to(block);
			assert_ok!(heartbeat(1));
		}
		go_to_epoch(1);
		assert_eq!(Presence::info(1).unwrap().ramp, Ramp(1));
		// It is excused once: the next epoch counts.
		go_to_epoch(2);
		assert_ok!(heartbeat(0));
		assert_eq!(Missed::get(), vec![(0, 1)]);
	});
}

#[test]
fn ten_missed_epochs_are_free_and_each_further_one_is_an_offence() {
	build_and_execute(|| {
		present_and_gone();
		go_to_epoch(12);
		hypothetically!({
			assert_ok!(heartbeat(0));
			assert_eq!(Missed::get(), vec![(0, 10)]);
			assert!(Reported::get().is_empty());
		});
		Missed::set(vec![]);
		go_to_epoch(13);
		assert_ok!(heartbeat(0));
		assert_eq!(Missed::get(), vec![(0, 11)]);
		// By itself: without a reporter.
		assert_eq!(Reported::get(), vec![(0, Offence::Inactivity(1), None)]);
	});
}

#[test]
fn partial_settlements_add_up_to_one_run() {
	build_and_execute(|| {
		present_and_gone();
		for epoch in [7, 12, 14, 15, 20] {
			go_to_epoch(epoch);
			assert_ok!(settle(77, 0));
			// Nothing more is to be had in this epoch.
			assert_noop!(settle(77, 0), Error::<Test>::NothingMissed);
			go_to(epoch * 60 + 59);
			assert_noop!(settle(78, 0), Error::<Test>::NothingMissed);
		}
		let missed: Vec<_> = Missed::get().into_iter().map(|(_, n)| n).collect();
		assert_eq!(missed, vec![5, 5, 2, 1, 5]);
		let by = |n| (0, Offence::Inactivity(n), Some(77));
		assert_eq!(Reported::get(), vec![by(2), by(1), by(5)]);
		// It comes back in epoch 20 and is present: the run is over.
		answer(0, 20, 6);
		go_to_epoch(31);
		assert_ok!(settle(77, 0));
		assert_eq!(Presence::info(0).unwrap().missed, 10);
		assert_eq!(Reported::get().len(), 3);
	});
}

#[test]
fn a_single_heartbeat_does_not_end_a_run() {
	build_and_execute(|| {
		present_and_gone();
		// One free heartbeat in every tenth epoch, to look alive.
		for epoch in [10, 20, 30] {
			go_to_epoch(epoch);
			assert_ok!(heartbeat(0));
		}
		assert_eq!(Presence::info(0).unwrap().missed, 28);
		let epochs = |report: Report| match report.1 {
			Offence::Inactivity(epochs) => epochs,
			other => panic!("{other:?}"),
		};
		assert_eq!(Reported::get().into_iter().map(epochs).sum::<u32>(), 18);
	});
}

#[test]
fn settlement_needs_a_record_and_an_absence() {
	build_and_execute(|| {
		// Never seen, and no validator at all.
		assert_noop!(settle(77, 1), Error::<Test>::NoRecord);
		assert_noop!(settle(77, 99), Error::<Test>::NoRecord);
		assert_ok!(heartbeat(0));
		// The current epoch is not judged, an epoch of presence gives nothing to settle.
		assert_noop!(settle(77, 0), Error::<Test>::NothingMissed);
		answer_rest_of_epoch_0();
		go_to_epoch(1);
		assert_noop!(settle(77, 0), Error::<Test>::NothingMissed);
		go_to_epoch(2);
		assert_ok!(settle(77, 0));
	});
}

/// Validator 0 answers the eleven pulses after the first.
fn answer_rest_of_epoch_0() {
	for pulse in 1..12 {
		go_to(pulse * 5);
		assert_ok!(heartbeat(0));
	}
}

#[test]
fn a_settlement_that_finds_nothing_pays_and_so_the_free_ones_are_counted() {
	build_and_execute(|| {
		present_and_gone();
		let mut free = 0;
		for block in 120..=300 {
			go_to(block);
			for _ in 0..3 {
				match Presence::settle_absence(RuntimeOrigin::signed(77), 0) {
					Ok(post) => free += u32::from(post.pays_fee == Pays::No),
					Err(refusal) => assert_eq!(refusal.post_info.pays_fee, Pays::Yes),
				}
			}
		}
		// Epochs 2, 3 and 4.
		assert_eq!(free, 3);
	});
}

#[test]
fn settling_before_the_heartbeat_changes_nothing_but_the_reporter() {
	build_and_execute(|| {
		present_and_gone();
		go_to_epoch(16);
		let alone = hypothetically!({
			assert_ok!(heartbeat(0));
			(Records::<Test>::get(0), Noted::get().last().copied(), Missed::get())
		});
		Missed::set(vec![]);
		Reported::set(vec![]);
		// A stranger runs ahead of it.
		assert_ok!(settle(77, 0));
		assert_ok!(heartbeat(0));
		let ahead = (Records::<Test>::get(0), Noted::get().last().copied(), Missed::get());
		assert_eq!(alone, ahead);
		assert_eq!(Reported::get(), vec![(0, Offence::Inactivity(4), Some(77))]);
	});
}

#[test]
fn leaving_is_no_way_around_the_offence() {
	build_and_execute(|| {
		present_and_gone();
		go_to_epoch(40);
		Nodes::mutate(|nodes| nodes.remove(&0));
		Presence::on_validator_exit(0);
		assert_eq!(Reported::get(), vec![(0, Offence::Inactivity(28), None)]);
		assert_noop!(settle(77, 0), Error::<Test>::NoRecord);
	});
}

#[test]
fn an_eternity_of_absence_is_settled_at_once() {
	build_and_execute(|| {
		present_and_gone();
		go_to(u32::MAX);
		assert_ok!(settle(77, 0));
		let missed = u32::MAX / 60 - 2;
		assert_eq!(Missed::get(), vec![(0, missed)]);
		assert_eq!(Reported::get(), vec![(0, Offence::Inactivity(missed - 10), Some(77))]);
		assert_eq!(Presence::info(0).unwrap().ramp, Ramp(0));
	});
}

/// The weight of a refused heartbeat, for which its sender pays.
fn refusal(who: u64, map: NodeBitmap) -> Weight {
	let refusal = Presence::heartbeat(RuntimeOrigin::signed(who), map).unwrap_err();
	assert_eq!(refusal.post_info.pays_fee, Pays::Yes);
	refusal.post_info.actual_weight.expect("a refusal has a weight of its own")
}

/// Refused heartbeats are ordinary paid transactions. On the reference machine one costs its sender the
/// fee of some 0.18 ms of a block's time (5 reads of 25 µs and 50 µs of checks) and that of its length;
/// to fill the 75 % of a block's second that are open to all takes more than 3,000 of them, each with a
/// fee that grows with the fill. Free ones are so few that they leave at least half of a block.
#[test]
fn spamming_costs_the_spammer_and_never_fills_a_block() {
	build_and_execute(|| {
		let weights: frame_system::limits::BlockWeights =
			<Test as frame_system::Config>::BlockWeights::get();
		let class = weights.get(DispatchClass::Normal);
		let room = class.max_total.unwrap().ref_time();
		for n in 0..3 {
			assert_ok!(heartbeat(n));
		}
		// Nobody's key, answered already, the block is full; in the next one, no node is up.
		let mut costs = vec![refusal(106, NodeBitmap::ALL), refusal(100, NodeBitmap::ALL)];
		costs.push(refusal(103, NodeBitmap::ALL));
		go_to(2);
		costs.push(refusal(103, NodeBitmap::default()));
		for cost in costs {
			assert_eq!(cost, <() as WeightInfo>::heartbeat_refused());
			assert!(cost.ref_time() > 100_000_000, "a refusal is paid at its measured weight");
			assert!(room / cost.ref_time() > 3_000, "paid heartbeats that fit a block");
		}
		// What a spammer may claim to be free is capped before anything is written.
		let free = <() as WeightInfo>::heartbeat().ref_time();
		let most = 200;
		assert!(free * most <= weights.max_block.ref_time() / 4, "200 take less than a quarter");
	});
}

#[test]
fn a_call_weighs_what_it_did() {
	build_and_execute(|| {
		let beat = || {
			let post = Presence::heartbeat(RuntimeOrigin::signed(100), NodeBitmap::ALL).unwrap();
			post.actual_weight.unwrap()
		};
		let settle = || {
			let post = Presence::settle_absence(RuntimeOrigin::signed(77), 0).unwrap();
			post.actual_weight.unwrap()
		};
		present_and_gone();
		go_to_epoch(5);
		hypothetically!(assert_eq!(beat(), <() as WeightInfo>::heartbeat()));
		hypothetically!(assert_eq!(settle(), <() as WeightInfo>::settle_absence()));
		go_to_epoch(15);
		hypothetically!(assert_eq!(beat(), <() as WeightInfo>::heartbeat_inactive()));
		hypothetically!(assert_eq!(settle(), <() as WeightInfo>::settle_absence_inactive()));
		let refusal = Presence::settle_absence(RuntimeOrigin::signed(77), 1).unwrap_err();
		let refused = <() as WeightInfo>::settle_absence_refused();
		assert_eq!(refusal.post_info.actual_weight, Some(refused));
	});
}

#[test]
fn a_validator_that_exits_leaves_no_record() {
	build_and_execute(|| {
		assert_ok!(heartbeat(0));
		assert_ok!(heartbeat(1));
		Nodes::mutate(|nodes| nodes.remove(&0));
		Presence::on_validator_exit(0);
		assert_eq!(Presence::answered(0), 0);
		assert_eq!(Presence::info(0), None);
		assert_eq!(Records::<Test>::iter_keys().collect::<Vec<_>>(), vec![1]);
		assert!(Missed::get().is_empty() && Reported::get().is_empty());
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
			let record = Record { answered, last_pulse, ..Record::opened(epoch, last_pulse) };
			Records::<Test>::insert(validator, record);
		};
		breaks(|| put(0, 1, 1, 15), "a pulse is from the future");
		breaks(|| put(0, 2, 0, 14), "an epoch is from the future");
		breaks(|| put(0, 1, 1, 11), "a record's epoch is after its pulse");
		breaks(|| put(0, 0, 1, 12), "a record's epoch is before its pulse");
		breaks(|| put(0, 1, 0, 12), "more pulses were answered than there were");
		breaks(|| put(0, 1, 3, 13), "more pulses were answered than there were");
		breaks(|| put(9, 1, 1, 12), "a record is of a validator that left");
		let change = |change: fn(&mut Record)| {
			let mut record = Record { since: 0, answered: 1, ..Record::opened(1, 12) };
			change(&mut record);
			Records::<Test>::insert(0, record);
		};
		breaks(|| change(|r| r.since = 2), "a record's epoch is before its first");
		breaks(|| change(|r| r.missed = 2), "more epochs were missed than there were");
		breaks(|| change(|r| r.ramp = Ramp(2)), "a ramp is higher than its epochs");
		let count = |block, heartbeats| LastBlock::<Test>::put(BlockCount { block, heartbeats });
		breaks(|| count(71, 1), "a count of heartbeats is from the future");
		breaks(|| count(70, 4), "a block has too many heartbeats");
	});
}
