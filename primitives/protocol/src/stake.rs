//! Stake: pools, positions, what is slashed (PROTOCOL §3, §9).

use crate::{AccountId32, Balance, EpochIndex, SubnetId, ValidatorId};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// To whom stake is delegated.
#[derive(
	Clone,
	Copy,
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
pub enum PoolId {
	/// A validator.
	Validator(ValidatorId),
	/// A subnet.
	Subnet(SubnetId),
}

/// Where unbonding stake came from, which decides for whose offences it can still be slashed.
#[derive(
	Clone,
	Copy,
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
pub enum Source {
	/// A validator's own bond.
	Bond(ValidatorId),
	/// A pool.
	Pool(PoolId),
}

/// How a validator shares what it earns in an epoch; fixed when the epoch opens.
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
pub struct RewardTerms {
	/// Of the delegators' part, what the owner keeps, in hundredths: 0..=95.
	pub commission_percent: u8,
	/// Of the owner's part, what the delegate account gets, in hundredths: 0..=95.
	pub delegate_percent: u8,
}

/// What an offence cost, in plancks.
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
pub struct Slashed {
	/// From the own bond, what unbonds included.
	pub own: Balance,
	/// From the pool. What unbonds or moved is cut as well, and burned when it is next touched.
	pub delegated: Balance,
	/// Of the own bond's, what the reporter got.
	pub reported: Balance,
}

/// A delegation as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StakePosition {
	/// The pool.
	pub pool: PoolId,
	/// Shares of the pool.
	pub shares: u128,
	/// Plancks that the shares are worth at the last settled price.
	pub value: Balance,
	/// Plancks that wait for the price of their epoch.
	pub pending: Balance,
	/// Plancks of it that moved here and cannot move again yet, with the first epoch in which they can.
	pub locked: Option<(Balance, EpochIndex)>,
}

/// A part of an account's stake that unbonds, as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Unbonding {
	/// Where it came from.
	pub source: Source,
	/// Plancks that `withdraw` would pay, slashes taken off.
	pub amount: Balance,
	/// The first block in which it can be withdrawn.
	pub matures: crate::BlockNumber,
	/// Blocks until then.
	pub blocks_left: crate::BlockNumber,
}

/// All stake of an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct StakePositions {
	/// The validator whose cold key it is, with its bond in plancks.
	pub bond: Option<(ValidatorId, Balance)>,
	/// Its delegations.
	pub pools: Vec<StakePosition>,
	/// What unbonds.
	pub unbonding: Vec<Unbonding>,
}

/// A pool as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PoolInfo {
	/// The pool.
	pub pool: PoolId,
	/// The account that holds its tokens.
	pub account: AccountId32,
	/// Plancks behind the shares.
	pub value: Balance,
	/// Shares.
	pub shares: u128,
	/// Plancks that wait for the price of their epoch.
	pub pending: Balance,
	/// The first epoch that is not settled.
	pub next_epoch: EpochIndex,
	/// Plancks for which 10^12 shares would be redeemed now.
	pub price: Balance,
}
