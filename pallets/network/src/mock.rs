//! A runtime of this pallet and the balances pallet.

use crate as pallet_network;
use frame::testing_prelude::*;
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	time::Timing,
	Balance,
};

type Block = frame_system::mocking::MockBlockU32<Test>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Network: pallet_network,
	}
);

/// May change the deposits.
pub(crate) const GOVERNOR: u64 = 42;
/// An account with funds.
pub(crate) const RICH: u64 = 1;
/// Has exactly the threshold.
pub(crate) const FUNDED: u64 = 2;
/// What the faucet gives.
pub(crate) const AMOUNT: Balance = 1_000;
/// Who has this much gets nothing.
pub(crate) const THRESHOLD: Balance = 100;
/// What the faucet has: enough for two and the smallest balance of an account.
pub(crate) const STOCK: Balance = 2 * AMOUNT + 1;

parameter_types! {
	pub const FaucetId: PalletId = PalletId(*b"wop/fauc");
}

ord_parameter_types! {
	pub const Governor: u64 = GOVERNOR;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

impl crate::Config for Test {
	type Currency = Balances;
	type GovernanceOrigin = EitherOfDiverse<EnsureRoot<u64>, EnsureSignedBy<Governor, u64>>;
	type FaucetId = FaucetId;
	type FaucetAmount = ConstU128<AMOUNT>;
	type FaucetThreshold = ConstU128<THRESHOLD>;
	type WeightInfo = ();
}

/// The parameters of a fast network that is not live.
pub(crate) const FAST: NetworkParameters =
	NetworkParameters { timing: Timing::FAST, deposits: Deposits::FAST, live: false };

/// A chain in block 1 with these parameters.
pub(crate) fn ext_with(parameters: NetworkParameters) -> TestState {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: vec![
			(RICH, 1_000_000),
			(FUNDED, THRESHOLD),
			(pallet_network::Pallet::<Test>::faucet_account(), STOCK),
		],
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	pallet_network::GenesisConfig::<Test> { parameters, ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// A fast chain in block 1 that is not live.
pub(crate) fn new_test_ext() -> TestState {
	ext_with(FAST)
}

/// Runs a test and then checks the invariants.
pub(crate) trait BuildAndExecute {
	/// Runs `test`, then `do_try_state`.
	fn build_and_execute<R>(self, test: impl FnOnce() -> R) -> R;
}

impl BuildAndExecute for TestState {
	fn build_and_execute<R>(mut self, test: impl FnOnce() -> R) -> R {
		self.execute_with(|| {
			let issuance = Balances::total_issuance();
			let result = test();
			Network::do_try_state().unwrap();
			assert_eq!(Balances::total_issuance(), issuance);
			result
		})
	}
}
