//! `epochs [NODES…]`: what the end of an epoch and a claim of it cost with so many registered nodes that
//! earned in it; without numbers, with 10, 1,000 and 100,000. Prints one JSON object: microseconds of the
//! fastest round, natively and with the state in memory, and the keys that were read and written.
#![allow(clippy::print_stdout, reason = "its output is its result")]

use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::{fungible::Mutate, Hooks},
};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchError};
use std::time::Instant;
use woppal_protocol::{
	identity::{Ramp, Role, RAMP_EPOCHS},
	time::Timing,
	traits::WorkLedger,
	EpochIndex, ValidatorId, ROOT_SUBNET,
};
use woppal_runtime::{
	genesis_config_presets::{get_preset, DEVELOPMENT},
	AccountId, Balances, Emission, RuntimeGenesisConfig, RuntimeOrigin, System, Validators, WOPPAL,
};

type Failure = Box<dyn std::error::Error>;

/// The epoch that ends.
const EARNED: EpochIndex = 1;
/// Times that an action is timed; the fastest counts.
const ROUNDS: u32 = 100;
/// Validators registered before the state's changes are committed.
const BATCH: u32 = 1_000;

fn text(error: DispatchError) -> Failure {
	format!("{error:?}").into()
}

/// Account number `n` of a kind.
fn account(kind: u8, n: ValidatorId) -> AccountId {
	let mut bytes = [kind; 32];
	bytes[..4].copy_from_slice(&n.to_le_bytes());
	// Like a hash, so that accounts are spread over the state.
	sp_io::hashing::blake2_256(&bytes).into()
}

/// Registers a validator with a node that can earn from the next epoch on.
fn register(n: ValidatorId) -> Result<(), DispatchError> {
	let (cold, hot) = (account(1, n), account(2, n));
	Balances::set_balance(&cold, 100 * WOPPAL);
	Balances::set_balance(&hot, WOPPAL);
	Validators::register(RuntimeOrigin::signed(cold), hot.clone(), WOPPAL)?;
	let key: [u8; 32] = *hot.as_ref();
	let peer_id = [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20], &key[..]].concat();
	Validators::register_node(
		RuntimeOrigin::signed(hot),
		ROOT_SUBNET,
		Role::Miner,
		peer_id.try_into().map_err(|_| "the peer id is too long")?,
		key,
		Default::default(),
		0,
	)
}

/// A `development` network with so many nodes, all of which earned in [`EARNED`], at the end of that epoch.
fn network(nodes: u32) -> Result<TestExternalities, Failure> {
	let preset = get_preset(&DEVELOPMENT.into()).ok_or("there is no such preset")?;
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default())?;
	merge(&mut config, serde_json::from_slice(&preset)?);
	let config: RuntimeGenesisConfig = serde_json::from_value(config)?;
	let mut ext = TestExternalities::from(config.build_storage()?);
	let earn = |validator| {
		Emission::note_participation(validator);
		Emission::note_pulse(validator, Role::Miner.multiplier_percent(), Ramp(RAMP_EPOCHS));
		Ok(())
	};
	in_batches(&mut ext, nodes, 1, register)?;
	in_batches(&mut ext, nodes, Timing::FAST.epoch_start(EARNED), earn)?;
	Ok(ext)
}

/// Adds the values of `patch` to `base`.
fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
	match (base, patch) {
		(serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}

/// Does something for each validator, all in one block.
fn in_batches(
	ext: &mut TestExternalities,
	count: u32,
	block: u32,
	action: impl Fn(ValidatorId) -> Result<(), DispatchError>,
) -> Result<(), Failure> {
	for first in (0..count).step_by(BATCH as usize) {
		ext.execute_with(|| {
			System::set_block_number(block);
			let result = (first..count.min(first + BATCH)).try_for_each(&action);
			System::reset_events();
			result
		})
		.map_err(text)?;
		ext.commit_all()?;
	}
	Ok(())
}

/// What an action cost.
struct Cost {
	us: f64,
	reads: usize,
	writes: usize,
}

/// The same as `clone`, for a type whose name this crate doesn't know.
fn copy<R: Clone>(recorder: &R) -> R {
	recorder.clone()
}

/// Measures an action on the committed state, and commits its changes.
fn measure(
	ext: &mut TestExternalities,
	action: impl Fn() -> Result<(), DispatchError>,
) -> Result<Cost, Failure> {
	let mut us = f64::INFINITY;
	for _ in 0..ROUNDS {
		let elapsed = ext.execute_with(|| {
			with_transaction(|| {
				let start = Instant::now();
				let result = action();
				let elapsed = start.elapsed();
				TransactionOutcome::Rollback(result.map(|()| elapsed))
			})
		});
		us = us.min(elapsed.map_err(text)?.as_secs_f64() * 1e6);
	}
	let recorder = Default::default();
	ext.execute_with_recorder(copy(&recorder), &action).map_err(text)?;
	let reads = recorder.recorded_keys().values().map(|keys| keys.len()).sum();
	let writes = ext.overlayed_changes().changes().count();
	ext.commit_all()?;
	Ok(Cost { us, reads, writes })
}

/// The end of the epoch: what the ledger of rewards does when the next one begins. No other pallet has
/// anything to do then.
fn close() -> Result<(), DispatchError> {
	let block = Timing::FAST.epoch_end(EARNED);
	System::set_block_number(block);
	Emission::on_initialize(block);
	Emission::on_finalize(block);
	Emission::epoch_total(EARNED).budget.map(drop).ok_or("the epoch is not closed".into())
}

/// The claim of the first validator, which gets something.
fn claim() -> Result<(), DispatchError> {
	let caller = RuntimeOrigin::signed(account(1, 0));
	Emission::claim(caller, 0, EARNED, 1).map(drop).map_err(|failure| failure.error)
}

fn main() -> Result<(), Failure> {
	let sizes = std::env::args().skip(1).map(|size| size.parse());
	let mut sizes = sizes.collect::<Result<Vec<u32>, _>>()?;
	if sizes.is_empty() {
		sizes = vec![10, 1_000, 100_000];
	}
	let mut rows = Vec::new();
	for nodes in sizes {
		let mut ext = network(nodes)?;
		let (close, claim) = (measure(&mut ext, close)?, measure(&mut ext, claim)?);
		let row = |name: &str, Cost { us, reads, writes }: Cost| {
			format!("\"{name}_us\":{us:.1},\"{name}_reads\":{reads},\"{name}_writes\":{writes}")
		};
		rows.push(format!("\"{nodes} nodes\":{{{},{}}}", row("close", close), row("claim", claim)));
	}
	println!("{{{}}}", rows.join(","));
	Ok(())
}
