//! Runs a module on the machine and on `wasmi`.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use wasmi_reference::{core::TrapCode, Caller, Engine, Linker, Store};
use woppal_zkwasm::{
	commitment::{seed_words, End},
	ir::TrapCause,
	lower::lower,
	machine::{Machine, Run},
	module::load,
	program::Program,
	shape::{Shape, Width},
};

/// Roomier than the circuits, so that tests are about meaning and not about capacity.
pub(crate) const ROOMY: Shape =
	Shape { width: Width::W32, steps: 64, code: 1024, inputs: 32, data: 256 };

pub(crate) const SEED: [u8; 32] = [
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31, 0xff,
];

pub(crate) fn program(wat: &str) -> Program {
	let wasm = wat::parse_str(wat).unwrap();
	let program = lower(&load(&wasm).unwrap(), &ROOMY).unwrap();
	for instr in &program.instructions {
		assert!(instr.is_well_formed(ROOMY.width), "{instr:?} in {wat}");
	}
	program
}

pub(crate) fn run(wat: &str, artifact: &[u32]) -> Run {
	let program = program(wat);
	Machine::new(&program, artifact, SEED).unwrap().run(1_000_000).unwrap()
}

/// What `wasmi` makes of it.
pub(crate) fn reference(wat: &str, artifact: &[u32]) -> End {
	let engine = Engine::default();
	let module = wasmi_reference::Module::new(&engine, &wat::parse_str(wat).unwrap()).unwrap();
	let mut words = artifact.to_vec();
	words.resize(ROOMY.artifact_words() as usize, 0);
	words.extend(seed_words(&SEED));
	let mut store = Store::new(&engine, words);
	let mut linker = <Linker<Vec<u32>>>::new(&engine);
	linker
		.func_wrap("env", "input", |caller: Caller<'_, Vec<u32>>, index: i32| {
			caller
				.data()
				.get(index as u32 as usize)
				.map(|word| *word as i32)
				.ok_or_else(|| wasmi_reference::Error::from(TrapCode::MemoryOutOfBounds))
		})
		.unwrap();
	let instance = linker.instantiate(&mut store, &module).unwrap().start(&mut store).unwrap();
	let evaluate = instance.get_typed_func::<(), i32>(&store, "evaluate").unwrap();
	match evaluate.call(&mut store, ()) {
		Ok(output) => End::Halted { output: output as u32 },
		Err(error) => {
			let cause = match error.as_trap_code().unwrap() {
				TrapCode::UnreachableCodeReached => TrapCause::Unreachable,
				TrapCode::MemoryOutOfBounds => TrapCause::OutOfBounds,
				TrapCode::IntegerDivisionByZero => TrapCause::DivisionByZero,
				TrapCode::IntegerOverflow => TrapCause::IntegerOverflow,
				TrapCode::StackOverflow => TrapCause::StackExhausted,
				other => panic!("unexpected trap {other:?}"),
			};
			End::Trapped { cause: cause as u8 }
		},
	}
}

/// Asserts that both agree, and returns the machine's run.
pub(crate) fn agree(wat: &str, artifact: &[u32]) -> Run {
	let run = run(wat, artifact);
	assert_eq!(run.end, reference(wat, artifact), "with {artifact:x?}:\n{wat}");
	run
}
