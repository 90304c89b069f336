//! The life of an experiment from `start` to its deadline.

use crate::{
	ArtifactSeen, Artifacts, Config, ConfigSeen, Error, Event, ExperimentRecord,
	Experiments as ExperimentsMap, HoldReason, Open, OpenEntry, Pallet, ProjectRecord, Projects,
	RefusalReason, SeedState, StartRecord, Starts,
};
use frame::prelude::*;
use woppal_protocol::{
	identity::ReputationCause,
	research::{
		blind, experiment_id, fits_schema, Artifact, Config as ExperimentConfig, Edges,
		ExperimentStatus,
	},
	traits::{Experiments, Identities, Network, Outcome, ProofFacts, ProofSystem, VerifyingKeys},
	Balance, ExperimentId, ProjectId, ValidatorId, H256,
};

/// The part of a deposit that cancelling costs.
const CANCEL_DIVISOR: Balance = 10;

/// The hash under which a config counts as seen.
pub(crate) fn config_hash(config: &[i32]) -> H256 {
	H256(blake2_256(&config.encode()))
}

impl<T: Config> Pallet<T> {
	/// The validator that signs.
	fn ensure_validator(who: &T::AccountId) -> Result<ValidatorId, DispatchError> {
		T::Identities::by_hot_key(who).ok_or_else(|| Error::<T>::NotAValidator.into())
	}

	/// Opens an experiment.
	fn do_start(who: &T::AccountId, project: ProjectId, blinded: H256) -> DispatchResult {
		let validator = Self::ensure_validator(who)?;
		let record = Projects::<T>::get(project).ok_or(Error::<T>::UnknownProject)?;
		ensure!(record.superseded_by.is_none(), Error::<T>::ProjectSuperseded);
		ensure!(T::Keys::is_usable(record.spec.key, record.spec.circuit), Error::<T>::KeyNotUsable);
		ensure!(!Starts::<T>::contains_key(validator, blinded), Error::<T>::DuplicateStart);
		let mut open = Open::<T>::get(validator);
		open.try_push(OpenEntry::Start(blinded)).map_err(|_| Error::<T>::TooManyOpen)?;
		let parameters = T::Network::parameters();
		let deposit = parameters.deposits.start;
		<T::Currency as fungible::hold::Mutate<_>>::hold(
			&HoldReason::Experiment.into(),
			who,
			deposit,
		)
		.map_err(|_| Error::<T>::CannotHoldDeposit)?;

		Open::<T>::insert(validator, open);
		let started = Self::now();
		let commit_until =
			started.saturating_add(parameters.timing.epochs_to_blocks(T::RevealPeriod::get()));
		let best_at_start = record.best.map(|(experiment, _)| experiment);
		Starts::<T>::insert(
			validator,
			blinded,
			StartRecord {
				project,
				started,
				commit_until,
				best_at_start,
				deposit,
				depositor: who.clone(),
			},
		);
		T::Identities::note_opened(validator);
		Self::deposit_event(Event::Started {
			validator,
			project,
			blinded,
			best_at_start,
			commit_until,
		});
		Ok(())
	}

	/// Takes a start back. After the deadline it can only expire, or everybody would cancel then.
	fn do_cancel(who: &T::AccountId, blinded: H256) -> DispatchResult {
		let validator = Self::ensure_validator(who)?;
		let start = Starts::<T>::get(validator, blinded).ok_or(Error::<T>::UnknownStart)?;
		ensure!(Self::now() <= start.commit_until, Error::<T>::RevealExpired);

		let fee = start.deposit.checked_div(CANCEL_DIVISOR).unwrap_or(0);
		let burned = Self::burn_deposit(&start.depositor, fee);
		let returned = Self::release_deposit(&start.depositor, start.deposit.saturating_sub(fee));
		Starts::<T>::remove(validator, blinded);
		Self::close(validator, OpenEntry::Start(blinded));
		Self::deposit_event(Event::StartCancelled {
			validator,
			project: start.project,
			blinded,
			returned,
			burned,
		});
		Ok(())
	}

	/// Cleans up a start that was not committed in time.
	pub(crate) fn do_expire_start(validator: ValidatorId, blinded: H256) -> DispatchResult {
		let start = Starts::<T>::get(validator, blinded).ok_or(Error::<T>::UnknownStart)?;
		ensure!(Self::now() > start.commit_until, Error::<T>::NotExpired);

		let burned =
			Self::forfeit(validator, &start.depositor, start.deposit, ReputationCause::Forfeited);
		Starts::<T>::remove(validator, blinded);
		Self::close(validator, OpenEntry::Start(blinded));
		Self::deposit_event(Event::StartExpired {
			validator,
			project: start.project,
			blinded,
			burned,
		});
		Ok(())
	}

	/// Why a rule refuses a reveal, if one does.
	fn refusal(
		validator: ValidatorId,
		project: ProjectId,
		record: &ProjectRecord<T::AccountId>,
		config: &[i32],
		artifact_root: &H256,
	) -> Option<RefusalReason> {
		if !fits_schema(config, &record.spec.schema) {
			Some(RefusalReason::OutsideSchema)
		} else if ConfigSeen::<T>::contains_key((validator, project), config_hash(config)) {
			Some(RefusalReason::ConfigNotNew)
		} else if ArtifactSeen::<T>::contains_key(project, artifact_root) {
			Some(RefusalReason::ArtifactSeen)
		} else {
			None
		}
	}

	/// Reveals a start.
	fn do_commit(
		who: &T::AccountId,
		project: ProjectId,
		config: ExperimentConfig,
		salt: H256,
		artifact: Artifact,
		edges: Edges,
	) -> Result<Option<ExperimentId>, DispatchError> {
		let validator = Self::ensure_validator(who)?;
		let genesis = T::Network::genesis_hash();
		let blinded = blind(&genesis, validator, project, &config, &salt);
		let start = Starts::<T>::get(validator, blinded).ok_or(Error::<T>::UnknownStart)?;
		ensure!(Self::now() <= start.commit_until, Error::<T>::RevealExpired);
		let record = Projects::<T>::get(project).ok_or(Error::<T>::UnknownProject)?;
		ensure!(
			u32::try_from(artifact.len()) == Ok(record.spec.artifact_bytes),
			Error::<T>::WrongArtifactSize
		);
		ensure!(
			edges.iter().all(|edge| ExperimentsMap::<T>::contains_key(edge.to)),
			Error::<T>::UnknownEdge
		);
		let artifact_root = T::ProofSystem::artifact_root(record.spec.circuit, &artifact)
			.ok_or(Error::<T>::UnusableArtifact)?;

		if let Some(reason) = Self::refusal(validator, project, &record, &config, &artifact_root) {
			Self::release_deposit(&start.depositor, start.deposit);
			Starts::<T>::remove(validator, blinded);
			Self::close(validator, OpenEntry::Start(blinded));
			Self::deposit_event(Event::RevealRefused { validator, project, blinded, reason });
			return Ok(None);
		}
		let id = experiment_id(&genesis, validator, project, &config, &artifact_root, &edges);
		ensure!(!ExperimentsMap::<T>::contains_key(id), Error::<T>::DuplicateExperiment);

		Starts::<T>::remove(validator, blinded);
		Open::<T>::mutate(validator, |open| {
			if let Some(entry) = open.iter_mut().find(|e| **e == OpenEntry::Start(blinded)) {
				*entry = OpenEntry::Experiment(id);
			}
		});
		ArtifactSeen::<T>::insert(project, artifact_root, id);
		ConfigSeen::<T>::insert((validator, project), config_hash(&config), id);
		Artifacts::<T>::insert(id, artifact);
		ExperimentsMap::<T>::insert(
			id,
			ExperimentRecord {
				project,
				validator,
				config,
				artifact_root,
				edges,
				started: start.started,
				committed: Self::now(),
				proven: None,
				best_at_start: start.best_at_start,
				seed: None,
				status: ExperimentStatus::Committed,
				adopted: None,
				deposit: start.deposit,
				depositor: start.depositor,
			},
		);
		Self::deposit_event(Event::Committed { experiment: id, validator, project, artifact_root });
		Ok(Some(id))
	}

	/// What a proof of an experiment must say.
	fn do_proof_facts(
		who: &T::AccountId,
		experiment: &ExperimentId,
	) -> Result<ProofFacts, DispatchError> {
		let validator = Self::ensure_validator(who)?;
		let record = ExperimentsMap::<T>::get(experiment).ok_or(Error::<T>::UnknownExperiment)?;
		ensure!(record.validator == validator, Error::<T>::NotOwner);
		ensure!(record.status == ExperimentStatus::Committed, Error::<T>::AlreadyConcluded);
		let seed = match Self::seed_state(experiment, record.committed) {
			SeedState::Pending => return Err(Error::<T>::SeedNotFixed.into()),
			SeedState::Never => return Err(Error::<T>::SeedNeverFixed.into()),
			SeedState::Lost => return Err(Error::<T>::ProveExpired.into()),
			SeedState::Fixed { seed, prove_until } => {
				ensure!(Self::now() <= prove_until, Error::<T>::ProveExpired);
				seed
			},
		};
		let spec = Projects::<T>::get(record.project).ok_or(Error::<T>::UnknownProject)?.spec;
		Ok(ProofFacts {
			project: record.project,
			validator,
			program: spec.program,
			circuit: spec.circuit,
			key: spec.key,
			artifact_root: record.artifact_root,
			seed,
			max_segments: spec.max_segments,
		})
	}
}

impl<T: Config> Experiments<T::AccountId> for Pallet<T> {
	fn start(who: &T::AccountId, project: ProjectId, blinded: H256) -> DispatchResult {
		Self::do_start(who, project, blinded)
	}

	fn cancel(who: &T::AccountId, blinded: H256) -> DispatchResult {
		Self::do_cancel(who, blinded)
	}

	fn commit(
		who: &T::AccountId,
		project: ProjectId,
		config: ExperimentConfig,
		salt: H256,
		artifact: Artifact,
		edges: Edges,
	) -> Result<Option<ExperimentId>, DispatchError> {
		Self::do_commit(who, project, config, salt, artifact, edges)
	}

	fn proof_facts(
		who: &T::AccountId,
		experiment: &ExperimentId,
	) -> Result<ProofFacts, DispatchError> {
		Self::do_proof_facts(who, experiment)
	}

	fn conclude(experiment: &ExperimentId, outcome: Outcome) -> DispatchResult {
		Self::do_conclude(experiment, outcome)
	}
}
