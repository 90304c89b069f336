//! Validators, their roles and their reputation (PROTOCOL §2).

use crate::{AccountId32, Balance, ConstU32, EpochIndex, SubnetId, ValidatorId};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::BoundedVec;

/// What a node does in its subnet.
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
	Serialize,
	Deserialize,
)]
pub enum Role {
	/// Runs and proves experiments.
	Miner,
	/// Serves chain data.
	FullNode,
	/// Routes between peers.
	Router,
	/// Serves GPU inference.
	GpuAgent,
	/// Gives compute proofs.
	ComputeAgent,
	/// Relays connections.
	Relay,
}

impl Role {
	/// The role's multiplier in hundredths.
	pub const fn multiplier_percent(self) -> u32 {
		match self {
			Self::Miner => 400,
			Self::FullNode => 200,
			Self::Router => 150,
			Self::GpuAgent => 125,
			Self::ComputeAgent | Self::Relay => 100,
		}
	}

	/// The bond that a validator with this highest role needs to earn, given the bond of
	/// multiplier 1.0.
	pub fn required_bond(self, unit: Balance) -> Balance {
		unit.saturating_mul(Balance::from(self.multiplier_percent()))
			.checked_div(100)
			.unwrap_or(Balance::MAX)
	}
}

/// Parts per billion of full reputation: the fixed point of [`Reputation`].
pub const REPUTATION_ONE: u32 = 1_000_000_000;

/// A validator's reputation, 0..=[`REPUTATION_ONE`].
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
pub struct Reputation(pub u32);

impl Default for Reputation {
	fn default() -> Self {
		Self(REPUTATION_ONE / 2)
	}
}

impl Reputation {
	/// `r' = r + f·r·(1 − r)`, `f` in percent, rounded down.
	pub fn raised(self, percent: u32) -> Self {
		let one = u128::from(REPUTATION_ONE);
		let r = u128::from(self.0).min(one);
		let gain = r
			.saturating_mul(one.saturating_sub(r))
			.saturating_mul(u128::from(percent))
			.checked_div(one.saturating_mul(100))
			.unwrap_or(0);
		Self(u32::try_from(r.saturating_add(gain).min(one)).unwrap_or(REPUTATION_ONE))
	}

	/// `r' = r·(1 − f)`, `f` in percent, rounded down.
	pub fn lowered(self, percent: u32) -> Self {
		let kept = u64::from(self.0)
			.saturating_mul(u64::from(100u32.saturating_sub(percent)))
			.checked_div(100)
			.unwrap_or(0);
		Self(u32::try_from(kept).unwrap_or(REPUTATION_ONE))
	}
}

/// Why a reputation changed.
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
pub enum ReputationCause {
	/// An experiment was proven: up by 5 %.
	Proven,
	/// An experiment was not proven in time: down by 10 %.
	Forfeited,
	/// A proof was rejected: down by 10 %.
	Rejected,
	/// An epoch was missed: down by 1 %.
	Missed,
}

impl ReputationCause {
	/// The reputation after this cause.
	pub fn apply(self, r: Reputation) -> Reputation {
		match self {
			Self::Proven => r.raised(5),
			Self::Forfeited | Self::Rejected => r.lowered(10),
			Self::Missed => r.lowered(1),
		}
	}
}

/// What the offence table of PROTOCOL §9 calls a fault, as far as anything reports it yet.
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
pub enum Offence {
	/// A proof failed against its matching statement.
	FabricatedExperiment,
}

/// A libp2p peer id as its multihash bytes.
pub type PeerId = BoundedVec<u8, ConstU32<64>>;

/// A validator as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ValidatorInfo {
	/// The validator's number.
	pub id: ValidatorId,
	/// Owns funds, signs rarely.
	pub cold_key: AccountId32,
	/// Signs work.
	pub hot_key: AccountId32,
	/// Account that gets a share of the validator's own emission, if named.
	pub delegate: Option<AccountId32>,
	/// Own bond in plancks.
	pub bond: Balance,
	/// Bond in plancks that its highest role needs to earn.
	pub required_bond: Balance,
	/// Reputation in parts per billion.
	pub reputation: u32,
	/// Nodes: subnet, role, peer id.
	pub nodes: Vec<(SubnetId, Role, Vec<u8>)>,
	/// Offences recorded.
	pub offences: u32,
	/// The last epoch in which it proved an experiment no worse than the baseline.
	pub last_participation: Option<EpochIndex>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn a_miner_bonds_a_hundred_woppals() {
		let unit = crate::network::Deposits::LIVE.bond;
		assert_eq!(Role::Miner.required_bond(unit), 100 * crate::WOPPAL);
	}

	proptest! {
		#[test]
		fn reputation_stays_in_range(r in 0..=REPUTATION_ONE, f in 0u32..=100) {
			let r = Reputation(r);
			prop_assert!(r.raised(f) >= r && r.raised(f).0 <= REPUTATION_ONE);
			prop_assert!(r.lowered(f) <= r);
		}
	}
}
