//! A one-pass reader of the UBJSON that XGBoost writes, and of no other: every key and count is an `L`, arrays of one type
//! are typed and counted, integers take the fewest bytes. No document tree; arrays are converted a buffer at a time.

use super::source::Source;
use super::values::{List, Spot, Values};
use crate::error::ModelError;

/// Reads values front to back.
pub(super) struct Reader<'a> {
    source: Source<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { source }
    }

    fn marker(&mut self) -> Result<u8, ModelError> {
        Ok(u8::from_be_bytes(self.source.take::<1>("a value")?))
    }

    /// That the next byte is this marker.
    fn expect(&mut self, marker: u8, spot: Spot, what: &str) -> Result<(), ModelError> {
        let found = self.marker()?;
        if found == marker {
            return Ok(());
        }
        let (marker, found) = (char::from(marker), shown(found));
        Err(self.wrong(spot, format_args!("should be {what}, which starts with `{marker}`, found {found}")))
    }

    /// A length: `L` and 0 or more.
    fn length(&mut self) -> Result<u64, ModelError> {
        match self.marker()? {
            b'L' => {}
            found => return Err(self.malformed(format!("a length should be an `L`, found {}", shown(found)))),
        }
        let length = i64::from_be_bytes(self.source.take("a length")?);
        u64::try_from(length).map_err(|_| self.malformed(format!("a length is {length}, expected 0 or more")))
    }

    fn raw_text(&mut self) -> Result<String, ModelError> {
        let length = self.length()?;
        self.source.text(length)
    }

    /// The head of an array of one type; its length.
    fn array(&mut self, kind: u8, spot: Spot, what: &str, most: usize) -> Result<u64, ModelError> {
        self.expect(b'[', spot, "an array")?;
        self.expect(b'$', spot, "a typed array")?;
        self.expect(kind, spot, what)?;
        self.expect(b'#', spot, "a counted array")?;
        let count = self.length()?;
        self.check_room(spot, count, most)?;
        Ok(count)
    }
}

impl Values for Reader<'_> {
    fn malformed(&self, problem: String) -> ModelError {
        self.source.malformed(problem)
    }

    fn at(&self) -> u64 {
        self.source.at()
    }

    fn open(&mut self, spot: Spot) -> Result<(), ModelError> {
        self.expect(b'{', spot, "an object")
    }

    fn key(&mut self) -> Result<Option<String>, ModelError> {
        if self.source.next("an object's key or end")? == b'}' {
            self.marker()?;
            return Ok(None);
        }
        self.raw_text().map(Some)
    }

    fn open_list(&mut self, spot: Spot) -> Result<List, ModelError> {
        self.expect(b'[', spot, "an array")?;
        self.expect(b'#', spot, "a counted array")?;
        Ok(List { left: self.length()? })
    }

    fn more(&mut self, list: &mut List) -> Result<bool, ModelError> {
        let more = list.left > 0;
        list.left = list.left.saturating_sub(1);
        Ok(more)
    }

    fn text(&mut self, spot: Spot) -> Result<String, ModelError> {
        self.expect(b'S', spot, "a string")?;
        self.raw_text()
    }

    fn whole(&mut self, spot: Spot) -> Result<i64, ModelError> {
        // XGBoost takes the next wider type for the ends of a range already.
        let (value, range) = match self.marker()? {
            b'i' => (i64::from(i8::from_be_bytes(self.source.take("an integer")?)), 0..i64::from(i8::MAX)),
            b'I' => (
                i64::from(i16::from_be_bytes(self.source.take("an integer")?)),
                i64::from(i8::MAX)..i64::from(i16::MAX),
            ),
            b'l' => (
                i64::from(i32::from_be_bytes(self.source.take("an integer")?)),
                i64::from(i16::MAX)..i64::from(i32::MAX),
            ),
            found => return Err(self.wrong(spot, format_args!("should be an integer, found {}", shown(found)))),
        };
        if !range.contains(&value) {
            return Err(self.wrong(spot, format_args!("is {value}, expected 0 or more in the fewest bytes")));
        }
        Ok(value)
    }

    fn float(&mut self, spot: Spot) -> Result<f32, ModelError> {
        self.expect(b'd', spot, "a 32-bit float")?;
        Ok(f32::from_be_bytes(self.source.take("a number")?))
    }

    fn integers(&mut self, spot: Spot, most: usize, values: &mut Vec<i32>) -> Result<(), ModelError> {
        values.clear();
        let count = self.array(b'l', spot, "an array of 32-bit integers", most)?;
        self.source.elements(count, "the rest of an array", |some| {
            values.extend(some.iter().map(|bytes| i32::from_be_bytes(*bytes)));
        })
    }

    fn longs(&mut self, spot: Spot, most: usize, values: &mut Vec<i32>) -> Result<(), ModelError> {
        values.clear();
        let count = self.array(b'L', spot, "an array of 64-bit integers", most)?;
        let mut beyond = false;
        self.source.elements(count, "the rest of an array", |some| {
            values.extend(some.iter().map(|bytes| {
                let value = i64::from_be_bytes(*bytes);
                beyond |= i32::try_from(value).is_err();
                value as i32
            }));
        })?;
        if beyond { Err(self.wrong(spot, "holds a number that needs more than 32 bits")) } else { Ok(()) }
    }

    fn floats(&mut self, spot: Spot, most: usize, values: &mut Vec<f32>) -> Result<(), ModelError> {
        values.clear();
        let count = self.array(b'd', spot, "an array of 32-bit floats", most)?;
        self.source.elements(count, "the rest of an array", |some| {
            values.extend(some.iter().map(|bytes| f32::from_be_bytes(*bytes)));
        })
    }

    fn count_floats(&mut self, spot: Spot, most: usize) -> Result<usize, ModelError> {
        let count = self.array(b'd', spot, "an array of 32-bit floats", most)?;
        self.source.elements::<4>(count, "the rest of an array", |_| {})?;
        Ok(count as usize) // at most `most`
    }

    fn flags(&mut self, spot: Spot, most: usize, values: &mut Vec<u8>) -> Result<(), ModelError> {
        values.clear();
        let count = self.array(b'U', spot, "an array of bytes", most)?;
        let mut highest = 0;
        self.source.elements::<1>(count, "the rest of an array", |some| {
            let some = some.as_flattened();
            highest = some.iter().fold(highest, |highest, byte| highest.max(*byte));
            values.extend_from_slice(some);
        })?;
        if highest > 1 { Err(self.wrong(spot, format_args!("holds {highest}, expected 0 and 1"))) } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), ModelError> {
        self.source.end()
    }
}

/// A marker byte as an error text shows it.
fn shown(marker: u8) -> String {
    if marker.is_ascii_graphic() { format!("`{}`", char::from(marker)) } else { format!("byte 0x{marker:02x}") }
}
