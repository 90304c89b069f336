//! The root project, "predict a source never seen before": its evaluator as the frozen WebAssembly
//! program that proofs are about, the native twin of that program, and the project's constants.
//!
//! ## The task
//!
//! An evaluation seed draws six stochastic sources and a sequence of twelve symbols from each. A
//! symbol is one of 65,536. The predictor reads symbol by symbol: it gives a probability to each
//! symbol before it sees it, and adapts after. Since the seed does not exist while anyone trains,
//! neither the sequences nor their sources can be known, memorised or copied from the program.
//!
//! A source has a motif of symbols that nobody can know. What follows repeats it at a hidden lag,
//! as it is or transposed by a hidden step; in nested sources transposed repetitions make up the
//! motif, which then repeats as it is. Noise of one or two symbols at a hidden place replaces what
//! would have been there, and what follows repeats the noise. Each evaluation draws one source from
//! each of six strata (lags of 1 to 6, both kinds, nested or not), in an order, with symbols, steps
//! and places of noise that the seed decides on: the strata take most of the chance out of the
//! metric.
//!
//! | stratum | lag | repetition | motif | noise |
//! |--:|--:|---|--:|---|
//! | 1 | 1 | as it is | 1 | 1 symbol, the 8th or 9th |
//! | 2 | 2 | transposed | 2 | 2 symbols from the 8th or 9th |
//! | 3 | 3 | as it is | 3 | 2 symbols from the 9th or 10th |
//! | 4 | 4 | transposed | 4 | 1 symbol, the 9th or 10th |
//! | 5 | 1 | transposed, nested | 5 | none |
//! | 6 | 2 | transposed, nested | 6 | none |
//!
//! ## The metric
//!
//! The predictor's log-loss less that of the baseline on the same sequences, in micro-nats per
//! symbol, rounded towards zero; lower is better. The baseline is the add-half (Krichevsky-Trofimov)
//! estimator of single symbols, `(c + 1/2) / (n + 65,536 / 2)` for a symbol seen `c` times among `n`,
//! restarted with each sequence, as the predictor is. Logarithms come from integer tables.
//!
//! ## The predictor
//!
//! It holds at most one hypothesis, "repeats at lag `k`, transposed by `d`", in a context: the kind
//! of hypothesis, the misses that it has survived and the hits since it was taken up. The artifact
//! gives each of the 64 contexts a confidence of sixteen levels; level `l` spreads `2^(-l/2)` of the
//! probability evenly over all symbols and gives the rest to the one that the hypothesis says. So
//! the probabilities add up to one whatever the artifact says; rounding only ever takes away. Without
//! a hypothesis all symbols are equally likely.
//!
//! An artifact is 72 little-endian words. The first six are the enforced keys of its config (see
//! [`SCHEMA`]); each is brought into its range, so no artifact is an error. The program does not read
//! words 6 and 7. Then follow the contexts' levels times four.
//!
//! | key | the program obeys |
//! |---|---|
//! | `max_lag` | longest lag searched |
//! | `transpositions` | whether transposed repetitions are searched |
//! | `run_contexts` | lengths of run that contexts tell apart |
//! | `patience` | misses that a hypothesis survives |
//! | `level_bits` | bits of a level that count |
//! | `eager` | whether a surviving hypothesis gives way to what the missed symbol suggests |
//!
//! `learning_rate`, `batch` and `hidden` are labels: they say how the artifact was trained.
//!
//! ## Measured
//!
//! Printed by `cargo run -p woppal-evaluator --example measure`: the metric of each config's best
//! artifact over 10,000 evaluations, the standard deviation `sd` of one evaluation and
//! `margin = 3·√2·sd`, three standard deviations of the difference of two evaluations.
//!
//! | max lag | transpositions | runs | patience | bits | eager | metric | sd | margin |
//! |--:|--:|--:|--:|--:|--:|--:|--:|--:|
//! | 1 | 0 | 1 | 0 | 2 | 0 | -575,088 | 5,656 | 23,998 |
//! | 1 | 0 | 8 | 0 | 4 | 0 | -610,494 | 6,628 | 28,118 |
//! | 3 | 0 | 8 | 0 | 4 | 0 | -1,361,036 | 10,981 | 46,587 |
//! | 5 | 0 | 8 | 0 | 4 | 0 | -2,271,510 | 5,604 | 23,778 |
//! | 6 | 0 | 8 | 0 | 4 | 0 | -3,039,203 | 6,524 | 27,678 |
//! | 6 | 0 | 8 | 2 | 4 | 1 | -3,337,481 | 9,469 | 40,172 |
//! | 1 | 1 | 8 | 0 | 4 | 0 | -918,392 | 6,798 | 28,840 |
//! | 2 | 1 | 8 | 0 | 4 | 0 | -1,805,902 | 7,503 | 31,833 |
//! | 3 | 1 | 8 | 0 | 4 | 0 | -2,556,458 | 11,483 | 48,716 |
//! | 4 | 1 | 8 | 0 | 4 | 0 | -3,003,774 | 15,470 | 65,633 |
//! | 5 | 1 | 8 | 0 | 4 | 0 | -3,914,262 | 12,361 | 52,444 |
//! | 6 | 1 | 8 | 0 | 4 | 0 | -4,681,963 | 12,816 | 54,375 |
//! | 6 | 1 | 8 | 1 | 4 | 0 | -4,783,630 | 12,127 | 51,452 |
//! | 6 | 1 | 8 | 1 | 4 | 1 | -5,107,833 | 14,215 | 60,310 |
//! | 4 | 1 | 8 | 2 | 4 | 1 | -5,245,371 | 14,082 | 59,743 |
//! | 6 | 1 | 8 | 2 | 4 | 0 | -5,245,452 | 14,897 | 63,201 |
//! | 6 | 1 | 1 | 2 | 4 | 1 | -5,429,454 | 10,764 | 45,668 |
//! | 6 | 1 | 3 | 2 | 4 | 1 | -5,504,332 | 16,366 | 69,437 |
//! | 6 | 1 | 8 | 2 | 2 | 1 | -5,534,710 | 16,362 | 69,418 |
//! | 6 | 1 | 8 | 2 | 3 | 1 | -5,565,262 | 13,436 | 57,004 |
//! | 6 | 1 | 8 | 2 | 4 | 1 | -5,569,501 | 17,322 | 73,492 |
//! | 8 | 1 | 8 | 3 | 4 | 1 | -5,569,501 | 17,322 | 73,492 |
//!
//! The noisiest of 400 random configs has a margin of 119,998; [`NOISE_MARGIN`] is 150,000. The best
//! config is 37 margins below the baseline, and the climb from the worst to it has ten steps of one
//! or two keys, of which eight are wider than a margin. About one evaluation in a
//! thousand is off by more than 100,000, and at worst by 1.5 million, because two symbols of a motif
//! happen to be equal; the deviations contain such accidents.
//!
//! The program takes 2,780 to 3,230 steps on the proof system's machine and at most 3,590 for any header:
//! six or seven segments of the standard circuit.
//!
//! ## Changing it
//!
//! `program.wasm` is frozen with the project. `build-evaluator` compiles `program/lib.rs`, which
//! shares `src/program.rs` with the twin; a test compiles it again and compares. Whoever changes what
//! it computes makes a new project that supersedes this one.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "std")]
pub mod fit;
#[cfg(feature = "std")]
pub mod network;
pub mod program;
pub mod project;
mod twin;

pub use program::{ARTIFACT_WORDS, SEED_INDEX};
pub use project::*;
pub use twin::{evaluate, matrix, observe, words, Artifact, Features, Matrix, Observation};

/// The frozen program: the WebAssembly module that the chain knows by its hash.
pub const PROGRAM_WASM: &[u8] = include_bytes!("../program.wasm");
/// The compiler that `build-evaluator` made [`PROGRAM_WASM`] with.
pub const PROGRAM_COMPILER: &str = "rustc 1.95.0 (59807616e 2026-04-14)";
