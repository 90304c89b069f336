//! A runtime with balances and stake only. Validators, rewards and freezes are tables. Deposits are those
//! of a live network, times those of `development`: 60 blocks in an epoch.

use crate as pallet_stake;
use crate::*;
use frame::{
	testing_prelude::*,
	traits::{
		fungible::{Credit, Mutate as _},
		Equals, Imbalance, OnUnbalanced,
	},
};
use std::collections::BTreeMap;
use woppal_protocol::{
	identity::{Reputation, ReputationCause},
	network::{Deposits, NetworkParameters},
	stake::{StakePosition, Unbonding},
	time::Timing,
	traits::{Bonds as _, OwnerGroup},
	AccountId32, ROOT_SUBNET, WOPPAL,
};

construct_runtime!(
	pub struct Test {
		System: frame_system,
		Balances: pallet_balances,
		Stake: pallet_stake,
	}
);

/// One woppal.
pub(crate) const W: Balance = WOPPAL;
/// The smallest balance of an account.
pub(crate) const MINIMUM: Balance = W / 1_000;
/// Every endowed account has this much.
pub(crate) const ENDOWMENT: Balance = 10_000 * W;
/// The pools of the tests.
pub(crate) const V1: PoolId = PoolId::Validator(1);
pub(crate) const V2: PoolId = PoolId::Validator(2);
pub(crate) const ROOT: PoolId = PoolId::Subnet(ROOT_SUBNET);

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
	type ExistentialDeposit = ConstU128<MINIMUM>;
	type AccountStore = System;
	type DustRemoval = CountBurned;
}

parameter_types! {
	pub const StakePalletId: PalletId = PalletId(*b"wp/stake");
	pub const RootSubnet: SubnetId = ROOT_SUBNET;
	/// Validators with their cold keys.
	pub static Cold: BTreeMap<ValidatorId, AccountId32> = BTreeMap::new();
	/// Cold keys whose rotation waits.
	pub static FrozenKeys: Vec<AccountId32> = vec![];
	/// Validators whose standing changed.
	pub static Told: Vec<ValidatorId> = vec![];
	/// Tokens at genesis.
	pub static Genesis: Balance = 0;
	/// Delegators' parts that wait to be collected. In storage, so that a call that fails undoes it.
	pub storage Due: BTreeMap<(ValidatorId, EpochIndex), Balance> = BTreeMap::new();
	/// Tokens minted since genesis.
	pub storage Minted: Balance = 0;
	/// Tokens burned since genesis.
	pub storage BurnedSoFar: Balance = 0;
}

/// Counts what is burned, dust included.
pub struct CountBurned;
impl BurnLedger<Balance> for CountBurned {
	fn note_burned(amount: Balance) {
		BurnedSoFar::set(&(BurnedSoFar::get() + amount));
	}
}
impl OnUnbalanced<Credit<AccountId32, Balances>> for CountBurned {
	fn on_nonzero_unbalanced(credit: Credit<AccountId32, Balances>) {
		Self::note_burned(credit.peek());
		drop(credit);
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

pub struct TestIdentities;
impl Identities<AccountId32> for TestIdentities {
	fn by_hot_key(_: &AccountId32) -> Option<ValidatorId> {
		unreachable!("stake knows cold keys only")
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<AccountId32>> {
		let cold = Cold::get().get(&validator)?.clone();
		Some(OwnerGroup { cold, hot: acc(200), delegate: None })
	}

	fn reputation(_: ValidatorId) -> Option<Reputation> {
		unreachable!("stake asks for no reputation")
	}

	fn note_reputation(_: ValidatorId, _: ReputationCause) {
		unreachable!("stake changes no reputation")
	}

	fn note_opened(_: ValidatorId) {
		unreachable!("stake opens no experiment")
	}

	fn note_closed(_: ValidatorId) {
		unreachable!("stake closes no experiment")
	}
}

impl WithdrawalFreeze<AccountId32> for TestIdentities {
	fn is_frozen(who: &AccountId32) -> bool {
		FrozenKeys::get().contains(who)
	}
}

pub struct TestRewards;
impl Rewards<AccountId32> for TestRewards {
	fn first_claimable() -> EpochIndex {
		Stake::epoch().saturating_sub(180)
	}

	fn collect_for_pool(validator: ValidatorId, epoch: EpochIndex, pool: &AccountId32) -> Balance {
		if epoch >= Stake::epoch() || epoch < Self::first_claimable() {
			return 0;
		}
		let mut all = Due::get();
		let due = all.remove(&(validator, epoch)).unwrap_or(0);
		if due == 0 || Balances::mint_into(pool, due).is_err() {
			return 0;
		}
		Due::set(&all);
		Minted::set(&(Minted::get() + due));
		due
	}

	fn slash_unclaimed(_: ValidatorId, _: Perbill) {
		unreachable!("stake cuts no rewards")
	}
}

pub struct RecordStanding;
impl OnStanding for RecordStanding {
	fn on_standing_changed(validator: ValidatorId) {
		Told::mutate(|told| told.push(validator));
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId32> for TestIdentities {
	fn validator(n: u32) -> Result<(ValidatorId, AccountId32), DispatchError> {
		let (id, cold) = (100 + n, acc(100 + n as u8));
		Balances::set_balance(&cold, ENDOWMENT);
		Cold::mutate(|all| all.insert(id, cold.clone()));
		Stake::open(id, &cold, 100 * W)?;
		Ok((id, cold))
	}

	fn earn(validator: ValidatorId) {
		reward(validator, Stake::epoch(), W);
	}

	fn outdate(_: ValidatorId) {}
}

impl Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Network = TestNetwork;
	type Identities = TestIdentities;
	type Subnets = Equals<RootSubnet>;
	type Freeze = TestIdentities;
	type Rewards = TestRewards;
	type Burns = CountBurned;
	type Standing = RecordStanding;
	type PalletId = StakePalletId;
	type BondUnbondingEpochs = ConstU32<28>;
	type UnbondingEpochs = ConstU32<6>;
	type MaxSettle = ConstU32<16>;
	type MaxUnbondings = ConstU32<32>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestIdentities;
}

/// Account number `n`; 1..=20 are endowed.
pub(crate) fn acc(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

/// An account's signature.
pub(crate) fn by(n: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(acc(n))
}

/// Storage at block 1, before any validator.
pub(crate) fn new_test_ext() -> TestState {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..=20).map(|n| (acc(n), ENDOWMENT)).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| {
		System::set_block_number(1);
		Cold::set(BTreeMap::new());
		FrozenKeys::set(vec![]);
		Told::set(vec![]);
		Genesis::set(Balances::total_issuance());
	});
	ext
}

/// Everything that has to hold at any time.
pub(crate) fn check_all() {
	Stake::do_try_state().unwrap();
	assert_eq!(
		Balances::total_issuance(),
		Genesis::get() + Minted::get() - BurnedSoFar::get(),
		"issuance is genesis + minted − burned"
	);
}

/// Runs a test with validators 1 and 2, whose cold keys are accounts 11 and 12 and whose bonds are 100 W
/// since epoch 0, and checks the invariants after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		register(1, 11, 100 * W);
		register(2, 12, 100 * W);
		Told::set(vec![]);
		System::reset_events();
		test();
		check_all();
	});
}

/// Makes a validator with a bond.
pub(crate) fn register(validator: ValidatorId, cold: u8, bond: Balance) {
	Cold::mutate(|all| all.insert(validator, acc(cold)));
	assert_ok!(Stake::open(validator, &acc(cold), bond));
}

/// Lets a validator leave.
pub(crate) fn exit(validator: ValidatorId) -> Balance {
	let bond = Stake::close(validator).unwrap();
	Cold::mutate(|all| all.remove(&validator));
	bond
}

/// Goes to the first block of an epoch.
pub(crate) fn run_to_epoch(epoch: EpochIndex) {
	System::set_block_number(Timing::FAST.epoch_start(epoch).max(System::block_number()));
}

/// Lets blocks pass.
pub(crate) fn pass_blocks(blocks: BlockNumber) {
	System::set_block_number(System::block_number() + blocks);
}

/// What a validator's delegators earn in an epoch.
pub(crate) fn reward(validator: ValidatorId, epoch: EpochIndex, amount: Balance) {
	let mut due = Due::get();
	*due.entry((validator, epoch)).or_default() += amount;
	Due::set(&due);
}

/// An account's row of a pool, as the API shows it.
pub(crate) fn row(n: u8, pool: PoolId) -> Option<StakePosition> {
	Stake::positions(&acc(n)).pools.into_iter().find(|row| row.pool == pool)
}

/// Plancks that an account has in a pool.
pub(crate) fn stake_of(n: u8, pool: PoolId) -> Balance {
	row(n, pool).map_or(0, |row| row.value + row.pending)
}

/// What unbonds of an account.
pub(crate) fn unbonding_of(n: u8) -> Vec<Unbonding> {
	Stake::positions(&acc(n)).unbonding
}

/// Plancks that unbond of an account.
pub(crate) fn unbonding_sum(n: u8) -> Balance {
	unbonding_of(n).iter().map(|entry| entry.amount).sum()
}

/// Whether `value` is `expected`, or up to 3 plancks less: rounding is for the pool.
#[track_caller]
pub(crate) fn assert_rounded(value: Balance, expected: Balance) {
	assert!(value <= expected && expected - value <= 3, "{value} is not about {expected}");
}

/// The pallet's events so far, which are then forgotten.
pub(crate) fn take_events() -> Vec<Event<Test>> {
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Stake(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}
