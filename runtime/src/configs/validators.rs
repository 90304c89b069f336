//! Configuration of `pallet-validators`: who is who.

use super::*;
use crate::{Emission, Network, Presence};

impl pallet_validators::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Network = Network;
	type OnExit = (Emission, Presence);
	type MaxNodes = ConstU32<512>;
	type WeightInfo = pallet_validators::weights::SubstrateWeight<Runtime>;
}
