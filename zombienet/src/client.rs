//! Reads a node over its RPC: heads, issuance, and the `WoppalApi` runtime API.

use anyhow::{Context, Result};
use codec::{Decode, Encode};
use serde::Deserialize;
use std::time::{Duration, Instant};
use subxt::rpcs::{rpc_params, RpcClient};
use woppal_protocol::{
	api::{EpochInfo, NetworkInfo, Rewards},
	gate::AuthoritiesInfo,
	identity::ValidatorInfo,
	research::{ExperimentInfo, LeaderboardEntry, ProjectInfo},
	stake::{PoolId, PoolInfo},
	Balance, BlockNumber, EpochIndex, ExperimentId, ProjectId, ValidatorId,
};

/// A connection to one node.
#[derive(Clone)]
pub struct Client(RpcClient);

#[derive(Deserialize)]
struct Header {
	number: String,
}

fn number(header: &Header) -> Result<BlockNumber> {
	BlockNumber::from_str_radix(header.number.trim_start_matches("0x"), 16)
		.with_context(|| format!("block number {}", header.number))
}

impl Client {
	/// Connects, trying again until `limit` has passed.
	///
	/// # Errors
	/// The last connection error.
	pub async fn connect(url: &str, limit: Duration) -> Result<Self> {
		let deadline = Instant::now() + limit;
		loop {
			match RpcClient::from_insecure_url(url).await {
				Ok(client) => return Ok(Self(client)),
				Err(e) if Instant::now() > deadline => {
					return Err(e).with_context(|| format!("no node answers at {url}"))
				},
				Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
			}
		}
	}

	/// The node's peer id.
	///
	/// # Errors
	/// When the node does not answer.
	pub async fn peer_id(&self) -> Result<String> {
		Ok(self.0.request("system_localPeerId", rpc_params![]).await?)
	}

	/// Height of the best block.
	pub async fn best(&self) -> Result<BlockNumber> {
		number(&self.0.request("chain_getHeader", rpc_params![]).await?)
	}

	/// Height of the last finalised block.
	pub async fn finalized(&self) -> Result<BlockNumber> {
		let hash: String = self.0.request("chain_getFinalizedHead", rpc_params![]).await?;
		number(&self.0.request("chain_getHeader", rpc_params![hash]).await?)
	}

	/// Calls a runtime API at the best block.
	async fn call<T: Decode>(&self, function: &str, args: &impl Encode) -> Result<T> {
		let args = format!("0x{}", hex::encode(args.encode()));
		let name = format!("WoppalApi_{function}");
		let answer: String = self
			.0
			.request("state_call", rpc_params![name, args])
			.await
			.with_context(|| format!("runtime API {function}"))?;
		let bytes = hex::decode(answer.trim_start_matches("0x"))?;
		T::decode(&mut &bytes[..]).with_context(|| format!("answer of runtime API {function}"))
	}

	/// Tokens in existence, in plancks, from the storage of the balances pallet.
	pub async fn issuance(&self) -> Result<Balance> {
		// twox128("Balances") ++ twox128("TotalIssuance")
		const KEY: &str = "0xc2261276cc9d1f8598ea4b6a74b15c2f57c875e4cff74148e4628f264b974c80";
		let value: String = self.0.request("state_getStorage", rpc_params![KEY]).await?;
		let bytes = hex::decode(value.trim_start_matches("0x"))?;
		Balance::decode(&mut &bytes[..]).context("total issuance")
	}

	/// See `WoppalApi::network`.
	pub async fn network(&self) -> Result<NetworkInfo> {
		self.call("network", &()).await
	}

	/// See `WoppalApi::epoch`.
	pub async fn epoch(&self) -> Result<EpochInfo> {
		self.call("epoch", &()).await
	}

	/// See `WoppalApi::validator`.
	pub async fn validator(&self, id: ValidatorId) -> Result<Option<ValidatorInfo>> {
		self.call("validator", &id).await
	}

	/// See `WoppalApi::rewards`.
	pub async fn rewards(&self, id: ValidatorId, first: EpochIndex, count: u32) -> Result<Rewards> {
		self.call("rewards", &(id, first, count)).await
	}

	/// See `WoppalApi::pool`.
	pub async fn pool(&self, id: PoolId) -> Result<PoolInfo> {
		self.call("pool", &id).await
	}

	/// See `WoppalApi::authorities`.
	pub async fn authorities(&self) -> Result<AuthoritiesInfo> {
		self.call("authorities", &()).await
	}

	/// See `WoppalApi::project`.
	pub async fn project(&self, id: ProjectId) -> Result<Option<ProjectInfo>> {
		self.call("project", &id).await
	}

	/// See `WoppalApi::experiment`.
	pub async fn experiment(&self, id: ExperimentId) -> Result<Option<ExperimentInfo>> {
		self.call("experiment", &id).await
	}

	/// See `WoppalApi::leaderboard`.
	pub async fn leaderboard(&self, id: ProjectId, page: u32) -> Result<Vec<LeaderboardEntry>> {
		self.call("leaderboard", &(id, page)).await
	}
}
