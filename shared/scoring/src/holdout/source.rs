//! The bytes of a file of records: what they are, and their digest.

use super::HoldoutError;
use super::error::unreadable;
use crate::digest::Digesting;
use flate2::read::MultiGzDecoder;
use meridian_domain::Sha256;
use std::io::{BufReader, Cursor, Read};

const GZIP: &[u8] = &[0x1f, 0x8b];
const PARQUET: &[u8] = b"PAR1";
/// A Parquet file is held as a whole, because its directory stands at its end: 128 MB, beside the table that is read.
const MAX_PARQUET: usize = 128 << 20;
const BUFFER: usize = 64 * 1024;

/// What a file holds, by its first bytes.
pub(super) enum Content<'a> {
    Csv(&'a mut dyn Read),
    Parquet(Vec<u8>),
}

/// Hands the content, inflated where it is gzip, to `read`, and answers the digest of the bytes as they are stored: of
/// all of them, whether or not `read` went to the end.
pub(super) fn read_hashed(
    input: impl Read,
    read: impl FnOnce(Content<'_>) -> Result<(), HoldoutError>,
) -> Result<Sha256, HoldoutError> {
    let mut digesting = Digesting::new(input);
    let (start, mut stored) = peek(BufReader::with_capacity(BUFFER, &mut digesting))?;
    if start.starts_with(GZIP) {
        let (start, mut inflated) = peek(MultiGzDecoder::new(&mut stored))?;
        read(content(&start, &mut inflated)?)?;
    } else {
        read(content(&start, &mut stored)?)?;
    }
    drop(stored);
    digesting.finish().map_err(unreadable)
}

/// The first bytes, and a reader that gives them again.
fn peek<R: Read>(mut input: R) -> Result<(Vec<u8>, impl Read), HoldoutError> {
    let mut start = Vec::new();
    input.by_ref().take(PARQUET.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    Ok((start.clone(), Cursor::new(start).chain(input)))
}

fn content<'a>(start: &[u8], input: &'a mut dyn Read) -> Result<Content<'a>, HoldoutError> {
    if start != PARQUET {
        return Ok(Content::Csv(input));
    }
    let mut bytes = Vec::new();
    input.take(MAX_PARQUET as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_PARQUET {
        return Err(HoldoutError::TooLarge { limit: MAX_PARQUET, what: "bytes of Parquet" });
    }
    Ok(Content::Parquet(bytes))
}
