//! Configuration of `pallet-stake`: bonds, pools, unbonding.

use super::*;
use crate::{Gate, Network, Validators};
use frame_support::{traits::Equals, PalletId};
use woppal_protocol::{SubnetId, ROOT_SUBNET};

parameter_types! {
	/// From which the pools' accounts are derived.
	pub const PoolsId: PalletId = PalletId(*b"wpl/pool");
	/// Subnets that take delegations: all that there are.
	pub const RootSubnet: SubnetId = ROOT_SUBNET;
}

impl pallet_stake::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Network = Network;
	type Identities = Validators;
	type Subnets = Equals<RootSubnet>;
	type Freeze = Validators;
	type Rewards = Emission;
	type Burns = Emission;
	type Standing = Gate;
	type PalletId = PoolsId;
	type BondUnbondingEpochs = ConstU32<BONDING_EPOCHS>;
	type UnbondingEpochs = ConstU32<6>;
	type MaxSettle = ConstU32<16>;
	type MaxUnbondings = ConstU32<32>;
	type WeightInfo = pallet_stake::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
