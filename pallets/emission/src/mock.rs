//! A runtime of this pallet and the balances pallet. Validators are plain numbers whose accounts
//! follow from them; their stake and terms lie in a table.

use crate as pallet_emission;
use crate::split::Terms;
use frame::{
	testing_prelude::*,
	traits::fungible::{Balanced, Credit},
};
use std::collections::BTreeMap;
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	stake::{PoolId, RewardTerms},
	time::Timing,
	traits::{Network, OnStanding, Payees, StakeSnapshot},
	Balance, EpochIndex, ValidatorId, H256,
};

type Block = frame_system::mocking::MockBlockU32<Test>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Emission: pallet_emission,
	}
);

/// Validators with lower numbers exist.
pub(crate) const VALIDATORS: ValidatorId = 10_000;
/// An account with funds.
pub(crate) const RICH: u64 = 1;
/// Tokens at genesis, but for the two accounts that the pallet endows.
pub(crate) const GENESIS: Balance = 1_000_000_000_000_000;
/// The smallest balance of an account.
pub(crate) const MINIMUM: Balance = 100;
/// The timing of all tests: 60 blocks an epoch, 20 epochs a halving.
pub(crate) const TIMING: Timing = Timing::FAST;

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"pot/test");
	pub const TreasuryId: PalletId = PalletId(*b"tre/test");
	/// Stake and terms as they are now; a validator without an entry has no stake.
	pub static Table: BTreeMap<ValidatorId, Terms> = BTreeMap::new();
	/// Validators that have named a delegate; what they lack goes to nobody.
	pub static Delegates: BTreeMap<ValidatorId, u64> = BTreeMap::new();
	/// Whose standing changed.
	pub static Standings: Vec<ValidatorId> = vec![];
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<MINIMUM>;
	type AccountStore = System;
	type DustRemoval = crate::BurnFees<Test>;
}

impl crate::Config for Test {
	type Currency = Balances;
	type Network = TestNetwork;
	type Payees = TestValidators;
	type Stake = TestValidators;
	type Standing = TestValidators;
	type PotId = PotId;
	type TreasuryId = TreasuryId;
	type ParticipationEpochs = ConstU32<6>;
	type ClaimEpochs = ConstU32<180>;
	type SlashableEpochs = ConstU32<28>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestValidators;
}

/// The fast timing.
pub struct TestNetwork;

impl Network for TestNetwork {
	fn parameters() -> NetworkParameters {
		NetworkParameters { timing: TIMING, deposits: Deposits::FAST, live: false }
	}

	fn genesis_hash() -> H256 {
		H256::zero()
	}
}

/// Validators `0..VALIDATORS`.
pub struct TestValidators;

impl Payees<u64> for TestValidators {
	fn reward_terms(validator: ValidatorId) -> RewardTerms {
		terms(validator).rewards
	}

	fn payees(validator: ValidatorId) -> Option<(u64, Option<u64>)> {
		(validator < VALIDATORS)
			.then(|| (cold(validator), Delegates::get().get(&validator).copied()))
	}
}

impl StakeSnapshot for TestValidators {
	fn bond(validator: ValidatorId) -> Balance {
		terms(validator).bond
	}

	fn counting_bond(validator: ValidatorId) -> Balance {
		terms(validator).bond
	}

	fn counting_pool(pool: PoolId) -> Balance {
		match pool {
			PoolId::Validator(validator) => terms(validator).pool,
			PoolId::Subnet(_) => 0,
		}
	}
}

impl OnStanding for TestValidators {
	fn on_standing_changed(validator: ValidatorId) {
		Standings::mutate(|list| list.push(validator));
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper for TestValidators {
	fn validator() -> ValidatorId {
		for account in [cold(0), delegate(0)] {
			let credit = Emission::draw(MINIMUM, 0).unwrap();
			assert!(Balances::resolve(&account, credit).is_ok());
		}
		Delegates::mutate(|map| map.insert(0, delegate(0)));
		0
	}
}

/// A validator's stake and terms now.
fn terms(validator: ValidatorId) -> Terms {
	Table::get().get(&validator).copied().unwrap_or_default()
}

/// Changes a validator's stake and terms from now on.
pub(crate) fn set_terms(
	validator: ValidatorId,
	bond: Balance,
	pool: Balance,
	commission_percent: u8,
	delegate_percent: u8,
) {
	let rewards = RewardTerms { commission_percent, delegate_percent };
	Table::mutate(|table| table.insert(validator, Terms { bond, pool, rewards }));
}

/// A validator's cold key.
pub(crate) fn cold(validator: ValidatorId) -> u64 {
	1_000_000 + u64::from(validator)
}

/// The account that a validator's delegate chose, where a test names one.
pub(crate) fn delegate(validator: ValidatorId) -> u64 {
	2_000_000 + u64::from(validator)
}

/// The account of a validator's pool.
pub(crate) fn pool(validator: ValidatorId) -> u64 {
	3_000_000 + u64::from(validator)
}

/// A chain in block 1 whose genesis gave these accounts funds.
pub(crate) fn ext_with(balances: Vec<(u64, Balance)>) -> TestState {
	Table::set(BTreeMap::new());
	Delegates::set(BTreeMap::new());
	Standings::set(vec![]);
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	pallet_emission::GenesisConfig::<Test>::default().assimilate_storage(&mut storage).unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// A chain in block 1.
pub(crate) fn new_test_ext() -> TestState {
	ext_with(vec![(RICH, GENESIS)])
}

/// Runs a test and then checks the invariants.
pub(crate) trait BuildAndExecute {
	/// Runs `test`, then `do_try_state`, then checks that the pot's account has no planck too many:
	/// no test donates.
	fn build_and_execute<R>(self, test: impl FnOnce() -> R) -> R;
}

impl BuildAndExecute for TestState {
	fn build_and_execute<R>(mut self, test: impl FnOnce() -> R) -> R {
		self.execute_with(|| {
			let result = test();
			Emission::do_try_state().unwrap();
			assert_eq!(pot_balance(), pot_books());
			result
		})
	}
}

/// What the pot's account holds beyond the minimum balance.
pub(crate) fn pot_balance() -> Balance {
	Balances::free_balance(Emission::pot_account()) - MINIMUM
}

/// What it should hold: incoming fees and what all pots have left.
fn pot_books() -> Balance {
	let left: Balance = crate::EpochTotals::<Test>::iter().map(|(_, total)| total.pot_left).sum();
	crate::PotIncoming::<Test>::get() + left
}

/// Plancks out of an account, as if for a fee.
pub(crate) fn withdraw(from: u64, amount: Balance) -> Credit<u64, Balances> {
	<Balances as Balanced<u64>>::withdraw(
		&from,
		amount,
		Precision::Exact,
		Preservation::Expendable,
		Fortitude::Polite,
	)
	.unwrap()
}

/// Charges a fee to the rich account and splits it.
pub(crate) fn charge(fee: Balance) {
	Emission::split_fee(withdraw(RICH, fee));
}

/// Runs the blocks up to the first one of `epoch` as far as the pallet does anything in them.
pub(crate) fn run_to_epoch(epoch: EpochIndex) {
	while Emission::current_epoch() < epoch {
		let block = TIMING.epoch_start(Emission::current_epoch() + 1);
		System::set_block_number(block);
		Emission::on_initialize(block);
	}
}

/// The pallet's events so far, which are then forgotten.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Emission(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}
