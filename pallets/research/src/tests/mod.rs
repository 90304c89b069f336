//! What each rule allows and refuses, by topic.

mod adoption;
mod attacks;
mod boosts;
mod deadlines;
mod lifecycle;
mod projects;
mod random;
mod seeds;

use crate::{mock::*, Error, Event, StartRecord, Starts};
use frame::testing_prelude::*;
use woppal_protocol::{
	research::{blind, Artifact, Edges, ExperimentStatus},
	statement::Claim,
	traits::{Experiments, Network, Outcome},
	ExperimentId, ValidatorId, H256,
};

/// The one project of genesis.
pub(super) const PROJECT: u32 = 0;

/// What a validator's `start` of a config carries. The salt is zero everywhere.
pub(super) fn blinded(validator: ValidatorId, values: [i32; 4]) -> H256 {
	blind(&MockNetwork::genesis_hash(), validator, PROJECT, &config(values), &H256::zero())
}

/// Starts an experiment.
pub(super) fn start(validator: ValidatorId, values: [i32; 4]) -> DispatchResult {
	Research::start(&hot(validator), PROJECT, blinded(validator, values))
}

/// Its start record.
pub(super) fn start_record(
	validator: ValidatorId,
	values: [i32; 4],
) -> Option<StartRecord<woppal_protocol::AccountId32>> {
	Starts::<Test>::get(validator, blinded(validator, values))
}

/// An artifact of the right size.
pub(super) fn artifact(n: u8) -> Artifact {
	Artifact::try_from(vec![n; 8]).unwrap()
}

/// Commits with the n-th artifact and no edges; `None` if a rule refuses the reveal.
pub(super) fn try_commit(
	validator: ValidatorId,
	values: [i32; 4],
	n: u8,
) -> Result<Option<ExperimentId>, DispatchError> {
	let salt = H256::zero();
	let edges = Edges::default();
	Research::commit(&hot(validator), PROJECT, config(values), salt, artifact(n), edges)
}

/// Starts and commits.
pub(super) fn commit(validator: ValidatorId, values: [i32; 4], n: u8) -> ExperimentId {
	assert_ok!(start(validator, values));
	try_commit(validator, values, n).unwrap().unwrap()
}

/// Concludes with a metric.
pub(super) fn conclude(id: ExperimentId, metric: i32) {
	assert_ok!(Research::conclude(&id, Outcome::Verified(Claim::Halted { metric })));
}

/// Starts, commits, waits for the seed and proves a metric.
pub(super) fn prove(validator: ValidatorId, values: [i32; 4], n: u8, metric: i32) -> ExperimentId {
	let id = commit(validator, values, n);
	fix_seed(id);
	conclude(id, metric);
	id
}

/// Goes on until the experiment's seed is fixed.
pub(super) fn fix_seed(id: ExperimentId) {
	while Research::experiment(&id).unwrap().seed.is_none() {
		run_to(now() + 1);
	}
	// What an extrinsic sees.
	run_to(now() + 1);
}

/// The current block.
pub(super) fn now() -> u32 {
	u32::try_from(System::block_number()).unwrap()
}

/// The status of an experiment.
pub(super) fn status(id: ExperimentId) -> ExperimentStatus {
	Research::experiment(&id).unwrap().status
}

/// What is held of a validator's hot key.
pub(super) fn held(validator: ValidatorId) -> u128 {
	use frame::traits::fungible::InspectHold;
	Balances::balance_on_hold(&crate::HoldReason::Experiment.into(), &hot(validator))
}

/// What a validator's hot key has, holds included.
pub(super) fn total(validator: ValidatorId) -> u128 {
	use frame::traits::fungible::Inspect;
	<Balances as Inspect<_>>::total_balance(&hot(validator))
}

/// The events of the pallet so far.
pub(super) fn events() -> Vec<Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Research(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// Asserts that the pallet emitted an event.
#[track_caller]
pub(super) fn assert_event(event: Event<Test>) {
	assert!(events().contains(&event), "no {event:?} in {:#?}", events());
}

/// The pallet's error.
pub(super) type E = Error<Test>;
