//! The loop against the simulated chain: the whole way, kills, lost replies, reorganisations,
//! deadlines, empty accounts.

use super::{
	decide::{next_action, Action, Blocker, Ending, Policy, Waiting, MAX_STARTS},
	lab::LabError,
	run::{Miner, Settings, Step},
	simulation::{SimChain, SimLab, World, COLD, HOT},
};
use crate::{
	chain::{Chain, ClaimRange, SignerKind},
	error::{Error, Purpose},
	heartbeat::{readiness, Readiness},
	progress::Reporter,
	store::Store,
	test_util::TempDir,
};
use std::sync::{atomic::Ordering, Arc};
use woppal_protocol::{identity::PeerId, research::ExperimentStatus, H256, WOPPAL};

mod faults;
mod given;

/// A worker that can be killed and started again.
struct Worker {
	dir: TempDir,
	chain: Arc<SimChain>,
	lab: Arc<SimLab>,
	policy: Policy,
	candidates: u32,
	miner: Option<Miner<SimChain, SimLab>>,
}

impl Worker {
	fn new(world: World) -> Self {
		Self::with_lab(world, SimLab::default())
	}

	fn with_lab(world: World, lab: SimLab) -> Self {
		Self {
			dir: TempDir::new("miner"),
			chain: Arc::new(SimChain::new(world)),
			lab: Arc::new(lab),
			policy: Policy { has_cold_key: true, ..Policy::default() },
			candidates: 1,
			miner: None,
		}
	}

	fn registered() -> Self {
		let mut world = World::default();
		world.register();
		Self::new(world)
	}

	fn miner(&mut self) -> &mut Miner<SimChain, SimLab> {
		if self.miner.is_none() {
			let settings = Settings {
				project: 0,
				policy: self.policy.clone(),
				seed: 1,
				candidates: self.candidates,
				hot: HOT,
				cold: Some(COLD),
				node_key: [0; 32],
			};
			let store = Arc::new(Store::open(self.dir.path()).unwrap());
			let (miner, _) =
				Miner::new(self.chain.clone(), self.lab.clone(), store, settings, Reporter::Lines)
					.unwrap();
			self.miner = Some(miner);
		}
		self.miner.as_mut().unwrap()
	}

	/// As a kill between two steps: all that is not in the store is gone.
	fn kill(&mut self) {
		self.miner = None;
	}

	async fn step(&mut self) -> Result<Step, Error> {
		let result = self.miner().step().await;
		if matches!(result, Ok(Step::Idle)) {
			self.chain.world().block += 1;
		}
		result
	}

	/// Steps until so many experiments are proven; transient errors are tried again.
	async fn until_proven(&mut self, count: usize) {
		for _ in 0..400 {
			if self.chain.world().proven() >= count {
				return;
			}
			match self.step().await {
				Ok(_) => {},
				Err(e) if e.is_transient() => self.chain.world().block += 1,
				Err(e) => panic!("{e}"),
			}
		}
		panic!("only {} of {count} experiments proven", self.chain.world().proven());
	}

	async fn next(&mut self) -> Action {
		let state = self.miner().state().clone();
		let current = state.experiment.as_ref().and_then(|e| e.id);
		let mut state = state;
		let view = self.chain.view(0, current).await.unwrap().unwrap();
		state.observe(&view);
		next_action(&view, &state, &self.policy)
	}

	/// Steps until the next action is of this kind.
	async fn until(&mut self, kind: fn(&Action) -> bool) {
		for _ in 0..100 {
			if kind(&self.next().await) {
				return;
			}
			self.step().await.unwrap();
		}
		panic!("not reached");
	}
}

#[tokio::test]
async fn a_new_worker_registers_and_proves() {
	let mut w = Worker::new(World::default());
	w.until_proven(3).await;
	let world = w.chain.world();
	assert_eq!(world.count("Validators.register"), 1);
	assert_eq!(world.count("Validators.register_node"), 1);
	assert_eq!(world.count("AgentCommit.start"), 3);
	assert_eq!((world.deposits_lost, world.cancelled), (0, 0));
	// The second and third build on what the chain showed.
	assert!(world.experiments.iter().any(|e| !e.edges.is_empty()));
}

#[tokio::test]
async fn it_ends_after_the_experiments_asked_for() {
	let mut w = Worker::registered();
	w.policy.max_experiments = Some(2);
	for _ in 0..200 {
		if w.step().await.unwrap() == Step::Done {
			assert_eq!(w.chain.world().proven(), 2);
			return;
		}
	}
	panic!("it goes on");
}

#[tokio::test]
async fn a_kill_before_any_step_costs_nothing() {
	for kill_at in 0..16 {
		let mut w = Worker::new(World::default());
		for step in 0..30 {
			if step == kill_at {
				w.kill();
			}
			w.step().await.unwrap();
		}
		let world = w.chain.world();
		assert!(world.proven() >= 1, "killed at {kill_at}");
		assert_eq!((world.deposits_lost, world.cancelled), (0, 0), "killed at {kill_at}");
		let open = world.experiments.len() + world.starts.len();
		assert_eq!(world.count("AgentCommit.start"), open, "killed at {kill_at}");
	}
}

#[tokio::test]
async fn a_lost_reply_and_a_kill_after_it_cost_nothing() {
	for lost_at in 0..12 {
		for is_killed in [false, true] {
			let mut w = Worker::new(World::default());
			for step in 0..30 {
				if step == lost_at {
					w.chain.world().lose_reply = true;
				}
				if let Err(e) = w.step().await {
					assert!(e.is_transient(), "{e}");
					if is_killed {
						w.kill();
					}
				}
			}
			let world = w.chain.world();
			assert!(world.proven() >= 1, "lost at {lost_at}");
			assert_eq!((world.deposits_lost, world.cancelled), (0, 0), "lost at {lost_at}");
			assert_eq!(world.count("Validators.register"), 1);
		}
	}
}

#[tokio::test]
async fn proven_segments_survive_a_kill() {
	let mut world = World::default();
	world.register();
	let lab = SimLab { die_after: Some(2), ..SimLab::default() };
	let mut w = Worker::with_lab(world, lab);
	w.until(|a| matches!(a, Action::Prove { .. })).await;
	assert!(w.step().await.is_err());
	w.kill();
	w.lab = Arc::new(SimLab::default());
	w.until_proven(1).await;
	assert_eq!(w.lab.segments_reused.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_unreachable_node_is_waited_for() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	w.chain.world().offline = true;
	let error = w.step().await.unwrap_err();
	assert!(error.is_transient());
	w.chain.world().offline = false;
	w.until_proven(1).await;
	assert_eq!(w.chain.world().deposits_lost, 0);
}

#[tokio::test]
async fn a_reorganisation_that_changes_the_seed_is_proven_anew() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::SubmitProof).await;
	w.chain.world().fork += 1;
	assert!(matches!(w.next().await, Action::Prove { .. }));
	w.until_proven(1).await;
	assert_eq!(w.lab.proven.load(Ordering::SeqCst), 2);
	assert_eq!(w.chain.world().deposits_lost, 0);
}

#[tokio::test]
async fn a_new_verifying_key_is_proven_anew() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::SubmitProof).await;
	w.chain.world().project.spec.key = 1;
	w.until_proven(1).await;
	assert_eq!(w.chain.world().deposits_lost, 0);
}

#[tokio::test]
async fn a_proving_key_that_is_gone_ends_the_run_and_costs_no_deposit() {
	let mut w = Worker::registered();
	w.until(|a| matches!(a, Action::Prove { .. })).await;
	w.lab.miss_key.store(1, Ordering::SeqCst);
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::Lab(LabError::InstalledKey(_))));
	assert_eq!(error.exit_code(), 10);
	// The operator puts the file back.
	w.kill();
	w.until_proven(1).await;
	assert_eq!(w.chain.world().deposits_lost, 0);
}

#[tokio::test]
async fn a_reorganisation_that_drops_the_start_starts_again() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	let before = w.chain.world().starts.pop();
	assert!(before.is_some());
	w.until_proven(1).await;
	let world = w.chain.world();
	assert_eq!(world.count("AgentCommit.start"), 2);
	assert_eq!(world.experiments.len(), 1);
}

#[tokio::test]
async fn a_reorganisation_that_drops_the_commit_commits_again() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	let starts = w.chain.world().starts.clone();
	w.step().await.unwrap();
	{
		let mut world = w.chain.world();
		world.experiments.clear();
		world.starts = starts;
	}
	assert_eq!(w.next().await, Action::Commit);
	w.until_proven(1).await;
	assert_eq!(w.chain.world().count("AgentCommit.commit"), 2);
}

#[tokio::test]
async fn a_reorganisation_that_drops_the_proof_submits_it_again() {
	let mut w = Worker::registered();
	w.until_proven(1).await;
	w.until(|a| *a == Action::Choose).await;
	{
		let mut world = w.chain.world();
		world.experiments[0].status = ExperimentStatus::Committed;
		world.experiments[0].seed = None;
	}
	w.kill();
	w.until_proven(1).await;
	// The stored proof serves again.
	assert_eq!(w.lab.proven.load(Ordering::SeqCst), 1);
	assert_eq!(w.chain.world().count("AgentCommit.prove"), 2);
}

#[tokio::test]
async fn a_reorganisation_that_brings_back_an_archived_start_is_gone_on_with() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	let starts = w.chain.world().starts.clone();
	w.until_proven(1).await;
	w.until(|a| *a == Action::Choose).await;
	{
		let mut world = w.chain.world();
		world.experiments.clear();
		world.project.best = None;
		world.starts = starts;
	}
	w.until_proven(1).await;
	assert_eq!(w.chain.world().cancelled, 0);
}

#[tokio::test]
async fn a_missed_reveal_is_cleaned_up_and_forgotten() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Train).await;
	w.chain.world().block += 200;
	w.until_proven(1).await;
	let world = w.chain.world();
	assert_eq!(world.deposits_lost, 1);
	assert_eq!(world.count("Research.expire_start"), 1);
	assert!(world.starts.is_empty());
}

#[tokio::test]
async fn a_missed_proof_is_cleaned_up_and_forgotten() {
	let mut w = Worker::registered();
	w.until(|a| matches!(a, Action::Prove { .. })).await;
	w.chain.world().block += 200;
	w.until_proven(1).await;
	let world = w.chain.world();
	assert_eq!(world.deposits_lost, 1);
	assert_eq!(world.experiments[0].status, ExperimentStatus::Forfeited);
	assert_eq!(world.count("Research.expire_experiment"), 1);
}

#[tokio::test]
async fn a_proof_in_work_ends_when_the_chain_has_no_use_for_it() {
	for is_late in [true, false] {
		let mut w = Worker::registered();
		w.until(|a| matches!(a, Action::Prove { .. })).await;
		w.lab.prove_forever.store(true, Ordering::SeqCst);
		let chain = w.chain.clone();
		let change = async {
			tokio::time::sleep(std::time::Duration::from_millis(30)).await;
			let mut world = chain.world();
			if is_late {
				world.block += 200;
			} else {
				world.fork += 1;
			}
		};
		let (result, ()) = tokio::join!(w.step(), change);
		assert_eq!(result.unwrap(), Step::Acted);
		w.lab.prove_forever.store(false, Ordering::SeqCst);
		w.until_proven(1).await;
		assert_eq!(w.chain.world().deposits_lost, u32::from(is_late));
	}
}

#[tokio::test]
async fn an_experiment_that_gets_no_seed_becomes_void() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	w.chain.world().withhold_seeds = true;
	for _ in 0..300 {
		if w.chain.world().experiments.iter().any(|e| e.status == ExperimentStatus::Void) {
			break;
		}
		w.step().await.unwrap();
	}
	w.chain.world().withhold_seeds = false;
	w.until_proven(1).await;
	assert_eq!(w.chain.world().deposits_lost, 0);
}

#[tokio::test]
async fn a_refused_reveal_leads_to_another_config() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	w.chain.world().refuse_reveals = true;
	w.step().await.unwrap();
	w.chain.world().refuse_reveals = false;
	w.until_proven(1).await;
	let world = w.chain.world();
	assert_eq!((world.deposits_lost, world.cancelled), (0, 0));
	assert_eq!(world.count("AgentCommit.start"), 2);
}

#[tokio::test]
async fn a_commit_that_the_chain_can_not_take_is_cancelled() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	for _ in 0..2 {
		w.chain.world().refuse = Some(("AgentCommit.commit", "Research::UnusableArtifact"));
		assert!(w.step().await.is_err());
	}
	w.until_proven(1).await;
	assert_eq!(w.chain.world().cancelled, 1);
}

#[tokio::test]
async fn a_vanished_parent_costs_the_edge_only() {
	let mut w = Worker::registered();
	w.until_proven(1).await;
	w.until(|a| *a == Action::Choose).await;
	w.until(|a| *a == Action::Commit).await;
	w.chain.world().refuse = Some(("AgentCommit.commit", "Research::UnknownEdge"));
	assert!(w.step().await.is_err());
	w.until_proven(2).await;
	assert_eq!(w.chain.world().cancelled, 0);
}

#[tokio::test]
async fn a_failed_training_takes_the_start_back() {
	let mut w = Worker::registered();
	w.lab.fail_training.store(1, Ordering::SeqCst);
	w.until_proven(1).await;
	assert_eq!(w.chain.world().cancelled, 1);
	let mut w = Worker::registered();
	w.lab.fail_training.store(9, Ordering::SeqCst);
	let error = loop {
		if let Err(e) = w.step().await {
			break e;
		}
	};
	assert!(matches!(error, Error::Train { times: 3, .. }), "{error}");
}

#[tokio::test]
async fn the_candidate_that_promises_most_is_started() {
	let mut w = Worker::registered();
	w.candidates = 8;
	w.until(|a| *a == Action::Start).await;
	assert_eq!(w.lab.trained.load(Ordering::SeqCst), 8);
	let artifact = w.miner().state().experiment.as_ref().unwrap().artifact.clone().unwrap();
	// The smallest of eight random bytes; one alone is below 128 with a chance of a half.
	assert!(artifact[0] < 128);
	w.until_proven(2).await;
	// Nothing is trained again after its start.
	assert_eq!(w.lab.trained.load(Ordering::SeqCst), 16);
	w.until(|a| *a == Action::Choose).await;
	w.lab.fail_training.store(100, Ordering::SeqCst);
	let error = loop {
		if let Err(e) = w.step().await {
			break e;
		}
	};
	assert!(matches!(error, Error::Train { .. }));
	assert_eq!(w.chain.world().count("AgentCommit.start"), 2);
}

#[tokio::test]
async fn what_can_not_be_proven_is_left_and_cleaned_up() {
	let mut w = Worker::registered();
	w.lab.fail_proving.store(1, Ordering::SeqCst);
	w.until_proven(1).await;
	w.chain.world().block += 200;
	w.until_proven(2).await;
	for _ in 0..10 {
		w.step().await.unwrap();
	}
	let world = w.chain.world();
	assert_eq!(world.deposits_lost, 1);
	assert_eq!(world.count("Research.expire_experiment"), 1);
}

#[tokio::test]
async fn a_lost_base_path_recovers_what_the_chain_has() {
	let mut w = Worker::registered();
	w.until(|a| matches!(a, Action::Prove { .. })).await;
	w.kill();
	w.dir = TempDir::new("miner-fresh");
	w.until_proven(1).await;
	assert_eq!(w.chain.world().count("AgentCommit.start"), 1);
	// A start without its salt can only be taken back.
	w.until(|a| *a == Action::Commit).await;
	w.kill();
	w.dir = TempDir::new("miner-fresher");
	w.until_proven(2).await;
	let world = w.chain.world();
	assert_eq!((world.cancelled, world.deposits_lost), (1, 0));
}

#[tokio::test]
async fn rewards_are_claimed_between_experiments() {
	let mut w = Worker::registered();
	let range = ClaimRange { first: 0, count: 1, amount: WOPPAL };
	w.until(|a| *a == Action::Train).await;
	w.chain.world().claimable = Some(range);
	// Not while the next step is pressing.
	assert_eq!(w.next().await, Action::Train);
	w.until(|a| matches!(a, Action::Claim(_))).await;
	w.chain.world().refuse = Some(("Emission.claim", "Emission::NothingToClaim"));
	w.step().await.unwrap();
	assert!(!matches!(w.next().await, Action::Claim(_)));
	w.chain.world().block += 60;
	w.until_proven(1).await;
	w.until(|a| *a == Action::Choose).await;
	assert_eq!(w.chain.world().count("Emission.claim"), 1);
}

#[tokio::test]
async fn delegators_are_paid_between_experiments() {
	let mut w = Worker::registered();
	w.chain.world().delegate();
	w.until_proven(1).await;
	// Nothing has closed yet.
	assert_eq!(w.chain.world().count("Stake.settle"), 0);
	w.chain.world().block = 20 * 60;
	w.until(|a| *a == Action::Settle).await;
	// Rewards of one's own come first.
	let range = ClaimRange { first: 0, count: 1, amount: WOPPAL };
	w.chain.world().claimable = Some(range);
	assert_eq!(w.next().await, Action::Claim(range));
	w.step().await.unwrap();
	// Twenty epochs take two calls, and nothing is paid for nothing.
	w.until_proven(3).await;
	assert_eq!(w.chain.world().count("Stake.settle"), 2);
}

#[tokio::test]
async fn a_refused_settlement_waits_and_an_empty_pool_is_left_alone() {
	let mut w = Worker::registered();
	w.chain.world().delegate();
	w.chain.world().block = 100;
	w.until(|a| *a == Action::Settle).await;
	w.chain.world().refuse = Some(("Stake.settle", "Stake::NothingToSettle"));
	w.step().await.unwrap();
	assert!(!matches!(w.next().await, Action::Settle));
	w.chain.world().block += 60;
	w.until(|a| *a == Action::Settle).await;
	w.chain.world().pool.as_mut().unwrap().shares = 0;
	assert!(!matches!(w.next().await, Action::Settle));
}

#[tokio::test]
async fn heartbeats_wait_until_the_bond_counts() {
	let mut w = Worker::new(World::default());
	let peer_id = PeerId::truncate_from(vec![5; 38]);
	w.policy.peer_id = peer_id.clone();
	let view = |w: &Worker| w.chain.world().view(None);
	assert_eq!(readiness(&view(&w), &peer_id), Readiness::NotReady);
	w.until(|a| *a == Action::Choose).await;
	let waits = Readiness::BondWaits { counting: 0, required: WOPPAL, from: 60 };
	assert_eq!(readiness(&view(&w), &peer_id), waits);
	w.chain.world().block = 60;
	let Readiness::Earning(beating) = readiness(&view(&w), &peer_id) else {
		panic!("the bond counts");
	};
	// It names its own node and no other.
	assert!(beating.nodes.has(3) && beating.nodes.count() == 1);
	assert_eq!(readiness(&view(&w), &PeerId::default()), Readiness::NotReady);
	// Raising the bond doesn't interrupt.
	w.chain.world().validator.as_mut().unwrap().counting_bond = WOPPAL;
	w.chain.world().bonded_in = Some(1);
	w.chain.world().validator.as_mut().unwrap().bond = 2 * WOPPAL;
	assert!(matches!(readiness(&view(&w), &peer_id), Readiness::Earning(_)));
	// A refused one would have to be paid for.
	w.chain.world().hot_free = 0;
	assert_eq!(readiness(&view(&w), &peer_id), Readiness::NotReady);
}

#[tokio::test]
async fn a_worker_tells_the_heartbeat_when_to_begin() {
	let mut w = Worker::new(World::default());
	w.until(|a| *a == Action::Train).await;
	let beating = w.miner().beating();
	assert!(beating.borrow().is_none());
	w.chain.world().block = 60;
	w.step().await.unwrap();
	let told = beating.borrow().expect("it earns");
	assert_eq!((told.validator, told.nodes.has(3)), (7, true));
}

#[tokio::test]
async fn a_new_node_key_is_registered_beside_the_old_one() {
	let mut w = Worker::registered();
	w.policy.peer_id = PeerId::truncate_from(vec![5; 38]);
	assert_eq!(w.next().await, Action::RegisterNode);
	w.until_proven(1).await;
	assert_eq!(w.chain.world().count("Validators.register_node"), 1);
	assert_eq!(w.chain.world().validator.as_ref().unwrap().nodes.len(), 2);
}

#[tokio::test]
async fn a_bond_that_shrank_is_made_good() {
	let mut w = Worker::registered();
	w.chain.world().validator.as_mut().unwrap().bond = WOPPAL / 4;
	assert_eq!(w.next().await, Action::Bond(WOPPAL - WOPPAL / 4));
	w.until_proven(1).await;
	assert_eq!(w.chain.world().count("Stake.bond_extra"), 1);
}

#[tokio::test]
async fn empty_keys_are_funded_where_funds_are() {
	// Cold key empty, hot key rich.
	let mut w = Worker::new(World { cold_free: 0, ..World::default() });
	assert!(matches!(w.next().await, Action::Fund { dest: SignerKind::Cold, .. }));
	w.until_proven(1).await;
	// Hot key empty.
	let mut w = Worker::new(World { hot_free: 0, ..World::default() });
	w.until_proven(1).await;
	assert_eq!(w.chain.world().count("Balances.transfer_keep_alive"), 1);
	// Enough for fees only: the faucet helps, unless the network is live.
	let poor = World { hot_free: 0, cold_free: WOPPAL / 2, ..World::default() };
	let mut w = Worker::new(World { live: true, ..poor.clone() });
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::InsufficientBalance { purpose: Purpose::Register, .. }));
	let mut w = Worker::new(poor);
	w.until_proven(1).await;
	assert!(w.chain.world().count("Network.faucet") >= 1);
	// Nothing at all.
	let mut w = Worker::new(World { hot_free: 0, cold_free: 0, ..World::default() });
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::InsufficientBalance { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_registration_ends_the_run() {
	let mut w = Worker::new(World::default());
	w.chain.world().refuse = Some(("Validators.register", "Validators::HotKeyInUse"));
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::Setup { .. }) && !error.is_transient());
	assert_eq!(error.exit_code(), 9);
}

#[tokio::test]
async fn registering_needs_the_cold_key_and_mining_does_not() {
	let mut w = Worker::new(World::default());
	w.policy.has_cold_key = false;
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::ColdKeyNeeded { purpose: Purpose::Register }));
	let mut w = Worker::registered();
	w.policy.has_cold_key = false;
	w.until_proven(1).await;
}

#[tokio::test]
async fn a_foreign_or_wrong_key_is_refused() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	w.chain.world().validator.as_mut().unwrap().id = 8;
	let found = Blocker::WrongValidator { stored: 7, found: 8 };
	assert_eq!(w.next().await, Action::Fail(found));
	let mut w = Worker::registered();
	w.chain.world().validator.as_mut().unwrap().hot_key = COLD;
	assert!(matches!(w.step().await.unwrap_err(), Error::ColdAsHot { validator: 7, .. }));
}

#[tokio::test]
async fn a_foreign_verifying_key_ends_the_run_before_anything_is_at_stake() {
	let mut w = Worker::registered();
	w.chain.world().key_hash = H256::zero();
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::UnsupportedProject { id: 0, .. }));
	assert!(w.chain.world().calls.is_empty());
}

#[tokio::test]
async fn an_unknown_project_ends_the_run() {
	let mut w = Worker::registered();
	w.chain.world().project.id = 3;
	let error = w.step().await.unwrap_err();
	assert!(matches!(error, Error::UnknownProject(0)));
	assert_eq!(error.exit_code(), 6);
}

#[tokio::test]
async fn a_node_that_catches_up_is_waited_for() {
	let mut w = Worker::registered();
	w.until(|a| *a == Action::Commit).await;
	let block = w.chain.world().block;
	w.chain.world().block = 0;
	assert_eq!(w.next().await, Action::Wait(Waiting::Node));
	w.chain.world().block = block;
	w.until_proven(1).await;
}

#[tokio::test]
async fn a_start_that_is_dropped_again_and_again_is_given_up() {
	let mut w = Worker::registered();
	w.policy.max_experiments = Some(1);
	for _ in 0..100 {
		if w.next().await == Action::Finish(Ending::Refused) {
			let starts = w.miner().state().experiment.as_ref().unwrap().starts;
			assert_eq!(starts, MAX_STARTS);
			return;
		}
		w.step().await.unwrap();
		w.chain.world().starts.clear();
	}
	panic!("it goes on starting");
}
