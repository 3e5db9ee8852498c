use super::words;
use meridian_domain::reason::{
    ChampionRates, EvaluationReason, GateRuling, HeldOutRates, Misfit, ModelRole, Names, Shortage, Unseen,
};
use meridian_domain::{ReleaseId, Sha256, Verdict};

/// A gate that failed on all records.
fn ruling(gate: &str) -> GateRuling {
    GateRuling {
        gate: gate.to_owned(),
        region: None,
        verdict: Verdict::Fail,
        challenger: None,
        champion: None,
        difference: None,
        allowed: None,
        shortage: None,
        feature: None,
    }
}

/// A gate that compared the challenger with the champion and failed.
fn compared(gate: &str, [challenger, champion, difference, allowed]: [f64; 4]) -> GateRuling {
    GateRuling {
        challenger: Some(challenger),
        champion: Some(champion),
        difference: Some(difference),
        allowed: Some(allowed),
        ..ruling(gate)
    }
}

fn decided(rulings: Vec<GateRuling>) -> String {
    words(&EvaluationReason::NotPassed { rulings, more: 0 })
}

#[test]
fn a_comparison_has_both_numbers_and_what_is_allowed() {
    let auc = compared("auc", [0.855, 0.9176, 0.0626, 0.02]);
    let said = "held-out AUC 0.8550, champion 0.9176: a drop of 0.0626, more than the 0.0200 allowed";
    assert_eq!(decided(vec![auc.clone()]), said);
    let in_brazil = GateRuling { region: Some("brazil".to_owned()), ..auc };
    assert_eq!(decided(vec![in_brazil]), said.replace("held-out AUC", "AUC in brazil"));
    assert_eq!(
        decided(vec![compared("false_positive_rate", [0.02, 0.01, 0.01, 0.002])]),
        "false-positive rate 2.00 %, champion 1.00 %: a rise of 1.00 points, more than the 0.20 points allowed"
    );
    let slope =
        GateRuling { verdict: Verdict::Inconclusive, ..compared("calibration_intercept", [-1.3, -1.0, 0.3, 0.2]) };
    assert_eq!(
        decided(vec![slope]),
        "calibration in the large −1.30, champion −1.00: 0.30 farther from 0, but it may be more than the 0.20 allowed; add \
         −1.30 to every margin and to the threshold's log-odds"
    );
}

#[test]
fn a_bound_of_a_first_release_is_said_without_a_champion() {
    let floor = GateRuling { challenger: Some(0.7), allowed: Some(0.95), ..ruling("auc") };
    assert_eq!(decided(vec![floor]), "held-out AUC 0.7000: less than the 0.9500 required");
    let verdict = Verdict::Inconclusive;
    let ceiling = GateRuling { verdict, challenger: Some(0.05), allowed: Some(0.05), ..ruling("false_positive_rate") };
    assert_eq!(decided(vec![ceiling]), "false-positive rate 5.00 %: perhaps more than the 5.00 % allowed");
}

#[test]
fn too_few_records_are_said_once_however_many_gates_lack_them() {
    let shortage = Some(Shortage { positives: 1, negatives: 1, floor: 50 });
    let open = |gate: &str| GateRuling { verdict: Verdict::Inconclusive, shortage, ..ruling(gate) };
    let said = "the held-out set has 1 positives and 1 negatives; at least 50 of each are needed";
    assert_eq!(decided(vec![open("auc"), open("recall"), open("brier")]), said);
}

#[test]
fn gates_past_the_fourth_and_regions_are_only_named() {
    let numbers = [0.5, 0.6, 0.1, 0.01];
    let gates = ["auc", "recall", "brier", "false_positive_rate", "calibration_slope", "calibration_intercept"];
    let mut rulings: Vec<GateRuling> = gates.into_iter().map(|gate| compared(gate, numbers)).collect();
    for (gate, region) in [("auc", "japan"), ("recall", "japan"), ("auc", "brazil")] {
        rulings.push(GateRuling { region: Some(region.to_owned()), ..compared(gate, numbers) });
    }
    let said = words(&EvaluationReason::NotPassed { rulings, more: 3 });
    let parts: Vec<&str> = said.split("; ").skip(4).collect();
    assert_eq!(
        parts,
        [
            "also not passed: calibration slope, calibration in the large",
            "gates failed in these customer regions too: brazil, japan",
            "3 more gates are in the report"
        ]
    );
}

#[test]
fn gates_on_the_records_say_what_is_wrong_with_them() {
    let of = |gate: &str, number: f64, allowed: f64| {
        decided(vec![GateRuling { challenger: Some(number), allowed: Some(allowed), ..ruling(gate) }])
    };
    assert_eq!(of("holdout_size", 900.0, 1000.0), "the hold-out has 900 records, fewer than the 1000 required");
    assert_eq!(
        of("holdout_repeats", 0.25, 0.01),
        "25.00 % of the hold-out's records repeat another one's features, more than the 1.00 % allowed"
    );
    assert_eq!(of("finite", 3.0, 0.0), "3 scores are not finite numbers");
    assert_eq!(of("constant", 0.0, 0.0), "the model gives every record the same score");
    assert_eq!(decided(vec![ruling("recall")]), "recall: failed");
}

#[test]
fn a_leak_is_said_with_the_feature_that_knows_the_label() {
    let feature = Some("chargeback_id".to_owned());
    let alone = GateRuling { feature: feature.clone(), ..compared("leak_feature", [0.997, 0.947, 0.99, 0.95]) };
    assert_eq!(
        decided(vec![alone]),
        "leak: `chargeback_id` alone ranks the records with AUC 0.9970, champion 0.9470; is it known when a request comes? If not, \
         train without it"
    );
    let gain = GateRuling { feature, ..compared("leak_gain", [0.998, 0.947, 0.051, 0.0265]) };
    assert_eq!(
        decided(vec![gain]),
        "leak: held-out AUC 0.9980, champion 0.9470: a gain of 0.0510, more than the 0.0265 that is believed; it goes by \
         `chargeback_id` first: is it known when a request comes? If not, train without it"
    );
    let first = GateRuling { challenger: Some(1.0), allowed: Some(0.995), ..ruling("leak_gain") };
    assert_eq!(
        decided(vec![first]),
        "leak: held-out AUC 1.0000, more than the 0.9950 that is believed of any model; look for features that know the label"
    );
}

#[test]
fn a_pass_has_the_main_numbers() {
    let challenger = HeldOutRates { auc: 0.91768, fpr: 0.01119 };
    let rates = HeldOutRates { auc: 0.9176, fpr: 0.0104 };
    let champion = ChampionRates { version: "v426".parse().unwrap(), rates };
    let said = |champion| words(&EvaluationReason::Passed { challenger, champion, records: 10_000 });
    assert_eq!(
        said(Some(champion)),
        "AUC 0.9177 against 0.9176 of v426, false-positive rate 1.12 % against 1.04 %, on 10000 held-out records"
    );
    assert_eq!(said(None), "first release: AUC 0.9177, false-positive rate 1.12 %, on 10000 held-out records");
}

#[test]
fn misfit_columns_are_named_with_the_model_that_lacks_them() {
    let missing = Names { first: vec!["age".to_owned(), "sum".to_owned()], more: 7 };
    let misfit = Misfit::Named { missing, extra: Names::default(), twice: Names::default() };
    let version = "v426".parse().unwrap();
    assert_eq!(
        words(&EvaluationReason::Columns { role: ModelRole::Champion, version, misfit }),
        "the champion v426 cannot be scored on the same records (its columns do not fit: missing `age`, `sum` and 7 more): \
         approve a hold-out that has its columns for as long as it serves"
    );
}

#[test]
fn a_job_that_is_given_up_says_what_it_waited_for() {
    let last = Box::new(EvaluationReason::Waiting(Unseen::NoCanaryOnRecord));
    assert_eq!(
        words(&EvaluationReason::GivenUp { calls: 60, last }),
        "after 60 calls the release has no verdict: waiting for a service: no canary is on record"
    );
}

#[test]
fn a_call_that_died_is_told_with_its_start_and_what_to_do() {
    let (release, version) = (ReleaseId(Sha256::of(b"v427")), "v427".parse().unwrap());
    let at = "2026-11-20T03:01:12Z".parse().unwrap();
    assert_eq!(
        words(&EvaluationReason::CallDied { release, version, at }),
        format!(
            "v427 ({release}) was not evaluated: the call that started at 2026-11-20T03:01:12Z did not end: it ran out of memory or \
             time, or crashed. Its files may be damaged or hostile; the function's log and Lambda's metrics of that minute tell \
             which. The release is neither approved nor rejected: fix its files and publish it again, or give the function more \
             memory and start a new execution"
        )
    );
}
