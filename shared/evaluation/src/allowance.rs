//! What a file that somebody else wrote may cost, in proportion to the bytes that are stored of it: a few kilobytes may not
//! fill the memory or the hour. The floors are far above what small files of people cost, the factors above what large ones do.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Values of a table (rows times columns) that are held at most: 160 MB. With a copy for a model that takes the columns in another
/// order, and the codes that they are scored by, they fit a function of 512 MB.
pub(crate) const MAX_VALUES: u64 = 40_000_000;
/// Values that any table may have, and how many more for each stored byte: a value of real records takes a tenth of a byte or more.
const VALUES: (u64, u64) = (4_000_000, 12);
/// Rows that any table may have, and stored bytes for each row more.
const ROWS: (u64, u64) = (1_000_000, 2);
/// Bytes that a whole Parquet file may inflate to that was compressed again, and how many more for each stored byte: its
/// columns are compressed already.
const INFLATED_PARQUET: (u64, u64) = (8 << 20, 8);

/// Bytes that a whole Parquet file may inflate to that was compressed again.
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
