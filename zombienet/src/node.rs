//! One node of a local network.

use crate::{client::Client, process::Process};
use anyhow::{Context, Result};
use std::{
	net::TcpListener,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// How long a node may take to answer its RPC.
const START: Duration = Duration::from_secs(60);

/// A node that runs. Dropping it ends it.
pub struct Node {
	name: String,
	program: PathBuf,
	dir: PathBuf,
	args: Vec<String>,
	rpc_port: u16,
	p2p_port: u16,
	peer_id: String,
	process: Process,
	/// A connection to it.
	pub client: Client,
}

/// A loopback port that nothing listens on now.
fn free_port() -> Result<u16> {
	Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Node {
	/// Starts a node with its data under `<dir>/<name>` and its log beside it, and waits until it
	/// answers. `chain`: a network's name or a specification's file. `flags`: what it is told besides.
	///
	/// # Errors
	/// When the node ends or stays silent.
	pub async fn start(
		bin_dir: &Path,
		dir: &Path,
		name: &str,
		chain: &str,
		flags: &[String],
	) -> Result<Self> {
		let (rpc_port, p2p_port) = (free_port()?, free_port()?);
		let program = bin_dir.join("woppal-node");
		let mut args = vec![
			format!("--chain={chain}"),
			format!("--base-path={}", dir.join(name).display()),
			format!("--rpc-port={rpc_port}"),
			format!("--listen-addr=/ip4/127.0.0.1/tcp/{p2p_port}"),
			// A throw-away network makes its network key; an operator's authority never should.
			"--unsafe-force-node-key-generation".into(),
			"--no-prometheus".into(),
			"--no-telemetry".into(),
			"--no-mdns".into(),
		];
		args.extend_from_slice(flags);
		let mut process = Process::start(name, &program, &args, dir)?;
		let client = connect(&mut process, rpc_port).await?;
		let peer_id = client.peer_id().await?;
		let (name, dir) = (name.into(), dir.into());
		Ok(Self { name, program, dir, args, rpc_port, p2p_port, peer_id, process, client })
	}

	/// Its RPC address.
	pub fn url(&self) -> String {
		url(self.rpc_port)
	}

	/// Where other nodes dial it.
	pub fn address(&self) -> String {
		format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", self.p2p_port, self.peer_id)
	}

	/// Where a node called `name` under `dir` keeps its keys of a `local` network.
	pub fn keystore(dir: &Path, name: &str) -> PathBuf {
		dir.join(name).join("chains/woppal_local/keystore")
	}

	/// Its name.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// Ends it and starts it again on the same data and ports.
	///
	/// # Errors
	/// When it does not come back.
	pub async fn restart(&mut self) -> Result<()> {
		self.process.stop();
		self.process = Process::start(&self.name, &self.program, &self.args, &self.dir)?;
		self.client = connect(&mut self.process, self.rpc_port).await?;
		Ok(())
	}

	/// # Errors
	/// When it has ended, with the end of its log.
	pub fn ensure_alive(&mut self) -> Result<()> {
		self.process.ensure_alive()
	}

	/// The end of its log.
	pub fn log_tail(&self) -> String {
		self.process.log_tail()
	}
}

fn url(rpc_port: u16) -> String {
	format!("ws://127.0.0.1:{rpc_port}")
}

async fn connect(process: &mut Process, rpc_port: u16) -> Result<Client> {
	let deadline = Instant::now() + START;
	loop {
		let connected = Client::connect(&url(rpc_port), Duration::from_secs(1)).await;
		process.ensure_alive()?;
		if connected.is_ok() || Instant::now() > deadline {
			return connected.with_context(|| format!("{} stays silent", process.name()));
		}
	}
}
