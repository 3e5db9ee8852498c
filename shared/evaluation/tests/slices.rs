//! Records by the values of any column: read alike from every format, shown, and never part of a verdict.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_evaluation::{Columns, HeldOut, HoldoutError, Slices, Warning};
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
use meridian_xgboost::Scored;
use std::path::Path;

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `x` is the one feature.
fn sliced(text: &str, slices: &[&str]) -> HeldOut {
    let columns = Columns { region: None, slices: strings(slices), ..Columns::standard(strings(&["x"])) };
    HeldOut::read(text.as_bytes(), &columns).unwrap()
}

fn refused(text: &str, left_out: &[&str], slices: &[&str]) -> HoldoutError {
    let (left_out, slices) = (strings(left_out), strings(slices));
    let columns = Columns { region: None, left_out, slices, ..Columns::standard(strings(&["x"])) };
    HeldOut::read(text.as_bytes(), &columns).expect_err("the file must be refused")
}

/// The records' values in a column of slices.
fn values(held_out: &HeldOut, column: &str) -> Vec<String> {
    let (_, groups) = held_out.slices().find(|(name, _)| *name == column).unwrap();
    let groups = groups.unwrap();
    groups.of_records().iter().map(|group| groups.names()[usize::from(*group)].clone()).collect()
}

#[test]
fn a_column_may_be_a_feature_and_slices() {
    let held_out = sliced("x,country,label\n1,de,1\n2,,0\n1, at ,0\n", &["country", "x"]);
    assert_eq!(values(&held_out, "country"), ["de", "(missing)", "at"]);
    assert_eq!(values(&held_out, "x"), ["1", "2", "1"]);
    assert_eq!(held_out.matrix().values(), [1.0, 2.0, 1.0]);
}

#[test]
fn slices_read_alike_from_csv_and_parquet() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let slices = ["customer_region", "int8", "bool"];
    let read = |name: &str| {
        let header = std::fs::read_to_string(folder.join("table.csv")).unwrap();
        let features =
            header.lines().next().unwrap().split(',').filter(|name| !["label", "customer_region"].contains(name));
        let columns = Columns { slices: strings(&slices), ..Columns::standard(features.map(str::to_owned).collect()) };
        HeldOut::read(std::fs::File::open(folder.join(name)).unwrap(), &columns).unwrap()
    };
    let csv = read("table.csv");
    for name in ["table.none.parquet", "table.zstd.parquet"] {
        let parquet = read(name);
        for column in slices {
            assert_eq!(values(&csv, column), values(&parquet, column), "{name}: {column}");
        }
    }
}

#[test]
fn too_many_or_too_long_values_make_no_slices() {
    let many: String = (0..65).map(|row| format!("1,c{row},{}\n", row % 2)).collect();
    let long = format!("1,{},1\n1,a,0\n", "n".repeat(65));
    for rows in [many, long] {
        let held_out = sliced(&format!("x,c,label\n{rows}"), &["c"]);
        assert!(held_out.slices().all(|(_, groups)| groups.is_none()));
    }
}

#[test]
fn a_column_that_is_named_must_be_there() {
    let absent = |column: &str, there| HoldoutError::NoSuchColumn { column: column.to_owned(), there: strings(there) };
    let error = refused("x,label,country,id\n1,1,de,4111\n", &["id", "contry"], &["country"]);
    assert_eq!(error, absent("contry", &["country", "id"]));
    let error = refused("x,label\n1,1\n", &[], &["country"]);
    assert_eq!(error, absent("country", &[]));
    assert!(error.to_string().ends_with("it has none"), "{error}");
    // The first row may be a customer's record: none of it is shown.
    let text = refused("jane@example.com,GB29NWBK\n", &["contry"], &[]).to_string();
    assert!(!text.contains("jane") && !text.contains("GB29"), "{text}");
}

/// 200 records of each of two values; a third has two.
fn population() -> (HeldOut, Scored, Scored) {
    let mut text = "x,country,label\n".to_owned();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in 0..402_u32 {
        let (label, country) = (row % 4 == 0, ["at", "de"][(row / 4 % 2) as usize]);
        let country = if row >= 400 { "lu" } else { country };
        text += &format!("{row},{country},{}\n", u8::from(label));
        let margin = if label { 1.0 } else { -1.0 } + (row % 13) as f32 / 4.0;
        good.push(margin);
        // Wrong in one country.
        bad.push(if country == "de" { -margin } else { margin });
    }
    let scored = |margins| Scored { margins, ..Scored::default() };
    (sliced(&text, &["country"]), scored(good), scored(bad))
}

#[test]
fn small_slices_are_shown_and_not_judged_and_none_decides() {
    let (held_out, champion, challenger) = population();
    let policy = EvaluationPolicy { min_rows: 100, max_label_rate: 0.5, ..EvaluationPolicy::default() };
    let contender = |scored| meridian_evaluation::Contender { scored, threshold: 0.5 };
    let evaluation =
        meridian_evaluation::evaluate(contender(&challenger), Some(contender(&champion)), &held_out, &policy).unwrap();
    let [Slices { column, regions, gates }] = evaluation.slices.as_slice() else { panic!("one column") };
    assert_eq!(column, "country");
    assert_eq!(regions.iter().map(|value| value.rows).collect::<Vec<_>>(), [200, 200, 2]);
    assert!(evaluation.slices[0].is_unjudged(&regions[2]) && !evaluation.slices[0].is_unjudged(&regions[1]));
    assert!(gates.iter().all(|gate| gate.mode == GateMode::Advisory && !gate.blocks()));
    let failed = |value: &str| {
        gates
            .iter()
            .any(|gate| gate.region.as_deref() == Some(value) && gate.name == "auc" && gate.verdict == Verdict::Fail)
    };
    assert!(failed("de") && !failed("at"));
    let warnings = evaluation.warnings();
    assert!(warnings.iter().any(|warning| matches!(warning, Warning::SmallSlices { small: 1, values: 3, .. })));
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|said| said.starts_with("slices by `country`: de is worse at auc")), "{said:?}");
}
