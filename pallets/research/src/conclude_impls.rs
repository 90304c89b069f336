//! How an experiment ends: metric, deposit, reputation, boosts, adoption.

use crate::{
	Adoptions, Config, EpochCount, Error, Event, ExperimentRecord, Experiments, NotAdoptedReason,
	OpenEntry, Pallet, ProjectRecord, Projects, ProvenBoosts, SeedState, Standing, Standings,
};
use frame::prelude::*;
use woppal_protocol::{
	identity::{Offence, ReputationCause},
	research::{changed_keys, BoostCause, ExperimentStatus, PROVEN_BOOST_CAP_MILLI},
	statement::Claim,
	traits::{Identities, Offences, Outcome, VerifyingKeys, WorkLedger},
	EpochIndex, ExperimentId, ProjectId, ValidatorId,
};

/// The experiment being concluded, with all that its conclusion may change.
struct Landing<'a, T: Config> {
	id: &'a ExperimentId,
	metric: i32,
	epoch: EpochIndex,
	record: &'a mut ExperimentRecord<T::AccountId>,
	project: &'a mut ProjectRecord<T::AccountId>,
	standing: &'a mut Standing,
}

impl<T: Config> Landing<'_, T> {
	/// Whether the metric beats another one by more than the noise margin.
	fn beats(&self, other: i32) -> bool {
		let spec = &self.project.spec;
		spec.direction.beats(self.metric, other, spec.noise_margin)
	}

	/// Whether it beats the project's best, or the declared baseline if there is none.
	fn beats_project(&self) -> bool {
		self.beats(self.project.best.map_or(self.project.spec.baseline, |(_, metric)| metric))
	}
}

impl<T: Config> Pallet<T> {
	/// Concludes a committed experiment whose proof was judged.
	pub(crate) fn do_conclude(experiment: &ExperimentId, outcome: Outcome) -> DispatchResult {
		let mut record = Experiments::<T>::get(experiment).ok_or(Error::<T>::UnknownExperiment)?;
		ensure!(record.status == ExperimentStatus::Committed, Error::<T>::AlreadyConcluded);
		let SeedState::Fixed { seed, .. } = Self::seed_state(experiment, record.committed) else {
			return Err(Error::<T>::SeedNotFixed.into());
		};
		let mut project = Projects::<T>::get(record.project).ok_or(Error::<T>::UnknownProject)?;

		record.seed = Some(seed);
		Self::close(record.validator, OpenEntry::Experiment(*experiment));
		match outcome {
			Outcome::Verified(claim) => {
				record.proven = Some(Self::now());
				Self::release_deposit(&record.depositor, record.deposit);
				match claim {
					Claim::Halted { metric } => {
						Self::land(experiment, metric, &mut record, &mut project);
						Projects::<T>::insert(record.project, project);
					},
					Claim::Trapped { cause } => {
						record.status = ExperimentStatus::Trapped;
						Self::deposit_event(Event::ExperimentTrapped {
							experiment: *experiment,
							validator: record.validator,
							project: record.project,
							cause,
						});
					},
				}
			},
			Outcome::Rejected => Self::reject(experiment, &mut record),
		}
		Experiments::<T>::insert(experiment, record);
		Ok(())
	}

	/// A proof failed against the matching statement.
	fn reject(experiment: &ExperimentId, record: &mut ExperimentRecord<T::AccountId>) {
		record.status = ExperimentStatus::Rejected;
		let burned = Self::forfeit(
			record.validator,
			&record.depositor,
			record.deposit,
			ReputationCause::Rejected,
		);
		T::Offences::report(record.validator, Offence::FabricatedExperiment, None);
		Self::deposit_event(Event::ExperimentRejected {
			experiment: *experiment,
			validator: record.validator,
			project: record.project,
			burned,
		});
	}

	/// A metric is final: counts it, pays boosts, moves bests.
	fn land(
		experiment: &ExperimentId,
		metric: i32,
		record: &mut ExperimentRecord<T::AccountId>,
		project: &mut ProjectRecord<T::AccountId>,
	) {
		let (project_id, validator) = (record.project, record.validator);
		record.status = ExperimentStatus::Proven { metric };
		project.proven = project.proven.saturating_add(1);
		let mut standing = Standings::<T>::get(project_id, validator);
		standing.proven = standing.proven.saturating_add(1);
		T::Identities::note_reputation(validator, ReputationCause::Proven);
		Self::deposit_event(Event::ExperimentProven {
			experiment: *experiment,
			validator,
			project: project_id,
			metric,
		});

		let mut landing: Landing<'_, T> = Landing {
			id: experiment,
			metric,
			epoch: Self::current_epoch(),
			record,
			project,
			standing: &mut standing,
		};
		Self::participate(&landing);
		// Before the bests move: the adoption is measured against the best of the start.
		Self::credit_adoption(&mut landing);
		Self::move_own_best(&mut landing);
		Self::move_project_best(&mut landing);
		Standings::<T>::insert(project_id, validator, standing);
	}

	/// Notes a boost of the owner or of an author.
	fn boost(validator: ValidatorId, experiment: &ExperimentId, cause: BoostCause, milli: u32) {
		if milli > 0 {
			let milli = T::Ledger::note_boost(validator, cause, milli);
			Self::deposit_event(Event::Boosted {
				validator,
				experiment: *experiment,
				cause,
				milli,
			});
		}
	}

	/// Proven no worse than the declared baseline: participation, and the boost for it up to its cap.
	fn participate(landing: &Landing<'_, T>) {
		let spec = &landing.project.spec;
		if !spec.direction.no_worse(landing.metric, spec.baseline) {
			return;
		}
		let validator = landing.record.validator;
		T::Ledger::note_participation(validator);
		let had = ProvenBoosts::<T>::get(validator).in_epoch(landing.epoch);
		let milli = BoostCause::Proven.milli().min(PROVEN_BOOST_CAP_MILLI.saturating_sub(had));
		if milli > 0 {
			ProvenBoosts::<T>::insert(
				validator,
				EpochCount { epoch: landing.epoch, count: had.saturating_add(milli) },
			);
		}
		Self::boost(validator, landing.id, BoostCause::Proven, milli);
	}

	/// Whether the experiment adopts `of`; returns the author.
	fn ensure_adopts(
		landing: &Landing<'_, T>,
		of: &ExperimentRecord<T::AccountId>,
		of_metric: i32,
	) -> Result<ValidatorId, NotAdoptedReason> {
		let changed = changed_keys(&landing.record.config, &of.config);
		if changed.is_none_or(|keys| keys > landing.project.spec.max_changed_keys) {
			return Err(NotAdoptedReason::TooManyChangedKeys);
		}
		if !landing.beats(of_metric) {
			return Err(NotAdoptedReason::WithinNoise);
		}
		if of.validator == landing.record.validator {
			return Err(NotAdoptedReason::SameOwner);
		}
		let author =
			T::Identities::owner_group(of.validator).ok_or(NotAdoptedReason::AuthorGone)?;
		let independent = T::Identities::owner_group(landing.record.validator)
			.is_some_and(|owner| owner.is_independent_of(&author));
		if independent {
			Ok(of.validator)
		} else {
			Err(NotAdoptedReason::SameOwner)
		}
	}

	/// Credits the author of the project's best at the experiment's start, if this is a verified
	/// adoption. That it was proven before the start follows from its having been the best then.
	fn credit_adoption(landing: &mut Landing<'_, T>) {
		let Some(of) = landing.record.best_at_start else { return };
		let Some(adopted) = Experiments::<T>::get(of) else { return };
		let ExperimentStatus::Proven { metric } = adopted.status else { return };
		let by = *landing.id;
		let author = match Self::ensure_adopts(landing, &adopted, metric) {
			Ok(author) => author,
			Err(reason) => {
				Self::deposit_event(Event::NotAdopted { by, of, reason });
				return;
			},
		};
		let cause =
			if landing.beats_project() { BoostCause::AdoptedToBest } else { BoostCause::Adopted };
		let before = Adoptions::<T>::get(landing.record.validator, author).in_epoch(landing.epoch);
		let boost_milli = cause.milli().checked_shr(before).unwrap_or(0);

		landing.record.adopted = Some(of);
		Adoptions::<T>::insert(
			landing.record.validator,
			author,
			EpochCount { epoch: landing.epoch, count: before.saturating_add(1) },
		);
		Standings::<T>::mutate(landing.record.project, author, |standing| {
			standing.adoptions = standing.adoptions.saturating_add(1);
		});
		Self::deposit_event(Event::Adopted { by, of, author, boost_milli });
		Self::boost(author, landing.id, cause, boost_milli);
	}

	/// Moves the owner's best and its record.
	fn move_own_best(landing: &mut Landing<'_, T>) {
		let (id, metric) = (*landing.id, landing.metric);
		let spec = &landing.project.spec;
		let is_record = landing
			.standing
			.record
			.is_none_or(|(_, record)| spec.direction.beats(metric, record, 0));
		if is_record {
			landing.standing.record = Some((id, metric));
		}
		if !landing.beats(landing.standing.best.map_or(spec.baseline, |(_, best)| best)) {
			return;
		}
		let validator = landing.record.validator;
		landing.standing.best = Some((id, metric));
		Self::deposit_event(Event::NewOwnBest {
			project: landing.record.project,
			validator,
			experiment: id,
			metric,
		});
		if landing.standing.own_best_epoch != Some(landing.epoch) {
			landing.standing.own_best_epoch = Some(landing.epoch);
			Self::boost(validator, &id, BoostCause::OwnBest, BoostCause::OwnBest.milli());
		}
	}

	/// Moves the project's best.
	fn move_project_best(landing: &mut Landing<'_, T>) {
		if !landing.beats_project() {
			return;
		}
		let (id, metric, validator) = (*landing.id, landing.metric, landing.record.validator);
		landing.project.best = Some((id, metric));
		Self::deposit_event(Event::NewBest {
			project: landing.record.project,
			validator,
			experiment: id,
			metric,
		});
		if landing.standing.network_best_epoch != Some(landing.epoch) {
			landing.standing.network_best_epoch = Some(landing.epoch);
			Self::boost(validator, &id, BoostCause::NetworkBest, BoostCause::NetworkBest.milli());
		}
	}

	/// Cleans up an experiment that was not proven in time.
	pub(crate) fn do_expire_experiment(experiment: &ExperimentId) -> DispatchResult {
		let mut record = Experiments::<T>::get(experiment).ok_or(Error::<T>::UnknownExperiment)?;
		ensure!(record.status == ExperimentStatus::Committed, Error::<T>::AlreadyConcluded);
		let is_void = match Self::seed_state(experiment, record.committed) {
			SeedState::Pending => return Err(Error::<T>::NotExpired.into()),
			SeedState::Fixed { seed, prove_until } => {
				ensure!(Self::now() > prove_until, Error::<T>::NotExpired);
				record.seed = Some(seed);
				// Nobody could have proven it with a key that governance retired.
				!Self::has_usable_key(record.project)
			},
			SeedState::Never => true,
			SeedState::Lost => !Self::has_usable_key(record.project),
		};

		Self::close(record.validator, OpenEntry::Experiment(*experiment));
		let (experiment, validator, project) = (*experiment, record.validator, record.project);
		if is_void {
			record.status = ExperimentStatus::Void;
			let returned = Self::release_deposit(&record.depositor, record.deposit);
			Self::deposit_event(Event::ExperimentVoided {
				experiment,
				validator,
				project,
				returned,
			});
		} else {
			record.status = ExperimentStatus::Forfeited;
			let burned = Self::forfeit(
				validator,
				&record.depositor,
				record.deposit,
				ReputationCause::Forfeited,
			);
			Self::deposit_event(Event::ExperimentForfeited {
				experiment,
				validator,
				project,
				burned,
			});
		}
		Experiments::<T>::insert(experiment, record);
		Ok(())
	}

	/// Whether a project's verifying key can still be used.
	fn has_usable_key(project: ProjectId) -> bool {
		Projects::<T>::get(project)
			.is_some_and(|record| T::Keys::is_usable(record.spec.key, record.spec.circuit))
	}
}
