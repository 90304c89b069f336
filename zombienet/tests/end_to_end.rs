//! The whole loop over real processes: a node, two miners, real proofs, rewards, polkadot.js.

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::Command,
	time::{Duration, Instant},
};
use woppal_protocol::{
	api::{NetworkInfo, REWARDS_PAGE},
	research::{Direction, ExperimentStatus},
};
use woppal_zombienet::{
	network::{Network, MINERS},
	view::View,
};

/// The loop must have shown everything within this time.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// Closed epochs that the run must see.
const EPOCHS: u32 = 3;
/// Blocks by which finality may trail.
const FINALITY_LAG: u32 = 5;

/// The folder of the built binaries: the tests' own target folder.
fn bin_dir() -> PathBuf {
	let exe = std::env::current_exe().expect("a test has a path");
	exe.ancestors().nth(2).expect("tests run from <target>/<profile>/deps").into()
}

fn script(name: &str, args: &[&str]) -> Result<Value> {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace's root")?;
	let out = Command::new("node")
		.arg(root.join("scripts/polkadot-js").join(name))
		.args(args)
		.output()
		.context("node.js is needed: run scripts/setup")?;
	ensure!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
	serde_json::from_slice(&out.stdout)
		.with_context(|| format!("{name} printed {}", String::from_utf8_lossy(&out.stdout)))
}

/// Draws the network every two seconds until `done` says so.
async fn watch(
	network: &mut Network,
	deadline: Instant,
	what: &str,
	mut done: impl FnMut(&View) -> bool,
) -> Result<View> {
	loop {
		network.ensure_alive()?;
		let view = View::read(&network.client).await?;
		if done(&view) {
			return Ok(view);
		}
		if Instant::now() > deadline {
			let logs: String = network.workers.iter().map(|w| w.log_tail()).collect();
			bail!("not seen in time: {what}\n{}\n{logs}", view.table());
		}
		tokio::time::sleep(Duration::from_secs(2)).await;
	}
}

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
	let mut network = Network::start(&bin_dir(), &dir).await?;
	for miner in &MINERS {
		network.start_worker(miner)?;
	}

	// The first proof, then a crash of its miner, which must resume and not lose its work.
	let first = watch(&mut network, deadline, "a first proof", |v| {
		v.projects.first().is_some_and(|p| p.best_metric.is_some())
	})
	.await?;
	let first_best = first.projects[0].best_metric.context("a best")?;
	let mut crashed = network.workers.remove(0);
	crashed.kill()?;
	network.start_worker(&MINERS[0])?;

	// polkadot.js registers a further validator meanwhile.
	let url = network.url();
	let registered =
		script("register.mjs", &["--url", &url, "--cold", "//Dave", "--hot", "//Dave//hot"])?;
	let dave = registered["validator"].as_u64().context("a number")?;

	// The node restarts; the miners reconnect.
	network.restart_node().await?;

	let view = watch(&mut network, deadline, "adoption, improvement and claimed rewards", |v| {
		let miners = || v.validators.iter().filter(|v| u64::from(v.id) != dave);
		v.epochs >= EPOCHS
			&& miners().count() == MINERS.len()
			&& miners().all(|m| m.experiments_proven >= 1)
			&& v.validators.iter().any(|m| m.adoptions > 0)
			&& v.validators.iter().any(|m| m.rewards != "0")
			&& v.projects[0]
				.best_metric
				.is_some_and(|b| Direction::LowerIsBetter.beats(b, first_best, 0))
	})
	.await?;
	check_adoption(&network, &view).await?;
	assert!(view.best_block - view.finalized_block <= FINALITY_LAG, "{}", view.table());

	// Rewards through polkadot.js are those of the runtime API.
	let earner = view.validators.iter().find(|v| v.rewards != "0").context("somebody earned")?;
	let id = earner.id.to_string();
	let shown = script("rewards.mjs", &["--url", &url, "--validator", &id, "--json"])?;
	assert_eq!(shown["coldKey"].as_str().map(str::is_empty), Some(false));
	let claimed: u128 = shown["claimed"].as_str().context("a string")?.parse()?;
	assert!(claimed >= earner.rewards.parse::<u128>()? && claimed > 0);
	// A validator without participation earns nothing.
	let idle = network.client.rewards(u32::try_from(dave)?, 0, REWARDS_PAGE).await?;
	assert_eq!((idle.claimed, idle.claimable), (0, 0));

	// With the miners stopped nothing moves but the clock, so the books can be compared.
	network.workers.clear();
	let mut last = None;
	for _ in 0..5 {
		let now = (network.client.network().await?, network.client.issuance().await?);
		if last.as_ref() == Some(&now) {
			break;
		}
		last = Some(now);
		tokio::time::sleep(Duration::from_secs(4)).await;
	}
	let (books, issuance) = last.context("read at least once")?;
	assert_conserved(&books, &issuance.to_string());
	assert!(books.minted > 0 && books.burned > 0);
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_a_reason() -> Result<()> {
	let dir = std::env::temp_dir().join(format!("woppal-e2e-bad-{}", std::process::id()));
	let network = Network::start(&bin_dir(), &dir).await?;
	let url = network.url();
	let base = format!("--base-path={}", dir.join("worker").display());
	let run = |args: &[&str]| -> Result<(bool, String)> {
		let out = Command::new(bin_dir().join("subnet-worker"))
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
