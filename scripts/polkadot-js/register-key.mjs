// Registers a circuit's verifying key: `AgentCommit.register_verifying_key`. Only governance may. Where the chain has a
// sudo key, that key's owner sends it; everywhere else this prints the encoded call, for whoever may propose it.

import { connect, fail, govern, options } from './lib.mjs';

const usage = `usage: node register-key.mjs --circuit standard|standard-wide|standard-matrix|small|small-wide|small-matrix --key 0x… --transcript 0x… [--sudo //Alice] [--print] [--url ws://127.0.0.1:9944]
  --circuit     the circuit that the ceremony was for
  --key         the verifying key that \`ceremony export\` printed
  --transcript  the transcript's hash that it printed
  --sudo        secret URI of the sudo key; //Alice on development networks
  --print       only print the call`;
const { url, circuit, key, transcript, sudo, print } = options(usage, {
	circuit: { type: 'string' },
	key: { type: 'string' },
	transcript: { type: 'string' },
	sudo: { type: 'string', default: '//Alice' },
	print: { type: 'boolean', default: false },
});
if (!circuit || !key || !transcript) fail(`--circuit, --key and --transcript are needed\n${usage}`);
if (!/^0x([0-9a-f]{2})+$/i.test(key)) fail('--key takes 0x and pairs of hexadecimal digits');
if (!/^0x[0-9a-f]{64}$/i.test(transcript)) fail('--transcript takes 0x and 64 hexadecimal digits');

const api = await connect(url);
try {
	const names = api.createType('WoppalProtocolResearchCircuitId').defKeys;
	const spelled = (name) => name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
	const named = names.find((name) => spelled(name) === circuit);
	if (!named) fail(`the chain has no circuit ${circuit}: --circuit takes one of ${names.map(spelled).join(', ')}`);
	const call = api.tx.agentCommit.registerVerifyingKey(named, key, transcript);
	const events = await govern(api, call, sudo, print);
	if (events) {
		const registered = events.find((event) => api.events.agentCommit.VerifyingKeyRegistered.is(event));
		if (!registered) fail('the chain accepted the call but shows no new key');
		// By place: `hash` by name is that of the event's own bytes.
		const [id, , hash] = registered.data;
		console.log(JSON.stringify({ key: id.toNumber(), circuit, hash: hash.toHex() }));
	}
} finally {
	await api.disconnect();
}
