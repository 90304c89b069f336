// Prints a validator's rewards, from the runtime API `WoppalApi` (no custom types are needed).

import { connect, fail, options, woppals } from './lib.mjs';

const usage = `usage: node rewards.mjs (--validator ID | --account ADDRESS) [--url ws://127.0.0.1:9944] [--epochs 16] [--json]`;
const { url, validator, account, epochs, json } = options(usage, {
	validator: { type: 'string' },
	account: { type: 'string' },
	epochs: { type: 'string', default: '16' },
	json: { type: 'boolean', default: false },
});
if ((validator === undefined) === (account === undefined)) fail(`name the validator by --validator or by --account\n${usage}`);
if (validator !== undefined && !/^\d+$/.test(validator)) fail(`--validator takes a number, not '${validator}'`);
if (!/^\d+$/.test(epochs) || Number(epochs) < 1 || Number(epochs) > 64) fail(`--epochs takes 1 to 64, not '${epochs}'`);

const api = await connect(url);
try {
	const calls = api.call.woppalApi;
	let id = validator;
	if (id === undefined) {
		const found = await calls.validatorOf(account).catch((error) => fail(`'${account}' is not an account: ${error.message}`));
		if (found.isNone) fail(`${account} is no validator's cold or hot key`);
		id = found.unwrap();
	}
	const info = await calls.validator(id);
	if (info.isNone) fail(`there is no validator ${id}`);
	const now = await calls.epoch();
	const first = Math.max(0, now.index.toNumber() + 1 - Number(epochs));
	const rewards = await calls.rewards(id, first, Number(epochs));

	if (json) {
		console.log(JSON.stringify({
			validator: Number(id),
			coldKey: info.unwrap().coldKey.toString(),
			claimed: rewards.claimed.toString(),
			claimable: rewards.claimable.toString(),
			epochs: rewards.epochs.map((e) => ({
				epoch: e.epoch.toNumber(),
				weight: e.weight.toString(),
				totalWeight: e.totalWeight.toString(),
				blocks: e.blocks.toNumber(),
				reward: e.reward.toString(),
				authorPay: e.authorPay.toString(),
				potPart: e.potPart.toString(),
				ownerPart: e.ownerPart.toString(),
				delegatePart: e.delegatePart.toString(),
				delegatorsPart: e.delegatorsPart.toString(),
				collected: e.collected.isTrue,
				claimed: e.claimed.isTrue,
				closed: e.closed.isTrue,
			})),
		}));
	} else {
		console.log(`validator ${id}, cold key ${info.unwrap().coldKey}`);
		console.log(`claimed   ${woppals(rewards.claimed)} W`);
		console.log(`claimable ${woppals(rewards.claimable)} W`);
		for (const e of rewards.epochs) {
			const state = e.claimed.isTrue ? 'claimed' : e.closed.isTrue ? 'claimable' : 'running, estimate';
			console.log(`  epoch ${String(e.epoch).padStart(5)}  weight ${e.weight}/${e.totalWeight}  blocks ${e.blocks}  ${woppals(e.reward)} W  ${state}`);
			console.log(`    owner ${woppals(e.ownerPart)} W  delegate ${woppals(e.delegatePart)} W  delegators ${woppals(e.delegatorsPart)} W${e.collected.isTrue ? ' (paid)' : ''}`);
		}
	}
} finally {
	await api.disconnect();
}
