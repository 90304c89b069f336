//! The root project, "predict a source never seen before": its evaluator as the frozen WebAssembly
//! program that proofs are about, the native twin of that program, and the project's constants.
//!
//! ## The task
//!
//! An evaluation seed draws five stochastic sources and a sequence of fourteen symbols from each. A
//! symbol is one of 65,536. The predictor reads symbol by symbol: it gives a probability to each
//! symbol before it sees it, and adapts after. Since the seed does not exist while anyone trains,
//! neither the sequences nor their sources can be known, memorised or copied from the program.
//!
//! A source has a motif of symbols that nobody can know. What follows repeats it at a hidden lag,
//! as it is or transposed by a hidden step; in the nested source transposed repetitions make up the
//! motif, which then repeats as it is. From the seventh symbol on there is noise in a rhythm: two
//! symbols of noise replace what would have been there, two are left, and so on; what follows repeats
//! the noise. Where the rhythm begins is hidden, but all sources of an evaluation share it. Each
//! evaluation draws one source from each of five strata, in a round that begins at a hidden one, with
//! symbols and steps that the seed decides on: the strata take most of the chance out of the metric,
//! and so does noise that always replaces four symbols.
//!
//! | stratum | lag | repetition | motif | noise |
//! |--:|--:|---|--:|---|
//! | 1 | 1 | as it is | 1 | 4 symbols |
//! | 2 | 2 | transposed | 2 | 4 symbols |
//! | 3 | 3 | as it is | 3 | 4 symbols |
//! | 4 | 4 | transposed | 4 | 4 symbols |
//! | 5 | 1 | transposed, nested | 4 | none |
//!
//! ## The metric
//!
//! The predictor's log-loss less that of the baseline on the same sequences, in micro-nats per
//! symbol, rounded towards zero; lower is better. The baseline is the add-half (Krichevsky-Trofimov)
//! estimator of single symbols, `(c + 1/2) / (n + 65,536 / 2)` for a symbol seen `c` times among `n`,
//! restarted with each sequence. Logarithms come from integer tables.
//!
//! ## The predictor
//!
//! It holds at most one hypothesis, "repeats at lag `k`, transposed by `d`", from the symbol that
//! suggests it until a missed symbol suggests another. How sure to be of it is what a recurrent
//! network says, which runs inside the proof: 32 units of 8 bits and one matrix of 32 × 32 weights,
//! the artifact. Before a hypothesis is scored the program writes what it knows into the first eight
//! units, and one `env.matrix` turns the units `v` into
//!
//! ```text
//! v[i] = clamp(floor((Σ_j matrix[i][j] · v[j]) / 64), -128, 127)
//! ```
//!
//! | unit | before the product |
//! |---|---|
//! | 0 | 64 |
//! | 1 | 64 for a transposition, 0 for a repetition |
//! | 2 | 64 if the last prediction hit, -64 if it missed, 0 for a new hypothesis |
//! | 3 | 0 |
//! | 4 to 7 | the lag: 1/2 or -1/2 in one of them |
//! | 8 to 31 | what the last product left |
//!
//! After it, unit 3 is the confidence, of sixteen levels: level `l` spreads `2^(-l/2)` of the
//! probability evenly over all symbols and gives the rest to the one that the hypothesis says. So the
//! probabilities add up to one whatever the artifact says; rounding only ever takes away. Without a
//! hypothesis all symbols are equally likely, and there is no product. The 24 units that the program
//! leaves alone are the network's memory: it has to find out the rhythm from what hits and misses, to
//! keep count, and to carry the rhythm over to the next sequence.
//!
//! An artifact is 280 little-endian words: a header of 24, then the matrix by rows. The header's first
//! five words are the enforced keys of its config (see [`SCHEMA`]); each is brought into its range, so
//! no artifact is an error. The program does not read the header's other words.
//!
//! | key | the program obeys |
//! |---|---|
//! | `max_lag` | longest lag searched |
//! | `transpositions` | whether transposed repetitions are searched |
//! | `eager` | whether a hypothesis that missed gives way to a repetition of the missed symbol |
//! | `outcomes` | whether the network is told what hit and what missed |
//! | `memory` | whether its units are kept from one sequence to the next, else set to 0 |
//!
//! `learning_rate`, `batch` and `leak` are labels: they say how the artifact was trained.
//!
//! ## Measured
//!
//! Printed by `cargo run -p woppal-evaluator --example measure`: the metric of an artifact of each
//! config over 10,000 evaluations, trained on 8,000 others, the standard deviation `sd` of one
//! evaluation and `margin = 3·√2·sd`, three standard deviations of the difference of two evaluations.
//!
//! | max lag | transpositions | eager | outcomes | memory | metric | sd | margin |
//! |--:|--:|--:|--:|--:|--:|--:|--:|
//! | 1 | 0 | 0 | 0 | 0 | -622,074 | 18,396 | 78,046 |
//! | 1 | 0 | 0 | 1 | 0 | -681,192 | 18,860 | 80,015 |
//! | 3 | 0 | 0 | 0 | 0 | -1,493,144 | 21,267 | 90,227 |
//! | 4 | 0 | 1 | 1 | 1 | -3,056,279 | 21,836 | 92,644 |
//! | 1 | 1 | 0 | 0 | 0 | -1,888,881 | 18,599 | 78,910 |
//! | 1 | 1 | 0 | 1 | 1 | -1,947,943 | 20,547 | 87,173 |
//! | 2 | 1 | 0 | 0 | 0 | -2,759,989 | 18,416 | 78,134 |
//! | 2 | 1 | 0 | 1 | 1 | -2,897,824 | 19,925 | 84,534 |
//! | 3 | 1 | 0 | 0 | 0 | -3,630,759 | 21,144 | 89,707 |
//! | 3 | 1 | 0 | 1 | 1 | -3,847,561 | 26,359 | 111,830 |
//! | 4 | 1 | 0 | 0 | 0 | -4,184,368 | 23,567 | 99,987 |
//! | 4 | 1 | 0 | 1 | 1 | -4,480,857 | 32,338 | 137,198 |
//! | 4 | 1 | 1 | 0 | 0 | -4,501,434 | 22,838 | 96,895 |
//! | 4 | 1 | 1 | 0 | 1 | -4,499,688 | 21,755 | 92,299 |
//! | 4 | 1 | 1 | 1 | 0 | -4,737,966 | 25,385 | 107,701 |
//! | 4 | 1 | 1 | 1 | 1 | -4,797,285 | 30,361 | 128,812 |
//! | 8 | 1 | 1 | 1 | 1 | -4,797,308 | 31,379 | 133,129 |
//!
//! The noisiest of 100 random configs has a margin of NOISIEST; [`NOISE_MARGIN`] is 150,000. The best
//! config is 31 margins below the baseline, and the climb from the worst to it has seven steps of one
//! key, of which six are wider than a margin. About three evaluations in a thousand are off by more
//! than 100,000, because two symbols happen to be equal; the deviations contain such accidents.
//!
//! In the network's place the best table of confidences by kind of hypothesis, misses (up to 3) and
//! hits (up to 7) since it was taken up, 64 contexts, would reach -4,488,563: the network is 308,722
//! better, two margins. A table by all that can be known of a sequence so far (kind, lag, position,
//! misses, hits since the last miss) has 165 contexts in use and reaches -4,699,568, which the
//! network does within a sequence; that it carries the rhythm over to the next one is beyond tables.
//!
//! An evaluation has 51 products of 1,024 multiplications when all hypotheses are found. The program
//! takes 2,130 to 2,860 steps on the proof system's machine, a good config 2,660, and at most 3,275 in
//! 4,000 evaluations of each header: six segments of the standard circuit with a matrix as a rule,
//! never more than seven.
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
