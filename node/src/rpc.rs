//! What the node answers over JSON-RPC beside what every Substrate node does.
//!
//! Nothing here is Woppal's own: everything that users and workers need of the protocol is a
//! runtime API, so that no new question needs a new node.

use std::sync::Arc;

use jsonrpsee::RpcModule;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_rpc::SubscriptionTaskExecutor;
use sc_transaction_pool_api::TransactionPool;
use sp_consensus::SelectChain;
use woppal_runtime::{opaque::Block, BlockNumber, Hash};

use crate::service::{FullBackend, FullClient};

/// What the BABE methods need.
#[derive(Clone)]
pub(crate) struct BabeDeps {
	/// Answers questions about epochs.
	pub(crate) worker_handle: BabeWorkerHandle<Block>,
	/// The node's keys.
	pub(crate) keystore: sp_keystore::KeystorePtr,
}

/// What the GRANDPA methods need.
#[derive(Clone)]
pub(crate) struct GrandpaDeps {
	/// The voter's rounds.
	pub(crate) shared_voter_state: SharedVoterState,
	/// Who votes.
	pub(crate) shared_authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// New justifications.
	pub(crate) justification_stream: GrandpaJustificationStream<Block>,
	/// Proofs that a block is final.
	pub(crate) finality_provider: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// What all methods need.
pub(crate) struct FullDeps<P, SC> {
	/// The client.
	pub(crate) client: Arc<FullClient>,
	/// The transaction pool.
	pub(crate) pool: Arc<P>,
	/// The fork choice.
	pub(crate) select_chain: SC,
	/// For BABE's methods.
	pub(crate) babe: BabeDeps,
	/// For GRANDPA's methods.
	pub(crate) grandpa: GrandpaDeps,
	/// Runs subscriptions.
	pub(crate) subscription_executor: SubscriptionTaskExecutor,
}

/// All methods.
pub(crate) fn create_full<P, SC>(
	deps: FullDeps<P, SC>,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>>
where
	P: TransactionPool + 'static,
	SC: SelectChain<Block> + 'static,
{
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use sc_consensus_babe_rpc::{Babe, BabeApiServer};
	use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};

	let FullDeps { client, pool, select_chain, babe, grandpa, subscription_executor } = deps;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(Babe::new(client, babe.worker_handle, babe.keystore, select_chain).into_rpc())?;
	module.merge(
		Grandpa::new(
			subscription_executor,
			grandpa.shared_authority_set,
			grandpa.shared_voter_state,
			grandpa.justification_stream,
			grandpa.finality_provider,
		)
		.into_rpc(),
	)?;
	Ok(module)
}
