//! What each command does.

mod doctor;
mod experiment;
mod program;
mod status;

use crate::{
	chain::{client::Client, Call, Chain, ChainError, ClaimRange, SignerKind},
	cli::{ClaimArgs, Cli, Command, KeyArgs, KeysCommand, NodeArgs, RunArgs, SetUpArgs},
	error::{woppals, Error},
	heartbeat,
	keys::{self, AccountKey, KeyError, NodeKey},
	miner::{
		decide::Policy,
		lab::Lab,
		run::{Miner, Settings},
	},
	progress::Reporter,
	prove::RootLab,
	store::Store,
};
use std::{future::Future, sync::Arc, time::Duration};
use tracing::info;
use woppal_protocol::{
	api::REWARDS_PAGE, identity::ValidatorInfo, research::ProjectInfo, ValidatorId, H256,
};

/// Attempts to reach a node at the start.
const CONNECT_ATTEMPTS: u32 = 5;
/// Pause between them.
const CONNECT_PAUSE: Duration = Duration::from_secs(2);

/// Runs a command.
///
/// # Errors
/// [`Error`], whose exit code the process ends with.
pub async fn execute(cli: Cli) -> Result<(), Error> {
	match cli.command {
		Command::Run(args) => until_stopped(run(args, cli.json)).await,
		Command::Register(args) => until_stopped(register(args, cli.json)).await,
		Command::Experiment(args) => until_stopped(experiment::run(args, cli.json)).await,
		Command::Program(command) => {
			tokio::task::spawn_blocking(move || program::execute(command, cli.json)).await?
		},
		Command::Claim(args) => claim(args).await,
		Command::Status(args) => status::show(args, cli.json).await,
		Command::Keys(command) => manage_keys(command, cli.json),
		Command::Doctor(args) => doctor::check(args, cli.json).await,
	}
}

/// Runs until the work ends or the process is asked to stop, which is no failure.
async fn until_stopped(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
	let stopped = async {
		#[cfg(unix)]
		{
			use tokio::signal::unix::{signal, SignalKind};
			if let Ok(mut terminated) = signal(SignalKind::terminate()) {
				tokio::select! {
					_ = tokio::signal::ctrl_c() => {},
					_ = terminated.recv() => {},
				}
				return;
			}
		}
		let _ = tokio::signal::ctrl_c().await;
	};
	tokio::select! {
		result = work => result,
		() = stopped => {
			info!("stopped; the next run goes on from here");
			Ok(())
		},
	}
}

/// A client whose node answered and follows the chain that was asked for.
async fn connect(node: &NodeArgs, keys: &KeyArgs) -> Result<Client, Error> {
	let client = Client::new(&node.url, keys.load()?, node.genesis_hash);
	reach(&client).await?;
	Ok(client)
}

/// Waits a little for the node; returns its genesis hash.
async fn reach(client: &Client) -> Result<H256, Error> {
	let url = client.url().to_owned();
	let mut attempt = 1;
	loop {
		match client.genesis().await {
			Ok(genesis) => return Ok(genesis),
			Err(ChainError::WrongGenesis { expected, found }) => {
				return Err(Error::WrongGenesis { url, expected, found })
			},
			Err(source) if attempt >= CONNECT_ATTEMPTS => {
				return Err(Error::Unreachable { url, source })
			},
			Err(source) => {
				info!(attempt, "{source}");
				attempt += 1;
				tokio::time::sleep(CONNECT_PAUSE).await;
			},
		}
	}
}

/// The hot key, which must have been given.
fn hot_key(client: &Client) -> Result<&AccountKey, Error> {
	client.keys().hot.as_ref().ok_or(Error::Keys(KeyError::Missing))
}

/// A connected client, with a store that is bound to its node's chain.
struct Opened {
	client: Arc<Client>,
	store: Arc<Store>,
	node_key: NodeKey,
	hot: AccountKey,
	project: ProjectInfo,
}

impl Opened {
	/// Loads the keys, opens the store, reaches the node, finds the project.
	async fn new(args: &SetUpArgs) -> Result<Self, Error> {
		let keys = args.keys.load()?;
		let hot = keys.hot.clone().ok_or(KeyError::Missing)?;
		let base_path = args.base_path()?;
		let store = Store::open(&base_path)?;
		// A store that belongs to a chain stays with it.
		let stored = store.genesis()?;
		let expected = args.node.genesis_hash.or(stored);
		let client = Client::new(&args.node.url, keys, expected);
		let genesis = reach(&client).await?;
		match stored {
			None => store.set_genesis(&genesis)?,
			Some(expected) if expected != genesis => {
				let url = args.node.url.clone();
				return Err(Error::WrongGenesis { url, expected, found: genesis });
			},
			Some(_) => {},
		}
		let project =
			client.project(args.project).await?.ok_or(Error::UnknownProject(args.project))?;
		let node_key = NodeKey::load_or_generate(&base_path)?;
		info!(?genesis, hot = hot.address(), url = args.node.url, "connected");
		Ok(Self { client: Arc::new(client), store: Arc::new(store), node_key, hot, project })
	}

	/// A miner that works with this laboratory.
	fn miner<L: Lab>(
		&self,
		lab: L,
		search: Search,
		reporter: Reporter,
	) -> Result<Prepared<L>, Error> {
		let cold = self.client.keys().cold.as_ref().map(AccountKey::account);
		let settings = Settings {
			project: self.project.id,
			policy: Policy {
				max_experiments: search.max_experiments,
				has_cold_key: cold.is_some(),
				peer_id: self.node_key.peer_id(),
			},
			seed: search.seed.unwrap_or_else(rand::random),
			candidates: search.candidates,
			hot: self.hot.account(),
			cold,
			node_key: self.node_key.public(),
		};
		let (client, store) = (self.client.clone(), self.store.clone());
		let (miner, beating) =
			Miner::new(client.clone(), Arc::new(lab), store, settings, reporter)?;
		Ok(Prepared { client, miner, beating })
	}
}

/// What a miner tries, and for how long.
struct Search {
	seed: Option<u64>,
	candidates: u32,
	max_experiments: Option<u32>,
}

/// A miner on a connected client.
struct Prepared<L> {
	client: Arc<Client>,
	miner: Miner<Client, L>,
	beating: tokio::sync::watch::Receiver<Option<heartbeat::Beating>>,
}

impl<L: Lab> Prepared<L> {
	/// Works, and answers pulses meanwhile.
	async fn run(&mut self) -> Result<(), Error> {
		let heartbeats = tokio::spawn(heartbeat::run(self.client.clone(), self.beating.clone()));
		let result = self.miner.run().await;
		heartbeats.abort();
		result
	}
}

async fn prepare(args: &SetUpArgs, search: Search, json: bool) -> Result<Prepared<RootLab>, Error> {
	let opened = Opened::new(args).await?;
	let lab = RootLab::new(args.prover.settings()?)?;
	opened.miner(lab, search, Reporter::detect(json))
}

async fn run(args: RunArgs, json: bool) -> Result<(), Error> {
	let RunArgs { set_up, seed, candidates, max_experiments } = args;
	let search = Search { seed, candidates, max_experiments };
	prepare(&set_up, search, json).await?.run().await
}

async fn register(set_up: SetUpArgs, json: bool) -> Result<(), Error> {
	let search = Search { seed: None, candidates: 1, max_experiments: Some(0) };
	let Prepared { client, mut miner, .. } = prepare(&set_up, search, json).await?;
	miner.register().await?;
	let account = hot_key(&client)?.account();
	let id = client.validator_of(&account).await?.map(|v| v.id);
	if json {
		println!("{}", serde_json::json!({ "validator": id }));
	} else if let Some(id) = id {
		println!("validator {id} is registered, bonded and has a miner node");
	}
	Ok(())
}

/// The validator that was named, or the one whose key was given.
async fn find_validator(
	client: &Client,
	named: Option<ValidatorId>,
) -> Result<Option<ValidatorInfo>, Error> {
	match (named, &client.keys().hot) {
		(Some(id), _) => Ok(client.validator(id).await?),
		(None, Some(key)) => Ok(client.validator_of(&key.account()).await?),
		(None, None) => Ok(None),
	}
}

async fn claim(args: ClaimArgs) -> Result<(), Error> {
	let client = connect(&args.node, &args.keys).await?;
	let account = hot_key(&client)?.address();
	let Some(validator) = find_validator(&client, args.validator).await? else {
		return Err(Error::NotRegistered { account });
	};
	let mut total = 0u128;
	loop {
		let epoch = client.epoch().await?.index;
		let first = epoch.saturating_sub(REWARDS_PAGE.saturating_sub(1));
		let rewards = client.rewards(validator.id, first, REWARDS_PAGE).await?;
		let Some(ClaimRange { first, count, amount }) = ClaimRange::first_of(&rewards) else {
			break;
		};
		let call = Call::Claim { validator: validator.id, first_epoch: first, count };
		client.submit(SignerKind::Hot, call).await?;
		total = total.saturating_add(amount);
	}
	println!("claimed {} W for validator {}", woppals(&total), validator.id);
	Ok(())
}

fn manage_keys(command: KeysCommand, json: bool) -> Result<(), Error> {
	let show = |address: &str, phrase: Option<&str>| {
		if json {
			println!("{}", serde_json::json!({ "address": address, "phrase": phrase }));
		} else {
			println!("account: {address}");
			if let Some(phrase) = phrase {
				println!("recovery phrase: {phrase}");
			}
		}
	};
	match command {
		KeysCommand::Generate { out, password_file, phrase_file } => {
			let password = keys::read_password(&password_file)?;
			match phrase_file {
				None => {
					let (key, phrase) = keys::generate(&out, &password)?;
					show(&key.address(), Some(&phrase));
				},
				Some(file) => {
					let phrase = keys::read_password(&file)?;
					show(&keys::import(&out, &phrase, &password)?.address(), None);
				},
			}
		},
		KeysCommand::Show { keystore, password_file, phrase } => {
			let password = keys::read_password(&password_file)?;
			let key = keys::load(&keystore, &password)?;
			let words = if phrase { Some(keys::reveal(&keystore, &password)?) } else { None };
			show(&key.address(), words.as_deref());
		},
		KeysCommand::Inspect { keystore, suri } => {
			let address = match (keystore, suri) {
				(Some(path), _) => keys::inspect(&path)?,
				(None, Some(uri)) => AccountKey::from_uri(&uri)?.address(),
				(None, None) => return Err(Error::Keys(KeyError::Missing)),
			};
			show(&address, None);
		},
	}
	Ok(())
}
