//! The networks known by name. Their genesis comes from the presets inside the runtime.

use sc_service::{ChainType, Properties};
use woppal_host::host::HostFunctions as WoppalHostFunctions;
use woppal_runtime::genesis_config_presets as presets;

/// A chain specification: nothing beyond what every chain has.
pub(crate) type ChainSpec = sc_service::GenericChainSpec<Option<()>, WoppalHostFunctions>;

/// How wallets show amounts and addresses.
fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "W".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), 42.into());
	properties
}

fn from_preset(
	name: &str,
	id: &str,
	chain_type: ChainType,
	preset: &str,
) -> Result<ChainSpec, String> {
	let code = woppal_runtime::WASM_BINARY.ok_or(
		"this binary was built without the runtime's WebAssembly (SKIP_WASM_BUILD); \
		 build it again without that variable, or name a raw chain specification",
	)?;
	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id(id)
		.with_chain_type(chain_type)
		.with_properties(properties())
		.with_genesis_config_preset_name(preset)
		.build())
}

/// The network with this id, or the specification in this file.
pub(crate) fn load(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	Ok(Box::new(match id {
		"" | "dev" => from_preset(
			"Woppal Development",
			"woppal_dev",
			ChainType::Development,
			presets::DEVELOPMENT,
		)?,
		"local" => from_preset("Woppal Local", "woppal_local", ChainType::Local, presets::LOCAL)?,
		// A base to export and patch: it has no authorities, so it can't run as it is.
		"testnet" => {
			from_preset("Woppal Testnet", "woppal_testnet", ChainType::Live, presets::TESTNET)?
		},
		path => ChainSpec::from_json_file(path.into())?,
	}))
}
