//! What readers find wrong with a model, its features or held-out records, in words.

use meridian_domain::reason::{
    FeatureFault, HoldoutFault, HoldoutTypes, HoldoutUnit, ModelFault, ParquetFault, ReaderDeath, UnreadableFault,
    ValueFault,
};

/// Why a model's archive or file is refused, and what to do.
pub(crate) fn model(fault: &ModelFault) -> String {
    match fault {
        ModelFault::Truncated { at, expected } => format!(
            "the model is truncated: its bytes end at offset {at} while {expected} was expected; upload the archive again"
        ),
        ModelFault::Archive { quoted } => format!(
            "model.tar.gz cannot be read ({quoted}): it is damaged, truncated or not a gzip-compressed tar; upload it again"
        ),
        ModelFault::Contents { found, why } => {
            format!("model.tar.gz {found}: {why}; expected exactly one top-level regular file (`xgboost-model`)")
        }
        ModelFault::TooLarge { limit } => format!(
            "the model takes more than the {limit} bytes allowed (inflated); it is not a model for this fleet, or the limit must \
             be raised"
        ),
        ModelFault::Format { found, advice } => {
            format!("the model file is {found}: {advice}; expected XGBoost UBJSON, JSON or legacy binary")
        }
        ModelFault::Malformed { at, quoted } => format!(
            "the model file is malformed at offset {at}: {quoted}; XGBoost does not write that: load the model in the image's own \
             version and save it again with `save_model`"
        ),
        ModelFault::Unsupported { property, found, supported } => {
            format!("the model has {property} {found}; supported is {supported}")
        }
        ModelFault::Tree { tree, node, quoted } => {
            format!("tree {tree}, node {node}: {quoted}; the file was not written by XGBoost or is damaged")
        }
        ModelFault::NotRead { quoted } => format!("reading the model failed: {quoted}"),
        ModelFault::Changed => {
            "the model changed while it was read: its end says something else the second time; read one fixed version"
                .to_owned()
        }
        ModelFault::Features(fault) => features(fault),
    }
}

/// How features differ from those that a model takes.
pub(crate) fn features(fault: &FeatureFault) -> String {
    match fault {
        FeatureFault::Count { model, data } => format!(
            "the model takes {model} features, the data have {data}; score with the feature list of the model's own release"
        ),
        FeatureFault::Name { place, model, data } => format!(
            "feature {place} is `{data}` in the data but `{model}` in the model; features are served by position, so the orders \
             must agree"
        ),
        FeatureFault::Work { records, splits, most } => format!(
            "{records} records pass up to {splits} splits each, more than the {most} in all that a table of this size may; score \
             fewer records at a time, or train fewer or shallower trees"
        ),
    }
}

/// Why held-out records cannot be read, and what to do.
pub(crate) fn holdout(fault: &HoldoutFault) -> String {
    match fault {
        HoldoutFault::NoHeader => {
            "the held-out file has no header: its first row holds numbers; expected a row of column names".to_owned()
        }
        HoldoutFault::Type { column, found, expected } => format!(
            "held-out column `{column}` is of Parquet type {found}; expected {}, so cast the column before writing it",
            types(*expected)
        ),
        HoldoutFault::Value { row, column, fault } => {
            format!("held-out row {row}, column `{column}`: {}", value(*fault))
        }
        HoldoutFault::TooManyRegions { column, limit } => {
            format!("column `{column}` has more than {limit} different values; is it really the region?")
        }
        HoldoutFault::Empty => "the held-out file has a header but no rows".to_owned(),
        HoldoutFault::TooLarge { unit, limit } => format!(
            "the held-out file has more than {limit} {}, the most that a file of its size may have; evaluate on fewer rows",
            plural(*unit)
        ),
        HoldoutFault::Unreadable(fault) => format!("the held-out file cannot be read: {}", unreadable(fault)),
        HoldoutFault::ReaderDied(death) => format!(
            "the held-out file cannot be read: the process that reads it {}; the file is damaged or hostile, so write it again",
            died(*death)
        ),
    }
}

fn types(types: HoldoutTypes) -> &'static str {
    match types {
        HoldoutTypes::Numbers => "integers, float, double or boolean",
        HoldoutTypes::Names => "text or integers",
        HoldoutTypes::Values => "text, integers, float, double or boolean",
    }
}

fn plural(unit: HoldoutUnit) -> &'static str {
    match unit {
        HoldoutUnit::Values => "values",
        HoldoutUnit::Rows => "rows",
        HoldoutUnit::Columns => "columns",
        HoldoutUnit::ParquetBytes => "bytes of Parquet",
        HoldoutUnit::PageBytes => "bytes in a page of Parquet",
        HoldoutUnit::InflatedBytes => "bytes of Parquet, inflated",
    }
}

fn unreadable(fault: &UnreadableFault) -> String {
    match fault {
        UnreadableFault::Stream { quoted } => format!("{quoted}; it is damaged or cut off, so upload it again"),
        UnreadableFault::NoContent => "it is empty; expected CSV with a header, or Parquet".to_owned(),
        UnreadableFault::LineEnds => {
            "its lines do not end in a line feed, or the header holds one; expected one value a line".to_owned()
        }
        UnreadableFault::Fields { row } => {
            format!("row {row} has more fields than the header; expected one in every row")
        }
        UnreadableFault::LongRecord { limit } => {
            format!("a record or header of more than {limit} bytes; expected CSV with one record a line")
        }
        UnreadableFault::Csv { quoted } => {
            format!("{quoted}; expected CSV with a header and as many fields in every row")
        }
        UnreadableFault::Codec { name } => {
            format!("its Parquet is compressed with {name}; write it with snappy, zstd, gzip or none")
        }
        UnreadableFault::Encoding => {
            "it uses a codec or an encoding that is not read; write it with snappy, zstd, gzip or none".to_owned()
        }
        UnreadableFault::ParquetCut => "its Parquet ends too early: it is cut off, so upload it again".to_owned(),
        UnreadableFault::ParquetDamaged => "its Parquet is damaged, so write it again".to_owned(),
        UnreadableFault::Parquet(fault) => {
            format!("its Parquet has {}: it is damaged, so write it again", parquet(*fault))
        }
        UnreadableFault::NoProcess { quoted } => format!("no process to read it with: {quoted}"),
    }
}

fn parquet(fault: ParquetFault) -> &'static str {
    match fault {
        ParquetFault::Structure => "a wrong structure",
        ParquetFault::NegativeRows => "a negative number of rows",
        ParquetFault::ColumnType => "a column whose type is not the schema's",
        ParquetFault::TooFewValues => "a column with fewer values than its row group has rows",
        ParquetFault::TooManyValues => "a column with more values than its row group has rows",
        ParquetFault::MissingValues => "fewer values than it says are not null",
        ParquetFault::ColumnPlace => "a column outside of the file",
        ParquetFault::PageHeader => "a page without a whole header",
        ParquetFault::PageCut => "a page that is cut off",
        ParquetFault::Dictionary => "a dictionary with more values than bytes",
        ParquetFault::DictionaryOrder => "a page of a dictionary before the dictionary",
        ParquetFault::PageSize => "a page that inflates to more than it says",
        ParquetFault::PageGzip => "a page that is no gzip",
    }
}

fn value(fault: ValueFault) -> String {
    match fault {
        ValueFault::NotANumber => "not a number; expected a decimal number, or nothing where it is missing".to_owned(),
        ValueFault::Infinite => {
            "infinite as a 32-bit float; XGBoost refuses such values, so leave it empty or mend it".to_owned()
        }
        ValueFault::Label => "the label is neither 0 nor 1".to_owned(),
        ValueFault::NoRegion => "the region is empty or no text; every record needs one".to_owned(),
        ValueFault::LongRegion { limit } => {
            format!("the region's name takes more than {limit} bytes; is it really the region?")
        }
    }
}

fn died(death: ReaderDeath) -> String {
    match death {
        ReaderDeath::OutOfTime { signal } => format!("ran out of time (signal {signal})"),
        ReaderDeath::Killed { signal } => format!("ran out of memory or stack, or crashed (signal {signal})"),
        ReaderDeath::NoAnswer { code } => format!("ended without an answer (exit code {code})"),
    }
}
