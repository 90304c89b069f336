//! A whole segment: statement, regions, steps, memory.

use super::{
	builder::{Builder, Gadget, Lc},
	decode::CODE_INDEX_SHIFT,
	hash::{hash_cells, hash_data, hash_narrow},
	products::{products, Matrix, ProductRecords},
	step::{data_address, step, Record, Records, Registers, Size},
	waksman::{matching, route, route_to, Columns},
	witness::SegmentWitness,
};
use crate::{
	commitment::{segment_size, Kind},
	shape::{Shape, Width},
};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use std::collections::HashMap;

/// The regions' cells.
struct Regions {
	code: Vec<Lc>,
	inputs: Vec<Lc>,
	data: Vec<Lc>,
	code_root: Lc,
	inputs_root: Lc,
	/// If the machine has one.
	matrix: Option<Matrix>,
}

/// Builds the segment circuit on a witness that [`SegmentWitness::fits`]. Gives the first three public
/// inputs as the witness has them, whatever it claims.
pub(super) fn synthesize(b: &mut Builder, shape: &Shape, witness: &SegmentWitness) -> [Fr; 3] {
	let size = Size::new(shape);
	let (regions, mut registers, [pre, digest]) = before(b, shape, witness);
	let mut records = Vec::with_capacity(size.steps);
	for (number, hint) in witness.steps.iter().enumerate() {
		let (next, touched) = step(b, &size, number, &registers, hint);
		registers = next;
		records.push(touched);
	}
	let (final_data, final_records) = finals(b, &size, witness, &regions);
	let products = match &regions.matrix {
		Some(matrix) => products(b, &size, matrix, &witness.products),
		None => ProductRecords::default(),
	};
	code_network(b, &size, &regions.code, &records);
	data_network(b, &regions, records, products, final_records);
	let data_root = hash_data(b, shape.width, Kind::data(shape.width), &final_data);
	// An ended machine has no frame.
	b.enter(Gadget::Statement);
	let fp = b.product(&registers.running, &registers.fp);
	let header = [registers.pc, fp, registers.status, registers.output];
	let post = machine(b, &header, &regions, data_root, 1);
	[pre, post, digest]
}

/// Enforces that a public input is the machine's root.
fn machine(
	b: &mut Builder,
	header: &[Lc; 4],
	regions: &Regions,
	data_root: Lc,
	position: usize,
) -> Fr {
	let header = hash_narrow(b, Kind::Header, header);
	let parts = [header, regions.code_root.clone(), regions.inputs_root.clone(), data_root];
	let root = hash_narrow(b, Kind::Machine, &parts);
	b.enter(Gadget::Statement);
	let public = b.public(position);
	b.equal(&root, &public);
	root.value
}

/// The regions and registers before the segment, bound to the pre-root and the program digest.
fn before(
	b: &mut Builder,
	shape: &Shape,
	witness: &SegmentWitness,
) -> (Regions, Registers, [Fr; 2]) {
	let alloc = |b: &mut Builder, cells: &[Fr]| -> Vec<Lc> {
		cells.iter().map(|cell| b.alloc(*cell)).collect()
	};
	let code = alloc(b, &witness.code);
	let mut inputs = alloc(b, &witness.artifact);
	let seed = alloc(b, &witness.seed);
	b.enter(Gadget::Initial);
	let bits = shape.width.bits() as usize;
	let data: Vec<Lc> = witness.data.iter().map(|word| b.bits(*word, bits).lc).collect();
	let code_root = hash_cells(b, Kind::Code, &code);
	let mut artifact_root = hash_cells(b, Kind::Artifact, &inputs);
	let matrix = shape.has_matrix().then(|| Matrix::new(b, &witness.matrix));
	if let Some(matrix) = &matrix {
		let matrix_root = hash_data(b, Width::W32, Kind::Matrix, &matrix.words);
		artifact_root = hash_narrow(b, Kind::ArtifactParts, &[artifact_root, matrix_root]);
	}
	let seed_root = hash_cells(b, Kind::Seed, &seed);
	let data_root = hash_data(b, shape.width, Kind::data(shape.width), &data);
	let inputs_root = hash_narrow(b, Kind::Inputs, &[artifact_root, seed_root]);
	inputs.extend(seed);
	let regions = Regions { code, inputs, data, code_root, inputs_root, matrix };

	b.enter(Gadget::Statement);
	let [pc, fp, status, output] = witness.header.map(|value| b.alloc(value));
	let halted = b.boolean(if status.value == Fr::ONE { Fr::ONE } else { Fr::ZERO });
	let trapped = b.boolean(if status.value == Fr::from(2u64) { Fr::ONE } else { Fr::ZERO });
	b.equal(&(halted.clone() + &trapped + &trapped), &status);
	b.enforce(&halted, &trapped, &Lc::zero());
	let ended = b.one() - &halted - &trapped;
	let running = b.named(&ended);
	let header = [pc.clone(), fp.clone(), status.clone(), output.clone()];
	let pre = machine(b, &header, &regions, data_root, 0);

	let entry: Vec<Lc> = std::iter::once(&witness.initial_data)
		.chain(&witness.entry)
		.map(|value| b.alloc(*value))
		.collect();
	let program = [std::slice::from_ref(&regions.code_root), entry.as_slice()].concat();
	let program = hash_narrow(b, Kind::Program, &program);
	let steps = b.constant(segment_size(shape));
	let width = b.small(u64::from(shape.width.bits()));
	let digest = hash_narrow(b, Kind::ProgramDigest, &[program, steps, width]);
	b.enter(Gadget::Statement);
	let public = b.public(2);
	b.equal(&digest, &public);
	// The context stands in a row of its own, so that the binding does not hang on the reduction.
	let context = b.public(3);
	b.product(&context, &context);
	let products = Lc::zero();
	(regions, Registers { pc, fp, status, output, running, products }, [pre, digest.value])
}

/// Last values of the data, and the records of both regions that are left at the end. Values need no
/// range, see [`super`], and the keys of inputs need no form.
fn finals(
	b: &mut Builder,
	size: &Size,
	witness: &SegmentWitness,
	regions: &Regions,
) -> (Vec<Lc>, Vec<Record>) {
	b.enter(Gadget::Final);
	let mut values = Vec::with_capacity(size.data);
	let mut records = Vec::with_capacity(size.data + size.inputs);
	for (index, cell) in witness.final_data.iter().enumerate() {
		let value = b.alloc(cell.value);
		let time = b.bits(cell.time, size.time_bits).lc;
		let address = data_address(&b.small(index as u64));
		records.push(Record::new(&address, &time, &value));
		values.push(value);
	}
	for (word, key) in regions.inputs.iter().zip(&witness.final_inputs) {
		records.push(Record { key: b.alloc(*key), value: word.clone() });
	}
	(values, records)
}

/// Every fetched record is one of the code's.
///
/// The fetched records and the code's, each with its index (and the ended machine's empty cell behind
/// them), are permuted so that equal ones are neighbours. As many neighbours are equal as there are
/// fetches, so there are no more different records than code cells; the code's are all different;
/// so there is no other.
fn code_network(b: &mut Builder, size: &Size, code: &[Lc], records: &[Records]) {
	b.enter(Gadget::CodeNetwork);
	let mut list: Vec<Columns<1>> = Vec::with_capacity(code.len() + 1 + records.len());
	for (index, cell) in code.iter().enumerate() {
		list.push([cell.clone() + &b.small(index as u64).shifted(CODE_INDEX_SHIFT)]);
	}
	list.push([b.small(size.code as u64).shifted(CODE_INDEX_SHIFT)]);
	list.extend(records.iter().map(|record| [record.code.clone()]));
	let order = grouped(&list);
	let sorted = route(b, list, &order);
	let mut equal = Lc::zero();
	for ([left], [right]) in sorted.iter().zip(sorted.iter().skip(1)) {
		let same = b.boolean(if left.value == right.value { Fr::ONE } else { Fr::ZERO });
		b.enforce(&(right.clone() - left), &same, &Lc::zero());
		equal = equal + &same;
	}
	let fetches = b.small(records.len() as u64);
	b.equal(&equal, &fetches);
}

/// An order in which equal records are neighbours.
fn grouped(list: &[Columns<1>]) -> Vec<usize> {
	let mut first: HashMap<Fr, usize> = HashMap::with_capacity(list.len());
	let mut order: Vec<(usize, usize)> = list
		.iter()
		.enumerate()
		.map(|(place, [record])| (*first.entry(record.value).or_insert(place), place))
		.collect();
	order.sort_unstable();
	order.into_iter().map(|(_, place)| place).collect()
}

/// What was read and what is left is what was there and what was written.
fn data_network(
	b: &mut Builder,
	regions: &Regions,
	records: Vec<Records>,
	products: ProductRecords,
	finals: Vec<Record>,
) {
	b.enter(Gadget::DataNetwork);
	let start = Lc::zero();
	let mut sources = Vec::with_capacity(finals.len() + 3 * records.len() + products.read.len());
	for (index, word) in regions.data.iter().enumerate() {
		let address = data_address(&b.small(index as u64));
		sources.push(Record::new(&address, &start, word));
	}
	for (index, word) in regions.inputs.iter().enumerate() {
		let address = data_address(&b.small(index as u64)) + &b.one();
		sources.push(Record::new(&address, &start, word));
	}
	let mut sinks = finals;
	for record in records {
		sources.extend(record.written);
		sinks.extend(record.read);
	}
	sources.extend(products.calls.into_iter().chain(products.written));
	sinks.extend(products.read);
	let columns = |records: Vec<Record>| -> Vec<Columns<2>> {
		records.into_iter().map(|record| [record.key, record.value]).collect()
	};
	let (sources, sinks) = (columns(sources), columns(sinks));
	let permutation = matching(&sources, &sinks);
	route_to(b, &sources, &sinks, &permutation);
}
