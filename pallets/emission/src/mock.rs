//! A runtime of this pallet and the balances pallet, with validators that are plain numbers.

use crate as pallet_emission;
use frame::testing_prelude::*;
use woppal_protocol::{
	identity::ReputationCause,
	network::{Deposits, NetworkParameters},
	time::Timing,
	traits::{Identities, Network, OwnerGroup},
	Balance, EpochIndex, SubnetId, ValidatorId, H256,
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
/// Tokens at genesis.
pub(crate) const GENESIS: Balance = 1_000_000_000_000_000;
/// The smallest balance of an account.
pub(crate) const MINIMUM: Balance = 100;
/// The timing of all tests: 60 blocks an epoch, 20 epochs a halving.
pub(crate) const TIMING: Timing = Timing::FAST;

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
	type Identities = TestIdentities;
	type ParticipationEpochs = ConstU32<6>;
	type ClaimEpochs = ConstU32<180>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestIdentities;
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

/// Validators `0..VALIDATORS`, whose accounts follow from their numbers.
pub struct TestIdentities;

impl Identities<u64> for TestIdentities {
	fn by_hot_key(_: &u64) -> Option<ValidatorId> {
		None
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<u64>> {
		(validator < VALIDATORS).then(|| OwnerGroup {
			cold: cold(validator),
			hot: cold(validator) + u64::from(VALIDATORS),
			delegate: None,
		})
	}

	fn earning_multiplier(_: ValidatorId, _: SubnetId) -> Option<u32> {
		None
	}

	fn note_reputation(_: ValidatorId, _: ReputationCause) {}

	fn note_opened(_: ValidatorId) {}

	fn note_closed(_: ValidatorId) {}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper for TestIdentities {
	fn validator() -> ValidatorId {
		0
	}
}

/// A validator's cold key.
pub(crate) fn cold(validator: ValidatorId) -> u64 {
	1_000_000 + u64::from(validator)
}

/// A chain in block 1 whose genesis gave these accounts funds.
pub(crate) fn ext_with(balances: Vec<(u64, Balance)>) -> TestState {
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
	/// Runs `test`, then `do_try_state`.
	fn build_and_execute<R>(self, test: impl FnOnce() -> R) -> R;
}

impl BuildAndExecute for TestState {
	fn build_and_execute<R>(mut self, test: impl FnOnce() -> R) -> R {
		self.execute_with(|| {
			let result = test();
			Emission::do_try_state().unwrap();
			result
		})
	}
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
