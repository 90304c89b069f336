//! What holds after every block.
#![cfg(any(feature = "std", feature = "try-runtime"))]

use crate::*;
use alloc::collections::BTreeMap;
use frame::{deps::sp_runtime::TryRuntimeError, token::fungible::hold::Inspect as _};

impl<T: Config> Pallet<T> {
	/// Checks all storage of the pallet: keys, rotations and records are inverse to each other, holds
	/// match deposits, nodes match their indices and bitmaps.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_keys()?;
		Self::try_state_rotations()?;
		Self::try_state_terms()?;
		Self::try_state_delegations()?;
		Self::try_state_nodes()?;
		Self::try_state_holds()
	}

	fn try_state_keys() -> Result<(), TryRuntimeError> {
		let next = NextValidatorId::<T>::get();
		let mut validators = 0usize;
		for (id, record) in Validators::<T>::iter() {
			validators = validators.saturating_add(1);
			ensure!(id < next, "a validator's number was not given yet");
			ensure!(record.cold != record.hot, "cold and hot key are the same");
			ensure!(
				Keys::<T>::get(&record.cold) == Some((id, KeyKind::Cold)),
				"a cold key is not its validator's"
			);
			ensure!(
				Keys::<T>::get(&record.hot) == Some((id, KeyKind::Hot)),
				"a hot key is not its validator's"
			);
			ensure!(record.registered <= Self::now(), "a registration is from the future");
			ensure!(
				record.reputation.0 <= woppal_protocol::identity::REPUTATION_ONE,
				"a reputation exceeds one"
			);
		}
		// Two distinct keys per validator and one per rotation were found: if there are no more, the maps
		// are inverse.
		let rotations = Rotations::<T>::iter_keys().count();
		ensure!(
			Keys::<T>::iter_keys().count()
				== validators.saturating_mul(2).saturating_add(rotations),
			"a key belongs to no validator"
		);
		Ok(())
	}

	fn try_state_rotations() -> Result<(), TryRuntimeError> {
		for (id, rotation) in Rotations::<T>::iter() {
			ensure!(Validators::<T>::contains_key(id), "a rotation belongs to no validator");
			ensure!(
				Keys::<T>::get(&rotation.new) == Some((id, KeyKind::NextCold)),
				"the key of a rotation is not reserved"
			);
		}
		for record in Validators::<T>::iter_values() {
			let is_own = record.is_recovery(&record.cold) || record.is_recovery(&record.hot);
			ensure!(!is_own, "a recovery account is the validator's own key");
		}
		Ok(())
	}

	fn try_state_terms() -> Result<(), TryRuntimeError> {
		for record in Validators::<T>::iter_values() {
			for terms in [record.terms(), record.opening.terms] {
				let most = terms.commission_percent.max(terms.delegate_percent);
				ensure!(most <= MAX_SHARE_PERCENT, "a commission or share is too high");
			}
			let offered = record.invited.map_or(0, |invited| invited.share_percent);
			ensure!(offered <= MAX_SHARE_PERCENT, "a share that is offered is too high");
			ensure!(record.opening.epoch <= Self::epoch(), "an opening is from the future");
			let risen = record.commission_raised;
			ensure!(
				record.registered <= risen && risen <= Self::now(),
				"a commission rose before its validator or will rise"
			);
		}
		Ok(())
	}

	fn try_state_delegations() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<T::AccountId, u32>::new();
		for (id, record) in Validators::<T>::iter() {
			if let Some(Delegate { account, .. }) = record.delegate {
				let is_own = Keys::<T>::get(&account).is_some_and(|(owner, _)| owner == id);
				ensure!(!is_own, "a delegate is the validator's own key");
				let count = counts.entry(account).or_default();
				*count = count.saturating_add(1);
			}
		}
		let stored: BTreeMap<_, _> = Delegations::<T>::iter().collect();
		ensure!(stored == counts, "delegations don't match the validators' delegates");
		Ok(())
	}

	fn try_state_nodes() -> Result<(), TryRuntimeError> {
		let mut roles = BTreeMap::<(ValidatorId, SubnetId), RoleNodes>::new();
		let mut indices = BTreeMap::<ValidatorId, NodeBitmap>::new();
		let mut total = 0usize;
		for ((id, subnet, peer_id), node) in Nodes::<T>::iter() {
			total = total.saturating_add(1);
			ensure!(is_peer_id(&peer_id), "a peer id is malformed");
			ensure!(
				node.multiaddrs.iter().all(|address| is_multiaddr(address)),
				"a multiaddr is malformed"
			);
			ensure!(
				PeerIds::<T>::get(subnet, &peer_id) == Some(id),
				"a peer id is not its validator's"
			);
			ensure!(
				NodeKeys::<T>::get(subnet, node.key) == Some(id),
				"a node key is not its validator's"
			);
			roles.entry((id, subnet)).or_default().insert(node.role, node.index);
			let used = indices.entry(id).or_default();
			ensure!(!used.has(node.index), "two nodes have one index");
			used.insert(node.index);
			ensure!(used.has(node.index), "an index is out of range");
		}
		ensure!(PeerIds::<T>::iter_keys().count() == total, "peer ids and nodes differ in number");
		ensure!(NodeKeys::<T>::iter_keys().count() == total, "keys and nodes differ in number");
		let stored: BTreeMap<_, _> =
			NodesByRole::<T>::iter().map(|(id, subnet, nodes)| ((id, subnet), nodes)).collect();
		ensure!(stored == roles, "bitmaps per role don't match the nodes");
		for (id, record) in Validators::<T>::iter() {
			let used = indices.remove(&id).unwrap_or_default();
			ensure!(record.nodes == used, "a validator's indices don't match its nodes");
			ensure!(used.count() <= T::MaxNodes::get(), "a validator has too many nodes");
		}
		ensure!(indices.is_empty(), "a node belongs to no validator");
		Ok(())
	}

	fn try_state_holds() -> Result<(), TryRuntimeError> {
		for (id, record) in Validators::<T>::iter() {
			let held =
				|reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), &record.cold);
			let deposits = Nodes::<T>::iter_prefix_values((id,))
				.fold(0, |sum: Balance, node| sum.saturating_add(node.deposit));
			ensure!(held(HoldReason::Node) == deposits, "deposits of nodes are not what is held");
			let metadata = Metadatas::<T>::get(id).map_or(0, |record| record.deposit);
			ensure!(held(HoldReason::Metadata) == metadata, "a metadata deposit is not held");
		}
		for id in Metadatas::<T>::iter_keys() {
			ensure!(Validators::<T>::contains_key(id), "metadata belongs to no validator");
		}
		Ok(())
	}
}
