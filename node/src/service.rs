//! How the parts of a node are put together: storage, pool, BABE, GRANDPA, network, RPC.

use std::sync::Arc;

use futures::FutureExt;
use sc_client_api::{Backend as _, BlockBackend};
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::SharedVoterState;
use sc_network::{config::FullNetworkConfiguration, NetworkBackend, NotificationService};
use sc_service::{
	error::Error as ServiceError, Configuration, PartialComponents, TaskManager, WarpSyncConfig,
};
use sc_telemetry::{Telemetry, TelemetryHandle, TelemetryWorker};
use sc_transaction_pool::TransactionPoolHandle;
use sc_transaction_pool_api::{OffchainTransactionPoolFactory, RejectAllTxPool};
use sc_utils::mpsc::TracingUnboundedSender;
use sp_consensus_babe::inherents::BabeCreateInherentDataProviders;
use sp_runtime::traits::Block as BlockT;
use woppal_runtime::{apis::RuntimeApi, opaque::Block};

use crate::{equivocations, rpc};

/// Every host function that the runtime may call: the one tuple for every executor of this binary.
#[cfg(not(feature = "runtime-benchmarks"))]
pub(crate) type HostFunctions = (sp_io::SubstrateHostFunctions, woppal_host::host::HostFunctions);
/// Every host function that the runtime may call: the one tuple for every executor of this binary.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) type HostFunctions = (
	sp_io::SubstrateHostFunctions,
	woppal_host::host::HostFunctions,
	frame_benchmarking::benchmarking::HostFunctions,
);

pub(crate) type Executor = sc_executor::WasmExecutor<HostFunctions>;
pub(crate) type FullClient = sc_service::TFullClient<Block, RuntimeApi, Executor>;
pub(crate) type FullBackend = sc_service::TFullBackend<Block>;
type FullPool = TransactionPoolHandle<Block, FullClient>;
type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;
type FullGrandpaBlockImport =
	sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
type FullGrandpaLink = sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>;
type FullBabeBlockImport = equivocations::Watched<
	sc_consensus_babe::BabeBlockImport<
		Block,
		FullClient,
		FullGrandpaBlockImport,
		BabeCreateInherentDataProviders<Block>,
		FullSelectChain,
	>,
>;

/// Blocks between two stored GRANDPA justifications on a quiet chain. The usual 512 leaves a small
/// chain without a recent one: light clients and warp sync then start far back.
const JUSTIFICATION_PERIOD: u32 = 64;

/// What [`new_partial`] makes beside the usual parts.
pub(crate) struct Consensus {
	block_import: FullBabeBlockImport,
	grandpa_link: FullGrandpaLink,
	babe_link: BabeLink<Block>,
	babe_worker_handle: BabeWorkerHandle<Block>,
	telemetry: Option<Telemetry>,
}

type Partial = PartialComponents<
	FullClient,
	FullBackend,
	FullSelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	FullPool,
	Consensus,
>;

fn start_telemetry(
	config: &Configuration,
) -> Result<Option<(TelemetryWorker, Telemetry)>, sc_telemetry::Error> {
	config
		.telemetry_endpoints
		.clone()
		.filter(|x| !x.is_empty())
		.map(|endpoints| {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()
}

fn inherent_data_providers(
	slot_duration: sp_consensus_babe::SlotDuration,
) -> BabeCreateInherentDataProviders<Block> {
	Arc::new(move |_, _| async move {
		let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
		let slot =
			sp_consensus_babe::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
				*timestamp,
				slot_duration,
			);
		Ok((slot, timestamp))
	})
}

/// The database and what reads it.
type Opened = (
	Arc<FullClient>,
	Arc<FullBackend>,
	sc_service::KeystoreContainer,
	TaskManager,
	Option<Telemetry>,
);

fn open(config: &Configuration) -> Result<Opened, ServiceError> {
	let telemetry = start_telemetry(config)?;
	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			Default::default(),
		)?;
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	Ok((Arc::new(client), backend, keystore_container, task_manager, telemetry))
}

/// The parts that every subcommand with a database needs.
pub(crate) fn new_partial(config: &Configuration) -> Result<Partial, ServiceError> {
	let (client, backend, keystore_container, task_manager, telemetry) = open(config)?;
	let telemetry_handle: Option<TelemetryHandle> = telemetry.as_ref().map(|x| x.handle());

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_block_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry_handle.clone(),
	)?;
	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_block_import.clone(),
		client.clone(),
		inherent_data_providers(slot_duration),
		select_chain.clone(),
		// Its reports lack the seals.
		OffchainTransactionPoolFactory::new(RejectAllTxPool::default()),
	)?;
	let (block_import, reporter) = equivocations::watch(
		block_import,
		client.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	);
	task_manager.spawn_handle().spawn_blocking(
		"equivocation-reporter",
		Some("babe"),
		reporter.run(),
	);
	let (import_queue, babe_worker_handle) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			block_import: block_import.clone(),
			justification_import: Some(Box::new(grandpa_block_import)),
			client: client.clone(),
			slot_duration,
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			telemetry: telemetry_handle,
		})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: Consensus { block_import, grandpa_link, babe_link, babe_worker_handle, telemetry },
	})
}

/// Everything that the authoring and voting tasks of a running node need.
struct Running {
	client: Arc<FullClient>,
	select_chain: FullSelectChain,
	transaction_pool: Arc<FullPool>,
	keystore: sp_keystore::KeystorePtr,
	network: Arc<dyn sc_network::service::traits::NetworkService>,
	sync_service: Arc<sc_network_sync::SyncingService<Block>>,
	role: sc_service::Role,
	name: String,
	force_authoring: bool,
	prometheus_registry: Option<substrate_prometheus_endpoint::Registry>,
	telemetry: Option<TelemetryHandle>,
}

impl Running {
	/// Authors blocks.
	fn spawn_babe(
		&self,
		task_manager: &TaskManager,
		block_import: FullBabeBlockImport,
		babe_link: BabeLink<Block>,
	) -> Result<(), ServiceError> {
		let proposer_factory = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			self.client.clone(),
			self.transaction_pool.clone(),
			self.prometheus_registry.as_ref(),
			self.telemetry.clone(),
		);
		let slot_duration = babe_link.config().slot_duration();
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: self.keystore.clone(),
			client: self.client.clone(),
			select_chain: self.select_chain.clone(),
			env: proposer_factory,
			block_import,
			sync_oracle: self.sync_service.clone(),
			justification_sync_link: self.sync_service.clone(),
			create_inherent_data_providers: inherent_data_providers(slot_duration),
			force_authoring: self.force_authoring,
			// Authors slow down while finality lags far behind, so that an unfinalised chain
			// doesn't grow without bound.
			backoff_authoring_blocks: Some(
				sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging::default(),
			),
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(0.5),
			max_block_proposal_slot_portion: None,
			telemetry: self.telemetry.clone(),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking(
			"babe-proposer",
			Some("block-authoring"),
			babe,
		);
		Ok(())
	}

	/// Votes on finality, or follows the votes where the node holds no key.
	fn spawn_grandpa(
		&self,
		task_manager: &TaskManager,
		link: FullGrandpaLink,
		protocol_name: sc_network::ProtocolName,
		notification_service: Box<dyn NotificationService>,
		shared_voter_state: SharedVoterState,
	) -> Result<(), ServiceError> {
		let keystore = self.role.is_authority().then(|| self.keystore.clone());
		let config = sc_consensus_grandpa::Config {
			gossip_duration: std::time::Duration::from_millis(333),
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(self.name.clone()),
			observer_enabled: false,
			keystore,
			local_role: self.role,
			telemetry: self.telemetry.clone(),
			protocol_name,
		};
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config,
			link,
			network: self.network.clone(),
			sync: self.sync_service.clone(),
			notification_service,
			voting_rule: sc_consensus_grandpa::VotingRulesBuilder::default().build(),
			prometheus_registry: self.prometheus_registry.clone(),
			shared_voter_state,
			telemetry: self.telemetry.clone(),
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(
				self.transaction_pool.clone(),
			),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
		Ok(())
	}

	/// Runs the runtime's off-chain hook after each block.
	fn spawn_offchain_workers(
		&self,
		task_manager: &TaskManager,
		backend: &FullBackend,
	) -> Result<(), ServiceError> {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: self.client.clone(),
			is_validator: self.role.is_authority(),
			keystore: Some(self.keystore.clone()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(
				self.transaction_pool.clone(),
			)),
			network_provider: Arc::new(self.network.clone()),
			enable_http_requests: false,
			custom_extensions: |_| vec![],
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers.run(self.client.clone(), task_manager.spawn_handle()).boxed(),
		);
		Ok(())
	}
}

/// What the running network gives to the rest of the node.
struct NetworkParts {
	network: Arc<dyn sc_network::service::traits::NetworkService>,
	system_rpc_tx: TracingUnboundedSender<sc_rpc::system::Request<Block>>,
	tx_handler_controller:
		sc_network_transactions::TransactionsHandlerController<<Block as BlockT>::Hash>,
	sync_service: Arc<sc_network_sync::SyncingService<Block>>,
	grandpa_protocol_name: sc_network::ProtocolName,
	grandpa_notifications: Box<dyn NotificationService>,
}

/// Starts the network with block sync, warp sync and GRANDPA's protocol.
fn start_network<N: NetworkBackend<Block, <Block as BlockT>::Hash>>(
	config: &Configuration,
	client: &Arc<FullClient>,
	backend: &Arc<FullBackend>,
	transaction_pool: &Arc<FullPool>,
	import_queue: sc_consensus::DefaultImportQueue<Block>,
	grandpa_link: &FullGrandpaLink,
	task_manager: &TaskManager,
) -> Result<NetworkParts, ServiceError> {
	let mut net_config = FullNetworkConfiguration::<Block, <Block as BlockT>::Hash, N>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let metrics = N::register_notification_metrics(config.prometheus_registry());
	let genesis_hash =
		client.block_hash(0)?.ok_or_else(|| ServiceError::Other("block 0 is missing".into()))?;
	let grandpa_protocol_name =
		sc_consensus_grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
	let (grandpa_protocol_config, grandpa_notifications) =
		sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
			grandpa_protocol_name.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
	net_config.add_notification_protocol(grandpa_protocol_config);
	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::default(),
	));
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;
	Ok(NetworkParts {
		network,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		grandpa_protocol_name,
		grandpa_notifications,
	})
}

type RpcBuilder = Box<
	dyn Fn(sc_rpc::SubscriptionTaskExecutor) -> Result<jsonrpsee::RpcModule<()>, sc_service::Error>,
>;

/// Builds the RPC methods, once for each server.
fn rpc_builder(
	client: Arc<FullClient>,
	backend: Arc<FullBackend>,
	pool: Arc<FullPool>,
	select_chain: FullSelectChain,
	babe: rpc::BabeDeps,
	grandpa_link: &FullGrandpaLink,
	shared_voter_state: SharedVoterState,
) -> RpcBuilder {
	let shared_authority_set = grandpa_link.shared_authority_set().clone();
	let grandpa = rpc::GrandpaDeps {
		shared_voter_state,
		justification_stream: grandpa_link.justification_stream(),
		finality_provider: sc_consensus_grandpa::FinalityProofProvider::new_for_service(
			backend,
			Some(shared_authority_set.clone()),
		),
		shared_authority_set,
	};
	Box::new(move |subscription_executor| {
		rpc::create_full(rpc::FullDeps {
			client: client.clone(),
			pool: pool.clone(),
			select_chain: select_chain.clone(),
			babe: babe.clone(),
			grandpa: grandpa.clone(),
			subscription_executor,
		})
		.map_err(Into::into)
	})
}

/// Builds and starts a full node; it runs as long as the returned tasks.
pub(crate) fn new_full<N: NetworkBackend<Block, <Block as BlockT>::Hash>>(
	config: Configuration,
) -> Result<TaskManager, ServiceError> {
	let mut partial = new_partial(&config)?;
	let import_queue = partial.import_queue;
	let (client, pool, keystore) =
		(partial.client, partial.transaction_pool, partial.keystore_container.keystore());
	let Consensus { block_import, grandpa_link, babe_link, babe_worker_handle, mut telemetry } =
		partial.other;
	let parts = start_network::<N>(
		&config,
		&client,
		&partial.backend,
		&pool,
		import_queue,
		&grandpa_link,
		&partial.task_manager,
	)?;
	let running = Running {
		client: client.clone(),
		select_chain: partial.select_chain.clone(),
		transaction_pool: pool.clone(),
		keystore: keystore.clone(),
		network: parts.network.clone(),
		sync_service: parts.sync_service.clone(),
		role: config.role,
		name: config.network.node_name.clone(),
		force_authoring: config.force_authoring,
		prometheus_registry: config.prometheus_registry().cloned(),
		telemetry: telemetry.as_ref().map(|x| x.handle()),
	};
	if config.offchain_worker.enabled {
		running.spawn_offchain_workers(&partial.task_manager, &partial.backend)?;
	}

	let enable_grandpa = !config.disable_grandpa;
	let voter_state = SharedVoterState::empty();
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		network: parts.network,
		client: client.clone(),
		keystore: keystore.clone(),
		task_manager: &mut partial.task_manager,
		transaction_pool: pool.clone(),
		rpc_builder: rpc_builder(
			client,
			partial.backend.clone(),
			pool,
			partial.select_chain,
			rpc::BabeDeps { worker_handle: babe_worker_handle, keystore },
			&grandpa_link,
			voter_state.clone(),
		),
		backend: partial.backend,
		system_rpc_tx: parts.system_rpc_tx,
		tx_handler_controller: parts.tx_handler_controller,
		sync_service: parts.sync_service,
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	let (name, notifications) = (parts.grandpa_protocol_name, parts.grandpa_notifications);
	if running.role.is_authority() {
		running.spawn_babe(&partial.task_manager, block_import, babe_link)?;
	}
	if enable_grandpa {
		let tasks = &partial.task_manager;
		running.spawn_grandpa(tasks, grandpa_link, name, notifications, voter_state)?;
	}
	Ok(partial.task_manager)
}
