//! `woppal-localnet`: what `scripts/run` starts. One authority node, two miners, a live table.

use anyhow::{ensure, Result};
use clap::Parser;
use std::{
	io::{IsTerminal, Write},
	path::PathBuf,
	time::Duration,
};
use woppal_zombienet::{
	network::{Network, MINERS},
	view::View,
};

/// How often the table is drawn.
const REFRESH: Duration = Duration::from_secs(2);
/// Plain output prints one table in this many refreshes.
const PLAIN_EVERY: u32 = 15;

/// Runs a local Woppal network: one authority node and two miners.
#[derive(Parser)]
#[command(name = "scripts/run", version)]
struct Options {
	/// Ends after this many closed epochs; runs until Ctrl-C otherwise.
	#[arg(long)]
	epochs: Option<u32>,
	/// Prints one JSON object at the end and nothing else on standard output.
	#[arg(long, requires = "epochs")]
	json: bool,
	/// Folder for data and logs; a new one under the system's temporary folder otherwise.
	#[arg(long)]
	dir: Option<PathBuf>,
	/// Folder of the binaries.
	#[arg(long, hide = true)]
	bin_dir: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
	let options = Options::parse();
	let dir = options
		.dir
		.clone()
		.unwrap_or_else(|| std::env::temp_dir().join(format!("woppal-{}", std::process::id())));
	let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
	let outcome = tokio::select! {
		done = run(&options, &dir) => done,
		_ = tokio::signal::ctrl_c() => interrupted(),
		_ = terminate.recv() => interrupted(),
	};
	eprintln!("data and logs are in {}", dir.display());
	outcome
}

fn interrupted() -> Result<()> {
	eprintln!("\nstopping");
	Ok(())
}

async fn run(options: &Options, dir: &std::path::Path) -> Result<()> {
	ensure!(options.epochs != Some(0), "--epochs must be at least 1");
	let mut network = Network::start(&options.bin_dir, dir, 1).await?;
	eprintln!("node: {} (polkadot.js can connect to it)", network.url());
	for miner in &MINERS {
		network.start_worker(miner)?;
	}
	let live = std::io::stdout().is_terminal() && !options.json;
	let mut round = 0u32;
	loop {
		network.ensure_alive()?;
		let view = View::read(&network.client).await?;
		let done = options.epochs.is_some_and(|n| view.epochs >= n);
		if !options.json && (live || done || round.is_multiple_of(PLAIN_EVERY)) {
			show(&view, live)?;
		}
		if done {
			if options.json {
				println!("{}", serde_json::to_string(&view)?);
			}
			return Ok(());
		}
		round = round.wrapping_add(1);
		tokio::time::sleep(REFRESH).await;
	}
}

/// Draws the table: over the last one on a terminal, below it otherwise.
fn show(view: &View, live: bool) -> Result<()> {
	let mut out = std::io::stdout().lock();
	if live {
		// Cursor home and clear to the end of the screen.
		write!(out, "\x1b[H\x1b[J")?;
	}
	writeln!(out, "{}", view.table())?;
	out.flush()?;
	Ok(())
}
