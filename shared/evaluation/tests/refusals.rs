//! Held-out files that are not what they should be are refused, by what is wrong with them and never by a value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_evaluation::{Columns, HeldOut};
use meridian_xgboost::ShapeError;
use proptest::prelude::*;
use support::model;

fn read(text: &str) -> String {
    let columns = Columns::standard(vec!["x".to_owned(), "y".to_owned()]);
    HeldOut::read(text.as_bytes(), &columns).expect_err("the file must be refused").to_string()
}

#[test]
fn missing_and_extra_columns_are_named() {
    let text = read("label,customer_region,x,z\n1,eu,1,2\n");
    assert!(text.contains("missing `y`") && text.contains("not expected `z`"), "{text}");
    let text = read("label,x,x,y\n1,1,1,1\n");
    assert!(text.contains("missing `customer_region`") && text.contains("named twice `x`"), "{text}");
}

#[test]
fn values_are_refused_without_being_shown() {
    let infinite = read("label,customer_region,x,y\n1,eu,1,2\n0,eu,inf,2\n");
    assert!(infinite.contains("row 2, column `x`: infinite"), "{infinite}");
    assert!(read("label,customer_region,x,y\n1,eu,1,1e39\n").contains("column `y`: infinite"));
    let wrong = read("label,customer_region,x,y\n1,eu,1,4111-1111\n");
    assert!(wrong.contains("row 1, column `y`: not a number") && !wrong.contains("4111"), "{wrong}");
    let label = read("label,customer_region,x,y\n7731,eu,1,1\n");
    assert!(label.contains("neither 0 nor 1") && !label.contains("7731"), "{label}");
}

#[test]
fn a_first_row_of_customers_texts_is_not_shown_as_names() {
    let columns = Columns::standard(vec!["x".to_owned(), "y".to_owned()]);
    for first in ["0;europe;0.5;jane@example.com", "jane@example.com,GB29NWBK,,", "label,jane@example.com"] {
        let error = HeldOut::read(format!("{first}\n{first}\n").as_bytes(), &columns).unwrap_err().to_string();
        assert!(error.contains("missing `customer_region`") && error.contains("commas"), "{error}");
        assert!(!error.contains("jane") && !error.contains("GB29") && !error.contains("0.5"), "{error}");
    }
}

#[test]
fn a_long_column_name_is_cut() {
    let columns = Columns { region: None, ..Columns::standard(vec!["x".to_owned()]) };
    let text = format!("label,x,{}\n0,1,2\n", "n".repeat(5_000));
    let error = HeldOut::read(text.as_bytes(), &columns).unwrap_err().to_string();
    assert!(error.contains("nnn...") && error.len() < 400, "{error}");
}

#[test]
fn a_file_without_a_header_does_not_have_its_first_record_shown() {
    let text = read("1,europe,4111,2\n0,europe,1,2\n");
    assert!(text.contains("no header") && !text.contains("4111") && !text.contains("europe"), "{text}");
}

#[test]
fn a_truncated_held_out_file_is_refused() {
    let file = std::fs::read(support::path("holdout.csv.gz")).unwrap();
    assert!(HeldOut::read(&file[..file.len() / 2], &Columns::standard(support::features())).is_err());
    assert!(read("label,customer_region,x,y\n1,eu,1\n").contains("as many fields"));
    assert!(read("label,customer_region,x,y\n").contains("no rows"));
}

#[test]
fn features_in_another_order_are_refused_by_position() {
    let mut features = support::features();
    features.swap(3, 4);
    let file = std::fs::File::open(support::path("holdout.csv.gz")).unwrap();
    let swapped = HeldOut::read(file, &Columns::standard(features)).unwrap();
    assert!(matches!(swapped.margins(&model("v427")), Err(ShapeError::Name { position: 3, .. })));
}

#[test]
fn debug_output_shows_no_values() {
    let text = format!("{:?}", support::small_holdout(&[(1, "eu", "4111"), (0, "eu", "2")]));
    assert!(text.contains("rows: 2") && !text.contains("4111"), "{text}");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics_the_record_reader(text in "(label|customer_region|x|[0-9,.\n\"-])*") {
        let _ = HeldOut::read(text.as_bytes(), &Columns::standard(vec!["x".to_owned()]));
    }
}
