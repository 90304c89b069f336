//! Verifying keys.

use crate::{Config, Error, Event, KeyBytes, KeyCount, KeyRecord, Keys, Pallet, PreparedKey};
use frame::prelude::*;
use woppal_protocol::{
	research::CircuitId,
	traits::{KeyFault, Network, ProofSystem, VerifyingKeys},
	KeyId, H256,
};

impl<T: Config> Pallet<T> {
	/// Checks, prepares and stores a key.
	pub(crate) fn do_register_key(
		circuit: CircuitId,
		key: &KeyBytes,
		transcript: H256,
	) -> DispatchResult {
		ensure!(
			!T::Network::parameters().live || !T::ProofSystem::is_development_key(key),
			Error::<T>::DevelopmentKey
		);
		let prepared = T::ProofSystem::prepare_key(circuit, key).map_err(|fault| match fault {
			KeyFault::Malformed => Error::<T>::MalformedKey,
			KeyFault::Degenerate => Error::<T>::DegenerateKey,
			KeyFault::WrongArity => Error::<T>::WrongKeyArity,
		})?;
		let prepared = PreparedKey::try_from(prepared).map_err(|_| Error::<T>::KeyTooLong)?;
		let id = KeyCount::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::TooManyKeys)?;
		let hash = H256(blake2_256(key));

		KeyCount::<T>::put(next);
		Keys::<T>::insert(id, KeyRecord { circuit, transcript, hash, prepared, retired: false });
		Self::deposit_event(Event::VerifyingKeyRegistered { key: id, circuit, hash, transcript });
		Ok(())
	}

	/// Retires a key.
	pub(crate) fn do_retire_key(key: KeyId) -> DispatchResult {
		let mut record = Keys::<T>::get(key).ok_or(Error::<T>::UnknownKey)?;
		ensure!(!record.retired, Error::<T>::AlreadyRetired);
		record.retired = true;
		Keys::<T>::insert(key, record);
		Self::deposit_event(Event::VerifyingKeyRetired { key });
		Ok(())
	}

	/// Verifying keys registered: their ids are below this number.
	pub fn verifying_keys() -> KeyId {
		KeyCount::<T>::get()
	}

	/// Checks every invariant of the pallet.
	///
	/// Errors: the first one that doesn't hold.
	#[cfg(any(feature = "std", feature = "try-runtime"))]
	pub fn do_try_state() -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
		let count = KeyCount::<T>::get();
		let mut found: KeyId = 0;
		for (id, record) in Keys::<T>::iter() {
			found = found.saturating_add(1);
			ensure!(id < count, "a verifying key's id is not below the count");
			ensure!(!record.prepared.is_empty(), "a stored verifying key is empty");
		}
		ensure!(found == count, "the key count is not the number of keys");
		Ok(())
	}
}

impl<T: Config> VerifyingKeys for Pallet<T> {
	fn is_usable(key: KeyId, circuit: CircuitId) -> bool {
		Keys::<T>::get(key).is_some_and(|record| record.circuit == circuit && !record.retired)
	}
}
