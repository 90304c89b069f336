//! Authority nodes, further nodes, and miners.

use crate::{
	client::Client,
	node::Node,
	process::Process,
	spec::{self, AUTHORITIES},
	view::View,
};
use anyhow::{bail, ensure, Context, Result};
use std::{
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// Pause between two looks at a network.
const LOOK: Duration = Duration::from_secs(2);
/// How long a further node may take to catch up.
const SYNC: Duration = Duration::from_secs(120);
/// How long `subnet-worker register` may take.
const REGISTER: Duration = Duration::from_secs(120);

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
	chain: String,
	/// The miners that run.
	pub workers: Vec<Process>,
	/// The nodes, authorities of genesis first.
	pub nodes: Vec<Node>,
	/// A connection to the first node.
	pub client: Client,
}

impl Network {
	/// Starts so many authority nodes with their data and logs under `dir`, and waits until they
	/// answer. A single one is Alice on the `local` network as it is.
	///
	/// # Errors
	/// When a binary is missing, there are not so many well-known authorities, or a node ends or stays
	/// silent.
	pub async fn start(bin_dir: &Path, dir: &Path, authorities: usize) -> Result<Self> {
		for binary in ["woppal-node", "subnet-worker"] {
			ensure!(
				bin_dir.join(binary).is_file(),
				"{} is not built; build it with `cargo build --workspace`",
				bin_dir.join(binary).display()
			);
		}
		let authorities = AUTHORITIES
			.get(..authorities)
			.filter(|authorities| !authorities.is_empty())
			.with_context(|| format!("1 to {} authorities are possible", AUTHORITIES.len()))?;
		std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
		let chain = match authorities {
			[_] => "local".into(),
			_ => spec::write(bin_dir, dir, authorities)?.display().to_string(),
		};
		let mut nodes: Vec<Node> = Vec::new();
		for (i, authority) in authorities.iter().enumerate() {
			let name = if i == 0 { "node".into() } else { format!("node-{}", authority.name) };
			let mut flags = bootnodes(&nodes);
			flags.extend([format!("--{}", authority.name), "--validator".into()]);
			nodes.push(Node::start(bin_dir, dir, &name, &chain, &flags).await?);
		}
		let client = nodes.first().context("there is a node")?.client.clone();
		Ok(Self {
			bin_dir: bin_dir.into(),
			dir: dir.into(),
			chain,
			workers: Vec::new(),
			nodes,
			client,
		})
	}

	/// Starts a further node that may author: its keystore is empty unless its folder has one. Waits
	/// until it has caught up; returns its place among the nodes.
	///
	/// # Errors
	/// When it ends, stays silent or does not catch up.
	pub async fn start_node(&mut self, name: &str) -> Result<usize> {
		let mut flags = bootnodes(&self.nodes);
		flags.extend([format!("--name={name}"), "--validator".into()]);
		let node = Node::start(&self.bin_dir, &self.dir, name, &self.chain, &flags).await?;
		let best = self.client.best().await?;
		let deadline = Instant::now() + SYNC;
		while node.client.best().await? < best {
			ensure!(
				Instant::now() < deadline,
				"{name} has not reached block {best}:\n{}",
				node.log_tail()
			);
			tokio::time::sleep(LOOK).await;
		}
		self.nodes.push(node);
		Ok(self.nodes.len() - 1)
	}

	/// The first node's RPC address.
	pub fn url(&self) -> String {
		self.nodes.first().map(Node::url).unwrap_or_default()
	}

	/// Where data and logs are.
	pub fn dir(&self) -> &Path {
		&self.dir
	}

	/// Starts a miner on the first node; one that ran before goes on with its folder.
	///
	/// # Errors
	/// When it cannot be started.
	pub fn start_worker(&mut self, miner: &Miner) -> Result<()> {
		self.start_worker_at(miner, &self.url())
	}

	/// Starts a miner on the node with this RPC address.
	///
	/// # Errors
	/// When it cannot be started.
	pub fn start_worker_at(&mut self, miner: &Miner, url: &str) -> Result<()> {
		let mut args = self.worker_args("run", miner, url);
		args.push(format!("--seed={}", miner.seed));
		let worker = self.start_subnet_worker(miner, &args)?;
		self.workers.push(worker);
		Ok(())
	}

	/// Registers a miner's validator, bond and node, and nothing else.
	///
	/// # Errors
	/// When it fails, with the end of its log.
	pub fn register(&self, miner: &Miner, url: &str) -> Result<()> {
		let args = self.worker_args("register", miner, url);
		let mut process = self.start_subnet_worker(miner, &args)?;
		let status = process.wait(REGISTER)?;
		ensure!(status.success(), "{} is not registered:\n{}", miner.name, process.log_tail());
		Ok(())
	}

	fn worker_args(&self, command: &str, miner: &Miner, url: &str) -> Vec<String> {
		vec![
			command.into(),
			format!("--url={url}"),
			format!("--base-path={}", self.dir.join(miner.name).display()),
			format!("--cold-suri={}", miner.cold),
			format!("--suri={}", miner.hot),
		]
	}

	fn start_subnet_worker(&self, miner: &Miner, args: &[String]) -> Result<Process> {
		Process::start(miner.name, &self.bin_dir.join("subnet-worker"), args, &self.dir)
	}

	/// Ends the first node and starts it again on the same data.
	///
	/// # Errors
	/// When it does not come back.
	pub async fn restart_node(&mut self) -> Result<()> {
		let node = self.nodes.first_mut().context("there is a node")?;
		node.restart().await?;
		self.client = node.client.clone();
		Ok(())
	}

	/// # Errors
	/// When a process has ended, with the end of its log.
	pub fn ensure_alive(&mut self) -> Result<()> {
		self.nodes.iter_mut().try_for_each(Node::ensure_alive)?;
		self.workers.iter_mut().try_for_each(Process::ensure_alive)
	}

	/// Looks at the network every two seconds until `done` says so.
	///
	/// # Errors
	/// When a process ends, the first node does not answer, or the deadline passes: then with `what` was
	/// waited for, the table and the ends of the logs.
	pub async fn watch(
		&mut self,
		deadline: Instant,
		what: &str,
		mut done: impl FnMut(&View) -> bool,
	) -> Result<View> {
		loop {
			self.ensure_alive()?;
			let view = View::read(&self.client).await?;
			if done(&view) {
				return Ok(view);
			}
			if Instant::now() > deadline {
				let workers = self.workers.iter().map(Process::log_tail);
				let logs: String = self.nodes.iter().map(Node::log_tail).chain(workers).collect();
				bail!("not seen in time: {what}\n{}\n{logs}", view.table());
			}
			tokio::time::sleep(LOOK).await;
		}
	}
}

/// What tells a node where the others are.
fn bootnodes(nodes: &[Node]) -> Vec<String> {
	nodes.iter().map(|node| format!("--bootnodes={}", node.address())).collect()
}
