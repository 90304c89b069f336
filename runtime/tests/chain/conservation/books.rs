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
	/// Accounts whose reserved balance is not the sum of their holds and of their deposits for proxies,
	/// announcements and multisigs.
	astray: Vec<AccountId>,
	issuance: Balance,
	balances: Balance,
	genesis: Balance,
	minted: Balance,
	burned: Balance,
	/// What closed epochs may mint.
	budgets: Balance,
	/// What the schedule allows until the current epoch.
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

/// What is reserved besides holds: the SDK's deposits, which have no reason. `spawners` says whose those of
/// accounts without a key are.
fn deposits(spawners: &BTreeMap<AccountId, AccountId>) -> BTreeMap<AccountId, Balance> {
	let proxies = pallet_proxy::Proxies::<Runtime>::iter().map(|(real, (_, deposit))| {
		let who = spawners.get(&real).cloned();
		(who.unwrap_or(real), deposit)
	});
	let announcements = pallet_proxy::Announcements::<Runtime>::iter()
		.map(|(proxy, (_, deposit))| (proxy, deposit));
	let multisigs = pallet_multisig::Multisigs::<Runtime>::iter_values()
		.map(|multisig| (multisig.depositor, multisig.deposit));
	let mut deposits = BTreeMap::new();
	for (who, deposit) in proxies.chain(announcements).chain(multisigs) {
		*deposits.entry(who).or_default() += deposit;
	}
	deposits
}

impl Books {
	/// Now. `spawners`: who made the accounts without a key.
	pub(crate) fn of(spawners: &BTreeMap<AccountId, AccountId>) -> Self {
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
		let opening = Timing::FAST.epoch_start(Timing::FAST.epoch_of(System::block_number()));
		let mut deposits = deposits(spawners);
		let mut astray = Vec::new();
		let mut balances = 0;
		for (who, account) in frame_system::Account::<Runtime>::iter() {
			balances += account.data.free + account.data.reserved;
			let holds = pallet_balances::Holds::<Runtime>::get(&who);
			let of_holds: Balance = holds.iter().map(|hold| hold.amount).sum();
			let of_deposits = deposits.remove(&who).unwrap_or(0);
			if of_holds + of_deposits != account.data.reserved {
				astray.push(who);
			}
		}
		astray.extend(deposits.into_keys());
		Self {
			held,
			said,
			astray,
			balances,
			issuance: Balances::total_issuance(),
			genesis: pallet_emission::GenesisIssuance::<Runtime>::get(),
			minted: pallet_emission::Minted::<Runtime>::get(),
			burned: pallet_emission::Burned::<Runtime>::get(),
			budgets: pallet_emission::EpochTotals::<Runtime>::iter_values()
				.filter_map(|total| total.budget)
				.sum(),
			scheduled: emission::cumulative(&Timing::FAST, opening),
		}
	}

	/// Compares them.
	#[track_caller]
	pub(crate) fn check(&self) {
		assert_eq!(self.issuance, self.genesis + self.minted - self.burned);
		assert_eq!(self.issuance, self.balances, "balances are the issuance");
		// The ring of totals is longer than a run, so that all closed epochs are in it.
		assert_eq!(self.budgets, self.scheduled, "budgets are the closed form");
		assert!(self.minted <= self.budgets, "{} > {}", self.minted, self.budgets);
		assert_eq!(self.held, self.said, "a hold is orphaned or missing");
		assert!(self.astray.is_empty(), "reserved for nothing, or not at all: {:?}", self.astray);
	}
}
