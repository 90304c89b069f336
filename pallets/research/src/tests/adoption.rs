//! Verified adoption: its four conditions and its credit.

use super::*;
use crate::{Adoptions, EpochCount, NotAdoptedReason, Standings};
use woppal_protocol::research::BoostCause::{self, Adopted, AdoptedToBest};

/// The boosts for adoptions that a validator got so far.
fn credits(validator: ValidatorId) -> Vec<(BoostCause, u32)> {
	Boosts::get()
		.into_iter()
		.filter(|b| b.1 == validator && matches!(b.2, Adopted | AdoptedToBest))
		.map(|b| (b.2, b.3))
		.collect()
}

/// The author's experiment, the project's best: config [1, 1, 1, 1], metric -100.
fn author(validator: ValidatorId) -> ExperimentId {
	prove(validator, [1; 4], 1, -100)
}

/// Asserts that `by` did not adopt `of` for a reason.
#[track_caller]
fn assert_not_adopted(by: ExperimentId, of: ExperimentId, reason: NotAdoptedReason) {
	assert_event(Event::NotAdopted { by, of, reason });
	assert_eq!(Research::experiment(&by).unwrap().adopted, None);
	assert!(Boosts::get().iter().all(|b| !matches!(b.2, Adopted | AdoptedToBest)));
	assert!(Research::leaderboard(PROJECT, 0).iter().all(|row| row.adoptions == 0));
}

#[test]
fn an_adoption_that_becomes_the_best_credits_the_author_fully() {
	run(|| {
		let of = author(0);
		let by = prove(1, [1, 1, 2, 2], 2, -111);
		assert_event(Event::Adopted { by, of, author: 0, boost_milli: 1_000 });
		assert_eq!(credits(0), vec![(AdoptedToBest, 1_000)]);
		assert!(credits(1).is_empty());
		assert_eq!(Research::experiment(&by).unwrap().adopted, Some(of));
		assert_eq!(Standings::<Test>::get(PROJECT, 0).adoptions, 1);
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((by, -111)));
	});
}

#[test]
fn an_adoption_that_is_not_the_best_any_more_credits_half() {
	run(|| {
		let of = author(0);
		// Both started from the same best; the other one lands first and is better.
		assert_ok!(start(1, [1, 1, 1, 2]));
		assert_ok!(start(2, [1, 1, 1, 3]));
		let second = try_commit(2, [1, 1, 1, 3], 3).unwrap().unwrap();
		let first = try_commit(1, [1, 1, 1, 2], 2).unwrap().unwrap();
		fix_seed(first);
		conclude(second, -300);
		conclude(first, -200);
		assert_event(Event::Adopted { by: second, of, author: 0, boost_milli: 1_000 });
		assert_event(Event::Adopted { by: first, of, author: 0, boost_milli: 500 });
		assert_eq!(credits(0), vec![(AdoptedToBest, 1_000), (Adopted, 500)]);
	});
}

#[test]
fn a_credit_needs_no_declared_edge_and_an_edge_gives_none() {
	run(|| {
		use woppal_protocol::research::{Edge, EdgeKind};
		let of = author(0);
		let other = prove(2, [500; 4], 2, 0);
		assert_ok!(start(1, [1, 1, 1, 2]));
		let edges = Edges::try_from(vec![Edge { kind: EdgeKind::Extends, to: other }]).unwrap();
		let by = Research::commit(
			&hot(1),
			PROJECT,
			config([1, 1, 1, 2]),
			H256::zero(),
			artifact(3),
			edges,
		)
		.unwrap()
		.unwrap();
		fix_seed(by);
		conclude(by, -200);
		assert_event(Event::Adopted { by, of, author: 0, boost_milli: 1_000 });
		assert!(credits(2).is_empty());
	});
}

#[test]
fn too_many_changed_keys_are_no_adoption() {
	run(|| {
		let of = author(0);
		let by = prove(1, [1, 2, 2, 2], 2, -500);
		assert_not_adopted(by, of, NotAdoptedReason::TooManyChangedKeys);
	});
}

#[test]
fn the_same_config_is_an_adoption() {
	run(|| {
		// The same hyperparameters, trained better.
		let of = author(0);
		let by = prove(1, [1; 4], 2, -200);
		assert_event(Event::Adopted { by, of, author: 0, boost_milli: 1_000 });
	});
}

#[test]
fn an_improvement_within_the_noise_is_no_adoption() {
	run(|| {
		let of = author(0);
		let by = prove(1, [1, 1, 1, 2], 2, -110);
		assert_not_adopted(by, of, NotAdoptedReason::WithinNoise);
		let by = prove(2, [1, 1, 1, 3], 3, -50);
		assert_not_adopted(by, of, NotAdoptedReason::WithinNoise);
	});
}

#[test]
fn nobody_adopts_itself() {
	run(|| {
		let of = author(0);
		let by = prove(0, [1, 1, 1, 2], 2, -200);
		assert_not_adopted(by, of, NotAdoptedReason::SameOwner);
	});
}

#[test]
fn owners_that_share_an_account_are_one() {
	type Share = fn(&mut Keys, &mut Keys);
	let cases: [Share; 6] = [
		|a, b| b.0 = a.0.clone(),
		|a, b| b.2 = Some(a.0.clone()),
		|a, b| b.2 = Some(a.1.clone()),
		|a, b| a.2 = Some(b.0.clone()),
		|a, b| a.2 = Some(b.1.clone()),
		|a, b| {
			a.2 = Some(account(50));
			b.2 = Some(account(50));
		},
	];
	for share in cases {
		run(|| {
			let of = author(0);
			Validators::mutate(|v| {
				let (mut a, mut b) = (v[&0].clone(), v[&1].clone());
				share(&mut a, &mut b);
				v.insert(0, a);
				v.insert(1, b);
			});
			let by = prove(1, [1, 1, 1, 2], 2, -200);
			assert_not_adopted(by, of, NotAdoptedReason::SameOwner);
		});
	}
}

#[test]
fn separate_delegates_keep_owners_independent() {
	run(|| {
		let of = author(0);
		Validators::mutate(|v| {
			v.get_mut(&0).unwrap().2 = Some(account(50));
			v.get_mut(&1).unwrap().2 = Some(account(51));
		});
		let by = prove(1, [1, 1, 1, 2], 2, -200);
		assert_event(Event::Adopted { by, of, author: 0, boost_milli: 1_000 });
	});
}

#[test]
fn an_author_that_left_gets_nothing() {
	run(|| {
		let of = author(0);
		Validators::mutate(|v| v.remove(&0));
		let by = prove(1, [1, 1, 1, 2], 2, -200);
		assert_not_adopted(by, of, NotAdoptedReason::AuthorGone);
	});
}

#[test]
fn what_is_younger_than_the_start_is_not_adopted() {
	run(|| {
		// Nothing was proven at the start.
		assert_ok!(start(1, [1, 1, 1, 2]));
		author(0);
		let by = try_commit(1, [1, 1, 1, 2], 2).unwrap().unwrap();
		fix_seed(by);
		conclude(by, -200);
		let info = Research::experiment(&by).unwrap();
		assert_eq!((info.best_at_start, info.adopted), (None, None));
		assert!(credits(0).is_empty());
	});
}

#[test]
fn the_best_of_the_start_is_credited_and_not_a_younger_one() {
	run(|| {
		let of = author(0);
		assert_ok!(start(1, [1, 1, 1, 2]));
		// A younger one, even closer by config.
		prove(2, [1, 1, 2, 2], 3, -150);
		Boosts::set(Vec::new());
		let by = try_commit(1, [1, 1, 1, 2], 2).unwrap().unwrap();
		fix_seed(by);
		conclude(by, -200);
		assert_event(Event::Adopted { by, of, author: 0, boost_milli: 1_000 });
		assert_eq!(credits(0), vec![(AdoptedToBest, 1_000)]);
		assert!(credits(2).is_empty());
	});
}

#[test]
fn only_the_projects_best_is_credited() {
	run(|| {
		let worse = prove(2, [1, 1, 1, 1], 1, -50);
		let best = prove(0, [900; 4], 2, -100);
		// A mutation of the worse one, far from the best.
		let by = prove(1, [1, 1, 1, 2], 3, -200);
		assert_not_adopted(by, best, NotAdoptedReason::TooManyChangedKeys);
		assert_eq!(Standings::<Test>::get(PROJECT, 2).adoptions, 0);
		assert_eq!(status(worse), ExperimentStatus::Proven { metric: -50 });
	});
}

#[test]
fn credit_between_one_pair_halves_within_an_epoch() {
	run(|| {
		author(0);
		let ids: Vec<_> =
			(2..7).map(|n| commit(1, [1, 1, 1, n], u8::try_from(n).unwrap())).collect();
		fix_seed(ids[4]);
		// Within one epoch, each better than the last by more than the margin.
		run_to(EPOCH);
		Boosts::set(Vec::new());
		for (id, metric) in ids.iter().zip([-200, -300, -400, -350]) {
			conclude(*id, metric);
		}
		assert_eq!(
			credits(0),
			vec![
				(AdoptedToBest, 1_000),
				(AdoptedToBest, 500),
				(AdoptedToBest, 250),
				(Adopted, 500 >> 3),
			]
		);
		assert_eq!(Standings::<Test>::get(PROJECT, 0).adoptions, 4);
	});
}

#[test]
fn other_pairs_directions_and_epochs_are_not_halved() {
	run(|| {
		author(0);
		let a = commit(1, [1, 1, 1, 2], 2);
		let b = commit(2, [1, 1, 1, 3], 3);
		fix_seed(b);
		conclude(a, -200);
		conclude(b, -300);
		// Two adopters of one author.
		assert_eq!(credits(0), vec![(AdoptedToBest, 1_000), (AdoptedToBest, 1_000)]);
		// The other direction: 0 adopts from 1's neighbour 2, and 2 had adopted from 0.
		prove(0, [1, 1, 2, 3], 4, -400);
		assert_eq!(credits(2), vec![(AdoptedToBest, 1_000)]);
		// The same pair in a later epoch.
		run_to(3 * EPOCH);
		Boosts::set(Vec::new());
		prove(2, [1, 1, 2, 4], 5, -500);
		assert_eq!(credits(0), vec![(AdoptedToBest, 1_000)]);
	});
}

#[test]
fn a_pair_that_adopts_more_than_ten_times_gets_next_to_nothing() {
	run(|| {
		author(0);
		Adoptions::<Test>::insert(1, 0, EpochCount { epoch: 0, count: 10 });
		assert_eq!(Research::current_epoch(), 0);
		let by = prove(1, [1, 1, 1, 2], 2, -200);
		assert_eq!(Research::current_epoch(), 0);
		assert_event(Event::Adopted {
			by,
			of: Research::experiment(&by).unwrap().best_at_start.unwrap(),
			author: 0,
			boost_milli: 0,
		});
		assert!(credits(0).is_empty());
	});
}
