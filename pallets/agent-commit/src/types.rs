//! What the pallet stores.

use frame::prelude::*;
use woppal_protocol::{research::CircuitId, H256};

/// Most bytes of a compressed verifying key.
pub const MAX_KEY_BYTES: u32 = 1024;
/// Most bytes of a verifying key as it is stored.
pub const MAX_PREPARED_KEY_BYTES: u32 = 4 * 1024;

/// A compressed verifying key.
pub type KeyBytes = BoundedVec<u8, ConstU32<MAX_KEY_BYTES>>;
/// A verifying key as it is stored: checked and prepared.
pub type PreparedKey = BoundedVec<u8, ConstU32<MAX_PREPARED_KEY_BYTES>>;

/// A registered verifying key.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct KeyRecord {
	/// The segment circuit that it verifies.
	pub circuit: CircuitId,
	/// Hash of its setup's transcript; zero for development keys.
	pub transcript: H256,
	/// Blake2-256 of the compressed key.
	pub hash: H256,
	/// The key, checked and prepared.
	pub prepared: PreparedKey,
	/// Whether it was retired: no proof is accepted under it.
	pub retired: bool,
}

/// A [`CircuitId`] as a chain specification names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", crate = "frame::prelude::serde")]
pub enum GenesisCircuit {
	/// [`CircuitId::Small`].
	Small,
	/// [`CircuitId::Standard`].
	Standard,
	/// [`CircuitId::SmallWide`].
	SmallWide,
	/// [`CircuitId::StandardWide`].
	StandardWide,
	/// [`CircuitId::SmallMatrix`].
	SmallMatrix,
	/// [`CircuitId::StandardMatrix`].
	StandardMatrix,
}

impl From<GenesisCircuit> for CircuitId {
	fn from(circuit: GenesisCircuit) -> Self {
		match circuit {
			GenesisCircuit::Small => Self::Small,
			GenesisCircuit::Standard => Self::Standard,
			GenesisCircuit::SmallWide => Self::SmallWide,
			GenesisCircuit::StandardWide => Self::StandardWide,
			GenesisCircuit::SmallMatrix => Self::SmallMatrix,
			GenesisCircuit::StandardMatrix => Self::StandardMatrix,
		}
	}
}

impl From<CircuitId> for GenesisCircuit {
	fn from(circuit: CircuitId) -> Self {
		match circuit {
			CircuitId::Small => Self::Small,
			CircuitId::Standard => Self::Standard,
			CircuitId::SmallWide => Self::SmallWide,
			CircuitId::StandardWide => Self::StandardWide,
			CircuitId::SmallMatrix => Self::SmallMatrix,
			CircuitId::StandardMatrix => Self::StandardMatrix,
		}
	}
}
