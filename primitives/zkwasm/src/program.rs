//! A program for the machine: code, initial data, entry.

use crate::{
	commitment::{cells_root, data_root, to_root, Kind, ProgramCommitment},
	ir::Instr,
	shape::Shape,
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

/// A lowered program that fits its shape. `lower::lower` makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
	/// The shape that it was lowered for.
	pub shape: Shape,
	/// The instructions, at most `shape.code`.
	pub instructions: Vec<Instr>,
	/// The initial data region: `shape.data` words.
	pub data: Vec<u64>,
	/// First instruction.
	pub entry_pc: u32,
	/// First frame.
	pub entry_fp: u32,
	/// Words of the data region that frames may use; globals follow, then linear memory.
	pub stack_words: u32,
	/// Data index at which linear memory starts.
	pub memory_base: u32,
	/// First instruction of each function with its index in the module, ascending.
	pub functions: Vec<(u32, u32)>,
}

impl Program {
	/// Bytes of linear memory that the machine holds; a module may declare more.
	pub const fn memory_bytes(&self) -> u64 {
		self.shape.data.saturating_sub(self.memory_base) as u64 * self.shape.width.bytes() as u64
	}

	/// The code region: every cell, unused ones 0.
	pub fn code_cells(&self) -> Vec<Fr> {
		let mut cells: Vec<Fr> = self.instructions.iter().map(Instr::encode).collect();
		cells.resize(self.shape.code as usize, Fr::ZERO);
		cells
	}

	/// What the chain stores of this program.
	pub fn commitment(&self) -> ProgramCommitment {
		ProgramCommitment {
			code: to_root(&cells_root(Kind::Code, &self.code_cells())),
			data: to_root(&data_root(self.shape.width, &self.data)),
			entry_pc: self.entry_pc,
			entry_fp: self.entry_fp,
		}
	}
}
