//! Registering projects.

use crate::{Config, Error, Event, Pallet, ProjectCount, ProjectRecord, Projects};
use alloc::vec;
use frame::prelude::*;
use woppal_protocol::{
	research::{ConfigKey, ProjectSpec, MAX_ARTIFACT_BYTES, MAX_SEGMENTS},
	traits::ProofSystem,
	ROOT_SUBNET,
};

/// Whether the keys are at least one, named, distinct, and each has a range.
fn is_sound_schema(schema: &[ConfigKey]) -> bool {
	let distinct = |(i, key): (usize, &ConfigKey)| {
		schema.iter().take(i).all(|earlier| earlier.name != key.name)
	};
	!schema.is_empty()
		&& schema.iter().all(|key| !key.name.is_empty() && key.min <= key.max)
		&& schema.iter().enumerate().all(distinct)
}

impl<T: Config> Pallet<T> {
	/// Checks what a project fixes, its verifying key apart.
	fn ensure_sound(spec: &ProjectSpec) -> DispatchResult {
		ensure!(
			(1..=MAX_SEGMENTS).contains(&spec.max_segments) && spec.max_steps > 0,
			Error::<T>::BadProofBounds
		);
		let size = spec.artifact_bytes;
		ensure!(
			size > 0 && size <= MAX_ARTIFACT_BYTES && size.checked_rem(4) == Some(0),
			Error::<T>::BadArtifactSize
		);
		let blank = vec![0u8; usize::try_from(size).unwrap_or(0)];
		ensure!(
			T::ProofSystem::artifact_root(spec.circuit, &blank).is_some(),
			Error::<T>::BadArtifactSize
		);
		ensure!(is_sound_schema(&spec.schema), Error::<T>::BadSchema);
		ensure!(spec.max_changed_keys > 0, Error::<T>::BadChangedKeys);
		Ok(())
	}

	/// Registers a project of the root subnet.
	pub(crate) fn do_register_project(
		spec: ProjectSpec,
		creator: Option<T::AccountId>,
	) -> DispatchResult {
		Self::ensure_sound(&spec)?;
		let project = ProjectCount::<T>::get();
		let next = project.checked_add(1).ok_or(Error::<T>::TooManyProjects)?;
		let superseded = match spec.supersedes {
			Some(old) => {
				let record = Projects::<T>::get(old).ok_or(Error::<T>::UnknownProject)?;
				ensure!(record.superseded_by.is_none(), Error::<T>::ProjectSuperseded);
				Some((old, record))
			},
			None => None,
		};

		ProjectCount::<T>::put(next);
		Projects::<T>::insert(
			project,
			ProjectRecord {
				subnet: ROOT_SUBNET,
				spec,
				creator,
				best: None,
				proven: 0,
				superseded_by: None,
			},
		);
		Self::deposit_event(Event::ProjectRegistered { project, subnet: ROOT_SUBNET });
		if let Some((old, mut record)) = superseded {
			record.superseded_by = Some(project);
			Projects::<T>::insert(old, record);
			Self::deposit_event(Event::ProjectSuperseded { project: old, by: project });
		}
		Ok(())
	}
}
