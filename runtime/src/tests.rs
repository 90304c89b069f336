//! Checks on the assembled runtime: genesis presets, filters, fees, randomness.

use crate::{
	configs::{BaseFilter, RuntimeBlockWeights, EXISTENTIAL_DEPOSIT},
	fees::DealWithFees,
	genesis_config_presets::{self as presets, DEVELOPMENT, ENDOWMENT, LOCAL, TESTNET},
	randomness::{author_identity, BabeOutputs},
	*,
};
use codec::{Decode, Encode};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{
		fungible::{Balanced, Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
		Contains, Hooks, OnUnbalanced,
	},
};
use pallet_stake::StakeAmount;
use pallet_transaction_payment::WeightInfo as _;
use sp_core::{crypto::VrfSecret, Pair};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::generic::DigestItem;
use woppal_protocol::{
	network::Deposits,
	stake::PoolId,
	statement::{Claim, Evaluation, Segment},
	time::Timing,
	traits::{BlockRandomness, Network as _, WorkLedger},
	H256, ROOT_SUBNET,
};

fn storage(preset: &str) -> sp_runtime::Storage {
	presets::storage(preset).expect("the preset builds")
}

fn ext(preset: &str) -> sp_io::TestExternalities {
	storage(preset).into()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
	haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn every_preset_builds() {
	for id in presets::preset_names() {
		assert!(!storage(id.as_ref()).top.is_empty(), "{id:?}");
	}
	assert_eq!(presets::get_preset(&"unknown".into()), None);
	assert!(presets::storage("unknown").is_err());
}

#[test]
fn the_fast_presets_start_with_alice_and_a_faucet() {
	for preset in [DEVELOPMENT, LOCAL] {
		ext(preset).execute_with(|| {
			let alice = Sr25519Keyring::Alice.to_account_id();
			assert_eq!(Session::validators(), vec![alice.clone()]);
			assert_eq!(Babe::authorities().len(), 1);
			assert_eq!(Grandpa::grandpa_authorities().len(), 1);
			assert_eq!(Balances::free_balance(&alice), ENDOWMENT);
			assert_eq!(
				Balances::free_balance(Network::faucet_account()),
				presets::FAUCET_ENDOWMENT
			);
			assert_eq!(
				pallet_emission::GenesisIssuance::<Runtime>::get(),
				Balances::total_issuance()
			);
			let parameters = pallet_network::Parameters::<Runtime>::get();
			assert_eq!((parameters.timing, parameters.live), (Timing::FAST, false));
			assert_eq!(Babe::slot_duration(), Timing::FAST.slot_ms);
			assert_eq!(AgentCommit::verifying_keys(), 3);
			assert_eq!(Research::projects(), 1);
		});
	}
}

#[test]
fn testnet_is_live_and_knows_no_development_key() {
	let storage = storage(TESTNET);
	let mut keys: Vec<Vec<u8>> = Sr25519Keyring::iter().map(|k| k.public().0.to_vec()).collect();
	keys.extend(Ed25519Keyring::iter().map(|k| k.public().0.to_vec()));
	keys.push(root_project::DEVELOPMENT_KEY.to_vec());
	// A part of the key is enough: it is stored prepared.
	keys.push(root_project::DEVELOPMENT_KEY[..32].to_vec());
	for (key, value) in &storage.top {
		for secret in &keys {
			assert!(!contains(key, secret) && !contains(value, secret), "{key:?}");
		}
	}
	sp_io::TestExternalities::from(storage).execute_with(|| {
		let parameters = pallet_network::Parameters::<Runtime>::get();
		assert_eq!(parameters.timing, Timing::MAINNET);
		assert_eq!(parameters.deposits, Deposits::LIVE);
		assert!(parameters.live);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
		assert!(Babe::authorities().is_empty());
		// What the accounts of the fees' pot and of the treasury need to exist.
		assert_eq!(Balances::total_issuance(), 2 * EXISTENTIAL_DEPOSIT);
		assert_eq!((AgentCommit::verifying_keys(), Research::projects()), (0, 0));
	});
}

#[test]
fn a_live_chain_refuses_sudo_and_its_genesis_refuses_the_development_key() {
	let sudo = RuntimeCall::Sudo(pallet_sudo::Call::remove_key {});
	ext(TESTNET).execute_with(|| {
		assert!(!BaseFilter::contains(&sudo));
		let batch = pallet_utility::Call::batch { calls: vec![sudo.clone()] };
		assert!(BaseFilter::contains(&RuntimeCall::Utility(batch)), "the inner call is filtered");
		let key = pallet_agent_commit::KeyBytes::try_from(root_project::DEVELOPMENT_KEY.to_vec());
		frame_support::assert_noop!(
			AgentCommit::register_verifying_key(
				RuntimeOrigin::root(),
				woppal_protocol::research::CircuitId::Standard,
				key.unwrap(),
				H256::zero()
			),
			pallet_agent_commit::Error::<Runtime>::DevelopmentKey
		);
	});
	ext(DEVELOPMENT).execute_with(|| assert!(BaseFilter::contains(&sudo)));
}

#[test]
fn no_call_changes_the_issuance_uncounted() {
	ext(DEVELOPMENT).execute_with(|| {
		let burn = pallet_balances::Call::burn { value: 1, keep_alive: false };
		assert!(!BaseFilter::contains(&RuntimeCall::Balances(burn)));
	});
}

#[test]
fn agentcommit_calls_start_with_0xf3() {
	let call = RuntimeCall::AgentCommit(pallet_agent_commit::Call::cancel {
		blinded: H256::repeat_byte(1),
	});
	assert_eq!(call.encode()[0], 0xf3);
	assert_eq!(<AgentCommit as frame_support::traits::PalletInfoAccess>::index(), 243);
}

#[test]
fn the_longest_proof_fits_a_block() {
	let segment = Segment { post_root: H256::zero(), proof: vec![0; 128].try_into().unwrap() };
	let segments = vec![segment; 64].try_into().unwrap();
	let call = RuntimeCall::AgentCommit(pallet_agent_commit::Call::prove {
		experiment: H256::zero(),
		seed: H256::zero(),
		key: 0,
		evaluation: Evaluation {
			claim: Claim::Halted { metric: 0 },
			final_data: H256::zero(),
			segments,
		},
	});
	let weights = <RuntimeBlockWeights as frame_support::traits::Get<_>>::get();
	let limit: frame_system::limits::BlockWeights = weights;
	let normal = limit.get(frame_support::dispatch::DispatchClass::Normal).max_extrinsic.unwrap();
	assert!(call.get_dispatch_info().call_weight.all_lte(normal));
}

#[test]
fn fees_are_split_and_tips_reach_the_author() {
	ext(DEVELOPMENT).execute_with(|| {
		start_block(1, vec![]);
		let accounts = [
			Sr25519Keyring::Alice.to_account_id(),
			Emission::pot_account(),
			Emission::treasury_account(),
		];
		let state = || {
			let balances = accounts.each_ref().map(Balances::free_balance);
			(Balances::total_issuance(), balances, pallet_emission::Burned::<Runtime>::get())
		};
		let (issuance, [author, pot, treasury], burned) = state();
		let fee = 7 * WOPPAL;
		DealWithFees::on_unbalanceds([withdraw(fee), withdraw(3 * WOPPAL)].into_iter());
		// No project was worked on, so the creator's 15 % are the treasury's.
		let expected = [author + 3 * WOPPAL, pot + fee * 30 / 100, treasury + fee * 20 / 100];
		assert_eq!(state(), (issuance - fee / 2, expected, burned + fee / 2));

		// A fee alone, whose parts don't divide evenly: dust is burned.
		let before = state();
		DealWithFees::on_unbalanceds([withdraw(19)].into_iter());
		let [author, pot, treasury] = before.1;
		assert_eq!(state(), (before.0 - 12, [author, pot + 5, treasury + 2], before.2 + 12));
		assert!(Balances::minimum_balance() == EXISTENTIAL_DEPOSIT);
	});
}

/// Takes plancks from Bob.
#[test]
fn a_payment_weighs_as_much_as_the_split_of_its_fee_as_well() {
	use pallet_emission::WeightInfo as _;
	use sp_runtime::traits::TransactionExtension;
	let call: RuntimeCall = frame_system::Call::remark { remark: vec![] }.into();
	let payment = pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::from(0);
	let charged = payment.weight(&call);
	let taken =
		pallet_transaction_payment::weights::SubstrateWeight::<Runtime>::charge_transaction_payment(
		);
	let split = <Runtime as pallet_emission::Config>::WeightInfo::split_fee();
	assert!(split.ref_time() > 0);
	assert!(charged.all_gte(taken.saturating_add(split)), "{charged}");
}

fn withdraw(amount: Balance) -> frame_support::traits::fungible::Credit<AccountId, Balances> {
	<Balances as Balanced<_>>::withdraw(
		&Sr25519Keyring::Bob.to_account_id(),
		amount,
		Precision::Exact,
		Preservation::Preserve,
		Fortitude::Polite,
	)
	.expect("Bob has enough")
}

#[test]
fn a_tip_that_nobody_can_receive_is_burned() {
	ext(DEVELOPMENT).execute_with(|| {
		// No block, no author.
		let before = (Balances::total_issuance(), pallet_emission::Burned::<Runtime>::get());
		DealWithFees::on_unbalanceds([withdraw(0), withdraw(WOPPAL)].into_iter());
		let after = (Balances::total_issuance(), pallet_emission::Burned::<Runtime>::get());
		assert_eq!(after, (before.0 - WOPPAL, before.1 + WOPPAL));
	});
}

/// Starts a block that Alice authors in a secondary VRF slot.
fn start_block(number: BlockNumber, more: Vec<DigestItem>) -> u64 {
	use sp_consensus_babe::digests::{PreDigest, SecondaryVRFPreDigest};
	let slot = sp_consensus_babe::Slot::from(1_000 + u64::from(number));
	let transcript =
		sp_consensus_babe::make_vrf_transcript(&Babe::randomness(), slot, Babe::epoch_index());
	let vrf_signature = Sr25519Keyring::Alice.pair().vrf_sign(&transcript.into_sign_data());
	let pre_digest =
		PreDigest::SecondaryVRF(SecondaryVRFPreDigest { authority_index: 0, slot, vrf_signature });
	let mut logs =
		vec![DigestItem::PreRuntime(sp_consensus_babe::BABE_ENGINE_ID, pre_digest.encode())];
	logs.extend(more);
	System::reset_events();
	System::initialize(&number, &H256::repeat_byte(7), &sp_runtime::generic::Digest { logs });
	Babe::on_initialize(number);
	*slot
}

#[test]
fn every_block_has_its_authors_output() {
	ext(DEVELOPMENT).execute_with(|| {
		start_block(1, vec![]);
		let (author, early) = BabeOutputs::current().expect("a secondary slot has an output");
		assert_eq!(BabeOutputs::authorities(), 1);
		Babe::on_finalize(1);
		assert_eq!(BabeOutputs::current(), Some((author, early)), "BABE computes the same");
		start_block(2, vec![]);
		let (_, next) = BabeOutputs::current().expect("a secondary slot has an output");
		assert_ne!(early, next);
	});
}

#[test]
fn an_author_is_the_same_one_in_every_set() {
	ext(DEVELOPMENT).execute_with(|| {
		let sets = [
			[Sr25519Keyring::Alice, Sr25519Keyring::Bob],
			[Sr25519Keyring::Bob, Sr25519Keyring::Alice],
		]
		.map(|set| set.map(|key| key.to_account_id()));
		let identities = sets.map(|set| {
			pallet_session::Validators::<Runtime>::put(set.to_vec());
			[0, 1].map(|index| author_identity(index).expect("the set has two"))
		});
		assert_eq!(identities[0][0], identities[1][1]);
		assert_eq!(identities[0][1], identities[1][0]);
		assert_ne!(identities[0][0], identities[0][1]);
		assert_eq!(author_identity(2), None);
	});
}

#[test]
fn a_block_without_a_slot_has_no_output() {
	ext(DEVELOPMENT).execute_with(|| {
		System::initialize(&1, &H256::zero(), &Default::default());
		assert_eq!(BabeOutputs::current(), None);
	});
}

#[test]
fn stake_that_leaves_a_pool_leaves_the_rank_at_once() {
	ext(DEVELOPMENT).execute_with(|| {
		System::set_block_number(1);
		let [cold, hot, who] = [Sr25519Keyring::One, Sr25519Keyring::Two, Sr25519Keyring::Bob]
			.map(|key| key.to_account_id());
		for account in [&cold, &hot, &who] {
			Balances::set_balance(account, 10_000 * WOPPAL);
		}
		let [cold, member] = [cold, who].map(RuntimeOrigin::signed);
		let bond = Network::parameters().deposits.gate_bond;
		Validators::register(cold, hot.clone(), bond).unwrap();
		let pool = PoolId::Validator(0);
		Stake::delegate(member.clone(), pool, 3 * bond).unwrap();
		System::set_block_number(Timing::FAST.epoch_start(1));
		Emission::note_participation(0);
		let keys = SessionKeys {
			babe: Sr25519Keyring::Two.public().into(),
			grandpa: Ed25519Keyring::Two.public().into(),
		};
		<Session as pallet_session::SessionInterface>::set_keys(&hot, keys).unwrap();
		Gate::join(RuntimeOrigin::signed(hot)).unwrap();

		let rank = || Gate::authorities().candidates[0].rank;
		let of_one = rank() / 4;
		Stake::unbond(member.clone(), pool, StakeAmount::Plancks(bond)).unwrap();
		assert_eq!(rank(), 3 * of_one);
		let to = PoolId::Subnet(ROOT_SUBNET);
		Stake::move_stake(member, pool, to, StakeAmount::Plancks(bond), 0).unwrap();
		assert_eq!(rank(), 2 * of_one);
	});
}

#[test]
fn session_keys_are_babe_and_grandpa() {
	let keys = SessionKeys {
		babe: Sr25519Keyring::Alice.public().into(),
		grandpa: Ed25519Keyring::Alice.public().into(),
	};
	let again = SessionKeys::decode(&mut &keys.encode()[..]).unwrap();
	assert_eq!(again, keys);
	assert_eq!(Sr25519Keyring::Alice.pair().public(), Sr25519Keyring::Alice.public());
}
