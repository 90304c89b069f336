// Raises a validator's own bond, or lets a part of it unbond. What is added counts from the next epoch on; what unbonds
// counts no more at once, and is paid out by withdraw.mjs after its unbonding period.

import { connect, fail, keyPair, options, plancks, submitOrFail, woppals } from './lib.mjs';

const usage = `usage: node bond.mjs --cold SURI (--add W | --unbond W) [--url ws://127.0.0.1:9944]`;
const { url, cold, add, unbond } = options(usage, {
	cold: { type: 'string' },
	add: { type: 'string' },
	unbond: { type: 'string' },
});
if (!cold) fail(`--cold is needed\n${usage}`);
if ((add === undefined) === (unbond === undefined)) fail(`either --add or --unbond is needed\n${usage}`);
const amount = add !== undefined ? plancks(add, '--add') : plancks(unbond, '--unbond');

const api = await connect(url);
try {
	const signer = keyPair(cold);
	const calls = api.call.woppalApi;
	const before = await calls.stake(signer.address);
	if (before.bond.isNone) fail(`${signer.address} is no validator's cold key: register it with register.mjs`);
	const call = add !== undefined ? api.tx.stake.bondExtra(amount) : api.tx.stake.unbondBond(amount);
	const events = await submitOrFail(api, call, signer);
	const [validator] = before.bond.unwrap();
	const info = (await calls.validator(validator)).unwrap();
	if (info.bond.lt(info.requiredBond)) console.error(`warning: the validator earns only with a bond of ${woppals(info.requiredBond)} W`);
	const unbonding = events.find((event) => api.events.stake.BondUnbonding.is(event));
	console.log(JSON.stringify({
		validator: validator.toNumber(),
		bond: info.bond.toString(),
		countingBond: info.countingBond.toString(),
		matures: unbonding?.data.matures.toNumber() ?? null,
	}));
} finally {
	await api.disconnect();
}
