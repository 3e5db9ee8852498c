//! What a shadow on captured requests must find, and what it must let through.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "captured/made.rs"]
mod made;
#[path = "captured/reading.rs"]
mod reading;
mod support;

use made::*;
use meridian_judge::{CapturedGate, CapturedJudgement, CapturedVerdict, Verdict};
use meridian_xgboost::Model;
use proptest::prelude::*;
use std::sync::LazyLock;
use support::{archive, features, holdout, model};

/// The committed records.
static RECORDS: LazyLock<Vec<Vec<f32>>> = LazyLock::new(|| rows(&holdout()));

/// Nobody asks for the balance: it tells records apart.
const NAMES: [&str; 4] = ["amount", "age", "country", "balance"];

/// Looks at the age, and hardly at the amount.
fn champion() -> Vec<u8> {
    forest(&NAMES, &[(1, 40.0, -1.0, 0.5), (1, 78.0, -0.5, 1.5), (2, 0.5, -0.2, 0.2), (0, 900.0, 0.0, 0.1)])
}

/// As good on amounts as they are held out, at most 1,000; but it alerts from 5,000 on.
fn leaning() -> Vec<u8> {
    forest(
        &NAMES,
        &[(1, 40.0, -1.0, 0.5), (1, 78.0, -0.5, 1.5), (2, 0.5, -0.2, 0.2), (0, 900.0, 0.0, 0.1), (0, 5000.0, 0.0, 6.0)],
    )
}

/// Amounts up to 1,000, ages up to 80 and one country in two, no two records alike.
fn people(count: usize) -> Vec<Vec<f32>> {
    let person = |index: usize| {
        let turn = |step: usize, of: usize| (index * step % of) as f32;
        vec![turn(7919, 99_991) / 100.0, turn(31, 80), turn(1, 2), index as f32]
    };
    (0..count).map(person).collect()
}

fn loaded(bytes: &[u8]) -> Model {
    Model::from_ubjson(bytes).unwrap()
}

fn names() -> Vec<String> {
    NAMES.iter().map(|name| (*name).to_owned()).collect()
}

/// The gates that fail where every `share`-th record is bent, and the answers too.
fn found(
    challenger: &[u8],
    bend: impl Fn(usize, &mut Vec<f32>),
    answer: impl Fn(usize, f32) -> f32,
) -> (CapturedVerdict, Vec<CapturedGate>) {
    let champion = champion();
    let text = capture(&people(4000), &loaded(&champion), bend, answer);
    let judgement = judge(&text, challenger, &champion, &names());
    (judgement.verdict, failed(&judgement))
}

#[test]
fn a_retrain_that_is_no_worse_passes_every_gate() {
    for (old, new) in [("v426", "v427"), ("v427", "v426")] {
        let text = capture(&RECORDS, &model(old), |_, _| {}, |_, score| score);
        let judgement = judge(&text, &archive(new), &archive(old), &features());
        assert_eq!(judgement.verdict, CapturedVerdict::Pass, "{judgement:?}");
        assert_eq!(judgement.gates.len(), 6, "every gate is asked: {judgement:?}");
        assert_eq!((judgement.counts.records, judgement.counts.answers), (10_000, 10_000));
    }
}

#[test]
fn a_model_trained_under_wrong_column_names_fails() {
    let text = capture(&RECORDS, &model("v426"), |_, _| {}, |_, score| score);
    let judgement = judge(&text, &archive("v429"), &archive("v426"), &features());
    let gates = [CapturedGate::AlertRate, CapturedGate::ScoreShift, CapturedGate::Reasons];
    assert_eq!((judgement.verdict, failed(&judgement)), (CapturedVerdict::Fail, gates.to_vec()));
}

/// Three times as bold about the threshold: every score moves, and every alert stays.
#[test]
fn a_recalibrated_release_passes_though_its_scores_have_moved() {
    let threshold = (THRESHOLD / (1.0 - THRESHOLD)).ln() as f32;
    let (k, rest) = (3.0, -2.0 * threshold);
    let challenger = forest(
        &NAMES,
        &[
            (1, 40.0, -k, 0.5 * k),
            (1, 78.0, -0.5 * k, 1.5 * k),
            (2, 0.5, -0.2 * k + rest, 0.2 * k + rest),
            (0, 900.0, 0.0, 0.1 * k),
        ],
    );
    let (verdict, gates) = found(&challenger, |_, _| {}, |_, score| score);
    assert_eq!((verdict, gates), (CapturedVerdict::Pass, vec![CapturedGate::ScoreShift]));
}

#[test]
fn a_feature_in_another_unit_is_found_where_it_matters() {
    let cents = |share: usize| {
        move |index: usize, row: &mut Vec<f32>| {
            if index.is_multiple_of(share) {
                row[0] *= 100.0;
            }
        }
    };
    assert_eq!(found(&leaning(), |_, _| {}, |_, score| score).0, CapturedVerdict::Pass, "as held out");
    for share in [1, 3, 20] {
        let (verdict, gates) = found(&leaning(), cents(share), |_, score| score);
        assert_eq!(verdict, CapturedVerdict::Fail, "one record in {share}");
        assert!(gates.contains(&CapturedGate::AlertRate), "one record in {share}: {gates:?}");
        // Where both models take it alike, the release makes nothing worse.
        assert_eq!(found(&champion(), cents(share), |_, score| score).0, CapturedVerdict::Pass);
    }
}

#[test]
fn a_value_missing_only_for_the_challenger_is_found_and_named() {
    let challenger = forest(
        &NAMES,
        &[(1, 40.0, -1.0, 0.5), (1, 78.0, -0.5, 1.5), (2, 0.5, -0.2, 0.2), (0, 990.0, 0.0, 0.1), (0, 995.0, 0.0, 0.1)],
    );
    let old = champion();
    let text = capture(
        &people(4000),
        &loaded(&old),
        |index, row| {
            if index % 3 == 0 {
                row[0] = f32::NAN;
            }
        },
        |_, score| score,
    );
    let judgement = judge(&text, &challenger, &old, &names());
    assert_eq!(failed(&judgement), [CapturedGate::Covered]);
    let covered = gate(&judgement, CapturedGate::Covered);
    assert_eq!(covered.feature.as_deref(), Some("amount"));
    assert!((covered.difference - (2.0 / 5.0 - 1.0 / 4.0) / 3.0).abs() < 1e-3, "{covered:?}");
}

#[test]
fn answers_that_are_not_the_champions_scores_are_found() {
    let shifted =
        |share: usize| move |index: usize, score: f32| if index.is_multiple_of(share) { score + 1e-4 } else { score };
    assert_eq!(found(&champion(), |_, _| {}, shifted(1)).1, [CapturedGate::Served]);
    assert_eq!(found(&champion(), |_, _| {}, shifted(20)).1, [CapturedGate::Served]);
    assert_eq!(found(&champion(), |_, _| {}, shifted(200)).1, []);
    // What the container's own `exp` rounds otherwise is no other score.
    assert_eq!(found(&champion(), |_, _| {}, |_, score| score + 5e-8).1, []);
}

#[test]
fn a_challenger_that_takes_other_features_answers_nobody() {
    let challenger = forest(&["amount", "age", "country", "balance", "device"], &[(1, 40.0, -1.0, 1.0)]);
    let text = capture(&people(2000), &loaded(&champion()), |_, _| {}, |_, score| score);
    let judgement = judge(&text, &challenger, &champion(), &names());
    assert_eq!(failed(&judgement), [CapturedGate::Answered]);
    assert_eq!(gate(&judgement, CapturedGate::Answered).challenger, Some(1.0));
}

#[test]
fn too_few_records_pass_nothing_and_none_says_so() {
    let few = capture(&people(400), &loaded(&champion()), |_, _| {}, |_, score| score);
    assert_eq!(judge(&few, &champion(), &champion(), &names()).verdict, CapturedVerdict::TooFew);
    assert_eq!(judge(b"", &champion(), &champion(), &names()).verdict, CapturedVerdict::NothingCaptured);
    assert_eq!(judge(b"{}\n", &champion(), &champion(), &names()).verdict, CapturedVerdict::TooFew);
}

/// Leaves that add up beyond what an f32 holds: neither model has a finite score, so nothing is known of the alerts.
#[test]
fn records_that_neither_model_answers_pass_nothing() {
    let endless = forest(&NAMES, &[(1, 40.0, 3e38, 3e38), (1, 40.0, 3e38, 3e38)]);
    let text = capture(&people(2000), &loaded(&endless), |_, _| {}, |_, score| score);
    let judgement = judge(&text, &endless, &endless, &names());
    assert_eq!((judgement.verdict, judgement.counts.records), (CapturedVerdict::TooFew, 2000), "{judgement:?}");
    assert_eq!(judgement.undecided, [CapturedGate::AlertRate, CapturedGate::ScoreShift]);
}

#[test]
fn a_fault_beyond_every_doubt_is_found_in_few_records() {
    let cents = |_: usize, row: &mut Vec<f32>| row[0] *= 100.0;
    let few = capture(&people(400), &loaded(&champion()), cents, |_, score| score);
    assert_eq!(judge(&few, &leaning(), &champion(), &names()).verdict, CapturedVerdict::Fail);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever callers send: a release that does what the champion does makes nothing worse.
    #[test]
    fn a_model_never_fails_beside_itself(
        records in proptest::collection::vec(proptest::collection::vec(prop_oneof![any::<f32>(), Just(f32::NAN)], 4), 0..300),
    ) {
        let sent: Vec<Vec<f32>> = records.into_iter().filter(|row| row.iter().all(|value| !value.is_infinite())).collect();
        let text = capture(&sent, &loaded(&leaning()), |_, _| {}, |_, score| score);
        let judgement = judge(&text, &leaning(), &leaning(), &names());
        prop_assert_eq!(failed(&judgement), []);
        prop_assert_ne!(judgement.verdict, CapturedVerdict::Fail);
        // A number that is none would be written as null, and the ledger's entry never read again.
        let written = serde_json::to_vec(&judgement).unwrap();
        prop_assert!(serde_json::from_slice::<CapturedJudgement>(&written).is_ok(), "{:?}", judgement);
    }

    /// An interval within its margin passes, one beyond it fails, and every other one says too little.
    #[test]
    fn every_verdict_is_its_intervals_place_beside_the_margin(share in 1_usize..400, count in 50_usize..1500) {
        let cents = move |index: usize, row: &mut Vec<f32>| if index.is_multiple_of(share) { row[0] *= 100.0 };
        let text = capture(&people(count), &loaded(&champion()), cents, |_, score| score);
        for found in judge(&text, &leaning(), &champion(), &names()).gates {
            let [low, high] = found.interval;
            prop_assert!(low <= found.difference.max(0.0) + 1e-9 && found.difference <= high + 1e-9, "{:?}", found);
            let (within, beyond) = (high <= found.allowed, low > found.allowed || high < -found.allowed);
            prop_assert_eq!(found.verdict == Verdict::Fail, beyond && found.gate != CapturedGate::Covered, "{:?}", &found);
            prop_assert!(found.verdict != Verdict::Pass || within, "{:?}", &found);
        }
    }
}
