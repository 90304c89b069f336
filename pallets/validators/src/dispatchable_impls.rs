//! What the dispatchables do: everything is checked before the first write.

use crate::*;
use frame::token::{
	fungible::{hold::Inspect as _, hold::Mutate as _},
	Precision,
};
use woppal_protocol::{network::Deposits, BlockNumber, ROOT_SUBNET};

impl<T: Config> Pallet<T> {
	/// The current block's height.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	fn deposits() -> Deposits {
		T::Network::parameters().deposits
	}

	fn ensure_cold_key(who: &T::AccountId) -> Result<(ValidatorId, ValidatorOf<T>), DispatchError> {
		let (id, record) = Self::ensure_key(who).map_err(|_| Error::<T>::NotColdKey)?;
		ensure!(record.cold == *who, Error::<T>::NotColdKey);
		Ok((id, record))
	}

	fn ensure_key(who: &T::AccountId) -> Result<(ValidatorId, ValidatorOf<T>), Error<T>> {
		let (id, _) = Keys::<T>::get(who).ok_or(Error::<T>::NotKey)?;
		let record = Validators::<T>::get(id).ok_or(Error::<T>::NotKey)?;
		Ok((id, record))
	}

	fn ensure_free_hot_key(cold: &T::AccountId, hot: &T::AccountId) -> DispatchResult {
		ensure!(cold != hot, Error::<T>::SameKeys);
		ensure!(!Keys::<T>::contains_key(hot), Error::<T>::HotKeyInUse);
		ensure!(!Delegations::<T>::contains_key(hot), Error::<T>::HotKeyIsDelegate);
		Ok(())
	}

	fn ensure_can_hold(
		reason: HoldReason,
		who: &T::AccountId,
		amount: Balance,
	) -> Result<(), Error<T>> {
		ensure!(T::Currency::can_hold(&reason.into(), who, amount), Error::<T>::BalanceTooLow);
		Ok(())
	}

	/// Gives back what was held, and says how much that was. Best effort: a hold that came out
	/// smaller than its record (which `try_state` reports) must not lock the rest.
	fn release(
		reason: HoldReason,
		who: &T::AccountId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		T::Currency::release(&reason.into(), who, amount, Precision::BestEffort)
	}

	pub(crate) fn do_register(
		cold: T::AccountId,
		hot: T::AccountId,
		bond: Balance,
	) -> DispatchResult {
		ensure!(!Keys::<T>::contains_key(&cold), Error::<T>::ColdKeyInUse);
		Self::ensure_free_hot_key(&cold, &hot)?;
		ensure!(bond >= Self::deposits().node, Error::<T>::BondTooSmall);
		let validator = NextValidatorId::<T>::get();
		let next = validator.checked_add(1).ok_or(Error::<T>::NoNumberLeft)?;
		Self::ensure_can_hold(HoldReason::Bond, &cold, bond)?;

		T::Currency::hold(&HoldReason::Bond.into(), &cold, bond)?;
		NextValidatorId::<T>::put(next);
		Keys::<T>::insert(&cold, (validator, KeyKind::Cold));
		Keys::<T>::insert(&hot, (validator, KeyKind::Hot));
		Validators::<T>::insert(
			validator,
			Validator {
				cold: cold.clone(),
				hot: hot.clone(),
				delegate: None,
				invited: None,
				bond,
				bonded_at: Self::now(),
				reputation: Reputation::default(),
				offences: 0,
				open_experiments: 0,
				nodes: 0,
			},
		);
		Self::deposit_event(Event::Registered { validator, cold, hot, bond });
		Ok(())
	}

	pub(crate) fn do_add_bond(cold: T::AccountId, amount: Balance) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		ensure!(amount > 0, Error::<T>::ZeroAmount);
		Self::ensure_can_hold(HoldReason::Bond, &cold, amount)?;

		T::Currency::hold(&HoldReason::Bond.into(), &cold, amount)?;
		record.bond = record.bond.saturating_add(amount);
		record.bonded_at = Self::now();
		let bond = record.bond;
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::BondAdded { validator, amount, bond });
		Ok(())
	}

	pub(crate) fn do_rotate_hot_key(cold: T::AccountId, new: T::AccountId) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		Self::ensure_free_hot_key(&cold, &new)?;

		let old = core::mem::replace(&mut record.hot, new.clone());
		Keys::<T>::remove(&old);
		Keys::<T>::insert(&new, (validator, KeyKind::Hot));
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::HotKeyRotated { validator, old, new });
		Ok(())
	}

	pub(crate) fn do_set_delegate(
		cold: T::AccountId,
		delegate: Option<T::AccountId>,
	) -> DispatchResult {
		let (validator, mut record) = Self::ensure_cold_key(&cold)?;
		let event = if let Some(account) = delegate {
			ensure!(account != record.cold && account != record.hot, Error::<T>::DelegateIsOwnKey);
			record.invited = Some(account.clone());
			Event::DelegateInvited { validator, account }
		} else {
			let former = record.delegate.take();
			let invited = record.invited.take();
			ensure!(former.is_some() || invited.is_some(), Error::<T>::NoDelegate);
			Self::forget_delegation(former.as_ref());
			Event::DelegateCleared { validator }
		};
		Validators::<T>::insert(validator, record);
		Self::deposit_event(event);
		Ok(())
	}

	pub(crate) fn do_accept_delegation(
		account: T::AccountId,
		validator: ValidatorId,
	) -> DispatchResult {
		let mut record = Validators::<T>::get(validator).ok_or(Error::<T>::NotInvited)?;
		ensure!(record.invited.as_ref() == Some(&account), Error::<T>::NotInvited);
		// The hot key may have become this account since the invitation.
		ensure!(account != record.cold && account != record.hot, Error::<T>::DelegateIsOwnKey);

		record.invited = None;
		let former = record.delegate.replace(account.clone());
		Self::forget_delegation(former.as_ref());
		Delegations::<T>::mutate(&account, |count| *count = count.saturating_add(1));
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DelegateAccepted { validator, account });
		Ok(())
	}

	pub(crate) fn do_resign_delegation(
		account: T::AccountId,
		validator: ValidatorId,
	) -> DispatchResult {
		let mut record = Validators::<T>::get(validator).ok_or(Error::<T>::NotDelegate)?;
		ensure!(record.delegate.as_ref() == Some(&account), Error::<T>::NotDelegate);

		record.delegate = None;
		Self::forget_delegation(Some(&account));
		Validators::<T>::insert(validator, record);
		Self::deposit_event(Event::DelegateResigned { validator, account });
		Ok(())
	}

	fn forget_delegation(account: Option<&T::AccountId>) {
		let Some(account) = account else { return };
		Delegations::<T>::mutate_exists(account, |count| {
			*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
	}

	pub(crate) fn do_register_node(
		who: T::AccountId,
		subnet: SubnetId,
		role: Role,
		peer_id: PeerId,
		key: NodeKey,
	) -> DispatchResult {
		let (validator, mut record) = Self::ensure_key(&who)?;
		// Other subnets come with the subnets pallet.
		ensure!(subnet == ROOT_SUBNET, Error::<T>::UnknownSubnet);
		ensure!(is_peer_id(&peer_id), Error::<T>::MalformedPeerId);
		ensure!(record.nodes < T::MaxNodes::get(), Error::<T>::TooManyNodes);
		ensure!(!PeerIds::<T>::contains_key(subnet, &peer_id), Error::<T>::PeerIdTaken);
		ensure!(!NodeKeys::<T>::contains_key(subnet, key), Error::<T>::NodeKeyTaken);
		let deposit = Self::deposits().node;
		Self::ensure_can_hold(HoldReason::Node, &record.cold, deposit)?;

		T::Currency::hold(&HoldReason::Node.into(), &record.cold, deposit)?;
		record.nodes = record.nodes.saturating_add(1);
		Validators::<T>::insert(validator, record);
		RoleCounts::<T>::mutate(validator, subnet, |counts| counts.add(role));
		PeerIds::<T>::insert(subnet, &peer_id, validator);
		NodeKeys::<T>::insert(subnet, key, validator);
		Nodes::<T>::insert((validator, subnet, &peer_id), Node { role, key, deposit });
		Self::deposit_event(Event::NodeRegistered {
			validator,
			subnet,
			role,
			peer_id,
			key,
			deposit,
		});
		Ok(())
	}

	pub(crate) fn do_deregister_node(
		who: T::AccountId,
		subnet: SubnetId,
		peer_id: PeerId,
	) -> DispatchResult {
		let (validator, mut record) = Self::ensure_key(&who)?;
		let node = Nodes::<T>::get((validator, subnet, &peer_id)).ok_or(Error::<T>::UnknownNode)?;

		let deposit = Self::release(HoldReason::Node, &record.cold, node.deposit)?;
		record.nodes = record.nodes.saturating_sub(1);
		Validators::<T>::insert(validator, record);
		RoleCounts::<T>::mutate_exists(validator, subnet, |counts| {
			let mut left = counts.take().unwrap_or_default();
			left.remove(node.role);
			*counts = Some(left).filter(|left| !left.is_empty());
		});
		PeerIds::<T>::remove(subnet, &peer_id);
		NodeKeys::<T>::remove(subnet, node.key);
		Nodes::<T>::remove((validator, subnet, &peer_id));
		Self::deposit_event(Event::NodeDeregistered { validator, subnet, peer_id, deposit });
		Ok(())
	}

	pub(crate) fn do_set_metadata(cold: T::AccountId, metadata: Metadata) -> DispatchResult {
		let (validator, _) = Self::ensure_cold_key(&cold)?;
		// Replacing keeps the deposit that is already held.
		let deposit = if let Some(old) = Metadatas::<T>::get(validator) {
			old.deposit
		} else {
			let deposit = Self::deposits().metadata;
			Self::ensure_can_hold(HoldReason::Metadata, &cold, deposit)?;
			T::Currency::hold(&HoldReason::Metadata.into(), &cold, deposit)?;
			deposit
		};
		Metadatas::<T>::insert(validator, MetadataRecord { metadata, deposit });
		Self::deposit_event(Event::MetadataSet { validator, deposit });
		Ok(())
	}

	pub(crate) fn do_clear_metadata(cold: T::AccountId) -> DispatchResult {
		let (validator, _) = Self::ensure_cold_key(&cold)?;
		ensure!(Metadatas::<T>::contains_key(validator), Error::<T>::NoMetadata);
		Self::drop_metadata(validator, &cold)
	}

	fn drop_metadata(validator: ValidatorId, cold: &T::AccountId) -> DispatchResult {
		if let Some(old) = Metadatas::<T>::take(validator) {
			let deposit = Self::release(HoldReason::Metadata, cold, old.deposit)?;
			Self::deposit_event(Event::MetadataCleared { validator, deposit });
		}
		Ok(())
	}

	pub(crate) fn do_exit(cold: T::AccountId) -> DispatchResult {
		let (validator, record) = Self::ensure_cold_key(&cold)?;
		ensure!(record.open_experiments == 0, Error::<T>::OpenExperiments);
		ensure!(record.nodes == 0, Error::<T>::HasNodes);

		Self::drop_metadata(validator, &cold)?;
		let bond = Self::release(HoldReason::Bond, &cold, record.bond)?;
		Self::forget_delegation(record.delegate.as_ref());
		Keys::<T>::remove(&record.cold);
		Keys::<T>::remove(&record.hot);
		Validators::<T>::remove(validator);
		T::OnExit::on_validator_exit(validator);
		Self::deposit_event(Event::Exited { validator, bond });
		Ok(())
	}
}
