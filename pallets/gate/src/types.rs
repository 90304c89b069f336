//! What the gate stores and what it needs to know of sessions.

use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use core::{cmp::Reverse, marker::PhantomData};
use frame::prelude::{frame_system, TypeInfo};
use pallet_session::{historical, NextKeys, QueuedKeys};
use sp_staking::{offence::OffenceSeverity, SessionIndex};
use woppal_protocol::{
	gate::{Rank, Seat},
	EpochIndex, ValidatorId,
};

/// A validator that wants to author blocks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Candidate<AccountId> {
	/// The validator.
	pub validator: ValidatorId,
	/// The hot key with which it joined, whose session keys it authors with.
	pub account: AccountId,
	/// Its rank when it was last computed.
	pub rank: Rank,
	/// The last epoch in which it counts if it proves nothing more.
	pub expires: EpochIndex,
}

impl<AccountId: Clone> Candidate<AccountId> {
	/// By what the list is sorted: the highest rank first, of equals the older validator.
	pub(crate) fn order(&self) -> (Reverse<Rank>, ValidatorId) {
		(Reverse(self.rank), self.validator)
	}

	/// The seat that it would get.
	pub(crate) fn seat(&self) -> Seat<AccountId> {
		Seat { account: self.account.clone(), validator: Some(self.validator) }
	}
}

/// What the gate asks of the pallet that rotates sessions.
pub trait Sessions<AccountId> {
	/// The current session.
	fn index() -> SessionIndex;
	/// Its authorities.
	fn authorities() -> Vec<AccountId>;
	/// Whether the account has session keys.
	fn has_keys(account: &AccountId) -> bool;
	/// Whether the set of session `index`, which is being planned, must be announced though nobody joins
	/// or leaves.
	fn must_announce(index: SessionIndex) -> bool;
	/// Keeps an authority of the current session from authoring, as far as the chain can do without it.
	fn disable(account: &AccountId);
}

/// [`Sessions`] by the SDK's session pallet.
pub struct SdkSessions<T>(PhantomData<T>);

impl<T> Sessions<T::AccountId> for SdkSessions<T>
where
	T: historical::Config
		+ pallet_session::Config<ValidatorId = <T as frame_system::Config>::AccountId>,
{
	fn index() -> SessionIndex {
		pallet_session::Pallet::<T>::current_index()
	}

	fn authorities() -> Vec<T::AccountId> {
		pallet_session::Pallet::<T>::validators()
	}

	fn has_keys(account: &T::AccountId) -> bool {
		NextKeys::<T>::contains_key(account)
	}

	/// A set that is announced gets its own entry in the record of past sessions; else the last entry is
	/// copied. So it must be announced if there is no entry yet (genesis writes none), or if the last
	/// one knows keys that are not used any more. Announcing every session would also work, at the price
	/// of a GRANDPA set change, and so of a justification in every warp proof, each session.
	fn must_announce(index: SessionIndex) -> bool {
		let last = index.saturating_sub(1);
		!historical::HistoricalSessions::<T>::contains_key(last)
			|| QueuedKeys::<T>::get()
				.iter()
				.any(|(account, keys)| NextKeys::<T>::get(account).as_ref() != Some(keys))
	}

	fn disable(account: &T::AccountId) {
		pallet_session::Pallet::<T>::report_offence(
			account.clone(),
			OffenceSeverity::max_severity(),
		);
	}
}
