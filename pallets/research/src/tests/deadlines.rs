//! Deadlines, to the block.

use super::*;
use woppal_protocol::identity::ReputationCause;

fn expire_start(validator: ValidatorId, values: [i32; 4]) -> DispatchResult {
	let blinded = blinded(validator, values);
	Research::expire_start(RuntimeOrigin::signed(hot(3)), validator, blinded)
}

fn expire(id: ExperimentId) -> DispatchResult {
	Research::expire_experiment(RuntimeOrigin::signed(hot(3)), id)
}

#[test]
fn a_reveal_is_accepted_in_its_last_block_and_not_later() {
	run(|| {
		assert_ok!(start(0, [1; 4]));
		assert_ok!(start(0, [2; 4]));
		let last = 1 + 2 * EPOCH;
		run_to(last);
		assert_noop!(expire_start(0, [1; 4]), E::NotExpired);
		assert_ok!(try_commit(0, [1; 4], 1));
		run_to(last + 1);
		assert_noop!(try_commit(0, [2; 4], 2), E::RevealExpired);
	});
}

#[test]
fn an_expired_start_cannot_be_cancelled() {
	run(|| {
		assert_ok!(start(0, [1; 4]));
		assert_ok!(start(0, [2; 4]));
		run_to(1 + 2 * EPOCH);
		assert_ok!(Research::cancel(&hot(0), blinded(0, [1; 4])));
		run_to(2 + 2 * EPOCH);
		assert_noop!(Research::cancel(&hot(0), blinded(0, [2; 4])), E::RevealExpired);
	});
}

#[test]
fn anybody_cleans_up_an_expired_start() {
	run(|| {
		let before = total(0);
		assert_ok!(start(0, [1; 4]));
		run_to(2 + 2 * EPOCH);
		assert_ok!(expire_start(0, [1; 4]));
		assert_eq!((before - total(0), held(0), Burned::get()), (DEPOSIT, 0, DEPOSIT));
		assert_eq!(Reputations::get(), vec![(0, ReputationCause::Forfeited)]);
		assert_event(Event::StartExpired {
			validator: 0,
			project: PROJECT,
			blinded: blinded(0, [1; 4]),
			burned: DEPOSIT,
		});
		assert!(Research::open_starts(0).is_empty());
		assert_noop!(expire_start(0, [1; 4]), E::UnknownStart);
		assert_noop!(expire_start(1, [1; 4]), E::UnknownStart);
	});
}

#[test]
fn a_proof_is_accepted_in_its_last_block_and_not_later() {
	run(|| {
		let (a, b) = (commit(0, [1; 4], 1), commit(1, [1; 4], 2));
		fix_seed(a);
		let until = Research::experiment(&a).unwrap().prove_until.unwrap();
		// The seed was fixed by block 5: all three authorities made one of blocks 3 to 5.
		assert_eq!(until, 5 + EPOCH);
		run_to(until);
		assert_noop!(expire(a), E::NotExpired);
		assert_ok!(Research::proof_facts(&hot(0), &a));
		conclude(a, 0);
		run_to(until + 1);
		assert_noop!(Research::proof_facts(&hot(1), &b), E::ProveExpired);
		assert_ok!(expire(b));
	});
}

#[test]
fn an_unproven_experiment_forfeits_its_deposit() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		run_to(6 + EPOCH);
		assert_ok!(expire(id));
		assert_eq!(status(id), ExperimentStatus::Forfeited);
		assert_eq!((before - total(0), held(0), Burned::get()), (DEPOSIT, 0, DEPOSIT));
		assert_eq!(Reputations::get(), vec![(0, ReputationCause::Forfeited)]);
		assert!(Reports::get().is_empty());
		assert_event(Event::ExperimentForfeited {
			experiment: id,
			validator: 0,
			project: PROJECT,
			burned: DEPOSIT,
		});
		assert!(Research::open_experiments(0).is_empty());
		assert_noop!(expire(id), E::AlreadyConcluded);
		assert_noop!(Research::proof_facts(&hot(0), &id), E::AlreadyConcluded);
		assert_noop!(expire(H256::zero()), E::UnknownExperiment);
	});
}

#[test]
fn nobody_forfeits_for_a_key_that_governance_retired() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		run_to(6 + EPOCH);
		KeyUsable::set(false);
		assert_ok!(expire(id));
		assert_eq!(status(id), ExperimentStatus::Void);
		assert_eq!((total(0), held(0)), (before, 0));
		assert!(Reputations::get().is_empty());
	});
}

#[test]
fn expiring_needs_a_signature() {
	run(|| {
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(Research::expire_start(origin.clone(), 0, H256::zero()), BadOrigin);
			assert_noop!(Research::expire_experiment(origin, H256::zero()), BadOrigin);
		}
	});
}
