//! A chain of the real runtime.
//!
//! There is always one open block. Each block has BABE's digest with its author's VRF signature and the
//! timestamp inherent, is built through `Executive`, and holds signed extrinsics only. Alice is the
//! author, unless others that the chain was told of are authorities as well. After each block the
//! invariants of all our pallets are checked.

use crate::state::{try_state, Flat, Written};
use codec::{Decode, Encode};
use frame_system::Phase;
use serde_json::Value;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryVRFPreDigest},
	make_vrf_transcript, Slot, BABE_ENGINE_ID,
};
use sp_core::{crypto::VrfSecret, sr25519, storage::StateVersion, Pair, H256};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Digest, DigestItem, Era},
	traits::{BlakeTwo256, Hash as _, Header as _},
	transaction_validity::TransactionValidityError,
	BuildStorage, DispatchError, MultiAddress, MultiSignature, Storage,
};
use std::collections::BTreeMap;
use woppal_runtime::{
	fees::NameCreator,
	genesis_config_presets::{self, DEVELOPMENT},
	AccountId, Babe, Balance, Balances, Block, BlockNumber, Emission, Executive, Header, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, Session, SignedPayload, System, TimestampCall,
	TxExtension, UncheckedExtrinsic,
};

/// The slot before the first block's.
const FIRST_SLOT: u64 = 1_000;
/// Every so many blocks the copy of the state that the invariants are checked on is compared with it.
const COPY_COMPARED: BlockNumber = 300;

/// Who signs extrinsics.
pub(crate) trait Signer {
	/// Its account.
	fn account(&self) -> AccountId;
	/// Its signature.
	fn signature(&self, message: &[u8]) -> MultiSignature;
}

impl Signer for Sr25519Keyring {
	fn account(&self) -> AccountId {
		self.to_account_id()
	}

	fn signature(&self, message: &[u8]) -> MultiSignature {
		self.sign(message).into()
	}
}

impl Signer for sr25519::Pair {
	fn account(&self) -> AccountId {
		self.public().0.into()
	}

	fn signature(&self, message: &[u8]) -> MultiSignature {
		self.sign(message).into()
	}
}

/// A chain with an open block.
pub(crate) struct Chain {
	ext: TestExternalities,
	/// The state after the last closed block.
	closed: Flat,
	/// BABE keys by their public bytes, of authorities besides Alice.
	authors: BTreeMap<[u8; 32], sr25519::Pair>,
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

/// The digest of a secondary slot, of Alice's or of one of the `authors`'.
fn pre_digest(slot: u64, authors: &BTreeMap<[u8; 32], sr25519::Pair>) -> DigestItem {
	let slot = Slot::from(slot);
	let (mut index, mut randomness, mut authorities) = (0, Babe::randomness(), Vec::new());
	if *pallet_babe::GenesisSlot::<Runtime>::get() != 0 {
		let (current, next) = (Babe::current_epoch(), Babe::next_epoch());
		if slot < next.start_slot {
			(index, randomness) = (current.epoch_index, current.randomness);
			authorities = current.authorities;
		} else {
			// Alice makes the first block of a session: who else may is known when it has begun.
			(index, randomness) = (next.epoch_index, next.randomness);
		}
	}
	let (authority_index, pair) = author(slot, &authorities, authors);
	let transcript = make_vrf_transcript(&randomness, slot, index);
	let vrf_signature = pair.vrf_sign(&transcript.into_sign_data());
	let digest =
		PreDigest::SecondaryVRF(SecondaryVRFPreDigest { authority_index, slot, vrf_signature });
	DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())
}

/// Who authors a slot: by turns those whose keys are known, but for the disabled ones; else Alice, who is the
/// first authority of genesis.
fn author(
	slot: Slot,
	authorities: &[(sp_consensus_babe::AuthorityId, u64)],
	authors: &BTreeMap<[u8; 32], sr25519::Pair>,
) -> (u32, sr25519::Pair) {
	let disabled = Session::disabled_validators();
	let mut able: Vec<_> = (0u32..)
		.zip(authorities)
		.filter(|(index, _)| !disabled.contains(index))
		.filter_map(|(index, (key, _))| {
			let bytes: &[u8] = key.as_ref();
			authors.get(bytes).map(|pair| (index, pair.clone()))
		})
		.collect();
	if !disabled.contains(&0) {
		able.push((0, Sr25519Keyring::Alice.pair()));
	}
	let turn = usize::try_from(*slot).unwrap() % able.len();
	able.swap_remove(turn)
}

/// A signed extrinsic with the signer's next nonce.
fn signed(who: &impl Signer, call: RuntimeCall) -> UncheckedExtrinsic {
	let account = who.account();
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(System::account_nonce(&account)),
		frame_system::CheckWeight::new(),
		NameCreator,
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call.clone(), extension.clone()).unwrap();
	let signature = payload.using_encoded(|bytes| who.signature(bytes));
	UncheckedExtrinsic::new_signed(call, MultiAddress::Id(account), signature, extension)
}

fn events() -> Vec<RuntimeEvent> {
	System::read_events_no_consensus().map(|record| record.event).collect()
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
		let closed = Flat::new(&mut ext);
		let mut chain = Self {
			ext,
			closed,
			authors: BTreeMap::new(),
			genesis,
			parent,
			slot: FIRST_SLOT,
			open: Vec::new(),
			blocks: Vec::new(),
		};
		chain.open_block();
		chain
	}

	/// Tells of a BABE key: its holder authors blocks from now on whenever it is an authority.
	pub(crate) fn add_author(&mut self, pair: sr25519::Pair) {
		self.authors.insert(pair.public().0, pair);
	}

	fn open_block(&mut self) {
		self.slot += 1;
		let (slot, parent) = (self.slot, self.parent.clone());
		let authors = &self.authors;
		let inherent = self.ext.execute_with(|| {
			let digest = Digest { logs: vec![pre_digest(slot, authors)] };
			let header =
				Header::new(parent.number + 1, H256::zero(), H256::zero(), parent.hash(), digest);
			Executive::initialize_block(&header);
			let now = slot * Babe::slot_duration();
			let set = RuntimeCall::Timestamp(TimestampCall::set { now });
			let inherent = UncheckedExtrinsic::new_bare(set);
			Executive::apply_extrinsic(inherent.clone())
				.expect("the inherent is valid")
				.expect("the inherent is dispatched");
			inherent
		});
		self.open = vec![inherent];
	}

	/// Closes the open block, checks the invariants and opens the next one.
	pub(crate) fn next_block(&mut self) {
		let header = self.ext.execute_with(Executive::finalize_block);
		self.closed.follow(&mut self.ext);
		self.ext.commit_all().unwrap();
		self.closed.look(try_state);
		if header.number.is_multiple_of(COPY_COMPARED) {
			assert!(self.closed.is_copy_of(&mut self.ext), "what was checked is the chain's state");
		}
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

	/// Looks into the state after the last closed block, which is cheap to walk.
	pub(crate) fn look<R>(&mut self, look: impl FnOnce() -> R) -> R {
		self.closed.look(look)
	}

	/// Looks into the state in the open block.
	pub(crate) fn read<R>(&mut self, look: impl FnOnce() -> R) -> R {
		self.ext.execute_with(look)
	}

	/// Applies a signed call in the open block. It must be valid as a transaction.
	#[track_caller]
	pub(crate) fn submit(
		&mut self,
		who: impl Signer,
		call: impl Into<RuntimeCall>,
	) -> Result<(), DispatchError> {
		self.try_submit(&who, call).expect("the transaction is valid")
	}

	/// Applies a signed call in the open block; one that is not valid as a transaction is left out of it.
	pub(crate) fn try_submit(
		&mut self,
		who: &impl Signer,
		call: impl Into<RuntimeCall>,
	) -> Result<Result<(), DispatchError>, TransactionValidityError> {
		let call = call.into();
		let (extrinsic, result) = self.ext.execute_with(|| {
			let extrinsic = signed(who, call);
			sp_io::storage::start_transaction();
			let result = Executive::apply_extrinsic(extrinsic.clone());
			match result {
				Ok(_) => sp_io::storage::commit_transaction(),
				Err(_) => sp_io::storage::rollback_transaction(),
			}
			(extrinsic, result)
		});
		if result.is_ok() {
			self.open.push(extrinsic);
		}
		result
	}

	/// The events of the open block's last extrinsic.
	pub(crate) fn last_events(&mut self) -> Vec<RuntimeEvent> {
		let last = u32::try_from(self.open.len()).unwrap() - 1;
		self.read(|| {
			System::read_events_no_consensus()
				.filter(|record| record.phase == Phase::ApplyExtrinsic(last))
				.map(|record| record.event)
				.collect()
		})
	}

	/// Applies a signed call in the open block and gives the events that it made. It must succeed.
	#[track_caller]
	pub(crate) fn succeed(
		&mut self,
		who: impl Signer,
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
	#[track_caller]
	pub(crate) fn attempt(&mut self, who: impl Signer, call: impl Into<RuntimeCall>) -> Attempt {
		let call = call.into();
		self.scratch(|chain| chain.observe(&who, call).expect("the transaction is valid"))
	}

	/// Applies a signed call in the open block and says all that it changed.
	pub(crate) fn observe(
		&mut self,
		who: &impl Signer,
		call: impl Into<RuntimeCall>,
	) -> Result<Attempt, TransactionValidityError> {
		let account = who.account();
		let written = Written::of(&mut self.ext);
		let (before, events_before) = self.read(|| (Facts::of(&account), events().len()));
		let result = self.try_submit(who, call)?;
		let changed = Written::of(&mut self.ext).differ_from(&written, &mut self.closed);
		let (after, mut events) = self.read(|| (Facts::of(&account), events()));
		let events = events.split_off(events_before);
		Ok(Attempt { who: account, result, events, changed, before, after })
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
	/// What the account of the fees' pot has.
	pub(crate) pot: Balance,
	/// What the treasury has.
	pub(crate) treasury: Balance,
}

impl Facts {
	/// Now.
	pub(crate) fn of(who: &AccountId) -> Self {
		let account = System::account(who);
		Self {
			free: account.data.free,
			held: account.data.reserved,
			issuance: Balances::total_issuance(),
			burned: pallet_emission::Burned::<Runtime>::get(),
			pot: Balances::free_balance(Emission::pot_account()),
			treasury: Balances::free_balance(Emission::treasury_account()),
		}
	}
}

/// The parts of a fee where no creator gets any, in plancks (PROTOCOL §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FeeParts {
	/// For the validators: 30 %.
	pub(crate) pot: Balance,
	/// For the project's creator, or else for the treasury besides its own: 15 %.
	pub(crate) creator: Balance,
	/// For the treasury: 5 %.
	pub(crate) treasury: Balance,
	/// Burned: 50 %, and what rounding leaves.
	pub(crate) burned: Balance,
}

impl FeeParts {
	/// Of a fee.
	pub(crate) fn of(fee: Balance) -> Self {
		let (pot, creator, treasury) = (fee * 30 / 100, fee * 15 / 100, fee * 5 / 100);
		Self { pot, creator, treasury, burned: fee - pot - creator - treasury }
	}
}

/// What a call did.
#[derive(Debug)]
pub(crate) struct Attempt {
	who: AccountId,
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

/// The key of an account's own record: what it has and what is held of it.
pub(crate) fn account_item(who: &impl Signer) -> Vec<u8> {
	frame_system::Account::<Runtime>::hashed_key_for(who.account())
}

/// What every extrinsic touches: the system's record of the block, the fee's ways.
fn is_bookkeeping(who: &AccountId, key: &[u8]) -> bool {
	if key.starts_with(&item("System", "Account")) {
		let paid = [who.clone(), Emission::pot_account(), Emission::treasury_account()];
		return paid
			.into_iter()
			.any(|account| key == frame_system::Account::<Runtime>::hashed_key_for(account));
	}
	[
		sp_io::hashing::twox_128(b"System").to_vec(),
		sp_io::hashing::twox_128(b"TransactionPayment").to_vec(),
		item("Authorship", "Author"),
		item("Balances", "TotalIssuance"),
		item("Emission", "Burned"),
		item("Emission", "PotIncoming"),
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

	/// What was burned besides a part of the fee, in plancks. Issuance and count must have it alike, and
	/// pot and treasury have their parts of the fee.
	#[track_caller]
	pub(crate) fn burned(&self) -> Balance {
		let (before, after, parts) = (self.before, self.after, FeeParts::of(self.fee()));
		assert_eq!(after.pot - before.pot, parts.pot);
		assert_eq!(after.treasury - before.treasury, parts.treasury + parts.creator);
		let burned = after.burned - before.burned;
		assert_eq!(before.issuance - after.issuance, burned);
		burned - parts.burned
	}

	/// What the call changed besides the fee: storage items by their prefixes.
	fn changed_but(&self, allowed: &[Vec<u8>]) -> Vec<String> {
		self.changed
			.iter()
			.filter(|key| !is_bookkeeping(&self.who, key))
			.filter(|key| !allowed.iter().any(|prefix| key.starts_with(prefix)))
			.map(hex::encode)
			.collect()
	}

	/// The call failed with this error and changed nothing but what its fee changes.
	#[track_caller]
	pub(crate) fn is_error(&self, case: &str, error: impl Into<DispatchError>) {
		assert_eq!(self.result, Err(error.into()), "{case}");
		self.changed_nothing(case);
	}

	/// The call changed nothing but what its fee changes, and paid one.
	#[track_caller]
	pub(crate) fn changed_nothing(&self, case: &str) {
		assert_eq!(self.changed_but(&[]), Vec::<String>::new(), "{case}: storage changed");
		let (before, fee) = (self.before, self.fee());
		assert!(fee > 0, "{case}: an error costs its fee");
		let parts = FeeParts::of(fee);
		let expected = Facts {
			free: before.free - fee,
			held: before.held,
			issuance: before.issuance - parts.burned,
			burned: before.burned + parts.burned,
			pot: before.pot + parts.pot,
			treasury: before.treasury + parts.treasury + parts.creator,
		};
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
