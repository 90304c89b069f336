//! What holds after every block.
#![cfg(any(feature = "std", feature = "try-runtime"))]

use crate::*;
use alloc::collections::BTreeMap;
use frame::{deps::sp_runtime::TryRuntimeError, token::fungible::hold::Inspect as _};

impl<T: Config> Pallet<T> {
	/// Checks all storage of the pallet: keys and records are inverse to each other, holds match
	/// bonds and deposits, nodes match their indices and counts.
	///
	/// Errors: a sentence about the first invariant that doesn't hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_keys()?;
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
			ensure!(record.bonded_at <= Self::now(), "a bond is from the future");
			ensure!(
				record.reputation.0 <= woppal_protocol::identity::REPUTATION_ONE,
				"a reputation exceeds one"
			);
		}
		// Two distinct keys per validator were found: if there are no more, the maps are inverse.
		ensure!(
			Keys::<T>::iter_keys().count() == validators.saturating_mul(2),
			"a key belongs to no validator"
		);
		Ok(())
	}

	fn try_state_delegations() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<T::AccountId, u32>::new();
		for record in Validators::<T>::iter_values() {
			if let Some(delegate) = record.delegate {
				ensure!(
					delegate != record.cold && delegate != record.hot,
					"a delegate is the validator's own key"
				);
				let count = counts.entry(delegate).or_default();
				*count = count.saturating_add(1);
			}
		}
		let stored: BTreeMap<_, _> = Delegations::<T>::iter().collect();
		ensure!(stored == counts, "delegations don't match the validators' delegates");
		Ok(())
	}

	fn try_state_nodes() -> Result<(), TryRuntimeError> {
		let mut roles = BTreeMap::<(ValidatorId, SubnetId), RoleCount>::new();
		let mut nodes = BTreeMap::<ValidatorId, u32>::new();
		let mut total = 0usize;
		for ((id, subnet, peer_id), node) in Nodes::<T>::iter() {
			total = total.saturating_add(1);
			ensure!(is_peer_id(&peer_id), "a peer id is malformed");
			ensure!(
				PeerIds::<T>::get(subnet, &peer_id) == Some(id),
				"a peer id is not its validator's"
			);
			ensure!(
				NodeKeys::<T>::get(subnet, node.key) == Some(id),
				"a node key is not its validator's"
			);
			roles.entry((id, subnet)).or_default().add(node.role);
			let count = nodes.entry(id).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(PeerIds::<T>::iter_keys().count() == total, "peer ids and nodes differ in number");
		ensure!(NodeKeys::<T>::iter_keys().count() == total, "keys and nodes differ in number");
		let stored: BTreeMap<_, _> =
			RoleCounts::<T>::iter().map(|(id, subnet, count)| ((id, subnet), count)).collect();
		ensure!(stored == roles, "counts per role don't match the nodes");
		for (id, record) in Validators::<T>::iter() {
			let count = nodes.remove(&id).unwrap_or(0);
			ensure!(record.nodes == count, "a validator's count of nodes is wrong");
			ensure!(count <= T::MaxNodes::get(), "a validator has too many nodes");
		}
		ensure!(nodes.is_empty(), "a node belongs to no validator");
		Ok(())
	}

	fn try_state_holds() -> Result<(), TryRuntimeError> {
		for (id, record) in Validators::<T>::iter() {
			let held =
				|reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), &record.cold);
			ensure!(held(HoldReason::Bond) == record.bond, "a bond is not what is held");
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
