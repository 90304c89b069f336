// Registers a project of the root subnet: `Research.register_project`. Only governance may. Where the chain has a sudo
// key, that key's owner sends it; everywhere else this prints the encoded call, for whoever may propose it.

import { readFileSync } from 'node:fs';
import { connect, fail, govern, number, options } from './lib.mjs';

const usage = `usage: node register-project.mjs --program CHECK.json --project PROJECT.json [--sudo //Alice] [--creator ADDRESS] [--print] [--url ws://127.0.0.1:9944]
  --program  what \`subnet-worker program check --json\` printed
  --project  the project's description, see docs/programs.md
  --sudo     secret URI of the sudo key; //Alice on development networks
  --creator  account that gets the creator's share of fees
  --print    only print the call`;
const { url, program: programFile, project: projectFile, sudo, creator, print } = options(usage, {
	program: { type: 'string' },
	project: { type: 'string' },
	sudo: { type: 'string', default: '//Alice' },
	creator: { type: 'string' },
	print: { type: 'boolean', default: false },
});
if (!programFile || !projectFile) fail(`both --program and --project are needed\n${usage}`);

const MAX_SEGMENTS = 64;
const MAX_TEXT_BYTES = 64;
const MAX_KEYS = 32;
const MAX_ARTIFACT_BYTES = 8192;
const I32 = [-(2 ** 31), 2 ** 31 - 1];
const U32 = [0, 2 ** 32 - 1];

function readJson(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8'));
	} catch (error) {
		return fail(`cannot read ${file}: ${error.message}`);
	}
}

/** Reads the fields of one object; every field is read once and none is left over. */
class Fields {
	constructor(object, place) {
		if (object === null || typeof object !== 'object' || Array.isArray(object)) fail(`${place} is not an object`);
		this.rest = { ...object };
		this.place = place;
	}

	take(field, fallback) {
		const value = this.rest[field] ?? fallback;
		if (value === undefined) fail(`${this.place} lacks ${field}`);
		delete this.rest[field];
		return value;
	}

	integer(field, [least, most], fallback) {
		const value = this.take(field, fallback);
		if (!Number.isInteger(value) || value < least || value > most) fail(`${this.place}: ${field} must be an integer from ${least} to ${most}`);
		return value;
	}

	text(field) {
		const value = this.take(field);
		if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > MAX_TEXT_BYTES) fail(`${this.place}: ${field} must be a text of 1 to ${MAX_TEXT_BYTES} bytes`);
		return value;
	}

	hash(field) {
		const value = this.take(field);
		if (!/^0x[0-9a-f]{64}$/.test(value)) fail(`${this.place}: ${field} must be 0x and 64 hexadecimal digits`);
		return value;
	}

	choice(field, choices) {
		const value = this.take(field);
		if (!choices.includes(value)) fail(`${this.place}: ${field} must be one of ${choices.join(', ')}`);
		return value;
	}

	end() {
		const unknown = Object.keys(this.rest);
		if (unknown.length > 0) fail(`${this.place} has unknown fields: ${unknown.join(', ')}`);
	}
}

/** The program's part of a specification. */
function readProgram(file, circuits) {
	const check = new Fields(readJson(file), file);
	const bound = new Fields(check.take('program'), `${file}: program`);
	return {
		evaluator: check.hash('evaluator'),
		circuit: circuits[check.choice('circuit', Object.keys(circuits))],
		program: {
			code: bound.hash('code'),
			data: bound.hash('data'),
			entryPc: bound.integer('entry_pc', U32),
			entryFp: bound.integer('entry_fp', U32),
		},
		maxArtifactBytes: Math.min(MAX_ARTIFACT_BYTES, check.integer('max_artifact_bytes', U32)),
		stepsPerSegment: check.integer('steps_per_segment', U32),
	};
}

function readSchema(list, place) {
	if (!Array.isArray(list) || list.length < 1 || list.length > MAX_KEYS) fail(`${place}: schema must be a list of 1 to ${MAX_KEYS} keys`);
	return list.map((entry, i) => {
		const key = new Fields(entry, `${place}: schema[${i}]`);
		const [name, min, max] = [key.text('name'), key.integer('min', I32), key.integer('max', I32)];
		key.end();
		if (min > max) fail(`${place}: schema[${i}] has no value between ${min} and ${max}`);
		if (list.findIndex((other) => other.name === name) !== i) fail(`${place}: schema has ${name} twice`);
		return { name, min, max };
	});
}

/** The project's part of a specification; `key` may be left out. */
function readProject(file, { maxArtifactBytes, stepsPerSegment }) {
	const project = new Fields(readJson(file), file);
	const spec = {
		name: project.text('name'),
		metric: project.text('metric'),
		unit: project.text('unit'),
		direction: project.choice('direction', ['LowerIsBetter', 'HigherIsBetter']),
		level: 'Execution',
		maxSegments: project.integer('max_segments', [1, MAX_SEGMENTS]),
		sampleSize: project.integer('sample_size', U32),
		artifactBytes: project.integer('artifact_bytes', [4, maxArtifactBytes]),
		schema: readSchema(project.take('schema'), file),
		baseline: project.integer('baseline', I32),
		noiseMargin: project.integer('noise_margin', U32),
		maxChangedKeys: project.integer('max_changed_keys', [1, MAX_KEYS], 4),
	};
	spec.maxSteps = project.integer('max_steps', [1, spec.maxSegments * stepsPerSegment]);
	spec.supersedes = project.take('supersedes', null);
	const key = project.take('key', null);
	project.end();
	if (spec.artifactBytes % 4 !== 0) fail(`${file}: artifact_bytes must be a multiple of 4`);
	return { spec, key: key === null ? null : number(String(key), `${file}: key`) };
}

/** The chain's usable verifying key of a circuit with the lowest number. */
async function keyOf(api, circuit) {
	const entries = await api.query.agentCommit.keys.entries();
	const isUsable = (info) => info.circuit.type === circuit && info.retired.isFalse;
	const ids = entries.filter(([, info]) => isUsable(info.unwrap())).map(([id]) => id.args[0].toNumber());
	if (ids.length === 0) fail(`the chain has no usable verifying key of the ${circuit} circuit: governance registers one, see register-key.mjs`);
	return Math.min(...ids);
}

const api = await connect(url);
try {
	const names = api.createType('WoppalProtocolResearchCircuitId').defKeys;
	const circuits = Object.fromEntries(names.map((name) => [name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase(), name]));
	const { evaluator, circuit, program, ...limits } = readProgram(programFile, circuits);
	const { spec, key } = readProject(projectFile, limits);
	const full = { ...spec, evaluator, program, circuit, key: key ?? (await keyOf(api, circuit)) };
	const call = api.tx.research.registerProject(full, creator ?? null);
	const events = await govern(api, call, sudo, print);
	if (events) {
		const registered = events.find((event) => api.events.research.ProjectRegistered.is(event));
		if (!registered) fail('the chain accepted the call but shows no new project');
		console.log(JSON.stringify({ project: registered.data[0].toNumber(), name: spec.name, evaluator, circuit, key: full.key }));
	}
} finally {
	await api.disconnect();
}
