//! Arguments that are options of the command line.

use crate::failure::wrong;
use meridian_desk::Serving;
use meridian_xgboost::Image;
use pyo3::{FromPyObject, PyErr, PyResult};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Columns: one name, or a sequence of names.
#[derive(FromPyObject)]
pub enum Names {
    /// A single column.
    One(String),
    /// A sequence of columns, which may be empty.
    Many(Vec<String>),
}

impl Names {
    /// The names in their order; none where the argument is left out.
    pub fn of(names: Option<Names>) -> Vec<String> {
        match names {
            None => Vec::new(),
            Some(Names::One(name)) => vec![name],
            Some(Names::Many(names)) => names,
        }
    }
}

/// How models are served, for all functions.
///
/// # Errors
/// `ValueError`: an image that is not known, no threads.
pub fn serving(features: Option<PathBuf>, tag: &str, threads: Option<usize>) -> PyResult<Serving> {
    let count = |threads| NonZeroUsize::new(threads).ok_or_else(|| wrong("threads", "expected a number above 0"));
    Ok(Serving { features, image: image("image", tag)?, threads: threads.map(count).transpose()? })
}

/// A container image by its tag.
///
/// # Errors
/// `ValueError`: it is not known.
pub fn image(argument: &str, tag: &str) -> PyResult<Image> {
    Image::from_str(tag).map_err(|error| wrong(argument, error))
}

/// A number that the command line would take too.
///
/// # Errors
/// `ValueError`: out of range.
pub fn number(argument: &str, value: Option<f64>, parse: fn(&str) -> Result<f64, String>) -> PyResult<Option<f64>> {
    let parsed = value.map(|value| parse(&value.to_string()));
    parsed.transpose().map_err(|problem| wrong(argument, problem))
}

/// Two arguments of which the first is nothing without the second.
///
/// # Errors
/// `ValueError`: the second is missing.
pub fn needs(argument: &str, is_given: bool, other: &str, is_there: bool) -> Result<(), PyErr> {
    if is_given && !is_there { Err(wrong(argument, format_args!("needs {other} too"))) } else { Ok(()) }
}
