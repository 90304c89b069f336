//! The supported instructions.

use wasmparser::{BlockType, Operator, ValType};

/// An operation with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnOp {
	/// Leading zeros.
	Clz,
	/// Trailing zeros.
	Ctz,
	/// Ones.
	Popcnt,
}

/// An operation with two operands and a word as result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum BinOp {
	Add,
	Sub,
	Mul,
	DivS,
	DivU,
	RemS,
	RemU,
	And,
	Or,
	Xor,
	Shl,
	ShrS,
	ShrU,
	Rotl,
	Rotr,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum CmpOp {
	Eq,
	Ne,
	LtS,
	LtU,
	GtS,
	GtU,
	LeS,
	LeU,
	GeS,
	GeU,
}

/// An instruction. Labels count from the innermost block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Code {
	Unreachable,
	Nop,
	Block {
		result: bool,
	},
	Loop {
		result: bool,
	},
	If {
		result: bool,
	},
	Else,
	End,
	Br {
		label: u32,
	},
	BrIf {
		label: u32,
	},
	BrTable {
		labels: Vec<u32>,
		default: u32,
	},
	Return,
	Call {
		function: u32,
	},
	Drop,
	Select,
	LocalGet(u32),
	LocalSet(u32),
	LocalTee(u32),
	GlobalGet(u32),
	GlobalSet(u32),
	/// A load of `1 << width` bytes.
	Load {
		width: u8,
		signed: bool,
		align: u8,
		offset: u32,
	},
	/// A store of `1 << width` bytes.
	Store {
		width: u8,
		align: u8,
		offset: u32,
	},
	MemorySize,
	Const(u32),
	Eqz,
	Unary(UnOp),
	Binary(BinOp),
	Compare(CmpOp),
}

/// The instruction, if it is supported.
pub(super) fn translate(operator: &Operator<'_>) -> Option<Code> {
	use Operator as O;
	let load = |m: &wasmparser::MemArg, width, signed| Code::Load {
		width,
		signed,
		align: m.align,
		offset: m.offset as u32,
	};
	let store = |m: &wasmparser::MemArg, width| Code::Store {
		width,
		align: m.align,
		offset: m.offset as u32,
	};
	Some(match operator {
		O::Unreachable => Code::Unreachable,
		O::Nop => Code::Nop,
		O::Block { blockty } => Code::Block { result: block_result(blockty)? },
		O::Loop { blockty } => Code::Loop { result: block_result(blockty)? },
		O::If { blockty } => Code::If { result: block_result(blockty)? },
		O::Else => Code::Else,
		O::End => Code::End,
		O::Br { relative_depth } => Code::Br { label: *relative_depth },
		O::BrIf { relative_depth } => Code::BrIf { label: *relative_depth },
		O::BrTable { targets } => Code::BrTable {
			labels: targets.targets().collect::<Result<_, _>>().ok()?,
			default: targets.default(),
		},
		O::Return => Code::Return,
		O::Call { function_index } => Code::Call { function: *function_index },
		O::Drop => Code::Drop,
		O::Select => Code::Select,
		O::LocalGet { local_index } => Code::LocalGet(*local_index),
		O::LocalSet { local_index } => Code::LocalSet(*local_index),
		O::LocalTee { local_index } => Code::LocalTee(*local_index),
		O::GlobalGet { global_index } => Code::GlobalGet(*global_index),
		O::GlobalSet { global_index } => Code::GlobalSet(*global_index),
		O::I32Load { memarg } => load(memarg, 2, false),
		O::I32Load8S { memarg } => load(memarg, 0, true),
		O::I32Load8U { memarg } => load(memarg, 0, false),
		O::I32Load16S { memarg } => load(memarg, 1, true),
		O::I32Load16U { memarg } => load(memarg, 1, false),
		O::I32Store { memarg } => store(memarg, 2),
		O::I32Store8 { memarg } => store(memarg, 0),
		O::I32Store16 { memarg } => store(memarg, 1),
		O::MemorySize { .. } => Code::MemorySize,
		O::I32Const { value } => Code::Const(*value as u32),
		O::I32Eqz => Code::Eqz,
		O::I32Clz => Code::Unary(UnOp::Clz),
		O::I32Ctz => Code::Unary(UnOp::Ctz),
		O::I32Popcnt => Code::Unary(UnOp::Popcnt),
		other => return binary(other).map(Code::Binary).or(compare(other).map(Code::Compare)),
	})
}

const fn binary(operator: &Operator<'_>) -> Option<BinOp> {
	Some(match operator {
		Operator::I32Add => BinOp::Add,
		Operator::I32Sub => BinOp::Sub,
		Operator::I32Mul => BinOp::Mul,
		Operator::I32DivS => BinOp::DivS,
		Operator::I32DivU => BinOp::DivU,
		Operator::I32RemS => BinOp::RemS,
		Operator::I32RemU => BinOp::RemU,
		Operator::I32And => BinOp::And,
		Operator::I32Or => BinOp::Or,
		Operator::I32Xor => BinOp::Xor,
		Operator::I32Shl => BinOp::Shl,
		Operator::I32ShrS => BinOp::ShrS,
		Operator::I32ShrU => BinOp::ShrU,
		Operator::I32Rotl => BinOp::Rotl,
		Operator::I32Rotr => BinOp::Rotr,
		_ => return None,
	})
}

const fn compare(operator: &Operator<'_>) -> Option<CmpOp> {
	Some(match operator {
		Operator::I32Eq => CmpOp::Eq,
		Operator::I32Ne => CmpOp::Ne,
		Operator::I32LtS => CmpOp::LtS,
		Operator::I32LtU => CmpOp::LtU,
		Operator::I32GtS => CmpOp::GtS,
		Operator::I32GtU => CmpOp::GtU,
		Operator::I32LeS => CmpOp::LeS,
		Operator::I32LeU => CmpOp::LeU,
		Operator::I32GeS => CmpOp::GeS,
		Operator::I32GeU => CmpOp::GeU,
		_ => return None,
	})
}

/// Whether a block has a result; `None` if its type is not supported.
fn block_result(ty: &BlockType) -> Option<bool> {
	match ty {
		BlockType::Empty => Some(false),
		BlockType::Type(ValType::I32) => Some(true),
		_ => None,
	}
}

macro_rules! visitor_names {
	($(@$proposal:ident $op:ident $({ $($argument:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
		/// The name of the method that visits this instruction: `visit_` and its name.
		fn visitor_name(operator: &Operator<'_>) -> &'static str {
			match operator {
				$(Operator::$op { .. } => stringify!($visit),)*
				_ => "visit_unknown",
			}
		}
	};
}

wasmparser::for_each_operator!(visitor_names);

/// The instruction's name in the text format.
pub(super) fn name(operator: &Operator<'_>) -> String {
	let visitor = visitor_name(operator);
	let name = visitor.strip_prefix("visit_").unwrap_or(visitor);
	let dotted = [
		"i32", "i64", "f32", "f64", "memory", "table", "local", "global", "ref", "data", "elem",
		"struct", "array", "atomic", "i31", "any", "extern",
	];
	match name.split_once('_') {
		Some((prefix, rest)) if dotted.contains(&prefix) => format!("{prefix}.{rest}"),
		_ => name.to_string(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_are_those_of_the_text_format() {
		assert_eq!(name(&Operator::I64Add), "i64.add");
		assert_eq!(name(&Operator::I32Extend8S), "i32.extend8_s");
		assert_eq!(name(&Operator::MemoryGrow { mem: 0 }), "memory.grow");
		let call = Operator::CallIndirect { type_index: 0, table_index: 0 };
		assert_eq!(name(&call), "call_indirect");
	}
}
