//! A runtime with presence only. Validators and their multipliers are a table; validator `n` signs
//! with account `100 + n`. Times are those of `development`: 5 blocks in a pulse, 12 pulses in an epoch.

use crate as pallet_presence;
use crate::*;
use frame::testing_prelude::*;
use std::collections::BTreeMap;
use woppal_protocol::{
	identity::ReputationCause,
	network::{Deposits, NetworkParameters},
	research::BoostCause,
	time::Timing,
	traits::OwnerGroup,
	SubnetId,
};

construct_runtime!(
	pub struct Test {
		System: frame_system,
		Presence: pallet_presence,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
}

parameter_types! {
	/// Multipliers of validators; `None` for one that doesn't earn.
	pub static Multipliers: BTreeMap<ValidatorId, Option<u32>> = BTreeMap::new();
	/// Hot keys of validators.
	pub static HotKeys: BTreeMap<u64, ValidatorId> = BTreeMap::new();
	/// What the ledger was told.
	pub static Noted: Vec<(ValidatorId, u32)> = vec![];
}

pub struct TestNetwork;
impl Network for TestNetwork {
	fn parameters() -> NetworkParameters {
		NetworkParameters { timing: Timing::FAST, deposits: Deposits::FAST, live: false }
	}

	fn genesis_hash() -> H256 {
		H256::repeat_byte(1)
	}
}

pub struct TestIdentities;
impl Identities<u64> for TestIdentities {
	fn by_hot_key(who: &u64) -> Option<ValidatorId> {
		HotKeys::get().get(who).copied()
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<u64>> {
		let cold = u64::from(validator);
		Multipliers::get().contains_key(&validator).then_some(OwnerGroup {
			cold,
			hot: 100 + cold,
			delegate: None,
		})
	}

	fn earning_multiplier(validator: ValidatorId, subnet: SubnetId) -> Option<u32> {
		assert_eq!(subnet, ROOT_SUBNET);
		Multipliers::get().get(&validator).copied().flatten()
	}

	// Presence neither judges nor opens anything.
	fn note_reputation(_: ValidatorId, _: ReputationCause) {
		unreachable!("presence changes no reputation")
	}

	fn note_opened(_: ValidatorId) {
		unreachable!("presence opens no experiment")
	}

	fn note_closed(_: ValidatorId) {
		unreachable!("presence closes no experiment")
	}
}

pub struct TestLedger;
impl WorkLedger for TestLedger {
	fn note_pulse(validator: ValidatorId, multiplier_percent: u32) {
		Noted::mutate(|noted| noted.push((validator, multiplier_percent)));
	}

	fn note_boost(_: ValidatorId, _: BoostCause, _: u32) -> u32 {
		unreachable!("presence gives no boost")
	}

	fn note_participation(_: ValidatorId) {
		unreachable!("presence proves nothing")
	}

	fn last_participation(_: ValidatorId) -> Option<EpochIndex> {
		unreachable!("presence asks for no participation")
	}
}

#[cfg(feature = "runtime-benchmarks")]
pub struct TestHelper;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<u64> for TestHelper {
	fn earning_validator(hot_key: &u64) -> Result<ValidatorId, DispatchError> {
		let id = 6;
		HotKeys::mutate(|keys| keys.insert(*hot_key, id));
		Multipliers::mutate(|multipliers| multipliers.insert(id, Some(400)));
		Ok(id)
	}
}

impl Config for Test {
	type Network = TestNetwork;
	type Identities = TestIdentities;
	type Ledger = TestLedger;
	type MaxHeartbeatsPerBlock = ConstU32<3>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestHelper;
}

/// Storage at block 1.
pub(crate) fn new_test_ext() -> TestState {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test on fresh storage with six validators (0..=4 earn as miners, 5 doesn't earn) and checks
/// the pallet's invariants after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		Multipliers::set((0..=5).map(|id| (id, (id < 5).then_some(400))).collect());
		HotKeys::set((0..=5).map(|id| (100 + u64::from(id), id)).collect());
		Noted::set(vec![]);
		test();
		Presence::do_try_state().unwrap();
	});
}
