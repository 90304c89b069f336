//! What the pallet stores: validators, nodes, role counts, metadata.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use woppal_protocol::{
	identity::{Reputation, Role},
	Balance, BlockNumber, BoundedVec, ConstU32, ValidatorId,
};

/// A node's Ed25519 public key.
pub type NodeKey = [u8; 32];

/// Which of a validator's two keys an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum KeyKind {
	/// Owns funds, signs rarely.
	Cold,
	/// Signs work.
	Hot,
}

/// A validator's record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Validator<AccountId> {
	/// Owns funds, signs rarely.
	pub cold: AccountId,
	/// Signs work.
	pub hot: AccountId,
	/// The delegate account, which has agreed to be one.
	pub delegate: Option<AccountId>,
	/// The account asked to become the delegate.
	pub invited: Option<AccountId>,
	/// Own bond in plancks, held on the cold key's balance.
	pub bond: Balance,
	/// Block in which the bond last grew: it counts for earning from the next pulse on.
	pub bonded_at: BlockNumber,
	/// Reputation over all subnets.
	pub reputation: Reputation,
	/// Offences recorded so far.
	pub offences: u32,
	/// Experiments that are not concluded.
	pub open_experiments: u32,
	/// Nodes over all subnets.
	pub nodes: u32,
}

/// A node of a validator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Node {
	/// What it does in its subnet.
	pub role: Role,
	/// Its Ed25519 public key.
	pub key: NodeKey,
	/// Plancks held for it on the cold key's balance.
	pub deposit: Balance,
}

/// How many nodes of each role a validator has in one subnet, so that its highest role is known
/// without a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RoleCount {
	/// Miners.
	pub miners: u16,
	/// Full nodes.
	pub full_nodes: u16,
	/// Routers.
	pub routers: u16,
	/// Agents that serve GPU inference.
	pub gpu_agents: u16,
	/// Agents that give compute proofs.
	pub compute_agents: u16,
	/// Relays.
	pub relays: u16,
}

impl RoleCount {
	/// The count of one role.
	pub fn of(&self, role: Role) -> u16 {
		match role {
			Role::Miner => self.miners,
			Role::FullNode => self.full_nodes,
			Role::Router => self.routers,
			Role::GpuAgent => self.gpu_agents,
			Role::ComputeAgent => self.compute_agents,
			Role::Relay => self.relays,
		}
	}

	fn of_mut(&mut self, role: Role) -> &mut u16 {
		match role {
			Role::Miner => &mut self.miners,
			Role::FullNode => &mut self.full_nodes,
			Role::Router => &mut self.routers,
			Role::GpuAgent => &mut self.gpu_agents,
			Role::ComputeAgent => &mut self.compute_agents,
			Role::Relay => &mut self.relays,
		}
	}

	/// Counts one more node of this role (saturating).
	pub fn add(&mut self, role: Role) {
		let count = self.of_mut(role);
		*count = count.saturating_add(1);
	}

	/// Counts one node of this role less (saturating).
	pub fn remove(&mut self, role: Role) {
		let count = self.of_mut(role);
		*count = count.saturating_sub(1);
	}

	/// The role with the highest multiplier that has a node.
	pub fn highest(&self) -> Option<Role> {
		ROLES.into_iter().find(|role| self.of(*role) > 0)
	}

	/// Whether no role has a node.
	pub fn is_empty(&self) -> bool {
		self.highest().is_none()
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
	fn the_highest_role_follows_the_counts() {
		let mut count = RoleCount::default();
		assert!(count.is_empty());
		for role in ROLES.into_iter().rev() {
			count.add(role);
			assert_eq!(count.highest(), Some(role));
		}
		for role in ROLES {
			assert_eq!(count.highest(), Some(role));
			count.remove(role);
		}
		assert!(count.is_empty());
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
