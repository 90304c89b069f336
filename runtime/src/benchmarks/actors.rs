//! Validators for benchmarks, with as much as a call can meet of what they may have.

use crate::{
	AccountId, Balance, Balances, BlockNumber, Emission, Gate, Network, Runtime, RuntimeOrigin,
	Session, SessionKeys, Stake, System, Validators, WOPPAL,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_benchmarking::account;
use frame_support::traits::{fungible::Mutate, Get};
use pallet_stake::StakeAmount;
use sp_core::{ed25519, sr25519};
use sp_io::hashing::blake2_256;
use sp_runtime::{BoundedVec, DispatchError, DispatchResult};
use woppal_protocol::{
	gate::{Rank, Seat},
	identity::{Ramp, Role, RAMP_EPOCHS},
	network::Deposits,
	stake::PoolId,
	time::Timing,
	traits::{Identities, WorkLedger},
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
		let Deposits { bond, node, gate_bond, .. } = deposits();
		// What is left when a part of it unbonds still earns and passes the gate.
		let bond = Role::Miner.required_bond(bond).max(gate_bond).saturating_add(node * 200);
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

	/// The same in the epoch before the current one, so that the bond counts now.
	///
	/// Errors: those of the calls.
	pub(super) fn registered_before(hot: AccountId) -> Result<Self, DispatchError> {
		let now = now_or_first();
		System::set_block_number(now.saturating_sub(timing().epoch));
		let actor = Self::register(hot);
		System::set_block_number(now);
		actor
	}

	/// The same as many epochs ago as a slash reaches, with stake that unbonds and unclaimed rewards of each
	/// epoch since.
	///
	/// Errors: those of the calls.
	pub(super) fn exposed(hot: AccountId) -> Result<Self, DispatchError> {
		let now = now_or_first();
		let last = timing().epoch_of(now);
		let reach = <Runtime as pallet_emission::Config>::SlashableEpochs::get();
		let first = last.saturating_sub(reach).max(1);
		System::set_block_number(timing().epoch_start(first.saturating_sub(1)));
		let actor = Self::register(hot)?;
		let delegator: AccountId = account("delegator", actor.id, 0);
		let pool = PoolId::Validator(actor.id);
		fund(&delegator);
		let delegator = RuntimeOrigin::signed(delegator);
		Stake::delegate(delegator.clone(), pool, DELEGATION).map_err(|e| e.error)?;
		for epoch in first..=last {
			System::set_block_number(timing().epoch_start(epoch));
			actor.earn(1);
			let Deposits { node, delegation, .. } = deposits();
			Stake::unbond_bond(RuntimeOrigin::signed(actor.cold.clone()), node)?;
			let part = StakeAmount::Plancks(delegation);
			Stake::unbond(delegator.clone(), pool, part).map_err(|e| e.error)?;
		}
		System::set_block_number(now);
		Ok(actor)
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

	/// Makes it a block author in a full set, and the last candidate of a full list.
	///
	/// Errors: those of the calls.
	pub(super) fn seat(&self) -> DispatchResult {
		self.set_session_keys()?;
		fill_candidates();
		Gate::join(RuntimeOrigin::signed(self.hot.clone()))?;
		let others = <Runtime as pallet_gate::Config>::MaxAuthorities::get().saturating_sub(1);
		let mut seats: Vec<Seat<AccountId>> = (0..others)
			.map(|n| Seat { account: account("seated", n, 0), validator: Some(stranger(n)) })
			.collect();
		seats.push(Seat { account: self.hot.clone(), validator: Some(self.id) });
		let accounts: Vec<AccountId> = seats.iter().map(|seat| seat.account.clone()).collect();
		pallet_session::Validators::<Runtime>::put(accounts);
		let set = pallet_gate::SeatsOf::<Runtime>::truncate_from(seats);
		pallet_gate::CurrentSet::<Runtime>::put(&set);
		pallet_gate::NextSet::<Runtime>::put(&set);
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
	let (epoch, pot) = (epoch(), WOPPAL);
	let ring =
		<<Runtime as pallet_emission::Config>::ClaimEpochs as Get<u32>>::get().saturating_add(1);
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

/// Leaves one place in the list of candidates, the last one.
fn fill_candidates() {
	let places =
		<<Runtime as pallet_gate::Config>::MaxCandidates as Get<u32>>::get().saturating_sub(1);
	// Of equals the older validator comes first.
	let list = (0..places)
		.rev()
		.map(|n| pallet_gate::Candidate {
			validator: stranger(n),
			account: account("candidate", n, 0),
			rank: Rank::MAX,
			expires: EpochIndex::MAX,
		})
		.collect();
	let list = pallet_gate::CandidatesOf::<Runtime>::truncate_from(list);
	pallet_gate::Candidates::<Runtime>::put(list);
}

/// Removes a validator without telling anybody.
///
/// Errors: there is none with this number.
pub(super) fn remove(validator: ValidatorId) -> DispatchResult {
	let group = <Validators as Identities<_>>::owner_group(validator)
		.ok_or(DispatchError::Other("no such validator"))?;
	pallet_validators::Keys::<Runtime>::remove(group.cold);
	pallet_validators::Keys::<Runtime>::remove(group.hot);
	pallet_validators::Validators::<Runtime>::remove(validator);
	Ok(())
}
