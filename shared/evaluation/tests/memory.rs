//! Small files that inflate to much are refused before they are held. The peak is the whole process's, as the kernel
//! counts it, so that nothing escapes the count.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use meridian_evaluation::{Columns, HeldOut, HoldoutError, Records};
use meridian_xgboost::Model;
use std::io::{Read, Write, copy, repeat};

/// What the bombs inflate to.
const INFLATED: u64 = 200 << 20;
/// What the process may take: these tests alone, about 15 MB, and what is held of a bomb.
const BOUND: u64 = 80 << 20;

/// `before`, [`INFLATED`] times `x`, and `after`, gzipped.
fn bomb(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(before).unwrap();
    copy(&mut repeat(b'x').take(INFLATED), &mut encoder).unwrap();
    encoder.write_all(after).unwrap();
    encoder.finish().unwrap()
}

/// The most memory that this process ever had, in bytes.
#[track_caller]
fn assert_bounded() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = 1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
    assert!(peak < BOUND, "{} MB", peak >> 20);
}

#[test]
fn a_file_name_without_end_in_an_archive_is_not_held() {
    for (kind, word) in
        [(tar::EntryType::GNULongName, "long name"), (tar::EntryType::XHeader, "PAX header of more than")]
    {
        let mut header = tar::Header::new_ustar();
        header.set_path("extension").unwrap();
        header.set_entry_type(kind);
        header.set_size(INFLATED);
        header.set_cksum();
        let error = Model::from_archive(bomb(header.as_bytes(), b"").as_slice()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_bounded();
}

#[test]
fn a_column_name_without_end_is_neither_held_nor_shown() {
    let columns = Columns::standard(vec!["a".to_owned()]);
    for (before, after) in [("label,customer_region,a,", "\n1,eu,2,\n"), ("\"\n", "\"\n"), ("", "")] {
        let error = HeldOut::read(bomb(before.as_bytes(), after.as_bytes()).as_slice(), &columns).unwrap_err();
        assert!(error.to_string().len() < 500, "{} bytes", error.to_string().len());
    }
    assert_bounded();
}

#[test]
fn a_field_without_end_is_not_held() {
    let columns = Columns::standard(vec!["a".to_owned()]);
    for (before, after) in [("1,", ",2\n"), ("1,\"\n", "\n\",2\n"), ("1,eu,", "\n")] {
        let before = format!("label,customer_region,a\n{before}");
        let error = HeldOut::read(bomb(before.as_bytes(), after.as_bytes()).as_slice(), &columns).unwrap_err();
        assert!(error.to_string().len() < 500, "{} bytes", error.to_string().len());
    }
    let error = Records::read(bomb(b"a\n", b"\n").as_slice(), &["a".to_owned()], &[]).unwrap_err();
    assert!(error.to_string().len() < 500, "{} bytes", error.to_string().len());
    assert_bounded();
}

#[test]
fn rows_declared_by_a_parquet_file_and_absent_are_not_held() {
    // 70,001 rows of 38 features; it says 1,048,575, which would be 159 MB.
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/declared.parquet")).unwrap();
    let features: Vec<String> = (0..38).map(|feature| format!("f{feature}")).collect();
    let error = Records::read(file.as_slice(), &features, &[]).unwrap_err();
    assert!(matches!(error, HoldoutError::TooLarge { .. }), "{error}");
    assert_bounded();
}

#[test]
fn a_region_with_a_long_name_is_refused_without_it() {
    let columns = Columns::standard(vec!["a".to_owned()]);
    let read = |length| {
        let text = format!("label,customer_region,a\n1,eu,2\n0,{},2\n", "r".repeat(length));
        HeldOut::read(text.as_bytes(), &columns)
    };
    assert!(read(64).is_ok());
    let column = "customer_region".to_owned();
    assert_eq!(read(65).unwrap_err(), HoldoutError::RegionTooLong { row: 2, column, limit: 64 });
}
