//! What is fuzzed, and with what it begins. Each target takes any bytes and panics only if something
//! is wrong. The fuzzer's binaries call these; so does an ordinary test (`tests/fuzz.rs`), with random
//! changes of the seeds.
//!
//! Targets that read more than programs take their first byte as a choice: even, the rest is what is
//! read; odd, the rest are changes of something honest (two bytes of place and one byte to exclude
//! with, each), which get past the checks that random bytes never pass.

use ark_bn254::{Bn254, Fr};
use ark_groth16::{r1cs_to_qap::LibsnarkReduction, Groth16};
use ark_serialize::CanonicalSerialize;
use codec::Encode;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::{io::Cursor, sync::OnceLock};
use woppal_zkwasm::{
	ceremony::{ptau::Powers, Basis, Ceremony, Origin, Relation},
	circuit::{builder::Rows, PUBLIC_INPUTS},
	commitment::Root,
	development::{DEVELOPMENT_SMALL, DEVELOPMENT_STANDARD},
	dispute::{verify_step, StepFault, StepOpening},
	lower::lower,
	machine::Machine,
	module::load,
	setup::{dummy_rows, raw_keys},
	shape::{Shape, CIRCUITS, SMALL, SMALL_MATRIX, SMALL_WIDE},
	verifier::{prepare_key, verify, verify_batch, Entry, Status, PROOF_BYTES},
};

/// A target: its name, what it does, what it begins with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// Every target.
pub const TARGETS: [Target; 6] = [
	("program", program, program_seeds),
	("step", step, step_seeds),
	("proof", proof, changes),
	("key", key, key_seeds),
	("ceremony", ceremony, ceremony_seeds),
	("powers", powers, powers_seeds),
];

fn rng() -> ChaCha20Rng {
	ChaCha20Rng::seed_from_u64(1)
}

/// The bytes that a target reads, and whether they are the honest ones changed.
fn chosen(honest: &[u8], data: &[u8]) -> (Vec<u8>, bool) {
	match data.split_first() {
		Some((choice, changes)) if choice % 2 == 1 => {
			let mut bytes = honest.to_vec();
			for change in changes.chunks_exact(3) {
				let place = usize::from(u16::from_le_bytes([change[0], change[1]]));
				let length = bytes.len();
				bytes[place % length] ^= change[2];
			}
			(bytes, true)
		},
		Some((_, raw)) => (raw.to_vec(), false),
		None => (Vec::new(), false),
	}
}

/// Seeds for targets that take changes: none, one, several.
fn changes() -> Vec<Vec<u8>> {
	vec![
		vec![1],
		vec![1, 5, 0, 1],
		vec![1, 31, 0, 128, 95, 0, 128],
		vec![1, 40, 0, 128, 200, 0, 3],
		vec![0; 40],
	]
}

fn raw(bytes: &[u8]) -> Vec<u8> {
	[&[0], bytes].concat()
}

/// Modules: loading, lowering, and a run of what is accepted.
pub fn program(wasm: &[u8]) {
	let Ok(module) = load(wasm) else { return };
	for (_, shape) in CIRCUITS {
		let Ok(program) = lower(&module, &shape) else { continue };
		assert!(program.instructions.len() <= shape.code as usize);
		let again = lower(&module, &shape).expect("it was lowered before");
		assert_eq!(program.commitment(), again.commitment());
		let artifact: Vec<u32> = (0..shape.artifact_words()).collect();
		let machine = Machine::new(&program, &artifact, [7; 32]).expect("the artifact fits");
		// A run may end, trap, or go on too long.
		let _ = machine.run(20_000);
	}
}

fn program_seeds() -> Vec<Vec<u8>> {
	[
		"(module (func (export \"evaluate\") (result i32) i32.const 7))",
		r#"(module
			(import "env" "input" (func $input (param i32) (result i32)))
			(memory 1)
			(global $g (mut i32) (i32.const 3))
			(data (i32.const 4) "\01\02\03\04")
			(func $f (param i32 i32) (result i32)
				(i32.add (i32.mul (local.get 0) (local.get 1)) (global.get $g)))
			(func (export "evaluate") (result i32)
				(local $i i32) (local $sum i32)
				(loop $next
					(local.set $sum (call $f (local.get $sum) (call $input (local.get $i))))
					(i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $sum))
					(i32.store8 (i32.const 7) (local.get $i))
					(global.set $g (i32.load (i32.const 4)))
					(local.set $i (i32.add (local.get $i) (i32.const 1)))
					(br_if $next (i32.lt_u (local.get $i) (i32.const 5))))
				(local.get $sum)))"#,
		r#"(module
			(func (export "evaluate") (result i32)
				(local i32)
				(block $out (result i32)
					(block $a (block $b (block $c
						(br_table $a $b $c (i32.and (local.tee 0 (i32.const 5)) (i32.const 3))))
						(br $out (i32.div_s (i32.const 9) (local.get 0))))
						(br $out (i32.rem_u (i32.const 9) (local.get 0))))
					(if (result i32) (i32.eqz (local.get 0))
						(then (unreachable))
						(else (select (i32.clz (local.get 0)) (i32.const 2) (local.get 0)))))))"#,
	]
	.iter()
	.map(|text| wat::parse_str(text).expect("the seeds are modules"))
	.collect()
}

/// Inputs of both parts, a load, a store, a call, branches and a halt.
const DISPUTED: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(memory 1)
	(func $f (param i32 i32) (result i32)
		(i32.add (i32.mul (local.get 0) (local.get 1)) (call $input (i32.const 27))))
	(func (export "evaluate") (result i32)
		(local $i i32) (local $sum i32)
		(loop $next
			(local.set $sum (call $f (local.get $sum) (call $input (local.get $i))))
			(i32.store (i32.shl (local.get $i) (i32.const 4)) (local.get $sum))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br_if $next (i32.lt_u (local.get $i) (i32.const 4))))
		(i32.load (i32.const 16))))"#;

/// Two products of a vector.
const PRODUCTS: &str = r#"(module
	(import "env" "input" (func $input (param i32) (result i32)))
	(import "env" "matrix" (func $matrix (param i32)))
	(memory 1)
	(func (export "evaluate") (result i32)
		(i32.store (i32.const 36) (call $input (i32.const 3)))
		(call $matrix (i32.const 32))
		(call $matrix (i32.const 32))
		(i32.load (i32.const 36))))"#;

/// Steps of each machine, the last of them after the end; no more than a byte tells apart.
const STEPS: usize = 84;

/// A step: the roots before and after, and its encoded opening.
struct HonestStep {
	shape: Shape,
	/// Steps before it.
	number: u64,
	pre: Root,
	post: Root,
	opening: Vec<u8>,
}

fn honest_steps() -> &'static [HonestStep] {
	static STEPS_OF_BOTH: OnceLock<Vec<HonestStep>> = OnceLock::new();
	STEPS_OF_BOTH.get_or_init(|| {
		let module = load(&wat::parse_str(DISPUTED).expect("it is a module")).expect("it is sound");
		let products =
			load(&wat::parse_str(PRODUCTS).expect("it is a module")).expect("it is sound");
		let mut steps = Vec::new();
		for shape in [SMALL, SMALL_WIDE, SMALL_MATRIX] {
			let module = if shape.has_matrix() { &products } else { &module };
			let program = lower(module, &shape).expect("it is small");
			let artifact: Vec<u32> = (3..3 + shape.artifact_words()).collect();
			let mut machine = Machine::new(&program, &artifact, [7; 32]).expect("they fit");
			let fixed = machine.fixed_roots();
			let mut pre = fixed.machine(machine.state(), machine.data());
			for _ in 0..STEPS {
				let (number, opening) = (machine.steps(), machine.open_step().encode());
				machine.step().expect("a lowered program has a step");
				let post = fixed.machine(machine.state(), machine.data());
				steps.push(HonestStep { shape, number, pre, post, opening });
				pre = post;
			}
			assert!(machine.state().end().is_some(), "the steps reach beyond the end");
		}
		steps
	})
}

/// Openings of a step: whatever they show of the root before, it is the true step. A byte chooses the
/// step, the rest its opening.
pub fn step(data: &[u8]) {
	let Some((which, data)) = data.split_first() else { return };
	let steps = honest_steps();
	let honest = &steps[usize::from(*which) % steps.len()];
	let (bytes, _) = chosen(&honest.opening, data);
	let Some(opening) = StepOpening::from_bytes(&bytes) else {
		assert_ne!(bytes, honest.opening);
		return;
	};
	assert_eq!(opening.encode(), bytes);
	// A fault that convicts would convict the honest: the step exists and leads here.
	let verdict = verify_step(&honest.shape, honest.number, &honest.pre, &honest.post, &opening);
	match verdict {
		Ok(()) => (),
		Err(StepFault::Malformed | StepFault::OtherState | StepFault::OtherCell) => {
			assert_ne!(bytes, honest.opening);
		},
		Err(fault) => panic!("{fault}"),
	}
	for other in [[0; 32], honest.pre, steps[steps.len() - 1].post] {
		if other != honest.post {
			let expected = Err(verdict.err().unwrap_or(StepFault::OtherResult));
			let verdict = verify_step(&honest.shape, honest.number, &honest.pre, &other, &opening);
			assert_eq!(verdict, expected);
		}
	}
}

fn step_seeds() -> Vec<Vec<u8>> {
	let mut seeds = Vec::new();
	for (which, honest) in (0..).zip(honest_steps()).step_by(7) {
		seeds.push([&[which], raw(&honest.opening).as_slice()].concat());
		seeds.extend(changes().into_iter().map(|changes| [&[which], changes.as_slice()].concat()));
	}
	seeds
}

/// A key with a proof under it, and the public inputs.
struct Honest {
	prepared: Vec<u8>,
	proof: [u8; PROOF_BYTES],
	inputs: Vec<[u8; 32]>,
}

fn honest_proof() -> &'static Honest {
	static HONEST: OnceLock<Honest> = OnceLock::new();
	HONEST.get_or_init(|| {
		let (rows, values) = dummy_rows(10);
		let key = raw_keys(&rows, &mut rng()).expect("the rows are few");
		let made = Groth16::<Bn254, LibsnarkReduction>::create_proof_with_reduction_and_matrices(
			&key,
			Fr::from(3u64),
			Fr::from(4u64),
			&rows.matrices,
			1 + PUBLIC_INPUTS,
			rows.len(),
			&values,
		);
		let mut proof = [0; PROOF_BYTES];
		let made = made.expect("the values satisfy the rows");
		made.serialize_compressed(proof.as_mut_slice()).expect("it has this length");
		let inputs = values[1..=PUBLIC_INPUTS].iter().map(|value| {
			let mut bytes = [0; 32];
			value.serialize_compressed(bytes.as_mut_slice()).expect("it has this length");
			bytes
		});
		let mut vk = Vec::new();
		key.vk.serialize_compressed(&mut vk).expect("a vector takes all bytes");
		let prepared = prepare_key(&vk, PUBLIC_INPUTS).expect("the key is sound");
		Honest { prepared, proof, inputs: inputs.collect() }
	})
}

/// Whether these are the proof's bytes or those with A and B negated, whose pairing is the same. No
/// other twin is so few changes away.
fn is_proof(honest: &Honest, proof: &[u8]) -> bool {
	let mut twin = honest.proof;
	// The sign of y is the top bit of a point's last byte.
	twin[31] ^= 0x80;
	twin[95] ^= 0x80;
	proof == honest.proof || proof == twin
}

/// Proofs, public inputs and prepared keys: only the honest ones verify, in a batch as alone. The bytes
/// are proof, inputs, prepared key.
pub fn proof(data: &[u8]) {
	let honest = honest_proof();
	let bytes = [&honest.proof, honest.inputs.concat().as_slice(), &honest.prepared].concat();
	let (read, _) = chosen(&bytes, data);
	let (proof, rest) = read.split_at(PROOF_BYTES.min(read.len()));
	let (inputs, prepared) = rest.split_at((32 * PUBLIC_INPUTS).min(rest.len()));
	let inputs: Vec<[u8; 32]> =
		inputs.chunks_exact(32).filter_map(|input| input.try_into().ok()).collect();
	let entry = Entry { proof, inputs: &inputs };
	let sound = Entry { proof: &honest.proof, inputs: &honest.inputs };
	for prepared in [prepared, &honest.prepared] {
		let verdict = verify(prepared, proof, &inputs);
		assert_eq!(
			verdict == Status::Valid,
			is_proof(honest, proof) && inputs == honest.inputs && prepared == honest.prepared,
			"{verdict:?}"
		);
		let beside = verify(prepared, sound.proof, sound.inputs);
		assert_eq!(verify_batch(prepared, &[sound, entry]), [beside, verdict]);
	}
}

/// Verifying keys: what is prepared can be used, and nothing else of the same bytes is.
pub fn key(data: &[u8]) {
	let (bytes, _) = chosen(DEVELOPMENT_STANDARD, data);
	for inputs in [PUBLIC_INPUTS, data.len() % 20] {
		if let Ok(prepared) = prepare_key(&bytes, inputs) {
			let verdict = verify(&prepared, &honest_proof().proof, &vec![[1; 32]; inputs]);
			assert_eq!(verdict, Status::Invalid);
			assert_ne!(verify(&prepared, &[0; PROOF_BYTES], &[]), Status::Valid);
		}
	}
}

fn key_seeds() -> Vec<Vec<u8>> {
	let mut seeds = changes();
	seeds.extend([raw(DEVELOPMENT_SMALL), raw(DEVELOPMENT_STANDARD)]);
	seeds
}

/// Ten rows, whose domain has 2^4 elements.
fn rows() -> &'static Rows {
	static ROWS: OnceLock<Rows> = OnceLock::new();
	ROWS.get_or_init(|| dummy_rows(10).0)
}

fn honest_powers() -> &'static Powers {
	static POWERS: OnceLock<Powers> = OnceLock::new();
	POWERS.get_or_init(|| Powers::generate(4, &mut rng()))
}

fn honest_ceremony() -> &'static [u8] {
	static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
	BYTES.get_or_init(|| {
		let relation = Relation::new(rows(), [7; 32]).expect("the rows are few");
		let basis = Basis::transform(&relation, honest_powers()).expect("the powers suffice");
		let begun = Ceremony::new(&relation, honest_powers(), &basis);
		let mut ceremony = begun.expect("the powers suffice");
		let contributed = ceremony.contribute(&relation, honest_powers(), "Ada", &mut rng());
		contributed.expect("it is open and holds");
		ceremony.beacon("beacon", b"value", 2).expect("it is open");
		ceremony.to_bytes().expect("a vector takes all bytes")
	})
}

/// Transcripts: what is read is written the same, and only the honest one verifies.
pub fn ceremony(data: &[u8]) {
	let (bytes, _) = chosen(honest_ceremony(), data);
	let relation = Relation::new(rows(), [7; 32]).expect("the rows are few");
	let Ok(read) = Ceremony::from_bytes(&relation, &bytes) else {
		assert_ne!(bytes, honest_ceremony());
		return;
	};
	assert_eq!(read.to_bytes().expect("a vector takes all bytes"), bytes);
	let is_slow = |origin: &Origin| matches!(origin, Origin::Beacon { log_iterations: 11.., .. });
	if read.contributions().iter().any(|contribution| is_slow(&contribution.origin)) {
		return;
	}
	let verdict = read.verify(&relation, honest_powers(), &mut rng());
	assert_eq!(verdict.is_ok(), bytes == honest_ceremony(), "{verdict:?}");
}

fn ceremony_seeds() -> Vec<Vec<u8>> {
	let mut seeds = changes();
	seeds.push(raw(honest_ceremony()));
	seeds
}

/// A prepared file that snarkjs made, of 2^4.
const PTAU: &[u8] = include_bytes!("../../tests/data/powers-4.ptau");

/// Files of powers: what is read of changed ones is what is in the honest one.
pub fn powers(data: &[u8]) {
	static HONEST: OnceLock<Powers> = OnceLock::new();
	let read = |bytes: &[u8]| Powers::read(&mut Cursor::new(bytes), 4, &mut rng());
	let honest = HONEST.get_or_init(|| read(PTAU).expect("the file is snarkjs'"));
	let (bytes, is_changed) = chosen(PTAU, data);
	let Ok(powers) = read(&bytes) else { return };
	assert!(!is_changed || powers == *honest);
	let relation = Relation::new(rows(), [7; 32]).expect("the rows are few");
	let basis = Basis::read(&mut Cursor::new(&bytes), &relation, &powers, &mut rng());
	if let Ok(Some(basis)) = basis {
		let begun = Ceremony::new(&relation, &powers, &basis).expect("the powers suffice");
		begun.verify(&relation, &powers, &mut rng()).expect("what is read is consistent");
	}
}

fn powers_seeds() -> Vec<Vec<u8>> {
	let mut seeds = changes();
	seeds.push(raw(PTAU));
	seeds
}
