//! A runtime with this pallet, a proof system made of hashes, and experiments that only remember how
//! they were concluded.
#![allow(unreachable_pub, reason = "the mock's macros make items public")]

use crate as pallet_agent_commit;
use frame::testing_prelude::*;
use std::collections::BTreeMap;
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	research::{Artifact, CircuitId, Config as ExperimentConfig, Edges, Program},
	statement::{context_digest, Claim, Evaluation, Segment, PROOF_BYTES},
	time::Timing,
	traits::{Experiments, KeyFault, Network, Outcome, ProofFacts, ProofSystem, VerifyStatus},
	ExperimentId, KeyId, ProjectId, H256,
};

type Block = frame_system::mocking::MockBlock<Test>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		AgentCommit: pallet_agent_commit,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

/// A call that reached the experiments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
	Start(u64, ProjectId, H256),
	Cancel(u64, H256),
	Commit(u64, ProjectId, ExperimentConfig, H256, Artifact, Edges),
}

/// An experiment of the mock.
#[derive(Clone, Debug)]
pub struct MockExperiment {
	pub owner: u64,
	pub facts: ProofFacts,
	pub outcome: Option<Outcome>,
}

parameter_types! {
	pub static Live: bool = false;
	pub static Genesis: H256 = H256::repeat_byte(0x22);
	pub static Calls: Vec<Seen> = Vec::new();
	pub static Known: BTreeMap<ExperimentId, MockExperiment> = BTreeMap::new();
	/// Whether a commit is refused by a rule.
	pub static Refuse: bool = false;
}

/// Genesis of the mock.
pub struct MockNetwork;
impl Network for MockNetwork {
	fn parameters() -> NetworkParameters {
		NetworkParameters { timing: Timing::FAST, deposits: Deposits::FAST, live: Live::get() }
	}

	fn genesis_hash() -> H256 {
		Genesis::get()
	}
}

/// The experiments of [`Known`]; account n is validator n.
pub struct MockExperiments;
impl Experiments<u64> for MockExperiments {
	fn start(who: &u64, project: ProjectId, blinded: H256) -> DispatchResult {
		ensure!(*who < 100, "not a validator");
		Calls::mutate(|c| c.push(Seen::Start(*who, project, blinded)));
		Ok(())
	}

	fn cancel(who: &u64, blinded: H256) -> DispatchResult {
		ensure!(*who < 100, "not a validator");
		Calls::mutate(|c| c.push(Seen::Cancel(*who, blinded)));
		Ok(())
	}

	fn commit(
		who: &u64,
		project: ProjectId,
		config: ExperimentConfig,
		salt: H256,
		artifact: Artifact,
		edges: Edges,
	) -> Result<Option<ExperimentId>, DispatchError> {
		ensure!(*who < 100, "not a validator");
		Calls::mutate(|c| c.push(Seen::Commit(*who, project, config, salt, artifact, edges)));
		Ok((!Refuse::get()).then(H256::zero))
	}

	fn proof_facts(who: &u64, experiment: &ExperimentId) -> Result<ProofFacts, DispatchError> {
		let found = Known::get().get(experiment).cloned().ok_or("unknown experiment")?;
		ensure!(found.owner == *who, "not the owner");
		ensure!(found.outcome.is_none(), "concluded");
		Ok(found.facts)
	}

	fn conclude(experiment: &ExperimentId, outcome: Outcome) -> DispatchResult {
		Known::mutate(|known| {
			let found = known.get_mut(experiment).ok_or("unknown experiment")?;
			ensure!(found.outcome.is_none(), "concluded");
			found.outcome = Some(outcome);
			Ok(())
		})
	}
}

/// A hash as a scalar: its last byte cleared.
fn scalar(data: impl Encode) -> H256 {
	let mut hash = blake2_256(&data.encode());
	hash[31] = 0;
	H256(hash)
}

/// Whether a value is a canonical scalar of the mock.
fn is_scalar(value: &H256) -> bool {
	value[31] == 0
}

/// The proof of a statement under a prepared key.
pub(crate) fn proof(prepared: &[u8], inputs: &[H256]) -> Vec<u8> {
	let mut bytes = vec![0u8; usize::try_from(PROOF_BYTES).unwrap()];
	bytes[..32].copy_from_slice(&blake2_256(&(prepared, inputs).encode()));
	bytes
}

/// A proof system of hashes. A proof is the hash of key and inputs, then 96 zeros: any other byte there
/// is "not on the curve". A key's first letter says what is wrong with it: nothing (K), a development key (D).
pub struct MockProofSystem;
impl ProofSystem for MockProofSystem {
	fn artifact_root(_: CircuitId, artifact: &[u8]) -> Option<H256> {
		Some(scalar(("artifact", artifact)))
	}

	fn first_root(program: &Program, artifact_root: &H256, seed: &H256) -> H256 {
		scalar(("first", program, artifact_root, seed))
	}

	fn last_root(
		program: &Program,
		artifact_root: &H256,
		seed: &H256,
		final_data: &H256,
		claim: &Claim,
	) -> Option<H256> {
		let canonical = is_scalar(final_data) && *claim != Claim::Trapped { cause: 255 };
		canonical.then(|| scalar(("last", program, artifact_root, seed, final_data, claim)))
	}

	fn program_digest(program: &Program, circuit: CircuitId) -> H256 {
		scalar(("program", program, circuit))
	}

	fn prepare_key(_: CircuitId, key: &[u8]) -> Result<Vec<u8>, KeyFault> {
		match key.first() {
			Some(b'K' | b'D') => Ok([b"prepared ", key].concat()),
			Some(b'L') => Ok(vec![1; 5_000]),
			Some(b'G') => Err(KeyFault::Degenerate),
			Some(b'A') => Err(KeyFault::WrongArity),
			_ => Err(KeyFault::Malformed),
		}
	}

	fn is_development_key(key: &[u8]) -> bool {
		key.first() == Some(&b'D')
	}

	fn verify(prepared: &[u8], bytes: &[u8], inputs: &[H256]) -> VerifyStatus {
		if !prepared.starts_with(b"prepared ") {
			VerifyStatus::MalformedKey
		} else if inputs.len() != 4 {
			VerifyStatus::WrongArity
		} else if !inputs.iter().all(is_scalar) {
			VerifyStatus::MalformedInput
		} else if bytes.len() != usize::try_from(PROOF_BYTES).unwrap()
			|| bytes[32..].iter().any(|b| *b != 0)
		{
			VerifyStatus::MalformedProof
		} else if bytes == proof(prepared, inputs) {
			VerifyStatus::Valid
		} else {
			VerifyStatus::Invalid
		}
	}
}

/// Benchmarks use validator 1 and an experiment with the id zero, which is what a commit returns.
#[cfg(feature = "runtime-benchmarks")]
pub struct MockBenchmarkHelper;
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<u64> for MockBenchmarkHelper {
	fn validator() -> (u64, woppal_protocol::ValidatorId) {
		(1, 1)
	}

	fn project() -> (ProjectId, ExperimentConfig, u32) {
		(0, ExperimentConfig::try_from(vec![0]).unwrap(), 4)
	}

	fn fix_seed() {
		know(H256::zero(), 1);
	}

	fn evaluation(facts: &ProofFacts, experiment: &ExperimentId, segments: u32) -> Evaluation {
		evaluation(facts, experiment, segments, Claim::Halted { metric: 0 })
	}

	fn verifying_key(_: CircuitId) -> Vec<u8> {
		b"K".to_vec()
	}
}

impl pallet_agent_commit::Config for Test {
	type GovernanceOrigin = EnsureRoot<u64>;
	type Experiments = MockExperiments;
	type ProofSystem = MockProofSystem;
	type Network = MockNetwork;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MockBenchmarkHelper;
}

/// The facts of a committed experiment of validator `owner`.
pub(crate) fn facts(id: ExperimentId, owner: u64) -> ProofFacts {
	ProofFacts {
		project: 0,
		validator: u32::try_from(owner).unwrap(),
		program: Program {
			code: H256::repeat_byte(2),
			data: H256::repeat_byte(3),
			entry_pc: 4,
			entry_fp: 5,
		},
		circuit: CircuitId::Small,
		key: 0,
		artifact_root: scalar(("root", id)),
		seed: scalar(("seed", id)),
		max_segments: woppal_protocol::research::MAX_SEGMENTS,
	}
}

/// Makes an experiment known; returns its facts.
pub(crate) fn know(id: ExperimentId, owner: u64) -> ProofFacts {
	let facts = facts(id, owner);
	let experiment = MockExperiment { owner, facts: facts.clone(), outcome: None };
	Known::mutate(|known| known.insert(id, experiment));
	facts
}

/// How an experiment was concluded.
pub(crate) fn outcome(id: ExperimentId) -> Option<Outcome> {
	Known::get().get(&id).and_then(|e| e.outcome)
}

/// The root after segment `index` when it is not the last.
fn between(index: u32) -> H256 {
	scalar(("between", index))
}

/// A true evaluation.
pub(crate) fn evaluation(
	facts: &ProofFacts,
	experiment: &ExperimentId,
	segments: u32,
	claim: Claim,
) -> Evaluation {
	evaluation_with(facts, experiment, segments, claim, facts.key)
}

/// A true evaluation under a key's id.
pub(crate) fn evaluation_with(
	facts: &ProofFacts,
	experiment: &ExperimentId,
	segments: u32,
	claim: Claim,
	key: KeyId,
) -> Evaluation {
	let final_data = scalar("final data");
	let (program, root, seed) = (&facts.program, &facts.artifact_root, &facts.seed);
	let prepared = crate::Keys::<Test>::get(key).unwrap().prepared;
	let digest = MockProofSystem::program_digest(program, facts.circuit);
	let last = MockProofSystem::last_root(program, root, seed, &final_data, &claim).unwrap();
	let mut pre = MockProofSystem::first_root(program, root, seed);
	let segments: Vec<Segment> = (0..segments)
		.map(|i| {
			let post = if i + 1 == segments { last } else { between(i) };
			let context =
				context_digest(&Genesis::get(), key, facts.validator, experiment, seed, i);
			let proof = proof(&prepared, &[pre, post, digest, context]);
			pre = post;
			Segment { post_root: post, proof: proof.try_into().unwrap() }
		})
		.collect();
	Evaluation { claim, final_data, segments: segments.try_into().unwrap() }
}

/// Genesis with these keys.
pub(crate) fn build(keys: Vec<Vec<u8>>) -> TestState {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_agent_commit::GenesisConfig::<Test> {
		keys: keys.into_iter().map(|key| (CircuitId::Small.into(), key)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Genesis with one key.
pub(crate) fn new_test_ext() -> TestState {
	Live::set(false);
	Genesis::set(H256::repeat_byte(0x22));
	Calls::set(Vec::new());
	Known::set(BTreeMap::new());
	Refuse::set(false);
	build(vec![b"Key 0".to_vec()])
}

/// Runs a test and checks the invariants after it.
pub(crate) fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		AgentCommit::do_try_state().unwrap();
	});
}
