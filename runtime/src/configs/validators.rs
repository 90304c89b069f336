//! Configuration of `pallet-validators`: who is who.

use super::*;
use crate::{Gate, Network, Presence, Slashing, Stake};

impl pallet_validators::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Network = Network;
	type Bonds = Stake;
	type Stake = Stake;
	type Standing = Gate;
	type OnExit = ((Emission, Presence), (Slashing, Gate));
	type MaxNodes = ConstU32<512>;
	// Seven days of mainnet's epochs.
	type ColdRotationEpochs = ConstU32<42>;
	// A day of mainnet's epochs.
	type CommissionRisePeriod = ConstU32<6>;
	type WeightInfo = pallet_validators::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
