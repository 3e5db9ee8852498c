//! What can be wrong with a model.

use std::io;

/// Why an archive or a model file was refused. Texts name what was found and what to do; they never
/// hold a feature value.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The bytes end before the model does.
    #[error("the model is truncated: its bytes end at offset {at} while {what} was expected; upload the archive again")]
    Truncated {
        /// Offset in the (inflated) model file.
        at: u64,
        /// What should have come next.
        what: &'static str,
    },
    /// The archive's gzip or tar layer is damaged or cut off.
    #[error(
        "model.tar.gz cannot be read ({problem}): it is damaged, truncated or not a gzip-compressed tar; upload it again"
    )]
    Archive {
        /// What the gzip or tar reader said.
        problem: String,
    },
    /// The archive does not hold exactly one top-level regular file.
    #[error("model.tar.gz {found}; expected exactly one top-level regular file (`xgboost-model`): {why}")]
    Contents {
        /// What it does or has, for a sentence that begins with its name.
        found: String,
        /// Why that is refused.
        why: &'static str,
    },
    /// The archive inflates, or the bare file extends, past the limit.
    #[error(
        "the model takes more than the {limit} bytes allowed (inflated); it is the wrong file, or the limit must be raised"
    )]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is of a format that is not accepted.
    #[error("the model file is {found}; expected XGBoost UBJSON, JSON or legacy binary: {advice}")]
    Format {
        /// The format that was recognised.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The file is of a known format, but not laid out as XGBoost lays out a model.
    #[error(
        "the model file is malformed at offset {at}: {problem}; XGBoost does not write that: load the model in the image's own version and save it again with `save_model`"
    )]
    Malformed {
        /// Offset in the model file.
        at: u64,
        /// What was found and what was expected.
        problem: String,
    },
    /// The model is of a kind that is not scored.
    #[error("the model has {what} {found}; supported is {supported}")]
    Unsupported {
        /// The property, for example `objective`.
        what: &'static str,
        /// Its value in this model.
        found: String,
        /// The values that are scored.
        supported: &'static str,
    },
    /// A tree cannot be walked safely.
    #[error("tree {tree}, node {node}: {problem}; the file was not written by XGBoost or is damaged")]
    Tree {
        /// Index of the tree, from 0.
        tree: usize,
        /// Index of the node in the tree, from 0.
        node: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Reading failed below the model: a network or disk error.
    #[error("reading the model failed: {0}")]
    Io(#[source] io::Error),
}

/// A row or a matrix that does not fit the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
pub enum ShapeError {
    /// Wrong number of features.
    #[error(
        "the model takes {expected} features, the data have {found}; score with the features that the model was trained on"
    )]
    Width {
        /// Features of the model.
        expected: usize,
        /// Features of the data.
        found: usize,
    },
    /// Features are taken by position, so their order must be the model's.
    #[error(
        "feature {position} is `{}` in the data but `{}` in the model; features are served by position, so the orders must agree",
        short_name(.found), short_name(.expected)
    )]
    Name {
        /// Position, from 0.
        position: usize,
        /// The model's name there.
        expected: String,
        /// The data's name there.
        found: String,
    },
    /// More work than tables and models of this size take.
    #[error(
        "{rows} records pass up to {steps} splits each, more than the {most} in all that a table of this size may; score fewer \
         records at a time, or train fewer or shallower trees"
    )]
    Work {
        /// Records to be scored.
        rows: usize,
        /// Splits that a record passes at most.
        steps: u64,
        /// Splits that all records together may pass.
        most: u64,
    },
}

/// Why a request payload was not answered. Never holds a value of the payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Wrong number of fields.
    #[error("the payload has {found} comma-separated fields; the model takes {expected}")]
    FieldCount {
        /// Features of the model.
        expected: usize,
        /// Fields of the payload.
        found: usize,
    },
    /// A field is not a number.
    #[error(
        "field {position} (from 0) of the payload is not a number; send a decimal number, or nothing for a missing value"
    )]
    NotANumber {
        /// Position of the field, from 0.
        position: usize,
    },
    /// A field is infinite, or too large for an f32.
    #[error("field {position} (from 0) of the payload is infinite as a 32-bit float; XGBoost refuses such values")]
    Infinite {
        /// Position of the field, from 0.
        position: usize,
    },
    /// More than one row.
    #[error("the payload has more than one row; send one row of comma-separated values a request")]
    SeveralRows,
}

/// A name from a file as an error text shows it: at most 64 characters of it, escaped.
pub fn short_name(name: &str) -> String {
    let cut = if name.chars().nth(64).is_some() { "..." } else { "" };
    name.chars().take(64).flat_map(char::escape_debug).chain(cut.chars()).collect()
}
