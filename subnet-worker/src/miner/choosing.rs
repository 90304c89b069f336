//! Chooses the next experiment: draws configs, trains them, estimates them on seeds of its own and
//! keeps the one that promises most. The chain's seed comes after the commit, so an estimate knows
//! nothing of it.

use super::{
	lab::{Lab, LabError, Progress},
	run::{content_id, key_hash, Miner, Step, TRAIN_FAILURES},
	state::Experiment,
	strategy::{choose, Candidates, Choice},
};
use crate::{
	chain::{Chain, View},
	error::Error,
};
use codec::Encode;
use rand::{rngs::OsRng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use tracing::{info, warn};
use woppal_protocol::{
	research::{blind, Direction},
	ValidatorId, H256,
};

/// Leaders of the first page that may become parents.
const LEADERS: usize = 8;

/// A choice with what became of it.
struct Trained {
	choice: Choice,
	training_seed: u64,
	/// The artifact and its root, if it was trained already.
	artifact: Option<(Vec<u8>, H256)>,
	/// What an evaluation is expected to give.
	estimate: Option<f64>,
}

impl Trained {
	fn not_yet(choice: Choice, training_seed: u64) -> Self {
		Self { choice, training_seed, artifact: None, estimate: None }
	}
}

/// Whether `a` promises more than `b`; something beats nothing.
fn promises_more(direction: Direction, a: Option<f64>, b: Option<f64>) -> bool {
	match (a, b, direction) {
		(Some(a), Some(b), Direction::LowerIsBetter) => a < b,
		(Some(a), Some(b), Direction::HigherIsBetter) => a > b,
		(Some(_), None, _) => true,
		(None, _, _) => false,
	}
}

impl<C: Chain, L: Lab> Miner<C, L> {
	/// Chooses and stores the next experiment.
	pub(super) async fn choose(&mut self, view: &View) -> Result<Step, Error> {
		let Some(validator) = view.validator.as_ref().map(|v| v.id) else {
			return Ok(Step::Idle);
		};
		// The proving key is there before a deposit is at stake and a deadline runs.
		let (lab, key) = (self.lab.clone(), key_hash(view)?);
		tokio::task::spawn_blocking(move || lab.prepare(key)).await??;
		let given = self.lab.given();
		let parents = match given {
			Some(_) => Candidates::default(),
			None => self.parents(view).await?,
		};
		let number = self.store.next_number()?;
		let seed = sp_crypto_hashing::blake2_256(&(self.settings.seed, number).encode());
		let mut rng = ChaCha8Rng::from_seed(seed);
		let drawn = match given {
			Some(choice) => vec![Trained::not_yet(choice, 0)],
			None => self.draw(view, &parents, validator, &mut rng),
		};
		let Some(best) = self.train_all(drawn, view.project.spec.direction).await? else {
			return Ok(Step::Acted);
		};
		self.store_choice(view, validator, number, best)
	}

	/// Experiments that the next one may build on.
	async fn parents(&self, view: &View) -> Result<Candidates, Error> {
		let mut leaders = Vec::new();
		for entry in self.chain.leaderboard(view.project.id, 0).await?.iter().take(LEADERS) {
			leaders.extend(self.chain.experiment(entry.experiment).await?);
		}
		Ok(Candidates { best: view.best.clone(), leaders })
	}

	/// Different configs that were not tried here before.
	fn draw(
		&self,
		view: &View,
		parents: &Candidates,
		validator: ValidatorId,
		rng: &mut ChaCha8Rng,
	) -> Vec<Trained> {
		let project = view.project.id;
		let max_changed_keys = view.project.spec.max_changed_keys;
		let mut drawn = BTreeSet::new();
		let mut choices = Vec::new();
		for _ in 0..self.settings.candidates.max(1) {
			let is_new = |config: &[i32]| {
				!drawn.contains(config)
					&& !matches!(self.store.knows_config(project, config), Ok(true))
			};
			let choice = choose(&*self.lab, parents, validator, max_changed_keys, rng, is_new);
			if drawn.insert(choice.config.clone()) {
				choices.push(Trained::not_yet(choice, rng.next_u64()));
			}
		}
		choices
	}

	/// Trains and estimates all and keeps the best. A single one is not trained before its start.
	async fn train_all(
		&mut self,
		mut drawn: Vec<Trained>,
		direction: Direction,
	) -> Result<Option<Trained>, Error> {
		if drawn.len() < 2 {
			return Ok(drawn.pop());
		}
		let lab = self.lab.clone();
		let shown = self.reporter.begin("choosing");
		let (trained, failure) = tokio::task::spawn_blocking(move || {
			let total = drawn.len() as u64;
			let (mut trained, mut failure) = (Vec::new(), None);
			for (done, mut one) in (1u64..).zip(drawn) {
				match train_one(&*lab, &mut one) {
					Ok(()) => trained.push(one),
					Err(error) => failure = Some(error),
				}
				shown.at(done, total);
			}
			(trained, failure)
		})
		.await?;
		if let Some(source) = failure {
			warn!("{source}; that config is left out");
			if trained.is_empty() {
				self.train_failures = self.train_failures.saturating_add(1);
				if self.train_failures >= TRAIN_FAILURES {
					return Err(Error::Train { times: self.train_failures, source });
				}
			}
		}
		let mut best: Option<Trained> = None;
		for one in trained {
			self.train_failures = 0;
			let current = best.as_ref().and_then(|b| b.estimate);
			if best.is_none() || promises_more(direction, one.estimate, current) {
				best = Some(one);
			}
		}
		Ok(best)
	}

	fn store_choice(
		&mut self,
		view: &View,
		validator: ValidatorId,
		number: u64,
		best: Trained,
	) -> Result<Step, Error> {
		let project = view.project.id;
		let Trained { choice, training_seed, artifact, estimate } = best;
		// The salt keeps the config secret until its reveal: it must not derive from the seed.
		let mut salt = H256::zero();
		OsRng.fill_bytes(&mut salt.0);
		let mut experiment = Experiment {
			project,
			validator,
			blinded: blind(&view.genesis, validator, project, &choice.config, &salt),
			salt,
			edges: choice.edges(),
			config: choice.config,
			training_seed,
			starts: 0,
			started_in: None,
			commit_until: None,
			artifact: None,
			id: None,
			committed_in: None,
			refusals: 0,
			proof: None,
		};
		if let Some((artifact, root)) = artifact {
			experiment.id = Some(content_id(&view.genesis, &experiment, &root));
			experiment.artifact = Some(artifact);
		}
		self.store.note_config(project, &experiment.config)?;
		self.store.save_experiment(&experiment)?;
		let parent = choice.parent.map(|p| format!("{p:?}"));
		let config = &experiment.config;
		let estimate = estimate.map(f64::round);
		info!(number, ?config, parent, estimate, "chose experiment {number}");
		self.state.experiment = Some(experiment);
		Ok(Step::Acted)
	}
}

/// Trains one and estimates it.
fn train_one<L: Lab>(lab: &L, one: &mut Trained) -> Result<(), LabError> {
	struct Unseen;
	impl Progress for Unseen {
		fn at(&self, _: u64, _: u64) {}
	}
	let artifact = lab.train(&one.choice.config, one.training_seed, &Unseen)?;
	one.estimate = lab.estimate(&artifact, one.training_seed);
	one.artifact = Some((artifact.clone(), lab.artifact_root(&artifact)?));
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_direction_decides_what_promises_more() {
		let (low, high) = (Some(-2.0), Some(1.0));
		assert!(promises_more(Direction::LowerIsBetter, low, high));
		assert!(!promises_more(Direction::LowerIsBetter, high, low));
		assert!(promises_more(Direction::HigherIsBetter, high, low));
		assert!(promises_more(Direction::LowerIsBetter, high, None));
		assert!(!promises_more(Direction::LowerIsBetter, None, None));
	}
}
