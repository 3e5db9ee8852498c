//! How the container reads a row of a `text/csv` request.

use crate::error::PayloadError;
use crate::number::{FieldError, parse_field};

/// Appends the `width` values of one row, which has no line break, to `values`; an empty field is a missing value, NaN.
/// Appends nothing to a row that is refused.
///
/// # Errors
/// [`PayloadError`], which never holds a value of the row.
pub fn read_csv_row(line: &[u8], width: usize, values: &mut Vec<f32>) -> Result<(), PayloadError> {
    let start = values.len();
    let read = read(line, width, values);
    if read.is_err() {
        values.truncate(start);
    }
    read
}

fn read(line: &[u8], width: usize, values: &mut Vec<f32>) -> Result<(), PayloadError> {
    let found = line.iter().filter(|byte| **byte == b',').count() + 1;
    if found != width {
        return Err(PayloadError::FieldCount { expected: width, found });
    }
    for (position, field) in line.split(|byte| *byte == b',').enumerate() {
        values.push(parse_field(field).map_err(|error| match error {
            FieldError::NotANumber => PayloadError::NotANumber { position },
            FieldError::Infinite => PayloadError::Infinite { position },
        })?);
    }
    Ok(())
}
