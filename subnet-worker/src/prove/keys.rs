//! Which proving key a verifying key needs, and where it comes from.
//!
//! A chain names a verifying key by its hash. The circuit's development key can be made by anybody,
//! so it is made on first use. Any other one came out of a ceremony, whose `export` wrote its proving
//! key into a file that is named after the same hash: an operator puts it into the folder of the
//! proving keys, and nothing else is ever taken for it.

use crate::{error::Mismatch, miner::lab::LabError};
use std::{
	fs::File,
	io::ErrorKind,
	path::{Path, PathBuf},
};
use tracing::info;
use woppal_protocol::{KeyId, H256};
use woppal_zkwasm::{
	prover::ProvingKey,
	setup::{cached_development_keys, development_key_hash, key_file, peek, SetupError},
	shape::Shape,
};

/// Why a verifying key has no proving key here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstalledKeyError {
	/// No file.
	#[error(
		"no proving key of the verifying key {hash:?} is installed; put the file that `ceremony \
		 export` writes for it at {path}, or name its folder with --key-cache",
		path = .path.display()
	)]
	Missing {
		/// The verifying key's hash.
		hash: H256,
		/// Where the file must be.
		path: PathBuf,
	},
	/// A file that is not what it should be, or can't be read.
	#[error(
		"the proving key of the verifying key {hash:?} can't be used: {reason}; put the file that \
		 `ceremony export` writes for it at {path}",
		path = .path.display()
	)]
	Unusable {
		/// The verifying key's hash.
		hash: H256,
		/// Where the file must be.
		path: PathBuf,
		/// What is wrong.
		reason: String,
	},
}

impl InstalledKeyError {
	fn new(folder: &Path, hash: H256, error: &SetupError) -> Self {
		let path = key_file(folder, &hash.0);
		match error {
			SetupError::File { source, .. } if source.kind() == ErrorKind::NotFound => {
				Self::Missing { hash, path }
			},
			SetupError::File { source, .. } => {
				Self::Unusable { hash, path, reason: source.to_string() }
			},
			other => Self::Unusable { hash, path, reason: other.to_string() },
		}
	}
}

/// Hash of a circuit's development key; zero, which no key has, if it has none.
pub(crate) fn development_hash(shape: &Shape) -> H256 {
	development_key_hash(shape).map_or(H256::zero(), H256)
}

/// Whether this worker has, or can make, the proving key of a project's verifying key: a proof under
/// another one would be rejected, which is an offence. Looks at the file's head only.
pub(crate) fn check_key(
	shape: &Shape,
	folder: &Path,
	key: KeyId,
	hash: Option<H256>,
) -> Result<(), Mismatch> {
	let hash = hash.ok_or(Mismatch::UnknownKey(key))?;
	if hash == development_hash(shape) {
		return Ok(());
	}
	peek(folder, &hash.0).map_err(|e| {
		let source = InstalledKeyError::new(folder, hash, &e);
		Mismatch::Key { key, source }
	})
}

/// The proving key of the verifying key with this hash: the circuit's development key is made on first
/// use, any other one has to be there.
pub(super) fn load_key(shape: &Shape, folder: &Path, hash: H256) -> Result<ProvingKey, LabError> {
	if hash == development_hash(shape) {
		return development_key(shape, folder, hash);
	}
	info!(folder = %folder.display(), ?hash, "loading the proving key");
	ProvingKey::load(folder, shape, &hash.0)
		.map_err(|e| InstalledKeyError::new(folder, hash, &e).into())
}

fn development_key(shape: &Shape, folder: &Path, hash: H256) -> Result<ProvingKey, LabError> {
	let failed = |source: Box<dyn std::error::Error + Send + Sync>| LabError::Key {
		path: folder.to_owned(),
		source,
	};
	// One worker of a machine makes the key, the others wait. The lock goes with the file handle.
	let lock = File::create(folder.join("making.lock")).map_err(|e| failed(Box::new(e)))?;
	lock.lock().map_err(|e| failed(Box::new(e)))?;
	info!(
		folder = %folder.display(),
		"loading the development proving key; the first worker of a machine makes it"
	);
	let (key, verifying) =
		cached_development_keys(shape, folder).map_err(|e| failed(Box::new(e)))?;
	if verifying.hash() != hash.0 {
		return Err(failed("it is not the development key that this release knows".into()));
	}
	Ok(key)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::test_util::{install_key, TempDir};
	use std::fs;
	use woppal_zkwasm::shape::{SMALL, STANDARD};

	/// A circuit that takes no time.
	const TINY: Shape = Shape { steps: 2, code: 4, inputs: 16, data: 16, ..SMALL };

	fn unusable(error: InstalledKeyError, hash: H256, reason: &str) {
		let shown = error.to_string();
		assert!(
			matches!(error, InstalledKeyError::Unusable { hash: h, .. } if h == hash),
			"{shown}"
		);
		assert!(shown.contains(reason), "{shown}");
	}

	fn refused(shape: &Shape, folder: &Path, hash: H256) -> InstalledKeyError {
		match load_key(shape, folder, hash).err().unwrap() {
			LabError::InstalledKey(error) => error,
			error => panic!("{error}"),
		}
	}

	#[test]
	fn a_missing_key_is_named_with_the_place_where_it_belongs() {
		let dir = TempDir::new("no-key");
		let hash = H256([0xab; 32]);
		let path = dir.path().join(format!("{}.pk", "ab".repeat(32)));
		let missing = InstalledKeyError::Missing { hash, path: path.clone() };
		assert_eq!(refused(&SMALL, dir.path(), hash), missing);
		let told = missing.to_string();
		assert!(told.contains(&format!("0x{}", "ab".repeat(32))), "{told}");
		assert!(told.contains(&path.display().to_string()), "{told}");
		let checked = check_key(&SMALL, dir.path(), 3, Some(hash));
		assert_eq!(checked, Err(Mismatch::Key { key: 3, source: missing }));
		assert_eq!(check_key(&SMALL, dir.path(), 3, None), Err(Mismatch::UnknownKey(3)));
		// The development key needs no file; another circuit's does, and is not made for it.
		let development = development_hash(&SMALL);
		assert_eq!(check_key(&SMALL, dir.path(), 3, Some(development)), Ok(()));
		assert!(check_key(&STANDARD, dir.path(), 3, Some(development)).is_err());
		let foreign = refused(&STANDARD, dir.path(), development);
		assert!(matches!(foreign, InstalledKeyError::Missing { hash, .. } if hash == development));
	}

	#[test]
	fn a_file_that_is_not_the_key_is_refused() {
		let dir = TempDir::new("wrong-key");
		let folder = dir.path();
		let (hash, other) = (install_key(folder, &TINY), install_key(folder, &TINY));
		let path = key_file(folder, &hash.0);
		for hash in [hash, other] {
			assert_eq!(check_key(&TINY, folder, 3, Some(hash)), Ok(()));
			assert_eq!(
				load_key(&TINY, folder, hash).unwrap().verifying_key().unwrap().hash(),
				hash.0
			);
		}
		// For another circuit.
		unusable(refused(&SMALL, folder, hash), hash, "of another circuit");
		// Damaged.
		let good = fs::read(&path).unwrap();
		let mut bytes = good.clone();
		*bytes.last_mut().unwrap() ^= 1;
		fs::write(&path, bytes).unwrap();
		unusable(refused(&TINY, folder, hash), hash, "damaged");
		fs::write(&path, &good[..20]).unwrap();
		match check_key(&TINY, folder, 3, Some(hash)) {
			Err(Mismatch::Key { key: 3, source }) => unusable(source, hash, "damaged"),
			result => panic!("{result:?}"),
		}
		// Another ceremony's, under this one's name.
		fs::copy(key_file(folder, &other.0), &path).unwrap();
		unusable(refused(&TINY, folder, hash), hash, &format!("{other:?}"));
		assert!(check_key(&TINY, folder, 3, Some(hash)).is_err());
		// Not a file.
		fs::remove_file(&path).unwrap();
		fs::create_dir(&path).unwrap();
		unusable(refused(&TINY, folder, hash), hash, "can't be used");
	}

	#[test]
	fn a_development_key_is_taken_for_no_other() {
		let dir = TempDir::new("development-key");
		let development = development_hash(&SMALL);
		let key = load_key(&SMALL, dir.path(), development).unwrap();
		assert_eq!(key.verifying_key().unwrap().hash(), development.0);
		let hash = H256([7; 32]);
		assert!(matches!(refused(&SMALL, dir.path(), hash), InstalledKeyError::Missing { .. }));
		let (made, name) = (key_file(dir.path(), &development.0), key_file(dir.path(), &hash.0));
		let mut bytes = fs::read(made).unwrap();
		fs::write(&name, &bytes).unwrap();
		unusable(refused(&SMALL, dir.path(), hash), hash, &format!("{development:?}"));
		// Even if its head claims to be the other one.
		let at = bytes.windows(32).position(|w| w == development.0).unwrap();
		bytes[at..at + 32].copy_from_slice(&hash.0);
		fs::write(&name, &bytes).unwrap();
		assert_eq!(check_key(&SMALL, dir.path(), 3, Some(hash)), Ok(()));
		unusable(refused(&SMALL, dir.path(), hash), hash, &format!("{development:?}"));
	}
}
