//! One checked tree, as every format's reader hands it on.

use crate::error::ModelError;

/// The bit of [`Node::feature`] that sends a missing value to the left.
pub(crate) const DEFAULT_LEFT: u32 = 1 << 31;

/// A node of a [`Tree`]. The right child is `left + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    /// The split's threshold, or the leaf's value.
    pub(crate) value: f32,
    /// Index of the left child in the tree; 0 marks a leaf, as no child is node 0.
    pub(crate) left: u32,
    /// Index of the feature, with [`DEFAULT_LEFT`] set where a missing value goes left.
    pub(crate) feature: u32,
}

impl Node {
    /// Index of the feature that the node splits on.
    pub(crate) fn feature(self) -> usize {
        (self.feature & !DEFAULT_LEFT) as usize
    }
}

/// A tree: never empty, node 0 is the root, breadth-first, every child index in range and every node reached once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// Parents before children, siblings side by side.
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// Forgets everything but the memory.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
    }
}

/// What becomes of the trees of a model while its file is read.
pub(crate) trait TreeSink {
    /// Takes tree `index` (from 0). The next tree overwrites it.
    ///
    /// # Errors
    /// A tree that this sink has no room or no use for.
    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError>;
}
