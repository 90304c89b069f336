//! Views for the runtime API.

use crate::*;
use alloc::collections::BTreeSet;
use woppal_protocol::gate::{AuthoritiesInfo, CandidateInfo};

impl<T: Config> Pallet<T> {
	/// The current and the next set, and all candidates with what keeps them out of the next.
	pub fn authorities() -> AuthoritiesInfo<T::AccountId> {
		let (current, next) = (CurrentSet::<T>::get(), NextSet::<T>::get());
		let seated: BTreeSet<_> = next.iter().filter_map(|seat| seat.validator).collect();
		let candidates = Candidates::<T>::get()
			.into_iter()
			.map(|candidate| CandidateInfo {
				exclusion: (!seated.contains(&candidate.validator))
					.then(|| Self::candidate_exclusion(&candidate)),
				validator: candidate.validator,
				account: candidate.account,
				rank: candidate.rank,
				expires: candidate.expires,
			})
			.collect();
		AuthoritiesInfo {
			session: T::Sessions::index(),
			current: current.into_inner(),
			next: next.into_inner(),
			grace_ends: T::GraceEpochs::get(),
			candidates,
		}
	}

	/// What keeps a validator out of the next set; `None` if it is in it.
	///
	/// For one that is no candidate: what [`Pallet::join`] would refuse it for, or
	/// [`Exclusion::NotJoined`] if nothing.
	pub fn exclusion(validator: ValidatorId) -> Option<Exclusion> {
		if Self::has_next_seat(validator) {
			return None;
		}
		let list = Candidates::<T>::get();
		if let Some(candidate) = list.iter().find(|candidate| candidate.validator == validator) {
			return Some(Self::candidate_exclusion(candidate));
		}
		let Some(owner) = T::Identities::owner_group(validator) else {
			return Some(Exclusion::Exited);
		};
		Some(Self::merit(validator, &owner.hot).err().unwrap_or(Exclusion::NotJoined))
	}

	/// What keeps a candidate without a seat from one, by what the next choice will look at.
	fn candidate_exclusion(candidate: &CandidateOf<T>) -> Exclusion {
		if candidate.expires < Self::current_epoch() {
			Exclusion::Idle
		} else if !Self::is_hot_key_of(&candidate.account, candidate.validator) {
			Exclusion::HotKeyRotated
		} else if !T::Sessions::has_keys(&candidate.account) {
			Exclusion::NoSessionKeys
		} else {
			Exclusion::Outranked
		}
	}
}
