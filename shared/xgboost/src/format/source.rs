//! The bytes of a model file, front to back through one buffer. Every count is checked against the bytes that are
//! really there, so a lying length costs nothing.

use crate::error::ModelError;
use crate::stored::fault;
use std::io::{self, Read};

/// One read of the stream below; large, because each passes through the layers of gzip and tar.
const BUFFER: usize = 128 * 1024;
/// Longest key or string.
pub(super) const MAX_TEXT: u64 = 64 * 1024;

/// A buffered reader that knows its offset in the model file.
pub(super) struct Source<'a> {
    input: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// The part of the buffer that was read and not yet consumed.
    start: usize,
    end: usize,
    at: u64,
}

impl<'a> Source<'a> {
    pub(super) fn new(input: &'a mut dyn Read) -> Self {
        Self { input, buffer: vec![0; BUFFER], start: 0, end: 0, at: 0 }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn malformed(&self, problem: impl Into<String>) -> ModelError {
        ModelError::Malformed { at: self.at, problem: problem.into() }
    }

    pub(super) fn truncated(&self, what: &'static str) -> ModelError {
        ModelError::Truncated { at: self.at, what }
    }

    /// The bytes that come next, without consuming them: at least `least` (which must fit the buffer), fewer only at
    /// the end of the file.
    pub(super) fn peek(&mut self, least: usize) -> Result<&[u8], ModelError> {
        while self.end - self.start < least {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => break,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(self.truncated("more data")),
                Err(error) => return Err(fault(error)),
            }
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// Steps over bytes that [`Source::peek`] gave.
    fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.at += count as u64;
    }

    /// The next byte, without consuming it.
    pub(super) fn next(&mut self, what: &'static str) -> Result<u8, ModelError> {
        match self.peek(1)?.first() {
            Some(byte) => Ok(*byte),
            None => Err(self.truncated(what)),
        }
    }

    pub(super) fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], ModelError> {
        let Some(bytes) = self.peek(N)?.first_chunk::<N>().copied() else {
            return Err(self.truncated(what));
        };
        self.consume(N);
        Ok(bytes)
    }

    /// Hands the next `count` elements of `N` bytes each to `each`, in as large slices of whole elements as the
    /// buffer holds. Nothing is reserved for `count`: it is only believed as bytes arrive.
    pub(super) fn elements<const N: usize>(
        &mut self,
        count: u64,
        what: &'static str,
        mut each: impl FnMut(&[[u8; N]]),
    ) -> Result<(), ModelError> {
        let mut left = count;
        while left > 0 {
            let (chunks, _) = self.peek(N)?.as_chunks::<N>();
            let some = chunks.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            each(chunks.get(..some).unwrap_or_default());
            if some == 0 {
                return Err(self.truncated(what));
            }
            self.consume(some * N);
            left -= some as u64;
        }
        Ok(())
    }

    pub(super) fn skip(&mut self, count: u64) -> Result<(), ModelError> {
        self.elements::<1>(count, "the rest of a value", |_| {})
    }

    /// A text of `length` bytes.
    pub(super) fn text(&mut self, length: u64) -> Result<String, ModelError> {
        if length > MAX_TEXT {
            return Err(self.malformed(format!("a name is {length} bytes long, at most {MAX_TEXT} are expected")));
        }
        let mut bytes = Vec::new();
        self.elements::<1>(length, "the rest of a string", |some| bytes.extend_from_slice(some.as_flattened()))?;
        String::from_utf8(bytes).map_err(|_| self.malformed("a string is not UTF-8"))
    }

    /// That nothing follows.
    pub(super) fn end(&mut self) -> Result<(), ModelError> {
        if self.peek(1)?.is_empty() { Ok(()) } else { Err(self.malformed("bytes follow the model's end")) }
    }
}
