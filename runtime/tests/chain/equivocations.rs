//! Equivocations: evidence as a node makes it, and what it costs.

use crate::chain::Chain;
use codec::{Decode, Encode};
use frame_support::traits::KeyOwnerProofSystem;
use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest};
use sp_consensus_grandpa::{localized_payload, Message, Precommit, Prevote};
use sp_core::{ed25519, sr25519, Pair, H256};
use sp_keyring::Sr25519Keyring::{Bob, Charlie};
use sp_runtime::{
	generic::{Digest, DigestItem},
	traits::Header as _,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	DispatchError, Perbill,
};
use woppal_protocol::{traits::WorkLedger, Balance, ValidatorId, WOPPAL};
use woppal_runtime::{
	Babe, Emission, Executive, Gate, Grandpa, Header, Historical, Runtime, RuntimeCall,
	SessionKeys, Slashing, UncheckedExtrinsic,
};

/// The equivocator's bond in plancks.
const BOND: Balance = 100 * WOPPAL;
/// Blocks of a session and of an epoch of `development`.
const SESSION: u32 = 30;
const EPOCH: u32 = 60;

type Applied = Result<Result<(), DispatchError>, TransactionValidityError>;
type BabeProof = sp_consensus_babe::EquivocationProof<Header>;
type GrandpaVotes = sp_consensus_grandpa::Equivocation<H256, u32>;
/// A vote's kind, target and signature.
type Vote = ((H256, u32), ed25519::Signature);

/// Bob's validator, a block author beside Alice.
struct Author {
	id: ValidatorId,
	babe: sr25519::Pair,
	grandpa: ed25519::Pair,
}

/// A chain on which Bob's validator has a seat.
fn chain() -> (Chain, Author) {
	let mut chain = Chain::new();
	let hot_key = Charlie.to_account_id();
	chain.succeed(Bob, pallet_validators::Call::register { hot_key: hot_key.clone(), bond: BOND });
	chain.advance_to(EPOCH);
	chain.read(|| <Emission as WorkLedger>::note_participation(0));
	let babe = sr25519::Pair::from_seed(&[1; 32]);
	let grandpa = ed25519::Pair::from_seed(&[2; 32]);
	let keys = SessionKeys { babe: babe.public().into(), grandpa: grandpa.public().into() };
	let statement = [&b"POP_"[..], &hot_key.encode()].concat();
	let proof = (babe.sign(&statement), grandpa.sign(&statement)).encode();
	chain.succeed(Charlie, pallet_session::Call::set_keys { keys, proof });
	chain.succeed(Charlie, pallet_gate::Call::join {});
	chain.advance_to(EPOCH + 3 * SESSION);
	let author = Author { id: 0, babe, grandpa };
	assert!(has_seat(&mut chain, author.id));
	(chain, author)
}

fn has_seat(chain: &mut Chain, id: ValidatorId) -> bool {
	let set = chain.read(pallet_gate::CurrentSet::<Runtime>::get);
	set.iter().any(|seat| seat.validator == Some(id))
}

impl Author {
	/// A block of it for a slot, with its seal, told apart from others by `salt`.
	fn block(&self, slot: u64, salt: u8) -> Header {
		let pre_digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
			authority_index: 1,
			slot: slot.into(),
		});
		let digest = Digest { logs: vec![DigestItem::babe_pre_digest(pre_digest)] };
		let root = H256::repeat_byte(salt);
		let mut header = Header::new(7, H256::zero(), root, H256::zero(), digest);
		let seal = self.babe.sign(header.hash().as_ref());
		header.digest_mut().push(DigestItem::babe_seal(seal.into()));
		header
	}

	fn babe_proof(&self, first_header: Header, second_header: Header) -> BabeProof {
		let slot = Babe::current_slot();
		BabeProof { offender: self.babe.public().into(), slot, first_header, second_header }
	}

	/// A prevote or precommit in a round of the current set.
	fn vote(&self, round: u64, is_prevote: bool, salt: u8) -> Vote {
		let (target_hash, target_number) = (H256::repeat_byte(salt), u32::from(salt));
		let message: Message<Header> = if is_prevote {
			Message::<Header>::Prevote(Prevote::<Header> { target_hash, target_number })
		} else {
			Message::<Header>::Precommit(Precommit::<Header> { target_hash, target_number })
		};
		let payload = localized_payload(round, Grandpa::current_set_id(), &message);
		((target_hash, target_number), self.grandpa.sign(&payload))
	}

	/// Two votes in one round, as they travel.
	fn votes(&self, round: u64, is_prevote: bool, first: Vote, second: Vote) -> GrandpaVotes {
		let kind = u8::from(!is_prevote);
		let encoded = (kind, round, self.grandpa.public(), first, second).encode();
		GrandpaVotes::decode(&mut &encoded[..]).unwrap()
	}
}

/// The call that reports two blocks.
fn report_blocks(proof: BabeProof) -> RuntimeCall {
	let key = (sp_consensus_babe::KEY_TYPE, proof.offender.clone());
	let key_owner_proof = Historical::prove(key).expect("the key is an authority's");
	let equivocation_proof = Box::new(proof);
	pallet_babe::Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof }.into()
}

/// The call that reports two votes.
fn report_votes(votes: GrandpaVotes) -> RuntimeCall {
	let key = (sp_consensus_grandpa::KEY_TYPE, votes.offender().clone());
	let key_owner_proof = Historical::prove(key).expect("the key is an authority's");
	let set_id = Grandpa::current_set_id();
	let equivocation_proof = Box::new(sp_consensus_grandpa::EquivocationProof::new(set_id, votes));
	pallet_grandpa::Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof }
		.into()
}

/// Applies a report in the open block, as its author would.
fn apply(chain: &mut Chain, call: RuntimeCall) -> Applied {
	chain.read(|| Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call)))
}

/// Once punished, the author has lost a tenth and, two sessions later, its seat; again costs it nothing.
fn check_punished(mut chain: Chain, author: &Author, report: RuntimeCall) {
	assert_eq!(apply(&mut chain, report.clone()), Ok(Ok(())));
	let info = chain.read(|| Slashing::info(author.id));
	assert_eq!(
		(info.offences, info.slashed, info.slashed_rate),
		(1, BOND / 10, Perbill::from_percent(10))
	);
	assert!(chain.read(|| Gate::is_expelled(author.id)));
	let known = TransactionValidityError::Invalid(InvalidTransaction::Stale);
	assert_eq!(apply(&mut chain, report), Err(known), "the same offence again");
	assert_eq!(chain.read(|| Slashing::info(author.id)), info);
	chain.advance_to(chain.number() + 2 * SESSION);
	assert!(!has_seat(&mut chain, author.id));
}

#[test]
fn two_blocks_for_one_slot_cost_stake_and_seat() {
	let (mut chain, author) = chain();
	let slot = *chain.read(Babe::current_slot);
	let [first, second] = [1, 2].map(|salt| author.block(slot, salt));
	let report = chain.read(|| report_blocks(author.babe_proof(first, second)));
	let source = TransactionSource::External;
	let RuntimeCall::Babe(call) = &report else { unreachable!() };
	let passed_on = chain.read(|| Babe::validate_unsigned(source, call));
	assert!(passed_on.is_err(), "only an author's own node reports");
	check_punished(chain, &author, report);
}

#[test]
fn headers_without_seals_and_other_false_evidence_of_blocks_are_refused() {
	let (mut chain, author) = chain();
	let slot = *chain.read(Babe::current_slot);
	let refused = Ok(Err(pallet_babe::Error::<Runtime>::InvalidEquivocationProof.into()));
	let unsealed = |salt| {
		let mut header = author.block(slot, salt);
		header.digest_mut().pop();
		header
	};
	let foreign = |salt| {
		let babe = sr25519::Pair::from_seed(&[9; 32]);
		Author { id: 0, babe, grandpa: author.grandpa }.block(slot, salt)
	};
	let block = author.block(slot, 1);
	for (case, first, second) in [
		("no seals", unsealed(1), unsealed(2)),
		("one block", block.clone(), block.clone()),
		("two slots", author.block(slot, 1), author.block(slot - 1, 1)),
		("another's seal", author.block(slot, 1), foreign(2)),
	] {
		let report = chain.read(|| report_blocks(author.babe_proof(first, second)));
		assert_eq!(apply(&mut chain, report), refused, "{case}");
	}
	assert_eq!(chain.read(|| Slashing::info(author.id)).offences, 0);
	assert!(!chain.read(|| Gate::is_expelled(author.id)));
}

#[test]
fn two_votes_in_one_round_cost_stake_and_seat() {
	for is_prevote in [true, false] {
		let (mut chain, author) = chain();
		let report = chain.read(|| {
			let [first, second] = [1, 2].map(|salt| author.vote(7, is_prevote, salt));
			report_votes(author.votes(7, is_prevote, first, second))
		});
		let RuntimeCall::Grandpa(call) = &report else { unreachable!() };
		let source = TransactionSource::External;
		let passed_on = chain.read(|| Grandpa::validate_unsigned(source, call));
		assert!(passed_on.is_err(), "only an author's own node reports");
		check_punished(chain, &author, report);
	}
}

#[test]
fn false_evidence_of_votes_is_refused() {
	let (mut chain, author) = chain();
	let refused = Ok(Err(pallet_grandpa::Error::<Runtime>::InvalidEquivocationProof.into()));
	let cases = chain.read(|| {
		let vote = |round, is_prevote, salt| author.vote(round, is_prevote, salt);
		[
			("one vote", vote(7, true, 1), vote(7, true, 1)),
			("two rounds", vote(7, true, 1), vote(8, true, 2)),
			("a prevote and a precommit", vote(7, true, 1), vote(7, false, 2)),
		]
	});
	for (case, first, second) in cases {
		let report = chain.read(|| report_votes(author.votes(7, true, first, second)));
		assert_eq!(apply(&mut chain, report), refused, "{case}");
	}
	assert_eq!(chain.read(|| Slashing::info(author.id)).offences, 0);
	assert!(!chain.read(|| Gate::is_expelled(author.id)));
}
