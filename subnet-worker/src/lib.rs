//! The miner's process: trains, proves, publishes and claims.
//!
//! - [`cli`]: the command line; [`commands`]: what each command does.
//! - [`keys`]: account keys from a secret URI or an encrypted keystore, and the node's key.
//! - [`chain`]: the node over RPC: one view per block, calls by name, errors with advice.
//! - [`store`]: the embedded store, from which a killed worker goes on.
//! - [`miner`]: the loop: decisions as a pure function, their execution, the choice of configs.
//! - [`program`]: evaluators that their author gives: checked, run, proven, one experiment with them.
//! - [`experiment`]: config space, training and quantisation of the root project.
//! - [`prove`]: runs the evaluator and proves the run; [`verify`]: checks that as the chain does.
//! - [`heartbeat`]: answers every pulse, whatever else happens.
//! - [`progress`]: bars on a terminal, lines elsewhere.
//! - [`error`]: what can go wrong, what to do about it, exit codes.
#![deny(unsafe_code)]

pub mod chain;
pub mod cli;
pub mod commands;
pub mod error;
pub mod experiment;
pub mod heartbeat;
pub mod keys;
pub mod miner;
pub mod program;
pub mod progress;
pub mod prove;
pub mod store;
pub mod verify;

#[cfg(test)]
pub(crate) mod test_util;
