//! What our pallets' benchmarks need of each other.

use super::{
	actors::{self, Actor},
	trapdoor,
};
use crate::{
	proof_system::ZkWasm, root_project, AccountId, AgentCommit, Emission, Network, Research,
	Runtime, RuntimeOrigin, System, Validators,
};
use alloc::{format, vec::Vec};
use frame_benchmarking::account;
use sp_io::hashing::blake2_256;
use sp_runtime::{BoundedVec, DispatchError, DispatchResult};
use sp_staking::SessionIndex;
use woppal_protocol::{
	gate::Seat,
	research::{
		CircuitId, Config, ConfigKey, ProjectSpec, MAX_CONFIG_KEYS, MAX_NAME_BYTES, MAX_SEGMENTS,
	},
	statement::{context_digest, Claim, Evaluation, Segment},
	traits::{Identities, Network as _, ProofFacts, ProofSystem},
	EpochIndex, ExperimentId, KeyId, ProjectId, ValidatorId, H256,
};
use woppal_zkwasm::shape::STANDARD;

/// The helper of every benchmark.
pub struct Helper;

impl Helper {
	/// A funded hot key of a validator that earns, has all that a slash can reach and is a candidate, and its
	/// number.
	fn miner() -> (AccountId, ValidatorId) {
		let hot: AccountId = account("miner", 0, 0);
		let id = Validators::by_hot_key(&hot).unwrap_or_else(|| {
			let actor = Actor::exposed(hot.clone()).expect("a fresh key can register");
			actor.seat().expect("one that earns can be a candidate");
			actor.id
		});
		(hot, id)
	}

	/// The number of the key whose secret is known.
	fn key() -> KeyId {
		let bytes = trapdoor::verifying_key();
		let hash = H256(blake2_256(&bytes));
		let found = pallet_agent_commit::Keys::<Runtime>::iter()
			.find_map(|(id, record)| (record.hash == hash).then_some(id));
		found.unwrap_or_else(|| {
			let id = AgentCommit::verifying_keys();
			AgentCommit::register_verifying_key(
				RuntimeOrigin::root(),
				CircuitId::Standard,
				BoundedVec::truncate_from(bytes),
				H256::zero(),
			)
			.expect("the key is sound");
			id
		})
	}

	/// The longest schema.
	fn schema() -> Vec<ConfigKey> {
		(0..MAX_CONFIG_KEYS)
			.map(|index| {
				let name = format!("{index:0width$}", width = MAX_NAME_BYTES as usize);
				let name = BoundedVec::truncate_from(name.into_bytes());
				ConfigKey { name, min: 0, max: 1_000 }
			})
			.collect()
	}

	/// A project of the greatest size.
	fn spec() -> ProjectSpec {
		ProjectSpec {
			circuit: CircuitId::Standard,
			key: Self::key(),
			max_segments: MAX_SEGMENTS,
			artifact_bytes: STANDARD.artifact_words() * 4,
			schema: BoundedVec::truncate_from(Self::schema()),
			..root_project::spec()
		}
	}
}

impl pallet_emission::BenchmarkHelper for Helper {
	fn validator() -> ValidatorId {
		let actor =
			Actor::registered_before(account("earner", 0, 0)).expect("a fresh key can register");
		actor.name_delegate().expect("a fresh account can be a delegate");
		actor.id
	}
}

impl pallet_stake::BenchmarkHelper<AccountId> for Helper {
	fn validator(n: u32) -> Result<(ValidatorId, AccountId), DispatchError> {
		let actor = Actor::registered_before(account("staker", n, 0))?;
		actor.earn(1);
		actor.stand()?;
		Ok((actor.id, actor.cold))
	}

	fn earn(validator: ValidatorId) {
		actors::earn(validator, 1);
		actors::close_epoch();
	}

	fn outdate(validator: ValidatorId) {
		actors::outdate(validator);
	}
}

impl pallet_validators::BenchmarkHelper for Helper {
	fn crowd() {
		actors::fill_candidates();
	}

	fn unbond(validator: ValidatorId, entries: u32) -> DispatchResult {
		Actor::of(validator)?.bond_and_unbond(entries)
	}

	fn burden(validator: ValidatorId) -> DispatchResult {
		Actor::of(validator)?.burden()
	}
}

impl pallet_slashing::BenchmarkHelper<AccountId> for Helper {
	fn author() -> Result<(AccountId, ValidatorId), DispatchError> {
		let actor = Actor::exposed(account("author", 0, 0))?;
		actor.seat()?;
		Ok((actor.hot, actor.id))
	}

	fn genesis_author() -> AccountId {
		let account: AccountId = account("genesis", 0, 0);
		actors::fill_sets(Seat { account: account.clone(), validator: None });
		account
	}

	fn session_in(epoch: EpochIndex) -> SessionIndex {
		let timing = Network::timing();
		let blocks = System::block_number().saturating_sub(timing.epoch_start(epoch));
		let sessions = blocks.checked_div(timing.session).unwrap_or(0);
		pallet_session::CurrentIndex::<Runtime>::put(sessions);
		// The current session may have just begun, so this one can have begun as many sessions ago.
		1
	}
}

impl pallet_gate::BenchmarkHelper<AccountId> for Helper {
	fn eligible(n: u32) -> Result<(ValidatorId, AccountId), DispatchError> {
		let actor = Actor::registered_before(account("eligible", n, 0))?;
		actor.earn(1);
		actor.set_session_keys()?;
		Ok((actor.id, actor.hot))
	}

	fn exit(validator: ValidatorId) -> DispatchResult {
		actors::remove(validator)
	}
}

impl pallet_presence::BenchmarkHelper<AccountId> for Helper {
	fn earning_validator(hot_key: &AccountId) -> Result<ValidatorId, DispatchError> {
		let actor = Actor::exposed(hot_key.clone())?;
		// A slash of a candidate changes its place in the list, and its first pulse opens a record.
		actor.seat()?;
		actors::enter_epoch(Emission::current_epoch().saturating_add(1));
		Ok(actor.id)
	}
}

impl pallet_research::BenchmarkHelper<AccountId> for Helper {
	fn validator() -> AccountId {
		Self::miner().0
	}

	fn project() -> ProjectSpec {
		Self::spec()
	}
}

impl pallet_agent_commit::BenchmarkHelper<AccountId> for Helper {
	fn validator() -> (AccountId, ValidatorId) {
		Self::miner()
	}

	fn project() -> (ProjectId, Config, u32) {
		let id = Research::projects();
		let spec = Self::spec();
		let artifact_bytes = spec.artifact_bytes;
		Research::register_project(RuntimeOrigin::root(), spec, None)
			.expect("the project is sound");
		let config = Self::schema().iter().map(|key| key.min).collect();
		(id, BoundedVec::truncate_from(config), artifact_bytes)
	}

	fn fix_seed() {
		Research::benchmark_fix_seed();
	}

	fn evaluation(facts: &ProofFacts, experiment: &ExperimentId, segments: u32) -> Evaluation {
		let claim = Claim::Halted { metric: 0 };
		let final_data = H256::zero();
		let (artifact, seed) = (&facts.artifact_root, &facts.seed);
		let last = ZkWasm::last_root(&facts.program, artifact, seed, &final_data, &claim)
			.expect("the claim is one that a machine can end with");
		let program = ZkWasm::program_digest(&facts.program, facts.circuit);
		let genesis = Network::genesis_hash();
		let mut pre = ZkWasm::first_root(&facts.program, artifact, seed);
		let segments = (0..segments)
			.map(|index| {
				let between = ZkWasm::program_digest(&facts.program, CircuitId::Small);
				let post_root = if index + 1 == segments { last } else { between };
				let context =
					context_digest(&genesis, facts.key, facts.validator, experiment, seed, index);
				let proof = trapdoor::proof(&[pre, post_root, program, context]);
				pre = post_root;
				Segment { post_root, proof: BoundedVec::truncate_from(proof) }
			})
			.collect();
		Evaluation { claim, final_data, segments: BoundedVec::truncate_from(segments) }
	}

	fn verifying_key(_: CircuitId) -> Vec<u8> {
		trapdoor::verifying_key()
	}
}
