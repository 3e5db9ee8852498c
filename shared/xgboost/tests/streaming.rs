//! Margins of a model that is never held are those of the model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_xgboost::{Matrix, Model, ReadOptions, ShapeError, StreamError, stream_margins};
use std::num::NonZeroUsize;
use support::{Sketch, archive, features, model, records};

fn options(threads: usize) -> ReadOptions {
    ReadOptions { threads: NonZeroUsize::new(threads).unwrap(), ..ReadOptions::default() }
}

fn margins(name: &str, rows: &support::Rows) -> Vec<f32> {
    model(name).matrix_margins(rows.matrix(), NonZeroUsize::MIN).unwrap()
}

fn bits(margins: &[f32]) -> Vec<u32> {
    margins.iter().map(|margin| margin.to_bits()).collect()
}

#[test]
fn a_right_hint_takes_one_pass_and_a_wrong_one_two() {
    let (records, bytes) = (records(), archive("v427"));
    let expected = bits(&margins("v427", &records));
    for threads in [1, 2] {
        let score = |hint| {
            let open = || Ok(bytes.as_slice());
            stream_margins(open, records.matrix(), &features(), hint, &options(threads)).unwrap()
        };
        let unhinted = score(None);
        assert_eq!((unhinted.passes, unhinted.trees, unhinted.served_trees), (2, 130, 130));
        let hinted = score(Some(unhinted.base_margin));
        assert_eq!((hinted.passes, bits(&hinted.margins)), (1, expected.clone()));
        let misled = score(Some(0.125));
        assert_eq!((misled.passes, bits(&misled.margins)), (2, expected.clone()));
        assert_eq!(bits(&unhinted.margins), expected);
    }
}

#[test]
fn threads_change_nothing() {
    let (records, bytes) = (records(), archive("v426"));
    let expected = bits(&margins("v426", &records));
    for threads in [1, 2, 3] {
        let model = Model::read(bytes.as_slice(), &options(threads)).unwrap();
        let margins = model.matrix_margins(records.matrix(), options(threads).threads).unwrap();
        assert_eq!(bits(&margins), expected, "{threads} threads");
    }
}

#[test]
fn a_model_that_changes_between_the_two_readings_is_refused() {
    let models = ["[2.5E-1]", "[7.5E-1]"].map(|base_score| Sketch { base_score, ..Sketch::default() }.bytes());
    let mut readings = models.iter();
    let open = || Ok(readings.next().unwrap().as_slice());
    let rows = Matrix::new(&[0.25, 0.75], 1).unwrap();
    let error = stream_margins(open, rows, &["x".to_owned()], None, &options(1)).unwrap_err();
    assert!(matches!(error, StreamError::Changed), "{error}");
}

#[test]
fn rows_of_other_features_and_readers_that_fail_are_errors() {
    let bytes = Sketch::default().bytes();
    let rows = Matrix::new(&[0.25, 0.75], 1).unwrap();
    let score = |rows, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        stream_margins(|| Ok(bytes.as_slice()), rows, &names, None, &options(1)).unwrap_err()
    };
    assert!(matches!(score(rows, &["y"]), StreamError::Shape(ShapeError::Name { position: 0, .. })));
    let wide = Matrix::new(&[0.25, 0.75], 2).unwrap();
    assert!(matches!(score(wide, &["x", "y"]), StreamError::Shape(ShapeError::Width { expected: 1, found: 2 })));
    let broken =
        stream_margins(|| Err::<&[u8], _>(std::io::Error::other("gone")), rows, &["x".to_owned()], None, &options(1));
    assert!(matches!(broken, Err(StreamError::Model(_))));
}
