//! Records from CSV.

use super::HoldoutError;
use super::columns::{Target, Wanted};
use super::table::Table;
use crate::number::parse_field;
use csv::ByteRecord;
use std::io::Read;

const BUFFER: usize = 64 * 1024;

/// Reads CSV with a header into `table`.
pub(super) fn read(input: &mut dyn Read, table: &mut Table<'_>) -> Result<(), HoldoutError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).buffer_capacity(BUFFER).from_reader(input);
    let targets = match_header(reader.byte_headers().map_err(bad_csv)?, &table.wanted)?;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(bad_csv)? {
        push(&record, &targets, table)?;
    }
    Ok(())
}

fn match_header(header: &ByteRecord, wanted: &Wanted<'_>) -> Result<Vec<Target>, HoldoutError> {
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    // A number may be a name, but then somebody asks for it; elsewhere it is a customer's value.
    let is_value = |name: &&String| name.parse::<f64>().is_ok() && !wanted.knows(name);
    if names.iter().any(|name| is_value(&name)) {
        return Err(HoldoutError::NoHeader);
    }
    wanted.targets(&names)
}

fn push(record: &ByteRecord, targets: &[Target], table: &mut Table<'_>) -> Result<(), HoldoutError> {
    let row = table.rows();
    let mut bad = None;
    let values = table.grow(1)?;
    for (field, target) in record.iter().zip(targets) {
        if let Target::Feature(feature) = *target
            && let Some(slot) = values.get_mut(feature)
        {
            match parse_field(field) {
                Ok(value) => *slot = value,
                Err(error) => bad = bad.or(Some((error, feature))),
            }
        }
    }
    for (field, target) in record.iter().zip(targets) {
        match target {
            Target::Label => table.push_label(row, label(field))?,
            Target::Region => table.push_region(row, std::str::from_utf8(field).ok())?,
            Target::Feature(_) | Target::Ignored => {}
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

/// The csv crate's own texts name positions and lengths, never content.
fn bad_csv(error: csv::Error) -> HoldoutError {
    HoldoutError::Unreadable { problem: format!("{error}; expected CSV with a header and as many fields in every row") }
}
