//! The fast layout: a node is four bytes, and a step down a tree compares two bytes.

use super::general::General;
use super::ranks::{CONSTANT, Ranks};
use crate::tree::{DEFAULT_LEFT, Node, Tree};

/// Nodes of one tree at most: pair numbers have 13 bits, and the root comes before pair 0.
pub(crate) const SPAN: usize = (1 << 14) + 1;
const SLOT_SHIFT: u32 = 8;
const SLOT_BITS: u32 = (1 << 11) - 1;

/// A node. Bits 0 to 7: the threshold's rank. Bits 8 to 18: the slot. Bits 19 to 31: the pair of children, which are the
/// nodes `2 * pair + 1` (left) and `2 * pair + 2` of the tree.
///
/// A leaf is its own child: its pair is the one that it is part of, its slot the constant one, and its rank is 1 (never
/// reached: left) in a left child and 0 (always reached: right) in a right one. Until its forest is sealed, a split has
/// the threshold's id in the place of its rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Word(u32);

impl Word {
    /// The rank's bits.
    pub(crate) const RANK_BITS: u32 = 0xff;
    /// Shift that leaves 64 times the slot, in [`Word::SLOT_BITS_64`].
    pub(crate) const SLOT_SHIFT_64: u32 = SLOT_SHIFT - 6;
    /// See [`Word::SLOT_SHIFT_64`].
    pub(crate) const SLOT_BITS_64: u32 = SLOT_BITS << 6;
    /// Shift that leaves the pair.
    pub(crate) const PAIR_SHIFT: u32 = 19;

    fn split(pair: u32, slot: u16, rank: u8) -> Word {
        Word(pair << Word::PAIR_SHIFT | u32::from(slot) << SLOT_SHIFT | u32::from(rank))
    }

    /// A leaf at `index`, which is 1 or more.
    fn leaf(index: u32) -> Word {
        Word::split((index - 1) / 2, CONSTANT, (index % 2) as u8)
    }

    /// The rank, or the threshold's id.
    #[inline(always)]
    pub(crate) fn rank(self) -> u8 {
        self.0 as u8
    }

    /// The slot whose code is compared.
    #[inline(always)]
    pub(crate) fn slot(self) -> u16 {
        (self.0 >> SLOT_SHIFT & SLOT_BITS) as u16
    }

    /// 64 times the slot: where its codes start in a block of 64 rows. At most `64 * 2047`.
    #[inline(always)]
    pub(crate) fn slot_times_64(self) -> usize {
        (self.0 >> Word::SLOT_SHIFT_64 & Word::SLOT_BITS_64) as usize
    }

    /// Index of the left child; odd.
    #[inline(always)]
    pub(crate) fn left(self) -> usize {
        // The shift leaves the pair's number doubled, and one bit of the slot.
        (self.0 >> (Word::PAIR_SHIFT - 1) | 1) as usize
    }

    /// Index of the child that a row with this code goes to; below [`SPAN`].
    #[inline(always)]
    pub(crate) fn child(self, code: u8) -> usize {
        self.left() + usize::from(code >= self.rank())
    }

    /// A leaf's own index.
    #[inline(always)]
    pub(crate) fn own_index(self) -> usize {
        self.child(0)
    }
}

/// Where a tree lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Index of the root.
    pub(crate) start: u32,
    /// Number of nodes.
    pub(crate) nodes: u32,
    /// Steps from the root to the deepest leaf.
    pub(crate) depth: u32,
}

/// Trees in the fast layout.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranked {
    pub(crate) ranks: Ranks,
    /// The nodes, and after sealing [`SPAN`] more, so that every tree can be seen as an array of that many nodes
    /// and no index has to be checked on the way down.
    words: Vec<Word>,
    /// The leaves' values, at the leaves' indices; as long as `words`.
    values: Vec<f32>,
    trees: Vec<Span>,
}

impl Ranked {
    /// Takes a tree. False, and nothing changed, where the layout has no room for it.
    pub(crate) fn push(&mut self, tree: &Tree) -> bool {
        let start = self.words.len();
        let fits = tree.nodes.len() < SPAN && tree.categories.is_empty() && u32::try_from(start + SPAN).is_ok();
        let depth = fits.then(|| self.push_nodes(&tree.nodes)).flatten();
        let Some(depth) = depth else {
            self.words.truncate(start);
            self.values.truncate(start);
            return false;
        };
        self.trees.push(Span { start: start as u32, nodes: (self.words.len() - start) as u32, depth });
        true
    }

    /// The tree's depth.
    fn push_nodes(&mut self, nodes: &[Node]) -> Option<u32> {
        if let [leaf] = nodes {
            // A root cannot be its own child: it gets two, which are alike.
            self.words.extend([Word::split(0, CONSTANT, 1), Word::leaf(1), Word::leaf(2)]);
            self.values.extend([leaf.value; 3]);
            return Some(1);
        }
        // The last node of the level at hand, and the last child seen, where the next level ends.
        let (mut depth, mut level_end, mut last_child) = (0, 0, 0);
        for (index, node) in (0_u32..).zip(nodes) {
            if index > level_end {
                depth += 1;
                level_end = last_child;
            }
            let word = if node.left == 0 {
                Word::leaf(index)
            } else {
                if node.left % 2 == 0 || node.left <= index {
                    return None;
                }
                last_child = node.left + 1;
                let (slot, id) = self.ranks.place(node.feature(), node.feature & DEFAULT_LEFT != 0, node.value)?;
                Word::split(node.left / 2, slot, id)
            };
            self.words.push(word);
            self.values.push(node.value);
        }
        Some(depth)
    }

    /// Makes trees that were pushed walkable, and names the columns whose ranks changed: rows must be coded anew in those.
    pub(crate) fn seal(&mut self) -> Vec<usize> {
        let changed = self.ranks.seal();
        for word in self.words.iter_mut().filter(|word| word.slot() != CONSTANT) {
            let rank = self.ranks.rank(word.slot(), word.rank()).unwrap_or_default();
            word.0 = word.0 & !Word::RANK_BITS | u32::from(rank);
        }
        self.words.resize(self.words.len() + SPAN, Word(0));
        self.values.resize(self.words.len(), f32::NAN);
        changed
    }

    /// Forgets the trees, not the thresholds.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.values.clear();
        self.trees.clear();
    }

    /// Multiplies the leaves of each tree with its weight, and keeps only the first `served` trees. XGBoost sums a weighted
    /// tree on its own, from zero, so that a leaf of -0 becomes 0 before it is weighed.
    pub(crate) fn weigh(&mut self, weights: Option<&[f32]>, served: usize) {
        self.trees.truncate(served);
        for (tree, weight) in self.trees.iter().zip(weights.unwrap_or_default()) {
            let values = self.values.iter_mut().skip(tree.start as usize).take(tree.nodes as usize);
            values.for_each(|value| *value = (0.0 + *value) * weight);
        }
    }

    /// The trees, not sealed yet, in the layout that takes every tree.
    pub(crate) fn unpack(&self) -> General {
        let mut general = General::default();
        for span in &self.trees {
            let range = span.start as usize..(span.start + span.nodes) as usize;
            let (words, values) = (self.words.get(range.clone()), self.values.get(range));
            let nodes = words.unwrap_or_default().iter().zip(values.unwrap_or_default());
            general.push_nodes(nodes.map(|(word, value)| self.unpack_node(*word, *value)));
        }
        general
    }

    fn unpack_node(&self, word: Word, value: f32) -> Node {
        match self.ranks.column(word.slot()) {
            Some(column) => {
                let default = column.slots.last() == Some(&word.slot());
                Node {
                    value: self.ranks.threshold_of_id(word.slot(), word.rank()).unwrap_or(value),
                    left: word.left() as u32,
                    feature: column.feature as u32 | if default { DEFAULT_LEFT } else { 0 },
                }
            }
            // The made-up root of a single leaf is a leaf here; nothing leads to its children.
            None => Node { value, left: 0, feature: 0 },
        }
    }

    /// Number of nodes of all trees.
    pub(crate) fn nodes(&self) -> usize {
        self.trees.last().map_or(0, |tree| (tree.start + tree.nodes) as usize)
    }

    pub(crate) fn trees(&self) -> &[Span] {
        &self.trees
    }

    /// A sealed tree's node, with its left child as a place among all nodes.
    pub(crate) fn node(&self, root: u32, place: u32) -> Option<Node> {
        let (word, value) = (*self.words.get(place as usize)?, *self.values.get(place as usize)?);
        let Some(column) = self.ranks.column(word.slot()) else {
            // The made-up root of a single leaf is a leaf here too.
            return Some(Node { value, left: 0, feature: 0 });
        };
        let default = if column.slots.last() == Some(&word.slot()) { DEFAULT_LEFT } else { 0 };
        let threshold = self.ranks.threshold(word.slot(), word.rank())?;
        Some(Node { value: threshold, left: root + word.left() as u32, feature: column.feature as u32 | default })
    }

    /// A sealed tree's nodes, and what follows them.
    pub(crate) fn words(&self, tree: Span) -> Option<&[Word; SPAN]> {
        self.words.get(tree.start as usize..)?.first_chunk()
    }

    /// A sealed tree's leaf values, at the leaves' indices.
    pub(crate) fn values(&self, tree: Span) -> Option<&[f32; SPAN]> {
        self.values.get(tree.start as usize..)?.first_chunk()
    }

    /// The value of the leaf that one row reaches, by comparing with the thresholds themselves.
    pub(crate) fn leaf(&self, tree: Span, row: &[f32]) -> Option<f32> {
        let (words, values) = (self.words(tree)?, self.values(tree)?);
        let mut index = 0;
        loop {
            let word = *words.get(index)?;
            let next = match self.ranks.column(word.slot()) {
                Some(column) => {
                    let (value, threshold) =
                        (*row.get(column.feature)?, self.ranks.threshold(word.slot(), word.rank())?);
                    let default_left = column.slots.last() == Some(&word.slot());
                    let left = value < threshold || (value.is_nan() && default_left);
                    word.child(if left { 0 } else { u8::MAX })
                }
                None => word.own_index(),
            };
            if next == index {
                return values.get(index).copied();
            }
            index = next;
        }
    }
}
