//! Who gets a fee's parts (PROTOCOL §4): the creator of a project only for what was sent to it directly and
//! succeeded.

use crate::{
	chain::{Attempt, Chain, FeeParts},
	work::{evaluate, open_and_prove, prove_call, register, register_project, Plan, MINERS},
};
use sp_keyring::Sr25519Keyring::{self, Alice, Ferdie, Two};
use sp_runtime::MultiAddress;
use woppal_protocol::{time::Timing, H256};
use woppal_runtime::{
	AccountId, Balance, Balances, Emission, Runtime, RuntimeCall, RuntimeEvent, WOPPAL,
};

/// The project's creator, who does nothing else.
const CREATOR: Sr25519Keyring = Ferdie;

/// A network with a miner that earns and a project with a creator.
fn network() -> Chain {
	let mut chain = Chain::new();
	register_project(&mut chain, Some(CREATOR.to_account_id()));
	register(&mut chain, &MINERS[0]);
	chain.advance_to(Timing::FAST.epoch_start(1));
	chain
}

/// The fee was split, and this creator got its part.
#[track_caller]
fn is_split(case: &str, attempt: &Attempt, creator: Option<AccountId>) {
	let fee = attempt.fee();
	let parts = FeeParts::of(fee);
	let treasury = parts.treasury + if creator.is_some() { 0 } else { parts.creator };
	let creator = creator.map(|creator| (creator, parts.creator));
	let split = pallet_emission::Event::<Runtime>::FeeSplit {
		fee,
		burned: parts.burned,
		pot: parts.pot,
		creator,
		treasury,
	};
	assert!(fee > 0 && attempt.has(split), "{case}: {:?}", attempt.events);
	assert_eq!(attempt.after.pot - attempt.before.pot, parts.pot, "{case}");
	assert_eq!(attempt.after.treasury - attempt.before.treasury, treasury, "{case}");
}

#[test]
fn a_creator_gets_a_part_of_successful_calls_only() {
	let mut chain = network();
	let (bob, creator) = (MINERS[0].hot, CREATOR.to_account_id());
	let plan = Plan::new(0, 1, -50);
	let balance = |chain: &mut Chain| chain.read(|| Balances::free_balance(&creator));
	let before = balance(&mut chain);
	let mut earned: Balance = 0;

	let start = plan.start_call(&mut chain);
	let attempt = chain.attempt(bob, start.clone());
	is_split("a start", &attempt, Some(creator.clone()));
	earned += FeeParts::of(attempt.fee()).creator;
	chain.succeed(bob, start.clone());
	is_split("a start that fails", &chain.attempt(bob, start), None);

	let attempt = chain.attempt(bob, plan.commit_call());
	is_split("a commit", &attempt, Some(creator.clone()));
	earned += FeeParts::of(attempt.fee()).creator;
	let id = plan.commit(&mut chain);

	let evaluation = evaluate(&mut chain, &plan, id);
	let call = prove_call(&mut chain, id, &evaluation);
	let attempt = chain.attempt(bob, call.clone());
	is_split("a proof", &attempt, Some(creator.clone()));
	earned += FeeParts::of(attempt.fee()).creator;
	chain.succeed(bob, call.clone());
	is_split("a proof that comes twice", &chain.attempt(bob, call), None);
	assert_eq!(balance(&mut chain) - before, earned, "and nothing else");

	let cancel = pallet_agent_commit::Call::<Runtime>::cancel { blinded: H256::zero() };
	is_split("a call that names no project", &chain.attempt(bob, cancel), None);
	let dest = MultiAddress::Id(Two.to_account_id());
	let transfer = pallet_balances::Call::<Runtime>::transfer_keep_alive { dest, value: WOPPAL };
	is_split("any other call", &chain.attempt(bob, transfer), None);
	chain.next_block();
	crate::import::imports_natively(chain.history());
}

#[test]
fn calls_inside_of_others_name_no_creator() {
	let mut chain = network();
	let bob = MINERS[0].hot;
	let inner = RuntimeCall::from(Plan::new(0, 1, 0).start_call(&mut chain));
	let started = |attempt: &Attempt| {
		attempt.events.iter().any(|event| {
			matches!(event, RuntimeEvent::Research(pallet_research::Event::Started { .. }))
		})
	};
	let batch = pallet_utility::Call::<Runtime>::batch_all { calls: vec![inner.clone()] };
	let attempt = chain.attempt(bob, batch);
	assert!(started(&attempt));
	is_split("a batch", &attempt, None);

	let delegate = MultiAddress::Id(Alice.to_account_id());
	let proxy_type = woppal_runtime::configs::ProxyType::Work;
	chain.succeed(bob, pallet_proxy::Call::add_proxy { delegate, proxy_type, delay: 0 });
	let (real, call) = (MultiAddress::Id(bob.to_account_id()), Box::new(inner));
	let proxied = pallet_proxy::Call::<Runtime>::proxy { real, force_proxy_type: None, call };
	let attempt = chain.attempt(Alice, proxied);
	assert!(started(&attempt));
	is_split("a proxy", &attempt, None);
	chain.next_block();
}

#[test]
fn the_pot_holds_thirty_per_cent_of_all_fees_and_pays_all_of_it_with_the_claims() {
	let mut chain = network();
	let miner = MINERS[0];
	open_and_prove(&mut chain, &Plan::new(0, 1, -50));
	chain.succeed(miner.hot, crate::work::heartbeat());
	chain.advance_to(Timing::FAST.epoch_start(2));
	let (account, total) =
		chain.read(|| (Balances::free_balance(Emission::pot_account()), Emission::epoch_total(1)));
	let minimum = woppal_runtime::configs::EXISTENTIAL_DEPOSIT;
	assert!(total.pot > 0, "there were fees");
	assert_eq!(account, minimum + total.pot, "the pot is what its account has");

	let claim = pallet_emission::Call::claim { validator: miner.id, first_epoch: 1, count: 1 };
	let fee = chain.attempt(Ferdie, claim.clone()).fee();
	chain.succeed(Ferdie, claim);
	let after = chain.read(|| Balances::free_balance(Emission::pot_account()));
	// The only validator with weight gets all of it; the claim's own fee goes to the next pot.
	assert_eq!(after, minimum + FeeParts::of(fee).pot);
	chain.next_block();
	crate::import::imports_natively(chain.history());
}
