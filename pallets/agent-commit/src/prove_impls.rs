//! From a `prove` to its statement and its outcome.

use crate::{Config, Error, Event, Keys, Pallet, WeightInfo};
use alloc::vec::Vec;
use frame::{deps::frame_support::dispatch::PostDispatchInfo, prelude::*};
use woppal_protocol::{
	statement::{context_digest, Evaluation, PUBLIC_INPUTS},
	traits::{Experiments, Network, Outcome, ProofFacts, ProofSystem, VerifyStatus},
	ExperimentId, KeyId, H256,
};

impl<T: Config> Pallet<T> {
	/// Judges an evaluation and concludes its experiment. Refunded is what was not verified, and what
	/// a false proof would have cost.
	pub(crate) fn do_prove(
		who: &T::AccountId,
		experiment: ExperimentId,
		seed: H256,
		key: KeyId,
		evaluation: &Evaluation,
	) -> DispatchResultWithPostInfo {
		let refund = |error: DispatchError| DispatchErrorWithPostInfo {
			post_info: PostDispatchInfo::from(Some(T::WeightInfo::prove(0))),
			error,
		};
		let (facts, prepared) =
			Self::ensure_named(who, &experiment, seed, key, evaluation).map_err(refund)?;
		let statement = Self::statement(&facts, &experiment, evaluation).map_err(refund)?;
		let failed = Self::first_invalid(&prepared, &statement, evaluation)?;

		let validator = facts.validator;
		if let Some(segment) = failed {
			T::Experiments::conclude(&experiment, Outcome::Rejected)?;
			Self::deposit_event(Event::ProofRejected { experiment, validator, segment });
			return Ok(().into());
		}
		let claim = evaluation.claim;
		let segments = u32::try_from(evaluation.segments.len()).unwrap_or(u32::MAX);
		T::Experiments::conclude(&experiment, Outcome::Verified(claim))?;
		Self::deposit_event(Event::Proven { experiment, validator, claim, segments });
		Ok(Some(T::WeightInfo::prove(segments)).into())
	}

	/// Checks that what the call names is what storage has. Returns it with the prepared key.
	fn ensure_named(
		who: &T::AccountId,
		experiment: &ExperimentId,
		seed: H256,
		key: KeyId,
		evaluation: &Evaluation,
	) -> Result<(ProofFacts, Vec<u8>), DispatchError> {
		let facts = T::Experiments::proof_facts(who, experiment)?;
		ensure!(facts.seed == seed, Error::<T>::WrongSeed);
		ensure!(facts.key == key, Error::<T>::WrongKey);
		let record = Keys::<T>::get(key).ok_or(Error::<T>::UnknownKey)?;
		ensure!(!record.retired, Error::<T>::KeyRetired);
		ensure!(record.circuit == facts.circuit, Error::<T>::UnfitKey);
		let count = evaluation.segments.len();
		ensure!(count > 0, Error::<T>::NoSegments);
		ensure!(
			u32::try_from(count).is_ok_and(|n| n <= facts.max_segments),
			Error::<T>::TooManySegments
		);
		Ok((facts, record.prepared.into_inner()))
	}

	/// The public inputs of each segment.
	fn statement(
		facts: &ProofFacts,
		experiment: &ExperimentId,
		evaluation: &Evaluation,
	) -> Result<Vec<[H256; PUBLIC_INPUTS]>, DispatchError> {
		let genesis = T::Network::genesis_hash();
		let program = T::ProofSystem::program_digest(&facts.program, facts.circuit);
		let last = T::ProofSystem::last_root(
			&facts.program,
			&facts.artifact_root,
			&facts.seed,
			&evaluation.final_data,
			&evaluation.claim,
		)
		.ok_or(Error::<T>::MalformedClaim)?;
		let mut pre = T::ProofSystem::first_root(&facts.program, &facts.artifact_root, &facts.seed);
		let between = evaluation.segments.len().saturating_sub(1);
		let roots = evaluation.segments.iter().take(between).map(|s| s.post_root).chain([last]);
		Ok((0u32..)
			.zip(roots)
			.map(|(segment, post)| {
				let context = context_digest(
					&genesis,
					facts.key,
					facts.validator,
					experiment,
					&facts.seed,
					segment,
				);
				let inputs = [pre, post, program, context];
				pre = post;
				inputs
			})
			.collect())
	}

	/// The first segment whose proof doesn't hold; an error if anything is malformed.
	fn first_invalid(
		prepared: &[u8],
		statement: &[[H256; PUBLIC_INPUTS]],
		evaluation: &Evaluation,
	) -> Result<Option<u32>, DispatchError> {
		let proofs: Vec<(&[u8], &[H256])> = evaluation
			.segments
			.iter()
			.zip(statement)
			.map(|(segment, inputs)| (segment.proof.as_slice(), inputs.as_slice()))
			.collect();
		let mut failed = None;
		for (index, status) in (0u32..).zip(T::ProofSystem::verify_all(prepared, &proofs)) {
			match status {
				VerifyStatus::Valid => {},
				VerifyStatus::Invalid => failed = failed.or(Some(index)),
				VerifyStatus::MalformedProof => return Err(Error::<T>::MalformedProof.into()),
				VerifyStatus::MalformedInput => return Err(Error::<T>::MalformedInput.into()),
				VerifyStatus::MalformedKey | VerifyStatus::WrongArity => {
					return Err(Error::<T>::UnfitKey.into())
				},
			}
		}
		Ok(failed)
	}
}
