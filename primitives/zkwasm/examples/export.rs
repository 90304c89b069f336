//! `export FOLDER KEY PROOF INPUT…`: writes a verifying key, a proof and its public inputs into the
//! folder as snarkjs reads them, to check a proof without our verifier.
//!
//! KEY: `development-small`, `development-standard`, or a file with the compressed verifying key. PROOF
//! and INPUTs: hexadecimal, as the chain has them.
#![allow(clippy::print_stdout, reason = "its output is its result")]

use std::{error::Error, fs, path::Path};
use woppal_zkwasm::{development, snarkjs};

type Failure = Box<dyn Error>;

fn bytes(hex: &str) -> Result<Vec<u8>, Failure> {
	let digits = hex.strip_prefix("0x").unwrap_or(hex);
	let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
	if !rest.is_empty() {
		return Err(format!("{hex} has an odd number of digits").into());
	}
	let byte = |pair: &[u8; 2]| -> Result<u8, Failure> {
		Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)
	};
	pairs.iter().map(byte).collect()
}

fn input(hex: &str) -> Result<[u8; 32], Failure> {
	bytes(hex)?.try_into().map_err(|_| format!("the input {hex} is not 32 bytes").into())
}

fn key(name: &str) -> Result<Vec<u8>, Failure> {
	match name {
		"development-small" => Ok(development::DEVELOPMENT_SMALL.to_vec()),
		"development-standard" => Ok(development::DEVELOPMENT_STANDARD.to_vec()),
		path => fs::read(path).map_err(|e| format!("cannot read the key {path}: {e}").into()),
	}
}

fn main() -> Result<(), Failure> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [folder, name, proof, inputs @ ..] = arguments.as_slice() else {
		return Err("usage: export FOLDER KEY PROOF INPUT…".into());
	};
	let inputs = inputs.iter().map(|hex| input(hex)).collect::<Result<Vec<_>, _>>()?;
	let files = [
		("verification_key.json", snarkjs::verification_key(&key(name)?)?),
		("public.json", snarkjs::public_inputs(&inputs)?),
		("proof.json", snarkjs::proof(&bytes(proof)?)?),
	];
	fs::create_dir_all(folder)?;
	for (name, json) in files {
		fs::write(Path::new(folder).join(name), json)?;
	}
	println!("snarkjs groth16 verify {folder}/verification_key.json {folder}/public.json {folder}/proof.json");
	Ok(())
}
