//! `model.tar.gz` as a stream: gzip and tar are undone on the way, nothing is unpacked to disk or held.

use crate::entries;
use crate::error::ModelError;
use crate::format::{self, Learner};
use crate::gzip::gunzip_one;
use crate::inflate;
use crate::stored::{Stored, fault};
use crate::tree::TreeSink;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};

/// What every gzip file starts with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The compression method, and the flags, of which only that of the file's name may be set.
const PLAIN_GZIP: [[u8; 2]; 2] = [[8, 0], [8, 8]];
/// One read of the compressed stream.
const COMPRESSED_BUFFER: usize = 64 * 1024;

/// How a model is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Bytes that the archive, or the bare file, may have when inflated.
    pub(crate) limit: u64,
    /// With 2 or more, an archive is inflated in a thread of its own while the caller's reads the model.
    pub(crate) threads: usize,
}

/// Reads a model and hands its trees to `sink`: `model.tar.gz` or a bare model file, told apart by content.
///
/// # Errors
/// An archive of anything but one top-level regular file, a model that cannot be scored, or one that the sink refuses.
pub(crate) fn load(input: impl Read + Send, reading: Reading, sink: &mut dyn TreeSink) -> Result<Learner, ModelError> {
    let (start, input) = begin(input)?;
    if start.starts_with(&GZIP) {
        check_flags(&start)?;
        let consume = |name: &str, file: &mut dyn Read| format::read_named(name, file, sink);
        return if reading.threads < 2 {
            unpack(gunzip_one(input), reading.limit, consume)
        } else {
            inflate::beside(input, |inflated| unpack(inflated, reading.limit, consume))
        };
    }
    within(input, reading.limit, |mut file| format::read(&mut file, sink))
}

/// Hands the archive's only file to `consume` and checks everything around it: one gzip stream and nothing behind it, one
/// top-level regular file, no other entry, nothing but zeros behind the tar's end, and at most `limit` bytes inflated.
pub(crate) fn with_single_file<T>(
    archive: impl Read,
    limit: u64,
    consume: impl FnOnce(&str, &mut dyn Read) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let (start, input) = begin(archive)?;
    if start.starts_with(&GZIP) {
        check_flags(&start)?;
    }
    unpack(gunzip_one(input), limit, consume)
}

/// The first four bytes, and the whole with them.
fn begin<'a>(input: impl Read + 'a) -> Result<(Vec<u8>, impl BufRead + 'a), ModelError> {
    let mut input = Stored(input);
    let mut start = Vec::new();
    // As many reads as it takes: a pipe may give a byte at a time.
    input.by_ref().take(4).read_to_end(&mut start).map_err(fault)?;
    let whole = Cursor::new(start.clone()).chain(input);
    Ok((start, BufReader::with_capacity(COMPRESSED_BUFFER, whole)))
}

fn check_flags(start: &[u8]) -> Result<(), ModelError> {
    if start.get(GZIP.len()..).is_none_or(|head| head.len() < 2 || PLAIN_GZIP.iter().any(|plain| head == plain)) {
        return Ok(()); // what is too short is refused as that
    }
    Err(ModelError::Contents {
        found: "has a gzip header with unusual flags".to_owned(),
        why: "readers of gzip differ about them; compress it with `tar czf`",
    })
}

/// The same, for what was inflated.
fn unpack<T>(
    tar: impl Read,
    limit: u64,
    consume: impl FnOnce(&str, &mut dyn Read) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let consume = |name: &str, file: &mut dyn Read| consume(name, file).map_err(|error| named(error, name));
    within(tar, limit, |tar| entries::single_file(tar, consume))
}

/// Hands on at most `limit` bytes of `input`.
fn within<T>(
    input: impl Read,
    limit: u64,
    consume: impl FnOnce(Limited<'_, &mut dyn Read>) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let (mut input, overflowed) = (input, Cell::new(false));
    let result = consume(Limited { inner: &mut input, left: limit, overflowed: &overflowed });
    // The limit surfaces as some read error inside tar or the model reader; name it as what it is.
    if overflowed.get() { Err(ModelError::TooLarge { limit }) } else { result }
}

/// A file of a foreign format with its name in the archive: a pickle explains itself.
fn named(error: ModelError, name: &str) -> ModelError {
    match error {
        ModelError::Format { found, advice } => ModelError::Format { found: format!("`{name}`, {found}"), advice },
        error => error,
    }
}

/// Counts what was inflated and fails past the limit, so that a small bomb cannot fill the memory or the hour.
struct Limited<'a, R> {
    inner: R,
    left: u64,
    overflowed: &'a Cell<bool>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                self.overflowed.set(true);
                return Err(io::Error::other("size limit passed"));
            }
        }
        Ok(count)
    }
}
