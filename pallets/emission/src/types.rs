//! What the ledger stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame::prelude::{BoundedVec, ConstU32, TypeInfo};
use woppal_protocol::{
	emission::weight_of,
	research::{BoostCause, BOOST_CAP_MILLI, PROVEN_BOOST_CAP_MILLI},
	Balance, EpochIndex,
};

/// Most epochs in one claim.
pub const MAX_CLAIM_EPOCHS: u32 = 16;

/// Epochs that one claim paid, each with its plancks, in order.
pub type Payments = BoundedVec<(EpochIndex, Balance), ConstU32<MAX_CLAIM_EPOCHS>>;

/// What one validator did in one epoch.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Record {
	/// The epoch. A record of another epoch in the same slot of the ring has expired.
	pub epoch: EpochIndex,
	/// Pulses answered.
	pub answered: u32,
	/// Sum of the multipliers (hundredths) over the pulses answered.
	pub work: u64,
	/// Boosts in thousandths, at most [`BOOST_CAP_MILLI`].
	pub bonus_milli: u32,
	/// The part of the boosts that came from [`BoostCause::Proven`], in thousandths, at most
	/// [`PROVEN_BOOST_CAP_MILLI`].
	pub proven_milli: u32,
	/// Whether the validator proved an experiment recently enough to have weight.
	pub participating: bool,
	/// Whether the reward was paid.
	pub claimed: bool,
}

impl Record {
	/// The record of a validator that did nothing yet in `epoch`.
	pub const fn opened(epoch: EpochIndex, participating: bool) -> Self {
		Self {
			epoch,
			answered: 0,
			work: 0,
			bonus_milli: 0,
			proven_milli: 0,
			participating,
			claimed: false,
		}
	}

	/// The validator's weight: nothing without participation.
	pub fn weight(&self) -> u128 {
		if self.participating {
			weight_of(self.work, self.bonus_milli)
		} else {
			0
		}
	}

	/// Counts one more pulse.
	pub(crate) fn add_pulse(&mut self, multiplier_percent: u32) {
		self.answered = self.answered.saturating_add(1);
		self.work = self.work.saturating_add(u64::from(multiplier_percent));
	}

	/// Adds a boost as far as the caps allow and returns what was added, in thousandths.
	pub(crate) fn add_boost(&mut self, cause: BoostCause, milli: u32) -> u32 {
		let mut added = milli.min(BOOST_CAP_MILLI.saturating_sub(self.bonus_milli));
		if cause == BoostCause::Proven {
			added = added.min(PROVEN_BOOST_CAP_MILLI.saturating_sub(self.proven_milli));
			self.proven_milli = self.proven_milli.saturating_add(added);
		}
		self.bonus_milli = self.bonus_milli.saturating_add(added);
		added
	}
}

/// All validators' weight in one epoch, and the budget once the epoch is over.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct EpochTotal {
	/// The epoch. A total of another epoch in the same slot of the ring has expired.
	pub epoch: EpochIndex,
	/// Sum of the validators' weights.
	pub total_weight: u128,
	/// Plancks that the epoch may mint at most; `None` until it is over.
	pub budget: Option<Balance>,
}

impl EpochTotal {
	/// The total of an epoch in which nobody has weight yet.
	pub const fn opened(epoch: EpochIndex) -> Self {
		Self { epoch, total_weight: 0, budget: None }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn proven_boosts_have_their_own_cap() {
		let mut r = Record::opened(0, true);
		for _ in 0..5 {
			assert_eq!(r.add_boost(BoostCause::Proven, 100), 100);
		}
		assert_eq!(r.add_boost(BoostCause::Proven, 100), 0);
		assert_eq!(r.add_boost(BoostCause::OwnBest, 200), 200);
		assert_eq!((r.bonus_milli, r.proven_milli), (700, 500));
	}

	#[test]
	fn the_sum_of_boosts_is_capped() {
		let mut r = Record::opened(0, true);
		for _ in 0..9 {
			assert_eq!(r.add_boost(BoostCause::NetworkBest, 1_000), 1_000);
		}
		assert_eq!(r.add_boost(BoostCause::Adopted, 600), 600);
		// What the sum's cap drops is not counted against the cause's own cap either.
		assert_eq!(r.add_boost(BoostCause::Proven, 500), 400);
		assert_eq!(r.add_boost(BoostCause::AdoptedToBest, u32::MAX), 0);
		assert_eq!((r.bonus_milli, r.proven_milli), (BOOST_CAP_MILLI, 400));
	}

	#[test]
	fn weight_needs_participation_and_never_panics() {
		let mut r = Record::opened(0, false);
		r.add_pulse(400);
		r.add_boost(BoostCause::OwnBest, 200);
		assert_eq!(r.weight(), 0);
		r.participating = true;
		assert_eq!(r.weight(), 400 * 1_200);
		r.work = u64::MAX;
		r.answered = u32::MAX;
		r.add_pulse(u32::MAX);
		assert_eq!(r.weight(), u128::from(u64::MAX) * 1_200);
	}
}
