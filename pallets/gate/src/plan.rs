//! The rules by which one set of authorities follows another, free of storage.

use alloc::vec::Vec;
use core::cmp::Reverse;
use woppal_protocol::gate::{Rank, Seat};

/// Where a seat of the last set stands, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
	/// It equivocated.
	Expelled,
	/// It does not pass the rules any more.
	Failing,
	/// It is a candidate with this rank.
	Ranked(Rank),
	/// It is of genesis and has its grace period: it passes and keeps its seat.
	Grace,
}

/// A seat of the last set whose account has session keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incumbent<AccountId> {
	/// The seat as it would be in the next set.
	pub seat: Seat<AccountId>,
	/// Where it stands.
	pub standing: Standing,
}

/// A candidate that passes and has no seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenger<AccountId> {
	/// The seat it would get.
	pub seat: Seat<AccountId>,
	/// Its rank.
	pub rank: Rank,
}

/// The bounds of one step from set to set, in seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
	/// Fewer are not left by choice.
	pub floor: usize,
	/// More are not allowed.
	pub ceiling: usize,
	/// Of the last set, how many may leave in ordinary rotation.
	pub leaving: usize,
	/// Of the last set, how many may be expelled at once.
	pub expelled: usize,
}

impl Bounds {
	/// The bounds after a set of `last` seats, on a network whose sets have `min..=max`.
	pub(crate) fn after(last: usize, min: usize, max: usize) -> Self {
		let third = last / 3;
		// What is left of three thirds without one, rounded down, is two thirds, rounded up.
		let two_thirds = last.saturating_sub(third);
		Self {
			floor: two_thirds.max(min).min(last),
			ceiling: last.saturating_add(1).min(max),
			leaving: (last / 4).max(1),
			expelled: third.max(1),
		}
	}

	/// How many newcomers may join `staying` seats of `seats` that could stay: a third of the new set, at
	/// least one. If `seats` are too few, because others lost their keys or were expelled, as many as are
	/// missing; what is given up by choice does not count as missing, or dropping keys would let an owner
	/// replace others with its own candidates. The ceiling holds besides.
	pub(crate) fn newcomers(&self, seats: usize, staying: usize) -> usize {
		let missing = self.floor.saturating_sub(seats);
		(staying / 2).max(missing).max(1).min(self.ceiling.saturating_sub(staying))
	}
}

/// The next set: who stays, in the order of the last set, then the newcomers by rank.
///
/// `incumbents`: the last set without seats that have no session keys. `challengers`: highest rank
/// first. Accounts and validators must be unique over both.
///
/// The set is empty only if both are.
pub(crate) fn plan<AccountId: Clone>(
	bounds: Bounds,
	mut incumbents: Vec<Incumbent<AccountId>>,
	challengers: &[Challenger<AccountId>],
) -> Vec<Seat<AccountId>> {
	let last_resort = expel(&mut incumbents, bounds.expelled);
	let worst_first = worst_first(&incumbents);
	let (leaving, joining) = turnover(bounds, &worst_first, challengers);

	let mut leaves = alloc::vec![false; incumbents.len()];
	for (_, position) in worst_first.iter().take(leaving) {
		if let Some(mark) = leaves.get_mut(*position) {
			*mark = true;
		}
	}
	let mut set: Vec<_> = incumbents
		.into_iter()
		.zip(leaves)
		.filter(|(_, leaves)| !leaves)
		.map(|(incumbent, _)| incumbent.seat)
		.collect();
	set.extend(challengers.iter().take(joining).map(|challenger| challenger.seat.clone()));
	// A chain without authors could never choose others: better one that equivocated than none.
	if set.is_empty() {
		set.extend(last_resort);
	}
	set
}

/// Removes the first `quota` expelled seats. Returns the first of them.
fn expel<AccountId: Clone>(
	incumbents: &mut Vec<Incumbent<AccountId>>,
	quota: usize,
) -> Option<Seat<AccountId>> {
	let (mut left, mut first) = (quota, None);
	incumbents.retain(|incumbent| {
		let out = incumbent.standing == Standing::Expelled && left > 0;
		if out {
			left = left.saturating_sub(1);
			first.get_or_insert_with(|| incumbent.seat.clone());
		}
		!out
	});
	first
}

/// Standings with their positions in the order in which seats are lost; of equals, the later one is
/// lost first.
fn worst_first<AccountId>(incumbents: &[Incumbent<AccountId>]) -> Vec<(Standing, usize)> {
	let mut order: Vec<_> =
		incumbents.iter().enumerate().map(|(at, incumbent)| (incumbent.standing, at)).collect();
	order.sort_unstable_by_key(|(standing, at)| (*standing, Reverse(*at)));
	order
}

/// How many of the worst seats leave, and how many of the best challengers join.
fn turnover<AccountId>(
	bounds: Bounds,
	worst_first: &[(Standing, usize)],
	challengers: &[Challenger<AccountId>],
) -> (usize, usize) {
	let seats = worst_first.len();
	let joining = |staying: usize| challengers.len().min(bounds.newcomers(seats, staying));
	let failing = worst_first.iter().filter(|(s, _)| *s <= Standing::Failing).count();

	// Who fails leaves, while enough stay or join.
	let mut leaving = 0_usize;
	while leaving < failing.min(bounds.leaving) {
		let staying = seats.saturating_sub(leaving).saturating_sub(1);
		if staying.saturating_add(joining(staying)) < bounds.floor {
			break;
		}
		leaving = leaving.saturating_add(1);
	}

	// Then better challengers take the worst seats that are left, one for one.
	let mut joined = joining(seats.saturating_sub(leaving));
	while leaving < bounds.leaving {
		let (Some((standing, _)), Some(challenger)) =
			(worst_first.get(leaving), challengers.get(joined))
		else {
			break;
		};
		let better = match standing {
			Standing::Ranked(rank) => *rank < challenger.rank,
			Standing::Grace => false,
			Standing::Expelled | Standing::Failing => true,
		};
		let staying = seats.saturating_sub(leaving).saturating_sub(1);
		if !better || joined >= bounds.newcomers(seats, staying) {
			break;
		}
		leaving = leaving.saturating_add(1);
		joined = joined.saturating_add(1);
	}
	(leaving, joined)
}
