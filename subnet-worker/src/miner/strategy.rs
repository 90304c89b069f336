//! Which config to try next, from what the chain shows.

use super::lab::Lab;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use woppal_protocol::{
	research::{Edge, EdgeKind, ExperimentInfo},
	ExperimentId, ValidatorId,
};

/// Parts per hundred of the experiments that build on the network's best; the rest explores.
const EXPLOIT_PERCENT: u32 = 75;
/// Parts per hundred of the explorations that begin afresh.
const FRESH_PERCENT: u32 = 25;
/// A mutation that was tried before is drawn again this often.
const REDRAWS: u32 = 64;

/// A config and what it builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
	/// The config.
	pub config: Vec<i32>,
	/// The experiment that it is a mutation of.
	pub parent: Option<ExperimentId>,
}

impl Choice {
	/// The edges that say so.
	pub fn edges(&self) -> Vec<Edge> {
		self.parent.map(|to| Edge { kind: EdgeKind::Extends, to }).into_iter().collect()
	}
}

/// Experiments that may become parents.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
	/// The project's best.
	pub best: Option<ExperimentInfo>,
	/// The best of each validator on the leaderboard.
	pub leaders: Vec<ExperimentInfo>,
}

impl Candidates {
	/// The parent to build on, if any.
	fn parent(&self, own: ValidatorId, rng: &mut ChaCha8Rng) -> Option<&ExperimentInfo> {
		if rng.gen_range(0..100) < EXPLOIT_PERCENT {
			return self.best.as_ref();
		}
		// Exploring: afresh, from our own best, or from somebody else's.
		if rng.gen_range(0..100) < FRESH_PERCENT {
			return None;
		}
		let mine = self.leaders.iter().find(|e| e.validator == own);
		if mine.is_some() && rng.gen_bool(0.5) {
			return mine;
		}
		match self.leaders.len() {
			0 => self.best.as_ref(),
			n => self.leaders.get(rng.gen_range(0..n)),
		}
	}
}

/// Chooses a config that `is_new`: mostly a mutation of the network's best within the number of
/// keys that counts as an adoption, sometimes one of another parent or a fresh one. If no new one
/// turns up within a bounded number of draws, the last draw is returned: the chain refuses a repeat
/// and returns the deposit.
pub fn choose<L: Lab>(
	lab: &L,
	candidates: &Candidates,
	own: ValidatorId,
	max_changed_keys: u32,
	rng: &mut ChaCha8Rng,
	is_new: impl Fn(&[i32]) -> bool,
) -> Choice {
	let mut choice = Choice { config: Vec::new(), parent: None };
	for draw in 0..REDRAWS {
		// A crowded neighbourhood is left after half of the draws.
		let parent = if draw < REDRAWS / 2 { candidates.parent(own, rng) } else { None };
		choice = match parent {
			Some(p) => Choice {
				config: lab.mutate(&p.config, rng, max_changed_keys.max(1)),
				parent: Some(p.id),
			},
			None => Choice { config: lab.first_config(rng), parent: None },
		};
		if is_new(&choice.config) {
			break;
		}
	}
	choice
}
