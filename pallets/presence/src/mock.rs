//! A runtime with presence only. Validators and the multipliers of their nodes are a table; validator `n`
//! has cold key `n` and hot key `100 + n`. Times are those of `development`: 5 blocks in a pulse, 12
//! pulses in an epoch.

use crate as pallet_presence;
use crate::*;
use frame::testing_prelude::*;
use std::collections::BTreeMap;
use woppal_protocol::{
	identity::{Offence, Reputation, ReputationCause},
	network::{Deposits, NetworkParameters},
	research::BoostCause,
	time::Timing,
	traits::OwnerGroup,
	SubnetId, ROOT_SUBNET,
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

/// An offender, its offence and who reported it.
pub(crate) type Report = (ValidatorId, Offence, Option<u64>);

parameter_types! {
	/// Multipliers of validators' nodes by index; none for one that doesn't earn.
	pub static Nodes: BTreeMap<ValidatorId, Vec<u32>> = BTreeMap::new();
	/// Hot keys of validators.
	pub static HotKeys: BTreeMap<u64, ValidatorId> = BTreeMap::new();
	/// What the ledger was told: validator, multiplier, place on the ramp.
	pub static Noted: Vec<(ValidatorId, u32, u8)> = vec![];
	/// Missed epochs that reputations were told of.
	pub static Missed: Vec<(ValidatorId, EpochIndex)> = vec![];
	/// Offences that were reported.
	pub static Reported: Vec<Report> = vec![];
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
		let group = OwnerGroup { cold, hot: 100 + cold, delegate: None };
		Nodes::get().contains_key(&validator).then_some(group)
	}

	fn note_reputation(validator: ValidatorId, cause: ReputationCause) {
		let ReputationCause::Missed(epochs) = cause else {
			unreachable!("presence judges nothing but presence")
		};
		Missed::mutate(|missed| missed.push((validator, epochs)));
	}

	fn reputation(_: ValidatorId) -> Option<Reputation> {
		unreachable!("presence asks for no reputation")
	}

	fn note_opened(_: ValidatorId) {
		unreachable!("presence opens no experiment")
	}

	fn note_closed(_: ValidatorId) {
		unreachable!("presence closes no experiment")
	}
}

impl Roles for TestIdentities {
	fn earning_multiplier(
		validator: ValidatorId,
		subnet: SubnetId,
		up: &NodeBitmap,
	) -> Option<u32> {
		assert_eq!(subnet, ROOT_SUBNET);
		let nodes = Nodes::get().get(&validator).cloned().unwrap_or_default();
		(0u16..).zip(nodes).filter(|(index, _)| up.has(*index)).map(|(_, m)| m).max()
	}
}

pub struct TestLedger;
impl WorkLedger for TestLedger {
	fn note_pulse(validator: ValidatorId, multiplier_percent: u32, ramp: Ramp) {
		Noted::mutate(|noted| noted.push((validator, multiplier_percent, ramp.0)));
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

	fn bonus_milli(_: ValidatorId, _: EpochIndex) -> u32 {
		unreachable!("presence asks for no boosts")
	}
}

pub struct TestOffences;
impl Offences<u64> for TestOffences {
	fn report(offender: ValidatorId, offence: Offence, reporter: Option<&u64>) {
		Reported::mutate(|reported| reported.push((offender, offence, reporter.copied())));
	}
}

#[cfg(feature = "runtime-benchmarks")]
pub struct TestHelper;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<u64> for TestHelper {
	fn earning_validator(hot_key: &u64) -> Result<ValidatorId, DispatchError> {
		let id = 6;
		HotKeys::mutate(|keys| keys.insert(*hot_key, id));
		Nodes::mutate(|nodes| nodes.insert(id, vec![400]));
		Ok(id)
	}
}

impl Config for Test {
	type Network = TestNetwork;
	type Identities = TestIdentities;
	type Roles = TestIdentities;
	type Ledger = TestLedger;
	type Offences = TestOffences;
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

/// Runs a test on fresh storage with six validators and checks the pallet's invariants after it. 0..=4
/// have a miner's node with index 0 and a relay with index 1, 5 has none.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		Nodes::set((0..=5).map(|id| (id, if id < 5 { vec![400, 100] } else { vec![] })).collect());
		HotKeys::set((0..=5).map(|id| (100 + u64::from(id), id)).collect());
		Noted::set(vec![]);
		Missed::set(vec![]);
		Reported::set(vec![]);
		test();
		Presence::do_try_state().unwrap();
	});
}

/// Goes to a block, which may lie behind.
pub(crate) fn go_to(block: u32) {
	System::set_block_number(block);
}

/// Goes to the first block of an epoch.
pub(crate) fn go_to_epoch(epoch: EpochIndex) {
	go_to((epoch * Timing::FAST.epoch).max(1));
}

/// A heartbeat of validator `n` with all nodes, signed by its hot key.
pub(crate) fn heartbeat(n: u64) -> DispatchResult {
	Presence::heartbeat(RuntimeOrigin::signed(100 + n), NodeBitmap::ALL)
		.map(|_| ())
		.map_err(|refusal| refusal.error)
}

/// `settle_absence` by an account.
pub(crate) fn settle(who: u64, validator: ValidatorId) -> DispatchResult {
	Presence::settle_absence(RuntimeOrigin::signed(who), validator)
		.map(|_| ())
		.map_err(|refusal| refusal.error)
}

/// Answers so many pulses of an epoch, from its first on.
pub(crate) fn answer(n: u64, epoch: EpochIndex, pulses: u32) {
	for pulse in 0..pulses {
		go_to((epoch * Timing::FAST.epoch + pulse * Timing::FAST.pulse).max(1));
		assert_ok!(heartbeat(n));
	}
}
