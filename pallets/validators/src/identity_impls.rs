//! What other pallets and the runtime API ask and report.

use crate::*;
use alloc::vec::Vec;
use woppal_protocol::{
	identity::{DelegateInfo, MetadataInfo, NodeInfo, RecoveryInfo, RotationInfo, ValidatorInfo},
	stake::{PoolId, RewardTerms},
	traits::{
		Identities, OffenceRecord, OnStanding, OwnerGroup, Payees, Roles, StakeSnapshot,
		WithdrawalFreeze,
	},
	AccountId32, EpochIndex,
};

impl<T: Config> Pallet<T> {
	/// The validator whose cold or hot key this is.
	pub fn validator_of(account: &T::AccountId) -> Option<ValidatorId> {
		match Keys::<T>::get(account)? {
			(validator, KeyKind::Cold | KeyKind::Hot) => Some(validator),
			(_, KeyKind::NextCold) => None,
		}
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
		let nodes = Self::node_infos(id);
		let unit = T::Network::parameters().deposits.bond;
		let required = nodes.iter().map(|node| node.role.required_bond(unit)).max();
		let commission_percent = record.commission_percent;
		Some(ValidatorInfo {
			id,
			cold_key: record.cold.into(),
			hot_key: record.hot.into(),
			recovery: record.recovery.map(|recovery| RecoveryInfo {
				account: recovery.account.into(),
				binds_at: recovery.binds_at,
			}),
			rotation: Rotations::<T>::get(id).map(|rotation| RotationInfo {
				new_key: rotation.new.into(),
				executes_at: rotation.executes_at,
				guarded: rotation.guarded,
			}),
			delegate: record.delegate.map(|delegate| DelegateInfo {
				account: delegate.account.into(),
				share_percent: delegate.share_percent,
				destination: delegate.destination.into(),
			}),
			commission_percent,
			bond: T::Stake::bond(id),
			counting_bond: T::Stake::counting_bond(id),
			required_bond: required.unwrap_or(0),
			pool: T::Stake::counting_pool(PoolId::Validator(id)),
			reputation: record.reputation.0,
			nodes,
			offences: record.offences,
			last_participation,
			metadata: Metadatas::<T>::get(id).map(|MetadataRecord { metadata, .. }| MetadataInfo {
				name: metadata.name.into_inner(),
				url: metadata.url.into_inner(),
				contact: metadata.contact.into_inner(),
				description: metadata.description.into_inner(),
			}),
		})
	}

	fn node_infos(id: ValidatorId) -> Vec<NodeInfo> {
		let mut nodes: Vec<_> = Nodes::<T>::iter_prefix((id,))
			.map(|((subnet, peer_id), node)| NodeInfo {
				index: node.index,
				subnet,
				role: node.role,
				peer_id: peer_id.into_inner(),
				key: node.key,
				multiaddrs: node.multiaddrs.into_iter().map(BoundedVec::into_inner).collect(),
				capabilities: node.capabilities,
			})
			.collect();
		nodes.sort_by_key(|node| node.index);
		nodes
	}
}

impl<T: Config> Identities<T::AccountId> for Pallet<T> {
	fn by_hot_key(who: &T::AccountId) -> Option<ValidatorId> {
		match Keys::<T>::get(who)? {
			(validator, KeyKind::Hot) => Some(validator),
			(_, KeyKind::Cold | KeyKind::NextCold) => None,
		}
	}

	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<T::AccountId>> {
		let Validator { cold, hot, delegate, .. } = Validators::<T>::get(validator)?;
		Some(OwnerGroup { cold, hot, delegate: delegate.map(|delegate| delegate.account) })
	}

	fn reputation(validator: ValidatorId) -> Option<Reputation> {
		Validators::<T>::get(validator).map(|record| record.reputation)
	}

	fn note_reputation(validator: ValidatorId, cause: ReputationCause) {
		// A validator that left has no reputation to change.
		let Some(mut record) = Validators::<T>::get(validator) else { return };
		let from = record.reputation;
		let to = cause.apply(from);
		record.reputation = to;
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::ReputationChanged { validator, cause, from, to });
		// Last: whoever is told asks for the new one.
		T::Standing::on_standing_changed(validator);
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

impl<T: Config> Roles for Pallet<T> {
	fn earning_multiplier(
		validator: ValidatorId,
		subnet: SubnetId,
		up: &NodeBitmap,
	) -> Option<u32> {
		let role = NodesByRole::<T>::get(validator, subnet).highest(up)?;
		let required = role.required_bond(T::Network::parameters().deposits.bond);
		(T::Stake::counting_bond(validator) >= required).then(|| role.multiplier_percent())
	}
}

impl<T: Config> Payees<T::AccountId> for Pallet<T> {
	fn reward_terms(validator: ValidatorId) -> RewardTerms {
		Validators::<T>::get(validator)
			.map_or_else(RewardTerms::default, |record| record.terms_in(Self::epoch()))
	}

	fn payees(validator: ValidatorId) -> Option<(T::AccountId, Option<T::AccountId>)> {
		let Validator { cold, delegate, .. } = Validators::<T>::get(validator)?;
		Some((cold, delegate.map(|delegate| delegate.destination)))
	}
}

impl<T: Config> WithdrawalFreeze<T::AccountId> for Pallet<T> {
	fn is_frozen(who: &T::AccountId) -> bool {
		match Keys::<T>::get(who) {
			Some((validator, KeyKind::Cold)) => Rotations::<T>::contains_key(validator),
			_ => false,
		}
	}
}

impl<T: Config> OffenceRecord for Pallet<T> {
	fn note_offence(validator: ValidatorId, offence: Offence) {
		Validators::<T>::mutate_extant(validator, |record| {
			record.offences = record.offences.saturating_add(1);
			let count = record.offences;
			Self::deposit_event(Event::OffenceRecorded { validator, offence, count });
		});
	}
}
