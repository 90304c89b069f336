//! One experiment of any project: program, config and artifact are given, nothing is searched for.

use super::Given;
use crate::{
	error::Mismatch,
	miner::{
		lab::{Lab, LabError, Progress, ProofJob},
		strategy::Choice,
	},
	program::{seeds, Circuit},
	prove::{check_key, Prover, ProverSettings},
};
use rand_chacha::ChaCha8Rng;
use woppal_protocol::{
	research::{ConfigKey, Program as Commitment, ProjectInfo, ProjectSpec},
	statement::{Evaluation, Segment},
	H256,
};
use woppal_zkwasm::commitment;

/// Seeds that the artifact is tried on before a deposit is at stake.
const TRIALS: u32 = 32;

/// The work of one experiment.
pub struct GivenLab {
	prover: Prover,
	circuit: Circuit,
	hash: H256,
	commitment: Commitment,
	choice: Choice,
	artifact: Vec<u8>,
	max_segments: u32,
}

impl GivenLab {
	/// What is given, for a project.
	///
	/// # Errors
	/// [`Mismatch`] if it isn't what the project wants.
	pub fn new(
		given: Given,
		artifact: Vec<u8>,
		choice: Choice,
		project: &ProjectInfo,
		settings: ProverSettings,
	) -> Result<Self, Mismatch> {
		let lab = Self {
			circuit: given.circuit,
			hash: given.hash(),
			commitment: given.commitment(),
			prover: Prover::new(given.program, settings),
			choice,
			artifact,
			max_segments: project.spec.max_segments,
		};
		lab.fits(&project.spec)?;
		Ok(lab)
	}

	/// Whether the project's fixed parts are those of what was given.
	fn fits(&self, spec: &ProjectSpec) -> Result<(), Mismatch> {
		if spec.evaluator != self.hash {
			return Err(Mismatch::GivenProgram { chain: spec.evaluator, given: self.hash });
		}
		if Circuit::of(spec.circuit) != self.circuit || spec.program != self.commitment {
			return Err(Mismatch::Program);
		}
		let (need, have) = (spec.artifact_bytes, self.artifact.len());
		if usize::try_from(need) != Ok(have) {
			return Err(Mismatch::ArtifactSize { need, have });
		}
		if !woppal_protocol::research::fits_schema(&self.choice.config, &spec.schema) {
			return Err(Mismatch::Schema);
		}
		Ok(())
	}
}

impl Lab for GivenLab {
	fn check(&self, project: &ProjectInfo, key_hash: Option<H256>) -> Result<(), Mismatch> {
		self.fits(&project.spec)?;
		let folder = &self.prover.settings().key_cache;
		check_key(&self.circuit.shape(), folder, project.spec.key, key_hash)
	}

	fn prepare(&self, key: H256) -> Result<(), LabError> {
		for seed in seeds(0, TRIALS) {
			self.prover.try_run(&self.artifact, &seed, self.max_segments)?;
		}
		self.prover.key(key).map(|_| ())
	}

	fn given(&self) -> Option<Choice> {
		Some(self.choice.clone())
	}

	fn first_config(&self, _: &mut ChaCha8Rng) -> Vec<i32> {
		self.choice.config.clone()
	}

	fn mutate(&self, _: &[i32], _: &mut ChaCha8Rng, _: u32) -> Vec<i32> {
		self.choice.config.clone()
	}

	fn train(&self, _: &[i32], _: u64, _: &dyn Progress) -> Result<Vec<u8>, LabError> {
		Ok(self.artifact.clone())
	}

	fn estimate(&self, _: &[u8], _: u64) -> Option<f64> {
		None
	}

	fn artifact_root(&self, artifact: &[u8]) -> Result<H256, LabError> {
		commitment::artifact_root(&self.circuit.shape(), artifact)
			.map(H256)
			.ok_or(LabError::Artifact { bytes: artifact.len() })
	}

	fn prove(
		&self,
		job: &ProofJob,
		done: Vec<Segment>,
		progress: &dyn Progress,
	) -> Result<Evaluation, LabError> {
		self.prover.prove(job, done, progress)
	}
}

/// A config in the schema's order, from settings in any order.
///
/// # Errors
/// [`Mismatch::Config`] naming the key that is missing, unknown, set twice or out of its range.
pub fn config(settings: &[(String, i32)], schema: &[ConfigKey]) -> Result<Vec<i32>, Mismatch> {
	let name = |key: &ConfigKey| String::from_utf8_lossy(&key.name).into_owned();
	let refused = |what: String| {
		let keys = schema.iter().map(|k| format!("{} from {} to {}", name(k), k.min, k.max));
		Mismatch::Config { what, keys: keys.collect::<Vec<_>>().join(", ") }
	};
	if let Some((unknown, _)) = settings.iter().find(|(s, _)| schema.iter().all(|k| name(k) != *s))
	{
		return Err(refused(format!("{unknown} is no key")));
	}
	let value = |key: &ConfigKey| {
		let mut set = settings.iter().filter(|(s, _)| *s == name(key)).map(|(_, value)| *value);
		match (set.next(), set.next()) {
			(None, _) => Err(refused(format!("{} is missing", name(key)))),
			(Some(_), Some(_)) => Err(refused(format!("{} is set twice", name(key)))),
			(Some(value), None) if (key.min..=key.max).contains(&value) => Ok(value),
			(Some(value), None) => {
				Err(refused(format!("{} is out of range with {value}", name(key))))
			},
		}
	};
	schema.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::prove::{development_hash, InstalledKeyError};
	use woppal_protocol::research::{CircuitId, Name};

	const PROGRAM: &str = r#"(module
		(import "env" "input" (func $input (param i32) (result i32)))
		(func (export "evaluate") (result i32) (local $i i32)
			(loop $again
				(local.set $i (i32.add (local.get $i) (i32.const 1)))
				(br_if $again (i32.lt_u (local.get $i) (call $input (i32.const 0)))))
			(local.get $i)))"#;

	fn given() -> Given {
		Given::new(wat::parse_str(PROGRAM).unwrap(), Circuit::Small).unwrap()
	}

	fn project(given: &Given) -> ProjectInfo {
		let mut project = crate::miner::simulation::project();
		project.spec.evaluator = given.hash();
		project.spec.program = given.commitment();
		project.spec.artifact_bytes = 4;
		project.spec.max_segments = 2;
		project
	}

	fn lab(loops: u32, project: &ProjectInfo, config: &[i32]) -> Result<GivenLab, Mismatch> {
		let choice = Choice { config: config.to_vec(), parent: None };
		let artifact = loops.to_le_bytes().to_vec();
		let settings =
			ProverSettings { key_cache: std::env::temp_dir(), ..ProverSettings::default() };
		GivenLab::new(given(), artifact, choice, project, settings)
	}

	#[test]
	fn what_does_not_fit_the_project_is_refused() {
		let good = project(&given());
		let config = [1, 2, 3, 4];
		let key_hash = Some(development_hash(&Circuit::Small.shape()));
		let one = lab(3, &good, &config).unwrap();
		assert_eq!(one.check(&good, key_hash), Ok(()));
		assert_eq!(one.check(&good, None), Err(Mismatch::UnknownKey(0)));
		let foreign = one.check(&good, Some(H256([1; 32])));
		assert!(matches!(
			foreign,
			Err(Mismatch::Key { key: 0, source: InstalledKeyError::Missing { .. } })
		));
		assert_eq!(one.given().unwrap().config, config);

		let with = |change: &dyn Fn(&mut ProjectInfo)| {
			let mut other = good.clone();
			change(&mut other);
			lab(3, &other, &config).err().unwrap()
		};
		let other = with(&|p| p.spec.evaluator = H256::zero());
		assert!(matches!(other, Mismatch::GivenProgram { .. }));
		assert_eq!(with(&|p| p.spec.program.entry_pc = 1), Mismatch::Program);
		assert_eq!(with(&|p| p.spec.circuit = CircuitId::Standard), Mismatch::Program);
		assert_eq!(
			with(&|p| p.spec.artifact_bytes = 8),
			Mismatch::ArtifactSize { need: 8, have: 4 }
		);
		assert_eq!(lab(3, &good, &config[..3]).err(), Some(Mismatch::Schema));
	}

	#[test]
	fn an_artifact_whose_runs_are_too_long_puts_no_deposit_at_stake() {
		let good = project(&given());
		let long = lab(1_000, &good, &[1, 2, 3, 4]).unwrap();
		assert!(matches!(
			long.prepare(H256::zero()),
			Err(LabError::TooLong { max_segments: 2, .. })
		));
	}

	#[test]
	fn settings_become_a_config_in_the_schemas_order() {
		let key = |name: &str, min, max| ConfigKey {
			name: Name::truncate_from(name.as_bytes().to_vec()),
			min,
			max,
		};
		let schema = [key("a", 0, 3), key("b", -5, 5)];
		let of = |settings: &[(&str, i32)]| {
			let owned: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
			config(&owned, &schema).map_err(|e| e.to_string())
		};
		assert_eq!(of(&[("b", -5), ("a", 3)]), Ok(vec![3, -5]));
		for (settings, told) in [
			(vec![("a", 1)], "b is missing"),
			(vec![("a", 1), ("b", 1), ("c", 1)], "c is no key"),
			(vec![("a", 1), ("a", 1), ("b", 1)], "a is set twice"),
			(vec![("a", 4), ("b", 1)], "a is out of range with 4"),
		] {
			let error = of(&settings).unwrap_err();
			assert!(error.contains(told) && error.contains("b from -5 to 5"), "{error}");
		}
	}
}
