//! Answers every pulse, whatever else the worker does.
//!
//! A bond counts from the epoch after it was made, and a heartbeat that doesn't count costs a fee: so
//! the first one waits until the bond counts.
//!
//! A heartbeat counts for the pulse of the block that includes it. Validators spread theirs over the
//! first half of a pulse, so that no block is full; one that failed is repeated until the pulse
//! ends.

use crate::chain::{Call, Chain, ChainError, SignerKind, View};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tracing::{debug, info, warn};
use woppal_protocol::{
	identity::{NodeBitmap, PeerId},
	time::Timing,
	Balance, BlockNumber, PulseIndex, ValidatorId,
};

/// The pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(700);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(3);

/// Who answers, and for which nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beating {
	/// The validator.
	pub validator: ValidatorId,
	/// The network's timing.
	pub timing: Timing,
	/// Those of its nodes that are up: the worker's own.
	pub nodes: NodeBitmap,
}

/// Whether a heartbeat would count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
	/// It would.
	Earning(Beating),
	/// The bond is high enough, but what counts of it in this epoch is not.
	BondWaits {
		/// Plancks that count.
		counting: Balance,
		/// Plancks that the node's role needs.
		required: Balance,
		/// The first block in which all of the bond counts.
		from: BlockNumber,
	},
	/// The validator, its bond, its node or the hot key's funds are missing.
	NotReady,
}

/// Whether a heartbeat for the node with this peer id would count now.
pub fn readiness(view: &View, peer_id: &PeerId) -> Readiness {
	let (Some(validator), Some(node)) = (&view.validator, view.node(peer_id)) else {
		return Readiness::NotReady;
	};
	let required = node.role.required_bond(view.parameters.deposits.bond);
	// A heartbeat that counts is free, but one that doesn't must be payable.
	if validator.bond < required || view.hot_free < view.parameters.deposits.start {
		return Readiness::NotReady;
	}
	let timing = view.parameters.timing;
	let counting = validator.counting_bond;
	if counting < required {
		return Readiness::BondWaits { counting, required, from: timing.epoch_end(view.epoch()) };
	}
	let mut nodes = NodeBitmap::default();
	nodes.insert(node.index);
	Readiness::Earning(Beating { validator: validator.id, timing, nodes })
}

/// Which pulse to answer in the block after `best`, if any.
pub fn due(who: &Beating, best: BlockNumber, answered: Option<PulseIndex>) -> Option<PulseIndex> {
	let next = best.saturating_add(1);
	let pulse = who.timing.pulse_of(next);
	if answered.is_some_and(|last| last >= pulse) {
		return None;
	}
	let position = next.saturating_sub(pulse.saturating_mul(who.timing.pulse));
	let half = (who.timing.pulse / 2).max(1);
	(position >= who.validator % half).then_some(pulse)
}

/// Runs until the sender of `who` is dropped.
pub async fn run<C: Chain>(chain: Arc<C>, who: watch::Receiver<Option<Beating>>) {
	let mut answered = None;
	while who.has_changed().is_ok() {
		let beating = *who.borrow();
		let pause = match beating {
			Some(beating) => beat(&*chain, &beating, &mut answered).await,
			None => POLL,
		};
		tokio::time::sleep(pause).await;
	}
}

/// Sends a heartbeat if one is due; says how long to wait then.
async fn beat<C: Chain>(chain: &C, who: &Beating, answered: &mut Option<PulseIndex>) -> Duration {
	let head = match chain.head().await {
		Ok(head) => head,
		Err(e) => {
			debug!("no heartbeat: {e}");
			return PAUSE;
		},
	};
	let Some(pulse) = due(who, head.number, *answered) else { return POLL };
	match chain.submit(SignerKind::Hot, Call::Heartbeat { nodes: who.nodes }).await {
		Ok(included) => {
			let pulse = who.timing.pulse_of(included.block);
			*answered = Some(pulse);
			debug!(pulse, block = included.block, "answered pulse {pulse}");
			POLL
		},
		Err(e) => {
			refused(&e, pulse, answered);
			PAUSE
		},
	}
}

/// A refused heartbeat costs a fee, so one that can't succeed in this pulse is not repeated.
fn refused(error: &ChainError, pulse: PulseIndex, answered: &mut Option<PulseIndex>) {
	match error.refusal() {
		Some("Presence::AlreadyAnswered") => *answered = Some(pulse),
		Some("Presence::NotEarning" | "Presence::NotValidator") => {
			info!(pulse, "no heartbeat counts in pulse {pulse}: {error}");
			*answered = Some(pulse);
		},
		_ => warn!(pulse, "heartbeat of pulse {pulse} failed: {error}"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn who(validator: ValidatorId) -> Beating {
		Beating { validator, timing: Timing::FAST, nodes: NodeBitmap::default() }
	}

	#[test]
	fn one_heartbeat_per_pulse() {
		assert_eq!(due(&who(0), 4, None), Some(1));
		assert_eq!(due(&who(0), 4, Some(0)), Some(1));
		assert_eq!(due(&who(0), 4, Some(1)), None);
		assert_eq!(due(&who(0), 8, Some(1)), None);
		assert_eq!(due(&who(0), 9, Some(1)), Some(2));
	}

	#[test]
	fn validators_spread_theirs() {
		assert_eq!(due(&who(1), 4, None), None);
		assert_eq!(due(&who(1), 5, None), Some(1));
	}

	proptest! {
		#[test]
		fn every_pulse_is_answered_when_heartbeats_succeed(id in 0u32..1_000, start in 0u32..500) {
			for timing in [Timing::FAST, Timing::MAINNET] {
				let who = Beating { timing, ..who(id) };
				let mut answered = None;
				let first = timing.pulse_of(start) + 1;
				let mut count = 0;
				for best in start..(first + 20) * timing.pulse - 1 {
					if let Some(pulse) = due(&who, best, answered) {
						prop_assert!(answered.is_none_or(|a| pulse > a));
						prop_assert_eq!(pulse, timing.pulse_of(best + 1));
						answered = Some(pulse);
						if pulse >= first {
							count += 1;
						}
					}
				}
				prop_assert_eq!(count, 20);
			}
		}
	}
}
