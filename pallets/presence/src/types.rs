//! What is kept of a validator's presence, and how epochs are judged.

use codec::{Decode, Encode, MaxEncodedLen};
use frame::prelude::*;
use woppal_protocol::{identity::Ramp, BlockNumber, EpochIndex, PulseIndex};

/// Epochs in a row that a validator may miss; each further one is an offence (PROTOCOL §9).
pub const FREE_MISSES: EpochIndex = 10;

/// What is known of a validator's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record {
	/// The epoch of its first heartbeat.
	pub since: EpochIndex,
	/// The first epoch that is not judged.
	pub epoch: EpochIndex,
	/// Pulses answered in that epoch.
	pub answered: u32,
	/// The last pulse answered, in whatever epoch.
	pub last_pulse: PulseIndex,
	/// Its place on the liveness ramp after all judged epochs.
	pub ramp: Ramp,
	/// Judged epochs that it missed in a row, up to the last one.
	pub missed: EpochIndex,
}

/// What judging a record found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
	/// Whether it answered at least half of the pulses of its last epoch with a heartbeat.
	pub present: bool,
	/// Epochs of absence.
	pub absent: EpochIndex,
	/// Of these, those beyond [`FREE_MISSES`] in a row.
	pub offending: EpochIndex,
}

impl Record {
	/// The record of a validator that answers its first pulse, before that answer is counted.
	pub fn opened(epoch: EpochIndex, pulse: PulseIndex) -> Self {
		Self { since: epoch, epoch, answered: 0, last_pulse: pulse, ramp: Ramp(0), missed: 0 }
	}

	/// Judges every epoch before `now` that is not judged yet. `pulses`: those of an epoch.
	///
	/// Of the epochs to judge only the first can have answered pulses. The epoch of the first heartbeat
	/// began without the validator, so it counts for it but not against it.
	pub fn judge(&mut self, now: EpochIndex, pulses: u32) -> Judgement {
		let over = now.saturating_sub(self.epoch);
		if over == 0 {
			return Judgement::default();
		}
		let present = self.answered.saturating_mul(2) >= pulses;
		let excused = !present && self.epoch == self.since;
		let absent = if present || excused { over.saturating_sub(1) } else { over };
		let run = if present { 0 } else { self.missed };
		let ramp = if present { self.ramp.risen() } else { self.ramp };

		self.ramp = ramp.fallen(absent);
		self.missed = run.saturating_add(absent);
		self.epoch = now;
		self.answered = 0;
		let further = |missed: EpochIndex| missed.saturating_sub(FREE_MISSES);
		let offending = further(self.missed).saturating_sub(further(run));
		Judgement { present, absent, offending }
	}
}

/// Heartbeats counted in one block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BlockCount {
	/// The block.
	pub block: BlockNumber,
	/// Heartbeats counted in it.
	pub heartbeats: u32,
}
