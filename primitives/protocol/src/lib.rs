//! The protocol's shared words: what pallets, runtime, node and worker mean by the same names.
//!
//! - [`time`]: blocks, pulses, sessions, epochs; the one place with epoch arithmetic.
//! - [`emission`]: the closed-form schedule and the weight of a validator.
//! - [`gate`]: who authors blocks: rules, ranks, views.
//! - [`network`]: what genesis decides (timing, deposits, whether the chain is live).
//! - [`identity`]: validators, roles, reputation.
//! - [`stake`]: pools, reward terms, positions, what is slashed.
//! - [`research`]: projects, experiments, configs, edges, boosts.
//! - [`statement`]: what a proof says, and the digest that binds it to chain, account and segment.
//! - [`traits`]: how pallets meet; none of them knows another one's crate.
//! - [`api`]: the runtime API that users and workers query.
//!
//! Integers only: no floats, no clocks (PROTOCOL §10).
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod api;
pub mod emission;
pub mod gate;
pub mod identity;
pub mod network;
pub mod research;
pub mod stake;
pub mod statement;
pub mod time;
pub mod traits;

pub use sp_core::{ConstU32, H256};
pub use sp_runtime::{AccountId32, BoundedVec};

/// Balance in plancks: 10^12 plancks are one woppal (W).
pub type Balance = u128;
/// A block's height.
pub type BlockNumber = u32;
/// An epoch's index, counted from 0 at genesis.
pub type EpochIndex = u32;
/// A pulse's index, counted from 0 at genesis.
pub type PulseIndex = u32;
/// A validator's number, given in order of registration and never reused.
pub type ValidatorId = u32;
/// A project's number, never reused.
pub type ProjectId = u32;
/// A subnet's number; 0 is the root subnet, the experiment loop.
pub type SubnetId = u16;
/// A verifying key's number, never reused.
pub type KeyId = u32;
/// An experiment's content hash.
pub type ExperimentId = H256;

/// One woppal in plancks.
pub const WOPPAL: Balance = 1_000_000_000_000;
/// The root subnet.
pub const ROOT_SUBNET: SubnetId = 0;
