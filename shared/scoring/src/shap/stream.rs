//! Records explained while the model's file is read, and the model never held.

use super::Attributions;
use super::explain::{Group, Instructions, Workspace};
use super::lanes::LANES;
use super::packed::PackedTree;
use super::sample::sampled;
use crate::error::{ModelError, ShapeError};
use crate::format::Learner;
use crate::image::Image;
use crate::matrix::Matrix;
use crate::tree::{Tree, TreeSink};

/// Explains a few records, tree by tree as they come.
///
/// A DART model's weights, and an early stop that the image heeds, may stand behind the trees. Until then every tree
/// counts as it is; [`ShapStream::finish`] says where that was wrong, and the file must then be read once more with
/// what is known by then, [`ShapStream::knowing`].
pub(crate) struct ShapStream {
    workspace: Workspace,
    groups: Vec<Group>,
    /// The rows' numbers in the held-out set.
    rows: Vec<u32>,
    width: usize,
    weights: Option<Vec<f32>>,
    served: usize,
    /// Sum of the trees' means.
    mean: f64,
}

impl ShapStream {
    /// Explains the rows that `sample` names, counted from 0, by a model of which nothing is known yet.
    pub(crate) fn new(rows: Matrix<'_>, sample: &[u32]) -> ShapStream {
        let width = rows.width();
        let (numbers, sampled): (Vec<u32>, Vec<&[f32]>) = sampled(rows, sample).unzip();
        let groups = sampled.chunks(LANES).map(|rows| Group::new(rows.iter().copied(), width)).collect();
        let workspace = Workspace::new(Instructions::best());
        ShapStream { workspace, groups, rows: numbers, width, weights: None, served: usize::MAX, mean: 0.0 }
    }

    /// The same by a model of which the file was read before.
    pub(crate) fn knowing(rows: Matrix<'_>, sample: &[u32], learner: &Learner, image: Image) -> ShapStream {
        let weights = learner.tree_weights().map(<[f32]>::to_vec);
        ShapStream { weights, served: learner.served_trees(image), ..ShapStream::new(rows, sample) }
    }

    /// What was found, the file being read to its end, of rows whose features are called `features`; `None` where the
    /// trees counted otherwise than they should.
    ///
    /// # Errors
    /// [`ShapeError::Width`] where the rows have not as many features as the model.
    pub(crate) fn finish(
        &self,
        learner: &Learner,
        image: Image,
        features: &[String],
    ) -> Result<Option<Attributions>, ShapeError> {
        let (expected, found) = (learner.num_feature, self.width);
        if expected != found {
            return Err(ShapeError::Width { expected, found });
        }
        let served = self.served.min(learner.trees);
        if self.weights.as_deref() != learner.tree_weights() || served != learner.served_trees(image) {
            return Ok(None);
        }
        Ok(Some(Attributions {
            rows: self.rows.clone(),
            features: features.to_vec(),
            values: self.groups.iter().flat_map(Group::contributions).collect(),
            base: (f64::from(learner.base_margin) + self.mean) as f32,
        }))
    }
}

impl TreeSink for ShapStream {
    fn wants_covers(&self) -> bool {
        true
    }

    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        if index >= self.served {
            return Ok(());
        }
        let weight =
            self.weights.as_ref().and_then(|weights| weights.get(index)).map_or(1.0, |weight| f64::from(*weight));
        let tree = PackedTree::new(index, tree)?;
        self.mean += weight * tree.mean;
        for group in &mut self.groups {
            self.workspace.explain(&tree, weight, group);
        }
        Ok(())
    }
}

/// Hands every tree to two sinks, so that one reading of the file scores and explains.
pub(crate) struct Tee<A, B>(pub(crate) A, pub(crate) B);

impl<A: TreeSink, B: TreeSink> TreeSink for Tee<A, B> {
    fn wants_covers(&self) -> bool {
        self.0.wants_covers() || self.1.wants_covers()
    }

    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        self.0.tree(index, tree)?;
        self.1.tree(index, tree)
    }
}
