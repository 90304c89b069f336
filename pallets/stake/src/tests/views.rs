//! What the runtime API shows.

use super::*;

#[test]
fn positions_show_everything_of_an_account() {
	build_and_execute(|| {
		delegate(11, V1, 10 * W);
		run_to_epoch(1);
		delegate(11, V1, 3 * W);
		delegate(11, ROOT, 2 * W);
		unbond(11, V1, StakeAmount::Plancks(W));
		let shown = Stake::positions(&acc(11));
		assert_eq!(shown.bond, Some((1, 100 * W)));
		assert_eq!(shown.pools.len(), 2);
		let in_v1 = row(11, V1).unwrap();
		assert_eq!((in_v1.shares, in_v1.pending), (10 * W * VIRTUAL_SHARES, 2 * W));
		assert_eq!(in_v1.locked, None);
		assert_rounded(in_v1.value, 10 * W);
		let entry = &shown.unbonding[0];
		assert_eq!((entry.source, entry.amount), (Source::Pool(V1), W));
		assert_eq!((entry.matures, entry.blocks_left), (420, 360));

		let nobody = Stake::positions(&acc(99));
		assert!(nobody.bond.is_none() && nobody.pools.is_empty() && nobody.unbonding.is_empty());
	});
}

#[test]
fn a_pool_shows_its_price() {
	build_and_execute(|| {
		let empty = Stake::pool_info(V1);
		assert_eq!((empty.value, empty.shares, empty.pending), (0, 0, 0));
		assert_eq!((empty.price, empty.next_epoch), (1_000, 0));
		delegate(1, V1, 10 * W);
		reward(1, 1, 10 * W);
		run_to_epoch(2);
		delegate(2, V1, W);
		let info = Stake::pool_info(V1);
		assert_eq!(info.account, Stake::pool_account(V1));
		assert_eq!((info.value, info.pending, info.next_epoch), (20 * W, W, 2));
		assert_eq!(info.shares, 10 * W * VIRTUAL_SHARES);
		assert_rounded(info.price, 2_000);
	});
}

#[test]
fn quotes_are_what_calls_give() {
	build_and_execute(|| {
		assert_eq!(Stake::quote_deposit(V1, W), Some(W * VIRTUAL_SHARES));
		assert_eq!(Stake::quote_deposit(V1, Balance::MAX), None);
		assert_eq!(Stake::quote_redeem(V1, u128::MAX), 0);
		delegate(1, V1, 10 * W);
		reward(1, 1, 7 * W);
		run_to_epoch(2);
		delegate(2, V1, 3 * W);
		let shares = Stake::quote_deposit(V1, 3 * W).unwrap();
		let half = row(1, V1).unwrap().shares / 2;
		let quoted = Stake::quote_redeem(V1, half);
		assert_ok!(Stake::unbond(by(1), V1, StakeAmount::Shares(half)));
		assert_eq!(unbonding_sum(1), quoted);
		run_to_epoch(3);
		assert_ok!(Stake::settle_position(by(9), acc(2), V1));
		let minted = row(2, V1).unwrap().shares;
		assert!(minted <= shares && shares - minted <= VIRTUAL_SHARES);
		assert_eq!(Stake::quote_redeem(V1, u128::MAX), Stake::pool_info(V1).value);
	});
}

#[test]
fn delegators_come_page_by_page() {
	build_and_execute(|| {
		for n in 1..=9 {
			delegate(n, V1, W * Balance::from(n));
		}
		delegate(10, V2, W);
		let (mut seen, mut after) = (vec![], None);
		loop {
			let page = Stake::delegators(V1, after.as_ref(), 4);
			assert!(page.len() <= 4);
			let Some((last, _)) = page.last() else { break };
			after = Some(last.clone());
			seen.extend(page);
		}
		assert_eq!(seen.len(), 9);
		let sum: Balance = seen.iter().map(|(_, row)| row.pending).sum();
		assert_eq!(sum, 45 * W);
		assert_eq!(Stake::delegators(V1, None, u32::MAX).len(), 9);
		assert!(Stake::delegators(V1, None, 0).is_empty());
		assert!(Stake::delegators(ROOT, None, 100).is_empty());
	});
}

#[test]
fn pools_have_accounts_of_their_own() {
	let ids = [V1, V2, ROOT, PoolId::Subnet(1), PoolId::Validator(0), PoolId::Validator(1 << 31)];
	let accounts: std::collections::BTreeSet<_> =
		ids.into_iter().map(Stake::pool_account).collect();
	assert_eq!(accounts.len(), ids.len());
}
