//! A runtime with real sessions, their record, and the gate. Validators are a table; validator `n` has
//! account `100 + n` as its hot key and cold key `1_000 + n`. Accounts 1..=4 are genesis's authorities.
//! Times are those of `development` (30 blocks a session, two sessions an epoch), deposits those of a live
//! network.

use crate as pallet_gate;
use crate::*;
use frame::{
	deps::sp_runtime::{impl_opaque_keys, testing::UintAuthorityId, traits::ConvertInto},
	testing_prelude::*,
};
use pallet_session::{disabling::UpToLimitWithReEnablingDisablingStrategy, historical};
use std::collections::BTreeMap;
use woppal_protocol::{
	identity::{Ramp, ReputationCause, REPUTATION_ONE},
	network::{Deposits, NetworkParameters},
	research::BoostCause,
	stake::PoolId,
	time::Timing,
	traits::{OnStanding, OnValidatorExit, OwnerGroup},
	Balance, WOPPAL,
};

construct_runtime!(
	pub struct Test {
		System: frame_system,
		Balances: pallet_balances,
		Session: pallet_session,
		Historical: historical,
		Gate: pallet_gate,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlockU32<Test>;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

impl_opaque_keys! {
	pub struct TestKeys {
		pub dummy: UintAuthorityId,
	}
}

/// The timing of all tests.
pub(crate) const TIMING: Timing = Timing::FAST;
/// The bond that the gate asks for.
pub(crate) const GATE_BOND: Balance = 1_000 * WOPPAL;

type EverySession = pallet_session::PeriodicSessions<ConstU32<{ TIMING.session }>, ConstU32<0>>;

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = u64;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = EverySession;
	type NextSessionRotation = EverySession;
	type SessionManager = historical::NoteHistoricalRoot<Self, Gate>;
	type SessionHandler = pallet_session::TestSessionHandler;
	type Keys = TestKeys;
	type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU64<10>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = Option<ValidatorId>;
	type FullIdentificationOf = FullIdentificationOf<Test>;
}

/// What the other pallets know of a validator.
#[allow(unreachable_pub, reason = "the macro below makes public what holds it")]
#[derive(Clone, Debug)]
pub struct Known {
	pub hot: u64,
	pub reputation: Reputation,
	pub bond: Balance,
	pub pool: Balance,
	pub participation: Option<EpochIndex>,
	pub bonuses: BTreeMap<EpochIndex, u32>,
}

parameter_types! {
	/// The validators.
	pub static Registry: BTreeMap<ValidatorId, Known> = BTreeMap::new();
	/// Genesis's authorities.
	pub static Genesis: Vec<u64> = vec![1, 2, 3, 4];
	/// Bounds of the gate.
	pub static MaxCandidates: u32 = 256;
	pub static MaxAuthorities: u32 = 64;
	pub static MinAuthorities: u32 = 4;
	pub static GraceEpochs: u32 = 1_000;
	pub const MinReputation: Reputation = Reputation(REPUTATION_ONE / 4);
}

/// The table of validators, as all the pallets that know something of them.
pub struct Table;

impl Network for Table {
	fn parameters() -> NetworkParameters {
		NetworkParameters { timing: TIMING, deposits: Deposits::LIVE, live: false }
	}

	fn genesis_hash() -> H256 {
		H256::repeat_byte(1)
	}
}

impl Identities<u64> for Table {
	fn by_hot_key(who: &u64) -> Option<ValidatorId> {
		Registry::mutate(|all| all.iter().find(|(_, known)| known.hot == *who).map(|(id, _)| *id))
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<u64>> {
		let cold = 1_000 + u64::from(validator);
		read(validator, |known| OwnerGroup { cold, hot: known.hot, delegate: None })
	}

	fn reputation(validator: ValidatorId) -> Option<Reputation> {
		read(validator, |known| known.reputation)
	}

	fn note_reputation(_: ValidatorId, _: ReputationCause) {
		unreachable!("the gate changes no reputation")
	}

	fn note_opened(_: ValidatorId) {
		unreachable!("the gate opens no experiment")
	}

	fn note_closed(_: ValidatorId) {
		unreachable!("the gate closes no experiment")
	}
}

impl StakeSnapshot for Table {
	fn bond(_: ValidatorId) -> Balance {
		unreachable!("the gate asks for what counts")
	}

	fn counting_bond(validator: ValidatorId) -> Balance {
		read(validator, |known| known.bond).unwrap_or(0)
	}

	fn counting_pool(pool: PoolId) -> Balance {
		let PoolId::Validator(validator) = pool else { panic!("the gate ranks no subnets") };
		read(validator, |known| known.pool).unwrap_or(0)
	}
}

impl WorkLedger for Table {
	fn note_pulse(_: ValidatorId, _: u32, _: Ramp) {
		unreachable!("the gate counts no pulses")
	}

	fn note_boost(_: ValidatorId, _: BoostCause, _: u32) -> u32 {
		unreachable!("the gate gives no boosts")
	}

	fn note_participation(_: ValidatorId) {
		unreachable!("the gate proves nothing")
	}

	fn last_participation(validator: ValidatorId) -> Option<EpochIndex> {
		read(validator, |known| known.participation).flatten()
	}

	fn bonus_milli(validator: ValidatorId, epoch: EpochIndex) -> u32 {
		read(validator, |known| known.bonuses.get(&epoch).copied()).flatten().unwrap_or(0)
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<u64> for Table {
	fn eligible(n: u32) -> Result<(ValidatorId, u64), DispatchError> {
		add_validator(n, GATE_BOND);
		Ok((n, hot(n)))
	}

	fn exit(validator: ValidatorId) -> DispatchResult {
		Registry::mutate(|all| all.remove(&validator));
		Ok(())
	}
}

impl Config for Test {
	type Network = Table;
	type Identities = Table;
	type Stake = Table;
	type Ledger = Table;
	type Sessions = SdkSessions<Test>;
	type MaxCandidates = MaxCandidates;
	type MaxAuthorities = MaxAuthorities;
	type MinAuthorities = MinAuthorities;
	type ParticipationEpochs = ConstU32<4>;
	type MinReputation = MinReputation;
	type GraceEpochs = GraceEpochs;
	type ExpulsionEpochs = ConstU32<28>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Table;
}

/// The hot key with which validator `n` starts.
pub(crate) fn hot(validator: ValidatorId) -> u64 {
	100 + u64::from(validator)
}

/// The first authorities' chain, before block 1.
pub(crate) fn new_test_ext() -> TestState {
	let genesis = Genesis::get();
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: (1..=1_000).map(|account| (account, 1_000)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	pallet_session::GenesisConfig::<Test> {
		keys: genesis.iter().map(|a| (*a, *a, keys_of(*a))).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test on a fresh chain without validators and checks the pallet's invariants after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	Registry::set(BTreeMap::new());
	new_test_ext().execute_with(|| {
		test();
		Gate::do_try_state().unwrap();
	});
}

/// Runs a test on a chain in session 1, without grace, where the validators `1..=n` with this bond have all
/// the seats of the next session.
pub(crate) fn network_of(n: u32, bond: Balance, test: impl FnOnce()) {
	Genesis::set((1..=n).map(hot).collect());
	GraceEpochs::set(0);
	build_and_execute(|| {
		(1..=n).for_each(|validator| join(validator, bond));
		next_session();
		assert_eq!(seated(), (1..=n).collect::<Vec<_>>());
		take_events();
		test();
	});
}

/// The first session keys of an account.
pub(crate) fn keys_of(account: u64) -> TestKeys {
	TestKeys { dummy: UintAuthorityId(account) }
}

/// Sets an account's session keys in the way that operators do.
pub(crate) fn set_keys(account: u64, keys: TestKeys) {
	let mut signed = keys.clone();
	let proof = signed.create_ownership_proof(&account.encode()).unwrap().encode();
	assert_ok!(Session::set_keys(RuntimeOrigin::signed(account), keys, proof));
}

/// Removes an account's session keys.
pub(crate) fn purge_keys(account: u64) {
	assert_ok!(Session::purge_keys(RuntimeOrigin::signed(account)));
}

/// Puts a validator into the table that passes all rules with this bond, and session keys for its hot key.
pub(crate) fn add_validator(validator: ValidatorId, bond: Balance) {
	add_validator_with(validator, hot(validator), bond);
	if !pallet_session::NextKeys::<Test>::contains_key(hot(validator)) {
		set_keys(hot(validator), keys_of(hot(validator)));
	}
}

/// Puts a validator with this hot key into the table.
pub(crate) fn add_validator_with(validator: ValidatorId, hot: u64, bond: Balance) {
	let known = Known {
		hot,
		reputation: Reputation::default(),
		bond,
		pool: 0,
		participation: Some(Gate::current_epoch()),
		bonuses: BTreeMap::new(),
	};
	Registry::mutate(|all| all.insert(validator, known));
}

/// What is known of a validator.
fn read<R>(validator: ValidatorId, f: impl FnOnce(&Known) -> R) -> Option<R> {
	Registry::mutate(|all| all.get(&validator).map(f))
}

/// Changes what is known of a validator.
pub(crate) fn change(validator: ValidatorId, f: impl FnOnce(&mut Known)) {
	Registry::mutate(|all| f(all.get_mut(&validator).unwrap()));
}

/// Lets all validators prove an experiment in the current epoch.
pub(crate) fn all_prove() {
	let epoch = Gate::current_epoch();
	Registry::mutate(|all| all.values_mut().for_each(|known| known.participation = Some(epoch)));
	for candidate in Candidates::<Test>::get() {
		Gate::update(candidate.validator);
	}
}

/// A validator registers with this bond and joins.
pub(crate) fn join(validator: ValidatorId, bond: Balance) {
	add_validator(validator, bond);
	assert_ok!(Gate::join(RuntimeOrigin::signed(hot(validator))));
}

/// Ends the session.
pub(crate) fn next_session() {
	let session = System::block_number() / TIMING.session + 1;
	System::set_block_number(session * TIMING.session);
	Session::on_initialize(System::block_number());
	assert_ok!(Gate::do_try_state());
	assert_eq!(Session::validators(), accounts(CurrentSet::<Test>::get()));
}

/// Ends so many sessions with everyone at work.
pub(crate) fn sessions(n: u32) {
	for _ in 0..n {
		all_prove();
		next_session();
	}
}

/// A validator stops proving experiments and its last one does not count any more.
pub(crate) fn fail(validator: ValidatorId) {
	change(validator, |known| known.participation = None);
	Gate::on_standing_changed(validator);
}

/// A validator leaves for good.
pub(crate) fn exit(validator: ValidatorId) {
	Registry::mutate(|all| all.remove(&validator));
	Gate::on_validator_exit(validator);
}

/// Goes to the first session of an epoch; everyone is idle meanwhile.
pub(crate) fn run_to_epoch(epoch: EpochIndex) {
	while Gate::current_epoch() < epoch {
		next_session();
	}
}

/// The accounts of a set.
pub(crate) fn accounts(set: SeatsOf<Test>) -> Vec<u64> {
	set.into_iter().map(|seat| seat.account).collect()
}

/// The accounts of the set chosen last.
pub(crate) fn planned() -> Vec<u64> {
	accounts(NextSet::<Test>::get())
}

/// The validators with a seat in the set chosen last.
pub(crate) fn seated() -> Vec<ValidatorId> {
	NextSet::<Test>::get().into_iter().filter_map(|seat| seat.validator).collect()
}

/// The validators in the list, highest rank first.
pub(crate) fn listed() -> Vec<ValidatorId> {
	Candidates::<Test>::get().into_iter().map(|candidate| candidate.validator).collect()
}

/// The pallet's events since the last call.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Gate(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}
