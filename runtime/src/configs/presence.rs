//! Configuration of `pallet-presence`: heartbeats, the liveness ramp, absence.

use super::*;
use crate::{Network, Slashing, Validators};

impl pallet_presence::Config for Runtime {
	type Network = Network;
	type Identities = Validators;
	type Roles = Validators;
	type Ledger = Emission;
	type Offences = Slashing;
	// A pulse of the fast preset has five blocks: room for a thousand validators.
	type MaxHeartbeatsPerBlock = ConstU32<200>;
	type WeightInfo = pallet_presence::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
