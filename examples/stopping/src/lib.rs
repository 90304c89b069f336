//! An example of a project's evaluator, `docs/programs.md` goes through it: when to stop looking.
//!
//! ## The task
//!
//! Offers come one after another and each is taken or gone; the twelfth is taken if none was before.
//! In an episode they are uniform between nothing and a scale that nobody knows, so the policy has only
//! what it has seen: it takes an offer that is a certain part of the best before it, a part of its own
//! for each position. An evaluation seed draws [`EPISODES`] episodes, scales and offers, so a policy
//! is measured on offers that did not exist while anyone searched for it.
//!
//! ## The metric
//!
//! By how much of the scale the taken offers fall short of it, on average, in parts of 65,536. Lower is
//! better; taking the first offer gives [`BASELINE`] on average.
//!
//! ## The artifact
//!
//! [`ARTIFACT_WORDS`] little-endian words: the two enforced keys of the config, then for each position
//! but the last the part of the best so far that is demanded, in parts of 128, at most 255. The program
//! brings every word into its range, so that no artifact is an error.
//!
//! | key | the program obeys |
//! |---|---|
//! | `skip` | so many offers are only looked at |
//! | `bits` | bits of a demand that count, the upper ones |
//!
//! `rounds` is a label: it says how long the artifact was searched for, which nothing proves.
#![no_std]
#![forbid(unsafe_code)]

mod program;

pub use program::*;

/// What taking the first offer gives on average.
pub const BASELINE: i32 = 32_768;
/// Name and range of each key of the config, in order.
pub const SCHEMA: [(&str, i32, i32); 3] = [("skip", 0, 7), ("bits", 1, 8), ("rounds", 1, 16)];

/// Evaluates natively: the metric that the program gives for the same artifact and seed. Missing
/// words of the artifact are zero.
pub fn evaluate_artifact(artifact: &[u32], seed: &[u8; 32]) -> i32 {
	evaluate(|index| match index.checked_sub(SEED_INDEX) {
		Some(word) => {
			let bytes = seed.iter().skip(4 * word as usize).take(4);
			bytes.rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
		},
		None => artifact.get(index as usize).copied().unwrap_or(0),
	})
}

/// An artifact's words: the enforced part of a config, then the demands. `None` if the config does
/// not fit [`SCHEMA`].
pub fn artifact_words(
	config: &[i32; 3],
	demands: &[u8; DEMANDS as usize],
) -> Option<[u32; ARTIFACT_WORDS as usize]> {
	if !config.iter().zip(&SCHEMA).all(|(value, (_, min, max))| (min..=max).contains(&value)) {
		return None;
	}
	let mut words = [0; ARTIFACT_WORDS as usize];
	let header = config.iter().take(HEADER_WORDS as usize).map(|value| value.unsigned_abs());
	for (word, value) in words.iter_mut().zip(header.chain(demands.iter().map(|d| u32::from(*d)))) {
		*word = value;
	}
	Some(words)
}

/// The demands that a precision of `bits` tells apart.
pub fn levels(bits: i32) -> impl Iterator<Item = u8> {
	(0..=u8::MAX).step_by(1 << (8 - bits.clamp(1, 8)))
}

/// Seeds by number, for searching and measuring; a chain's come from its blocks.
pub fn seeds(number: u64, count: u64) -> impl Iterator<Item = [u8; 32]> {
	(0..count).map(move |i| {
		let mut seed = [0; 32];
		for (lane, bytes) in seed.chunks_exact_mut(8).enumerate() {
			// splitmix64.
			let mut z = number
				.wrapping_mul(0xd134_2543_de82_ef95)
				.wrapping_add((4 * i + lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
			z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
			z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
			bytes.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes());
		}
		seed
	})
}
