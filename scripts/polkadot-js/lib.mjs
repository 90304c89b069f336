// What the examples share: options, a connection, and a signed call that reports its outcome.

import { parseArgs } from 'node:util';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const CONNECT_MS = 15_000;
const DECIMALS = 12;
const PLANCKS_PER_WOPPAL = 10n ** BigInt(DECIMALS);
// Extensions of a transaction that carry nothing and that polkadot.js does not know by name.
const EMPTY = { extrinsic: {}, payload: {} };
const SIGNED_EXTENSIONS = { AuthorizeCall: EMPTY, NameCreator: EMPTY };
const RPC = {
	author: {
		rotateKeysWithOwner: {
			description: 'Makes session keys in the node\'s keystore and proves to whom they belong',
			params: [{ name: 'owner', type: 'Bytes' }],
			type: 'Json',
		},
	},
};

/** Ends the process with a message that says what to do. */
export function fail(message) {
	console.error(`error: ${message}`);
	process.exit(1);
}

/** Reads the command line; `usage` is printed for --help and for anything unknown. */
export function options(usage, spec) {
	const all = { url: { type: 'string', default: 'ws://127.0.0.1:9944' }, help: { type: 'boolean' }, ...spec };
	let values;
	try {
		({ values } = parseArgs({ options: all }));
	} catch (error) {
		fail(`${error.message}\n${usage}`);
	}
	if (values.help) {
		console.log(usage);
		process.exit(0);
	}
	return values;
}

/** Connects to a node, or ends the process when none answers. */
export async function connect(url) {
	await cryptoWaitReady();
	const provider = new WsProvider(url, 1_000, {}, CONNECT_MS);
	const timer = setTimeout(() => fail(`no node answers at ${url}: is it running, with its RPC on that port?`), CONNECT_MS);
	const api = await ApiPromise.create({ provider, rpc: RPC, signedExtensions: SIGNED_EXTENSIONS, noInitWarn: true });
	clearTimeout(timer);
	if (!api.call.woppalApi) {
		fail(`the node at ${url} is not a Woppal node (${api.runtimeChain})`);
	}
	return api;
}

/** A key pair from a secret URI such as //Alice or a mnemonic. */
export function keyPair(suri) {
	try {
		return new Keyring({ type: 'sr25519' }).addFromUri(suri);
	} catch (error) {
		return fail(`'${suri.startsWith('//') ? suri : 'the given secret'}' is not a secret URI: ${error.message}`);
	}
}

/** Signs and sends a call; resolves with its events once it is in a block, rejects with the chain's own error. */
export function submit(api, call, signer) {
	return new Promise((resolve, reject) => {
		call.signAndSend(signer, ({ status, dispatchError, events }) => {
			if (!status.isInBlock && !status.isFinalized) {
				if (status.isInvalid || status.isDropped || status.isUsurped) reject(new Error(`the transaction was ${status.type}`));
				return;
			}
			if (!dispatchError) return resolve(events.map(({ event }) => event));
			if (!dispatchError.isModule) return reject(new Error(dispatchError.toString()));
			const { section, name, docs } = api.registry.findMetaError(dispatchError.asModule);
			reject(new Error(`${section}.${name}: ${docs.join(' ')}`));
		}).catch(reject);
	});
}

/** Plancks as woppals. */
export function woppals(plancks) {
	const value = BigInt(plancks.toString());
	return `${value / PLANCKS_PER_WOPPAL}.${(value % PLANCKS_PER_WOPPAL).toString().padStart(12, '0')}`;
}

/** Woppals such as 1 or 0.25 as plancks; `option` names them in the error. */
export function plancks(text, option) {
	const [, whole, part = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? fail(`${option} takes an amount in W such as 1 or 0.25, not '${text}'`);
	if (part.length > DECIMALS) fail(`${option}: a W has ${DECIMALS} decimals`);
	const value = BigInt(whole) * PLANCKS_PER_WOPPAL + BigInt(part.padEnd(DECIMALS, '0'));
	return value > 0n ? value : fail(`${option} must be more than 0`);
}

/** A number such as a validator's; `option` names it in the error. */
export function number(text, option) {
	return /^\d{1,9}$/.test(text) ? Number(text) : fail(`${option} takes a number, not '${text}'`);
}

/** The pool that exactly one of two options names: a validator's or a subnet's. */
export function poolId(validator, subnet, options, usage) {
	if ((validator === undefined) === (subnet === undefined)) fail(`name the pool by ${options[0]} or by ${options[1]}\n${usage}`);
	return validator !== undefined ? { Validator: number(validator, options[0]) } : { Subnet: number(subnet, options[1]) };
}

/** A pool as the chain's answers name it, such as { validator: 0 }. */
export function poolName(pool) {
	return pool.isValidator ? { validator: pool.asValidator.toNumber() } : { subnet: pool.asSubnet.toNumber() };
}

/** Signs and sends a call; ends the process with the chain's own error if it is refused. */
export function submitOrFail(api, call, signer) {
	return submit(api, call, signer).catch((error) => fail(error.message));
}

/** The owner of the sudo key, if the chain has one that may be used. */
async function sudoOwner(api) {
	const { parameters } = await api.call.woppalApi.network();
	if (parameters.live.isTrue || !api.query.sudo) return null;
	const owner = await api.query.sudo.key();
	return owner.isSome ? owner.unwrap().toString() : null;
}

/**
 * Sends a call that only governance may make, through the sudo key's owner where the chain has one; resolves with its
 * events. Everywhere else, and if only that is asked for, it prints the encoded call and resolves with null.
 */
export async function govern(api, call, sudo, print) {
	const owner = await sudoOwner(api);
	if (print || owner === null) {
		if (!print) console.error('this chain has no sudo key: propose this call to its governance');
		console.log(JSON.stringify({ call: call.method.toHex(), hash: call.method.hash.toHex() }));
		return null;
	}
	const signer = keyPair(sudo);
	if (signer.address !== owner) fail(`the sudo key is ${owner}, not ${signer.address}: give its secret with --sudo`);
	const events = await submitOrFail(api, api.tx.sudo.sudo(call), signer);
	const done = events.find((event) => api.events.sudo.Sudid.is(event));
	if (done && done.data[0].isErr) {
		const { section, name, docs } = api.registry.findMetaError(done.data[0].asErr.asModule);
		fail(`${section}.${name}: ${docs.join(' ')}`);
	}
	return events;
}
