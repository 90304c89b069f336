//! Runs a module on the machine and on `wasmi`.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::{cell::RefCell, fmt::Display};
use wasmi_reference::{core::TrapCode, Caller, Engine, Linker, Store};
use woppal_zkwasm::{
	commitment::{seed_words, End},
	ir::TrapCause,
	lower::{lower, LowerError},
	machine::{Machine, Run, RunError},
	module::load,
	program::Program,
	shape::{Shape, Width},
};

/// Roomier than the circuits, so that tests are about meaning and not about capacity.
pub(crate) const ROOMY: Shape =
	Shape { width: Width::W32, steps: 64, code: 1024, inputs: 32, data: 256, products: 0 };

/// The same with words of 64 bits.
pub(crate) const ROOMY_WIDE: Shape = Shape { width: Width::W64, ..ROOMY };

/// As large as the machine can be: holds more than a page.
pub(crate) const HUGE: Shape = Shape { data: 1 << 16, ..ROOMY };

/// Steps after which a test's run is given up.
pub(crate) const MAX_STEPS: u64 = 1_000_000;

pub(crate) const SEED: [u8; 32] = [
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31, 0xff,
];

/// Lowers a module, and checks that its instructions are some.
pub(crate) fn lowered(wasm: &[u8], shape: &Shape) -> Result<Program, LowerError> {
	let program = lower(&load(wasm).unwrap(), shape)?;
	for instr in &program.instructions {
		assert!(instr.is_well_formed(shape.width), "{instr:?}");
		assert!(usize::from(instr.target) < program.instructions.len(), "{instr:?}");
	}
	Ok(program)
}

pub(crate) fn program(wat: &str) -> Program {
	lowered(&wat::parse_str(wat).unwrap(), &ROOMY).unwrap()
}

pub(crate) fn run_on(shape: &Shape, wat: &str, artifact: &[u32]) -> Result<Run, RunError> {
	let program = lowered(&wat::parse_str(wat).unwrap(), shape).unwrap();
	Machine::new(&program, artifact, SEED).unwrap().run(MAX_STEPS)
}

pub(crate) fn run(wat: &str, artifact: &[u32]) -> Run {
	run_on(&ROOMY, wat, artifact).unwrap()
}

/// What `wasmi` makes of a module: how it ends, and the memory exported as `memory`.
pub(crate) struct Reference {
	pub(crate) end: End,
	pub(crate) memory: Option<Vec<u8>>,
}

/// The input region of a shape.
fn inputs(artifact: &[u32]) -> Vec<u32> {
	let mut words = artifact.to_vec();
	words.resize(ROOMY.artifact_words() as usize, 0);
	words.extend(seed_words(&SEED));
	words
}

/// The imports of a module.
fn linker(engine: &Engine) -> Linker<Vec<u32>> {
	let mut linker = <Linker<Vec<u32>>>::new(engine);
	linker
		.func_wrap("env", "input", |caller: Caller<'_, Vec<u32>>, index: i32| {
			caller
				.data()
				.get(index as u32 as usize)
				.map(|word| *word as i32)
				.ok_or_else(|| wasmi_reference::Error::from(TrapCode::MemoryOutOfBounds))
		})
		.unwrap();
	linker
}

/// Whether `wasmi` can instantiate a module, so far as its segments go.
pub(crate) fn instantiates(engine: &Engine, module: &wasmi_reference::Module) -> bool {
	let mut store = Store::new(engine, Vec::new());
	linker(engine).instantiate(&mut store, module).is_ok()
}

/// Runs a module on `wasmi`, with fuel if given: `None` if that is used up.
pub(crate) fn reference_run(
	engine: &Engine,
	module: &wasmi_reference::Module,
	artifact: &[u32],
	fuel: Option<u64>,
) -> Option<Reference> {
	let mut store = Store::new(engine, inputs(artifact));
	if let Some(fuel) = fuel {
		store.set_fuel(fuel).unwrap();
	}
	let linker = linker(engine);
	let instance = match linker.instantiate(&mut store, module).unwrap().start(&mut store) {
		Ok(instance) => instance,
		Err(error) => return Some(Reference { end: trapped(&error)?, memory: None }),
	};
	let evaluate = instance.get_typed_func::<(), i32>(&store, "evaluate").unwrap();
	let end = match evaluate.call(&mut store, ()) {
		Ok(output) => End::Halted { output: output as u32 },
		Err(error) => trapped(&error)?,
	};
	let memory = instance.get_memory(&store, "memory").map(|m| m.data(&store).to_vec());
	Some(Reference { end, memory })
}

/// The trap; `None` for a lack of fuel.
fn trapped(error: &wasmi_reference::Error) -> Option<End> {
	let cause = match error.as_trap_code().unwrap() {
		TrapCode::UnreachableCodeReached => TrapCause::Unreachable,
		TrapCode::MemoryOutOfBounds => TrapCause::OutOfBounds,
		TrapCode::IntegerDivisionByZero => TrapCause::DivisionByZero,
		TrapCode::IntegerOverflow => TrapCause::IntegerOverflow,
		TrapCode::StackOverflow => TrapCause::StackExhausted,
		TrapCode::TableOutOfBounds => TrapCause::UndefinedElement,
		TrapCode::IndirectCallToNull => TrapCause::UninitializedElement,
		TrapCode::BadSignature => TrapCause::IndirectCallTypeMismatch,
		TrapCode::OutOfFuel => return None,
		other => panic!("unexpected trap {other:?}"),
	};
	Some(End::Trapped { cause: cause as u8 })
}

/// Bytes of linear memory after a run.
pub(crate) fn memory(program: &Program, run: &Run) -> Vec<u8> {
	let bytes = program.shape.width.bytes() as usize;
	let words = run.data.iter().skip(program.memory_base as usize);
	words.flat_map(|word| word.to_le_bytes().into_iter().take(bytes)).collect()
}

/// Asserts that memory is what it should be after a run.
pub(crate) fn assert_memory(
	wasm: &[u8],
	program: &Program,
	run: &Run,
	expected: Option<&[u8]>,
	name: &dyn Display,
) {
	let Some(expected) = expected else { return };
	let mut initial = vec![0; expected.len()];
	for segment in load(wasm).unwrap().segments {
		let address = segment.address as usize;
		initial[address..address + segment.bytes.len()].copy_from_slice(&segment.bytes);
	}
	let base = program.memory_base as usize;
	if initial == expected && program.data[base..] == run.data[base..] {
		// A program that does not access its memory need not hold what is in it.
		return;
	}
	let held = memory(program, run);
	for (at, theirs) in expected.iter().enumerate() {
		let ours = held.get(at).copied().unwrap_or(0);
		assert_eq!(ours, *theirs, "byte {at}, {:?}: {name}", program.shape.width);
	}
}

/// A module, compiled for `wasmi` and lowered for some shapes.
struct Subject {
	wat: String,
	wasm: Vec<u8>,
	engine: Engine,
	module: wasmi_reference::Module,
	programs: Vec<Program>,
}

impl Subject {
	fn new(wat: &str, shapes: &[Shape]) -> Self {
		let wasm = wat::parse_str(wat).unwrap();
		let engine = Engine::default();
		let module = wasmi_reference::Module::new(&engine, &wasm).unwrap();
		let mut programs = Vec::new();
		for shape in shapes {
			match lowered(&wasm, shape) {
				Err(LowerError::Width { .. }) if shape.width == Width::W32 => {},
				program => programs.push(program.unwrap()),
			}
		}
		Self { wat: wat.to_string(), wasm, engine, module, programs }
	}

	fn agree(&self, artifact: &[u32]) -> Run {
		let wat = &self.wat;
		let expected = reference_run(&self.engine, &self.module, artifact, None).unwrap();
		let mut first = None;
		for program in &self.programs {
			let width = program.shape.width;
			let run = Machine::new(program, artifact, SEED).unwrap().run(MAX_STEPS).unwrap();
			assert_eq!(run.end, expected.end, "{width:?} with {artifact:x?}:\n{wat}");
			assert_memory(&self.wasm, program, &run, expected.memory.as_deref(), wat);
			first.get_or_insert(run);
		}
		first.unwrap()
	}
}

/// Asserts that the machine of every width that can run the module agrees with `wasmi`, on the
/// memory too if it is exported as `memory`. Returns the first machine's run.
pub(crate) fn agree(wat: &str, artifact: &[u32]) -> Run {
	thread_local! {
		/// The last module: a test mostly runs one on many inputs.
		static LAST: RefCell<Option<Subject>> = const { RefCell::new(None) };
	}
	LAST.with_borrow_mut(|last| {
		let subject = last.take_if(|subject| subject.wat == wat);
		let subject = subject.unwrap_or_else(|| Subject::new(wat, &[ROOMY, ROOMY_WIDE]));
		last.insert(subject).agree(artifact)
	})
}

/// As [`agree`], on these shapes.
pub(crate) fn agree_on(shapes: &[Shape], wat: &str, artifact: &[u32]) -> Run {
	Subject::new(wat, shapes).agree(artifact)
}
