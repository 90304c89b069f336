//! The kinds of calls: each is made so that it often succeeds, and often comes too late or too early.

use super::{others, others::MULTISIGS, Plan, World, POOR, RICH, ROTATING};
use codec::Encode;
use pallet_stake::StakeAmount;
use pallet_validators::{Validator, ValidatorOf};
use sp_core::{ed25519, sr25519, Pair};
use sp_runtime::MultiAddress;
use woppal_protocol::{
	identity::Role,
	research::{blind, Config},
	stake::PoolId,
	ExperimentId, ValidatorId, H256, ROOT_SUBNET, WOPPAL,
};
use woppal_runtime::{
	AccountId, Balances, Emission, Research, Runtime, RuntimeCall, SessionKeys, System,
};

/// Makes a call and says who signs it; `None` if there is nothing to make it from.
pub(super) type Draw = fn(&mut World) -> Option<(usize, RuntimeCall)>;

/// Every kind of call with its frequency.
pub(super) const KINDS: &[(&str, usize, Draw)] = &[
	("register", 3, register),
	("rotate_hot_key", 2, rotate_hot_key),
	("announce_cold_rotation", 1, announce_cold_rotation),
	("execute_cold_rotation", 2, execute_cold_rotation),
	("cancel_cold_rotation", 1, cancel_cold_rotation),
	("set_recovery", 1, set_recovery),
	("invite_delegate", 3, invite_delegate),
	("clear_delegate", 1, clear_delegate),
	("accept_delegation", 4, accept_delegation),
	("resign_delegation", 1, resign_delegation),
	("set_destination", 2, set_destination),
	("set_commission", 4, set_commission),
	("register_node", 4, register_node),
	("update_node", 2, update_node),
	("deregister_node", 2, deregister_node),
	("set_metadata", 2, set_metadata),
	("clear_metadata", 1, clear_metadata),
	("exit", 1, exit),
	("bond_extra", 6, bond_extra),
	("unbond_bond", 5, unbond_bond),
	("delegate", 14, delegate),
	("unbond", 10, unbond),
	("move_stake", 9, move_stake),
	("withdraw", 7, withdraw),
	("settle", 4, settle),
	("settle_position", 5, settle_position),
	("claim", 8, claim),
	("heartbeat", 4, heartbeat),
	("settle_absence", 4, settle_absence),
	("set_keys", 4, set_keys),
	("purge_keys", 1, purge_keys),
	("join", 5, join),
	("leave", 1, leave),
	("refresh", 2, refresh),
	("start", 5, start),
	("cancel", 1, cancel),
	("commit", 3, commit),
	("expire_start", 2, expire_start),
	("expire_experiment", 2, expire_experiment),
	("faucet", 2, faucet),
	("transfer_allow_death", 3, transfer_allow_death),
	("transfer_keep_alive", 2, transfer_keep_alive),
	("transfer_all", 2, transfer_all),
	("add_proxy", 4, others::add_proxy),
	("remove_proxy", 1, others::remove_proxy),
	("remove_proxies", 1, others::remove_proxies),
	("announce", 3, others::announce),
	("proxy_announced", 2, others::proxy_announced),
	("remove_announcement", 1, others::remove_announcement),
	("reject_announcement", 1, others::reject_announcement),
	("create_pure", 2, others::create_pure),
	("kill_pure", 1, others::kill_pure),
	("approve_as_multi", 1, others::approve_as_multi),
	("as_multi", 2, others::as_multi),
	("cancel_as_multi", 1, others::cancel_as_multi),
];

/// A role for the n-th node.
pub(super) fn role(n: usize) -> Role {
	pallet_validators::ROLES[n % pallet_validators::ROLES.len()]
}

impl World {
	/// One of the rich, or a multisig.
	pub(super) fn anybody(&mut self) -> usize {
		let n = self.rng.below(RICH + MULTISIGS);
		if n < RICH {
			n
		} else {
			n + POOR
		}
	}

	pub(super) fn account(&self, n: usize) -> AccountId {
		self.accounts[n].clone()
	}

	pub(super) fn index_of(&self, account: &AccountId) -> Option<usize> {
		self.by_account.get(account).copied()
	}

	pub(super) fn validator(&mut self) -> Option<(ValidatorId, ValidatorOf<Runtime>)> {
		self.rng.pick(&self.view.validators).cloned()
	}

	/// A validator and its cold key.
	fn cold(&mut self) -> Option<(ValidatorId, Validator<AccountId>, usize)> {
		let (id, record) = self.validator()?;
		let cold = self.index_of(&record.cold)?;
		Some((id, record, cold))
	}

	/// A validator and its hot key.
	fn hot(&mut self) -> Option<(ValidatorId, Validator<AccountId>, usize)> {
		let (id, record) = self.validator()?;
		let hot = self.index_of(&record.hot)?;
		Some((id, record, hot))
	}

	/// A pool of a validator, seldom the root subnet's or that of one that left.
	pub(super) fn pool(&mut self) -> Option<PoolId> {
		if self.rng.chance(5) {
			return Some(PoolId::Subnet(ROOT_SUBNET));
		}
		if self.rng.chance(5) {
			return self.rng.pick(&self.view.pools).copied();
		}
		Some(PoolId::Validator(self.validator()?.0))
	}

	/// Somebody's stake in a pool.
	fn position(&mut self) -> Option<(usize, PoolId)> {
		let (account, pool) = self.rng.pick(&self.view.positions).cloned()?;
		Some((self.index_of(&account)?, pool))
	}

	fn free(&mut self, who: usize) -> u128 {
		let account = self.account(who);
		self.chain.read(|| Balances::free_balance(account))
	}

	fn stake_amount(&mut self, most: u128) -> StakeAmount {
		match self.rng.below(4) {
			0 => StakeAmount::All,
			1 => StakeAmount::Shares(self.rng.amount(most * 1_000_000_000)),
			_ => StakeAmount::Plancks(self.rng.amount(most)),
		}
	}
}

fn register(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, hot) = (w.anybody(), w.anybody());
	let (hot_key, bond) = (w.account(hot), w.rng.amount(30 * WOPPAL));
	Some((who, pallet_validators::Call::register { hot_key, bond }.into()))
}

fn rotate_hot_key(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	let new = w.anybody();
	let new = w.account(new);
	Some((who, pallet_validators::Call::rotate_hot_key { new }.into()))
}

fn announce_cold_rotation(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	let new = w.anybody();
	let new = w.account(new);
	Some((who, pallet_validators::Call::announce_cold_rotation { new }.into()))
}

fn rotations(w: &mut World) -> Vec<(ValidatorId, pallet_validators::Rotation<AccountId>)> {
	w.chain.look(|| pallet_validators::Rotations::<Runtime>::iter().collect())
}

fn execute_cold_rotation(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let mut waiting = rotations(w);
	let now = w.chain.number();
	if waiting.iter().any(|(_, rotation)| rotation.executes_at <= now) {
		waiting.retain(|(_, rotation)| rotation.executes_at <= now);
	}
	let validator = w.rng.pick(&waiting)?.0;
	Some((w.anybody(), pallet_validators::Call::execute_cold_rotation { validator }.into()))
}

fn cancel_cold_rotation(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let mut waiting = rotations(w);
	waiting.retain(|(validator, _)| *validator != ROTATING);
	let validator = w.rng.pick(&waiting)?.0;
	let record = w.view.validators.iter().find(|(id, _)| *id == validator)?.1.clone();
	let recovery = record.recovery.map_or(record.cold, |recovery| recovery.account);
	let who = w.index_of(&recovery)?;
	Some((who, pallet_validators::Call::cancel_cold_rotation { validator }.into()))
}

fn set_recovery(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (validator, _, who) = w.cold()?;
	// A recovery account that binds would keep its validator from leaving.
	let account = w.anybody();
	let recovery = w.rng.chance(30).then(|| w.account(account));
	Some((who, pallet_validators::Call::set_recovery { validator, recovery }.into()))
}

fn invite_delegate(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	let (account, share_percent) = (w.anybody(), w.rng.below(96) as u8);
	let account = w.account(account);
	Some((who, pallet_validators::Call::invite_delegate { account, share_percent }.into()))
}

fn clear_delegate(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	Some((who, pallet_validators::Call::clear_delegate {}.into()))
}

fn accept_delegation(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let invited: Vec<_> = w
		.view
		.validators
		.iter()
		.filter_map(|(id, v)| v.invited.clone().map(|invited| (*id, invited)))
		.collect();
	let (validator, invited) = w.rng.pick(&invited).cloned()?;
	let (who, share_percent) = (w.index_of(&invited.account)?, invited.share_percent);
	Some((who, pallet_validators::Call::accept_delegation { validator, share_percent }.into()))
}

/// A validator and its delegate.
fn delegate_of(w: &mut World) -> Option<(ValidatorId, usize)> {
	let delegates: Vec<_> = w
		.view
		.validators
		.iter()
		.filter_map(|(id, v)| v.delegate.as_ref().map(|d| (*id, d.account.clone())))
		.collect();
	let (validator, account) = w.rng.pick(&delegates).cloned()?;
	Some((validator, w.index_of(&account)?))
}

fn resign_delegation(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (validator, who) = delegate_of(w)?;
	Some((who, pallet_validators::Call::resign_delegation { validator }.into()))
}

fn set_destination(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (validator, who) = delegate_of(w)?;
	// Some destinations don't exist and can't receive dust.
	let bytes = w.rng.bytes();
	let somebody = w.rng.below(RICH + POOR);
	let destination = if w.rng.chance(20) { bytes.into() } else { w.account(somebody) };
	Some((who, pallet_validators::Call::set_destination { validator, destination }.into()))
}

fn set_commission(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, record, who) = w.cold()?;
	let now = record.commission_percent;
	let percent = if w.rng.chance(70) { now + 1 } else { w.rng.below(usize::from(now) + 1) as u8 };
	Some((who, pallet_validators::Call::set_commission { percent }.into()))
}

fn register_node(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = if w.rng.chance(50) { w.hot()? } else { w.cold()? };
	let n = w.rng.below(6);
	Some((who, crate::work::node_call(role(n), w.rng.bytes()).into()))
}

/// A node and a key of its validator.
fn node(w: &mut World) -> Option<(woppal_protocol::identity::PeerId, usize)> {
	let (validator, peer_id) = w.rng.pick(&w.view.nodes).cloned()?;
	let record = w.view.validators.iter().find(|(id, _)| *id == validator)?.1.clone();
	let key = if w.rng.chance(50) { record.cold } else { record.hot };
	Some((peer_id, w.index_of(&key)?))
}

fn update_node(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (peer_id, who) = node(w)?;
	let call = pallet_validators::Call::update_node {
		subnet: ROOT_SUBNET,
		peer_id,
		multiaddrs: crate::work::multiaddrs(),
		capabilities: w.rng.next(),
	};
	Some((who, call.into()))
}

fn deregister_node(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (peer_id, who) = node(w)?;
	Some((who, pallet_validators::Call::deregister_node { subnet: ROOT_SUBNET, peer_id }.into()))
}

fn set_metadata(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	let name = vec![b'x'; w.rng.below(33)].try_into().unwrap();
	let metadata = pallet_validators::Metadata { name, ..Default::default() };
	Some((who, pallet_validators::Call::set_metadata { metadata }.into()))
}

fn clear_metadata(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	Some((who, pallet_validators::Call::clear_metadata {}.into()))
}

fn exit(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let mut ready = w.view.validators.clone();
	ready.retain(|(id, v)| v.nodes.is_empty() && v.open_experiments == 0 && *id != ROTATING);
	let record = w.rng.pick(&ready)?.1.clone();
	Some((w.index_of(&record.cold)?, pallet_validators::Call::exit {}.into()))
}

fn bond_extra(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	let amount = w.rng.amount(15 * WOPPAL);
	Some((who, pallet_stake::Call::bond_extra { amount }.into()))
}

fn unbond_bond(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.cold()?;
	let amount = w.rng.amount(5 * WOPPAL);
	Some((who, pallet_stake::Call::unbond_bond { amount }.into()))
}

fn delegate(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, pool) = (w.anybody(), w.pool()?);
	let amount = w.rng.amount(40 * WOPPAL);
	Some((who, pallet_stake::Call::delegate { pool, amount }.into()))
}

fn unbond(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, pool) = w.position()?;
	let amount = w.stake_amount(20 * WOPPAL);
	Some((who, pallet_stake::Call::unbond { pool, amount }.into()))
}

fn move_stake(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let ((who, from), to) = (w.position()?, w.pool()?);
	let amount = w.stake_amount(20 * WOPPAL);
	let min_received = if w.rng.chance(80) { 0 } else { w.rng.amount(20 * WOPPAL) };
	Some((who, pallet_stake::Call::move_stake { from, to, amount, min_received }.into()))
}

fn withdraw(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let account = w.rng.pick(&w.view.ledgers).cloned()?;
	Some((w.index_of(&account)?, pallet_stake::Call::withdraw {}.into()))
}

fn settle(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let pool = w.rng.pick(&w.view.pools).copied()?;
	let max = 1 + w.rng.below(20) as u32;
	Some((w.anybody(), pallet_stake::Call::settle { pool, max }.into()))
}

fn settle_position(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (account, pool) = w.rng.pick(&w.view.positions).cloned()?;
	Some((w.anybody(), pallet_stake::Call::settle_position { account, pool }.into()))
}

fn claim(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (validator, _) = w.validator()?;
	let now = w.chain.read(Emission::current_epoch);
	let count = 1 + w.rng.below(16) as u32;
	let first_epoch = now.saturating_sub(count + w.rng.below(3) as u32);
	Some((w.anybody(), pallet_emission::Call::claim { validator, first_epoch, count }.into()))
}

fn heartbeat(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.hot()?;
	Some((who, crate::work::heartbeat().into()))
}

fn settle_absence(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (validator, _) = w.validator()?;
	Some((w.anybody(), pallet_presence::Call::settle_absence { validator }.into()))
}

/// Session keys of an account, with the proof that it has them.
fn set_keys(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, _, who) = w.hot()?;
	let (babe, grandpa) =
		(sr25519::Pair::from_seed(&w.rng.bytes()), ed25519::Pair::from_seed(&w.rng.bytes()));
	let keys = SessionKeys { babe: babe.public().into(), grandpa: grandpa.public().into() };
	let statement = [&b"POP_"[..], &w.account(who).encode()].concat();
	let proof = (babe.sign(&statement), grandpa.sign(&statement)).encode();
	w.chain.add_author(babe);
	Some((who, pallet_session::Call::set_keys { keys, proof }.into()))
}

fn purge_keys(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let account = w.rng.pick(&w.view.with_keys).cloned()?;
	Some((w.index_of(&account)?, pallet_session::Call::purge_keys {}.into()))
}

fn join(w: &mut World) -> Option<(usize, RuntimeCall)> {
	// Those with session keys come first.
	let account = w.rng.pick(&w.view.with_keys).cloned();
	let who = account.and_then(|account| w.index_of(&account)).or(w.hot().map(|hot| hot.2))?;
	Some((who, pallet_gate::Call::join {}.into()))
}

fn leave(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (_, account) = w.rng.pick(&w.view.candidates).cloned()?;
	Some((w.index_of(&account)?, pallet_gate::Call::leave {}.into()))
}

fn refresh(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let validator = match w.rng.pick(&w.view.candidates).cloned() {
		Some((validator, _)) => validator,
		None => w.validator()?.0,
	};
	Some((w.anybody(), pallet_gate::Call::refresh { validator }.into()))
}

/// The config of an experiment: another one for each.
fn config(nonce: u32) -> Config {
	let digit = |place: u32| (nonce / 100u32.pow(place) % 100).cast_signed();
	let mut values = vec![0; crate::work::CONFIG_KEYS];
	(0..4).for_each(|place| values[place as usize] = digit(place));
	values.try_into().unwrap()
}

fn blinded(w: &mut World, plan: &Plan) -> H256 {
	let genesis = w.chain.read(|| System::block_hash(0));
	let config = config(plan.nonce);
	blind(&genesis, plan.validator, crate::work::PROJECT, &config, &H256::zero())
}

fn start(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (validator, _, who) = w.hot()?;
	w.nonce += 1;
	let plan = Plan { validator, who, nonce: w.nonce };
	let blinded = blinded(w, &plan);
	w.plans.push(plan);
	let project = crate::work::PROJECT;
	Some((who, pallet_agent_commit::Call::start { project, blinded }.into()))
}

/// Takes a plan out of the last ones; the older ones expire.
fn plan(w: &mut World) -> Option<Plan> {
	let last = w.plans.len().min(8);
	let back = 1 + w.rng.below(last.max(1));
	(last > 0).then(|| w.plans.remove(w.plans.len() - back))
}

fn cancel(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let plan = plan(w)?;
	let blinded = blinded(w, &plan);
	Some((plan.who, pallet_agent_commit::Call::cancel { blinded }.into()))
}

fn commit(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let plan = plan(w)?;
	let artifact: Vec<u8> = (0..5).flat_map(|word| (plan.nonce + word).to_le_bytes()).collect();
	let call = pallet_agent_commit::Call::commit {
		project: crate::work::PROJECT,
		config: config(plan.nonce),
		salt: H256::zero(),
		artifact: artifact.try_into().unwrap(),
		edges: Default::default(),
	};
	Some((plan.who, call.into()))
}

fn expire_start(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let now = w.chain.number();
	let mut starts: Vec<(ValidatorId, H256, u32)> = w.chain.look(|| {
		pallet_research::Starts::<Runtime>::iter()
			.map(|(validator, blinded, start)| (validator, blinded, start.commit_until))
			.collect()
	});
	if starts.iter().any(|start| start.2 < now) {
		starts.retain(|start| start.2 < now);
	}
	let (validator, blinded, _) = w.rng.pick(&starts).copied()?;
	Some((w.anybody(), pallet_research::Call::expire_start { validator, blinded }.into()))
}

fn expire_experiment(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let ids: Vec<ValidatorId> = w.view.validators.iter().map(|(id, _)| *id).collect();
	let now = w.chain.number();
	let mut open: Vec<(ExperimentId, bool)> = w.chain.look(|| {
		let of = |id: ExperimentId| {
			let until = Research::experiment(&id).and_then(|info| info.prove_until);
			(id, until.is_some_and(|until| until < now))
		};
		ids.into_iter().flat_map(Research::open_experiments).map(of).collect()
	});
	if open.iter().any(|(_, due)| *due) {
		open.retain(|(_, due)| *due);
	}
	let experiment = w.rng.pick(&open)?.0;
	Some((w.anybody(), pallet_research::Call::expire_experiment { experiment }.into()))
}

/// One of those that live from the faucet.
fn poor(w: &mut World) -> usize {
	RICH + w.rng.below(POOR)
}

fn faucet(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let dest = poor(w);
	let dest = w.account(dest);
	Some((w.anybody(), pallet_network::Call::faucet { dest }.into()))
}

fn transfer_allow_death(w: &mut World) -> Option<(usize, RuntimeCall)> {
	// A poor one leaves dust behind.
	let who = poor(w);
	let (dest, free) = (w.anybody(), w.free(who));
	let (dest, value) = (w.account(dest), free.saturating_sub(WOPPAL / 500));
	let dest = MultiAddress::Id(dest);
	Some((who, pallet_balances::Call::transfer_allow_death { dest, value }.into()))
}

fn transfer_keep_alive(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, dest) = (w.anybody(), w.rng.below(RICH + POOR));
	let (dest, value) = (MultiAddress::Id(w.account(dest)), w.rng.amount(10 * WOPPAL));
	Some((who, pallet_balances::Call::transfer_keep_alive { dest, value }.into()))
}

fn transfer_all(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, dest, keep_alive) = (poor(w), w.anybody(), w.rng.chance(50));
	let dest = MultiAddress::Id(w.account(dest));
	Some((who, pallet_balances::Call::transfer_all { dest, keep_alive }.into()))
}
