//! What a file that somebody else wrote may cost, in proportion to the bytes that are stored of it: a few kilobytes may not
//! fill the memory or the hour. The floors are far above what small files of people cost, the factors above what large ones do.

use crate::stored::Trailing;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// Values of a table (rows times columns) that are held at most: 160 MB. With a copy for a model that takes the columns in another
/// order, and the codes that they are scored by, they fit a function of 512 MB.
pub(crate) const MAX_VALUES: u64 = 40_000_000;
/// Values that any table may have, and how many more for each stored byte: a value of real records takes a tenth of a byte or more.
const VALUES: (u64, u64) = (4_000_000, 12);
/// Rows that any table may have, and stored bytes for each row more.
const ROWS: (u64, u64) = (1_000_000, 2);
/// Bytes that any file may inflate to, and how many more for each stored byte. Text of numbers that repeat inflates 30 times.
const INFLATED: (u64, u64) = (32 << 20, 64);
/// The same of Parquet, whose columns are compressed already.
const INFLATED_PARQUET: (u64, u64) = (8 << 20, 8);
/// Splits passed when records are scored: for any model and table, and for each value of the table more. A reference night (10,000
/// records, 400 features, 4,800 trees of depth 12) takes a tenth of it.
const STEPS: (u64, u64) = (5_000_000_000, 250);

/// Bytes that a compressed file may inflate to.
pub(crate) fn inflated(stored: u64) -> u64 {
    proportional(INFLATED, stored)
}

/// The same of a whole Parquet file that was compressed again.
pub(crate) fn inflated_parquet(stored: u64) -> u64 {
    proportional(INFLATED_PARQUET, stored)
}

/// Values that a table read from a file may have.
pub(crate) fn values(stored: u64) -> u64 {
    proportional(VALUES, stored).min(MAX_VALUES)
}

/// Rows that a table read from a file may have.
pub(crate) fn rows(stored: u64) -> u64 {
    ROWS.0.saturating_add(stored / ROWS.1)
}

/// Splits that scoring a table with so many values may pass.
pub(crate) fn steps(values: u64) -> u64 {
    proportional(STEPS, values)
}

fn proportional((floor, factor): (u64, u64), count: u64) -> u64 {
    floor.saturating_add(factor.saturating_mul(count))
}

/// Bytes of a file that were read so far, for whoever must know while somebody else reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Rc<Cell<u64>>);

impl Counter {
    /// So many bytes were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.get()
    }

    /// A count that is known.
    pub(crate) fn at(bytes: u64) -> Self {
        Self(Rc::new(Cell::new(bytes)))
    }

    /// Counts what is read from `inner`.
    pub(crate) fn of<R>(&self, inner: R) -> Counted<R> {
        Counted { inner, counter: self.clone() }
    }
}

/// See [`Counter::of`].
pub(crate) struct Counted<R> {
    inner: R,
    counter: Counter,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.counter.0.set(self.counter.0.get() + count as u64);
        Ok(count)
    }
}

/// Undoes gzip, and fails where it inflates to more than a file of the bytes read so far may. Members behind each other are one
/// file, as `cat a.gz b.gz` makes it.
pub(crate) fn gunzip<R: BufRead>(compressed: R) -> Gunzip<MultiGzDecoder<Consumed<R>>> {
    Gunzip { decoder: MultiGzDecoder::new(Consumed { inner: compressed, bytes: 0 }), inflated: 0 }
}

/// The same of what others read too: fails where anything follows the first member, which some readers take for more of the
/// file and others ignore.
pub(crate) fn gunzip_one<R: BufRead>(compressed: R) -> Gunzip<GzDecoder<Consumed<R>>> {
    Gunzip { decoder: GzDecoder::new(Consumed { inner: compressed, bytes: 0 }), inflated: 0 }
}

/// See [`gunzip`].
pub(crate) struct Gunzip<D> {
    decoder: D,
    inflated: u64,
}

/// What undoes gzip.
pub(crate) trait Decoder: Read {
    /// Compressed bytes that were taken so far.
    fn stored(&self) -> u64;

    /// Whether anything that may not be there follows what was undone.
    fn is_followed(&mut self) -> io::Result<bool>;
}

impl<R: BufRead> Decoder for MultiGzDecoder<Consumed<R>> {
    fn stored(&self) -> u64 {
        self.get_ref().bytes
    }

    fn is_followed(&mut self) -> io::Result<bool> {
        Ok(false)
    }
}

impl<R: BufRead> Decoder for GzDecoder<Consumed<R>> {
    fn stored(&self) -> u64 {
        self.get_ref().bytes
    }

    fn is_followed(&mut self) -> io::Result<bool> {
        Ok(!self.get_mut().fill_buf()?.is_empty())
    }
}

impl<D: Decoder> Read for Gunzip<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.decoder.is_followed()? {
            return Err(io::Error::other(Trailing));
        }
        self.inflated += count as u64;
        let stored = self.decoder.stored();
        if self.inflated > inflated(stored) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Disproportionate { stored }));
        }
        Ok(count)
    }
}

/// A compressed file that inflates to more than [`inflated`] allows.
#[derive(Debug)]
struct Disproportionate {
    stored: u64,
}

impl fmt::Display for Disproportionate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (floor, factor) = INFLATED;
        write!(
            f,
            "its first {} bytes inflate to more than {} MB and {factor} bytes for each of them, which real files do not; store \
             it uncompressed",
            self.stored,
            floor >> 20
        )
    }
}

impl std::error::Error for Disproportionate {}

/// Counts the bytes that a decoder has taken, and not what is buffered ahead of it: the same in every run.
pub(crate) struct Consumed<R> {
    inner: R,
    bytes: u64,
}

impl<R: BufRead> Read for Consumed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Consumed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.bytes += count as u64;
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_that_inflates_out_of_proportion_is_refused() {
        let read = |bytes: &[u8]| io::copy(&mut gunzip(bytes), &mut io::sink());
        assert_eq!(read(&gzip(&vec![0; 30 << 20])).unwrap(), 30 << 20);
        let error = read(&gzip(&vec![0; 64 << 20])).unwrap_err();
        assert!(error.to_string().contains("inflate to more than 32 MB and 64 bytes for each"), "{error}");
    }
}
