//! `start`, `cancel`, `commit`, and how an experiment ends.

use super::*;
use crate::{NotAdoptedReason, RefusalReason};
use woppal_protocol::{
	identity::{Offence, ReputationCause},
	research::{experiment_id, Edge, EdgeKind},
};

#[test]
fn a_start_holds_the_deposit_and_fixes_block_and_best() {
	run(|| {
		run_to(5);
		assert_ok!(start(1, [1, 2, 3, 4]));
		let record = start_record(1, [1, 2, 3, 4]).unwrap();
		assert_eq!((record.started, record.commit_until), (5, 5 + 2 * EPOCH));
		assert_eq!((record.deposit, record.best_at_start), (DEPOSIT, None));
		assert_eq!(held(1), DEPOSIT);
		let blinded = blinded(1, [1, 2, 3, 4]);
		assert_event(Event::Started {
			validator: 1,
			project: PROJECT,
			blinded,
			best_at_start: None,
			commit_until: 45,
		});
		let open = Research::open_starts(1);
		assert_eq!(open.len(), 1);
		assert_eq!((open[0].blinded, open[0].commit_until), (blinded, 45));
		assert_eq!((open[0].started, open[0].deposit), (5, DEPOSIT));
	});
}

#[test]
fn a_start_needs_a_validator_a_project_a_key_and_the_deposit() {
	run(|| {
		let b = blinded(0, [0; 4]);
		// The cold key does not sign work.
		assert_noop!(Research::start(&account(0), PROJECT, b), E::NotAValidator);
		assert_noop!(Research::start(&hot(0), 1, b), E::UnknownProject);
		KeyUsable::set(false);
		assert_noop!(start(0, [0; 4]), E::KeyNotUsable);
		KeyUsable::set(true);
		Validators::mutate(|v| v.insert(7, (account(7), hot(7), None)));
		assert_noop!(start(7, [0; 4]), E::CannotHoldDeposit);
		assert_ok!(start(0, [0; 4]));
		assert_noop!(start(0, [0; 4]), E::DuplicateStart);
	});
}

#[test]
fn eight_are_open_at_most() {
	run(|| {
		for n in 0..7 {
			assert_ok!(start(0, [n, 0, 0, 0]));
		}
		// Committed ones count too.
		let id = commit(0, [7, 0, 0, 0], 1);
		assert_noop!(start(0, [8, 0, 0, 0]), E::TooManyOpen);
		assert_eq!(held(0), 8 * DEPOSIT);
		// Another owner has its own count.
		assert_ok!(start(1, [8, 0, 0, 0]));
		fix_seed(id);
		conclude(id, 3);
		assert_ok!(start(0, [8, 0, 0, 0]));
		assert_noop!(start(0, [9, 0, 0, 0]), E::TooManyOpen);
		assert_ok!(Research::cancel(&hot(0), blinded(0, [8, 0, 0, 0])));
		assert_ok!(start(0, [9, 0, 0, 0]));
	});
}

#[test]
fn cancelling_costs_a_tenth() {
	run(|| {
		assert_ok!(start(0, [1; 4]));
		let b = blinded(0, [1; 4]);
		assert_noop!(Research::cancel(&hot(1), b), E::UnknownStart);
		assert_noop!(Research::cancel(&account(0), b), E::NotAValidator);
		let before = total(0);
		assert_ok!(Research::cancel(&hot(0), b));
		assert_eq!((before - total(0), held(0), Burned::get()), (100, 0, 100));
		assert_event(Event::StartCancelled {
			validator: 0,
			project: PROJECT,
			blinded: b,
			returned: 900,
			burned: 100,
		});
		assert!(Reputations::get().is_empty());
		assert_noop!(Research::cancel(&hot(0), b), E::UnknownStart);
		assert_noop!(try_commit(0, [1; 4], 1), E::UnknownStart);
	});
}

#[test]
fn a_commit_fixes_the_content() {
	run(|| {
		let first = commit(1, [9; 4], 9);
		assert_ok!(start(0, [1, 2, 3, 4]));
		run_to(7);
		let edges = Edges::try_from(vec![
			Edge { kind: EdgeKind::Extends, to: first },
			Edge { kind: EdgeKind::Refutes, to: first },
		])
		.unwrap();
		let id = Research::commit(
			&hot(0),
			PROJECT,
			config([1, 2, 3, 4]),
			H256::zero(),
			artifact(1),
			edges.clone(),
		)
		.unwrap()
		.unwrap();
		let info = Research::experiment(&id).unwrap();
		let root = H256(blake2_256(&[1u8; 8]));
		let genesis = MockNetwork::genesis_hash();
		assert_eq!(id, experiment_id(&genesis, 0, PROJECT, &config([1, 2, 3, 4]), &root, &edges));
		assert_eq!((info.started, info.committed, info.proven), (1, 7, None));
		assert_eq!((info.config, info.artifact), (vec![1, 2, 3, 4], vec![1; 8]));
		assert_eq!((info.artifact_root, info.edges), (root, edges.to_vec()));
		assert_eq!(info.status, ExperimentStatus::Committed);
		assert_event(Event::Committed {
			experiment: id,
			validator: 0,
			project: PROJECT,
			artifact_root: root,
		});
		// The deposit stays until the end.
		assert_eq!(held(0), DEPOSIT);
		assert_eq!(Research::open_experiments(0), vec![id]);
		assert!(Research::open_starts(0).is_empty());
		assert_eq!(start_record(0, [1, 2, 3, 4]), None);
	});
}

#[test]
fn a_reveal_must_match_its_start() {
	run(|| {
		assert_ok!(start(0, [1; 4]));
		let reveal = |who, project, values, salt| {
			Research::commit(&who, project, config(values), salt, artifact(1), Edges::default())
		};
		let salt = H256::zero();
		assert_noop!(reveal(hot(0), PROJECT, [2; 4], salt), E::UnknownStart);
		assert_noop!(reveal(hot(0), PROJECT, [1; 4], H256::repeat_byte(1)), E::UnknownStart);
		assert_noop!(reveal(hot(0), 1, [1; 4], salt), E::UnknownStart);
		assert_noop!(reveal(hot(1), PROJECT, [1; 4], salt), E::UnknownStart);
		assert_noop!(reveal(account(0), PROJECT, [1; 4], salt), E::NotAValidator);
		assert_ok!(reveal(hot(0), PROJECT, [1; 4], salt));
		assert_noop!(reveal(hot(0), PROJECT, [1; 4], salt), E::UnknownStart);
	});
}

#[test]
fn an_artifact_has_the_size_that_the_project_fixes() {
	run(|| {
		assert_ok!(start(0, [1; 4]));
		let salt = H256::zero();
		for bytes in [vec![], vec![1; 4], vec![1; 12]] {
			let artifact = Artifact::try_from(bytes).unwrap();
			assert_noop!(
				Research::commit(
					&hot(0),
					PROJECT,
					config([1; 4]),
					salt,
					artifact,
					Edges::default()
				),
				E::WrongArtifactSize
			);
		}
		assert_noop!(try_commit(0, [1; 4], 255), E::UnusableArtifact);
		assert_ok!(try_commit(0, [1; 4], 1));
	});
}

#[test]
fn an_edge_must_name_an_experiment() {
	run(|| {
		assert_ok!(start(0, [1; 4]));
		let edge = Edge { kind: EdgeKind::Tests, to: H256::repeat_byte(7) };
		let edges = Edges::try_from(vec![edge]).unwrap();
		assert_noop!(
			Research::commit(&hot(0), PROJECT, config([1; 4]), H256::zero(), artifact(1), edges),
			E::UnknownEdge
		);
	});
}

/// Asserts that the reveal is refused for a reason, and costs nothing.
#[track_caller]
fn assert_reveal_refused(validator: ValidatorId, values: [i32; 4], n: u8, reason: RefusalReason) {
	assert_ok!(start(validator, values));
	let (funds, holds) = (total(validator), held(validator));
	let b = blinded(validator, values);
	assert_eq!(try_commit(validator, values, n), Ok(None));
	assert_event(Event::RevealRefused { validator, project: PROJECT, blinded: b, reason });
	assert_eq!((total(validator), held(validator)), (funds, holds - DEPOSIT));
	assert_eq!(start_record(validator, values), None);
}

#[test]
fn a_config_outside_the_schema_is_refused_and_the_deposit_returned() {
	run(|| {
		assert_reveal_refused(0, [1_001, 0, 0, 0], 1, RefusalReason::OutsideSchema);
		assert_reveal_refused(0, [0, -1, 0, 0], 1, RefusalReason::OutsideSchema);
	});
}

#[test]
fn a_config_is_new_for_its_owner() {
	run(|| {
		commit(0, [1; 4], 1);
		assert_reveal_refused(0, [1; 4], 2, RefusalReason::ConfigNotNew);
		// Another owner may try the same config.
		commit(1, [1; 4], 2);
	});
}

#[test]
fn an_artifact_counts_once_whoever_sends_it() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		assert_reveal_refused(0, [2; 4], 1, RefusalReason::ArtifactSeen);
		assert_reveal_refused(1, [3; 4], 1, RefusalReason::ArtifactSeen);
		// Nor when the first one was proven.
		fix_seed(id);
		conclude(id, -100);
		assert_reveal_refused(1, [4; 4], 1, RefusalReason::ArtifactSeen);
		// A refused config is not used up.
		commit(1, [3; 4], 3);
	});
}

#[test]
fn an_artifact_of_one_project_may_be_used_in_another() {
	run(|| {
		commit(0, [1; 4], 1);
		assert_ok!(Research::register_project(RuntimeOrigin::root(), spec(), None));
		let (salt, values) = (H256::zero(), config([1; 4]));
		let b = blind(&MockNetwork::genesis_hash(), 0, 1, &values, &salt);
		assert_ok!(Research::start(&hot(0), 1, b));
		let edges = Edges::default();
		let id = Research::commit(&hot(0), 1, values, salt, artifact(1), edges).unwrap();
		assert!(id.is_some());
	});
}

#[test]
fn proving_finalises_the_metric_and_returns_the_deposit() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		fix_seed(id);
		let seed = Research::experiment(&id).unwrap().seed;
		let at = now();
		conclude(id, -3);
		let info = Research::experiment(&id).unwrap();
		assert_eq!(info.status, ExperimentStatus::Proven { metric: -3 });
		assert_eq!((info.proven, info.seed, info.prove_until), (Some(at), seed, None));
		assert_eq!((total(0), held(0), Burned::get()), (before, 0, 0));
		assert_eq!(Reputations::get(), vec![(0, ReputationCause::Proven)]);
		assert_event(Event::ExperimentProven {
			experiment: id,
			validator: 0,
			project: PROJECT,
			metric: -3,
		});
		assert!(Research::open_experiments(0).is_empty());
		assert_eq!(Research::project(PROJECT).unwrap().proven, 1);

		// Final.
		for outcome in [Outcome::Rejected, Outcome::Verified(Claim::Halted { metric: -9 })] {
			assert_noop!(Research::conclude(&id, outcome), E::AlreadyConcluded);
		}
		assert_noop!(Research::proof_facts(&hot(0), &id), E::AlreadyConcluded);
		assert_noop!(
			Research::expire_experiment(RuntimeOrigin::signed(hot(1)), id),
			E::AlreadyConcluded
		);
	});
}

#[test]
fn what_a_proof_must_say_comes_from_storage() {
	run(|| {
		let id = commit(0, [1; 4], 1);
		assert_noop!(Research::proof_facts(&hot(0), &id), E::SeedNotFixed);
		assert_noop!(Research::conclude(&id, Outcome::Rejected), E::SeedNotFixed);
		fix_seed(id);
		let facts = Research::proof_facts(&hot(0), &id).unwrap();
		let info = Research::experiment(&id).unwrap();
		assert_eq!((facts.project, facts.validator, facts.key), (PROJECT, 0, 0));
		assert_eq!((facts.program, facts.circuit), (spec().program, spec().circuit));
		assert_eq!((facts.artifact_root, Some(facts.seed)), (info.artifact_root, info.seed));
		assert_eq!(facts.max_segments, spec().max_segments);

		assert_noop!(Research::proof_facts(&hot(1), &id), E::NotOwner);
		assert_noop!(Research::proof_facts(&account(0), &id), E::NotAValidator);
		let unknown = H256::repeat_byte(9);
		assert_noop!(Research::proof_facts(&hot(0), &unknown), E::UnknownExperiment);
		assert_noop!(Research::conclude(&unknown, Outcome::Rejected), E::UnknownExperiment);
	});
}

#[test]
fn a_rejected_proof_costs_deposit_and_reputation_and_is_an_offence() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		fix_seed(id);
		assert_ok!(Research::conclude(&id, Outcome::Rejected));
		assert_eq!(status(id), ExperimentStatus::Rejected);
		assert_eq!((before - total(0), held(0), Burned::get()), (DEPOSIT, 0, DEPOSIT));
		assert_eq!(Reputations::get(), vec![(0, ReputationCause::Rejected)]);
		assert_eq!(Reports::get(), vec![(0, Offence::FabricatedExperiment)]);
		assert_event(Event::ExperimentRejected {
			experiment: id,
			validator: 0,
			project: PROJECT,
			burned: DEPOSIT,
		});
		assert!(Boosts::get().is_empty() && Participations::get().is_empty());
		assert_eq!(Research::project(PROJECT).unwrap().best, None);
		assert!(Research::leaderboard(PROJECT, 0).is_empty());
		assert_noop!(
			Research::conclude(&id, Outcome::Verified(Claim::Halted { metric: -9 })),
			E::AlreadyConcluded
		);
	});
}

#[test]
fn a_trap_has_no_metric_and_no_boost() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		fix_seed(id);
		assert_ok!(Research::conclude(&id, Outcome::Verified(Claim::Trapped { cause: 4 })));
		assert_eq!(status(id), ExperimentStatus::Trapped);
		assert_eq!((total(0), held(0)), (before, 0));
		assert_event(Event::ExperimentTrapped {
			experiment: id,
			validator: 0,
			project: PROJECT,
			cause: 4,
		});
		assert!(Boosts::get().is_empty() && Participations::get().is_empty());
		assert!(Reputations::get().is_empty());
		assert_eq!(Research::project(PROJECT).unwrap().proven, 0);
	});
}

#[test]
fn the_deposit_returns_to_the_key_that_paid_it() {
	run(|| {
		let before = total(0);
		let id = commit(0, [1; 4], 1);
		// The hot key is rotated in between.
		Validators::mutate(|v| v.get_mut(&0).unwrap().1 = account(77));
		fix_seed(id);
		assert_noop!(Research::proof_facts(&hot(0), &id), E::NotAValidator);
		assert_ok!(Research::proof_facts(&account(77), &id));
		conclude(id, 0);
		assert_eq!((total(0), held(0)), (before, 0));
	});
}

#[test]
fn the_best_at_start_is_fixed_there() {
	run(|| {
		let best = prove(0, [1; 4], 1, -50);
		assert_ok!(start(1, [2; 4]));
		let better = prove(2, [3; 4], 2, -90);
		let id = try_commit(1, [2; 4], 3).unwrap().unwrap();
		let info = Research::experiment(&id).unwrap();
		assert_eq!(info.best_at_start, Some(best));
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((better, -90)));
		fix_seed(id);
		conclude(id, -40);
		assert_event(Event::NotAdopted {
			by: id,
			of: best,
			reason: NotAdoptedReason::TooManyChangedKeys,
		});
	});
}
