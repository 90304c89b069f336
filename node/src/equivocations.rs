//! Reports authors that make two blocks for one slot.
//!
//! BABE's block import of this SDK release makes such reports itself, but from headers whose seals were
//! taken off before. The runtime refuses them, and while one of them waits in the pool no other report of
//! the same author and slot gets in. So BABE is given a pool that takes nothing, and the reports are made
//! here, from whole headers.
//!
//! [`Watched`] stands before BABE's block import and remembers what each author signed for each slot; a
//! [`Reporter`] makes the reports, so that no block waits for one.

use std::{
	collections::{btree_map::Entry, BTreeMap},
	sync::{Arc, Mutex, PoisonError},
};

use futures::{channel::mpsc, StreamExt};
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult};
use sc_consensus_babe::find_pre_digest;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_consensus::BlockOrigin;
use sp_consensus_babe::{
	check_equivocation_proof, AuthorityId, AuthorityIndex, BabeApi, BabeAuthorityWeight,
	EquivocationProof, OpaqueKeyOwnershipProof, Slot,
};
use sp_runtime::traits::{Block as BlockT, Header as _};
use woppal_runtime::opaque::Block;

use crate::service::FullClient;

type Header = <Block as BlockT>::Header;
type Hash = <Block as BlockT>::Hash;

/// Slots before the newest one seen for which headers are remembered: half an hour of 2 s slots.
const SLOTS: u64 = 1_000;
/// Evidence that may wait for its report. Each author gives at most one a slot.
const WAITING: usize = 64;

/// Two headers that one author signed for one slot.
struct Evidence {
	slot: Slot,
	author: AuthorityIndex,
	first: Header,
	second: Header,
}

impl Evidence {
	/// The proof against one of `authorities`. `None`: its key is not the one that signed both headers.
	fn proof(
		&self,
		authorities: &[(AuthorityId, BabeAuthorityWeight)],
	) -> Option<EquivocationProof<Header>> {
		let (offender, _) = authorities.get(usize::try_from(self.author).ok()?)?;
		let proof = EquivocationProof {
			offender: offender.clone(),
			slot: self.slot,
			first_header: self.first.clone(),
			second_header: self.second.clone(),
		};
		check_equivocation_proof(proof.clone()).then_some(proof)
	}
}

/// The first header of each author in each of the last slots; `None` once a second one was seen.
#[derive(Default)]
struct Headers(BTreeMap<Slot, BTreeMap<AuthorityIndex, Option<Header>>>);

impl Headers {
	/// Remembers a whole header. Returns the evidence if it is its author's second one for its slot,
	/// once for each slot.
	fn note(&mut self, header: Header) -> Option<Evidence> {
		let digest = find_pre_digest::<Block>(&header).ok()?;
		let (slot, author) = (digest.slot(), digest.authority_index());
		let newest = self.0.last_key_value().map_or(slot, |(newest, _)| slot.max(*newest));
		let oldest = newest.saturating_sub(SLOTS);
		self.0 = self.0.split_off(&oldest);
		if slot < oldest {
			return None;
		}
		match self.0.entry(slot).or_default().entry(author) {
			Entry::Vacant(first) => {
				first.insert(Some(header));
				None
			},
			Entry::Occupied(mut first) => {
				let first = first.get_mut().take_if(|first| first.hash() != header.hash())?;
				Some(Evidence { slot, author, first, second: header })
			},
		}
	}
}

/// What all clones of a block import share.
struct Watch {
	headers: Headers,
	evidence: mpsc::Sender<Evidence>,
}

/// A block import before which equivocations are looked for.
#[derive(Clone)]
pub(crate) struct Watched<Import> {
	inner: Import,
	watch: Arc<Mutex<Watch>>,
}

impl<Import> Watched<Import> {
	/// Remembers a block's header. What came before the node was in step with the network is too old to
	/// report, and a header whose seal was not checked is worth nothing.
	fn note(&self, block: &BlockImportParams<Block>) -> Option<Evidence> {
		let is_current = matches!(
			block.origin,
			BlockOrigin::Own | BlockOrigin::NetworkBroadcast | BlockOrigin::ConsensusBroadcast
		);
		if !is_current || block.post_digests.is_empty() {
			return None;
		}
		let header = block.post_header();
		self.watch.lock().unwrap_or_else(PoisonError::into_inner).headers.note(header)
	}

	fn pass_on(&self, evidence: Evidence) {
		let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
		if watch.evidence.try_send(evidence).is_err() {
			log::warn!("an equivocation is not reported: {WAITING} others wait");
		}
	}
}

#[async_trait::async_trait]
impl<Import> BlockImport<Block> for Watched<Import>
where
	Import: BlockImport<Block> + Send + Sync,
{
	type Error = Import::Error;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		self.inner.check_block(block).await
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> Result<ImportResult, Self::Error> {
		let evidence = self.note(&block);
		let result = self.inner.import_block(block).await;
		// After the import, so that the state after the block can say whose key it is.
		if let Some(evidence) = evidence {
			self.pass_on(evidence);
		}
		result
	}
}

/// Reports equivocations to the runtime.
pub(crate) struct Reporter {
	client: Arc<FullClient>,
	pool: OffchainTransactionPoolFactory<Block>,
	evidence: mpsc::Receiver<Evidence>,
}

impl Reporter {
	/// Reports what is found, for as long as blocks are imported.
	pub(crate) async fn run(mut self) {
		while let Some(evidence) = self.evidence.next().await {
			let what = format!(
				"authority {} signed two blocks for slot {}: {:?} and {:?}",
				evidence.author,
				evidence.slot,
				evidence.first.hash(),
				evidence.second.hash(),
			);
			match self.report(&evidence) {
				Ok(()) => log::info!("{what}; reported"),
				Err(e) => log::warn!("{what}; not reported: {e}"),
			}
		}
	}

	/// Puts a report into the pool. It is not passed on to other nodes: each author reports itself.
	fn report(&self, evidence: &Evidence) -> Result<(), String> {
		// The state after one of the blocks is of their session; that of the parent may be of the one
		// before, but is there even if the blocks turned out to be invalid.
		let states =
			[evidence.second.hash(), evidence.first.hash(), *evidence.second.parent_hash()];
		let (proof, owner) = states
			.into_iter()
			.find_map(|at| self.prove(evidence, at))
			.ok_or("no state that has the author among its authorities is at hand")?;
		let best = self.client.info().best_hash;
		let mut api = self.client.runtime_api();
		api.register_extension(self.pool.offchain_transaction_pool(best));
		api.submit_report_equivocation_unsigned_extrinsic(best, proof, owner)
			.map_err(|e| e.to_string())?
			.ok_or_else(|| {
				"the pool refuses it; another author's report may have come first".into()
			})
	}

	/// Proves in the state after the block `at` who equivocated, and that the key was its own.
	fn prove(
		&self,
		evidence: &Evidence,
		at: Hash,
	) -> Option<(EquivocationProof<Header>, OpaqueKeyOwnershipProof)> {
		let api = self.client.runtime_api();
		// A block that was not imported has no state.
		let epoch = api.current_epoch(at).ok()?;
		let proof = evidence.proof(&epoch.authorities)?;
		let offender = proof.offender.clone();
		let owner = api.generate_key_ownership_proof(at, evidence.slot, offender).ok()??;
		Some((proof, owner))
	}
}

/// Puts a watch before a block import. The reporter must run for anything to be reported, to `pool`.
pub(crate) fn watch<Import>(
	inner: Import,
	client: Arc<FullClient>,
	pool: OffchainTransactionPoolFactory<Block>,
) -> (Watched<Import>, Reporter) {
	let (sender, evidence) = mpsc::channel(WAITING);
	let watch = Watch { headers: Headers::default(), evidence: sender };
	let watched = Watched { inner, watch: Arc::new(Mutex::new(watch)) };
	(watched, Reporter { client, pool, evidence })
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};
	use sp_core::{Pair, H256};
	use sp_keyring::Sr25519Keyring::{self, Alice, Bob};
	use sp_runtime::{Digest, DigestItem};

	/// A block of authority `author` for a slot, told apart from others by `salt`, with `signer`'s seal.
	fn sealed(author: AuthorityIndex, slot: u64, salt: u8, signer: Sr25519Keyring) -> Header {
		let pre_digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: author,
			slot: slot.into(),
		});
		let digest = Digest { logs: vec![DigestItem::babe_pre_digest(pre_digest)] };
		let root = H256::repeat_byte(salt);
		let mut header = Header::new(7, H256::zero(), root, H256::zero(), digest);
		let signature = signer.pair().sign(header.hash().as_ref());
		header.digest_mut().push(DigestItem::babe_seal(signature.into()));
		header
	}

	fn authorities() -> Vec<(AuthorityId, BabeAuthorityWeight)> {
		[Alice, Bob].map(|key| (key.public().into(), 1)).into()
	}

	#[test]
	fn a_second_block_for_a_slot_is_evidence_once() {
		let mut headers = Headers::default();
		// Each signature is another one.
		let first = sealed(0, 5, 1, Alice);
		assert!(headers.note(first.clone()).is_none());
		assert!(headers.note(first).is_none(), "the same block again");
		let evidence = headers.note(sealed(0, 5, 2, Alice)).expect("two blocks");
		assert_eq!((*evidence.slot, evidence.author), (5, 0));
		let proof = evidence.proof(&authorities()).expect("Alice signed both");
		assert_eq!(proof.offender, Alice.public().into());
		assert!(headers.note(sealed(0, 5, 3, Alice)).is_none(), "it is known already");
		assert!(headers.note(sealed(0, 5, 1, Alice)).is_none(), "it is known already");
	}

	#[test]
	fn others_and_other_slots_are_no_evidence() {
		let mut headers = Headers::default();
		assert!(headers.note(sealed(0, 5, 1, Alice)).is_none());
		assert!(headers.note(sealed(1, 5, 2, Bob)).is_none());
		assert!(headers.note(sealed(0, 6, 3, Alice)).is_none());
		assert!(headers.note(sealed(0, 4, 4, Alice)).is_none());
		assert!(headers.note(sealed(1, 4, 5, Bob)).is_none());
	}

	#[test]
	fn only_whole_headers_of_one_signer_prove_anything() {
		let evidence = |first, second| Evidence { slot: 5.into(), author: 0, first, second };
		let [first, second] = [1, 2].map(|salt| sealed(0, 5, salt, Alice));
		assert!(evidence(first.clone(), second.clone()).proof(&authorities()).is_some());
		// Whose number it is, is for the authorities of the session to say.
		assert!(evidence(first.clone(), second.clone()).proof(&[]).is_none());
		let others = [Bob, Alice].map(|key| (key.public().into(), 1));
		assert!(evidence(first.clone(), second.clone()).proof(&others).is_none());
		assert!(evidence(first.clone(), sealed(0, 5, 2, Bob)).proof(&authorities()).is_none());
		let mut unsealed = second;
		unsealed.digest_mut().pop();
		assert!(evidence(first, unsealed).proof(&authorities()).is_none());
	}

	#[test]
	fn old_slots_are_forgotten_and_take_no_memory() {
		let mut headers = Headers::default();
		for slot in 0..3 * SLOTS {
			assert!(headers.note(sealed(0, slot, 1, Alice)).is_none());
		}
		assert_eq!(headers.0.len() as u64, SLOTS + 1);
		assert!(headers.note(sealed(0, SLOTS, 2, Alice)).is_none(), "forgotten");
		assert!(headers.note(sealed(1, 0, 2, Bob)).is_none(), "too old");
		assert_eq!(headers.0.len() as u64, SLOTS + 1);
		let oldest = 2 * SLOTS - 1;
		assert!(headers.note(sealed(0, oldest, 2, Alice)).is_some(), "just remembered");
	}
}
