//! What to do about an error of the chain, by its name.

/// Advice for a dispatch error named `Pallet::Error`.
pub fn advice(error: &str) -> Option<&'static str> {
	Some(match error {
		"Validators::ColdKeyInUse" | "Validators::HotKeyInUse" =>
			"use another account: this one is a validator's key already",
		"Validators::HotKeyIsDelegate" => "the hot key is somebody's delegate; use another account",
		"Validators::BalanceTooLow" | "Stake::BalanceTooLow" => "send the cold key more funds",
		"Validators::BondTooSmall" => "bond at least a node's deposit",
		"Validators::NotColdKey" | "Stake::NotColdKey" => "sign with the validator's cold key",
		"Validators::PeerIdTaken" | "Validators::NodeKeyTaken" =>
			"the node key of this base path is registered by somebody else; remove node.key to get a new one",
		"Validators::TooManyNodes" => "deregister a node first",
		"Research::NotAValidator" => "register the validator and sign with its hot key",
		"Research::UnknownProject" => "choose a project that exists with --project",
		"Research::ProjectSuperseded" => "use the project that replaced it",
		"Research::KeyNotUsable" => "the project's verifying key is retired; wait for its successor",
		"Research::TooManyOpen" => "another worker with this key has experiments open, or old ones wait to be cleaned up",
		"Research::CannotHoldDeposit" => "send the hot key more funds",
		"Research::RevealExpired" | "Research::ProveExpired" =>
			"the deadline has passed and the deposit is lost",
		"Research::SeedNotFixed" => "wait for more blocks",
		"Research::UnknownStart" | "Research::UnknownExperiment" | "Research::UnknownEdge" =>
			"a reorganisation may have dropped it; it is looked up again",
		"AgentCommit::WrongSeed" | "AgentCommit::WrongKey" =>
			"the chain was reorganised; the proof is made again",
		"AgentCommit::KeyRetired" => "the experiment becomes void and its deposit returns",
		"Network::AlreadyFunded" => "the faucet serves only accounts with next to nothing",
		"Network::FaucetEmpty" => "somebody has to fund the faucet's account",
		"Presence::NotEarning" => "a bond counts from the epoch after it was made; wait, or add to it",
		"Stake::NothingToSettle" => "somebody else settled the pool already",
		"Emission::NothingToClaim" => "the epochs were claimed already or earned nothing",
		_ => return None,
	})
}
