//! Benchmarks of the handlers, on every branch that has a weight of its own.

use crate::*;
use alloc::vec;
use frame::benchmarking::prelude::*;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
use woppal_protocol::traits::{Offences, OnValidatorExit};

/// Sets other pallets up.
pub trait BenchmarkHelper<AccountId> {
	/// Makes a validator with all that a slash can reach: bond, pool, unbonding stake, unclaimed rewards.
	/// It authors blocks, and is a candidate. Returns its account as an authority and its number. May move
	/// to another block.
	///
	/// Errors: whatever stands in the way.
	fn author() -> Result<(AccountId, ValidatorId), DispatchError>;
}

/// The helper's author, in an epoch with as many before it as a record can have.
fn author<T: Config>() -> Result<(T::AccountId, ValidatorId), DispatchError> {
	enter_epoch::<T>(REACH_EPOCHS);
	T::BenchmarkHelper::author()
}

fn enter_epoch<T: Config>(epoch: EpochIndex) {
	let block = T::Network::parameters().timing.epoch_start(epoch);
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(block));
}

/// Two records whose time has come, for the sweep.
fn fill_queue<T: Config>() {
	let now = Pallet::<T>::current_epoch();
	for place in 0..MAX_SWEPT {
		let validator = ValidatorId::MAX.saturating_sub(place);
		Records::<T>::insert(validator, Record { offences: 1, ..Default::default() });
		Leaving::<T>::insert(place, (validator, now));
	}
	Queue::<T>::put((0, MAX_SWEPT));
}

/// Gives a validator the longest record, with nothing taken in the current epoch.
fn fill_record<T: Config>(validator: ValidatorId) {
	let now = Pallet::<T>::current_epoch();
	let mut record = Record { offences: REACHABLE, ..Default::default() };
	for back in 1..=REACH_EPOCHS.min(now) {
		let epoch = now.saturating_sub(back);
		record.keep(Taken { epoch, rate: EPOCH_CAP, amount: 1 }, now);
	}
	Records::<T>::insert(validator, record);
}

/// The report of an equivocation.
fn details<T: Config>(
	authority: T::AccountId,
	validator: Option<ValidatorId>,
) -> [OffenceDetails<T::AccountId, Authority<T>>; 1] {
	[OffenceDetails { offender: (authority, validator), reporters: vec![whitelisted_caller()] }]
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn report() -> Result<(), BenchmarkError> {
		let (_, validator) = author::<T>()?;
		fill_record::<T>(validator);
		fill_queue::<T>();
		let reporter: T::AccountId = whitelisted_caller();

		#[block]
		{
			<Pallet<T> as Offences<_>>::report(validator, Offence::FailedProposal, Some(&reporter));
		}

		assert_eq!(Pallet::<T>::info(validator).slashed_rate, rate(Offence::FailedProposal));
		assert_eq!(Queue::<T>::get(), (MAX_SWEPT, MAX_SWEPT));
		Ok(())
	}

	#[benchmark]
	fn report_capped() -> Result<(), BenchmarkError> {
		let (_, validator) = author::<T>()?;
		fill_record::<T>(validator);
		fill_queue::<T>();
		let epoch = Pallet::<T>::current_epoch();
		Records::<T>::mutate(validator, |record| {
			record.keep(Taken { epoch, rate: EPOCH_CAP, amount: 1 }, epoch);
		});
		let reporter: T::AccountId = whitelisted_caller();

		#[block]
		{
			<Pallet<T> as Offences<_>>::report(validator, Offence::FailedProposal, Some(&reporter));
		}

		assert_eq!(Records::<T>::get(validator).offences, REACHABLE.saturating_add(1));
		Ok(())
	}

	#[benchmark]
	fn on_offence() -> Result<(), BenchmarkError> {
		let (authority, validator) = author::<T>()?;
		fill_record::<T>(validator);
		fill_queue::<T>();
		let details = details::<T>(authority, Some(validator));

		#[block]
		{
			// The latest session there can be is of the current epoch.
			let fraction = [Perbill::one()];
			<Pallet<T> as OnOffenceHandler<_, _, Weight>>::on_offence(
				&details,
				&fraction,
				SessionIndex::MAX,
			);
		}

		assert_eq!(Pallet::<T>::info(validator).slashed_rate, rate(Offence::Equivocation));
		Ok(())
	}

	#[benchmark]
	fn on_offence_unidentified() -> Result<(), BenchmarkError> {
		let (authority, _) = author::<T>()?;
		let details = details::<T>(authority, None);
		let weight;

		#[block]
		{
			let fraction = [Perbill::one()];
			weight = <Pallet<T> as OnOffenceHandler<_, _, Weight>>::on_offence(
				&details,
				&fraction,
				SessionIndex::MAX,
			);
		}

		assert_eq!(weight, T::WeightInfo::on_offence_unidentified());
		Ok(())
	}

	#[benchmark]
	fn on_offence_out_of_reach() -> Result<(), BenchmarkError> {
		let (authority, validator) = author::<T>()?;
		enter_epoch::<T>(Pallet::<T>::current_epoch().saturating_add(REACHABLE));
		let details = details::<T>(authority, Some(validator));
		let weight;

		#[block]
		{
			let fraction = [Perbill::one()];
			weight =
				<Pallet<T> as OnOffenceHandler<_, _, Weight>>::on_offence(&details, &fraction, 0);
		}

		assert_eq!(weight, T::WeightInfo::on_offence_out_of_reach());
		Ok(())
	}

	#[benchmark]
	fn on_validator_exit() -> Result<(), BenchmarkError> {
		let (_, validator) = author::<T>()?;
		fill_record::<T>(validator);
		fill_queue::<T>();

		#[block]
		{
			<Pallet<T> as OnValidatorExit>::on_validator_exit(validator);
		}

		assert_eq!(Queue::<T>::get(), (MAX_SWEPT, MAX_SWEPT.saturating_add(1)));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
