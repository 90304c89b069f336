//! The SDK pallets' configuration; ours and consensus have a file each.

mod agent_commit;
pub mod consensus;
mod emission;
mod gate;
mod network;
mod presence;
mod research;
mod slashing;
mod stake;
mod validators;

use crate::{
	fees::{DealWithFees, PaymentWeight},
	AccountId, Balance, Balances, Block, BlockNumber, Emission, Hash, Hashing, Nonce, OriginCaller,
	PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason,
	RuntimeOrigin, RuntimeTask, SessionKeys, System, UncheckedExtrinsic, VERSION, WOPPAL,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use consensus::BONDING_EPOCHS;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, ConstU8, Contains, InstanceFilter, VariantCountOf},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		ConstantMultiplier, IdentityFee, Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use scale_info::TypeInfo;
use sp_runtime::{traits::Convert, FixedPointNumber, Perbill, Perquintill};
use sp_version::RuntimeVersion;

/// Parts of a block that calls of the normal class may fill; the rest is for operations and for
/// what every block must do.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
/// Smallest balance that keeps an account alive, in plancks: a thousandth of a woppal.
pub const EXISTENTIAL_DEPOSIT: Balance = WOPPAL / 1_000;

parameter_types! {
	/// Blocks whose hashes are kept, which is also the longest life of a mortal transaction.
	pub const BlockHashCount: BlockNumber = 2_400;
	/// What this binary calls itself.
	pub const Version: RuntimeVersion = VERSION;
	/// One second of execution in a block, of which normal calls get three quarters. Development
	/// networks have slots of two seconds, and an author needs the rest of its slot to pass the
	/// block on; networks with longer slots leave the difference as a reserve.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
		NORMAL_DISPATCH_RATIO,
	);
	/// Five mebibytes.
	pub RuntimeBlockLength: BlockLength = BlockLength::default();
	/// The generic address prefix.
	pub const SS58Prefix: u8 = 42;
}

/// Calls that an origin may make: all, but for sudo's on a live network, and those of the balances
/// pallet that change the issuance behind the burn ledger's back. (Root of a network that is not live
/// passes filters: who holds its sudo key can break its books.)
pub struct BaseFilter;
impl Contains<RuntimeCall> for BaseFilter {
	fn contains(call: &RuntimeCall) -> bool {
		use pallet_balances::Call::{burn, force_adjust_total_issuance, force_set_balance};
		match call {
			RuntimeCall::Sudo(_) => !pallet_network::Parameters::<Runtime>::get().live,
			RuntimeCall::Balances(
				burn { .. } | force_adjust_total_issuance { .. } | force_set_balance { .. },
			) => false,
			_ => true,
		}
	}
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type BaseCallFilter = BaseFilter;
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Lookup = sp_runtime::traits::AccountIdLookup<AccountId, ()>;
	type Nonce = Nonce;
	type Hash = Hash;
	type Hashing = Hashing;
	type BlockHashCount = BlockHashCount;
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
	type SS58Prefix = SS58Prefix;
	type MaxConsumers = ConstU32<16>;
}

/// Counts a block for the validator that answers for its author, whatever became of its hot key since.
pub struct NoteAuthor;
impl pallet_authorship::EventHandler<AccountId, BlockNumber> for NoteAuthor {
	fn note_author(author: AccountId) {
		let validator = pallet_gate::FullIdentificationOf::<Runtime>::convert(author).flatten();
		if let Some(validator) = validator {
			Emission::note_block(validator);
		}
	}
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, crate::Babe>;
	type EventHandler = NoteAuthor;
}

impl pallet_balances::Config for Runtime {
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type Balance = Balance;
	type RuntimeEvent = RuntimeEvent;
	type DustRemoval = pallet_emission::BurnFees<Runtime>;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type DoneSlashHandler = ();
}

/// Plancks for each byte of a transaction.
const FEE_PER_BYTE: Balance = WOPPAL / 1_000_000;

parameter_types! {
	/// Fullness of blocks at which fees stay as they are.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// How fast fees follow: they double or halve within a few hours of full or empty blocks.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	/// Fees never fall below the base fee.
	pub MinimumMultiplier: Multiplier = Multiplier::from_u32(1);
	/// Fees never rise above a hundred times the base fee.
	pub MaximumMultiplier: Multiplier = Multiplier::from_u32(100);
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, DealWithFees>;
	type OperationalFeeMultiplier = ConstU8<5>;
	// One planck for each picosecond: a block of normal calls costs three quarters of a woppal.
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<FEE_PER_BYTE>>;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Self,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type WeightInfo = PaymentWeight;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

/// Plancks reserved for `items` storage items with `bytes` bytes in all: a hundredth of a woppal
/// an item and ten thousandths of that a byte.
const fn deposit(items: u128, bytes: u128) -> Balance {
	items * (WOPPAL / 100) + bytes * (WOPPAL / 1_000_000)
}

/// What a proxy may do for another account.
#[derive(
	Default,
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
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Everything but moving balance, or naming who gets the bond or a part of the rewards.
	NonTransfer,
	/// A miner's daily work: AGENTCOMMIT, heartbeats, claims.
	Work,
	/// Rejecting announcements of other proxies.
	CancelProxy,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		use pallet_validators::Call::{
			announce_cold_rotation, invite_delegate, set_destination, set_recovery,
		};
		match self {
			Self::Any => true,
			Self::NonTransfer => !matches!(
				call,
				RuntimeCall::Balances(_)
					| RuntimeCall::Sudo(_)
					| RuntimeCall::Validators(
						announce_cold_rotation { .. }
							| set_recovery { .. } | invite_delegate { .. }
							| set_destination { .. }
					)
			),
			Self::Work => matches!(
				call,
				RuntimeCall::AgentCommit(_) | RuntimeCall::Presence(_) | RuntimeCall::Emission(_)
			),
			Self::CancelProxy => {
				matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. }))
			},
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(a, b) if a == b => true,
			(Self::Any, _) => true,
			(_, Self::Any) => false,
			(Self::NonTransfer, _) => true,
			_ => false,
		}
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ConstU128<{ deposit(1, 8) }>;
	type ProxyDepositFactor = ConstU128<{ deposit(0, 33) }>;
	type MaxProxies = ConstU32<32>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<32>;
	type CallHasher = Hashing;
	type AnnouncementDepositBase = ConstU128<{ deposit(1, 16) }>;
	type AnnouncementDepositFactor = ConstU128<{ deposit(0, 68) }>;
	type BlockNumberProvider = System;
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = ConstU128<{ deposit(1, 88) }>;
	type DepositFactor = ConstU128<{ deposit(0, 32) }>;
	type MaxSignatories = ConstU32<100>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
	RuntimeCall: From<C>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<C> frame_system::offchain::CreateBare<C> for Runtime
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}
