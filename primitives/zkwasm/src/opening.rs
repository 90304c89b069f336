//! Openings of the trees of [`crate::poseidon::hash_tree`]: some elements with what hashes to the root.

use crate::{
	commitment::{from_root, to_root, Root},
	poseidon::{hash_wide, level_above, tree_levels, WIDE_RATE},
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

const RATE: u32 = WIDE_RATE as u32;

/// Elements of a tree, with all children of each node on their ways to the root. A node that is on
/// several ways is there once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Opening {
	/// Places of the nodes over the opened elements, ascending: node `i` has the elements from
	/// `i * WIDE_RATE` on.
	pub places: Vec<u32>,
	/// The children of each node on the ways, by level from the elements up, in a level by place. What
	/// a level's last node lacks is zero.
	pub levels: Vec<Vec<[Root; WIDE_RATE]>>,
}

impl Opening {
	/// Opens a tree at these positions; `None` if there are none, or one has no element.
	pub fn new(tag: Fr, elements: &[Fr], indices: &[u32]) -> Option<Self> {
		let last = *indices.iter().max()?;
		elements.get(last as usize)?;
		let mut places: Vec<u32> = indices.iter().map(|index| index / RATE).collect();
		places.sort_unstable();
		places.dedup();
		let mut levels = Vec::new();
		let (mut nodes, mut above) = (elements.to_vec(), places.clone());
		for level in 0..tree_levels(elements.len()) {
			let children = |place: &u32| {
				let mut children = [[0; 32]; WIDE_RATE];
				let own = nodes.iter().skip(*place as usize * WIDE_RATE);
				for (child, node) in children.iter_mut().zip(own) {
					*child = to_root(node);
				}
				children
			};
			levels.push(above.iter().map(children).collect());
			nodes = level_above(tag + Fr::from(level), &nodes);
			rise(&mut above);
		}
		Some(Self { places, levels })
	}

	/// An opened element; `None` if it is not opened, or not canonical. What [`Self::root`] is not the
	/// root of may be anything.
	pub fn element(&self, index: u32) -> Option<Fr> {
		let node = self.places.binary_search(&(index / RATE)).ok()?;
		from_root(self.levels.first()?.get(node)?.get((index % RATE) as usize)?)
	}

	/// Root of the tree of `count` elements that this is an opening of; `None` if it is an opening of
	/// none.
	pub fn root(&self, tag: Fr, count: usize) -> Option<Fr> {
		let ascending = self.places.iter().zip(self.places.iter().skip(1)).all(|(a, b)| a < b);
		let last = *self.places.last()? as usize;
		let fits =
			last < count.div_ceil(WIDE_RATE) && self.levels.len() == tree_levels(count) as usize;
		let check = |child: &mut Fr, hash: Fr| *child == hash;
		(ascending && fits).then(|| self.climb(tag, Vec::new(), true, check))?
	}

	/// Root of the tree after opened elements became others. Of an opening with a root only: nothing
	/// else is checked but that the elements are opened.
	pub fn root_with(&self, tag: Fr, elements: &[(u32, Fr)]) -> Option<Fr> {
		let replace = |child: &mut Fr, hash: Fr| {
			*child = hash;
			true
		};
		self.climb(tag, elements.to_vec(), false, replace)
	}

	/// Hashes each node from the elements up, or those only that are over one of `below`: values of
	/// some children, by place. `put` brings such a value to a child and says whether it may be there.
	fn climb(
		&self,
		mut tag: Fr,
		mut below: Vec<(u32, Fr)>,
		all: bool,
		put: impl Fn(&mut Fr, Fr) -> bool,
	) -> Option<Fr> {
		let mut places = self.places.clone();
		for level in &self.levels {
			if level.len() != places.len() {
				return None;
			}
			let mut hashes = Vec::with_capacity(level.len());
			let mut used = 0;
			for (place, children) in places.iter().zip(level) {
				let mut own = below.iter().filter(|(child, _)| child / RATE == *place).peekable();
				if !all && own.peek().is_none() {
					continue;
				}
				let mut inputs = [Fr::ZERO; WIDE_RATE];
				for (input, child) in inputs.iter_mut().zip(children) {
					*input = from_root(child)?;
				}
				for (child, hash) in own {
					if !put(inputs.get_mut((child % RATE) as usize)?, *hash) {
						return None;
					}
					used += 1;
				}
				hashes.push((*place, hash_wide(tag, &inputs)));
			}
			if used < below.len() {
				return None;
			}
			below = hashes;
			rise(&mut places);
			tag += Fr::from(1u64);
		}
		below.first().map(|(_, root)| *root)
	}
}

/// Places of the nodes over those at ascending places.
fn rise(places: &mut Vec<u32>) {
	for place in places.iter_mut() {
		*place /= RATE;
	}
	places.dedup();
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		commitment::{tag, Kind},
		poseidon::hash_tree,
	};

	fn elements(count: u64) -> Vec<Fr> {
		(0..count).map(|i| Fr::from(i * i + 1)).collect()
	}

	#[test]
	fn every_element_of_trees_of_every_depth_opens() {
		for count in [1usize, 12, 13, 30, 144, 145] {
			let tag = tag(Kind::Code, count as u32);
			let elements = elements(count as u64);
			let root = hash_tree(tag, &elements);
			for index in [0, count / 2, count - 1] {
				let opening = Opening::new(tag, &elements, &[index as u32]).unwrap();
				assert!(opening.levels.iter().all(|nodes| nodes.len() == 1));
				assert_eq!(opening.element(index as u32), Some(elements[index]));
				assert_eq!(opening.root(tag, count), Some(root));
				let mut changed = elements.clone();
				changed[index] = Fr::from(77u64);
				let after = opening.root_with(tag, &[(index as u32, changed[index])]);
				assert_eq!(after, Some(hash_tree(tag, &changed)));
			}
			assert_eq!(Opening::new(tag, &elements, &[0, count as u32]), None);
			assert_eq!(Opening::new(tag, &elements, &[]), None);
		}
	}

	#[test]
	fn several_elements_open_together_each_node_once() {
		let (tag, elements) = (tag(Kind::Code, 400), elements(400));
		let root = hash_tree(tag, &elements);
		for (indices, nodes) in [
			(&[399, 3, 0][..], [2, 2, 1]),
			(&[0, 11, 12, 200, 201], [3, 2, 1]),
			(&[143, 144, 145], [2, 2, 1]),
		] {
			let opening = Opening::new(tag, &elements, indices).unwrap();
			assert_eq!(opening.levels.iter().map(Vec::len).collect::<Vec<_>>(), nodes);
			assert_eq!(opening.root(tag, 400), Some(root));
			let mut changed = elements.clone();
			let mut changes = Vec::new();
			for index in indices {
				assert_eq!(opening.element(*index), Some(elements[*index as usize]));
				changed[*index as usize] += Fr::from(5u64);
				changes.push((*index, changed[*index as usize]));
				let after = opening.root_with(tag, &changes);
				assert_eq!(after, Some(hash_tree(tag, &changed)));
			}
			// What is not opened can't be replaced.
			assert_eq!(opening.element(300), None);
			changes.push((300, Fr::from(1u64)));
			assert_eq!(opening.root_with(tag, &changes), None);
		}
	}

	#[test]
	fn a_false_opening_has_no_root_or_another_one() {
		let (tag, elements) = (tag(Kind::Code, 30), elements(30));
		let root = hash_tree(tag, &elements);
		let honest = Opening::new(tag, &elements, &[14, 29]).unwrap();
		assert_eq!(honest.places, [1, 2]);
		// Other places, too: a node that is there twice, out of order, outside, or not there.
		for places in [&[0, 1][..], &[0, 2], &[1, 1], &[2, 1], &[1, 3], &[1, u32::MAX], &[1], &[]] {
			let moved = Opening { places: places.to_vec(), ..honest.clone() };
			assert_eq!(moved.root(tag, 30), None, "{places:?}");
		}
		// Every child of every node counts.
		for (level, node) in [(0, 0), (0, 1), (1, 0)] {
			for child in 0..WIDE_RATE {
				let mut other = honest.clone();
				other.levels[level][node][child] = to_root(&Fr::from(9u64));
				assert_ne!(other.root(tag, 30), Some(root));
				other.levels[level][node][child] = [0xff; 32];
				assert_eq!(other.root(tag, 30), None);
			}
		}
		// Too many levels or nodes, or too few.
		let changes: [fn(&mut Opening); 6] = [
			|opening| opening.levels.push(opening.levels[1].clone()),
			|opening| drop(opening.levels.pop()),
			|opening| opening.levels.clear(),
			|opening| opening.levels[0].truncate(1),
			|opening| opening.levels[1].clear(),
			|opening| opening.levels[1].push([[0; 32]; WIDE_RATE]),
		];
		for change in changes {
			let mut other = honest.clone();
			change(&mut other);
			assert_eq!(other.root(tag, 30), None);
		}
		// Of another number of elements.
		assert_eq!(honest.root(tag, 24), None);
		assert_eq!(honest.root(tag, 145), None);
	}
}
