// Pays out a validator's rewards: the owner's and the delegate's parts to their accounts, the delegators' into their
// pool. Anyone may sign and pays the fee.

import { connect, fail, keyPair, number, options, submitOrFail } from './lib.mjs';

// What one call takes, and one answer of the runtime API.
const CLAIM_EPOCHS = 16;
const REWARDS_PAGE = 64;
const usage = `usage: node claim.mjs --account SURI --validator ID [--url ws://127.0.0.1:9944]`;
const { url, account, validator } = options(usage, { account: { type: 'string' }, validator: { type: 'string' } });
if (!account || validator === undefined) fail(`both --account and --validator are needed\n${usage}`);
const id = number(validator, '--validator');

/** Epochs for which a claim pays, oldest first. */
async function payable(api, now) {
	const epochs = [];
	for (let first = Math.max(0, now - api.consts.emission.claimEpochs.toNumber()); first < now; first += REWARDS_PAGE) {
		const rewards = await api.call.woppalApi.rewards(id, first, REWARDS_PAGE);
		epochs.push(...rewards.epochs.filter((e) => e.closed.isTrue && e.claimed.isFalse && !e.ownerPart.add(e.delegatePart).isZero()));
	}
	return epochs.map((e) => e.epoch.toNumber());
}

/** Claims all of these epochs; returns the plancks paid. */
async function claim(api, epochs, signer) {
	let paid = 0n;
	while (epochs.length > 0) {
		const first = epochs[0];
		const taken = epochs.filter((epoch) => epoch < first + CLAIM_EPOCHS);
		const events = await submitOrFail(api, api.tx.emission.claim(id, first, taken.at(-1) - first + 1), signer);
		const claimed = events.find((event) => api.events.emission.RewardsClaimed.is(event));
		paid += claimed.data.amount.toBigInt();
		epochs = epochs.slice(taken.length);
	}
	return paid;
}

/** Settles the closed epochs of the validator's pool; returns the plancks that its delegators earned by that. */
async function settle(api, now, signer) {
	const pool = { Validator: id };
	const max = api.consts.stake.maxSettle.toNumber();
	let earned = 0n;
	// Each call settles `max` epochs, or skips those in which nothing could happen.
	for (let calls = 0; calls <= now / max + 1; calls += 1) {
		const info = await api.call.woppalApi.pool(pool);
		const isEmpty = info.shares.isZero() && info.pending.isZero();
		if (isEmpty || info.nextEpoch.toNumber() >= now) break;
		const events = await submitOrFail(api, api.tx.stake.settle(pool, max), signer);
		for (const event of events.filter((e) => api.events.stake.Settled.is(e))) earned += event.data.reward.toBigInt();
	}
	return earned;
}

const api = await connect(url);
try {
	const signer = keyPair(account);
	if ((await api.call.woppalApi.validator(id)).isNone) fail(`there is no validator ${id}`);
	const now = (await api.call.woppalApi.epoch()).index.toNumber();
	const epochs = await payable(api, now);
	const claimed = await claim(api, epochs, signer);
	const delegators = await settle(api, now, signer);
	const pool = await api.call.woppalApi.pool({ Validator: id });
	console.log(JSON.stringify({
		validator: id,
		epochs,
		claimed: claimed.toString(),
		delegators: delegators.toString(),
		pool: pool.value.toString(),
	}));
} finally {
	await api.disconnect();
}
