//! What the pallet stores: validators, rotations, nodes, bitmaps per role, metadata.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use woppal_protocol::{
	identity::{NodeBitmap, Reputation, Role},
	stake::RewardTerms,
	Balance, BlockNumber, BoundedVec, ConstU32, EpochIndex, ValidatorId,
};

/// A node's Ed25519 public key.
pub type NodeKey = [u8; 32];
/// A binary multiaddr, at most 128 bytes.
pub type Multiaddr = BoundedVec<u8, ConstU32<128>>;
/// Where a node can be dialled: at most 8 addresses, none for a node that is only reached by its peers.
pub type Multiaddrs = BoundedVec<Multiaddr, ConstU32<8>>;

/// The most that commission and delegate's share may be, in hundredths.
pub const MAX_SHARE_PERCENT: u8 = 95;

/// Which of a validator's keys an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum KeyKind {
	/// Owns funds, signs rarely.
	Cold,
	/// Signs work.
	Hot,
	/// The cold key after a rotation that waits: reserved, and no key yet.
	NextCold,
}

/// A validator's record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Validator<AccountId> {
	/// Owns funds, signs rarely.
	pub cold: AccountId,
	/// Signs work.
	pub hot: AccountId,
	/// Who can cancel a rotation of the cold key.
	pub recovery: Option<Recovery<AccountId>>,
	/// The delegate, which has agreed to be one.
	pub delegate: Option<Delegate<AccountId>>,
	/// The account asked to become the delegate.
	pub invited: Option<Invitation<AccountId>>,
	/// Commission in hundredths, 0..=[`MAX_SHARE_PERCENT`].
	pub commission_percent: u8,
	/// Block in which the commission last rose; at first the block of the registration.
	pub commission_raised: BlockNumber,
	/// The terms at an epoch's opening.
	pub opening: OpeningTerms,
	/// Block of the registration.
	pub registered: BlockNumber,
	/// Reputation over all subnets.
	pub reputation: Reputation,
	/// Offences recorded so far.
	pub offences: u32,
	/// Experiments that are not concluded.
	pub open_experiments: u32,
	/// The indices that its nodes have, over all subnets.
	pub nodes: NodeBitmap,
}

impl<AccountId: PartialEq> Validator<AccountId> {
	/// Commission and delegate's share as they are set now.
	pub fn terms(&self) -> RewardTerms {
		RewardTerms {
			commission_percent: self.commission_percent,
			delegate_percent: self.delegate.as_ref().map_or(0, |delegate| delegate.share_percent),
		}
	}

	/// The terms as they stood when `epoch`, the current one, opened.
	pub fn terms_in(&self, epoch: EpochIndex) -> RewardTerms {
		if self.opening.epoch == epoch {
			self.opening.terms
		} else {
			self.terms()
		}
	}

	/// Keeps the terms of the opening of `epoch`, the current one. Call it before any change of them.
	pub fn keep_terms(&mut self, epoch: EpochIndex) {
		self.opening = OpeningTerms { terms: self.terms_in(epoch), epoch };
	}

	/// The recovery account, once it binds.
	pub fn binding_recovery(&self, now: BlockNumber) -> Option<&AccountId> {
		self.recovery
			.as_ref()
			.filter(|recovery| recovery.binds_at <= now)
			.map(|recovery| &recovery.account)
	}

	/// Whether this is its recovery account, binding or not.
	pub fn is_recovery(&self, who: &AccountId) -> bool {
		self.recovery.as_ref().is_some_and(|recovery| recovery.account == *who)
	}

	/// Whether this is its delegate.
	pub fn is_delegate(&self, who: &AccountId) -> bool {
		self.delegate.as_ref().is_some_and(|delegate| delegate.account == *who)
	}
}

/// The terms at the opening of the epoch in which they last changed. In any later epoch the terms that
/// are set have stood since before it opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OpeningTerms {
	/// Commission and delegate's share.
	pub terms: RewardTerms,
	/// The epoch.
	pub epoch: EpochIndex,
}

/// A recovery account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Recovery<AccountId> {
	/// The account.
	pub account: AccountId,
	/// The block from which on the cold key alone can neither replace it nor cancel a rotation.
	pub binds_at: BlockNumber,
}

/// A rotation of the cold key that waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Rotation<AccountId> {
	/// The cold key after it.
	pub new: AccountId,
	/// The first block in which it can be executed.
	pub executes_at: BlockNumber,
	/// Whether only the recovery account can cancel it: one was binding at the announcement.
	pub guarded: bool,
}

/// An account that shares in the owner's part and has agreed to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Delegate<AccountId> {
	/// The account, one owner with the validator.
	pub account: AccountId,
	/// Of the owner's part, what it gets, in hundredths, 0..=[`MAX_SHARE_PERCENT`].
	pub share_percent: u8,
	/// Where that goes. It need not agree and is no part of the owner.
	pub destination: AccountId,
}

/// An account that was asked to become the delegate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Invitation<AccountId> {
	/// The account.
	pub account: AccountId,
	/// The share offered, in hundredths, 0..=[`MAX_SHARE_PERCENT`].
	pub share_percent: u8,
}

/// A node of a validator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Node {
	/// Its bit in the validator's bitmaps.
	pub index: u16,
	/// What it does in its subnet.
	pub role: Role,
	/// Its Ed25519 public key.
	pub key: NodeKey,
	/// Where it can be dialled.
	pub multiaddrs: Multiaddrs,
	/// What it can do; the bits are its subnet's.
	pub capabilities: u64,
	/// Plancks held for it on the cold key's balance.
	pub deposit: Balance,
}

/// A validator's nodes in one subnet, a bitmap for each of [`ROLES`], so that the highest role that is
/// up is known without a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RoleNodes(pub [NodeBitmap; 6]);

impl RoleNodes {
	fn of_mut(&mut self, role: Role) -> Option<&mut NodeBitmap> {
		ROLES.iter().zip(&mut self.0).find(|(r, _)| **r == role).map(|(_, nodes)| nodes)
	}

	/// Adds a node of this role.
	pub fn insert(&mut self, role: Role, index: u16) {
		if let Some(nodes) = self.of_mut(role) {
			nodes.insert(index);
		}
	}

	/// Removes a node of this role.
	pub fn remove(&mut self, role: Role, index: u16) {
		if let Some(nodes) = self.of_mut(role) {
			nodes.remove(index);
		}
	}

	/// The role with the highest multiplier that has a node in `up`.
	pub fn highest(&self, up: &NodeBitmap) -> Option<Role> {
		ROLES.into_iter().zip(&self.0).find(|(_, nodes)| nodes.meets(up)).map(|(role, _)| role)
	}

	/// Whether no role has a node.
	pub fn is_empty(&self) -> bool {
		self.0.iter().all(NodeBitmap::is_empty)
	}
}

/// Every role, highest multiplier first.
pub const ROLES: [Role; 6] =
	[Role::Miner, Role::FullNode, Role::Router, Role::GpuAgent, Role::ComputeAgent, Role::Relay];

/// What a validator tells about itself, as UTF-8 text that nobody checks.
#[derive(
	Clone,
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
pub struct Metadata {
	/// Display name, at most 32 bytes.
	pub name: BoundedVec<u8, ConstU32<32>>,
	/// Web address, at most 128 bytes.
	pub url: BoundedVec<u8, ConstU32<128>>,
	/// How to reach the operator, at most 128 bytes.
	pub contact: BoundedVec<u8, ConstU32<128>>,
	/// Free text, at most 512 bytes.
	pub description: BoundedVec<u8, ConstU32<512>>,
}

/// Metadata as stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct MetadataRecord {
	/// What the validator tells.
	pub metadata: Metadata,
	/// Plancks held for it on the cold key's balance.
	pub deposit: Balance,
}

/// An account's place among the validators.
pub type KeyOwner = (ValidatorId, KeyKind);

/// Whether the bytes are a libp2p peer id: an identity multihash of at most 42 bytes (Ed25519 keys)
/// or a SHA-256 multihash (longer keys).
///
/// Source: libp2p specifications, `peer-ids/peer-ids.md`. One peer has exactly one such form, so
/// that uniqueness of the bytes is uniqueness of the peer.
pub fn is_peer_id(bytes: &[u8]) -> bool {
	match bytes {
		[0x00, length, key @ ..] => {
			(1..=42).contains(&key.len()) && usize::from(*length) == key.len()
		},
		[0x12, 0x20, digest @ ..] => digest.len() == 32,
		_ => false,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn roles_are_listed_by_multiplier() {
		assert!(ROLES.windows(2).all(|w| w[0].multiplier_percent() >= w[1].multiplier_percent()));
	}

	#[test]
	fn the_highest_role_is_the_highest_that_is_up() {
		let mut nodes = RoleNodes::default();
		assert!(nodes.is_empty());
		for (index, role) in (0..).zip(ROLES.into_iter().rev()) {
			nodes.insert(role, index);
			assert_eq!(nodes.highest(&NodeBitmap::ALL), Some(role));
		}
		for (index, role) in (0..6).rev().zip(ROLES) {
			let mut up = NodeBitmap::default();
			assert_eq!(nodes.highest(&up), None);
			up.insert(index);
			assert_eq!(nodes.highest(&up), Some(role));
			nodes.remove(role, index);
			assert_eq!(nodes.highest(&up), None);
		}
		assert!(nodes.is_empty());
	}

	#[test]
	fn the_opening_keeps_the_first_terms_of_an_epoch() {
		let percent = |commission_percent| RewardTerms { commission_percent, delegate_percent: 0 };
		let mut record = Validator {
			cold: 1,
			hot: 2,
			recovery: None,
			delegate: None,
			invited: None,
			commission_percent: 7,
			commission_raised: 0,
			opening: OpeningTerms::default(),
			registered: 0,
			reputation: Reputation::default(),
			offences: 0,
			open_experiments: 0,
			nodes: NodeBitmap::default(),
		};
		assert_eq!((record.terms_in(0), record.terms_in(1)), (percent(0), percent(7)));
		for commission in [9, 3, 5] {
			record.keep_terms(4);
			record.commission_percent = commission;
			assert_eq!((record.terms_in(4), record.terms_in(5)), (percent(7), percent(commission)));
		}
	}

	#[test]
	fn only_multihashes_of_keys_are_peer_ids() {
		let ed25519 = [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[7; 32]].concat();
		let sha256 = [&[0x12, 0x20][..], &[7; 32]].concat();
		assert!(is_peer_id(&ed25519) && is_peer_id(&sha256));
		for bad in [
			&[][..],
			&[0x00],
			&[0x00, 0x00],
			&ed25519[..37],
			&sha256[..33],
			&[&sha256[..], &[0]].concat(),
			&[&[0x00, 43][..], &[7; 43]].concat(),
			b"12D3KooW",
		] {
			assert!(!is_peer_id(bad), "{bad:?}");
		}
	}
}
