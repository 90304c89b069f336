//! The polkadot.js examples, as a user runs them.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::{
	path::{Path, PathBuf},
	process::Command,
};

/// Runs an example of `scripts/polkadot-js` and returns the JSON that it prints.
///
/// # Errors
/// When node.js is missing, the example fails (with its own words), or it prints something else.
pub fn run(name: &str, args: &[&str]) -> Result<Value> {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace's root")?;
	let out = Command::new("node")
		.arg(root.join("scripts/polkadot-js").join(name))
		.args(args)
		.output()
		.context("node.js is needed: run scripts/setup")?;
	ensure!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
	serde_json::from_slice(&out.stdout)
		.with_context(|| format!("{name} printed {}", String::from_utf8_lossy(&out.stdout)))
}

/// The folder of the built binaries: a test's own target folder.
///
/// # Errors
/// When the caller is no test that cargo built.
pub fn bin_dir() -> Result<PathBuf> {
	let exe = std::env::current_exe().context("a test has a path")?;
	Ok(exe.ancestors().nth(2).context("tests run from <target>/<profile>/deps")?.into())
}
