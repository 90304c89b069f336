//! Sessions: the set that is chosen at each of their ends.

use crate::{
	plan::{plan, Bounds, Challenger, Incumbent, Standing},
	*,
};
use alloc::collections::{BTreeMap, BTreeSet};
use pallet_session::{historical, SessionManager};

/// A set with the identifications that the record of past sessions keeps.
type Identified<AccountId> = Vec<(AccountId, Option<ValidatorId>)>;
/// The seats of a set as they stand, and the candidates that pass and have none of them.
type Contenders<AccountId> = (Vec<Incumbent<AccountId>>, Vec<Challenger<AccountId>>);

impl<T: Config> Pallet<T> {
	/// Whether a validator has a seat in the set chosen last.
	pub(crate) fn has_next_seat(validator: ValidatorId) -> bool {
		NextSet::<T>::get().iter().any(|seat| seat.validator == Some(validator))
	}

	/// Whether authorities of genesis have their grace period.
	pub(crate) fn has_grace() -> bool {
		Self::current_epoch() < T::GraceEpochs::get()
	}

	/// Moves on to the set that was chosen for the session that starts.
	fn do_start_session() {
		let mut set = NextSet::<T>::get();
		if set.is_empty() {
			// Genesis, or the first session after an upgrade that brought the gate.
			let accounts = BoundedVec::truncate_from(T::Sessions::authorities());
			let seats = accounts
				.iter()
				.map(|account| Seat { account: T::AccountId::clone(account), validator: None })
				.collect();
			set = BoundedVec::truncate_from(seats);
			GenesisAuthorities::<T>::put(accounts);
			NextSet::<T>::put(&set);
		}
		// The session pallet forgets who is disabled when the set changes.
		let genesis = GenesisAuthorities::<T>::get();
		for seat in set.iter().filter(|seat| Self::is_out(seat, &genesis)) {
			T::Sessions::disable(&seat.account);
		}
		CurrentSet::<T>::put(set);
	}

	/// Whether a seat's holder equivocated.
	fn is_out(seat: &SeatOf<T>, genesis: &[T::AccountId]) -> bool {
		match seat.validator {
			Some(validator) => Self::is_expelled(validator),
			None => !genesis.contains(&seat.account),
		}
	}

	/// Chooses the set of session `index`. `None`: the one before it goes on.
	fn do_new_session(index: SessionIndex) -> Option<Identified<T::AccountId>> {
		let mut list = Candidates::<T>::get();
		let idle = Self::take_idle(&mut list);
		if !idle.is_empty() {
			Candidates::<T>::put(&list);
			Self::deposit_idle(idle);
		}

		let last = NextSet::<T>::get();
		let (incumbents, challengers) = Self::contenders(&last, &list);
		let min = usize::try_from(T::MinAuthorities::get()).unwrap_or(usize::MAX);
		let max = usize::try_from(T::MaxAuthorities::get()).unwrap_or(usize::MAX);
		let bounds = Bounds::after(last.len(), min, max);
		let set = BoundedVec::truncate_from(plan(bounds, incumbents, &challengers));
		if set.is_empty() {
			// Nobody has session keys: there is nothing to choose from.
			return None;
		}
		let changed = set != last;
		if changed {
			Self::install(index, &last, &set);
		}
		// If the session pallet does not announce a set, it goes on with its own: this one, unless all its
		// accounts had lost their keys.
		let accounts: Vec<_> = set.iter().map(|seat| seat.account.clone()).collect();
		let announce =
			changed || T::Sessions::authorities() != accounts || T::Sessions::must_announce(index);
		announce.then(|| set.into_iter().map(|seat| (seat.account, seat.validator)).collect())
	}

	/// Writes a set that was chosen and forgets what is not needed any more of those who left.
	fn install(session: SessionIndex, last: &SeatsOf<T>, set: &SeatsOf<T>) {
		let accounts = |seats: &SeatsOf<T>| {
			seats.iter().map(|seat| seat.account.clone()).collect::<BTreeSet<_>>()
		};
		let (before, after) = (accounts(last), accounts(set));
		NextSet::<T>::put(set);
		GenesisAuthorities::<T>::mutate(|genesis| {
			genesis.retain(|account| after.contains(account))
		});
		let stay = set.iter().filter_map(|seat| seat.validator).collect::<BTreeSet<_>>();
		let left = last.iter().filter_map(|seat| seat.validator).filter(|v| !stay.contains(v));
		for validator in left {
			let gone = T::Identities::reputation(validator).is_none();
			if gone && Expelled::<T>::contains_key(validator) {
				Expelled::<T>::remove(validator);
			}
		}
		let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
		Self::deposit_event(Event::SetPlanned {
			session,
			authorities: count(set.len()),
			joined: count(after.difference(&before).count()),
			left: count(before.difference(&after).count()),
		});
	}

	/// The seats of the last set, and the candidates that pass and have none of them.
	fn contenders(last: &SeatsOf<T>, list: &CandidatesOf<T>) -> Contenders<T::AccountId> {
		let passing: Vec<&CandidateOf<T>> = list
			.iter()
			.filter(|c| Self::is_hot_key_of(&c.account, c.validator))
			.filter(|c| T::Sessions::has_keys(&c.account))
			.collect();
		let facts = Facts::<T> {
			by_validator: passing.iter().map(|c| (c.validator, *c)).collect(),
			by_account: passing.iter().map(|c| (&c.account, *c)).collect(),
			seated: last.iter().filter_map(|seat| seat.validator).collect(),
			genesis: GenesisAuthorities::<T>::get(),
			grace: Self::has_grace(),
		};
		let incumbents: Vec<_> =
			last.iter().filter_map(|seat| Self::incumbent(seat, &facts)).collect();
		// A passing candidate with a seat stands in its seat with its account.
		let held: BTreeSet<_> = incumbents.iter().map(|i| i.seat.account.clone()).collect();
		let challengers = passing
			.into_iter()
			.filter(|c| !held.contains(&c.account))
			.map(|c| Challenger { seat: c.seat(), rank: c.rank })
			.collect();
		(incumbents, challengers)
	}

	/// What becomes of a seat of the last set: it goes with its validator to the account with which that
	/// joined; who joined with the seat's own account takes the seat over. `None`: the seat ends.
	fn incumbent(seat: &SeatOf<T>, facts: &Facts<T>) -> Option<Incumbent<T::AccountId>> {
		let ranked = |c: &CandidateOf<T>| {
			Some(Incumbent { seat: c.seat(), standing: Standing::Ranked(c.rank) })
		};
		let own = seat.validator.and_then(|validator| facts.by_validator.get(&validator));
		if let Some(candidate) = own {
			return ranked(candidate);
		}
		let taker = facts.by_account.get(&seat.account);
		if taker.is_some_and(|candidate| facts.seated.contains(&candidate.validator)) {
			// Its validator brings another seat to this account: two seats become one.
			return None;
		}
		let standing = if Self::is_out(seat, &facts.genesis) {
			Standing::Expelled
		} else if let Some(candidate) = taker {
			return ranked(candidate);
		} else if facts.grace && facts.genesis.contains(&seat.account) {
			Standing::Grace
		} else {
			Standing::Failing
		};
		T::Sessions::has_keys(&seat.account).then(|| Incumbent { seat: seat.clone(), standing })
	}
}

/// What a seat is judged by.
struct Facts<'a, T: Config> {
	/// Candidates that pass, by validator.
	by_validator: BTreeMap<ValidatorId, &'a CandidateOf<T>>,
	/// The same by account: an account is the hot key of one validator.
	by_account: BTreeMap<&'a T::AccountId, &'a CandidateOf<T>>,
	/// Validators with a seat in the last set.
	seated: BTreeSet<ValidatorId>,
	/// Authorities of genesis in good standing.
	genesis: AccountsOf<T>,
	/// Whether these still have their grace period.
	grace: bool,
}

impl<T: Config> SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<T::AccountId>> {
		Self::do_new_session(index).map(|set| set.into_iter().map(|(account, _)| account).collect())
	}

	/// Genesis's set is the session pallet's.
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		None
	}

	fn start_session(_: SessionIndex) {
		Self::do_start_session();
	}

	fn end_session(_: SessionIndex) {}
}

impl<T: Config> historical::SessionManager<T::AccountId, Option<ValidatorId>> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Identified<T::AccountId>> {
		Self::do_new_session(index)
	}

	fn new_session_genesis(_: SessionIndex) -> Option<Identified<T::AccountId>> {
		None
	}

	fn start_session(_: SessionIndex) {
		Self::do_start_session();
	}

	fn end_session(_: SessionIndex) {}
}

/// Who answers for an authority of the current session: its full identification in the record of
/// past sessions. `None`: an authority of genesis that is no validator.
///
/// It is what it was when the set was chosen, whatever became of the validator's hot key since.
pub struct FullIdentificationOf<T>(PhantomData<T>);

impl<T: Config> Convert<T::AccountId, Option<Option<ValidatorId>>> for FullIdentificationOf<T> {
	fn convert(account: T::AccountId) -> Option<Option<ValidatorId>> {
		let set = CurrentSet::<T>::get();
		Some(set.iter().find(|seat| seat.account == account).and_then(|seat| seat.validator))
	}
}
