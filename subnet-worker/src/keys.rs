//! Keys: sr25519 account keys (hot and cold) and the node's Ed25519 key.
//!
//! A key comes from a secret URI (for development, such as `//Alice`) or from a keystore file that
//! holds the recovery phrase, encrypted under a password: Argon2id makes the key, AES-256-GCM
//! seals the phrase and binds the account's address. Files are written with mode 0600.

use aes_gcm::{
	aead::{Aead, KeyInit, Payload},
	Aes256Gcm, Nonce,
};
use rand::{rngs::OsRng, RngCore};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::Ss58Codec, ed25519, Pair};
use std::{
	fs::OpenOptions,
	io::{Read, Write},
	path::{Path, PathBuf},
	str::FromStr,
};
use subxt_signer::{bip39::Mnemonic, sr25519::Keypair, SecretUri};
use woppal_protocol::{identity::PeerId, AccountId32};

const KEYSTORE_VERSION: u32 = 1;
/// Argon2id's cost (RFC 9106): memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 64 * 1024;
/// The largest memory accepted from a file: 1 GiB.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const PASSES: u32 = 3;
/// The most passes accepted from a file.
const MAX_PASSES: u32 = 16;
const LANES: u32 = 1;
/// Bytes of an AES-GCM nonce. Each file has a fresh salt, hence a fresh key.
const NONCE_BYTES: usize = 12;
/// A libp2p peer id of an Ed25519 key is the identity multihash of its protobuf form: these bytes
/// and the public key.
const PEER_ID_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// Why a key can't be used. None of the messages shows key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
	/// A secret URI can't be read.
	#[error("the secret URI can't be read; it looks like `//Alice` or `word word ... word//path`")]
	Uri,
	/// Hot and cold key are the same account.
	#[error("hot and cold key are the same account {0}; give two different ones")]
	Same(String),
	/// No hot key was named.
	#[error("no hot key was given; name a keystore with --keystore (see `keys generate`) or, for development, a secret URI with --suri")]
	Missing,
	/// A keystore exists already.
	#[error("{path} exists already; name another file, or move it away first", path = .0.display())]
	Exists(PathBuf),
	/// A file can't be read or written.
	#[error("can't use the key file {path}: {source}", path = .path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// Why.
		source: std::io::Error,
	},
	/// A key file is readable by others.
	#[error("{path} can be read by others (mode {mode:o}); run `chmod 600 {path}`", path = .path.display())]
	Permissions {
		/// The file.
		path: PathBuf,
		/// Its mode.
		mode: u32,
	},
	/// A file is not a keystore of this version.
	#[error("{path} is not a keystore that this worker reads; make one with `keys generate`", path = .0.display())]
	Format(PathBuf),
	/// The password is wrong or the file was changed.
	#[error("{path} can't be decrypted: the password is wrong or the file was changed", path = .0.display())]
	Password(PathBuf),
	/// No password was given.
	#[error("a password is needed for {path}; name a file that holds it with --password-file", path = .0.display())]
	NoPassword(PathBuf),
	/// The password is empty.
	#[error("the password is empty; choose a longer one")]
	EmptyPassword,
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> KeyError + '_ {
	move |source| KeyError::File { path: path.to_owned(), source }
}

/// An account key.
#[derive(Clone)]
pub struct AccountKey {
	/// Signs.
	pub pair: Keypair,
}

impl std::fmt::Debug for AccountKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "AccountKey({})", self.address())
	}
}

impl AccountKey {
	/// The key of a secret URI.
	pub fn from_uri(uri: &str) -> Result<Self, KeyError> {
		let uri = SecretUri::from_str(uri).map_err(|_| KeyError::Uri)?;
		Ok(Self { pair: Keypair::from_uri(&uri).map_err(|_| KeyError::Uri)? })
	}

	/// The key of a recovery phrase.
	fn from_phrase(phrase: &str) -> Option<Self> {
		let phrase = Mnemonic::from_str(phrase).ok()?;
		Some(Self { pair: Keypair::from_phrase(&phrase, None).ok()? })
	}

	/// Its account.
	pub fn account(&self) -> AccountId32 {
		AccountId32::new(self.pair.public_key().0)
	}

	/// Its account in SS58.
	pub fn address(&self) -> String {
		address(&self.account())
	}
}

/// An account in SS58, with the prefix that any chain accepts.
pub fn address(account: &AccountId32) -> String {
	account.to_ss58check()
}

/// A keystore file.
#[derive(Debug, Serialize, Deserialize)]
struct Keystore {
	version: u32,
	/// The account, bound to the ciphertext.
	address: String,
	/// Argon2id's memory in KiB.
	memory_kib: u32,
	/// Argon2id's passes.
	passes: u32,
	/// In hex, like the following ones.
	salt: String,
	nonce: String,
	ciphertext: String,
}

impl Keystore {
	fn cipher(password: &[u8], salt: &[u8], memory_kib: u32, passes: u32) -> Option<Aes256Gcm> {
		let params = argon2::Params::new(memory_kib, passes, LANES, Some(32)).ok()?;
		let mut key = [0u8; 32];
		let mut memory = vec![argon2::Block::new(); params.block_count()];
		argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
			.hash_password_into_with_memory(password, salt, &mut key, &mut memory)
			.ok()?;
		Some(Aes256Gcm::new(&key.into()))
	}

	fn seal(phrase: &str, address: String, password: &[u8]) -> Option<Self> {
		let (mut salt, mut nonce) = ([0u8; 32], [0u8; NONCE_BYTES]);
		OsRng.fill_bytes(&mut salt);
		OsRng.fill_bytes(&mut nonce);
		let cipher = Self::cipher(password, &salt, MEMORY_KIB, PASSES)?;
		let payload = Payload { msg: phrase.as_bytes(), aad: address.as_bytes() };
		let ciphertext = cipher.encrypt(Nonce::from_slice(&nonce), payload).ok()?;
		Some(Self {
			version: KEYSTORE_VERSION,
			address,
			memory_kib: MEMORY_KIB,
			passes: PASSES,
			salt: hex::encode(salt),
			nonce: hex::encode(nonce),
			ciphertext: hex::encode(ciphertext),
		})
	}

	fn open(&self, password: &[u8]) -> Option<String> {
		let salt = hex::decode(&self.salt).ok()?;
		let nonce = hex::decode(&self.nonce).ok().filter(|n| n.len() == NONCE_BYTES)?;
		let ciphertext = hex::decode(&self.ciphertext).ok()?;
		let cipher = Self::cipher(password, &salt, self.memory_kib, self.passes)?;
		let payload = Payload { msg: &ciphertext, aad: self.address.as_bytes() };
		let phrase = cipher.decrypt(Nonce::from_slice(&nonce), payload).ok()?;
		String::from_utf8(phrase).ok()
	}
}

/// Reads a keystore file without decrypting it.
fn read_keystore(path: &Path) -> Result<Keystore, KeyError> {
	let text = read_private(path)?;
	serde_json::from_str::<Keystore>(&text)
		.ok()
		.filter(|k| {
			k.version == KEYSTORE_VERSION
				&& k.memory_kib <= MAX_MEMORY_KIB
				&& k.passes <= MAX_PASSES
		})
		.ok_or_else(|| KeyError::Format(path.to_owned()))
}

/// Generates a key into a new keystore file. Returns the key and its recovery phrase, which is
/// shown once.
pub fn generate(path: &Path, password: &str) -> Result<(AccountKey, String), KeyError> {
	let mut entropy = [0u8; 16];
	OsRng.fill_bytes(&mut entropy);
	let phrase = Mnemonic::from_entropy(&entropy).map_err(|_| KeyError::Uri)?.to_string();
	import(path, &phrase, password).map(|key| (key, phrase))
}

/// Writes the key of a recovery phrase into a new keystore file.
pub fn import(path: &Path, phrase: &str, password: &str) -> Result<AccountKey, KeyError> {
	if password.is_empty() {
		return Err(KeyError::EmptyPassword);
	}
	let key = AccountKey::from_phrase(phrase).ok_or(KeyError::Uri)?;
	let keystore = Keystore::seal(phrase, key.address(), password.as_bytes())
		.ok_or_else(|| KeyError::Format(path.to_owned()))?;
	let text =
		serde_json::to_string_pretty(&keystore).map_err(|_| KeyError::Format(path.to_owned()))?;
	write_private(path, text.as_bytes())?;
	Ok(key)
}

/// Decrypts a keystore file.
pub fn load(path: &Path, password: &str) -> Result<AccountKey, KeyError> {
	let keystore = read_keystore(path)?;
	keystore
		.open(password.as_bytes())
		.and_then(|phrase| AccountKey::from_phrase(&phrase))
		.filter(|key| key.address() == keystore.address)
		.ok_or_else(|| KeyError::Password(path.to_owned()))
}

/// The recovery phrase in a keystore file.
pub fn reveal(path: &Path, password: &str) -> Result<String, KeyError> {
	read_keystore(path)?
		.open(password.as_bytes())
		.ok_or_else(|| KeyError::Password(path.to_owned()))
}

/// The account of a keystore file; needs no password.
pub fn inspect(path: &Path) -> Result<String, KeyError> {
	Ok(read_keystore(path)?.address)
}

/// The password in a file: its first line.
pub fn read_password(path: &Path) -> Result<String, KeyError> {
	let text = read_private(path)?;
	let password = text.lines().next().unwrap_or_default().to_owned();
	if password.is_empty() {
		return Err(KeyError::EmptyPassword);
	}
	Ok(password)
}

/// The node's key.
pub struct NodeKey {
	pair: ed25519::Pair,
}

impl std::fmt::Debug for NodeKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "NodeKey({})", hex::encode(self.public()))
	}
}

impl NodeKey {
	/// Loads the node key of a base path, or makes one.
	pub fn load_or_generate(base_path: &Path) -> Result<Self, KeyError> {
		let path = base_path.join("node.key");
		if !path.exists() {
			let mut seed = [0u8; 32];
			OsRng.fill_bytes(&mut seed);
			write_private(&path, hex::encode(seed).as_bytes())?;
		}
		let text = read_private(&path)?;
		let seed: [u8; 32] = hex::decode(text.trim())
			.ok()
			.and_then(|bytes| bytes.try_into().ok())
			.ok_or(KeyError::Format(path))?;
		Ok(Self { pair: ed25519::Pair::from_seed(&seed) })
	}

	/// Its public key.
	pub fn public(&self) -> [u8; 32] {
		self.pair.public().0
	}

	/// Its libp2p peer id as multihash bytes.
	pub fn peer_id(&self) -> PeerId {
		let mut bytes = PEER_ID_PREFIX.to_vec();
		bytes.extend(self.public());
		PeerId::truncate_from(bytes)
	}
}

/// Reads a file that only its owner may read.
fn read_private(path: &Path) -> Result<String, KeyError> {
	let mut file = std::fs::File::open(path).map_err(file_error(path))?;
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		let mode = file.metadata().map_err(file_error(path))?.permissions().mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(KeyError::Permissions { path: path.to_owned(), mode });
		}
	}
	let mut text = String::new();
	file.read_to_string(&mut text).map_err(file_error(path))?;
	Ok(text)
}

/// Writes a new file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	{
		use std::os::unix::fs::OpenOptionsExt;
		options.mode(0o600);
	}
	let mut file = options.open(path).map_err(|e| match e.kind() {
		std::io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
		_ => KeyError::File { path: path.to_owned(), source: e },
	})?;
	file.write_all(bytes).and_then(|()| file.sync_all()).map_err(file_error(path))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::test_util::TempDir;

	#[test]
	fn a_development_uri_gives_the_well_known_account() {
		let alice = AccountKey::from_uri("//Alice").unwrap();
		assert_eq!(alice.address(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
		assert!(matches!(AccountKey::from_uri("no such phrase"), Err(KeyError::Uri)));
	}

	#[test]
	fn a_keystore_opens_with_its_password_only() {
		let dir = TempDir::new("keystore");
		let path = dir.path().join("hot.json");
		let (key, phrase) = generate(&path, "correct horse").unwrap();
		assert_eq!(load(&path, "correct horse").unwrap().account(), key.account());
		assert_eq!(reveal(&path, "correct horse").unwrap(), phrase);
		assert_eq!(inspect(&path).unwrap(), key.address());
		assert!(matches!(load(&path, "wrong"), Err(KeyError::Password(_))));
		let text = std::fs::read_to_string(&path).unwrap();
		// Single words may be field names: "address" and "salt" are words of phrases.
		let words: Vec<&str> = phrase.split(' ').collect();
		assert!(!words.windows(2).any(|pair| text.contains(&pair.join(" "))));
		assert!(matches!(generate(&path, "x"), Err(KeyError::Exists(_))));
	}

	#[test]
	fn a_changed_keystore_does_not_open() {
		let dir = TempDir::new("keystore-changed");
		let path = dir.path().join("hot.json");
		let (key, _) = generate(&path, "p").unwrap();
		let bob = AccountKey::from_uri("//Bob").unwrap();
		let text = std::fs::read_to_string(&path).unwrap();
		std::fs::write(&path, text.replace(&key.address(), &bob.address())).unwrap();
		assert!(matches!(load(&path, "p"), Err(KeyError::Password(_))));
	}

	#[test]
	fn an_empty_password_is_refused() {
		let dir = TempDir::new("keystore-empty");
		assert!(matches!(generate(&dir.path().join("k"), ""), Err(KeyError::EmptyPassword)));
	}

	#[cfg(unix)]
	#[test]
	fn a_key_file_that_others_can_read_is_refused() {
		use std::os::unix::fs::PermissionsExt;
		let dir = TempDir::new("keystore-mode");
		let path = dir.path().join("hot.json");
		generate(&path, "p").unwrap();
		assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
		assert!(matches!(load(&path, "p"), Err(KeyError::Permissions { .. })));
	}

	#[test]
	fn a_node_key_stays_and_makes_a_libp2p_peer_id() {
		let dir = TempDir::new("node-key");
		let first = NodeKey::load_or_generate(dir.path()).unwrap();
		let again = NodeKey::load_or_generate(dir.path()).unwrap();
		assert_eq!(first.public(), again.public());
		assert_eq!(first.peer_id().len(), 38);
		assert_eq!(first.peer_id()[..6], PEER_ID_PREFIX);
	}
}
