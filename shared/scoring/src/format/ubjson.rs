//! A one-pass reader of the UBJSON that XGBoost writes: no document tree, nothing held but what the
//! caller keeps. Every count is checked against the bytes that are really there, so a lying length
//! costs nothing, and values that are not wanted are skipped without being stored.

use crate::error::ModelError;
use std::io::{self, BufRead, BufReader, Read};

/// Nesting deeper than this is refused; XGBoost needs eight levels.
const MAX_DEPTH: usize = 32;
/// Longest key or string that is kept.
const MAX_TEXT: u64 = 64 * 1024;

/// Reads values front to back. Offsets in errors count from the start of the model file.
pub(crate) struct Reader<R> {
    input: BufReader<R>,
    at: u64,
}

/// An array being read: its element type where one is declared, and what is left where it is counted.
pub(crate) struct Array {
    kind: Option<u8>,
    left: Option<u64>,
}

impl Array {
    /// Declared number of elements, bounded so that it is safe to reserve for.
    pub(crate) fn capacity(&self) -> usize {
        self.left.map_or(0, |left| left.min(64 * 1024) as usize)
    }
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), at: 0 }
    }

    pub(crate) fn malformed(&self, problem: impl Into<String>) -> ModelError {
        ModelError::Malformed { at: self.at, problem: problem.into() }
    }

    /// The bytes that come next, without consuming them; at most what one buffer holds.
    pub(crate) fn lookahead(&mut self) -> Result<&[u8], ModelError> {
        self.input.fill_buf().map_err(|error| wrap(error, self.at, "a byte"))
    }

    fn peek(&mut self, what: &'static str) -> Result<u8, ModelError> {
        let at = self.at;
        self.lookahead()?.first().copied().ok_or(ModelError::Truncated { at, what })
    }

    fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], ModelError> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|error| wrap(error, self.at, what))?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn marker(&mut self) -> Result<u8, ModelError> {
        Ok(u8::from_be_bytes(self.take::<1>("a value")?))
    }

    fn skip_bytes(&mut self, count: u64) -> Result<(), ModelError> {
        let skipped = io::copy(&mut self.input.by_ref().take(count), &mut io::sink())
            .map_err(|error| wrap(error, self.at, "a value"))?;
        self.at += skipped;
        if skipped < count { Err(ModelError::Truncated { at: self.at, what: "the rest of a value" }) } else { Ok(()) }
    }

    /// Consumes the marker of an object; read it with [`Reader::next_key`].
    pub(crate) fn object(&mut self, what: &'static str) -> Result<(), ModelError> {
        let marker = self.marker()?;
        self.object_after(marker, what)
    }

    /// The same, for an object whose marker was already read (an array's element).
    pub(crate) fn object_after(&mut self, marker: u8, what: &'static str) -> Result<(), ModelError> {
        if marker != b'{' {
            return Err(self.malformed(format!("`{what}` should be an object, found {}", shown(marker))));
        }
        match self.peek("an object's key")? {
            b'#' | b'$' => Err(self.malformed(format!("`{what}` is a counted object, which XGBoost does not write"))),
            _ => Ok(()),
        }
    }

    /// The next key of the open object, or `None` at its end.
    pub(crate) fn next_key(&mut self) -> Result<Option<String>, ModelError> {
        if self.peek("an object's key or end")? == b'}' {
            self.marker()?;
            return Ok(None);
        }
        self.raw_text().map(Some)
    }

    /// Opens an array.
    pub(crate) fn array(&mut self, what: &'static str) -> Result<Array, ModelError> {
        match self.marker()? {
            b'[' => self.array_head(),
            found => Err(self.malformed(format!("`{what}` should be an array, found {}", shown(found)))),
        }
    }

    fn array_head(&mut self) -> Result<Array, ModelError> {
        let mut kind = None;
        if self.peek("an array")? == b'$' {
            self.marker()?;
            let found = self.marker()?;
            // Elements without a width would let a count of 2^60 spin without reading a byte.
            if width(found).is_none() {
                return Err(self.malformed(format!("a typed array holds {}, expected numbers", shown(found))));
            }
            kind = Some(found);
        }
        if self.peek("an array")? == b'#' {
            self.marker()?;
            let left = Some(self.length()?);
            return Ok(Array { kind, left });
        }
        if kind.is_some() { Err(self.malformed("a typed array has no count")) } else { Ok(Array { kind, left: None }) }
    }

    /// The marker of the array's next element, which must be read next; `None` at the end.
    pub(crate) fn next_item(&mut self, array: &mut Array) -> Result<Option<u8>, ModelError> {
        match &mut array.left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None if self.peek("an array's element or end")? == b']' => {
                self.marker()?;
                return Ok(None);
            }
            None => {}
        }
        array.kind.map_or_else(|| self.marker(), Ok).map(Some)
    }

    /// A string value.
    pub(crate) fn text(&mut self, what: &'static str) -> Result<String, ModelError> {
        let marker = self.marker()?;
        self.text_after(marker, what)
    }

    pub(crate) fn text_after(&mut self, marker: u8, what: &'static str) -> Result<String, ModelError> {
        if marker != b'S' {
            return Err(self.malformed(format!("`{what}` should be a string, found {}", shown(marker))));
        }
        self.raw_text()
    }

    fn raw_text(&mut self) -> Result<String, ModelError> {
        let length = self.length()?;
        if length > MAX_TEXT {
            return Err(self.malformed(format!("a name is {length} bytes long, at most {MAX_TEXT} are expected")));
        }
        let mut bytes = Vec::new();
        self.input.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| wrap(error, self.at, "a string"))?;
        self.at += bytes.len() as u64;
        if (bytes.len() as u64) < length {
            return Err(ModelError::Truncated { at: self.at, what: "the rest of a string" });
        }
        String::from_utf8(bytes).map_err(|_| self.malformed("a string is not UTF-8"))
    }

    fn length(&mut self) -> Result<u64, ModelError> {
        let marker = self.marker()?;
        let length = self.integer(marker, "length")?;
        u64::try_from(length).map_err(|_| self.malformed(format!("a length is {length}, expected 0 or more")))
    }

    /// An integer whose marker was read.
    pub(crate) fn integer(&mut self, marker: u8, what: &'static str) -> Result<i64, ModelError> {
        Ok(match marker {
            b'U' => i64::from(u8::from_be_bytes(self.take(what)?)),
            b'i' => i64::from(i8::from_be_bytes(self.take(what)?)),
            b'I' => i64::from(i16::from_be_bytes(self.take(what)?)),
            b'l' => i64::from(i32::from_be_bytes(self.take(what)?)),
            b'L' => i64::from_be_bytes(self.take(what)?),
            b'T' => 1,
            b'F' => 0,
            found => return Err(self.malformed(format!("`{what}` should be an integer, found {}", shown(found)))),
        })
    }

    /// A number whose marker was read, as the f32 that XGBoost would hold.
    pub(crate) fn float(&mut self, marker: u8, what: &'static str) -> Result<f32, ModelError> {
        Ok(match marker {
            b'd' => f32::from_be_bytes(self.take(what)?),
            b'D' => f64::from_be_bytes(self.take(what)?) as f32,
            other => self.integer(other, what)? as f32,
        })
    }

    /// Skips the next value, whatever it is.
    pub(crate) fn skip(&mut self) -> Result<(), ModelError> {
        let marker = self.marker()?;
        self.skip_after(marker, 0)
    }

    fn skip_after(&mut self, marker: u8, depth: usize) -> Result<(), ModelError> {
        if depth > MAX_DEPTH {
            return Err(self.malformed(format!("values are nested more than {MAX_DEPTH} deep")));
        }
        match marker {
            b'Z' | b'T' | b'F' => Ok(()),
            b'C' => self.skip_bytes(1),
            b'S' => {
                let length = self.length()?;
                self.skip_bytes(length)
            }
            b'{' => self.skip_object(depth),
            b'[' => self.skip_array(depth),
            other => match width(other) {
                Some(width) => self.skip_bytes(width),
                None => Err(self.malformed(format!("a value starts with {}", shown(other)))),
            },
        }
    }

    fn skip_object(&mut self, depth: usize) -> Result<(), ModelError> {
        self.object_after(b'{', "object")?;
        while self.peek("an object's key or end")? != b'}' {
            let length = self.length()?;
            self.skip_bytes(length)?;
            let marker = self.marker()?;
            self.skip_after(marker, depth + 1)?;
        }
        self.marker().map(drop)
    }

    fn skip_array(&mut self, depth: usize) -> Result<(), ModelError> {
        let mut array = self.array_head()?;
        if let (Some(width), Some(count)) = (array.kind.and_then(width), array.left) {
            let bytes = count.checked_mul(width).ok_or_else(|| self.malformed("an array's length overflows"))?;
            return self.skip_bytes(bytes);
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

fn wrap(error: io::Error, at: u64, what: &'static str) -> ModelError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ModelError::Truncated { at, what },
        _ => ModelError::Io(error),
    }
}
