//! Keys of the segment circuits.
//!
//! [`generate`] is one party's setup: whoever knows the randomness can forge; keys for live chains come
//! from a [`crate::ceremony`]. [`development_keys`]
//! takes it from a public string on purpose, so that every machine gets the same keys and nobody can
//! take them for safe; a live chain refuses their verifying keys by their bytes
//! ([`crate::development::is_development_key`]).
//!
//! A proving key is large (some 100 MB for the standard circuit) and slow to make, so it is kept in a
//! folder. The file is named after the verifying key's hash, the one that a chain registers, so keys of
//! several ceremonies and the development key lie side by side ([`key_file`]). It starts with the
//! circuit's hash, the verifying key's and a hash of the rest; points are then read without checks, for
//! the last hash vouches for them. The folder must be as trustworthy as the program itself: a key that
//! somebody else put there makes proofs fail, no worse.

use crate::{
	circuit::{builder::Rows, Circuit, PUBLIC_INPUTS},
	development::development_key,
	shape::Shape,
};
use ark_bn254::{Bn254, Fr};
use ark_ff::{AdditiveGroup, Field};
use ark_groth16::{r1cs_to_qap::LibsnarkReduction, Groth16};
use ark_relations::gr1cs::{
	ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use blake2::{digest::consts::U32, Blake2b, Digest};
use rand_chacha::{
	rand_core::{CryptoRng, RngCore, SeedableRng},
	ChaCha20Rng,
};
use std::{
	fs,
	io::{Read, Write},
	path::{Path, PathBuf},
};

/// What the development keys' randomness is made from, with the circuit's hash.
pub const DEVELOPMENT_SEED: &[u8] = b"woppal development key, worth nothing on a live chain";

/// First bytes of a key file.
const MAGIC: [u8; 16] = *b"woppal zk key 2\n";
/// Bytes before the points.
const HEADER_BYTES: usize = MAGIC.len() + 3 * 32;

/// A proving key without its circuit.
pub(crate) type RawKey = ark_groth16::ProvingKey<Bn254>;

/// Why a key could not be made, read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
	/// The setup refused the circuit.
	#[error("the setup failed")]
	Synthesis(#[from] SynthesisError),
	/// A file could not be read or written.
	#[error("cannot access the key file {path}")]
	File {
		/// The file.
		path: PathBuf,
		/// Why.
		source: std::io::Error,
	},
	/// The file is no key file of this edition, or not as it was written.
	#[error("{path} is damaged, or no proving key of this edition")]
	Damaged {
		/// The file.
		path: PathBuf,
	},
	/// The file is of another circuit.
	#[error("{path} is the key of another circuit, or of another release's")]
	OtherCircuit {
		/// The file.
		path: PathBuf,
	},
	/// The file is of another verifying key than the one that it is named after.
	#[error("{path} is the proving key of the verifying key 0x{}", hex(found))]
	OtherKey {
		/// The file.
		path: PathBuf,
		/// Hash of its verifying key.
		found: [u8; 32],
	},
	/// The verifying key is not one that a chain would take.
	#[error("the verifying key is refused ({0:?})")]
	Degenerate(crate::verifier::KeyFault),
	/// A point could not be encoded.
	#[error("the key cannot be encoded")]
	Encoding(#[from] ark_serialize::SerializationError),
}

/// A proving key with its circuit.
pub struct ProvingKey {
	pub(crate) circuit: Circuit,
	pub(crate) key: RawKey,
	pub(crate) prepared: Vec<u8>,
}

/// A verifying key: arkworks' canonical compressed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey(pub Vec<u8>);

impl VerifyingKey {
	/// Blake2-256 of the bytes: what a chain knows the key by.
	pub fn hash(&self) -> [u8; 32] {
		key_hash(&self.0)
	}
}

impl ProvingKey {
	pub(crate) fn new(circuit: Circuit, key: RawKey) -> Result<Self, SetupError> {
		let mut bytes = Vec::new();
		key.vk.serialize_compressed(&mut bytes)?;
		let prepared =
			crate::verifier::prepare_key(&bytes, PUBLIC_INPUTS).map_err(SetupError::Degenerate)?;
		Ok(Self { circuit, key, prepared })
	}

	/// The circuit that the key is for.
	pub const fn circuit(&self) -> &Circuit {
		&self.circuit
	}

	/// The verifying key, prepared as [`crate::verifier::verify`] wants it.
	pub fn prepared(&self) -> &[u8] {
		&self.prepared
	}

	/// The verifying key.
	///
	/// # Errors
	/// [`SetupError::Encoding`], which memory that can't grow would cause.
	pub fn verifying_key(&self) -> Result<VerifyingKey, SetupError> {
		let mut bytes = Vec::new();
		self.key.vk.serialize_compressed(&mut bytes)?;
		Ok(VerifyingKey(bytes))
	}

	/// Writes the key into a folder, for [`ProvingKey::load`]. The file appears whole or not at all.
	///
	/// # Errors
	/// [`SetupError::File`].
	pub fn store(&self, folder: &Path) -> Result<PathBuf, SetupError> {
		let key = self.verifying_key()?.hash();
		let path = key_file(folder, &key);
		let mut body = Vec::with_capacity(self.key.uncompressed_size());
		self.key.serialize_uncompressed(&mut body)?;
		let parts = [MAGIC.as_slice(), &self.circuit.hash(), &key, &body_hash(&body), &body];
		fs::create_dir_all(folder)
			.and_then(|()| write_whole(&path, &parts))
			.map_err(|source| SetupError::File { path: path.clone(), source })?;
		Ok(path)
	}

	/// Reads a shape's key from a folder: that of the verifying key with this hash.
	///
	/// # Errors
	/// [`SetupError::File`] if it is not there; [`SetupError::Damaged`], [`SetupError::OtherCircuit`],
	/// [`SetupError::OtherKey`] if the file is not what its name says.
	pub fn load(folder: &Path, shape: &Shape, key: &[u8; 32]) -> Result<Self, SetupError> {
		let path = key_file(folder, key);
		let bytes =
			fs::read(&path).map_err(|source| SetupError::File { path: path.clone(), source })?;
		let damaged = || SetupError::Damaged { path: path.clone() };
		let ([circuit_hash, found, claimed], body) = split_header(&bytes).ok_or_else(damaged)?;
		let circuit = Circuit::new(shape);
		if circuit_hash != circuit.hash() {
			return Err(SetupError::OtherCircuit { path });
		}
		if found != *key {
			return Err(SetupError::OtherKey { path, found });
		}
		if body_hash(body) != claimed {
			return Err(damaged());
		}
		let raw = RawKey::deserialize_uncompressed_unchecked(body).map_err(|_| damaged())?;
		let read = Self::new(circuit, raw)?;
		// What the head says is nobody's word.
		let found = read.verifying_key()?.hash();
		if found != *key {
			return Err(SetupError::OtherKey { path, found });
		}
		Ok(read)
	}
}

/// Where a folder keeps the proving key of the verifying key with this hash.
pub fn key_file(folder: &Path, key: &[u8; 32]) -> PathBuf {
	folder.join(hex(key)).with_extension("pk")
}

/// Looks at the head of a key file only: whether the file may be the proving key of the verifying key
/// with this hash. [`ProvingKey::load`] says whether it is.
///
/// # Errors
/// [`SetupError::File`] if it is not there; [`SetupError::Damaged`], [`SetupError::OtherKey`].
pub fn peek(folder: &Path, key: &[u8; 32]) -> Result<(), SetupError> {
	let path = key_file(folder, key);
	let mut head = Vec::with_capacity(HEADER_BYTES);
	fs::File::open(&path)
		.and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut head))
		.map_err(|source| SetupError::File { path: path.clone(), source })?;
	match split_header(&head) {
		None => Err(SetupError::Damaged { path }),
		Some(([_, found, _], _)) if found != *key => Err(SetupError::OtherKey { path, found }),
		Some(_) => Ok(()),
	}
}

/// Hashes of a key file's circuit, verifying key and body, and the body.
fn split_header(bytes: &[u8]) -> Option<([[u8; 32]; 3], &[u8])> {
	let (hashes, body) = bytes.strip_prefix(&MAGIC)?.split_first_chunk::<96>()?;
	let hash = |index: usize| hashes.get(32 * index..)?.first_chunk::<32>().copied();
	Some(([hash(0)?, hash(1)?, hash(2)?], body))
}

fn key_hash(verifying_key: &[u8]) -> [u8; 32] {
	Blake2b::<U32>::digest(verifying_key).into()
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file so that it appears whole or not at all.
pub(crate) fn write_whole(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
	let mut partial = path.as_os_str().to_owned();
	partial.push(format!(".partial-{}", std::process::id()));
	let write = || {
		let mut file = fs::File::create(&partial)?;
		parts.iter().try_for_each(|part| file.write_all(part))?;
		file.sync_all()?;
		fs::rename(&partial, path)
	};
	write().inspect_err(|_| {
		let _ = fs::remove_file(&partial);
	})
}

/// Hash of a key's points: a hash over the hashes of its parts, which two cores can share.
pub(crate) fn body_hash(body: &[u8]) -> [u8; 32] {
	use rayon::prelude::*;
	const PART: usize = 1 << 20;
	let parts: Vec<[u8; 32]> =
		body.par_chunks(PART).map(|part| Blake2b::<U32>::digest(part).into()).collect();
	let mut hasher = Blake2b::<U32>::new();
	hasher.update((body.len() as u64).to_le_bytes());
	for part in parts {
		hasher.update(part);
	}
	hasher.finalize().into()
}

/// Recorded rows, for the generator: one predicate, plain R1CS, rows in their order.
pub(crate) struct Replay<'a>(pub(crate) &'a Rows);

impl ConstraintSynthesizer<Fr> for Replay<'_> {
	fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
		let rows = self.0;
		let first_witness = 1 + PUBLIC_INPUTS;
		for _ in 0..PUBLIC_INPUTS {
			let _: Variable = cs.new_input_variable(|| Ok(Fr::ZERO))?;
		}
		for _ in first_witness..rows.variables {
			let _: Variable = cs.new_witness_variable(|| Ok(Fr::ZERO))?;
		}
		let combination = |terms: &[(Fr, usize)]| {
			let variable = |index: usize| match index {
				0 => Variable::One,
				index if index < first_witness => Variable::instance(index),
				index => Variable::witness(index - first_witness),
			};
			LinearCombination(terms.iter().map(|(c, v)| (*c, variable(*v))).collect())
		};
		let [a, b, c] = &rows.matrices;
		for ((a, b), c) in a.iter().zip(b).zip(c) {
			cs.enforce_r1cs_constraint(|| combination(a), || combination(b), || combination(c))?;
		}
		Ok(())
	}
}

/// Makes keys for a shape from this randomness. Whoever knows the randomness can forge proofs.
///
/// # Errors
/// [`SetupError::Synthesis`] if the circuit is too large for the field.
pub fn generate<R: RngCore + CryptoRng>(
	shape: &Shape,
	rng: &mut R,
) -> Result<ProvingKey, SetupError> {
	generate_for(Circuit::new(shape), rng)
}

fn generate_for<R: RngCore + CryptoRng>(
	circuit: Circuit,
	rng: &mut R,
) -> Result<ProvingKey, SetupError> {
	let key = Groth16::<Bn254, LibsnarkReduction>::generate_random_parameters_with_reduction(
		Replay(circuit.rows()),
		rng,
	)?;
	ProvingKey::new(circuit, key)
}

/// The development keys of a shape: the same on every machine.
///
/// # Errors
/// As for [`generate`].
pub fn development_keys(shape: &Shape) -> Result<(ProvingKey, VerifyingKey), SetupError> {
	let key = development_key_for(Circuit::new(shape))?;
	let verifying = key.verifying_key()?;
	Ok((key, verifying))
}

fn development_key_for(circuit: Circuit) -> Result<ProvingKey, SetupError> {
	let seed = Blake2b::<U32>::new()
		.chain_update(DEVELOPMENT_SEED)
		.chain_update(circuit.hash())
		.finalize();
	generate_for(circuit, &mut ChaCha20Rng::from_seed(seed.into()))
}

/// Hash of a shape's development key: what a development chain registers.
pub fn development_key_hash(shape: &Shape) -> Option<[u8; 32]> {
	development_key(shape).map(key_hash)
}

/// The development keys of a shape, from the folder if they are there, else made and kept there. Those
/// of a shape that has no known key are made each time.
///
/// # Errors
/// [`SetupError`]; a file that is damaged is made again.
pub fn cached_development_keys(
	shape: &Shape,
	folder: &Path,
) -> Result<(ProvingKey, VerifyingKey), SetupError> {
	let kept = development_key_hash(shape).map(|hash| ProvingKey::load(folder, shape, &hash));
	let key = match kept {
		Some(Ok(key)) => key,
		Some(Err(_)) | None => {
			let key = development_key_for(Circuit::new(shape))?;
			key.store(folder)?;
			key
		},
	};
	let verifying = key.verifying_key()?;
	Ok((key, verifying))
}

/// How a dummy circuit of some size behaves, to measure the proof system itself against.
///
/// Rows, variables and public inputs are as in a real circuit of that many rows; nine of ten variables
/// are bits, as in the segment circuit.
pub fn dummy_rows(rows: usize) -> (Rows, Vec<Fr>) {
	// As large as roots are.
	let public = [3u64, 5, 7, 11].map(|n| Fr::from(n).inverse().unwrap_or(Fr::ONE));
	let mut b = crate::circuit::builder::Builder::new(&public, true);
	let mut last = b.public(0);
	for position in 1..PUBLIC_INPUTS {
		let next = b.public(position);
		last = b.product(&last, &next);
	}
	for row in PUBLIC_INPUTS - 1..rows {
		if row % 10 == 0 {
			last = b.product(&last, &last);
		} else {
			b.boolean(if row % 2 == 0 { Fr::ONE } else { Fr::ZERO });
		}
	}
	let (values, rows) = b.finish();
	(rows.unwrap_or_else(|| unreachable!("the builder records")), values)
}

/// Raw keys for recorded rows: for measurements.
///
/// # Errors
/// [`SetupError::Synthesis`].
pub fn raw_keys<R: RngCore + CryptoRng>(rows: &Rows, rng: &mut R) -> Result<RawKey, SetupError> {
	Ok(Groth16::<Bn254, LibsnarkReduction>::generate_random_parameters_with_reduction(
		Replay(rows),
		rng,
	)?)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::shape::{Width, SMALL};
	use ark_relations::gr1cs::{ConstraintSystem, R1CS_PREDICATE_LABEL};

	const TINY: Shape =
		Shape { width: Width::W32, steps: 4, code: 4, inputs: 16, data: 16, products: 0 };

	/// The generator sees the recorded rows and nothing else, under the one predicate that Groth16
	/// handles.
	#[test]
	fn the_generator_sees_exactly_the_recorded_rows() {
		let circuit = Circuit::new(&TINY);
		let cs = ConstraintSystem::<Fr>::new_ref();
		Replay(circuit.rows()).generate_constraints(cs.clone()).unwrap();
		cs.finalize();
		assert_eq!(cs.num_predicates(), 1);
		assert_eq!(cs.num_constraints(), circuit.rows().len());
		assert_eq!(cs.num_instance_variables(), 1 + PUBLIC_INPUTS);
		assert_eq!(cs.num_variables(), circuit.rows().variables);
		let matrices = cs.to_matrices().unwrap();
		assert_eq!(matrices.len(), 1);
		assert!(matrices[R1CS_PREDICATE_LABEL] == circuit.rows().matrices);
	}

	#[test]
	fn keys_do_not_depend_on_the_number_of_threads() {
		let keys: Vec<VerifyingKey> = [1, 2, 3]
			.map(|threads| {
				let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
				pool.install(|| development_keys(&TINY).unwrap().1)
			})
			.to_vec();
		assert_eq!(keys[0], keys[1]);
		assert_eq!(keys[0], keys[2]);
		let other = development_keys(&Shape { steps: 5, ..TINY }).unwrap().1;
		assert_ne!(keys[0], other);
	}

	/// A folder of its own, with the key of these shape and randomness in it.
	fn kept(name: &str, shape: &Shape, seed: u64) -> (PathBuf, ProvingKey, [u8; 32], PathBuf) {
		let folder = std::env::temp_dir().join(format!("woppal-{name}-{}", std::process::id()));
		let key = generate(shape, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap();
		let hash = key.verifying_key().unwrap().hash();
		let path = key.store(&folder).unwrap();
		assert_eq!(path, key_file(&folder, &hash));
		(folder, key, hash, path)
	}

	#[test]
	fn keys_of_one_circuit_lie_side_by_side() {
		let (folder, key, hash, _) = kept("keys", &TINY, 1);
		let (_, other, other_hash, _) = kept("keys", &TINY, 2);
		assert_ne!(hash, other_hash);
		for (key, hash) in [(&key, &hash), (&other, &other_hash)] {
			peek(&folder, hash).unwrap();
			let read = ProvingKey::load(&folder, &TINY, hash).unwrap();
			assert!(read.key == key.key);
			assert_eq!(read.prepared(), key.prepared());
		}
		let absent = |e: SetupError| matches!(e, SetupError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound);
		assert!(absent(ProvingKey::load(&folder, &TINY, &[0; 32]).err().unwrap()));
		assert!(absent(peek(&folder, &[0; 32]).unwrap_err()));
		fs::remove_dir_all(folder).unwrap();
	}

	/// The first and last byte of each part of the head, and some of the points.
	#[test]
	fn a_file_that_is_not_what_its_name_says_is_refused() {
		let (folder, _, hash, path) = kept("refused", &TINY, 1);
		let good = fs::read(&path).unwrap();
		let with = |bytes: &[u8]| {
			fs::write(&path, bytes).unwrap();
			ProvingKey::load(&folder, &TINY, &hash).err().unwrap()
		};
		let parts = [0, 15, 16, 47, 48, 79, 80, 111, HEADER_BYTES, good.len() / 2, good.len() - 1];
		for at in parts {
			let mut bytes = good.clone();
			bytes[at] ^= 1;
			let error = with(&bytes);
			let is_right = match at {
				16..48 => matches!(error, SetupError::OtherCircuit { .. }),
				48..80 => matches!(error, SetupError::OtherKey { .. }),
				_ => matches!(error, SetupError::Damaged { .. }),
			};
			assert!(is_right, "byte {at}: {error}");
		}
		for cut in [0, 16, HEADER_BYTES - 1, HEADER_BYTES, good.len() - 1] {
			assert!(matches!(with(&good[..cut]), SetupError::Damaged { .. }), "{cut} bytes");
		}
		let longer = [good.as_slice(), &[0]].concat();
		assert!(matches!(with(&longer), SetupError::Damaged { .. }));
		fs::write(&path, &good[..40]).unwrap();
		assert!(matches!(peek(&folder, &hash), Err(SetupError::Damaged { .. })));

		// Of another circuit.
		fs::write(&path, &good).unwrap();
		let larger = Shape { steps: 5, ..TINY };
		let other = ProvingKey::load(&folder, &larger, &hash).err().unwrap();
		assert!(matches!(other, SetupError::OtherCircuit { .. }));

		// The development key under this key's name, and with this key's hash in its head too.
		let development = development_keys(&TINY).unwrap().0;
		let mut bytes = fs::read(development.store(&folder).unwrap()).unwrap();
		let its_own = development.verifying_key().unwrap().hash();
		let is_its_own = |e| matches!(e, SetupError::OtherKey { found, .. } if found == its_own);
		assert!(is_its_own(with(&bytes)));
		assert!(is_its_own(peek(&folder, &hash).unwrap_err()));
		bytes[48..80].copy_from_slice(&hash);
		assert!(is_its_own(with(&bytes)));
		fs::remove_dir_all(folder).unwrap();
	}

	#[test]
	fn a_development_key_is_kept_and_made_again_where_it_is_damaged() {
		let folder = std::env::temp_dir().join(format!("woppal-made-{}", std::process::id()));
		let (_, verifying) = cached_development_keys(&SMALL, &folder).unwrap();
		let hash = verifying.hash();
		assert_eq!(development_key_hash(&SMALL), Some(hash));
		let path = key_file(&folder, &hash);
		let good = fs::read(&path).unwrap();
		fs::write(&path, &good[..good.len() / 2]).unwrap();
		assert_eq!(cached_development_keys(&SMALL, &folder).unwrap().1, verifying);
		assert!(fs::read(&path).unwrap() == good);
		assert_eq!(development_key_hash(&TINY), None);
		fs::remove_dir_all(folder).unwrap();
	}
}
