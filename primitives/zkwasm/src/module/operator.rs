//! The supported instructions.

use super::Type;
use wasmparser::{BlockType, MemArg, Operator, ValType};

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
		result: Option<Type>,
	},
	Loop {
		result: Option<Type>,
	},
	If {
		result: Option<Type>,
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
	/// A call through the table of a function with this signature.
	CallIndirect {
		signature: u32,
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
		ty: Type,
		width: u8,
		signed: bool,
		align: u8,
		offset: u32,
	},
	/// A store of `1 << width` bytes.
	Store {
		ty: Type,
		width: u8,
		align: u8,
		offset: u32,
	},
	MemorySize,
	MemoryGrow,
	Const(Type, u64),
	Eqz(Type),
	Unary(Type, UnOp),
	Binary(Type, BinOp),
	Compare(Type, CmpOp),
	/// `i32.wrap_i64`.
	Wrap,
	/// `i64.extend_i32_u`.
	ExtendUnsigned,
	/// The lowest `from` bits, sign extended to the type.
	ExtendSigned {
		ty: Type,
		from: u32,
	},
}

impl Code {
	/// Whether it deals with a value of 64 bits.
	pub const fn is_wide(&self) -> bool {
		match self {
			Self::Block { result } | Self::Loop { result } | Self::If { result } => {
				matches!(result, Some(Type::I64))
			},
			Self::Load { ty, .. }
			| Self::Store { ty, .. }
			| Self::Const(ty, _)
			| Self::Eqz(ty)
			| Self::Unary(ty, _)
			| Self::Binary(ty, _)
			| Self::Compare(ty, _)
			| Self::ExtendSigned { ty, .. } => matches!(ty, Type::I64),
			Self::Wrap | Self::ExtendUnsigned => true,
			_ => false,
		}
	}
}

/// The instruction, if it is supported. `callee` is the signature of an indirect call.
pub(super) fn translate(operator: &Operator<'_>, callee: u32) -> Option<Code> {
	use Operator as O;
	let block = |ty: &BlockType| match ty {
		BlockType::Empty => Some(None),
		BlockType::Type(ty) => value_type(*ty).map(Some),
		BlockType::FuncType(_) => None,
	};
	Some(match operator {
		O::Unreachable => Code::Unreachable,
		O::Nop => Code::Nop,
		O::Block { blockty } => Code::Block { result: block(blockty)? },
		O::Loop { blockty } => Code::Loop { result: block(blockty)? },
		O::If { blockty } => Code::If { result: block(blockty)? },
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
		O::CallIndirect { table_index: 0, .. } => Code::CallIndirect { signature: callee },
		O::Drop => Code::Drop,
		O::Select => Code::Select,
		O::LocalGet { local_index } => Code::LocalGet(*local_index),
		O::LocalSet { local_index } => Code::LocalSet(*local_index),
		O::LocalTee { local_index } => Code::LocalTee(*local_index),
		O::GlobalGet { global_index } => Code::GlobalGet(*global_index),
		O::GlobalSet { global_index } => Code::GlobalSet(*global_index),
		O::MemorySize { mem: 0 } => Code::MemorySize,
		O::MemoryGrow { mem: 0 } => Code::MemoryGrow,
		O::I32Const { value } => Code::Const(Type::I32, u64::from(*value as u32)),
		O::I64Const { value } => Code::Const(Type::I64, *value as u64),
		O::I32Eqz => Code::Eqz(Type::I32),
		O::I64Eqz => Code::Eqz(Type::I64),
		O::I32WrapI64 => Code::Wrap,
		O::I64ExtendI32U => Code::ExtendUnsigned,
		O::I32Extend8S => Code::ExtendSigned { ty: Type::I32, from: 8 },
		O::I32Extend16S => Code::ExtendSigned { ty: Type::I32, from: 16 },
		O::I64Extend8S => Code::ExtendSigned { ty: Type::I64, from: 8 },
		O::I64Extend16S => Code::ExtendSigned { ty: Type::I64, from: 16 },
		O::I64Extend32S | O::I64ExtendI32S => Code::ExtendSigned { ty: Type::I64, from: 32 },
		other => return access(other).or_else(|| arithmetic(other)),
	})
}

/// A load or store.
fn access(operator: &Operator<'_>) -> Option<Code> {
	use Operator as O;
	use Type::{I32, I64};
	// There is but one memory, and its offsets have 32 bits.
	let load = |m: &MemArg, ty, width, signed| Code::Load {
		ty,
		width,
		signed,
		align: m.align,
		offset: m.offset as u32,
	};
	let store =
		|m: &MemArg, ty, width| Code::Store { ty, width, align: m.align, offset: m.offset as u32 };
	Some(match operator {
		O::I32Load { memarg } => load(memarg, I32, 2, false),
		O::I32Load8S { memarg } => load(memarg, I32, 0, true),
		O::I32Load8U { memarg } => load(memarg, I32, 0, false),
		O::I32Load16S { memarg } => load(memarg, I32, 1, true),
		O::I32Load16U { memarg } => load(memarg, I32, 1, false),
		O::I64Load { memarg } => load(memarg, I64, 3, false),
		O::I64Load8S { memarg } => load(memarg, I64, 0, true),
		O::I64Load8U { memarg } => load(memarg, I64, 0, false),
		O::I64Load16S { memarg } => load(memarg, I64, 1, true),
		O::I64Load16U { memarg } => load(memarg, I64, 1, false),
		O::I64Load32S { memarg } => load(memarg, I64, 2, true),
		O::I64Load32U { memarg } => load(memarg, I64, 2, false),
		O::I32Store { memarg } => store(memarg, I32, 2),
		O::I32Store8 { memarg } => store(memarg, I32, 0),
		O::I32Store16 { memarg } => store(memarg, I32, 1),
		O::I64Store { memarg } => store(memarg, I64, 3),
		O::I64Store8 { memarg } => store(memarg, I64, 0),
		O::I64Store16 { memarg } => store(memarg, I64, 1),
		O::I64Store32 { memarg } => store(memarg, I64, 2),
		_ => return None,
	})
}

macro_rules! arithmetic {
	($($kind:ident $op:ident: $narrow:ident $wide:ident,)*) => {
		/// An operation on one or two operands of the same type.
		const fn arithmetic(operator: &Operator<'_>) -> Option<Code> {
			Some(match operator {
				$(
					Operator::$narrow => Code::$kind(Type::I32, arithmetic!(@$kind $op)),
					Operator::$wide => Code::$kind(Type::I64, arithmetic!(@$kind $op)),
				)*
				_ => return None,
			})
		}
	};
	(@Unary $op:ident) => { UnOp::$op };
	(@Binary $op:ident) => { BinOp::$op };
	(@Compare $op:ident) => { CmpOp::$op };
}

arithmetic! {
	Unary Clz: I32Clz I64Clz,
	Unary Ctz: I32Ctz I64Ctz,
	Unary Popcnt: I32Popcnt I64Popcnt,
	Binary Add: I32Add I64Add,
	Binary Sub: I32Sub I64Sub,
	Binary Mul: I32Mul I64Mul,
	Binary DivS: I32DivS I64DivS,
	Binary DivU: I32DivU I64DivU,
	Binary RemS: I32RemS I64RemS,
	Binary RemU: I32RemU I64RemU,
	Binary And: I32And I64And,
	Binary Or: I32Or I64Or,
	Binary Xor: I32Xor I64Xor,
	Binary Shl: I32Shl I64Shl,
	Binary ShrS: I32ShrS I64ShrS,
	Binary ShrU: I32ShrU I64ShrU,
	Binary Rotl: I32Rotl I64Rotl,
	Binary Rotr: I32Rotr I64Rotr,
	Compare Eq: I32Eq I64Eq,
	Compare Ne: I32Ne I64Ne,
	Compare LtS: I32LtS I64LtS,
	Compare LtU: I32LtU I64LtU,
	Compare GtS: I32GtS I64GtS,
	Compare GtU: I32GtU I64GtU,
	Compare LeS: I32LeS I64LeS,
	Compare LeU: I32LeU I64LeU,
	Compare GeS: I32GeS I64GeS,
	Compare GeU: I32GeU I64GeU,
}

/// The type, if it is an integer's.
pub(super) const fn value_type(ty: ValType) -> Option<Type> {
	match ty {
		ValType::I32 => Some(Type::I32),
		ValType::I64 => Some(Type::I64),
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
		"struct", "array", "atomic", "i31", "any", "extern", "v128", "i8x16", "i16x8", "i32x4",
		"i64x2", "f32x4", "f64x2",
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
