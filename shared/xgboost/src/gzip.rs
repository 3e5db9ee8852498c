//! gzip undone, within what real files inflate to: a few kilobytes may not fill the memory or the hour.

use crate::stored::Trailing;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use std::fmt;
use std::io::{self, BufRead, Read};

/// Bytes that any file may inflate to, and how many more for each stored byte. Text of numbers that repeat inflates 30 times.
const INFLATED: (u64, u64) = (32 << 20, 64);

/// Bytes that a compressed file of so many stored bytes may inflate to.
pub fn inflated(stored: u64) -> u64 {
    let (floor, factor) = INFLATED;
    floor.saturating_add(factor.saturating_mul(stored))
}

/// Undoes gzip, and fails where it inflates to more than a file of the bytes read so far may. Members behind each other are one
/// file, as `cat a.gz b.gz` makes it.
///
/// ```
/// use flate2::{Compression, write::GzEncoder};
/// use std::io::{Read, Write};
///
/// let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
/// encoder.write_all(b"label,x\n")?;
/// let mut text = String::new();
/// meridian_xgboost::gzip::gunzip(encoder.finish()?.as_slice()).read_to_string(&mut text)?;
/// assert_eq!(text, "label,x\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn gunzip<R: BufRead>(compressed: R) -> impl Read {
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
