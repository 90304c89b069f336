//! Benchmarks of all dispatchables, and a validator that earns for the benchmarks of other pallets.

use crate::*;
use frame::{benchmarking::prelude::*, token::fungible::Mutate};
use woppal_protocol::{BlockNumber, ROOT_SUBNET, WOPPAL};

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

impl<T: Config> Pallet<T>
where
	T::Currency: Mutate<T::AccountId>,
{
	/// Makes `hot` the hot key of a new validator that earns as a miner in the root subnet, and moves
	/// on to a pulse in which it does.
	///
	/// Errors: those of [`Pallet::register`] and [`Pallet::register_node`].
	pub fn benchmark_earning_validator(hot: &T::AccountId) -> Result<ValidatorId, DispatchError> {
		let n = NextValidatorId::<T>::get();
		let cold = funded::<T>("earning", n);
		let id = register_miner::<T>(&cold, hot)?;
		let mut bytes = alloc::vec![0x12, 0x20];
		bytes.extend(blake2_256(&n.encode()));
		let key = blake2_256(&(n, "key").encode());
		Self::do_register_node(
			cold,
			ROOT_SUBNET,
			Role::Miner,
			BoundedVec::truncate_from(bytes),
			key,
		)?;
		let pulse: BlockNumber = T::Network::parameters().timing.pulse;
		let next = Self::now().saturating_add(pulse);
		System::<T>::set_block_number(next.saturated_into());
		Ok(id)
	}
}

fn invite<T: Config>(cold: &T::AccountId) -> Result<T::AccountId, DispatchError> {
	let delegate: T::AccountId = account("delegate", 0, 0);
	Pallet::<T>::do_set_delegate(cold.clone(), Some(delegate.clone()))?;
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

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), hot, bond);

		assert!(Validators::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn add_bond() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let before = Validators::<T>::get(id).map(|record| record.bond);

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), WOPPAL);

		assert_eq!(
			Validators::<T>::get(id).map(|record| record.bond),
			before.map(|bond| bond.saturating_add(WOPPAL))
		);
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

	// Clearing an accepted delegate writes most.
	#[benchmark]
	fn set_delegate() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let delegate = invite::<T>(&cold)?;
		Pallet::<T>::do_accept_delegation(delegate, id)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold), None);

		assert_eq!(Validators::<T>::get(id).and_then(|record| record.delegate), None);
		Ok(())
	}

	// Taking another delegate's place writes most.
	#[benchmark]
	fn accept_delegation() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let former = invite::<T>(&cold)?;
		Pallet::<T>::do_accept_delegation(former, id)?;
		let next: T::AccountId = account("delegate", 1, 0);
		Pallet::<T>::do_set_delegate(cold, Some(next.clone()))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(next.clone()), id);

		assert_eq!(Validators::<T>::get(id).and_then(|record| record.delegate), Some(next));
		Ok(())
	}

	#[benchmark]
	fn resign_delegation() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let delegate = invite::<T>(&cold)?;
		Pallet::<T>::do_accept_delegation(delegate.clone(), id)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(delegate), id);

		assert_eq!(Validators::<T>::get(id).and_then(|record| record.delegate), None);
		Ok(())
	}

	#[benchmark]
	fn register_node() -> Result<(), BenchmarkError> {
		let (id, _, hot) = validator::<T>()?;

		#[extrinsic_call]
		_(RawOrigin::Signed(hot), ROOT_SUBNET, Role::Miner, peer_id(1), [1; 32]);

		assert!(Nodes::<T>::contains_key((id, ROOT_SUBNET, peer_id(1))));
		Ok(())
	}

	#[benchmark]
	fn deregister_node() -> Result<(), BenchmarkError> {
		let (id, cold, hot) = validator::<T>()?;
		Pallet::<T>::do_register_node(cold, ROOT_SUBNET, Role::Miner, peer_id(1), [1; 32])?;

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

		#[extrinsic_call]
		_(RawOrigin::Signed(cold));

		assert!(!Metadatas::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn exit() -> Result<(), BenchmarkError> {
		let (id, cold, _) = validator::<T>()?;
		let delegate = invite::<T>(&cold)?;
		Pallet::<T>::do_accept_delegation(delegate, id)?;
		Pallet::<T>::do_set_metadata(cold.clone(), full_metadata())?;

		#[extrinsic_call]
		_(RawOrigin::Signed(cold));

		assert!(!Validators::<T>::contains_key(id));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
