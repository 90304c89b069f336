//! What a proof says, and what binds it (PROTOCOL §5, §6).

use crate::{research::MAX_SEGMENTS, ConstU32, ExperimentId, KeyId, ValidatorId, H256};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	BoundedVec,
};

/// Bytes of a compressed Groth16 proof on BN254.
pub const PROOF_BYTES: u32 = 128;
/// Public inputs of the segment circuit.
pub const PUBLIC_INPUTS: usize = 4;
/// Domain tag of [`context_digest`].
pub const CONTEXT_DOMAIN: &[u8] = b"woppal/agentcommit/1";

/// How an evaluation ended, as its prover claims.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Claim {
	/// It halted with this metric.
	Halted {
		/// The metric: the evaluator's output word.
		metric: i32,
	},
	/// It trapped; `cause` is the machine's trap code.
	Trapped {
		/// The machine's trap code.
		cause: u8,
	},
}

/// One segment as `prove` carries it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Segment {
	/// Root after the segment. The last segment's is ignored: the chain builds it itself.
	pub post_root: H256,
	/// The compressed proof, [`PROOF_BYTES`] long.
	pub proof: BoundedVec<u8, ConstU32<PROOF_BYTES>>,
}

/// The segments of an evaluation, in order.
pub type Segments = BoundedVec<Segment, ConstU32<MAX_SEGMENTS>>;

/// What `prove` carries beside what storage has.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Evaluation {
	/// How it ended.
	pub claim: Claim,
	/// Poseidon root of the data region at the end; with the claim it makes the last root.
	pub final_data: H256,
	/// The segments.
	pub segments: Segments,
}

/// The fourth public input: what ties a segment's proof to this chain, key, account, experiment,
/// seed and place. Blake2-256, its last byte cleared so that the little-endian number is below
/// BN254's scalar modulus.
pub fn context_digest(
	genesis: &H256,
	key: KeyId,
	validator: ValidatorId,
	experiment: &ExperimentId,
	seed: &H256,
	segment: u32,
) -> H256 {
	let mut digest =
		BlakeTwo256::hash_of(&(CONTEXT_DOMAIN, genesis, key, validator, experiment, seed, segment));
	digest.0[31] = 0;
	digest
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_context_binds_every_part() {
		let (g, e, s) = (H256::repeat_byte(1), H256::repeat_byte(2), H256::repeat_byte(3));
		let base = context_digest(&g, 1, 2, &e, &s, 0);
		assert_eq!(base[31], 0);
		for other in [
			context_digest(&e, 1, 2, &e, &s, 0),
			context_digest(&g, 2, 2, &e, &s, 0),
			context_digest(&g, 1, 3, &e, &s, 0),
			context_digest(&g, 1, 2, &g, &s, 0),
			context_digest(&g, 1, 2, &e, &g, 0),
			context_digest(&g, 1, 2, &e, &s, 1),
		] {
			assert_ne!(base, other);
		}
	}
}
