//! `model.tar.gz` as a stream: gzip and tar are undone on the way, nothing is unpacked to disk or held.

use crate::error::ModelError;
use crate::format::{self, Learner};
use crate::inflate;
use crate::stored::{Stored, fault};
use crate::tree::TreeSink;
use flate2::bufread::MultiGzDecoder;
use std::cell::Cell;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Component, Path};
use tar::{Archive, Entry, EntryType};

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// One read of the compressed stream.
const COMPRESSED_BUFFER: usize = 64 * 1024;
/// Bytes of headers, with what extends them (long names, PAX), from one file to the next. The tar crate holds them.
const HEADERS: u64 = 64 * 1024;

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
    let mut input = Stored(input);
    let mut start = Vec::new();
    // As many reads as it takes: a pipe may give a byte at a time.
    input.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(fault)?;
    let is_gzip = start == GZIP;
    let input = BufReader::with_capacity(COMPRESSED_BUFFER, Cursor::new(start).chain(input));
    if is_gzip {
        let consume = |file: &mut dyn Read| format::read(file, sink);
        return if reading.threads < 2 {
            unpack(MultiGzDecoder::new(input), reading.limit, consume)
        } else {
            inflate::beside(input, |inflated| unpack(inflated, reading.limit, consume))
        };
    }
    within(input, reading.limit, |mut file| format::read(&mut file, sink))
}

/// Hands the archive's only file to `consume` and checks everything around it: one top-level regular
/// file, no other entry, nothing but zeros behind the tar's end, an intact gzip trailer, and at most
/// `limit` bytes inflated.
pub(crate) fn with_single_file<T>(
    archive: impl Read,
    limit: u64,
    consume: impl FnOnce(&mut dyn Read) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let archive = BufReader::with_capacity(COMPRESSED_BUFFER, Stored(archive));
    unpack(MultiGzDecoder::new(archive), limit, consume)
}

/// The same, for what was inflated.
fn unpack<T>(
    tar: impl Read,
    limit: u64,
    consume: impl FnOnce(&mut dyn Read) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let headers = Headers::default();
    within(tar, limit, |tar| read_entries(Archive::new(Spared { inner: tar, headers: &headers }), &headers, consume))
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

fn read_entries<R: Read, T>(
    mut archive: Archive<R>,
    headers: &Headers,
    consume: impl FnOnce(&mut dyn Read) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let mut consume = Some(consume);
    let mut model = None;
    let mut entries = archive.entries().map_err(fault)?;
    while let Some(mut entry) = headers.within(|| entries.next().transpose())? {
        if is_decoration(&entry) {
            continue;
        }
        let name = check_entry(&entry)?;
        let Some(consume) = consume.take() else {
            return Err(contents(
                format!("holds a second file, {name}"),
                "the container would average several files, or serve whichever it lists first",
            ));
        };
        model = Some(consume(&mut entry).map_err(|error| named(error, &name))?);
    }
    expect_zeros(archive.into_inner())?;
    model.ok_or_else(|| contents("holds no file".to_owned(), "there is nothing to score"))
}

/// Entries that carry no file: a tar's global header, and the `./` that `tar czf model.tar.gz .` writes.
fn is_decoration<R: Read>(entry: &Entry<'_, R>) -> bool {
    match entry.header().entry_type() {
        EntryType::XGlobalHeader => true,
        EntryType::Directory => entry.path_bytes().iter().all(|byte| matches!(byte, b'.' | b'/')) && !is_upwards(entry),
        _ => false,
    }
}

fn is_upwards<R: Read>(entry: &Entry<'_, R>) -> bool {
    let path = entry.path_bytes();
    path.starts_with(b"/") || path.windows(2).any(|pair| pair == b"..")
}

/// The entry's quoted name, where it is a regular file directly in the archive's root.
fn check_entry<R: Read>(entry: &Entry<'_, R>) -> Result<String, ModelError> {
    let path = entry.path_bytes();
    let path = String::from_utf8_lossy(&path);
    let name = format!("`{}`", path.chars().take(100).flat_map(char::escape_default).collect::<String>());
    let mut files = 0;
    for component in Path::new(path.as_ref()).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(_) => files += 1,
            Component::ParentDir => {
                return Err(contents(format!("names {name}"), "`..` would leave the model's folder"));
            }
            Component::RootDir | Component::Prefix(_) => {
                return Err(contents(format!("names {name}"), "an absolute path would leave the model's folder"));
            }
        }
    }
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous if files == 1 => Ok(name),
        EntryType::Regular | EntryType::Continuous => {
            Err(contents(format!("holds {name}"), "the container reads only files at the top level"))
        }
        EntryType::Directory => {
            Err(contents(format!("holds the folder {name}"), "the container reads only files at the top level"))
        }
        other => {
            Err(contents(format!("holds {name}, which is of type {other:?}"), "links and devices are never followed"))
        }
    }
}

/// Reads to the end: a gzip trailer that does not fit, or data behind the tar's end, must not go unseen.
fn expect_zeros(mut rest: impl Read) -> Result<(), ModelError> {
    let mut buffer = [0_u8; 8 * 1024];
    loop {
        let count = rest.read(&mut buffer).map_err(fault)?;
        if count == 0 {
            return Ok(());
        }
        if buffer.iter().take(count).any(|byte| *byte != 0) {
            return Err(contents(
                "holds data behind the end of the tar".to_owned(),
                "another reader could take it for a second file",
            ));
        }
    }
}

fn contents(found: String, why: &'static str) -> ModelError {
    ModelError::Contents { found, why }
}

/// How many bytes of headers may still come; `None` inside of a file.
#[derive(Default)]
struct Headers {
    left: Cell<Option<u64>>,
    passed: Cell<bool>,
}

impl Headers {
    /// Reads on to the next file.
    fn within<T>(&self, read: impl FnOnce() -> io::Result<T>) -> Result<T, ModelError> {
        self.left.set(Some(HEADERS));
        let result = read();
        self.left.set(None);
        if self.passed.get() {
            let found = format!("has a file name or an extended header of more than {HEADERS} bytes");
            return Err(contents(found, "a model needs neither, and they would be held in memory"));
        }
        result.map_err(fault)
    }
}

/// Fails where more headers come than [`Headers`] allows.
struct Spared<'a, R> {
    inner: R,
    headers: &'a Headers,
}

impl<R: Read> Read for Spared<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(left) = self.headers.left.get() {
            let Some(left) = left.checked_sub(count as u64) else {
                self.headers.passed.set(true);
                return Err(io::Error::other("the headers are too long"));
            };
            self.headers.left.set(Some(left));
        }
        Ok(count)
    }
}

/// A file of a foreign format with its name in the archive: `._xgboost-model` explains itself.
fn named(error: ModelError, name: &str) -> ModelError {
    match error {
        ModelError::Format { found, advice } => ModelError::Format { found: format!("{name}, {found}"), advice },
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
