//! Hostile earners on the real runtime: pulses answered twice, roles that are only shown, rewards paid twice.
//!
//! | attack | gain | cost |
//! |---|---|---|
//! | a second heartbeat in a pulse, from a new hot key | 0 W | the fees |
//! | a second identity after an exit, on the same epoch | 0 W | the fees, the old identity's rewards |
//! | a higher role for one pulse | that pulse's, for a bond that it had anyway | the fees, a node's deposit |
//! | a claim twice in a batch, or through a proxy | 0 W | the fees |
//! | a proxy that may not transfer, and names itself | 0 W | the fees |

use crate::{
	attacks::{claim, earn, figures, participate, reward, to_epoch, wealth},
	chain::Chain,
	work::{heartbeat, network, node_call, peer_id, MINERS},
};
use pallet_presence::{Call as Presence, Error};
use pallet_validators::Call as Validators;
use sp_keyring::Sr25519Keyring::{Ferdie, One, Two};
use sp_runtime::{DispatchError, MultiAddress};
use woppal_protocol::{
	emission::weight_of,
	identity::{NodeBitmap, Role, RAMP_ONE},
	network::Deposits,
	time::Timing,
	ValidatorId, ROOT_SUBNET,
};
use woppal_runtime::{configs::ProxyType, Emission, Runtime, RuntimeCall, RuntimeEvent, WOPPAL};

/// Goes to the next pulse, behind the block that may start a session and be full with that.
fn next_pulse(chain: &mut Chain) {
	let pulse = Timing::FAST.pulse_of(chain.number());
	chain.advance_to((pulse + 1) * Timing::FAST.pulse + 2);
}

fn up(nodes: &[u16]) -> Presence<Runtime> {
	let mut bitmap = NodeBitmap::default();
	nodes.iter().for_each(|node| bitmap.insert(*node));
	Presence::heartbeat { nodes: bitmap }
}

/// A validator's weight in the current epoch.
fn weight(chain: &mut Chain, validator: ValidatorId) -> u128 {
	let epoch = Timing::FAST.epoch_of(chain.number());
	reward(chain, validator, epoch).map_or(0, |reward| reward.weight)
}

/// What a pulse at the foot of the ramp weighs.
fn pulse_of(role: Role) -> u128 {
	weight_of(u64::from(role.multiplier_percent() * RAMP_ONE / 10), 0)
}

fn deregister(node: [u8; 32]) -> Validators<Runtime> {
	Validators::deregister_node { subnet: ROOT_SUBNET, peer_id: peer_id(&node) }
}

#[test]
fn a_pulse_is_answered_once_whatever_keys_answer_it() {
	let mut chain = network(1);
	let miner = MINERS[0];
	earn(&mut chain, &miner);
	let once = weight(&mut chain, miner.id);
	assert_eq!(once, pulse_of(Role::Miner));
	let before = wealth(&mut chain, &miner.cold);
	let again = |chain: &mut Chain, who| chain.attempt(who, heartbeat());
	again(&mut chain, miner.hot).is_error("again", Error::<Runtime>::AlreadyAnswered);
	again(&mut chain, miner.cold).is_error("by the cold key", Error::<Runtime>::NotValidator);
	chain.succeed(miner.cold, Validators::rotate_hot_key { new: Two.to_account_id() });
	chain.succeed(
		Ferdie,
		pallet_balances::Call::transfer_keep_alive {
			dest: MultiAddress::Id(Two.to_account_id()),
			value: WOPPAL,
		},
	);
	again(&mut chain, Two).is_error("by a new hot key", Error::<Runtime>::AlreadyAnswered);
	again(&mut chain, miner.hot).is_error("by the old one", Error::<Runtime>::NotValidator);
	assert_eq!(weight(&mut chain, miner.id), once);
	figures("a second heartbeat in a pulse", 0, before - wealth(&mut chain, &miner.cold));
	// The next pulse is the new hot key's.
	next_pulse(&mut chain);
	chain.succeed(Two, heartbeat());
	assert_eq!(weight(&mut chain, miner.id), 2 * once);
	chain.next_block();
}

#[test]
fn an_identity_that_comes_back_does_not_earn_in_the_same_epoch() {
	let mut chain = network(1);
	let miner = MINERS[0];
	earn(&mut chain, &miner);
	let lost = weight(&mut chain, miner.id);
	chain.succeed(miner.hot, deregister(miner.hot.to_raw_public()));
	chain.succeed(miner.cold, Validators::exit {});
	// With a bond of its own, which counts from the next epoch on; the old one unbonds.
	let bond = Role::Miner.required_bond(Deposits::FAST.bond);
	let hot_key = miner.hot.to_account_id();
	chain.succeed(miner.cold, Validators::register { hot_key, bond });
	chain.succeed(miner.hot, node_call(Role::Miner, miner.hot.to_raw_public()));
	participate(&mut chain, 1);
	let early = chain.attempt(miner.hot, heartbeat());
	early.is_error("in the same epoch", Error::<Runtime>::NotEarning);
	let epoch = Timing::FAST.epoch_of(chain.number());
	assert_eq!(
		chain.read(|| Emission::epoch_total(epoch)).total_weight,
		0,
		"nothing of it is left"
	);
	assert!(lost > 0);
	figures("a second identity in an epoch", 0, early.fee());
	to_epoch(&mut chain, epoch + 1);
	chain.succeed(miner.hot, heartbeat());
	assert_eq!(weight(&mut chain, 1), pulse_of(Role::Miner));
	chain.next_block();
}

#[test]
fn a_role_counts_in_the_pulses_in_which_its_node_is_up() {
	let mut chain = network(1);
	let miner = MINERS[0];
	participate(&mut chain, miner.id);
	// Its miner has index 0; a relay gets 1, and stays alone with that.
	chain.succeed(miner.hot, node_call(Role::Relay, [1; 32]));
	chain.succeed(miner.hot, deregister(miner.hot.to_raw_public()));
	chain.succeed(miner.hot, up(&[1]));
	let mut expected = pulse_of(Role::Relay);
	assert_eq!(weight(&mut chain, miner.id), expected);
	// Bits of no node bring nothing, whatever was there before.
	next_pulse(&mut chain);
	for bits in [&[][..], &[0], &[511], &[512, u16::MAX], &[0, 2, 511]] {
		let attempt = chain.attempt(miner.hot, up(bits));
		attempt.is_error(&format!("{bits:?}"), Error::<Runtime>::NotEarning);
	}
	// A miner shown for one pulse of the epoch brings that pulse, and takes the free index.
	chain.succeed(miner.hot, node_call(Role::Miner, [2; 32]));
	chain.succeed(miner.hot, heartbeat());
	expected += pulse_of(Role::Miner);
	assert_eq!(weight(&mut chain, miner.id), expected);
	chain.succeed(miner.hot, deregister([2; 32]));
	next_pulse(&mut chain);
	// Nor does its bit bring its role after it is gone.
	chain.attempt(miner.hot, up(&[0])).is_error("gone", Error::<Runtime>::NotEarning);
	chain.succeed(miner.hot, up(&[0, 1]));
	expected += pulse_of(Role::Relay);
	assert_eq!(weight(&mut chain, miner.id), expected);
	// Without the bond that the role needs it brings nothing, not even as the lower role that is up too.
	let unbond = Role::Miner.required_bond(Deposits::FAST.bond) / 2;
	chain.succeed(miner.cold, pallet_stake::Call::unbond_bond { amount: unbond });
	chain.succeed(miner.hot, node_call(Role::Miner, [3; 32]));
	next_pulse(&mut chain);
	chain.attempt(miner.hot, heartbeat()).is_error("bond", Error::<Runtime>::NotEarning);
	chain.succeed(miner.hot, up(&[1]));
	assert_eq!(weight(&mut chain, miner.id), expected + pulse_of(Role::Relay));
	chain.next_block();
}

#[test]
fn a_reward_is_paid_once_whoever_claims_it_how_often() {
	let mut chain = network(1);
	let miner = MINERS[0];
	earn(&mut chain, &miner);
	let epoch = Timing::FAST.epoch_of(chain.number());
	to_epoch(&mut chain, epoch + 1);
	let due = reward(&mut chain, miner.id, epoch).unwrap();
	assert!(due.owner_part > 0 && due.delegate_part == 0);
	let (before, fees) = (wealth(&mut chain, &miner.cold), wealth(&mut chain, &One));
	// The same epoch by three ranges in one batch, of which the first pays.
	chain.succeed(
		Ferdie,
		pallet_balances::Call::transfer_keep_alive {
			dest: MultiAddress::Id(One.to_account_id()),
			value: WOPPAL,
		},
	);
	let funded = wealth(&mut chain, &One);
	assert_eq!(funded - fees, WOPPAL);
	let range = |first_epoch, count| -> RuntimeCall {
		pallet_emission::Call::claim { validator: miner.id, first_epoch, count }.into()
	};
	let calls = vec![range(0, epoch + 1), range(epoch, 1), range(0, epoch + 1)];
	chain.succeed(One, pallet_utility::Call::force_batch { calls });
	assert_eq!(wealth(&mut chain, &miner.cold) - before, due.owner_part);
	// And again through a proxy of the cold key.
	let delegate = MultiAddress::Id(One.to_account_id());
	let (proxy_type, delay) = (ProxyType::Work, 0);
	chain.succeed(miner.cold, pallet_proxy::Call::add_proxy { delegate, proxy_type, delay });
	let before = wealth(&mut chain, &miner.cold);
	let real = MultiAddress::Id(miner.cold.to_account_id());
	let call = Box::new(claim(miner.id, epoch).into());
	chain.succeed(One, pallet_proxy::Call::proxy { real, force_proxy_type: None, call });
	assert_eq!(wealth(&mut chain, &miner.cold), before);
	chain
		.attempt(One, claim(miner.id, epoch))
		.is_error("again", pallet_emission::Error::<Runtime>::NothingToClaim);
	figures("a reward claimed five times", 0, funded - wealth(&mut chain, &One));
	chain.next_block();
}

#[test]
fn a_proxy_that_may_not_transfer_names_nobody_who_gets_anything() {
	let mut chain = network(1);
	let (miner, proxy) = (MINERS[0], Ferdie);
	let delegate = MultiAddress::Id(proxy.to_account_id());
	let (proxy_type, delay) = (ProxyType::NonTransfer, 0);
	chain.succeed(miner.cold, pallet_proxy::Call::add_proxy { delegate, proxy_type, delay });
	let result_of = |chain: &mut Chain, call: RuntimeCall| {
		let (real, call) = (MultiAddress::Id(miner.cold.to_account_id()), Box::new(call));
		let force_proxy_type = None;
		let events =
			chain.succeed(proxy, pallet_proxy::Call::proxy { real, force_proxy_type, call });
		events
			.into_iter()
			.find_map(|event| match event {
				RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
				_ => None,
			})
			.unwrap()
	};
	let new = proxy.to_account_id();
	let filtered = DispatchError::from(frame_system::Error::<Runtime>::CallFiltered);
	let before = wealth(&mut chain, &miner.cold);
	let thefts: [RuntimeCall; 5] = [
		Validators::announce_cold_rotation { new: new.clone() }.into(),
		Validators::set_recovery { validator: miner.id, recovery: Some(new.clone()) }.into(),
		Validators::invite_delegate { account: new.clone(), share_percent: 95 }.into(),
		Validators::set_destination { validator: miner.id, destination: new.clone() }.into(),
		pallet_balances::Call::transfer_allow_death { dest: MultiAddress::Id(new), value: WOPPAL }
			.into(),
	];
	for theft in &thefts {
		assert_eq!(result_of(&mut chain, theft.clone()), Err(filtered), "{theft:?}");
	}
	// Nor inside of a batch.
	let calls = thefts.to_vec();
	let batch = pallet_utility::Call::batch_all { calls };
	assert!(result_of(&mut chain, batch.into()).is_err());
	assert_eq!(wealth(&mut chain, &miner.cold), before);
	// What keeps a validator going is allowed.
	let more = pallet_stake::Call::bond_extra { amount: WOPPAL };
	assert_eq!(result_of(&mut chain, more.into()), Ok(()));
	chain.next_block();
}
