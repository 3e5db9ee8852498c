//! What is read from a file of records, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use meridian_evaluation::{ColumnTypes, Columns, ExpectedColumns, HeldOut, HoldoutError, Records, UnreadableCause};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::PathBuf;

const FEATURES: [&str; 12] = [
    "required", "bool", "float64", "float32", "uint64", "uint32", "uint16", "uint8", "int64", "int32", "int16", "int8",
];

/// A file that tools/train/parquet_fixture.py wrote.
fn file(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/records").join(name)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn table(bytes: &[u8]) -> HeldOut {
    HeldOut::read(bytes, &Columns::standard(strings(&FEATURES))).unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| if value.is_nan() { u32::MAX } else { value.to_bits() }).collect()
}

fn assert_same(left: &HeldOut, right: &HeldOut) {
    assert_eq!(left.labels(), right.labels());
    assert_eq!(left.region_names(), right.region_names());
    assert_eq!(left.regions(), right.regions());
    assert_eq!(left.features(), right.features());
    assert_eq!(bits(left.matrix().values()), bits(right.matrix().values()));
}

#[test]
fn a_table_reads_alike_from_csv_and_from_every_parquet() {
    let csv = table(&file("table.csv"));
    assert_eq!((csv.rows(), csv.region_names().len(), csv.matrix().width()), (60, 3, 12));
    for name in ["table.none.parquet", "table.snappy.parquet", "table.gzip.parquet", "table.zstd.parquet"] {
        let bytes = file(name);
        assert_same(&table(&bytes), &csv);
        assert_same(&table(&gzip(&bytes)), &csv);
    }
    assert_same(&table(&gzip(&file("table.csv"))), &csv);
    // Two gzip members behind each other are one file, as `cat a.gz b.gz` makes it.
    let (head, tail) = (file("table.csv")[..100].to_vec(), file("table.csv")[100..].to_vec());
    assert_same(&table(&[gzip(&head), gzip(&tail)].concat()), &csv);
}

#[test]
fn integers_keep_the_bits_that_their_text_would_get() {
    let records = table(&file("table.snappy.parquet"));
    let place = |name: &str| FEATURES.iter().position(|known| *known == name).unwrap();
    let (low, high) = (records.row(0), records.row(1));
    assert_eq!((low[place("int8")], high[place("uint8")]), (-128.0, 255.0));
    assert_eq!((low[place("int64")], high[place("uint64")]), (i64::MIN as f32, u64::MAX as f32));
    assert_eq!(high[place("uint32")], u32::MAX as f32);
    assert_eq!((low[place("bool")], high[place("bool")]), (0.0, 1.0));
    // NaN and null are missing; a negative zero is not zero.
    assert!(low[place("float32")].is_nan() && records.row(8)[place("float64")].is_nan());
    assert_eq!(high[place("float32")].to_bits(), (-0.0_f32).to_bits());
}

#[test]
fn the_digest_is_that_of_the_stored_bytes_to_the_last_one() {
    for bytes in [file("table.csv"), gzip(&file("table.csv")), file("table.zstd.parquet")] {
        assert_eq!(table(&bytes).sha256(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    }
    let records = Records::read(&b"x\n1\n"[..], &strings(&["x"]), &[]).unwrap();
    assert_eq!(records.sha256(), <[u8; 32]>::from(Sha256::digest(b"x\n1\n")));
}

#[test]
fn the_committed_records_are_the_same_in_any_order() {
    let holdout = support::holdout();
    let mut reversed = support::features();
    reversed.reverse();
    let file = std::fs::read(support::path("holdout.csv.gz")).unwrap();
    let other = HeldOut::read(file.as_slice(), &Columns::standard(reversed)).unwrap();
    assert!(!holdout.matrix_for(holdout.features()).unwrap().is_copied());
    let projected = other.matrix_for(holdout.features()).unwrap();
    assert!(projected.is_copied());
    assert_eq!(bits(projected.matrix().values()), bits(holdout.matrix().values()));
}

#[test]
fn one_table_serves_models_with_different_features() {
    let (a, b) = (strings(&["x", "y"]), strings(&["z", "y"]));
    let both = Columns::union([a.as_slice(), b.as_slice()]);
    assert_eq!(both, ["x", "y", "z"]);
    let records = Records::read(&b"z,y,x\n3,2,1\n6,,4\n"[..], &both, &[]).unwrap();
    assert_eq!(bits(records.matrix_for(&a).unwrap().matrix().values()), bits(&[1.0, 2.0, 4.0, f32::NAN]));
    assert_eq!(bits(records.matrix_for(&b).unwrap().matrix().values()), bits(&[3.0, 2.0, 6.0, f32::NAN]));
    let error = records.matrix_for(&strings(&["y", "w"])).map(|_| ()).unwrap_err();
    assert_eq!(error, misfit(&["w"], &[], &[], ExpectedColumns::EveryModels));
}

#[test]
fn a_number_may_be_a_name_where_it_is_asked_for() {
    let records = Records::read(&b"0,1\n5,6\n"[..], &strings(&["0", "1"]), &[]).unwrap();
    assert_eq!(records.row(0), [5.0, 6.0]);
    assert!(matches!(Records::read(&b"0,1\n5,6\n"[..], &strings(&["0", "x"]), &[]), Err(HoldoutError::NoHeader)));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_in_no_name() {
    let records = Records::read(&b"\xef\xbb\xbfx,y\r\n1,2\r\n"[..], &strings(&["x", "y"]), &[]).unwrap();
    assert_eq!(records.row(0), [1.0, 2.0]);
}

#[test]
fn an_empty_line_in_a_single_column_is_a_missing_value() {
    let read = |text: &str| Records::read(text.as_bytes(), &strings(&["x"]), &[]);
    let missing = bits(&[f32::NAN])[0];
    let one = [1.0_f32.to_bits(), missing, 2.0_f32.to_bits()];
    for text in ["x\n1\n\n2\n", "\u{feff}x\r\n1\r\n\r\n2", "\n\"x\"\n1\n\"\"\n\"2\"\n", " x\n1\nnan\n2\n"] {
        assert_eq!(bits(read(text).unwrap().matrix().values()), one, "{text:?}");
    }
    assert_eq!(bits(read("x\n\n1\n\n").unwrap().matrix().values()), [missing, one[0], missing]);
    for text in ["x\n1\n1,2\n", "x\n\"1\n", "x\n1\"\n", "x\r1\r\r2\r", "x\n", "\n\n", ""] {
        assert!(read(text).is_err(), "{text:?}");
    }
    // Of several columns, an empty line is no row: one that is missing throughout has its commas.
    let records = Records::read(&b"x,y\n1,2\n\n,\n"[..], &strings(&["x", "y"]), &[]).unwrap();
    assert_eq!(bits(records.matrix().values()), [one[0], one[2], missing, missing]);
}

#[test]
fn a_line_that_never_ends_is_refused_before_it_fills_the_memory() {
    for start in ["", "x\n", "x,y\n1,2\n"] {
        let endless = start.as_bytes().chain(std::io::repeat(b'7').take(1 << 30));
        let error = Records::read(endless, &strings(&["x"]), &strings(&["y"])).unwrap_err();
        assert_eq!(error, HoldoutError::Unreadable(UnreadableCause::LongRecord { limit: 4_194_304 }));
    }
}

#[test]
fn a_parquet_column_of_nulls_only_is_missing_throughout() {
    // As pyarrow writes `pa.nulls(3)` and a column of three numbers.
    let records = Records::read(file("nulls.parquet").as_slice(), &strings(&["void", "x"]), &[]).unwrap();
    let [missing, one, two, three] = [f32::NAN, 1.0, 2.0, 3.0].map(|value| bits(&[value])[0]);
    assert_eq!(bits(records.matrix().values()), [missing, one, missing, two, missing, three]);
}

#[test]
fn a_parquet_codec_that_is_not_read_is_named() {
    for (codec, name) in [("brotli", "BROTLI"), ("lz4", "LZ4_RAW")] {
        let error = refused(&file(&format!("codec.{codec}.parquet")), &["x"], &[]);
        assert_eq!(error, HoldoutError::Unreadable(UnreadableCause::Codec { name: name.to_owned() }));
    }
}

fn refused(bytes: &[u8], features: &[&str], ignore: &[&str]) -> HoldoutError {
    let columns = Columns { region: None, ignore: strings(ignore), ..Columns::standard(strings(features)) };
    HeldOut::read(bytes, &columns).expect_err("the file must be refused")
}

fn misfit(missing: &[&str], extra: &[&str], twice: &[&str], expected: ExpectedColumns) -> HoldoutError {
    HoldoutError::Columns { missing: strings(missing), extra: strings(extra), twice: strings(twice), expected }
}

#[test]
fn columns_beyond_the_expected_are_named() {
    let labelled = ExpectedColumns::Labelled;
    assert_eq!(refused(b"label,x,key\n1,1,7\n", &["x"], &[]), misfit(&[], &["key"], &[], labelled));
    let error = Records::read(&b"x,key\n1,7\n"[..], &strings(&["x"]), &[]).unwrap_err();
    assert_eq!(error, misfit(&[], &["key"], &[], ExpectedColumns::Features));
    let columns = Columns { ignore: strings(&["key"]), region: None, ..Columns::standard(strings(&["x"])) };
    assert_eq!(HeldOut::read(&b"label,x,key\n1,1,secret\n"[..], &columns).unwrap().row(0), [1.0]);
    // A feature that is to be ignored as well is a contradiction.
    for (features, ignore) in [(&["x"][..], &["x"][..]), (&["x", "x"], &[])] {
        assert_eq!(refused(b"label,x\n1,1\n", features, ignore), misfit(&[], &[], &["x"], labelled));
    }
}

#[test]
fn the_sentence_about_extra_columns_says_what_to_do_and_names_ten() {
    let text = |bytes: &[u8]| refused(bytes, &["x"], &[]).to_string();
    assert!(text(b"label,x,key\n1,1,7\n").ends_with("or leave them out of the file"));
    assert!(text(b",label,x\n0,1,7\n").ends_with("write the file with `index=False`"));
    let header: String = (0..30).map(|index| format!(",c{index}")).collect();
    let text = text(format!("label,x{header}\n").as_bytes());
    assert!(text.contains("`c9` and 20 more; expected") && !text.contains("`c10`"), "{text}");
}

#[test]
fn labels_are_zero_or_one_in_any_spelling_of_them() {
    let columns = Columns { region: None, ..Columns::standard(strings(&["x"])) };
    let text = "label,x\n0,1\n1,1\n0.0,1\n1.0,1\n 1 ,1\nTrue,1\nfalse,1\n1e0,1\n";
    let labels = HeldOut::read(text.as_bytes(), &columns).unwrap();
    assert_eq!(labels.labels(), [false, true, false, true, true, true, false, true]);
    for wrong in ["", "2", "0.5", "nan", "-1", "yes"] {
        let error = refused(format!("label,x\n1,1\n{wrong},1\n").as_bytes(), &["x"], &[]);
        assert_eq!(error, HoldoutError::Label { row: 2, column: "label".to_owned() }, "{wrong:?}");
    }
}

#[test]
fn parquet_columns_of_other_types_are_refused_by_name() {
    let all = ["decimal", "date", "timestamp", "text", "half", "list", "float", "large", "two", "void"];
    let without = |one: &str| all.into_iter().filter(|name| *name != one).collect::<Vec<_>>();
    let cases = [
        ("decimal", "DECIMAL (FIXED_LEN_BYTE_ARRAY)"),
        ("date", "DATE (INT32)"),
        ("timestamp", "TIMESTAMP_MICROS (INT64)"),
        ("text", "UTF8 (BYTE_ARRAY)"),
        ("half", "FLOAT16 (FIXED_LEN_BYTE_ARRAY)"),
        ("list", "group (nested)"),
    ];
    let errors = cases.map(|(name, _)| refused(&file("types.parquet"), &[name], &without(name)));
    let expected = ColumnTypes::Numbers;
    let refusal =
        |(column, found): (&str, &str)| HoldoutError::Type { column: column.into(), found: found.into(), expected };
    assert_eq!(errors, cases.map(refusal));
    for name in ["float", "large"] {
        let error = refused(&file("types.parquet"), &[name], &without(name));
        assert_eq!(error, HoldoutError::Infinite { row: 2, column: name.to_owned() });
    }
    for name in ["two", "void"] {
        let columns = Columns { label: name.to_owned(), ignore: strings(&without(name)), ..Columns::default() };
        let columns = Columns { ignore: [columns.ignore.clone(), strings(&["label"])].concat(), ..columns };
        let error = HeldOut::read(file("types.parquet").as_slice(), &columns).unwrap_err();
        assert_eq!(error, HoldoutError::Label { row: 2, column: name.to_owned() });
    }
}

#[test]
fn a_parquet_region_is_text_or_an_integer_and_never_null() {
    let all = ["decimal", "date", "timestamp", "half", "list", "float", "large"];
    let read = |region: &str, others: &[&str]| {
        let columns = Columns {
            label: "label".to_owned(),
            region: Some(region.to_owned()),
            features: Vec::new(),
            ignore: [strings(&all), strings(others)].concat(),
            ..Columns::default()
        };
        HeldOut::read(file("types.parquet").as_slice(), &columns)
    };
    assert_eq!(read("two", &["text", "void"]).unwrap().region_names(), ["1", "2"]);
    assert_eq!(read("text", &["two", "void"]).unwrap().region_names(), ["1", "2"]);
    let error = read("void", &["text", "two"]).unwrap_err();
    assert_eq!(error, HoldoutError::Region { row: 2, column: "void".to_owned() });
}

#[test]
fn a_cut_or_pretended_parquet_file_is_refused() {
    let whole = file("table.zstd.parquet");
    for length in [4, 5, 12, whole.len() / 2, whole.len() - 1] {
        let error = HeldOut::read(&whole[..length], &Columns::standard(strings(&FEATURES))).unwrap_err();
        let is_parquets =
            matches!(error, HoldoutError::Unreadable(UnreadableCause::ParquetCut | UnreadableCause::ParquetDamaged));
        assert!(is_parquets, "{length}: {error}");
    }
    assert_eq!(refused(b"PAR1", &["x"], &[]), HoldoutError::Unreadable(UnreadableCause::ParquetCut));
    assert_eq!(refused(b"", &["x"], &[]), HoldoutError::Unreadable(UnreadableCause::NoContent));
}

#[test]
fn a_header_without_rows_is_refused_and_no_value_is_ever_shown() {
    assert_eq!(refused(b"label,x\n", &["x"], &[]), HoldoutError::Empty);
    let error = refused(b"label,x\n1,\"secret\"\n", &["x"], &[]);
    assert_eq!(error, HoldoutError::NotANumber { row: 1, column: "x".to_owned() });
    assert!(!error.to_string().contains("secret"), "{error}");
    let records = Records::read(&b"x\n4111\n"[..], &strings(&["x"]), &[]).unwrap();
    assert!(!format!("{records:?}").contains("4111"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        let columns = Columns::standard(strings(&["x"]));
        for bytes in [bytes.clone(), gzip(&bytes), [&b"PAR1"[..], &bytes].concat(), [&b"\x1f\x8b"[..], &bytes].concat()] {
            prop_assert!(HeldOut::read(bytes.as_slice(), &columns).is_err());
        }
    }

    #[test]
    fn a_damaged_parquet_file_never_panics_or_invents_rows(
        codec in 0_usize..4,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = file(["table.none.parquet", "table.snappy.parquet", "table.gzip.parquet", "table.zstd.parquet"][codec]);
        for (place, byte) in changes {
            // Mostly in the directory at the end, where a change does most.
            let length = bytes.len();
            let place = if byte % 4 == 0 { place.index(length) } else { length - 1 - place.index(length.min(4000)) };
            bytes[place] = byte;
        }
        if let Ok(read) = HeldOut::read(bytes.as_slice(), &Columns::standard(strings(&FEATURES))) {
            prop_assert_eq!(read.labels().len(), read.rows());
            prop_assert_eq!(read.matrix().rows(), read.rows());
            prop_assert_eq!(read.regions().len(), read.rows());
        }
    }

    #[test]
    fn floats_written_as_text_read_back_with_the_same_bits(values in proptest::collection::vec(any::<u32>(), 1..50)) {
        let values: Vec<f32> = values.into_iter().map(f32::from_bits).filter(|value| value.is_finite()).collect();
        prop_assume!(!values.is_empty());
        let text: String = values.iter().map(|value| format!("{value}\n")).collect();
        let records = Records::read(format!("x\n{text}").as_bytes(), &strings(&["x"]), &[]).unwrap();
        prop_assert_eq!(bits(records.matrix().values()), bits(&values));
    }
}
