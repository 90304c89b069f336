//! Configuration of `pallet-network`: what genesis decides.

use super::*;
use frame_support::PalletId;
use frame_system::EnsureRoot;

parameter_types! {
	/// From which the faucet's account is derived.
	pub const FaucetId: PalletId = PalletId(*b"wpl/fauc");
}

impl pallet_network::Config for Runtime {
	type Currency = Balances;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type FaucetId = FaucetId;
	// Enough for a miner's bond and a hundred open deposits on a network with the fast preset.
	type FaucetAmount = ConstU128<{ 10 * WOPPAL }>;
	type FaucetThreshold = ConstU128<WOPPAL>;
	type WeightInfo = pallet_network::weights::SubstrateWeight<Runtime>;
}
