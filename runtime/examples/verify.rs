//! `verify FOLDER`: times the verification of one proof of the small circuit, natively as the host
//! function does it, and by the fallback inside the compiled runtime. Prints one JSON object with
//! milliseconds. `FOLDER` keeps the proving key.
#![allow(clippy::print_stdout, reason = "its output is its result")]

use codec::{Decode, Encode};
use sc_executor::WasmExecutor;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_io::TestExternalities;
use std::{path::Path, time::Instant};
use woppal_host::fallback;
use woppal_zkwasm::{
	commitment, lower::lower, module::load, prover::prove_run, setup::cached_development_keys,
	shape::SMALL,
};

type Failure = Box<dyn std::error::Error>;
/// Calls timed of each kind; the fastest counts.
const ROUNDS: u32 = 20;

/// The fastest of the rounds, in milliseconds.
fn fastest(mut work: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
	let mut best = f64::INFINITY;
	for _ in 0..ROUNDS {
		let start = Instant::now();
		work()?;
		best = best.min(start.elapsed().as_secs_f64() * 1e3);
	}
	Ok(best)
}

/// A prepared key, a proof that holds against it, and its public inputs.
type Truth = (Vec<u8>, Vec<u8>, Vec<[u8; 32]>);

/// Makes a true statement and its proof.
fn truth(folder: &Path) -> Result<Truth, Failure> {
	// (module (func (export "evaluate") (result i32) i32.const 42))
	let wasm = [
		b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07\x0c\x01\x08evaluate\0\0"
			.as_slice(),
		b"\x0a\x06\x01\x04\0\x41\x2a\x0b",
	]
	.concat();
	let program = lower(&load(&wasm)?, &SMALL)?;
	let (key, _) = cached_development_keys(&SMALL, folder)?;
	let seed = [3; 32];
	let run = prove_run(&key, &program, &[], seed, 1, |_| [0; 32], |_, _| {})?;
	let proven = run.segments.first().ok_or("no segment")?;
	let commitment = program.commitment();
	let root = commitment::artifact_root(&SMALL, &[]).ok_or("artifact")?;
	let first = commitment::first_root(&commitment, &root, &seed).ok_or("first root")?;
	let digest = commitment::program_digest(&commitment, &SMALL).ok_or("digest")?;
	let inputs = vec![first, proven.post_root, digest, [0; 32]];
	Ok((key.prepared().to_vec(), proven.proof.to_vec(), inputs))
}

fn main() -> Result<(), Failure> {
	let folder = std::env::args().nth(1).ok_or("usage: verify FOLDER")?;
	let (key, proof, inputs) = truth(Path::new(&folder))?;

	let flat = fallback::concatenate(&inputs);
	let native = fastest(|| match fallback::groth16_bn254_verify(&key, &proof, &flat) {
		0 => Ok(()),
		status => Err(format!("the host function says {status}").into()),
	})?;

	let blob = woppal_runtime::WASM_BINARY.ok_or("this build has no runtime blob")?;
	let executor =
		WasmExecutor::<(sp_io::SubstrateHostFunctions, woppal_host::host::HostFunctions)>::builder(
		)
		.build();
	let fetcher = WrappedRuntimeCode(blob.into());
	let code = RuntimeCode { code_fetcher: &fetcher, heap_pages: None, hash: vec![0; 32] };
	let mut ext = TestExternalities::new_empty();
	let mut call = |method: &str, data: &[u8]| -> Result<Vec<u8>, Failure> {
		let context = CallContext::Onchain { import: false };
		Ok(executor.call(&mut ext.ext(), &code, method, data, context).0?)
	};
	// What a call costs that verifies nothing.
	let overhead = fastest(|| call("Core_version", &[]).map(drop))?;
	let arguments = (&key, &proof, &inputs).encode();
	let whole = fastest(|| {
		let answer = call("WoppalApi_verify_without_host", &arguments)?;
		match u32::decode(&mut &answer[..])? {
			0 => Ok(()),
			status => Err(format!("the fallback says {status}").into()),
		}
	})?;
	println!("{{\"verify_ms\":{native:.3},\"verify_fallback_ms\":{:.3}}}", whole - overhead);
	Ok(())
}
