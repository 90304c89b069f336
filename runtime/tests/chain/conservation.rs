//! Thousands of random extrinsics across all pallets of the economy, and books that stay true.
//!
//! Eighty accounts register, bond, delegate, move, unbond, withdraw, claim, rotate keys, join the gate, start
//! experiments and leave them unproven, for as many epochs as the slowest of it takes: a rotation of a cold
//! key waits 42. Real proofs would take too long, so participation and boosts are noted through the ledger's
//! trait, and offences are reported through theirs; everything else is a signed extrinsic that pays its fee.
//!
//! After every block the invariants of all pallets are checked, after every epoch the books of
//! [`books`]. Each kind of call must have succeeded; what is absurd must fail and change nothing.
//! `WOPPAL_SEED` repeats a run.

mod absurd;
mod books;
mod calls;

use crate::chain::{genesis_json, Chain};
use calls::{Draw, KINDS};
use pallet_slashing::Authority;
use serde_json::json;
use sp_core::{sr25519, Pair};
use sp_keyring::Sr25519Keyring::Alice;
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
use std::{
	collections::BTreeMap,
	hash::{BuildHasher, RandomState},
};
use woppal_protocol::{
	identity::Offence,
	research::BoostCause,
	stake::PoolId,
	time::Timing,
	traits::{Offences, WorkLedger},
	ValidatorId, WOPPAL,
};
use woppal_runtime::{AccountId, Emission, Gate, Runtime, RuntimeCall, Session, Slashing, System};

/// Accounts with tokens.
const RICH: usize = 75;
/// Accounts that live from the faucet.
const POOR: usize = 5;
/// Plancks with which the rich ones start.
const ENDOWMENT: u128 = 2_000 * WOPPAL;
/// Epochs: more than the 42 of a rotation of a cold key and the 28 of a bond that unbonds.
const EPOCHS: u32 = 46;
/// Random extrinsics in a pulse.
const PER_PULSE: usize = 18;
/// Every so many absurd calls all of storage is compared.
const COMPARED: u32 = 4;
/// Extrinsics at least.
const LEAST: u32 = 10_000;
/// The validator whose rotation of the cold key is left alone.
const ROTATING: ValidatorId = 0;

/// SplitMix64.
pub(super) struct Rng(u64);

impl Rng {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// A number below `n`, which is not 0.
	pub(super) fn below(&mut self, n: usize) -> usize {
		usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
	}

	/// True in so many of a hundred cases.
	pub(super) fn chance(&mut self, percent: usize) -> bool {
		self.below(100) < percent
	}

	/// One of these, if there is any.
	pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
		(!from.is_empty()).then(|| &from[self.below(from.len())])
	}

	/// Plancks of any order of magnitude, at most `most`.
	pub(super) fn amount(&mut self, most: u128) -> u128 {
		let shift = self.below(40);
		let bits = u128::from(self.next()) << 64 | u128::from(self.next());
		(bits % most.max(1)) >> if self.chance(60) { 0 } else { shift }
	}

	/// Any bytes.
	pub(super) fn bytes(&mut self) -> [u8; 32] {
		let mut bytes = [0; 32];
		bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()));
		bytes
	}
}

/// A start that can be committed or cancelled.
#[derive(Clone)]
pub(super) struct Plan {
	validator: ValidatorId,
	who: usize,
	nonce: u32,
}

/// What of the state the calls are made from. As old as the block's opening, so that some come too late.
#[derive(Default)]
pub(super) struct View {
	validators: Vec<(ValidatorId, pallet_validators::Validator<AccountId>)>,
	nodes: Vec<(ValidatorId, woppal_protocol::identity::PeerId)>,
	pools: Vec<PoolId>,
	positions: Vec<(AccountId, PoolId)>,
	ledgers: Vec<AccountId>,
	with_keys: Vec<AccountId>,
	candidates: Vec<(ValidatorId, AccountId)>,
}

impl View {
	fn of(chain: &mut Chain) -> Self {
		chain.read(|| Self {
			validators: pallet_validators::Validators::<Runtime>::iter().collect(),
			nodes: pallet_validators::Nodes::<Runtime>::iter_keys()
				.map(|(validator, _, peer_id)| (validator, peer_id))
				.collect(),
			pools: pallet_stake::Pools::<Runtime>::iter_keys().collect(),
			positions: pallet_stake::Positions::<Runtime>::iter_keys().collect(),
			ledgers: pallet_stake::Ledgers::<Runtime>::iter_keys().collect(),
			with_keys: pallet_session::NextKeys::<Runtime>::iter_keys().collect(),
			candidates: pallet_gate::Candidates::<Runtime>::get()
				.iter()
				.map(|c| (c.validator, c.account.clone()))
				.collect(),
		})
	}
}

/// The chain, who acts on it, and what came of it.
pub(super) struct World {
	chain: Chain,
	rng: Rng,
	actors: Vec<sr25519::Pair>,
	by_account: BTreeMap<AccountId, usize>,
	view: View,
	plans: Vec<Plan>,
	nonce: u32,
	/// Successes and failures by kind.
	results: BTreeMap<&'static str, (u32, u32)>,
	absurd: u32,
}

fn actor(n: usize) -> sr25519::Pair {
	let seed = sp_io::hashing::blake2_256(format!("actor {n}").as_bytes());
	sr25519::Pair::from_seed(&seed)
}

pub(super) fn account_of(pair: &sr25519::Pair) -> AccountId {
	pair.public().0.into()
}

impl World {
	fn new(seed: u64) -> Self {
		let actors: Vec<_> = (0..RICH + POOR).map(actor).collect();
		let mut json = genesis_json(json!({}));
		let balances = json["balances"]["balances"].as_array_mut().unwrap();
		for pair in &actors[..RICH] {
			let entry = (account_of(pair), u64::try_from(ENDOWMENT).unwrap());
			balances.push(serde_json::to_value(entry).unwrap());
		}
		let mut chain = Chain::with_patch(json);
		crate::work::register_project(&mut chain, Some(account_of(&actors[1])));
		let by_account = (0..).zip(&actors).map(|(n, pair)| (account_of(pair), n)).collect();
		Self {
			chain,
			rng: Rng(seed),
			actors,
			by_account,
			view: View::default(),
			plans: Vec::new(),
			nonce: 0,
			results: BTreeMap::new(),
			absurd: 0,
		}
	}

	/// Applies a call. `None`: its signer could not pay for it, or its nonce or length was wrong.
	fn apply(&mut self, kind: &'static str, who: usize, call: RuntimeCall) -> Option<bool> {
		let pair = self.actors[who].clone();
		let result = self.chain.try_submit(&pair, call).ok()?;
		let count = self.results.entry(kind).or_default();
		match result {
			Ok(()) => count.0 += 1,
			Err(_) => count.1 += 1,
		}
		Some(result.is_ok())
	}

	/// Validators with a node and a bond, one of which rotates its cold key at once.
	fn populate(&mut self) {
		for n in 0..25 {
			let (cold, hot) = (2 * n, 2 * n + 1);
			let bond = if n % 2 == 0 { 20 * WOPPAL } else { WOPPAL };
			let hot_key = account_of(&self.actors[hot]);
			let call = pallet_validators::Call::register { hot_key, bond };
			assert_eq!(self.apply("register", cold, call.into()), Some(true));
			let call = crate::work::node_call(calls::role(n), self.rng.bytes());
			assert_eq!(self.apply("register_node", hot, call.into()), Some(true));
			if n % 10 == 9 {
				self.chain.next_block();
			}
		}
		// To an account that has no part in the rest: nobody makes it a key or a delegate meanwhile.
		let new = Alice.to_account_id();
		let call = pallet_validators::Call::announce_cold_rotation { new };
		assert_eq!(self.apply("announce_cold_rotation", 0, call.into()), Some(true));
		self.chain.next_block();
	}

	/// What proofs and evidence would bring: participation, boosts, offences.
	fn intervene(&mut self) {
		let next = self.chain.read(pallet_validators::NextValidatorId::<Runtime>::get);
		let ids: Vec<ValidatorId> = self.view.validators.iter().map(|(id, _)| *id).collect();
		for id in ids {
			if self.rng.chance(12) {
				self.chain.read(|| <Emission as WorkLedger>::note_participation(id));
			}
			if self.rng.chance(4) {
				let cause = BoostCause::NetworkBest;
				self.chain.read(|| <Emission as WorkLedger>::note_boost(id, cause, cause.milli()));
			}
		}
		if self.rng.chance(15) {
			let offender = ValidatorId::try_from(self.rng.below(next as usize)).unwrap();
			let offence = match self.rng.below(4) {
				0 => Offence::FabricatedExperiment,
				1 => Offence::FailedProposal,
				2 => Offence::Inactivity(1 + self.rng.below(40) as u32),
				_ => Offence::Equivocation,
			};
			let reporter = self.rng.chance(60).then(|| self.rng.below(RICH + POOR));
			let reporter = reporter.map(|n| account_of(&self.actors[n]));
			self.chain.read(|| Slashing::report(offender, offence, reporter.as_ref()));
			self.results.entry("an offence").or_default().0 += 1;
		}
		if self.rng.chance(3) {
			self.equivocate();
		}
	}

	/// An author of the current set other than Alice and the open block's equivocates.
	fn equivocate(&mut self) {
		let seats = self.chain.read(|| pallet_gate::CurrentSet::<Runtime>::get().into_inner());
		// BABE takes no block whose author it puts out.
		let author = self.chain.read(pallet_authorship::Pallet::<Runtime>::author);
		let seats: Vec<_> = seats
			.into_iter()
			.filter(|seat| seat.validator.is_some() && Some(&seat.account) != author.as_ref())
			.collect();
		let Some(seat) = self.rng.pick(&seats).cloned() else { return };
		let reporters = vec![account_of(&self.actors[self.rng.below(RICH)])];
		self.chain.read(|| {
			let session = Session::current_index();
			let offender = (seat.account, seat.validator);
			<Slashing as OnOffenceHandler<AccountId, Authority<Runtime>, _>>::on_offence(
				&[OffenceDetails { offender, reporters }],
				&[Perbill::one()],
				session,
			);
		});
		self.results.entry("an equivocation").or_default().0 += 1;
	}

	/// One pulse: a busy block, and quiet ones.
	fn pulse(&mut self, weights: &[usize]) {
		self.view = View::of(&mut self.chain);
		self.intervene();
		self.answer_pulse();
		for _ in 0..PER_PULSE {
			if self.rng.chance(8) {
				self.absurd();
				continue;
			}
			let (kind, _, draw): (&'static str, usize, Draw) =
				KINDS[self.rng.pick(weights).copied().unwrap()];
			if let Some((who, call)) = draw(self) {
				self.apply(kind, who, call);
			}
		}
		let next = (Timing::FAST.pulse_of(self.chain.number()) + 1) * Timing::FAST.pulse;
		self.chain.advance_to(next);
	}

	/// A part of the validators is always there, others sometimes.
	fn answer_pulse(&mut self) {
		let hot: Vec<_> = self.view.validators.iter().map(|(id, v)| (*id, v.hot.clone())).collect();
		for (id, key) in hot {
			let Some(who) = self.by_account.get(&key).copied() else { continue };
			if id % 4 == 1 || self.rng.chance(3) {
				self.apply("heartbeat", who, crate::work::heartbeat().into());
			}
		}
	}

	fn check(&mut self) {
		let books = self.chain.read(books::Books::of);
		books.check();
	}
}

fn seed() -> u64 {
	match std::env::var("WOPPAL_SEED") {
		Ok(text) => text.parse().expect("WOPPAL_SEED is a number"),
		Err(_) => RandomState::new().hash_one("seed"),
	}
}

#[test]
fn no_history_creates_or_loses_tokens() {
	let seed = seed();
	println!("WOPPAL_SEED={seed}");
	let mut world = World::new(seed);
	let weights: Vec<usize> =
		(0..).zip(KINDS).flat_map(|(n, (_, weight, _))| std::iter::repeat_n(n, *weight)).collect();
	world.populate();
	let mut epoch = 0;
	while epoch < EPOCHS {
		world.pulse(&weights);
		let now = Timing::FAST.epoch_of(world.chain.number());
		if now > epoch {
			epoch = now;
			world.check();
		}
	}
	let extrinsics = KINDS.iter().filter_map(|(kind, ..)| world.results.get(kind));
	let (good, bad) = extrinsics.fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
	println!("{good} succeeded, {bad} failed, {} absurd; {:#?}", world.absurd, world.results);
	let (blocks, set) = world.chain.read(|| (System::block_number(), Gate::authorities().current));
	println!("{blocks} blocks, {} authorities at the end", set.len());
	assert!(good + bad + world.absurd >= LEAST, "too few extrinsics");
	assert!(good * 4 >= good + bad, "too many failed");
	let interventions = ["an offence", "an equivocation"];
	for kind in KINDS.iter().map(|(kind, ..)| kind).chain(&interventions) {
		let done = world.results.get(kind).is_some_and(|(good, _)| *good > 0);
		assert!(done, "{kind} never succeeded (WOPPAL_SEED={seed})");
	}
}
