//! The root subnet's first project, as genesis ships it.
//!
//! Its numbers are the evaluator crate's. What a validator of the chain cannot recompute without the
//! loader (the module's hash and the lowered program's commitment) is pinned here, and a test makes it
//! again from the module.

use alloc::vec::Vec;
use sp_runtime::BoundedVec;
use woppal_evaluator as evaluator;
use woppal_protocol::{
	research::{CircuitId, ConfigKey, Direction, Name, Program, ProjectSpec, ProofLevel},
	KeyId, H256,
};

/// The verifying key of networks that are not live. Anyone can repeat its setup and forge proofs.
pub const DEVELOPMENT_KEY: &[u8] = woppal_zkwasm::development::DEVELOPMENT_STANDARD_MATRIX;
/// The number under which genesis registers the project's verifying key.
pub const KEY: KeyId = 0;
/// Blake2-256 of the evaluator's WebAssembly module.
pub const EVALUATOR: H256 =
	hash("152b6e7fd684e1196355b706f9df2622205806eeff46474261c616518e5e2aad");
/// The evaluator's commitment under the standard circuit with a matrix.
pub const PROGRAM: Program = Program {
	code: hash("136c6f321494b961798a6b39062ea784aca93db010719ad9d2fb1d2a805af91e"),
	data: hash("023d0c96ec40637bf8d7d6e8ea93484fdb119914c3d51c6296a243957812af0b"),
	entry_pc: 0,
	entry_fp: 0,
};
/// The bytes that a hexadecimal text stands for; any other text does not compile.
const fn hash(text: &str) -> H256 {
	const fn digit(byte: u8) -> u8 {
		match byte {
			b'0'..=b'9' => byte - b'0',
			b'a'..=b'f' => byte - b'a' + 10,
			_ => panic!("not a lower-case hexadecimal digit"),
		}
	}
	let text = text.as_bytes();
	assert!(text.len() == 64, "a hash has 64 digits");
	let mut bytes = [0; 32];
	let mut i = 0;
	while i < 32 {
		bytes[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
		i += 1;
	}
	H256(bytes)
}

fn name(text: &str) -> Name {
	BoundedVec::truncate_from(text.as_bytes().to_vec())
}

/// The project.
pub fn spec() -> ProjectSpec {
	let schema: Vec<ConfigKey> = evaluator::SCHEMA
		.iter()
		.map(|key| ConfigKey { name: name(key.name), min: key.min, max: key.max })
		.collect();
	ProjectSpec {
		name: name(evaluator::NAME),
		metric: name(evaluator::METRIC),
		unit: name(evaluator::UNIT),
		direction: Direction::LowerIsBetter,
		evaluator: EVALUATOR,
		program: PROGRAM,
		circuit: CircuitId::StandardMatrix,
		key: KEY,
		level: ProofLevel::Execution,
		max_steps: evaluator::MAX_STEPS,
		max_segments: evaluator::MAX_SEGMENTS,
		sample_size: evaluator::SAMPLE_SIZE,
		artifact_bytes: evaluator::ARTIFACT_BYTES,
		schema: BoundedVec::truncate_from(schema),
		baseline: evaluator::BASELINE,
		noise_margin: evaluator::NOISE_MARGIN,
		max_changed_keys: evaluator::MAX_CHANGED_KEYS,
		supersedes: None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_io::hashing::blake2_256;
	use woppal_zkwasm::{lower::lower, module::load, shape::STANDARD_MATRIX};

	#[test]
	fn the_pinned_hashes_are_the_evaluators() {
		let module = load(evaluator::PROGRAM_WASM).expect("the module is in the subset");
		let lowered = lower(&module, &STANDARD_MATRIX).expect("the module fits the circuit");
		let commitment = lowered.commitment();
		let program = Program {
			code: H256(commitment.code),
			data: H256(commitment.data),
			entry_pc: commitment.entry_pc,
			entry_fp: commitment.entry_fp,
		};
		assert_eq!(
			(H256(blake2_256(evaluator::PROGRAM_WASM)), program),
			(EVALUATOR, PROGRAM),
			"pin these"
		);
	}

	#[test]
	fn nothing_of_the_project_is_cut_off() {
		let spec = spec();
		assert_eq!(spec.name.as_slice(), evaluator::NAME.as_bytes());
		assert_eq!(spec.metric.as_slice(), evaluator::METRIC.as_bytes());
		assert_eq!(spec.unit.as_slice(), evaluator::UNIT.as_bytes());
		assert_eq!(spec.schema.len(), evaluator::SCHEMA.len());
		for (key, theirs) in spec.schema.iter().zip(&evaluator::SCHEMA) {
			assert_eq!(key.name.as_slice(), theirs.name.as_bytes());
		}
		assert!(spec.max_segments <= woppal_protocol::research::MAX_SEGMENTS);
	}
}
