//! Benchmarks: every call, on the real rules and the real verifier.

use crate::{BenchmarkHelper, Call, Config, Event, KeyBytes, KeyCount, Keys, Pallet};
use alloc::vec;
use frame::benchmarking::prelude::*;
use woppal_protocol::{
	research::{
		blind, Artifact, CircuitId, Config as ExperimentConfig, Edge, EdgeKind, Edges, MAX_EDGES,
		MAX_SEGMENTS,
	},
	statement::{Claim, Evaluation},
	traits::{Experiments, Network, ProofFacts},
	ExperimentId, ProjectId, ValidatorId, H256,
};

/// A validator and the project that it works on.
struct Miner<T: Config> {
	who: T::AccountId,
	validator: ValidatorId,
	project: ProjectId,
	config: ExperimentConfig,
	artifact_bytes: u32,
}

impl<T: Config> Miner<T> {
	fn new() -> Self {
		let (who, validator) = T::BenchmarkHelper::validator();
		let (project, config, artifact_bytes) = T::BenchmarkHelper::project();
		Self { who, validator, project, config, artifact_bytes }
	}

	/// Config, artifact and blinded value of the n-th experiment.
	fn content(&self, n: u8) -> (ExperimentConfig, Artifact, H256) {
		let mut config = self.config.clone();
		if let Some(first) = config.iter_mut().next() {
			*first = first.saturating_add(i32::from(n));
		}
		let size = usize::try_from(self.artifact_bytes).unwrap_or_default();
		let artifact = Artifact::truncate_from(vec![n; size]);
		let genesis = T::Network::genesis_hash();
		let blinded = blind(&genesis, self.validator, self.project, &config, &H256::zero());
		(config, artifact, blinded)
	}

	fn commit(&self, n: u8) -> Result<ExperimentId, BenchmarkError> {
		let (config, artifact, blinded) = self.content(n);
		T::Experiments::start(&self.who, self.project, blinded)?;
		let salt = H256::zero();
		let edges = Edges::default();
		T::Experiments::commit(&self.who, self.project, config, salt, artifact, edges)?
			.ok_or(BenchmarkError::Stop("the reveal was refused"))
	}

	/// An experiment that waits for its proof, and a true evaluation of `segments` segments.
	fn evaluated(
		&self,
		segments: u32,
	) -> Result<(ExperimentId, ProofFacts, Evaluation), BenchmarkError> {
		let experiment = self.commit(0)?;
		T::BenchmarkHelper::fix_seed();
		let facts = T::Experiments::proof_facts(&self.who, &experiment)?;
		let evaluation = T::BenchmarkHelper::evaluation(&facts, &experiment, segments);
		Ok((experiment, facts, evaluation))
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn start() {
		let miner = Miner::<T>::new();
		let (_, _, blinded) = miner.content(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(miner.who.clone()), miner.project, blinded);
	}

	#[benchmark]
	fn cancel() -> Result<(), BenchmarkError> {
		let miner = Miner::<T>::new();
		let (_, _, blinded) = miner.content(0);
		T::Experiments::start(&miner.who, miner.project, blinded)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(miner.who.clone()), blinded);

		Ok(())
	}

	/// `e`: edges. The artifact's root costs the same for every size: it is padded to the circuit's.
	#[benchmark]
	fn commit(e: Linear<0, MAX_EDGES>) -> Result<(), BenchmarkError> {
		let miner = Miner::<T>::new();
		let first = miner.commit(0)?;
		let (config, artifact, blinded) = miner.content(1);
		T::Experiments::start(&miner.who, miner.project, blinded)?;
		let edge = Edge { kind: EdgeKind::Extends, to: first };
		let edges = Edges::truncate_from((0..e).map(|_| edge).collect());

		#[extrinsic_call]
		_(
			RawOrigin::Signed(miner.who.clone()),
			miner.project,
			config,
			H256::zero(),
			artifact,
			edges,
		);

		Ok(())
	}

	/// `s`: segments, whose proofs all hold.
	#[benchmark]
	fn prove(s: Linear<1, MAX_SEGMENTS>) -> Result<(), BenchmarkError> {
		let miner = Miner::<T>::new();
		let (experiment, facts, evaluation) = miner.evaluated(s)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(miner.who.clone()), experiment, facts.seed, facts.key, evaluation);

		// The proofs held: the experiment is concluded.
		assert!(T::Experiments::proof_facts(&miner.who, &experiment).is_err());
		Ok(())
	}

	/// `s`: segments, one of whose proofs is false: all are checked together, and then one by one.
	#[benchmark]
	fn prove_rejected(s: Linear<1, MAX_SEGMENTS>) -> Result<(), BenchmarkError> {
		let miner = Miner::<T>::new();
		let (experiment, facts, mut evaluation) = miner.evaluated(s)?;
		evaluation.claim = Claim::Trapped { cause: 1 };

		#[extrinsic_call]
		prove(RawOrigin::Signed(miner.who.clone()), experiment, facts.seed, facts.key, evaluation);

		let validator = miner.validator;
		let event =
			Event::<T>::ProofRejected { experiment, validator, segment: s.saturating_sub(1) };
		frame_system::Pallet::<T>::assert_has_event(event.into());
		Ok(())
	}

	#[benchmark]
	fn register_verifying_key() -> Result<(), BenchmarkError> {
		let key = KeyBytes::truncate_from(T::BenchmarkHelper::verifying_key(CircuitId::Standard));
		let count = KeyCount::<T>::get();
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, CircuitId::Standard, key, H256::repeat_byte(1));

		assert_eq!(KeyCount::<T>::get(), count.saturating_add(1));
		Ok(())
	}

	#[benchmark]
	fn retire_verifying_key() -> Result<(), BenchmarkError> {
		let key = KeyBytes::truncate_from(T::BenchmarkHelper::verifying_key(CircuitId::Standard));
		let id = KeyCount::<T>::get();
		Pallet::<T>::do_register_key(CircuitId::Standard, &key, H256::zero())?;
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, id);

		assert!(Keys::<T>::get(id).is_some_and(|record| record.retired));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
