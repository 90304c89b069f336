//! The whole loop over real processes: a node, two miners, a delegator, real proofs, rewards, polkadot.js.

use anyhow::{bail, ensure, Context, Result};
use std::{
	process::Command,
	time::{Duration, Instant},
};
use woppal_protocol::{
	api::{NetworkInfo, REWARDS_PAGE},
	research::{Direction, ExperimentStatus},
	stake::PoolId,
	Balance, ValidatorId, WOPPAL,
};
use woppal_zombienet::{
	network::{Network, MINERS},
	script,
	view::{ValidatorView, View},
};

/// The loop must have shown everything within this time.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// Closed epochs that the run must see. A bond counts from the epoch after it was made, so rewards
/// begin with the second.
const EPOCHS: u32 = 3;
/// Blocks by which finality may trail.
const FINALITY_LAG: u32 = 5;
/// Woppals that a third account delegates, and the same in plancks.
const DELEGATED: (&str, Balance) = ("50", 50 * WOPPAL);
/// Blocks of an epoch that must be left when the miners are stopped: enough for them to end in it.
const STOPPING: u32 = 20;

fn assert_conserved(network: &NetworkInfo, issuance: &str) {
	assert_eq!(
		issuance.parse::<u128>().expect("a number"),
		network.genesis_issuance + network.minted - network.burned,
		"issuance == genesis + minted - burned"
	);
}

/// Somebody's experiment adopted somebody else's, and the chain's four conditions hold for it.
async fn check_adoption(network: &Network, view: &View) -> Result<()> {
	let project = network.client.project(0).await?.context("the root project")?;
	let (mut at, _) = project.best.context("a best experiment")?;
	// The best experiments form a chain through `best_at_start`.
	for _ in 0..64 {
		let e = network.client.experiment(at).await?.context("the best is stored")?;
		if let Some(of) = e.adopted {
			let source =
				network.client.experiment(of).await?.context("what it adopted is stored")?;
			assert_ne!(source.validator, e.validator, "adoption needs independent owners");
			assert_eq!(e.best_at_start, Some(of), "credit goes to the best at the start");
			assert!(source.proven.context("proven")? <= e.started);
			let changed = woppal_protocol::research::changed_keys(&e.config, &source.config);
			assert!(changed.context("one schema")? <= project.spec.max_changed_keys);
			let metric = |s| match s {
				ExperimentStatus::Proven { metric } => Ok(metric),
				other => bail!("{other:?} is not proven"),
			};
			let (new, old) = (metric(e.status)?, metric(source.status)?);
			assert!(project.spec.direction.beats(new, old, project.spec.noise_margin));
			return Ok(());
		}
		let Some(before) = e.best_at_start else { break };
		at = before;
	}
	// Credit may also sit on an experiment that another one has overtaken since.
	ensure!(view.validators.iter().any(|v| v.adoptions > 0), "no adoption was credited");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn miners_train_prove_adopt_and_earn() -> Result<()> {
	let dir = std::env::temp_dir().join(format!("woppal-e2e-{}", std::process::id()));
	let deadline = Instant::now() + LIMIT;
	let mut network = Network::start(&script::bin_dir()?, &dir, 1).await?;
	for miner in &MINERS {
		network.start_worker(miner)?;
	}

	// Somebody delegates to the first validator there is.
	let url = network.url();
	let view = network.watch(deadline, "a first validator", |v| !v.validators.is_empty()).await?;
	let backed = view.validators[0].id;
	delegate(&url, backed)?;

	// The first proof, then a crash of its miner, which must resume and not lose its work.
	let first = network
		.watch(deadline, "a first proof", |v| {
			v.projects.first().is_some_and(|p| p.best_metric.is_some())
		})
		.await?;
	let first_best = first.projects[0].best_metric.context("a best")?;
	let mut crashed = network.workers.remove(0);
	crashed.kill()?;
	network.start_worker(&MINERS[0])?;

	// polkadot.js registers a further validator meanwhile.
	let args = ["--url", &url, "--cold", "//Dave", "--hot", "//Dave//hot"];
	let registered = script::run("register.mjs", &args)?;
	let dave = ValidatorId::try_from(registered["validator"].as_u64().context("a number")?)?;

	// The node restarts; the miners reconnect.
	network.restart_node().await?;

	let view = network
		.watch(deadline, "adoption, improvement, claimed rewards and a growing pool", |v| {
			let miners = || v.validators.iter().filter(|v| v.id != dave);
			v.epochs >= EPOCHS
				&& miners().count() == MINERS.len()
				&& miners().all(|m| m.experiments_proven >= 1)
				&& v.validators.iter().any(|m| m.adoptions > 0)
				&& v.validators.iter().any(|m| m.rewards != "0")
				&& v.validators.iter().any(|m| m.id == backed && plancks(&m.pool) > DELEGATED.1)
				&& v.projects[0]
					.best_metric
					.is_some_and(|b| Direction::LowerIsBetter.beats(b, first_best, 0))
		})
		.await?;
	check_adoption(&network, &view).await?;
	assert!(view.best_block - view.finalized_block <= FINALITY_LAG, "{}", view.table());
	check_rewards(&network, &view, dave).await?;

	// An epoch whose rewards nobody claims: its miners have answered in it and are gone before it ends.
	let view = network
		.watch(deadline, "a pulse of the delegators' validator early in an epoch", |v| {
			let left = v.epoch.end.saturating_sub(v.best_block);
			left >= STOPPING && v.validators.iter().any(|m| m.id == backed && m.weight != "0")
		})
		.await?;
	network.workers.clear();
	let last = view.epochs;
	network.watch(deadline, "the end of the epoch", |v| v.epochs > last).await?;
	check_claim(&network, backed, last).await?;

	// With the miners stopped nothing moves but the clock, so the books can be compared.
	let mut read = None;
	for _ in 0..5 {
		let now = (network.client.network().await?, network.client.issuance().await?);
		if read.as_ref() == Some(&now) {
			break;
		}
		read = Some(now);
		tokio::time::sleep(Duration::from_secs(4)).await;
	}
	let (books, issuance) = read.context("read at least once")?;
	assert_conserved(&books, &issuance.to_string());
	assert!(books.minted > 0 && books.burned > 0);
	Ok(())
}

fn plancks(number: &str) -> Balance {
	number.parse().expect("a number of plancks")
}

/// A third account delegates; the stake waits for the price of its epoch.
fn delegate(url: &str, validator: ValidatorId) -> Result<()> {
	let id = validator.to_string();
	let args = ["--url", url, "--account", "//Ferdie", "--validator", &id, "--add", DELEGATED.0];
	let stake = script::run("delegate.mjs", &args)?;
	let position = &stake["pools"][0];
	assert_eq!(position["pool"]["validator"].as_u64(), Some(u64::from(validator)), "{stake}");
	let amount = |field: &str| position[field].as_str().map(plancks).context("plancks");
	assert_eq!(amount("value")? + amount("pending")?, DELEGATED.1, "{stake}");
	Ok(())
}

/// Rewards through polkadot.js are those of the runtime API, and an idle validator has none.
async fn check_rewards(network: &Network, view: &View, idle: ValidatorId) -> Result<()> {
	let earned = |v: &&ValidatorView| v.rewards != "0";
	let earner = view.validators.iter().find(earned).context("somebody earned")?;
	let (url, id) = (network.url(), earner.id.to_string());
	let shown = script::run("rewards.mjs", &["--url", &url, "--validator", &id, "--json"])?;
	assert_eq!(shown["coldKey"].as_str().map(str::is_empty), Some(false));
	let claimed = plancks(shown["claimed"].as_str().context("a string")?);
	assert!(claimed >= plancks(&earner.rewards) && claimed > 0);
	// A validator without participation earns nothing.
	let idle = network.client.rewards(idle, 0, REWARDS_PAGE).await?;
	assert_eq!((idle.claimed, idle.claimable), (0, 0));
	Ok(())
}

/// Anybody pays out what a validator, and its delegators, earned in an epoch.
async fn check_claim(network: &Network, validator: ValidatorId, epoch: u32) -> Result<()> {
	let (url, id) = (network.url(), validator.to_string());
	let before = network.client.pool(PoolId::Validator(validator)).await?;
	let args = ["--url", &url, "--account", "//Ferdie", "--validator", &id];
	let paid = script::run("claim.mjs", &args)?;
	let amount = |field: &str| paid[field].as_str().map(plancks).context("plancks");
	assert!(amount("claimed")? > 0 && amount("delegators")? > 0, "{paid}");
	assert_eq!(amount("pool")?, before.value + amount("delegators")?, "{paid}");
	let rewards = network.client.rewards(validator, epoch, 1).await?;
	let reward = rewards.epochs.first().context("the epoch has a record")?;
	assert!(reward.claimed && reward.collected, "{reward:?}");
	// The delegation is worth more than what was put in, and all of it is the delegator's.
	let stake = script::run("delegate.mjs", &["--url", &url, "--account", "//Ferdie"])?;
	let value = plancks(stake["pools"][0]["value"].as_str().context("plancks")?);
	assert!(value > DELEGATED.1 && value <= amount("pool")?, "{stake}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_a_reason() -> Result<()> {
	let dir = std::env::temp_dir().join(format!("woppal-e2e-bad-{}", std::process::id()));
	let network = Network::start(&script::bin_dir()?, &dir, 1).await?;
	let url = network.url();
	let base = format!("--base-path={}", dir.join("worker").display());
	let run = |args: &[&str]| -> Result<(bool, String)> {
		let out = Command::new(script::bin_dir()?.join("subnet-worker"))
			.arg("run")
			.arg(&base)
			.args(["--suri=//Eve//hot", "--cold-suri=//Eve"])
			.args(args)
			.output()?;
		Ok((out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned()))
	};
	let url_arg = format!("--url={url}");
	let wrong = format!("--genesis-hash=0x{}", "11".repeat(32));
	for (args, expected) in [
		(vec![url_arg.as_str(), "--project=77"], "project 77"),
		(vec![url_arg.as_str(), wrong.as_str()], "genesis"),
		(vec!["--url=ws://127.0.0.1:1"], "127.0.0.1:1"),
	] {
		let (ok, stderr) = run(&args)?;
		assert!(!ok, "{args:?} must fail");
		assert!(stderr.contains(expected), "{args:?} must name '{expected}', said: {stderr}");
	}
	Ok(())
}
