//! What a dishonest party, or a bad disk, could do to a ceremony: all of it is refused.

use super::{ceremony, check, powers, relation, rng, rows, HASH};
use crate::{
	ceremony::{
		contribution::{prove, scale, Knowledge},
		ptau::Powers,
		Ceremony, CeremonyError, Contribution, Origin, RawKey, Relation,
	},
	circuit::PUBLIC_INPUTS,
	verifier::{prepare_key, verify, Status},
};
use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, Field};
use ark_groth16::Proof;
use ark_serialize::CanonicalSerialize;
use rand_chacha::rand_core::RngCore;

/// A contribution with these factors and a valid proof, without touching the key.
fn contribution_of(ceremony: &Ceremony, factors: [Fr; 2]) -> Contribution {
	let previous = ceremony.elements();
	let elements = [0, 1].map(|i| (previous[i] * factors[i]).into_affine());
	let transcript = ceremony.transcript_hash();
	let nonces = [Fr::from(11u64), Fr::from(12u64)];
	let knowledge = prove("Mallory", &previous, &elements, &transcript, &factors, &nonces);
	Contribution { name: "Mallory".into(), origin: Origin::Secret(knowledge), elements }
}

/// Mallory contributes these factors, and does this to the key instead of what is right.
fn contribute(
	relation: &Relation<'_>,
	factors: [u64; 2],
	treat: impl FnOnce(&mut RawKey, &[Fr; 2]),
) -> Ceremony {
	let mut ceremony = ceremony(relation, &["Ada"]);
	let factors = factors.map(Fr::from);
	let contribution = contribution_of(&ceremony, factors);
	treat(&mut ceremony.key, &factors);
	[ceremony.key.vk.gamma_g2, ceremony.key.vk.delta_g2] = contribution.elements;
	ceremony.contributions.push(contribution);
	ceremony
}

fn part(result: Result<(), CeremonyError>) -> &'static str {
	match result {
		Err(CeremonyError::Key { part }) => part,
		other => panic!("{other:?}"),
	}
}

#[test]
fn delta_and_gamma_move_only_with_what_they_divide() {
	let rows = rows();
	let relation = relation(&rows);
	check(&contribute(&relation, [5, 6], scale), &relation).unwrap();

	// Nothing scaled, not even delta in G1; then all but one.
	let nothing = contribute(&relation, [5, 6], |_, _| ());
	assert_eq!(part(check(&nothing, &relation)), "delta in G1");
	type Undo = fn(&mut RawKey, RawKey);
	let undo: [(&str, Undo); 4] = [
		("delta in G1", |key, old| key.delta_g1 = old.delta_g1),
		("input points", |key, old| key.vk.gamma_abc_g1 = old.vk.gamma_abc_g1),
		("query l", |key, old| key.l_query = old.l_query),
		("query h", |key, old| key.h_query = old.h_query),
	];
	for (name, undo) in undo {
		let forged = contribute(&relation, [5, 6], |key, factors| {
			let old = key.clone();
			scale(key, factors);
			undo(key, old);
		});
		assert_eq!(part(check(&forged, &relation)), name);
	}
}

/// Mallory hands Bob a file whose query l holds points of her choice, to get them back divided by his
/// secret. His contribution is checked first; the rest shows what for: with what he would have made,
/// she forges under the key of the honest transcript, although he forgot his secrets.
#[test]
fn nobody_contributes_to_points_of_anothers_choice() {
	let rows = rows();
	let relation = relation(&rows);
	let [mallory, bob] = [[3, 4], [5, 6]].map(|factors: [u64; 2]| factors.map(Fr::from));
	let contributed = |ceremony: &mut Ceremony, factors| {
		let contribution = contribution_of(ceremony, factors);
		ceremony.apply(contribution, &zeroize::Zeroizing::new(factors));
	};
	let mut honest = ceremony(&relation, &[]);
	let undivided = honest.key.vk.gamma_abc_g1.clone();
	contributed(&mut honest, mallory);
	let mut handed = Ceremony::from_bytes(&relation, &honest.to_bytes().unwrap()).unwrap();
	handed.key.l_query[..undivided.len()].copy_from_slice(&undivided);

	let mut read = Ceremony::from_bytes(&relation, &handed.to_bytes().unwrap()).unwrap();
	let refused = read.contribute(&relation, &powers(), "Bob", &mut rng(9));
	assert_eq!(part(refused), "query l");
	assert_eq!(read.to_bytes().unwrap(), handed.to_bytes().unwrap());

	contributed(&mut handed, bob);
	contributed(&mut honest, bob);
	check(&honest, &relation).unwrap();
	assert_eq!(honest.transcript(), handed.transcript());
	let key = &honest.key.vk;
	let statement = [1u64, 21, 22, 23, 24].map(Fr::from);
	let divided = G1Projective::msm(&handed.key.l_query[..5], &statement).unwrap();
	let c = (-divided * mallory[1].inverse().unwrap()).into_affine();
	let forged = Proof::<Bn254> { a: key.alpha_g1, b: key.beta_g2, c };
	let [mut proof, mut bytes] = [Vec::new(), Vec::new()];
	forged.serialize_compressed(&mut proof).unwrap();
	key.serialize_compressed(&mut bytes).unwrap();
	let prepared = prepare_key(&bytes, PUBLIC_INPUTS).unwrap();
	let inputs: Vec<_> = statement[1..].iter().map(crate::commitment::to_root).collect();
	assert_eq!(verify(&prepared, &proof, &inputs), Status::Valid);
}

#[test]
fn queries_scaled_by_another_factor_are_refused() {
	let rows = rows();
	let relation = relation(&rows);
	for (factors, name) in [([5, 7], "delta in G1"), ([8, 6], "input points")] {
		let forged = contribute(&relation, [5, 6], |key, _| scale(key, &factors.map(Fr::from)));
		assert_eq!(part(check(&forged, &relation)), name);
	}
	// Delta in G1 is right and the queries are scaled by something else.
	let forged = contribute(&relation, [5, 6], |key, factors| {
		let delta = (key.delta_g1 * factors[1]).into_affine();
		scale(key, &[factors[0], Fr::from(7u64)]);
		key.delta_g1 = delta;
	});
	assert_eq!(part(check(&forged, &relation)), "query l");
}

#[test]
fn no_point_of_the_key_can_be_another() {
	let rows = rows();
	let relation = relation(&rows);
	let honest = ceremony(&relation, &["Ada", "Bob"]);
	check(&honest, &relation).unwrap();
	type Change = fn(&mut RawKey);
	fn other_g1(point: &mut G1Affine) {
		*point = (*point + G1Affine::generator()).into_affine();
	}
	fn other_g2(point: &mut G2Affine) {
		*point = (*point + G2Affine::generator()).into_affine();
	}
	let changes: [(&str, Change); 13] = [
		("alpha", |key| other_g1(&mut key.vk.alpha_g1)),
		("beta", |key| other_g1(&mut key.beta_g1)),
		("beta", |key| other_g2(&mut key.vk.beta_g2)),
		("gamma or delta", |key| other_g2(&mut key.vk.gamma_g2)),
		("gamma or delta", |key| other_g2(&mut key.vk.delta_g2)),
		("delta in G1", |key| other_g1(&mut key.delta_g1)),
		("query a", |key| other_g1(key.a_query.last_mut().unwrap())),
		("query b in G1", |key| other_g1(&mut key.b_g1_query[0])),
		("query b in G2", |key| other_g2(&mut key.b_g2_query[3])),
		("input points", |key| other_g1(&mut key.vk.gamma_abc_g1[4])),
		("query l", |key| other_g1(&mut key.l_query[2])),
		("query h", |key| other_g1(key.h_query.last_mut().unwrap())),
		// A combination with all weights equal would not notice.
		("query h", |key| key.h_query.swap(0, 1)),
	];
	for (name, change) in changes {
		let mut forged = ceremony(&relation, &["Ada", "Bob"]);
		change(&mut forged.key);
		assert_eq!(part(check(&forged, &relation)), name);
	}
}

fn unproven(result: Result<(), CeremonyError>, at: usize) {
	match result {
		Err(CeremonyError::Unproven { index }) => assert_eq!(index, at),
		other => panic!("{other:?}"),
	}
}

#[test]
fn a_proof_of_knowledge_cannot_be_replayed_or_moved() {
	let rows = rows();
	let relation = relation(&rows);
	// Ada's contribution once more.
	let mut replayed = ceremony(&relation, &["Ada"]);
	let again = replayed.contributions[0].clone();
	replayed.contributions.push(again);
	assert!(matches!(check(&replayed, &relation), Err(CeremonyError::Idle { index: 1 })));
	// Ada's proof for Bob's elements.
	let mut stolen = ceremony(&relation, &["Ada", "Bob"]);
	stolen.contributions[1].origin = stolen.contributions[0].origin.clone();
	unproven(check(&stolen, &relation), 1);
	// Mallory's own proof, from a ceremony with the same elements and another history.
	let mut moved = ceremony(&relation, &["Ada"]);
	let contribution = contribution_of(&moved, [5, 6].map(Fr::from));
	moved.apply(contribution, &zeroize::Zeroizing::new([5, 6].map(Fr::from)));
	check(&moved, &relation).unwrap();
	moved.contributions[0].name = "Eve".into();
	unproven(check(&moved, &relation), 0);
	// Two parties change places.
	let mut reordered = ceremony(&relation, &["Ada", "Bob", "Cleo"]);
	reordered.contributions.swap(0, 1);
	unproven(check(&reordered, &relation), 0);
	// A response or a commitment is another.
	for change in [true, false] {
		let mut changed = ceremony(&relation, &["Ada", "Bob"]);
		let Origin::Secret(Knowledge { commitments, responses }) =
			&mut changed.contributions[1].origin
		else {
			unreachable!()
		};
		if change {
			responses[1] += Fr::ONE;
		} else {
			commitments.swap(0, 1);
		}
		unproven(check(&changed, &relation), 1);
	}
}

#[test]
fn elements_that_nobody_knows_the_factor_of_are_refused() {
	let rows = rows();
	let relation = relation(&rows);
	// Mallory sets delta to a multiple of gamma, whose factor to the delta before she doesn't know.
	let mut forged = ceremony(&relation, &["Ada"]);
	let mut contribution = contribution_of(&forged, [5, 6].map(Fr::from));
	contribution.elements[1] = (contribution.elements[0] * Fr::from(3u64)).into_affine();
	forged.key.vk.gamma_g2 = contribution.elements[0];
	forged.key.vk.delta_g2 = contribution.elements[1];
	forged.contributions.push(contribution);
	unproven(check(&forged, &relation), 1);
}

#[test]
fn a_contribution_must_contribute() {
	let rows = rows();
	let relation = relation(&rows);
	for factors in [[1, 1], [1, 6], [5, 1], [0, 0], [5, 0], [0, 6]] {
		let idle = contribute(&relation, factors, |key, factors| {
			let nonzero = factors.map(|f| if f == Fr::ZERO { Fr::ONE } else { f });
			scale(key, &nonzero);
		});
		assert!(matches!(check(&idle, &relation), Err(CeremonyError::Idle { index: 1 })));
		let bytes = idle.to_bytes().unwrap();
		if let Ok(read) = Ceremony::from_bytes(&relation, &bytes) {
			assert!(check(&read, &relation).is_err());
		}
	}
}

#[test]
fn contributions_left_out_are_noticed() {
	let rows = rows();
	let relation = relation(&rows);
	let before = ceremony(&relation, &["Ada", "Bob"]);
	let after = ceremony(&relation, &["Ada", "Bob", "Cleo"]);
	assert!(after.extends(&before));
	assert!(before.extends(&before));
	assert!(!before.extends(&after));
	// Mallory begins again: her file verifies, and does not go on from Bob's.
	let alone = ceremony(&relation, &["Mallory"]);
	check(&alone, &relation).unwrap();
	assert!(!alone.extends(&before));
	// A record left out with its key unchanged does not even verify.
	let mut cut = ceremony(&relation, &["Ada", "Bob", "Cleo"]);
	cut.contributions.remove(1);
	unproven(check(&cut, &relation), 1);
}

#[test]
fn a_ceremony_belongs_to_one_circuit_and_one_file_of_powers() {
	let rows = rows();
	let mine = relation(&rows);
	let honest = ceremony(&mine, &["Ada"]);
	let bytes = honest.to_bytes().unwrap();
	let other = Relation::new(&rows, [8; 32]).unwrap();
	assert!(matches!(Ceremony::from_bytes(&other, &bytes), Err(CeremonyError::OtherCircuit)));
	assert!(matches!(check(&honest, &other), Err(CeremonyError::OtherCircuit)));
	// With the hash changed too, Ada's proof is not of this transcript.
	let mut renamed = ceremony(&mine, &["Ada"]);
	renamed.circuit = [8; 32];
	unproven(check(&renamed, &other), 0);
	// Other rows under the same hash: the key is not theirs.
	let (more, _) = crate::setup::dummy_rows(9);
	assert!(Ceremony::from_bytes(&Relation::new(&more, HASH).unwrap(), &bytes).is_err());
	let mut changed = super::rows();
	changed.matrices[0][7][0].0 += Fr::ONE;
	assert_eq!(part(check(&honest, &relation(&changed))), "query a");

	let others = Powers::generate(4, &mut rng(50));
	let with_others = |ceremony: &Ceremony| ceremony.verify(&mine, &others, &mut rng(2));
	assert!(matches!(with_others(&honest), Err(CeremonyError::OtherPowers)));
	let mut renamed = ceremony(&mine, &[]);
	renamed.powers = others.for_domain(4).unwrap().digest().unwrap();
	assert_eq!(part(with_others(&renamed)), "alpha");
	let small = Powers::generate(3, &mut rng(1));
	assert!(matches!(
		honest.verify(&mine, &small, &mut rng(2)),
		Err(CeremonyError::TooFewPowers { .. })
	));
}

#[test]
fn a_beacon_is_bound_to_its_value_and_its_place() {
	let rows = rows();
	let relation = relation(&rows);
	let mut ended = ceremony(&relation, &["Ada"]);
	ended.beacon("beacon", b"value", 4).unwrap();
	check(&ended, &relation).unwrap();
	for change in 0..3 {
		let mut forged = ceremony(&relation, &["Ada"]);
		forged.beacon("beacon", b"value", 4).unwrap();
		let Origin::Beacon { randomness, log_iterations } = &mut forged.contributions[1].origin
		else {
			unreachable!()
		};
		match change {
			0 => randomness[0] ^= 1,
			1 => *log_iterations = 5,
			_ => forged.contributions[0].name = "Eve".into(),
		}
		unproven(check(&forged, &relation), if change == 2 { 0 } else { 1 });
	}
	// Somebody goes on after the beacon.
	let mut longer = ceremony(&relation, &["Ada"]);
	longer.beacon("beacon", b"value", 4).unwrap();
	let more = contribution_of(&longer, [5, 6].map(Fr::from));
	longer.apply(more, &zeroize::Zeroizing::new([5, 6].map(Fr::from)));
	assert!(matches!(check(&longer, &relation), Err(CeremonyError::Ended)));
	let read = Ceremony::from_bytes(&relation, &longer.to_bytes().unwrap()).unwrap();
	assert!(matches!(check(&read, &relation), Err(CeremonyError::Ended)));
}

#[test]
fn truncated_lengthened_and_damaged_files_are_refused() {
	let rows = rows();
	let relation = relation(&rows);
	let mut honest = ceremony(&relation, &["Ada", "Bob"]);
	honest.beacon("beacon", b"value", 4).unwrap();
	let bytes = honest.to_bytes().unwrap();
	for length in (0..bytes.len()).step_by(13) {
		assert!(Ceremony::from_bytes(&relation, &bytes[..length]).is_err(), "{length}");
	}
	let longer = [bytes.as_slice(), &[0]].concat();
	assert!(matches!(Ceremony::from_bytes(&relation, &longer), Err(CeremonyError::Length { .. })));
	// Any bit: it can no longer be read, or no longer verified.
	let mut random = rng(77);
	for _ in 0..100 {
		let mut damaged = bytes.clone();
		let place = random.next_u32() as usize % bytes.len();
		damaged[place] ^= 1 << (random.next_u32() % 8);
		let verdict =
			Ceremony::from_bytes(&relation, &damaged).and_then(|read| check(&read, &relation));
		assert!(verdict.is_err(), "byte {place}");
	}
	// Counts and lengths that promise more than there is.
	for (place, value) in [(80, 0xff), (81, 0xff), (83, 0xff), (85, 0xff)] {
		let mut damaged = bytes.clone();
		damaged[place] = value;
		assert!(Ceremony::from_bytes(&relation, &damaged).is_err());
	}
	let absent = std::env::temp_dir().join("woppal-no-such-ceremony");
	assert!(matches!(Ceremony::load(&relation, &absent), Err(CeremonyError::File { .. })));
}

#[test]
fn points_outside_curve_or_subgroup_are_refused_before_anybody_multiplies_them() {
	let rows = rows();
	let relation = relation(&rows);
	let honest = ceremony(&relation, &["Ada"]);
	let stray = super::powers::outside_the_subgroup();
	let mut forged = ceremony(&relation, &["Ada"]);
	forged.contributions[0].elements[1] = stray;
	let read = Ceremony::from_bytes(&relation, &forged.to_bytes().unwrap());
	assert!(matches!(read, Err(CeremonyError::MalformedContribution { index: 0 })));
	let mut forged = ceremony(&relation, &["Ada"]);
	forged.key.b_g2_query[2] = stray;
	let read = Ceremony::from_bytes(&relation, &forged.to_bytes().unwrap());
	assert!(matches!(read, Err(CeremonyError::Point { part: "query b in G2", index: 2 })));
	let mut forged = ceremony(&relation, &["Ada"]);
	let point = honest.key.l_query[1];
	forged.key.l_query[1] = G1Affine::new_unchecked(point.x, point.y + point.x);
	let read = Ceremony::from_bytes(&relation, &forged.to_bytes().unwrap());
	assert!(matches!(read, Err(CeremonyError::Point { part: "query l", index: 1 })));
	assert!(powers().power() == 4);
}
