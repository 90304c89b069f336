//! What it costs to get a third of the seats: the figures of the crate's documentation.

use crate::{mock::*, *};
use woppal_protocol::WOPPAL;

/// The first of the attackers' numbers.
const FIRST: ValidatorId = 501;

/// Sessions until `attackers`, who all join at once with one bond each, have a third of the seats of a
/// network of `honest` validators, and how many seats they have then; `None` if they never have.
fn sessions_until_a_third(
	(honest, honest_bond): (u32, u128),
	(attackers, attackers_bond): (u32, u128),
) -> Option<(u32, usize)> {
	let mut result = None;
	network_of(honest, honest_bond, || {
		(FIRST..FIRST + attackers).for_each(|validator| join(validator, attackers_bond));
		for session in 1..=70 {
			sessions(1);
			let set = seated();
			let theirs = set.iter().filter(|validator| **validator >= FIRST).count();
			if theirs * 3 >= set.len() {
				result = Some((session, theirs));
				break;
			}
		}
	});
	result
}

#[test]
fn a_young_network_is_captured_seat_by_seat() {
	// Whatever the honest bond, 8 honest seats: 4 of 12 seats, 4,000 W.
	let captured = sessions_until_a_third((8, 100 * GATE_BOND), (60, GATE_BOND));
	assert_eq!(captured, Some((4, 4)));
	assert_eq!(4 * GATE_BOND, 4_000 * WOPPAL);
	// Fewer attackers than that never get there.
	assert_eq!(sessions_until_a_third((8, 100 * GATE_BOND), (3, GATE_BOND)), None);
}

#[test]
fn forty_two_honest_seats_are_captured_with_twenty_one() {
	let captured = sessions_until_a_third((42, 2 * GATE_BOND), (70, GATE_BOND));
	assert_eq!(captured, Some((21, 21)));
	assert_eq!(sessions_until_a_third((43, 2 * GATE_BOND), (70, GATE_BOND)), None);
}

#[test]
fn a_full_set_that_ranks_as_high_is_never_captured() {
	assert_eq!(sessions_until_a_third((64, GATE_BOND), (100, GATE_BOND)), None);
}

#[test]
fn a_full_set_is_captured_by_who_outranks_it() {
	// A quarter of 64 seats a session: 16, then 22 of 64.
	let bond = GATE_BOND + 1;
	assert_eq!(sessions_until_a_third((64, GATE_BOND), (22, bond)), Some((2, 22)));
	assert_eq!(sessions_until_a_third((64, GATE_BOND), (21, bond)), None);
}
