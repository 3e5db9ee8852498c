//! Held-out files that claim, nest or inflate.

use super::Case;
use crate::support::gzip;
use parquet::basic::{Compression, Encoding, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, DoubleType, Int32Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io::{Read, Write, copy, repeat};
use std::sync::Arc;

fn case(name: &'static str, says: &'static str, holdout: fn() -> Vec<u8>) -> Case {
    Case { name, says, features: 1, files: Box::new(move || (holdout(), None)) }
}

pub fn cases() -> Vec<Case> {
    vec![
        case("parquet_of_30000_nested_groups", "ran out of memory or stack", || gzip(&footer(&nested(30_000), 1))),
        case("parquet_whose_schema_claims_two_billion_children", "held-out file", || {
            footer(&claimed(i32::MAX as u64), 1)
        }),
        case("parquet_that_claims_two_billion_columns", "held-out file", || footer(&[], u64::from(u32::MAX >> 1))),
        case("parquet_of_a_million_columns", "held-out file", || gzip(&footer(&flat(1_000_000), 1))),
        case("parquet_of_many_row_groups", "held-out file", || gzip(&row_groups(40_000))),
        case("parquet_of_40_million_rows_in_runs", "has more than", || table(40, 1 << 20, Compression::UNCOMPRESSED)),
        case("parquet_of_zeros_in_zstd", "has more than", || {
            table(3, 1 << 20, Compression::ZSTD(ZstdLevel::default()))
        }),
        case("csv_of_one_row_without_end", "record", || csv(b"label,customer_region,f0\n", b"1", 100 << 20)),
        case("csv_of_a_header_without_end", "record", || csv(b"label,customer_region,", b"x", 100 << 20)),
        case("csv_of_rows_without_end", "has more than", || rows(b"1,eu,\n", 100_000_000)),
        case("csv_of_four_million_rows", "has more than", || rows(b"1,e,\n", 4_000_000)),
        case("csv_of_100000_columns", "not expected", || columns(100_000)),
    ]
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A schema element: its name, and how many children it says that it has; a column of doubles where none.
fn element(children: u64, out: &mut Vec<u8>) {
    if children == 0 {
        out.extend([0x15, 10, 0x25, 0]);
    } else {
        out.extend([0x35, 0]);
    }
    out.extend([0x18, 1, b'a']);
    if children > 0 {
        out.push(0x15);
        varint(2 * children, out);
    }
    out.push(0);
}

fn nested(depth: usize) -> Vec<u8> {
    let mut schema = Vec::new();
    (0..depth).for_each(|_| element(1, &mut schema));
    element(0, &mut schema);
    list(depth as u64 + 1, schema)
}

fn flat(columns: usize) -> Vec<u8> {
    let mut schema = Vec::new();
    element(columns as u64, &mut schema);
    (0..columns).for_each(|_| element(0, &mut schema));
    list(columns as u64 + 1, schema)
}

fn claimed(children: u64) -> Vec<u8> {
    let mut schema = Vec::new();
    element(children, &mut schema);
    list(1, schema)
}

fn list(count: u64, elements: Vec<u8>) -> Vec<u8> {
    let mut list = vec![0xfc];
    varint(count, &mut list);
    list.extend(elements);
    list
}

/// A file of nothing but the metadata; `claims` is the count of the schema's list where there is none.
fn footer(schema: &[u8], claims: u64) -> Vec<u8> {
    let schema = if schema.is_empty() { list(claims, Vec::new()) } else { schema.to_vec() };
    // version, schema, rows, row groups
    let metadata = [&[0x15, 2, 0x19], &*schema, &[0x16, 0, 0x19, 0x0c, 0]].concat();
    enclosed(metadata)
}

fn enclosed(metadata: Vec<u8>) -> Vec<u8> {
    let length = (metadata.len() as u32).to_le_bytes();
    [b"PAR1", &*metadata, &length, b"PAR1"].concat()
}

/// Row groups of no columns, so many that what is kept of each fills the memory.
fn row_groups(count: u64) -> Vec<u8> {
    let mut schema = Vec::new();
    element(1, &mut schema);
    element(0, &mut schema);
    let group = [
        &[0x19, 0x1c][..],
        &[
            0x26, 8, 0x1c, 0x15, 10, 0x19, 0x05, 0, 0x19, 0x18, 1, b'a', 0x15, 0, 0x16, 0, 0x16, 0, 0x16, 0, 0x26, 8,
            0, 0,
        ],
        &[0x16, 0, 0x16, 0, 0],
    ]
    .concat();
    let groups = list(count, group.repeat(count as usize));
    enclosed([&[0x15, 2, 0x19], &*list(2, schema), &[0x16, 0, 0x19], &*groups, &[0]].concat())
}

/// A real file: one label, region and feature, all of them runs of one value.
fn table(groups: usize, rows: usize, compression: Compression) -> Vec<u8> {
    let column = |name: &str, physical| {
        Arc::new(Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED).build().unwrap())
    };
    let fields = vec![
        column("label", Physical::BOOLEAN),
        column("customer_region", Physical::INT32),
        column("f0", Physical::DOUBLE),
    ];
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build().unwrap());
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_writer_version(parquet::file::properties::WriterVersion::PARQUET_2_0)
        .set_column_dictionary_enabled("label".into(), false)
        .set_column_encoding("label".into(), Encoding::RLE)
        .set_data_page_size_limit(16 << 20)
        .set_data_page_row_count_limit(rows);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        let mut label = group.next_column().unwrap().unwrap();
        label.typed::<BoolType>().write_batch(&vec![true; rows], None, None).unwrap();
        label.close().unwrap();
        let mut region = group.next_column().unwrap().unwrap();
        region.typed::<Int32Type>().write_batch(&vec![1; rows], None, None).unwrap();
        region.close().unwrap();
        let mut value = group.next_column().unwrap().unwrap();
        value.typed::<DoubleType>().write_batch(&vec![1.0; rows], None, None).unwrap();
        value.close().unwrap();
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn csv(before: &[u8], what: &[u8; 1], count: u64) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(before).unwrap();
    copy(&mut repeat(what[0]).take(count), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

fn rows(row: &[u8], count: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(b"label,customer_region,f0\n").unwrap();
    let thousand = row.repeat(1000);
    (0..count / 1000).for_each(|_| encoder.write_all(&thousand).unwrap());
    encoder.finish().unwrap()
}

fn columns(count: usize) -> Vec<u8> {
    let header: String = (0..count).map(|column| format!(",c{column}")).collect();
    let row = ",1".repeat(count);
    let mut text = format!("label,customer_region,f0{header}\n");
    (0..20).for_each(|_| text += &format!("1,eu,1{row}\n"));
    gzip(text.as_bytes())
}
