//! A tree as the walk wants it: depth-first, without a pointer.

use crate::caveat::{MOST_LEVELS, NodeFault, Unexplained};
use crate::tree::{Categories, DEFAULT_LEFT, Tree};

/// Bits of [`Split::feature`] above the feature's index.
const LEFT_LEAF: u32 = 1 << 31;
const RIGHT_LEAF: u32 = 1 << 30;
const MISSING_LEFT: u32 = 1 << 29;
const CATEGORICAL: u32 = 1 << 28;
const SEEN_ABOVE: u32 = 1 << 27;
const SEEN_BELOW: u32 = 1 << 26;
const INDEX: u32 = SEEN_BELOW - 1;

/// A split of a [`PackedTree`].
#[derive(Clone, Copy)]
pub(super) struct Split {
    /// The threshold; of a categorical split, the bits are the index of its set.
    pub(super) threshold: f32,
    /// The part of the split's training weight that went to the left, from 0 to 1.
    pub(super) left_share: f32,
    /// Index in [`PackedTree::features`], and flags.
    feature: u32,
}

impl Split {
    /// To be overwritten.
    pub(super) const EMPTY: Split = Split { threshold: 0.0, left_share: 0.0, feature: 0 };

    /// Index in [`PackedTree::features`].
    pub(super) fn feature(self) -> usize {
        (self.feature & INDEX) as usize
    }

    /// Whether the left child is a leaf.
    pub(super) fn left_is_leaf(self) -> bool {
        self.feature & LEFT_LEAF != 0
    }

    /// Whether the right child is a leaf.
    pub(super) fn right_is_leaf(self) -> bool {
        self.feature & RIGHT_LEAF != 0
    }

    /// Whether a missing value goes to the left.
    pub(super) fn missing_left(self) -> bool {
        self.feature & MISSING_LEFT != 0
    }

    /// The set of a categorical split.
    pub(super) fn set(self) -> Option<u32> {
        (self.feature & CATEGORICAL != 0).then(|| self.threshold.to_bits())
    }

    /// Whether a split above, on the way from the root, asks for the same feature.
    pub(super) fn seen_above(self) -> bool {
        self.feature & SEEN_ABOVE != 0
    }

    /// Whether a split below asks for the same feature.
    pub(super) fn seen_below(self) -> bool {
        self.feature & SEEN_BELOW != 0
    }
}

/// A tree in 16 bytes a split: splits and leaves apart, each in the order in which a walk that goes left first comes by
/// them. Which child is a leaf is all that such a walk needs to know.
pub(super) struct PackedTree {
    /// Depth-first, left before right; empty for a tree that is one leaf.
    pub(super) splits: Vec<Split>,
    /// One more than splits.
    pub(super) leaves: Vec<f32>,
    /// The model's features that the tree splits on, ascending.
    pub(super) features: Vec<u32>,
    /// The sets of the categorical splits.
    pub(super) categories: Categories,
    /// Splits on the longest way from the root to a leaf.
    pub(super) levels: usize,
    /// Different features on the way that has most of them.
    pub(super) distinct: usize,
    /// The mean of the leaves by training weight: what the tree gives for a record of which nothing is known.
    pub(super) mean: f64,
}

impl PackedTree {
    /// Packs tree `index` of a model.
    ///
    /// # Errors
    /// [`Unexplained`] where training weights are absent, negative or not finite, or the tree is deeper than
    /// [`MOST_LEVELS`].
    pub(super) fn new(index: usize, tree: &Tree) -> Result<PackedTree, Unexplained> {
        let (left_shares, mean) = left_shares(index, tree)?;
        let count = tree.nodes.len() / 2;
        let packed = PackedTree {
            splits: Vec::with_capacity(count),
            leaves: Vec::with_capacity(count + 1),
            features: features(tree),
            categories: tree.categories.clone(),
            levels: 0,
            distinct: 0,
            mean,
        };
        let nearest = vec![None; packed.features.len()];
        Packer { index, tree, left_shares, packed, nearest, distinct: 0 }.pack()
    }
}

/// What a packer has still to do, the last first.
enum Task {
    /// Take in the node, which so many splits lead to.
    Enter { node: usize, level: usize },
    /// Leave the split on this feature of the tree; this one on the same feature is then the nearest above.
    Leave { feature: usize, above: Option<usize> },
}

struct Packer<'a> {
    index: usize,
    tree: &'a Tree,
    /// By node of `tree`.
    left_shares: Vec<f32>,
    packed: PackedTree,
    /// By feature of the tree: the nearest split on it between here and the root.
    nearest: Vec<Option<usize>>,
    /// Different features between here and the root.
    distinct: usize,
}

impl Packer<'_> {
    fn pack(mut self) -> Result<PackedTree, Unexplained> {
        let mut tasks = vec![Task::Enter { node: 0, level: 0 }];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Enter { node, level } => self.enter(node, level, &mut tasks)?,
                Task::Leave { feature, above } => {
                    self.distinct -= usize::from(above.is_none());
                    if let Some(nearest) = self.nearest.get_mut(feature) {
                        *nearest = above;
                    }
                }
            }
        }
        Ok(self.packed)
    }

    fn enter(&mut self, place: usize, level: usize, tasks: &mut Vec<Task>) -> Result<(), Unexplained> {
        let refuse = |fault| Err(Unexplained { tree: self.index, node: place, fault });
        let Some(node) = self.tree.nodes.get(place) else { return refuse(NodeFault::Missing) };
        if node.left == 0 {
            self.packed.leaves.push(node.value);
            self.packed.levels = self.packed.levels.max(level);
            return Ok(());
        }
        if level == MOST_LEVELS {
            return refuse(NodeFault::TooDeep);
        }
        let left = node.left as usize;
        let is_leaf = |child: usize| self.tree.nodes.get(child).is_some_and(|child| child.left == 0);
        let feature = self.packed.features.binary_search(&(node.feature() as u32)).unwrap_or_default();
        let flag = |flag: u32, holds: bool| if holds { flag } else { 0 };
        let here = self.packed.splits.len();
        let above = self.nearest.get_mut(feature).and_then(|nearest| nearest.replace(here));
        let flags = flag(LEFT_LEAF, is_leaf(left))
            | flag(RIGHT_LEAF, is_leaf(left + 1))
            | flag(MISSING_LEFT, node.feature & DEFAULT_LEFT != 0)
            | flag(CATEGORICAL, node.set().is_some())
            | flag(SEEN_ABOVE, above.is_some());
        let left_share = self.left_shares.get(place).copied().unwrap_or(0.5);
        self.packed.splits.push(Split { threshold: node.value, left_share, feature: feature as u32 | flags });
        match above {
            Some(above) => {
                if let Some(split) = self.packed.splits.get_mut(above) {
                    split.feature |= SEEN_BELOW;
                }
            }
            None => self.distinct += 1,
        }
        self.packed.distinct = self.packed.distinct.max(self.distinct);
        tasks.push(Task::Leave { feature, above });
        tasks.push(Task::Enter { node: left + 1, level: level + 1 });
        tasks.push(Task::Enter { node: left, level: level + 1 });
        Ok(())
    }
}

/// The features that the tree splits on, ascending.
fn features(tree: &Tree) -> Vec<u32> {
    let splits = tree.nodes.iter().filter(|node| node.left != 0);
    let mut features: Vec<u32> = splits.map(|node| node.feature() as u32).collect();
    features.sort_unstable();
    features.dedup();
    features
}

/// For each split, the part of its training weight that went to the left; and the mean of the leaves by weight.
///
/// The part is taken of both children together and not of what the file says of the split itself, so that the parts
/// always add up to 1. A split that no weight reached (a refreshed model has such) counts as half and half, where
/// XGBoost answers NaN.
fn left_shares(index: usize, tree: &Tree) -> Result<(Vec<f32>, f64), Unexplained> {
    let refuse = |node, fault| Err(Unexplained { tree: index, node, fault });
    if tree.covers.len() != tree.nodes.len() {
        return refuse(0, NodeFault::NoWeights);
    }
    if let Some(node) = tree.covers.iter().position(|cover| !(cover.is_finite() && *cover >= 0.0)) {
        return refuse(node, NodeFault::Weight);
    }
    let mut shares = vec![0.0; tree.nodes.len()];
    let mut means = vec![0.0; tree.nodes.len()];
    // Children come after their parents, so from the last to the first.
    for (place, node) in tree.nodes.iter().enumerate().rev() {
        let children = node.left as usize..node.left as usize + 2;
        let (mean, share) = match (tree.covers.get(children.clone()), means.get(children)) {
            (Some(&[left, right]), Some(&[left_mean, right_mean])) if node.left != 0 => {
                let total = f64::from(left) + f64::from(right);
                // Rounded here, so that the mean is that of the parts with which records are explained.
                let share = if total > 0.0 { (f64::from(left) / total) as f32 } else { 0.5 };
                (right_mean + f64::from(share) * (left_mean - right_mean), share)
            }
            _ => (f64::from(node.value), 0.0),
        };
        if let (Some(mean_here), Some(share_here)) = (means.get_mut(place), shares.get_mut(place)) {
            (*mean_here, *share_here) = (mean, share);
        }
    }
    Ok((shares, means.first().copied().unwrap_or_default()))
}
