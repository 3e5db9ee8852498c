//! What the variants of a [`HoldoutError`](super::HoldoutError) say beside their numbers and names: kinds, each with its words.

use serde::{Deserialize, Serialize};

/// Why a file of records cannot be read as far as its columns and rows. `quoted` is what a library or the system said: neither
/// repeats what is in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[expect(missing_docs, reason = "rows count from 1, without the header; limits are bytes")]
pub enum UnreadableCause {
    /// The stream broke off, or its gzip is damaged.
    #[error("{quoted}; it is damaged or cut off, so upload it again")]
    Stream { quoted: String },
    /// It has no byte but line feeds and blanks.
    #[error("it is empty; expected CSV with a header, or Parquet")]
    NoContent,
    /// A header of one column does not end in a line feed of its own.
    #[error("its lines do not end in a line feed, or the header holds one; expected one value a line")]
    LineEnds,
    /// A row has more fields than the header's one.
    #[error("row {row} has more fields than the header; expected one in every row")]
    Fields { row: usize },
    /// A record or the header goes on for longer than any may.
    #[error("a record or header of more than {limit} bytes; expected CSV with one record a line")]
    LongRecord { limit: usize },
    /// It is no CSV.
    #[error("{quoted}; expected CSV with a header and as many fields in every row")]
    Csv { quoted: String },
    /// Its Parquet is compressed with what is not read; the codec's name is Parquet's.
    #[error("its Parquet is compressed with {name}; write it with snappy, zstd, gzip or none")]
    Codec { name: String },
    /// Its Parquet uses what the parquet crate does not read.
    #[error("it uses a codec or an encoding that is not read; write it with snappy, zstd, gzip or none")]
    Encoding,
    /// Its Parquet ends too early.
    #[error("its Parquet ends too early: it is cut off, so upload it again")]
    ParquetCut,
    /// The parquet crate cannot read it. What that crate says may quote what it found, so it is not kept.
    #[error("its Parquet is damaged, so write it again")]
    ParquetDamaged,
    /// Its Parquet contradicts itself.
    #[error("its Parquet has {0}: it is damaged, so write it again")]
    Parquet(ParquetDamage),
    /// The system gave no process to read it with, which says nothing about the file.
    #[error("no process to read it with: {quoted}")]
    NoProcess { quoted: String },
}

/// Where a Parquet file is not what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ParquetDamage {
    /// The parquet crate panicked.
    #[error("a wrong structure")]
    Structure,
    /// A row group says that it has fewer than no rows.
    #[error("a negative number of rows")]
    NegativeRows,
    /// A column's values are of another type than its schema says.
    #[error("a column whose type is not the schema's")]
    ColumnType,
    /// A column ends before its row group does.
    #[error("a column with fewer values than its row group has rows")]
    TooFewValues,
    /// A column goes on behind its row group's last row.
    #[error("a column with more values than its row group has rows")]
    TooManyValues,
    /// A column says that more values are not null than are there.
    #[error("fewer values than it says are not null")]
    MissingValues,
    /// A column's place is not within the file.
    #[error("a column outside of the file")]
    ColumnPlace,
    /// A page's header is cut off, or could be read in two ways.
    #[error("a page without a whole header")]
    PageHeader,
    /// A page goes on behind its column's end.
    #[error("a page that is cut off")]
    PageCut,
    /// A dictionary's page is too short for its values.
    #[error("a dictionary with more values than bytes")]
    Dictionary,
    /// A page refers to a dictionary that has not come.
    #[error("a page of a dictionary before the dictionary")]
    DictionaryOrder,
    /// A page's gzip goes on behind the size that its header says.
    #[error("a page that inflates to more than it says")]
    PageSize,
    /// A page says that it is gzip, and is none.
    #[error("a page that is no gzip")]
    PageGzip,
}

/// What a file of records may have only so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SizeUnit {
    /// Rows times columns.
    #[error("values")]
    Values,
    /// Records.
    #[error("rows")]
    Rows,
    /// Fields of a CSV header.
    #[error("columns")]
    Columns,
    /// The whole Parquet file, as it is stored or behind the gzip around it.
    #[error("bytes of Parquet")]
    ParquetBytes,
    /// One page of Parquet, inflated.
    #[error("bytes in a page of Parquet")]
    PageBytes,
    /// All pages of Parquet together, inflated.
    #[error("bytes of Parquet, inflated")]
    InflatedBytes,
}

/// The Parquet types that are read for a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ColumnTypes {
    /// For a label or a feature.
    #[error("integers, float, double or boolean")]
    Numbers,
    /// For the region.
    #[error("text or integers")]
    Names,
    /// For a column of slices.
    #[error("text, integers, float, double or boolean")]
    Values,
}

/// What the columns of a file of records should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ExpectedColumns {
    /// Of records to evaluate on.
    #[error("the label, the region and exactly the release's features")]
    Labelled,
    /// Of records to be scored.
    #[error("exactly the model's features")]
    Features,
    /// Of records that were read for some models, and are asked for another's features.
    #[error("every feature of every model that is scored")]
    EveryModels,
}
