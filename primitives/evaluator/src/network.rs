//! The network as training sees it: its loss on recorded evaluations, and the gradient.
//!
//! A predictor's hypotheses don't depend on the network, so what it will be told and what comes true
//! is recorded once; training then is supervised. The forward pass is the machine's own, with
//! quantised weights and bytes for units; the backward pass goes through all products of an
//! evaluation and takes roundings for identities ("straight through").

use crate::{
	program::{
		CONFIDENCE, FEATURES, HIT_LOSS, LEVELS, LEVEL_LOSS_QUARTER, SYMBOL_BITS, UNIFORM_LOSS,
		UNITS,
	},
	project::MEMORY,
	twin::{observe, Artifact, Features, Matrix, Observation},
};

const SIDE: usize = UNITS as usize;
const TOLD: usize = FEATURES as usize;
const CONFIDENT: usize = CONFIDENCE as usize;
/// Weights of the network, row by row.
pub const WEIGHTS: usize = SIDE * SIDE;
/// A weight of 1.
pub const ONE: f32 = 64.0;
/// The largest and the smallest weight.
pub const BOUNDS: [f32; 2] = [-128.0 / ONE, 127.0 / ONE];
/// Units to a level of confidence.
const LEVEL: f32 = 16.0;
/// The lowest level that training goes to: at 0 a hit's loss ends.
const LOWEST: f32 = 0.02;
/// No unit passes more than that on, in nats: misses of sure predictions would make training leap.
const CLIP: f32 = 0.1;

/// A scored hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
	/// What the network is told.
	pub features: Features,
	/// Whether the hypothesis came true.
	pub hit: bool,
	/// Whether it is the first one of its sequence.
	pub first: bool,
}

/// What the predictor of an artifact's header does in an evaluation: the hypotheses that it scores.
pub fn record(header: &Artifact, seed: &[u8; 32]) -> Vec<Step> {
	let mut steps = Vec::new();
	let mut first = true;
	observe(header, seed, |observation| match observation {
		Observation::Sequence => first = true,
		Observation::Uniform => (),
		Observation::Scored { features, hit } => {
			steps.push(Step { features, hit, first });
			first = false;
		},
	});
	steps
}

/// Loss of a scored hypothesis in micro-nats.
pub fn loss(level: u8, hit: bool) -> i64 {
	if hit {
		i64::from(HIT_LOSS[usize::from(level)])
	} else {
		i64::from(UNIFORM_LOSS) + i64::from(LEVEL_LOSS_QUARTER) * 4 * i64::from(level)
	}
}

/// The loss in nats at a real level, and its derivative.
fn real_loss(level: f32, hit: bool) -> (f32, f32) {
	let half_bit = std::f32::consts::LN_2 / 2.0;
	if hit {
		let given_away = (-half_bit * level).exp() * (1.0 - 1.0 / (1u32 << SYMBOL_BITS) as f32);
		(-(1.0 - given_away).ln(), -half_bit * given_away / (1.0 - given_away))
	} else {
		(UNIFORM_LOSS as f32 / 1e6 + half_bit * level, half_bit)
	}
}

/// The nearest weights that an artifact can hold.
pub fn quantise(weights: &[f32; WEIGHTS]) -> Matrix {
	let mut matrix = [0; WEIGHTS];
	for (quantised, weight) in matrix.iter_mut().zip(weights) {
		*quantised = (weight * ONE).round().clamp(-128.0, 127.0) as i8;
	}
	matrix
}

/// Weights to begin with: a network that is sure of nothing and half forgets, plus what `random`
/// gives (numbers from -1 to 1).
pub fn first_weights(mut random: impl FnMut() -> f32) -> [f32; WEIGHTS] {
	let mut weights = [0.0; WEIGHTS];
	for (i, row) in weights.chunks_exact_mut(SIDE).enumerate() {
		// The other features are written over before they are read.
		if i < TOLD && i != CONFIDENT {
			continue;
		}
		for (j, weight) in row.iter_mut().enumerate() {
			*weight = random() * if j < TOLD { 0.5 } else { 0.25 };
		}
		if i == CONFIDENT {
			row.iter_mut().for_each(|weight| *weight *= 0.3);
		} else {
			row[i] += 0.3;
		}
	}
	weights
}

/// The mean loss of `matrix` on recorded evaluations, in nats of an evaluation's scored hypotheses;
/// its gradient by the weights is written to `gradient`.
///
/// `config`: only `memory` matters. `leak`: how much of a gradient passes a unit at the end of its
/// range.
pub fn gradient(
	config: &[i32],
	matrix: &Matrix,
	evaluations: &[impl AsRef<[Step]>],
	leak: f32,
	gradient: &mut [f32; WEIGHTS],
) -> f32 {
	let network = Network::new(matrix, config[MEMORY] != 0);
	let mut passes = Passes::default();
	gradient.fill(0.0);
	let mut loss = 0.0;
	for evaluation in evaluations {
		loss += network.forward(evaluation.as_ref(), &mut passes);
		network.backward(evaluation.as_ref(), &passes, leak, gradient);
	}
	let count = evaluations.len().max(1) as f32;
	gradient.iter_mut().for_each(|g| *g /= count);
	loss / count
}

/// The matrix in numbers whose sums of products are exact.
struct Network {
	rows: [[f32; SIDE]; SIDE],
	columns: [[f32; SIDE]; SIDE],
	keeps: bool,
}

/// What the forward pass leaves to the backward pass, of each product.
#[derive(Default)]
struct Passes {
	/// The vector.
	before: Vec<[f32; SIDE]>,
	/// The product before it is rounded and brought into range.
	after: Vec<[f32; SIDE]>,
	/// The loss' derivative by the unit of confidence.
	slope: Vec<f32>,
}

impl Network {
	fn new(matrix: &Matrix, keeps: bool) -> Self {
		let mut rows = [[0.0; SIDE]; SIDE];
		let mut columns = rows;
		for (i, row) in matrix.chunks_exact(SIDE).enumerate() {
			for (j, weight) in row.iter().enumerate() {
				rows[i][j] = f32::from(*weight) / ONE;
				columns[j][i] = rows[i][j];
			}
		}
		Self { rows, columns, keeps }
	}

	/// The loss in nats.
	fn forward(&self, steps: &[Step], passes: &mut Passes) -> f32 {
		passes.before.clear();
		passes.after.clear();
		passes.slope.clear();
		let mut units = [0.0; SIDE];
		let mut loss = 0.0;
		for step in steps {
			if step.first && !self.keeps {
				units = [0.0; SIDE];
			}
			for (unit, feature) in units.iter_mut().zip(&step.features) {
				*unit = f32::from(*feature);
			}
			passes.before.push(units);
			let mut sums = [0.0; SIDE];
			for (column, unit) in self.columns.iter().zip(&units) {
				sums.iter_mut().zip(column).for_each(|(sum, weight)| *sum += weight * unit);
			}
			passes.after.push(sums);
			for (unit, sum) in units.iter_mut().zip(&sums) {
				*unit = sum.floor().clamp(-128.0, 127.0);
			}
			// A level stands for the units from it to the next level.
			let level = (units[CONFIDENT] + 128.5) / LEVEL - 0.5;
			let top = (LEVELS - 1) as f32;
			let (more, slope) = real_loss(level.clamp(LOWEST, top), step.hit);
			loss += more;
			let is_out = (level < LOWEST && slope > 0.0) || (level > top && slope < 0.0);
			passes.slope.push(if is_out { 0.0 } else { slope / LEVEL });
		}
		loss
	}

	fn backward(&self, steps: &[Step], passes: &Passes, leak: f32, gradient: &mut [f32; WEIGHTS]) {
		let mut slopes = [0.0f32; SIDE];
		for (k, step) in steps.iter().enumerate().rev() {
			slopes[CONFIDENT] = passes.slope[k];
			for (i, (slope, sum)) in slopes.iter_mut().zip(&passes.after[k]).enumerate() {
				// A confidence out of range has its way back.
				if i != CONFIDENT && !(-128.0..128.0).contains(sum) {
					*slope *= leak;
				}
				*slope = slope.clamp(-CLIP, CLIP);
			}
			for (row, slope) in gradient.chunks_exact_mut(SIDE).zip(&slopes) {
				if *slope != 0.0 {
					row.iter_mut().zip(&passes.before[k]).for_each(|(g, unit)| *g += slope * unit);
				}
			}
			let mut earlier = [0.0f32; SIDE];
			if self.keeps || !step.first {
				for (row, slope) in self.rows.iter().zip(&slopes) {
					if *slope != 0.0 {
						earlier.iter_mut().zip(row).for_each(|(e, weight)| *e += slope * weight);
					}
				}
				earlier[..TOLD].fill(0.0);
			}
			slopes = earlier;
		}
	}
}
