//! How a field of text becomes an f32, here and in the container.

/// Why a field is not a value. Deliberately holds nothing of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldError {
    NotANumber,
    Infinite,
}

/// Parsed as f64 and rounded to f32, as the container does; nothing (or `nan`) is a missing value, NaN here.
/// A number beyond f32's range is infinite for XGBoost, which refuses it.
pub(crate) fn parse_field(field: &str) -> Result<f32, FieldError> {
    let field = field.trim();
    if field.is_empty() {
        return Ok(f32::NAN);
    }
    let value = field.parse::<f64>().map_err(|_| FieldError::NotANumber)? as f32;
    if value.is_infinite() { Err(FieldError::Infinite) } else { Ok(value) }
}
