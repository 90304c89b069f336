//! Configuration of `pallet-agent-commit`: AGENTCOMMIT.

use super::*;
use crate::{proof_system::ZkWasm, Network, Research};
use frame_system::EnsureRoot;

impl pallet_agent_commit::Config for Runtime {
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type Experiments = Research;
	type ProofSystem = ZkWasm;
	type Network = Network;
	type WeightInfo = pallet_agent_commit::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
