//! Boosts of the owner and participation.

use super::*;
use crate::Standings;
use woppal_protocol::{
	research::BoostCause::{self, NetworkBest, OwnBest, Proven},
	traits::WorkLedger,
};

/// The boosts of a validator so far: cause and thousandths.
fn boosts(validator: ValidatorId) -> Vec<(BoostCause, u32)> {
	Boosts::get().into_iter().filter(|b| b.1 == validator).map(|b| (b.2, b.3)).collect()
}

/// Clears the list of boosts.
fn forget() {
	Boosts::set(Vec::new());
}

/// Commits several experiments of one validator at once and fixes their seeds.
fn committed<const N: usize>(validator: ValidatorId, first: i32) -> [ExperimentId; N] {
	let mut n = first;
	let ids = [(); N].map(|()| {
		n += 1;
		commit(validator, [n, 0, 0, 0], u8::try_from(n).unwrap())
	});
	fix_seed(ids[N - 1]);
	ids
}

#[test]
fn the_first_experiment_that_beats_the_baseline_gets_all_three() {
	run(|| {
		let id = prove(0, [1; 4], 1, -11);
		assert_eq!(boosts(0), vec![(Proven, 100), (OwnBest, 200), (NetworkBest, 1_000)]);
		for (cause, milli) in boosts(0) {
			assert_event(Event::Boosted { validator: 0, experiment: id, cause, milli });
		}
		assert_event(Event::NewOwnBest {
			project: PROJECT,
			validator: 0,
			experiment: id,
			metric: -11,
		});
		assert_event(Event::NewBest {
			project: PROJECT,
			validator: 0,
			experiment: id,
			metric: -11,
		});
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((id, -11)));
	});
}

#[test]
fn within_the_margin_of_the_baseline_is_no_best() {
	run(|| {
		prove(0, [1; 4], 1, -10);
		assert_eq!(boosts(0), vec![(Proven, 100)]);
		assert_eq!(Research::project(PROJECT).unwrap().best, None);
		assert_eq!(Standings::<Test>::get(PROJECT, 0).best, None);
	});
}

#[test]
fn worse_than_the_baseline_is_proven_but_no_participation() {
	run(|| {
		prove(0, [1; 4], 1, 1);
		assert!(boosts(0).is_empty());
		assert_eq!(MockLedger::last_participation(0), None);
		assert_eq!(Research::project(PROJECT).unwrap().proven, 1);
		prove(0, [2; 4], 2, 0);
		assert_eq!(boosts(0), vec![(Proven, 100)]);
		assert_eq!(MockLedger::last_participation(0), Some(now() / EPOCH));
	});
}

#[test]
fn the_boost_for_proving_is_capped_at_half_per_epoch() {
	run(|| {
		let ids = committed::<6>(0, 0);
		assert!(now() < EPOCH);
		for id in ids {
			conclude(id, 0);
		}
		assert_eq!(boosts(0), vec![(Proven, 100); 5]);
		// Another owner has its own cap.
		prove(1, [1; 4], 101, 0);
		assert_eq!(boosts(1), vec![(Proven, 100)]);
		// A new epoch resets it.
		run_to(EPOCH);
		forget();
		prove(0, [100; 4], 100, 0);
		assert_eq!(boosts(0), vec![(Proven, 100)]);
	});
}

#[test]
fn the_owners_best_pays_once_per_epoch() {
	run(|| {
		// Somebody else holds the network's best.
		prove(1, [1; 4], 101, -1_000);
		run_to(EPOCH);
		let ids = committed::<3>(0, 0);
		conclude(ids[0], -100);
		conclude(ids[1], -200);
		assert_eq!(boosts(0), vec![(Proven, 100), (OwnBest, 200), (Proven, 100)]);
		// The best moved all the same.
		assert_eq!(Standings::<Test>::get(PROJECT, 0).best, Some((ids[1], -200)));
		run_to(2 * EPOCH);
		forget();
		conclude(ids[2], -211);
		assert_eq!(boosts(0), vec![(Proven, 100), (OwnBest, 200)]);
	});
}

#[test]
fn the_owners_best_must_be_beaten_by_more_than_the_margin() {
	run(|| {
		prove(1, [1; 4], 101, -1_000);
		prove(0, [1; 4], 1, -100);
		run_to(EPOCH);
		forget();
		let ids = committed::<2>(0, 10);
		conclude(ids[0], -110);
		assert_eq!(boosts(0), vec![(Proven, 100)]);
		assert_eq!(Standings::<Test>::get(PROJECT, 0).best.unwrap().1, -100);
		assert_eq!(Standings::<Test>::get(PROJECT, 0).record, Some((ids[0], -110)));
		// Measured against the last best, not against the step within the noise.
		conclude(ids[1], -111);
		assert_eq!(boosts(0), vec![(Proven, 100), (Proven, 100), (OwnBest, 200)]);
	});
}

#[test]
fn the_networks_best_pays_once_per_owner_and_epoch() {
	run(|| {
		let mine = committed::<2>(0, 0);
		let yours = committed::<1>(1, 50);
		assert!(now() < EPOCH);
		conclude(mine[0], -100);
		conclude(yours[0], -200);
		conclude(mine[1], -300);
		assert_eq!(
			boosts(0),
			vec![(Proven, 100), (OwnBest, 200), (NetworkBest, 1_000), (Proven, 100)]
		);
		assert_eq!(boosts(1), vec![(Proven, 100), (OwnBest, 200), (NetworkBest, 1_000)]);
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((mine[1], -300)));
		run_to(EPOCH);
		forget();
		prove(0, [77; 4], 77, -400);
		assert_eq!(boosts(0), vec![(Proven, 100), (OwnBest, 200), (NetworkBest, 1_000)]);
	});
}

#[test]
fn the_networks_best_must_be_beaten_by_more_than_the_margin() {
	run(|| {
		let best = prove(0, [1; 4], 1, -100);
		prove(1, [2; 4], 2, -110);
		assert_eq!(boosts(1), vec![(Proven, 100), (OwnBest, 200)]);
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((best, -100)));
		let next = prove(2, [3; 4], 3, -111);
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((next, -111)));
	});
}

#[test]
fn once_per_epoch_is_per_project() {
	run(|| {
		assert_ok!(Research::register_project(RuntimeOrigin::root(), spec(), None));
		let a = commit(0, [1; 4], 1);
		let (salt, values) = (H256::zero(), config([1; 4]));
		let b = blind(&MockNetwork::genesis_hash(), 0, 1, &values, &salt);
		assert_ok!(Research::start(&hot(0), 1, b));
		let edges = Edges::default();
		let b = Research::commit(&hot(0), 1, values, salt, artifact(1), edges).unwrap().unwrap();
		fix_seed(b);
		conclude(a, -100);
		conclude(b, -100);
		let all = [(Proven, 100), (OwnBest, 200), (NetworkBest, 1_000)];
		assert_eq!(boosts(0), [all, all].concat());
	});
}

#[test]
fn where_higher_is_better_the_signs_turn() {
	run(|| {
		let spec = woppal_protocol::research::ProjectSpec {
			direction: woppal_protocol::research::Direction::HigherIsBetter,
			..spec()
		};
		assert_ok!(Research::register_project(RuntimeOrigin::root(), spec, None));
		let (salt, values) = (H256::zero(), config([1; 4]));
		let b = blind(&MockNetwork::genesis_hash(), 0, 1, &values, &salt);
		assert_ok!(Research::start(&hot(0), 1, b));
		let edges = Edges::default();
		let id = Research::commit(&hot(0), 1, values, salt, artifact(1), edges).unwrap().unwrap();
		fix_seed(id);
		conclude(id, 11);
		assert_eq!(boosts(0), vec![(Proven, 100), (OwnBest, 200), (NetworkBest, 1_000)]);
	});
}
