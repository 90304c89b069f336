//! What the calls do, what others may ask, and what attackers don't get.

mod attacks;
mod bonds;
mod moves;
mod pools;
mod properties;
mod settling;
mod slashes;
mod unbonding;
mod views;

use crate::{mock::*, types::*, *};
use frame::testing_prelude::*;
use woppal_protocol::traits::{Bonds as _, Slashable, StakeSnapshot};

fn delegate(n: u8, pool: PoolId, amount: Balance) {
	assert_ok!(Stake::delegate(by(n), pool, amount));
}

fn unbond(n: u8, pool: PoolId, amount: StakeAmount) {
	assert_ok!(Stake::unbond(by(n), pool, amount));
}

fn move_all(n: u8, from: PoolId, to: PoolId) {
	assert_ok!(Stake::move_stake(by(n), from, to, StakeAmount::All, 0));
}

/// Slashes without a reporter.
fn slash(validator: ValidatorId, percent: u32, epoch: EpochIndex) {
	Stake::slash(validator, Perbill::from_percent(percent), epoch, None);
}

/// Slashes a pool of the minimum delegation until it falls below the existential deposit.
fn lose_everything(epoch: EpochIndex) {
	for _ in 0..60 {
		slash(1, 100, epoch);
	}
	assert_eq!(Balances::free_balance(Stake::pool_account(V1)), 0);
}

fn bond_held(n: u8) -> Balance {
	use frame::traits::fungible::InspectHold;
	Balances::balance_on_hold(&HoldReason::Bond.into(), &acc(n))
}

fn unbonding_held(n: u8) -> Balance {
	use frame::traits::fungible::InspectHold;
	Balances::balance_on_hold(&HoldReason::Unbonding.into(), &acc(n))
}

fn free(n: u8) -> Balance {
	Balances::free_balance(acc(n))
}

fn pool_of(id: PoolId) -> Pool {
	Pools::<Test>::get(id).unwrap()
}
