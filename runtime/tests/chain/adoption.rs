//! Boosts, verified adoption, and what a claim pays for them.

use crate::{
	chain::Chain,
	work::{
		evaluate, heartbeat, info, network, open_and_prove, prove_call, Plan, CONFIG_KEYS, MARGIN,
		MAX_CHANGED_KEYS, MINERS, PROJECT,
	},
};
use pallet_research::NotAdoptedReason;
use sp_keyring::Sr25519Keyring::{self, Ferdie, Two};
use woppal_protocol::{
	emission, identity::Ramp, research::BoostCause, time::Timing, EpochIndex, ExperimentId,
	ValidatorId,
};
use woppal_runtime::{Balances, Emission, Research, Runtime, RuntimeEvent};

/// The epoch in which all is proven: the one after that in which delegates agree.
const EPOCH: EpochIndex = 2;
/// What the delegate gets of the owner's part, in hundredths.
const SHARE_PERCENT: u8 = 10;

/// An experiment and the call that proves it.
type Proven = (Plan, ExperimentId, pallet_agent_commit::Call<Runtime>);

fn ledger(chain: &mut Chain, validator: ValidatorId) -> Option<pallet_emission::Record> {
	chain.read(|| Emission::record(validator, EPOCH))
}

fn bonus(chain: &mut Chain, validator: ValidatorId) -> u32 {
	ledger(chain, validator).map_or(0, |record| record.bonus_milli)
}

/// One pulse answered by these miners.
fn pulse(chain: &mut Chain, miners: &[usize]) {
	let pulse = Timing::FAST.pulse_of(chain.number());
	chain.advance_to((pulse + 1) * Timing::FAST.pulse);
	for miner in miners {
		let before = chain.read(Balances::total_issuance);
		chain.succeed(MINERS[*miner].hot, heartbeat());
		assert_eq!(chain.read(Balances::total_issuance), before, "a heartbeat is free");
	}
}

/// `validator`'s account Ferdie is its delegate, by invitation and acceptance.
fn delegate_to_ferdie(chain: &mut Chain, miner: usize) {
	invite_ferdie(chain, miner);
	let (validator, share_percent) = (MINERS[miner].id, SHARE_PERCENT);
	chain.succeed(Ferdie, pallet_validators::Call::accept_delegation { validator, share_percent });
}

fn invite_ferdie(chain: &mut Chain, miner: usize) {
	let (account, share_percent) = (Ferdie.to_account_id(), SHARE_PERCENT);
	let invite = pallet_validators::Call::invite_delegate { account, share_percent };
	chain.succeed(MINERS[miner].cold, invite);
}

#[test]
fn adoption_needs_all_four_conditions_and_claims_pay_the_ledger() {
	let mut chain = network(4);
	delegate_to_ferdie(&mut chain, 0);
	delegate_to_ferdie(&mut chain, 2);
	invite_ferdie(&mut chain, 3);
	let destination = Two.to_account_id();
	chain.succeed(Ferdie, pallet_validators::Call::set_destination { validator: 0, destination });
	chain.advance_to(Timing::FAST.epoch_start(EPOCH));

	// Eve starts before there is anything to adopt.
	let young = Plan::new(3, 1, -300);
	young.start(&mut chain);
	let base = Plan::new(0, 2, -100);
	let of = open_and_prove(&mut chain, &base);
	assert_eq!(bonus(&mut chain, 0), 100 + 200 + 1_000, "proven, own best, network's best");
	assert_eq!(chain.read(|| Research::project(PROJECT)).unwrap().best, Some((of, -100)));

	let plans = adopters(&base, young);
	let proven = prove_all(&mut chain, plans);
	let [within, far, shared, own, young, invited, near, second] = &proven[..] else {
		panic!("eight adopters")
	};
	nothing_is_credited(&mut chain, within, of, Some(NotAdoptedReason::WithinNoise));
	nothing_is_credited(&mut chain, far, of, Some(NotAdoptedReason::TooManyChangedKeys));
	nothing_is_credited(&mut chain, shared, of, Some(NotAdoptedReason::SameOwner));
	nothing_is_credited(&mut chain, own, of, Some(NotAdoptedReason::SameOwner));
	nothing_is_credited(&mut chain, young, of, None);
	// Who was only invited shares nothing: nobody can be made a part of another owner.
	chain.scratch(|chain| is_credited(chain, invited, of, BoostCause::AdoptedToBest, 1_000));

	is_credited(&mut chain, near, of, BoostCause::AdoptedToBest, 1_000);
	assert_eq!(bonus(&mut chain, 1), 100 + 200 + 1_000);
	// Better than what it adopts, not than the best of now; the pair's second in this epoch.
	is_credited(&mut chain, second, of, BoostCause::Adopted, 250);
	assert_eq!(bonus(&mut chain, 0), 1_300 + 1_000 + 250);
	assert_eq!(bonus(&mut chain, 1), 1_300 + 100);
	let leaders = chain.read(|| Research::leaderboard(PROJECT, 0));
	let rows: Vec<_> =
		leaders.iter().map(|row| (row.validator, row.best_metric, row.adoptions)).collect();
	assert_eq!(rows, [(1, -300, 0), (0, -100, 2)]);

	claims_pay_the_ledger(&mut chain);
	crate::import::imports_natively(chain.history());
}

/// Experiments that start when Bob's is the best, and Eve's that started before.
fn adopters(base: &Plan, young: Plan) -> Vec<Plan> {
	let changed = |keys: usize, value: i32| {
		let mut config = base.config.clone();
		config[CONFIG_KEYS - keys..].fill(value);
		config
	};
	let most = MAX_CHANGED_KEYS as usize;
	let margin = MARGIN.cast_signed();
	vec![
		Plan::new(1, 10, -100 - margin).with_config(&changed(1, 10)),
		Plan::new(1, 11, -300).with_config(&changed(most + 1, 11)),
		Plan::new(2, 12, -300).with_config(&changed(1, 12)),
		Plan::new(0, 13, -300).with_config(&changed(1, 13)),
		young,
		Plan::new(3, 14, -300).with_config(&changed(1, 14)),
		Plan::new(1, 15, -300).with_config(&changed(most, 15)),
		Plan::new(1, 16, -101 - margin).with_config(&changed(1, 16)),
	]
}

fn prove_all(chain: &mut Chain, plans: Vec<Plan>) -> Vec<Proven> {
	let ids: Vec<_> = plans
		.iter()
		.map(|plan| {
			// Eve's young one has started already.
			if plan.config[0] != 1 {
				plan.start(chain);
			}
			plan.commit(chain)
		})
		.collect();
	plans
		.into_iter()
		.zip(ids)
		.map(|(plan, id)| {
			let evaluation = evaluate(chain, &plan, id);
			let call = prove_call(chain, id, &evaluation);
			(plan, id, call)
		})
		.collect()
}

/// Proves it and takes it back: nobody is credited, and the reason is said.
#[track_caller]
fn nothing_is_credited(
	chain: &mut Chain,
	(plan, by, call): &Proven,
	of: ExperimentId,
	reason: Option<NotAdoptedReason>,
) {
	chain.scratch(|chain| {
		let before = bonus(chain, 0);
		let events = chain.succeed(plan.miner.hot, call.clone());
		let reasons: Vec<_> = events
			.iter()
			.filter_map(|event| match event {
				RuntimeEvent::Research(pallet_research::Event::NotAdopted {
					by: adopter,
					of: adopted,
					reason,
				}) if adopter == by && *adopted == of => Some(*reason),
				_ => None,
			})
			.collect();
		assert_eq!(reasons, Vec::from_iter(reason));
		assert!(!events.iter().any(is_adoption), "{events:?}");
		assert_eq!(info(chain, by).adopted, None);
		assert_eq!(info(chain, by).best_at_start, reason.map(|_| of));
		if plan.miner.id != 0 {
			assert_eq!(bonus(chain, 0), before, "the author's ledger is as it was");
		}
		let rows = chain.read(|| Research::leaderboard(PROJECT, 0));
		assert!(rows.iter().all(|row| row.adoptions == 0));
		chain.read(crate::state::try_state);
	});
}

fn is_adoption(event: &RuntimeEvent) -> bool {
	matches!(event, RuntimeEvent::Research(pallet_research::Event::Adopted { .. }))
		|| matches!(
			event,
			RuntimeEvent::Research(pallet_research::Event::Boosted {
				cause: BoostCause::Adopted | BoostCause::AdoptedToBest,
				..
			})
		)
}

/// Proves it: Bob, the author, is credited with this boost.
#[track_caller]
fn is_credited(
	chain: &mut Chain,
	(plan, by, call): &Proven,
	of: ExperimentId,
	cause: BoostCause,
	milli: u32,
) {
	let before = bonus(chain, 0);
	let events = chain.succeed(plan.miner.hot, call.clone());
	let adopted =
		pallet_research::Event::<Runtime>::Adopted { by: *by, of, author: 0, boost_milli: milli };
	assert!(events.contains(&adopted.into()), "{events:?}");
	let boosted =
		pallet_emission::Event::<Runtime>::Boosted { validator: 0, epoch: EPOCH, cause, milli };
	assert!(events.contains(&boosted.into()), "{events:?}");
	assert_eq!(bonus(chain, 0), before + milli);
	assert_eq!(info(chain, by).adopted, Some(of));
}

/// Bob answers three pulses and Charlie five; the closed epoch's budget is shared by weight.
fn claims_pay_the_ledger(chain: &mut Chain) {
	for miners in [&[0, 1][..], &[1], &[0, 1], &[0, 1], &[1]] {
		pulse(chain, miners);
	}
	assert_eq!(chain.read(Emission::current_epoch), EPOCH);
	let records = [0, 1].map(|validator| ledger(chain, validator).unwrap());
	assert_eq!(records.map(|record| record.answered), [3, 5]);
	assert_eq!(chain.read(|| pallet_presence::Records::<Runtime>::get(1)).unwrap().answered, 5);
	// Both are at the foot of the liveness ramp.
	let foot = u128::from(Ramp(0).factor());
	let weights = [3 * 400 * foot * (1_000 + 2_550), 5 * 400 * foot * (1_000 + 1_400)];
	assert_eq!(records.map(|record| record.weight()), weights);

	type ClaimError = pallet_emission::Error<Runtime>;
	chain.attempt(Ferdie, claim(0, 1)).is_error("an open epoch", ClaimError::EpochNotClosed);
	chain.advance_to(Timing::FAST.epoch_end(EPOCH));

	let root_budget = emission::root_budget(emission::epoch_budget(&Timing::FAST, EPOCH));
	let pot = chain.read(|| Emission::epoch_total(EPOCH).pot);
	assert!(pot > 0, "there were fees");
	let total: u128 = weights.iter().sum();
	let mut paid = (0, 0);
	for ((validator, weight), delegate_percent) in (0..).zip(weights).zip([SHARE_PERCENT, 0]) {
		let minted = root_budget * weight / total;
		let from_pot = pot * weight / total;
		let share = |part: u128| part * u128::from(delegate_percent) / 100;
		let delegate = share(minted) + share(from_pot);
		is_claimed(chain, validator, [minted, from_pot, delegate]);
		paid = (paid.0 + minted, paid.1 + from_pot);
		chain
			.attempt(Ferdie, claim(validator, 1))
			.is_error("claimed twice", ClaimError::NothingToClaim);
		let rewards = chain.read(|| Emission::rewards(validator, EPOCH, 1));
		assert_eq!((rewards.claimable, rewards.claimed), (0, minted + from_pot));
	}
	for (whole, paid) in [(root_budget, paid.0), (pot, paid.1)] {
		assert!(paid <= whole && whole - paid < 2, "rounding leaves less than a planck each");
	}
	assert_eq!(chain.read(|| Emission::epoch_total(EPOCH).pot_left), pot - paid.1);
	chain.attempt(Ferdie, claim(3, 1)).is_error("who proved nothing", ClaimError::NothingToClaim);
	chain.attempt(Ferdie, claim(9, 1)).is_error("nobody", ClaimError::UnknownValidator);
	chain.next_block();
}

fn claim(validator: ValidatorId, count: u32) -> pallet_emission::Call<Runtime> {
	pallet_emission::Call::claim { validator, first_epoch: EPOCH, count }
}

/// Claims a validator's reward: what is minted, what comes from the pot, and what of both the delegate
/// gets; the cold key gets the rest.
#[track_caller]
fn is_claimed(chain: &mut Chain, validator: ValidatorId, [minted, from_pot, delegate]: [u128; 3]) {
	let reward = minted + from_pot;
	let rewards = chain.read(|| Emission::rewards(validator, EPOCH, 1));
	assert_eq!((rewards.claimable, rewards.claimed), (reward, 0));
	let cold: Sr25519Keyring = MINERS[validator as usize].cold;
	let state = |chain: &mut Chain| {
		chain.read(|| {
			let [cold, two] = [cold, Two].map(|who| Balances::free_balance(who.to_account_id()));
			[cold, two, pallet_emission::Minted::<Runtime>::get()]
		})
	};
	let before = state(chain);
	chain.succeed(Ferdie, claim(validator, 1));
	let after = state(chain);
	let [to_cold, to_two, new] = core::array::from_fn(|i| after[i] - before[i]);
	assert_eq!(to_cold, reward - delegate, "the cold key gets the owner's part");
	assert_eq!(to_two, delegate, "the destination gets the delegate's");
	assert_eq!(new, minted, "and no more is minted");
}
