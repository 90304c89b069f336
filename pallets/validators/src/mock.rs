//! A runtime with balances, validators and a small table of stake; deposits are those of a live network,
//! times those of `development`.
#![allow(unreachable_pub, reason = "the mock's macros make items public")]

use crate as pallet_validators;
use crate::*;
use frame::{
	testing_prelude::*,
	token::{fungible::hold::Mutate as _, tokens::Restriction, Fortitude, Precision},
};
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	stake::PoolId,
	time::Timing,
	traits::{Identities, WithdrawalFreeze},
	AccountId32, WOPPAL,
};

/// Bonds, what unbonds of them, and pools. The tokens are really held, so that they can't be spent
/// twice.
#[frame::pallet(dev_mode)]
pub mod stake_table {
	use frame::prelude::*;
	use woppal_protocol::{stake::PoolId, Balance, ValidatorId};

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// Owner and plancks.
	#[pallet::storage]
	pub type OwnBonds<T: Config> =
		StorageMap<_, Twox64Concat, ValidatorId, (T::AccountId, Balance)>;

	/// Bonds as they stood when the epoch opened.
	#[pallet::storage]
	pub type Counting<T> = StorageMap<_, Twox64Concat, ValidatorId, Balance, ValueQuery>;

	/// Plancks that unbond, by owner.
	#[pallet::storage]
	pub type Leaving<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// Delegated plancks.
	#[pallet::storage]
	pub type Delegated<T> = StorageMap<_, Twox64Concat, PoolId, Balance, ValueQuery>;

	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A bond, or what unbonds of it.
		Stake,
	}
}

construct_runtime!(
	pub struct Test {
		System: frame_system,
		Balances: pallet_balances,
		Validators: pallet_validators,
		Stake: stake_table,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

impl stake_table::Config for Test {}

type Owned = stake_table::OwnBonds<Test>;
type Leaving = stake_table::Leaving<Test>;
type Counting = stake_table::Counting<Test>;

fn stake_reason() -> RuntimeHoldReason {
	stake_table::HoldReason::Stake.into()
}

impl Bonds<AccountId32> for Stake {
	fn open(validator: ValidatorId, owner: &AccountId32, amount: Balance) -> DispatchResult {
		Balances::hold(&stake_reason(), owner, amount)?;
		Owned::insert(validator, (owner, amount));
		Ok(())
	}

	fn move_owner(validator: ValidatorId, from: &AccountId32, to: &AccountId32) -> DispatchResult {
		let (owner, bond) = Owned::get(validator).ok_or("no bond")?;
		ensure!(owner == *from, "not the owner");
		let leaving = Leaving::take(from);
		Balances::transfer_on_hold(
			&stake_reason(),
			from,
			to,
			bond + leaving,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Force,
		)?;
		Owned::insert(validator, (to, bond));
		Leaving::insert(to, leaving);
		Ok(())
	}

	fn close(validator: ValidatorId) -> Result<Balance, DispatchError> {
		let (owner, bond) = Owned::take(validator).ok_or("no bond")?;
		Leaving::mutate(owner, |sum| *sum += bond);
		Ok(bond)
	}
}

impl StakeSnapshot for Stake {
	fn bond(validator: ValidatorId) -> Balance {
		Owned::get(validator).map_or(0, |(_, bond)| bond)
	}

	fn counting_bond(validator: ValidatorId) -> Balance {
		Counting::get(validator).min(Self::bond(validator))
	}

	fn counting_pool(pool: PoolId) -> Balance {
		stake_table::Delegated::<Test>::get(pool)
	}
}

/// What a user of the stake pallet does.
impl Stake {
	/// Changes a bond without a change of what is held, for tests that only look at its size.
	pub(crate) fn write_bond(validator: ValidatorId, bond: Balance) {
		Owned::mutate_extant(validator, |entry| entry.1 = bond);
	}

	/// Starts to unbond all of a bond.
	pub(crate) fn unbond(validator: ValidatorId) {
		let (owner, bond) = Owned::get(validator).unwrap();
		Owned::insert(validator, (&owner, 0));
		Leaving::mutate(owner, |sum| *sum += bond);
	}

	/// Pays what has unbonded, unless the account is frozen.
	pub(crate) fn withdraw(who: &AccountId32) -> Result<Balance, DispatchError> {
		ensure!(!Validators::is_frozen(who), "frozen");
		Balances::release(&stake_reason(), who, Leaving::take(who), Precision::Exact)
	}
}

parameter_types! {
	pub static Exits: Vec<ValidatorId> = vec![];
	/// Who was reported to have another standing, with the reputation that could be read then.
	pub static StandingChanges: Vec<(ValidatorId, Option<Reputation>)> = vec![];
}

pub struct RecordExits;
impl OnValidatorExit for RecordExits {
	fn on_validator_exit(validator: ValidatorId) {
		Exits::mutate(|exits| exits.push(validator));
	}
}

pub struct RecordStanding;
impl OnStanding for RecordStanding {
	fn on_standing_changed(validator: ValidatorId) {
		let seen = Validators::reputation(validator);
		StandingChanges::mutate(|changes| changes.push((validator, seen)));
	}
}

pub struct TestNetwork;
impl Network for TestNetwork {
	fn parameters() -> NetworkParameters {
		NetworkParameters { timing: Timing::FAST, deposits: Deposits::LIVE, live: false }
	}

	fn genesis_hash() -> H256 {
		H256::repeat_byte(1)
	}
}

impl Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Network = TestNetwork;
	type Bonds = Stake;
	type Stake = Stake;
	type Standing = RecordStanding;
	type OnExit = RecordExits;
	type MaxNodes = ConstU32<512>;
	type ColdRotationEpochs = ConstU32<42>;
	type CommissionRisePeriod = ConstU32<6>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestNetwork;
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper for TestNetwork {
	fn crowd() {}

	fn unbond(validator: ValidatorId, _: u32) -> DispatchResult {
		Stake::unbond(validator);
		Ok(())
	}

	fn burden(_: ValidatorId) -> DispatchResult {
		Ok(())
	}
}

/// Every endowed account has this much.
pub(crate) const ENDOWMENT: Balance = 1_000 * WOPPAL;
/// Blocks in an epoch of the mock.
pub(crate) const EPOCH: BlockNumber = Timing::FAST.epoch;
/// Blocks that a rotation waits.
pub(crate) const WAIT: BlockNumber = 42 * EPOCH;

/// Account number `n`; 1..=20 are endowed.
pub(crate) fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

/// A well-formed peer id of an Ed25519 key.
pub(crate) fn peer(n: u16) -> PeerId {
	let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	bytes.extend([0; 30]);
	bytes.extend(n.to_be_bytes());
	bytes.try_into().unwrap()
}

/// A node key.
pub(crate) fn node_key(n: u16) -> NodeKey {
	let mut key = [0; 32];
	key[..2].copy_from_slice(&n.to_be_bytes());
	key
}

/// `/ip4/127.0.0.1/tcp/<port>`, once.
pub(crate) fn address(port: u8) -> Multiaddrs {
	let bytes = vec![4, 127, 0, 0, 1, 6, 0, port];
	vec![bytes.try_into().unwrap()].try_into().unwrap()
}

/// Goes on by so many blocks. Where an epoch opens on the way, bonds count as they are.
pub(crate) fn pass(blocks: BlockNumber) {
	let (from, to) = (System::block_number(), System::block_number() + blocks);
	if from / EPOCH < to / EPOCH {
		Owned::iter().for_each(|(id, (_, bond))| Counting::insert(id, bond));
	}
	System::set_block_number(to);
}

/// Goes to the first block of the next epoch.
pub(crate) fn next_epoch() {
	pass(EPOCH - System::block_number() % EPOCH);
}

/// Storage at block 1, without validators.
pub(crate) fn new_test_ext() -> TestState {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: (1..=20).map(|n| (account(n), ENDOWMENT)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test on fresh storage and checks the pallet's invariants after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		Exits::set(vec![]);
		StandingChanges::set(vec![]);
		test();
		Validators::do_try_state().unwrap();
	});
}
