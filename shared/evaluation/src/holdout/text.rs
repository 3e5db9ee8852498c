//! Records from CSV.

use super::columns::{Target, Use, Wanted};
use super::error::unreadable;
use super::table::Table;
use super::{HoldoutError, SizeUnit, UnreadableCause};
use csv::{ByteRecord, ReaderBuilder};
use meridian_xgboost::number::parse_field;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

const BUFFER: usize = 64 * 1024;

/// Bytes of one record, or of the header: the table's whole size is bounded by values, a field's is by this.
const MAX_RECORD: usize = 4 << 20;
/// Columns, whose names are held.
const MAX_COLUMNS: usize = 1 << 17;

/// Reads CSV with a header into `table`.
pub(super) fn read(input: &mut dyn Read, table: &mut Table<'_>) -> Result<(), HoldoutError> {
    let taken = Cell::new(0);
    let mut input = BufReader::with_capacity(BUFFER, ShortRecords { inner: input, taken: &taken });
    let mut start = Vec::new();
    // Empty lines before the header are no header.
    while start.trim_ascii().is_empty() {
        start.clear();
        if input.read_until(b'\n', &mut start).map_err(bad_line)? == 0 {
            return Err(HoldoutError::Unreadable(UnreadableCause::NoContent));
        }
    }
    if let Some(header) = single_column(&start) {
        let uses = match_header(&header, &table.wanted)?;
        return read_lines(input, &uses, table, &taken);
    }
    let mut reader = ReaderBuilder::new().buffer_capacity(BUFFER).from_reader(start.as_slice().chain(input));
    let uses = match_header(reader.byte_headers().map_err(bad_csv)?, &table.wanted)?;
    if uses.len() == 1 {
        return Err(HoldoutError::Unreadable(UnreadableCause::LineEnds));
    }
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(bad_csv)? {
        taken.set(0);
        push(&record, &uses, table)?;
    }
    Ok(())
}

/// The header, where the first line is a whole one and names one column.
fn single_column(line: &[u8]) -> Option<ByteRecord> {
    let line = line.trim_ascii();
    // Lines within the line: inside of quotes, or ended by `\r` alone.
    if line.contains(&b'\r') || line.iter().filter(|byte| **byte == b'"').count() % 2 == 1 {
        return None;
    }
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(line);
    let mut header = ByteRecord::new();
    (reader.read_byte_record(&mut header).ok()? && header.len() == 1).then_some(header)
}

/// The rows of a file with one column, line by line: the csv crate passes over empty lines, which are missing values
/// here, and every row below would move up.
fn read_lines(
    mut input: impl BufRead,
    uses: &[Use],
    table: &mut Table<'_>,
    taken: &Cell<usize>,
) -> Result<(), HoldoutError> {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).map_err(bad_line)? > 0 {
        taken.set(0);
        let field = line.strip_suffix(b"\n").unwrap_or(&line);
        let field = field.strip_suffix(b"\r").unwrap_or(field);
        let inside = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\""));
        let field = inside.unwrap_or(field);
        if field.contains(&b',') {
            return Err(HoldoutError::Unreadable(UnreadableCause::Fields { row: table.rows() + 1 }));
        }
        push(&ByteRecord::from(vec![field]), uses, table)?;
        line.clear();
    }
    Ok(())
}

fn match_header(header: &ByteRecord, wanted: &Wanted<'_>) -> Result<Vec<Use>, HoldoutError> {
    if header.len() > MAX_COLUMNS {
        return Err(HoldoutError::TooLarge { limit: MAX_COLUMNS, unit: SizeUnit::Columns });
    }
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    // A number may be a name, but then somebody asks for it; elsewhere it is a customer's value.
    let is_value = |name: &&String| name.parse::<f64>().is_ok() && !wanted.knows(name);
    if names.iter().any(|name| is_value(&name)) {
        return Err(HoldoutError::NoHeader);
    }
    wanted.uses(&names)
}

fn push(record: &ByteRecord, uses: &[Use], table: &mut Table<'_>) -> Result<(), HoldoutError> {
    let row = table.rows();
    let mut bad = None;
    let values = table.grow(1)?;
    for (field, used) in record.iter().zip(uses) {
        if let Target::Feature(feature) = used.target
            && let Some(slot) = values.get_mut(feature)
        {
            match parse_field(field) {
                Ok(value) => *slot = value,
                Err(error) => bad = bad.or(Some((error, feature))),
            }
        }
    }
    for (field, used) in record.iter().zip(uses) {
        match used.target {
            Target::Label => table.push_label(row, label(field))?,
            Target::Region => table.push_region(row, std::str::from_utf8(field).ok())?,
            Target::Feature(_) | Target::Slice(_) | Target::Ignored => {}
        }
        if let Some(slice) = used.slice {
            table.push_slice(slice, std::str::from_utf8(field).ok());
        }
    }
    bad.map_or(Ok(()), |(error, feature)| Err(table.bad_value(error, row, feature)))
}

/// 0 or 1, as numbers or as pandas writes booleans.
fn label(field: &[u8]) -> Option<bool> {
    match field.trim_ascii() {
        b"0" | b"False" | b"false" | b"FALSE" => Some(false),
        b"1" | b"True" | b"true" | b"TRUE" => Some(true),
        other => parse_field(other).ok().and_then(|value| super::label_of(f64::from(value))),
    }
}

/// Fails on a record that never ends, so that a small bomb cannot fill the memory.
struct ShortRecords<'a, R> {
    inner: R,
    /// Bytes read since a record ended. What was read ahead is not counted: a buffer at most.
    taken: &'a Cell<usize>,
}

impl<R: Read> Read for ShortRecords<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + count);
        if self.taken.get() > MAX_RECORD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, LongRecord));
        }
        Ok(count)
    }
}

/// Marks the error of [`ShortRecords`] on its way through other readers.
#[derive(Debug, thiserror::Error)]
#[error("a record of more than {MAX_RECORD} bytes")]
struct LongRecord;

/// A record that is too long, or a damaged stream.
fn bad_line(error: io::Error) -> HoldoutError {
    if error.get_ref().is_some_and(|inner| inner.is::<LongRecord>()) {
        return HoldoutError::Unreadable(UnreadableCause::LongRecord { limit: MAX_RECORD });
    }
    unreadable(error)
}

/// The csv crate's own texts name positions and lengths, never content.
fn bad_csv(error: csv::Error) -> HoldoutError {
    let quoted = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => bad_line(error),
        _ => HoldoutError::Unreadable(UnreadableCause::Csv { quoted }),
    }
}
