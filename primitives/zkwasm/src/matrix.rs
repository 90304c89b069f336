//! The matrix that an artifact may carry, and its product with a vector: a whole layer of a network in
//! one step of the machine.
//!
//! A machine whose shape has products has a matrix of [`SIDE`] × [`SIDE`] numbers of 8 bits, the last
//! words of the artifact. A product takes a vector of [`SIDE`] numbers of 8 bits from data words and
//! puts the result in its place:
//!
//! ```text
//! v[i] = clamp(floor(Σ_j matrix[i][j] · v[j] / 64), -128, 127)
//! ```
//!
//! So weights are multiples of 1/64 below 2, and a number that is too large stays at the end of its
//! range ("hard tanh"). All numbers are two's complement bytes, four in a word, the first lowest.

/// Rows of the matrix, columns of it, and elements of a vector.
pub const SIDE: usize = 32;
/// Words of a vector.
pub const VECTOR_WORDS: u32 = 8;
/// Bytes of a vector.
pub const VECTOR_BYTES: u32 = 4 * VECTOR_WORDS;
/// Words of the matrix, by rows.
pub const MATRIX_WORDS: u32 = 256;
/// Bits that a product's sums are shifted down by.
pub const PRODUCT_SHIFT: u32 = 6;

/// A vector's words.
pub type Vector = [u32; VECTOR_WORDS as usize];

/// A matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix([[i8; SIDE]; SIDE]);

impl Matrix {
	/// The matrix with these words; missing ones are 0, further ones are not read.
	pub fn from_words(words: &[u32]) -> Self {
		let mut matrix = [[0; SIDE]; SIDE];
		let numbers = words.iter().flat_map(|word| word.to_le_bytes());
		for (place, byte) in matrix.as_flattened_mut().iter_mut().zip(numbers) {
			*place = byte.cast_signed();
		}
		Self(matrix)
	}

	/// The product with a vector, as the machine computes it.
	pub fn product(&self, vector: &Vector) -> Vector {
		let mut numbers = [0i8; SIDE];
		for (number, byte) in numbers.iter_mut().zip(vector.iter().flat_map(|w| w.to_le_bytes())) {
			*number = byte.cast_signed();
		}
		let mut result = [0u32; VECTOR_WORDS as usize];
		for (word, rows) in result.iter_mut().zip(self.0.chunks_exact(4)) {
			let mut bytes = [0u8; 4];
			for (byte, row) in bytes.iter_mut().zip(rows) {
				// At most 32 · 128 · 128 in size.
				let sum: i32 =
					row.iter().zip(&numbers).map(|(w, x)| i32::from(*w) * i32::from(*x)).sum();
				let number = (sum >> PRODUCT_SHIFT).clamp(i8::MIN.into(), i8::MAX.into());
				*byte = (number as i8).cast_unsigned();
			}
			*word = u32::from_le_bytes(bytes);
		}
		result
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec::Vec;

	fn words(numbers: &[i8]) -> Vec<u32> {
		let word =
			|four: &[i8]| four.iter().rev().fold(0, |w, n| w << 8 | u32::from(n.cast_unsigned()));
		numbers.chunks(4).map(word).collect()
	}

	fn vector(numbers: &[i8]) -> Vector {
		let mut vector = Vector::default();
		vector.iter_mut().zip(words(numbers)).for_each(|(to, from)| *to = from);
		vector
	}

	#[test]
	fn a_product_is_by_rows_and_rounds_down() {
		let mut numbers = [0i8; SIDE * SIDE];
		numbers[..3].copy_from_slice(&[64, 1, -1]);
		numbers[SIDE] = -1;
		numbers[31 * SIDE + 31] = 32;
		let matrix = Matrix::from_words(&words(&numbers));
		let mut x = [0i8; SIDE];
		(x[0], x[1], x[2], x[31]) = (5, 63, 1, -1);
		let mut y = [0i8; SIDE];
		// 5 + 62/64; -5/64; -32/64.
		(y[0], y[1], y[31]) = (5, -1, -1);
		assert_eq!(matrix.product(&vector(&x)), vector(&y));
	}

	#[test]
	fn numbers_stay_in_their_range() {
		let all = |n: i8| Matrix::from_words(&words(&[n; SIDE * SIDE]));
		let v = |n: i8| vector(&[n; SIDE]);
		for (weight, number, result) in [
			(i8::MIN, i8::MIN, i8::MAX),
			(i8::MAX, i8::MAX, i8::MAX),
			(i8::MIN, i8::MAX, i8::MIN),
			(2, 127, 127),
			(2, 126, 126),
			(2, -128, -128),
			(-2, -128, 127),
			(-2, 127, -127),
			(0, 127, 0),
		] {
			assert_eq!(all(weight).product(&v(number)), v(result), "{weight} {number}");
		}
	}

	#[test]
	fn missing_words_are_zero() {
		assert_eq!(Matrix::from_words(&[]), Matrix::from_words(&[0; MATRIX_WORDS as usize]));
		let long = [7; MATRIX_WORDS as usize + 1];
		assert_eq!(Matrix::from_words(&long), Matrix::from_words(&long[1..]));
	}
}
