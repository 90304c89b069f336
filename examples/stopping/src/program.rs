//! The evaluator's source: one file, compiled into the WebAssembly program and into its native twin.

/// Episodes of an evaluation.
pub const EPISODES: u32 = 24;
/// Offers of an episode.
pub const OFFERS: u32 = 12;

/// Input words of the proof system's standard circuit.
pub const INPUT_WORDS: u32 = 128;
/// Where the seed's eight words begin: it is the end of the input words.
pub const SEED_INDEX: u32 = INPUT_WORDS - 8;
/// Words before the demands.
pub const HEADER_WORDS: u32 = 2;
/// Positions that have a demand: all but the last.
pub const DEMANDS: u32 = OFFERS - 1;
/// Words of an artifact.
pub const ARTIFACT_WORDS: u32 = HEADER_WORDS + DEMANDS;

/// Scales have sixteen bits and are no smaller than this.
const MIN_SCALE: u32 = 1 << 12;
/// The input word of the last position, which has no demand.
const LAST: u32 = ARTIFACT_WORDS;

/// Runs the evaluation on input words: the artifact's first, the seed's from [`SEED_INDEX`] on.
///
/// The proof system charges for steps: everything stays in locals, positions are kept as indices of
/// the inputs that they need, comparisons are of products instead of quotients.
#[inline(always)]
pub fn evaluate(input: impl Fn(u32) -> u32) -> i32 {
	let first = HEADER_WORDS + (input(0) & 7);
	let mask = (0xff00 >> ((input(1).wrapping_sub(1) & 7) + 1)) & 0xff;
	let mut random = 0u32;
	let mut regret = 0u32;
	let mut episode = 0;
	while episode != EPISODES {
		random = (random ^ input(SEED_INDEX + (episode & 7))).wrapping_mul(0x9e37_79b1);
		random ^= random >> 15;
		episode += 1;
		let scale = (random >> 16) | MIN_SCALE;
		let mut best = 0u32;
		let mut position = HEADER_WORDS;
		loop {
			random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			// The offer as a part of the scale: all that counts in the end.
			let part = random >> 16;
			let offer = part.wrapping_mul(scale) >> 16;
			let demanded = (input(position) & mask).wrapping_mul(best);
			if position == LAST || (position >= first && offer << 7 >= demanded) {
				regret += 0xffff - part;
				break;
			}
			if best < offer {
				best = offer;
			}
			position += 1;
		}
	}
	(regret / EPISODES) as i32
}
