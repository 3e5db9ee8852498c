//! Held-out files that are not what they should be are refused, by what is wrong with them and never by a value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_evaluation::{Columns, ExpectedColumns, HeldOut, HoldoutError, UnreadableCause};
use meridian_xgboost::ShapeError;
use proptest::prelude::*;
use support::model;

fn read(text: &str) -> HoldoutError {
    let columns = Columns::standard(vec!["x".to_owned(), "y".to_owned()]);
    HeldOut::read(text.as_bytes(), &columns).expect_err("the file must be refused")
}

/// Neither what a person reads of an error nor what a log may show of it holds any of `values`.
fn assert_silent(error: &HoldoutError, values: &[&str]) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!values.iter().any(|value| text.contains(value)), "{text}");
    }
}

#[test]
fn missing_and_extra_columns_are_named() {
    let misfit = |missing: &str, extra: Option<&str>, twice: Option<&str>| HoldoutError::Columns {
        missing: vec![missing.to_owned()],
        extra: extra.into_iter().map(str::to_owned).collect(),
        twice: twice.into_iter().map(str::to_owned).collect(),
        expected: ExpectedColumns::Labelled,
    };
    assert_eq!(read("label,customer_region,x,z\n1,eu,1,2\n"), misfit("y", Some("z"), None));
    assert_eq!(read("label,x,x,y\n1,1,1,1\n"), misfit("customer_region", None, Some("x")));
}

#[test]
fn values_are_refused_without_being_shown() {
    let infinite = read("label,customer_region,x,y\n1,eu,1,2\n0,eu,inf,2\n");
    assert_eq!(infinite, HoldoutError::Infinite { row: 2, column: "x".to_owned() });
    let large = read("label,customer_region,x,y\n1,eu,1,1e39\n");
    assert_eq!(large, HoldoutError::Infinite { row: 1, column: "y".to_owned() });
    let wrong = read("label,customer_region,x,y\n1,eu,1,4111-1111\n");
    assert_eq!(wrong, HoldoutError::NotANumber { row: 1, column: "y".to_owned() });
    assert_silent(&wrong, &["4111"]);
    let label = read("label,customer_region,x,y\n7731,eu,1,1\n");
    assert_eq!(label, HoldoutError::Label { row: 1, column: "label".to_owned() });
    assert_silent(&label, &["7731"]);
}

#[test]
fn a_first_row_of_customers_texts_is_not_shown_as_names() {
    for first in ["0;europe;0.5;jane@example.com", "jane@example.com,GB29NWBK,,", "label,jane@example.com"] {
        let error = read(&format!("{first}\n{first}\n"));
        let HoldoutError::Unrecognised { expected: 4, missing, .. } = &error else { panic!("{error}") };
        assert!(missing.contains(&"customer_region".to_owned()), "{error}");
        assert_silent(&error, &["jane", "GB29", "0.5"]);
    }
}

#[test]
fn a_long_column_name_is_cut_in_the_sentence() {
    let columns = Columns { region: None, ..Columns::standard(vec!["x".to_owned()]) };
    let text = format!("label,x,{}\n0,1,2\n", "n".repeat(5_000));
    let error = HeldOut::read(text.as_bytes(), &columns).unwrap_err().to_string();
    assert!(error.contains("nnn...") && error.len() < 400, "{error}");
}

#[test]
fn a_file_without_a_header_does_not_have_its_first_record_shown() {
    let error = read("1,europe,4111,2\n0,europe,1,2\n");
    assert_eq!(error, HoldoutError::NoHeader);
    assert_silent(&error, &["4111", "europe"]);
}

#[test]
fn a_truncated_held_out_file_is_refused() {
    let file = std::fs::read(support::path("holdout.csv.gz")).unwrap();
    let error = HeldOut::read(&file[..file.len() / 2], &Columns::standard(support::features())).unwrap_err();
    assert!(matches!(error, HoldoutError::Unreadable(UnreadableCause::Stream { .. })), "{error}");
    let error = read("label,customer_region,x,y\n1,eu,1\n");
    assert!(matches!(error, HoldoutError::Unreadable(UnreadableCause::Csv { .. })), "{error}");
    assert_eq!(read("label,customer_region,x,y\n"), HoldoutError::Empty);
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
