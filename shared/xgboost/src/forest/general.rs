//! The layout that takes every tree: full thresholds, 32-bit indices, categorical splits.

use crate::tree::{CATEGORICAL, Categories, DEFAULT_LEFT, Node, Tree};

/// Rows that go down a tree side by side.
const LANES: usize = 8;

/// Trees as they were read, one behind the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct General {
    /// With children counted from the first tree's root; 0 marks a leaf.
    nodes: Vec<Node>,
    roots: Vec<u32>,
    categories: Categories,
}

impl General {
    /// Takes a tree. False, and nothing changed, where 32-bit indices do not reach.
    pub(crate) fn push(&mut self, tree: &Tree) -> bool {
        if u32::try_from(self.nodes.len() + tree.nodes.len()).is_err() {
            return false;
        }
        let sets = self.categories.append(&tree.categories);
        self.push_nodes(tree.nodes.iter().map(|node| match node.set() {
            Some(set) => Node { value: f32::from_bits(set + sets), ..*node },
            None => *node,
        }));
        true
    }

    /// Takes a tree's nodes, whose children are counted from its root.
    pub(crate) fn push_nodes(&mut self, nodes: impl Iterator<Item = Node>) {
        let root = self.nodes.len() as u32; // checked by `push`; an unpacked tree was checked before
        let placed = |node: Node| Node { left: if node.left == 0 { 0 } else { root + node.left }, ..node };
        self.nodes.extend(nodes.map(placed));
        self.roots.push(root);
    }

    /// Multiplies the leaves of each tree with its weight, from zero as [`Ranked`](super::Ranked) does, and keeps only the
    /// first `served` trees.
    pub(crate) fn weigh(&mut self, weights: Option<&[f32]>, served: usize) {
        if let Some(end) = self.roots.get(served) {
            self.nodes.truncate(*end as usize);
            self.roots.truncate(served);
        }
        let ends: Vec<u32> = self.roots.iter().copied().skip(1).chain([self.nodes.len() as u32]).collect();
        for ((weight, start), end) in weights.unwrap_or_default().iter().zip(&self.roots).zip(ends) {
            let nodes = self.nodes.get_mut(*start as usize..end as usize).unwrap_or_default();
            nodes.iter_mut().filter(|node| node.left == 0).for_each(|leaf| leaf.value = (0.0 + leaf.value) * weight);
        }
    }

    /// Number of trees.
    pub(crate) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// Number of nodes of all trees.
    pub(crate) fn places(&self) -> usize {
        self.nodes.len()
    }

    /// The place of a tree's root.
    pub(crate) fn root(&self, tree: usize) -> Option<u32> {
        self.roots.get(tree).copied()
    }

    /// The node at a place.
    pub(crate) fn node(&self, place: u32) -> Option<Node> {
        self.nodes.get(place as usize).copied()
    }

    /// The sets of all categorical splits.
    pub(crate) fn categories(&self) -> &Categories {
        &self.categories
    }

    /// The value of the leaf that a row reaches in a tree.
    pub(crate) fn leaf(&self, tree: usize, row: &[f32]) -> Option<f32> {
        let mut place = *self.roots.get(tree)?;
        loop {
            let next = self.step::<true>(place, row);
            if next == place {
                return Some(self.value(place));
            }
            place = next;
        }
    }

    /// Adds the leaves of the trees of `range` to the sums of the rows.
    pub(crate) fn add(&self, range: std::ops::Range<usize>, rows: &[f32], width: usize, sums: &mut [f32]) {
        if self.categories.is_empty() {
            self.add_with::<false>(range, rows, width, sums);
        } else {
            self.add_with::<true>(range, rows, width, sums);
        }
    }

    /// Up to [`LANES`] rows go down side by side: a step of one row need not wait for the step of another, and no branch
    /// depends on where a row turns.
    fn add_with<const SETS: bool>(&self, range: std::ops::Range<usize>, rows: &[f32], width: usize, sums: &mut [f32]) {
        for root in self.roots.get(range).unwrap_or_default() {
            for (sums, rows) in sums.chunks_mut(LANES).zip(rows.chunks(LANES * width)) {
                let mut places = [*root; LANES];
                let mut moved = true;
                while moved {
                    moved = false;
                    for (place, row) in places.iter_mut().zip(rows.chunks_exact(width)) {
                        let next = self.step::<SETS>(*place, row);
                        moved |= next != *place;
                        *place = next;
                    }
                }
                for (sum, place) in sums.iter_mut().zip(places) {
                    *sum += self.value(place);
                }
            }
        }
    }

    /// The node after `place`; a leaf is its own successor.
    #[inline(always)]
    fn step<const SETS: bool>(&self, place: u32, row: &[f32]) -> u32 {
        // Neither `get` can miss in a checked forest and a row of its width.
        let Some(node) = self.nodes.get(place as usize) else { return place };
        let Some(value) = row.get(node.feature()) else { return place };
        // `|` and not `||`: no comparison of a NaN is true, so only a missing value takes the default.
        let mut left = (*value < node.value) | (value.is_nan() & (node.feature & DEFAULT_LEFT != 0));
        if SETS && node.feature & CATEGORICAL != 0 {
            left = if value.is_nan() {
                node.feature & DEFAULT_LEFT != 0
            } else {
                !self.categories.contains(node.value.to_bits(), *value)
            };
        }
        if node.left == 0 { place } else { node.left + u32::from(!left) }
    }

    /// A leaf's value. NaN rather than a plausible number if there ever were no such node.
    fn value(&self, place: u32) -> f32 {
        self.nodes.get(place as usize).map_or(f32::NAN, |node| node.value)
    }
}
