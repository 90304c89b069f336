//! The fuzz targets, driven by random changes of their seeds: a fixed number of them, the same on
//! every machine. `fuzz/` has the coverage-guided form.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(unreachable_pub, clippy::expect_used, reason = "it is a crate of its own there")]
#[path = "../fuzz/src/lib.rs"]
mod targets;

use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};

/// Runs a target on its seeds and on this many changes of them.
fn drive(name: &str, rounds: usize) {
	let target = targets::TARGETS.iter().find(|(found, ..)| *found == name);
	let (_, run, seeds) = target.unwrap();
	let seeds = seeds();
	seeds.iter().for_each(|seed| run(seed));
	run(&[]);
	let mut rng = ChaCha20Rng::seed_from_u64(42);
	for round in 0..rounds {
		let mut data = seeds[round % seeds.len()].clone();
		for _ in 0..=rng.next_u32() % 4 {
			change(&mut data, &seeds, &mut rng);
		}
		run(&data);
	}
}

/// One change: of a byte, of a bit, an insertion, a deletion, or a piece of another seed.
fn change(data: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut ChaCha20Rng) {
	let mut below = |bound: usize| rng.next_u64() as usize % bound.max(1);
	let place = below(data.len());
	match below(5) {
		_ if data.is_empty() => data.push(below(256) as u8),
		0 => data[place] = [0, 1, 0x7f, 0x80, 0xff][below(5)],
		1 => data[place] ^= 1 << below(8),
		2 => data.insert(place, below(256) as u8),
		3 => {
			let end = data.len().min(place + 1 + below(8));
			data.drain(place..end);
		},
		_ => {
			let other = &seeds[below(seeds.len())];
			let from = below(other.len());
			let piece = other[from..].iter().take(1 + below(16)).copied();
			let end = data.len().min(place + 1);
			data.splice(place..end, piece);
		},
	}
}

#[test]
fn no_program_breaks_loader_lowering_or_machine() {
	drive("program", 6_000);
}

#[test]
fn no_opening_shows_a_false_step() {
	drive("step", 3_000);
}

#[test]
fn no_bytes_break_the_verifier() {
	drive("proof", 400);
}

#[test]
fn no_bytes_break_key_preparation() {
	drive("key", 400);
}

#[test]
fn no_bytes_break_a_ceremony() {
	drive("ceremony", 400);
}

#[test]
fn no_bytes_break_powers_of_tau() {
	drive("powers", 300);
}
