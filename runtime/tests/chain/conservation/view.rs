//! What random calls are made from.

use crate::chain::Chain;
use pallet_validators::ValidatorOf;
use woppal_protocol::{identity::PeerId, stake::PoolId, ValidatorId};
use woppal_runtime::{AccountId, BlockNumber, Runtime};

/// An account, who may act for it, and after how many blocks.
pub(super) type Proxy = (AccountId, AccountId, BlockNumber);

/// What of the state the calls are made from. As old as the last closed block, so that some come too late.
#[derive(Default)]
pub(super) struct View {
	pub(super) validators: Vec<(ValidatorId, ValidatorOf<Runtime>)>,
	pub(super) nodes: Vec<(ValidatorId, PeerId)>,
	pub(super) pools: Vec<PoolId>,
	pub(super) positions: Vec<(AccountId, PoolId)>,
	pub(super) ledgers: Vec<AccountId>,
	pub(super) with_keys: Vec<AccountId>,
	pub(super) candidates: Vec<(ValidatorId, AccountId)>,
	pub(super) proxies: Vec<Proxy>,
}

impl View {
	/// Now.
	pub(super) fn of(chain: &mut Chain) -> Self {
		chain.look(|| Self {
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
			proxies: pallet_proxy::Proxies::<Runtime>::iter()
				.flat_map(|(real, (proxies, _))| {
					proxies.into_iter().map(move |p| (real.clone(), p.delegate, p.delay))
				})
				.collect(),
		})
	}
}
