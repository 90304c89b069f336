//! The evaluation seed.

use super::*;
use crate::{seed_impls::required_contributors, Outputs, SeedState};
use woppal_protocol::research::evaluation_seed;

/// The mock's output of a block.
fn output(block: u32, author: u32) -> [u8; 32] {
	blake2_256(&(block, author).encode())
}

/// Ends the current block, by this author, and goes to the next one.
fn block_by(author: u32) {
	Author::set(Some(author));
	run_to(now() + 1);
}

fn seed(id: ExperimentId) -> SeedState {
	let committed = Research::experiment(&id).unwrap().committed;
	Research::seed_state(&id, committed)
}

#[test]
fn more_than_a_third_and_at_least_three_or_all_must_contribute() {
	for (authorities, required) in [
		(0, 1),
		(1, 1),
		(2, 2),
		(3, 3),
		(4, 3),
		(5, 3),
		(6, 3),
		(8, 3),
		(9, 4),
		(11, 4),
		(12, 5),
		(64, 22),
		(u32::MAX, 1_431_655_766),
	] {
		assert_eq!(required_contributors(authorities), required, "{authorities} authorities");
	}
}

#[test]
fn one_authority_suffices_where_there_is_one() {
	run(|| {
		Authorities::set(1);
		run_to(10);
		let id = commit(0, [1; 4], 1);
		// Block 10 is the commit's, 11 does not count, 12 is the first that does.
		block_by(0);
		block_by(0);
		assert_eq!((now(), seed(id)), (12, SeedState::Pending));
		block_by(0);
		let expected = evaluation_seed(&id, &[output(12, 0)]);
		assert_eq!(seed(id), SeedState::Fixed { seed: expected, prove_until: 12 + EPOCH });
		assert_eq!(Research::experiment(&id).unwrap().prove_until, Some(12 + EPOCH));
	});
}

#[test]
fn three_authorities_must_all_contribute() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		// Blocks 1 and 2 don't count, whoever makes them.
		block_by(2);
		block_by(2);
		block_by(0);
		block_by(1);
		block_by(1);
		assert_eq!((now(), seed(id)), (6, SeedState::Pending));
		block_by(2);
		// All outputs up to the last contributor's enter.
		let outputs = [output(3, 0), output(4, 1), output(5, 1), output(6, 2)];
		let expected = evaluation_seed(&id, &outputs);
		assert_eq!(seed(id), SeedState::Fixed { seed: expected, prove_until: 6 + EPOCH });
	});
}

#[test]
fn of_nine_authorities_four_must_contribute() {
	run(|| {
		Authorities::set(9);
		let id = commit(0, [1; 4], 1);
		for author in [0, 1, 2, 3, 4] {
			block_by(author);
		}
		// Of blocks 3, 4, 5 only: three contributors.
		assert_eq!((now(), seed(id)), (6, SeedState::Pending));
		block_by(2);
		block_by(8);
		let outputs = [output(3, 2), output(4, 3), output(5, 4), output(6, 2), output(7, 8)];
		let expected = evaluation_seed(&id, &outputs);
		assert_eq!(seed(id), SeedState::Fixed { seed: expected, prove_until: 7 + EPOCH });
	});
}

#[test]
fn an_author_counts_once_however_many_blocks_it_makes() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		for _ in 0..8 {
			block_by(1);
		}
		block_by(2);
		assert_eq!(seed(id), SeedState::Pending);
		block_by(0);
		assert!(matches!(seed(id), SeedState::Fixed { .. }));
	});
}

#[test]
fn a_fixed_seed_never_changes() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		fix_seed(id);
		let fixed = seed(id);
		while now() <= 1 + EPOCH {
			// Neither later blocks nor another set size move it.
			Authorities::set(3 + now() % 5);
			run_to(now() + 1);
			assert_eq!(seed(id), fixed);
		}
	});
}

#[test]
fn two_experiments_of_one_block_have_different_seeds() {
	run(|| {
		let (a, b) = (commit(0, [1; 4], 1), commit(1, [1; 4], 2));
		fix_seed(a);
		assert_ne!(Research::experiment(&a).unwrap().seed, Research::experiment(&b).unwrap().seed);
	});
}

#[test]
fn blocks_without_an_output_are_skipped() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		for author in [0, 1, 0, u32::MAX, 1, u32::MAX, 2] {
			block_by(author);
		}
		let outputs = [output(3, 0), output(5, 1), output(7, 2)];
		let expected = evaluation_seed(&id, &outputs);
		assert_eq!(seed(id), SeedState::Fixed { seed: expected, prove_until: 7 + EPOCH });
	});
}

#[test]
fn an_old_entry_of_the_ring_is_not_taken_for_a_new_one() {
	run(|| {
		let ring = Research::ring_length();
		run_to(ring + 5);
		let id = commit(0, [1; 4], 1);
		// Nobody has an output any more; a slot without one is emptied.
		for _ in 0..10 {
			block_by(u32::MAX);
			assert_eq!(seed(id), SeedState::Pending);
		}
		assert!(Outputs::<Test>::iter_values().all(|o| o.block < ring + 5));
		assert!(Outputs::<Test>::iter().count() <= usize::try_from(ring).unwrap());
	});
}

#[test]
fn too_few_contributors_within_the_bound_void_the_experiment() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		// Blocks 3 to 14 count; the third authority is away.
		while now() < 15 {
			assert_eq!(seed(id), SeedState::Pending, "block {}", now());
			assert_noop!(
				Research::expire_experiment(RuntimeOrigin::signed(hot(1)), id),
				E::NotExpired
			);
			block_by(now() % 2);
		}
		assert_eq!(seed(id), SeedState::Never);
		// Too late for the third.
		block_by(2);
		assert_eq!(seed(id), SeedState::Never);
		assert_noop!(Research::proof_facts(&hot(0), &id), E::SeedNeverFixed);
		assert_ok!(Research::expire_experiment(RuntimeOrigin::signed(hot(1)), id));
		assert_eq!(status(id), ExperimentStatus::Void);
		assert_event(Event::ExperimentVoided {
			experiment: id,
			validator: 0,
			project: PROJECT,
			returned: DEPOSIT,
		});
		assert_eq!((total(0), held(0)), (before, 0));
		assert!(Reputations::get().is_empty());
		assert!(Research::open_experiments(0).is_empty());
	});
}

#[test]
fn the_last_block_within_the_bound_still_fixes_it() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		while now() < 14 {
			block_by(now() % 2);
		}
		block_by(2);
		let SeedState::Fixed { prove_until, .. } = seed(id) else { panic!("not fixed") };
		assert_eq!(prove_until, 14 + EPOCH);
		run_to(prove_until);
		assert_ok!(Research::proof_facts(&hot(0), &id));
		conclude(id, 0);
	});
}

#[test]
fn the_ring_serves_every_seed_until_its_deadline_and_longer() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		while now() < 14 {
			block_by(now() % 2);
		}
		block_by(2);
		let lost = 3 + Research::ring_length();
		assert!(lost > 14 + 2 * EPOCH);
		run_to(lost - 1);
		assert!(matches!(seed(id), SeedState::Fixed { .. }));
		run_to(lost);
		assert_eq!(seed(id), SeedState::Lost);
	});
}

#[test]
fn waiting_until_the_ring_has_turned_does_not_save_the_deposit() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		run_to(3 + Research::ring_length());
		assert_eq!(seed(id), SeedState::Lost);
		assert_noop!(Research::proof_facts(&hot(0), &id), E::ProveExpired);
		assert_ok!(Research::expire_experiment(RuntimeOrigin::signed(hot(0)), id));
		assert_eq!(status(id), ExperimentStatus::Forfeited);
		assert_eq!(Burned::get(), DEPOSIT);
	});
}
