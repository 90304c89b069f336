//! Blocks, sessions, finality and offences.
//!
//! `gate` chooses the authority sets (PROTOCOL §8). Equivocations of BABE and GRANDPA are reported with the
//! SDK's own proofs, recorded by `pallet-offences` and punished by `slashing`: the full identification of an
//! authority is the number of its validator, so that a report hits whoever answered for the key, whatever
//! became of its hot key since.

use super::*;
use crate::{Babe, Gate, Historical, Network, Offences, Session, Slashing};
use frame_support::traits::Get;
use sp_runtime::traits::{ConvertInto, OpaqueKeys};
use woppal_protocol::ValidatorId;

/// Epochs for which a bond stays slashable after its owner left (PROTOCOL §3), and so for which
/// offences may be reported.
pub const BONDING_EPOCHS: u32 = 28;

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

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = Option<ValidatorId>;
	type FullIdentificationOf = pallet_gate::FullIdentificationOf<Runtime>;
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	// Genesis writes no entry into the record of past sessions: the first is that of session 2, with the
	// first set that the gate announces. A set that stays is not announced again and copies the last entry.
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, Gate>;
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
	type OnOffenceHandler = Slashing;
}
