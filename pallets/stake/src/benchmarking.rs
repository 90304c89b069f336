//! Benchmarks of all dispatchables, and of what other pallets call.

use crate::{
	types::{MovedPart, PoolStake},
	*,
};
use alloc::vec::Vec;
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
	/// as much again to spend, for whose standing everything has to be done that can be. Returns its
	/// number and cold key.
	///
	/// Errors: whatever stands in the way.
	fn validator(n: u32) -> Result<(ValidatorId, AccountId), DispatchError>;

	/// Lets the validator's delegators earn something in the current epoch, if that can be done, and the
	/// validator keep its standing.
	fn earn(validator: ValidatorId);

	/// Makes what is known of a validator's standing untrue, so that the next change of it is noted.
	fn outdate(validator: ValidatorId);
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

/// So many validators with pools in which `who` has stake that counts, and that have `epochs` to settle, in
/// all of which they earned. The first epoch of each pool has a deposit of `who` to settle. What is known
/// of the validators' standing is outdated.
fn pools<T: Config>(
	who: &T::AccountId,
	count: u32,
	epochs: u32,
) -> Result<Vec<(ValidatorId, PoolId)>, BenchmarkError> {
	let mut pools = Vec::new();
	for n in 0..count {
		let (validator, _) = T::BenchmarkHelper::validator(n)?;
		pools.push((validator, PoolId::Validator(validator)));
	}
	for _ in 0..2 {
		pass_epochs::<T>(1);
		for (_, id) in &pools {
			Pallet::<T>::do_delegate(who, *id, STAKE).map_err(|e| e.error)?;
		}
	}
	for _ in 0..epochs {
		for (validator, _) in &pools {
			T::BenchmarkHelper::earn(*validator);
		}
		pass_epochs::<T>(1);
	}
	for (validator, _) in &pools {
		T::BenchmarkHelper::outdate(*validator);
	}
	Ok(pools)
}

/// The same with one pool.
fn pool<T: Config>(
	who: &T::AccountId,
	epochs: u32,
) -> Result<(ValidatorId, PoolId), BenchmarkError> {
	let pool = pools::<T>(who, 1, epochs)?.pop();
	Ok(pool.ok_or("there is one")?)
}

/// A pool that doesn't exist, with an exit in the current epoch that was slashed.
fn slashed_source<T: Config>(n: u32) -> PoolId {
	let source = PoolId::Validator(u32::MAX.saturating_sub(n));
	let slashed = Exit { kept: Perquintill::from_percent(95), references: 1 };
	Exits::<T>::insert(source, Pallet::<T>::epoch(), slashed);
	source
}

/// Gives a position so many locked parts, each of them slashed since.
fn lock<T: Config>(who: &T::AccountId, id: PoolId, parts: u32) -> Result<(), BenchmarkError> {
	let epoch = Pallet::<T>::epoch();
	let until = Pallet::<T>::in_epochs(T::UnbondingEpochs::get());
	let mut position = Positions::<T>::get(who, id).ok_or("there is no position")?;
	let units = position.stake().units.checked_div(20).unwrap_or(0);
	for n in 0..parts {
		let (source, kept) = (slashed_source::<T>(n), Perquintill::one());
		let stake = PoolStake { units, shares: 0 };
		let part = MovedPart { source, epoch, until, kept, stake };
		position.moved.try_push(part).map_err(|_| "there is no room")?;
	}
	Positions::<T>::insert(who, id, position);
	Ok(())
}

/// Leaves room for one entry in an account's ledger; the others have nothing behind them.
fn crowd_ledger<T: Config>(who: &T::AccountId) -> Result<(), BenchmarkError> {
	let (epoch, first) = (Pallet::<T>::epoch(), Pallet::<T>::in_epochs(1));
	let mut ledger = Ledgers::<T>::get(who);
	for n in 1..T::MaxUnbondings::get() {
		let source = Source::Pool(PoolId::Validator(u32::MAX));
		let (matures, kept) = (first.saturating_add(n), Perquintill::one());
		let entry = UnbondingEntry { source, epoch, matures, amount: WOPPAL, kept };
		ledger.try_push(entry).map_err(|_| "there is no room")?;
	}
	Ledgers::<T>::insert(who, ledger);
	Ok(())
}

/// Lets so many parts of a bond unbond, a block each.
fn unbond_parts<T: Config>(cold: &T::AccountId, parts: u32) -> Result<(), BenchmarkError> {
	let amount = T::Network::parameters().deposits.node;
	for _ in 0..parts {
		pass_block::<T>();
		Pallet::<T>::do_unbond_bond(cold, amount)?;
	}
	Ok(())
}

/// Unbonds some of a delegation.
fn unbond_some<T: Config>(who: &T::AccountId, id: PoolId) -> Result<(), BenchmarkError> {
	let amount = StakeAmount::Plancks(WOPPAL);
	Pallet::<T>::do_unbond(who, id, amount).map_err(|e| e.error)?;
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
		T::BenchmarkHelper::outdate(validator);

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
		crowd_ledger::<T>(&cold)?;
		T::BenchmarkHelper::outdate(validator);

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), amount);

		assert_eq!(Pallet::<T>::bond(validator), before.saturating_sub(amount));
		Ok(())
	}

	#[benchmark]
	fn delegate(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, s)?;
		lock::<T>(&who, id, MAX_MOVED_PARTS)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id, STAKE);

		let waiting = Positions::<T>::get(&who, id).and_then(|position| position.waiting);
		assert_eq!(waiting.map(|waiting| waiting.epoch), Some(Pallet::<T>::epoch()));
		Ok(())
	}

	#[benchmark]
	fn unbond(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, s)?;
		lock::<T>(&who, id, MAX_MOVED_PARTS)?;
		crowd_ledger::<T>(&who)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id, StakeAmount::Plancks(STAKE / 2));

		assert_eq!(Ledgers::<T>::get(&who).len() as u32, T::MaxUnbondings::get());
		Ok(())
	}

	// Half of the epochs are the one pool's, half the other's.
	#[benchmark]
	fn move_stake(s: Linear<0, 32>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let pools = pools::<T>(&who, 2, s / 2)?;
		let [(_, from), (_, to)]: [_; 2] = pools.try_into().map_err(|_| "there are two")?;
		lock::<T>(&who, from, MAX_MOVED_PARTS)?;
		lock::<T>(&who, to, MAX_MOVED_PARTS.saturating_sub(1))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), from, to, StakeAmount::Plancks(STAKE / 2), 0);

		let parts = Positions::<T>::get(&who, to).map_or(0, |position| position.moved.len());
		assert_eq!(parts as u32, MAX_MOVED_PARTS);
		Ok(())
	}

	// Every entry left another pool, and was slashed.
	#[benchmark]
	fn withdraw(e: Linear<1, 32>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, 0)?;
		for _ in 0..e {
			pass_block::<T>();
			unbond_some::<T>(&who, id)?;
		}
		Ledgers::<T>::mutate(&who, |ledger| {
			for (n, entry) in (0..e).zip(ledger.iter_mut()) {
				entry.source = Source::Pool(slashed_source::<T>(n));
			}
		});
		pass_epochs::<T>(T::UnbondingEpochs::get().saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Ledgers::<T>::get(&who).is_empty());
		Ok(())
	}

	#[benchmark]
	fn settle(s: Linear<1, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, s)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who), id, s);

		assert_eq!(Pools::<T>::get(id).map(|p| p.next_epoch), Some(Pallet::<T>::epoch()));
		Ok(())
	}

	#[benchmark]
	fn settle_position(s: Linear<0, 16>) -> Result<(), BenchmarkError> {
		let who = funded::<T>("delegator", 0);
		let (_, id) = pool::<T>(&who, s)?;
		lock::<T>(&who, id, MAX_MOVED_PARTS)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), who.clone(), id);

		let kept = Positions::<T>::get(&who, id)
			.map(|position| position.moved.iter().all(|part| part.kept < Perquintill::one()));
		assert_eq!(kept, Some(true));
		Ok(())
	}

	#[benchmark]
	fn open() -> Result<(), BenchmarkError> {
		T::BenchmarkHelper::validator(0)?;
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
		unbond_parts::<T>(&cold, e)?;

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
		let (validator, _) = pool::<T>(&who, s)?;
		let cold = Bonds::<T>::get(validator).map(|bond| bond.owner).ok_or("there is no bond")?;
		crowd_ledger::<T>(&cold)?;

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
		let (validator, id) = pool::<T>(&who, 0)?;
		let cold = Bonds::<T>::get(validator).map(|bond| bond.owner).ok_or("there is no bond")?;
		let epoch = Pallet::<T>::epoch();
		unbond_parts::<T>(&cold, e)?;
		unbond_some::<T>(&who, id)?;
		for _ in 0..T::UnbondingEpochs::get() {
			pass_epochs::<T>(1);
			T::BenchmarkHelper::earn(validator);
			unbond_some::<T>(&who, id)?;
		}
		T::BenchmarkHelper::outdate(validator);
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
