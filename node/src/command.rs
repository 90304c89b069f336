//! What each subcommand does.

use sc_cli::SubstrateCli;
use sc_network::config::NetworkBackendType;
use sc_service::PartialComponents;

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	service,
};
use clap::Parser;
use woppal_runtime::opaque::Block;

/// Bytes of the trie cache unless the command line says otherwise. The SDK's default of one
/// gibibyte is more than the whole state of a young chain.
const TRIE_CACHE_BYTES: &str = "134217728";

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Woppal Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the Woppal authors".into()
	}

	fn support_url() -> String {
		"the project's issue tracker".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		match self.subcommand {
			#[allow(deprecated, reason = "`build-spec` stays for scripts that know it")]
			Some(Subcommand::BuildSpec(_) | Subcommand::ExportChainSpec(_)) => chain_spec::load(id),
			_ => chain_spec::load_to_run(id),
		}
	}

	fn from_args() -> Self
	where
		Self: Parser + Sized,
	{
		let matches = command().get_matches();
		<Self as clap::FromArgMatches>::from_arg_matches(&matches).unwrap_or_else(|e| e.exit())
	}
}

/// The command line with our defaults.
fn command() -> clap::Command {
	Cli::setup_command(<Cli as clap::CommandFactory>::command())
		.mut_arg("trie_cache_size", |arg| arg.default_value(TRIE_CACHE_BYTES))
}

/// Parses the command line and does what it says.
pub(crate) fn run() -> sc_cli::Result<()> {
	let cli = Cli::from_args();
	match &cli.subcommand {
		Some(subcommand) => run_subcommand(&cli, subcommand),
		None => run_node(&cli),
	}
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	let runner = cli.create_runner(&cli.run)?;
	runner.run_node_until_exit(|config| async move {
		match config.network.network_backend {
			NetworkBackendType::Libp2p => service::new_full::<
				sc_network::NetworkWorker<Block, <Block as sp_runtime::traits::Block>::Hash>,
			>(config),
			NetworkBackendType::Litep2p => {
				service::new_full::<sc_network::Litep2pNetworkBackend>(config)
			},
		}
		.map_err(sc_cli::Error::Service)
	})
}

#[allow(deprecated, reason = "`build-spec` stays for scripts that know it")]
fn run_subcommand(cli: &Cli, subcommand: &Subcommand) -> sc_cli::Result<()> {
	match subcommand {
		Subcommand::Key(cmd) => cmd.run(cli),
		Subcommand::BuildSpec(cmd) => {
			let runner = cli.create_runner(cmd)?;
			runner.sync_run(|config| cmd.run(config.chain_spec, config.network))
		},
		Subcommand::ExportChainSpec(cmd) => {
			let spec = cli.load_spec(&cmd.chain)?;
			cmd.run(spec)
		},
		Subcommand::CheckBlock(cmd) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, import_queue, .. } =
					service::new_partial(&config)?;
				Ok((cmd.run(client, import_queue), task_manager))
			})
		},
		Subcommand::PurgeChain(cmd) => {
			let runner = cli.create_runner(cmd)?;
			runner.sync_run(|config| cmd.run(config.database))
		},
		Subcommand::Revert(cmd) => {
			let runner = cli.create_runner(cmd)?;
			runner.async_run(|config| {
				let PartialComponents { client, task_manager, backend, .. } =
					service::new_partial(&config)?;
				let aux_revert = Box::new(|client: std::sync::Arc<_>, backend, blocks| {
					sc_consensus_babe::revert(std::sync::Arc::clone(&client), backend, blocks)?;
					sc_consensus_grandpa::revert(client, blocks)?;
					Ok(())
				});
				Ok((cmd.run(client, backend, Some(aux_revert)), task_manager))
			})
		},
		#[cfg(feature = "runtime-benchmarks")]
		Subcommand::Benchmark(cmd) => run_benchmark(cli, cmd),
		Subcommand::ChainInfo(cmd) => {
			let runner = cli.create_runner(cmd)?;
			runner.sync_run(|config| cmd.run::<Block>(&config))
		},
	}
}

#[cfg(feature = "runtime-benchmarks")]
fn run_benchmark(cli: &Cli, cmd: &frame_benchmarking_cli::BenchmarkCmd) -> sc_cli::Result<()> {
	use frame_benchmarking_cli::{BenchmarkCmd, SUBSTRATE_REFERENCE_HARDWARE};
	let runner = cli.create_runner(cmd)?;
	runner.sync_run(|config| match cmd {
		BenchmarkCmd::Pallet(cmd) => cmd
			.run_with_spec::<sp_runtime::traits::HashingFor<Block>, service::HostFunctions>(Some(
				config.chain_spec,
			)),
		BenchmarkCmd::Block(cmd) => {
			let PartialComponents { client, .. } = service::new_partial(&config)?;
			cmd.run(client)
		},
		BenchmarkCmd::Machine(cmd) => cmd.run(&config, SUBSTRATE_REFERENCE_HARDWARE.clone()),
		_ => Err("this benchmark needs what a Woppal node doesn't have; use pallet, block or \
		          machine"
			.into()),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::FromArgMatches;

	fn parse(args: &[&str]) -> Cli {
		let matches = command().try_get_matches_from(args).unwrap();
		Cli::from_arg_matches(&matches).unwrap()
	}

	#[test]
	fn the_command_line_is_sound() {
		command().debug_assert();
	}

	#[test]
	fn a_node_starts_with_a_small_cache_unless_told_otherwise() {
		let default = parse(&["woppal-node", "--dev"]);
		assert!(default.subcommand.is_none());
		assert_eq!(default.run.import_params.trie_cache_size.to_string(), TRIE_CACHE_BYTES);
		let told = parse(&["woppal-node", "--trie-cache-size", "7"]);
		assert_eq!(told.run.import_params.trie_cache_size, 7);
	}

	#[test]
	fn subcommands_are_found() {
		let cli = parse(&["woppal-node", "export-chain-spec", "--chain", "testnet"]);
		assert!(matches!(cli.subcommand, Some(Subcommand::ExportChainSpec(_))));
	}

	#[test]
	fn an_unknown_network_is_an_error() {
		assert!(chain_spec::load("no-such-network-or-file").is_err());
	}
}
