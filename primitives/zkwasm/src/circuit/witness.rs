//! What a prover feeds the circuit: regions, registers and, for each step, what was read.
//!
//! Everything else is computed by the gadgets. All numbers are field elements, so that a false
//! witness can be written down too: the tests do.

use super::{
	builder::{pow2, PUBLIC_INPUTS},
	step::ADDRESS_BITS,
};
use crate::{
	commitment::{from_root, program_digest, Root},
	ir::Op,
	machine::{FixedRoots, ProductAccess, Segment, StepRecord},
	matrix::VECTOR_WORDS,
	program::Program,
	shape::{Shape, SEED_WORDS},
};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

/// A cell's last record, as a port finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Old {
	/// The value.
	pub value: Fr,
	/// When it was written.
	pub time: Fr,
}

/// What a prover chooses in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepHint {
	/// The fetched cell's flags and target.
	pub low: Fr,
	/// The fetched cell's immediate.
	pub imm: Fr,
	/// The fetched cell's offsets d, a, b.
	pub offsets: [Fr; 3],
	/// What port A finds.
	pub a: Old,
	/// What port B finds.
	pub b: Old,
	/// What port D finds.
	pub d: Old,
	/// The wide result of an operation that leaves it free.
	pub free: Fr,
}

/// What a prover chooses in a matrix product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductHint {
	/// What is left in its call cell: the number of the vector plus 1, and when that was written.
	pub call: Old,
	/// What it finds in the vector.
	pub words: [Old; VECTOR_WORDS as usize],
}

/// The key of an input's record: its address and the time of its last access.
pub fn input_key(index: usize, time: u64) -> Fr {
	Fr::from(2 * index as u64 + 1) + pow2(ADDRESS_BITS) * Fr::from(time)
}

/// A segment's witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentWitness {
	/// The public inputs: pre-root, post-root, program digest, context digest.
	pub public: [Fr; PUBLIC_INPUTS],
	/// The code cells.
	pub code: Vec<Fr>,
	/// Root of the program's initial data.
	pub initial_data: Fr,
	/// The program's first instruction and frame.
	pub entry: [Fr; 2],
	/// The artifact's words.
	pub artifact: Vec<Fr>,
	/// The seed's words.
	pub seed: Vec<Fr>,
	/// The matrix's words, if the machine has a matrix.
	pub matrix: Vec<Fr>,
	/// The data before the segment.
	pub data: Vec<Fr>,
	/// pc, fp, status and output before the segment.
	pub header: [Fr; 4],
	/// One hint for each step.
	pub steps: Vec<StepHint>,
	/// One hint for each product that a segment may make.
	pub products: Vec<ProductHint>,
	/// Last values and times of the data.
	pub final_data: Vec<Old>,
	/// Keys of the inputs' last records, see [`input_key`].
	pub final_inputs: Vec<Fr>,
}

/// What all segments of a run share.
#[derive(Clone, Debug)]
pub struct RunContext {
	code: Vec<Fr>,
	initial_data: Fr,
	entry: [Fr; 2],
	inputs: Vec<u32>,
	matrix: Vec<u32>,
	roots: FixedRoots,
	digest: Fr,
	shape: Shape,
}

impl RunContext {
	/// For a program with this artifact (words, at most as many as the shape holds) and seed; `None`
	/// if the artifact is too large.
	pub fn new(program: &Program, artifact: &[u32], seed: &[u8; 32]) -> Option<Self> {
		let shape = program.shape;
		let commitment = program.commitment();
		let machine = crate::machine::Machine::new(program, artifact, *seed).ok()?;
		Some(Self {
			code: program.code_cells(),
			initial_data: from_root(&commitment.data)?,
			entry: [Fr::from(program.entry_pc), Fr::from(program.entry_fp)],
			inputs: machine.inputs().to_vec(),
			matrix: machine.matrix_words().to_vec(),
			roots: machine.fixed_roots(),
			digest: from_root(&program_digest(&commitment, &shape)?)?,
			shape,
		})
	}

	/// The machine's root before a segment.
	pub fn pre_root(&self, segment: &Segment) -> Root {
		self.roots.machine(&segment.before, &segment.data_before)
	}

	/// The machine's root after a segment.
	pub fn post_root(&self, segment: &Segment) -> Root {
		self.roots.machine(&segment.after, &segment.data_after)
	}

	/// The witness of a segment. `roots` are its pre- and post-root.
	pub fn witness(&self, segment: &Segment, roots: [Fr; 2], context: Fr) -> SegmentWitness {
		let words = |words: &[u32]| words.iter().map(|w| Fr::from(*w)).collect::<Vec<_>>();
		let (artifact, seed) = self.inputs.split_at(self.inputs.len() - SEED_WORDS as usize);
		let before = &segment.before;
		let inputs = self.inputs.iter().map(|word| u64::from(*word));
		let mut trace = Trace {
			bytes: self.shape.width.bytes(),
			data: segment.data_before.iter().copied().map(Cell::new).collect(),
			inputs: inputs.map(Cell::new).collect(),
			products: Vec::new(),
			step: 0,
		};
		let mut steps: Vec<StepHint> =
			segment.steps.iter().map(|record| trace.step(record)).collect();
		// Steps are only added to a run that has ended, which keeps its frame in this segment.
		let fp = segment.steps.last().map_or(0, |last| last.before.fp);
		steps.resize_with(self.shape.steps as usize, || trace.idle(fp));
		let products = trace.products(&self.shape);
		SegmentWitness {
			public: [roots[0], roots[1], self.digest, context],
			code: self.code.clone(),
			initial_data: self.initial_data,
			entry: self.entry,
			artifact: words(artifact),
			seed: words(seed),
			matrix: words(&self.matrix),
			data: segment.data_before.iter().map(|word| Fr::from(*word)).collect(),
			header: [before.pc, before.fp, before.status, before.output].map(Fr::from),
			steps,
			products,
			final_data: trace.data.iter().map(|cell| cell.old()).collect(),
			final_inputs: (0..)
				.zip(&trace.inputs)
				.map(|(i, cell)| input_key(i, cell.time))
				.collect(),
		}
	}
}

impl SegmentWitness {
	/// A witness of nothing, of the right form: rows are recorded with it.
	pub fn blank(shape: &Shape) -> Self {
		let zeros = |count: u32| vec![Fr::ZERO; count as usize];
		Self {
			public: [Fr::ZERO; PUBLIC_INPUTS],
			code: zeros(shape.code),
			initial_data: Fr::ZERO,
			entry: [Fr::ZERO; 2],
			artifact: zeros(shape.read_words()),
			seed: zeros(SEED_WORDS),
			matrix: zeros(shape.artifact_words() - shape.read_words()),
			data: zeros(shape.data),
			header: [Fr::ZERO; 4],
			steps: vec![StepHint::default(); shape.steps as usize],
			products: vec![ProductHint::default(); shape.products as usize],
			final_data: vec![Old::default(); shape.data as usize],
			final_inputs: zeros(shape.inputs),
		}
	}

	/// Whether every part has the size that the shape wants.
	pub fn fits(&self, shape: &Shape) -> bool {
		let is = |len: usize, count: u32| len == count as usize;
		is(self.code.len(), shape.code)
			&& is(self.artifact.len(), shape.read_words())
			&& is(self.matrix.len(), shape.artifact_words() - shape.read_words())
			&& is(self.seed.len(), SEED_WORDS)
			&& is(self.data.len(), shape.data)
			&& is(self.steps.len(), shape.steps)
			&& is(self.products.len(), shape.products)
			&& is(self.final_data.len(), shape.data)
			&& is(self.final_inputs.len(), shape.inputs)
	}
}

/// A cell during the replay.
#[derive(Clone, Copy)]
struct Cell {
	value: u64,
	time: u64,
}

impl Cell {
	const fn new(value: u64) -> Self {
		Self { value, time: 0 }
	}

	fn old(self) -> Old {
		Old { value: Fr::from(self.value), time: Fr::from(self.time) }
	}
}

/// Replays the accesses to learn when each cell was last accessed.
struct Trace {
	/// Bytes of a word.
	bytes: u32,
	data: Vec<Cell>,
	inputs: Vec<Cell>,
	products: Vec<ProductHint>,
	step: u64,
}

impl Trace {
	/// An access of port `port` (1 to 3) to a data cell.
	fn access(&mut self, port: u64, address: u32, new: Option<u64>) -> Old {
		let cell = &mut self.data[address as usize];
		let old = cell.old();
		cell.time = 3 * self.step + port;
		cell.value = new.unwrap_or(cell.value);
		old
	}

	/// A read of an input by port B.
	fn input(&mut self, index: u32) -> Old {
		let cell = &mut self.inputs[index as usize];
		let old = cell.old();
		cell.time = 3 * self.step + 2;
		old
	}

	/// Where an irregular access looks: what of its index the region has.
	fn within(&self, record: &StepRecord) -> u32 {
		let address = u128::from(record.x) + u128::from(record.instr.imm);
		let index = match record.instr.op {
			Op::Input => address % self.inputs.len() as u128,
			_ => address / u128::from(self.bytes) % self.data.len() as u128,
		};
		index as u32
	}

	/// What the ports find in a step. A port that is off looks at the frame's first cell.
	fn step(&mut self, record: &StepRecord) -> StepHint {
		let fp = record.before.fp;
		let a = self.access(1, record.a.map_or(fp, |a| a.address), None);
		let irregular = record.irregular.then_some(record.instr.op);
		let b = match (&record.input, irregular) {
			(Some(input), _) => self.input(input.index),
			(None, Some(Op::Input)) => self.input(self.within(record)),
			(None, Some(Op::Load)) => self.access(2, self.within(record), None),
			(None, _) => self.access(2, record.b.map_or(fp, |b| b.address), None),
		};
		let d = match (&record.d, &record.product, irregular) {
			(Some(access), ..) => self.access(3, access.address, Some(access.new)),
			(None, Some(product), _) => self.call(product),
			(None, None, Some(Op::Store)) => self.access(3, self.within(record), None),
			(None, None, _) => self.access(3, fp, None),
		};
		self.step += 1;
		StepHint {
			low: Fr::from(record.instr.low_bits()),
			imm: Fr::from(record.instr.imm),
			offsets: record.instr.offsets().map(Fr::from),
			a,
			b,
			d,
			free: Fr::from(record.result),
		}
	}

	/// The call for a product: its cell is new. The vector's words are accessed at once.
	fn call(&mut self, product: &ProductAccess) -> Old {
		let call =
			Cell { value: u64::from(product.address / VECTOR_WORDS + 1), time: 3 * self.step + 3 };
		let new = product.new.map(|word| Some(u64::from(word)));
		let words = std::array::from_fn(|i| self.access(3, product.address + i as u32, new[i]));
		self.products.push(ProductHint { call: call.old(), words });
		Old::default()
	}

	/// All products of the segment, after its last step: nobody called for the rest.
	fn products(&mut self, shape: &Shape) -> Vec<ProductHint> {
		for number in self.products.len() as u64..u64::from(shape.products) {
			// Accesses at 3 · step + 1 + number.
			let words = std::array::from_fn(|i| self.access(number + 1, i as u32, None));
			self.products.push(ProductHint { call: Old::default(), words });
		}
		std::mem::take(&mut self.products)
	}

	/// A step of the ended machine with this frame.
	fn idle(&mut self, fp: u32) -> StepHint {
		let [a, b, d] = [1, 2, 3].map(|port| self.access(port, fp, None));
		self.step += 1;
		StepHint { a, b, d, ..StepHint::default() }
	}
}
