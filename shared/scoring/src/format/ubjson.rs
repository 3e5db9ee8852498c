//! A one-pass reader of the UBJSON that XGBoost writes: no document tree, nothing held but what the caller keeps.
//! Arrays of one type are converted a buffer at a time; values that are not wanted are skipped without being looked at.

use super::source::Source;
use crate::error::ModelError;

/// Nesting deeper than this is refused; XGBoost needs nine levels.
pub(super) const MAX_DEPTH: usize = 32;

/// Reads values front to back.
pub(super) struct Reader<'a> {
    source: Source<'a>,
}

/// An array being read: its element type where one is declared, and what is left where it is counted.
pub(super) struct Array {
    kind: Option<u8>,
    left: Option<u64>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { source }
    }

    pub(super) fn malformed(&self, problem: impl Into<String>) -> ModelError {
        self.source.malformed(problem)
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.source.at()
    }

    /// That nothing follows.
    pub(super) fn end(&mut self) -> Result<(), ModelError> {
        self.source.end()
    }

    fn marker(&mut self) -> Result<u8, ModelError> {
        Ok(u8::from_be_bytes(self.source.take::<1>("a value")?))
    }

    /// Consumes the marker of an object; read it with [`Reader::next_key`].
    pub(super) fn object(&mut self, what: &'static str) -> Result<(), ModelError> {
        let marker = self.marker()?;
        self.object_after(marker, what)
    }

    /// The same, for an object whose marker was already read (an array's element).
    pub(super) fn object_after(&mut self, marker: u8, what: &'static str) -> Result<(), ModelError> {
        if marker != b'{' {
            return Err(self.malformed(format!("`{what}` should be an object, found {}", shown(marker))));
        }
        match self.source.next("an object's key")? {
            b'#' | b'$' => Err(self.malformed(format!("`{what}` is a counted object, which XGBoost does not write"))),
            _ => Ok(()),
        }
    }

    /// The next key of the open object, or `None` at its end.
    pub(super) fn next_key(&mut self) -> Result<Option<String>, ModelError> {
        if self.source.next("an object's key or end")? == b'}' {
            self.marker()?;
            return Ok(None);
        }
        self.raw_text().map(Some)
    }

    /// Opens an array.
    pub(super) fn array(&mut self, what: &'static str) -> Result<Array, ModelError> {
        match self.marker()? {
            b'[' => self.array_head(),
            found => Err(self.malformed(format!("`{what}` should be an array, found {}", shown(found)))),
        }
    }

    fn array_head(&mut self) -> Result<Array, ModelError> {
        let mut kind = None;
        if self.source.next("an array")? == b'$' {
            self.marker()?;
            let found = self.marker()?;
            // Elements without a width would let a count of 2^60 spin without reading a byte.
            if width(found).is_none() {
                return Err(self.malformed(format!("a typed array holds {}, expected numbers", shown(found))));
            }
            kind = Some(found);
        }
        if self.source.next("an array")? == b'#' {
            self.marker()?;
            let left = Some(self.length()?);
            return Ok(Array { kind, left });
        }
        if kind.is_some() { Err(self.malformed("a typed array has no count")) } else { Ok(Array { kind, left: None }) }
    }

    /// The marker of the array's next element, which must be read next; `None` at the end.
    pub(super) fn next_item(&mut self, array: &mut Array) -> Result<Option<u8>, ModelError> {
        match &mut array.left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None if self.source.next("an array's element or end")? == b']' => {
                self.marker()?;
                return Ok(None);
            }
            None => {}
        }
        array.kind.map_or_else(|| self.marker(), Ok).map(Some)
    }

    /// Reads an array of integers into `values`, whose former content is dropped; at most `most` of them.
    pub(super) fn integers(
        &mut self,
        what: &'static str,
        most: usize,
        values: &mut Vec<i32>,
    ) -> Result<(), ModelError> {
        values.clear();
        let mut array = self.array(what)?;
        self.check_count(&array, what, most)?;
        if let (Some(b'l'), Some(count)) = (array.kind, array.left) {
            return self
                .source
                .elements(count, what, |some| values.extend(some.iter().map(|bytes| i32::from_be_bytes(*bytes))));
        }
        while let Some(marker) = self.next_item(&mut array)? {
            let value = self.integer(marker, what)?;
            let value = i32::try_from(value)
                .map_err(|_| self.malformed(format!("`{what}` holds {value}, which no 32-bit number is")))?;
            self.push(value, what, most, values)?;
        }
        Ok(())
    }

    /// The same for 32-bit floats.
    pub(super) fn floats(&mut self, what: &'static str, most: usize, values: &mut Vec<f32>) -> Result<(), ModelError> {
        values.clear();
        let mut array = self.array(what)?;
        self.check_count(&array, what, most)?;
        if let (Some(b'd'), Some(count)) = (array.kind, array.left) {
            return self
                .source
                .elements(count, what, |some| values.extend(some.iter().map(|bytes| f32::from_be_bytes(*bytes))));
        }
        while let Some(marker) = self.next_item(&mut array)? {
            let value = self.float(marker, what)?;
            self.push(value, what, most, values)?;
        }
        Ok(())
    }

    /// The same for flags, 0 or not 0.
    pub(super) fn flags(&mut self, what: &'static str, most: usize, values: &mut Vec<u8>) -> Result<(), ModelError> {
        values.clear();
        let mut array = self.array(what)?;
        self.check_count(&array, what, most)?;
        if let (Some(b'U' | b'i'), Some(count)) = (array.kind, array.left) {
            return self.source.elements::<1>(count, what, |some| {
                values.extend(some.as_flattened().iter().map(|b| u8::from(*b != 0)))
            });
        }
        while let Some(marker) = self.next_item(&mut array)? {
            let value = u8::from(self.integer(marker, what)? != 0);
            self.push(value, what, most, values)?;
        }
        Ok(())
    }

    fn check_count(&self, array: &Array, what: &'static str, most: usize) -> Result<(), ModelError> {
        match array.left {
            Some(count) if count > most as u64 => Err(self.too_many(what, most)),
            _ => Ok(()),
        }
    }

    fn push<T>(&self, value: T, what: &'static str, most: usize, values: &mut Vec<T>) -> Result<(), ModelError> {
        if values.len() >= most {
            return Err(self.too_many(what, most));
        }
        values.push(value);
        Ok(())
    }

    fn too_many(&self, what: &'static str, most: usize) -> ModelError {
        self.malformed(format!("`{what}` has more than {most} elements"))
    }

    /// A string value.
    pub(super) fn text(&mut self, what: &'static str) -> Result<String, ModelError> {
        let marker = self.marker()?;
        self.text_after(marker, what)
    }

    /// The same, for a string whose marker was already read.
    pub(super) fn text_after(&mut self, marker: u8, what: &'static str) -> Result<String, ModelError> {
        if marker != b'S' {
            return Err(self.malformed(format!("`{what}` should be a string, found {}", shown(marker))));
        }
        self.raw_text()
    }

    fn raw_text(&mut self) -> Result<String, ModelError> {
        let length = self.length()?;
        self.source.text(length)
    }

    fn length(&mut self) -> Result<u64, ModelError> {
        let marker = self.marker()?;
        let length = self.integer(marker, "length")?;
        u64::try_from(length).map_err(|_| self.malformed(format!("a length is {length}, expected 0 or more")))
    }

    /// An integer whose marker was read.
    fn integer(&mut self, marker: u8, what: &'static str) -> Result<i64, ModelError> {
        let source = &mut self.source;
        Ok(match marker {
            b'U' => i64::from(u8::from_be_bytes(source.take(what)?)),
            b'i' => i64::from(i8::from_be_bytes(source.take(what)?)),
            b'I' => i64::from(i16::from_be_bytes(source.take(what)?)),
            b'l' => i64::from(i32::from_be_bytes(source.take(what)?)),
            b'L' => i64::from_be_bytes(source.take(what)?),
            b'T' => 1,
            b'F' => 0,
            found => return Err(self.malformed(format!("`{what}` should be an integer, found {}", shown(found)))),
        })
    }

    /// A number whose marker was read, as the f32 that XGBoost would hold.
    fn float(&mut self, marker: u8, what: &'static str) -> Result<f32, ModelError> {
        Ok(match marker {
            b'd' => f32::from_be_bytes(self.source.take(what)?),
            b'D' => f64::from_be_bytes(self.source.take(what)?) as f32,
            other => self.integer(other, what)? as f32,
        })
    }

    /// Skips the next value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), ModelError> {
        let marker = self.marker()?;
        self.skip_after(marker, 0)
    }

    fn skip_after(&mut self, marker: u8, depth: usize) -> Result<(), ModelError> {
        if depth > MAX_DEPTH {
            return Err(self.malformed(format!("values are nested more than {MAX_DEPTH} deep")));
        }
        match marker {
            b'Z' | b'T' | b'F' => Ok(()),
            b'C' => self.source.skip(1),
            b'S' => {
                let length = self.length()?;
                self.source.skip(length)
            }
            b'{' => self.skip_object(depth),
            b'[' => self.skip_array(depth),
            other => match width(other) {
                Some(width) => self.source.skip(width),
                None => Err(self.malformed(format!("a value starts with {}", shown(other)))),
            },
        }
    }

    fn skip_object(&mut self, depth: usize) -> Result<(), ModelError> {
        self.object_after(b'{', "object")?;
        while self.source.next("an object's key or end")? != b'}' {
            let length = self.length()?;
            self.source.skip(length)?;
            let marker = self.marker()?;
            self.skip_after(marker, depth + 1)?;
        }
        self.marker().map(drop)
    }

    fn skip_array(&mut self, depth: usize) -> Result<(), ModelError> {
        let mut array = self.array_head()?;
        if let (Some(width), Some(count)) = (array.kind.and_then(width), array.left) {
            let bytes = count.checked_mul(width).ok_or_else(|| self.malformed("an array's length overflows"))?;
            return self.source.skip(bytes);
        }
        while let Some(marker) = self.next_item(&mut array)? {
            self.skip_after(marker, depth + 1)?;
        }
        Ok(())
    }
}

/// Bytes of a number behind its marker; `None` for anything that is not a number.
fn width(marker: u8) -> Option<u64> {
    match marker {
        b'U' | b'i' => Some(1),
        b'I' => Some(2),
        b'l' | b'd' => Some(4),
        b'L' | b'D' => Some(8),
        _ => None,
    }
}

/// A marker byte as an error text shows it.
fn shown(marker: u8) -> String {
    if marker.is_ascii_graphic() { format!("`{}`", char::from(marker)) } else { format!("byte 0x{marker:02x}") }
}
