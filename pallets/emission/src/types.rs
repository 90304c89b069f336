//! What the ledger stores.

use crate::split::{Split, Terms};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame::{
	arithmetic::{PerThing, Perbill},
	prelude::{BoundedVec, ConstU32, TypeInfo},
};
use woppal_protocol::{
	emission::weight_of,
	identity::Ramp,
	research::{BoostCause, BOOST_CAP_MILLI, PROVEN_BOOST_CAP_MILLI},
	Balance, EpochIndex,
};

/// Most epochs in one claim.
pub const MAX_CLAIM_EPOCHS: u32 = 16;

/// Epochs that one claim paid, each with its plancks, in order.
pub type Payments = BoundedVec<(EpochIndex, Balance), ConstU32<MAX_CLAIM_EPOCHS>>;

/// One of the two parts in which a reward is paid: the owner's with the delegate's, or the
/// delegators'.
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
pub struct Part {
	/// What slashes left of it.
	pub kept: Perbill,
	/// Whether it was paid.
	pub paid: bool,
}

impl Part {
	/// A part that was neither cut nor paid.
	pub const WHOLE: Self = Self { kept: Perbill::one(), paid: false };

	/// Cuts what is unpaid by `rate`, rounded against the payee. Returns whether it changed.
	pub(crate) fn cut(&mut self, rate: Perbill) -> bool {
		let left = rate.left_from_one().mul_floor(self.kept.deconstruct());
		if self.paid || left == self.kept.deconstruct() {
			return false;
		}
		self.kept = Perbill::from_parts(left);
		true
	}
}

/// What one validator did in one epoch, and how its reward divides.
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
	/// Sum of multiplier (hundredths) times place on the liveness ramp (parts of
	/// [`RAMP_ONE`](woppal_protocol::identity::RAMP_ONE)) over the pulses answered.
	pub work: u64,
	/// Boosts in thousandths, at most [`BOOST_CAP_MILLI`].
	pub bonus_milli: u32,
	/// The part of the boosts that came from [`BoostCause::Proven`], in thousandths, at most
	/// [`PROVEN_BOOST_CAP_MILLI`].
	pub proven_milli: u32,
	/// Whether the validator proved an experiment recently enough to have weight.
	pub participating: bool,
	/// Blocks authored.
	pub blocks: u32,
	/// How the reward divides.
	pub terms: Terms,
	/// The owner's and the delegate's part.
	pub owner: Part,
	/// The delegators' part.
	pub delegators: Part,
}

impl Record {
	/// The record of a validator that did nothing yet in `epoch`.
	pub const fn opened(epoch: EpochIndex, participating: bool, terms: Terms) -> Self {
		Self {
			epoch,
			answered: 0,
			work: 0,
			bonus_milli: 0,
			proven_milli: 0,
			participating,
			blocks: 0,
			terms,
			owner: Part::WHOLE,
			delegators: Part::WHOLE,
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
	pub(crate) fn add_pulse(&mut self, multiplier_percent: u32, ramp: Ramp) {
		let work = u64::from(multiplier_percent).saturating_mul(u64::from(ramp.factor()));
		self.answered = self.answered.saturating_add(1);
		self.work = self.work.saturating_add(work);
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

	/// Cuts what is unpaid by `rate`. Returns whether anything changed.
	pub(crate) fn cut(&mut self, rate: Perbill) -> bool {
		let owner = self.owner.cut(rate);
		self.delegators.cut(rate) || owner
	}

	/// Divides plancks by the record's terms and takes off what slashes cut.
	pub(crate) fn split(&self, amount: Balance) -> Split {
		let whole = self.terms.split(amount);
		Split {
			delegators: self.delegators.kept.mul_floor(whole.delegators),
			delegate: self.owner.kept.mul_floor(whole.delegate),
			owner: self.owner.kept.mul_floor(whole.owner),
		}
	}
}

/// All validators' weight and blocks in one epoch; budget and pot once the epoch is over.
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
	/// Blocks that validators authored.
	pub blocks: u32,
	/// Plancks that the epoch may mint at most; `None` until it is over.
	pub budget: Option<Balance>,
	/// Plancks of fees that its validators share; 0 until it is over.
	pub pot: Balance,
	/// Plancks of the pot that were not paid.
	pub pot_left: Balance,
}

impl EpochTotal {
	/// The total of an epoch in which nobody did anything yet.
	pub const fn opened(epoch: EpochIndex) -> Self {
		Self { epoch, total_weight: 0, blocks: 0, budget: None, pot: 0, pot_left: 0 }
	}
}

/// What a record earned, in plancks by source, before it is divided and before any cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
	/// Its weight's share of the root budget, minted.
	pub by_weight: Balance,
	/// Its blocks' share of the authors' budget, minted.
	pub by_blocks: Balance,
	/// Its weight's share of the epoch's pot, paid from there.
	pub from_pot: Balance,
}

impl Earned {
	/// What is minted.
	pub fn minted(&self) -> Balance {
		self.by_weight.saturating_add(self.by_blocks)
	}

	/// All of it.
	pub fn sum(&self) -> Balance {
		self.minted().saturating_add(self.from_pot)
	}
}

/// What a record pays to whom, by where the plancks come from. Each source divides by itself, so
/// that both stay exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
	/// Minted.
	pub(crate) minted: Split,
	/// From the pot.
	pub(crate) from_pot: Split,
}

impl Due {
	/// What of it a claim pays.
	pub(crate) fn claimed(&self) -> Balance {
		self.minted.claimed().saturating_add(self.from_pot.claimed())
	}

	/// What of it the delegators' pool gets.
	pub(crate) fn delegators(&self) -> Balance {
		self.minted.delegators.saturating_add(self.from_pot.delegators)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use woppal_protocol::identity::{RAMP_EPOCHS, RAMP_ONE};

	/// The top of the ramp.
	const TOP: Ramp = Ramp(RAMP_EPOCHS);

	fn opened(participating: bool) -> Record {
		Record::opened(0, participating, Terms::default())
	}

	#[test]
	fn proven_boosts_have_their_own_cap() {
		let mut r = opened(true);
		for _ in 0..5 {
			assert_eq!(r.add_boost(BoostCause::Proven, 100), 100);
		}
		assert_eq!(r.add_boost(BoostCause::Proven, 100), 0);
		assert_eq!(r.add_boost(BoostCause::OwnBest, 200), 200);
		assert_eq!((r.bonus_milli, r.proven_milli), (700, 500));
	}

	#[test]
	fn the_sum_of_boosts_is_capped() {
		let mut r = opened(true);
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
		let mut r = opened(false);
		r.add_pulse(400, TOP);
		r.add_boost(BoostCause::OwnBest, 200);
		assert_eq!(r.weight(), 0);
		r.participating = true;
		assert_eq!(r.weight(), u128::from(400 * RAMP_ONE * 1_200));
		r.work = u64::MAX;
		r.answered = u32::MAX;
		r.add_pulse(u32::MAX, TOP);
		assert_eq!(r.weight(), u128::from(u64::MAX) * 1_200);
	}

	#[test]
	fn the_ramp_scales_the_work_of_each_pulse() {
		let mut r = opened(true);
		r.add_pulse(400, Ramp(0));
		assert_eq!(r.work * 10, u64::from(400 * RAMP_ONE));
		r.add_pulse(400, Ramp(42));
		assert_eq!(r.work, 400 * (84 + 462));
		r.add_pulse(400, Ramp(u8::MAX));
		assert_eq!((r.answered, r.work), (3, 400 * (84 + 462 + 840)));
	}

	#[test]
	fn cuts_multiply_and_spare_what_was_paid() {
		let mut r = opened(true);
		r.terms = Terms { bond: 1, pool: 1, ..Terms::default() };
		assert!(!r.cut(Perbill::zero()));
		assert!(r.cut(Perbill::from_percent(10)));
		assert!(r.cut(Perbill::from_percent(10)));
		r.delegators.paid = true;
		assert!(r.cut(Perbill::from_percent(50)));
		let split = r.split(2_000);
		assert_eq!(split, Split { delegators: 810, delegate: 0, owner: 405 });
		assert_eq!(split.sum(), 1_215);
		assert!(r.cut(Perbill::one()));
		assert!(!r.cut(Perbill::one()));
		assert_eq!(r.split(2_000).claimed(), 0);
		r.owner.paid = true;
		assert!(!r.cut(Perbill::from_percent(1)));
	}
}
