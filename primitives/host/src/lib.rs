//! The node's own host functions: zkWASM's heavy arithmetic, done natively.
//!
//! [`host::woppal`] is what the runtime calls; [`fallback`] is the same Rust compiled into the
//! runtime, for chains of checks and tools without the host functions. Both give the same answers
//! for every input, well formed or not.
//!
//! A host function can never be taken back, only joined by a new version: blocks that called it
//! must stay executable. None of these panics, allocates by a caller's claim, or depends on
//! anything but its arguments.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod fallback;
pub mod host;
