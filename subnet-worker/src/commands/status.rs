//! `status`: the network, the project and a validator.

use super::{connect, find_validator};
use crate::{
	chain::{client::Client, Chain},
	cli::StatusArgs,
	error::{woppals, Error},
	keys::address,
};
use serde_json::{json, Value};
use woppal_protocol::{
	api::{EpochInfo, NetworkInfo, Rewards, REWARDS_PAGE},
	identity::{ValidatorInfo, REPUTATION_ONE},
	research::{LeaderboardEntry, ProjectInfo},
};

struct Status {
	network: NetworkInfo,
	epoch: EpochInfo,
	best: u32,
	finalized: u32,
	project: ProjectInfo,
	leaderboard: Vec<LeaderboardEntry>,
	validator: Option<(ValidatorInfo, Rewards)>,
}

async fn read(client: &Client, args: &StatusArgs) -> Result<Status, Error> {
	let head = client.head().await?;
	let epoch = client.epoch().await?;
	let project = client.project(args.project).await?.ok_or(Error::UnknownProject(args.project))?;
	let validator = match find_validator(client, args.validator).await? {
		None => None,
		Some(validator) => {
			let first = epoch.index.saturating_sub(REWARDS_PAGE.saturating_sub(1));
			let rewards = client.rewards(validator.id, first, REWARDS_PAGE).await?;
			Some((validator, rewards))
		},
	};
	Ok(Status {
		network: client.network().await?,
		epoch,
		best: head.number,
		finalized: head.finalized,
		leaderboard: client.leaderboard(args.project, 0).await?,
		project,
		validator,
	})
}

fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

impl Status {
	fn json(&self) -> Value {
		let validator = self.validator.as_ref().map(|(v, rewards)| {
			json!({
				"id": v.id,
				"cold_key": address(&v.cold_key),
				"hot_key": address(&v.hot_key),
				"bond": v.bond.to_string(),
				"required_bond": v.required_bond.to_string(),
				"reputation": f64::from(v.reputation) / f64::from(REPUTATION_ONE),
				"nodes": v.nodes.len(),
				"claimed": rewards.claimed.to_string(),
				"claimable": rewards.claimable.to_string(),
			})
		});
		json!({
			"genesis_hash": self.network.genesis_hash,
			"best_block": self.best,
			"finalized_block": self.finalized,
			"epoch": self.epoch.index,
			"epoch_end": self.epoch.end,
			"project": {
				"id": self.project.id,
				"name": text(&self.project.spec.name),
				"best_metric": self.project.best.map(|(_, metric)| metric),
				"proven": self.project.proven,
			},
			"leaderboard": self.leaderboard.iter().map(|row| json!({
				"validator": row.validator,
				"best_metric": row.best_metric,
				"proven": row.proven,
				"adoptions": row.adoptions,
			})).collect::<Vec<_>>(),
			"validator": validator,
		})
	}

	fn print(&self) {
		println!("chain       {:?}", self.network.genesis_hash);
		println!("blocks      best {}, finalised {}", self.best, self.finalized);
		println!(
			"epoch       {}, ends at block {}, budget {} W",
			self.epoch.index,
			self.epoch.end,
			woppals(&self.epoch.root_budget)
		);
		let spec = &self.project.spec;
		let best = self.project.best.map_or("none".into(), |(_, m)| m.to_string());
		println!(
			"project     {} {}: best {best} {}, {} proven",
			self.project.id,
			text(&spec.name),
			text(&spec.unit),
			self.project.proven
		);
		for row in &self.leaderboard {
			println!(
				"            validator {:>4}  best {:>9}  proven {:>5}  adoptions {:>4}",
				row.validator, row.best_metric, row.proven, row.adoptions
			);
		}
		let Some((v, rewards)) = &self.validator else { return };
		println!(
			"validator   {}, bond {} of {} W, reputation {:.3}, {} nodes",
			v.id,
			woppals(&v.bond),
			woppals(&v.required_bond),
			f64::from(v.reputation) / f64::from(REPUTATION_ONE),
			v.nodes.len()
		);
		println!(
			"rewards     claimed {} W, claimable {} W",
			woppals(&rewards.claimed),
			woppals(&rewards.claimable)
		);
	}
}

/// Shows the status.
pub(super) async fn show(args: StatusArgs, json: bool) -> Result<(), Error> {
	let client = connect(&args.node, &args.keys).await?;
	let status = read(&client, &args).await?;
	if json {
		println!("{}", status.json());
	} else {
		status.print();
	}
	Ok(())
}
