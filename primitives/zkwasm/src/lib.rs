//! zkWASM: integer WebAssembly whose runs can be proven.
//!
//! ## Overview
//!
//! [`module`] reads a WebAssembly module and refuses what is not supported, by name and offset.
//! [`lower`] turns it, deterministically, into a register machine's program ([`ir`]). [`machine`]
//! runs the program and records its steps, cut into segments of [`shape::Shape::steps`] steps.
//! [`circuit`] proves one segment, [`prover`] and [`setup`] make proofs and keys. [`commitment`]
//! holds the roots that link the segments, [`verifier`] checks a proof. [`step`] is what one step does;
//! [`dispute`] checks a single step from [`opening`]s of those roots, without the run.
//!
//! Everything that a chain needs ([`shape`], [`ir`], [`matrix`], [`poseidon`], [`commitment`], [`verifier`],
//! [`dispute`]) builds without the standard library.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod commitment;
pub mod development;
pub mod dispute;
pub mod ir;
pub mod matrix;
pub mod opening;
pub mod poseidon;
pub mod program;
pub mod shape;
pub mod step;
pub mod verifier;

#[cfg(feature = "std")]
pub mod ceremony;
#[cfg(feature = "std")]
pub mod circuit;
#[cfg(feature = "std")]
pub mod lower;
#[cfg(feature = "std")]
pub mod machine;
#[cfg(feature = "std")]
pub mod module;
#[cfg(feature = "std")]
pub mod prover;
#[cfg(feature = "std")]
pub mod setup;
#[cfg(feature = "std")]
pub mod snarkjs;
#[cfg(feature = "std")]
pub mod window;
