// Makes a validator a candidate for block author: session keys in the operator's own node, a proof that they belong to
// the hot key, `session.setKeys` and `gate.join`. A set that is chosen at the end of a session authors two sessions later.

import { connect, fail, keyPair, options, submitOrFail } from './lib.mjs';

const usage = `usage: node join-authorities.mjs --hot SURI [--url ws://127.0.0.1:9944]
  --hot  the validator's hot key, which gets the seat
  --url  your own node, started with --validator: the session keys are made in its keystore. It must allow unsafe
         methods on that address: it does on loopback, or with --rpc-methods=unsafe. Never open them to others.`;
const { url, hot } = options(usage, { hot: { type: 'string' } });
if (!hot) fail(`--hot is needed\n${usage}`);

const explain = (error) => fail(`${url} makes no session keys (${error.message}): it must be your own node, with unsafe RPC methods\n${usage}`);

/** Session keys of the account whose secrets this node has; made and set unless there are some. */
async function sessionKeys(api, signer) {
	const known = await api.query.session.nextKeys(signer.address);
	if (known.isSome) {
		const keys = known.unwrap().toHex();
		if ((await api.rpc.author.hasSessionKeys(keys).catch(explain)).isTrue) return { keys, made: false };
	}
	const owner = api.createType('AccountId', signer.address).toHex();
	const answer = await api.rpc.author.rotateKeysWithOwner(owner).catch(explain);
	const { keys, proof } = answer.toJSON();
	if (!proof) fail(`the node at ${url} gives no proof of ownership: it needs the release that fits the chain`);
	await submitOrFail(api, api.tx.session.setKeys(keys, proof), signer);
	return { keys, made: true };
}

const api = await connect(url);
try {
	const signer = keyPair(hot);
	const calls = api.call.woppalApi;
	const id = await calls.validatorOf(signer.address);
	if (id.isNone) fail(`${signer.address} is no validator's key: register it with register.mjs`);
	const info = (await calls.validator(id.unwrap())).unwrap();
	if (!info.hotKey.eq(signer.address)) fail(`${signer.address} is the cold key of validator ${info.id}: give its hot key`);

	const { keys, made } = await sessionKeys(api, signer);
	const isCandidate = (await calls.authorities()).candidates.some((c) => c.account.eq(signer.address));
	if (!isCandidate) await submitOrFail(api, api.tx.gate.join(), signer);
	const { session } = await calls.authorities();
	console.log(JSON.stringify({
		validator: info.id.toNumber(),
		account: signer.address,
		keys,
		keysMade: made,
		joined: !isCandidate,
		session: session.toNumber(),
		authorsFromSession: session.toNumber() + 2,
	}));
} finally {
	await api.disconnect();
}
