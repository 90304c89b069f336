//! The root project's experiments: which configs to try and how an artifact is trained from one.
//!
//! - [`first_config`], [`mutate`]: the config space.
//! - [`train`]: a config's artifact, by gradient descent on sources drawn from other seeds than any
//!   evaluation's, quantised to what the evaluator reads.
//! - [`estimate`]: what an evaluation of an artifact will give, before anyone knows the seed.
//!
//! What the predictor may do (lags, transpositions) and what its network is told and keeps is in the
//! config and enforced by the evaluator; what is trained is the network, which says how sure to be
//! of each symbol. Both count: the crate [`woppal_evaluator`] lists what the rungs are worth.

mod config;
mod training;

pub use config::{first_config, mutate};
pub use training::{train, TrainError, TRAINED_EVALUATIONS};

use woppal_evaluator::{fit, words};

/// Mean and standard deviation of an artifact's metric over evaluations with the given seeds, in
/// micro-nats per symbol; `None` if the artifact hasn't the project's size.
///
/// The chain's seed is none of them, so the metric that is proven differs from the mean by about the
/// standard deviation.
pub fn estimate(artifact: &[u8], seeds: impl Iterator<Item = [u8; 32]>) -> Option<(f64, f64)> {
	Some(fit::estimate(&words(artifact)?, seeds))
}
