//! What the report says, and that it says all of it to everybody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/pages.rs"]
mod pages;

use meridian_evaluation::{Evaluation, html, json, junit, markdown, policy_digest};
use meridian_judge::EvaluationPolicy;
use meridian_xgboost::short_name;
use pages::{CASES, Case, HOSTILE};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn the_json_reads_back_and_repeats_to_the_byte() {
    for case in &CASES {
        let evaluation = case.evaluation();
        let text = json(&evaluation, &case.provenance()).unwrap();
        assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), evaluation, "{}", case.name);
        assert_eq!(text, json(&case.evaluation(), &case.provenance()).unwrap(), "{}", case.name);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["inputs"]["challenger"]["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(document["policy_sha256"].as_str().unwrap(), policy_digest(&evaluation.policy));
        assert!(document["repeat"][0].as_str().unwrap().starts_with("meridian evaluate --challenger "));
    }
}

#[test]
fn a_verdict_is_bound_to_its_policy() {
    let usual = EvaluationPolicy::default();
    let other = EvaluationPolicy { alpha: 0.04, ..usual.clone() };
    assert_ne!(policy_digest(&usual), policy_digest(&other));
}

/// The fields of a document, however deep.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                found.insert(name.clone());
                fields(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_field_of_the_json_is_described() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/evaluating.md")).unwrap();
    let mut found = BTreeSet::new();
    for case in &CASES {
        let evaluation = case.evaluation();
        let text = json(&evaluation, &case.provenance()).unwrap();
        fields(&serde_json::from_str(&text).unwrap(), &mut found);
        // A gate's name is a value that readers look for.
        found.extend(evaluation.gates.iter().map(|gate| gate.name.clone()));
    }
    found.retain(|word| !page.contains(&format!("`{word}`")));
    assert!(found.is_empty(), "docs/evaluating.md does not describe {found:?}");
}

#[test]
fn the_page_leads_with_the_verdict_and_its_reasons() {
    for case in &CASES {
        let (evaluation, page) = (case.evaluation(), case.page());
        let words = words(&page);
        let place = |text: &str| words.find(text).unwrap_or_else(|| panic!("{}: no {text:?}", case.name));
        let headline = match evaluation.verdict.to_string().as_str() {
            "pass" => "may be approved",
            "fail" => "is rejected",
            _ => "is not approved",
        };
        let first_reason = evaluation.reasons()[0].to_string();
        let first_reason = &first_reason[1..];
        assert!(place(headline) < place(first_reason) && place(first_reason) < place("Numbers"), "{}", case.name);
        for gate in &evaluation.gates {
            assert!(words.contains(&gate.reason()[1..]), "{}: {}", case.name, gate.reason());
        }
        for region in &evaluation.regions {
            assert!(words.contains(&region.region), "{}: {}", case.name, region.region);
        }
    }
}

#[test]
fn the_page_names_its_inputs_and_the_command_that_repeats_it() {
    for case in &CASES {
        let words = words(&case.page());
        let provenance = case.provenance();
        let inputs = &provenance.inputs;
        let champion = inputs.champion.as_ref();
        for input in [Some(&inputs.challenger), champion, Some(&inputs.holdout)].into_iter().flatten() {
            assert!(words.contains(&input.name) && words.contains(&input.sha256), "{}: {}", case.name, input.name);
        }
        assert!(words.contains(&policy_digest(&case.evaluation().policy)));
        assert!(words.contains(&provenance.repeat[0]), "{}: {}", case.name, provenance.repeat[0]);
    }
}

#[test]
fn names_from_outside_stay_text() {
    let page = Case::named("crowded").page();
    assert!(words(&page).contains(HOSTILE));
    assert_eq!((page.matches("<style>").count(), page.matches("</style>").count()), (1, 1));
    let escaped =
        |name: &str| name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;");
    // An error's sentence has the name without hidden characters, and with a backslash before each quote.
    let rest = page.replace(&escaped(HOSTILE), "").replace(&escaped(&short_name(HOSTILE)), "");
    for tag in ["<script", "<img", "<candidate", "<link", "<a ", " src=", " href="] {
        assert!(!rest.contains(tag), "{tag} is in the page");
    }
}

#[test]
fn a_ci_sees_every_gate_with_its_sentence() {
    for case in &CASES {
        let (evaluation, provenance) = (case.evaluation(), case.provenance());
        let text = junit([(&evaluation, &provenance)]);
        let count = |of: &str| text.matches(of).count();
        let blocks = evaluation.gates.iter().filter(|gate| gate.blocks()).count();
        assert_eq!(count("<testcase "), evaluation.gates.len(), "{}", case.name);
        assert_eq!(count("<failure "), blocks, "{}", case.name);
        assert!(text.contains(&format!("failures=\"{blocks}\"")), "{}", case.name);
        let body = format!("<body>{}", text.split_once("?>").unwrap().1);
        let said = words(&body.replace("message=\"", ">").replace("type=\"", ">"));
        for gate in &evaluation.gates {
            assert!(said.contains(&gate.reason()), "{}: {}", case.name, gate.reason());
        }
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("<candidate"), "{}", case.name);
    }
}

#[test]
fn a_pull_request_sees_the_verdict_first_and_names_as_text() {
    for case in &CASES {
        let (evaluation, provenance) = (case.evaluation(), case.provenance());
        let text = markdown(&evaluation, &provenance);
        assert!(text.starts_with(&format!("## {}: ", evaluation.verdict.to_string().to_uppercase())), "{}", case.name);
        assert!(text.contains(&provenance.repeat[0]), "{}", case.name);
        // Between two backticks, where a sentence names a feature, Markdown obeys nothing.
        let named = format!("`{}`", short_name(HOSTILE));
        let rest = text.replace(&provenance.repeat[0], "").replace(&named, "");
        for tag in ["<script", "<img", "<candidate"] {
            assert!(!rest.contains(tag), "{}: {tag}", case.name);
        }
    }
}

#[test]
fn a_first_release_shows_no_empty_columns() {
    let page = Case::named("first").page();
    let words = words(&page);
    assert!(words.contains("none: a first release"));
    for absent in ["Customer regions", "Top reasons", "Change", "Champion’s"] {
        assert!(!words.contains(absent), "{absent:?} is in the page of a first release");
    }
}

#[test]
fn costs_are_drawn_where_somebody_said_what_an_error_costs() {
    for case in &CASES {
        let (costs, page) = (case.evaluation().costs, case.page());
        assert_eq!(page.contains("id=\"cost-curve-title\""), costs.is_some(), "{}", case.name);
        let Some(costs) = costs else { continue };
        let picture = page.split("id=\"cost-curve-title\"").nth(1).unwrap().split("</svg>").next().unwrap();
        for (class, model) in [("challenger", Some(&costs.challenger)), ("champion", costs.champion.as_ref())] {
            // The line, with its sample in the legend, and the threshold that costs least.
            let lines = picture.matches(&format!("class=\"stroke {class}\"")).count();
            let hollow = picture.matches(&format!("class=\"hollow {class}\"")).count();
            let expected = if model.is_some() { (2, 1) } else { (0, 0) };
            assert_eq!((lines, hollow), expected, "{}: {class}", case.name);
            let cheapest = model.map(|model| format!("cheapest threshold {:.4}", model.cheapest.threshold));
            assert!(cheapest.is_none_or(|words| picture.contains(&words)), "{}: {class}", case.name);
        }
    }
}

#[test]
fn drift_is_told_on_the_page_and_in_a_pull_request() {
    for case in &CASES {
        let evaluation = case.evaluation();
        let texts = [words(&case.page()), markdown(&evaluation, &case.provenance())];
        for text in texts {
            assert_eq!(text.contains("Drift by feature"), evaluation.drift.is_some(), "{}", case.name);
            let Some(drift) = &evaluation.drift else { continue };
            let moved = if drift.most.is_empty() { "None of 14 features moved" } else { "2 of 14 features moved" };
            assert!(text.contains(moved), "{}: {text}", case.name);
            assert_eq!(text.contains("device_age_days") && text.contains("4.2500"), !drift.most.is_empty());
        }
    }
}

#[test]
fn scores_that_are_not_numbers_leave_a_page() {
    let mut evaluation = Case::named("fail").evaluation();
    evaluation.curves = meridian_evaluation::Curves::default();
    evaluation.challenger.auc = f64::NAN;
    evaluation.challenger.brier = None;
    let page = html(&evaluation, &Case::named("fail").provenance());
    assert!(page.contains("is rejected") && !page.contains("NaN"));
}

/// A page's text: tags and the style sheet left out, escapes undone.
fn words(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..];
    let text: String = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let unescaped = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    unescaped.iter().fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
}
