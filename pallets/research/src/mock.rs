//! A runtime with this pallet, balances and small stand-ins for the others.
#![allow(unreachable_pub, reason = "the mock's macros make items public")]

use crate as pallet_research;
use frame::{testing_prelude::*, traits::VariantCountOf};
use std::collections::BTreeMap;
use woppal_protocol::{
	identity::{Offence, Ramp, Reputation, ReputationCause},
	network::{Deposits, NetworkParameters},
	research::{
		BoostCause, CircuitId, Config as ExperimentConfig, ConfigKey, Direction, Name, Program,
		ProjectSpec, ProofLevel, BOOST_CAP_MILLI,
	},
	statement::Claim,
	time::Timing,
	traits::{
		BlockRandomness, BurnLedger, Identities, KeyFault, Network, Offences, OwnerGroup,
		ProofSystem, VerifyStatus, VerifyingKeys, WorkLedger,
	},
	AccountId32, Balance, EpochIndex, KeyId, ValidatorId, H256,
};

type Block = frame_system::mocking::MockBlock<Test>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Research: pallet_research,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
	type RuntimeHoldReason = RuntimeHoldReason;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
}

/// A validator: cold key, hot key, delegate account.
pub(crate) type Keys = (AccountId32, AccountId32, Option<AccountId32>);

parameter_types! {
	pub static Validators: BTreeMap<ValidatorId, Keys> = BTreeMap::new();
	pub static OpenCounts: BTreeMap<ValidatorId, i32> = BTreeMap::new();
	pub static Reputations: Vec<(ValidatorId, ReputationCause)> = Vec::new();
	pub static Reports: Vec<(ValidatorId, Offence)> = Vec::new();
	pub static Boosts: Vec<(EpochIndex, ValidatorId, BoostCause, u32)> = Vec::new();
	pub static Participations: BTreeMap<ValidatorId, EpochIndex> = BTreeMap::new();
	pub static Burned: Balance = 0;
	pub static Authorities: u32 = 3;
	pub static Author: Option<u32> = None;
	pub static KeyUsable: bool = true;
	pub const MaxSeedBlocks: u32 = 12;
	pub const MaxOpen: u32 = 8;
	pub const RevealPeriod: u32 = 2;
	pub const ProvePeriod: u32 = 1;
}

/// Blocks in an epoch of the mock.
pub(crate) const EPOCH: u32 = 20;
/// Deposit of a start.
pub(crate) const DEPOSIT: Balance = 1_000;

/// An account.
pub(crate) fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

/// The hot key of a validator of the mock.
pub(crate) fn hot(validator: ValidatorId) -> AccountId32 {
	account(100 + u8::try_from(validator).unwrap())
}

/// Genesis of the mock.
pub struct MockNetwork;
impl Network for MockNetwork {
	fn parameters() -> NetworkParameters {
		NetworkParameters {
			timing: Timing { pulse: 5, session: 10, epoch: EPOCH, halving: 400, ..Timing::FAST },
			deposits: Deposits { start: DEPOSIT, ..Deposits::FAST },
			live: false,
		}
	}

	fn genesis_hash() -> H256 {
		H256::repeat_byte(0x11)
	}
}

/// The validators of [`Validators`].
pub struct MockIdentities;
impl Identities<AccountId32> for MockIdentities {
	fn by_hot_key(who: &AccountId32) -> Option<ValidatorId> {
		Validators::get().iter().find(|(_, keys)| keys.1 == *who).map(|(id, _)| *id)
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<AccountId32>> {
		Validators::get().get(&validator).cloned().map(|(cold, hot, delegate)| OwnerGroup {
			cold,
			hot,
			delegate,
		})
	}

	fn reputation(validator: ValidatorId) -> Option<Reputation> {
		let causes = Reputations::get();
		let own = causes.iter().filter(|(id, _)| *id == validator);
		Validators::get()
			.contains_key(&validator)
			.then(|| own.fold(Reputation::default(), |r, (_, cause)| cause.apply(r)))
	}

	fn note_reputation(validator: ValidatorId, cause: ReputationCause) {
		Reputations::mutate(|r| r.push((validator, cause)));
	}

	fn note_opened(validator: ValidatorId) {
		OpenCounts::mutate(|o| *o.entry(validator).or_default() += 1);
	}

	fn note_closed(validator: ValidatorId) {
		OpenCounts::mutate(|o| *o.entry(validator).or_default() -= 1);
	}
}

impl Offences<AccountId32> for MockIdentities {
	fn report(offender: ValidatorId, offence: Offence, reporter: Option<&AccountId32>) {
		assert_eq!(reporter, None, "the chain finds a rejected proof itself");
		Reports::mutate(|r| r.push((offender, offence)));
	}
}

/// A ledger that lists what it is told.
pub struct MockLedger;
impl WorkLedger for MockLedger {
	fn note_pulse(_: ValidatorId, _: u32, _: Ramp) {}

	fn note_boost(validator: ValidatorId, cause: BoostCause, milli: u32) -> u32 {
		let epoch = Research::current_epoch();
		let added = milli.min(BOOST_CAP_MILLI - Self::bonus_milli(validator, epoch));
		Boosts::mutate(|boosts| boosts.push((epoch, validator, cause, added)));
		added
	}

	fn note_participation(validator: ValidatorId) {
		Participations::mutate(|p| p.insert(validator, Research::current_epoch()));
	}

	fn last_participation(validator: ValidatorId) -> Option<EpochIndex> {
		Participations::get().get(&validator).copied()
	}

	fn bonus_milli(validator: ValidatorId, epoch: EpochIndex) -> u32 {
		let boosts = Boosts::get();
		boosts.iter().filter(|b| b.0 == epoch && b.1 == validator).map(|b| b.3).sum()
	}
}

impl BurnLedger<Balance> for MockLedger {
	fn note_burned(amount: Balance) {
		Burned::mutate(|b| *b += amount);
	}
}

/// The author of [`Author`], or the block number modulo [`Authorities`].
pub struct MockRandomness;
impl BlockRandomness for MockRandomness {
	fn current() -> Option<(u32, [u8; 32])> {
		let block = u32::try_from(System::block_number()).unwrap();
		let author = Author::get().unwrap_or(block % Authorities::get());
		(author != u32::MAX).then(|| (author, blake2_256(&(block, author).encode())))
	}

	fn authorities() -> u32 {
		Authorities::get()
	}
}

/// Key 0 is usable as long as [`KeyUsable`] says so.
pub struct MockKeys;
impl VerifyingKeys for MockKeys {
	fn is_usable(key: KeyId, circuit: CircuitId) -> bool {
		key == 0 && circuit == CircuitId::Small && KeyUsable::get()
	}
}

/// Artifacts whose first byte is 255 have no root.
pub struct MockProofSystem;
impl ProofSystem for MockProofSystem {
	fn artifact_root(_: CircuitId, artifact: &[u8]) -> Option<H256> {
		(artifact.len() <= 64 && artifact.first() != Some(&255)).then(|| H256(blake2_256(artifact)))
	}

	fn first_root(_: &Program, _: &H256, _: &H256) -> H256 {
		H256::zero()
	}

	fn last_root(_: &Program, _: &H256, _: &H256, _: &H256, _: &Claim) -> Option<H256> {
		None
	}

	fn program_digest(_: &Program, _: CircuitId) -> H256 {
		H256::zero()
	}

	fn prepare_key(_: CircuitId, _: &[u8]) -> Result<Vec<u8>, KeyFault> {
		Err(KeyFault::Malformed)
	}

	fn is_development_key(_: &[u8]) -> bool {
		false
	}

	fn verify(_: &[u8], _: &[u8], _: &[H256]) -> VerifyStatus {
		VerifyStatus::MalformedKey
	}
}

/// Benchmarks use validator 0 and the mock's project.
#[cfg(feature = "runtime-benchmarks")]
pub struct MockBenchmarkHelper;
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId32> for MockBenchmarkHelper {
	fn validator() -> AccountId32 {
		hot(0)
	}

	fn project() -> ProjectSpec {
		spec()
	}
}

impl pallet_research::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = EnsureRoot<AccountId32>;
	type Network = MockNetwork;
	type Identities = MockIdentities;
	type Offences = MockIdentities;
	type Ledger = MockLedger;
	type Burns = MockLedger;
	type Randomness = MockRandomness;
	type Keys = MockKeys;
	type ProofSystem = MockProofSystem;
	type RevealPeriod = RevealPeriod;
	type ProvePeriod = ProvePeriod;
	type MinProveMillis = ConstU64<0>;
	type MaxSeedBlocks = MaxSeedBlocks;
	type MaxOpen = MaxOpen;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = MockBenchmarkHelper;
}

/// A short name.
pub(crate) fn name(text: &str) -> Name {
	Name::try_from(text.as_bytes().to_vec()).unwrap()
}

/// A project: lower is better, baseline 0, margin 10, four keys 0..=1000, at most 2 changed.
pub(crate) fn spec() -> ProjectSpec {
	let key = |n| ConfigKey { name: name(n), min: 0, max: 1_000 };
	ProjectSpec {
		name: name("a project"),
		metric: name("loss"),
		unit: name("micro-nats"),
		direction: Direction::LowerIsBetter,
		evaluator: H256::repeat_byte(1),
		program: Program {
			code: H256::repeat_byte(2),
			data: H256::repeat_byte(3),
			entry_pc: 0,
			entry_fp: 0,
		},
		circuit: CircuitId::Small,
		key: 0,
		level: ProofLevel::Execution,
		max_steps: 1_000,
		max_segments: 4,
		sample_size: 10,
		artifact_bytes: 8,
		schema: vec![key("a"), key("b"), key("c"), key("d")].try_into().unwrap(),
		baseline: 0,
		noise_margin: 10,
		max_changed_keys: 2,
		supersedes: None,
	}
}

/// Four validators with independent owners and one project.
pub(crate) fn new_test_ext() -> TestState {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let ids = 0..4u32;
	pallet_balances::GenesisConfig::<Test> {
		balances: ids.clone().map(|v| (hot(v), 1_000_000)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	pallet_research::GenesisConfig::<Test> { projects: vec![(spec().encode(), Some(account(9)))] }
		.assimilate_storage(&mut storage)
		.unwrap();
	Validators::set(ids.map(|v| (v, (account(u8::try_from(v).unwrap()), hot(v), None))).collect());
	OpenCounts::set(BTreeMap::new());
	Reputations::set(Vec::new());
	Reports::set(Vec::new());
	Boosts::set(Vec::new());
	Participations::set(BTreeMap::new());
	Burned::set(0);
	Authorities::set(3);
	Author::set(None);
	KeyUsable::set(true);
	let mut ext = TestState::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test and checks the invariants after it.
pub(crate) fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check();
	});
}

/// Checks the invariants.
pub(crate) fn check() {
	Research::do_try_state().unwrap();
	for (validator, count) in OpenCounts::get() {
		let open = crate::Open::<Test>::get(validator).len();
		assert_eq!(i32::try_from(open).unwrap(), count, "open work of {validator}");
	}
	let genesis = 4 * 1_000_000;
	assert_eq!(Balances::total_issuance(), genesis - Burned::get());
}

/// Goes to a block, running the hooks and the invariants of each on the way.
pub(crate) fn run_to(block: u32) {
	while System::block_number() < u64::from(block) {
		Research::on_finalize(System::block_number());
		check();
		System::set_block_number(System::block_number() + 1);
		Research::on_initialize(System::block_number());
	}
}

/// A config from its values.
pub(crate) fn config(values: [i32; 4]) -> ExperimentConfig {
	ExperimentConfig::try_from(values.to_vec()).unwrap()
}
