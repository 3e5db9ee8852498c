//! A look at the pages of a Parquet column before the parquet crate decodes them. It allocates what a page's header says,
//! and inflates gzip to the end whatever the header says: a small file could fill the memory either way.

use super::parquet::untrue;
use super::{HoldoutError, ParquetDamage, SizeUnit};
use flate2::bufread::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;
use std::io::{self, Read};

/// Bytes that one page may have when inflated: 4 million doubles. Writers end a page at about 1 MB.
const MAX_PAGE: u64 = 32 << 20;
/// A value of a dictionary has at least so many bytes.
const MIN_ENTRY: u64 = 4;
/// `DICTIONARY_PAGE` of `parquet.thrift`'s `PageType`.
const DICTIONARY: u64 = 2;
/// `PLAIN_DICTIONARY` and `RLE_DICTIONARY` of `parquet.thrift`'s `Encoding`.
const OF_A_DICTIONARY: [u64; 2] = [2, 8];
/// Structures within structures, of which a page header has three levels.
const MAX_DEPTH: usize = 8;

/// What the pages looked at so far inflate to, and what all of them may.
pub(super) struct Pages {
    inflated: u64,
    most: u64,
}

impl Pages {
    /// None was looked at. A table of the largest size has 0.8 GB of doubles.
    pub(super) fn within(most: u64) -> Pages {
        Pages { inflated: 0, most }
    }

    /// Walks the pages of a column, as the parquet crate will.
    ///
    /// # Errors
    /// Pages that are too large or that are larger than they say.
    pub(super) fn check(&mut self, file: &[u8], column: &ColumnChunkMetaData) -> Result<(), HoldoutError> {
        // `byte_range` panics on what is negative.
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let place = u64::try_from(start).ok().zip(u64::try_from(column.compressed_size()).ok());
        let chunk = place.and_then(|(start, length)| slice(file, start, length));
        let chunk = chunk.ok_or_else(|| untrue(ParquetDamage::ColumnPlace))?;
        self.walk(chunk, matches!(column.compression(), Compression::GZIP(_)))
    }

    fn walk(&mut self, mut rest: &[u8], is_gzip: bool) -> Result<(), HoldoutError> {
        let mut has_dictionary = false;
        while !rest.is_empty() {
            let (header, behind) = Header::read(rest).ok_or_else(|| untrue(ParquetDamage::PageHeader))?;
            let page = slice(behind, 0, header.stored).ok_or_else(|| untrue(ParquetDamage::PageCut))?;
            self.inflated = self.inflated.saturating_add(header.inflated);
            if header.inflated > MAX_PAGE {
                return Err(HoldoutError::TooLarge { limit: MAX_PAGE as usize, unit: SizeUnit::PageBytes });
            }
            if self.inflated > self.most {
                let limit = usize::try_from(self.most).unwrap_or(usize::MAX);
                return Err(HoldoutError::TooLarge { limit, unit: SizeUnit::InflatedBytes });
            }
            if header.dictionary.saturating_mul(MIN_ENTRY) > header.inflated {
                return Err(untrue(ParquetDamage::Dictionary));
            }
            // The parquet crate takes it for granted, and panics.
            has_dictionary |= header.is_dictionary;
            if header.encoding.is_some_and(|encoding| OF_A_DICTIONARY.contains(&encoding)) && !has_dictionary {
                return Err(untrue(ParquetDamage::DictionaryOrder));
            }
            if is_gzip && header.is_compressed {
                let packed = slice(page, header.levels, header.stored.saturating_sub(header.levels));
                let packed = packed.ok_or_else(|| untrue(ParquetDamage::PageCut))?;
                check_gzip(packed, header.inflated.saturating_sub(header.levels))?;
            }
            rest = behind.get(page.len()..).unwrap_or_default();
        }
        Ok(())
    }
}

fn slice(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// Inflates into nothing, up to what the header says.
fn check_gzip(packed: &[u8], size: u64) -> Result<(), HoldoutError> {
    // Such pages are not inflated.
    if size == 0 {
        return Ok(());
    }
    match io::copy(&mut MultiGzDecoder::new(packed).take(size + 1), &mut io::sink()) {
        Ok(count) if count <= size => Ok(()),
        Ok(_) => Err(untrue(ParquetDamage::PageSize)),
        Err(_) => Err(untrue(ParquetDamage::PageGzip)),
    }
}

/// Of a page's header what says how large it gets (`PageHeader` in Parquet's `parquet.thrift`).
struct Header {
    inflated: u64,
    stored: u64,
    is_dictionary: bool,
    /// Values of a dictionary page; 0 of others.
    dictionary: u64,
    /// How the values of a data page are written.
    encoding: Option<u64>,
    /// Bytes before the compressed ones, in pages of version 2.
    levels: u64,
    is_compressed: bool,
}

impl Header {
    /// The header at the start of `bytes`, and what is behind it.
    fn read(bytes: &[u8]) -> Option<(Header, &[u8])> {
        let mut thrift = Thrift { rest: bytes };
        let mut header = Header {
            inflated: 0,
            stored: 0,
            is_dictionary: false,
            dictionary: 0,
            encoding: None,
            levels: 0,
            is_compressed: true,
        };
        let mut sizes = [None; 2];
        let mut field = 0;
        while let Some(kind) = thrift.field(&mut field)? {
            match (field, kind) {
                (1, I32) => header.is_dictionary = thrift.size()? == DICTIONARY,
                (2 | 3, I32) => {
                    // Twice would be read one way here and another way there.
                    let size = sizes.get_mut(usize::from(field == 3))?;
                    if size.replace(thrift.size()?).is_some() {
                        return None;
                    }
                }
                (5, STRUCT) => thrift.each(|thrift, field, kind| match (field, kind) {
                    (2, I32) => thrift.size().map(|encoding| header.encoding = Some(encoding)),
                    _ => thrift.skip(kind, 0),
                })?,
                (7, STRUCT) => thrift.each(|thrift, field, kind| match (field, kind) {
                    (1, I32) => thrift.size().map(|count| header.dictionary = header.dictionary.max(count)),
                    _ => thrift.skip(kind, 0),
                })?,
                (8, STRUCT) => {
                    let mut levels = [0_u64; 2];
                    thrift.each(|thrift, field, kind| match (field, kind) {
                        (4, I32) => thrift.size().map(|encoding| header.encoding = Some(encoding)),
                        (5 | 6, I32) => {
                            *levels.get_mut(usize::from(field == 6))? = thrift.size()?;
                            Some(())
                        }
                        (7, TRUE | FALSE) => {
                            header.is_compressed = kind == TRUE;
                            Some(())
                        }
                        _ => thrift.skip(kind, 0),
                    })?;
                    header.levels = levels.iter().sum();
                }
                _ => thrift.skip(kind, 0)?,
            }
        }
        let [Some(inflated), Some(stored)] = sizes else { return None };
        Some((Header { inflated, stored, ..header }, thrift.rest))
    }
}

/// Types of Thrift's compact protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I32: u8 = 5;
const STRUCT: u8 = 12;

/// Thrift's compact protocol, as far as it must be understood to be passed over. `None` is a damaged header.
struct Thrift<'a> {
    rest: &'a [u8],
}

impl Thrift<'_> {
    /// The next field's type, and its number in `last`; `Some(None)` at the structure's end.
    fn field(&mut self, last: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        let kind = head & 0x0f;
        if kind == 0 {
            return Some(None);
        }
        *last = match head >> 4 {
            0 => self.signed()?,
            step => last.checked_add(i64::from(step))?,
        };
        Some(Some(kind))
    }

    /// Calls `take` for each field of a structure, which it must consume.
    fn each(&mut self, mut take: impl FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut field = 0;
        while let Some(kind) = self.field(&mut field)? {
            take(self, field, kind)?;
        }
        Some(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => Some(()),
            3 => self.byte().map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // A boolean in a list has a byte of its own.
                let kind = if matches!(head & 0x0f, TRUE | FALSE) { 3 } else { head & 0x0f };
                (0..count).try_for_each(|_| self.skip(kind, depth + 1))
            }
            STRUCT => self.each(|thrift, _, kind| thrift.skip(kind, depth + 1)),
            // Page headers hold no maps.
            _ => None,
        }
    }

    /// An i32 that must not be negative.
    fn size(&mut self) -> Option<u64> {
        u64::try_from(self.signed()?).ok().filter(|size| *size <= i32::MAX as u64)
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(count).ok()?..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{HoldoutError, MAX_PAGE, Pages, ParquetDamage, SizeUnit, untrue};
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn number(value: u64) -> Vec<u8> {
        let mut value = value << 1;
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    /// A page: its kind, what it says that it inflates to, more fields of its header, and its bytes.
    fn page(kind: u64, inflated: u64, more: &[u8], data: &[u8]) -> Vec<u8> {
        let stored = number(data.len() as u64);
        [&[0x15], &*number(kind), &[0x15], &number(inflated), &[0x15], &stored, more, &[0], data].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn walk(chunk: &[u8], is_gzip: bool) -> Result<u64, HoldoutError> {
        let mut pages = Pages::within(2 << 30);
        pages.walk(chunk, is_gzip)?;
        Ok(pages.inflated)
    }

    /// The fields of a data page of version 2: two bytes of levels, and whether the rest is compressed.
    fn version_2(is_compressed: bool) -> Vec<u8> {
        [&[0x5c, 0x55], &*number(1), &[0x15], &number(1), &[if is_compressed { 0x11 } else { 0x12 }, 0]].concat()
    }

    #[test]
    fn a_gzip_page_that_outgrows_its_stated_size_is_refused_unheld() {
        let bomb = gzip(&vec![0; 1 << 20]);
        assert_eq!(walk(&[page(0, 1 << 20, &[], &bomb), page(0, 0, &[], b"")].concat(), true), Ok(1 << 20));
        let outgrown = || Err(untrue(ParquetDamage::PageSize));
        assert_eq!(walk(&page(0, 1000, &[], &bomb), true), outgrown());
        let behind = [page(0, 1 << 20, &[], &bomb), page(0, 1000, &[], &bomb)].concat();
        assert_eq!(walk(&behind, true), outgrown());
        // The levels of version 2 stand before the gzip, and a page may say that it is none.
        let levels = [&[1, 1], &*bomb].concat();
        assert_eq!(walk(&page(3, (1 << 20) + 2, &version_2(true), &levels), true), Ok((1 << 20) + 2));
        assert_eq!(walk(&page(3, 1000, &version_2(true), &levels), true), outgrown());
        assert_eq!(walk(&page(3, 3, &version_2(false), &[1, 1, 7]), true), Ok(3));
        assert_eq!(walk(&page(0, 9, &[], b"no gzip"), true), Err(untrue(ParquetDamage::PageGzip)));
    }

    #[test]
    fn sizes_that_would_be_allocated_unseen_are_refused() {
        let large = |limit, unit| Err(HoldoutError::TooLarge { limit, unit });
        assert_eq!(walk(&page(0, MAX_PAGE + 1, &[], b""), false), large(32 << 20, SizeUnit::PageBytes));
        let all = page(0, MAX_PAGE, &[], b"").repeat(65);
        assert_eq!(walk(&all, false), large(2 << 30, SizeUnit::InflatedBytes));
        let dictionary = |count| [&[0x4c, 0x15], &*number(count), &[0x15, 0, 0]].concat();
        assert_eq!(walk(&page(2, 8, &dictionary(2), &[0; 8]), false), Ok(8));
        let overfull = walk(&page(2, 8, &dictionary(3), &[0; 8]), false);
        assert_eq!(overfull, Err(untrue(ParquetDamage::Dictionary)));
    }

    #[test]
    fn a_header_that_could_be_read_two_ways_is_refused() {
        let twice = [&[0x05], &*number(2), &number(5)].concat();
        for chunk in
            [page(0, 8, &twice, &[0; 8]), page(0, 8, &[], &[0; 8])[..9].to_vec(), vec![0x15; 30], vec![0x1c; 30]]
        {
            assert!(walk(&chunk, false).is_err(), "{chunk:?}");
        }
        // Statistics and fields that are not known are passed over.
        let statistics = [0x2c, 0x18, 3, b'a', b'b', b'c', 0x19, 0x18, 1, b'x', 0, 0x11];
        assert_eq!(walk(&page(0, 8, &statistics, &[0; 8]), false), Ok(8));
    }
}
