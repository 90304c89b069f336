// What the examples share: options, a connection, and a signed call that reports its outcome.

import { parseArgs } from 'node:util';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { cryptoWaitReady } from '@polkadot/util-crypto';

const CONNECT_MS = 15_000;
const PLANCKS_PER_WOPPAL = 10n ** 12n;

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
	const api = await ApiPromise.create({ provider, noInitWarn: true });
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
