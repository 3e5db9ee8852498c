//! A shadow on captured requests as one process, for `make bench`: `captured KEY=VALUE...` prints one line of JSON with its phases.
//!
//! Keys: `capture` (the file), `champion` and `challenger` (archives), `features` (a name a line), `threshold`, `threads`.
//! With `make=RECORDS` the capture is written instead, as SageMaker writes it: records made of those of `holdout`, no two alike,
//! with the champion's answers.
#![allow(clippy::print_stdout, reason = "its answer")]
#![allow(clippy::disallowed_methods, reason = "a measurement of the machine's own time")]

mod phases;

use meridian_evaluation::captured::{Batch, CaptureBounds, CapturedShadow, Requests, Shadowed};
use meridian_evaluation::{Columns, HeldOut};
use meridian_judge::{CapturedJudgement, CapturedMargins};
use meridian_xgboost::{Attributions, Matrix, Model, ReadOptions, Sample, Served};
use phases::{Outcome, Phases};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;

/// Records that are made at a time.
const MADE: usize = 10_000;

struct Arguments(BTreeMap<String, String>);

impl Arguments {
    fn get(&self, key: &str) -> Outcome<&str> {
        Ok(self.0.get(key).ok_or_else(|| format!("no {key}="))?)
    }

    fn features(&self) -> Outcome<Vec<String>> {
        Ok(fs::read_to_string(self.get("features")?)?.lines().map(str::to_owned).collect())
    }
}

fn main() -> Outcome<()> {
    let words = std::env::args().skip(1);
    let pair = |word: String| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    let arguments = Arguments(words.filter_map(pair).collect());
    if let Ok(records) = arguments.get("make") {
        return make(&arguments, records.parse()?);
    }
    let mut phases = Phases::default();
    let judgement = shadow(&arguments, &mut phases)?;
    println!("{}", serde_json::json!({ "phases": phases.0, "laps": [], "auc": [], "judgement": judgement }));
    Ok(())
}

fn shadow(arguments: &Arguments, phases: &mut Phases) -> Outcome<CapturedJudgement> {
    let threads: NonZeroUsize = arguments.get("threads")?.parse()?;
    let threshold = arguments.get("threshold")?.parse()?;
    let features = arguments.features()?;
    let mut requests = Requests::new(File::open(arguments.get("capture")?)?, features.len(), CaptureBounds::default());
    let mut batch = phases.time("data", || Ok(requests.next(threads)?))?;
    let sample = batch.as_ref().map(|batch: &Batch| batch.sample(&features, threshold));
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let mut read = |key| phases.time("load", || explained(arguments.get(key)?, &options, sample.as_ref()));
    let (champion, old_reasons) = read("champion")?;
    let (challenger, new_reasons) = read("challenger")?;
    let mut shadow = CapturedShadow::new(shadowed(&challenger, threshold), shadowed(&champion, threshold));
    while let Some(records) = batch {
        phases.time("score", || Ok(shadow.take(&records, threads)?))?;
        drop(records);
        batch = phases.time("data", || Ok(requests.next(threads)?))?;
    }
    let reasons = new_reasons.as_ref().zip(old_reasons.as_ref());
    let margins = CapturedMargins::default();
    phases.time("gates", || Ok(shadow.judge(requests.counts(), reasons, &margins, 2000)))
}

fn shadowed(served: &Served, threshold: f64) -> Shadowed<'_> {
    Shadowed { model: &served.model, splits: served.splits.as_deref(), threshold }
}

/// A model, and why it scores the sample as it does.
fn explained(path: &str, options: &ReadOptions, sample: Option<&Sample>) -> Outcome<(Served, Option<Attributions>)> {
    let mut served = Served::read(File::open(path)?, options, sample)?;
    let reasons = match served.take_reasons() {
        (told, None) => told,
        (_, Some(open)) => Some(open.read(File::open(path)?, options)?),
    };
    Ok((served, reasons))
}

/// Of each field, another record's value: the fields stay as they are spread, and no two records are alike.
fn make(arguments: &Arguments, records: usize) -> Outcome<()> {
    let features = arguments.features()?;
    let width = features.len();
    let holdout = HeldOut::read(File::open(arguments.get("holdout")?)?, &Columns::standard(features))?;
    let champion = Model::read(File::open(arguments.get("champion")?)?, &ReadOptions::default())?;
    let (values, rows) = (holdout.matrix().values(), holdout.rows());
    let mut out = BufWriter::with_capacity(1 << 20, File::create(arguments.get("capture")?)?);
    for start in (0..records).step_by(MADE) {
        let made: Vec<f32> = (start..records.min(start + MADE))
            .flat_map(|record| {
                let turn = record / rows;
                let from = move |feature: usize| (record + turn * (feature % 17)) % rows;
                (0..width).filter_map(move |feature| values.get(from(feature) * width + feature).copied())
            })
            .collect();
        let matrix = Matrix::new(&made, width).ok_or("no features")?;
        let margins = champion.matrix_margins(matrix, NonZeroUsize::MIN.saturating_add(1))?;
        for (row, margin) in made.chunks(width).zip(margins) {
            let field = |value: &f32| if value.is_nan() { String::new() } else { value.to_string() };
            let payload = row.iter().map(field).collect::<Vec<_>>().join(",");
            let answer = champion.objective().answer(margin);
            writeln!(
                out,
                "{{\"captureData\":{{\"endpointInput\":{{\"observedContentType\":\"text/csv\",\"mode\":\"INPUT\",\"data\":\"{payload}\",\
                 \"encoding\":\"CSV\"}},\"endpointOutput\":{{\"observedContentType\":\"text/csv; charset=utf-8\",\"mode\":\"OUTPUT\",\
                 \"data\":\"{answer}\",\"encoding\":\"CSV\"}}}},\"eventMetadata\":{{\"eventId\":\"00000000-0000-4000-8000-000000000000\",\
                 \"inferenceTime\":\"2026-10-14T02:11:09Z\"}},\"eventVersion\":\"0\"}}"
            )?;
        }
    }
    Ok(out.flush()?)
}
