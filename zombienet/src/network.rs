//! One authority node and its miners.

use crate::{client::Client, process::Process};
use anyhow::{ensure, Context, Result};
use std::{
	net::TcpListener,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// How long a node may take to answer its RPC.
const NODE_START: Duration = Duration::from_secs(60);

/// A miner of a local network: its development keys and the seed of its choices.
#[derive(Clone, Copy, Debug)]
pub struct Miner {
	/// Name of its log and its folder.
	pub name: &'static str,
	/// Secret URI of the cold key, endowed at genesis.
	pub cold: &'static str,
	/// Secret URI of the hot key.
	pub hot: &'static str,
	/// Seed of its choices.
	pub seed: u64,
}

/// The miners that `scripts/run` starts, in order.
pub const MINERS: [Miner; 2] = [
	Miner { name: "bob", cold: "//Bob", hot: "//Bob//hot", seed: 1 },
	Miner { name: "charlie", cold: "//Charlie", hot: "//Charlie//hot", seed: 2 },
];

/// A network of processes. Dropping it ends them all.
pub struct Network {
	bin_dir: PathBuf,
	dir: PathBuf,
	rpc_port: u16,
	p2p_port: u16,
	/// The authority node.
	pub node: Process,
	/// The miners that run.
	pub workers: Vec<Process>,
	/// A connection to the node.
	pub client: Client,
}

/// A loopback port that nothing listens on now.
fn free_port() -> Result<u16> {
	Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn start_node(bin_dir: &Path, dir: &Path, rpc_port: u16, p2p_port: u16) -> Result<Process> {
	let args = [
		"--chain=local".into(),
		"--alice".into(),
		"--validator".into(),
		format!("--base-path={}", dir.join("node").display()),
		format!("--rpc-port={rpc_port}"),
		format!("--listen-addr=/ip4/127.0.0.1/tcp/{p2p_port}"),
		// A throw-away network makes its network key; an operator's authority never should.
		"--unsafe-force-node-key-generation".into(),
		"--no-prometheus".into(),
		"--no-telemetry".into(),
		"--no-mdns".into(),
	];
	Process::start("node", &bin_dir.join("woppal-node"), &args, dir)
}

impl Network {
	/// Starts the node with its data and logs under `dir`, and waits until it answers.
	///
	/// # Errors
	/// When a binary is missing, or the node ends or stays silent.
	pub async fn start(bin_dir: &Path, dir: &Path) -> Result<Self> {
		for binary in ["woppal-node", "subnet-worker"] {
			ensure!(
				bin_dir.join(binary).is_file(),
				"{} is not built; build it with `cargo build --workspace`",
				bin_dir.join(binary).display()
			);
		}
		std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
		let (rpc_port, p2p_port) = (free_port()?, free_port()?);
		let mut node = start_node(bin_dir, dir, rpc_port, p2p_port)?;
		let client = connect(&mut node, rpc_port).await?;
		Ok(Self {
			bin_dir: bin_dir.into(),
			dir: dir.into(),
			rpc_port,
			p2p_port,
			node,
			workers: Vec::new(),
			client,
		})
	}

	/// The node's RPC address.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// Where data and logs are.
	pub fn dir(&self) -> &Path {
		&self.dir
	}

	/// Starts a miner; one that ran before goes on with its folder.
	///
	/// # Errors
	/// When it cannot be started.
	pub fn start_worker(&mut self, miner: &Miner) -> Result<()> {
		let args = [
			"run".into(),
			format!("--url={}", self.url()),
			format!("--base-path={}", self.dir.join(miner.name).display()),
			format!("--cold-suri={}", miner.cold),
			format!("--suri={}", miner.hot),
			format!("--seed={}", miner.seed),
		];
		let program = self.bin_dir.join("subnet-worker");
		self.workers.push(Process::start(miner.name, &program, &args, &self.dir)?);
		Ok(())
	}

	/// Ends the node and starts it again on the same data.
	///
	/// # Errors
	/// When it does not come back.
	pub async fn restart_node(&mut self) -> Result<()> {
		self.node.stop();
		self.node = start_node(&self.bin_dir, &self.dir, self.rpc_port, self.p2p_port)?;
		self.client = connect(&mut self.node, self.rpc_port).await?;
		Ok(())
	}

	/// # Errors
	/// When a process has ended, with the end of its log.
	pub fn ensure_alive(&mut self) -> Result<()> {
		self.node.ensure_alive()?;
		self.workers.iter_mut().try_for_each(Process::ensure_alive)
	}
}

async fn connect(node: &mut Process, rpc_port: u16) -> Result<Client> {
	let url = format!("ws://127.0.0.1:{rpc_port}");
	let deadline = Instant::now() + NODE_START;
	loop {
		let connected = Client::connect(&url, Duration::from_secs(1)).await;
		node.ensure_alive()?;
		if connected.is_ok() || Instant::now() > deadline {
			return connected;
		}
	}
}
