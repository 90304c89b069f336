//! What counts in an epoch: pulses, boosts, participation, blocks, exits.

use super::*;
use woppal_protocol::{
	research::{BoostCause, BOOST_CAP_MILLI},
	traits::OnValidatorExit,
};

#[test]
fn pulses_add_their_multiplier_to_the_total() {
	new_test_ext().build_and_execute(|| {
		Emission::note_participation(0);
		Emission::note_pulse(0, 400, TOP);
		Emission::note_pulse(0, 150, TOP);
		let record = Emission::record(0, 0).unwrap();
		assert_eq!((record.answered, record.work), (2, 550 * 840));
		assert_eq!(weight_now(), 550 * 840 * 1_000);
	});
}

#[test]
fn the_ramp_weighs_each_pulse_and_the_total_stays_exact() {
	new_test_ext().build_and_execute(|| {
		Emission::note_participation(0);
		Emission::note_pulse(0, 400, Ramp(0));
		// A tenth of a pulse at the top.
		assert_eq!(weight_now() * 10, WEIGHT);
		Emission::note_boost(0, BoostCause::OwnBest, 200);
		Emission::note_pulse(0, 400, Ramp(1));
		assert_eq!(weight_now(), 400 * (84 + 93) * 1_200);
		Emission::note_participation(1);
		Emission::note_pulse(1, 100, Ramp(83));
		assert_eq!(weight_now(), 400 * (84 + 93) * 1_200 + 100 * 831 * 1_000);
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
		assert_eq!(weight_now() * 10, 2 * WEIGHT * 12);
		Emission::note_pulse(0, 400, TOP);
		assert_eq!(weight_now() * 10, 3 * WEIGHT * 12);
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
fn boosts_end_with_the_epoch_and_stay_known() {
	new_test_ext().build_and_execute(|| {
		work(0, 1);
		Emission::note_boost(0, BoostCause::NetworkBest, 1_000);
		run_to_epoch(1);
		Emission::note_pulse(0, 400, TOP);
		assert_eq!(weight_now(), WEIGHT);
		let bonus = <Emission as WorkLedger>::bonus_milli;
		assert_eq!((bonus(0, 0), bonus(0, 1), bonus(0, 2), bonus(1, 0)), (1_000, 0, 0, 0));
		run_to_epoch(180);
		assert_eq!(bonus(0, 0), 1_000);
		run_to_epoch(181);
		assert_eq!(bonus(0, 0), 0);
	});
}

#[test]
fn participation_counts_the_work_before_it_once() {
	new_test_ext().build_and_execute(|| {
		Emission::note_pulse(0, 400, TOP);
		Emission::note_boost(0, BoostCause::Adopted, 500);
		assert_eq!(weight_now(), 0);
		take_events();
		Emission::note_participation(0);
		assert_eq!(take_events(), vec![Event::Participated { validator: 0, epoch: 0 }]);
		assert_eq!(weight_now() * 10, WEIGHT * 15);
		Emission::note_participation(0);
		assert_eq!(weight_now() * 10, WEIGHT * 15);
		assert_eq!(<Emission as WorkLedger>::last_participation(0), Some(0));
		assert_eq!(<Emission as WorkLedger>::last_participation(1), None);
	});
}

#[test]
fn participation_changes_the_standing() {
	new_test_ext().build_and_execute(|| {
		Emission::note_pulse(3, 400, TOP);
		Emission::note_boost(3, BoostCause::Adopted, 500);
		assert!(Standings::get().is_empty());
		Emission::note_participation(3);
		assert_eq!(Standings::get(), vec![3]);
	});
}

#[test]
fn participation_lasts_for_six_epochs_more() {
	new_test_ext().build_and_execute(|| {
		run_to_epoch(2);
		Emission::note_participation(0);
		for epoch in 3..=8 {
			run_to_epoch(epoch);
			Emission::note_pulse(0, 400, TOP);
			assert_eq!(weight_now(), WEIGHT, "epoch {epoch}");
		}
		run_to_epoch(9);
		Emission::note_pulse(0, 400, TOP);
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
		assert_eq!(weight_now(), WEIGHT);
		assert_eq!(Emission::record(0, 0), None);
		assert_eq!(Records::<Test>::iter().count(), 1);
		assert_eq!(EpochTotals::<Test>::iter().count(), 181);
	});
}

#[test]
fn blocks_count_for_their_authors() {
	new_test_ext().build_and_execute(|| {
		Emission::note_block(0);
		for block in 2..5 {
			System::set_block_number(block);
			Emission::note_block(1);
		}
		let blocks = |v| Emission::record(v, 0).unwrap().blocks;
		assert_eq!((blocks(0), blocks(1), Emission::epoch_total(0).blocks), (1, 3, 4));
		assert_eq!(weight_now(), 0, "blocks weigh nothing");
		// The first block of an epoch counts in it, whether the hook ran before or not.
		System::set_block_number(TIMING.epoch);
		Emission::note_block(1);
		Emission::on_initialize(TIMING.epoch);
		assert_eq!(Emission::record(1, 1).unwrap().blocks, 1);
		assert_eq!(Emission::epoch_total(0).blocks, 4);
	});
}

#[test]
fn counting_a_block_registers_its_weight() {
	new_test_ext().build_and_execute(|| {
		let before = System::block_weight().get(DispatchClass::Mandatory).to_owned();
		Emission::note_block(0);
		let after = System::block_weight().get(DispatchClass::Mandatory).to_owned();
		assert_eq!(after - before, <() as WeightInfo>::note_block());
	});
}

#[test]
fn more_blocks_than_there_were_count_nothing() {
	new_test_ext().build_and_execute(|| {
		// Blocks 0 and 1 of the epoch.
		for _ in 0..10 {
			Emission::note_block(0);
		}
		assert_eq!(Emission::record(0, 0).unwrap().blocks, 2);
		System::set_block_number(2);
		Emission::note_block(1);
		Emission::note_block(2);
		assert_eq!(Emission::record(1, 0).unwrap().blocks, 1);
		assert_eq!(Emission::record(2, 0), None);
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
		assert_eq!(weight_now(), WEIGHT);
		assert_eq!(Emission::epoch_total(0).total_weight, 2 * WEIGHT);
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
