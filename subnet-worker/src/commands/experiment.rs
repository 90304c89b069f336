//! `experiment`: one experiment of any project, by hand.

use super::{Opened, Search};
use crate::{
	chain::{client::Client, Chain},
	cli::ExperimentArgs,
	error::Error,
	miner::{decide::Ending, state::Experiment, strategy::Choice},
	program::{
		lab::{config, GivenLab},
		read_file, Circuit, Given,
	},
	progress::Reporter,
};
use serde_json::json;
use woppal_protocol::{
	research::{experiment_id, ExperimentInfo, ExperimentStatus, ProjectInfo, MAX_ARTIFACT_BYTES},
	ExperimentId, H256,
};
use woppal_zkwasm::commitment::artifact_root;

/// Does the experiment, or goes on with it, and shows what the chain has of it then.
pub(super) async fn run(args: ExperimentArgs, json: bool) -> Result<(), Error> {
	let artifact = read_file(&args.artifact, MAX_ARTIFACT_BYTES as usize)?;
	let opened = Opened::new(&args.set_up).await?;
	let project = &opened.project;
	let unfit = |reason| Error::UnsupportedProject { id: project.id, reason };
	let choice = Choice {
		config: config(&args.config, &project.spec.schema).map_err(unfit)?,
		parent: args.extends,
	};
	let given = Given::read(&args.program, Circuit::of(project.spec.circuit))?;
	let root = artifact_root(&given.program.shape, &artifact).map(H256);
	let settings = args.set_up.prover.settings()?;
	let lab =
		GivenLab::new(given, artifact.clone(), choice.clone(), project, settings).map_err(unfit)?;
	ensure_own(opened.store.load()?.experiment, project, &choice, &artifact)?;
	let id = content_id(&opened, &choice, root).await?;
	if let Some(info) = concluded(&opened.client, id).await? {
		show(&info, project, json);
		return Ok(());
	}
	let search = Search { seed: None, candidates: 1, max_experiments: Some(1) };
	let mut prepared = opened.miner(lab, search, Reporter::detect(json))?;
	prepared.run().await?;
	let (id, ending) = match prepared.miner.ended() {
		Some((experiment, ending)) => (experiment.id, ending),
		None => (None, Ending::Refused),
	};
	match concluded(&opened.client, id).await? {
		Some(info) => {
			show(&info, project, json);
			Ok(())
		},
		None => Err(Error::NotProven { id, ending }),
	}
}

/// What the base path has on its way must be this experiment.
fn ensure_own(
	stored: Option<Experiment>,
	project: &ProjectInfo,
	choice: &Choice,
	artifact: &[u8],
) -> Result<(), Error> {
	let is_own = |e: &Experiment| {
		e.project == project.id
			&& e.config == choice.config
			&& e.edges == choice.edges()
			&& e.artifact.as_ref().is_none_or(|stored| stored == artifact)
	};
	match stored {
		Some(e) if !is_own(&e) => {
			Err(Error::OtherExperiment { project: e.project, config: e.config })
		},
		_ => Ok(()),
	}
}

/// The id that the experiment has on the chain, once its validator is registered.
async fn content_id(
	opened: &Opened,
	choice: &Choice,
	root: Option<H256>,
) -> Result<Option<ExperimentId>, Error> {
	let validator = opened.client.validator_of(&opened.hot.account()).await?;
	let (Some(validator), Some(root)) = (validator, root) else { return Ok(None) };
	let genesis = opened.client.genesis().await?;
	let (project, edges) = (opened.project.id, choice.edges());
	Ok(Some(experiment_id(&genesis, validator.id, project, &choice.config, &root, &edges)))
}

/// The experiment, if the chain has a proof of it.
async fn concluded(
	client: &Client,
	id: Option<ExperimentId>,
) -> Result<Option<ExperimentInfo>, Error> {
	let Some(id) = id else { return Ok(None) };
	let is_proven = |info: &ExperimentInfo| {
		matches!(info.status, ExperimentStatus::Proven { .. } | ExperimentStatus::Trapped)
	};
	Ok(client.experiment(id).await?.filter(is_proven))
}

fn show(info: &ExperimentInfo, project: &ProjectInfo, json: bool) {
	let metric = match info.status {
		ExperimentStatus::Proven { metric } => Some(metric),
		_ => None,
	};
	if json {
		println!(
			"{}",
			json!({
				"experiment": info.id,
				"project": info.project,
				"validator": info.validator,
				"metric": metric,
				"trapped": metric.is_none(),
				"seed": info.seed,
				"block": info.proven,
			})
		);
		return;
	}
	let unit = String::from_utf8_lossy(&project.spec.unit);
	println!("experiment  {:?} of validator {}", info.id, info.validator);
	match metric {
		Some(metric) => println!("proven      metric {metric} {unit}"),
		None => println!("proven      the evaluator trapped: no metric"),
	}
	println!("seed        {:?}", info.seed.unwrap_or_default());
	println!("block       {}", info.proven.unwrap_or_default());
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::miner::simulation::project;

	#[test]
	fn another_experiment_on_its_way_is_left_alone() {
		let project = project();
		let choice = Choice { config: vec![1, 2, 3, 4], parent: None };
		let stored = Experiment {
			project: project.id,
			validator: 1,
			config: choice.config.clone(),
			salt: H256::zero(),
			blinded: H256::zero(),
			edges: Vec::new(),
			training_seed: 0,
			starts: 0,
			started_in: None,
			commit_until: None,
			artifact: Some(vec![7; 4]),
			id: None,
			committed_in: None,
			refusals: 0,
			proof: None,
		};
		let ensure = |stored: Experiment| ensure_own(Some(stored), &project, &choice, &[7; 4]);
		ensure(stored.clone()).unwrap();
		ensure(Experiment { artifact: None, ..stored.clone() }).unwrap();
		ensure_own(None, &project, &choice, &[7; 4]).unwrap();
		for other in [
			Experiment { project: 5, ..stored.clone() },
			Experiment { config: vec![0; 4], ..stored.clone() },
			Experiment { artifact: Some(vec![8; 4]), ..stored.clone() },
			Experiment {
				edges: Choice { parent: Some(H256::zero()), ..choice.clone() }.edges(),
				..stored.clone()
			},
		] {
			assert!(matches!(ensure(other), Err(Error::OtherExperiment { .. })));
		}
	}
}
