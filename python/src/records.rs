//! Records to be scored: a file, or what holds a table in Python.

use crate::failure::{Failure, wrong};
use meridian_desk::Scorer;
use meridian_evaluation::{HoldoutError, Records};
use meridian_xgboost::number::{FieldError, narrow};
use meridian_xgboost::{Matrix, ModelFeatures, ShapeError};
use pyo3::types::{PyAnyMethods, PyBytes, PyBytesMethods, PyMemoryView};
use pyo3::{Bound, PyAny, PyErr, PyResult};
use std::path::PathBuf;

/// Records x features, in the model's order.
pub enum Rows {
    /// Read from a file.
    Read(Records),
    /// Given as a table, row by row.
    Given {
        /// All values; NaN where one is missing.
        values: Vec<f32>,
        /// Features, at least 1.
        width: usize,
    },
}

impl Rows {
    /// Reads a path (str, os.PathLike) or a table for a model.
    ///
    /// # Errors
    /// `OSError` where a file cannot be read, `ValueError` where columns, shape or values do not fit, `TypeError` where it is no
    /// table.
    pub fn read(records: &Bound<'_, PyAny>, scorer: &Scorer<'_>, ignore: &[String]) -> PyResult<Rows> {
        if let Ok(path) = records.extract::<PathBuf>() {
            let read = records.py().detach(|| scorer.read(&path, ignore).map_err(Failure::from));
            return Ok(Rows::Read(read?));
        }
        if !ignore.is_empty() {
            return Err(wrong("ignore", "names columns of a file; a table has the features alone"));
        }
        let features = scorer.features();
        Ok(Rows::Given { values: table(records, features)?, width: features.len() })
    }

    /// The records as they are scored.
    pub fn matrix(&self) -> Matrix<'_> {
        match self {
            Rows::Read(records) => records.matrix(),
            // Every row was held against the width.
            Rows::Given { values, width } => Matrix::new(values, *width).unwrap_or(Matrix::EMPTY),
        }
    }
}

/// A table's values, row by row, each through an f64 to an f32 as in the container.
fn table(records: &Bound<'_, PyAny>, features: &[String]) -> PyResult<Vec<f32>> {
    let mut records = records.clone();
    if let (Some(columns), Some(to_numpy)) = (records.getattr_opt("columns")?, records.getattr_opt("to_numpy")?) {
        // A frame that names its columns names them as the model does; numbers are no names.
        if let Ok(columns) = columns.try_iter()?.map(|column| column?.extract()).collect::<PyResult<Vec<String>>>() {
            ModelFeatures::Named(features.to_vec()).check(&columns).map_err(Failure::from)?;
        }
        records = to_numpy.call0()?;
    }
    if let Some(values) = buffered(&records, features)? {
        return Ok(values);
    }
    match records.getattr_opt("tolist")? {
        Some(tolist) => listed(&tolist.call0()?, features),
        None => listed(&records, features),
    }
}

/// The values of an object that lends its memory as f32 or f64, as numpy's arrays do; [`None`] of any other.
fn buffered(records: &Bound<'_, PyAny>, features: &[String]) -> PyResult<Option<Vec<f32>>> {
    let Ok(view) = PyMemoryView::from(records) else { return Ok(None) };
    let format: String = view.getattr("format")?.extract()?;
    let native = format.trim_start_matches(['@', '=', if cfg!(target_endian = "little") { '<' } else { '>' }]);
    if !matches!(native, "f" | "d") {
        return Ok(None);
    }
    let shape: Vec<usize> = view.getattr("shape")?.extract()?;
    let &[rows, width] = shape.as_slice() else {
        let dimensions = shape.len();
        return Err(wrong("records", format_args!("{dimensions} dimensions; expected 2, records and features")));
    };
    if width != features.len() && rows > 0 {
        return Err(Failure::from(ShapeError::Width { expected: features.len(), found: width }).into());
    }
    // A copy, row by row, however the memory lies.
    let bytes = view.call_method0("tobytes")?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    let place = |index: usize| (index / width.max(1) + 1, index % width.max(1));
    let check = |index: usize, value: f64| {
        let (row, column) = place(index);
        narrow(value).map_err(|error| refused(error, row, column, features))
    };
    let values: PyResult<Vec<f32>> = if native == "f" {
        let values = bytes.as_chunks().0.iter().map(|bytes| f64::from(f32::from_ne_bytes(*bytes)));
        values.enumerate().map(|(index, value)| check(index, value)).collect()
    } else {
        let values = bytes.as_chunks().0.iter().map(|bytes| f64::from_ne_bytes(*bytes));
        values.enumerate().map(|(index, value)| check(index, value)).collect()
    };
    values.map(Some)
}

/// The values of a sequence of sequences of numbers.
fn listed(records: &Bound<'_, PyAny>, features: &[String]) -> PyResult<Vec<f32>> {
    let (mut values, expected) = (Vec::new(), features.len());
    for (record, row) in records.try_iter()?.zip(1..) {
        let mut found = 0;
        for value in record?.try_iter()? {
            values.push(number(&value?).map_err(|error| refused(error, row, found, features))?);
            found += 1;
        }
        if found != expected {
            return Err(wrong(&format!("record {row}"), ShapeError::Width { expected, found }));
        }
    }
    Ok(values)
}

/// A number as the container takes it; None is a missing value.
fn number(value: &Bound<'_, PyAny>) -> Result<f32, FieldError> {
    if value.is_none() {
        return Ok(f32::NAN);
    }
    narrow(value.extract().map_err(|_| FieldError::NotANumber)?)
}

/// The command line's words for a value; rows count from 1.
fn refused(error: FieldError, row: usize, column: usize, features: &[String]) -> PyErr {
    let column = features.get(column).cloned().unwrap_or_default();
    let error = match error {
        FieldError::NotANumber => HoldoutError::NotANumber { row, column },
        FieldError::Infinite => HoldoutError::Infinite { row, column },
    };
    Failure::from(error).into()
}
