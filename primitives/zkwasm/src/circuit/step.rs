//! One step of the machine.

use super::{
	alu::{Alu, Tested},
	builder::{Builder, Gadget, Lc},
	decode::{Fields, Operands},
	witness::{Old, StepHint},
};
use crate::{
	ir::{Op, TrapCause},
	matrix::VECTOR_BYTES,
	shape::{Shape, Width},
};
use ark_bn254::Fr;
use ark_ff::Field;

/// Bits of an address in a record: twice the index, plus 1 for an input. A frame and an offset never
/// make a larger one.
pub(super) const ADDRESS_BITS: usize = 18;

/// Sizes of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
	/// Bits of a word.
	pub(super) width: Width,
	/// Steps.
	pub(super) steps: usize,
	/// Code cells.
	pub(super) code: usize,
	/// Input words.
	pub(super) inputs: usize,
	/// Data words.
	pub(super) data: usize,
	/// Matrix products.
	pub(super) products: usize,
	/// Bits of a time. The last access of a segment is earlier than 2^`time_bits`.
	pub(super) time_bits: usize,
}

impl Size {
	pub(super) fn new(shape: &Shape) -> Self {
		let steps = shape.steps as usize;
		Self {
			width: shape.width,
			steps,
			code: shape.code as usize,
			inputs: shape.inputs as usize,
			data: shape.data as usize,
			products: shape.products as usize,
			time_bits: (usize::BITS - (3 * steps + shape.products as usize).leading_zeros())
				as usize,
		}
	}

	/// Bits of a word.
	pub(super) const fn bits(&self) -> usize {
		self.width.bits() as usize
	}
}

/// What was in a cell at a time: address and time in one element, the value in another.
#[derive(Clone, Debug)]
pub(super) struct Record {
	pub(super) key: Lc,
	pub(super) value: Lc,
}

impl Record {
	pub(super) fn new(address: &Lc, time: &Lc, value: &Lc) -> Self {
		Self { key: address.clone() + &time.shifted(ADDRESS_BITS), value: value.clone() }
	}
}

/// Bits of a byte address within a vector.
const IN_VECTOR: usize = VECTOR_BYTES.trailing_zeros() as usize;

/// The address of the cell that the call for a product, counted from 0, is left in: behind the inputs.
pub(super) fn call_address(b: &Builder, size: &Size, product: &Lc) -> Lc {
	data_address(&(b.small(size.inputs as u64) + product)) + &b.one()
}

/// The address in a record of data.
pub(super) fn data_address(index: &Lc) -> Lc {
	index.clone() + index
}

/// The machine's registers.
#[derive(Clone, Debug)]
pub(super) struct Registers {
	pub(super) pc: Lc,
	pub(super) fp: Lc,
	pub(super) status: Lc,
	pub(super) output: Lc,
	/// 1 while the status is 0. What has ended keeps its frame until the segment's end.
	pub(super) running: Lc,
	/// Products so far.
	pub(super) products: Lc,
}

/// The records that a step takes part in.
pub(super) struct Records {
	/// The fetched instruction.
	pub(super) code: Lc,
	/// Records that are read, ports A, B, D.
	pub(super) read: [Record; 3],
	/// Records that replace them.
	pub(super) written: [Record; 3],
}

/// Where a load, store or input goes. The indices have no more bits than the regions', so that there
/// is such a cell even if the access is irregular: then it is read in vain, or keeps its value.
struct Target {
	/// Word index of a load or store.
	index: Lc,
	/// Index of an input.
	input_index: Lc,
	/// Of a product the number of its vector.
	vector: Lc,
	/// 0 if the access is regular; 0 of what has no address.
	wrong: Lc,
}

impl Target {
	/// The wide result is the address: of bytes for a load or store, of words for an input, which
	/// ignores what is above its word. `wrong` is a number of bits.
	fn new(b: &mut Builder, size: &Size, fields: &Fields, alu: &Alu) -> Self {
		b.enter(Gadget::Irregular);
		let wide = &alu.wide;
		let in_word = size.width.bytes().trailing_zeros() as usize;
		let data_end = in_word + size.data.trailing_zeros() as usize;
		let inputs_end = size.inputs.trailing_zeros() as usize;
		let words = fields.any(&[Op::Load, Op::Store]);
		let unaligned = b.product(&wide.count(0, in_word), fields.negated());
		let beyond = wide.count(data_end, size.bits() + 1);
		let mut wrong = b.product(&(beyond + &unaligned), &(words + &fields.product));
		let beyond = b.product(&wide.count(inputs_end, size.bits()), fields.op(Op::Input));
		let mut vector = Lc::zero();
		if size.products > 0 {
			wrong = wrong + &b.product(&wide.count(0, IN_VECTOR), &fields.product);
			vector = wide.range(IN_VECTOR, data_end);
		}
		let index = wide.range(in_word, data_end);
		Self { index, input_index: wide.range(0, inputs_end), vector, wrong: wrong + &beyond }
	}
}

/// What becomes of a call for a matrix product.
struct Product {
	/// It is made.
	made: Lc,
	/// It is regular, but the segment has none left.
	waits: Lc,
}

impl Product {
	fn new(
		b: &mut Builder,
		size: &Size,
		fields: &Fields,
		registers: &Registers,
		irregular: &Lc,
	) -> Self {
		if size.products == 0 {
			return Self { made: Lc::zero(), waits: Lc::zero() };
		}
		b.enter(Gadget::Irregular);
		let regular = b.one() - irregular;
		let regular = b.product(&regular, &fields.product);
		let left = b.small(size.products as u64) - &registers.products;
		let none = b.is_zero(&left);
		let waits = b.product(&regular, &none);
		Self { made: regular - &waits, waits }
	}
}

/// One step: the registers after it and its records. `number` counts from 0.
pub(super) fn step(
	b: &mut Builder,
	size: &Size,
	number: usize,
	registers: &Registers,
	hint: &StepHint,
) -> (Registers, Records) {
	let fields = Fields::new(b, size, hint);
	let (operands, code) = Operands::new(b, &fields, registers, size, hint);
	b.enter(Gadget::Ports);
	let old = b.alloc(hint.d.value);
	let alu = Alu::new(b, size, &fields, &operands, (registers, &old), hint);
	let target = Target::new(b, size, &fields, &alu);
	let exhausted = alu.exhausted(b, &fields);
	let Tested { condition, irregular } = alu.tested(b, &fields, &operands, &target.wrong);
	let result = alu.result(b, size, &fields, &operands, (registers, &condition));
	let product = Product::new(b, size, &fields, registers, &irregular);
	let access = Access {
		fields: &fields,
		target: &target,
		irregular: &irregular,
		product: &product,
		exhausted: &exhausted,
		registers,
	};
	let time = 3 * number as u64;
	let a = access.port_a(b, size, time + 1, (&operands.value_a, &hint.a));
	let port_b = access.port_b(b, size, time + 2, (&operands.value_b, &hint.b));
	let d = access.port_d(b, size, time + 3, (&old, &result, &condition), &hint.d);
	let after = access.registers(b, size, &operands, &condition);
	let (read, written) = ([a.0, port_b.0, d.0], [a.1, port_b.1, d.1]);
	(after, Records { code, read, written })
}

/// Both records of an access at `time`. It comes after the record that it reads: `time - 1 - t` must
/// fit `time_bits` bits.
pub(super) fn records(
	b: &mut Builder,
	size: &Size,
	time: &Lc,
	address: &Lc,
	(old, new): (&Lc, &Lc),
	hint: &Old,
) -> (Record, Record) {
	b.enter(Gadget::Time);
	let gap = b.bits(time.value - Fr::ONE - hint.time, size.time_bits);
	let before = time.clone() - &b.one() - &gap.lc;
	(Record::new(address, &before, old), Record::new(address, time, new))
}

/// What the ports and the registers depend on.
struct Access<'a> {
	fields: &'a Fields,
	target: &'a Target,
	/// 1 if the step is an access that is not made.
	irregular: &'a Lc,
	product: &'a Product,
	/// 1 if the step is a call that finds no room.
	exhausted: &'a Lc,
	registers: &'a Registers,
}

impl Access<'_> {
	/// Port A reads a frame cell, always.
	fn port_a(
		&self,
		b: &mut Builder,
		size: &Size,
		time: u64,
		(value, hint): (&Lc, &Old),
	) -> (Record, Record) {
		let address = data_address(&(self.registers.fp.clone() + &self.fields.a));
		records(b, size, &b.small(time), &address, (value, value), hint)
	}

	/// Port B reads a frame cell, a memory word or an input.
	fn port_b(
		&self,
		b: &mut Builder,
		size: &Size,
		time: u64,
		(value, hint): (&Lc, &Old),
	) -> (Record, Record) {
		b.enter(Gadget::Ports);
		let (fields, target, fp) = (self.fields, self.target, &self.registers.fp);
		let (load, input) = (fields.op(Op::Load), fields.op(Op::Input));
		let to_memory = b.product(&(target.index.clone() - fp), load);
		let to_inputs = b.product(&(target.input_index.clone() - fp), input);
		// The offset, which is 0 then, stands here to be bounded like others.
		let index = fp.clone() + &fields.b + &to_memory + &to_inputs;
		let address = data_address(&index) + input;
		records(b, size, &b.small(time), &address, (value, value), hint)
	}

	/// Port D writes a frame cell or a memory word; a step that writes nothing puts back what is in the
	/// cell.
	fn port_d(
		&self,
		b: &mut Builder,
		size: &Size,
		time: u64,
		(old, result, condition): (&Lc, &Lc, &Lc),
		hint: &Old,
	) -> (Record, Record) {
		b.enter(Gadget::Ports);
		let (fields, target, fp) = (self.fields, self.target, &self.registers.fp);
		let store = fields.op(Op::Store);
		let to_memory = b.product(&(target.index.clone() - fp), store);
		let mut address = data_address(&(fp.clone() + &fields.d + &to_memory));
		let mut result = result.clone();
		if size.products > 0 {
			// The call for a product goes to the cell of its number.
			let cell = call_address(b, size, &self.registers.products) - &data_address(fp);
			address = address + &b.product(&cell, &self.product.made);
			let call = target.vector.clone() + &b.one();
			result = result + &b.product(&call, &self.product.made);
		}
		let unmoved = b.one() - condition;
		let unmoved = b.product(&unmoved, fields.op(Op::Cmov));
		let left_out = unmoved + self.irregular + self.exhausted + &self.product.waits;
		let writes = fields.port_d().clone() + store + &fields.product - &left_out;
		let change = b.product(&(result.clone() - old), &writes);
		let new = old.clone() + &change;
		records(b, size, &b.small(time), &address, (old, &new), hint)
	}

	/// The registers after the step.
	fn registers(
		&self,
		b: &mut Builder,
		size: &Size,
		operands: &Operands,
		condition: &Lc,
	) -> Registers {
		b.enter(Gadget::Registers);
		let (fields, before) = (self.fields, self.registers);
		let x = &operands.x;
		let traps = fields.op(Op::Trap).clone() + self.exhausted;
		let ends = traps.clone() + fields.op(Op::Halt);
		let enters = fields.op(Op::Call).clone() - self.exhausted;
		let taken = b.product(condition, fields.branch());
		let jumps = taken + fields.op(Op::Br) + &enters + self.irregular;

		let pushed = b.product(&fields.d, &enters);
		let popped = x.range(16, 32) - &before.fp;
		let ret = fields.op(Op::Ret);
		let fp = b.alloc(before.fp.value + pushed.value + popped.value * ret.value);
		b.enforce(&popped, ret, &(fp.clone() - &before.fp - &pushed));

		let target = b.product(&fields.target, &jumps);
		let back = b.product(&x.range(0, 16), ret);
		let goes_on = fields.runs() - &jumps - ret - &ends;
		let next = before.pc.clone() + &b.one() - &self.product.waits;
		let pc = b.alloc(target.value + back.value + next.value * goes_on.value);
		b.enforce(&next, &goes_on, &(pc.clone() - &target - &back));

		let given = b.product(&operands.y.lc, &fields.any(&[Op::Halt, Op::Trap]));
		let cause = self.exhausted.scaled(Fr::from(TrapCause::StackExhausted as u64));
		let output = before.output.clone() + &given + &cause;
		let running = fields.runs() - &ends;
		let status = before.status.clone() + &ends + &traps;
		let mut products = before.products.clone();
		if size.products > 0 {
			products = b.named(&(products + &self.product.made));
		}
		Registers { pc, fp, status, output, running, products }
	}
}

/// Whether addresses fit a record and offsets the room between the code's fields.
const _: () = {
	use crate::{
		ir::OFFSET_SPACING,
		shape::{MAX_CELLS, MAX_PRODUCTS, MAX_STEPS},
	};
	assert!(2 * (MAX_CELLS + (1 << crate::ir::OFFSET_BITS)) < 1 << ADDRESS_BITS);
	assert!(2 * (MAX_CELLS + MAX_PRODUCTS) + 1 < 1 << ADDRESS_BITS);
	let time_bits = u32::BITS - (3 * MAX_STEPS).leading_zeros();
	assert!(ADDRESS_BITS as u32 + 2 * time_bits + 1 < OFFSET_SPACING);
};
