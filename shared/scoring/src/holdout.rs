//! Held-out records: a table read from CSV, matched by column names.

use crate::matrix::Matrix;
use crate::number::{FieldError, parse_field};
use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

/// Values that are held at most (rows times features): 400 MB.
const MAX_VALUES: usize = 100_000_000;
/// More regions than this is a wrong column.
const MAX_REGIONS: usize = 64;

/// Which column of a held-out file is what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The column with 0 or 1.
    pub label: String,
    /// The column with the customer's region; without one, nothing is evaluated per region.
    pub region: Option<String>,
    /// The feature columns, in the order in which callers send them; the file's own order does not matter.
    pub features: Vec<String>,
}

impl Columns {
    /// Columns named as Meridian's own training script names them: `label` and `customer_region`.
    pub fn standard(features: Vec<String>) -> Columns {
        Columns { label: "label".to_owned(), region: Some("customer_region".to_owned()), features }
    }
}

/// Why a held-out file was refused. Rows count from 1, without the header; no value is ever shown.
#[derive(Debug, thiserror::Error)]
pub enum HoldoutError {
    /// Columns are missing, unknown or named twice.
    #[error("the held-out file's columns do not fit: {}; expected the label, the region and exactly the release's features", listed(.missing, .extra, .twice))]
    Columns {
        /// Expected, not there.
        missing: Vec<String>,
        /// There, not expected.
        extra: Vec<String>,
        /// Named more than once, in the file or among the expected columns.
        twice: Vec<String>,
    },
    /// The first row is data. Its fields are a customer's, so they are not shown as column names.
    #[error("the held-out file has no header: its first row holds numbers; expected a row of column names")]
    NoHeader,
    /// A value is not a number.
    #[error(
        "held-out row {row}, column `{column}`: not a number; expected a decimal number, or nothing where it is missing"
    )]
    NotANumber {
        /// Row, from 1.
        row: usize,
        /// Column name.
        column: String,
    },
    /// A value is infinite.
    #[error(
        "held-out row {row}, column `{column}`: infinite as a 32-bit float; XGBoost refuses such values, so leave it empty or mend it"
    )]
    Infinite {
        /// Row, from 1.
        row: usize,
        /// Column name.
        column: String,
    },
    /// A label is neither 0 nor 1.
    #[error("held-out row {row}, column `{column}`: the label is neither 0 nor 1")]
    Label {
        /// Row, from 1.
        row: usize,
        /// Column name.
        column: String,
    },
    /// A row has no region.
    #[error("held-out row {row}, column `{column}`: the region is empty; every record needs one")]
    Region {
        /// Row, from 1.
        row: usize,
        /// Column name.
        column: String,
    },
    /// The region column has implausibly many values.
    #[error("column `{column}` has more than {limit} different values; is it really the region?")]
    TooManyRegions {
        /// Column name.
        column: String,
        /// Most that are allowed.
        limit: usize,
    },
    /// The file has no rows.
    #[error("the held-out file has a header but no rows")]
    Empty,
    /// The file does not fit in memory.
    #[error("the held-out file has more than {limit} values; evaluate on fewer rows")]
    TooLarge {
        /// Most that are allowed, rows times features.
        limit: usize,
    },
    /// Not CSV, or not gzip, or cut off.
    #[error("the held-out file cannot be read: {problem}")]
    Unreadable {
        /// What the reader said, without any content.
        problem: String,
    },
}

/// Labelled records in memory: features row by row, NaN where a value is missing.
#[derive(Clone)]
pub struct HeldOut {
    features: Vec<String>,
    values: Vec<f32>,
    labels: Vec<bool>,
    region_names: Vec<String>,
    regions: Vec<u16>,
}

impl HeldOut {
    /// Reads CSV with a header, plain or gzip-compressed (told apart by the first bytes).
    ///
    /// # Errors
    /// [`HoldoutError`]: columns that do not fit, values that are not finite numbers, a damaged file.
    pub fn read(input: impl Read, columns: &Columns) -> Result<HeldOut, HoldoutError> {
        let mut input = BufReader::new(input);
        let start = input.fill_buf().map_err(unreadable)?;
        if start.starts_with(&[0x1f, 0x8b]) {
            Builder::read(MultiGzDecoder::new(input), columns)
        } else {
            Builder::read(input, columns)
        }
    }

    /// Number of records.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// Feature names, in column order.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// True where the record is a positive (label 1).
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// The regions that occur, sorted by name; empty without a region column.
    pub fn region_names(&self) -> &[String] {
        &self.region_names
    }

    /// Every record's region, as an index into [`HeldOut::region_names`]; empty without a region column.
    pub fn regions(&self) -> &[u16] {
        &self.regions
    }

    /// The features of record `index` (from 0); empty past the last record.
    pub fn row(&self, index: usize) -> &[f32] {
        self.values.chunks_exact(self.features.len().max(1)).nth(index).unwrap_or(&[])
    }

    /// Record `index` as the `text/csv` body that a caller would send: no header, nothing for a missing value.
    pub fn csv_payload(&self, index: usize) -> String {
        let field = |value: &f32| if value.is_nan() { String::new() } else { value.to_string() };
        self.row(index).iter().map(field).collect::<Vec<_>>().join(",")
    }

    /// The features as a matrix, in the order of [`HeldOut::features`].
    pub fn matrix(&self) -> Matrix<'_> {
        // The reader refuses an empty list of features and fills every row.
        Matrix::new(&self.values, self.features.len().max(1)).unwrap_or(Matrix::EMPTY)
    }
}

impl fmt::Debug for HeldOut {
    /// Never shows a value: these are customers' records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldOut")
            .field("rows", &self.rows())
            .field("features", &self.features.len())
            .field("regions", &self.region_names)
            .finish_non_exhaustive()
    }
}

/// Where a column of the file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Label,
    Region,
    Feature(usize),
}

struct Builder<'a> {
    columns: &'a Columns,
    held_out: HeldOut,
}

impl<'a> Builder<'a> {
    fn read(input: impl Read, columns: &'a Columns) -> Result<HeldOut, HoldoutError> {
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(input);
        let targets = match_columns(reader.byte_headers().map_err(bad_csv)?, columns)?;
        let held_out = HeldOut {
            features: columns.features.clone(),
            values: Vec::new(),
            labels: Vec::new(),
            region_names: Vec::new(),
            regions: Vec::new(),
        };
        let mut builder = Builder { columns, held_out };
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(bad_csv)? {
            builder.push(&record, &targets)?;
        }
        builder.finish()
    }

    fn push(&mut self, record: &ByteRecord, targets: &[Target]) -> Result<(), HoldoutError> {
        let row = self.held_out.labels.len() + 1;
        let start = self.held_out.values.len();
        let end = start + self.columns.features.len();
        if end > MAX_VALUES {
            return Err(HoldoutError::TooLarge { limit: MAX_VALUES });
        }
        self.held_out.values.resize(end, f32::NAN);
        for (field, target) in record.iter().zip(targets) {
            let field = std::str::from_utf8(field).unwrap_or("not a number");
            match *target {
                Target::Label => self.push_label(field, row)?,
                Target::Region => self.push_region(field, row)?,
                Target::Feature(index) => {
                    let value = parse_field(field).map_err(|error| self.bad_value(error, row, index))?;
                    if let Some(slot) = self.held_out.values.get_mut(start + index) {
                        *slot = value;
                    }
                }
            }
        }
        Ok(())
    }

    fn push_label(&mut self, field: &str, row: usize) -> Result<(), HoldoutError> {
        let label = match field.trim() {
            "0" | "0.0" => false,
            "1" | "1.0" => true,
            _ => return Err(HoldoutError::Label { row, column: self.columns.label.clone() }),
        };
        self.held_out.labels.push(label);
        Ok(())
    }

    fn push_region(&mut self, field: &str, row: usize) -> Result<(), HoldoutError> {
        let column = || self.columns.region.clone().unwrap_or_default();
        let name = field.trim();
        if name.is_empty() {
            return Err(HoldoutError::Region { row, column: column() });
        }
        let names = &mut self.held_out.region_names;
        let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        if names.len() > MAX_REGIONS {
            return Err(HoldoutError::TooManyRegions { column: column(), limit: MAX_REGIONS });
        }
        self.held_out.regions.push(index as u16);
        Ok(())
    }

    fn bad_value(&self, error: FieldError, row: usize, index: usize) -> HoldoutError {
        let column = self.columns.features.get(index).cloned().unwrap_or_default();
        match error {
            FieldError::NotANumber => HoldoutError::NotANumber { row, column },
            FieldError::Infinite => HoldoutError::Infinite { row, column },
        }
    }

    /// Sorts the regions by name, so that nothing depends on the order of the rows.
    fn finish(mut self) -> Result<HeldOut, HoldoutError> {
        if self.held_out.labels.is_empty() {
            return Err(HoldoutError::Empty);
        }
        let names = std::mem::take(&mut self.held_out.region_names);
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let place = |name: &String| sorted.binary_search(name).unwrap_or_default() as u16;
        let places: Vec<u16> = names.iter().map(place).collect();
        for region in &mut self.held_out.regions {
            *region = places.get(usize::from(*region)).copied().unwrap_or_default();
        }
        self.held_out.region_names = sorted;
        Ok(self.held_out)
    }
}

fn match_columns(header: &ByteRecord, columns: &Columns) -> Result<Vec<Target>, HoldoutError> {
    let mut wanted: BTreeMap<&str, Target> = BTreeMap::new();
    let mut twice = BTreeSet::new();
    let features = columns.features.iter().enumerate().map(|(index, name)| (name, Target::Feature(index)));
    let others = [Some((&columns.label, Target::Label)), columns.region.as_ref().map(|name| (name, Target::Region))];
    for (name, target) in others.into_iter().flatten().chain(features) {
        if wanted.insert(name, target).is_some() {
            twice.insert(name.clone());
        }
    }
    if header.iter().any(|name| std::str::from_utf8(name).is_ok_and(|name| name.trim().parse::<f64>().is_ok())) {
        return Err(HoldoutError::NoHeader);
    }
    let mut extra = Vec::new();
    let mut found = BTreeSet::new();
    let mut targets = Vec::with_capacity(header.len());
    for name in header {
        let name = String::from_utf8_lossy(name).trim().to_owned();
        match wanted.get(name.as_str()) {
            Some(target) => targets.push(*target),
            None => extra.push(name.clone()),
        }
        if !found.insert(name.clone()) {
            twice.insert(name);
        }
    }
    let missing: Vec<String> =
        wanted.keys().filter(|name| !found.contains(**name)).map(|name| (*name).to_owned()).collect();
    if missing.is_empty() && extra.is_empty() && twice.is_empty() {
        return Ok(targets);
    }
    Err(HoldoutError::Columns { missing, extra, twice: twice.into_iter().collect() })
}

/// `missing a, b; not expected c`, at most ten names each.
fn listed(missing: &[String], extra: &[String], twice: &[String]) -> String {
    let part = |what: &str, names: &[String]| {
        let shown: Vec<String> = names.iter().take(10).map(|name| format!("`{}`", name.escape_default())).collect();
        let more = if names.len() > 10 { format!(" and {} more", names.len() - 10) } else { String::new() };
        (!names.is_empty()).then(|| format!("{what} {}{more}", shown.join(", ")))
    };
    let parts = [part("missing", missing), part("not expected", extra), part("named twice", twice)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn unreadable(error: io::Error) -> HoldoutError {
    HoldoutError::Unreadable { problem: format!("{error}; it is damaged or cut off, so upload it again") }
}

/// The csv crate's own texts name positions and lengths, never content.
fn bad_csv(error: csv::Error) -> HoldoutError {
    HoldoutError::Unreadable { problem: format!("{error}; expected CSV with a header and as many fields in every row") }
}
