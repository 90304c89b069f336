//! What each call does, and what each refuses.

use crate::{mock::*, Error, Event, KeyBytes, KeyCount, Keys, WeightInfo};
use frame::testing_prelude::*;
use woppal_protocol::{
	research::{Artifact, CircuitId, Config as ExperimentConfig, Edges},
	statement::{Claim, Evaluation},
	traits::{Outcome, ProofFacts, VerifyingKeys},
	ExperimentId, KeyId, H256,
};

const HALTED: Claim = Claim::Halted { metric: -5 };

fn id(n: u8) -> ExperimentId {
	H256::repeat_byte(n)
}

/// Proves; the error without its post-dispatch information.
fn prove(
	who: u64,
	experiment: ExperimentId,
	facts: &ProofFacts,
	evaluation: &Evaluation,
) -> DispatchResult {
	prove_as(who, experiment, facts.seed, facts.key, evaluation)
}

fn prove_as(
	who: u64,
	experiment: ExperimentId,
	seed: H256,
	key: KeyId,
	evaluation: &Evaluation,
) -> DispatchResult {
	AgentCommit::prove(RuntimeOrigin::signed(who), experiment, seed, key, evaluation.clone())
		.map(|_| ())
		.map_err(|e| e.error)
}

/// Asserts that an evaluation is an error that concludes nothing.
#[track_caller]
fn assert_refused(
	experiment: ExperimentId,
	facts: &ProofFacts,
	evaluation: &Evaluation,
	error: Error<Test>,
) {
	assert_noop!(prove(1, experiment, facts, evaluation), error);
	assert_eq!(outcome(experiment), None);
}

/// Asserts that an evaluation is judged a fabrication whose first bad segment is `segment`.
#[track_caller]
fn assert_rejected(
	experiment: ExperimentId,
	facts: &ProofFacts,
	evaluation: &Evaluation,
	segment: u32,
) {
	assert_ok!(prove(1, experiment, facts, evaluation));
	assert_eq!(outcome(experiment), Some(Outcome::Rejected));
	let validator = facts.validator;
	System::assert_last_event(Event::ProofRejected { experiment, validator, segment }.into());
}

#[test]
fn start_cancel_and_commit_reach_the_experiments() {
	run(|| {
		let config = ExperimentConfig::try_from(vec![1, 2]).unwrap();
		let artifact = Artifact::try_from(vec![3, 4]).unwrap();
		assert_ok!(AgentCommit::start(RuntimeOrigin::signed(1), 7, id(1)));
		assert_ok!(AgentCommit::cancel(RuntimeOrigin::signed(2), id(2)));
		assert_ok!(AgentCommit::commit(
			RuntimeOrigin::signed(3),
			8,
			config.clone(),
			id(3),
			artifact.clone(),
			Edges::default()
		));
		assert_eq!(
			Calls::get(),
			vec![
				Seen::Start(1, 7, id(1)),
				Seen::Cancel(2, id(2)),
				Seen::Commit(3, 8, config, id(3), artifact, Edges::default()),
			]
		);
	});
}

#[test]
fn a_reveal_that_a_rule_refuses_is_no_error() {
	run(|| {
		Refuse::set(true);
		assert_ok!(AgentCommit::commit(
			RuntimeOrigin::signed(3),
			8,
			ExperimentConfig::default(),
			id(3),
			Artifact::default(),
			Edges::default()
		));
	});
}

#[test]
fn errors_of_the_experiments_are_passed_on() {
	run(|| {
		let error = DispatchError::Other("not a validator");
		assert_noop!(AgentCommit::start(RuntimeOrigin::signed(100), 0, id(1)), error);
		assert_noop!(AgentCommit::cancel(RuntimeOrigin::signed(100), id(1)), error);
		assert_noop!(
			AgentCommit::commit(
				RuntimeOrigin::signed(100),
				0,
				ExperimentConfig::default(),
				id(1),
				Artifact::default(),
				Edges::default()
			),
			error
		);
		let facts = know(id(1), 1);
		let evaluation = evaluation(&facts, &id(1), 1, HALTED);
		assert_noop!(
			prove(1, id(9), &facts, &evaluation),
			DispatchError::Other("unknown experiment")
		);
		assert_noop!(prove(2, id(1), &facts, &evaluation), DispatchError::Other("not the owner"));
	});
}

#[test]
fn unsigned_and_root_origins_are_refused() {
	run(|| {
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			assert_noop!(AgentCommit::start(origin.clone(), 0, id(1)), BadOrigin);
			assert_noop!(AgentCommit::cancel(origin.clone(), id(1)), BadOrigin);
			assert_noop!(
				AgentCommit::commit(
					origin.clone(),
					0,
					ExperimentConfig::default(),
					id(1),
					Artifact::default(),
					Edges::default()
				),
				BadOrigin
			);
			let facts = know(id(1), 1);
			let evaluation = evaluation(&facts, &id(1), 1, HALTED);
			assert_noop!(AgentCommit::prove(origin, id(1), facts.seed, 0, evaluation), BadOrigin);
		}
		let signed = RuntimeOrigin::signed(1);
		assert_noop!(
			AgentCommit::register_verifying_key(
				signed.clone(),
				CircuitId::Small,
				KeyBytes::default(),
				id(1)
			),
			BadOrigin
		);
		assert_noop!(AgentCommit::retire_verifying_key(signed, 0), BadOrigin);
	});
}

#[test]
fn a_true_evaluation_is_proven_whatever_its_length_and_end() {
	run(|| {
		for (n, segments, claim) in [
			(1, 1, HALTED),
			(2, 2, Claim::Halted { metric: i32::MAX }),
			(3, 64, HALTED),
			(4, 3, Claim::Trapped { cause: 2 }),
		] {
			let facts = know(id(n), 1);
			assert_ok!(prove(1, id(n), &facts, &evaluation(&facts, &id(n), segments, claim)));
			assert_eq!(outcome(id(n)), Some(Outcome::Verified(claim)));
			System::assert_last_event(
				Event::Proven { experiment: id(n), validator: 1, claim, segments }.into(),
			);
		}
	});
}

#[test]
fn the_last_root_is_the_chains_own() {
	run(|| {
		// What the submitter writes there doesn't matter, not even a value that is no scalar.
		let facts = know(id(1), 1);
		let mut evaluation = evaluation(&facts, &id(1), 2, HALTED);
		evaluation.segments[1].post_root = H256::repeat_byte(0xff);
		assert_ok!(prove(1, id(1), &facts, &evaluation));
		assert_eq!(outcome(id(1)), Some(Outcome::Verified(HALTED)));
	});
}

#[test]
fn an_accepted_proof_cannot_be_replayed() {
	run(|| {
		let facts = know(id(1), 1);
		let evaluation = evaluation(&facts, &id(1), 2, HALTED);
		assert_ok!(prove(1, id(1), &facts, &evaluation));
		assert_noop!(prove(1, id(1), &facts, &evaluation), DispatchError::Other("concluded"));
		assert_eq!(outcome(id(1)), Some(Outcome::Verified(HALTED)));
	});
}

#[test]
fn a_rejected_experiment_takes_no_further_proof() {
	run(|| {
		let facts = know(id(1), 1);
		let good = evaluation(&facts, &id(1), 1, HALTED);
		let mut bad = good.clone();
		bad.segments[0].proof[0] ^= 1;
		assert_rejected(id(1), &facts, &bad, 0);
		assert_noop!(prove(1, id(1), &facts, &good), DispatchError::Other("concluded"));
	});
}

#[test]
fn a_changed_byte_of_a_well_formed_proof_is_a_fabrication() {
	run(|| {
		for (n, segment) in [(1, 0), (2, 1), (3, 2)] {
			let facts = know(id(n), 1);
			let mut evaluation = evaluation(&facts, &id(n), 3, HALTED);
			evaluation.segments[usize::from(n) - 1].proof[7] ^= 0x10;
			assert_rejected(id(n), &facts, &evaluation, segment);
		}
	});
}

#[test]
fn another_metric_or_end_is_a_fabrication() {
	run(|| {
		for (n, claim) in [
			(1, Claim::Halted { metric: -6 }),
			(2, Claim::Trapped { cause: 1 }),
			(3, Claim::Halted { metric: 0 }),
		] {
			let facts = know(id(n), 1);
			let mut evaluation = evaluation(&facts, &id(n), 2, HALTED);
			evaluation.claim = claim;
			assert_rejected(id(n), &facts, &evaluation, 1);
		}
		// A trap that is claimed to have halted.
		let facts = know(id(4), 1);
		let mut evaluation = evaluation(&facts, &id(4), 1, Claim::Trapped { cause: 1 });
		evaluation.claim = HALTED;
		assert_rejected(id(4), &facts, &evaluation, 0);
	});
}

#[test]
fn a_proof_of_another_experiment_account_seed_chain_or_key_is_a_fabrication() {
	run(|| {
		// Another experiment, its artifact and seed being equal.
		let facts = know(id(1), 1);
		let evaluation = evaluation(&facts, &id(9), 1, HALTED);
		assert_rejected(id(1), &facts, &evaluation, 0);

		// Another account's.
		let facts = know(id(2), 1);
		let theirs = ProofFacts { validator: 2, ..facts.clone() };
		assert_rejected(id(2), &facts, &self::evaluation(&theirs, &id(2), 1, HALTED), 0);

		// Another seed's.
		let facts = know(id(3), 1);
		let other = ProofFacts { seed: facts.artifact_root, ..facts.clone() };
		assert_rejected(id(3), &facts, &self::evaluation(&other, &id(3), 1, HALTED), 0);

		// Another chain's.
		let facts = know(id(4), 1);
		let evaluation = self::evaluation(&facts, &id(4), 1, HALTED);
		Genesis::set(H256::repeat_byte(0x33));
		assert_rejected(id(4), &facts, &evaluation, 0);

		// Another key's.
		assert_ok!(register(b"Key 1"));
		let facts = know(id(5), 1);
		let evaluation = evaluation_with(&facts, &id(5), 1, HALTED, 1);
		assert_rejected(id(5), &facts, &evaluation, 0);

		// Another artifact's or program's.
		let facts = know(id(6), 1);
		let other = ProofFacts { artifact_root: facts.seed, ..facts.clone() };
		assert_rejected(id(6), &facts, &self::evaluation(&other, &id(6), 1, HALTED), 0);
		let facts = know(id(7), 1);
		let mut other = facts.clone();
		other.program.entry_pc += 1;
		assert_rejected(id(7), &facts, &self::evaluation(&other, &id(7), 1, HALTED), 0);
	});
}

#[test]
fn segments_cannot_be_swapped_dropped_or_repeated() {
	run(|| {
		let facts = know(id(1), 1);
		let mut swapped = evaluation(&facts, &id(1), 3, HALTED);
		let first = swapped.segments[0].proof.clone();
		swapped.segments[0].proof = swapped.segments[1].proof.clone();
		swapped.segments[1].proof = first;
		assert_rejected(id(1), &facts, &swapped, 0);

		let facts = know(id(2), 1);
		let mut dropped = evaluation(&facts, &id(2), 3, HALTED);
		dropped.segments.remove(1);
		assert_rejected(id(2), &facts, &dropped, 1);

		let facts = know(id(3), 1);
		let mut repeated = evaluation(&facts, &id(3), 2, HALTED);
		let again = repeated.segments[1].clone();
		repeated.segments.try_push(again).unwrap();
		// It starts from the end, where another proof would be needed.
		assert_rejected(id(3), &facts, &repeated, 2);

		// A run that did not halt: only its first segments.
		let facts = know(id(4), 1);
		let mut cut = evaluation(&facts, &id(4), 3, HALTED);
		cut.segments.truncate(2);
		assert_rejected(id(4), &facts, &cut, 1);
	});
}

#[test]
fn another_root_between_is_a_fabrication() {
	run(|| {
		let facts = know(id(1), 1);
		let mut evaluation = evaluation(&facts, &id(1), 2, HALTED);
		evaluation.segments[0].post_root = facts.seed;
		assert_rejected(id(1), &facts, &evaluation, 0);
	});
}

#[test]
fn what_is_named_must_be_what_storage_has() {
	run(|| {
		let facts = know(id(1), 1);
		let evaluation = evaluation(&facts, &id(1), 1, HALTED);
		let wrong = ProofFacts { seed: id(7), ..facts.clone() };
		assert_refused(id(1), &wrong, &evaluation, Error::WrongSeed);
		let wrong = ProofFacts { key: 1, ..facts.clone() };
		assert_refused(id(1), &wrong, &evaluation, Error::WrongKey);
	});
}

#[test]
fn a_retired_or_missing_key_is_a_plain_error() {
	run(|| {
		let facts = know(id(1), 1);
		let evaluation = evaluation(&facts, &id(1), 1, HALTED);
		assert_ok!(AgentCommit::retire_verifying_key(RuntimeOrigin::root(), 0));
		assert_refused(id(1), &facts, &evaluation, Error::KeyRetired);

		let facts = ProofFacts { key: 5, ..facts };
		Known::mutate(|known| known.get_mut(&id(1)).unwrap().facts = facts.clone());
		assert_refused(id(1), &facts, &evaluation, Error::UnknownKey);
	});
}

#[test]
fn a_key_of_another_circuit_is_a_plain_error() {
	run(|| {
		let facts = ProofFacts { circuit: CircuitId::Standard, ..know(id(1), 1) };
		Known::mutate(|known| known.get_mut(&id(1)).unwrap().facts = facts.clone());
		let evaluation = evaluation(&facts, &id(1), 1, HALTED);
		assert_refused(id(1), &facts, &evaluation, Error::UnfitKey);
	});
}

#[test]
fn the_number_of_segments_is_bounded() {
	run(|| {
		let facts = ProofFacts { max_segments: 2, ..know(id(1), 1) };
		Known::mutate(|known| known.get_mut(&id(1)).unwrap().facts = facts.clone());
		let none = evaluation(&facts, &id(1), 0, HALTED);
		assert_refused(id(1), &facts, &none, Error::NoSegments);
		let three = evaluation(&facts, &id(1), 3, HALTED);
		assert_refused(id(1), &facts, &three, Error::TooManySegments);
		assert_ok!(prove(1, id(1), &facts, &evaluation(&facts, &id(1), 2, HALTED)));
	});
}

#[test]
fn malformed_input_is_a_plain_error_wherever_it_is() {
	run(|| {
		let facts = know(id(1), 1);
		let good = evaluation(&facts, &id(1), 3, HALTED);
		for segment in 0..3 {
			let mut short = good.clone();
			short.segments[segment].proof.truncate(127);
			assert_refused(id(1), &facts, &short, Error::MalformedProof);
			let mut empty = good.clone();
			empty.segments[segment].proof.clear();
			assert_refused(id(1), &facts, &empty, Error::MalformedProof);
			let mut off_curve = good.clone();
			off_curve.segments[segment].proof[100] = 1;
			assert_refused(id(1), &facts, &off_curve, Error::MalformedProof);
		}
		for segment in 0..2 {
			let mut not_canonical = good.clone();
			not_canonical.segments[segment].post_root = H256::repeat_byte(0xff);
			assert_refused(id(1), &facts, &not_canonical, Error::MalformedInput);
		}
		let mut data = good.clone();
		data.final_data = H256::repeat_byte(0xff);
		assert_refused(id(1), &facts, &data, Error::MalformedClaim);
		let mut cause = good.clone();
		cause.claim = Claim::Trapped { cause: 255 };
		assert_refused(id(1), &facts, &cause, Error::MalformedClaim);
		assert_ok!(prove(1, id(1), &facts, &good));
	});
}

#[test]
fn malformed_input_after_a_false_proof_is_still_a_plain_error() {
	run(|| {
		let facts = know(id(1), 1);
		let mut evaluation = evaluation(&facts, &id(1), 2, HALTED);
		evaluation.segments[0].proof[0] ^= 1;
		evaluation.segments[1].proof.truncate(5);
		assert_refused(id(1), &facts, &evaluation, Error::MalformedProof);
	});
}

#[test]
fn a_true_evaluation_does_not_pay_for_the_checks_of_a_false_one() {
	run(|| {
		let facts = know(id(1), 1);
		let good = evaluation(&facts, &id(1), 3, HALTED);
		let mut bad = good.clone();
		bad.segments[1].proof[0] ^= 1;
		let call = |evaluation: Evaluation| {
			let (experiment, seed, key) = (id(1), facts.seed, 0);
			RuntimeCall::from(crate::Call::prove { experiment, seed, key, evaluation })
		};
		let paid =
			|evaluation| call(evaluation).dispatch(RuntimeOrigin::signed(1)).unwrap().actual_weight;
		let (proven, rejected) =
			(<() as WeightInfo>::prove(3), <() as WeightInfo>::prove_rejected(3));
		assert!(rejected.ref_time() > proven.ref_time());
		assert_eq!(call(good.clone()).get_dispatch_info().call_weight, proven.max(rejected));
		assert_eq!(paid(bad), None);
		know(id(1), 1);
		assert_eq!(paid(good), Some(proven));
	});
}

#[test]
fn what_was_not_verified_is_refunded() {
	run(|| {
		let facts = know(id(1), 1);
		let evaluation = evaluation(&facts, &id(1), 3, HALTED);
		let error =
			AgentCommit::prove(RuntimeOrigin::signed(1), id(1), id(7), 0, evaluation).unwrap_err();
		assert_eq!(error.post_info.actual_weight, Some(<() as WeightInfo>::prove(0)));
	});
}

fn register(key: &[u8]) -> DispatchResult {
	let key = KeyBytes::try_from(key.to_vec()).unwrap();
	AgentCommit::register_verifying_key(RuntimeOrigin::root(), CircuitId::Standard, key, id(8))
}

#[test]
fn keys_are_registered_and_retired() {
	run(|| {
		assert_ok!(register(b"Key 1"));
		System::assert_last_event(
			Event::VerifyingKeyRegistered {
				key: 1,
				circuit: CircuitId::Standard,
				hash: H256(blake2_256(b"Key 1")),
				transcript: id(8),
			}
			.into(),
		);
		let record = Keys::<Test>::get(1).unwrap();
		assert_eq!(record.prepared.to_vec(), b"prepared Key 1");
		assert_eq!((record.transcript, KeyCount::<Test>::get()), (id(8), 2));
		assert!(AgentCommit::is_usable(1, CircuitId::Standard));
		assert!(!AgentCommit::is_usable(1, CircuitId::Small));
		assert!(!AgentCommit::is_usable(2, CircuitId::Standard));

		assert_ok!(AgentCommit::retire_verifying_key(RuntimeOrigin::root(), 1));
		System::assert_last_event(Event::VerifyingKeyRetired { key: 1 }.into());
		assert!(!AgentCommit::is_usable(1, CircuitId::Standard));
		let root = RuntimeOrigin::root;
		assert_noop!(AgentCommit::retire_verifying_key(root(), 1), Error::<Test>::AlreadyRetired);
		assert_noop!(AgentCommit::retire_verifying_key(root(), 2), Error::<Test>::UnknownKey);
	});
}

#[test]
fn a_key_id_is_never_reused() {
	run(|| {
		assert_ok!(AgentCommit::retire_verifying_key(RuntimeOrigin::root(), 0));
		assert_ok!(register(b"Key 0"));
		assert!(Keys::<Test>::get(0).unwrap().retired);
		assert!(AgentCommit::is_usable(1, CircuitId::Standard));
		KeyCount::<Test>::put(KeyId::MAX);
		assert_noop!(register(b"Key 1"), Error::<Test>::TooManyKeys);
		KeyCount::<Test>::put(2);
	});
}

#[test]
fn unsound_keys_are_refused() {
	run(|| {
		assert_noop!(register(b""), Error::<Test>::MalformedKey);
		assert_noop!(register(b"xyz"), Error::<Test>::MalformedKey);
		assert_noop!(register(b"G"), Error::<Test>::DegenerateKey);
		assert_noop!(register(b"A"), Error::<Test>::WrongKeyArity);
		assert_noop!(register(b"L"), Error::<Test>::KeyTooLong);
	});
}

#[test]
fn a_live_chain_takes_no_development_key() {
	run(|| {
		assert_ok!(register(b"D"));
		Live::set(true);
		assert_noop!(register(b"D"), Error::<Test>::DevelopmentKey);
		assert_ok!(register(b"K"));
	});
}

#[test]
fn genesis_keys_have_ids_in_order() {
	Live::set(false);
	build(vec![b"Key a".to_vec(), b"D".to_vec()]).execute_with(|| {
		assert_eq!(AgentCommit::verifying_keys(), 2);
		assert_eq!(Keys::<Test>::get(0).unwrap().prepared.to_vec(), b"prepared Key a");
		assert_eq!(Keys::<Test>::get(1).unwrap().prepared.to_vec(), b"prepared D");
	});
}

#[test]
#[should_panic(expected = "DevelopmentKey")]
fn a_live_genesis_refuses_a_development_key() {
	Live::set(true);
	build(vec![b"D".to_vec()]);
}

#[test]
#[should_panic(expected = "a verifying key is refused")]
fn genesis_refuses_an_unsound_key() {
	Live::set(false);
	build(vec![b"G".to_vec()]);
}

#[test]
#[should_panic(expected = "longer than 1024 bytes")]
fn genesis_refuses_a_long_key() {
	Live::set(false);
	build(vec![vec![b'K'; 1025]]);
}
