//! One experiment that was given instead of chosen.

use super::*;
use crate::miner::strategy::Choice;
use woppal_protocol::research::EdgeKind;

fn given(parent: Option<H256>) -> SimLab {
	let choice = Choice { config: vec![4, 3, 2, 1], parent };
	SimLab { given: Some(choice), ..SimLab::default() }
}

fn worker(lab: SimLab) -> Worker {
	let mut world = World::default();
	world.register();
	let mut worker = Worker::with_lab(world, lab);
	worker.policy.max_experiments = Some(1);
	worker
}

/// Steps until all is done.
async fn until_done(w: &mut Worker) {
	for _ in 0..300 {
		match w.step().await {
			Ok(Step::Done) => return,
			Ok(_) => {},
			Err(e) if e.is_transient() => w.chain.world().block += 1,
			Err(e) => panic!("{e}"),
		}
	}
	panic!("it goes on");
}

#[tokio::test]
async fn it_is_done_as_it_was_given_and_once() {
	let parent = H256([3; 32]);
	let mut w = worker(given(Some(parent)));
	until_done(&mut w).await;
	let (experiment, ending) = w.miner().ended().unwrap();
	assert!(matches!(ending, Ending::Proven(_)));
	assert_eq!(experiment.config, [4, 3, 2, 1]);
	let world = w.chain.world();
	assert_eq!((world.experiments.len(), world.proven()), (1, 1));
	assert_eq!(world.experiments[0].config, [4, 3, 2, 1]);
	let edges = &world.experiments[0].edges;
	assert!(matches!(edges[..], [edge] if edge.kind == EdgeKind::Extends && edge.to == parent));
}

#[tokio::test]
async fn a_kill_at_any_step_does_not_begin_it_twice() {
	for kill_at in 0..12 {
		let mut w = worker(given(None));
		for step in 0..40 {
			// Once it has ended, the command finds it on the chain.
			if step == kill_at && w.miner().ended().is_none() {
				w.kill();
			}
			if w.step().await.unwrap() == Step::Done {
				break;
			}
		}
		let world = w.chain.world();
		assert_eq!((world.count("AgentCommit.start"), world.proven()), (1, 1), "at {kill_at}");
		assert_eq!((world.deposits_lost, world.cancelled), (0, 0), "at {kill_at}");
	}
}

#[tokio::test]
async fn a_refusal_ends_it_instead_of_trying_again() {
	let mut w = worker(given(None));
	w.chain.world().refuse_reveals = true;
	until_done(&mut w).await;
	assert_eq!(w.miner().ended().unwrap().1, Ending::Refused);
	assert_eq!(w.chain.world().count("AgentCommit.start"), 1);
}

#[tokio::test]
async fn what_else_the_validator_has_open_does_not_count_as_it() {
	let mut w = worker(SimLab::default());
	w.until(|a| matches!(a, Action::Prove { .. })).await;
	// Another base path: the chain's open experiment is taken up, then the given one is done.
	w.kill();
	w.dir = TempDir::new("given");
	w.lab = Arc::new(given(None));
	until_done(&mut w).await;
	let world = w.chain.world();
	assert_eq!((world.experiments.len(), world.proven()), (2, 2));
	assert_eq!(world.experiments[1].config, [4, 3, 2, 1]);
}
