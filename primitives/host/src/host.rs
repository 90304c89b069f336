//! The host functions by which the runtime calls the node.

#[cfg(not(substrate_runtime))]
use crate::fallback;
use crate::fallback::MAX_BATCH;
use sp_runtime_interface::{
	pass_by::{PassFatPointerAndRead, PassPointerAndWrite},
	runtime_interface,
};

/// Room for a batch's status codes; what has none says [`Statuses::NONE`].
pub struct Statuses([u8; MAX_BATCH]);

impl Statuses {
	/// The code of no status.
	pub const NONE: u8 = u8::MAX;
}

impl Default for Statuses {
	fn default() -> Self {
		Self([Self::NONE; MAX_BATCH])
	}
}

impl AsRef<[u8]> for Statuses {
	fn as_ref(&self) -> &[u8] {
		&self.0
	}
}

impl AsMut<[u8]> for Statuses {
	fn as_mut(&mut self) -> &mut [u8] {
		&mut self.0
	}
}

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

	/// Verifies several Groth16 proofs under one key: writes a status code for each to `statuses` and
	/// returns 1, or returns 0 if `batch` is none.
	fn groth16_bn254_verify_batch(
		key: PassFatPointerAndRead<&[u8]>,
		batch: PassFatPointerAndRead<&[u8]>,
		statuses: PassPointerAndWrite<&mut Statuses, MAX_BATCH>,
	) -> u32 {
		*statuses = Statuses::default();
		match fallback::groth16_bn254_verify_batch(key, batch) {
			Some(found) => {
				for (place, status) in statuses.as_mut().iter_mut().zip(found) {
					*place = status as u8;
				}
				1
			},
			None => 0,
		}
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
