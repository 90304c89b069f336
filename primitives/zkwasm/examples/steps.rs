//! Where the steps of an evaluator go.
//!
//! ```text
//! cargo run -p woppal-zkwasm --example steps -- \
//!     evaluator.wasm [artifact.bin [seed in hex]] [--wide | --matrix] [--list]
//! ```
//!
//! Prints capacities used, steps, segments, steps by function, and with `--list` every instruction
//! with its count; of the standard circuit, with `--wide` of the one for 64-bit words, with `--matrix`
//! of the one with a matrix.

use std::{env, error::Error, fs};
use woppal_zkwasm::{commitment, lower, machine::Machine, module, shape};

const MAX_STEPS: u64 = 100_000_000;

fn main() -> Result<(), Box<dyn Error>> {
	let (flags, arguments): (Vec<String>, Vec<String>) =
		env::args().skip(1).partition(|argument| argument.starts_with("--"));
	let wasm = fs::read(arguments.first().ok_or("usage: steps WASM [ARTIFACT [SEED]] [--list]")?)?;
	let artifact = arguments.get(1).map(fs::read).transpose()?.unwrap_or_default();
	let has = |name: &str| flags.iter().any(|flag| flag == name);
	let shape = match (has("--wide"), has("--matrix")) {
		(true, _) => shape::STANDARD_WIDE,
		(_, true) => shape::STANDARD_MATRIX,
		_ => shape::STANDARD,
	};
	let seed = seed(arguments.get(2).map_or("", String::as_str))?;

	let module = module::load(&wasm)?;
	let program = lower::lower(&module, &shape)?;
	let words = commitment::artifact_words(&shape, &artifact)
		.ok_or("the artifact is not whole words or too large")?;
	let run = Machine::new(&program, &words, seed)?.run(MAX_STEPS)?;

	println!("instructions  {} of {}", program.instructions.len(), shape.code);
	println!(
		"data words    frames {}, globals {}, linear memory {} of {}",
		program.stack_words,
		program.memory_base - program.stack_words,
		shape.data - program.memory_base,
		shape.data
	);
	println!("end           {:?}", run.end);
	println!("steps         {}", run.steps);
	println!("segments      {} of {} steps", run.segments(&shape), shape.steps);
	for (function, steps) in run.steps_by_function(&program) {
		println!("function {function:<4} {steps} steps");
	}
	if flags.iter().any(|flag| flag == "--list") {
		for (pc, (instr, count)) in program.instructions.iter().zip(&run.counts).enumerate() {
			println!("{pc:>4} {count:>9}  {instr}");
		}
	}
	Ok(())
}

fn seed(hex: &str) -> Result<[u8; 32], Box<dyn Error>> {
	let mut seed = [0u8; 32];
	for (byte, digits) in seed.iter_mut().zip(hex.as_bytes().chunks(2)) {
		*byte = u8::from_str_radix(std::str::from_utf8(digits)?, 16)?;
	}
	Ok(seed)
}
