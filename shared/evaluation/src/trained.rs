//! Held-out records that a challenger was trained on, by the digests of its training's rows.
//!
//! A row's digest is the SHA-256 of its features in the order in which they are served, each as a little-endian f32: 0 for
//! minus zero, and the bits 7fc00000 for a missing value. A file of digests has one a line, in hexadecimal, plain or gzip.

use crate::HoldoutError;
use crate::digest::sha256;
use crate::holdout::Records;
use meridian_xgboost::Matrix;
use meridian_xgboost::gzip::gunzip;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;
/// Bytes of a line at most: the digits and what ends it. A longer one is no digest.
const LINE: usize = DIGITS + 2;
const GZIP: &[u8] = &[0x1f, 0x8b];

/// How many held-out records training saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainedOn {
    /// Held-out records whose digest training lists.
    pub trained: u64,
    /// Held-out records that were looked up.
    pub rows: u64,
    /// Digests that training lists.
    pub listed: u64,
}

/// Why a file is not taken for a list of row digests. No text of it holds a line.
#[derive(Debug, thiserror::Error)]
pub enum RowDigestsError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// A line is no digest.
    #[error("line {line} is no SHA-256 of a training row: expected 64 hexadecimal digits")]
    NotADigest {
        /// Number of the line, from 1.
        line: u64,
    },
    /// The file lists no digest.
    #[error("lists no training row; expected one SHA-256 a line")]
    Empty,
    /// The held-out set lacks features of the challenger.
    #[error(transparent)]
    Features(#[from] HoldoutError),
}

impl TrainedOn {
    /// Reads the digests, and counts the held-out records with one of them. `features` are the challenger's, in the order in
    /// which they are served. Memory holds the held-out set's digests, however many training lists.
    ///
    /// # Errors
    /// [`RowDigestsError`] where the input is no list of digests, or the records lack a feature.
    pub fn count(digests: impl Read, records: &Records, features: &[String]) -> Result<TrainedOn, RowDigestsError> {
        let projection = records.matrix_for(features)?;
        let mut held_out = counts(projection.matrix());
        let rows = projection.matrix().rows() as u64;
        let mut stored = BufReader::new(digests);
        let found = if stored.fill_buf()?.starts_with(GZIP) {
            read(BufReader::new(gunzip(stored)), &mut held_out)?
        } else {
            read(stored, &mut held_out)?
        };
        let (listed, trained) = found;
        if listed == 0 { Err(RowDigestsError::Empty) } else { Ok(TrainedOn { trained, rows, listed }) }
    }

    /// Share of the held-out records that training saw.
    pub fn share(&self) -> f64 {
        self.trained as f64 / self.rows.max(1) as f64
    }
}

/// The held-out records with each digest.
fn counts(matrix: Matrix<'_>) -> BTreeMap<[u8; 32], u64> {
    let mut counts = BTreeMap::new();
    let mut bytes = Vec::with_capacity(4 * matrix.width());
    for row in 0..matrix.rows() {
        *counts.entry(row_digest(matrix.row(row), &mut bytes)).or_default() += 1;
    }
    counts
}

/// A row's digest; `bytes` is scratch space.
pub(crate) fn row_digest(row: &[f32], bytes: &mut Vec<u8>) -> [u8; 32] {
    bytes.clear();
    for value in row {
        // Missing is missing and 0 is 0, whatever their bits are.
        let value = if value.is_nan() { f32::NAN } else { *value + 0.0 };
        bytes.extend(value.to_bits().to_le_bytes());
    }
    sha256(bytes)
}

/// Digests listed, and held-out records that have one of them: each is counted once, however often it is listed.
fn read(mut lines: impl BufRead, held_out: &mut BTreeMap<[u8; 32], u64>) -> Result<(u64, u64), RowDigestsError> {
    let (mut number, mut listed, mut trained) = (0, 0, 0);
    let mut line = Vec::with_capacity(LINE);
    loop {
        line.clear();
        if lines.by_ref().take(LINE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok((listed, trained));
        }
        number += 1;
        let text = line.trim_ascii_end();
        if text.is_empty() {
            continue;
        }
        let digest = digest_of(text).ok_or(RowDigestsError::NotADigest { line: number })?;
        listed += 1;
        trained += held_out.remove(&digest).unwrap_or_default();
    }
}

fn digest_of(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut digest = [0; 32];
    let (pairs, rest) = text.as_chunks::<2>();
    if text.len() != DIGITS || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = u8::try_from(16 * digit(high)? + digit(low)?).ok()?;
    }
    Some(digest)
}
