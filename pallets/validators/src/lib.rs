//! Who is who: validators, their keys, nodes and roles, own bonds, reputation and offences
//! (PROTOCOL §2).
//!
//! # Overview
//!
//! A validator is an on-chain identity with two accounts: the cold key owns its funds and signs
//! rarely, the hot key signs its work. It holds a bond of its own, registers nodes against a deposit
//! each, and gathers one reputation over all subnets. Other pallets ask this one through
//! [`Identities`](woppal_protocol::traits::Identities) and report through
//! [`Offences`](woppal_protocol::traits::Offences).
//!
//! # Example
//!
//! A miner registers, bonds, adds its node and earns from the next pulse on:
#![doc = docify::embed!("src/tests.rs", a_bonded_miner_earns_from_the_next_pulse)]
//!
//! # Design
//!
//! - **Keys.** An account is a key of at most one validator, in at most one kind. The cold key signs
//!   `register` itself. The hot key doesn't sign that it agrees: whoever names a foreign account pays
//!   a bond for it and hands that account the signature over its own work. An account that is already
//!   a key, or a delegate that agreed, is refused.
//! - **Delegates agree.** Owners that share an account are not independent, and an adoption between
//!   them gives no credit. If naming an account were enough, an adopter could name the author it owes
//!   and keep the credit from it; so the account has to accept, and may resign.
//! - **Bonds.** The own bond is a hold with its own reason, and comes back at `exit`. A bond that grew
//!   counts for earning from the next pulse on: the same tokens, moved by `exit` from one validator to
//!   the next, can't answer one pulse twice. Unbonding delays and slashing arrive with stake
//!   (PROTOCOL §3, §9).
//! - **Size.** Every record is paid for: a validator by its least bond (the deposit of a node), nodes
//!   and metadata by deposits. `exit` leaves nothing behind but the number, which is not used again.
//! - **Nodes.** A peer id or node key belongs to whoever registers it first in the subnet, and costs a
//!   deposit for as long as it is kept; possession is not proven here. A node that finds its peer id
//!   taken makes a new one.
//! - **O(1).** The highest role of a validator in a subnet is read from counts per role.
//!
//! # Terminology
//!
//! - **Owner group**: cold key, hot key and the delegate that agreed.
//! - **Highest role**: the role with the highest multiplier among a validator's nodes in a subnet. It
//!   alone counts, for the multiplier and for the bond.
//!
//! # Properties
//!
//! - A reputation starts anew with a new validator, at the price of its participation and its bond's
//!   time; so 0.5 is also the reputation of a stranger.
//! - The offence of a validator is recorded and shown; nothing is slashed yet.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

extern crate alloc;

mod dispatchable_impls;
mod identity_impls;
mod invariants;
pub mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame::prelude::*;
use woppal_protocol::{
	identity::{Offence, PeerId, Reputation, ReputationCause, Role},
	traits::{Network, OnValidatorExit},
	Balance, SubnetId, ValidatorId,
};

/// A validator's record in this runtime.
pub type ValidatorOf<T> = Validator<<T as frame_system::Config>::AccountId>;

#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The token, in plancks.
		type Currency: fungible::MutateHold<
			Self::AccountId,
			Balance = Balance,
			Reason = Self::RuntimeHoldReason,
		>;

		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// What genesis decided: timing and deposits.
		type Network: Network;

		/// Who keeps records by validator number and drops them at exit.
		type OnExit: OnValidatorExit;

		/// Most nodes of one validator over all subnets.
		#[pallet::constant]
		type MaxNodes: Get<u32>;

		/// Weights of the dispatchables.
		type WeightInfo: WeightInfo;
	}

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The number that the next validator gets.
	#[pallet::storage]
	pub type NextValidatorId<T> = StorageValue<_, ValidatorId, ValueQuery>;

	/// Validators by number.
	// Twox64: the key is our counter.
	#[pallet::storage]
	pub type Validators<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, ValidatorOf<T>>;

	/// Which validator's key an account is. The inverse of the keys in [`Validators`].
	// Blake2: the key is chosen by users.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, KeyOwner>;

	/// How many validators an account is the delegate of; absent means none.
	// Blake2: the key is chosen by users.
	#[pallet::storage]
	pub type Delegations<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// Nodes by validator, subnet and peer id.
	// Twox64 for numbers that we give, Blake2 for bytes that users choose.
	#[pallet::storage]
	pub type Nodes<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Twox64Concat, ValidatorId>,
			NMapKey<Twox64Concat, SubnetId>,
			NMapKey<Blake2_128Concat, PeerId>,
		),
		Node,
	>;

	/// The validator that has a peer id in a subnet.
	#[pallet::storage]
	pub type PeerIds<T: Config> =
		StorageDoubleMap<_, Twox64Concat, SubnetId, Blake2_128Concat, PeerId, ValidatorId>;

	/// The validator that has a node key in a subnet.
	#[pallet::storage]
	pub type NodeKeys<T: Config> =
		StorageDoubleMap<_, Twox64Concat, SubnetId, Blake2_128Concat, NodeKey, ValidatorId>;

	/// Nodes per role of a validator in a subnet; absent means that it has none there.
	#[pallet::storage]
	pub type RoleCounts<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ValidatorId,
		Twox64Concat,
		SubnetId,
		RoleCount,
		ValueQuery,
	>;

	/// What validators tell about themselves.
	#[pallet::storage]
	pub type Metadatas<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, MetadataRecord>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A validator was registered.
		Registered {
			/// Its number.
			validator: ValidatorId,
			/// Its cold key.
			cold: T::AccountId,
			/// Its hot key.
			hot: T::AccountId,
			/// Its bond in plancks.
			bond: Balance,
		},
		/// A bond grew.
		BondAdded {
			/// The validator.
			validator: ValidatorId,
			/// Plancks added.
			amount: Balance,
			/// The bond in plancks now.
			bond: Balance,
		},
		/// A hot key was replaced.
		HotKeyRotated {
			/// The validator.
			validator: ValidatorId,
			/// The key that no longer signs.
			old: T::AccountId,
			/// The key that signs from now on.
			new: T::AccountId,
		},
		/// An account was asked to become the delegate.
		DelegateInvited {
			/// The validator.
			validator: ValidatorId,
			/// The account asked.
			account: T::AccountId,
		},
		/// An account accepted and is the delegate now.
		DelegateAccepted {
			/// The validator.
			validator: ValidatorId,
			/// The delegate.
			account: T::AccountId,
		},
		/// The delegate and the open invitation, if any, were removed.
		DelegateCleared {
			/// The validator.
			validator: ValidatorId,
		},
		/// The delegate left.
		DelegateResigned {
			/// The validator.
			validator: ValidatorId,
			/// The former delegate.
			account: T::AccountId,
		},
		/// A node was registered.
		NodeRegistered {
			/// The validator.
			validator: ValidatorId,
			/// The subnet.
			subnet: SubnetId,
			/// What the node does.
			role: Role,
			/// The node's peer id.
			peer_id: PeerId,
			/// The node's Ed25519 key.
			key: NodeKey,
			/// Plancks held for it.
			deposit: Balance,
		},
		/// A node was removed.
		NodeDeregistered {
			/// The validator.
			validator: ValidatorId,
			/// The subnet.
			subnet: SubnetId,
			/// The node's peer id.
			peer_id: PeerId,
			/// Plancks given back.
			deposit: Balance,
		},
		/// Metadata was written.
		MetadataSet {
			/// The validator.
			validator: ValidatorId,
			/// Plancks held for it.
			deposit: Balance,
		},
		/// Metadata was removed.
		MetadataCleared {
			/// The validator.
			validator: ValidatorId,
			/// Plancks given back.
			deposit: Balance,
		},
		/// A reputation changed.
		ReputationChanged {
			/// The validator.
			validator: ValidatorId,
			/// Why.
			cause: ReputationCause,
			/// Before.
			from: Reputation,
			/// After.
			to: Reputation,
		},
		/// An offence was recorded.
		OffenceRecorded {
			/// The offender.
			validator: ValidatorId,
			/// What it did.
			offence: Offence,
			/// Offences recorded so far, this one included.
			count: u32,
		},
		/// A validator left.
		Exited {
			/// Its number, never used again.
			validator: ValidatorId,
			/// Plancks of the bond given back.
			bond: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// Cold and hot key are the same account: choose two.
		SameKeys,
		/// The caller is already a key of a validator: exit or rotate first, or use another account.
		ColdKeyInUse,
		/// The hot key is already a key of a validator: choose another account.
		HotKeyInUse,
		/// The hot key is a validator's delegate: let it resign, or choose another account.
		HotKeyIsDelegate,
		/// The bond is less than the deposit that pays for the record: bond at least a node's deposit.
		BondTooSmall,
		/// The cold key's free balance doesn't cover the bond or deposit and the existential deposit.
		BalanceTooLow,
		/// Every validator number was given.
		NoNumberLeft,
		/// The amount is zero.
		ZeroAmount,
		/// The caller is not a validator's cold key.
		NotColdKey,
		/// The caller is neither a cold nor a hot key of a validator.
		NotKey,
		/// The delegate is the validator's own cold or hot key: name another account, or none.
		DelegateIsOwnKey,
		/// There is neither a delegate nor an invitation to clear.
		NoDelegate,
		/// The validator has not invited the caller: its cold key must call `set_delegate` first.
		NotInvited,
		/// The caller is not the validator's delegate.
		NotDelegate,
		/// No such subnet.
		UnknownSubnet,
		/// The peer id is not the multihash of a libp2p key.
		MalformedPeerId,
		/// The peer id is registered in this subnet.
		PeerIdTaken,
		/// The node key is registered in this subnet.
		NodeKeyTaken,
		/// The validator has as many nodes as it may have: deregister one first.
		TooManyNodes,
		/// The validator has no such node.
		UnknownNode,
		/// There is no metadata to clear.
		NoMetadata,
		/// The validator has experiments that are not concluded: conclude or cancel them first.
		OpenExperiments,
		/// The validator has nodes: deregister them first.
		HasNodes,
	}

	/// Why this pallet holds tokens on a cold key's balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The validator's own bond.
		Bond,
		/// Deposits for its nodes.
		Node,
		/// Deposit for its metadata.
		Metadata,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxNodes::get() <= u32::from(u16::MAX), "counts per role are 16 bits wide");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a validator whose cold key is the caller.
		///
		/// Signed by the cold key. Holds `bond` plancks of the caller, at least a node's deposit. To earn,
		/// the bond must reach what the highest role needs, see [`Role::required_bond`].
		///
		/// Errors: [`Error::SameKeys`], [`Error::ColdKeyInUse`], [`Error::HotKeyInUse`],
		/// [`Error::HotKeyIsDelegate`], [`Error::BondTooSmall`], [`Error::BalanceTooLow`],
		/// [`Error::NoNumberLeft`]. Event: [`Event::Registered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register())]
		pub fn register(
			origin: OriginFor<T>,
			hot_key: T::AccountId,
			#[pallet::compact] bond: Balance,
		) -> DispatchResult {
			Self::do_register(ensure_signed(origin)?, hot_key, bond)
		}

		/// Adds to the own bond. The larger bond counts from the next pulse on.
		///
		/// Signed by the cold key. `amount` in plancks.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::ZeroAmount`], [`Error::BalanceTooLow`]. Event:
		/// [`Event::BondAdded`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::add_bond())]
		pub fn add_bond(
			origin: OriginFor<T>,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			Self::do_add_bond(ensure_signed(origin)?, amount)
		}

		/// Replaces the hot key at once; the old one is free for any use.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::SameKeys`], [`Error::HotKeyInUse`],
		/// [`Error::HotKeyIsDelegate`]. Event: [`Event::HotKeyRotated`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::rotate_hot_key())]
		pub fn rotate_hot_key(origin: OriginFor<T>, new: T::AccountId) -> DispatchResult {
			Self::do_rotate_hot_key(ensure_signed(origin)?, new)
		}

		/// Asks an account to become the delegate, or removes delegate and invitation.
		///
		/// Signed by the cold key. The delegate so far stays until the account has called
		/// [`Pallet::accept_delegation`].
		///
		/// Errors: [`Error::NotColdKey`], [`Error::DelegateIsOwnKey`], [`Error::NoDelegate`]. Events:
		/// [`Event::DelegateInvited`] or [`Event::DelegateCleared`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_delegate())]
		pub fn set_delegate(
			origin: OriginFor<T>,
			delegate: Option<T::AccountId>,
		) -> DispatchResult {
			Self::do_set_delegate(ensure_signed(origin)?, delegate)
		}

		/// Becomes the delegate of a validator that asked for it.
		///
		/// Signed by the account asked, which counts as one owner with the validator from then on.
		///
		/// Errors: [`Error::NotInvited`], [`Error::DelegateIsOwnKey`]. Event:
		/// [`Event::DelegateAccepted`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::accept_delegation())]
		pub fn accept_delegation(origin: OriginFor<T>, validator: ValidatorId) -> DispatchResult {
			Self::do_accept_delegation(ensure_signed(origin)?, validator)
		}

		/// Stops being the delegate of a validator.
		///
		/// Signed by the delegate.
		///
		/// Errors: [`Error::NotDelegate`]. Event: [`Event::DelegateResigned`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::resign_delegation())]
		pub fn resign_delegation(origin: OriginFor<T>, validator: ValidatorId) -> DispatchResult {
			Self::do_resign_delegation(ensure_signed(origin)?, validator)
		}

		/// Registers a node in a subnet.
		///
		/// Signed by the cold or the hot key; the deposit is held on the cold key's balance. `peer_id` is
		/// the libp2p peer id's multihash bytes, `key` the node's Ed25519 public key; both are unique in
		/// their subnet.
		///
		/// Errors: [`Error::NotKey`], [`Error::UnknownSubnet`], [`Error::MalformedPeerId`],
		/// [`Error::TooManyNodes`], [`Error::PeerIdTaken`], [`Error::NodeKeyTaken`],
		/// [`Error::BalanceTooLow`]. Event: [`Event::NodeRegistered`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::register_node())]
		pub fn register_node(
			origin: OriginFor<T>,
			subnet: SubnetId,
			role: Role,
			peer_id: PeerId,
			key: NodeKey,
		) -> DispatchResult {
			Self::do_register_node(ensure_signed(origin)?, subnet, role, peer_id, key)
		}

		/// Removes a node and gives its deposit back to the cold key.
		///
		/// Signed by the cold or the hot key.
		///
		/// Errors: [`Error::NotKey`], [`Error::UnknownNode`]. Event: [`Event::NodeDeregistered`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::deregister_node())]
		pub fn deregister_node(
			origin: OriginFor<T>,
			subnet: SubnetId,
			peer_id: PeerId,
		) -> DispatchResult {
			Self::do_deregister_node(ensure_signed(origin)?, subnet, peer_id)
		}

		/// Writes or replaces the validator's metadata, against a deposit.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::BalanceTooLow`]. Event: [`Event::MetadataSet`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_metadata())]
		pub fn set_metadata(origin: OriginFor<T>, metadata: Metadata) -> DispatchResult {
			Self::do_set_metadata(ensure_signed(origin)?, metadata)
		}

		/// Removes the validator's metadata and gives its deposit back.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::NoMetadata`]. Event: [`Event::MetadataCleared`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::clear_metadata())]
		pub fn clear_metadata(origin: OriginFor<T>) -> DispatchResult {
			Self::do_clear_metadata(ensure_signed(origin)?)
		}

		/// Leaves: removes the validator and gives bond and metadata deposit back.
		///
		/// Signed by the cold key. Both keys are free afterwards; the number is not used again. Claim
		/// rewards first.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::OpenExperiments`], [`Error::HasNodes`]. Events:
		/// [`Event::MetadataCleared`] if there was metadata, [`Event::Exited`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::exit())]
		pub fn exit(origin: OriginFor<T>) -> DispatchResult {
			Self::do_exit(ensure_signed(origin)?)
		}
	}
}
