//! What can be wrong with a file of records.

use super::cause::{ColumnTypes, ExpectedColumns, SizeUnit, UnreadableCause};
use super::isolated::Death;
use meridian_xgboost::short_name;
use serde::{Deserialize, Serialize};

/// Why a held-out file was refused. Rows count from 1, without the header; no value is ever shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum HoldoutError {
    /// Columns are missing, unknown or named twice.
    #[error("the held-out file's columns do not fit: {}; expected {expected}{}", listed(.missing, .extra, .twice), advice(.extra))]
    Columns {
        /// Expected, not there.
        missing: Vec<String>,
        /// There, not expected.
        extra: Vec<String>,
        /// Named more than once, in the file or among the expected columns.
        twice: Vec<String>,
        /// What the columns should have been.
        expected: ExpectedColumns,
    },
    /// A column that somebody named, to leave it out or to make slices of it, is not there.
    #[error(
        "the held-out file has no column `{}`; beside the features and the label it has {}",
        short_name(.column),
        others(.there)
    )]
    NoSuchColumn {
        /// The column named.
        column: String,
        /// The file's columns, but for features and label.
        there: Vec<String>,
    },
    /// The first row is data. Its fields are a customer's, so they are not shown as column names.
    #[error("the held-out file has no header: its first row holds numbers; expected a row of column names")]
    NoHeader,
    /// Fewer than half of the expected columns are there: the first row may be a customer's record, so it is not shown.
    #[error(
        "the held-out file's first row does not name the columns: of {expected} expected it has {found}, in {columns} \
         fields; {}; expected a header row, its names separated by commas",
        listed(.missing, &[], &[])
    )]
    Unrecognised {
        /// Columns that should be there.
        expected: usize,
        /// Of them, those that are.
        found: usize,
        /// Fields of the first row.
        columns: usize,
        /// Expected, not there.
        missing: Vec<String>,
    },
    /// A column of a Parquet file is of a type that is not read.
    #[error("held-out column `{}` is of Parquet type {found}; expected {expected}, so cast the column before writing it", short_name(.column))]
    Type {
        /// Column, as the file names it.
        column: String,
        /// Its type, as Parquet's own documents name it: a name from the file's schema.
        found: String,
        /// The types that are read.
        expected: ColumnTypes,
    },
    /// A value is not a number.
    #[error(
        "held-out row {row}, column `{}`: not a number; expected a decimal number, or nothing where it is missing", short_name(.column)
    )]
    NotANumber {
        /// Row, from 1.
        row: usize,
        /// Column, as the file names it.
        column: String,
    },
    /// A value is infinite.
    #[error(
        "held-out row {row}, column `{}`: infinite as a 32-bit float; XGBoost refuses such values, so leave it empty or mend it", short_name(.column)
    )]
    Infinite {
        /// Row, from 1.
        row: usize,
        /// Column, as the file names it.
        column: String,
    },
    /// A label is neither 0 nor 1.
    #[error("held-out row {row}, column `{}`: the label is neither 0 nor 1", short_name(.column))]
    Label {
        /// Row, from 1.
        row: usize,
        /// Column, as the file names it.
        column: String,
    },
    /// A row has no region.
    #[error("held-out row {row}, column `{}`: the region is empty or no text; every record needs one", short_name(.column))]
    Region {
        /// Row, from 1.
        row: usize,
        /// Column, as the file names it.
        column: String,
    },
    /// A region's name is implausibly long.
    #[error(
        "held-out row {row}, column `{}`: the region's name takes more than {limit} bytes; is it really the region?", short_name(.column)
    )]
    RegionTooLong {
        /// Row, from 1.
        row: usize,
        /// Column, as the file names it.
        column: String,
        /// Most bytes that are allowed.
        limit: usize,
    },
    /// The region column has implausibly many values.
    #[error("column `{}` has more than {limit} different values; is it really the region?", short_name(.column))]
    TooManyRegions {
        /// Column, as the file names it.
        column: String,
        /// Most that are allowed.
        limit: usize,
    },
    /// The file has no rows.
    #[error("the held-out file has a header but no rows")]
    Empty,
    /// The file does not fit in memory.
    #[error(
        "the held-out file has more than {limit} {unit}, the most that a file of its size may have; evaluate on fewer rows"
    )]
    TooLarge {
        /// Most that are allowed.
        limit: usize,
        /// Of what.
        unit: SizeUnit,
    },
    /// Neither CSV nor Parquet, or not gzip, or cut off.
    #[error("the held-out file cannot be read: {0}")]
    Unreadable(UnreadableCause),
    /// The process that read it died of it.
    #[error(
        "the held-out file cannot be read: the process that reads it {0}; the file is damaged or hostile, so write it again"
    )]
    Died(Death),
}

/// `missing a, b; not expected c`, at most ten names each.
fn listed(missing: &[String], extra: &[String], twice: &[String]) -> String {
    let part = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", named(names)));
    let parts = [part("missing", missing), part("not expected", extra), part("named twice", twice)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// At most ten names.
fn named(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|name| format!("`{}`", short_name(name))).collect();
    let more = if names.len() > 10 { format!(" and {} more", names.len() - 10) } else { String::new() };
    shown.join(", ") + &more
}

fn others(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { named(names) }
}

/// What to do about a column too many.
fn advice(extra: &[String]) -> &'static str {
    if extra.is_empty() {
        return "";
    }
    if extra.iter().any(|name| name.starts_with("__index_level_") || name.is_empty() || name == "Unnamed: 0") {
        return "; the index of a data frame was written too: write the file with `index=False`";
    }
    "; say what the others are (label, region, ignored), or leave them out of the file"
}

/// A damaged or unreadable stream.
pub(crate) fn unreadable(error: std::io::Error) -> HoldoutError {
    HoldoutError::Unreadable(UnreadableCause::Stream { quoted: error.to_string() })
}
