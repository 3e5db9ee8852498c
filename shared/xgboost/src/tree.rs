//! One checked tree, as every format's reader hands it on.

use crate::error::ModelError;

/// The bit of [`Node::feature`] that sends a missing value to the left.
pub(crate) const DEFAULT_LEFT: u32 = 1 << 31;
/// The bit of [`Node::feature`] that makes the split a categorical one.
pub(crate) const CATEGORICAL: u32 = 1 << 30;

/// A node of a [`Tree`]. The right child is `left + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    /// The split's threshold, or the leaf's value. A categorical split has no threshold: the *bits* of this number
    /// are the index of its set in [`Tree::categories`] (read them with [`Node::set`]).
    pub(crate) value: f32,
    /// Index of the left child in the tree; 0 marks a leaf, as no child is node 0.
    pub(crate) left: u32,
    /// Index of the feature, with [`DEFAULT_LEFT`] set where a missing value goes left, and [`CATEGORICAL`] where the
    /// split asks for membership instead of comparing. 0 in a leaf.
    pub(crate) feature: u32,
}

impl Node {
    /// Index of the feature that the node splits on.
    pub(crate) fn feature(self) -> usize {
        (self.feature & !(DEFAULT_LEFT | CATEGORICAL)) as usize
    }

    /// Index in [`Tree::categories`] of a categorical split's set; `None` for leaves and numeric splits.
    pub(crate) fn set(self) -> Option<u32> {
        (self.feature & CATEGORICAL != 0).then(|| self.value.to_bits())
    }
}

/// Sets of categories, one behind the other. A value whose category is *in* a node's set goes to the right.
///
/// A set is the run of 32-bit words from its lowest to its highest member, so that the sets of one category each
/// that one-hot splits have take one word, whatever the category.
#[derive(Clone, Debug, Default)]
pub(crate) struct Categories {
    words: Vec<u32>,
    sets: Vec<Span>,
}

/// Where a set's words lie, and which word of the whole range the first of them is.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
    first: u32,
}

impl Categories {
    /// Adds a set and gives its index. Categories are 0 to 2^24 - 1, as XGBoost's are.
    pub(crate) fn push(&mut self, categories: &[u32]) -> u32 {
        let word_of = |category: &u32| category / 32;
        let first = categories.iter().map(word_of).min().unwrap_or(0);
        let count = categories.iter().map(word_of).max().map_or(0, |last| last - first + 1);
        let start = self.words.len();
        self.words.resize(start + count as usize, 0);
        for category in categories {
            if let Some(word) = self.words.get_mut(start + (word_of(category) - first) as usize) {
                *word |= 1 << (category % 32);
            }
        }
        self.sets.push(Span { start: start as u32, end: self.words.len() as u32, first });
        (self.sets.len() - 1) as u32
    }

    /// Adds the sets of `other` and gives the index of its set 0 here: how a forest takes over a tree's sets.
    pub(crate) fn append(&mut self, other: &Categories) -> u32 {
        let (offset, index) = (self.words.len() as u32, self.sets.len() as u32);
        self.words.extend_from_slice(&other.words);
        self.sets.extend(other.sets.iter().map(|set| Span {
            start: set.start + offset,
            end: set.end + offset,
            first: set.first,
        }));
        index
    }

    /// Whether `value`, which is not NaN, names a category of the set: its integer part does, as in XGBoost's
    /// `common::Decision`. A negative value and one past the set's end name none and so go left.
    #[inline]
    pub(crate) fn contains(&self, set: u32, value: f32) -> bool {
        if value < 0.0 {
            return false;
        }
        let Some(span) = self.sets.get(set as usize) else { return false };
        // Saturating: a huge value names a category that no set has.
        let category = value as u32;
        let word = (category / 32).checked_sub(span.first).map(|word| word as usize + span.start as usize);
        let word = word.filter(|word| *word < span.end as usize).and_then(|word| self.words.get(word));
        word.is_some_and(|word| (word >> (category % 32)) & 1 == 1)
    }

    /// The lowest category that a set has, and the lowest that it has not.
    pub(crate) fn examples(&self, set: u32) -> (Option<f32>, Option<f32>) {
        let Some(span) = self.sets.get(set as usize) else { return (None, None) };
        let words = self.words.get(span.start as usize..span.end as usize).unwrap_or_default();
        // XGBoost's categories end at 2^24: every one is exact in an f32.
        let category = |(place, bit): (usize, u32)| ((span.first + place as u32) * 32 + bit) as f32;
        let inside = words.iter().enumerate().find(|(_, word)| **word != 0);
        let inside = inside.map(|(place, word)| category((place, word.trailing_zeros())));
        let outside = if span.first > 0 {
            Some(0.0)
        } else {
            let gap = words.iter().enumerate().find(|(_, word)| **word != u32::MAX);
            Some(gap.map_or((words.len() * 32) as f32, |(place, word)| category((place, word.trailing_ones()))))
        };
        (inside, outside)
    }

    /// Number of 32-bit words of all sets.
    pub(crate) fn words(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no set: every split is numeric.
    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    fn clear(&mut self) {
        self.words.clear();
        self.sets.clear();
    }
}

/// A tree: never empty, node 0 is the root, breadth-first, every child index in range and every node reached once;
/// thresholds and leaf values are finite. Feature indices are checked against the model's number of features by the
/// reader where it is known before the trees, and by [`Learner`](crate::format::Learner)'s reader at the end otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// Parents before children, siblings side by side.
    pub(crate) nodes: Vec<Node>,
    /// The sum of second derivatives (`sum_hessian`) that reached each node in training, in the order of `nodes`.
    /// Empty unless the sink [wants](TreeSink::wants_covers) it and the file has one for each node; unchecked.
    pub(crate) covers: Vec<f32>,
    /// The sets of the categorical splits.
    pub(crate) categories: Categories,
}

impl Tree {
    /// Splits between the root and the deepest leaf: what any row passes at most.
    pub(crate) fn levels(&self) -> u64 {
        let (mut start, mut end, mut levels) = (0, 1, 0);
        // Breadth-first, so a level is as wide as the splits of the one above have children.
        while let Some(level) = self.nodes.get(start..end).filter(|level| !level.is_empty()) {
            let splits = level.iter().filter(|node| node.left != 0).count();
            levels += u64::from(splits > 0);
            (start, end) = (end, end + 2 * splits);
        }
        levels
    }

    /// Forgets everything but the memory.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.covers.clear();
        self.categories.clear();
    }
}

/// What becomes of the trees of a model while its file is read.
///
/// Leaf values are those of the file. A DART model's tree weights, an early stop and the base margin are known only
/// when the file was read to its end: they are in [`Learner`](crate::format::Learner).
pub(crate) trait TreeSink {
    /// Whether [`Tree::covers`] is to be filled; asked before every tree.
    fn wants_covers(&self) -> bool {
        false
    }

    /// Takes the features' names as they were read before the first tree: empty where the file holds none, or behind it.
    fn names(&mut self, _names: &[String]) {}

    /// Takes tree `index` (from 0). The next tree overwrites it.
    ///
    /// # Errors
    /// A tree that this sink has no room or no use for.
    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError>;
}
