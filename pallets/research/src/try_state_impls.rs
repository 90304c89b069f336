//! The pallet's invariants.

use crate::{
	experiment_impls::config_hash, ArtifactSeen, Artifacts, Config, ConfigSeen, Experiments,
	HoldReason, Open, OpenEntry, Pallet, ProjectCount, Projects, Standings, Starts,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use frame::{deps::sp_runtime::TryRuntimeError, prelude::*};
use woppal_protocol::{research::ExperimentStatus, Balance, ProjectId, ValidatorId};

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the pallet.
	///
	/// Errors: the first one that doesn't hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_open()?;
		Self::try_state_holds()?;
		Self::try_state_experiments()?;
		Self::try_state_bests()
	}

	/// What is listed as open is open, and the other way round.
	fn try_state_open() -> Result<(), TryRuntimeError> {
		let mut listed = BTreeSet::new();
		for (validator, open) in Open::<T>::iter() {
			ensure!(!open.is_empty(), "an empty open list is stored");
			for entry in open {
				ensure!(listed.insert((validator, entry.encode())), "an open entry repeats");
			}
		}
		let starts = Starts::<T>::iter_keys().map(|(v, b)| (v, OpenEntry::Start(b)));
		let committed = Experiments::<T>::iter()
			.filter(|(_, e)| e.status == ExperimentStatus::Committed)
			.map(|(id, e)| (e.validator, OpenEntry::Experiment(id)));
		let open: BTreeSet<_> = starts.chain(committed).map(|(v, e)| (v, e.encode())).collect();
		ensure!(listed == open, "the open lists are not what is open");
		Ok(())
	}

	/// Each account's hold is the sum of its deposits.
	fn try_state_holds() -> Result<(), TryRuntimeError> {
		let starts = Starts::<T>::iter_values().map(|s| (s.depositor, s.deposit));
		let committed = Experiments::<T>::iter_values()
			.filter(|e| e.status == ExperimentStatus::Committed)
			.map(|e| (e.depositor, e.deposit));
		let mut deposits: BTreeMap<Vec<u8>, (T::AccountId, Balance)> = BTreeMap::new();
		for (who, deposit) in starts.chain(committed) {
			let entry = deposits.entry(who.encode()).or_insert((who, 0));
			entry.1 = entry.1.saturating_add(deposit);
		}
		for (who, deposit) in deposits.into_values() {
			let held = <T::Currency as fungible::hold::Inspect<_>>::balance_on_hold(
				&HoldReason::Experiment.into(),
				&who,
			);
			ensure!(held == deposit, "an account's hold is not the sum of its deposits");
		}
		Ok(())
	}

	/// Every experiment has its artifact, its marks and its project; there are no other marks.
	fn try_state_experiments() -> Result<(), TryRuntimeError> {
		let mut count = 0usize;
		for (id, e) in Experiments::<T>::iter() {
			count = count.saturating_add(1);
			ensure!(e.project < ProjectCount::<T>::get(), "an experiment has no project");
			ensure!(Artifacts::<T>::contains_key(id), "an experiment has no artifact");
			ensure!(
				ArtifactSeen::<T>::get(e.project, e.artifact_root) == Some(id),
				"an artifact is not marked as seen"
			);
			let key = (e.validator, e.project);
			ensure!(
				ConfigSeen::<T>::get(key, config_hash(&e.config)) == Some(id),
				"a config is not marked as seen"
			);
			let judged = matches!(
				e.status,
				ExperimentStatus::Proven { .. }
					| ExperimentStatus::Trapped
					| ExperimentStatus::Rejected
			);
			ensure!(!judged || e.seed.is_some(), "a judged experiment has no seed");
			ensure!(e.started <= e.committed, "an experiment was committed before its start");
			if let Some(of) = e.adopted {
				ensure!(e.best_at_start == Some(of), "what was adopted was not the best at start");
			}
		}
		ensure!(Artifacts::<T>::iter_keys().count() == count, "an artifact has no experiment");
		ensure!(ArtifactSeen::<T>::iter_keys().count() == count, "a seen artifact has none");
		ensure!(ConfigSeen::<T>::iter_keys().count() == count, "a seen config has none");
		ensure!(
			Projects::<T>::iter_keys().count()
				== usize::try_from(ProjectCount::<T>::get()).unwrap_or(usize::MAX),
			"the project count is not the number of projects"
		);
		Ok(())
	}

	/// Bests are proven, nothing proven beats them, and counters are sums.
	fn try_state_bests() -> Result<(), TryRuntimeError> {
		let mut proven: BTreeMap<(ProjectId, ValidatorId), u32> = BTreeMap::new();
		let mut adoptions: BTreeMap<(ProjectId, ValidatorId), u32> = BTreeMap::new();
		for (id, e) in Experiments::<T>::iter() {
			let ExperimentStatus::Proven { metric } = e.status else { continue };
			let project = Projects::<T>::get(e.project).ok_or("a project is missing")?;
			let standing = Standings::<T>::get(e.project, e.validator);
			let spec = &project.spec;
			let beats = |best: Option<(_, i32)>| {
				let incumbent = best.map_or(spec.baseline, |(_, m)| m);
				spec.direction.beats(metric, incumbent, spec.noise_margin)
			};
			ensure!(!beats(project.best), "an experiment beats the project's best");
			ensure!(!beats(standing.best), "an experiment beats its owner's best");
			for (best, m) in [project.best, standing.best, standing.record].into_iter().flatten() {
				ensure!(best != id || m == metric, "a best has another metric");
			}
			let (_, record) = standing.record.ok_or("a proven validator has no record")?;
			ensure!(spec.direction.no_worse(record, metric), "a record is not the best metric");
			let count = proven.entry((e.project, e.validator)).or_default();
			*count = count.saturating_add(1);
			if let Some(author) = e.adopted.and_then(Experiments::<T>::get) {
				let count = adoptions.entry((e.project, author.validator)).or_default();
				*count = count.saturating_add(1);
			}
		}
		for (project, validator, standing) in Standings::<T>::iter() {
			let of = |map: &BTreeMap<_, u32>| map.get(&(project, validator)).copied().unwrap_or(0);
			ensure!(standing.proven == of(&proven), "a validator's proven count is wrong");
			ensure!(standing.adoptions == of(&adoptions), "an adoption count is wrong");
		}
		for (id, project) in Projects::<T>::iter() {
			let sum = proven.iter().filter(|((p, _), _)| *p == id).map(|(_, n)| n).sum::<u32>();
			ensure!(project.proven == sum, "a project's proven count is wrong");
			if let Some((best, metric)) = project.best {
				let status = Experiments::<T>::get(best).map(|e| (e.project, e.status));
				ensure!(
					status == Some((id, ExperimentStatus::Proven { metric })),
					"a project's best is not proven in it"
				);
			}
		}
		Ok(())
	}
}
