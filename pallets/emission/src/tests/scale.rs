//! The end of an epoch and a claim cost the same however many validators there are.

use super::*;
use crate::split::Terms;

/// What something read and wrote.
#[derive(Debug, PartialEq, Eq)]
struct Accesses {
	/// Keys of the state that were looked up.
	reads: usize,
	/// Keys that were changed.
	writes: usize,
	/// Nodes of the state's trie on the way to the keys; iterations show here as well.
	nodes: usize,
}

/// The same as `clone`, for types whose names this crate doesn't know.
fn copy<R: Clone>(recorder: &R) -> R {
	recorder.clone()
}

/// Counts the accesses of `action` to a state that was committed before, and commits its changes.
fn accesses(ext: &mut TestState, action: impl FnOnce()) -> Accesses {
	ext.commit_all().unwrap();
	let recorder = Default::default();
	ext.execute_with_recorder(copy(&recorder), action);
	let reads = recorder.recorded_keys().values().map(|keys| keys.len()).sum();
	let writes = ext.overlayed_changes().changes().count();
	let nodes = recorder.to_storage_proof().iter_nodes().count();
	ext.commit_all().unwrap();
	Accesses { reads, writes, nodes }
}

/// A chain at the end of epoch 15, in each of whose epochs validator 0 worked, and in the last one
/// so many others as well.
fn chain(others: ValidatorId) -> TestState {
	let mut ext = new_test_ext();
	ext.execute_with(|| {
		for epoch in 0..16 {
			run_to_epoch(epoch);
			charge(1_000_000);
			work(0, 1);
		}
		let record = Emission::record(0, 15).unwrap();
		let terms = Terms { bond: 1, pool: 1, ..record.terms };
		let slot = Emission::slot(15);
		for validator in 1..=others {
			Records::<Test>::insert(validator, slot, Record { terms, ..record });
		}
		EpochTotals::<Test>::mutate(slot, |total| {
			total.as_mut().unwrap().total_weight += u128::from(others) * WEIGHT;
		});
		System::reset_events();
	});
	ext
}

#[test]
fn closing_and_claiming_cost_the_same_with_ten_and_with_a_hundred_thousand_validators() {
	let measure = |others| {
		let mut ext = chain(others);
		let close = accesses(&mut ext, || {
			let block = TIMING.epoch_start(16);
			System::set_block_number(block);
			Emission::on_initialize(block);
			Emission::on_finalize(block);
		});
		let claimed = accesses(&mut ext, || {
			assert_ok!(claim(0, 0, 16));
		});
		ext.execute_with(|| {
			let total = Emission::epoch_total(15);
			assert_eq!(total.total_weight, (u128::from(others) + 1) * WEIGHT);
			assert_eq!(total.pot, 300_000);
			let last = shared(15) / (Balance::from(others) + 1);
			let before: Balance = (0..15).map(|epoch| shared(epoch) + 300_000).sum();
			let pot = 300_000 / (Balance::from(others) + 1);
			assert_eq!(Claimed::<Test>::get(0), before + last + pot);
		});
		[close, claimed]
	};
	let few = measure(10);
	for others in [1_000, 100_000] {
		for (few, many) in few.iter().zip(&measure(others)) {
			assert_eq!((many.reads, many.writes), (few.reads, few.writes), "{others} others");
			// The trie is deeper by four levels at most.
			assert!(many.nodes <= few.nodes + 4 * few.reads, "{few:?}, {many:?}");
		}
	}
}
