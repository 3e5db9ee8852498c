#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

fn form(json: &str) -> AnswerForm {
    serde_json::from_str(json).unwrap()
}

fn refused(json: &str) -> String {
    serde_json::from_str::<AnswerForm>(json).unwrap_err().to_string()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const REASONED: &str = r#"{"score_at": "/score", "reasons": {"at": "/reasons", "count": 2}}"#;

#[test]
fn the_usual_answer_is_the_number_alone() {
    let usual = form("{}");
    assert!(usual.is_usual() && usual == AnswerForm::default());
    assert_eq!((usual.accept(), usual.reasons()), ("text/csv", None));
    assert_eq!(serde_json::to_string(&usual).unwrap(), "{}");
    assert_eq!(usual.read("0.25\n"), Some(Answered { score: 0.25, reasons: None }));
    for answer in ["", "0.25,0.5", "nan", "inf", "null", r#"{"score": 0.25}"#] {
        assert_eq!(usual.read(answer), None, "{answer:?}");
    }
}

#[test]
fn a_score_is_found_where_the_form_says() {
    let of = |place: &str| form(&format!(r#"{{"score_at": "{place}"}}"#));
    for (place, answer) in [
        ("/score", r#"{"score": 0.25, "model": "v427"}"#),
        ("/score", r#"{"score": "0.25"}"#),
        ("/predictions/0/score", r#"{"predictions": [{"score": 0.25}]}"#),
        ("/0", "[0.25]"),
        ("/a~1b", r#"{"a/b": 0.25}"#),
    ] {
        assert_eq!(of(place).read(answer), Some(Answered { score: 0.25, reasons: None }), "{place}");
        assert_eq!(of(place).accept(), "application/json");
    }
    for answer in ["0.25", "{}", r#"{"score": null}"#, r#"{"score": [0.25]}"#, r#"{"score": "nan"}"#, "{"] {
        assert_eq!(of("/score").read(answer), None, "{answer}");
    }
}

#[test]
fn reasons_are_names_or_objects_with_a_feature() {
    let form = form(REASONED);
    let right = Some(Answered { score: 0.5, reasons: Some(names(&["age", "amount"])) });
    assert_eq!(form.read(r#"{"score": 0.5, "reasons": ["age", "amount"]}"#), right);
    assert_eq!(
        form.read(r#"{"score": 0.5, "reasons": [{"feature": "age", "by": 1.5}, {"feature": "amount"}]}"#),
        right
    );
    for wrong in [r#"{"score": 0.5}"#, r#"{"score": 0.5, "reasons": "age"}"#, r#"{"score": 0.5, "reasons": [1]}"#] {
        assert_eq!(form.read(wrong), None, "{wrong}");
    }
}

#[test]
fn an_answer_is_right_with_the_same_score_and_the_same_reasons() {
    let form = form(REASONED);
    let answer = r#"{"score": 0.5, "reasons": ["amount", "age"]}"#;
    assert!(form.says(answer, 0.5, &names(&["age", "amount"])), "in whatever order");
    assert!(form.says(answer, 0.5, &[]), "reasons that nobody computed are not compared");
    assert!(!form.says(answer, 0.5, &names(&["age", "country"])));
    assert!(!form.says(answer, 0.5, &names(&["age"])));
    assert!(!form.says(answer, 0.500_01, &names(&["age", "amount"])));
    assert!(!form.says("0.5", 0.5, &[]), "another form");
}

/// To the bit where the container prints that, and to its printed digits where it does not.
#[test]
fn a_printed_score_may_differ_by_half_a_unit_of_its_last_digit() {
    let (exact, printed) = (form("{}"), form(r#"{"digits": 4}"#));
    assert!(exact.says("0.12345678", 0.123_456_78, &[]) && !exact.says("0.1235", 0.123_456_78, &[]));
    assert!(printed.says("0.1235", 0.123_456_78, &[]) && !printed.says("0.1236", 0.123_456_78, &[]));
}

#[test]
fn a_form_that_proves_nothing_is_refused() {
    for (json, words) in [
        (r#"{"score_at": "score"}"#, "\"score\" is no place in a JSON answer"),
        (r#"{"score_at": ""}"#, "no place in a JSON answer"),
        (r#"{"score_at": "/a~2"}"#, "no place in a JSON answer"),
        (r#"{"digits": 2}"#, "printed with 2 digits after the point; expected 3 to 9"),
        (r#"{"digits": 10}"#, "expected 3 to 9"),
        (r#"{"score_at": "/s", "reasons": {"at": "/r", "count": 0}}"#, "0 reasons; expected 1 to 20"),
        (r#"{"reasons": {"at": "/r", "count": 3}}"#, "no room for reasons"),
        (r#"{"scores_at": "/s"}"#, "unknown field"),
    ] {
        assert!(refused(json).contains(words), "{json}: {}", refused(json));
    }
}

proptest! {
    /// What a container writes by a form is read by it.
    #[test]
    fn what_is_written_by_a_form_says_the_same(
        score in 0.0f32..=1.0,
        place in prop::sample::select(vec![None, Some("/score"), Some("/predictions/0/score"), Some("/1")]),
        digits in prop::option::of(3u8..=9),
        reasons in prop::option::of(prop::collection::vec("[a-z]{1,8}", 0..5)),
    ) {
        let place: Option<JsonPointer> = place.map(|place| place.parse().unwrap());
        let at = || ReasonsForm { at: "/why".parse().unwrap(), count: 5 };
        let object = place.as_ref().is_some_and(|place| !place.to_string().starts_with("/1"));
        let own = reasons.clone().filter(|_| object);
        let form = AnswerForm::new(place, digits, own.as_ref().map(|_| at())).unwrap();
        prop_assert_eq!(&serde_json::from_value::<AnswerForm>(serde_json::to_value(&form).unwrap()).unwrap(), &form);
        let answer = form.write(score, own.as_deref().unwrap_or_default());
        prop_assert!(form.says(&answer, score, own.as_deref().unwrap_or_default()), "{}", answer);
    }

    #[test]
    fn no_answer_is_too_strange_to_be_read(answer in ".{0,200}") {
        form(REASONED).read(&answer);
        form("{}").read(&answer);
    }
}
