//! A chain of the real runtime.
//!
//! There is always one open block. Each block has BABE's digest with Alice's VRF signature and the
//! timestamp inherent, is built through `Executive`, and holds signed extrinsics only. After each
//! block the invariants of all our pallets are checked.

use codec::{Decode, Encode};
use serde_json::Value;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryVRFPreDigest},
	make_vrf_transcript, Slot, BABE_ENGINE_ID,
};
use sp_core::{crypto::VrfSecret, storage::StateVersion, H256};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Digest, DigestItem, Era},
	traits::{BlakeTwo256, Hash as _, Header as _},
	BuildStorage, DispatchError, MultiAddress, MultiSignature, Storage,
};
use std::collections::BTreeMap;
use woppal_runtime::{
	genesis_config_presets::{self, DEVELOPMENT},
	AccountId, AgentCommit, Babe, Balance, Balances, Block, BlockNumber, Emission, Executive,
	Header, Network, Presence, Research, Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig,
	SignedPayload, System, TimestampCall, TxExtension, UncheckedExtrinsic, Validators,
};

/// The slot before the first block's.
const FIRST_SLOT: u64 = 1_000;

/// Everything in storage.
pub(crate) type Snapshot = BTreeMap<Vec<u8>, Vec<u8>>;

/// A chain with an open block.
pub(crate) struct Chain {
	ext: TestExternalities,
	genesis: Storage,
	parent: Header,
	slot: u64,
	open: Vec<UncheckedExtrinsic>,
	blocks: Vec<Block>,
}

fn merge(base: &mut Value, patch: Value) {
	match (base, patch) {
		(Value::Object(base), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}

/// The `development` preset's genesis config with this patch on top.
pub(crate) fn genesis_json(patch: Value) -> Value {
	let mut json = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let preset = genesis_config_presets::get_preset(&DEVELOPMENT.into()).unwrap();
	merge(&mut json, serde_json::from_slice(&preset).unwrap());
	merge(&mut json, patch);
	json
}

/// The storage that this genesis config makes.
pub(crate) fn genesis_storage(json: Value) -> Storage {
	serde_json::from_value::<RuntimeGenesisConfig>(json).unwrap().build_storage().unwrap()
}

/// The header of block 0.
pub(crate) fn genesis_header(ext: &mut TestExternalities) -> Header {
	let root = ext.execute_with(|| sp_io::storage::root(StateVersion::V1));
	let extrinsics = BlakeTwo256::ordered_trie_root(Vec::new(), StateVersion::V1);
	let root = H256::decode(&mut &root[..]).unwrap();
	Header::new(0, extrinsics, root, H256::zero(), Digest::default())
}

/// The digest of Alice's secondary slot.
fn pre_digest(slot: u64) -> DigestItem {
	let slot = Slot::from(slot);
	let (index, randomness) = if *pallet_babe::GenesisSlot::<Runtime>::get() == 0 {
		(0, Babe::randomness())
	} else {
		let (current, next) = (Babe::current_epoch(), Babe::next_epoch());
		let epoch = if slot < next.start_slot { current } else { next };
		(epoch.epoch_index, epoch.randomness)
	};
	let transcript = make_vrf_transcript(&randomness, slot, index);
	let vrf_signature = Sr25519Keyring::Alice.pair().vrf_sign(&transcript.into_sign_data());
	let digest =
		PreDigest::SecondaryVRF(SecondaryVRFPreDigest { authority_index: 0, slot, vrf_signature });
	DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())
}

/// A signed extrinsic with the signer's next nonce.
fn signed(who: Sr25519Keyring, call: RuntimeCall) -> UncheckedExtrinsic {
	let account = who.to_account_id();
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(System::account_nonce(&account)),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call.clone(), extension.clone()).unwrap();
	let signature = payload.using_encoded(|bytes| who.sign(bytes));
	UncheckedExtrinsic::new_signed(
		call,
		MultiAddress::Id(account),
		MultiSignature::Sr25519(signature),
		extension,
	)
}

/// Applies an extrinsic that must be valid as a transaction; gives its dispatch's result.
fn apply(extrinsic: UncheckedExtrinsic) -> Result<(), DispatchError> {
	Executive::apply_extrinsic(extrinsic).expect("the transaction is valid")
}

fn snapshot() -> Snapshot {
	let mut all = Snapshot::new();
	let mut key = Vec::new();
	while let Some(next) = sp_io::storage::next_key(&key) {
		let value = sp_io::storage::get(&next).unwrap_or_default();
		all.insert(next.clone(), value.to_vec());
		key = next;
	}
	all
}

fn events() -> Vec<RuntimeEvent> {
	System::read_events_no_consensus().map(|record| record.event).collect()
}

/// The invariants of all our pallets.
pub(crate) fn try_state() {
	Network::do_try_state().unwrap();
	Validators::do_try_state().unwrap();
	Emission::do_try_state().unwrap();
	Presence::do_try_state().unwrap();
	Research::do_try_state().unwrap();
	AgentCommit::do_try_state().unwrap();
	let genesis = pallet_emission::GenesisIssuance::<Runtime>::get();
	let minted = pallet_emission::Minted::<Runtime>::get();
	let burned = pallet_emission::Burned::<Runtime>::get();
	assert_eq!(Balances::total_issuance(), genesis + minted - burned);
	let sum: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(sum, Balances::total_issuance(), "the balances are the issuance");
}

impl Chain {
	/// The `development` network, its first block open.
	pub(crate) fn new() -> Self {
		Self::with_patch(Value::Null)
	}

	/// The `development` network with this patch of its genesis.
	pub(crate) fn with_patch(patch: Value) -> Self {
		let patch = if patch.is_null() { Value::Object(serde_json::Map::new()) } else { patch };
		let genesis = genesis_storage(genesis_json(patch));
		let mut ext = TestExternalities::from(genesis.clone());
		let parent = genesis_header(&mut ext);
		let mut chain =
			Self { ext, genesis, parent, slot: FIRST_SLOT, open: Vec::new(), blocks: Vec::new() };
		chain.open_block();
		chain
	}

	fn open_block(&mut self) {
		self.slot += 1;
		let (slot, parent) = (self.slot, self.parent.clone());
		let inherent = self.ext.execute_with(|| {
			let digest = Digest { logs: vec![pre_digest(slot)] };
			let header =
				Header::new(parent.number + 1, H256::zero(), H256::zero(), parent.hash(), digest);
			Executive::initialize_block(&header);
			let now = slot * Babe::slot_duration();
			let set = RuntimeCall::Timestamp(TimestampCall::set { now });
			let inherent = UncheckedExtrinsic::new_bare(set);
			apply(inherent.clone()).expect("the inherent is dispatched");
			inherent
		});
		self.open = vec![inherent];
	}

	/// Closes the open block, checks the invariants and opens the next one.
	pub(crate) fn next_block(&mut self) {
		let header = self.ext.execute_with(|| {
			let header = Executive::finalize_block();
			try_state();
			header
		});
		self.ext.commit_all().unwrap();
		self.parent = header.clone();
		let extrinsics = core::mem::take(&mut self.open);
		self.blocks.push(Block { header, extrinsics });
		self.open_block();
	}

	/// Closes blocks until this one is open.
	pub(crate) fn advance_to(&mut self, block: BlockNumber) {
		while self.number() < block {
			self.next_block();
		}
	}

	/// The open block's number.
	pub(crate) fn number(&self) -> BlockNumber {
		self.parent.number + 1
	}

	/// Genesis and the closed blocks.
	pub(crate) fn history(self) -> (Storage, Vec<Block>) {
		(self.genesis, self.blocks)
	}

	/// Looks into the state in the open block.
	pub(crate) fn read<R>(&mut self, look: impl FnOnce() -> R) -> R {
		self.ext.execute_with(look)
	}

	/// Applies a signed call in the open block.
	pub(crate) fn submit(
		&mut self,
		who: Sr25519Keyring,
		call: impl Into<RuntimeCall>,
	) -> Result<(), DispatchError> {
		let call = call.into();
		let (extrinsic, result) = self.ext.execute_with(|| {
			let extrinsic = signed(who, call);
			(extrinsic.clone(), apply(extrinsic))
		});
		self.open.push(extrinsic);
		result
	}

	/// Applies a signed call in the open block and gives the events that it made. It must succeed.
	#[track_caller]
	pub(crate) fn succeed(
		&mut self,
		who: Sr25519Keyring,
		call: impl Into<RuntimeCall>,
	) -> Vec<RuntimeEvent> {
		let before = self.read(events).len();
		let result = self.submit(who, call);
		assert_eq!(result, Ok(()));
		self.read(events).split_off(before)
	}

	/// Applies a call as Alice's sudo. It must succeed.
	#[track_caller]
	pub(crate) fn sudo(&mut self, call: impl Into<RuntimeCall>) -> Vec<RuntimeEvent> {
		let call = Box::new(call.into());
		let events = self.succeed(Sr25519Keyring::Alice, pallet_sudo::Call::sudo { call });
		let done = events.iter().any(|event| {
			matches!(event, RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: Ok(()) }))
		});
		assert!(done, "the inner call failed: {events:?}");
		events
	}

	/// Tries a signed call in the open block and takes it back.
	pub(crate) fn attempt(&mut self, who: Sr25519Keyring, call: impl Into<RuntimeCall>) -> Attempt {
		let call = call.into();
		self.scratch(|chain| {
			let before = chain.read(|| (snapshot(), Facts::of(who), events().len()));
			let result = chain.submit(who, call);
			chain.read(|| Attempt {
				who,
				result,
				events: events().split_off(before.2),
				changed: changes(&before.0, &snapshot()),
				before: before.1,
				after: Facts::of(who),
			})
		})
	}

	/// Does something in the open block and takes it back.
	pub(crate) fn scratch<R>(&mut self, what: impl FnOnce(&mut Self) -> R) -> R {
		let number = self.number();
		let extrinsics = self.open.len();
		self.read(sp_io::storage::start_transaction);
		let result = what(self);
		assert_eq!(self.number(), number, "a block cannot be taken back");
		self.read(sp_io::storage::rollback_transaction);
		self.open.truncate(extrinsics);
		result
	}
}

/// The keys whose values differ.
fn changes(before: &Snapshot, after: &Snapshot) -> Vec<Vec<u8>> {
	before
		.keys()
		.chain(after.keys().filter(|key| !before.contains_key(*key)))
		.filter(|key| before.get(*key) != after.get(*key))
		.cloned()
		.collect()
}

/// Balances around an attempt, in plancks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
	/// The signer's free balance.
	pub(crate) free: Balance,
	/// What is held of the signer.
	pub(crate) held: Balance,
	/// Tokens in existence.
	pub(crate) issuance: Balance,
	/// Tokens counted as burned.
	pub(crate) burned: Balance,
}

impl Facts {
	/// Now.
	pub(crate) fn of(who: Sr25519Keyring) -> Self {
		let account = System::account(who.to_account_id());
		Self {
			free: account.data.free,
			held: account.data.reserved,
			issuance: Balances::total_issuance(),
			burned: pallet_emission::Burned::<Runtime>::get(),
		}
	}
}

/// What a call did that was taken back.
#[derive(Debug)]
pub(crate) struct Attempt {
	who: Sr25519Keyring,
	pub(crate) result: Result<(), DispatchError>,
	/// Events of the call.
	pub(crate) events: Vec<RuntimeEvent>,
	changed: Vec<Vec<u8>>,
	pub(crate) before: Facts,
	pub(crate) after: Facts,
}

/// The start of all keys of a storage item.
pub(crate) fn item(pallet: &str, item: &str) -> Vec<u8> {
	[sp_io::hashing::twox_128(pallet.as_bytes()), sp_io::hashing::twox_128(item.as_bytes())]
		.concat()
}

/// What every extrinsic touches: the system's record of the block, the fee's ways.
fn is_bookkeeping(who: Sr25519Keyring, key: &[u8]) -> bool {
	let account: AccountId = who.to_account_id();
	let accounts = item("System", "Account");
	if key.starts_with(&accounts) {
		return key == frame_system::Account::<Runtime>::hashed_key_for(account);
	}
	[
		sp_io::hashing::twox_128(b"System").to_vec(),
		sp_io::hashing::twox_128(b"TransactionPayment").to_vec(),
		item("Authorship", "Author"),
		item("Balances", "TotalIssuance"),
		item("Emission", "Burned"),
		b":extrinsic_index".to_vec(),
		b":intrablock_entropy".to_vec(),
	]
	.iter()
	.any(|prefix| key.starts_with(prefix))
}

impl Attempt {
	/// The fee that the signer paid, in plancks.
	pub(crate) fn fee(&self) -> Balance {
		self.events
			.iter()
			.find_map(|event| match event {
				RuntimeEvent::TransactionPayment(
					pallet_transaction_payment::Event::TransactionFeePaid { actual_fee, .. },
				) => Some(*actual_fee),
				_ => None,
			})
			.unwrap_or(0)
	}

	/// What the call changed besides the fee: storage items by their prefixes.
	fn changed_but(&self, allowed: &[Vec<u8>]) -> Vec<String> {
		self.changed
			.iter()
			.filter(|key| !is_bookkeeping(self.who, key))
			.filter(|key| !allowed.iter().any(|prefix| key.starts_with(prefix)))
			.map(hex::encode)
			.collect()
	}

	/// The call failed with this error and changed nothing but what its fee changes.
	#[track_caller]
	pub(crate) fn is_error(&self, case: &str, error: impl Into<DispatchError>) {
		assert_eq!(self.result, Err(error.into()), "{case}");
		assert_eq!(self.changed_but(&[]), Vec::<String>::new(), "{case}: storage changed");
		let Facts { free, held, issuance, burned } = self.before;
		let fee = self.fee();
		assert!(fee > 0, "{case}: an error costs its fee");
		let expected =
			Facts { free: free - fee, held, issuance: issuance - fee, burned: burned + fee };
		assert_eq!(self.after, expected, "{case}");
	}

	/// The call succeeded and changed nothing but its fee and storage with one of these prefixes.
	#[track_caller]
	pub(crate) fn changed_only(&self, case: &str, allowed: &[Vec<u8>]) {
		assert_eq!(self.result, Ok(()), "{case}");
		assert_eq!(self.changed_but(allowed), Vec::<String>::new(), "{case}: storage changed");
	}

	/// Whether an event like this was emitted.
	pub(crate) fn has(&self, event: impl Into<RuntimeEvent>) -> bool {
		self.events.contains(&event.into())
	}
}
