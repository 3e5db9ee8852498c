//! The bytes of a file of records: what they are, and their digest.

use super::HoldoutError;
use super::error::unreadable;
use crate::allowance::Counter;
use crate::digest::Digesting;
use meridian_xgboost::gzip::gunzip;
use std::io::{BufRead, BufReader, Cursor, Read};

const GZIP: &[u8] = &[0x1f, 0x8b];
const PARQUET: &[u8] = b"PAR1";
const BUFFER: usize = 64 * 1024;

/// What a file holds, by its first bytes.
pub(super) enum Content<'a> {
    Csv(&'a mut dyn Read),
    Parquet(&'a mut dyn Read),
}

/// Hands the content, inflated where it is gzip, to `read`, and answers the digest of the bytes as they are stored: of
/// all of them, whether or not `read` went to the end. `counter` has how many stored bytes were read.
pub(super) fn read_hashed(
    input: impl Read,
    counter: &Counter,
    read: impl FnOnce(Content<'_>) -> Result<(), HoldoutError>,
) -> Result<[u8; 32], HoldoutError> {
    let mut digesting = Digesting::new(counter.of(input));
    let (start, mut stored) = peek(BufReader::with_capacity(BUFFER, &mut digesting))?;
    if start.starts_with(GZIP) {
        let (start, mut inflated) = peek(BufReader::with_capacity(BUFFER, gunzip(&mut stored)))?;
        read(content(&start, &mut inflated))?;
    } else {
        read(content(&start, &mut stored))?;
    }
    drop(stored);
    digesting.finish().map_err(unreadable)
}

/// The first bytes, and a reader that gives them again.
fn peek<R: BufRead>(mut input: R) -> Result<(Vec<u8>, impl BufRead), HoldoutError> {
    let mut start = Vec::new();
    input.by_ref().take(PARQUET.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    Ok((start.clone(), Cursor::new(start).chain(input)))
}

fn content<'a>(start: &[u8], input: &'a mut dyn Read) -> Content<'a> {
    if start == PARQUET { Content::Parquet(input) } else { Content::Csv(input) }
}
