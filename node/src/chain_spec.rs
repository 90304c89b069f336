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

/// A network known by name.
struct Known {
	name: &'static str,
	id: &'static str,
	chain_type: ChainType,
	preset: &'static str,
}

impl Known {
	fn find(id: &str) -> Option<Self> {
		let (name, id, chain_type, preset) = match id {
			"" | "dev" => {
				("Woppal Development", "woppal_dev", ChainType::Development, presets::DEVELOPMENT)
			},
			"local" => ("Woppal Local", "woppal_local", ChainType::Local, presets::LOCAL),
			// A base to export and patch: it has no authorities, so it can't run as it is.
			"testnet" => ("Woppal Testnet", "woppal_testnet", ChainType::Live, presets::TESTNET),
			_ => return None,
		};
		Some(Self { name, id, chain_type, preset })
	}

	/// The specification that names the preset, for people to read and patch.
	fn spec(self) -> Result<ChainSpec, String> {
		Ok(ChainSpec::builder(code()?, None)
			.with_name(self.name)
			.with_id(self.id)
			.with_protocol_id(self.id)
			.with_chain_type(self.chain_type)
			.with_properties(properties())
			.with_genesis_config_preset_name(self.preset)
			.build())
	}

	/// The same network with its genesis built already.
	fn raw_spec(self) -> Result<ChainSpec, String> {
		let mut storage = presets::storage(self.preset)?;
		storage.top.insert(sp_core::storage::well_known_keys::CODE.to_vec(), code()?.to_vec());
		let hex = |bytes: &[u8]| sp_core::bytes::to_hex(bytes, false);
		let top: serde_json::Map<String, serde_json::Value> =
			storage.top.iter().map(|(key, value)| (hex(key), hex(value).into())).collect();
		let spec = serde_json::json!({
			"name": self.name,
			"id": self.id,
			"protocolId": self.id,
			"chainType": self.chain_type,
			"properties": properties(),
			"bootNodes": [],
			"telemetryEndpoints": null,
			"codeSubstitutes": {},
			"genesis": { "raw": { "top": top, "childrenDefault": {} } },
		});
		ChainSpec::from_json_bytes(spec.to_string().into_bytes())
	}
}

fn code() -> Result<&'static [u8], String> {
	woppal_runtime::WASM_BINARY.ok_or_else(|| {
		"this binary was built without the runtime's WebAssembly (SKIP_WASM_BUILD); build it again \
		 without that variable, or name a raw chain specification"
			.into()
	})
}

/// The network with this id, or the specification in this file, to be written out.
pub(crate) fn load(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	Ok(Box::new(match Known::find(id) {
		Some(known) => known.spec()?,
		None => ChainSpec::from_json_file(id.into())?,
	}))
}

/// The network with this id, or the specification in this file, to be run. A network known by name
/// gets its genesis without the WebAssembly blob, so that the first block comes seconds earlier.
pub(crate) fn load_to_run(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	Ok(Box::new(match Known::find(id) {
		Some(known) => known.raw_spec()?,
		None => ChainSpec::from_json_file(id.into())?,
	}))
}
