//! Where a transaction's payment goes (PROTOCOL §4): the fee is split by `emission`, the tip goes to the
//! block's author.

use crate::{AccountId, Balances, Emission, Research, Runtime, RuntimeCall};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	pallet_prelude::{TransactionSource, TransactionValidityError, ValidTransaction, Weight},
	traits::{
		fungible::{Balanced, Credit},
		OnUnbalanced,
	},
};
use pallet_emission::{BurnFees, WeightInfo as _};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{
		DispatchInfoOf, DispatchOriginOf, Implication, PostDispatchInfoOf, TransactionExtension,
		ValidateResult,
	},
	DispatchResult,
};
use woppal_protocol::ProjectId;

/// Tells `emission` whose project a transaction worked on, so that its creator gets a share of the fee.
///
/// Only what a transaction itself calls counts, and only if it succeeds: calls inside a batch, a proxy or a
/// multisig name nobody. It carries nothing, and comes before the payment, which asks for the answer.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo,
)]
pub struct NameCreator;

impl NameCreator {
	fn project(call: &RuntimeCall) -> Option<ProjectId> {
		use pallet_agent_commit::Call::{commit, prove, start};
		match call {
			RuntimeCall::AgentCommit(start { project, .. } | commit { project, .. }) => {
				Some(*project)
			},
			RuntimeCall::AgentCommit(prove { experiment, .. }) => Research::project_of(experiment),
			_ => None,
		}
	}
}

impl TransactionExtension<RuntimeCall> for NameCreator {
	const IDENTIFIER: &'static str = "NameCreator";
	type Implicit = ();
	type Val = ();
	type Pre = Option<AccountId>;

	fn weight(&self, call: &RuntimeCall) -> Weight {
		match call {
			// The experiment, its project, and the name that is written and taken.
			RuntimeCall::AgentCommit(_) => {
				<Runtime as frame_system::Config>::DbWeight::get().reads_writes(3, 2)
			},
			_ => Weight::zero(),
		}
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<RuntimeCall>,
		_: &RuntimeCall,
		_: &DispatchInfoOf<RuntimeCall>,
		_: usize,
		(): Self::Implicit,
		_: &impl Implication,
		_: TransactionSource,
	) -> ValidateResult<Self::Val, RuntimeCall> {
		Ok((ValidTransaction::default(), (), origin))
	}

	fn prepare(
		self,
		(): Self::Val,
		_: &DispatchOriginOf<RuntimeCall>,
		call: &RuntimeCall,
		_: &DispatchInfoOf<RuntimeCall>,
		_: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		Ok(Self::project(call).and_then(Research::creator_of))
	}

	fn post_dispatch_details(
		creator: Self::Pre,
		_: &DispatchInfoOf<RuntimeCall>,
		_: &PostDispatchInfoOf<RuntimeCall>,
		_: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		if let (Some(creator), Ok(())) = (creator, result) {
			Emission::note_fee_creator(creator);
		}
		Ok(Weight::zero())
	}
}

/// What the payment of a transaction costs: what the SDK measured of taking and refunding it, the split of
/// the fee, and the account of the author that the tip goes to.
pub struct PaymentWeight;
impl pallet_transaction_payment::WeightInfo for PaymentWeight {
	fn charge_transaction_payment() -> Weight {
		pallet_transaction_payment::weights::SubstrateWeight::<Runtime>::charge_transaction_payment(
		)
		.saturating_add(<Runtime as pallet_emission::Config>::WeightInfo::split_fee())
		.saturating_add(<Runtime as frame_system::Config>::DbWeight::get().reads_writes(2, 1))
	}
}

/// Splits the fee, gives the tip to the block's author, and burns the tip if the author cannot receive it.
pub struct DealWithFees;
impl OnUnbalanced<Credit<AccountId, Balances>> for DealWithFees {
	fn on_unbalanceds(mut parts: impl Iterator<Item = Credit<AccountId, Balances>>) {
		if let Some(fee) = parts.next() {
			Emission::split_fee(fee);
		}
		let Some(tip) = parts.next() else { return };
		let rest = match pallet_authorship::Pallet::<Runtime>::author() {
			Some(author) => Balances::resolve(&author, tip).err(),
			None => Some(tip),
		};
		if let Some(rest) = rest {
			BurnFees::<Runtime>::on_unbalanced(rest);
		}
	}
}
