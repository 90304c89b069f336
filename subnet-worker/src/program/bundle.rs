//! A proven run in a file: module, artifact, seed, outcome and proofs, so that anybody can verify the
//! file without asking anybody.
//!
//! The file is JSON; numbers of 32 bytes and all bytes are hexadecimal with `0x`. Nothing in it is
//! believed: the module is loaded and lowered again, first and last root are made from it, artifact,
//! seed and outcome. The verifying key is in it so that nobody has to look for it; whoever made the file
//! may have made the key too, so it counts only if the reader names its hash, or if it is the circuit's
//! development key. Proofs are bound to no chain and no account, so they are of no use on one.

use super::{Circuit, Given, ProgramError};
use crate::{
	miner::lab::ProofJob,
	prove::development_hash,
	verify::{check_evaluation, Fault},
};
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;
use woppal_protocol::{
	research::MAX_SEGMENTS,
	statement::{Claim, Evaluation, Segment, Segments, PROOF_BYTES},
	BoundedVec, H256,
};
use woppal_zkwasm::{
	circuit::PUBLIC_INPUTS,
	development::is_development_key,
	module::MAX_MODULE_BYTES,
	verifier::{prepare_key, KeyFault},
};

/// What the file says that it is.
const FORMAT: &str = "woppal program proof 2";
/// Most bytes of a file: a module in hexadecimal and, with room to spare, the rest.
pub const MAX_BUNDLE_BYTES: usize = 2 * MAX_MODULE_BYTES + 256 * 1024;

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
	/// It isn't JSON, or has other fields.
	#[error("it is no proof bundle: {0}")]
	Json(#[from] serde_json::Error),
	/// It has another format.
	#[error("its format is {0:?}, this release reads {FORMAT:?}")]
	Format(String),
	/// A field is not what it should be.
	#[error("its field {field} is not {wanted}")]
	Field {
		/// The field.
		field: &'static str,
		/// What it should be.
		wanted: &'static str,
	},
	/// The program is refused.
	#[error(transparent)]
	Program(#[from] ProgramError),
	/// It has too many segments.
	#[error("it has {0} segments, at most {MAX_SEGMENTS} are possible")]
	Segments(usize),
	/// Its verifying key is nobody's that the reader named.
	#[error(
		"its proofs are under the verifying key {0:?}, which is not the development key; whoever made \
		 a key alone can forge under it, so compare it with the one that your chain registered \
		 (`subnet-worker status` shows a project's) and name that with --key"
	)]
	UntrustedKey(H256),
	/// Its verifying key is another one than the reader named.
	#[error("its proofs are under the verifying key {0:?}, which is not the one that was given")]
	OtherKey(H256),
	/// Its verifying key is the development key of another circuit than its own.
	#[error("its verifying key is the development key of another circuit than {}", .0.name())]
	OtherDevelopmentKey(Circuit),
	/// Its verifying key is none.
	#[error("its verifying key is refused ({0:?})")]
	Key(KeyFault),
	/// A proof or a root does not hold.
	#[error("the proof does not hold: {0}")]
	Fault(#[from] Fault),
	/// It is about something else than what was asked for.
	#[error("it is about another {0} than the one that was given")]
	Other(&'static str),
}

/// A proven run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
	/// The program.
	pub given: Given,
	/// The artifact.
	pub artifact: Vec<u8>,
	/// The evaluation seed.
	pub seed: H256,
	/// The verifying key, as a chain takes it.
	pub key: Vec<u8>,
	/// How the run ended, and the proofs.
	pub evaluation: Evaluation,
}

/// How a run ended, in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Outcome {
	/// It halted with this metric.
	Metric(i32),
	/// It trapped with this cause.
	Trap(u8),
}

/// A segment in the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentDocument {
	post_root: String,
	proof: String,
}

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
	format: String,
	circuit: Circuit,
	module: String,
	artifact: String,
	seed: String,
	key: String,
	outcome: Outcome,
	final_data: String,
	segments: Vec<SegmentDocument>,
}

/// What the proofs of a file are about: a run, bound to no chain. `key_hash` says which key they are
/// under.
pub fn job(artifact: Vec<u8>, seed: H256, max_segments: u32, key_hash: H256) -> ProofJob {
	let (genesis, experiment) = (H256::zero(), H256::zero());
	ProofJob { genesis, key: 0, key_hash, validator: 0, experiment, artifact, seed, max_segments }
}

fn hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn bytes(text: &str, field: &'static str) -> Result<Vec<u8>, BundleError> {
	let refused = BundleError::Field { field, wanted: "0x and pairs of hexadecimal digits" };
	text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok()).ok_or(refused)
}

fn hash(text: &str, field: &'static str) -> Result<H256, BundleError> {
	let refused = BundleError::Field { field, wanted: "0x and 64 hexadecimal digits" };
	bytes(text, field)?.try_into().map(H256).map_err(|_| refused)
}

impl Bundle {
	/// Reads a file's content. That it holds together is [`Bundle::verify`]'s to say.
	///
	/// # Errors
	/// [`BundleError`] for anything that isn't exactly what [`Bundle::to_json`] writes, and for a module
	/// that does not load.
	pub fn read(content: &[u8]) -> Result<Self, BundleError> {
		let document: Document = serde_json::from_slice(content)?;
		if document.format != FORMAT {
			return Err(BundleError::Format(document.format));
		}
		let count = document.segments.len();
		if count > MAX_SEGMENTS as usize {
			return Err(BundleError::Segments(count));
		}
		let wanted = "a proof of 128 bytes in hexadecimal";
		let mut segments = Vec::with_capacity(count);
		for segment in &document.segments {
			let proof = bytes(&segment.proof, "proof")?;
			if proof.len() != PROOF_BYTES as usize {
				return Err(BundleError::Field { field: "proof", wanted });
			}
			let post_root = hash(&segment.post_root, "post_root")?;
			segments.push(Segment { post_root, proof: BoundedVec::truncate_from(proof) });
		}
		let given = Given::new(bytes(&document.module, "module")?, document.circuit)?;
		let artifact = bytes(&document.artifact, "artifact")?;
		given.artifact_words(&artifact)?;
		let claim = match document.outcome {
			Outcome::Metric(metric) => Claim::Halted { metric },
			Outcome::Trap(cause) => Claim::Trapped { cause },
		};
		let evaluation = Evaluation {
			claim,
			final_data: hash(&document.final_data, "final_data")?,
			segments: Segments::truncate_from(segments),
		};
		let (seed, key) = (hash(&document.seed, "seed")?, bytes(&document.key, "key")?);
		Ok(Self { given, artifact, seed, key, evaluation })
	}

	/// The file's content.
	///
	/// # Errors
	/// [`BundleError::Json`], which plain data does not cause.
	pub fn to_json(&self) -> Result<String, BundleError> {
		let segment = |segment: &Segment| SegmentDocument {
			post_root: hex(&segment.post_root.0),
			proof: hex(&segment.proof),
		};
		let outcome = match self.evaluation.claim {
			Claim::Halted { metric } => Outcome::Metric(metric),
			Claim::Trapped { cause } => Outcome::Trap(cause),
		};
		let document = Document {
			format: FORMAT.into(),
			circuit: self.given.circuit,
			module: hex(&self.given.wasm),
			artifact: hex(&self.artifact),
			seed: hex(&self.seed.0),
			key: hex(&self.key),
			outcome,
			final_data: hex(&self.evaluation.final_data.0),
			segments: self.evaluation.segments.iter().map(segment).collect(),
		};
		Ok(serde_json::to_string_pretty(&document)? + "\n")
	}

	/// Blake2-256 of the verifying key: what a chain knows it by.
	pub fn key_hash(&self) -> H256 {
		H256(blake2_256(&self.key))
	}

	/// Whether the verifying key is the circuit's development key, under which anybody can forge.
	pub fn is_under_development_key(&self) -> bool {
		self.key_hash() == development_hash(&self.given.circuit.shape())
	}

	/// Checks that the program, run on the artifact and the seed, ended as the file claims, under the
	/// verifying key with the hash `trusted`, or, if none is named, under the circuit's development
	/// key: whoever repeats its public setup can forge.
	///
	/// # Errors
	/// [`BundleError::Fault`] with the first thing that does not hold; [`BundleError::OtherKey`] if it
	/// is under another key than the trusted one, [`BundleError::UntrustedKey`] if none is named and it is
	/// not under the development key; [`BundleError::OtherDevelopmentKey`], [`BundleError::Key`].
	pub fn verify(&self, trusted: Option<H256>) -> Result<(), BundleError> {
		let is_development = self.is_under_development_key();
		if !is_development && is_development_key(&self.key) {
			return Err(BundleError::OtherDevelopmentKey(self.given.circuit));
		}
		match trusted {
			Some(hash) if hash != self.key_hash() => {
				return Err(BundleError::OtherKey(self.key_hash()))
			},
			None if !is_development => return Err(BundleError::UntrustedKey(self.key_hash())),
			_ => {},
		}
		let prepared = prepare_key(&self.key, PUBLIC_INPUTS).map_err(BundleError::Key)?;
		let job = job(self.artifact.clone(), self.seed, MAX_SEGMENTS, self.key_hash());
		Ok(check_evaluation(&prepared, &self.given.program, &job, &self.evaluation)?)
	}

	/// Checks that it is about what was asked for, as far as that was said.
	///
	/// # Errors
	/// [`BundleError::Other`].
	pub fn ensure_about(
		&self,
		module: Option<&[u8]>,
		artifact: Option<&[u8]>,
		seed: Option<&H256>,
	) -> Result<(), BundleError> {
		for (what, differs) in [
			("program", module.is_some_and(|m| m != self.given.wasm)),
			("artifact", artifact.is_some_and(|a| a != self.artifact)),
			("seed", seed.is_some_and(|s| *s != self.seed)),
		] {
			if differs {
				return Err(BundleError::Other(what));
			}
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		miner::lab::Progress,
		prove::{Prover, ProverSettings},
		test_util::{install_key, TempDir},
	};
	use serde_json::{json, Value};
	use woppal_zkwasm::{development::DEVELOPMENT_STANDARD, shape::SMALL, verifier::Status};

	/// Multiplies the seed's first word with itself for a while: three segments.
	const PROGRAM: &str = r#"(module
		(import "env" "input" (func $input (param i32) (result i32)))
		(func (export "evaluate") (result i32) (local $x i32) (local $i i32)
			(local.set $x (call $input (i32.const 0)))
			(loop $again
				(local.set $x (i32.mul (local.get $x) (call $input (i32.const 24))))
				(local.set $i (i32.add (local.get $i) (i32.const 1)))
				(br_if $again (i32.lt_u (local.get $i) (i32.const 90))))
			(local.get $x)))"#;

	struct Silent;
	impl Progress for Silent {
		fn at(&self, _: u64, _: u64) {}
	}

	fn given(text: &str) -> Given {
		Given::new(wat::parse_str(text).unwrap(), Circuit::Small).unwrap()
	}

	fn bundle(given: Given, seed: H256, folder: &TempDir) -> Bundle {
		bundle_under(development_hash(&SMALL), given, seed, folder)
	}

	fn bundle_under(key: H256, given: Given, seed: H256, folder: &TempDir) -> Bundle {
		let artifact = 3u32.to_le_bytes().to_vec();
		let settings =
			ProverSettings { key_cache: folder.path().to_owned(), ..ProverSettings::default() };
		let prover = Prover::new(given.program.clone(), settings);
		let job = job(artifact.clone(), seed, MAX_SEGMENTS, key);
		let evaluation = prover.prove(&job, Vec::new(), &Silent).unwrap();
		let key = prover.verifying_key(key).unwrap();
		Bundle { given, artifact, seed, key, evaluation }
	}

	fn seed(byte: u8) -> H256 {
		let mut seed = H256::zero();
		seed.0[0] = byte;
		seed
	}

	fn read(value: &Value) -> Result<Bundle, BundleError> {
		Bundle::read(value.to_string().as_bytes())
	}

	/// One bundle is proven, then everything is tried on it.
	#[test]
	fn a_bundle_holds_and_no_other_does() {
		let dir = TempDir::new("bundle");
		let good = bundle(given(PROGRAM), seed(5), &dir);
		let text = good.to_json().unwrap();
		let read_again = Bundle::read(text.as_bytes()).unwrap();
		assert_eq!(read_again, good);
		read_again.verify(None).unwrap();
		read_again.verify(Some(development_hash(&SMALL))).unwrap();
		assert!(read_again.is_under_development_key());
		assert!(good.evaluation.segments.len() > 2);
		assert_eq!(
			good.evaluation.claim,
			Claim::Halted { metric: (0..90).fold(3i32, |x, _| x.wrapping_mul(5)) }
		);

		what_is_in_it_is_bound(&good, &dir);
		no_key_is_believed_for_being_in_the_file(&good, &dir);
		foreign_content_is_refused(&text);
		let about = |m: &[u8], a: &[u8], s| good.ensure_about(Some(m), Some(a), Some(&s));
		about(&good.given.wasm, &good.artifact, good.seed).unwrap();
		good.ensure_about(None, None, None).unwrap();
		assert!(matches!(
			about(&[], &good.artifact, good.seed),
			Err(BundleError::Other("program"))
		));
		assert!(matches!(
			about(&good.given.wasm, &[], good.seed),
			Err(BundleError::Other("artifact"))
		));
		assert!(matches!(
			about(&good.given.wasm, &good.artifact, seed(6)),
			Err(BundleError::Other("seed"))
		));
	}

	fn what_is_in_it_is_bound(good: &Bundle, dir: &TempDir) {
		let fault = |change: &dyn Fn(&mut Bundle)| {
			let mut other = good.clone();
			change(&mut other);
			match other.verify(Some(other.key_hash())) {
				Err(BundleError::Fault(fault)) => fault,
				result => panic!("{result:?}"),
			}
		};
		let invalid = |index| Fault::Proof { index, status: Status::Invalid };
		// Another program, artifact, seed or claim has other roots.
		let twin = PROGRAM.replace("i32.const 90", "i32.const 91");
		assert_eq!(fault(&|b| b.given = given(&twin)), Fault::LastRoot);
		assert_eq!(fault(&|b| b.artifact = 4u32.to_le_bytes().to_vec()), Fault::LastRoot);
		assert_eq!(fault(&|b| b.seed = seed(6)), Fault::LastRoot);
		assert_eq!(fault(&|b| b.evaluation.claim = Claim::Halted { metric: 1 }), Fault::LastRoot);
		assert_eq!(fault(&|b| b.evaluation.claim = Claim::Trapped { cause: 200 }), Fault::End);
		assert_eq!(fault(&|b| b.evaluation.final_data = H256([255; 32])), Fault::End);
		// A liar who makes the last root fit has no proof of it.
		let other = bundle(given(&twin), good.seed, dir);
		assert_eq!(
			fault(&|b| {
				b.evaluation.claim = other.evaluation.claim;
				b.given = other.given.clone();
				b.evaluation.final_data = other.evaluation.final_data;
				let last = other.evaluation.segments.last().unwrap().post_root;
				let mut segments = b.evaluation.segments.to_vec();
				segments.last_mut().unwrap().post_root = last;
				b.evaluation.segments = Segments::truncate_from(segments);
			}),
			invalid(0)
		);
		// Segments exchanged, left out, repeated, or another program's.
		let with = |change: &dyn Fn(&mut Vec<Segment>)| {
			fault(&|b| {
				let mut segments = b.evaluation.segments.to_vec();
				change(&mut segments);
				b.evaluation.segments = Segments::truncate_from(segments);
			})
		};
		assert_eq!(with(&|s| s.swap(0, 1)), invalid(0));
		assert_eq!(with(&|s| drop(s.remove(1))), invalid(1));
		assert_eq!(with(&|s| s.insert(1, s[0].clone())), invalid(1));
		assert_eq!(with(&|s| s[1].proof = s[0].proof.clone()), invalid(1));
		assert_eq!(with(&|s| drop(s.pop())), Fault::LastRoot);
		assert_eq!(with(&Vec::clear), Fault::Segments { count: 0, most: MAX_SEGMENTS });
		assert_eq!(with(&|s| s[0] = other.evaluation.segments[0].clone()), invalid(0));
	}

	fn no_key_is_believed_for_being_in_the_file(good: &Bundle, dir: &TempDir) {
		let installed = install_key(dir.path(), &SMALL);
		let live = bundle_under(installed, given(PROGRAM), good.seed, dir);
		let live = Bundle::read(live.to_json().unwrap().as_bytes()).unwrap();
		assert_eq!(live.key_hash(), installed);
		assert!(!live.is_under_development_key());
		live.verify(Some(installed)).unwrap();
		assert!(matches!(live.verify(None), Err(BundleError::UntrustedKey(h)) if h == installed));
		let other =
			|b: &Bundle, trusted| matches!(b.verify(Some(trusted)), Err(BundleError::OtherKey(_)));
		assert!(other(&live, development_hash(&SMALL)));
		assert!(other(&live, H256::zero()));
		assert!(other(good, installed));
		let with = |key: &[u8]| {
			let exchanged = Bundle { key: key.to_vec(), ..good.clone() };
			exchanged.verify(Some(exchanged.key_hash())).unwrap_err()
		};
		let invalid = Fault::Proof { index: 0, status: Status::Invalid };
		assert!(matches!(with(&live.key), BundleError::Fault(fault) if fault == invalid));
		let foreign = with(DEVELOPMENT_STANDARD);
		assert!(matches!(foreign, BundleError::OtherDevelopmentKey(Circuit::Small)));
		assert!(matches!(with(&[]), BundleError::Key(KeyFault::Malformed)));
		assert!(matches!(with(&good.key[1..]), BundleError::Key(KeyFault::Malformed)));
	}

	fn foreign_content_is_refused(text: &str) {
		let good: Value = serde_json::from_str(text).unwrap();
		let with = |change: &dyn Fn(&mut Value)| {
			let mut other = good.clone();
			change(&mut other);
			read(&other).unwrap_err()
		};
		let is_field = |error: BundleError, name: &str| matches!(error, BundleError::Field { field, .. } if field == name);
		for cut in [0, 1, text.len() / 2, text.len() - 3] {
			assert!(matches!(Bundle::read(&text.as_bytes()[..cut]), Err(BundleError::Json(_))));
		}
		let twice = text.replacen("\"seed\"", "\"seed\": \"0x\", \"seed\"", 1);
		assert!(matches!(Bundle::read(twice.as_bytes()), Err(BundleError::Json(_))));
		let more = format!("{text}{{}}");
		assert!(matches!(Bundle::read(more.as_bytes()), Err(BundleError::Json(_))));
		assert!(matches!(with(&|v| v["extra"] = json!(1)), BundleError::Json(_)));
		assert!(matches!(with(&|v| v["circuit"] = json!("huge")), BundleError::Json(_)));
		assert!(matches!(
			with(&|v| v["outcome"] = json!({"metric": 1, "trap": 2})),
			BundleError::Json(_)
		));
		assert!(matches!(
			with(&|v| v["outcome"] = json!({"metric": 1u64 << 40})),
			BundleError::Json(_)
		));
		assert!(matches!(with(&|v| v["format"] = json!("2")), BundleError::Format(_)));
		assert!(is_field(with(&|v| v["module"] = json!("00")), "module"));
		assert!(is_field(with(&|v| v["artifact"] = json!("0x0")), "artifact"));
		assert!(is_field(with(&|v| v["seed"] = json!("0x00")), "seed"));
		assert!(is_field(with(&|v| v["key"] = json!("00")), "key"));
		assert!(is_field(with(&|v| v["segments"][0]["proof"] = json!("0x00")), "proof"));
		assert!(is_field(with(&|v| v["segments"][0]["post_root"] = json!("0xzz")), "post_root"));
		assert!(matches!(with(&|v| v["artifact"] = json!("0x000000")), BundleError::Program(_)));
		assert!(matches!(with(&|v| v["module"] = json!("0x00")), BundleError::Program(_)));
		assert!(matches!(
			with(&|v| v["segments"] = Value::Array(vec![v["segments"][0].clone(); 65])),
			BundleError::Segments(65)
		));
		// A number where proofs should be is no way to make room for billions of them.
		assert!(matches!(with(&|v| v["segments"] = json!(u64::MAX)), BundleError::Json(_)));
	}
}
