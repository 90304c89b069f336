//! What `prove` must not take. Every case is tried on the same open experiments and taken back; the
//! honest proofs pass in the same block.

use crate::{
	chain::{account_item, item, Attempt, Chain},
	work::{
		info, network, prove, prove_call, Context, Plan, BOND, KEY, MARGIN, MAX_SEGMENTS, MINERS,
		PROJECT,
	},
};
use codec::{Decode, Encode};
use frame_support::traits::fungible::InspectHold;
use pallet_agent_commit::Error as ProveError;
use pallet_research::Error as ResearchError;
use sp_keyring::Sr25519Keyring;
use sp_runtime::Perbill;
use woppal_protocol::{
	identity::{Offence, Reputation, ReputationCause},
	research::ExperimentStatus,
	statement::{Claim, Evaluation, Segment},
	traits::StakeSnapshot,
	ExperimentId, KeyId, H256,
};
use woppal_runtime::{Balances, Runtime, RuntimeEvent, Slashing, Stake};

type AgentError = ProveError<Runtime>;
type LabError = ResearchError<Runtime>;

/// BN254's scalar modulus, little-endian: the first number that is no canonical scalar.
pub(crate) const MODULUS: [u8; 32] = [
	0x01, 0x00, 0x00, 0xf0, 0x93, 0xf5, 0xe1, 0x43, 0x91, 0x70, 0xb9, 0x79, 0x48, 0xe8, 0x33, 0x28,
	0x5d, 0x58, 0x81, 0x81, 0xb6, 0x45, 0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30,
];

/// An experiment with its honest proof.
struct Case {
	plan: Plan,
	id: ExperimentId,
	context: Context,
	honest: Evaluation,
}

impl Case {
	fn new(chain: &mut Chain, plan: Plan, id: ExperimentId) -> Self {
		let context = Context::of(chain, &plan, id);
		let honest = prove(&plan.artifact, context.seed, context);
		Self { plan, id, context, honest }
	}

	fn who(&self) -> Sr25519Keyring {
		self.plan.miner.hot
	}

	/// Tries an evaluation in place of the honest one.
	fn attempt(&self, chain: &mut Chain, evaluation: &Evaluation) -> Attempt {
		let call = prove_call(chain, self.id, evaluation);
		chain.attempt(self.who(), call)
	}

	/// Tries the honest evaluation with one thing changed.
	fn with(&self, chain: &mut Chain, change: impl FnOnce(&mut Evaluation)) -> Attempt {
		let mut evaluation = self.honest.clone();
		change(&mut evaluation);
		self.attempt(chain, &evaluation)
	}

	/// The statement is right, its context digests are not.
	fn with_context(&self, chain: &mut Chain, change: impl FnOnce(&mut Context)) -> Attempt {
		let mut context = self.context;
		change(&mut context);
		let evaluation = prove(&self.plan.artifact, self.context.seed, context);
		assert_eq!(evaluation.final_data, self.honest.final_data, "only the context differs");
		self.attempt(chain, &evaluation)
	}

	/// The attempt was taken for a fabricated experiment, with all that this costs and nothing else.
	#[track_caller]
	fn is_rejected(&self, case: &str, attempt: &Attempt, segment: u32) {
		let (experiment, validator) = (self.id, self.plan.miner.id);
		let deposit = self.deposit();
		let rejected =
			pallet_agent_commit::Event::<Runtime>::ProofRejected { experiment, validator, segment };
		assert!(attempt.has(rejected), "{case}: {:?} {:?}", attempt.result, attempt.events);
		assert!(
			attempt.has(pallet_research::Event::<Runtime>::ExperimentRejected {
				experiment,
				validator,
				project: PROJECT,
				burned: deposit,
			}),
			"{case}"
		);
		let offence = attempt.events.iter().any(|event| {
			matches!(
				event,
				RuntimeEvent::Validators(pallet_validators::Event::OffenceRecorded {
					validator: offender,
					offence: Offence::FabricatedExperiment,
					count: 1,
				}) if *offender == validator
			)
		});
		assert!(offence, "{case}: the offence is recorded");
		// A tenth of the bond, of which nobody gets anything, for the chain found it.
		let slash = BOND / 10;
		let slashed = attempt.events.iter().any(|event| {
			matches!(
				event,
				RuntimeEvent::Slashing(pallet_slashing::Event::Slashed {
					validator: offender,
					offence: Offence::FabricatedExperiment,
					rate,
					own,
					delegated: 0,
					reported: 0,
					reporter: None,
					..
				}) if *offender == validator && *own == slash && *rate == Perbill::from_percent(10)
			)
		});
		assert!(slashed, "{case}: the offence is slashed: {:?}", attempt.events);
		let mut allowed = conclusion_items();
		allowed.extend([
			item("Stake", "Bonds"),
			item("Slashing", "Records"),
			account_item(&self.plan.miner.cold),
		]);
		attempt.changed_only(case, &allowed);
		let (before, after, fee) = (attempt.before, attempt.after, attempt.fee());
		assert_eq!(before.held - after.held, deposit, "{case}: the deposit is gone");
		assert_eq!(before.free - after.free, fee, "{case}: nothing was returned");
		assert_eq!(attempt.burned(), deposit + slash, "{case}");
	}

	fn deposit(&self) -> u128 {
		woppal_protocol::network::Deposits::FAST.start
	}
}

/// Storage that every conclusion changes besides balances.
fn conclusion_items() -> Vec<Vec<u8>> {
	vec![
		item("Research", "Experiments"),
		item("Research", "Open"),
		item("Validators", "Validators"),
		item("Balances", "Holds"),
	]
}

fn flip(proof: &mut Segment, position: usize, mask: u8) {
	let mut bytes = proof.proof.to_vec();
	bytes[position] ^= mask;
	proof.proof = bytes.try_into().unwrap();
}

fn cut(proof: &mut Segment, length: usize) {
	proof.proof.truncate(length);
}

/// Two segments, one segment and a trap of Bob's; one segment of Charlie's.
struct Cases {
	two: Case,
	one: Case,
	trap: Case,
	other: Case,
}

impl Cases {
	fn open(chain: &mut Chain) -> Self {
		let plans = [
			Plan::new(0, 1, -500).two_segments(),
			Plan::new(0, 2, -500),
			Plan::new(0, 3, -500).trapping(),
			Plan::new(1, 4, -500),
		];
		let ids: Vec<_> = plans.iter().map(|plan| plan.open(chain)).collect();
		proving_before_the_seed(chain, &plans[1], ids[1]);
		let [two, one, trap, other] = plans;
		Self {
			two: Case::new(chain, two, ids[0]),
			one: Case::new(chain, one, ids[1]),
			trap: Case::new(chain, trap, ids[2]),
			other: Case::new(chain, other, ids[3]),
		}
	}
}

/// Blocks c, c + 1 and c + 2: the seed is fixed at the end of the last one.
fn proving_before_the_seed(chain: &mut Chain, plan: &Plan, experiment: ExperimentId) {
	let evaluation = Evaluation {
		claim: Claim::Halted { metric: -500 },
		final_data: H256::zero(),
		segments: vec![Segment {
			post_root: H256::zero(),
			proof: vec![0; 128].try_into().unwrap(),
		}]
		.try_into()
		.unwrap(),
	};
	let call = pallet_agent_commit::Call::<Runtime>::prove {
		experiment,
		seed: H256::zero(),
		key: KEY,
		evaluation,
	};
	let committed = chain.number();
	for _ in 0..3 {
		assert_eq!(info(chain, &experiment).seed, None);
		chain
			.attempt(plan.miner.hot, call.clone())
			.is_error("prove before the seed exists", LabError::SeedNotFixed);
		chain.next_block();
	}
	assert_eq!(chain.number(), committed + 3);
	assert!(info(chain, &experiment).seed.is_some());
	chain
		.attempt(plan.miner.hot, call)
		.is_error("a seed that is not its own", AgentError::WrongSeed);
}

#[test]
fn no_forged_proof_passes() {
	let mut chain = network(2);
	let cases = Cases::open(&mut chain);
	the_honest_proofs_pass(&mut chain, &cases);
	no_changed_byte_passes(&mut chain, &cases);
	no_proof_of_something_else_passes(&mut chain, &cases);
	no_other_end_passes(&mut chain, &cases);
	no_other_segments_pass(&mut chain, &cases);
	nothing_malformed_passes(&mut chain, &cases);
	nothing_is_proven_under_other_names(&mut chain, &cases);
	nothing_concluded_is_proven_again(&mut chain, &cases);
	nothing_is_proven_after_the_deadline(&mut chain, &cases.other);
	crate::import::imports_natively(chain.history());
}

fn the_honest_proofs_pass(chain: &mut Chain, cases: &Cases) {
	let Cases { two, one, trap, other } = cases;
	assert_eq!(two.honest.segments.len(), 2);
	assert_eq!(one.honest.segments.len(), 1);
	for case in [two, one, other] {
		assert_eq!(case.honest.claim, Claim::Halted { metric: -500 });
	}
	assert!(matches!(trap.honest.claim, Claim::Trapped { .. }));
	for case in [two, one, trap, other] {
		let attempt = case.attempt(chain, &case.honest);
		assert!(
			attempt.has(pallet_agent_commit::Event::<Runtime>::Proven {
				experiment: case.id,
				validator: case.plan.miner.id,
				claim: case.honest.claim,
				segments: case.honest.segments.len() as u32,
			}),
			"{attempt:?}"
		);
	}
	// The chain builds the last root itself.
	let ignored = one.with(chain, |e| e.segments[0].post_root = H256::repeat_byte(0xff));
	assert_eq!(ignored.result, Ok(()));
	assert!(info_after(&ignored), "the last segment's root is ignored");
}

/// Whether an attempt proved its experiment.
fn info_after(attempt: &Attempt) -> bool {
	attempt.events.iter().any(|event| {
		matches!(event, RuntimeEvent::AgentCommit(pallet_agent_commit::Event::Proven { .. }))
	})
}

fn no_changed_byte_passes(chain: &mut Chain, cases: &Cases) {
	let (mut rejected, mut malformed) = (0, 0);
	for position in 0..128 {
		for mask in [0x01, 0x80] {
			let case = format!("byte {position} of the proof ^ {mask:#x}");
			let attempt = cases.one.with(chain, |e| flip(&mut e.segments[0], position, mask));
			if attempt.result.is_ok() {
				rejected += 1;
				cases.one.is_rejected(&case, &attempt, 0);
			} else {
				malformed += 1;
				attempt.is_error(&case, AgentError::MalformedProof);
			}
		}
	}
	assert!(rejected > 10, "some changed proofs are points again: {rejected}");
	assert!(malformed > 10, "some changed proofs are no points: {malformed}");
	for position in [0, 15, 30] {
		let attempt = cases.two.with(chain, |e| e.segments[0].post_root.0[position] ^= 1);
		cases.two.is_rejected("a byte of a root between segments", &attempt, 0);
		let attempt = cases.one.with(chain, |e| e.final_data.0[position] ^= 1);
		cases.one.is_rejected("a byte of the final data's root", &attempt, 0);
	}
	// The sign of A: a point, but another one.
	let attempt = cases.two.with(chain, |e| flip(&mut e.segments[1], 31, 0x80));
	cases.two.is_rejected("a byte of the second segment's proof", &attempt, 1);
}

fn no_proof_of_something_else_passes(chain: &mut Chain, cases: &Cases) {
	let Cases { two, one, other, .. } = cases;
	// Charlie's proof for Bob's experiment, the same metric, and the other way round.
	let attempt = one.attempt(chain, &other.honest);
	one.is_rejected("the proof of another account", &attempt, 0);
	let attempt = other.attempt(chain, &one.honest);
	other.is_rejected("another account's proof", &attempt, 0);
	let attempt = one.attempt(chain, &two.honest);
	one.is_rejected("the proof of another experiment", &attempt, 0);
	// The statement of this very experiment, proven for a context that differs in one part.
	let genesis = H256::repeat_byte(1);
	let attempt = one.with_context(chain, |c| c.genesis = genesis);
	one.is_rejected("the context of another chain", &attempt, 0);
	let attempt = one.with_context(chain, |c| c.key = 0);
	one.is_rejected("the context of another key", &attempt, 0);
	let attempt = one.with_context(chain, |c| c.validator = other.plan.miner.id);
	one.is_rejected("the context of another account", &attempt, 0);
	let attempt = one.with_context(chain, |c| c.experiment = two.id);
	one.is_rejected("the context of another experiment", &attempt, 0);
	let attempt = one.with_context(chain, |c| c.seed = two.context.seed);
	one.is_rejected("the context of another seed", &attempt, 0);
	let attempt = one.with_context(chain, |c| c.first = 1);
	one.is_rejected("the context of another segment", &attempt, 0);
	// Everything right but for the seed that the evaluator read.
	let evaluation = prove(&one.plan.artifact, two.context.seed, one.context);
	let attempt = one.attempt(chain, &evaluation);
	one.is_rejected("an evaluation of another seed", &attempt, 0);
	let evaluation = prove(&other.plan.artifact, one.context.seed, one.context);
	let attempt = one.attempt(chain, &evaluation);
	one.is_rejected("an evaluation of another artifact", &attempt, 0);
}

fn no_other_end_passes(chain: &mut Chain, cases: &Cases) {
	let Cases { two, one, trap, .. } = cases;
	for metric in [-499, -501, 0, 500, i32::MIN, i32::MAX] {
		let attempt = one.with(chain, |e| e.claim = Claim::Halted { metric });
		one.is_rejected("the right proof with another metric", &attempt, 0);
		let attempt = two.with(chain, |e| e.claim = Claim::Halted { metric });
		two.is_rejected("the right proofs with another metric", &attempt, 1);
	}
	let Claim::Trapped { cause } = trap.honest.claim else { panic!("it traps") };
	for metric in [0, i32::from(cause), -500] {
		let attempt = trap.with(chain, |e| e.claim = Claim::Halted { metric });
		trap.is_rejected("halted, for a trace that trapped", &attempt, 0);
	}
	for code in (1..=8).filter(|code| *code != cause) {
		let attempt = trap.with(chain, |e| e.claim = Claim::Trapped { cause: code });
		trap.is_rejected("another cause", &attempt, 0);
	}
	for code in 1..=8 {
		let attempt = one.with(chain, |e| e.claim = Claim::Trapped { cause: code });
		one.is_rejected("trapped, for a trace that halted", &attempt, 0);
	}
	for code in [0, 9, 255] {
		trap.with(chain, |e| e.claim = Claim::Trapped { cause: code })
			.is_error("a cause that no machine has", AgentError::MalformedClaim);
	}
}

fn no_other_segments_pass(chain: &mut Chain, cases: &Cases) {
	let Cases { two, one, .. } = cases;
	let attempt = two.with(chain, |e| e.segments.truncate(1));
	two.is_rejected("halted, for a trace that has not halted", &attempt, 0);
	let attempt = two.with(chain, |e| {
		e.segments.remove(0);
	});
	two.is_rejected("the second segment alone", &attempt, 0);
	let attempt = two.with(chain, |e| {
		let proofs = [e.segments[1].proof.clone(), e.segments[0].proof.clone()];
		for (segment, proof) in e.segments.iter_mut().zip(proofs) {
			segment.proof = proof;
		}
	});
	two.is_rejected("the segments' proofs exchanged", &attempt, 0);
	let attempt = two.with(chain, |e| e.segments.as_mut().swap(0, 1));
	two.is_rejected("the segments exchanged", &attempt, 0);
	let attempt = two.with(chain, |e| {
		let last = e.segments[1].clone();
		e.segments.try_push(last).unwrap();
	});
	two.is_rejected("a segment too many", &attempt, 2);
	let attempt = two.with(chain, |e| {
		let first = e.segments[0].clone();
		e.segments = vec![first.clone(), first].try_into().unwrap();
	});
	two.is_rejected("the first segment twice", &attempt, 1);
	two.with(chain, |e| e.segments = Default::default())
		.is_error("no segment", AgentError::NoSegments);
	two.with(chain, |e| {
		let segment = e.segments[0].clone();
		e.segments = vec![segment; MAX_SEGMENTS as usize + 1].try_into().unwrap();
	})
	.is_error("more segments than the project allows", AgentError::TooManySegments);
	let attempt = one.with(chain, |e| {
		let segment = e.segments[0].clone();
		e.segments = vec![segment.clone(), segment].try_into().unwrap();
	});
	one.is_rejected("its own segment twice", &attempt, 1);
}

fn nothing_malformed_passes(chain: &mut Chain, cases: &Cases) {
	let Cases { two, one, .. } = cases;
	for root in [MODULUS, [0xff; 32]] {
		two.with(chain, |e| e.segments[0].post_root = H256(root))
			.is_error("a root that is no canonical scalar", AgentError::MalformedInput);
		one.with(chain, |e| e.final_data = H256(root))
			.is_error("a data root that is no canonical scalar", AgentError::MalformedClaim);
	}
	for length in [0, 1, 32, 64, 96, 127] {
		one.with(chain, |e| cut(&mut e.segments[0], length))
			.is_error("a truncated proof", AgentError::MalformedProof);
	}
	for byte in [0x00, 0xff] {
		one.with(chain, |e| e.segments[0].proof = vec![byte; 128].try_into().unwrap())
			.is_error("a proof of equal bytes", AgentError::MalformedProof);
	}
	// Malformed anywhere is an error, even behind a segment that does not hold.
	two.with(chain, |e| {
		flip(&mut e.segments[0], 31, 0x80);
		cut(&mut e.segments[1], 127);
	})
	.is_error("malformed behind invalid", AgentError::MalformedProof);
	// What is longer than its bound is no extrinsic at all.
	let long = (Claim::Halted { metric: 0 }, H256::zero(), vec![(H256::zero(), vec![0u8; 129])]);
	assert!(Evaluation::decode(&mut &long.encode()[..]).is_err(), "an overlong proof");
	let many =
		(Claim::Halted { metric: 0 }, H256::zero(), vec![(H256::zero(), vec![0u8; 128]); 65]);
	assert!(Evaluation::decode(&mut &many.encode()[..]).is_err(), "65 segments");
	let fits =
		(Claim::Halted { metric: 0 }, H256::zero(), vec![(H256::zero(), vec![0u8; 128]); 64]);
	assert!(Evaluation::decode(&mut &fits.encode()[..]).is_ok(), "64 segments");
}

fn nothing_is_proven_under_other_names(chain: &mut Chain, cases: &Cases) {
	let Cases { one, other, .. } = cases;
	let call = |experiment: ExperimentId, seed: H256, key: KeyId| {
		let evaluation = one.honest.clone();
		pallet_agent_commit::Call::<Runtime>::prove { experiment, seed, key, evaluation }
	};
	let (id, seed, who) = (one.id, one.context.seed, one.who());
	chain
		.attempt(who, call(id, other.context.seed, KEY))
		.is_error("another seed", AgentError::WrongSeed);
	chain.attempt(who, call(id, seed, 0)).is_error("another key", AgentError::WrongKey);
	chain.attempt(who, call(id, seed, 77)).is_error("an unknown key", AgentError::WrongKey);
	chain
		.attempt(who, call(H256::repeat_byte(3), seed, KEY))
		.is_error("an unknown experiment", LabError::UnknownExperiment);
	chain
		.attempt(other.who(), call(id, seed, KEY))
		.is_error("another validator", LabError::NotOwner);
	chain
		.attempt(one.plan.miner.cold, call(id, seed, KEY))
		.is_error("the cold key", LabError::NotAValidator);
	chain
		.attempt(Sr25519Keyring::Ferdie, call(id, seed, KEY))
		.is_error("no validator", LabError::NotAValidator);
	chain.scratch(|chain| {
		chain.sudo(pallet_agent_commit::Call::retire_verifying_key { key: KEY });
		chain.attempt(who, call(id, seed, KEY)).is_error("a retired key", AgentError::KeyRetired);
		let start = Plan::new(1, 50, 0).start_call(chain);
		chain
			.attempt(MINERS[1].hot, start)
			.is_error("a start under a retired key", LabError::KeyNotUsable);
	});
	assert!(info_after(&chain.attempt(who, call(id, seed, KEY))), "under its own names it passes");
}

fn nothing_concluded_is_proven_again(chain: &mut Chain, cases: &Cases) {
	let Cases { two, one, trap, .. } = cases;
	let deposit = two.deposit();
	let reputation = |chain: &mut Chain| chain.read(|| record_of(0).reputation);
	let held = |chain: &mut Chain| chain.read(|| held_of(two.who()));
	let (before, held_before) = (reputation(chain), held(chain));

	let call = prove_call(chain, two.id, &two.honest);
	chain.succeed(two.who(), call.clone());
	assert_eq!(info(chain, &two.id).status, ExperimentStatus::Proven { metric: -500 });
	assert_eq!(reputation(chain), ReputationCause::Proven.apply(before));
	assert_eq!(held(chain), held_before - deposit);
	chain.attempt(two.who(), call.clone()).is_error("a replay", LabError::AlreadyConcluded);
	two.with(chain, |e| flip(&mut e.segments[0], 31, 0x80))
		.is_error("a replay with other bytes", LabError::AlreadyConcluded);

	// A trap is a proven outcome without a metric: the deposit returns, nothing else changes.
	let trapped = trap.attempt(chain, &trap.honest);
	trapped.changed_only("a trap", &conclusion_items());
	assert_eq!(trapped.before.held - trapped.after.held, deposit);
	assert_eq!(trapped.after.free + trapped.fee() - trapped.before.free, deposit);
	let before = reputation(chain);
	let call_trap = prove_call(chain, trap.id, &trap.honest);
	chain.succeed(trap.who(), call_trap.clone());
	assert_eq!(info(chain, &trap.id).status, ExperimentStatus::Trapped);
	assert_eq!(reputation(chain), before);
	chain.attempt(trap.who(), call_trap).is_error("a trap's replay", LabError::AlreadyConcluded);

	// A rejection is for good.
	let mut forged = one.honest.clone();
	forged.claim = Claim::Halted { metric: -500 - 1 - MARGIN.cast_signed() };
	let call_forged = prove_call(chain, one.id, &forged);
	chain.succeed(one.who(), call_forged);
	assert_eq!(info(chain, &one.id).status, ExperimentStatus::Rejected);
	assert_eq!(reputation(chain), ReputationCause::Rejected.apply(before));
	assert_eq!(chain.read(|| record_of(0).offences), 1);
	assert_eq!(chain.read(|| Stake::bond(0)), BOND - BOND / 10);
	assert_eq!(chain.read(|| Slashing::info(0)).slashed, BOND / 10);
	one.with(chain, |_| {}).is_error("after a rejection", LabError::AlreadyConcluded);
	chain.next_block();
	chain.attempt(two.who(), call).is_error("a replay a block later", LabError::AlreadyConcluded);
	assert_eq!(chain.read(|| record_of(0).open_experiments), 0);
	assert_eq!(held(chain), 0);
}

fn nothing_is_proven_after_the_deadline(chain: &mut Chain, case: &Case) {
	let until = info(chain, &case.id).prove_until.unwrap();
	let expire = pallet_research::Call::<Runtime>::expire_experiment { experiment: case.id };
	chain.advance_to(until);
	assert!(info_after(&case.attempt(chain, &case.honest)), "the last block");
	let anybody = Sr25519Keyring::Ferdie;
	chain.attempt(anybody, expire.clone()).is_error("not expired yet", LabError::NotExpired);
	chain.next_block();
	case.with(chain, |_| {}).is_error("prove after the deadline", LabError::ProveExpired);

	let before = chain.read(|| (record_of(1).reputation, held_of(case.who())));
	let burned = case.deposit();
	let events = chain.succeed(anybody, expire);
	let forfeited = pallet_research::Event::<Runtime>::ExperimentForfeited {
		experiment: case.id,
		validator: 1,
		project: PROJECT,
		burned,
	};
	assert!(events.contains(&forfeited.into()));
	assert_eq!(info(chain, &case.id).status, ExperimentStatus::Forfeited);
	let after = chain.read(|| (record_of(1).reputation, held_of(case.who())));
	assert_eq!(after.0, ReputationCause::Forfeited.apply(before.0));
	assert_eq!(after.1, before.1 - burned, "an unproven commit loses its deposit");
	assert!(after.0 < Reputation::default());
	case.with(chain, |_| {}).is_error("after it was forfeited", LabError::AlreadyConcluded);
	chain.next_block();
}

fn record_of(validator: u32) -> pallet_validators::Validator<woppal_runtime::AccountId> {
	pallet_validators::Validators::<Runtime>::get(validator).unwrap()
}

fn held_of(who: Sr25519Keyring) -> u128 {
	Balances::balance_on_hold(&pallet_research::HoldReason::Experiment.into(), &who.to_account_id())
}
