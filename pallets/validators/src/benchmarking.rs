//! Benchmarks of all dispatchables, and a validator that earns for the benchmarks of other pallets.

use crate::*;
use frame::{benchmarking::prelude::*, token::fungible::Mutate};
use woppal_protocol::{ROOT_SUBNET, WOPPAL};

/// Sets other pallets up.
pub trait BenchmarkHelper {
	/// Makes what is searched when a bond is opened as long as it can be.
	fn crowd();

	/// Lets parts of a validator's bond unbond, in so many entries of its ledger.
	///
	/// Errors: whatever stands in the way.
	fn unbond(validator: ValidatorId, entries: u32) -> DispatchResult;

	/// Gives a validator all that other pallets have to take away, settle or punish when it exits. Moves to
	/// another block.
	///
	/// Errors: whatever stands in the way.
	fn burden(validator: ValidatorId) -> DispatchResult;
}

/// Most entries of an unbonding ledger.
const MAX_UNBONDINGS: u32 = 32;
/// More than all bonds and deposits of one validator.
const FUNDS: Balance = 10_000_000 * WOPPAL;

fn funded<T: Config>(name: &'static str, n: u32) -> T::AccountId
where
	T::Currency: Mutate<T::AccountId>,
{
	let who: T::AccountId = account(name, n, 0);
	T::Currency::set_balance(&who, FUNDS);
	who
}

fn peer_id(n: u8) -> PeerId {
	let mut bytes = alloc::vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
	bytes.extend([n; 32]);
	BoundedVec::truncate_from(bytes)
}

/// As many addresses as there may be, of as many protocols as fit: `/ip4/1.1.1.1`, then `/ws` to the
/// end.
fn multiaddrs() -> Multiaddrs {
	let mut bytes = alloc::vec![4, 1, 1, 1, 1];
	while bytes.len() < 126 {
		bytes.extend([0xdd, 0x03]);
	}
	let address: Multiaddr = BoundedVec::truncate_from(bytes);
	BoundedVec::truncate_from(alloc::vec![address; 8])
}

/// A validator with the miner's bond: number, cold key, hot key.
fn validator<T: Config>() -> Result<(ValidatorId, T::AccountId, T::AccountId), DispatchError>
where
	T::Currency: Mutate<T::AccountId>,
{
	let cold = funded::<T>("cold", 0);
	let hot = funded::<T>("hot", 0);
	let id = register_miner::<T>(&cold, &hot)?;
	Ok((id, cold, hot))
}

fn register_miner<T: Config>(
	cold: &T::AccountId,
	hot: &T::AccountId,
) -> Result<ValidatorId, DispatchError> {
	let bond = Role::Miner.required_bond(T::Network::parameters().deposits.bond);
	let id = NextValidatorId::<T>::get();
	Pallet::<T>::do_register(cold.clone(), hot.clone(), bond)?;
	Ok(id)
}

fn add_node<T: Config>(cold: &T::AccountId, n: u8) -> DispatchResult {
	let (role, key) = (Role::Miner, [n; 32]);
	let (cold, peer_id) = (cold.clone(), peer_id(n));
	Pallet::<T>::do_register_node(cold, ROOT_SUBNET, role, peer_id, key, multiaddrs(), 0)
}

/// Moves on by so many epochs, to the first block of one.
fn pass<T: Config>(epochs: EpochIndex) {
	let epoch = Pallet::<T>::epoch().saturating_add(epochs);
	System::<T>::set_block_number(Pallet::<T>::timing().epoch_start(epoch).saturated_into());
}

/// A delegate that agreed.
fn delegate<T: Config>(
	id: ValidatorId,
	cold: &T::AccountId,
) -> Result<T::AccountId, DispatchError> {
	let delegate: T::AccountId = account("delegate", 0, 0);
	Pallet::<T>::do_invite_delegate(cold.clone(), delegate.clone(), 50)?;
	Pallet::<T>::do_accept_delegation(delegate.clone(), id, 50)?;
	Ok(delegate)
}

fn full_metadata() -> Metadata {
	Metadata {
		name: BoundedVec::truncate_from(alloc::vec![b'x'; 32]),
		url: BoundedVec::truncate_from(alloc::vec![b'x'; 128]),
		contact: BoundedVec::truncate_from(alloc::vec![b'x'; 128]),
		description: BoundedVec::truncate_from(alloc::vec![b'x'; 512]),
	}
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register() -> Result<(), BenchmarkError> {
		let cold = funded::<T>("cold", 0);
		let hot: T::AccountId = account("hot", 0, 0);
		let bond = T::Network::parameters().deposits.node;
		let id = NextValidatorId::<T>::get();
		T::BenchmarkHelper::crowd();

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), hot, bond);

		assert!(Validators::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn rotate_hot_key() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let new: T::AccountId = account("new", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), new.clone());

		assert_eq!(Keys::<T>::get(&new), Some((id, KeyKind::Hot)));
		Ok(())
	}

	#[benchmark]
	fn announce_cold_rotation() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let new = funded::<T>("new", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), new.clone());

		assert_eq!(Keys::<T>::get(&new), Some((id, KeyKind::NextCold)));
		Ok(())
	}

	// Both kinds of deposit, the bond, and as much of it as can unbond move.
	#[benchmark]
	fn execute_cold_rotation() -> Result<(), BenchmarkError> {
		let (id, cold, hot) = validator::<T>()?;
		T::BenchmarkHelper::unbond(id, MAX_UNBONDINGS)?;
		let new = funded::<T>("new", 0);
		add_node::<T>(&cold, 1)?;
		Pallet::<T>::do_set_metadata(cold.clone(), full_metadata())?;
		let recovery: T::AccountId = account("recovery", 0, 0);
		Pallet::<T>::do_set_recovery(cold.clone(), id, Some(recovery))?;
		Pallet::<T>::do_announce_cold_rotation(cold, new.clone())?;
		pass::<T>(T::ColdRotationEpochs::get().saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(hot), id);

		assert_eq!(Keys::<T>::get(&new), Some((id, KeyKind::Cold)));
		Ok(())
	}

	#[benchmark]
	fn cancel_cold_rotation() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let new = funded::<T>("new", 0);
		Pallet::<T>::do_announce_cold_rotation(cold.clone(), new.clone())?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), id);

		assert_eq!(Keys::<T>::get(&new), None);
		Ok(())
	}

	#[benchmark]
	fn set_recovery() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let recovery: T::AccountId = account("recovery", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), id, Some(recovery.clone()));

		assert!(Validators::<T>::get(id).is_some_and(|record| record.is_recovery(&recovery)));
		Ok(())
	}

	#[benchmark]
	fn invite_delegate() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let invited: T::AccountId = account("delegate", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), invited, MAX_SHARE_PERCENT);

		assert!(Validators::<T>::get(id).is_some_and(|record| record.invited.is_some()));
		Ok(())
	}

	#[benchmark]
	fn clear_delegate() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		delegate::<T>(id, &cold)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold));

		assert_eq!(Validators::<T>::get(id).and_then(|record| record.delegate), None);
		Ok(())
	}

	// Taking another delegate's place writes most.
	#[benchmark]
	fn accept_delegation() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		delegate::<T>(id, &cold)?;
		let next: T::AccountId = account("delegate", 1, 0);
		Pallet::<T>::do_invite_delegate(cold, next.clone(), 5)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(next.clone()), id, 5);

		assert!(Validators::<T>::get(id).is_some_and(|record| record.is_delegate(&next)));
		Ok(())
	}

	#[benchmark]
	fn resign_delegation() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let delegate = delegate::<T>(id, &cold)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(delegate), id);

		assert_eq!(Validators::<T>::get(id).and_then(|record| record.delegate), None);
		Ok(())
	}

	#[benchmark]
	fn set_destination() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let delegate = delegate::<T>(id, &cold)?;
		let destination: T::AccountId = account("destination", 0, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(delegate), id, destination.clone());

		let delegate = Validators::<T>::get(id).and_then(|record| record.delegate);
		assert_eq!(delegate.map(|delegate| delegate.destination), Some(destination));
		Ok(())
	}

	#[benchmark]
	fn set_commission() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		pass::<T>(T::CommissionRisePeriod::get().saturating_add(1));

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), 1);

		assert_eq!(Validators::<T>::get(id).map(|record| record.commission_percent), Some(1));
		Ok(())
	}

	// The last index that is free takes the longest search.
	#[benchmark]
	fn register_node() -> Result<(), BenchmarkError> {
		let (id, _, hot) = validator::<T>()?;
		Validators::<T>::mutate_extant(id, |record| {
			let last = u16::try_from(T::MaxNodes::get().saturating_sub(1)).unwrap_or(u16::MAX);
			(0..last).for_each(|index| record.nodes.insert(index));
		});

		#[extrinsic_call]
		_(
			RawOrigin::Signed(hot),
			ROOT_SUBNET,
			Role::Miner,
			peer_id(1),
			[1; 32],
			multiaddrs(),
			u64::MAX,
		);

		assert!(Nodes::<T>::contains_key((id, ROOT_SUBNET, peer_id(1))));
		Ok(())
	}

	#[benchmark]
	fn update_node() -> Result<(), BenchmarkError> {
		let (id, cold, hot) = validator::<T>()?;
		add_node::<T>(&cold, 1)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(hot), ROOT_SUBNET, peer_id(1), multiaddrs(), 7);

		let node = Nodes::<T>::get((id, ROOT_SUBNET, peer_id(1)));
		assert_eq!(node.map(|node| node.capabilities), Some(7));
		Ok(())
	}

	// A deposit that goes to another account costs most.
	#[benchmark]
	fn deregister_node() -> Result<(), BenchmarkError> {
		let (id, cold, hot) = validator::<T>()?;
		add_node::<T>(&cold, 1)?;
		Pallet::<T>::do_announce_cold_rotation(cold, funded::<T>("new", 0))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(hot), ROOT_SUBNET, peer_id(1));

		assert!(!Nodes::<T>::contains_key((id, ROOT_SUBNET, peer_id(1))));
		Ok(())
	}

	#[benchmark]
	fn set_metadata() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), full_metadata());

		assert!(Metadatas::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn clear_metadata() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		Pallet::<T>::do_set_metadata(cold.clone(), full_metadata())?;
		Pallet::<T>::do_announce_cold_rotation(cold.clone(), funded::<T>("new", 0))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold));

		assert!(!Metadatas::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn exit() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		delegate::<T>(id, &cold)?;
		Pallet::<T>::do_set_metadata(cold.clone(), full_metadata())?;
		T::BenchmarkHelper::burden(id)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold));

		assert!(!Validators::<T>::contains_key(id));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
