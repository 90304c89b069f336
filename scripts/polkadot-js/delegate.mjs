// Delegates to a validator or a subnet, unbonds, moves, and shows an account's stake. A deposit earns from the next
// epoch on; what moved is locked for the unbonding period.

import { connect, fail, keyPair, options, plancks, poolId, poolName, submitOrFail } from './lib.mjs';

const usage = `usage: node delegate.mjs --account SURI [(--validator ID | --subnet ID) ACTION] [--url ws://127.0.0.1:9944]
  actions:
  --add W         delegates
  --unbond W|all  lets stake unbond; withdraw.mjs pays it out when it has matured
  --move W|all (--to-validator ID | --to-subnet ID) [--min W]
                  moves stake to another pool, if it is worth at least --min
  without an action the account's stake is shown, and --account may be an address`;
const values = options(usage, Object.fromEntries(
	['account', 'validator', 'subnet', 'add', 'unbond', 'move', 'to-validator', 'to-subnet', 'min'].map((name) => [name, { type: 'string' }]),
));
const { url, account, validator, subnet, add, unbond, move, min } = values;
if (!account) fail(`--account is needed\n${usage}`);
const actions = [add, unbond, move].filter((action) => action !== undefined);
if (actions.length > 1) fail(`one action at a time\n${usage}`);

/** A part of the stake in a pool: all that isn't locked, or plancks. */
const part = (text, option) => (text === 'all' ? { All: null } : { Plancks: plancks(text, option) });

/** What the options ask for: makes the call, once there is a connection. */
function action() {
	const pool = poolId(validator, subnet, ['--validator', '--subnet'], usage);
	if (add !== undefined) {
		const amount = plancks(add, '--add');
		return (tx) => tx.stake.delegate(pool, amount);
	}
	if (unbond !== undefined) {
		const amount = part(unbond, '--unbond');
		return (tx) => tx.stake.unbond(pool, amount);
	}
	const to = poolId(values['to-validator'], values['to-subnet'], ['--to-validator', '--to-subnet'], usage);
	const [amount, least] = [part(move, '--move'), min === undefined ? 0n : plancks(min, '--min')];
	return (tx) => tx.stake.moveStake(pool, to, amount, least);
}
const callOf = actions.length > 0 ? action() : undefined;

const api = await connect(url);
try {
	let address = account;
	if (callOf || account.startsWith('//')) {
		const signer = keyPair(account);
		address = signer.address;
		if (callOf) await submitOrFail(api, callOf(api.tx), signer);
	}
	const stake = await api.call.woppalApi.stake(address).catch((error) => fail(`'${address}' is not an account: ${error.message}`));
	console.log(JSON.stringify({
		account: address,
		pools: stake.pools.map((p) => ({
			pool: poolName(p.pool),
			shares: p.shares.toString(),
			value: p.value.toString(),
			pending: p.pending.toString(),
			locked: p.locked.isSome ? { amount: p.locked.unwrap()[0].toString(), freeInEpoch: p.locked.unwrap()[1].toNumber() } : null,
		})),
		unbonding: stake.unbonding.map((u) => ({
			source: u.source.isBond ? { bond: u.source.asBond.toNumber() } : poolName(u.source.asPool),
			amount: u.amount.toString(),
			matures: u.matures.toNumber(),
			blocksLeft: u.blocksLeft.toNumber(),
		})),
	}));
} finally {
	await api.disconnect();
}
