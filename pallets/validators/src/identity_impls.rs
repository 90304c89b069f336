//! What other pallets and the runtime API ask and report.

use crate::*;
use alloc::vec::Vec;
use woppal_protocol::{
	identity::ValidatorInfo,
	traits::{Identities, Offences, OwnerGroup},
	AccountId32, EpochIndex,
};

impl<T: Config> Pallet<T> {
	/// The validator whose cold or hot key this is.
	pub fn validator_of(account: &T::AccountId) -> Option<ValidatorId> {
		Keys::<T>::get(account).map(|(validator, _)| validator)
	}

	/// A validator as the runtime API shows it. `last_participation` is the emission ledger's
	/// answer. Reads up to `MaxNodes` nodes: for queries, not for dispatchables.
	///
	/// The required bond is that of the highest role over all subnets; 0 without a node.
	pub fn info(id: ValidatorId, last_participation: Option<EpochIndex>) -> Option<ValidatorInfo>
	where
		T::AccountId: Into<AccountId32>,
	{
		let record = Validators::<T>::get(id)?;
		let nodes: Vec<_> = Nodes::<T>::iter_prefix((id,))
			.map(|((subnet, peer_id), node)| (subnet, node.role, peer_id.into_inner()))
			.collect();
		let unit = T::Network::parameters().deposits.bond;
		let required = nodes.iter().map(|(_, role, _)| role.required_bond(unit)).max();
		Some(ValidatorInfo {
			id,
			cold_key: record.cold.into(),
			hot_key: record.hot.into(),
			delegate: record.delegate.map(Into::into),
			bond: record.bond,
			required_bond: required.unwrap_or(0),
			reputation: record.reputation.0,
			nodes,
			offences: record.offences,
			last_participation,
		})
	}
}

impl<T: Config> Identities<T::AccountId> for Pallet<T> {
	fn by_hot_key(who: &T::AccountId) -> Option<ValidatorId> {
		match Keys::<T>::get(who)? {
			(validator, KeyKind::Hot) => Some(validator),
			(_, KeyKind::Cold) => None,
		}
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<T::AccountId>> {
		let Validator { cold, hot, delegate, .. } = Validators::<T>::get(validator)?;
		Some(OwnerGroup { cold, hot, delegate })
	}

	fn earning_multiplier(validator: ValidatorId, subnet: SubnetId) -> Option<u32> {
		let record = Validators::<T>::get(validator)?;
		let role = RoleCounts::<T>::get(validator, subnet).highest()?;
		let parameters = T::Network::parameters();
		let timing = parameters.timing;
		// Tokens that another validator's exit freed in this pulse may have answered it already.
		let held_since_before = timing.pulse_of(record.bonded_at) < timing.pulse_of(Self::now());
		let bonded = record.bond >= role.required_bond(parameters.deposits.bond);
		(bonded && held_since_before).then(|| role.multiplier_percent())
	}

	fn note_reputation(validator: ValidatorId, cause: ReputationCause) {
		// A validator that left has no reputation to change.
		Validators::<T>::mutate_extant(validator, |record| {
			let from = record.reputation;
			let to = cause.apply(from);
			record.reputation = to;
			Self::deposit_event(Event::ReputationChanged { validator, cause, from, to });
		});
	}

	fn note_opened(validator: ValidatorId) {
		Validators::<T>::mutate_extant(validator, |record| {
			record.open_experiments = record.open_experiments.saturating_add(1);
		});
	}

	fn note_closed(validator: ValidatorId) {
		Validators::<T>::mutate_extant(validator, |record| {
			record.open_experiments =
				record.open_experiments.checked_sub(1).defensive_unwrap_or_default();
		});
	}
}

impl<T: Config> Offences for Pallet<T> {
	fn report(offender: ValidatorId, offence: Offence) {
		Validators::<T>::mutate_extant(offender, |record| {
			record.offences = record.offences.saturating_add(1);
			Self::deposit_event(Event::OffenceRecorded {
				validator: offender,
				offence,
				count: record.offences,
			});
		});
	}
}
