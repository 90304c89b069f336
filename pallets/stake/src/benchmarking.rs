//! Benchmarks of all dispatchables, and of what other pallets call.

use crate::{
	types::{MovedPart, PoolStake},
	*,
};
use frame::{
	benchmarking::prelude::*,
	token::fungible::{Inspect, Mutate},
};
use woppal_protocol::{
	traits::{Bonds as BondsTrait, Slashable, StakeSnapshot},
	WOPPAL,
};

/// Sets other pallets up.
pub trait BenchmarkHelper<AccountId> {
	/// Makes validator number `n` of the benchmark, with a bond of at least a hundred node deposits and
	/// as much again to spend. Returns its number and cold key.
	///
	/// Errors: whatever stands in the way.
	fn validator(n: u32) -> Result<(ValidatorId, AccountId), DispatchError>;

	/// Lets the validator's delegators earn something in the current epoch, if that can be done.
	fn earn(validator: ValidatorId);
}

/// More than all deposits of one account.
const FUNDS: Balance = 1_000_000 * WOPPAL;
/// What a benchmark delegates.
const STAKE: Balance = 1_000 * WOPPAL;

fn funded<T: Config>(name: &'static str, n: u32) -> T::AccountId {
	let who: T::AccountId = account(name, n, 0);
	T::Currency::set_balance(&who, FUNDS);
	who
}

fn pass_epochs<T: Config>(epochs: u32) {
	let timing = T::Network::parameters().timing;
	let next = timing.epoch_start(Pallet::<T>::epoch().saturating_add(epochs));
	let now = Pallet::<T>::now().saturating_add(1);
	System::<T>::set_block_number(next.max(now).saturated_into());
}

fn pass_block<T: Config>() {
	System::<T>::set_block_number(Pallet::<T>::now().saturating_add(1).saturated_into());
}

/// Validator `n` with a pool in which `who` has stake that counts, and that has `epochs` to settle, in
/// all of which it earned. Its first epoch has a deposit of `who` to settle.
fn pool<T: Config>(
	who: &T::AccountId,
	n: u32,
	epochs: u32,
) -> Result<(ValidatorId, PoolId), BenchmarkError> {
	let (validator, _) = T::BenchmarkHelper::validator(n)?;
	let id = PoolId::Validator(validator);
	Pallet::<T>::do_delegate(who, id, STAKE).map_err(|e| e.error)?;
	pass_epochs::<T>(1);
	Pallet::<T>::do_delegate(who, id, STAKE).map_err(|e| e.error)?;
	for _ in 0..epochs {
		T::BenchmarkHelper::earn(validator);
		pass_epochs::<T>(1);
	}
	Ok((validator, id))
}

/// Gives a position as many locked parts as it takes, each of them slashed since.
fn lock<T: Config>(who: &T::AccountId, id: PoolId) -> Result<(), BenchmarkError> {
	let epoch = Pallet::<T>::epoch();
	let until = Pallet::<T>::in_epochs(T::UnbondingEpochs::get());
	let mut position = Positions::<T>::get(who, id).ok_or("there is no position")?;
	let units = position.stake().units.checked_div(20).unwrap_or(0);
	for n in 0..MAX_MOVED_PARTS {
		// Sources that don't exist: only their exits are asked for.
		let source = PoolId::Validator(u32::MAX.saturating_sub(n));
		let kept = Perquintill::one();
		let stake = PoolStake { units, shares: 0 };
		let part = MovedPart { source, epoch, until, kept, stake };
		position.moved.try_push(part).map_err(|_| "there is no room")?;
		let slashed = Exit { kept: Perquintill::from_percent(95), references: 1 };
		Exits::<T>::insert(source, epoch, slashed);
	}
	Positions::<T>::insert(who, id, position);
	Ok(())
}

/// Fills an account's ledger with `entries` of one source.
fn fill_ledger<T: Config>(
	who: &T::AccountId,
	id: PoolId,
	entries: u32,
) -> Result<(), BenchmarkError> {
	for _ in 0..entries {
		pass_block::<T>();
		let amount = StakeAmount::Plancks(WOPPAL);
		Pallet::<T>::do_unbond(who, id, amount).map_err(|e| e.error)?;
	}
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond_extra() -> Result<(), BenchmarkError> {
		let (validator, cold) = T::BenchmarkHelper::validator(0)?;
		let before = Pallet::<T>::bond(validator);
		let amount = T::Network::parameters().deposits.node;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), amount);

		assert_eq!(Pallet::<T>::bond(validator), before.saturating_add(amount));
		Ok(())
	}

	#[benchmark]
	fn unbond_bond() -> Result<(), BenchmarkError> {
		let (validator, cold) = T::BenchmarkHelper::validator(0)?;
		let before = Pallet::<T>::bond(validator);
		let amount = T::Network::parameters().deposits.node;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), amount);

		assert_eq!(Pallet::<T>::bond(validator), before.saturating_sub(amount));
		Ok(())
	}

	#[benchmark]
	fn delegate(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, 0, s)?;
		lock::<T>(&who, id)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id, STAKE);

		let waiting = Positions::<T>::get(&who, id).and_then(|position| position.waiting);
		assert_eq!(waiting.map(|waiting| waiting.epoch), Some(Pallet::<T>::epoch()));
		Ok(())
	}

	#[benchmark]
	fn unbond(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, 0, s)?;
		lock::<T>(&who, id)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id, StakeAmount::Plancks(STAKE / 2));

		assert_eq!(Ledgers::<T>::get(&who).len(), 1);
		Ok(())
	}

	// Half of the epochs are the one pool's, half the other's.
	#[benchmark]
	fn move_stake(s: Linear<0, 32>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, from) = pool::<T>(&who, 0, 0)?;
		let (validator, to) = pool::<T>(&who, 1, 0)?;
		for _ in 0..s / 2 {
			T::BenchmarkHelper::earn(validator);
			pass_epochs::<T>(1);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), from, to, StakeAmount::Plancks(STAKE / 2), 0);

		assert_eq!(Positions::<T>::get(&who, to).map_or(0, |position| position.moved.len()), 1);
		Ok(())
	}

	// Every entry was slashed.
	#[benchmark]
	fn withdraw(e: Linear<1, 32>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (validator, id) = pool::<T>(&who, 0, 0)?;
		fill_ledger::<T>(&who, id, e)?;
		let epoch = Pallet::<T>::epoch().saturating_sub(1);
		Pallet::<T>::slash(validator, Perbill::from_percent(10), epoch, None);
		pass_epochs::<T>(T::UnbondingEpochs::get().saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Ledgers::<T>::get(&who).is_empty());
		Ok(())
	}

	#[benchmark]
	fn settle(s: Linear<1, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, 0, s)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who), id, s);

		assert_eq!(Pools::<T>::get(id).map(|p| p.next_epoch), Some(Pallet::<T>::epoch()));
		Ok(())
	}

	#[benchmark]
	fn settle_position(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, 0, s)?;
		lock::<T>(&who, id)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), who.clone(), id);

		let kept = Positions::<T>::get(&who, id)
			.map(|position| position.moved.iter().all(|part| part.kept < Perquintill::one()));
		assert_eq!(kept, Some(true));
		Ok(())
	}

	#[benchmark]
	fn open() -> Result<(), BenchmarkError> {
		let who = funded::<T>("owner", 0);
		let amount = T::Network::parameters().deposits.node;

		#[block]
		{
			<Pallet<T> as BondsTrait<_>>::open(ValidatorId::MAX, &who, amount)?;
		}

		assert_eq!(Pallet::<T>::bond(ValidatorId::MAX), amount);
		Ok(())
	}

	#[benchmark]
	fn move_owner(e: Linear<0, 32>) -> Result<(), BenchmarkError> {
		let (validator, cold) = T::BenchmarkHelper::validator(0)?;
		let to = funded::<T>("owner", 0);
		let amount = T::Network::parameters().deposits.node;
		for _ in 0..e {
			pass_block::<T>();
			Pallet::<T>::do_unbond_bond(&cold, amount)?;
		}

		#[block]
		{
			<Pallet<T> as BondsTrait<_>>::move_owner(validator, &cold, &to)?;
		}

		assert_eq!(Owners::<T>::get(&to), Some(validator));
		Ok(())
	}

	#[benchmark]
	fn close(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (validator, _) = pool::<T>(&who, 0, s)?;

		#[block]
		{
			<Pallet<T> as BondsTrait<_>>::close(validator)?;
		}

		assert_eq!(Pallet::<T>::bond(validator), 0);
		Ok(())
	}

	// The bond doesn't cover it, and stake left in every epoch that can be reached.
	#[benchmark]
	fn slash(e: Linear<0, 31>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (validator, id) = pool::<T>(&who, 0, 0)?;
		let cold = Bonds::<T>::get(validator).map(|bond| bond.owner).ok_or("there is no bond")?;
		let epoch = Pallet::<T>::epoch();
		let amount = T::Network::parameters().deposits.node;
		for _ in 0..e {
			pass_block::<T>();
			Pallet::<T>::do_unbond_bond(&cold, amount)?;
		}
		Pallet::<T>::do_unbond(&who, id, StakeAmount::Plancks(WOPPAL)).map_err(|e| e.error)?;
		for _ in 0..T::UnbondingEpochs::get() {
			pass_epochs::<T>(1);
			let amount = StakeAmount::Plancks(WOPPAL);
			Pallet::<T>::do_unbond(&who, id, amount).map_err(|e| e.error)?;
		}
		let reporter = funded::<T>("reporter", 0);
		let before = T::Currency::balance(&reporter);
		let share = Perbill::from_percent(25);
		let slashed;

		#[block]
		{
			slashed =
				Pallet::<T>::slash(validator, Perbill::one(), epoch, Some((&reporter, share)));
		}

		assert!(slashed.own > 0 && slashed.delegated > 0);
		assert_eq!(T::Currency::balance(&reporter), before.saturating_add(slashed.reported));
		assert!(Exits::<T>::iter_prefix_values(id).all(|exit| exit.kept < Perquintill::one()));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
