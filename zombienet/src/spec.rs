//! Chain specifications: `local` with more authorities and shorter sessions.

use anyhow::{ensure, Context, Result};
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	process::Command,
};
use woppal_protocol::time::Timing;

/// Timing of a network of several authorities: what takes sessions and epochs is seen in minutes.
pub const TIMING: Timing = Timing { session: 10, epoch: 20, ..Timing::FAST };

/// A well-known authority.
#[derive(Clone, Copy, Debug)]
pub struct Authority {
	/// Its name, and the node's flag with which it signs with this authority's keys.
	pub name: &'static str,
	/// Its account, which is its BABE key as well: the well-known Sr25519 key.
	pub account: &'static str,
	/// Its GRANDPA key: the well-known Ed25519 key.
	pub grandpa: &'static str,
}

/// The authorities that a network may have from its genesis, in order.
pub const AUTHORITIES: [Authority; 4] = [
	Authority {
		name: "alice",
		account: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
		grandpa: "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu",
	},
	Authority {
		name: "bob",
		account: "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
		grandpa: "5GoNkf6WdbxCFnPdAnYYQyCjAKPJgLNxXwPjwTh6DGg6gN3E",
	},
	Authority {
		name: "charlie",
		account: "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y",
		grandpa: "5DbKjhNLpqX3zqZdNBc9BGb4fHU1cRBaDhJUskrvkwfraDi6",
	},
	Authority {
		name: "dave",
		account: "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy",
		grandpa: "5ECTwv6cZ5nJQPk6tWfaTrEk8YH2L7X1VT4EL5Tx2ikfFwb7",
	},
];

/// Writes the specification of a `local` network with these authorities and [`TIMING`], its genesis
/// built, so that not every node has to build it.
///
/// # Errors
/// When the node can't export it, or it has no place for authorities or timing.
pub fn write(bin_dir: &Path, dir: &Path, authorities: &[Authority]) -> Result<PathBuf> {
	let (plain, raw) = (dir.join("local.json"), dir.join("local-raw.json"));
	export(bin_dir, "local", &plain, false)?;
	let mut spec: Value = serde_json::from_slice(&std::fs::read(&plain)?)?;
	patch(&mut spec, authorities)?;
	std::fs::write(&plain, spec.to_string())?;
	export(bin_dir, &plain.display().to_string(), &raw, true)?;
	Ok(raw)
}

fn patch(spec: &mut Value, authorities: &[Authority]) -> Result<()> {
	let genesis = spec
		.pointer_mut("/genesis/runtimeGenesis/patch")
		.context("the exported specification has no patch of a genesis")?;
	let keys = genesis.pointer_mut("/session/keys").context("there are no session keys")?;
	*keys = authorities
		.iter()
		.map(|a| json!([a.account, a.account, { "babe": a.account, "grandpa": a.grandpa }]))
		.collect();
	let timing = genesis.pointer_mut("/network/parameters/timing").context("there is no timing")?;
	*timing = serde_json::to_value(TIMING)?;
	Ok(())
}

fn export(bin_dir: &Path, chain: &str, to: &Path, is_raw: bool) -> Result<()> {
	let mut command = Command::new(bin_dir.join("woppal-node"));
	command.args(["export-chain-spec", "--chain", chain, "--output"]).arg(to);
	if is_raw {
		command.arg("--raw");
	}
	let out = command.output().context("cannot start woppal-node: is it built?")?;
	let error = String::from_utf8_lossy(&out.stderr);
	ensure!(out.status.success(), "woppal-node cannot export the chain {chain}: {error}");
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn authorities_and_timing_replace_those_of_the_preset() {
		let mut spec = json!({ "genesis": { "runtimeGenesis": {
			"code": "0x00",
			"patch": {
				"network": { "parameters": { "timing": Timing::FAST, "live": false } },
				"session": { "keys": [["a", "a", {}]] },
				"sudo": { "key": "a" },
			},
		} } });
		patch(&mut spec, &AUTHORITIES[..2]).unwrap();
		let genesis = &spec["genesis"]["runtimeGenesis"]["patch"];
		assert_eq!(genesis["session"]["keys"].as_array().map(Vec::len), Some(2));
		assert_eq!(genesis["session"]["keys"][1][2]["grandpa"], AUTHORITIES[1].grandpa);
		assert_eq!(genesis["network"]["parameters"]["timing"]["epoch"], TIMING.epoch);
		assert_eq!(genesis["network"]["parameters"]["live"], false);
		assert_eq!(genesis["sudo"]["key"], "a");
		assert!(TIMING.is_valid());
		assert!(patch(&mut json!({}), &AUTHORITIES).is_err());
	}
}
