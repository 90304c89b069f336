//! Hostile miners: what they gain and what they pay, with the figures of a live network in its first halving
//! period, where an epoch has 15,000 W for all weights.
//!
//! | attack | gain | cost |
//! |---|---|---|
//! | a ring of 11 that cites itself | 0 W | 11 bonds of 100 W |
//! | copying the network's best | 0 W | the fee |
//! | committing 8 times and proving only the luckiest | 0 W | 7 W of deposits, 386 W of boosts, half of the reputation |
//! | publishing a result in steps within an epoch | 0 W | a fee for each step |
//! | publishing it in five steps, one an epoch | 5,312 W, if nobody overtakes it | all of that, if a rival does |
//!
//! **Steps over epochs pay as long as nobody else comes near.** Every step is a proven improvement by more
//! than the noise, and each epoch pays for its own; that is the price of paying for progress by epoch. What
//! limits it is competition: a rival that publishes the same result ends it, and who published at once
//! would be credited by those who build on it.

use super::*;
use crate::RefusalReason;
use frame::traits::fungible::Mutate;
use woppal_protocol::{
	emission,
	identity::{Reputation, ReputationCause},
	network::Deposits,
	research::{BoostCause, Edge, EdgeKind},
	time::Timing,
	traits::{Identities, WorkLedger},
	Balance, WOPPAL,
};

/// Members of the ring.
const RING: u32 = 11;

/// The boosts of a validator in the current epoch, in thousandths.
fn bonus(validator: ValidatorId) -> u32 {
	MockLedger::bonus_milli(validator, Research::current_epoch())
}

/// Woppals that a miner with this bonus gets of an epoch besides nine others, with the same uptime and
/// 0.1 each.
fn woppals(bonus_milli: u32) -> Balance {
	let root = emission::root_budget(emission::epoch_budget(&Timing::MAINNET, 0));
	let weight = |bonus_milli| emission::weight_of(1, bonus_milli);
	let total = weight(bonus_milli) + 9 * weight(100);
	// Rounded to the woppal.
	(root * weight(bonus_milli) / total + WOPPAL / 2) / WOPPAL
}

/// Independent validators 0..n, of which those that the mock has not get their balance from the first.
fn validators(n: u32) {
	for v in 4..n {
		assert_ok!(<Balances as Mutate<_>>::transfer(
			&hot(0),
			&hot(v),
			20_000,
			frame::token::Preservation::Preserve
		));
		let cold = account(u8::try_from(v + 50).unwrap());
		Validators::mutate(|all| all.insert(v, (cold, hot(v), None)));
	}
}

/// Starts, commits and proves a config that cites another experiment.
fn prove_citing(
	validator: ValidatorId,
	n: u8,
	of: Option<ExperimentId>,
	metric: i32,
) -> ExperimentId {
	let values = [i32::from(n), 0, 0, 0];
	assert_ok!(start(validator, values));
	let edge = |kind| of.map(|to| Edge { kind, to });
	let edges = [EdgeKind::Extends, EdgeKind::CherryPicked].into_iter().filter_map(edge);
	let edges = Edges::try_from(edges.collect::<Vec<_>>()).unwrap();
	let salt = H256::zero();
	let id = Research::commit(&hot(validator), PROJECT, config(values), salt, artifact(n), edges)
		.unwrap()
		.unwrap();
	fix_seed(id);
	conclude(id, metric);
	id
}

#[test]
fn a_ring_that_cites_itself_gains_nothing() {
	run(|| {
		validators(RING + 1);
		// Somebody else's is the best. The ring's are as good as the baseline, and each cites the one before.
		prove(RING, [500; 4], 200, -100);
		run_to(EPOCH);
		let mut last = None;
		for (n, validator) in (1..).zip((0..RING).chain(0..RING)) {
			last = Some(prove_citing(validator, n, last, 0));
		}
		let credited = |cause| matches!(cause, BoostCause::Adopted | BoostCause::AdoptedToBest);
		assert!(Boosts::get().iter().all(|boost| !credited(boost.2)));
		let of_ring: Vec<_> = Boosts::get().into_iter().filter(|boost| boost.1 < RING).collect();
		// Proving alone is paid, 0.1 each, whether it cites or not.
		assert_eq!(of_ring.len(), 2 * RING as usize);
		assert!(of_ring.iter().all(|boost| (boost.2, boost.3) == (BoostCause::Proven, 100)));
		// To have weight each of the eleven needs a miner's bond, as if they were strangers.
		let bonds = Balance::from(RING) * 4 * Deposits::LIVE.bond / WOPPAL;
		println!("a ring of {RING}: gain 0 W, cost {bonds} W bonded");
		assert_eq!(bonds, 1_100);
	});
}

#[test]
fn a_copy_of_the_best_gains_nothing() {
	run(|| {
		let best = prove(0, [1; 4], 1, -100);
		let before = total(1);
		// The artifact itself is refused, whatever config it is said to come from.
		assert_ok!(start(1, [2; 4]));
		assert_eq!(try_commit(1, [2; 4], 1), Ok(None));
		let blinded = blinded(1, [2; 4]);
		let reason = RefusalReason::ArtifactSeen;
		assert_event(Event::RevealRefused { validator: 1, blinded, project: PROJECT, reason });
		assert_eq!(total(1), before, "the deposit is back: the fee is the cost");
		assert_eq!(bonus(1), 0);

		// The same with a changed bit measures the same: it counts as proven, like any other experiment that
		// is no worse than the baseline, and as nothing else but the copier's own first result.
		let copy = prove(1, [1, 1, 1, 2], 2, -100);
		let causes: Vec<_> = Boosts::get().iter().filter(|b| b.1 == 1).map(|b| b.2).collect();
		assert_eq!(causes, vec![BoostCause::Proven, BoostCause::OwnBest]);
		assert_eq!(Research::project(PROJECT).unwrap().best, Some((best, -100)));
		assert_eq!(Research::experiment(&copy).unwrap().adopted, None);
		// In the next epoch not even that.
		run_to(EPOCH);
		prove(1, [1, 1, 1, 3], 3, -110);
		assert_eq!(bonus(1), BoostCause::Proven.milli());
		let gain = woppals(bonus(1)) - woppals(100);
		println!("copying the best: gain {gain} W, cost the fees");
		assert_eq!(gain, 0);
	});
}

/// Commits eight experiments whose metrics the seeds decide, and proves those that `proves` says. Returns
/// the owner's boosts, what it lost in deposits, and its reputation.
fn eight_commits(proves: impl Fn(usize) -> bool) -> (u32, Balance, Reputation) {
	let mut result = None;
	run(|| {
		let before = total(0);
		let ids: Vec<_> = (1..9).map(|n| commit(0, [n.into(), 0, 0, 0], n)).collect();
		fix_seed(ids[7]);
		let until = Research::experiment(&ids[7]).unwrap().prove_until.unwrap();
		// The luckiest is the third.
		for (n, id) in ids.iter().enumerate().filter(|(n, _)| proves(*n)) {
			conclude(*id, if n == 2 { -30 } else { -5 });
		}
		let boosts = bonus(0);
		run_to(until + 1);
		for (_, id) in ids.iter().enumerate().filter(|(n, _)| !proves(*n)) {
			assert_ok!(Research::expire_experiment(RuntimeOrigin::signed(account(1)), *id));
		}
		let reputation = MockIdentities::reputation(0).unwrap();
		result = Some((boosts, before - total(0), reputation));
	});
	result.unwrap()
}

#[test]
fn proving_only_the_luckiest_does_not_pay() {
	let (all, nothing_lost, honest) = eight_commits(|_| true);
	let (luckiest, lost, reputation) = eight_commits(|n| n == 2);
	// The best is the same, and the others would have brought 0.1 each, up to 0.5.
	assert_eq!((all, luckiest), (500 + 200 + 1_000, 100 + 200 + 1_000));
	assert_eq!((nothing_lost, lost), (0, 7 * DEPOSIT));
	// Raised once and lowered seven times, instead of raised eight times.
	let proven = ReputationCause::Proven.apply(Reputation::default());
	let expected = (0..7).fold(proven, |r, _| ReputationCause::Forfeited.apply(r));
	assert_eq!(reputation, expected);
	assert!(reputation.0 * 2 < honest.0);
	// A miner below a quarter authors no blocks.
	assert!(reputation.0 < 250_000_000);
	let gain = woppals(luckiest).saturating_sub(woppals(all));
	let cost = 7 * Deposits::LIVE.start / WOPPAL + woppals(all) - woppals(luckiest);
	println!("proving only the luckiest of 8: gain {gain} W, cost {cost} W and reputation");
	assert_eq!(gain, 0);
	assert!(cost > 7);
}

/// A result that beats the baseline five times by just more than the margin.
const RESULT: i32 = -55;

#[test]
fn steps_within_an_epoch_gain_nothing() {
	run(|| {
		let ids: Vec<_> = (1..6).map(|n| commit(0, [n.into(), 0, 0, 0], n)).collect();
		let other = commit(1, [9, 0, 0, 0], 9);
		fix_seed(other);
		assert_eq!(Research::current_epoch(), 0);
		for (id, step) in ids.iter().zip(1..) {
			conclude(*id, RESULT / 5 * step);
		}
		// Own best and network's best once; the five proofs are paid as any five proofs are.
		assert_eq!(bonus(0), 200 + 1_000 + 500);
		conclude(other, 2 * RESULT);
		assert_eq!(bonus(1), 200 + 1_000 + 100);
		println!("steps within an epoch: gain 0 W, cost a fee for each");
	});
}

/// Boosts of the hoarder by epoch if it publishes these metrics, one in an epoch, and a rival this in the
/// third one.
fn by_epochs(published: [i32; 5], rival: Option<i32>) -> Vec<u32> {
	let mut boosts = Vec::new();
	run(|| {
		for (epoch, metric) in (0u8..).zip(published) {
			run_to(u32::from(epoch) * 2 * EPOCH);
			if let Some(rival) = rival.filter(|_| epoch == 2) {
				prove(1, [900, 900, 900, 900], 100, rival);
			}
			prove(0, [i32::from(epoch), 0, 0, 0], epoch + 1, metric);
			boosts.push(bonus(0));
		}
	});
	boosts
}

#[test]
fn steps_over_epochs_gain_until_a_rival_comes() {
	let step = RESULT / 5;
	let steps = [step, 2 * step, 3 * step, 4 * step, RESULT];
	let paid = |boosts: &[u32]| boosts.iter().map(|b| woppals(*b)).sum::<Balance>();
	let at_once = by_epochs([RESULT; 5], None);
	assert_eq!(at_once, vec![1_300, 100, 100, 100, 100]);
	let stepwise = by_epochs(steps, None);
	assert_eq!(stepwise, vec![1_300; 5]);
	let gain = paid(&stepwise) - paid(&at_once);
	assert_eq!(gain, 5_312);

	// A rival with the same result ends it: what is left of the steps beats only the hoarder's own.
	let overtaken = by_epochs(steps, Some(RESULT));
	assert_eq!(overtaken, vec![1_300, 1_300, 300, 300, 300]);
	println!("five steps in five epochs: gain {gain} W, or what rivals leave of it");
	// Who comes first with all of it is the one whom those credit that build on it.
	run(|| {
		prove(0, [0; 4], 1, RESULT);
		run_to(EPOCH);
		prove(1, [0, 0, 0, 1], 2, 2 * RESULT);
		assert_eq!(bonus(0), BoostCause::AdoptedToBest.milli());
	});
}
