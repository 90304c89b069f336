//! The emission schedule and the weight of a validator (PROTOCOL §4).

use crate::{time::Timing, Balance, BlockNumber, EpochIndex, WOPPAL};

/// Woppals a day in halving period 0.
pub const FIRST_DAILY_WOPPALS: Balance = 100_000;
/// Woppals a day from [`FLOOR_PERIOD`] on.
pub const FLOOR_DAILY_WOPPALS: Balance = 6_250;
/// The first halving period at the floor.
pub const FLOOR_PERIOD: u32 = 4;
/// A halving period stands for 30 days, whatever its length in blocks.
pub const DAYS_PER_PERIOD: Balance = 30;
/// Parts per hundred of an epoch's budget that go to subnets; the rest goes to block authors.
pub const SUBNET_PERCENT: Balance = 90;

/// Plancks that halving period `period` mints in all.
fn period_budget(period: u32) -> Balance {
	let daily = FIRST_DAILY_WOPPALS.checked_shr(period).unwrap_or(0).max(FLOOR_DAILY_WOPPALS);
	daily.saturating_mul(DAYS_PER_PERIOD).saturating_mul(WOPPAL)
}

/// Plancks that may have been minted before block `block` is built: the closed form of the
/// schedule. It starts at 0 for block 0, never falls, and is exact in integers: within a period
/// it is the period's budget times the part of the period that has passed, rounded down.
pub fn cumulative(timing: &Timing, block: BlockNumber) -> Balance {
	let halving = timing.halving.max(1);
	let period = block.checked_div(halving).unwrap_or(0);
	let passed = block.checked_rem(halving).unwrap_or(0);
	let mut whole: Balance = 0;
	for p in 0..period.min(FLOOR_PERIOD) {
		whole = whole.saturating_add(period_budget(p));
	}
	let at_floor = period.saturating_sub(FLOOR_PERIOD);
	whole =
		whole.saturating_add(period_budget(FLOOR_PERIOD).saturating_mul(Balance::from(at_floor)));
	let part = period_budget(period)
		.saturating_mul(Balance::from(passed))
		.checked_div(Balance::from(halving))
		.unwrap_or(0);
	whole.saturating_add(part)
}

/// Plancks that an epoch may mint at most: the difference of the closed form at its ends.
pub fn epoch_budget(timing: &Timing, epoch: EpochIndex) -> Balance {
	cumulative(timing, timing.epoch_end(epoch))
		.saturating_sub(cumulative(timing, timing.epoch_start(epoch)))
}

/// Of an epoch's budget, what the root subnet's validators share, rounded down: until there are
/// other subnets, all that goes to subnets.
pub fn root_budget(budget: Balance) -> Balance {
	budget.saturating_mul(SUBNET_PERCENT).checked_div(100).unwrap_or(0)
}

/// Of an epoch's budget, what the authors of its blocks share: what [`root_budget`] leaves, so that
/// the two sum to the budget.
pub fn author_budget(budget: Balance) -> Balance {
	budget.saturating_sub(root_budget(budget))
}

/// A validator's weight in an epoch: `work · (1 + bonus)`, exact.
///
/// `work`: over the pulses it answered, the sum of its multiplier (hundredths) times its place on
/// the liveness ramp (parts of [`RAMP_ONE`](crate::identity::RAMP_ONE)), which is its uptime times
/// its multiplier: uptime's denominator, the pulses expected, is the same for all and cancels in
/// every share, so that weights are exact integers. `bonus_milli`: the sum of boosts in
/// thousandths.
pub fn weight_of(work: u64, bonus_milli: u32) -> u128 {
	u128::from(work).saturating_mul(u128::from(bonus_milli).saturating_add(1_000))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn the_table_of_days_is_exact() {
		// At the start of the day, to the planck.
		for (d, w) in [
			(0, 0),
			(29, 2_900_000),
			(30, 3_000_000),
			(59, 4_450_000),
			(60, 4_500_000),
			(119, 5_612_500),
			(120, 5_625_000),
			(365, 5_625_000 + 245 * 6_250),
			(3_650, 5_625_000 + 3_530 * 6_250),
		] {
			assert_eq!(cumulative(&Timing::MAINNET, d * 14_400), w * WOPPAL, "day {d}");
		}
	}

	#[test]
	fn an_epochs_budget_is_exact() {
		// Plancks of the first epoch of each period.
		for (period, plancks) in [
			(0, 16_666_666_666_666_666),
			(1, 8_333_333_333_333_333),
			(2, 4_166_666_666_666_666),
			(3, 2_083_333_333_333_333),
			(4, 1_041_666_666_666_666),
			(5, 1_041_666_666_666_666),
		] {
			assert_eq!(epoch_budget(&Timing::MAINNET, period * 180), plancks, "period {period}");
		}
		// The thirds add up: later epochs get what the first one rounded off.
		assert_eq!(epoch_budget(&Timing::MAINNET, 1), 16_666_666_666_666_667);
		assert_eq!(epoch_budget(&Timing::MAINNET, 2), 16_666_666_666_666_667);
	}

	#[test]
	fn weights_and_the_parts_of_a_budget_are_exact() {
		assert_eq!(weight_of(150 * 400 * 840, 600), 150 * 400 * 840 * 1_600);
		assert_eq!(weight_of(u64::MAX, 0), u128::from(u64::MAX) * 1_000);
		assert_eq!((root_budget(0), root_budget(1), root_budget(100)), (0, 0, 90));
		assert_eq!((root_budget(199), author_budget(199)), (179, 20));
		assert_eq!((author_budget(0), author_budget(1), author_budget(100)), (0, 1, 10));
	}

	proptest! {
		#[test]
		fn budgets_add_up_to_the_closed_form(first in 0u32..2_000, n in 0u32..50) {
			for t in [Timing::MAINNET, Timing::FAST] {
				let sum: Balance = (first..first + n).map(|e| epoch_budget(&t, e)).sum();
				let form = cumulative(&t, t.epoch_start(first + n)) - cumulative(&t, t.epoch_start(first));
				prop_assert_eq!(sum, form);
			}
		}

		#[test]
		fn the_schedule_never_falls(block in 0u32..u32::MAX) {
			prop_assert!(cumulative(&Timing::FAST, block) <= cumulative(&Timing::FAST, block + 1));
		}
	}
}
