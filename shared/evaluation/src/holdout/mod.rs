//! Records from CSV or Parquet, matched by column names: labelled ones to evaluate on, others to be scored.

mod cause;
mod columns;
mod error;
mod groups;
pub mod isolated;
mod pages;
mod parquet;
mod projection;
mod source;
mod table;
mod text;

pub use cause::{ColumnTypes, ExpectedColumns, ParquetDamage, SizeUnit, UnreadableCause};
pub use columns::Columns;
pub(crate) use columns::Wanted;
pub use error::HoldoutError;
pub(crate) use error::unreadable;
pub use groups::Groups;
pub(crate) use groups::MAX_NAMES;
pub use projection::Projection;
pub(crate) use table::Table;

use crate::allowance::Counter;
use meridian_xgboost::{Matrix, Model, Scored, ShapeError};
use source::Content;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::num::NonZeroUsize;

/// Features in memory, row by row, NaN where a value is missing; no labels.
#[derive(Clone)]
pub struct Records {
    features: Vec<String>,
    values: Vec<f32>,
    rows: usize,
    sha256: [u8; 32],
}

impl Records {
    /// Reads the columns named `features`, in this order, from CSV with a header or from Parquet (told apart by the first
    /// bytes), plain or gzip-compressed. Columns named in `ignore` may be there; others may not.
    ///
    /// # Errors
    /// [`HoldoutError`]: columns that do not fit, values that are not finite numbers, a damaged file.
    pub fn read(input: impl Read, features: &[String], ignore: &[String]) -> Result<Records, HoldoutError> {
        let wanted = Wanted { features, ignore, ..Wanted::default() };
        let (table, sha256) = read(input, wanted)?;
        Ok(Records::new(table, sha256))
    }

    fn new(table: Table<'_>, sha256: [u8; 32]) -> Records {
        Records { features: table.wanted.features.to_vec(), rows: table.rows(), values: table.values, sha256 }
    }

    /// Number of records, at least 1.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Feature names, in column order.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// SHA-256 of the file as it was read, compressed where it was.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The features of record `index` (from 0); empty past the last record.
    pub fn row(&self, index: usize) -> &[f32] {
        self.matrix().row(index)
    }

    /// The features as a matrix, in the order of [`Records::features`].
    pub fn matrix(&self) -> Matrix<'_> {
        // The reader fills every row.
        Matrix::new(&self.values, self.features.len()).unwrap_or(Matrix::EMPTY)
    }

    /// The features named, in the order named: borrowed where that is [`Records::features`] itself, copied elsewhere.
    ///
    /// # Errors
    /// [`HoldoutError::Columns`] naming those that were not read.
    pub fn matrix_for(&self, features: &[String]) -> Result<Projection<'_>, HoldoutError> {
        let known: BTreeMap<&str, usize> =
            self.features.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let places: Vec<usize> = features.iter().filter_map(|name| known.get(name.as_str()).copied()).collect();
        if places.len() == features.len()
            && let Some(projection) = Projection::new(self.matrix(), &places)
        {
            return Ok(projection);
        }
        let missing = features.iter().filter(|name| !known.contains_key(name.as_str())).cloned().collect();
        Err(HoldoutError::Columns {
            missing,
            extra: Vec::new(),
            twice: Vec::new(),
            expected: ExpectedColumns::EveryModels,
        })
    }
}

impl fmt::Debug for Records {
    /// Never shows a value: these are customers' records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("rows", &self.rows)
            .field("features", &self.features.len())
            .finish_non_exhaustive()
    }
}

/// Labelled records in memory.
#[derive(Clone)]
pub struct HeldOut {
    records: Records,
    labels: Vec<bool>,
    regions: Groups,
    slices: Vec<(String, Option<Groups>)>,
}

impl HeldOut {
    /// Reads CSV with a header or Parquet (told apart by the first bytes), plain or gzip-compressed.
    ///
    /// # Errors
    /// [`HoldoutError`]: columns that do not fit, values that are not finite numbers, a damaged file.
    pub fn read(input: impl Read, columns: &Columns) -> Result<HeldOut, HoldoutError> {
        let (mut table, sha256) = read(input, columns.wanted())?;
        let labels = std::mem::take(&mut table.labels);
        let regions = std::mem::take(&mut table.regions);
        let groups = std::mem::take(&mut table.slices).into_iter().map(|slicing| slicing.0);
        let slices = columns.slices.iter().cloned().zip(groups).collect();
        Ok(HeldOut { records: Records::new(table, sha256), labels, regions, slices })
    }

    /// The features alone.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Number of records.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// Feature names, in column order.
    pub fn features(&self) -> &[String] {
        self.records.features()
    }

    /// SHA-256 of the file as it was read, compressed where it was: what a verdict is bound to.
    pub fn sha256(&self) -> [u8; 32] {
        self.records.sha256()
    }

    /// True where the record is a positive (label 1).
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// The regions that occur, sorted by name; empty without a region column.
    pub fn region_names(&self) -> &[String] {
        self.regions.names()
    }

    /// Every record's region, as an index into [`HeldOut::region_names`]; empty without a region column.
    pub fn regions(&self) -> &[u16] {
        self.regions.of_records()
    }

    /// The records by region; empty without a region column.
    pub(crate) fn by_region(&self) -> &Groups {
        &self.regions
    }

    /// The records by the values of each column of [`Columns::slices`]; [`None`] where these are too many or too long.
    pub fn slices(&self) -> impl Iterator<Item = (&str, Option<&Groups>)> {
        self.slices.iter().map(|(column, groups)| (column.as_str(), groups.as_ref()))
    }

    /// The features of record `index` (from 0); empty past the last record.
    pub fn row(&self, index: usize) -> &[f32] {
        self.records.row(index)
    }

    /// What `model` says of every record: its margins, in order.
    ///
    /// # Errors
    /// [`ShapeError`] where the number of features, or (for a model with names) their names or order differ.
    pub fn margins(&self, model: &Model) -> Result<Vec<f32>, ShapeError> {
        model.check_features(self.features())?;
        model.matrix_margins(self.matrix(), NonZeroUsize::MIN)
    }

    /// What the container answers for every record, in order.
    ///
    /// # Errors
    /// As [`HeldOut::margins`].
    pub fn probabilities(&self, model: &Model) -> Result<Vec<f32>, ShapeError> {
        Ok(self.margins(model)?.into_iter().map(|margin| model.objective().answer(margin)).collect())
    }

    /// The same as [`HeldOut::margins`], as evaluation takes it; explains nothing.
    ///
    /// # Errors
    /// As [`HeldOut::margins`].
    pub fn scored_by(&self, model: &Model) -> Result<Scored, ShapeError> {
        Ok(Scored { margins: self.margins(model)?, ..Scored::default() })
    }

    /// Record `index` as the `text/csv` body that a caller would send: no header, nothing for a missing value.
    pub fn csv_payload(&self, index: usize) -> String {
        let field = |value: &f32| if value.is_nan() { String::new() } else { value.to_string() };
        self.row(index).iter().map(field).collect::<Vec<_>>().join(",")
    }

    /// The features as a matrix, in the order of [`HeldOut::features`].
    pub fn matrix(&self) -> Matrix<'_> {
        self.records.matrix()
    }

    /// As [`Records::matrix_for`].
    ///
    /// # Errors
    /// As [`Records::matrix_for`].
    pub fn matrix_for(&self, features: &[String]) -> Result<Projection<'_>, HoldoutError> {
        self.records.matrix_for(features)
    }
}

impl fmt::Debug for HeldOut {
    /// Never shows a value: these are customers' records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldOut")
            .field("rows", &self.rows())
            .field("features", &self.features().len())
            .field("regions", &self.region_names())
            .finish_non_exhaustive()
    }
}

fn read<'a>(input: impl Read, wanted: Wanted<'a>) -> Result<(Table<'a>, [u8; 32]), HoldoutError> {
    let stored = Counter::default();
    let mut table = Table::new(wanted, stored.clone());
    let sha256 = source::read_hashed(input, &stored, |content| match content {
        Content::Csv(input) => text::read(input, &mut table),
        Content::Parquet(input) => parquet::read(input, &mut table),
    })?;
    Ok((table.finish()?, sha256))
}

/// 0 and 1, and nothing else.
fn label_of(value: f64) -> Option<bool> {
    if value == 0.0 {
        Some(false)
    } else if value == 1.0 {
        Some(true)
    } else {
        None
    }
}
