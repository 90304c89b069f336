//! Gives registers their slots in the frame.
//!
//! Slot 0 of a function that is called holds the link and, at the end, the result; its parameters
//! start at slot 1. The entry function has no link. Registers that are never live together may
//! share a slot; the two sides of a copy do, where they can, and the copy vanishes. A call's
//! arguments and result lie above everything that is live around the call.

use super::{
	body::{Body, Item, Reg, Val},
	live::{live_out, RegSet},
};

/// Where everything is.
#[derive(Clone, Debug)]
pub(super) struct Frame {
	/// The slot of each register that occurs.
	pub(super) slots: Vec<Option<u32>>,
	/// For each call, in order of blocks and items: distance of the callee's frame.
	pub(super) bases: Vec<u32>,
	/// First of the words that slow paths use.
	pub(super) scratch: u32,
	/// Words that the frame needs, arguments of calls and slow paths included.
	pub(super) words: u32,
}

/// A call and the registers that are live after it, its result left out.
struct CallSite {
	args: Vec<Reg>,
	result: Option<Reg>,
	across: RegSet,
}

struct Allocator<'b> {
	body: &'b Body,
	/// Registers that are live at the same time with different values.
	conflicts: Vec<RegSet>,
	occurs: Vec<bool>,
	fixed: Vec<bool>,
	/// Copies between registers: loop depth, target, source.
	copies: Vec<(u32, Reg, Reg)>,
	calls: Vec<CallSite>,
	/// Representative of the registers that share a slot by choice.
	leader: Vec<Reg>,
}

/// Allocates a frame with `scratch` words for slow paths. `is_entry`: there is no link, and
/// parameters do not exist.
pub(super) fn allocate(body: &Body, is_entry: bool, scratch: u32) -> Frame {
	let size = body.regs as usize;
	let mut allocator = Allocator {
		body,
		conflicts: vec![RegSet::new(body.regs); size],
		occurs: vec![false; size],
		fixed: vec![false; size],
		copies: Vec::new(),
		calls: Vec::new(),
		leader: (0..body.regs).collect(),
	};
	allocator.scan();
	allocator.coalesce();
	let mut frame = allocator.colour(u32::from(!is_entry));
	frame.words += scratch;
	frame
}

impl Allocator<'_> {
	fn conflict(&mut self, a: Reg, b: Reg) {
		if a != b {
			self.conflicts[a as usize].insert(b);
			self.conflicts[b as usize].insert(a);
		}
	}

	/// Finds conflicts, copies and calls.
	fn scan(&mut self) {
		let outs = live_out(self.body);
		for (block, out) in self.body.blocks.iter().zip(outs) {
			let mut live = out;
			for r in block.term.uses() {
				self.occurs[r as usize] = true;
				live.insert(r);
			}
			let calls = self.calls.len();
			for item in block.items.iter().rev() {
				self.scan_item(item, &mut live, block.depth);
			}
			self.calls[calls..].reverse();
		}
		// All parameters are there at the start.
		for a in 0..self.body.params {
			self.occurs[a as usize] = true;
			for b in 0..a {
				self.conflict(a, b);
			}
		}
	}

	fn scan_item(&mut self, item: &Item, live: &mut RegSet, depth: u32) {
		let mut source = None;
		if let Item::Inst(inst) = item {
			if let (Some(d), Some(Val::Reg(s))) = (inst.d, inst.moved()) {
				self.copies.push((depth, d, s));
				source = Some(s);
			}
		}
		if let Some(d) = item.def() {
			self.occurs[d as usize] = true;
			let others: Vec<Reg> = live.iter().filter(|r| Some(*r) != source).collect();
			for r in others {
				self.conflict(d, r);
			}
			live.remove(d);
		}
		if let Item::Call(call) = item {
			for r in call.args.iter().chain(&call.result) {
				self.fixed[*r as usize] = true;
			}
			let (args, result) = (call.args.clone(), call.result);
			self.calls.push(CallSite { args, result, across: live.clone() });
		}
		for r in item.uses() {
			self.occurs[r as usize] = true;
			live.insert(r);
		}
	}

	fn find(&self, mut r: Reg) -> Reg {
		while self.leader[r as usize] != r {
			r = self.leader[r as usize];
		}
		r
	}

	/// Lets the two sides of copies share a slot, in inner loops first. A parameter leads.
	fn coalesce(&mut self) {
		let mut copies = std::mem::take(&mut self.copies);
		copies.sort_by_key(|copy| std::cmp::Reverse(copy.0));
		for (_, d, s) in copies {
			let (d, s) = (self.find(d), self.find(s));
			let params = self.body.params;
			let apart = d == s
				|| self.fixed[d as usize]
				|| self.fixed[s as usize]
				|| (d < params && s < params)
				|| self.conflicts[d as usize].contains(s);
			if apart {
				continue;
			}
			let (into, from) = if s < params { (s, d) } else { (d, s) };
			self.leader[from as usize] = into;
			let row = self.conflicts[from as usize].clone();
			for r in row.iter() {
				let r = self.find(r);
				self.conflict(into, r);
			}
		}
	}

	/// Gives slots from `first` on.
	fn colour(&mut self, first: u32) -> Frame {
		let size = self.body.regs;
		let mut slots: Vec<Option<u32>> = vec![None; size as usize];
		for param in 0..self.body.params {
			slots[param as usize] = Some(1 + param);
		}
		for r in self.body.params..size {
			if !self.occurs[r as usize] || self.fixed[r as usize] || self.find(r) != r {
				continue;
			}
			let taken: Vec<u32> = self.conflicts[r as usize]
				.iter()
				.filter_map(|other| slots[self.find(other) as usize])
				.collect();
			slots[r as usize] = (first..).find(|slot| !taken.contains(slot));
		}
		for r in 0..size {
			let leader = self.find(r);
			if self.occurs[r as usize] {
				slots[r as usize] = slots[leader as usize];
			}
		}
		let mut words = slots.iter().flatten().map(|s| s + 1).max().unwrap_or(0).max(first);
		let mut bases = Vec::with_capacity(self.calls.len());
		for call in &self.calls {
			let own: Vec<Reg> = call.args.iter().copied().chain(call.result).collect();
			let near = own.iter().flat_map(|r| self.conflicts[*r as usize].iter());
			let base = near
				.chain(call.across.iter())
				.filter(|r| !own.contains(r))
				.filter_map(|r| slots[r as usize])
				.map(|slot| slot + 1)
				.max()
				.unwrap_or(0)
				.max(first);
			if let Some(result) = call.result {
				slots[result as usize] = Some(base);
			}
			for (slot, arg) in (base + 1..).zip(&call.args) {
				slots[*arg as usize] = Some(slot);
			}
			words = words.max(base + 1 + call.args.len() as u32);
			bases.push(base);
		}
		Frame { slots, bases, scratch: words, words }
	}
}
