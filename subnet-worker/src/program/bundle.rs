//! A proven run in a file: module, artifact, seed, outcome and proofs, so that anybody can verify the
//! file without asking anybody.
//!
//! The file is JSON; numbers of 32 bytes and all bytes are hexadecimal with `0x`. Nothing in it is
//! believed: the module is loaded and lowered again, first and last root are made from it, artifact,
//! seed and outcome. Proofs are bound to no chain and no account, so they are of no use on one.

use super::{Circuit, Given, ProgramError};
use crate::{
	miner::lab::ProofJob,
	verify::{check_evaluation, Fault},
};
use serde::{Deserialize, Serialize};
use woppal_protocol::{
	research::MAX_SEGMENTS,
	statement::{Claim, Evaluation, Segment, Segments, PROOF_BYTES},
	BoundedVec, H256,
};
use woppal_zkwasm::{
	circuit::PUBLIC_INPUTS, development::development_key, module::MAX_MODULE_BYTES,
	verifier::prepare_key,
};

/// What the file says that it is.
const FORMAT: &str = "woppal program proof 1";
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
	/// This release knows no verifying key for the circuit.
	#[error("this release knows no verifying key of the {} circuit", .0.name())]
	Key(Circuit),
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
	outcome: Outcome,
	final_data: String,
	segments: Vec<SegmentDocument>,
}

/// What the proofs of a file are about: a run, bound to no chain.
pub fn job(artifact: Vec<u8>, seed: H256, max_segments: u32) -> ProofJob {
	let (genesis, experiment) = (H256::zero(), H256::zero());
	ProofJob { genesis, key: 0, validator: 0, experiment, artifact, seed, max_segments }
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
		Ok(Self { given, artifact, seed: hash(&document.seed, "seed")?, evaluation })
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
			outcome,
			final_data: hex(&self.evaluation.final_data.0),
			segments: self.evaluation.segments.iter().map(segment).collect(),
		};
		Ok(serde_json::to_string_pretty(&document)? + "\n")
	}

	/// Checks that the program, run on the artifact and the seed, ended as the file claims. The
	/// verifying key is the circuit's development key: whoever repeats its public setup can forge.
	///
	/// # Errors
	/// [`BundleError::Fault`] with the first thing that does not hold; [`BundleError::Key`].
	pub fn verify(&self) -> Result<(), BundleError> {
		let circuit = self.given.circuit;
		let prepared = development_key(&circuit.shape())
			.and_then(|key| prepare_key(key, PUBLIC_INPUTS).ok())
			.ok_or(BundleError::Key(circuit))?;
		let job = job(self.artifact.clone(), self.seed, MAX_SEGMENTS);
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
		test_util::TempDir,
	};
	use serde_json::{json, Value};
	use woppal_zkwasm::verifier::Status;

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
		let artifact = 3u32.to_le_bytes().to_vec();
		let settings =
			ProverSettings { key_cache: folder.path().to_owned(), ..ProverSettings::default() };
		let prover = Prover::new(given.program.clone(), settings);
		let evaluation =
			prover.prove(&job(artifact.clone(), seed, MAX_SEGMENTS), Vec::new(), &Silent).unwrap();
		Bundle { given, artifact, seed, evaluation }
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
		read_again.verify().unwrap();
		assert!(good.evaluation.segments.len() > 2);
		assert_eq!(
			good.evaluation.claim,
			Claim::Halted { metric: (0..90).fold(3i32, |x, _| x.wrapping_mul(5)) }
		);

		what_is_in_it_is_bound(&good, &dir);
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
			match other.verify() {
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
