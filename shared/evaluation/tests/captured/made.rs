//! Capture files as SageMaker writes them, of records that a test bends.

use crate::support::{Sketch, Ubj, ints};
use meridian_evaluation::HeldOut;
use meridian_evaluation::captured::{CaptureBounds, CapturedShadow, Requests, Shadowed};
use meridian_judge::{CapturedFinding, CapturedGate, CapturedJudgement, CapturedMargins};
use meridian_xgboost::{Model, ReadOptions, Served};
use std::num::NonZeroUsize;

pub const THRESHOLD: f64 = 0.81;
pub const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

pub fn field(value: f32) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

pub fn payload(row: &[f32]) -> String {
    row.iter().map(|value| field(*value)).collect::<Vec<_>>().join(",")
}

/// One event, in the field order of SageMaker's own files.
pub fn event(request: &str, answer: &str) -> String {
    let part = |mode: &str, data: &str| serde_json::json!({"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"});
    let event = serde_json::json!({
        "captureData": {"endpointInput": part("INPUT", request), "endpointOutput": part("OUTPUT", answer)},
        "eventMetadata": {"eventId": "b8f0e3b6-1d9a-4f38-9d9d-0c8d5b5f0a11", "inferenceTime": "2026-10-14T02:11:09Z"},
        "eventVersion": "0"
    });
    format!("{event}\n")
}

/// A capture of rows as `served` answers them, each bent before it is sent, and each answer before it is written.
pub fn capture(
    rows: &[Vec<f32>],
    served: &Model,
    bend: impl Fn(usize, &mut Vec<f32>),
    answer: impl Fn(usize, f32) -> f32,
) -> Vec<u8> {
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut row = row.clone();
        bend(index, &mut row);
        let score = served.probability(&row).unwrap();
        text += &event(&payload(&row), &answer(index, score).to_string());
    }
    text.into_bytes()
}

pub fn rows(holdout: &HeldOut) -> Vec<Vec<f32>> {
    (0..holdout.rows()).map(|row| holdout.row(row).to_vec()).collect()
}

/// A model as its file says, with the reasons of a sample of the capture.
pub fn judge(capture: &[u8], challenger: &[u8], champion: &[u8], features: &[String]) -> CapturedJudgement {
    let mut requests = Requests::new(capture, features.len(), CaptureBounds::default());
    let first = requests.next(THREADS).unwrap().unwrap_or_default();
    let sample = first.sample(features, THRESHOLD);
    let read = |model: &[u8]| Served::read(model, &ReadOptions::default(), Some(&sample)).unwrap();
    let (mut new, mut old) = (read(challenger), read(champion));
    let (new_reasons, old_reasons) = (new.take_reasons().0, old.take_reasons().0);
    let mut shadow = CapturedShadow::new(shadowed(&new), shadowed(&old));
    let mut batch = Some(first);
    while let Some(records) = batch {
        shadow.take(&records, THREADS).unwrap();
        batch = requests.next(THREADS).unwrap();
    }
    let reasons = new_reasons.as_ref().zip(old_reasons.as_ref());
    shadow.judge(requests.counts(), reasons, &CapturedMargins::default(), 1000)
}

pub fn shadowed(served: &Served) -> Shadowed<'_> {
    Shadowed { model: &served.model, splits: served.splits.as_deref(), threshold: THRESHOLD }
}

pub fn gate(judgement: &CapturedJudgement, gate: CapturedGate) -> &CapturedFinding {
    judgement.gates.iter().find(|finding| finding.gate == gate).expect("the gate was asked")
}

pub fn failed(judgement: &CapturedJudgement) -> Vec<CapturedGate> {
    judgement.failed().map(|finding| finding.gate).collect()
}

/// A model of these features and of one tree for each `(feature, cut, below, from there on)`; a missing value goes left.
pub fn forest(features: &[&'static str], trees: &[(usize, f32, f32, f32)]) -> Vec<u8> {
    use Ubj::{List, Object, Owned, Text};
    let tree = |(feature, cut, low, high): (usize, f32, f32, f32)| {
        let sketch = Sketch { features: vec![feature as i32, 0, 0], values: vec![cut, low, high], ..Sketch::default() };
        let Ubj::List(mut trees) = member(&sketch.document(), &["learner", "gradient_booster", "model", "trees"])
        else {
            panic!("the sketch has trees");
        };
        trees.remove(0)
    };
    let mut sketch = Sketch::default();
    let count: Vec<i64> = (0..=trees.len() as i64).collect();
    let numbered = trees.iter().enumerate().map(|(index, of)| set(tree(*of), &["id"], &Ubj::Int(index as i64)));
    let numbered = numbered.map(|tree| set(tree, &["tree_param", "num_feature"], &Owned(features.len().to_string())));
    sketch.in_model = vec![
        (
            "gbtree_model_param",
            Object(vec![("num_parallel_tree", Text("1")), ("num_trees", Owned(trees.len().to_string()))]),
        ),
        ("iteration_indptr", ints(&count)),
        ("tree_info", ints(&vec![0; trees.len()])),
        ("trees", List(numbered.collect())),
    ];
    let document =
        set(sketch.document(), &["learner", "feature_names"], &List(features.iter().map(|name| Text(name)).collect()));
    set(document, &["learner", "learner_model_param", "num_feature"], &Owned(features.len().to_string())).bytes()
}

fn member(document: &Ubj, path: &[&str]) -> Ubj {
    match (path, document) {
        ([], found) => found.clone(),
        ([key, rest @ ..], Ubj::Object(members)) => {
            member(&members.iter().find(|(name, _)| name == key).expect("there is such a member").1, rest)
        }
        _ => panic!("no object"),
    }
}

fn set(document: Ubj, path: &[&str], value: &Ubj) -> Ubj {
    match (path, document) {
        ([], _) => value.clone(),
        ([key, rest @ ..], Ubj::Object(members)) => Ubj::Object(
            members
                .into_iter()
                .map(|(name, old)| if name == *key { (name, set(old, rest, value)) } else { (name, old) })
                .collect(),
        ),
        _ => panic!("no object"),
    }
}
