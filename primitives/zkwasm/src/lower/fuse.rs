//! Improvements within blocks: copies, fused comparisons and sums, dead code.

use super::{
	body::{Body, Inst, Item, Reg, Region, Term, Val},
	live::{live_out, RegSet},
	webs,
};
use crate::{ir::Op, module::Type};

/// How often each register is written and read, and which ones belong to a call.
struct Counts {
	defs: Vec<u32>,
	uses: Vec<u32>,
	fixed: Vec<bool>,
	locals: Reg,
}

impl Counts {
	fn of(body: &Body) -> Self {
		let size = body.regs as usize;
		let mut counts = Self {
			defs: vec![0; size],
			uses: vec![0; size],
			fixed: vec![false; size],
			locals: body.locals,
		};
		for block in &body.blocks {
			for item in &block.items {
				if let Some(d) = item.def() {
					counts.defs[d as usize] += 1;
				}
				for r in item.uses() {
					counts.uses[r as usize] += 1;
				}
				if let Item::Call(call) = item {
					for r in call.args.iter().chain(&call.result) {
						counts.fixed[*r as usize] = true;
					}
				}
			}
			for r in block.term.uses() {
				counts.uses[r as usize] += 1;
			}
		}
		counts
	}

	/// A temporary: written once, read once.
	fn is_single(&self, r: Reg) -> bool {
		r >= self.locals
			&& !self.fixed[r as usize]
			&& self.defs[r as usize] == 1
			&& self.uses[r as usize] == 1
	}
}

/// Improves a body until nothing changes. In each of `rounds` rounds, blocks of at most `length`
/// instructions are copied to the ends of the blocks that jump to them.
pub(super) fn improve(body: &mut Body, length: usize, rounds: u32) {
	merge_blocks(body);
	improve_blocks(body);
	for _ in 0..rounds {
		duplicate(body, length);
	}
	merge_blocks(body);
	webs::split(body);
	improve_blocks(body);
}

/// Improves a body some of whose branches have become jumps.
pub(super) fn tidy(body: &mut Body) {
	merge_blocks(body);
	improve_blocks(body);
}

/// Copies short blocks that decide in place of jumps to them, so that what the jumping block knows
/// (a constant, a copy) simplifies the copy. Loops are not entered that way.
fn duplicate(body: &mut Body, length: usize) {
	let reachable = body.reachable();
	for index in (0..body.blocks.len()).filter(|index| reachable[*index]) {
		let block = &body.blocks[index];
		let Term::Jump(next) = block.term else { continue };
		let target = &body.blocks[next];
		let short = target.items.len() <= length
			&& !matches!(target.term, Term::Jump(_))
			&& !target.items.iter().any(is_call);
		if next == index || !short || target.depth > block.depth {
			continue;
		}
		let (items, term) = (target.items.clone(), target.term.clone());
		let block = &mut body.blocks[index];
		block.items.extend(items);
		block.term = term;
	}
}

fn improve_blocks(body: &mut Body) {
	loop {
		let mut changed = forward_copies(body);
		changed |= forward_constants(body);
		changed |= sink_results(body);
		changed |= fuse_comparisons(body);
		changed |= accumulate(body);
		changed |= remove_dead(body);
		if !changed {
			return;
		}
	}
}

/// Joins a block with the only one that follows it, if that has no other predecessor. Blocks that
/// are not reachable are emptied.
fn merge_blocks(body: &mut Body) {
	let reachable = body.reachable();
	let mut predecessors = vec![0u32; body.blocks.len()];
	for (block, reachable) in body.blocks.iter_mut().zip(&reachable) {
		if !reachable {
			block.items.clear();
			block.term = Term::Trap(crate::ir::TrapCause::Unreachable);
		}
		for next in block.term.successors() {
			predecessors[next] += 1;
		}
	}
	for (index, &reachable) in reachable.iter().enumerate() {
		while let Term::Jump(next) = body.blocks[index].term {
			let mergeable = reachable && next != index && next != 0 && predecessors[next] == 1;
			if !mergeable {
				break;
			}
			let empty = Term::Trap(crate::ir::TrapCause::Unreachable);
			let term = std::mem::replace(&mut body.blocks[next].term, empty);
			let items = std::mem::take(&mut body.blocks[next].items);
			body.blocks[index].items.extend(items);
			body.blocks[index].term = term;
		}
	}
}

fn mentions(item: &Item, r: Reg) -> bool {
	item.def() == Some(r) || item.uses().contains(&r)
}

fn is_call(item: &Item) -> bool {
	matches!(item, Item::Call(_))
}

/// Whether any of the items writes one of the registers.
fn redefined(items: &[Item], registers: impl Iterator<Item = Reg>) -> bool {
	let registers: Vec<Reg> = registers.collect();
	items.iter().any(|item| item.def().is_some_and(|d| registers.contains(&d)))
}

/// Index of the definition of `r` among the items before `end`.
fn definition(items: &[Item], end: usize, r: Reg) -> Option<usize> {
	items[..end].iter().rposition(|item| item.def() == Some(r))
}

fn rename(inst: &mut Inst, from: Reg, to: Reg) {
	for port in [&mut inst.a, &mut inst.b, &mut inst.d] {
		if *port == Some(from) {
			*port = Some(to);
		}
	}
}

/// `t = s; .. t ..` becomes `.. s ..` where `s` keeps its value that long.
fn forward_copies(body: &mut Body) -> bool {
	let counts = Counts::of(body);
	let mut changed = false;
	for block in &mut body.blocks {
		for index in 0..block.items.len() {
			let Item::Inst(inst) = &block.items[index] else { continue };
			let (Some(t), Some(Val::Reg(s))) = (inst.d, inst.moved()) else { continue };
			let (t_uses, t_defs) = (counts.uses[t as usize], counts.defs[t as usize]);
			if t == s || t < counts.locals || counts.fixed[t as usize] || t_defs != 1 {
				continue;
			}
			let rest = &block.items[index + 1..];
			let in_items = |i: &Item| i.uses().iter().filter(|r| **r == t).count() as u32;
			let in_term = block.term.uses().iter().filter(|r| **r == t).count() as u32;
			let here: u32 = rest.iter().map(in_items).sum::<u32>() + in_term;
			let last = if in_term > 0 {
				rest.len()
			} else {
				rest.iter().rposition(|i| in_items(i) > 0).map_or(0, |i| i + 1)
			};
			// The last reader may itself write `s`.
			let span = &rest[..if in_term > 0 { last } else { last.saturating_sub(1) }];
			let kept = !redefined(span, std::iter::once(s))
				&& (!counts.fixed[s as usize] || !span.iter().any(is_call));
			let in_call = rest.iter().any(|i| is_call(i) && in_items(i) > 0);
			if here != t_uses || !kept || in_call || t_uses == 0 {
				continue;
			}
			for item in &mut block.items[index + 1..] {
				if let Item::Inst(inst) = item {
					rename(inst, t, s);
				}
			}
			match &mut block.term {
				Term::Branch { inst, .. } => rename(inst, t, s),
				Term::Return(Some(value)) if *value == Val::Reg(t) => *value = Val::Reg(s),
				_ => {},
			}
			block.items[index] = Item::Inst(Inst::mov(s, Val::Reg(s)));
			changed = true;
		}
	}
	changed
}

/// A register that is written once, with a constant, is that constant wherever it is read and an
/// immediate fits.
fn forward_constants(body: &mut Body) -> bool {
	let counts = Counts::of(body);
	let mut constants: Vec<Option<u64>> = vec![None; body.regs as usize];
	for item in body.blocks.iter().flat_map(|block| &block.items) {
		if let Item::Inst(inst) = item {
			if let (Some(d), Some(Val::Const(c))) = (inst.d, inst.moved()) {
				let d = d as usize;
				if d >= counts.locals as usize && counts.defs[d] == 1 && !counts.fixed[d] {
					constants[d] = Some(c);
				}
			}
		}
	}
	let known = |r: Option<Reg>| r.and_then(|r| constants[r as usize]);
	let mut changed = false;
	let mut rewrite = |inst: &mut Inst| {
		while let Some(simpler) = with_constants(inst, known(inst.a), known(inst.b)) {
			*inst = simpler;
			changed = true;
		}
	};
	for block in &mut body.blocks {
		for item in &mut block.items {
			if let Item::Inst(inst) = item {
				rewrite(inst);
			}
		}
		if let Term::Branch { inst, .. } = &mut block.term {
			rewrite(inst);
		}
	}
	for block in &mut body.blocks {
		if let Term::Return(Some(value)) = &mut block.term {
			if let Val::Reg(r) = *value {
				if let Some(c) = known(Some(r)) {
					*value = Val::Const(c);
					changed = true;
				}
			}
		}
	}
	changed
}

/// The instruction with a constant operand as its immediate, if that is possible.
fn with_constants(inst: &Inst, a: Option<u64>, b: Option<u64>) -> Option<Inst> {
	let commutes = matches!(inst.op, Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq);
	match (inst.op, a, b) {
		(Op::Store | Op::Load | Op::Product, Some(c), _) => {
			Some(Inst { a: None, imm: inst.imm.checked_add(c)?, ..*inst })
		},
		(Op::Store, None, Some(0)) => Some(Inst { b: None, ..*inst }),
		(Op::Store | Op::Load | Op::Product, ..) => None,
		(Op::Input, Some(c), _) => {
			let imm = inst.imm.wrapping_add(c) & Type::I32.mask();
			Some(Inst { a: None, imm, ..*inst })
		},
		(_, _, Some(c)) => Some(Inst { b: None, imm: c, ..*inst }),
		(_, Some(c), None) if inst.b.is_some() && (commutes || exchanges(inst.op)) => {
			Some(Inst { a: inst.b, b: None, imm: c, swap: inst.swap ^ !commutes, ..*inst })
		},
		(Op::Add, Some(c), None) => {
			let imm = inst.imm.wrapping_add(c) & inst.ty.mask();
			Some(Inst { a: None, imm, ..*inst })
		},
		_ => None,
	}
}

/// Whether the machine can exchange the operands of an operation for which that matters.
const fn exchanges(op: Op) -> bool {
	matches!(op, Op::Sub | Op::LtU | Op::LtS | Op::Div)
}

/// `t = ..; l = t` becomes `l = ..`.
fn sink_results(body: &mut Body) -> bool {
	let counts = Counts::of(body);
	let mut changed = false;
	for block in &mut body.blocks {
		let mut index = 0;
		while index < block.items.len() {
			if let Some(first) = sinkable(&block.items, index, &counts) {
				let (from, to) = match &block.items[index] {
					Item::Inst(Inst { d: Some(l), a, b, .. }) => (a.or(*b).unwrap_or(*l), *l),
					_ => break,
				};
				for item in &mut block.items[first..index] {
					if let Item::Inst(inst) = item {
						rename(inst, from, to);
					}
				}
				block.items.remove(index);
				changed = true;
			} else {
				index += 1;
			}
		}
	}
	changed
}

/// If the item at `index` is `l = t`, and `t` lives only from its definition to here while nothing
/// mentions `l`: the index of the definition.
fn sinkable(items: &[Item], index: usize, counts: &Counts) -> Option<usize> {
	let Item::Inst(mov) = &items[index] else { return None };
	let (Some(l), Some(Val::Reg(t))) = (mov.d, mov.moved()) else { return None };
	if l == t || t < counts.locals || counts.fixed[t as usize] {
		return None;
	}
	let first = items[..index].iter().position(|item| item.def() == Some(t))?;
	let span = &items[first..index];
	let defs = span.iter().filter(|i| i.def() == Some(t)).count() as u32;
	let uses: usize = span.iter().map(|i| i.uses().iter().filter(|r| **r == t).count()).sum();
	let whole = defs == counts.defs[t as usize] && uses as u32 + 1 == counts.uses[t as usize];
	let starts = !items[first].uses().contains(&t);
	let free = !span[1..].iter().any(|item| mentions(item, l));
	let no_call = !counts.fixed[l as usize] || !span[1..].iter().any(is_call);
	(whole && starts && free && no_call && !is_call(&items[first])).then_some(first)
}

/// `r = x < y; if r == 0 ..` becomes `if !(x < y) ..`, also for `==`, `-`, `^`, `&` and in
/// conditional moves.
fn fuse_comparisons(body: &mut Body) -> bool {
	let mut changed = false;
	let counts = Counts::of(body);
	for block in &mut body.blocks {
		let mut index = 0;
		while index <= block.items.len() {
			let user = match (block.items.get(index), &block.term) {
				(Some(Item::Inst(inst)), _) => *inst,
				(None, Term::Branch { inst, .. }) => *inst,
				_ => {
					index += 1;
					continue;
				},
			};
			match fused(&block.items, index, &user, &counts) {
				None => index += 1,
				Some((definition, inst)) => {
					match (block.items.get_mut(index), &mut block.term) {
						(Some(item), _) => *item = Item::Inst(inst),
						(None, Term::Branch { inst: compare, .. }) => *compare = inst,
						_ => {},
					}
					block.items.remove(definition);
					changed = true;
				},
			}
		}
	}
	changed
}

/// The instruction that does what `user` at `end` and the definition of its condition do together.
fn fused(items: &[Item], end: usize, user: &Inst, counts: &Counts) -> Option<(usize, Inst)> {
	let tests_zero = user.op == Op::Eq && user.b.is_none() && user.imm == 0;
	let condition = user.a.filter(|r| counts.is_single(*r))?;
	if !(tests_zero || user.op == Op::Cmov) {
		return None;
	}
	let at = definition(items, end, condition)?;
	let Item::Inst(def) = &items[at] else { return None };
	if def.check || def.reads_d() || redefined(&items[at + 1..end], def.uses()) {
		return None;
	}
	let compares = matches!(def.op, Op::Eq | Op::LtU | Op::LtS);
	if user.op == Op::Cmov {
		let zero = def.op == Op::Eq && def.b.is_none() && def.imm == 0 && def.a.is_some();
		let result = Inst { a: def.a, invert: user.invert ^ !def.invert, ..*user };
		return zero.then_some((at, result));
	}
	let operands = Inst { d: user.d, region: Region::None, ..*def };
	let inst = match def.op {
		_ if compares => Inst { invert: def.invert ^ !user.invert, ..operands },
		Op::Sub | Op::Xor => Inst { op: Op::Eq, swap: false, invert: user.invert, ..operands },
		Op::Add if def.b.is_none() && def.a.is_some() => {
			let imm = def.imm.wrapping_neg() & def.ty.mask();
			Inst { op: Op::Eq, imm, invert: user.invert, ..operands }
		},
		Op::And if user.d.is_none() => Inst { invert: !user.invert, ..operands },
		_ => return None,
	};
	Some((at, inst))
}

/// `t = x * y; r = t + z` becomes `r = z; r += x * y`, also for `t = x + y`.
fn accumulate(body: &mut Body) -> bool {
	let counts = Counts::of(body);
	let mut changed = false;
	for block in &mut body.blocks {
		let mut index = 0;
		while index < block.items.len() {
			if let Some((at, mov, sum)) = accumulated(&block.items, index, &counts) {
				block.items[index] = Item::Inst(sum);
				if mov.d != mov.a {
					block.items.insert(index, Item::Inst(mov));
				}
				block.items.remove(at);
				changed = true;
			} else {
				index += 1;
			}
		}
	}
	changed
}

fn accumulated(items: &[Item], index: usize, counts: &Counts) -> Option<(usize, Inst, Inst)> {
	let Item::Inst(add) = &items[index] else { return None };
	let (Op::Add, false, Some(r), Some(p), Some(q)) = (add.op, add.accumulate, add.d, add.a, add.b)
	else {
		return None;
	};
	// Best: the other summand is the result's register; then one that dies here.
	let mut choices = [(p, q), (q, p)];
	choices.sort_by_key(|(_, z)| (*z != r, counts.uses[*z as usize] != 1));
	for (t, z) in choices {
		if !counts.is_single(t) || t == z {
			continue;
		}
		let Some(at) = definition(items, index, t) else { continue };
		let Item::Inst(def) = items[at] else { continue };
		let sum = match def.op {
			Op::Mul => true,
			Op::Add => def.moved().is_none() && def.a.is_some(),
			_ => false,
		};
		let operands = [def.a, def.b];
		let clobbers = r != z && operands.contains(&Some(r));
		if !sum || def.ty != add.ty || def.check || def.accumulate || def.swap || clobbers {
			continue;
		}
		if redefined(&items[at + 1..index], def.uses()) {
			continue;
		}
		let result = Inst { d: Some(r), accumulate: true, ..def };
		return Some((at, Inst::mov(r, Val::Reg(z)), result));
	}
	None
}

/// Removes what computes a value that nobody reads.
fn remove_dead(body: &mut Body) -> bool {
	let outs = live_out(body);
	let mut changed = false;
	for (block, out) in body.blocks.iter_mut().zip(outs) {
		let mut live: RegSet = out;
		for r in block.term.uses() {
			live.insert(r);
		}
		let mut kept = Vec::with_capacity(block.items.len());
		for item in std::mem::take(&mut block.items).into_iter().rev() {
			let dead = match &item {
				Item::Inst(inst) => inst.d.is_some_and(|d| {
					(inst.is_pure() && !live.contains(d)) || inst.moved() == Some(Val::Reg(d))
				}),
				Item::Call(_) => false,
			};
			if dead {
				changed = true;
				continue;
			}
			if let Some(d) = item.def() {
				live.remove(d);
			}
			for r in item.uses() {
				live.insert(r);
			}
			kept.push(item);
		}
		kept.reverse();
		block.items = kept;
	}
	changed
}
