//! Answers every pulse, whatever else the worker does.
//!
//! A heartbeat counts for the pulse of the block that includes it. Validators spread theirs over the
//! first half of a pulse, so that no block is full; one that failed is repeated until the pulse
//! ends.

use crate::chain::{Call, Chain, ChainError, SignerKind};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tracing::{debug, info, warn};
use woppal_protocol::{time::Timing, BlockNumber, PulseIndex, ValidatorId};

/// The pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(700);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(3);

/// Who answers, as soon as it earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beating {
	/// The validator.
	pub validator: ValidatorId,
	/// The network's timing.
	pub timing: Timing,
	/// The first pulse in which an answer counts.
	pub first: PulseIndex,
}

/// Which pulse to answer in the block after `best`, if any.
pub fn due(who: &Beating, best: BlockNumber, answered: Option<PulseIndex>) -> Option<PulseIndex> {
	let next = best.saturating_add(1);
	let pulse = who.timing.pulse_of(next);
	if pulse < who.first || answered.is_some_and(|last| last >= pulse) {
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
	match chain.submit(SignerKind::Hot, Call::Heartbeat).await {
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
			info!(pulse, "the validator doesn't earn in pulse {pulse} yet");
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
		Beating { validator, timing: Timing::FAST, first: 0 }
	}

	#[test]
	fn one_heartbeat_per_pulse() {
		assert_eq!(due(&who(0), 4, None), Some(1));
		assert_eq!(due(&who(0), 4, Some(0)), Some(1));
		assert_eq!(due(&who(0), 4, Some(1)), None);
		assert_eq!(due(&who(0), 8, Some(1)), None);
		assert_eq!(due(&who(0), 9, Some(1)), Some(2));
		assert_eq!(due(&Beating { first: 2, ..who(0) }, 4, None), None);
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
				let who = Beating { validator: id, timing, first: 0 };
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
