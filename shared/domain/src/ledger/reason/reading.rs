//! What their readers find wrong with a model, its features or held-out records: a kind with its numbers and names.
//!
//! `quoted` holds the words of a library: of `meridian-xgboost`, which knows nothing of Meridian, or of a decompressor or a parser
//! below it. Where `meridian-xgboost` says several things of a model, each has its field and is its own word: what it `found`, `why`
//! that is refused, its `advice`, what is `supported`. No reader repeats a value of a record.

use serde::{Deserialize, Serialize};

/// Why a model's archive or file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`at` is an offset in the inflated model file; trees and nodes are counted from 0")]
pub enum ModelFault {
    /// The bytes end where something else was expected.
    Truncated { at: u64, expected: String },
    /// The gzip or tar layer is damaged or cut off.
    Archive { quoted: String },
    /// The archive does not hold exactly one top-level regular file.
    Contents { found: String, why: String },
    /// It has more bytes than a model may have, when inflated.
    TooLarge { limit: u64 },
    /// The file is of a format that is not accepted.
    Format { found: String, advice: String },
    /// The file is of a known format, and not laid out as XGBoost lays out a model.
    Malformed { at: u64, quoted: String },
    /// A property of the model is not one that is scored.
    Unsupported { property: String, found: String, supported: String },
    /// A tree cannot be walked safely.
    Tree { tree: u64, node: u64, quoted: String },
    /// A stream broke off.
    NotRead { quoted: String },
    /// The second reading found another model than the first.
    Changed,
    /// Its features are not the records'.
    Features(FeatureFault),
}

/// How features differ from those that a model takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureFault {
    /// There are more of them, or fewer.
    Count {
        /// Features of the model.
        model: u64,
        /// Features of the data.
        data: u64,
    },
    /// Another one stands at a place.
    Name {
        /// The place, from 0.
        place: u64,
        /// The model's feature there: cut and without hidden characters.
        model: String,
        /// The data's, likewise.
        data: String,
    },
    /// The records pass more splits than scoring may take.
    Work {
        /// Records that were to be scored.
        records: u64,
        /// Splits that a record passes at most.
        splits: u64,
        /// Splits that all records together may pass.
        most: u64,
    },
}

/// Why held-out records cannot be read. Columns that are missing or too many are a [`Misfit`](super::Misfit) of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a column's name is cut and without hidden characters")]
pub enum HoldoutFault {
    /// The first row holds numbers.
    NoHeader,
    /// A column is of a Parquet type that is not read: `found` is that type's name in Parquet.
    Type { column: String, found: String, expected: HoldoutTypes },
    /// A value, in a row counted from 1.
    Value { row: u64, column: String, fault: ValueFault },
    /// The region column has more different values than regions may.
    TooManyRegions { column: String, limit: u64 },
    /// A header and no rows.
    Empty,
    /// It has more of something than `limit`.
    TooLarge { unit: HoldoutUnit, limit: u64 },
    /// It is neither CSV nor Parquet, damaged, or cut off.
    Unreadable(UnreadableFault),
    /// The process that read it died.
    ReaderDied(ReaderDeath),
}

/// The Parquet types that are read for a column of held-out records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldoutTypes {
    /// Integers, float, double and boolean: for a label or a feature.
    Numbers,
    /// Text and integers: for the region.
    Names,
    /// All of them: for a column of slices.
    Values,
}

/// What held-out records may have only so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldoutUnit {
    /// Rows times columns.
    Values,
    /// Records.
    Rows,
    /// Fields of a CSV header.
    Columns,
    /// Bytes of a whole Parquet file.
    ParquetBytes,
    /// Bytes of one page of Parquet, inflated.
    PageBytes,
    /// Bytes of all pages of Parquet together, inflated.
    InflatedBytes,
}

/// Why a file of held-out records cannot be read as far as its columns and rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "rows count from 1, without the header; limits are bytes")]
pub enum UnreadableFault {
    /// The stream broke off, or its gzip is damaged.
    Stream { quoted: String },
    /// It is empty, or has only blanks.
    NoContent,
    /// A header of one column does not end in a line feed of its own.
    LineEnds,
    /// A row has more fields than the header's one.
    Fields { row: u64 },
    /// A record or the header goes on for longer than any may.
    LongRecord { limit: u64 },
    /// It is no CSV.
    Csv { quoted: String },
    /// Its Parquet is compressed with the codec of this name, which is not read.
    Codec { name: String },
    /// Its Parquet uses a codec or an encoding that is not read.
    Encoding,
    /// Its Parquet ends too early.
    ParquetCut,
    /// Its Parquet is damaged, as the parquet crate says: its words are not kept, because they may quote a record.
    ParquetDamaged,
    /// Its Parquet contradicts itself.
    Parquet(ParquetFault),
    /// The system gave no process to read it with, which says nothing about the file.
    NoProcess { quoted: String },
}

/// Where a Parquet file is not what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParquetFault {
    /// The parquet crate panicked.
    Structure,
    /// A row group says that it has fewer than no rows.
    NegativeRows,
    /// A column's values are of another type than its schema says.
    ColumnType,
    /// A column ends before its row group does.
    TooFewValues,
    /// A column goes on behind its row group's last row.
    TooManyValues,
    /// A column says that more values are not null than are there.
    MissingValues,
    /// A column's place is not within the file.
    ColumnPlace,
    /// A page's header is cut off, or could be read in two ways.
    PageHeader,
    /// A page goes on behind its column's end.
    PageCut,
    /// A dictionary's page is too short for its values.
    Dictionary,
    /// A page refers to a dictionary that has not come.
    DictionaryOrder,
    /// A page's gzip goes on behind the size that its header says.
    PageSize,
    /// A page says that it is gzip, and is none.
    PageGzip,
}

/// What is wrong with a value of a held-out record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueFault {
    /// It is no number.
    NotANumber,
    /// It is infinite as a 32-bit float.
    Infinite,
    /// It is a label, and neither 0 nor 1.
    Label,
    /// It is a region, and empty or no text.
    NoRegion,
    /// It is a region with a name of more bytes.
    LongRegion {
        /// How many it may have.
        limit: u64,
    },
}

/// How a process that read a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Unix's signals and exit codes")]
pub enum ReaderDeath {
    /// The signal of a process that ran for too long.
    OutOfTime { signal: i32 },
    /// Any other signal: no memory or stack, or a crash.
    Killed { signal: i32 },
    /// It ended by itself, without an answer.
    NoAnswer { code: i32 },
}
