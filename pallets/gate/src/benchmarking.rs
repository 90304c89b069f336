//! Benchmarks of all calls, of what other pallets call, and of the choice at a session's end.

use crate::*;
use frame::benchmarking::prelude::*;
use woppal_protocol::traits::{Expel, OnStanding, OnValidatorExit};

/// Sets other pallets up.
pub trait BenchmarkHelper<AccountId> {
	/// Makes a validator that passes all rules of the gate in the current epoch, and session keys for
	/// its hot key, which is returned with its number. Different `n` give different validators.
	///
	/// Errors: whatever stands in the way.
	fn eligible(n: u32) -> Result<(ValidatorId, AccountId), DispatchError>;

	/// Lets a validator leave for good, without telling the gate.
	///
	/// Errors: whatever stands in the way.
	fn exit(validator: ValidatorId) -> DispatchResult;
}

/// The highest rank that nothing of a benchmark's own exceeds.
const HIGHEST: Rank = Rank::MAX;

/// Fills the list up to `size` with strangers that all have this rank.
fn fill_list<T: Config>(size: u32, rank: Rank) {
	let mut list = Candidates::<T>::get().into_inner();
	for n in (list.len() as u32)..size {
		list.push(Candidate {
			validator: u32::MAX.saturating_sub(n),
			account: account("stranger", n, 0),
			rank,
			expires: u32::MAX,
		});
	}
	list.sort_by_key(Candidate::order);
	Candidates::<T>::put(CandidatesOf::<T>::truncate_from(list));
}

/// Gives a full set of strangers a seat each, and the last seat to `seat`.
fn fill_sets<T: Config>(seat: SeatOf<T>) {
	let strangers = T::MaxAuthorities::get().saturating_sub(1);
	let mut seats: Vec<SeatOf<T>> = (0..strangers)
		.map(|n| Seat {
			account: account("seated", n, 0),
			validator: Some(n.saturating_add(1 << 30)),
		})
		.collect();
	seats.push(seat);
	let accounts: Vec<_> = seats.iter().map(|seat| seat.account.clone()).collect();
	let set = SeatsOf::<T>::truncate_from(seats);
	CurrentSet::<T>::put(&set);
	NextSet::<T>::put(set);
	GenesisAuthorities::<T>::put(AccountsOf::<T>::truncate_from(accounts));
}

/// A candidate that stands last in a full list.
fn lowest<T: Config>() -> Result<(ValidatorId, T::AccountId), BenchmarkError> {
	let (validator, account) = T::BenchmarkHelper::eligible(0)?;
	let list = alloc::vec![Candidate {
		validator,
		account: account.clone(),
		rank: 0,
		expires: Pallet::<T>::current_epoch(),
	}];
	Candidates::<T>::put(CandidatesOf::<T>::truncate_from(list));
	fill_list::<T>(T::MaxCandidates::get(), 1);
	Ok((validator, account))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn join() -> Result<(), BenchmarkError> {
		let (validator, caller) = T::BenchmarkHelper::eligible(0)?;
		fill_list::<T>(T::MaxCandidates::get(), 0);
		// An expulsion that has ended is one more item.
		Expelled::<T>::insert(validator, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller));

		assert!(Candidates::<T>::get().iter().any(|c| c.validator == validator));
		Ok(())
	}

	#[benchmark]
	fn leave() -> Result<(), BenchmarkError> {
		let (validator, caller) = lowest::<T>()?;
		fill_sets::<T>(Seat { account: caller.clone(), validator: Some(validator) });

		#[extrinsic_call]
		_(RawOrigin::Signed(caller.clone()));

		assert!(!Candidates::<T>::get().iter().any(|c| c.validator == validator));
		assert!(!GenesisAuthorities::<T>::get().contains(&caller));
		Ok(())
	}

	#[benchmark]
	fn refresh() -> Result<(), BenchmarkError> {
		let (validator, _) = lowest::<T>()?;
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), validator);

		assert_eq!(Candidates::<T>::get().first().map(|c| c.validator), Some(validator));
		Ok(())
	}

	#[benchmark]
	fn on_standing_changed() -> Result<(), BenchmarkError> {
		let (validator, _) = lowest::<T>()?;

		#[block]
		{
			Pallet::<T>::on_standing_changed(validator);
		}

		assert_eq!(Candidates::<T>::get().first().map(|c| c.validator), Some(validator));
		Ok(())
	}

	#[benchmark]
	fn on_standing_changed_idle() -> Result<(), BenchmarkError> {
		fill_list::<T>(T::MaxCandidates::get(), HIGHEST);

		#[block]
		{
			Pallet::<T>::on_standing_changed(0);
		}

		assert_eq!(Candidates::<T>::get().len() as u32, T::MaxCandidates::get());
		Ok(())
	}

	#[benchmark]
	fn expel() -> Result<(), BenchmarkError> {
		let (validator, account) = lowest::<T>()?;
		fill_sets::<T>(Seat { account, validator: Some(validator) });

		#[block]
		{
			<Pallet<T> as Expel>::expel(validator);
		}

		assert!(Pallet::<T>::is_expelled(validator));
		Ok(())
	}

	#[benchmark]
	fn on_validator_exit() -> Result<(), BenchmarkError> {
		let (validator, _) = lowest::<T>()?;
		let seat = Seat { account: account("seated", u32::MAX, 0), validator: None };
		fill_sets::<T>(seat);
		Expelled::<T>::insert(validator, u32::MAX);

		#[block]
		{
			Pallet::<T>::on_validator_exit(validator);
		}

		assert!(!Expelled::<T>::contains_key(validator));
		Ok(())
	}

	// A full list that passes and a full set that fails. A third of the set is expelled and has left, so
	// that its marks go with it.
	#[benchmark]
	fn new_session() -> Result<(), BenchmarkError> {
		let mut seats: Vec<SeatOf<T>> = Vec::new();
		for n in 0..T::MaxAuthorities::get() {
			let (validator, account) = T::BenchmarkHelper::eligible(n)?;
			if n < T::MaxAuthorities::get() / 3 {
				Expelled::<T>::insert(validator, u32::MAX);
				T::BenchmarkHelper::exit(validator)?;
			}
			seats.push(Seat { account, validator: Some(validator) });
		}
		let mut list = Vec::new();
		for n in 0..T::MaxCandidates::get() {
			let n = n.saturating_add(T::MaxAuthorities::get());
			let (validator, account) = T::BenchmarkHelper::eligible(n)?;
			list.push(Candidate { validator, account, rank: HIGHEST, expires: u32::MAX });
		}
		list.sort_by_key(Candidate::order);
		let set = SeatsOf::<T>::truncate_from(seats);
		CurrentSet::<T>::put(&set);
		NextSet::<T>::put(&set);
		Candidates::<T>::put(CandidatesOf::<T>::truncate_from(list));
		let index = T::Sessions::index().saturating_add(1);

		#[block]
		{
			<Pallet<T> as pallet_session::SessionManager<T::AccountId>>::new_session(index);
		}

		assert!(NextSet::<T>::get() != set);
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
