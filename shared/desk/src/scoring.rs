//! Records scored and explained by one model: what `meridian score` does.

use crate::features;
use crate::models::{FileError, ModelFile, Serving, open};
use crate::progress::Progress;
use meridian_evaluation::{HoldoutError, Records};
use meridian_xgboost::{Matrix, Model, ModelFeatures, Reason, ShapForest, ShapeError, top_reasons};
use std::error::Error;
use std::path::Path;

/// Records that are explained at a time.
const BATCH: usize = 1024;

/// A model that scores records.
#[derive(Debug)]
pub struct Scorer<'a> {
    file: ModelFile<'a>,
    serving: &'a Serving,
    model: Model,
    features: Vec<String>,
    warnings: Vec<String>,
}

impl<'a> Scorer<'a> {
    /// Reads the model, and the callers' features where the options name a list.
    ///
    /// # Errors
    /// A file cannot be read ([`FileError`], [`FeaturesError`](crate::FeaturesError)), or is refused.
    pub fn open(path: &'a Path, serving: &'a Serving, progress: &'a Progress) -> Result<Scorer<'a>, Box<dyn Error>> {
        let list = serving.features.as_deref();
        let list = list.map(|path| features::read(path).map(|names| (path, names))).transpose()?;
        let file = ModelFile { path, options: serving.options(serving.image), progress };
        let (served, _) = file.read(None)?;
        let callers = list.as_ref().map(|(path, names)| (*path, names.as_slice()));
        let features = file.features(&ModelFeatures::of(&served.model), callers)?;
        let warnings = served.caveats.iter().map(|caveat| format!("{}: {caveat}", file.name())).collect();
        Ok(Scorer { file, serving, model: served.model, features, warnings })
    }

    /// The features in the order in which they are served.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// What people should know before they serve the model, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Reads a file of records with the model's features, in any order, and columns to be left out.
    ///
    /// # Errors
    /// It cannot be read, or its columns or values do not fit.
    pub fn read(&self, path: &Path, ignore: &[String]) -> Result<Records, Box<dyn Error>> {
        let input = self.file.progress.reading(&format!("reading {}", path.display()), open(path)?);
        let records = Records::read(input, &self.features, ignore);
        Ok(records.map_err(|error| format!("{}: {error}{}", path.display(), ignore_hint(&error)))?)
    }

    /// One margin (log-odds) for each row, in their order.
    ///
    /// # Errors
    /// Rows of another width, or more work than a table of this size may be.
    pub fn margins(&self, rows: Matrix<'_>) -> Result<Vec<f32>, ShapeError> {
        self.file.progress.say("scoring");
        self.model.matrix_margins(rows, self.serving.threads())
    }

    /// Reads the model once more, in the form that explains, for the `count` strongest reasons of records.
    ///
    /// # Errors
    /// The file cannot be read, or does not say what an explanation needs.
    pub fn explain(self, count: usize) -> Result<TopReasons, FileError> {
        let Scorer { file, serving, model, features, .. } = self;
        // Both forms of a large model need not be in memory together.
        drop(model);
        let ModelFile { path, options, progress } = file;
        let input = progress.reading(&format!("reading {} to explain", path.display()), open(path)?);
        let forest = ShapForest::read(input, &options);
        let forest = forest.map_err(|source| FileError::Model { path: path.to_owned(), source })?;
        Ok(TopReasons { forest, count: count.min(features.len()), threads: serving.threads().get() })
    }
}

/// Which option leaves columns out.
fn ignore_hint(error: &HoldoutError) -> &'static str {
    match error {
        HoldoutError::Columns { extra, .. } if !extra.is_empty() => " (here: --ignore COL,COL)",
        _ => "",
    }
}

/// A model that tells the strongest reasons of records.
pub struct TopReasons {
    forest: ShapForest,
    count: usize,
    threads: usize,
}

impl TopReasons {
    /// How many reasons a record has at most.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The reasons of every row, strongest first, in the rows' order: some rows at a time, so that the contributions of all
    /// features are never held for all rows. A row of which fewer features moved the margin has fewer reasons.
    ///
    /// # Errors
    /// Rows of another width.
    pub fn batches(&self, rows: Matrix<'_>) -> impl Iterator<Item = Result<Vec<Vec<Reason>>, ShapeError>> {
        let width = rows.width();
        rows.values().chunks(BATCH * width).map(move |batch| {
            let batch = Matrix::new(batch, width).unwrap_or(Matrix::EMPTY);
            let contributions = self.forest.contributions(batch, self.threads)?;
            Ok(contributions.chunks_exact(width).map(|row| top_reasons(row, self.count)).collect())
        })
    }
}

/// Counts only, as a model's other forms.
impl std::fmt::Debug for TopReasons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopReasons").field("count", &self.count).finish_non_exhaustive()
    }
}
