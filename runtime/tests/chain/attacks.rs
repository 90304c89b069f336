//! Hostile owners and delegators on the real runtime, each with what it gains and what it pays.
//!
//! | attack | gain | cost |
//! |---|---|---|
//! | 512 nodes of one owner | 0 W | 5.11 W of deposits held, the fees |
//! | 50 identities without bonds | 0 W | 1 W of deposits held, the fees |
//! | one artifact under 8 configs | 0 W | the fees of 7 starts and reveals |
//! | raising the commission before the claim | 0 W | a fee |
//! | entering a pool before its old epochs are settled | less than 0 W | the fees |
//! | showing stake in two pools in one epoch | 0 W | the fees, and a lock of 6 epochs |
//! | leaving ahead of a slash, and reporting oneself | a quarter of the bond's slash | three quarters of it, and a hundredth of the own pool |
//! | having one's delegators pay an accomplice | 0 W | three quarters of the slash |
//! | absence hidden by an exit | 0 W | what the absence costs |
//!
//! Deposits are those of `development`, a hundredth of a live network's. How a set of block authors is
//! captured, and what that costs, is computed in `pallet-gate`'s `tests/capture.rs`; what an offence brings
//! and costs in `pallet-slashing`'s `tests/incentives.rs`; what rings, copies and hoards bring in
//! `pallet-research`'s `tests/attacks.rs`.

use crate::{
	chain::{Chain, Signer},
	work::{heartbeat, network, node_call, Miner, Plan, BOND, MINERS},
};
use pallet_stake::StakeAmount;
use sp_core::{sr25519, Pair};
use sp_keyring::Sr25519Keyring::{self, Alice, Ferdie, One, Two};
use sp_runtime::{MultiAddress, Perbill};
use woppal_protocol::{
	api::EpochReward,
	emission,
	identity::{Offence, Role},
	network::Deposits,
	stake::{PoolId, Unbonding},
	time::Timing,
	traits::{Offences, WorkLedger},
	EpochIndex, ValidatorId,
};
use woppal_runtime::{
	AccountId, Balance, Balances, Emission, Runtime, Slashing, Stake, System, WOPPAL,
};

/// Says what an attack brings, in woppals.
pub(crate) fn figures(attack: &str, gain: Balance, cost: Balance) {
	let woppals = |plancks: Balance| {
		format!("{}.{:06} W", plancks / WOPPAL, plancks % WOPPAL / (WOPPAL / 1_000_000))
	};
	println!("{attack}: gain {}, cost {}", woppals(gain), woppals(cost));
}

/// Goes to an epoch, behind the block that starts a session and is full with that.
pub(crate) fn to_epoch(chain: &mut Chain, epoch: EpochIndex) {
	chain.advance_to(Timing::FAST.epoch_start(epoch) + 2);
}

/// All that an account has: free, held and in pools, slashes taken off.
pub(crate) fn wealth(chain: &mut Chain, who: &impl Signer) -> Balance {
	let account = who.account();
	chain.read(|| {
		let positions = Stake::positions(&account);
		let pools: Balance = positions.pools.iter().map(|row| row.value + row.pending).sum();
		let unbonding: Balance = positions.unbonding.iter().map(|row| row.amount).sum();
		// What is held for unbonding stake still has the slashes in it.
		let held = System::account(&account).data.reserved;
		let reason = pallet_stake::HoldReason::Unbonding.into();
		let of_unbonding =
			<Balances as frame_support::traits::fungible::InspectHold<_>>::balance_on_hold(
				&reason, &account,
			);
		Balances::free_balance(&account) + held - of_unbonding + unbonding + pools
	})
}

pub(crate) fn participate(chain: &mut Chain, validator: ValidatorId) {
	chain.read(|| <Emission as WorkLedger>::note_participation(validator));
}

/// Lets a miner take part in the current epoch and answer a pulse of it.
#[track_caller]
pub(crate) fn earn(chain: &mut Chain, miner: &Miner) {
	participate(chain, miner.id);
	chain.succeed(miner.hot, heartbeat());
}

/// What a validator earned in an epoch; `None` if nothing was noted.
pub(crate) fn reward(
	chain: &mut Chain,
	validator: ValidatorId,
	epoch: EpochIndex,
) -> Option<EpochReward> {
	chain.read(|| Emission::rewards(validator, epoch, 1)).epochs.pop()
}

pub(crate) fn claim(validator: ValidatorId, epoch: EpochIndex) -> pallet_emission::Call<Runtime> {
	pallet_emission::Call::claim { validator, first_epoch: epoch, count: 1 }
}

fn fund(chain: &mut Chain, who: &AccountId, value: Balance) {
	let dest = MultiAddress::Id(who.clone());
	chain.succeed(Alice, pallet_balances::Call::transfer_allow_death { dest, value });
}

#[test]
fn five_hundred_and_twelve_nodes_of_one_owner_earn_like_one() {
	let mut chain = network(2);
	let [one, many] = [MINERS[0], MINERS[1]];
	let fees_before = wealth(&mut chain, &many.hot);
	for n in 1..512u32 {
		let key = sp_io::hashing::blake2_256(&n.to_le_bytes());
		chain.succeed(many.hot, node_call(Role::Miner, key));
		if n % 100 == 0 {
			chain.next_block();
		}
	}
	chain
		.attempt(many.hot, node_call(Role::Miner, [9; 32]))
		.is_error("one more", pallet_validators::Error::<Runtime>::TooManyNodes);
	let fees = fees_before - wealth(&mut chain, &many.hot);

	to_epoch(&mut chain, 2);
	earn(&mut chain, &one);
	earn(&mut chain, &many);
	to_epoch(&mut chain, 3);
	let rewards = [one, many].map(|miner| reward(&mut chain, miner.id, 2).unwrap().reward);
	assert!(rewards[0] > 0 && rewards[0] == rewards[1], "{rewards:?}");
	let held = 511 * Deposits::FAST.node;
	let reason = pallet_validators::HoldReason::Node.into();
	let on_hold = chain.read(|| {
		<Balances as frame_support::traits::fungible::InspectHold<_>>::balance_on_hold(
			&reason,
			&many.cold.to_account_id(),
		)
	});
	assert_eq!(on_hold, held + Deposits::FAST.node);
	assert!(fees > 0);
	figures("512 nodes of one owner", rewards[1] - rewards[0], held + fees);
}

#[test]
fn fifty_identities_without_bonds_earn_nothing() {
	let mut chain = network(1);
	let honest = MINERS[0];
	let pair = |name: &str, n: u32| {
		let seed = sp_io::hashing::blake2_256(format!("{name} {n}").as_bytes());
		sr25519::Pair::from_seed(&seed)
	};
	let identities: Vec<_> = (0..50).map(|n| (pair("cold", n), pair("hot", n))).collect();
	let bond = Deposits::FAST.node;
	let mut fees = 0;
	for (cold, hot) in &identities {
		fund(&mut chain, &cold.account(), WOPPAL);
		fund(&mut chain, &hot.account(), WOPPAL);
		let before = wealth(&mut chain, cold);
		let call = pallet_validators::Call::register { hot_key: hot.account(), bond };
		chain.succeed(cold.clone(), call);
		chain.succeed(cold.clone(), node_call(Role::Miner, hot.public().0));
		fees += before - wealth(&mut chain, cold);
	}
	to_epoch(&mut chain, 2);
	earn(&mut chain, &honest);
	let first = 1;
	for (id, (_, hot)) in (first..).zip(&identities) {
		// Even if each of them had proven something.
		participate(&mut chain, id);
		let before = wealth(&mut chain, hot);
		let result = chain.submit(hot.clone(), heartbeat());
		assert_eq!(result, Err(pallet_presence::Error::<Runtime>::NotEarning.into()));
		fees += before - wealth(&mut chain, hot);
	}
	to_epoch(&mut chain, 3);
	let mut gain = 0;
	for (id, (cold, _)) in (first..).zip(&identities) {
		gain += reward(&mut chain, id, 2).map_or(0, |reward| reward.reward);
		let result = chain.submit(cold.clone(), claim(id, 2));
		assert_eq!(result, Err(pallet_emission::Error::<Runtime>::NothingToClaim.into()));
	}
	assert_eq!(gain, 0);
	let budget = emission::root_budget(emission::epoch_budget(&Timing::FAST, 2));
	let all = reward(&mut chain, honest.id, 2).unwrap();
	assert_eq!(all.reward - all.pot_part, budget, "the honest miner loses nothing to them");
	let held = 50 * (bond + Deposits::FAST.node);
	assert_eq!(held, WOPPAL);
	figures("50 identities without bonds", gain, held + fees);
}

#[test]
fn one_artifact_under_many_configs_counts_once() {
	let mut chain = network(1);
	let first = Plan::new(0, 1, -50);
	let bob = first.miner.hot;
	first.open(&mut chain);
	let before = wealth(&mut chain, &bob);
	for nonce in 2..9 {
		let mut again = Plan::new(0, nonce, -50);
		again.artifact = first.artifact.clone();
		again.start(&mut chain);
		chain.succeed(bob, again.commit_call());
	}
	let open = chain.read(|| woppal_runtime::Research::open_experiments(0));
	assert_eq!(open.len(), 1, "one experiment can be proven, and paid");
	let cost = before - wealth(&mut chain, &bob);
	assert!(cost > 0);
	figures("one artifact under 8 configs", 0, cost);
	chain.next_block();
}

/// A miner with a pool that a stranger put this much into, in the epoch in which all of it counts.
fn with_pool(delegated: Balance) -> Chain {
	let mut chain = network(2);
	let pool = PoolId::Validator(0);
	chain.succeed(Ferdie, pallet_stake::Call::delegate { pool, amount: delegated });
	to_epoch(&mut chain, 2);
	chain
}

#[test]
fn raising_the_commission_before_the_claim_gains_nothing() {
	let mut chain = with_pool(3 * BOND);
	let miner = MINERS[0];
	// The commission may rise by one point a day, which is six epochs.
	to_epoch(&mut chain, 8);
	earn(&mut chain, &miner);
	let before = reward(&mut chain, miner.id, 8).unwrap();
	let raise = pallet_validators::Call::<Runtime>::set_commission { percent: 1 };
	chain
		.attempt(miner.cold, pallet_validators::Call::set_commission { percent: 95 })
		.is_error("all at once", pallet_validators::Error::<Runtime>::CommissionRisesTooFast);
	let fee = chain.attempt(miner.cold, raise.clone()).fee();
	chain.succeed(miner.cold, raise);
	let after = reward(&mut chain, miner.id, 8).unwrap();
	to_epoch(&mut chain, 9);
	// The claim pays by the terms of the epoch's opening, by which three quarters are the delegators'.
	let due = reward(&mut chain, miner.id, 8).unwrap();
	for reward in [&before, &after, &due] {
		let expected = reward.reward * 3 / 4;
		let missing = expected - reward.delegators_part;
		assert!(missing <= 2, "rounded once for each source: {missing}");
	}
	let cold = |chain: &mut Chain| chain.read(|| Balances::free_balance(miner.cold.account()));
	let before = cold(&mut chain);
	chain.succeed(Ferdie, claim(miner.id, 8));
	assert_eq!(cold(&mut chain) - before, due.owner_part);
	chain.succeed(Ferdie, pallet_stake::Call::settle { pool: PoolId::Validator(0), max: 16 });
	let paid = reward(&mut chain, miner.id, 8).unwrap();
	assert!(paid.claimed && paid.collected);
	figures("raising the commission before the claim", 0, fee);
	chain.next_block();
}

#[test]
fn entering_a_pool_before_its_old_epochs_are_settled_takes_nothing_of_them() {
	let mut chain = with_pool(3 * BOND);
	let (miner, pool) = (MINERS[0], PoolId::Validator(0));
	for epoch in 2..5 {
		to_epoch(&mut chain, epoch);
		earn(&mut chain, &miner);
	}
	to_epoch(&mut chain, 5);
	// Three epochs of rewards wait; the attacker brings a thousand times the pool.
	let attacker = Alice;
	let before = wealth(&mut chain, &attacker);
	let deposit = 3_000 * BOND;
	chain.succeed(attacker, pallet_stake::Call::delegate { pool, amount: deposit });
	to_epoch(&mut chain, 6);
	let settle = pallet_stake::Call::settle_position { account: attacker.account(), pool };
	chain.succeed(Ferdie, settle);
	let stake = chain.read(|| Stake::positions(&attacker.account()).pools[0].value);
	assert!(stake <= deposit && deposit - stake <= 2, "{stake} of {deposit}");
	let all = pallet_stake::Call::unbond { pool, amount: StakeAmount::All };
	chain.succeed(attacker, all);
	let after = wealth(&mut chain, &attacker);
	assert!(after < before);
	// The rewards are the delegator's who was there.
	let earned: Balance =
		(2..5).map(|epoch| reward(&mut chain, 0, epoch).unwrap().delegators_part).sum();
	let theirs = chain.read(|| Stake::positions(&Ferdie.account()).pools[0].value);
	let missing = 3 * BOND + earned - theirs;
	assert!(
		missing <= theirs / 1_000_000_000_000,
		"no more than what virtual shares keep: {missing}"
	);
	figures("entering before old epochs are settled", 0, before - after);
	chain.next_block();
}

#[test]
fn stake_shown_in_two_pools_counts_in_one() {
	let mut chain = with_pool(3 * BOND);
	let [first, second] = [PoolId::Validator(0), PoolId::Validator(1)];
	let counts = |chain: &mut Chain| {
		use woppal_protocol::traits::StakeSnapshot;
		chain.read(|| [first, second].map(Stake::counting_pool))
	};
	assert_eq!(counts(&mut chain), [3 * BOND, 0]);
	let (amount, min_received) = (StakeAmount::All, 0);
	let there = pallet_stake::Call::move_stake { from: first, to: second, amount, min_received };
	let fee = chain.attempt(Ferdie, there.clone()).fee();
	chain.succeed(Ferdie, there);
	// In neither in this epoch: what left doesn't count, what came doesn't count yet.
	assert_eq!(counts(&mut chain), [0, 0]);
	let back =
		pallet_stake::Call::<Runtime>::move_stake { from: second, to: first, amount, min_received };
	let locked = || pallet_stake::Error::<Runtime>::Locked;
	chain.attempt(Ferdie, back.clone()).is_error("back at once", locked());
	to_epoch(&mut chain, 3);
	let [nothing, moved] = counts(&mut chain);
	assert!(nothing == 0 && moved <= 3 * BOND && 3 * BOND - moved < 1_000);
	chain.attempt(Ferdie, back).is_error("back in the next epoch", locked());
	figures("stake shown in two pools", 0, fee);
}

/// What the owner of a validator with a bond of 100 W and 900 W of its own in the pool has left after a
/// slash of a tenth that its accomplice reports, if it does this first.
fn after_a_slash(dodge: impl FnOnce(&mut Chain, Miner)) -> (Balance, Balance) {
	let mut chain = network(2);
	let (miner, pool) = (MINERS[0], PoolId::Validator(0));
	// Accounts that nobody knows to be the owner's.
	let (delegator, accomplice) = (One, Two);
	fund(&mut chain, &delegator.account(), 1_000 * WOPPAL);
	fund(&mut chain, &accomplice.account(), WOPPAL);
	chain.succeed(miner.cold, pallet_stake::Call::bond_extra { amount: 99 * BOND });
	chain.succeed(delegator, pallet_stake::Call::delegate { pool, amount: 900 * WOPPAL });
	to_epoch(&mut chain, 2);
	let owners = |chain: &mut Chain| -> Balance {
		[miner.cold, miner.hot, delegator, accomplice].iter().map(|who| wealth(chain, who)).sum()
	};
	let before = owners(&mut chain);
	dodge(&mut chain, miner);
	chain.read(|| {
		let reporter = accomplice.to_account_id();
		Slashing::report(miner.id, Offence::FabricatedExperiment, Some(&reporter));
	});
	for (id, who) in [(0, delegator), (1, delegator)] {
		let (account, pool) = (who.account(), PoolId::Validator(id));
		// Takes the slashes off what moved; there may be nothing to take.
		let _ = chain.submit(Ferdie, pallet_stake::Call::settle_position { account, pool });
	}
	let slashed = chain.read(|| Slashing::info(miner.id)).slashed;
	let after = owners(&mut chain);
	chain.next_block();
	(before - after, slashed)
}

#[test]
fn leaving_ahead_of_a_slash_and_reporting_oneself_saves_nothing() {
	let from = PoolId::Validator(0);
	let (stay, slashed) = after_a_slash(|_, _| ());
	// A tenth of 100 W and a hundredth of 900 W; a quarter of the former comes back to the accomplice.
	let (own, delegated) = (10 * WOPPAL, 9 * WOPPAL);
	assert_eq!(slashed, own + delegated);
	assert_eq!(stay, own * 3 / 4 + delegated, "nothing but the slash was paid");
	figures("an offence that one reports oneself", own / 4, slashed);

	// Moved to another pool, and the bond unbonding: both are reached where they are.
	let (moved, slashed) = after_a_slash(|chain, miner| {
		let (to, min_received) = (PoolId::Validator(1), 0);
		let amount = StakeAmount::All;
		let there = pallet_stake::Call::move_stake { from, to, amount, min_received };
		chain.succeed(One, there);
		let amount = 99 * BOND;
		chain.succeed(miner.cold, pallet_stake::Call::unbond_bond { amount });
	});
	assert_eq!(slashed, own, "what moved is cut where it is, and not counted here");
	// The rest is rounding and fees.
	assert!(moved > stay && moved - stay < WOPPAL / 10, "{moved}");
	figures("moving and unbonding ahead of it", 0, moved - stay);

	let (unbonded, _) = after_a_slash(|chain, _| {
		let all = pallet_stake::Call::unbond { pool: from, amount: StakeAmount::All };
		chain.succeed(One, all);
	});
	assert!(unbonded > stay && unbonded - stay < WOPPAL / 10, "{unbonded}");
	figures("unbonding the delegation ahead of it", 0, unbonded - stay);
}

#[test]
fn delegators_do_not_pay_an_accomplice() {
	// A bond of 1 W and 900 W of others in the pool: a quarter of what these lose is 22 times what the owner
	// does.
	let mut chain = with_pool(900 * BOND);
	let (miner, accomplice) = (MINERS[0], Two);
	fund(&mut chain, &accomplice.account(), WOPPAL);
	let owners = |chain: &mut Chain| -> Balance {
		[miner.cold, miner.hot, accomplice].iter().map(|who| wealth(chain, who)).sum()
	};
	let before = owners(&mut chain);
	chain.read(|| {
		let reporter = accomplice.to_account_id();
		Slashing::report(miner.id, Offence::FabricatedExperiment, Some(&reporter));
	});
	let (own, delegated) = (BOND / 10, 9 * BOND);
	assert_eq!(chain.read(|| Slashing::info(miner.id)).slashed, own + delegated);
	let cost = before - owners(&mut chain);
	assert_eq!(cost, own * 3 / 4);
	figures("having one's delegators pay an accomplice", 0, cost);
	chain.next_block();
}

#[test]
fn an_exit_ahead_of_a_slash_saves_nothing() {
	let (cost, slashed) = after_a_slash(|chain, miner| {
		let peer_id = crate::work::peer_id(&miner.hot.to_raw_public());
		let subnet = woppal_protocol::ROOT_SUBNET;
		chain.succeed(miner.hot, pallet_validators::Call::deregister_node { subnet, peer_id });
		chain.succeed(miner.cold, pallet_validators::Call::exit {});
	});
	// The bond unbonds and is reached; who reports a validator that left gets nothing.
	assert_eq!(slashed, 10 * WOPPAL + 9 * WOPPAL);
	assert!(cost >= slashed && cost - slashed < WOPPAL / 10, "{cost}");
	figures("an exit ahead of a slash", 0, cost);
}

/// What of an owner's bond is left, and what unbonds of it.
fn bond_of(chain: &mut Chain, cold: Sr25519Keyring) -> Balance {
	let positions = chain.read(|| Stake::positions(&cold.to_account_id()));
	let unbonding: Balance =
		positions.unbonding.iter().map(|Unbonding { amount, .. }| *amount).sum();
	positions.bond.map_or(0, |(_, bond)| bond) + unbonding
}

#[test]
fn absence_costs_the_same_whoever_settles_it() {
	let mut chain = network(3);
	let miners = [MINERS[0], MINERS[1], MINERS[2]];
	for miner in &miners {
		earn(&mut chain, miner);
	}
	// The first epoch is excused, ten are free, four are offences of a thousandth each.
	to_epoch(&mut chain, 16);
	let loss = Perbill::from_parts(4 * 1_000_000).mul_ceil(BOND);
	let [settled, returned, left] = miners;
	chain.succeed(Ferdie, pallet_presence::Call::settle_absence { validator: settled.id });
	assert_eq!(bond_of(&mut chain, settled.cold), BOND - loss);
	// A heartbeat brings it up as well, and nobody is paid for it.
	chain.succeed(returned.hot, heartbeat());
	assert_eq!(bond_of(&mut chain, returned.cold), BOND - loss);
	// And so does an exit, which can't hide it.
	let peer_id = crate::work::peer_id(&left.hot.to_raw_public());
	let subnet = woppal_protocol::ROOT_SUBNET;
	chain.succeed(left.hot, pallet_validators::Call::deregister_node { subnet, peer_id });
	chain.succeed(left.cold, pallet_validators::Call::exit {});
	assert_eq!(bond_of(&mut chain, left.cold), BOND - loss);
	figures("absence hidden by an exit", 0, loss);
	chain.next_block();
}
