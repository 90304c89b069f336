//! The count of burned tokens.

use crate::{Burned, Config, Pallet};
use core::marker::PhantomData;
use frame::{
	prelude::*,
	traits::{Imbalance, OnUnbalanced},
};
use woppal_protocol::{traits::BurnLedger, Balance};

/// Burns the credit it gets and counts it: for transaction fees and for the dust of the balances
/// pallet.
pub struct BurnFees<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<fungible::Credit<T::AccountId, T::Currency>> for BurnFees<T> {
	fn on_nonzero_unbalanced(credit: fungible::Credit<T::AccountId, T::Currency>) {
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
