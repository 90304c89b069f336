//! The books: what accounts hold is what pallets say, and what there is is what was minted and not burned.

use pallet_session::HoldReason as SessionHold;
use sp_keyring::Sr25519Keyring::Alice;
use std::collections::BTreeMap;
use woppal_protocol::{emission, research::ExperimentStatus, time::Timing, Balance};
use woppal_runtime::{AccountId, Balances, Runtime, RuntimeHoldReason, System};

/// Holds by account and reason, in plancks.
type Holds = BTreeMap<(AccountId, String), Balance>;

/// A snapshot of all books.
pub(crate) struct Books {
	/// What the balances pallet holds.
	held: Holds,
	/// What our pallets say is held.
	said: Holds,
	/// Accounts whose reserved balance is not the sum of their holds.
	astray: Vec<AccountId>,
	issuance: Balance,
	balances: Balance,
	genesis: Balance,
	minted: Balance,
	burned: Balance,
	/// What the schedule allows until now.
	scheduled: Balance,
}

fn add(holds: &mut Holds, who: AccountId, reason: impl Into<RuntimeHoldReason>, amount: Balance) {
	if amount > 0 {
		let reason: RuntimeHoldReason = reason.into();
		*holds.entry((who, format!("{reason:?}"))).or_default() += amount;
	}
}

/// What the stake pallet says.
fn of_stake(holds: &mut Holds) {
	use pallet_stake::{Bonds, HoldReason, Ledgers, Owners};
	for (validator, bond) in Bonds::<Runtime>::iter() {
		if Owners::<Runtime>::get(&bond.owner) == Some(validator) {
			let amount = bond.now();
			add(holds, bond.owner, HoldReason::Bond, amount);
		}
	}
	for (who, ledger) in Ledgers::<Runtime>::iter() {
		let amount = ledger.iter().map(|entry| entry.amount).sum();
		add(holds, who, HoldReason::Unbonding, amount);
	}
}

/// What the validators pallet says.
fn of_validators(holds: &mut Holds) {
	use pallet_validators::{HoldReason, Metadatas, Nodes, Validators};
	let cold = |validator| Validators::<Runtime>::get(validator).expect("it has not left").cold;
	for ((validator, ..), node) in Nodes::<Runtime>::iter() {
		add(holds, cold(validator), HoldReason::Node, node.deposit);
	}
	for (validator, record) in Metadatas::<Runtime>::iter() {
		add(holds, cold(validator), HoldReason::Metadata, record.deposit);
	}
}

/// What the research pallet says.
fn of_research(holds: &mut Holds) {
	use pallet_research::{Experiments, HoldReason, Starts};
	for start in Starts::<Runtime>::iter_values() {
		add(holds, start.depositor, HoldReason::Experiment, start.deposit);
	}
	for record in Experiments::<Runtime>::iter_values() {
		if record.status == ExperimentStatus::Committed {
			add(holds, record.depositor, HoldReason::Experiment, record.deposit);
		}
	}
}

/// What the session pallet says: a deposit for each account's keys but for those of genesis.
fn of_sessions(holds: &mut Holds) {
	let deposit = <<Runtime as pallet_session::Config>::KeyDeposit as sp_core::Get<_>>::get();
	for account in pallet_session::NextKeys::<Runtime>::iter_keys() {
		if account != Alice.to_account_id() {
			add(holds, account, SessionHold::Keys, deposit);
		}
	}
}

impl Books {
	/// Now.
	pub(crate) fn of() -> Self {
		let (mut held, mut said) = (Holds::new(), Holds::new());
		for (who, holds) in pallet_balances::Holds::<Runtime>::iter() {
			for hold in holds {
				add(&mut held, who.clone(), hold.id, hold.amount);
			}
		}
		of_stake(&mut said);
		of_validators(&mut said);
		of_research(&mut said);
		of_sessions(&mut said);
		let mut astray = Vec::new();
		let mut balances = 0;
		for (who, account) in frame_system::Account::<Runtime>::iter() {
			balances += account.data.free + account.data.reserved;
			let holds = pallet_balances::Holds::<Runtime>::get(&who);
			if holds.iter().map(|hold| hold.amount).sum::<Balance>() != account.data.reserved {
				astray.push(who);
			}
		}
		Self {
			held,
			said,
			astray,
			balances,
			issuance: Balances::total_issuance(),
			genesis: pallet_emission::GenesisIssuance::<Runtime>::get(),
			minted: pallet_emission::Minted::<Runtime>::get(),
			burned: pallet_emission::Burned::<Runtime>::get(),
			scheduled: emission::cumulative(&Timing::FAST, System::block_number()),
		}
	}

	/// Compares them.
	#[track_caller]
	pub(crate) fn check(&self) {
		assert_eq!(self.issuance, self.genesis + self.minted - self.burned);
		assert_eq!(self.issuance, self.balances, "balances are the issuance");
		assert!(self.minted <= self.scheduled, "{} > {}", self.minted, self.scheduled);
		assert_eq!(self.held, self.said, "a hold is orphaned or missing");
		assert!(self.astray.is_empty(), "reserved without a hold: {:?}", self.astray);
	}
}
