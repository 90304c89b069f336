//! Which registers are live.

use super::body::{Body, Reg};

/// A set of registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RegSet {
	words: Vec<u64>,
}

impl RegSet {
	pub(super) fn new(size: u32) -> Self {
		Self { words: vec![0; (size as usize).div_ceil(64)] }
	}

	pub(super) fn insert(&mut self, r: Reg) {
		self.words[r as usize / 64] |= 1 << (r % 64);
	}

	pub(super) fn remove(&mut self, r: Reg) {
		self.words[r as usize / 64] &= !(1 << (r % 64));
	}

	pub(super) fn contains(&self, r: Reg) -> bool {
		self.words[r as usize / 64] >> (r % 64) & 1 == 1
	}

	/// Adds the other set; whether that changed this one.
	pub(super) fn extend(&mut self, other: &Self) -> bool {
		let mut changed = false;
		for (a, b) in self.words.iter_mut().zip(&other.words) {
			changed |= *a | *b != *a;
			*a |= b;
		}
		changed
	}

	pub(super) fn iter(&self) -> impl Iterator<Item = Reg> + '_ {
		self.words.iter().enumerate().flat_map(|(i, w)| {
			(0..64u32).filter(move |b| w >> b & 1 == 1).map(move |b| i as u32 * 64 + b)
		})
	}
}

/// The registers that are live after each block.
pub(super) fn live_out(body: &Body) -> Vec<RegSet> {
	let empty = RegSet::new(body.regs);
	let mut outs = vec![empty.clone(); body.blocks.len()];
	let mut ins = vec![empty; body.blocks.len()];
	loop {
		let mut changed = false;
		for index in (0..body.blocks.len()).rev() {
			let block = &body.blocks[index];
			let mut out = outs[index].clone();
			for next in block.term.successors() {
				out.extend(&ins[next]);
			}
			let mut live = out.clone();
			for r in block.term.uses() {
				live.insert(r);
			}
			for item in block.items.iter().rev() {
				if let Some(d) = item.def() {
					live.remove(d);
				}
				for r in item.uses() {
					live.insert(r);
				}
			}
			changed |= outs[index].extend(&out);
			changed |= ins[index].extend(&live);
		}
		if !changed {
			return outs;
		}
	}
}
