//! The chain over RPC.
//!
//! Reads go through the runtime API `WoppalApi` at the best block, whose answers decode into the
//! shared types. Extrinsics are built dynamically from the chain's metadata, signed for the last
//! finalised block with the pool's next nonce, and watched until they are in a block. A connection that fails
//! is dropped; the next request makes a new one and checks that it leads to the same chain.

use super::{
	calls::Call, explain, view::ClaimRange, Chain, ChainError, Head, Included, SignerKind, View,
};
use crate::keys::AccountKey;
use codec::{Decode, Encode};
use std::{future::Future, sync::OnceLock, time::Duration};
use subxt::{
	backend::{BlockRef, LegacyBackend},
	config::{
		substrate::{SubstrateConfig, SubstrateExtrinsicParamsBuilder},
		RpcConfigFor,
	},
	error::{BackendError, DispatchError, ExtrinsicError, RpcError},
	rpcs::{methods::LegacyRpcMethods, Error as RpcsError, RpcClient},
	tx::{TransactionInBlock, TransactionProgress, TransactionStatus},
	Metadata, OnlineClient,
};
use tokio::{sync::Mutex, time::timeout};
use woppal_protocol::{
	api::{EpochInfo, NetworkInfo, OffenceInfo, PresenceInfo, Rewards, REWARDS_PAGE},
	gate::AuthoritiesInfo,
	identity::ValidatorInfo,
	research::{CircuitId, ExperimentInfo, LeaderboardEntry, ProjectInfo, StartInfo},
	stake::PoolId,
	AccountId32, Balance, EpochIndex, ExperimentId, KeyId, ProjectId, ValidatorId, H256,
};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an extrinsic may wait for its block.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(120);
/// Blocks for which a signature holds: short, so that what is lost is gone for good.
const MORTALITY_BLOCKS: u64 = 32;

type Rpc = LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>;
type Online = subxt::client::OnlineClientAtBlockImpl<SubstrateConfig>;
type ChainHash = subxt::config::HashFor<SubstrateConfig>;

/// The keys that sign.
#[derive(Clone, Debug, Default)]
pub struct Keys {
	/// Signs work.
	pub hot: Option<AccountKey>,
	/// Owns funds.
	pub cold: Option<AccountKey>,
}

#[derive(Clone)]
struct Connection {
	client: OnlineClient<SubstrateConfig>,
	rpc: Rpc,
	genesis: H256,
}

/// A client of one node.
pub struct Client {
	url: String,
	keys: Keys,
	expected_genesis: OnceLock<H256>,
	connection: Mutex<Option<Connection>>,
	/// Held from reading a nonce until the pool has the extrinsic.
	signing: Mutex<()>,
}

/// A block to ask about.
#[derive(Clone, Copy, Debug)]
struct At(ChainHash);

/// What `System.Account` holds of an account.
#[derive(Decode)]
struct AccountRecord {
	_nonce: u32,
	_consumers: u32,
	_providers: u32,
	_sufficients: u32,
	free: Balance,
	reserved: Balance,
	frozen: Balance,
	_flags: u128,
}

fn from_chain(hash: ChainHash) -> H256 {
	H256(hash.0)
}

fn rpc_error(request: &'static str) -> impl FnOnce(RpcsError) -> ChainError {
	move |e| match e {
		RpcsError::User(_) => ChainError::Request { request, source: Box::new(e) },
		e => ChainError::connection(e),
	}
}

async fn in_time<R>(
	limit: Duration,
	doing: &'static str,
	work: impl Future<Output = Result<R, ChainError>>,
) -> Result<R, ChainError> {
	match timeout(limit, work).await {
		Ok(result) => result,
		Err(_) => Err(ChainError::Timeout { seconds: limit.as_secs(), doing }),
	}
}

impl Client {
	/// A client of the node at `url`; connects when it is first asked. If `genesis` is given, the node
	/// must follow that chain; else it must stay with the first chain it is found to follow.
	pub fn new(url: &str, keys: Keys, genesis: Option<H256>) -> Self {
		let expected_genesis = OnceLock::new();
		if let Some(hash) = genesis {
			let _ = expected_genesis.set(hash);
		}
		Self {
			url: url.to_owned(),
			keys,
			expected_genesis,
			connection: Mutex::new(None),
			signing: Mutex::new(()),
		}
	}

	/// The node's address.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// The keys that sign.
	pub fn keys(&self) -> &Keys {
		&self.keys
	}

	/// Hash of block 0 of the chain that the node follows.
	pub async fn genesis(&self) -> Result<H256, ChainError> {
		Ok(self.connection().await?.genesis)
	}

	async fn connection(&self) -> Result<Connection, ChainError> {
		let mut slot = self.connection.lock().await;
		if let Some(connection) = &*slot {
			return Ok(connection.clone());
		}
		let connection = in_time(CONNECT_TIMEOUT, "connecting", self.connect()).await?;
		let expected = *self.expected_genesis.get_or_init(|| connection.genesis);
		if expected != connection.genesis {
			return Err(ChainError::WrongGenesis { expected, found: connection.genesis });
		}
		*slot = Some(connection.clone());
		Ok(connection)
	}

	async fn connect(&self) -> Result<Connection, ChainError> {
		let rpc = RpcClient::from_insecure_url(&self.url).await.map_err(ChainError::connection)?;
		let backend = LegacyBackend::builder().build(rpc.clone());
		let client = OnlineClient::from_backend_with_config(
			SubstrateConfig::new(),
			std::sync::Arc::new(backend),
		)
		.await
		.map_err(ChainError::connection)?;
		let genesis = from_chain(client.genesis_hash());
		Ok(Connection { client, rpc: Rpc::new(rpc), genesis })
	}

	/// Does `work` with a connection and drops the connection if it failed.
	async fn with<R, F: Future<Output = Result<R, ChainError>>>(
		&self,
		doing: &'static str,
		limit: Duration,
		work: impl FnOnce(Connection) -> F,
	) -> Result<R, ChainError> {
		let connection = self.connection().await?;
		let result = in_time(limit, doing, work(connection)).await;
		if result.as_ref().is_err_and(ChainError::is_connection) {
			*self.connection.lock().await = None;
		}
		result
	}

	/// The account of a key.
	fn account(&self, signer: SignerKind) -> Option<AccountId32> {
		let key = match signer {
			SignerKind::Hot => &self.keys.hot,
			SignerKind::Cold => &self.keys.cold,
		};
		key.as_ref().map(AccountKey::account)
	}

	/// Free plancks that an account may spend or have held.
	pub async fn free_balance(&self, account: &AccountId32) -> Result<Balance, ChainError> {
		self.with("reading a balance", REQUEST_TIMEOUT, |c| async move {
			let head = c.best().await?;
			c.free_balance(At(head.0), account).await
		})
		.await
	}

	/// The network and where it is.
	pub async fn network(&self) -> Result<NetworkInfo, ChainError> {
		self.ask("WoppalApi_network", ()).await
	}

	/// The current epoch.
	pub async fn epoch(&self) -> Result<EpochInfo, ChainError> {
		self.ask("WoppalApi_epoch", ()).await
	}

	/// The validator whose cold or hot key this is.
	pub async fn validator_of(
		&self,
		account: &AccountId32,
	) -> Result<Option<ValidatorInfo>, ChainError> {
		let id: Option<ValidatorId> = self.ask("WoppalApi_validator_of", account).await?;
		match id {
			Some(id) => self.ask("WoppalApi_validator", id).await,
			None => Ok(None),
		}
	}

	/// A validator.
	pub async fn validator(&self, id: ValidatorId) -> Result<Option<ValidatorInfo>, ChainError> {
		self.ask("WoppalApi_validator", id).await
	}

	/// A validator's rewards.
	pub async fn rewards(
		&self,
		id: ValidatorId,
		first: EpochIndex,
		count: u32,
	) -> Result<Rewards, ChainError> {
		self.ask("WoppalApi_rewards", (id, first, count)).await
	}

	/// A validator's presence; `None` if it never sent a heartbeat.
	pub async fn presence(&self, id: ValidatorId) -> Result<Option<PresenceInfo>, ChainError> {
		self.ask("WoppalApi_presence", id).await
	}

	/// A validator's offences.
	pub async fn offences(&self, id: ValidatorId) -> Result<OffenceInfo, ChainError> {
		self.ask("WoppalApi_offences", id).await
	}

	/// The block authors and who wants to become one.
	pub async fn authorities(&self) -> Result<AuthoritiesInfo, ChainError> {
		self.ask("WoppalApi_authorities", ()).await
	}

	/// A project.
	pub async fn project(&self, id: ProjectId) -> Result<Option<ProjectInfo>, ChainError> {
		self.ask("WoppalApi_project", id).await
	}

	/// Blake2-256 of a verifying key.
	pub async fn key_hash(&self, id: KeyId) -> Result<Option<H256>, ChainError> {
		self.with("reading a verifying key", REQUEST_TIMEOUT, |c| async move {
			let head = c.best().await?;
			c.key_hash(At(head.0), id).await
		})
		.await
	}

	/// Name and version of the node and version of its runtime.
	pub async fn versions(&self) -> Result<(String, String, u32), ChainError> {
		self.with("asking for versions", REQUEST_TIMEOUT, |c| async move {
			let name = c.rpc.system_name().await.map_err(rpc_error("system_name"))?;
			let version = c.rpc.system_version().await.map_err(rpc_error("system_version"))?;
			let head = c.best().await?;
			let at = c.at(head).await?;
			Ok((name, version, at.spec_version()))
		})
		.await
	}

	async fn ask<R: Decode>(
		&self,
		api: &'static str,
		arguments: impl Encode,
	) -> Result<R, ChainError> {
		self.with(api, REQUEST_TIMEOUT, |c| async move {
			let head = c.best().await?;
			c.ask(At(head.0), api, arguments).await
		})
		.await
	}

	async fn read_view(
		&self,
		c: Connection,
		project: ProjectId,
		current: Option<ExperimentId>,
	) -> Result<Option<View>, ChainError> {
		let (hash, block) = c.best().await?;
		let at = At(hash);
		let network: NetworkInfo = c.ask(at, "WoppalApi_network", ()).await?;
		let Some(project) = c.ask::<Option<ProjectInfo>>(at, "WoppalApi_project", project).await?
		else {
			return Ok(None);
		};
		let hot = self.account(SignerKind::Hot).ok_or(ChainError::NoKey(SignerKind::Hot))?;
		let hot_free = c.free_balance(at, &hot).await?;
		let cold_free = match self.account(SignerKind::Cold) {
			Some(cold) => Some(c.free_balance(at, &cold).await?),
			None => None,
		};
		let id: Option<ValidatorId> = c.ask(at, "WoppalApi_validator_of", &hot).await?;
		let validator = match id {
			Some(id) => c.ask(at, "WoppalApi_validator", id).await?,
			None => None,
		};
		let mut view = View {
			block,
			finalized: c.finalized().await?.1,
			// The one that connecting checked: in block 0 the chain does not know it yet.
			genesis: c.genesis,
			parameters: network.parameters,
			hot,
			hot_free,
			cold_free,
			validator,
			key_hash: c.key_hash(at, project.spec.key).await?,
			best: c.experiment(at, project.best.map(|(id, _)| id)).await?,
			project,
			open_starts: Vec::new(),
			open_experiments: Vec::new(),
			current: c.experiment(at, current).await?,
			claimable: None,
			pool: None,
		};
		if let Some(id) = id {
			c.add_own_work(at, id, &mut view).await?;
		}
		Ok(Some(view))
	}

	async fn sign_and_watch(
		&self,
		c: &Connection,
		key: &AccountKey,
		call: &Call,
	) -> Result<TransactionProgress<SubstrateConfig, Online>, ChainError> {
		let _one_nonce_at_a_time = self.signing.lock().await;
		let best = c.best().await?;
		let at = c.at(best).await?;
		let tx = at.transactions();
		let data = call_data(at.metadata_ref(), call)?;
		let unknown = |reason: String| ChainError::UnknownCall { call: call.name(), reason };
		let payload = tx.from_call_data_bytes(&data).map_err(|e| unknown(e.to_string()))?;
		let account = key.pair.public_key().to_account_id();
		let nonce = c
			.rpc
			.system_account_next_index(&account)
			.await
			.map_err(rpc_error("system_accountNextIndex"))?;
		let (hash, number) = c.birth(best).await?;
		let params = SubstrateExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.mortal_from_unchecked(MORTALITY_BLOCKS, number.into(), hash)
			.nonce(nonce)
			.build();
		tx.create_signable_offline(&payload, params)
			.and_then(|mut signable| signable.sign(&key.pair))
			.map_err(|e| unknown(e.to_string()))?
			.submit_and_watch()
			.await
			.map_err(|e| submission_error(call, e))
	}
}

impl Connection {
	async fn best(&self) -> Result<(ChainHash, u32), ChainError> {
		// By hash first: hash and header then belong together.
		let gone = || ChainError::Connection("the node has no best block".into());
		let hash = self
			.rpc
			.chain_get_block_hash(None)
			.await
			.map_err(rpc_error("chain_getBlockHash"))?
			.ok_or_else(gone)?;
		Ok((hash, self.height(hash).await?))
	}

	async fn height(&self, hash: ChainHash) -> Result<u32, ChainError> {
		let header = self
			.rpc
			.chain_get_header(Some(hash))
			.await
			.map_err(rpc_error("chain_getHeader"))?
			.ok_or_else(|| ChainError::Connection("the node dropped its best block".into()))?;
		Ok(u32::try_from(header.number).unwrap_or(u32::MAX))
	}

	async fn finalized(&self) -> Result<(ChainHash, u32), ChainError> {
		let hash = self
			.rpc
			.chain_get_finalized_head()
			.await
			.map_err(rpc_error("chain_getFinalizedHead"))?;
		Ok((hash, self.height(hash).await?))
	}

	/// The block from which a signature holds. A fork can't take the last finalised one away; where
	/// finality trails so far that the signature would soon be over, it is the best one.
	async fn birth(&self, best: (ChainHash, u32)) -> Result<(ChainHash, u32), ChainError> {
		let finalized = self.finalized().await?;
		let trails = u64::from(best.1.saturating_sub(finalized.1)) > MORTALITY_BLOCKS / 2;
		Ok(if trails { best } else { finalized })
	}

	async fn at(
		&self,
		(hash, number): (ChainHash, u32),
	) -> Result<subxt::client::OnlineClientAtBlock<SubstrateConfig>, ChainError> {
		self.client
			.at_block_hash_and_number(BlockRef::from_hash(hash), number.into())
			.await
			.map_err(ChainError::connection)
	}

	async fn ask<R: Decode>(
		&self,
		at: At,
		api: &'static str,
		arguments: impl Encode,
	) -> Result<R, ChainError> {
		let bytes = self
			.rpc
			.state_call(api, Some(&arguments.encode()), Some(at.0))
			.await
			.map_err(rpc_error(api))?;
		R::decode(&mut &*bytes).map_err(|source| ChainError::Answer { api, source })
	}

	async fn experiment(
		&self,
		at: At,
		id: Option<ExperimentId>,
	) -> Result<Option<ExperimentInfo>, ChainError> {
		match id {
			Some(id) => self.ask(at, "WoppalApi_experiment", id).await,
			None => Ok(None),
		}
	}

	async fn free_balance(&self, at: At, account: &AccountId32) -> Result<Balance, ChainError> {
		let id: &[u8] = account.as_ref();
		let mut key = sp_crypto_hashing::blake2_128(id).to_vec();
		key.extend(id);
		let bytes = self.storage(at, "System", "Account", &key).await?;
		let Some(bytes) = bytes else { return Ok(0) };
		let record = AccountRecord::decode(&mut &*bytes)
			.map_err(|source| ChainError::Answer { api: "System.Account", source })?;
		// What is frozen may overlap with what is held.
		let frozen = record.frozen.saturating_sub(record.reserved);
		Ok(record.free.saturating_sub(frozen))
	}

	/// Hash of a verifying key, which `AgentCommit.Keys` holds after its circuit and transcript.
	async fn key_hash(&self, at: At, id: KeyId) -> Result<Option<H256>, ChainError> {
		let mut key = sp_crypto_hashing::twox_64(&id.encode()).to_vec();
		key.extend(id.encode());
		let Some(bytes) = self.storage(at, "AgentCommit", "Keys", &key).await? else {
			return Ok(None);
		};
		let (_, _, hash) = <(CircuitId, H256, H256)>::decode(&mut &*bytes)
			.map_err(|source| ChainError::Answer { api: "AgentCommit.Keys", source })?;
		Ok(Some(hash))
	}

	/// A map's entry; `key` is the hashed key.
	async fn storage(
		&self,
		at: At,
		pallet: &str,
		item: &str,
		key: &[u8],
	) -> Result<Option<Vec<u8>>, ChainError> {
		let prefix = [pallet, item].map(|name| sp_crypto_hashing::twox_128(name.as_bytes()));
		let full = [&prefix.concat(), key].concat();
		self.rpc.state_get_storage(&full, Some(at.0)).await.map_err(rpc_error("state_getStorage"))
	}

	/// What the validator has open, what it may claim, and its pool.
	async fn add_own_work(
		&self,
		at: At,
		id: ValidatorId,
		view: &mut View,
	) -> Result<(), ChainError> {
		view.open_starts = self.ask::<Vec<StartInfo>>(at, "WoppalApi_open_starts", id).await?;
		for open in self.ask::<Vec<ExperimentId>>(at, "WoppalApi_open_experiments", id).await? {
			match view.current.as_ref().filter(|current| current.id == open) {
				Some(current) => view.open_experiments.push(current.clone()),
				None => view.open_experiments.extend(self.experiment(at, Some(open)).await?),
			}
		}
		let first = view.epoch().saturating_sub(REWARDS_PAGE.saturating_sub(1));
		let rewards: Rewards = self.ask(at, "WoppalApi_rewards", (id, first, REWARDS_PAGE)).await?;
		view.claimable = ClaimRange::first_of(&rewards);
		view.pool = Some(self.ask(at, "WoppalApi_pool", PoolId::Validator(id)).await?);
		Ok(())
	}
}

impl Chain for Client {
	async fn head(&self) -> Result<Head, ChainError> {
		self.with("asking for the best block", REQUEST_TIMEOUT, |c| async move {
			let (hash, number) = c.best().await?;
			Ok(Head { number, hash: from_chain(hash), finalized: c.finalized().await?.1 })
		})
		.await
	}

	async fn view(
		&self,
		project: ProjectId,
		current: Option<ExperimentId>,
	) -> Result<Option<View>, ChainError> {
		self.with("reading the chain's state", REQUEST_TIMEOUT, |c| {
			self.read_view(c, project, current)
		})
		.await
	}

	async fn experiment(&self, id: ExperimentId) -> Result<Option<ExperimentInfo>, ChainError> {
		self.ask("WoppalApi_experiment", id).await
	}

	async fn leaderboard(
		&self,
		project: ProjectId,
		page: u32,
	) -> Result<Vec<LeaderboardEntry>, ChainError> {
		self.ask("WoppalApi_leaderboard", (project, page)).await
	}

	async fn submit(&self, signer: SignerKind, call: Call) -> Result<Included, ChainError> {
		let key = match signer {
			SignerKind::Hot => &self.keys.hot,
			SignerKind::Cold => &self.keys.cold,
		};
		let key = key.as_ref().ok_or(ChainError::NoKey(signer))?;
		self.with("waiting for an extrinsic's block", INCLUSION_TIMEOUT, |c| async move {
			let progress = self.sign_and_watch(&c, key, &call).await?;
			watch(progress, &call).await
		})
		.await
	}
}

/// The call's bytes, after its name and fields were checked against the metadata.
fn call_data(metadata: &Metadata, call: &Call) -> Result<Vec<u8>, ChainError> {
	let (pallet_name, call_name, fields) = call.signature();
	let unknown = |reason: String| ChainError::UnknownCall { call: call.name(), reason };
	let pallet = metadata
		.pallet_by_name(pallet_name)
		.ok_or_else(|| unknown(format!("there is no pallet {pallet_name}")))?;
	let variant = pallet
		.call_variant_by_name(call_name)
		.ok_or_else(|| unknown(format!("pallet {pallet_name} has no call {call_name}")))?;
	let found: Vec<&str> =
		variant.fields.iter().map(|f| f.name.as_deref().unwrap_or_default()).collect();
	if found != fields {
		return Err(unknown(format!("its fields are {found:?}, not {fields:?}")));
	}
	let mut bytes = vec![pallet.call_index(), variant.index];
	bytes.extend(call.encode_arguments());
	Ok(bytes)
}

/// Waits until an extrinsic is in a block of the best chain.
async fn watch(
	mut progress: TransactionProgress<SubstrateConfig, Online>,
	call: &Call,
) -> Result<Included, ChainError> {
	let invalid = |reason: String| ChainError::Invalid { call: call.name(), reason };
	while let Some(status) = progress.next().await {
		match status.map_err(ChainError::connection)? {
			TransactionStatus::InBestBlock(found) | TransactionStatus::InFinalizedBlock(found) => {
				return included(found, call).await
			},
			TransactionStatus::Error { message }
			| TransactionStatus::Invalid { message }
			| TransactionStatus::Dropped { message } => return Err(invalid(message)),
			TransactionStatus::Validated
			| TransactionStatus::Broadcasted
			| TransactionStatus::NoLongerInBestBlock => {},
		}
	}
	Err(ChainError::Connection("the node stopped reporting on an extrinsic".into()))
}

async fn included(
	found: TransactionInBlock<SubstrateConfig, Online>,
	call: &Call,
) -> Result<Included, ChainError> {
	let at = found.at().await.map_err(ChainError::connection)?;
	let block = u32::try_from(at.block_number()).unwrap_or(u32::MAX);
	let events = found.fetch_events().await.map_err(ChainError::connection)?;
	let mut names = Vec::new();
	for event in events.iter() {
		let event = event.map_err(ChainError::connection)?;
		let (pallet, name) = (event.pallet_name(), event.event_name());
		if (pallet, name) == ("System", "ExtrinsicFailed") {
			let error = DispatchError::decode_from(event.field_bytes(), at.metadata())
				.map_err(ChainError::connection)?;
			return Err(refused(call, &error));
		}
		names.push(format!("{pallet}.{name}"));
	}
	Ok(Included { block, events: names })
}

fn refused(call: &Call, error: &DispatchError) -> ChainError {
	let error = match error {
		DispatchError::Module(module) => module.details_string(),
		other => other.to_string(),
	};
	ChainError::Refused { call: call.name(), advice: explain::advice(&error), error }
}

/// The pool's refusal, or a lost connection.
fn submission_error(call: &Call, error: ExtrinsicError) -> ChainError {
	match error {
		ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(RpcError::ClientError(
			RpcsError::User(user),
		))) => {
			let data = user.data.as_ref().map(|d| format!(": {}", d.get())).unwrap_or_default();
			let reason = format!("{}{data}", user.message);
			ChainError::Invalid { call: call.name(), reason }
		},
		other => ChainError::connection(other),
	}
}
