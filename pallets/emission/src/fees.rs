//! Transaction fees: how one is split, the pot that pays with the claims, and the count of burned
//! tokens.

use crate::{Burned, Config, Event, FeeCreator, Pallet, PotIncoming};
use core::marker::PhantomData;
use frame::{
	arithmetic::Percent,
	prelude::*,
	traits::{fungible::Balanced, Imbalance, OnUnbalanced},
};
use woppal_protocol::{traits::BurnLedger, Balance};

/// Of a fee, what goes into the pot.
pub const POT_SHARE: Percent = Percent::from_percent(30);
/// Of a fee, what the creator of the project gets.
pub const CREATOR_SHARE: Percent = Percent::from_percent(15);
/// Of a fee, what the treasury gets.
pub const TREASURY_SHARE: Percent = Percent::from_percent(5);

/// Tokens out of an account, on their way to another one.
pub(crate) type CreditOf<T> =
	fungible::Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// Burns the credit it gets and counts it: for the dust of the balances pallet and for tips that
/// nobody can receive.
pub struct BurnFees<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<CreditOf<T>> for BurnFees<T> {
	fn on_nonzero_unbalanced(credit: CreditOf<T>) {
		<Pallet<T> as BurnLedger<Balance>>::note_burned(credit.peek());
		// A dropped credit leaves the issuance.
		drop(credit);
	}
}

impl<T: Config> BurnLedger<Balance> for Pallet<T> {
	fn note_burned(amount: Balance) {
		Burned::<T>::mutate(|burned| *burned = burned.saturating_add(amount));
	}
}

impl<T: Config> Pallet<T> {
	/// The account that holds the pot: no key, and the minimum balance since genesis, so that it
	/// can receive the smallest part and pay the last planck.
	pub fn pot_account() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// The treasury's account: no key, and the minimum balance since genesis.
	pub fn treasury_account() -> T::AccountId {
		T::TreasuryId::get().into_account_truncating()
	}

	/// Names the creator of the project that the current transaction worked on, who gets a share of
	/// its fee. For a transaction extension whose post-dispatch comes before the payment's, and
	/// only for a call that succeeded.
	pub fn note_fee_creator(creator: T::AccountId) {
		FeeCreator::<T>::put((frame_system::Pallet::<T>::extrinsic_index(), creator));
	}

	/// Who was named for the current transaction; a name that another one left is dropped.
	fn take_fee_creator() -> Option<T::AccountId> {
		let (transaction, creator) = FeeCreator::<T>::take()?;
		(transaction == frame_system::Pallet::<T>::extrinsic_index()).then_some(creator)
	}

	/// Splits the current transaction's fee: a part each into the pot, to the creator that was
	/// named (or to the treasury if none was or it cannot receive its part), and to the treasury;
	/// the rest, rounding dust and what an account cannot receive included, is burned. The parts
	/// sum to exactly the fee.
	///
	/// Emits [`Event::FeeSplit`], unless the fee is 0.
	pub fn split_fee(fee: CreditOf<T>) {
		let creator = Self::take_fee_creator();
		Self::share_fee(fee, creator);
	}

	/// See [`Pallet::split_fee`].
	fn share_fee(mut fee: CreditOf<T>, creator: Option<T::AccountId>) {
		let total = fee.peek();
		if total == 0 {
			return;
		}
		let pot = Self::give(&Self::pot_account(), POT_SHARE.mul_floor(total), &mut fee);
		Self::add_to_pot(pot);
		let reward = CREATOR_SHARE.mul_floor(total);
		let creator = creator.and_then(|creator| {
			let given = Self::give(&creator, reward, &mut fee);
			(given > 0).then_some((creator, given))
		});
		let left = if creator.is_some() { 0 } else { reward };
		let due = TREASURY_SHARE.mul_floor(total).saturating_add(left);
		let treasury = Self::give(&Self::treasury_account(), due, &mut fee);
		let burned = fee.peek();
		BurnFees::<T>::on_unbalanced(fee);
		Self::deposit_event(Event::FeeSplit { fee: total, burned, pot, creator, treasury });
	}

	/// Gives `amount` plancks of a credit to an account. Returns what it could receive: all or
	/// nothing.
	pub(crate) fn give(to: &T::AccountId, amount: Balance, from: &mut CreditOf<T>) -> Balance {
		let part = from.extract(amount);
		let given = part.peek();
		if given == 0 {
			return 0;
		}
		match T::Currency::resolve(to, part) {
			Ok(()) => given,
			Err(part) => {
				from.subsume(part);
				0
			},
		}
	}

	/// Notes plancks on the pot's account that the next epoch with weight shares.
	pub(crate) fn add_to_pot(amount: Balance) {
		if amount > 0 {
			PotIncoming::<T>::mutate(|sum| *sum = sum.saturating_add(amount));
		}
	}

	/// Gives an account that the pallet pays into the minimum balance. Genesis only.
	pub(crate) fn endow(account: &T::AccountId) {
		let minimum = <T::Currency as fungible::Inspect<_>>::minimum_balance();
		if <T::Currency as fungible::Inspect<_>>::balance(account) < minimum {
			let minted = <T::Currency as fungible::Mutate<_>>::mint_into(account, minimum);
			assert!(minted.is_ok(), "genesis leaves room for two minimum balances");
		}
	}
}
