//! The committed records as held-out ones, beside the models.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used)]

#[path = "../../../xgboost/tests/support/mod.rs"]
mod models;

use meridian_evaluation::{Columns, HeldOut};
pub use models::*;
use std::fs;

pub fn holdout() -> HeldOut {
    let file = fs::File::open(path("holdout.csv.gz")).unwrap();
    HeldOut::read(file, &Columns::standard(features())).expect("the committed held-out set is read")
}

/// A small held-out set of one feature `x`: (label, region, value).
pub fn small_holdout(records: &[(u8, &str, &str)]) -> HeldOut {
    let mut text = "label,customer_region,x\n".to_owned();
    for (label, region, value) in records {
        text += &format!("{label},{region},{value}\n");
    }
    HeldOut::read(text.as_bytes(), &Columns::standard(vec!["x".to_owned()])).unwrap()
}
