//! One author's VRF output per block, for evaluation seeds.

use crate::{Babe, Runtime, System};
use codec::Decode;
use sp_consensus_babe::{digests::PreDigest, BABE_ENGINE_ID, RANDOMNESS_VRF_CONTEXT};
use sp_core::crypto::Wraps;
use sp_runtime::traits::Convert;
use woppal_protocol::traits::BlockRandomness;

/// The outputs of BABE's slots. Every slot has one: primary and secondary slots both carry a VRF
/// signature under this runtime's epoch configuration.
pub struct BabeOutputs;

impl BabeOutputs {
	fn pre_digest() -> Option<PreDigest> {
		System::digest()
			.logs
			.iter()
			.filter_map(|log| log.as_pre_runtime())
			.find(|(id, _)| *id == BABE_ENGINE_ID)
			.and_then(|(_, mut data)| PreDigest::decode(&mut data).ok())
	}

	/// The output of this block's signature, computed from its transcript as BABE does it.
	fn output(pre_digest: &PreDigest) -> Option<[u8; 32]> {
		let signature = pre_digest.vrf_signature()?;
		let index = usize::try_from(pre_digest.authority_index()).ok()?;
		let authorities = pallet_babe::Authorities::<Runtime>::get();
		let (authority, _) = authorities.get(index)?;
		let transcript = sp_consensus_babe::make_vrf_transcript(
			&Babe::randomness(),
			Babe::current_slot(),
			Babe::epoch_index(),
		);
		authority
			.as_inner_ref()
			.make_bytes(RANDOMNESS_VRF_CONTEXT, &transcript, &signature.pre_output)
			.ok()
	}
}

/// The bit that no validator's number has.
const STRANGER: u32 = 1 << 31;

/// A number for who answers for the author with this index: the number of its validator, or one that
/// follows from the account of an authority of genesis that is none. An index would not do: it names
/// another author when the set changes, and so would count one author twice.
pub(crate) fn author_identity(index: u32) -> Option<u32> {
	let account =
		pallet_session::Validators::<Runtime>::get().get(usize::try_from(index).ok()?)?.clone();
	let [a, b, c, d, ..] = sp_io::hashing::blake2_256(account.as_ref());
	let stranger = u32::from_le_bytes([a, b, c, d]) | STRANGER;
	let validator = pallet_gate::FullIdentificationOf::<Runtime>::convert(account).flatten();
	Some(validator.unwrap_or(stranger))
}

impl BlockRandomness for BabeOutputs {
	fn current() -> Option<(u32, [u8; 32])> {
		let pre_digest = Self::pre_digest()?;
		pre_digest.vrf_signature()?;
		// BABE's own `on_finalize` takes its mark of the running block and leaves the output; later
		// hooks of the same block then need not compute it again.
		let output = match Babe::initialized() {
			Some(_) => Self::output(&pre_digest)?,
			None => Babe::author_vrf_randomness()?,
		};
		Some((author_identity(pre_digest.authority_index())?, output))
	}

	fn authorities() -> u32 {
		u32::try_from(pallet_babe::Authorities::<Runtime>::decode_len().unwrap_or(0))
			.unwrap_or(u32::MAX)
	}
}
