//! `doctor`: what a worker needs, each check with a line that says what to do.

use super::reach;
use crate::{
	chain::{client::Client, Chain},
	cli::SetUpArgs,
	error::{woppals, Error, Purpose},
	keys::{AccountKey, KeyError},
	miner::lab::Lab,
	prove::RootLab,
};
use serde_json::json;
use woppal_protocol::{
	identity::{Role, ValidatorInfo},
	Balance, WOPPAL,
};

/// Blocks by which finality may lag.
const FINALITY_LAG: u32 = 10;

struct Report {
	json: bool,
	checks: usize,
	failed: usize,
}

impl Report {
	fn note(&mut self, check: &'static str, result: Result<String, String>) {
		self.checks += 1;
		self.failed += usize::from(result.is_err());
		let is_ok = result.is_ok();
		let detail = result.unwrap_or_else(|e| e);
		if self.json {
			println!("{}", json!({ "check": check, "ok": is_ok, "detail": detail }));
		} else {
			println!("{:>4}  {check}: {detail}", if is_ok { "ok" } else { "FAIL" });
		}
	}
}

/// Makes all checks.
pub(super) async fn check(args: SetUpArgs, json: bool) -> Result<(), Error> {
	let mut report = Report { json, checks: 0, failed: 0 };
	let keys = args.keys.load();
	report.note(
		"keys",
		match &keys {
			Ok(keys) => match &keys.hot {
				Some(key) => Ok(format!("hot key {}", key.address())),
				None => Err(KeyError::Missing.to_string()),
			},
			Err(e) => Err(e.to_string()),
		},
	);
	report.note(
		"base path",
		match args.base_path() {
			Ok(path) => Ok(path.display().to_string()),
			Err(e) => Err(e.to_string()),
		},
	);
	let lab = args.prover.settings().and_then(|settings| Ok(RootLab::new(settings)?));
	report.note(
		"evaluator",
		match &lab {
			Ok(lab) => Ok(format!("program {:?}", lab.program_hash())),
			Err(e) => Err(e.to_string()),
		},
	);
	let client = Client::new(&args.node.url, keys.unwrap_or_default(), args.node.genesis_hash);
	match reach(&client).await {
		Ok(genesis) => {
			report.note("node", Ok(format!("{} answers, genesis {genesis:?}", args.node.url)));
			check_chain(&mut report, &client, &args, lab.ok()).await?;
		},
		Err(e) => report.note("node", Err(e.to_string())),
	}
	match report {
		Report { failed: 0, .. } => Ok(()),
		Report { failed, checks, .. } => Err(Error::Unhealthy { failed, checks }),
	}
}

async fn check_chain(
	report: &mut Report,
	client: &Client,
	args: &SetUpArgs,
	lab: Option<RootLab>,
) -> Result<(), Error> {
	let (name, version, spec) = client.versions().await?;
	report.note("versions", Ok(format!("{name} {version}, runtime {spec}")));
	let head = client.head().await?;
	let lag = head.number.saturating_sub(head.finalized);
	let blocks = format!("best {}, finalised {lag} behind", head.number);
	report.note(
		"blocks",
		if lag <= FINALITY_LAG {
			Ok(blocks)
		} else {
			Err(format!("{blocks}; look at the authorities"))
		},
	);
	let project = match client.project(args.project).await? {
		None => Err(Error::UnknownProject(args.project).to_string()),
		Some(project) => {
			let key_hash = client.key_hash(project.spec.key).await?;
			match lab.map(|lab| lab.check(&project, key_hash)) {
				Some(Err(reason)) => Err(reason.to_string()),
				_ => Ok(format!("{} fits this worker", args.project)),
			}
		},
	};
	report.note("project", project);
	let network = client.network().await?;
	let bond = Role::Miner.required_bond(network.parameters.deposits.bond);
	if let Some(key) = &client.keys().hot {
		let validator = client.validator_of(&key.account()).await?;
		report.note(
			"validator",
			match &validator {
				Some(v) if v.hot_key == key.account() => Ok(format!("{} is registered", v.id)),
				Some(v) => {
					Err(Error::ColdAsHot { account: key.address(), validator: v.id }.to_string())
				},
				None => Err(Error::NotRegistered { account: key.address() }.to_string()),
			},
		);
		if let Some(v) = validator.as_ref().filter(|v| v.hot_key == key.account()) {
			report.note("bond", check_bond(v, bond));
		}
		let need = network.parameters.deposits.start.saturating_add(WOPPAL / 4);
		check_balance(report, client, key, need, Purpose::Experiment).await?;
		if let (None, Some(cold)) = (&validator, &client.keys().cold) {
			check_balance(report, client, cold, bond, Purpose::Register).await?;
		}
	}
	Ok(())
}

/// Whether a miner's bond counts in this epoch.
fn check_bond(validator: &ValidatorInfo, need: Balance) -> Result<String, String> {
	let (bond, counting) = (woppals(&validator.bond), woppals(&validator.counting_bond));
	if validator.bond < need {
		let need = woppals(&need);
		Err(format!("{bond} W, but a miner earns only with {need} W; add to it with the cold key"))
	} else if validator.counting_bond < need {
		Ok(format!("{bond} W, of which {counting} W count; all of it from the next epoch on"))
	} else {
		Ok(format!("{counting} W count in this epoch"))
	}
}

async fn check_balance(
	report: &mut Report,
	client: &Client,
	key: &AccountKey,
	need: u128,
	purpose: Purpose,
) -> Result<(), Error> {
	let have = client.free_balance(&key.account()).await?;
	let account = key.address();
	report.note(
		"balance",
		if have >= need {
			Ok(format!("{account} has {} W", woppals(&have)))
		} else {
			Err(Error::InsufficientBalance { account, have, need, purpose }.to_string())
		},
	);
	Ok(())
}
