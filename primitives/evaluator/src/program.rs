//! The evaluator's source: one file, compiled into the frozen WebAssembly program and into the
//! native twin.
//!
//! The proof system charges for every step of a 32-bit register machine and for nothing else, so
//! this code prefers few steps over everything: symbols sit in the top bits of a word, where their
//! arithmetic wraps by itself; levels and counts are kept as byte offsets of the tables that they
//! index; one loop over the symbols draws, predicts, scores and adapts. No step can trap and no
//! loop depends on the artifact for its end, whatever the artifact's words are.

/// What the program runs on: the input words of the proof system, a small memory and the artifact's
/// matrix.
pub trait Machine {
	/// The input word at `index`: the artifact's header first, the seed at [`SEED_INDEX`].
	fn input(&self, index: u32) -> u32;
	/// The memory word `offset` bytes into the region that begins at byte `region`.
	fn load(&self, region: u32, offset: u32) -> u32;
	/// Writes the memory word `offset` bytes into the region that begins at byte `region`.
	fn store(&mut self, region: u32, offset: u32, value: u32);
	/// Multiplies the [`UNITS`] signed bytes at `address` by the artifact's matrix, in place: each
	/// becomes its row's sum of products divided by 64, rounded down, brought into a byte's range.
	fn matrix(&mut self, address: u32);
	/// Called when a sequence begins. Training listens here; the program does not.
	#[inline(always)]
	fn observe_sequence(&mut self) {}
	/// Called when a hypothesis is scored, after [`Self::matrix`], with whether it came true.
	#[inline(always)]
	fn observe(&mut self, _hit: bool) {}
	/// Called when a symbol is scored for which there was no hypothesis.
	#[inline(always)]
	fn observe_uniform(&mut self) {}
}

/// Bits of a symbol. With a million symbols an accidental repetition is rare; such accidents were
/// most of the metric's variance with 65,536.
pub const SYMBOL_BITS: u32 = 20;
/// Symbols of a sequence.
pub const SEQUENCE_SYMBOLS: u32 = 14;
/// Sequences of an evaluation, each from a source of its own.
pub const SEQUENCES: u32 = 5;
/// Symbols that an evaluation draws and scores.
pub const SYMBOLS: u32 = SEQUENCES * SEQUENCE_SYMBOLS;
/// Input words of the proof system's matrix shape.
pub const INPUT_WORDS: u32 = 32;
/// Words of a seed.
pub const SEED_WORDS: u32 = 8;
/// Where the seed's words begin.
pub const SEED_INDEX: u32 = INPUT_WORDS - SEED_WORDS;

/// Words of an artifact's header, all that [`Machine::input`] reads of it: the config values that
/// the program enforces, see [`Limits`], and words that it does not read.
pub const HEADER_WORDS: u32 = SEED_INDEX;
/// Units of the network: numbers that a product takes and gives.
pub const UNITS: u32 = 32;
/// Words of an artifact: the header, then the matrix's rows, a byte a weight.
pub const ARTIFACT_WORDS: u32 = HEADER_WORDS + UNITS * UNITS / WORD;
/// Units that the program writes before a product: what the network is told. The others keep what
/// the last product gave.
pub const FEATURES: u32 = 8;
/// The unit whose upper four bits are the level of confidence after a product.
pub const CONFIDENCE: u32 = 3;

/// Levels that a confidence can have.
pub const LEVELS: u32 = 16;
/// Loss of a uniform guess in micro-nats: ln 2^20, rounded up.
pub const UNIFORM_LOSS: i32 = 13_862_944;
/// What a miss costs more at each further level: a quarter of half a bit in micro-nats (levels are
/// kept times four). So level `l` leaves `2^(-l/2)` of the probability to all symbols alike.
pub const LEVEL_LOSS_QUARTER: i32 = 86_644;
/// Loss of a hit at each level in micro-nats, rounded up: together with the losses of a miss no
/// level gives more than all of the probability away.
pub const HIT_LOSS: [i32; LEVELS as usize] = [
	13_520_996, 1_227_939, 693_142, 436_260, 287_679, 194_525, 133_530, 92_540, 64_538, 45_200,
	31_748, 22_345, 15_748, 11_110, 7_843, 5_540,
];
/// The baseline's loss for a symbol seen `c` times before less that for a new one, `-ln(2 c + 1)` in
/// micro-nats, to which [`BASELINE_TOTALS`] is added once.
pub const COUNT_LOSS: [i32; SEQUENCE_SYMBOLS as usize] = [
	0, -1_098_612, -1_609_438, -1_945_910, -2_197_225, -2_397_895, -2_564_949, -2_708_050,
	-2_833_213, -2_944_439, -3_044_522, -3_135_494, -3_218_876, -3_295_837,
];
/// The constant part of the baseline's loss: `ln(2 n + 2^20)` over all symbols, where `n` counts
/// the symbols before it in its sequence; in micro-nats.
pub const BASELINE_TOTALS: i32 = 970_406_921;

/// Bytes of a word: positions in a sequence are byte offsets.
const WORD: u32 = 4;
const SEQUENCE_BYTES: u32 = SEQUENCE_SYMBOLS * WORD;
const SYMBOL_SHIFT: u32 = 32 - SYMBOL_BITS;
const SYMBOL_MASK: u32 = u32::MAX << SYMBOL_SHIFT;
/// A level's bits, times four.
const LEVEL_MASK: u32 = (LEVELS - 1) * WORD;
/// A level's sign: the upper bits of a unit as they are stand for levels from -8 on.
const LEVEL_SIGN: u32 = LEVELS / 2 * WORD;

// The counters come first, where their addresses need no addition.
const COUNTERS_AT: u32 = 0;
/// First word of the network's units, at a multiple of their number: 1/2 to hold on to, the kind of
/// hypothesis and what became of its last prediction. Of the fourth byte only the product's result
/// is of use.
const STATUS_AT: u32 = COUNTERS_AT + COUNTERS * WORD;
/// Second word: the hypothesis' lag.
const LAG_AT: u32 = STATUS_AT + WORD;
/// The other words: what the network keeps.
const STATE_AT: u32 = LAG_AT + WORD;
const HIT_LOSS_AT: u32 = STATUS_AT + UNITS;
const COUNT_LOSS_AT: u32 = HIT_LOSS_AT + LEVELS * WORD;
const SOURCES_AT: u32 = COUNT_LOSS_AT + SEQUENCE_BYTES;
/// The strata are there twice, so that a round of them can begin at any.
const HISTORY_AT: u32 = SOURCES_AT + (2 * SEQUENCES - 1) * WORD;
/// Words of memory in use.
pub const MEMORY_WORDS: usize = (HISTORY_AT / WORD + SEQUENCE_SYMBOLS) as usize;

/// Status of a repetition and of a transposition.
const REPETITION: u32 = 0x40;
const TRANSPOSITION: u32 = 0x4040;
/// What a hit and a miss add to the status: 1/2 and -1/2 in its third byte.
const HIT: u32 = 0x0040_0000;
const MISS: u32 = 0x00c0_0000;
/// Turned left by its bytes, so much stands for a lag: four of the eight lags have 1/2 in a byte of
/// their own, the others -1/2.
const LAG_CODE: u32 = 0x4c;

/// Slots of the baseline's counters, more than twice the symbols of a sequence.
const COUNTERS: u32 = 32;
const COUNTER_MASK: u32 = (COUNTERS - 1) * WORD;
/// A symbol has its sequence in lower bits, and a counter is a symbol plus four times its count. So
/// a counter of an earlier sequence is told from a present one and needs no clearing.
const COUNTER_SEQUENCE: u32 = 1 << 6;
const COUNTER_SEQUENCE_MASK: u32 = 15 << 6;

/// The rhythm of noise, a bit for each place: two symbols of noise, then two without. The seed
/// decides where it begins.
const RHYTHM: u32 = 0x3_3333;
/// Where noise begins at the earliest.
const NOISE: u32 = 6;
/// Places before [`NOISE`], for the symbols that a source begins with.
const BEGINNING: u32 = (1 << NOISE) - 1;

/// What a sequence is drawn from, all numbers in symbols.
struct Source {
	/// A symbol repeats the one so far before it, transposed or not.
	inner: u32,
	/// Whether repetitions within the motif are transposed, by a step that the seed draws.
	transposed: bool,
	/// Length of the motif, which then repeats as it is; that of the sequence for no such nesting.
	outer: u32,
	/// Whether there is noise.
	noise: bool,
}

/// The strata: each evaluation draws one source from each. The seed decides on their order, the
/// first symbols, the transposition's step, the noise's rhythm and its symbols.
const SOURCES: [Source; SEQUENCES as usize] = [
	Source { inner: 1, transposed: false, outer: 14, noise: true },
	Source { inner: 2, transposed: true, outer: 14, noise: true },
	Source { inner: 3, transposed: false, outer: 14, noise: true },
	Source { inner: 4, transposed: true, outer: 14, noise: true },
	Source { inner: 1, transposed: true, outer: 4, noise: false },
];

/// The memory before the first step: tables, and zeros where the program writes.
pub const INITIAL_MEMORY: [u32; MEMORY_WORDS] = {
	let mut memory = [0; MEMORY_WORDS];
	let mut i = 0;
	while i < HIT_LOSS.len() {
		// By the bits of the unit.
		memory[(HIT_LOSS_AT / WORD) as usize + (i ^ (LEVEL_SIGN / WORD) as usize)] =
			HIT_LOSS[i] as u32;
		i += 1;
	}
	i = 0;
	while i < COUNT_LOSS.len() {
		memory[(COUNT_LOSS_AT / WORD) as usize + i] = COUNT_LOSS[i] as u32;
		i += 1;
	}
	i = 0;
	while i < 2 * SOURCES.len() - 1 {
		let s = &SOURCES[i % SOURCES.len()];
		let places = ((1 << s.inner) - 1)
			| if s.noise { ((1 << SEQUENCE_SYMBOLS) - 1) & !BEGINNING } else { 1 << s.outer };
		memory[(SOURCES_AT / WORD) as usize + i] = (s.inner * WORD)
			| ((s.outer * WORD) << 8)
			| (places << 16)
			| ((s.transposed as u32) << 31);
		i += 1;
	}
	memory
};

// `transposed` relies on it.
const _: () = {
	let before = INITIAL_MEMORY[(HISTORY_AT / WORD) as usize - 1];
	assert!((before & !SYMBOL_MASK) > SEQUENCES * COUNTER_SEQUENCE);
};

/// What the header lets the predictor do, as far as it is asked for often. Every word of the header
/// is brought into its range, so that none is an error.
struct Limits {
	/// Longest lag that a search considers, in bytes.
	max_lag: u32,
	/// What a hit and a miss add to the status: nothing if the network is not told.
	hit: u32,
	miss: u32,
}

impl Limits {
	#[inline(always)]
	fn read<M: Machine>(m: &M) -> Self {
		let outcomes = 0u32.wrapping_sub(m.input(3) & 1);
		Self {
			max_lag: (m.input(0).wrapping_sub(1) & 7) * WORD + WORD,
			hit: HIT & outcomes,
			miss: MISS & outcomes,
		}
	}
}

/// Whether transpositions are searched for.
#[inline(always)]
fn transpositions<M: Machine>(m: &M) -> bool {
	m.input(1) & 1 != 0
}

/// Whether a hypothesis that missed gives way to a repetition of the missed symbol.
#[inline(always)]
fn eager<M: Machine>(m: &M) -> bool {
	m.input(2) & 1 != 0
}

/// Whether the network's state outlasts a sequence.
#[inline(always)]
fn keeps_state<M: Machine>(m: &M) -> bool {
	m.input(4) & 1 != 0
}

/// Counts `x` for the baseline: whether the sequence had it before. If so, `loss` falls by what the
/// baseline loses less than for a new symbol.
#[inline(always)]
fn count<M: Machine>(m: &mut M, x: u32, sequence: u32, loss: &mut i32) -> bool {
	let mut at = (x >> (SYMBOL_SHIFT - 2)) & COUNTER_MASK;
	loop {
		let counter = m.load(COUNTERS_AT, at);
		let before = counter.wrapping_sub(x);
		if before < COUNTER_SEQUENCE {
			m.store(COUNTERS_AT, at, counter.wrapping_add(WORD));
			*loss = loss.wrapping_sub(m.load(COUNT_LOSS_AT, before) as i32);
			return true;
		}
		if counter & COUNTER_SEQUENCE_MASK != sequence {
			m.store(COUNTERS_AT, at, x.wrapping_add(WORD));
			return false;
		}
		at = at.wrapping_add(WORD) & COUNTER_MASK;
	}
}

/// Searches back from before `t` to `stop` for the symbol `x`: one word beyond the nearest place of
/// it, if any.
#[inline(always)]
fn repeated<M: Machine>(m: &M, t: u32, stop: u32, x: u32) -> Option<u32> {
	let mut q = t;
	while q != stop {
		if m.load(HISTORY_AT - WORD, q) == x {
			return Some(q);
		}
		q = q.wrapping_sub(WORD);
	}
	None
}

/// Searches back from before `t` to `stop` for the step from the last symbol to `x`: one word beyond
/// the nearest place where it led to, and the symbol there.
///
/// Before the first symbol lies a word with other lower bits, so no step leads there.
#[inline(always)]
fn transposed<M: Machine>(m: &M, t: u32, stop: u32, x: u32) -> Option<(u32, u32)> {
	let mut symbol = m.load(HISTORY_AT - WORD, t);
	let step = x.wrapping_sub(symbol);
	let mut q = t;
	while q != stop {
		let earlier = m.load(HISTORY_AT - 2 * WORD, q);
		if symbol.wrapping_sub(earlier) == step {
			return Some((q, symbol));
		}
		symbol = earlier;
		q = q.wrapping_sub(WORD);
	}
	None
}

/// A source that the seed has drawn from a stratum; places are byte offsets.
struct Drawn {
	/// The lag of what it repeats now.
	inner: u32,
	/// Length of the motif.
	outer: u32,
	/// A bit for each symbol to come, the next one's the lowest: whether it is drawn, or the motif
	/// ends before it.
	places: u32,
	/// What transposes a repetition within the motif.
	step: u32,
}

impl Drawn {
	#[inline(always)]
	fn new(source: u32, rhythm: u32, random: u32) -> Self {
		// Odd, so that it is never 0.
		let step = (random & SYMBOL_MASK) | (1 << SYMBOL_SHIFT);
		Self {
			inner: source & 0xfc,
			outer: (source >> 8) & 0xfc,
			places: (source >> 16) & rhythm,
			step: step & ((source as i32) >> 31) as u32,
		}
	}

	/// The symbol at `t`.
	#[inline(always)]
	fn symbol<M: Machine>(&mut self, m: &M, t: u32, sequence: u32, random: &mut u32) -> u32 {
		let marked = self.places & 1;
		self.places >>= 1;
		if marked != 0 {
			if t != self.outer {
				*random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
				return (*random & SYMBOL_MASK) | sequence;
			}
			self.inner = t;
			// No place is left up there. A 0 in its stead would be compiled on its own, at length.
			self.step = self.places >> SEQUENCE_SYMBOLS;
		}
		m.load(HISTORY_AT, t - self.inner).wrapping_add(self.step)
	}
}

/// What the predictor holds to be true of the sequence.
struct Hypothesis {
	/// The next symbol repeats the one so many bytes before it; 0 for no hypothesis.
	lag: u32,
	/// What the repetition adds.
	shift: u32,
	/// The kind of hypothesis, as the network is told.
	kind: u32,
	/// The same with what became of the last prediction.
	status: u32,
	/// The lag, as the network is told.
	code: u32,
}

impl Hypothesis {
	/// Scores the symbol `x` at `t` and adapts: its loss. `seen`: whether the sequence had it before.
	/// Both cases are compiled on their own.
	#[inline(always)]
	fn score<M: Machine>(&mut self, m: &mut M, limits: &Limits, t: u32, x: u32, seen: bool) -> i32 {
		let loss;
		if self.lag == 0 {
			m.observe_uniform();
			loss = UNIFORM_LOSS;
		} else {
			m.store(STATUS_AT, 0, self.status);
			m.store(LAG_AT, 0, self.code);
			m.matrix(STATUS_AT);
			let level = (m.load(STATUS_AT, 0) >> 26) & LEVEL_MASK;
			let hit = m.load(HISTORY_AT, t - self.lag).wrapping_add(self.shift) == x;
			m.observe(hit);
			if hit {
				self.status = self.kind | limits.hit;
				return m.load(HIT_LOSS_AT, level) as i32;
			}
			self.status = self.kind | limits.miss;
			let more = ((level ^ LEVEL_SIGN) as i32).wrapping_mul(LEVEL_LOSS_QUARTER);
			loss = UNIFORM_LOSS.wrapping_add(more);
			if !seen || !eager(m) {
				return loss;
			}
		}
		self.search(m, limits, t, x, seen);
		loss
	}

	/// Takes up the nearest hypothesis under which `x` at `t` would have been no surprise, if any:
	/// a repetition if the sequence had `x` before, otherwise one of the last step.
	#[allow(
		clippy::implicit_saturating_sub,
		reason = "the frozen program is compiled from these words"
	)]
	#[inline(always)]
	fn search<M: Machine>(&mut self, m: &M, limits: &Limits, t: u32, x: u32, seen: bool) {
		if !seen && !transpositions(m) {
			return;
		}
		let stop = if t < limits.max_lag { 0 } else { t - limits.max_lag };
		let found;
		if seen {
			let Some(q) = repeated(m, t, stop, x) else { return };
			found = q;
			self.shift = 0;
			self.kind = REPETITION;
		} else {
			let Some((q, symbol)) = transposed(m, t, stop, x) else { return };
			found = q;
			self.shift = x.wrapping_sub(symbol);
			self.kind = TRANSPOSITION;
		}
		self.lag = t + WORD - found;
		self.status = self.kind;
		self.code = LAG_CODE.rotate_left(self.lag);
	}
}

/// Runs the evaluation: the loss of the artifact's predictor less that of the baseline, in
/// micro-nats per symbol. Lower is better.
#[inline(always)]
pub fn evaluate<M: Machine>(m: &mut M) -> i32 {
	let limits = Limits::read(m);
	let mut random = m.input(SEED_INDEX + 6);
	let mut place = ((random >> 16).wrapping_mul(SEQUENCES) >> 16) * WORD;
	let rhythm = (RHYTHM << (random & 3)) | BEGINNING;
	random ^= m.input(SEED_INDEX + 7);
	let mut loss = 0i32;
	let mut sequence = 0u32;
	let mut hypothesis = Hypothesis { lag: 0, shift: 0, kind: 0, status: 0, code: 0 };
	let mut s = SEED_INDEX;
	while s != SEED_INDEX + SEQUENCES {
		random = (random ^ m.input(s)).wrapping_mul(0x9e37_79b1);
		random ^= random >> 15;
		s += 1;
		sequence += COUNTER_SEQUENCE;
		let mut source = Drawn::new(m.load(SOURCES_AT, place), rhythm, random);
		place += WORD;
		hypothesis.lag = 0;
		m.observe_sequence();
		if !keeps_state(m) {
			m.store(STATE_AT, 0, 0);
			m.store(STATE_AT, WORD, 0);
			m.store(STATE_AT, 2 * WORD, 0);
			m.store(STATE_AT, 3 * WORD, 0);
			m.store(STATE_AT, 4 * WORD, 0);
			m.store(STATE_AT, 5 * WORD, 0);
		}
		let mut t = 0u32;
		while t != SEQUENCE_BYTES {
			let x = source.symbol(m, t, sequence, &mut random);
			m.store(HISTORY_AT, t, x);
			let more = if count(m, x, sequence, &mut loss) {
				hypothesis.score(m, &limits, t, x, true)
			} else {
				hypothesis.score(m, &limits, t, x, false)
			};
			loss = loss.wrapping_add(more);
			t += WORD;
		}
	}
	metric(loss)
}

/// The metric of a loss. A function of its own, so that the program has it once.
#[inline(never)]
fn metric(loss: i32) -> i32 {
	loss.wrapping_sub(BASELINE_TOTALS) / SYMBOLS as i32
}
