//! Thousands of random extrinsics across all pallets of the economy, and books that stay true.
//!
//! Eighty accounts and five multisigs register, bond, delegate, move, unbond, withdraw, claim, rotate keys, join
//! the gate, start experiments and leave them unproven, by themselves and through proxies, for as many epochs
//! as the slowest of it takes: a rotation of a cold key waits 42. Real proofs would take too long, so
//! participation and boosts are noted through the ledger's trait, and offences are reported through theirs;
//! everything else is a signed extrinsic that pays its fee.
//!
//! After every block the invariants of all pallets are checked, after every epoch the books of
//! [`books`]. Each kind of call must have succeeded; what is absurd must fail and change nothing.
//! `WOPPAL_SEED` repeats a run.

mod absurd;
mod books;
mod calls;
mod others;
mod rng;
mod view;

use crate::chain::{genesis_json, Chain};
use calls::{Draw, KINDS};
use others::{Pures, MULTISIGS};
use pallet_slashing::Authority;
pub(crate) use rng::Rng;
use serde_json::json;
use sp_core::{sr25519, Pair};
use sp_keyring::Sr25519Keyring::Alice;
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
use std::{
	collections::BTreeMap,
	hash::{BuildHasher, RandomState},
};
use view::View;
use woppal_protocol::{
	identity::Offence,
	research::BoostCause,
	time::Timing,
	traits::{Offences, WorkLedger},
	ValidatorId, WOPPAL,
};
use woppal_runtime::{AccountId, Emission, Gate, Runtime, RuntimeCall, Session, Slashing, System};

/// Accounts with tokens.
const RICH: usize = 75;
/// Accounts that live from the faucet.
const POOR: usize = 5;
/// Plancks with which the rich ones and the multisigs start.
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

/// A start that can be committed or cancelled.
#[derive(Clone)]
pub(super) struct Plan {
	validator: ValidatorId,
	who: usize,
	nonce: u32,
}

/// The chain, who acts on it, and what came of it.
pub(super) struct World {
	chain: Chain,
	rng: Rng,
	/// Those that sign: the rich, then the poor.
	actors: Vec<sr25519::Pair>,
	/// The accounts of these, then those of the multisigs.
	accounts: Vec<AccountId>,
	by_account: BTreeMap<AccountId, usize>,
	view: View,
	plans: Vec<Plan>,
	nonce: u32,
	/// Calls of multisigs that not enough agreed to yet.
	agreed: Vec<others::Agreement>,
	/// Calls that proxies announced.
	announced: Vec<others::Announced>,
	pures: Pures,
	/// Extrinsics in blocks.
	extrinsics: u32,
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
		let mut accounts: Vec<_> = actors.iter().map(account_of).collect();
		let multisigs: Vec<_> = (0..MULTISIGS).map(|n| others::multisig(n, &accounts)).collect();
		accounts.extend(multisigs);
		let mut json = genesis_json(json!({}));
		let balances = json["balances"]["balances"].as_array_mut().unwrap();
		for account in accounts[..RICH].iter().chain(&accounts[RICH + POOR..]) {
			let entry = (account, u64::try_from(ENDOWMENT).unwrap());
			balances.push(serde_json::to_value(entry).unwrap());
		}
		let mut chain = Chain::with_patch(json);
		crate::work::register_project(&mut chain, Some(account_of(&actors[1])));
		let by_account = (0..).zip(&accounts).map(|(n, account)| (account.clone(), n)).collect();
		Self {
			chain,
			rng: Rng(seed),
			actors,
			accounts,
			by_account,
			view: View::default(),
			plans: Vec::new(),
			nonce: 0,
			agreed: Vec::new(),
			announced: Vec::new(),
			pures: Pures::new(),
			extrinsics: 0,
			results: BTreeMap::new(),
			absurd: 0,
		}
	}

	/// Makes a call and counts what came of it, whoever made it for whom. `None`: a signer could not pay for
	/// it, its nonce or length was wrong, or it waits for another signer.
	fn apply(&mut self, kind: &'static str, who: usize, call: RuntimeCall) -> Option<bool> {
		let good = self.make(who, call)?;
		self.count(kind, good);
		Some(good)
	}

	/// Makes a call: of a multisig as those who own it agree, of others themselves or by a proxy.
	fn make(&mut self, who: usize, call: RuntimeCall) -> Option<bool> {
		if who >= self.actors.len() {
			return self.agree(who, call);
		}
		if self.rng.chance(others::BY_PROXY) {
			if let Some(proxy) = self.proxy_of(who) {
				return self.by_proxy(proxy, who, call);
			}
		}
		let wraps = matches!(call, RuntimeCall::Proxy(_) | RuntimeCall::Multisig(_));
		Some(self.sign(who, call)? && (!wraps || self.executed() != Some(false)))
	}

	/// Signs a call and applies it. `None` as in [`World::apply`].
	fn sign(&mut self, who: usize, call: RuntimeCall) -> Option<bool> {
		let pair = self.actors[who].clone();
		let result = self.chain.try_submit(&pair, call).ok()?;
		self.extrinsics += 1;
		Some(result.is_ok())
	}

	/// Counts what came of a call.
	fn count(&mut self, kind: &'static str, good: bool) {
		let count = self.results.entry(kind).or_default();
		*if good { &mut count.0 } else { &mut count.1 } += 1;
	}

	/// Validators with a node and a bond, one of which rotates its cold key at once.
	fn populate(&mut self) {
		for n in 0..25 {
			let (cold, hot) = (2 * n, 2 * n + 1);
			let bond = if n % 2 == 0 { 20 * WOPPAL } else { WOPPAL };
			let hot_key = self.account(hot);
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
			let reporter = reporter.map(|n| self.account(n));
			self.chain.read(|| Slashing::report(offender, offence, reporter.as_ref()));
			self.count("an offence", true);
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
		let reporter = self.rng.below(RICH);
		let reporters = vec![self.account(reporter)];
		self.chain.read(|| {
			let session = Session::current_index();
			let offender = (seat.account, seat.validator);
			<Slashing as OnOffenceHandler<AccountId, Authority<Runtime>, _>>::on_offence(
				&[OffenceDetails { offender, reporters }],
				&[Perbill::one()],
				session,
			);
		});
		self.count("an equivocation", true);
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
		let spawners = others::spawners(&self.pures);
		let books = self.chain.read(|| books::Books::of(&spawners));
		books.check();
	}
}

/// The seed of a run: `WOPPAL_SEED`, or any.
pub(crate) fn random_seed() -> u64 {
	match std::env::var("WOPPAL_SEED") {
		Ok(text) => text.parse().expect("WOPPAL_SEED is a number"),
		Err(_) => RandomState::new().hash_one("seed"),
	}
}

#[test]
fn no_history_creates_or_loses_tokens() {
	let seed = random_seed();
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
	let (good, bad) = world.results.values().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
	let (extrinsics, absurd) = (world.extrinsics, world.absurd);
	println!("{extrinsics} extrinsics; {good} calls succeeded, {bad} failed, {absurd} absurd");
	println!("{:#?}", world.results);
	let (blocks, set) = world.chain.read(|| (System::block_number(), Gate::authorities().current));
	println!("{blocks} blocks, {} authorities at the end", set.len());
	assert!(extrinsics + absurd >= LEAST, "too few extrinsics");
	assert!(good * 4 >= good + bad, "too many failed");
	let others = ["an offence", "an equivocation", "by a proxy", "by a multisig"];
	for kind in KINDS.iter().map(|(kind, ..)| kind).chain(&others) {
		let done = world.results.get(kind).is_some_and(|(good, _)| *good > 0);
		assert!(done, "{kind} never succeeded (WOPPAL_SEED={seed})");
	}
}
