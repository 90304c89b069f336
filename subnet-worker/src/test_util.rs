//! What tests share.

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::path::{Path, PathBuf};
use woppal_protocol::H256;
use woppal_zkwasm::{setup::generate, shape::Shape};

/// Puts a key that nobody can repeat into a folder, in a file as `ceremony export` writes it; returns
/// its verifying key's hash.
pub(crate) fn install_key(folder: &Path, shape: &Shape) -> H256 {
	let key = generate(shape, &mut ChaCha20Rng::from_entropy()).unwrap();
	key.store(folder).unwrap();
	H256(key.verifying_key().unwrap().hash())
}

/// A folder that is removed when it goes out of scope.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
	/// A new folder with this in its name.
	pub(crate) fn new(name: &str) -> Self {
		let unique =
			format!("woppal-worker-{name}-{}-{}", std::process::id(), rand::random::<u64>());
		let path = std::env::temp_dir().join(unique);
		std::fs::create_dir_all(&path).unwrap();
		Self(path)
	}

	/// Where it is.
	pub(crate) fn path(&self) -> &Path {
		&self.0
	}
}

impl Drop for TempDir {
	fn drop(&mut self) {
		let _ = std::fs::remove_dir_all(&self.0);
	}
}
