//! Programs that `wasm-smith` makes mean the same to the machine, at both widths, and to `wasmi`:
//! results, causes of traps and memory.
//!
//! Each program is compared as it is on words of 64 bits and, if it has no `i64`, of 32; then once
//! more on both with every `i64` turned into an `i32`, which keeps it valid.
//!
//! Program `n` comes from the number `n` alone. `CONFORMANCE=10000` sets how many are compared,
//! `CONFORMANCE_FIRST` the first number.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/common/mod.rs"]
mod common;

use common::{assert_memory, instantiates, lowered, reference_run, HUGE, SEED};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};
use std::{collections::BTreeMap, convert::Infallible, env};
use wasm_encoder::{
	reencode::{self, Reencode},
	Instruction as I, MemArg, ValType,
};
use wasm_smith::{Config, InstructionKind, InstructionKinds};
use wasmi_reference::{Engine, Module};
use woppal_zkwasm::{
	commitment::End,
	ir::TrapCause,
	lower::LowerError,
	machine::{Machine, RunError},
	module::{load, LoadError},
	shape::{Shape, Width},
};

/// Programs that a plain run compares.
const DEFAULT_PROGRAMS: u64 = 1_000;
/// A shape that holds no more than a page, so that bounds are found out on slow paths.
const LESS: Shape = Shape { data: 1 << 13, ..HUGE };
/// Steps after which a run is given up.
const MAX_STEPS: u64 = 100_000;
/// What `wasmi` may spend.
const FUEL: u64 = 1_000_000;

fn variable(name: &str, default: u64) -> u64 {
	env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// The module of a number, and the artifact that it runs on.
fn generate(number: u64) -> Option<(Vec<u8>, Vec<u32>)> {
	let mut random = ChaCha8Rng::seed_from_u64(number);
	let mut choice = |n: u32| random.next_u32() % n;
	let (pages, more) = (choice(3), choice(2));
	let exports = format!(
		"(module (memory (export \"memory\") {pages} {})
		 (func (export \"evaluate\") (result i32) i32.const 0))",
		pages + more
	);
	let imports = "(module (import \"env\" \"input\" (func (param i32) (result i32))))";
	let mut config = Config {
		available_imports: Some(wat::parse_str(imports).unwrap()),
		exports: Some(wat::parse_str(exports).unwrap()),
		allowed_instructions: InstructionKinds::new(&[
			InstructionKind::NumericInt,
			InstructionKind::Parametric,
			InstructionKind::Variable,
			InstructionKind::MemoryInt,
			InstructionKind::Control,
		]),
		max_funcs: 1 + choice(6) as usize,
		max_instructions: 5 + (choice(40) * (1 + choice(5))) as usize,
		max_globals: choice(6) as usize,
		max_imports: choice(2) as usize,
		max_types: 6,
		max_values: 4,
		max_data_segments: choice(4) as usize,
		max_element_segments: 3,
		max_elements: 8,
		max_tables: 1,
		// The exported one comes on top.
		max_memories: 0,
		min_tables: choice(2),
		max_table_elements: 12,
		max_nesting_depth: 6,
		memory_max_size_required: true,
		// Half of the programs keep clear of traps and get further.
		disallow_traps: choice(2) == 0,
		..subset()
	};
	config.memory_offset_choices = wasm_smith::MemoryOffsetChoices(95, 4, 1);
	let artifact = (0..24).map(|_| random.next_u32() >> (random.next_u32() % 32)).collect();
	let mut bytes = vec![0; 4096];
	random.fill_bytes(&mut bytes);
	let mut module =
		wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(&bytes)).ok()?;
	module.ensure_termination(60).ok()?;
	Some((module.to_bytes(), artifact))
}

/// Nothing but the MVP's integers and sign extension.
fn subset() -> Config {
	Config {
		allow_floats: false,
		bulk_memory_enabled: false,
		exceptions_enabled: false,
		gc_enabled: false,
		compact_imports_enabled: false,
		extended_const_enabled: false,
		memory64_enabled: false,
		multi_value_enabled: false,
		reference_types_enabled: false,
		relaxed_simd_enabled: false,
		saturating_float_to_int_enabled: false,
		simd_enabled: false,
		tail_call_enabled: false,
		threads_enabled: false,
		wide_arithmetic_enabled: false,
		..Config::default()
	}
}

/// Turns `i64` into `i32` everywhere.
struct Narrowed;

impl Reencode for Narrowed {
	type Error = Infallible;

	fn val_type(
		&mut self,
		ty: wasmparser::ValType,
	) -> Result<ValType, reencode::Error<Self::Error>> {
		let ty = reencode::utils::val_type(self, ty)?;
		Ok(if ty == ValType::I64 { ValType::I32 } else { ty })
	}

	fn instruction<'a>(
		&mut self,
		operator: wasmparser::Operator<'a>,
	) -> Result<I<'a>, reencode::Error<Self::Error>> {
		Ok(narrowed(reencode::utils::instruction(self, operator)?))
	}
}

/// The `i32` instruction that comes closest.
fn narrowed(instruction: I<'_>) -> I<'_> {
	let word = |m: MemArg| MemArg { align: m.align.min(2), ..m };
	match instruction {
		I::I64Const(c) => I::I32Const(c as i32),
		I::I64Load(m) => I::I32Load(word(m)),
		I::I64Load8S(m) => I::I32Load8S(m),
		I::I64Load8U(m) => I::I32Load8U(m),
		I::I64Load16S(m) => I::I32Load16S(m),
		I::I64Load16U(m) => I::I32Load16U(m),
		I::I64Load32S(m) | I::I64Load32U(m) => I::I32Load(m),
		I::I64Store(m) => I::I32Store(word(m)),
		I::I64Store8(m) => I::I32Store8(m),
		I::I64Store16(m) => I::I32Store16(m),
		I::I64Store32(m) => I::I32Store(m),
		I::I64Eqz => I::I32Eqz,
		I::I64Eq => I::I32Eq,
		I::I64Ne => I::I32Ne,
		I::I64LtS => I::I32LtS,
		I::I64LtU => I::I32LtU,
		I::I64GtS => I::I32GtS,
		I::I64GtU => I::I32GtU,
		I::I64LeS => I::I32LeS,
		I::I64LeU => I::I32LeU,
		I::I64GeS => I::I32GeS,
		I::I64GeU => I::I32GeU,
		I::I64Clz => I::I32Clz,
		I::I64Ctz => I::I32Ctz,
		I::I64Popcnt => I::I32Popcnt,
		I::I64Add => I::I32Add,
		I::I64Sub => I::I32Sub,
		I::I64Mul => I::I32Mul,
		I::I64DivS => I::I32DivS,
		I::I64DivU => I::I32DivU,
		I::I64RemS => I::I32RemS,
		I::I64RemU => I::I32RemU,
		I::I64And => I::I32And,
		I::I64Or => I::I32Or,
		I::I64Xor => I::I32Xor,
		I::I64Shl => I::I32Shl,
		I::I64ShrS => I::I32ShrS,
		I::I64ShrU => I::I32ShrU,
		I::I64Rotl => I::I32Rotl,
		I::I64Rotr => I::I32Rotr,
		I::I64Extend8S => I::I32Extend8S,
		I::I64Extend16S => I::I32Extend16S,
		I::I64Extend32S | I::I64ExtendI32S | I::I64ExtendI32U | I::I32WrapI64 => I::Nop,
		other => other,
	}
}

fn narrow_module(wasm: &[u8]) -> Vec<u8> {
	let mut module = wasm_encoder::Module::new();
	Narrowed.parse_core_module(&mut module, wasmparser::Parser::new(0), wasm).unwrap();
	module.finish()
}

/// How the comparisons went.
#[derive(Debug, Default)]
struct Tally {
	/// Programs and runs that were compared.
	programs: u64,
	runs: BTreeMap<&'static str, u64>,
	/// Ends of the compared runs.
	ends: BTreeMap<String, u64>,
	/// Runs that were not compared, by reason.
	skipped: BTreeMap<&'static str, u64>,
}

impl Tally {
	/// Compares a module on a shape with what `wasmi` makes of it.
	fn compare(
		&mut self,
		number: u64,
		wasm: &[u8],
		artifact: &[u32],
		shape: &Shape,
	) -> Result<bool, &'static str> {
		let mut config = wasmi_reference::Config::default();
		config.consume_fuel(true);
		let engine = Engine::new(&config);
		let module = Module::new(&engine, wasm).unwrap();
		if let Err(error) = load(wasm) {
			let beyond = matches!(
				error,
				LoadError::DataOutOfBounds { .. } | LoadError::ElementOutOfBounds { .. }
			);
			assert!(beyond && !instantiates(&engine, &module), "program {number}: {error}");
			return Err("no instance, in both");
		}
		let program = match lowered(wasm, shape) {
			Err(LowerError::Width { .. }) if shape.width == Width::W32 => return Ok(false),
			Err(LowerError::CodeCapacity { .. }) => return Err("too much code"),
			Err(LowerError::FrameCapacity { .. }) => return Err("too large a frame"),
			Err(LowerError::DataCapacity { .. }) => return Err("too much data"),
			program => program.unwrap(),
		};
		let run = match Machine::new(&program, artifact, SEED).unwrap().run(MAX_STEPS) {
			Err(RunError::OverCapacity { .. }) => return Err("beyond the machine's memory"),
			Err(RunError::StepLimit { .. }) => return Err("too many steps"),
			run => run.unwrap(),
		};
		let expected =
			reference_run(&engine, &module, artifact, Some(FUEL)).ok_or("wasmi's fuel")?;
		let exhausted = End::Trapped { cause: TrapCause::StackExhausted as u8 };
		if run.end != expected.end && [run.end, expected.end].contains(&exhausted) {
			return Err("stacks of different depth");
		}
		assert_eq!(run.end, expected.end, "program {number} at {:?}", shape.width);
		assert_memory(wasm, &program, &run, expected.memory.as_deref(), &number);
		*self
			.ends
			.entry(format!("{:?}", expected.end).replace(|c: char| c.is_ascii_digit(), ""))
			.or_default() += 1;
		if let End::Trapped { cause } = expected.end {
			let cause = TrapCause::from_code(cause).unwrap();
			*self.ends.entry(format!("{cause:?}")).or_default() += 1;
		}
		Ok(true)
	}

	fn program(&mut self, number: u64) {
		let Some((wasm, artifact)) = generate(number) else {
			*self.skipped.entry("not generated").or_default() += 1;
			return;
		};
		let wide = Shape { width: Width::W64, ..HUGE };
		let narrow = narrow_module(&wasm);
		let mut compared = false;
		for (name, wasm, shape) in [
			("as it is, 32 bits", &wasm, HUGE),
			("as it is, 64 bits", &wasm, wide),
			("narrowed, 32 bits", &narrow, HUGE),
			("narrowed, 64 bits", &narrow, wide),
			("narrowed, 32 bits, less memory", &narrow, LESS),
			("as it is, 64 bits, less memory", &wasm, Shape { width: Width::W64, ..LESS }),
		] {
			match self.compare(number, wasm, &artifact, &shape) {
				Ok(true) => {
					compared = true;
					*self.runs.entry(name).or_default() += 1;
				},
				Ok(false) => {},
				Err(reason) => *self.skipped.entry(reason).or_default() += 1,
			}
		}
		self.programs += u64::from(compared);
	}
}

#[test]
fn generated_programs_agree() {
	let (count, first) =
		(variable("CONFORMANCE", DEFAULT_PROGRAMS), variable("CONFORMANCE_FIRST", 1));
	println!("programs from number {first} on");
	let mut tally = Tally::default();
	let mut number = first;
	// Some numbers give no program that can be compared.
	while tally.programs < count && number < first + 2 * count {
		tally.program(number);
		number += 1;
	}
	println!("{} numbers: {tally:#?}", number - first);
	assert_eq!(tally.programs, count, "{tally:#?}");
}
