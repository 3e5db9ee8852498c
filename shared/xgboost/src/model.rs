//! A loaded model, and margins that are bit-equal to those of XGBoost's own CPU predictor.

use crate::archive::{self, Reading, with_single_file};
use crate::error::{ModelError, PayloadError, ShapeError};
use crate::forest::Forest;
use crate::format::{self, Learner, Objective};
use crate::image::Image;
use crate::matrix::Matrix;
use crate::payload::read_csv_row;
use crate::score::{self, Isa};
use crate::stream::ReadOptions;
use std::fmt;
use std::io::Read;
use std::num::NonZeroUsize;

/// Bytes that an archive may inflate to, unless a caller sets another limit.
pub const DEFAULT_MODEL_LIMIT: u64 = 1 << 30;

/// Splits passed when records are scored: for any model and table, and for each value of the table more. A reference night (10,000
/// records, 400 features, 4,800 trees of depth 12) takes a tenth of it.
const STEPS: (u64, u64) = (5_000_000_000, 250);

/// An XGBoost model of one output: trees, their weights already in the leaves, and where a row's sum starts.
#[derive(Clone)]
pub struct Model {
    forest: Forest,
    n_features: usize,
    steps: u64,
    feature_names: Vec<String>,
    base_margin: f32,
    objective: Objective,
}

impl Model {
    /// Reads a model: `model.tar.gz`, or a bare model file of any [`Format`](crate::Format), told apart by content. An
    /// archive is read as a stream. Of a model whose training stopped early, the trees that the options' image serves
    /// are kept.
    ///
    /// # Errors
    /// An archive of anything but exactly one top-level file, and a model that is damaged or of an unsupported kind; see
    /// [`ModelError`].
    pub fn read(input: impl Read + Send, options: &ReadOptions) -> Result<Model, ModelError> {
        let mut forest = Forest::default();
        let reading = Reading { limit: options.limit, threads: options.threads.get() };
        let learner = archive::load(input, reading, &mut forest)?;
        learner.check_served(options.image)?;
        Ok(Model::of(learner, forest, options.image))
    }

    /// Reads `model.tar.gz` as a stream, up to [`DEFAULT_MODEL_LIMIT`] inflated bytes; all trees are served.
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
        with_single_file(archive, limit, |name, file| {
            let mut forest = Forest::default();
            let learner = format::read_named(name, file, &mut forest)?;
            Ok(Model::of(learner, forest, Image::V3_0))
        })
    }

    /// Reads a bare model file of any [`Format`](crate::Format); all trees are served.
    ///
    /// # Errors
    /// An unknown format, or a model that is damaged or of an unsupported kind; see [`ModelError`].
    pub fn from_ubjson(bytes: &[u8]) -> Result<Model, ModelError> {
        Model::parse(bytes)
    }

    fn parse(file: impl Read) -> Result<Model, ModelError> {
        let mut forest = Forest::default();
        let learner = format::read(file, &mut forest)?;
        Ok(Model::of(learner, forest, Image::V3_0))
    }

    pub(crate) fn of(learner: Learner, forest: Forest, image: Image) -> Model {
        let forest = forest.finish(learner.tree_weights(), learner.served_trees(image));
        let Learner { feature_names, num_feature, steps, base_margin, objective, .. } = learner;
        Model { forest, n_features: num_feature, steps, feature_names, base_margin, objective }
    }

    /// The trees that are served.
    pub(crate) fn forest(&self) -> &Forest {
        &self.forest
    }

    /// Where the sum of a row starts.
    pub(crate) fn base_margin(&self) -> f32 {
        self.base_margin
    }

    /// Number of features of a row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Number of trees that are served.
    pub fn n_trees(&self) -> usize {
        self.forest.trees()
    }

    /// The names that the model was trained with, in order; empty where it was trained without.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// What the model was trained for, and so what the container answers.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// The margin (log-odds) of one row, NaN for a missing value.
    ///
    /// # Errors
    /// [`ShapeError::Width`] unless the row has [`Model::n_features`] values.
    pub fn margin(&self, row: &[f32]) -> Result<f32, ShapeError> {
        self.check_width(row.len())?;
        // The accumulator starts at the base margin; adding it afterwards rounds differently.
        Ok(self.forest.margin(self.base_margin, row))
    }

    /// The probability of one row: what the container answers.
    ///
    /// # Errors
    /// As [`Model::margin`].
    pub fn probability(&self, row: &[f32]) -> Result<f32, ShapeError> {
        self.margin(row).map(|margin| self.objective.answer(margin))
    }

    /// The margins of all rows, in order, scored on up to `threads` threads. The columns are taken by position.
    ///
    /// # Errors
    /// [`ShapeError::Width`] unless the rows have [`Model::n_features`] values; [`ShapeError::Work`] where scoring them would take
    /// out of all proportion.
    pub fn matrix_margins(&self, rows: Matrix<'_>, threads: NonZeroUsize) -> Result<Vec<f32>, ShapeError> {
        self.check_width(rows.width())?;
        self.check_work(rows)?;
        let mut margins = vec![self.base_margin; rows.rows()];
        score::add(&self.forest, rows, &mut margins, threads, Isa::best());
        Ok(margins)
    }

    /// [`Model::matrix_margins`] by every instruction set that this processor has, widest first, and the scalar twin
    /// last. For comparing them: whoever wants margins wants the first.
    ///
    /// # Errors
    /// As [`Model::matrix_margins`].
    #[doc(hidden)]
    pub fn margins_by_every_path(&self, rows: Matrix<'_>) -> Result<Vec<Vec<f32>>, ShapeError> {
        self.check_width(rows.width())?;
        let by = |isa| {
            let mut margins = vec![self.base_margin; rows.rows()];
            score::add(&self.forest, rows, &mut margins, NonZeroUsize::MIN, isa);
            margins
        };
        Ok(Isa::available().into_iter().map(by).collect())
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
        let (mut row, expected) = (Vec::with_capacity(self.n_features), self.n_features);
        read_csv_row(line.as_bytes(), expected, &mut row)?;
        self.probability(&row)
            .map(|answer| answer.to_string())
            .map_err(|_| PayloadError::FieldCount { expected, found: row.len() })
    }

    /// Checks that rows with these features, in this order, are what the model takes. Names are compared
    /// where the model holds names.
    ///
    /// # Errors
    /// [`ShapeError`], naming the first difference.
    pub fn check_features(&self, features: &[String]) -> Result<(), ShapeError> {
        check_features(self.n_features, &self.feature_names, features)
    }

    /// A few kilobytes of trees and of rows may ask for hours.
    fn check_work(&self, rows: Matrix<'_>) -> Result<(), ShapeError> {
        let (count, most) = (rows.rows(), most_steps(rows.values().len() as u64));
        let work = self.steps.saturating_mul(count as u64);
        if work <= most { Ok(()) } else { Err(ShapeError::Work { rows: count, steps: self.steps, most }) }
    }

    fn check_width(&self, found: usize) -> Result<(), ShapeError> {
        check_width(self.n_features, found)
    }
}

/// Splits that scoring a table with so many values may pass.
fn most_steps(values: u64) -> u64 {
    let (floor, factor) = STEPS;
    floor.saturating_add(factor.saturating_mul(values))
}

/// See [`Model::check_features`].
pub(crate) fn check_features(n_features: usize, names: &[String], features: &[String]) -> Result<(), ShapeError> {
    check_width(n_features, features.len())?;
    let mut pairs = names.iter().zip(features).enumerate();
    match pairs.find(|(_, (expected, found))| expected != found) {
        Some((position, (expected, found))) => {
            Err(ShapeError::Name { position, expected: expected.clone(), found: found.clone() })
        }
        None => Ok(()),
    }
}

pub(crate) fn check_width(expected: usize, found: usize) -> Result<(), ShapeError> {
    if found == expected { Ok(()) } else { Err(ShapeError::Width { expected, found }) }
}

/// An archive's only file, as models are read from it. For comparing with other readers of archives.
///
/// # Errors
/// As [`Model::from_archive`], as far as the archive and not the model is concerned.
#[doc(hidden)]
pub fn only_file(archive: impl Read, limit: u64) -> Result<Vec<u8>, ModelError> {
    with_single_file(archive, limit, |_, file| {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(ModelError::Io)?;
        Ok(bytes)
    })
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("n_features", &self.n_features)
            .field("trees", &self.forest.trees())
            .field("base_margin", &self.base_margin)
            .finish_non_exhaustive()
    }
}
