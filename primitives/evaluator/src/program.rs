//! The evaluator's source: one file, compiled into the frozen WebAssembly program and into the
//! native twin.
//!
//! The proof system charges for every step of a 32-bit register machine and for nothing else, so
//! this code prefers few steps over everything: symbols sit in the top bits of a word, where their
//! arithmetic wraps by itself; levels and counts are kept as byte offsets of the tables that they
//! index; one loop over the symbols draws, predicts, scores and adapts. No step can trap and no
//! loop depends on the artifact for its end, whatever the artifact's words are.

/// What the program runs on: the input words of the proof system and a small memory.
pub trait Machine {
	/// The input word at `index`: the artifact first, the seed at [`SEED_INDEX`].
	fn input(&self, index: u32) -> u32;
	/// The memory word `offset` bytes into the region that begins at byte `region`.
	fn load(&self, region: u32, offset: u32) -> u32;
	/// Writes the memory word `offset` bytes into the region that begins at byte `region`.
	fn store(&mut self, region: u32, offset: u32, value: u32);
	/// Called when a hypothesis is scored, with the index of the confidence that it used and
	/// whether it came true. Training listens here; the program does not.
	#[inline(always)]
	fn observe(&mut self, _context: u32, _hit: bool) {}
	/// Called when a symbol is scored for which there was no hypothesis.
	#[inline(always)]
	fn observe_uniform(&mut self) {}
}

/// Bits of a symbol. With 65,536 symbols an accidental repetition is rare; such accidents were
/// most of the metric's variance with 64 and a fifth of it with 4,096.
pub const SYMBOL_BITS: u32 = 16;
/// Symbols of a sequence.
pub const SEQUENCE_SYMBOLS: u32 = 12;
/// Sequences of an evaluation, each from a source of its own.
pub const SEQUENCES: u32 = 6;
/// Symbols that an evaluation draws and scores.
pub const SYMBOLS: u32 = SEQUENCES * SEQUENCE_SYMBOLS;
/// Input words of the proof system's standard shape.
pub const INPUT_WORDS: u32 = 128;
/// Words of a seed.
pub const SEED_WORDS: u32 = 8;
/// Where the seed's words begin.
pub const SEED_INDEX: u32 = INPUT_WORDS - SEED_WORDS;

/// Words of an artifact's header: the config values that the program enforces, see [`Limits`].
pub const HEADER_WORDS: u32 = 8;
/// Misses that a context tells apart.
pub const CONTEXT_MISSES: u32 = 4;
/// Lengths of run that a context tells apart.
pub const CONTEXT_RUNS: u32 = 8;
/// Contexts of one kind of hypothesis.
pub const CONTEXTS_PER_KIND: u32 = CONTEXT_MISSES * CONTEXT_RUNS;
/// Contexts in all: repetitions first, transpositions next. A context's index is
/// `kind · 32 + misses · 8 + run`.
pub const CONTEXTS: u32 = 2 * CONTEXTS_PER_KIND;
/// Words of an artifact: the header, then a confidence for each context, four times its level.
pub const ARTIFACT_WORDS: u32 = HEADER_WORDS + CONTEXTS;

/// Levels that a confidence can have.
pub const LEVELS: u32 = 16;
/// Loss of a uniform guess in micro-nats: ln 65,536, rounded up.
pub const UNIFORM_LOSS: i32 = 11_090_355;
/// What a miss costs more at each further level: a quarter of half a bit in micro-nats (levels are
/// kept times four). So level `l` leaves `2^(-l/2)` of the probability to all symbols alike.
pub const LEVEL_LOSS_QUARTER: i32 = 86_644;
/// Loss of a hit at each level in micro-nats, rounded up: together with the losses of a miss no
/// level gives more than all of the probability away.
pub const HIT_LOSS: [i32; LEVELS as usize] = [
	11_083_105, 1_227_905, 693_127, 436_253, 287_674, 194_522, 133_528, 92_539, 64_537, 45_199,
	31_748, 22_344, 15_748, 11_110, 7_843, 5_540,
];
/// The baseline's loss for a symbol seen `c` times before, `-ln(c + 1/2)` in micro-nats, to which
/// [`BASELINE_TOTALS`] is added once.
pub const COUNT_LOSS: [i32; SEQUENCE_SYMBOLS as usize] = [
	693_147, -405_465, -916_291, -1_252_763, -1_504_077, -1_704_748, -1_871_802, -2_014_903,
	-2_140_066, -2_251_292, -2_351_375, -2_442_347,
];
/// The constant part of the baseline's loss: `ln(n + 65,536 / 2)` over all symbols, where `n` counts
/// the symbols before it in its sequence; in micro-nats.
pub const BASELINE_TOTALS: i32 = 748_611_039;

/// Bytes of a word: positions in a sequence are byte offsets.
const WORD: u32 = 4;
const SEQUENCE_BYTES: u32 = SEQUENCE_SYMBOLS * WORD;
const SYMBOL_SHIFT: u32 = 32 - SYMBOL_BITS;
const SYMBOL_MASK: u32 = u32::MAX << SYMBOL_SHIFT;
const REPETITION: u32 = HEADER_WORDS;
const TRANSPOSITION: u32 = HEADER_WORDS + CONTEXTS_PER_KIND;

// The counters come first, where their addresses need no addition.
const COUNTERS_AT: u32 = 0;
const HIT_LOSS_AT: u32 = COUNTERS_AT + COUNTERS * WORD;
const COUNT_LOSS_AT: u32 = HIT_LOSS_AT + LEVELS * WORD;
const SOURCES_AT: u32 = COUNT_LOSS_AT + SEQUENCE_BYTES;
const HISTORY_AT: u32 = SOURCES_AT + SEQUENCES * WORD;
const DIFFERENCES_AT: u32 = HISTORY_AT + SEQUENCE_BYTES;
/// Words of memory in use.
pub const MEMORY_WORDS: usize = (DIFFERENCES_AT / WORD + SEQUENCE_SYMBOLS) as usize;

/// Slots of the baseline's counters, more than twice the symbols of a sequence.
const COUNTERS: u32 = 32;
const COUNTER_MASK: u32 = (COUNTERS - 1) * WORD;
/// A counter is `symbol << 16 | (sequence + 1) << 6 | 4 · count`, so a counter of an earlier
/// sequence is told from a present one and needs no clearing.
const COUNTER_SEQUENCE: u32 = 1 << 6;
const COUNTER_SEQUENCE_MASK: u32 = 15 << 6;

/// What a sequence is drawn from, all numbers in symbols.
struct Source {
	/// A symbol repeats the one so far before it, transposed or not.
	inner: u32,
	/// Whether repetitions within the motif are transposed, by a step that the seed draws.
	transposed: bool,
	/// Length of the motif, which then repeats as it is; that of the sequence for no such nesting.
	outer: u32,
	/// Where the noise is at the earliest: the seed puts it there or one later.
	noise: u32,
	/// How many symbols the noise replaces.
	noise_symbols: u32,
}

/// The strata: each evaluation draws one source from each. The seed decides on their order, the
/// first symbols, the transposition's step, the noise's place and its symbols.
const SOURCES: [Source; SEQUENCES as usize] = [
	Source { inner: 1, transposed: false, outer: 12, noise: 7, noise_symbols: 1 },
	Source { inner: 2, transposed: true, outer: 12, noise: 7, noise_symbols: 2 },
	Source { inner: 3, transposed: false, outer: 12, noise: 8, noise_symbols: 2 },
	Source { inner: 4, transposed: true, outer: 12, noise: 8, noise_symbols: 1 },
	Source { inner: 1, transposed: true, outer: 5, noise: 12, noise_symbols: 1 },
	Source { inner: 2, transposed: true, outer: 6, noise: 12, noise_symbols: 1 },
];

/// The memory before the first step: tables, and zeros where the program writes.
pub const INITIAL_MEMORY: [u32; MEMORY_WORDS] = {
	let mut memory = [0; MEMORY_WORDS];
	let mut i = 0;
	while i < HIT_LOSS.len() {
		memory[(HIT_LOSS_AT / WORD) as usize + i] = HIT_LOSS[i] as u32;
		i += 1;
	}
	i = 0;
	while i < COUNT_LOSS.len() {
		memory[(COUNT_LOSS_AT / WORD) as usize + i] = COUNT_LOSS[i] as u32;
		i += 1;
	}
	i = 0;
	while i < SOURCES.len() {
		let s = &SOURCES[i];
		memory[(SOURCES_AT / WORD) as usize + i] = (s.inner * WORD)
			| ((s.outer * WORD) << 8)
			| ((s.noise * WORD) << 16)
			| (((s.noise_symbols - 1) * WORD) << 24)
			| ((s.transposed as u32) << 31);
		i += 1;
	}
	memory
};

/// What the header lets the predictor do. Every word is brought into its range, so that no header
/// is an error.
struct Limits {
	/// Longest lag that a search considers, in bytes.
	max_lag: u32,
	/// 1 if transpositions are not searched for.
	no_transpositions: u32,
	/// Longest run of hits that a context tells from the shorter ones.
	max_run: u32,
	/// Misses that a hypothesis survives.
	patience: u32,
	/// Bits of a confidence that count.
	level_mask: u32,
	/// Whether a surviving hypothesis gives way to one that the missed symbol suggests.
	eager: u32,
}

impl Limits {
	#[inline(always)]
	fn read<M: Machine>(m: &M) -> Self {
		let level_mask = (LEVELS - 1) * WORD;
		Self {
			max_lag: (m.input(0).wrapping_sub(1) & 7) * WORD + WORD,
			no_transpositions: (m.input(1) & 1) ^ 1,
			max_run: m.input(2).wrapping_sub(1) & (CONTEXT_RUNS - 1),
			patience: m.input(3) & (CONTEXT_MISSES - 1),
			level_mask: (level_mask << (0u32.wrapping_sub(m.input(4)) & 3)) & level_mask,
			eager: m.input(5) & 1,
		}
	}
}

/// Counts `x` for the baseline: four times the number of times that the sequence had it before.
#[inline(always)]
fn count<M: Machine>(m: &mut M, x: u32, sequence: u32) -> u32 {
	let key = x | sequence;
	let mut at = (x >> (SYMBOL_SHIFT - 2)) & COUNTER_MASK;
	loop {
		let counter = m.load(COUNTERS_AT, at);
		let before = counter.wrapping_sub(key);
		if before < COUNTER_SEQUENCE {
			m.store(COUNTERS_AT, at, counter.wrapping_add(WORD));
			return before;
		}
		if counter & COUNTER_SEQUENCE_MASK != sequence {
			m.store(COUNTERS_AT, at, key.wrapping_add(WORD));
			return 0;
		}
		at = at.wrapping_add(WORD) & COUNTER_MASK;
	}
}

/// Searches `region` back from before `t` to `stop` for `wanted`: one word beyond the nearest place
/// of it, if any.
#[inline(always)]
fn search<M: Machine>(m: &M, region: u32, t: u32, stop: u32, wanted: u32) -> Option<u32> {
	let mut q = t;
	while q != stop {
		if m.load(region - WORD, q) == wanted {
			return Some(q);
		}
		q = q.wrapping_sub(WORD);
	}
	None
}

/// A source that the seed has drawn from a stratum; places are byte offsets.
struct Drawn {
	inner: u32,
	outer: u32,
	/// Where the noise begins.
	noise: u32,
	/// Where it ends, less where it begins.
	noise_end: u32,
	/// What transposes a repetition within the motif.
	step: u32,
}

impl Drawn {
	#[inline(always)]
	fn new(source: u32, random: u32) -> Self {
		// Odd, so that it is never 0.
		let step = (random & SYMBOL_MASK) | (1 << SYMBOL_SHIFT);
		Self {
			inner: source & 0xff,
			outer: (source >> 8) & 0xff,
			noise: ((source >> 16) & 0xff) + (random & WORD),
			noise_end: (source >> 24) & 0x7f,
			step: step & ((source as i32) >> 31) as u32,
		}
	}

	/// The symbol at `t`.
	#[inline(always)]
	fn symbol<M: Machine>(&self, m: &M, t: u32, random: &mut u32) -> u32 {
		if t < self.inner || t.wrapping_sub(self.noise) <= self.noise_end {
			*random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			*random & SYMBOL_MASK
		} else if t < self.outer {
			m.load(HISTORY_AT, t - self.inner).wrapping_add(self.step)
		} else {
			m.load(HISTORY_AT, t - self.outer)
		}
	}
}

/// What the predictor holds to be true of the sequence.
struct Hypothesis {
	/// The next symbol repeats the one so many bytes before it; 0 for no hypothesis.
	lag: u32,
	/// What the repetition adds.
	shift: u32,
	/// Where the artifact has the confidence in it.
	context: u32,
	/// The context of its longest run.
	last: u32,
	/// How many more misses it survives.
	left: u32,
}

impl Hypothesis {
	/// Scores the symbol `x` at `t`: the loss, and whether to search for another hypothesis.
	#[inline(always)]
	fn score<M: Machine>(&mut self, m: &mut M, limits: &Limits, t: u32, x: u32) -> (i32, bool) {
		if self.lag == 0 {
			m.observe_uniform();
			return (UNIFORM_LOSS, true);
		}
		let hit = m.load(HISTORY_AT, t - self.lag).wrapping_add(self.shift) == x;
		let level = m.input(self.context) & limits.level_mask;
		m.observe(self.context, hit);
		if hit {
			if self.context != self.last {
				self.context += 1;
			}
			return (m.load(HIT_LOSS_AT, level) as i32, false);
		}
		let loss = UNIFORM_LOSS.wrapping_add((level as i32).wrapping_mul(LEVEL_LOSS_QUARTER));
		if self.left == 0 {
			self.lag = 0;
			return (loss, true);
		}
		self.left -= 1;
		self.context += CONTEXT_RUNS;
		self.last += CONTEXT_RUNS;
		(loss, limits.eager != 0)
	}

	/// Takes up the nearest hypothesis under which `x` at `t` would have been no surprise, if any:
	/// a repetition if the sequence had `x` before, otherwise one of the last difference.
	#[allow(
		clippy::implicit_saturating_sub,
		reason = "the frozen program is compiled from these words"
	)]
	#[inline(always)]
	fn search<M: Machine>(
		&mut self,
		m: &M,
		limits: &Limits,
		t: u32,
		x: u32,
		difference: u32,
		before: u32,
	) {
		let stop = if t < limits.max_lag { 0 } else { t - limits.max_lag };
		let found;
		if before != 0 {
			let Some(q) = search(m, HISTORY_AT, t, stop, x) else { return };
			found = q;
			self.shift = 0;
			self.context = REPETITION;
		} else {
			if limits.no_transpositions != 0 {
				return;
			}
			let Some(q) = search(m, DIFFERENCES_AT, t, stop, difference) else { return };
			found = q;
			self.shift = x.wrapping_sub(m.load(HISTORY_AT - WORD, q));
			self.context = TRANSPOSITION;
		}
		self.lag = t + WORD - found;
		self.last = self.context + limits.max_run;
		self.left = limits.patience;
	}
}

/// Runs the evaluation: the loss of the artifact's predictor less that of the baseline, in
/// micro-nats per symbol. Lower is better.
#[inline(always)]
pub fn evaluate<M: Machine>(m: &mut M) -> i32 {
	let limits = Limits::read(m);
	let mut random = m.input(SEED_INDEX + 6);
	let mut place = ((random >> 16).wrapping_mul(SEQUENCES) >> 16) * WORD;
	random ^= m.input(SEED_INDEX + 7);
	let mut loss = 0i32;
	let mut previous = 0u32;
	let mut sequence = 0u32;
	let mut hypothesis = Hypothesis { lag: 0, shift: 0, context: 0, last: 0, left: 0 };
	let mut s = SEED_INDEX;
	while s != SEED_INDEX + SEQUENCES {
		random = (random ^ m.input(s)).wrapping_mul(0x9e37_79b1);
		random ^= random >> 15;
		s += 1;
		sequence += COUNTER_SEQUENCE;
		let source = Drawn::new(m.load(SOURCES_AT, place), random);
		place = if place == (SEQUENCES - 1) * WORD { 0 } else { place + WORD };
		hypothesis.lag = 0;
		let mut t = 0u32;
		while t != SEQUENCE_BYTES {
			let x = source.symbol(m, t, &mut random);
			m.store(HISTORY_AT, t, x);
			let difference = x.wrapping_sub(previous);
			previous = x;
			m.store(DIFFERENCES_AT, t, difference);
			let before = count(m, x, sequence);
			loss = loss.wrapping_sub(m.load(COUNT_LOSS_AT, before) as i32);
			let (more, search) = hypothesis.score(m, &limits, t, x);
			loss = loss.wrapping_add(more);
			if search {
				hypothesis.search(m, &limits, t, x, difference, before);
			}
			t += WORD;
		}
	}
	loss.wrapping_sub(BASELINE_TOTALS) / SYMBOLS as i32
}
