//! The state of a chain: what is written in the open block, and a flat copy of all that was written before.
//!
//! Walking a trie costs tens of microseconds a key, and the invariants walk all of it after every block. So
//! there is a copy in a map, which takes over what each block writes; [`Flat::is_copy_of`] compares them.

use sp_externalities::Externalities;
use sp_io::TestExternalities;
use sp_state_machine::BasicExternalities;
use std::collections::BTreeMap;
use woppal_runtime::{
	AgentCommit, Balance, Balances, Emission, Gate, Network, Presence, Research, Runtime, Slashing,
	Stake, Validators,
};

/// Keys with their values; `None` for a key that was removed.
type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What is written in the open block so far.
#[derive(Debug)]
pub(crate) struct Written(Writes);

impl Written {
	/// Now.
	pub(crate) fn of(ext: &mut TestExternalities) -> Self {
		let keys: Vec<_> = ext.overlayed_changes().changes().map(|(key, _)| key.clone()).collect();
		Self(ext.execute_with(|| {
			keys.into_iter()
				.map(|key| {
					let value = sp_io::storage::get(&key).map(|value| value.to_vec());
					(key, value)
				})
				.collect()
		}))
	}

	/// The keys whose values differ from those of earlier in the same block, which stands on `closed`.
	pub(crate) fn differ_from(&self, earlier: &Self, closed: &mut Flat) -> Vec<Vec<u8>> {
		self.0
			.iter()
			.filter(|(key, value)| match earlier.0.get(*key) {
				Some(before) => before != *value,
				None => closed.get(key) != **value,
			})
			.map(|(key, _)| key.clone())
			.collect()
	}
}

/// The state after the last closed block.
pub(crate) struct Flat(BasicExternalities);

impl Flat {
	/// Genesis.
	pub(crate) fn new(genesis: &mut TestExternalities) -> Self {
		Self(genesis.execute_with(everything).into())
	}

	/// Takes over what a block wrote that is about to be committed.
	pub(crate) fn follow(&mut self, ext: &mut TestExternalities) {
		for (key, value) in Written::of(ext).0 {
			self.0.place_storage(key, value);
		}
	}

	fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.0.storage(key)
	}

	/// Looks into it.
	pub(crate) fn look<R>(&mut self, look: impl FnOnce() -> R) -> R {
		self.0.execute_with(look)
	}

	/// Whether it has the same keys and values as this state.
	pub(crate) fn is_copy_of(&mut self, ext: &mut TestExternalities) -> bool {
		self.look(everything) == ext.execute_with(everything)
	}
}

/// All keys with their values.
fn everything() -> BTreeMap<Vec<u8>, Vec<u8>> {
	let mut all = BTreeMap::new();
	let mut key = Vec::new();
	while let Some(next) = sp_io::storage::next_key(&key) {
		let value = sp_io::storage::get(&next).unwrap_or_default();
		all.insert(next.clone(), value.to_vec());
		key = next;
	}
	all
}

/// The invariants of all our pallets, and of the tokens.
pub(crate) fn try_state() {
	Network::do_try_state().unwrap();
	Validators::do_try_state().unwrap();
	Emission::do_try_state().unwrap();
	Presence::do_try_state().unwrap();
	Research::do_try_state().unwrap();
	AgentCommit::do_try_state().unwrap();
	Stake::do_try_state().unwrap();
	Slashing::do_try_state().unwrap();
	Gate::do_try_state().unwrap();
	let genesis = pallet_emission::GenesisIssuance::<Runtime>::get();
	let minted = pallet_emission::Minted::<Runtime>::get();
	let burned = pallet_emission::Burned::<Runtime>::get();
	assert_eq!(Balances::total_issuance(), genesis + minted - burned);
	let sum: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(sum, Balances::total_issuance(), "the balances are the issuance");
}
