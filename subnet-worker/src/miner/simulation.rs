//! A simulated chain and laboratory: the rules that the loop lives by, without time or proofs.

use super::{
	lab::{Lab, LabError, Progress, ProofJob},
	strategy::Choice,
};
use crate::{
	chain::{Call, Chain, ChainError, ClaimRange, Head, Included, SignerKind, View},
	error::Mismatch,
	prove::InstalledKeyError,
};
use codec::Encode;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use sp_crypto_hashing::blake2_256;
use std::sync::{
	atomic::{AtomicBool, AtomicU32, Ordering},
	Mutex, MutexGuard,
};
use woppal_protocol::{
	identity::{NodeInfo, Role, ValidatorInfo},
	network::{Deposits, NetworkParameters},
	research::{
		blind, experiment_id, CircuitId, ConfigKey, Direction, ExperimentInfo, ExperimentStatus,
		LeaderboardEntry, Name, Program, ProjectInfo, ProjectSpec, ProofLevel, StartInfo,
	},
	stake::{PoolId, PoolInfo},
	statement::{Claim, Evaluation, Segment, Segments},
	time::Timing,
	AccountId32, Balance, BlockNumber, EpochIndex, ExperimentId, ProjectId, H256, WOPPAL,
};

/// The simulated chain's genesis.
pub(crate) const GENESIS: H256 = H256([9; 32]);
/// Hash of the simulated verifying key.
const KEY_HASH: H256 = H256([8; 32]);
/// Blocks from a commit to its seed.
const SEED_BLOCKS: BlockNumber = 3;
const REVEAL_BLOCKS: BlockNumber = 120;
const PROVE_BLOCKS: BlockNumber = 60;
/// The key that has a validator to be.
pub(crate) const HOT: AccountId32 = AccountId32::new([1; 32]);
pub(crate) const COLD: AccountId32 = AccountId32::new([2; 32]);

fn miner_node(peer_id: Vec<u8>) -> NodeInfo {
	NodeInfo {
		index: 3,
		subnet: 0,
		role: Role::Miner,
		peer_id,
		key: [0; 32],
		multiaddrs: Vec::new(),
		capabilities: 0,
	}
}

pub(crate) fn project() -> ProjectInfo {
	let key = |name: &str| ConfigKey {
		name: Name::truncate_from(name.as_bytes().to_vec()),
		min: 0,
		max: 1_000,
	};
	let spec = ProjectSpec {
		name: Name::default(),
		metric: Name::default(),
		unit: Name::default(),
		direction: Direction::LowerIsBetter,
		evaluator: H256::zero(),
		program: Program { code: H256::zero(), data: H256::zero(), entry_pc: 0, entry_fp: 0 },
		circuit: CircuitId::Small,
		key: 0,
		level: ProofLevel::Execution,
		max_steps: 100,
		max_segments: 4,
		sample_size: 1,
		artifact_bytes: 32,
		schema: vec![key("a"), key("b"), key("c"), key("d")].try_into().unwrap(),
		baseline: 0,
		noise_margin: 1,
		max_changed_keys: 2,
		supersedes: None,
	};
	ProjectInfo {
		id: 0,
		subnet: 0,
		spec,
		creator: None,
		best: None,
		proven: 0,
		superseded_by: None,
	}
}

/// What the simulated chain stores.
#[derive(Clone)]
pub(crate) struct World {
	pub(crate) block: BlockNumber,
	/// Blocks by which finality lags.
	pub(crate) lag: BlockNumber,
	/// Changes with a reorganisation, and with it every seed that is not used yet.
	pub(crate) fork: u64,
	pub(crate) live: bool,
	pub(crate) hot_free: Balance,
	pub(crate) cold_free: Balance,
	pub(crate) validator: Option<ValidatorInfo>,
	pub(crate) project: ProjectInfo,
	pub(crate) starts: Vec<(StartInfo, Option<ExperimentId>)>,
	pub(crate) experiments: Vec<ExperimentInfo>,
	pub(crate) claimable: Option<ClaimRange>,
	/// The validator's pool.
	pub(crate) pool: Option<PoolInfo>,
	/// The epoch in which the bond last grew: it counts from the next one on.
	pub(crate) bonded_in: Option<EpochIndex>,
	/// Names of the calls that were executed.
	pub(crate) calls: Vec<String>,
	pub(crate) deposits_lost: u32,
	pub(crate) cancelled: u32,
	/// Node unreachable.
	pub(crate) offline: bool,
	/// The next extrinsic is executed, but its sender does not hear of it.
	pub(crate) lose_reply: bool,
	/// The next extrinsic with this name is refused with this error.
	pub(crate) refuse: Option<(&'static str, &'static str)>,
	/// Reveals are refused by the rules.
	pub(crate) refuse_reveals: bool,
	/// No seed comes about.
	pub(crate) withhold_seeds: bool,
	/// Hash of the project's verifying key.
	pub(crate) key_hash: H256,
}

impl Default for World {
	fn default() -> Self {
		Self {
			block: 10,
			lag: 2,
			fork: 0,
			live: false,
			hot_free: 100 * WOPPAL,
			cold_free: 100 * WOPPAL,
			validator: None,
			project: project(),
			starts: Vec::new(),
			experiments: Vec::new(),
			claimable: None,
			pool: None,
			bonded_in: None,
			calls: Vec::new(),
			deposits_lost: 0,
			cancelled: 0,
			offline: false,
			lose_reply: false,
			refuse: None,
			refuse_reveals: false,
			withhold_seeds: false,
			key_hash: KEY_HASH,
		}
	}
}

impl World {
	pub(crate) fn parameters(&self) -> NetworkParameters {
		NetworkParameters { timing: Timing::FAST, deposits: Deposits::FAST, live: self.live }
	}

	pub(crate) fn register(&mut self) {
		self.validator = Some(ValidatorInfo {
			id: 7,
			cold_key: COLD,
			hot_key: HOT,
			recovery: None,
			rotation: None,
			delegate: None,
			commission_percent: 0,
			bond: WOPPAL,
			counting_bond: WOPPAL,
			required_bond: WOPPAL,
			pool: 0,
			reputation: 0,
			nodes: vec![miner_node(Vec::new())],
			offences: 0,
			last_participation: None,
			metadata: None,
		});
	}

	fn epoch(&self) -> EpochIndex {
		self.parameters().timing.epoch_of(self.block)
	}

	/// The validator as the chain shows it: what was bonded in this epoch doesn't count.
	fn shown_validator(&self) -> Option<ValidatorInfo> {
		let mut validator = self.validator.clone()?;
		if self.bonded_in.is_none_or(|epoch| epoch < self.epoch()) {
			validator.counting_bond = validator.bond;
		}
		Some(validator)
	}

	/// A pool in which somebody has stake, with nothing settled yet.
	pub(crate) fn delegate(&mut self) {
		self.pool = Some(PoolInfo {
			pool: PoolId::Validator(7),
			account: AccountId32::new([3; 32]),
			value: WOPPAL,
			shares: WOPPAL,
			pending: 0,
			next_epoch: 0,
			price: WOPPAL,
		});
	}

	pub(crate) fn seed(&self, id: &ExperimentId) -> H256 {
		H256(blake2_256(&(id, self.fork).encode()))
	}

	pub(crate) fn count(&self, call: &str) -> usize {
		self.calls.iter().filter(|c| *c == call).count()
	}

	pub(crate) fn proven(&self) -> usize {
		self.experiments
			.iter()
			.filter(|e| matches!(e.status, ExperimentStatus::Proven { .. }))
			.count()
	}

	/// The experiment as the chain shows it now: seeds are a function of the fork.
	fn shown(&self, e: &ExperimentInfo) -> ExperimentInfo {
		let mut info = e.clone();
		let fixed = e.committed + SEED_BLOCKS;
		if e.seed.is_none() && self.block >= fixed && !self.withhold_seeds {
			info.seed = Some(self.seed(&e.id));
			info.prove_until = Some(fixed + PROVE_BLOCKS);
		}
		info
	}

	pub(crate) fn view(&self, current: Option<ExperimentId>) -> View {
		let open = |e: &&ExperimentInfo| e.status == ExperimentStatus::Committed;
		View {
			block: self.block,
			finalized: self.block.saturating_sub(self.lag),
			genesis: GENESIS,
			parameters: self.parameters(),
			hot: HOT,
			hot_free: self.hot_free,
			cold_free: Some(self.cold_free),
			validator: self.shown_validator(),
			project: self.project.clone(),
			key_hash: Some(self.key_hash),
			best: self.project.best.and_then(|(id, _)| self.find(&id)),
			open_starts: self.starts.iter().map(|(s, _)| s.clone()).collect(),
			open_experiments: self.experiments.iter().filter(open).map(|e| self.shown(e)).collect(),
			current: current.and_then(|id| self.find(&id)),
			claimable: self.claimable,
			pool: self.pool.clone(),
		}
	}

	fn find(&self, id: &ExperimentId) -> Option<ExperimentInfo> {
		self.experiments.iter().find(|e| e.id == *id).map(|e| self.shown(e))
	}

	fn hold(&mut self, amount: Balance) -> Result<(), &'static str> {
		self.hot_free = self.hot_free.checked_sub(amount).ok_or("Research::CannotHoldDeposit")?;
		Ok(())
	}

	/// Executes a call in a new block.
	fn execute(&mut self, signer: SignerKind, call: &Call) -> Result<Vec<String>, &'static str> {
		self.block += 1;
		match (self.refuse, call.name()) {
			(Some((name, error)), called) if name == called => {
				self.refuse = None;
				return Err(error);
			},
			_ => {},
		}
		self.calls.push(call.name());
		match call {
			Call::Register { .. }
			| Call::Bond { .. }
			| Call::RegisterNode { .. }
			| Call::Transfer { .. }
			| Call::Faucet { .. }
			| Call::Heartbeat { .. } => self.execute_identity(signer, call),
			_ => self.execute_work(call),
		}
	}

	fn execute_identity(
		&mut self,
		signer: SignerKind,
		call: &Call,
	) -> Result<Vec<String>, &'static str> {
		match call {
			Call::Register { bond, .. } => {
				assert_eq!(signer, SignerKind::Cold);
				if self.validator.is_some() {
					return Err("Validators::ColdKeyInUse");
				}
				self.register();
				self.cold_free =
					self.cold_free.checked_sub(*bond).ok_or("Validators::BalanceTooLow")?;
				if let Some(v) = &mut self.validator {
					v.nodes.clear();
					v.bond = *bond;
					v.counting_bond = 0;
				}
				self.bonded_in = Some(self.epoch());
			},
			Call::RegisterNode { peer_id, .. } => {
				let v = self.validator.as_mut().ok_or("Validators::NotKey")?;
				if v.nodes.iter().any(|node| node.peer_id == peer_id.to_vec()) {
					return Err("Validators::PeerIdTaken");
				}
				v.nodes.push(miner_node(peer_id.to_vec()));
			},
			Call::Bond { amount } => {
				self.validator.as_mut().ok_or("Stake::NotColdKey")?.bond += amount;
				self.bonded_in = Some(self.epoch());
			},
			Call::Transfer { to, amount } => {
				let (from, dest) = if *to == HOT {
					(&mut self.cold_free, &mut self.hot_free)
				} else {
					(&mut self.hot_free, &mut self.cold_free)
				};
				*from = from.checked_sub(*amount).ok_or("Token error")?;
				*dest += amount;
			},
			Call::Faucet { dest } => {
				let free = if *dest == HOT { &mut self.hot_free } else { &mut self.cold_free };
				if *free >= WOPPAL {
					return Err("Network::AlreadyFunded");
				}
				*free += 10 * WOPPAL;
			},
			_ => {},
		}
		Ok(Vec::new())
	}

	fn execute_work(&mut self, call: &Call) -> Result<Vec<String>, &'static str> {
		match call {
			Call::Start { project, blinded } => {
				if self.starts.iter().any(|(s, _)| s.blinded == *blinded) {
					return Err("Research::DuplicateStart");
				}
				self.hold(Deposits::FAST.start)?;
				let best = self.project.best.map(|(id, _)| id);
				let info = StartInfo {
					blinded: *blinded,
					project: *project,
					started: self.block,
					commit_until: self.block + REVEAL_BLOCKS,
					deposit: Deposits::FAST.start,
				};
				self.starts.push((info, best));
			},
			Call::Cancel { blinded } => {
				self.take_start(blinded).ok_or("Research::UnknownStart")?;
				self.cancelled += 1;
			},
			Call::ExpireStart { blinded, .. } => {
				let (start, _) = self.take_start(blinded).ok_or("Research::UnknownStart")?;
				assert!(self.block > start.commit_until, "cleaned up too early");
				self.deposits_lost += 1;
			},
			Call::ExpireExperiment { experiment } => return self.expire(experiment),
			Call::Commit { .. } => return self.commit(call),
			Call::Prove { experiment, seed, key, evaluation } => {
				return self.prove(experiment, seed, *key, evaluation)
			},
			Call::Claim { .. } => {
				self.claimable.take().ok_or("Emission::NothingToClaim")?;
			},
			Call::Settle { max, .. } => {
				let now = self.epoch();
				let pool = self.pool.as_mut().ok_or("Stake::UnknownPool")?;
				if pool.next_epoch >= now || *max == 0 {
					return Err("Stake::NothingToSettle");
				}
				pool.next_epoch = now.min(pool.next_epoch.saturating_add(*max));
			},
			_ => {},
		}
		Ok(Vec::new())
	}

	fn take_start(&mut self, blinded: &H256) -> Option<(StartInfo, Option<ExperimentId>)> {
		let at = self.starts.iter().position(|(s, _)| s.blinded == *blinded)?;
		Some(self.starts.remove(at))
	}

	fn expire(&mut self, id: &ExperimentId) -> Result<Vec<String>, &'static str> {
		let info = self.find(id).ok_or("Research::UnknownExperiment")?;
		let status = match info.prove_until {
			Some(until) if self.block > until => {
				self.deposits_lost += 1;
				ExperimentStatus::Forfeited
			},
			None if self.withhold_seeds && self.block > info.committed + 64 => {
				ExperimentStatus::Void
			},
			_ => return Err("Research::NotExpired"),
		};
		self.change(id, |e| e.status = status);
		Ok(Vec::new())
	}

	fn change(&mut self, id: &ExperimentId, change: impl FnOnce(&mut ExperimentInfo)) {
		change(self.experiments.iter_mut().find(|e| e.id == *id).unwrap());
	}

	fn commit(&mut self, call: &Call) -> Result<Vec<String>, &'static str> {
		let Call::Commit { project, config, salt, artifact, edges } = call else {
			return Err("not a commit");
		};
		let validator = self.validator.as_ref().map(|v| v.id).ok_or("Research::NotAValidator")?;
		let blinded = blind(&GENESIS, validator, *project, config, salt);
		let (start, best_at_start) = self.take_start(&blinded).ok_or("Research::UnknownStart")?;
		assert!(self.block <= start.commit_until, "committed too late");
		if self.refuse_reveals {
			return Ok(vec!["Research.RevealRefused".into()]);
		}
		let artifact_root = H256(blake2_256(artifact));
		let id = experiment_id(&GENESIS, validator, *project, config, &artifact_root, edges);
		self.experiments.push(ExperimentInfo {
			id,
			project: *project,
			validator,
			config: config.to_vec(),
			artifact_root,
			artifact: artifact.to_vec(),
			edges: edges.to_vec(),
			started: start.started,
			committed: self.block,
			proven: None,
			best_at_start,
			seed: None,
			prove_until: None,
			status: ExperimentStatus::Committed,
			adopted: None,
		});
		Ok(Vec::new())
	}

	fn prove(
		&mut self,
		id: &ExperimentId,
		seed: &H256,
		key: u32,
		evaluation: &Evaluation,
	) -> Result<Vec<String>, &'static str> {
		let info = self.find(id).ok_or("Research::UnknownExperiment")?;
		if info.status != ExperimentStatus::Committed {
			return Err("Research::AlreadyConcluded");
		}
		let fixed = info.seed.ok_or("Research::SeedNotFixed")?;
		if info.prove_until.is_some_and(|until| self.block > until) {
			return Err("Research::ProveExpired");
		}
		if *seed != fixed {
			return Err("AgentCommit::WrongSeed");
		}
		if key != self.project.spec.key {
			return Err("AgentCommit::WrongKey");
		}
		let expected = proof_root(&GENESIS, key, id, seed, &info.artifact);
		let Claim::Halted { metric } = evaluation.claim else { return Err("no metric") };
		if evaluation.final_data != expected {
			self.deposits_lost += 1;
			self.change(id, |e| e.status = ExperimentStatus::Rejected);
			return Ok(vec!["AgentCommit.ProofRejected".into()]);
		}
		self.change(id, |e| {
			e.seed = Some(*seed);
			e.status = ExperimentStatus::Proven { metric };
		});
		self.hot_free += Deposits::FAST.start;
		if self.project.best.is_none_or(|(_, best)| metric < best) {
			self.project.best = Some((*id, metric));
		}
		Ok(Vec::new())
	}
}

/// What a simulated proof consists of.
fn proof_root(genesis: &H256, key: u32, id: &H256, seed: &H256, artifact: &[u8]) -> H256 {
	H256(blake2_256(&(genesis, key, id, seed, artifact).encode()))
}

/// The simulated chain.
pub(crate) struct SimChain(Mutex<World>);

impl SimChain {
	pub(crate) fn new(world: World) -> Self {
		Self(Mutex::new(world))
	}

	pub(crate) fn world(&self) -> MutexGuard<'_, World> {
		self.0.lock().unwrap()
	}

	fn online(&self) -> Result<MutexGuard<'_, World>, ChainError> {
		let world = self.world();
		if world.offline {
			Err(ChainError::Connection("offline".into()))
		} else {
			Ok(world)
		}
	}
}

impl Chain for SimChain {
	async fn head(&self) -> Result<Head, ChainError> {
		let w = self.online()?;
		Ok(Head { number: w.block, hash: H256::zero(), finalized: w.block.saturating_sub(w.lag) })
	}

	async fn view(
		&self,
		project: ProjectId,
		current: Option<ExperimentId>,
	) -> Result<Option<View>, ChainError> {
		let w = self.online()?;
		Ok((project == w.project.id).then(|| w.view(current)))
	}

	async fn experiment(&self, id: ExperimentId) -> Result<Option<ExperimentInfo>, ChainError> {
		Ok(self.online()?.find(&id))
	}

	async fn leaderboard(&self, _: ProjectId, _: u32) -> Result<Vec<LeaderboardEntry>, ChainError> {
		let w = self.online()?;
		Ok(w.project
			.best
			.map(|(experiment, best_metric)| LeaderboardEntry {
				validator: 7,
				best_metric,
				experiment,
				proven: 1,
				adoptions: 0,
			})
			.into_iter()
			.collect())
	}

	async fn submit(&self, signer: SignerKind, call: Call) -> Result<Included, ChainError> {
		let mut w = self.online()?;
		// A refused extrinsic changes nothing but the height.
		let before = w.clone();
		match w.execute(signer, &call) {
			Err(error) => {
				let block = w.block;
				*w = World { block, refuse: w.refuse, calls: w.calls.clone(), ..before };
				Err(ChainError::Refused { call: call.name(), error: error.into(), advice: None })
			},
			Ok(_) if std::mem::take(&mut w.lose_reply) => {
				Err(ChainError::Connection("the reply was lost".into()))
			},
			Ok(events) => Ok(Included { block: w.block, events }),
		}
	}
}

/// A laboratory in which everything takes no time.
#[derive(Default)]
pub(crate) struct SimLab {
	pub(crate) trained: AtomicU32,
	pub(crate) proven: AtomicU32,
	pub(crate) segments_reused: AtomicU32,
	pub(crate) fail_training: AtomicU32,
	pub(crate) fail_proving: AtomicU32,
	/// Times that the proving key's file is not there.
	pub(crate) miss_key: AtomicU32,
	/// Proving takes until it is cancelled.
	pub(crate) prove_forever: AtomicBool,
	/// Proving dies after this many segments.
	pub(crate) die_after: Option<u32>,
	/// The one experiment that it is for.
	pub(crate) given: Option<Choice>,
}

impl SimLab {
	fn fails(counter: &AtomicU32) -> bool {
		counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
	}
}

impl Lab for SimLab {
	fn check(&self, project: &ProjectInfo, key_hash: Option<H256>) -> Result<(), Mismatch> {
		if key_hash == Some(KEY_HASH) {
			Ok(())
		} else {
			Err(Mismatch::UnknownKey(project.spec.key))
		}
	}

	fn prepare(&self, key: H256) -> Result<(), LabError> {
		assert_eq!(key, KEY_HASH);
		Ok(())
	}

	fn given(&self) -> Option<Choice> {
		self.given.clone()
	}

	fn first_config(&self, rng: &mut ChaCha8Rng) -> Vec<i32> {
		(0..4).map(|_| rng.gen_range(0..=1_000)).collect()
	}

	fn mutate(&self, parent: &[i32], rng: &mut ChaCha8Rng, max_changed_keys: u32) -> Vec<i32> {
		let mut config = parent.to_vec();
		for _ in 0..max_changed_keys {
			let at = rng.gen_range(0..config.len());
			config[at] = rng.gen_range(0..=1_000);
		}
		config
	}

	fn train(&self, config: &[i32], seed: u64, _: &dyn Progress) -> Result<Vec<u8>, LabError> {
		if Self::fails(&self.fail_training) {
			return Err(LabError::Train("diverged".into()));
		}
		self.trained.fetch_add(1, Ordering::SeqCst);
		Ok(blake2_256(&(config, seed).encode()).to_vec())
	}

	fn estimate(&self, artifact: &[u8], _: u64) -> Option<f64> {
		artifact.first().map(|byte| f64::from(*byte))
	}

	fn artifact_root(&self, artifact: &[u8]) -> Result<H256, LabError> {
		Ok(H256(blake2_256(artifact)))
	}

	fn prove(
		&self,
		job: &ProofJob,
		done: Vec<Segment>,
		progress: &dyn Progress,
	) -> Result<Evaluation, LabError> {
		assert_eq!(job.key_hash, KEY_HASH);
		if Self::fails(&self.miss_key) {
			let (hash, path) = (job.key_hash, Default::default());
			return Err(InstalledKeyError::Missing { hash, path }.into());
		}
		if Self::fails(&self.fail_proving) {
			return Err(LabError::TooLong { max_steps: 9, max_segments: job.max_segments });
		}
		while self.prove_forever.load(Ordering::SeqCst) {
			if progress.is_cancelled() {
				return Err(LabError::Cancelled);
			}
			std::thread::sleep(std::time::Duration::from_millis(2));
		}
		self.segments_reused.fetch_add(done.len() as u32, Ordering::SeqCst);
		let mut segments = done;
		for index in segments.len() as u32..3 {
			if self.die_after == Some(index) {
				return Err(LabError::Key { path: Default::default(), source: "killed".into() });
			}
			let segment =
				Segment { post_root: H256::repeat_byte(index as u8), proof: Default::default() };
			progress.segment(index, &segment);
			segments.push(segment);
		}
		self.proven.fetch_add(1, Ordering::SeqCst);
		let root = proof_root(&job.genesis, job.key, &job.experiment, &job.seed, &job.artifact);
		let metric = i32::from_le_bytes([root.0[0], root.0[1], 0, 0]);
		Ok(Evaluation {
			claim: Claim::Halted { metric },
			final_data: root,
			segments: Segments::truncate_from(segments),
		})
	}
}
