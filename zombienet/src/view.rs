//! What a network looks like at one moment.

use crate::client::Client;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Write as _;
use woppal_protocol::{
	api::{EpochInfo, NetworkInfo, LEADERBOARD_PAGE, REWARDS_PAGE},
	Balance, BlockNumber, EpochIndex, ProjectId, ValidatorId, WOPPAL,
};

/// A project as `scripts/run --json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectView {
	/// The project's number.
	pub id: ProjectId,
	/// Its best metric, if anything is proven.
	pub best_metric: Option<i32>,
}

/// A validator as `scripts/run --json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct ValidatorView {
	/// The validator's number.
	pub id: ValidatorId,
	/// Its cold key, in hex.
	pub cold_key: String,
	/// Experiments proven, over all projects.
	pub experiments_proven: u32,
	/// Verified adoptions credited to it, over all projects.
	pub adoptions: u32,
	/// Its weight in the current epoch.
	pub weight: String,
	/// Plancks claimed so far.
	pub rewards: String,
	/// Its best metric in project 0.
	#[serde(skip)]
	pub best_metric: Option<i32>,
	/// Plancks claimed and claimable.
	#[serde(skip)]
	pub earned: Balance,
}

/// A network at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct View {
	/// Epochs closed so far.
	pub epochs: EpochIndex,
	/// Height of the best block.
	pub best_block: BlockNumber,
	/// Height of the last finalised block.
	pub finalized_block: BlockNumber,
	/// Tokens in existence, in plancks.
	pub issuance: String,
	/// The projects.
	pub projects: Vec<ProjectView>,
	/// The validators.
	pub validators: Vec<ValidatorView>,
	/// The network's parameters and totals.
	#[serde(skip)]
	pub network: NetworkInfo,
	/// The current epoch.
	#[serde(skip)]
	pub epoch: EpochInfo,
}

impl View {
	/// Reads a network.
	///
	/// # Errors
	/// When the node does not answer.
	pub async fn read(client: &Client) -> Result<Self> {
		let network = client.network().await?;
		let epoch = client.epoch().await?;
		let mut projects = Vec::new();
		let mut rows = Vec::new();
		for id in 0..network.projects {
			let project = client.project(id).await?.context("a project disappeared")?;
			projects.push(ProjectView { id, best_metric: project.best.map(|(_, m)| m) });
			for page in 0..network.validators.div_ceil(LEADERBOARD_PAGE) {
				rows.extend(client.leaderboard(id, page).await?.into_iter().map(|r| (id, r)));
			}
		}
		let mut validators = Vec::new();
		for id in 0..network.validators {
			let Some(info) = client.validator(id).await? else { continue };
			let first = (epoch.index + 1).saturating_sub(REWARDS_PAGE);
			let rewards = client.rewards(id, first, REWARDS_PAGE).await?;
			let mine = || rows.iter().filter(|(_, r)| r.validator == id);
			validators.push(ValidatorView {
				id,
				cold_key: format!("0x{}", hex::encode::<&[u8]>(info.cold_key.as_ref())),
				experiments_proven: mine().map(|(_, r)| r.proven).sum(),
				adoptions: mine().map(|(_, r)| r.adoptions).sum(),
				weight: rewards
					.epochs
					.iter()
					.find(|e| e.epoch == epoch.index)
					.map_or(0, |e| e.weight)
					.to_string(),
				rewards: rewards.claimed.to_string(),
				best_metric: mine().find(|(p, _)| *p == 0).map(|(_, r)| r.best_metric),
				earned: rewards.claimed + rewards.claimable,
			});
		}
		Ok(Self {
			epochs: epoch.index,
			best_block: client.best().await?,
			finalized_block: client.finalized().await?,
			issuance: client.issuance().await?.to_string(),
			projects,
			validators,
			network,
			epoch,
		})
	}

	/// The network as a table of lines for a terminal.
	pub fn table(&self) -> String {
		let mut out = String::new();
		let left = self.epoch.end.saturating_sub(self.best_block);
		// Writing to a string cannot fail.
		let _ = writeln!(
			out,
			"best block {}   finalised {}   epoch {} ({left} blocks left)   best metric {}   issuance {} W",
			self.best_block,
			self.finalized_block,
			self.epochs,
			metric(self.projects.first().and_then(|p| p.best_metric)),
			self.issuance.parse::<Balance>().map(woppals).unwrap_or_default(),
		);
		let _ = writeln!(
			out,
			"{:>9}  {:<12}  {:>11}  {:>12}  {:>9}  {:>14}  {:>14}",
			"validator",
			"cold key",
			"experiments",
			"best metric",
			"adoptions",
			"weight",
			"W earned"
		);
		for v in &self.validators {
			let _ = writeln!(
				out,
				"{:>9}  {:<12}  {:>11}  {:>12}  {:>9}  {:>14}  {:>14}",
				v.id,
				v.cold_key.get(..12).unwrap_or_default(),
				v.experiments_proven,
				metric(v.best_metric),
				v.adoptions,
				v.weight,
				woppals(v.earned),
			);
		}
		if self.validators.is_empty() {
			let _ = writeln!(out, "  (no validator has registered yet)");
		}
		out
	}
}

fn metric(value: Option<i32>) -> String {
	value.map_or("-".into(), |m| m.to_string())
}

/// Plancks as woppals with three digits.
fn woppals(plancks: Balance) -> String {
	format!("{}.{:03}", plancks / WOPPAL, plancks % WOPPAL / (WOPPAL / 1_000))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn woppals_are_rounded_down() {
		assert_eq!(woppals(0), "0.000");
		assert_eq!(woppals(WOPPAL + WOPPAL / 2), "1.500");
		assert_eq!(woppals(WOPPAL - 1), "0.999");
	}
}
