//! What genesis decides for a network (PROTOCOL §1, §11).

use crate::{time::Timing, Balance, WOPPAL};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Deposits and bonds, in plancks.
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
	Serialize,
	Deserialize,
)]
pub struct Deposits {
	/// Held by `start` until the experiment is proven; lost when it isn't.
	pub start: Balance,
	/// Held for a registered node.
	pub node: Balance,
	/// Held for a validator's metadata.
	pub metadata: Balance,
	/// Held for a project.
	pub project: Balance,
	/// Bond that a multiplier of 1.0 needs to earn; a role with multiplier m needs m times it.
	pub bond: Balance,
	/// Least amount of a delegation.
	pub delegation: Balance,
	/// Own bond that a block author needs.
	pub gate_bond: Balance,
}

impl Deposits {
	/// The defaults of a live network.
	pub const LIVE: Self = Self {
		start: WOPPAL,
		node: WOPPAL,
		metadata: WOPPAL / 10,
		project: 100 * WOPPAL,
		bond: 25 * WOPPAL,
		delegation: WOPPAL / 10,
		gate_bond: 1_000 * WOPPAL,
	};
	/// The defaults of `development` and `local`: a hundredth.
	pub const FAST: Self = Self {
		start: WOPPAL / 100,
		node: WOPPAL / 100,
		metadata: WOPPAL / 1_000,
		project: WOPPAL,
		bond: WOPPAL / 4,
		// Ten times the existential deposit, so that a small pool outlives its first slash.
		delegation: WOPPAL / 100,
		gate_bond: 10 * WOPPAL,
	};
}

/// What every part of the runtime may ask about the network it runs on.
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
	Serialize,
	Deserialize,
)]
pub struct NetworkParameters {
	/// Lengths of the protocol's units.
	pub timing: Timing,
	/// Deposits and bonds.
	pub deposits: Deposits,
	/// Whether the chain is live: it refuses development keys and has no faucet.
	pub live: bool,
}
