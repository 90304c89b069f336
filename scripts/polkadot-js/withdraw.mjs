// Pays out what an account let unbond, as far as it has matured.

import { connect, fail, keyPair, options, submitOrFail } from './lib.mjs';

const usage = `usage: node withdraw.mjs --account SURI [--url ws://127.0.0.1:9944]`;
const { url, account } = options(usage, { account: { type: 'string' } });
if (!account) fail(`--account is needed\n${usage}`);

const api = await connect(url);
try {
	const signer = keyPair(account);
	const { unbonding } = await api.call.woppalApi.stake(signer.address);
	if (unbonding.length === 0) fail(`nothing of ${signer.address} unbonds: let stake unbond with delegate.mjs or bond.mjs first`);
	const blocks = unbonding.map((entry) => entry.blocksLeft.toNumber());
	if (Math.min(...blocks) > 0) fail(`nothing has matured: wait ${Math.min(...blocks)} blocks`);
	const events = await submitOrFail(api, api.tx.stake.withdraw(), signer);
	const withdrawn = events.find((event) => api.events.stake.Withdrawn.is(event));
	const left = (await api.call.woppalApi.stake(signer.address)).unbonding;
	console.log(JSON.stringify({
		account: signer.address,
		withdrawn: withdrawn.data.amount.toString(),
		unbonding: left.map((entry) => ({ amount: entry.amount.toString(), blocksLeft: entry.blocksLeft.toNumber() })),
	}));
} finally {
	await api.disconnect();
}
