//! What evaluation decides, and what it writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_answer::{AnswerForm, ReasonsForm};
use meridian_evaluation::{
    Contender, Contestant, Digests, EvaluateError, Evaluation, Finding, Gate, GoldenRecords, GoldenSource, HeldOut,
    HoldoutFacts, Named, Provenance, Reason, Unfit, Warning, html, json,
};
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
use meridian_xgboost::{Model, ReadOptions, Sample, Scored, Served};
use support::{Sketch, holdout, model, small_holdout};

fn policy() -> EvaluationPolicy {
    EvaluationPolicy::at_threshold(0.81)
}

fn judged(challenger: &str) -> Evaluation {
    evaluate(&model(challenger), Some(&model("v426")), &holdout(), &policy()).unwrap()
}

/// Scores both models, each with the policy's threshold.
fn evaluate(
    challenger: &Model,
    champion: Option<&Model>,
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> Result<Evaluation, EvaluateError> {
    at(challenger, champion.map(|champion| (champion, policy.threshold)), holdout, policy)
}

fn at(
    challenger: &Model,
    champion: Option<(&Model, f64)>,
    holdout: &HeldOut,
    policy: &EvaluationPolicy,
) -> Result<Evaluation, EvaluateError> {
    let challenger = holdout.scored_by(challenger).unwrap();
    let champion = champion.map(|(model, threshold)| (holdout.scored_by(model).unwrap(), threshold));
    let champion = champion.as_ref().map(|(scored, threshold)| Contender { scored, threshold: *threshold });
    let challenger = Contender { scored: &challenger, threshold: policy.threshold };
    meridian_evaluation::evaluate(challenger, champion, holdout, policy)
}

fn digests() -> Provenance {
    let named = |name: &str| Named { name: name.to_owned(), sha256: "ab".repeat(32) };
    let inputs = Digests {
        challenger: named("v427<b>"),
        champion: Some(named("v426")),
        feature_files: Vec::new(),
        champion_feature_files: Vec::new(),
        holdout: named("holdout.csv.gz"),
        reference: None,
        training_rows: None,
        holdout_approval: None,
    };
    Provenance { inputs, repeat: Vec::new() }
}

#[test]
fn the_good_challenger_passes_in_every_region() {
    let evaluation = judged("v427");
    assert_eq!(evaluation.verdict, Verdict::Pass, "{:?}", evaluation.reasons());
    let regions: Vec<&str> = evaluation.regions.iter().map(|region| region.region.as_str()).collect();
    assert_eq!(regions, ["australia", "brazil", "europe", "japan"]);
}

#[test]
fn the_bad_challenger_fails_first_by_its_drop_of_auc() {
    let evaluation = judged("v429");
    assert_eq!(evaluation.verdict, Verdict::Fail);
    let reasons = evaluation.reasons();
    let Reason::Gate(first) = &reasons[0] else { panic!("{reasons:?}") };
    assert_eq!((first.name.as_str(), first.verdict, first.allowed), ("auc", Verdict::Fail, Some(0.02)));
    let rounded = [first.challenger, first.champion, first.difference].map(|auc| (auc.unwrap() * 1e4).round());
    assert_eq!(rounded, [8550.0, 9176.0, 626.0]);
}

#[test]
fn a_first_release_is_held_to_absolute_bounds() {
    let judge = |policy: &EvaluationPolicy| evaluate(&model("v426"), None, &holdout(), policy).unwrap();
    let evaluation = judge(&policy());
    assert_eq!((evaluation.verdict, evaluation.champion), (Verdict::Pass, None));
    assert_eq!(judge(&EvaluationPolicy { min_auc: 0.95, ..policy() }).verdict, Verdict::Fail);
    assert_eq!(judge(&EvaluationPolicy { max_fpr: 0.001, ..policy() }).verdict, Verdict::Fail);
}

#[test]
fn a_rise_of_false_positives_past_the_bound_fails() {
    // The same model asked at a lower threshold alerts more.
    let policy = EvaluationPolicy { threshold: 0.5, ..policy() };
    let evaluation = at(&model("v426"), Some((&model("v426"), 0.81)), &holdout(), &policy).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Fail);
    let reasons = evaluation.reasons();
    assert!(matches!(reasons[0], Reason::Gate(first) if first.name == "false_positive_rate"), "{reasons:?}");
}

#[test]
fn a_bound_that_is_not_a_number_passes_nothing() {
    let policy = EvaluationPolicy { max_auc_drop: f64::NAN, ..policy() };
    let evaluation = evaluate(&model("v427"), Some(&model("v426")), &holdout(), &policy).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Inconclusive);
}

#[test]
fn a_model_that_always_answers_the_same_fails() {
    let constant = Sketch { values: vec![0.5, 1.0, 1.0], ..Sketch::default() }.model();
    let records = small_holdout(&[(1, "eu", "1"), (0, "eu", "0")]);
    let policy = EvaluationPolicy { min_positives: 1, min_auc: 0.1, max_fpr: 1.0, ..EvaluationPolicy::default() };
    let evaluation = evaluate(&constant, None, &records, &policy).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Fail);
    let reasons = evaluation.reasons();
    let [Reason::Gate(Gate { finding: Finding::Spread { lowest: Some(lowest), highest }, .. })] = reasons[..] else {
        panic!("{reasons:?}")
    };
    assert_eq!(((lowest * 1e4).round(), *highest), (7311.0, Some(*lowest)));
}

#[test]
fn few_positives_in_a_region_are_inconclusive_and_do_not_block() {
    let fewest = judged("v427").regions.iter().map(|region| region.positives).min().unwrap();
    let policy = EvaluationPolicy { min_region_positives: fewest + 1, ..policy() };
    let evaluation = evaluate(&model("v427"), Some(&model("v426")), &holdout(), &policy).unwrap();
    let small = evaluation.regions.iter().find(|region| region.positives == fewest).map(|region| &region.region);
    let open: Vec<_> =
        evaluation.gates.iter().filter(|gate| gate.region.as_ref() == small && gate.name == "auc").collect();
    assert_eq!((open.len(), open[0].verdict, open[0].mode), (1, Verdict::Inconclusive, GateMode::Advisory));
    assert!(matches!(open[0].finding, Finding::TooFew { positives, .. } if positives == fewest), "{:?}", open[0]);
    assert_eq!(evaluation.verdict, Verdict::Pass);
    let warnings = evaluation.warnings();
    let same = |warning: &&Warning<'_>| matches!(warning, Warning::Gate(gate) if gate.finding == open[0].finding);
    assert_eq!(warnings.iter().filter(same).count(), 1, "{warnings:?}");
}

#[test]
fn few_positives_in_the_whole_set_are_inconclusive() {
    let records = small_holdout(&[(1, "eu", "1"), (0, "eu", "0")]);
    let model = Sketch::default().model();
    let policy = EvaluationPolicy { min_rows: 2, ..EvaluationPolicy::default() };
    let evaluation = evaluate(&model, Some(&model), &records, &policy).unwrap();
    assert_eq!(evaluation.verdict, Verdict::Inconclusive);
    let reasons = evaluation.reasons();
    let [Reason::Gate(gate)] = reasons[..] else { panic!("{reasons:?}") };
    assert_eq!(gate.finding, Finding::TooFew { positives: 1, negatives: 1, floor: 50 });
}

/// Records that repeat, are few or are drawn by their label weigh as whoever chose them likes.
#[test]
fn records_that_are_few_repeated_or_drawn_by_label_pass_nothing() {
    let judge = |policy: &EvaluationPolicy| evaluate(&model("v427"), Some(&model("v426")), &holdout(), policy).unwrap();
    let against = |evaluation: &Evaluation| -> Vec<String> {
        evaluation.gates.iter().filter(|gate| gate.blocks()).map(|gate| gate.name.clone()).collect()
    };
    assert_eq!(against(&judge(&policy())), [""; 0]);
    for (policy, gate) in [
        (EvaluationPolicy { min_rows: 10_001, ..policy() }, "holdout_size"),
        (EvaluationPolicy { min_label_rate: 0.04, ..policy() }, "holdout_label_rate"),
        (EvaluationPolicy { max_label_rate: 0.03, ..policy() }, "holdout_label_rate"),
    ] {
        let evaluation = judge(&policy);
        assert_eq!((evaluation.verdict, against(&evaluation)), (Verdict::Inconclusive, vec![gate.to_owned()]));
        assert_eq!(judge(&EvaluationPolicy { holdout: GateMode::Off, ..policy }).verdict, Verdict::Pass);
    }
    let twice = small_holdout(&[(1, "eu", "1"), (0, "eu", "0"), (0, "eu", "-0"), (0, "br", ""), (1, "eu", "")]);
    let facts = HoldoutFacts::of(&twice);
    assert_eq!(facts, HoldoutFacts { rows: 5, positives: 2, repeated: 2 });
    let unfit = facts.unfit(&EvaluationPolicy { min_rows: 2, min_positives: 1, ..EvaluationPolicy::default() });
    assert_eq!(unfit, [Unfit::Repeated { repeated: 2, rows: 5, most: 0.01 }]);
}

#[test]
fn one_class_and_other_records_margins_are_errors() {
    let model = Sketch::default().model();
    let one_class = small_holdout(&[(0, "eu", "1"), (0, "eu", "0")]);
    let policy = EvaluationPolicy::default();
    assert_eq!(
        evaluate(&model, None, &one_class, &policy),
        Err(EvaluateError::OneClass { positives: 0, negatives: 2 })
    );
    let scored = Scored { margins: vec![0.5], ..Scored::default() };
    let contender = Contender { scored: &scored, threshold: 0.5 };
    assert_eq!(
        meridian_evaluation::evaluate(contender, None, &one_class, &policy),
        Err(EvaluateError::Rows { role: Contestant::Challenger, expected: 2, found: 1 })
    );
    let policy = EvaluationPolicy::at_threshold(f64::NAN);
    assert!(matches!(evaluate(&model, None, &one_class, &policy), Err(EvaluateError::Threshold { .. })));
}

#[test]
fn the_policy_refuses_a_field_it_does_not_know() {
    let policy: EvaluationPolicy = serde_json::from_str(r#"{"threshold": 0.8}"#).unwrap();
    assert_eq!(policy, EvaluationPolicy::at_threshold(0.8));
    let error = serde_json::from_str::<EvaluationPolicy>(r#"{"max_auc_dorp": 0.1}"#).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("max_auc_dorp"), "{error}");
}

#[test]
fn the_json_report_reads_back_and_repeats_to_the_byte() {
    let text = json(&judged("v429"), &digests()).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), judged("v429"));
    assert_eq!(text, json(&judged("v429"), &digests()).unwrap());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["verdict"], &value["schema"]), (&"fail".into(), &3.into()));
    assert_eq!(value["inputs"]["champion"]["name"], "v426");
    assert_eq!(value["policy_sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn the_page_leads_with_the_verdict_and_escapes_names() {
    let page = html(&judged("v429"), &digests());
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not in the page"));
    assert!(place("is rejected") < place("a drop of 0.0626") && place("a drop of 0.0626") < place("<table"));
    assert!(page.contains("v427&lt;b&gt;") && !page.contains("v427<b>"));
    assert!(!page.contains("<script") && !page.contains("://"));
    assert!(page.contains("brazil") && page.contains(&"ab".repeat(32)));
}

#[test]
fn golden_records_are_chosen_alike_and_tell_the_models_apart() {
    let (champion, challenger, holdout) = (model("v426"), model("v427"), holdout());
    let golden = GoldenRecords::choose("v427", &challenger, &holdout, 200).unwrap();
    assert_eq!(golden, GoldenRecords::choose("v427", &challenger, &holdout, 200).unwrap());
    assert_eq!(golden.records.len(), 200);
    let in_band =
        |low: f32| golden.records.iter().filter(|record| record.score >= low && record.score < low + 0.2).count();
    assert!([0.0, 0.2, 0.4, 0.6, 0.8].into_iter().all(|low| in_band(low) >= 4), "scores are not spread");

    // How many records a model answers with the score, to the last bit.
    let right = |model: &meridian_xgboost::Model| {
        let answer = |payload: &str| model.answer_csv(payload).unwrap().parse::<f32>().unwrap();
        golden.records.iter().filter(|record| answer(&record.payload) == record.score).count()
    };
    assert_eq!(right(&challenger), 200);
    assert!(right(&champion) < 10);
}

#[test]
fn golden_records_survive_json_and_never_show_a_payload() {
    let golden = GoldenRecords::choose("v427", &model("v427"), &holdout(), 200).unwrap();
    let back: GoldenRecords = serde_json::from_str(&serde_json::to_string(&golden).unwrap()).unwrap();
    assert_eq!(back, golden);
    assert!(!format!("{golden:?}").contains(&golden.records[0].payload));
}

/// A container that scores as the release does and explains itself otherwise is another release.
#[test]
fn golden_records_hold_a_release_to_its_reasons_too() {
    let holdout = holdout();
    let archive = std::fs::read(support::path("v427.tar.gz")).unwrap();
    let sample = Sample::of(holdout.matrix(), holdout.features(), holdout.labels());
    let mut served = Served::read(&archive[..], &ReadOptions::default(), Some(&sample)).unwrap();
    let attributions = served.take_reasons().0.unwrap();
    let (margins, objective) = (holdout.margins(&served.model).unwrap(), served.model.objective());
    let reasons = ReasonsForm { at: "/reasons".parse().unwrap(), count: 3 };
    let answer = AnswerForm::new(Some("/score".parse().unwrap()), None, Some(reasons)).unwrap();
    let walkers = served.model.walkers(10);
    let attributions = Some(&attributions);
    let source = GoldenSource { answer: answer.clone(), margins: &margins, attributions, objective, walkers };
    let golden = GoldenRecords::of("v427", source, &holdout, 50);
    let (explained, walkers) = golden.records.split_at(40);
    assert!(explained.iter().filter(|record| record.reasons.len() == 3).count() >= 38, "{golden:?}");
    assert!(walkers.iter().all(|record| record.reasons.is_empty()) && walkers.len() == 10);
    for record in explained.iter().filter(|record| !record.reasons.is_empty()) {
        let mut reasons = record.reasons.clone();
        assert!(golden.is_right(record, &answer.write(record.score, &reasons)));
        assert!(!golden.is_right(record, &record.score.to_string()), "the score alone is another answer");
        reasons[2] = holdout.features().iter().find(|name| !reasons.contains(name)).unwrap().clone();
        assert!(!golden.is_right(record, &answer.write(record.score, &reasons)));
    }
    let back: GoldenRecords = serde_json::from_str(&serde_json::to_string(&golden).unwrap()).unwrap();
    assert_eq!(back, golden);
}
