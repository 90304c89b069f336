//! What a network looks like at one moment.

use crate::client::Client;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fmt::Write as _;
use woppal_protocol::{
	api::{EpochInfo, NetworkInfo, LEADERBOARD_PAGE, REWARDS_PAGE},
	research::LeaderboardEntry,
	stake::PoolId,
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
	/// Its own bond in plancks.
	pub bond: String,
	/// Plancks delegated to it, those that wait for their price included.
	pub pool: String,
	/// Whether it authors blocks in the current session.
	pub author: bool,
	/// Blocks that it authored in the epochs that are remembered.
	pub blocks: u32,
	/// Offences recorded.
	pub offences: u32,
	/// Its best metric in project 0.
	#[serde(skip)]
	pub best_metric: Option<i32>,
	/// Plancks claimed and claimable.
	#[serde(skip)]
	pub earned: Balance,
	/// Its own bond in plancks that counts in the current epoch.
	#[serde(skip)]
	pub counting_bond: Balance,
}

impl ValidatorView {
	/// Reads a validator; `None` for one that left. `rows`: the leaderboards of all projects.
	async fn read(
		client: &Client,
		id: ValidatorId,
		epoch: EpochIndex,
		rows: &[(ProjectId, LeaderboardEntry)],
	) -> Result<Option<Self>> {
		let Some(info) = client.validator(id).await? else { return Ok(None) };
		let first = (epoch + 1).saturating_sub(REWARDS_PAGE);
		let rewards = client.rewards(id, first, REWARDS_PAGE).await?;
		let pool = client.pool(PoolId::Validator(id)).await?;
		let mine = || rows.iter().filter(|(_, r)| r.validator == id);
		let current = rewards.epochs.iter().find(|e| e.epoch == epoch);
		Ok(Some(Self {
			id,
			cold_key: format!("0x{}", hex::encode::<&[u8]>(info.cold_key.as_ref())),
			experiments_proven: mine().map(|(_, r)| r.proven).sum(),
			adoptions: mine().map(|(_, r)| r.adoptions).sum(),
			weight: current.map_or(0, |e| e.weight).to_string(),
			rewards: rewards.claimed.to_string(),
			bond: info.bond.to_string(),
			pool: (pool.value + pool.pending).to_string(),
			// Until the network says who its authors are.
			author: false,
			blocks: rewards.epochs.iter().map(|e| e.blocks).sum(),
			offences: info.offences,
			best_metric: mine().find(|(p, _)| *p == 0).map(|(_, r)| r.best_metric),
			earned: rewards.claimed + rewards.claimable,
			counting_bond: info.counting_bond,
		}))
	}
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
		let authorities = client.authorities().await?;
		let mut validators = Vec::new();
		for id in 0..network.validators {
			validators.extend(ValidatorView::read(client, id, epoch.index, &rows).await?);
		}
		for v in &mut validators {
			v.author = authorities.current.iter().any(|seat| seat.validator == Some(v.id));
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
			parsed_woppals(&self.issuance),
		);
		let _ = writeln!(
			out,
			"{:>9}  {:<12}  {:>6}  {:>11}  {:>12}  {:>9}  {:>12}  {:>12}  {:>12}  {:>12}",
			"validator",
			"cold key",
			"author",
			"experiments",
			"best metric",
			"adoptions",
			"weight",
			"W bonded",
			"W in pool",
			"W earned"
		);
		for v in &self.validators {
			let _ = writeln!(
				out,
				"{:>9}  {:<12}  {:>6}  {:>11}  {:>12}  {:>9}  {:>12}  {:>12}  {:>12}  {:>12}",
				v.id,
				v.cold_key.get(..12).unwrap_or_default(),
				if v.author { "yes" } else { "-" },
				v.experiments_proven,
				metric(v.best_metric),
				v.adoptions,
				v.weight,
				parsed_woppals(&v.bond),
				parsed_woppals(&v.pool),
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

/// The same of plancks that are written as a number.
fn parsed_woppals(plancks: &str) -> String {
	plancks.parse().map(woppals).unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;
	use woppal_protocol::{
		network::{Deposits, NetworkParameters},
		time::Timing,
		H256,
	};

	/// A network with one validator whose numbers are large.
	fn view() -> View {
		let parameters =
			NetworkParameters { timing: Timing::FAST, deposits: Deposits::FAST, live: false };
		View {
			epochs: 99_999,
			best_block: 9_999_999,
			finalized_block: 9_999_999,
			issuance: (10_000_000 * WOPPAL).to_string(),
			projects: vec![ProjectView { id: 0, best_metric: Some(-1_234_567) }],
			validators: vec![ValidatorView {
				id: 7,
				cold_key: format!("0x{}", "ab".repeat(32)),
				experiments_proven: 12_345,
				adoptions: 1_234,
				weight: "403200000000".into(),
				rewards: "1".into(),
				bond: (1_000_000 * WOPPAL).to_string(),
				pool: (2 * WOPPAL).to_string(),
				author: true,
				blocks: 5,
				offences: 0,
				best_metric: Some(-1_234_567),
				earned: 9_999_999 * WOPPAL,
				counting_bond: WOPPAL,
			}],
			network: NetworkInfo {
				genesis_hash: H256::zero(),
				parameters,
				genesis_issuance: 0,
				minted: 0,
				burned: 0,
				projects: 1,
				validators: 8,
			},
			epoch: EpochInfo {
				index: 99_999,
				start: 0,
				end: 9_999_999,
				budget: 0,
				root_budget: 0,
				author_budget: 0,
				pot: 0,
				total_weight: 0,
			},
		}
	}

	#[test]
	fn the_table_fits_a_terminal_and_shows_stake_and_authors() {
		let table = view().table();
		assert!(table.lines().all(|line| line.chars().count() <= 130), "{table}");
		let row: Vec<_> = table.lines().nth(2).expect("a row").split_whitespace().collect();
		assert_eq!((row[2], row[7], row[8]), ("yes", "1000000.000", "2.000"));
	}

	#[test]
	fn the_json_keeps_its_fields() {
		let json = serde_json::to_value(view()).expect("a view is plain data");
		for field in ["epochs", "best_block", "finalized_block", "issuance", "projects"] {
			assert!(!json[field].is_null(), "{field}");
		}
		let validator = json["validators"][0].as_object().expect("an object");
		let fields: Vec<_> = validator.keys().map(String::as_str).collect();
		for field in [
			"id",
			"cold_key",
			"experiments_proven",
			"adoptions",
			"weight",
			"rewards",
			"bond",
			"pool",
		] {
			assert!(fields.contains(&field), "{field}");
		}
	}

	#[test]
	fn woppals_are_rounded_down() {
		assert_eq!(woppals(0), "0.000");
		assert_eq!(woppals(WOPPAL + WOPPAL / 2), "1.500");
		assert_eq!(woppals(WOPPAL - 1), "0.999");
	}
}
