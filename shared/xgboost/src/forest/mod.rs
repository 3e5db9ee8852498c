//! The trees of a model, packed for scoring.

mod general;
mod ranked;
mod ranks;

pub(crate) use general::General;
pub(crate) use ranked::{Ranked, SPAN, Span, Word};
pub(crate) use ranks::{Column, MAX_SLOTS, Ranks};

use crate::error::ModelError;
use crate::tree::{Node, Tree, TreeSink};

/// Trees in the fastest layout that takes all of them.
#[derive(Clone, Debug)]
pub(crate) enum Forest {
    /// See [`Ranked`].
    Ranked(Ranked),
    /// See [`General`].
    General(General),
}

impl Default for Forest {
    fn default() -> Forest {
        Forest::Ranked(Ranked::default())
    }
}

impl Forest {
    /// Makes the trees walkable: weighs the leaves, and keeps the trees that are served.
    pub(crate) fn finish(mut self, weights: Option<&[f32]>, served: usize) -> Forest {
        match &mut self {
            Forest::Ranked(ranked) => {
                ranked.weigh(weights, served);
                ranked.seal();
                ranked.ranks.shrink();
            }
            Forest::General(general) => general.weigh(weights, served),
        }
        self
    }

    /// Number of trees.
    pub(crate) fn trees(&self) -> usize {
        match self {
            Forest::Ranked(ranked) => ranked.trees().len(),
            Forest::General(general) => general.trees(),
        }
    }

    /// Number of places that nodes may have.
    pub(crate) fn places(&self) -> usize {
        match self {
            Forest::Ranked(ranked) => ranked.nodes(),
            Forest::General(general) => general.places(),
        }
    }

    /// The place of a tree's root.
    pub(crate) fn root(&self, tree: usize) -> Option<u32> {
        match self {
            Forest::Ranked(ranked) => ranked.trees().get(tree).map(|span| span.start),
            Forest::General(general) => general.root(tree),
        }
    }

    /// The node at a place of the tree with this root; its left child is a place too, and the right one is the next.
    pub(crate) fn node(&self, root: u32, place: u32) -> Option<Node> {
        match self {
            Forest::Ranked(ranked) => ranked.node(root, place),
            Forest::General(general) => general.node(place),
        }
    }

    /// Whether a category is in a set.
    pub(crate) fn contains(&self, set: u32, value: f32) -> bool {
        matches!(self, Forest::General(general) if general.categories().contains(set, value))
    }

    /// The lowest category that is in a set, and the lowest that is not.
    pub(crate) fn categories_of(&self, set: u32) -> (Option<f32>, Option<f32>) {
        match self {
            Forest::Ranked(_) => (None, None),
            Forest::General(general) => general.categories().examples(set),
        }
    }

    /// The margin of one row: every tree's leaf, in tree order, added to `base`.
    pub(crate) fn margin(&self, base: f32, row: &[f32]) -> f32 {
        let add = |sum: f32, leaf: Option<f32>| sum + leaf.unwrap_or(f32::NAN);
        match self {
            Forest::Ranked(ranked) => ranked.trees().iter().fold(base, |sum, tree| add(sum, ranked.leaf(*tree, row))),
            Forest::General(general) => (0..general.trees()).fold(base, |sum, tree| add(sum, general.leaf(tree, row))),
        }
    }
}

impl TreeSink for Forest {
    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        if let Forest::Ranked(ranked) = self {
            if ranked.push(tree) {
                return Ok(());
            }
            *self = Forest::General(ranked.unpack());
        }
        let taken = match self {
            Forest::Ranked(_) => false,
            Forest::General(general) => general.push(tree),
        };
        let problem = || "the model has more than 2^32 nodes".to_owned();
        if taken { Ok(()) } else { Err(ModelError::Tree { tree: index, node: 0, problem: problem() }) }
    }
}
