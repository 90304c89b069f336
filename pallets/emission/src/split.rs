//! How a reward divides: among validators by weight, and within one by its terms.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame::{
	arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Percent, Rounding},
	prelude::TypeInfo,
};
use woppal_protocol::{stake::RewardTerms, Balance};

/// `amount · part / whole`, rounded down; the product is 256 bits wide. A part of nothing is
/// nothing, a part above the whole is the whole.
pub(crate) fn share(amount: Balance, part: u128, whole: u128) -> Balance {
	if part == 0 || whole == 0 {
		return 0;
	}
	// A part of a whole fits: the quotient is at most the amount.
	multiply_by_rational_with_rounding(amount, part.min(whole), whole, Rounding::Down).unwrap_or(0)
}

/// What decides how a validator's reward of an epoch divides, fixed when its record was opened.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Terms {
	/// Own bond in plancks.
	pub bond: Balance,
	/// Delegated plancks.
	pub pool: Balance,
	/// Commission and delegate's share.
	pub rewards: RewardTerms,
}

impl Terms {
	/// Divides plancks; the parts sum to exactly the amount. The delegators get theirs in
	/// proportion to what they staked, less commission, rounded down; of the rest the delegate gets
	/// its share, rounded down.
	pub fn split(&self, amount: Balance) -> Split {
		let staked = share(amount, self.pool, self.pool.saturating_add(self.bond));
		let kept = Percent::from_percent(100u8.saturating_sub(self.rewards.commission_percent));
		let delegators = kept.mul_floor(staked);
		let rest = amount.saturating_sub(delegators);
		let delegate = Percent::from_percent(self.rewards.delegate_percent).mul_floor(rest);
		Split { delegators, delegate, owner: rest.saturating_sub(delegate) }
	}
}

/// Plancks by who gets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
	/// The pool of the validator's delegators.
	pub delegators: Balance,
	/// The destination that the delegate chose.
	pub delegate: Balance,
	/// The cold key.
	pub owner: Balance,
}

impl Split {
	/// What a claim pays: all but the delegators' part.
	pub fn claimed(&self) -> Balance {
		self.owner.saturating_add(self.delegate)
	}

	/// All three.
	pub fn sum(&self) -> Balance {
		self.claimed().saturating_add(self.delegators)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn terms(bond: Balance, pool: Balance, commission_percent: u8, delegate_percent: u8) -> Terms {
		Terms { bond, pool, rewards: RewardTerms { commission_percent, delegate_percent } }
	}

	#[test]
	fn a_share_is_exact_at_the_edges() {
		const MAX: u128 = u128::MAX;
		assert_eq!(share(MAX, MAX, MAX), MAX);
		assert_eq!(share(MAX, 1, MAX), 1);
		assert_eq!(share(MAX, MAX / 2, MAX), MAX / 2);
		assert_eq!(share(MAX, 1, 3), MAX / 3);
		assert_eq!((share(10, 1, 3), share(10, 4, 3)), (3, 10));
		assert_eq!((share(10, 0, 3), share(10, 0, 0), share(0, 1, 1)), (0, 0, 0));
	}

	#[test]
	fn a_reward_divides_by_stake_commission_and_delegate_share() {
		// Three quarters are delegated; a fifth of that and a tenth of the rest are kept back.
		let split = terms(25, 75, 20, 10).split(1_000);
		assert_eq!(split, Split { delegators: 600, delegate: 40, owner: 360 });
	}

	#[test]
	fn an_empty_pool_gets_nothing_and_an_owner_without_bond_all_but_the_commission() {
		let owner = |amount| Split { owner: amount, ..Split::default() };
		assert_eq!(terms(100, 0, 0, 0).split(7), owner(7));
		assert_eq!(terms(0, 0, 50, 0).split(7), owner(7));
		assert_eq!(terms(0, 9, 95, 0).split(100), Split { delegators: 5, delegate: 0, owner: 95 });
		assert_eq!(terms(0, 9, 0, 95).split(100), Split { delegators: 100, delegate: 0, owner: 0 });
	}

	proptest! {
		#[test]
		fn the_parts_of_a_reward_sum_to_it(
			amount: u128,
			bond: u128,
			pool: u128,
			commission: u8,
			delegate: u8,
		) {
			let split = terms(bond, pool, commission, delegate).split(amount);
			let sum = split.delegators.checked_add(split.delegate).unwrap();
			prop_assert_eq!(sum.checked_add(split.owner), Some(amount));
			prop_assert!(pool > 0 || split.delegators == 0);
			prop_assert!(split.delegators <= share(amount, pool, pool.saturating_add(bond)));
		}
	}
}
