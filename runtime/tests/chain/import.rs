//! Blocks that were built natively, executed again: natively, and by the WebAssembly blob with the
//! node's host functions.

use crate::{
	chain::{genesis_header, genesis_json, genesis_storage, Chain},
	work::{evaluate, network, open_and_prove, prove_call, Plan},
};
use codec::{Decode, Encode};
use sc_executor::WasmExecutor;
use serde_json::json;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_io::TestExternalities;
use sp_runtime::{traits::Header as _, Storage};
use woppal_protocol::statement::Claim;
use woppal_runtime::{Block, Executive, WASM_BINARY};

/// The host functions of our node.
type HostFunctions = (sp_io::SubstrateHostFunctions, woppal_host::host::HostFunctions);

/// Executes blocks as an importing node does, natively. State and extrinsics must have the roots that
/// the headers name.
pub(crate) fn imports_natively((genesis, blocks): (Storage, Vec<Block>)) {
	let mut ext = TestExternalities::from(genesis);
	assert!(!blocks.is_empty());
	for block in blocks {
		ext.execute_with(|| Executive::execute_block(block.into()));
		ext.commit_all().unwrap();
	}
}

/// The blob, and what runs it.
pub(crate) struct Blob {
	code: &'static [u8],
	executor: WasmExecutor<HostFunctions>,
}

impl Blob {
	/// The blob, if this build has one: `SKIP_WASM_BUILD` leaves it out, nothing else may.
	pub(crate) fn get() -> Option<Self> {
		let Some(code) = WASM_BINARY else {
			assert!(
				option_env!("SKIP_WASM_BUILD").is_some()
					|| std::env::var_os("SKIP_WASM_BUILD").is_some(),
				"there is no blob although its build was not skipped"
			);
			println!("no blob in this build (SKIP_WASM_BUILD): it is not tested");
			return None;
		};
		Some(Self { code, executor: WasmExecutor::builder().build() })
	}

	/// Calls an exported function.
	pub(crate) fn call(
		&self,
		ext: &mut TestExternalities,
		method: &str,
		data: &[u8],
	) -> Result<Vec<u8>, String> {
		let fetcher = WrappedRuntimeCode(self.code.into());
		let code = RuntimeCode {
			code_fetcher: &fetcher,
			heap_pages: None,
			hash: sp_io::hashing::blake2_256(self.code).to_vec(),
		};
		let context = CallContext::Onchain { import: true };
		let (result, _) = self.executor.call(&mut ext.ext(), &code, method, data, context);
		// A build that skips the blob keeps one that is there already, however old.
		result.map_err(|error| format!("{error} (is the blob as new as the sources?)"))
	}
}

/// A chain with an accepted, a rejected, a malformed and a trapped proof.
fn built_natively() -> Chain {
	let mut chain = network(1);
	open_and_prove(&mut chain, &Plan::new(0, 1, -50).two_segments());
	open_and_prove(&mut chain, &Plan::new(0, 2, -50).trapping());
	let plan = Plan::new(0, 3, -50);
	let id = plan.open(&mut chain);
	let mut evaluation = evaluate(&mut chain, &plan, id);
	let mut malformed = evaluation.clone();
	malformed.segments[0].proof.truncate(100);
	let call = prove_call(&mut chain, id, &malformed);
	assert!(chain.submit(plan.miner.hot, call).is_err());
	evaluation.claim = Claim::Halted { metric: -51 };
	let call = prove_call(&mut chain, id, &evaluation);
	chain.succeed(plan.miner.hot, call);
	chain.next_block();
	chain
}

#[test]
fn the_blob_imports_what_was_built_natively() {
	let (genesis, blocks) = built_natively().history();
	imports_natively((genesis.clone(), blocks.clone()));
	let Some(blob) = Blob::get() else { return };

	let mut ext = TestExternalities::from(genesis.clone());
	for block in &blocks {
		blob.call(&mut ext, "Core_execute_block", &block.encode()).unwrap();
		ext.commit_all().unwrap();
	}
	// A header that names another state is refused.
	let mut ext = TestExternalities::from(genesis);
	let mut forged = blocks[0].clone();
	forged.header.set_state_root(sp_core::H256::repeat_byte(1));
	assert!(blob.call(&mut ext, "Core_execute_block", &forged.encode()).is_err());
}

#[test]
fn the_blob_makes_the_same_genesis() {
	let Some(blob) = Blob::get() else { return };
	let json = genesis_json(json!({}));
	let config = serde_json::to_vec(&json).unwrap().encode();
	let mut ext = TestExternalities::new_empty();
	let answer = blob.call(&mut ext, "GenesisBuilder_build_state", &config).unwrap();
	assert_eq!(sp_genesis_builder::Result::decode(&mut &answer[..]), Ok(Ok(())));
	let mut native = TestExternalities::from(genesis_storage(json));
	assert_eq!(genesis_header(&mut ext).state_root, genesis_header(&mut native).state_root);
}
