//! `status`: the network, the project and a validator.

use super::{connect, find_validator};
use crate::{
	chain::{client::Client, Chain},
	cli::StatusArgs,
	error::{woppals, Error},
	keys::address,
	program::Circuit,
	prove::development_hash,
};
use serde_json::{json, Value};
use woppal_protocol::{
	api::{EpochInfo, NetworkInfo, OffenceInfo, PresenceInfo, Rewards, REWARDS_PAGE},
	gate::{AuthoritiesInfo, Exclusion, Seat},
	identity::{ValidatorInfo, RAMP_EPOCHS, REPUTATION_ONE},
	research::{LeaderboardEntry, ProjectInfo},
	ValidatorId, H256,
};

struct Status {
	network: NetworkInfo,
	epoch: EpochInfo,
	best: u32,
	finalized: u32,
	project: ProjectInfo,
	/// Hash of its verifying key.
	key_hash: Option<H256>,
	leaderboard: Vec<LeaderboardEntry>,
	validator: Option<ValidatorStatus>,
}

struct ValidatorStatus {
	info: ValidatorInfo,
	rewards: Rewards,
	presence: Option<PresenceInfo>,
	offences: OffenceInfo,
	gate: Gate,
}

/// Where a validator stands as a block author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
	/// It authors now and goes on.
	Author,
	/// It authors now and has no seat in the next session.
	Leaving,
	/// It authors from the next session on.
	Next,
	/// It is a candidate without a seat.
	Candidate(Exclusion),
	/// It has not joined.
	NotJoined,
}

impl Gate {
	fn of(authorities: &AuthoritiesInfo, id: ValidatorId) -> Self {
		let has_seat = |set: &[Seat]| set.iter().any(|seat| seat.validator == Some(id));
		let candidate = authorities.candidates.iter().find(|c| c.validator == id);
		match (has_seat(&authorities.current), has_seat(&authorities.next)) {
			(true, true) => Self::Author,
			(true, false) => Self::Leaving,
			(false, true) => Self::Next,
			(false, false) => candidate.map_or(Self::NotJoined, |c| {
				Self::Candidate(c.exclusion.unwrap_or(Exclusion::Outranked))
			}),
		}
	}

	fn text(self) -> &'static str {
		match self {
			Self::Author => "block author",
			Self::Leaving => "block author until the end of the session",
			Self::Next => "block author from the next session on",
			Self::Candidate(Exclusion::Outranked) => "candidate that waits for a seat",
			Self::Candidate(Exclusion::Idle) => "candidate without a recent experiment",
			Self::Candidate(Exclusion::HotKeyRotated) => "candidate whose new hot key must join",
			Self::Candidate(Exclusion::NoSessionKeys) => "candidate without session keys",
			Self::Candidate(_) => "candidate without a seat",
			Self::NotJoined => "no candidate",
		}
	}
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
			Some(ValidatorStatus {
				rewards,
				presence: client.presence(validator.id).await?,
				offences: client.offences(validator.id).await?,
				gate: Gate::of(&client.authorities().await?, validator.id),
				info: validator,
			})
		},
	};
	Ok(Status {
		network: client.network().await?,
		epoch,
		key_hash: client.key_hash(project.spec.key).await?,
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
	/// Whether the project's verifying key is the circuit's development key.
	fn has_development_key(&self) -> bool {
		let shape = Circuit::of(self.project.spec.circuit).shape();
		self.key_hash == Some(development_hash(&shape))
	}

	fn json(&self) -> Value {
		let validator = self.validator.as_ref().map(|status| {
			let ValidatorStatus { info: v, rewards, presence, offences, gate } = status;
			json!({
				"id": v.id,
				"cold_key": address(&v.cold_key),
				"hot_key": address(&v.hot_key),
				"bond": v.bond.to_string(),
				"counting_bond": v.counting_bond.to_string(),
				"required_bond": v.required_bond.to_string(),
				"pool": v.pool.to_string(),
				"commission_percent": v.commission_percent,
				"reputation": f64::from(v.reputation) / f64::from(REPUTATION_ONE),
				"ramp": presence.map(|p| p.ramp.0),
				"missed_epochs": presence.map(|p| p.missed),
				"offences": v.offences,
				"slashed": offences.slashed.to_string(),
				"gate": gate.text(),
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
				"key": self.project.spec.key,
				"key_hash": self.key_hash,
				"development_key": self.has_development_key(),
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
		if let Some(hash) = self.key_hash {
			let kind = if self.has_development_key() { ", the development key" } else { "" };
			println!("            verifying key {}: {hash:?}{kind}", spec.key);
		}
		for row in &self.leaderboard {
			println!(
				"            validator {:>4}  best {:>9}  proven {:>5}  adoptions {:>4}",
				row.validator, row.best_metric, row.proven, row.adoptions
			);
		}
		if let Some(validator) = &self.validator {
			validator.print();
		}
	}
}

impl ValidatorStatus {
	fn print(&self) {
		let Self { info: v, rewards, presence, offences, gate } = self;
		println!(
			"validator   {}, reputation {:.3}, {} nodes, {}",
			v.id,
			f64::from(v.reputation) / f64::from(REPUTATION_ONE),
			v.nodes.len(),
			gate.text()
		);
		println!(
			"bond        {} W, of which {} W count in this epoch and {} W are needed",
			woppals(&v.bond),
			woppals(&v.counting_bond),
			woppals(&v.required_bond)
		);
		println!("pool        {} W count, commission {} %", woppals(&v.pool), v.commission_percent);
		match presence {
			Some(p) => println!(
				"presence    ramp {} of {RAMP_EPOCHS}, {} pulses answered in this epoch, {} epochs missed in a row",
				p.ramp.0, p.answered, p.missed
			),
			None => println!("presence    no heartbeat yet"),
		}
		println!(
			"offences    {}, {} W slashed in this epoch",
			v.offences,
			woppals(&offences.slashed)
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

#[cfg(test)]
mod tests {
	use super::*;
	use woppal_protocol::{gate::CandidateInfo, AccountId32};

	#[test]
	fn a_validator_stands_where_its_seats_are() {
		let seat = |id| Seat { account: AccountId32::new([1; 32]), validator: Some(id) };
		let candidate = |validator, exclusion| CandidateInfo {
			validator,
			account: AccountId32::new([1; 32]),
			rank: 1,
			expires: 1,
			exclusion,
		};
		let genesis = Seat { account: AccountId32::new([2; 32]), validator: None };
		let authorities = AuthoritiesInfo {
			session: 4,
			current: vec![seat(1), seat(2), genesis],
			next: vec![seat(1), seat(3)],
			grace_ends: 0,
			candidates: vec![candidate(1, None), candidate(4, Some(Exclusion::NoSessionKeys))],
		};
		for (id, gate) in [
			(1, Gate::Author),
			(2, Gate::Leaving),
			(3, Gate::Next),
			(4, Gate::Candidate(Exclusion::NoSessionKeys)),
			(5, Gate::NotJoined),
		] {
			assert_eq!(Gate::of(&authorities, id), gate, "validator {id}");
		}
	}
}
