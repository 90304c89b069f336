//! Miners and their work: a project on the small circuit, experiments, real proofs.

use crate::chain::Chain;
use sp_keyring::Sr25519Keyring::{
	self, Bob, BobStash, Charlie, CharlieStash, Dave, DaveStash, Eve, EveStash,
};
use std::{path::Path, sync::OnceLock};
use woppal_protocol::{
	identity::{NodeBitmap, PeerId, Role},
	research::{
		blind, CircuitId, Config, ConfigKey, Direction, ExperimentInfo, Program as Commitment,
		ProjectSpec, ProofLevel,
	},
	statement::{context_digest, Claim, Evaluation, Segment},
	time::Timing,
	ExperimentId, KeyId, ProjectId, ValidatorId, H256, ROOT_SUBNET,
};
use woppal_runtime::{AccountId, Research, Runtime, RuntimeEvent, System, WOPPAL};
use woppal_zkwasm::{
	commitment::End,
	development::DEVELOPMENT_SMALL,
	lower,
	machine::Machine,
	module,
	program::Program,
	prover::{self, ProvingKey},
	setup,
	shape::SMALL,
};

/// The small circuit's key: genesis registers three others as numbers 0 to 2.
pub(crate) const KEY: KeyId = 3;
/// The project on the small circuit: genesis registers the root project as number 0.
pub(crate) const PROJECT: ProjectId = 1;
/// Most segments of the project.
pub(crate) const MAX_SEGMENTS: u32 = 4;
/// Most changed keys of an adoption.
pub(crate) const MAX_CHANGED_KEYS: u32 = 4;
/// What a difference must exceed to count.
pub(crate) const MARGIN: u32 = 10;
/// Keys of a config.
pub(crate) const CONFIG_KEYS: usize = 8;
/// A miner's bond on the `development` network.
pub(crate) const BOND: u128 = WOPPAL;

/// The metric is the artifact's word 0 plus what word 3 leaves of a number stirred from the seed in as
/// many rounds as word 2 says; it traps if word 1 is 1. Word 4 only makes artifacts differ.
const EVALUATOR: &str = r#"
(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(func (export "evaluate") (result i32)
		(local $rounds i32) (local $x i32)
		(if (i32.eq (call $input (i32.const 1)) (i32.const 1)) (then unreachable))
		(local.set $rounds (call $input (i32.const 2)))
		(local.set $x (call $input (i32.const 24)))
		(block $done (loop $again
			(br_if $done (i32.eqz (local.get $rounds)))
			(local.set $x (i32.rotl (i32.mul (local.get $x) (i32.const 0x9e3779b1)) (i32.const 5)))
			(local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
			(br $again)))
		(i32.add (call $input (i32.const 0)) (i32.and (local.get $x) (call $input (i32.const 3))))))
"#;

/// The fewest rounds that make two segments, whatever the circuit holds.
fn two_segments() -> u32 {
	static ROUNDS: OnceLock<u32> = OnceLock::new();
	*ROUNDS.get_or_init(|| {
		let segments = |rounds: &u32| {
			let machine = Machine::new(program(), &[0, 0, *rounds, 0, 0], [0; 32]).unwrap();
			machine.run(10_000).unwrap().segments(&SMALL)
		};
		(0..1_000).find(|rounds| segments(rounds) == 2).expect("a round has a step")
	})
}

/// A validator with a node, by its accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Miner {
	pub(crate) id: ValidatorId,
	pub(crate) cold: Sr25519Keyring,
	pub(crate) hot: Sr25519Keyring,
}

/// Miners in order of their registration by [`network`].
pub(crate) const MINERS: [Miner; 4] = [
	Miner { id: 0, cold: BobStash, hot: Bob },
	Miner { id: 1, cold: CharlieStash, hot: Charlie },
	Miner { id: 2, cold: DaveStash, hot: Dave },
	Miner { id: 3, cold: EveStash, hot: Eve },
];

/// The evaluator, lowered.
pub(crate) fn program() -> &'static Program {
	static PROGRAM: OnceLock<Program> = OnceLock::new();
	PROGRAM.get_or_init(|| lower::lower(&module::load(&evaluator()).unwrap(), &SMALL).unwrap())
}

fn evaluator() -> Vec<u8> {
	wat::parse_str(EVALUATOR).unwrap()
}

/// The small circuit's development proving key, made once for all tests and runs.
pub(crate) fn proving_key() -> &'static ProvingKey {
	static PROVER: OnceLock<ProvingKey> = OnceLock::new();
	PROVER.get_or_init(|| {
		let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("development-keys");
		let (key, verifying) = setup::cached_development_keys(&SMALL, &folder).unwrap();
		assert_eq!(verifying.0, DEVELOPMENT_SMALL, "the runtime knows this circuit's key");
		key
	})
}

/// What the project on the small circuit fixes.
pub(crate) fn spec() -> ProjectSpec {
	let name = |text: &str| text.as_bytes().to_vec().try_into().unwrap();
	let commitment = program().commitment();
	let keys: Vec<_> = ('a'..)
		.take(CONFIG_KEYS)
		.map(|letter| ConfigKey { name: name(&letter.to_string()), min: 0, max: 100 })
		.collect();
	ProjectSpec {
		name: name("test"),
		metric: name("loss"),
		unit: name("points"),
		direction: Direction::LowerIsBetter,
		evaluator: H256(sp_io::hashing::blake2_256(&evaluator())),
		program: Commitment {
			code: H256(commitment.code),
			data: H256(commitment.data),
			entry_pc: commitment.entry_pc,
			entry_fp: commitment.entry_fp,
		},
		circuit: CircuitId::Small,
		key: KEY,
		level: ProofLevel::Execution,
		max_steps: SMALL.steps * MAX_SEGMENTS,
		max_segments: MAX_SEGMENTS,
		sample_size: 1,
		artifact_bytes: 20,
		schema: keys.try_into().unwrap(),
		baseline: 0,
		noise_margin: MARGIN,
		max_changed_keys: MAX_CHANGED_KEYS,
		supersedes: None,
	}
}

/// A development network with the project on the small circuit and this many miners, at the opening of the
/// epoch in which their bonds count.
pub(crate) fn network(miners: usize) -> Chain {
	let mut chain = Chain::new();
	register_project(&mut chain, None);
	for miner in &MINERS[..miners] {
		register(&mut chain, miner);
	}
	let epoch = Timing::FAST.epoch_of(chain.number());
	// Behind the block that starts a session and is full with that.
	chain.advance_to(Timing::FAST.epoch_end(epoch) + 2);
	chain
}

/// Registers the small circuit's key and the project on it.
pub(crate) fn register_project(chain: &mut Chain, creator: Option<AccountId>) {
	chain.sudo(pallet_agent_commit::Call::register_verifying_key {
		circuit: CircuitId::Small,
		key: DEVELOPMENT_SMALL.to_vec().try_into().unwrap(),
		transcript: H256::repeat_byte(9),
	});
	chain.sudo(pallet_research::Call::register_project { spec: spec(), creator });
}

/// Registers a miner with its bond and its node.
pub(crate) fn register(chain: &mut Chain, miner: &Miner) {
	let hot_key = miner.hot.to_account_id();
	chain.succeed(miner.cold, pallet_validators::Call::register { hot_key, bond: BOND });
	chain.succeed(miner.hot, node_call(Role::Miner, miner.hot.to_raw_public()));
	assert_eq!(
		chain.read(|| woppal_runtime::Validators::validator_of(&miner.hot.to_account_id())),
		Some(miner.id)
	);
}

/// Registers a node in the root subnet, whose peer id is its key's.
pub(crate) fn node_call(role: Role, key: [u8; 32]) -> pallet_validators::Call<Runtime> {
	pallet_validators::Call::register_node {
		subnet: ROOT_SUBNET,
		role,
		peer_id: peer_id(&key),
		key,
		multiaddrs: multiaddrs(),
		capabilities: 0,
	}
}

/// The identity multihash of an Ed25519 key in its protobuf.
pub(crate) fn peer_id(key: &[u8; 32]) -> PeerId {
	[&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20], &key[..]].concat().try_into().unwrap()
}

/// `/ip4/127.0.0.1/tcp/30333`
pub(crate) fn multiaddrs() -> pallet_validators::Multiaddrs {
	let tcp = vec![4, 127, 0, 0, 1, 6, 0x76, 0x7d];
	vec![tcp.try_into().unwrap()].try_into().unwrap()
}

/// A heartbeat for all nodes.
pub(crate) fn heartbeat() -> pallet_presence::Call<Runtime> {
	pallet_presence::Call::heartbeat { nodes: NodeBitmap::ALL }
}

/// An experiment as its owner plans it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
	pub(crate) miner: Miner,
	pub(crate) config: Vec<i32>,
	pub(crate) salt: H256,
	pub(crate) artifact: Vec<u32>,
}

impl Plan {
	/// One segment that halts with this metric. `nonce` makes config and artifact differ.
	pub(crate) fn new(miner: usize, nonce: u32, metric: i32) -> Self {
		let mut config = vec![0; CONFIG_KEYS];
		config[0] = i32::try_from(nonce).unwrap();
		Self {
			miner: MINERS[miner],
			config,
			salt: H256::from_low_u64_be(u64::from(nonce) + 1),
			artifact: vec![metric.cast_unsigned(), 0, 0, 0, nonce],
		}
	}

	/// The same with two segments.
	pub(crate) fn two_segments(mut self) -> Self {
		self.artifact[2] = two_segments();
		self
	}

	/// The same, but the evaluator traps.
	pub(crate) fn trapping(mut self) -> Self {
		self.artifact[1] = 1;
		self
	}

	/// The same with another config.
	pub(crate) fn with_config(mut self, config: &[i32]) -> Self {
		self.config = config.to_vec();
		self
	}

	fn config(&self) -> Config {
		self.config.clone().try_into().unwrap()
	}

	/// What its `start` carries.
	pub(crate) fn blinded(&self, genesis: &H256) -> H256 {
		blind(genesis, self.miner.id, PROJECT, &self.config, &self.salt)
	}

	/// Its `start`.
	pub(crate) fn start_call(&self, chain: &mut Chain) -> pallet_agent_commit::Call<Runtime> {
		let blinded = self.blinded(&genesis_hash(chain));
		pallet_agent_commit::Call::start { project: PROJECT, blinded }
	}

	/// Its `commit`.
	pub(crate) fn commit_call(&self) -> pallet_agent_commit::Call<Runtime> {
		let artifact: Vec<u8> = self.artifact.iter().flat_map(|word| word.to_le_bytes()).collect();
		pallet_agent_commit::Call::commit {
			project: PROJECT,
			config: self.config(),
			salt: self.salt,
			artifact: artifact.try_into().unwrap(),
			edges: Default::default(),
		}
	}

	/// Starts it.
	#[track_caller]
	pub(crate) fn start(&self, chain: &mut Chain) {
		let call = self.start_call(chain);
		chain.succeed(self.miner.hot, call);
	}

	/// Commits to it; gives the experiment's id.
	#[track_caller]
	pub(crate) fn commit(&self, chain: &mut Chain) -> ExperimentId {
		let events = chain.succeed(self.miner.hot, self.commit_call());
		events
			.iter()
			.find_map(|event| match event {
				RuntimeEvent::Research(pallet_research::Event::Committed {
					experiment, ..
				}) => Some(*experiment),
				_ => None,
			})
			.expect("it was committed")
	}

	/// Starts it and commits to it in the same block.
	#[track_caller]
	pub(crate) fn open(&self, chain: &mut Chain) -> ExperimentId {
		self.start(chain);
		self.commit(chain)
	}
}

/// Hash of block 0.
pub(crate) fn genesis_hash(chain: &mut Chain) -> H256 {
	chain.read(|| System::block_hash(0))
}

/// An experiment as the runtime API shows it.
pub(crate) fn info(chain: &mut Chain, id: &ExperimentId) -> ExperimentInfo {
	chain.read(|| Research::experiment(id)).expect("it exists")
}

/// An experiment's seed, waiting for it as long as it takes.
pub(crate) fn seed(chain: &mut Chain, id: &ExperimentId) -> H256 {
	for _ in 0..4 {
		if let Some(seed) = info(chain, id).seed {
			return seed;
		}
		chain.next_block();
	}
	panic!("one authority's block fixes a seed");
}

/// What a proof's context digests name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
	pub(crate) genesis: H256,
	pub(crate) key: KeyId,
	pub(crate) validator: ValidatorId,
	pub(crate) experiment: ExperimentId,
	pub(crate) seed: H256,
	/// Added to the segments' numbers.
	pub(crate) first: u32,
}

impl Context {
	/// The right one.
	pub(crate) fn of(chain: &mut Chain, plan: &Plan, experiment: ExperimentId) -> Self {
		Self {
			genesis: genesis_hash(chain),
			key: KEY,
			validator: plan.miner.id,
			experiment,
			seed: seed(chain, &experiment),
			first: 0,
		}
	}
}

/// Proves what the evaluator does with an artifact and a seed, whatever the context says.
pub(crate) fn prove(artifact: &[u32], seed: H256, context: Context) -> Evaluation {
	let Context { genesis, key, validator, experiment, seed: named, first } = context;
	let digest = |segment: u32| {
		context_digest(&genesis, key, validator, &experiment, &named, first + segment).0
	};
	let run = prover::prove_run(
		proving_key(),
		program(),
		artifact,
		seed.0,
		MAX_SEGMENTS,
		digest,
		|_, _| {},
	)
	.unwrap();
	let segments: Vec<_> = run
		.segments
		.iter()
		.map(|segment| Segment {
			post_root: H256(segment.post_root),
			proof: segment.proof.to_vec().try_into().unwrap(),
		})
		.collect();
	Evaluation {
		claim: match run.end {
			End::Halted { output } => Claim::Halted { metric: output.cast_signed() },
			End::Trapped { cause } => Claim::Trapped { cause },
		},
		final_data: H256(run.final_data),
		segments: segments.try_into().unwrap(),
	}
}

/// The honest proof of an experiment whose seed may have to be waited for.
pub(crate) fn evaluate(chain: &mut Chain, plan: &Plan, id: ExperimentId) -> Evaluation {
	let context = Context::of(chain, plan, id);
	prove(&plan.artifact, context.seed, context)
}

/// The `prove` of an evaluation.
pub(crate) fn prove_call(
	chain: &mut Chain,
	experiment: ExperimentId,
	evaluation: &Evaluation,
) -> pallet_agent_commit::Call<Runtime> {
	let seed = seed(chain, &experiment);
	pallet_agent_commit::Call::prove { experiment, seed, key: KEY, evaluation: evaluation.clone() }
}

/// Opens an experiment, waits for its seed, proves it and has the proof accepted.
#[track_caller]
pub(crate) fn open_and_prove(chain: &mut Chain, plan: &Plan) -> ExperimentId {
	let id = plan.open(chain);
	let evaluation = evaluate(chain, plan, id);
	let call = prove_call(chain, id, &evaluation);
	chain.succeed(plan.miner.hot, call);
	id
}
