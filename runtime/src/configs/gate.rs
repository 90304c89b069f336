//! Configuration of `pallet-gate`: who authors blocks.

use super::*;
use crate::{Network, Stake, Validators};
use woppal_protocol::identity::{Reputation, REPUTATION_ONE};

parameter_types! {
	/// A quarter of full reputation.
	pub const GateMinReputation: Reputation = Reputation(REPUTATION_ONE / 4);
}

impl pallet_gate::Config for Runtime {
	type Network = Network;
	type Identities = Validators;
	type Stake = Stake;
	type Ledger = Emission;
	type Sessions = pallet_gate::SdkSessions<Runtime>;
	type MaxCandidates = ConstU32<256>;
	type MaxAuthorities = consensus::MaxAuthorities;
	type MinAuthorities = ConstU32<4>;
	type ParticipationEpochs = ConstU32<4>;
	type MinReputation = GateMinReputation;
	// Thirty days of mainnet's epochs: time for the first validators to register, bond and prove. A
	// network of `development` gets there in hours, and keeps its authorities until others come.
	type GraceEpochs = ConstU32<180>;
	type ExpulsionEpochs = ConstU32<{ consensus::BONDING_EPOCHS }>;
	type WeightInfo = pallet_gate::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
