//! A model held for explaining records later.

use super::explain::{Group, Instructions, Workspace};
use super::lanes::LANES;
use super::packed::PackedTree;
use crate::archive::with_single_file;
use crate::error::{ModelError, ShapeError};
use crate::format::{self, Learner};
use crate::image::Image;
use crate::matrix::Matrix;
use crate::tree::{Tree, TreeSink};
use std::fmt;
use std::io::Read;
use std::thread;

/// Groups that take a tree one after the other, so that a tree is read from memory once for all of them.
const GROUPS_A_BLOCK: usize = 8;

/// A model in the form that explains records: how much each feature moved a record's margin, by the formulas of the
/// [module](super). About 8 bytes a node.
///
/// It is a [`TreeSink`]; what the file says besides its trees is added with [`ShapForest::serve`].
#[derive(Default)]
pub struct ShapForest {
    trees: Vec<PackedTree>,
    /// By tree; empty where every tree counts as it is.
    weights: Vec<f32>,
    n_features: usize,
    feature_names: Vec<String>,
    base_margin: f32,
}

impl ShapForest {
    /// Reads `model.tar.gz` as a stream, up to `limit` inflated bytes, for explaining what `image` serves.
    ///
    /// # Errors
    /// As reading a [`Model`](crate::Model), and [`ModelError::Tree`] where the file does not say how much training
    /// weight (`sum_hessian`) reached each node.
    pub fn from_archive(archive: impl Read, limit: u64, image: Image) -> Result<ShapForest, ModelError> {
        with_single_file(archive, limit, |name, file| {
            let mut forest = ShapForest::default();
            let learner = format::read_named(name, file, &mut forest)?;
            forest.serve(&learner, image);
            Ok(forest)
        })
    }

    /// Reads a bare model file.
    ///
    /// # Errors
    /// As [`ShapForest::from_archive`].
    pub fn from_file(file: impl Read, image: Image) -> Result<ShapForest, ModelError> {
        let mut forest = ShapForest::default();
        let learner = format::read(file, &mut forest)?;
        forest.serve(&learner, image);
        Ok(forest)
    }

    /// Keeps the trees that the image serves, and takes over their weights, the base margin and the features.
    pub(crate) fn serve(&mut self, learner: &Learner, image: Image) {
        self.trees.truncate(learner.served_trees(image));
        self.weights = learner.tree_weights().map(<[f32]>::to_vec).unwrap_or_default();
        self.n_features = learner.num_feature;
        self.feature_names.clone_from(&learner.feature_names);
        self.base_margin = learner.base_margin;
    }

    /// Number of features of a row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The names that the model was trained with, in order; empty where it was trained without.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The margin (log-odds) that the model expects of a record of which nothing is known: XGBoost's bias column.
    pub fn base(&self) -> f32 {
        let trees: f64 = self.weighted().map(|(tree, weight)| weight * tree.mean).sum();
        (f64::from(self.base_margin) + trees) as f32
    }

    /// What each feature added to each row's margin, in log-odds: rows x [`ShapForest::n_features`], row by row.
    /// A row's contributions and [`ShapForest::base`] add up to its margin. On up to `threads` threads; the numbers do
    /// not depend on how many.
    ///
    /// # Errors
    /// [`ShapeError::Width`] unless a row has as many features as the model.
    pub fn contributions(&self, rows: Matrix<'_>, threads: usize) -> Result<Vec<f32>, ShapeError> {
        self.contributions_with(Instructions::best(), rows, threads)
    }

    pub(super) fn contributions_with(
        &self,
        instructions: Instructions,
        rows: Matrix<'_>,
        threads: usize,
    ) -> Result<Vec<f32>, ShapeError> {
        let (expected, found) = (self.n_features, rows.width());
        if expected != found {
            return Err(ShapeError::Width { expected, found });
        }
        let mut values = vec![0.0; rows.rows() * found];
        let groups = rows.rows().div_ceil(LANES);
        let groups_a_thread = groups.div_ceil(threads.max(1)).max(1);
        let chunk = groups_a_thread * LANES * found;
        thread::scope(|scope| {
            for (index, values) in values.chunks_mut(chunk).enumerate() {
                let mut job = move || self.explain(instructions, rows, index * groups_a_thread * LANES, values);
                // The last part is for this thread.
                if (index + 1) * groups_a_thread < groups { drop(scope.spawn(job)) } else { job() }
            }
        });
        Ok(values)
    }

    /// Explains the rows from `first` on, as many as `values` holds.
    fn explain(&self, instructions: Instructions, rows: Matrix<'_>, first: usize, values: &mut [f32]) {
        let mut workspace = Workspace::new(instructions);
        let block = GROUPS_A_BLOCK * LANES;
        for (index, values) in values.chunks_mut(block * rows.width()).enumerate() {
            let first = first + index * block;
            let count = values.len() / rows.width();
            let mut rows = rows.values().chunks_exact(rows.width()).skip(first).take(count);
            let mut groups: Vec<Group> =
                (0..count.div_ceil(LANES)).map(|_| Group::new(rows.by_ref(), self.n_features)).collect();
            for (tree, weight) in self.weighted() {
                for group in &mut groups {
                    workspace.explain(tree, weight, group);
                }
            }
            for (place, value) in values.iter_mut().zip(groups.iter().flat_map(Group::contributions)) {
                *place = value;
            }
        }
    }

    fn weighted(&self) -> impl Iterator<Item = (&PackedTree, f64)> {
        self.trees
            .iter()
            .enumerate()
            .map(|(index, tree)| (tree, self.weights.get(index).map_or(1.0, |w| f64::from(*w))))
    }
}

impl TreeSink for ShapForest {
    fn wants_covers(&self) -> bool {
        true
    }

    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        self.trees.push(PackedTree::new(index, tree)?);
        Ok(())
    }
}

impl fmt::Debug for ShapForest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShapForest")
            .field("n_features", &self.n_features)
            .field("trees", &self.trees.len())
            .finish_non_exhaustive()
    }
}
