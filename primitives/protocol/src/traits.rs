//! How pallets meet. Each trait is implemented by one pallet (or by the runtime) and wired in
//! `runtime/src/configs`; a pallet's mock needs no other pallet of ours.

use crate::{
	identity::{NodeBitmap, Offence, Ramp, Reputation, ReputationCause},
	network::NetworkParameters,
	research::{BoostCause, CircuitId, Config, Edges, Program},
	stake::{PoolId, RewardTerms, Slashed},
	statement::Claim,
	Balance, EpochIndex, ExperimentId, KeyId, ProjectId, SubnetId, ValidatorId, H256,
};
use sp_runtime::{DispatchError, DispatchResult, Perbill};

/// What genesis decided. Implemented by `network`.
pub trait Network {
	/// Timing, deposits, whether the chain is live.
	fn parameters() -> NetworkParameters;
	/// Hash of block 0.
	fn genesis_hash() -> H256;
}

/// The accounts that make up one owner: a validator's cold and hot key and its delegate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerGroup<AccountId> {
	/// Owns funds.
	pub cold: AccountId,
	/// Signs work.
	pub hot: AccountId,
	/// Gets a share of the emission, if named.
	pub delegate: Option<AccountId>,
}

impl<AccountId: PartialEq> OwnerGroup<AccountId> {
	/// Whether the two groups share no account.
	pub fn is_independent_of(&self, other: &Self) -> bool {
		let has = |a: &AccountId| {
			*a == other.cold || *a == other.hot || other.delegate.as_ref() == Some(a)
		};
		!has(&self.cold) && !has(&self.hot) && !self.delegate.as_ref().is_some_and(has)
	}
}

/// Who is who. Implemented by `validators`.
pub trait Identities<AccountId> {
	/// The validator whose hot key this is.
	fn by_hot_key(who: &AccountId) -> Option<ValidatorId>;
	/// The validator's accounts.
	fn owner_group(validator: ValidatorId) -> Option<OwnerGroup<AccountId>>;
	/// Its reputation; `None` for one that left or never was.
	fn reputation(validator: ValidatorId) -> Option<Reputation>;
	/// Changes its reputation and says why.
	fn note_reputation(validator: ValidatorId, cause: ReputationCause);
	/// An open experiment (start or commit not yet concluded) came or went; a validator with open
	/// experiments cannot exit.
	fn note_opened(validator: ValidatorId);
	/// See [`Identities::note_opened`].
	fn note_closed(validator: ValidatorId);
}

/// What a validator's nodes may earn. Implemented by `validators`.
pub trait Roles {
	/// The highest multiplier among its nodes in a subnet that are up, in hundredths, if the bond that
	/// counts in this epoch is what that role needs; `None` means that it earns nothing. Bit `i` of
	/// `up` is the node with index `i`; bits without a node there are ignored.
	fn earning_multiplier(validator: ValidatorId, subnet: SubnetId, up: &NodeBitmap)
		-> Option<u32>;
}

/// How a validator shares what it earns. Implemented by `validators`.
pub trait Payees<AccountId> {
	/// Commission and delegate's share as they stood when the current epoch opened.
	fn reward_terms(validator: ValidatorId) -> RewardTerms;
	/// Where the owner's and the delegate's parts go now: the cold key, and the destination that the
	/// delegate chose. `None` for a validator that left.
	fn payees(validator: ValidatorId) -> Option<(AccountId, Option<AccountId>)>;
}

/// Own bonds. Implemented by `stake`, called by `validators`.
pub trait Bonds<AccountId> {
	/// Holds `amount` plancks of `owner` as the bond of a validator that registers.
	fn open(validator: ValidatorId, owner: &AccountId, amount: Balance) -> DispatchResult;
	/// Moves the bond, and what of it unbonds, to the validator's new cold key.
	fn move_owner(validator: ValidatorId, from: &AccountId, to: &AccountId) -> DispatchResult;
	/// The validator leaves: its pool is settled and the whole bond starts to unbond. Returns plancks.
	fn close(validator: ValidatorId) -> Result<Balance, DispatchError>;
}

/// Whose stake may not be withdrawn for now. Implemented by `validators`, asked by `stake`.
pub trait WithdrawalFreeze<AccountId> {
	/// Whether the account is a cold key whose rotation waits: until that is executed or cancelled it
	/// gets nothing out of its unbonding stake.
	fn is_frozen(who: &AccountId) -> bool;
}

/// Stake as it counts in the current epoch: the last value written before the epoch opened
/// (PROTOCOL §3), and no more than there is now. Implemented by `stake`.
pub trait StakeSnapshot {
	/// Own bond in plancks, as it is now.
	fn bond(validator: ValidatorId) -> Balance;
	/// Own bond in plancks that counts in this epoch.
	fn counting_bond(validator: ValidatorId) -> Balance;
	/// Delegated plancks of a pool that count in this epoch.
	fn counting_pool(pool: PoolId) -> Balance;
}

/// Stake that offences reach. Implemented by `stake`, called by `slashing`.
pub trait Slashable<AccountId> {
	/// Takes `rate` of the own bond (the larger of what it was when `epoch` opened and is now, what
	/// unbonds included) and a tenth of `rate` of what is, or was when `epoch` opened and still can be
	/// reached, delegated. Gives the reporter its share of what the own bond loses and burns the rest.
	/// Bounded by the length of one account's unbonding ledger and by the unbonding period.
	fn slash(
		validator: ValidatorId,
		rate: Perbill,
		epoch: EpochIndex,
		reporter: Option<(&AccountId, Perbill)>,
	) -> Slashed;
}

/// Rewards that were earned and not paid. Implemented by `emission`.
pub trait Rewards<AccountId> {
	/// The oldest epoch that can still be claimed.
	fn first_claimable() -> EpochIndex;
	/// Mints the delegators' part of a closed epoch to their pool's account, once. Returns plancks: 0 if
	/// there is none, it was paid already, or the epoch expired or is not closed.
	fn collect_for_pool(validator: ValidatorId, epoch: EpochIndex, pool: &AccountId) -> Balance;
	/// Cuts what is unclaimed of the last 28 epochs by `rate`; what is cut is never minted.
	fn slash_unclaimed(validator: ValidatorId, rate: Perbill);
}

/// Told when what ranks a validator as a block author changed: bond, pool, reputation, participation.
/// Implemented by `gate`.
pub trait OnStanding {
	/// Must be bounded and may not fail.
	fn on_standing_changed(validator: ValidatorId);
}

impl OnStanding for () {
	fn on_standing_changed(_: ValidatorId) {}
}

/// Told when a validator leaves for good, so that records keyed by its number go with it. The
/// runtime gives `validators` everyone who keeps such a record.
pub trait OnValidatorExit {
	/// The validator is gone and its number will not be used again. Must be bounded.
	fn on_validator_exit(validator: ValidatorId);
}

impl OnValidatorExit for () {
	fn on_validator_exit(_: ValidatorId) {}
}

impl<A: OnValidatorExit, B: OnValidatorExit> OnValidatorExit for (A, B) {
	fn on_validator_exit(validator: ValidatorId) {
		A::on_validator_exit(validator);
		B::on_validator_exit(validator);
	}
}

/// Offences of PROTOCOL §9. Implemented by `slashing`.
pub trait Offences<AccountId> {
	/// Punishes an offence of the current epoch. `reporter`: who brought it, `None` if the chain found it.
	/// May not fail; a validator that left is punished as far as its bond still unbonds.
	fn report(offender: ValidatorId, offence: Offence, reporter: Option<&AccountId>);
}

/// The public record of offences. Implemented by `validators`, called by `slashing`.
pub trait OffenceRecord {
	/// Counts one more offence of a validator and says so; one that left has no record.
	fn note_offence(validator: ValidatorId, offence: Offence);
}

/// Takes a block author that equivocated out. Implemented by `gate`, called by `slashing`.
pub trait Expel {
	/// The validator is no candidate any more, may not become one for a while, loses its seat with the
	/// next set that is chosen and is disabled until then. Must be bounded and may not fail; nothing for
	/// one that left and has no seat.
	fn expel(validator: ValidatorId);
}

impl Expel for () {
	fn expel(_: ValidatorId) {}
}

/// The ledger of weights in the current epoch. Implemented by `emission`.
pub trait WorkLedger {
	/// The validator answered one more pulse of the current epoch with this multiplier (hundredths), at
	/// this place of the liveness ramp.
	fn note_pulse(validator: ValidatorId, multiplier_percent: u32, ramp: Ramp);
	/// Adds a boost of `milli` thousandths in the current epoch; what exceeds the epoch's cap
	/// ([`BOOST_CAP_MILLI`](crate::research::BOOST_CAP_MILLI)) is dropped. Returns what was added, in
	/// thousandths. `milli` is [`BoostCause::milli`] or less: repeated adoptions between one pair halve,
	/// and the caller also keeps the cause's own once-per rules. `cause` only labels the event.
	fn note_boost(validator: ValidatorId, cause: BoostCause, milli: u32) -> u32;
	/// The validator proved an experiment no worse than the declared baseline in the current epoch.
	fn note_participation(validator: ValidatorId);
	/// The last epoch noted with [`WorkLedger::note_participation`].
	fn last_participation(validator: ValidatorId) -> Option<EpochIndex>;
	/// Its boosts in an epoch that can still be claimed, or in the current one, in thousandths.
	fn bonus_milli(validator: ValidatorId, epoch: EpochIndex) -> u32;
}

/// Uptime. Implemented by `presence`.
pub trait Presence {
	/// Pulses of the current epoch that the validator has answered.
	fn answered(validator: ValidatorId) -> u32;
}

/// Where burned tokens are counted, so that `issuance == genesis + minted − burned` can be checked.
/// Implemented by `emission`.
pub trait BurnLedger<Balance> {
	/// Counts tokens that left the issuance.
	fn note_burned(amount: Balance);
}

/// One author's VRF output per block. Implemented by the runtime over BABE and authorship.
pub trait BlockRandomness {
	/// A number for the current block's author, the same in every set, and its VRF output, if the slot
	/// had one.
	fn current() -> Option<(u32, [u8; 32])>;
	/// Number of current authorities.
	fn authorities() -> u32;
}

/// Everything in storage that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFacts {
	/// The experiment's project.
	pub project: ProjectId,
	/// The experiment's owner.
	pub validator: ValidatorId,
	/// The evaluator.
	pub program: Program,
	/// The segment circuit.
	pub circuit: CircuitId,
	/// The verifying key.
	pub key: KeyId,
	/// The artifact's root.
	pub artifact_root: H256,
	/// The evaluation seed.
	pub seed: H256,
	/// Most segments.
	pub max_segments: u32,
}

/// How a proof attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// All segments verified.
	Verified(Claim),
	/// A proof failed against the matching statement.
	Rejected,
}

/// The ResearchDAG. Implemented by `research`, driven by the calls of `agent-commit`.
pub trait Experiments<AccountId> {
	/// Opens an experiment for the validator whose hot key `who` is and holds its deposit.
	fn start(who: &AccountId, project: ProjectId, blinded: H256) -> DispatchResult;
	/// Takes a start back for a tenth of its deposit.
	fn cancel(who: &AccountId, blinded: H256) -> DispatchResult;
	/// Reveals the config, takes the artifact, fixes the content. `None`: the reveal matched its start
	/// but a rule refuses it; the start is gone and its deposit returned.
	fn commit(
		who: &AccountId,
		project: ProjectId,
		config: Config,
		salt: H256,
		artifact: crate::research::Artifact,
		edges: Edges,
	) -> Result<Option<ExperimentId>, DispatchError>;
	/// What a proof of this experiment must say. Errors: unknown experiment, not the caller's, already
	/// concluded, no seed yet, past its deadline; changes nothing.
	fn proof_facts(who: &AccountId, experiment: &ExperimentId)
		-> Result<ProofFacts, DispatchError>;
	/// Concludes a committed experiment.
	fn conclude(experiment: &ExperimentId, outcome: Outcome) -> DispatchResult;
}

/// Who may not be created twice: what `research` asks of the keys. Implemented by `agent-commit`.
pub trait VerifyingKeys {
	/// Whether this key exists, is for this circuit and is not retired.
	fn is_usable(key: KeyId, circuit: CircuitId) -> bool;
}

/// What a verifier says. The codes are the host function's status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum VerifyStatus {
	/// The proof holds.
	Valid = 0,
	/// Everything is well formed and the proof does not hold.
	Invalid = 1,
	/// The key cannot be read.
	MalformedKey = 2,
	/// The proof has a wrong length, or a point that is off the curve, out of the subgroup or not
	/// canonical.
	MalformedProof = 3,
	/// A public input is not a canonical scalar.
	MalformedInput = 4,
	/// The number of inputs is not the key's.
	WrongArity = 5,
}

impl VerifyStatus {
	/// The status with this code; an unknown code reads as [`VerifyStatus::MalformedProof`].
	pub fn from_code(code: u32) -> Self {
		match code {
			0 => Self::Valid,
			1 => Self::Invalid,
			2 => Self::MalformedKey,
			4 => Self::MalformedInput,
			5 => Self::WrongArity,
			_ => Self::MalformedProof,
		}
	}
}

/// Why a verifying key is refused at registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
	/// It cannot be read, or a point is off the curve or out of the subgroup.
	Malformed,
	/// A point is the identity or a generator where it must not be, γ = δ, or an input point repeats.
	Degenerate,
	/// It has not the number of inputs of a segment circuit.
	WrongArity,
}

/// The proof system. Implemented by the runtime over zkWASM and the host function.
pub trait ProofSystem {
	/// Root of an artifact of the size that the circuit takes; `None` if it doesn't fit or isn't
	/// whole words.
	fn artifact_root(circuit: CircuitId, artifact: &[u8]) -> Option<H256>;
	/// Root of the machine before its first step.
	fn first_root(program: &Program, artifact_root: &H256, seed: &H256) -> H256;
	/// Root of the machine that has ended as claimed with this data region. `None` if the claim or
	/// the root is not canonical.
	fn last_root(
		program: &Program,
		artifact_root: &H256,
		seed: &H256,
		final_data: &H256,
		claim: &Claim,
	) -> Option<H256>;
	/// Third public input: digest of program commitment and steps per segment.
	fn program_digest(program: &Program, circuit: CircuitId) -> H256;
	/// Checks a verifying key and returns the form in which it is stored: prepared.
	fn prepare_key(circuit: CircuitId, key: &[u8]) -> Result<alloc::vec::Vec<u8>, KeyFault>;
	/// Whether this is the development key of its circuit, by hash.
	fn is_development_key(key: &[u8]) -> bool;
	/// Verifies one proof against a prepared key.
	fn verify(prepared_key: &[u8], proof: &[u8], inputs: &[H256]) -> VerifyStatus;
	/// Verifies several proofs, each with its inputs, against one prepared key: the answers, in order,
	/// are those of [`ProofSystem::verify`], at a fraction of its cost where all hold.
	fn verify_all(
		prepared_key: &[u8],
		proofs: &[(&[u8], &[H256])],
	) -> alloc::vec::Vec<VerifyStatus> {
		proofs.iter().map(|(proof, inputs)| Self::verify(prepared_key, proof, inputs)).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn groups_that_share_any_account_are_not_independent() {
		let g = |cold, hot, delegate| OwnerGroup { cold, hot, delegate };
		assert!(g(1, 2, None).is_independent_of(&g(3, 4, None)));
		assert!(!g(1, 2, None).is_independent_of(&g(3, 2, None)));
		assert!(!g(1, 2, None).is_independent_of(&g(3, 4, Some(1))));
		assert!(!g(1, 2, Some(4)).is_independent_of(&g(3, 4, None)));
		assert!(!g(1, 2, Some(9)).is_independent_of(&g(3, 4, Some(9))));
		assert!(g(1, 2, Some(8)).is_independent_of(&g(3, 4, Some(9))));
	}
}
