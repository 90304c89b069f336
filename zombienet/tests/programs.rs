//! A project of one's own, as `docs/programs.md` describes it: an evaluator that is not the root
//! project's is checked, registered and experimented with, and the chain shows the proven metric.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::Command,
};
use woppal_protocol::research::{Direction, ExperimentStatus};
use woppal_zombienet::{network::Network, script};

/// The policy's words: skip 1, 8 bits, then a demand for each of eleven positions. It decides early,
/// so that few segments are to be proven.
const ARTIFACT: [u32; 13] = [1, 8, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96];
const CONFIG: [i32; 3] = [1, 8, 2];

fn example(file: &str) -> Result<String> {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace's root")?;
	Ok(root.join("examples/stopping").join(file).display().to_string())
}

/// Runs `subnet-worker --json` and returns what it prints.
fn worker(args: &[&str]) -> Result<Value> {
	let out = Command::new(script::bin_dir()?.join("subnet-worker"))
		.arg("--json")
		.args(args)
		.output()
		.context("subnet-worker is built")?;
	let said = String::from_utf8_lossy(&out.stderr);
	ensure!(out.status.success(), "subnet-worker {args:?}: {said}");
	serde_json::from_slice(&out.stdout).context("subnet-worker prints JSON")
}

/// What `experiment` is told, but for the config.
fn experiment(network: &Network, dir: &Path, project: &str, artifact: &str) -> Result<Vec<String>> {
	Ok(vec![
		"experiment".into(),
		format!("--url={}", network.url()),
		format!("--base-path={}", dir.join("author").display()),
		"--suri=//Eve//hot".into(),
		"--cold-suri=//Eve".into(),
		format!("--project={project}"),
		format!("--program={}", example("program.wasm")?),
		format!("--artifact={artifact}"),
	])
}

fn run(args: &[String], config: &[&str]) -> Result<Value> {
	let all: Vec<&str> =
		args.iter().map(String::as_str).chain(["--config"]).chain(config.iter().copied()).collect();
	worker(&all)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authors_own_project_is_registered_and_experimented_with() -> Result<()> {
	let dir = std::env::temp_dir().join(format!("woppal-e2e-program-{}", std::process::id()));
	let network = Network::start(&script::bin_dir()?, &dir, 1).await?;
	let url = network.url();
	let file = |name: &str| -> PathBuf { dir.join(name) };

	// Check the program, register the project.
	let program = example("program.wasm")?;
	let checked = worker(&["program", "check", &program])?;
	let check = file("check.json").display().to_string();
	std::fs::write(&check, checked.to_string())?;
	let description = example("project.json")?;
	let register =
		["--url", &url, "--program", &check, "--project", &description, "--creator", EVE];
	let printed = script::run("register-project.mjs", &[&register[..], &["--print"]].concat())?;
	ensure!(printed["call"].as_str().is_some_and(|call| call.len() > 500), "{printed}");
	let registered = script::run("register-project.mjs", &register)?;
	assert_eq!(registered["project"], 1, "{registered}");
	let project = network.client.project(1).await?.context("the project is there")?;
	assert_eq!(project.spec.name.as_slice(), b"When to stop looking");
	assert_eq!(
		format!("{:?}", project.spec.evaluator),
		checked["evaluator"].as_str().unwrap_or("")
	);
	assert_eq!(project.spec.direction, Direction::LowerIsBetter);
	assert_eq!((project.spec.max_segments, project.spec.artifact_bytes), (8, 52));
	assert!(project.creator.is_some());
	// Somebody who isn't the sudo key's owner gets nowhere.
	let other =
		script::run("register-project.mjs", &[&register[..], &["--sudo", "//Bob"]].concat());
	assert!(other.is_err_and(|e| e.to_string().contains("sudo key")));

	// One experiment by the command, with what is wrong refused before anything is at stake.
	let artifact = file("artifact").display().to_string();
	let bytes: Vec<u8> = ARTIFACT.iter().flat_map(|word| word.to_le_bytes()).collect();
	std::fs::write(&artifact, bytes)?;
	let args = experiment(&network, &dir, "1", &artifact)?;
	let good = ["skip=1", "bits=8", "rounds=2"];
	for (config, told) in [
		(vec!["skip=1", "bits=8"], "rounds is missing"),
		(vec!["skip=9", "bits=8", "rounds=2"], "skip is out of range"),
	] {
		let refused = run(&args, &config).expect_err("the config does not fit").to_string();
		assert!(refused.contains(told), "{refused}");
	}
	let root = run(&experiment(&network, &dir, "0", &artifact)?, &good);
	assert!(root.expect_err("another project's schema").to_string().contains("is no key"));
	let proven = run(&args, &good)?;
	let metric = proven["metric"].as_i64().with_context(|| format!("a metric: {proven}"))?;

	// The chain shows it, and whoever runs the program on its seed gets the same.
	let rows = network.client.leaderboard(1, 0).await?;
	let [row] = rows.as_slice() else { anyhow::bail!("one validator has results: {rows:?}") };
	let info = network.client.experiment(row.experiment).await?.context("the experiment")?;
	assert_eq!((i64::from(row.best_metric), row.proven), (metric, 1));
	assert_eq!(info.status, ExperimentStatus::Proven { metric: row.best_metric });
	assert_eq!(info.config, CONFIG);
	assert_eq!(format!("{:?}", info.id), proven["experiment"].as_str().unwrap_or(""));
	assert!(project.spec.direction.no_worse(row.best_metric, project.spec.baseline));
	let seed = format!("{:?}", info.seed.context("a seed")?);
	let again = worker(&["program", "run", &program, "--artifact", &artifact, "--seed", &seed])?;
	assert_eq!(again["metric"], metric);

	// The same command again finds it done; the same artifact under another config is refused.
	assert_eq!(run(&args, &good)?, proven);
	let copied = run(&args, &["skip=1", "bits=8", "rounds=3"]);
	let told = copied.expect_err("an artifact counts once").to_string();
	assert!(told.contains("artifact counts once"), "{told}");
	Ok(())
}

/// Eve's account.
const EVE: &str = "5HGjWAeFDfFCWPsjFQdVV2Msvz2XtMktvgocEZcCj68kUMaw";
