//! A one-pass reader of the JSON that XGBoost writes, and of no other: no space between values, numbers in one form
//! each (the shortest that reads back to the same number), and of escapes only those that XGBoost reads itself. No
//! document tree: arrays go into the buffers of one tree.

use super::source::Source;
use super::values::{List, MAX_TEXT, Spot, Values};
use crate::error::ModelError;
use std::io::Write;

/// Longer than any number that XGBoost writes.
const LONGEST_NUMBER: usize = 24;

/// Reads values front to back.
pub(super) struct Reader<'a> {
    source: Source<'a>,
    /// Nothing stands before the next key or element in its object or list: no comma either.
    first: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { source, first: true }
    }

    /// Consumes the next byte, which must be this one.
    fn expect(&mut self, byte: u8, what: &str) -> Result<(), ModelError> {
        let found = self.source.next("more JSON")?;
        if found != byte {
            let found = char::from(found).escape_default();
            let problem =
                format!("found `{found}` where {what} should follow; XGBoost writes no spaces between values");
            return Err(self.malformed(problem));
        }
        self.source.skip(1)
    }

    /// Consumes the closing byte, where it comes next; else the comma before the next key or element.
    fn closes(&mut self, closing: u8) -> Result<bool, ModelError> {
        if self.source.next("more JSON")? == closing {
            self.source.skip(1)?;
            self.first = false;
            return Ok(true);
        }
        if !std::mem::replace(&mut self.first, false) {
            self.expect(b',', "a comma")?;
        }
        Ok(false)
    }

    fn list(&mut self, spot: Spot) -> Result<(), ModelError> {
        self.expect(b'[', &format!("the list `{spot}`"))?;
        self.first = true;
        Ok(())
    }

    fn raw_text(&mut self) -> Result<String, ModelError> {
        self.expect(b'"', "a string")?;
        let mut bytes = Vec::new();
        loop {
            let [byte] = self.source.take("the rest of a string")?;
            let byte = match byte {
                b'"' => break,
                b'\\' => self.escaped()?,
                0..=0x1f => return Err(self.malformed("a string holds a control character".to_owned())),
                // XGBoost writes a backslash before `u` as it is, and so reads another text than it wrote.
                b'u' if bytes.last() == Some(&b'\\') => {
                    return Err(self.malformed("a string holds a backslash before `u`".to_owned()));
                }
                byte => byte,
            };
            bytes.push(byte);
            if bytes.len() as u64 > MAX_TEXT {
                return Err(self.malformed(format!("a name is longer than {MAX_TEXT} bytes")));
            }
        }
        String::from_utf8(bytes).map_err(|_| self.malformed("a string is not UTF-8".to_owned()))
    }

    fn escaped(&mut self) -> Result<u8, ModelError> {
        let [escape] = self.source.take("the rest of a string")?;
        match escape {
            b'"' | b'\\' => Ok(escape),
            b'n' => Ok(b'\n'),
            b'r' => Ok(b'\r'),
            b't' => Ok(b'\t'),
            _ => {
                Err(self
                    .malformed("a string holds an escape that XGBoost does not read as other readers do".to_owned()))
            }
        }
    }

    /// Consumes a number and hands its text to `parse`, which knows whether XGBoost would write it so.
    fn number<T>(&mut self, spot: Spot, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ModelError> {
        let ahead = self.source.peek(LONGEST_NUMBER)?;
        let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"+-.".contains(byte);
        let length = ahead.iter().take(LONGEST_NUMBER).position(ends);
        let text = length.and_then(|length| std::str::from_utf8(ahead.get(..length)?).ok());
        let value = text.and_then(parse);
        match (value, length) {
            (Some(value), Some(length)) => {
                self.source.skip(length as u64)?;
                Ok(value)
            }
            (_, None) if ahead.len() < LONGEST_NUMBER => Err(self.source.truncated("the rest of a number")),
            _ => Err(self.wrong(spot, format_args!("should be {what}, as XGBoost writes it"))),
        }
    }

    /// Reads a list of numbers and hands each to `each`.
    fn numbers<T>(
        &mut self,
        spot: Spot,
        most: usize,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
        mut each: impl FnMut(T),
    ) -> Result<usize, ModelError> {
        self.list(spot)?;
        let mut count = 0;
        while !self.closes(b']')? {
            count += 1;
            self.check_room(spot, count as u64, most)?;
            each(self.number(spot, what, &parse)?);
        }
        Ok(count)
    }
}

/// A 32-bit integer as XGBoost writes it: no zeros before it and no sign but a minus.
fn integer(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (!digits.starts_with('0') || text == "0");
    text.parse().ok().filter(|_| plain)
}

/// A 32-bit float as XGBoost writes it: the shortest digits that read back to it, as `1.25E-1`.
pub(super) fn float(text: &str) -> Option<f32> {
    match text {
        "NaN" => return Some(f32::NAN),
        "Infinity" => return Some(f32::INFINITY),
        "-Infinity" => return Some(f32::NEG_INFINITY),
        _ => {}
    }
    // Rust reads and writes `inf` too, which is no JSON.
    let value = text.parse::<f32>().ok().filter(|value| value.is_finite())?;
    let mut buffer = [0; LONGEST_NUMBER];
    let shortest = written(&mut buffer, format_args!("{value:E}"))?;
    if shortest == text.as_bytes() {
        return Some(value);
    }
    // Of two shortest texts that are as near, XGBoost takes the even one.
    let places = text.split(['.', 'E']).nth(1).filter(|_| shortest.len() == text.len())?.len();
    (written(&mut buffer, format_args!("{value:.places$E}"))? == text.as_bytes()).then_some(value)
}

fn written<'a>(buffer: &'a mut [u8; LONGEST_NUMBER], text: std::fmt::Arguments<'_>) -> Option<&'a [u8]> {
    let mut rest = buffer.as_mut_slice();
    rest.write_fmt(text).ok()?;
    let length = LONGEST_NUMBER - rest.len();
    buffer.get(..length)
}

impl Values for Reader<'_> {
    fn malformed(&self, problem: String) -> ModelError {
        self.source.malformed(problem)
    }

    fn at(&self) -> u64 {
        self.source.at()
    }

    fn open(&mut self, spot: Spot) -> Result<(), ModelError> {
        self.expect(b'{', &format!("the object `{spot}`"))?;
        self.first = true;
        Ok(())
    }

    fn key(&mut self) -> Result<Option<String>, ModelError> {
        if self.closes(b'}')? {
            return Ok(None);
        }
        let key = self.raw_text()?;
        self.expect(b':', "a colon")?;
        Ok(Some(key))
    }

    fn open_list(&mut self, spot: Spot) -> Result<List, ModelError> {
        self.list(spot)?;
        Ok(List { left: 0 })
    }

    fn more(&mut self, _: &mut List) -> Result<bool, ModelError> {
        self.closes(b']').map(|closed| !closed)
    }

    fn text(&mut self, _: Spot) -> Result<String, ModelError> {
        self.raw_text()
    }

    fn whole(&mut self, spot: Spot) -> Result<i64, ModelError> {
        self.number(spot, "an integer of 0 or more", |text| integer(text).filter(|value| *value >= 0).map(i64::from))
    }

    fn float(&mut self, spot: Spot) -> Result<f32, ModelError> {
        self.number(spot, "a 32-bit float", float)
    }

    fn integers(&mut self, spot: Spot, most: usize, values: &mut Vec<i32>) -> Result<(), ModelError> {
        values.clear();
        self.numbers(spot, most, "a list of 32-bit integers", integer, |value| values.push(value)).map(drop)
    }

    fn longs(&mut self, spot: Spot, most: usize, values: &mut Vec<i32>) -> Result<(), ModelError> {
        self.integers(spot, most, values)
    }

    fn floats(&mut self, spot: Spot, most: usize, values: &mut Vec<f32>) -> Result<(), ModelError> {
        values.clear();
        self.numbers(spot, most, "a list of 32-bit floats", float, |value| values.push(value)).map(drop)
    }

    fn count_floats(&mut self, spot: Spot, most: usize) -> Result<usize, ModelError> {
        self.numbers(spot, most, "a list of 32-bit floats", float, |_| {})
    }

    fn flags(&mut self, spot: Spot, most: usize, values: &mut Vec<u8>) -> Result<(), ModelError> {
        values.clear();
        let flag = |text: &str| match text {
            "0" => Some(0),
            "1" => Some(1),
            _ => None,
        };
        self.numbers(spot, most, "a list of 0 and 1", flag, |value| values.push(value)).map(drop)
    }

    fn end(&mut self) -> Result<(), ModelError> {
        self.source.end()
    }
}
