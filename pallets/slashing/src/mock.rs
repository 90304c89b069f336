//! A runtime with the SDK's offences pallet and this one. Validators, their accounts and their stake are
//! tables; validator `n` has cold key `10·n`, hot key `10·n + 1` and delegate `10·n + 2`, a bond of
//! 1,000 W and a pool of 5,000 W. Times are those of `development`: 60 blocks and two sessions an epoch.

use crate as pallet_slashing;
use crate::*;
use frame::testing_prelude::*;
use sp_staking::offence::{Kind, Offence as SdkOffence, OffenceError, ReportOffence};
use std::collections::BTreeMap;
use woppal_protocol::{
	identity::{Reputation, ReputationCause},
	network::{Deposits, NetworkParameters},
	stake::Slashed,
	time::Timing,
	traits::OwnerGroup,
	WOPPAL,
};

construct_runtime!(
	pub struct Test {
		System: frame_system,
		Offences: pallet_offences,
		Slashing: pallet_slashing,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
}

impl pallet_offences::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = Authority<Test>;
	type OnOffenceHandler = Slashing;
}

/// A slash as the stake was told of it: offender, rate, epoch, reporter.
pub(crate) type Slash = (ValidatorId, Perbill, EpochIndex, Option<u64>);

/// The bond of a validator that a test doesn't give another one: what a block author needs.
pub(crate) const BOND: Balance = Deposits::LIVE.gate_bond;
/// A validator's pool, as of every epoch's opening.
pub(crate) const POOL: Balance = 5_000 * WOPPAL;

parameter_types! {
	/// Owner groups of validators that have not left.
	pub static Groups: BTreeMap<ValidatorId, OwnerGroup<u64>> = BTreeMap::new();
	/// Bonds as of every epoch's opening.
	pub static Opening: BTreeMap<ValidatorId, Balance> = BTreeMap::new();
	/// What is left of bonds.
	pub static Bonds: BTreeMap<ValidatorId, Balance> = BTreeMap::new();
	/// What is left of pools.
	pub static Pools: BTreeMap<ValidatorId, Balance> = BTreeMap::new();
	/// What reporters got.
	pub static Rewarded: BTreeMap<u64, Balance> = BTreeMap::new();
	/// Slashes of stake.
	pub static Slashes: Vec<Slash> = vec![];
	/// Cuts of unclaimed rewards.
	pub static Cuts: Vec<(ValidatorId, Perbill)> = vec![];
	/// Offences noted on validators.
	pub static Notes: Vec<(ValidatorId, Offence)> = vec![];
	/// Changes of reputations.
	pub static Causes: Vec<(ValidatorId, ReputationCause)> = vec![];
	/// Candidates expelled.
	pub static Expelled: Vec<ValidatorId> = vec![];
	/// Authorities disabled.
	pub static Disabled: Vec<(u64, Perbill)> = vec![];
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
impl Identities<u64> for TestIdentities {
	fn by_hot_key(_: &u64) -> Option<ValidatorId> {
		unreachable!("slashing asks for owner groups only")
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<u64>> {
		Groups::get().get(&validator).cloned()
	}

	fn reputation(_: ValidatorId) -> Option<Reputation> {
		unreachable!("slashing asks for no reputation")
	}

	fn note_reputation(validator: ValidatorId, cause: ReputationCause) {
		Causes::mutate(|causes| causes.push((validator, cause)));
	}

	fn note_opened(_: ValidatorId) {
		unreachable!("slashing opens no experiment")
	}

	fn note_closed(_: ValidatorId) {
		unreachable!("slashing closes no experiment")
	}
}

/// A tenth of a rate.
pub(crate) fn tenth(rate: Perbill) -> Perbill {
	Perbill::from_parts(rate.deconstruct() / 10)
}

/// Stake as PROTOCOL §9 has it: rates are taken of what there was at the epoch's opening.
pub struct TestStake;
impl Slashable<u64> for TestStake {
	fn slash(
		validator: ValidatorId,
		rate: Perbill,
		epoch: EpochIndex,
		reporter: Option<(&u64, Perbill)>,
	) -> Slashed {
		let take = |stake: Option<&mut Balance>, wanted: Balance| {
			let Some(stake) = stake else { return 0 };
			let taken = wanted.min(*stake);
			*stake -= taken;
			taken
		};
		let opening = Opening::get().get(&validator).copied().unwrap_or(0);
		let own = Bonds::mutate(|bonds| take(bonds.get_mut(&validator), rate * opening));
		let delegated = Pools::mutate(|pools| take(pools.get_mut(&validator), tenth(rate) * POOL));
		let reported = reporter.map_or(0, |(who, share)| {
			let part = share * own;
			Rewarded::mutate(|rewarded| *rewarded.entry(*who).or_default() += part);
			part
		});
		let log = (validator, rate, epoch, reporter.map(|(who, _)| *who));
		Slashes::mutate(|slashes| slashes.push(log));
		Slashed { own, delegated, reported }
	}
}

impl Rewards<u64> for TestStake {
	fn first_claimable() -> EpochIndex {
		unreachable!("slashing claims nothing")
	}

	fn collect_for_pool(_: ValidatorId, _: EpochIndex, _: &u64) -> Balance {
		unreachable!("slashing claims nothing")
	}

	fn slash_unclaimed(validator: ValidatorId, rate: Perbill) {
		Cuts::mutate(|cuts| cuts.push((validator, rate)));
	}
}

pub struct TestGate;
impl OffenceRecord for TestGate {
	fn note_offence(validator: ValidatorId, offence: Offence) {
		Notes::mutate(|notes| notes.push((validator, offence)));
	}
}

impl Expel for TestGate {
	fn expel(validator: ValidatorId) {
		Expelled::mutate(|expelled| expelled.push(validator));
	}
}

impl DisableAuthority<u64> for TestGate {
	fn disable(authority: &u64, severity: Perbill) {
		Disabled::mutate(|disabled| disabled.push((*authority, severity)));
	}
}

/// Two sessions an epoch.
pub struct TestSessions;
impl Convert<SessionIndex, EpochIndex> for TestSessions {
	fn convert(session: SessionIndex) -> EpochIndex {
		session / 2
	}
}

#[cfg(feature = "runtime-benchmarks")]
pub struct TestHelper;
#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<u64> for TestHelper {
	fn author() -> Result<(u64, ValidatorId), DispatchError> {
		add_validator(7);
		Ok((hot(7), 7))
	}

	fn genesis_author() -> u64 {
		hot(8)
	}

	fn session_in(epoch: EpochIndex) -> SessionIndex {
		epoch * 2
	}
}

impl Config for Test {
	type Network = TestNetwork;
	type Identities = TestIdentities;
	type Stake = TestStake;
	type Rewards = TestStake;
	type Record = TestGate;
	type Gate = TestGate;
	type Authorities = TestGate;
	type SessionEpoch = TestSessions;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestHelper;
}

/// Two signed blocks of one slot, as BABE reports them.
pub(crate) struct DoubleBlock {
	pub(crate) slot: u64,
	pub(crate) session: SessionIndex,
	pub(crate) offender: Authority<Test>,
}

impl SdkOffence<Authority<Test>> for DoubleBlock {
	const ID: Kind = *b"test:doubleblock";
	type Slot = u64;

	fn offenders(&self) -> Vec<Authority<Test>> {
		vec![self.offender]
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		4
	}

	fn slot(&self) -> u64 {
		self.slot
	}

	// Of four authorities one alone would lose 56 %, two all.
	fn slash_fraction(&self, offenders: u32) -> Perbill {
		Perbill::from_rational(3 * offenders, 4).square()
	}
}

/// Reports that validator `n` made two blocks for a slot of a session.
pub(crate) fn double_block(
	n: ValidatorId,
	slot: u64,
	session: SessionIndex,
	reporters: Vec<u64>,
) -> Result<(), OffenceError> {
	let offence = DoubleBlock { slot, session, offender: (hot(n), Some(n)) };
	Offences::report_offence(reporters, offence)
}

pub(crate) fn cold(n: ValidatorId) -> u64 {
	u64::from(n) * 10
}

pub(crate) fn hot(n: ValidatorId) -> u64 {
	cold(n) + 1
}

pub(crate) fn delegate(n: ValidatorId) -> u64 {
	cold(n) + 2
}

pub(crate) fn add_validator(n: ValidatorId) {
	let group = OwnerGroup { cold: cold(n), hot: hot(n), delegate: Some(delegate(n)) };
	Groups::mutate(|groups| groups.insert(n, group));
	set_bond(n, BOND);
	Pools::mutate(|pools| pools.insert(n, POOL));
}

/// Gives a validator another bond.
pub(crate) fn set_bond(n: ValidatorId, bond: Balance) {
	Opening::mutate(|opening| opening.insert(n, bond));
	Bonds::mutate(|bonds| bonds.insert(n, bond));
}

/// Storage at block 1.
pub(crate) fn new_test_ext() -> TestState {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test on fresh storage with validators 0..6, and checks the pallet's invariants after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		Groups::set(BTreeMap::new());
		Opening::set(BTreeMap::new());
		Bonds::set(BTreeMap::new());
		Pools::set(BTreeMap::new());
		Rewarded::set(BTreeMap::new());
		Slashes::set(vec![]);
		Cuts::set(vec![]);
		Notes::set(vec![]);
		Causes::set(vec![]);
		Expelled::set(vec![]);
		Disabled::set(vec![]);
		(0..6).for_each(add_validator);
		test();
		Slashing::do_try_state().unwrap();
	});
}

/// Goes to the first block of an epoch.
pub(crate) fn go_to_epoch(epoch: EpochIndex) {
	System::set_block_number((epoch * Timing::FAST.epoch).max(1));
}

/// Lets a validator leave: its accounts are unknown from now on, its bond unbonds.
pub(crate) fn exit(n: ValidatorId) {
	use woppal_protocol::traits::OnValidatorExit as _;
	Groups::mutate(|groups| groups.remove(&n));
	Slashing::on_validator_exit(n);
}

/// What an account got as a reporter.
pub(crate) fn reward_of(who: u64) -> Balance {
	Rewarded::get().get(&who).copied().unwrap_or(0)
}

/// What is left of a bond.
pub(crate) fn bond_of(n: ValidatorId) -> Balance {
	Bonds::get().get(&n).copied().unwrap_or(0)
}

/// The events of this pallet so far.
pub(crate) fn events() -> Vec<Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Slashing(event) => Some(event),
			_ => None,
		})
		.collect()
}
