//! Builds the runtime's WebAssembly blob, which the native build embeds.

fn main() {
	#[cfg(feature = "std")]
	{
		// Where the target folder is outside the checkout the builder finds no lock file by itself,
		// and without one it would build the blob from whatever versions are newest.
		let hint = "WASM_BUILD_WORKSPACE_HINT";
		if std::env::var_os(hint).is_none() {
			if let Some(root) = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent() {
				std::env::set_var(hint, root);
			}
		}
		substrate_wasm_builder::WasmBuilder::build_using_defaults();
	}
}
