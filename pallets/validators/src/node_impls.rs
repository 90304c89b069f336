//! Nodes: how they are registered, updated and removed.

use crate::*;
use frame::token::fungible::hold::Mutate as _;
use woppal_protocol::ROOT_SUBNET;

impl<T: Config> Pallet<T> {
	fn ensure_multiaddrs(multiaddrs: &Multiaddrs) -> Result<(), Error<T>> {
		let sound = multiaddrs.iter().all(|address| is_multiaddr(address));
		ensure!(sound, Error::<T>::MalformedMultiaddr);
		Ok(())
	}

	pub(crate) fn do_register_node(
		who: T::AccountId,
		subnet: SubnetId,
		role: Role,
		peer_id: PeerId,
		key: NodeKey,
		multiaddrs: Multiaddrs,
		capabilities: u64,
	) -> DispatchResult {
		let (validator, mut record) = Self::ensure_key(&who)?;
		// Other subnets come with the subnets pallet.
		ensure!(subnet == ROOT_SUBNET, Error::<T>::UnknownSubnet);
		ensure!(is_peer_id(&peer_id), Error::<T>::MalformedPeerId);
		Self::ensure_multiaddrs(&multiaddrs)?;
		let index = record
			.nodes
			.first_free()
			.filter(|_| record.nodes.count() < T::MaxNodes::get())
			.ok_or(Error::<T>::TooManyNodes)?;
		ensure!(!PeerIds::<T>::contains_key(subnet, &peer_id), Error::<T>::PeerIdTaken);
		ensure!(!NodeKeys::<T>::contains_key(subnet, key), Error::<T>::NodeKeyTaken);
		let deposit = Self::deposits().node;
		Self::ensure_can_hold(HoldReason::Node, &record.cold, deposit)?;

		T::Currency::hold(&HoldReason::Node.into(), &record.cold, deposit)?;
		record.nodes.insert(index);
		Validators::<T>::insert(validator, record);
		NodesByRole::<T>::mutate(validator, subnet, |nodes| nodes.insert(role, index));
		PeerIds::<T>::insert(subnet, &peer_id, validator);
		NodeKeys::<T>::insert(subnet, key, validator);
		Nodes::<T>::insert(
			(validator, subnet, &peer_id),
			Node { index, role, key, multiaddrs, capabilities, deposit },
		);
		Self::deposit_event(Event::NodeRegistered {
			validator,
			subnet,
			index,
			role,
			peer_id,
			key,
			deposit,
		});
		Ok(())
	}

	pub(crate) fn do_update_node(
		who: T::AccountId,
		subnet: SubnetId,
		peer_id: PeerId,
		multiaddrs: Multiaddrs,
		capabilities: u64,
	) -> DispatchResult {
		let (validator, _) = Self::ensure_key(&who)?;
		let node = Nodes::<T>::get((validator, subnet, &peer_id)).ok_or(Error::<T>::UnknownNode)?;
		Self::ensure_multiaddrs(&multiaddrs)?;

		let node = Node { multiaddrs, capabilities, ..node };
		Nodes::<T>::insert((validator, subnet, &peer_id), node);
		Self::deposit_event(Event::NodeUpdated { validator, subnet, peer_id, capabilities });
		Ok(())
	}

	pub(crate) fn do_deregister_node(
		who: T::AccountId,
		subnet: SubnetId,
		peer_id: PeerId,
	) -> DispatchResult {
		let (validator, mut record) = Self::ensure_key(&who)?;
		let node = Nodes::<T>::get((validator, subnet, &peer_id)).ok_or(Error::<T>::UnknownNode)?;

		let deposit = Self::give_back(HoldReason::Node, validator, &record.cold, node.deposit)?;
		record.nodes.remove(node.index);
		Validators::<T>::insert(validator, record);
		NodesByRole::<T>::mutate_exists(validator, subnet, |nodes| {
			let mut left = nodes.take().unwrap_or_default();
			left.remove(node.role, node.index);
			*nodes = Some(left).filter(|left| !left.is_empty());
		});
		PeerIds::<T>::remove(subnet, &peer_id);
		NodeKeys::<T>::remove(subnet, node.key);
		Nodes::<T>::remove((validator, subnet, &peer_id));
		Self::deposit_event(Event::NodeDeregistered { validator, subnet, peer_id, deposit });
		Ok(())
	}
}
