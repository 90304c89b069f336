//! Openings of the trees of [`crate::poseidon::hash_tree`]: one element with what hashes to the root.

use crate::{
	commitment::{from_root, to_root, Root},
	poseidon::{tree_levels, with_wide, WIDE_RATE},
};
use alloc::vec::Vec;
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// One element of a tree, with all children of each node on the way to the root.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Opening {
	/// Position of the element.
	pub index: u32,
	/// The children of each node on the way, from the elements up; the last node's are zero padded.
	pub levels: Vec<[Root; WIDE_RATE]>,
}

impl Opening {
	/// Opens a tree at a position; `None` if there is no element.
	pub fn new(tag: Fr, elements: &[Fr], index: u32) -> Option<Self> {
		elements.get(index as usize)?;
		let mut levels = Vec::new();
		let (mut nodes, mut place) = (elements.to_vec(), index as usize);
		for level in 0..tree_levels(elements.len()) {
			place /= WIDE_RATE;
			let mut children = [[0; 32]; WIDE_RATE];
			let own = nodes.chunks(WIDE_RATE).nth(place)?;
			for (child, node) in children.iter_mut().zip(own) {
				*child = to_root(node);
			}
			levels.push(children);
			let tag = tag + Fr::from(level);
			nodes = with_wide(|p| nodes.chunks(WIDE_RATE).map(|c| p.compress(tag, c)).collect());
		}
		Some(Self { index, levels })
	}

	/// The opened element; `None` if it is not canonical or there is none.
	pub fn element(&self) -> Option<Fr> {
		from_root(self.levels.first()?.get(self.index as usize % WIDE_RATE)?)
	}

	/// Root of the tree of `count` elements that this is an opening of; `None` if it is an opening of
	/// none.
	pub fn root(&self, tag: Fr, count: usize) -> Option<Fr> {
		self.fold(tag, count, self.element()?, |given, own| given == own)
	}

	/// Root of the tree after the opened element became another one.
	pub fn root_with(&self, tag: Fr, count: usize, element: Fr) -> Option<Fr> {
		self.fold(tag, count, element, |_, _| true)
	}

	/// Hashes from the element up. `fits` says whether a child may take the place of the given one.
	fn fold(
		&self,
		tag: Fr,
		count: usize,
		element: Fr,
		fits: impl Fn(Fr, Fr) -> bool,
	) -> Option<Fr> {
		if self.index as usize >= count || self.levels.len() != tree_levels(count) as usize {
			return None;
		}
		let (mut node, mut place, mut tag) = (element, self.index as usize, tag);
		for children in &self.levels {
			let mut inputs = [Fr::ZERO; WIDE_RATE];
			for (input, child) in inputs.iter_mut().zip(children) {
				*input = from_root(child)?;
			}
			let own = inputs.get_mut(place % WIDE_RATE)?;
			if !fits(*own, node) {
				return None;
			}
			*own = node;
			node = with_wide(|p| p.compress(tag, &inputs));
			place /= WIDE_RATE;
			tag += Fr::from(1u64);
		}
		Some(node)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		commitment::{tag, Kind},
		poseidon::hash_tree,
	};

	#[test]
	fn every_element_of_trees_of_every_depth_opens() {
		for count in [1usize, 12, 13, 30, 144, 145] {
			let tag = tag(Kind::Code, count as u32);
			let elements: Vec<Fr> = (0..count as u64).map(|i| Fr::from(i * i + 1)).collect();
			let root = hash_tree(tag, &elements);
			for index in [0, count / 2, count - 1] {
				let opening = Opening::new(tag, &elements, index as u32).unwrap();
				assert_eq!(opening.element(), Some(elements[index]));
				assert_eq!(opening.root(tag, count), Some(root));
				let mut changed = elements.clone();
				changed[index] = Fr::from(77u64);
				let after = opening.root_with(tag, count, changed[index]);
				assert_eq!(after, Some(hash_tree(tag, &changed)));
			}
			assert_eq!(Opening::new(tag, &elements, count as u32), None);
		}
	}

	#[test]
	fn a_false_opening_has_no_root_or_another_one() {
		let elements: Vec<Fr> = (0..30u64).map(Fr::from).collect();
		let tag = tag(Kind::Code, 30);
		let (root, honest) = (hash_tree(tag, &elements), Opening::new(tag, &elements, 14).unwrap());
		// A neighbour in the same node is opened as well, and is what it is.
		let neighbour = Opening { index: 13, ..honest.clone() };
		assert_eq!(
			(neighbour.element(), neighbour.root(tag, 30)),
			(Some(elements[13]), Some(root))
		);
		// Another position, another value, another depth, a value that is not canonical.
		for index in [2, 26, 30, u32::MAX] {
			assert_ne!(Opening { index, ..honest.clone() }.root(tag, 30), Some(root));
		}
		let mut other = honest.clone();
		other.levels[0][2] = to_root(&Fr::from(9u64));
		assert_eq!(other.root(tag, 30), None);
		let mut deep = honest.clone();
		deep.levels.push(deep.levels[1]);
		assert_eq!(deep.root(tag, 30), None);
		let mut shallow = honest.clone();
		shallow.levels.pop();
		assert_eq!(shallow.root(tag, 30), None);
		let mut large = honest;
		large.levels[0][2] = [0xff; 32];
		assert_eq!((large.element(), large.root(tag, 30)), (None, None));
	}
}
