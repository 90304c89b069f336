//! The development keys, by their bytes.
//!
//! Their randomness is public (`setup::development_keys`), so whoever wants can forge proofs for
//! them: a live chain refuses them, whatever anyone claims of them. A test makes them again and
//! compares.

use crate::shape::{
	Shape, SMALL, SMALL_MATRIX, SMALL_WIDE, STANDARD, STANDARD_MATRIX, STANDARD_WIDE,
};

/// Verifying key of the small circuit.
pub const DEVELOPMENT_SMALL: &[u8] = include_bytes!("../keys/development-small.vk");

/// Verifying key of the standard circuit.
pub const DEVELOPMENT_STANDARD: &[u8] = include_bytes!("../keys/development-standard.vk");

/// Verifying key of the small circuit for 64-bit words.
pub const DEVELOPMENT_SMALL_WIDE: &[u8] = include_bytes!("../keys/development-small-wide.vk");

/// Verifying key of the standard circuit for 64-bit words.
pub const DEVELOPMENT_STANDARD_WIDE: &[u8] = include_bytes!("../keys/development-standard-wide.vk");

/// Verifying key of the small circuit with a matrix.
pub const DEVELOPMENT_SMALL_MATRIX: &[u8] = include_bytes!("../keys/development-small-matrix.vk");

/// Verifying key of the standard circuit with a matrix.
pub const DEVELOPMENT_STANDARD_MATRIX: &[u8] =
	include_bytes!("../keys/development-standard-matrix.vk");

/// Every shape that has a development key, with the key.
pub const DEVELOPMENT_KEYS: [(Shape, &[u8]); 6] = [
	(SMALL, DEVELOPMENT_SMALL),
	(STANDARD, DEVELOPMENT_STANDARD),
	(SMALL_WIDE, DEVELOPMENT_SMALL_WIDE),
	(STANDARD_WIDE, DEVELOPMENT_STANDARD_WIDE),
	(SMALL_MATRIX, DEVELOPMENT_SMALL_MATRIX),
	(STANDARD_MATRIX, DEVELOPMENT_STANDARD_MATRIX),
];

/// Whether these are the bytes of a development key.
pub fn is_development_key(key: &[u8]) -> bool {
	DEVELOPMENT_KEYS.iter().any(|(_, known)| *known == key)
}

/// The development key of a shape, if it has one.
pub fn development_key(shape: &Shape) -> Option<&'static [u8]> {
	DEVELOPMENT_KEYS.iter().find(|(known, _)| known == shape).map(|(_, key)| *key)
}
