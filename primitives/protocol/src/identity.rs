//! Validators, their roles and their reputation (PROTOCOL §2).

use crate::{AccountId32, Balance, BlockNumber, ConstU32, EpochIndex, SubnetId, ValidatorId};
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

	/// `r' = r·(1 − f)^n`, `f` in percent, by repeated squaring, each product rounded down.
	pub fn lowered_times(self, percent: u32, n: u32) -> Self {
		let one = u128::from(REPUTATION_ONE);
		let product = |a: u128, b: u128| a.saturating_mul(b).checked_div(one).unwrap_or(0);
		let (mut base, mut left) = (u128::from(Self(REPUTATION_ONE).lowered(percent).0), n);
		let mut kept = u128::from(self.0).min(one);
		while left > 0 {
			if left & 1 == 1 {
				kept = product(kept, base);
			}
			base = product(base, base);
			left >>= 1;
		}
		Self(u32::try_from(kept).unwrap_or(REPUTATION_ONE))
	}
}

/// Epochs of presence from the foot of the liveness ramp to its top (PROTOCOL §8).
pub const RAMP_EPOCHS: u8 = 84;
/// What [`Ramp::factor`] is a part of.
pub const RAMP_ONE: u32 = 840;

/// A validator's place on the liveness ramp: epochs of presence, 0..=[`RAMP_EPOCHS`]; an epoch of absence
/// costs two of them.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
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
pub struct Ramp(pub u8);

impl Ramp {
	/// The part of its uptime that counts, in parts of [`RAMP_ONE`]: from a tenth at the foot to all of
	/// it at the top, linear.
	pub fn factor(self) -> u32 {
		u32::from(self.0.min(RAMP_EPOCHS)).saturating_mul(9).saturating_add(84)
	}

	/// The place after an epoch of presence.
	pub fn risen(self) -> Self {
		Self(self.0.saturating_add(1).min(RAMP_EPOCHS))
	}

	/// The place after so many epochs of absence.
	pub fn fallen(self, epochs: EpochIndex) -> Self {
		let lost = u8::try_from(epochs.saturating_mul(2)).unwrap_or(u8::MAX);
		Self(self.0.saturating_sub(lost))
	}
}

/// Most nodes of one validator over all subnets, and so the bits of a [`NodeBitmap`].
pub const MAX_NODES: u16 = 512;

/// Which of a validator's nodes: bit `i` is the node with index `i`.
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
pub struct NodeBitmap(pub [u64; 8]);

impl NodeBitmap {
	/// All nodes, whether they exist or not.
	pub const ALL: Self = Self([u64::MAX; 8]);

	fn place(index: u16) -> (usize, u64) {
		(usize::from(index >> 6), 1u64.checked_shl(u32::from(index & 63)).unwrap_or(0))
	}

	/// Whether it has this node; never for an index of [`MAX_NODES`] or more.
	pub fn has(&self, index: u16) -> bool {
		let (word, bit) = Self::place(index);
		self.0.get(word).is_some_and(|w| w & bit != 0)
	}

	/// Adds a node; an index of [`MAX_NODES`] or more changes nothing.
	pub fn insert(&mut self, index: u16) {
		let (word, bit) = Self::place(index);
		if let Some(w) = self.0.get_mut(word) {
			*w |= bit;
		}
	}

	/// Removes a node.
	pub fn remove(&mut self, index: u16) {
		let (word, bit) = Self::place(index);
		if let Some(w) = self.0.get_mut(word) {
			*w &= !bit;
		}
	}

	/// The lowest index that it has not.
	pub fn first_free(&self) -> Option<u16> {
		(0..MAX_NODES).find(|index| !self.has(*index))
	}

	/// Whether the two have a node in common.
	pub fn meets(&self, other: &Self) -> bool {
		self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
	}

	/// Whether it has no node.
	pub fn is_empty(&self) -> bool {
		self.0.iter().all(|w| *w == 0)
	}

	/// How many nodes it has.
	pub fn count(&self) -> u32 {
		self.0.iter().fold(0, |sum, w| sum.saturating_add(w.count_ones()))
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
	/// So many epochs were missed: down by 1 % for each.
	Missed(EpochIndex),
	/// An attested subnet refused its proposal: down by 10 %.
	ProposalRefused,
}

impl ReputationCause {
	/// The reputation after this cause.
	pub fn apply(self, r: Reputation) -> Reputation {
		match self {
			Self::Proven => r.raised(5),
			Self::Forfeited | Self::Rejected | Self::ProposalRefused => r.lowered(10),
			Self::Missed(epochs) => r.lowered_times(1, epochs),
		}
	}
}

/// The rows of PROTOCOL §9's table that something on the chain can find.
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
	/// So many epochs were missed beyond the ten in a row that are free.
	Inactivity(EpochIndex),
	/// Two blocks for one slot, or two votes in one round.
	Equivocation,
	/// Consensus refused its proposal in an attested subnet.
	FailedProposal,
}

/// A libp2p peer id as its multihash bytes.
pub type PeerId = BoundedVec<u8, ConstU32<64>>;

/// A node as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NodeInfo {
	/// Its bit in the [`NodeBitmap`]s of its validator.
	pub index: u16,
	/// The subnet.
	pub subnet: SubnetId,
	/// What it does there.
	pub role: Role,
	/// Its libp2p peer id as multihash bytes.
	pub peer_id: Vec<u8>,
	/// Its Ed25519 public key.
	pub key: [u8; 32],
	/// Where it can be dialled, as binary multiaddrs.
	pub multiaddrs: Vec<Vec<u8>>,
	/// What it can do; the bits are its subnet's.
	pub capabilities: u64,
}

/// The delegate of a validator as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DelegateInfo {
	/// The account that agreed.
	pub account: AccountId32,
	/// Of the owner's part, what the delegate gets, in hundredths.
	pub share_percent: u8,
	/// Where that goes.
	pub destination: AccountId32,
}

/// A recovery account as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RecoveryInfo {
	/// The account.
	pub account: AccountId32,
	/// The block from which on the cold key alone can neither replace it nor cancel a rotation.
	pub binds_at: BlockNumber,
}

/// A rotation of the cold key that waits, as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RotationInfo {
	/// The cold key after it.
	pub new_key: AccountId32,
	/// The first block in which it can be executed.
	pub executes_at: BlockNumber,
	/// Whether only the recovery account can cancel it.
	pub guarded: bool,
}

/// A validator's metadata as the runtime API shows it: text that nobody checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MetadataInfo {
	/// Display name.
	pub name: Vec<u8>,
	/// Web address.
	pub url: Vec<u8>,
	/// How to reach the operator.
	pub contact: Vec<u8>,
	/// Free text.
	pub description: Vec<u8>,
}

/// A validator as the runtime API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ValidatorInfo {
	/// The validator's number.
	pub id: ValidatorId,
	/// Owns funds, signs rarely.
	pub cold_key: AccountId32,
	/// Signs work.
	pub hot_key: AccountId32,
	/// The recovery account, if one is named.
	pub recovery: Option<RecoveryInfo>,
	/// The rotation of the cold key that waits, if any.
	pub rotation: Option<RotationInfo>,
	/// Who gets a share of the validator's own emission, if named.
	pub delegate: Option<DelegateInfo>,
	/// Of the delegators' part, what the owner keeps, in hundredths, as set now.
	pub commission_percent: u8,
	/// Own bond in plancks.
	pub bond: Balance,
	/// Own bond in plancks that counts in this epoch.
	pub counting_bond: Balance,
	/// Bond in plancks that its highest role needs to earn.
	pub required_bond: Balance,
	/// Delegated plancks that count in this epoch.
	pub pool: Balance,
	/// Reputation in parts per billion.
	pub reputation: u32,
	/// Its nodes over all subnets.
	pub nodes: Vec<NodeInfo>,
	/// Offences recorded.
	pub offences: u32,
	/// The last epoch in which it proved an experiment no worse than the baseline.
	pub last_participation: Option<EpochIndex>,
	/// What it tells about itself, if anything.
	pub metadata: Option<MetadataInfo>,
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn the_ramp_goes_from_a_tenth_to_all() {
		assert_eq!(Ramp(0).factor() * 10, RAMP_ONE);
		assert_eq!(Ramp(RAMP_EPOCHS).factor(), RAMP_ONE);
		assert_eq!(Ramp(42).factor() * 20, RAMP_ONE * 11);
		assert_eq!(Ramp(RAMP_EPOCHS).risen(), Ramp(RAMP_EPOCHS));
		assert_eq!(
			(Ramp(84).fallen(1), Ramp(5).fallen(3), Ramp(9).fallen(u32::MAX)),
			(Ramp(82), Ramp(0), Ramp(0))
		);
	}

	#[test]
	fn a_miner_bonds_a_hundred_woppals() {
		let unit = crate::network::Deposits::LIVE.bond;
		assert_eq!(Role::Miner.required_bond(unit), 100 * crate::WOPPAL);
	}

	proptest! {
		#[test]
		fn many_missed_epochs_are_one_by_one(r in 0..=REPUTATION_ONE, n in 0u32..200) {
			let r = Reputation(r);
			let slow = (0..n).fold(r, |r, _| r.lowered(1));
			// Both round down at each product.
			prop_assert!(r.lowered_times(1, n).0.abs_diff(slow.0) <= 2 * n + 2);
			prop_assert!(r.lowered_times(1, u32::MAX).0 == 0);
		}

		#[test]
		fn a_bitmap_is_a_set(indices in proptest::collection::btree_set(0u16..512, 0..40)) {
			let mut map = NodeBitmap::default();
			indices.iter().for_each(|i| map.insert(*i));
			prop_assert_eq!(map.count() as usize, indices.len());
			prop_assert!((0..600).all(|i| map.has(i) == indices.contains(&i)));
			prop_assert_eq!(map.first_free(), (0..512).find(|i| !indices.contains(i)));
			indices.iter().for_each(|i| map.remove(*i));
			prop_assert!(map.is_empty() && !map.meets(&NodeBitmap::ALL));
		}

		#[test]
		fn reputation_stays_in_range(r in 0..=REPUTATION_ONE, f in 0u32..=100) {
			let r = Reputation(r);
			prop_assert!(r.raised(f) >= r && r.raised(f).0 <= REPUTATION_ONE);
			prop_assert!(r.lowered(f) <= r);
		}
	}
}
