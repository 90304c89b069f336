//! Which functions are lowered, and whether they are of a size that can be.

use super::{LowerError, MAX_FUNCTION_SIZE, MAX_PROGRAM_SIZE, MAX_TABLE};
use crate::{
	module::{Code, Function, Import, Module},
	shape::{Shape, Width},
};
use std::collections::{BTreeMap, BTreeSet};

/// The functions that start and entry reach, imported ones included, in order of first call: first the
/// start function, then the entry.
pub(super) fn reachable(module: &Module, shape: &Shape) -> Result<Vec<u32>, LowerError> {
	let mut by_signature: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
	for function in module.table.values() {
		if let Some(signature) = module.signature_index(*function) {
			by_signature.entry(signature).or_default().insert(*function);
		}
	}
	let mut order: Vec<u32> = module.start.into_iter().chain([module.entry]).collect();
	let mut seen: BTreeSet<u32> = order.iter().copied().collect();
	let mut indirect = BTreeSet::new();
	let (mut next, mut total) = (0, 0usize);
	while let Some(index) = order.get(next).copied() {
		next += 1;
		let Some(function) = module.own(index) else { continue };
		if next > shape.code as usize {
			// A function has an instruction at least.
			return Err(LowerError::CodeCapacity { need: next as u32, capacity: shape.code });
		}
		if shape.width == Width::W32 {
			if let Some((what, offset)) = &function.wide {
				let (what, offset) = (what.clone(), *offset);
				return Err(LowerError::Width { function: index, what, offset });
			}
		}
		total = total.saturating_add(size(module, index, function)?);
		if total > MAX_PROGRAM_SIZE {
			return Err(LowerError::ProgramSize { size: total });
		}
		for code in &function.body {
			match code {
				Code::Call { function } if seen.insert(*function) => order.push(*function),
				Code::CallIndirect { signature } if indirect.insert(*signature) => {
					if module.table.len() > MAX_TABLE {
						return Err(LowerError::TableSize { size: module.table.len() });
					}
					let callees = by_signature.get(signature).into_iter().flatten();
					order.extend(callees.filter(|f| seen.insert(**f)));
				},
				_ => {},
			}
		}
	}
	if !shape.has_matrix() && order.iter().any(|f| module.import(*f) == Some(Import::Matrix)) {
		return Err(LowerError::Matrix);
	}
	Ok(order)
}

/// What a function's lowering costs: its instructions, locals and branches of tables.
fn size(module: &Module, index: u32, function: &Function) -> Result<usize, LowerError> {
	let code = function.body.iter().map(|code| match code {
		Code::BrTable { labels, .. } => 1 + labels.len(),
		// At most so many runs of equal callees.
		Code::CallIndirect { .. } => 2 + 2 * module.table.len(),
		_ => 1,
	});
	let size = code.sum::<usize>().saturating_add(function.local_count() as usize);
	if size > MAX_FUNCTION_SIZE {
		return Err(LowerError::FunctionSize { function: index, size });
	}
	Ok(size)
}
