//! The evaluator as a WebAssembly module: `evaluate() -> i32`, which reads its inputs through
//! `env.input(index: i32) -> i32` and multiplies by the artifact's matrix through
//! `env.matrix(address: i32)`. `../build-evaluator` compiles it, with no dependency but `core`.
#![no_std]
#![deny(missing_docs)]

#[path = "../src/program.rs"]
pub mod program;

use program::{Machine, INITIAL_MEMORY, MEMORY_WORDS};

#[link(wasm_import_module = "env")]
extern "C" {
	/// The input word at `index`.
	fn input(index: i32) -> i32;
	/// Multiplies the vector at `address` by the artifact's matrix.
	fn matrix(address: i32);
}

/// All of the linear memory that the program uses: there is no stack in it.
static mut MEMORY: Memory = Memory(INITIAL_MEMORY);

/// A vector lies at a multiple of 32.
#[repr(align(32))]
#[allow(dead_code, reason = "only its address is used")]
struct Memory([u32; MEMORY_WORDS]);

/// The proof system's machine.
struct Segment;

impl Machine for Segment {
	#[inline(always)]
	fn input(&self, index: u32) -> u32 {
		// SAFETY: the import reads a word and has no effect.
		unsafe { input(index as i32) as u32 }
	}

	#[inline(always)]
	fn load(&self, region: u32, offset: u32) -> u32 {
		// SAFETY: the program keeps `region + offset` a multiple of 4 within `MEMORY`, which the
		// native twin checks at every access, and there is one thread. Two additions that cannot
		// wrap let the compiler put the region into the instruction's immediate.
		unsafe {
			(&raw const MEMORY)
				.cast::<u8>()
				.add(region as usize)
				.add(offset as usize)
				.cast::<u32>()
				.read()
		}
	}

	#[inline(always)]
	fn store(&mut self, region: u32, offset: u32, value: u32) {
		// SAFETY: as in `load`. Volatile, since the compiler would join the stores of two zeros into
		// one of 64 bits.
		unsafe {
			(&raw mut MEMORY)
				.cast::<u8>()
				.add(region as usize)
				.add(offset as usize)
				.cast::<u32>()
				.write_volatile(value);
		}
	}

	#[inline(always)]
	fn matrix(&mut self, address: u32) {
		// SAFETY: the import reads and writes the vector at `address`, which lies in `MEMORY`, and
		// there is one thread.
		unsafe { matrix((&raw mut MEMORY).cast::<u8>().add(address as usize) as i32) }
	}
}

/// Runs the evaluation and returns the metric.
#[no_mangle]
pub extern "C" fn evaluate() -> i32 {
	program::evaluate(&mut Segment)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
	core::arch::wasm32::unreachable()
}
