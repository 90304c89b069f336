//! Registering projects, and what is shown of them.

use super::*;
use crate::{ProjectCount, Projects};
use woppal_protocol::{
	research::{ConfigKey, Direction, ProjectSpec, MAX_SEGMENTS},
	ROOT_SUBNET,
};

fn register(spec: ProjectSpec) -> DispatchResult {
	Research::register_project(RuntimeOrigin::root(), spec, None)
}

#[test]
fn genesis_registers_the_root_project() {
	run(|| {
		let project = Research::project(0).unwrap();
		assert_eq!((project.subnet, project.spec), (ROOT_SUBNET, spec()));
		assert_eq!(project.creator, Some(account(9)));
		assert_eq!((project.best, project.proven, project.superseded_by), (None, 0, None));
		assert_eq!(Research::projects(), 1);
		assert_eq!(Research::project(1), None);
	});
}

#[test]
fn governance_registers_and_supersedes_without_a_deposit() {
	run(|| {
		let next = ProjectSpec { supersedes: Some(0), ..spec() };
		assert_ok!(Research::register_project(RuntimeOrigin::root(), next, Some(account(5))));
		assert_event(Event::ProjectRegistered { project: 1, subnet: ROOT_SUBNET });
		assert_event(Event::ProjectSuperseded { project: 0, by: 1 });
		assert_eq!(Research::project(0).unwrap().superseded_by, Some(1));
		assert_eq!(Research::project(1).unwrap().creator, Some(account(5)));
	});
}

#[test]
fn only_governance_registers() {
	run(|| {
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::signed(hot(0))] {
			assert_noop!(Research::register_project(origin, spec(), None), BadOrigin);
		}
	});
}

#[test]
fn a_superseded_project_takes_no_new_starts_but_ends_its_experiments() {
	run(|| {
		assert_ok!(start(0, [1, 0, 0, 0]));
		assert_ok!(register(ProjectSpec { supersedes: Some(0), ..spec() }));
		assert_noop!(start(0, [2, 0, 0, 0]), E::ProjectSuperseded);
		let id = try_commit(0, [1, 0, 0, 0], 1).unwrap().unwrap();
		fix_seed(id);
		conclude(id, -100);
		assert_eq!(Research::project(0).unwrap().best, Some((id, -100)));
	});
}

#[test]
fn one_project_is_superseded_once_and_must_exist() {
	run(|| {
		assert_noop!(register(ProjectSpec { supersedes: Some(7), ..spec() }), E::UnknownProject);
		assert_ok!(register(ProjectSpec { supersedes: Some(0), ..spec() }));
		assert_noop!(register(ProjectSpec { supersedes: Some(0), ..spec() }), E::ProjectSuperseded);
	});
}

#[test]
fn unsound_projects_are_refused() {
	run(|| {
		assert_noop!(register(ProjectSpec { key: 1, ..spec() }), E::KeyNotUsable);
		for (max_segments, max_steps) in [(0, 1), (MAX_SEGMENTS + 1, 1), (1, 0)] {
			let bad = ProjectSpec { max_segments, max_steps, ..spec() };
			assert_noop!(register(bad), E::BadProofBounds);
		}
		// The mock's circuit takes 64 bytes.
		for artifact_bytes in [0, 6, 68, 8 * 1024 + 4] {
			let bad = ProjectSpec { artifact_bytes, ..spec() };
			assert_noop!(register(bad), E::BadArtifactSize);
		}
		let key = |n: &str, min, max| ConfigKey { name: name(n), min, max };
		for schema in [
			vec![],
			vec![key("", 0, 1)],
			vec![key("a", 1, 0)],
			vec![key("a", 0, 1), key("b", 0, 1), key("a", 0, 1)],
		] {
			let bad = ProjectSpec { schema: schema.try_into().unwrap(), ..spec() };
			assert_noop!(register(bad), E::BadSchema);
		}
		assert_noop!(register(ProjectSpec { max_changed_keys: 0, ..spec() }), E::BadChangedKeys);
		ProjectCount::<Test>::put(u32::MAX);
		assert_noop!(register(spec()), E::TooManyProjects);
		ProjectCount::<Test>::put(1);
	});
}

#[test]
#[should_panic(expected = "not the SCALE encoding")]
fn genesis_refuses_bytes_that_are_no_project() {
	let _ = crate::GenesisConfig::<Test> { projects: vec![(vec![1, 2], None)] }
		.build_storage()
		.unwrap();
}

#[test]
#[should_panic(expected = "BadSchema")]
fn genesis_refuses_an_unsound_project() {
	let bad = ProjectSpec { schema: Default::default(), ..spec() };
	let _ = crate::GenesisConfig::<Test> { projects: vec![(bad.encode(), None)] }
		.build_storage()
		.unwrap();
}

#[test]
fn the_leaderboard_is_paged_by_validator_and_sorted_by_metric() {
	run(|| {
		// Validator 60 is on the second page.
		Validators::mutate(|v| v.insert(60, (account(60), hot(60), None)));
		assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(hot(3)), hot(60), 10_000));
		let a = prove(1, [1, 0, 0, 0], 1, 5);
		let b = prove(0, [1, 0, 0, 0], 2, 7);
		let c = prove(1, [2, 0, 0, 0], 3, 4);
		let d = prove(60, [3, 0, 0, 0], 4, -50);
		let rows = |page| -> Vec<_> {
			Research::leaderboard(PROJECT, page)
				.into_iter()
				.map(|r| (r.validator, r.best_metric, r.experiment, r.proven))
				.collect()
		};
		// The better of two within the noise is shown although it is no new best.
		assert_eq!(rows(0), vec![(1, 4, c, 2), (0, 7, b, 1)]);
		assert_eq!(rows(1), vec![(60, -50, d, 1)]);
		assert_eq!(rows(2), vec![]);
		assert_eq!(rows(u32::MAX), vec![]);
		assert_eq!(Research::leaderboard(7, 0), vec![]);
		assert_eq!(status(a), ExperimentStatus::Proven { metric: 5 });

		// Where higher is better the order is the other way round.
		Projects::<Test>::mutate(PROJECT, |p| {
			p.as_mut().unwrap().spec.direction = Direction::HigherIsBetter
		});
		assert_eq!(rows(0).first().map(|r| r.0), Some(0));
		Projects::<Test>::mutate(PROJECT, |p| {
			p.as_mut().unwrap().spec.direction = Direction::LowerIsBetter
		});
	});
}
