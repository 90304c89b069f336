//! The development keys, by their bytes.
//!
//! Their randomness is public (`setup::development_keys`), so whoever wants can forge proofs for
//! them: a live chain refuses them, whatever anyone claims of them. A test makes them again and
//! compares.

use crate::shape::{Shape, SMALL, STANDARD};

/// Verifying key of the small circuit.
pub const DEVELOPMENT_SMALL: &[u8] = include_bytes!("../keys/development-small.vk");

/// Verifying key of the standard circuit.
pub const DEVELOPMENT_STANDARD: &[u8] = include_bytes!("../keys/development-standard.vk");

/// Whether these are the bytes of a development key.
pub fn is_development_key(key: &[u8]) -> bool {
	key == DEVELOPMENT_SMALL || key == DEVELOPMENT_STANDARD
}

/// The development key of a shape, if it has one.
pub fn development_key(shape: &Shape) -> Option<&'static [u8]> {
	match *shape {
		SMALL => Some(DEVELOPMENT_SMALL),
		STANDARD => Some(DEVELOPMENT_STANDARD),
		_ => None,
	}
}
