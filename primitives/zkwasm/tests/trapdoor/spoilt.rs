//! Random batches: proofs that hold, false ones, malformed ones, and keys that nobody prepared.

use super::{compressed, g1, input, outside_the_subgroup, Points, Trapdoor, KEY_PARTS};
use ark_bn254::{Fq, Fq12, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField, UniformRand};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};

/// A question to the verifier.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
	/// A prepared key, or what is none.
	pub(crate) key: Vec<u8>,
	/// Proofs, and public inputs one after the other.
	pub(crate) proofs: Vec<(Vec<u8>, Vec<u8>)>,
	/// Whether all was left as it was made: every proof holds.
	pub(crate) is_sound: bool,
}

/// How many proofs the batches have in turn; the last two are the most allowed and one more.
const SIZES: [usize; 12] = [2, 3, 0, 8, 1, 2, 32, 5, 3, 4, 64, 65];

/// Endless batches, the same for a seed. Every fourth is sound.
pub(crate) fn batches(seed: u64) -> impl Iterator<Item = Batch> {
	let mut maker = Maker::new(seed);
	SIZES.into_iter().cycle().enumerate().map(move |(turn, size)| maker.batch(turn, size))
}

struct Maker {
	rng: ChaCha20Rng,
	trapdoors: Vec<Trapdoor>,
	outside: G2Affine,
}

impl Maker {
	fn new(seed: u64) -> Self {
		let mut rng = ChaCha20Rng::seed_from_u64(seed);
		let trapdoors = [4, 4, 0, 1, 5, 16].map(|arity| Trapdoor::new(arity, &mut rng)).into();
		Self { rng, trapdoors, outside: outside_the_subgroup() }
	}

	fn below(&mut self, bound: usize) -> usize {
		usize::try_from(self.rng.next_u32()).unwrap() % bound
	}

	fn batch(&mut self, turn: usize, size: usize) -> Batch {
		// Half of the batches are under the usual arity.
		let which = (turn / 2 % self.trapdoors.len()) * (turn % 2);
		let arity = self.trapdoors[which].arity();
		let made: Vec<(Points, Vec<Fr>)> = (0..size)
			.map(|_| {
				let inputs: Vec<Fr> = (0..arity).map(|_| self.value()).collect();
				(self.trapdoors[which].prove(&inputs, &mut self.rng), inputs)
			})
			.collect();
		let mut batch = Batch {
			key: self.trapdoors[which].prepared(),
			proofs: made.iter().map(|(points, inputs)| (points.bytes(), flat(inputs))).collect(),
			is_sound: turn % 4 == 3,
		};
		if batch.is_sound {
			return batch;
		}
		if self.below(5) == 0 {
			batch.key = self.spoilt_key(which);
		}
		if size > 1 && self.below(3) == 0 {
			self.compensate(&mut batch, &made);
		}
		for (place, (points, inputs)) in made.iter().enumerate() {
			if self.below(3) == 0 {
				batch.proofs[place] = self.spoilt(points, inputs);
			}
		}
		if size > 1 && self.below(4) == 0 {
			let (a, b) = (self.below(size), self.below(size));
			let other = batch.proofs[b].0.clone();
			batch.proofs[a].0 = other;
		}
		batch
	}

	/// A public input; often one that is a bound of something.
	fn value(&mut self) -> Fr {
		match self.below(6) {
			0 => Fr::from(0u64),
			1 => Fr::from(1u64),
			2 => -Fr::from(1u64),
			_ => Fr::rand(&mut self.rng),
		}
	}

	/// Two false proofs whose errors cancel in a sum without random factors.
	fn compensate(&mut self, batch: &mut Batch, made: &[(Points, Vec<Fr>)]) {
		let error = g1(Fr::rand(&mut self.rng));
		for (place, error) in [(0, error), (1, -error)] {
			let mut points = made[place].0.clone();
			points.c = (points.c + error).into_affine();
			batch.proofs[place].0 = points.bytes();
		}
	}

	/// A proof that may hold no more, and its inputs.
	fn spoilt(&mut self, points: &Points, inputs: &[Fr]) -> (Vec<u8>, Vec<u8>) {
		let mut proof = points.bytes();
		let mut flat = flat(inputs);
		match self.below(12) {
			0 => self.flip(&mut proof),
			1 => {
				let length = self.below(200);
				proof.resize(length, 0);
			},
			2 => self.flip(&mut flat),
			3 => self.alias(&mut flat),
			4 => {
				let length = self.below(18) * 32;
				flat.resize(length, 0);
			},
			5 => {
				let length = self.below(18 * 32);
				flat.resize(length, 0);
			},
			6 => self.strange_g1(&mut proof),
			7 => self.strange_g2(&mut proof),
			8 => proof = self.other_points(points).bytes(),
			// The same statement in other bytes: it holds.
			9 => proof = points.malleated(Fr::rand(&mut self.rng)).bytes(),
			10 => flat.rotate_left(32.min(inputs.len() * 32)),
			_ => self.rng.fill_bytes(&mut proof),
		}
		(proof, flat)
	}

	fn flip(&mut self, bytes: &mut [u8]) {
		if !bytes.is_empty() {
			let bit = self.below(8 * bytes.len());
			bytes[bit / 8] ^= 1 << (bit % 8);
		}
	}

	/// The same input plus r, the modulus itself, or more than any scalar.
	fn alias(&mut self, flat: &mut [u8]) {
		let Some(inputs) = (flat.len() / 32).checked_sub(1) else { return };
		let place = self.below(inputs + 1);
		let bytes = &mut flat[place * 32..][..32];
		let value = Fr::from_le_bytes_mod_order(bytes).into_bigint();
		let mut sum = Fr::MODULUS;
		match self.below(3) {
			0 => assert!(!sum.add_with_carry(&value)),
			1 => {},
			_ => return bytes.fill(0xff),
		}
		bytes.copy_from_slice(&sum.to_bytes_le());
	}

	/// A or C: off the curve, not reduced, an infinity (one that is canonical and others), no flags.
	fn strange_g1(&mut self, proof: &mut [u8]) {
		let place = [0, 96][self.below(2)];
		let bytes = &mut proof[place..][..32];
		match self.below(6) {
			0 => {
				let is_off =
					|x: &u64| G1Affine::get_point_from_x_unchecked(Fq::from(*x), false).is_none();
				let off = (u64::from(self.rng.next_u32())..).find(is_off).unwrap();
				bytes.copy_from_slice(&input_of_fq(off));
			},
			// 1 is the x of a point: with p added it is the same x in other bytes.
			1 => {
				let mut sum = Fq::MODULUS;
				assert!(!sum.add_with_carry(&1u64.into()));
				bytes.copy_from_slice(&sum.to_bytes_le());
			},
			2 => bytes.copy_from_slice(&compressed(&G1Affine::identity())),
			3 => {
				bytes.copy_from_slice(&compressed(&G1Affine::identity()));
				bytes[0] = 1;
			},
			4 => bytes[31] |= 0xc0,
			_ => bytes[31] ^= 0x80,
		}
	}

	/// B: outside the subgroup, infinities, all flags, the other sign, another x.
	fn strange_g2(&mut self, proof: &mut [u8]) {
		let bytes = &mut proof[32..96];
		match self.below(5) {
			0 => bytes.copy_from_slice(&compressed(&self.outside)),
			1 => bytes.copy_from_slice(&compressed(&G2Affine::identity())),
			2 => bytes[63] |= 0xc0,
			3 => bytes[63] ^= 0x80,
			_ => bytes.rotate_left(32),
		}
	}

	/// Well-formed points that prove something else.
	fn other_points(&mut self, points: &Points) -> Points {
		let Points { a, b, c } = points.clone();
		match self.below(4) {
			0 => Points { a: c, b, c: a },
			1 => Points { a: G1Affine::generator(), b, c },
			2 => Points { a, b: G2Affine::generator(), c },
			_ => Points { a: -a, b: -b, c: -c },
		}
	}

	/// A prepared key that is damaged, or is one, but of something else.
	fn spoilt_key(&mut self, which: usize) -> Vec<u8> {
		let mut key = self.trapdoors[which].prepared();
		let [value, gamma, delta, end] = KEY_PARTS;
		match self.below(6) {
			0 => self.flip(&mut key),
			1 => key.truncate(self.rng.next_u32() as usize % key.len()),
			2 => key = self.trapdoors[(which + 1) % 2].prepared(),
			// −e(α, β): of even powers nothing of the sign is left.
			3 => {
				let element = Fq12::deserialize_uncompressed(&key[value..gamma]).unwrap();
				(-element).serialize_uncompressed(&mut key[value..gamma]).unwrap();
			},
			4 => {
				let place = [gamma, delta][self.below(2)];
				self.outside.serialize_uncompressed(&mut key[place..][..128]).unwrap();
			},
			_ => key[gamma..end].rotate_left(delta - gamma),
		}
		key
	}
}

fn flat(inputs: &[Fr]) -> Vec<u8> {
	inputs.iter().flat_map(|value| input(*value)).collect()
}

fn input_of_fq(x: u64) -> [u8; 32] {
	Fq::from(x).into_bigint().to_bytes_le().try_into().unwrap()
}
