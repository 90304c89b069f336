//! Several authorities: a fifth validator becomes a block author without a restart of anybody, and
//! loses stake and seat when it signs twice.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::{
	path::Path,
	time::{Duration, Instant},
};
use woppal_protocol::ValidatorId;
use woppal_zombienet::{
	network::{Miner, Network},
	node::Node,
	script,
	view::{ValidatorView, View},
};

/// Everything must have been seen within this time.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// Authorities of genesis.
const AUTHORITIES: usize = 4;
/// Blocks by which finality may trail.
const FINALITY_LAG: u32 = 5;
/// Blocks that must be finalised for finality to count as going on.
const FINALITY_GOES_ON: u32 = 10;
/// Woppals that the fifth validator adds to a miner's bond: with it, the bond is what the gate asks.
const EXTRA_BOND: &str = "10";
/// Attempts of a script whose account the miner uses at the same time: one that took the nonce of a
/// miner's extrinsic is refused, and made again.
const ATTEMPTS: u32 = 5;
/// The fifth validator, its node, and a second process with that node's keys.
const EVE: Miner = Miner { name: "eve", cold: "//Eve", hot: "//Eve//hot", seed: 5 };
const NODE: &str = "node-eve";
const TWIN: &str = "node-eve-twin";

/// The fifth validator, the only one that is registered.
fn eve(view: &View) -> Option<&ValidatorView> {
	view.validators.first()
}

fn lag(view: &View) -> u32 {
	view.best_block.saturating_sub(view.finalized_block)
}

/// Finality moves on from here and trails by little.
async fn ensure_finality(network: &mut Network, deadline: Instant) -> Result<()> {
	let from = network.client.finalized().await?;
	network
		.watch(deadline, "finality that goes on", |v| {
			v.finalized_block >= from + FINALITY_GOES_ON && lag(v) <= FINALITY_LAG
		})
		.await?;
	Ok(())
}

/// Runs a script until it succeeds, a few times.
async fn retried(name: &str, args: &[&str]) -> Result<Value> {
	let mut attempt = 1;
	loop {
		match script::run(name, args) {
			Err(e) if attempt < ATTEMPTS => {
				eprintln!("attempt {attempt}: {e:#}");
				attempt += 1;
				tokio::time::sleep(Duration::from_secs(3)).await;
			},
			done => return done,
		}
	}
}

/// A node and a miner for the fifth validator, with the gate's bond and a proven experiment.
async fn start_fifth(network: &mut Network, deadline: Instant) -> Result<(ValidatorId, String)> {
	let node = network.start_node(NODE).await?;
	let url = network.nodes[node].url();
	// Registered by a process of its own, so that two users of the cold key don't meet.
	network.register(&EVE, &url)?;
	let bond = script::run("bond.mjs", &["--url", &url, "--cold", EVE.cold, "--add", EXTRA_BOND])?;
	let id = ValidatorId::try_from(bond["validator"].as_u64().context("a number")?)?;
	network.start_worker_at(&EVE, &url)?;

	let needed = network.client.network().await?.parameters.deposits.gate_bond;
	network
		.watch(deadline, "a proven experiment, and a bond that counts", |v| {
			eve(v).is_some_and(|e| e.experiments_proven >= 1 && e.counting_bond >= needed)
		})
		.await?;
	Ok((id, url))
}

/// The fifth validator joins and authors blocks.
async fn join(
	network: &mut Network,
	deadline: Instant,
	(id, url): &(ValidatorId, String),
) -> Result<()> {
	let joined = retried("join-authorities.mjs", &["--url", url, "--hot", EVE.hot]).await?;
	assert_eq!(joined["validator"].as_u64(), Some(u64::from(*id)), "{joined}");
	let authorities = network.client.authorities().await?;
	assert!(authorities.candidates.iter().any(|c| c.validator == *id), "{authorities:?}");
	// Once more: nothing is left to do, and the keys are the same.
	let again = retried("join-authorities.mjs", &["--url", url, "--hot", EVE.hot]).await?;
	assert_eq!((&again["keys"], again["keysMade"].as_bool()), (&joined["keys"], Some(false)));

	network
		.watch(deadline, "a seat and a block of the fifth validator", |v| {
			eve(v).is_some_and(|e| e.author && e.blocks > 0)
		})
		.await?;
	let current = network.client.authorities().await?.current;
	assert_eq!(current.len(), AUTHORITIES + 1, "nobody had to leave: {current:?}");
	Ok(())
}

/// Gives the second node the keys of the first.
fn copy_keystore(dir: &Path) -> Result<()> {
	let (from, to) = (Node::keystore(dir, NODE), Node::keystore(dir, TWIN));
	std::fs::create_dir_all(&to)?;
	let mut copied = 0;
	for entry in std::fs::read_dir(&from).context("the node has a keystore")? {
		let entry = entry?;
		std::fs::copy(entry.path(), to.join(entry.file_name()))?;
		copied += 1;
	}
	ensure!(
		copied >= 2,
		"{} has {copied} keys, not one of BABE and one of GRANDPA",
		from.display()
	);
	Ok(())
}

/// Two processes sign with the same keys: it costs stake and seat.
async fn equivocate(network: &mut Network, deadline: Instant) -> Result<()> {
	let view = View::read(&network.client).await?;
	let before = eve(&view).context("the fifth validator")?.bond.parse::<u128>()?;
	copy_keystore(network.dir())?;
	network.start_node(TWIN).await?;
	let slashed = network
		.watch(deadline, "a recorded and slashed equivocation", |v| {
			let bond = |e: &ValidatorView| e.bond.parse::<u128>().is_ok_and(|bond| bond < before);
			eve(v).is_some_and(|e| e.offences > 0 && bond(e))
		})
		.await?;
	let bond = eve(&slashed).context("the fifth validator")?.bond.parse::<u128>()?;
	// An offence takes a tenth, and all offences of an epoch together at most half; there may be a few
	// epochs until the seat is gone.
	assert!(bond <= before - before / 10, "{before} became {bond}");

	let view = network
		.watch(deadline, "the equivocator's seat to be gone", |v| eve(v).is_some_and(|e| !e.author))
		.await?;
	let authorities = network.client.authorities().await?;
	let id = eve(&view).context("the fifth validator")?.id;
	let seats = || authorities.current.iter().chain(&authorities.next);
	assert!(seats().all(|seat| seat.validator != Some(id)), "{authorities:?}");
	assert!(authorities.candidates.iter().all(|c| c.validator != id), "{authorities:?}");
	Ok(())
}

/// Four authorities that finalise, and a fifth validator that became an author beside them.
async fn start_with_fifth(deadline: Instant) -> Result<Network> {
	let dir = std::env::temp_dir().join(format!("woppal-authorities-{}", std::process::id()));
	let mut network = Network::start(&script::bin_dir()?, &dir, AUTHORITIES).await?;
	assert_eq!(network.client.authorities().await?.current.len(), AUTHORITIES);
	ensure_finality(&mut network, deadline).await?;
	// Every node has come along, not only the one that is asked.
	for node in &network.nodes {
		ensure!(node.client.finalized().await? > 0, "{} finalises nothing", node.name());
	}

	let fifth = start_fifth(&mut network, deadline).await?;
	join(&mut network, deadline, &fifth).await?;
	ensure_finality(&mut network, deadline).await?;
	Ok(network)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes about six minutes on an idle machine; the README says how to run it"]
async fn a_fifth_validator_becomes_an_author() -> Result<()> {
	start_with_fifth(Instant::now() + LIMIT).await.map(drop)
}

// The SDK's block import reports BABE equivocations with headers whose seals were taken off before, and the
// runtime refuses such evidence. The node has to make the report from whole headers first.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "fails: the evidence that this SDK release's BABE import reports has no seals"]
async fn an_equivocator_is_slashed_and_put_out() -> Result<()> {
	let deadline = Instant::now() + LIMIT;
	let mut network = start_with_fifth(deadline).await?;
	equivocate(&mut network, deadline).await?;
	ensure_finality(&mut network, deadline).await
}
