//! The rules of `ARCHITECTURE.md` that a machine can check.

use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	path::{Path, PathBuf},
	process::Command,
};

fn root() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root").into()
}

/// Our crates: name, folder relative to the root, names of the dependencies that are built into
/// them (test-only ones are free).
fn members() -> BTreeMap<String, (String, BTreeSet<String>)> {
	let out = Command::new(env!("CARGO"))
		.args(["metadata", "--format-version=1", "--no-deps", "--locked"])
		.current_dir(root())
		.output()
		.expect("cargo runs");
	assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
	let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo prints JSON");
	let text = |v: &Value| v.as_str().expect("a string").to_owned();
	metadata["packages"]
		.as_array()
		.expect("packages")
		.iter()
		.map(|p| {
			let manifest = PathBuf::from(text(&p["manifest_path"]));
			let folder =
				manifest.parent().and_then(|f| f.strip_prefix(root()).ok()).expect("inside");
			let dependencies = p["dependencies"]
				.as_array()
				.expect("dependencies")
				.iter()
				.filter(|d| d["kind"].is_null())
				.map(|d| text(&d["name"]))
				.collect();
			(text(&p["name"]), (folder.display().to_string(), dependencies))
		})
		.collect()
}

#[test]
fn dependencies_point_one_way() {
	let members = members();
	assert!(members.len() >= 13, "only {} members found", members.len());
	let allowed = |from: &str, to: &str| match from.split('/').next().expect("a folder") {
		"primitives" | "examples" => to.starts_with("primitives/"),
		// Pallets meet through traits, never through each other's crates.
		"pallets" => to.starts_with("primitives/"),
		"runtime" => to.starts_with("primitives/") || to.starts_with("pallets/"),
		"node" => to == "runtime" || to.starts_with("primitives/"),
		// The worker learns the chain from its metadata.
		"subnet-worker" | "zombienet" => to.starts_with("primitives/"),
		other => panic!("{other} has no rule: add one here and to ARCHITECTURE.md"),
	};
	for (name, (folder, dependencies)) in &members {
		for (to, _) in dependencies.iter().filter_map(|d| members.get(d)) {
			assert!(allowed(folder, to), "{name} ({folder}) must not depend on {to}");
		}
	}
}

#[test]
fn no_sdk_crate_occurs_twice() {
	let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
	let mut seen = BTreeSet::new();
	let mut checked = 0;
	for line in lock.lines() {
		let Some(name) = line.strip_prefix("name = \"").and_then(|l| l.strip_suffix('"')) else {
			continue;
		};
		// `sp-crypto-hashing` and friends are versioned apart from the release line and may differ.
		let sdk = ["sc-", "frame-s", "frame-e", "pallet-", "sp-r", "sp-core", "sp-io", "sp-api"];
		if sdk.iter().any(|p| name.starts_with(p)) {
			checked += 1;
			assert!(
				seen.insert(name),
				"{name} occurs twice: two release lines of the SDK are mixed"
			);
		}
	}
	assert!(checked > 80, "only {checked} SDK crates were seen");
}
