//! What other pallets do with unpaid rewards: `stake` collects the delegators' parts, `slashing`
//! cuts.

use crate::{types::Record, Config, Event, Pallet, Records};
use frame::{
	arithmetic::Perbill,
	deps::frame_support::storage::with_storage_layer,
	prelude::*,
	traits::{fungible::Balanced, Imbalance},
};
use woppal_protocol::{traits::Rewards, Balance, EpochIndex, ValidatorId};

impl<T: Config> Pallet<T> {
	/// A validator's record of an epoch whose delegators' part can be paid.
	fn collectable(validator: ValidatorId, epoch: EpochIndex) -> Option<Record> {
		let current = Self::current_epoch();
		if epoch >= current || Self::is_expired(epoch, current) {
			return None;
		}
		Self::record(validator, epoch).filter(|record| !record.delegators.paid)
	}

	/// Pays the delegators' part of a closed epoch into their pool's account.
	fn do_collect(
		validator: ValidatorId,
		epoch: EpochIndex,
		account: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		let Some(mut record) = Self::collectable(validator, epoch) else {
			return Ok(0);
		};
		let earned = Self::earned(&record, &Self::epoch_total(epoch));
		let due = Self::due(&record, &earned);
		let (amount, from_pot) = (due.delegators(), due.from_pot.delegators);
		if amount == 0 {
			return Ok(0);
		}
		record.delegators.paid = true;
		Records::<T>::insert(validator, Self::slot(epoch), record);
		Self::take_from_pot(epoch, from_pot)?;
		let credit = Self::draw(due.minted.delegators, from_pot)?;
		ensure!(credit.peek() == amount, ArithmeticError::Overflow);
		T::Currency::resolve(account, credit)
			.map_err(|_| DispatchError::from(TokenError::CannotCreate))?;
		Self::deposit_event(Event::DelegatorsPaid {
			validator,
			epoch,
			account: account.clone(),
			amount,
			from_pot,
		});
		Ok(amount)
	}
}

impl<T: Config> Rewards<T::AccountId> for Pallet<T> {
	fn first_claimable() -> EpochIndex {
		Self::current_epoch().saturating_sub(T::ClaimEpochs::get())
	}

	/// Pays nothing and leaves the part unpaid if the account cannot receive it.
	fn collect_for_pool(validator: ValidatorId, epoch: EpochIndex, pool: &T::AccountId) -> Balance {
		with_storage_layer(|| Self::do_collect(validator, epoch, pool)).unwrap_or(0)
	}

	/// Reads, and at most writes, one record of the current epoch and of each of the
	/// [`Config::SlashableEpochs`] before it.
	fn slash_unclaimed(validator: ValidatorId, rate: Perbill) {
		let current = Self::current_epoch();
		let first = current.saturating_sub(T::SlashableEpochs::get());
		let mut epochs: u32 = 0;
		for epoch in first..=current {
			if let Some(mut record) = Self::record(validator, epoch) {
				if record.cut(rate) {
					Records::<T>::insert(validator, Self::slot(epoch), record);
					epochs = epochs.saturating_add(1);
				}
			}
		}
		if epochs > 0 {
			Self::deposit_event(Event::RewardsCut { validator, rate, epochs });
		}
	}
}
