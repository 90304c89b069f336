//! The pure rules, over all sets and candidates.

use crate::plan::{plan, Bounds, Challenger, Incumbent, Standing};
use proptest::prelude::*;
use woppal_protocol::gate::Seat;

/// The sets' bounds on a network.
const MIN: usize = 4;
const MAX: usize = 64;

fn seat(n: u32) -> Seat<u32> {
	Seat { account: n, validator: Some(n) }
}

/// Incumbents are numbered from 0, challengers from 1,000.
fn incumbents(standings: &[Standing]) -> Vec<Incumbent<u32>> {
	(0..).zip(standings).map(|(n, s)| Incumbent { seat: seat(n), standing: *s }).collect()
}

fn challengers(ranks: &[u128]) -> Vec<Challenger<u32>> {
	(1_000..).zip(ranks).map(|(n, rank)| Challenger { seat: seat(n), rank: *rank }).collect()
}

fn planned(last: usize, standings: &[Standing], ranks: &[u128]) -> Vec<u32> {
	plan(Bounds::after(last, MIN, MAX), incumbents(standings), &challengers(ranks))
		.into_iter()
		.map(|seat| seat.account)
		.collect()
}

#[test]
fn bounds_are_two_thirds_a_quarter_and_a_third() {
	let table = [
		// last, floor, ceiling, leaving, expelled
		(0, 0, 1, 1, 1),
		(1, 1, 2, 1, 1),
		(3, 3, 4, 1, 1),
		(4, 4, 5, 1, 1),
		(5, 4, 6, 1, 1),
		(7, 5, 8, 1, 2),
		(8, 6, 9, 2, 2),
		(12, 8, 13, 3, 4),
		(63, 42, 64, 15, 21),
		(64, 43, 64, 16, 21),
	];
	for (last, floor, ceiling, leaving, expelled) in table {
		let bounds = Bounds { floor, ceiling, leaving, expelled };
		assert_eq!(Bounds::after(last, MIN, MAX), bounds, "{last}");
	}
}

#[test]
fn newcomers_are_a_third_of_the_new_set() {
	let bounds = Bounds::after(8, MIN, MAX);
	assert_eq!(bounds.newcomers(8, 8), 1);
	assert_eq!(bounds.newcomers(8, 6), 3);
	// Up to the floor of 6, for what was lost and not for what is given up.
	assert_eq!(bounds.newcomers(4, 4), 2);
	assert_eq!(bounds.newcomers(4, 2), 2);
	assert_eq!(bounds.newcomers(1, 1), 5);
	assert_eq!(Bounds::after(0, MIN, MAX).newcomers(0, 0), 1);
}

#[test]
fn grace_is_never_displaced_and_ranks_are() {
	use Standing::{Grace, Ranked};
	let last = [Grace, Ranked(5), Grace, Ranked(9), Ranked(7), Ranked(6), Ranked(8), Ranked(9)];
	assert_eq!(planned(8, &last, &[7, 7, 7]), [0, 2, 3, 4, 6, 7, 1_000, 1_001, 1_002]);
	assert_eq!(planned(8, &[Grace; 8], &[9, 9]), [0, 1, 2, 3, 4, 5, 6, 7, 1_000]);
}

#[test]
fn four_seats_add_or_replace_one_but_not_both() {
	assert_eq!(planned(4, &[Standing::Ranked(1); 4], &[9, 9]), [0, 1, 2, 3, 1_000]);
	let one_fails = [Standing::Failing, Standing::Grace, Standing::Grace, Standing::Grace];
	assert_eq!(planned(4, &one_fails, &[9, 9]), [1, 2, 3, 1_000]);
}

fn standing() -> impl Strategy<Value = Standing> {
	prop_oneof![
		1 => Just(Standing::Expelled),
		3 => Just(Standing::Failing),
		5 => (1..20u128).prop_map(Standing::Ranked),
		1 => Just(Standing::Grace),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

	#[test]
	fn all_rules_hold_for_every_step(
		standings in proptest::collection::vec(standing(), 0..=MAX),
		keyless in 0..8usize,
		mut ranks in proptest::collection::vec(1..20u128, 0..100),
	) {
		// Seats without keys were in the last set but cannot stay.
		let last = (standings.len() + keyless).min(MAX);
		ranks.sort_unstable_by(|a, b| b.cmp(a));
		let bounds = Bounds::after(last, MIN, MAX);
		let set = planned(last, &standings, &ranks);
		let of = |n: &u32| standings.get(*n as usize).copied();
		let stayed: Vec<u32> = set.iter().copied().filter(|n| *n < 1_000).collect();
		let joined = set.len() - stayed.len();
		let gone: Vec<u32> =
			(0..standings.len() as u32).filter(|n| !stayed.contains(n)).collect();
		let count = |numbers: &[u32], what: fn(Standing) -> bool| {
			numbers.iter().filter_map(of).filter(|s| what(*s)).count()
		};
		let expelled: fn(Standing) -> bool = |s| s == Standing::Expelled;

		// The size: never empty, never more than one seat more.
		prop_assert!(set.len() <= MAX.min(last + 1));
		prop_assert!(!set.is_empty() || (standings.is_empty() && ranks.is_empty()));
		// The order: who stays as before, then the best challengers in their order.
		prop_assert!(stayed.is_sorted() && set[..stayed.len()] == stayed);
		prop_assert!(set[stayed.len()..].iter().copied().eq(1_000..1_000 + joined as u32));
		// At most a quarter leaves by ordinary rotation, and never one in its grace period.
		let out = count(&gone, expelled);
		let all_expelled = (0..standings.len() as u32).collect::<Vec<_>>();
		let all_expelled = count(&all_expelled, expelled);
		let at_once = all_expelled.min(bounds.expelled);
		let ordinary = gone.len() - out.min(at_once);
		prop_assert!(ordinary <= bounds.leaving);
		prop_assert_eq!(count(&gone, |s| s == Standing::Grace), 0);
		// Expelled ones go first; only the last author stays.
		prop_assert!(out >= at_once || set.len() == 1);
		if count(&gone, |s| s > Standing::Expelled) > 0 {
			prop_assert_eq!(count(&stayed, expelled), 0);
		}
		// Newcomers are a third, or make up for what was lost.
		let lost = last - (standings.len() - at_once);
		let missing = bounds.floor.saturating_sub(last - lost);
		prop_assert!(joined <= 1 || joined * 3 <= set.len() || joined <= missing);
		// Nobody leaves by choice below the floor.
		prop_assert!(set.len() + lost >= bounds.floor);
		// One that ranks leaves only for one that ranks higher, one that fails before one that ranks.
		let worst_joined = joined.checked_sub(1).map_or(0, |at| ranks[at]);
		for standing in gone.iter().filter_map(of) {
			if let Standing::Ranked(rank) = standing {
				prop_assert!(rank < worst_joined);
				prop_assert_eq!(count(&stayed, |s| s <= Standing::Failing), 0);
			}
		}
	}

	#[test]
	fn a_set_comes_to_rest_with_the_best(
		first in proptest::collection::vec(1..50u128, 4..=MAX),
		mut ranks in proptest::collection::vec(1..50u128, 0..100),
	) {
		// Everyone passes: what the steps lead to is the best of all.
		let mut set = first.clone();
		for _ in 0..200 {
			ranks.sort_unstable_by(|a, b| b.cmp(a));
			let standings: Vec<_> = set.iter().map(|rank| Standing::Ranked(*rank)).collect();
			let next = planned(set.len(), &standings, &ranks);
			let rank_of = |n: &u32| match n.checked_sub(1_000) {
				Some(at) => ranks[at as usize],
				None => set[*n as usize],
			};
			let new: Vec<u128> = next.iter().map(rank_of).collect();
			let mut rest = [set.clone(), ranks.clone()].concat();
			for rank in &new {
				let at = rest.iter().position(|r| r == rank).unwrap();
				rest.swap_remove(at);
			}
			(set, ranks) = (new, rest);
		}
		let mut all = [set.clone(), ranks].concat();
		all.sort_unstable_by(|a, b| b.cmp(a));
		all.truncate(MAX);
		set.sort_unstable_by(|a, b| b.cmp(a));
		prop_assert_eq!(set, all);
	}
}
