//! Hostile block authors on the real runtime: foreign session keys, seats that outlive their bonds.
//!
//! | attack | gain | cost |
//! |---|---|---|
//! | copying an author's keys and proof | nothing: refused | a fee |
//! | equivocating after the bond left | what a fork brings | a tenth of all that still unbonds |

use crate::{
	attacks::{figures, participate, to_epoch},
	chain::Chain,
	work::{network, Miner, MINERS},
};
use codec::Encode;
use pallet_slashing::Authority;
use sp_core::{ed25519, sr25519, Pair};
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
use woppal_protocol::{gate::Seat, network::Deposits, time::Timing};
use woppal_runtime::{AccountId, Balance, Gate, Runtime, Session, SessionKeys, Slashing, Stake};

type SetKeys = pallet_session::Call<Runtime>;

/// Session keys, and the proof that whoever has them wants them for this account.
fn keys_for(account: &AccountId, seed: u8) -> (sr25519::Pair, SetKeys) {
	let babe = sr25519::Pair::from_seed(&[seed; 32]);
	let grandpa = ed25519::Pair::from_seed(&[seed; 32]);
	let keys = SessionKeys { babe: babe.public().into(), grandpa: grandpa.public().into() };
	let statement = [&b"POP_"[..], &account.encode()].concat();
	let proof = (babe.sign(&statement), grandpa.sign(&statement)).encode();
	(babe, SetKeys::set_keys { keys, proof })
}

#[test]
fn nobody_sets_the_session_keys_of_another() {
	let mut chain = network(2);
	let [author, thief] = [MINERS[0].hot, MINERS[1].hot];
	let (_, call) = keys_for(&author.to_account_id(), 1);
	chain.succeed(author, call.clone());
	let is_refused = |chain: &mut Chain, case: &str, call: SetKeys| {
		let attempt = chain.attempt(thief, call);
		attempt.is_error(case, pallet_session::Error::<Runtime>::InvalidProof);
		figures(case, 0, attempt.fee());
	};
	// The proof names the account that it was made for, whoever copies it.
	is_refused(&mut chain, "an author's keys with its own proof", call.clone());
	let SetKeys::set_keys { keys, proof } = call else { unreachable!() };
	// Nor does a proof of other keys serve, or one of a half of them.
	let (_, SetKeys::set_keys { keys: mine, proof: of_mine }) = keys_for(&thief.to_account_id(), 2)
	else {
		unreachable!()
	};
	let stolen = SetKeys::set_keys { keys: keys.clone(), proof: of_mine.clone() };
	is_refused(&mut chain, "an author's keys with a proof of others", stolen);
	let half = SessionKeys { babe: keys.babe.clone(), grandpa: mine.grandpa.clone() };
	let call = SetKeys::set_keys { keys: half, proof: of_mine.clone() };
	is_refused(&mut chain, "an author's BABE key beside an own GRANDPA key", call);
	for length in [0, 1, of_mine.len() - 1] {
		let (keys, proof) = (mine.clone(), of_mine[..length].to_vec());
		let call = SetKeys::set_keys { keys, proof };
		is_refused(&mut chain, &format!("{length} bytes of a proof"), call);
	}
	// Whoever has the keys may prove them for two accounts, but they are one author's.
	let (_, twice) = keys_for(&thief.to_account_id(), 1);
	let duplicate = pallet_session::Error::<Runtime>::DuplicatedKey;
	chain.attempt(thief, twice.clone()).is_error("one's own keys for a second account", duplicate);
	// Keys that were given up are free again for who has them, and the old proof for nobody else.
	chain.succeed(author, SetKeys::purge_keys {});
	is_refused(&mut chain, "a proof of keys that were given up", SetKeys::set_keys { keys, proof });
	chain.succeed(thief, twice);
	chain.next_block();
}

/// Lets a miner with this bond become an author beside Alice.
fn seat(chain: &mut Chain, miner: &Miner, bond: Balance) -> Seat<AccountId> {
	let more = bond - chain.read(|| Stake::positions(&miner.cold.to_account_id()).bond.unwrap().1);
	chain.succeed(miner.cold, pallet_stake::Call::bond_extra { amount: more });
	let account = miner.hot.to_account_id();
	let (babe, set_keys) = keys_for(&account, 1);
	chain.add_author(babe);
	chain.succeed(miner.hot, set_keys);
	let next = Timing::FAST.epoch_of(chain.number()) + 1;
	to_epoch(chain, next);
	participate(chain, miner.id);
	chain.succeed(miner.hot, pallet_gate::Call::join {});
	// It is chosen at the end of this session for the one after the next.
	to_epoch(chain, next + 2);
	let seat = Seat { account, validator: Some(miner.id) };
	assert!(chain.read(Gate::authorities).current.contains(&seat));
	seat
}

/// Reports an equivocation of a seat in the current session by the SDK's way, by nobody.
fn equivocate(chain: &mut Chain, seat: &Seat<AccountId>) {
	// BABE takes no block whose author it puts out.
	while chain.read(pallet_authorship::Pallet::<Runtime>::author).as_ref() == Some(&seat.account) {
		chain.next_block();
	}
	chain.read(|| {
		let session = Session::current_index();
		let details = OffenceDetails {
			offender: (seat.account.clone(), seat.validator),
			reporters: Vec::new(),
		};
		<Slashing as OnOffenceHandler<AccountId, Authority<Runtime>, _>>::on_offence(
			&[details],
			&[Perbill::one()],
			session,
		);
	});
}

#[test]
fn an_author_whose_bond_left_equivocates_for_no_less() {
	let mut chain = network(1);
	let miner = MINERS[0];
	let bond = 10 * Deposits::FAST.gate_bond;
	let seat = seat(&mut chain, &miner, bond);
	// In an epoch's last block all but the least unbonds. Nobody else is a candidate, so the seat stays:
	// it fills the set, epochs after its bond left.
	let epoch = Timing::FAST.epoch_of(chain.number());
	chain.advance_to(Timing::FAST.epoch_end(epoch) - 1);
	let amount = bond - Deposits::FAST.node;
	chain.succeed(miner.cold, pallet_stake::Call::unbond_bond { amount });
	assert!(chain.read(Gate::authorities).candidates.is_empty());
	to_epoch(&mut chain, epoch + 4);
	let seats = chain.read(Gate::authorities).current;
	assert!(seats.contains(&seat), "it still authors blocks: {seats:?}");
	let at_stake = |chain: &mut Chain| {
		let positions = chain.read(|| Stake::positions(&miner.cold.to_account_id()));
		let unbonding: Balance = positions.unbonding.iter().map(|row| row.amount).sum();
		positions.bond.unwrap().1 + unbonding
	};
	assert_eq!(at_stake(&mut chain), bond);
	equivocate(&mut chain, &seat);
	// A tenth of the bond that it once had, and not of the hundredth of a woppal that it left there.
	let slashed = bond - at_stake(&mut chain);
	assert_eq!(slashed, bond / 10);
	figures("equivocating after the bond left", 0, slashed);
	// It is out, and nothing that it does now brings its seat back.
	let expelled = pallet_gate::Error::<Runtime>::Expelled;
	chain.attempt(miner.hot, pallet_gate::Call::join {}).is_error("back at once", expelled);
	chain.next_block();
}
