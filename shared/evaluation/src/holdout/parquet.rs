//! Records from Parquet.

use super::columns::Target;
use super::error::unreadable;
use super::isolated;
use super::pages::Pages;
use super::table::Table;
use super::{ColumnTypes, HoldoutError, ParquetDamage, SizeUnit, UnreadableCause};
use bytes::Bytes;
use meridian_xgboost::{gzip::inflated, number::narrow};
use parquet::basic::{Compression, ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{SchemaDescriptor, Type};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A Parquet file is held as a whole, because its directory stands at its end: 128 MB, beside the table that is read.
const MAX_PARQUET: u64 = 128 << 20;
/// Rows of a column that are decoded at a time.
const BATCH: usize = 4096;

/// How the values of a column are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Unsigned,
    Text,
}

/// A column to be read.
struct Column {
    leaf: usize,
    target: Target,
    kind: Kind,
}

/// Reads a whole Parquet file into `table`: by a process of its own, where this program [takes part](isolated::serve).
pub(super) fn read(input: &mut dyn Read, table: &mut Table<'_>) -> Result<(), HoldoutError> {
    if isolated::is_on() {
        return isolated::read_parquet(input, MAX_PARQUET, table);
    }
    let mut bytes = Vec::new();
    input.take(MAX_PARQUET + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let most = MAX_PARQUET.min(table.most_parquet());
    if bytes.len() as u64 > most {
        return Err(HoldoutError::TooLarge { limit: most as usize, unit: SizeUnit::ParquetBytes });
    }
    read_here(bytes, table)
}

/// The same in this process, which may end with it.
pub(crate) fn read_here(bytes: Vec<u8>, table: &mut Table<'_>) -> Result<(), HoldoutError> {
    // The parquet crate may panic on damaged files (some of its releases did). The table is given up then.
    catch_unwind(AssertUnwindSafe(|| read_groups(bytes, table)))
        .unwrap_or_else(|_| Err(untrue(ParquetDamage::Structure)))
}

fn read_groups(bytes: Vec<u8>, table: &mut Table<'_>) -> Result<(), HoldoutError> {
    let bytes = Bytes::from(bytes);
    let mut pages = Pages::within(inflated(table.stored().max(bytes.len() as u64)));
    let file = SerializedFileReader::new(bytes.clone()).map_err(damaged)?;
    let columns = match_columns(file.metadata().file_metadata().schema_descr(), table)?;
    for index in 0..file.num_row_groups() {
        let group = file.get_row_group(index).map_err(damaged)?;
        let rows = usize::try_from(group.metadata().num_rows()).map_err(|_| untrue(ParquetDamage::NegativeRows))?;
        // Before anything is read or allocated: the file's word for its size is not taken.
        table.check_room(rows)?;
        let start = table.rows();
        // Without a label, one column is read and not kept, so that the table does not grow by the file's word alone.
        if let Some(first) = columns.first().filter(|column| column.target != Target::Label) {
            let column = &Column { leaf: first.leaf, target: Target::Ignored, kind: first.kind };
            check_codec(group.metadata().column(first.leaf).compression())?;
            pages.check(&bytes, group.metadata().column(first.leaf))?;
            let reader = group.get_column_reader(first.leaf).map_err(damaged)?;
            Sink { start, rows, column }.read(reader, table)?;
        }
        // `columns` starts with the label, so that a group that claims rows it has not is found by one column.
        for column in &columns {
            check_codec(group.metadata().column(column.leaf).compression())?;
            pages.check(&bytes, group.metadata().column(column.leaf))?;
            let reader = group.get_column_reader(column.leaf).map_err(damaged)?;
            let sink = Sink { start, rows, column };
            sink.read(reader, table)?;
        }
        if table.rows() == start {
            table.grow(rows)?;
        }
    }
    Ok(())
}

fn check_codec(codec: Compression) -> Result<(), HoldoutError> {
    use Compression::{GZIP, SNAPPY, UNCOMPRESSED, ZSTD};
    if matches!(codec, UNCOMPRESSED | SNAPPY | GZIP(_) | ZSTD(_)) {
        return Ok(());
    }
    let name = codec.to_string();
    let name = name.split('(').next().unwrap_or_default().to_owned();
    Err(HoldoutError::Unreadable(UnreadableCause::Codec { name }))
}

/// The columns to read, the label first.
fn match_columns(schema: &SchemaDescriptor, table: &Table<'_>) -> Result<Vec<Column>, HoldoutError> {
    let fields = schema.root_schema().get_fields();
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    let uses = table.wanted.uses(&names)?;
    let mut columns = Vec::with_capacity(fields.len());
    for leaf in 0..schema.num_columns() {
        let root = schema.get_column_root_idx(leaf);
        let (Some(field), Some(used)) = (fields.get(root), uses.get(root)) else { continue };
        for target in [Some(used.target), used.slice.map(Target::Slice)].into_iter().flatten() {
            if target != Target::Ignored {
                columns.push(Column { leaf, target, kind: kind(field, target)? });
            }
        }
    }
    columns.sort_by_key(|column| column.target != Target::Label);
    Ok(columns)
}

/// How the column is read, or which type it has instead.
fn kind(field: &Type, target: Target) -> Result<Kind, HoldoutError> {
    let expected = match target {
        Target::Region => ColumnTypes::Names,
        Target::Slice(_) => ColumnTypes::Values,
        Target::Label | Target::Feature(_) | Target::Ignored => ColumnTypes::Numbers,
    };
    let refused = |found: String| HoldoutError::Type { column: field.name().to_owned(), found, expected };
    if !field.is_primitive() {
        return Err(refused("group (nested)".to_owned()));
    }
    let info = field.get_basic_info();
    if info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED {
        return Err(refused("list (repeated)".to_owned()));
    }
    let (physical, logical, converted) = (field.get_physical_type(), info.logical_type_ref(), info.converted_type());
    let unsigned = matches!(logical, Some(LogicalType::Integer(int)) if !int.is_signed)
        || matches!(converted, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32)
        || converted == ConvertedType::UINT_64;
    // Dates, times and decimals are stored as integers too.
    let whole = matches!(logical, None | Some(LogicalType::Integer(_)))
        && (unsigned
            || matches!(converted, ConvertedType::NONE | ConvertedType::INT_8 | ConvertedType::INT_16)
            || matches!(converted, ConvertedType::INT_32 | ConvertedType::INT_64));
    let text = matches!(logical, None | Some(LogicalType::String | LogicalType::Enum))
        && matches!(converted, ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::ENUM);
    match (physical, target) {
        // A column of nulls only, which was never given a type.
        (_, Target::Feature(_) | Target::Slice(_)) if matches!(logical, Some(LogicalType::Unknown)) => Ok(Kind::Number),
        (Physical::INT32 | Physical::INT64, _) if whole && unsigned => Ok(Kind::Unsigned),
        (Physical::INT32 | Physical::INT64, _) if whole => Ok(Kind::Number),
        (Physical::BYTE_ARRAY, Target::Region | Target::Slice(_)) if text => Ok(Kind::Text),
        (
            Physical::BOOLEAN | Physical::FLOAT | Physical::DOUBLE,
            Target::Label | Target::Feature(_) | Target::Slice(_),
        ) => Ok(Kind::Number),
        _ => Err(refused(type_name(physical, logical, converted))),
    }
}

/// A name as it stands in Parquet's own documents, for example `DECIMAL (INT64)`.
fn type_name(physical: Physical, logical: Option<&LogicalType>, converted: ConvertedType) -> String {
    let name = match (logical, converted) {
        (_, ConvertedType::NONE) => {
            let debug = logical.map(|logical| format!("{logical:?}")).unwrap_or_default();
            debug.split(['(', ' ', '{']).next().unwrap_or_default().to_uppercase()
        }
        (_, converted) => converted.to_string(),
    };
    if name.is_empty() { physical.to_string() } else { format!("{name} ({physical})") }
}

/// Where the values of one column of one row group go.
struct Sink<'a> {
    start: usize,
    rows: usize,
    column: &'a Column,
}

impl Sink<'_> {
    fn read(&self, reader: ColumnReader, table: &mut Table<'_>) -> Result<(), HoldoutError> {
        let unsigned = self.column.kind == Kind::Unsigned;
        match reader {
            ColumnReader::BoolColumnReader(reader) => self.numbers(reader, table, |value| f64::from(u8::from(*value))),
            ColumnReader::Int32ColumnReader(reader) if unsigned => {
                self.numbers(reader, table, |value| f64::from(value.cast_unsigned()))
            }
            ColumnReader::Int32ColumnReader(reader) => self.numbers(reader, table, |value| f64::from(*value)),
            ColumnReader::Int64ColumnReader(reader) if unsigned => {
                self.numbers(reader, table, |value| value.cast_unsigned() as f64)
            }
            ColumnReader::Int64ColumnReader(reader) => self.numbers(reader, table, |value| *value as f64),
            ColumnReader::FloatColumnReader(reader) => self.numbers(reader, table, |value| f64::from(*value)),
            ColumnReader::DoubleColumnReader(reader) => self.numbers(reader, table, |value| *value),
            ColumnReader::ByteArrayColumnReader(reader) => each(reader, self.rows, |row, value| {
                let text = value.and_then(|value| std::str::from_utf8(value.data()).ok());
                match self.column.target {
                    Target::Slice(slice) => {
                        table.push_slice(slice, text);
                        Ok(())
                    }
                    Target::Region => table.push_region(self.start + row, text),
                    Target::Label | Target::Feature(_) | Target::Ignored => Ok(()),
                }
            }),
            ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => {
                Err(untrue(ParquetDamage::ColumnType))
            }
        }
    }

    fn numbers<T: DataType>(
        &self,
        reader: ColumnReaderImpl<T>,
        table: &mut Table<'_>,
        number: impl Fn(&T::T) -> f64,
    ) -> Result<(), HoldoutError> {
        match self.column.target {
            Target::Label => each(reader, self.rows, |row, value| {
                table.push_label(self.start + row, value.and_then(|value| super::label_of(number(value))))
            }),
            Target::Region => each(reader, self.rows, |row, value| {
                let name = value.map(|value| number(value).to_string());
                table.push_region(self.start + row, name.as_deref())
            }),
            Target::Slice(slice) => each(reader, self.rows, |_, value| {
                let value = value.map(&number).filter(|value| !value.is_nan()).map(|value| value.to_string());
                table.push_slice(slice, value.as_deref());
                Ok(())
            }),
            Target::Feature(feature) => self.feature(reader, table, feature, number),
            Target::Ignored => each(reader, self.rows, |_, _| Ok(())),
        }
    }

    fn feature<T: DataType>(
        &self,
        reader: ColumnReaderImpl<T>,
        table: &mut Table<'_>,
        feature: usize,
        number: impl Fn(&T::T) -> f64,
    ) -> Result<(), HoldoutError> {
        if table.rows() == self.start {
            table.grow(self.rows)?;
        }
        let width = table.width().max(1);
        let values = table.values.get_mut(self.start * width..).unwrap_or_default();
        let mut slots = values.chunks_exact_mut(width).filter_map(|row| row.get_mut(feature));
        let mut bad = None;
        each(reader, self.rows, |row, value| {
            let Some(slot) = slots.next() else { return Ok(()) };
            if let Some(value) = value {
                match narrow(number(value)) {
                    Ok(value) => *slot = value,
                    Err(error) => bad = bad.or(Some((error, self.start + row))),
                }
            }
            Ok(())
        })?;
        drop(slots);
        bad.map_or(Ok(()), |(error, row)| Err(table.bad_value(error, row, feature)))
    }
}

/// Calls `take` for each of `rows` rows of a column, with `None` for null. The column must have exactly as many.
fn each<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    mut take: impl FnMut(usize, Option<&T::T>) -> Result<(), HoldoutError>,
) -> Result<(), HoldoutError> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let mut done = 0;
    while done < rows {
        levels.clear();
        values.clear();
        let batch = BATCH.min(rows - done);
        let (records, _, _) = reader.read_records(batch, Some(&mut levels), None, &mut values).map_err(damaged)?;
        if records == 0 {
            return Err(untrue(ParquetDamage::TooFewValues));
        }
        let mut present = values.iter();
        for place in 0..records {
            // A column that is not nullable has no levels.
            let is_null = levels.get(place).is_some_and(|level| *level == 0);
            let value = if is_null { None } else { present.next() };
            if !is_null && value.is_none() {
                return Err(untrue(ParquetDamage::MissingValues));
            }
            take(done + place, value)?;
        }
        done += records;
    }
    levels.clear();
    values.clear();
    match reader.read_records(1, Some(&mut levels), None, &mut values).map_err(damaged)? {
        (0, _, _) => Ok(()),
        _ => Err(untrue(ParquetDamage::TooManyValues)),
    }
}

/// The reader's own texts may quote what they found, so only their kind is passed on.
fn damaged(error: ParquetError) -> HoldoutError {
    HoldoutError::Unreadable(match error {
        ParquetError::NYI(_) => UnreadableCause::Encoding,
        ParquetError::EOF(_) => UnreadableCause::ParquetCut,
        _ => UnreadableCause::ParquetDamaged,
    })
}

pub(super) fn untrue(found: ParquetDamage) -> HoldoutError {
    HoldoutError::Unreadable(UnreadableCause::Parquet(found))
}
