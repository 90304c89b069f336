//! Benchmarks: every call and the hook, on the longest path.

use crate::{
	BenchmarkHelper, BlockOutput, Call, Config, Experiments as ExperimentsMap, OpenEntry, Outputs,
	Pallet, ProjectCount, Projects, Starts,
};
use alloc::vec;
use frame::benchmarking::prelude::*;
use woppal_protocol::{
	research::{blind, Artifact, Config as ExperimentConfig, Edges, ExperimentStatus},
	traits::{Experiments, Identities, Network},
	BlockNumber, ExperimentId, ProjectId, H256,
};

impl<T: Config> Pallet<T> {
	/// Fills the ring so that the seed of an experiment that was committed in the current block is
	/// fixed by the last block that may fix it, and moves on to the block after it.
	pub fn benchmark_fix_seed() {
		let first = Self::now().saturating_add(2);
		let end = first.saturating_add(T::MaxSeedBlocks::get());
		for block in first..end {
			// Two authorities wait for the last two blocks.
			let author = 2u32.saturating_sub(end.saturating_sub(block).saturating_sub(1));
			Outputs::<T>::insert(
				block.checked_rem(Self::ring_length()).unwrap_or_default(),
				BlockOutput { block, author, authorities: 3, output: [7; 32] },
			);
		}
		Self::benchmark_set_block(end);
	}

	/// Sets the current block.
	fn benchmark_set_block(block: BlockNumber) {
		frame_system::Pallet::<T>::set_block_number(block.into());
	}
}

/// Registers the helper's project.
fn project<T: Config>() -> Result<ProjectId, BenchmarkError> {
	let id = ProjectCount::<T>::get();
	Pallet::<T>::do_register_project(T::BenchmarkHelper::project(), None)?;
	Ok(id)
}

/// Opens an experiment; returns the validator's hot key, the project and the blinded value.
fn start<T: Config>() -> Result<(T::AccountId, ProjectId, ExperimentConfig, H256), BenchmarkError> {
	let who = T::BenchmarkHelper::validator();
	let validator = T::Identities::by_hot_key(&who).ok_or("the helper's key is no validator's")?;
	let id = project::<T>()?;
	let schema = Projects::<T>::get(id).ok_or("the project is missing")?.spec.schema;
	let config = ExperimentConfig::truncate_from(schema.iter().map(|key| key.min).collect());
	let blinded = blind(&T::Network::genesis_hash(), validator, id, &config, &H256::zero());
	<Pallet<T> as Experiments<_>>::start(&who, id, blinded)?;
	Ok((who, id, config, blinded))
}

/// Commits an experiment.
fn commit<T: Config>() -> Result<ExperimentId, BenchmarkError> {
	let (who, id, config, _) = start::<T>()?;
	let size = Projects::<T>::get(id).ok_or("the project is missing")?.spec.artifact_bytes;
	let artifact = Artifact::truncate_from(vec![0; usize::try_from(size).unwrap_or_default()]);
	<Pallet<T> as Experiments<_>>::commit(
		&who,
		id,
		config,
		H256::zero(),
		artifact,
		Edges::default(),
	)?
	.ok_or(BenchmarkError::Stop("the reveal was refused"))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn on_finalize() {
		#[block]
		{
			Pallet::<T>::record_output();
		}
	}

	#[benchmark]
	fn register_project() -> Result<(), BenchmarkError> {
		let old = project::<T>()?;
		let mut spec = T::BenchmarkHelper::project();
		spec.supersedes = Some(old);
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, spec, Some(T::BenchmarkHelper::validator()));

		assert_eq!(ProjectCount::<T>::get(), old.saturating_add(2));
		Ok(())
	}

	#[benchmark]
	fn expire_start() -> Result<(), BenchmarkError> {
		let (who, _, _, blinded) = start::<T>()?;
		let validator = T::Identities::by_hot_key(&who).ok_or("no validator")?;
		let start = Starts::<T>::get(validator, blinded).ok_or("the start is missing")?;
		Pallet::<T>::benchmark_set_block(start.commit_until.saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(who), validator, blinded);

		assert!(!crate::Open::<T>::get(validator).contains(&OpenEntry::Start(blinded)));
		Ok(())
	}

	#[benchmark]
	fn expire_experiment() -> Result<(), BenchmarkError> {
		let id = commit::<T>()?;
		Pallet::<T>::benchmark_fix_seed();
		let late = Pallet::<T>::now().saturating_add(Pallet::<T>::prove_blocks());
		Pallet::<T>::benchmark_set_block(late);

		#[extrinsic_call]
		_(RawOrigin::Signed(T::BenchmarkHelper::validator()), id);

		let status = ExperimentsMap::<T>::get(id).map(|e| e.status);
		assert_eq!(status, Some(ExperimentStatus::Forfeited));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
