//! Cheating doesn't pay: for each offence that the chain finds, its best-case gain beside its least cost,
//! with the figures of a live network in its first halving period, when there is most to gain.
//!
//! | offence | best-case gain | least cost |
//! |---|---|---|
//! | fabricated experiment | 90,000 W × 2^-100 < 1 planck | 10 W of a miner's bond, 1 W of deposit |
//! | inactivity | 0 W | 0.018 W an epoch, and its emission |
//! | equivocation, 1 slot | 0.87 W | 75 W, and the seat |
//! | equivocation, 5 to 300 slots | up to 260 W | 375 W, and the seat |
//! | failed proposal | 0 W | 0.18 W, and a tenth of the reputation |
//!
//! A cost is what the owner's bond lost in the pallet, less the quarter that comes back to an owner who
//! reports itself from an account that nobody knows. What its delegators lose is not counted, and brings it
//! nothing.

use crate::{mock::*, *};
use woppal_protocol::{
	emission,
	identity::{Ramp, Role, RAMP_EPOCHS, RAMP_ONE},
	network::Deposits,
	time::Timing,
	traits::Offences as _,
	WOPPAL,
};

/// An account of the owner that nobody knows to be its.
const ACCOMPLICE: u64 = 999;

/// What validator 0 with this bond loses for good by offences that its accomplice reports.
fn cost(bond: Balance, offend: impl FnOnce()) -> Balance {
	set_bond(0, bond);
	let before = reward_of(ACCOMPLICE);
	offend();
	let back = reward_of(ACCOMPLICE) - before;
	bond - bond_of(0) - back
}

/// Plancks that epoch 0 mints: 16,666.67 W.
fn budget() -> Balance {
	emission::epoch_budget(&Timing::MAINNET, 0)
}

#[test]
fn a_fabricated_experiment_does_not_pay() {
	build_and_execute(|| {
		// A rejected proof gives no metric: no boost, no participation, no weight. What can be hoped for is
		// that a false proof passes, which the proof system bounds by 2^-100. It could then bring no more
		// than all of root's 15,000 W in each of the six epochs in which it counts as participation.
		let root = emission::root_budget(budget());
		assert_eq!(root.div_ceil(WOPPAL), 15_000);
		let gain = (6 * root) >> 100;
		assert_eq!(gain, 0);

		// The least bond with which a miner earns anything; the chain finds it, so nobody gets a share.
		let bond = Role::Miner.required_bond(Deposits::LIVE.bond);
		let lost = cost(bond, || Slashing::report(0, Offence::FabricatedExperiment, None));
		assert_eq!(lost, 10 * WOPPAL);
		// The deposit of the start is lost as well.
		assert!(lost + Deposits::LIVE.start > gain);

		// With a lesser bond less is lost, but then nothing at all can be earned.
		let lost = cost(WOPPAL, || Slashing::report(0, Offence::FabricatedExperiment, None));
		assert_eq!(lost, WOPPAL / 10);
	});
}

#[test]
fn inactivity_does_not_pay() {
	build_and_execute(|| {
		// An epoch without heartbeats has no work and so no weight, whatever the boosts.
		let gain = emission::weight_of(0, 10_000);
		assert_eq!(gain, 0);
		// The least bond that earns: 25 W. A thousandth of it an epoch, three quarters of that net.
		let bond = Role::Relay.required_bond(Deposits::LIVE.bond);
		for epoch in 0..500 {
			go_to_epoch(epoch);
			let lost = cost(bond, || {
				Slashing::report(0, Offence::Inactivity(1), Some(&ACCOMPLICE));
			});
			assert_eq!(lost, bond * 3 / 4_000);
			assert!(lost > 18 * WOPPAL / 1_000);
		}
		// Settled late, it costs the same up to the cap: 10 % for a hundred epochs.
		go_to_epoch(500);
		let lost = cost(bond, || {
			Slashing::report(0, Offence::Inactivity(100), Some(&ACCOMPLICE));
		});
		assert_eq!(lost, 100 * bond * 3 / 4_000);
	});
}

#[test]
fn coming_back_for_every_eleventh_epoch_does_not_pay() {
	// No offence: ten epochs of absence, then half of an eleventh's pulses. The ramp keeps such a validator
	// at its foot: it rises by one and falls by twenty.
	let mut ramp = Ramp(RAMP_EPOCHS);
	let mut earned = 0;
	let cycles = 20;
	for _ in 0..cycles {
		ramp = ramp.fallen(10);
		earned += 80 * ramp.factor();
		ramp = ramp.risen();
	}
	let honest = cycles * 11 * 160 * RAMP_ONE;
	assert!(earned * 100 < honest, "less than a hundredth of what presence earns");
}

/// The most that `slots` equivocations can bring an author: that the block is in the chain whichever side
/// of a fork wins, taken as if it were not paid otherwise; and one block of another orphaned each, by
/// which the author's part of the pot grows. Authors are paid by blocks, so its part of that is its part
/// of the blocks: a quarter in the smallest set.
fn equivocation_gain(slots: Balance) -> Balance {
	let blocks = Balance::from(Timing::MAINNET.epoch);
	let pay = emission::author_budget(budget()) / blocks;
	slots * (pay + pay / 4)
}

#[test]
fn equivocation_does_not_pay() {
	build_and_execute(|| {
		// A block's pay is 0.69 W, so one equivocation brings 0.87 W at best.
		assert_eq!(equivocation_gain(1) * 100 / WOPPAL, 86);
		// Each slot is an offence of its own. The author is out with the first report; even if every report
		// were held back to the end of the session after it, for which the set stands already, an author
		// of the smallest set has 2 · 600 / 4 slots.
		let most = 2 * Timing::MAINNET.session / 4;
		assert_eq!(most, 300);
		let mut lost = 0;
		for slot in 1..=most {
			if slot == 1 {
				set_bond(0, BOND);
			}
			double_block(0, u64::from(slot), 0, vec![ACCOMPLICE]).unwrap();
			let before = lost;
			lost = BOND - bond_of(0) - reward_of(ACCOMPLICE);
			assert!(lost >= before);
			let gain = equivocation_gain(Balance::from(slot));
			assert!(lost > gain, "{slot} slots: {lost} lost, {gain} gained");
			if slot <= 5 {
				assert_eq!(lost, Balance::from(slot) * 75 * WOPPAL);
			}
		}
		assert_eq!(lost, 375 * WOPPAL);
		assert_eq!(equivocation_gain(300) / WOPPAL, 260);
	});
}

#[test]
fn finalising_two_histories_takes_accomplices_and_brings_nothing_on_chain() {
	build_and_execute(|| {
		// Of the smallest set of four, more than a third are two. Each vote for a second history is their
		// own loss, and no rule pays a vote.
		for n in [0, 1] {
			double_block(n, 1, 0, vec![ACCOMPLICE]).unwrap();
		}
		let lost = 2 * BOND - bond_of(0) - bond_of(1) - reward_of(ACCOMPLICE);
		assert_eq!(lost, 150 * WOPPAL);
		// Both are out: what they would have earned as authors goes to others, 104 W an hour for each.
		let sessions = Balance::from(Timing::MAINNET.epoch / Timing::MAINNET.session);
		let seat = emission::author_budget(budget()) / sessions / 4;
		assert_eq!(seat / WOPPAL, 104);
		assert_eq!(Expelled::get(), vec![0, 1]);
	});
}

#[test]
fn a_failed_proposal_does_not_pay() {
	build_and_execute(|| {
		// Scores count only if consensus accepts them: a refused proposal moves no weight. The least bond is
		// that of the lowest role, and the reputation falls as well.
		let gain = 0;
		let bond = Role::ComputeAgent.required_bond(Deposits::LIVE.bond);
		let lost = cost(bond, || {
			Slashing::report(0, Offence::FailedProposal, Some(&ACCOMPLICE));
		});
		assert_eq!(lost, bond * 3 / 400);
		assert!(lost > gain);
		assert_eq!(Causes::get().len(), 1);
	});
}
