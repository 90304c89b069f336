//! Random histories: whatever owners do between sessions, every set that follows another keeps the rules.

use crate::{mock::*, plan::Bounds, *};
use frame::testing_prelude::*;
use proptest::prelude::{prop_oneof, proptest, Just, ProptestConfig, Strategy};
use std::collections::BTreeSet;
use woppal_protocol::traits::{Expel, OnStanding};

/// Validators of a history.
const CROWD: ValidatorId = 24;

/// What can happen between sessions.
#[derive(Clone, Debug)]
enum Step {
	/// A validator registers, if it has not, and joins.
	Join(ValidatorId, u128),
	Leave(ValidatorId),
	Prove(ValidatorId),
	Fail(ValidatorId),
	Purge(ValidatorId),
	Keys(ValidatorId),
	/// A validator takes another account, possibly of genesis or another's former one, and tries to join.
	Rotate(ValidatorId, u64),
	Expel(ValidatorId),
	ExpelGenesis(u64),
	Exit(ValidatorId),
	/// Ends so many sessions.
	Sessions(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let who = || 1..=CROWD;
	prop_oneof![
		8 => (who(), 0..4u128).prop_map(|(v, bonds)| Step::Join(v, bonds * GATE_BOND)),
		2 => who().prop_map(Step::Leave),
		6 => who().prop_map(Step::Prove),
		2 => who().prop_map(Step::Fail),
		1 => who().prop_map(Step::Purge),
		2 => who().prop_map(Step::Keys),
		2 => (who(), prop_oneof![1..=6u64, 101..=124u64, Just(901)])
			.prop_map(|(v, account)| Step::Rotate(v, account)),
		1 => who().prop_map(Step::Expel),
		1 => (1..=6u64).prop_map(Step::ExpelGenesis),
		1 => who().prop_map(Step::Exit),
		8 => (1..4u32).prop_map(Step::Sessions),
	]
}

fn hot_of(validator: ValidatorId) -> Option<u64> {
	Registry::mutate(|all| all.get(&validator).map(|known| known.hot))
}

fn has_keys(account: u64) -> bool {
	pallet_session::NextKeys::<Test>::contains_key(account)
}

/// Whether an account is free to become a hot key.
fn is_free(account: u64) -> bool {
	<Table as Identities<u64>>::by_hot_key(&account).is_none()
}

fn take(step: &Step) {
	match *step {
		Step::Join(v, bond) => {
			if hot_of(v).is_none() && is_free(hot(v)) {
				add_validator(v, bond);
			}
			if let Some(account) = hot_of(v) {
				let _ = Gate::join(RuntimeOrigin::signed(account));
			}
		},
		Step::Leave(v) => {
			if let Some(account) = hot_of(v) {
				let _ = Gate::leave(RuntimeOrigin::signed(account));
			}
		},
		Step::Prove(v) if hot_of(v).is_some() => {
			change(v, |known| known.participation = Some(Gate::current_epoch()));
			Gate::on_standing_changed(v);
		},
		Step::Fail(v) if hot_of(v).is_some() => fail(v),
		Step::Purge(v) => {
			if let Some(account) = hot_of(v).filter(|account| has_keys(*account)) {
				purge_keys(account);
			}
		},
		Step::Keys(v) => {
			if let Some(account) = hot_of(v) {
				set_keys(account, keys_of(account));
			}
		},
		Step::Rotate(v, account) => {
			if hot_of(v).is_some() && is_free(account) {
				change(v, |known| known.hot = account);
				let _ = Gate::join(RuntimeOrigin::signed(account));
			}
		},
		Step::Expel(v) => Gate::expel(v),
		Step::ExpelGenesis(account) => Gate::expel_genesis_authority(&account),
		Step::Exit(v) => exit(v),
		Step::Sessions(n) => (0..n).for_each(|_| checked_session()),
		Step::Prove(_) | Step::Fail(_) => {},
	}
}

/// Ends a session and compares the set that was chosen with the one before.
fn checked_session() {
	let last = NextSet::<Test>::get();
	let genesis = GenesisAuthorities::<Test>::get();
	System::set_block_number((System::block_number() / TIMING.session + 1) * TIMING.session);
	let grace = Gate::has_grace();
	// Before the choice: the mark of one that exited goes with its seat.
	let out: BTreeSet<u64> = last
		.iter()
		.filter(|seat| match seat.validator {
			Some(validator) => Gate::is_expelled(validator),
			None => !genesis.contains(&seat.account),
		})
		.map(|seat| seat.account)
		.collect();
	let is_out = |seat: &Seat<u64>| out.contains(&seat.account);
	Session::on_initialize(System::block_number());
	let next = NextSet::<Test>::get();

	let in_next: BTreeSet<u64> = next.iter().map(|seat| seat.account).collect();
	let validators: BTreeSet<_> = next.iter().filter_map(|seat| seat.validator).collect();
	if last.iter().all(|seat| !has_keys(seat.account)) && next == last {
		// Nobody to choose from.
		return;
	}
	assert!(next.iter().all(|seat| has_keys(seat.account)));
	let bounds = Bounds::after(last.len(), 4, 64);
	assert!(!next.is_empty() && next.len() <= bounds.ceiling);

	let stays = |seat: &Seat<u64>| {
		in_next.contains(&seat.account) || seat.validator.is_some_and(|v| validators.contains(&v))
	};
	let left: Vec<_> = last.iter().filter(|seat| !stays(seat)).collect();
	let forced = left.iter().filter(|seat| !has_keys(seat.account) || is_out(seat)).count();
	assert!(left.len() - forced <= bounds.leaving, "{left:?}");
	let expelled = left.iter().filter(|seat| has_keys(seat.account) && is_out(seat)).count();
	assert!(expelled <= bounds.expelled + bounds.leaving);

	let is_new = |seat: &&Seat<u64>| {
		last.iter().all(|old| {
			old.account != seat.account
				&& (old.validator != seat.validator || seat.validator.is_none())
		})
	};
	let newcomers = next.iter().filter(is_new).count();
	let staying = next.len() - newcomers;
	// Two seats of which one moved to the other's account are one.
	let merged = last.len() - left.len() - staying;
	let missing = (bounds.floor + forced + merged).saturating_sub(last.len());
	assert!(
		newcomers <= 1 || newcomers * 3 <= next.len() || newcomers <= missing,
		"{newcomers} beside {staying}"
	);

	for seat in last.iter().filter(|seat| grace && genesis.contains(&seat.account)) {
		assert!(stays(seat) || !has_keys(seat.account) || is_out(seat), "{seat:?} had grace");
	}
	assert_ok!(Gate::do_try_state());
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

	#[test]
	fn every_set_that_follows_another_keeps_the_rules(
		authorities in 1..=6u64,
		grace in 0..6u32,
		steps in proptest::collection::vec(step(), 1..120),
	) {
		Genesis::set((1..=authorities).collect());
		GraceEpochs::set(grace);
		build_and_execute(|| {
			for step in &steps {
				take(step);
				assert_ok!(Gate::do_try_state());
			}
		});
	}
}
