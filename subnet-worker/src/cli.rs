//! The command line.

use crate::{
	error::Error,
	keys::{self, AccountKey, KeyError},
	program::Circuit,
	prove::ProverSettings,
};
use clap::{Args, Parser, Subcommand};
use std::{
	num::{NonZeroU32, NonZeroUsize},
	path::{Path, PathBuf},
};
use woppal_protocol::{research::MAX_SEGMENTS, ExperimentId, ProjectId, ValidatorId, H256};

/// Woppal's miner: trains, proves, publishes and claims.
///
/// Exit codes: 0 done, 2 command line, 3 node unreachable, 4 wrong chain, 5 keys, 6 project,
/// 7 balance, 8 files and store, 9 refused by the chain, 10 training or proving, 11 doctor,
/// 12 a program or a proof bundle is refused.
#[derive(Debug, Parser)]
#[command(name = "subnet-worker", version)]
pub struct Cli {
	/// Log, and print results, as JSON.
	#[arg(long, global = true)]
	pub json: bool,
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Mine: experiment, prove, claim, until stopped.
	Run(RunArgs),
	/// Register validator, bond and miner node, as far as they are missing.
	Register(SetUpArgs),
	/// Do one experiment of any project: start, commit, prove, report.
	Experiment(ExperimentArgs),
	/// Check, run and prove an evaluator of your own, without a node.
	#[command(subcommand)]
	Program(ProgramCommand),
	/// Claim all rewards of a validator.
	Claim(ClaimArgs),
	/// Show the network, the project and a validator.
	Status(StatusArgs),
	/// Make and look at keys.
	#[command(subcommand)]
	Keys(KeysCommand),
	/// Check node, chain, keys, funds and folders.
	Doctor(SetUpArgs),
}

/// Which node to ask.
#[derive(Clone, Debug, Args)]
pub struct NodeArgs {
	/// WebSocket address of the node.
	#[arg(long, env = "WOPPAL_URL", default_value = "ws://127.0.0.1:9944", value_parser = parse_url)]
	pub url: String,
	/// Hash of block 0 that the node's chain must have.
	#[arg(long, value_parser = parse_hash)]
	pub genesis_hash: Option<H256>,
}

/// The keys that sign.
#[derive(Clone, Debug, Default, Args)]
pub struct KeyArgs {
	/// Secret URI of the hot key, for development (such as `//Alice`). Its cold key is then
	/// `<suri>//stash` unless another one is given.
	#[arg(long, conflicts_with = "keystore")]
	pub suri: Option<String>,
	/// Keystore file of the hot key.
	#[arg(long, env = "WOPPAL_KEYSTORE")]
	pub keystore: Option<PathBuf>,
	/// Secret URI of the cold key, for development.
	#[arg(long, conflicts_with = "cold_keystore")]
	pub cold_suri: Option<String>,
	/// Keystore file of the cold key: needed to register only.
	#[arg(long)]
	pub cold_keystore: Option<PathBuf>,
	/// File whose first line is the keystores' password.
	#[arg(long, env = "WOPPAL_PASSWORD_FILE")]
	pub password_file: Option<PathBuf>,
}

/// What `register` and `doctor` need.
#[derive(Clone, Debug, Args)]
pub struct SetUpArgs {
	/// The node.
	#[command(flatten)]
	pub node: NodeArgs,
	/// The keys.
	#[command(flatten)]
	pub keys: KeyArgs,
	/// Folder of this worker's node key and store.
	#[arg(long, env = "WOPPAL_BASE_PATH")]
	pub base_path: Option<PathBuf>,
	/// The project.
	#[arg(long, default_value_t = 0)]
	pub project: ProjectId,
	/// How proofs are made.
	#[command(flatten)]
	pub prover: ProverArgs,
}

/// How proofs are made.
#[derive(Clone, Debug, Default, Args)]
pub struct ProverArgs {
	/// Folder of the proving keys, shared by the workers of a machine, ~/.cache/woppal/proving-keys if
	/// none is named. Development keys are made in it; put what `ceremony export` wrote into it.
	#[arg(long, env = "WOPPAL_KEY_CACHE")]
	pub key_cache: Option<PathBuf>,
	/// Proofs that are made side by side, each in some 400 MB; as cores and free memory allow if no
	/// number is given.
	#[arg(long, env = "WOPPAL_PROOFS")]
	pub proofs: Option<NonZeroUsize>,
}

/// What `run` needs.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
	/// Node, keys and folders.
	#[command(flatten)]
	pub set_up: SetUpArgs,
	/// Seed of the search and the trainings; drawn at random if none is given.
	#[arg(long)]
	pub seed: Option<u64>,
	/// Configs that are trained and estimated for each one that is started.
	#[arg(long, default_value_t = 2)]
	pub candidates: u32,
	/// End after this many proven experiments.
	#[arg(long)]
	pub max_experiments: Option<u32>,
}

/// What `experiment` needs.
#[derive(Clone, Debug, Args)]
pub struct ExperimentArgs {
	/// Node, keys, folders and project.
	#[command(flatten)]
	pub set_up: SetUpArgs,
	/// The project's evaluator: the WebAssembly module that it names.
	#[arg(long)]
	pub program: PathBuf,
	/// The artifact that is measured.
	#[arg(long)]
	pub artifact: PathBuf,
	/// The config that the artifact was made with: a value for each key of the project's schema.
	#[arg(long, value_name = "KEY=VALUE", num_args = 1.., required = true, value_delimiter = ',', value_parser = parse_setting)]
	pub config: Vec<Setting>,
	/// The experiment that this one builds on.
	#[arg(long, value_name = "EXPERIMENT", value_parser = parse_hash)]
	pub extends: Option<ExperimentId>,
}

/// A value for a config's key.
pub type Setting = (String, i32);

/// What to do with a program.
#[derive(Debug, Subcommand)]
pub enum ProgramCommand {
	/// Load and lower a WebAssembly module; show what it takes and what binds it on a chain.
	Check(ModuleArgs),
	/// Run a module on an artifact and a seed; show the outcome and where the steps go.
	Run(ProgramRunArgs),
	/// Run a module on an artifact and many seeds; show the metric's mean and spread.
	Measure {
		/// The module.
		#[command(flatten)]
		module: ModuleArgs,
		/// The artifact.
		#[arg(long)]
		artifact: PathBuf,
		/// How many seeds.
		#[arg(long, default_value_t = DEFAULT_RUNS)]
		runs: NonZeroU32,
		/// Which seeds: another number draws others.
		#[arg(long, default_value_t = 0)]
		number: u64,
		/// Most segments of a run.
		#[arg(long, default_value_t = MAX_SEGMENTS, value_parser = segments())]
		max_segments: u32,
	},
	/// Run a module and prove the run; write a file that anybody can verify.
	Prove {
		/// The run.
		#[command(flatten)]
		run: ProgramRunArgs,
		/// The new file.
		#[arg(long)]
		out: PathBuf,
		/// Hash of the verifying key, as a chain registers it and `ceremony export` prints it; the
		/// circuit's development key if none is named.
		#[arg(long, value_name = "HASH", value_parser = parse_hash)]
		key: Option<H256>,
		/// How proofs are made.
		#[command(flatten)]
		prover: ProverArgs,
	},
	/// Verify a file that `prove` wrote.
	Verify {
		/// The file.
		file: PathBuf,
		/// The module that it must be about.
		#[arg(long)]
		program: Option<PathBuf>,
		/// The artifact that it must be about.
		#[arg(long)]
		artifact: Option<PathBuf>,
		/// The seed that it must be about.
		#[arg(long, value_parser = parse_hash)]
		seed: Option<H256>,
		/// Hash of the verifying key that it must be under, as your chain registers it; the circuit's
		/// development key, for which anybody can forge, if none is named.
		#[arg(long, value_name = "HASH", value_parser = parse_hash)]
		key: Option<H256>,
	},
}

/// Seeds that `program measure` runs if it isn't told how many.
const DEFAULT_RUNS: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// A module and the circuit that it is for.
#[derive(Clone, Debug, Args)]
pub struct ModuleArgs {
	/// The WebAssembly module.
	pub file: PathBuf,
	/// The segment circuit.
	#[arg(long, value_enum, default_value_t = Circuit::Standard)]
	pub circuit: Circuit,
}

/// A run of a module.
#[derive(Clone, Debug, Args)]
pub struct ProgramRunArgs {
	/// The module.
	#[command(flatten)]
	pub module: ModuleArgs,
	/// The artifact.
	#[arg(long)]
	pub artifact: PathBuf,
	/// The evaluation seed.
	#[arg(long, value_parser = parse_hash)]
	pub seed: H256,
	/// Most segments of the run.
	#[arg(long, default_value_t = MAX_SEGMENTS, value_parser = segments())]
	pub max_segments: u32,
}

/// What `claim` needs.
#[derive(Clone, Debug, Args)]
pub struct ClaimArgs {
	/// The node.
	#[command(flatten)]
	pub node: NodeArgs,
	/// The keys; the hot key pays the fee.
	#[command(flatten)]
	pub keys: KeyArgs,
	/// Whose rewards; the key's own validator if none is named.
	#[arg(long)]
	pub validator: Option<ValidatorId>,
}

/// What `status` needs.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
	/// The node.
	#[command(flatten)]
	pub node: NodeArgs,
	/// The keys; none is needed.
	#[command(flatten)]
	pub keys: KeyArgs,
	/// The validator to show; the key's own one if none is named.
	#[arg(long)]
	pub validator: Option<ValidatorId>,
	/// The project to show.
	#[arg(long, default_value_t = 0)]
	pub project: ProjectId,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
	/// Make a key in a new keystore file and show its recovery phrase once.
	Generate {
		/// The new file.
		#[arg(long)]
		out: PathBuf,
		/// File whose first line is the password.
		#[arg(long, env = "WOPPAL_PASSWORD_FILE")]
		password_file: PathBuf,
		/// File whose first line is a recovery phrase to use instead of a new one.
		#[arg(long)]
		phrase_file: Option<PathBuf>,
	},
	/// Decrypt a keystore file and show its account; with --phrase the recovery phrase too.
	Show {
		/// The file.
		#[arg(long)]
		keystore: PathBuf,
		/// File whose first line is the password.
		#[arg(long, env = "WOPPAL_PASSWORD_FILE")]
		password_file: PathBuf,
		/// Show the recovery phrase: whoever sees it owns the account.
		#[arg(long)]
		phrase: bool,
	},
	/// Show the account of a keystore file or a secret URI without its secret.
	Inspect {
		/// The file.
		#[arg(long, required_unless_present = "suri", conflicts_with = "suri")]
		keystore: Option<PathBuf>,
		/// The secret URI.
		#[arg(long)]
		suri: Option<String>,
	},
}

fn parse_url(text: &str) -> Result<String, String> {
	if text.starts_with("ws://") || text.starts_with("wss://") {
		Ok(text.to_owned())
	} else {
		Err("a node's address begins with ws:// or wss://".into())
	}
}

fn segments() -> clap::builder::RangedI64ValueParser<u32> {
	clap::value_parser!(u32).range(1..=i64::from(MAX_SEGMENTS))
}

fn parse_setting(text: &str) -> Result<Setting, String> {
	text.split_once('=')
		.and_then(|(key, value)| Some((key.to_owned(), value.parse().ok()?)))
		.filter(|(key, _)| !key.is_empty())
		.ok_or_else(|| "a setting is KEY=VALUE, the value an integer of 32 bits".into())
}

fn parse_hash(text: &str) -> Result<H256, String> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
	let bytes: Option<[u8; 32]> = hex::decode(digits).ok().and_then(|b| b.try_into().ok());
	bytes.map(H256).ok_or_else(|| "a hash is 0x and 64 hexadecimal digits".into())
}

impl KeyArgs {
	fn password(&self, keystore: &Path) -> Result<String, KeyError> {
		match &self.password_file {
			Some(file) => keys::read_password(file),
			None => Err(KeyError::NoPassword(keystore.to_owned())),
		}
	}

	fn key(
		&self,
		suri: Option<&String>,
		keystore: Option<&PathBuf>,
	) -> Result<Option<AccountKey>, KeyError> {
		match (suri, keystore) {
			(Some(uri), _) => AccountKey::from_uri(uri).map(Some),
			(None, Some(path)) => keys::load(path, &self.password(path)?).map(Some),
			(None, None) => Ok(None),
		}
	}

	/// The keys, as far as they were given; they must differ.
	///
	/// # Errors
	/// [`KeyError`] if one can't be used or both are the same.
	pub fn load(&self) -> Result<crate::chain::client::Keys, KeyError> {
		let hot = self.key(self.suri.as_ref(), self.keystore.as_ref())?;
		let is_named = self.cold_suri.is_some() || self.cold_keystore.is_some();
		let derived = self.suri.as_ref().filter(|_| !is_named).map(|uri| format!("{uri}//stash"));
		let cold =
			self.key(self.cold_suri.as_ref().or(derived.as_ref()), self.cold_keystore.as_ref())?;
		if let (Some(h), Some(c)) = (&hot, &cold) {
			if h.account() == c.account() {
				return Err(KeyError::Same(h.address()));
			}
		}
		Ok(crate::chain::client::Keys { hot, cold })
	}
}

/// A folder under the user's home, unless one was named.
fn folder(named: Option<&PathBuf>, default: &[&str]) -> Result<PathBuf, Error> {
	let path = match (named, std::env::var_os("HOME")) {
		(Some(path), _) => path.clone(),
		(None, Some(home)) => default.iter().fold(PathBuf::from(home), |p, part| p.join(part)),
		(None, None) => std::env::temp_dir().join("woppal"),
	};
	std::fs::create_dir_all(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
	Ok(path)
}

impl SetUpArgs {
	/// Folder of node key and store; made if it doesn't exist.
	pub fn base_path(&self) -> Result<PathBuf, Error> {
		folder(self.base_path.as_ref(), &[".local", "share", "woppal-worker"])
	}
}

impl ProverArgs {
	/// Where proving keys are, in a folder that is made if it doesn't exist, and how many proofs are
	/// made at a time.
	pub fn settings(&self) -> Result<ProverSettings, Error> {
		let key_cache = folder(self.key_cache.as_ref(), &[".cache", "woppal", "proving-keys"])?;
		Ok(ProverSettings { key_cache, proofs: self.proofs })
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	fn run_args(arguments: &[&str]) -> Result<RunArgs, clap::Error> {
		let all = ["subnet-worker", "run"].iter().chain(arguments);
		Cli::try_parse_from(all).map(|cli| match cli.command {
			Command::Run(args) => args,
			_ => unreachable!("the command is run"),
		})
	}

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn a_development_hot_key_brings_its_cold_key() {
		let args = run_args(&["--suri", "//Alice"]).unwrap();
		let keys = args.set_up.keys.load().unwrap();
		let stash = AccountKey::from_uri("//Alice//stash").unwrap();
		assert_eq!(keys.cold.unwrap().account(), stash.account());
	}

	#[test]
	fn equal_keys_are_refused() {
		let args = run_args(&["--suri", "//Alice", "--cold-suri", "//Alice"]).unwrap();
		assert!(matches!(args.set_up.keys.load(), Err(KeyError::Same(_))));
	}

	#[test]
	fn a_keystore_needs_a_password() {
		let args = run_args(&["--keystore", "hot.json"]).unwrap();
		assert!(matches!(args.set_up.keys.load(), Err(KeyError::NoPassword(_))));
	}

	#[test]
	fn settings_are_keys_with_integers() {
		assert_eq!(parse_setting("a=-3"), Ok(("a".into(), -3)));
		for text in ["a", "=1", "a=", "a=1.5", "a=2147483648"] {
			assert!(parse_setting(text).is_err(), "{text}");
		}
		let parse = |config: &[&str]| {
			let fixed = ["subnet-worker", "experiment", "--program=p", "--artifact=a", "--config"];
			Cli::try_parse_from(fixed.iter().chain(config)).map(|cli| match cli.command {
				Command::Experiment(args) => args.config,
				_ => unreachable!("the command is experiment"),
			})
		};
		let both = vec![("a".to_owned(), 1), ("b".to_owned(), 2)];
		assert_eq!(parse(&["a=1", "b=2"]).unwrap(), both);
		assert_eq!(parse(&["a=1,b=2"]).unwrap(), both);
		assert!(parse(&["a"]).is_err());
	}

	#[test]
	fn a_programs_run_is_bounded() {
		let parse = |most: &str| {
			let run = ["subnet-worker", "program", "run", "p.wasm", "--artifact=a"];
			let seed = format!("--seed=0x{}", "00".repeat(32));
			Cli::try_parse_from(run.into_iter().chain([&*seed, most]))
		};
		assert!(parse("--max-segments=64").is_ok());
		assert!(parse("--max-segments=65").is_err());
		assert!(parse("--max-segments=0").is_err());
		assert!(parse("--circuit=huge").is_err());
	}

	#[test]
	fn malformed_arguments_are_refused() {
		assert!(run_args(&["--url", "http://localhost"]).is_err());
		assert!(run_args(&["--genesis-hash", "0x12"]).is_err());
		assert!(run_args(&["--suri", "//A", "--keystore", "b"]).is_err());
		let hash = format!("0x{}", "ab".repeat(32));
		let args = run_args(&["--genesis-hash", &hash]).unwrap();
		assert_eq!(args.set_up.node.genesis_hash, Some(H256([0xab; 32])));
	}
}
