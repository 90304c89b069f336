//! Who is who: validators, their keys, nodes and roles, how they share what they earn, reputation and
//! recorded offences (PROTOCOL §2).
//!
//! # Overview
//!
//! A validator is an on-chain identity with two accounts: the cold key owns its funds and signs
//! rarely, the hot key signs its work. It registers nodes against a deposit each, sets a commission for
//! its delegators, may share its own part with a delegate account, and gathers one reputation over all
//! subnets. Its bond is kept by whoever implements [`Bonds`]. Other pallets ask through
//! [`Identities`](woppal_protocol::traits::Identities), [`Roles`](woppal_protocol::traits::Roles),
//! [`Payees`](woppal_protocol::traits::Payees) and
//! [`WithdrawalFreeze`](woppal_protocol::traits::WithdrawalFreeze), and report offences through
//! [`OffenceRecord`](woppal_protocol::traits::OffenceRecord).
//!
//! # Example
//!
//! A miner registers, bonds, adds its node and earns from the next epoch on:
#![doc = docify::embed!("src/tests/mod.rs", a_bonded_miner_earns_from_the_next_epoch)]
//!
//! An owner whose cold key was stolen moves everything to a new one, and the thief can't stop it:
#![doc = docify::embed!("src/tests/thief.rs", a_recovery_account_keeps_a_thief_from_cancelling)]
//!
//! # Design
//!
//! - **Keys.** An account is a key of at most one validator, in at most one kind. The cold key signs
//!   `register` itself. The hot key doesn't sign that it agrees: whoever names a foreign account pays
//!   a bond for it and hands that account the signature over its own work. An account that is already
//!   a key, or a delegate that agreed, is refused.
//! - **Rotation.** A hot key is replaced at once. A new cold key is announced and waits
//!   [`Config::ColdRotationEpochs`]: 42 epochs, which are 7 days on mainnet's timing. Then anybody may
//!   execute it, and bond, unbonding stake and deposits move in one step. While it waits, the account
//!   that is to follow is reserved; withdrawals, `exit`, a second announcement and changes of the
//!   recovery account are refused; deposits that are given back go to the key that is to follow.
//! - **Recovery.** The recovery account can cancel a rotation. What is named by the cold key alone
//!   binds after the same wait, for a thief could else name its own account and lock the owner out.
//!   Once it binds, a cold key can neither replace it nor cancel a rotation nor exit: the recovery
//!   account itself hands over or clears itself, at once. After an executed rotation it stays and
//!   binds anew after the wait, so that an owner who lost it can replace it. Where no recovery account
//!   binds, the cold key itself cancels.
//! - **What a thief of the cold key gets**: what is free on its balance, rewards claimed to it, and the
//!   hot key until it is rotated back. With a recovery account that binds it gets no stake and no
//!   deposit as long as the owner answers within the wait: the owner announces a rotation to a new key
//!   before what the thief unbonds has matured, or cancels the thief's. Without one, thief and owner
//!   can do the same and cancel each other's rotations.
//! - **Delegates agree**, and to a share. Owners that share an account are not independent, and an
//!   adoption between them gives no credit. If naming an account were enough, an adopter could name
//!   the author it owes and keep the credit from it; so the account has to accept, and may resign. It
//!   moves the destination of its part itself. A destination doesn't agree and so isn't part of the
//!   owner. For the same reason a new cold key may be nobody's delegate.
//! - **Terms.** Commission and delegate's share count as they stood when an epoch opened. The record
//!   keeps the terms of the opening of the epoch in which they last changed: in any other epoch those
//!   that are set have stood since before it.
//! - **Commission** starts at 0. It is free in the block of the registration, where nobody can have
//!   delegated at another one; after that it falls by any amount and rises by one point in
//!   [`Config::CommissionRisePeriod`]. A rise that was not used is lost.
//! - **Nodes.** A node has the lowest index that its validator has free, over all subnets; a bitmap of
//!   indices says which are up. A peer id or node key belongs to whoever registers it first in the
//!   subnet, and costs a deposit for as long as it is kept; possession is not proven here. A node that
//!   finds its peer id taken makes a new one. Capability bits are not read here. There is no BLS key
//!   until pulses land.
//! - **O(1).** The highest role that is up is read from a bitmap per role.
//! - **Size.** Every record is paid for: a validator by its least bond (the deposit of a node), nodes
//!   and metadata by deposits. `exit` leaves nothing here but the number, which is not used again.
//! - **Exit.** In this order: conclude or cancel experiments, deregister the nodes, let a recovery
//!   account that binds clear itself, claim rewards, `exit`. Then the bond unbonds, the metadata's
//!   deposit is back and both keys are free. The pool stays, and its delegators withdraw from it as
//!   before; stake that unbonds can still be slashed for what was done before.
//!
//! # Terminology
//!
//! - **Owner group**: cold key, hot key and the delegate that agreed.
//! - **Highest role**: the role with the highest multiplier among a validator's nodes in a subnet that
//!   are up. It alone counts, for the multiplier and for the bond.
//! - **Binding**: of a recovery account that was named long enough ago, or by one that was.
//! - **Guarded**: of a rotation at whose announcement a recovery account was binding.
//!
//! # Properties
//!
//! - More nodes of one owner add nothing: the highest role counts once.
//! - What changes during an epoch changes nothing of it and nothing of the past, except where the
//!   delegate's part goes: that is paid to whoever is the delegate at the claim. Anybody may claim, so
//!   a delegate that is about to be replaced claims first.
//! - A reputation starts anew with a new validator, at the price of its participation and its bond's
//!   time; so 0.5 is also the reputation of a stranger.
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
pub mod multiaddr;
mod node_impls;
mod rotation_impls;
mod terms_impls;
pub mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use multiaddr::is_multiaddr;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame::prelude::*;
use woppal_protocol::{
	identity::{NodeBitmap, Offence, PeerId, Reputation, ReputationCause, Role, MAX_NODES},
	traits::{Bonds, Network, OnStanding, OnValidatorExit, StakeSnapshot},
	Balance, BlockNumber, EpochIndex, SubnetId, ValidatorId,
};

/// A validator's record in this runtime.
pub type ValidatorOf<T> = Validator<<T as frame_system::Config>::AccountId>;
/// A rotation in this runtime.
pub type RotationOf<T> = Rotation<<T as frame_system::Config>::AccountId>;

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

		/// Who keeps the bonds.
		type Bonds: Bonds<Self::AccountId>;

		/// Bonds and pools as they count.
		type Stake: StakeSnapshot;

		/// Who ranks validators and is told when a reputation changed.
		type Standing: OnStanding;

		/// Who keeps records by validator number and drops them at exit.
		type OnExit: OnValidatorExit;

		/// Most nodes of one validator over all subnets, at most [`MAX_NODES`].
		#[pallet::constant]
		type MaxNodes: Get<u32>;

		/// How long a rotation of the cold key waits, and a recovery account until it binds, in epochs:
		/// 42 are 7 days on mainnet's timing. It is the time that an owner has to notice a theft.
		#[pallet::constant]
		type ColdRotationEpochs: Get<EpochIndex>;

		/// The least time between two rises of a commission, in epochs: a day.
		#[pallet::constant]
		type CommissionRisePeriod: Get<EpochIndex>;

		/// Weights of the dispatchables.
		type WeightInfo: WeightInfo;

		/// Gives validators what other pallets keep of them.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper;
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

	/// Which validator's key an account is, or will be. The inverse of the keys in [`Validators`] and
	/// [`Rotations`].
	// Blake2: the key is chosen by users.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, KeyOwner>;

	/// Rotations of cold keys that wait.
	#[pallet::storage]
	pub type Rotations<T: Config> = StorageMap<_, Twox64Concat, ValidatorId, RotationOf<T>>;

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

	/// Nodes of a validator in a subnet by role; absent means that it has none there.
	#[pallet::storage]
	pub type NodesByRole<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ValidatorId,
		Twox64Concat,
		SubnetId,
		RoleNodes,
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
		/// A hot key was replaced.
		HotKeyRotated {
			/// The validator.
			validator: ValidatorId,
			/// The key that no longer signs.
			old: T::AccountId,
			/// The key that signs from now on.
			new: T::AccountId,
		},
		/// A rotation of the cold key was announced and waits.
		ColdRotationAnnounced {
			/// The validator.
			validator: ValidatorId,
			/// The cold key after it.
			new: T::AccountId,
			/// The first block in which it can be executed.
			executes_at: BlockNumber,
			/// Whether only the recovery account can cancel it.
			guarded: bool,
		},
		/// A rotation of the cold key was cancelled.
		ColdRotationCancelled {
			/// The validator.
			validator: ValidatorId,
			/// The key that doesn't follow.
			new: T::AccountId,
			/// Who cancelled it.
			by: T::AccountId,
		},
		/// A cold key was replaced; bond and deposits moved with it.
		ColdKeyRotated {
			/// The validator.
			validator: ValidatorId,
			/// The key that no longer signs.
			old: T::AccountId,
			/// The key that owns everything now.
			new: T::AccountId,
		},
		/// The recovery account was named, replaced or cleared.
		RecoverySet {
			/// The validator.
			validator: ValidatorId,
			/// The account, if any.
			recovery: Option<T::AccountId>,
			/// The block from which on it binds the cold key.
			binds_at: BlockNumber,
		},
		/// An account was asked to become the delegate.
		DelegateInvited {
			/// The validator.
			validator: ValidatorId,
			/// The account asked.
			account: T::AccountId,
			/// The share of the owner's part that it is offered, in hundredths.
			share_percent: u8,
		},
		/// An account accepted and is the delegate now.
		DelegateAccepted {
			/// The validator.
			validator: ValidatorId,
			/// The delegate.
			account: T::AccountId,
			/// Its share of the owner's part from the next epoch on, in hundredths.
			share_percent: u8,
		},
		/// The delegate moved the destination of its part.
		DestinationSet {
			/// The validator.
			validator: ValidatorId,
			/// Where it goes from now on.
			destination: T::AccountId,
		},
		/// A commission was set. It counts from the next epoch on.
		CommissionSet {
			/// The validator.
			validator: ValidatorId,
			/// Before, in hundredths.
			from: u8,
			/// Now, in hundredths.
			to: u8,
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
			/// The node's bit in the validator's bitmaps.
			index: u16,
			/// What the node does.
			role: Role,
			/// The node's peer id.
			peer_id: PeerId,
			/// The node's Ed25519 key.
			key: NodeKey,
			/// Plancks held for it.
			deposit: Balance,
		},
		/// A node's multiaddrs and capabilities were replaced.
		NodeUpdated {
			/// The validator.
			validator: ValidatorId,
			/// The subnet.
			subnet: SubnetId,
			/// The node's peer id.
			peer_id: PeerId,
			/// What it can do.
			capabilities: u64,
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
			/// Plancks of the bond that unbond from now on.
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
		/// The hot key is the validator's recovery account: choose another account.
		HotKeyIsRecovery,
		/// The bond is less than the deposit that pays for the record: bond at least a node's deposit.
		BondTooSmall,
		/// The cold key's free balance doesn't cover the bond or deposit and the existential deposit.
		BalanceTooLow,
		/// Every validator number was given.
		NoNumberLeft,
		/// The caller is not a validator's cold key.
		NotColdKey,
		/// The caller is neither a cold nor a hot key of a validator.
		NotKey,
		/// A rotation of the cold key waits: execute it once it is due, or cancel it, then try again.
		RotationWaits,
		/// No rotation of this validator's cold key waits.
		NoRotation,
		/// The rotation has not waited long enough: try again in the block that its announcement named.
		RotationTooEarly,
		/// The new cold key is a key of a validator, or will be one: choose another account.
		NewKeyInUse,
		/// The new cold key is a validator's delegate: let it resign, or choose another account.
		NewKeyIsDelegate,
		/// The new cold key doesn't exist: send it the existential deposit first.
		NewKeyNotFunded,
		/// Only the recovery account can cancel this rotation, or the cold key if none was binding when it
		/// was announced.
		MayNotCancel,
		/// A recovery account binds: it alone can name another one or clear itself.
		NotRecovery,
		/// The recovery account is the validator's own cold or hot key: name another account.
		RecoveryIsOwnKey,
		/// There is no recovery account to clear.
		NoRecovery,
		/// A recovery account binds: let it clear itself before the exit.
		RecoveryBinds,
		/// The delegate is one of the validator's own keys: name another account, or none.
		DelegateIsOwnKey,
		/// The share is more than 95 %.
		ShareTooHigh,
		/// The share was changed since: look at the invitation again.
		ShareChanged,
		/// The commission is more than 95 %.
		CommissionTooHigh,
		/// The commission rises by more than one point, or less than a day after it last rose: wait, or
		/// rise by less.
		CommissionRisesTooFast,
		/// There is neither a delegate nor an invitation to clear.
		NoDelegate,
		/// The validator has not invited the caller: its cold key must call `invite_delegate`
		/// first.
		NotInvited,
		/// The caller is not the validator's delegate.
		NotDelegate,
		/// No such subnet.
		UnknownSubnet,
		/// The peer id is not the multihash of a libp2p key.
		MalformedPeerId,
		/// A multiaddr is not in its binary form, or uses a protocol that is not known.
		MalformedMultiaddr,
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
		/// Deposits for its nodes.
		Node,
		/// Deposit for its metadata.
		Metadata,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxNodes::get() <= u32::from(MAX_NODES), "a bitmap has a bit for each node");
			assert!(T::ColdRotationEpochs::get() > 0, "a rotation waits");
			assert!(T::CommissionRisePeriod::get() > 0, "a commission rises slowly");
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
		/// Signed by the cold key. Bonds `bond` plancks of the caller, at least a node's deposit. To earn,
		/// the bond must reach what the highest role needs, see [`Role::required_bond`], when an epoch
		/// opens.
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

		/// Replaces the hot key at once; the old one is free for any use.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::SameKeys`], [`Error::HotKeyInUse`],
		/// [`Error::HotKeyIsDelegate`], [`Error::HotKeyIsRecovery`]. Event: [`Event::HotKeyRotated`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::rotate_hot_key())]
		pub fn rotate_hot_key(origin: OriginFor<T>, new: T::AccountId) -> DispatchResult {
			Self::do_rotate_hot_key(ensure_signed(origin)?, new)
		}

		/// Announces a new cold key. It follows once the rotation has waited
		/// [`Config::ColdRotationEpochs`] and is executed; until then the caller withdraws no stake.
		///
		/// Signed by the cold key. `new` must exist and be neither a key nor a delegate; it is reserved
		/// while the rotation waits.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::RotationWaits`], [`Error::NewKeyInUse`],
		/// [`Error::NewKeyIsDelegate`], [`Error::NewKeyNotFunded`]. Event:
		/// [`Event::ColdRotationAnnounced`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::announce_cold_rotation())]
		pub fn announce_cold_rotation(origin: OriginFor<T>, new: T::AccountId) -> DispatchResult {
			Self::do_announce_cold_rotation(ensure_signed(origin)?, new)
		}

		/// Replaces the cold key after its rotation has waited, and moves bond, unbonding stake and
		/// deposits to the new one. The old one is free for any use; it keeps what is free on its balance
		/// and its delegations.
		///
		/// Signed by anybody.
		///
		/// Errors: [`Error::NoRotation`], [`Error::RotationTooEarly`], [`Error::NewKeyNotFunded`]. Event:
		/// [`Event::ColdKeyRotated`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::execute_cold_rotation())]
		pub fn execute_cold_rotation(
			origin: OriginFor<T>,
			validator: ValidatorId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_execute_cold_rotation(validator)
		}

		/// Cancels a rotation of the cold key that was not executed.
		///
		/// Signed by the recovery account, or by the cold key if none was binding at the announcement.
		///
		/// Errors: [`Error::NoRotation`], [`Error::MayNotCancel`]. Event:
		/// [`Event::ColdRotationCancelled`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::cancel_cold_rotation())]
		pub fn cancel_cold_rotation(
			origin: OriginFor<T>,
			validator: ValidatorId,
		) -> DispatchResult {
			Self::do_cancel_cold_rotation(ensure_signed(origin)?, validator)
		}

		/// Names, replaces or clears the recovery account.
		///
		/// Signed by the recovery account if one binds, then it counts at once; else by the cold key, then
		/// it binds after [`Config::ColdRotationEpochs`].
		///
		/// Errors: [`Error::NotRecovery`], [`Error::NotColdKey`], [`Error::RotationWaits`],
		/// [`Error::RecoveryIsOwnKey`], [`Error::NoRecovery`]. Event: [`Event::RecoverySet`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_recovery())]
		pub fn set_recovery(
			origin: OriginFor<T>,
			validator: ValidatorId,
			recovery: Option<T::AccountId>,
		) -> DispatchResult {
			Self::do_set_recovery(ensure_signed(origin)?, validator, recovery)
		}

		/// Asks an account to become the delegate with a share of the owner's part; also asks the
		/// delegate to agree to another share.
		///
		/// Signed by the cold key. `share_percent` in hundredths, 0..=95. The delegate and the share so
		/// far stay until the account has called [`Pallet::accept_delegation`]; a former invitation
		/// doesn't.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::DelegateIsOwnKey`], [`Error::ShareTooHigh`]. Event:
		/// [`Event::DelegateInvited`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::invite_delegate())]
		pub fn invite_delegate(
			origin: OriginFor<T>,
			account: T::AccountId,
			share_percent: u8,
		) -> DispatchResult {
			Self::do_invite_delegate(ensure_signed(origin)?, account, share_percent)
		}

		/// Removes delegate and invitation.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::NoDelegate`]. Event: [`Event::DelegateCleared`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::clear_delegate())]
		pub fn clear_delegate(origin: OriginFor<T>) -> DispatchResult {
			Self::do_clear_delegate(ensure_signed(origin)?)
		}

		/// Becomes the delegate of a validator that asked for it. The share counts from the next epoch on.
		///
		/// Signed by the account asked, which counts as one owner with the validator from then on.
		/// `share_percent` is the share it agrees to, in hundredths. Its part goes to itself until it says
		/// otherwise.
		///
		/// Errors: [`Error::NotInvited`], [`Error::ShareChanged`], [`Error::DelegateIsOwnKey`]. Event:
		/// [`Event::DelegateAccepted`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::accept_delegation())]
		pub fn accept_delegation(
			origin: OriginFor<T>,
			validator: ValidatorId,
			share_percent: u8,
		) -> DispatchResult {
			Self::do_accept_delegation(ensure_signed(origin)?, validator, share_percent)
		}

		/// Stops being the delegate of a validator.
		///
		/// Signed by the delegate. Claim first: its part of what is not claimed goes to the owner.
		///
		/// Errors: [`Error::NotDelegate`]. Event: [`Event::DelegateResigned`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::resign_delegation())]
		pub fn resign_delegation(origin: OriginFor<T>, validator: ValidatorId) -> DispatchResult {
			Self::do_resign_delegation(ensure_signed(origin)?, validator)
		}

		/// Moves the destination of the delegate's part, from the next claim on.
		///
		/// Signed by the delegate.
		///
		/// Errors: [`Error::NotDelegate`]. Event: [`Event::DestinationSet`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_destination())]
		pub fn set_destination(
			origin: OriginFor<T>,
			validator: ValidatorId,
			destination: T::AccountId,
		) -> DispatchResult {
			Self::do_set_destination(ensure_signed(origin)?, validator, destination)
		}

		/// Sets what the owner keeps of the delegators' part. It counts from the next epoch on.
		///
		/// Signed by the cold key. `percent` in hundredths, 0..=95. It may fall by any amount and rise by
		/// one point in [`Config::CommissionRisePeriod`]; in the block of the registration it is free.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::CommissionTooHigh`],
		/// [`Error::CommissionRisesTooFast`]. Event: [`Event::CommissionSet`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_commission())]
		pub fn set_commission(origin: OriginFor<T>, percent: u8) -> DispatchResult {
			Self::do_set_commission(ensure_signed(origin)?, percent)
		}

		/// Registers a node in a subnet.
		///
		/// Signed by the cold or the hot key; the deposit is held on the cold key's balance. `peer_id` is
		/// the libp2p peer id's multihash bytes, `key` the node's Ed25519 public key; both are unique in
		/// their subnet. `multiaddrs` in binary form, see [`is_multiaddr`]; `capabilities` are bits that
		/// the subnet's nodes read.
		///
		/// Errors: [`Error::NotKey`], [`Error::UnknownSubnet`], [`Error::MalformedPeerId`],
		/// [`Error::MalformedMultiaddr`], [`Error::TooManyNodes`], [`Error::PeerIdTaken`],
		/// [`Error::NodeKeyTaken`], [`Error::BalanceTooLow`]. Event: [`Event::NodeRegistered`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::register_node())]
		pub fn register_node(
			origin: OriginFor<T>,
			subnet: SubnetId,
			role: Role,
			peer_id: PeerId,
			key: NodeKey,
			multiaddrs: Multiaddrs,
			capabilities: u64,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_node(who, subnet, role, peer_id, key, multiaddrs, capabilities)
		}

		/// Replaces a node's multiaddrs and capabilities.
		///
		/// Signed by the cold or the hot key.
		///
		/// Errors: [`Error::NotKey`], [`Error::UnknownNode`], [`Error::MalformedMultiaddr`]. Event:
		/// [`Event::NodeUpdated`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::update_node())]
		pub fn update_node(
			origin: OriginFor<T>,
			subnet: SubnetId,
			peer_id: PeerId,
			multiaddrs: Multiaddrs,
			capabilities: u64,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_update_node(who, subnet, peer_id, multiaddrs, capabilities)
		}

		/// Removes a node and gives its deposit back to the cold key, or to the one that is to follow it.
		///
		/// Signed by the cold or the hot key.
		///
		/// Errors: [`Error::NotKey`], [`Error::UnknownNode`]. Event: [`Event::NodeDeregistered`].
		#[pallet::call_index(14)]
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
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::set_metadata())]
		pub fn set_metadata(origin: OriginFor<T>, metadata: Metadata) -> DispatchResult {
			Self::do_set_metadata(ensure_signed(origin)?, metadata)
		}

		/// Removes the validator's metadata and gives its deposit back to the cold key, or to the one that
		/// is to follow it.
		///
		/// Signed by the cold key.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::NoMetadata`]. Event: [`Event::MetadataCleared`].
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::clear_metadata())]
		pub fn clear_metadata(origin: OriginFor<T>) -> DispatchResult {
			Self::do_clear_metadata(ensure_signed(origin)?)
		}

		/// Leaves: removes the validator, starts to unbond its bond, gives the metadata's deposit back.
		///
		/// Signed by the cold key. Both keys are free afterwards; the number is not used again. Claim
		/// rewards first. The pool stays, and its delegators withdraw from it as before.
		///
		/// Errors: [`Error::NotColdKey`], [`Error::RotationWaits`], [`Error::RecoveryBinds`],
		/// [`Error::OpenExperiments`], [`Error::HasNodes`]. Events: [`Event::MetadataCleared`] if there was
		/// metadata, [`Event::Exited`].
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::exit())]
		pub fn exit(origin: OriginFor<T>) -> DispatchResult {
			Self::do_exit(ensure_signed(origin)?)
		}
	}
}
