//! The native twin: the program's own source on a memory that is an array.

use crate::program::{
	self, Machine, ARTIFACT_WORDS, FEATURES, HEADER_WORDS, INITIAL_MEMORY, INPUT_WORDS,
	MEMORY_WORDS, SEED_INDEX, SEED_WORDS, UNITS,
};

const SIDE: usize = UNITS as usize;

/// An artifact's words: header, then matrix.
pub type Artifact = [u32; ARTIFACT_WORDS as usize];
/// The network's weights, row by row: each is a number of 64ths.
pub type Matrix = [i8; SIDE * SIDE];
/// What the network is told of a hypothesis before it is scored.
pub type Features = [i8; FEATURES as usize];

/// What a predictor did, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
	/// It went on to another sequence.
	Sequence,
	/// It had no hypothesis about a symbol: every symbol was as likely.
	Uniform,
	/// Its hypothesis about a symbol was scored.
	Scored {
		/// What the network was told of it.
		features: Features,
		/// Whether the hypothesis came true.
		hit: bool,
	},
}

struct Native<F> {
	inputs: [u32; INPUT_WORDS as usize],
	matrix: Matrix,
	memory: [u32; MEMORY_WORDS],
	features: Features,
	listener: F,
}

impl<F: FnMut(Observation)> Native<F> {
	fn new(artifact: &Artifact, seed: &[u8; 32], listener: F) -> Self {
		let mut inputs = [0; INPUT_WORDS as usize];
		for (input, word) in inputs.iter_mut().zip(artifact.iter().take(HEADER_WORDS as usize)) {
			*input = *word;
		}
		for (i, bytes) in seed.chunks_exact(4).take(SEED_WORDS as usize).enumerate() {
			let mut word = [0; 4];
			word.copy_from_slice(bytes);
			inputs[SEED_INDEX as usize + i] = u32::from_le_bytes(word);
		}
		Self {
			inputs,
			matrix: matrix(artifact),
			memory: INITIAL_MEMORY,
			features: [0; FEATURES as usize],
			listener,
		}
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

	fn matrix(&mut self, address: u32) {
		let first = (address / 4) as usize;
		let words = &mut self.memory[first..first + SIDE / 4];
		let mut units = [0i8; SIDE];
		for (unit, byte) in units.iter_mut().zip(words.iter().flat_map(|w| w.to_le_bytes())) {
			*unit = byte.cast_signed();
		}
		self.features.copy_from_slice(&units[..FEATURES as usize]);
		for (word, rows) in words.iter_mut().zip(self.matrix.chunks_exact(4 * SIDE)) {
			let mut bytes = [0; 4];
			for (byte, row) in bytes.iter_mut().zip(rows.chunks_exact(SIDE)) {
				// At most 32 · 128 · 128 in size.
				let sum: i32 =
					row.iter().zip(&units).map(|(w, v)| i32::from(*w) * i32::from(*v)).sum();
				*byte = ((sum >> 6).clamp(-128, 127) as i8).cast_unsigned();
			}
			*word = u32::from_le_bytes(bytes);
		}
	}

	fn observe_sequence(&mut self) {
		(self.listener)(Observation::Sequence);
	}

	fn observe(&mut self, hit: bool) {
		(self.listener)(Observation::Scored { features: self.features, hit });
	}

	fn observe_uniform(&mut self) {
		(self.listener)(Observation::Uniform);
	}
}

/// Evaluates an artifact natively on an evaluation seed: the metric that the program gives for the
/// same inputs.
pub fn evaluate(artifact: &Artifact, seed: &[u8; 32]) -> i32 {
	program::evaluate(&mut Native::new(artifact, seed, |_| ()))
}

/// Evaluates as [`evaluate`] and tells `listener` what the predictor did. Its hypotheses, and what
/// the network is told of them, depend on the header only, never on the matrix.
pub fn observe(artifact: &Artifact, seed: &[u8; 32], listener: impl FnMut(Observation)) -> i32 {
	program::evaluate(&mut Native::new(artifact, seed, listener))
}

/// An artifact's matrix.
pub fn matrix(artifact: &Artifact) -> Matrix {
	let mut matrix = [0; SIDE * SIDE];
	let bytes = artifact.iter().skip(HEADER_WORDS as usize).flat_map(|word| word.to_le_bytes());
	for (weight, byte) in matrix.iter_mut().zip(bytes) {
		*weight = byte.cast_signed();
	}
	matrix
}

/// The words of an artifact's bytes, little-endian; `None` unless it has the project's size.
pub fn words(artifact: &[u8]) -> Option<Artifact> {
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
