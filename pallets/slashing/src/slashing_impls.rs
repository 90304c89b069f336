//! Punishing offences, and forgetting those of validators that left.

use crate::*;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
use woppal_protocol::{
	api::OffenceInfo,
	identity::ReputationCause,
	stake::Slashed,
	traits::{Offences, OnValidatorExit},
	BlockNumber,
};

/// A block author as the SDK's offences pallet knows it: its account, and the validator behind it.
pub type Authority<T> = (<T as frame_system::Config>::AccountId, Option<ValidatorId>);

impl<T: Config> Pallet<T> {
	pub(crate) fn current_epoch() -> EpochIndex {
		let now: BlockNumber = frame_system::Pallet::<T>::block_number().saturated_into();
		T::Network::parameters().timing.epoch_of(now)
	}

	/// A validator's offences.
	pub fn info(validator: ValidatorId) -> OffenceInfo {
		let record = Records::<T>::get(validator);
		let taken = record.taken_in(Self::current_epoch());
		OffenceInfo { offences: record.offences, slashed_rate: taken.rate, slashed: taken.amount }
	}

	/// Punishes an offence of a reachable epoch.
	fn punish(
		offender: ValidatorId,
		offence: Offence,
		epoch: EpochIndex,
		reporter: Option<&T::AccountId>,
	) {
		let (now, wanted) = (Self::current_epoch(), rate(offence));
		if wanted.is_zero() {
			return;
		}
		Self::sweep(now);
		let group = T::Identities::owner_group(offender);
		if group.is_none() && !Records::<T>::contains_key(offender) {
			Self::enqueue(offender, now);
		}
		T::Record::note_offence(offender, offence);
		if offence == Offence::FailedProposal {
			T::Identities::note_reputation(offender, ReputationCause::ProposalRefused);
		}

		let mut record = Records::<T>::get(offender);
		record.offences = record.offences.saturating_add(1);
		let before = record.taken_in(epoch);
		let allowed = wanted.min(EPOCH_CAP.saturating_sub(before.rate));
		if !allowed.is_zero() {
			// Whoever cannot be told from the offender's owner gets nothing.
			let reporter = reporter.filter(|who| {
				group.as_ref().is_some_and(|group| {
					**who != group.cold
						&& **who != group.hot
						&& Some(*who) != group.delegate.as_ref()
				})
			});
			let amount = Self::slash(offender, offence, epoch, allowed, reporter);
			let taken = Taken {
				epoch,
				rate: before.rate.saturating_add(allowed),
				amount: before.amount.saturating_add(amount),
			};
			record.keep(taken, now);
		}
		Records::<T>::insert(offender, record);
		let untaken = wanted.saturating_sub(allowed);
		if !untaken.is_zero() {
			Self::deposit_event(Event::Capped { validator: offender, offence, epoch, untaken });
		}
	}

	/// Takes `rate` of what the offender has at stake. Returns plancks, own and delegated.
	fn slash(
		offender: ValidatorId,
		offence: Offence,
		epoch: EpochIndex,
		rate: Perbill,
		reporter: Option<&T::AccountId>,
	) -> Balance {
		let share = reporter.map(|who| (who, REPORTER_SHARE));
		let Slashed { own, delegated, reported } = T::Stake::slash(offender, rate, epoch, share);
		T::Rewards::slash_unclaimed(offender, rate);
		Self::deposit_event(Event::Slashed {
			validator: offender,
			offence,
			epoch,
			rate,
			own,
			delegated,
			reported,
			reporter: reporter.cloned(),
		});
		own.saturating_add(delegated)
	}

	/// Queues a validator that left with a record.
	fn enqueue(validator: ValidatorId, now: EpochIndex) {
		// Its last offence is of this epoch at the latest.
		let due = now.saturating_add(REACHABLE);
		Queue::<T>::mutate(|(_, free)| {
			Leaving::<T>::insert(*free, (validator, due));
			*free = free.wrapping_add(1);
		});
	}

	/// Takes up to [`MAX_SWEPT`] places out of the queue whose time has come, and removes their records.
	fn sweep(now: EpochIndex) {
		let mut swept = 0;
		while swept < MAX_SWEPT {
			let (first, free) = Queue::<T>::get();
			let due = Leaving::<T>::get(first).filter(|(_, due)| *due <= now);
			let Some((validator, _)) = due else { return };
			Leaving::<T>::remove(first);
			Queue::<T>::put((first.wrapping_add(1), free));
			Self::forget(validator, now);
			swept = swept.saturating_add(1);
		}
	}

	/// Removes the record of a validator that left, or queues it again if an offence of it can still be
	/// punished: one may author blocks for some sessions after its exit.
	fn forget(validator: ValidatorId, now: EpochIndex) {
		// It may be gone: a validator is queued twice if its exit came with a report.
		let Ok(record) = Records::<T>::try_get(validator) else { return };
		if record.taken.iter().any(|taken| is_reachable(taken.epoch, now)) {
			return Self::enqueue(validator, now);
		}
		Records::<T>::remove(validator);
		Self::deposit_event(Event::RecordRemoved { validator });
	}

	/// Punishes an equivocation and puts its author out.
	fn do_equivocation(
		(authority, validator): &Authority<T>,
		reporter: Option<&T::AccountId>,
		session: SessionIndex,
	) -> Weight {
		let now = Self::current_epoch();
		let epoch = T::SessionEpoch::convert(session).min(now);
		if !is_reachable(epoch, now) {
			Self::deposit_event(Event::OutOfReach { authority: authority.clone(), session });
			return T::WeightInfo::on_offence_out_of_reach();
		}
		Self::deposit_event(Event::Equivocated {
			authority: authority.clone(),
			validator: *validator,
			session,
			epoch,
		});
		T::Authorities::disable(authority, rate(Offence::Equivocation));
		let Some(validator) = *validator else {
			return T::WeightInfo::on_offence_unidentified();
		};
		T::Gate::expel(validator);
		Self::punish(validator, Offence::Equivocation, epoch, reporter);
		T::WeightInfo::on_offence()
	}
}

impl<T: Config> Offences<T::AccountId> for Pallet<T> {
	fn report(offender: ValidatorId, offence: Offence, reporter: Option<&T::AccountId>) {
		Self::punish(offender, offence, Self::current_epoch(), reporter);
	}
}

impl<T: Config> OnOffenceHandler<T::AccountId, Authority<T>, Weight> for Pallet<T> {
	/// Punishes the last of `offenders`: those before it were reported for the same slot before, and were
	/// punished then. Of its reporters the first counts. The fractions are ignored.
	fn on_offence(
		offenders: &[OffenceDetails<T::AccountId, Authority<T>>],
		_: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		match offenders.last() {
			Some(details) => {
				Self::do_equivocation(&details.offender, details.reporters.first(), session)
			},
			None => Weight::zero(),
		}
	}
}

impl<T: Config> OnValidatorExit for Pallet<T> {
	fn on_validator_exit(validator: ValidatorId) {
		let now = Self::current_epoch();
		Self::sweep(now);
		if Records::<T>::contains_key(validator) {
			Self::enqueue(validator, now);
		}
	}
}
