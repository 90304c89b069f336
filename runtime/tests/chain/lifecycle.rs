//! Starts, commits, deadlines and deposits on the real chain.

use crate::{
	chain::{account_item, item, Attempt, Chain},
	work::{info, network, Plan, BOND, KEY, MINERS, PROJECT},
};
use frame_support::traits::fungible::InspectHold;
use pallet_research::RefusalReason;
use sp_keyring::Sr25519Keyring::{self, Alice, Ferdie};
use sp_runtime::DispatchError;
use woppal_protocol::{
	identity::ReputationCause,
	network::Deposits,
	research::{CircuitId, ExperimentStatus},
	time::Timing,
	H256, WOPPAL,
};
use woppal_runtime::{Balances, Network, Runtime, RuntimeCall, RuntimeEvent};
use woppal_zkwasm::development::{DEVELOPMENT_SMALL, DEVELOPMENT_STANDARD};

type LabError = pallet_research::Error<Runtime>;

/// Storage that a start's end changes besides balances.
fn start_items() -> Vec<Vec<u8>> {
	vec![
		item("Research", "Starts"),
		item("Research", "Open"),
		item("Validators", "Validators"),
		item("Balances", "Holds"),
	]
}

fn held(chain: &mut Chain, who: Sr25519Keyring) -> u128 {
	chain.read(|| {
		Balances::balance_on_hold(
			&pallet_research::HoldReason::Experiment.into(),
			&who.to_account_id(),
		)
	})
}

fn reputation(chain: &mut Chain, validator: u32) -> woppal_protocol::identity::Reputation {
	chain.read(|| pallet_validators::Validators::<Runtime>::get(validator).unwrap().reputation)
}

/// Starts the plan, tries its commit: it is refused for this reason, its deposit returned.
#[track_caller]
fn is_refused(chain: &mut Chain, plan: &Plan, reason: RefusalReason) -> Attempt {
	plan.start(chain);
	let attempt = chain.attempt(plan.miner.hot, plan.commit_call());
	let refused = attempt.events.iter().any(|event| {
		matches!(
			event,
			RuntimeEvent::Research(pallet_research::Event::RevealRefused {
				validator, project: PROJECT, reason: why, ..
			}) if *validator == plan.miner.id && *why == reason
		)
	});
	assert!(refused, "{attempt:?}");
	attempt.changed_only("a refused reveal", &start_items());
	let deposit = Deposits::FAST.start;
	assert_eq!(attempt.before.held - attempt.after.held, deposit);
	assert_eq!(attempt.after.free + attempt.fee() - attempt.before.free, deposit);
	assert_eq!(attempt.burned(), 0);
	chain.succeed(plan.miner.hot, plan.commit_call());
	attempt
}

#[test]
fn an_artifact_counts_once_whoever_sends_it() {
	let mut chain = network(2);
	let first = Plan::new(0, 1, -5);
	let id = first.open(&mut chain);
	let other_config = [9; crate::work::CONFIG_KEYS];

	let mut again = Plan::new(0, 2, -5).with_config(&other_config);
	again.artifact = first.artifact.clone();
	is_refused(&mut chain, &again, RefusalReason::ArtifactSeen);
	let mut stolen = Plan::new(1, 3, -5);
	stolen.artifact = first.artifact.clone();
	is_refused(&mut chain, &stolen, RefusalReason::ArtifactSeen);
	chain.next_block();
	is_refused(&mut chain, &stolen, RefusalReason::ArtifactSeen);

	let repeated = Plan::new(0, 4, -5).with_config(&first.config);
	is_refused(&mut chain, &repeated, RefusalReason::ConfigNotNew);
	let outside = Plan::new(0, 5, -5).with_config(&[101; crate::work::CONFIG_KEYS]);
	is_refused(&mut chain, &outside, RefusalReason::OutsideSchema);
	let short = Plan::new(0, 6, -5).with_config(&[1]);
	is_refused(&mut chain, &short, RefusalReason::OutsideSchema);
	// The same config from another owner, with an artifact of its own, is an experiment.
	let same_config = Plan::new(1, 7, -5).with_config(&first.config);
	same_config.open(&mut chain);

	assert_eq!(info(&mut chain, &id).status, ExperimentStatus::Committed);
	let deposit = Deposits::FAST.start;
	assert_eq!(
		(held(&mut chain, MINERS[0].hot), held(&mut chain, MINERS[1].hot)),
		(deposit, deposit)
	);
	chain.next_block();
}

#[test]
fn a_reveal_must_match_its_start() {
	let mut chain = network(2);
	let plan = Plan::new(0, 1, -5);
	let (bob, commit) = (plan.miner.hot, plan.commit_call());
	chain.attempt(bob, commit.clone()).is_error("no start", LabError::UnknownStart);
	plan.start(&mut chain);
	let mut other = plan.clone();
	other.salt = H256::repeat_byte(0xaa);
	chain.attempt(bob, other.commit_call()).is_error("another salt", LabError::UnknownStart);
	let other = plan.clone().with_config(&[3; crate::work::CONFIG_KEYS]);
	chain.attempt(bob, other.commit_call()).is_error("another config", LabError::UnknownStart);
	chain
		.attempt(MINERS[1].hot, commit.clone())
		.is_error("another validator", LabError::UnknownStart);
	let mut long = plan.clone();
	long.artifact.push(0);
	chain.attempt(bob, long.commit_call()).is_error("too long", LabError::WrongArtifactSize);
	let again = plan.start_call(&mut chain);
	chain.attempt(bob, again).is_error("the same start twice", LabError::DuplicateStart);
	let start = Plan::new(0, 2, 0).start_call(&mut chain);
	chain.attempt(Ferdie, start).is_error("no validator", LabError::NotAValidator);
	let elsewhere =
		pallet_agent_commit::Call::<Runtime>::start { project: 7, blinded: H256::zero() };
	chain.attempt(bob, elsewhere).is_error("no project", LabError::UnknownProject);
	plan.commit(&mut chain);
	chain.attempt(bob, commit).is_error("committed already", LabError::UnknownStart);
	chain.next_block();
}

#[test]
fn a_start_that_is_not_committed_in_time_loses_its_deposit() {
	let mut chain = network(1);
	let bob = MINERS[0].hot;
	let deposit = Deposits::FAST.start;
	let (late, cancelled) = (Plan::new(0, 1, -5), Plan::new(0, 2, -5));
	late.start(&mut chain);
	cancelled.start(&mut chain);
	let started = chain.number();
	assert_eq!(held(&mut chain, bob), 2 * deposit);

	let genesis = crate::work::genesis_hash(&mut chain);
	let cancel =
		pallet_agent_commit::Call::<Runtime>::cancel { blinded: cancelled.blinded(&genesis) };
	let attempt = chain.attempt(bob, cancel.clone());
	attempt.changed_only("a cancelled start", &start_items());
	assert_eq!(attempt.burned(), deposit / 10);
	chain.succeed(bob, cancel);
	assert_eq!(held(&mut chain, bob), deposit);

	let blinded = late.blinded(&genesis);
	let expire = pallet_research::Call::<Runtime>::expire_start { validator: 0, blinded };
	chain.advance_to(started + 2 * Timing::FAST.epoch);
	chain.attempt(Ferdie, expire.clone()).is_error("may still commit", LabError::NotExpired);
	assert_eq!(chain.attempt(bob, late.commit_call()).result, Ok(()), "the last block");
	chain.next_block();
	chain.attempt(bob, late.commit_call()).is_error("too late", LabError::RevealExpired);
	let before = reputation(&mut chain, 0);
	let attempt = chain.attempt(Ferdie, expire.clone());
	attempt.changed_only("an expired start", &[start_items(), vec![account_item(&bob)]].concat());
	assert_eq!(attempt.burned(), deposit);
	chain.succeed(Ferdie, expire);
	assert_eq!(held(&mut chain, bob), 0);
	assert_eq!(reputation(&mut chain, 0), ReputationCause::Forfeited.apply(before));
	chain.next_block();
	crate::import::imports_natively(chain.history());
}

#[test]
fn a_commit_that_is_not_proven_in_time_loses_its_deposit() {
	let mut chain = network(1);
	let plan = Plan::new(0, 1, -5);
	let bob = plan.miner.hot;
	let deposit = Deposits::FAST.start;
	let id = plan.open(&mut chain);
	let committed = chain.number();
	let expire = pallet_research::Call::<Runtime>::expire_experiment { experiment: id };
	chain.attempt(Ferdie, expire.clone()).is_error("no seed yet", LabError::NotExpired);

	// One authority's block fixes the seed: the second one after the commit's.
	chain.advance_to(committed + 3);
	let until = info(&mut chain, &id).prove_until.expect("the seed is fixed");
	assert!(until >= committed + 2 + Timing::FAST.epoch, "a prover has an epoch at least");
	chain.advance_to(until);
	chain.attempt(Ferdie, expire.clone()).is_error("the last block", LabError::NotExpired);
	chain.next_block();
	let before = reputation(&mut chain, 0);
	let attempt = chain.attempt(Ferdie, expire.clone());
	assert_eq!(attempt.burned(), deposit);
	chain.succeed(Ferdie, expire.clone());
	assert_eq!(info(&mut chain, &id).status, ExperimentStatus::Forfeited);
	assert_eq!(held(&mut chain, bob), 0);
	assert_eq!(reputation(&mut chain, 0), ReputationCause::Forfeited.apply(before));
	chain.attempt(Ferdie, expire).is_error("forfeited already", LabError::AlreadyConcluded);
	chain.next_block();
	crate::import::imports_natively(chain.history());
}

#[test]
fn a_retired_key_voids_what_nobody_can_prove_any_more() {
	let mut chain = network(1);
	let plan = Plan::new(0, 1, -5);
	let id = plan.open(&mut chain);
	chain.next_block();
	chain.sudo(pallet_agent_commit::Call::retire_verifying_key { key: KEY });
	let start = Plan::new(0, 2, -5).start_call(&mut chain);
	chain.attempt(plan.miner.hot, start).is_error("a retired key", LabError::KeyNotUsable);
	let before = reputation(&mut chain, 0);
	chain.advance_to(chain.number() + 2);
	let until = info(&mut chain, &id).prove_until.expect("the seed is fixed");
	chain.advance_to(until + 1);
	chain.succeed(Ferdie, pallet_research::Call::expire_experiment { experiment: id });
	assert_eq!(info(&mut chain, &id).status, ExperimentStatus::Void);
	assert_eq!((held(&mut chain, plan.miner.hot), reputation(&mut chain, 0)), (0, before));
	chain.next_block();
}

type KeyError = pallet_agent_commit::Error<Runtime>;

fn register(circuit: CircuitId, key: &[u8]) -> RuntimeCall {
	pallet_agent_commit::Call::register_verifying_key {
		circuit,
		key: key.to_vec().try_into().unwrap(),
		transcript: H256::zero(),
	}
	.into()
}

/// Registrations of keys that no setup makes, each with its error.
fn unsound_keys() -> Vec<(RuntimeCall, DispatchError)> {
	// α, β, γ, δ, the number of input points, the input points.
	let change = |what: fn(&mut Vec<u8>)| {
		let mut key = DEVELOPMENT_STANDARD.to_vec();
		what(&mut key);
		register(CircuitId::Standard, &key)
	};
	let off_curve = change(|key| key[..32].fill(0xff));
	let identity = change(|key| {
		key[..32].fill(0);
		key[31] = 0x40;
	});
	let gamma_is_delta = change(|key| key.copy_within(96..160, 160));
	let repeated = change(|key| key.copy_within(232..264, 264));
	let three_inputs = change(|key| {
		key[224] -= 1;
		key.truncate(key.len() - 32);
	});
	vec![
		(change(|key| key.truncate(key.len() - 1)), KeyError::MalformedKey.into()),
		(change(Vec::clear), KeyError::MalformedKey.into()),
		(off_curve, KeyError::MalformedKey.into()),
		(identity, KeyError::DegenerateKey.into()),
		(gamma_is_delta, KeyError::DegenerateKey.into()),
		(repeated, KeyError::DegenerateKey.into()),
		(three_inputs, KeyError::WrongKeyArity.into()),
	]
}

#[test]
fn only_governance_registers_keys_and_projects() {
	let mut chain = network(0);
	let calls: [RuntimeCall; 3] = [
		register(CircuitId::Small, DEVELOPMENT_SMALL),
		pallet_agent_commit::Call::retire_verifying_key { key: KEY }.into(),
		pallet_research::Call::register_project { spec: crate::work::spec(), creator: None }.into(),
	];
	for call in calls {
		chain.attempt(Ferdie, call.clone()).is_error("not root", DispatchError::BadOrigin);
		let sudo = pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call) };
		chain
			.attempt(Ferdie, sudo)
			.is_error("not sudo", pallet_sudo::Error::<Runtime>::RequireSudo);
	}
	let wrong = crate::work::KEY + 7;
	let spec = |key, circuit| woppal_protocol::research::ProjectSpec {
		key,
		circuit,
		..crate::work::spec()
	};
	let mut refused = unsound_keys();
	refused.extend([
		(
			pallet_agent_commit::Call::retire_verifying_key { key: wrong }.into(),
			KeyError::UnknownKey.into(),
		),
		(
			pallet_research::Call::register_project {
				spec: spec(wrong, CircuitId::Small),
				creator: None,
			}
			.into(),
			LabError::KeyNotUsable.into(),
		),
		(
			// The standard circuit's key for a project on the small one.
			pallet_research::Call::register_project {
				spec: spec(0, CircuitId::Small),
				creator: None,
			}
			.into(),
			LabError::KeyNotUsable.into(),
		),
	]);
	for (call, error) in refused {
		let sudo = pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call) };
		let attempt = chain.attempt(Alice, sudo);
		let sudid = pallet_sudo::Event::<Runtime>::Sudid { sudo_result: Err(error) };
		assert!(attempt.has(sudid), "{error:?}: {:?}", attempt.events);
		attempt.changed_only("a refused call of governance", &[]);
	}
}

#[test]
fn the_faucet_serves_who_has_next_to_nothing() {
	let mut chain = network(0);
	let (poor, rich) = (Sr25519Keyring::Two, Sr25519Keyring::Bob);
	let faucet =
		|who: Sr25519Keyring| pallet_network::Call::<Runtime>::faucet { dest: who.to_account_id() };
	chain
		.attempt(Ferdie, faucet(rich))
		.is_error("who has tokens", pallet_network::Error::<Runtime>::AlreadyFunded);
	let balance = |chain: &mut Chain| chain.read(|| Balances::free_balance(poor.to_account_id()));
	let before = balance(&mut chain);
	let source = chain.read(|| Balances::free_balance(Network::faucet_account()));
	chain.succeed(Ferdie, faucet(poor));
	assert_eq!(balance(&mut chain) - before, 10 * WOPPAL);
	assert_eq!(
		source - chain.read(|| Balances::free_balance(Network::faucet_account())),
		10 * WOPPAL
	);
	chain
		.attempt(Ferdie, faucet(poor))
		.is_error("a second time", pallet_network::Error::<Runtime>::AlreadyFunded);
	const { assert!(BOND < 10 * WOPPAL, "it is enough for a miner's bond") };
	chain.next_block();
}
