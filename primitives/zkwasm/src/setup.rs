//! Keys of the segment circuits.
//!
//! [`generate`] is one party's setup: whoever knows the randomness can forge; keys for live chains come
//! from a [`crate::ceremony`]. [`development_keys`]
//! takes it from a public string on purpose, so that every machine gets the same keys and nobody can
//! take them for safe; a live chain refuses their verifying keys by their bytes
//! ([`crate::development::is_development_key`]).
//!
//! A proving key is large (some 100 MB for the standard circuit) and slow to make, so it can be kept
//! in a folder. The file is named after the circuit's hash and starts with that hash and a hash of the
//! rest; points are then read without checks, for the hash vouches for them. The folder must be as
//! trustworthy as the program itself: a key that somebody else put there makes proofs fail, no worse.

use crate::{
	circuit::{builder::Rows, Circuit, PUBLIC_INPUTS},
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
	io::Write,
	path::{Path, PathBuf},
};

/// What the development keys' randomness is made from, with the circuit's hash.
pub const DEVELOPMENT_SEED: &[u8] = b"woppal development key, worth nothing on a live chain";

/// First bytes of a key file.
const MAGIC: [u8; 16] = *b"woppal zk key 1\n";

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
	/// The file is of another circuit, or damaged.
	#[error("{path} is not the key of this circuit")]
	NotThisKey {
		/// The file.
		path: PathBuf,
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
		let hash = self.circuit.hash();
		let path = key_path(folder, &hash);
		let mut body = Vec::with_capacity(self.key.uncompressed_size());
		self.key.serialize_uncompressed(&mut body)?;
		let parts = [MAGIC.as_slice(), &hash, &body_hash(&body), &body];
		fs::create_dir_all(folder)
			.and_then(|()| write_whole(&path, &parts))
			.map_err(|source| SetupError::File { path: path.clone(), source })?;
		Ok(path)
	}

	/// Reads the key of a shape from a folder.
	///
	/// # Errors
	/// [`SetupError::File`] if it is not there, [`SetupError::NotThisKey`] if it is of another circuit
	/// or damaged.
	pub fn load(folder: &Path, shape: &Shape) -> Result<Self, SetupError> {
		Self::load_for(folder, Circuit::new(shape))
	}

	fn load_for(folder: &Path, circuit: Circuit) -> Result<Self, SetupError> {
		let hash = circuit.hash();
		let path = key_path(folder, &hash);
		let bytes =
			fs::read(&path).map_err(|source| SetupError::File { path: path.clone(), source })?;
		let body = bytes
			.strip_prefix(&MAGIC)
			.and_then(|rest| rest.strip_prefix(&hash))
			.and_then(|rest| rest.split_at_checked(32))
			.filter(|(claimed, body)| body_hash(body) == *claimed)
			.map(|(_, body)| body)
			.ok_or_else(|| SetupError::NotThisKey { path: path.clone() })?;
		let key = RawKey::deserialize_uncompressed_unchecked(body)
			.map_err(|_| SetupError::NotThisKey { path })?;
		Self::new(circuit, key)
	}
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

fn key_path(folder: &Path, circuit_hash: &[u8; 32]) -> PathBuf {
	let name: String = circuit_hash.iter().map(|byte| format!("{byte:02x}")).collect();
	folder.join(name).with_extension("pk")
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

/// The development keys of a shape, from the folder if they are there, else made and kept there.
///
/// # Errors
/// [`SetupError`]; a file that is damaged is made again.
pub fn cached_development_keys(
	shape: &Shape,
	folder: &Path,
) -> Result<(ProvingKey, VerifyingKey), SetupError> {
	let key = match ProvingKey::load(folder, shape) {
		Ok(key) => key,
		Err(_) => {
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
	use crate::shape::Width;
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

	#[test]
	fn a_kept_key_is_read_again_and_a_damaged_one_is_refused() {
		let folder = std::env::temp_dir().join(format!("woppal-keys-{}", std::process::id()));
		let (key, verifying) = development_keys(&TINY).unwrap();
		let path = key.store(&folder).unwrap();
		let read = ProvingKey::load(&folder, &TINY).unwrap();
		assert!(read.key == key.key);
		assert_eq!(read.prepared(), key.prepared());
		assert!(matches!(
			ProvingKey::load(&folder, &Shape { steps: 5, ..TINY }),
			Err(SetupError::File { .. })
		));
		let mut bytes = fs::read(&path).unwrap();
		let middle = bytes.len() / 2;
		bytes[middle] ^= 1;
		fs::write(&path, &bytes).unwrap();
		assert!(matches!(ProvingKey::load(&folder, &TINY), Err(SetupError::NotThisKey { .. })));
		// Made again where it is damaged.
		assert_eq!(cached_development_keys(&TINY, &folder).unwrap().1, verifying);
		assert!(ProvingKey::load(&folder, &TINY).is_ok());
		fs::remove_dir_all(folder).unwrap();
	}
}
