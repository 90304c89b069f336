//! What holds after every block.

use crate::{
	types::{Pool, Position, BOND_HISTORY},
	Bonds, Config, Delegators, Exits, HoldReason, Ledgers, Owners, Pallet, Pools, Positions,
	Settlements,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame::{deps::sp_runtime::TryRuntimeError, prelude::*, token::fungible::InspectHold};
use woppal_protocol::{
	stake::{PoolId, Source},
	Balance, EpochIndex, ValidatorId,
};

/// What the positions of one pool add up to.
#[derive(Default)]
struct Sums {
	positions: u32,
	/// Shares of the pool's generation.
	shares: u128,
	/// Units and positions by epoch.
	waiting: BTreeMap<EpochIndex, (u128, u32)>,
}

type Result = core::result::Result<(), TryRuntimeError>;
/// References by pool and epoch.
type References = BTreeMap<(PoolId, EpochIndex), u32>;

fn count(references: &mut References, pool: PoolId, epoch: EpochIndex) {
	let references = references.entry((pool, epoch)).or_default();
	*references = references.saturating_add(1);
}

impl<T: Config> Pallet<T> {
	/// Checks all storage of the pallet: shares and units of positions add up to their pools', tokens on
	/// hold are what bonds and ledgers say, nothing is kept that nothing refers to.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	pub fn do_try_state() -> Result {
		let mut references = References::new();
		let pools = Self::check_positions(&mut references)?;
		Self::check_pools(&pools)?;
		Self::check_settlements(&pools)?;
		let unbonding = Self::check_ledgers(&mut references)?;
		Self::check_bonds(&unbonding)?;
		let exits: References = Exits::<T>::iter()
			.map(|(pool, epoch, exit)| ((pool, epoch), exit.references))
			.collect();
		ensure!(exits == references, "exits are not what entries and moved parts refer to");
		Ok(())
	}

	fn check_positions(
		references: &mut References,
	) -> core::result::Result<BTreeMap<PoolId, (Pool, Sums)>, TryRuntimeError> {
		let mut pools: BTreeMap<PoolId, (Pool, Sums)> =
			Pools::<T>::iter().map(|(id, pool)| (id, (pool, Sums::default()))).collect();
		let mut positions = 0usize;
		for (who, id, position) in Positions::<T>::iter() {
			positions = positions.saturating_add(1);
			ensure!(
				Delegators::<T>::contains_key(id, &who),
				"a position is not in its pool's list"
			);
			let (pool, sums) = pools.get_mut(&id).ok_or("a position is in no pool")?;
			Self::check_position(id, &position, pool)?;
			sums.positions = sums.positions.saturating_add(1);
			if position.generation == pool.generation {
				sums.shares = sums.shares.checked_add(position.shares).ok_or("shares overflow")?;
			}
			if let Some(waiting) = position.waiting {
				let (units, positions) = sums.waiting.entry(waiting.epoch).or_default();
				*units = units.checked_add(waiting.units).ok_or("units overflow")?;
				*positions = positions.saturating_add(1);
			}
			for part in &position.moved {
				count(references, part.source, part.epoch);
			}
		}
		ensure!(Delegators::<T>::iter_keys().count() == positions, "a pool lists a stranger");
		Ok(pools)
	}

	fn check_position(id: PoolId, position: &Position, pool: &Pool) -> Result {
		ensure!(!position.is_empty(), "a position is empty");
		ensure!(position.generation <= pool.generation, "a position is of a later generation");
		let (all, locked) = (position.stake(), position.locked());
		ensure!(
			locked.units <= all.units && locked.shares <= all.shares,
			"more of a position is locked than there is"
		);
		if let Some(waiting) = position.waiting {
			ensure!(waiting.units > 0, "a position waits with nothing");
			ensure!(waiting.epoch <= pool.next_epoch, "a deposit is from the future");
		}
		let mut sources = BTreeSet::new();
		for part in &position.moved {
			ensure!(part.source != id, "a part moved to where it was");
			ensure!(part.epoch <= Self::epoch(), "a part moved in the future");
			ensure!(sources.insert((part.source, part.epoch)), "a part is there twice");
		}
		Ok(())
	}

	fn check_pools(pools: &BTreeMap<PoolId, (Pool, Sums)>) -> Result {
		for (id, (pool, sums)) in pools {
			ensure!(!pool.is_empty(), "a pool is empty");
			ensure!(pool.next_epoch <= Self::epoch(), "an epoch was settled before it closed");
			ensure!(pool.snapshot.epoch <= Self::epoch(), "a snapshot is from the future");
			ensure!(pool.positions == sums.positions, "a pool's count of positions is wrong");
			let balance = Self::pool_balance(*id);
			ensure!(balance >= pool.waiting.amount, "more waits than there is");
			ensure!(pool.snapshot.after <= balance, "tokens left a pool unseen");
			ensure!(
				pool.shares == 0 || balance > pool.waiting.amount,
				"nothing is behind a pool's shares"
			);
			let settled = Settlements::<T>::iter_prefix_values(id)
				.filter(|settlement| settlement.generation == pool.generation)
				.fold(0u128, |sum, settlement| sum.saturating_add(settlement.shares));
			ensure!(
				sums.shares.saturating_add(settled) == pool.shares,
				"shares of positions are not the pool's"
			);
			let waiting = sums.waiting.get(&pool.next_epoch).copied().unwrap_or_default();
			ensure!(
				waiting == (pool.waiting.units, pool.waiting.positions),
				"units of positions are not the bucket's"
			);
		}
		Ok(())
	}

	fn check_settlements(pools: &BTreeMap<PoolId, (Pool, Sums)>) -> Result {
		let mut settlements = 0usize;
		for (id, epoch, settlement) in Settlements::<T>::iter() {
			settlements = settlements.saturating_add(1);
			let (pool, sums) = pools.get(&id).ok_or("a settlement is of no pool")?;
			ensure!(epoch < pool.next_epoch, "a settlement is of an epoch that is not settled");
			ensure!(
				sums.waiting.get(&epoch) == Some(&(settlement.units, settlement.positions)),
				"units of positions are not the settlement's"
			);
		}
		let waited_for = pools.values().fold(0usize, |sum, (pool, sums)| {
			sum.saturating_add(sums.waiting.range(..pool.next_epoch).count())
		});
		ensure!(settlements == waited_for, "a settled deposit has no settlement");
		Ok(())
	}

	/// Returns what unbonds of each bond.
	fn check_ledgers(
		references: &mut References,
	) -> core::result::Result<BTreeMap<ValidatorId, Balance>, TryRuntimeError> {
		let mut bonds = BTreeMap::<ValidatorId, Balance>::new();
		for (who, ledger) in Ledgers::<T>::iter() {
			ensure!(!ledger.is_empty(), "a ledger is empty");
			let mut held: Balance = 0;
			let mut keys = BTreeSet::new();
			for entry in &ledger {
				ensure!(entry.epoch <= Self::epoch(), "an entry is from the future");
				ensure!(keys.insert((entry.source, entry.matures)), "an entry is there twice");
				held = held.checked_add(entry.amount).ok_or("a ledger overflows")?;
				match entry.source {
					Source::Pool(pool) => count(references, pool, entry.epoch),
					Source::Bond(validator) => {
						let bond = Bonds::<T>::get(validator).ok_or("an entry is of no bond")?;
						ensure!(bond.owner == who, "a bond unbonds on a wrong account");
						let sum = bonds.entry(validator).or_default();
						*sum = sum.saturating_add(entry.amount);
					},
				}
			}
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Unbonding.into(), &who) == held,
				"a ledger is not what is held"
			);
		}
		Ok(bonds)
	}

	fn check_bonds(unbonding: &BTreeMap<ValidatorId, Balance>) -> Result {
		let mut open = 0usize;
		for (validator, bond) in Bonds::<T>::iter() {
			let epochs = bond.history.iter().map(|(epoch, _)| *epoch);
			ensure!(
				epochs.clone().zip(epochs.skip(1)).all(|(a, b)| a < b),
				"a bond's history is out of order"
			);
			let last = bond.history.last().map(|(epoch, _)| *epoch);
			ensure!(last.is_some_and(|e| e <= Self::epoch()), "a bond is from the future");
			ensure!(bond.history.len() <= BOND_HISTORY as usize, "a bond's history is too long");
			if Owners::<T>::get(&bond.owner) == Some(validator) {
				open = open.saturating_add(1);
				ensure!(
					T::Currency::balance_on_hold(&HoldReason::Bond.into(), &bond.owner)
						== bond.now(),
					"a bond is not what is held"
				);
			} else {
				ensure!(bond.now() == 0, "a closed bond is not zero");
				ensure!(unbonding.contains_key(&validator), "a closed bond has nothing left");
			}
		}
		ensure!(Owners::<T>::iter_keys().count() == open, "an owner has no bond");
		Ok(())
	}
}
