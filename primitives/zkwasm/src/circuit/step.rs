//! One step of the machine.

use super::{
	alu::Alu,
	builder::{Bits, Builder, Gadget, Lc},
	decode::{Fields, Operands},
	witness::{Old, StepHint},
};
use crate::{
	ir::{Op, TrapCause},
	shape::Shape,
};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

/// Sizes of a segment, and where the fields of a data record are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
	/// Steps.
	pub(super) steps: usize,
	/// Code cells.
	pub(super) code: usize,
	/// Input words.
	pub(super) inputs: usize,
	/// Data words.
	pub(super) data: usize,
	/// Bits of a time. The last access of a segment is earlier than 2^`time_bits`.
	pub(super) time_bits: usize,
}

impl Size {
	pub(super) fn new(shape: &Shape) -> Self {
		let steps = shape.steps as usize;
		Self {
			steps,
			code: shape.code as usize,
			inputs: shape.inputs as usize,
			data: shape.data as usize,
			time_bits: (usize::BITS - (3 * steps).leading_zeros()) as usize,
		}
	}

	/// A data record: time, value, address from the lowest bit. Twice the room that times need keeps a
	/// negative time from looking like another record's.
	pub(super) fn record(&self, time: &Lc, value: &Lc, address: &Lc) -> Lc {
		let value_shift = self.time_bits + 1;
		time.clone() + &value.shifted(value_shift) + &address.shifted(value_shift + 32)
	}
}

/// The machine's registers.
#[derive(Clone, Debug)]
pub(super) struct Registers {
	pub(super) pc: Lc,
	pub(super) fp: Lc,
	pub(super) status: Lc,
	pub(super) output: Lc,
	/// 1 while the status is 0.
	pub(super) running: Lc,
}

/// The records that a step takes part in.
pub(super) struct Records {
	/// The fetched instruction.
	pub(super) code: Lc,
	/// Data records that are read, ports A, B, D.
	pub(super) read: [Lc; 3],
	/// Data records that replace them.
	pub(super) written: [Lc; 3],
}

/// Run-time faults of a step.
struct Faults {
	/// Beyond the data or the inputs.
	bounds: Lc,
	/// A word access at an address that is no multiple of 4.
	alignment: Lc,
	/// No room for a frame.
	stack: Lc,
	/// Word index of a load or store.
	index: Lc,
}

impl Faults {
	fn new(b: &mut Builder, size: &Size, fields: &Fields, alu: &Alu) -> Self {
		b.enter(Gadget::Fault);
		let wide = &alu.wide;
		let data_bits = size.data.trailing_zeros() as usize;
		let input_bits = size.inputs.trailing_zeros() as usize;
		let words = fields.any(&[Op::Load, Op::Store]);
		let beyond_data = b.product(&wide.count(34 + data_bits, 65), &words);
		let beyond_inputs = b.product(&wide.count(32 + input_bits, 64), fields.op(Op::Input));
		let beyond = beyond_data + &beyond_inputs;
		let bounds = b.alloc(if beyond.value == Fr::ZERO { Fr::ZERO } else { Fr::ONE });
		let inverse = b.alloc(beyond.value.inverse().unwrap_or(Fr::ZERO));
		b.enforce(&beyond, &inverse, &bounds);
		let inside = b.one() - &bounds;
		b.enforce(&beyond, &inside, &Lc::zero());
		let both = b.product(&wide.bits[32], &wide.bits[33]);
		let low = wide.bits[32].clone() + &wide.bits[33] - &both;
		let checked = b.product(&words, fields.check());
		let unaligned = b.product(&low, &checked);
		let alignment = b.product(&unaligned, &inside);
		let exhausted = b.one() - &wide.bits[32];
		let stack = b.product(&exhausted, fields.op(Op::Call));
		Self { bounds, alignment, stack, index: wide.range(34, 65) }
	}

	/// A fault of a memory access.
	fn memory(&self) -> Lc {
		self.bounds.clone() + &self.alignment
	}

	fn any(&self) -> Lc {
		self.memory() + &self.stack
	}
}

/// Enforces that an access at `time` comes after the record that it reads, and gives that record's
/// time: `time - 1 - t` must fit `time_bits` bits.
fn old_time(b: &mut Builder, size: &Size, time: u64, old: &Old) -> Lc {
	b.enter(Gadget::Time);
	let gap = b.bits(Fr::from(time - 1) - old.time, size.time_bits);
	b.small(time - 1) - &gap.lc
}

/// Both records of a port that may be off: 0 on both sides then.
fn optional_records(
	b: &mut Builder,
	size: &Size,
	on: &Lc,
	(before, after): (&Lc, &Lc),
	value: &Lc,
	address: &Lc,
) -> (Lc, Lc) {
	b.enter(Gadget::Ports);
	let read = b.product(&size.record(before, value, address), on);
	let written = b.product(&size.record(after, value, address), on);
	(read, written)
}

/// One step: the registers after it and its records. `number` counts from 0.
pub(super) fn step(
	b: &mut Builder,
	size: &Size,
	number: usize,
	registers: &Registers,
	hint: &StepHint,
) -> (Registers, Records) {
	let fields = Fields::new(b, hint);
	let (operands, code) = Operands::new(b, &fields, registers, size, hint);
	b.enter(Gadget::OldBits);
	let old = b.bits(hint.d.value, 32);
	let alu = Alu::new(b, &fields, &operands, registers, &old.lc, hint);
	let condition = alu.condition(b, &fields, &operands);
	let result = alu.result(b, &fields, &operands, registers, &condition);
	let faults = Faults::new(b, size, &fields, &alu);
	let time = 3 * number as u64;
	let (read_a, written_a) = port_a(b, size, time + 1, &fields, &operands, registers, hint);
	let access = Access { fields: &fields, faults: &faults, registers };
	let (read_b, written_b) = access.port_b(b, size, time + 2, &alu, &operands, hint);
	let (read_d, written_d) = access.port_d(b, size, time + 3, (&old, &result, &condition), hint);
	let after = access.registers(b, &operands, &condition);
	let records = Records {
		code,
		read: [read_a, read_b, read_d],
		written: [written_a, written_b, written_d],
	};
	(after, records)
}

fn port_a(
	b: &mut Builder,
	size: &Size,
	time: u64,
	fields: &Fields,
	operands: &Operands,
	registers: &Registers,
	hint: &StepHint,
) -> (Lc, Lc) {
	let before = old_time(b, size, time, &hint.a);
	let after = b.small(time);
	let address = data_address(&(registers.fp.clone() + &fields.a));
	optional_records(b, size, fields.port_a(), (&before, &after), &operands.value_a, &address)
}

/// The address in a record: the lowest bit is 0 for data, 1 for inputs.
pub(super) fn data_address(index: &Lc) -> Lc {
	index.clone() + index
}

/// What ports B and D and the registers depend on.
struct Access<'a> {
	fields: &'a Fields,
	faults: &'a Faults,
	registers: &'a Registers,
}

impl Access<'_> {
	/// Port B reads a frame cell, a memory word or an input.
	fn port_b(
		&self,
		b: &mut Builder,
		size: &Size,
		time: u64,
		alu: &Alu,
		operands: &Operands,
		hint: &StepHint,
	) -> (Lc, Lc) {
		let fields = self.fields;
		let before = old_time(b, size, time, &hint.b);
		let after = b.small(time);
		b.enter(Gadget::Ports);
		let wanted = fields.any(&[Op::Load, Op::Input]) + fields.port_b();
		let sound = b.one() - &self.faults.memory();
		let on = b.product(&wanted, &sound);
		let off = b.one() - &on;
		b.enforce(&operands.value_b, &off, &Lc::zero());
		let frame = self.registers.fp.clone() + &fields.b;
		let to_memory = b.product(&(self.faults.index.clone() - &frame), fields.op(Op::Load));
		let to_inputs = b.product(&(alu.high.clone() - &frame), fields.op(Op::Input));
		let index = frame + &to_memory + &to_inputs;
		let address = data_address(&index) + fields.op(Op::Input);
		optional_records(b, size, &on, (&before, &after), &operands.value_b, &address)
	}

	/// Port D writes a frame cell or a memory word; a step that writes nothing puts back what is in
	/// the frame's first cell.
	fn port_d(
		&self,
		b: &mut Builder,
		size: &Size,
		time: u64,
		(old, result, condition): (&Bits, &Lc, &Lc),
		hint: &StepHint,
	) -> (Lc, Lc) {
		let fields = self.fields;
		let before = old_time(b, size, time, &hint.d);
		let after = b.small(time);
		b.enter(Gadget::Ports);
		let sound = b.one() - &self.faults.any();
		let to_frame = b.product(fields.port_d(), &sound);
		let to_memory = b.product(fields.op(Op::Store), &sound);
		// A faulting call's frame may lie outside the data, so its offset doesn't count.
		let offset = b.product(&fields.d, &sound);
		let fp = &self.registers.fp;
		let far = b.product(&(self.faults.index.clone() - fp), &to_memory);
		let address = data_address(&(fp.clone() + &offset + &far));
		let unmoved = b.one() - condition;
		let unmoved = b.product(&unmoved, fields.op(Op::Cmov));
		let writes = to_frame + &to_memory - &unmoved;
		let change = b.product(&(result.clone() - &old.lc), &writes);
		let new = old.lc.clone() + &change;
		let read = b.named(&size.record(&before, &old.lc, &address));
		let written = b.named(&size.record(&after, &new, &address));
		(read, written)
	}

	/// The registers after the step.
	fn registers(&self, b: &mut Builder, operands: &Operands, condition: &Lc) -> Registers {
		b.enter(Gadget::Registers);
		let (fields, faults, before) = (self.fields, self.faults, self.registers);
		let x = &operands.x;
		let traps = fields.op(Op::Trap).clone() + &faults.any();
		let ends = traps.clone() + fields.op(Op::Halt);
		let enters = fields.op(Op::Call).clone() - &faults.stack;
		let taken = b.product(condition, fields.branch());
		let jumps = taken + fields.op(Op::Br) + &enters;

		let pushed = b.product(&fields.d, &enters);
		let popped = b.product(&(x.range(16, 32) - &before.fp), fields.op(Op::Ret));
		let moved = before.fp.clone() + &pushed + &popped;
		let fp = b.alloc(moved.value - ends.value * before.fp.value);
		b.enforce(&ends, &before.fp, &(moved - &fp));

		let target = b.product(&fields.target, &jumps);
		let back = b.product(&x.range(0, 16), fields.op(Op::Ret));
		let goes_on = before.running.clone() - &jumps - fields.op(Op::Ret) - &ends;
		let next = before.pc.clone() + &b.one();
		let pc = b.alloc(target.value + back.value + next.value * goes_on.value);
		b.enforce(&next, &goes_on, &(pc.clone() - &target - &back));

		let cause = |fault: &Lc, cause: TrapCause| fault.scaled(Fr::from(cause as u64));
		let causes = cause(&faults.bounds, TrapCause::OutOfBounds)
			+ &cause(&faults.alignment, TrapCause::OutOfBounds)
			+ &cause(&faults.stack, TrapCause::StackExhausted);
		let given = fields.any(&[Op::Halt, Op::Trap]);
		let output =
			b.alloc(before.output.value + causes.value + given.value * operands.y.lc.value);
		b.enforce(&operands.y.lc, &given, &(output.clone() - &before.output - &causes));

		let running = b.named(&(before.running.clone() - &ends));
		let status = b.named(&(before.status.clone() + &ends + &traps));
		Registers { pc, fp, status, output, running }
	}
}
