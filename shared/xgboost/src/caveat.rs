//! What a person should know of a model before it is served, as data.

use crate::error::ModelError;
use crate::image::Image;
use std::fmt;

/// The deepest tree that is explained, in splits from the root to a leaf. XGBoost's default is 6; a walk holds about
/// 1 KB a level.
pub(crate) const MOST_LEVELS: usize = 4096;

/// What a person should know of a model before it is served. Its `Display` is a sentence without the model's name, a capital or
/// a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
pub enum Caveat {
    /// Training stopped early, and the image serves the trees up to the best round alone.
    ServesBest {
        /// The image that serves the model.
        image: Image,
        /// Trees up to the best round.
        best: usize,
        /// Trees of the file.
        trees: usize,
    },
    /// Training stopped early, and the image serves all trees.
    ServesAll {
        /// The image that serves the model.
        image: Image,
        /// Trees up to the best round.
        best: usize,
        /// Trees of the file.
        trees: usize,
    },
    /// The file holds no feature names, so that features are taken by position.
    NoFeatureNames {
        /// Features of the model.
        features: usize,
    },
    /// No record can be explained.
    NotExplained(Unexplained),
}

/// The place in a model that keeps its records from being explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unexplained {
    /// Index of the tree, from 0.
    pub tree: usize,
    /// Index of the node in the tree, from 0.
    pub node: usize,
    /// What is wrong with it.
    pub fault: NodeFault,
}

/// What keeps a tree from explaining records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum NodeFault {
    /// Not every node has a training weight (`sum_hessian`).
    NoWeights,
    /// Its training weight is negative or not a number.
    Weight,
    /// It lies deeper than records are explained.
    TooDeep,
    /// A split leads to it, and it does not exist.
    Missing,
}

impl fmt::Display for NodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeFault::NoWeights => {
                f.write_str("there is not one `sum_hessian` a node, without which no record can be explained")
            }
            NodeFault::Weight => f.write_str("its `sum_hessian` is negative or not a number"),
            NodeFault::TooDeep => write!(f, "the tree is deeper than the {MOST_LEVELS} levels that are explained"),
            NodeFault::Missing => f.write_str("the node is missing"),
        }
    }
}

impl From<Unexplained> for ModelError {
    fn from(Unexplained { tree, node, fault }: Unexplained) -> ModelError {
        ModelError::Tree { tree, node, problem: fault.to_string() }
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caveat::ServesBest { image, best, trees } => write!(
                f,
                "training stopped early: image {image} serves the first {best} of {trees} trees, up to the best round, and \
                 those are evaluated; image {} would serve all",
                Image::V3_0
            ),
            Caveat::ServesAll { image, best, trees } => write!(
                f,
                "training stopped early: image {image} serves all {trees} trees and not the first {best}, up to the best \
                 round, so all are evaluated; to serve the best ones, slice the model before it is saved \
                 (`booster[: best_iteration + 1]`)"
            ),
            Caveat::NoFeatureNames { features } => write!(
                f,
                "it holds no feature names: its {features} features were taken by position, and nothing can tell whether \
                 that is their order"
            ),
            Caveat::NotExplained(found) => write!(f, "its reasons are not compared: {}", ModelError::from(*found)),
        }
    }
}
