//! What tests share.

use std::path::{Path, PathBuf};

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
