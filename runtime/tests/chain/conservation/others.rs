//! Calls that are made for others: by proxies, at once or announced, and by multisigs.

use super::{view::Proxy, World, RICH};
use codec::Encode;
use frame_support::{dispatch::GetDispatchInfo, weights::Weight};
use pallet_multisig::Timepoint;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	MultiAddress,
};
use std::collections::BTreeMap;
use woppal_protocol::WOPPAL;
use woppal_runtime::{
	configs::ProxyType, AccountId, BlockNumber, Multisig, Runtime, RuntimeCall, RuntimeEvent,
};

/// Accounts of which two of three owners dispose together.
pub(super) const MULTISIGS: usize = 5;
/// Of a multisig's owners, how many must agree.
const THRESHOLD: u16 = 2;
/// The first owner of the first multisig: they have little else to do.
const FIRST_OWNER: usize = RICH - OWNERS * MULTISIGS;
/// Owners of a multisig.
const OWNERS: usize = 3;
/// In so many of a hundred cases a proxy makes a call for an account that has one.
pub(super) const BY_PROXY: usize = 40;
/// Blocks after which an announced call may be made.
const DELAY: BlockNumber = 7;

/// A call of a multisig to which one owner agreed.
#[derive(Clone)]
pub(super) struct Agreement {
	multisig: usize,
	call: RuntimeCall,
	/// Who agreed, whose deposit it is.
	first: usize,
	since: Timepoint<BlockNumber>,
}

/// A call that a proxy announced.
#[derive(Clone)]
pub(super) struct Announced {
	real: AccountId,
	proxy: AccountId,
	call: RuntimeCall,
}

/// How an account without a key was made. Its deposit is its spawner's.
#[derive(Clone)]
pub(super) struct Pure {
	spawner: AccountId,
	proxy_type: ProxyType,
	index: u16,
	height: BlockNumber,
	ext_index: u32,
}

/// Accounts without a key, those that are gone included.
pub(super) type Pures = BTreeMap<AccountId, Pure>;

/// Whose the deposits of accounts without a key are.
pub(super) fn spawners(pures: &Pures) -> BTreeMap<AccountId, AccountId> {
	pures.iter().map(|(pure, how)| (pure.clone(), how.spawner.clone())).collect()
}

fn owners(multisig: usize) -> [usize; OWNERS] {
	std::array::from_fn(|n| FIRST_OWNER + OWNERS * multisig + n)
}

/// The account of the n-th multisig.
pub(super) fn multisig(n: usize, accounts: &[AccountId]) -> AccountId {
	let mut owners = owners(n).map(|owner| accounts[owner].clone());
	owners.sort();
	Multisig::multi_account_id(&owners, THRESHOLD)
}

/// By which a multisig knows a call.
fn hash(call: &RuntimeCall) -> [u8; 32] {
	call.using_encoded(sp_io::hashing::blake2_256)
}

impl World {
	/// The owners of a multisig but one, as the calls want them.
	fn other_owners(&self, multisig: usize, but: usize) -> Vec<AccountId> {
		let others = owners(multisig).into_iter().filter(|owner| *owner != but);
		let mut others: Vec<_> = others.map(|owner| self.account(owner)).collect();
		others.sort();
		others
	}

	/// One owner proposes a call of a multisig; mostly another one agrees at once.
	pub(super) fn agree(&mut self, who: usize, call: RuntimeCall) -> Option<bool> {
		let multisig = who - self.actors.len();
		let first = *self.rng.pick(&owners(multisig)).unwrap();
		let other_signatories = self.other_owners(multisig, first);
		let call_hash = hash(&call);
		let max_weight = call.get_dispatch_info().call_weight;
		let (threshold, maybe_timepoint) = (THRESHOLD, None);
		let propose = if self.rng.chance(50) {
			let call = Box::new(call.clone());
			pallet_multisig::Call::as_multi {
				threshold,
				other_signatories,
				maybe_timepoint,
				call,
				max_weight,
			}
		} else {
			pallet_multisig::Call::approve_as_multi {
				threshold,
				other_signatories,
				maybe_timepoint,
				call_hash,
				max_weight,
			}
		};
		if !self.sign(first, propose.into())? {
			return Some(false);
		}
		let account = self.account(who);
		let open =
			self.chain.read(|| pallet_multisig::Multisigs::<Runtime>::get(account, call_hash));
		let agreement = Agreement { multisig, call, first, since: open?.when };
		if self.rng.chance(20) {
			self.agreed.push(agreement);
			return None;
		}
		self.complete(agreement)
	}

	/// A second owner agrees, which executes the call.
	fn complete(&mut self, agreement: Agreement) -> Option<bool> {
		let second = owners(agreement.multisig).into_iter().find(|n| *n != agreement.first)?;
		let call = self.completion(&agreement, second);
		let good = self.sign(second, call)? && self.executed() == Some(true);
		self.count("by a multisig", good);
		Some(good)
	}

	fn completion(&self, agreement: &Agreement, second: usize) -> RuntimeCall {
		let call = pallet_multisig::Call::as_multi {
			threshold: THRESHOLD,
			other_signatories: self.other_owners(agreement.multisig, second),
			maybe_timepoint: Some(agreement.since),
			call: Box::new(agreement.call.clone()),
			max_weight: agreement.call.get_dispatch_info().call_weight,
		};
		call.into()
	}

	/// Who may act at once for an account.
	pub(super) fn proxy_of(&mut self, who: usize) -> Option<usize> {
		let account = self.account(who);
		let proxies: Vec<_> = self
			.view
			.proxies
			.iter()
			.filter(|(real, _, delay)| *real == account && *delay == 0)
			.map(|(_, proxy, _)| proxy.clone())
			.collect();
		let proxy = self.rng.pick(&proxies).cloned()?;
		self.index_of(&proxy).filter(|proxy| *proxy < self.actors.len())
	}

	/// A proxy makes a call for an account.
	pub(super) fn by_proxy(&mut self, proxy: usize, who: usize, call: RuntimeCall) -> Option<bool> {
		let call = proxied(self.account(who), call);
		let good = self.sign(proxy, call)? && self.executed() == Some(true);
		self.count("by a proxy", good);
		Some(good)
	}

	/// What came of the call inside of the last extrinsic; `None` if there was none. Notes accounts without
	/// a key that it made.
	pub(super) fn executed(&mut self) -> Option<bool> {
		let mut executed = None;
		for event in self.chain.last_events() {
			match event {
				RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result })
				| RuntimeEvent::Multisig(pallet_multisig::Event::MultisigExecuted {
					result, ..
				}) => executed = Some(result.is_ok()),
				RuntimeEvent::Proxy(pallet_proxy::Event::PureCreated {
					pure,
					who: spawner,
					proxy_type,
					disambiguation_index: index,
					at: height,
					extrinsic_index: ext_index,
				}) => {
					let how = Pure { spawner, proxy_type, index, height, ext_index };
					self.pures.insert(pure, how);
				},
				_ => {},
			}
		}
		executed
	}

	/// A proxy that has to announce its calls.
	fn announcer(&mut self) -> Option<Proxy> {
		let slow: Vec<_> = self.view.proxies.iter().filter(|p| p.2 > 0).cloned().collect();
		self.rng.pick(&slow).cloned()
	}
}

fn proxied(real: AccountId, call: RuntimeCall) -> RuntimeCall {
	let (real, call) = (MultiAddress::Id(real), Box::new(call));
	pallet_proxy::Call::proxy { real, force_proxy_type: None, call }.into()
}

pub(super) fn add_proxy(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, delegate) = (w.anybody(), w.rng.below(RICH));
	let types = [ProxyType::Any, ProxyType::NonTransfer, ProxyType::Work, ProxyType::CancelProxy];
	let proxy_type = if w.rng.chance(60) { ProxyType::Any } else { *w.rng.pick(&types)? };
	let delay = if w.rng.chance(40) { DELAY } else { 0 };
	let delegate = MultiAddress::Id(w.account(delegate));
	Some((who, pallet_proxy::Call::add_proxy { delegate, proxy_type, delay }.into()))
}

pub(super) fn remove_proxy(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (real, delegate, delay) = w.rng.pick(&w.view.proxies).cloned()?;
	let (delegate, proxy_type) = (MultiAddress::Id(delegate), ProxyType::Any);
	let call = pallet_proxy::Call::remove_proxy { delegate, proxy_type, delay };
	Some((w.index_of(&real)?, call.into()))
}

pub(super) fn remove_proxies(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (real, ..) = w.rng.pick(&w.view.proxies).cloned()?;
	Some((w.index_of(&real)?, pallet_proxy::Call::remove_proxies {}.into()))
}

pub(super) fn announce(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (real, proxy, _) = w.announcer()?;
	let (pool, dest) = (w.pool()?, w.anybody());
	let (amount, dest) = (w.rng.amount(5 * WOPPAL), MultiAddress::Id(w.account(dest)));
	let call: RuntimeCall = if w.rng.chance(50) {
		pallet_stake::Call::delegate { pool, amount }.into()
	} else {
		pallet_balances::Call::transfer_keep_alive { dest, value: amount }.into()
	};
	let call_hash = BlakeTwo256::hash_of(&call);
	w.announced.push(Announced { real: real.clone(), proxy: proxy.clone(), call });
	let real = MultiAddress::Id(real);
	Some((w.index_of(&proxy)?, pallet_proxy::Call::announce { real, call_hash }.into()))
}

pub(super) fn proxy_announced(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let Announced { real, proxy, call } = w.rng.pick(&w.announced).cloned()?;
	let call = pallet_proxy::Call::proxy_announced {
		delegate: MultiAddress::Id(proxy),
		real: MultiAddress::Id(real),
		force_proxy_type: None,
		call: Box::new(call),
	};
	Some((w.anybody(), call.into()))
}

/// Takes an announcement out of the list.
fn announced(w: &mut World) -> Option<Announced> {
	let at = w.rng.below(w.announced.len().max(1));
	(!w.announced.is_empty()).then(|| w.announced.swap_remove(at))
}

pub(super) fn remove_announcement(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let Announced { real, proxy, call } = announced(w)?;
	let (real, call_hash) = (MultiAddress::Id(real), BlakeTwo256::hash_of(&call));
	let call = pallet_proxy::Call::remove_announcement { real, call_hash };
	Some((w.index_of(&proxy)?, call.into()))
}

pub(super) fn reject_announcement(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let Announced { real, proxy, call } = announced(w)?;
	let (delegate, call_hash) = (MultiAddress::Id(proxy), BlakeTwo256::hash_of(&call));
	let call = pallet_proxy::Call::reject_announcement { delegate, call_hash };
	Some((w.index_of(&real)?, call.into()))
}

pub(super) fn create_pure(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let (who, index) = (w.anybody(), w.rng.below(3) as u16);
	let call = pallet_proxy::Call::create_pure { proxy_type: ProxyType::Any, delay: 0, index };
	Some((who, call.into()))
}

/// An account without a key removes itself, at its spawner's behest.
pub(super) fn kill_pure(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let alive: Vec<_> =
		w.view.proxies.iter().filter(|p| w.pures.contains_key(&p.0)).map(|p| p.0.clone()).collect();
	let account = w.rng.pick(&alive).cloned()?;
	let Pure { spawner, proxy_type, index, height, ext_index } = w.pures.get(&account)?.clone();
	let who = w.index_of(&spawner)?;
	let spawner = MultiAddress::Id(spawner);
	let call = pallet_proxy::Call::kill_pure { spawner, proxy_type, index, height, ext_index };
	Some((who, proxied(account, call.into())))
}

/// Takes an open agreement out of the list.
fn agreement(w: &mut World) -> Option<Agreement> {
	let at = w.rng.below(w.agreed.len().max(1));
	(!w.agreed.is_empty()).then(|| w.agreed.swap_remove(at))
}

/// Another owner agrees to a call by its hash. It stays open: the call is not known yet.
pub(super) fn approve_as_multi(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let agreement = w.rng.pick(&w.agreed).cloned()?;
	let second = owners(agreement.multisig).into_iter().rfind(|n| *n != agreement.first)?;
	let call = pallet_multisig::Call::approve_as_multi {
		threshold: THRESHOLD,
		other_signatories: w.other_owners(agreement.multisig, second),
		maybe_timepoint: Some(agreement.since),
		call_hash: hash(&agreement.call),
		max_weight: Weight::zero(),
	};
	Some((second, call.into()))
}

/// Another owner agrees to a call that waits, which executes it.
pub(super) fn as_multi(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let agreement = agreement(w)?;
	let second = owners(agreement.multisig).into_iter().find(|n| *n != agreement.first)?;
	Some((second, w.completion(&agreement, second)))
}

/// The owner whose deposit it is gives a call up.
pub(super) fn cancel_as_multi(w: &mut World) -> Option<(usize, RuntimeCall)> {
	let Agreement { multisig, call, first, since } = agreement(w)?;
	let call = pallet_multisig::Call::cancel_as_multi {
		threshold: THRESHOLD,
		other_signatories: w.other_owners(multisig, first),
		timepoint: since,
		call_hash: hash(&call),
	};
	Some((first, call.into()))
}
