//! Candidates: who may be one, where it stands in the list, how it leaves it.

use crate::*;
use woppal_protocol::{
	gate,
	stake::PoolId,
	traits::{Expel, OnStanding, OnValidatorExit},
};

/// A candidate's rank, and the last epoch in which it counts.
type Merit = (Rank, EpochIndex);

impl<T: Config> Pallet<T> {
	pub(crate) fn current_epoch() -> EpochIndex {
		let now: BlockNumber = frame_system::Pallet::<T>::block_number().saturated_into();
		T::Network::parameters().timing.epoch_of(now)
	}

	/// Whether a validator equivocated and may not come back yet.
	pub fn is_expelled(validator: ValidatorId) -> bool {
		Expelled::<T>::get(validator).is_some_and(|until| Self::current_epoch() < until)
	}

	/// Whether the account is the hot key of the validator now.
	pub(crate) fn is_hot_key_of(account: &T::AccountId, validator: ValidatorId) -> bool {
		T::Identities::by_hot_key(account) == Some(validator)
	}

	/// What a validator is worth to the gate with this account, or the first rule that it breaks.
	pub(crate) fn merit(
		validator: ValidatorId,
		account: &T::AccountId,
	) -> Result<Merit, Exclusion> {
		let epoch = Self::current_epoch();
		let reputation = T::Identities::reputation(validator).ok_or(Exclusion::Exited)?;
		ensure!(Self::is_hot_key_of(account, validator), Exclusion::HotKeyRotated);
		ensure!(!Self::is_expelled(validator), Exclusion::Expelled);
		let bond = T::Stake::counting_bond(validator);
		let gate_bond = T::Network::parameters().deposits.gate_bond;
		ensure!(bond >= gate_bond, Exclusion::BondTooSmall);
		let proved = T::Ledger::last_participation(validator).ok_or(Exclusion::Idle)?;
		let expires = proved.saturating_add(T::ParticipationEpochs::get());
		ensure!(epoch <= expires, Exclusion::Idle);
		ensure!(reputation >= T::MinReputation::get(), Exclusion::ReputationTooLow);
		ensure!(T::Sessions::has_keys(account), Exclusion::NoSessionKeys);

		let pool = T::Stake::counting_pool(PoolId::Validator(validator));
		let last = epoch.checked_sub(1).map_or(0, |e| T::Ledger::bonus_milli(validator, e));
		let bonus_milli = T::Ledger::bonus_milli(validator, epoch).max(last);
		Ok((gate::rank(bond.saturating_add(pool), bonus_milli, reputation), expires))
	}

	pub(crate) fn do_join(account: T::AccountId) -> DispatchResult {
		let validator = T::Identities::by_hot_key(&account).ok_or(Error::<T>::NotValidator)?;
		let (rank, expires) = Self::merit(validator, &account).map_err(Error::<T>::from)?;
		let mut list = Candidates::<T>::get();
		let idle = Self::take_idle(&mut list);
		if let Some(bound) = Self::take(&mut list, validator) {
			// Only a new hot key joins again: it takes the entry over.
			ensure!(bound.account != account, Error::<T>::AlreadyCandidate);
		}
		let candidate = Candidate { validator, account: account.clone(), rank, expires };
		let displaced = Self::place(&mut list, candidate)?;

		Candidates::<T>::put(list);
		if Expelled::<T>::contains_key(validator) {
			Expelled::<T>::remove(validator);
		}
		Self::deposit_idle(idle);
		if let Some(displaced) = displaced {
			let reason = Exclusion::Outranked;
			Self::deposit_event(Event::CandidateDropped { validator: displaced, reason });
		}
		Self::deposit_event(Event::CandidateJoined { validator, account, rank, expires });
		Ok(())
	}

	pub(crate) fn do_leave(account: T::AccountId) -> DispatchResult {
		let validator = T::Identities::by_hot_key(&account).ok_or(Error::<T>::NotValidator)?;
		let mut list = Candidates::<T>::get();
		let left = Self::take(&mut list, validator).ok_or(Error::<T>::NotCandidate)?;

		Candidates::<T>::put(list);
		Self::end_grace(&[account, left.account]);
		Self::deposit_event(Event::CandidateLeft { validator });
		Ok(())
	}

	pub(crate) fn do_refresh(validator: ValidatorId) -> DispatchResult {
		ensure!(Self::update(validator), Error::<T>::NotCandidate);
		Ok(())
	}

	/// Ranks a candidate anew or drops it. Returns whether it was one.
	pub(crate) fn update(validator: ValidatorId) -> bool {
		let mut list = Candidates::<T>::get();
		let Some(before) = Self::take(&mut list, validator) else { return false };
		match Self::merit(validator, &before.account) {
			Ok((rank, expires)) if (rank, expires) == (before.rank, before.expires) => {},
			Ok((rank, expires)) => {
				let placed = Self::place(&mut list, Candidate { rank, expires, ..before });
				defensive_assert!(matches!(placed, Ok(None)), "its own place was just given up");
				Candidates::<T>::put(list);
				Self::deposit_event(Event::CandidateRanked { validator, rank, expires });
			},
			Err(reason) => {
				Candidates::<T>::put(list);
				Self::deposit_event(Event::CandidateDropped { validator, reason });
			},
		}
		true
	}

	/// Takes a validator out of a list.
	fn take(list: &mut CandidatesOf<T>, validator: ValidatorId) -> Option<CandidateOf<T>> {
		let at = list.iter().position(|candidate| candidate.validator == validator)?;
		Some(list.remove(at))
	}

	/// Puts a candidate that is not in a list in its place. A full list loses its lowest candidate to a
	/// better one; the one lost is returned.
	///
	/// Errors: [`Error::ListFull`].
	fn place(
		list: &mut CandidatesOf<T>,
		candidate: CandidateOf<T>,
	) -> Result<Option<ValidatorId>, Error<T>> {
		let mut displaced = None;
		if list.is_full() {
			let lowest = list.last().ok_or(Error::<T>::ListFull)?;
			ensure!(lowest.rank < candidate.rank, Error::<T>::ListFull);
			displaced = list.pop().map(|lowest| lowest.validator);
		}
		let at = list
			.binary_search_by_key(&candidate.order(), Candidate::order)
			.unwrap_or_else(|place| place);
		list.try_insert(at, candidate).map_err(|_| Error::<T>::ListFull)?;
		Ok(displaced)
	}

	/// Takes those out of a list that have expired.
	pub(crate) fn take_idle(list: &mut CandidatesOf<T>) -> Vec<ValidatorId> {
		let (epoch, mut idle) = (Self::current_epoch(), Vec::new());
		list.retain(|candidate| {
			let expired = candidate.expires < epoch;
			if expired {
				idle.push(candidate.validator);
			}
			!expired
		});
		idle
	}

	/// Says who expired.
	pub(crate) fn deposit_idle(idle: Vec<ValidatorId>) {
		for validator in idle {
			Self::deposit_event(Event::CandidateDropped { validator, reason: Exclusion::Idle });
		}
	}

	/// Drops a validator from the list, if it is in it, and says why.
	fn drop_candidate(validator: ValidatorId, reason: Exclusion) {
		let mut list = Candidates::<T>::get();
		if Self::take(&mut list, validator).is_some() {
			Candidates::<T>::put(list);
			Self::deposit_event(Event::CandidateDropped { validator, reason });
		}
	}

	/// Ends the grace period of accounts.
	fn end_grace(accounts: &[T::AccountId]) {
		let mut genesis = GenesisAuthorities::<T>::get();
		let before = genesis.len();
		genesis.retain(|account| !accounts.contains(account));
		if genesis.len() < before {
			GenesisAuthorities::<T>::put(genesis);
		}
	}

	/// Disables an authority of genesis that is no validator and equivocated: it is kept from authoring
	/// as far as the chain can do without it, and the next set that is chosen does without its seat.
	/// Nothing for any other account.
	pub fn expel_genesis_authority(account: &T::AccountId) {
		let is_seat = |seat: &SeatOf<T>| seat.validator.is_none() && seat.account == *account;
		if !NextSet::<T>::get().iter().any(is_seat)
			|| !GenesisAuthorities::<T>::get().contains(account)
		{
			return;
		}
		Self::end_grace(core::slice::from_ref(account));
		T::Sessions::disable(account);
		Self::deposit_event(Event::GenesisAuthorityExpelled { account: account.clone() });
	}
}

impl<T: Config> OnStanding for Pallet<T> {
	fn on_standing_changed(validator: ValidatorId) {
		Self::update(validator);
	}
}

impl<T: Config> Expel for Pallet<T> {
	fn expel(validator: ValidatorId) {
		Self::drop_candidate(validator, Exclusion::Expelled);
		let held = |set: SeatsOf<T>| set.into_iter().find(|seat| seat.validator == Some(validator));
		let (current, next) = (held(CurrentSet::<T>::get()), held(NextSet::<T>::get()));
		if let Some(seat) = &current {
			T::Sessions::disable(&seat.account);
		}
		if next.is_none() && T::Identities::reputation(validator).is_none() {
			// It left, its number will not come back, and no set to come has it.
			return;
		}

		let until = Self::current_epoch().saturating_add(T::ExpulsionEpochs::get());
		Expelled::<T>::insert(validator, until);
		let accounts: Vec<_> = current.into_iter().chain(next).map(|seat| seat.account).collect();
		Self::end_grace(&accounts);
		Self::deposit_event(Event::ValidatorExpelled { validator, until });
	}
}

impl<T: Config> OnValidatorExit for Pallet<T> {
	fn on_validator_exit(validator: ValidatorId) {
		Self::drop_candidate(validator, Exclusion::Exited);
		// One that still has a seat must not shed the expulsion that takes it away; the mark goes with
		// the seat.
		if Expelled::<T>::contains_key(validator) && !Self::has_next_seat(validator) {
			Expelled::<T>::remove(validator);
		}
	}
}
