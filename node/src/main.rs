//! `woppal-node`: the chain process. It stores and passes on blocks, authors and finalises them
//! where it holds an authority's keys, and answers wallets and workers over JSON-RPC.
//!
//! - `cli`: the command line.
//! - `command`: what each subcommand does.
//! - `chain_spec`: the networks known by name.
//! - `service`: how the parts of a node are put together.
//! - `equivocations`: reports authors that make two blocks for one slot.
//! - `rpc`: what it answers.

mod chain_spec;
mod cli;
mod command;
mod equivocations;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
