//! How a field of text becomes an f32, here and in the container.

/// Why a field is not a value. Deliberately holds nothing of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// Not a number, and not empty either.
    NotANumber,
    /// Infinite, or beyond an f32's range.
    Infinite,
}

/// Powers of ten that an f64 holds exactly, as far as the short path needs them.
const TENS: [f64; 17] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];
/// Whole numbers up to here are exact in an f64.
const EXACT: u64 = 1 << 53;

/// Parsed as f64 and rounded to f32, as the container does; nothing (or `nan`) is a missing value, NaN here.
/// A number beyond f32's range is infinite for XGBoost, which refuses it.
///
/// # Errors
/// [`FieldError`], which holds nothing of the field.
pub fn parse_field(field: &[u8]) -> Result<f32, FieldError> {
    if field.is_empty() {
        return Ok(f32::NAN);
    }
    narrow(match short(field) {
        Some(value) => value,
        None => parse_any(field)?,
    })
}

/// An f64 as XGBoost stores it: rounded to f32, NaN kept as a missing value, refused where that is infinite.
///
/// # Errors
/// [`FieldError::Infinite`].
pub fn narrow(value: f64) -> Result<f32, FieldError> {
    let value = value as f32;
    if value.is_infinite() { Err(FieldError::Infinite) } else { Ok(value) }
}

/// Nearly every field: up to 16 characters of digits, one point and a minus. Digits and power of ten are exact, and one
/// division of exact numbers rounds correctly (Clinger 1990), so that the result is `str::parse`'s to the bit.
#[inline]
fn short(field: &[u8]) -> Option<f64> {
    let (negative, digits) = match field.split_first()? {
        (b'-', digits) => (true, digits),
        _ => (false, field),
    };
    if digits.len() > 16 {
        return None;
    }
    let mut whole = 0_u64;
    let mut point = None;
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let places = point.map_or(0, |point| digits.len() - 1 - point);
    let count = digits.len() - usize::from(point.is_some());
    if count == 0 || whole > EXACT {
        return None;
    }
    let value = if places == 0 { whole as f64 } else { whole as f64 / TENS.get(places)? };
    Some(if negative { -value } else { value })
}

fn parse_any(field: &[u8]) -> Result<f64, FieldError> {
    let field = std::str::from_utf8(field).map_err(|_| FieldError::NotANumber)?.trim();
    if field.is_empty() { Ok(f64::NAN) } else { field.parse().map_err(|_| FieldError::NotANumber) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{FieldError, parse_field, short};
    use proptest::prelude::*;

    #[test]
    fn what_is_missing_infinite_or_no_number_is_told_apart() {
        for missing in ["", " ", "nan", "NaN", "-nan"] {
            assert!(parse_field(missing.as_bytes()).unwrap().is_nan(), "{missing:?}");
        }
        for infinite in ["inf", "-inf", "Infinity", "1e39", "-3.5e38", "9e999"] {
            assert_eq!(parse_field(infinite.as_bytes()), Err(FieldError::Infinite), "{infinite:?}");
        }
        for wrong in ["-", ".", "-.", "1.2.3", "1,5", "0x10", "1_000", "True", "--1", "1e", "\u{661}"] {
            assert_eq!(parse_field(wrong.as_bytes()), Err(FieldError::NotANumber), "{wrong:?}");
        }
        assert_eq!(parse_field(b"\xff"), Err(FieldError::NotANumber));
        assert_eq!(parse_field(b"-0").unwrap().to_bits(), (-0.0_f32).to_bits());
        assert_eq!(parse_field(b" 1.5 "), Ok(1.5));
    }

    #[test]
    fn a_number_is_rounded_twice_as_the_container_rounds_it() {
        // Rounded once, from the text, this would be 1 + 2^-23; through f64 it is a tie, which goes to even.
        assert_eq!(parse_field(b"1.00000005960464477539062501"), Ok(1.0));
        assert_eq!("1.00000005960464477539062501".parse::<f32>(), Ok(1.000_000_1));
    }

    proptest! {
        #[test]
        fn the_short_path_is_the_standard_parser_to_the_bit(field in "-?[0-9]{0,17}\\.?[0-9]{0,17}") {
            if let Some(value) = short(field.as_bytes()) {
                prop_assert_eq!(value.to_bits(), field.parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn a_float_that_was_written_reads_back_with_the_same_bits(bits in any::<u32>()) {
            let value = f32::from_bits(bits);
            prop_assume!(value.is_finite());
            for text in [format!("{value}"), format!("{value:e}"), format!("{}", f64::from(value))] {
                prop_assert_eq!(parse_field(text.as_bytes()).unwrap().to_bits(), bits, "{}", text);
            }
        }

        #[test]
        fn no_field_panics(field in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse_field(&field);
        }
    }
}
