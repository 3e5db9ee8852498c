//! Records explained while the model's file is read, and the model never held.

use super::Attributions;
use super::explain::{Group, Instructions, Workspace};
use super::lanes::LANES;
use super::packed::PackedTree;
use super::sample::Sample;
use crate::caveat::Unexplained;
use crate::error::{ModelError, ShapeError};
use crate::format::Learner;
use crate::image::Image;
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
    features: Vec<String>,
    weights: Option<Vec<f32>>,
    served: usize,
    /// Sum of the trees' means.
    mean: f64,
}

impl ShapStream {
    /// Explains a sample by a model of which nothing is known yet.
    pub(crate) fn new(sample: &Sample) -> ShapStream {
        let (rows, features) = (sample.rows().to_vec(), sample.features().to_vec());
        let values: Vec<&[f32]> = sample.values().collect();
        let groups = values.chunks(LANES).map(|rows| Group::new(rows.iter().copied(), features.len())).collect();
        let workspace = Workspace::new(Instructions::best());
        ShapStream { workspace, groups, rows, features, weights: None, served: usize::MAX, mean: 0.0 }
    }

    /// The same by a model of which the file was read before.
    pub(crate) fn knowing(sample: &Sample, learner: &Learner, image: Image) -> ShapStream {
        let weights = learner.tree_weights().map(<[f32]>::to_vec);
        ShapStream { weights, served: learner.served_trees(image), ..ShapStream::new(sample) }
    }

    /// What was found, the file being read to its end; `None` where the trees counted otherwise than they should.
    ///
    /// # Errors
    /// [`ShapeError::Width`] where the rows have not as many features as the model.
    pub(crate) fn finish(&self, learner: &Learner, image: Image) -> Result<Option<Attributions>, ShapeError> {
        let (expected, found) = (learner.num_feature, self.features.len());
        if expected != found {
            return Err(ShapeError::Width { expected, found });
        }
        let served = self.served.min(learner.trees);
        if self.weights.as_deref() != learner.tree_weights() || served != learner.served_trees(image) {
            return Ok(None);
        }
        Ok(Some(Attributions {
            rows: self.rows.clone(),
            features: self.features.clone(),
            values: self.groups.iter().flat_map(Group::contributions).collect(),
            base: (f64::from(learner.base_margin) + self.mean) as f32,
        }))
    }

    /// Takes the next tree.
    ///
    /// # Errors
    /// The tree cannot explain records.
    pub(crate) fn explain(&mut self, index: usize, tree: &Tree) -> Result<(), Unexplained> {
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

impl TreeSink for ShapStream {
    fn wants_covers(&self) -> bool {
        true
    }

    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        Ok(self.explain(index, tree)?)
    }
}
