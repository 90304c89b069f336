//! Rewards: what a record earned, and the claim that pays the owner and the delegate.

use crate::{
	fees::CreditOf,
	split::share,
	types::{Due, Earned, EpochTotal, Payments, Record, MAX_CLAIM_EPOCHS},
	Claimed, Config, EpochTotals, Error, Event, Minted, Pallet, PotIncoming, Records, WeightInfo,
};
use alloc::vec::Vec;
use frame::{
	prelude::*,
	traits::{
		fungible::{Balanced, Inspect},
		Imbalance,
	},
};
use woppal_protocol::{emission, traits::Payees, Balance, EpochIndex, ValidatorId};

/// What a claim pays, summed over its epochs.
#[derive(Default)]
struct Payout {
	/// To the owner and the delegate.
	amount: Balance,
	/// Of it, what the delegate gets.
	delegate: Balance,
	/// Of it, what comes from the pot.
	from_pot: Balance,
}

impl<T: Config> Pallet<T> {
	/// Whether a closed epoch is too old to be claimed.
	pub(crate) fn is_expired(epoch: EpochIndex, current: EpochIndex) -> bool {
		current.saturating_sub(epoch) > T::ClaimEpochs::get()
	}

	/// Plancks that the current epoch's pot would hold if it closed now: fees and leftovers since
	/// the last epoch with weight closed, and what the expired epoch in its slot left.
	pub(crate) fn open_pot(epoch: EpochIndex) -> Balance {
		let expired = EpochTotals::<T>::get(Self::slot(epoch))
			.filter(|total| total.epoch != epoch)
			.map_or(0, |total| total.pot_left);
		PotIncoming::<T>::get().saturating_add(expired)
	}

	/// What a record earned of its epoch: for a closed one of what is fixed, for the current one of
	/// what it would be if it closed now.
	pub(crate) fn earned(record: &Record, total: &EpochTotal) -> Earned {
		let timing = Self::timing();
		let (budget, pot) = match total.budget {
			Some(budget) => (budget, total.pot),
			None => (emission::epoch_budget(&timing, total.epoch), Self::open_pot(total.epoch)),
		};
		let (weight, whole) = (record.weight(), total.total_weight);
		let (blocks, length) = (u128::from(record.blocks), u128::from(timing.epoch));
		Earned {
			by_weight: share(emission::root_budget(budget), weight, whole),
			by_blocks: share(emission::author_budget(budget), blocks, length),
			from_pot: share(pot, weight, whole),
		}
	}

	/// What a record pays to whom, paid or not.
	pub(crate) fn due(record: &Record, earned: &Earned) -> Due {
		Due { minted: record.split(earned.minted()), from_pot: record.split(earned.from_pot) }
	}

	/// The logic of [`claim`](Pallet::claim). Returns how many epochs were paid.
	pub(crate) fn do_claim(
		validator: ValidatorId,
		first: EpochIndex,
		count: u32,
	) -> Result<u32, DispatchError> {
		ensure!(count <= MAX_CLAIM_EPOCHS, Error::<T>::TooManyEpochs);
		let (account, delegate) =
			T::Payees::payees(validator).ok_or(Error::<T>::UnknownValidator)?;
		let current = Self::current_epoch();
		let end = first
			.checked_add(count)
			.filter(|end| *end <= current)
			.ok_or(Error::<T>::EpochNotClosed)?;
		let last = end.saturating_sub(1);
		ensure!(!Self::is_expired(last, current), Error::<T>::EpochsExpired);

		let dues: Vec<(Record, Due)> = (first..end)
			.filter(|epoch| !Self::is_expired(*epoch, current))
			.filter_map(|epoch| Self::record(validator, epoch))
			.filter(|record| !record.owner.paid)
			.map(|record| {
				let earned = Self::earned(&record, &Self::epoch_total(record.epoch));
				(record, Self::due(&record, &earned))
			})
			.filter(|(_, due)| due.claimed() > 0)
			.collect();
		ensure!(!dues.is_empty(), Error::<T>::NothingToClaim);
		Self::pay_claim(validator, account, delegate, dues)
	}

	/// Marks a claim's records as paid and pays their sum.
	fn pay_claim(
		validator: ValidatorId,
		account: T::AccountId,
		delegate: Option<T::AccountId>,
		dues: Vec<(Record, Due)>,
	) -> Result<u32, DispatchError> {
		let mut payments = Payments::new();
		let mut payout = Payout::default();
		for (mut record, due) in dues {
			let (minted, from_pot) = (due.minted, due.from_pot);
			let amount = due.claimed();
			payout.amount = payout.amount.checked_add(amount).ok_or(ArithmeticError::Overflow)?;
			payout.delegate =
				payout.delegate.saturating_add(minted.delegate).saturating_add(from_pot.delegate);
			payout.from_pot = payout.from_pot.saturating_add(from_pot.claimed());
			record.owner.paid = true;
			Records::<T>::insert(validator, Self::slot(record.epoch), record);
			Self::take_from_pot(record.epoch, from_pot.claimed())?;
			payments.try_push((record.epoch, amount)).map_err(|_| Error::<T>::TooManyEpochs)?;
		}
		let Payout { amount, from_pot, .. } = payout;
		let mut credit = Self::draw(amount.saturating_sub(from_pot), from_pot)?;
		let delegate = delegate.and_then(|to| {
			let given = Self::give(&to, payout.delegate, &mut credit);
			(given > 0).then_some((to, given))
		});
		Self::pay_owner(&account, credit)?;
		Claimed::<T>::mutate(validator, |sum| *sum = sum.saturating_add(amount));
		let paid = payments.len().saturated_into::<u32>();
		Self::deposit_event(Event::RewardsClaimed {
			validator,
			account,
			payments,
			amount,
			delegate,
			from_pot,
		});
		Ok(paid)
	}

	/// Pays the owner's part, which may be nothing.
	fn pay_owner(account: &T::AccountId, credit: CreditOf<T>) -> DispatchResult {
		let amount = credit.peek();
		if amount == 0 {
			return Ok(());
		}
		T::Currency::can_deposit(account, amount, Provenance::Extant).into_result()?;
		T::Currency::resolve(account, credit).map_err(|_| TokenError::CannotCreate.into())
	}

	/// Tokens for a payment: `minted` new ones and `from_pot` of the pot's account, as one credit.
	/// The only path on which tokens come into being; an error may leave changes that the caller
	/// rolls back.
	pub(crate) fn draw(minted: Balance, from_pot: Balance) -> Result<CreditOf<T>, DispatchError> {
		let sum = Minted::<T>::get().checked_add(minted).ok_or(ArithmeticError::Overflow)?;
		let mut credit = T::Currency::issue(minted);
		ensure!(credit.peek() == minted, ArithmeticError::Overflow);
		if from_pot > 0 {
			credit.subsume(T::Currency::withdraw(
				&Self::pot_account(),
				from_pot,
				Precision::Exact,
				Preservation::Preserve,
				Fortitude::Polite,
			)?);
		}
		Minted::<T>::put(sum);
		Ok(credit)
	}

	/// Books a payment out of an epoch's pot.
	pub(crate) fn take_from_pot(epoch: EpochIndex, amount: Balance) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		Self::mutate_total(epoch, |total| {
			total.pot_left =
				total.pot_left.checked_sub(amount).ok_or(ArithmeticError::Underflow)?;
			Ok(())
		})
	}

	/// Weight of a claim that named `count` epochs and paid `paid` of them: an epoch that paid
	/// nothing cost the reads of its record and its total.
	pub(crate) fn claim_weight(count: u32, paid: u32) -> Weight {
		let unpaid = u64::from(count.saturating_sub(paid)).saturating_mul(2);
		T::WeightInfo::claim(paid).saturating_add(T::DbWeight::get().reads(unpaid))
	}
}
