//! Carries out what [`decide`](super::decide) decides.

use super::{
	decide::{identity_step, next_action, Action, Blocker, Ending, Policy, Waiting, MAX_REFUSALS},
	lab::{Lab, LabError, Progress, ProofJob},
	state::{Experiment, State, StoredProof},
};
use crate::{
	chain::{Call, Chain, ChainError, Included, SignerKind, View},
	error::{woppals, Error, Mismatch},
	heartbeat::{readiness, Beating, Readiness},
	keys,
	progress::{Reporter, Shown},
	store::Store,
};
use std::{
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex, PoisonError,
	},
	time::Duration,
};
use tokio::sync::watch;
use tracing::{debug, info, warn};
use woppal_protocol::{
	research::{experiment_id, Artifact, Config, Edges, ExperimentStatus},
	statement::{context_digest, Segment},
	AccountId32, BlockNumber, ExperimentId, ProjectId, H256,
};

/// Pause between two looks at the chain while nothing is to do.
const POLL: Duration = Duration::from_millis(500);
/// Pause between two looks at whether a proof in work is still of use.
const WATCH: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 4_000 });
/// First pause after a failure; it doubles up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause after failures: short beside the deadlines of a fast network.
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// Failures in a row after which a worker that never worked gives up.
const STARTUP_FAILURES: u32 = 5;
/// Trainings that may fail in a row.
pub(super) const TRAIN_FAILURES: u32 = 3;
/// The highest block seen is stored this often.
const NOTE_BLOCKS: BlockNumber = 16;

/// What the operator and the base path give to the loop.
#[derive(Clone, Debug)]
pub struct Settings {
	/// The project to work on.
	pub project: ProjectId,
	/// Limits.
	pub policy: Policy,
	/// Seed of the search and the trainings.
	pub seed: u64,
	/// Configs that are trained and estimated for each one that is started.
	pub candidates: u32,
	/// The hot key's account.
	pub hot: AccountId32,
	/// The cold key's account.
	pub cold: Option<AccountId32>,
	/// The node's Ed25519 key.
	pub node_key: [u8; 32],
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// Something: look at the chain again.
	Acted,
	/// Nothing: wait for a block.
	Idle,
	/// All that was asked for is done.
	Done,
}

/// The loop.
pub struct Miner<C, L> {
	pub(super) chain: Arc<C>,
	pub(super) lab: Arc<L>,
	pub(super) store: Arc<Store>,
	pub(super) settings: Settings,
	pub(super) reporter: Reporter,
	pub(super) state: State,
	pub(super) beating: watch::Sender<Option<Beating>>,
	pub(super) waiting: Option<Waiting>,
	pub(super) train_failures: u32,
	/// Whether it was said that the bond doesn't count yet.
	bond_waits: bool,
	/// The experiment that ended last in this run, and how.
	ended: Option<(Experiment, Ending)>,
}

impl<C: Chain, L: Lab> Miner<C, L> {
	/// Takes up what the store holds. The receiver tells who answers pulses, once it earns.
	pub fn new(
		chain: Arc<C>,
		lab: Arc<L>,
		store: Arc<Store>,
		settings: Settings,
		reporter: Reporter,
	) -> Result<(Self, watch::Receiver<Option<Beating>>), Error> {
		let state = store.load()?;
		if let Some(e) = &state.experiment {
			info!(blinded = ?e.blinded, "going on with the experiment of the last run");
		}
		let (beating, receiver) = watch::channel(None);
		let miner = Self {
			chain,
			lab,
			store,
			settings,
			reporter,
			state,
			beating,
			waiting: None,
			train_failures: 0,
			bond_waits: false,
			ended: None,
		};
		Ok((miner, receiver))
	}

	/// The experiment that ended last in this run, and how.
	pub fn ended(&self) -> Option<(&Experiment, Ending)> {
		self.ended.as_ref().map(|(experiment, ending)| (experiment, *ending))
	}

	/// The state, for tests and status lines.
	pub fn state(&self) -> &State {
		&self.state
	}

	#[cfg(test)]
	pub(super) fn beating(&self) -> watch::Receiver<Option<Beating>> {
		self.beating.subscribe()
	}

	/// Steps until all is done or nothing can be done any more.
	pub async fn run(&mut self) -> Result<(), Error> {
		let (mut failures, mut has_worked) = (0u32, false);
		loop {
			match self.step().await {
				Ok(Step::Done) => return Ok(()),
				Ok(step) => {
					(failures, has_worked) = (0, true);
					if step == Step::Idle {
						tokio::time::sleep(POLL).await;
					}
				},
				Err(e) if e.is_transient() && (has_worked || failures < STARTUP_FAILURES) => {
					let pause = pause_after(failures);
					failures = failures.saturating_add(1);
					warn!(failures, "{e}; trying again in {} s", pause.as_secs());
					tokio::time::sleep(pause).await;
				},
				Err(e) => return Err(e),
			}
		}
	}

	/// Registers validator, bond and node, as far as they are missing, and nothing else.
	pub async fn register(&mut self) -> Result<(), Error> {
		loop {
			let project = self.settings.project;
			let view =
				self.chain.view(project, None).await?.ok_or(Error::UnknownProject(project))?;
			match identity_step(&view, &self.state, &self.settings.policy) {
				None => return Ok(()),
				Some(action) => self.perform(action, &view).await?,
			};
		}
	}

	/// Looks at the chain once and does the next thing.
	pub async fn step(&mut self) -> Result<Step, Error> {
		let experiment = self.state.experiment.as_ref();
		let project = experiment.map_or(self.settings.project, |e| e.project);
		let view = self
			.chain
			.view(project, experiment.and_then(|e| e.id))
			.await?
			.ok_or(Error::UnknownProject(project))?;
		self.lab
			.check(&view.project, view.key_hash)
			.map_err(|reason| Error::UnsupportedProject { id: project, reason })?;
		self.observe(&view)?;
		let action = next_action(&view, &self.state, &self.settings.policy);
		debug!(block = view.block, ?action, "next");
		let waiting = match &action {
			Action::Wait(waiting) => Some(*waiting),
			_ => None,
		};
		if self.waiting != waiting {
			self.waiting = waiting;
			if let Some(waiting) = waiting {
				info!(block = view.block, "waiting for {}", describe(waiting));
			}
		}
		self.perform(action, &view).await
	}

	fn observe(&mut self, view: &View) -> Result<(), Error> {
		let before = self.state.highest_block;
		if self.state.observe(view) {
			self.save()?;
		}
		let highest = self.state.highest_block;
		if highest / NOTE_BLOCKS != before / NOTE_BLOCKS {
			self.store.save_highest_block(highest)?;
		}
		self.beat(view);
		Ok(())
	}

	/// Lets heartbeats begin as soon as they count, and says once why they don't yet.
	fn beat(&mut self, view: &View) {
		let ready = readiness(view, &self.settings.policy.peer_id);
		if let Readiness::BondWaits { counting, required, from } = ready {
			if !std::mem::replace(&mut self.bond_waits, true) {
				info!(
					block = view.block,
					"heartbeats begin at block {from}, with the next epoch: until then only {} W of \
					 the bond count, and {} W are needed",
					woppals(&counting),
					woppals(&required)
				);
			}
		} else {
			self.bond_waits = false;
		}
		let beating = match ready {
			Readiness::Earning(beating) => Some(beating),
			Readiness::BondWaits { .. } | Readiness::NotReady => None,
		};
		self.beating.send_if_modified(|now| std::mem::replace(now, beating) != beating);
	}

	async fn perform(&mut self, action: Action, view: &View) -> Result<Step, Error> {
		match action {
			Action::AskFaucet { .. } | Action::Fund { .. } => self.fund(action).await,
			Action::Register(_) | Action::Bond(_) | Action::RegisterNode => {
				self.set_up(action).await
			},
			Action::Choose => self.choose(view).await,
			Action::Start => self.start().await,
			Action::Train => self.train(view).await,
			Action::Commit => self.commit(view).await,
			Action::Prove { .. } => self.prove(view, &action).await,
			Action::SubmitProof => self.submit_proof(view).await,
			Action::Recover(id) => self.recover(view, id),
			Action::Restore(blinded) => self.restore(blinded),
			Action::Cancel(_) | Action::ExpireStart(_) | Action::ExpireExperiment(_) => {
				self.clean_up(view, action).await
			},
			Action::Finish(ending) => self.finish(ending),
			Action::Claim(range) => self.claim(view, range).await,
			Action::Settle => self.settle(view).await,
			Action::Wait(_) => Ok(Step::Idle),
			Action::Done => Ok(Step::Done),
			Action::Fail(blocker) => Err(self.blocked(blocker)),
		}
	}

	fn blocked(&self, blocker: Blocker) -> Error {
		let address = |signer| self.account(signer).as_ref().map(keys::address).unwrap_or_default();
		match blocker {
			Blocker::ColdKey(purpose) => Error::ColdKeyNeeded { purpose },
			Blocker::Balance { signer, have, need, purpose } => {
				Error::InsufficientBalance { account: address(signer), have, need, purpose }
			},
			Blocker::WrongValidator { stored, found } => Error::WrongValidator { stored, found },
			Blocker::ColdAsHot(validator) => {
				Error::ColdAsHot { account: address(SignerKind::Hot), validator }
			},
			Blocker::Superseded(project) => Error::SupersededProject(project),
		}
	}

	fn save(&self) -> Result<(), Error> {
		if let Some(e) = &self.state.experiment {
			self.store.save_experiment(e)?;
		}
		Ok(())
	}

	/// Changes the experiment on its way and stores it.
	fn update(&mut self, change: impl FnOnce(&mut Experiment)) -> Result<(), Error> {
		if let Some(e) = &mut self.state.experiment {
			change(e);
		}
		self.save()
	}

	async fn start(&mut self) -> Result<Step, Error> {
		let Some(e) = &self.state.experiment else { return Ok(Step::Acted) };
		let call = Call::Start { project: e.project, blinded: e.blinded };
		match self.chain.submit(SignerKind::Hot, call).await {
			Ok(included) => {
				info!(block = included.block, "started");
				self.update(|e| {
					e.starts = e.starts.saturating_add(1);
					e.started_in = Some(included.block);
				})?;
				Ok(Step::Acted)
			},
			Err(error) => {
				let may_pass = [
					"Research::DuplicateStart",
					"Research::TooManyOpen",
					"Research::CannotHoldDeposit",
				];
				if error.refusal().is_some_and(|name| !may_pass.contains(&name)) {
					self.update(|e| e.refusals = e.refusals.saturating_add(1))?;
				}
				Err(error.into())
			},
		}
	}

	async fn train(&mut self, view: &View) -> Result<Step, Error> {
		let Some(e) = &self.state.experiment else { return Ok(Step::Acted) };
		let (lab, shown) = (self.lab.clone(), self.reporter.begin("training"));
		let (config, seed) = (e.config.clone(), e.training_seed);
		info!(?config, "training");
		let trained = tokio::task::spawn_blocking(move || {
			let artifact = lab.train(&config, seed, &shown)?;
			let root = lab.artifact_root(&artifact)?;
			Ok::<_, LabError>((artifact, root, shown.seconds()))
		})
		.await?;
		match trained {
			Ok((artifact, root, seconds)) => {
				self.train_failures = 0;
				info!(bytes = artifact.len(), seconds, "trained in {seconds:.1} s");
				let genesis = view.genesis;
				self.update(|e| {
					e.id = Some(content_id(&genesis, e, &root));
					e.artifact = Some(artifact);
				})?;
			},
			Err(source) => {
				self.train_failures = self.train_failures.saturating_add(1);
				if self.train_failures >= TRAIN_FAILURES {
					return Err(Error::Train { times: self.train_failures, source });
				}
				warn!("{source}; the start is taken back");
				self.update(|e| e.refusals = MAX_REFUSALS)?;
			},
		}
		Ok(Step::Acted)
	}

	async fn commit(&mut self, view: &View) -> Result<Step, Error> {
		let Some(e) = &self.state.experiment else { return Ok(Step::Acted) };
		let call = Call::Commit {
			project: e.project,
			config: Config::truncate_from(e.config.clone()),
			salt: e.salt,
			artifact: Artifact::truncate_from(e.artifact.clone().unwrap_or_default()),
			edges: Edges::truncate_from(e.edges.clone()),
		};
		match self.chain.submit(SignerKind::Hot, call).await {
			Ok(included) => {
				let is_refused = has_event(&included, "Research.RevealRefused");
				if is_refused {
					warn!(block = included.block, "the chain refused the reveal; deposit returned");
				} else {
					info!(
						block = included.block,
						experiment = e.id.map(|id| format!("{id:?}")),
						"committed"
					);
				}
				self.update(|e| {
					e.committed_in = Some(included.block);
					if is_refused {
						e.refusals = MAX_REFUSALS;
					}
				})?;
				Ok(Step::Acted)
			},
			Err(error) => {
				self.note_refused_commit(view, &error)?;
				Err(error.into())
			},
		}
	}

	fn note_refused_commit(&mut self, view: &View, error: &ChainError) -> Result<(), Error> {
		match error.refusal() {
			// A reorganisation took the parent: go on without the edge.
			Some("Research::UnknownEdge") => {
				let artifact = self.state.experiment.as_ref().and_then(|e| e.artifact.clone());
				let root = self.lab.artifact_root(&artifact.unwrap_or_default())?;
				let genesis = view.genesis;
				self.update(|e| {
					e.edges.clear();
					e.id = Some(content_id(&genesis, e, &root));
				})
			},
			None | Some("Research::UnknownStart" | "Research::RevealExpired") => Ok(()),
			Some(_) => self.update(|e| e.refusals = e.refusals.saturating_add(1)),
		}
	}

	async fn prove(&mut self, view: &View, action: &Action) -> Result<Step, Error> {
		let (Some(e), Action::Prove { seed, key }) = (&self.state.experiment, action) else {
			return Ok(Step::Acted);
		};
		let (Some(experiment), Some(artifact)) = (e.id, e.artifact.clone()) else {
			return Ok(Step::Acted);
		};
		let job = ProofJob {
			genesis: view.genesis,
			key: *key,
			key_hash: key_hash(view)?,
			validator: e.validator,
			experiment,
			artifact,
			seed: *seed,
			max_segments: view.project.spec.max_segments,
		};
		info!(?experiment, ?seed, "proving");
		let (lab, store) = (self.lab.clone(), self.store.clone());
		let shown = self.reporter.begin("proving");
		let useless = Arc::new(AtomicBool::new(false));
		let flag = useless.clone();
		let proving = tokio::task::spawn_blocking(move || {
			let keeper = SegmentKeeper::new(store, &job, shown, flag)?;
			let evaluation = lab.prove(&job, keeper.known(), &keeper)?;
			Ok::<_, Error>((evaluation, keeper.shown.seconds()))
		});
		let proven = tokio::select! {
			proven = proving => proven?,
			never = watch_use(&*self.chain, experiment, *seed, &useless) => never,
		};
		match proven {
			Ok((evaluation, seconds)) => {
				let segments = evaluation.segments.len();
				info!(claim = ?evaluation.claim, segments, seconds, "proven in {seconds:.1} s");
				let proof = StoredProof { seed: *seed, key: *key, evaluation };
				self.update(|e| e.proof = Some(proof))?;
			},
			Err(Error::Lab(LabError::Cancelled)) => {
				info!("the chain has no use for this proof any more");
			},
			// A missing key file or folder is the operator's to resolve, and soon.
			Err(Error::Lab(
				e @ (LabError::Key { .. } | LabError::InstalledKey(_) | LabError::Evaluator(_)),
			)) => return Err(e.into()),
			Err(Error::Lab(error)) => {
				warn!(?experiment, "{error}; the deposit is lost");
				self.state.unprovable.insert(experiment);
			},
			Err(error) => return Err(error),
		}
		Ok(Step::Acted)
	}

	async fn submit_proof(&mut self, view: &View) -> Result<Step, Error> {
		let Some((e, proof)) =
			self.state.experiment.as_ref().and_then(|e| Some((e, e.proof.as_ref()?)))
		else {
			return Ok(Step::Acted);
		};
		let Some(experiment) = e.id else { return Ok(Step::Acted) };
		let call = Call::Prove {
			experiment,
			seed: proof.seed,
			key: proof.key,
			evaluation: proof.evaluation.clone(),
		};
		match self.chain.submit(SignerKind::Hot, call).await {
			Ok(included) => {
				info!(block = included.block, ?experiment, "proof submitted");
				Ok(Step::Acted)
			},
			Err(error) => {
				match error.refusal() {
					Some("AgentCommit::KeyRetired") => {
						self.state.unprovable.insert(experiment);
					},
					// Looked up again in the next step.
					Some("AgentCommit::WrongSeed" | "AgentCommit::WrongKey") => {},
					Some(name) if name.starts_with("AgentCommit::") => {
						self.note_refused_proof(view.block, experiment)?
					},
					_ => {},
				}
				Err(error.into())
			},
		}
	}

	/// The chain could not even read the proof: make it again, but not forever.
	fn note_refused_proof(
		&mut self,
		block: BlockNumber,
		experiment: ExperimentId,
	) -> Result<(), Error> {
		self.update(|e| {
			e.refusals = e.refusals.saturating_add(1);
			e.proof = None;
		})?;
		if self.state.experiment.as_ref().is_some_and(|e| e.refusals > MAX_REFUSALS) {
			warn!(block, ?experiment, "the chain refuses the proof; the deposit is lost");
			self.state.unprovable.insert(experiment);
		}
		Ok(())
	}

	fn finish(&mut self, ending: Ending) -> Result<Step, Error> {
		let Some(e) = self.state.experiment.take() else { return Ok(Step::Acted) };
		self.store.archive(&e)?;
		self.state.archived_starts.insert(e.blinded);
		// A given experiment is done however it ended: it is not tried again and again.
		let is_done = match self.lab.given() {
			Some(choice) => choice.config == e.config,
			None => matches!(ending, Ending::Proven(_) | Ending::Trapped),
		};
		if is_done {
			self.state.concluded = self.state.concluded.saturating_add(1);
		}
		let id = e.id.map(|id| format!("{id:?}"));
		match ending {
			Ending::Proven(metric) => info!(experiment = id, metric, "proven: metric {metric}"),
			Ending::Trapped => info!(experiment = id, "proven: the evaluation trapped, no metric"),
			Ending::Rejected => warn!(experiment = id, "the proof was rejected"),
			Ending::Forfeited => warn!(experiment = id, "not proven in time, deposit lost"),
			Ending::Void => warn!(experiment = id, "void: no seed came about, deposit returned"),
			Ending::Expired => warn!(blinded = ?e.blinded, "not committed in time"),
			Ending::Refused => warn!(blinded = ?e.blinded, "given up"),
		}
		self.ended = Some((e, ending));
		Ok(Step::Acted)
	}
}

fn pause_after(failures: u32) -> Duration {
	MIN_PAUSE.saturating_mul(1 << failures.min(8)).min(MAX_PAUSE)
}

fn has_event(included: &Included, name: &str) -> bool {
	included.events.iter().any(|event| event == name)
}

fn describe(waiting: Waiting) -> &'static str {
	match waiting {
		Waiting::Node => {
			"the node, which is below a block seen before: it is catching up, or its chain was \
			 begun anew (then use a fresh --base-path)"
		},
		Waiting::Seed => "the evaluation seed",
		Waiting::Finality => "finality",
		Waiting::Deadline => "the block after a missed deadline",
	}
}

pub(super) fn content_id(genesis: &H256, e: &Experiment, root: &H256) -> ExperimentId {
	experiment_id(genesis, e.validator, e.project, &e.config, root, &e.edges)
}

/// Raises `useless` when the chain would not take a proof for this seed any more: past the deadline,
/// concluded, or another seed after a reorganisation. Never ends, so that the proof's own end counts.
async fn watch_use<C: Chain, R>(
	chain: &C,
	experiment: ExperimentId,
	seed: H256,
	useless: &AtomicBool,
) -> R {
	loop {
		tokio::time::sleep(WATCH).await;
		let (Ok(head), Ok(info)) = (chain.head().await, chain.experiment(experiment).await) else {
			continue;
		};
		let is_useful = info.is_some_and(|info| {
			info.status == ExperimentStatus::Committed
				&& info.seed == Some(seed)
				&& info.prove_until.is_none_or(|until| head.number < until)
		});
		useless.store(!is_useful, Ordering::Relaxed);
	}
}

/// Hash of the project's verifying key.
pub(super) fn key_hash(view: &View) -> Result<H256, Error> {
	let (id, key) = (view.project.id, view.project.spec.key);
	view.key_hash.ok_or(Error::UnsupportedProject { id, reason: Mismatch::UnknownKey(key) })
}

/// Stores each segment as soon as it is proven.
struct SegmentKeeper {
	store: Arc<Store>,
	statement: H256,
	segments: Mutex<Vec<Segment>>,
	shown: Shown,
	useless: Arc<AtomicBool>,
}

impl SegmentKeeper {
	fn new(
		store: Arc<Store>,
		job: &ProofJob,
		shown: Shown,
		useless: Arc<AtomicBool>,
	) -> Result<Self, Error> {
		let ProofJob { genesis, key, validator, experiment, seed, .. } = job;
		let statement = context_digest(genesis, *key, *validator, experiment, seed, 0);
		let segments = Mutex::new(store.segments(&statement)?);
		Ok(Self { store, statement, segments, shown, useless })
	}

	fn known(&self) -> Vec<Segment> {
		self.segments.lock().unwrap_or_else(PoisonError::into_inner).clone()
	}
}

impl Progress for SegmentKeeper {
	fn at(&self, done: u64, total: u64) {
		self.shown.at(done, total);
	}

	fn is_cancelled(&self) -> bool {
		self.useless.load(Ordering::Relaxed)
	}

	fn segment(&self, index: u32, segment: &Segment) {
		let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
		segments.truncate(index as usize);
		segments.push(segment.clone());
		if let Err(error) = self.store.save_segments(&self.statement, segments.clone()) {
			// Only the work since the last segment is at stake.
			warn!("{error}");
		}
	}
}
