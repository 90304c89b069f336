//! Configuration of `pallet-research`: projects and experiments.

use super::*;
use crate::{
	proof_system::ZkWasm, randomness::BabeOutputs, AgentCommit, Emission, Network, Slashing,
	Validators,
};
use frame_system::EnsureRoot;

impl pallet_research::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type Network = Network;
	type Identities = Validators;
	type Offences = Slashing;
	type Ledger = Emission;
	type Burns = Emission;
	type Randomness = BabeOutputs;
	type Keys = AgentCommit;
	type ProofSystem = ZkWasm;
	type RevealPeriod = ConstU32<2>;
	type ProvePeriod = ConstU32<1>;
	// Two miners that share two cores with a node need about 50 s each; see the README's figures.
	type MinProveMillis = ConstU64<240_000>;
	type MaxSeedBlocks = ConstU32<128>;
	type MaxOpen = ConstU32<8>;
	type WeightInfo = pallet_research::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
