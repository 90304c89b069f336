//! Makes the development verifying keys again and writes them into `keys/`.
//!
//! Needed after every change of a circuit: `cargo run -p woppal-zkwasm --example development_keys`.

use std::{error::Error, fs, path::Path};
use woppal_zkwasm::{setup::development_keys, shape::CIRCUITS};

fn main() -> Result<(), Box<dyn Error>> {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("keys");
	for (name, shape) in CIRCUITS {
		let (_, verifying) = development_keys(&shape)?;
		let path = folder.join(format!("development-{name}.vk"));
		fs::write(&path, &verifying.0)?;
		println!("{name}: {} bytes", verifying.0.len());
	}
	Ok(())
}
