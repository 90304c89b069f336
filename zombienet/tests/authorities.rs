//! Several authorities: a fifth validator becomes a block author without a restart of anybody, loses its
//! seat when it stops taking part and gets it back, and loses stake and seat when it signs twice.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::{
	path::Path,
	time::{Duration, Instant},
};
use woppal_protocol::{Balance, ValidatorId};
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
/// Woppals that somebody delegates to the fifth validator, and how many of them unbond again.
const DELEGATED: (&str, &str) = ("5", "2");
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

/// Makes the fifth validator a candidate; returns what the script says.
async fn join_gate(network: &Network, id: ValidatorId, url: &str) -> Result<Value> {
	let joined = retried("join-authorities.mjs", &["--url", url, "--hot", EVE.hot]).await?;
	assert_eq!((&joined["validator"], &joined["joined"]), (&id.into(), &true.into()), "{joined}");
	let authorities = network.client.authorities().await?;
	assert!(authorities.candidates.iter().any(|c| c.validator == id), "{authorities:?}");
	Ok(joined)
}

/// The fifth validator has a seat, beside all the others, and authors.
async fn ensure_seat(network: &mut Network, deadline: Instant) -> Result<()> {
	let blocks = eve(&View::read(&network.client).await?).context("the fifth validator")?.blocks;
	network
		.watch(deadline, "a seat and a block of the fifth validator", |v| {
			eve(v).is_some_and(|e| e.author && e.blocks > blocks)
		})
		.await?;
	let current = network.client.authorities().await?.current;
	assert_eq!(current.len(), AUTHORITIES + 1, "nobody had to leave: {current:?}");
	Ok(())
}

/// The fifth validator loses its seat and its candidacy.
async fn ensure_out(network: &mut Network, id: ValidatorId, deadline: Instant) -> Result<()> {
	network
		.watch(deadline, "the fifth validator's seat to be gone", |v| {
			eve(v).is_some_and(|e| !e.author)
		})
		.await?;
	let authorities = network.client.authorities().await?;
	let seats = || authorities.current.iter().chain(&authorities.next);
	assert!(seats().all(|seat| seat.validator != Some(id)), "{authorities:?}");
	assert!(authorities.candidates.iter().all(|c| c.validator != id), "{authorities:?}");
	assert_eq!(authorities.current.len(), AUTHORITIES, "the others stay: {authorities:?}");
	Ok(())
}

/// Somebody delegates to the fifth validator and lets a part unbond; returns plancks that will be paid.
fn delegate(id: ValidatorId, url: &str) -> Result<Balance> {
	let id = id.to_string();
	let args = |action, amount| {
		["--url", url, "--account", "//Ferdie", "--validator", &id, action, amount]
	};
	script::run("delegate.mjs", &args("--add", DELEGATED.0))?;
	let stake = script::run("delegate.mjs", &args("--unbond", DELEGATED.1))?;
	let amount = plancks(&stake["unbonding"][0]["amount"])?;
	assert!(amount > 0, "{stake}");
	// Not yet.
	let early = script::run("withdraw.mjs", &["--url", url, "--account", "//Ferdie"]);
	let error = early.expect_err("nothing has matured").to_string();
	assert!(error.contains("wait"), "{error}");
	Ok(amount)
}

/// What unbonded is paid out when it has matured.
async fn withdraw(network: &mut Network, amount: Balance, deadline: Instant) -> Result<()> {
	let url = network.url();
	let stake = script::run("delegate.mjs", &["--url", &url, "--account", "//Ferdie"])?;
	let matures = stake["unbonding"][0]["matures"].as_u64().context("a block")?;
	network
		.watch(deadline, "unbonding stake that matured", |v| u64::from(v.best_block) >= matures)
		.await?;
	let paid = script::run("withdraw.mjs", &["--url", &url, "--account", "//Ferdie"])?;
	assert_eq!((plancks(&paid["withdrawn"])?, &paid["unbonding"]), (amount, &Value::Array(vec![])));
	Ok(())
}

fn plancks(value: &Value) -> Result<Balance> {
	value.as_str().with_context(|| format!("plancks, not {value}"))?.parse().context("plancks")
}

/// The fifth validator's miner ends, and the gate lets its node go when its last proof is too old; with
/// another proof it is back.
async fn lapse_and_return(
	network: &mut Network,
	deadline: Instant,
	(id, url): &(ValidatorId, String),
) -> Result<()> {
	network.workers.clear();
	let before = eve(&View::read(&network.client).await?).context("the fifth validator")?.clone();
	ensure_out(network, *id, deadline).await?;
	let view = View::read(&network.client).await?;
	// A proof that was under way when the miner ended may have come in since.
	let after = eve(&view).context("the fifth validator")?.clone();
	assert_eq!((&after.bond, after.offences), (&before.bond, 0), "idling costs the seat alone");
	let again = script::run("join-authorities.mjs", &["--url", url, "--hot", EVE.hot]);
	let error = again.expect_err("it has proven nothing lately").to_string();
	assert!(error.contains("gate.Idle"), "{error}");
	ensure_finality(network, deadline).await?;

	network.start_worker_at(&EVE, url)?;
	network
		.watch(deadline, "another proven experiment", |v| {
			eve(v).is_some_and(|e| e.experiments_proven > after.experiments_proven)
		})
		.await?;
	let joined = join_gate(network, *id, url).await?;
	assert_eq!(joined["keysMade"], false, "it has its keys: {joined}");
	ensure_seat(network, deadline).await
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
async fn equivocate(network: &mut Network, id: ValidatorId, deadline: Instant) -> Result<()> {
	let bond = |view: &View| eve(view).and_then(|e| e.bond.parse::<Balance>().ok());
	let before = bond(&View::read(&network.client).await?).context("a bond")?;
	copy_keystore(network.dir())?;
	network.start_node(TWIN).await?;
	let slashed = network
		.watch(deadline, "a recorded and slashed equivocation", |v| {
			eve(v).is_some_and(|e| e.offences > 0) && bond(v).is_some_and(|now| now < before)
		})
		.await?;
	let now = bond(&slashed).context("a bond")?;
	// An offence takes a tenth, and all offences of an epoch together at most half; there may be a few
	// epochs until the seat is gone.
	assert!(now <= before - before / 10, "{before} became {now}");
	ensure_out(network, id, deadline).await
}

/// Four authorities that finalise.
async fn start(deadline: Instant) -> Result<Network> {
	let dir = std::env::temp_dir().join(format!("woppal-authorities-{}", std::process::id()));
	let mut network = Network::start(&script::bin_dir()?, &dir, AUTHORITIES).await?;
	assert_eq!(network.client.authorities().await?.current.len(), AUTHORITIES);
	ensure_finality(&mut network, deadline).await?;
	// Every node has come along, not only the one that is asked.
	for node in &network.nodes {
		ensure!(node.client.finalized().await? > 0, "{} finalises nothing", node.name());
	}
	Ok(network)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_validator_joins_lapses_returns_and_is_put_out() -> Result<()> {
	let started = Instant::now();
	let seen = |what: &str| eprintln!("{:>4} s  {what}", started.elapsed().as_secs());
	let deadline = started + LIMIT;
	let mut network = start(deadline).await?;
	seen("four authorities finalise");

	let fifth = start_fifth(&mut network, deadline).await?;
	seen("a fifth validator has bonded and proven");
	let (id, url) = &fifth;
	let joined = join_gate(&network, *id, url).await?;
	// Once more: nothing is left to do, and the keys are the same.
	let again = retried("join-authorities.mjs", &["--url", url, "--hot", EVE.hot]).await?;
	assert_eq!((&again["keys"], &again["keysMade"]), (&joined["keys"], &false.into()));
	let unbonding = delegate(*id, url)?;
	ensure_seat(&mut network, deadline).await?;
	ensure_finality(&mut network, deadline).await?;
	seen("it authors");

	lapse_and_return(&mut network, deadline, &fifth).await?;
	seen("it lost its seat idling and has it back");
	withdraw(&mut network, unbonding, deadline).await?;
	seen("unbonded stake is paid out");

	equivocate(&mut network, *id, deadline).await?;
	ensure_finality(&mut network, deadline).await?;
	seen("it equivocated, was slashed and put out, and finality goes on");
	Ok(())
}
