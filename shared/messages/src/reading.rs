//! What readers find wrong with a model, its features or held-out records, in words.

use meridian_domain::reason::{FeatureFault, HoldoutFault, ModelFault, ReaderDeath, ValueFault};

/// Why a model's archive or file is refused, and what to do.
pub(crate) fn model(fault: &ModelFault) -> String {
    match fault {
        ModelFault::Truncated { at, expected } => format!(
            "the model is truncated: its bytes end at offset {at} while {expected} was expected; upload the archive again"
        ),
        ModelFault::Archive { quoted } => format!(
            "model.tar.gz cannot be read ({quoted}): it is damaged, truncated or not a gzip-compressed tar; upload it again"
        ),
        ModelFault::Contents { quoted } => {
            format!("model.tar.gz {quoted}; expected exactly one top-level regular file (`xgboost-model`)")
        }
        ModelFault::TooLarge { limit } => format!(
            "the model takes more than the {limit} bytes allowed (inflated); it is not a model for this fleet, or the limit must \
             be raised"
        ),
        ModelFault::Format { quoted } => {
            format!("the model file is {quoted}; expected XGBoost UBJSON, JSON or legacy binary")
        }
        ModelFault::Malformed { at, quoted } => format!(
            "the model file is malformed at offset {at}: {quoted}; XGBoost does not write that: load the model in the image's own \
             version and save it again with `save_model`"
        ),
        ModelFault::Unsupported { property, quoted } => format!("the model has {property} {quoted}"),
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
            "held-out column `{column}` is of Parquet type {found}; expected {expected}, so cast the column before writing it"
        ),
        HoldoutFault::Value { row, column, fault } => {
            format!("held-out row {row}, column `{column}`: {}", value(*fault))
        }
        HoldoutFault::TooManyRegions { column, limit } => {
            format!("column `{column}` has more than {limit} different values; is it really the region?")
        }
        HoldoutFault::Empty => "the held-out file has a header but no rows".to_owned(),
        HoldoutFault::TooLarge { of, limit } => format!(
            "the held-out file has more than {limit} {of}, the most that a file of its size may have; evaluate on fewer rows"
        ),
        HoldoutFault::Unreadable { quoted } => format!("the held-out file cannot be read: {quoted}"),
        HoldoutFault::ReaderDied(death) => format!(
            "the held-out file cannot be read: the process that reads it {}; the file is damaged or hostile, so write it again",
            died(*death)
        ),
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
