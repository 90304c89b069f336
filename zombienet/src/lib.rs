//! Local networks of real processes.
//!
//! - [`process`]: a child process with a log file, ended when its handle is dropped.
//! - [`node`]: one node on free loopback ports.
//! - [`spec`]: the specification of a network with several authorities.
//! - [`network`]: authority nodes, further nodes, and miners.
//! - [`client`]: reads a node: heads, issuance, and the `WoppalApi` runtime API.
//! - [`view`]: what a network looks like at one moment, as a table and as JSON.
//! - [`script`]: runs the polkadot.js examples.
//!
//! `scripts/run` starts the `woppal-localnet` binary of this crate; the end-to-end tests use the
//! same parts.

pub mod client;
pub mod network;
pub mod node;
pub mod process;
pub mod script;
pub mod spec;
pub mod view;
