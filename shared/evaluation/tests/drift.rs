//! Features that moved since a reference, found from files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use meridian_evaluation::{Columns, Drift, DriftReference, HeldOut, HoldoutError};

const FEATURES: [&str; 3] = ["amount", "age", "is_new"];

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Six hundred records: `age` is missing in the first `holes`, `amount` is `factor` times as high.
fn csv(factor: u32, holes: u32) -> String {
    let row = |i: u32| {
        let (amount, age) = (i * 37 % 601 * factor, if i < holes { String::new() } else { (i % 50).to_string() });
        format!("{},{amount},{age},{}\n", i % 2, u8::from(i.is_multiple_of(20)))
    };
    format!("label,amount,age,is_new\n{}", (0..600).map(row).collect::<String>())
}

fn held_out(text: &str, features: &[&str]) -> HeldOut {
    let ignore = strings(&FEATURES).into_iter().filter(|name| !features.contains(&name.as_str())).collect();
    let columns = Columns { region: None, ignore, ..Columns::standard(strings(features)) };
    HeldOut::read(text.as_bytes(), &columns).unwrap()
}

fn reference(text: &str) -> Result<DriftReference, HoldoutError> {
    DriftReference::read(text.as_bytes(), &strings(&FEATURES), &strings(&["label"]))
}

fn drift(before: &str, after: &str) -> Drift {
    let mut reference = reference(before).unwrap();
    reference.compare(&held_out(after, &FEATURES));
    reference.drift()
}

#[test]
fn the_same_records_have_not_moved() {
    let found = drift(&csv(1, 0), &csv(1, 0));
    assert_eq!((found.rows, found.features, found.moved, found.most.len()), (600, 3, 0, 0));
}

#[test]
fn the_feature_that_moved_most_is_first() {
    let found = drift(&csv(1, 6), &csv(40, 150));
    let names: Vec<&str> = found.most.iter().map(|feature| feature.feature.as_str()).collect();
    assert_eq!((names, found.moved), (vec!["amount", "age"], 2), "{found:?}");
    let [amount, age] = [&found.most[0], &found.most[1]];
    assert!(amount.psi > 1.0 && amount.is_moved() && age.is_moved());
    assert_eq!((age.missing_before, age.missing_after), (0.01, 0.25));
    assert_eq!((amount.missing_before, amount.missing_after), (0.0, 0.0));
}

#[test]
fn a_difference_that_chance_explains_is_no_move() {
    let thirty = |text: String| text.lines().take(31).map(|line| format!("{line}\n")).collect::<String>();
    let found = drift(&thirty(csv(1, 3)), &thirty(csv(1, 0)));
    assert!(found.most.iter().any(|feature| feature.psi > 0.1) && found.moved == 0, "{found:?}");
}

#[test]
fn features_of_several_models_are_compared_once_each() {
    let mut reference = reference(&csv(1, 0)).unwrap();
    reference.compare(&held_out(&csv(40, 0), &["amount", "is_new"]));
    // Other records: only what was not compared yet counts.
    reference.compare(&held_out(&csv(1, 300), &["amount", "age"]));
    let found = reference.drift();
    assert_eq!((found.features, found.moved), (3, 2));
    let amount = found.most.iter().find(|feature| feature.feature == "amount").unwrap();
    assert!(amount.psi > 1.0, "{found:?}");
}

#[test]
fn a_reference_with_other_features_is_refused_by_name() {
    let error = reference(&csv(1, 0).replacen("age", "years", 1)).expect_err("another feature");
    let HoldoutError::Columns { missing, extra, .. } = &error else { panic!("{error}") };
    assert_eq!((missing, extra), (&strings(&["age"]), &strings(&["years"])));
}
