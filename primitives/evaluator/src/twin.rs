//! The native twin: the program's own source on a memory that is an array.

use crate::program::{
	self, Machine, ARTIFACT_WORDS, INITIAL_MEMORY, INPUT_WORDS, MEMORY_WORDS, SEED_INDEX,
	SEED_WORDS,
};

/// What a predictor did with one symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
	/// It had no hypothesis: every symbol was as likely.
	Uniform,
	/// Its hypothesis was scored.
	Scored {
		/// Index of the context whose confidence was used, below [`crate::CONTEXTS`].
		context: u32,
		/// Whether the hypothesis came true.
		hit: bool,
	},
}

struct Native<F> {
	inputs: [u32; INPUT_WORDS as usize],
	memory: [u32; MEMORY_WORDS],
	listener: F,
}

impl<F: FnMut(Observation)> Native<F> {
	fn new(artifact: &[u32], seed: &[u8; 32], listener: F) -> Self {
		let mut inputs = [0; INPUT_WORDS as usize];
		for (input, word) in inputs.iter_mut().zip(artifact.iter().take(SEED_INDEX as usize)) {
			*input = *word;
		}
		for (i, bytes) in seed.chunks_exact(4).take(SEED_WORDS as usize).enumerate() {
			let mut word = [0; 4];
			word.copy_from_slice(bytes);
			inputs[SEED_INDEX as usize + i] = u32::from_le_bytes(word);
		}
		Self { inputs, memory: INITIAL_MEMORY, listener }
	}
}

impl<F: FnMut(Observation)> Machine for Native<F> {
	fn input(&self, index: u32) -> u32 {
		self.inputs[index as usize]
	}

	fn load(&self, region: u32, offset: u32) -> u32 {
		self.memory[((region + offset) / 4) as usize]
	}

	fn store(&mut self, region: u32, offset: u32, value: u32) {
		self.memory[((region + offset) / 4) as usize] = value;
	}

	fn observe(&mut self, context: u32, hit: bool) {
		(self.listener)(Observation::Scored { context: context - program::HEADER_WORDS, hit });
	}

	fn observe_uniform(&mut self) {
		(self.listener)(Observation::Uniform);
	}
}

/// Evaluates an artifact natively: the metric that the program gives for the same inputs.
///
/// `artifact`: at most [`SEED_INDEX`] words, missing ones count as zero and further ones are not
/// read. `seed`: the evaluation seed.
pub fn evaluate(artifact: &[u32], seed: &[u8; 32]) -> i32 {
	program::evaluate(&mut Native::new(artifact, seed, |_| ()))
}

/// Evaluates as [`evaluate`] and tells `listener` what the predictor did with each symbol, in
/// order. A predictor's hypotheses depend on the header only, never on the confidences.
pub fn observe(artifact: &[u32], seed: &[u8; 32], listener: impl FnMut(Observation)) -> i32 {
	program::evaluate(&mut Native::new(artifact, seed, listener))
}

/// The words of an artifact's bytes, little-endian; `None` unless it has the project's size.
pub fn words(artifact: &[u8]) -> Option<[u32; ARTIFACT_WORDS as usize]> {
	if artifact.len() != ARTIFACT_WORDS as usize * 4 {
		return None;
	}
	let mut words = [0; ARTIFACT_WORDS as usize];
	for (word, bytes) in words.iter_mut().zip(artifact.chunks_exact(4)) {
		let mut b = [0; 4];
		b.copy_from_slice(bytes);
		*word = u32::from_le_bytes(b);
	}
	Some(words)
}
