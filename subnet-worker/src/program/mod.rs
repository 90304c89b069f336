//! Programs that their author gives: loaded, run and measured without a node.
//!
//! - [`Given`]: a module, lowered for a circuit.
//! - [`bundle`]: a proven run in a file that anybody can verify.
//! - [`lab`]: one experiment of any project, with a given program, config and artifact.

pub mod bundle;
pub mod lab;

use crate::{error::Error, prove::commitment_of};
use clap::ValueEnum;
use codec::Encode;
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;
use std::{fs::File, io::Read, path::Path};
use woppal_protocol::{
	research::{CircuitId, Program as Commitment},
	H256,
};
use woppal_zkwasm::{
	commitment::artifact_words,
	ir::TrapCause,
	lower::{lower, LowerError},
	machine::{Machine, Run, RunError},
	module::{self, LoadError, Module},
	program::Program,
	shape::{Shape, SMALL, SMALL_MATRIX, SMALL_WIDE, STANDARD, STANDARD_MATRIX, STANDARD_WIDE},
};

/// A segment circuit by name: the one place that knows which there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Circuit {
	/// For tests: short segments that are proven fast.
	Small,
	/// What networks use.
	Standard,
	/// `small` with words of 64 bits.
	SmallWide,
	/// `standard` with words of 64 bits: for programs with `i64`.
	StandardWide,
	/// `small` with a matrix in the artifact.
	SmallMatrix,
	/// `standard` with a matrix in the artifact: for programs with `env.matrix`.
	StandardMatrix,
}

impl Circuit {
	/// The circuit that the chain knows by this id.
	pub const fn of(id: CircuitId) -> Self {
		match id {
			CircuitId::Small => Self::Small,
			CircuitId::Standard => Self::Standard,
			CircuitId::SmallWide => Self::SmallWide,
			CircuitId::StandardWide => Self::StandardWide,
			CircuitId::SmallMatrix => Self::SmallMatrix,
			CircuitId::StandardMatrix => Self::StandardMatrix,
		}
	}

	/// Its capacities.
	pub const fn shape(self) -> Shape {
		match self {
			Self::Small => SMALL,
			Self::Standard => STANDARD,
			Self::SmallWide => SMALL_WIDE,
			Self::StandardWide => STANDARD_WIDE,
			Self::SmallMatrix => SMALL_MATRIX,
			Self::StandardMatrix => STANDARD_MATRIX,
		}
	}

	/// Its name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Small => "small",
			Self::Standard => "standard",
			Self::SmallWide => "small-wide",
			Self::StandardWide => "standard-wide",
			Self::SmallMatrix => "small-matrix",
			Self::StandardMatrix => "standard-matrix",
		}
	}
}

/// Why a program is refused or could not be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
	/// The module does not load.
	#[error("the module is refused: {0}")]
	Load(#[from] LoadError),
	/// The module does not fit the circuit.
	#[error("the module does not fit the {} circuit: {source}", .circuit.name())]
	Lower {
		/// The circuit.
		circuit: Circuit,
		/// What it exceeds.
		source: LowerError,
	},
	/// The artifact does not fit the circuit.
	#[error(
		"the artifact has {bytes} bytes; it must be whole words of 4 bytes, at most {most} bytes \
		 with the {} circuit", .circuit.name()
	)]
	Artifact {
		/// Its length.
		bytes: usize,
		/// Most bytes.
		most: u32,
		/// The circuit.
		circuit: Circuit,
	},
	/// The run is longer than allowed.
	#[error(
		"the run takes more than {steps} steps, all that {segments} segments of the {} circuit \
		 hold", .circuit.name()
	)]
	TooLong {
		/// Steps allowed.
		steps: u64,
		/// Segments allowed.
		segments: u32,
		/// The circuit.
		circuit: Circuit,
	},
	/// The machine could not go on.
	#[error("the run failed: {0}")]
	Run(#[source] RunError),
}

/// A module, lowered for a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
	/// The circuit.
	pub circuit: Circuit,
	/// The module's bytes.
	pub wasm: Vec<u8>,
	/// The program.
	pub program: Program,
	module: Module,
}

/// What a program takes of a circuit's data region, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DataUse {
	/// Locals and temporaries of the deepest chain of calls.
	pub frames: u32,
	/// Globals that are written.
	pub globals: u32,
	/// Linear memory that the module's data segments fill.
	pub initial_memory: u32,
	/// Linear memory that the program may use: what is left, its initial part included.
	pub memory: u32,
	/// What the circuit holds.
	pub capacity: u32,
}

impl Given {
	/// Loads and lowers a module.
	///
	/// # Errors
	/// [`ProgramError::Load`], [`ProgramError::Lower`].
	pub fn new(wasm: Vec<u8>, circuit: Circuit) -> Result<Self, ProgramError> {
		let module = module::load(&wasm)?;
		let program = lower(&module, &circuit.shape())
			.map_err(|source| ProgramError::Lower { circuit, source })?;
		Ok(Self { circuit, wasm, program, module })
	}

	/// Loads the module in a file.
	///
	/// # Errors
	/// As [`Given::new`]; [`Error::Io`] or [`Error::TooLarge`].
	pub fn read(path: &Path, circuit: Circuit) -> Result<Self, Error> {
		let wasm = read_file(path, module::MAX_MODULE_BYTES)?;
		Self::new(wasm, circuit).map_err(|e| Error::program(path, e))
	}

	/// Blake2-256 of the module: the evaluator's name on a chain.
	pub fn hash(&self) -> H256 {
		H256(blake2_256(&self.wasm))
	}

	/// What binds the lowered program on a chain.
	pub fn commitment(&self) -> Commitment {
		commitment_of(&self.program)
	}

	/// Most bytes of an artifact.
	pub fn max_artifact_bytes(&self) -> u32 {
		self.circuit.shape().artifact_words().saturating_mul(4)
	}

	/// What it takes of the data region.
	pub fn data_use(&self) -> DataUse {
		let Program { stack_words, memory_base, .. } = self.program;
		let shape = self.circuit.shape();
		let (capacity, word) = (shape.data, u64::from(shape.width.bytes()));
		let memory = capacity.saturating_sub(memory_base);
		let end = |s: &module::Segment| u64::from(s.address).saturating_add(s.bytes.len() as u64);
		let filled = self.module.segments.iter().map(end).max().unwrap_or(0).div_ceil(word);
		DataUse {
			frames: stack_words,
			globals: memory_base.saturating_sub(stack_words),
			// A program without memory instructions has no use for its segments.
			initial_memory: u32::try_from(filled).unwrap_or(u32::MAX).min(memory),
			memory,
			capacity,
		}
	}

	/// An artifact's words, zero padded.
	///
	/// # Errors
	/// [`ProgramError::Artifact`].
	pub fn artifact_words(&self, artifact: &[u8]) -> Result<Vec<u32>, ProgramError> {
		let (most, circuit) = (self.max_artifact_bytes(), self.circuit);
		let refused = ProgramError::Artifact { bytes: artifact.len(), most, circuit };
		artifact_words(&self.program.shape, artifact).ok_or(refused)
	}

	/// Runs the program on an artifact and a seed, within so many segments.
	///
	/// # Errors
	/// [`ProgramError::Artifact`], [`ProgramError::TooLong`].
	pub fn run(
		&self,
		artifact: &[u8],
		seed: &H256,
		max_segments: u32,
	) -> Result<Run, ProgramError> {
		let words = self.artifact_words(artifact)?;
		let most = u64::from(max_segments).saturating_mul(u64::from(self.program.shape.steps));
		let machine = Machine::new(&self.program, &words, seed.0).map_err(ProgramError::Run)?;
		machine.run(most).map_err(|error| match error {
			RunError::StepLimit { limit } => ProgramError::TooLong {
				steps: limit,
				segments: max_segments,
				circuit: self.circuit,
			},
			error => ProgramError::Run(error),
		})
	}
}

/// Seeds by number, for measuring: nobody's evaluation.
pub fn seeds(number: u64, count: u32) -> impl Iterator<Item = H256> {
	(0..count).map(move |i| H256(blake2_256(&("woppal/measure/1", number, i).encode())))
}

/// What a trap means, in words.
pub fn describe_trap(cause: u8) -> &'static str {
	match TrapCause::from_code(cause) {
		Some(TrapCause::Unreachable) => "unreachable: a panic, or a trap of the program's own",
		Some(TrapCause::DivisionByZero) => "division or remainder by zero",
		Some(TrapCause::IntegerOverflow) => "signed division whose quotient is out of range",
		Some(TrapCause::OutOfBounds) => {
			"an access outside the memory, or an input index beyond the inputs"
		},
		Some(TrapCause::StackExhausted) => "calls too deep for the frames' room",
		Some(TrapCause::UndefinedElement) => "an indirect call beyond the table",
		Some(TrapCause::UninitializedElement) => "an indirect call of an empty table element",
		Some(TrapCause::IndirectCallTypeMismatch) => {
			"an indirect call of a function of another type"
		},
		None => "no cause that this release knows",
	}
}

/// A file's content, at most so many bytes.
pub fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, Error> {
	let failed = |source| Error::Io { path: path.to_owned(), source };
	let mut bytes = Vec::new();
	let limit = (most as u64).saturating_add(1);
	File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
	if bytes.len() > most {
		return Err(Error::TooLarge { path: path.to_owned(), most });
	}
	Ok(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::test_util::TempDir;
	use woppal_zkwasm::commitment::End;

	fn given(text: &str) -> Result<Given, ProgramError> {
		Given::new(wat::parse_str(text).unwrap(), Circuit::Small)
	}

	#[test]
	fn a_module_is_loaded_and_its_use_of_the_circuit_told() {
		let given = given(
			r#"(module
				(import "env" "input" (func $input (param i32) (result i32)))
				(memory 1)
				(global $g (mut i32) (i32.const 4))
				(data (i32.const 0) "\01\00\00\00\02")
				(func (export "evaluate") (result i32)
					(global.set $g (call $input (i32.const 0)))
					(i32.add (global.get $g) (i32.load (i32.const 0)))))"#,
		)
		.unwrap();
		let used = given.data_use();
		assert_eq!((used.globals, used.initial_memory, used.capacity), (1, 2, SMALL.data));
		assert_eq!(used.frames + used.globals + used.memory, used.capacity);
		assert_eq!(given.max_artifact_bytes(), 24 * 4);
		let run = given.run(&5u32.to_le_bytes(), &H256::zero(), 1).unwrap();
		assert_eq!(run.end, End::Halted { output: 6 });
		assert_eq!(given.commitment(), commitment_of(&given.program));
	}

	#[test]
	fn what_does_not_load_or_fit_is_refused_with_its_reason() {
		let float = given(
			r#"(module (func (export "evaluate") (result i32)
			(i32.trunc_f32_s (f32.const 1))))"#,
		);
		let told = float.unwrap_err().to_string();
		assert!(told.contains("f32.const") && told.contains("byte 0x"), "{told}");
		let large: String =
			(0..200).map(|i| format!("(call $f (i32.const {i})) i32.mul ")).collect();
		let told = given(&format!(
			r#"(module (import "env" "input" (func $f (param i32) (result i32)))
			(func (export "evaluate") (result i32) (i32.const 3) {large}))"#
		))
		.unwrap_err()
		.to_string();
		assert!(told.contains("small circuit") && told.contains("the shape holds"), "{told}");
		let garbage = Given::new(b"\0asm nonsense".to_vec(), Circuit::Small);
		assert!(matches!(garbage, Err(ProgramError::Load(_))));
	}

	#[test]
	fn artifacts_and_runs_are_bounded() {
		let endless = given(
			r#"(module (func (export "evaluate") (result i32) (loop $l (br $l)) (i32.const 0)))"#,
		)
		.unwrap();
		let seed = H256::zero();
		assert!(matches!(
			endless.run(&[], &seed, 3),
			Err(ProgramError::TooLong { segments: 3, .. })
		));
		for bytes in [3, 25 * 4] {
			let refused = endless.run(&vec![0; bytes], &seed, 1);
			assert!(matches!(refused, Err(ProgramError::Artifact { most: 96, .. })), "{bytes}");
		}
	}

	#[test]
	fn files_are_bounded_and_named() {
		let dir = TempDir::new("program-files");
		let path = dir.path().join("file");
		std::fs::write(&path, [1; 9]).unwrap();
		assert_eq!(read_file(&path, 9).unwrap().len(), 9);
		let told = read_file(&path, 8).unwrap_err().to_string();
		assert!(told.contains("file") && told.contains("8 bytes"), "{told}");
		let missing = read_file(&dir.path().join("none"), 8).unwrap_err();
		assert!(missing.to_string().contains("none"));
	}

	/// The table of costs in `docs/programs.md`.
	#[test]
	fn the_guide_says_what_steps_buy() {
		let steps = |expression: &str| {
			let given = Given::new(
				wat::parse_str(format!(
					r#"(module
						(import "env" "input" (func $input (param i32) (result i32)))
						(memory 1)
						(func $f (param i32 i32) (result i32)
							(i32.mul (local.get 0) (local.get 1)))
						(func (export "evaluate") (result i32) (local $x i32) (local $y i32)
							(local.set $x (call $input (i32.const 0)))
							(local.set $y (call $input (i32.const 1)))
							{expression}))"#
				))
				.unwrap(),
				Circuit::Standard,
			)
			.unwrap();
			let artifact: Vec<u8> = [40u32, 7].iter().flat_map(|w| w.to_le_bytes()).collect();
			// Two inputs and the end of the run.
			given.run(&artifact, &H256::zero(), 1).unwrap().steps - 3
		};
		let store = |operation: &str| {
			steps(&format!("({operation} (local.get $x) (local.get $y)) (local.get $x)"))
		};
		for (cost, expression) in [
			(1, "(i32.add (local.get $x) (local.get $y))"),
			(1, "(i32.mul (local.get $x) (local.get $y))"),
			(1, "(i32.lt_s (local.get $x) (local.get $y))"),
			(1, "(i32.div_u (local.get $x) (i32.const 16))"),
			(4, "(i32.rem_u (local.get $x) (i32.const 5))"),
			(5, "(i32.div_u (local.get $x) (local.get $y))"),
			(6, "(i32.div_s (local.get $x) (i32.const 16))"),
			(9, "(i32.div_s (local.get $x) (i32.const 5))"),
			(15, "(i32.div_s (local.get $x) (local.get $y))"),
			(1, "(i32.popcnt (local.get $x))"),
			(4, "(i32.ctz (local.get $x))"),
			(12, "(i32.clz (local.get $x))"),
			(1, "(i32.load (local.get $x))"),
			(4, "(i32.load8_u (local.get $x))"),
			(5, "(i32.load16_u (local.get $x))"),
			(7, "(i32.load align=1 (local.get $x))"),
			(3, "(call $f (local.get $x) (local.get $y))"),
		] {
			assert_eq!(steps(expression), cost, "{expression}");
		}
		for (cost, operation) in
			[(1, "i32.store"), (8, "i32.store8"), (9, "i32.store16"), (19, "i32.store align=1")]
		{
			assert_eq!(store(operation), cost, "{operation}");
		}
	}

	#[test]
	fn seeds_differ() {
		let all: std::collections::BTreeSet<H256> = seeds(0, 50).chain(seeds(1, 50)).collect();
		assert_eq!(all.len(), 100);
	}

	#[test]
	fn circuits_and_traps_have_names() {
		for id in [
			CircuitId::Small,
			CircuitId::Standard,
			CircuitId::SmallWide,
			CircuitId::StandardWide,
			CircuitId::SmallMatrix,
			CircuitId::StandardMatrix,
		] {
			let circuit = Circuit::of(id);
			let named = Circuit::from_str(circuit.name(), false);
			assert_eq!(named, Ok(circuit));
		}
		let told: std::collections::BTreeSet<_> = (0..=9).map(describe_trap).collect();
		assert_eq!(told.len(), 9);
	}
}
