//! Capture files as they come: formats, repeats, damage.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meridian_evaluation::captured::{Batch, CaptureBounds, Requests};
use meridian_judge::CapturedCounts;
use serde_json::{Value, json};

fn read_all(text: &[u8], bounds: CaptureBounds) -> (Vec<Batch>, CapturedCounts) {
    read_wide(text, 3, bounds)
}

fn read_wide(text: &[u8], width: usize, bounds: CaptureBounds) -> (Vec<Batch>, CapturedCounts) {
    let mut requests = Requests::new(text, width, bounds);
    let mut batches = Vec::new();
    while let Some(batch) = requests.next(THREADS).unwrap() {
        batches.push(batch);
    }
    (batches, requests.counts())
}

fn read(text: &[u8]) -> (Vec<Vec<f32>>, CapturedCounts) {
    let (batches, counts) = read_all(text, CaptureBounds::default());
    (batches.iter().flat_map(|batch| batch.matrix().values().chunks(3).map(<[f32]>::to_vec)).collect(), counts)
}

fn line(input: &Value) -> String {
    let output =
        json!({"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV"});
    let event = json!({"captureData": {"endpointInput": input, "endpointOutput": output}, "eventVersion": "0",
        "eventMetadata": {"eventId": "1", "customAttributes": ["a"], "inferenceId": "b", "inferenceTime": "2026-10-14T02:11:09Z"}});
    format!("{event}\n")
}

fn input(content_type: &str, data: &str, encoding: &str) -> Value {
    json!({"observedContentType": content_type, "mode": "INPUT", "data": data, "encoding": encoding})
}

#[test]
fn text_and_base64_are_the_same_request() {
    let (text, coded) = ("1,2,3", STANDARD.encode("1,2,3"));
    let forms = [
        input("text/csv", text, "CSV"),
        input("text/csv", text, "JSON"),
        input("text/csv; charset=utf-8", &coded, "BASE64"),
        input("Text/CSV", "1,2,3\r\n", "CSV"),
        json!({"mode": "INPUT", "data": "1,2,3\n", "encoding": "CSV"}),
    ];
    for form in &forms {
        let (rows, counts) = read(line(form).as_bytes());
        assert_eq!(rows, [[1.0, 2.0, 3.0]], "{form}");
        assert_eq!((counts.requests, counts.unreadable, counts.other_format, counts.refused), (1, 0, 0, 0), "{form}");
    }
    let all: String = forms.iter().map(line).collect();
    assert_eq!(read(all.as_bytes()).1.repeated, 4, "the same fields count once");
}

#[test]
fn a_request_of_several_rows_is_refused_whole_or_not_at_all() {
    let (rows, counts) = read(line(&input("text/csv", "1,2,3\n4,5,", "CSV")).as_bytes());
    assert_eq!(rows[0], [1.0, 2.0, 3.0]);
    assert!(rows[1][..2] == [4.0, 5.0] && rows[1][2].is_nan(), "an empty field is a missing value");
    assert_eq!(counts.refused, 0);
    for payload in ["1,2,3\n4,5", "1,2,3\n4,5,x", "1,2,1e39", "1,2,inf", "1;2;3", "", "1,2,3\n\n4,5,6"] {
        let (rows, counts) = read(line(&input("text/csv", payload, "CSV")).as_bytes());
        assert_eq!((rows.len(), counts.refused, counts.requests), (0, 1, 1), "{payload:?}");
    }
}

#[test]
fn what_is_no_capture_event_is_counted_and_stops_nothing() {
    let good = line(&input("text/csv", "1,2,3", "CSV"));
    let bad = [
        "no json".to_owned(),
        "[]".to_owned(),
        "{\"captureData\":{}}".to_owned(),
        line(&input("text/csv", "%%%", "BASE64")).trim().to_owned(),
        line(&input("text/csv", "1,2,3", "GZIP")).trim().to_owned(),
        "[".repeat(100_000),
        good.trim()[..good.len() / 2].to_owned(),
    ];
    let other = line(&input("application/json", "{}", "JSON"));
    let text = format!("{}\n\n{other}{good}", bad.join("\n"));
    let (rows, counts) = read(text.as_bytes());
    assert_eq!(rows.len(), 1);
    assert_eq!((counts.unreadable, counts.other_format, counts.requests), (7, 1, 9));
}

#[test]
fn a_line_without_end_is_passed_over_and_not_held() {
    let bounds = CaptureBounds { line: 1000, ..CaptureBounds::default() };
    let good = line(&input("text/csv", "1,2,3", "CSV"));
    let text = format!("{}\n{good}{}", "x".repeat(5_000_000), "y".repeat(2000));
    let (batches, counts) = read_all(text.as_bytes(), bounds);
    assert_eq!(batches.iter().map(Batch::records).sum::<usize>(), 1);
    assert_eq!((counts.requests, counts.unreadable), (3, 2));
}

#[test]
fn a_capture_is_read_no_further_than_its_bound() {
    let text = capture(&people(500), &loaded(&champion()), |_, _| {}, |_, score| score);
    let (batches, _) = read_wide(&text, NAMES.len(), CaptureBounds { records: 100, ..CaptureBounds::default() });
    assert_eq!(batches.iter().map(Batch::records).sum::<usize>(), 100);
}

#[test]
fn answers_are_compared_in_every_form_that_a_container_gives() {
    let (old, row) = (champion(), people(5).remove(4));
    let score = loaded(&old).probability(&row).unwrap();
    let (csv, two) = (payload(&row), format!("{0}\n1{0}", payload(&row)));
    let second = loaded(&old).answer_csv(&two[csv.len() + 1..]).unwrap();
    let cases = [
        (&csv, score.to_string(), 1),
        (&csv, format!("[{score}]"), 1),
        (&csv, format!("{{\"predictions\":[{{\"score\":{score}}}]}}"), 1),
        (&two, format!("{score},{second}"), 2),
        (&two, format!("{score}\n{second}\n"), 2),
        // Not one answer for each row, or no number: nothing is known.
        (&two, score.to_string(), 0),
        (&csv, "nan".to_owned(), 0),
        (&csv, "error".to_owned(), 0),
    ];
    for (request, answer, compared) in cases {
        let judgement = judge(event(request, &answer).as_bytes(), &old, &old, &names());
        assert_eq!(judgement.counts.answers, compared, "{answer}");
        let others =
            judgement.gates.iter().filter(|found| found.gate == CapturedGate::Served && found.difference > 0.0);
        assert_eq!(others.count(), 0, "{answer}");
    }
}

#[test]
fn nothing_of_a_record_is_shown() {
    let (batches, counts) =
        read_all(line(&input("text/csv", "77123,77456,77789", "CSV")).as_bytes(), CaptureBounds::default());
    let shown = format!("{batches:?} {counts:?}");
    assert!(!shown.contains("77"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_panic_and_every_request_is_counted(
        lines in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>().prop_filter("one line", |byte| *byte != b'\n'), 0..60),
            "[0-9,.\\-ena]{0,12}".prop_map(|payload| line(&input("text/csv", &payload, "CSV")).trim().as_bytes().to_vec()),
        ], 0..40),
    ) {
        let text: Vec<u8> = lines.join(&b'\n');
        let (rows, counts) = read(&text);
        let requests = lines.iter().filter(|line| !line.trim_ascii().is_empty()).count() as u64;
        prop_assert_eq!(counts.requests, requests);
        let told = counts.unreadable + counts.other_format + counts.refused + counts.repeated + rows.len() as u64;
        prop_assert_eq!(told, requests);
    }
}
