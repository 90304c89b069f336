//! Calls that must fail whatever the state is, and change nothing: amounts that nobody has, nothing at all,
//! keys that nobody is, origins that nobody has.

use super::{World, COMPARED, RICH};
use pallet_stake::StakeAmount;
use sp_runtime::MultiAddress;
use woppal_protocol::{
	identity::NodeBitmap, network::Deposits, stake::PoolId, ValidatorId, ROOT_SUBNET, WOPPAL,
};
use woppal_runtime::{Runtime, RuntimeCall};

/// Nothing, or more than there is.
const AMOUNTS: [u128; 6] = [0, u128::MAX, u128::MAX - 1, u128::MAX / 2, 1 << 127, u128::MAX >> 8];

impl World {
	/// Sends an absurd call.
	pub(super) fn absurd(&mut self) {
		let who = self.rng.below(RICH);
		let calls = [Self::by_amount, Self::by_key, Self::by_origin, Self::by_argument];
		let call = calls[self.rng.below(calls.len())](self);
		let pair = self.actors[who].clone();
		self.absurd += 1;
		let name = format!("{call:?}");
		if self.absurd.is_multiple_of(COMPARED) {
			if let Ok(attempt) = self.chain.observe(&pair, call) {
				assert!(attempt.result.is_err(), "{name} succeeded");
				attempt.changed_nothing(&name);
			}
		} else if let Ok(result) = self.chain.try_submit(&pair, call) {
			assert!(result.is_err(), "{name} succeeded");
		}
	}

	/// Amounts that nobody has.
	fn by_amount(&mut self) -> RuntimeCall {
		let amount = AMOUNTS[self.rng.below(AMOUNTS.len())];
		let too_much = amount.max(u128::MAX >> 9);
		let validator = self.validator().map_or(0, |(id, _)| id);
		let (pool, from) = (PoolId::Validator(validator), PoolId::Subnet(ROOT_SUBNET));
		let other = self.rng.below(RICH);
		let other = self.account(other);
		let stake = match self.rng.below(2) {
			0 => StakeAmount::Plancks(amount),
			_ => StakeAmount::Shares(amount),
		};
		match self.rng.below(8) {
			0 => pallet_validators::Call::register { hot_key: other, bond: amount }.into(),
			1 => pallet_stake::Call::bond_extra { amount }.into(),
			2 => pallet_stake::Call::unbond_bond { amount }.into(),
			3 => pallet_stake::Call::delegate { pool, amount }.into(),
			4 => pallet_stake::Call::unbond { pool, amount: stake }.into(),
			5 => {
				let (to, min_received) = (pool, too_much);
				let amount = StakeAmount::All;
				pallet_stake::Call::move_stake { from, to, amount, min_received }.into()
			},
			6 => {
				let dest = MultiAddress::Id(other);
				pallet_balances::Call::transfer_allow_death { dest, value: too_much }.into()
			},
			_ => {
				let dest = MultiAddress::Id(other);
				pallet_balances::Call::transfer_keep_alive { dest, value: too_much }.into()
			},
		}
	}

	/// Validators, epochs and pools that are not there.
	fn by_argument(&mut self) -> RuntimeCall {
		let nobody = ValidatorId::MAX - self.rng.below(3) as u32;
		let validator = self.validator().map_or(0, |(id, _)| id);
		let pool = PoolId::Validator(nobody);
		match self.rng.below(9) {
			0 => pallet_emission::Call::claim { validator, first_epoch: u32::MAX, count: 1 }.into(),
			1 => pallet_emission::Call::claim { validator, first_epoch: 0, count: u32::MAX }.into(),
			2 => pallet_emission::Call::claim { validator, first_epoch: 0, count: 0 }.into(),
			3 => pallet_stake::Call::settle { pool, max: u32::MAX }.into(),
			4 => pallet_stake::Call::settle { pool: PoolId::Validator(validator), max: 0 }.into(),
			5 => pallet_stake::Call::delegate { pool, amount: WOPPAL }.into(),
			6 => pallet_presence::Call::settle_absence { validator: nobody }.into(),
			7 => pallet_gate::Call::refresh { validator: nobody }.into(),
			_ => pallet_presence::Call::heartbeat { nodes: NodeBitmap::default() }.into(),
		}
	}

	/// What only the right key, and no key at all with these values, may ask for.
	fn by_key(&mut self) -> RuntimeCall {
		let nobody = ValidatorId::MAX;
		let account = self.account(0);
		match self.rng.below(8) {
			0 => pallet_validators::Call::set_commission { percent: u8::MAX }.into(),
			1 => pallet_validators::Call::invite_delegate { account, share_percent: 96 }.into(),
			2 => {
				let (validator, share_percent) = (nobody, 0);
				pallet_validators::Call::accept_delegation { validator, share_percent }.into()
			},
			3 => pallet_validators::Call::resign_delegation { validator: nobody }.into(),
			4 => pallet_validators::Call::execute_cold_rotation { validator: nobody }.into(),
			5 => pallet_validators::Call::cancel_cold_rotation { validator: nobody }.into(),
			6 => {
				let destination = account;
				pallet_validators::Call::set_destination { validator: nobody, destination }.into()
			},
			_ => pallet_validators::Call::set_recovery { validator: nobody, recovery: None }.into(),
		}
	}

	/// What only root may ask for, and what nobody may.
	fn by_origin(&mut self) -> RuntimeCall {
		let who = self.anybody();
		let who = MultiAddress::Id(self.account(who));
		let deposits = Deposits::FAST;
		match self.rng.below(6) {
			0 => pallet_network::Call::set_deposits { deposits }.into(),
			1 => pallet_agent_commit::Call::retire_verifying_key { key: 0 }.into(),
			2 => pallet_balances::Call::burn { value: 1, keep_alive: false }.into(),
			3 => {
				let (source, dest, value) = (who.clone(), who, WOPPAL);
				pallet_balances::Call::force_transfer { source, dest, value }.into()
			},
			4 => pallet_balances::Call::force_set_balance { who, new_free: u128::MAX }.into(),
			_ => {
				let inner = pallet_network::Call::<Runtime>::set_deposits { deposits };
				pallet_sudo::Call::sudo { call: Box::new(inner.into()) }.into()
			},
		}
	}
}
