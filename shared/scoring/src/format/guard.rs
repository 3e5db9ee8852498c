//! What a JSON parser may be given: tokens of bounded length, values of bounded depth. The parser holds a whole token,
//! and a byte for every open bracket of what it skips; a file of a megabyte can inflate to a gigabyte of either.

use super::source::{MAX_TEXT, Source};
use super::ubjson::MAX_DEPTH;
use crate::error::ModelError;
use std::cell::RefCell;
use std::io::{self, Read};

/// The numbers that XGBoost writes although JSON has no words for them, longest first.
const NOT_FINITE: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
/// What the parser is given instead of them.
const NULL: &[u8] = b"null";

/// Feeds a [`Source`] to a parser byte by byte, and fails where a bound is passed. Numbers that are not finite become
/// `null`.
pub(super) struct Guarded<'a, 'b> {
    source: &'a RefCell<Source<'b>>,
    /// Why reading failed: the parser would only keep a text of it.
    failure: &'a RefCell<Option<ModelError>>,
    depth: usize,
    /// Bytes of the token so far.
    token: u64,
    text: bool,
    escaped: bool,
    /// What is still to come of a [`NULL`].
    pending: &'static [u8],
}

impl<'a, 'b> Guarded<'a, 'b> {
    pub(super) fn new(source: &'a RefCell<Source<'b>>, failure: &'a RefCell<Option<ModelError>>) -> Self {
        Self { source, failure, depth: 0, token: 0, text: false, escaped: false, pending: &[] }
    }

    fn check(&mut self, byte: u8) -> Result<(), String> {
        self.token += 1;
        if self.text {
            let closes = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.text = !closes;
        } else {
            match byte {
                b'"' => self.text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => return self.check_bounds(),
            }
            self.token = 0;
        }
        self.check_bounds()
    }

    fn check_bounds(&self) -> Result<(), String> {
        if self.depth > MAX_DEPTH {
            return Err(format!("values are nested more than {MAX_DEPTH} deep"));
        }
        if self.token > MAX_TEXT {
            return Err(format!("a name or number is longer than {MAX_TEXT} bytes"));
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<Option<u8>, ModelError> {
        if let Some((byte, rest)) = self.pending.split_first() {
            self.pending = rest;
            return Ok(Some(*byte));
        }
        let mut source = self.source.borrow_mut();
        let Some(byte) = source.peek(1)?.first().copied() else { return Ok(None) };
        if !self.text && matches!(byte, b'-' | b'I' | b'N') {
            let ahead = source.peek(9)?;
            if let Some(word) = NOT_FINITE.into_iter().find(|word| ahead.starts_with(word)) {
                source.skip(word.len() as u64)?;
                drop(source);
                self.pending = NULL;
                return self.byte();
            }
        }
        source.skip(1)?;
        let at = source.at();
        drop(source);
        self.check(byte).map_err(|problem| ModelError::Malformed { at, problem })?;
        Ok(Some(byte))
    }
}

impl Read for Guarded<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(place) = buffer.first_mut() else { return Ok(0) };
        match self.byte() {
            Ok(Some(byte)) => {
                *place = byte;
                Ok(1)
            }
            Ok(None) => Ok(0),
            Err(error) => {
                *self.failure.borrow_mut() = Some(error);
                Err(io::Error::other("the model file cannot be read on"))
            }
        }
    }
}
