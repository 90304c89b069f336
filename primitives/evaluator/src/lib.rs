//! The root project, "predict a source never seen before": its evaluator as the frozen WebAssembly
//! program that proofs are about, the native twin of that program, and the project's constants.
//!
//! ## The task
//!
//! An evaluation seed draws five stochastic sources and a sequence of fourteen symbols from each. A
//! symbol is one of 2^20. The predictor reads symbol by symbol: it gives a probability to each
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
//! estimator of single symbols, `(c + 1/2) / (n + 2^20 / 2)` for a symbol seen `c` times among `n`,
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
//! | 1 | 0 | 0 | 0 | 0 | -938,814 | 18,159 | 77,043 |
//! | 1 | 0 | 0 | 1 | 0 | -997,989 | 18,106 | 76,816 |
//! | 3 | 0 | 0 | 0 | 0 | -2,047,612 | 18,160 | 77,045 |
//! | 4 | 0 | 1 | 1 | 1 | -3,967,347 | 18,106 | 76,815 |
//! | 1 | 1 | 0 | 0 | 0 | -2,522,517 | 18,159 | 77,043 |
//! | 1 | 1 | 0 | 1 | 1 | -2,581,675 | 18,104 | 76,808 |
//! | 2 | 1 | 0 | 0 | 0 | -3,631,329 | 18,160 | 77,045 |
//! | 2 | 1 | 0 | 1 | 1 | -3,769,293 | 18,158 | 77,038 |
//! | 3 | 1 | 0 | 0 | 0 | -4,739,948 | 18,160 | 77,045 |
//! | 3 | 1 | 0 | 1 | 1 | -4,957,050 | 18,102 | 76,800 |
//! | 4 | 1 | 0 | 0 | 0 | -5,452,271 | 18,237 | 77,375 |
//! | 4 | 1 | 0 | 1 | 1 | -5,748,809 | 18,283 | 77,567 |
//! | 4 | 1 | 1 | 0 | 0 | -5,848,423 | 18,238 | 77,376 |
//! | 4 | 1 | 1 | 0 | 1 | -5,845,803 | 17,056 | 72,361 |
//! | 4 | 1 | 1 | 1 | 0 | -6,084,830 | 18,090 | 76,748 |
//! | 4 | 1 | 1 | 1 | 1 | -6,144,099 | 20,021 | 84,940 |
//! | 8 | 1 | 1 | 1 | 1 | -6,144,576 | 18,234 | 77,359 |
//!
//! Over 100,000 evaluations most configs have a margin of 70,000 to 85,000, the noisiest that was
//! found, `[5, 1, 0, 0, 1]`, 112,000; [`NOISE_MARGIN`] is 120,000. Most of it is the baseline's,
//! which depends on where the rhythm begins; less than one evaluation in ten thousand is off by more
//! than 100,000, because two symbols happen to be equal. The best config is 51 margins below the
//! baseline, and the climb from the worst to it has seven steps of one key, of which six are wider
//! than a margin; the last one, `memory`, is half as wide.
//!
//! In the network's place the best table of confidences by kind of hypothesis, misses (up to 3) and
//! hits (up to 7) since it was taken up, 64 contexts, would reach -5,835,390: the network is 308,709
//! better, two and a half margins. A table by all that can be known of a sequence so far (kind, lag,
//! position, misses, hits since the last miss) has 123 contexts in use and reaches -6,046,397: a
//! network without `memory` does that too, and what it then gains by carrying the rhythm over to the
//! next sequence is beyond such tables.
//!
//! An evaluation has 51 products of 1,024 multiplications when all hypotheses are found. The program
//! takes 2,130 to 2,860 steps on the proof system's machine as a rule, a good config 2,670, and at most
//! 3,175 in 4,000 evaluations of each header: six segments of the standard circuit with a matrix, or
//! seven.
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
