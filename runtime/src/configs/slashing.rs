//! Configuration of `pallet-slashing`: what offences cost.

use super::*;
use crate::{Gate, Network, Session, Stake, Validators};
use pallet_slashing::DisableAuthority;
use sp_runtime::traits::Convert;
use sp_staking::{offence::OffenceSeverity, SessionIndex};
use woppal_protocol::EpochIndex;

/// Disables an authority until the set changes, as the session pallet's strategy allows. One of genesis that
/// is no validator loses its seat as well; the gate hears of the others by their numbers.
pub struct DisableInSession;
impl DisableAuthority<AccountId> for DisableInSession {
	fn disable(authority: &AccountId, severity: Perbill) {
		Gate::expel_genesis_authority(authority);
		let severity = OffenceSeverity(severity);
		<Session as pallet_session::SessionInterface>::report_offence(authority.clone(), severity);
	}
}

/// The earliest epoch in which a session can have begun: since then, no more blocks than its slots and
/// those of the sessions after it.
pub struct EpochOfSession;
impl Convert<SessionIndex, EpochIndex> for EpochOfSession {
	fn convert(session: SessionIndex) -> EpochIndex {
		let timing = Network::timing();
		let since = Session::current_index().saturating_sub(session).saturating_add(1);
		timing.epoch_of(System::block_number().saturating_sub(since.saturating_mul(timing.session)))
	}
}

impl pallet_slashing::Config for Runtime {
	type Network = Network;
	type Identities = Validators;
	type Stake = Stake;
	type Rewards = Emission;
	type Record = Validators;
	type Gate = Gate;
	type Authorities = DisableInSession;
	type SessionEpoch = EpochOfSession;
	type WeightInfo = pallet_slashing::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
