//! What is kept of offences, and what each of them costs.

use codec::{Decode, Encode, MaxEncodedLen};
use frame::prelude::*;
use woppal_protocol::{identity::Offence, Balance, EpochIndex};

/// Most that the offences of one epoch take of a validator's stake (PROTOCOL §9).
pub const EPOCH_CAP: Perbill = Perbill::from_percent(50);
/// Of what an offence takes of the own bond, the share of who reported it (PROTOCOL §9).
pub const REPORTER_SHARE: Perbill = Perbill::from_percent(25);
/// Epochs for which an offence can be punished, its own not counted: as long as a bond unbonds
/// (PROTOCOL §3). What is older is out of reach, so it is not punished.
pub const REACH_EPOCHS: EpochIndex = 28;
/// Epochs whose offences can be punished at one time: the current one and [`REACH_EPOCHS`] before it.
pub const REACHABLE: u32 = REACH_EPOCHS.saturating_add(1);

/// What an offence takes of the own bond; delegated stake is hit at a tenth of it (PROTOCOL §9).
///
/// | row of §9 | offence | rate |
/// |---|---|---|
/// | fabricated experiment | [`Offence::FabricatedExperiment`] | 10 % |
/// | inactivity | [`Offence::Inactivity`] | 0.1 % for each epoch, at most all |
/// | equivocation (BABE, GRANDPA) | [`Offence::Equivocation`] | 10 %, and out of the set |
/// | failed subnet proposal | [`Offence::FailedProposal`] | 1 % |
///
/// The other rows have no variant, because nothing on the chain finds them yet: copied inference,
/// collusion and model misrepresentation need HSCP openings, sybil needs the puzzles and compute
/// commitments of the inference service, a lost dispute needs disputes. Precomputation is prevented and
/// has no rate.
pub fn rate(offence: Offence) -> Perbill {
	match offence {
		Offence::FabricatedExperiment | Offence::Equivocation => Perbill::from_percent(10),
		// A thousandth is a million parts per billion; more than all of them count as all.
		Offence::Inactivity(epochs) => Perbill::from_parts(epochs.saturating_mul(1_000_000)),
		Offence::FailedProposal => Perbill::from_percent(1),
	}
}

/// What offences of one epoch took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Taken {
	/// The epoch of the offences.
	pub epoch: EpochIndex,
	/// Their rates in all, at most [`EPOCH_CAP`].
	pub rate: Perbill,
	/// Plancks in all, own and delegated.
	pub amount: Balance,
}

/// A validator's offences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record {
	/// Offences so far, those beyond the cap included.
	pub offences: u32,
	/// What was taken, by epoch of the offence, in no order; epochs out of reach are dropped.
	pub taken: BoundedVec<Taken, ConstU32<REACHABLE>>,
}

impl Record {
	/// What offences of an epoch took so far.
	pub fn taken_in(&self, epoch: EpochIndex) -> Taken {
		let nothing = Taken { epoch, rate: Perbill::zero(), amount: 0 };
		self.taken.iter().find(|taken| taken.epoch == epoch).copied().unwrap_or(nothing)
	}

	/// Replaces what is kept of an epoch, and drops what is out of reach in epoch `now`.
	pub fn keep(&mut self, taken: Taken, now: EpochIndex) {
		self.taken.retain(|old| is_reachable(old.epoch, now) && old.epoch != taken.epoch);
		// No more epochs are in reach than there are places.
		if self.taken.try_push(taken).is_err() {
			defensive!("an epoch occurs twice or is out of reach");
		}
	}
}

/// Whether an offence of `epoch` can still be punished in epoch `now`.
pub fn is_reachable(epoch: EpochIndex, now: EpochIndex) -> bool {
	epoch.saturating_add(REACH_EPOCHS) >= now
}
