//! Splits registers into webs.
//!
//! Compilers reuse a local for unrelated values. A web is the set of definitions of a register that
//! meet in a common use; each gets a register of its own, so that what is unrelated can neither
//! keep a copy alive nor hide that a value is used once.

use super::{
	body::{Body, Inst, Item, Reg, Term, Val},
	live::RegSet,
};

/// A definition, by its number. The parameters' values at the entry come first.
type Def = u32;

struct Webs {
	/// The register that each definition writes.
	registers: Vec<Reg>,
	/// The definitions of each register.
	by_register: Vec<Vec<Def>>,
	/// Definitions of the same web have the same root.
	parent: Vec<Def>,
	/// The definitions that reach the current place, by register.
	current: Vec<Vec<Def>>,
}

/// Splits. Afterwards only the parameters count as locals.
pub(super) fn split(body: &mut Body) {
	let mut webs = Webs::of(body);
	let reaching = webs.reaching(body);
	webs.join(body, &reaching);
	webs.rename(body, &reaching);
}

impl Webs {
	fn of(body: &Body) -> Self {
		let registers: Vec<Reg> = (0..body.params)
			.chain(body.blocks.iter().flat_map(|b| &b.items).filter_map(Item::def))
			.collect();
		let mut by_register = vec![Vec::new(); body.regs as usize];
		for (def, register) in (0..).zip(&registers) {
			by_register[*register as usize].push(def);
		}
		let parent = (0..registers.len() as Def).collect();
		Self { registers, by_register, parent, current: vec![Vec::new(); body.regs as usize] }
	}

	fn root(&self, mut def: Def) -> Def {
		while self.parent[def as usize] != def {
			def = self.parent[def as usize];
		}
		def
	}

	fn unite(&mut self, a: Def, b: Def) {
		let (a, b) = (self.root(a), self.root(b));
		// The smaller number wins, so that a parameter's web keeps its register.
		self.parent[a.max(b) as usize] = a.min(b);
	}

	/// The definitions that reach each block.
	fn reaching(&self, body: &Body) -> Vec<RegSet> {
		let empty = RegSet::new(self.registers.len() as u32);
		let mut ins = vec![empty; body.blocks.len()];
		for param in 0..body.params {
			ins[0].insert(param);
		}
		loop {
			let mut changed = false;
			let mut def = body.params;
			for (index, block) in body.blocks.iter().enumerate() {
				let mut live = ins[index].clone();
				for register in block.items.iter().filter_map(Item::def) {
					for other in &self.by_register[register as usize] {
						live.remove(*other);
					}
					live.insert(def);
					def += 1;
				}
				for next in block.term.successors() {
					changed |= ins[next].extend(&live);
				}
			}
			if !changed {
				return ins;
			}
		}
	}

	/// Makes `current` what reaches a block.
	fn enter(&mut self, reaching: &RegSet) {
		self.current.iter_mut().for_each(Vec::clear);
		for def in reaching.iter() {
			self.current[self.registers[def as usize] as usize].push(def);
		}
	}

	/// Unites what meets in a use.
	fn meet(&mut self, register: Reg) {
		let defs = self.current[register as usize].clone();
		for pair in defs.windows(2) {
			self.unite(pair[0], pair[1]);
		}
	}

	fn join(&mut self, body: &Body, reaching: &[RegSet]) {
		let mut def = body.params;
		for (block, reaching) in body.blocks.iter().zip(reaching) {
			self.enter(reaching);
			for item in &block.items {
				for register in item.uses() {
					self.meet(register);
				}
				if let Some(d) = item.def() {
					let reads_d = matches!(item, Item::Inst(inst) if inst.reads_d());
					if let (true, Some(old)) = (reads_d, self.current[d as usize].first()) {
						self.unite(*old, def);
					}
					self.current[d as usize] = vec![def];
					def += 1;
				}
			}
			for register in block.term.uses() {
				self.meet(register);
			}
		}
	}

	/// The new register of a web.
	fn register(&self, names: &mut [Option<Reg>], next: &mut Reg, def: Def) -> Reg {
		let root = self.root(def) as usize;
		*names[root].get_or_insert_with(|| {
			*next += 1;
			*next - 1
		})
	}

	fn rename(&mut self, body: &mut Body, reaching: &[RegSet]) {
		let params = body.params;
		let mut names: Vec<Option<Reg>> =
			(0..self.registers.len() as u32).map(|def| (def < params).then_some(def)).collect();
		let mut next = params;
		let mut def = params;
		for (block, reaching) in body.blocks.iter_mut().zip(reaching) {
			self.enter(reaching);
			for item in &mut block.items {
				let mut read = |register: Reg| match self.current[register as usize].first() {
					Some(def) => self.register(&mut names, &mut next, *def),
					// Not defined on any way to here: there is no way to here.
					None => self.register(&mut names, &mut next, def),
				};
				match item {
					Item::Inst(inst) => rename_operands(inst, &mut read),
					Item::Call(call) => call.args.iter_mut().for_each(|r| *r = read(*r)),
				}
				let Some(old) = item.def() else { continue };
				let new = self.register(&mut names, &mut next, def);
				match item {
					Item::Inst(inst) => inst.d = Some(new),
					Item::Call(call) => call.result = Some(new),
				}
				self.current[old as usize] = vec![def];
				def += 1;
			}
			let mut read = |register: Reg| {
				self.current[register as usize]
					.first()
					.map_or(register, |def| self.register(&mut names, &mut next, *def))
			};
			match &mut block.term {
				Term::Branch { inst, .. } => rename_operands(inst, &mut read),
				Term::Return(Some(Val::Reg(r))) => *r = read(*r),
				_ => {},
			}
		}
		body.regs = next.max(body.regs);
		body.locals = params;
	}
}

fn rename_operands(inst: &mut Inst, read: &mut impl FnMut(Reg) -> Reg) {
	for port in [&mut inst.a, &mut inst.b].into_iter().flatten() {
		*port = read(*port);
	}
}
