//! A runtime with balances and validators only; deposits are those of a live network, times those of
//! `development`.

use crate as pallet_validators;
use crate::*;
use frame::testing_prelude::*;
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	time::Timing,
	AccountId32, WOPPAL,
};

construct_runtime!(
	pub struct Test {
		System: frame_system,
		Balances: pallet_balances,
		Validators: pallet_validators,
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

parameter_types! {
	pub static Exits: Vec<ValidatorId> = vec![];
}

pub struct RecordExits;
impl OnValidatorExit for RecordExits {
	fn on_validator_exit(validator: ValidatorId) {
		Exits::mutate(|exits| exits.push(validator));
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
	type OnExit = RecordExits;
	type MaxNodes = ConstU32<4>;
	type WeightInfo = ();
}

/// Every endowed account has this much.
pub(crate) const ENDOWMENT: Balance = 1_000 * WOPPAL;

/// Account number `n`; 1..=20 are endowed.
pub(crate) fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

/// A well-formed peer id of an Ed25519 key.
pub(crate) fn peer(n: u8) -> PeerId {
	let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	bytes.extend([n; 32]);
	bytes.try_into().unwrap()
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
		test();
		Validators::do_try_state().unwrap();
	});
}
