//! Tests of the whole runtime: every pallet in its real configuration, real blocks, real proofs.
//!
//! - [`chain`]: a chain of real blocks on a preset's genesis.
//! - [`state`]: what blocks write, and the invariants that hold after each of them.
//! - [`work`]: miners, a project on the small circuit, its evaluator and its proofs.
//! - [`forgeries`]: what `prove` must not take.
//! - [`lifecycle`]: starts, commits, deadlines, deposits.
//! - [`adoption`]: boosts, verified adoption, what a claim pays.
//! - [`fees`]: who gets a fee's parts.
//! - [`conservation`]: a long random history of the whole economy, and its books.
//! - [`attacks`]: what hostile owners, delegators and miners gain and pay.
//! - [`authors`]: hostile block authors.
//! - [`earning`]: hostile earners.
//! - [`equivocations`]: evidence as a node makes it, and what it costs.
//! - [`bounds`]: how long a call's arguments may be.
//! - [`live`]: what a live chain refuses.
//! - [`host`]: the host functions against the fallback.
//! - [`trapdoor`]: proofs and spoilt batches for it, shared with the verifier's own tests.
//! - [`import`]: blocks built natively, executed natively and by the WebAssembly blob.
#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod adoption;
mod attacks;
mod authors;
mod bounds;
mod chain;
mod conservation;
mod earning;
mod equivocations;
mod fees;
mod forgeries;
mod host;
mod import;
mod lifecycle;
mod live;
mod state;
#[path = "../../../primitives/zkwasm/tests/trapdoor/mod.rs"]
mod trapdoor;
mod work;
