//! zkWASM as the pallets see it: roots and digests in the runtime, the heavy arithmetic by the node.

use alloc::vec::Vec;
use woppal_host::{fallback, host};
use woppal_protocol::{
	research::{CircuitId, Program},
	statement::{Claim, PUBLIC_INPUTS},
	traits::{KeyFault, ProofSystem, VerifyStatus},
	H256,
};
use woppal_zkwasm::{
	commitment::{self, End, ProgramCommitment},
	shape::{Shape, SMALL, SMALL_MATRIX, SMALL_WIDE, STANDARD, STANDARD_MATRIX, STANDARD_WIDE},
	verifier,
};

/// The proof system of this runtime.
pub struct ZkWasm;

/// What stands for a root that cannot be computed because a part of it is not a canonical scalar.
/// It is no canonical scalar itself, so no proof against it verifies.
const NO_ROOT: H256 = H256::repeat_byte(0xff);

/// The circuit's number in zkWASM.
const fn number(circuit: CircuitId) -> u8 {
	match circuit {
		CircuitId::Small => 0,
		CircuitId::Standard => 1,
		CircuitId::SmallWide => 2,
		CircuitId::StandardWide => 3,
		CircuitId::SmallMatrix => 4,
		CircuitId::StandardMatrix => 5,
	}
}

const fn shape(circuit: CircuitId) -> &'static Shape {
	match circuit {
		CircuitId::Small => &SMALL,
		CircuitId::Standard => &STANDARD,
		CircuitId::SmallWide => &SMALL_WIDE,
		CircuitId::StandardWide => &STANDARD_WIDE,
		CircuitId::SmallMatrix => &SMALL_MATRIX,
		CircuitId::StandardMatrix => &STANDARD_MATRIX,
	}
}

fn commitment_of(program: &Program) -> ProgramCommitment {
	ProgramCommitment {
		code: program.code.0,
		data: program.data.0,
		entry_pc: program.entry_pc,
		entry_fp: program.entry_fp,
	}
}

fn end(claim: &Claim) -> End {
	match *claim {
		Claim::Halted { metric } => {
			End::Halted { output: u32::from_le_bytes(metric.to_le_bytes()) }
		},
		Claim::Trapped { cause } => End::Trapped { cause },
	}
}

/// Verifies at most [`fallback::MAX_BATCH`] proofs in one call.
fn one_batch(prepared_key: &[u8], proofs: &[(&[u8], &[H256])]) -> Vec<VerifyStatus> {
	let flat: Vec<(&[u8], Vec<u8>)> = proofs
		.iter()
		.map(|(proof, inputs)| (*proof, fallback::concatenate(inputs.iter().map(|input| &input.0))))
		.collect();
	let batch = fallback::encode_batch(&flat);
	let mut statuses = host::Statuses::default();
	if host::woppal::groth16_bn254_verify_batch(prepared_key, &batch, &mut statuses) == 1 {
		let codes = statuses.as_ref().iter().take(proofs.len());
		return codes.map(|code| VerifyStatus::from_code(u32::from(*code))).collect();
	}
	// Only a host that refuses a batch of our own making leads here.
	proofs.iter().map(|(proof, inputs)| ZkWasm::verify(prepared_key, proof, inputs)).collect()
}

impl ProofSystem for ZkWasm {
	fn artifact_root(circuit: CircuitId, artifact: &[u8]) -> Option<H256> {
		let mut root = [0; 32];
		let found = host::woppal::artifact_root(u32::from(number(circuit)), artifact, &mut root);
		(found == 1).then_some(H256(root))
	}

	fn first_root(program: &Program, artifact_root: &H256, seed: &H256) -> H256 {
		commitment::first_root(&commitment_of(program), &artifact_root.0, &seed.0)
			.map_or(NO_ROOT, H256)
	}

	fn last_root(
		program: &Program,
		artifact_root: &H256,
		seed: &H256,
		final_data: &H256,
		claim: &Claim,
	) -> Option<H256> {
		commitment::last_root(
			&commitment_of(program),
			&artifact_root.0,
			&seed.0,
			&final_data.0,
			end(claim),
		)
		.map(H256)
	}

	fn program_digest(program: &Program, circuit: CircuitId) -> H256 {
		commitment::program_digest(&commitment_of(program), shape(circuit)).map_or(NO_ROOT, H256)
	}

	fn prepare_key(_: CircuitId, key: &[u8]) -> Result<Vec<u8>, KeyFault> {
		verifier::prepare_key(key, PUBLIC_INPUTS).map_err(|fault| match fault {
			verifier::KeyFault::Malformed => KeyFault::Malformed,
			verifier::KeyFault::Degenerate => KeyFault::Degenerate,
			verifier::KeyFault::WrongArity => KeyFault::WrongArity,
		})
	}

	fn is_development_key(key: &[u8]) -> bool {
		woppal_zkwasm::development::is_development_key(key)
	}

	fn verify(prepared_key: &[u8], proof: &[u8], inputs: &[H256]) -> VerifyStatus {
		let inputs = fallback::concatenate(inputs.iter().map(|input| &input.0));
		VerifyStatus::from_code(host::woppal::groth16_bn254_verify(prepared_key, proof, &inputs))
	}

	fn verify_all(prepared_key: &[u8], proofs: &[(&[u8], &[H256])]) -> Vec<VerifyStatus> {
		proofs
			.chunks(fallback::MAX_BATCH)
			.flat_map(|proofs| one_batch(prepared_key, proofs))
			.collect()
	}
}
