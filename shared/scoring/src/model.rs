//! A loaded model, and margins that are bit-equal to those of XGBoost's own CPU predictor.

use crate::archive::with_single_file;
use crate::error::{ModelError, PayloadError, ShapeError};
use crate::format::{self, Learner};
use crate::holdout::HeldOut;
use crate::number::{FieldError, parse_field};
use crate::tree::{DEFAULT_LEFT, Node, Tree, TreeSink};
use std::fmt;
use std::io::Read;

/// Bytes that an archive may inflate to, unless a caller sets another limit.
pub const DEFAULT_MODEL_LIMIT: u64 = 1 << 30;

/// Trees scored together: their nodes stay in the cache while the rows of a block pass.
const TREES_A_GROUP: usize = 32;
/// Rows scored together: their values stay in the cache while the trees of a group pass.
const ROWS_A_BLOCK: usize = 64;
/// Rows that go down a tree side by side; a divisor of [`ROWS_A_BLOCK`].
const ROWS_A_STEP: usize = 8;

/// The trees of a model, one behind the other.
#[derive(Default)]
struct Forest {
    nodes: Vec<Node>,
    roots: Vec<u32>,
}

impl TreeSink for Forest {
    fn tree(&mut self, index: usize, tree: &Tree) -> Result<(), ModelError> {
        let root =
            u32::try_from(self.nodes.len()).ok().filter(|root| root.checked_add(tree.nodes.len() as u32).is_some());
        let root = root.ok_or_else(|| ModelError::Tree {
            tree: index,
            node: 0,
            problem: "the model has more than 2^32 nodes".to_owned(),
        })?;
        let placed = |node: &Node| Node { left: if node.left == 0 { 0 } else { root + node.left }, ..*node };
        self.nodes.extend(tree.nodes.iter().map(placed));
        self.roots.push(root);
        Ok(())
    }
}

/// An XGBoost `gbtree` model with objective `binary:logistic` and numeric splits.
///
/// Every child index was checked when the model was read, and every node is reached at most once from
/// its tree's root, so that a walk always ends at a leaf.
#[derive(Clone)]
pub struct Model {
    nodes: Vec<Node>,
    roots: Vec<u32>,
    n_features: usize,
    feature_names: Vec<String>,
    base_margin: f32,
}

impl Model {
    /// Reads `model.tar.gz` as a stream, up to [`DEFAULT_MODEL_LIMIT`] inflated bytes.
    ///
    /// # Errors
    /// Anything but a gzip-compressed tar of exactly one top-level file with a supported model; see [`ModelError`].
    pub fn from_archive(archive: impl Read) -> Result<Model, ModelError> {
        Model::from_archive_within(archive, DEFAULT_MODEL_LIMIT)
    }

    /// The same with another limit, in inflated bytes of the whole tar.
    ///
    /// # Errors
    /// As [`Model::from_archive`]; [`ModelError::TooLarge`] past the limit.
    pub fn from_archive_within(archive: impl Read, limit: u64) -> Result<Model, ModelError> {
        with_single_file(archive, limit, |file| Model::read(file))
    }

    /// Reads a bare model file.
    ///
    /// # Errors
    /// A format other than UBJSON, or a model that is damaged or of an unsupported kind; see [`ModelError`].
    pub fn from_ubjson(bytes: &[u8]) -> Result<Model, ModelError> {
        Model::read(bytes)
    }

    fn read(file: impl Read) -> Result<Model, ModelError> {
        let mut forest = Forest::default();
        let Learner { feature_names, num_feature, base_margin, .. } = format::read(file, &mut forest)?;
        let Forest { nodes, roots } = forest;
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.left != 0) {
            let feature = node.feature();
            if feature >= num_feature {
                let tree = roots.partition_point(|root| *root as usize <= index).saturating_sub(1);
                let problem = format!(
                    "(counted breadth-first) splits on feature {feature}, but the model has {num_feature} features"
                );
                let first = roots.get(tree).map_or(0, |root| *root as usize);
                return Err(ModelError::Tree { tree, node: index - first, problem });
            }
        }
        Ok(Model { nodes, roots, n_features: num_feature, feature_names, base_margin })
    }

    /// Number of features of a row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Number of trees; all of them are served, as XGBoost 3.x containers do.
    pub fn n_trees(&self) -> usize {
        self.roots.len()
    }

    /// The names that the model was trained with, in order; empty where it was trained without.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The margin (log-odds) of one row, NaN for a missing value.
    ///
    /// # Errors
    /// [`ShapeError::Width`] unless the row has [`Model::n_features`] values.
    pub fn margin(&self, row: &[f32]) -> Result<f32, ShapeError> {
        self.check_width(row.len())?;
        // The accumulator starts at the base margin; adding it afterwards rounds differently.
        Ok(self.roots.iter().fold(self.base_margin, |sum, root| sum + self.leaf(*root, row)))
    }

    /// The probability of one row: what the container answers.
    ///
    /// # Errors
    /// As [`Model::margin`].
    pub fn probability(&self, row: &[f32]) -> Result<f32, ShapeError> {
        self.margin(row).map(probability_of)
    }

    /// The margins of all rows, in order.
    ///
    /// # Errors
    /// [`ShapeError`] where the number of features, or (for a model with names) their names or order differ.
    pub fn margins(&self, matrix: &HeldOut) -> Result<Vec<f32>, ShapeError> {
        self.check_features(matrix.features())?;
        let mut margins = vec![self.base_margin; matrix.rows()];
        for trees in self.roots.chunks(TREES_A_GROUP) {
            let blocks = matrix.matrix().values().chunks(ROWS_A_BLOCK * self.n_features);
            for (sums, rows) in margins.chunks_mut(ROWS_A_BLOCK).zip(blocks) {
                for root in trees {
                    let lanes = rows.chunks(ROWS_A_STEP * self.n_features);
                    for (sums, rows) in sums.chunks_mut(ROWS_A_STEP).zip(lanes) {
                        self.add_leaves(*root, rows, sums);
                    }
                }
            }
        }
        Ok(margins)
    }

    /// The probabilities of all rows, in order.
    ///
    /// # Errors
    /// As [`Model::margins`].
    pub fn probabilities(&self, matrix: &HeldOut) -> Result<Vec<f32>, ShapeError> {
        Ok(self.margins(matrix)?.into_iter().map(probability_of).collect())
    }

    /// What the container answers to one `text/csv` row: the probability, printed so that it reads back
    /// to the same f32. A trailing line break is allowed; an empty field is a missing value.
    ///
    /// # Errors
    /// [`PayloadError`], which never holds a value of the payload.
    pub fn answer_csv(&self, payload: &str) -> Result<String, PayloadError> {
        let line = payload.strip_suffix('\n').unwrap_or(payload);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains(['\n', '\r']) {
            return Err(PayloadError::SeveralRows);
        }
        let found = line.split(',').count();
        let expected = self.n_features;
        if found != expected {
            return Err(PayloadError::FieldCount { expected, found });
        }
        let parse = |(position, field): (usize, &str)| {
            parse_field(field).map_err(|error| match error {
                FieldError::NotANumber => PayloadError::NotANumber { position },
                FieldError::Infinite => PayloadError::Infinite { position },
            })
        };
        let row: Vec<f32> = line.split(',').enumerate().map(parse).collect::<Result<_, _>>()?;
        self.probability(&row)
            .map(|answer| answer.to_string())
            .map_err(|_| PayloadError::FieldCount { expected, found })
    }

    /// Checks that rows with these features, in this order, are what the model takes. Names are compared
    /// where the model holds names.
    ///
    /// # Errors
    /// [`ShapeError`], naming the first difference.
    pub fn check_features(&self, features: &[String]) -> Result<(), ShapeError> {
        self.check_width(features.len())?;
        let mut pairs = self.feature_names.iter().zip(features).enumerate();
        match pairs.find(|(_, (expected, found))| expected != found) {
            Some((position, (expected, found))) => {
                Err(ShapeError::Name { position, expected: expected.clone(), found: found.clone() })
            }
            None => Ok(()),
        }
    }

    fn check_width(&self, found: usize) -> Result<(), ShapeError> {
        let expected = self.n_features;
        if found == expected { Ok(()) } else { Err(ShapeError::Width { expected, found }) }
    }

    /// Adds one tree's leaf values for up to [`ROWS_A_STEP`] rows, which go down side by side: a step of one row
    /// need not wait for the step of another, and no branch depends on where a row turns.
    fn add_leaves(&self, root: u32, rows: &[f32], sums: &mut [f32]) {
        let mut places = [root; ROWS_A_STEP];
        let mut moved = true;
        while moved {
            moved = false;
            for (place, row) in places.iter_mut().zip(rows.chunks_exact(self.n_features)) {
                let next = self.step(*place, row);
                moved |= next != *place;
                *place = next;
            }
        }
        for (sum, place) in sums.iter_mut().zip(places) {
            *sum += self.value(place);
        }
    }

    /// The value of the leaf that the row reaches.
    fn leaf(&self, root: u32, row: &[f32]) -> f32 {
        let mut place = root;
        loop {
            let next = self.step(place, row);
            if next == place {
                return self.value(place);
            }
            place = next;
        }
    }

    /// The node after `place`; a leaf is its own successor.
    #[inline(always)]
    fn step(&self, place: u32, row: &[f32]) -> u32 {
        // Neither `get` can miss in a checked model and a row of its width.
        let Some(node) = self.nodes.get(place as usize) else { return place };
        let Some(value) = row.get((node.feature & !DEFAULT_LEFT) as usize) else { return place };
        // `|` and not `||`: no comparison of a NaN is true, so only a missing value takes the default.
        let left = (*value < node.value) | (value.is_nan() & (node.feature & DEFAULT_LEFT != 0));
        if node.left == 0 { place } else { node.left + u32::from(!left) }
    }

    /// A leaf's value. NaN rather than a plausible number if there ever were no such node.
    fn value(&self, place: u32) -> f32 {
        self.nodes.get(place as usize).map_or(f32::NAN, |node| node.value)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("n_features", &self.n_features)
            .field("trees", &self.roots.len())
            .field("nodes", &self.nodes.len())
            .field("base_margin", &self.base_margin)
            .finish_non_exhaustive()
    }
}

/// XGBoost's sigmoid, in f32: `1 / (exp(-m) + 1 + 1e-16)`, with `-m` held under 88.7 so that `exp` stays finite.
pub fn probability_of(margin: f32) -> f32 {
    let exponent = -margin;
    // Not `min`, which would turn a NaN into a number.
    let exponent = if exponent > 88.7 { 88.7 } else { exponent };
    1.0 / (exponent.exp() + 1.0 + 1e-16)
}
