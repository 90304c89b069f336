//! Random call sequences.

use super::*;
use proptest::prelude::{any, prop, proptest, ProptestConfig};

/// One call out of all, from a few accounts that get into each other's way.
fn random_call(op: u8, who: u8, other: u8, amount: u8) -> DispatchResult {
	let origin = signed(who);
	let id = ValidatorId::from(other);
	let share = amount % 100;
	let role = ROLES[usize::from(amount) % ROLES.len()];
	let node = u16::from(other);
	match op {
		0 => Validators::register(origin, account(other), Balance::from(amount) * WOPPAL),
		1 => Validators::rotate_hot_key(origin, account(other)),
		2 => Validators::announce_cold_rotation(origin, account(other)),
		3 => Validators::execute_cold_rotation(origin, id),
		4 => Validators::cancel_cold_rotation(origin, id),
		5 => {
			let recovery = (amount > 50).then(|| account(amount % 7 + 1));
			Validators::set_recovery(origin, id, recovery)
		},
		6 => Validators::invite_delegate(origin, account(other), share),
		7 => Validators::clear_delegate(origin),
		8 => {
			let invited = Record::get(id).and_then(|record| record.invited);
			let share = invited.map_or(share, |invited| invited.share_percent);
			Validators::accept_delegation(origin, id, share)
		},
		9 => Validators::resign_delegation(origin, id),
		10 => Validators::set_destination(origin, id, account(amount)),
		11 => Validators::set_commission(origin, share),
		12 => add_node(who, role, node),
		13 => Validators::update_node(origin, ROOT_SUBNET, peer(node), address(amount), 1),
		14 => remove_node(who, node),
		15 => Validators::set_metadata(origin, Metadata::default()),
		16 => Validators::clear_metadata(origin),
		17 => Validators::exit(origin),
		18 => Stake::withdraw(&account(who)).map(|_| ()),
		_ => {
			pass(u32::from(amount) * 20);
			Ok(())
		},
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	#[test]
	fn invariants_survive_any_sequence_of_calls(
		calls in prop::collection::vec((0u8..22, 1u8..8, 0u8..8, any::<u8>()), 1..160),
	) {
		build_and_execute(|| {
			let issuance = Balances::total_issuance();
			for (op, who, other, amount) in calls {
				// Most calls are refused: what counts is what they leave behind.
				let before = frame::deps::sp_io::storage::root(StateVersion::V1);
				if random_call(op, who, other, amount).is_err() {
					let after = frame::deps::sp_io::storage::root(StateVersion::V1);
					assert_eq!(before, after, "a failed call wrote");
				}
				Validators::do_try_state().unwrap();
				// The bond is always the cold key's.
				for (id, record) in Record::iter() {
					let owner = stake_table::OwnBonds::<Test>::get(id).map(|(owner, _)| owner);
					assert_eq!(owner, Some(record.cold));
				}
			}
			assert_eq!(Balances::total_issuance(), issuance);
		});
	}
}
