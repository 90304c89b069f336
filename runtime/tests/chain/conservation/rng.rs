//! Random numbers from a seed.

/// SplitMix64.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
	/// Any number.
	pub(crate) fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// A number below `n`, which is not 0.
	pub(crate) fn below(&mut self, n: usize) -> usize {
		usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
	}

	/// True in so many of a hundred cases.
	pub(crate) fn chance(&mut self, percent: usize) -> bool {
		self.below(100) < percent
	}

	/// One of these, if there is any.
	pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
		(!from.is_empty()).then(|| &from[self.below(from.len())])
	}

	/// Plancks of any order of magnitude, at most `most`.
	pub(crate) fn amount(&mut self, most: u128) -> u128 {
		let shift = self.below(40);
		let bits = u128::from(self.next()) << 64 | u128::from(self.next());
		(bits % most.max(1)) >> if self.chance(60) { 0 } else { shift }
	}

	/// Any bytes.
	pub(crate) fn bytes(&mut self) -> [u8; 32] {
		let mut bytes = [0; 32];
		bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()));
		bytes
	}
}
