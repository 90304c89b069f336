//! Every call: that it works, each of its errors, its events, wrong origins; then the traits, attacks,
//! the invariants and random call sequences.

use crate::{
	mock::{Validators, *},
	*,
};
use frame::{testing_prelude::*, token::fungible::hold::Inspect as _};
use woppal_protocol::{
	traits::{Identities, OffenceRecord, Payees, Roles, WithdrawalFreeze},
	ROOT_SUBNET, WOPPAL,
};

mod attacks;
mod keys;
mod nodes;
mod random;
mod rotation;
mod state;
mod terms;
mod thief;

type Record = crate::Validators<Test>;

fn signed(n: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(n))
}

/// Cold key `n`, hot key `100 + n`.
fn register(n: u8, bond: Balance) {
	assert_ok!(Validators::register(signed(n), account(100 + n), bond));
}

fn add_node(n: u8, role: Role, number: u16) -> DispatchResult {
	let (peer_id, key) = (peer(number), node_key(number));
	Validators::register_node(signed(n), ROOT_SUBNET, role, peer_id, key, address(1), 0)
}

fn remove_node(n: u8, number: u16) -> DispatchResult {
	Validators::deregister_node(signed(n), ROOT_SUBNET, peer(number))
}

fn held(reason: HoldReason, n: u8) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account(n))
}

fn free(n: u8) -> Balance {
	Balances::free_balance(account(n))
}

fn last_event(event: Event<Test>) {
	System::assert_last_event(event.into());
}

/// The nodes with these indices.
fn up(indices: &[u16]) -> NodeBitmap {
	let mut map = NodeBitmap::default();
	indices.iter().for_each(|index| map.insert(*index));
	map
}

/// The multiplier in the root subnet with all nodes up.
fn multiplier(validator: ValidatorId) -> Option<u32> {
	Validators::earning_multiplier(validator, ROOT_SUBNET, &NodeBitmap::ALL)
}

/// The delegate of validator 0 (cold key 1) is account 9 with a share of 50 %.
fn make_delegate() {
	assert_ok!(Validators::invite_delegate(signed(1), account(9), 50));
	assert_ok!(Validators::accept_delegation(signed(9), 0, 50));
}

/// Validator 0 (cold key 1, hot key 101) has delegate 9.
fn with_delegate() {
	register(1, WOPPAL);
	make_delegate();
}

/// Validator 0 (cold key 1, bond 100 W) has recovery account 8, which binds.
fn with_recovery() {
	register(1, 100 * WOPPAL);
	assert_ok!(Validators::set_recovery(signed(1), 0, Some(account(8))));
	pass(WAIT);
}

#[docify::export]
#[test]
fn a_bonded_miner_earns_from_the_next_epoch() {
	build_and_execute(|| {
		let (cold, hot) = (account(1), account(101));
		assert_ok!(Validators::register(RuntimeOrigin::signed(cold), hot.clone(), 100 * WOPPAL));
		assert_ok!(Validators::register_node(
			RuntimeOrigin::signed(hot.clone()),
			ROOT_SUBNET,
			Role::Miner,
			peer(1),
			node_key(1),
			address(80),
			0
		));
		let validator = Validators::by_hot_key(&hot).unwrap();
		// Its first node has index 0.
		let is_up = up(&[0]);
		assert_eq!(Validators::earning_multiplier(validator, ROOT_SUBNET, &is_up), None);
		next_epoch();
		assert_eq!(Validators::earning_multiplier(validator, ROOT_SUBNET, &is_up), Some(400));
	});
}

#[test]
fn every_call_needs_a_signature() {
	build_and_execute(|| {
		let calls: [fn(RuntimeOrigin) -> DispatchResult; 18] = [
			|o| Validators::register(o, account(2), WOPPAL),
			|o| Validators::rotate_hot_key(o, account(2)),
			|o| Validators::announce_cold_rotation(o, account(2)),
			|o| Validators::execute_cold_rotation(o, 0),
			|o| Validators::cancel_cold_rotation(o, 0),
			|o| Validators::set_recovery(o, 0, None),
			|o| Validators::invite_delegate(o, account(2), 1),
			Validators::clear_delegate,
			|o| Validators::accept_delegation(o, 0, 1),
			|o| Validators::resign_delegation(o, 0),
			|o| Validators::set_destination(o, 0, account(2)),
			|o| Validators::set_commission(o, 0),
			|o| Validators::register_node(o, 0, Role::Miner, peer(1), [1; 32], address(1), 0),
			|o| Validators::update_node(o, 0, peer(1), address(1), 0),
			|o| Validators::deregister_node(o, 0, peer(1)),
			|o| Validators::set_metadata(o, Metadata::default()),
			Validators::clear_metadata,
			Validators::exit,
		];
		for call in calls {
			assert_noop!(call(RuntimeOrigin::none()), BadOrigin);
			assert_noop!(call(RuntimeOrigin::root()), BadOrigin);
		}
	});
}

#[test]
fn calls_of_the_cold_key_refuse_strangers_and_the_hot_key() {
	build_and_execute(|| {
		register(1, WOPPAL);
		let calls: [fn(RuntimeOrigin) -> DispatchResult; 9] = [
			|o| Validators::rotate_hot_key(o, account(3)),
			|o| Validators::announce_cold_rotation(o, account(3)),
			|o| Validators::set_recovery(o, 0, Some(account(3))),
			|o| Validators::invite_delegate(o, account(3), 1),
			Validators::clear_delegate,
			|o| Validators::set_commission(o, 0),
			|o| Validators::set_metadata(o, Metadata::default()),
			Validators::clear_metadata,
			Validators::exit,
		];
		for (n, call) in [101, 2].into_iter().flat_map(|n| calls.map(|call| (n, call))) {
			assert_noop!(call(signed(n)), Error::<Test>::NotColdKey);
		}
	});
}
