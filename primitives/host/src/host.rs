//! The host functions by which the runtime calls the node.

#[cfg(not(substrate_runtime))]
use crate::fallback;
use sp_runtime_interface::{
	pass_by::{PassFatPointerAndRead, PassPointerAndWrite},
	runtime_interface,
};

/// zkWASM's heavy arithmetic. See [`crate::fallback`] for what each function takes and returns.
#[runtime_interface]
pub trait Woppal {
	/// Verifies a Groth16 proof on BN254 and returns a status code.
	fn groth16_bn254_verify(
		key: PassFatPointerAndRead<&[u8]>,
		proof: PassFatPointerAndRead<&[u8]>,
		inputs: PassFatPointerAndRead<&[u8]>,
	) -> u32 {
		fallback::groth16_bn254_verify(key, proof, inputs)
	}

	/// Writes an artifact's Poseidon root to `root` and returns 1, or returns 0 if it has none.
	fn artifact_root(
		circuit: u32,
		artifact: PassFatPointerAndRead<&[u8]>,
		root: PassPointerAndWrite<&mut [u8; 32], 32>,
	) -> u32 {
		let found = u8::try_from(circuit)
			.ok()
			.and_then(|circuit| fallback::artifact_root(circuit, artifact));
		match found {
			Some(value) => {
				*root = value;
				1
			},
			None => 0,
		}
	}
}

#[cfg(not(substrate_runtime))]
pub use woppal::HostFunctions;
