//! Configuration of `pallet-emission`: the schedule, the ledger, the claims, the fees' split.

use super::*;
use crate::{Gate, Network, Stake, Validators};
use frame_support::PalletId;

parameter_types! {
	/// From which the account of the fees' pot is derived.
	pub const PotId: PalletId = PalletId(*b"wpl/fees");
	/// From which the treasury's account is derived; governance spends from it.
	pub const TreasuryId: PalletId = PalletId(*b"wpl/trsy");
}

impl pallet_emission::Config for Runtime {
	type Currency = Balances;
	type Network = Network;
	type Payees = Validators;
	type Stake = Stake;
	type Standing = Gate;
	type PotId = PotId;
	type TreasuryId = TreasuryId;
	type ParticipationEpochs = ConstU32<6>;
	type ClaimEpochs = ConstU32<180>;
	type SlashableEpochs = ConstU32<BONDING_EPOCHS>;
	type WeightInfo = pallet_emission::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
