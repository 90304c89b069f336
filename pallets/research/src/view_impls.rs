//! What the runtime API shows.

use crate::{
	Artifacts, Config, Experiments, Open, OpenEntry, Pallet, ProjectCount, Projects, SeedState,
	Standings, Starts,
};
use alloc::vec::Vec;
use woppal_protocol::{
	api::LEADERBOARD_PAGE,
	research::{
		Direction, ExperimentInfo, ExperimentStatus, LeaderboardEntry, ProjectInfo, StartInfo,
	},
	AccountId32, ExperimentId, ProjectId, ValidatorId,
};

impl<T: Config> Pallet<T> {
	/// Projects registered: their ids are below this number.
	pub fn projects() -> ProjectId {
		ProjectCount::<T>::get()
	}

	/// A project with its best.
	pub fn project(id: ProjectId) -> Option<ProjectInfo>
	where
		T::AccountId: Into<AccountId32>,
	{
		let record = Projects::<T>::get(id)?;
		Some(ProjectInfo {
			id,
			subnet: record.subnet,
			spec: record.spec,
			creator: record.creator.map(Into::into),
			best: record.best,
			proven: record.proven,
			superseded_by: record.superseded_by,
		})
	}

	/// The project that an experiment works on.
	pub fn project_of(experiment: &ExperimentId) -> Option<ProjectId> {
		Experiments::<T>::get(experiment).map(|record| record.project)
	}

	/// Who gets the creator's share of the fees of a project's calls.
	pub fn creator_of(project: ProjectId) -> Option<T::AccountId> {
		Projects::<T>::get(project)?.creator
	}

	/// An experiment with its artifact, edges and seed.
	pub fn experiment(id: &ExperimentId) -> Option<ExperimentInfo> {
		let record = Experiments::<T>::get(id)?;
		let (mut seed, mut prove_until) = (record.seed, None);
		if record.status == ExperimentStatus::Committed {
			if let SeedState::Fixed { seed: fixed, prove_until: until } =
				Self::seed_state(id, record.committed)
			{
				(seed, prove_until) = (Some(fixed), Some(until));
			}
		}
		Some(ExperimentInfo {
			id: *id,
			project: record.project,
			validator: record.validator,
			config: record.config.into_inner(),
			artifact_root: record.artifact_root,
			artifact: Artifacts::<T>::get(id).unwrap_or_default().into_inner(),
			edges: record.edges.into_inner(),
			started: record.started,
			committed: record.committed,
			proven: record.proven,
			best_at_start: record.best_at_start,
			seed,
			prove_until,
			status: record.status,
			adopted: record.adopted,
		})
	}

	/// A validator's starts that wait for their `commit`.
	pub fn open_starts(validator: ValidatorId) -> Vec<StartInfo> {
		Open::<T>::get(validator)
			.into_iter()
			.filter_map(|entry| {
				let OpenEntry::Start(blinded) = entry else { return None };
				let start = Starts::<T>::get(validator, blinded)?;
				Some(StartInfo {
					blinded,
					project: start.project,
					started: start.started,
					commit_until: start.commit_until,
					deposit: start.deposit,
				})
			})
			.collect()
	}

	/// A validator's experiments that wait for their `prove`.
	pub fn open_experiments(validator: ValidatorId) -> Vec<ExperimentId> {
		Open::<T>::get(validator)
			.into_iter()
			.filter_map(|entry| match entry {
				OpenEntry::Experiment(id) => Some(id),
				OpenEntry::Start(_) => None,
			})
			.collect()
	}

	/// The rows of the validators `page · 50 .. (page + 1) · 50` in a project, best metric first.
	pub fn leaderboard(project: ProjectId, page: u32) -> Vec<LeaderboardEntry> {
		let Some(record) = Projects::<T>::get(project) else { return Vec::new() };
		let Some(first) = page.checked_mul(LEADERBOARD_PAGE) else { return Vec::new() };
		let mut rows: Vec<_> = (first..first.saturating_add(LEADERBOARD_PAGE))
			.filter_map(|validator| {
				let standing = Standings::<T>::try_get(project, validator).ok()?;
				let (experiment, best_metric) = standing.record?;
				Some(LeaderboardEntry {
					validator,
					best_metric,
					experiment,
					proven: standing.proven,
					adoptions: standing.adoptions,
				})
			})
			.collect();
		rows.sort_by(|a, b| match record.spec.direction {
			Direction::LowerIsBetter => a.best_metric.cmp(&b.best_metric),
			Direction::HigherIsBetter => b.best_metric.cmp(&a.best_metric),
		});
		rows
	}
}
