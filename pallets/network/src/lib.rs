//! # Network
//!
//! What genesis decides for a network, so that one runtime binary serves every network, and the faucet
//! of networks that are not live.
//!
//! ## Overview
//!
//! The timing, the deposits and whether the chain is live are [`Parameters`] in genesis. Other pallets read
//! them through [`Network`](woppal_protocol::traits::Network), and the SDK's pallets through
//! [`ExpectedBlockTime`], [`SessionLength`] and [`MinimumPeriod`]. Governance may change the deposits;
//! nothing changes the timing or makes a live chain a test chain.
//!
//! ## Example
//!
//! `type EpochDuration = pallet_network::SessionLength<Runtime>` gives BABE the session of genesis: 600
//! slots on mainnet's timing, 30 on the fast one. The tests `getters_follow_genesis` and
//! `the_defaults_are_those_of_a_live_mainnet` are this example.
//!
//! ## Design
//!
//! A chain without parameters in genesis is live with mainnet's timing, the safest reading.
//!
//! The faucet moves tokens from an account that genesis endowed and mints nothing, so that the issuance
//! stays accounted for. The balances pallet's genesis endows [`Pallet::faucet_account`]. The caller pays
//! the fee, and only an account with less than [`Config::FaucetThreshold`] gets anything, so no list of
//! those served is kept.
//!
//! ## Terminology
//!
//! - **Live**: the chain's tokens have value. A live chain refuses development keys and has no faucet.
//!
//! ## Properties
//!
//! - The timing is valid ([`Timing::is_valid`](woppal_protocol::time::Timing::is_valid)) from genesis on.
//! - The pallet never changes the issuance.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]
#![forbid(unsafe_code)]

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod getters;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

pub use getters::{ExpectedBlockTime, MinimumPeriod, SessionLength};
pub use pallet::*;
pub use weights::WeightInfo;

/// The pallet.
#[allow(clippy::expect_used, reason = "in the code that the pallet macro writes")]
#[frame::pallet]
pub mod pallet {
	use super::WeightInfo;
	use frame::{
		prelude::*,
		traits::fungible::{Inspect, Mutate},
	};
	use woppal_protocol::{
		network::{Deposits, NetworkParameters},
		time::Timing,
		Balance,
	};

	/// The in-code storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet's configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256> {
		/// The token.
		type Currency: Inspect<Self::AccountId, Balance = Balance> + Mutate<Self::AccountId>;

		/// Who may change the deposits.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The id from which the faucet's account is derived.
		#[pallet::constant]
		type FaucetId: Get<PalletId>;

		/// Plancks that the faucet gives at a time.
		#[pallet::constant]
		type FaucetAmount: Get<Balance>;

		/// The faucet gives nothing to an account with this many plancks or more, held ones included.
		#[pallet::constant]
		type FaucetThreshold: Get<Balance>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The pallet's type.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The parameters of a chain whose genesis names none: live, with mainnet's timing.
	#[pallet::type_value]
	pub fn DefaultParameters() -> NetworkParameters {
		NetworkParameters { timing: Timing::MAINNET, deposits: Deposits::LIVE, live: true }
	}

	/// What genesis decided.
	#[pallet::storage]
	pub type Parameters<T: Config> =
		StorageValue<_, NetworkParameters, ValueQuery, DefaultParameters>;

	/// The pallet's events.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The deposits changed. What is held already stays as it is.
		DepositsSet {
			/// The deposits from now on.
			deposits: Deposits,
		},
		/// The faucet gave tokens to an account.
		FaucetPaid {
			/// Who got them.
			dest: T::AccountId,
			/// How many, in plancks.
			amount: Balance,
		},
	}

	/// The pallet's errors.
	#[pallet::error]
	pub enum Error<T> {
		/// A deposit or bond of zero would make storage or reward free: name a positive amount.
		ZeroDeposit,
		/// A live network has no faucet: buy or earn tokens.
		LiveNetwork,
		/// The account has tokens already: the faucet serves only those that have too few to start.
		AlreadyFunded,
		/// The faucet has run dry: someone has to send it tokens.
		FaucetEmpty,
	}

	/// What genesis decides. It panics if the timing is not valid, so that no such chain can start.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Timing, deposits, and whether the chain is live.
		pub parameters: NetworkParameters,
		/// Nothing to configure.
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self { parameters: DefaultParameters::get(), _config: PhantomData }
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.parameters.timing.is_valid(), "genesis names an invalid timing");
			Parameters::<T>::put(self.parameters);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(
				T::FaucetAmount::get() >= T::Currency::minimum_balance(),
				"the faucet must be able to bring an account into being"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Sets the deposits and the bond that are asked for from now on. What is held already stays.
		///
		/// Origin: [`Config::GovernanceOrigin`].
		///
		/// Errors: [`Error::ZeroDeposit`].
		///
		/// Emits [`Event::DepositsSet`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_deposits())]
		pub fn set_deposits(origin: OriginFor<T>, deposits: Deposits) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_deposits(deposits)
		}

		/// Moves [`Config::FaucetAmount`] from the faucet to an account that has next to nothing.
		///
		/// Origin: signed, by anyone who pays the fee.
		///
		/// Errors: [`Error::LiveNetwork`], [`Error::AlreadyFunded`], [`Error::FaucetEmpty`].
		///
		/// Emits [`Event::FaucetPaid`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::faucet())]
		pub fn faucet(origin: OriginFor<T>, dest: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_faucet(dest)
		}
	}

	impl<T: Config> Pallet<T> {
		/// The account from which the faucet gives; genesis endows it through the balances pallet.
		pub fn faucet_account() -> T::AccountId {
			T::FaucetId::get().into_account_truncating()
		}

		/// Lengths of the protocol's units.
		pub fn timing() -> Timing {
			Parameters::<T>::get().timing
		}

		fn do_set_deposits(deposits: Deposits) -> DispatchResult {
			let Deposits { start, node, metadata, project, bond, delegation, gate_bond } = deposits;
			let all = [start, node, metadata, project, bond, delegation, gate_bond];
			ensure!(!all.contains(&0), Error::<T>::ZeroDeposit);
			Parameters::<T>::mutate(|parameters| parameters.deposits = deposits);
			Self::deposit_event(Event::DepositsSet { deposits });
			Ok(())
		}

		fn do_faucet(dest: T::AccountId) -> DispatchResult {
			ensure!(!Parameters::<T>::get().live, Error::<T>::LiveNetwork);
			ensure!(
				T::Currency::total_balance(&dest) < T::FaucetThreshold::get(),
				Error::<T>::AlreadyFunded
			);
			let faucet = Self::faucet_account();
			let amount = T::FaucetAmount::get();
			let left =
				T::Currency::reducible_balance(&faucet, Preservation::Preserve, Fortitude::Polite);
			ensure!(left >= amount, Error::<T>::FaucetEmpty);
			T::Currency::transfer(&faucet, &dest, amount, Preservation::Preserve)?;
			Self::deposit_event(Event::FaucetPaid { dest, amount });
			Ok(())
		}

		/// Checks the pallet's invariant: the timing is valid.
		#[cfg(any(feature = "std", feature = "try-runtime"))]
		pub fn do_try_state() -> Result<(), frame::deps::sp_runtime::TryRuntimeError> {
			ensure!(Parameters::<T>::get().timing.is_valid(), "the timing is not valid");
			Ok(())
		}
	}
}
