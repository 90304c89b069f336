//! Local networks of real processes.
//!
//! - [`process`]: a child process with a log file, ended when its handle is dropped.
//! - [`network`]: one authority node and its miners on free loopback ports.
//! - [`client`]: reads a node: heads, issuance, and the `WoppalApi` runtime API.
//! - [`view`]: what a network looks like at one moment, as a table and as JSON.
//!
//! `scripts/run` starts the `woppal-localnet` binary of this crate; the end-to-end tests use the
//! same parts.

pub mod client;
pub mod network;
pub mod process;
pub mod view;
