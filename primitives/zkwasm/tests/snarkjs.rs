//! Real proofs, checked by snarkjs: a verifier that shares no code with ours.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
	fs,
	path::{Path, PathBuf},
	process::Command,
};
use woppal_zkwasm::{
	commitment::{artifact_root, first_root, program_digest},
	development,
	lower::lower,
	module::load,
	prover::prove_run,
	setup::cached_development_keys,
	shape::SMALL,
	snarkjs::{proof, public_inputs, verification_key, ExportError},
	verifier::{prepare_key, verify, Status},
};

const SEED: [u8; 32] = [4; 32];

/// A segment's proof under the development key, and its public inputs.
fn proven() -> ([u8; 128], Vec<[u8; 32]>) {
	let wasm = wat::parse_str(
		r#"(module
			(import "env" "input" (func $input (param i32) (result i32)))
			(func (export "evaluate") (result i32)
				(i32.mul (call $input (i32.const 0)) (call $input (i32.const 1)))))"#,
	);
	let program = lower(&load(&wasm.unwrap()).unwrap(), &SMALL).unwrap();
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
	let (key, _) = cached_development_keys(&SMALL, folder).unwrap();
	let context = [6; 32];
	let run = prove_run(&key, &program, &[6, 7], SEED, 1, |_| context, |_, _| {}).unwrap();
	let commitment = program.commitment();
	let artifact: Vec<u8> = [6u32, 7].iter().flat_map(|word| word.to_le_bytes()).collect();
	let root = artifact_root(&SMALL, &artifact).unwrap();
	let pre = first_root(&commitment, &root, &SEED).unwrap();
	let digest = program_digest(&commitment, &SMALL).unwrap();
	let segment = &run.segments[0];
	(segment.proof, vec![pre, segment.post_root, digest, context])
}

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
	fn new() -> Self {
		let path =
			Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("snarkjs-{}", std::process::id()));
		fs::create_dir_all(&path).unwrap();
		Self(path)
	}

	/// Whether snarkjs takes these files.
	fn is_verified(&self, key: &str, public: &str, proof: &str) -> bool {
		let cli = Path::new(env!("CARGO_MANIFEST_DIR"))
			.join("../../scripts/snarkjs/node_modules/snarkjs/build/cli.cjs");
		assert!(cli.exists(), "snarkjs is not installed: run scripts/setup");
		let files = [("key.json", key), ("public.json", public), ("proof.json", proof)];
		let files = files.map(|(name, content)| {
			let path = self.0.join(name);
			fs::write(&path, content).unwrap();
			path
		});
		let output =
			Command::new("node").arg(cli).args(["groth16", "verify"]).args(files).output().unwrap();
		let said = String::from_utf8_lossy(&output.stdout);
		match output.status.code() {
			Some(0) if said.contains("OK!") => true,
			Some(1) if said.contains("Invalid proof") => false,
			code => panic!(
				"snarkjs ended with {code:?}: {said}{}",
				String::from_utf8_lossy(&output.stderr)
			),
		}
	}
}

impl Drop for Folder {
	fn drop(&mut self) {
		let _ = fs::remove_dir_all(&self.0);
	}
}

#[test]
fn snarkjs_takes_our_proof_and_nothing_else() {
	let (bytes, inputs) = proven();
	let vk = development::DEVELOPMENT_SMALL;
	assert_eq!(verify(&prepare_key(vk, 4).unwrap(), &bytes, &inputs), Status::Valid);
	let folder = Folder::new();
	let (key, public, good) =
		(verification_key(vk).unwrap(), public_inputs(&inputs).unwrap(), proof(&bytes).unwrap());
	assert!(folder.is_verified(&key, &public, &good));

	// Another input, two exchanged.
	for place in 0..4 {
		let mut wrong = inputs.clone();
		wrong[place][0] ^= 1;
		assert!(!folder.is_verified(&key, &public_inputs(&wrong).unwrap(), &good), "input {place}");
	}
	let mut wrong = inputs.clone();
	wrong.swap(0, 1);
	assert!(!folder.is_verified(&key, &public_inputs(&wrong).unwrap(), &good));

	// The other sign of each point: well formed and false.
	for last in [31, 95, 127] {
		let mut wrong = bytes;
		wrong[last] ^= 1 << 7;
		assert!(!folder.is_verified(&key, &public, &proof(&wrong).unwrap()), "byte {last}");
	}

	// Another key: the standard circuit's, and one with α negated.
	let standard = verification_key(development::DEVELOPMENT_STANDARD).unwrap();
	assert!(!folder.is_verified(&standard, &public, &good));
	let mut negated = vk.to_vec();
	negated[31] ^= 1 << 7;
	assert!(!folder.is_verified(&verification_key(&negated).unwrap(), &public, &good));
}

#[test]
fn what_is_malformed_is_not_exported() {
	let vk = development::DEVELOPMENT_SMALL;
	for wrong in [&vk[1..], &vk[..vk.len() - 1], &[]] {
		assert_eq!(verification_key(wrong), Err(ExportError::Key));
	}
	for wrong in [&[0xff; 128][..], &[0; 127], &[]] {
		assert_eq!(proof(wrong), Err(ExportError::Proof));
	}
	let inputs = [[0; 32], [0xff; 32]];
	assert_eq!(public_inputs(&inputs), Err(ExportError::Input { index: 1 }));
	assert_eq!(public_inputs(&[]).unwrap(), "[]\n");
	let mut seven = [0; 32];
	seven[0] = 7;
	assert_eq!(public_inputs(&[[0; 32], seven]).unwrap(), "[\"0\",\"7\"]\n");
}
