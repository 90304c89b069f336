//! Validators for benchmarks, with as much as a call can meet of what they may have.

use crate::{
	AccountId, Balance, Balances, BlockNumber, Emission, Gate, Network, Runtime, RuntimeOrigin,
	Session, SessionKeys, Slashing, Stake, System, Validators, WOPPAL,
};
use alloc::vec::Vec;
use codec::Encode;
use core::{cmp::Reverse, mem};
use frame_benchmarking::account;
use frame_support::traits::{fungible::Mutate, Get};
use pallet_stake::StakeAmount;
use sp_core::{ed25519, sr25519};
use sp_io::hashing::blake2_256;
use sp_runtime::{BoundedVec, DispatchError, DispatchResult, Perbill};
use sp_staking::offence::OffenceSeverity;
use woppal_protocol::{
	gate::{Rank, Seat},
	identity::{Offence, Ramp, Role, RAMP_EPOCHS},
	network::Deposits,
	stake::PoolId,
	time::Timing,
	traits::{Identities, Offences, WorkLedger},
	EpochIndex, ValidatorId, ROOT_SUBNET,
};

/// More than all bonds and deposits of an account.
const FUNDS: Balance = 10_000_000 * WOPPAL;
/// What the delegator of a pool has in it.
const DELEGATION: Balance = 1_000 * WOPPAL;

/// A validator and its keys.
pub(super) struct Actor {
	pub(super) id: ValidatorId,
	pub(super) cold: AccountId,
	pub(super) hot: AccountId,
}

fn timing() -> Timing {
	Network::timing()
}

fn deposits() -> Deposits {
	pallet_network::Parameters::<Runtime>::get().deposits
}

fn epoch() -> EpochIndex {
	timing().epoch_of(System::block_number())
}

pub(super) fn enter_epoch(epoch: EpochIndex) {
	System::set_block_number(timing().epoch_start(epoch));
}

/// Plancks that a hundred and more parts of a bond can unbond of, while the rest earns and passes the gate.
fn spare_bond() -> Balance {
	let Deposits { node, gate_bond, .. } = deposits();
	gate_bond.saturating_add(node.saturating_mul(200))
}

/// Gives an account more than it can spend.
pub(super) fn fund(who: &AccountId) {
	Balances::set_balance(who, FUNDS);
}

/// The current block, or the first one of epoch 1: nothing counts in epoch 0.
fn now_or_first() -> BlockNumber {
	System::block_number().max(timing().epoch_start(1))
}

impl Actor {
	/// Registers a miner with a bond for every purpose and a node.
	///
	/// Errors: those of the calls.
	pub(super) fn register(hot: AccountId) -> Result<Self, DispatchError> {
		let id = pallet_validators::NextValidatorId::<Runtime>::get();
		let cold: AccountId = account("cold", id, 0);
		fund(&cold);
		fund(&hot);
		let bond = Role::Miner.required_bond(deposits().bond).saturating_add(spare_bond());
		Validators::register(RuntimeOrigin::signed(cold.clone()), hot.clone(), bond)?;
		let mut peer_id = alloc::vec![0x12, 0x20];
		peer_id.extend(blake2_256(&(id, "peer").encode()));
		Validators::register_node(
			RuntimeOrigin::signed(hot.clone()),
			ROOT_SUBNET,
			Role::Miner,
			BoundedVec::truncate_from(peer_id),
			blake2_256(&(id, "node").encode()),
			BoundedVec::default(),
			0,
		)?;
		Ok(Self { id, cold, hot })
	}

	/// The same in the epoch before the current one and with a pool, so that both count now.
	///
	/// Errors: those of the calls.
	pub(super) fn registered_before(hot: AccountId) -> Result<Self, DispatchError> {
		let now = now_or_first();
		System::set_block_number(now.saturating_sub(timing().epoch));
		let actor = Self::register(hot)?;
		actor.delegate()?;
		System::set_block_number(now);
		Ok(actor)
	}

	/// The same as many epochs ago as a slash reaches, with stake that unbonds and unclaimed rewards of each
	/// epoch since, and a full ledger.
	///
	/// Errors: those of the calls.
	pub(super) fn exposed(hot: AccountId) -> Result<Self, DispatchError> {
		let reach: u32 = <Runtime as pallet_emission::Config>::SlashableEpochs::get();
		let last = epoch().max(reach.saturating_add(1));
		let first = last.saturating_sub(reach);
		enter_epoch(first.saturating_sub(1));
		let actor = Self::register(hot)?;
		actor.delegate()?;
		for epoch in first..=last {
			enter_epoch(epoch);
			actor.earn(1);
			actor.unbond_bond()?;
			let part = StakeAmount::Plancks(deposits().delegation);
			Stake::unbond(actor.delegator(), actor.pool(), part).map_err(|e| e.error)?;
		}
		actor.fill_ledger(<Runtime as pallet_stake::Config>::MaxUnbondings::get())?;
		Ok(actor)
	}

	/// The one that a validator is.
	///
	/// Errors: there is none with this number.
	pub(super) fn of(id: ValidatorId) -> Result<Self, DispatchError> {
		let group = <Validators as Identities<_>>::owner_group(id)
			.ok_or(DispatchError::Other("no such validator"))?;
		Ok(Self { id, cold: group.cold, hot: group.hot })
	}

	fn pool(&self) -> PoolId {
		PoolId::Validator(self.id)
	}

	fn delegator(&self) -> RuntimeOrigin {
		RuntimeOrigin::signed(account("delegator", self.id, 0))
	}

	/// Lets its delegator add to its pool.
	fn delegate(&self) -> DispatchResult {
		fund(&account("delegator", self.id, 0));
		Stake::delegate(self.delegator(), self.pool(), DELEGATION).map_err(|e| e.error)?;
		Ok(())
	}

	/// Lets a part of its bond unbond.
	fn unbond_bond(&self) -> DispatchResult {
		Stake::unbond_bond(RuntimeOrigin::signed(self.cold.clone()), deposits().node)
	}

	/// Lets its bond unbond until the ledger has so many entries, a block each, and goes to the next block.
	fn fill_ledger(&self, entries: u32) -> DispatchResult {
		let entries = usize::try_from(entries).unwrap_or(usize::MAX);
		while pallet_stake::Ledgers::<Runtime>::get(&self.cold).len() < entries {
			self.unbond_bond()?;
			System::set_block_number(System::block_number().saturating_add(1));
		}
		Ok(())
	}

	/// Adds what can unbond to its bond.
	fn bond_extra(&self) -> DispatchResult {
		Stake::bond_extra(RuntimeOrigin::signed(self.cold.clone()), spare_bond())
	}

	/// Adds to its bond, and lets so many parts of it unbond.
	///
	/// Errors: those of the calls.
	pub(super) fn bond_and_unbond(&self, parts: u32) -> DispatchResult {
		self.bond_extra()?;
		self.fill_ledger(parts)
	}

	/// Gives it all that its exit takes away: a record in each epoch that can be claimed, a pool with as many
	/// epochs to settle as one call settles, bond that unbonds, offences, absence to punish, a seat.
	///
	/// Errors: those of the calls.
	pub(super) fn burden(&self) -> DispatchResult {
		let settled = <<Runtime as pallet_stake::Config>::MaxSettle as Get<u32>>::get();
		let entries = <<Runtime as pallet_stake::Config>::MaxUnbondings as Get<u32>>::get();
		let last = epoch().saturating_add(ring());
		let settled_from = last.saturating_sub(settled);
		self.bond_extra()?;
		for epoch in epoch()..last {
			enter_epoch(epoch);
			self.earn(1);
			// The second deposit settles the first, and is settled with the rewards since.
			if epoch == settled_from || epoch.saturating_add(1) == settled_from {
				self.delegate()?;
			}
			close_epoch();
		}
		enter_epoch(last);
		self.earn(1);
		// The exit itself adds an entry.
		self.fill_ledger(entries.saturating_sub(1))?;
		Slashing::report(self.id, Offence::FailedProposal, None);
		self.seat()?;
		let absent = pallet_presence::Record {
			since: 0,
			missed: pallet_presence::FREE_MISSES,
			..pallet_presence::Record::opened(last.saturating_sub(1), 0)
		};
		pallet_presence::Records::<Runtime>::insert(self.id, absent);
		Slashing::benchmark_fill_queue();
		Ok(())
	}

	/// Lets it take part and answer pulses of the current epoch.
	pub(super) fn earn(&self, pulses: u32) {
		earn(self.id, pulses);
	}

	/// Gives its hot key session keys.
	///
	/// Errors: those of the session pallet.
	pub(super) fn set_session_keys(&self) -> DispatchResult {
		let key = |name: &str| blake2_256(&(self.id, name).encode());
		let keys = SessionKeys {
			babe: sr25519::Public::from_raw(key("babe")).into(),
			grandpa: ed25519::Public::from_raw(key("grandpa")).into(),
		};
		<Session as pallet_session::SessionInterface>::set_keys(&self.hot, keys)
	}

	/// Makes it the last candidate of a full list.
	///
	/// Errors: those of the calls.
	pub(super) fn stand(&self) -> DispatchResult {
		self.set_session_keys()?;
		fill_candidates();
		Gate::join(RuntimeOrigin::signed(self.hot.clone()))
	}

	/// Makes it a candidate, and a block author in a full set.
	///
	/// Errors: those of the calls.
	pub(super) fn seat(&self) -> DispatchResult {
		self.stand()?;
		fill_sets(Seat { account: self.hot.clone(), validator: Some(self.id) });
		Ok(())
	}

	/// Names a delegate whose account exists.
	///
	/// Errors: those of the calls.
	pub(super) fn name_delegate(&self) -> DispatchResult {
		let delegate: AccountId = account("delegate", self.id, 0);
		fund(&delegate);
		let (cold, share) = (RuntimeOrigin::signed(self.cold.clone()), 10);
		Validators::invite_delegate(cold, delegate.clone(), share)?;
		Validators::accept_delegation(RuntimeOrigin::signed(delegate), self.id, share)
	}
}

/// Lets a validator take part and answer pulses of the current epoch.
pub(super) fn earn(validator: ValidatorId, pulses: u32) {
	<Emission as WorkLedger>::note_participation(validator);
	for _ in 0..pulses {
		let multiplier = Role::Miner.multiplier_percent();
		<Emission as WorkLedger>::note_pulse(validator, multiplier, Ramp(RAMP_EPOCHS));
	}
}

/// Closes the current epoch in the books of rewards, with a pot.
pub(super) fn close_epoch() {
	let (epoch, pot, ring) = (epoch(), WOPPAL, ring());
	let mut total = Emission::epoch_total(epoch);
	total.budget = Some(woppal_protocol::emission::epoch_budget(&timing(), epoch));
	(total.pot, total.pot_left) = (pot, pot);
	pallet_emission::EpochTotals::<Runtime>::insert(epoch % ring, total);
	let account = Emission::pot_account();
	Balances::set_balance(&account, Balances::free_balance(&account).saturating_add(pot));
}

/// The number of a validator that was never registered.
fn stranger(n: u32) -> ValidatorId {
	ValidatorId::MAX.saturating_sub(n)
}

/// Slots of the rings of rewards: the current epoch and those that can be claimed.
fn ring() -> u32 {
	<<Runtime as pallet_emission::Config>::ClaimEpochs as Get<u32>>::get().saturating_add(1)
}

/// Fills the list of candidates with strangers that outrank everybody, but for one place.
pub(super) fn fill_candidates() {
	let places =
		<<Runtime as pallet_gate::Config>::MaxCandidates as Get<u32>>::get().saturating_sub(1);
	change_candidates(|list| {
		list.retain(|candidate| candidate.rank < Rank::MAX);
		let taken = u32::try_from(list.len()).unwrap_or(u32::MAX);
		list.extend((0..places.saturating_sub(taken)).map(|n| pallet_gate::Candidate {
			validator: stranger(n),
			account: account("candidate", n, 0),
			rank: Rank::MAX,
			expires: EpochIndex::MAX,
		}));
	});
}

/// Gives a candidate a rank that is not its own, so that the next change writes the list.
pub(super) fn outdate(validator: ValidatorId) {
	change_candidates(|list| {
		for candidate in list.iter_mut().filter(|candidate| candidate.validator == validator) {
			candidate.rank = 0;
		}
	});
}

fn change_candidates(change: impl FnOnce(&mut Vec<pallet_gate::Candidate<AccountId>>)) {
	pallet_gate::Candidates::<Runtime>::mutate(|candidates| {
		let mut list = mem::take(candidates).into_inner();
		change(&mut list);
		// Of equals the older validator comes first.
		list.sort_by_key(|candidate| (Reverse(candidate.rank), candidate.validator));
		*candidates = pallet_gate::CandidatesOf::<Runtime>::truncate_from(list);
	});
}

/// Makes full sets of authorities with `last` in them. Of the others as many are disabled as may be, for
/// less than anything can cost.
pub(super) fn fill_sets(last: Seat<AccountId>) {
	let others = <Runtime as pallet_gate::Config>::MaxAuthorities::get().saturating_sub(1);
	let mut seats: Vec<Seat<AccountId>> = (0..others)
		.map(|n| Seat { account: account("seated", n, 0), validator: Some(stranger(n)) })
		.collect();
	seats.push(last);
	let accounts: Vec<AccountId> = seats.iter().map(|seat| seat.account.clone()).collect();
	pallet_gate::GenesisAuthorities::<Runtime>::put(
		pallet_gate::AccountsOf::<Runtime>::truncate_from(accounts.clone()),
	);
	pallet_session::Validators::<Runtime>::put(accounts);
	let disabled: Vec<_> =
		(0..others / 3).map(|index| (index, OffenceSeverity(Perbill::zero()))).collect();
	pallet_session::DisabledValidators::<Runtime>::put(disabled);
	let set = pallet_gate::SeatsOf::<Runtime>::truncate_from(seats);
	pallet_gate::CurrentSet::<Runtime>::put(&set);
	pallet_gate::NextSet::<Runtime>::put(&set);
}

/// Removes a validator without telling anybody.
///
/// Errors: there is none with this number.
pub(super) fn remove(validator: ValidatorId) -> DispatchResult {
	let Actor { cold, hot, .. } = Actor::of(validator)?;
	pallet_validators::Keys::<Runtime>::remove(cold);
	pallet_validators::Keys::<Runtime>::remove(hot);
	pallet_validators::Validators::<Runtime>::remove(validator);
	Ok(())
}
