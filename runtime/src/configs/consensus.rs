//! Blocks, sessions, finality and offences.
//!
//! The authority set is genesis's until `gate` chooses sets (PROTOCOL §8). Equivocations of BABE
//! and GRANDPA are reported with the SDK's own proofs and recorded by `pallet-offences`; nothing
//! is slashed for them until `slashing` handles them.

use super::*;
use crate::{Babe, Historical, Network, Offences, Session};
use alloc::vec::Vec;
use frame_support::traits::Get;
use sp_runtime::traits::{Convert, ConvertInto, OpaqueKeys};
use sp_staking::SessionIndex;

/// Epochs for which a bond stays slashable after its owner left (PROTOCOL §3), and so for which
/// offences may be reported.
const BONDING_EPOCHS: u32 = 28;

/// Blocks for which an equivocation report stays valid in the pool.
pub struct ReportLongevity;
impl Get<u64> for ReportLongevity {
	fn get() -> u64 {
		u64::from(Network::timing().epochs_to_blocks(BONDING_EPOCHS))
	}
}

/// Sessions of which the GRANDPA set id is remembered: those within the bonding time.
pub struct MaxSetIdSessionEntries;
impl Get<u64> for MaxSetIdSessionEntries {
	fn get() -> u64 {
		let t = Network::timing();
		u64::from(t.epochs_to_blocks(BONDING_EPOCHS).checked_div(t.session).unwrap_or(1))
	}
}

parameter_types! {
	/// Most authorities of a set: the gate's largest set (PROTOCOL §8).
	pub const MaxAuthorities: u32 = 64;
	/// Deposit in plancks for an account's session keys.
	pub const KeyDeposit: Balance = deposit(1, 64);
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = pallet_network::MinimumPeriod<Runtime>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_babe::Config for Runtime {
	// Genesis's session and slot, read from storage: they never change after launch.
	type EpochDuration = pallet_network::SessionLength<Runtime>;
	type ExpectedBlockTime = pallet_network::ExpectedBlockTime<Runtime>;
	// The session pallet says when a set changes.
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

/// An authority's full identification in the record of past sessions: its account says it all
/// while there are no bonds behind it.
pub struct NoIdentification;
impl Convert<AccountId, Option<()>> for NoIdentification {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// Keeps genesis's authority set.
pub struct GenesisSet;
impl pallet_session::SessionManager<AccountId> for GenesisSet {
	/// The current set once, so that the record of past sessions gets its first entry and
	/// ownership of a key can be proven after its session; then `None`, which keeps the set and
	/// copies the entry.
	fn new_session(index: SessionIndex) -> Option<Vec<AccountId>> {
		let recorded = pallet_session::historical::HistoricalSessions::<Runtime>::contains_key(
			index.saturating_sub(1),
		);
		(!recorded).then(Session::validators)
	}

	fn new_session_genesis(_: SessionIndex) -> Option<Vec<AccountId>> {
		None
	}

	fn start_session(_: SessionIndex) {}

	fn end_session(_: SessionIndex) {}
}

impl pallet_session::historical::SessionManager<AccountId, ()> for GenesisSet {
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		<Self as pallet_session::SessionManager<_>>::new_session(index)
			.map(|set| set.into_iter().map(|account| (account, ())).collect())
	}

	fn new_session_genesis(_: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		None
	}

	fn start_session(_: SessionIndex) {}

	fn end_session(_: SessionIndex) {}
}

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NoIdentification;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, GenesisSet>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitWithReEnablingDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = KeyDeposit;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = ();
}
