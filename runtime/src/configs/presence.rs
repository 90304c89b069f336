//! Configuration of `pallet-presence`: heartbeats.

use super::*;
use crate::{Emission, Network, Validators};

impl pallet_presence::Config for Runtime {
	type Network = Network;
	type Identities = Validators;
	type Ledger = Emission;
	// A pulse of the fast preset has five blocks: room for a thousand validators.
	type MaxHeartbeatsPerBlock = ConstU32<200>;
	type WeightInfo = pallet_presence::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
