//! Genesis, the calls and the getters.

use crate::{mock::*, *};
use frame::testing_prelude::*;
use woppal_protocol::{
	network::{Deposits, NetworkParameters},
	time::Timing,
	traits::Network as _,
};

/// A live network's parameters.
const LIVE: NetworkParameters =
	NetworkParameters { timing: Timing::MAINNET, deposits: Deposits::LIVE, live: true };

fn faucet(dest: u64) -> DispatchResult {
	Network::faucet(RuntimeOrigin::signed(RICH), dest)
}

fn getters() -> (u64, u64, u32, u64) {
	(
		ExpectedBlockTime::<Test>::get(),
		<SessionLength<Test> as Get<u64>>::get(),
		<SessionLength<Test> as Get<u32>>::get(),
		MinimumPeriod::<Test>::get(),
	)
}

// Genesis.

#[test]
fn getters_follow_genesis() {
	new_test_ext().build_and_execute(|| {
		assert_eq!(Network::parameters(), FAST);
		assert_eq!(Network::timing(), Timing::FAST);
		assert_eq!(getters(), (2_000, 30, 30, 1_000));
	});
	ext_with(LIVE).build_and_execute(|| assert_eq!(getters(), (6_000, 600, 600, 3_000)));
}

#[test]
fn the_defaults_are_those_of_a_live_mainnet() {
	TestState::default().build_and_execute(|| {
		assert_eq!(Network::parameters(), LIVE);
		assert_eq!(getters(), (6_000, 600, 600, 3_000));
	});
	assert_eq!(GenesisConfig::<Test>::default().parameters, LIVE);
}

#[test]
#[should_panic(expected = "genesis names an invalid timing")]
fn a_genesis_with_an_invalid_timing_does_not_build() {
	let timing = Timing { pulse: 7, ..Timing::FAST };
	ext_with(NetworkParameters { timing, ..FAST });
}

#[test]
fn the_genesis_hash_is_that_of_block_0() {
	new_test_ext().build_and_execute(|| {
		let hash = H256::repeat_byte(9);
		System::set_block_number(0);
		System::initialize(&1, &hash, &Default::default());
		assert_eq!(Network::genesis_hash(), hash);
		// It stays when others are pruned.
		System::finalize();
		let last = <<Test as frame_system::Config>::BlockHashCount as Get<u32>>::get() + 5;
		for block in 2..=last {
			System::initialize(&block, &H256::repeat_byte(1), &Default::default());
			System::finalize();
		}
		assert_eq!(System::block_hash(1), H256::zero());
		assert_eq!(Network::genesis_hash(), hash);
	});
}

// Deposits.

#[test]
fn governance_sets_the_deposits() {
	new_test_ext().build_and_execute(|| {
		for (origin, start) in [(RuntimeOrigin::root(), 5), (RuntimeOrigin::signed(GOVERNOR), 6)] {
			let deposits = Deposits { start, ..Deposits::LIVE };
			assert_ok!(Network::set_deposits(origin, deposits));
			assert_eq!(Network::parameters(), NetworkParameters { deposits, ..FAST });
			System::assert_last_event(Event::DepositsSet { deposits }.into());
		}
	});
}

#[test]
fn no_one_else_sets_the_deposits() {
	new_test_ext().build_and_execute(|| {
		for origin in [RuntimeOrigin::signed(RICH), RuntimeOrigin::none()] {
			assert_noop!(Network::set_deposits(origin, Deposits::LIVE), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn no_deposit_may_be_zero() {
	new_test_ext().build_and_execute(|| {
		for deposits in [
			Deposits { start: 0, ..Deposits::LIVE },
			Deposits { node: 0, ..Deposits::LIVE },
			Deposits { metadata: 0, ..Deposits::LIVE },
			Deposits { project: 0, ..Deposits::LIVE },
			Deposits { bond: 0, ..Deposits::LIVE },
			Deposits { delegation: 0, ..Deposits::LIVE },
			Deposits { gate_bond: 0, ..Deposits::LIVE },
		] {
			assert_noop!(
				Network::set_deposits(RuntimeOrigin::root(), deposits),
				Error::<Test>::ZeroDeposit
			);
		}
	});
}

// The faucet.

#[test]
fn the_faucet_moves_tokens() {
	new_test_ext().build_and_execute(|| {
		assert_ok!(faucet(9));
		assert_eq!(Balances::free_balance(9), AMOUNT);
		assert_eq!(Balances::free_balance(Network::faucet_account()), STOCK - AMOUNT);
		System::assert_last_event(Event::FaucetPaid { dest: 9, amount: AMOUNT }.into());
	});
}

#[test]
fn the_faucet_needs_a_signature() {
	new_test_ext().build_and_execute(|| {
		assert_noop!(Network::faucet(RuntimeOrigin::none(), 9), DispatchError::BadOrigin);
		assert_noop!(Network::faucet(RuntimeOrigin::root(), 9), DispatchError::BadOrigin);
	});
}

#[test]
fn the_faucet_serves_only_those_below_the_threshold() {
	new_test_ext().build_and_execute(|| {
		assert_noop!(faucet(FUNDED), Error::<Test>::AlreadyFunded);
		assert_noop!(faucet(Network::faucet_account()), Error::<Test>::AlreadyFunded);
		assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(FUNDED), RICH, 1));
		assert_ok!(faucet(FUNDED));
		assert_noop!(faucet(FUNDED), Error::<Test>::AlreadyFunded);
	});
}

#[test]
fn the_faucet_runs_dry_but_its_account_lives() {
	new_test_ext().build_and_execute(|| {
		assert_ok!(faucet(8));
		assert_ok!(faucet(9));
		assert_noop!(faucet(10), Error::<Test>::FaucetEmpty);
		assert_eq!(Balances::free_balance(Network::faucet_account()), 1);
	});
}

#[test]
fn a_live_network_has_no_faucet() {
	ext_with(LIVE).build_and_execute(|| {
		assert_noop!(faucet(9), Error::<Test>::LiveNetwork);
	});
}
