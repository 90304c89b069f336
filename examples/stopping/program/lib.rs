//! The evaluator as a WebAssembly module: `evaluate() -> i32`, which reads its inputs through
//! `env.input(index: i32) -> i32`. `../build-program` compiles it, with no dependency but `core`.
#![no_std]
#![deny(missing_docs)]

#[path = "../src/program.rs"]
pub mod program;

#[link(wasm_import_module = "env")]
extern "C" {
	/// The input word at `index`.
	fn input(index: i32) -> i32;
}

/// Runs the evaluation and returns the metric.
#[no_mangle]
pub extern "C" fn evaluate() -> i32 {
	// SAFETY: the import reads a word and has no effect.
	program::evaluate(|index| unsafe { input(index as i32) as u32 })
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
	core::arch::wasm32::unreachable()
}
