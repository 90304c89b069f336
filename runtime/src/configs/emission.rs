//! Configuration of `pallet-emission`: the schedule, the ledger and the claims.

use super::*;
use crate::{Network, Validators};

impl pallet_emission::Config for Runtime {
	type Currency = Balances;
	type Network = Network;
	type Identities = Validators;
	type ParticipationEpochs = ConstU32<6>;
	type ClaimEpochs = ConstU32<180>;
	type WeightInfo = pallet_emission::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
