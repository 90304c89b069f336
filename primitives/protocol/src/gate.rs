//! Who authors blocks: the ValidatorGate's rules, ranks and views (PROTOCOL §8).

use crate::{
	identity::{Reputation, REPUTATION_ONE},
	AccountId32, Balance, EpochIndex, ValidatorId,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What candidates are ordered by: plancks of stake, times thousandths, times parts per billion, so
/// that 10^12 are one planck of a validator without boosts and with full reputation. Nothing is rounded;
/// it saturates only above 10^14 W of stake.
pub type Rank = u128;

/// The work factor's upper end, in thousandths: boosts at most double a rank.
pub const MAX_WORK_MILLI: u32 = 1_000;

/// A candidate's rank: stake × (1 + work factor) × reputation.
///
/// `stake`: own bond and pool in plancks. `bonus_milli`: boosts in thousandths, of which
/// [`MAX_WORK_MILLI`] count.
pub fn rank(stake: Balance, bonus_milli: u32, reputation: Reputation) -> Rank {
	stake
		.saturating_mul(Balance::from(bonus_milli.min(MAX_WORK_MILLI).saturating_add(1_000)))
		.saturating_mul(Balance::from(reputation.0.min(REPUTATION_ONE)))
}

/// Why a validator is no candidate, or a candidate not in the set.
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
pub enum Exclusion {
	/// It never joined, or it left.
	NotJoined,
	/// There is no such validator any more.
	Exited,
	/// It equivocated and stays out for a while.
	Expelled,
	/// The bond that counts in this epoch is below the gate's.
	BondTooSmall,
	/// It has not proven an experiment for too many epochs.
	Idle,
	/// Its reputation is below the gate's.
	ReputationTooLow,
	/// The account that joined is not its hot key any more: the new one has to join.
	HotKeyRotated,
	/// Its hot key has no session keys.
	NoSessionKeys,
	/// It fulfils all rules, but others rank higher or its seat has not come yet.
	Outranked,
}

/// One block author.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Seat<AccountId = AccountId32> {
	/// The authority's account: the hot key with which the validator joined.
	pub account: AccountId,
	/// The validator that answers for it; `None` for an authority of genesis that is no validator.
	pub validator: Option<ValidatorId>,
}

/// A candidate as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct CandidateInfo<AccountId = AccountId32> {
	/// The validator.
	pub validator: ValidatorId,
	/// The hot key with which it joined.
	pub account: AccountId,
	/// Its rank when it was last computed, see [`Rank`].
	pub rank: Rank,
	/// The last epoch in which it counts if it proves nothing more.
	pub expires: EpochIndex,
	/// Why it is not in the next set; `None` if it is.
	pub exclusion: Option<Exclusion>,
}

/// The authority sets and who wants to get in, as the runtime API shows them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AuthoritiesInfo<AccountId = AccountId32> {
	/// The current session.
	pub session: u32,
	/// Who authors blocks in it.
	pub current: Vec<Seat<AccountId>>,
	/// Who will in the next one.
	pub next: Vec<Seat<AccountId>>,
	/// The first epoch in which authorities of genesis need to be candidates like all others.
	pub grace_ends: EpochIndex,
	/// All candidates, highest rank first.
	pub candidates: Vec<CandidateInfo<AccountId>>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::WOPPAL;
	use proptest::prelude::*;

	#[test]
	fn a_rank_is_stake_times_work_times_reputation() {
		let half = Reputation::default();
		assert_eq!(rank(1, 0, Reputation(REPUTATION_ONE)), 1_000_000_000_000);
		assert_eq!(rank(1_000 * WOPPAL, 0, half), 1_000 * WOPPAL * 1_000 * 500_000_000);
		assert_eq!(rank(10, 600, half), 10 * 1_600 * 500_000_000);
		assert_eq!(rank(10, 10_000, half), rank(10, 1_000, half));
		assert_eq!(rank(0, 1_000, half), 0);
	}

	#[test]
	fn a_rank_of_all_tokens_does_not_saturate() {
		let all = 100_000_000 * WOPPAL;
		assert!(rank(all, 1_000, Reputation(REPUTATION_ONE)) < u128::MAX / 1_000);
	}

	proptest! {
		#[test]
		fn more_of_anything_never_ranks_lower(
			stake in 0..1_000_000_000 * WOPPAL,
			bonus in 0u32..20_000,
			reputation in 0..REPUTATION_ONE,
		) {
			let r = rank(stake, bonus, Reputation(reputation));
			prop_assert!(rank(stake + 1, bonus, Reputation(reputation)) >= r);
			prop_assert!(rank(stake, bonus + 1, Reputation(reputation)) >= r);
			prop_assert!(rank(stake, bonus, Reputation(reputation + 1)) >= r);
		}
	}
}
