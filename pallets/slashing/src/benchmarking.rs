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

	/// Makes a block author of genesis that is no validator. Returns its account.
	fn genesis_author() -> AccountId;

	/// Makes a session of an epoch that is over, by letting as many sessions pass as have to. Returns its
	/// number.
	fn session_in(epoch: EpochIndex) -> SessionIndex;
}

impl<T: Config> Pallet<T> {
	/// Puts as many records into the queue as a call that reports and exits can take out, all due.
	pub fn benchmark_fill_queue() {
		let now = Self::current_epoch();
		let places = MAX_SWEPT.saturating_mul(2);
		for place in 0..places {
			let validator = ValidatorId::MAX.saturating_sub(place);
			Records::<T>::insert(validator, Record { offences: 1, ..Default::default() });
			Leaving::<T>::insert(place, (validator, now));
		}
		Queue::<T>::put((0, places));
	}
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

/// Gives a validator the longest record, with nothing taken in `epoch`.
fn fill_record<T: Config>(validator: ValidatorId, epoch: EpochIndex) {
	let now = Pallet::<T>::current_epoch();
	let mut record = Record { offences: REACHABLE, ..Default::default() };
	for other in (now.saturating_sub(REACH_EPOCHS)..=now).filter(|other| *other != epoch) {
		record.keep(Taken { epoch: other, rate: EPOCH_CAP, amount: 1 }, now);
	}
	Records::<T>::insert(validator, record);
}

/// Whoever reports: an account that exists, so that it can be paid.
fn reporter<T: Config>() -> T::AccountId {
	account("reporter", 0, 0)
}

/// The report of an equivocation.
fn details<T: Config>(
	authority: T::AccountId,
	validator: Option<ValidatorId>,
) -> [OffenceDetails<T::AccountId, Authority<T>>; 1] {
	[OffenceDetails { offender: (authority, validator), reporters: vec![reporter::<T>()] }]
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn report() -> Result<(), BenchmarkError> {
		let (_, validator) = author::<T>()?;
		fill_record::<T>(validator, Pallet::<T>::current_epoch());
		Pallet::<T>::benchmark_fill_queue();
		let reporter = reporter::<T>();

		#[block]
		{
			<Pallet<T> as Offences<_>>::report(validator, Offence::FailedProposal, Some(&reporter));
		}

		assert_eq!(Pallet::<T>::info(validator).slashed_rate, rate(Offence::FailedProposal));
		assert_eq!(Queue::<T>::get().0, MAX_SWEPT);
		Ok(())
	}

	#[benchmark]
	fn report_capped() -> Result<(), BenchmarkError> {
		let (_, validator) = author::<T>()?;
		fill_record::<T>(validator, Pallet::<T>::current_epoch());
		Pallet::<T>::benchmark_fill_queue();
		let epoch = Pallet::<T>::current_epoch();
		Records::<T>::mutate(validator, |record| {
			record.keep(Taken { epoch, rate: EPOCH_CAP, amount: 1 }, epoch);
		});
		let reporter = reporter::<T>();

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
		// The older the offence, the more stake that left since is reached.
		let epoch = Pallet::<T>::current_epoch().saturating_sub(REACH_EPOCHS);
		fill_record::<T>(validator, epoch);
		Pallet::<T>::benchmark_fill_queue();
		let details = details::<T>(authority, Some(validator));
		let session = T::BenchmarkHelper::session_in(epoch);

		#[block]
		{
			let fraction = [Perbill::one()];
			<Pallet<T> as OnOffenceHandler<_, _, Weight>>::on_offence(&details, &fraction, session);
		}

		let taken = Records::<T>::get(validator).taken_in(epoch);
		assert_eq!(taken.rate, rate(Offence::Equivocation));
		Ok(())
	}

	#[benchmark]
	fn on_offence_unidentified() -> Result<(), BenchmarkError> {
		enter_epoch::<T>(REACH_EPOCHS);
		let details = details::<T>(T::BenchmarkHelper::genesis_author(), None);
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
		let epoch = Pallet::<T>::current_epoch();
		enter_epoch::<T>(epoch.saturating_add(REACHABLE));
		let details = details::<T>(authority, Some(validator));
		let session = T::BenchmarkHelper::session_in(epoch);
		let weight;

		#[block]
		{
			let fraction = [Perbill::one()];
			weight = <Pallet<T> as OnOffenceHandler<_, _, Weight>>::on_offence(
				&details, &fraction, session,
			);
		}

		assert_eq!(weight, T::WeightInfo::on_offence_out_of_reach());
		Ok(())
	}

	#[benchmark]
	fn on_validator_exit() -> Result<(), BenchmarkError> {
		let (_, validator) = author::<T>()?;
		fill_record::<T>(validator, Pallet::<T>::current_epoch());
		Pallet::<T>::benchmark_fill_queue();

		#[block]
		{
			<Pallet<T> as OnValidatorExit>::on_validator_exit(validator);
		}

		assert_eq!(Queue::<T>::get(), (MAX_SWEPT, MAX_SWEPT.saturating_mul(2).saturating_add(1)));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
