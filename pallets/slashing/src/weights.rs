//! Weights of `pallet_slashing`: initial estimate, from the reads and writes of the handlers and of the
//! stake, rewards and sessions behind them, until the node's bench command has run.

use frame::weights_prelude::*;

/// Weights of the pallet's handlers.
pub trait WeightInfo {
	/// A report that is punished, with a reporter.
	fn report() -> Weight;
	/// A report beyond the epoch's cap.
	fn report_capped() -> Weight;
	/// An equivocation that is punished.
	fn on_offence() -> Weight;
	/// An equivocation of an authority that is no validator.
	fn on_offence_unidentified() -> Weight;
	/// An equivocation that is too old.
	fn on_offence_out_of_reach() -> Weight;
	/// The exit of a validator that has a record.
	fn on_validator_exit() -> Weight;
}

/// Weights on the reference machine with RocksDB.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn report() -> Weight {
		// Reads the parameters, the queue and two of its places with their records, the validator and the
		// record; the bond, the pool, the unbonding ledger and the accounts; 28 epochs of rewards. Writes
		// what it read but the parameters.
		Weight::from_parts(120_000_000, 40_000)
			.saturating_add(T::DbWeight::get().reads_writes(50, 43))
	}

	fn report_capped() -> Weight {
		Weight::from_parts(30_000_000, 8_000).saturating_add(T::DbWeight::get().reads_writes(9, 7))
	}

	fn on_offence() -> Weight {
		// Besides what a report does: the session's authorities and who of them is out, the candidates.
		Weight::from_parts(150_000_000, 44_000)
			.saturating_add(T::DbWeight::get().reads_writes(56, 46))
	}

	fn on_offence_unidentified() -> Weight {
		Weight::from_parts(30_000_000, 8_000).saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}

	fn on_offence_out_of_reach() -> Weight {
		Weight::from_parts(10_000_000, 4_000).saturating_add(T::DbWeight::get().reads(2))
	}

	fn on_validator_exit() -> Weight {
		Weight::from_parts(20_000_000, 8_000).saturating_add(T::DbWeight::get().reads_writes(7, 6))
	}
}

/// For mocks.
impl WeightInfo for () {
	fn report() -> Weight {
		Weight::from_parts(120_000_000, 40_000)
			.saturating_add(RocksDbWeight::get().reads_writes(50, 43))
	}

	fn report_capped() -> Weight {
		Weight::from_parts(30_000_000, 8_000)
			.saturating_add(RocksDbWeight::get().reads_writes(9, 7))
	}

	fn on_offence() -> Weight {
		Weight::from_parts(150_000_000, 44_000)
			.saturating_add(RocksDbWeight::get().reads_writes(56, 46))
	}

	fn on_offence_unidentified() -> Weight {
		Weight::from_parts(30_000_000, 8_000)
			.saturating_add(RocksDbWeight::get().reads_writes(4, 1))
	}

	fn on_offence_out_of_reach() -> Weight {
		Weight::from_parts(10_000_000, 4_000).saturating_add(RocksDbWeight::get().reads(2))
	}

	fn on_validator_exit() -> Weight {
		Weight::from_parts(20_000_000, 8_000)
			.saturating_add(RocksDbWeight::get().reads_writes(7, 6))
	}
}
