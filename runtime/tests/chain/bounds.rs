//! Bounds of call arguments, through the decoding that blocks and the pool go through: as long as is allowed
//! is a call that is dispatched, one longer is no call at all, and bytes that are a call are the only bytes
//! that are this call.

use crate::{
	conservation::{random_seed, Rng},
	work::{network, spec, Plan, MINERS},
};
use codec::{Compact, DecodeAll, Encode};
use pallet_validators::Call as Validators;
use woppal_protocol::{
	identity::{PeerId, Role},
	research::CircuitId,
	statement::{Claim, Evaluation},
	time::Timing,
	H256, ROOT_SUBNET,
};
use woppal_runtime::{Runtime, RuntimeCall, UncheckedExtrinsic};

/// A bounded argument of a call.
struct Argument {
	name: &'static str,
	/// The most elements that it may have.
	most: usize,
	/// The call's bytes with so many of them.
	call: Box<dyn Fn(usize) -> Vec<u8>>,
}

/// The bytes of a call of the same kind as `like` with other arguments.
fn bytes(like: &RuntimeCall, arguments: &impl Encode) -> Vec<u8> {
	[&like.encode()[..2], &arguments.encode()].concat()
}

fn argument(
	name: &'static str,
	most: usize,
	call: impl Fn(usize) -> Vec<u8> + 'static,
) -> Argument {
	Argument { name, most, call: Box::new(call) }
}

fn text(length: usize) -> Vec<u8> {
	vec![b'x'; length]
}

fn of_nodes() -> Vec<Argument> {
	let (subnet, role, key) = (ROOT_SUBNET, Role::Miner, [7u8; 32]);
	let peer_id = PeerId::default();
	let register = RuntimeCall::from(crate::work::node_call(role, key));
	let update = RuntimeCall::from(Validators::update_node {
		subnet,
		peer_id: peer_id.clone(),
		multiaddrs: Default::default(),
		capabilities: 0,
	});
	let deregister = RuntimeCall::from(Validators::deregister_node { subnet, peer_id });
	let new = move |like: &RuntimeCall, peer: usize, addresses: usize, address: usize| {
		bytes(like, &(subnet, role, text(peer), key, vec![text(address); addresses], 0u64))
	};
	let other = move |like: &RuntimeCall, peer: usize, addresses: usize, address: usize| {
		bytes(like, &(subnet, text(peer), vec![text(address); addresses], 0u64))
	};
	let (r, u) = (register, update);
	let (r1, r2, u1, u2) = (r.clone(), r.clone(), u.clone(), u.clone());
	vec![
		argument("register_node: peer id", 64, move |n| new(&r, n, 1, 8)),
		argument("register_node: addresses", 8, move |n| new(&r1, 38, n, 128)),
		argument("register_node: an address", 128, move |n| new(&r2, 38, 8, n)),
		argument("update_node: peer id", 64, move |n| other(&u, n, 1, 8)),
		argument("update_node: addresses", 8, move |n| other(&u1, 38, n, 128)),
		argument("update_node: an address", 128, move |n| other(&u2, 38, 8, n)),
		argument("deregister_node: peer id", 64, move |n| bytes(&deregister, &(subnet, text(n)))),
	]
}

fn of_metadata() -> Vec<Argument> {
	let call = |place: usize, n: usize| {
		let like = Validators::<Runtime>::set_metadata { metadata: Default::default() };
		let fields: [Vec<u8>; 4] = std::array::from_fn(|at| text(if at == place { n } else { 3 }));
		bytes(&like.into(), &fields)
	};
	vec![
		argument("set_metadata: name", 32, move |n| call(0, n)),
		argument("set_metadata: url", 128, move |n| call(1, n)),
		argument("set_metadata: contact", 128, move |n| call(2, n)),
		argument("set_metadata: description", 512, move |n| call(3, n)),
	]
}

fn of_experiments() -> Vec<Argument> {
	use pallet_agent_commit::Call as AgentCommit;
	let commit = |config: usize, artifact: usize, edges: usize| {
		let like = Plan::new(0, 1, 0).commit_call().into();
		let (salt, edge) = (H256::zero(), (0u8, H256::zero()));
		bytes(&like, &(1u32, vec![0i32; config], salt, text(artifact), vec![edge; edges]))
	};
	let prove = |segments: usize, proof: usize| {
		let (experiment, seed, key) = (H256::zero(), H256::zero(), 1u32);
		let claim = Claim::Halted { metric: 0 };
		let evaluation = Evaluation { claim, final_data: seed, segments: Default::default() };
		let like = AgentCommit::<Runtime>::prove { experiment, seed, key, evaluation };
		let segments = vec![(H256::zero(), text(proof)); segments];
		bytes(&like.into(), &(experiment, seed, key, (claim, seed, segments)))
	};
	let register_key = |n: usize| {
		let (circuit, key, transcript) = (CircuitId::Small, Default::default(), H256::zero());
		let like = AgentCommit::<Runtime>::register_verifying_key { circuit, key, transcript };
		bytes(&like.into(), &(circuit, text(n), transcript))
	};
	vec![
		argument("commit: config", 32, move |n| commit(n, 20, 0)),
		argument("commit: artifact", 8 * 1024, move |n| commit(8, n, 0)),
		argument("commit: edges", 8, move |n| commit(8, 20, n)),
		argument("prove: segments", 64, move |n| prove(n, 128)),
		argument("prove: a proof", 128, move |n| prove(64, n)),
		argument("register_verifying_key: key", 1_024, register_key),
	]
}

fn of_projects() -> Vec<Argument> {
	let call = |place: usize, n: usize| {
		let like =
			pallet_research::Call::<Runtime>::register_project { spec: spec(), creator: None };
		let of = |at: usize| text(if at == place { n } else { 3 });
		let keys = if place == 3 { n } else { 32 };
		let schema = vec![(of(4), 0i32, 100i32); keys];
		let s = spec();
		let names = (of(0), of(1), of(2), s.direction, s.evaluator, s.program);
		let run = (s.circuit, s.key, s.level, s.max_steps, s.max_segments, s.sample_size);
		let rest = (s.baseline, s.noise_margin, s.max_changed_keys, s.supersedes);
		let spec = (names, run, s.artifact_bytes, schema, rest);
		bytes(&like.into(), &(spec, None::<[u8; 32]>))
	};
	vec![
		argument("register_project: name", 64, move |n| call(0, n)),
		argument("register_project: metric", 64, move |n| call(1, n)),
		argument("register_project: unit", 64, move |n| call(2, n)),
		argument("register_project: config keys", 32, move |n| call(3, n)),
		argument("register_project: a key's name", 64, move |n| call(4, n)),
	]
}

fn all() -> Vec<Argument> {
	[of_nodes(), of_metadata(), of_experiments(), of_projects()].into_iter().flatten().collect()
}

/// A call's bytes as an extrinsic that nobody signed.
fn extrinsic(call: &[u8]) -> Vec<u8> {
	let empty = UncheckedExtrinsic::new_bare(frame_system::Call::remark { remark: vec![] }.into());
	let length = empty.function.encoded_size();
	let bytes = empty.encode();
	let version = bytes[bytes.len() - length - 1];
	[&[version], call].concat().encode()
}

/// The call that these bytes are, in an extrinsic and by themselves.
fn decode(call: &[u8]) -> Option<RuntimeCall> {
	let alone = RuntimeCall::decode_all(&mut &call[..]).ok();
	let inside = UncheckedExtrinsic::decode_all(&mut &extrinsic(call)[..]).ok();
	assert_eq!(alone, inside.map(|extrinsic| extrinsic.function));
	alone
}

#[test]
fn an_argument_is_as_long_as_allowed_and_no_longer() {
	let mut chain = network(1);
	for Argument { name, most, call } in all() {
		for length in [0, 1, most - 1, most] {
			let bytes = call(length);
			let decoded = decode(&bytes).unwrap_or_else(|| panic!("{name}: {length} is allowed"));
			assert_eq!(decoded.encode(), bytes, "{name}: {length}");
			// A block that starts a session is full with that.
			while chain.number() % Timing::FAST.session == 1 {
				chain.next_block();
			}
			// It reaches its pallet, which says what it thinks of it.
			let applied = chain.try_submit(&MINERS[0].cold, decoded);
			assert!(applied.is_ok(), "{name}: {length}: {applied:?}");
			chain.next_block();
		}
		for length in [most + 1, most + 2, 2 * most + 1] {
			assert!(decode(&call(length)).is_none(), "{name}: {length} is too long");
		}
	}
}

#[test]
fn a_length_that_is_only_claimed_is_no_call() {
	for Argument { name, most, call } in all() {
		let (none, one) = (call(0), call(1));
		// Where the two begin to differ is the length; none follows of what it counts.
		let at = none.iter().zip(&one).position(|(a, b)| a != b).unwrap();
		for claimed in [most as u32, most as u32 + 1, 1 << 14, 1 << 29, u32::MAX] {
			let lying = [&none[..at], &Compact(claimed).encode()].concat();
			assert!(decode(&lying).is_none(), "{name}: {claimed} claimed");
		}
	}
}

/// Changes, cuts or extends bytes.
fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>) {
	for _ in 0..=rng.below(3) {
		let at = rng.below(bytes.len().max(1));
		match rng.below(6) {
			0 => bytes.truncate(at),
			1 => bytes.push(rng.next() as u8),
			2 if !bytes.is_empty() => {
				bytes.remove(at);
			},
			3 => bytes.insert(at, rng.next() as u8),
			_ => {
				if let Some(byte) = bytes.get_mut(at) {
					*byte =
						if rng.chance(50) { *byte ^ (1 << rng.below(8)) } else { rng.next() as u8 };
				}
			},
		}
	}
}

#[test]
fn whatever_decodes_is_the_only_form_of_its_call() {
	let seed = random_seed();
	println!("WOPPAL_SEED={seed}");
	let mut rng = Rng(seed);
	let arguments = all();
	let (mut calls, mut others) = (0, 0);
	for _ in 0..40_000 {
		let Argument { name, most, call } = rng.pick(&arguments).unwrap();
		// Short ones, so that most changes hit what is counted and not what is filled in.
		let length = rng.below((*most).min(12) + 1);
		let mut bytes = call(length);
		mutate(&mut rng, &mut bytes);
		let Some(decoded) = decode(&bytes) else {
			others += 1;
			continue;
		};
		calls += 1;
		assert_eq!(decoded.encode(), bytes, "{name}, changed (WOPPAL_SEED={seed})");
	}
	println!("{calls} changed calls are calls, {others} are none");
	assert!(calls > 1_000 && others > 1_000);
}
