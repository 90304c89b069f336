// Registers a validator and its first node: the cold key signs, the hot key will do the work. The bond counts from
// the next epoch on.

import { randomBytes } from 'node:crypto';
import { connect, fail, keyPair, options, submitOrFail, woppals } from './lib.mjs';

const ROLES = ['Miner', 'FullNode', 'Router', 'GpuAgent', 'ComputeAgent', 'Relay'];
const PERCENT = { Miner: 400n, FullNode: 200n, Router: 150n, GpuAgent: 125n, ComputeAgent: 100n, Relay: 100n };
const usage = `usage: node register.mjs --cold SURI --hot ADDRESS|SURI [--role Miner] [--bond PLANCKS] [--node-key 0x..] [--url ws://127.0.0.1:9944]
  --node-key  the node's Ed25519 public key (32 bytes in hex); a random one otherwise, for trying things out`;
const { url, cold, hot, role, bond, ['node-key']: nodeKey } = options(usage, {
	cold: { type: 'string' },
	hot: { type: 'string' },
	role: { type: 'string', default: 'Miner' },
	bond: { type: 'string' },
	'node-key': { type: 'string' },
});
if (!cold || !hot) fail(`both --cold and --hot are needed\n${usage}`);
if (!ROLES.includes(role)) fail(`--role is one of ${ROLES.join(', ')}, not '${role}'`);
if (nodeKey !== undefined && !/^0x[0-9a-fA-F]{64}$/.test(nodeKey)) fail('--node-key takes 32 bytes in hex');

const api = await connect(url);
try {
	const signer = keyPair(cold);
	const hotKey = hot.startsWith('//') ? keyPair(hot).address : hot;
	const { parameters } = await api.call.woppalApi.network();
	const required = (parameters.deposits.bond.toBigInt() * PERCENT[role]) / 100n;
	const amount = bond === undefined ? required : BigInt(bond);
	if (amount < required) console.error(`warning: a ${role} earns only with a bond of ${woppals(required)} W: add to it with bond.mjs`);

	const key = nodeKey ? Buffer.from(nodeKey.slice(2), 'hex') : randomBytes(32);
	// A libp2p peer id: the identity multihash of the key's protobuf form (type Ed25519, 32 bytes).
	const peerId = Buffer.concat([Buffer.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]), key]);
	const calls = [
		api.tx.validators.register(hotKey, amount),
		// It can't be dialled and offers nothing to others, until its operator says so with `updateNode`.
		api.tx.validators.registerNode(0, role, `0x${peerId.toString('hex')}`, `0x${key.toString('hex')}`, [], 0),
	];
	const events = await submitOrFail(api, api.tx.utility.batchAll(calls), signer);
	const registered = events.find((event) => api.events.validators.Registered?.is(event));
	const id = await api.call.woppalApi.validatorOf(signer.address);
	if (!registered || id.isNone) fail('the chain accepted the call but shows no new validator');
	console.log(JSON.stringify({ validator: id.unwrap().toNumber(), coldKey: signer.address, hotKey: hotKey.toString(), role, bond: amount.toString() }));
} finally {
	await api.disconnect();
}
